/* serverless/serverless_study_report.c - the result of a serverless study as tables for people.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include <math.h>

#include "serverless/serverless_study_stages.h"

typedef struct aus_serverless_study study;

typedef struct line {
  int metric;
  const char *label;
  double factor;
} line;

static const line lines[] = {
    {AUS_SERVERLESS_Y_PENALTY, "penalty (%)", 100},
    {AUS_SERVERLESS_Y_REPLICA_TIME, "replica-seconds", 1},
    {AUS_SERVERLESS_Y_COLD_STARTS, "cold starts (%)", 100},
    {AUS_SERVERLESS_Y_ENERGY, "energy (Wh)", 1000},
    {AUS_SERVERLESS_Y_QUEUE, "queue time (s)", 1},
    {AUS_SERVERLESS_Y_ELAPSED, "response time (s)", 1},
    {AUS_SERVERLESS_Y_APPLICATIONS, "requests per run", 1},
};

/* A table of means: one column per kind of trials. */
static void table(const study *s, const char *title, int n, const int *kind,
                  const char *const *heading, aus_buf *out)
{
  size_t i;
  int k;

  aus_buf_printf(out, "\n%-28s", title);
  for (k = 0; k < n; k++)
    aus_buf_printf(out, " %16s", heading[k]);
  for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    aus_buf_printf(out, "\n%-28s", lines[i].label);
    for (k = 0; k < n; k++)
      aus_buf_printf(out, " %16.3f",
                     lines[i].factor * aus_serverless_mean(&s->trials[kind[k]], lines[i].metric));
  }
  aus_buf_printf(out, "\n%-28s", "failed trials");
  for (k = 0; k < n; k++)
    aus_buf_printf(out, " %16lld", (long long)aus_serverless_count_failed(&s->trials[kind[k]]));
  aus_buf_text(out, "\n");
}

static void report_samples(const study *s, aus_buf *out)
{
  static const int kind[] = {AUS_SERVERLESS_K_INITIAL, AUS_SERVERLESS_K_PROACTIVE};
  const char *heading[] = {aus_opt_str(s->opts, "initial.strategy"),
                           aus_opt_str(s->opts, "initialproactive.strategy")};

  table(s, "mean over the samples", s->n_begun > AUS_SERVERLESS_ST_PROACTIVE ? 2 : 1, kind, heading,
        out);
}

static const char *const set_names[AUS_SERVERLESS_N_SETS] = {
    "the base models", "all continued models", "one continued model", "the best of a campaign",
    "a combination of continued models"};

static void report_choice(const study *s, aus_buf *out)
{
  const aus_serverless_candidate *c;

  if (s->chosen < 0 || !s->judged) return;
  c = &s->candidate[s->chosen];
  aus_buf_printf(out,
                 "\n%d sets of models tried in the worlds of the samples, chosen: %s\n"
                 "%-28s %16s %16s\n%-28s %16.3f %16.3f\n%-28s %16.3f %16.3f\n",
                 s->n_candidates, set_names[c->what], "", "base", "chosen", "penalty (%)",
                 100 * s->candidate[0].penalty, 100 * c->penalty, "replica-seconds",
                 s->candidate[0].replica_s, c->replica_s);
}

static void report_models(const study *s, aus_buf *out)
{
  int64_t i;

  if (s->n_model_rows == 0) return;
  aus_buf_printf(out, "\n%-28s %10s %12s %12s %14s\n", "model of", "", "train rows", "test rows",
                 "RMSE/replicas");
  for (i = 0; i < s->n_model_rows; i++) {
    const aus_serverless_model_row *m = &s->model[i];

    if (i >= s->n_models && (s->first_final < 0 || i < s->first_final)) continue; /* lineage */
    aus_buf_printf(out, "%-28s %10s %12.0f %12.0f ", s->inputs.types.task[m->task].name,
                   i < s->n_models ? "base" : "final", m->metric[AUS_SERVERLESS_M_TRAIN_ROWS],
                   m->metric[AUS_SERVERLESS_M_TEST_ROWS]);
    if (m->metric[AUS_SERVERLESS_M_TEST_ROWS] > 0)
      aus_buf_printf(out, "%14.3f\n", m->metric[AUS_SERVERLESS_M_RMSE]);
    else
      aus_buf_printf(out, "%14s\n", "-");
  }
}

static void report_search(const study *s, aus_buf *out)
{
  int c;

  if (s->n_begun <= AUS_SERVERLESS_ST_OPTIMIZE) return;
  if (s->campaigns.n == 0) {
    aus_buf_text(out, "\nno sample does badly enough to be searched around\n");
    return;
  }
  aus_buf_printf(out, "\n%-10s %10s %14s %14s %8s %8s  %s\n", "campaign", "sample", "base penalty",
                 "best penalty", "trials", "kept", "stopped by");
  for (c = 0; c < s->campaigns.n; c++) {
    const aus_serverless_search *q = &s->searches[c];
    int64_t i, kept = 0;

    for (i = 0; i < q->n; i++)
      kept += q->kept[q->order[i]];
    aus_buf_printf(out, "%-10u %10lld %13.3f%% %13.3f%% %8lld %8lld  %s\n",
                   s->campaigns.first_id + (unsigned)c, (long long)q->sample, 100 * q->base_penalty,
                   100 * q->best, (long long)q->n, (long long)kept,
                   aus_bo_stop_names[aus_bo_stopped(s->campaigns.bo[c])]);
  }
}

static void report_validation(const study *s, aus_buf *out)
{
  static const int kind[AUS_SERVERLESS_N_RIVALS] = {
      AUS_SERVERLESS_K_VALIDATE + AUS_SERVERLESS_REACTIVE,
      AUS_SERVERLESS_K_VALIDATE + AUS_SERVERLESS_UNTUNED,
      AUS_SERVERLESS_K_VALIDATE + AUS_SERVERLESS_TUNED,
      AUS_SERVERLESS_K_VALIDATE + AUS_SERVERLESS_AUTOSCALER};
  static const char *const heading[AUS_SERVERLESS_N_RIVALS] = {"reactive", "un-tuned", "fine-tuned",
                                                               "kpa"};

  if (s->n_begun > AUS_SERVERLESS_ST_VALIDATE)
    table(s, "validation: mean per run", AUS_SERVERLESS_N_RIVALS, kind, heading, out);
}

void aus_serverless_report(void *self, aus_buf *out)
{
  const study *s = self;

  aus_buf_printf(out, "serverless study, seed %llu: %lld samples\n", (unsigned long long)s->seed,
                 (long long)s->design.n);
  if (s->n_begun <= AUS_SERVERLESS_ST_INITIAL) return;
  report_samples(s, out);
  aus_sensitivity_report(&s->sens, 0, out);
  report_models(s, out);
  report_search(s, out);
  report_choice(s, out);
  report_validation(s, out);
  aus_buf_text(out, "\n");
}
