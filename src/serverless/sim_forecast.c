/* sim_forecast.c - the arrival rate a proactive policy expects, and what else its model is told.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * oracle reads the trace; the others look at nothing but requests that have arrived, so that a change
 * of the trace after a moment cannot change a decision before it.
 */
#include <config.h>

#include "serverless/kernel.h"

#include "util/alloc.h"

#include <math.h>
#include <string.h>

typedef aus_serverless_sim sim;

/* ---- life ---- */

/* Places of the platform types in order of their names. */
static void make_places(sim *s)
{
  int h, k;

  for (h = 0; h < s->n_types; h++)
    for (k = 0; k < s->n_types; k++)
      s->het.place[h] += strcmp(s->types->platform[k].name, s->types->platform[h].name) < 0;
}

int aus_serverless_policies_create(sim *s, aus_err *err)
{
  int rc = AUS_OK;
  aus_forecaster *fc = &s->forecast;
  aus_het *het = &s->het;
  size_t n = (size_t)s->n_types;

  AUS_NEW(fc->passed, (size_t)s->n_functions * AUS_N_MARKS, err);
  AUS_NEW(fc->weight, s->n_functions, err);
  AUS_NEW(fc->bin, s->n_functions, err);
  AUS_NEW(s->kpa, s->n_functions, err);
  AUS_NEW(het->free, n, err);
  AUS_NEW(het->place, n, err);
  AUS_NEW(het->type, n, err);
  AUS_NEW(het->need, n, err);
  AUS_NEW(het->got, n, err);
  AUS_NEW(het->x, n * (n + 2), err);
  AUS_NEW(het->y, n, err);
  make_places(s);
done:
  return rc;
}

void aus_serverless_policies_destroy(sim *s)
{
  void *const block[] = {s->forecast.passed, s->forecast.weight, s->forecast.bin, s->kpa,
                         s->het.free,        s->het.place,       s->het.type,     s->het.need,
                         s->het.got,         s->het.x,           s->het.y};
  size_t i;

  for (i = 0; i < sizeof block / sizeof *block; i++)
    aus_free(block[i]);
}

void aus_serverless_policies_reset(sim *s)
{
  aus_forecaster *fc = &s->forecast;
  size_t n = (size_t)s->n_functions;
  int h;

  memset(fc->at, 0, sizeof fc->at);
  memset(fc->passed, 0, n * AUS_N_MARKS * sizeof *fc->passed);
  memset(fc->weight, 0, n * sizeof *fc->weight);
  memset(fc->bin, 0, n * sizeof *fc->bin);
  memset(s->kpa, 0, n * sizeof *s->kpa);
  for (h = 0; h < s->n_types; h++)
    s->het.free[h] = s->n_free[h];
}

int aus_serverless_forecast_check(aus_serverless_policy *p, aus_err *err)
{
  int rc = AUS_OK;

  if (p->horizon_s == 0) p->horizon_s = 60;
  if (p->half_life_s == 0) p->half_life_s = 30;
  if (p->season_s == 0) p->season_s = 86400;
  if (!(p->horizon_s > 0) || isinf(p->horizon_s))
    AUS_FAIL(err, AUS_ECONFIG, "horizon is %g, need > 0", p->horizon_s);
  if (!(p->half_life_s > 0) || isinf(p->half_life_s))
    AUS_FAIL(err, AUS_ECONFIG, "half_life is %g, need > 0", p->half_life_s);
  if (p->forecast == AUS_SERVERLESS_SEASONAL &&
      (!(p->season_s >= p->horizon_s) || isinf(p->season_s)))
    AUS_FAIL(err, AUS_ECONFIG, "season is %g, need >= horizon %g", p->season_s, p->horizon_s);
  if ((p->scaler == AUS_SERVERLESS_PROKN || p->scaler == AUS_SERVERLESS_PROHETKN) &&
      p->n_features != 1 && p->n_features != 2)
    AUS_FAIL(err, AUS_ECONFIG, "n_features is %d, need 1 or 2", p->n_features);
done:
  return rc;
}

/* ---- marks ---- */

static bool is_behind(const sim *s, aus_mark m, int64_t i)
{
  double t = s->trace->t_s[i], now = s->now, h = s->policy.horizon_s, p = s->policy.season_s;

  if (m >= AUS_MARK_ARRIVED && i >= s->n_arrived) return false;
  switch (m) {
  case AUS_MARK_GATEWAY:
    return i < s->i_event || t < now;
  case AUS_MARK_WITHIN:
    return t <= now + h;
  case AUS_MARK_SOON:
    return floor((t - now) / h) < 1;
  case AUS_MARK_ARRIVED:
    return true;
  case AUS_MARK_RECENT:
    return t < now - h;
  case AUS_MARK_BIN:
    return t < floor(now);
  case AUS_MARK_SEASON_LEVEL:
    return t < now - p - h;
  case AUS_MARK_SEASON:
    return t < now - p;
  case AUS_MARK_SEASON_END:
    return t < now - p + h;
  case AUS_N_MARKS:
    break;
  }
  return false;
}

/* The weight halves every half-life; a request of the last bin that has passed weighs 1. */
static double decay(const sim *s, double age_s)
{
  return exp2(-age_s / s->policy.half_life_s);
}

static void add_weight(sim *s, int f, double bin)
{
  aus_forecaster *fc = &s->forecast;

  fc->weight[f] = fc->weight[f] * decay(s, bin - fc->bin[f]) + 1;
  fc->bin[f] = bin;
}

static void move(sim *s, aus_mark m)
{
  aus_forecaster *fc = &s->forecast;
  int i;

  for (; fc->at[m] < s->trace->n && is_behind(s, m, fc->at[m]); fc->at[m]++) {
    const aus_app_tables *app = &s->app[s->trace->app[fc->at[m]]];

    for (i = 0; i < app->n; i++) {
      fc->passed[app->function[i] * AUS_N_MARKS + (int)m]++;
      if (m == AUS_MARK_BIN) add_weight(s, app->function[i], floor(s->trace->t_s[fc->at[m]]));
    }
  }
}

/* Requests that use f between two marks. */
static double count(sim *s, int f, aus_mark from, aus_mark to)
{
  const int64_t *passed = s->forecast.passed + (ptrdiff_t)f * AUS_N_MARKS;

  move(s, from);
  move(s, to);
  return passed[to] > passed[from] ? (double)(passed[to] - passed[from]) : 0;
}

/* ---- forecasts ---- */

/* The reference: the request the gateway waits for is not seen, and nothing within the horizon means
 * that nothing is known. */
static bool reference(sim *s, int f, double *rps)
{
  *rps = count(s, f, AUS_MARK_GATEWAY, AUS_MARK_SOON) / s->policy.horizon_s;
  return count(s, f, AUS_MARK_GATEWAY, AUS_MARK_WITHIN) > 0;
}

/* A mean over a window that begins at 0 at the earliest. */
static double rate(double n, double end_s, double length_s)
{
  double length = fmin(end_s, length_s);

  return length > 0 ? n / length : 0;
}

static double last(sim *s, int f)
{
  return rate(count(s, f, AUS_MARK_RECENT, AUS_MARK_ARRIVED), s->now, s->policy.horizon_s);
}

/* Over whole seconds; divided by the sum of all weights since time 0, so that an even load is seen
 * as what it is from the start. */
static double ewma(sim *s, int f)
{
  const aus_forecaster *fc = &s->forecast;
  double n = floor(s->now), one = M_LN2 / s->policy.half_life_s;

  move(s, AUS_MARK_BIN);
  if (n < 1) return 0;
  return fc->weight[f] * decay(s, n - 1 - fc->bin[f]) * expm1(-one) / expm1(-one * n);
}

static double seasonal(sim *s, int f)
{
  double p = s->policy.season_s, h = s->policy.horizon_s, level, then, ratio;

  level = last(s, f);
  if (s->now < p) return level;
  then = rate(count(s, f, AUS_MARK_SEASON_LEVEL, AUS_MARK_SEASON), s->now - p, h);
  if (then > 0)
    ratio = fmin(fmax(level / then, 0.25), 4);
  else
    ratio = level > 0 ? 4 : 1;
  return ratio * count(s, f, AUS_MARK_SEASON, AUS_MARK_SEASON_END) / h;
}

bool aus_serverless_forecast_rps(sim *s, int f, double *rps)
{
  switch (s->policy.forecast) {
  case AUS_SERVERLESS_ORACLE:
    if (aus_defect(s, 28)) return reference(s, f, rps);
    *rps = count(s, f, AUS_MARK_ARRIVED, AUS_MARK_SOON) / s->policy.horizon_s;
    break;
  case AUS_SERVERLESS_LAST:
    *rps = last(s, f);
    break;
  case AUS_SERVERLESS_EWMA:
    *rps = ewma(s, f);
    break;
  case AUS_SERVERLESS_SEASONAL:
    *rps = seasonal(s, f);
    break;
  }
  return true;
}

/* ---- models ---- */

double aus_serverless_service_s(const aus_serverless_types *types,
                                const aus_serverless_infra *infra, int task)
{
  const aus_serverless_task_type *t = &types->task[task];
  double sum = 0, n = 0;
  int i, k;

  for (i = 0; i < infra->n_nodes; i++)
    for (k = 0; k < infra->node[i].n_platforms; k++) {
      double exec_s = t->exec_s[infra->node[i].platform[k]];

      if (isnan(exec_s)) continue;
      sum += exec_s;
      n++;
    }
  return n > 0 ? sum / n : 0;
}

void aus_serverless_features(const sim *s, int f, double rps, float *x)
{
  x[0] = (float)rps;
  if (s->policy.n_features > 1) x[1] = (float)aus_serverless_service_s(s->types, s->infra, f);
}

int aus_serverless_ask(const sim *s, int f, int64_t n, int d, const float *x, float *y,
                       aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  for (i = 0; i < n; i++)
    y[i] = 0;
  if (n < 1 || (x[0] == 0 && !aus_defect(s, 28))) goto done;
  AUS_TRY(s->predict->call(s->predict->self, f, n, d, x, y, err));
  /* a model gone wrong must not keep scale_down busy for ever */
  for (i = 0; i < n; i++)
    if (!(fabsf(y[i]) <= 1e6F))
      AUS_FAIL(err, AUS_ENUMERIC, "the model of \"%s\" wants %g replicas for %g requests per s",
               s->types->task[f].name, (double)y[i], (double)x[i * d]);
done:
  return rc;
}
