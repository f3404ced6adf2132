/* sim_policy.c - decisions of the autoscalers: how many replicas, which platform gets or loses one.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Source: GitHub b-com/HeROsim (Knative, HeROfake, HeROcache) and nikolalukic167/gnn-herosim at
 * 492d2f6 (proactive Knative). "First" is the first in the order of
 * sim_order.c, by default the lowest platform id. The order of additions is
 * that of the original, because sums are compared with thresholds and with each other.
 */
#include <config.h>

#include "serverless/kernel.h"

#include "util/alloc.h"

#include <math.h>

typedef aus_serverless_sim sim;

/* ---- targets of HRO and HRC: queue length per function and platform type ---- */

/* (v - min) / (max - min) x (b - a) + a over the function's platforms. */
static void normalize(const aus_serverless_task_type *task, double *v, double a, double b)
{
  double lo = INFINITY, hi = -INFINITY, range;
  int i;

  for (i = 0; i < task->n_platforms; i++) {
    lo = fmin(lo, v[task->platform[i]]);
    hi = fmax(hi, v[task->platform[i]]);
  }
  range = hi - lo > 0 ? hi - lo : 1;
  for (i = 0; i < task->n_platforms; i++) {
    double *x = &v[task->platform[i]];

    *x = (*x - lo) / range * (b - a) + a;
  }
}

/* The cheapest platform type; of the function's own when the cheapest of all cannot run it. */
static int baseline(const sim *s, const aus_serverless_task_type *task)
{
  const aus_serverless_platform_type *type = s->types->platform;
  int i, best = 0;

  for (i = 1; i < s->n_types; i++)
    if (type[i].price_eur < type[best].price_eur) best = i;
  if (!isnan(task->exec_s[best])) return best;
  best = task->platform[0];
  for (i = 0; i < s->n_types; i++)
    if (!isnan(task->exec_s[i]) && type[i].price_eur < type[best].price_eur) best = i;
  return best;
}

/* ratio[h] = norm[B] / norm[h] of one metric. */
static void ratios(const aus_serverless_task_type *task, const double *metric, int base,
                   double *ratio)
{
  int i;

  for (i = 0; i < task->n_platforms; i++)
    ratio[task->platform[i]] = metric[task->platform[i]];
  normalize(task, ratio, 1, 10);
  {
    double b = ratio[base];

    for (i = 0; i < task->n_platforms; i++)
      ratio[task->platform[i]] = b / ratio[task->platform[i]];
  }
}

static void price_ratios(const sim *s, const aus_serverless_task_type *task, int base,
                         double *ratio)
{
  const aus_serverless_platform_type *type = s->types->platform;
  int i, h;

  for (i = 0; i < task->n_platforms; i++) {
    h = task->platform[i];
    ratio[h] = type[h].price_eur > 0 ? type[base].price_eur / type[h].price_eur : 1;
  }
}

static void targets_of(const sim *s, const aus_serverless_task_type *task, double *target,
                       double *r[3])
{
  double q = s->policy.queue_length;
  int base = baseline(s, task), i, h;

  if (s->policy.scaler == AUS_SERVERLESS_HRO) {
    ratios(task, task->exec_s, base, r[0]);
    ratios(task, task->energy_kwh, base, r[1]);
    price_ratios(s, task, base, r[2]);
    for (i = 0; i < 3; i++)
      normalize(task, r[i], 1, 10);
  } else {
    ratios(task, task->cold_s, base, r[0]);
    ratios(task, task->exec_s, base, r[1]);
  }
  for (i = 0; i < task->n_platforms; i++) {
    h = task->platform[i];
    if (h == base)
      target[h] = q;
    else if (s->policy.scaler == AUS_SERVERLESS_HRO)
      target[h] = q * (2.0 / 3 * r[0][h] + 1.5 / 6 * r[1][h] + 0.5 / 6 * r[2][h]);
    else
      target[h] = q * (0.5 * r[0][h] + 0.5 * r[1][h]);
  }
}

int aus_serverless_choice_reserve(sim *s, int64_t n, aus_err *err)
{
  int rc = AUS_OK, i;

  if (n > s->cap_choice) {
    int64_t cap = s->cap_choice;

    AUS_TRY(aus_grow(&s->choice, &cap, n, sizeof *s->choice, err));
    for (i = 0; i < 4; i++) {
      int64_t same = s->cap_choice;

      AUS_TRY(aus_grow(&s->score[i], &same, n, sizeof *s->score[i], err));
    }
    s->cap_choice = cap;
  }
done:
  return rc;
}

int aus_serverless_targets(sim *s, aus_err *err)
{
  int rc = AUS_OK, f, i;

  AUS_TRY(aus_serverless_choice_reserve(s, s->n_types, err));
  for (i = 0; i < s->n_functions * s->n_types; i++)
    s->target[i] = s->policy.queue_length;
  if (s->policy.scaler < AUS_SERVERLESS_HRO) goto done;
  for (f = 0; f < s->n_functions; f++)
    targets_of(s, &s->types->task[f], &s->target[aus_at(s, f, 0)], s->score);
done:
  return rc;
}

/* ---- scaling levels ---- */

void aus_serverless_diff(sim *s, int type, double d)
{
  s->diff_type[s->n_diff] = type;
  s->diff[s->n_diff++] = d;
}

/* Mean concurrency of the last samples over the target. */
static void level_window(sim *s, int f)
{
  const aus_function *fn = &s->function[f];
  int32_t n = s->n_samples < AUS_WINDOW ? (int32_t)s->n_samples : AUS_WINDOW;
  double mean = n > 0 ? aus_sum(fn->window, 0, n) / n : 0;

  aus_serverless_diff(s, -1, ceil(mean / s->policy.queue_length) - fn->n_replicas);
}

/* Divided by the number of platform types, the difference against all replicas, for every type (D3). */
static void level_kn(sim *s, int f)
{
  const aus_function *fn = &s->function[f];
  double sum = 0, d;
  int32_t e;
  int h;

  for (e = fn->entry_head; e >= 0; e = s->entry[e].next)
    sum += s->entry[e].value;
  d = ceil(sum / s->n_types / s->policy.queue_length) - fn->n_replicas;
  for (h = 0; h < s->n_types; h++)
    aus_serverless_diff(s, h, d);
}

static void level_hro(sim *s, int f)
{
  const aus_serverless_task_type *task = &s->types->task[f];
  int i, k;

  for (i = 0; i < task->n_platforms; i++) {
    k = aus_at(s, f, task->platform[i]);
    aus_serverless_diff(s, task->platform[i],
                        ceil(s->hw_contention[k] / s->target[k]) - s->n_by_type[k]);
  }
}

/* In floats with D28, because that is what the reference computes with. */
static int level_prokn(sim *s, int f, aus_err *err)
{
  int rc = AUS_OK;
  float x[2], y, have = (float)s->function[f].n_replicas;
  double rps, d = 0;

  if (aus_has_model(s->predict, f) && aus_serverless_forecast_rps(s, f, &rps)) {
    aus_serverless_features(s, f, rps, x);
    AUS_TRY(aus_serverless_ask(s, f, 1, s->policy.n_features, x, &y, err));
    if (aus_defect(s, 28))
      d = (double)ceilf(y - have);
    else
      d = fmax(0, ceil((double)y)) - s->function[f].n_replicas;
  }
  aus_serverless_diff(s, -1, d);
done:
  return rc;
}

int aus_serverless_level(sim *s, int f, aus_err *err)
{
  int rc = AUS_OK;

  s->n_diff = 0;
  switch (s->policy.scaler) {
  case AUS_SERVERLESS_KN:
    if (aus_defect(s, 3))
      level_kn(s, f);
    else
      level_window(s, f);
    break;
  case AUS_SERVERLESS_PROKN:
    rc = level_prokn(s, f, err);
    break;
  case AUS_SERVERLESS_PROHETKN:
    rc = aus_serverless_het_level(s, f, err);
    break;
  case AUS_SERVERLESS_KPA:
    aus_serverless_diff(s, -1, aus_serverless_kpa_level(s, f));
    break;
  case AUS_SERVERLESS_HRO:
  case AUS_SERVERLESS_HRC:
    level_hro(s, f);
    break;
  }
  return rc;
}

/* ---- monitor ---- */

static int sample_kn(sim *s, aus_err *err)
{
  int f, i;

  for (f = 0; f < s->n_functions; f++)
    for (i = 0; i < s->function[f].n_replicas; i++) {
      int32_t p = s->function[f].replica[i], e = aus_serverless_entry(s, f, p, err);
      double q = s->plat[p].q_len;

      if (e < 0) return AUS_ENOMEM;
      s->entry[e].value =
          s->mo_step == 7 ? q : (s->entry[e].value * (s->mo_step - 1) + q) / s->mo_step;
    }
  return AUS_OK;
}

/* The window slides: the new sample takes the place of the oldest. */
static void sample_window(sim *s)
{
  int f;

  for (f = 0; f < s->n_functions; f++)
    s->function[f].window[s->n_samples % AUS_WINDOW] = (double)s->function[f].queued;
  s->n_samples++;
}

/* The mean of a type is accumulated differently in the two cases, which matters for its last bit. */
static void sample_type(sim *s, int f, int type)
{
  const aus_function *fn = &s->function[f];
  double *value = &s->hw_contention[aus_at(s, f, type)], n = s->n_by_type[aus_at(s, f, type)],
         sum = 0;
  bool restart = s->mo_step == 7;
  int i;

  for (i = 0; i < fn->n_replicas && n > 0; i++) {
    const aus_plat *plat = &s->plat[fn->replica[i]];

    if (plat->type == type) sum += restart ? (double)plat->q_len : (double)plat->q_len / n;
  }
  if (restart)
    *value = n > 0 ? sum / n : 0;
  else
    *value = (*value * (s->mo_step - 1) + sum) / s->mo_step;
}

int aus_serverless_sample(sim *s, aus_err *err)
{
  int f, i;

  if (s->policy.scaler == AUS_SERVERLESS_KPA) {
    aus_serverless_kpa_sample(s);
    return AUS_OK;
  }
  if (s->policy.scaler < AUS_SERVERLESS_HRO && aus_defect(s, 3)) return sample_kn(s, err);
  if (s->policy.scaler < AUS_SERVERLESS_HRO) {
    sample_window(s);
    return AUS_OK;
  }
  for (f = 0; f < s->n_functions; f++)
    for (i = 0; i < s->types->task[f].n_platforms; i++)
      sample_type(s, f, s->types->task[f].platform[i]);
  return AUS_OK;
}

/* ---- new replicas ---- */

/* Sums of requirements are rounded; a byte more or less is no reason to refuse. */
static const double memory_slack_gb = 1e-9;

/* The memory that is left; D8: the total. */
static inline bool is_candidate(const sim *s, int32_t p, int f, int type)
{
  const aus_plat *plat = &s->plat[p];
  const aus_node_state *node = &s->node[plat->node];
  double memory = aus_defect(s, 8) ? node->memory_gb : node->free_memory_gb + memory_slack_gb;

  /* where the function does not run the requirement is NaN and the comparison false */
  return plat->function < 0 && (type < 0 || plat->type == type) &&
         memory >= s->memory_gb[aus_at(s, f, plat->type)];
}

bool aus_serverless_any_candidate(const sim *s, int f, int type)
{
  const aus_serverless_task_type *task = &s->types->task[f];
  int64_t n = 0;
  int32_t p;
  int i;

  for (i = 0; i < task->n_platforms; i++)
    if (type < 0 || task->platform[i] == type) n += s->n_free[task->platform[i]];
  for (p = 0; p < s->n_plats && n > 0; p++)
    if (is_candidate(s, p, f, type)) return true;
  return false;
}

/* Keep the names in order of first appearance, or by the random order of types. */
static void add_name(sim *s, int type)
{
  int i = s->call.n_names++;

  for (; s->policy.tie_random && i > 0; i--) {
    if (s->type_rank[s->call.name[i - 1]] < s->type_rank[type]) break;
    s->call.name[i] = s->call.name[i - 1];
  }
  s->call.name[i] = type;
}

/* Platform types create_first_replica tries: Knative each type with a free platform, HRO and HRC all at
 * once. */
void aus_serverless_names(sim *s, int f)
{
  const aus_serverless_task_type *task = &s->types->task[f];
  int32_t k;
  int i, n = 0;

  s->call.n_names = 0;
  if (s->policy.scaler >= AUS_SERVERLESS_HRO) {
    s->call.name[s->call.n_names++] = -1;
    return;
  }
  for (i = 0; i < task->n_platforms; i++)
    n += s->n_free[task->platform[i]] > 0;
  for (k = 0; k < s->n_plats && s->call.n_names < n; k++) {
    const aus_plat *plat = &s->plat[s->candidate[k]];

    if (plat->function >= 0 || isnan(s->exec_s[aus_at(s, f, plat->type)])) continue;
    for (i = 0; i < s->call.n_names && s->call.name[i] != plat->type;)
      i++;
    if (i == s->call.n_names) add_name(s, plat->type);
  }
}

/* Knative: on the node with most platforms without a replica. */
static int32_t new_kn(const sim *s, int f, int type)
{
  int32_t k, i, at = 0, best = -1, most = -1;

  for (k = 0; k < s->n_nodes; at += s->node[s->node_order[k]].n, k++) {
    const aus_node_state *node = &s->node[s->node_order[k]];

    if (node->available <= most) continue;
    for (i = at; i < at + node->n && !is_candidate(s, s->candidate[i], f, type);)
      i++;
    if (i == at + node->n) continue;
    best = s->candidate[i];
    most = node->available;
  }
  return best;
}

/* Scale to [1, 100]. */
static void scale(double *v, int64_t n)
{
  double lo = v[0], hi = v[0], range;
  int64_t i;

  for (i = 1; i < n; i++) {
    lo = v[i] < lo ? v[i] : lo;
    hi = v[i] > hi ? v[i] : hi;
  }
  range = hi > lo ? hi - lo : 0.01;
  for (i = 0; i < n; i++)
    v[i] = (v[i] - lo) / range * 99 + 1;
}

/* The candidate with the smallest weighted sum of the first n_criteria scaled columns. */
int32_t aus_serverless_best_choice(const sim *s, int64_t n, int n_criteria, const double *weight)
{
  double best = INFINITY, sum;
  int32_t who = n > 0 ? s->choice[0] : -1;
  int64_t i;
  int k;

  for (k = 0; k < n_criteria; k++)
    scale(s->score[k], n);
  for (i = 0; i < n; i++) {
    for (sum = 0, k = 0; k < n_criteria; k++)
      sum += weight[k] * s->score[k][i];
    if (sum < best) {
      best = sum;
      who = s->choice[i];
    }
  }
  return who;
}

static void rate_new_hro(sim *s, int64_t i, int f, const aus_plat *plat)
{
  int k = aus_at(s, f, plat->type);
  double total = s->cold_s[k] + s->exec_s[k];

  s->score[0][i] = total;
  s->score[1][i] = s->energy_kwh[k];
  s->score[2][i] = total * s->types->platform[plat->type].price_eur;
}

/* How many storages in the node's list have the image. */
static int n_cached(const sim *s, const aus_node_state *node, int f, int type)
{
  int n = 0;
  int32_t i;

  for (i = 0; i < node->n_present; i++)
    n += aus_serverless_cached(s, &s->disk[s->present[node->s_first + i]], f, type);
  return n;
}

/* Mean over the applications that contain f of (tasks x storages with f's image) / tasks. */
static double cache_proportion(const sim *s, int f, int cached)
{
  double sum = 0;
  int a, i, n = 0;

  for (a = 0; a < s->types->n_apps; a++)
    for (i = 0; i < s->app[a].n; i++)
      if (s->app[a].function[i] == f) {
        sum += (double)s->app[a].n * cached / s->app[a].n;
        n++;
      }
  return n > 0 ? sum / n : 0;
}

static void rate_new_hrc(sim *s, int64_t i, int f, const aus_plat *plat)
{
  const aus_node_state *node = &s->node[plat->node];
  int k = aus_at(s, f, plat->type), cached = n_cached(s, node, f, plat->type);
  double pull = cached > 0 ? 0 : s->image_gb[k] / (s->infra->bandwidth_mibps / 1024);
  double part = cache_proportion(s, f, cached);

  s->score[0][i] = pull + s->cold_s[k] + s->exec_s[k];
  s->score[1][i] = part > 0 ? 1 / part : 100;
  s->score[2][i] = s->energy_kwh[k];
  s->score[3][i] = node->unused ? 1 : 0;
}

int aus_serverless_choose_new(sim *s, int f, int type, int32_t *out, aus_err *err)
{
  static const double w_hro[] = {2.0 / 3, 1.5 / 6, 0.5 / 6},
                      w_hrc[] = {3.0 / 8, 1.0 / 8, 1.0 / 8, 3.0 / 8};
  int rc = AUS_OK;
  bool hrc = s->policy.scaler == AUS_SERVERLESS_HRC;
  int64_t n = 0;
  int32_t k;

  if (s->policy.scaler < AUS_SERVERLESS_HRO) {
    *out = new_kn(s, f, type);
    goto done;
  }
  AUS_TRY(aus_serverless_choice_reserve(s, s->n_plats, err));
  for (k = 0; k < s->n_plats; k++) {
    int32_t p = s->candidate[k];

    if (!is_candidate(s, p, f, type)) continue;
    if (hrc)
      rate_new_hrc(s, n, f, &s->plat[p]);
    else
      rate_new_hro(s, n, f, &s->plat[p]);
    s->choice[n++] = p;
  }
  *out = aus_serverless_best_choice(s, n, hrc ? 4 : 3, hrc ? w_hrc : w_hro);
done:
  return rc;
}

/* The original sorts by queue length and takes the first that is empty, idle and old enough: the
 * first one with an empty queue in canonical order. D4: a further call finds the same one. kpa decides
 * itself how long a replica is kept. */
int32_t aus_serverless_choose_old(sim *s)
{
  int64_t i = aus_defect(s, 4) ? 0 : s->call.i_suitable;

  for (; i < s->call.n_suitable; i++) {
    const aus_plat *plat = &s->plat[s->call.suitable[i]];

    if (plat->q_len == 0 && plat->current < 0 &&
        (s->policy.scaler == AUS_SERVERLESS_KPA ||
         s->now - plat->idle_since > s->policy.keep_alive_s)) {
      s->call.i_suitable = i + 1;
      return s->call.suitable[i];
    }
  }
  return -1;
}
