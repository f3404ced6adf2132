/* match/assign.h - one cluster for every job at every level of a ladder.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_MATCH_ASSIGN_H
#define AUS_MATCH_ASSIGN_H

#include "match/ladder.h"
#include "match/select.h"

typedef enum aus_match_select {
  AUS_MATCH_SELECT_EXPECTED, /* no choice: the mean over the matches */
  AUS_MATCH_SELECT_RANDOM,
  AUS_MATCH_SELECT_BEST_P, /* ties to the lowest cluster */
  AUS_MATCH_SELECT_FIRST,
  AUS_MATCH_SELECT_LAST,
  AUS_MATCH_SELECT_CHEAPEST, /* ties to the lowest cluster */
  AUS_MATCH_SELECT_CONSTRAINT /* rules (select.h); they may leave a job that matches without a cluster */
} aus_match_select;

/* How a job comes to one of its matches. */
typedef struct aus_match_chooser {
  aus_match_select select;
  uint64_t seed;
  int iterations; /* of random: draws, >= 1 */
  const double
      *price; /* of cheapest: tables x clusters; NaN: not known, the cluster is not considered */
  const aus_match_policy *policy; /* of constraint */
  const aus_match_state *state;   /* of the clusters, for constraint */
  const aus_match_p *judge; /* who else is asked for P, with the rows of ladder->p; NULL: nobody */
} aus_match_chooser;

/* Sums per level over jobs, in the order of jobs and then of blocks. */
typedef struct aus_match_chosen {
  int n;           /* levels, with level 0 */
  int64_t *placed; /* jobs that have a cluster */
  int64_t
      *dropped; /* of constraint: matches that rules put out for want of a value, over the jobs */
  double
      *sum; /* P of the chosen cluster: random: mean over the draws; expected: over the matches */
  double *judged; /* the same of the judge's P; zeros without a judge */
} aus_match_chosen;

AUS_CHECKED int aus_match_chosen_make(aus_match_chosen *out, int n_levels, aus_err *err);
void aus_match_chosen_fini(aus_match_chosen *c);
/** Add what a block of jobs found. Local. */
void aus_match_chosen_add(aus_match_chosen *to, const aus_match_chosen *block);

/** Choices of the jobs first..last-1 (of one block) at all levels, into zeroed sums. Random draws: stream
 * AUS_RNG_SELECTION of (seed, job), number level + 1000 x iteration
 * (with 1,000 levels or more: their number). Rules decide where the matches of a
 * job change, and not again until they change once more; what they draw at level l is number l.
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_choose_block(const aus_match_ladder *ladder, const aus_match_chooser *how,
                                       int64_t first, int64_t last, aus_match_work *w,
                                       aus_match_chosen *out, aus_err *err);

enum { AUS_MATCH_QUANTILES = 7 };
extern const double aus_match_quantile_at[AUS_MATCH_QUANTILES]; /* 0 .05 .25 .5 .75 .95 1 */

/* One level: where the jobs are, and where they go. */
typedef struct aus_match_view {
  double *
      n; /* per cluster: jobs that go there (expected: 1/matches of each; random: share of the draws) */
  double *score; /* per cluster: sum of their P, weighted so */
  int32_t *
      cluster; /* per job: the cluster (random: of the first draw); -1: none, or no choice (expected) */
  double *p; /* per job: its P (expected, random: the mean); NaN: no cluster */
  double quantile
      [AUS_MATCH_QUANTILES]; /* of p over the jobs that have a cluster, interpolated linearly between
                                neighbours (util/stats.h); NaN: there are none */
} aus_match_view;

AUS_CHECKED int aus_match_view_make(aus_match_view *out, const aus_match_ladder *ladder,
                                    aus_err *err);
void aus_match_view_fini(aus_match_view *v);

/** Look at one level, whatever the view held before. Sums run over the jobs in their order.
 * @return AUS_OK; AUS_ENOMEM. Local. O(jobs x matches). */
AUS_CHECKED int aus_match_view_level(const aus_match_ladder *ladder, const aus_match_chooser *how,
                                     int level, aus_match_work *w, aus_match_view *out,
                                     aus_err *err);

#endif
