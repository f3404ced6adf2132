/* xgb.c - the border to XGBoost: it trains; models are kept as bytes and flat trees.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * No booster lives longer than a call: a model is its UBJSON bytes and the trees decoded from them,
 * so it can be copied, sent and asked for predictions without XGBoost, and XGBoost sees no bytes
 * that were not checked: its readers trust them.
 */
#include <config.h>

#include "learn/xgb.h"

#include "learn/trees.h"
#include "learn/ubj.h"
#include "util/alloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <xgboost/c_api.h>

struct aus_xgb {
  char *bytes;
  size_t n_bytes;
  aus_trees trees;
};

/* XGBoost's text must be taken at once: the next call on this thread replaces it. Its first line is
 * the message, the rest a stack trace. */
static int failed(const char *what, aus_err *err)
{
  const char *text = XGBGetLastError();

  return aus_fail(err, AUS_EDEP, AUS_HERE, "xgboost: %s: %.*s", what, (int)strcspn(text, "\n"),
                  text);
}

#define AUS_XGB(call, what)   \
  do {                        \
    if ((call) != 0) {        \
      rc = failed(what, err); \
      goto done;              \
    }                         \
  } while (0)

aus_xgb_conf aus_xgb_defaults(void)
{
  return (aus_xgb_conf){.rounds = 200,
                        .max_depth = 6,
                        .eta = 0.3,
                        .lambda = 1.0,
                        .min_child_weight = 1.0,
                        .subsample = 1.0,
                        .colsample = 1.0,
                        .colsample_bynode = 1.0,
                        .parallel_trees = 1,
                        .base_score = 0.5,
                        .method = AUS_XGB_EXACT,
                        .seed = 435};
}

aus_xgb_conf aus_xgb_forest(void)
{
  aus_xgb_conf c = aus_xgb_defaults();

  c.rounds = 1;
  c.parallel_trees = 100;
  c.max_depth = 12;
  c.eta = 1.0;
  c.lambda = 0.0;
  c.subsample = 0.632; /* distinct rows of a draw with replacement */
  c.colsample_bynode = 1.0 / 3.0;
  c.base_score = 0.0;
  c.method = AUS_XGB_HIST;
  return c;
}

/* Quiet and on one thread: more threads spin and change the order of sums. */
static int make_quiet(BoosterHandle b, aus_err *err)
{
  int rc = AUS_OK;

  AUS_XGB(XGBoosterSetParam(b, "verbosity", "0"), "verbosity");
  AUS_XGB(XGBoosterSetParam(b, "nthread", "1"), "nthread");
done:
  return rc;
}

static const char *objective_of(bool logistic)
{
  return logistic ? "binary:logistic" : "reg:squarederror";
}

static int set_fixed(BoosterHandle b, aus_err *err)
{
  static const char *const fixed[][2] = {
      {"booster", "gbtree"},
      {"predictor", "cpu_predictor"},
      {"gpu_id", "-1"},
      {"disable_default_eval_metric", "1"},
      {"process_type", "default"},
      {"grow_policy", "depthwise"},
      {"max_leaves", "0"},
      {"max_bin", "256"},
      {"max_delta_step", "0"},
      {"sampling_method", "uniform"},
      {"colsample_bylevel", "1"},
      {"scale_pos_weight", "1"},
      {"refresh_leaf", "1"},
      {"seed_per_iteration", "0"},
  };
  int rc = AUS_OK;
  size_t i;

  for (i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
    AUS_XGB(XGBoosterSetParam(b, fixed[i][0], fixed[i][1]), fixed[i][0]);
done:
  return rc;
}

static int set_real(BoosterHandle b, const char *name, double value, aus_err *err)
{
  int rc = AUS_OK;
  char text[40];

  if (!isfinite(value)) AUS_FAIL(err, AUS_EINVAL, "xgboost: %s is not finite", name);
  snprintf(text, sizeof text, "%.17g", value);
  AUS_XGB(XGBoosterSetParam(b, name, text), name);
done:
  return rc;
}

static bool exact(const aus_xgb_conf *conf, int64_t n)
{
  return conf->method == AUS_XGB_EXACT || (conf->method == AUS_XGB_AUTO && n < 10000);
}

double aus_xgb_expect_s(const aus_xgb_conf *conf, int64_t n, int d)
{
  const double exact_s = 3e-7, hist_s = 2e-8, start_s = 1;

  return start_s +
         (exact(conf, n) ? exact_s : hist_s) * (double)n * d * conf->rounds * conf->parallel_trees;
}

static int set_params(BoosterHandle b, const aus_xgb_conf *conf, int64_t n, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(make_quiet(b, err));
  AUS_TRY(set_fixed(b, err));
  AUS_XGB(XGBoosterSetParam(b, "objective", objective_of(conf->logistic)), "objective");
  AUS_XGB(XGBoosterSetParam(b, "tree_method", exact(conf, n) ? "exact" : "hist"), "tree_method");
  AUS_TRY(set_real(b, "max_depth", conf->max_depth, err));
  AUS_TRY(set_real(b, "eta", conf->eta, err));
  AUS_TRY(set_real(b, "lambda", conf->lambda, err));
  AUS_TRY(set_real(b, "alpha", conf->alpha, err));
  AUS_TRY(set_real(b, "gamma", conf->gamma, err));
  AUS_TRY(set_real(b, "min_child_weight", conf->min_child_weight, err));
  AUS_TRY(set_real(b, "subsample", conf->subsample, err));
  AUS_TRY(set_real(b, "colsample_bytree", conf->colsample, err));
  AUS_TRY(set_real(b, "colsample_bynode", conf->colsample_bynode, err));
  AUS_TRY(set_real(b, "num_parallel_tree", conf->parallel_trees, err));
  AUS_TRY(set_real(b, "seed", conf->seed, err));
done:
  return rc;
}

/* Rows to train on. */
typedef struct rows {
  int64_t n;
  int d;
  const float *x, *y, *weight; /* weight may be NULL */
} rows;

static int check_rows(const aus_xgb_conf *conf, const rows *r, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  if (r->n < 1 || r->d < 1)
    AUS_FAIL(err, AUS_EINVAL, "xgboost: %" PRId64 " rows of %d features", r->n, r->d);
  if (conf->rounds < 1) AUS_FAIL(err, AUS_EINVAL, "xgboost: %d rounds, need >= 1", conf->rounds);
  if (conf->parallel_trees < 1 || (conf->parallel_trees > 1 && conf->rounds > 1))
    AUS_FAIL(err, AUS_EINVAL, "xgboost: %d rounds of %d parallel trees", conf->rounds,
             conf->parallel_trees);
  if (conf->logistic && !(conf->base_score > 0.0 && conf->base_score < 1.0))
    AUS_FAIL(err, AUS_EINVAL, "xgboost: base_score is %g, need a probability", conf->base_score);
  for (i = 0; i < r->n; i++)
    if (!isfinite(r->y[i]))
      AUS_FAIL(err, AUS_ENUMERIC, "xgboost: label of row %" PRId64 " is not finite", i);
  for (i = 0; conf->logistic && i < r->n; i++)
    if (r->y[i] < 0.0f || r->y[i] > 1.0f)
      AUS_FAIL(err, AUS_ENUMERIC, "xgboost: label of row %" PRId64 " is %g, need 0..1", i,
               (double)r->y[i]);
  for (i = 0; r->weight && i < r->n; i++)
    if (!isfinite(r->weight[i]) || r->weight[i] < 0.0f)
      AUS_FAIL(err, AUS_ENUMERIC, "xgboost: weight of row %" PRId64 " is %g, need >= 0", i,
               (double)r->weight[i]);
  for (i = 0; i < r->n * r->d; i++)
    if (isinf(r->x[i]))
      AUS_FAIL(err, AUS_ENUMERIC, "xgboost: feature %" PRId64 " of row %" PRId64 " is infinite",
               i % r->d, i / r->d);
done:
  return rc;
}

static int make_matrix(DMatrixHandle *out, const rows *r, aus_err *err)
{
  int rc = AUS_OK;
  DMatrixHandle m = NULL;

  *out = NULL;
  AUS_XGB(XGDMatrixCreateFromMat_omp(r->x, (bst_ulong)r->n, (bst_ulong)r->d, NAN, &m, 1), "matrix");
  AUS_XGB(XGDMatrixSetFloatInfo(m, "label", r->y, (bst_ulong)r->n), "labels");
  if (r->weight) AUS_XGB(XGDMatrixSetFloatInfo(m, "weight", r->weight, (bst_ulong)r->n), "weights");
  *out = m;
  m = NULL;
done:
  if (m) (void)XGDMatrixFree(m);
  return rc;
}

/* A model from bytes that are a copy of a booster's; takes ownership of them, also on error. */
static int model_give(aus_xgb **out, const char *name, char *bytes, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  aus_xgb *m = NULL;

  *out = NULL;
  AUS_NEW(m, 1, err);
  m->bytes = bytes;
  m->n_bytes = n;
  bytes = NULL;
  AUS_TRY(aus_trees_read(&m->trees, name, m->bytes, n, err));
  *out = m;
  m = NULL;
done:
  aus_free(bytes);
  aus_xgb_destroy(m);
  return rc;
}

static int copy_bytes(char **out, const char *bytes, size_t n, aus_err *err)
{
  int rc = AUS_OK;

  *out = NULL;
  AUS_NEW(*out, n, err);
  memcpy(*out, bytes, n);
done:
  return rc;
}

static int model_of(aus_xgb **out, BoosterHandle b, aus_err *err)
{
  int rc = AUS_OK;
  bst_ulong n = 0;
  const char *lent = NULL; /* by the booster until its next call */
  char *bytes;

  AUS_XGB(XGBoosterSaveModelToBuffer(b, "{\"format\":\"ubj\"}", &n, &lent), "save");
  AUS_TRY(copy_bytes(&bytes, lent, n, err));
  AUS_TRY(model_give(out, "trained model", bytes, n, err));
done:
  return rc;
}

/* Boost on top of `base` (may be NULL). Parameters are not all in a stored model: set them
 * again. */
static int boost(aus_xgb **out, const aus_xgb *base, const aus_xgb_conf *conf, const rows *r,
                 aus_err *err)
{
  int rc = AUS_OK, i, first = base ? aus_xgb_rounds(base) : 0;
  DMatrixHandle matrix = NULL;
  BoosterHandle b = NULL;

  *out = NULL;
  AUS_TRY(check_rows(conf, r, err));
  AUS_TRY(make_matrix(&matrix, r, err));
  AUS_XGB(XGBoosterCreate(&matrix, 1, &b), "create");
  AUS_TRY(make_quiet(b, err));
  if (base) AUS_XGB(XGBoosterLoadModelFromBuffer(b, base->bytes, base->n_bytes), "load");
  AUS_TRY(set_params(b, conf, r->n, err));
  if (!base) AUS_TRY(set_real(b, "base_score", conf->base_score, err));
  for (i = 0; i < conf->rounds; i++)
    AUS_XGB(XGBoosterUpdateOneIter(b, first + i, matrix), "train");
  AUS_TRY(model_of(out, b, err));
done:
  if (b) (void)XGBoosterFree(b);
  if (matrix) (void)XGDMatrixFree(matrix);
  return rc;
}

int aus_xgb_train(aus_xgb **out, const aus_xgb_conf *conf, int64_t n, int d, const float *x,
                  const float *y, const float *weight, aus_err *err)
{
  rows r = {n, d, x, y, weight};

  return boost(out, NULL, conf, &r, err);
}

int aus_xgb_continue(aus_xgb **out, const aus_xgb *base, const aus_xgb_conf *conf, int64_t n, int d,
                     const float *x, const float *y, const float *weight, aus_err *err)
{
  rows r = {n, d, x, y, weight};

  *out = NULL;
  if (d != base->trees.n_features)
    return aus_fail(err, AUS_EINVAL, AUS_HERE, "xgboost: %d features, the model has %d", d,
                    base->trees.n_features);
  if (base->trees.n_parallel > 1 || conf->parallel_trees > 1)
    return aus_fail(err, AUS_EINVAL, AUS_HERE, "xgboost: a forest cannot be continued");
  if (base->trees.logistic != conf->logistic)
    return aus_fail(err, AUS_EINVAL, AUS_HERE, "xgboost: %s on top of a model of %s",
                    objective_of(conf->logistic), objective_of(base->trees.logistic));
  return boost(out, base, conf, &r, err);
}

void aus_xgb_destroy(aus_xgb *m)
{
  if (!m) return;
  aus_free(m->bytes);
  aus_trees_fini(&m->trees);
  aus_free(m);
}

int aus_xgb_predict(const aus_xgb *m, int64_t n, int d, const float *x, float *y, aus_err *err)
{
  if (n < 0 || d != m->trees.n_features)
    return aus_fail(err, AUS_EINVAL, AUS_HERE,
                    "xgboost: %" PRId64 " rows of %d features, the model has %d", n, d,
                    m->trees.n_features);
  aus_trees_predict(&m->trees, n, x, y);
  return AUS_OK;
}

int aus_xgb_save(const aus_xgb *m, char **bytes, size_t *n, aus_err *err)
{
  *n = m->n_bytes;
  return copy_bytes(bytes, m->bytes, m->n_bytes, err);
}

int aus_xgb_save_json(const aus_xgb *m, char **bytes, size_t *n, aus_err *err)
{
  int rc = AUS_OK;
  BoosterHandle b = NULL;
  bst_ulong n_lent = 0;
  const char *lent = NULL; /* by the booster until its next call */

  *bytes = NULL;
  *n = 0;
  AUS_XGB(XGBoosterCreate(NULL, 0, &b), "create");
  AUS_TRY(make_quiet(b, err));
  AUS_XGB(XGBoosterLoadModelFromBuffer(b, m->bytes, m->n_bytes), "load");
  AUS_XGB(XGBoosterSaveModelToBuffer(b, "{\"format\":\"json\"}", &n_lent, &lent), "save");
  AUS_TRY(copy_bytes(bytes, lent, n_lent, err));
  *n = n_lent;
done:
  if (b) (void)XGBoosterFree(b);
  return rc;
}

static int load_json(aus_xgb **out, const char *name, const char *text, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf ubj;
  char *copy = NULL;
  int64_t n_ubj;

  aus_buf_init(&ubj);
  AUS_NEW(copy, n + 1, err); /* with a NUL behind it */
  memcpy(copy, text, n);
  AUS_TRY(aus_ubj_from_json(name, copy, n, &ubj, err));
  n_ubj = ubj.n;
  AUS_TRY(model_give(out, name, aus_buf_take(&ubj), (size_t)n_ubj, err));
done:
  aus_buf_fini(&ubj);
  aus_free(copy);
  return rc;
}

static int load_ubj(aus_xgb **out, const char *name, const char *bytes, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  char *copy;

  AUS_TRY(copy_bytes(&copy, bytes, n, err));
  AUS_TRY(model_give(out, name, copy, n, err));
done:
  return rc;
}

int aus_xgb_copy(aus_xgb **out, const aus_xgb *m, aus_err *err)
{
  *out = NULL;
  return load_ubj(out, "copy", m->bytes, m->n_bytes, err);
}

/* UBJSON has the marker of a key's length behind the first bracket, JSON white space or a quote. */
static int load_any(aus_xgb **out, const char *name, const char *s, size_t n, aus_err *err)
{
  if (n > 1 && s[0] == '{' && s[1] == 'L') return load_ubj(out, name, s, n, err);
  return load_json(out, name, s, n, err);
}

/* A model of the other kind answers with other things: never one for the other. */
static int load_kind(aus_xgb **out, const char *name, const void *bytes, size_t n, bool logistic,
                     aus_err *err)
{
  int rc = AUS_OK;
  aus_xgb *m = NULL;

  *out = NULL;
  AUS_TRY(load_any(&m, name, bytes, n, err));
  if (m->trees.logistic != logistic)
    AUS_FAIL(err, AUS_EFORMAT, "%s: the objective is not %s", name, objective_of(logistic));
  *out = m;
  m = NULL;
done:
  aus_xgb_destroy(m);
  return rc;
}

int aus_xgb_load(aus_xgb **out, const char *name, const void *bytes, size_t n, aus_err *err)
{
  return load_kind(out, name, bytes, n, false, err);
}

int aus_xgb_load_logistic(aus_xgb **out, const char *name, const void *bytes, size_t n,
                          aus_err *err)
{
  return load_kind(out, name, bytes, n, true, err);
}

void aus_xgb_library(char out[32])
{
  int major, minor, patch;

  XGBoostVersion(&major, &minor, &patch);
  snprintf(out, 32, "%d.%d.%d", major, minor, patch);
}

int aus_xgb_rounds(const aus_xgb *m)
{
  return (int)m->trees.n_trees / m->trees.n_parallel;
}

int aus_xgb_n_features(const aus_xgb *m)
{
  return m->trees.n_features;
}

bool aus_xgb_logistic(const aus_xgb *m)
{
  return m->trees.logistic;
}
