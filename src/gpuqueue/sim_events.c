/* gpuqueue/sim_events.c - the clock that is driven by events, in whole seconds.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * At a time: jobs end, jobs arrive, a backfill pass; jobs without run time end at once, and then another pass. Besides
 * there is a pass at every multiple of bf_interval since 1970 (the slots of the plan move with time), which is
 * left out while the plan of the last one holds.
 */
#include <config.h>

#include "gpuqueue/sim_state.h"

/* First time from t on that lies on the grid. */
static int64_t grid_s(const aus_gpuqueue_sim *s, int64_t t_s)
{
  int64_t rest = t_s % s->conf.bf_interval;

  if (rest < 0) rest += s->conf.bf_interval;
  return rest == 0 ? t_s : t_s + s->conf.bf_interval - rest;
}

/* First time after now at which the order of the queue may be another one though nothing arrived. */
static int64_t order_until_s(const aus_gpuqueue_sim *s)
{
  int64_t i, t = INT64_MAX, max = (int64_t)(s->conf.max_age_days * 86400);

  if (s->conf.fairshare_weight > 0) return s->now_s + 1;
  for (i = 0; s->conf.age_cap && i < s->n_queued; i++)
    if (s->queued[i].t_submit_s + max < t) t = s->queued[i].t_submit_s + max;
  return t > s->now_s ? t : s->now_s + 1;
}

/* How long the pass just made stands for those of the grid. Jobs that it started may hold back others of their users,
 * which then have no reservation any more. */
static void look_ahead(aus_gpuqueue_sim *s, bool started)
{
  int64_t t;

  s->dirty = false;
  s->t_plan_s = s->t_wake_s = INT64_MAX;
  if (!aus_gpuqueue_sim_any_fits(s)) return;
  if (s->planned_ahead) s->t_plan_s = grid_s(s, aus_gpuqueue_sim_plan_until_s(s));
  if ((started && s->n_users > 0) || s->n_queued > s->conf.bf_max_jobs)
    s->t_plan_s = grid_s(s, s->now_s + 1);
  t = order_until_s(s);
  s->t_wake_s = t < s->t_plan_s ? grid_s(s, t) : s->t_plan_s;
}

static int pass(aus_gpuqueue_sim *s, aus_err *err)
{
  int rc = AUS_OK;
  int64_t n = s->n_active;
  bool moved = order_until_s(s) == s->now_s + 1 && aus_gpuqueue_sim_sort(s);

  if (s->dirty || moved || s->now_s >= s->t_plan_s) {
    AUS_TRY(aus_gpuqueue_sim_backfill(s, err));
    look_ahead(s, s->n_active > n);
  } else {
    s->t_wake_s = grid_s(s, s->now_s + 1);
  }
done:
  return rc;
}

static int whole_second(aus_gpuqueue_sim *s, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_gpuqueue_sim_complete(s, s->now_s, err));
  AUS_TRY(aus_gpuqueue_sim_arrive(s, err));
  AUS_TRY(pass(s, err));
  while (s->t_free_s <= s->now_s) {
    AUS_TRY(aus_gpuqueue_sim_complete(s, s->now_s, err));
    AUS_TRY(pass(s, err));
  }
  s->now_s++;
done:
  return rc;
}

int aus_gpuqueue_sim_event(aus_gpuqueue_sim *s, int64_t t_s, aus_err *err)
{
  int64_t next = s->dirty ? s->now_s : s->t_wake_s;

  if (s->t_arrival_s < next) next = s->t_arrival_s;
  if (s->t_free_s < next) next = s->t_free_s;
  if (next < s->now_s) next = s->now_s;
  if (next < t_s) {
    s->now_s = next;
    return whole_second(s, err);
  }
  if (t_s < INT64_MAX) s->now_s = t_s;
  return AUS_OK;
}
