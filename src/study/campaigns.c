/* campaigns.c - proposals as jobs, points as trials, commits in order.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/campaigns.h"

#include <math.h>
#include <string.h>

#include "study/decisions.h"
#include "util/alloc.h"
#include "util/log.h"

/* Blobs of a campaign with this bit hold replies to requests for proposals. */
enum { REPLY_BIT = 0x40000000 };

typedef struct aus_campaign_state {
  uint32_t n_jobs;
  int64_t n_points, n_added; /* points that can be evaluated; trials among them */
  bool called_off;
} state;

static aus_blob_key reply_key(uint32_t campaign, int64_t index)
{
  return (aus_blob_key){.campaign = campaign, .index = REPLY_BIT | (uint32_t)index};
}

/* ---- worker ---- */

/* About how long a proposal takes that sees so many commits and refits: some hundred factorisations and
 * gradients, O(n^3): 9 s at 1000 (measured). It cannot poll. */
static double proposal_s(int64_t n)
{
  const double start_s = 1, cubic_s = 2e-8;

  return start_s + cubic_s * (double)n * (double)n * (double)n;
}

int aus_propose_run(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK;
  const aus_task *t = aus_work_task(w);
  aus_buf reply;

  (void)self;
  aus_buf_init(&reply);
  aus_work_expect(w, proposal_s(t->scenario));
  AUS_TRY(aus_bo_propose(t->args, (size_t)t->n_args, &reply, err));
  AUS_TRY(aus_work_give_blob(w, reply_key((uint32_t)(t->id >> 32), t->scenario), reply.data,
                             (size_t)reply.n, err));
done:
  aus_buf_fini(&reply);
  return rc;
}

/* ---- rank 0 ---- */

int aus_campaigns_add_job(aus_campaigns *c, int i, aus_task *job, aus_err *err)
{
  job->job = true;
  job->fidelity = 1;
  job->id = aus_trial_id(c->first_id + (uint32_t)i, c->state[i].n_jobs++);
  return aus_engine_add(c->engine, job, err);
}

/* The index of a proposal travels in the field of the scenario, which it has none of. */
static int ask_for_proposal(aus_campaigns *c, int i, int64_t index, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf request;
  aus_task job = {.kind = c->propose_kind, .scenario = index};

  aus_buf_init(&request);
  AUS_TRY(aus_bo_request(c->bo[i], index, &request, err));
  job.args = request.data;
  job.n_args = request.n;
  AUS_TRY(aus_campaigns_add_job(c, i, &job, err));
done:
  aus_buf_fini(&request);
  return rc;
}

static int add_trial(aus_campaigns *c, int i, bool *ready, aus_err *err)
{
  int rc = AUS_OK;
  int64_t index = c->state[i].n_added;
  aus_task task = {.id = aus_trial_id(c->first_id + (uint32_t)i, (uint32_t)index),
                   .fidelity = 1,
                   .n_x = aus_space_n_value(aus_bo_space(c->bo[i])),
                   .x = aus_bo_point_at(c->bo[i], index)->value};

  *ready = true;
  AUS_TRY(c->task(c->self, i, index, &task, ready, err));
  if (!*ready) goto done;
  AUS_TRY(aus_decide_point(c->engine, c->first_id + (uint32_t)i, index, c->bo[i], err));
  AUS_TRY(aus_engine_add(c->engine, &task, err));
  c->state[i].n_added++;
done:
  return rc;
}

static int call_off(aus_campaigns *c, int i, aus_err *err)
{
  int rc = AUS_OK;

  if (c->state[i].called_off) goto done;
  c->state[i].called_off = true;
  AUS_TRY(aus_decide_stop(c->engine, c->first_id + (uint32_t)i, c->bo[i], err));
  aus_engine_call_off(c->engine, c->first_id + (uint32_t)i, false,
                      aus_bo_is_greedy(c->bo[i]) ? 0 : aus_bo_n_committed(c->bo[i]));
  aus_engine_call_off(c->engine, c->first_id + (uint32_t)i, true, 0);
done:
  return rc;
}

/* Everything a campaign can do now. */
static int move_on(aus_campaigns *c, int i, aus_err *err)
{
  int rc = AUS_OK;
  state *s = &c->state[i];
  aus_bo_what what;
  int64_t index;
  bool ready = true;

  if (aus_bo_stopped(c->bo[i]) != AUS_BO_RUNNING) {
    rc = call_off(c, i, err);
    goto done;
  }
  while ((what = aus_bo_next(c->bo[i], &index)) != AUS_BO_NOTHING) {
    if (what == AUS_BO_PROPOSE)
      AUS_TRY(ask_for_proposal(c, i, index, err));
    else
      s->n_points++;
  }
  while (ready && s->n_added < s->n_points)
    AUS_TRY(add_trial(c, i, &ready, err));
done:
  return rc;
}

/* A proposal made again from what is known now must be the one that was made. */
static int check_proposal(aus_campaigns *c, int i, int64_t index, const void *made, size_t n,
                          aus_err *err)
{
  int rc = AUS_OK;
  bool same;
  aus_buf request, reply;

  aus_buf_init(&request);
  aus_buf_init(&reply);
  AUS_TRY(aus_bo_request(c->bo[i], index, &request, err));
  AUS_TRY(aus_buf_check(&request, err));
  AUS_TRY(aus_bo_propose(request.data, (size_t)request.n, &reply, err));
  AUS_TRY(aus_buf_check(&reply, err));
  same = (size_t)reply.n == n && memcmp(reply.data, made, n) == 0;
  if (!same)
    AUS_WARN("study", "proposal %lld of campaign %u comes out otherwise", (long long)index,
             c->first_id + (uint32_t)i);
  aus_engine_checked(c->engine, same);
done:
  aus_buf_fini(&request);
  aus_buf_fini(&reply);
  return rc;
}

static int take_proposal(aus_campaigns *c, int i, const aus_task *task, const aus_result *result,
                         aus_err *err)
{
  int rc = AUS_OK;
  const void *reply;
  size_t n;
  aus_blob_key key = reply_key(c->first_id + (uint32_t)i, task->scenario);

  if (result->status != AUS_S_OK) {
    *err = result->err;
    aus_err_prepend(err, "proposal %lld of campaign %u: ", (long long)task->scenario,
                    c->first_id + (uint32_t)i);
    rc = result->err.code;
    goto done;
  }
  AUS_TRY(aus_engine_get_blob(c->engine, key, &reply, &n, err));
  if (aus_engine_replays(c->engine)) AUS_TRY(check_proposal(c, i, task->scenario, reply, n, err));
  AUS_TRY(aus_bo_reply(c->bo[i], task->scenario, reply, n, err));
  aus_engine_drop_blob(c->engine, key);
done:
  return rc;
}

static int take_trial(aus_campaigns *c, int i, const aus_task *task, const aus_result *result,
                      aus_err *err)
{
  int rc = AUS_OK;
  int64_t index = (int64_t)(uint32_t)task->id;
  aus_told told = {0};

  AUS_TRY(c->commit(c->self, i, index, task, result, &told, err));
  AUS_TRY(aus_bo_commit(c->bo[i], index, told.ok, told.y, told.reached, err));
done:
  return rc;
}

static int on_commit(void *self, const aus_task *task, const aus_result *result, aus_err *err)
{
  int rc = AUS_OK;
  aus_campaigns *c = self;
  int i = (int)((uint32_t)(task->id >> 32) - c->first_id);

  if (aus_bo_stopped(c->bo[i]) != AUS_BO_RUNNING) goto done; /* was called off */
  if (!task->job)
    AUS_TRY(take_trial(c, i, task, result, err));
  else if (task->kind == c->propose_kind)
    AUS_TRY(take_proposal(c, i, task, result, err));
  else
    AUS_TRY(c->job(c->self, i, task, result, err));
  AUS_TRY(move_on(c, i, err));
done:
  return rc;
}

int aus_campaigns_run(aus_campaigns *c, aus_engine *engine, aus_err *err)
{
  int rc = AUS_OK, i;

  AUS_NEW(c->state, c->n, err);
  c->engine = engine;
  (void)aus_engine_utilisation(engine);
  aus_engine_rest(engine, true);
  for (i = 0; i < c->n; i++) {
    AUS_TRY(aus_decide_campaign(engine, c->first_id + (uint32_t)i, c->bo[i], err));
    AUS_TRY(
        aus_engine_campaign(engine, c->first_id + (uint32_t)i, aus_bo_is_greedy(c->bo[i]), err));
  }
  for (i = 0; i < c->n; i++)
    AUS_TRY(move_on(c, i, err));
  AUS_TRY(aus_engine_run(engine, on_commit, c, err));
  c->utilisation = aus_engine_utilisation(engine);
  aus_engine_rest(engine, false);
done:
  return rc;
}

void aus_campaigns_fini(aus_campaigns *c)
{
  aus_free(c->state);
  c->state = NULL;
}

/* ---- publication ---- */

aus_campaign aus_campaigns_line(const aus_campaigns *c, int i, const char *kind, int64_t base_trial,
                                int64_t budget, int64_t lag)
{
  int64_t best = aus_bo_best(c->bo[i]);
  uint32_t id = c->first_id + (uint32_t)i;

  return (aus_campaign){
      .id = id,
      .kind = kind,
      .base_trial = base_trial,
      .budget = budget,
      .lag = lag,
      .n_committed = aus_bo_n_committed(c->bo[i]),
      .stop_reason = aus_bo_stopped(c->bo[i]),
      .best_trial = best < 0 ? -1 : (int64_t)aus_trial_id(id, (uint32_t)best),
      .best_y = best < 0 ? (double)NAN : aus_bo_point_at(c->bo[i], best)->y,
  };
}

enum { N_INTS = 3, N_REALS = 3 };

typedef struct rows {
  int64_t n, at;
  int n_theta;
  uint32_t *campaign;
  uint64_t *trial;
  int64_t *ints; /* N_INTS columns of n */
  double *reals; /* N_REALS columns of n */
  double *theta; /* n x n_theta */
} rows;

static void rows_fini(rows *r)
{
  aus_free(r->campaign);
  aus_free(r->trial);
  aus_free(r->ints);
  aus_free(r->reals);
  aus_free(r->theta);
}

static void put_row(rows *r, uint32_t campaign, int64_t index, const aus_bo_point *p)
{
  int64_t at = r->at++;
  int k;

  r->campaign[at] = campaign;
  r->trial[at] = aus_trial_id(campaign, (uint32_t)index);
  r->ints[at] = p->n_seen;
  r->ints[r->n + at] = p->n_refit;
  r->ints[2 * r->n + at] = p->n_pending;
  r->reals[at] = p->acq;
  r->reals[r->n + at] = p->incumbent;
  r->reals[2 * r->n + at] = p->region_side;
  for (k = 0; k < r->n_theta; k++)
    r->theta[at * r->n_theta + k] = p->theta[k];
}

static int make_rows(const aus_campaigns *c, rows *r, aus_err *err)
{
  int rc = AUS_OK, i;
  int64_t k;

  for (i = 0; i < c->n; i++)
    r->n += aus_bo_n_committed(c->bo[i]);
  r->n_theta = c->n > 0 ? aus_bo_n_theta(c->bo[0]) : 2;
  AUS_NEW(r->campaign, r->n, err);
  AUS_NEW(r->trial, r->n, err);
  AUS_NEW(r->ints, N_INTS * r->n, err);
  AUS_NEW(r->reals, N_REALS * r->n, err);
  AUS_NEW(r->theta, r->n * r->n_theta, err);
  for (i = 0; i < c->n; i++)
    for (k = 0; k < aus_bo_n_committed(c->bo[i]); k++)
      put_row(r, c->first_id + (uint32_t)i, aus_bo_arrivals(c->bo[i])[k],
              aus_bo_point_at(c->bo[i], aus_bo_arrivals(c->bo[i])[k]));
done:
  return rc;
}

/* /bo/seen: for each row the trials that its proposal saw, which are the first ones of its campaign. */
static int publish_seen(const aus_campaigns *c, const rows *r, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, k, first = 0;
  uint64_t *offset = NULL, *seen = NULL;
  static const aus_column offsets =
      AUS_COLUMN("offsets", AUS_U64, "1", 1, "where the trials seen by each row of /bo begin");
  static const aus_column trials = AUS_COLUMN(
      "seen_trial", AUS_U64, "1", 1, "trials that the proposal saw, in order of their commits");

  if (c->n == 0 || !aus_bo_is_greedy(c->bo[0])) goto done;
  AUS_NEW(offset, r->n + 1, err);
  for (i = 0; i < r->n; i++)
    offset[i + 1] = offset[i] + (uint64_t)r->ints[i];
  AUS_NEW(seen, offset[r->n], err);
  for (i = 0; i < r->n; i++) {
    if (r->campaign[i] != r->campaign[first]) first = i;
    for (k = 0; k < r->ints[i]; k++)
      seen[offset[i] + (uint64_t)k] = r->trial[first + k];
  }
  AUS_TRY(aus_pub_column(pub, "bo/seen", &offsets, r->n + 1, offset, err));
  AUS_TRY(aus_pub_column(pub, "bo/seen", &trials, (int64_t)offset[r->n], seen, err));
done:
  aus_free(offset);
  aus_free(seen);
  return rc;
}

int aus_campaigns_publish_bo(const aus_campaigns *c, const int64_t *parent, aus_pub *pub,
                             aus_err *err)
{
  int rc = AUS_OK, k;
  rows r = {0};
  static const aus_column campaign = AUS_COLUMN("campaign", AUS_U32, "1", 1, "campaign id");
  static const aus_column trial = AUS_COLUMN("trial", AUS_U64, "1", 1, "trial id");
  static const aus_column parents = AUS_COLUMN(
      "parent", AUS_I64, "1", 1, "index of the trial whose model this one began with; -1: base");
  static const aus_column ints[N_INTS] = {
      AUS_COLUMN("n_seen", AUS_I64, "1", 1, "committed trials the proposal saw"),
      AUS_COLUMN("n_refit", AUS_I64, "1", 1, "points at the last fit of theta"),
      AUS_COLUMN("pending_count", AUS_I64, "1", 1, "points proposed but not committed"),
  };
  static const aus_column reals[N_REALS] = {
      AUS_COLUMN("acq", AUS_F64, "1", 1, "acquisition at the point; NaN: from the design"),
      AUS_COLUMN("incumbent", AUS_F64, "1", 1, "best value the acquisition was compared with"),
      AUS_COLUMN("region_side", AUS_F64, "1", 1, "side of the trust region; NaN: none"),
  };
  aus_column theta;

  AUS_TRY(make_rows(c, &r, err));
  theta = (aus_column)AUS_COLUMN_MATRIX("theta", AUS_F64, r.n_theta, "1", 1,
                                        "log length-scales, log signal and noise variance");
  AUS_TRY(aus_pub_column(pub, "bo", &campaign, r.n, r.campaign, err));
  AUS_TRY(aus_pub_column(pub, "bo", &trial, r.n, r.trial, err));
  AUS_TRY(aus_pub_column(pub, "bo", &theta, r.n, r.theta, err));
  for (k = 0; k < N_INTS; k++)
    AUS_TRY(aus_pub_column(pub, "bo", &ints[k], r.n, r.ints + k * r.n, err));
  for (k = 0; k < N_REALS; k++)
    AUS_TRY(aus_pub_column(pub, "bo", &reals[k], r.n, r.reals + k * r.n, err));
  if (parent) AUS_TRY(aus_pub_column(pub, "bo", &parents, r.n, parent, err));
  AUS_TRY(publish_seen(c, &r, pub, err));
done:
  rows_fini(&r);
  return rc;
}

/* ---- keys ---- */

/* clang-format off */
const aus_opt aus_bo_opts[] = {
  {"bo.mode", AUS_T_ENUM, "lag", "lag,greedy", "", "lag: what a proposal sees follows from its number, so that results do not depend on who was faster; greedy: it sees all that has arrived, less waiting, but another run gives other results"},
  {"bo.lag", AUS_T_INT, "8", "1:10000", "", "logical width of a campaign: trials that may be open at once"},
  {"bo.n_init", AUS_T_INT, "0", "0:100000", "", "points of the initial design; 0: max(5, 2 x dimensions)"},
  {"bo.acq", AUS_T_ENUM, "logei", "logei,ucb,qucb,ts", "", "acquisition: log expected improvement, upper confidence bound with a fixed or drawn factor, Thompson sampling"},
  {"bo.acq_stop", AUS_T_REAL, "-1e300", "", "", "stop a campaign when the largest logEI falls below"},
  {"bo.patience", AUS_T_INT, "0", "0:", "", "stop a campaign after that many trials without improvement; 0: never"},
  {"bo.pending", AUS_T_ENUM, "believer", "believer,liar-min,liar-mean,liar-max,penalise", "", "what stands for the value of points that are not committed yet"},
  {"bo.warp", AUS_T_ENUM, "none", "none,log,rank", "", "transformation of the objective before the fit"},
  {"bo.region", AUS_T_ENUM, "auto", "auto,global,turbo", "", "trust region; auto: global up to 10 dimensions and 199 trials"},
  {"bo.failed", AUS_T_ENUM, "worst", "worst,exclude,feasibility", "", "what a failed trial tells the surrogate"},
  {"gp.restarts", AUS_T_INT, "3", "0:100", "", "random starts of a fit beside the last one and the prior"},
  {"gp.max_points", AUS_T_INT, "2000", "10:20000", "", "most points of a surrogate"},
  {0},
};
/* clang-format on */

aus_bo_conf aus_bo_conf_of(const aus_opts *o)
{
  aus_bo_conf c = aus_bo_defaults();

  c.greedy = aus_opt_enum(o, "bo.mode") == 1;
  c.lag = (int)aus_opt_int(o, "bo.lag");
  c.n_init = (int)aus_opt_int(o, "bo.n_init");
  c.acq = (aus_bo_acq)aus_opt_enum(o, "bo.acq");
  c.acq_stop = aus_opt_real(o, "bo.acq_stop");
  c.patience = aus_opt_int(o, "bo.patience");
  c.pending = (aus_bo_pending)aus_opt_enum(o, "bo.pending");
  c.warp = (aus_bo_warp)aus_opt_enum(o, "bo.warp");
  c.region = (aus_bo_region)aus_opt_enum(o, "bo.region");
  c.failed = (aus_bo_failed)aus_opt_enum(o, "bo.failed");
  c.restarts = (int)aus_opt_int(o, "gp.restarts");
  c.max_points = aus_opt_int(o, "gp.max_points");
  return c;
}
