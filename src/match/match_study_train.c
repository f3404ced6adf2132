/* match/match_study_train.c - what a worker does in stage train: folds, what they are worth, models.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/match_study_setup.h"
#include "match/model_bytes.h"
#include "util/alloc.h"

typedef struct aus_match_study study;

/* ---- folds ---- */

static int append_held_out(aus_work *w, int32_t table, const aus_match_table *t, const double *p,
                           aus_err *err)
{
  int rc = AUS_OK;
  int32_t *number = NULL;
  int64_t i;

  AUS_NEW(number, t->n_rows, err);
  for (i = 0; i < t->n_rows; i++)
    number[i] = table;
  {
    const void *column[AUS_MATCH_N_HELD_OUT] = {number, t->y, p};

    AUS_TRY(aus_work_append(w, AUS_MATCH_T_HELD_OUT, t->n_rows, column, err));
  }
done:
  aus_free(number);
  return rc;
}

/* One package under one division: every build is answered by a model that has not seen its fold. */
int aus_match_run_folds(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK;
  study *s = self;
  int64_t i = (int64_t)aus_work_task(w)->x[0];
  uint64_t seed = s->seed + (uint64_t)aus_work_task(w)->x[1];
  const aus_match_table *t = &s->data.tables.table[i];
  aus_match_rows rows = {0};
  aus_match_model_conf conf;
  double *p = NULL;
  aus_metrics m;

  AUS_NEW(p, t->n_rows, err);
  AUS_TRY(aus_match_conf_of(s, s->model.kind, i, true, &conf, err));
  conf.seed = seed;
  AUS_TRY(aus_match_rows_make(&rows, t, err));
  aus_work_status(w, AUS_S_FAIL_TRAIN);
  AUS_TRY(aus_match_model_folds(&conf, &rows, s->folds, seed, (uint64_t)i, p, err));
  AUS_TRY(aus_metrics_make(&m, t->n_rows, p, t->y, err));
  AUS_TRY(append_held_out(w, (int32_t)i, t, p, err));
  aus_work_metric(w, 0, m.accuracy);
  aus_work_metric(w, 1, m.log_loss);
  aus_work_metric(w, 2, m.brier);
  aus_work_metric(w, 3, m.auc);
done:
  if (rc != AUS_OK) aus_err_prepend(err, "package %s: ", t->package);
  aus_match_rows_fini(&rows);
  aus_free(p);
  return rc;
}

/* ---- figures ---- */

/* Rows of all divisions, division by division, as the tasks wrote them. */
typedef struct answers {
  int64_t n;
  int32_t *table;
  uint8_t *y;
  double *p;
} answers;

static int read_answers(aus_work *w, answers *a, aus_err *err)
{
  int rc = AUS_OK;
  aus_ranges ranges = {0};
  const void *list;
  size_t size;
  int64_t i, n = 0;

  AUS_TRY(aus_work_blob(w, aus_match_rows_key(AUS_MATCH_K_FOLDS), &list, &size, err));
  AUS_TRY(aus_ranges_decode(&ranges, list, size, err));
  for (i = 0; i < ranges.n; i++)
    a->n += (int64_t)ranges.range[i].n;
  AUS_NEW(a->table, a->n, err);
  AUS_NEW(a->y, a->n, err);
  AUS_NEW(a->p, a->n, err);
  for (i = 0; i < ranges.n; i++) {
    const aus_range *r = &ranges.range[i];

    AUS_TRY(aus_work_read(w, r, AUS_MATCH_C_HELD_TABLE, a->table + n, err));
    AUS_TRY(aus_work_read(w, r, AUS_MATCH_C_HELD_Y, a->y + n, err));
    AUS_TRY(aus_work_read(w, r, AUS_MATCH_C_HELD_P, a->p + n, err));
    n += (int64_t)r->n;
  }
done:
  aus_ranges_fini(&ranges);
  return rc;
}

static void put_figures(aus_work *w, const aus_match_figures *line, int64_t n)
{
  int64_t i;

  for (i = 0; i < n; i++) {
    const aus_match_figures *f = &line[i];
    const double y[AUS_MATCH_FIGURE_VALUES] = {f->table,      (double)f->m.n,   f->m.accuracy,
                                               f->m.log_loss, f->m.brier,       f->m.auc,
                                               f->majority,   f->m.calibration, (double)f->m.n_yes};
    int k;

    for (k = 0; k < AUS_MATCH_FIGURE_VALUES; k++)
      aus_work_metric(w, (int)i * AUS_MATCH_FIGURE_VALUES + k, y[k]);
  }
}

int aus_match_run_figures(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK, k;
  study *s = self;
  answers a = {0};
  aus_match_figures *line = NULL;
  aus_match_calibration_bin bin[AUS_MATCH_CALIBRATION_BINS];
  int first = (int)(s->n_validated + 1) * AUS_MATCH_FIGURE_VALUES;
  aus_match_held_out held;
  int64_t n;

  AUS_TRY(read_answers(w, &a, err));
  held = (aus_match_held_out){.n = a.n / s->n_divisions,
                              .n_divisions = s->n_divisions,
                              .table = a.table,
                              .y = a.y,
                              .p = a.p};
  AUS_TRY(aus_match_figures_make(&held, &line, &n, err));
  put_figures(w, line, n);
  aus_match_calibration_bins(&held, bin);
  for (k = 0; k < AUS_MATCH_CALIBRATION_BINS; k++) {
    aus_work_metric(w, first + k * AUS_MATCH_BIN_VALUES, bin[k].n);
    aus_work_metric(w, first + k * AUS_MATCH_BIN_VALUES + 1, bin[k].p);
    aus_work_metric(w, first + k * AUS_MATCH_BIN_VALUES + 2, bin[k].success);
  }
done:
  aus_free(line);
  aus_free(a.table);
  aus_free(a.y);
  aus_free(a.p);
  return rc;
}

/* ---- models ---- */

static int append_p(study *s, aus_work *w, const aus_match_model *m, const aus_match_table *t,
                    aus_err *err)
{
  int rc = AUS_OK;
  double *p = NULL;

  AUS_NEW(p, s->data.clusters.n, err);
  AUS_TRY(aus_match_model_clusters(m, t, &s->data.space, &s->data.clusters, p, err));
  {
    const void *column[] = {p};

    AUS_TRY(aus_work_append(w, AUS_MATCH_T_P_TABLE, 1, column, err));
  }
done:
  aus_free(p);
  return rc;
}

/* The model of a package, from all its builds: a cluster tells nothing of the root's variants. */
int aus_match_run_fit(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK;
  study *s = self;
  int64_t i = (int64_t)(uint32_t)aus_work_task(w)->id;
  const aus_match_table *t = &s->data.tables.table[i];
  aus_match_rows rows = {0};
  aus_match_model_conf conf;
  aus_match_model m = {0};
  aus_buf bytes;

  aus_buf_init(&bytes);
  AUS_TRY(aus_match_conf_of(s, s->model.kind, i, false, &conf, err));
  AUS_TRY(aus_match_rows_make(&rows, t, err));
  aus_work_status(w, AUS_S_FAIL_TRAIN);
  AUS_TRY(aus_match_model_fit(&m, &conf, &rows, rows.n, NULL, err));
  AUS_TRY(aus_match_model_write(&m, t, &bytes, err));
  AUS_TRY(aus_buf_check(&bytes, err));
  {
    const void *column[] = {bytes.data};

    AUS_TRY(aus_work_append(w, AUS_MATCH_T_MODELS, bytes.n, column, err));
  }
  if (s->has_clusters) AUS_TRY(append_p(s, w, &m, t, err));
  aus_work_metric(w, 0, (double)rows.n);
done:
  if (rc != AUS_OK) aus_err_prepend(err, "package %s: ", t->package);
  aus_match_model_fini(&m);
  aus_match_rows_fini(&rows);
  aus_buf_fini(&bytes);
  return rc;
}
