/* bo_region.c - inputs of the surrogate, used points, and the trust region as a function of the commits.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The region has no state of its own that would have to be kept: it is folded from the commits in the
 * order of their indices, so it is the same for whoever makes the proposal.
 */
#include <config.h>

#include "design/bo_impl.h"

#include <math.h>
#include <string.h>

#include "util/alloc.h"

static const double SIDE_FIRST = 0.8, SIDE_MAX = 1.6, SIDE_MIN = 0x1p-7;
enum { SUCCESSES = 3, FAILURES_MIN = 2, GLOBAL_MAX_D = 10, GLOBAL_MAX_BUDGET = 200 };
enum { MAX_COLUMNS = 10000 };

static int category_levels(const aus_param *p)
{
  double n = p->kind == AUS_P_CATEGORY ? p->upper - p->lower + 1.0 : 0.0;

  return n > 1.0 ? (int)fmin(n, MAX_COLUMNS + 1.0) : 0;
}

/* A unit coordinate per parameter that is not fixed, one less for a group of shares. */
static bool has_unit(const aus_space *s, int i)
{
  const aus_param *p = aus_space_param(s, i);

  if (p->kind != AUS_P_SHARE) return p->kind != AUS_P_FIXED;
  return i + 1 < aus_space_n_value(s) && aus_space_param(s, i + 1)->group == p->group;
}

int aus_bo_map_init(aus_bo_map *map, const aus_space *space, aus_err *err)
{
  int rc = AUS_OK, i, u = 0;

  *map = (aus_bo_map){.n_unit = aus_space_n_unit(space)};
  AUS_NEW(map->at, map->n_unit, err);
  AUS_NEW(map->levels, map->n_unit, err);
  for (i = 0; i < aus_space_n_value(space); i++) {
    if (!has_unit(space, i)) continue;
    map->at[u] = map->n_x;
    map->levels[u] = category_levels(aus_space_param(space, i));
    map->n_x += map->levels[u] > 0 ? map->levels[u] : 1;
    if (map->n_x > MAX_COLUMNS)
      AUS_FAIL(err, AUS_ECONFIG, "the categories have more than %d values together", MAX_COLUMNS);
    u++;
  }
  AUS_ASSERT(u == map->n_unit);
done:
  if (rc != AUS_OK) aus_bo_map_fini(map);
  return rc;
}

void aus_bo_map_fini(aus_bo_map *map)
{
  aus_free(map->at);
  aus_free(map->levels);
  *map = (aus_bo_map){0};
}

void aus_bo_map_x(const aus_bo_map *map, const double *unit, double *x)
{
  int u, k, level;

  for (u = 0; u < map->n_unit; u++) {
    if (map->levels[u] == 0) {
      x[map->at[u]] = unit[u];
      continue;
    }
    level = (int)fmin(floor(unit[u] * map->levels[u]), map->levels[u] - 1.0);
    for (k = 0; k < map->levels[u]; k++)
      x[map->at[u] + k] = k == level ? sqrt(0.5) : 0.0;
  }
}

void aus_bo_map_unit(const aus_bo_map *map, const double *x, double *unit)
{
  int u, k, best;

  for (u = 0; u < map->n_unit; u++) {
    if (map->levels[u] == 0) {
      unit[u] = x[map->at[u]];
      continue;
    }
    for (best = 0, k = 1; k < map->levels[u]; k++)
      if (x[map->at[u] + k] > x[map->at[u] + best]) best = k;
    unit[u] = (best + 0.5) / map->levels[u];
  }
}

int64_t aus_bo_find_row(const double *rows, int64_t n, int m, const double *value)
{
  int64_t i;

  for (i = 0; i < n; i++)
    if (memcmp(rows + i * m, value, (size_t)m * sizeof *value) == 0) return i;
  return -1;
}

bool aus_bo_used(const aus_bo_ask *ask, const double *value)
{
  return aus_bo_find_row(ask->value, ask->n_base + ask->index, ask->n_value, value) >= 0;
}

static bool is_turbo(const aus_bo_conf *conf, int d)
{
  if (conf->region != AUS_REGION_AUTO) return conf->region == AUS_REGION_TURBO;
  return d > GLOBAL_MAX_D || conf->budget >= GLOBAL_MAX_BUDGET;
}

/* The fold: one region's counters. */
typedef struct fold {
  double best, block_best;
  int64_t in_block;
  int successes, failures;
} fold;

static const fold FOLD_BEGIN = {.best = INFINITY, .block_best = INFINITY};

/* A whole block of b commits is known: count it, change the side. */
static void end_block(aus_bo_trust *t, fold *f, int max_failures)
{
  bool better = f->block_best < f->best;

  f->successes = better ? f->successes + 1 : 0;
  f->failures = better ? 0 : f->failures + 1;
  f->best = fmin(f->best, f->block_best);
  f->block_best = INFINITY;
  f->in_block = 0;
  if (f->successes == SUCCESSES) {
    t->side = fmin(2.0 * t->side, SIDE_MAX);
    f->successes = 0;
  } else if (f->failures == max_failures) {
    t->side /= 2.0;
    f->failures = 0;
  }
}

/* A restart that shows in commit i is seen first by proposal i + lag: trials up to there belong to the
 * old region. */
aus_bo_trust aus_bo_trust_of(const aus_bo_ask *ask)
{
  aus_bo_trust t = {.turbo = is_turbo(&ask->conf, ask->map.n_unit), .side = NAN};
  const double *y = ask->y + ask->n_base;
  double b = ask->conf.lag;
  int max_failures = (int)fmax(ceil(fmax(4.0, ask->map.n_unit) / b), FAILURES_MIN);
  fold f = FOLD_BEGIN;
  int64_t i;

  if (!t.turbo) return t;
  t.side = SIDE_FIRST;
  if (ask->n_base > 0) f.best = fmin(f.best, ask->y[0]); /* fmin passes over a NaN */
  for (i = 0; i < ask->n_seen; i++) {
    if (i < t.start) continue;
    if (i < t.start + ask->n_init) {
      f.best = fmin(f.best, y[i]);
      continue;
    }
    f.block_best = fmin(f.block_best, y[i]);
    if (++f.in_block == ask->conf.lag) end_block(&t, &f, max_failures);
    if (t.side >= SIDE_MIN) continue;
    t.side = SIDE_FIRST;
    t.start = i + ask->conf.lag;
    f = FOLD_BEGIN;
  }
  return t;
}

/* Length-scales relative to their geometric mean, without the categories. */
static double mean_log_length(const aus_bo_map *map, const double *theta)
{
  double sum = 0.0;
  int u, n = 0;

  for (u = 0; u < map->n_unit; u++)
    if (map->levels[u] == 0) {
      sum += theta[map->at[u]];
      n++;
    }
  return n > 0 ? sum / n : 0.0;
}

void aus_bo_trust_box(const aus_bo_trust *trust, const aus_bo_map *map, const double *theta,
                      const double *centre, double *lower, double *upper)
{
  double mean = mean_log_length(map, theta), half;
  int u;

  for (u = 0; u < map->n_unit; u++) {
    lower[u] = 0.0;
    upper[u] = 1.0;
    if (!trust->turbo || map->levels[u] > 0) continue;
    half = 0.5 * trust->side * (isnan(mean) ? 1.0 : exp(theta[map->at[u]] - mean));
    lower[u] = fmax(centre[u] - half, 0.0);
    upper[u] = fmin(centre[u] + half, 1.0);
  }
}
