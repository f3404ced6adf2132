/* gpuqueue/gpuqueue_cmd_study.c - auspex gpuqueue generate | train | validate | oracle: stages as commands.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/gpuqueue_cmd.h"
#include "gpuqueue/gpuqueue_study_setup.h"
#include "study/campaigns.h"
#include "study/runcmd.h"

static const aus_cli *const clis[] = {aus_run_cli, aus_verb_cli, aus_common_cli};
static const aus_opt *const opts[] = {aus_gpuqueue_study_opts};

static int generate(const aus_call *call, aus_err *err)
{
  static const aus_study_verb verb = {.area = "gpuqueue", .n_stages = AUS_GPUQUEUE_ST_GENERATE + 1};

  return aus_study_command(call, &verb, "generate", err);
}

static int train(const aus_call *call, aus_err *err)
{
  static const aus_study_verb verb = {.area = "gpuqueue", .n_stages = AUS_GPUQUEUE_ST_TRAIN + 1};

  return aus_study_command(call, &verb, "train", err);
}

static int validate(const aus_call *call, aus_err *err)
{
  static const aus_study_verb verb = {.area = "gpuqueue", .n_stages = AUS_GPUQUEUE_N_STAGES};

  return aus_study_command(call, &verb, "validate", err);
}

/* The bound that no policy can pass, beside the two that need no model. */
static int oracle(const aus_call *call, aus_err *err)
{
  static const char *const preset[] = {"model", "reactive,average,oracle", NULL};
  static const aus_study_verb verb = {
      .area = "gpuqueue", .n_stages = AUS_GPUQUEUE_N_STAGES, .preset = preset};

  return aus_study_command(call, &verb, "oracle", err);
}

#define VERB(name_, summary_, text_, run_)                                                    \
  {                                                                                           \
    .name = name_, .operands = "[FILE]", .summary = summary_, .text = text_, .cli = clis,     \
    .n_cli = 3, .opts = opts, .n_opts = 1, .min_operands = 0, .max_operands = 1, .run = run_, \
  }

const aus_command aus_gpuqueue_cmd_generate =
    VERB("gpuqueue generate", "states and rewards of provisioning windows, as data to learn from",
         "FILE is a study file, or holds nothing but its section \"gpuqueue\"; keys of --set are "
         "those of the\nsection. One window is one task: mpirun shares them. --csv writes "
         "rewards.csv.",
         generate);
const aus_command aus_gpuqueue_cmd_train =
    VERB("gpuqueue train", "the models that the policies of key model need",
         "As gpuqueue generate, and trains the models on its data.", train);
const aus_command aus_gpuqueue_cmd_validate =
    VERB("gpuqueue validate", "policies in windows they have not seen",
         "As gpuqueue train, then every policy decides in the windows of key start. --csv writes\n"
         "validation.csv, classes.csv and a reward log for each policy.",
         validate);
const aus_command aus_gpuqueue_cmd_oracle = VERB(
    "gpuqueue oracle", "the best submission of all minutes of each window",
    "As gpuqueue validate, by default with the policies reactive, average and oracle.", oracle);
