/* features.c - states to features, and scales.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/features.h"

#include "util/alloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum {
  FROM_ZERO = 12, /* run times of what waits are always 0 */
  TO_ZERO = 17,
  N_KEPT = AUS_GPUQUEUE_N_SEEN - (TO_ZERO - FROM_ZERO),
  N_POOLS = 4,
  N_PRED = 4, /* limit, nodes, wait, elapsed */
  N_TIMES = 5 /* left, day, week */
};

static const double pi = 3.14159265358979323846;

int aus_gpuqueue_n_features(void)
{
  return N_KEPT * (1 + N_POOLS) + N_PRED + N_TIMES;
}

/* Column of a snapshot: what, of whom. */
static void column_name(int col, char *out, size_t n)
{
  static const char *const what[] = {"limit", "queue", "run"};
  const char *who = col < TO_ZERO ? "pending" : "running";

  col %= TO_ZERO;
  if (col < 2)
    snprintf(out, n, "%s_%s", who, col == 0 ? "count" : "nodes");
  else
    snprintf(out, n, "%s_%s_%d", who, what[(col - 2) / 5], (col - 2) % 5 * 25);
}

void aus_gpuqueue_feature_name(int i, char out[40])
{
  static const char *const others[N_PRED + N_TIMES] = {"pred_limit",   "pred_nodes", "pred_wait",
                                                       "pred_elapsed", "pred_left",  "day_sin",
                                                       "day_cos",      "week_sin",   "week_cos"};
  int part = i / N_KEPT, col = i % N_KEPT;
  char name[24];

  if (part > N_POOLS) {
    snprintf(out, 40, "%s", others[i - N_KEPT * (1 + N_POOLS)]);
    return;
  }
  column_name(col < FROM_ZERO ? col : col + TO_ZERO - FROM_ZERO, name, sizeof name);
  if (part == 0)
    snprintf(out, 40, "last.%s", name);
  else
    snprintf(out, 40, "mean%d.%s", part, name);
}

/* Means over n rows of the columns that are kept. */
static float *pool(const double *x, int n, float *out)
{
  int col, i;
  double sum;

  for (col = 0; col < AUS_GPUQUEUE_N_SEEN; col++) {
    if (col >= FROM_ZERO && col < TO_ZERO) continue;
    sum = 0.0;
    for (i = 0; i < n; i++)
      sum += x[i * AUS_GPUQUEUE_N_STATE + col];
    *out++ = (float)log1p(sum / n);
  }
  return out;
}

static float *turn(int64_t t_s, int64_t period_s, float *out)
{
  int64_t rest_s = (t_s % period_s + period_s) % period_s;
  double angle = 2.0 * pi * (double)rest_s / (double)period_s;

  *out++ = (float)sin(angle);
  *out++ = (float)cos(angle);
  return out;
}

/* Part i of the window; at least one row, when there are fewer than parts. */
static float *part(const double *x, int n_rows, int i, float *out)
{
  int from = i * n_rows / N_POOLS, to = (i + 1) * n_rows / N_POOLS;

  return pool(x + (int64_t)from * AUS_GPUQUEUE_N_STATE, to > from ? to - from : 1, out);
}

void aus_gpuqueue_features(const aus_gpuqueue_geometry *g, const double *x, int64_t t_s, float *out)
{
  const double *last = x + (int64_t)(g->n_snapshots - 1) * AUS_GPUQUEUE_N_STATE;
  const double *pred = last + AUS_GPUQUEUE_N_SEEN;
  int i;

  out = pool(last, 1, out);
  for (i = 0; i < N_POOLS; i++)
    out = part(x, g->n_snapshots, i, out);
  for (i = 0; i < N_PRED; i++)
    *out++ = (float)log1p(pred[i]);
  *out++ = (float)log1p(fmax(0.0, pred[0] * 60.0 - pred[3]));
  out = turn(t_s, 86400, out);
  turn(t_s, 7 * 86400, out);
}

int aus_gpuqueue_scale_fit(aus_gpuqueue_scale *s, int64_t n, int d, const float *x, aus_err *err)
{
  int rc = AUS_OK, k;
  int64_t i;
  double sum, dev;

  *s = (aus_gpuqueue_scale){.d = d};
  if (n < 1 || d < 1) AUS_FAIL(err, AUS_EINVAL, "scale of %" PRId64 " rows of %d", n, d);
  AUS_NEW(s->mean, d, err);
  AUS_NEW(s->sd, d, err);
  for (k = 0; k < d; k++) {
    for (sum = 0.0, i = 0; i < n; i++)
      sum += (double)x[i * d + k];
    s->mean[k] = sum / (double)n;
    for (sum = 0.0, i = 0; i < n; i++) {
      dev = (double)x[i * d + k] - s->mean[k];
      sum += dev * dev;
    }
    s->sd[k] = sqrt(sum / (double)n);
    if (!(s->sd[k] > 1e-9 * fmax(1.0, fabs(s->mean[k])))) s->sd[k] = 1.0;
  }
done:
  if (rc != AUS_OK) aus_gpuqueue_scale_fini(s);
  return rc;
}

void aus_gpuqueue_scale_fini(aus_gpuqueue_scale *s)
{
  aus_free(s->mean);
  aus_free(s->sd);
  *s = (aus_gpuqueue_scale){0};
}

void aus_gpuqueue_scale_apply(const aus_gpuqueue_scale *s, int64_t n, float *x)
{
  int64_t i;
  int k;

  for (i = 0; i < n; i++, x += s->d)
    for (k = 0; k < s->d; k++)
      x[k] = (float)(((double)x[k] - s->mean[k]) / s->sd[k]);
}
