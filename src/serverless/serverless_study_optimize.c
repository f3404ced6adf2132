/* serverless/serverless_study_optimize.c - stage optimize as rank 0 sees it: which samples do badly, one
 * campaign around each, whose models begin from whose.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A trial simulates a point near its base sample reactively, fine-tunes copies of its parent's models on
 * the new rows, simulates the point again with them, and (judge: base) the base sample, too. What is
 * told to the surrogate, compared with the target and carried on follows engine.md 6.4.
 */
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "serverless/serverless_study_box.h"
#include "serverless/serverless_study_stages.h"
#include "util/alloc.h"
#include "util/log.h"
#include "util/stats.h"

typedef struct aus_serverless_study study;
typedef struct aus_serverless_search search;

/* ---- which samples ---- */

static bool is_ok(const aus_trials *t, int64_t i)
{
  return t->row[i].status == AUS_S_OK;
}

/* The penalty above which (or, for `max`, from which on) a sample is searched around. */
static int threshold(const study *s, double *out, aus_err *err)
{
  int rc = AUS_OK;
  const aus_trials *t = &s->trials[AUS_SERVERLESS_K_PROACTIVE];
  double *v = NULL;
  int64_t i, n = 0;

  *out = INFINITY;
  AUS_NEW(v, t->n, err);
  for (i = 0; i < t->n; i++)
    if (is_ok(t, i)) v[n++] = t->row[i].y[AUS_SERVERLESS_Y_PENALTY];
  if (n == 0) goto done;
  aus_stats_sort(v, n);
  *out = s->search.select == AUS_SERVERLESS_SELECT_MAX
             ? v[n - 1]
             : aus_stats_quantile(v, n, s->search.percentile / 100);
done:
  aus_free(v);
  return rc;
}

static bool is_selected(const study *s, int64_t i, double limit)
{
  const aus_trials *t = &s->trials[AUS_SERVERLESS_K_PROACTIVE];
  double y;

  if (!is_ok(t, i)) return false;
  y = t->row[i].y[AUS_SERVERLESS_Y_PENALTY];
  return s->search.select == AUS_SERVERLESS_SELECT_MAX ? y >= limit && y > 0 : y > limit;
}

/* ---- a campaign ---- */

static void init_search(const study *s, search *q, int64_t sample)
{
  const aus_trial_row *row = &s->trials[AUS_SERVERLESS_K_PROACTIVE].row[sample];

  q->sample = sample;
  q->base_penalty = row->y[AUS_SERVERLESS_Y_PENALTY];
  q->base_replica_s = row->y[AUS_SERVERLESS_Y_REPLICA_TIME];
  q->best = q->base_penalty;
  q->best_index = -1;
}

static int make_campaign(study *s, int c, int64_t sample, aus_err *err)
{
  int rc = AUS_OK, n = s->space.n_x;
  const double *x = s->design.value + sample * s->space.n_x;
  aus_param *params = NULL;

  init_search(s, &s->searches[c], sample);
  AUS_NEW(params, n, err);
  AUS_TRY(aus_serverless_space_box(&s->space, x, s->search.area, params, err));
  AUS_TRY(aus_bo_create(&s->campaigns.bo[c], &s->search.bo, n, params, s->seed,
                        s->campaigns.first_id + (uint32_t)c, err));
  AUS_TRY(aus_bo_base(s->campaigns.bo[c], x,
                      aus_serverless_told(&s->search, s->searches[c].base_penalty), err));
done:
  aus_free(params);
  return rc;
}

/* Room for trial k; committed ones have no more entries than that but where it is out of order. */
static int grow_search(search *q, int64_t k, aus_err *err)
{
  int rc = AUS_OK;
  int64_t cap[5] = {q->cap, q->cap, q->cap, q->cap, q->cap}, n = (k > q->n ? k : q->n) + 1;

  AUS_TRY(aus_grow(&q->ok, &cap[0], n, sizeof *q->ok, err));
  AUS_TRY(aus_grow(&q->kept, &cap[1], n, sizeof *q->kept, err));
  AUS_TRY(aus_grow(&q->judged, &cap[2], n, sizeof *q->judged, err));
  AUS_TRY(aus_grow(&q->chain, &cap[3], n, sizeof *q->chain, err));
  AUS_TRY(aus_grow(&q->order, &cap[4], n, sizeof *q->order, err));
  q->cap = cap[0];
done:
  return rc;
}

/* The trial whose models trial k begins with, -1: the base models, -2: not known yet. It is one of those that
 * the proposal of k saw, which are the first n_seen commits. */
static int64_t parent_of(const study *s, int c, int64_t k)
{
  const search *q = &s->searches[c];
  int64_t n_seen = aus_bo_point_at(s->campaigns.bo[c], k)->n_seen, best = -1, i;
  double least = q->base_penalty;

  if (n_seen == 0 || s->search.carry == AUS_SERVERLESS_CARRY_NONE) return -1;
  if (s->search.carry == AUS_SERVERLESS_CARRY_ALL)
    return n_seen <= q->n_chain ? q->chain[n_seen - 1] : -2;
  for (i = 0; i < n_seen; i++)
    if (q->ok[q->order[i]] && q->judged[q->order[i]] < least) {
      least = q->judged[q->order[i]];
      best = q->order[i];
    }
  return best;
}

typedef struct scratch {
  study *s;
  aus_blob_key *needs; /* models, then row ranges of the base rows, then rows */
  aus_buf args;
} scratch;

static void models_of(const study *s, int c, int64_t k, aus_blob_key *keys)
{
  if (k < 0)
    aus_serverless_model_keys(s, AUS_SERVERLESS_INITIAL_CAMPAIGN, 0, keys);
  else
    aus_serverless_model_keys(s, s->campaigns.first_id + (uint32_t)c, k, keys);
}

/* The rows that a continuation takes a share of. */
static void base_rows(const study *s, aus_blob_key *keys)
{
  int i;

  for (i = 0; i < s->n_models; i++)
    keys[i] = aus_serverless_ranges_key(AUS_SERVERLESS_INITIAL_CAMPAIGN, s->model_task[i]);
}

static int trial_task(void *self, int c, int64_t k, aus_task *task, bool *ready, aus_err *err)
{
  int rc = AUS_OK, i;
  scratch *u = self;
  study *s = u->s;
  search *q = &s->searches[c];
  int64_t parent = parent_of(s, c, k);

  *ready = parent > -2;
  if (!*ready) goto done;
  AUS_TRY(aus_grow(&q->parent, &q->cap_parent, k + 1, sizeof *q->parent, err));
  q->parent[k] = parent;
  models_of(s, c, parent, u->needs);
  base_rows(s, u->needs + s->n_models);
  aus_buf_clear(&u->args);
  for (i = 0; i < s->space.n_x; i++)
    aus_buf_f64(&u->args, s->design.value[q->sample * s->space.n_x + i]);
  aus_buf_f64(&u->args, q->base_penalty);
  AUS_TRY(aus_buf_check(&u->args, err));
  task->kind = AUS_SERVERLESS_K_OPTIMIZE;
  task->scenario = aus_design_block(s->draw.kind, s->design.n_unit, q->sample);
  task->needs = u->needs;
  task->n_needs = 2 * s->n_models;
  task->args = u->args.data;
  task->n_args = u->args.n;
done:
  return rc;
}

/* What target, retain and carry look at; a model that buys its gain with more replicas does not count. That
 * can only be told where the base models ran, too. */
static double judged(const study *s, const search *q, const double *y)
{
  double most = s->search.max_replica_frac * q->base_replica_s;

  if (s->search.judge == AUS_SERVERLESS_JUDGE_BASE && s->search.max_replica_frac > 0 &&
      y[AUS_SERVERLESS_O_JUDGE_REPLICA_TIME] > most)
    return INFINITY;
  return y[AUS_SERVERLESS_O_JUDGE_PENALTY];
}

static void drop_models(study *s, int c, int64_t k)
{
  int i;

  for (i = 0; i < s->n_models; i++)
    aus_engine_drop_blob(
        s->campaigns.engine,
        aus_serverless_model_key(s, s->campaigns.first_id + (uint32_t)c, k, s->model_task[i]));
}

/* How many commits each trial from now on has at least seen. Trial `now` is being committed. */
static int64_t seen_by_all(const study *s, int c, int64_t now)
{
  const aus_bo *bo = s->campaigns.bo[c];
  const aus_bo_point *p;
  int64_t k = aus_bo_n_init(bo), n_seen = 0;

  if (!aus_bo_is_greedy(bo)) return aus_bo_horizon(bo, s->searches[c].n) + 1;
  /* Later ones have seen no less. */
  for (; (p = aus_bo_point_at(bo, k)); k++) {
    n_seen = p->n_seen;
    if (!p->committed && k != now) break;
  }
  return n_seen;
}

/* Carry all: models that no later trial can begin with. */
static void drop_old(study *s, int c, int64_t now)
{
  search *q = &s->searches[c];
  int64_t last = seen_by_all(s, c, now) - 1;

  if (last >= q->n_chain) return;
  for (; q->n_dropped < last; q->n_dropped++)
    if (q->chain[q->n_dropped] >= 0 && q->chain[q->n_dropped] != q->chain[q->n_dropped + 1])
      drop_models(s, c, q->chain[q->n_dropped]);
}

/* Carry all: the models after a commit continue those after the one before on the rows of its trial. */
static int extend_chain(study *s, scratch *u, int c, aus_err *err)
{
  int rc = AUS_OK;
  search *q = &s->searches[c];
  uint32_t id = s->campaigns.first_id + (uint32_t)c;

  for (; q->n_chain < q->n; q->n_chain++) {
    int64_t j = q->order[q->n_chain], before = q->n_chain > 0 ? q->chain[q->n_chain - 1] : -1;
    aus_task job = {.kind = AUS_SERVERLESS_K_RETRAIN, .scenario = j, .needs = u->needs};

    q->chain[q->n_chain] = before;
    if (!q->ok[j]) continue;
    models_of(s, c, before, u->needs);
    base_rows(s, u->needs + s->n_models);
    u->needs[2 * s->n_models] = aus_serverless_rows_key(id, j);
    job.n_needs = 2 * s->n_models + 1;
    AUS_TRY(aus_campaigns_add_job(&s->campaigns, c, &job, err));
    break; /* the next one needs this one's models */
  }
done:
  return rc;
}

static int retrained(void *self, int c, const aus_task *task, const aus_result *result,
                     aus_err *err)
{
  scratch *u = self;
  study *s = u->s;
  search *q = &s->searches[c];

  if (result->status != AUS_S_OK) {
    *err = result->err;
    return result->err.code;
  }
  q->chain[q->n_chain++] = task->scenario;
  aus_engine_drop_blob(
      s->campaigns.engine,
      aus_serverless_rows_key(s->campaigns.first_id + (uint32_t)c, task->scenario));
  return extend_chain(s, u, c, err);
}

static int trial_commit(void *self, int c, int64_t k, const aus_task *task,
                        const aus_result *result, aus_told *told, aus_err *err)
{
  int rc = AUS_OK;
  scratch *u = self;
  study *s = u->s;
  search *q = &s->searches[c];
  bool improved;

  AUS_TRY(aus_trials_add(&s->trials[task->kind], task, result,
                         aus_bo_point_at(s->campaigns.bo[c], k)->origin, err));
  AUS_TRY(grow_search(q, k, err));
  q->order[q->n++] = k;
  q->ok[k] = result->status == AUS_S_OK;
  q->judged[k] = q->ok[k] ? judged(s, q, result->y) : (double)INFINITY;
  improved = q->judged[k] < q->best;
  q->kept[k] = q->ok[k] && (improved || s->search.retain == AUS_SERVERLESS_RETAIN_ALL);
  if (improved) {
    q->best = q->judged[k];
    q->best_index = k;
  } else if (s->search.carry == AUS_SERVERLESS_CARRY_BEST) {
    drop_models(s, c, k);
  }
  if (q->kept[k]) AUS_TRY(aus_ranges_add(&s->search_ranges[c], result, err));
  if (s->search.carry == AUS_SERVERLESS_CARRY_ALL) {
    drop_old(s, c, k);
    if (q->n_chain == q->n - 1) AUS_TRY(extend_chain(s, u, c, err));
  }
  *told = (aus_told){.ok = q->ok[k]};
  if (!q->ok[k]) goto done;
  told->y = result->y[AUS_SERVERLESS_O_OBJECTIVE];
  told->reached =
      s->search.objective == AUS_SERVERLESS_IMPROVE && q->judged[k] <= s->search.target_frac;
done:
  return rc;
}

/* ---- lineage ---- */

static int keep_job(void *self, const aus_task *task, const aus_result *result, aus_err *err)
{
  int rc = AUS_OK, i;
  study *s = self;
  int c = (int)((uint32_t)(task->id >> 32) - s->campaigns.first_id);
  search *q = &s->searches[c];
  int64_t k = task->scenario, parent = q->parent[k], first = -1, r;
  int version = 1;

  if (result->status != AUS_S_OK) {
    *err = result->err;
    rc = result->err.code;
    goto done;
  }
  /* Parents were kept before their children. */
  for (r = s->n_models; parent >= 0 && r < s->n_model_rows && first < 0; r++)
    if (s->model[r].trial == (int64_t)aus_trial_id((uint32_t)(task->id >> 32), (uint32_t)parent))
      first = r;
  if (first >= 0) version = s->model[first].version + 1;
  for (i = 0; i < s->n_models; i++) {
    aus_serverless_model_row row = {
        .task = s->model_task[i],
        .version = version,
        .parent = first < 0 ? i : first + i,
        .trial = (int64_t)aus_trial_id((uint32_t)(task->id >> 32), (uint32_t)k),
        .metric = {(double)NAN, 0, 0}};

    AUS_TRY(aus_serverless_add_model(s, row, result, i, err));
  }
done:
  return rc;
}

/* The best models of a campaign and all they came from, eldest first. One campaign after the other, because
 * commits of different campaigns come in any order. */
static int keep_lineage(study *s, aus_engine *engine, int c, scratch *u, aus_err *err)
{
  int rc = AUS_OK;
  search *q = &s->searches[c];
  int64_t *line = NULL, n = 0, k;

  AUS_NEW(line, q->n + 1, err);
  if (s->search.carry == AUS_SERVERLESS_CARRY_BEST)
    for (k = q->best_index; k >= 0; k = q->parent[k])
      line[n++] = k;
  while (n-- > 0) {
    aus_task job = {.kind = AUS_SERVERLESS_K_KEEP,
                    .scenario = line[n],
                    .needs = u->needs,
                    .n_needs = s->n_models};

    models_of(s, c, line[n], u->needs);
    AUS_TRY(aus_campaigns_add_job(&s->campaigns, c, &job, err));
  }
  AUS_TRY(aus_engine_run(engine, keep_job, s, err));
done:
  aus_free(line);
  return rc;
}

/* ---- the stage ---- */

static int make_campaigns(study *s, aus_err *err)
{
  int rc = AUS_OK, c = 0;
  int64_t i, n = 0;
  double limit;

  AUS_TRY(threshold(s, &limit, err));
  for (i = 0; i < s->design.n; i++)
    n += is_selected(s, i, limit);
  AUS_NEW(s->campaigns.bo, n, err);
  AUS_NEW(s->searches, n, err);
  AUS_NEW(s->search_ranges, n, err);
  s->campaigns.n = (int)n;
  s->campaigns.first_id = s->next_campaign;
  s->next_campaign += (uint32_t)n;
  if (n == 0)
    AUS_INFO("serverless", "optimize: no sample's penalty is above %.4g %%: nothing to improve",
             100 * limit);
  else
    AUS_INFO("serverless", "optimize: %lld of %lld samples, penalty above %.4g %%", (long long)n,
             (long long)s->design.n, 100 * limit);
  for (i = 0; i < s->design.n; i++)
    if (is_selected(s, i, limit)) AUS_TRY(make_campaign(s, c++, i, err));
done:
  return rc;
}

static void note_result(const study *s)
{
  int c, better = 0;
  int64_t n = 0;

  for (c = 0; c < s->campaigns.n; c++) {
    better += s->searches[c].best_index >= 0;
    n += s->searches[c].n;
  }
  if (s->campaigns.n == 0) return;
  AUS_INFO("serverless", "optimize: %lld trials, %d of %d campaigns found better models",
           (long long)n, better, s->campaigns.n);
  if (!isnan(s->campaigns.utilisation)) /* not where all of it was resumed */
    AUS_INFO("serverless", "optimize: workers busy %.0f %%", 100 * s->campaigns.utilisation);
}

int aus_serverless_optimize(aus_serverless_study *s, aus_engine *engine, aus_err *err)
{
  int rc = AUS_OK, c;
  scratch u = {.s = s};

  aus_buf_init(&u.args);
  AUS_NEW(u.needs, 2 * s->n_models + 1, err);
  AUS_TRY(make_campaigns(s, err));
  s->campaigns.propose_kind = AUS_SERVERLESS_K_PROPOSE;
  s->campaigns.self = &u;
  s->campaigns.task = trial_task;
  s->campaigns.commit = trial_commit;
  s->campaigns.job = retrained;
  AUS_TRY(aus_campaigns_run(&s->campaigns, engine, err));
  note_result(s);
  for (c = 0; c < s->campaigns.n; c++)
    AUS_TRY(keep_lineage(s, engine, c, &u, err));
done:
  aus_free(u.needs);
  aus_buf_fini(&u.args);
  return rc;
}
