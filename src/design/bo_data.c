/* bo_data.c - what the surrogate learns from: points of the region, failed trials, warps, scaling.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "design/bo_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "util/alloc.h"
#include "util/stats.h"

static const double HUGE_SQUARE = 1e100, HUGE_RATIO = 1e300;

void aus_bo_data_fini(aus_bo_data *data)
{
  aus_free(data->row);
  aus_free(data->x);
  aus_free(data->y);
  aus_free(data->z);
  aus_free(data->status_x);
  aus_free(data->status);
  *data = (aus_bo_data){0};
}

static bool row_ok(const aus_bo_ask *ask, int64_t row)
{
  return !isnan(ask->y[row]);
}

bool aus_bo_data_ok(const aus_bo_data *data, const aus_bo_ask *ask, int64_t i)
{
  return row_ok(ask, data->row[i]);
}

/* The base belongs to the first region. */
static bool in_region(const aus_bo_ask *ask, const aus_bo_trust *trust, int64_t row)
{
  return row < ask->n_base ? trust->start == 0 : row - ask->n_base >= trust->start;
}

/* Rows that count; n = 0 when none of them is OK. */
static void choose_rows(aus_bo_data *data, const aus_bo_ask *ask, const aus_bo_trust *trust)
{
  int64_t row, n_ok = 0;

  for (row = 0; row < ask->n_base + ask->n_seen; row++) {
    if (!in_region(ask, trust, row)) continue;
    if (!row_ok(ask, row) && ask->conf.failed != AUS_FAILED_WORST) continue;
    data->row[data->n++] = row;
    n_ok += row_ok(ask, row);
    data->n_old += ask->n_refit > 0 && row < ask->n_base + ask->n_refit;
  }
  if (n_ok == 0) data->n = data->n_old = 0;
  data->n_all = data->n;
}

/* A row and how badly it is wanted when there are too many. */
typedef struct wish {
  int outside;
  double far;
  int64_t row;
} wish;

static int by_wish(const void *a, const void *b)
{
  const wish *p = a, *q = b;

  if (p->outside != q->outside) return p->outside - q->outside;
  if (p->far != q->far) return p->far < q->far ? -1 : 1;
  return (p->row > q->row) - (p->row < q->row);
}

static int by_row(const void *a, const void *b)
{
  const wish *p = a, *q = b;

  return (p->row > q->row) - (p->row < q->row);
}

static int64_t best_row(const aus_bo_data *data, const aus_bo_ask *ask)
{
  int64_t i, best = -1;

  for (i = 0; i < data->n; i++)
    if (row_ok(ask, data->row[i]) && (best < 0 || ask->y[data->row[i]] < ask->y[best]))
      best = data->row[i];
  return best;
}

static wish wish_of(const aus_bo_ask *ask, int64_t row, const double *unit, const double *centre,
                    const double *lower, const double *upper)
{
  wish w = {.row = row};
  int u;

  for (u = 0; u < ask->map.n_unit; u++) {
    w.outside |= unit[u] < lower[u] || unit[u] > upper[u];
    w.far += (unit[u] - centre[u]) * (unit[u] - centre[u]);
  }
  return w;
}

/* Above max_points: those inside the region's box first, then the nearest to its centre. */
static int cut_rows(aus_bo_data *data, const aus_bo_ask *ask, const aus_bo_trust *trust,
                    aus_err *err)
{
  int rc = AUS_OK, d = ask->map.n_unit, m = ask->n_value;
  double *unit = NULL, *centre, *lower, *upper;
  wish *w = NULL;
  int64_t i;

  if (data->n <= ask->conf.max_points) goto done;
  AUS_NEW(w, data->n, err);
  AUS_NEW(unit, 4 * d, err);
  centre = unit + d;
  lower = centre + d;
  upper = lower + d;
  aus_space_encode(ask->space, ask->value + best_row(data, ask) * m, centre);
  aus_bo_trust_box(trust, &ask->map, ask->theta, centre, lower, upper);
  for (i = 0; i < data->n; i++) {
    aus_space_encode(ask->space, ask->value + data->row[i] * m, unit);
    w[i] = wish_of(ask, data->row[i], unit, centre, lower, upper);
  }
  qsort(w, (size_t)data->n, sizeof *w, by_wish);
  data->n = ask->conf.max_points;
  qsort(w, (size_t)data->n, sizeof *w, by_row);
  for (i = 0; i < data->n; i++)
    data->row[i] = w[i].row;
done:
  aus_free(w);
  aus_free(unit);
  return rc;
}

static void fill_y(aus_bo_data *data, const aus_bo_ask *ask)
{
  double worst = -INFINITY;
  int64_t i;

  data->best = -1;
  for (i = 0; i < data->n; i++) {
    if (!aus_bo_data_ok(data, ask, i)) continue;
    data->y[i] = ask->y[data->row[i]];
    worst = fmax(worst, data->y[i]);
    if (data->best < 0 || data->y[i] < data->y[data->best]) data->best = i;
  }
  for (i = 0; i < data->n; i++)
    if (!aus_bo_data_ok(data, ask, i)) data->y[i] = worst;
}

/* Normal scores of the ranks (Blom 1958), ties share their middle one. */
static void warp_rank(aus_bo_data *data)
{
  int64_t i, j, less, equal;

  for (i = 0; i < data->n; i++) {
    less = equal = 0;
    for (j = 0; j < data->n; j++) {
      less += data->y[j] < data->y[i];
      equal += data->y[j] == data->y[i];
    }
    data->z[i] = gsl_cdf_ugaussian_Pinv(((double)less + (double)(equal + 1) / 2.0 - 0.375) /
                                        ((double)data->n + 0.25));
  }
}

/* Logarithm above the smallest value, in units of the distance to the median. */
static void warp_log(aus_bo_data *data)
{
  int64_t i;

  memcpy(data->z, data->y, (size_t)data->n * sizeof *data->z);
  aus_stats_sort(data->z, data->n);
  data->low = data->z[0];
  data->width = aus_stats_median(data->z, data->n) - data->low;
  if (!(data->width > 0.0)) data->width = 1.0;
  for (i = 0; i < data->n; i++)
    data->z[i] = log1p(fmin((data->y[i] - data->low) / data->width, HUGE_RATIO));
}

/* Divide by the largest where squares would overflow. Returns the divisor. */
static double tame(aus_bo_data *data)
{
  double big = 0.0;
  int64_t i;

  for (i = 0; i < data->n; i++)
    big = fmax(big, fabs(data->z[i]));
  if (big <= HUGE_SQUARE) return 1.0;
  for (i = 0; i < data->n; i++)
    data->z[i] /= big;
  return big;
}

static void standardise(aus_bo_data *data, const aus_bo_ask *ask)
{
  double sum = 0.0, square = 0.0, by = tame(data);
  int64_t i, n_ok = 0;

  for (i = 0; i < data->n; i++)
    if (aus_bo_data_ok(data, ask, i)) {
      sum += data->z[i];
      n_ok++;
    }
  data->shift = sum / (double)n_ok;
  for (i = 0; i < data->n; i++)
    if (aus_bo_data_ok(data, ask, i))
      square += (data->z[i] - data->shift) * (data->z[i] - data->shift);
  data->scale = n_ok > 1 ? sqrt(square / (double)(n_ok - 1)) : 1.0;
  if (!(data->scale > 0.0)) data->scale = 1.0;
  for (i = 0; i < data->n; i++)
    data->z[i] = (data->z[i] - data->shift) / data->scale;
  data->shift *= by;
  data->scale *= by;
}

static int fill_xyz(aus_bo_data *data, const aus_bo_ask *ask, double *unit, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  AUS_NEW(data->x, data->n * ask->map.n_x, err);
  AUS_NEW(data->y, data->n, err);
  AUS_NEW(data->z, data->n, err);
  for (i = 0; i < data->n; i++) {
    aus_space_encode(ask->space, ask->value + data->row[i] * ask->n_value, unit);
    aus_bo_map_x(&ask->map, unit, data->x + i * ask->map.n_x);
  }
  fill_y(data, ask);
  switch (ask->conf.warp) {
  case AUS_WARP_NONE:
    memcpy(data->z, data->y, (size_t)data->n * sizeof *data->z);
    break;
  case AUS_WARP_LOG:
    warp_log(data);
    break;
  case AUS_WARP_RANK:
    warp_rank(data);
    break;
  }
  standardise(data, ask);
done:
  return rc;
}

/* All commits of the region, the newest max_points of them. */
static int fill_status(aus_bo_data *data, const aus_bo_ask *ask, const aus_bo_trust *trust,
                       double *unit, aus_err *err)
{
  int rc = AUS_OK;
  int64_t row, n = 0, n_failed = 0, skip;

  if (ask->conf.failed != AUS_FAILED_FEASIBILITY) goto done;
  for (row = 0; row < ask->n_base + ask->n_seen; row++) {
    n += in_region(ask, trust, row);
    n_failed += in_region(ask, trust, row) && !row_ok(ask, row);
  }
  if (n_failed == 0) goto done;
  skip = n > ask->conf.max_points ? n - ask->conf.max_points : 0;
  AUS_NEW(data->status_x, (n - skip) * ask->map.n_x, err);
  AUS_NEW(data->status, n - skip, err);
  for (row = 0; row < ask->n_base + ask->n_seen; row++) {
    if (!in_region(ask, trust, row) || skip-- > 0) continue;
    aus_space_encode(ask->space, ask->value + row * ask->n_value, unit);
    aus_bo_map_x(&ask->map, unit, data->status_x + data->n_status * ask->map.n_x);
    data->status[data->n_status++] = row_ok(ask, row) ? 1.0 : -1.0;
  }
done:
  return rc;
}

int aus_bo_data_init(aus_bo_data *data, const aus_bo_ask *ask, const aus_bo_trust *trust,
                     aus_err *err)
{
  int rc = AUS_OK;
  double *unit = NULL;

  *data = (aus_bo_data){.best = -1};
  AUS_NEW(unit, ask->map.n_unit, err);
  AUS_NEW(data->row, ask->n_base + ask->n_seen, err);
  choose_rows(data, ask, trust);
  if (data->n == 0) goto done;
  AUS_TRY(cut_rows(data, ask, trust, err));
  AUS_TRY(fill_xyz(data, ask, unit, err));
  AUS_TRY(fill_status(data, ask, trust, unit, err));
done:
  aus_free(unit);
  if (rc != AUS_OK) aus_bo_data_fini(data);
  return rc;
}

double aus_bo_data_unscale(const aus_bo_data *data, const aus_bo_ask *ask, double z)
{
  double w = z * data->scale + data->shift;
  int64_t i, best = 0;

  switch (ask->conf.warp) {
  case AUS_WARP_NONE:
    return w;
  case AUS_WARP_LOG:
    return data->low + data->width * expm1(w);
  case AUS_WARP_RANK:
    break;
  }
  for (i = 1; i < data->n; i++)
    if (fabs(data->z[i] - z) < fabs(data->z[best] - z)) best = i;
  return data->y[best];
}
