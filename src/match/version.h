/* match/version.h - the order of versions, any text being one.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A version is a sequence of tokens: maximal runs of digits or of letters; whatever stands between them
 * separates. Token by token: branch names (stable < trunk < head < master < main < develop) > numbers, by
 * value > other words, by bytes > the end of the text > words for what comes before a release (dev < alpha <
 * beta < pre < rc). So 1.0rc1 < 1.0 < 1.0a < 1.0.1 < 1.10 < develop. "absent" is below everything.
 */
#ifndef AUS_MATCH_VERSION_H
#define AUS_MATCH_VERSION_H

#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

#define AUS_MATCH_ABSENT "absent"

/** Is it the text of a feature that is not there? Local. */
bool aus_match_absent(const char *version);

/** Negative, 0, positive as a is older than, equal to, newer than b. "1.0" and "1-0" are equal. Local. */
int aus_match_version_compare(const char *a, const char *b);

/** Places in that order, from 0; equal versions share one.
 *
 * @param [in] text   n versions
 * @param [out] rank  n
 * @return AUS_OK; AUS_ENOMEM. Local.
 */
AUS_CHECKED int aus_match_version_ranks(char *const *text, int64_t n, int32_t *rank, aus_err *err);

#endif
