/* serverless/serverless_study_draw.c - draw the samples of a study.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/serverless_study_draw.h"

#include <inttypes.h>
#include <stdlib.h>

#include "serverless/serverless_study_box.h"
#include "serverless/sim.h"
#include "util/alloc.h"
#include "util/log.h"

static const int64_t MAX_GRID = 1000000;

static int check_grid(int64_t count, aus_err *err)
{
  if (count > MAX_GRID)
    return aus_fail(err, AUS_ECONFIG, AUS_HERE,
                    "design grid has more than %" PRId64 " points; take another design", MAX_GRID);
  return AUS_OK;
}

/* Unit coordinates of a column: its values scaled to its own range. */
static void scale_column(aus_design *d, int column)
{
  const double *value = d->value + column;
  double lo = value[0], hi = lo, v;
  int64_t i;
  int m = d->n_value;

  for (i = 0; i < d->n; i++) {
    v = value[i * m];
    if (v < lo) lo = v;
    if (v > hi) hi = v;
  }
  for (i = 0; i < d->n; i++)
    d->unit[i * m + column] = hi > lo ? (value[i * m] - lo) / (hi - lo) : 0.5;
}

/* Room for n rows with a unit coordinate for each of the m columns. */
static int make_room(aus_design *d, int64_t n, int m, aus_err *err)
{
  int rc = AUS_OK;

  *d = (aus_design){.n = n, .n_unit = m, .n_value = m};
  AUS_NEW(d->unit, n * m, err);
  AUS_NEW(d->value, n * m, err);
done:
  return rc;
}

static int draw_compat_grid(const aus_serverless_grid *grid, int n_x, aus_design *d, aus_err *err)
{
  int rc = AUS_OK, k;
  int64_t count = aus_serverless_grid_count(grid), i;

  AUS_TRY(check_grid(count, err));
  AUS_TRY(make_room(d, count, n_x, err));
  for (i = 0; i < count; i++)
    aus_serverless_grid_at(grid, i, d->value + i * n_x);
  for (k = 0; k < n_x; k++)
    scale_column(d, k);
done:
  return rc;
}

/* The nearest combination of the whole grid for each point, as the reference does. */
static int draw_compat(aus_design_kind kind, int64_t n, const aus_serverless_space *space,
                       const aus_serverless_grid *grid, uint64_t seed, uint64_t campaign,
                       aus_design *d, aus_err *err)
{
  int rc = AUS_OK;

  if (kind == AUS_DESIGN_GRID) return draw_compat_grid(grid, space->n_x, d, err);
  AUS_TRY(make_room(d, aus_design_rows(kind, n, space->n_x), space->n_x, err));
  AUS_TRY(aus_design_unit(kind, n, space->n_x, seed, campaign, d->unit, err));
  AUS_TRY(aus_serverless_grid_nearest(grid, d->n, d->unit, d->value, err));
done:
  return rc;
}

static int draw_clean(aus_design_kind kind, int64_t n, const aus_serverless_space *space,
                      uint64_t seed, uint64_t campaign, aus_design *d, aus_err *err)
{
  int rc = AUS_OK;
  aus_param *params = NULL;
  aus_space *s = NULL;

  AUS_NEW(params, space->n_x, err);
  AUS_TRY(aus_serverless_space_params(space, params, err));
  AUS_TRY(aus_space_create(&s, space->n_x, params, err));
  if (kind == AUS_DESIGN_GRID) AUS_TRY(check_grid(aus_space_count(s), err));
  AUS_TRY(aus_design_make(d, kind, n, s, seed, campaign, err));
  if (d->whole_grid)
    AUS_WARN("serverless", "the space has fewer points than samples asked for: all %lld, not %lld",
             (long long)d->n, (long long)n);
done:
  aus_space_destroy(s);
  aus_free(params);
  return rc;
}

bool aus_serverless_range_compat(const aus_opts *opts, uint64_t defects)
{
  if (aus_opt_has_value(opts, "range_compat")) return aus_opt_bool(opts, "range_compat");
  return defects & AUS_SERVERLESS_D(20);
}

int aus_serverless_draw(const aus_serverless_draw_conf *c, const aus_serverless_space *space,
                        const aus_serverless_grid *grid, aus_design *design, aus_err *err)
{
  int rc = AUS_OK;

  *design = (aus_design){0};
  if (c->range_compat)
    AUS_TRY(draw_compat(c->kind, c->n, space, grid, c->seed, c->campaign, design, err));
  else
    AUS_TRY(draw_clean(c->kind, c->n, space, c->seed, c->campaign, design, err));
done:
  if (rc != AUS_OK) aus_design_fini(design);
  return rc;
}

/* The columns as the reference has them: a coordinate each, the ranges of the space file. */
static aus_param compat_param(const aus_serverless_space *space, int i)
{
  const aus_serverless_axis *a = aus_serverless_space_axis(space, i);
  bool share = i >= 2 && i < 2 + space->n_devices;

  return (aus_param){.name = space->x_name[i],
                     .unit = i == 0 ? "MiB s-1" : "1",
                     .kind = share    ? AUS_P_SHARE
                             : i == 1 ? AUS_P_INT
                                      : AUS_P_STEP,
                     .lower = a->min,
                     .upper = a->max,
                     .step = a->step,
                     .group = share ? 0 : -1};
}

int aus_serverless_draw_params(bool range_compat, const aus_serverless_space *space,
                               aus_param *params, aus_err *err)
{
  int i;

  if (!range_compat) return aus_serverless_space_params(space, params, err);
  for (i = 0; i < space->n_x; i++)
    params[i] = compat_param(space, i);
  return AUS_OK;
}

int aus_serverless_draw_unit_names(bool range_compat, const aus_serverless_space *space,
                                   const char **name, aus_err *err)
{
  int rc = AUS_OK, i, n = 0, last_share = 1 + space->n_devices;
  aus_param *params = NULL;

  AUS_NEW(params, space->n_x, err);
  AUS_TRY(aus_serverless_draw_params(range_compat, space, params, err));
  for (i = 0; i < space->n_x; i++)
    if (range_compat || (params[i].kind != AUS_P_FIXED && i != last_share))
      name[n++] = space->x_name[i];
done:
  aus_free(params);
  return rc;
}
