/* cmd/merge.c - auspex merge A B ... -o OUT: results of several seeds in one file.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "cmd/merge.h"

#include "store/merge.h"
#include "util/alloc.h"

static const aus_cli merge_cli[] = {
    {"output", 'o', "FILE", "the joined file (required)"},
    {0},
};

static const aus_cli *const merge_clis[] = {merge_cli, aus_plain_cli};

static int merge(const aus_call *call, aus_err *err)
{
  int rc = AUS_OK, i, n = aus_args_n_operands(call->args);
  const char *out = aus_args_value(call->args, "output", 0), **paths = NULL;

  if (!out) AUS_FAIL(err, AUS_ECONFIG, "no output is named: give one with -o");
  AUS_NEW(paths, n, err);
  for (i = 0; i < n; i++)
    paths[i] = aus_args_operand(call->args, i);
  AUS_TRY(aus_merge(n, paths, out, call->problems, err));
  if (aus_call_verbosity(call->args) > 0)
    aus_buf_printf(call->out, "%d results joined\nresult    %s\n", n, out);
done:
  aus_free(paths);
  return rc;
}

static int run(const aus_call *call, aus_err *err)
{
  return aus_call_alone(call, merge, err);
}

const aus_command aus_cmd_merge = {
    .name = "merge",
    .operands = "A.h5 B.h5 ... -o FILE",
    .summary = "join results of one study that differ only in their seeds",
    .text = "For the results of an array job. Tables are concatenated in the order of the seeds "
            "and get a "
            "column\n"
            "source, the row of /sources that names file and seed; what is the same in all files "
            "is there "
            "once.",
    .cli = merge_clis,
    .n_cli = 2,
    .min_operands = 2,
    .max_operands = 1 << 20,
    .run = run,
};
