/* match/clusters.c - clusters as rows of value codes.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/data.h"

#include <string.h>

#include "util/alloc.h"

void aus_match_space_fini(aus_match_space *space)
{
  int f;

  for (f = 0; f < space->n; f++) {
    aus_free(space->feature[f].name);
    aus_match_names_fini(&space->feature[f].values);
  }
  aus_free(space->feature);
  aus_match_names_fini(&space->names);
  *space = (aus_match_space){0};
}

void aus_match_clusters_fini(aus_match_clusters *clusters)
{
  int64_t i;

  for (i = 0; i < clusters->n; i++)
    aus_free(clusters->name[i]);
  aus_free(clusters->name);
  aus_free(clusters->value);
  *clusters = (aus_match_clusters){0};
}

static int take_features(aus_match_space *space, const aus_sheet *sheet, int64_t skip, aus_err *err)
{
  int rc = AUS_OK;
  int64_t j;
  int32_t id;

  if (sheet->n_cols < 2) AUS_FAIL(err, AUS_EFORMAT, "%s:1: no feature", sheet->name);
  AUS_NEW(space->feature, sheet->n_cols - 1, err);
  for (j = 0; j < sheet->n_cols; j++) {
    if (j == skip) continue;
    AUS_DUP(space->feature[space->n].name, sheet->head[j], err);
    space->n++;
    AUS_TRY(aus_match_names_add(&space->names, sheet->head[j], strlen(sheet->head[j]), &id, err));
  }
done:
  return rc;
}

static int take_values(aus_match_clusters *c, aus_match_space *space, const aus_sheet *sheet,
                       int64_t skip, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i = c->n, j;
  int f = 0;

  for (j = 0; j < sheet->n_cols; j++) {
    const char *text = aus_sheet_at(sheet, i, j);

    if (j == skip) continue;
    if (!*text) {
      rc = aus_sheet_refuse(sheet, i, err, "no value of %s, expected \"absent\"", sheet->head[j]);
      goto done;
    }
    AUS_TRY(aus_match_names_add(&space->feature[f].values, text, strlen(text),
                                &c->value[i * space->n + f], err));
    f++;
  }
done:
  return rc;
}

int aus_match_clusters_read(aus_match_clusters *out, aus_match_space *space, const aus_sheet *sheet,
                            aus_err *err)
{
  int rc = AUS_OK;
  aus_match_clusters c = {0};
  aus_match_names names = {0};
  int64_t column, i;
  int32_t id;

  *out = (aus_match_clusters){0};
  AUS_TRY(aus_sheet_column(sheet, "cluster", &column, err));
  AUS_TRY(take_features(space, sheet, column, err));
  AUS_NEW(c.name, sheet->n_rows, err);
  AUS_NEW(c.value, sheet->n_rows * space->n, err);
  for (i = 0; i < sheet->n_rows; i++) {
    const char *name = aus_sheet_at(sheet, i, column);

    AUS_TRY(aus_match_names_add(&names, name, strlen(name), &id, err));
    if (id != i) {
      rc = aus_sheet_refuse(sheet, i, err, "cluster \"%s\" twice", name);
      goto done;
    }
    AUS_TRY(take_values(&c, space, sheet, column, err));
    AUS_DUP(c.name[i], name, err);
    c.n++;
  }
  *out = c;
  c = (aus_match_clusters){0};
done:
  aus_match_names_fini(&names);
  aus_match_clusters_fini(&c);
  return rc;
}
