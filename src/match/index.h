/* match/index.h - which clusters have a value, as sets of bits.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For every feature one set per value (equality) and, of ordered features, one per place in the order (all
 * values up to it), so that any requirement is one or two sets. A set is a row of 64-bit words, padded with
 * zeros to 512 bits and aligned so.
 */
#ifndef AUS_MATCH_INDEX_H
#define AUS_MATCH_INDEX_H

#include "match/data.h"

typedef struct aus_match_index {
  int64_t n_clusters, n_words; /* words of a set, a multiple of 8 */
  int n_features;
  int64_t *first; /* n_features + 1: number of a feature's first set */
  uint64_t *set;  /* [first[feature] + value] x n_words */
  uint64_t *all;  /* every cluster */
  int64_t *count; /* clusters in each set */
  void *block;
} aus_match_index;

/** @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_index_make(aus_match_index *out, const aus_match_space *space,
                                     const aus_match_clusters *clusters, aus_err *err);
void aus_match_index_fini(aus_match_index *index);

/** The clusters with that value. Local. */
static inline const uint64_t *aus_match_index_set(const aus_match_index *x, int feature,
                                                  int32_t value)
{
  return x->set + (x->first[feature] + value) * x->n_words;
}

/* The places of one feature's values in version order. */
typedef struct aus_match_ranges {
  int n_values;    /* different places, "absent" left out */
  char **text;     /* a version of each place, ascending; lent */
  uint64_t *up_to; /* n_values x n_words: clusters with that version or an older one */
} aus_match_ranges;

/** @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_ranges_make(aus_match_ranges *out, const aus_match_index *index,
                                      const aus_match_space *space, int feature, aus_err *err);
void aus_match_ranges_fini(aus_match_ranges *r);

/** Clusters whose version lies between two texts, either of which may be NULL (open).
 *
 * @param [in] inclusive  the ends belong to it
 * @param [out] set       n_words
 * Local. O(log values) comparisons; a range the wrong way round holds nothing.
 */
void aus_match_ranges_between(const aus_match_ranges *r, const aus_match_index *index,
                              const char *low, const char *high, bool inclusive, uint64_t *set);

/** Members of a set of n_words. Local. */
int64_t aus_match_set_count(const uint64_t *set, int64_t n_words);

/** set &= other. @return members left. Local. */
int64_t aus_match_set_and(uint64_t *set, const uint64_t *other, int64_t n_words);

/** The r-th member (from 0), -1: there are fewer. Local. */
int64_t aus_match_set_at(const uint64_t *set, int64_t n_words, int64_t r);

#endif
