/* progress.h - the progress line of rank 0 on stderr.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * On a terminal one line is redrawn in place; elsewhere (a job's log, a pipe) a plain line is written
 * every 30 s. Either way one plain line stands at the end of a stage.
 */
#ifndef AUS_ENGINE_PROGRESS_H
#define AUS_ENGINE_PROGRESS_H

#include "engine/sched.h"

typedef struct aus_progress {
  int level; /* 0: quiet; 1: progress line; 2: also a line per commit */
  const char *title;
  bool terminal;
  double begun_s, shown_s;
  int64_t begun_at; /* tasks that were committed when it began */
} aus_progress;

/** Begin a stage. Local. */
void aus_progress_start(aus_progress *p, int level, const char *title, int64_t n_committed,
                        double now_s);

/** Show how far the stage is if it is time to (always when it is the last). Local. */
void aus_progress_show(aus_progress *p, const aus_sched_stats *stats, double now_s, bool last);

/** A line per commit (level 2). Local. */
void aus_progress_commit(aus_progress *p, const aus_task *task, const aus_result *result,
                         int worker);

/** The line itself, at most `width` columns: bar (with room for it), done/total, failed, running, rate,
 * time left. Local. */
void aus_progress_text(const aus_progress *p, const aus_sched_stats *stats, double now_s, int width,
                       aus_buf *out);

#endif
