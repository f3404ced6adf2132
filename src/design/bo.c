/* bo.c - the campaign: points, commits in order, what can be done now, when to stop.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "design/bo.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "design/bo_impl.h"
#include "design/design.h"
#include "util/alloc.h"

const char *const aus_bo_stop_names[6] = {"running",  "target",      "budget",
                                          "patience", "acquisition", "exhausted"};

enum { SOBOL_MAX_D = 40 };

struct aus_bo {
  aus_bo_conf conf;
  aus_param *param; /* as given, without names */
  aus_space *space;
  aus_bo_map map;
  uint64_t seed;
  uint32_t campaign;
  int n_init;
  aus_bo_point **point; /* pointers, because they are lent out */
  int64_t n_points, cap;
  int64_t *
      arrival; /* n_committed indices in order of commitment; room for as many as there are points */
  int64_t cap_arrival;
  int64_t n_seen;     /* greedy: commits that the proposal handed out last sees */
  int64_t n_evaluate; /* points handed out for evaluation: all below */
  int64_t n_propose;  /* proposals handed out: all below */
  int64_t n_committed;
  int64_t end;         /* there are never more trials than this ... */
  aus_bo_stop end_why; /* ... because of that */
  int64_t best;        /* -1: no OK commit */
  aus_bo_stop stop;
  double *base;      /* value of the result known before, NULL: none */
  bool base_on_grid; /* a point of a space that has finitely many */
  double base_y;
};

aus_bo_conf aus_bo_defaults(void)
{
  return (aus_bo_conf){.budget = 60,
                       .lag = 8,
                       .target = -INFINITY,
                       .acq_stop = -INFINITY,
                       .acq = AUS_ACQ_LOGEI,
                       .pending = AUS_PENDING_BELIEVER,
                       .warp = AUS_WARP_NONE,
                       .region = AUS_REGION_AUTO,
                       .failed = AUS_FAILED_WORST,
                       .restarts = 3,
                       .max_points = 2000};
}

void aus_bo_point_destroy(aus_bo_point *p)
{
  if (!p) return;
  aus_free(p->unit);
  aus_free(p->value);
  aus_free(p->theta);
  aus_free(p);
}

int aus_bo_point_create(aus_bo_point **out, int n_unit, int n_value, int n_theta, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_bo_point *p = NULL;

  *out = NULL;
  AUS_NEW(p, 1, err);
  AUS_NEW(p->unit, n_unit, err);
  AUS_NEW(p->value, n_value, err);
  AUS_NEW(p->theta, n_theta, err);
  for (i = 0; i < n_theta; i++)
    p->theta[i] = NAN;
  for (i = 0; i < n_value; i++)
    p->value[i] = NAN;
  p->acq = p->incumbent = p->region_side = p->y = NAN;
  *out = p;
  p = NULL;
done:
  aus_bo_point_destroy(p);
  return rc;
}

static int new_point(const aus_bo *bo, aus_bo_point **out, aus_err *err)
{
  return aus_bo_point_create(out, bo->map.n_unit, aus_space_n_value(bo->space), bo->map.n_x + 2,
                             err);
}

static int give_point(aus_bo *bo, aus_bo_point *p, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_grow(&bo->point, &bo->cap, bo->n_points + 1, sizeof(aus_bo_point *), err));
  AUS_TRY(aus_grow(&bo->arrival, &bo->cap_arrival, bo->n_points + 1, sizeof *bo->arrival, err));
  bo->point[bo->n_points++] = p;
  p = NULL;
done:
  aus_bo_point_destroy(p);
  return rc;
}

static int check_conf(const aus_bo_conf *c, aus_err *err)
{
  int rc = AUS_OK;

  if (c->budget < 1) AUS_FAIL(err, AUS_ECONFIG, "bo: budget is %" PRId64 ", need >= 1", c->budget);
  if (c->lag < 1 || c->lag > AUS_BO_MAX_LAG)
    AUS_FAIL(err, AUS_ECONFIG, "bo: lag is %d, need 1 to %d", c->lag, AUS_BO_MAX_LAG);
  if (c->n_init < 0) AUS_FAIL(err, AUS_ECONFIG, "bo: n_init is %d, need >= 0", c->n_init);
  if (isnan(c->target)) AUS_FAIL(err, AUS_ECONFIG, "bo: target is not a number");
  if (isnan(c->acq_stop)) AUS_FAIL(err, AUS_ECONFIG, "bo: acq_stop is not a number");
  if (c->patience < 0)
    AUS_FAIL(err, AUS_ECONFIG, "bo: patience is %" PRId64 ", need >= 0", c->patience);
  if (c->restarts < 0 || c->restarts > 1000)
    AUS_FAIL(err, AUS_ECONFIG, "bo: restarts is %d, need 0 to 1000", c->restarts);
  if (c->max_points < 2 || c->max_points > AUS_BO_MAX_POINTS)
    AUS_FAIL(err, AUS_ECONFIG, "bo: max_points is %" PRId64 ", need 2 to %d", c->max_points,
             AUS_BO_MAX_POINTS);
done:
  return rc;
}

/* The most trials there can be: the budget, or all points of the space but the base. */
static void find_end(aus_bo *bo)
{
  int64_t count = aus_space_count(bo->space);

  bo->end = bo->conf.budget;
  bo->end_why = AUS_BO_BUDGET;
  if (count < 0 || count == INT64_MAX || count - bo->base_on_grid >= bo->end) return;
  bo->end = count - bo->base_on_grid;
  bo->end_why = AUS_BO_EXHAUSTED;
}

static void settle(aus_bo *bo)
{
  if (bo->stop == AUS_BO_RUNNING && bo->n_committed >= bo->end) bo->stop = bo->end_why;
}

static int add_design_point(aus_bo *bo, const double *value, aus_err *err)
{
  int rc = AUS_OK;
  aus_bo_point *p;

  AUS_TRY(new_point(bo, &p, err));
  memcpy(p->value, value, (size_t)aus_space_n_value(bo->space) * sizeof *p->value);
  aus_space_encode(bo->space, p->value, p->unit);
  AUS_TRY(give_point(bo, p, err));
done:
  return rc;
}

/* The initial design. With a base one point more is made, so that the base can be left out. */
static int make_design(aus_bo *bo, aus_err *err)
{
  int rc = AUS_OK, d = bo->map.n_unit, m = aus_space_n_value(bo->space);
  int64_t i, want = bo->conf.n_init > 0 ? bo->conf.n_init : d < 3 ? 5 : 2 * (int64_t)d;
  aus_design design = {0};

  while (bo->n_points > 0)
    aus_bo_point_destroy(bo->point[--bo->n_points]);
  if (want > bo->end) want = bo->end;
  AUS_TRY(aus_design_make(&design, d > SOBOL_MAX_D ? AUS_DESIGN_LHS : AUS_DESIGN_SOBOL,
                          want + bo->base_on_grid, bo->space, bo->seed, bo->campaign, err));
  for (i = 0; i < design.n && bo->n_points < want; i++)
    if (!bo->base || aus_bo_find_row(bo->base, 1, m, design.value + i * m) < 0)
      AUS_TRY(add_design_point(bo, design.value + i * m, err));
  bo->n_init = (int)bo->n_points;
done:
  aus_design_fini(&design);
  return rc;
}

static int copy_params(aus_bo *bo, const aus_param *params, aus_err *err)
{
  int rc = AUS_OK, i;

  AUS_NEW(bo->param, aus_space_n_value(bo->space), err);
  for (i = 0; i < aus_space_n_value(bo->space); i++) {
    bo->param[i] = params[i];
    bo->param[i].name = bo->param[i].unit = NULL;
  }
done:
  return rc;
}

int aus_bo_create(aus_bo **out, const aus_bo_conf *conf, int n_params, const aus_param *params,
                  uint64_t seed, uint32_t campaign, aus_err *err)
{
  int rc = AUS_OK;
  aus_bo *bo = NULL;

  *out = NULL;
  AUS_NEW(bo, 1, err);
  bo->conf = *conf;
  bo->seed = seed;
  bo->campaign = campaign;
  bo->best = -1;
  AUS_TRY(check_conf(conf, err));
  AUS_TRY(aus_space_create(&bo->space, n_params, params, err));
  AUS_TRY(aus_bo_map_init(&bo->map, bo->space, err));
  AUS_TRY(copy_params(bo, params, err));
  find_end(bo);
  AUS_TRY(make_design(bo, err));
  *out = bo;
  bo = NULL;
done:
  aus_bo_destroy(bo);
  return rc;
}

void aus_bo_destroy(aus_bo *bo)
{
  int64_t i;

  if (!bo) return;
  for (i = 0; i < bo->n_points; i++)
    aus_bo_point_destroy(bo->point[i]);
  aus_free(bo->point);
  aus_free(bo->arrival);
  aus_free(bo->base);
  aus_free(bo->param);
  aus_bo_map_fini(&bo->map);
  aus_space_destroy(bo->space);
  aus_free(bo);
}

/* A base that lies on the grid but for rounding takes the grid's own digits, so that it is recognised. */
static void snap_base(aus_bo *bo, const double *value, double *unit, double *snapped)
{
  int i, m = aus_space_n_value(bo->space);
  bool near = true;

  aus_space_encode(bo->space, value, unit);
  aus_space_decode(bo->space, unit, snapped);
  for (i = 0; i < m; i++)
    near = near && fabs(snapped[i] - value[i]) <= 1e-9 * fmax(1.0, fabs(value[i]));
  memcpy(bo->base, near ? snapped : value, (size_t)m * sizeof *value);
  bo->base_on_grid = near && aus_space_count(bo->space) >= 0;
}

int aus_bo_base(aus_bo *bo, const double *value, double y, aus_err *err)
{
  int rc = AUS_OK, i, m = aus_space_n_value(bo->space);
  double *unit = NULL, *snapped = NULL;

  if (bo->base || bo->n_evaluate > 0 || bo->n_committed > 0)
    AUS_FAIL(err, AUS_EINVAL, "bo: the base comes once, before the first trial");
  for (i = 0; i < m; i++)
    if (!isfinite(value[i])) AUS_FAIL(err, AUS_EINVAL, "bo: value %d of the base is not finite", i);
  if (!isfinite(y)) AUS_FAIL(err, AUS_EINVAL, "bo: the result of the base is not finite");
  AUS_NEW(unit, bo->map.n_unit, err);
  AUS_NEW(snapped, m, err);
  AUS_NEW(bo->base, m, err);
  snap_base(bo, value, unit, snapped);
  bo->base_y = y;
  find_end(bo);
  AUS_TRY(make_design(bo, err));
  settle(bo);
done:
  aus_free(unit);
  aus_free(snapped);
  return rc;
}

int64_t aus_bo_horizon(const aus_bo *bo, int64_t k)
{
  if (k < bo->n_init) return -1;
  return k - bo->conf.lag > bo->n_init - 1 ? k - bo->conf.lag : bo->n_init - 1;
}

/* Proposal k is the next one or was made, and everything that it sees is committed. */
static bool is_due(const aus_bo *bo, int64_t k)
{
  if (k < bo->n_init || k > bo->n_points || k >= bo->end) return false;
  if (bo->conf.greedy) return bo->n_committed > 0 && k - bo->n_committed < bo->conf.lag;
  return bo->n_committed > aus_bo_horizon(bo, k);
}

/* How many commits proposal k sees, which is due. */
static int64_t seen_by(const aus_bo *bo, int64_t k)
{
  if (!bo->conf.greedy) return aus_bo_horizon(bo, k) + 1;
  return k < bo->n_points ? bo->point[k]->n_seen : bo->n_seen;
}

aus_bo_what aus_bo_next(aus_bo *bo, int64_t *index)
{
  *index = -1;
  if (bo->stop != AUS_BO_RUNNING) return AUS_BO_NOTHING;
  if (!bo->conf.greedy && bo->n_evaluate < bo->n_committed) bo->n_evaluate = bo->n_committed;
  if (bo->n_evaluate < bo->n_points) {
    *index = bo->n_evaluate++;
    return AUS_BO_EVALUATE;
  }
  if (bo->n_propose <= bo->n_points && is_due(bo, bo->n_points)) {
    *index = bo->n_points;
    bo->n_propose = bo->n_points + 1;
    bo->n_seen = bo->n_committed;
    return AUS_BO_PROPOSE;
  }
  return AUS_BO_NOTHING;
}

static void copy_value(const aus_bo *bo, int64_t index, int64_t row, aus_bo_ask *ask)
{
  memcpy(ask->value + (ask->n_base + row) * ask->n_value, bo->point[index]->value,
         (size_t)ask->n_value * sizeof *ask->value);
}

/* The base, the commits that are seen in their order, the other points by index. */
static void copy_rows(const aus_bo *bo, aus_bo_ask *ask)
{
  int64_t i, row;

  if (bo->base) {
    memcpy(ask->value, bo->base, (size_t)ask->n_value * sizeof *ask->value);
    ask->y[0] = bo->base_y;
  }
  for (row = 0; row < ask->n_seen; row++) {
    copy_value(bo, bo->arrival[row], row, ask);
    ask->y[ask->n_base + row] = bo->point[bo->arrival[row]]->y;
  }
  for (i = 0; i < ask->index; i++)
    if (!bo->point[i]->committed || bo->point[i]->arrival >= ask->n_seen)
      copy_value(bo, i, row++, ask);
}

/* Theta as it was after the proposal before this one; a restart's design points have none. */
static void copy_theta(const aus_bo *bo, aus_bo_ask *ask)
{
  int64_t i = ask->index - 1;

  while (i >= bo->n_init && bo->point[i]->n_refit == 0)
    i--;
  if (i < bo->n_init) return;
  ask->n_refit = bo->point[i]->n_refit;
  memcpy(ask->theta, bo->point[i]->theta, (size_t)(ask->map.n_x + 2) * sizeof *ask->theta);
}

static int fill_ask(const aus_bo *bo, int64_t index, aus_bo_ask *ask, aus_err *err)
{
  int rc = AUS_OK;

  ask->conf = bo->conf;
  ask->seed = bo->seed;
  ask->campaign = bo->campaign;
  ask->index = index;
  ask->n_init = bo->n_init;
  ask->n_base = bo->base != NULL;
  ask->n_seen = seen_by(bo, index);
  ask->n_pending = index - ask->n_seen;
  AUS_TRY(aus_bo_ask_room(ask, err));
  copy_rows(bo, ask);
  copy_theta(bo, ask);
done:
  return rc;
}

int aus_bo_request(const aus_bo *bo, int64_t index, aus_buf *out, aus_err *err)
{
  int rc = AUS_OK;
  aus_bo_ask ask = {0};

  if (!is_due(bo, index) || (bo->conf.greedy && index >= bo->n_propose))
    AUS_FAIL(err, AUS_EINVAL, "bo: proposal %" PRId64 " can not be made", index);
  AUS_TRY(aus_bo_ask_init(&ask, aus_space_n_value(bo->space), bo->param, err));
  AUS_TRY(fill_ask(bo, index, &ask, err));
  AUS_TRY(aus_bo_ask_write(&ask, out, err));
done:
  aus_bo_ask_fini(&ask);
  return rc;
}

/* Shares are whole billionths, their bounds need not be. */
static int check_bounds(const aus_bo *bo, const double *value, aus_err *err)
{
  int i;

  for (i = 0; i < aus_space_n_value(bo->space); i++) {
    const aus_param *p = aus_space_param(bo->space, i);
    double upper = p->kind == AUS_P_FIXED ? p->lower : p->upper;

    if (value[i] < p->lower - 1e-9 || value[i] > upper + 1e-9)
      return aus_fail(err, AUS_EFORMAT, AUS_HERE, "reply: value %d is %g, beyond %g..%g", i,
                      value[i], p->lower, upper);
  }
  return AUS_OK;
}

static int check_answer(const aus_bo *bo, const aus_bo_answer *a, aus_err *err)
{
  const aus_bo_point *p = a->point;
  int64_t n_seen = seen_by(bo, bo->n_points);

  if (a->campaign != bo->campaign || a->index != bo->n_points)
    return aus_fail(err, AUS_EFORMAT, AUS_HERE,
                    "reply: campaign %" PRIu32 " proposal %" PRId64 ", expected %" PRIu32
                    " and %" PRId64,
                    a->campaign, a->index, bo->campaign, bo->n_points);
  if (p->n_seen != n_seen || p->n_pending != bo->n_points - n_seen)
    return aus_fail(err, AUS_EFORMAT, AUS_HERE,
                    "reply: made from %" PRId64 " commits, not %" PRId64, p->n_seen, n_seen);
  return a->exhausted ? AUS_OK : check_bounds(bo, p->value, err);
}

/* No further trials from here on; what is under way is still waited for, so that the last commit does
 * not depend on when the reply came. */
static void end_here(aus_bo *bo, aus_bo_stop why)
{
  bo->end = bo->n_points;
  bo->end_why = why;
  settle(bo);
}

static bool too_small(const aus_bo *bo, const aus_bo_point *p)
{
  return bo->conf.acq == AUS_ACQ_LOGEI && p->origin == AUS_BO_ACQUISITION &&
         p->acq < bo->conf.acq_stop;
}

int aus_bo_reply(aus_bo *bo, int64_t index, const void *reply, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  aus_bo_answer a = {0};
  aus_bo_point *p;

  if (bo->stop != AUS_BO_RUNNING) goto done;
  if (index != bo->n_points || !is_due(bo, index))
    AUS_FAIL(err, AUS_EINVAL, "bo: a reply to proposal %" PRId64 " is not expected", index);
  AUS_TRY(new_point(bo, &a.point, err));
  AUS_TRY(aus_bo_answer_read(&a, aus_space_n_value(bo->space), bo->map.n_x + 2, reply, n, err));
  AUS_TRY(check_answer(bo, &a, err));
  if (a.exhausted) {
    end_here(bo, AUS_BO_EXHAUSTED);
  } else if (too_small(bo, a.point)) {
    end_here(bo, AUS_BO_ACQ);
  } else {
    p = a.point;
    a.point = NULL;
    aus_space_encode(bo->space, p->value, p->unit);
    AUS_TRY(give_point(bo, p, err));
  }
done:
  aus_bo_point_destroy(a.point);
  return rc;
}

static bool out_of_patience(const aus_bo *bo)
{
  int64_t best = bo->best < 0 ? -1 : bo->point[bo->best]->arrival;

  return bo->conf.patience > 0 && bo->n_committed - 1 - best >= bo->conf.patience;
}

/* Is the point the next one to be committed; greedy: one that is open? */
static bool is_open(const aus_bo *bo, int64_t index)
{
  if (!bo->conf.greedy) return index == bo->n_committed && index < bo->n_points;
  return index >= 0 && index < bo->n_evaluate && !bo->point[index]->committed;
}

int aus_bo_commit(aus_bo *bo, int64_t index, bool ok, double y, bool reached, aus_err *err)
{
  int rc = AUS_OK;
  aus_bo_point *p;

  if (bo->stop != AUS_BO_RUNNING) goto done;
  if (!is_open(bo, index) && bo->conf.greedy)
    AUS_FAIL(err, AUS_EINVAL, "bo: commit of trial %" PRId64 ", which is not open", index);
  if (!is_open(bo, index))
    AUS_FAIL(err, AUS_EINVAL, "bo: commit of trial %" PRId64 ", expected %" PRId64, index,
             bo->n_committed);
  if (ok && !isfinite(y))
    AUS_FAIL(err, AUS_EINVAL, "bo: the result of trial %" PRId64 " is not finite", index);
  p = bo->point[index];
  p->committed = true;
  p->ok = ok;
  p->y = ok ? y : (double)NAN;
  p->arrival = bo->n_committed;
  bo->arrival[bo->n_committed++] = index;
  if (ok && (bo->best < 0 || y < bo->point[bo->best]->y)) bo->best = index;
  if (reached || (ok && y <= bo->conf.target)) bo->stop = AUS_BO_TARGET;
  settle(bo);
  if (bo->stop == AUS_BO_RUNNING && out_of_patience(bo)) bo->stop = AUS_BO_PATIENCE;
done:
  return rc;
}

aus_bo_stop aus_bo_stopped(const aus_bo *bo)
{
  return bo->stop;
}

int64_t aus_bo_n_committed(const aus_bo *bo)
{
  return bo->n_committed;
}

int64_t aus_bo_best(const aus_bo *bo)
{
  return bo->best;
}

const int64_t *aus_bo_arrivals(const aus_bo *bo)
{
  return bo->arrival;
}

bool aus_bo_is_greedy(const aus_bo *bo)
{
  return bo->conf.greedy;
}

const aus_bo_point *aus_bo_point_at(const aus_bo *bo, int64_t index)
{
  return index >= 0 && index < bo->n_points ? bo->point[index] : NULL;
}

const aus_space *aus_bo_space(const aus_bo *bo)
{
  return bo->space;
}

int aus_bo_n_init(const aus_bo *bo)
{
  return bo->n_init;
}

int aus_bo_n_theta(const aus_bo *bo)
{
  return bo->map.n_x + 2;
}
