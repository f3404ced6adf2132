/* gpuqueue/gpuqueue_study_report.c - the result of a gpuqueue study for people: a table, and text files.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gpuqueue/gpuqueue_study_result.h"
#include "gpuqueue/reward_log.h"
#include "store/read.h"
#include "util/alloc.h"
#include "util/file.h"

typedef struct aus_gpuqueue_study study;

/* ---- the table ---- */

static void figure(double x, int digits, aus_buf *out)
{
  if (isfinite(x))
    aus_buf_printf(out, " %10.*f", digits, x);
  else
    aus_buf_printf(out, " %10s", "-");
}

static void interval(aus_gpuqueue_interval i, double factor, int digits, aus_buf *out)
{
  char text[48];

  if (isfinite(i.lo) && isfinite(i.hi))
    snprintf(text, sizeof text, "%.*f .. %.*f", digits, factor * i.lo, digits, factor * i.hi);
  else
    snprintf(text, sizeof text, "-");
  aus_buf_printf(out, " %16s", text);
}

static void print_line(const study *s, const aus_gpuqueue_line *l, aus_buf *out)
{
  const aus_gpuqueue_class *c = &l->c;

  aus_buf_printf(out, "%-10s %-7s %7" PRId64, s->model_name[l->model],
                 aus_gpuqueue_load_names[l->load], c->n);
  figure(c->interruption_mean_h, 2, out);
  interval(c->interruption, 1, 2, out);
  figure(c->overlap_mean_h, 2, out);
  figure(100 * c->zero_frac, 1, out);
  figure(100 * c->reduction_frac, 1, out);
  interval(c->reduction, 100, 0, out);
  figure(c->wasted_node_h, 2, out);
  aus_buf_text(out, "\n");
}

static void print_lines(const study *s, const aus_gpuqueue_line *line, int64_t n, aus_buf *out)
{
  int64_t i;
  int k;

  aus_buf_printf(out, "\n%-10s %-7s %7s %10s %16s %10s %10s %10s %16s %10s\n", "policy", "load",
                 "windows", "interrupt.", "95 %", "overlap", "without", "reduced by", "95 %",
                 "wasted");
  aus_buf_printf(out, "%-10s %-7s %7s %10s %16s %10s %10s %10s %16s %10s\n", "", "", "", "mean h",
                 "h", "mean h", "% of all", "%", "%", "node h");
  for (k = 0; k < AUS_GPUQUEUE_N_LOADS; k++) {
    int load = (k + AUS_GPUQUEUE_ALL_LOADS) % AUS_GPUQUEUE_N_LOADS; /* all first */

    for (i = 0; i < n; i++)
      if ((int)line[i].load == load && !line[i].filtered && line[i].c.n > 0)
        print_line(s, &line[i], out);
  }
}

void aus_gpuqueue_report(void *self, aus_buf *out)
{
  study *s = self;
  aus_gpuqueue_line *line = NULL;
  aus_err err;
  int64_t n;

  aus_err_clear(&err);
  aus_gpuqueue_trace_counts(&s->all, out);
  aus_buf_printf(out, "\ngpuqueue study, seed %" PRIu64 ": %" PRId64 " jobs on %" PRId64 " nodes",
                 s->seed, s->trace.n, s->sim.n_nodes);
  if (s->n_begun > AUS_GPUQUEUE_ST_GENERATE)
    aus_buf_printf(out, ", %" PRId64 " windows of %d samples", s->n_training, s->training.n_probes);
  aus_buf_text(out, "\n");
  if (s->n_begun > AUS_GPUQUEUE_ST_VALIDATE && aus_gpuqueue_lines(s, &line, &n, &err) == AUS_OK)
    print_lines(s, line, n, out);
  aus_free(line);
}

/* ---- text files ---- */

/* A table of the published file, some columns of it. */
typedef struct source {
  aus_read *file;
  const char *table;
  int64_t n;
} source;

static int get(const source *f, const char *column, aus_dtype type, void *values, aus_err *err)
{
  char path[80];

  snprintf(path, sizeof path, "%s/%s", f->table, column);
  return aus_read_column(f->file, path, type, f->n, 1, values, err);
}

static int count(source *f, const char *column, aus_err *err)
{
  char path[80];
  int width;

  snprintf(path, sizeof path, "%s/%s", f->table, column);
  return aus_read_shape(f->file, path, &f->n, &width, err);
}

static int rewards_csv(aus_read *file, aus_buf *out, aus_err *err)
{
  static const char *const names[] = {"window",    "t_submit",     "t_pred_end",
                                      "pred_wait", "avg_wait_min", "queue_len"};
  int rc = AUS_OK, k;
  source f = {.file = file, .table = "rewards/probe"};
  int64_t *x = NULL, i;
  int32_t *probe = NULL, *reward = NULL;

  AUS_TRY(count(&f, "window", err));
  AUS_NEW(x, 6 * f.n, err);
  AUS_NEW(probe, f.n, err);
  AUS_NEW(reward, f.n, err);
  for (k = 0; k < 6; k++)
    AUS_TRY(get(&f, names[k], AUS_I64, x + k * f.n, err));
  AUS_TRY(get(&f, "probe", AUS_I32, probe, err));
  AUS_TRY(get(&f, "reward_s", AUS_I32, reward, err));
  aus_buf_text(out,
               "window,probe,t_submit,t_pred_end,pred_wait_s,avg_wait_min,queue_len,reward_s\n");
  for (i = 0; i < f.n; i++) {
    aus_buf_printf(out, "%" PRId64 ",%" PRId32 ",", x[i], probe[i]);
    aus_civil_print(x[f.n + i], 'T', out);
    aus_buf_text(out, ",");
    aus_civil_print(x[2 * f.n + i], 'T', out);
    aus_buf_printf(out, ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId32 "\n", x[3 * f.n + i],
                   x[4 * f.n + i], x[5 * f.n + i], reward[i]);
  }
done:
  aus_free(x);
  aus_free(probe);
  aus_free(reward);
  return rc;
}

/* Columns of /rewards/POLICY. */
typedef struct decided {
  int64_t n, *window, *t_submit, *t_pred_end, *reward;
  int32_t *link;
  uint8_t *backfilled, *failed;
  double *expected;
} decided;

static void decided_fini(decided *d)
{
  aus_free(d->window);
  aus_free(d->t_submit);
  aus_free(d->t_pred_end);
  aus_free(d->reward);
  aus_free(d->link);
  aus_free(d->backfilled);
  aus_free(d->failed);
  aus_free(d->expected);
}

static int decided_read(decided *d, const char *policy, aus_read *file, aus_err *err)
{
  int rc = AUS_OK;
  char table[60];
  source f = {.file = file, .table = table};

  snprintf(table, sizeof table, "rewards/%s", policy);
  AUS_TRY(count(&f, "window", err));
  d->n = f.n;
  AUS_NEW(d->window, f.n, err);
  AUS_NEW(d->t_submit, f.n, err);
  AUS_NEW(d->t_pred_end, f.n, err);
  AUS_NEW(d->reward, f.n, err);
  AUS_NEW(d->link, f.n, err);
  AUS_NEW(d->backfilled, f.n, err);
  AUS_NEW(d->failed, f.n, err);
  AUS_NEW(d->expected, f.n, err);
  AUS_TRY(get(&f, "window", AUS_I64, d->window, err));
  AUS_TRY(get(&f, "t_submit", AUS_I64, d->t_submit, err));
  AUS_TRY(get(&f, "t_pred_end", AUS_I64, d->t_pred_end, err));
  AUS_TRY(get(&f, "reward_s", AUS_I64, d->reward, err));
  AUS_TRY(get(&f, "link", AUS_I32, d->link, err));
  AUS_TRY(get(&f, "backfilled", AUS_U8, d->backfilled, err));
  AUS_TRY(get(&f, "failed", AUS_U8, d->failed, err));
  AUS_TRY(get(&f, "expected_h", AUS_F64, d->expected, err));
done:
  return rc;
}

static void time_csv(int64_t t_s, aus_buf *out)
{
  if (t_s != AUS_GPUQUEUE_NEVER) aus_civil_print(t_s, 'T', out);
}

/* Rows of a policy; those of the reactive one, in the same order, tell the load. */
static void validation_csv(const char *policy, const decided *d, const decided *reactive,
                           aus_buf *out)
{
  int64_t i;

  for (i = 0; i < d->n; i++) {
    aus_buf_printf(out, "%s,%" PRId64 ",%s,", policy, d->window[i],
                   aus_gpuqueue_load_names[aus_gpuqueue_load_of(reactive->reward[i])]);
    time_csv(d->t_submit[i], out);
    aus_buf_printf(out, ",%" PRId64 ",%d,%" PRId32 ",", d->reward[i], d->backfilled[i], d->link[i]);
    time_csv(d->t_pred_end[i], out);
    aus_buf_text(out, ",");
    if (!isnan(d->expected[i])) aus_buf_real(out, d->expected[i]);
    aus_buf_printf(out, ",%d\n", d->failed[i]);
  }
}

static int classes_csv(const study *s, aus_buf *out, aus_err *err)
{
  int rc = AUS_OK, k;
  aus_gpuqueue_line *line = NULL;
  int64_t i, n;

  AUS_TRY(aus_gpuqueue_lines(s, &line, &n, err));
  aus_buf_text(out, "model,load,filtered,n");
  for (k = 0; k < AUS_GPUQUEUE_N_FIGURES; k++)
    aus_buf_printf(out, ",%s", aus_gpuqueue_figures[k].name);
  aus_buf_text(out, "\n");
  for (i = 0; i < n; i++) {
    double x[AUS_GPUQUEUE_N_FIGURES];

    aus_gpuqueue_line_figures(&line[i], x);
    aus_buf_printf(out, "%s,%s,%d,%" PRId64, s->model_name[line[i].model],
                   aus_gpuqueue_load_names[line[i].load], line[i].filtered, line[i].c.n);
    for (k = 0; k < AUS_GPUQUEUE_N_FIGURES; k++) {
      aus_buf_text(out, ",");
      if (!isnan(x[k])) aus_buf_real(out, x[k]);
    }
    aus_buf_text(out, "\n");
  }
done:
  aus_free(line);
  return rc;
}

/* reward.log of one policy, its first links. */
static int reward_log(const char *policy, const decided *d, const char *dir, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, n = 0;
  aus_gpuqueue_reward_row *row = NULL;
  char name[60];
  aus_buf out;

  aus_buf_init(&out);
  AUS_NEW(row, d->n, err);
  for (i = 0; i < d->n; i++)
    if (d->link[i] == 0)
      row[n++] = (aus_gpuqueue_reward_row){
          .index = d->window[i],
          .failed = d->failed[i],
          .pred_id = AUS_GPUQUEUE_PRED_ID,
          .succ_id = AUS_GPUQUEUE_SUCC_ID,
          .expected_h = d->expected[i],
          .reward_s = d->reward[i],
          .t_start_s = d->t_pred_end[i] + d->reward[i],
          .t_backfill_s = d->backfilled[i] ? d->t_pred_end[i] + d->reward[i] : AUS_GPUQUEUE_NEVER,
          .t_submit_s = d->t_submit[i]};
  aus_gpuqueue_reward_log(n, row, &out);
  AUS_TRY(aus_buf_check(&out, err));
  snprintf(name, sizeof name, "reward_%s.log", policy);
  AUS_TRY(aus_file_write_in(dir, name, out.data, (size_t)out.n, err));
done:
  aus_free(row);
  aus_buf_fini(&out);
  return rc;
}

/* Means over the windows, from rows that are in order of window, policy and threshold. */
static int curve_csv(const study *s, aus_read *file, aus_buf *out, aus_err *err)
{
  enum { N = AUS_GPUQUEUE_N_THRESHOLDS };
  int rc = AUS_OK, m, k;
  source f = {.file = file, .table = "gpuqueue/curve"};
  int64_t *reward = NULL, i;
  uint8_t *policy = NULL;

  AUS_TRY(count(&f, "window", err));
  AUS_NEW(reward, f.n, err);
  AUS_NEW(policy, f.n, err);
  AUS_TRY(get(&f, "reward_s", AUS_I64, reward, err));
  AUS_TRY(get(&f, "policy", AUS_U8, policy, err));
  aus_buf_text(out, "model,threshold_h,n,interruption_mean_h,overlap_mean_h,zero_share\n");
  for (m = 0; m < s->n_models; m++)
    for (k = 0; k < N; k++) {
      double late = 0, early = 0, none = 0, n = 0;

      for (i = k; i < f.n; i += N) {
        if (policy[i] != m) continue;
        late += fmax(0, (double)reward[i]) / 3600;
        early += fmax(0, -(double)reward[i]) / 3600;
        none += reward[i] <= 0;
        n++;
      }
      if (n > 0)
        aus_buf_printf(out, "%s,%g,%.0f,%.17g,%.17g,%.17g\n", s->model_name[m], -6 + 0.5 * k, n,
                       late / n, early / n, none / n);
    }
done:
  aus_free(reward);
  aus_free(policy);
  return rc;
}

static int write_text(const char *dir, const char *name, aus_buf *out, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_buf_check(out, err));
  AUS_TRY(aus_file_write_in(dir, name, out->data, (size_t)out->n, err));
  aus_buf_clear(out);
done:
  return rc;
}

static int validation_text(const study *s, aus_read *file, const char *dir, aus_buf *out,
                           aus_err *err)
{
  int rc = AUS_OK, m;
  decided d = {0}, reactive = {0};

  AUS_TRY(decided_read(&reactive, aus_gpuqueue_policy_names[AUS_GPUQUEUE_REACTIVE], file, err));
  aus_buf_text(
      out, "model,window,load,t_submit,reward_s,backfilled,link,t_pred_end,expected_h,failed\n");
  for (m = 0; m < s->n_models; m++) {
    decided_fini(&d);
    d = (decided){0};
    AUS_TRY(decided_read(&d, s->model_name[m], file, err));
    validation_csv(s->model_name[m], &d, &reactive, out);
    AUS_TRY(reward_log(s->model_name[m], &d, dir, err));
  }
  AUS_TRY(write_text(dir, "validation.csv", out, err));
  AUS_TRY(classes_csv(s, out, err));
  AUS_TRY(write_text(dir, "classes.csv", out, err));
  if (aus_opt_bool(s->opts, "curve")) {
    AUS_TRY(curve_csv(s, file, out, err));
    AUS_TRY(write_text(dir, "curve.csv", out, err));
  }
done:
  decided_fini(&d);
  decided_fini(&reactive);
  return rc;
}

int aus_gpuqueue_text(void *self, const char *path, const char *dir, aus_err *err)
{
  int rc = AUS_OK;
  study *s = self;
  aus_read *file = NULL;
  aus_buf out;

  aus_buf_init(&out);
  AUS_TRY(aus_read_open(&file, path, "gpuqueue", err));
  if (s->n_stages > AUS_GPUQUEUE_ST_GENERATE && s->n_training > 0) {
    AUS_TRY(rewards_csv(file, &out, err));
    AUS_TRY(write_text(dir, "rewards.csv", &out, err));
  }
  if (s->n_stages > AUS_GPUQUEUE_ST_VALIDATE) AUS_TRY(validation_text(s, file, dir, &out, err));
done:
  aus_read_close(file);
  aus_buf_fini(&out);
  return rc;
}
