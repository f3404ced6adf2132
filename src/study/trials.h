/* trials.h - what rank 0 keeps of committed trials, and how it is published.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One aus_trials per task kind becomes /trials/<kind>; rows are published by trial id whatever the
 * order of commitment. aus_ranges collects where the rows of all trials lie.
 */
#ifndef AUS_STUDY_TRIALS_H
#define AUS_STUDY_TRIALS_H

#include "design/bo.h"
#include "engine/task.h"
#include "engine/work.h"
#include "store/pub.h"

typedef struct aus_trial_row {
  uint64_t id;
  int64_t scenario;
  uint8_t origin, status, feasible;
  double *x, *y; /* n_x, n_y */
} aus_trial_row;

typedef struct aus_trials {
  const aus_kind *kind;
  int n_x;
  aus_trial_row *row;
  int64_t n, cap;
} aus_trials;

void aus_trials_init(aus_trials *t, const aus_kind *kind, int n_x);
void aus_trials_fini(aus_trials *t);
/** Keep a committed trial; a failed one has NaN metrics. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_trials_add(aus_trials *t, const aus_task *task, const aus_result *result,
                               aus_bo_origin origin, aus_err *err);
/** Publish /trials/<kind>, by id. @param [in] unit  per metric. @return codes of aus_pub_column. Local. */
AUS_CHECKED int aus_trials_publish(const aus_trials *t, aus_pub *pub, const char *const *x_names,
                                   const char *const *unit, aus_err *err);

typedef struct aus_ranges {
  aus_range *range;
  int64_t n, cap;
} aus_ranges;

void aus_ranges_fini(aus_ranges *r);
AUS_CHECKED int aus_ranges_add(aus_ranges *r, const aus_result *result, aus_err *err);
/** Append all of another. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_ranges_join(aus_ranges *r, const aus_ranges *more, aus_err *err);
/** Sort by (trial, table), keeping the order inside one pair. Local. */
void aus_ranges_sort(aus_ranges *r);
/** The ranges of one table as bytes for a worker, and back. @return AUS_OK; AUS_EFORMAT; AUS_ENOMEM. Local. */
void aus_ranges_encode(const aus_ranges *r, int table, aus_buf *out);
AUS_CHECKED int aus_ranges_decode(aus_ranges *r, const void *bytes, size_t n, aus_err *err);

/* One line of /campaigns. */
typedef struct aus_campaign {
  uint32_t id;
  const char *kind;
  int64_t base_trial; /* -1: none */
  int64_t budget, lag, n_committed;
  int stop_reason;    /* aus_bo_stop */
  int64_t best_trial; /* -1: none */
  double best_y;
} aus_campaign;

/** The line of a sampling campaign of `budget` trials, of which t has those that are committed. Local. */
aus_campaign aus_campaign_of(uint32_t id, int64_t budget, const aus_trials *t);
AUS_CHECKED int aus_campaigns_publish(const aus_campaign *c, int64_t n, aus_pub *pub, aus_err *err);

#endif
