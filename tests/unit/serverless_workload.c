/* serverless_workload.c - thickened traces against the original's steps, generators, streams.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/workload.h"
#include "unit/check.h"

#include "unit/serverless_types.h"

#include "util/rng.h"

static aus_err err;
static example_types example;

/* Two applications, aux before nofs-dnn1 in the file, the same by name. */
typedef struct fixture {
  aus_serverless_space space;
  char name[2][12], *app_name[2];
  int app[2], app_sorted[2];
  double x[5]; /* bandwidth, cluster, one device, workload_aux, workload_nofs-dnn1 */
  aus_serverless_trace base, out;
} fixture;

/* 40 s of three applications with equal times here and there and empty seconds. */
static void setup(fixture *f)
{
  aus_rng r = aus_rng_open(31, 0, 0, AUS_RNG_TRACE);
  double t = 0.25;
  int i;

  example_types_make(&example);
  *f = (fixture){
      .name = {"nofs-dnn1", "aux"}, .app = {0, 1}, .app_sorted = {1, 0}, .x = {100, 5, 1, 1, 1}};
  f->app_name[0] = f->name[0];
  f->app_name[1] = f->name[1];
  f->space = (aus_serverless_space){.n_devices = 1,
                                    .n_apps = 2,
                                    .app = f->app,
                                    .app_name = f->app_name,
                                    .app_sorted = f->app_sorted,
                                    .n_x = 5};
  for (i = 0; i < 400; i++) {
    check_ok(aus_serverless_trace_add(&f->base, t, (int)aus_rng_below(&r, 3),
                                      (int)aus_rng_below(&r, 3), &err),
             &err);
    if (aus_rng_below(&r, 3)) t += 0.2 * aus_rng_uniform(&r);
    if (i % 100 == 99) t += 3.0;
  }
}

static void teardown(fixture *f)
{
  aus_serverless_trace_fini(&f->base);
  aus_serverless_trace_fini(&f->out);
}

static void thicken(fixture *f, uint64_t seed, int64_t scenario)
{
  check_ok(aus_serverless_space_workload(&f->space, f->x, &f->base, seed, scenario, &f->out, &err),
           &err);
}

/* The steps of the original: per application group by second, append clones, concatenate; then over
 * applications, and a stable sort by time. */
static void by_the_book(const fixture *f, uint64_t seed, int64_t scenario,
                        aus_serverless_trace *out)
{
  int64_t i, k, first, n, extra;
  int a, s, app, qos;
  double t, factor;
  aus_rng r;

  for (a = 0; a < 2; a++) {
    app = f->app[a];
    factor = f->x[a == 0 ? 4 : 3];
    for (s = 0; s < 100; s++) {
      for (first = -1, n = 0, i = 0; i < f->base.n; i++) {
        if (f->base.app[i] != app || (int)f->base.t_s[i] != s) continue;
        if (first < 0) first = i;
        n++;
        check_ok(aus_serverless_trace_add(out, f->base.t_s[i], app, f->base.qos[i], &err), &err);
      }
      r = aus_rng_open(seed, 0, (uint64_t)scenario << 16 | (uint64_t)app, AUS_RNG_ARRIVALS);
      r.next = 64 * (uint64_t)s;
      extra = n > 0 && factor > 1.0 ? aus_rng_poisson(&r, factor * (double)n - (double)n) : 0;
      for (k = 0; k < extra; k++)
        check_ok(aus_serverless_trace_add(out, f->base.t_s[first], app, f->base.qos[first], &err),
                 &err);
    }
  }
  for (i = 1; i < out->n; i++) /* insertion sort: stable */
    for (k = i; k > 0 && out->t_s[k - 1] > out->t_s[k]; k--) {
      t = out->t_s[k];
      app = out->app[k];
      qos = out->qos[k];
      out->t_s[k] = out->t_s[k - 1];
      out->app[k] = out->app[k - 1];
      out->qos[k] = out->qos[k - 1];
      out->t_s[k - 1] = t;
      out->app[k - 1] = app;
      out->qos[k - 1] = qos;
    }
}

static void check_same(const aus_serverless_trace *a, const aus_serverless_trace *b)
{
  assert_int_equal(a->n, b->n);
  assert_memory_equal(a->t_s, b->t_s, (size_t)a->n * sizeof *a->t_s);
  assert_memory_equal(a->app, b->app, (size_t)a->n * sizeof *a->app);
  assert_memory_equal(a->qos, b->qos, (size_t)a->n * sizeof *a->qos);
}

static void like_the_original(void **state)
{
  static const double factors[][2] = {{1, 1}, {0.25, 0}, {1.5, 1}, {2, 3.7}, {0.5, 1.01}, {40, 2}};
  aus_serverless_trace want = {0};
  fixture f;
  size_t i;

  (void)state;
  setup(&f);
  for (i = 0; i < sizeof factors / sizeof factors[0]; i++) {
    f.x[3] = factors[i][0];
    f.x[4] = factors[i][1];
    want.n = 0;
    by_the_book(&f, 9, (int64_t)i, &want);
    thicken(&f, 9, (int64_t)i);
    check_same(&f.out, &want);
  }
  assert_true(f.out.n > 2000);
  aus_serverless_trace_fini(&want);
  teardown(&f);
}

static int64_t count_app(const aus_serverless_trace *t, int app)
{
  int64_t i, n = 0;

  for (i = 0; i < t->n; i++)
    n += t->app[i] == app;
  return n;
}

/* A factor of at most 1 leaves the application's events; other applications are dropped. */
static void unchanged(void **state)
{
  fixture f;

  (void)state;
  setup(&f);
  f.x[3] = 0.1;
  thicken(&f, 1, 0);
  assert_int_equal(f.out.n, count_app(&f.base, 0) + count_app(&f.base, 1));
  assert_true(count_app(&f.base, 2) > 50);
  assert_int_equal(count_app(&f.out, 2), 0);
  check_near(f.out.duration_s, trunc(f.out.t_s[f.out.n - 1]) - trunc(f.out.t_s[0]) + 1, 0);
  check_near(f.out.rps, (double)f.out.n / f.out.duration_s, 1e-15);
  teardown(&f);
}

/* The expected number of clones of 300 scenarios, bound 4 sigma; other streams give other
 * counts. */
static void rate(void **state)
{
  fixture f;
  double total = 0.0, n;
  int64_t i, last = -1;
  int changes = 0;

  (void)state;
  setup(&f);
  n = (double)count_app(&f.base, 1);
  f.x[3] = 2.5;
  for (i = 0; i < 300; i++) {
    thicken(&f, 77, i);
    total += (double)count_app(&f.out, 1) - n;
    changes += count_app(&f.out, 1) != last;
    last = count_app(&f.out, 1);
    assert_int_equal(count_app(&f.out, 0), count_app(&f.base, 0));
  }
  assert_true(fabs(total - 300 * 1.5 * n) <= 4.0 * sqrt(300 * 1.5 * n));
  assert_true(changes > 250);
  teardown(&f);
}

/* One application's factor does not touch the other's arrivals (the random world stays the
 * same). */
static void common_world(void **state)
{
  fixture f, g;
  int64_t i, k;

  (void)state;
  setup(&f);
  setup(&g);
  f.x[3] = g.x[3] = 1.5;
  g.x[4] = 3;
  thicken(&f, 5, 1);
  thicken(&g, 5, 1);
  assert_true(count_app(&g.out, 0) > count_app(&f.out, 0));
  for (i = k = 0; i < f.out.n; i++) {
    if (f.out.app[i] != 1) continue;
    while (g.out.app[k] != 1)
      k++;
    assert_true(f.out.t_s[i] == g.out.t_s[k++]);
  }
  teardown(&f);
  teardown(&g);
}

static const aus_serverless_scaling ours = {.thin = true, .clone_jitter = true};

static void scale(fixture *f, double aux, double dnn, int64_t scenario, aus_serverless_trace *out)
{
  f->x[3] = aux;
  f->x[4] = dnn;
  check_ok(aus_serverless_workload_sample(&f->space, f->x, &f->base, &ours, 5, scenario, out, &err),
           &err);
}

/* Every event of a has one of its own in b: same time, application and QoS. */
static bool is_part(const aus_serverless_trace *a, const aus_serverless_trace *b)
{
  int64_t i, k = 0;

  for (i = 0; i < a->n; i++, k++) {
    while (k < b->n && (b->t_s[k] != a->t_s[i] || b->app[k] != a->app[i] || b->qos[k] != a->qos[i]))
      k++;
    if (k == b->n) return false;
  }
  return true;
}

/* In one scenario a larger factor keeps all events of a smaller one, from nothing to many clones; from
 * other draws it would not. Both switches on. */
static void nested(void **state)
{
  static const double factor[] = {0, 0.05, 0.3, 0.31, 0.8, 0.999, 1, 1.001, 1.3, 2, 2.01, 5, 20};
  aus_serverless_trace small = {0};
  fixture f;
  size_t i;

  (void)state;
  setup(&f);
  scale(&f, 0, 0, 3, &small);
  assert_int_equal(small.n, 0);
  assert_true(small.rps == 0.0 && small.duration_s == 0.0);
  for (i = 1; i < sizeof factor / sizeof factor[0]; i++) {
    scale(&f, factor[i], factor[i], 3, &f.out);
    assert_true(is_part(&small, &f.out));
    scale(&f, factor[i], factor[i], 3, &small);
    if (factor[i] == 1) assert_int_equal(small.n, count_app(&f.base, 0) + count_app(&f.base, 1));
  }
  scale(&f, 0.8, 0.8, 3, &small);
  scale(&f, 0.9, 0.9, 4, &f.out);
  assert_false(is_part(&small, &f.out));
  aus_serverless_trace_fini(&small);
  teardown(&f);
}

/* A share f of the events stays (300 scenarios, 4 sigma); the other application is as it was. */
static void thinned(void **state)
{
  double kept = 0.0, n;
  fixture f;
  int64_t i;

  (void)state;
  setup(&f);
  n = 300.0 * (double)count_app(&f.base, 1);
  for (i = 0; i < 300; i++) {
    scale(&f, 0.3, 1, i, &f.out);
    kept += (double)count_app(&f.out, 1);
    assert_int_equal(count_app(&f.out, 0), count_app(&f.base, 0));
  }
  assert_true(fabs(kept - 0.3 * n) <= 4.0 * sqrt(0.3 * 0.7 * n));
  teardown(&f);
}

/* Spread clones: as many in each second as without, in their second, uniform (mean place and 4 sigma). */
static void jitter(void **state)
{
  aus_serverless_trace plain = {0};
  double sum = 0.0, n = 0.0, place;
  fixture f;
  int64_t i, k = 0;

  (void)state;
  setup(&f);
  f.x[3] = f.x[4] = 30;
  check_ok(aus_serverless_space_workload(&f.space, f.x, &f.base, 5, 1, &plain, &err), &err);
  scale(&f, 30, 30, 1, &f.out);
  assert_int_equal(f.out.n, plain.n);
  for (i = 0; i < f.out.n; i++) {
    assert_true(trunc(f.out.t_s[i]) == trunc(plain.t_s[i]));
    assert_true(i == 0 || f.out.t_s[i] >= f.out.t_s[i - 1]);
    while (k < f.base.n && f.base.t_s[k] < f.out.t_s[i])
      k++;
    if (k < f.base.n && f.base.t_s[k] == f.out.t_s[i]) continue;
    place = f.out.t_s[i] - trunc(f.out.t_s[i]);
    sum += place;
    n++;
  }
  assert_true(n > 5000);
  assert_true(fabs(sum / n - 0.5) <= 4.0 * sqrt(1 / 12.0 / n));
  aus_serverless_trace_fini(&plain);
  teardown(&f);
}

static void empty_and_bad(void **state)
{
  fixture f;

  (void)state;
  setup(&f);
  f.base.n = 0;
  f.x[3] = 2;
  thicken(&f, 1, 0);
  assert_int_equal(f.out.n, 0);
  assert_true(f.out.rps == 0.0 && f.out.duration_s == 0.0);
  f.x[3] = NAN;
  check_fails(aus_serverless_space_workload(&f.space, f.x, &f.base, 1, 0, &f.out, &err), AUS_EINVAL,
              "factor of aux is nan", &err);
  f.x[3] = -1;
  check_fails(aus_serverless_space_workload(&f.space, f.x, &f.base, 1, 0, &f.out, &err), AUS_EINVAL,
              "is -1", &err);
  teardown(&f);
}

/* One of the shapes that need rates alone. */
static int make(int shape, int n, const int *app, const double *rates, double duration_s,
                uint64_t seed, aus_serverless_trace *out, aus_err *e)
{
  aus_serverless_load load = {.shape = (aus_serverless_shape)shape,
                              .n_apps = n,
                              .app = app,
                              .rate_rps = rates,
                              .duration_s = duration_s};

  return aus_serverless_workload_make(&example.types, &load, seed, out, e);
}

static void check_order(const aus_serverless_trace *t)
{
  int64_t i;

  for (i = 1; i < t->n; i++)
    assert_true(t->t_s[i] >= t->t_s[i - 1]);
}

static int64_t count_between(const aus_serverless_trace *t, int app, double from, double to)
{
  int64_t i, n = 0;

  for (i = 0; i < t->n; i++)
    n += t->app[i] == app && t->t_s[i] >= from && t->t_s[i] < to;
  return n;
}

static void check_count(int64_t n, double mean)
{
  if (!(fabs((double)n - mean) <= 4.0 * sqrt(mean))) fail_msg("%d arrivals, want %g", (int)n, mean);
}

/* Counts within 4 sigma; one QoS type per application. */
static void generators(void **state)
{
  static const int app[] = {2, 0};
  static const double rates[] = {30, 4};
  aus_serverless_trace t = {0}, u = {0};
  int64_t i;
  int ramp, a;

  (void)state;
  example_types_make(&example);
  check_ok(make(0, 2, app, rates, 400, 3, &t, &err), &err);
  check_order(&t);
  for (a = 0; a < 2; a++)
    check_count(count_between(&t, app[a], 0, 400), 400 * rates[a]);
  assert_int_equal(count_between(&t, 2, 0, 400) + count_between(&t, 0, 0, 400), t.n);
  for (i = 0; i < t.n; i++)
    if (t.app[i] == t.app[0]) assert_int_equal(t.qos[i], t.qos[0]);
  check_ok(make(1, 2, app, rates, 350, 3, &u, &err), &err);
  check_order(&u);
  for (ramp = 0; ramp < 4; ramp++)
    check_count(count_between(&u, 2, ramp * 30, ramp * 30 + 30), 30 * 7.5 * (ramp + 1));
  check_count(count_between(&u, 2, 120, 470), 350 * 30);
  assert_int_equal(count_between(&u, 2, 470, 1e9), 0);
  assert_true(u.t_s[u.n - 1] > 468);
  /* Another application beside it does not change an application's arrivals. */
  check_ok(make(0, 1, app + 1, rates + 1, 400, 3, &u, &err), &err);
  assert_int_equal(u.n, count_between(&t, 0, 0, 400));
  check_ok(make(0, 1, app + 1, rates + 1, 400, 4, &u, &err), &err);
  assert_true(u.n != count_between(&t, 0, 0, 400) || u.t_s[0] != t.t_s[0]);
  aus_serverless_trace_fini(&t);
  aus_serverless_trace_fini(&u);
}

static void generators_bad(void **state)
{
  static const int app[] = {0};
  double r = 0.0;
  aus_serverless_trace t = {0};

  (void)state;
  example_types_make(&example);
  check_ok(make(1, 1, app, &r, 350, 3, &t, &err), &err);
  assert_int_equal(t.n, 0);
  check_ok(make(0, 0, app, &r, 350, 3, &t, &err), &err);
  assert_int_equal(t.n, 0);
  r = NAN;
  check_fails(make(0, 1, app, &r, 350, 3, &t, &err), AUS_EINVAL, "nan", &err);
  r = -1;
  check_fails(make(0, 1, app, &r, 350, 3, &t, &err), AUS_EINVAL, "-1", &err);
  r = 1;
  check_fails(make(0, 1, app, &r, NAN, 3, &t, &err), AUS_EINVAL, "nan", &err);
  check_fails(make(4, 1, app, &r, 1, 3, &t, &err), AUS_EINVAL, "shape 4", &err);
  aus_serverless_trace_fini(&t);
}

static void out_of_memory(void **state)
{
  static const int app[] = {2, 0};
  static const double rates[] = {30, 4};
  int64_t live, i;
  fixture f;
  int rc;

  (void)state;
  setup(&f);
  f.x[3] = 2;
  live = aus_alloc_live();
  for (i = 0; i < 1000; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_serverless_workload_sample(&f.space, f.x, &f.base, &ours, 1, 0, &f.out, &err);
    if (rc == AUS_OK) rc = make(1, 2, app, rates, 10, 3, &f.out, &err);
    aus_serverless_trace_fini(&f.out);
    assert_int_equal(aus_alloc_live(), live);
    if (!aus_alloc_failed()) break;
    assert_int_equal(rc, AUS_ENOMEM);
  }
  aus_alloc_fail_at(-1);
  assert_int_equal(rc, AUS_OK);
  teardown(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(like_the_original),
      cmocka_unit_test(unchanged),
      cmocka_unit_test(rate),
      cmocka_unit_test(common_world),
      cmocka_unit_test(nested),
      cmocka_unit_test(thinned),
      cmocka_unit_test(jitter),
      cmocka_unit_test(empty_and_bad),
      cmocka_unit_test(generators),
      cmocka_unit_test(generators_bad),
      cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
