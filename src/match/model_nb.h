/* match/model_nb.h - categorical naive Bayes of one package: P(success | values of its features).
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Counts with Laplace smoothing, priors from counts, as the studied system's models (scikit-learn's
 * CategoricalNB) have them. Categories are given, not found in the rows: a fold of a cross-validation
 * then knows values that only other folds have.
 */
#ifndef AUS_MATCH_MODEL_NB_H
#define AUS_MATCH_MODEL_NB_H

#include "util/err.h"

#include <stdint.h>

/* Where the logarithms are finite: alpha over all rows, alpha times all categories. */
#define AUS_MATCH_MIN_ALPHA 1e-100
#define AUS_MATCH_MAX_ALPHA 1e100

/* What takes a feature's place when its value is not one of the model's categories. */
enum {
  AUS_MATCH_UNSEEN = -1, /* some other value: the rule below decides */
  AUS_MATCH_UNTOLD = -2  /* nothing is known: left out under every rule */
};

typedef enum aus_match_unseen {
  AUS_MATCH_UNSEEN_SKIP,   /* leave the factor out */
  AUS_MATCH_UNSEEN_SMOOTH, /* a category more: alpha / (n_c + alpha (K + 1)) */
  AUS_MATCH_UNSEEN_STRICT  /* P = 0 */
} aus_match_unseen;

typedef struct aus_match_nb {
  int n_features;
  double alpha;
  int64_t n_class[2]; /* rows that failed, rows that succeeded */
  double log_prior[2];
  int32_t *n_values; /* n_features */
  int64_t *first;    /* n_features: place of a feature's first value below */
  int64_t *count;    /* [first + value] x 2 */
  double *log_p;     /* the same: log P(feature = value | class) */
} aus_match_nb;

/** Count.
 *
 * @param [out] out      filled; empty on error
 * @param [in] stride    entries of a row in `code`, >= n_features
 * @param [in] code      n x stride; the first n_features of a row are 0..n_values[feature]-1
 * @param [in] n_values  n_features, >= 1
 * @param [in] y         n, 1 = success
 * @param [in] row       the n rows to take of `code` and `y`; NULL: the first n
 * @param [in] alpha     AUS_MATCH_MIN_ALPHA..AUS_MATCH_MAX_ALPHA
 * @return AUS_OK; AUS_EINVAL for anything else; AUS_ENOMEM
 *
 * Local. A class without rows has prior -inf and log_p of the smoothing alone.
 */
AUS_CHECKED int aus_match_nb_fit(aus_match_nb *out, int64_t n, int n_features, int stride,
                                 const int32_t *code, const int32_t *n_values, const uint8_t *y,
                                 const int64_t *row, double alpha, aus_err *err);
void aus_match_nb_fini(aus_match_nb *m);

/** Make log_prior and log_p anew from the counts. Local. */
void aus_match_nb_logs(aus_match_nb *m);

/** P(success). @param [in] code  n_features: values or one of the two above. A model of one class says 1 or 0
 * whatever the code and the rule, one of no rows 1/2. Local. */
double aus_match_nb_predict(const aus_match_nb *m, const int32_t *code, aus_match_unseen rule);

/** log P(feature = value | class); class 0: fail, 1: success. Local. */
double aus_match_nb_log_p(const aus_match_nb *m, int feature, int32_t value, int class);

#endif
