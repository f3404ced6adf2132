/* cmd/run.h - auspex run.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_CMD_RUN_H
#define AUS_CMD_RUN_H

#include "study/command.h"

extern const aus_command aus_cmd_run;

#endif
