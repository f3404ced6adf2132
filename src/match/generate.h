/* match/generate.h - build results and clusters of any size, the same for everybody.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every draw is a hash of (seed, stream, two numbers), so that anyone can make the same data with a few lines.
 * Outcomes follow a logistic rule of the versions, with an interaction that naive Bayes cannot see.
 */
#ifndef AUS_MATCH_GENERATE_H
#define AUS_MATCH_GENERATE_H

#include "match/data.h"
#include "util/buf.h"

/** 64 bits of stream k, numbers i and j: h = mix(mix(mix(seed + G (k+1)) + G (i+1)) + G (j+1)), mix and G being
 * those of SplitMix64. Local. */
uint64_t aus_match_hash(uint64_t seed, uint64_t k, uint64_t i, uint64_t j);
/** The same as a number in [0, 1): the upper 53 bits. Local. */
double aus_match_uniform(uint64_t seed, uint64_t k, uint64_t i, uint64_t j);

typedef struct aus_match_size {
  uint64_t seed;
  int64_t packages, features, jobs, clusters; /* at least 1; jobs at least 5 per package */
} aus_match_size;

/** Features with their values, then clusters (every value floor or ceil of clusters / values times).
 *
 * @return AUS_OK; AUS_EINVAL; AUS_ENOMEM. Local.
 */
AUS_CHECKED int aus_match_generate_clusters(aus_match_space *space, aus_match_clusters *out,
                                            const aus_match_size *size, aus_err *err);

/** Clusters over what given builds have: the features are the columns of the training tables, by name; the values of
 * each, by bytes, are the categories of those columns (the studied system's choice), with `all` also those of every
 * other build that has such a node, so that there may be a cluster for any build. Dealt as above (size->seed and
 * size->clusters count).
 *
 * @return AUS_OK; AUS_EINVAL; AUS_ENOMEM. Local.
 */
AUS_CHECKED int aus_match_draw_clusters(aus_match_space *space, aus_match_clusters *out,
                                        const aus_match_specs *specs,
                                        const aus_match_tables *tables, bool all,
                                        const aus_match_size *size, aus_err *err);

/** Build results over the features of the space.
 * @return AUS_OK; AUS_EINVAL; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_generate_specs(aus_match_specs *out, const aus_match_size *size,
                                         const aus_match_space *space, aus_err *err);

/* As the files that aus_match_specs_read() and aus_match_clusters_read() take. */
void aus_match_specs_write(const aus_match_specs *specs, aus_buf *out);
void aus_match_clusters_write(const aus_match_clusters *clusters, const aus_match_space *space,
                              aus_buf *out);

#endif
