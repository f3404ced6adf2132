/* gpuqueue/gpuqueue_study_result.c - the validation of a gpuqueue study in figures, on rank 0.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/gpuqueue_study_result.h"

#include <math.h>
#include <stdlib.h>

#include "util/alloc.h"

typedef struct aus_gpuqueue_study study;

enum { N_DRAWS = 2000, FILTER_S = -36000 };

/* Rewards of the windows that were validated, by window and link. */
typedef struct rewards {
  int64_t n;    /* windows x links */
  int64_t **of; /* per model */
  bool **backfilled;
  bool **failed; /* per model: no decision, so no reward (D12) */
  bool *use;
} rewards;

static void rewards_fini(rewards *r, int n_models)
{
  int m;

  for (m = 0; m < n_models; m++) {
    if (r->of) aus_free(r->of[m]);
    if (r->backfilled) aus_free(r->backfilled[m]);
    if (r->failed) aus_free(r->failed[m]);
  }
  aus_free(r->of);
  aus_free(r->backfilled);
  aus_free(r->failed);
  aus_free(r->use);
}

static int by_id(const void *a, const void *b)
{
  const aus_trial_row *const *x = a, *const *y = b;

  return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

static int collect(const study *s, rewards *r, aus_err *err)
{
  int rc = AUS_OK, m, l, links = s->geometry.chain_length - 1;
  const aus_trials *t = &s->trials[AUS_GPUQUEUE_K_VALIDATE];
  const aus_trial_row **row = NULL;
  int64_t i, n = 0;

  AUS_NEW(row, t->n, err);
  for (i = 0; i < t->n; i++)
    if (t->row[i].status == AUS_S_OK) row[n++] = &t->row[i];
  if (n > 0) qsort(row, (size_t)n, sizeof(const aus_trial_row *), by_id);
  r->n = n * links;
  AUS_NEW(r->of, s->n_models, err);
  AUS_NEW(r->backfilled, s->n_models, err);
  AUS_NEW(r->failed, s->n_models, err);
  AUS_NEW(r->use, r->n, err);
  for (m = 0; m < s->n_models; m++) {
    AUS_NEW(r->of[m], r->n, err);
    AUS_NEW(r->backfilled[m], r->n, err);
    AUS_NEW(r->failed[m], r->n, err);
    for (i = 0; i < n; i++)
      for (l = 0; l < links; l++) {
        r->of[m][i * links + l] = (int64_t)row[i]->y[m * links + l];
        r->backfilled[m][i * links + l] = row[i]->y[s->n_rewards + m * links + l] > 0;
        r->failed[m][i * links + l] = row[i]->y[2 * s->n_rewards + m * links + l] > 0;
      }
  }
done:
  aus_free(row);
  return rc;
}

static int find_model(const study *s, aus_gpuqueue_policy_kind kind)
{
  int m;

  for (m = 0; m < s->n_models; m++)
    if (s->model[m] == kind) return m;
  return -1;
}

/* Neighbouring windows share their jobs: one block has all windows that overlap its first. */
static aus_gpuqueue_class_conf class_conf(const study *s)
{
  const aus_gpuqueue_geometry *g = &s->geometry;

  return (aus_gpuqueue_class_conf){.n_nodes = g->chain_nodes,
                                   .n_block = (g->workload_s + g->interval_s - 1) / g->interval_s *
                                              (g->chain_length - 1),
                                   .n_draws = N_DRAWS,
                                   .seed = s->seed};
}

static int add_lines(const study *s, const rewards *r, int m, bool filtered,
                     aus_gpuqueue_line *line, aus_err *err)
{
  int rc = AUS_OK, k, reactive = find_model(s, AUS_GPUQUEUE_REACTIVE),
      average = find_model(s, AUS_GPUQUEUE_AVERAGE);
  aus_gpuqueue_class_conf conf = class_conf(s);
  aus_gpuqueue_class c[AUS_GPUQUEUE_N_LOADS], a[AUS_GPUQUEUE_N_LOADS];
  int64_t i;

  for (i = 0; i < r->n; i++)
    r->use[i] =
        !r->failed[m][i] && (!filtered || !(r->backfilled[m][i] && r->of[m][i] <= FILTER_S));
  AUS_TRY(aus_gpuqueue_classes(&conf, r->n, r->of[m], r->of[reactive], NULL, r->use, c, err));
  for (i = 0; average >= 0 && i < r->n; i++)
    r->use[i] = r->use[i] && !r->failed[average][i];
  if (average >= 0)
    AUS_TRY(aus_gpuqueue_classes(&conf, r->n, r->of[m], r->of[reactive], r->of[average], r->use, a,
                                 err));
  for (k = 0; k < AUS_GPUQUEUE_N_LOADS; k++)
    line[k] = (aus_gpuqueue_line){
        .model = m,
        .filtered = filtered,
        .load = (aus_gpuqueue_load)k,
        .c = c[k],
        .against_average = average >= 0
                               ? a[k].against
                               : (aus_gpuqueue_interval){.lo = (double)NAN, .hi = (double)NAN}};
done:
  return rc;
}

int aus_gpuqueue_lines(const aus_gpuqueue_study *s, aus_gpuqueue_line **line, int64_t *n,
                       aus_err *err)
{
  int rc = AUS_OK, m, f;
  rewards r = {0};

  *n = 0;
  *line = NULL;
  AUS_TRY(collect(s, &r, err));
  if (r.n == 0) goto done;
  AUS_NEW(*line, 2 * s->n_models * AUS_GPUQUEUE_N_LOADS, err);
  for (f = 0; f < 2; f++)
    for (m = 0; m < s->n_models; m++, *n += AUS_GPUQUEUE_N_LOADS)
      AUS_TRY(add_lines(s, &r, m, f == 1, *line + *n, err));
done:
  rewards_fini(&r, s->n_models);
  return rc;
}

/* ---- as columns ---- */

const aus_column aus_gpuqueue_figures[AUS_GPUQUEUE_N_FIGURES] = {
    AUS_COLUMN("interruption_mean_h", AUS_F64, "h", 3600, "mean time without a job of the chain"),
    AUS_COLUMN("interruption_median_h", AUS_F64, "h", 3600, "median of it"),
    AUS_COLUMN("overlap_mean_h", AUS_F64, "h", 3600, "mean time with two"),
    AUS_COLUMN("zero_share", AUS_F64, "1", 1, "share of windows without interruption"),
    AUS_COLUMN("reduction_frac", AUS_F64, "1", 1,
               "1 - mean interruption / that of the reactive policy"),
    AUS_COLUMN("wasted_node_h", AUS_F64, "h", 3600, "mean overlap x nodes"),
    AUS_COLUMN("interruption_lo_h", AUS_F64, "h", 3600, "95 % interval of the mean interruption"),
    AUS_COLUMN("interruption_hi_h", AUS_F64, "h", 3600, "95 % interval of the mean interruption"),
    AUS_COLUMN("overlap_lo_h", AUS_F64, "h", 3600, "95 % interval of the mean overlap"),
    AUS_COLUMN("overlap_hi_h", AUS_F64, "h", 3600, "95 % interval of the mean overlap"),
    AUS_COLUMN("reduction_lo", AUS_F64, "1", 1, "95 % interval of the reduction"),
    AUS_COLUMN("reduction_hi", AUS_F64, "1", 1, "95 % interval of the reduction"),
    AUS_COLUMN("vs_reactive_lo_h", AUS_F64, "h", 3600,
               "95 % interval, mean interruption - that of the reactive policy"),
    AUS_COLUMN("vs_reactive_hi_h", AUS_F64, "h", 3600,
               "95 % interval, mean interruption - that of the reactive policy"),
    AUS_COLUMN("vs_average_lo_h", AUS_F64, "h", 3600,
               "95 % interval, mean interruption - that of the average baseline"),
    AUS_COLUMN("vs_average_hi_h", AUS_F64, "h", 3600,
               "95 % interval, mean interruption - that of the average baseline"),
};

void aus_gpuqueue_line_figures(const aus_gpuqueue_line *l, double *x)
{
  const aus_gpuqueue_class *c = &l->c;
  const double all[AUS_GPUQUEUE_N_FIGURES] = {c->interruption_mean_h, c->interruption_median_h,
                                              c->overlap_mean_h,      c->zero_frac,
                                              c->reduction_frac,      c->wasted_node_h,
                                              c->interruption.lo,     c->interruption.hi,
                                              c->overlap.lo,          c->overlap.hi,
                                              c->reduction.lo,        c->reduction.hi,
                                              c->against.lo,          c->against.hi,
                                              l->against_average.lo,  l->against_average.hi};
  int k;

  for (k = 0; k < AUS_GPUQUEUE_N_FIGURES; k++)
    x[k] = all[k];
}
