/* design.h - designs of experiments: n points in the unit cube and their snapped values.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * random, lhs, lhs-centered: strata and jitter from streams (seed, campaign, dimension, purposes 1
 * and 2); sobol: GSL with a digital shift (XOR of 53-bit words) from purpose 2, at most 40
 * dimensions; grid: the full factorial of the space's own grid.
 */
#ifndef AUS_DESIGN_DESIGN_H
#define AUS_DESIGN_DESIGN_H

#include "design/space.h"

typedef enum aus_design_kind {
  AUS_DESIGN_RANDOM,
  AUS_DESIGN_LHS,
  AUS_DESIGN_LHS_CENTERED,
  AUS_DESIGN_SOBOL,
  AUS_DESIGN_GRID
} aus_design_kind;

/** "random", "lhs", "lhs-centered", "sobol", "grid", NULL. */
extern const char *const aus_design_names[6];

typedef struct aus_design {
  int64_t n; /* for grid, or when the grid has fewer points than asked for: the size of the grid */
  int n_unit, n_value;
  double *unit;    /* n x n_unit */
  double *value;   /* n x n_value, snapped, free of duplicates unless the space has fewer points */
  bool whole_grid; /* fewer points than asked for: the design is the whole grid */
} aus_design;

void aus_design_fini(aus_design *d);

/** Unit-cube points only. @param [out] unit  n x d. @return AUS_OK; AUS_ECONFIG (sobol with d > 40,
 * grid); AUS_ENOMEM. Local. */
AUS_CHECKED int aus_design_unit(aus_design_kind kind, int64_t n, int d, uint64_t seed,
                                uint64_t campaign, double *unit, aus_err *err);

/** Points of a space: decoded, snapped; a duplicate is replaced by the nearest unused grid point
 * (breadth-first by number of steps, ties by dimension order); the unit row is then re-encoded.
 * @return AUS_OK; AUS_ECONFIG (grid of a continuous or too large space: above 2^31 points);
 *         AUS_ENOMEM. Local. */
AUS_CHECKED int aus_design_make(aus_design *d, aus_design_kind kind, int64_t n,
                                const aus_space *space, uint64_t seed, uint64_t campaign,
                                aus_err *err);

#endif
