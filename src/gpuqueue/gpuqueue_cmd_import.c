/* gpuqueue/gpuqueue_cmd_import.c - auspex gpuqueue import: logs of batch systems to other formats, or generated ones.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/gpuqueue_cmd.h"

#include <inttypes.h>
#include <string.h>

#include "gpuqueue/gpuqueue_study_trace.h"
#include "gpuqueue/gpuqueue_study_tracefile.h"
#include "gpuqueue/synth.h"
#include "study/verb.h"
#include "util/alloc.h"
#include "util/file.h"
#include "util/stats.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

/* clang-format off */
static const aus_opt import_opts[] = {
  AUS_GPUQUEUE_TRACE_OPTS,
  {"seed", AUS_T_INT, "1", "0:", "", "of a generated trace"},
  {0},
};

static const aus_opt synthetic_opts[] = {
  {"days", AUS_T_REAL, "28", "(0:36500", "days", "with --synthetic: length of the trace"},
  {"jobs", AUS_T_INT, "4000", "1:100000000", "", "with --synthetic: number of jobs"},
  {"nodes", AUS_T_INT, "80", "1:1000000", "", "with --synthetic: of the cluster that runs them"},
  {"load", AUS_T_REAL, "0.74", "(0:2", "1", "with --synthetic: mean share of the nodes in use; run times are scaled to it"},
  {"begin", AUS_T_STR, "2024-01-01", "", "", "with --synthetic: first day"},
  {"procs_per_node", AUS_T_INT, "1", "1:1000000", "", "processors of a node in what --swf writes"},
  {"seed", AUS_T_INT, "1", "0:", "", "of a generated trace"},
  {0},
};
/* clang-format on */

static const aus_cli import_cli[] = {
    {"csv", 0, "DIR", "write trace.csv"},
    {"log", 0, "FILE", "write the jobs as a Slurm log (slurm-text)"},
    {"output", 'o', "FILE", "write the jobs as HDF5, group /trace"},
    {"swf", 0, "FILE", "write the jobs in the Standard Workload Format"},
    {"synthetic", 0, NULL, "generate the jobs instead of reading them"},
    {0},
};

typedef struct import {
  aus_verb verb;
  aus_tz *tz;
  aus_gpuqueue_trace all, trace; /* as read, as kept */
  bool synthetic;
} import;

static void import_fini(import *m, int rc)
{
  aus_gpuqueue_trace_fini(&m->all);
  aus_gpuqueue_trace_fini(&m->trace);
  aus_tz_destroy(m->tz);
  aus_verb_fini(&m->verb, rc);
}

static int read_trace(import *m, aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_sim_conf any = {0};

  AUS_TRY(aus_gpuqueue_zone_load(&m->tz, &m->verb.env, m->verb.opts, err));
  AUS_TRY(aus_cfg_check(m->verb.conf, AUS_ECONFIG, err));
  AUS_TRY(aus_gpuqueue_trace_load(&m->all, &m->verb.env, m->verb.opts, err));
  AUS_TRY(aus_cfg_check(m->verb.conf, AUS_ECONFIG, err));
  AUS_TRY(aus_gpuqueue_trace_choose(&m->trace, &m->all, &any, &m->verb.env, m->verb.opts, err));
  AUS_TRY(aus_cfg_check(m->verb.conf, AUS_ECONFIG, err));
done:
  return rc;
}

static int draw_trace(import *m, aus_err *err)
{
  int rc = AUS_OK;
  const char *begin = aus_opt_str(m->verb.opts, "begin");
  aus_gpuqueue_synth conf = {.seed = (uint64_t)aus_opt_int(m->verb.opts, "seed"),
                             .days = aus_opt_real(m->verb.opts, "days"),
                             .n_jobs = aus_opt_int(m->verb.opts, "jobs"),
                             .n_nodes = aus_opt_int(m->verb.opts, "nodes"),
                             .load = aus_opt_real(m->verb.opts, "load")};

  if (!aus_civil_parse(begin, strlen(begin), &conf.t_begin_s) || conf.t_begin_s < 0)
    aus_cfg_problem(m->verb.conf, aus_opt_place(m->verb.opts, "begin"),
                    "begin is \"%s\", need a day from 1970-01-01 on", begin);
  AUS_TRY(aus_cfg_check(m->verb.conf, AUS_ECONFIG, err));
  rc = aus_gpuqueue_synth_draw(&m->trace, &conf, err);
  if (rc == AUS_EINVAL) err->code = rc = AUS_ECONFIG;
  if (rc == AUS_OK) rc = aus_gpuqueue_synth_run(&m->trace, conf.n_nodes, err);
done:
  return rc;
}

static int check_outputs(const import *m, aus_err *err)
{
  static const char *const names[] = {"output", "swf", "log"};
  int rc = AUS_OK;
  const char *in = aus_args_operand(m->verb.call->args, 0);
  size_t i;

  for (i = 0; i < sizeof names / sizeof *names; i++) {
    const char *path = aus_args_last(m->verb.call->args, names[i]);

    if (!path) continue;
    AUS_TRY(aus_file_check(path, err));
    if (in && aus_file_same(in, path))
      AUS_FAIL(err, AUS_ECONFIG, "%s: the output would replace an input file", path);
  }
done:
  return rc;
}

static void csv_time(int64_t t_s, aus_buf *b)
{
  if (t_s != AUS_GPUQUEUE_NEVER) aus_civil_print(t_s, 'T', b);
  aus_buf_text(b, ",");
}

static void put_csv(const aus_gpuqueue_trace *t, aus_buf *b)
{
  int64_t i;

  aus_buf_text(b, "job_id,submit,start,end,run_s,limit_min,nodes,user,priority\n");
  for (i = 0; i < t->n; i++) {
    const aus_gpuqueue_job *j = &t->job[i];

    aus_buf_printf(b, "%" PRId64 ",", j->id);
    csv_time(j->t_submit_s, b);
    csv_time(j->t_start_s, b);
    csv_time(j->t_end_s, b);
    aus_buf_printf(b, "%" PRId64 ",%" PRId32 ",%" PRId32 ",%" PRId32 ",", j->run_s, j->limit_min,
                   j->nodes, j->user);
    aus_buf_real(b, j->priority);
    aus_buf_text(b, "\n");
  }
}

static int write_h5(const import *m, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  aus_pub *pub = NULL;

  AUS_TRY(aus_verb_plan(&m->verb, true, &pub, err));
  AUS_TRY(aus_gpuqueue_h5_put(&m->trace, pub, err));
  AUS_TRY(aus_verb_publish(&m->verb, pub, NULL, 0, path, err));
done:
  aus_pub_destroy(pub);
  return rc;
}

static int write_outputs(const import *m, int64_t n_nodes, aus_err *err)
{
  int rc = AUS_OK;
  const char *csv = aus_args_last(m->verb.call->args, "csv"),
             *swf = aus_args_last(m->verb.call->args, "swf"),
             *text = aus_args_last(m->verb.call->args, "log"),
             *h5 = aus_args_last(m->verb.call->args, "output");
  aus_buf b;

  aus_buf_init(&b);
  if (csv) {
    put_csv(&m->trace, &b);
    AUS_TRY(aus_buf_check(&b, err));
    AUS_TRY(aus_dir_make(csv, err));
    AUS_TRY(aus_file_write_in(csv, "trace.csv", b.data, (size_t)b.n, err));
  }
  if (swf) {
    aus_buf_clear(&b);
    AUS_TRY(aus_gpuqueue_swf_write(&m->trace, n_nodes, aus_opt_int(m->verb.opts, "procs_per_node"),
                                   &b, err));
    AUS_TRY(aus_file_write(swf, b.data, (size_t)b.n, err));
  }
  if (text) {
    aus_buf_clear(&b);
    AUS_TRY(aus_gpuqueue_slurm_write(&m->trace, &b, err));
    AUS_TRY(aus_file_write(text, b.data, (size_t)b.n, err));
  }
  if (h5) AUS_TRY(write_h5(m, h5, err));
done:
  aus_buf_fini(&b);
  return rc;
}

static void print_spread(const char *name, double *x, int64_t n, aus_buf *out)
{
  if (n == 0) return;
  aus_stats_sort(x, n);
  aus_buf_printf(out, "%-24s mean %.2f h, median %.0f s, 90 %% below %.2f h, max %.2f h\n", name,
                 aus_stats_mean(x, n) / HOUR_S, aus_stats_median(x, n),
                 aus_stats_quantile(x, n, 0.9) / HOUR_S, x[n - 1] / HOUR_S);
}

static int print_times(const aus_gpuqueue_trace *t, aus_buf *out, aus_err *err)
{
  int rc = AUS_OK;
  double *x = NULL;
  int64_t i, n = 0;

  AUS_NEW(x, t->n + 1, err);
  for (i = 0; i < t->n; i++)
    if (t->job[i].t_start_s != AUS_GPUQUEUE_NEVER)
      x[n++] = (double)(t->job[i].t_start_s - t->job[i].t_submit_s);
  print_spread("waits", x, n, out);
  for (i = 0; i < t->n; i++)
    x[i] = (double)t->job[i].run_s;
  print_spread("run times", x, t->n, out);
  for (i = 0; i < t->n; i++)
    x[i] = (double)t->job[i].limit_min * 60;
  print_spread("limits", x, t->n, out);
done:
  aus_free(x);
  return rc;
}

static void print_moved(const import *m, aus_buf *out)
{
  int64_t n;

  if (!m->tz) return;
  n = aus_gpuqueue_trace_moved(&m->trace, m->tz, NULL);
  aus_buf_printf(out, "%-24s %" PRId64 " jobs ran while the clocks changed\n",
                 "run times corrected", n);
  if (n == 0 || aus_call_verbosity(m->verb.call->args) < 2) return;
  aus_buf_printf(out, "%-24s", "their ids");
  aus_gpuqueue_trace_moved(&m->trace, m->tz, out);
  aus_buf_text(out, "\n");
}

static int print_summary(const import *m, int64_t n_nodes, aus_err *err)
{
  const aus_gpuqueue_trace *t = &m->trace;
  aus_buf *out = m->verb.call->out;
  int64_t first_s = t->job[0].t_submit_s, last_s = t->job[t->n - 1].t_submit_s, i;
  int32_t widest = 0;

  for (i = 0; i < t->n; i++)
    if (t->job[i].nodes > widest) widest = t->job[i].nodes;
  if (!m->synthetic) {
    aus_gpuqueue_trace_counts(&m->all, out);
    aus_buf_text(out, "\n");
  }
  if (!m->synthetic && t->n < m->all.n) {
    aus_gpuqueue_trace_counts(t, out);
    aus_buf_text(out, "\n");
  }
  aus_buf_printf(out, "%-24s %" PRId64 " of %" PRId64 " users, %" PRId64 " cut to their limits\n",
                 "jobs", t->n, t->n_users, t->n_clipped);
  aus_buf_printf(out, "%-24s %" PRId64 " at most in use, widest job %" PRId32 "\n", "nodes",
                 n_nodes, widest);
  aus_buf_printf(out, "%-24s ", "submitted");
  aus_civil_print(first_s, 'T', out);
  aus_buf_text(out, " .. ");
  aus_civil_print(last_s, 'T', out);
  aus_buf_printf(out, " UTC, %.1f days\n", (double)(last_s - first_s) / DAY_S);
  print_moved(m, out);
  return print_times(t, out, err);
}

static int import_here(const aus_call *call, aus_err *err)
{
  int rc = AUS_OK;
  int64_t peak;
import m = {.synthetic = aus_args_given(call->args, "synthetic")> 0 };

  if (m.synthetic && aus_args_n_operands(call->args) > 0)
    AUS_FAIL(err, AUS_ECONFIG, "--synthetic generates the jobs; name no file");
  if (!m.synthetic && aus_args_n_operands(call->args) == 0)
    AUS_FAIL(err, AUS_ECONFIG, "a log to read is needed, or --synthetic");
  AUS_TRY(aus_verb_read(&m.verb, call, "gpuqueue", "trace",
                        m.synthetic ? synthetic_opts : import_opts, err));
  AUS_TRY(check_outputs(&m, err));
  AUS_TRY(m.synthetic ? draw_trace(&m, err) : read_trace(&m, err));
  AUS_TRY(aus_gpuqueue_trace_peak(&m.trace, &peak, err));
  AUS_TRY(write_outputs(&m, m.trace.max_nodes > peak ? m.trace.max_nodes : peak, err));
  AUS_TRY(print_summary(&m, peak, err));
done:
  import_fini(&m, rc);
  return rc;
}

static int run(const aus_call *call, aus_err *err)
{
  return aus_call_alone(call, import_here, err);
}

static const aus_cli *const import_clis[] = {import_cli, aus_common_cli};
static const aus_opt *const import_tables[] = {import_opts, synthetic_opts};

const aus_command aus_gpuqueue_cmd_import = {
    .name = "gpuqueue import",
    .operands = "[FILE]",
    .summary = "read the log of a batch system, or generate one, and write it in other formats",
    .text =
        "FILE is the output of sacct (aligned or --parsable2), a trace in the Standard Workload "
        "Format, CSV with\n"
        "submit, duration and gpus, or HDF5 of this command; gzip is expanded. What is not a "
        "job is skipped and\n"
        "counted by reason. --synthetic generates jobs and simulates when they start.",
    .cli = import_clis,
    .n_cli = 2,
    .opts = import_tables,
    .n_opts = 2,
    .min_operands = 0,
    .max_operands = 1,
    .run = run,
};
