/* sched.h - the scheduler of rank 0: events in, actions out. No MPI, no clock of its own, no files.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The manager tells it what happened and when (`now_s`, any monotonic clock) and then takes actions
 * until there are none. Tasks belong to campaigns; inside a campaign they are committed in index
 * order, whatever arrived first, unless it was said to be by arrival. Campaigns with something runnable are served round robin by id,
 * lowest index first; jobs before trials. The same object runs in production and in unit tests
 * against a simulated clock with late, lost and duplicate results.
 *
 * A worker holds at most 1 + prefetch tasks and works on them in the order of sending. When it is
 * given up, the first one is charged an attempt and the others are queued again for free; what it held
 * stays on its account until it answers (it may only have been slow), so that a second result can be
 * told from a stray one and compared. A worker that is known to be dead (aus_sched_gone) never gets a task
 * again; a result of it that was still under way is used all the same.
 */
#ifndef AUS_ENGINE_SCHED_H
#define AUS_ENGINE_SCHED_H

#include "engine/task.h"

typedef struct aus_sched aus_sched;

typedef struct aus_sched_conf {
  int prefetch;           /* tasks queued at a worker beyond the running one */
  int max_attempts;       /* 2 */
  double timeout_min_s;   /* 60: least hard deadline */
  double timeout_first_s; /* 3600: until 8 costs of a kind are known; then max(min, 20 x median) */
  double hang_after_s;    /* 30: silence that makes a BUSY worker SUSPECT */
  double lost_after_s;    /* hang_after + 60: silence that makes it LOST */
} aus_sched_conf;

typedef enum aus_worker_state {
  AUS_W_ABSENT,
  AUS_W_IDLE,
  AUS_W_BUSY,
  AUS_W_SUSPECT,
  AUS_W_LOST,
  AUS_W_DRAINING,
  AUS_W_STOPPED
} aus_worker_state;

typedef enum aus_action_type {
  AUS_ACT_NONE,
  AUS_ACT_SEND,   /* send *task to worker */
  AUS_ACT_COMMIT, /* accept *result of *task; in the order of its campaign */
  AUS_ACT_CANCEL, /* tell the worker that this task is not wanted any more */
  AUS_ACT_LOST, /* worker was given up; *task, if any, is charged; task->attempt: charges before */
  AUS_ACT_VIOLATION /* two results of one trial differ: determinism is broken */
} aus_action_type;

typedef struct aus_action {
  aus_action_type type;
  int worker;     /* COMMIT: who did it, 0 when it was given up with its worker */
  double start_s; /* COMMIT: when the worker is believed to have begun */
  const aus_task *
      task; /* lent until the next aus_sched_next(); SEND: with attempt and deadlines; LOST: may be NULL */
  const aus_result *result; /* lent until the next aus_sched_next() */
} aus_action;

/** @return AUS_OK; AUS_EINVAL for a negative count or time; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_sched_create(aus_sched **out, const aus_sched_conf *conf, int n_workers,
                                 aus_err *err);
void aus_sched_destroy(aus_sched *s);

/** Queue a task (copied). Indices of a campaign must come in order 0, 1, 2, ... (jobs and trials of
 * one campaign number are two separate sequences).
 * @return AUS_OK; AUS_EINVAL for an index out of order; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_sched_add(aus_sched *s, const aus_task *task, aus_err *err);

/* A commit of an earlier run. */
typedef struct aus_sched_past {
  bool job;
  int64_t index;
} aus_sched_past;

/** The order of a campaign's commits, before its first task. by_arrival: its trials are committed as they arrive;
 * otherwise, as its jobs always, by index.
 *
 * What an earlier run committed comes first and in that order, whether it is recalled or done again; other
 * results of the campaign wait until then. When that order leads to a task that nobody adds any more, it is
 * left there.
 *
 * @param [in] past  n_past commits of trials and jobs in their order, each once; copied
 * @return AUS_OK; AUS_EINVAL when the campaign has tasks; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_sched_campaign(aus_sched *s, uint32_t campaign, bool by_arrival,
                                   const aus_sched_past *past, int64_t n_past, aus_err *err);

/** A task that was just added is answered from an earlier run: it is committed in its turn without being
 * sent. The result's arrays move here, in any case.
 * @return AUS_OK; AUS_EINVAL for a task that does not wait or was sent; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_sched_recall(aus_sched *s, aus_result *result, aus_err *err);

/** n attempts at a task were used up before (by an earlier run that it took along): called before the task
 * is added. At max_attempts it is committed as CRASHED without being sent; with attempts left its deadline
 * is doubled, because that may have been the reason. Saying it twice counts once: the larger n holds.
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_sched_charge(aus_sched *s, uint64_t id, bool job, int n, aus_err *err);

/* Events. Worker numbers are 1..n_workers. A `local` worker shares the manager's thread: it is never suspected. */
void aus_sched_hello(aus_sched *s, int worker, bool local, double now_s);
/** expect_s: seconds until the next sign of life (0: default). */
void aus_sched_progress(aus_sched *s, int worker, double expect_s, double now_s);
/** A result (ownership of its arrays moves here, in any case).
 * @return AUS_OK; AUS_EINVAL for a task that was never sent; AUS_ENOMEM. */
AUS_CHECKED int aus_sched_result(aus_sched *s, int worker, aus_result *result, double now_s,
                                 aus_err *err);
/** The caller gives the worker up for its silence (it may speak again); no AUS_ACT_LOST follows. */
void aus_sched_lose(aus_sched *s, int worker, double now_s);
/** The worker's process is known to be dead. */
void aus_sched_gone(aus_sched *s, int worker, double now_s);
/** STOP was sent: the worker gets no more tasks and is not suspected any more. */
void aus_sched_drain(aus_sched *s, int worker);
/** BYE came: what the worker held is queued again, uncharged. */
void aus_sched_stopped(aus_sched *s, int worker, double now_s);

/** The tasks of a campaign from an index on are not wanted any more: those that wait are committed as
 * CANCELLED, running ones are asked to stop and committed as what they then return. Local. */
void aus_sched_call_off(aus_sched *s, uint32_t campaign, bool job, int64_t from);

/** While held, aus_sched_next() returns no AUS_ACT_COMMIT: rank 0 is inside a task of its own, whose
 * handler must not see the study's data change. Local. */
void aus_sched_hold(aus_sched *s, bool hold);

/** The local worker takes no tasks as long as there is another one: rank 0 is wanted as manager. Local. */
void aus_sched_rest(aus_sched *s, bool rest);

/** Send nothing any more. Tasks that wait at a worker behind another one are asked back at once, running ones
 * only with running_too; those that come back cancelled are queued again, uncharged, and what is done is
 * committed as ever. Local. */
void aus_sched_freeze(aus_sched *s, bool running_too);

/** Frozen, nothing runs any more, and nothing is left to be committed. Local. */
bool aus_sched_still(const aus_sched *s);

/** Tasks that would hardly be done by then (95 % of the costs of their kind) are not sent; INFINITY at first.
 * Local. */
void aus_sched_until(aus_sched *s, double t_s);

/** A task was not sent because of aus_sched_until(). Local. */
bool aus_sched_late(const aus_sched *s);

/** Next action, or AUS_ACT_NONE; also looks at deadlines and silences.
 * @return AUS_OK; AUS_ENOMEM. Local. O(log n); O(n_workers) when a silence may have become too long. */
AUS_CHECKED int aus_sched_next(aus_sched *s, double now_s, aus_action *action, aus_err *err);

/* Figures. */
typedef struct aus_sched_stats {
  int64_t n_tasks, n_queued, n_running, n_returned, n_committed, n_failed; /* trials and jobs */
  int64_t n_retries, n_late, n_duplicates, n_violations;
  int n_workers_busy, n_workers_lost, n_workers_live;
} aus_sched_stats;
aus_sched_stats aus_sched_count(const aus_sched *s);
/** True when every task is committed. */
bool aus_sched_done(const aus_sched *s);
aus_worker_state aus_sched_worker(const aus_sched *s, int worker);

#endif
