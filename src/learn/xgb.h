/* xgb.h - gradient-boosted trees (XGBoost's C library), one thread, every parameter explicit.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A model is an opaque booster that saves to and loads from bytes ("xgboost-ubj"; JSON is read,
 * too). Continuing means boosting further rounds on the residuals of new rows: the old trees stay.
 * A random forest is one round of many parallel trees of rate 1, each on its own draw of the rows
 * and features (aus_xgb_forest()); its answer is their mean. It cannot be continued.
 */
#ifndef AUS_LEARN_XGB_H
#define AUS_LEARN_XGB_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct aus_xgb aus_xgb;

typedef enum aus_xgb_method {
  AUS_XGB_EXACT,
  AUS_XGB_HIST,
  AUS_XGB_AUTO
} aus_xgb_method; /* auto: exact below 10,000 rows */

typedef struct aus_xgb_conf {
  int rounds;                                    /* 200 */
  int max_depth;                                 /* 6 */
  double eta;                                    /* 0.3 */
  double lambda, alpha, gamma, min_child_weight; /* 1, 0, 0, 1 */
  double subsample, colsample;                   /* 1, 1 */
  double colsample_bynode;                       /* 1; of the features, drawn anew for each split */
  int parallel_trees;                            /* 1; more: a forest, rounds must be 1 */
  double base_score;                             /* 0.5 */
  aus_xgb_method method;
  uint32_t seed; /* 435 in compat */
  bool logistic; /* false: reg:squarederror; true: binary:logistic, labels 0..1, answers P(1) */
} aus_xgb_conf;

/** The defaults above (objective reg:squarederror). Local. */
aus_xgb_conf aus_xgb_defaults(void);
/** A random forest: 100 parallel trees, eta 1, 0.632 of the rows for each, a third of the features for each split,
 * no regularisation, depth 12, by histograms. Local. */
aus_xgb_conf aus_xgb_forest(void);

/** Train on n rows.
 *
 * @param [in] x       n x d, row-major, finite or NaN (missing)
 * @param [in] y       n, finite
 * @param [in] weight  n, finite and not negative; NULL: all 1 (the same bytes)
 * @return AUS_OK; AUS_EINVAL for n < 1, d < 1, rounds < 1, parallel_trees < 1, a forest of more
 *         than one round, a parameter that is not finite or a logistic base_score outside (0,1);
 *         AUS_ENUMERIC for labels that are not finite (logistic: not in 0..1), bad weights and
 *         infinite features; AUS_EDEP
 *         with XGBoost's text; AUS_ENOMEM
 *
 * Local. Deterministic: the same rows and configuration give the same bytes.
 */
AUS_CHECKED int aus_xgb_train(aus_xgb **out, const aus_xgb_conf *conf, int64_t n, int d,
                              const float *x, const float *y, const float *weight, aus_err *err);
/** Add conf->rounds rounds of rate conf->eta on new rows to a copy of `base` (base is unchanged; its
 * base_score stays). Same codes, AUS_EINVAL also when d is not the model's,
 * when one is logistic and the other not and when either is a forest. */
AUS_CHECKED int aus_xgb_continue(aus_xgb **out, const aus_xgb *base, const aus_xgb_conf *conf,
                                 int64_t n, int d, const float *x, const float *y,
                                 const float *weight, aus_err *err);
/** About how long training or continuing takes on one thread, in seconds; never too little. Local.
 * Per row, feature and round (Xeon, 1.7.4, depth 6): exact 1.8e-7 s at 9000 rows of 12, hist 1e-8 s at 100,000. */
double aus_xgb_expect_s(const aus_xgb_conf *conf, int64_t n, int d);
/** @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_xgb_copy(aus_xgb **out, const aus_xgb *m, aus_err *err);
void aus_xgb_destroy(aus_xgb *m);

/** Predict n rows. @param [out] y  n. @return AUS_OK; AUS_EINVAL when d is not the model's. Local.
 * A plain walk through flat trees (the same bits as XGBoost's predictor): cheap for single rows. */
AUS_CHECKED int aus_xgb_predict(const aus_xgb *m, int64_t n, int d, const float *x, float *y,
                                aus_err *err);

/** Model as bytes (aus_free). @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_xgb_save(const aus_xgb *m, char **bytes, size_t *n, aus_err *err);
/** The same as JSON text. @return AUS_OK; AUS_EDEP; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_xgb_save_json(const aus_xgb *m, char **bytes, size_t *n, aus_err *err);
/** The reverse, UBJSON or JSON text; every length and index is checked. @return AUS_OK; AUS_EFORMAT
 * "name: byte N: ..." for anything but a whole gbtree model of reg:squarederror; AUS_ENOMEM.
 * Local. */
AUS_CHECKED int aus_xgb_load(aus_xgb **out, const char *name, const void *bytes, size_t n,
                             aus_err *err);
/** The same for a model of binary:logistic, and nothing else. */
AUS_CHECKED int aus_xgb_load_logistic(aus_xgb **out, const char *name, const void *bytes, size_t n,
                                      aus_err *err);

/** Version of the XGBoost library, "1.7.4". Local. */
void aus_xgb_library(char out[32]);

/** Rounds of boosting: 1 for a forest, however many trees it has. */
int aus_xgb_rounds(const aus_xgb *m);
int aus_xgb_n_features(const aus_xgb *m);
/** Are the answers probabilities (binary:logistic)? */
bool aus_xgb_logistic(const aus_xgb *m);

#endif
