/* serverless/serverless_study_box.h - the space as parameters of src/design, whole or as a box around a sample.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For clean sampling and for the optimiser: inclusive ranges (no overshoot, D20), repair of points by
 * aus_space. The parameters stand in mapping order, so a value vector of their space is an x.
 */
#ifndef AUS_SERVERLESS_SERVERLESS_STUDY_BOX_H
#define AUS_SERVERLESS_SERVERLESS_STUDY_BOX_H

#include "design/space.h"
#include "serverless/space.h"

/** The axis of column i of the mapping, lent. Local. */
const aus_serverless_axis *aus_serverless_space_axis(const aus_serverless_space *space, int i);

/** The whole space.
 *
 * Bandwidth, cluster size and workload factors are stepped (cluster size AUS_P_INT when minimum and step
 * are whole numbers), an axis with one value is AUS_P_FIXED; the device shares are simplex group 0, a
 * single device is AUS_P_FIXED at 1.
 *
 * @param [out] params  space->n_x; names and units are lent by the space and the program
 * @return AUS_OK; AUS_EINVAL as aus_serverless_axis_values(); AUS_ECONFIG when a single device cannot
 *         have the share 1 or a step of shares is below 1e-9; AUS_ENOMEM. Whether several shares can
 *         sum to 1 is for aus_space_create(). Local.
 */
AUS_CHECKED int aus_serverless_space_params(const aus_serverless_space *space, aus_param *params,
                                            aus_err *err);

/** The neighbourhood of a sample: each value x (1 -+ area) intersected with the space, on the space's own
 * grid; where that is one grid value, its neighbours on both sides (as far as there are any) are added.
 * The box contains the grid point nearest to x, which is x itself for a sample of the space; an axis on
 * which x lies outside the space (overshoot of range_compat) contributes its nearest value.
 *
 * @param [in] x     n_x values in mapping order
 * @param [in] area  relative half-width >= 0; INFINITY: the whole space
 * @param [out] params  n_x, as aus_serverless_space_params(); feasible for aus_space_create()
 * @return AUS_OK; AUS_EINVAL (area negative or NaN, x not finite); codes of
 *         aus_serverless_space_params() and aus_space_create(). Local.
 */
AUS_CHECKED int aus_serverless_space_box(const aus_serverless_space *space, const double *x,
                                         double area, aus_param *params, aus_err *err);

#endif
