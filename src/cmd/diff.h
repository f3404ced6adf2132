/* cmd/diff.h - auspex diff.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_CMD_DIFF_H
#define AUS_CMD_DIFF_H

#include "study/command.h"

extern const aus_command aus_cmd_diff;

#endif
