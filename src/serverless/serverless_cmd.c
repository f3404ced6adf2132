/* serverless/serverless_cmd.c - auspex serverless simulate | sample.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/serverless_cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serverless/mode.h"
#include "serverless/serverless_study_setup.h"
#include "serverless/tables.h"
#include "study/verb.h"
#include "util/alloc.h"
#include "util/file.h"

/* clang-format off */
static const aus_opt simulate_opts[] = {
  AUS_SERVERLESS_MODE_OPTS,
  AUS_SERVERLESS_INPUT_OPTS,
  {"infrastructure", AUS_T_STR, "infrastructure.json", "", "", "cluster: nodes and network"},
  {"workload", AUS_T_STR, "workload.json", "", "", "trace of requests"},
  {"strategy", AUS_T_STR, NULL, "", "", "autoscaler and scheduler: kn_kn, kpa_kn, prokn_prokn, prohetkn_prohetkn, hro_hro, hrc_hrc, kn_rp, ..."},
  {"priority", AUS_T_ENUM, "fifo", "fifo,least_penalty,naive_least_penalty", "", "order of waiting tasks"},
  {"keep_alive", AUS_T_REAL, "30", "0:", "s", "idle time before a replica may go"},
  {"queue_length", AUS_T_REAL, "100", "(0:", "", "target concurrency of a replica"},
  {"reconcile_interval", AUS_T_REAL, "1", "(0:", "s", "period of the autoscaler"},
  {"models", AUS_T_NODE, "", "", "", "map function: model file, for prokn and prohetkn; a function without one never scales ahead"},
  {"features", AUS_T_INT, "1", "1:2", "", "that models have, beside the kinds of platform for prohetkn: requests per second; 2: and the mean execution time"},
  {"forecast", AUS_T_ENUM, "oracle", "oracle,last,ewma,seasonal", "", "where a proactive policy has the coming rate from"},
  {"horizon", AUS_T_REAL, "60", "(0:1e6", "s", "what a forecast looks ahead"},
  {"half_life", AUS_T_REAL, "30", "(0:1e6", "s", "of the weights of forecast ewma"},
  {"season", AUS_T_REAL, "86400", "(0:1e9", "s", "period of forecast seasonal, at least the horizon"},
  {"tie", AUS_T_STR, "canonical", "", "", "order of equal candidates: canonical (by id), or random:SEED"},
  {"max_time", AUS_T_REAL, "0", "0:", "s", "simulated time at which a run counts as stalled; 0: none"},
  {"policy_seed", AUS_T_INT, "0", "0:", "", "seed of what a policy draws itself (rp)"},
  {"seed", AUS_T_INT, "1", "0:", "", "accepted for uniformity; this command draws no world"},
  {0},
};

static const aus_opt sample_opts[] = {
  AUS_SERVERLESS_MODE_OPTS,
  AUS_SERVERLESS_INPUT_OPTS,
  AUS_SERVERLESS_SAMPLE_OPTS,
  {"seed", AUS_T_INT, "1", "0:", "", "seed of the design"},
  {0},
};
/* clang-format on */

static const aus_cli simulate_cli[] = {
    {"csv", 0, "DIR",
     "write tasks, applications, scale_events, system_events, platforms (CSV), summary, storages "
     "(JSON)"},
    {"output", 'o', "FILE", "write the same tables as HDF5"},
    {0},
};

static const aus_cli sample_cli[] = {
    {"csv", 0, "DIR", "write samples.csv"},
    {0},
};

/* What a verb reads: its file and the area's inputs. */
typedef struct source {
  aus_verb verb;
  aus_serverless_inputs inputs;
} source;

static void source_fini(source *s, int rc)
{
  aus_serverless_inputs_fini(&s->inputs);
  aus_verb_fini(&s->verb, rc);
}

static int source_read(source *s, const aus_call *call, const aus_opt *table, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_verb_read(&s->verb, call, "serverless", NULL, table, err));
  AUS_TRY(aus_serverless_inputs_read(&s->inputs, &s->verb.env, s->verb.opts, err));
done:
  return rc;
}

static int write_csv(const char *dir, const aus_serverless_types *types,
                     const aus_serverless_result *r, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_buf b;

  aus_buf_init(&b);
  AUS_TRY(aus_dir_make(dir, err));
  for (i = 0; i < AUS_SERVERLESS_N_TABLES; i++) {
    aus_buf_clear(&b);
    aus_serverless_tables[i].write(&b, types, r);
    AUS_TRY(aus_buf_check(&b, err));
    AUS_TRY(aus_file_write_in(dir, aus_serverless_tables[i].file, b.data, (size_t)b.n, err));
  }
done:
  aus_buf_fini(&b);
  return rc;
}

/* Rows of the run into a plan in memory. */
typedef struct memory_plan {
  aus_pub *pub;
  const aus_serverless_schema *tables;
} memory_plan;

static int put_memory(void *self, int table, int64_t n, const void *const *column, aus_err *err)
{
  int rc = AUS_OK, i;
  memory_plan *m = self;
  const aus_table *t = &m->tables->table[table];

  for (i = 0; i < t->n_columns; i++)
    AUS_TRY(aus_pub_column(m->pub, t->name, &t->column[i], n, column[i], err));
done:
  return rc;
}

static int write_h5(const char *path, const source *s, const aus_serverless_result *r, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_serverless_schema tables = {0};
  memory_plan m = {.tables = &tables};
  bool keep[AUS_SERVERLESS_N_TRACES];
  double y[AUS_SERVERLESS_N_METRICS];
  const aus_column y_col = AUS_COLUMN_MATRIX("y", AUS_F64, AUS_SERVERLESS_N_METRICS, "1", 1,
                                             "metrics; units in y_units");

  for (i = 0; i < AUS_SERVERLESS_N_TRACES; i++)
    keep[i] = true;
  AUS_TRY(aus_serverless_schema_init(&tables, &s->inputs.types, NULL, err));
  AUS_TRY(aus_verb_plan(&s->verb, r->status == AUS_SERVERLESS_DONE, &m.pub, err));
  AUS_TRY(aus_serverless_put_result(r, keep, put_memory, &m, err));
  aus_serverless_metrics(r, 0, y);
  AUS_TRY(aus_pub_column(m.pub, "trials/simulate", &y_col, 1, y, err));
  AUS_TRY(aus_pub_attr_strs(m.pub, "trials/simulate/y", "names", AUS_SERVERLESS_N_METRICS,
                            aus_serverless_metric_names, err));
  AUS_TRY(aus_pub_attr_strs(m.pub, "trials/simulate/y", "y_units", AUS_SERVERLESS_N_METRICS,
                            aus_serverless_metric_units, err));
  AUS_TRY(aus_verb_publish(&s->verb, m.pub, tables.table, tables.n, path, err));
done:
  aus_pub_destroy(m.pub);
  aus_serverless_schema_fini(&tables);
  return rc;
}

static void print_summary(const aus_serverless_result *r, aus_buf *out)
{
  const aus_serverless_totals *t = &r->totals;

  aus_buf_printf(out, "%-24s %14s\n", "status",
                 r->status == AUS_SERVERLESS_DONE ? "done" : "stalled");
  aus_buf_printf(out, "%-24s %14lld\n", "requests", (long long)r->applications.n);
  aus_buf_printf(out, "%-24s %14lld\n", "tasks", (long long)r->tasks.n);
  aus_buf_printf(out, "%-24s %14.3f\n", "end time (s)", t->end_time_s);
  aus_buf_printf(out, "%-24s %14.3f\n", "penalty (%)", t->penalty_percent);
  aus_buf_printf(out, "%-24s %14.3f\n", "response time (s)", t->average_elapsed_s);
  aus_buf_printf(out, "%-24s %14.3f\n", "queue time (s)", t->average_queue_s);
  aus_buf_printf(out, "%-24s %14.3f\n", "cold starts (%)", t->cold_start_percent);
  aus_buf_printf(out, "%-24s %14.1f\n", "replica-seconds", t->replica_s);
  aus_buf_printf(out, "%-24s %14.3f\n", "energy (Wh)", 1000 * t->energy_kwh);
}

/* "canonical" or "random:SEED". */
static int read_tie(const source *s, aus_serverless_policy *p, aus_err *err)
{
  int rc = AUS_OK;
  const char *text = aus_opt_str(s->verb.opts, "tie");
  char *end = NULL;

  if (strcmp(text, "canonical") == 0) return AUS_OK;
  if (strncmp(text, "random:", 7) == 0 && text[7] >= '0' && text[7] <= '9') {
    errno = 0;
    p->tie_random = true;
    p->tie_seed = strtoull(text + 7, &end, 10);
  }
  if (!end || *end != '\0' || errno != 0)
    AUS_FAIL(err, AUS_ECONFIG, "tie is \"%s\", need canonical or random:SEED", text);
done:
  return rc;
}

static int read_policy(const source *s, aus_serverless_policy *p, aus_err *err)
{
  int rc = AUS_OK;

  *p = (aus_serverless_policy){
      .priority = (aus_serverless_priority)aus_opt_enum(s->verb.opts, "priority"),
      .forecast = (aus_serverless_forecast)aus_opt_enum(s->verb.opts, "forecast"),
      .horizon_s = aus_opt_real(s->verb.opts, "horizon"),
      .half_life_s = aus_opt_real(s->verb.opts, "half_life"),
      .season_s = aus_opt_real(s->verb.opts, "season"),
      .n_features = (int)aus_opt_int(s->verb.opts, "features"),
      .seed = (uint64_t)aus_opt_int(s->verb.opts, "policy_seed"),
      .keep_alive_s = aus_opt_real(s->verb.opts, "keep_alive"),
      .queue_length = aus_opt_real(s->verb.opts, "queue_length"),
      .reconcile_s = aus_opt_real(s->verb.opts, "reconcile_interval"),
      .max_time_s = aus_opt_real(s->verb.opts, "max_time")};
  aus_serverless_mode_read(s->verb.opts, s->verb.conf, AUS_SERVERLESS_COMPAT, &p->defects);
  if (p->forecast == AUS_SERVERLESS_SEASONAL && p->season_s < p->horizon_s)
    aus_cfg_problem(s->verb.conf, aus_opt_place(s->verb.opts, "season"),
                    "season is %g s, need >= horizon, %g s", p->season_s, p->horizon_s);
  rc = aus_cfg_check(s->verb.conf, AUS_ECONFIG, err);
  if (rc != AUS_OK) return rc;
  rc = aus_serverless_strategy(aus_opt_str(s->verb.opts, "strategy"), p, err);
  if (rc != AUS_OK) {
    char place[300];

    aus_cfg_place(aus_opt_place(s->verb.opts, "strategy"), place, sizeof place);
    aus_err_prepend(err, "%s: ", place);
    return rc;
  }
  return read_tie(s, p, err);
}

static int simulate_here(const aus_call *call, aus_err *err)
{
  int rc = AUS_OK;
  source s = {0};
  aus_serverless_infra infra = {0};
  aus_serverless_trace trace = {0};
  aus_serverless_models models = {0};
  aus_serverless_sim *sim = NULL;
  aus_serverless_policy policy;
  aus_predict predict;
  const aus_serverless_result *r;
  const char *csv = aus_args_value(call->args, "csv", 0),
             *h5 = aus_args_value(call->args, "output", 0);

  if (h5) AUS_TRY(aus_file_check(h5, err));
  AUS_TRY(source_read(&s, call, simulate_opts, err));
  AUS_TRY(read_policy(&s, &policy, err));
  AUS_TRY(aus_serverless_inputs_infra(&s.inputs, &s.verb.env,
                                      aus_opt_str(s.verb.opts, "infrastructure"), &infra, err));
  AUS_TRY(aus_serverless_inputs_trace(&s.inputs, &s.verb.env, aus_opt_str(s.verb.opts, "workload"),
                                      &trace, err));
  AUS_TRY(aus_serverless_models_init(&models, s.inputs.types.n_tasks, err));
  AUS_TRY(aus_serverless_models_read(&models, &s.inputs, &s.verb.env,
                                     aus_opt_node(s.verb.opts, "models"), policy.n_features,
                                     policy.scaler == AUS_SERVERLESS_PROHETKN, err));
  predict = aus_serverless_models_predict(&models);
  AUS_TRY(aus_serverless_sim_create(&sim, &s.inputs.types, err));
  AUS_TRY(aus_serverless_sim_run(sim, &infra, &trace, &policy, &predict, NULL, &r, err));
  if (csv) AUS_TRY(write_csv(csv, &s.inputs.types, r, err));
  if (h5) AUS_TRY(write_h5(h5, &s, r, err));
  print_summary(r, call->out);
  if (r->status == AUS_SERVERLESS_STALLED)
    AUS_FAIL(err, AUS_ENUMERIC,
             "stalled at %g s of simulated time: no task was scheduled or done any more",
             r->totals.end_time_s);
done:
  aus_serverless_sim_destroy(sim);
  aus_serverless_models_fini(&models);
  aus_serverless_trace_fini(&trace);
  aus_serverless_infra_fini(&infra);
  source_fini(&s, rc);
  return rc;
}

/* The verbs run on rank 0 alone. */
static int simulate(const aus_call *call, aus_err *err)
{
  return aus_call_alone(call, simulate_here, err);
}

/* One line per sample: values in mapping order, unit coordinates, nodes per device. */
static int samples_csv(bool compat, const aus_serverless_space *space, const aus_design *d,
                       aus_buf *b, aus_err *err)
{
  int rc = AUS_OK, k;
  int64_t i;
  int *count = NULL;
  const char **unit_name = NULL;

  AUS_NEW(count, space->n_devices, err);
  AUS_NEW(unit_name, space->n_x, err);
  AUS_TRY(aus_serverless_draw_unit_names(compat, space, unit_name, err));
  aus_buf_text(b, "sample");
  for (k = 0; k < space->n_x; k++)
    aus_buf_printf(b, ",%s", space->x_name[k]);
  for (k = 0; k < d->n_unit; k++)
    aus_buf_printf(b, ",unit_%s", unit_name[k]);
  for (k = 0; k < space->n_devices; k++)
    aus_buf_printf(b, ",nodes_%s", space->device[k]);
  aus_buf_text(b, "\n");
  for (i = 0; i < d->n; i++) {
    aus_buf_printf(b, "%lld", (long long)i);
    for (k = 0; k < space->n_x; k++) {
      aus_buf_text(b, ",");
      aus_buf_real(b, d->value[i * space->n_x + k]);
    }
    for (k = 0; k < d->n_unit; k++) {
      aus_buf_text(b, ",");
      aus_buf_real(b, d->unit[i * d->n_unit + k]);
    }
    AUS_TRY(aus_serverless_device_counts(space, d->value + i * space->n_x, compat, count, err));
    for (k = 0; k < space->n_devices; k++)
      aus_buf_printf(b, ",%d", count[k]);
    aus_buf_text(b, "\n");
  }
done:
  aus_free(count);
  aus_free(unit_name);
  return rc;
}

static int sample_here(const aus_call *call, aus_err *err)
{
  int rc = AUS_OK;
  source s = {0};
  aus_serverless_space space = {0};
  aus_serverless_grid *grid = NULL;
  aus_cfg_node *root;
  aus_buf text;
  aus_design design = {0};
  aus_serverless_draw_conf conf;
  uint64_t defects;
  const char *csv = aus_args_value(call->args, "csv", 0);

  aus_buf_init(&text);
  AUS_TRY(source_read(&s, call, sample_opts, err));
  AUS_TRY(aus_study_parse(&s.verb.env, s.verb.conf, aus_opt_str(s.verb.opts, "space"), &root, err));
  AUS_TRY(aus_serverless_space_read(&space, &s.inputs.types, s.verb.conf, root, err));
  aus_serverless_mode_read(s.verb.opts, s.verb.conf,
                           AUS_SERVERLESS_COMPAT | AUS_SERVERLESS_STUDY_SWITCHES, &defects);
  AUS_TRY(aus_cfg_check(s.verb.conf, AUS_ECONFIG, err));
  conf = (aus_serverless_draw_conf){
      .kind = (aus_design_kind)aus_opt_enum(s.verb.opts, "design"),
      .n = aus_opt_int(s.verb.opts, "n"),
      .range_compat = aus_serverless_range_compat(s.verb.opts, defects),
      .seed = (uint64_t)aus_opt_int(s.verb.opts, "seed"),
  };
  AUS_TRY(aus_serverless_grid_create(&grid, &space, conf.range_compat, err));
  AUS_TRY(aus_serverless_draw(&conf, &space, grid, &design, err));
  AUS_TRY(samples_csv(conf.range_compat, &space, &design, &text, err));
  if (csv) {
    AUS_TRY(aus_buf_check(&text, err));
    AUS_TRY(aus_dir_make(csv, err));
    AUS_TRY(aus_file_write_in(csv, "samples.csv", text.data, (size_t)text.n, err));
    aus_buf_printf(call->out, "%lld samples of %lld combinations in %s/samples.csv\n",
                   (long long)design.n, (long long)aus_serverless_grid_count(grid), csv);
  } else {
    aus_buf_bytes(call->out, text.data, (size_t)text.n);
  }
done:
  aus_buf_fini(&text);
  aus_design_fini(&design);
  aus_serverless_grid_destroy(grid);
  aus_serverless_space_fini(&space);
  source_fini(&s, rc);
  return rc;
}

static int sample(const aus_call *call, aus_err *err)
{
  return aus_call_alone(call, sample_here, err);
}

static const aus_cli *const simulate_clis[] = {simulate_cli, aus_common_cli};
static const aus_cli *const sample_clis[] = {sample_cli, aus_common_cli};
static const aus_opt *const simulate_tables[] = {simulate_opts};
static const aus_opt *const sample_tables[] = {sample_opts};

const aus_command aus_serverless_cmd_simulate = {
    .name = "serverless simulate",
    .operands = "SCENARIO",
    .summary = "simulate one trace on one cluster under one policy",
    .text = "SCENARIO is a JSON or YAML file with the keys below. Exit status 5 with the status "
            "\"stalled\"\n"
            "means that the run made no progress any more; its tables are written all the same.",
    .cli = simulate_clis,
    .n_cli = 2,
    .opts = simulate_tables,
    .n_opts = 1,
    .min_operands = 1,
    .max_operands = 1,
    .run = simulate,
};

const aus_command aus_serverless_cmd_sample = {
    .name = "serverless sample",
    .operands = "[FILE]",
    .summary = "draw samples of a space: clusters and workloads",
    .text = "FILE is a JSON or YAML file with the keys below. The samples are printed, or written "
            "with --csv.",
    .cli = sample_clis,
    .n_cli = 2,
    .opts = sample_tables,
    .n_opts = 1,
    .min_operands = 0,
    .max_operands = 1,
    .run = sample,
};
