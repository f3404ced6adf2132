/* gpuqueue/classes.h - validation results in figures: load classes, interruption, overlap, intervals.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Windows are classed by the reward of the reactive policy in the same window: light <= 2 h, medium <= 12 h, heavy.
 * Intervals are percentiles of a bootstrap over non-overlapping blocks of neighbouring windows, because neighbours
 * share most of their jobs; all models are drawn with the same blocks, so differences are paired.
 */
#ifndef AUS_GPUQUEUE_CLASSES_H
#define AUS_GPUQUEUE_CLASSES_H

#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum aus_gpuqueue_load {
  AUS_GPUQUEUE_LIGHT,
  AUS_GPUQUEUE_MEDIUM,
  AUS_GPUQUEUE_HEAVY,
  AUS_GPUQUEUE_ALL_LOADS, /* as a row of the table */
  AUS_GPUQUEUE_N_LOADS
} aus_gpuqueue_load;
extern const char *const aus_gpuqueue_load_names[AUS_GPUQUEUE_N_LOADS];

aus_gpuqueue_load aus_gpuqueue_load_of(int64_t reactive_reward_s);

typedef struct aus_gpuqueue_interval {
  double lo, hi;
} aus_gpuqueue_interval;

typedef struct aus_gpuqueue_class {
  int64_t n;
  double interruption_mean_h, interruption_median_h, overlap_mean_h;
  double zero_frac;      /* windows without interruption */
  double reduction_frac; /* 1 - mean interruption / that of reactive; NaN when that is 0 */
  double wasted_node_h;  /* mean overlap x nodes */
  aus_gpuqueue_interval interruption, overlap, reduction; /* 95 % */
  aus_gpuqueue_interval against; /* mean interruption minus that of the rival, h */
} aus_gpuqueue_class;

typedef struct aus_gpuqueue_class_conf {
  int64_t n_nodes; /* of a chain job */
  int64_t n_block; /* windows per block; 1: all independent */
  int n_draws;     /* 2000 */
  uint64_t seed;
} aus_gpuqueue_class_conf;

/** Figures of one model.
 *
 * @param [in] reward_s    n, by window in order of time
 * @param [in] reactive_s  n, of the reactive policy in the same windows
 * @param [in] rival_s     n, who it is compared with; NULL: the reactive policy
 * @param [in] use         n, windows to take; NULL: all
 * @param [out] out        AUS_GPUQUEUE_N_LOADS: light, medium, heavy, all; a class without windows has NaN
 * @return AUS_OK; AUS_EINVAL; AUS_ENOMEM. Local. Deterministic by seed. */
AUS_CHECKED int aus_gpuqueue_classes(const aus_gpuqueue_class_conf *conf, int64_t n,
                                     const int64_t *reward_s, const int64_t *reactive_s,
                                     const int64_t *rival_s, const bool *use,
                                     aus_gpuqueue_class *out, aus_err *err);

#endif
