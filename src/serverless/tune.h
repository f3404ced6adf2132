/* serverless/tune.h - training rows in memory, and models that are continued on new ones.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Boosting that goes on with new rows alone forgets the old ones (D24): further trees fit the
 * residuals of what they are shown. So a share of the rows shown are old ones (replay).
 */
#ifndef AUS_SERVERLESS_TUNE_H
#define AUS_SERVERLESS_TUNE_H

#include "learn/xgb.h"

/* Rows of one function. */
typedef struct aus_serverless_tune_rows {
  int64_t n, cap;
  int d;    /* features, set by the first rows */
  float *x; /* n x d */
  float *y, *weight;
} aus_serverless_tune_rows;

void aus_serverless_tune_rows_fini(aus_serverless_tune_rows *r);

/** Append rows. @param [in] weight  NULL: all 1. @return AUS_OK; AUS_EINVAL when d is not that of the
 * rows there are; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_tune_rows_add(aus_serverless_tune_rows *r, int64_t n, int d,
                                             const double *x, const double *y, const double *weight,
                                             aus_err *err);

/** Replace *to by the same rows. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_tune_rows_copy(aus_serverless_tune_rows *to,
                                              const aus_serverless_tune_rows *from, aus_err *err);

typedef struct aus_serverless_tune_conf {
  aus_xgb_conf xgb; /* of the continuation: rounds 50; eta 0.3 */
  double replay;    /* 0..1: share of base rows among all rows, as far as there are enough; 0.5 */
} aus_serverless_tune_conf;

/** The defaults above, trees by AUS_XGB_AUTO. Local. */
aus_serverless_tune_conf aus_serverless_tune_defaults(void);

/** Continue a model on new rows and a draw of base rows.
 *
 * Base rows are drawn without replacement, round(n_new replay / (1 - replay)) of them or all, from
 * stream (seed, campaign, trial, batch order), for function f from block f << 24 on; they come before
 * the new ones, in their own order.
 *
 * @param [in] base   unchanged; NULL when the function has no model yet: then one is trained on the
 *                    same rows
 * @param [in] fresh  new rows; none: *out is a copy of base, or NULL
 * @param [in] old    base rows; may be empty
 * @return AUS_OK; AUS_EINVAL (replay beyond 0..1, other numbers of features); codes of aus_xgb_train
 * Local. Source: serverless.md 8.4; engine.md 6.4 (model state).
 */
AUS_CHECKED int aus_serverless_tune(aus_xgb **out, const aus_xgb *base,
                                    const aus_serverless_tune_conf *conf,
                                    const aus_serverless_tune_rows *fresh,
                                    const aus_serverless_tune_rows *old, uint64_t seed,
                                    uint64_t campaign, uint64_t trial, int function, aus_err *err);

/** Root mean square error of a model over rows (weights do not count); 0 without any.
 * @return AUS_OK; AUS_EINVAL when the rows have another number of features; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_tune_rmse(const aus_xgb *model, const aus_serverless_tune_rows *rows,
                                         double *rmse, aus_err *err);

#endif
