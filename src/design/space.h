/* space.h - parameter spaces: unit coordinates to snapped values and back, counting of points.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A space has parameters and simplex groups (k shares that sum to 1). The value vector has a column
 * per parameter; the unit vector has none for a fixed parameter and k-1 per group. All repair of a
 * point happens here, so that surrogate, journal and simulator see the same values.
 */
#ifndef AUS_DESIGN_SPACE_H
#define AUS_DESIGN_SPACE_H

#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum aus_param_kind {
  AUS_P_REAL,
  AUS_P_LOG,
  AUS_P_STEP,
  AUS_P_INT,
  AUS_P_CATEGORY,
  AUS_P_SHARE,
  AUS_P_FIXED
} aus_param_kind;

typedef struct aus_param {
  const char *name, *unit;
  aus_param_kind kind;
  double lower, upper; /* inclusive; a category has 0 .. n-1; fixed: lower */
  double step;         /* STEP, SHARE (0: continuous), INT (1) */
  int group;           /* SHARE: number of its simplex group, consecutive parameters; else -1 */
} aus_param;

typedef struct aus_space aus_space;

/** @param [in] params  n, copied. @return AUS_OK; AUS_ECONFIG for infeasible bounds (lower > upper,
 *         log of 0, shares that cannot sum to 1 on their steps, a group of one or of more than 32,
 *         a mixture of stepped and continuous shares); AUS_ENOMEM. Local. */
AUS_CHECKED int aus_space_create(aus_space **out, int n, const aus_param *params, aus_err *err);
void aus_space_destroy(aus_space *s);
int aus_space_n_unit(const aus_space *s);
int aus_space_n_value(const aus_space *s);
const aus_param *aus_space_param(const aus_space *s, int i);

/** Decode one point of the unit cube to snapped values; encode is its inverse up to snapping.
 *
 * Every value of a stepped parameter has an equal part of the unit interval, encode gives its
 * middle. Shares: stick-breaking above the lower bounds that maps the uniform cube to the uniform
 * simplex, upper bounds enforced by clipping, then largest remainder on the greatest common divisor
 * of the steps: sums are exact in billionths, each share on its own grid. Coordinates outside 0..1
 * count as 0 or 1. Local. */
void aus_space_decode(const aus_space *s, const double *unit, double *value);
void aus_space_encode(const aus_space *s, const double *value, double *unit);
/** Number of distinct points; INT64_MAX when above, -1 when a parameter is continuous. Local. */
int64_t aus_space_count(const aus_space *s);
/** Grid point i of aus_space_count() (last parameter fastest). @return AUS_OK; AUS_EINVAL
 * (continuous, i out of range).
 * Local. */
AUS_CHECKED int aus_space_at(const aus_space *s, int64_t i, double *value, aus_err *err);
/** Grid points one step away from a snapped point, in the order of the parameters: a level down, a
 * level up; of a group the least that share a can give to share b, for each pair. Continuous values
 * stay.
 * @param [out] out  room for aus_space_n_neighbours() x n_value. @return how many there are.
 * Local. */
int64_t aus_space_neighbours(const aus_space *s, const double *value, double *out);
int64_t aus_space_n_neighbours(const aus_space *s);

#endif
