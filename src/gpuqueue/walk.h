/* gpuqueue/walk.h - a simulated queue that is watched: snapshots every few minutes, and states made of them.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A walk is a simulator with the last W snapshots of its queue, each 34 numbers (Mirage's observation): pending:
 * count, nodes, five percentiles of limit (min), of time in the queue (s), of run time (always 0); running: the
 * same with the time since the start (s) as run time. A snapshot that is due at t is taken before anything of t
 * happens. Like a simulator it is forked by copy.
 */
#ifndef AUS_GPUQUEUE_WALK_H
#define AUS_GPUQUEUE_WALK_H

#include "gpuqueue/sim.h"

enum { AUS_GPUQUEUE_N_SEEN = 34, AUS_GPUQUEUE_N_STATE = 42 };

typedef struct aus_gpuqueue_walk aus_gpuqueue_walk;

/** @param [in] period_s  between snapshots (600), a multiple of the tick. @param [in] n_kept  the last so many (144); 0: none is taken
 * @return AUS_OK; AUS_EINVAL; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_walk_create(aus_gpuqueue_walk **out, const aus_gpuqueue_sim_conf *conf,
                                         int64_t period_s, int n_kept, aus_err *err);
void aus_gpuqueue_walk_destroy(aus_gpuqueue_walk *w);

/** aus_gpuqueue_sim_load(); the first snapshot is due at t0_s. Same codes. */
AUS_CHECKED int aus_gpuqueue_walk_load(aus_gpuqueue_walk *w, const aus_gpuqueue_trace *trace,
                                       int64_t t0_s, int64_t t1_s, aus_err *err);
/** Fork: both have the same period and number of snapshots, else AUS_EINVAL. Codes of aus_gpuqueue_sim_copy(). */
AUS_CHECKED int aus_gpuqueue_walk_copy(aus_gpuqueue_walk *to, const aus_gpuqueue_walk *from,
                                       aus_err *err);
/** The simulator inside, for everything that does not advance it. */
aus_gpuqueue_sim *aus_gpuqueue_walk_sim(aus_gpuqueue_walk *w);
const aus_gpuqueue_sim *aus_gpuqueue_walk_sim_const(const aus_gpuqueue_walk *w);

/** Advance to t with all snapshots due at or before t (one due at t is taken now). Codes of the simulator. */
AUS_CHECKED int aus_gpuqueue_walk_advance(aus_gpuqueue_walk *w, int64_t t_s, const aus_poll *poll,
                                          aus_err *err);
/** Count snapshots from t0_s on (their times are t0_s + k period_s) and take none before t_from_s; those that are
 * there are dropped. For whoever knows which ones he will never look at. t_from_s: not before now. Local. */
void aus_gpuqueue_walk_watch(aus_gpuqueue_walk *w, int64_t t0_s, int64_t t_from_s);

/** Until a job has started. watch: take the snapshots that are due on the way, the last one at most one tick (second)
 * behind the start; the queue is then at the time at which the next one was looked for. Without watch it is behind
 * the tick of the start, and snapshots that were due on the way are never taken. Codes of the simulator. */
AUS_CHECKED int aus_gpuqueue_walk_until_started(aus_gpuqueue_walk *w, int64_t number, bool watch,
                                                const aus_poll *poll, aus_err *err);

/** Snapshots that are there: at most n_kept. Local. */
int aus_gpuqueue_walk_n(const aus_gpuqueue_walk *w);
/** i-th of them, 0 the oldest: its AUS_GPUQUEUE_N_SEEN numbers and time. Local. */
const double *aus_gpuqueue_walk_row(const aus_gpuqueue_walk *w, int i, int64_t *t_s);

/* The chain jobs in a state, as they are at the time of the decision. */
typedef struct aus_gpuqueue_pair {
  int64_t limit_min, nodes; /* of both */
  int64_t t_submit_s;       /* of the predecessor */
  int64_t t_start_s, run_s; /* of it; AUS_GPUQUEUE_NEVER: it waits */
  int64_t t_decision_s;
} aus_gpuqueue_pair;

/** The state at this moment: n_kept rows of 42, oldest first; rows that were never taken (fewer snapshots than
 * n_kept) come first and are 0 in the first 34. The last 8, equal in all rows: predecessor's limit, nodes, wait, elapsed (run_s at
 * most), successor's limit, nodes, 0, 0. @param [out] x  n_kept x 42. Local. */
void aus_gpuqueue_walk_state(const aus_gpuqueue_walk *w, const aus_gpuqueue_pair *pair, double *x);

#endif
