/* match/durations.c - nearest builds, boosted trees, a monotone spline, the mean.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/durations.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "learn/isotonic.h"
#include "learn/xgb.h"
#include "util/alloc.h"
#include "util/stats.h"

const char *const aus_match_duration_names[AUS_MATCH_DURATION_KINDS] = {"knn", "trees", "spline",
                                                                        "mean"};

struct aus_match_duration {
  aus_match_duration_kind kind;
  int64_t n;
  double *memory_bytes, *duration_s; /* of knn: n */
  double mean_s;
  aus_xgb *trees; /* of the difference to the mean */
  aus_isotonic *curve;
};

double aus_match_nearest(const double *x, const double *y, int64_t n, int k, double at)
{
  int64_t best[AUS_MATCH_NEIGHBOURS], i;
  int found = 0, m;
  double sum = 0.0;

  if (k > AUS_MATCH_NEIGHBOURS) k = AUS_MATCH_NEIGHBOURS;
  for (i = 0; i < n; i++) {
    double d = fabs(x[i] - at);

    if (found == k && !(d < fabs(x[best[k - 1]] - at))) continue;
    m = found < k ? found++ : k - 1;
    for (; m > 0 && d < fabs(x[best[m - 1]] - at); m--)
      best[m] = best[m - 1];
    best[m] = i;
  }
  for (m = 0; m < found; m++)
    sum += y[best[m]];
  return found > 0 ? sum / found : (double)NAN;
}

static int check(int64_t n, const double *memory_bytes, const double *duration_s, aus_err *err)
{
  int64_t i;

  if (n < 1) return aus_fail(err, AUS_EINVAL, AUS_HERE, "duration from %" PRId64 " builds", n);
  for (i = 0; i < n; i++)
    if (!(memory_bytes[i] > 0.0 && isfinite(memory_bytes[i]) && duration_s[i] >= 0.0 &&
          isfinite(duration_s[i])))
      return aus_fail(err, AUS_ENUMERIC, AUS_HERE,
                      "build %" PRId64 " took %g s with %g bytes, need >= 0 and > 0", i,
                      duration_s[i], memory_bytes[i]);
  return AUS_OK;
}

static int keep(aus_match_duration *d, const double *memory_bytes, const double *duration_s,
                aus_err *err)
{
  int rc = AUS_OK;

  AUS_NEW(d->memory_bytes, d->n, err);
  AUS_NEW(d->duration_s, d->n, err);
  memcpy(d->memory_bytes, memory_bytes, (size_t)d->n * sizeof *memory_bytes);
  memcpy(d->duration_s, duration_s, (size_t)d->n * sizeof *duration_s);
done:
  return rc;
}

/* Few rows of one feature: shallow trees, slowly, and no leaf of fewer builds than the neighbours of knn. */
static aus_xgb_conf small(void)
{
  aus_xgb_conf c = aus_xgb_defaults();

  c.rounds = 50;
  c.max_depth = 2;
  c.eta = 0.1;
  c.min_child_weight = AUS_MATCH_NEIGHBOURS;
  c.base_score = 0.0;
  return c;
}

static int grow(aus_match_duration *d, const double *memory_bytes, const double *duration_s,
                aus_err *err)
{
  int rc = AUS_OK;
  aus_xgb_conf conf = small();
  float *x = NULL, *y = NULL;
  int64_t i;

  AUS_NEW(x, d->n, err);
  AUS_NEW(y, d->n, err);
  for (i = 0; i < d->n; i++) {
    x[i] = (float)memory_bytes[i];
    y[i] = (float)(duration_s[i] - d->mean_s);
  }
  AUS_TRY(aus_xgb_train(&d->trees, &conf, d->n, 1, x, y, NULL, err));
done:
  aus_free(x);
  aus_free(y);
  return rc;
}

int aus_match_duration_fit(aus_match_duration **out, aus_match_duration_kind kind, int64_t n,
                           const double *memory_bytes, const double *duration_s, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_duration *d = NULL;

  *out = NULL;
  AUS_TRY(check(n, memory_bytes, duration_s, err));
  AUS_NEW(d, 1, err);
  d->kind = kind;
  d->n = n;
  d->mean_s = aus_stats_mean(duration_s, n);
  if (kind == AUS_MATCH_DURATION_KNN) AUS_TRY(keep(d, memory_bytes, duration_s, err));
  if (kind == AUS_MATCH_DURATION_TREES) AUS_TRY(grow(d, memory_bytes, duration_s, err));
  if (kind == AUS_MATCH_DURATION_SPLINE)
    AUS_TRY(aus_isotonic_fit(&d->curve, n, memory_bytes, duration_s, err));
  *out = d;
  d = NULL;
done:
  aus_match_duration_destroy(d);
  return rc;
}

void aus_match_duration_destroy(aus_match_duration *d)
{
  if (!d) return;
  aus_free(d->memory_bytes);
  aus_free(d->duration_s);
  aus_xgb_destroy(d->trees);
  aus_isotonic_destroy(d->curve);
  aus_free(d);
}

static int ask_trees(const aus_match_duration *d, int64_t n, const double *memory_bytes,
                     double *out_s, aus_err *err)
{
  int rc = AUS_OK;
  float *x = NULL, *y = NULL;
  int64_t i;

  AUS_NEW(x, n, err);
  AUS_NEW(y, n, err);
  for (i = 0; i < n; i++)
    x[i] = (float)memory_bytes[i];
  AUS_TRY(aus_xgb_predict(d->trees, n, 1, x, y, err));
  for (i = 0; i < n; i++) /* a sum of trees may go below what it has seen */
    out_s[i] = fmax(0.0, d->mean_s + (double)y[i]);
done:
  aus_free(x);
  aus_free(y);
  return rc;
}

int aus_match_duration_predict(const aus_match_duration *d, int64_t n, const double *memory_bytes,
                               double *out_s, aus_err *err)
{
  int64_t i;

  if (d->kind == AUS_MATCH_DURATION_TREES) return ask_trees(d, n, memory_bytes, out_s, err);
  for (i = 0; i < n; i++)
    if (d->kind == AUS_MATCH_DURATION_KNN)
      out_s[i] = aus_match_nearest(d->memory_bytes, d->duration_s, d->n, AUS_MATCH_NEIGHBOURS,
                                   memory_bytes[i]);
    else if (d->kind == AUS_MATCH_DURATION_SPLINE)
      out_s[i] = aus_isotonic_at(d->curve, memory_bytes[i]);
    else
      out_s[i] = d->mean_s;
  return AUS_OK;
}
