/* cmd/export.c - auspex export FILE TABLE --csv: a table of a result as text.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "cmd/export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/csv.h"
#include "util/alloc.h"
#include "util/file.h"

static const aus_cli export_cli[] = {
    {"csv", 0, NULL, "comma separated values (the only format, and the default)"},
    {"output", 'o', "FILE", "write to this file instead of the standard output"},
    {"trial", 't', "ID", "only rows of one trial: its id, or CAMPAIGN:INDEX"},
    {"list", 'l', NULL, "show the tables with their columns, types and units"},
    {0},
};

static const aus_cli *const export_clis[] = {export_cli, aus_plain_cli};

/* "4294967299" or "1:3" */
static int read_trial(const char *text, uint64_t *trial, aus_err *err)
{
  int rc = AUS_OK;
  char *end = NULL;
  unsigned long long x, y;

  errno = 0;
  x = strtoull(text, &end, 10);
  if (end == text || text[0] < '0' || text[0] > '9' || errno != 0) goto wrong;
  *trial = x;
  if (*end == '\0') goto done;
  if (*end != ':' || end[1] < '0' || end[1] > '9' || x > UINT32_MAX) goto wrong;
  y = strtoull(end + 1, &end, 10);
  if (*end != '\0' || errno != 0 || y > UINT32_MAX) goto wrong;
  *trial = (uint64_t)x << 32 | y;
  goto done;
wrong:
  rc = aus_fail(err, AUS_ECONFIG, AUS_HERE, "--trial %s: need an id or CAMPAIGN:INDEX", text);
done:
  return rc;
}

/* A message about the stream names it. */
static int write_to(const char *path, const aus_csv_conf *conf, FILE *to, const char *name,
                    aus_err *err)
{
  int rc = aus_csv_write(path, conf, to, err);

  if (rc != AUS_OK && ferror(to)) aus_err_prepend(err, "%s: ", name);
  return rc;
}

/* By way of FILE.part, so that a table is whole or not there. */
static int write_file(const char *path, const aus_csv_conf *conf, const char *out, aus_err *err)
{
  int rc = AUS_OK;
  char *part = NULL;
  FILE *to = NULL;

  AUS_TRY(aus_file_check(out, err));
  if (aus_file_same(path, out))
    AUS_FAIL(err, AUS_ECONFIG, "%s: the output would replace an input file", out);
  AUS_NEW(part, strlen(out) + sizeof ".part", err);
  sprintf(part, "%s.part", out);
  to = fopen(part, "w");
  if (!to) AUS_FAIL(err, AUS_EIO, "%s: %s", part, strerror(errno));
  AUS_TRY(write_to(path, conf, to, part, err));
  if (fsync(fileno(to)) != 0) AUS_FAIL(err, AUS_EIO, "%s: %s", part, strerror(errno));
  rc = fclose(to);
  to = NULL;
  if (rc != 0 || rename(part, out) != 0) AUS_FAIL(err, AUS_EIO, "%s: %s", out, strerror(errno));
done:
  if (to) fclose(to);
  if (rc != AUS_OK && part) unlink(part);
  aus_free(part);
  return rc;
}

static int export(const aus_call *call, aus_err *err)
{
  int rc = AUS_OK;
  const char *path = aus_args_operand(call->args, 0),
             *out = aus_args_value(call->args, "output", 0),
             *trial = aus_args_value(call->args, "trial", 0);
  bool list = aus_args_given(call->args, "list") > 0;
  aus_csv_conf conf = {.table = aus_args_operand(call->args, 1), .one_trial = trial != NULL};

  if (list && conf.table) AUS_FAIL(err, AUS_ECONFIG, "--list shows all tables; name none");
  if (list) {
    rc = aus_csv_list(path, call->out, err);
    goto done;
  }
  if (!conf.table) AUS_FAIL(err, AUS_ECONFIG, "no table is named; --list shows all");
  if (trial) AUS_TRY(read_trial(trial, &conf.trial, err));
  if (out)
    AUS_TRY(write_file(path, &conf, out, err));
  else
    AUS_TRY(write_to(path, &conf, stdout, "standard output", err));
done:
  return rc;
}

static int run(const aus_call *call, aus_err *err)
{
  return aus_call_alone(call, export, err);
}

const aus_command aus_cmd_export = {
    .name = "export",
    .operands = "FILE.h5 [TABLE]",
    .summary = "write a table of a result as comma separated values",
    .text = "TABLE is a group such as traces/tasks, trials/initial or bo, or one dataset. Matrices "
            "give a "
            "column per\n"
            "name in their attribute, tables by trial begin with a column trial.",
    .cli = export_clis,
    .n_cli = 2,
    .min_operands = 1,
    .max_operands = 2,
    .run = run,
};
