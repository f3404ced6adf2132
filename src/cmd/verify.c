/* cmd/verify.c - auspex verify FILE|RUNDIR: is a result whole and well formed, can a run go on?
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "cmd/verify.h"

#include <inttypes.h>
#include <sys/stat.h>

#include "cmd/number.h"
#include "store/check.h"

static const aus_cli verify_cli[] = {
    {"max", 'm', "N", "show at most N faults (default: 20)"},
    {0},
};

static const aus_cli *const verify_clis[] = {verify_cli, aus_plain_cli};

static void count_faults(int64_t n, int64_t max, aus_buf *out)
{
  if (n > max) aus_buf_printf(out, "... and %" PRId64 " more\n", n - max);
}

static const char *plural(int64_t n)
{
  return n == 1 ? "" : "s";
}

static int verify_file(const char *path, bool quiet, int64_t max, aus_buf *out, int64_t *faults,
                       aus_err *err)
{
  int rc = AUS_OK;
  aus_check_count c;

  AUS_TRY(aus_check_result(path, (int)max, out, &c, err));
  *faults = c.faults;
  if (quiet) goto done;
  count_faults(c.faults, max, out);
  aus_buf_printf(out, "%s: %" PRId64 " datasets, %" PRIu64 " bytes read", path, c.datasets,
                 c.bytes);
  if (c.sources > 0) aus_buf_printf(out, ", %" PRId64 " sources", c.sources);
  aus_buf_printf(out, ": %" PRId64 " fault%s%s\n", c.faults, plural(c.faults),
                 c.unfinished ? " (published before the end of its study)" : "");
done:
  return rc;
}

static int verify_run(const char *path, bool quiet, int64_t max, aus_buf *out, int64_t *faults,
                      aus_err *err)
{
  int rc = AUS_OK;
  aus_check_run r;

  AUS_TRY(aus_check_rundir(path, (int)max, out, &r, err));
  *faults = r.faults;
  if (quiet) goto done;
  count_faults(r.faults, max, out);
  aus_buf_printf(out, "%s: seed %" PRIu64 ", %" PRId64 " records, %" PRId64 " results", path,
                 r.seed, r.records, r.commits);
  if (r.dropped > 0) aus_buf_printf(out, ", %" PRIu64 " bytes cut off at the end", r.dropped);
  aus_buf_printf(out, ", %" PRId64 " shard%s", r.shards, plural(r.shards));
  if (r.set_aside > 0) aus_buf_printf(out, " and %" PRId64 " set aside", r.set_aside);
  aus_buf_printf(out, ", %" PRIu64 " bytes read: %" PRId64 " fault%s\n", r.bytes, r.faults,
                 plural(r.faults));
done:
  return rc;
}

static int verify(const aus_call *call, aus_err *err)
{
  int rc = AUS_OK;
  const char *path = aus_args_operand(call->args, 0);
  bool quiet = aus_call_verbosity(call->args) == 0;
  int64_t max = 20, faults = 0;
  struct stat st;

  AUS_TRY(aus_number_int(call->args, "max", 0, INT32_MAX, &max, err));
  if (quiet) max = 0;
  if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
    AUS_TRY(verify_run(path, quiet, max, call->out, &faults, err));
  else
    AUS_TRY(verify_file(path, quiet, max, call->out, &faults, err));
  AUS_TRY(aus_buf_check(call->out, err));
  if (faults > 0) AUS_FAIL(err, AUS_EDIFF, "%s: %" PRId64 " faults", path, faults);
done:
  return rc;
}

static int run(const aus_call *call, aus_err *err)
{
  return aus_call_alone(call, verify, err);
}

const aus_command aus_cmd_verify = {
    .name = "verify",
    .operands = "FILE.h5|RUNDIR",
    .summary = "read a result, or the directory of a run, whole and check it",
    .text = "One line per fault. The exit status is 0 when there is none, 1 when there are faults, "
            "3 when "
            "there is no\n"
            "such file.",
    .cli = verify_clis,
    .n_cli = 2,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
