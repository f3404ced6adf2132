/* curve.c - costs of thresholds from a survey of all questions.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/curve.h"

#include "util/alloc.h"

#include <math.h>

void aus_gpuqueue_survey_fini(aus_gpuqueue_survey *s)
{
  aus_free(s->offset);
  aus_free(s->t_s);
  aus_free(s->expected_h);
  aus_free(s->reward_s);
  *s = (aus_gpuqueue_survey){0};
}

int64_t aus_gpuqueue_survey_decides(const aus_gpuqueue_survey *s, int64_t i, double threshold_h)
{
  int64_t k = s->offset[i], last = s->offset[i + 1] - 1;

  while (k < last && !(s->expected_h[k] >= threshold_h))
    k++;
  return k;
}

/* Sums over windows from .. to - 1. */
typedef struct sums {
  int64_t interruption_s, overlap_s, n_zero;
} sums;

static sums sum_up(const aus_gpuqueue_survey *s, int64_t from, int64_t to, double threshold_h)
{
  sums c = {0};
  int64_t i, r_s;

  for (i = from; i < to; i++) {
    r_s = s->reward_s[aus_gpuqueue_survey_decides(s, i, threshold_h)];
    c.interruption_s += r_s > 0 ? r_s : 0;
    c.overlap_s += r_s < 0 ? -r_s : 0;
    c.n_zero += r_s <= 0;
  }
  return c;
}

aus_gpuqueue_cost aus_gpuqueue_survey_cost(const aus_gpuqueue_survey *s, double threshold_h)
{
  enum { PARTS = 3 };
  aus_gpuqueue_cost c = {.threshold_h = threshold_h};
  double n = s->n > 0 ? (double)s->n : (double)NAN;
  int64_t from, to;
  sums all = {0}, part;
  int i;

  for (i = 0; i < PARTS; i++) {
    from = s->n * i / PARTS;
    to = s->n * (i + 1) / PARTS;
    part = sum_up(s, from, to, threshold_h);
    all.interruption_s += part.interruption_s;
    all.overlap_s += part.overlap_s;
    all.n_zero += part.n_zero;
    if (to > from)
      c.worst_overlap_h =
          fmax(c.worst_overlap_h, (double)part.overlap_s / (double)(to - from) / 3600.0);
  }
  c.interruption_h = (double)all.interruption_s / n / 3600.0;
  c.overlap_h = (double)all.overlap_s / n / 3600.0;
  c.zero_frac = (double)all.n_zero / n;
  return c;
}

bool aus_gpuqueue_cost_better(const aus_gpuqueue_cost *a, const aus_gpuqueue_cost *b,
                              double max_overlap_h)
{
  bool a_keeps = a->worst_overlap_h <= max_overlap_h, b_keeps = b->worst_overlap_h <= max_overlap_h;

  if (a_keeps != b_keeps) return a_keeps;
  if (!a_keeps) return a->worst_overlap_h < b->worst_overlap_h;
  if (a->interruption_h != b->interruption_h) return a->interruption_h < b->interruption_h;
  return a->threshold_h > b->threshold_h;
}

aus_gpuqueue_cost aus_gpuqueue_survey_choose(const aus_gpuqueue_survey *s, int n,
                                             const double *threshold_h, double max_overlap_h)
{
  aus_gpuqueue_cost best = aus_gpuqueue_survey_cost(s, threshold_h[0]), c;
  int i;

  for (i = 1; i < n; i++) {
    c = aus_gpuqueue_survey_cost(s, threshold_h[i]);
    if (aus_gpuqueue_cost_better(&c, &best, max_overlap_h)) best = c;
  }
  return best;
}
