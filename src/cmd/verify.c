/* cmd/verify.c - auspex verify FILE: is a result whole and well formed?
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "cmd/verify.h"

#include <inttypes.h>

#include "cmd/number.h"
#include "store/check.h"

static const aus_cli verify_cli[] = {
    {"max", 'm', "N", "show at most N faults (default: 20)"},
    {0},
};

static const aus_cli *const verify_clis[] = {verify_cli, aus_plain_cli};

static void summarise(const char *path, const aus_check_count *c, int64_t max, aus_buf *out)
{
  if (c->faults > max) aus_buf_printf(out, "... and %" PRId64 " more\n", c->faults - max);
  aus_buf_printf(out, "%s: %" PRId64 " datasets, %" PRIu64 " bytes read", path, c->datasets,
                 c->bytes);
  if (c->sources > 0) aus_buf_printf(out, ", %" PRId64 " sources", c->sources);
  aus_buf_printf(out, ": %" PRId64 " fault%s%s\n", c->faults, c->faults == 1 ? "" : "s",
                 c->unfinished ? " (published before the end of its study)" : "");
}

static int verify(const aus_call *call, aus_err *err)
{
  int rc = AUS_OK;
  const char *path = aus_args_operand(call->args, 0);
  bool quiet = aus_call_verbosity(call->args) == 0;
  int64_t max = 20;
  aus_check_count count;

  AUS_TRY(aus_number_int(call->args, "max", 0, INT32_MAX, &max, err));
  if (quiet) max = 0;
  AUS_TRY(aus_check_result(path, (int)max, call->out, &count, err));
  if (!quiet) summarise(path, &count, max, call->out);
  AUS_TRY(aus_buf_check(call->out, err));
  if (count.faults > 0) AUS_FAIL(err, AUS_EDIFF, "%s: %" PRId64 " faults", path, count.faults);
done:
  return rc;
}

static int run(const aus_call *call, aus_err *err)
{
  return aus_call_alone(call, verify, err);
}

const aus_command aus_cmd_verify = {
    .name = "verify",
    .operands = "FILE.h5",
    .summary = "read a result whole and check its values, tables and checksums",
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
