/* gpuqueue/sim.c - a batch queue: memory, forks, steps, and what may be asked.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/sim.h"

#include <inttypes.h>
#include <string.h>

#include "gpuqueue/sim_state.h"
#include "util/alloc.h"

enum { EVENTS_PER_LOOK = 256 };

aus_gpuqueue_sim_conf aus_gpuqueue_sim_compat(void)
{
  return (aus_gpuqueue_sim_conf){.tick_s = 60,
                                 .age_weight = 7000,
                                 .max_age_days = 7,
                                 .size_weight = 100,
                                 .bf_interval = 10,
                                 .bf_window_min = 2880,
                                 .bf_resolution_s = 600,
                                 .bf_max_jobs = 3000,
                                 .n_recent = 100,
                                 .fairshare_half_life_days = 7};
}

aus_gpuqueue_sim_conf aus_gpuqueue_sim_clean(void)
{
  aus_gpuqueue_sim_conf c = aus_gpuqueue_sim_compat();

  c.tick_s = 0;
  c.age_cap = true;
  c.bf_interval = 30;
  return c;
}

/* ---- memory ---- */

/* The arrays that make up a state: where the pointer, its room and the number in use are. */
typedef struct array {
  size_t at, cap, n, size;
} array;

#define ARRAY(name, count)                                                        \
  {                                                                               \
    offsetof(aus_gpuqueue_sim, name), offsetof(aus_gpuqueue_sim, cap_##name),     \
        offsetof(aus_gpuqueue_sim, count), sizeof *((aus_gpuqueue_sim *)0)->name, \
  }
static const array arrays[] = {
    ARRAY(queued, n_queued), ARRAY(priority, n_queued), ARRAY(active, n_active),
    ARRAY(own, n_own),       ARRAY(planned, n_planned), ARRAY(recent, n_recent),
    ARRAY(user, n_users),    ARRAY(free_node, n_ids),   ARRAY(next_node, n_ids),
    ARRAY(plan, n_plan),     ARRAY(deficit, n_plan),
};
#undef ARRAY
enum { N_ARRAYS = sizeof arrays / sizeof *arrays };

static void *pointer_of(const aus_gpuqueue_sim *s, int i)
{
  void *p;

  memcpy(&p, (const char *)s + arrays[i].at, sizeof p);
  return p;
}

static int64_t *int_of(aus_gpuqueue_sim *s, size_t at)
{
  return (int64_t *)(void *)((char *)s + at);
}

static int room(aus_gpuqueue_sim *s, int i, int64_t n, aus_err *err)
{
  return aus_grow((char *)s + arrays[i].at, int_of(s, arrays[i].cap), n, arrays[i].size, err);
}

void aus_gpuqueue_sim_destroy(aus_gpuqueue_sim *s)
{
  int i;

  if (!s) return;
  for (i = 0; i < N_ARRAYS; i++)
    aus_free(pointer_of(s, i));
  aus_free(s->done);
  aus_free(s->node);
  aus_free(s);
}

/* ---- create ---- */

static int check_times(const aus_gpuqueue_sim_conf *c, aus_err *err)
{
  int rc = AUS_OK;

  if (c->tick_s != 0 && c->tick_s != 1 && c->tick_s != 60)
    AUS_FAIL(err, AUS_EINVAL, "tick is %" PRId64 " s, need 60, 1 or 0 (events)", c->tick_s);
  if (c->bf_interval < 1)
    AUS_FAIL(err, AUS_EINVAL, "bf_interval is %" PRId64 ", need >= 1", c->bf_interval);
  if (c->bf_window_min < 1 || c->bf_window_min > 1000000)
    AUS_FAIL(err, AUS_EINVAL, "bf_window is %" PRId64 " min, need 1..1000000", c->bf_window_min);
  if (c->bf_resolution_s < 1 || c->bf_resolution_s > c->bf_window_min * 60)
    AUS_FAIL(err, AUS_EINVAL, "bf_resolution is %" PRId64 " s, need 1 s to the window's %" PRId64,
             c->bf_resolution_s, c->bf_window_min * 60);
  if (c->bf_window_min * 60 / c->bf_resolution_s > 1000000)
    AUS_FAIL(err, AUS_EINVAL, "bf_window / bf_resolution is %" PRId64 " slots, need <= 1000000",
             c->bf_window_min * 60 / c->bf_resolution_s);
  if (c->bf_max_jobs < 1)
    AUS_FAIL(err, AUS_EINVAL, "bf_max_jobs is %" PRId64 ", need >= 1", c->bf_max_jobs);
done:
  return rc;
}

static int check_weights(const aus_gpuqueue_sim_conf *c, aus_err *err)
{
  int rc = AUS_OK;

  if (!(c->age_weight >= 0 && c->size_weight >= 0 && c->fairshare_weight >= 0 &&
        c->logged_weight >= 0))
    AUS_FAIL(err, AUS_EINVAL, "a weight is not a number >= 0");
  if (!(c->max_age_days > 0 && c->max_age_days <= 1e6 && c->fairshare_half_life_days > 0))
    AUS_FAIL(err, AUS_EINVAL, "max_age_days is %g, fairshare_half_life_days %g, need > 0",
             c->max_age_days, c->fairshare_half_life_days);
  if (c->user_max_jobs < 0 || c->user_max_nodes < 0)
    AUS_FAIL(err, AUS_EINVAL, "a limit per user is negative");
  if (c->tick_s > 0 && (aus_gpuqueue_sim_by_user(c) || c->logged_weight > 0))
    AUS_FAIL(err, AUS_EINVAL,
             "limits per user, fair share and logged priorities are not for a clock with ticks");
done:
  return rc;
}

static int check_conf(const aus_gpuqueue_sim_conf *c, aus_err *err)
{
  int rc = AUS_OK;

  if (c->n_nodes < 1 || c->n_nodes > 1000000000)
    AUS_FAIL(err, AUS_EINVAL, "the cluster has %" PRId64 " nodes, need 1..1000000000", c->n_nodes);
  if (c->n_recent < 1) AUS_FAIL(err, AUS_EINVAL, "n_recent is %" PRId64 ", need >= 1", c->n_recent);
  AUS_TRY(check_times(c, err));
  AUS_TRY(check_weights(c, err));
done:
  return rc;
}

int aus_gpuqueue_sim_create(aus_gpuqueue_sim **out, const aus_gpuqueue_sim_conf *conf, aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_sim *s = NULL;

  *out = NULL;
  AUS_TRY(check_conf(conf, err));
  AUS_NEW(s, 1, err);
  s->conf = *conf;
  s->t_arrival_s = s->t_free_s = s->t_plan_s = s->t_wake_s = INT64_MAX;
  s->n_free = conf->n_nodes;
  *out = s;
  s = NULL;
done:
  aus_gpuqueue_sim_destroy(s);
  return rc;
}

/* ---- load ---- */

/* An empty cluster; every array as long as it must be. */
static int clear(aus_gpuqueue_sim *s, const aus_gpuqueue_trace *trace, int64_t t0_s, aus_err *err)
{
  int rc = AUS_OK, i;
  const aus_gpuqueue_sim_conf *c = &s->conf;

  s->trace = trace;
  s->now_s = s->t0_s = t0_s;
  s->n_queued = s->n_active = s->n_own = s->n_planned = 0;
  s->n_free = c->n_nodes;
  s->t_free_s = s->t_plan_s = s->t_wake_s = INT64_MAX;
  s->count = s->owed = 0;
  s->dirty = s->planned_ahead = false;
  s->at_recent = s->sum_recent_s = 0;
  s->n_done = s->n_node = 0;
  s->all_users = (aus_gpuqueue_user){.t_s = t0_s};
  s->n_slots = c->bf_window_min * 60 / c->bf_resolution_s;
  s->n_plan = s->n_slots + 1;
  s->n_users = aus_gpuqueue_sim_by_user(c) ? trace->n_users + 1 : 0;
  s->n_ids = c->node_ids ? c->n_nodes : 0;
  s->n_recent = c->n_recent;
  for (i = 0; i < N_ARRAYS; i++)
    AUS_TRY(room(s, i, *int_of(s, arrays[i].n), err));
  s->n_recent = 0;
done:
  return rc;
}

static void fill(aus_gpuqueue_sim *s)
{
  int64_t i;

  for (i = 0; i < s->n_ids; i++)
    s->free_node[i] = (int32_t)i;
  for (i = 0; i < s->n_users; i++)
    s->user[i] = (aus_gpuqueue_user){.t_s = s->t0_s};
}

int aus_gpuqueue_sim_load(aus_gpuqueue_sim *s, const aus_gpuqueue_trace *trace, int64_t t0_s,
                          int64_t t1_s, bool log, aus_err *err)
{
  int rc = AUS_OK;
  const int64_t order_s = s->conf.tick_s == 60 ? 60 : 1, far = INT64_C(1) << 60;
  int64_t i;

  if (trace->n > 0 && trace->tick_s != order_s)
    AUS_FAIL(err, AUS_EINVAL, "the trace is in the order of ticks of %" PRId64 " s, need %" PRId64,
             trace->tick_s, order_s);
  if (t0_s < -far || t0_s > far) AUS_FAIL(err, AUS_EINVAL, "the beginning is no time");
  AUS_TRY(clear(s, trace, t0_s, err));
  fill(s);
  s->log = log;
  s->t1_s = t1_s;
  s->next = aus_gpuqueue_trace_find(trace, aus_gpuqueue_sim_rounded_s(s, t0_s));
  s->end = t1_s < far ? aus_gpuqueue_trace_find(trace, t1_s + 1) : trace->n;
  for (i = s->next; i < s->end; i++)
    AUS_TRY(aus_gpuqueue_sim_check(s, &trace->job[i], err));
  aus_gpuqueue_sim_look_ahead(s);
done:
  return rc;
}

int aus_gpuqueue_sim_copy(aus_gpuqueue_sim *to, const aus_gpuqueue_sim *from, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_gpuqueue_sim old;

  for (i = 0; i < N_ARRAYS; i++) {
    int64_t n;

    memcpy(&n, (const char *)from + arrays[i].n, sizeof n);
    if (arrays[i].at == offsetof(aus_gpuqueue_sim, recent)) n = from->conf.n_recent;
    AUS_TRY(room(to, i, n, err));
  }
  old = *to;
  *to = *from;
  for (i = 0; i < N_ARRAYS; i++) {
    memcpy((char *)to + arrays[i].at, (const char *)&old + arrays[i].at, sizeof(void *));
    *int_of(to, arrays[i].cap) = *int_of(&old, arrays[i].cap);
    if (arrays[i].n != offsetof(aus_gpuqueue_sim, n_plan) && *int_of(to, arrays[i].n) > 0)
      memcpy(pointer_of(to, i), pointer_of(from, i),
             (size_t)*int_of(to, arrays[i].n) * arrays[i].size);
  }
  to->log = false;
  to->done = old.done;
  to->node = old.node;
  to->cap_done = old.cap_done;
  to->cap_node = old.cap_node;
  to->n_done = to->n_node = 0;
done:
  return rc;
}

/* ---- steps ---- */

int64_t aus_gpuqueue_sim_now_s(const aus_gpuqueue_sim *s)
{
  return s->now_s;
}

static int one(aus_gpuqueue_sim *s, int64_t t_s, aus_err *err)
{
  return s->conf.tick_s > 0 ? aus_gpuqueue_sim_tick(s, t_s, err)
                            : aus_gpuqueue_sim_event(s, t_s, err);
}

/* Every so often: is it still wanted? */
static int look_up(int64_t i, const aus_poll *poll, aus_err *err)
{
  int rc = AUS_OK;

  if (i % EVENTS_PER_LOOK == 0 && aus_poll_now(poll) != AUS_POLL_CONTINUE)
    AUS_FAIL(err, AUS_ECANCEL, "cancelled");
done:
  return rc;
}

int aus_gpuqueue_sim_advance(aus_gpuqueue_sim *s, int64_t t_s, const aus_poll *poll, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, u = s->conf.tick_s;

  if (u > 0 && t_s > s->now_s) t_s = s->now_s + (t_s - s->now_s) / u * u;
  for (i = 0; s->now_s < t_s; i++) {
    AUS_TRY(look_up(i, poll, err));
    AUS_TRY(one(s, t_s, err));
  }
done:
  return rc;
}

int aus_gpuqueue_sim_step(aus_gpuqueue_sim *s, aus_err *err)
{
  return one(s, s->conf.tick_s > 0 ? s->now_s + s->conf.tick_s : INT64_MAX, err);
}

static bool is_over(const aus_gpuqueue_sim *s)
{
  return s->t_arrival_s == INT64_MAX && s->n_queued == 0 && s->n_active == 0;
}

int aus_gpuqueue_sim_finish(aus_gpuqueue_sim *s, const aus_poll *poll, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  for (i = 0; !is_over(s); i++) {
    AUS_TRY(look_up(i, poll, err));
    AUS_TRY(one(s, INT64_MAX, err));
  }
done:
  return rc;
}

int aus_gpuqueue_sim_until_started(aus_gpuqueue_sim *s, int64_t number, const aus_poll *poll,
                                   aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, k = s->trace ? number - s->trace->n : -1;

  if (k < 0 || k >= s->n_own)
    AUS_FAIL(err, AUS_EINVAL, "job %" PRId64 " was neither planned nor submitted", number);
  for (i = 0; s->own[k].t_start_s == AUS_GPUQUEUE_NEVER; i++) {
    if (is_over(s)) AUS_FAIL(err, AUS_EINVAL, "job %" PRId64 " never arrives", number);
    AUS_TRY(look_up(i, poll, err));
    AUS_TRY(one(s, INT64_MAX, err));
  }
done:
  return rc;
}

/* ---- jobs of the caller's own ---- */

static int add_own(aus_gpuqueue_sim *s, const aus_gpuqueue_job *job, int64_t t_arrive_s,
                   int64_t *number, aus_err *err)
{
  int rc = AUS_OK;

  *number = -1;
  AUS_TRY(aus_gpuqueue_sim_check(s, job, err));
  AUS_TRY(aus_grow(&s->own, &s->cap_own, s->n_own + 1, sizeof *s->own, err));
  s->own[s->n_own] =
      (aus_gpuqueue_own){.job = *job, .t_arrive_s = t_arrive_s, .t_start_s = AUS_GPUQUEUE_NEVER};
  *number = s->trace->n + s->n_own++;
done:
  return rc;
}

int aus_gpuqueue_sim_plan(aus_gpuqueue_sim *s, const aus_gpuqueue_job *job, int64_t *number,
                          aus_err *err)
{
  int rc = AUS_OK;
  int64_t t = aus_gpuqueue_sim_rounded_s(s, job->t_submit_s), i;

  *number = -1;
  if (job->t_submit_s < s->now_s)
    AUS_FAIL(err, AUS_EINVAL, "job %" PRId64 " would arrive %" PRId64 " s ago", job->id,
             s->now_s - job->t_submit_s);
  AUS_TRY(aus_grow(&s->planned, &s->cap_planned, s->n_planned + 1, sizeof *s->planned, err));
  AUS_TRY(add_own(s, job, t < s->now_s ? s->now_s : t, number, err));
  for (i = s->n_planned++; i > 0; i--) {
    const aus_gpuqueue_own *a = &s->own[s->planned[i - 1]], *b = &s->own[s->n_own - 1];

    if (aus_gpuqueue_sim_compare(a->t_arrive_s, &a->job, b->t_arrive_s, &b->job) <= 0) break;
    s->planned[i] = s->planned[i - 1];
  }
  s->planned[i] = s->n_own - 1;
  aus_gpuqueue_sim_look_ahead(s);
done:
  return rc;
}

int aus_gpuqueue_sim_submit(aus_gpuqueue_sim *s, const aus_gpuqueue_job *job, int64_t *number,
                            aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(add_own(s, job, s->now_s, number, err));
  aus_gpuqueue_sim_settle(s);
  AUS_TRY(aus_gpuqueue_sim_enqueue(s, *number, job, s->now_s, err));
  aus_gpuqueue_sim_sort(s);
  s->dirty = true;
done:
  return rc;
}

void aus_gpuqueue_sim_close(aus_gpuqueue_sim *s)
{
  s->next = s->end;
  s->n_planned = 0;
  aus_gpuqueue_sim_look_ahead(s);
}

int64_t aus_gpuqueue_sim_start_s(const aus_gpuqueue_sim *s, int64_t number)
{
  return s->own[number - s->trace->n].t_start_s;
}

bool aus_gpuqueue_sim_backfilled(const aus_gpuqueue_sim *s, int64_t number)
{
  return s->own[number - s->trace->n].backfilled;
}

/* ---- questions ---- */

int64_t aus_gpuqueue_sim_next_arrival_s(const aus_gpuqueue_sim *s)
{
  return s->t_arrival_s;
}

double aus_gpuqueue_sim_recent_s(const aus_gpuqueue_sim *s)
{
  return s->n_recent > 0 ? (double)s->sum_recent_s / (double)s->n_recent : 0;
}

int64_t aus_gpuqueue_sim_n_pending(const aus_gpuqueue_sim *s)
{
  return s->n_queued;
}

int64_t aus_gpuqueue_sim_n_running(const aus_gpuqueue_sim *s)
{
  return s->n_active;
}

int64_t aus_gpuqueue_sim_n_free(const aus_gpuqueue_sim *s)
{
  return s->n_free;
}

static aus_gpuqueue_seen see_queued(const aus_gpuqueue_sim *s, const aus_gpuqueue_queued *q)
{
  return (aus_gpuqueue_seen){.number = q->number,
                             .limit_min = q->limit_min,
                             .nodes = q->nodes,
                             .queue_s = s->now_s - q->t_submit_s};
}

static aus_gpuqueue_seen see_active(const aus_gpuqueue_sim *s, const aus_gpuqueue_active *a)
{
  return (aus_gpuqueue_seen){.number = a->number,
                             .limit_min = a->limit_min,
                             .nodes = a->nodes,
                             .queue_s = a->t_start_s - a->t_submit_s,
                             .elapsed_s = s->now_s - a->t_start_s};
}

void aus_gpuqueue_sim_pending(const aus_gpuqueue_sim *s, aus_gpuqueue_seen *seen)
{
  int64_t i;

  for (i = 0; i < s->n_queued; i++)
    seen[i] = see_queued(s, &s->queued[i]);
}

void aus_gpuqueue_sim_running(const aus_gpuqueue_sim *s, aus_gpuqueue_seen *seen)
{
  int64_t i;

  for (i = 0; i < s->n_active; i++)
    seen[i] = see_active(s, &s->active[i]);
}

static int64_t at_most(int64_t run_s, int32_t limit_min)
{
  return run_s < (int64_t)limit_min * 60 ? run_s : (int64_t)limit_min * 60;
}

void aus_gpuqueue_sim_assume(aus_gpuqueue_sim *s,
                             int64_t (*run_s)(const void *self, const aus_gpuqueue_seen *job,
                                              bool pending),
                             const void *self)
{
  const int64_t soonest_s = s->now_s + s->conf.tick_s;
  int64_t i;

  for (i = 0; i < s->n_queued; i++) {
    aus_gpuqueue_queued *q = &s->queued[i];
    aus_gpuqueue_seen seen = see_queued(s, q);

    q->run_s = at_most(run_s(self, &seen, true), q->limit_min);
  }
  s->t_free_s = INT64_MAX;
  for (i = 0; i < s->n_active; i++) {
    aus_gpuqueue_active *a = &s->active[i];
    aus_gpuqueue_seen seen = see_active(s, a);

    a->run_s = at_most(run_s(self, &seen, false), a->limit_min);
    a->t_free_s = aus_gpuqueue_sim_free_s(s, a->t_start_s, a->run_s);
    if (a->t_free_s < soonest_s) a->t_free_s = soonest_s;
    if (a->t_free_s < s->t_free_s) s->t_free_s = a->t_free_s;
  }
}

aus_gpuqueue_log aus_gpuqueue_sim_log(const aus_gpuqueue_sim *s)
{
  return (aus_gpuqueue_log){.n = s->n_done, .done = s->done, .nodes = s->node};
}

const aus_gpuqueue_job *aus_gpuqueue_sim_job(const aus_gpuqueue_sim *s, int64_t number)
{
  return number < s->trace->n ? &s->trace->job[number] : &s->own[number - s->trace->n].job;
}
