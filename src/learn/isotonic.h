/* isotonic.h - the monotone curve that is nearest to points: it never turns.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Use aus_isotonic_pool() for the steps of isotonic regression alone, aus_isotonic_fit() for a curve of one real
 * variable whose direction is not known beforehand.
 */
#ifndef AUS_LEARN_ISOTONIC_H
#define AUS_LEARN_ISOTONIC_H

#include "util/err.h"

#include <stdint.h>

/** Isotonic regression: the values nearest to y (least weighted squares) that never fall, by pooling neighbours
 * that fall. Equal neighbours stay apart.
 *
 * @param [in,out] y       n; then the value of each block
 * @param [in,out] weight  n, > 0; then the sum of each block
 * @param [out] end        n; the first row behind each block
 * @return number of blocks, at most n
 *
 * Local. O(n). Source: Barlow, Bartholomew, Bremner and Brunk 1972, pool adjacent violators.
 */
int64_t aus_isotonic_pool(int64_t n, double *y, double *weight, int64_t *end);

typedef struct aus_isotonic aus_isotonic;

/** A curve through the centres of the blocks of an isotonic regression of y on x. It rises or falls with the sign of
 * Spearman's rank correlation (ties have their mean rank; zero: it rises). Rows of equal x are one point, their
 * mean. The centre of a block is its mean x and mean y.
 *
 * @param [in] x, y  n, finite; their order does not matter
 * @return AUS_OK; AUS_EINVAL for n < 1; AUS_ENUMERIC for a value that is not finite; AUS_ENOMEM; AUS_EDEP
 *
 * Local. Deterministic. O(n log n).
 */
AUS_CHECKED int aus_isotonic_fit(aus_isotonic **out, int64_t n, const double *x, const double *y,
                                 aus_err *err);
void aus_isotonic_destroy(aus_isotonic *c);

/** The curve at x: Steffen's monotone cubic between the centres, a straight line when there are two, constant
 * outside them. NaN for NaN. Local. Source: Steffen 1990 (by GSL). */
double aus_isotonic_at(const aus_isotonic *c, double x);

#endif
