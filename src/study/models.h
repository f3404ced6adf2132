/* models.h - trained models in the shared file: /models, the same for every area.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_STUDY_MODELS_H
#define AUS_STUDY_MODELS_H

#include "store/pub.h"

/* A row of /models. */
typedef struct aus_model_line {
  const char *task;   /* what it predicts */
  const char *format; /* how its bytes are to be read */
  int32_t version;    /* 0: base model; else how often it was fine-tuned since */
  int64_t parent;     /* row of the model it continues; -1: none */
  int64_t trial;      /* that made it; -1: trained on a whole stage */
  int64_t train_rows, test_rows;
  double metric; /* RMSE on the test rows; NaN: not measured */
  aus_range range;
} aus_model_line;

/** Publish /models. @param [in] table  that has the bytes, one u8 column
 * @return codes of aus_pub_column() and aus_pub_blobs(). Local. */
AUS_CHECKED int aus_models_publish(const aus_model_line *line, int64_t n, int table, aus_pub *pub,
                                   aus_err *err);

#endif
