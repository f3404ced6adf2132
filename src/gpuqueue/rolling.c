/* rolling.c - the queue as it stands, run ahead with assumed run times.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/rolling.h"

#include "util/alloc.h"

#include <math.h>

struct aus_gpuqueue_rolling {
  aus_gpuqueue_rolling_conf conf;
  aus_gpuqueue_sim *fork; /* scratch */
};

int aus_gpuqueue_rolling_create(aus_gpuqueue_rolling **out, const aus_gpuqueue_rolling_conf *conf,
                                aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_sim_conf any = aus_gpuqueue_sim_clean(); /* copies take over that of the walk */
  aus_gpuqueue_rolling *r = NULL;

  *out = NULL;
  if (!(conf->pending_frac >= 0.0 && conf->pending_frac <= 1.0 && conf->growth >= 1.0 &&
        isfinite(conf->growth)))
    AUS_FAIL(err, AUS_EINVAL, "rolling: run times of %g of the limit, growth %g",
             conf->pending_frac, conf->growth);
  AUS_NEW(r, 1, err);
  r->conf = *conf;
  any.n_nodes = 1;
  AUS_TRY(aus_gpuqueue_sim_create(&r->fork, &any, err));
  *out = r;
  r = NULL;
done:
  aus_gpuqueue_rolling_destroy(r);
  return rc;
}

void aus_gpuqueue_rolling_destroy(aus_gpuqueue_rolling *r)
{
  if (!r) return;
  aus_gpuqueue_sim_destroy(r->fork);
  aus_free(r);
}

typedef struct guess {
  aus_gpuqueue_rolling_conf conf;
  int64_t pred_number;
} guess;

static int64_t run_s(const void *self, const aus_gpuqueue_seen *job, bool pending)
{
  const guess *g = self;
  double limit_s = (double)job->limit_min * 60.0, least_s = g->conf.pending_frac * limit_s;

  if (job->number == g->pred_number) return job->limit_min * 60;
  if (pending) return (int64_t)least_s;
  return (int64_t)fmax(least_s, g->conf.growth * (double)job->elapsed_s);
}

static int ask(void *self, const aus_gpuqueue_question *q, double *reward_h, aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_rolling *r = self;
  guess g = {r->conf, q->pred_number};
  int64_t number;
  aus_gpuqueue_job job = aus_gpuqueue_chain_job(q->pair.limit_min, q->pair.nodes, q->pred_id + 1,
                                                q->pair.t_decision_s);

  *reward_h = -(double)q->pair.limit_min / 60.0;
  if (q->t_pred_end_s == INT64_MAX) goto done;
  AUS_TRY(aus_gpuqueue_sim_copy(r->fork, aus_gpuqueue_walk_sim_const(q->walk), err));
  aus_gpuqueue_sim_close(r->fork);
  aus_gpuqueue_sim_assume(r->fork, run_s, &g);
  AUS_TRY(aus_gpuqueue_sim_submit(r->fork, &job, &number, err));
  AUS_TRY(aus_gpuqueue_sim_until_started(r->fork, number, NULL, err));
  *reward_h = (double)(aus_gpuqueue_sim_start_s(r->fork, number) - q->t_pred_end_s) / 3600.0;
done:
  return rc;
}

aus_gpuqueue_predictor aus_gpuqueue_rolling_predictor(aus_gpuqueue_rolling *r)
{
  return (aus_gpuqueue_predictor){
      .name = "rolling", .ask = ask, .self = r, .threshold_h = r->conf.threshold_h};
}
