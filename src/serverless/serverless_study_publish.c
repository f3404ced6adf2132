/* serverless/serverless_study_publish.c - what the serverless study puts into the shared file.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include <math.h>
#include <string.h>

#include "serverless/serverless_study_stages.h"
#include "study/models.h"
#include "util/alloc.h"

typedef struct aus_serverless_study study;

/* /space: the columns of x. Device proportions are one simplex group. */
static int publish_space(const study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, i, n = s->space.n_x;
  const char **kind = NULL, **unit = NULL;
  aus_param *p = NULL;
  double *real = NULL;
  uint8_t *log = NULL;
  int32_t *group = NULL;
  static const aus_column reals[] = {
      AUS_COLUMN("lower", AUS_F64, "1", 1, "smallest value"),
      AUS_COLUMN(
          "upper", AUS_F64, "1", 1,
          "largest value of the space file (with range_compat the grid may go one step beyond)"),
      AUS_COLUMN("step", AUS_F64, "1", 1, "grid step"),
  };
  static const aus_column log_col = AUS_COLUMN("log", AUS_U8, "1", 1, "1: logarithmic scale");
  static const aus_column group_col =
      AUS_COLUMN("group", AUS_I32, "1", 1, "simplex group; -1: none");

  static const char *const kinds_of[] = {[AUS_P_STEP] = "step",
                                         [AUS_P_INT] = "integer",
                                         [AUS_P_SHARE] = "share",
                                         [AUS_P_FIXED] = "fixed"};

  AUS_NEW(p, n, err);
  AUS_TRY(aus_serverless_draw_params(s->range_compat, &s->space, p, err));
  AUS_NEW(kind, n, err);
  AUS_NEW(unit, n, err);
  AUS_NEW(real, 3 * n, err);
  AUS_NEW(log, n, err);
  AUS_NEW(group, n, err);
  for (i = 0; i < n; i++) {
    kind[i] = kinds_of[p[i].kind];
    unit[i] = p[i].unit;
    real[i] = p[i].lower;
    real[n + i] = p[i].upper;
    real[2 * n + i] = p[i].step;
    group[i] = p[i].group;
  }
  AUS_TRY(aus_pub_strings(pub, "space/name", n, (const char *const *)s->space.x_name,
                          "parameters: the columns of x", err));
  AUS_TRY(aus_pub_strings(pub, "space/kind", n, kind, "kind of parameter", err));
  AUS_TRY(aus_pub_strings(pub, "space/unit", n, unit, "unit of the parameter", err));
  for (i = 0; i < 3; i++)
    AUS_TRY(aus_pub_column(pub, "space", &reals[i], n, real + i * n, err));
  AUS_TRY(aus_pub_column(pub, "space", &log_col, n, log, err));
  AUS_TRY(aus_pub_column(pub, "space", &group_col, n, group, err));
done:
  aus_free(p);
  aus_free(kind);
  aus_free(unit);
  aus_free(real);
  aus_free(log);
  aus_free(group);
  return rc;
}

/* How good the design is; comparing all pairs of very many points is not worth the time. */
static int publish_quality(const study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;
  bool small = s->design.n <= 10000;

  AUS_TRY(aus_pub_attr_str(pub, "design", "variant", aus_opt_str(s->opts, "design"), err));
  AUS_TRY(aus_pub_attr_f64(
      pub, "design", "phi_p",
      small ? aus_design_phi_p(s->design.n, s->design.n_unit, s->design.unit) : (double)NAN, err));
  AUS_TRY(aus_pub_attr_f64(
      pub, "design", "discrepancy",
      small ? aus_design_discrepancy(s->design.n, s->design.n_unit, s->design.unit) : (double)NAN,
      err));
done:
  return rc;
}

static int publish_design(const study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;
  uint64_t *trial = NULL;
  int64_t i;
  const aus_column unit =
      AUS_COLUMN_MATRIX("unit", AUS_F64, s->design.n_unit, "1", 1, "points in the unit cube");
  const aus_column value = AUS_COLUMN_MATRIX("value", AUS_F64, s->space.n_x, "1", 1,
                                             "the combinations chosen for them; units in /space");
  const aus_column id = AUS_COLUMN("trial", AUS_U64, "1", 1, "first trial of the point");

  if (s->n_begun == 0) goto done; /* not drawn */
  AUS_NEW(trial, s->design.n, err);
  for (i = 0; i < s->design.n; i++)
    trial[i] = aus_trial_id(AUS_SERVERLESS_INITIAL_CAMPAIGN, (uint32_t)i);
  AUS_TRY(aus_pub_column(pub, "design", &unit, s->design.n, s->design.unit, err));
  AUS_TRY(aus_pub_column(pub, "design", &value, s->design.n, s->design.value, err));
  AUS_TRY(aus_pub_column(pub, "design", &id, s->design.n, trial, err));
  AUS_TRY(publish_quality(s, pub, err));
done:
  aus_free(trial);
  return rc;
}

/* The stage that makes the trials of a kind. */
static const aus_serverless_stage stage_of[AUS_SERVERLESS_N_TRIAL_KINDS] = {
    AUS_SERVERLESS_ST_INITIAL,  AUS_SERVERLESS_ST_PROACTIVE, AUS_SERVERLESS_ST_OPTIMIZE,
    AUS_SERVERLESS_ST_FINETUNE, AUS_SERVERLESS_ST_VALIDATE,  AUS_SERVERLESS_ST_VALIDATE,
    AUS_SERVERLESS_ST_VALIDATE, AUS_SERVERLESS_ST_VALIDATE};

static aus_campaign search_line(const study *s, int c)
{
  return aus_campaigns_line(
      &s->campaigns, c, aus_serverless_kinds[AUS_SERVERLESS_K_OPTIMIZE].name,
      (int64_t)aus_trial_id(AUS_SERVERLESS_PROACTIVE_CAMPAIGN, (uint32_t)s->searches[c].sample),
      s->search.bo.budget, s->search.bo.lag);
}

/* Samplings and searches that have begun, by number. */
static int publish_campaigns(const study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, c = 0;
  int64_t i, n = 0;
  aus_campaign *line = NULL;

  AUS_NEW(line, s->n_samplings + s->campaigns.n, err);
  for (i = 0; i < s->n_samplings; i++) {
    const aus_serverless_sampling *q = &s->sampling[i];

    while (c < s->campaigns.n && s->campaigns.first_id < q->id)
      line[n++] = search_line(s, c++);
    line[n++] = aus_campaign_of(q->id, q->n, &s->trials[q->kind]);
  }
  while (c < s->campaigns.n)
    line[n++] = search_line(s, c++);
  AUS_TRY(aus_campaigns_publish(line, n, pub, err));
done:
  aus_free(line);
  return rc;
}

static int publish_trials(study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, kind;
  const char *const *names = (const char *const *)s->space.x_name;

  for (kind = 0; kind < AUS_SERVERLESS_N_TRIAL_KINDS; kind++) {
    bool search = kind == AUS_SERVERLESS_K_OPTIMIZE;

    if (s->n_stages <= (int)stage_of[kind]) continue;
    AUS_TRY(aus_trials_publish(&s->trials[kind], pub, names,
                               search ? aus_serverless_optimize_units : aus_serverless_metric_units,
                               err));
  }
  AUS_TRY(publish_campaigns(s, pub, err));
  aus_ranges_sort(&s->ranges);
  for (kind = 0; kind < AUS_SERVERLESS_N_TRACES; kind++)
    if ((s->keep[kind] && s->n_stages > AUS_SERVERLESS_ST_INITIAL) ||
        (s->keep_validate[kind] && s->n_stages > AUS_SERVERLESS_ST_VALIDATE))
      AUS_TRY(aus_pub_table(pub, kind, s->ranges.n, s->ranges.range, err));
done:
  return rc;
}

static int publish_datasets(study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, fn;
  aus_buf path;

  aus_buf_init(&path);
  for (fn = 0; s->n_stages > AUS_SERVERLESS_ST_INITIAL && fn < s->inputs.types.n_tasks; fn++) {
    if (!s->has_rows[fn]) continue;
    AUS_TRY(aus_pub_table(pub, AUS_SERVERLESS_T_DATASET + fn, s->ranges.n, s->ranges.range, err));
    aus_buf_clear(&path);
    aus_buf_printf(&path, "datasets/%s/X", s->inputs.types.task[fn].name);
    AUS_TRY(aus_buf_check(&path, err));
    AUS_TRY(aus_pub_attr_strs(pub, path.data, "feature_names", s->tables.n_features,
                              (const char *const *)s->tables.features, err));
  }
done:
  aus_buf_fini(&path);
  return rc;
}

static int publish_models(study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, n = s->n_model_rows;
  aus_model_line *line = NULL;

  if (s->n_stages <= AUS_SERVERLESS_ST_INITIAL) goto done;
  AUS_NEW(line, n, err);
  for (i = 0; i < n; i++) {
    const aus_serverless_model_row *m = &s->model[i];
    int64_t test_rows = (int64_t)m->metric[AUS_SERVERLESS_M_TEST_ROWS];

    line[i] =
        (aus_model_line){.task = s->inputs.types.task[m->task].name,
                         .format = "xgboost-ubj",
                         .version = m->version,
                         .parent = m->parent,
                         .trial = m->trial,
                         .train_rows = (int64_t)m->metric[AUS_SERVERLESS_M_TRAIN_ROWS],
                         .test_rows = test_rows,
                         .metric = test_rows > 0 ? m->metric[AUS_SERVERLESS_M_RMSE] : (double)NAN,
                         .range = m->range};
  }
  AUS_TRY(aus_models_publish(line, n, AUS_SERVERLESS_T_MODELS, pub, err));
done:
  aus_free(line);
  return rc;
}

/* /serverless/searches: a row per trial of stage optimize, in order of campaign and commit, beside /bo. */
static int publish_searches(study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, c;
  int64_t n = 0, at = 0, i, *parent = NULL;
  uint64_t *trial = NULL, *base = NULL;
  double *judged = NULL;
  uint8_t *kept = NULL;
  static const aus_column trial_col = AUS_COLUMN("trial", AUS_U64, "1", 1, "trial id");
  static const aus_column base_col =
      AUS_COLUMN("base_trial", AUS_U64, "1", 1, "trial of the sample the campaign is around");
  static const aus_column judged_col = AUS_COLUMN(
      "judged", AUS_F64, "1", 1,
      "penalty that target, retain and carry look at; infinite: failed or too many replicas");
  static const aus_column kept_col =
      AUS_COLUMN("kept", AUS_U8, "1", 1, "1: its rows are interim data for the fine-tuning");

  if (s->n_stages <= AUS_SERVERLESS_ST_OPTIMIZE) goto done;
  for (c = 0; c < s->campaigns.n; c++)
    n += s->searches[c].n;
  AUS_NEW(parent, n, err);
  AUS_NEW(trial, n, err);
  AUS_NEW(base, n, err);
  AUS_NEW(judged, n, err);
  AUS_NEW(kept, n, err);
  for (c = 0; c < s->campaigns.n; c++)
    for (i = 0; i < s->searches[c].n; i++, at++) {
      const aus_serverless_search *q = &s->searches[c];
      int64_t k = q->order[i];

      parent[at] = q->parent[k];
      trial[at] = aus_trial_id(s->campaigns.first_id + (uint32_t)c, (uint32_t)k);
      base[at] = aus_trial_id(AUS_SERVERLESS_PROACTIVE_CAMPAIGN, (uint32_t)q->sample);
      judged[at] = q->judged[k];
      kept[at] = q->kept[k];
    }
  AUS_TRY(aus_campaigns_publish_bo(&s->campaigns, parent, pub, err));
  AUS_TRY(aus_pub_column(pub, "serverless/searches", &trial_col, n, trial, err));
  AUS_TRY(aus_pub_column(pub, "serverless/searches", &base_col, n, base, err));
  AUS_TRY(aus_pub_column(pub, "serverless/searches", &judged_col, n, judged, err));
  AUS_TRY(aus_pub_column(pub, "serverless/searches", &kept_col, n, kept, err));
done:
  aus_free(parent);
  aus_free(trial);
  aus_free(base);
  aus_free(judged);
  aus_free(kept);
  return rc;
}

static const char *const set_names[AUS_SERVERLESS_N_SETS] = {"base", "all", "one", "campaign",
                                                             "combination"};

/* /serverless/candidates: a row per set of models that stage finetune has tried. */
static int publish_candidates(study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, i, n = s->n_candidates;
  const char **function = NULL;
  uint8_t *what = NULL;
  uint64_t *first = NULL;
  uint32_t *campaign = NULL;
  double *reals = NULL;
  static const char path[] = "serverless/candidates";
  static const aus_column what_col = AUS_COLUMN_ENUM("what", AUS_U8, "which models were continued",
                                                     set_names, AUS_SERVERLESS_N_SETS);
  static const aus_column first_col = AUS_COLUMN(
      "first_trial", AUS_U64, "1", 1, "its first trial of kind finetune; the others follow");
  static const aus_column campaign_col =
      AUS_COLUMN("campaign", AUS_U32, "1", 1, "campaign whose best models these are; 0: none");
  static const aus_column real_cols[3] = {
      AUS_COLUMN("scale", AUS_F64, "1", 1, "factor on the labels it was continued with"),
      AUS_COLUMN("penalty_frac", AUS_F64, "1", 1,
                 "mean share of penalties in the worlds of the samples; infinite: failed; NaN: not "
                 "judged yet"),
      AUS_COLUMN("replica_time", AUS_F64, "s", 1, "mean replica-seconds there"),
  };
  static const aus_column chosen_col =
      AUS_COLUMN("chosen", AUS_U8, "1", 1, "1: these are the fine-tuned models");

  if (s->n_stages <= AUS_SERVERLESS_ST_FINETUNE || !s->judged) goto done;
  AUS_NEW(function, n, err);
  AUS_NEW(what, 2 * n, err);
  AUS_NEW(first, n, err);
  AUS_NEW(campaign, n, err);
  AUS_NEW(reals, 3 * n, err);
  for (i = 0; i < n; i++) {
    const aus_serverless_candidate *c = &s->candidate[i];

    function[i] = c->task < 0 ? "" : s->inputs.types.task[c->task].name;
    what[i] = (uint8_t)c->what;
    what[n + i] = i == s->chosen;
    first[i] = c->first_trial;
    campaign[i] = c->campaign;
    reals[i] = c->scale;
    reals[n + i] = c->penalty;
    reals[2 * n + i] = c->replica_s;
  }
  AUS_TRY(aus_pub_strings(pub, "serverless/candidates/function", n, function,
                          "function whose model alone was continued", err));
  AUS_TRY(aus_pub_column(pub, path, &what_col, n, what, err));
  AUS_TRY(aus_pub_column(pub, path, &first_col, n, first, err));
  AUS_TRY(aus_pub_column(pub, path, &campaign_col, n, campaign, err));
  for (i = 0; i < 3; i++)
    AUS_TRY(aus_pub_column(pub, path, &real_cols[i], n, reals + i * n, err));
  AUS_TRY(aus_pub_column(pub, path, &chosen_col, n, what + n, err));
done:
  aus_free(function);
  aus_free(what);
  aus_free(first);
  aus_free(campaign);
  aus_free(reals);
  return rc;
}

static int publish_sensitivity(study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;

  if (s->n_begun <= AUS_SERVERLESS_ST_INITIAL) goto done;
  aus_sensitivity_fini(&s->sens);
  AUS_TRY(aus_serverless_sensitivity(&s->sens, &s->draw, &s->space, &s->design,
                                     &s->trials[AUS_SERVERLESS_K_INITIAL], err));
  AUS_TRY(aus_sensitivity_publish(&s->sens, pub, err));
done:
  return rc;
}

int aus_serverless_publish(void *self, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;
  study *s = self;

  AUS_TRY(publish_space(s, pub, err));
  AUS_TRY(publish_design(s, pub, err));
  AUS_TRY(publish_trials(s, pub, err));
  AUS_TRY(aus_serverless_types_publish(&s->tables, &s->inputs.types, pub, err));
  AUS_TRY(publish_datasets(s, pub, err));
  AUS_TRY(publish_models(s, pub, err));
  AUS_TRY(publish_searches(s, pub, err));
  AUS_TRY(publish_candidates(s, pub, err));
  AUS_TRY(publish_sensitivity(s, pub, err));
done:
  return rc;
}
