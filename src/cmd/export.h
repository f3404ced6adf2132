/* cmd/export.h - auspex export.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_CMD_EXPORT_H
#define AUS_CMD_EXPORT_H

#include "study/command.h"

extern const aus_command aus_cmd_export;

#endif
