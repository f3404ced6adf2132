/* serverless/serverless_study_outline.c - what a serverless study is going to do: samples, and tasks per stage.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Numbers of tasks are exact for the first stages. How many samples are searched around and which
 * candidates there are depends on results: then the least and the most are given. Bytes of rows are
 * estimated from the requests of the base trace and the mean factor of each application; repeated
 * scaling decisions, storages and images are left out.
 */
#include <config.h>

#include "serverless/serverless_study_outline.h"

#include <math.h>

#include "serverless/serverless_study_box.h"
#include "serverless/serverless_study_stages.h"
#include "util/alloc.h"

typedef struct aus_serverless_study study;

/* finetune.c tries that many combinations. */
enum { N_COMBINATIONS = 3 };

/* ---- how much a run writes ---- */

static double row_bytes(const study *s, int table)
{
  const aus_table *t = &s->tables.table[table];
  double n = 0;
  int i;

  for (i = 0; i < t->n_columns; i++)
    n += (double)aus_dtype_size(t->column[i].type) * t->column[i].width;
  return n;
}

static double mean_factor(const study *s, const aus_design *d, int app)
{
  double sum = 0;
  int64_t i;
  int k;

  for (k = 0; k < s->space.n_apps && s->space.app_sorted[k] != app; k++)
    continue;
  for (i = 0; i < d->n; i++)
    sum += d->value[i * d->n_value + 2 + s->space.n_devices + k];
  return d->n > 0 ? sum / (double)d->n : 1;
}

/* Requests and function calls that a sample has on average. */
static void count_calls(const study *s, const aus_design *d, double *requests, double *calls)
{
  int64_t i;
  int k;

  *requests = *calls = 0;
  for (k = 0; k < s->space.n_apps; k++) {
    double factor = mean_factor(s, d, k), n = 0;

    for (i = 0; i < s->base.n; i++)
      n += s->base.app[i] == s->space.app[k];
    *requests += factor * n;
    *calls += factor * n * s->inputs.types.app[s->space.app[k]].n_tasks;
  }
}

static int n_functions(const study *s)
{
  int i, n = 0;

  for (i = 0; i < s->inputs.types.n_tasks; i++)
    n += s->has_rows[i];
  return n;
}

static double trace_bytes(const study *s, const bool *keep, const aus_design *d,
                          const aus_serverless_policy *p)
{
  double requests, calls, bytes = 0;
  double end_s = s->base.n > 0 ? s->base.t_s[s->base.n - 1] : 0;
  const int nodes = 1; /* column of the cluster's size */
  double n_nodes = 0;
  int64_t i;

  count_calls(s, d, &requests, &calls);
  for (i = 0; i < d->n; i++)
    n_nodes += d->value[i * d->n_value + nodes] / (double)d->n;
  if (keep[AUS_SERVERLESS_T_TASKS]) bytes += calls * row_bytes(s, AUS_SERVERLESS_T_TASKS);
  if (keep[AUS_SERVERLESS_T_APPLICATIONS])
    bytes += requests * row_bytes(s, AUS_SERVERLESS_T_APPLICATIONS);
  if (keep[AUS_SERVERLESS_T_SYSTEM_EVENTS] && p->reconcile_s > 0)
    bytes += n_functions(s) * end_s / p->reconcile_s * row_bytes(s, AUS_SERVERLESS_T_SYSTEM_EVENTS);
  if (keep[AUS_SERVERLESS_T_PLATFORMS])
    bytes += 4 * n_nodes * row_bytes(s, AUS_SERVERLESS_T_PLATFORMS);
  if (keep[AUS_SERVERLESS_T_RESPONSE_TIMES]) bytes += row_bytes(s, AUS_SERVERLESS_T_RESPONSE_TIMES);
  return bytes;
}

/* Windowed rows of one run. */
static double dataset_bytes(const study *s)
{
  double end_s = s->base.n > 0 ? s->base.t_s[s->base.n - 1] : 0, bytes = 0;
  int i;

  if (s->dataset_conf.until_s > 0) end_s = fmin(end_s, s->dataset_conf.until_s);
  for (i = 0; i < s->inputs.types.n_tasks; i++)
    if (s->has_rows[i])
      bytes += end_s / s->dataset_conf.window_s * row_bytes(s, AUS_SERVERLESS_T_DATASET + i);
  return bytes;
}

/* ---- tasks of the stages ---- */

typedef struct plan {
  const study *s;
  aus_outline *o;
  const char *stage;
} plan;

static int add(plan *p, int kind, int64_t least, int64_t most, double bytes, aus_err *err)
{
  aus_outline_part part = {.stage = p->stage,
                           .kind = aus_serverless_kinds[kind].name,
                           .job = kind >= AUS_SERVERLESS_N_TRIAL_KINDS,
                           .least = least,
                           .most = most,
                           .bytes = bytes};

  return most > 0 ? aus_outline_add(p->o, part, err) : AUS_OK;
}

/* Samples above the percentile: at most those behind it in order; the largest is one (ties aside). */
static int64_t most_campaigns(const study *s, int64_t n)
{
  double at = floor(s->search.percentile / 100 * (double)(n - 1));

  if (n == 0 || s->search.select == AUS_SERVERLESS_SELECT_MAX) return n > 0;
  return n - 1 - (int64_t)at;
}

static int add_initial(plan *p, aus_err *err)
{
  int rc = AUS_OK;
  const study *s = p->s;
  const aus_design *d = &p->o->design;

  AUS_TRY(add(p, AUS_SERVERLESS_K_INITIAL, d->n, d->n,
              trace_bytes(s, s->keep, d, &s->policy[AUS_SERVERLESS_P_INITIAL]) + dataset_bytes(s),
              err));
  AUS_TRY(add(p, AUS_SERVERLESS_K_TRAIN, s->inputs.types.n_tasks, s->inputs.types.n_tasks, 0, err));
done:
  return rc;
}

static int add_optimize(plan *p, int64_t campaigns, aus_err *err)
{
  int rc = AUS_OK;
  const study *s = p->s;
  int64_t trials = campaigns * s->search.bo.budget;
  /* The smallest initial design is 5 points. */
  int64_t n_init = s->search.bo.n_init > 0 ? s->search.bo.n_init : 5;
  int64_t proposals = s->search.bo.budget > n_init ? s->search.bo.budget - n_init : 0;

  AUS_TRY(add(p, AUS_SERVERLESS_K_OPTIMIZE, 0, trials, dataset_bytes(s), err));
  AUS_TRY(add(p, AUS_SERVERLESS_K_PROPOSE, 0, campaigns * proposals, 0, err));
  if (s->search.carry == AUS_SERVERLESS_CARRY_ALL)
    AUS_TRY(add(p, AUS_SERVERLESS_K_RETRAIN, 0, trials, 0, err));
  if (s->search.carry == AUS_SERVERLESS_CARRY_BEST)
    AUS_TRY(add(p, AUS_SERVERLESS_K_KEEP, 0, trials, 0, err));
done:
  return rc;
}

static int add_finetune(plan *p, int64_t campaigns, aus_err *err)
{
  int rc = AUS_OK;
  const study *s = p->s;
  int64_t models = n_functions(s), continued = models * s->n_scales;
  int64_t worlds = p->o->design.n * s->n_rounds;
  int64_t most = 2 + continued + N_COMBINATIONS;

  if (s->search.carry == AUS_SERVERLESS_CARRY_BEST) most += campaigns;
  AUS_TRY(add(p, AUS_SERVERLESS_K_FINETUNE, 0, continued, 0, err));
  if (s->judged) AUS_TRY(add(p, AUS_SERVERLESS_K_JUDGE, 2 * worlds, most * worlds, 0, err));
  AUS_TRY(add(p, AUS_SERVERLESS_K_KEEP, 1, 1, 0, err));
done:
  return rc;
}

static int add_validate(plan *p, aus_err *err)
{
  int rc = AUS_OK, rival;
  const study *s = p->s;
  static const aus_serverless_role role[AUS_SERVERLESS_N_RIVALS] = {
      AUS_SERVERLESS_P_VAL_REACTIVE, AUS_SERVERLESS_P_VAL_PROACTIVE, AUS_SERVERLESS_P_VAL_PROACTIVE,
      AUS_SERVERLESS_P_VAL_KPA};
  int64_t n = s->n_validate;

  /* Points of the whole space without its duplicates. */
  if (!s->range_compat && p->o->n_points >= 0 && p->o->n_points < n) n = p->o->n_points;
  n *= 1 + s->n_validate_traces;
  for (rival = 0; rival < AUS_SERVERLESS_N_RIVALS; rival++)
    AUS_TRY(add(p, AUS_SERVERLESS_K_VALIDATE + rival, n, n,
                trace_bytes(s, s->keep_validate, &p->o->design, &s->policy[role[rival]]), err));
done:
  return rc;
}

static int add_stage(plan *p, aus_serverless_stage stage, aus_err *err)
{
  const study *s = p->s;
  const aus_design *d = &p->o->design;
  int64_t campaigns = s->n_stages > AUS_SERVERLESS_ST_OPTIMIZE ? most_campaigns(s, d->n) : 0;

  switch (stage) {
  case AUS_SERVERLESS_ST_SAMPLE:
    return AUS_OK;
  case AUS_SERVERLESS_ST_INITIAL:
    return add_initial(p, err);
  case AUS_SERVERLESS_ST_PROACTIVE:
    return add(p, AUS_SERVERLESS_K_PROACTIVE, d->n, d->n,
               trace_bytes(s, s->keep, d, &s->policy[AUS_SERVERLESS_P_PROACTIVE]), err);
  case AUS_SERVERLESS_ST_OPTIMIZE:
    return add_optimize(p, campaigns, err);
  case AUS_SERVERLESS_ST_FINETUNE:
    return add_finetune(p, campaigns, err);
  case AUS_SERVERLESS_ST_VALIDATE:
    return add_validate(p, err);
  }
  return AUS_OK;
}

/* ---- the whole ---- */

/* The overshooting grid of range_compat has values of its own. */
static int count_compat(const study *s, aus_outline *o, aus_err *err)
{
  int rc = AUS_OK, i;
  double *value = NULL;

  o->n_points = aus_serverless_grid_count(s->grid);
  for (i = 0; i < o->n_params; i++) {
    AUS_TRY(aus_serverless_axis_values(aus_serverless_space_axis(&s->space, i), true, &value,
                                       &o->levels[i], err));
    aus_free(value);
    value = NULL;
  }
done:
  aus_free(value);
  return rc;
}

static int count_points(aus_outline *o, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_space *space = NULL;

  AUS_TRY(aus_space_create(&space, o->n_params, o->param, err));
  o->n_points = aus_space_count(space);
  for (i = 0; i < o->n_params; i++)
    o->levels[i] = aus_outline_levels(&o->param[i]);
done:
  aus_space_destroy(space);
  return rc;
}

int aus_serverless_outline(void *self, aus_outline *o, aus_err *err)
{
  int rc = AUS_OK, stage;
  const study *s = self;
  aus_serverless_draw_conf draw = aus_serverless_samples(s);
  plan p = {.s = s, .o = o};

  o->n_params = s->space.n_x;
  o->variant = aus_opt_str(s->opts, "design");
  AUS_NEW(o->param, s->space.n_x, err);
  AUS_NEW(o->unit_name, s->space.n_x, err);
  AUS_TRY(aus_serverless_draw_params(s->range_compat, &s->space, o->param, err));
  AUS_TRY(aus_serverless_draw_unit_names(s->range_compat, &s->space, o->unit_name, err));
  AUS_NEW(o->levels, s->space.n_x, err);
  AUS_TRY(s->range_compat ? count_compat(s, o, err) : count_points(o, err));
  AUS_TRY(aus_serverless_draw(&draw, &s->space, s->grid, &o->design, err));
  for (stage = 0; stage < s->n_stages; stage++) {
    p.stage = aus_serverless_stage_names[stage];
    AUS_TRY(add_stage(&p, (aus_serverless_stage)stage, err));
  }
done:
  return rc;
}
