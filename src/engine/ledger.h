/* ledger.h - what rank 0 notes for /provenance: a line per committed trial, and a time line.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_ENGINE_LEDGER_H
#define AUS_ENGINE_LEDGER_H

#include "engine/sched.h"

typedef struct aus_ledger {
  /* One entry per committed trial, in order of commitment. */
  uint64_t *trial;
  uint16_t *attempts;
  double *cost_s, *start_s;
  int32_t *worker;
  int64_t *rss_bytes;
  int64_t n, cap[6];
  /* Samples of the run, at most a few thousand: a full time line keeps every second one. */
  double *time_s, *load;
  int64_t *busy, *queue, *committed;
  int64_t n_samples;
  double opened_s, interval_s, last_s, idle_s; /* idle: of the manager, since the last sample */
} aus_ledger;

/** @param [in] now_s  beginning of the time line. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_ledger_init(aus_ledger *l, double now_s, aus_err *err);
void aus_ledger_fini(aus_ledger *l);

/** Note a committed trial. start_s: since the engine opened; NaN: not known. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_ledger_commit(aus_ledger *l, const aus_result *result, int worker,
                                  double start_s, aus_err *err);

/** The manager had nothing to do for that long. Local. */
void aus_ledger_idle(aus_ledger *l, double s);
/** Is it time for a sample? Local. */
bool aus_ledger_due(const aus_ledger *l, double now_s);
void aus_ledger_sample(aus_ledger *l, const aus_sched_stats *x, double now_s);

#endif
