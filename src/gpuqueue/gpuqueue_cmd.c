/* gpuqueue/gpuqueue_cmd.c - auspex gpuqueue simulate: a trace on a cluster, and how close it comes to reality.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/gpuqueue_cmd.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>

#include "gpuqueue/gpuqueue_study_trace.h"
#include "gpuqueue/metrics.h"
#include "study/verb.h"
#include "util/alloc.h"
#include "util/file.h"
#include "util/json.h"

/* clang-format off */
static const aus_opt simulate_opts[] = {
  AUS_GPUQUEUE_TRACE_OPTS,
  AUS_GPUQUEUE_SIM_OPTS,
  {"node_ids", AUS_T_BOOL, "false", "", "", "more columns: waits, and the nodes that each job had"},
  {"seed", AUS_T_INT, "1", "0:", "", "accepted for uniformity; nothing is drawn here"},
  {0},
};

/* What is told of a run: in summary.json, in the file and on the screen. */
static const struct figure {
  const char *key, *unit, *label;
  double per_unit; /* what the metric is divided by */
  size_t at;       /* a double of the metrics */
} figures[] = {
#define M(field) offsetof(aus_gpuqueue_metrics, field)
  {"mean_wait_sim_h", "h", "wait, mean (h)", 3600, M(wait_mean_s)},
  {"mean_wait_real_h", "h", "  in the real system", 3600, M(real_wait_mean_s)},
  {"median_wait_sim_s", "s", "wait, median (s)", 1, M(wait_median_s)},
  {"median_wait_real_s", "s", "  in the real system", 1, M(real_wait_median_s)},
  {"p90_sim_h", "h", "wait, 90 % (h)", 3600, M(wait_p90_s)},
  {"p90_real_h", "h", "  in the real system", 3600, M(real_wait_p90_s)},
  {"max_sim_h", "h", "wait, longest (h)", 3600, M(wait_max_s)},
  {"max_real_h", "h", "  in the real system", 3600, M(real_wait_max_s)},
  {"mean_start_err_h", "h", "error of start times, mean (h)", 3600, M(error_mean_s)},
  {"mae_start_h", "h", "  mean absolute (h)", 3600, M(error_abs_mean_s)},
  {"median_ae_start_s", "s", "  median absolute (s)", 1, M(error_abs_median_s)},
  {"p90_ae_h", "h", "  90 % absolute (h)", 3600, M(error_abs_p90_s)},
  {"within_10min", "1", "  share within 10 min", 1, M(within_10min_frac)},
  {"within_1h", "1", "  share within 1 h", 1, M(within_1h_frac)},
  {"wait_corr", "1", "correlation of waits", 1, M(wait_correlation)},
  {"makespan_sim_h", "h", "makespan (h)", 3600, M(makespan_s)},
  {"makespan_real_h", "h", "  in the real system", 3600, M(real_makespan_s)},
  {"utilisation", "1", "utilisation", 1, M(utilisation_frac)},
  {"bounded_slowdown_mean", "1", "bounded slowdown, mean", 1, M(bounded_slowdown_mean)},
#undef M
};
/* clang-format on */
enum { N_FIGURES = sizeof figures / sizeof *figures };

static const aus_cli simulate_cli[] = {
    {"csv", 0, "DIR", "write jobs.csv and summary.json"},
    {"output", 'o', "FILE", "write the same tables as HDF5"},
    {0},
};

/* What is simulated, and what came of it. */
typedef struct run {
  aus_verb verb;
  aus_gpuqueue_trace all, trace;
  aus_gpuqueue_sim_conf cluster;
  int64_t t_begin_s, t_last_s;
  bool node_ids;
  aus_gpuqueue_sim *sim;
  aus_gpuqueue_log log;
  aus_gpuqueue_metrics metrics;
} run;

static void run_fini(run *r, int rc)
{
  aus_gpuqueue_sim_destroy(r->sim);
  aus_gpuqueue_trace_fini(&r->all);
  aus_gpuqueue_trace_fini(&r->trace);
  aus_verb_fini(&r->verb, rc);
}

static double figure_of(const run *r, int i)
{
  return *(const double *)(const void *)((const char *)&r->metrics + figures[i].at) /
         figures[i].per_unit;
}

/* ---- read, simulate ---- */

/* The clock begins at key from, else at the minute of the first job. */
static int read_trace(run *r, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, t_first = INT64_MAX;
  const aus_verb *v = &r->verb;

  AUS_TRY(aus_gpuqueue_trace_load(&r->all, &v->env, v->opts, err));
  AUS_TRY(aus_cfg_check(v->conf, AUS_ECONFIG, err));
  AUS_TRY(aus_gpuqueue_sim_conf_load(&r->cluster, &v->env, v->opts, &r->all, err));
  AUS_TRY(aus_cfg_check(v->conf, AUS_ECONFIG, err));
  AUS_TRY(aus_gpuqueue_trace_choose(&r->trace, &r->all, &r->cluster, &v->env, v->opts, err));
  AUS_TRY(aus_cfg_check(v->conf, AUS_ECONFIG, err));
  r->t_last_s = INT64_MIN;
  for (i = 0; i < r->trace.n; i++) {
    int64_t t = r->trace.job[i].t_submit_s;

    if (t < t_first) t_first = t;
    if (t > r->t_last_s) r->t_last_s = t;
  }
  t_first -= (t_first % 60 + 60) % 60;
  AUS_TRY(aus_gpuqueue_time_of(&r->t_begin_s, &v->env, v->opts, "from", t_first, err));
done:
  return rc;
}

static int simulate_it(run *r, aus_err *err)
{
  int rc = AUS_OK;

  r->node_ids = r->cluster.node_ids = aus_opt_bool(r->verb.opts, "node_ids");
  AUS_TRY(aus_gpuqueue_sim_create(&r->sim, &r->cluster, err));
  AUS_TRY(aus_gpuqueue_sim_load(r->sim, &r->trace, r->t_begin_s, INT64_MAX, true, err));
  AUS_TRY(aus_gpuqueue_sim_finish(r->sim, NULL, err));
  r->log = aus_gpuqueue_sim_log(r->sim);
  AUS_TRY(aus_gpuqueue_metrics_of(r->sim, r->cluster.n_nodes, &r->metrics, err));
done:
  return rc;
}

/* ---- tables as text ---- */

/* A comma and a time; nothing behind the comma when it is not known. */
static void put_time(aus_buf *b, int64_t t_s)
{
  aus_buf_text(b, ",");
  if (t_s != AUS_GPUQUEUE_NEVER) aus_civil_print(t_s, 'T', b);
}

static void put_more(const run *r, const aus_gpuqueue_done *d, const aus_gpuqueue_job *j,
                     aus_buf *b)
{
  int32_t i;

  put_time(b, j->t_start_s);
  aus_buf_printf(b, ",%" PRId64 ",", d->t_start_s - d->t_submit_s);
  if (j->t_start_s != AUS_GPUQUEUE_NEVER)
    aus_buf_printf(b, "%" PRId64, j->t_start_s - j->t_submit_s);
  for (i = 0; i < j->nodes; i++)
    aus_buf_printf(b, "%c%d", i > 0 ? ' ' : ',', r->log.nodes[d->first_node + i]);
}

static void jobs_csv(const run *r, aus_buf *b)
{
  int64_t i;

  aus_buf_printf(b, "seq,job_id,nodes,limit_min,submit_sim,start_sim,end_sim,backfilled,run_s%s\n",
                 r->node_ids ? ",start_real,wait_sim_s,wait_real_s,node_ids" : "");
  for (i = 0; i < r->log.n; i++) {
    const aus_gpuqueue_done *d = &r->log.done[i];
    const aus_gpuqueue_job *j = aus_gpuqueue_sim_job(r->sim, d->number);

    aus_buf_printf(b, "%" PRId64 ",%" PRId64 ",%d,%d", i, j->id, j->nodes, j->limit_min);
    put_time(b, d->t_submit_s);
    put_time(b, d->t_start_s);
    put_time(b, d->t_end_s);
    aus_buf_printf(b, ",%d,%" PRId64, d->backfilled, j->run_s);
    if (r->node_ids) put_more(r, d, j, b);
    aus_buf_text(b, "\n");
  }
}

static void json_time(aus_json_out *json, int64_t t_s)
{
  aus_buf text;

  aus_buf_init(&text);
  aus_civil_print(t_s, 'T', &text);
  if (text.data) aus_json_str(json, text.data);
  if (!text.data) json->buf->failed = 1;
  aus_buf_fini(&text);
}

static void summary_json(const run *r, aus_buf *b)
{
  aus_json_out json;
  int i;

  aus_json_begin(&json, b, 2);
  aus_json_object(&json);
  aus_json_key(&json, "window");
  aus_json_array(&json);
  json_time(&json, r->t_begin_s);
  json_time(&json, r->t_last_s);
  aus_json_end(&json, ']');
  aus_json_key(&json, "nodes");
  aus_json_int(&json, r->cluster.n_nodes);
  aus_json_key(&json, "mode");
  aus_json_str(&json, r->cluster.tick_s > 0 ? "compat" : "clean");
  aus_json_key(&json, "n");
  aus_json_int(&json, r->metrics.n);
  aus_json_key(&json, "n_real");
  aus_json_int(&json, r->metrics.n_real);
  aus_json_key(&json, "backfilled");
  aus_json_int(&json, r->metrics.n_backfilled);
  aus_json_key(&json, "sim_end");
  json_time(&json, r->metrics.t_last_end_s);
  for (i = 0; i < N_FIGURES; i++) {
    aus_json_key(&json, figures[i].key);
    aus_json_real(&json, figure_of(r, i));
  }
  aus_json_end(&json, '}');
  aus_buf_text(b, "\n");
}

static int write_csv(const run *r, const char *dir, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf b;

  aus_buf_init(&b);
  AUS_TRY(aus_dir_make(dir, err));
  jobs_csv(r, &b);
  AUS_TRY(aus_buf_check(&b, err));
  AUS_TRY(aus_file_write_in(dir, "jobs.csv", b.data, (size_t)b.n, err));
  aus_buf_clear(&b);
  summary_json(r, &b);
  AUS_TRY(aus_buf_check(&b, err));
  AUS_TRY(aus_file_write_in(dir, "summary.json", b.data, (size_t)b.n, err));
done:
  aus_buf_fini(&b);
  return rc;
}

/* ---- tables as HDF5 ---- */

enum { ID, SUBMIT, START, END, RUN, START_REAL, N_I64 };
enum { WIDTH, LIMIT, BACKFILLED, N_I32 };

static const aus_column i64_columns[N_I64] = {
    [ID] = AUS_COLUMN("job_id", AUS_I64, "1", 1, "number of the job in the trace"),
    [SUBMIT] = AUS_COLUMN("submit", AUS_I64, "s", 1, "submitted, as simulated, since 1970"),
    [START] = AUS_COLUMN("start", AUS_I64, "s", 1, "started, as simulated, since 1970"),
    [END] = AUS_COLUMN("end", AUS_I64, "s", 1, "ended, as simulated, since 1970"),
    [RUN] = AUS_COLUMN("run_time", AUS_I64, "s", 1, "run time, at most the limit"),
    [START_REAL] = AUS_COLUMN("start_real", AUS_I64, "s", 1,
                              "started in the real system, since 1970; the least number: unknown"),
};
static const aus_column i32_columns[N_I32] = {
    [WIDTH] = AUS_COLUMN("nodes", AUS_I32, "1", 1, "nodes"),
    [LIMIT] = AUS_COLUMN("limit", AUS_I32, "min", 60, "limit of the run time"),
    [BACKFILLED] = AUS_COLUMN("backfilled", AUS_I32, "1", 1, "1: started by backfill"),
};
static const aus_column node_columns[] = {
    AUS_COLUMN("offsets", AUS_I64, "1", 1, "first node of each job in node; one more at the end"),
    AUS_COLUMN("node", AUS_I32, "1", 1, "nodes that the jobs had, in the order they were taken"),
};

/* One entry per job in order of completion, beginning with jobs; N_I64 and N_I32 columns. */
static void fill_columns(const run *r, int64_t *x, int32_t *y, int64_t *offset)
{
  int64_t i, n = r->log.n;

  for (i = 0; i < n; i++) {
    const aus_gpuqueue_done *d = &r->log.done[i];
    const aus_gpuqueue_job *j = aus_gpuqueue_sim_job(r->sim, d->number);

    x[ID * n + i] = j->id;
    x[SUBMIT * n + i] = d->t_submit_s;
    x[START * n + i] = d->t_start_s;
    x[END * n + i] = d->t_end_s;
    x[RUN * n + i] = j->run_s;
    x[START_REAL * n + i] = j->t_start_s;
    y[WIDTH * n + i] = j->nodes;
    y[LIMIT * n + i] = j->limit_min;
    y[BACKFILLED * n + i] = d->backfilled;
    offset[i + 1] = offset[i] + j->nodes;
  }
}

static int put_jobs(const run *r, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, k;
  int64_t *x = NULL, *offset = NULL, n = r->log.n;
  int32_t *y = NULL;

  AUS_NEW(x, N_I64 * n, err);
  AUS_NEW(y, N_I32 * n, err);
  AUS_NEW(offset, n + 1, err);
  fill_columns(r, x, y, offset);
  for (k = 0; k < N_I64; k++)
    AUS_TRY(aus_pub_column(pub, "traces/jobs", &i64_columns[k], n, x + k * n, err));
  for (k = 0; k < N_I32; k++)
    AUS_TRY(aus_pub_column(pub, "traces/jobs", &i32_columns[k], n, y + k * n, err));
  if (r->node_ids) {
    AUS_TRY(aus_pub_column(pub, "traces/job_nodes", &node_columns[0], n + 1, offset, err));
    AUS_TRY(
        aus_pub_column(pub, "traces/job_nodes", &node_columns[1], offset[n], r->log.nodes, err));
  }
done:
  aus_free(x);
  aus_free(y);
  aus_free(offset);
  return rc;
}

static int put_figures(const run *r, aus_pub *pub, aus_err *err)
{
  const aus_column column =
      AUS_COLUMN_MATRIX("y", AUS_F64, N_FIGURES, "1", 1, "metrics; units in y_units");
  const char *names[N_FIGURES], *units[N_FIGURES];
  double y[N_FIGURES];
  int rc = AUS_OK, i;

  for (i = 0; i < N_FIGURES; i++) {
    names[i] = figures[i].key;
    units[i] = figures[i].unit;
    y[i] = figure_of(r, i);
  }
  AUS_TRY(aus_pub_column(pub, "trials/simulate", &column, 1, y, err));
  AUS_TRY(aus_pub_attr_strs(pub, "trials/simulate/y", "names", N_FIGURES, names, err));
  AUS_TRY(aus_pub_attr_strs(pub, "trials/simulate/y", "y_units", N_FIGURES, units, err));
done:
  return rc;
}

static int write_h5(const run *r, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  aus_pub *pub = NULL;

  AUS_TRY(aus_verb_plan(&r->verb, true, &pub, err));
  AUS_TRY(put_jobs(r, pub, err));
  AUS_TRY(put_figures(r, pub, err));
  AUS_TRY(aus_verb_publish(&r->verb, pub, NULL, 0, path, err));
done:
  aus_pub_destroy(pub);
  return rc;
}

/* ---- the command ---- */

static void print(const run *r, aus_buf *out)
{
  int i;

  aus_buf_printf(out, "%-34s %14" PRId64 "\n", "jobs", r->metrics.n);
  aus_buf_printf(out, "%-34s %14" PRId64 "\n", "  with a start in the real system",
                 r->metrics.n_real);
  aus_buf_printf(out, "%-34s %14" PRId64 "\n", "  started by backfill", r->metrics.n_backfilled);
  aus_buf_printf(out, "%-34s %14" PRId64 "\n", "nodes", r->cluster.n_nodes);
  for (i = 0; i < N_FIGURES; i++)
    if (isfinite(figure_of(r, i)))
      aus_buf_printf(out, "%-34s %14.3f\n", figures[i].label, figure_of(r, i));
}

static int simulate_here(const aus_call *call, aus_err *err)
{
  int rc = AUS_OK;
  run r = {0};
  const char *csv = aus_args_last(call->args, "csv"), *h5 = aus_args_last(call->args, "output");

  if (h5) AUS_TRY(aus_file_check(h5, err));
  AUS_TRY(aus_verb_read(&r.verb, call, "gpuqueue", NULL, simulate_opts, err));
  AUS_TRY(read_trace(&r, err));
  AUS_TRY(simulate_it(&r, err));
  if (csv) AUS_TRY(write_csv(&r, csv, err));
  if (h5) AUS_TRY(write_h5(&r, h5, err));
  print(&r, call->out);
done:
  run_fini(&r, rc);
  return rc;
}

/* On rank 0 alone. */
static int simulate(const aus_call *call, aus_err *err)
{
  return aus_call_alone(call, simulate_here, err);
}

static const aus_cli *const clis[] = {simulate_cli, aus_common_cli};
static const aus_opt *const opts[] = {simulate_opts};

const aus_command aus_gpuqueue_cmd_simulate = {
    .name = "gpuqueue simulate",
    .operands = "[FILE]",
    .summary = "simulate the batch queue of a cluster on a trace of jobs",
    .text = "FILE is a JSON or YAML file with the keys below. Prints waits and use of the cluster, "
            "and how far\nsimulated start times are from the real ones. Times in tables are UTC.",
    .cli = clis,
    .n_cli = 2,
    .opts = opts,
    .n_opts = 1,
    .min_operands = 0,
    .max_operands = 1,
    .run = simulate,
};
