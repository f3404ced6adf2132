/* match/counts.c - how many clusters meet all of a job's requirements.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/counts.h"

#include <string.h>

#include "util/alloc.h"

enum { WORDS = 8 }; /* of a block: one line of the cache */

typedef struct work {
  const uint64_t **set; /* of a job, the rarest first */
  int64_t *count;       /* members of each */
  uint64_t *left;       /* kept blocks, one after the other */
  int64_t *block;       /* their numbers */
} work;

/* The job's sets by size. @return how many, -1: one is empty */
static int gather(const aus_match_index *x, const aus_match_jobs *jobs, int64_t j, work *w)
{
  int n = 0, k;
  int64_t i;

  for (i = jobs->first[j]; i < jobs->first[j + 1]; i++) {
    int64_t number = x->first[jobs->feature[i]] + jobs->value[i];

    if (jobs->value[i] == AUS_MATCH_NOWHERE || x->count[number] == 0) return -1;
    for (k = n++; k > 0 && w->count[k - 1] > x->count[number]; k--) {
      w->count[k] = w->count[k - 1];
      w->set[k] = w->set[k - 1];
    }
    w->count[k] = x->count[number];
    w->set[k] = x->set + number * x->n_words;
  }
  return n;
}

/* One block of two sets. @return does anything remain */
static inline bool meet(uint64_t *out, const uint64_t *a, const uint64_t *b)
{
  uint64_t any = 0;
  int i;

  for (i = 0; i < WORDS; i++) {
    out[i] = a[i] & b[i];
    any |= out[i];
  }
  return any != 0;
}

static int64_t count_job(const aus_match_index *x, const aus_match_jobs *jobs, int64_t j, work *w)
{
  int n = gather(x, jobs, j, w), k;
  int64_t n_left = 0, b, i;

  if (n < 0) return 0;
  if (n == 0) return x->n_clusters;
  if (n == 1) return w->count[0];
  for (b = 0; b < x->n_words / WORDS; b++) {
    w->block[n_left] = b * WORDS;
    n_left += meet(w->left + n_left * WORDS, w->set[0] + b * WORDS, w->set[1] + b * WORDS);
  }
  for (k = 2; k < n && n_left > 0; k++) {
    int64_t kept = 0;

    for (i = 0; i < n_left; i++) {
      w->block[kept] = w->block[i];
      kept += meet(w->left + kept * WORDS, w->left + i * WORDS, w->set[k] + w->block[i]);
    }
    n_left = kept;
  }
  return aus_match_set_count(w->left, n_left * WORDS);
}

int aus_match_counts(const aus_match_index *index, const aus_match_jobs *jobs, int64_t first,
                     int64_t last, int64_t *n_matches, aus_err *err)
{
  int rc = AUS_OK;
  work w = {0};
  int64_t j;

  AUS_NEW(w.set, index->n_features, err);
  AUS_NEW(w.count, index->n_features, err);
  AUS_NEW(w.left, index->n_words + WORDS, err);
  AUS_NEW(w.block, index->n_words / WORDS + 1, err);
  for (j = first; j < last; j++)
    n_matches[j - first] = count_job(index, jobs, j, &w);
done:
  aus_free((void *)w.set);
  aus_free(w.count);
  aus_free(w.left);
  aus_free(w.block);
  return rc;
}
