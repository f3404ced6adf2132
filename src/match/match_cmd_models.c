/* match/match_cmd_models.c - P(success) on clusters by the models of an earlier result.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/match_cmd_models.h"

#include <string.h>

#include "match/model_bytes.h"
#include "store/read.h"
#include "util/alloc.h"

/* /models of a file. */
typedef struct shelf {
  aus_read *file;
  aus_read_list task, format;
  uint64_t *offset; /* task.n + 1 */
  int64_t n_bytes;
  uint8_t *bytes;
} shelf;

static void shelf_fini(shelf *s)
{
  aus_read_close(s->file);
  aus_read_list_fini(&s->task);
  aus_read_list_fini(&s->format);
  aus_free(s->offset);
  aus_free(s->bytes);
}

static int shelf_open(shelf *s, const char *path, aus_err *err)
{
  int rc = AUS_OK, width;
  int64_t i;

  AUS_TRY(aus_read_open(&s->file, path, "match", err));
  if (!aus_read_has(s->file, "models")) AUS_FAIL(err, AUS_EFORMAT, "%s: no models", path);
  AUS_TRY(aus_read_strings(s->file, "models/task", &s->task, err));
  AUS_TRY(aus_read_strings(s->file, "models/format", &s->format, err));
  AUS_NEW(s->offset, s->task.n + 1, err);
  AUS_TRY(aus_read_column(s->file, "models/offsets", AUS_U64, s->task.n + 1, 1, s->offset, err));
  AUS_TRY(aus_read_shape(s->file, "models/bytes", &s->n_bytes, &width, err));
  AUS_NEW(s->bytes, s->n_bytes, err);
  AUS_TRY(aus_read_column(s->file, "models/bytes", AUS_U8, s->n_bytes, 1, s->bytes, err));
  for (i = 0; i < s->task.n; i++)
    if (s->format.n != s->task.n || strcmp(s->format.text[i], "auspex-match-1") != 0 ||
        s->offset[i] > s->offset[i + 1] || s->offset[i + 1] > (uint64_t)s->n_bytes)
      AUS_FAIL(err, AUS_EFORMAT, "%s: /models: row %d is no model of match train", path, (int)i);
done:
  return rc;
}

static int ask(const shelf *s, int64_t i, const aus_match_space *space,
               const aus_match_clusters *clusters, double *p, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_model m = {0};
  aus_match_table t = {0};

  AUS_TRY(aus_match_model_read(&m, &t, s->bytes + s->offset[i],
                               (size_t)(s->offset[i + 1] - s->offset[i]), err));
  AUS_TRY(aus_match_model_clusters(&m, &t, space, clusters, p, err));
done:
  aus_match_model_fini(&m);
  aus_match_columns_fini(&t);
  return rc;
}

int aus_match_models_p(const char *path, const aus_match_space *space,
                       const aus_match_clusters *clusters, aus_match_p *p,
                       aus_match_names *packages, aus_err *err)
{
  int rc = AUS_OK;
  shelf s = {.file = NULL};
  int64_t i;
  int32_t id;

  AUS_TRY(shelf_open(&s, path, err));
  p->n_rows = s.task.n;
  p->n_clusters = clusters->n;
  AUS_NEW(p->p, p->n_rows * p->n_clusters, err);
  for (i = 0; i < s.task.n; i++) {
    AUS_TRY(aus_match_names_add(packages, s.task.text[i], strlen(s.task.text[i]), &id, err));
    if (id != i) AUS_FAIL(err, AUS_EFORMAT, "%s: two models of %s", path, s.task.text[i]);
    rc = ask(&s, i, space, clusters, p->p + i * p->n_clusters, err);
    if (rc != AUS_OK) aus_err_prepend(err, "%s: ", path);
    if (rc != AUS_OK) goto done;
  }
done:
  shelf_fini(&s);
  return rc;
}
