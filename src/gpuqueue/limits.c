/* gpuqueue/limits.c - time limits for a trace that has none.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/limits.h"

#include "learn/xgb.h"
#include "util/alloc.h"

enum { MINUTE_S = 60, SEED = 100, DEPTH = 12 };

bool aus_gpuqueue_limits_missing(const aus_gpuqueue_trace *t)
{
  int64_t i;

  for (i = 0; i < t->n; i++)
    if (t->job[i].limit_min <= 0) return true;
  return false;
}

static int train(aus_xgb **model, const aus_gpuqueue_trace *ref, aus_err *err)
{
  int rc = AUS_OK;
  aus_xgb_conf conf = aus_xgb_forest();
  float *run_s = NULL, *limit_min = NULL;
  int64_t i, n = 0;

  AUS_NEW(run_s, ref->n + 1, err);
  AUS_NEW(limit_min, ref->n + 1, err);
  for (i = 0; i < ref->n; i++) {
    if (ref->job[i].limit_min <= 0) continue;
    run_s[n] = (float)ref->job[i].run_s;
    limit_min[n++] = (float)ref->job[i].limit_min;
  }
  if (n == 0) AUS_FAIL(err, AUS_EINVAL, "no job of the reference trace has a limit");
  conf.seed = SEED;
  conf.max_depth = DEPTH;
  AUS_TRY(aus_xgb_train(model, &conf, n, 1, run_s, limit_min, NULL, err));
done:
  aus_free(run_s);
  aus_free(limit_min);
  return rc;
}

/* Cut to whole minutes; a mean of equal floats may fall short of them by its rounding. */
static void set_limit(aus_gpuqueue_trace *t, aus_gpuqueue_job *j, double forest_min)
{
  double limit_min = forest_min + 1e-3;

  j->limit_min = limit_min < 1                             ? 1
                 : limit_min > AUS_GPUQUEUE_LIMIT_MOST_MIN ? AUS_GPUQUEUE_LIMIT_MOST_MIN
                                                           : (int32_t)limit_min;
  if (j->run_s > (int64_t)j->limit_min * MINUTE_S) {
    j->run_s = (int64_t)j->limit_min * MINUTE_S;
    t->n_clipped++;
  }
}

int aus_gpuqueue_limits_fill(aus_gpuqueue_trace *t, const aus_gpuqueue_trace *ref, aus_err *err)
{
  int rc = AUS_OK;
  aus_xgb *model = NULL;
  float *run_s = NULL, *limit_min = NULL;
  int64_t i;

  AUS_TRY(train(&model, ref, err));
  AUS_NEW(run_s, t->n + 1, err);
  AUS_NEW(limit_min, t->n + 1, err);
  for (i = 0; i < t->n; i++)
    run_s[i] = (float)t->job[i].run_s;
  AUS_TRY(aus_xgb_predict(model, t->n, 1, run_s, limit_min, err));
  for (i = 0; i < t->n; i++)
    if (t->job[i].limit_min <= 0) set_limit(t, &t->job[i], limit_min[i]);
done:
  aus_xgb_destroy(model);
  aus_free(run_s);
  aus_free(limit_min);
  return rc;
}
