/* gpuqueue_sim_literal.c - the queue driven by events against a second one that takes its rules literally.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * There is no golden data for this clock. The queue in this file has a pass at every multiple of bf_interval and after
 * every event, orders all jobs by their priority each time, makes a plan for all of them slot by slot, forwards,
 * and skips nothing. Past use is summed up over all jobs. Both must agree in every start, end and flag.
 */
#include <config.h>

#include "unit/check.h"

#include "unit/gpuqueue_random.h"

enum { N_JOBS = 90, MAX_SLOTS = 64, N_TRACES = 16 };

typedef struct job {
  const aus_gpuqueue_job *of;
  int64_t t_start_s;
  bool running, backfilled;
  double priority;
} job;

typedef struct queue {
  aus_gpuqueue_sim_conf conf;
  const aus_gpuqueue_trace *trace;
  job job[N_JOBS];
  job *waits[N_JOBS];
  int n_waits, n_slots;
  int64_t t_s;
} queue;

/* Node-seconds of a user at t (-1: of all), older ones counted less. */
static double past_use(const queue *q, int32_t user)
{
  double h = q->conf.fairshare_half_life_days * 86400, sum = 0, from, to;
  int i;

  for (i = 0; i < q->trace->n; i++) {
    const job *j = &q->job[i];

    if (j->t_start_s == AUS_GPUQUEUE_NEVER || (user >= 0 && j->of->user != user)) continue;
    from = (double)(q->t_s - j->t_start_s);
    to = j->running ? 0 : fmax(0, from - (double)j->of->run_s);
    sum += j->of->nodes * h / log(2) * (exp2(-to / h) - exp2(-from / h));
  }
  return sum;
}

static double priority(const queue *q, const job *j)
{
  const aus_gpuqueue_sim_conf *c = &q->conf;
  double age = (double)(q->t_s - j->of->t_submit_s) / (c->max_age_days * 86400), all, p;

  if (c->age_cap) age = fmin(age, 1);
  p = c->size_weight * ((double)j->of->nodes / (double)c->n_nodes);
  if (c->logged_weight > 0 && isfinite(j->of->priority)) p += c->logged_weight * j->of->priority;
  p += c->age_weight * age;
  if (c->fairshare_weight > 0) {
    all = past_use(q, -1);
    p += c->fairshare_weight *
         (j->of->user < 0 ? 0.5
          : all > 0       ? exp2(-past_use(q, j->of->user) / all * (double)q->trace->n_users)
                          : 1);
  }
  return p;
}

static void order(queue *q)
{
  int i, k;

  for (i = 0; i < q->n_waits; i++)
    q->waits[i]->priority = priority(q, q->waits[i]);
  for (i = 1; i < q->n_waits; i++)
    for (k = i; k > 0 && q->waits[k - 1]->priority < q->waits[k]->priority; k--) {
      job *x = q->waits[k];

      q->waits[k] = q->waits[k - 1];
      q->waits[k - 1] = x;
    }
}

static bool held(const queue *q, const job *j)
{
  int64_t n = 0, nodes = 0;
  int i;

  if (j->of->user < 0) return false;
  for (i = 0; i < q->trace->n; i++)
    if (q->job[i].running && q->job[i].of->user == j->of->user) {
      n++;
      nodes += q->job[i].of->nodes;
    }
  if (n == 0) return false;
  return (q->conf.user_max_jobs > 0 && n >= q->conf.user_max_jobs) ||
         (q->conf.user_max_nodes > 0 && nodes + j->of->nodes > q->conf.user_max_nodes);
}

static void take(queue *q, int64_t *free, int from, const job *j)
{
  int64_t need = (j->of->limit_min * 60 + q->conf.bf_resolution_s - 1) / q->conf.bf_resolution_s;
  int i;

  for (i = from; i < q->n_slots && i < from + need; i++)
    free[i] -= j->of->nodes;
}

static int first_run(const queue *q, const int64_t *free, const job *j)
{
  int64_t need = (j->of->limit_min * 60 + q->conf.bf_resolution_s - 1) / q->conf.bf_resolution_s;
  int s, i;

  for (s = 0; s < q->n_slots; s++) {
    for (i = s; i < q->n_slots && i < s + need && free[i] >= j->of->nodes; i++)
      continue;
    if (i == q->n_slots || i == s + need) return s;
  }
  return q->n_slots;
}

static void free_nodes(const queue *q, int64_t *free)
{
  int s, i;

  for (s = 0; s < q->n_slots; s++) {
    free[s] = q->conf.n_nodes;
    for (i = 0; i < q->trace->n; i++)
      if (q->job[i].running &&
          q->t_s + s * q->conf.bf_resolution_s < q->job[i].t_start_s + q->job[i].of->limit_min * 60)
        free[s] -= q->job[i].of->nodes;
  }
}

/* No job in the queue has a later reservation because jobs behind it have started. */
static void check_reservations(queue *q, const int *slot)
{
  int64_t free[MAX_SLOTS];
  int i, s;

  free_nodes(q, free);
  for (i = 0; i < q->n_waits; i++) {
    if (slot[i] < 0) continue;
    s = first_run(q, free, q->waits[i]);
    if (s > slot[i]) fail_msg("a reservation went from slot %d to %d", slot[i], s);
    take(q, free, s, q->waits[i]);
  }
}

/* @return true: a job that ends at once has started */
static bool pass(queue *q)
{
  int64_t free[MAX_SLOTS];
  int slot[N_JOBS], i, n = 0, s;
  bool again = false;

  order(q);
  free_nodes(q, free);
  for (i = 0; i < q->n_waits; i++) {
    job *j = q->waits[i];

    s = -1;
    if (!held(q, j)) {
      s = first_run(q, free, j);
      take(q, free, s, j);
    }
    if (s == 0) {
      j->t_start_s = q->t_s;
      j->running = true;
      j->backfilled = n > 0;
      again = again || j->of->run_s == 0;
      continue;
    }
    slot[n] = s;
    q->waits[n++] = j;
  }
  q->n_waits = n;
  check_reservations(q, slot);
  return again;
}

static bool end_jobs(queue *q)
{
  bool any = false;
  int i;

  for (i = 0; i < q->trace->n; i++)
    if (q->job[i].running && q->job[i].t_start_s + q->job[i].of->run_s <= q->t_s) {
      q->job[i].running = false;
      any = true;
    }
  return any;
}

static bool arrive(queue *q, int *next)
{
  int before = *next;

  for (; *next < q->trace->n && q->trace->job[*next].t_submit_s <= q->t_s; ++*next)
    q->waits[q->n_waits++] = &q->job[*next];
  return *next > before;
}

static bool runs(const queue *q)
{
  int i;

  for (i = 0; i < q->trace->n; i++)
    if (q->job[i].running) return true;
  return false;
}

static void simulate(queue *q)
{
  bool event;
  int i, next = 0;

  q->n_slots = (int)(q->conf.bf_window_min * 60 / q->conf.bf_resolution_s);
  assert_true(q->n_slots <= MAX_SLOTS && q->trace->n <= N_JOBS);
  for (i = 0; i < q->trace->n; i++)
    q->job[i] = (job){.of = &q->trace->job[i], .t_start_s = AUS_GPUQUEUE_NEVER};
  for (q->t_s = q->trace->job[0].t_submit_s; next < q->trace->n || q->n_waits > 0 || runs(q);
       q->t_s++) {
    event = end_jobs(q);
    event = arrive(q, &next) || event;
    if (!event && q->t_s % q->conf.bf_interval != 0) continue;
    while (pass(q))
      end_jobs(q);
  }
}

static void compare(uint64_t seed, int kind, const queue *q)
{
  aus_gpuqueue_sim *s = finished(&q->conf, q->trace);
  const aus_gpuqueue_log log = aus_gpuqueue_sim_log(s);
  int64_t i;

  assert_int_equal(log.n, q->trace->n);
  for (i = 0; i < log.n; i++) {
    const aus_gpuqueue_done *d = &log.done[i];
    const job *j = &q->job[d->number];

    if (d->t_start_s != j->t_start_s || d->backfilled != j->backfilled)
      fail_msg("trace %d, kind %d, job %lld: starts at %lld (%d), want %lld (%d)", (int)seed, kind,
               (long long)d->number, (long long)d->t_start_s, d->backfilled,
               (long long)j->t_start_s, j->backfilled);
    assert_int_equal(d->t_end_s, j->t_start_s + j->of->run_s);
    assert_int_equal(d->t_submit_s, j->of->t_submit_s);
  }
  aus_gpuqueue_sim_destroy(s);
}

static void test_literal(void **state)
{
  int kind = *(const int *)*state;
  uint64_t seed;

  for (seed = 1; seed <= N_TRACES; seed++) {
    int64_t nodes = 3 + (int64_t)(seed * 7 % 29);
    aus_gpuqueue_trace t;
    queue q = {.trace = &t, .conf = conf_of(kind, nodes)};

    random_jobs(&t, seed, N_JOBS, nodes, 1);
    if (kind == EVENTS && seed % 2 == 0) q.conf.max_age_days = 0.1;
    if (kind == EVENTS && seed % 3 == 0) q.conf.age_cap = false;
    if (seed % 4 == 0) q.conf.bf_resolution_s = 700;
    simulate(&q);
    compare(seed, kind, &q);
    aus_gpuqueue_trace_fini(&t);
  }
}

int main(void)
{
  static int events = EVENTS, users = USERS;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_prestate(test_literal, &events),
      cmocka_unit_test_prestate(test_literal, &users),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
