/* blmvm.h - minimise a smooth function inside a box (TAO's blmvm). Starting twice gives the same bits.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_LEARN_BLMVM_H
#define AUS_LEARN_BLMVM_H

#include "util/err.h"

typedef struct aus_blmvm aus_blmvm; /* a solver for one number of variables, reused */

/** Value at x[n], gradient to g[n]; a point where nothing can be said has 1e20 and a zero gradient. */
typedef double (*aus_blmvm_fn)(void *self, int n, const double *x, double *g);

/** @return AUS_OK; AUS_EDEP (PETSc); AUS_ENOMEM. Local. */
AUS_CHECKED int aus_blmvm_create(aus_blmvm **out, int n, aus_err *err);
void aus_blmvm_destroy(aus_blmvm *b);

/** Minimise from x inside lower..upper.
 *
 * @param [in,out] x     n; start (clipped to the box), then the best point seen
 * @param [out] f        value there
 * @param max_iterations outer iterations
 * @param gatol          stop when the norm of the projected gradient is below
 * @return AUS_OK (also when the iterations are used up); AUS_EINVAL (lower > upper, not finite); AUS_EDEP
 *
 * Local. Deterministic.
 */
AUS_CHECKED int aus_blmvm_minimise(aus_blmvm *b, aus_blmvm_fn fn, void *self, const double *lower,
                                   const double *upper, int max_iterations, double gatol, double *x,
                                   double *f, aus_err *err);

#endif
