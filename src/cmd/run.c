/* cmd/run.c - auspex run STUDY: all stages of a study file in one MPI job.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "cmd/run.h"

#include "study/run.h"
#include "study/runcmd.h"

static const aus_cli *const run_clis[] = {aus_run_cli, aus_common_cli};
static const aus_opt *const run_opts[] = {aus_study_top_opts};

static int run(const aus_call *call, aus_err *err)
{
  return aus_study_command(call, NULL, NULL, err);
}

const aus_command aus_cmd_run = {
    .name = "run",
    .operands = "STUDY",
    .summary = "run all stages of a study file and publish one HDF5 file",
    .text = "STUDY is a JSON or YAML file with the keys below, a section \"engine\" and one "
            "section with the\n"
            "name of its area. Paths in it are relative to the file. Rank 0 of the MPI job draws "
            "samples and\n"
            "decides; the other ranks simulate and train; one rank alone does both.",
    .cli = run_clis,
    .n_cli = 2,
    .opts = run_opts,
    .n_opts = 1,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
