/* engine.h - tasks into results: the manager on rank 0, worker loops everywhere else.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The study's driver runs on rank 0 and is written as a plain sequence: add tasks, aus_engine_run()
 * until all are committed (the callback sees commits in order and may add more), read results, add
 * the next tasks. Worker ranks sit in aus_engine_serve(). One rank alone does both in turn.
 * No collective happens between aus_engine_open() and aus_engine_close().
 */
#ifndef AUS_ENGINE_ENGINE_H
#define AUS_ENGINE_ENGINE_H

#include "engine/ctl.h"
#include "engine/recall.h"
#include "engine/sched.h"
#include "engine/status.h"
#include "engine/work.h"
#include "store/rundir.h"

#include <mpi.h>

typedef struct aus_engine aus_engine;

typedef struct aus_engine_conf {
  aus_sched_conf sched;
  int manager_works; /* -1 auto (rank 0 works up to 3 ranks), 0 no, 1 yes; one rank always works */
  int max_failed; /* failed trials that end the run with AUS_ENUMERIC; < 0: max(100, 20 % of the tasks) */
  int progress;             /* 0: quiet; 1: progress line; 2: also a line per commit */
  const char *title;        /* shown in the progress line */
  bool isolate_force;       /* worker.isolate even where a fork may damage MPI's transport */
  aus_status_board *status; /* rank 0: kept up to date; lent; NULL: none */
  aus_ctl_conf ctl;         /* when and how a run ends early */
  /* Rank 0, in the middle of aus_engine_run(): publish what is committed, all of whose rows lie in closed
   * shards. An error is a warning, the run goes on. NULL: never. */
  int (*on_publish)(void *self, aus_err *err);
  void *on_publish_self;
  /* Kinds, tables, run directory, study data: equal on all ranks. first_shard is the first free number; rank
   * r writes first_shard + r, + ranks, ... (shard_stride, rank and on_poll are set by the engine). */
  aus_worker_conf worker;
  /* Rank 0; lent, may be NULL. What is decided is written to the journal before it counts; a task that the
   * recall has a result of is answered from there. */
  aus_journal *journal;
  aus_recall *recall;
  bool
      fragile; /* ranks may die without a word (mpirun --enable-recovery): nothing collective at the end */
  bool replay;     /* nothing is worked on: what the recall does not answer ends the run */
  aus_rundir *dir; /* gets a sign of life every few seconds */
} aus_engine_conf;

/** Start: communicators, local worker, HELLOs.
 *
 * Collective on world; conf must be equal on all ranks. MPI_COMM_NULL: one rank, without MPI.
 * @return agreed: AUS_OK; AUS_ECONFIG for worker.isolate where it is not safe; AUS_EMPI; AUS_ENOMEM
 */
AUS_CHECKED int aus_engine_open(aus_engine **out, MPI_Comm world, const aus_engine_conf *conf,
                                aus_err *err);

/** Worker ranks: work until rank 0 stops the run. Local. @return AUS_OK; AUS_EMPI; AUS_EIO; AUS_ENOMEM */
AUS_CHECKED int aus_engine_serve(aus_engine *e, aus_err *err);

/* Rank 0. */
/** What the tasks that follow are for, shown in the status file; lent. */
void aus_engine_stage(aus_engine *e, const char *stage);
AUS_CHECKED int aus_engine_add(aus_engine *e, const aus_task *task, aus_err *err);

/** The order of a campaign's commits, before its first task. What an earlier run has committed of its trials and
 * jobs comes first, in that order: so a driver that adds jobs at commits of both comes to the same ones.
 * by_arrival: trials are then committed as they arrive, and the run's results depend on the machine.
 * @return AUS_OK; AUS_EINVAL when the campaign has tasks; AUS_ENOMEM */
AUS_CHECKED int aus_engine_campaign(aus_engine *e, uint32_t campaign, bool by_arrival,
                                    aus_err *err);

/** Call off the trials (or jobs) of a campaign from an index on: they are committed as CANCELLED, or as what
 * they return if they cannot be stopped any more; the callback sees them. */
void aus_engine_call_off(aus_engine *e, uint32_t campaign, bool job, int64_t from);

typedef int (*aus_commit_fn)(void *self, const aus_task *task, const aus_result *result,
                             aus_err *err);

/** Run until every added task is committed.
 *
 * @param [in] on_commit  called in index order within a campaign (or as results arrive:
 *                        aus_engine_campaign()); may add tasks; may be NULL
 * @return AUS_OK (failed trials are results, not errors); AUS_ENUMERIC too many failed; AUS_EIO a
 *         worker or the journal could not write; AUS_EMPI no worker left; AUS_EBUSY another run has taken the
 *         run directory; AUS_ECANCEL ended early by a signal or the wall clock: see aus_engine_drained();
 *         AUS_EINVAL a task needs a blob that is not there; AUS_EBUG a result or a task is not what the
 *         journal has; AUS_EFORMAT a damaged message; what on_commit returns
 */
AUS_CHECKED int aus_engine_run(aus_engine *e, aus_commit_fn on_commit, void *self, aus_err *err);

/** After AUS_ECANCEL: true when the run was drained, so that what is committed may be published; false when it
 * was to be left at once. */
bool aus_engine_drained(const aus_engine *e);

/** Write a decision to the journal: CAMPAIGN, PROPOSE, STOPPED. The payload begins with its u64 key. One
 * that an earlier run has written is compared instead.
 * @return AUS_OK; AUS_EIO; AUS_EBUG when it was decided otherwise before; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_engine_decide(aus_engine *e, aus_record_type type, const aus_buf *payload,
                                  aus_err *err);

/** True when the run only goes over what an earlier one did (conf.replay): its decisions can be made again
 * and compared. Local. */
bool aus_engine_replays(const aus_engine *e);
/** A decision was made again; same: with the same outcome. Local. */
void aus_engine_checked(aus_engine *e, bool same);

/** Make every worker close its shard, so that rows committed so far can be read by any rank. */
AUS_CHECKED int aus_engine_roll(aus_engine *e, aus_err *err);

/** Keep bytes on rank 0 for workers that ask (copied). Workers cache by key, so a key has the same bytes
 * for ever. @return AUS_OK; AUS_EINVAL above 64 MiB or for other bytes than before; AUS_ENOMEM */
AUS_CHECKED int aus_engine_put_blob(aus_engine *e, aus_blob_key key, const void *bytes, size_t n,
                                    aus_err *err);
/** Lend a blob. @return AUS_OK; AUS_EINVAL when it is not there */
AUS_CHECKED int aus_engine_get_blob(aus_engine *e, aus_blob_key key, const void **bytes, size_t *n,
                                    aus_err *err);

/** Forget a blob that no further task needs. */
void aus_engine_drop_blob(aus_engine *e, aus_blob_key key);

/** What goes to /provenance, one entry per committed trial in order of commitment per campaign. */
typedef struct aus_engine_log {
  int64_t n, n_trials; /* n_trials: all that were added */
  const uint64_t *trial;
  const uint16_t *attempts;
  const double *cost_s, *start_s; /* start: seconds since the engine opened */
  const int32_t *worker;
  const int64_t *rss_bytes;
  int64_t n_timeline;
  const double *time_s, *manager_load;
  const int64_t *busy_workers, *queue, *committed;
  int64_t n_violations;
  int64_t n_checked, n_otherwise; /* decisions made again in a replay; with another outcome */
  double busy_s, span_s;          /* all workers' busy time; first TASK to last RESULT */
  int n_workers, n_lost;
  bool
      machine_dependent; /* a TIMEOUT, FAIL_MEM or CRASHED was committed, or a campaign is by arrival */
} aus_engine_log;
aus_engine_log aus_engine_report(const aus_engine *e);

/** Rank 0 takes no tasks of its own as long as there are two other workers: where the next task depends on
 * the last commit, nobody should wait for a commit. */
void aus_engine_rest(aus_engine *e, bool rest);

/** Share of the workers' time that was spent in tasks since the last call (or the beginning): busy time
 * that they reported / (workers x time from the first TASK to the last RESULT); a resting rank 0 is no
 * worker. NaN: nothing was done. */
double aus_engine_utilisation(aus_engine *e);

/** Stop workers and free. Rank 0 sends STOP and waits for BYE (at most a few seconds); shards are
 * closed on every rank before the agreement.
 *
 * Collective on world, unless workers were lost (then only rank 0's verdict counts and nobody waits).
 * @param [in] rc         this rank's outcome so far
 * @param [out] together  false: a worker was lost, so no further collective may follow; may be NULL
 * @return agreed code
 */
AUS_CHECKED int aus_engine_close(aus_engine *e, int rc, bool *together, aus_err *err);

#endif
