/* sim_place.c - decisions of the scheduler: which replica gets a task.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Source: GitHub b-com/HeROsim (Knative, BPFF, HeROfake, HeROcache). Replicas are looked at in order of
 * platform ids; the first of equal ones wins. The order of additions is the original's.
 */
#include <config.h>

#include "serverless/kernel.h"

#include "util/alloc.h"
#include "util/rng.h"

#include <math.h>

typedef aus_serverless_sim sim;

static int32_t place_bpff(const sim *s, int f)
{
  const aus_function *fn = &s->function[f];
  int i;

  for (i = 0; i < fn->n_replicas; i++) {
    const aus_plat *plat = &s->plat[fn->replica[i]];

    if (s->node[plat->node].free_memory_gb >= s->memory_gb[aus_at(s, f, plat->type)])
      return fn->replica[i];
  }
  return fn->replica[0];
}

/* One draw per task, keyed by it: what other tasks get does not matter. */
static int32_t place_rp(const sim *s, int32_t t)
{
  const aus_function *fn = &s->function[s->task[t].function];
  aus_rng r = aus_rng_open(s->policy.seed, 0, (uint64_t)t, AUS_RNG_POLICY);

  return fn->replica[aus_rng_below(&r, (uint64_t)fn->n_replicas)];
}

static int32_t place_rr(sim *s, int f)
{
  const aus_function *fn = &s->function[f];
  int32_t best = fn->replica[0];
  int i;

  for (i = 1; i < fn->n_replicas; i++)
    if (s->plat[fn->replica[i]].n_given < s->plat[best].n_given) best = fn->replica[i];
  s->plat[best].n_given++;
  return best;
}

/* The k-fold sum x + x + ..., as the original adds up the queue. */
static int sums_reserve(aus_sums *sums, double x, int64_t k, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_grow(&sums->v, &sums->cap, k + 1, sizeof *sums->v, err));
  for (; sums->n <= k; sums->n++)
    sums->v[sums->n] = sums->n == 0 ? 0 : sums->v[sums->n - 1] + x;
done:
  return rc;
}

/* Execution times of the queued tasks whose QoS is at most as urgent as that of task t. All of them
 * are tasks of the replica's function, because a platform changes hands with an empty queue. */
static double queued_s(const sim *s, int32_t p, int f, int rank)
{
  const int32_t *count = &s->rank_count[p * s->n_ranks];
  int64_t n = 0;
  int r;

  for (r = rank; r < s->n_ranks; r++)
    n += count[r];
  return s->exec_sums[aus_at(s, f, s->plat[p].type)].v[n];
}

/* The clean kernel knows the start when the task is taken. */
static bool has_started(const sim *s, int32_t t)
{
  if (!aus_defect(s, 2)) return s->result.tasks.started[t] <= s->now;
  return s->task[t].stage >= AUS_STAGE_STARTED;
}

/* Cold start that the current task still has to pay. */
static double rest_of_cold(const sim *s, const aus_plat *plat)
{
  const aus_task *task;

  if (plat->current < 0) return 0;
  task = &s->task[plat->current];
  if (!task->cold_started || has_started(s, plat->current)) return 0;
  return s->cold_s[aus_at(s, task->function, plat->type)] -
         (s->now - s->result.tasks.arrived[plat->current]);
}

/* All of it when it has not started; D16: as if it had started at time 0. */
static double rest_of_exec(const sim *s, const aus_plat *plat)
{
  const aus_task *task;
  double started;

  if (plat->current < 0) return 0;
  task = &s->task[plat->current];
  started = has_started(s, plat->current) ? s->result.tasks.started[plat->current]
            : aus_defect(s, 16)           ? 0
                                          : s->now;
  return s->exec_s[aus_at(s, task->function, plat->type)] - (s->now - started);
}

/* Time until a task of f given to platform p now would be done, without transfers. */
static double expected_s(const sim *s, int32_t p, int f, int rank)
{
  const aus_plat *plat = &s->plat[p];
  int k = aus_at(s, f, plat->type);
  double next_cold = plat->previous < 0 && plat->current < 0 ? s->cold_s[k] : 0;

  return rest_of_cold(s, plat) + rest_of_exec(s, plat) + queued_s(s, p, f, rank) + next_cold +
         s->exec_s[k];
}

static const double w_place[] = {2.0 / 3, 0.5 / 6, 1.5 / 6}; /* penalty, energy, consolidation */

static int reserve_placement(sim *s, int f, aus_err *err)
{
  int rc = AUS_OK, i;
  const aus_function *fn = &s->function[f];

  AUS_TRY(aus_serverless_choice_reserve(s, fn->n_replicas, err));
  for (i = 0; i < fn->n_replicas; i++) {
    const aus_plat *plat = &s->plat[fn->replica[i]];
    int k = aus_at(s, f, plat->type);

    if (s->exec_sums[k].n <= plat->q_len)
      AUS_TRY(sums_reserve(&s->exec_sums[k], s->exec_s[k], plat->q_len, err));
  }
done:
  return rc;
}

static int place_hro(sim *s, int32_t t, int32_t *out, aus_err *err)
{
  int rc = AUS_OK, f = s->task[t].function, rank = s->rank[s->trace->qos[s->task[t].app]], i;
  const aus_function *fn = &s->function[f];
  double deadline = aus_task_deadline(s, t);

  AUS_TRY(reserve_placement(s, f, err));
  for (i = 0; i < fn->n_replicas; i++) {
    int32_t p = fn->replica[i], q = s->plat[p].q_len;

    s->choice[i] = p;
    s->score[0][i] = expected_s(s, p, f, rank) > deadline;
    s->score[1][i] = s->energy_kwh[aus_at(s, f, s->plat[p].type)];
    s->score[2][i] = 1.0 / (q > 1 ? q : 1);
  }
  *out = aus_serverless_best_choice(s, fn->n_replicas, 3, w_place);
done:
  return rc;
}

int aus_serverless_place(sim *s, int32_t t, int32_t *out, aus_err *err)
{
  const aus_function *fn = &s->function[s->task[t].function];

  switch (s->policy.placer) {
  case AUS_SERVERLESS_PLACE_HRO:
    return place_hro(s, t, out, err);
  case AUS_SERVERLESS_PLACE_BPFF:
    *out = place_bpff(s, s->task[t].function);
    break;
  case AUS_SERVERLESS_PLACE_RP:
    *out = place_rp(s, t);
    break;
  case AUS_SERVERLESS_PLACE_RR:
    *out = place_rr(s, s->task[t].function);
    break;
  case AUS_SERVERLESS_PLACE_HRC: /* placed by look_end */
  case AUS_SERVERLESS_PLACE_KN:
    *out = aus_shortest(s, fn);
    break;
  }
  return AUS_OK;
}

int aus_serverless_look_begin(sim *s, int32_t t, aus_err *err)
{
  return aus_serverless_choice_reserve(s, s->function[s->task[t].function].n_replicas, err);
}

static double output_s(const sim *s, int32_t t, const aus_disk *d)
{
  return aus_output_bytes(s, t) / d->write_bps + d->write_latency_s;
}

static double input_s(const sim *s, int32_t t, const aus_disk *d)
{
  return aus_input_bytes(s, t) / d->read_bps + d->read_latency_s;
}

int aus_serverless_look(sim *s, int32_t t, int32_t storage, aus_err *err)
{
  int rc = AUS_OK, f = s->task[t].function, rank = s->rank[s->trace->qos[s->task[t].app]],
      i = s->sc_look;
  int32_t p = s->function[f].replica[i];
  const aus_plat *plat = &s->plat[p];
  const aus_disk *d = &s->disk[storage];
  int k = aus_at(s, f, plat->type);
  double time, ratio = plat->q_len / s->target[k];

  AUS_TRY(sums_reserve(&s->exec_sums[k], s->exec_s[k], plat->q_len, err));
  time = expected_s(s, p, f, rank) + input_s(s, t, d) + output_s(s, t, d);
  if (plat->current >= 0) time += output_s(s, plat->current, d);
  s->choice[i] = p;
  s->score[0][i] = time > aus_task_deadline(s, t);
  s->score[1][i] = s->energy_kwh[k];
  s->score[2][i] = exp(ratio <= s->policy.queue_length ? ratio : s->policy.queue_length);
done:
  return rc;
}

int32_t aus_serverless_look_end(sim *s, int32_t t)
{
  return aus_serverless_best_choice(s, s->function[s->task[t].function].n_replicas, 3, w_place);
}
