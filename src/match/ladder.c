/* match/ladder.c - matching level by level.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/ladder.h"

#include <math.h>
#include <string.h>

#include "util/alloc.h"

enum { BITS = 64, LINE = 64 };

int aus_match_work_make(aus_match_work *out, const aus_match_ladder *ladder, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_work w = {.p = NULL};
  uint64_t *words;

  *out = (aus_match_work){0};
  AUS_NEW(words, ladder->index->n_words + LINE / 8, err);
  w.block = words;
  w.set = words + (LINE - (uintptr_t)words % LINE) % LINE / sizeof *words;
  AUS_NEW(w.need, ladder->index->n_features, err);
  AUS_NEW(w.step, ladder->index->n_features + 1, err);
  *out = w;
  w = (aus_match_work){0};
done:
  aus_match_work_fini(&w);
  return rc;
}

void aus_match_work_fini(aus_match_work *w)
{
  aus_free(w->block);
  aus_free(w->need);
  aus_free(w->step);
  *w = (aus_match_work){0};
}

/* P over a set, cluster by cluster. */
static void score(aus_match_step *s, const uint64_t *set, int64_t n_words, const double *p)
{
  int64_t i;
  double sum = 0.0, best = -1.0;
  int64_t best_at = -1;

  for (i = 0; i < n_words; i++) {
    uint64_t word = set[i];
    const double *at = p + i * BITS;

    while (word) {
      int bit = __builtin_ctzll(word);
      double x = at[bit];

      word &= word - 1;
      sum += x;
      if (x > best) {
        best = x;
        best_at = i * BITS + bit;
      }
    }
  }
  s->sum = sum;
  s->best = s->n > 0 ? best : 0.0;
  s->best_at = best_at;
}

/* Requirements that count, by level; there are few, and they are nearly in order. */
static int sort_needs(const aus_match_ladder *l, int64_t j, int32_t *need)
{
  const aus_match_jobs *jobs = l->jobs;
  int n = 0, k;
  int64_t i;

  for (i = jobs->first[j]; i < jobs->first[j + 1]; i++) {
    int level = l->level_of[jobs->feature[i]];

    if (level == 0) continue;
    for (k = n++; k > 0 && l->level_of[jobs->feature[need[k - 1]]] > level; k--)
      need[k] = need[k - 1];
    need[k] = (int32_t)i;
  }
  return n;
}

/* Nothing is described: the same for all jobs that ask the same question. */
static void start(const aus_match_ladder *l, int64_t j, aus_match_work *w)
{
  const aus_match_index *x = l->index;
  const double *p = l->p->p + l->p->row[j] * l->p->n_clusters;

  if (w->p != p) {
    w->p = p;
    w->none = (aus_match_step){.level = 0, .n = x->n_clusters};
    score(&w->none, x->all, x->n_words, p);
  }
  memcpy(w->set, x->all, (size_t)x->n_words * sizeof *w->set);
  w->step[0] = w->none;
}

int aus_match_job_steps(const aus_match_ladder *l, int64_t j, aus_match_work *w, aus_match_see *see,
                        void *self)
{
  const aus_match_index *x = l->index;
  const aus_match_jobs *jobs = l->jobs;
  int n_needs = sort_needs(l, j, w->need), n = 1, k = 0;
  int64_t left = x->n_clusters;

  start(l, j, w);
  if (see) see(self, &w->step[0], w->set);
  while (k < n_needs && left > 0) {
    aus_match_step *s = &w->step[n];
    int64_t before = left;

    s->level = l->level_of[jobs->feature[w->need[k]]];
    for (; k < n_needs && l->level_of[jobs->feature[w->need[k]]] == s->level; k++) {
      int32_t i = w->need[k];

      if (jobs->value[i] == AUS_MATCH_NOWHERE) {
        memset(w->set, 0, (size_t)x->n_words * sizeof *w->set);
        left = 0;
      } else {
        left = aus_match_set_and(w->set, aus_match_index_set(x, jobs->feature[i], jobs->value[i]),
                                 x->n_words);
      }
    }
    if (left == before) continue;
    s->n = left;
    score(s, w->set, x->n_words, w->p);
    if (see) see(self, s, w->set);
    n++;
  }
  return n;
}

int aus_match_levels_make(aus_match_levels *out, int n_levels, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_levels l = {.n = n_levels + 1};

  *out = (aus_match_levels){0};
  AUS_NEW(l.matched, l.n, err);
  AUS_NEW(l.total, l.n, err);
  AUS_NEW(l.sum, l.n, err);
  AUS_NEW(l.best, l.n, err);
  AUS_NEW(l.bins, l.n * AUS_MATCH_BINS, err);
  *out = l;
  l = (aus_match_levels){0};
done:
  aus_match_levels_fini(&l);
  return rc;
}

void aus_match_levels_fini(aus_match_levels *l)
{
  aus_free(l->matched);
  aus_free(l->total);
  aus_free(l->sum);
  aus_free(l->best);
  aus_free(l->bins);
  *l = (aus_match_levels){0};
}

void aus_match_levels_add(aus_match_levels *to, const aus_match_levels *block)
{
  int i;

  for (i = 0; i < to->n; i++) {
    to->matched[i] += block->matched[i];
    to->total[i] += block->total[i];
    to->sum[i] += block->sum[i];
    to->best[i] += block->best[i];
  }
  for (i = 0; i < to->n * AUS_MATCH_BINS; i++)
    to->bins[i] += block->bins[i];
}

/* A step holds on the levels from..to-1. */
static void add_step(const aus_match_step *s, int to, aus_match_levels *out)
{
  double mean;
  int bin, i;

  if (s->n == 0) return;
  mean = s->sum / (double)s->n;
  bin = (int)(mean * AUS_MATCH_BINS);
  if (bin >= AUS_MATCH_BINS) bin = AUS_MATCH_BINS - 1;
  for (i = s->level; i < to; i++) {
    out->matched[i]++;
    out->total[i] += s->n;
    out->sum[i] += mean;
    out->best[i] += s->best;
    out->bins[i * AUS_MATCH_BINS + bin]++;
  }
}

void aus_match_ladder_block(const aus_match_ladder *ladder, int64_t first, int64_t last,
                            aus_match_work *w, aus_match_levels *out, int32_t *unmatched_at)
{
  int64_t j;
  int k;

  for (j = first; j < last; j++) {
    int n = aus_match_job_steps(ladder, j, w, NULL, NULL);

    for (k = 0; k < n; k++)
      add_step(&w->step[k], k + 1 < n ? w->step[k + 1].level : ladder->n_levels + 1, out);
    if (unmatched_at) unmatched_at[j - first] = w->step[n - 1].n == 0 ? w->step[n - 1].level : -1;
  }
}

static void levels_clear(aus_match_levels *l)
{
  size_t n = (size_t)l->n;

  memset(l->matched, 0, n * sizeof *l->matched);
  memset(l->total, 0, n * sizeof *l->total);
  memset(l->sum, 0, n * sizeof *l->sum);
  memset(l->best, 0, n * sizeof *l->best);
  memset(l->bins, 0, n * AUS_MATCH_BINS * sizeof *l->bins);
}

int aus_match_ladder_run(const aus_match_ladder *ladder, aus_match_levels *out,
                         int32_t *unmatched_at, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_levels all = {0}, block = {0};
  aus_match_work w = {0};
  int64_t n = ladder->jobs->n, j;

  *out = (aus_match_levels){0};
  AUS_TRY(aus_match_levels_make(&all, ladder->n_levels, err));
  AUS_TRY(aus_match_levels_make(&block, ladder->n_levels, err));
  AUS_TRY(aus_match_work_make(&w, ladder, err));
  for (j = 0; j < n; j += AUS_MATCH_BLOCK) {
    levels_clear(&block);
    aus_match_ladder_block(ladder, j, j + AUS_MATCH_BLOCK < n ? j + AUS_MATCH_BLOCK : n, &w, &block,
                           unmatched_at ? unmatched_at + j : NULL);
    aus_match_levels_add(&all, &block);
  }
  *out = all;
  all = (aus_match_levels){0};
done:
  aus_match_work_fini(&w);
  aus_match_levels_fini(&all);
  aus_match_levels_fini(&block);
  return rc;
}

/* Every subsystem of job j alone; its requirements are sorted by subsystem here. */
static void job_singles(const aus_match_ladder *l, int64_t j, aus_match_work *w,
                        aus_match_single *out)
{
  const aus_match_index *x = l->index;
  const aus_match_jobs *jobs = l->jobs;
  const double *p = l->p->p + l->p->row[j] * l->p->n_clusters;
  int n = sort_needs(l, j, w->need), k = 0;

  while (k < n) {
    aus_match_step s = {.level = l->level_of[jobs->feature[w->need[k]]], .n = x->n_clusters};
    aus_match_single *o = &out[s.level - 1];

    memcpy(w->set, x->all, (size_t)x->n_words * sizeof *w->set);
    for (; k < n && l->level_of[jobs->feature[w->need[k]]] == s.level; k++) {
      int32_t i = w->need[k];

      s.n = jobs->value[i] == AUS_MATCH_NOWHERE
                ? 0
                : aus_match_set_and(
                      w->set, aus_match_index_set(x, jobs->feature[i], jobs->value[i]), x->n_words);
      if (s.n == 0) memset(w->set, 0, (size_t)x->n_words * sizeof *w->set);
    }
    score(&s, w->set, x->n_words, p);
    o->jobs++;
    o->unmatched += s.n == 0;
    o->total += s.n;
    if (s.n > 0) o->sum += s.sum / (double)s.n;
  }
}

int aus_match_singles(const aus_match_ladder *ladder, const int *of, int n_subsystems,
                      aus_match_single *out, aus_err *err)
{
  int rc = AUS_OK, f;
  aus_match_ladder alone = *ladder;
  aus_match_work w = {0};
  int *level_of = NULL;
  int64_t j;

  AUS_NEW(level_of, ladder->index->n_features, err);
  for (f = 0; f < ladder->index->n_features; f++)
    level_of[f] = of[f] + 1;
  alone.level_of = level_of;
  alone.n_levels = n_subsystems;
  AUS_TRY(aus_match_work_make(&w, &alone, err));
  memset(out, 0, (size_t)n_subsystems * sizeof *out);
  for (j = 0; j < ladder->jobs->n; j++)
    job_singles(&alone, j, &w, out);
done:
  aus_match_work_fini(&w);
  aus_free(level_of);
  return rc;
}

int aus_match_job_losses(const aus_match_ladder *l, int64_t j, aus_match_work *w,
                         aus_match_loss *out)
{
  const aus_match_index *x = l->index;
  int n = sort_needs(l, j, w->need), k;

  memcpy(w->set, x->all, (size_t)x->n_words * sizeof *w->set);
  for (k = 0; k < n; k++) {
    int32_t feature = l->jobs->feature[w->need[k]], value = l->jobs->value[w->need[k]];

    out[k] = (aus_match_loss){.feature = feature};
    if (value == AUS_MATCH_NOWHERE) {
      memset(w->set, 0, (size_t)x->n_words * sizeof *w->set);
      continue;
    }
    out[k].alone = x->count[x->first[feature] + value];
    out[k].left = aus_match_set_and(w->set, aus_match_index_set(x, feature, value), x->n_words);
  }
  return n;
}

/* Has a requirement of job j before the i-th the same level? */
static bool told_before(const aus_match_ladder *l, int64_t j, int64_t i)
{
  int level = l->level_of[l->jobs->feature[i]];

  while (--i >= l->jobs->first[j])
    if (l->level_of[l->jobs->feature[i]] == level) return true;
  return false;
}

double aus_match_share_at(const aus_match_ladder *l, int64_t j, int32_t unmatched_at)
{
  int64_t i, own = 0, told = 0;

  for (i = l->jobs->first[j]; i < l->jobs->first[j + 1]; i++) {
    if (told_before(l, j, i)) continue;
    own++;
    told += l->level_of[l->jobs->feature[i]] <= unmatched_at;
  }
  return unmatched_at < 0 || own == 0 ? (double)NAN : (double)told / (double)own;
}
