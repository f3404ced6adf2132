/* cmd/replay.h - auspex replay STUDY.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_CMD_REPLAY_H
#define AUS_CMD_REPLAY_H

#include "study/command.h"

extern const aus_command aus_cmd_replay;

#endif
