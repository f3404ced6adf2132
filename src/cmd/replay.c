/* cmd/replay.c - auspex replay STUDY RUNDIR: the decisions of a run made again.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "cmd/replay.h"

#include "study/replay.h"

static const aus_cli *const replay_clis[] = {aus_common_cli};

static int run(const aus_call *call, aus_err *err)
{
  return aus_study_replay(call, aus_args_operand(call->args, 0), aus_args_operand(call->args, 1),
                          err);
}

const aus_command aus_cmd_replay = {
    .name = "replay",
    .operands = "STUDY RUNDIR",
    .summary = "make the proposals of a run again from its journal and compare them",
    .text =
        "RUNDIR is the run directory of a run of STUDY that is under way, was stopped, or was kept "
        "with\n"
        "run --keep; give the same --set options as for the run. Every proposal of the optimiser "
        "is "
        "computed\n"
        "again from what it knew and compared bit for bit. The exit status is 0 when all are the "
        "same and 1\n"
        "when one is not. Nothing is written.",
    .cli = replay_clis,
    .n_cli = 1,
    .min_operands = 2,
    .max_operands = 2,
    .run = run,
};
