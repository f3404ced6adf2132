/* serverless/serverless_cmd_data.c - auspex serverless dataset | train: from a result to rows and models.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/serverless_cmd.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "serverless/mode.h"
#include "serverless/serverless_study_read.h"
#include "serverless/serverless_study_rows.h"
#include "study/study.h"
#include "util/alloc.h"
#include "util/file.h"

/* clang-format off */
#define COMMON_OPTS                                                                                                  \
  AUS_SERVERLESS_MODE_OPTS,                                                                                           \
  {"seed", AUS_T_INT, "1", "0:", "", "accepted for uniformity; this command draws nothing"}

static const aus_opt dataset_opts[] = {
  COMMON_OPTS,
  {"features", AUS_T_INT, "0", "0:2", "", "1: requests per second; 2: and the mean execution time; 0: 1 in compat or per platform, else 2"},
  AUS_SERVERLESS_DATASET_OPTS,
  {"per_platform", AUS_T_INT, "-1", "-1:1", "", "1: a row per kind of platform; -1: where the strategy is prohetkn"},
  {"initialproactive.strategy", AUS_T_STR, "prokn_prokn", "", "", "whose models the rows are for"},
  {0},
};

static const aus_opt train_opts[] = {
  COMMON_OPTS,
  AUS_SERVERLESS_TRAIN_OPTS,
  {"format", AUS_T_ENUM, "json", "json,ubj", "", "of the model files"},
  {0},
};
/* clang-format on */

static const aus_cli dataset_cli[] = {
    {"csv", 0, "DIR", "write dataset.csv"},
    {0},
};

static const aus_cli train_cli[] = {
    {"output", 'o', "DIR", "write <function>_model.json (or .ubj) and models.csv"},
    {"csv", 0, "DIR", "the same"},
    {0},
};

/* ---- settings: those of the file, then those of the command line ---- */

/* Unknown keys and wrong values of the command line, with its own places. */
static int check_sets(const aus_call *call, aus_cfg *conf, const aus_opt *table, aus_err *err)
{
  int rc = AUS_OK;
  aus_cfg_node *root;
  aus_opts *opts = NULL;

  AUS_TRY(aus_cfg_parse(conf, "command line", "{}", 2, &root, err));
  AUS_TRY(aus_call_sets(call->args, conf, root, "serverless", err));
  AUS_TRY(aus_study_opts(&opts, conf, root, table, err));
  AUS_TRY(aus_cfg_check(conf, AUS_ECONFIG, err));
done:
  aus_opts_destroy(opts);
  return rc;
}

/* The area's section of the configuration in the file. */
static int stored_section(const aus_serverless_saved *saved, aus_cfg *conf, aus_cfg_node **section,
                          aus_err *err)
{
  int rc = AUS_OK;
  aus_read_list text = {0};
  aus_cfg_node *root;
  char name[300];

  AUS_TRY(aus_read_strings(saved->file, "config", &text, err));
  snprintf(name, sizeof name, "%s:/config", saved->name);
  AUS_TRY(aus_cfg_parse(conf, name, text.n > 0 ? text.text[0] : "",
                        text.n > 0 ? strlen(text.text[0]) : 0, &root, err));
  *section = aus_cfg_get(root, "serverless");
  if (aus_cfg_kind_of(*section) != AUS_CFG_MAP)
    AUS_FAIL(err, AUS_EFORMAT, "%s: no section \"serverless\"", name);
done:
  aus_read_list_fini(&text);
  return rc;
}

static int read_settings(const aus_call *call, const aus_serverless_saved *saved, aus_cfg *conf,
                         const aus_opt *table, aus_opts **opts, aus_err *err)
{
  int rc = AUS_OK;
  aus_cfg_node *section;

  AUS_TRY(check_sets(call, conf, table, err));
  AUS_TRY(stored_section(saved, conf, &section, err));
  AUS_TRY(aus_call_sets(call->args, conf, section, "serverless", err));
  AUS_TRY(aus_opts_read(opts, conf, section, &table, 1, err));
  AUS_TRY(aus_cfg_check(conf, AUS_ECONFIG, err));
done:
  return rc;
}

/* What mode and defects say; the defects of other parts of the area are known, but do nothing here. */
static int read_defects(const aus_opts *opts, aus_cfg *conf, uint64_t *defects, aus_err *err)
{
  aus_serverless_mode_read(opts, conf, AUS_SERVERLESS_COMPAT | AUS_SERVERLESS_STUDY_SWITCHES,
                           defects);
  return aus_cfg_check(conf, AUS_ECONFIG, err);
}

/* ---- dataset ---- */

/* The defaults of label and features follow the defects, as in a study. */
static int read_dataset_conf(const aus_opts *opts, aus_cfg *conf, aus_serverless_dataset_conf *out,
                             aus_err *err)
{
  int rc = AUS_OK, n = (int)aus_opt_int(opts, "features");
  int64_t per = aus_opt_int(opts, "per_platform");
  const char *strategy = aus_opt_str(opts, "initialproactive.strategy");
  uint64_t defects;

  AUS_TRY(read_defects(opts, conf, &defects, err));
  *out = aus_serverless_study_dataset(opts, defects,
                                      per < 0 ? strncmp(strategy, "prohetkn_", 9) == 0 : per == 1);
  if (n > 0) out->n_features = n;
done:
  return rc;
}

/* The kind of platform of a row: names in order are what the one-hot code counts. */
static const char *platform_of(const aus_serverless_types *types, const double *code)
{
  int i, k, rank, hot = 0;

  while (hot < types->n_platforms && code[hot] == 0.0)
    hot++;
  for (i = 0; i < types->n_platforms; i++) {
    for (k = rank = 0; k < types->n_platforms; k++)
      rank += strcmp(types->platform[k].name, types->platform[i].name) < 0;
    if (rank == hot) return types->platform[i].name;
  }
  return "";
}

static void real_field(aus_buf *b, double x)
{
  aus_buf_text(b, ",");
  aus_buf_real(b, x);
}

static void row_csv(aus_buf *b, const aus_serverless_dataset *d, int64_t i, uint64_t trial,
                    const aus_serverless_types *types, const aus_serverless_dataset_conf *conf)
{
  const double *x = d->x + i * d->d;

  aus_buf_text(b, types->task[d->task[i]].name);
  real_field(b, d->window_s[i]);
  real_field(b, x[0]);
  real_field(b, d->y[i]);
  aus_buf_printf(b, ",%" PRId64 ",%" PRId64 ",%" PRIu64, d->requests[i], d->penalties[i], trial);
  real_field(b, d->weight[i]);
  real_field(b, d->queue[i]);
  real_field(b, d->pods[i]);
  if (conf->n_features > 1) real_field(b, x[1]);
  if (conf->per_platform) aus_buf_printf(b, ",%s", platform_of(types, x + conf->n_features));
  aus_buf_text(b, "\n");
}

/* The rows of all runs, function after function, trial after trial. */
static void rows_csv(aus_buf *b, const aus_serverless_saved *saved, const aus_serverless_dataset *d,
                     const aus_serverless_dataset_conf *conf)
{
  int task;
  int64_t t, i;

  aus_buf_text(b, "function,window_s,x,y,requests,penalties,trial,weight,queue,pods");
  aus_buf_printf(b, "%s%s\n", conf->n_features > 1 ? ",execution_time_s" : "",
                 conf->per_platform ? ",platform" : "");
  for (task = 0; task < saved->types.n_tasks; task++)
    for (t = 0; t < saved->n_trials; t++)
      for (i = 0; i < d[t].n; i++)
        if (d[t].task[i] == task) row_csv(b, &d[t], i, saved->trial[t], &saved->types, conf);
}

static int build_runs(const aus_serverless_saved *saved, const aus_serverless_dataset_conf *conf,
                      aus_serverless_dataset *d, aus_err *err)
{
  int rc = AUS_OK;
  aus_serverless_result run;
  int64_t t;

  for (t = 0; t < saved->n_trials; t++) {
    AUS_TRY(aus_serverless_saved_run(saved, t, &run, err));
    AUS_TRY(aus_serverless_dataset_build(&d[t], &saved->types, &run, conf, err));
  }
done:
  return rc;
}

static int write_dataset(const aus_call *call, const aus_serverless_saved *saved,
                         const aus_serverless_dataset *d, const aus_serverless_dataset_conf *conf,
                         aus_err *err)
{
  int rc = AUS_OK;
  const char *csv = aus_args_value(call->args, "csv", 0);
  int64_t t, n = 0;
  aus_buf text;

  aus_buf_init(&text);
  rows_csv(&text, saved, d, conf);
  AUS_TRY(aus_buf_check(&text, err));
  if (csv) {
    AUS_TRY(aus_dir_make(csv, err));
    AUS_TRY(aus_file_write_in(csv, "dataset.csv", text.data, (size_t)text.n, err));
    for (t = 0; t < saved->n_trials; t++)
      n += d[t].n;
    aus_buf_printf(call->out, "%" PRId64 " rows of %" PRId64 " runs in %s/dataset.csv\n", n,
                   saved->n_trials, csv);
  } else {
    aus_buf_bytes(call->out, text.data, (size_t)text.n);
  }
done:
  aus_buf_fini(&text);
  return rc;
}

static int dataset_here(const aus_call *call, aus_err *err)
{
  int rc = AUS_OK;
  aus_serverless_saved saved = {0};
  aus_serverless_dataset_conf conf;
  aus_serverless_dataset *d = NULL;
  aus_cfg *cfg = NULL;
  aus_opts *opts = NULL;
  int64_t t;

  AUS_TRY(aus_cfg_create(&cfg, err));
  AUS_TRY(aus_serverless_saved_open(&saved, aus_args_operand(call->args, 0), err));
  AUS_TRY(read_settings(call, &saved, cfg, dataset_opts, &opts, err));
  AUS_TRY(read_dataset_conf(opts, cfg, &conf, err));
  AUS_TRY(aus_serverless_saved_runs(&saved, err));
  AUS_NEW(d, saved.n_trials, err);
  AUS_TRY(build_runs(&saved, &conf, d, err));
  AUS_TRY(write_dataset(call, &saved, d, &conf, err));
done:
  if (rc != AUS_OK && cfg) aus_call_problems(call, cfg);
  for (t = 0; d && t < saved.n_trials; t++)
    aus_serverless_dataset_fini(&d[t]);
  aus_free(d);
  aus_opts_destroy(opts);
  aus_cfg_destroy(cfg);
  aus_serverless_saved_close(&saved);
  return rc;
}

/* The verbs run on rank 0 alone. */
static int dataset(const aus_call *call, aus_err *err)
{
  return aus_call_alone(call, dataset_here, err);
}

/* ---- train ---- */

typedef struct trainer {
  const aus_serverless_saved *saved;
  aus_xgb_conf xgb;
  bool json;
  const char *dir; /* NULL: no files */
  aus_buf csv, *out;
} trainer;

static int write_model(const trainer *t, const aus_xgb *model, const char *function, aus_err *err)
{
  int rc = AUS_OK;
  char *bytes = NULL, name[300];
  size_t n;

  if (!t->dir) return AUS_OK;
  if (t->json)
    AUS_TRY(aus_xgb_save_json(model, &bytes, &n, err));
  else
    AUS_TRY(aus_xgb_save(model, &bytes, &n, err));
  snprintf(name, sizeof name, "%s_model.%s", function, t->json ? "json" : "ubj");
  AUS_TRY(aus_file_write_in(t->dir, name, bytes, n, err));
done:
  aus_free(bytes);
  return rc;
}

/* A function without training rows gets no model, one without test rows no RMSE. */
static int train_function(trainer *t, const char *function, aus_err *err)
{
  int rc = AUS_OK;
  aus_serverless_tune_rows train = {0}, test = {0};
  aus_xgb *model = NULL;
  double rmse = NAN;

  AUS_TRY(aus_serverless_saved_rows(t->saved, function, &train, &test, err));
  if (train.n > 0) {
    AUS_TRY(aus_xgb_train(&model, &t->xgb, train.n, train.d, train.x, train.y, train.weight, err));
    AUS_TRY(write_model(t, model, function, err));
    if (test.n > 0) AUS_TRY(aus_serverless_tune_rmse(model, &test, &rmse, err));
  }
  aus_buf_printf(&t->csv, "%s,%" PRId64 ",%" PRId64, function, train.n, test.n);
  real_field(&t->csv, rmse);
  aus_buf_text(&t->csv, "\n");
  aus_buf_printf(t->out, "%-28s %12" PRId64 " %12" PRId64 " %14.3f\n", function, train.n, test.n,
                 rmse);
done:
  aus_xgb_destroy(model);
  aus_serverless_tune_rows_fini(&train);
  aus_serverless_tune_rows_fini(&test);
  return rc;
}

static int train_all(trainer *t, aus_err *err)
{
  int rc = AUS_OK, i;
  char path[300];

  aus_buf_text(&t->csv, "function,train_rows,test_rows,rmse\n");
  aus_buf_printf(t->out, "%-28s %12s %12s %14s\n", "model of", "train rows", "test rows",
                 "RMSE/replicas");
  for (i = 0; i < t->saved->types.n_tasks; i++) {
    snprintf(path, sizeof path, "datasets/%s", t->saved->types.task[i].name);
    if (aus_read_has(t->saved->file, path))
      AUS_TRY(train_function(t, t->saved->types.task[i].name, err));
  }
  AUS_TRY(aus_buf_check(&t->csv, err));
  if (t->dir) AUS_TRY(aus_file_write_in(t->dir, "models.csv", t->csv.data, (size_t)t->csv.n, err));
done:
  return rc;
}

static int read_training(const aus_opts *opts, aus_cfg *conf, trainer *t, aus_err *err)
{
  int rc = AUS_OK;
  uint64_t defects;

  AUS_TRY(read_defects(opts, conf, &defects, err));
  t->json = aus_opt_enum(opts, "format") == 0;
  t->xgb = aus_serverless_study_training(opts, defects);
done:
  return rc;
}

static int train_here(const aus_call *call, aus_err *err)
{
  int rc = AUS_OK;
  aus_serverless_saved saved = {0};
  trainer t = {.saved = &saved, .out = call->out};
  aus_read_list functions = {0};
  aus_cfg *cfg = NULL;
  aus_opts *opts = NULL;

  aus_buf_init(&t.csv);
  t.dir = aus_args_value(call->args, "output", 0);
  if (!t.dir) t.dir = aus_args_value(call->args, "csv", 0);
  AUS_TRY(aus_cfg_create(&cfg, err));
  AUS_TRY(aus_serverless_saved_open(&saved, aus_args_operand(call->args, 0), err));
  AUS_TRY(aus_read_names(saved.file, "datasets", &functions, err)); /* to say when there are none */
  AUS_TRY(read_settings(call, &saved, cfg, train_opts, &opts, err));
  AUS_TRY(read_training(opts, cfg, &t, err));
  if (t.dir) AUS_TRY(aus_dir_make(t.dir, err));
  AUS_TRY(train_all(&t, err));
done:
  if (rc != AUS_OK && cfg) aus_call_problems(call, cfg);
  aus_buf_fini(&t.csv);
  aus_read_list_fini(&functions);
  aus_opts_destroy(opts);
  aus_cfg_destroy(cfg);
  aus_serverless_saved_close(&saved);
  return rc;
}

static int train(const aus_call *call, aus_err *err)
{
  return aus_call_alone(call, train_here, err);
}

static const aus_cli *const dataset_clis[] = {dataset_cli, aus_common_cli};
static const aus_cli *const train_clis[] = {train_cli, aus_common_cli};
static const aus_opt *const dataset_tables[] = {dataset_opts};
static const aus_opt *const train_tables[] = {train_opts};

const aus_command aus_serverless_cmd_dataset = {
    .name = "serverless dataset",
    .operands = "RUN.h5",
    .summary = "windowed rows again from the traces of a result",
    .text =
        "RUN.h5 is the result of a study with the tables tasks, applications, system_events and "
        "platforms.\n"
        "Keys that are not set are those of the study. The rows are printed, or written with "
        "--csv.",
    .cli = dataset_clis,
    .n_cli = 2,
    .opts = dataset_tables,
    .n_opts = 1,
    .min_operands = 1,
    .max_operands = 1,
    .run = dataset,
};

const aus_command aus_serverless_cmd_train = {
    .name = "serverless train",
    .operands = "RUN.h5",
    .summary = "models again from the rows of a result",
    .text = "RUN.h5 is the result of a study with datasets. Keys that are not set are those of the "
            "study.",
    .cli = train_clis,
    .n_cli = 2,
    .opts = train_tables,
    .n_opts = 1,
    .min_operands = 1,
    .max_operands = 1,
    .run = train,
};
