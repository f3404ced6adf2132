/* study.c - fuzz: whole study files, over small inputs that are in memory.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A study that is taken has a configuration that compares equal to itself, and what can be dumped of it is taken
 * again and gives the same digest. Numbers above 999 are left out: they are sizes of things to be made.
 */
#include <config.h>

#include <ctype.h>

#include "fuzz/fuzz.h"
#include "study/change.h"
#include "study/load.h"

/* clang-format off */
static const struct {
  const char *name, *text;
} inputs[] = {
    {"platform-types.json",
     "{\"arm\":{\"shortName\":\"arm\",\"name\":\"Arm core\",\"hardware\":\"cpu\",\"price\":40,\"id"
     "leEnergy\":0.36},\"gpu\":{\"shortName\":\"gpu\",\"name\":\"G\",\"hardware\":\"gpu\",\"price\""
     ":1,\"idleEnergy\":0}}"},
    {"storage-types.json",
     "{\"sd\":{\"name\":\"SD\",\"hardware\":\"flash\",\"remote\":false,\"price\":9,\"idleEnergy\":"
     "0,\"capacity\":32,\"iops\":{\"read\":1,\"write\":1},\"throughput\":{\"read\":100,\"write\":5"
     "0},\"latency\":{\"read\":0.25,\"write\":0.5}},\"nas\":{\"name\":\"NAS\",\"hardware\":\"ssd\""
     ",\"remote\":true,\"price\":9,\"idleEnergy\":0,\"capacity\":1000000.0,\"iops\":{\"read\":1,\""
     "write\":1},\"throughput\":{\"read\":400,\"write\":400},\"latency\":{\"read\":0.125,\"write\""
     ":0.375}}}"},
    {"qos-types.json",
     "{\"mid\":{\"name\":\"mid\",\"maxDurationDeviation\":15}}"},
    {"application-types.json",
     "{\"solo\":{\"name\":\"solo\",\"dag\":{\"f\":[]}},\"pair\":{\"name\":\"pair\",\"dag\":{\"f\":"
     "[],\"g\":[\"f\"]}}}"},
    {"task-types.json",
     "{\"f\":{\"name\":\"f\",\"platforms\":[\"arm\"],\"memoryRequirements\":{\"arm\":1},\"coldStar"
     "tDuration\":{\"arm\":2},\"executionTime\":{\"arm\":0.5},\"energy\":{\"arm\":0.001},\"imageSi"
     "ze\":{\"arm\":0.5},\"stateSize\":{\"solo\":{\"input\":200000000.0,\"output\":50000000.0},\"p"
     "air\":{\"input\":200000000.0,\"output\":50000000.0}}},\"g\":{\"name\":\"g\",\"platforms\":[\""
     "gpu\",\"arm\"],\"memoryRequirements\":{\"gpu\":1,\"arm\":1},\"coldStartDuration\":{\"gpu\":2"
     ",\"arm\":2},\"executionTime\":{\"gpu\":0.5,\"arm\":0.5},\"energy\":{\"gpu\":0.001,\"arm\":0."
     "001},\"imageSize\":{\"gpu\":0.5,\"arm\":0.5},\"stateSize\":{\"solo\":{\"input\":200000000.0,"
     "\"output\":50000000.0},\"pair\":{\"input\":200000000.0,\"output\":50000000.0}}}}"},
    {"space.json",
     "{\"pci\":{\"pi\":{\"min\":0.3,\"max\":0.7,\"step\":0.1,\"specs\":{\"memory\":8,\"platforms\""
     ":[\"arm\"],\"storage\":[\"sd\",\"nas\"]}},\"box\":{\"min\":0.3,\"max\":0.7,\"step\":0.1,\"sp"
     "ecs\":{\"memory\":16,\"platforms\":[\"gpu\",\"arm\"],\"storage\":[\"sd\",\"nas\"]}}},\"wsc\""
     ":{\"solo\":{\"average\":12,\"min\":0.5,\"max\":2.0,\"step\":0.25},\"pair\":{\"average\":5,\""
     "min\":1,\"max\":1,\"step\":1}},\"csc\":{\"average\":8,\"min\":6,\"max\":14,\"step\":2},\"nwc"
     "\":{\"average\":100,\"min\":50,\"max\":200,\"step\":25}}"},
    {"day.csv", "day,time,f,g\n0,0,3,1\n0,60,4,1\n0,120,5,1\n"},
    {"trace.json", "{\"events\":[[0.5,\"solo\",\"mid\"],[1,\"pair\",\"mid\"]]}"},
};
/* clang-format on */

static bool too_large(const uint8_t *data, size_t n)
{
  size_t i, digits = 0;

  for (i = 0; i < n; i++) {
    digits = isdigit(data[i]) ? digits + 1 : 0;
    if (digits > 3 || (i > 0 && digits == 0 && tolower(data[i]) == 'e' && isdigit(data[i - 1])))
      return true;
  }
  return false;
}

static bool put_files(aus_load *load, const void *study, size_t n)
{
  aus_err err = {0};
  size_t i;
  bool good = fuzz_must(aus_files_create(&load->files, false, &err), &err) &&
              fuzz_must(aus_files_put(load->files, "study.json", study, n, &err), &err);

  for (i = 0; good && i < sizeof inputs / sizeof inputs[0]; i++)
    good = fuzz_must(
        aus_files_put(load->files, inputs[i].name, inputs[i].text, strlen(inputs[i].text), &err),
        &err);
  return good;
}

/* Files that are not there are EBUG here, where nothing may be read from disk. */
static bool take(aus_load *load, const aus_call *call, const void *study, size_t n)
{
  aus_err err = {0};
  int rc;

  *load = (aus_load){.call = call, .study_path = "study.json"};
  if (!put_files(load, study, n)) return false;
  rc = aus_load_here(load, &err);
  if (rc == AUS_EFORMAT || rc == AUS_EBUG || rc == AUS_EINVAL) return fuzz_took(rc, &err, rc);
  return fuzz_took(rc, &err, AUS_ECONFIG);
}

static void check_same(const aus_load *load)
{
  aus_buf forbidden;
  aus_err err = {0};
  bool changed = true;

  aus_buf_init(&forbidden);
  if (fuzz_must(aus_change_compare(load->config, load->config, load->type, load->files, &forbidden,
                                   &changed, &err),
                &err))
    fuzz_check(!changed && forbidden.n == 0);
  aus_buf_fini(&forbidden);
}

static void check_dump(const aus_load *load, const aus_call *call)
{
  aus_load again = {0};
  aus_buf dump;
  aus_err err = {0};

  aus_buf_init(&dump);
  if (fuzz_must(aus_load_effective(load, &dump, &err), &err) &&
      (take(&again, call, dump.data, (size_t)dump.n) || !aus_alloc_failed())) {
    fuzz_check(again.config);
    fuzz_check(strcmp(load->digest, again.digest) == 0);
  }
  aus_load_fini(&again);
  aus_buf_fini(&dump);
}

FUZZ_TARGET(study)
{
  static const aus_cli *const cli[] = {aus_common_cli};
  char *argv[] = {(char *)(uintptr_t) "auspex", NULL};
  aus_args *args = NULL;
  aus_err err = {0};
  aus_load load = {0};

  if (too_large(data, n) || !fuzz_must(aus_args_parse(&args, cli, 1, 1, argv, &err), &err)) return;
  aus_call call = {.args = args, .world = MPI_COMM_NULL, .size = 1};

  if (take(&load, &call, data, n)) {
    check_same(&load);
    check_dump(&load, &call);
  }
  aus_load_fini(&load);
  aus_args_destroy(args);
}
