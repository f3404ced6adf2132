/* match/match_study_setup.c - load a match study: keys and data.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/match_study_setup.h"

#include <inttypes.h>
#include <string.h>

#include "learn/betabin.h"
#include "match/invent.h"
#include "util/alloc.h"

typedef struct aus_match_study study;

/* clang-format off */
const aus_opt aus_match_study_opts[] = {
  AUS_MATCH_DATA_OPTS,
  {"source", AUS_T_ENUM, "files", "files,made-up", "", "where builds and clusters come from: files, or the generator of match generate"},
  {"packages", AUS_T_INT, "50", "1:100000", "", "of made-up data: packages"},
  {"features", AUS_T_INT, "119", "1:65535", "", "of made-up data: features of a cluster"},
  {"jobs", AUS_T_INT, "15000", "5:100000000", "", "of made-up data: builds, at least 5 per package"},
  {"n_clusters", AUS_T_INT, "1000", "1:1000000", "", "of made-up data: clusters"},
  {"subset", AUS_T_PATH, "", "", "", "file of cluster names: these clusters only"},
  {"model", AUS_T_ENUM, "blend", "naive-bayes,logistic,trees,blend", "", "stage train: the kind of model"},
  {"folds", AUS_T_INT, "10", "2:1000", "", "stage train: stratified folds"},
  {"fold_seeds", AUS_T_INT, "5", "1:1000", "", "stage train: divisions into folds, with the seeds seed, seed + 1, ..."},
  {"min_class", AUS_T_INT, "10", "1:", "", "stage train: packages with fewer rows of either class are not cross-validated"},
  {"experiment", AUS_T_ENUM, "ladder", "ladder,single,lammps,range,spackbuild", "", "which stage the command match ladder runs; a study has its list of stages"},
  {"order", AUS_T_STR, "alphabetical", "", "", "of the subsystems: alphabetical, seeded, or a file of their names, one a line"},
  {"p_model", AUS_T_ENUM, "naive-bayes", "naive-bayes,logistic,trees,blend", "", "stages ladder and single: whose P(success) is summed up"},
  {"judge", AUS_T_BOOL, "true", "", "", "stage ladder, with P by cluster: choices by a model of the builds with an even digest are judged by boosted trees of the others"},
  {"select", AUS_T_ENUM, "expected", "expected,random,best-p,first,last,cheapest,constraint", "", "which of the matching clusters a job goes to; expected: the mean over them, which is what random gives on average"},
  {"iterations", AUS_T_INT, "20", "1:1000000", "", "draws of select = random"},
  {"state", AUS_T_PATH, "", "", "", "JSON: cluster -> its values (cost_per_node_hour, memory_bytes, nodes_free, ...), for select = cheapest and constraint"},
  {"constraint", AUS_T_PATH, "", "", "", "JSON: the priorities of select = constraint"},
  {"keep", AUS_T_ENUM, "none", "none,last,all", "", "levels whose choices are kept, one cluster per job"},
  {"per_cluster", AUS_T_BOOL, "true", "", "", "how many jobs go to each cluster at each level, and quantiles of P"},
  {"builds", AUS_T_PATH, "", "", "", "CI builds of stage spackbuild (CSV); select = cheapest learns durations from them"},
  {"duration_model", AUS_T_ENUM, "knn", "knn,trees,spline,mean", "", "how the duration of a build on a cluster is predicted from its memory"},
  {"duration_folds", AUS_T_INT, "5", "0:1000", "", "stage spackbuild: folds that tell what each kind of prediction is worth; 0: not asked"},
  {0},
};
/* clang-format on */

const char *const aus_match_stage_names[] = {"train", "ladder",     "single", "lammps",
                                             "range", "spackbuild", NULL};

static const char *const fold_metrics[AUS_MATCH_FOLD_METRICS] = {"accuracy", "log_loss", "brier",
                                                                 "auc"};

/* Order of the words of `model` and `p_model`. */
static const aus_match_model_kind kinds[] = {AUS_MATCH_BAYES, AUS_MATCH_LOGISTIC, AUS_MATCH_TREES,
                                             AUS_MATCH_BLEND};

static bool needs_builds(const study *s)
{
  return aus_match_has_stage(s, AUS_MATCH_ST_TRAIN) ||
         aus_match_has_stage(s, AUS_MATCH_ST_LADDER) || aus_match_has_stage(s, AUS_MATCH_ST_SINGLE);
}

static void read_size(study *s, aus_cfg *conf)
{
  const aus_opts *o = s->opts;

  s->is_made = aus_opt_enum(o, "source") == 1;
  s->made = (aus_match_size){.seed = s->seed,
                             .packages = aus_opt_int(o, "packages"),
                             .features = aus_opt_int(o, "features"),
                             .jobs = aus_opt_int(o, "jobs"),
                             .clusters = aus_opt_int(o, "n_clusters")};
  if (s->is_made && s->made.jobs < 5 * s->made.packages)
    aus_cfg_problem(conf, aus_opt_place(o, "jobs"), "jobs is %" PRId64 ", need >= 5 per package",
                    s->made.jobs);
  if (s->duration_folds == 1)
    aus_cfg_problem(conf, aus_opt_place(o, "duration_folds"),
                    "duration_folds is 1, need 0 or at least 2");
  if (s->is_made && *aus_opt_str(o, "subset"))
    aus_cfg_problem(conf, aus_opt_place(o, "subset"), "subset goes with clusters from files");
}

static void read_model(study *s)
{
  const aus_opts *o = s->opts;

  s->model = aus_match_model_defaults();
  s->model.kind = kinds[aus_opt_enum(o, "model")];
  s->model.alpha = aus_opt_real(o, "alpha");
  s->model.unseen = aus_match_unseen_of(o);
  s->model.seed = s->seed;
  s->folds = (int)aus_opt_int(o, "folds");
  s->n_divisions = (int)aus_opt_int(o, "fold_seeds");
  s->duration_folds = (int)aus_opt_int(o, "duration_folds");
  s->climb.p_kind = kinds[aus_opt_enum(o, "p_model")];
}

int aus_match_conf_of(const study *s, aus_match_model_kind kind, int64_t i, bool variants,
                      aus_match_model_conf *conf, aus_err *err)
{
  int rc = AUS_OK;
  const aus_match_tables *t = &s->data.tables;
  int64_t *n = NULL, *yes = NULL, k;

  AUS_NEW(n, t->n, err);
  AUS_NEW(yes, t->n, err);
  for (k = 0; k < t->n; k++) {
    if (k == i) continue;
    n[k] = t->table[k].n_rows;
    yes[k] = t->table[k].n_success;
  }
  *conf = s->model;
  conf->kind = kind;
  conf->variants = variants;
  conf->key = (uint64_t)i;
  AUS_TRY(aus_betabin_fit(t->n, n, yes, &conf->yes, &conf->no, err));
done:
  aus_free(n);
  aus_free(yes);
  return rc;
}

/* ---- data ---- */

static int choose_validated(study *s, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, least = aus_opt_int(s->opts, "min_class");

  AUS_NEW(s->validated, s->data.tables.n, err);
  for (i = 0; i < s->data.tables.n; i++) {
    const aus_match_table *t = &s->data.tables.table[i];

    if (t->n_success >= least && t->n_rows - t->n_success >= least)
      s->validated[s->n_validated++] = i;
  }
done:
  return rc;
}

static int load_builds(study *s, aus_err *err)
{
  int rc = AUS_OK;
  const aus_opts *o = s->opts;
  bool matched =
      aus_match_has_stage(s, AUS_MATCH_ST_LADDER) || aus_match_has_stage(s, AUS_MATCH_ST_SINGLE);

  AUS_TRY(aus_match_data_builds(&s->data, err));
  s->has_clusters = matched || s->is_made || *aus_opt_str(o, "clusters") || *aus_opt_str(o, "data");
  if (s->has_clusters) AUS_TRY(aus_match_data_clusters(&s->data, aus_opt_str(o, "subset"), err));
  if (matched) AUS_TRY(aus_match_data_jobs(&s->data, err));
  AUS_TRY(choose_validated(s, err));
done:
  return rc;
}

/* Key subset goes with key clusters: where no stage wants builds, both are an experiment's own. */
static int own_subset(const study *s, aus_sheet *clusters, aus_err *err)
{
  const char *path = aus_opt_str(s->opts, "subset");

  return *path && !s->data.own_tables ? aus_match_data_subset(&s->data, clusters, path, err)
                                      : AUS_OK;
}

static int need_rows(const aus_sheet *sheet, const char *what, aus_err *err)
{
  int rc = AUS_OK;

  if (sheet->n_rows == 0) AUS_FAIL(err, AUS_EFORMAT, "%s: no %s", sheet->name, what);
done:
  return rc;
}

/* Made-up tables go the way of files, too. */
static int made_sheet(aus_sheet *out, const char *name, aus_buf *text, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_buf_check(text, err));
  AUS_TRY(aus_sheet_read(out, name, text->data, (size_t)text->n, err));
done:
  return rc;
}

static int load_lammps(study *s, aus_err *err)
{
  static const char *const file[] = {"jobspecs.csv", "clusters.csv", "truth.csv"};
  static const char *const key[] = {"specs", "clusters", NULL};
  static const char *const rows[] = {"jobs", "clusters", "truth"};
  int rc = AUS_OK, k;
  aus_match_lammps_row row[AUS_MATCH_LAMMPS_STEPS];
  aus_buf text[3];

  for (k = 0; k < 3; k++)
    aus_buf_init(&text[k]);
  if (s->is_made) AUS_TRY(aus_match_invent_lammps(s->seed, &text[0], &text[1], &text[2], err));
  for (k = 0; k < 3; k++)
    if (s->is_made)
      AUS_TRY(made_sheet(&s->lammps[k], file[k], &text[k], err));
    else
      AUS_TRY(aus_match_data_sheet(&s->data, key[k], "lammps", file[k], &s->lammps[k], err));
  for (k = 0; k < 3; k++)
    AUS_TRY(need_rows(&s->lammps[k], rows[k], err));
  AUS_TRY(own_subset(s, &s->lammps[1], err));
  /* Whatever is wrong with the tables is found here. */
  AUS_TRY(aus_match_lammps_run(&s->lammps[0], &s->lammps[1], &s->lammps[2], row, err));
done:
  for (k = 0; k < 3; k++)
    aus_buf_fini(&text[k]);
  return rc;
}

static int load_range(study *s, aus_err *err)
{
  int rc = AUS_OK;
  aus_sheet jobs = {0}, clusters = {0};
  aus_match_data *r = &s->range_at;
  aus_buf text;

  aus_buf_init(&text);
  if (s->is_made) {
    if (!needs_builds(s)) AUS_TRY(aus_match_data_builds(&s->data, err));
    if (!s->data.index.set)
      AUS_TRY(aus_match_index_make(&s->data.index, &s->data.space, &s->data.clusters, err));
    AUS_TRY(aus_match_invent_ranges(&s->data.specs, &text, err));
    AUS_TRY(made_sheet(&jobs, "made-up ranges", &text, err));
  } else {
    AUS_TRY(aus_match_data_sheet(&s->data, "clusters", "range", "clusters.csv", &clusters, err));
    AUS_TRY(need_rows(&clusters, "clusters", err));
    AUS_TRY(own_subset(s, &clusters, err));
    AUS_TRY(aus_match_clusters_read(&r->clusters, &r->space, &clusters, err));
    AUS_TRY(aus_match_index_make(&r->index, &r->space, &r->clusters, err));
    AUS_TRY(aus_match_data_sheet(&s->data, "specs", "range", "jobspecs.csv", &jobs, err));
  }
  AUS_TRY(aus_match_intervals_read(&s->ranges, &aus_match_range_data(s)->space, &jobs, err));
  if (s->ranges.n == 0 && !s->is_made)
    AUS_FAIL(err, AUS_EFORMAT, "%s: no job with ranges", jobs.name);
done:
  aus_sheet_fini(&jobs);
  aus_sheet_fini(&clusters);
  aus_buf_fini(&text);
  return rc;
}

static int load_spackbuild(study *s, aus_err *err)
{
  static const char *const file[] = {"builds.csv", "clusters.csv", "package-optima.csv"};
  static const char *const key[] = {"specs", "clusters", NULL};
  static const char *const rows[] = {"builds", "clusters", "packages"};
  /* The optima are told apart from the builds only in a directory of data. */
  int rc = AUS_OK, k, n = s->is_made || *aus_opt_str(s->opts, "data") ? 3 : 2;
  aus_sheet sheet[3] = {{0}};
  aus_buf text[3];

  for (k = 0; k < 3; k++)
    aus_buf_init(&text[k]);
  if (s->is_made) AUS_TRY(aus_match_invent_builds(&s->made, &text[0], &text[1], &text[2], err));
  for (k = 0; k < n; k++)
    if (s->is_made)
      AUS_TRY(made_sheet(&sheet[k], file[k], &text[k], err));
    else
      AUS_TRY(aus_match_data_sheet(&s->data, key[k], "spackbuild", file[k], &sheet[k], err));
  for (k = 0; k < n; k++)
    AUS_TRY(need_rows(&sheet[k], rows[k], err));
  AUS_TRY(own_subset(s, &sheet[1], err));
  AUS_TRY(aus_match_builds_read(&s->builds, &sheet[0], &sheet[1], n > 2 ? &sheet[2] : NULL,
                                (aus_match_duration_kind)aus_opt_enum(s->opts, "duration_model"),
                                err));
done:
  for (k = 0; k < 3; k++) {
    aus_buf_fini(&text[k]);
    aus_sheet_fini(&sheet[k]);
  }
  return rc;
}

/* ---- the study ---- */

static void make_kind(study *s, aus_match_task kind, const char *name, int64_t n_y,
                      int (*run)(void *, aus_work *, aus_err *), int64_t n_tasks)
{
  s->kind[kind] = (aus_kind){.name = name, .n_y = (int)n_y, .run = run};
  s->n_tasks[kind] = n_tasks;
}

static void make_kinds(study *s)
{
  const aus_match_climb *c = &s->climb;
  int64_t n = s->data.tables.n, levels = c->sub.n + 1;
  bool train = aus_match_has_stage(s, AUS_MATCH_ST_TRAIN),
       ladder = aus_match_has_stage(s, AUS_MATCH_ST_LADDER),
       single = aus_match_has_stage(s, AUS_MATCH_ST_SINGLE);

  make_kind(s, AUS_MATCH_K_FOLDS, "folds", AUS_MATCH_FOLD_METRICS, aus_match_run_folds,
            train ? s->n_validated * s->n_divisions : 0);
  s->kind[AUS_MATCH_K_FOLDS].y_names = fold_metrics;
  make_kind(s, AUS_MATCH_K_FIGURES, "figures",
            (s->n_validated + 1) * AUS_MATCH_FIGURE_VALUES +
                AUS_MATCH_CALIBRATION_BINS * AUS_MATCH_BIN_VALUES,
            aus_match_run_figures, train && s->n_validated > 0);
  make_kind(s, AUS_MATCH_K_FIT, "fit", 1, aus_match_run_fit, train ? n : 0);
  make_kind(s, AUS_MATCH_K_P, "p", 2, aus_match_run_p, (ladder || single) && (!c->per_job) ? n : 0);
  make_kind(s, AUS_MATCH_K_LADDER, "ladder", levels * AUS_MATCH_LEVEL_VALUES, aus_match_run_ladder,
            ladder ? c->n_tasks : 0);
  make_kind(s, AUS_MATCH_K_VIEW, "view", AUS_MATCH_VIEW_LEVELS * AUS_MATCH_QUANTILES,
            aus_match_run_view,
            ladder && c->views ? (levels + AUS_MATCH_VIEW_LEVELS - 1) / AUS_MATCH_VIEW_LEVELS : 0);
  make_kind(s, AUS_MATCH_K_SINGLE, "single", c->sub.n * AUS_MATCH_SINGLE_VALUES,
            aus_match_run_single, single);
  make_kind(s, AUS_MATCH_K_LAMMPS, "lammps", AUS_MATCH_LAMMPS_STEPS * AUS_MATCH_LAMMPS_VALUES,
            aus_match_run_lammps, aus_match_has_stage(s, AUS_MATCH_ST_LAMMPS));
  make_kind(s, AUS_MATCH_K_RANGE, "range", AUS_MATCH_INTERVAL_ROWS * AUS_MATCH_RANGE_VALUES,
            aus_match_run_range, aus_match_has_stage(s, AUS_MATCH_ST_RANGE));
  make_kind(s, AUS_MATCH_K_SPACKBUILD, "spackbuild",
            AUS_MATCH_BUILDS_ROWS * AUS_MATCH_BUILDS_VALUES, aus_match_run_spackbuild,
            aus_match_has_stage(s, AUS_MATCH_ST_SPACKBUILD));
  make_kind(s, AUS_MATCH_K_DURATIONS, "durations", AUS_MATCH_DURATION_VALUES,
            aus_match_run_durations,
            aus_match_has_stage(s, AUS_MATCH_ST_SPACKBUILD) && s->duration_folds > 0
                ? AUS_MATCH_DURATION_KINDS
                : 0);
}

static int make_results(study *s, aus_err *err)
{
  int rc = AUS_OK, k;

  for (k = AUS_MATCH_K_FIGURES; k < AUS_MATCH_N_KINDS; k++)
    AUS_NEW(s->y[k], s->n_tasks[k] * s->kind[k].n_y, err);
done:
  return rc;
}

int aus_match_study_load(void **self, const aus_study_env *env, aus_err *err)
{
  int rc = AUS_OK;
  study *s = NULL;

  AUS_NEW(s, 1, err);
  *self = s;
  s->seed = env->seed;
  s->stages = env->stages;
  AUS_TRY(aus_study_opts(&s->opts, env->conf, env->section, aus_match_study_opts, err));
  read_model(s);
  read_size(s, env->conf);
  aus_match_climb_check(s, env->conf);
  AUS_TRY(aus_cfg_check(env->conf, AUS_ECONFIG, err));
  s->data = (aus_match_data){.env = env,
                             .opts = s->opts,
                             .made = s->is_made ? &s->made : NULL,
                             .own_tables = needs_builds(s)};
  if (needs_builds(s)) AUS_TRY(load_builds(s, err));
  AUS_TRY(aus_match_climb_load(s, env, err));
  if (aus_match_has_stage(s, AUS_MATCH_ST_LAMMPS)) AUS_TRY(load_lammps(s, err));
  if (aus_match_has_stage(s, AUS_MATCH_ST_RANGE)) AUS_TRY(load_range(s, err));
  if (aus_match_has_stage(s, AUS_MATCH_ST_SPACKBUILD)) AUS_TRY(load_spackbuild(s, err));
  s->data.env = NULL; /* it ends with this call */
  make_kinds(s);
  AUS_TRY(make_results(s, err));
  aus_match_schema_init(&s->tables, s->data.clusters.n, s->data.jobs.n, s->builds.n_clusters);
  aus_trials_init(&s->trials, &s->kind[AUS_MATCH_K_FOLDS], 2);
done:
  return rc;
}

void aus_match_study_destroy(void *self)
{
  study *s = self;
  int k;

  if (!s) return;
  aus_match_climb_fini(&s->climb);
  aus_match_data_fini(&s->data);
  aus_match_data_fini(&s->range_at);
  for (k = 0; k < 3; k++)
    aus_sheet_fini(&s->lammps[k]);
  aus_match_intervals_fini(&s->ranges);
  aus_match_builds_fini(&s->builds);
  aus_match_p_fini(&s->p);
  aus_match_p_fini(&s->p_chooser);
  aus_match_p_fini(&s->p_judge);
  aus_match_work_fini(&s->work);
  aus_trials_fini(&s->trials);
  aus_ranges_fini(&s->ranges_of);
  for (k = 0; k < AUS_MATCH_N_KINDS; k++)
    aus_free(s->y[k]);
  aus_free(s->validated);
  aus_opts_destroy(s->opts);
  aus_free(s);
}
