/* gpuqueue_synth.c - generated traces have the shape of the ls6 trace, and are the same for a seed.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include "gpuqueue/synth.h"
#include "util/stats.h"

static const aus_gpuqueue_synth like_ls6 = {.seed = 1,
                                            .t_begin_s = 1667260800, /* 2022-11-01 */
                                            .days = 151,
                                            .n_jobs = 24777,
                                            .n_nodes = 80,
                                            .load = 0.74};

static void draw(aus_gpuqueue_trace *t, const aus_gpuqueue_synth *conf)
{
  aus_err err;

  check_ok(aus_gpuqueue_synth_draw(t, conf, &err), &err);
}

typedef struct shape {
  double width_1, width_4, limit_2880, limit_30, zero, minute, at_limit, run_mean_h, run_median_s;
  double load, top_10_users, night, weekend;
} shape;

static int by_count(const void *a, const void *b)
{
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

  return (x < y) - (x > y);
}

static void measure(const aus_gpuqueue_trace *t, const aus_gpuqueue_synth *conf, shape *s)
{
  double *run = calloc((size_t)t->n, sizeof *run), n = (double)t->n;
  int64_t *of_user = calloc((size_t)t->n_users, sizeof *of_user), i;

  *s = (shape){0};
  for (i = 0; i < t->n; i++) {
    const aus_gpuqueue_job *j = &t->job[i];
    int64_t hour = j->t_submit_s / 3600 % 24, weekday = (j->t_submit_s / 86400 + 3) % 7;

    s->width_1 += (j->nodes == 1) / n;
    s->width_4 += (j->nodes == 4) / n;
    s->limit_2880 += (j->limit_min == 2880) / n;
    s->limit_30 += (j->limit_min == 30) / n;
    s->zero += (j->run_s == 0) / n;
    s->minute += (j->run_s < 60) / n;
    s->at_limit += (j->run_s == j->limit_min * 60) / n;
    s->load += (double)(j->run_s * j->nodes) / ((double)conf->n_nodes * conf->days * 86400);
    s->night += (hour < 8) / n;
    s->weekend += (weekday >= 5) / n;
    of_user[j->user]++;
    run[i] = (double)j->run_s;
  }
  aus_stats_sort(run, t->n);
  s->run_mean_h = aus_stats_mean(run, t->n) / 3600;
  s->run_median_s = aus_stats_median(run, t->n);
  qsort(of_user, (size_t)t->n_users, sizeof *of_user, by_count);
  for (i = 0; i < 10; i++)
    s->top_10_users += (double)of_user[i] / n;
  free(run);
  free(of_user);
}

static void within(const char *what, double x, double lo, double hi)
{
  if (!(x >= lo && x <= hi)) fail_msg("%s is %g, not within %g .. %g", what, x, lo, hi);
}

/* The figures of the ls6 trace stand behind each; bounds are what seeds scatter. */
static void shapes(void **state)
{
  aus_gpuqueue_synth conf = like_ls6;

  (void)state;
  for (conf.seed = 1; conf.seed <= 3; conf.seed++) {
    aus_gpuqueue_trace t;
    shape s;

    draw(&t, &conf);
    assert_int_equal(t.n, 24777);
    assert_int_equal(t.n_users, 367);
    measure(&t, &conf, &s);
    within("load", s.load, 0.735, 0.745);
    within("share of 1 node (.795)", s.width_1, 0.74, 0.86);
    within("share of 4 nodes (.072)", s.width_4, 0.03, 0.12);
    within("share of 2880 min (.238)", s.limit_2880, 0.18, 0.30);
    within("share of 30 min (.099)", s.limit_30, 0.06, 0.14);
    within("share of 0 s (.134)", s.zero, 0.12, 0.15);
    within("share below 60 s (.358)", s.minute, 0.32, 0.39);
    within("share at the limit (.157)", s.at_limit, 0.1, 0.3);
    within("mean run time (5.42 h)", s.run_mean_h, 4.4, 6.4);
    within("median run time (459 s)", s.run_median_s, 200, 1400);
    within("share of ten users (.281)", s.top_10_users, 0.2, 0.35);
    within("share between 0 and 8 h (.136)", s.night, 0.11, 0.16);
    within("share of the weekend (.204)", s.weekend, 0.16, 0.25);
    aus_gpuqueue_trace_fini(&t);
  }
}

static void valid(void **state)
{
  aus_gpuqueue_synth conf = like_ls6;
  aus_gpuqueue_trace t;
  int64_t i;

  (void)state;
  conf.n_nodes = 20;
  conf.n_jobs = 3000;
  conf.days = 28;
  conf.load = 0.6;
  draw(&t, &conf);
  assert_int_equal(t.tick_s, 1);
  for (i = 0; i < t.n; i++) {
    const aus_gpuqueue_job *j = &t.job[i];

    assert_true(j->nodes >= 1 && j->nodes <= 20);
    assert_true(j->run_s >= 0 && j->run_s <= j->limit_min * 60);
    assert_true(j->t_submit_s >= conf.t_begin_s && j->t_submit_s < conf.t_begin_s + 28 * 86400);
    assert_true(i == 0 || j->t_submit_s >= t.job[i - 1].t_submit_s);
    assert_int_equal(j->id, 100001 + i);
    assert_true(j->user >= 0 && j->user < t.n_users);
    assert_int_equal(j->t_start_s, AUS_GPUQUEUE_NEVER);
  }
  aus_gpuqueue_trace_fini(&t);
}

static void seeds(void **state)
{
  aus_gpuqueue_synth conf = like_ls6;
  aus_gpuqueue_trace a, b;
  int64_t i, n_same = 0;

  (void)state;
  conf.n_jobs = 1000;
  conf.days = 7;
  draw(&a, &conf);
  draw(&b, &conf);
  assert_memory_equal(a.job, b.job, (size_t)a.n * sizeof *a.job);
  aus_gpuqueue_trace_fini(&b);
  conf.seed = 2;
  draw(&b, &conf);
  for (i = 0; i < a.n; i++)
    n_same += a.job[i].t_submit_s == b.job[i].t_submit_s;
  assert_true(n_same < 20);
  aus_gpuqueue_trace_fini(&a);
  aus_gpuqueue_trace_fini(&b);
}

/* The start times are those of a cluster of that size. */
static void simulated(void **state)
{
  aus_gpuqueue_synth conf = like_ls6;
  aus_gpuqueue_trace t;
  aus_err err;
  int64_t i, peak;

  (void)state;
  conf.n_jobs = 1500;
  conf.days = 10;
  draw(&t, &conf);
  check_ok(aus_gpuqueue_synth_run(&t, 80, &err), &err);
  for (i = 0; i < t.n; i++) {
    assert_true(t.job[i].t_start_s >= t.job[i].t_submit_s);
    assert_int_equal(t.job[i].t_end_s, t.job[i].t_start_s + t.job[i].run_s);
  }
  check_ok(aus_gpuqueue_trace_peak(&t, &peak, &err), &err);
  assert_true(peak > 40 && peak <= 80);
  aus_gpuqueue_trace_fini(&t);
}

static void refused(void **state)
{
  aus_gpuqueue_synth conf = like_ls6;
  aus_gpuqueue_trace t;
  aus_err err;

  (void)state;
  conf.n_jobs = 0;
  check_fails(aus_gpuqueue_synth_draw(&t, &conf, &err), AUS_EINVAL, "a trace of 0 jobs", &err);
  conf = like_ls6;
  conf.days = 0;
  check_fails(aus_gpuqueue_synth_draw(&t, &conf, &err), AUS_EINVAL, "a trace of 0 days", &err);
  conf = like_ls6;
  conf.load = 0;
  check_fails(aus_gpuqueue_synth_draw(&t, &conf, &err), AUS_EINVAL, "80 nodes at load 0", &err);
  conf = like_ls6;
  conf.n_jobs = 10;
  check_fails(aus_gpuqueue_synth_draw(&t, &conf, &err), AUS_EINVAL, "load 0.74 cannot be reached",
              &err);
  assert_null(t.job);
}

static void small(void **state)
{
  aus_gpuqueue_synth conf = {
      .seed = 5, .t_begin_s = 0, .days = 0.01, .n_jobs = 1, .n_nodes = 1, .load = 0.001};
  aus_gpuqueue_trace t;
  aus_err err;
  int rc;

  (void)state;
  rc = aus_gpuqueue_synth_draw(&t, &conf, &err);
  assert_true(rc == AUS_OK || rc == AUS_EINVAL); /* a job that ends at once gives no load */
  for (conf.n_jobs = 2; conf.n_jobs < 40; conf.n_jobs++) {
    aus_gpuqueue_trace_fini(&t);
    aus_err_clear(&err);
    rc = aus_gpuqueue_synth_draw(&t, &conf, &err);
    if (rc == AUS_OK) assert_int_equal(t.n, conf.n_jobs);
  }
  assert_int_equal(rc, AUS_OK);
  aus_gpuqueue_trace_fini(&t);
}

static void out_of_memory(void **state)
{
  aus_gpuqueue_synth conf = like_ls6;
  aus_gpuqueue_trace t;
  aus_err err;
  int64_t k, before = aus_alloc_live();
  int rc;

  (void)state;
  conf.n_jobs = 300;
  conf.days = 2;
  for (k = 0;; k++) {
    aus_err_clear(&err);
    aus_alloc_fail_at(k);
    rc = aus_gpuqueue_synth_draw(&t, &conf, &err);
    aus_alloc_fail_at(-1);
    if (rc == AUS_OK) break;
    assert_int_equal(rc, AUS_ENOMEM);
    assert_int_equal(aus_alloc_live(), before);
  }
  assert_true(k >= 5);
  aus_gpuqueue_trace_fini(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shapes),        cmocka_unit_test(valid),   cmocka_unit_test(seeds),
      cmocka_unit_test(simulated),     cmocka_unit_test(refused), cmocka_unit_test(small),
      cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests_name("gpuqueue_synth", tests, NULL, NULL);
}
