/* match/model_clusters.c - clusters' values in the words of a package's model.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/model.h"

#include <math.h>
#include <string.h>

#include "match/version.h"
#include "util/alloc.h"

/* Place of any version among those of a column: a category's own, else half a step above the newest older one. */
static float place_of(const aus_match_column *col, const char *version)
{
  float place = -0.5f;
  int v, order;

  for (v = 0; v < col->n_cats; v++) {
    order = aus_match_version_compare(col->cat[v], version);
    if (order == 0) return (float)col->rank[v];
    if (order < 0) place = fmaxf(place, (float)col->rank[v] + 0.5f);
  }
  return place;
}

/* One column for all clusters. */
static int fill_column(const aus_match_column *col, const aus_match_names *values,
                       const aus_match_clusters *clusters, const int32_t *value, int stride,
                       int32_t *code, float *place, int width, aus_err *err)
{
  int rc = AUS_OK;
  int32_t *codes = NULL;
  float *places = NULL;
  int64_t i;

  AUS_NEW(codes, values->n, err);
  AUS_NEW(places, values->n, err);
  for (i = 0; i < values->n; i++) {
    codes[i] = aus_match_column_find(col, values->text[i]); /* -1 is AUS_MATCH_UNSEEN */
    places[i] = place_of(col, values->text[i]);
  }
  for (i = 0; i < clusters->n; i++) {
    code[i * width] = codes[value[i * stride]];
    place[i * width] = places[value[i * stride]];
  }
done:
  aus_free(codes);
  aus_free(places);
  return rc;
}

static void untold(int64_t n, int32_t *code, float *place)
{
  int64_t i;

  for (i = 0; i < n; i++) {
    code[i] = AUS_MATCH_UNTOLD;
    place[i] = NAN;
  }
}

int aus_match_model_clusters(const aus_match_model *m, const aus_match_table *table,
                             const aus_match_space *space, const aus_match_clusters *clusters,
                             double *p, aus_err *err)
{
  int rc = AUS_OK, j;
  int32_t *code = NULL, f;
  float *place = NULL;

  if (m->n_versions != table->n_cols || m->n_columns != table->n_cols + table->n_variants)
    AUS_FAIL(err, AUS_EINVAL, "%s: the model is of another table", table->package);
  if (m->n_used > m->n_versions)
    AUS_FAIL(err, AUS_EINVAL, "%s: a model with variants, which clusters do not have",
             table->package);
  AUS_NEW(code, clusters->n * m->n_columns, err);
  AUS_NEW(place, clusters->n * m->n_columns, err);
  untold(clusters->n * m->n_columns, code, place);
  for (j = 0; j < table->n_cols; j++) {
    const char *name = table->col[j].feature;

    f = aus_match_names_find(&space->names, name, strlen(name));
    if (f >= 0)
      AUS_TRY(fill_column(table->col + j, &space->feature[f].values, clusters, clusters->value + f,
                          space->n, code + j, place + j, m->n_columns, err));
  }
  AUS_TRY(aus_match_model_predict(m, clusters->n, code, place, p, err));
done:
  aus_free(code);
  aus_free(place);
  return rc;
}
