/* gpuqueue/sim_start.c - jobs start, jobs end.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/sim_state.h"

#include <string.h>

#include "util/alloc.h"

int64_t aus_gpuqueue_sim_free_s(const aus_gpuqueue_sim *s, int64_t t_start_s, int64_t run_s)
{
  int64_t u = s->conf.tick_s, n;

  if (u == 0) return t_start_s + run_s;
  n = (run_s + u - 1) / u;
  return t_start_s + (n < 1 ? 1 : n) * u;
}

static void remember_wait(aus_gpuqueue_sim *s, int64_t wait_s)
{
  if (s->n_recent == s->conf.n_recent)
    s->sum_recent_s -= s->recent[s->at_recent];
  else
    s->n_recent++;
  s->recent[s->at_recent] = wait_s;
  s->sum_recent_s += wait_s;
  s->at_recent = s->at_recent + 1 < s->conf.n_recent ? s->at_recent + 1 : 0;
}

/* Nodes from the top of the stack, as a list. The n_free of before. @return the first */
static int32_t take_nodes(aus_gpuqueue_sim *s, int32_t n)
{
  const int32_t *top = s->free_node + s->n_free;
  int32_t i;

  for (i = 1; i <= n; i++)
    s->next_node[top[-i]] = i < n ? top[-i - 1] : -1;
  return top[-1];
}

/* Back on the stack in the order in which they were taken. */
static int give_nodes(aus_gpuqueue_sim *s, const aus_gpuqueue_active *a, aus_err *err)
{
  int rc = AUS_OK;
  int64_t n = s->n_free;
  int32_t i;

  if (s->log) AUS_TRY(aus_grow(&s->node, &s->cap_node, s->n_node + a->nodes, sizeof *s->node, err));
  for (i = a->first_node; i >= 0; i = s->next_node[i]) {
    s->free_node[n++] = i;
    if (s->log) s->node[s->n_node++] = i;
  }
done:
  return rc;
}

int aus_gpuqueue_sim_start(aus_gpuqueue_sim *s, int64_t i, bool backfilled, aus_err *err)
{
  int rc = AUS_OK;
  const aus_gpuqueue_queued *q = &s->queued[i];
  int64_t t = s->now_s, t_free = aus_gpuqueue_sim_free_s(s, t, q->run_s);

  AUS_TRY(aus_grow(&s->active, &s->cap_active, s->n_active + 1, sizeof *s->active, err));
  s->active[s->n_active++] = (aus_gpuqueue_active){
      .number = q->number,
      .t_submit_s = q->t_submit_s,
      .t_start_s = t,
      .run_s = q->run_s,
      .t_limit_s = t + (int64_t)q->limit_min * 60,
      .t_free_s = t_free,
      .nodes = q->nodes,
      .limit_min = q->limit_min,
      .user = q->user,
      .first_node = s->n_ids > 0 ? take_nodes(s, q->nodes) : -1,
      .backfilled = backfilled,
  };
  if (t_free < s->t_free_s) s->t_free_s = t_free;
  s->n_free -= q->nodes;
  remember_wait(s, t - q->t_submit_s);
  if (s->n_users > 0) aus_gpuqueue_sim_account(s, q->user, q->nodes, 1);
  if (q->number >= s->trace->n) {
    s->own[q->number - s->trace->n].t_start_s = t;
    s->own[q->number - s->trace->n].backfilled = backfilled;
  }
done:
  return rc;
}

static int end_one(aus_gpuqueue_sim *s, const aus_gpuqueue_active *a, aus_err *err)
{
  int rc = AUS_OK;
  int64_t u = s->conf.tick_s > 0 ? s->conf.tick_s : 1;

  if (s->log) {
    AUS_TRY(aus_grow(&s->done, &s->cap_done, s->n_done + 1, sizeof *s->done, err));
    s->done[s->n_done++] = (aus_gpuqueue_done){.number = a->number,
                                               .t_submit_s = a->t_submit_s,
                                               .t_start_s = a->t_start_s,
                                               .t_end_s = a->t_start_s + a->run_s / u * u,
                                               .backfilled = a->backfilled,
                                               .first_node = s->n_ids > 0 ? s->n_node : -1};
  }
  if (s->n_ids > 0) AUS_TRY(give_nodes(s, a, err));
  s->n_free += a->nodes;
  if (s->n_users > 0) aus_gpuqueue_sim_account(s, a->user, -(int64_t)a->nodes, -1);
done:
  return rc;
}

int aus_gpuqueue_sim_complete(aus_gpuqueue_sim *s, int64_t t_s, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, n = 0;

  if (s->t_free_s > t_s) return AUS_OK;
  s->t_free_s = INT64_MAX;
  for (i = 0; i < s->n_active; i++) {
    const aus_gpuqueue_active *a = &s->active[i];

    if (a->t_free_s <= t_s) {
      AUS_TRY(end_one(s, a, err));
      continue;
    }
    if (a->t_free_s < s->t_free_s) s->t_free_s = a->t_free_s;
    if (n < i) s->active[n] = *a;
    n++;
  }
  s->n_active = n;
  s->dirty = true;
done:
  return rc;
}
