/* match/model_rows.c - a training table as the models want it: columns and variants side by side.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/model.h"

#include "util/alloc.h"

int aus_match_rows_make(aus_match_rows *out, const aus_match_table *table, aus_err *err)
{
  int rc = AUS_OK, j;
  const int width = table->n_cols + table->n_variants;
  int64_t i;

  *out = (aus_match_rows){
      .n = table->n_rows, .n_versions = table->n_cols, .n_columns = width, .y = table->y};
  AUS_NEW(out->code, out->n * width, err);
  AUS_NEW(out->n_values, width, err);
  AUS_NEW(out->place, width, err);
  for (j = 0; j < width; j++) {
    const bool version = j < table->n_cols;
    const int k = version ? j : j - table->n_cols;
    const int stride = version ? table->n_cols : table->n_variants;
    const aus_match_column *col = (version ? table->col : table->variant) + k;
    const uint16_t *code = version ? table->code : table->variant_code; /* NULL without rows */

    out->n_values[j] = col->n_cats;
    out->place[j] = col->rank;
    for (i = 0; i < out->n; i++)
      out->code[i * width + j] = code[i * stride + k];
  }
done:
  if (rc != AUS_OK) aus_match_rows_fini(out);
  return rc;
}

void aus_match_rows_fini(aus_match_rows *rows)
{
  aus_free(rows->code);
  aus_free(rows->n_values);
  aus_free(rows->place);
  *rows = (aus_match_rows){0};
}
