/* opt_range.h - ranges of option tables as numbers and as text. Private to opt*.c.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_UTIL_OPT_RANGE_H
#define AUS_UTIL_OPT_RANGE_H

#include "util/opt.h"

typedef struct aus_opt_range {
  bool has_lo, has_hi, open_lo, open_hi;
  double lo, hi;
  int64_t lo_int, hi_int;
} aus_opt_range;

/* "lo:hi", "(lo:", ":hi)" of an INT or REAL option; without bounds for other types. */
aus_opt_range aus_opt_range_of(const aus_opt *opt);

/* ">= 1", "> 0 and <= 1", "" without a range. */
enum { AUS_OPT_RANGE_SIZE = 96 };
const char *aus_opt_range_text(const aus_opt *opt, char out[AUS_OPT_RANGE_SIZE]);

#endif
