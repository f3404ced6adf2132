/* bo_search.c - the unused point with the largest acquisition: raw candidates, polish, snap, choose.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "design/bo_impl.h"

#include <math.h>
#include <string.h>

#include "design/design.h"
#include "learn/blmvm.h"
#include "util/alloc.h"
#include "util/rng.h"

enum {
  N_SPREAD = 512,
  N_NEAR = 64,
  N_CENTRES = 4, /* best points that are perturbed */
  N_POLISH = 5,
  ITERATIONS = 40,
  IDLE = 10, /* evaluations without a gain */
  TS_PER_D = 1000,
  TS_MAX = 5000,
  SOBOL_MAX_D = 40
};
static const double GATOL = 1e-6, GAIN = 1e-6;
static const double NEAR[] = {0.1, 0.03, 0.01, 0.003}; /* deviations of the perturbations */
static const double NOTHING = 1e20;

int aus_bo_spread(const aus_bo_ask *ask, int64_t trial, int64_t n, double *unit, aus_err *err)
{
  int rc = AUS_OK, d = ask->map.n_unit, j;
  aus_rng r = aus_rng_open(ask->seed, ask->campaign, (uint64_t)trial, AUS_RNG_BO_CANDIDATES);
  uint64_t word;
  int64_t i;

  if (d > SOBOL_MAX_D) {
    for (i = 0; i < n * d; i++)
      unit[i] = aus_rng_uniform(&r);
    goto done;
  }
  AUS_TRY(aus_design_unit(AUS_DESIGN_SOBOL, n, d, ask->seed, ask->campaign, unit, err));
  for (i = 0; i < n; i++)
    for (j = 0; j < d; j++) {
      word = (uint64_t)(unit[i * d + j] * 0x1p53) ^ aus_rng_at(&r, (uint64_t)j) >> 11;
      unit[i * d + j] = aus_rng_unit(word << 11);
    }
done:
  return rc;
}

int aus_bo_first_unused(const aus_bo_ask *ask, double *value, bool *found, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, n = aus_space_count(ask->space);

  *found = false;
  for (i = 0; i < n && !*found; i++) {
    AUS_TRY(aus_space_at(ask->space, i, value, err));
    *found = !aus_bo_used(ask, value);
  }
done:
  return rc;
}

/* Snapped points with what the surrogate makes of them. */
typedef struct points {
  int64_t n;
  double *unit, *value, *x, *acq;
} points;

typedef struct search {
  const aus_bo_ask *ask;
  const aus_bo_data *data;
  aus_bo_model *model;
  aus_blmvm *solver;
  double *lower, *upper;     /* n_unit: the region's box */
  double *x_lower, *x_upper; /* n_x: the same, a category fixed */
  double *unit;              /* n_unit */
  double least;              /* of the climb of the moment, downwards */
  int n_idle;                /* evaluations without a gain */
  points raw, polished, near;
} search;

static int points_init(points *p, const aus_bo_ask *ask, int64_t n, aus_err *err)
{
  int rc = AUS_OK;

  p->n = n;
  AUS_NEW(p->unit, n * ask->map.n_unit, err);
  AUS_NEW(p->value, n * ask->n_value, err);
  AUS_NEW(p->x, n * ask->map.n_x, err);
  AUS_NEW(p->acq, n, err);
done:
  return rc;
}

static void points_fini(points *p)
{
  aus_free(p->unit);
  aus_free(p->value);
  aus_free(p->x);
  aus_free(p->acq);
  *p = (points){0};
}

/* Point i of p from its values. */
static void set_value(const aus_bo_ask *ask, points *p, int64_t i, const double *value)
{
  double *unit = p->unit + i * ask->map.n_unit;

  memmove(p->value + i * ask->n_value, value, (size_t)ask->n_value * sizeof *value);
  aus_space_encode(ask->space, value, unit);
  aus_bo_map_x(&ask->map, unit, p->x + i * ask->map.n_x);
}

/* Point i of p: snapped from unit coordinates. */
static void set_unit(const aus_bo_ask *ask, points *p, int64_t i, const double *unit)
{
  double *value = p->value + i * ask->n_value;

  aus_space_decode(ask->space, unit, value);
  set_value(ask, p, i, value);
}

static int evaluate(search *s, points *p, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  if (p->n == 0) goto done;
  AUS_TRY(aus_bo_model_values(s->model, p->n, p->x, p->acq, err));
  for (i = 0; i < p->n; i++)
    if (isnan(p->acq[i])) p->acq[i] = -INFINITY;
done:
  return rc;
}

/* The best point below (acq, index) of `last`, -1: at the beginning; -1 when there is none. */
static int64_t next_best(const points *p, int64_t last)
{
  int64_t i, best = -1;

  for (i = 0; i < p->n; i++) {
    if (last >= 0 && (p->acq[i] > p->acq[last] || (p->acq[i] == p->acq[last] && i <= last)))
      continue;
    if (best < 0 || p->acq[i] > p->acq[best]) best = i;
  }
  return best;
}

/* Point of the data with the rank-th smallest z among the OK ones; wraps around. */
static int64_t centre_of(const search *s, int rank)
{
  const aus_bo_data *data = s->data;
  int64_t i, last = -1, best;

  for (;;) {
    for (best = -1, i = 0; i < data->n; i++) {
      if (!aus_bo_data_ok(data, s->ask, i)) continue;
      if (last >= 0 && (data->z[i] < data->z[last] || (data->z[i] == data->z[last] && i <= last)))
        continue;
      if (best < 0 || data->z[i] < data->z[best]) best = i;
    }
    if (best >= 0 && rank-- == 0) return best;
    last = best;
  }
}

static void data_unit(const search *s, int64_t i, double *unit)
{
  aus_space_encode(s->ask->space, s->ask->value + s->data->row[i] * s->ask->n_value, unit);
}

/* Points of the cube, moved into the box. Without `twice` equal ones are left out: the covariance of a
 * Thompson sample would be singular. Returns how many there are. */
static int64_t make_spread(search *s, int64_t n, const double *cube, bool twice)
{
  int d = s->ask->map.n_unit, m = s->ask->n_value, u;
  points *raw = &s->raw;
  int64_t i, k = 0;

  for (i = 0; i < n; i++) {
    for (u = 0; u < d; u++)
      s->unit[u] = s->lower[u] + cube[i * d + u] * (s->upper[u] - s->lower[u]);
    set_unit(s->ask, raw, k, s->unit);
    k += twice || aus_bo_find_row(raw->value, k, m, raw->value + k * m) < 0;
  }
  return k;
}

/* Perturbations of the best points, of several sizes. */
static void make_near(search *s, const aus_bo_trust *trust, int64_t from)
{
  const aus_bo_ask *ask = s->ask;
  aus_rng r = aus_rng_open(ask->seed, ask->campaign, (uint64_t)ask->index, AUS_RNG_BO_CANDIDATES);
  double by, side = trust->turbo ? fmin(trust->side, 1.0) : 1.0;
  int i, u, d = ask->map.n_unit;

  r.next = (uint64_t)N_SPREAD * (uint64_t)d; /* behind the draws of aus_bo_spread() */
  for (i = 0; i < N_NEAR; i++) {
    data_unit(s, centre_of(s, i % N_CENTRES), s->unit);
    by = side * NEAR[i / N_CENTRES % (int)(sizeof NEAR / sizeof *NEAR)];
    for (u = 0; u < d; u++)
      s->unit[u] = fmin(fmax(s->unit[u] + by * aus_rng_normal(&r), s->lower[u]), s->upper[u]);
    set_unit(ask, &s->raw, from + i, s->unit);
  }
}

static int make_raw(search *s, const aus_bo_trust *trust, aus_err *err)
{
  const aus_bo_ask *ask = s->ask;
  int rc = AUS_OK, d = ask->map.n_unit;
  bool ts = ask->conf.acq == AUS_ACQ_TS;
  int64_t n = !ts ? N_SPREAD : d < TS_MAX / TS_PER_D ? TS_PER_D * d : TS_MAX;
  double *cube = NULL;

  AUS_NEW(cube, n * d, err);
  AUS_TRY(points_init(&s->raw, ask, ts ? n : n + N_NEAR, err));
  AUS_TRY(aus_bo_spread(ask, ask->index, n, cube, err));
  if (ts)
    s->raw.n = make_spread(s, n, cube, false);
  else
    make_near(s, trust, make_spread(s, n, cube, true));
  AUS_TRY(evaluate(s, &s->raw, err));
done:
  aus_free(cube);
  return rc;
}

/* Where the acquisition is as good as known its rounding keeps a line search busy: after some
 * evaluations without a gain the function is said to be flat, which ends the climb. */
static double minus_value(void *self, int n, const double *x, double *grad)
{
  search *s = self;
  double f = 0.0;
  bool finite = false;
  int k;

  if (s->n_idle < IDLE) {
    f = -aus_bo_model_gradient(s->model, x, grad);
    finite = isfinite(f);
    for (k = 0; k < n; k++) {
      grad[k] = -grad[k];
      finite = finite && isfinite(grad[k]);
    }
    s->n_idle = finite && f < s->least - GAIN ? 0 : s->n_idle + 1;
    if (finite) s->least = fmin(s->least, f);
  }
  if (finite) return f;
  memset(grad, 0, (size_t)n * sizeof *grad);
  return s->n_idle < IDLE || !isfinite(s->least) ? NOTHING : s->least;
}

/* The columns of a category keep their values. */
static void bound_x(search *s, const double *x)
{
  const aus_bo_map *map = &s->ask->map;
  int u, k;

  for (u = 0; u < map->n_unit; u++) {
    k = map->at[u];
    s->x_lower[k] = s->lower[u];
    s->x_upper[k] = s->upper[u];
    for (; map->levels[u] > 0 && k < map->at[u] + map->levels[u]; k++)
      s->x_lower[k] = s->x_upper[k] = x[k];
  }
}

/* Climb from raw point i; the end is snapped. */
static int polish_one(search *s, int64_t i, int64_t to, double *x, aus_err *err)
{
  const aus_bo_ask *ask = s->ask;
  int rc = AUS_OK, n_x = ask->map.n_x;
  double f;

  memcpy(x, s->raw.x + i * n_x, (size_t)n_x * sizeof *x);
  bound_x(s, x);
  s->least = INFINITY;
  s->n_idle = 0;
  AUS_TRY(aus_blmvm_minimise(s->solver, minus_value, s, s->x_lower, s->x_upper, ITERATIONS, GATOL,
                             x, &f, err));
  aus_bo_map_unit(&ask->map, x, s->unit);
  set_unit(ask, &s->polished, to, s->unit);
done:
  return rc;
}

/* Where snapping loses more than the climb gained, the start stays. */
static void keep_better(search *s, int64_t i, int64_t raw)
{
  if (s->polished.acq[i] >= s->raw.acq[raw]) return;
  set_value(s->ask, &s->polished, i, s->raw.value + raw * s->ask->n_value);
  s->polished.acq[i] = s->raw.acq[raw];
}

static int polish(search *s, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, from[N_POLISH], last = -1;
  double *x = NULL;

  AUS_NEW(x, s->ask->map.n_x, err);
  AUS_TRY(points_init(&s->polished, s->ask, N_POLISH, err));
  if (s->ask->conf.acq != AUS_ACQ_TS) AUS_TRY(aus_blmvm_create(&s->solver, s->ask->map.n_x, err));
  for (s->polished.n = 0; s->solver && s->polished.n < N_POLISH; s->polished.n++) {
    last = from[s->polished.n] = next_best(&s->raw, last);
    if (last < 0) break;
    AUS_TRY(polish_one(s, last, s->polished.n, x, err));
  }
  AUS_TRY(evaluate(s, &s->polished, err));
  for (i = 0; i < s->polished.n; i++)
    keep_better(s, i, from[i]);
done:
  aus_free(x);
  return rc;
}

/* The best unused of these, or nothing. */
static bool take(const search *s, const points *p, double *value, double *acq)
{
  const aus_bo_ask *ask = s->ask;
  int64_t i = -1;

  while ((i = next_best(p, i)) >= 0) {
    if (aus_bo_used(ask, p->value + i * ask->n_value)) continue;
    memcpy(value, p->value + i * ask->n_value, (size_t)ask->n_value * sizeof *value);
    *acq = p->acq[i];
    return true;
  }
  return false;
}

/* Grid neighbours of the best point. */
static int make_neighbours(search *s, aus_err *err)
{
  const aus_bo_ask *ask = s->ask;
  const points *from = s->polished.n > 0 ? &s->polished : &s->raw;
  int rc = AUS_OK;
  int64_t i;

  AUS_TRY(points_init(&s->near, ask, aus_space_n_neighbours(ask->space), err));
  s->near.n = aus_space_neighbours(ask->space, from->value + next_best(from, -1) * ask->n_value,
                                   s->near.value);
  for (i = 0; i < s->near.n; i++)
    set_value(ask, &s->near, i, s->near.value + i * ask->n_value);
  AUS_TRY(evaluate(s, &s->near, err));
done:
  return rc;
}

static int any_left(search *s, double *value, double *acq, bool *found, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_bo_first_unused(s->ask, value, found, err));
  if (!*found) goto done;
  s->near.n = 1;
  set_value(s->ask, &s->near, 0, value);
  AUS_TRY(evaluate(s, &s->near, err));
  *acq = s->near.acq[0];
done:
  return rc;
}

static int choose(search *s, double *value, double *acq, bool *found, aus_err *err)
{
  int rc = AUS_OK;

  *found = take(s, &s->polished, value, acq);
  if (*found) goto done;
  AUS_TRY(make_neighbours(s, err));
  *found = take(s, &s->near, value, acq) || take(s, &s->raw, value, acq);
  if (!*found) AUS_TRY(any_left(s, value, acq, found, err));
done:
  return rc;
}

static int make_box(search *s, const aus_bo_trust *trust, aus_err *err)
{
  int rc = AUS_OK, d = s->ask->map.n_unit;

  AUS_NEW(s->unit, d, err);
  AUS_NEW(s->lower, d, err);
  AUS_NEW(s->upper, d, err);
  AUS_NEW(s->x_lower, s->ask->map.n_x, err);
  AUS_NEW(s->x_upper, s->ask->map.n_x, err);
  data_unit(s, s->model->i_best, s->unit);
  aus_bo_trust_box(trust, &s->ask->map, s->model->theta, s->unit, s->lower, s->upper);
done:
  return rc;
}

int aus_bo_search(const aus_bo_ask *ask, const aus_bo_trust *trust, const aus_bo_data *data,
                  aus_bo_model *model, double *value, double *acq, bool *found, aus_err *err)
{
  int rc = AUS_OK;
  search s = {.ask = ask, .data = data, .model = model};

  *found = false;
  AUS_TRY(make_box(&s, trust, err));
  AUS_TRY(make_raw(&s, trust, err));
  AUS_TRY(polish(&s, err));
  AUS_TRY(choose(&s, value, acq, found, err));
done:
  aus_blmvm_destroy(s.solver);
  points_fini(&s.raw);
  points_fini(&s.polished);
  points_fini(&s.near);
  aus_free(s.unit);
  aus_free(s.lower);
  aus_free(s.upper);
  aus_free(s.x_lower);
  aus_free(s.x_upper);
  return rc;
}
