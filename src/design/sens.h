/* sens.h - sensitivity indices from the rows of a saltelli or a morris design.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Saltelli: of the variance of y, the part that one coordinate explains alone (S1) and the part that
 * disappears when all others are known (ST). Morris: mean and spread of the elementary effects, that is
 * of difference quotients of y over a step of one coordinate. Coordinates are those of the unit cube.
 * A row whose y is not finite failed: it takes its base point (saltelli) or the one or two elementary
 * effects that need it (morris) out of the sums, counted in n_dropped. Intervals are 1.96 standard
 * deviations over 200 bootstrap resamples of base points or effects: half the width of a 95 % interval.
 */
#ifndef AUS_DESIGN_SENS_H
#define AUS_DESIGN_SENS_H

#include "util/err.h"

#include <stdint.h>

/* Indices, arrays of d; those of the other design are NULL. NaN: fewer than two base points or effects
 * are left, or (S1, ST) y is constant. S1 of a coordinate without influence may be slightly negative. */
typedef struct aus_sens {
  int d;
  int64_t n_used, n_dropped; /* base points or elementary effects */
  double *s1, *st, *s1_conf, *st_conf;
  double *mu, *mu_star, *sigma, *mu_conf, *mu_star_conf; /* units of y per whole range */
} aus_sens;

void aus_sens_fini(aus_sens *s);

/** Sobol' indices.
 *
 * @param [out] s  made
 * @param [in] n   base points
 * @param [in] y   n(d + 2) results in the order of AUS_DESIGN_SALTELLI
 * @param [in] table  number of this y among those of the campaign: names the stream of its intervals
 * @return AUS_OK; AUS_EINVAL (n or d negative); AUS_ENOMEM. Local. Cost O(200 n d).
 * Source: Saltelli et al. 2010, table 2 (b) for S1 and (f), Jansen's, for ST; y is centred first.
 */
AUS_CHECKED int aus_sens_saltelli(aus_sens *s, int64_t n, int d, const double *y, uint64_t seed,
                                  uint64_t campaign, uint64_t table, aus_err *err);

/** Elementary effects: mean mu, mean of the absolute values mu_star, standard deviation sigma.
 *
 * @param [in] n     trajectories
 * @param [in] unit  n(d + 1) x d, the design; y of the same rows
 * @return AUS_OK; AUS_EINVAL (n or d negative; a row that does not change exactly one coordinate);
 *         AUS_ENOMEM. Local.
 * Source: Morris 1991; Campolongo et al. 2007 (mu_star).
 */
AUS_CHECKED int aus_sens_morris(aus_sens *s, int64_t n, int d, const double *unit, const double *y,
                                uint64_t seed, uint64_t campaign, uint64_t table, aus_err *err);

#endif
