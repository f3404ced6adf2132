/* gpuqueue/synth.h - traces of our own: arrivals, users, widths, limits and run times of a GPU queue.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Shaped after the public Lonestar6 A100 trace (doc/gpuqueue.md tells each figure and how close it is): daily
 * and weekly cycles, bursts of users who submit many alike jobs, few typical limits, run times far below them,
 * jobs that end at once, few wide jobs. The "real" start times are those of our own simulator in clean mode.
 */
#ifndef AUS_GPUQUEUE_SYNTH_H
#define AUS_GPUQUEUE_SYNTH_H

#include "gpuqueue/trace.h"

typedef struct aus_gpuqueue_synth {
  uint64_t seed;
  int64_t t_begin_s; /* first day */
  double days;
  int64_t n_jobs;
  int64_t n_nodes;
  double load; /* wanted mean share of the nodes in use; run times are scaled to it */
} aus_gpuqueue_synth;

/** Draw a trace; start and end unknown.
 * @param [out] t  in order of arrival for tick 1
 * @return AUS_OK; AUS_EINVAL for a value out of range; AUS_ENOMEM. Local. Deterministic by seed. */
AUS_CHECKED int aus_gpuqueue_synth_draw(aus_gpuqueue_trace *t, const aus_gpuqueue_synth *conf,
                                        aus_err *err);

/** Give every job the start and end it has on a cluster of n_nodes simulated in clean mode.
 * @param [in,out] t  of aus_gpuqueue_synth_draw()
 * @return AUS_OK; codes of the simulator. Local. */
AUS_CHECKED int aus_gpuqueue_synth_run(aus_gpuqueue_trace *t, int64_t n_nodes, aus_err *err);

#endif
