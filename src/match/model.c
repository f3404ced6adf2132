/* match/model.c - the members, their blend, and predictions of rows that were held out.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/model.h"

#include <inttypes.h>
#include <math.h>

#include "learn/folds.h"
#include "util/alloc.h"

/* Where the weights go without evidence. */
static const double usual[AUS_MATCH_MEMBERS] = {
    [AUS_MATCH_RATE] = 0.02,
    [AUS_MATCH_BAYES] = 0.03,
    [AUS_MATCH_LOGISTIC] = 0.15,
    [AUS_MATCH_TREES] = 0.80,
};

aus_match_model_conf aus_match_model_defaults(void)
{
  aus_match_model_conf c = {.kind = AUS_MATCH_BLEND,
                            .variants = true,
                            .alpha = 1.0,
                            .unseen = AUS_MATCH_UNSEEN_SKIP,
                            .c = 2.0,
                            .trees = aus_xgb_defaults(),
                            .yes = 1.0,
                            .no = 1.0,
                            .inner_folds = 3,
                            .strength = 5.0,
                            .calibrate = true};

  c.trees.logistic = true;
  c.trees.method =
      AUS_XGB_HIST; /* fewer than 256 values: the same splits as exact, in half the time */
  c.trees.max_depth = 5;
  c.trees.eta = 0.1;
  c.trees.rounds = 60;
  c.trees.gamma = 1.0;
  c.trees.subsample = 0.9;
  c.trees.colsample_bynode = 0.85;
  return c;
}

/* Rows of an analysis, by their numbers. */
typedef struct part {
  const aus_match_rows *rows;
  int64_t n;
  const int64_t *row;
} part;

static bool has(const aus_match_model_conf *conf, aus_match_model_kind kind)
{
  return conf->kind == kind || conf->kind == AUS_MATCH_BLEND;
}

static int64_t successes(const part *p)
{
  int64_t i, n = 0;

  for (i = 0; i < p->n; i++)
    n += p->rows->y[p->row[i]];
  return n;
}

static int lay_out(aus_match_model *m, const aus_match_rows *rows, aus_err *err)
{
  int rc = AUS_OK, j;
  int32_t v;

  AUS_NEW(m->first, m->n_columns + 1, err);
  for (j = 0; j < m->n_columns; j++)
    m->first[j + 1] = m->first[j] + rows->n_values[j];
  AUS_NEW(m->place, m->first[m->n_columns], err);
  for (j = 0; j < m->n_columns; j++)
    for (v = 0; v < rows->n_values[j]; v++)
      m->place[m->first[j] + v] = (float)rows->place[j][v];
done:
  return rc;
}

static void switches(const aus_match_model *m, const int32_t *code, int32_t *on)
{
  int j;

  for (j = 0; j < m->n_used; j++)
    on[j] = code[j] < 0 ? -1 : m->first[j] + code[j];
}

static void places(const aus_match_model *m, const int32_t *code, float *x)
{
  int j;

  for (j = 0; j < m->n_used; j++)
    x[j] = code[j] < 0 ? NAN : m->place[m->first[j] + code[j]];
}

/* Naive Bayes checks the versions. */
static int check_variants(const part *p, aus_err *err)
{
  const aus_match_rows *r = p->rows;
  int64_t i;
  int j;

  for (i = 0; i < p->n; i++)
    for (j = r->n_versions; j < r->n_columns; j++) {
      const int32_t value = r->code[p->row[i] * r->n_columns + j];

      if (value < 0 || value >= r->n_values[j])
        return aus_fail(err, AUS_EINVAL, AUS_HERE,
                        "row %" PRId64 ": variant %d has value %" PRId32 " of %" PRId32, p->row[i],
                        j - r->n_versions, value, r->n_values[j]);
    }
  return AUS_OK;
}

static int fit_logistic(aus_match_model *m, const aus_match_model_conf *conf, const part *p,
                        aus_err *err)
{
  int rc = AUS_OK;
  int32_t *on = NULL;
  uint8_t *y = NULL;
  int64_t i;

  AUS_NEW(on, p->n * m->n_used, err);
  AUS_NEW(y, p->n, err);
  for (i = 0; i < p->n; i++) {
    switches(m, p->rows->code + p->row[i] * m->n_columns, on + i * m->n_used);
    y[i] = p->rows->y[p->row[i]];
  }
  AUS_TRY(
      aus_logistic_fit(&m->logistic, p->n, m->n_used, on, m->first[m->n_used], y, conf->c, err));
done:
  aus_free(on);
  aus_free(y);
  return rc;
}

static int fit_trees(aus_match_model *m, const aus_match_model_conf *conf, const part *p,
                     aus_err *err)
{
  int rc = AUS_OK;
  float *x = NULL, *y = NULL;
  int64_t i;

  AUS_NEW(x, p->n * m->n_used, err);
  AUS_NEW(y, p->n, err);
  for (i = 0; i < p->n; i++) {
    places(m, p->rows->code + p->row[i] * m->n_columns, x + i * m->n_used);
    y[i] = (float)p->rows->y[p->row[i]];
  }
  AUS_TRY(aus_xgb_train(&m->trees, &conf->trees, p->n, m->n_used, x, y, NULL, err));
done:
  aus_free(x);
  aus_free(y);
  return rc;
}

/* Everything but the weights. Rows of one class teach nothing but the rate. */
static int fit_members(aus_match_model *m, const aus_match_model_conf *conf, const part *p,
                       aus_err *err)
{
  int rc = AUS_OK;
  const int64_t yes = successes(p);
  bool both;

  *m = (aus_match_model){.kind = conf->kind,
                         .unseen = conf->unseen,
                         .n_versions = p->rows->n_versions,
                         .n_columns = p->rows->n_columns,
                         .calibration = {1.0, 0.0}};
  m->n_used = conf->variants ? m->n_columns : m->n_versions;
  both = yes > 0 && yes < p->n && m->n_used > 0;
  m->rate = ((double)yes + conf->yes) / ((double)p->n + conf->yes + conf->no);
  AUS_TRY(lay_out(m, p->rows, err));
  AUS_TRY(check_variants(p, err));
  AUS_TRY(aus_match_nb_fit(&m->nb, p->n, m->n_versions, m->n_columns, p->rows->code,
                           p->rows->n_values, p->rows->y, p->row, conf->alpha, err));
  if (both && has(conf, AUS_MATCH_LOGISTIC)) AUS_TRY(fit_logistic(m, conf, p, err));
  if (both && has(conf, AUS_MATCH_TREES)) AUS_TRY(fit_trees(m, conf, p, err));
done:
  return rc;
}

static int check_code(const aus_match_model *m, const int32_t *code, aus_err *err)
{
  int j;

  for (j = 0; j < m->n_columns; j++)
    if (code[j] < AUS_MATCH_UNTOLD || code[j] >= m->first[j + 1] - m->first[j])
      return aus_fail(err, AUS_EINVAL, AUS_HERE, "column %d has value %" PRId32 " of %" PRId32, j,
                      code[j], m->first[j + 1] - m->first[j]);
  return AUS_OK;
}

/* What each member says of a row; those that were not trained repeat the rate. on and x have room for a row. */
static int ask_members(const aus_match_model *m, const int32_t *code, const float *place,
                       int32_t *on, float *x, double *q, aus_err *err)
{
  int rc = AUS_OK;
  float answer;

  AUS_TRY(check_code(m, code, err));
  q[AUS_MATCH_RATE] = q[AUS_MATCH_LOGISTIC] = q[AUS_MATCH_TREES] = m->rate;
  q[AUS_MATCH_BAYES] = aus_match_nb_predict(&m->nb, code, m->unseen);
  if (m->logistic.weight) {
    switches(m, code, on);
    q[AUS_MATCH_LOGISTIC] = aus_logistic_predict(&m->logistic, m->n_used, on);
  }
  if (m->trees) {
    if (!place) places(m, code, x);
    AUS_TRY(aus_xgb_predict(m->trees, 1, m->n_used, place ? place : x, &answer, err));
    q[AUS_MATCH_TREES] = (double)answer;
  }
done:
  return rc;
}

static double mix(const aus_match_model *m, const double *q)
{
  double p = 0.0;
  int j;

  if (m->kind != AUS_MATCH_BLEND) return q[m->kind];
  for (j = 0; j < AUS_MATCH_MEMBERS; j++)
    p += m->weight[j] * q[j];
  return aus_match_calibration_apply(&m->calibration, p);
}

/* The members' answers for n rows: q is n x AUS_MATCH_MEMBERS. row NULL: the first n. */
static int ask_rows(const aus_match_model *m, int64_t n, const int64_t *row, const int32_t *code,
                    const float *place, double *q, aus_err *err)
{
  int rc = AUS_OK;
  int32_t *on = NULL;
  float *x = NULL;
  int64_t i, at;

  AUS_NEW(on, m->n_columns, err);
  AUS_NEW(x, m->n_columns, err);
  for (i = 0; i < n; i++) {
    at = (row ? row[i] : i) * m->n_columns;
    rc =
        ask_members(m, code + at, place ? place + at : NULL, on, x, q + i * AUS_MATCH_MEMBERS, err);
    if (rc != AUS_OK) aus_err_prepend(err, "row %" PRId64 ": ", i);
    if (rc != AUS_OK) goto done;
  }
done:
  aus_free(on);
  aus_free(x);
  return rc;
}

int aus_match_model_predict(const aus_match_model *m, int64_t n, const int32_t *code,
                            const float *place, double *p, aus_err *err)
{
  int rc = AUS_OK;
  double *q = NULL;
  int64_t i;

  AUS_NEW(q, n * AUS_MATCH_MEMBERS, err);
  AUS_TRY(ask_rows(m, n, NULL, code, place, q, err));
  for (i = 0; i < n; i++)
    p[i] = mix(m, q + i * AUS_MATCH_MEMBERS);
done:
  aus_free(q);
  return rc;
}

/* Rows of a part that are in a fold go to `in`, the others to `out`; each has room for all. */
static void split(const part *p, const int *fold, int which, part *in, part *out, int64_t *in_row,
                  int64_t *out_row)
{
  int64_t i;

  *in = (part){p->rows, 0, in_row};
  *out = (part){p->rows, 0, out_row};
  for (i = 0; i < p->n; i++)
    if (fold[i] == which)
      in_row[in->n++] = p->row[i];
    else
      out_row[out->n++] = p->row[i];
}

static int make_folds(int *fold, const part *p, int folds, uint64_t seed, uint64_t key,
                      aus_err *err)
{
  int rc = AUS_OK;
  uint8_t *y = NULL;
  int64_t i;

  AUS_NEW(y, p->n, err);
  for (i = 0; i < p->n; i++)
    y[i] = p->rows->y[p->row[i]];
  AUS_TRY(aus_folds_make(fold, p->n, y, folds, seed, key, err));
done:
  aus_free(y);
  return rc;
}

static int fit_part(aus_match_model *m, const aus_match_model_conf *conf, const part *p,
                    aus_err *err);

/* Train on the rows outside a fold and ask for those in it. Answers go to the rows' positions in the part: of the
 * members (q, AUS_MATCH_MEMBERS each) where `answer` is NULL, else of the whole model. */
static int hold_out(const aus_match_model_conf *conf, const part *p, const int *fold, int which,
                    double *members, double *answer, aus_err *err)
{
  int rc = AUS_OK, j;
  part in, out;
  int64_t *in_row = NULL, *out_row = NULL, i, k = 0;
  double *q = NULL;
  aus_match_model m = {0};

  AUS_NEW(in_row, p->n, err);
  AUS_NEW(out_row, p->n, err);
  split(p, fold, which, &in, &out, in_row, out_row);
  AUS_NEW(q, in.n * AUS_MATCH_MEMBERS, err);
  if (in.n == 0) goto done;
  AUS_TRY(answer ? fit_part(&m, conf, &out, err) : fit_members(&m, conf, &out, err));
  AUS_TRY(ask_rows(&m, in.n, in.row, p->rows->code, NULL, q, err));
  for (i = 0; i < p->n; i++) {
    if (fold[i] != which) continue;
    if (answer) answer[i] = mix(&m, q + k * AUS_MATCH_MEMBERS);
    for (j = 0; !answer && j < AUS_MATCH_MEMBERS; j++)
      members[i * AUS_MATCH_MEMBERS + j] = q[k * AUS_MATCH_MEMBERS + j];
    k++;
  }
done:
  aus_match_model_fini(&m);
  aus_free(q);
  aus_free(in_row);
  aus_free(out_row);
  return rc;
}

static int hold_out_each(const aus_match_model_conf *conf, const part *p, int folds, uint64_t seed,
                         uint64_t key, double *members, double *answer, aus_err *err)
{
  int rc = AUS_OK, f, *fold = NULL;

  AUS_NEW(fold, p->n, err);
  AUS_TRY(make_folds(fold, p, folds, seed, key, err));
  for (f = 0; f < folds; f++)
    AUS_TRY(hold_out(conf, p, fold, f, members, answer, err));
done:
  aus_free(fold);
  return rc;
}

/* Weights and calibration from the answers for rows of inner folds. */
static int fit_weights(aus_match_model *m, const aus_match_model_conf *conf, const part *p,
                       aus_err *err)
{
  int rc = AUS_OK;
  double *q = NULL, *mixed = NULL;
  uint8_t *y = NULL;
  int64_t i;

  AUS_NEW(q, p->n * AUS_MATCH_MEMBERS, err);
  AUS_NEW(mixed, p->n, err);
  AUS_NEW(y, p->n, err);
  AUS_TRY(hold_out_each(conf, p, conf->inner_folds, conf->seed, conf->key, q, NULL, err));
  for (i = 0; i < p->n; i++)
    y[i] = p->rows->y[p->row[i]];
  aus_match_blend_weights(p->n, AUS_MATCH_MEMBERS, q, y, usual, conf->strength, m->weight);
  for (i = 0; i < p->n; i++)
    mixed[i] = mix(m, q + i * AUS_MATCH_MEMBERS);
  if (conf->calibrate) m->calibration = aus_match_calibration_fit(p->n, mixed, y, conf->strength);
done:
  aus_free(q);
  aus_free(mixed);
  aus_free(y);
  return rc;
}

static int fit_part(aus_match_model *m, const aus_match_model_conf *conf, const part *p,
                    aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(fit_members(m, conf, p, err));
  if (conf->kind == AUS_MATCH_BLEND) AUS_TRY(fit_weights(m, conf, p, err));
done:
  return rc;
}

static int number_rows(int64_t **row, int64_t n, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  AUS_NEW(*row, n, err);
  for (i = 0; i < n; i++)
    (*row)[i] = i;
done:
  return rc;
}

int aus_match_model_fit(aus_match_model *out, const aus_match_model_conf *conf,
                        const aus_match_rows *rows, int64_t n, const int64_t *row, aus_err *err)
{
  int rc = AUS_OK;
  int64_t *all = NULL;
  part p = {rows, n, row};

  *out = (aus_match_model){0};
  if (!row) AUS_TRY(number_rows(&all, n, err));
  if (!row) p.row = all;
  AUS_TRY(fit_part(out, conf, &p, err));
done:
  if (rc != AUS_OK) aus_match_model_fini(out);
  aus_free(all);
  return rc;
}

void aus_match_model_fini(aus_match_model *m)
{
  aus_free(m->first);
  aus_free(m->place);
  aus_match_nb_fini(&m->nb);
  aus_logistic_fini(&m->logistic);
  aus_xgb_destroy(m->trees);
  *m = (aus_match_model){0};
}

int aus_match_model_folds(const aus_match_model_conf *conf, const aus_match_rows *rows, int folds,
                          uint64_t seed, uint64_t key, double *p, aus_err *err)
{
  int rc = AUS_OK;
  part all = {rows, rows->n, NULL};
  int64_t *row = NULL;

  AUS_TRY(number_rows(&row, rows->n, err));
  all.row = row;
  AUS_TRY(hold_out_each(conf, &all, folds, seed, key, NULL, p, err));
done:
  aus_free(row);
  return rc;
}
