/* match/model.h - P(success) of one package from the versions of its dependencies, by several kinds of models.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reference is naive Bayes (match/model_nb.h, here the kind AUS_MATCH_BAYES). The others do better: a logistic
 * regression on one switch per value, boosted trees on places in version order, and the blend of all (the
 * default), whose weights come from inner folds. The rate alone, shrunk towards other packages', is what they must
 * beat; it also stands in where there are rows of one class only.
 */
#ifndef AUS_MATCH_MODEL_H
#define AUS_MATCH_MODEL_H

#include "learn/logistic.h"
#include "learn/xgb.h"
#include "match/data.h"
#include "match/model_blend.h"
#include "match/model_nb.h"

#include <stdbool.h>

/* Rows of one package: borrowed arrays, or made from a table. */
typedef struct aus_match_rows {
  int64_t n;
  int n_versions;        /* columns that the reference sees, the first ones */
  int n_columns;         /* variants of the root behind them */
  int32_t *code;         /* n x n_columns: 0..n_values-1 */
  int32_t *n_values;     /* n_columns */
  const int32_t **place; /* n_columns: value -> its place in version order, from 0 */
  const uint8_t *y;      /* n, 1 = success */
} aus_match_rows;

/** Rows of a training table, which lends y and the places and must outlive them.
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_rows_make(aus_match_rows *out, const aus_match_table *table,
                                    aus_err *err);
void aus_match_rows_fini(aus_match_rows *rows);

typedef enum aus_match_model_kind {
  AUS_MATCH_RATE,
  AUS_MATCH_BAYES,
  AUS_MATCH_LOGISTIC,
  AUS_MATCH_TREES,
  AUS_MATCH_MEMBERS, /* how many there are to blend */
  AUS_MATCH_BLEND = AUS_MATCH_MEMBERS
} aus_match_model_kind;

typedef struct aus_match_model_conf {
  aus_match_model_kind kind; /* blend */
  bool variants;             /* true: logistic and trees see the root's variants, too */
  double alpha;              /* 1, of naive Bayes */
  aus_match_unseen
      unseen;         /* skip, of naive Bayes; the others always leave out what they do not know */
  double c;           /* 2, of the logistic regression */
  aus_xgb_conf trees; /* logistic, hist, depth 5, eta 0.1, 60 rounds, gamma 1,
                              0.9 of the rows per tree, 0.85 of the columns per split */
  double yes, no;  /* 1, 1: pseudo-rows of the rate (aus_betabin_fit() over the other packages) */
  int inner_folds; /* 3 */
  double strength; /* 5 rows: pull of weights and calibration to the usual ones */
  bool calibrate;  /* true: of the blend */
  uint64_t seed, key; /* of the inner folds: run and package */
} aus_match_model_conf;

/** The defaults above. Local. */
aus_match_model_conf aus_match_model_defaults(void);

typedef struct aus_match_model {
  aus_match_model_kind kind;
  aus_match_unseen unseen;
  int n_versions, n_columns, n_used; /* n_used: columns of logistic and trees */
  int32_t *
      first; /* n_columns + 1: switch of a column's first value; the place of value v is place[first + v] */
  float *place;
  double rate; /* shrunk */
  aus_match_nb nb;
  aus_logistic logistic; /* without weights: the rate answers */
  aus_xgb *trees;        /* NULL: the rate answers */
  double weight[AUS_MATCH_MEMBERS];
  aus_match_calibration calibration;
} aus_match_model;

/** Train.
 *
 * @param [out] out  filled; empty on error
 * @param [in] row   n of the rows to train on; NULL: the first n
 * @return AUS_OK; AUS_EINVAL for bad codes, classes and parameters; AUS_ENUMERIC, AUS_EDEP from the
 *         learners; AUS_ENOMEM
 *
 * Local. Deterministic.
 */
AUS_CHECKED int aus_match_model_fit(aus_match_model *out, const aus_match_model_conf *conf,
                                    const aus_match_rows *rows, int64_t n, const int64_t *row,
                                    aus_err *err);
void aus_match_model_fini(aus_match_model *m);

/** P(success) of n rows.
 *
 * @param [in] code   n x n_columns: values, AUS_MATCH_UNSEEN or AUS_MATCH_UNTOLD
 * @param [in] place  n x n_columns: place in version order among the model's values, between two of them for others,
 *                    NaN for unknown ones; NULL: that of the code. For the trees.
 * @param [out] p     n
 * @return AUS_OK; AUS_EINVAL for another code; AUS_ENOMEM. Local.
 */
AUS_CHECKED int aus_match_model_predict(const aus_match_model *m, int64_t n, const int32_t *code,
                                        const float *place, double *p, aus_err *err);

/** P(success) of the package on every cluster. A value that the package never had stands between its neighbours in
 * version order for the trees and is AUS_MATCH_UNSEEN for the others; features that clusters are not described by
 * are AUS_MATCH_UNTOLD. Clusters have no variants: a model for this is trained without.
 *
 * @param [in] table  the one that the model was trained on
 * @param [out] p     clusters->n
 * @return AUS_OK; AUS_EINVAL for a model with variants or of another table; AUS_ENOMEM. Local.
 */
AUS_CHECKED int aus_match_model_clusters(const aus_match_model *m, const aus_match_table *table,
                                         const aus_match_space *space,
                                         const aus_match_clusters *clusters, double *p,
                                         aus_err *err);

/** P(success) of every row by a model that was trained without its fold (stratified folds of (seed, key)).
 *
 * @param [out] p  rows->n
 * @return AUS_OK; AUS_EINVAL for folds < 2 and as above; AUS_ENOMEM. Local.
 */
AUS_CHECKED int aus_match_model_folds(const aus_match_model_conf *conf, const aus_match_rows *rows,
                                      int folds, uint64_t seed, uint64_t key, double *p,
                                      aus_err *err);

#endif
