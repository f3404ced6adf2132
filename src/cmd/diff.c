/* cmd/diff.c - auspex diff A B: are two results the same?
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "cmd/diff.h"

#include <inttypes.h>

#include "cmd/number.h"
#include "store/same.h"

static const aus_cli diff_cli[] = {
    {"all", 'a', NULL, "compare /provenance, too (hosts, times, versions)"},
    {"tolerance", 't', "R",
     "reals are equal up to this share of the larger one (default: 0, the same bits)"},
    {"max", 'm', "N", "show at most N differences (default: 20)"},
    {0},
};

static const aus_cli *const diff_clis[] = {diff_cli, aus_plain_cli};

static const char *plural(int64_t n)
{
  return n == 1 ? "" : "s";
}

static void summarise(const aus_same_count *c, int64_t max, aus_buf *out)
{
  int64_t more = c->differences - max;

  if (more > 0) aus_buf_printf(out, "... and %" PRId64 " more difference%s\n", more, plural(more));
  aus_buf_printf(out, "%" PRId64 " datasets compared, %" PRId64 " differ", c->datasets, c->differ);
  if (c->differ == 0 && c->differences > 0)
    aus_buf_printf(out, "; %" PRId64 " difference%s elsewhere", c->differences,
                   plural(c->differences));
  aus_buf_text(out, "\n");
}

static int diff(const aus_call *call, aus_err *err)
{
  int rc = AUS_OK;
  const char *a = aus_args_operand(call->args, 0), *b = aus_args_operand(call->args, 1);
  int64_t max = 20;
  aus_same_conf conf = {.all = aus_args_given(call->args, "all") > 0};
  aus_same_count count;

  AUS_TRY(aus_number_int(call->args, "max", 0, INT32_MAX, &max, err));
  AUS_TRY(aus_number_real(call->args, "tolerance", 0, 1, &conf.tolerance, err));
  if (aus_call_verbosity(call->args) == 0) max = 0;
  conf.max = (int)max;
  AUS_TRY(aus_same_files(a, b, &conf, call->out, &count, err));
  if (aus_call_verbosity(call->args) > 0) summarise(&count, max, call->out);
  AUS_TRY(aus_buf_check(call->out, err));
  if (count.differences > 0) AUS_FAIL(err, AUS_EDIFF, "%s and %s differ", a, b);
done:
  return rc;
}

static int run(const aus_call *call, aus_err *err)
{
  return aus_call_alone(call, diff, err);
}

const aus_command aus_cmd_diff = {
    .name = "diff",
    .operands = "A.h5 B.h5",
    .summary = "compare two results: values, shapes, types, attributes",
    .text =
        "One line per difference: where, of what kind, the first values that differ, how many, and "
        "the largest\n"
        "difference. /provenance is left out. The exit status is 0 when the files are equal, 1 "
        "when "
        "they differ,\n"
        "3 when one cannot be read.",
    .cli = diff_clis,
    .n_cli = 2,
    .min_operands = 2,
    .max_operands = 2,
    .run = run,
};
