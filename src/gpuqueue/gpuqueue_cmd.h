/* gpuqueue/gpuqueue_cmd.h - the verbs of auspex gpuqueue.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_GPUQUEUE_GPUQUEUE_CMD_H
#define AUS_GPUQUEUE_GPUQUEUE_CMD_H

#include "study/command.h"

extern const aus_command aus_gpuqueue_cmd_simulate;
extern const aus_command aus_gpuqueue_cmd_import;
/* stages of the study */
extern const aus_command aus_gpuqueue_cmd_generate, aus_gpuqueue_cmd_train,
    aus_gpuqueue_cmd_validate, aus_gpuqueue_cmd_oracle;
extern const aus_command aus_gpuqueue_cmd_calibrate;

#endif
