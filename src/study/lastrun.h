/* lastrun.h - what trials cost in an earlier run, from its result.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_STUDY_LASTRUN_H
#define AUS_STUDY_LASTRUN_H

#include "study/outline.h"

typedef struct aus_lastrun {
  double *
      cost_s; /* n_parts: median over the trials of that kind, of all for a kind that had none; NaN: jobs */
  double rss_bytes; /* largest of any worker */
  int64_t n_trials;
} aus_lastrun;

/** Read the costs of a published file.
 * @param [in] study  what its attribute `study` must be
 * @return AUS_OK; AUS_EFORMAT when it has none, or codes of aus_read_open(); AUS_EIO; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_lastrun_read(aus_lastrun *r, const char *path, const char *study,
                                 const aus_outline *o, aus_err *err);
void aus_lastrun_fini(aus_lastrun *r);

#endif
