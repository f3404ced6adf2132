/* match_pool.h - held-out predictions of the stored packages, pooled.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_TESTS_UNIT_MATCH_POOL_H
#define AUS_TESTS_UNIT_MATCH_POOL_H

#include "learn/betabin.h"
#include "learn/metrics.h"
#include "match/model.h"
#include "unit/match_stand.h"

enum { POOL_CLASS = 10 }; /* rows of either class that a package needs */

typedef struct pool {
  int64_t n, n_packages;
  double *p;
  uint8_t *y;
} pool;

/** The prior of package `me` from all others. */
static inline void pool_prior(const aus_match_tables *t, int64_t me, aus_match_model_conf *conf)
{
  aus_err err = {0};
  int64_t n[64] = {0}, yes[64] = {0}, i;

  assert_true(t->n <= 64);
  for (i = 0; i < t->n; i++) {
    n[i] = i == me ? 0 : t->table[i].n_rows;
    yes[i] = i == me ? 0 : t->table[i].n_success;
  }
  check_ok(aus_betabin_fit(t->n, n, yes, &conf->yes, &conf->no, &err), &err);
}

/** Predictions in ten folds for every package with enough rows, or the one named. */
static inline pool pool_make(const aus_match_tables *t, const char *only, aus_match_model_conf conf,
                             uint64_t seed)
{
  aus_err err = {0};
  pool all = {.p = calloc(20000, sizeof *all.p), .y = calloc(20000, 1)};
  int64_t i;

  for (i = 0; i < t->n; i++) {
    const aus_match_table *one = t->table + i;
    aus_match_rows rows;

    if (one->n_success < POOL_CLASS || one->n_rows - one->n_success < POOL_CLASS) continue;
    if (only && strcmp(only, one->package) != 0) continue;
    assert_true(all.n + one->n_rows <= 20000);
    check_ok(aus_match_rows_make(&rows, one, &err), &err);
    pool_prior(t, i, &conf);
    conf.seed = seed;
    conf.key = (uint64_t)(1000 + i);
    check_ok(aus_match_model_folds(&conf, &rows, 10, seed, (uint64_t)i, all.p + all.n, &err), &err);
    memcpy(all.y + all.n, rows.y, (size_t)rows.n);
    all.n += rows.n;
    all.n_packages++;
    aus_match_rows_fini(&rows);
  }
  return all;
}

static inline aus_metrics pool_metrics(pool *all)
{
  aus_err err = {0};
  aus_metrics m;

  check_ok(aus_metrics_make(&m, all->n, all->p, all->y, &err), &err);
  free(all->p);
  free(all->y);
  return m;
}

#endif
