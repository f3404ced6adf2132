/* serverless/space.h - the space file, its samples, and what they mean: a cluster and a workload.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Compat sampling (serverless.md 3.2 to 3.5) enumerates the grid of all combinations lazily by
 * index (never materialised), selects the nearest one to each design point in normalised columns,
 * and derives device counts and a thickened workload from it. Vector layout ("mapping"):
 * network_bandwidth, cluster_size, device_prop_<device> sorted by name, workload_<app> sorted by
 * name.
 */
#ifndef AUS_SERVERLESS_SPACE_H
#define AUS_SERVERLESS_SPACE_H

#include "serverless/model.h"

typedef struct aus_serverless_axis {
  double min, max, step, average;
} aus_serverless_axis;

typedef struct aus_serverless_space {
  int n_devices, n_apps; /* in file order */
  char **device;
  aus_serverless_axis *device_axis;
  aus_serverless_node *specs; /* per device */
  int *app;                   /* application type */
  char **app_name;
  aus_serverless_axis *app_axis; /* multipliers; average = base rate in requests/s */
  aus_serverless_axis cluster_size, bandwidth;
  int *device_sorted, *app_sorted; /* file positions in name order */
  int n_x;                         /* 2 + n_devices + n_apps */
  char **x_name;                   /* n_x, the mapping */
} aus_serverless_space;

void aus_serverless_space_fini(aus_serverless_space *space);
/** Read a space document; wrong values are problems of cfg, also a space whose smallest cluster has
 * fewer nodes than device kinds that cannot be 0. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_space_read(aus_serverless_space *space,
                                          const aus_serverless_types *types, aus_cfg *cfg,
                                          aus_cfg_node *root, aus_err *err);

/** Values of an axis: inclusive range (ours) or with the original's overshoot (range_compat).
 * @param [out] values  made (aus_free), *n of them. @return AUS_OK; AUS_EINVAL (step <= 0, max <
 *         min, not finite, above 65,535 values); AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_axis_values(const aus_serverless_axis *axis, bool range_compat,
                                           double **values, int64_t *n, aus_err *err);

/* The grid of all valid combinations, by index in the original's order. */
typedef struct aus_serverless_grid aus_serverless_grid;
/** @return AUS_OK (also for an empty grid); AUS_EINVAL as aus_serverless_axis_values(); AUS_ECONFIG
 * for more than 4,194,304 device compositions; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_grid_create(aus_serverless_grid **out,
                                           const aus_serverless_space *space, bool range_compat,
                                           aus_err *err);
void aus_serverless_grid_destroy(aus_serverless_grid *g);
/** Number of combinations (0 if no device composition sums to 1); exact up to 2^127, saturated at
 * INT64_MAX here. */
int64_t aus_serverless_grid_count(const aus_serverless_grid *g);
/** Combination i as n_x values in mapping order. */
void aus_serverless_grid_at(const aus_serverless_grid *g, int64_t i, double *x);
/** Nearest combination (Euclidean in columns normalised to [0,1] by their own range, first on ties)
 * to n points of the unit cube. @param [out] x  n x n_x. @return AUS_OK; AUS_ECONFIG for an empty
 * grid; AUS_EINVAL for a coordinate that is not finite; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_grid_nearest(const aus_serverless_grid *g, int64_t n,
                                            const double *unit, double *x, aus_err *err);

/** Devices of a sample, counts[n_devices] in file order (spec 3.4): the cluster's size times the share,
 * rounded up, less what that gives too much.
 * @param [in] ceil_compat  round up without tolerance as the reference does (D20: 10 nodes at a share of
 *         0.30000000000000004 are 4); else what is within 1e-9 (relative) above a whole number is that
 *         number
 * @return AUS_OK; AUS_ECONFIG when the cluster has fewer nodes than devices that must have one, or
 *         when x is negative, not finite, a share above 1 or a cluster of no or above 1e6 nodes;
 *         AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_device_counts(const aus_serverless_space *space, const double *x,
                                             bool ceil_compat, int *counts, aus_err *err);
/** The cluster of a sample (replaces *infra; empty on error). Rounding and codes of
 * aus_serverless_device_counts. Local. */
AUS_CHECKED int aus_serverless_space_infra(const aus_serverless_space *space, const double *x,
                                           bool ceil_compat, aus_serverless_infra *infra,
                                           aus_err *err);
/** The workload of a sample as the reference makes it: aus_serverless_workload_sample() (workload.h)
 * with its switches off. Local. */
AUS_CHECKED int aus_serverless_space_workload(const aus_serverless_space *space, const double *x,
                                              const aus_serverless_trace *base, uint64_t seed,
                                              int64_t scenario, aus_serverless_trace *out,
                                              aus_err *err);

#endif
