/* match/match_cmd_session.h - a file of steps: clusters come, change and go, jobs are submitted and taken.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * {"session": [STEP...]}, a step being one of
 *   {"register": "a", "graph": JGF}  {"describe": "a", "subsystem": "x", "graph": JGF}  {"state": {"a": {...}}}
 *   {"delete": "a"}  {"delete": "a", "subsystem": "x"}  {"submit": JOB or "file"}
 *   {"receive": "a", "max": 2}  {"accept": "a", "jobs": [1, 2]}
 * Every step writes one object. Jobs have numbers from 1 in the order of their submission.
 */
#ifndef AUS_MATCH_MATCH_CMD_SESSION_H
#define AUS_MATCH_MATCH_CMD_SESSION_H

#include "match/fleet.h"
#include "match/queue.h"
#include "study/files.h"

typedef struct aus_match_session {
  aus_match_fleet *fleet;
  aus_files *files;
  aus_json_out *json; /* in a list */
  /* place a job and write the members that tell of it; *cluster = -1: unmatched */
  int (*place)(void *self, const aus_match_job *job, int64_t *cluster, aus_err *err);
  void *self;
  aus_match_queue queue; /* empty at first */
  int64_t n_jobs;        /* submitted */
} aus_match_session;

void aus_match_session_fini(aus_match_session *s);

/** Perform steps in order, up to the first that fails.
 * @param [in] path  of the file; jobs in files of their own lie relative to it
 * @return AUS_OK; AUS_EFORMAT "path: step N: ..."; AUS_EIO; AUS_ENOMEM; codes of place(). Local. */
AUS_CHECKED int aus_match_session_run(aus_match_session *s, const char *path, aus_json_value *steps,
                                      aus_err *err);

#endif
