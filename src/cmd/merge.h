/* cmd/merge.h - auspex merge.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_CMD_MERGE_H
#define AUS_CMD_MERGE_H

#include "study/command.h"

extern const aus_command aus_cmd_merge;

#endif
