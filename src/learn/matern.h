/* matern.h - the Matern-5/2 kernel of one point with many, several at a time.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Coordinates are in units of the length-scales. Every loop goes over points and no sum is reordered, so
 * that the bits do not depend on how many elements the processor takes at once.
 */
#ifndef AUS_LEARN_MATERN_H
#define AUS_LEARN_MATERN_H

#include <stdint.h>

/** k_j = s2 (1 + r + r^2/3) exp(-r), r = sqrt(5) |u - v_j|; 0 beyond r = 700.
 * @param [in] u       d
 * @param [in] v       d x ld: coordinate by coordinate, the first n of each row
 * @param [out] k      n
 * @param [out] slope  n: s2 5/3 (1 + r) exp(-r), so that dk/dlog l_i = slope (u_i - v_i)^2 and
 *                     dk/du_i = -slope (u_i - v_i)
 * Local. Relative error below 2e-15 + 2e-16 r. */
void aus_matern(int d, double s2, const double *u, int64_t n, const double *v, int64_t ld,
                double *k, double *slope);

/** sum_ij += w_j (u_i - v_ij)^2. @param [in] w  n. @param [in,out] sum  d x ld. Local. */
void aus_matern_add(int d, const double *u, int64_t n, const double *v, int64_t ld, const double *w,
                    double *sum);

#endif
