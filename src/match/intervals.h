/* match/intervals.h - the experiment with version ranges.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A job asks for a range of versions of each of its dependencies. Clusters match when the ranges told so far
 * hold, ends included; the score of a match is the share of all the job's ranges that hold ("marginal"), and
 * whether all of them do ("success"). Random choice is its exact expectation. Source: converged-computing/
 * rainbow-experiments, simulation-reliabuild (its newest commit).
 */
#ifndef AUS_MATCH_INTERVALS_H
#define AUS_MATCH_INTERVALS_H

#include "match/index.h"

typedef struct aus_match_interval {
  int32_t feature;  /* -1: clusters are not described by it */
  char *low, *high; /* NULL: open */
} aus_match_interval;

/* Jobs with at least one range; of equal lists of ranges the first job. */
typedef struct aus_match_interval_jobs {
  int64_t n;
  char **digest, **package;
  int64_t *first; /* n + 1 */
  aus_match_interval *need;
} aus_match_interval_jobs;

/** @param [in] sheet  columns digest, package, ranges ("dep@min:max dep@min:max", an end may be empty)
 * @return AUS_OK; AUS_EFORMAT (a range the wrong way round, too); AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_intervals_read(aus_match_interval_jobs *out, const aus_match_space *space,
                                         const aus_sheet *sheet, aus_err *err);
void aus_match_intervals_fini(aus_match_interval_jobs *jobs);

/* Of one job, for both kinds of bounds. */
typedef struct aus_match_interval_count {
  int64_t pairs[2];    /* (range, cluster) with the version inside; [1]: ends included */
  int64_t clusters[2]; /* with all of them inside */
} aus_match_interval_count;

/* One way of telling ranges. */
typedef struct aus_match_interval_row {
  int64_t asked, unmatched; /* how often jobs were submitted */
  double success, marginal; /* means over what was matched */
  double matches;           /* mean over what was submitted */
  double
      unmatched_at; /* expanding: mean number of told ranges at which nothing is left; else NaN */
} aus_match_interval_row;

enum { AUS_MATCH_INTERVAL_ROWS = 3 };
extern const char *const aus_match_interval_names[AUS_MATCH_INTERVAL_ROWS];

/** @param [in] inclusive  ends belong to a range where it is scored (they always do where it is matched)
 * @param [out] count      per job
 * @param [out] row        AUS_MATCH_INTERVAL_ROWS: nothing told, each range alone, one more until nothing is left
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_intervals_run(const aus_match_interval_jobs *jobs,
                                        const aus_match_space *space, const aus_match_index *index,
                                        bool inclusive, aus_match_interval_count *count,
                                        aus_match_interval_row *row, aus_err *err);

#endif
