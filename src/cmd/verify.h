/* cmd/verify.h - auspex verify.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_CMD_VERIFY_H
#define AUS_CMD_VERIFY_H

#include "study/command.h"

extern const aus_command aus_cmd_verify;

#endif
