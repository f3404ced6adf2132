/* gpuqueue/window.h - provisioning windows: a chain's first job and its successor, submitted at many times.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Window i begins at t_start_s + i interval_s. Its predecessor is submitted warmup_s later and uses its limit to the
 * full; the successor's reward is its start minus the predecessor's end (s): positive is an interruption, negative
 * an overlap. Cold windows begin with an empty cluster and see only the jobs of workload_s; warm ones are forks of
 * one long simulation (aus_gpuqueue_warm, D8), in which the whole trace goes on. Snapshots begin with the window in
 * both.
 */
#ifndef AUS_GPUQUEUE_WINDOW_H
#define AUS_GPUQUEUE_WINDOW_H

#include "gpuqueue/walk.h"

typedef struct aus_gpuqueue_geometry {
  int64_t t_start_s, interval_s;
  int64_t warmup_s, workload_s;
  int64_t sample_s; /* between snapshots */
  int n_snapshots;
  int n_probes;
  int64_t chain_nodes, chain_limit_min;
  int chain_length; /* jobs, at least 2; the offline data is about the first two */
  int64_t infer_s;  /* between questions */
  /* Defect switches: true is what the reference does. */
  bool anchor_start; /* D1: states end when the successor starts, not at the decision */
  bool
      late_average; /* D17: average wait and queue read at the arrival after the predecessor's start */
  bool unclamped; /* D12: a decision before the predecessor's submission makes the window fail */
  bool cold;      /* D8 */
} aus_gpuqueue_geometry;

/* A window up to its decisions. */
typedef struct aus_gpuqueue_window aus_gpuqueue_window;

typedef struct aus_gpuqueue_window_facts {
  int64_t index;
  int64_t t_begin_s, t_submit_s, t_pred_start_s, t_pred_end_s;
  int64_t pred_number;  /* of the predecessor in the walks of aus_gpuqueue_window_at() */
  int64_t first_s;      /* first time the successor may be submitted: t_submit_s + 60 */
  int64_t avg_wait_min; /* floor of the mean wait of the last 100 jobs to start */
  int64_t queue_len;
} aus_gpuqueue_window_facts;

/* What a decision led to. */
typedef struct aus_gpuqueue_outcome {
  int64_t t_decision_s, t_start_s;
  int64_t reward_s;
  bool backfilled;
} aus_gpuqueue_outcome;

/* Ids of chain jobs: as text they come before most others that arrive in the same minute. */
enum { AUS_GPUQUEUE_PRED_ID = 1000000, AUS_GPUQUEUE_SUCC_ID = 1000001 };

/** A job of a chain, which uses its limit to the full. Local. */
aus_gpuqueue_job aus_gpuqueue_chain_job(int64_t limit_min, int64_t nodes, int64_t id,
                                        int64_t t_submit_s);

/** @return AUS_OK; AUS_EINVAL for a geometry out of range, times that are not whole ticks, or a chain job wider than
 * the cluster; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_window_create(aus_gpuqueue_window **out,
                                           const aus_gpuqueue_sim_conf *conf,
                                           const aus_gpuqueue_geometry *g, aus_err *err);
void aus_gpuqueue_window_destroy(aus_gpuqueue_window *w);

/** Simulate window `index` until its predecessor has started, and keep the queue as it was at first_s.
 *
 * @param [in] trace  in order of arrival; lent until the next open or destroy
 * @param [in] warm   NULL exactly when the geometry is cold; else aus_gpuqueue_warm_at() of the window, copied
 * @return AUS_OK; AUS_EINVAL: no job of the trace lies in the window, or warm is of another time; AUS_ECANCEL; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_window_open(aus_gpuqueue_window *w, const aus_gpuqueue_trace *trace,
                                         int64_t index, const aus_gpuqueue_walk *warm,
                                         const aus_poll *poll, aus_err *err);
const aus_gpuqueue_window_facts *aus_gpuqueue_window_facts_of(const aus_gpuqueue_window *w);
const aus_gpuqueue_geometry *aus_gpuqueue_window_geometry(const aus_gpuqueue_window *w);

/** The queue as it is at t before anything of t, t in first_s .. t_pred_end_s.
 *
 * Times that ascend share their way; one before the last starts over at first_s. With `again` the call does not
 * count as the last, so that the next may be earlier. The result is the same in any order.
 * @param [out] walk  lent until the next call
 * @return AUS_OK; AUS_EINVAL: a time out of range; AUS_ECANCEL; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_window_at(aus_gpuqueue_window *w, int64_t t_s, bool again,
                                       const aus_gpuqueue_walk **walk, const aus_poll *poll,
                                       aus_err *err);

/** Submit the successor at t and see when it starts. A time before first_s counts as first_s, or is an error when
 * `unclamped` (D12). @param [out] x  state, n_snapshots x 42; NULL: not wanted. Same codes. */
AUS_CHECKED int aus_gpuqueue_window_decide(aus_gpuqueue_window *w, int64_t t_s, bool again,
                                           aus_gpuqueue_outcome *out, double *x,
                                           const aus_poll *poll, aus_err *err);

/** Time of probe j of n: first + j (end - first)/(n - 1), cut to the minute in ticks of 60 and in seconds
 * otherwise; n = 1: first. Local. */
int64_t aus_gpuqueue_window_probe_s(const aus_gpuqueue_window *w, int j);

/** The best of all minutes first_s, +60, .. t_pred_end_s: no interruption and the least overlap, else the least
 * interruption; the latest of equals. Same codes. */
AUS_CHECKED int aus_gpuqueue_window_oracle(aus_gpuqueue_window *w, aus_gpuqueue_outcome *out,
                                           const aus_poll *poll, aus_err *err);

/* The long simulation of a trace, from which warm windows are forked. It begins with an empty cluster at the last
 * beginning of a window (0, -1, -2, ..) that is not behind the trace's first job, so that the clock's grids are those
 * of the windows. */
typedef struct aus_gpuqueue_warm aus_gpuqueue_warm;

/** @param [in] trace  lent until destroy. Codes of aus_gpuqueue_window_create(). */
AUS_CHECKED int aus_gpuqueue_warm_create(aus_gpuqueue_warm **out, const aus_gpuqueue_sim_conf *conf,
                                         const aus_gpuqueue_geometry *g,
                                         const aus_gpuqueue_trace *trace, aus_err *err);
void aus_gpuqueue_warm_destroy(aus_gpuqueue_warm *w);
/** The queue at t_begin_s of a window, the same whatever was asked before; an index below the last starts over, so
 * ask in ascending order. @param [out] walk  lent until the next call
 * @return AUS_OK; AUS_EINVAL: before the long simulation; AUS_ECANCEL; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_warm_at(aus_gpuqueue_warm *w, int64_t index,
                                     const aus_gpuqueue_walk **walk, const aus_poll *poll,
                                     aus_err *err);

#endif
