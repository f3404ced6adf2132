/* cmd/number.h - numbers among the options of a command line.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_CMD_NUMBER_H
#define AUS_CMD_NUMBER_H

#include <stdint.h>

#include "util/opt.h"

/** The last --NAME as a number in lo..hi; *out is left alone when it is not given.
 * @return AUS_OK; AUS_ECONFIG: "--max x: need a whole number from 0 to 10". Local. */
AUS_CHECKED int aus_number_int(const aus_args *args, const char *name, int64_t lo, int64_t hi,
                               int64_t *out, aus_err *err);
AUS_CHECKED int aus_number_real(const aus_args *args, const char *name, double lo, double hi,
                                double *out, aus_err *err);

#endif
