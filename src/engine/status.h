/* status.h - status.json: where a run stands, for people and job scripts.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The file lies in the run directory, is replaced by rename every 5 s and at each change of state, and
 * goes with the directory when the run has succeeded. Rank 0 writes it. The figures are plain data
 * (aus_status_facts) and become text by a pure function; a board keeps them while a run goes on:
 * study/run.c opens it and says how the run ended, the engine feeds it. A file that cannot be written
 * is a warning, never the end of a run: nothing but people and scripts depends on it.
 */
#ifndef AUS_ENGINE_STATUS_H
#define AUS_ENGINE_STATUS_H

#include "engine/sched.h"
#include "engine/work.h"
#include "util/log.h"

typedef enum aus_run_state {
  AUS_RUN_STARTING,
  AUS_RUN_RUNNING,
  AUS_RUN_DRAINING, /* no new trials, running ones may finish */
  AUS_RUN_PUBLISHING,
  AUS_RUN_STOPPED, /* ended early, resumable */
  AUS_RUN_FAILED,
  AUS_RUN_FINISHED
} aus_run_state;
/** "starting", "running", ... */
extern const char *const aus_run_state_names[AUS_RUN_FINISHED + 1];

enum { AUS_STATUS_N = AUS_S_INFEASIBLE + 1 };

/* Trials of one kind. */
typedef struct aus_status_kind {
  const char *name;
  int64_t n;      /* committed */
  uint64_t trial; /* with the smallest y[0] */
  double y;       /* NaN: none succeeded */
} aus_status_kind;

/* What the file tells. A real that is not known is NaN and becomes null. */
typedef struct aus_status_facts {
  aus_run_state state;
  int code;          /* exit code: of the run that ended; of one under way, should it die now */
  const char *error; /* why it failed; NULL */
  const char *study, *stage; /* stage may be NULL */
  int n_ranks;
  int64_t pid;
  uint64_t process_start; /* util/proc.h */
  char host[64], started[24], updated[24];
  aus_sched_stats tasks;           /* trials and jobs */
  int64_t by_status[AUS_STATUS_N]; /* committed trials */
  int n_kinds;
  const aus_status_kind *kind;
  double rate_s; /* the window of the next three: at most 60 s; manager_load at most 10 s */
  double trials_per_s, tasks_per_s, events_per_s,
      eta_s; /* events: of kinds with a metric of that name */
  double manager_load, worker_utilisation, proposal_median_s;
  double wall_left_s;    /* until the limit of the job; NaN: none */
  int64_t journal_bytes; /* -1: no journal */
  int64_t n_resumes;
  int n_warnings;
  const char *warning[AUS_LOG_KEPT];
} aus_status_facts;

/** The facts as JSON, keys always in the same order. Local. Pure. */
void aus_status_json(const aus_status_facts *facts, aus_buf *out);

typedef struct aus_status_board aus_status_board;

/** Begin: state starting, and the first file.
 *
 * @param [in] run_dir  exists
 * @param [in] study    shown; lent
 * @param [in] kinds    of the study's tasks; lent
 * @return AUS_OK, also when the file could not be written; AUS_ENOMEM
 *
 * Local; rank 0 only.
 */
AUS_CHECKED int aus_status_open(aus_status_board **out, const char *run_dir, const char *study,
                                const aus_kind *kinds, int n_kinds, int n_ranks, aus_err *err);
/** NULL is allowed, here and below. */
void aus_status_close(aus_status_board *b);

/** What the owner of a figure sets: stage, wall_left_s, journal_bytes, n_resumes. Lent. Local. */
aus_status_facts *aus_status_facts_of(aus_status_board *b);

/** Change the state; the file is written at once if it changed. Local. */
void aus_status_enter(aus_status_board *b, aus_run_state state);

/** Write the file now, for whoever asks. Local. */
void aus_status_write(aus_status_board *b);

/** How the run ended: finished, stopped (AUS_ECANCEL) or failed, with its exit code; written to disk
 * before this returns, because job scripts ask for it. Local. */
void aus_status_end(aus_status_board *b, int rc, const aus_err *why);

/* Rank 0's engine. */
/** A task was committed. Local. */
void aus_status_commit(aus_status_board *b, const aus_task *task, const aus_result *result);
/** The manager had nothing to do for that long. Local. */
void aus_status_idle(aus_status_board *b, double s);
/** Is it time to take a sample or to write? Local. */
bool aus_status_due(const aus_status_board *b, double now_s);
/** Take a sample, write when it is time. utilisation: of the workers so far. Local. */
void aus_status_tick(aus_status_board *b, const aus_sched_stats *tasks, double utilisation,
                     double now_s);

#endif
