/* serverless/serverless_cmd.h - auspex serverless simulate | sample | dataset | train.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_SERVERLESS_SERVERLESS_CMD_H
#define AUS_SERVERLESS_SERVERLESS_CMD_H

#include "study/command.h"

extern const aus_command aus_serverless_cmd_simulate;
extern const aus_command aus_serverless_cmd_sample;
extern const aus_command aus_serverless_cmd_dataset;
extern const aus_command aus_serverless_cmd_train;

#endif
