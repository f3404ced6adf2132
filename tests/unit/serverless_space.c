/* serverless_space.c - space files, device counts and clusters of samples.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/space.h"
#include "unit/shared.h"

#include "unit/serverless_types.h"

static aus_err err;
static example_types example;

static const char good[] =
    "{\"pci\": {\"rpi\": {\"min\": 0.1, \"max\": 0.9, \"step\": 0.1, \"specs\": {\"memory\": 8, "
    "\"platforms\": "
    "[\"rpiCpu\", \"rpiCpu\"], \"storage\": [\"flashCard\", \"someRemote\"]}},\n"
    "\"board\": {\"min\": 0, \"max\": 0.3, \"step\": 0.1, \"specs\": {\"memory\": 0.5, "
    "\"platforms\": [\"pynqFpga\"], "
    "\"storage\": [\"eMMC\", \"someRemote\"]}}},\n"
    "\"wsc\": {\"nofs-dnn1\": {\"average\": 30, \"min\": 0.5, \"max\": 3, \"step\": 0.5},\n"
    "\"aux\": {\"average\": 5, \"min\": 1, \"max\": 1, \"step\": 1}},\n"
    "\"csc\": {\"average\": 10, \"min\": 5, \"max\": 30, \"step\": 5},\n"
    "\"nwc\": {\"min\": 100, \"max\": 500, \"step\": 50}}\n";

static int read_text(aus_serverless_space *s, aus_cfg *cfg, const char *text)
{
  aus_cfg_node *root;
  int rc = aus_cfg_parse(cfg, "space.json", text, strlen(text), &root, &err);

  *s = (aus_serverless_space){0};
  if (rc == AUS_OK) rc = aus_serverless_space_read(s, &example.types, cfg, root, &err);
  if (rc == AUS_OK) aus_cfg_unused(cfg, root);
  return rc;
}

static void reads(void **state)
{
  aus_serverless_space s;
  aus_cfg *cfg;

  (void)state;
  example_types_make(&example);
  check_ok(aus_cfg_create(&cfg, &err), &err);
  check_ok(read_text(&s, cfg, good), &err);
  check_ok(aus_cfg_check(cfg, AUS_ECONFIG, &err), &err);
  assert_int_equal(s.n_devices, 2);
  assert_int_equal(s.n_apps, 2);
  assert_int_equal(s.n_x, 6);
  assert_string_equal(s.device[0], "rpi");
  assert_true(s.device_axis[1].min == 0 && s.device_axis[1].max == 0.3 &&
              s.device_axis[1].step == 0.1);
  assert_int_equal(s.specs[0].n_platforms, 2);
  assert_int_equal(s.specs[1].platform[0], 4);
  assert_true(s.app_axis[0].average == 30);
  assert_int_equal(s.app[1], 1);
  assert_int_equal(s.device_sorted[0], 1);
  assert_int_equal(s.app_sorted[0], 1);
  assert_string_equal(s.x_name[0], "network_bandwidth");
  assert_string_equal(s.x_name[1], "cluster_size");
  assert_string_equal(s.x_name[2], "device_prop_board");
  assert_string_equal(s.x_name[3], "device_prop_rpi");
  assert_string_equal(s.x_name[4], "workload_aux");
  assert_string_equal(s.x_name[5], "workload_nofs-dnn1");
  aus_serverless_space_fini(&s);
  aus_serverless_space_fini(&s);
  aus_cfg_destroy(cfg);
}

/* `from` replaced by `to` makes exactly these problems. */
static void check_bad(const char *from, const char *to, const char *want)
{
  static char text[4096];
  const char *at = strstr(good, from);
  aus_serverless_space s;
  aus_cfg *cfg;
  int i, found = 0;

  assert_non_null(at);
  snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
  check_ok(aus_cfg_create(&cfg, &err), &err);
  check_ok(read_text(&s, cfg, text), &err);
  aus_serverless_space_fini(&s);
  for (i = 0; i < aus_cfg_n_problems(cfg); i++)
    found += strstr(aus_cfg_problem_text(cfg, i), want) != NULL;
  if (found != 1) fail_msg("%s -> %s: \"%s\" %d times", from, to, want, found);
  assert_true(strstr(aus_cfg_problem_text(cfg, 0), "space.json:") == aus_cfg_problem_text(cfg, 0));
  aus_cfg_destroy(cfg);
}

static void refused(void **state)
{
  (void)state;
  example_types_make(&example);
  check_bad("\"min\": 0.1, \"max\": 0.9", "\"min\": 0.9, \"max\": 0.1",
            "1:17: min 0.9 is above max 0.1");
  check_bad("\"step\": 0.1", "\"step\": 0", "step is 0, need > 0");
  check_bad("\"step\": 0.1", "\"step\": -1", "step");
  check_bad("\"step\": 0.5", "\"step\": .nan", "step");
  check_bad("\"step\": 0.5", "\"step\": 1e-9", "more than 65535 values");
  check_bad("\"max\": 0.9", "\"max\": 1.1", "max");
  check_bad("\"max\": 0.9, ", "", "max");
  check_bad("\"rpiCpu\", \"rpiCpu\"", "\"rpiCpu\", \"rpiGpu\"", "rpiGpu");
  check_bad("\"aux\"", "\"aix\"", "unknown application \"aix\"");
  check_bad("\"min\": 5", "\"min\": 0.5", "min");
  check_bad("\"csc\"", "\"cscs\"", "did you mean \"csc\"");
  check_bad("\"average\": 30, ", "", "average");
  check_bad("\"specs\": {\"memory\": 8", "\"spec\": {\"memory\": 8", "\"spec\"");
  check_bad("\"nwc\": {", "\"nwc\": {\"steps\": 1, ", "unknown key \"steps\"");
  check_bad("\"aux\": {\"average\": 5, \"min\": 1, \"max\": 1, \"step\": 1}", "\"aux\": 7", "aux");
}

/* Devices that cannot have a share of 0 need a node each. */
static void too_small(void **state)
{
  (void)state;
  example_types_make(&example);
  check_bad("\"min\": 0, \"max\": 0.3", "\"min\": 0.1, \"max\": 0.3, \"step\": 0.1", "duplicate");
  check_bad("\"min\": 0, \"max\": 0.3, \"step\": 0.1, \"specs\": {\"memory\": 0.5, \"platforms\": "
            "[\"pynqFpga\"], "
            "\"storage\": [\"eMMC\", \"someRemote\"]}}},\n"
            "\"wsc\": {\"nofs-dnn1\": {\"average\": 30, \"min\": 0.5, \"max\": 3, \"step\": 0.5},\n"
            "\"aux\": {\"average\": 5, \"min\": 1, \"max\": 1, \"step\": 1}},\n"
            "\"csc\": {\"average\": 10, \"min\": 5",
            "\"min\": 0.1, \"max\": 0.3, \"step\": 0.1, \"specs\": {\"memory\": 0.5, "
            "\"platforms\": [\"pynqFpga\"], "
            "\"storage\": [\"eMMC\", \"someRemote\"]}}},\n"
            "\"wsc\": {\"nofs-dnn1\": {\"average\": 30, \"min\": 0.5, \"max\": 3, \"step\": 0.5},\n"
            "\"aux\": {\"average\": 5, \"min\": 1, \"max\": 1, \"step\": 1}},\n"
            "\"csc\": {\"average\": 10, \"min\": 1",
            "the smallest cluster has 1 nodes, but 2 devices cannot have a share of 0");
}

static void shared_space(void **state)
{
  char *text = shared_text("serverless/sampling/space.json", NULL);
  aus_serverless_space s;
  aus_serverless_grid *g;
  aus_cfg *cfg;

  (void)state;
  example_types_make(&example);
  check_ok(aus_cfg_create(&cfg, &err), &err);
  check_ok(read_text(&s, cfg, text), &err);
  check_ok(aus_cfg_check(cfg, AUS_ECONFIG, &err), &err);
  check_ok(aus_serverless_grid_create(&g, &s, true, &err), &err);
  assert_true(aus_serverless_grid_count(g) == 6400);
  assert_string_equal(s.x_name[2], "device_prop_board");
  assert_string_equal(s.x_name[6], "workload_nofs-dnn1");
  aus_serverless_grid_destroy(g);
  aus_serverless_space_fini(&s);
  aus_cfg_destroy(cfg);
  free(text);
}

/* Numbers of an object {"name": number, ...} behind `key`; *names are where the names start. */
static int object_numbers(const char *at, const char *key, double *out, const char **names)
{
  const char *s = strchr(strstr(at, key) + strlen(key), '{'), *end = strchr(s, '}');
  int n = 0;

  for (; (s = strchr(s, '"')) != NULL && s < end; s = strchr(s, ':')) {
    names[n] = s + 1;
    s = strchr(s + 1, '"');
    out[n++] = strtod(strchr(s, ':') + 1, NULL);
  }
  return n;
}

/* Device counts of the original for the chosen combinations and for corner cases; file order is the
 * order of the proportions there. */
static void golden_counts(void **state)
{
  char *text = shared_text("serverless/sampling/sampling.json", NULL),
       *at = strstr(text, "\"device_counts\"");
  char name[3][32], *device[3] = {name[0], name[1], name[2]}, *x_name[5];
  char x_text[] = "x";
  double share[8], want[8], x[5];
  const char *names[8], *other[8];
  int counts[8], sorted[3], n, i, j, cases = 0;
  aus_serverless_space s;

  (void)state;
  assert_non_null(at);
  for (i = 0; i < 5; i++)
    x_name[i] = x_text;
  while ((at = strstr(at, "\"cluster_size\"")) != NULL) {
    n = object_numbers(at, "\"proportions\"", share, names);
    assert_int_equal(object_numbers(at, "\"counts\"", want, other), n);
    assert_in_range(n, 1, 3);
    for (i = 0; i < n; i++)
      snprintf(name[i], sizeof name[i], "%.*s", (int)strcspn(names[i], "\""), names[i]);
    for (i = 0; i < n; i++) {
      for (j = i; j > 0 && strcmp(name[sorted[j - 1]], name[i]) > 0; j--)
        sorted[j] = sorted[j - 1];
      sorted[j] = i;
    }
    s = (aus_serverless_space){
        .n_devices = n, .device = device, .device_sorted = sorted, .n_x = 2 + n, .x_name = x_name};
    x[0] = 100;
    x[1] = strtod(strchr(at, ':') + 1, NULL);
    for (i = 0; i < n; i++)
      x[2 + i] = share[sorted[i]];
    check_ok(aus_serverless_device_counts(&s, x, true, counts, &err), &err);
    for (i = 0; i < n; i++)
      assert_int_equal(counts[i], (int)want[i]);
    cases++;
    at++;
  }
  assert_int_equal(cases, 16);
  free(text);
}

static void clusters(void **state)
{
  double x[] = {250, 7.9, 0.3, 0.7, 1, 1};
  aus_serverless_infra infra = {0};
  aus_serverless_space s;
  aus_cfg *cfg;
  int i, repeat;

  (void)state;
  example_types_make(&example);
  check_ok(aus_cfg_create(&cfg, &err), &err);
  check_ok(read_text(&s, cfg, good), &err);
  for (repeat = 0; repeat < 2; repeat++) {
    check_ok(aus_serverless_space_infra(&s, x, true, &infra, &err), &err);
    assert_true(infra.bandwidth_mibps == 250);
    assert_int_equal(infra.n_nodes, 7); /* ceil(4.9) + ceil(2.1) = 8, one board is taken back */
    for (i = 0; i < 7; i++)
      assert_string_equal(infra.node[i].type, i < 5 ? "rpi" : "board");
    assert_int_equal(infra.node[4].n_platforms, 2);
    assert_int_equal(infra.node[6].platform[0], 4);
    assert_int_equal(infra.node[6].storage[0], 1);
    assert_true(infra.node[0].memory_gb == 8);
  }
  x[1] = 1;
  check_fails(aus_serverless_space_infra(&s, x, true, &infra, &err), AUS_ECONFIG,
              "fewer nodes than devices", &err);
  assert_int_equal(infra.n_nodes, 0);
  x[2] = 0;
  x[3] = 1;
  check_ok(aus_serverless_space_infra(&s, x, true, &infra, &err), &err);
  assert_int_equal(infra.n_nodes, 1);
  aus_serverless_infra_fini(&infra);
  x[3] = NAN;
  check_fails(aus_serverless_space_infra(&s, x, true, &infra, &err), AUS_ECONFIG,
              "device_prop_rpi is nan", &err);
  x[3] = 7;
  check_fails(aus_serverless_space_infra(&s, x, true, &infra, &err), AUS_ECONFIG,
              "device_prop_rpi is 7", &err);
  x[3] = 1;
  x[1] = 0.5;
  check_fails(aus_serverless_space_infra(&s, x, true, &infra, &err), AUS_ECONFIG, "0.5 nodes",
              &err);
  x[1] = 1e12;
  check_fails(aus_serverless_space_infra(&s, x, true, &infra, &err), AUS_ECONFIG, "1e+12 nodes",
              &err);
  aus_serverless_space_fini(&s);
  aus_cfg_destroy(cfg);
}

static void out_of_memory(void **state)
{
  double x[] = {250, 7.9, 0.3, 0.7, 1, 1};
  int64_t live, i;
  aus_serverless_infra infra = {0};
  aus_serverless_space s;
  aus_cfg *cfg;
  int rc;

  (void)state;
  example_types_make(&example);
  live = aus_alloc_live();
  for (i = 0; i < 5000; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    s = (aus_serverless_space){0};
    rc = aus_cfg_create(&cfg, &err);
    if (rc == AUS_OK) rc = read_text(&s, cfg, good);
    if (rc == AUS_OK) rc = aus_serverless_space_infra(&s, x, true, &infra, &err);
    aus_serverless_infra_fini(&infra);
    aus_serverless_space_fini(&s);
    aus_cfg_destroy(cfg);
    assert_int_equal(aus_alloc_live(), live);
    if (!aus_alloc_failed()) break;
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
  }
  aus_alloc_fail_at(-1);
  assert_int_equal(rc, AUS_OK);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads),         cmocka_unit_test(refused),       cmocka_unit_test(too_small),
      cmocka_unit_test(shared_space),  cmocka_unit_test(golden_counts), cmocka_unit_test(clusters),
      cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
