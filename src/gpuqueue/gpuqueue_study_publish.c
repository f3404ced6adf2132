/* gpuqueue/gpuqueue_study_publish.c - what a gpuqueue study puts into the shared file.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include <math.h>

#include "gpuqueue/features.h"
#include "gpuqueue/gpuqueue_study_result.h"
#include "gpuqueue/gpuqueue_study_tracefile.h"
#include "study/models.h"
#include "util/alloc.h"

typedef struct aus_gpuqueue_study study;

static const char *const generate_units[AUS_GPUQUEUE_N_GENERATE_METRICS] = {"s", "s", "s", "s",
                                                                            "1"};
static const char *const x_names[] = {"window"};

static int publish_trials(study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, n = 0;
  aus_campaign line[AUS_GPUQUEUE_N_TRIAL_KINDS];

  if (s->n_stages > AUS_GPUQUEUE_ST_GENERATE) {
    AUS_TRY(
        aus_trials_publish(&s->trials[AUS_GPUQUEUE_K_GENERATE], pub, x_names, generate_units, err));
    if (s->n_begun > AUS_GPUQUEUE_ST_GENERATE)
      line[n++] = aus_campaign_of(AUS_GPUQUEUE_GENERATE_CAMPAIGN, s->n_training,
                                  &s->trials[AUS_GPUQUEUE_K_GENERATE]);
  }
  if (s->n_stages > AUS_GPUQUEUE_ST_VALIDATE) {
    AUS_TRY(
        aus_trials_publish(&s->trials[AUS_GPUQUEUE_K_VALIDATE], pub, x_names, s->reward_unit, err));
    if (s->n_begun > AUS_GPUQUEUE_ST_VALIDATE)
      line[n++] = aus_campaign_of(AUS_GPUQUEUE_VALIDATE_CAMPAIGN, s->n_windows,
                                  &s->trials[AUS_GPUQUEUE_K_VALIDATE]);
  }
  AUS_TRY(aus_campaigns_publish(line, n, pub, err));
done:
  return rc;
}

static int name_features(aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, i, n = aus_gpuqueue_n_features();
  char *text = NULL;
  const char **name = NULL;

  AUS_NEW(text, n * 40, err);
  AUS_NEW(name, n, err);
  for (i = 0; i < n; i++) {
    aus_gpuqueue_feature_name(i, text + (ptrdiff_t)i * 40);
    name[i] = text + (ptrdiff_t)i * 40;
  }
  AUS_TRY(aus_pub_attr_strs(pub, "datasets/gpuqueue/X", "feature_names", n, name, err));
done:
  aus_free(name);
  aus_free(text);
  return rc;
}

static int publish_tables(study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, t;

  aus_ranges_sort(&s->ranges);
  for (t = 0; t < s->tables.n; t++) {
    bool later =
        t == AUS_GPUQUEUE_T_QUESTIONS || t == AUS_GPUQUEUE_T_CURVE || t >= AUS_GPUQUEUE_T_POLICIES;

    if (s->n_stages <= (later ? AUS_GPUQUEUE_ST_VALIDATE : AUS_GPUQUEUE_ST_GENERATE)) continue;
    if (t == AUS_GPUQUEUE_T_QUESTIONS && !aus_opt_bool(s->opts, "questions")) continue;
    if (t == AUS_GPUQUEUE_T_CURVE && !aus_opt_bool(s->opts, "curve")) continue;
    if (t == AUS_GPUQUEUE_T_MODELS) continue; /* as bytes of /models */
    if (!later && s->n_training == 0) continue;
    AUS_TRY(aus_pub_table(pub, t, s->ranges.n, s->ranges.range, err));
  }
  if (s->n_stages > AUS_GPUQUEUE_ST_GENERATE && s->n_training > 0) AUS_TRY(name_features(pub, err));
done:
  return rc;
}

static int publish_models(const study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, m;
  int64_t n = 0;
  aus_model_line line[AUS_GPUQUEUE_N_POLICIES];

  if (s->n_stages <= AUS_GPUQUEUE_ST_TRAIN) goto done;
  for (m = 0; m < s->n_models; m++)
    if (s->trained[s->model[m]])
      line[n++] = (aus_model_line){.task = s->model_name[m],
                                   .format = "auspex-gpuqueue-1",
                                   .parent = -1,
                                   .trial = -1,
                                   .train_rows = (int64_t)s->model_rows[s->model[m]],
                                   .metric = (double)NAN,
                                   .range = s->model_range[s->model[m]]};
  AUS_TRY(aus_models_publish(line, n, AUS_GPUQUEUE_T_MODELS, pub, err));
done:
  return rc;
}

/* ---- /gpuqueue/classes ---- */

static int publish_classes(const study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, k;
  aus_gpuqueue_line *line = NULL;
  int64_t i, n, *count = NULL;
  uint8_t *model = NULL, *load = NULL, *filtered = NULL;
  double *x = NULL, one[AUS_GPUQUEUE_N_FIGURES];
  const aus_column model_col =
      AUS_COLUMN_ENUM("model", AUS_U8, "who decided", s->model_name, s->n_models);
  static const aus_column load_col =
      AUS_COLUMN_ENUM("load", AUS_U8, "class of the windows, by the reactive policy's reward",
                      aus_gpuqueue_load_names, AUS_GPUQUEUE_N_LOADS);
  static const aus_column filtered_col = AUS_COLUMN(
      "filtered", AUS_U8, "1", 1, "1: without windows of <= -10 h whose successor was backfilled");
  static const aus_column n_col = AUS_COLUMN("n", AUS_I64, "1", 1, "windows x links");

  if (s->n_stages <= AUS_GPUQUEUE_ST_VALIDATE) return AUS_OK;
  AUS_TRY(aus_gpuqueue_lines(s, &line, &n, err));
  AUS_NEW(count, n, err);
  AUS_NEW(model, n, err);
  AUS_NEW(load, n, err);
  AUS_NEW(filtered, n, err);
  AUS_NEW(x, AUS_GPUQUEUE_N_FIGURES * n, err);
  for (i = 0; i < n; i++) {
    count[i] = line[i].c.n;
    model[i] = (uint8_t)line[i].model;
    load[i] = (uint8_t)line[i].load;
    filtered[i] = line[i].filtered;
    aus_gpuqueue_line_figures(&line[i], one);
    for (k = 0; k < AUS_GPUQUEUE_N_FIGURES; k++)
      x[k * n + i] = one[k];
  }
  AUS_TRY(aus_pub_column(pub, "gpuqueue/classes", &model_col, n, model, err));
  AUS_TRY(aus_pub_column(pub, "gpuqueue/classes", &load_col, n, load, err));
  AUS_TRY(aus_pub_column(pub, "gpuqueue/classes", &filtered_col, n, filtered, err));
  AUS_TRY(aus_pub_column(pub, "gpuqueue/classes", &n_col, n, count, err));
  for (k = 0; k < AUS_GPUQUEUE_N_FIGURES; k++)
    AUS_TRY(aus_pub_column(pub, "gpuqueue/classes", &aus_gpuqueue_figures[k], n, x + k * n, err));
done:
  aus_free(line);
  aus_free(count);
  aus_free(model);
  aus_free(load);
  aus_free(filtered);
  aus_free(x);
  return rc;
}

int aus_gpuqueue_publish(void *self, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;
  study *s = self;

  AUS_TRY(aus_gpuqueue_h5_put(&s->trace, pub, err));
  AUS_TRY(publish_trials(s, pub, err));
  AUS_TRY(publish_tables(s, pub, err));
  AUS_TRY(publish_models(s, pub, err));
  AUS_TRY(publish_classes(s, pub, err));
done:
  return rc;
}
