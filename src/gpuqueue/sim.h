/* gpuqueue/sim.h - a batch queue of identical nodes: priorities, first come first served, conservative backfill.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One simulator, two clocks. With tick_s > 0 time goes in ticks and every rule is that of the reference, to
 * the last bit (ticks in which nothing can happen are passed in bulk). With tick_s = 0 it is driven by events
 * in whole seconds: a backfill pass after each arrival and completion and on the grid of bf_interval.
 *
 * A simulator holds its whole state by value: aus_gpuqueue_sim_copy() is a fork, and both go on alike. Jobs are
 * numbered: those of the trace by their position there, jobs of the caller's own (a chain) from trace->n on, in
 * order of aus_gpuqueue_sim_plan() and _submit(). Nothing here reads a job's times in the real system.
 * Source: GitHub zhaozhang/Mirage (rules of tick_s > 0); Slurm's multifactor priority (age cap, fair share).
 */
#ifndef AUS_GPUQUEUE_SIM_H
#define AUS_GPUQUEUE_SIM_H

#include "gpuqueue/trace.h"
#include "util/poll.h"

typedef struct aus_gpuqueue_sim aus_gpuqueue_sim;

typedef struct aus_gpuqueue_sim_conf {
  int64_t n_nodes;
  int64_t tick_s; /* 60, 1; 0: driven by events (D5, D7) */
  double age_weight, max_age_days, size_weight;
  bool age_cap;          /* no more than age_weight after max_age_days (D6) */
  int64_t bf_interval;   /* ticks; seconds when driven by events */
  int64_t bf_window_min; /* how far a backfill pass looks ahead */
  int64_t bf_resolution_s;
  int64_t bf_max_jobs;
  bool node_ids;    /* keep which nodes a job had */
  int64_t n_recent; /* waits that aus_gpuqueue_sim_recent_s() looks back at; 100 */
  /* Driven by events only; 0: not used. */
  int64_t user_max_jobs, user_max_nodes; /* running at once, per known user */
  double fairshare_weight;               /* 2^-(usage share / fair share), usage with a half-life */
  double fairshare_half_life_days;
  double logged_weight; /* of the priority in the trace */
} aus_gpuqueue_sim_conf;

/** Values of the reference: 7000, 7 days, 100, 10 ticks, 2880 min, 600 s, 3000 jobs; tick 60. Nodes are 0. Local. */
aus_gpuqueue_sim_conf aus_gpuqueue_sim_compat(void);
/** The same weights, driven by events: age cap, grid of 30 s. Local. */
aus_gpuqueue_sim_conf aus_gpuqueue_sim_clean(void);

/** A simulator without jobs. @return AUS_OK; AUS_EINVAL for a conf out of range; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_sim_create(aus_gpuqueue_sim **out, const aus_gpuqueue_sim_conf *conf,
                                        aus_err *err);
void aus_gpuqueue_sim_destroy(aus_gpuqueue_sim *s);

/** Begin with an empty cluster at t0_s.
 *
 * @param [in] trace  lent until the next load or destroy; in order of arrival for tick_s (1 when driven by
 *                    events); jobs submitted in [t0_s, t1_s] (exact times, both included) will arrive
 * @param [in] log    keep what completes (aus_gpuqueue_sim_log); a fork to look ahead needs none
 * @return AUS_OK; AUS_EINVAL: another order; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_sim_load(aus_gpuqueue_sim *s, const aus_gpuqueue_trace *trace,
                                      int64_t t0_s, int64_t t1_s, bool log, aus_err *err);

/** Make `to` (created with any conf) the same as `from`, but for the log, which stays empty: both go on alike, bit
 * for bit. Memory of `to` is used again. @return AUS_OK; AUS_ENOMEM. Local. Cost O(queue). */
AUS_CHECKED int aus_gpuqueue_sim_copy(aus_gpuqueue_sim *to, const aus_gpuqueue_sim *from,
                                      aus_err *err);

int64_t aus_gpuqueue_sim_now_s(const aus_gpuqueue_sim *s);

/** Advance to time t: everything before t is done, nothing that happens at t. With ticks, t counts as the tick it
 * lies in. @return AUS_OK; AUS_ECANCEL by the poll hook (may be NULL); AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_sim_advance(aus_gpuqueue_sim *s, int64_t t_s, const aus_poll *poll,
                                         aus_err *err);
/** One tick, or all that happens at the next second at which anything does (ticks: also empty ones). Same codes. */
AUS_CHECKED int aus_gpuqueue_sim_step(aus_gpuqueue_sim *s, aus_err *err);
/** Until all jobs have completed. Same codes. */
AUS_CHECKED int aus_gpuqueue_sim_finish(aus_gpuqueue_sim *s, const aus_poll *poll, aus_err *err);

/** A job of the caller's own that arrives at job->t_submit_s (not before now) like one of the trace. n_nodes and
 * limit must fit. @param [out] number  of the job. @return AUS_OK; AUS_EINVAL; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_sim_plan(aus_gpuqueue_sim *s, const aus_gpuqueue_job *job,
                                      int64_t *number, aus_err *err);
/** The same, put into the queue now, before what arrives at this time. */
AUS_CHECKED int aus_gpuqueue_sim_submit(aus_gpuqueue_sim *s, const aus_gpuqueue_job *job,
                                        int64_t *number, aus_err *err);
/** Nothing arrives any more, neither of the trace nor planned: what happens to the queue as it stands. Local. */
void aus_gpuqueue_sim_close(aus_gpuqueue_sim *s);

/** When a job of the caller's own started; AUS_GPUQUEUE_NEVER: it has not yet. Local. */
int64_t aus_gpuqueue_sim_start_s(const aus_gpuqueue_sim *s, int64_t number);
/** Was it started by backfill, past an earlier one in the queue? Local. */
bool aus_gpuqueue_sim_backfilled(const aus_gpuqueue_sim *s, int64_t number);
/** Advance tick by tick (event by event) until it has started; now is behind the tick in which it did.
 * @return AUS_OK; AUS_EINVAL for a job that was called neither planned nor submitted; AUS_ECANCEL; AUS_ENOMEM */
AUS_CHECKED int aus_gpuqueue_sim_until_started(aus_gpuqueue_sim *s, int64_t number,
                                               const aus_poll *poll, aus_err *err);

/** Time of the next arrival, of the trace or planned; INT64_MAX: none. Local. */
int64_t aus_gpuqueue_sim_next_arrival_s(const aus_gpuqueue_sim *s);
/** Put what arrives at this tick into the queue without running the rest of the tick, which will not take it
 * again (reference, D17). Local. @return AUS_OK; AUS_ENOMEM */
AUS_CHECKED int aus_gpuqueue_sim_arrive(aus_gpuqueue_sim *s, aus_err *err);
/** Mean wait of the last n_recent jobs that started; 0 when none has. Local. */
double aus_gpuqueue_sim_recent_s(const aus_gpuqueue_sim *s);
/** All waits of completed jobs so far (log needed) are in the log; this is the number of jobs in the queue. */
int64_t aus_gpuqueue_sim_n_pending(const aus_gpuqueue_sim *s);
int64_t aus_gpuqueue_sim_n_running(const aus_gpuqueue_sim *s);
int64_t aus_gpuqueue_sim_n_free(const aus_gpuqueue_sim *s);

/* A job in the queue or running, as an observer sees it (squeue): no run time. */
typedef struct aus_gpuqueue_seen {
  int64_t number;
  int64_t limit_min, nodes;
  int64_t queue_s;   /* pending: now - submitted; running: started - submitted */
  int64_t elapsed_s; /* running: now - started; pending: 0 */
} aus_gpuqueue_seen;

/** The queue in its order, or what runs in order of start. @param [out] seen  n_pending or n_running. Local. */
void aus_gpuqueue_sim_pending(const aus_gpuqueue_sim *s, aus_gpuqueue_seen *seen);
void aus_gpuqueue_sim_running(const aus_gpuqueue_sim *s, aus_gpuqueue_seen *seen);

/** Give every job in the queue and running another run time, to look ahead without knowing the real ones: used on
 * a fork. run_s(self, what is seen of it, pending) must be at least what has elapsed and is cut to the limit. Local. */
void aus_gpuqueue_sim_assume(aus_gpuqueue_sim *s,
                             int64_t (*run_s)(const void *self, const aus_gpuqueue_seen *job,
                                              bool pending),
                             const void *self);

/* A job that has completed. */
typedef struct aus_gpuqueue_done {
  int64_t number;
  int64_t t_submit_s; /* as simulated: rounded to the tick, not before the load's t0 */
  int64_t t_start_s;
  int64_t t_end_s; /* as reported: ticks cut it down to whole ticks (D7) */
  bool backfilled;
  int64_t first_node; /* in nodes[]; -1 without node_ids */
} aus_gpuqueue_done;

typedef struct aus_gpuqueue_log {
  int64_t n;
  const aus_gpuqueue_done *done; /* in order of completion */
  const int32_t *nodes;          /* of all jobs, in the order in which they were taken */
} aus_gpuqueue_log;

/** Lent until the next call that advances. Local. */
aus_gpuqueue_log aus_gpuqueue_sim_log(const aus_gpuqueue_sim *s);
/** The job of a number. Local. */
const aus_gpuqueue_job *aus_gpuqueue_sim_job(const aus_gpuqueue_sim *s, int64_t number);

#endif
