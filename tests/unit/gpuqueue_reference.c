/* gpuqueue_reference.c - load classes and baselines of the reference on 156 windows of March 2023.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Source: an independent program for the same rules, whose results stand in the specification with two digits behind
 * the point; so the tolerance is half a unit of the last one. Lonestar6 trace, windows of 4 h from 2023-03-01.
 */
#include <config.h>

#include "unit/check.h"

#include "gpuqueue_ls6.h"

static aus_err err;

enum { N_WINDOWS = 156, LIGHT = 0, MEDIUM = 1, N_LOADS = 3 };

typedef struct expected {
  int64_t n_nodes, chain_nodes;
  int n[N_LOADS];
  double reactive_h, zero_percent;
  double average_h, medium_reactive_h, overlap_h; /* in medium windows */
} expected;

static const expected table[] = {
    {76, 1, {98, 53, 5}, 2.56, 53, 5.18, 6.01, 0.28},
    {76, 8, {74, 61, 21}, 4.80, 39, 6.19, 6.85, 0.00},
    {80, 1, {116, 40, 0}, 1.36, 62, 4.42, 4.93, 0.34},
    {80, 8, {97, 50, 9}, 3.06, 44, 5.91, 6.50, 0.14},
    {88, 1, {142, 14, 0}, 0.45, 81, 3.54, 4.19, 0.00},
    {88, 8, {127, 29, 0}, 1.02, 67, 4.55, 4.91, 0.36},
};

typedef struct sums {
  int n[N_LOADS], n_zero;
  double reactive_s, average_s, medium_reactive_s, overlap_s;
} sums;

static void add_window(sums *s, int64_t reactive_s, int64_t average_s)
{
  int load = reactive_s <= 2 * 3600 ? LIGHT : reactive_s <= 12 * 3600 ? MEDIUM : 2;

  s->n[load]++;
  s->n_zero += reactive_s <= 0;
  s->reactive_s += (double)(reactive_s > 0 ? reactive_s : 0);
  if (load != MEDIUM) return;
  s->medium_reactive_s += (double)reactive_s;
  s->average_s += (double)(average_s > 0 ? average_s : 0);
  s->overlap_s += (double)(average_s < 0 ? -average_s : 0);
}

static void load(aus_gpuqueue_trace *t)
{
  char path[1100];

  if (!ls6_is_there(path, sizeof path)) {
    print_message("# SKIP %s is not there\n", path);
    skip();
  }
  check_ok(ls6_load(path, t, &err), &err);
}

static int64_t reward(aus_gpuqueue_window *w, int64_t t_s)
{
  aus_gpuqueue_outcome o;

  check_ok(aus_gpuqueue_window_decide(w, t_s, false, &o, NULL, NULL, &err), &err);
  return o.reward_s;
}

static void check_row(const expected *want)
{
  const aus_gpuqueue_sim_conf conf = ls6_cluster(want->n_nodes);
  const aus_gpuqueue_geometry g = ls6_geometry(LS6_2023_03_01, want->chain_nodes);
  const aus_gpuqueue_window_facts *f;
  aus_gpuqueue_trace t;
  aus_gpuqueue_window *w;
  sums s = {0};
  int64_t i;
  double medium;

  load(&t);
  check_ok(aus_gpuqueue_window_create(&w, &conf, &g, &err), &err);
  f = aus_gpuqueue_window_facts_of(w);
  for (i = 0; i < N_WINDOWS; i++) {
    int64_t average_s;

    check_ok(aus_gpuqueue_window_open(w, &t, i, NULL, NULL, &err), &err);
    average_s = reward(w, f->t_pred_end_s - 60 * f->avg_wait_min);
    add_window(&s, reward(w, f->t_pred_end_s), average_s);
  }
  assert_memory_equal(s.n, want->n, sizeof s.n);
  medium = 3600.0 * s.n[MEDIUM];
  print_message(
      "# %d nodes, chain of %d: reactive %.4f h, %.2f %%; medium: average %.4f h (reactive %.4f), "
      "overlap %.4f h\n",
      (int)want->n_nodes, (int)want->chain_nodes, s.reactive_s / 3600.0 / N_WINDOWS,
      100.0 * s.n_zero / N_WINDOWS, s.average_s / medium, s.medium_reactive_s / medium,
      s.overlap_s / medium);
  assert_true(fabs(s.reactive_s / 3600.0 / N_WINDOWS - want->reactive_h) <= 0.005);
  assert_true(fabs(100.0 * s.n_zero / N_WINDOWS - want->zero_percent) <= 0.5);
  assert_true(fabs(s.average_s / medium - want->average_h) <= 0.005);
  assert_true(fabs(s.medium_reactive_s / medium - want->medium_reactive_h) <= 0.005);
  assert_true(fabs(s.overlap_s / medium - want->overlap_h) <= 0.005);
  aus_gpuqueue_window_destroy(w);
  aus_gpuqueue_trace_fini(&t);
}

static void row(void **state)
{
  check_row(*state);
}

/* ---- D8: what a longer history changes ---- */

typedef struct history {
  int64_t chain_nodes;
  double reactive_h;
  int n_zero;
} history;

static const history histories[] = {{1, 2.78, 73}, {8, 5.47, 52}};

static void reactive(const aus_gpuqueue_trace *t, const aus_gpuqueue_geometry *g, sums *s)
{
  const aus_gpuqueue_sim_conf conf = ls6_cluster(76);
  const aus_gpuqueue_walk *walk = NULL;
  aus_gpuqueue_window *w;
  aus_gpuqueue_warm *warm;
  int64_t i;

  check_ok(aus_gpuqueue_window_create(&w, &conf, g, &err), &err);
  check_ok(aus_gpuqueue_warm_create(&warm, &conf, g, t, &err), &err);
  for (i = 0; i < N_WINDOWS; i++) {
    if (!g->cold) check_ok(aus_gpuqueue_warm_at(warm, i, &walk, NULL, &err), &err);
    check_ok(aus_gpuqueue_window_open(w, t, i, walk, NULL, &err), &err);
    add_window(s, reward(w, aus_gpuqueue_window_facts_of(w)->t_pred_end_s), 0);
  }
  aus_gpuqueue_warm_destroy(warm);
  aus_gpuqueue_window_destroy(w);
}

/* Cold windows with 28 days before the predecessor's submission and 12 behind it, and warm ones, which have five
 * months before them: nobody gave figures of those, but no more windows may be interrupted or fewer. */
static void long_history(void **state)
{
  const history *want = *state;
  aus_gpuqueue_geometry g = ls6_geometry(LS6_2023_03_01, want->chain_nodes);
  aus_gpuqueue_trace t;
  sums cold = {0}, warm = {0};

  load(&t);
  g.cold = false;
  reactive(&t, &g, &warm);
  g.cold = true;
  g.t_start_s -= 26 * LS6_DAY_S;
  g.warmup_s += 26 * LS6_DAY_S;
  g.workload_s += 35 * LS6_DAY_S;
  reactive(&t, &g, &cold);
  print_message("# chain of %d: 28 days %.4f h, %d without interruption; warm %.4f h, %d\n",
                (int)want->chain_nodes, cold.reactive_s / 3600.0 / N_WINDOWS, cold.n_zero,
                warm.reactive_s / 3600.0 / N_WINDOWS, warm.n_zero);
  assert_true(fabs(cold.reactive_s / 3600.0 / N_WINDOWS - want->reactive_h) <= 0.005);
  assert_int_equal(cold.n_zero, want->n_zero);
  assert_int_equal(warm.n_zero, want->n_zero);
  aus_gpuqueue_trace_fini(&t);
}

#define ROW(i)                                                   \
  {                                                              \
    "row " #i, row, NULL, NULL, (void *)(uintptr_t)(&table[(i)]) \
  }

int main(void)
{
  const struct CMUnitTest tests[] = {
      ROW(0),
      ROW(1),
      ROW(2),
      ROW(3),
      ROW(4),
      ROW(5),
      {"history 0", long_history, NULL, NULL, (void *)(uintptr_t)&histories[0]},
      {"history 1", long_history, NULL, NULL, (void *)(uintptr_t)&histories[1]}};

  return cmocka_run_group_tests(tests, NULL, NULL);
}
