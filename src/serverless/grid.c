/* grid.c - all combinations of a space by index, and the nearest of them to a point.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A combination is bandwidth x cluster size x device composition x one level per application. Only
 * the device compositions are stored (as level numbers); everything else is arithmetic on the
 * index.
 */
#include <config.h>

#include "serverless/space.h"

#include "util/alloc.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>

enum { MAX_LEVELS = 65535, MAX_COMPOSITIONS = 1 << 22 };

typedef struct levels {
  int64_t n;
  double *value;
  double *norm; /* scaled to 0..1 by the smallest and largest value that occur */
} levels;

struct aus_serverless_grid {
  int n_devices, n_apps, n_x;
  levels bandwidth, cluster;
  levels *device; /* file order */
  levels *app;    /* name order */
  int *device_sorted;
  int64_t n_compositions, cap_compositions;
  uint16_t *composition; /* n_compositions x n_devices, file order */
  int64_t n_workloads;   /* saturated, like the next */
  int64_t n;
};

/* The double that a person would write, 0.3 and not 0.30000000000000004: ceil(10 x 0.3) is 3
 * nodes. */
static double tidy(double x)
{
  double t = nearbyint(x * 1e9) / 1e9;

  return fabs(t - x) <= 1e-14 * fmax(1.0, fabs(x)) ? t : x;
}

static double count_values(const aus_serverless_axis *a, bool range_compat)
{
  if (range_compat) return ceil((a->max + a->step - a->min) / a->step);
  return floor((a->max - a->min) / a->step + 1e-9) + 1.0;
}

int aus_serverless_axis_values(const aus_serverless_axis *axis, bool range_compat, double **values,
                               int64_t *n, aus_err *err)
{
  int rc = AUS_OK;
  double count, delta = axis->min + axis->step - axis->min; /* as NumPy's arange does */
  int64_t i;

  *values = NULL;
  *n = 0;
  if (!(axis->step > 0.0) || !(axis->max >= axis->min) || !isfinite(axis->max) ||
      !isfinite(axis->min))
    AUS_FAIL(err, AUS_EINVAL, "range from %g to %g by %g", axis->min, axis->max, axis->step);
  count = count_values(axis, range_compat);
  if (!(count <= MAX_LEVELS))
    AUS_FAIL(err, AUS_EINVAL, "range from %g to %g by %g has more than %d values", axis->min,
             axis->max, axis->step, MAX_LEVELS);
  AUS_NEW(*values, count, err);
  *n = (int64_t)count;
  for (i = 0; i < *n; i++)
    (*values)[i] = range_compat ? axis->min + (double)i * delta
                                : fmin(tidy(axis->min + (double)i * axis->step), axis->max);
done:
  return rc;
}

static int64_t times(int64_t a, int64_t b)
{
  int64_t p;

  return __builtin_mul_overflow(a, b, &p) ? INT64_MAX : p;
}

static int make_levels(levels *l, const aus_serverless_axis *axis, bool range_compat, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_serverless_axis_values(axis, range_compat, &l->value, &l->n, err));
  AUS_NEW(l->norm, l->n, err);
done:
  return rc;
}

static void levels_fini(levels *l)
{
  aus_free(l->value);
  aus_free(l->norm);
}

static void normalise(levels *l, double min, double max)
{
  int64_t i;

  for (i = 0; i < l->n; i++)
    l->norm[i] = (l->value[i] - min) / (max > min ? max - min : 1.0);
}

static int keep(aus_serverless_grid *g, const int *level, aus_err *err)
{
  int rc = AUS_OK, j;
  uint16_t *to;

  if (g->n_compositions >= MAX_COMPOSITIONS)
    AUS_FAIL(err, AUS_ECONFIG, "more than %d device compositions: use larger steps in pci",
             MAX_COMPOSITIONS);
  AUS_TRY(aus_grow(&g->composition, &g->cap_compositions, (g->n_compositions + 1) * g->n_devices,
                   sizeof *g->composition, err));
  to = g->composition + g->n_compositions++ * g->n_devices;
  for (j = 0; j < g->n_devices; j++)
    to[j] = (uint16_t)level[j];
done:
  return rc;
}

/* The first level with at least this value; levels ascend. */
static int first_level(const levels *l, double value)
{
  int64_t low = 0, high = l->n, mid;

  while (low < high) {
    mid = (low + high) / 2;
    if (l->value[mid] < value)
      low = mid + 1;
    else
      high = mid;
  }
  return (int)low;
}

/* Depth first in file order, the last device fastest; what the remaining devices cannot bring to 1
 * is left early, by a margin far above the tolerance of the sum. */
static int compose(aus_serverless_grid *g, int j, double sum, int *level, const double *rest_min,
                   const double *rest_max, aus_err *err)
{
  int rc = AUS_OK;
  double s;

  if (j == g->n_devices) {
    if (fabs(sum - 1.0) <= 1e-8 + 1e-10) AUS_TRY(keep(g, level, err));
    goto done;
  }
  level[j] = first_level(&g->device[j], 1.0 - 1e-6 - rest_max[j + 1] - sum);
  for (; level[j] < g->device[j].n; level[j]++) {
    s = sum + g->device[j].value[level[j]];
    if (s + rest_min[j + 1] > 1.0 + 1e-6) break;
    AUS_TRY(compose(g, j + 1, s, level, rest_min, rest_max, err));
  }
done:
  return rc;
}

static int make_compositions(aus_serverless_grid *g, aus_err *err)
{
  int rc = AUS_OK, j, *level = NULL;
  double *rest_min = NULL, *rest_max = NULL;

  AUS_NEW(level, g->n_devices, err);
  AUS_NEW(rest_min, g->n_devices + 1, err);
  AUS_NEW(rest_max, g->n_devices + 1, err);
  for (j = g->n_devices - 1; j >= 0; j--) {
    rest_min[j] = rest_min[j + 1] + g->device[j].value[0];
    rest_max[j] = rest_max[j + 1] + g->device[j].value[g->device[j].n - 1];
  }
  AUS_TRY(compose(g, 0, 0.0, level, rest_min, rest_max, err));
done:
  aus_free(level);
  aus_free(rest_min);
  aus_free(rest_max);
  return rc;
}

/* A device's column is scaled by the shares that occur in some composition. */
static void normalise_device(aus_serverless_grid *g, int j)
{
  double min = INFINITY, max = -INFINITY, v;
  int64_t i;

  for (i = 0; i < g->n_compositions; i++) {
    v = g->device[j].value[g->composition[i * g->n_devices + j]];
    min = fmin(min, v);
    max = fmax(max, v);
  }
  normalise(&g->device[j], min, max);
}

static int make_axes(aus_serverless_grid *g, const aus_serverless_space *space, bool range_compat,
                     aus_err *err)
{
  int rc = AUS_OK, j;

  AUS_NEW(g->device, g->n_devices, err);
  AUS_NEW(g->app, g->n_apps, err);
  AUS_NEW(g->device_sorted, g->n_devices, err);
  AUS_TRY(make_levels(&g->bandwidth, &space->bandwidth, range_compat, err));
  AUS_TRY(make_levels(&g->cluster, &space->cluster_size, range_compat, err));
  for (j = 0; j < g->n_devices; j++) {
    g->device_sorted[j] = space->device_sorted[j];
    AUS_TRY(make_levels(&g->device[j], &space->device_axis[j], range_compat, err));
  }
  for (j = 0; j < g->n_apps; j++)
    AUS_TRY(make_levels(&g->app[j], &space->app_axis[space->app_sorted[j]], range_compat, err));
done:
  return rc;
}

static void normalise_axis(levels *l)
{
  normalise(l, l->value[0], l->value[l->n - 1]);
}

int aus_serverless_grid_create(aus_serverless_grid **out, const aus_serverless_space *space,
                               bool range_compat, aus_err *err)
{
  int rc = AUS_OK, j;
  aus_serverless_grid *g = NULL;

  *out = NULL;
  AUS_NEW(g, 1, err);
  g->n_devices = space->n_devices;
  g->n_apps = space->n_apps;
  g->n_x = space->n_x;
  AUS_TRY(make_axes(g, space, range_compat, err));
  AUS_TRY(make_compositions(g, err));
  normalise_axis(&g->bandwidth);
  normalise_axis(&g->cluster);
  for (j = 0; j < g->n_devices; j++)
    normalise_device(g, j);
  g->n_workloads = 1;
  for (j = 0; j < g->n_apps; j++) {
    normalise_axis(&g->app[j]);
    g->n_workloads = times(g->n_workloads, g->app[j].n);
  }
  g->n = times(times(g->bandwidth.n, g->cluster.n), times(g->n_compositions, g->n_workloads));
  *out = g;
  g = NULL;
done:
  aus_serverless_grid_destroy(g);
  return rc;
}

void aus_serverless_grid_destroy(aus_serverless_grid *g)
{
  int j;

  if (!g) return;
  levels_fini(&g->bandwidth);
  levels_fini(&g->cluster);
  for (j = 0; g->device && j < g->n_devices; j++)
    levels_fini(&g->device[j]);
  for (j = 0; g->app && j < g->n_apps; j++)
    levels_fini(&g->app[j]);
  aus_free(g->device);
  aus_free(g->app);
  aus_free(g->device_sorted);
  aus_free(g->composition);
  aus_free(g);
}

int64_t aus_serverless_grid_count(const aus_serverless_grid *g)
{
  return g->n;
}

/* Column c of a combination whose composition is known; level numbers for the rest. */
static void put_devices(const aus_serverless_grid *g, int64_t composition, double *x)
{
  int j, k;

  for (j = 0; j < g->n_devices; j++) {
    k = g->device_sorted[j];
    x[2 + j] = g->device[k].value[g->composition[composition * g->n_devices + k]];
  }
}

void aus_serverless_grid_at(const aus_serverless_grid *g, int64_t i, double *x)
{
  int j;

  for (j = g->n_apps - 1; j >= 0; j--) {
    x[2 + g->n_devices + j] = g->app[j].value[i % g->app[j].n];
    i /= g->app[j].n;
  }
  put_devices(g, i % g->n_compositions, x);
  i /= g->n_compositions;
  x[1] = g->cluster.value[i % g->cluster.n];
  x[0] = g->bandwidth.value[i / g->cluster.n];
}

/* Nearest combination. The squared distance is a sum of independent parts (bandwidth, cluster size,
 * composition, each application), so the smallest sum is the sum of the smallest parts. What counts
 * is the rounded distance of a plain scan, though, its first minimum: so every combination whose
 * parts are within the rounding error of the smallest is a candidate, and the candidates are
 * evaluated the plain way in the plain order. */
typedef struct part {
  int64_t n;
  int64_t *near; /* the n candidates, ascending */
} part;

typedef struct search {
  const aus_serverless_grid *g;
  const double *u;
  double *square; /* of each composition */
  part *parts;    /* bandwidth, cluster, composition, applications */
  int n_parts;
  int64_t *at; /* candidate of each part that is looked at */
  double *best_x;
  double best;
} search;

static double squared(double a, double b)
{
  return (a - b) * (a - b);
}

static double part_square(const search *s, int p, int64_t i)
{
  const aus_serverless_grid *g = s->g;

  if (p == 0) return squared(g->bandwidth.norm[i], s->u[0]);
  if (p == 1) return squared(g->cluster.norm[i], s->u[1]);
  if (p == 2) return s->square[i];
  return squared(g->app[p - 3].norm[i], s->u[2 + g->n_devices + p - 3]);
}

static int64_t part_levels(const aus_serverless_grid *g, int p)
{
  return p == 0   ? g->bandwidth.n
         : p == 1 ? g->cluster.n
         : p == 2 ? g->n_compositions
                  : g->app[p - 3].n;
}

static void square_compositions(search *s)
{
  const aus_serverless_grid *g = s->g;
  const uint16_t *c = g->composition;
  int64_t i;
  int j, k;

  for (i = 0; i < g->n_compositions; i++, c += g->n_devices) {
    s->square[i] = 0.0;
    for (j = 0; j < g->n_devices; j++) {
      k = g->device_sorted[j];
      s->square[i] += squared(g->device[k].norm[c[k]], s->u[2 + j]);
    }
  }
}

/* Distance of the combination of the looked-at candidates, column after column as in a plain
 * scan. */
static double plain_distance(const search *s)
{
  const aus_serverless_grid *g = s->g;
  const uint16_t *c = g->composition + s->parts[2].near[s->at[2]] * g->n_devices;
  double sum = part_square(s, 0, s->parts[0].near[s->at[0]]);
  int j, k;

  sum += part_square(s, 1, s->parts[1].near[s->at[1]]);
  for (j = 0; j < g->n_devices; j++) {
    k = g->device_sorted[j];
    sum += squared(g->device[k].norm[c[k]], s->u[2 + j]);
  }
  for (j = 3; j < s->n_parts; j++)
    sum += part_square(s, j, s->parts[j].near[s->at[j]]);
  return sqrt(sum);
}

static void take_best(search *s)
{
  const aus_serverless_grid *g = s->g;
  double distance = plain_distance(s);
  int j;

  if (!(distance < s->best)) return;
  s->best = distance;
  s->best_x[0] = g->bandwidth.value[s->parts[0].near[s->at[0]]];
  s->best_x[1] = g->cluster.value[s->parts[1].near[s->at[1]]];
  put_devices(g, s->parts[2].near[s->at[2]], s->best_x);
  for (j = 3; j < s->n_parts; j++)
    s->best_x[g->n_devices + j - 1] = g->app[j - 3].value[s->parts[j].near[s->at[j]]];
}

/* The candidates of part p: squares up to `limit`. */
static void collect(search *s, int p, double limit)
{
  int64_t i, n = part_levels(s->g, p);

  s->parts[p].n = 0;
  for (i = 0; i < n; i++)
    if (part_square(s, p, i) <= limit) s->parts[p].near[s->parts[p].n++] = i;
}

static double smallest(const search *s, int p)
{
  double min = INFINITY;
  int64_t i, n = part_levels(s->g, p);

  for (i = 0; i < n; i++)
    min = fmin(min, part_square(s, p, i));
  return min;
}

/* The next combination of candidates, the last part fastest; false behind the last. */
static bool advance(search *s)
{
  int p;

  for (p = s->n_parts - 1; p >= 0; p--) {
    if (++s->at[p] < s->parts[p].n) return true;
    s->at[p] = 0;
  }
  return false;
}

/* A sum of n_x terms has a relative error below n_x units in the last place, so have the sum of the
 * minima and the two sums that a scan compares; the root may make two more equal. */
static void find_nearest(search *s)
{
  double sum = 0.0, slack;
  int p;

  square_compositions(s);
  for (p = 0; p < s->n_parts; p++)
    sum += smallest(s, p);
  slack = sum * 4.0 * (s->g->n_x + 4) * DBL_EPSILON;
  for (p = 0; p < s->n_parts; p++) {
    s->at[p] = 0;
    collect(s, p, smallest(s, p) + slack);
  }
  s->best = INFINITY;
  do
    take_best(s);
  while (advance(s));
}

static int search_init(search *s, const aus_serverless_grid *g, aus_err *err)
{
  int rc = AUS_OK, p;

  *s = (search){.g = g, .n_parts = 3 + g->n_apps};
  AUS_NEW(s->parts, s->n_parts, err);
  AUS_NEW(s->at, s->n_parts, err);
  AUS_NEW(s->square, g->n_compositions, err);
  for (p = 0; p < s->n_parts; p++)
    AUS_NEW(s->parts[p].near, part_levels(g, p), err);
done:
  return rc;
}

static void search_fini(search *s)
{
  int p;

  for (p = 0; s->parts && p < s->n_parts; p++)
    aus_free(s->parts[p].near);
  aus_free(s->parts);
  aus_free(s->at);
  aus_free(s->square);
}

int aus_serverless_grid_nearest(const aus_serverless_grid *g, int64_t n, const double *unit,
                                double *x, aus_err *err)
{
  int rc = AUS_OK;
  search s;
  int64_t i;

  AUS_TRY(search_init(&s, g, err));
  if (g->n_compositions == 0)
    AUS_FAIL(err, AUS_ECONFIG, "the space is empty: no device proportions of pci sum to 1");
  for (i = 0; i < n * g->n_x; i++)
    if (!isfinite(unit[i]))
      AUS_FAIL(err, AUS_EINVAL, "coordinate %" PRId64 " of a design is not finite", i);
  for (i = 0; i < n; i++) {
    s.u = unit + i * g->n_x;
    s.best_x = x + i * g->n_x;
    find_nearest(&s);
  }
done:
  search_fini(&s);
  return rc;
}
