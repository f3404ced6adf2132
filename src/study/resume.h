/* resume.h - an unfinished run: may it be resumed, and with what it goes on.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The SHA-256 of what decides a run (change.h) stands in the journal's header, the whole configuration in
 * a note of it, so that a refusal can name the keys that differ.
 */
#ifndef AUS_STUDY_RESUME_H
#define AUS_STUDY_RESUME_H

#include "engine/recall.h"
#include "store/journal.h"
#include "store/rundir.h"
#include "study/load.h"
#include "util/poll.h"

typedef struct aus_resume {
  aus_journal *journal;
  aus_recall *recall; /* NULL: a new run */
  uint32_t first_shard;
  int64_t n_resumes;
} aus_resume;

/** For long work outside the engine: while it lasts the run directory gets signs of life. STOP when the run is
 * to be left at once, or has lost its directory. `dir` may be NULL. Local. */
aus_poll aus_resume_vigil(aus_rundir *dir);

/** After AUS_ECANCEL by such a hook: was it because the directory is lost? @return rc; AUS_EBUSY. Local. */
int aus_resume_lost(const aus_rundir *dir, int rc, aus_err *err);

/** Open the journal of a run directory, or start one.
 *
 * @param [in] dir       held, gets signs of life
 * @param [in] problems  gets the differences of a refusal
 * @return AUS_OK; AUS_ERESUME: another configuration or other inputs; AUS_EIO: a damaged journal; AUS_EMPI:
 *         the same task was under way at five resumes in a row; AUS_ECANCEL: a signal came; AUS_EBUSY:
 *         another run has taken the directory; AUS_ENOMEM
 *
 * Local; rank 0 only. Checks all committed rows; what is damaged will be done again.
 */
AUS_CHECKED int aus_resume_open(aus_resume *r, const aus_load *load, const char *run_dir,
                                aus_rundir *dir, double sync_interval_s, aus_buf *problems,
                                aus_err *err);

/** Read the journal of a run directory and nothing else: writes nothing, not even where rows are damaged.
 * @return AUS_OK; AUS_EFORMAT when there is no journal; the others of aus_resume_open(). Local. */
AUS_CHECKED int aus_resume_look(aus_resume *r, const aus_load *load, const char *run_dir,
                                aus_buf *problems, aus_err *err);

/** Sync and close. NULL parts are fine. @return AUS_OK; AUS_EIO. Local. */
int aus_resume_close(aus_resume *r, aus_err *err);

#endif
