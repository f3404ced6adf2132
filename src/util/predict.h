/* predict.h - how a simulator asks for a prediction without knowing who answers.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The study plugs a model of learn/ in; a test plugs a table in. A predictor is asked in batches and
 * must be a pure function of its inputs.
 */
#ifndef AUS_UTIL_PREDICT_H
#define AUS_UTIL_PREDICT_H

#include "util/err.h"

#include <stdint.h>

typedef struct aus_predict {
  void *self; /* borrowed */
  /** Predict n rows of d features each.
   *
   * @param [in] task  which model: index of the function, job type, ... as the simulator counts them
   * @param [in] x     n x d, row-major, float because the models' border is float
   * @param [out] y    n
   * @return AUS_OK; AUS_EDEP or AUS_ENUMERIC from the model
   */
  int (*call)(void *self, int task, int64_t n, int d, const float *x, float *y, aus_err *err);
  /** True if there is a model for this task. */
  int (*has)(void *self, int task);
} aus_predict;

#endif
