/* gpuqueue_sim_golden.c - the reference's schedules, row by row and byte by byte.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Source: the original simulator (GitHub zhaozhang/Mirage) on ten hand-made traces at ticks of 60 and 1 s, and on four
 * windows of its own trace (in $AUSPEX_SHARED). Tolerance: none; for the statistics 1e-12 relative.
 */
#include <config.h>

#include "unit/check.h"

#include "gpuqueue/metrics.h"
#include "unit/gpuqueue_jobs.h"
#include "util/stats.h"
#include "util/tz.h"

static aus_err err;

/* One completed job as a row of the golden files. */
static void print_row(const aus_gpuqueue_sim *s, int64_t seq, bool tiny, aus_buf *out)
{
  const aus_gpuqueue_log log = aus_gpuqueue_sim_log(s);
  const aus_gpuqueue_done *d = &log.done[seq];
  const aus_gpuqueue_job *j = aus_gpuqueue_sim_job(s, d->number);
  int32_t i;

  aus_buf_printf(out, "%lld,%lld,%d,%d,", (long long)seq, (long long)j->id, j->nodes, j->limit_min);
  aus_civil_print(d->t_submit_s, 'T', out);
  aus_buf_text(out, ",");
  aus_civil_print(d->t_start_s, 'T', out);
  aus_buf_text(out, ",");
  aus_civil_print(d->t_end_s, 'T', out);
  aus_buf_printf(out, ",%d,%lld", d->backfilled, (long long)j->run_s);
  if (tiny) {
    aus_buf_text(out, ",");
    aus_civil_print(j->t_start_s, 'T', out);
    aus_buf_printf(out, ",%lld,%lld,", (long long)(d->t_start_s - d->t_submit_s),
                   (long long)(j->t_start_s - j->t_submit_s));
    for (i = 0; i < j->nodes; i++)
      aus_buf_printf(out, "%s%d", i > 0 ? " " : "", log.nodes[d->first_node + i]);
  }
}

/* Compare the log with a golden file; its rows may have more columns than ours. */
static void compare_rows(const char *name, const aus_gpuqueue_sim *s, bool tiny, const char *want)
{
  const aus_gpuqueue_log log = aus_gpuqueue_sim_log(s);
  aus_buf row;
  int64_t i;

  aus_buf_init(&row);
  want = strchr(want, '\n');
  assert_non_null(want);
  for (i = 0; i < log.n; i++) {
    want++;
    aus_buf_clear(&row);
    print_row(s, i, tiny, &row);
    if (strncmp(want, row.data, (size_t)row.n) != 0 || !strchr("\r\n", want[row.n]))
      fail_msg("%s:%lld: %s, want %.*s", name, (long long)i + 2, row.data,
               (int)strcspn(want, "\r\n"), want);
    want = strchr(want, '\n');
    assert_non_null(want);
  }
  if (want[1] != '\0') fail_msg("%s: %lld rows, want more", name, (long long)i);
  aus_buf_fini(&row);
}

static void test_tiny(void **state)
{
  const int64_t tick_s = *(const int64_t *)*state;
  aus_gpuqueue_sim_conf conf = aus_gpuqueue_sim_compat();
  char path[200];
  int i;

  conf.tick_s = tick_s;
  conf.node_ids = true;
  for (i = 0; i < N_TINY; i++) {
    aus_gpuqueue_trace t = {0};
    aus_gpuqueue_sim *s;
    char *want;

    tiny_jobs(&t, &tiny_cases[i], tick_s);
    conf.n_nodes = tiny_cases[i].n_nodes;
    check_ok(aus_gpuqueue_sim_create(&s, &conf, &err), &err);
    check_ok(aus_gpuqueue_sim_load(s, &t, time_of("2024-01-01"), time_of("2024-02-01"), true, &err),
             &err);
    check_ok(aus_gpuqueue_sim_finish(s, NULL, &err), &err);
    snprintf(path, sizeof path, "tests/data/gpuqueue/tiny/%s_%s.csv", tiny_cases[i].name,
             tick_s == 60 ? "m" : "s");
    want = tree_text(path);
    compare_rows(path, s, true, want);
    aus_free(want);
    aus_gpuqueue_sim_destroy(s);
    aus_gpuqueue_trace_fini(&t);
  }
}

/* A window of the shared trace. */
typedef struct window {
  const char *name, *from, *to;
  int64_t n_nodes;
} window;

static const window windows[] = {
    {"week_2022-12-05_n88", "2022-12-05", "2022-12-12", 88},
    {"week_2023-01-23_n76", "2023-01-23", "2023-01-30", 76},
    {"month_2023-01_n80", "2023-01-01", "2023-02-01", 80},
    {"full_n88", "2022-10-05", "2023-04-01", 88},
};

static double golden(const char *text, const char *key)
{
  char quoted[64];
  const char *at;

  snprintf(quoted, sizeof quoted, "\"%s\":", key);
  at = strstr(text, quoted);
  if (!at) fail_msg("no %s", key);
  return strtod(at + strlen(quoted), NULL);
}

/* The files have sorted[floor(p n)]; ours lies between two neighbours. */
static void check_quantile(const char *text, const char *key, double unit, double *x, int64_t n,
                           double p, double got)
{
  double at = p * (double)(n - 1);
  int64_t i = (int64_t)at, k = (int64_t)(p * (double)n);

  aus_stats_sort(x, n);
  check_near(x[k] / unit, golden(text, key), 1e-12);
  check_near(got, x[i] + (at - (double)i) * (x[i + 1 < n ? i + 1 : i] - x[i]), 1e-12);
}

static void compare_quantiles(const char *text, const aus_gpuqueue_sim *s,
                              const aus_gpuqueue_metrics *m)
{
  const aus_gpuqueue_log log = aus_gpuqueue_sim_log(s);
  double *wait = calloc((size_t)log.n, sizeof *wait), *real = calloc((size_t)log.n, sizeof *real),
         *error = calloc((size_t)log.n, sizeof *error);
  int64_t i;

  for (i = 0; i < log.n; i++) {
    const aus_gpuqueue_done *d = &log.done[i];
    const aus_gpuqueue_job *j = aus_gpuqueue_sim_job(s, d->number);

    wait[i] = (double)(d->t_start_s - d->t_submit_s);
    real[i] = (double)(j->t_start_s - j->t_submit_s);
    error[i] = fabs((double)(d->t_start_s - j->t_start_s));
  }
  check_quantile(text, "median_wait_sim_s", 1, wait, log.n, 0.5, m->wait_median_s);
  check_quantile(text, "median_wait_real_s", 1, real, log.n, 0.5, m->real_wait_median_s);
  check_quantile(text, "median_ae_start_s", 1, error, log.n, 0.5, m->error_abs_median_s);
  check_quantile(text, "p90_sim_h", 3600, wait, log.n, 0.9, m->wait_p90_s);
  check_quantile(text, "p90_real_h", 3600, real, log.n, 0.9, m->real_wait_p90_s);
  check_quantile(text, "p90_ae_h", 3600, error, log.n, 0.9, m->error_abs_p90_s);
  free(wait);
  free(real);
  free(error);
}

static void compare_metrics(const char *text, const aus_gpuqueue_metrics *m)
{
  const double hour = 3600;

  assert_int_equal(m->n, (int64_t)golden(text, "n"));
  assert_int_equal(m->n_real, m->n);
  assert_int_equal(m->n_backfilled, (int64_t)golden(text, "backfilled"));
  check_near(m->wait_mean_s / hour, golden(text, "mean_wait_sim_h"), 1e-12);
  check_near(m->real_wait_mean_s / hour, golden(text, "mean_wait_real_h"), 1e-12);
  check_near(m->wait_max_s / hour, golden(text, "max_sim_h"), 1e-12);
  check_near(m->real_wait_max_s / hour, golden(text, "max_real_h"), 1e-12);
  check_near(m->error_mean_s / hour, golden(text, "mean_start_err_h"), 1e-12);
  check_near(m->error_abs_mean_s / hour, golden(text, "mae_start_h"), 1e-12);
  check_near(m->within_10min_frac, golden(text, "within_10min"), 1e-12);
  check_near(m->within_1h_frac, golden(text, "within_1h"), 1e-12);
  check_near(m->makespan_s / hour, golden(text, "makespan_sim_h"), 1e-12);
  check_near(m->real_makespan_s / hour, golden(text, "makespan_real_h"), 1e-12);
}

static void test_window(void **state)
{
  const window *w = *state;
  aus_gpuqueue_sim_conf conf = aus_gpuqueue_sim_compat();
  aus_gpuqueue_trace t = {0};
  aus_gpuqueue_sim *s;
  aus_gpuqueue_metrics m;
  char path[200], *want;
  size_t n;

  shared_jobs(&t, 60);
  conf.n_nodes = w->n_nodes;
  check_ok(aus_gpuqueue_sim_create(&s, &conf, &err), &err);
  check_ok(aus_gpuqueue_sim_load(s, &t, time_of(w->from), time_of(w->to), true, &err), &err);
  check_ok(aus_gpuqueue_sim_finish(s, NULL, &err), &err);
  snprintf(path, sizeof path, "gpuqueue/windows/%s.csv.gz", w->name);
  want = shared_expanded(path, &n);
  compare_rows(path, s, false, want);
  aus_free(want);
  check_ok(aus_gpuqueue_metrics_of(s, w->n_nodes, &m, &err), &err);
  snprintf(path, sizeof path, "gpuqueue/windows/%s.json", w->name);
  want = shared_text(path, &n);
  compare_metrics(want, &m);
  compare_quantiles(want, s, &m);
  free(want);
  aus_gpuqueue_sim_destroy(s);
  aus_gpuqueue_trace_fini(&t);
}

int main(void)
{
  static int64_t minutes = 60, seconds = 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_prestate(test_tiny, &minutes),
      cmocka_unit_test_prestate(test_tiny, &seconds),
      cmocka_unit_test_prestate(test_window, (void *)&windows[0]),
      cmocka_unit_test_prestate(test_window, (void *)&windows[1]),
      cmocka_unit_test_prestate(test_window, (void *)&windows[2]),
      cmocka_unit_test_prestate(test_window, (void *)&windows[3]),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
