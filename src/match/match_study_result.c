/* match/match_study_result.c - the smaller results of a match study, as tables on rank 0.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/match_study_result.h"

#include <math.h>
#include <string.h>

#include "util/alloc.h"

typedef struct aus_match_study study;

/* ---- filling ---- */

#define REAL(name_, unit_, text_)                        \
  {                                                      \
    .about = AUS_COLUMN(name_, AUS_F64, unit_, 1, text_) \
  }
#define WHOLE(name_, text_)                            \
  {                                                    \
    .about = AUS_COLUMN(name_, AUS_I64, "1", 1, text_) \
  }
#define NAME(name_, text_)                                          \
  {                                                                 \
    .about = AUS_COLUMN(name_, AUS_U8, "1", 1, text_), .text = true \
  }

void aus_match_listing_fini(aus_match_listing *l)
{
  int k;

  for (k = 0; k < AUS_MATCH_LISTING_COLUMNS; k++) {
    aus_free(l->column[k].real);
    aus_free(l->column[k].whole);
    aus_free(l->column[k].name);
  }
  *l = (aus_match_listing){0};
}

static int room(aus_match_listing *l, int64_t n, const aus_match_listed *column, int n_columns,
                aus_err *err)
{
  int rc = AUS_OK, k;

  l->n = n;
  for (k = 0; k < n_columns; k++) {
    aus_match_listed *c = &l->column[k];

    *c = column[k];
    if (c->text)
      AUS_NEW(c->name, n, err);
    else if (c->about.type == AUS_I64)
      AUS_NEW(c->whole, n, err);
    else
      AUS_NEW(c->real, n, err);
  }
  l->n_columns = n_columns;
done:
  return rc;
}

/* The next cell of a row, from left to right. */
static void number(aus_match_listing *l, int64_t row, int *k, double x)
{
  aus_match_listed *c = &l->column[(*k)++];

  if (c->whole)
    c->whole[row] = (int64_t)x;
  else
    c->real[row] = x;
}

static void name(aus_match_listing *l, int64_t row, int *k, const char *text)
{
  l->column[(*k)++].name[row] = text;
}

static double ratio(double x, double n)
{
  return n > 0 ? x / n : (double)NAN;
}

#define COLUMNS(list) (list), (int)(sizeof(list) / sizeof(list)[0])

/* ---- stage train ---- */

static int metrics(const study *s, aus_match_listing *l, aus_err *err)
{
  static const aus_match_listed columns[] = {
      NAME("package", "package; all: the rows of all of them"),
      NAME("model", "kind of the model"),
      WHOLE("folds", "folds that were held out in turn"),
      REAL("accuracy", "1", "share of rows with P > 0.5 that succeed, or else fail"),
      REAL("log_loss", "1", "mean -log of what was given to what happened"),
      REAL("brier", "1", "mean squared difference"),
      REAL("auc", "1", "area under the receiver operating characteristic"),
      REAL("majority", "1", "accuracy of each package's commoner class: what is to be beaten"),
      REAL("calibration", "1", "mean over rows of |mean P - share of successes| in ten bins of P"),
      WHOLE("rows", "builds"),
      WHOLE("successes", "builds that succeeded"),
  };
  int rc = AUS_OK, k;
  const double *y = s->y[AUS_MATCH_K_FIGURES];
  int64_t i, n = s->n_validated + 1;

  if (!aus_match_all_done(s, AUS_MATCH_K_FIGURES)) goto done;
  AUS_TRY(room(l, n, COLUMNS(columns), err));
  for (i = 0; i < n; i++, y += AUS_MATCH_FIGURE_VALUES) {
    k = 0;
    name(l, i, &k, y[0] < 0 ? "all" : s->data.tables.table[(int64_t)y[0]].package);
    name(l, i, &k, aus_opt_str(s->opts, "model"));
    number(l, i, &k, s->folds);
    number(l, i, &k, y[2]);
    number(l, i, &k, y[3]);
    number(l, i, &k, y[4]);
    number(l, i, &k, y[5]);
    number(l, i, &k, y[6]);
    number(l, i, &k, y[7]);
    number(l, i, &k, y[1]);
    number(l, i, &k, y[8]);
  }
done:
  return rc;
}

static int calibration(const study *s, aus_match_listing *l, aus_err *err)
{
  static const aus_match_listed columns[] = {
      REAL("p_from", "1", "lower end of the bin of P"),
      REAL("p_to", "1", "its upper end"),
      REAL("rows", "1", "builds in it, mean over the divisions into folds"),
      REAL("p_mean", "1", "mean P"),
      REAL("success_share", "1", "share of them that succeeded"),
  };
  int rc = AUS_OK, i, k;
  const double *y = s->y[AUS_MATCH_K_FIGURES];

  if (!aus_match_all_done(s, AUS_MATCH_K_FIGURES)) goto done;
  y += (s->n_validated + 1) * AUS_MATCH_FIGURE_VALUES;
  AUS_TRY(room(l, AUS_MATCH_CALIBRATION_BINS, COLUMNS(columns), err));
  for (i = 0; i < AUS_MATCH_CALIBRATION_BINS; i++, y += AUS_MATCH_BIN_VALUES) {
    k = 0;
    number(l, i, &k, (double)i / AUS_MATCH_CALIBRATION_BINS);
    number(l, i, &k, (double)(i + 1) / AUS_MATCH_CALIBRATION_BINS);
    number(l, i, &k, y[0]);
    number(l, i, &k, y[1]);
    number(l, i, &k, y[2]);
  }
done:
  return rc;
}

static void nb_line(aus_match_listing *l, int64_t row, const aus_match_table *t, int j, int v,
                    const int64_t *count, double fail, double success)
{
  int k = 0;

  name(l, row, &k, t->package);
  name(l, row, &k, j < 0 ? "" : t->col[j].feature);
  name(l, row, &k, j < 0 ? "" : t->col[j].cat[v]);
  number(l, row, &k, (double)count[0]);
  number(l, row, &k, (double)count[1]);
  number(l, row, &k, fail);
  number(l, row, &k, success);
}

/* The reference, whatever model is trained. */
static int nb_params(const study *s, aus_match_listing *l, aus_err *err)
{
  static const aus_match_listed columns[] = {
      NAME("package", "package"),
      NAME("feature", "feature; none: the classes themselves"),
      NAME("value", "value of the feature"),
      WHOLE("count_fail", "builds that failed"),
      WHOLE("count_success", "builds that succeeded"),
      REAL("log_p_fail", "1", "log P(value | failure), of a class: its prior"),
      REAL("log_p_success", "1", "log P(value | success), of a class: its prior"),
  };
  int rc = AUS_OK, j, v;
  int64_t i, row = 0, n = 0;

  if (!aus_match_all_done(s, AUS_MATCH_K_FIT)) goto done;
  for (i = 0; i < s->data.tables.n; i++)
    for (n++, j = 0; j < s->data.tables.table[i].n_cols; j++)
      n += s->data.tables.table[i].col[j].n_cats;
  AUS_TRY(room(l, n, COLUMNS(columns), err));
  for (i = 0; i < s->data.tables.n; i++) {
    const aus_match_table *t = &s->data.tables.table[i];
    const aus_match_nb *nb = &s->data.nb[i];

    nb_line(l, row++, t, -1, 0, nb->n_class, nb->log_prior[0], nb->log_prior[1]);
    for (j = 0; j < t->n_cols; j++)
      for (v = 0; v < t->col[j].n_cats; v++)
        nb_line(l, row++, t, j, v, nb->count + 2 * (nb->first[j] + v),
                aus_match_nb_log_p(nb, j, v, 0), aus_match_nb_log_p(nb, j, v, 1));
  }
done:
  return rc;
}

/* ---- stages ladder and single ---- */

void aus_match_level_sums(const study *s, double *out)
{
  int64_t t, i, n = s->kind[AUS_MATCH_K_LADDER].n_y;

  for (t = 0; t < s->n_tasks[AUS_MATCH_K_LADDER]; t++)
    for (i = 0; i < n; i++)
      out[i] += s->y[AUS_MATCH_K_LADDER][t * n + i];
}

static void level_line(const study *s, aus_match_listing *l, int level, const double *y)
{
  const double *q = s->y[AUS_MATCH_K_VIEW] + (ptrdiff_t)level * AUS_MATCH_QUANTILES;
  double jobs = (double)s->data.jobs.n, matched = y[AUS_MATCH_Y_MATCHED], none = (double)NAN;
  bool judged = s->climb.judged;
  int k = 0, i;

  number(l, level, &k, level);
  name(l, level, &k, level > 0 ? s->climb.sub.name[s->climb.order[level - 1]] : "");
  number(l, level, &k, matched);
  number(l, level, &k, jobs - matched);
  number(l, level, &k, y[AUS_MATCH_Y_TOTAL]);
  number(l, level, &k, ratio(y[AUS_MATCH_Y_TOTAL], matched));
  number(l, level, &k, y[AUS_MATCH_Y_SUM]);
  number(l, level, &k, ratio(y[AUS_MATCH_Y_SUM], matched));
  number(l, level, &k, y[AUS_MATCH_Y_BEST]);
  number(l, level, &k, ratio(y[AUS_MATCH_Y_BEST], matched));
  number(l, level, &k, ratio(y[AUS_MATCH_Y_SUM], jobs));
  number(l, level, &k, y[AUS_MATCH_Y_PLACED]);
  number(l, level, &k, y[AUS_MATCH_Y_SELECTED]);
  number(l, level, &k, ratio(y[AUS_MATCH_Y_SELECTED], y[AUS_MATCH_Y_PLACED]));
  number(l, level, &k, judged ? y[AUS_MATCH_Y_CLAIMED] : none);
  number(l, level, &k, judged ? y[AUS_MATCH_Y_JUDGED_BEST] : none);
  number(l, level, &k, judged ? ratio(y[AUS_MATCH_Y_JUDGED_BEST], matched) : none);
  number(l, level, &k, judged ? y[AUS_MATCH_Y_JUDGED_RANDOM] : none);
  number(l, level, &k, judged ? ratio(y[AUS_MATCH_Y_JUDGED_RANDOM], matched) : none);
  for (i = 0; i < AUS_MATCH_QUANTILES; i++)
    number(l, level, &k, s->climb.views ? q[i] : none);
  number(l, level, &k, y[AUS_MATCH_Y_DROPPED]);
}

static int levels(const study *s, aus_match_listing *l, aus_err *err)
{
  static const aus_match_listed columns[] = {
      WHOLE("level", "subsystems that are described"),
      NAME("subsystem_added", "the last of them"),
      WHOLE("jobs_matched", "jobs with at least one matching cluster"),
      WHOLE("jobs_unmatched", "jobs without"),
      WHOLE("total_matches", "pairs (job, cluster) that match"),
      REAL("mean_matches_of_matched", "1", "clusters per matched job"),
      REAL("expected_score_sum", "1", "sum over jobs of the mean P(success) of their matches"),
      REAL("expected_score_mean_of_matched", "1", "the same per matched job"),
      REAL("best_score_sum", "1", "sum over jobs of the largest P(success) of their matches"),
      REAL("best_score_mean_of_matched", "1", "the same per matched job"),
      REAL("expected_score_mean_of_jobs", "1",
           "expected_score_sum per job; an unmatched one counts 0"),
      WHOLE("jobs_placed", "jobs that select has given a cluster"),
      REAL("select_score_sum", "1", "sum over them of P(success) there"),
      REAL("select_score_mean_of_placed", "1", "the same per placed job"),
      REAL("chooser_best_score_sum", "1",
           "best P(success) by a model of the builds with an even digest alone"),
      REAL("judged_best_score_sum", "1",
           "P(success) of those choices by a model of the other builds, which did not choose"),
      REAL("judged_best_score_mean_of_matched", "1", "the same per matched job"),
      REAL("judged_expected_score_sum", "1", "that model's P(success) of random matches"),
      REAL("judged_expected_score_mean_of_matched", "1", "the same per matched job"),
      REAL("p_min", "1", "least P(success) of a placed job"),
      REAL("p_q05", "1", "quantile 0.05"),
      REAL("p_q25", "1", "quantile 0.25"),
      REAL("p_q50", "1", "median"),
      REAL("p_q75", "1", "quantile 0.75"),
      REAL("p_q95", "1", "quantile 0.95"),
      REAL("p_max", "1", "largest P(success) of a placed job"),
      WHOLE("clusters_dropped",
            "pairs (job, cluster) that rules of select put out because a value is missing"),
  };
  int rc = AUS_OK, level, n = s->climb.sub.n + 1;
  double *y = NULL;

  if (!aus_match_all_done(s, AUS_MATCH_K_LADDER) ||
      (s->climb.views && !aus_match_all_done(s, AUS_MATCH_K_VIEW)))
    goto done;
  AUS_NEW(y, s->kind[AUS_MATCH_K_LADDER].n_y, err);
  AUS_TRY(room(l, n, COLUMNS(columns), err));
  aus_match_level_sums(s, y);
  for (level = 0; level < n; level++)
    level_line(s, l, level, y + (ptrdiff_t)level * AUS_MATCH_LEVEL_VALUES);
done:
  aus_free(y);
  return rc;
}

/* Subsystems that some job asks for, by name. */
static int single(const study *s, aus_match_listing *l, aus_err *err)
{
  static const aus_match_listed columns[] = {
      NAME("subsystem", "the only one that is described"),
      WHOLE("jobs_requiring", "jobs that require something of it"),
      WHOLE("jobs_unmatched", "of them, without a matching cluster"),
      WHOLE("total_matches", "pairs (job, cluster) that match"),
      REAL("expected_score_sum", "1", "sum over jobs of the mean P(success) of their matches"),
      REAL("expected_score_mean_of_matched", "1", "the same per matched job"),
  };
  int rc = AUS_OK, i, k;
  int64_t n = 0;

  if (!aus_match_all_done(s, AUS_MATCH_K_SINGLE)) goto done;
  for (i = 0; i < s->climb.sub.n; i++)
    n += s->y[AUS_MATCH_K_SINGLE][i * AUS_MATCH_SINGLE_VALUES] > 0;
  AUS_TRY(room(l, n, COLUMNS(columns), err));
  for (n = 0, i = 0; i < s->climb.sub.n; i++) {
    const double *y = s->y[AUS_MATCH_K_SINGLE] + (ptrdiff_t)i * AUS_MATCH_SINGLE_VALUES;

    if (y[0] == 0) continue;
    k = 0;
    name(l, n, &k, s->climb.sub.name[i]);
    number(l, n, &k, y[0]);
    number(l, n, &k, y[1]);
    number(l, n, &k, y[2]);
    number(l, n, &k, y[3]);
    number(l, n, &k, ratio(y[3], y[0] - y[1]));
    n++;
  }
done:
  return rc;
}

/* ---- the smaller experiments: a name, then the values as they are ---- */

static int plain(const study *s, aus_match_task kind, const char *const *names, int64_t n,
                 int n_values, aus_match_listing *l, const aus_match_listed *columns, int n_columns,
                 aus_err *err)
{
  int rc = AUS_OK, k, v;
  int64_t i;

  if (!aus_match_all_done(s, kind)) goto done;
  AUS_TRY(room(l, n, columns, n_columns, err));
  for (i = 0; i < n; i++) {
    k = 0;
    name(l, i, &k, names[i]);
    for (v = 0; v < n_values; v++)
      number(l, i, &k, s->y[kind][i * n_values + v]);
  }
done:
  return rc;
}

static int lammps(const study *s, aus_match_listing *l, aus_err *err)
{
  static const aus_match_listed columns[] = {
      NAME("experiment", "subsystems that are described"),
      WHOLE("jobs", "jobs"),
      WHOLE("unmatched", "jobs without a matching cluster"),
      WHOLE("total_matches", "pairs (job, cluster) that match"),
      REAL("expected_accuracy", "1", "mean truth (1, 0.5, 0) of a random match"),
  };

  return plain(s, AUS_MATCH_K_LAMMPS, aus_match_lammps_steps, AUS_MATCH_LAMMPS_STEPS,
               AUS_MATCH_LAMMPS_VALUES, l, COLUMNS(columns), err);
}

static int range(const study *s, aus_match_listing *l, aus_err *err)
{
  static const aus_match_listed columns[] = {
      NAME("experiment", "no range told, each alone, one more until nothing is left"),
      WHOLE("asked", "submissions"),
      WHOLE("unmatched", "of them, without a matching cluster"),
      REAL("build_success_mean", "1", "share of matches where all ranges of the job hold"),
      REAL("marginal_score_mean", "1", "mean share of the job's ranges that hold"),
      REAL("matched_clusters_per_job_mean", "1", "matching clusters per submission"),
      REAL("unmatched_at_mean", "1", "mean number of told ranges at which nothing is left"),
  };

  return plain(s, AUS_MATCH_K_RANGE, aus_match_interval_names, AUS_MATCH_INTERVAL_ROWS,
               AUS_MATCH_RANGE_VALUES, l, COLUMNS(columns), err);
}

static int spackbuild(const study *s, aus_match_listing *l, aus_err *err)
{
  static const aus_match_listed columns[] = {
      NAME("experiment", "what is required"),
      WHOLE("jobs", "jobs that come to this step"),
      WHOLE("unmatched", "jobs without a matching cluster"),
      REAL("matched_clusters_mean", "1", "matching clusters per job"),
      REAL("matched_clusters_std", "1", "their standard deviation"),
      REAL("expected_success_original_rule", "1",
           "success of a random match, a newer compiler being a failure as in the studied system"),
      REAL("expected_success_minimum_version_rule", "1",
           "success of a random match, an older compiler being a failure"),
      REAL("expected_additional_runtime_s", "s",
           "sum of predicted durations of random matches beyond each package's optimum"),
      REAL("expected_additional_cost", "1", "the same in dollars"),
      REAL("cheapest_additional_runtime_s", "s", "the sum for the cheapest matches"),
      REAL("cheapest_additional_cost", "1", "the same in dollars"),
  };

  return plain(s, AUS_MATCH_K_SPACKBUILD, aus_match_builds_names, AUS_MATCH_BUILDS_ROWS,
               AUS_MATCH_BUILDS_VALUES, l, COLUMNS(columns), err);
}

static int durations(const study *s, aus_match_listing *l, aus_err *err)
{
  static const aus_match_listed columns[] = {
      NAME("kind",
           "how durations are predicted from memory; mean: of the package, whatever it has"),
      WHOLE("builds", "builds that were held out"),
      REAL("mae_s", "s", "mean absolute error"),
      REAL("median_ae_s", "s", "median absolute error"),
      REAL("relative_frac", "1", "mean of absolute error / duration"),
  };

  return plain(s, AUS_MATCH_K_DURATIONS, aus_match_duration_names, AUS_MATCH_DURATION_KINDS,
               AUS_MATCH_DURATION_VALUES, l, COLUMNS(columns), err);
}

/* ---- all of them ---- */

int aus_match_listing_make(const study *s, int i, aus_match_listing *l, aus_err *err)
{
  static const struct {
    const char *path, *file;
    int (*make)(const study *, aus_match_listing *, aus_err *);
  } all[AUS_MATCH_N_LISTINGS] = {
      [AUS_MATCH_L_METRICS] = {"match/metrics", "metrics.csv", metrics},
      [AUS_MATCH_L_CALIBRATION] = {"match/calibration", "calibration.csv", calibration},
      [AUS_MATCH_L_NB_PARAMS] = {"match/nb_params", "nb_params.csv", nb_params},
      [AUS_MATCH_L_LEVELS] = {"match/levels", "levels.csv", levels},
      [AUS_MATCH_L_SINGLE] = {"match/single", "single.csv", single},
      [AUS_MATCH_L_LAMMPS] = {"match/lammps", "lammps.csv", lammps},
      [AUS_MATCH_L_RANGE] = {"match/range_summary", "range_summary.csv", range},
      [AUS_MATCH_L_SPACKBUILD] = {"match/spackbuild", "spackbuild.csv", spackbuild},
      [AUS_MATCH_L_DURATIONS] = {"match/durations", "durations.csv", durations},
  };

  *l = (aus_match_listing){.path = all[i].path, .file = all[i].file};
  return all[i].make(s, l, err);
}
