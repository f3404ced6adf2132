/* match/counts.h - how many clusters meet all of a job's requirements, for very many jobs and clusters.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_MATCH_COUNTS_H
#define AUS_MATCH_COUNTS_H

#include "match/index.h"
#include "match/jobs.h"

/** Matches of the jobs first..last-1. The rarest values come first, and what they leave empty is not looked at
 * again, so that the cost hardly depends on the number of requirements.
 *
 * @param [out] n_matches  last - first
 * @return AUS_OK; AUS_ENOMEM. Local.
 */
AUS_CHECKED int aus_match_counts(const aus_match_index *index, const aus_match_jobs *jobs,
                                 int64_t first, int64_t last, int64_t *n_matches, aus_err *err);

#endif
