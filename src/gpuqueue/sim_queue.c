/* gpuqueue/sim_queue.c - what arrives, and the order of the queue.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * With ticks a priority is a sum that grows by the same amount at the end of each tick, and its last bits count: the
 * additions may be put off (`owed`), not be made one product. Driven by events it is a formula of the time.
 */
#include <config.h>

#include "gpuqueue/sim_state.h"

#include <inttypes.h>
#include <string.h>

#include "util/alloc.h"

/* ---- arrivals ---- */

int64_t aus_gpuqueue_sim_rounded_s(const aus_gpuqueue_sim *s, int64_t t_s)
{
  int64_t u = s->conf.tick_s, rest = u > 0 ? t_s % u : 0;

  return t_s - (rest < 0 ? rest + u : rest);
}

int aus_gpuqueue_sim_check(const aus_gpuqueue_sim *s, const aus_gpuqueue_job *job, aus_err *err)
{
  int rc = AUS_OK;

  if (job->nodes < 1 || job->nodes > s->conf.n_nodes)
    AUS_FAIL(err, AUS_EINVAL, "job %" PRId64 " needs %d nodes, the cluster has %" PRId64, job->id,
             job->nodes, s->conf.n_nodes);
  if (job->limit_min < 1)
    AUS_FAIL(err, AUS_EINVAL, "job %" PRId64 ": limit is %d min, need >= 1", job->id,
             job->limit_min);
  if (job->run_s < 0)
    AUS_FAIL(err, AUS_EINVAL, "job %" PRId64 ": run time is %" PRId64 " s, need >= 0", job->id,
             job->run_s);
  if (s->n_users > 0 && (job->user < -1 || job->user >= s->n_users - 1))
    AUS_FAIL(err, AUS_EINVAL, "job %" PRId64 ": user is %d, need -1..%" PRId64, job->id, job->user,
             s->n_users - 2);
done:
  return rc;
}

/* As simulated: not before the beginning. */
static int64_t arrival_s(const aus_gpuqueue_sim *s, const aus_gpuqueue_job *job)
{
  int64_t t = aus_gpuqueue_sim_rounded_s(s, job->t_submit_s);

  return t < s->t0_s ? s->t0_s : t;
}

void aus_gpuqueue_sim_look_ahead(aus_gpuqueue_sim *s)
{
  const aus_gpuqueue_job *job = s->trace ? s->trace->job : NULL;

  while (s->next < s->end &&
         (job[s->next].t_submit_s < s->t0_s || job[s->next].t_submit_s > s->t1_s))
    s->next++;
  s->t_arrival_s = s->next < s->end ? arrival_s(s, &job[s->next]) : INT64_MAX;
  if (s->n_planned > 0 && s->own[s->planned[0]].t_arrive_s < s->t_arrival_s)
    s->t_arrival_s = s->own[s->planned[0]].t_arrive_s;
}

int aus_gpuqueue_sim_compare(int64_t ta, const aus_gpuqueue_job *a, int64_t tb,
                             const aus_gpuqueue_job *b)
{
  int by_id;

  if (ta != tb) return ta < tb ? -1 : 1;
  by_id = aus_gpuqueue_id_compare(a->id, b->id);
  if (by_id != 0) return by_id;
  return (a->t_submit_s > b->t_submit_s) - (a->t_submit_s < b->t_submit_s);
}

static int take_one(aus_gpuqueue_sim *s, aus_err *err)
{
  int rc = AUS_OK;
  const aus_gpuqueue_job *job = s->next < s->end ? &s->trace->job[s->next] : NULL;
  const aus_gpuqueue_own *own = s->n_planned > 0 ? &s->own[s->planned[0]] : NULL;

  if (!own ||
      (job && aus_gpuqueue_sim_compare(arrival_s(s, job), job, own->t_arrive_s, &own->job) <= 0)) {
    AUS_TRY(aus_gpuqueue_sim_enqueue(s, s->next, job, arrival_s(s, job), err));
    s->next++;
  } else {
    AUS_TRY(
        aus_gpuqueue_sim_enqueue(s, s->trace->n + s->planned[0], &own->job, own->t_arrive_s, err));
    s->n_planned--;
    memmove(s->planned, s->planned + 1, (size_t)s->n_planned * sizeof *s->planned);
  }
  aus_gpuqueue_sim_look_ahead(s);
done:
  return rc;
}

int aus_gpuqueue_sim_arrive(aus_gpuqueue_sim *s, aus_err *err)
{
  int rc = AUS_OK;

  if (s->t_arrival_s > s->now_s) return AUS_OK;
  aus_gpuqueue_sim_settle(s);
  while (s->t_arrival_s <= s->now_s)
    AUS_TRY(take_one(s, err));
  aus_gpuqueue_sim_sort(s);
  s->dirty = true;
done:
  return rc;
}

/* ---- the queue ---- */

int aus_gpuqueue_sim_enqueue(aus_gpuqueue_sim *s, int64_t number, const aus_gpuqueue_job *job,
                             int64_t t_submit_s, aus_err *err)
{
  int rc = AUS_OK;
  const aus_gpuqueue_sim_conf *c = &s->conf;
  int64_t limit_s = (int64_t)job->limit_min * 60;
  int64_t need = (limit_s + c->bf_resolution_s - 1) / c->bf_resolution_s;
  double base = c->size_weight * ((double)job->nodes / (double)c->n_nodes);

  AUS_TRY(aus_grow(&s->queued, &s->cap_queued, s->n_queued + 1, sizeof *s->queued, err));
  AUS_TRY(aus_grow(&s->priority, &s->cap_priority, s->n_queued + 1, sizeof *s->priority, err));
  if (c->logged_weight > 0 && job->priority == job->priority)
    base += c->logged_weight * job->priority;
  s->queued[s->n_queued] = (aus_gpuqueue_queued){
      .number = number,
      .t_submit_s = t_submit_s,
      .run_s = job->run_s < limit_s ? job->run_s : limit_s,
      .base = base,
      .nodes = job->nodes,
      .limit_min = job->limit_min,
      .n_slots = need < s->n_slots ? (int32_t)need : (int32_t)s->n_slots,
      .user = job->user,
  };
  s->priority[s->n_queued++] = base;
done:
  return rc;
}

static int64_t max_age_s(const aus_gpuqueue_sim *s)
{
  return (int64_t)(s->conf.max_age_days * 86400);
}

/* Additions of `step` one by one; eight sums at a time, because each waits for the one before it. */
static void add_often(double *x, int64_t n, int64_t times, double step)
{
  int64_t i, k;
  int j;

  for (i = 0; i + 8 <= n; i += 8) {
    double sum[8];

    memcpy(sum, x + i, sizeof sum);
    for (k = 0; k < times; k++)
      for (j = 0; j < 8; j++)
        sum[j] += step;
    memcpy(x + i, sum, sizeof sum);
  }
  for (; i < n; i++)
    for (k = 0; k < times; k++)
      x[i] += step;
}

/* With a cap every job has its own number of additions left. */
static void add_capped(aus_gpuqueue_sim *s, double step)
{
  int64_t t = s->now_s - s->owed * s->conf.tick_s, left, i;

  for (i = 0; i < s->n_queued; i++) {
    left = (max_age_s(s) - (t - s->queued[i].t_submit_s)) / s->conf.tick_s;
    if (left > 0) add_often(s->priority + i, 1, left < s->owed ? left : s->owed, step);
  }
}

void aus_gpuqueue_sim_settle(aus_gpuqueue_sim *s)
{
  const aus_gpuqueue_sim_conf *c = &s->conf;
  double step = c->age_weight * (double)c->tick_s / (c->max_age_days * 24 * 60 * 60);

  if (s->owed > 0 && c->age_cap)
    add_capped(s, step);
  else if (s->owed > 0)
    add_often(s->priority, s->n_queued, s->owed, step);
  s->owed = 0;
}

/* Priorities as they are at now. */
static void evaluate(aus_gpuqueue_sim *s)
{
  const aus_gpuqueue_sim_conf *c = &s->conf;
  double max = c->max_age_days * 86400, age;
  int64_t i;

  for (i = 0; i < s->n_queued; i++) {
    age = (double)(s->now_s - s->queued[i].t_submit_s) / max;
    if (c->age_cap && age > 1) age = 1;
    s->priority[i] = s->queued[i].base + c->age_weight * age;
    if (c->fairshare_weight > 0)
      s->priority[i] += c->fairshare_weight * aus_gpuqueue_sim_fair(s, s->queued[i].user);
  }
}

/* By insertion: the queue is nearly in order, and equal ones must stay as they are. */
bool aus_gpuqueue_sim_sort(aus_gpuqueue_sim *s)
{
  bool moved = false;
  int64_t i, k;

  if (s->conf.tick_s == 0) evaluate(s);
  for (i = 1; i < s->n_queued; i++) {
    aus_gpuqueue_queued q;
    double p = s->priority[i];

    if (!(s->priority[i - 1] < p)) continue;
    for (k = i - 1; k > 0 && s->priority[k - 1] < p; k--)
      continue;
    q = s->queued[i];
    memmove(s->queued + k + 1, s->queued + k, (size_t)(i - k) * sizeof q);
    memmove(s->priority + k + 1, s->priority + k, (size_t)(i - k) * sizeof p);
    s->queued[k] = q;
    s->priority[k] = p;
    moved = true;
  }
  return moved;
}
