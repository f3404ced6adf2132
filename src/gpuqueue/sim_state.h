/* gpuqueue/sim_state.h - the state of a simulator, for the files that make it up; nobody else includes this.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sim_queue.c puts jobs into the queue and orders it, sim_start.c starts and ends them, sim_backfill.c decides
 * which start, sim_users.c knows about users; sim_ticks.c and sim_events.c are the two clocks that call all
 * of this; sim.c is what is left: memory, copies, questions.
 */
#ifndef AUS_GPUQUEUE_SIM_STATE_H
#define AUS_GPUQUEUE_SIM_STATE_H

#include "gpuqueue/sim.h"

/* A job in the queue. */
typedef struct aus_gpuqueue_queued {
  int64_t number;
  int64_t t_submit_s; /* as simulated */
  int64_t run_s;
  double base; /* the part of the priority that does not move with time */
  int32_t nodes, limit_min;
  int32_t n_slots; /* of the limit, in backfill's plan; not cut to the window */
  int32_t user;
} aus_gpuqueue_queued;

/* A job that runs. */
typedef struct aus_gpuqueue_active {
  int64_t number;
  int64_t t_submit_s, t_start_s, run_s;
  int64_t t_limit_s; /* when its limit ends */
  int64_t t_free_s;  /* its nodes are free from here on */
  int32_t nodes, limit_min;
  int32_t user;
  int32_t first_node; /* head of the list in next_node; -1 without node_ids */
  bool backfilled;
} aus_gpuqueue_active;

/* A job of the caller's own. */
typedef struct aus_gpuqueue_own {
  aus_gpuqueue_job job;
  int64_t t_arrive_s;
  int64_t t_start_s; /* AUS_GPUQUEUE_NEVER */
  bool backfilled;
} aus_gpuqueue_own;

/* A user: what runs, and past use in node-seconds at t_s. */
typedef struct aus_gpuqueue_user {
  int64_t n_jobs, n_nodes;
  double used;
  int64_t t_s;
} aus_gpuqueue_user;

struct aus_gpuqueue_sim {
  aus_gpuqueue_sim_conf conf;
  int64_t n_slots; /* of backfill's plan */
  const aus_gpuqueue_trace *trace;
  int64_t t0_s, t1_s;
  int64_t now_s;

  int64_t next, end;   /* what of the trace is still to come */
  int64_t t_arrival_s; /* of the next of all; INT64_MAX: none */
  aus_gpuqueue_own *own;
  int64_t n_own, cap_own;
  int64_t *planned; /* indices of own jobs that are still to come, in order of arrival */
  int64_t n_planned, cap_planned;

  aus_gpuqueue_queued *queued; /* in order of priority */
  double *priority;            /* of each; ticks: `owed` additions behind */
  int64_t n_queued, cap_queued, cap_priority;
  aus_gpuqueue_active *active; /* in order of start */
  int64_t n_active, cap_active;
  int64_t n_free;
  int64_t t_free_s; /* next time at which a job ends; INT64_MAX: none runs */

  int64_t count; /* ticks modulo bf_interval */
  int64_t owed;  /* ticks of ageing that are not yet in the priorities */

  bool dirty;       /* events: something arrived or ended since the last pass */
  int64_t t_plan_s; /* events: no pass before this gives another plan than the last one did */
  int64_t t_wake_s; /* events: next pass that may start something, but for what arrives or ends */

  int64_t *recent; /* ring of the waits of the jobs that started last */
  int64_t n_recent, cap_recent, at_recent, sum_recent_s;

  aus_gpuqueue_user *user;   /* 0: unknown ones */
  int64_t n_users, cap_user; /* none unless the conf asks for it */
  aus_gpuqueue_user all_users;

  int32_t *free_node; /* stack; only with node_ids */
  int32_t *next_node; /* of the same job, in the order in which they were taken; -1: last */
  int64_t n_ids, cap_free_node, cap_next_node;

  int32_t *plan;    /* free nodes per slot, one more for jobs that end behind the window; scratch */
  int32_t *deficit; /* fewest nodes more that would change the plan, per slot; scratch */
  int64_t n_plan, cap_plan, cap_deficit;
  bool planned_ahead; /* the last pass made a plan */

  bool log;
  aus_gpuqueue_done *done;
  int64_t n_done, cap_done;
  int32_t *node;
  int64_t n_node, cap_node;
};

/* ---- sim_queue.c ---- */

/** Time of a job's arrival as simulated. */
int64_t aus_gpuqueue_sim_rounded_s(const aus_gpuqueue_sim *s, int64_t t_s);
/** Can the job run here at all? @return AUS_OK; AUS_EINVAL */
AUS_CHECKED int aus_gpuqueue_sim_check(const aus_gpuqueue_sim *s, const aus_gpuqueue_job *job,
                                       aus_err *err);
/** Order of two jobs that arrive at ta and tb: negative, 0, positive. */
int aus_gpuqueue_sim_compare(int64_t ta, const aus_gpuqueue_job *a, int64_t tb,
                             const aus_gpuqueue_job *b);
/** Pass over jobs of the trace outside the times of the load, and find t_arrival_s. */
void aus_gpuqueue_sim_look_ahead(aus_gpuqueue_sim *s);
/** Put one job at the end of the queue; aus_gpuqueue_sim_sort() next. */
AUS_CHECKED int aus_gpuqueue_sim_enqueue(aus_gpuqueue_sim *s, int64_t number,
                                         const aus_gpuqueue_job *job, int64_t t_submit_s,
                                         aus_err *err);
/** Order by the priorities of now. @return true: jobs changed places */
bool aus_gpuqueue_sim_sort(aus_gpuqueue_sim *s);
/** Ticks: add the ageing that is owed. */
void aus_gpuqueue_sim_settle(aus_gpuqueue_sim *s);

/* ---- sim_start.c ---- */

/** Start the i-th job of the queue, which stays where it is. */
AUS_CHECKED int aus_gpuqueue_sim_start(aus_gpuqueue_sim *s, int64_t i, bool backfilled,
                                       aus_err *err);
/** End every job whose nodes are free at t. */
AUS_CHECKED int aus_gpuqueue_sim_complete(aus_gpuqueue_sim *s, int64_t t_s, aus_err *err);
/** When a job that starts at t and takes run_s gives its nodes back. */
int64_t aus_gpuqueue_sim_free_s(const aus_gpuqueue_sim *s, int64_t t_start_s, int64_t run_s);

/* ---- sim_backfill.c ---- */

/** Start jobs from the head of the queue until one does not fit. */
AUS_CHECKED int aus_gpuqueue_sim_fifo(aus_gpuqueue_sim *s, aus_err *err);
/** Plan all jobs in order, start those whose turn is now. */
AUS_CHECKED int aus_gpuqueue_sim_backfill(aus_gpuqueue_sim *s, aus_err *err);
/** Does any job that backfill looks at fit into the free nodes? */
bool aus_gpuqueue_sim_any_fits(const aus_gpuqueue_sim *s);
/** First time after now at which the plan of the pass just made is another one; at most bf_resolution_s ahead. */
int64_t aus_gpuqueue_sim_plan_until_s(aus_gpuqueue_sim *s);

/* ---- sim_users.c ---- */

/** Does the conf ask for anything per user? */
bool aus_gpuqueue_sim_by_user(const aus_gpuqueue_sim_conf *conf);
/** May not start now: its user runs as much as allowed. */
bool aus_gpuqueue_sim_held(const aus_gpuqueue_sim *s, const aus_gpuqueue_queued *q);
/** Nodes given to a user (given < 0: given back). */
void aus_gpuqueue_sim_account(aus_gpuqueue_sim *s, int32_t user, int64_t nodes, int jobs);
/** 2^-(share of past use / fair share) at now. */
double aus_gpuqueue_sim_fair(const aus_gpuqueue_sim *s, int32_t user);

/* ---- sim_ticks.c, sim_events.c: one step at most to t ---- */

/** Advance to t at the latest, or over the next time at which anything happens. now moves, or all is done. */
AUS_CHECKED int aus_gpuqueue_sim_tick(aus_gpuqueue_sim *s, int64_t t_s, aus_err *err);
AUS_CHECKED int aus_gpuqueue_sim_event(aus_gpuqueue_sim *s, int64_t t_s, aus_err *err);

#endif
