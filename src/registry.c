/* registry.c - the two tables, studies and commands: the only place that names every area.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "cmd/config.h"
#include "cmd/diff.h"
#include "cmd/export.h"
#include "cmd/merge.h"
#include "cmd/replay.h"
#include "cmd/run.h"
#include "cmd/status.h"
#include "cmd/verify.h"
#include "gpuqueue/gpuqueue_cmd.h"
#include "gpuqueue/gpuqueue_study.h"
#include "match/match_cmd.h"
#include "match/match_study.h"
#include "serverless/serverless_cmd.h"
#include "serverless/serverless_study.h"
#include "study/command.h"
#include "study/study.h"

const aus_study_type *const aus_studies[] = {
    &aus_serverless_study_type,
    &aus_gpuqueue_study_type,
    &aus_match_study_type,
    NULL,
};

const aus_command *const aus_commands[] = {
    &aus_cmd_run,
    &aus_cmd_replay,
    &aus_cmd_status,
    &aus_cmd_config,
    &aus_cmd_verify,
    &aus_cmd_diff,
    &aus_cmd_merge,
    &aus_cmd_export,
    &aus_serverless_cmd_simulate,
    &aus_serverless_cmd_sample,
    &aus_serverless_cmd_dataset,
    &aus_serverless_cmd_train,
    &aus_gpuqueue_cmd_simulate,
    &aus_gpuqueue_cmd_import,
    &aus_gpuqueue_cmd_generate,
    &aus_gpuqueue_cmd_train,
    &aus_gpuqueue_cmd_validate,
    &aus_gpuqueue_cmd_oracle,
    &aus_gpuqueue_cmd_calibrate,
    &aus_match_cmd_train,
    &aus_match_cmd_ladder,
    &aus_match_cmd_satisfy,
    &aus_match_cmd_explain,
    &aus_match_cmd_submit,
    &aus_match_cmd_generate,
    NULL,
};
