/* serverless/serverless_study_draw.h - the samples of a study: keys, drawing, and what their columns are.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * With range_compat as the reference does it: points of the unit cube with a coordinate per column of x,
 * the nearest combination of the overshooting grid for each, duplicates kept. Without: a design of the
 * space of serverless/box.h, snapped by it and free of duplicates; fixed columns have no unit coordinate
 * and the k device shares have k - 1.
 */
#ifndef AUS_SERVERLESS_SERVERLESS_STUDY_DRAW_H
#define AUS_SERVERLESS_SERVERLESS_STUDY_DRAW_H

#include "design/design.h"
#include "serverless/space.h"
#include "util/opt.h"

/* Keys that the study and the verb `sample` share. */
/* clang-format off */
#define AUS_SERVERLESS_SAMPLE_OPTS                                                                                   \
  {"space", AUS_T_PATH, NULL, "", "", "space file: devices, workload factors, cluster sizes, bandwidths"},             \
  {"n", AUS_T_INT, "16", "1:1000000", "", "samples; for design morris the trajectories (n(d+1) samples in d coordinates), for saltelli the base points (n(d+2) samples)"}, \
  {"design", AUS_T_ENUM, "lhs", AUS_DESIGN_RANGE, "", "design of experiments; morris and saltelli give /sensitivity"}, \
  {"range_compat", AUS_T_BOOL, "0", "", "", "value ranges overshoot their maximum as in the reference; by default as D20 is set"}
/* clang-format on */

/** The key of that name, or what the switch D20 says when it is not given. Local. */
bool aus_serverless_range_compat(const aus_opts *opts, uint64_t defects);

typedef struct aus_serverless_draw_conf {
  aus_design_kind kind;
  int64_t n;
  bool range_compat;
  uint64_t seed;
  uint32_t campaign; /* its streams */
} aus_serverless_draw_conf;

/** Draw the samples. Rank 0, or the verb `sample`. A space with fewer points than asked for gives a
 * warning in the log and all of its points (only without range_compat).
 * @param [in] grid  of the same range_compat
 * @param [out] design  made; value is n x n_x
 * @return AUS_OK; AUS_ECONFIG (codes of aus_design_unit(), aus_serverless_grid_nearest(),
 *         aus_serverless_space_params(), aus_space_create(); more than 1,000,000 grid points);
 *         AUS_EINVAL; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_draw(const aus_serverless_draw_conf *conf,
                                    const aus_serverless_space *space,
                                    const aus_serverless_grid *grid, aus_design *design,
                                    aus_err *err);

/** The columns of x as drawn: what /space tells.
 * @param [out] params  n_x, names and units lent by space
 * @return codes of aus_serverless_space_params(). Local. */
AUS_CHECKED int aus_serverless_draw_params(bool range_compat, const aus_serverless_space *space,
                                           aus_param *params, aus_err *err);

/** Name of each unit coordinate, lent by space: that of its column. The k - 1 coordinates of the device
 * shares have the names of the first k - 1 of them.
 * @param [out] name  room for n_x. @return codes of aus_serverless_space_params(). Local. */
AUS_CHECKED int aus_serverless_draw_unit_names(bool range_compat, const aus_serverless_space *space,
                                               const char **name, aus_err *err);

#endif
