/* campaigns.h - many campaigns of Bayesian optimisation through one engine, for any area.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The area makes one aus_bo per campaign (design/bo.h) and says how a point becomes a task and a result
 * a value; aus_campaigns_run() does the rest: proposals are jobs on any worker, points become trials in
 * index order, a stopped campaign calls off what is left. Trials are committed in index order, too, those of
 * a greedy campaign as they arrive; a resumed run repeats the order it had. The state of the optimisers is published as
 * /bo and as lines of /campaigns.
 */
#ifndef AUS_STUDY_CAMPAIGNS_H
#define AUS_STUDY_CAMPAIGNS_H

#include "design/bo.h"
#include "engine/engine.h"
#include "store/pub.h"
#include "study/trials.h"
#include "util/opt.h"

/* What a committed trial tells its optimiser. */
typedef struct aus_told {
  bool ok;      /* false: it failed, y is not used */
  double y;     /* to be minimised */
  bool reached; /* the area's own target is reached: the campaign stops */
} aus_told;

typedef struct aus_campaigns {
  /* Filled by the area. */
  int n;
  uint32_t first_id; /* campaigns have the ids first_id .. first_id + n - 1 */
  aus_bo **bo;
  uint16_t propose_kind; /* kind whose handler is aus_propose_run */
  void *self;
  /** Complete the task of trial `index` of campaign c: kind, scenario, needs, args (lent until the next
   * call); id and x are set. *ready = false: not yet, ask again after the next commit of this campaign. */
  int (*task)(void *self, int c, int64_t index, aus_task *task, bool *ready, aus_err *err);
  /** A trial was committed. */
  int (*commit)(void *self, int c, int64_t index, const aus_task *task, const aus_result *result,
                aus_told *told, aus_err *err);
  /** A job of the area's own was committed; may be NULL when it has none. */
  int (*job)(void *self, int c, const aus_task *task, const aus_result *result, aus_err *err);
  /* The runner's. */
  double utilisation; /* of the workers during the run */
  struct aus_campaign_state *state;
  aus_engine *engine;
} aus_campaigns;

/** The handler of a job that makes a proposal; its kind has no metrics. */
int aus_propose_run(void *self, aus_work *w, aus_err *err);

/** Run all campaigns until each has stopped. Rank 0.
 * @return codes of aus_engine_run() and of the callbacks; what a proposal failed with
 */
AUS_CHECKED int aus_campaigns_run(aus_campaigns *c, aus_engine *engine, aus_err *err);
void aus_campaigns_fini(aus_campaigns *c); /* the runner's part */

/** Add a job of the area's own to a campaign while it runs: sets its id. @return codes of aus_engine_add(). */
AUS_CHECKED int aus_campaigns_add_job(aus_campaigns *c, int campaign, aus_task *job, aus_err *err);

/** The line of /campaigns. base_trial: -1: none. Local. */
aus_campaign aus_campaigns_line(const aus_campaigns *c, int campaign, const char *kind,
                                int64_t base_trial, int64_t budget, int64_t lag);

/** Publish /bo: one row per committed trial, in order of campaign and commit (aus_bo_arrivals()); of greedy
 * campaigns also /bo/seen. parent: of all rows the trial index whose model it started from, -1: the base
 * model; NULL: no column.
 * @return codes of aus_pub_column(). Local. */
AUS_CHECKED int aus_campaigns_publish_bo(const aus_campaigns *c, const int64_t *parent,
                                         aus_pub *pub, aus_err *err);

/* Keys bo.* and gp.* of the engine section; they decide results and so belong to /config. */
extern const aus_opt aus_bo_opts[];
/** The optimiser's configuration from these keys; budget, target, patience are the area's. Local. */
aus_bo_conf aus_bo_conf_of(const aus_opts *opts);

#endif
