/* match/match_cmd_study.c - auspex match train | ladder: stages as commands.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/match_cmd.h"
#include "match/match_study_setup.h"
#include "study/runcmd.h"

static const aus_cli *const clis[] = {aus_run_cli, aus_verb_cli, aus_common_cli};
static const aus_opt *const opts[] = {aus_match_study_opts};

static int train(const aus_call *call, aus_err *err)
{
  static const aus_study_verb verb = {.area = "match", .stage = "train"};

  return aus_study_command(call, &verb, "train", err);
}

static int ladder(const aus_call *call, aus_err *err)
{
  static const aus_study_verb verb = {
      .area = "match", .stage = "ladder", .stage_key = "experiment"};

  return aus_study_command(call, &verb, "ladder", err);
}

#define VERB(name_, summary_, text_, run_)                                                    \
  {                                                                                           \
    .name = name_, .operands = "[FILE]", .summary = summary_, .text = text_, .cli = clis,     \
    .n_cli = 3, .opts = opts, .n_opts = 1, .min_operands = 0, .max_operands = 1, .run = run_, \
  }

const aus_command aus_match_cmd_train =
    VERB("match train", "models of success per package, and what they are worth",
         "FILE is a study file, or holds nothing but its section \"match\"; keys of --set are "
         "those of the\nsection. Cross-validates the model on every package with enough builds of "
         "either class, beside the\ncommoner class, and trains it on all of them; packages and "
         "divisions into folds are tasks, which mpirun\nshares. --csv writes metrics.csv, "
         "calibration.csv, nb_params.csv and, with clusters, p_table.csv.",
         train);
const aus_command aus_match_cmd_ladder = VERB(
    "match ladder", "match builds to clusters as more of their compatibility is described",
    "FILE as of match train. At level l of the ladder the first l subsystems of the order are "
    "described; the\nscore is the sum of P(success) over the jobs that still match. A random "
    "choice is its exact expectation.\nKey experiment names another stage. --csv writes "
    "levels.csv, unmatched_at.csv and, with keep,\nassign.csv; or single.csv, lammps.csv, "
    "range.csv and range_summary.csv, spackbuild.csv, durations.csv and\nspackbuild_durations.csv.",
    ladder);
