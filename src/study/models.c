/* models.c - trained models in the shared file.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/models.h"

#include "util/alloc.h"

enum { N_INTS = 4 };

typedef struct columns {
  const char **task, **format;
  int32_t *version;
  int64_t *ints; /* N_INTS columns */
  double *metric;
  aus_range *range;
} columns;

static void columns_fini(columns *c)
{
  aus_free(c->task);
  aus_free(c->format);
  aus_free(c->version);
  aus_free(c->ints);
  aus_free(c->metric);
  aus_free(c->range);
}

static int fill(columns *c, const aus_model_line *line, int64_t n, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  AUS_NEW(c->task, n, err);
  AUS_NEW(c->format, n, err);
  AUS_NEW(c->version, n, err);
  AUS_NEW(c->ints, N_INTS * n, err);
  AUS_NEW(c->metric, n, err);
  AUS_NEW(c->range, n, err);
  for (i = 0; i < n; i++) {
    c->task[i] = line[i].task;
    c->format[i] = line[i].format;
    c->version[i] = line[i].version;
    c->ints[i] = line[i].parent;
    c->ints[n + i] = line[i].trial;
    c->ints[2 * n + i] = line[i].train_rows;
    c->ints[3 * n + i] = line[i].test_rows;
    c->metric[i] = line[i].metric;
    c->range[i] = line[i].range;
  }
done:
  return rc;
}

int aus_models_publish(const aus_model_line *line, int64_t n, int table, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, k;
  columns c = {0};
  static const aus_column metric = AUS_COLUMN(
      "metric", AUS_F64, "1", 1, "RMSE on the test rows, in units of the label; NaN: not measured");
  static const aus_column version = AUS_COLUMN(
      "version", AUS_I32, "1", 1, "0: base model; else how often it was fine-tuned since");
  static const aus_column ints[N_INTS] = {
      AUS_COLUMN("parent", AUS_I64, "1", 1, "row of the model it continues; -1: none"),
      AUS_COLUMN("trial", AUS_I64, "1", 1, "trial that made it; -1: trained on a whole stage"),
      AUS_COLUMN("train_rows", AUS_I64, "1", 1, "new training rows; 0: see its trial or format"),
      AUS_COLUMN("test_rows", AUS_I64, "1", 1, "test rows"),
  };

  AUS_TRY(fill(&c, line, n, err));
  AUS_TRY(aus_pub_strings(pub, "models/task", n, c.task, "what it predicts", err));
  AUS_TRY(aus_pub_strings(pub, "models/format", n, c.format, "how the bytes are to be read", err));
  AUS_TRY(aus_pub_column(pub, "models", &version, n, c.version, err));
  for (k = 0; k < N_INTS; k++)
    AUS_TRY(aus_pub_column(pub, "models", &ints[k], n, c.ints + k * n, err));
  AUS_TRY(aus_pub_column(pub, "models", &metric, n, c.metric, err));
  AUS_TRY(aus_pub_blobs(pub, "models", table, n, c.range, err));
done:
  columns_fini(&c);
  return rc;
}
