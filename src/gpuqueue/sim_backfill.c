/* gpuqueue/sim_backfill.c - which jobs of the queue start: head first, and backfill around reservations.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A backfill pass gives every job, in order, the earliest run of slots with enough free nodes (conservative
 * backfill); a job whose run begins in slot 0 starts. Only starts outlive a pass, so it ends behind the last job
 * that fits into the nodes free now, and it makes no plan while everything starts: running jobs only ever give
 * nodes back, so that without reservations a job fits for good when it fits now.
 *
 * Slots are searched backwards from the end of a run: a slot with too few nodes rules out every run over it. Such a
 * slot with the nodes it lacks (`deficit`) is the whole proof that an earlier run is impossible; as long as no
 * slot gains what it lacks, a later pass gives the same plan. aus_gpuqueue_sim_plan_until_s() says how long.
 */
#include <config.h>

#include "gpuqueue/sim_state.h"

#include <string.h>

/* More than any cluster has, and the same in every byte. */
enum { NO_DEFICIT = 0x7f7f7f7f };

/* Remove the jobs [from, to) of the queue. */
static void cut(aus_gpuqueue_sim *s, int64_t from, int64_t to)
{
  size_t n = (size_t)(s->n_queued - to);

  if (from == to) return;
  memmove(s->queued + from, s->queued + to, n * sizeof *s->queued);
  memmove(s->priority + from, s->priority + to, n * sizeof *s->priority);
  s->n_queued -= to - from;
}

int aus_gpuqueue_sim_fifo(aus_gpuqueue_sim *s, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  for (i = 0; i < s->n_queued && s->queued[i].nodes <= s->n_free; i++)
    AUS_TRY(aus_gpuqueue_sim_start(s, i, false, err));
  cut(s, 0, i);
done:
  return rc;
}

static int64_t looked_at(const aus_gpuqueue_sim *s)
{
  return s->n_queued < s->conf.bf_max_jobs ? s->n_queued : s->conf.bf_max_jobs;
}

bool aus_gpuqueue_sim_any_fits(const aus_gpuqueue_sim *s)
{
  int64_t i, n = looked_at(s);

  if (s->n_free == 0) return false;
  for (i = 0; i < n; i++)
    if (s->queued[i].nodes <= s->n_free) return true;
  return false;
}

/* Slots that a running job takes, at least 1. */
static int64_t slots_of(const aus_gpuqueue_sim *s, const aus_gpuqueue_active *a)
{
  int64_t left = a->t_limit_s - s->now_s, res = s->conf.bf_resolution_s;

  if (left > (s->n_slots - 1) * res) return s->n_slots;
  /* the window is short enough for 32 bits, which divide faster */
  return left > 0 ? (int64_t)(((uint32_t)left + (uint32_t)res - 1) / (uint32_t)res) : 1;
}

/* Free nodes per slot with the running jobs alone: they come back, they never go. */
static void begin_plan(aus_gpuqueue_sim *s)
{
  int64_t i, n = s->n_slots;
  int32_t free = (int32_t)s->n_free;

  memset(s->plan, 0, (size_t)(n + 1) * sizeof *s->plan);
  for (i = 0; i < s->n_active; i++)
    s->plan[slots_of(s, &s->active[i])] += s->active[i].nodes;
  for (i = 0; i < n; i++) {
    free += s->plan[i];
    s->plan[i] = free;
  }
  memset(s->deficit, NO_DEFICIT & 0xff, (size_t)n * sizeof *s->deficit);
  s->planned_ahead = true;
}

/* Slots are looked at in groups of so many, which compilers make one instruction or two. */
enum { GROUP = 8 };

/* Has any of a group too few nodes? */
static bool any_below(const int32_t *plan, int32_t nodes)
{
  int32_t lanes[GROUP / 2], j;

  for (j = 0; j < GROUP / 2; j++)
    lanes[j] = (plan[j] - nodes) | (plan[j + GROUP / 2] - nodes);
  return (lanes[0] | lanes[1] | lanes[2] | lanes[3]) < 0;
}

static void subtract(int32_t *plan, int64_t n, int32_t nodes)
{
  int64_t i;
  int j;

  for (i = 0; i + GROUP <= n; i += GROUP)
    for (j = 0; j < GROUP; j++)
      plan[i + j] -= nodes;
  for (; i < n; i++)
    plan[i] -= nodes;
}

/* Has the slot too few nodes? Then it is noted as a proof. */
static bool is_bad(const aus_gpuqueue_sim *s, int32_t nodes, int64_t slot)
{
  int32_t lacks = nodes - s->plan[slot];

  if (lacks > 0 && lacks < s->deficit[slot]) s->deficit[slot] = lacks;
  return lacks > 0;
}

/* Last slot of [from, to) with too few nodes; from - 1: none. */
static int64_t last_bad(const aus_gpuqueue_sim *s, int32_t nodes, int64_t from, int64_t to)
{
  const int32_t *plan = s->plan;
  int64_t i = to - 1;

  while (i - GROUP + 1 >= from && !any_below(plan + i - GROUP + 1, nodes))
    i -= GROUP;
  while (i >= from && plan[i] >= nodes)
    i--;
  return i >= from && is_bad(s, nodes, i) ? i : from - 1;
}

/* First slot of the earliest run; n_slots: none. The run's tail is cut at the end of the window. */
static int64_t find(const aus_gpuqueue_sim *s, int32_t nodes, int64_t need)
{
  int64_t from = 0, good = 0, n = s->n_slots, end, bad;

  while (from < n) {
    end = from + need < n ? from + need : n;
    bad = last_bad(s, nodes, good, end);
    if (bad < good) return from;
    from = bad + 1;
    good = end;
  }
  return n;
}

/* Slots [from, to). */
typedef struct span {
  int64_t from, to;
} span;

/* Reserve the earliest run. */
static span reserve(aus_gpuqueue_sim *s, const aus_gpuqueue_queued *q)
{
  span x = {.from = find(s, q->nodes, q->n_slots)};

  x.to = x.from + q->n_slots < s->n_slots ? x.from + q->n_slots : s->n_slots;
  subtract(s->plan + x.from, x.to - x.from, q->nodes);
  return x;
}

/* Last job that can still start in this pass, because free nodes only get fewer. What changed since `last` was
 * found is in `changed`. The slot that rules one job out often does so for the next one. */
static int64_t last_fit(const aus_gpuqueue_sim *s, int64_t i, int64_t last, span changed)
{
  int64_t bad = INT64_MAX;

  for (; last >= i; last--, changed = (span){0, s->n_slots}) {
    const aus_gpuqueue_queued *q = &s->queued[last];
    int64_t to = changed.to < q->n_slots ? changed.to : q->n_slots;

    if (q->nodes > s->n_free || (bad < to && is_bad(s, q->nodes, bad))) continue;
    if (!s->planned_ahead || changed.from >= to) break;
    bad = last_bad(s, q->nodes, changed.from, to);
    if (bad < changed.from) break;
  }
  return last;
}

int aus_gpuqueue_sim_backfill(aus_gpuqueue_sim *s, aus_err *err)
{
  int rc = AUS_OK;
  bool ticks = s->conf.tick_s > 0;
  span x = {0, 0};
  int64_t i, n_kept = 0, last = looked_at(s) - 1;

  s->planned_ahead = false;
  for (i = 0; (last = last_fit(s, i, last, x)) >= i; i++) {
    const aus_gpuqueue_queued *q = &s->queued[i];

    x = (span){1, 1};
    if (!aus_gpuqueue_sim_held(s, q)) {
      if (!s->planned_ahead && q->nodes > s->n_free) begin_plan(s);
      x = s->planned_ahead ? reserve(s, q) : (span){0, 0};
      if (x.from == 0) {
        AUS_TRY(aus_gpuqueue_sim_start(s, i, ticks ? i > 0 : n_kept > 0, err));
        continue;
      }
    }
    if (n_kept < i) {
      s->queued[n_kept] = *q;
      s->priority[n_kept] = s->priority[i];
    }
    n_kept++;
  }
  cut(s, n_kept, i);
done:
  return rc;
}

/* Every running job leaves its last slot once within bf_resolution_s; all that leave a slot count, whenever they do,
 * which may call for a pass too early but never too late. */
int64_t aus_gpuqueue_sim_plan_until_s(aus_gpuqueue_sim *s)
{
  int64_t i, slot, t, res = s->conf.bf_resolution_s, until = s->now_s + res;

  for (i = 0; i < s->n_active; i++) {
    slot = slots_of(s, &s->active[i]) - 1;
    if (s->deficit[slot] < NO_DEFICIT) s->deficit[slot] -= s->active[i].nodes;
  }
  for (i = 0; i < s->n_active; i++) {
    slot = slots_of(s, &s->active[i]) - 1;
    t = s->active[i].t_limit_s - slot * res;
    if (s->deficit[slot] <= 0 && t < until) until = t;
  }
  return until;
}
