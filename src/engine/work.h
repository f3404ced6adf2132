/* work.h - the worker's side: what a task handler may use, and the worker loop.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A handler is a function of the task and of the study's data. It appends rows, sets metrics, reads
 * blobs that the task named in `needs`, may make a blob (a trained model), and calls the poll hook
 * from its loops. It never prints, never uses MPI, and returns a code: AUS_OK gives status OK,
 * AUS_ENOMEM FAIL_MEM, AUS_ENUMERIC FAIL_NUM, AUS_ECANCEL CANCELLED, AUS_EIO ends the run, anything
 * else FAIL_SIM unless the handler called aus_work_status().
 *
 * Isolation: with aus_worker_conf.isolate every attempt at a task of a `pure` kind runs in a process of its own
 * (fork), so that a fault or a hang there costs the attempt only. `pure` says that the handler uses neither
 * aus_work_read() nor MPI nor HDF5 (nor PETSc, which uses MPI), and that nothing but its result matters: what
 * it changes in the study's data (caches) is lost. What such a handler needs from closed shards it reads in
 * `prepare`, which always runs in the worker itself, first.
 */
#ifndef AUS_ENGINE_WORK_H
#define AUS_ENGINE_WORK_H

#include "engine/task.h"
#include "par/comm.h"
#include "par/topo.h"
#include "util/poll.h"

typedef struct aus_work aus_work;

typedef struct aus_kind {
  const char *name;           /* "initial": the name of /trials/<kind> */
  const char *const *y_names; /* metrics; NULL: without names, of jobs alone */
  int n_y;
  int (*run)(void *self, aus_work *w, aus_err *err);
  bool pure; /* may run in a child */
  int (*prepare)(void *self, aus_work *w,
                 aus_err *err); /* before run, in the worker; may be NULL */
} aus_kind;

/* For handlers. */
const aus_task *aus_work_task(const aus_work *w);
const aus_poll *aus_work_poll(const aus_work *w);
/** Set metric i of the kind. */
void aus_work_metric(aus_work *w, int i, double y);
/** Status to report with a failure code (FAIL_TRAIN, INFEASIBLE, ...), or PRUNED with AUS_OK. AUS_ENOMEM,
 * AUS_EIO and AUS_ECANCEL keep their own. */
void aus_work_status(aus_work *w, aus_status status);
/** Append rows to a table of the study; they count only if the task succeeds. Codes of aus_shard_append. */
AUS_CHECKED int aus_work_append(aus_work *w, int table, int64_t n_rows, const void *const *column,
                                aus_err *err);
/** Read one column of rows that were committed and whose shard is closed (aus_engine_roll).
 * @param [out] to  range->n x width values. @return AUS_OK; AUS_EIO; AUS_ENOMEM */
AUS_CHECKED int aus_work_read(aus_work *w, const aus_range *range, int column, void *to,
                              aus_err *err);
/** Bytes of a blob named in the task's needs; lent until the handler returns. @return AUS_OK; AUS_EINVAL */
AUS_CHECKED int aus_work_blob(aus_work *w, aus_blob_key key, const void **bytes, size_t *n,
                              aus_err *err);
/** Make a blob (copied; at most 64 MiB): rank 0 keeps it from the commit of this task on, if it succeeds.
 * A key has the same bytes for ever: making it again is fine, with other bytes it ends the run.
 * @return AUS_OK; AUS_EINVAL when it is too large; AUS_ENOMEM */
AUS_CHECKED int aus_work_give_blob(aus_work *w, aus_blob_key key, const void *bytes, size_t n,
                                   aus_err *err);
/** Announce a long call that cannot poll: four times that long nobody worries. */
void aus_work_expect(aus_work *w, double seconds);

/* A worker: receives, executes, replies. */
typedef struct aus_worker aus_worker;
typedef struct aus_worker_conf {
  const aus_kind *kinds;
  int n_kinds;
  void *self; /* the study's data, given to handlers */
  const char *dir;
  uint64_t run;
  uint32_t first_shard, shard_stride; /* numbers of the shards: first, first + stride, ... */
  const aus_table *tables;
  int n_tables;
  double progress_s;         /* time between signs of life of a busy worker; 0: 2 s */
  int rank;                  /* in the name of the crash file */
  const aus_topo *topo;      /* where the rank is, for HELLO; lent; NULL: asks for its cores only */
  bool isolate;              /* attempts at tasks of pure kinds run in children */
  int64_t isolate_memory_mb; /* what a child may take beyond the worker's own; 0: no limit */
  aus_poll_answer (*on_poll)(
      void *); /* rank 0's local worker: lets the manager look at its messages */
  void *on_poll_self;
} aus_worker_conf;

/** @param [in] comm  the worker's side; lent. With a conf.dir the process is watched (engine/guard.h): one
 * worker per process then. @return AUS_OK; AUS_EBUSY (a second one); AUS_EDEP; AUS_ENOMEM. Sends HELLO. Local. */
AUS_CHECKED int aus_worker_create(aus_worker **out, aus_comm *comm, const aus_worker_conf *conf,
                                  aus_err *err);
/** Close the shard and free. @return AUS_OK; AUS_EIO. NULL is allowed. Local. */
int aus_worker_destroy(aus_worker *w, aus_err *err);

/** One turn: take the messages that are there, execute at most one task.
 * @param [out] active   something was done
 * @param [out] stopped  STOP came and BYE was sent
 * @return AUS_OK; AUS_EMPI; AUS_EFORMAT (damaged message); AUS_EIO (shard; returned at STOP, after it was
 *         reported with the task); AUS_ENOMEM. Rank 0 is told by a BYE. Local. */
AUS_CHECKED int aus_worker_step(aus_worker *w, bool *active, bool *stopped, aus_err *err);

/** Say BYE with this reason unless it was said: the worker leaves without being told to.
 * @return AUS_OK; AUS_EMPI; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_worker_leave(aus_worker *w, const aus_err *why);

/** Tables of a shard: the study's, and behind them the engine's own, where large blobs are kept.
 * @param [out] out  n + 1 tables (aus_free). @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_engine_tables(aus_table **out, const aus_table *tables, int n, aus_err *err);

/** Names of the kinds, joined by commas: what ranks compare. Local. */
void aus_worker_kinds(const aus_worker_conf *conf, char *out, size_t size);

/** Turns until STOP (a worker rank's whole life). Same codes. Local. */
AUS_CHECKED int aus_worker_loop(aus_worker *w, aus_err *err);

#endif
