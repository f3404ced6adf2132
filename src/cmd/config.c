/* cmd/config.c - auspex config: the effective configuration of a study file, or that of a result.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "cmd/config.h"

#include <stdio.h>
#include <string.h>

#include "store/read.h"
#include "study/load.h"
#include "util/json.h"
#include "util/sha256.h"

static const aus_cli config_cli[] = {
    {"dump", 0, NULL, "print the effective configuration (the default)"},
    {"check", 0, NULL, "only tell what is wrong with STUDY"},
    {"hash", 0, NULL, "print the SHA-256 of what decides the results"},
    {0},
};

static const aus_cli *const config_clis[] = {config_cli, aus_common_cli};

/* ---- a study file ---- */

static void tell_valid(const aus_call *call, const aus_load *r)
{
  if (aus_call_verbosity(call->args) > 0)
    aus_buf_printf(call->out, "%s: study %s, %d stage%s, nothing is wrong\n", r->study_path,
                   r->type->name, r->n_stages, r->n_stages == 1 ? "" : "s");
}

static int print_study(const aus_call *call, const aus_load *r, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf text;

  aus_buf_init(&text);
  if (aus_args_given(call->args, "check") > 0) {
    tell_valid(call, r);
  } else if (aus_args_given(call->args, "hash") > 0) {
    aus_buf_printf(call->out, "%s\n", r->digest);
  } else {
    AUS_TRY(aus_load_effective(r, &text, err));
    aus_json_pretty(text.data, call->out);
  }
  AUS_TRY(aus_buf_check(call->out, err));
done:
  aus_buf_fini(&text);
  return rc;
}

static int of_study(const aus_call *call, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  aus_load r = {.call = call, .study_path = path};

  AUS_TRY(aus_files_create(&r.files, true, err));
  AUS_TRY(aus_load_everywhere(&r, err));
  AUS_TRY(print_study(call, &r, err));
done:
  aus_load_fini(&r);
  return rc;
}

/* ---- a published file ---- */

static int of_result(const aus_call *call, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  aus_read *f = NULL;
  aus_read_list config = {0};
  unsigned char digest[32];
  char hex[65];

  if (aus_args_given(call->args, "check") > 0)
    AUS_FAIL(err, AUS_ECONFIG, "%s: is a result; --check is for study files", path);
  if (aus_args_given(call->args, "set") + aus_args_given(call->args, "seed") > 0)
    AUS_FAIL(err, AUS_ECONFIG, "%s: is a result; --set and --seed are for study files", path);
  AUS_TRY(aus_read_open(&f, path, NULL, err));
  AUS_TRY(aus_read_strings(f, "config", &config, err));
  if (config.n != 1)
    AUS_FAIL(err, AUS_EFORMAT, "%s:/config: %d strings, expected 1", path, (int)config.n);
  if (aus_args_given(call->args, "hash") > 0) {
    aus_sha256(config.text[0], strlen(config.text[0]), digest);
    aus_sha256_hex(digest, hex);
    aus_buf_printf(call->out, "%s\n", hex);
  } else
    aus_json_pretty(config.text[0], call->out);
  AUS_TRY(aus_buf_check(call->out, err));
done:
  aus_read_list_fini(&config);
  aus_read_close(f);
  return rc;
}

static bool is_hdf5(const char *path)
{
  static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
  unsigned char start[8];
  FILE *f = fopen(path, "re");
  bool yes;

  if (!f) return false;
  yes = fread(start, 1, sizeof start, f) == sizeof start &&
        memcmp(start, signature, sizeof start) == 0;
  fclose(f);
  return yes;
}

static int config(const aus_call *call, aus_err *err)
{
  const char *path = aus_args_operand(call->args, 0);

  if (aus_args_given(call->args, "check") > 0 &&
      aus_args_given(call->args, "dump") + aus_args_given(call->args, "hash") > 0)
    return aus_fail(err, AUS_ECONFIG, AUS_HERE, "--check prints no configuration: it goes alone");
  return is_hdf5(path) ? of_result(call, path, err) : of_study(call, path, err);
}

static int run(const aus_call *call, aus_err *err)
{
  return aus_call_alone(call, config, err);
}

const aus_command aus_cmd_config = {
    .name = "config",
    .operands = "STUDY|FILE.h5",
    .summary = "check a study file, or print the effective configuration of it or of a result",
    .text = "Of a study file every key is printed with its value, defaults included, as a study "
            "file that\n"
            "gives the same results. Paths in it are relative to the current directory, so that is "
            "where it\n"
            "can be used. A key that was not given is null where that means something else than "
            "any value.\n"
            "Of a result the configuration that is stored in it is printed: what decided the "
            "values, input\n"
            "files by the SHA-256 of their content. The keys are those of auspex run.",
    .cli = config_clis,
    .n_cli = 2,
    .min_operands = 1,
    .max_operands = 1,
    .plain = true,
    .run = run,
};
