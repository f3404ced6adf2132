/* crash.h - what a dying worker leaves behind: one line that names the task it was working on.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * RUNDIR/crash-<rank>-<pid>.txt, appended to by the process itself (engine/guard.h) in its last moments:
 *
 *   trial CAMPAIGN INDEX ATTEMPT CAUSE
 *
 * or `job` instead of `trial`; attempts count from 0; the cause is "deadline" or the name of a signal. At the
 * next start the lines are read back: attempt number a has used up a + 1 attempts of its task. So a line that
 * is read twice charges nothing twice, and files may be removed any time after the charges were written down.
 */
#ifndef AUS_ENGINE_CRASH_H
#define AUS_ENGINE_CRASH_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AUS_CRASH_LINE = 96 }; /* room for a line and a zero byte */

/* Attempts that a task has used up. */
typedef struct aus_crash {
  uint64_t id;
  bool job;
  int n_attempts;
  char cause[16];
} aus_crash;

typedef struct aus_crashes {
  aus_crash *task; /* sorted by (id, job), each task once, with the largest number */
  int64_t n, cap;
  int64_t n_files, n_bad; /* files read; lines in them that say nothing */
} aus_crashes;

void aus_crashes_init(aus_crashes *c);
void aus_crashes_fini(aus_crashes *c);

/** The line with its end; a cause of more than 15 characters is cut. @return its length. Local; may be called in
 * a signal handler. */
size_t aus_crash_line(char out[AUS_CRASH_LINE], uint64_t id, bool job, int attempt,
                      const char *cause);

/** "SIGSEGV", ..., "signal" for one without a name here. Local; may be called in a signal handler. */
const char *aus_crash_signal_name(int number);

/** Path of the file of one process. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_crash_path(char **out, const char *dir, int rank, int pid, aus_err *err);

/** Add the lines of one file's text. What is no line of ours, or was cut, is counted in n_bad.
 * @return AUS_OK; AUS_ENOMEM. Local. Never reads beyond n, whatever the bytes are. */
AUS_CHECKED int aus_crash_parse(aus_crashes *c, const char *text, size_t n, aus_err *err);

/** Add all crash files of a run directory; removes nothing. No directory is no file.
 * @return AUS_OK; AUS_EIO; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_crash_read(aus_crashes *c, const char *dir, aus_err *err);

/** Remove all crash files of a run directory. @return AUS_OK; AUS_EIO; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_crash_remove(const char *dir, aus_err *err);

#endif
