/* match/names.h - texts as small numbers, in order of first appearance.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_MATCH_NAMES_H
#define AUS_MATCH_NAMES_H

#include "util/err.h"

#include <stddef.h>
#include <stdint.h>

/* Zeroed is empty. */
typedef struct aus_match_names {
  char **text; /* n, NUL-ended */
  int64_t n, cap;
  int32_t *slot; /* number + 1; 0: free */
  int64_t n_slots;
} aus_match_names;

void aus_match_names_fini(aus_match_names *names);

/** Number of a text of n bytes, a new one when it was not there.
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_names_add(aus_match_names *names, const char *s, size_t n, int32_t *id,
                                    aus_err *err);

/** The same without adding; -1: it is not there. Local. */
int32_t aus_match_names_find(const aus_match_names *names, const char *s, size_t n);

/** Order for qsort over `char *`: by bytes. Local. */
int aus_match_text_order(const void *a, const void *b);

#endif
