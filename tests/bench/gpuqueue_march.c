/* gpuqueue_march.c - table of all policies on the Lonestar6 windows of March 2023, learned on windows before.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * gpuqueue_march CHAIN_NODES cold|warm [POLICY ...]: 76 nodes, rules of the reference, 156 windows from 2023-03-01.
 * Everything is learned on the 595 windows from 2022-11-01 that end before 2023-02-15. Prints a table on stdout and
 * the time of each step on stderr; the shared data must be there.
 */
#include <config.h>

#include "gpuqueue/classes.h"
#include "gpuqueue/policy.h"
#include "gpuqueue_ls6.h"
#include "util/clock.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { N_TRAIN = 595, N_VALID = 156 };

typedef struct samples {
  int64_t n;
  float *feature, *reward_h;
  int64_t *window;
} samples;

typedef struct bench {
  aus_gpuqueue_trace trace;
  aus_gpuqueue_sim_conf sim;
  aus_gpuqueue_geometry train, valid;
  samples samples;
  aus_gpuqueue_policy *policy[AUS_GPUQUEUE_N_POLICIES];
  bool wanted[AUS_GPUQUEUE_N_POLICIES];
  int64_t reward_s[AUS_GPUQUEUE_N_POLICIES][N_VALID];
  double begun_s;
} bench;

static void done_with(bench *b, const char *what)
{
  double now_s = aus_clock_s();

  fprintf(stderr, "%8.2f s %s\n", now_s - b->begun_s, what);
  b->begun_s = now_s;
}

static int take_samples(bench *b, aus_gpuqueue_window *w, int64_t index, double *x, aus_err *err)
{
  int rc = AUS_OK, j;
  samples *s = &b->samples;
  aus_gpuqueue_outcome o;

  for (j = 0; j < b->train.n_probes; j++) {
    AUS_TRY(
        aus_gpuqueue_window_decide(w, aus_gpuqueue_window_probe_s(w, j), false, &o, x, NULL, err));
    aus_gpuqueue_features(&b->train, x, o.t_decision_s,
                          s->feature + s->n * aus_gpuqueue_n_features());
    s->reward_h[s->n] = (float)o.reward_s / 3600.0f;
    s->window[s->n++] = index;
  }
done:
  return rc;
}

static int generate(bench *b, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, most = (int64_t)N_TRAIN * b->train.n_probes;
  aus_gpuqueue_window *w = NULL;
  aus_gpuqueue_warm *warm = NULL;
  const aus_gpuqueue_walk *at = NULL;
  double *x = NULL;

  AUS_NEW(x, (int64_t)b->train.n_snapshots * AUS_GPUQUEUE_N_STATE, err);
  AUS_NEW(b->samples.feature, most * aus_gpuqueue_n_features(), err);
  AUS_NEW(b->samples.reward_h, most, err);
  AUS_NEW(b->samples.window, most, err);
  AUS_TRY(aus_gpuqueue_window_create(&w, &b->sim, &b->train, err));
  if (!b->train.cold) AUS_TRY(aus_gpuqueue_warm_create(&warm, &b->sim, &b->train, &b->trace, err));
  for (i = 0; i < N_TRAIN; i++) {
    if (warm) AUS_TRY(aus_gpuqueue_warm_at(warm, i, &at, NULL, err));
    AUS_TRY(aus_gpuqueue_window_open(w, &b->trace, i, at, NULL, err));
    AUS_TRY(take_samples(b, w, i, x, err));
  }
  done_with(b, "samples");
done:
  aus_free(x);
  aus_gpuqueue_window_destroy(w);
  aus_gpuqueue_warm_destroy(warm);
  return rc;
}

static int learn(bench *b, int kind, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf model;
  const aus_gpuqueue_lesson lesson = {.sim = &b->sim,
                                      .geometry = &b->train,
                                      .n_windows = N_TRAIN,
                                      .trace = &b->trace,
                                      .n_samples = b->samples.n,
                                      .feature = b->samples.feature,
                                      .reward_h = b->samples.reward_h,
                                      .window = b->samples.window,
                                      .seed = 1};

  aus_buf_init(&model);
  AUS_TRY(aus_gpuqueue_policy_learn((aus_gpuqueue_policy_kind)kind, &lesson, &model, NULL, err));
  AUS_TRY(aus_gpuqueue_policy_create(&b->policy[kind], (aus_gpuqueue_policy_kind)kind, &b->sim,
                                     &b->valid, model.data, (size_t)model.n, (double)NAN, err));
  done_with(b, aus_gpuqueue_policy_names[kind]);
done:
  aus_buf_fini(&model);
  return rc;
}

static int validate(bench *b, aus_err *err)
{
  int rc = AUS_OK, k;
  int64_t i;
  aus_gpuqueue_window *w = NULL;
  aus_gpuqueue_warm *warm = NULL;
  const aus_gpuqueue_walk *at = NULL;
  aus_gpuqueue_link link;

  AUS_TRY(aus_gpuqueue_window_create(&w, &b->sim, &b->valid, err));
  if (!b->valid.cold) AUS_TRY(aus_gpuqueue_warm_create(&warm, &b->sim, &b->valid, &b->trace, err));
  for (i = 0; i < N_VALID; i++) {
    if (warm) AUS_TRY(aus_gpuqueue_warm_at(warm, i, &at, NULL, err));
    AUS_TRY(aus_gpuqueue_window_open(w, &b->trace, i, at, NULL, err));
    for (k = 0; k < AUS_GPUQUEUE_N_POLICIES; k++) {
      if (!b->policy[k]) continue;
      AUS_TRY(aus_gpuqueue_policy_run(b->policy[k], w, &link, NULL, NULL, err));
      b->reward_s[k][i] = link.outcome.reward_s;
    }
  }
  done_with(b, "validation");
done:
  aus_gpuqueue_window_destroy(w);
  aus_gpuqueue_warm_destroy(warm);
  return rc;
}

static int print(const bench *b, aus_err *err)
{
  int rc = AUS_OK, k;
  const aus_gpuqueue_class_conf conf = {.n_nodes = b->valid.chain_nodes,
                                        .n_block = b->valid.workload_s / b->valid.interval_s,
                                        .n_draws = 2000,
                                        .seed = 1};
  aus_gpuqueue_class c[AUS_GPUQUEUE_N_LOADS], *all = &c[AUS_GPUQUEUE_ALL_LOADS];

  printf("| policy | n | light / medium / heavy | I mean (h) | I median | O mean (h) | zero | "
         "reduction | 95 %% |\n"
         "|---|---|---|---|---|---|---|---|---|\n");
  for (k = 0; k < AUS_GPUQUEUE_N_POLICIES; k++) {
    if (!b->policy[k]) continue;
    AUS_TRY(aus_gpuqueue_classes(&conf, N_VALID, b->reward_s[k], b->reward_s[AUS_GPUQUEUE_REACTIVE],
                                 NULL, NULL, c, err));
    printf("| %s | %" PRId64 " | %" PRId64 " / %" PRId64 " / %" PRId64
           " | %.3f | %.2f | %.3f | %.3f | %.1f %% | %.1f to %.1f |\n",
           aus_gpuqueue_policy_names[k], all->n, c[0].n, c[1].n, c[2].n, all->interruption_mean_h,
           all->interruption_median_h, all->overlap_mean_h, all->zero_frac,
           100.0 * all->reduction_frac, 100.0 * all->reduction.lo, 100.0 * all->reduction.hi);
  }
done:
  return rc;
}

static int prepare(bench *b, int64_t chain_nodes, bool cold, aus_err *err)
{
  int rc = AUS_OK;
  char path[1024];
  aus_gpuqueue_trace all = {0};
  const aus_gpuqueue_filter f = {.from_s = INT64_MIN, .to_s = INT64_MAX, .n_nodes = 76};

  if (!ls6_is_there(path, sizeof path)) AUS_FAIL(err, AUS_EIO, "%s is not there", path);
  AUS_TRY(ls6_load(path, &all, err));
  AUS_TRY(aus_gpuqueue_trace_filter(&b->trace, &all, &f, err));
  b->sim = ls6_cluster(76);
  b->train = ls6_geometry(LS6_2022_11_01, chain_nodes);
  b->train.anchor_start = false;
  b->train.cold = cold;
  b->valid = b->train;
  b->valid.t_start_s = LS6_2023_03_01;
  done_with(b, "trace");
done:
  aus_gpuqueue_trace_fini(&all);
  return rc;
}

static int run(bench *b, aus_err *err)
{
  int rc = AUS_OK, k;

  if (b->wanted[AUS_GPUQUEUE_XGBOOST] || b->wanted[AUS_GPUQUEUE_FOREST]) AUS_TRY(generate(b, err));
  for (k = 0; k < AUS_GPUQUEUE_N_POLICIES; k++)
    if (b->wanted[k] || k == AUS_GPUQUEUE_REACTIVE) AUS_TRY(learn(b, k, err));
  AUS_TRY(validate(b, err));
  AUS_TRY(print(b, err));
done:
  return rc;
}

static bool want(bench *b, int argc, char **argv)
{
  int i, k, n = 0;

  for (k = 0; k < AUS_GPUQUEUE_N_POLICIES; k++) {
    b->wanted[k] = argc == 3;
    for (i = 3; i < argc; i++)
      if (strcmp(argv[i], aus_gpuqueue_policy_names[k]) == 0) b->wanted[k] = true;
    n += b->wanted[k];
  }
  return argc == 3 || n == argc - 3;
}

int main(int argc, char **argv)
{
  bench *b = calloc(1, sizeof *b);
  aus_err err = {0};
  int rc, k;

  if (!b || argc < 3 || !want(b, argc, argv)) {
    fprintf(stderr, "usage: gpuqueue_march CHAIN_NODES cold|warm [POLICY ...]\n");
    free(b);
    return 2;
  }
  b->begun_s = aus_clock_s();
  rc = prepare(b, strtol(argv[1], NULL, 10), strcmp(argv[2], "cold") == 0, &err);
  if (rc == AUS_OK) rc = run(b, &err);
  if (rc != AUS_OK) fprintf(stderr, "%s (%s)\n", err.text, err.where);
  for (k = 0; k < AUS_GPUQUEUE_N_POLICIES; k++)
    aus_gpuqueue_policy_destroy(b->policy[k]);
  aus_free(b->samples.feature);
  aus_free(b->samples.reward_h);
  aus_free(b->samples.window);
  aus_gpuqueue_trace_fini(&b->trace);
  free(b);
  return aus_code_exit(rc);
}
