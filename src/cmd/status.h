/* cmd/status.h - auspex status DIR: where a run stands.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_CMD_STATUS_H
#define AUS_CMD_STATUS_H

#include "study/command.h"

extern const aus_command aus_cmd_status;

#endif
