/* tune.c - training rows, replay, continuation.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/tune.h"

#include "util/alloc.h"
#include "util/rng.h"

#include <math.h>
#include <string.h>

void aus_serverless_tune_rows_fini(aus_serverless_tune_rows *r)
{
  aus_free(r->x);
  aus_free(r->y);
  aus_free(r->weight);
  *r = (aus_serverless_tune_rows){0};
}

/* Room for n more rows of d features. */
static int reserve(aus_serverless_tune_rows *r, int64_t n, int d, aus_err *err)
{
  int rc = AUS_OK;
  int64_t cap;

  if (d < 1 || (r->d > 0 && d != r->d))
    AUS_FAIL(err, AUS_EINVAL, "tune: rows of %d features, expected %d", d, r->d);
  cap = r->cap;
  AUS_TRY(aus_grow(&r->x, &cap, r->n + n, (size_t)d * sizeof *r->x, err));
  cap = r->cap;
  AUS_TRY(aus_grow(&r->y, &cap, r->n + n, sizeof *r->y, err));
  cap = r->cap;
  AUS_TRY(aus_grow(&r->weight, &cap, r->n + n, sizeof *r->weight, err));
  r->cap = cap;
  r->d = d;
done:
  return rc;
}

int aus_serverless_tune_rows_add(aus_serverless_tune_rows *r, int64_t n, int d, const double *x,
                                 const double *y, const double *weight, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  AUS_TRY(reserve(r, n, d, err));
  for (i = 0; i < n * d; i++)
    r->x[r->n * d + i] = (float)x[i];
  for (i = 0; i < n; i++)
    r->y[r->n + i] = (float)y[i];
  for (i = 0; i < n; i++)
    r->weight[r->n + i] = weight ? (float)weight[i] : 1.0f;
  r->n += n;
done:
  return rc;
}

/* Row i of `from` behind those of r, which has room. */
static void copy_row(aus_serverless_tune_rows *r, const aus_serverless_tune_rows *from, int64_t i)
{
  memcpy(r->x + r->n * r->d, from->x + i * r->d, (size_t)r->d * sizeof *r->x);
  r->y[r->n] = from->y[i];
  r->weight[r->n] = from->weight[i];
  r->n++;
}

int aus_serverless_tune_rows_copy(aus_serverless_tune_rows *to,
                                  const aus_serverless_tune_rows *from, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  to->n = 0;
  if (from->n == 0) goto done;
  AUS_TRY(reserve(to, from->n, from->d, err));
  for (i = 0; i < from->n; i++)
    copy_row(to, from, i);
done:
  return rc;
}

aus_serverless_tune_conf aus_serverless_tune_defaults(void)
{
  aus_serverless_tune_conf conf = {.xgb = aus_xgb_defaults(), .replay = 0.5};

  conf.xgb.rounds = 50;
  conf.xgb.method = AUS_XGB_AUTO;
  return conf;
}

static int64_t count_replay(double replay, int64_t n_new, int64_t n_old)
{
  double want = (double)n_new * replay / (1.0 - replay); /* infinite for 1 */

  return want < (double)n_old ? llround(want) : n_old;
}

/* Mark m of n rows: the head of a shuffle that stops early. */
static int draw(uint8_t *taken, int64_t n, int64_t m, aus_rng *rng, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, k, row, *order = NULL;

  AUS_NEW(order, n, err);
  for (i = 0; i < n; i++)
    order[i] = i;
  for (i = 0; i < m; i++) {
    k = i + (int64_t)aus_rng_below(rng, (uint64_t)(n - i));
    row = order[k];
    order[k] = order[i];
    taken[row] = 1;
  }
done:
  aus_free(order);
  return rc;
}

/* m of the old rows, then all new ones. */
static int mix(aus_serverless_tune_rows *rows, const aus_serverless_tune_rows *fresh,
               const aus_serverless_tune_rows *old, int64_t m, aus_rng *rng, aus_err *err)
{
  int rc = AUS_OK;
  uint8_t *taken = NULL;
  int64_t i;

  if (m > 0 && old->d != fresh->d)
    AUS_FAIL(err, AUS_EINVAL, "tune: base rows of %d features, new ones of %d", old->d, fresh->d);
  AUS_TRY(reserve(rows, m + fresh->n, fresh->d, err));
  if (m > 0) {
    AUS_NEW(taken, old->n, err);
    AUS_TRY(draw(taken, old->n, m, rng, err));
  }
  for (i = 0; m > 0 && i < old->n; i++)
    if (taken[i]) copy_row(rows, old, i);
  for (i = 0; i < fresh->n; i++)
    copy_row(rows, fresh, i);
done:
  aus_free(taken);
  return rc;
}

int aus_serverless_tune(aus_xgb **out, const aus_xgb *base, const aus_serverless_tune_conf *conf,
                        const aus_serverless_tune_rows *fresh, const aus_serverless_tune_rows *old,
                        uint64_t seed, uint64_t campaign, uint64_t trial, int function,
                        aus_err *err)
{
  int rc = AUS_OK;
  aus_serverless_tune_rows rows = {0};
  aus_rng rng = aus_rng_open(seed, campaign, trial, AUS_RNG_BATCH_ORDER);

  *out = NULL;
  if (!(conf->replay >= 0.0 && conf->replay <= 1.0))
    AUS_FAIL(err, AUS_EINVAL, "tune: replay is %g, need 0..1", conf->replay);
  if (fresh->n == 0) {
    if (base) AUS_TRY(aus_xgb_copy(out, base, err));
    goto done;
  }
  rng.next = rng.private_next = (uint64_t)function << 25; /* two draws a block */
  AUS_TRY(mix(&rows, fresh, old, count_replay(conf->replay, fresh->n, old->n), &rng, err));
  if (base)
    AUS_TRY(
        aus_xgb_continue(out, base, &conf->xgb, rows.n, rows.d, rows.x, rows.y, rows.weight, err));
  else
    AUS_TRY(aus_xgb_train(out, &conf->xgb, rows.n, rows.d, rows.x, rows.y, rows.weight, err));
done:
  aus_serverless_tune_rows_fini(&rows);
  return rc;
}

int aus_serverless_tune_rmse(const aus_xgb *model, const aus_serverless_tune_rows *rows,
                             double *rmse, aus_err *err)
{
  int rc = AUS_OK;
  float *p = NULL;
  double sum = 0;
  int64_t i;

  *rmse = 0;
  if (rows->n == 0) return AUS_OK;
  AUS_NEW(p, rows->n, err);
  AUS_TRY(aus_xgb_predict(model, rows->n, rows->d, rows->x, p, err));
  for (i = 0; i < rows->n; i++) {
    double e = (double)p[i] - (double)rows->y[i];

    sum += e * e;
  }
  *rmse = sqrt(sum / (double)rows->n);
done:
  aus_free(p);
  return rc;
}
