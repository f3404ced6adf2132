/* match/index.c - which clusters have a value, as sets of bits.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/index.h"

#include <string.h>

#include "match/version.h"
#include "util/alloc.h"

enum { BITS = 64, LINE = 64, WORDS = LINE / 8 };

/* Members of a word; plain shifts and masks, since the base x86-64 has no instruction for it. */
static inline int64_t members(uint64_t x)
{
  x -= x >> 1 & 0x5555555555555555U;
  x = (x & 0x3333333333333333U) + (x >> 2 & 0x3333333333333333U);
  x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fU;
  return (int64_t)(x * 0x0101010101010101U >> 56);
}

int64_t aus_match_set_count(const uint64_t *set, int64_t n_words)
{
  int64_t i, n = 0;

  for (i = 0; i < n_words; i++)
    if (set[i]) n += members(set[i]);
  return n;
}

int64_t aus_match_set_and(uint64_t *set, const uint64_t *other, int64_t n_words)
{
  int64_t i, n = 0;

  for (i = 0; i < n_words; i++) {
    set[i] &= other[i];
    if (set[i]) n += members(set[i]);
  }
  return n;
}

int64_t aus_match_set_at(const uint64_t *set, int64_t n_words, int64_t r)
{
  int64_t i;

  for (i = 0; i < n_words; i++) {
    uint64_t word = set[i];
    int64_t n = members(word);

    if (r >= n) {
      r -= n;
      continue;
    }
    while (r-- > 0)
      word &= word - 1;
    return i * BITS + __builtin_ctzll(word);
  }
  return -1;
}

int aus_match_index_make(aus_match_index *out, const aus_match_space *space,
                         const aus_match_clusters *clusters, aus_err *err)
{
  int rc = AUS_OK, f;
  aus_match_index x = {.n_clusters = clusters->n, .n_features = space->n};
  int64_t c, n_sets;
  uint64_t *words = NULL;

  *out = (aus_match_index){0};
  x.n_words = (clusters->n + BITS * WORDS - 1) / (BITS * WORDS) * WORDS;
  AUS_NEW(x.first, space->n + 1, err);
  for (f = 0; f < space->n; f++)
    x.first[f + 1] = x.first[f] + space->feature[f].values.n;
  n_sets = x.first[space->n];
  AUS_NEW(x.count, n_sets, err);
  AUS_NEW(words, (n_sets + 1) * x.n_words + WORDS, err);
  x.block = words;
  x.all = words + (LINE - (uintptr_t)words % LINE) % LINE / sizeof *words;
  x.set = x.all + x.n_words;
  for (c = 0; c < clusters->n; c++) {
    const int32_t *value = clusters->value + c * space->n;
    uint64_t bit = (uint64_t)1 << c % BITS;

    x.all[c / BITS] |= bit;
    for (f = 0; f < space->n; f++) {
      x.set[(x.first[f] + value[f]) * x.n_words + c / BITS] |= bit;
      x.count[x.first[f] + value[f]]++;
    }
  }
  *out = x;
  x = (aus_match_index){0};
done:
  aus_match_index_fini(&x);
  return rc;
}

void aus_match_index_fini(aus_match_index *index)
{
  aus_free(index->first);
  aus_free(index->count);
  aus_free(index->block);
  *index = (aus_match_index){0};
}

int aus_match_ranges_make(aus_match_ranges *out, const aus_match_index *index,
                          const aus_match_space *space, int feature, aus_err *err)
{
  int rc = AUS_OK;
  const aus_match_names *values = &space->feature[feature].values;
  aus_match_ranges r = {0};
  int32_t *rank = NULL, has_absent = 0;
  int64_t v, i, w = index->n_words;

  *out = (aus_match_ranges){0};
  AUS_NEW(rank, values->n, err);
  AUS_NEW(r.text, values->n, err);
  AUS_NEW(r.up_to, values->n * w, err);
  AUS_TRY(aus_match_version_ranks(values->text, values->n, rank, err));
  for (v = 0; v < values->n; v++)
    if (aus_match_absent(values->text[v])) has_absent = 1;
  for (v = 0; v < values->n; v++) {
    const uint64_t *set = aus_match_index_set(index, feature, (int32_t)v);
    int32_t place = rank[v] - has_absent;

    if (place < 0) continue;
    r.text[place] = values->text[v];
    if (place + 1 > r.n_values) r.n_values = place + 1;
    for (i = 0; i < w; i++)
      r.up_to[place * w + i] |= set[i];
  }
  for (i = w; i < r.n_values * w; i++)
    r.up_to[i] |= r.up_to[i - w];
  *out = r;
  r = (aus_match_ranges){0};
done:
  aus_free(rank);
  aus_match_ranges_fini(&r);
  return rc;
}

void aus_match_ranges_fini(aus_match_ranges *r)
{
  aus_free(r->text);
  aus_free(r->up_to);
  *r = (aus_match_ranges){0};
}

/* Places whose version is older than the text, or (with equal) not newer. */
static int n_below(const aus_match_ranges *r, const char *text, bool equal)
{
  int low = 0, high = r->n_values;

  while (low < high) {
    int mid = low + (high - low) / 2, order = aus_match_version_compare(r->text[mid], text);

    if (order < 0 || (equal && order == 0))
      low = mid + 1;
    else
      high = mid;
  }
  return low;
}

void aus_match_ranges_between(const aus_match_ranges *r, const aus_match_index *index,
                              const char *low, const char *high, bool inclusive, uint64_t *set)
{
  int from = low ? n_below(r, low, !inclusive) : 0;
  int to = high ? n_below(r, high, inclusive) : r->n_values;
  int64_t i, w = index->n_words;

  memset(set, 0, (size_t)w * sizeof *set);
  if (to <= from) return;
  memcpy(set, r->up_to + (to - 1) * w, (size_t)w * sizeof *set);
  if (from == 0) return;
  for (i = 0; i < w; i++)
    set[i] &= ~r->up_to[(from - 1) * w + i];
}
