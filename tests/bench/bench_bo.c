/* bench_bo.c - the optimiser: what it finds in 60 evaluations, and the time of a proposal.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bo_*: `value` is the median simple regret over seeds 1..10, share_below_0.01 the share of those
 * runs; the time is that of one campaign. gp_proposal: requests number 180 to 220 of a campaign on
 * Hartmann-6, recorded before; `value` is the mean of milliseconds per proposal.
 */
#include <config.h>

#include "bench/bench.h"

#include <string.h>

#include "bo_campaign.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/stats.h"

enum { SEEDS = 10, FROM = 180, TO = 220 };

typedef struct quality {
  const bo_problem *problem;
  aus_bo_conf conf;
  double regret[SEEDS], median, below;
} quality;

static int campaign(void *self, int64_t *work, aus_err *err)
{
  quality *q = self;
  double regret;

  *work = q->conf.budget;
  return bo_regret(q->problem, &q->conf, 1, &regret, err);
}

static int optimise(const char *name, aus_err *err)
{
  int rc = AUS_OK, i;
  quality q = {.conf = aus_bo_defaults()};
  bench_field fields[] = {{"value", &q.median}, {"share_below_0.01", &q.below}};

  for (q.problem = bo_problems; strncmp(name + 3, q.problem->name, strlen(q.problem->name)) != 0;)
    q.problem++;
  q.conf.lag = strstr(name, "_lag8") ? 8 : 1;
  for (i = 0; i < SEEDS; i++) {
    AUS_TRY(bo_regret(q.problem, &q.conf, (uint64_t)i + 1, q.regret + i, err));
    q.below += (q.regret[i] < 0.01) / (double)SEEDS;
  }
  aus_stats_sort(q.regret, SEEDS);
  q.median = aus_stats_median(q.regret, SEEDS);
  AUS_TRY(bench_repeat_fields(name, q.conf.budget, campaign, &q, 2, fields, err));
done:
  return rc;
}

typedef struct recorded {
  aus_buf request[TO - FROM + 1], reply;
  double ms; /* per proposal */
} recorded;

/* Make proposals until the request for `index` can be recorded. */
static int record(aus_bo *bo, const bo_problem *p, int64_t index, aus_buf *request, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf reply;
  int64_t i;

  aus_buf_init(&reply);
  for (i = -1; i < index;) {
    if (aus_bo_next(bo, &i) == AUS_BO_EVALUATE) {
      AUS_TRY(aus_bo_commit(bo, i, true, p->f(aus_bo_point_at(bo, i)->value), false, err));
      i = -1;
      continue;
    }
    aus_buf_clear(request);
    aus_buf_clear(&reply);
    AUS_TRY(aus_bo_request(bo, i, request, err));
    AUS_TRY(aus_bo_propose(request->data, (size_t)request->n, &reply, err));
    AUS_TRY(aus_bo_reply(bo, i, reply.data, (size_t)reply.n, err));
  }
done:
  aus_buf_fini(&reply);
  return rc;
}

static int proposals(void *self, int64_t *work, aus_err *err)
{
  recorded *r = self;
  int rc = AUS_OK, i;
  double begin = aus_clock_s();

  *work = TO - FROM + 1;
  for (i = 0; i <= TO - FROM; i++) {
    aus_buf_clear(&r->reply);
    AUS_TRY(aus_bo_propose(r->request[i].data, (size_t)r->request[i].n, &r->reply, err));
  }
  r->ms = 1e3 * (aus_clock_s() - begin) / (double)*work;
done:
  return rc;
}

static int gp_proposal(const char *name, aus_err *err)
{
  const bo_problem *p = bo_problems + 1;
  aus_bo_conf c = aus_bo_defaults();
  aus_param param[6];
  aus_bo *bo = NULL;
  recorded r = {.ms = 0.0};
  int rc = AUS_OK, i;

  c.budget = TO + 1;
  c.lag = 1;
  c.region = AUS_REGION_GLOBAL;
  for (i = 0; i < p->d; i++)
    param[i] = (aus_param){.kind = AUS_P_REAL, .lower = 0.0, .upper = 1.0, .group = -1};
  AUS_TRY(aus_bo_create(&bo, &c, p->d, param, 1, 1, err));
  for (i = 0; i <= TO - FROM; i++)
    AUS_TRY(record(bo, p, FROM + i, r.request + i, err));
  AUS_TRY(bench_repeat_value(name, (FROM + TO) / 2, proposals, &r, &r.ms, err));
done:
  for (i = 0; i <= TO - FROM; i++)
    aus_buf_fini(r.request + i);
  aus_buf_fini(&r.reply);
  aus_bo_destroy(bo);
  return rc;
}

const bench_case bench_bo_cases[] = {
    {"bo_branin", optimise},      {"bo_branin_lag8", optimise},
    {"bo_hartmann6", optimise},   {"bo_hartmann6_lag8", optimise},
    {"bo_ackley5", optimise},     {"bo_ackley5_lag8", optimise},
    {"gp_proposal", gp_proposal}, {0},
};
