/* serverless/serverless_study_finetune.c - stage finetune as rank 0 sees it: which models to keep.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every base model is continued on the rows of all kept trials, once per label scale. Candidates are the
 * base models, all continued ones together, each continued one alone among base models, and the best
 * models of each campaign; all of them run in the worlds of the samples. What single models change there
 * is added up to choose a combination: the least penalty that does not cost more replica-seconds. The
 * combinations run, too, and the best candidate within that limit stays. With finetune.choose: last the
 * continued models of the first scale stay unseen, as in the reference.
 */
#include <config.h>

#include <math.h>
#include <string.h>

#include "serverless/serverless_study_stages.h"
#include "util/alloc.h"
#include "util/log.h"

typedef struct aus_serverless_study study;
typedef struct aus_serverless_candidate candidate;

/* Combinations are asked for with these shares of replica-seconds to spare, because what single models
 * change does not quite add up. */
static const double spare[] = {0, 0.01, 0.02};
enum { N_SPARE = sizeof spare / sizeof spare[0] };

/* ---- continued models ---- */

static int keep_tuned(void *self, const aus_task *task, const aus_result *result, aus_err *err)
{
  int rc = AUS_OK;
  study *s = self;
  int i = (int)task->scenario / s->n_scales;

  if (result->status != AUS_S_OK) {
    *err = result->err;
    aus_err_prepend(err, "fine-tuning of %s: ", s->inputs.types.task[s->model_task[i]].name);
    rc = result->err.code;
    goto done;
  }
  memcpy(s->tuned_metric + task->scenario * AUS_SERVERLESS_N_TRAIN_METRICS, result->y,
         AUS_SERVERLESS_N_TRAIN_METRICS * sizeof *result->y);
done:
  return rc;
}

static int add_finetuning(study *s, aus_engine *engine, int i, int scale, aus_err *err)
{
  int fn = s->model_task[i];
  aus_blob_key needs[3] = {aus_serverless_model_key(s, AUS_SERVERLESS_INITIAL_CAMPAIGN, 0, fn),
                           aus_serverless_ranges_key(AUS_SERVERLESS_INITIAL_CAMPAIGN, fn),
                           aus_serverless_ranges_key(s->final_id, fn)};
  aus_task job = {.id = aus_trial_id(s->final_id, (uint32_t)(i * s->n_scales + scale)),
                  .job = true,
                  .kind = AUS_SERVERLESS_K_FINETUNE,
                  .scenario = i * s->n_scales + scale,
                  .fidelity = 1,
                  .n_needs = 3,
                  .needs = needs};

  return aus_engine_add(engine, &job, err);
}

/* The rows of the kept trials, by trial. */
static int collect_kept(study *s, aus_ranges *kept, aus_err *err)
{
  int rc = AUS_OK, c;

  for (c = 0; c < s->campaigns.n; c++) {
    AUS_TRY(aus_ranges_join(kept, &s->search_ranges[c], err));
    AUS_TRY(aus_ranges_join(&s->ranges, &s->search_ranges[c], err));
  }
  aus_ranges_sort(kept);
done:
  return rc;
}

static int continue_models(study *s, aus_engine *engine, aus_err *err)
{
  int rc = AUS_OK, i, k;
  aus_ranges kept = {0};

  AUS_TRY(collect_kept(s, &kept, err));
  AUS_TRY(aus_engine_roll(engine, err));
  AUS_NEW(s->tuned_metric, s->n_models * s->n_scales * AUS_SERVERLESS_N_TRAIN_METRICS, err);
  for (i = 0; i < s->n_models; i++) {
    AUS_TRY(aus_serverless_lend_ranges(engine, s->final_id, s->model_task[i], &kept, err));
    for (k = 0; k < s->n_scales; k++)
      AUS_TRY(add_finetuning(s, engine, i, k, err));
  }
  AUS_TRY(aus_engine_run(engine, keep_tuned, s, err));
done:
  aus_ranges_fini(&kept);
  return rc;
}

/* ---- candidates ---- */

static aus_blob_key base_key(const study *s, int i)
{
  return aus_serverless_model_key(s, AUS_SERVERLESS_INITIAL_CAMPAIGN, 0, s->model_task[i]);
}

static aus_blob_key scaled_key(const study *s, int i, int scale)
{
  return aus_serverless_model_key(s, s->final_id, scale, s->model_task[i]);
}

/* A new candidate of base models. */
static int add_candidate(study *s, candidate **out, aus_err *err)
{
  int rc = AUS_OK, i;
  candidate *c;

  AUS_TRY(
      aus_grow(&s->candidate, &s->cap_candidates, s->n_candidates + 1, sizeof *s->candidate, err));
  c = &s->candidate[s->n_candidates];
  *c = (candidate){.task = -1, .scale = 1, .penalty = (double)NAN, .replica_s = (double)NAN};
  AUS_NEW(c->keys, s->n_models, err);
  s->n_candidates++;
  for (i = 0; i < s->n_models; i++)
    c->keys[i] = base_key(s, i);
  *out = c;
done:
  return rc;
}

static int add_continued(study *s, aus_err *err)
{
  int rc = AUS_OK, i, k;
  candidate *c;

  AUS_TRY(add_candidate(s, &c, err));
  c->what = AUS_SERVERLESS_C_ALL;
  for (i = 0; i < s->n_models; i++)
    c->keys[i] = scaled_key(s, i, 0);
  for (i = 0; i < s->n_models; i++)
    for (k = 0; k < s->n_scales; k++) {
      AUS_TRY(add_candidate(s, &c, err));
      c->what = AUS_SERVERLESS_C_ONE;
      c->task = s->model_task[i];
      c->scale = s->scale[k];
      c->keys[i] = scaled_key(s, i, k);
    }
done:
  return rc;
}

static int add_campaigns(study *s, aus_err *err)
{
  int rc = AUS_OK, i;
  candidate *c;

  for (i = 0; i < s->campaigns.n && s->search.carry == AUS_SERVERLESS_CARRY_BEST; i++) {
    if (s->searches[i].best_index < 0) continue;
    AUS_TRY(add_candidate(s, &c, err));
    c->what = AUS_SERVERLESS_C_CAMPAIGN;
    c->campaign = s->campaigns.first_id + (uint32_t)i;
    aus_serverless_model_keys(s, c->campaign, s->searches[i].best_index, c->keys);
  }
done:
  return rc;
}

/* ---- trials of candidates ---- */

static int keep_trial(void *self, const aus_task *task, const aus_result *result, aus_err *err)
{
  study *s = self;

  return aus_trials_add(&s->trials[task->kind], task, result, AUS_BO_DESIGN, err);
}

/* World w is sample w mod n; further rounds through the samples see other requests. */
static int64_t world_scenario(const study *s, int64_t w)
{
  int64_t i = w % s->design.n, round = w / s->design.n;

  return aus_design_block(s->draw.kind, s->design.n_unit, i) + (round << 32);
}

static int add_trials(study *s, aus_engine *engine, uint32_t campaign, int from, aus_err *err)
{
  int rc = AUS_OK, i;
  int64_t w, n = s->design.n * s->n_rounds;

  for (i = from; i < s->n_candidates; i++)
    for (w = 0; w < n; w++) {
      aus_task task = {.id = aus_trial_id(campaign, (uint32_t)((i - from) * n + w)),
                       .kind = AUS_SERVERLESS_K_JUDGE,
                       .scenario = world_scenario(s, w),
                       .fidelity = 1,
                       .n_x = s->space.n_x,
                       .x = s->design.value + w % s->design.n * s->space.n_x,
                       .n_needs = s->n_models,
                       .needs = s->candidate[i].keys};

      AUS_TRY(aus_engine_add(engine, &task, err));
    }
  AUS_TRY(aus_engine_run(engine, keep_trial, s, err));
done:
  return rc;
}

/* Means over the worlds in which the base models succeeded; a candidate that fails there is none. */
static void rate(study *s, const aus_trial_row *base, const aus_trial_row *row, candidate *c)
{
  int64_t w, n = s->design.n * s->n_rounds, used = 0;
  double penalty = 0, replica_s = 0;

  c->penalty = (double)INFINITY;
  c->replica_s = 0;
  for (w = 0; w < n; w++) {
    if (base[w].status != AUS_S_OK) continue;
    if (row[w].status != AUS_S_OK) return;
    penalty += row[w].y[AUS_SERVERLESS_Y_PENALTY];
    replica_s += row[w].y[AUS_SERVERLESS_Y_REPLICA_TIME];
    used++;
  }
  if (used == 0) return;
  c->penalty = penalty / (double)used;
  c->replica_s = replica_s / (double)used;
}

/* Run the candidates from number `from` on as one campaign. The base models are candidate 0. */
static int judge(study *s, aus_engine *engine, int from, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_trials *t = &s->trials[AUS_SERVERLESS_K_JUDGE];
  int64_t n = s->design.n * s->n_rounds, first = t->n;
  uint32_t campaign;

  AUS_TRY(aus_serverless_begin_sampling(s, AUS_SERVERLESS_K_JUDGE, (s->n_candidates - from) * n,
                                        &campaign, err));
  for (i = from; i < s->n_candidates; i++)
    s->candidate[i].first_trial = aus_trial_id(campaign, (uint32_t)((i - from) * n));
  AUS_TRY(add_trials(s, engine, campaign, from, err));
  for (i = from; i < s->n_candidates; i++)
    rate(s, t->row, t->row + first + (i - from) * n, &s->candidate[i]);
done:
  return rc;
}

/* ---- combinations ---- */

/* For each model the single candidate with the smallest change of penalty + price x replica-seconds, -1:
 * the base model. Returns the change of replica-seconds of all. */
static double choose_at(const study *s, double price, int *pick)
{
  const candidate *base = &s->candidate[0];
  double total = 0;
  int i, k;

  for (i = 0; i < s->n_models; i++) {
    double least = 0, change = 0;

    pick[i] = -1;
    for (k = 0; k < s->n_candidates; k++) {
      const candidate *c = &s->candidate[k];
      double worth;

      if (c->what != AUS_SERVERLESS_C_ONE || c->task != s->model_task[i] || !isfinite(c->penalty))
        continue;
      worth = c->penalty - base->penalty + price * (c->replica_s - base->replica_s);
      if (worth < least) {
        least = worth;
        change = c->replica_s - base->replica_s;
        pick[i] = k;
      }
    }
    total += change;
  }
  return total;
}

/* The lowest price of a replica-second at which the combination keeps the limit, by bisection. */
static void choose(const study *s, double most, int *pick)
{
  double lo = 0, hi = 1 / s->candidate[0].replica_s, mid;
  int i;

  if (choose_at(s, 0, pick) <= most) return;
  for (i = 0; i < 60 && choose_at(s, hi, pick) > most; i++)
    hi *= 2;
  for (i = 0; i < 60; i++) {
    mid = (lo + hi) / 2;
    if (choose_at(s, mid, pick) > most)
      lo = mid;
    else
      hi = mid;
  }
  (void)choose_at(s, hi, pick);
}

static double limit_of(const study *s)
{
  double frac = s->search.max_replica_frac;

  return frac > 0 ? frac * s->candidate[0].replica_s : (double)INFINITY;
}

static int add_combinations(study *s, aus_err *err)
{
  int rc = AUS_OK, i, k, *pick = NULL;
  double base_s = s->candidate[0].replica_s;
  candidate *c;

  AUS_NEW(pick, s->n_models, err);
  for (k = 0; k < N_SPARE && isfinite(s->candidate[0].penalty) && base_s > 0; k++) {
    choose(s, limit_of(s) - (1 + spare[k]) * base_s, pick);
    AUS_TRY(add_candidate(s, &c, err));
    c->what = AUS_SERVERLESS_C_COMBINATION;
    for (i = 0; i < s->n_models; i++)
      if (pick[i] >= 0) c->keys[i] = s->candidate[pick[i]].keys[i];
  }
done:
  aus_free(pick);
  return rc;
}

/* ---- the stage ---- */

/* The least penalty within the limit; on ties the first, so the base models unless something is better. */
static int best_candidate(const study *s)
{
  double limit = limit_of(s);
  int i, best = 0;

  for (i = 1; i < s->n_candidates; i++)
    if (s->candidate[i].replica_s <= limit && s->candidate[i].penalty < s->candidate[best].penalty)
      best = i;
  return best;
}

static int choose_models(study *s, aus_engine *engine, aus_err *err)
{
  int rc = AUS_OK, from;
  candidate *c;

  AUS_TRY(add_candidate(s, &c, err));
  c->what = AUS_SERVERLESS_C_BASE;
  AUS_TRY(add_continued(s, err));
  if (!s->judged) {
    s->chosen = 1;
    goto done;
  }
  AUS_TRY(add_campaigns(s, err));
  AUS_TRY(judge(s, engine, 0, err));
  from = s->n_candidates;
  AUS_TRY(add_combinations(s, err));
  AUS_TRY(judge(s, engine, from, err));
  s->chosen = best_candidate(s);
  AUS_INFO("serverless", "finetune: %d candidates, penalty on the samples %.4g %% -> %.4g %%%s",
           s->n_candidates, 100 * s->candidate[0].penalty, 100 * s->candidate[s->chosen].penalty,
           s->chosen == 0 ? ": none is better than the base models" : "");
done:
  return rc;
}

static bool same_key(aus_blob_key a, aus_blob_key b)
{
  return a.campaign == b.campaign && a.index == b.index;
}

/* What is known of a chosen model: of a continued one its training, of a base one the base's. */
static void describe(const study *s, int i, aus_blob_key key, aus_serverless_model_row *row)
{
  int k;

  *row = s->model[i];
  row->version = 0;
  row->parent = i;
  row->trial = -1;
  for (k = 0; k < s->n_scales; k++)
    if (same_key(key, scaled_key(s, i, k))) {
      row->version = 1;
      memcpy(row->metric, s->tuned_metric + (i * s->n_scales + k) * AUS_SERVERLESS_N_TRAIN_METRICS,
             sizeof row->metric);
    }
  if (row->version == 0 && key.campaign != AUS_SERVERLESS_INITIAL_CAMPAIGN) {
    row->version = 1;
    row->trial = (int64_t)aus_trial_id(key.campaign, key.index / (uint32_t)s->inputs.types.n_tasks);
    row->metric[AUS_SERVERLESS_M_RMSE] = (double)NAN;
    row->metric[AUS_SERVERLESS_M_TRAIN_ROWS] = row->metric[AUS_SERVERLESS_M_TEST_ROWS] = 0;
  }
}

static int keep_final(void *self, const aus_task *task, const aus_result *result, aus_err *err)
{
  int rc = AUS_OK, i;
  study *s = self;

  (void)task;
  if (result->status != AUS_S_OK) {
    *err = result->err;
    rc = result->err.code;
    goto done;
  }
  s->first_final = s->n_model_rows;
  for (i = 0; i < s->n_models; i++) {
    aus_serverless_model_row row;

    describe(s, i, s->final_keys[i], &row);
    AUS_TRY(aus_serverless_add_model(s, row, result, i, err));
  }
done:
  return rc;
}

/* The chosen models go into the shared file. */
static int store_final(study *s, aus_engine *engine, aus_err *err)
{
  int rc = AUS_OK;
  aus_task job = {.id = aus_trial_id(s->final_id, (uint32_t)(s->n_models * s->n_scales)),
                  .job = true,
                  .kind = AUS_SERVERLESS_K_KEEP,
                  .fidelity = 1,
                  .n_needs = s->n_models};

  AUS_NEW(s->final_keys, s->n_models, err);
  memcpy(s->final_keys, s->candidate[s->chosen].keys, (size_t)s->n_models * sizeof *s->final_keys);
  job.needs = s->final_keys;
  AUS_TRY(aus_engine_add(engine, &job, err));
  AUS_TRY(aus_engine_run(engine, keep_final, s, err));
done:
  return rc;
}

int aus_serverless_finetune(aus_serverless_study *s, aus_engine *engine, aus_err *err)
{
  int rc = AUS_OK;

  s->final_id = s->next_campaign++;
  AUS_TRY(continue_models(s, engine, err));
  AUS_TRY(choose_models(s, engine, err));
  AUS_TRY(store_final(s, engine, err));
done:
  return rc;
}
