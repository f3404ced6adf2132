/* serverless/serverless_study_box.c - parameters of the whole space and of boxes in it.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/serverless_study_box.h"

#include "util/alloc.h"

#include <inttypes.h>
#include <math.h>

static bool is_share(const aus_serverless_space *s, int i)
{
  return i >= 2 && i < 2 + s->n_devices;
}

const aus_serverless_axis *aus_serverless_space_axis(const aus_serverless_space *space, int i)
{
  if (i == 0) return &space->bandwidth;
  if (i == 1) return &space->cluster_size;
  if (is_share(space, i)) return &space->device_axis[space->device_sorted[i - 2]];
  return &space->app_axis[space->app_sorted[i - 2 - space->n_devices]];
}

/* Whether column i has a step of its own: fixed ones and shares with one value have not. */
static bool varies(const aus_param *p)
{
  return p->kind != AUS_P_FIXED && p->lower < p->upper;
}

static int make_param(const aus_serverless_space *s, int i, aus_param *p, aus_err *err)
{
  int rc = AUS_OK;
  const aus_serverless_axis *a = aus_serverless_space_axis(s, i);
  double *value = NULL;
  int64_t n;

  AUS_TRY(aus_serverless_axis_values(a, false, &value, &n, err));
  *p = (aus_param){.name = s->x_name[i],
                   .unit = i == 0 ? "MiB s-1" : "1",
                   .kind = n > 1 ? AUS_P_STEP : AUS_P_FIXED,
                   .lower = value[0],
                   .upper = value[n - 1],
                   .step = a->step,
                   .group = -1};
  if (i == 1 && n > 1 && value[0] == floor(value[0]) && a->step == floor(a->step))
    p->kind = AUS_P_INT;
  if (!is_share(s, i)) goto done;
  p->kind = AUS_P_SHARE;
  p->group = 0;
  if (n > 1 && a->step < 1e-9)
    AUS_FAIL(err, AUS_ECONFIG, "%s: step is %g, shares need >= 1e-9", p->name, a->step);
done:
  aus_free(value);
  return rc;
}

/* One device has all nodes. */
static int make_single(aus_param *p, aus_err *err)
{
  double levels = (1.0 - p->lower) / p->step;

  if (p->upper < 1.0 - 1e-9 || fabs(levels - nearbyint(levels)) > 1e-9)
    return aus_fail(err, AUS_ECONFIG, AUS_HERE, "%s is the only device, but cannot be 1", p->name);
  p->kind = AUS_P_FIXED;
  p->lower = p->upper = 1.0;
  p->group = -1;
  return AUS_OK;
}

/* The step of a share with one value means nothing, but would count in the group's common divisor: it
 * gets that of a share that varies, or 1. */
static void align_steps(int n, aus_param *p)
{
  double step = 1.0;
  int i;

  for (i = n - 1; i >= 0; i--)
    if (varies(p + i)) step = p[i].step;
  for (i = 0; i < n; i++)
    if (!varies(p + i)) p[i].step = step;
}

int aus_serverless_space_params(const aus_serverless_space *space, aus_param *params, aus_err *err)
{
  int rc = AUS_OK, i;

  for (i = 0; i < space->n_x; i++)
    AUS_TRY(make_param(space, i, params + i, err));
  if (space->n_devices == 1) AUS_TRY(make_single(params + 2, err));
  if (space->n_devices > 1) align_steps(space->n_devices, params + 2);
done:
  return rc;
}

/* Number of the grid value nearest to x, and of the first not below and the last not above it. */
static int64_t clip(double level, int64_t n)
{
  return (int64_t)fmin(fmax(level, 0.0), (double)(n - 1));
}

static double level_of(const aus_param *p, double x)
{
  return (x - p->lower) / p->step;
}

/* Shrink a stepped parameter to what lies in x (1 -+ area); x and its snapped form stay inside. */
static void shrink(aus_param *p, const double *value, int64_t n, double x, double snapped,
                   double area)
{
  int64_t here = clip(nearbyint(level_of(p, x)), n),
          there = clip(nearbyint(level_of(p, snapped)), n);
  int64_t low = clip(ceil(level_of(p, x * (1.0 - area)) - 1e-9), n);
  int64_t high = clip(floor(level_of(p, x * (1.0 + area)) + 1e-9), n);

  low = low < here ? low : here;
  low = low < there ? low : there;
  high = high > here ? high : here;
  high = high > there ? high : there;
  if (low == high) {
    low -= low > 0;
    high += high < n - 1;
  }
  p->lower = value[low];
  p->upper = value[high];
}

static int shrink_all(const aus_serverless_space *space, const double *x, const double *snapped,
                      double area, aus_param *params, aus_err *err)
{
  int rc = AUS_OK, i;
  double *value = NULL;
  int64_t n;

  for (i = 0; i < space->n_x; i++) {
    if (!varies(params + i)) continue;
    aus_free(value);
    AUS_TRY(
        aus_serverless_axis_values(aus_serverless_space_axis(space, i), false, &value, &n, err));
    shrink(params + i, value, n, x[i], snapped[i], area);
  }
done:
  aus_free(value);
  return rc;
}

/* The point of the space nearest to x as the space itself repairs it; its shares sum to 1, so a box that
 * contains it is feasible. */
static int snap(const aus_space *space, const double *x, double *snapped, aus_err *err)
{
  int rc = AUS_OK;
  double *unit = NULL;

  AUS_NEW(unit, aus_space_n_unit(space), err);
  aus_space_encode(space, x, unit);
  aus_space_decode(space, unit, snapped);
done:
  aus_free(unit);
  return rc;
}

int aus_serverless_space_box(const aus_serverless_space *space, const double *x, double area,
                             aus_param *params, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_space *whole = NULL;
  double *snapped = NULL;

  if (!(area >= 0.0)) AUS_FAIL(err, AUS_EINVAL, "area of a search box is %g, need >= 0", area);
  for (i = 0; i < space->n_x; i++)
    if (!isfinite(x[i]))
      AUS_FAIL(err, AUS_EINVAL, "search box: %s of its base is %g", space->x_name[i], x[i]);
  AUS_TRY(aus_serverless_space_params(space, params, err));
  AUS_TRY(aus_space_create(&whole, space->n_x, params, err));
  if (isinf(area)) goto done;
  AUS_NEW(snapped, space->n_x, err);
  AUS_TRY(snap(whole, x, snapped, err));
  AUS_TRY(shrink_all(space, x, snapped, area, params, err));
done:
  aus_space_destroy(whole);
  aus_free(snapped);
  return rc;
}
