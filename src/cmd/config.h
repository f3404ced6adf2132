/* cmd/config.h - auspex config: what a study file or a result means.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_CMD_CONFIG_H
#define AUS_CMD_CONFIG_H

#include "study/command.h"

extern const aus_command aus_cmd_config;

#endif
