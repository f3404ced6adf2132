/* match/assign.c - one cluster for every job at every level.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/assign.h"

#include <math.h>
#include <string.h>

#include "match/assign_impl.h"
#include "util/alloc.h"
#include "util/rng.h"

enum { BITS = 64 };

void aus_match_picker_close(aus_match_picker *d)
{
  aus_match_state_fini(&d->word);
  aus_free(d->list);
  aus_free(d->set);
}

int aus_match_picker_open(aus_match_picker *d, const aus_match_ladder *l,
                          const aus_match_chooser *how, aus_err *err)
{
  int rc = AUS_OK;

  *d = (aus_match_picker){.l = l, .how = how};
  AUS_TRY(aus_match_state_make(&d->word, 1, err));
  AUS_NEW(d->list, l->index->n_clusters, err);
  AUS_NEW(d->set, l->index->n_words, err);
done:
  return rc;
}

void aus_match_picker_turn(aus_match_picker *d, int64_t job)
{
  int64_t n = d->l->p->n_clusters, row = d->l->p->row[job] * n;

  d->job = job;
  d->p = d->l->p->p + row;
  d->judge = d->how->judge ? d->how->judge->p + row : NULL;
  d->price = d->how->price ? d->how->price + d->l->jobs->table[job] * n : NULL;
  if (d->how->select == AUS_MATCH_SELECT_RANDOM || d->how->select == AUS_MATCH_SELECT_CONSTRAINT)
    d->rng = aus_rng_open(d->how->seed, 0, (uint64_t)job, AUS_RNG_SELECTION);
}

void aus_match_picker_list(aus_match_picker *d, const uint64_t *set)
{
  int64_t i, n = 0;

  for (i = 0; i < d->l->index->n_words; i++) {
    uint64_t word;

    for (word = set[i]; word; word &= word - 1)
      d->list[n++] = i * BITS + __builtin_ctzll(word);
  }
}

static double mean_of_list(const aus_match_picker *d, const double *x, int64_t n)
{
  double sum = 0.0;
  int64_t i;

  for (i = 0; i < n; i++)
    sum += x[d->list[i]];
  return sum / (double)n;
}

static int64_t cheapest_of_list(const aus_match_picker *d, int64_t n)
{
  double low = (double)NAN; /* which no price reaches */
  int64_t i, best = -1;

  for (i = 0; i < n; i++) {
    double x = d->price[d->list[i]];

    if (x >= low || isnan(x)) continue;
    low = x;
    best = d->list[i];
  }
  return best;
}

/* A draw of the rules has the level's own place in the job's stream. */
static int by_rules(aus_match_picker *d, int64_t n, int level, aus_match_pick *pick, aus_err *err)
{
  int rc = AUS_OK;
  aus_rng rng = d->rng;
  aus_match_choice choice;

  rng.next = (uint64_t)level;
  AUS_TRY(aus_match_policy_select(d->how->policy, d->list, n, d->how->state, &d->word, d->p, &rng,
                                  &choice, err));
  pick->cluster = choice.cluster;
  pick->n_dropped = choice.n_dropped;
done:
  return rc;
}

int aus_match_pick_step(aus_match_picker *d, const aus_match_step *s, const uint64_t *set,
                        aus_err *err)
{
  const aus_match_select select = d->how->select;
  const int64_t n_words = d->l->index->n_words;
  int rc = AUS_OK;
  aus_match_pick *pick = &d->pick;

  *pick = (aus_match_pick){.level = s->level, .n = s->n, .cluster = -1};
  if (s->n == 0) goto done;
  if (select == AUS_MATCH_SELECT_CHEAPEST || select == AUS_MATCH_SELECT_CONSTRAINT ||
      (select == AUS_MATCH_SELECT_EXPECTED && d->judge))
    aus_match_picker_list(d, set);
  switch (select) {
  case AUS_MATCH_SELECT_EXPECTED:
    pick->p = s->sum / (double)s->n;
    pick->judged = d->judge ? mean_of_list(d, d->judge, s->n) : 0.0;
    break;
  case AUS_MATCH_SELECT_RANDOM:
    memcpy(d->set, set, (size_t)n_words * sizeof *set);
    break;
  case AUS_MATCH_SELECT_BEST_P:
    pick->cluster = s->best_at;
    break;
  case AUS_MATCH_SELECT_FIRST:
    pick->cluster = aus_match_set_at(set, n_words, 0);
    break;
  case AUS_MATCH_SELECT_LAST:
    pick->cluster = aus_match_set_at(set, n_words, s->n - 1);
    break;
  case AUS_MATCH_SELECT_CHEAPEST:
    pick->cluster = cheapest_of_list(d, s->n);
    break;
  case AUS_MATCH_SELECT_CONSTRAINT:
    AUS_TRY(by_rules(d, s->n, s->level, pick, err));
    break;
  }
  pick->placed = pick->cluster >= 0 || select == AUS_MATCH_SELECT_EXPECTED ||
                 select == AUS_MATCH_SELECT_RANDOM;
  if (pick->cluster >= 0) {
    pick->p = d->p[pick->cluster];
    pick->judged = d->judge ? d->judge[pick->cluster] : 0.0;
  }
done:
  return rc;
}

/* Numbers of draws from one iteration to the next: that of the specification, as long as levels do not run into it. */
static int stride(const aus_match_ladder *l)
{
  return l->n_levels < 1000 ? 1000 : l->n_levels + 1;
}

/* A draw is 64 random bits, scaled down to a member's number. */
void aus_match_pick_random(aus_match_picker *d, int level, aus_match_view *v)
{
  const int times = d->how->iterations;
  aus_match_pick *pick = &d->pick;
  double p = 0.0, judged = 0.0;
  int k;

  for (k = 0; k < times; k++) {
    uint64_t at = (uint64_t)level + (uint64_t)stride(d->l) * (uint64_t)k;
    __extension__ typedef unsigned __int128 wide;
    int64_t r = (int64_t)((wide)aus_rng_at(&d->rng, at) * (uint64_t)pick->n >> 64);
    int64_t c = aus_match_set_at(d->set, d->l->index->n_words, r);

    if (k == 0) pick->cluster = c;
    if (v) aus_match_view_put(v, c, 1.0 / times, d->p[c]);
    p += d->p[c];
    judged += d->judge ? d->judge[c] : 0.0;
  }
  pick->p = p / times;
  pick->judged = judged / times;
}

/* ---- sums of all levels ---- */

int aus_match_chosen_make(aus_match_chosen *out, int n_levels, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_chosen c = {.n = n_levels + 1};

  *out = (aus_match_chosen){0};
  AUS_NEW(c.placed, c.n, err);
  AUS_NEW(c.dropped, c.n, err);
  AUS_NEW(c.sum, c.n, err);
  AUS_NEW(c.judged, c.n, err);
  *out = c;
  c = (aus_match_chosen){0};
done:
  aus_match_chosen_fini(&c);
  return rc;
}

void aus_match_chosen_fini(aus_match_chosen *c)
{
  aus_free(c->placed);
  aus_free(c->dropped);
  aus_free(c->sum);
  aus_free(c->judged);
  *c = (aus_match_chosen){0};
}

void aus_match_chosen_add(aus_match_chosen *to, const aus_match_chosen *block)
{
  int i;

  for (i = 0; i < to->n; i++) {
    to->placed[i] += block->placed[i];
    to->dropped[i] += block->dropped[i];
    to->sum[i] += block->sum[i];
    to->judged[i] += block->judged[i];
  }
}

/* Jobs of a block, one after the other. */
typedef struct walk {
  aus_match_picker picker;
  aus_match_chosen *out;
  int rc; /* of the steps of a job */
  aus_err *err;
} walk;

/* What was picked holds on the levels up to (not with) `to`. */
static void settle(walk *w, int to)
{
  const aus_match_pick *pick = &w->picker.pick;
  int level;

  for (level = pick->level; level < to; level++) {
    w->out->dropped[level] += pick->n_dropped;
    if (!pick->placed) continue;
    if (w->picker.how->select == AUS_MATCH_SELECT_RANDOM)
      aus_match_pick_random(&w->picker, level, NULL);
    w->out->placed[level]++;
    w->out->sum[level] += pick->p;
    w->out->judged[level] += pick->judged;
  }
}

static void see(void *self, const aus_match_step *step, const uint64_t *set)
{
  walk *w = self;

  if (w->rc != AUS_OK) return;
  if (step->level > 0) settle(w, step->level);
  w->rc = aus_match_pick_step(&w->picker, step, set, w->err);
}

int aus_match_choose_block(const aus_match_ladder *ladder, const aus_match_chooser *how,
                           int64_t first, int64_t last, aus_match_work *w, aus_match_chosen *out,
                           aus_err *err)
{
  int rc = AUS_OK;
  walk here = {.out = out, .rc = AUS_OK, .err = err};
  int64_t j;

  AUS_TRY(aus_match_picker_open(&here.picker, ladder, how, err));
  for (j = first; j < last; j++) {
    aus_match_picker_turn(&here.picker, j);
    (void)aus_match_job_steps(ladder, j, w, see, &here);
    AUS_TRY(here.rc);
    settle(&here, out->n);
  }
done:
  aus_match_picker_close(&here.picker);
  return rc;
}
