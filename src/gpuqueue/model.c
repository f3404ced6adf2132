/* model.c - trees on features of a state, with their scale and threshold.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/model.h"

#include "util/alloc.h"
#include "util/buf.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct aus_gpuqueue_model {
  int n_snapshots;
  int64_t sample_s, infer_s;
  double threshold_h;
  aus_gpuqueue_scale scale;
  aus_xgb *trees;
  double *state; /* scratch: a state, then its features */
  float *row;
};

static const char magic[] = "auspex gpuqueue model 1";

aus_gpuqueue_model_conf aus_gpuqueue_model_boosted(const aus_gpuqueue_geometry *g)
{
  aus_gpuqueue_model_conf c = {.n_snapshots = g->n_snapshots,
                               .sample_s = g->sample_s,
                               .infer_s = g->infer_s,
                               .clip_h = 24.0,
                               .trees = aus_xgb_defaults()};

  c.trees.max_depth = 4;
  c.trees.eta = 0.05;
  c.trees.subsample = c.trees.colsample = 0.7;
  c.trees.base_score = 0.0;
  c.trees.method = AUS_XGB_HIST;
  return c;
}

aus_gpuqueue_model_conf aus_gpuqueue_model_forest(const aus_gpuqueue_geometry *g)
{
  aus_gpuqueue_model_conf c = aus_gpuqueue_model_boosted(g);

  c.trees = aus_xgb_forest();
  c.trees.min_child_weight = 5.0; /* rows of a leaf */
  return c;
}

static int make(aus_gpuqueue_model **out, int n_snapshots, aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_model *m = NULL;

  *out = NULL;
  if (n_snapshots < 1) AUS_FAIL(err, AUS_EINVAL, "a model of %d snapshots", n_snapshots);
  AUS_NEW(m, 1, err);
  m->n_snapshots = n_snapshots;
  m->threshold_h = -0.5;
  AUS_NEW(m->state, (int64_t)n_snapshots * AUS_GPUQUEUE_N_STATE, err);
  AUS_NEW(m->row, aus_gpuqueue_n_features(), err);
  *out = m;
  m = NULL;
done:
  aus_gpuqueue_model_destroy(m);
  return rc;
}

static int fit(aus_gpuqueue_model *m, const aus_gpuqueue_model_conf *conf, int64_t n,
               const float *x, const float *reward_h, aus_err *err)
{
  int rc = AUS_OK, d = aus_gpuqueue_n_features();
  float *scaled = NULL, *label = NULL, clip = (float)conf->clip_h;
  int64_t i;

  AUS_TRY(aus_gpuqueue_scale_fit(&m->scale, n, d, x, err));
  AUS_NEW(scaled, n * d, err);
  AUS_NEW(label, n, err);
  memcpy(scaled, x, (size_t)(n * d) * sizeof *x);
  aus_gpuqueue_scale_apply(&m->scale, n, scaled);
  for (i = 0; i < n; i++) /* NaN stays, for the trees to refuse */
    label[i] = reward_h[i] > clip ? clip : reward_h[i] < -clip ? -clip : reward_h[i];
  AUS_TRY(aus_xgb_train(&m->trees, &conf->trees, n, d, scaled, label, NULL, err));
done:
  aus_free(scaled);
  aus_free(label);
  return rc;
}

int aus_gpuqueue_model_train(aus_gpuqueue_model **out, const aus_gpuqueue_model_conf *conf,
                             int64_t n, const float *x, const float *reward_h, aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_model *m = NULL;

  *out = NULL;
  if (!(conf->clip_h > 0.0))
    AUS_FAIL(err, AUS_EINVAL, "rewards are cut at %g h, need > 0", conf->clip_h);
  AUS_TRY(make(&m, conf->n_snapshots, err));
  m->sample_s = conf->sample_s;
  m->infer_s = conf->infer_s;
  AUS_TRY(fit(m, conf, n, x, reward_h, err));
  *out = m;
  m = NULL;
done:
  aus_gpuqueue_model_destroy(m);
  return rc;
}

void aus_gpuqueue_model_destroy(aus_gpuqueue_model *m)
{
  if (!m) return;
  aus_gpuqueue_scale_fini(&m->scale);
  aus_xgb_destroy(m->trees);
  aus_free(m->state);
  aus_free(m->row);
  aus_free(m);
}

void aus_gpuqueue_model_set_threshold(aus_gpuqueue_model *m, double threshold_h)
{
  m->threshold_h = threshold_h;
}

double aus_gpuqueue_model_threshold(const aus_gpuqueue_model *m)
{
  return m->threshold_h;
}

int aus_gpuqueue_model_predict(aus_gpuqueue_model *m, const float *x, double *reward_h,
                               aus_err *err)
{
  int rc = AUS_OK;
  float y = 0.0f;

  *reward_h = 0.0;
  if (x != m->row) memcpy(m->row, x, (size_t)m->scale.d * sizeof *x);
  aus_gpuqueue_scale_apply(&m->scale, 1, m->row);
  AUS_TRY(aus_xgb_predict(m->trees, 1, m->scale.d, m->row, &y, err));
  *reward_h = (double)y;
done:
  return rc;
}

int aus_gpuqueue_model_save(const aus_gpuqueue_model *m, char **bytes, size_t *n, aus_err *err)
{
  int rc = AUS_OK, k;
  char *trees = NULL;
  size_t n_trees = 0;
  aus_buf b;

  *bytes = NULL;
  *n = 0;
  aus_buf_init(&b);
  AUS_TRY(aus_xgb_save(m->trees, &trees, &n_trees, err));
  aus_buf_str(&b, magic);
  aus_buf_u32(&b, (uint32_t)m->n_snapshots);
  aus_buf_i64(&b, m->sample_s);
  aus_buf_i64(&b, m->infer_s);
  aus_buf_f64(&b, m->threshold_h);
  for (k = 0; k < m->scale.d; k++) {
    aus_buf_f64(&b, m->scale.mean[k]);
    aus_buf_f64(&b, m->scale.sd[k]);
  }
  aus_buf_u64(&b, n_trees);
  aus_buf_bytes(&b, trees, n_trees);
  AUS_TRY(aus_buf_check(&b, err));
  *n = (size_t)b.n;
  *bytes = aus_buf_take(&b);
done:
  aus_buf_fini(&b);
  aus_free(trees);
  return rc;
}

static int damaged(const char *name, const char *what, aus_err *err)
{
  return aus_fail(err, AUS_EFORMAT, AUS_HERE, "%s: %s", name, what);
}

static int read_head(aus_rd *r, const char *name, int *n_snapshots, aus_err *err)
{
  int rc = AUS_OK;
  char *text = NULL;
  uint32_t n;

  AUS_TRY(aus_rd_str(r, &text, err));
  if (strcmp(text, magic) != 0) AUS_TRY(damaged(name, "not a model of gpuqueue", err));
  n = aus_rd_u32(r);
  if (r->bad || n < 1 || n > 100000) AUS_TRY(damaged(name, "a model of no such state", err));
  *n_snapshots = (int)n;
done:
  aus_free(text);
  return rc;
}

static int read_scale(aus_rd *r, aus_gpuqueue_model *m, const char *name, aus_err *err)
{
  int rc = AUS_OK, k, d = aus_gpuqueue_n_features();

  m->sample_s = aus_rd_i64(r);
  m->infer_s = aus_rd_i64(r);
  m->threshold_h = aus_rd_f64(r);
  m->scale.d = d;
  AUS_NEW(m->scale.mean, d, err);
  AUS_NEW(m->scale.sd, d, err);
  for (k = 0; k < d; k++) {
    m->scale.mean[k] = aus_rd_f64(r);
    m->scale.sd[k] = aus_rd_f64(r);
    if (!isfinite(m->scale.mean[k]) || !(m->scale.sd[k] > 0.0 && isfinite(m->scale.sd[k])))
      r->bad = 1;
  }
  if (r->bad || !isfinite(m->threshold_h)) AUS_TRY(damaged(name, "no scale of features", err));
done:
  return rc;
}

static int read_trees(aus_rd *r, aus_gpuqueue_model *m, const char *name, aus_err *err)
{
  int rc = AUS_OK;
  uint64_t n = aus_rd_u64(r);
  const void *bytes;

  if (r->bad || n != r->n - r->at) AUS_TRY(damaged(name, "no trees behind the scale", err));
  bytes = aus_rd_bytes(r, (size_t)n);
  AUS_TRY(aus_xgb_load(&m->trees, name, bytes, (size_t)n, err));
  if (aus_xgb_n_features(m->trees) != m->scale.d)
    AUS_TRY(damaged(name, "trees of other features", err));
done:
  return rc;
}

int aus_gpuqueue_model_load(aus_gpuqueue_model **out, const char *name, const void *bytes, size_t n,
                            aus_err *err)
{
  int rc = AUS_OK;
  aus_rd r = aus_rd_of(bytes, n);
  aus_gpuqueue_model *m = NULL;
  int n_snapshots = 0;

  *out = NULL;
  AUS_TRY(read_head(&r, name, &n_snapshots, err));
  AUS_TRY(make(&m, n_snapshots, err));
  AUS_TRY(read_scale(&r, m, name, err));
  AUS_TRY(read_trees(&r, m, name, err));
  *out = m;
  m = NULL;
done:
  aus_gpuqueue_model_destroy(m);
  return rc;
}

static int ask(void *self, const aus_gpuqueue_question *q, double *reward_h, aus_err *err)
{
  aus_gpuqueue_model *m = self;
  aus_gpuqueue_geometry g = {.n_snapshots = m->n_snapshots};

  aus_gpuqueue_walk_state(q->walk, &q->pair, m->state);
  aus_gpuqueue_features(&g, m->state, q->pair.t_decision_s, m->row);
  return aus_gpuqueue_model_predict(m, m->row, reward_h, err);
}

int aus_gpuqueue_model_predictor(aus_gpuqueue_model *m, const char *name,
                                 const aus_gpuqueue_geometry *g, aus_gpuqueue_predictor *p,
                                 aus_err *err)
{
  *p = (aus_gpuqueue_predictor){0};
  if (g->n_snapshots != m->n_snapshots || g->sample_s != m->sample_s)
    return aus_fail(err, AUS_EINVAL, AUS_HERE,
                    "%s was trained on %d snapshots of %" PRId64 " s, the windows have %d of "
                    "%" PRId64 " s",
                    name, m->n_snapshots, m->sample_s, g->n_snapshots, g->sample_s);
  if (g->infer_s != m->infer_s)
    return aus_fail(err, AUS_EINVAL, AUS_HERE,
                    "%s is to be asked each %" PRId64 " s, the windows ask each %" PRId64 " s",
                    name, m->infer_s, g->infer_s);
  *p = (aus_gpuqueue_predictor){.name = name, .ask = ask, .self = m, .threshold_h = m->threshold_h};
  return AUS_OK;
}
