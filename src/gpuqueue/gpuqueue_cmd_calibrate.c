/* gpuqueue/gpuqueue_cmd_calibrate.c - auspex gpuqueue calibrate: which cluster explains the real start times best?
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bayesian optimisation over the number of nodes, the weights of priorities, backfill's interval and limits per user
 * against the start times of the trace. A run of the simulator takes milliseconds, so rank 0 does it alone, one
 * trial after the other.
 */
#include <config.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "design/bo.h"
#include "gpuqueue/gpuqueue_cmd.h"
#include "gpuqueue/gpuqueue_study_trace.h"
#include "gpuqueue/metrics.h"
#include "study/verb.h"
#include "util/alloc.h"
#include "util/file.h"
#include "util/json.h"

/* clang-format off */
static const aus_opt calibrate_opts[] = {
  AUS_GPUQUEUE_TRACE_OPTS,
  AUS_GPUQUEUE_SIM_OPTS,
  {"budget", AUS_T_INT, "60", "1:100000", "", "simulations"},
  {"what", AUS_T_NODE, "", "words", "", "what is searched, a list: nodes, age_weight, size_weight, bf_interval, user_max_jobs, user_max_nodes; by default all that the mode has"},
  {"objective", AUS_T_ENUM, "error", "error,median_error,correlation", "", "mean or median absolute error of start times, or the correlation of waits"},
  {"seed", AUS_T_INT, "1", "0:", "", "of the search"},
  {0},
};
/* clang-format on */

static const aus_cli calibrate_cli[] = {
    {"csv", 0, "DIR", "write calibrate.csv (all trials) and calibrated.json (keys of the best)"},
    {"output", 'o', "FILE", "write the same tables as HDF5"},
    {0},
};

enum { NODES, AGE, SIZE, INTERVAL, USER_JOBS, USER_NODES, N_WHAT };

static const char *const what_names[N_WHAT] = {"nodes",       "age_weight",    "size_weight",
                                               "bf_interval", "user_max_jobs", "user_max_nodes"};

/* What is searched, from which cluster on, and what came of it. */
typedef struct search {
  aus_verb verb;
  aus_gpuqueue_trace all, trace;
  aus_gpuqueue_sim_conf base, best;
  int n_what, what[N_WHAT];
  aus_param param[N_WHAT];
  aus_gpuqueue_sim *sim;
  aus_gpuqueue_metrics before, after;
  double best_y;
  int64_t n;     /* trials */
  double *x, *y; /* n x n_what, n */
} search;

static void search_fini(search *s, int rc)
{
  aus_gpuqueue_sim_destroy(s->sim);
  aus_gpuqueue_trace_fini(&s->all);
  aus_gpuqueue_trace_fini(&s->trace);
  aus_verb_fini(&s->verb, rc);
  aus_free(s->x);
  aus_free(s->y);
}

static void read_what(search *s)
{
  int i, all = s->base.tick_s == 0 ? N_WHAT : USER_JOBS;

  s->n_what = aus_opt_words(s->verb.opts, s->verb.conf, "what", N_WHAT, what_names, s->what);
  if (s->n_what < 0)
    for (s->n_what = 0; s->n_what < all; s->n_what++)
      s->what[s->n_what] = s->n_what;
  for (i = 0; i < s->n_what; i++)
    if (s->what[i] >= all)
      aus_cfg_problem(s->verb.conf, aus_opt_place(s->verb.opts, "what"),
                      "what: \"%s\" is for mode clean only", what_names[s->what[i]]);
}

/* Ranges around what is usual; the widest job must fit. */
static void make_space(search *s)
{
  int64_t widest = 1, i, most = s->base.n_nodes * 13 / 10 + 1;
  double few;
  int k;

  for (i = 0; i < s->trace.n; i++)
    if (s->trace.job[i].nodes > widest) widest = s->trace.job[i].nodes;
  few = fmax((double)widest, floor(0.7 * (double)s->base.n_nodes));
  {
    const aus_param all[N_WHAT] = {
        [NODES] = {"nodes", "1", AUS_P_INT, few, fmax(few, (double)most), 1, -1},
        [AGE] = {"age_weight", "1", AUS_P_LOG, 10, 1e6, 0, -1},
        [SIZE] = {"size_weight", "1", AUS_P_LOG, 1, 1e5, 0, -1},
        [INTERVAL] = {"bf_interval", "1", AUS_P_INT, 1, s->base.tick_s == 0 ? 600 : 60, 1, -1},
        [USER_JOBS] = {"user_max_jobs", "1", AUS_P_INT, 1, 60, 1, -1},
        [USER_NODES] = {"user_max_nodes", "1", AUS_P_INT, (double)widest,
                        fmax((double)widest, (double)s->base.n_nodes), 1, -1},
    };

    for (k = 0; k < s->n_what; k++)
      s->param[k] = all[s->what[k]];
  }
}

static aus_gpuqueue_sim_conf conf_of(const search *s, const double *x)
{
  aus_gpuqueue_sim_conf c = s->base;
  int k;

  for (k = 0; k < s->n_what; k++)
    switch (s->what[k]) {
    case NODES:
      c.n_nodes = (int64_t)x[k];
      break;
    case AGE:
      c.age_weight = x[k];
      break;
    case SIZE:
      c.size_weight = x[k];
      break;
    case INTERVAL:
      c.bf_interval = (int64_t)x[k];
      break;
    case USER_JOBS:
      c.user_max_jobs = (int64_t)x[k];
      break;
    default:
      c.user_max_nodes = (int64_t)x[k];
      break;
    }
  return c;
}

/* One simulation; y is to be made small. */
static int evaluate(search *s, const aus_gpuqueue_sim_conf *c, aus_gpuqueue_metrics *m, double *y,
                    aus_err *err)
{
  int rc = AUS_OK, objective = aus_opt_enum(s->verb.opts, "objective");

  aus_gpuqueue_sim_destroy(s->sim);
  s->sim = NULL;
  AUS_TRY(aus_gpuqueue_sim_create(&s->sim, c, err));
  AUS_TRY(aus_gpuqueue_sim_load(s->sim, &s->trace, s->trace.job[0].t_submit_s / 60 * 60, INT64_MAX,
                                true, err));
  AUS_TRY(aus_gpuqueue_sim_finish(s->sim, NULL, err));
  AUS_TRY(aus_gpuqueue_metrics_of(s->sim, c->n_nodes, m, err));
  if (m->n_real == 0)
    AUS_FAIL(err, AUS_EFORMAT, "the trace has no start times to calibrate against");
  *y = objective == 0   ? m->error_abs_mean_s
       : objective == 1 ? m->error_abs_median_s
                        : -m->wait_correlation;
done:
  return rc;
}

static int trial(search *s, aus_bo *bo, int64_t index, aus_err *err)
{
  int rc = AUS_OK;
  const double *x = aus_bo_point_at(bo, index)->value;
  aus_gpuqueue_sim_conf c = conf_of(s, x);
  aus_gpuqueue_metrics m;
  double y;

  AUS_TRY(evaluate(s, &c, &m, &y, err));
  memcpy(s->x + index * s->n_what, x, (size_t)s->n_what * sizeof *x);
  s->y[index] = y;
  s->n = index + 1;
  if (isfinite(y) && y < s->best_y) {
    s->best_y = y;
    s->best = c;
    s->after = m;
  }
  AUS_TRY(aus_bo_commit(bo, index, isfinite(y), y, false, err));
done:
  return rc;
}

static int propose(aus_bo *bo, int64_t index, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf request, reply;

  aus_buf_init(&request);
  aus_buf_init(&reply);
  AUS_TRY(aus_bo_request(bo, index, &request, err));
  AUS_TRY(aus_bo_propose(request.data, (size_t)request.n, &reply, err));
  AUS_TRY(aus_bo_reply(bo, index, reply.data, (size_t)reply.n, err));
done:
  aus_buf_fini(&request);
  aus_buf_fini(&reply);
  return rc;
}

static int run_search(search *s, aus_err *err)
{
  int rc = AUS_OK;
  aus_bo_conf conf = aus_bo_defaults();
  aus_bo *bo = NULL;
  int64_t index;
  aus_bo_what what;

  conf.budget = aus_opt_int(s->verb.opts, "budget");
  conf.lag = 1;
  AUS_NEW(s->x, conf.budget * s->n_what, err);
  AUS_NEW(s->y, conf.budget, err);
  AUS_TRY(evaluate(s, &s->base, &s->before, &s->best_y, err));
  s->best = s->base;
  s->after = s->before;
  if (!isfinite(s->best_y)) s->best_y = INFINITY;
  AUS_TRY(aus_bo_create(&bo, &conf, s->n_what, s->param,
                        (uint64_t)aus_opt_int(s->verb.opts, "seed"), 1, err));
  while ((what = aus_bo_next(bo, &index)) != AUS_BO_NOTHING)
    if (what == AUS_BO_PROPOSE)
      AUS_TRY(propose(bo, index, err));
    else
      AUS_TRY(trial(s, bo, index, err));
done:
  aus_bo_destroy(bo);
  return rc;
}

/* ---- results ---- */

static double value_of(const aus_gpuqueue_sim_conf *c, int what)
{
  const double all[N_WHAT] = {(double)c->n_nodes,       c->age_weight,
                              c->size_weight,           (double)c->bf_interval,
                              (double)c->user_max_jobs, (double)c->user_max_nodes};

  return all[what];
}

static void print(const search *s, aus_buf *out)
{
  const aus_gpuqueue_metrics *a = &s->before, *b = &s->after;
  int k;

  aus_buf_printf(out, "%-36s %14s %14s\n", "", "before", "after");
  for (k = 0; k < s->n_what; k++)
    aus_buf_printf(out, "%-36s %14.6g %14.6g\n", what_names[s->what[k]],
                   value_of(&s->base, s->what[k]), value_of(&s->best, s->what[k]));
  aus_buf_printf(out, "%-36s %14.3f %14.3f\n", "error of start times, mean abs. (h)",
                 a->error_abs_mean_s / 3600, b->error_abs_mean_s / 3600);
  aus_buf_printf(out, "%-36s %14.1f %14.1f\n", "  median abs. (s)", a->error_abs_median_s,
                 b->error_abs_median_s);
  aus_buf_printf(out, "%-36s %14.3f %14.3f\n", "  mean (h)", a->error_mean_s / 3600,
                 b->error_mean_s / 3600);
  aus_buf_printf(out, "%-36s %14.1f %14.1f\n", "  within 10 min (%)", 100 * a->within_10min_frac,
                 100 * b->within_10min_frac);
  aus_buf_printf(out, "%-36s %14.1f %14.1f\n", "  within 1 h (%)", 100 * a->within_1h_frac,
                 100 * b->within_1h_frac);
  aus_buf_printf(out, "%-36s %14.3f %14.3f\n", "correlation of waits", a->wait_correlation,
                 b->wait_correlation);
  aus_buf_printf(out, "%-36s %14.3f %14.3f\n", "wait, mean (h); real", a->wait_mean_s / 3600,
                 b->wait_mean_s / 3600);
  aus_buf_printf(out, "%-36s %14.3f\n%" PRId64 " simulations of %" PRId64 " jobs\n",
                 "  in the real system", a->real_wait_mean_s / 3600, s->n + 1, s->trace.n);
}

static int write_csv(const search *s, const char *dir, aus_err *err)
{
  int rc = AUS_OK, k;
  int64_t i;
  aus_buf b;
  aus_json_out json;

  aus_buf_init(&b);
  AUS_TRY(aus_dir_make(dir, err));
  aus_buf_text(&b, "trial");
  for (k = 0; k < s->n_what; k++)
    aus_buf_printf(&b, ",%s", what_names[s->what[k]]);
  aus_buf_text(&b, ",objective\n");
  for (i = 0; i < s->n; i++) {
    aus_buf_printf(&b, "%" PRId64, i);
    for (k = 0; k < s->n_what; k++) {
      aus_buf_text(&b, ",");
      aus_buf_real(&b, s->x[i * s->n_what + k]);
    }
    aus_buf_text(&b, ",");
    aus_buf_real(&b, s->y[i]);
    aus_buf_text(&b, "\n");
  }
  AUS_TRY(aus_buf_check(&b, err));
  AUS_TRY(aus_file_write_in(dir, "calibrate.csv", b.data, (size_t)b.n, err));
  aus_buf_clear(&b);
  aus_json_begin(&json, &b, 2);
  aus_json_object(&json);
  for (k = 0; k < s->n_what; k++) {
    aus_json_key(&json, what_names[s->what[k]]);
    aus_json_real(&json, value_of(&s->best, s->what[k]));
  }
  aus_json_end(&json, '}');
  aus_buf_text(&b, "\n");
  AUS_TRY(aus_buf_check(&b, err));
  AUS_TRY(aus_file_write_in(dir, "calibrated.json", b.data, (size_t)b.n, err));
done:
  aus_buf_fini(&b);
  return rc;
}

static int write_h5(const search *s, const char *path, aus_err *err)
{
  int rc = AUS_OK, k;
  const char *names[N_WHAT];
  aus_pub *pub = NULL;
  const aus_column x = AUS_COLUMN_MATRIX("x", AUS_F64, s->n_what, "1", 1, "what was tried"),
                   y = AUS_COLUMN("objective", AUS_F64, "1", 1, "what was to be made small");

  for (k = 0; k < s->n_what; k++)
    names[k] = what_names[s->what[k]];
  AUS_TRY(aus_verb_plan(&s->verb, true, &pub, err));
  AUS_TRY(aus_pub_column(pub, "calibration", &x, s->n, s->x, err));
  AUS_TRY(aus_pub_attr_strs(pub, "calibration/x", "names", s->n_what, names, err));
  AUS_TRY(aus_pub_column(pub, "calibration", &y, s->n, s->y, err));
  AUS_TRY(aus_verb_publish(&s->verb, pub, NULL, 0, path, err));
done:
  aus_pub_destroy(pub);
  return rc;
}

static int read_all(search *s, const aus_call *call, aus_err *err)
{
  int rc = AUS_OK;
  aus_verb *v = &s->verb;

  AUS_TRY(aus_verb_read(v, call, "gpuqueue", NULL, calibrate_opts, err));
  AUS_TRY(aus_gpuqueue_trace_load(&s->all, &v->env, v->opts, err));
  AUS_TRY(aus_gpuqueue_sim_conf_load(&s->base, &v->env, v->opts, &s->all, err));
  AUS_TRY(aus_cfg_check(v->conf, AUS_ECONFIG, err));
  AUS_TRY(aus_gpuqueue_trace_choose(&s->trace, &s->all, &s->base, &v->env, v->opts, err));
  read_what(s);
  AUS_TRY(aus_cfg_check(v->conf, AUS_ECONFIG, err));
  make_space(s);
done:
  return rc;
}

static int calibrate_here(const aus_call *call, aus_err *err)
{
  int rc = AUS_OK;
  search s = {0};
  const char *csv = aus_args_last(call->args, "csv"), *h5 = aus_args_last(call->args, "output");

  if (h5) AUS_TRY(aus_file_check(h5, err));
  AUS_TRY(read_all(&s, call, err));
  if (h5) AUS_TRY(aus_files_spare(s.verb.files, h5, err));
  AUS_TRY(run_search(&s, err));
  if (csv) AUS_TRY(write_csv(&s, csv, err));
  if (h5) AUS_TRY(write_h5(&s, h5, err));
  print(&s, call->out);
done:
  search_fini(&s, rc);
  return rc;
}

static int calibrate(const aus_call *call, aus_err *err)
{
  return aus_call_alone(call, calibrate_here, err);
}

static const aus_cli *const clis[] = {calibrate_cli, aus_common_cli};
static const aus_opt *const opts[] = {calibrate_opts};

const aus_command aus_gpuqueue_cmd_calibrate = {
    .name = "gpuqueue calibrate",
    .operands = "[FILE]",
    .summary = "the cluster that explains the trace's start times best",
    .text = "Simulates the trace with other numbers of nodes, weights and limits, chosen by "
            "Bayesian optimisation,\nand tells how close simulated start times come to the real "
            "ones, before and after.",
    .cli = clis,
    .n_cli = 2,
    .opts = opts,
    .n_opts = 1,
    .min_operands = 0,
    .max_operands = 1,
    .run = calibrate,
};
