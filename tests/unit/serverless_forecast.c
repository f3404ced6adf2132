/* serverless_forecast.c - forecasts by hand and against their definition, features, no look ahead.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/serverless_stand.h"

#include "util/rng.h"

enum { SOLO, PAIR };
enum { F, G };

/* The rate expected for f at time t. */
static double expected_rps(stand *st, int f, double t_s)
{
  double rps = -1;

  stand_clock(st, t_s);
  assert_true(aus_serverless_forecast_rps(st->sim, f, &rps));
  return rps;
}

static void forecast_begin(stand *st, aus_serverless_forecast forecast, double horizon_s,
                           double half_life_s, double season_s)
{
  aus_serverless_policy p = stand_policy("prokn_prokn", 0);

  p.forecast = forecast;
  p.horizon_s = horizon_s;
  p.half_life_s = half_life_s;
  p.season_s = season_s;
  stand_begin(st, NULL, &p, NULL);
}

/* ---- by hand ---- */

static void last_by_hand(void **state)
{
  stand st;

  (void)state;
  forecast_begin(&st, AUS_SERVERLESS_LAST, 0, 0, 0); /* 60 s */
  stand_request(&st, 1, SOLO, 0);
  stand_request(&st, 2, SOLO, 0);
  stand_request(&st, 3, PAIR, 0);
  stand_request(&st, 50, PAIR, 0);
  assert_true(expected_rps(&st, F, 0) == 0);
  check_near(expected_rps(&st, F, 10), 0.3, 1e-15);
  check_near(expected_rps(&st, G, 10), 0.1, 1e-15);
  check_near(expected_rps(&st, F, 61), 4.0 / 60, 1e-15);
  check_near(expected_rps(&st, F, 63.5), 1.0 / 60, 1e-15);
  assert_true(expected_rps(&st, G, 1000) == 0);
  end(&st);
}

/* Half-life 1 s: the bins 0, 1, 2 with 2, 0, 1 requests weigh 1/4, 1/2, 1. */
static void ewma_by_hand(void **state)
{
  stand st;

  (void)state;
  forecast_begin(&st, AUS_SERVERLESS_EWMA, 0, 1, 0);
  stand_request(&st, 0.25, SOLO, 0);
  stand_request(&st, 0.5, PAIR, 0);
  stand_request(&st, 2.5, SOLO, 0);
  assert_true(expected_rps(&st, F, 0.75) == 0);
  check_near(expected_rps(&st, F, 1), 2, 1e-15);
  check_near(expected_rps(&st, F, 2.75), 1 / 1.5, 1e-15);
  check_near(expected_rps(&st, F, 3.5), 1.5 / 1.75, 1e-15);
  check_near(expected_rps(&st, G, 3.5), 0.25 / 1.75, 1e-15);
  check_near(expected_rps(&st, F, 13), 1.5 / 1024 / (2 - 1.0 / 4096), 1e-15);
  end(&st);
}

static void ewma_of_an_even_load(void **state)
{
  stand st;
  int i;

  (void)state;
  forecast_begin(&st, AUS_SERVERLESS_EWMA, 0, 1e6, 0);
  for (i = 0; i < 4000; i++)
    stand_request(&st, 0.25 * i, SOLO, 0);
  check_near(expected_rps(&st, F, 1.5), 4, 1e-9);
  check_near(expected_rps(&st, F, 30), 4, 1e-9);
  check_near(expected_rps(&st, F, 1000), 4, 1e-9);
  end(&st);
}

/* Period 100, horizon 10: one request per s in [0, 50), two in [50, 60), none until the next period,
 * which has n of them in its seconds 35 to 44. */
static double season_at_145(double per_s)
{
  stand st;
  double t, rps;

  forecast_begin(&st, AUS_SERVERLESS_SEASONAL, 10, 0, 100);
  for (t = 0; t < 50; t++)
    stand_request(&st, t, SOLO, 0);
  for (t = 50; t < 60; t += 0.5)
    stand_request(&st, t, SOLO, 0);
  check_near(expected_rps(&st, F, 58), 1.9, 1e-15); /* the last 10 s: there is no period yet */
  for (t = 135; per_s > 0 && t < 145; t += 1 / per_s)
    stand_request(&st, t, SOLO, 0);
  rps = expected_rps(&st, F, 145);
  end(&st);
  return rps;
}

static void seasonal_by_hand(void **state)
{
  (void)state;
  /* [45, 55) of the last period had 15 requests; its level at 45 was 1 per s */
  check_near(season_at_145(1), 1.5, 1e-12);
  check_near(season_at_145(2), 3, 1e-12);
  check_near(season_at_145(8), 1.5 * 4, 1e-12);
  check_near(season_at_145(0), 1.5 / 4, 1e-12);
}

/* Nothing one period ago: no ratio can be had from it. */
static void seasonal_from_nothing(void **state)
{
  stand st;

  (void)state;
  forecast_begin(&st, AUS_SERVERLESS_SEASONAL, 10, 0, 100);
  stand_request(&st, 52, SOLO, 0);
  stand_request(&st, 149, PAIR, 0);
  assert_true(expected_rps(&st, G, 100) == 0);
  check_near(expected_rps(&st, F, 148), 0.1, 1e-15);   /* 0 against 0: as it was */
  check_near(expected_rps(&st, F, 149.5), 0.4, 1e-15); /* something against 0: the most */
  check_near(expected_rps(&st, G, 150), 0, 1e-15);
  end(&st);
}

/* The next arrival counts, and no arrival is an answer; with D28 neither does. */
static void oracle_by_hand(void **state)
{
  aus_serverless_policy p = stand_policy("prokn_prokn", AUS_SERVERLESS_D(28));
  double rps;
  stand st;

  (void)state;
  forecast_begin(&st, AUS_SERVERLESS_ORACLE, 0, 0, 0);
  stand_request(&st, 10, SOLO, 0);
  stand_request(&st, 20, PAIR, 0);
  stand_request(&st, 79.5, PAIR, 0);
  check_near(expected_rps(&st, F, 0), 2.0 / 60, 1e-15);
  check_near(expected_rps(&st, F, 10), 1.0 / 60, 1e-15);
  check_near(expected_rps(&st, G, 19.75), 2.0 / 60, 1e-15);
  assert_true(expected_rps(&st, F, 79.5) == 0);
  end(&st);

  stand_begin(&st, NULL, &p, NULL);
  stand_request(&st, 10, SOLO, 0);
  stand_request(&st, 20, PAIR, 0);
  stand_request(&st, 60, PAIR, 0);
  st.sim->i_event = 1; /* the gateway waits for the first one */
  check_near(expected_rps(&st, F, 0), 1.0 / 60, 1e-15);
  stand_clock(&st, 60);
  st.sim->i_event = 3;
  assert_false(aus_serverless_forecast_rps(st.sim, F, &rps));
  end(&st);
}

/* ---- against the definition, on random traces ---- */

typedef double definition(const stand *st, int f, double now);

/* Requests of f with from <= t < to (or <= to). */
static double between(const stand *st, int f, double from, double to, bool with_end)
{
  const aus_serverless_trace *trace = &st->sc.trace;
  double n = 0;
  int64_t i;

  for (i = 0; i < trace->n; i++)
    if (trace->t_s[i] >= from && (trace->t_s[i] < to || (with_end && trace->t_s[i] == to)))
      n += f == F || trace->app[i] == PAIR;
  return n;
}

static double plain_last(const stand *st, int f, double now)
{
  double h = st->sc.policy.horizon_s;

  return now > 0 ? between(st, f, now - h, now, true) / fmin(now, h) : 0;
}

static double plain_ewma(const stand *st, int f, double now)
{
  double sum = 0, weights = 0, k, w;

  for (k = 0; k + 1 <= now; k++) {
    w = pow(2, -(floor(now) - 1 - k) / st->sc.policy.half_life_s);
    sum += w * between(st, f, k, k + 1, false);
    weights += w;
  }
  return weights > 0 ? sum / weights : 0;
}

static double plain_seasonal(const stand *st, int f, double now)
{
  double h = st->sc.policy.horizon_s, p = st->sc.policy.season_s, level = plain_last(st, f, now),
         length = fmin(h, now - p), then;

  if (now < p) return level;
  then = length > 0 ? between(st, f, now - p - h, now - p, false) / length : 0;
  then = then > 0 ? fmin(fmax(level / then, 0.25), 4) : level > 0 ? 4 : 1;
  return then * between(st, f, now - p, now - p + h, false) / h;
}

static double plain_oracle(const stand *st, int f, double now)
{
  double h = st->sc.policy.horizon_s;

  return (between(st, f, now, now + h, false) - between(st, f, now, now, true)) / h;
}

/* Gaps in quarters of a second, so that requests meet the ends of windows. */
static void random_requests(stand *st, aus_rng *r, int n, double from_s)
{
  double t = from_s;
  int i;

  for (i = 0; i < n; i++) {
    t += 0.25 * (double)aus_rng_below(r, 8) * (aus_rng_below(r, 20) == 0 ? 20 : 1);
    stand_request(st, t, (int)aus_rng_below(r, 2), 0);
  }
}

static void definitions(void **state)
{
  static definition *const plain[] = {plain_oracle, plain_last, plain_ewma, plain_seasonal};
  aus_rng r = aus_rng_open(5, 0, 0, AUS_RNG_TRACE);
  stand st;
  double t;
  int k, f;

  (void)state;
  for (k = 0; k < 4; k++) {
    forecast_begin(&st, (aus_serverless_forecast)k, 13, 7, 40);
    random_requests(&st, &r, 150, 0);
    for (t = 0; t < 200; t += 0.25 * (double)aus_rng_below(&r, 20))
      for (f = 0; f < 2; f++) {
        double got = expected_rps(&st, f, t), want = plain[k](&st, f, t);

        if (!(fabs(got - want) <= 1e-12))
          fail_msg("forecast %d of %d at %g s: %.17g, want %.17g", k, f, t, got, want);
      }
    end(&st);
  }
}

/* ---- what the model sees and what comes of it ---- */

enum { MAX_ASKED = 2000 };

typedef struct notes {
  const stand *st;
  double factor, t_s[MAX_ASKED];
  float x[MAX_ASKED][5];
  int n, d;
} notes;

static int note(void *self, int task, int64_t n, int d, const float *x, float *y, aus_err *e)
{
  notes *out = self;
  int64_t i;
  int k;

  (void)task;
  (void)e;
  out->d = d;
  for (i = 0; i < n; i++) {
    assert_true(out->n < MAX_ASKED && d <= 5);
    out->t_s[out->n] = out->st->sim->now;
    for (k = 0; k < d; k++)
      out->x[out->n][k] = x[i * d + k];
    out->n++;
    y[i] = (float)(out->factor * (double)x[i * d]);
  }
  return AUS_OK;
}

static int all(void *self, int task)
{
  (void)self;
  (void)task;
  return 1;
}

static void mean_service(void **state)
{
  aus_serverless_policy p = stand_policy("kn_kn", AUS_SERVERLESS_COMPAT);
  stand st;

  (void)state;
  stand_begin(&st, three_types, &p, NULL);
  /* two of 1 s, three of 0.5 s, one of 0.25 s */
  check_near(aus_serverless_service_s(&st.sc.types, &st.sc.infra, F), 0.625, 1e-15);
  check_near(aus_serverless_service_s(&st.sc.types, &st.sc.infra, G), 0.25, 1e-15);
  st.sc.infra.node[0].n_platforms = 2;
  assert_true(aus_serverless_service_s(&st.sc.types, &st.sc.infra, G) == 0);
  st.sc.infra.node[0].n_platforms = 6;
  end(&st);
}

static void two_features(void **state)
{
  aus_serverless_policy p = stand_policy("prokn_prokn", 0);
  notes out = {.factor = 40};
  aus_predict predict = {&out, note, all};
  stand st;

  (void)state;
  p.n_features = 2;
  p.forecast = AUS_SERVERLESS_LAST;
  out.st = &st;
  stand_begin(&st, three_types, &p, NULL);
  st.sim->predict = &predict;
  stand_request(&st, 1, SOLO, 0);
  stand_clock(&st, 10);
  stand_level(&st, F);
  assert_int_equal(out.n, 1);
  assert_int_equal(out.d, 2);
  assert_true(out.x[0][0] == 0.1F && out.x[0][1] == 0.625F);
  assert_int_equal(st.sim->n_diff, 1);
  assert_int_equal(st.sim->diff_type[0], -1);
  assert_true(st.sim->diff[0] == 4);
  end(&st);
}

/* Without D28: ceil of the prediction, never below 0, and also when nothing comes. */
static void prokn_by_hand(void **state)
{
  aus_serverless_policy p = stand_policy("prokn_prokn", 0);
  notes out = {.factor = 25};
  aus_predict predict = {&out, note, all};
  stand st;

  (void)state;
  p.forecast = AUS_SERVERLESS_LAST;
  out.st = &st;
  stand_begin(&st, many_arms, &p, NULL);
  st.sim->predict = &predict;
  stand_replica(&st, F, 0);
  stand_replica(&st, F, 1);
  stand_request(&st, 1, SOLO, 0);
  stand_clock(&st, 10);
  stand_level(&st, F); /* 2.5 */
  assert_true(st.sim->diff[0] == 1);
  out.factor = -1000;
  stand_level(&st, F);
  assert_true(st.sim->diff[0] == -2);
  stand_clock(&st, 100);
  stand_level(&st, F);
  assert_true(out.n == 2 && st.sim->diff[0] == -2); /* nothing comes, nothing is asked */
  st.sim->predict = NULL;
  stand_level(&st, F);
  assert_true(st.sim->diff[0] == 0);
  end(&st);
}

/* ---- no look ahead ---- */

enum { T_CHANGE = 150 };

/* Decisions until the change: what the models were asked, and what was scaled. */
static void same_until(const notes *a, const notes *b, const aus_serverless_scale_rows *x,
                       const aus_serverless_scale_rows *y, int *n_different)
{
  int64_t i;

  *n_different = 0;
  for (i = 0; i < a->n && i < b->n && a->t_s[i] <= T_CHANGE; i++)
    *n_different += a->t_s[i] != b->t_s[i] || a->x[i][0] != b->x[i][0];
  assert_true(i > 50);
  for (i = 0; i < x->n && i < y->n && x->timestamp[i] <= T_CHANGE; i++)
    *n_different += x->timestamp[i] != y->timestamp[i] || x->task[i] != y->task[i] ||
                    x->action[i] != y->action[i];
  assert_true(i > 2);
}

static int run_twice(const char *strategy, uint64_t defects, aus_serverless_forecast forecast)
{
  static notes out[2];
  aus_serverless_policy p = stand_policy(strategy, defects);
  aus_serverless_scale_rows rows[2];
  stand st[2];
  int i, n;

  p.forecast = forecast;
  p.horizon_s = 20;
  p.season_s = 50;
  p.keep_alive_s = 5;
  p.max_time_s = 400;
  for (i = 0; i < 2; i++) {
    aus_rng r = aus_rng_open(9, 0, 0, AUS_RNG_TRACE);
    aus_predict predict = {&out[i], note, all};

    out[i] = (notes){.st = &st[i], .factor = 4};
    stand_begin(&st[i], many_arms, &p, &predict);
    random_requests(&st[i], &r, 2000, 0);
    while (st[i].sc.trace.n > 0 && st[i].sc.trace.t_s[st[i].sc.trace.n - 1] > T_CHANGE)
      st[i].sc.trace.n--;
    r = aus_rng_open(9, 0, (uint64_t)i, AUS_RNG_TRACE);
    random_requests(&st[i], &r, 100 + 50 * i, T_CHANGE + 0.5 + i);
    out[i].n = 0;
    go(&st[i]);
    rows[i] = st[i].result->scale_events;
  }
  same_until(&out[0], &out[1], &rows[0], &rows[1], &n);
  for (i = 0; i < 2; i++)
    end(&st[i]);
  return n;
}

static void no_look_ahead(void **state)
{
  static const char *const strategy[] = {"prokn_prokn", "prohetkn_prohetkn"};
  static const uint64_t defects[] = {AUS_SERVERLESS_COMPAT,
                                     AUS_SERVERLESS_COMPAT & ~AUS_SERVERLESS_D(28), 0};
  int i, k, fc;

  (void)state;
  for (i = 0; i < 2; i++)
    for (k = 0; k < (int)(sizeof defects / sizeof *defects); k++) {
      for (fc = AUS_SERVERLESS_LAST; fc <= AUS_SERVERLESS_SEASONAL; fc++)
        assert_int_equal(run_twice(strategy[i], defects[k], (aus_serverless_forecast)fc), 0);
      /* the oracle is no forecast, so this test can tell */
      assert_true(run_twice(strategy[i], defects[k], AUS_SERVERLESS_ORACLE) > 0);
    }
}

/* ---- refusals ---- */

static void bad_values(void **state)
{
  static const struct {
    double horizon_s, half_life_s, season_s;
    int n_features;
    const char *message;
  } bad[] = {{-1, 0, 0, 1, "horizon is -1, need > 0"},
             {(double)INFINITY, 0, 0, 1, "horizon is inf, need > 0"},
             {0, (double)NAN, 0, 1, "half_life is nan, need > 0"},
             {20, 0, 19, 1, "season is 19, need >= horizon 20"},
             {20, 0, (double)INFINITY, 1, "season is inf, need >= horizon 20"},
             {0, 0, 0, 0, "n_features is 0, need 1 or 2"},
             {0, 0, 0, 3, "n_features is 3, need 1 or 2"}};
  aus_serverless_policy p = stand_policy("prokn_prokn", 0);
  size_t i;
  stand st;

  (void)state;
  stand_begin(&st, NULL, &p, NULL);
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    p.forecast = AUS_SERVERLESS_SEASONAL;
    p.horizon_s = bad[i].horizon_s;
    p.half_life_s = bad[i].half_life_s;
    p.season_s = bad[i].season_s;
    p.n_features = bad[i].n_features;
    st.sc.policy = p;
    check_fails(scenario_run(&st.sc, st.sim, &st.result, &err), AUS_ECONFIG, bad[i].message, &err);
    assert_string_equal(err.text, bad[i].message);
  }
  end(&st);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(last_by_hand),          cmocka_unit_test(ewma_by_hand),
      cmocka_unit_test(ewma_of_an_even_load),  cmocka_unit_test(seasonal_by_hand),
      cmocka_unit_test(seasonal_from_nothing), cmocka_unit_test(oracle_by_hand),
      cmocka_unit_test(definitions),           cmocka_unit_test(mean_service),
      cmocka_unit_test(two_features),          cmocka_unit_test(prokn_by_hand),
      cmocka_unit_test(no_look_ahead),         cmocka_unit_test(bad_values),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
