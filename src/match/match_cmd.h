/* match/match_cmd.h - auspex match train | ladder | satisfy | explain | submit | generate.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_MATCH_MATCH_CMD_H
#define AUS_MATCH_MATCH_CMD_H

#include "study/command.h"

extern const aus_command aus_match_cmd_train, aus_match_cmd_ladder, aus_match_cmd_satisfy,
    aus_match_cmd_explain, aus_match_cmd_submit, aus_match_cmd_generate;

#endif
