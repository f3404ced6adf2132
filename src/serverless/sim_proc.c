/* sim_proc.c - the event loop, gateway, workflows and scheduler of the reference system.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every function is what happens when one event is processed; its name is the event's. The order of
 * statements is the order of the original's callbacks, which decides the order of later events at
 * the same time. A call guarded by aus_soon(), aus_start() or aus_delay() must be the last act of
 * its function.
 */
#include <config.h>

#include "serverless/stores.h"

#include "util/alloc.h"

#include <math.h>

typedef aus_serverless_sim sim;

static void dispatch(sim *s, aus_ev ev);
static void gw_wait_arrival(sim *s);
static void sc_mutex(sim *s);

/* ---- event queue ---- */

void aus_serverless_abort(sim *s, int rc)
{
  if (s->rc == AUS_OK) s->rc = rc;
  s->stop = true;
}

/* Doubles a full ring; when that fails the oldest event is lost, which does not matter any more. */
void aus_serverless_ring_grow(sim *s, aus_ring *r)
{
  uint32_t n = r->mask + 1, i;
  aus_ev *ev = aus_realloc(NULL, 2 * (size_t)n, sizeof *ev);

  if (!ev) {
    aus_serverless_abort(s, aus_fail(s->err, AUS_ENOMEM, AUS_HERE, "out of memory (events)"));
    r->head++;
    return;
  }
  for (i = 0; i < n; i++)
    ev[i] = r->ev[(r->head + i) & r->mask];
  aus_free(r->ev);
  *r = (aus_ring){ev, 0, n, 2 * n - 1};
}

static inline aus_ev unpack(uint64_t data)
{
  return (aus_ev){(uint32_t)(data >> 32), (int32_t)(uint32_t)data};
}

static inline void drop_spent(sim *s)
{
  if (s->spent) (void)aus_heap_pop(&s->heap);
  s->spent = false;
}

/* Nothing else waits at this time: the clock moves on to the next event. */
static bool advance(sim *s, aus_ev *ev)
{
  aus_heap_item x;

  drop_spent(s);
  if (s->heap.n == 0) return false;
  x = s->heap.item[0];
  if ((s->drain >= 0 && x.t > s->t_progress + s->policy.stall_after_s) ||
      x.t > s->policy.max_time_s)
    return false;
  s->now = x.t;
  s->spent = true;
  *ev = unpack(x.data);
  if (!aus_heap_tied(&s->heap)) return true;
  drop_spent(s);
  while (s->heap.n > 0 && s->heap.item[0].t == x.t) {
    aus_ev tie = unpack(aus_heap_pop(&s->heap).data);

    aus_ring_push(s, 1, tie.kind, tie.i);
  }
  return true;
}

static inline bool next_event(sim *s, aus_ev *ev)
{
  aus_ring *r = &s->ring[0];

  if (r->head == r->tail) r = &s->ring[1];
  if (r->head == r->tail) return advance(s, ev);
  *ev = r->ev[r->head++ & r->mask];
  return true;
}

void aus_serverless_stall(sim *s)
{
  double t = s->policy.max_time_s;

  if (s->drain >= 0) t = fmin(t, s->t_progress + s->policy.stall_after_s);
  s->now = fmax(s->now, t);
  s->stalled = true;
  s->stop = true;
}

static inline void process_one(sim *s)
{
  aus_ev ev;

  if (next_event(s, &ev)) {
    s->n_events++;
    dispatch(s, ev);
  } else {
    aus_serverless_stall(s);
  }
}

void aus_serverless_step(sim *s)
{
  s->stepping++;
  process_one(s);
  s->stepping--;
}

/* ---- the scheduler's task list: a priority filter store ---- */

/* A task comes into the list only after its predecessors are done, so the filter always holds. */
static void pending_add(sim *s, int32_t t)
{
  int rc;

  if (s->policy.priority == AUS_SERVERLESS_LEAST_PENALTY) {
    rc = aus_grow(&s->pending_list, &s->cap_pending, s->n_pending + 1, sizeof *s->pending_list,
                  s->err);
    if (rc == AUS_OK) s->pending_list[s->n_pending++] = t;
    if (rc == AUS_OK && !aus_defect(s, 14)) aus_serverless_pending_rise(s);
  } else {
    rc = aus_heap_push(&s->pending, (aus_heap_item){aus_pending_key(s, t), s->seq++, (uint64_t)t},
                       s->err);
    if (rc == AUS_OK) s->n_pending++;
  }
  if (rc != AUS_OK) aus_serverless_abort(s, rc);
}

/* Not an order (D14), so the result depends on where the scan begins: list order. */
static int32_t pending_least_penalty(sim *s)
{
  int64_t i, best = 0;
  int32_t t;

  for (i = 1; i < s->n_pending; i++)
    if (aus_least_penalty_before(s, s->pending_list[i], s->pending_list[best])) best = i;
  t = s->pending_list[best];
  s->n_pending--;
  for (i = best; i < s->n_pending; i++)
    s->pending_list[i] = s->pending_list[i + 1];
  return t;
}

/* Serve the scheduler if it waits for a task. */
static void pending_serve(sim *s)
{
  if (!s->scheduler_waits || s->n_pending == 0) return;
  s->scheduler_waits = false;
  if (s->policy.priority == AUS_SERVERLESS_LEAST_PENALTY) {
    s->sc_task = aus_defect(s, 14) ? pending_least_penalty(s) : aus_serverless_pending_pop(s);
  } else {
    s->sc_task = (int32_t)aus_heap_pop(&s->pending).data;
    s->n_pending--;
  }
  aus_ring_push(s, 1, AUS_EV_SC_TASK, 0);
}

/* ---- gateway and workflows ---- */

/* A workflow removes the application's data when the last task is dispatched (D11); for the others
 * it waits for the task's end, see pl_done(). */
static void wf_start(sim *s, int32_t t)
{
  if (!aus_is_last(s, t)) return;
  if (aus_defect(s, 11)) aus_serverless_data_forget(s, s->first[s->task[t].app], t);
  aus_noop(s);
}

static void wf_put(sim *s, int32_t t)
{
  pending_serve(s);
  aus_noop(s); /* the end of the predecessor's workflow */
  if (aus_start(s, AUS_EV_WF_START, t)) wf_start(s, t);
}

static inline void set_dispatched(sim *s, int32_t t)
{
  s->task[t].stage = AUS_STAGE_DISPATCHED;
  aus_traffic(s, s->task[t].function, 1);
  s->result.tasks.dispatched[t] = s->now;
}

static void wf_dispatched(sim *s, int32_t t)
{
  set_dispatched(s, t);
  pending_add(s, t);
  if (aus_soon(s, AUS_EV_WF_PUT, t)) wf_put(s, t);
}

static void gw_put(sim *s)
{
  pending_serve(s);
  gw_wait_arrival(s);
}

static void gw_dispatched(sim *s, int32_t t)
{
  bool workflow = aus_start(s, AUS_EV_WF_START, t), go_on;

  set_dispatched(s, t);
  pending_add(s, t);
  go_on = aus_soon(s, AUS_EV_GW_PUT, 0);
  if (workflow) wf_start(s, t);
  if (go_on) gw_put(s);
}

static void gw_arrive(sim *s)
{
  int32_t app = (int32_t)(s->i_event - 1), t = s->first[app], i;
  const aus_app_tables *type = &s->app[s->trace->app[app]];

  for (i = 0; i < type->n; i++)
    s->task[t + i] = (aus_task){.app = app,
                                .function = type->function[i],
                                .pos = i,
                                .platform = -1,
                                .storage = -1,
                                .next = -1};
  s->n_arrived++;
  s->n_events += type->n; /* the starts of their recorders, which nobody can observe */
  s->t_progress = s->now;
  if (aus_soon(s, AUS_EV_GW_DISPATCHED, t)) gw_dispatched(s, t);
}

/* After the last arrival: wait for each task's end in turn. */
void aus_serverless_drain(sim *s)
{
  while (s->drain < s->n_tasks && s->task[s->drain].stage == AUS_STAGE_DONE)
    s->drain++;
  if (s->drain == s->n_tasks) aus_ring_push(s, 1, AUS_EV_END, 0);
}

static void gw_wait_arrival(sim *s)
{
  double d;

  if (s->i_event < s->trace->n) {
    d = s->trace->t_s[s->i_event++] - s->now;
    if (d > 0)
      (void)aus_delay(s, d, AUS_EV_GW_ARRIVE, 0);
    else
      aus_ring_push(s, 1, AUS_EV_GW_ARRIVE, 0);
  } else {
    s->drain = 0;
    aus_serverless_drain(s);
  }
}

/* ---- scheduler ---- */

static void sc_begin(sim *s)
{
  s->scheduler_waits = true;
  pending_serve(s);
}

static void sc_task(sim *s)
{
  if (s->mutex_free && s->n_waiting == 0) {
    s->mutex_free = false;
    if (aus_soon(s, AUS_EV_SC_MUTEX, 0)) sc_mutex(s);
  } else {
    aus_mutex_get(s, AUS_HOLD_SCHEDULER);
  }
}

static void sc_node_put(sim *s)
{
  sc_begin(s);
}

static void sc_platform_put(sim *s)
{
  if (aus_soon(s, AUS_EV_SC_NODE_PUT, 0)) sc_node_put(s);
}

static void sc_scheduled(sim *s)
{
  aus_task *task = &s->task[s->sc_task];

  if (task->stage < AUS_STAGE_SCHEDULED) task->stage = AUS_STAGE_SCHEDULED;
  s->result.tasks.scheduled[s->sc_task] = s->now;
  s->t_progress = s->now;
  if (aus_soon(s, AUS_EV_SC_PLATFORM_PUT, 0)) sc_platform_put(s);
}

static void sc_queued(sim *s)
{
  aus_serverless_queue_serve(s, s->sc_platform);
  if (aus_soon(s, AUS_EV_SC_SCHEDULED, 0)) sc_scheduled(s);
}

static void sc_released(sim *s)
{
  aus_mutex_serve(s);
  s->result.tasks.scheduled[s->sc_task] = s->now; /* it may be taken before the event */
  aus_queue_append(s, s->sc_platform, s->sc_task);
  if (aus_soon(s, AUS_EV_SC_QUEUED, 0)) sc_queued(s);
}

static void sc_platform(sim *s)
{
  s->mutex_free = true;
  if (aus_soon(s, AUS_EV_SC_RELEASED, 0)) sc_released(s);
}

static void sc_node(sim *s)
{
  s->node[s->plat[s->sc_platform].node].unused = false;
  if (aus_soon(s, AUS_EV_SC_PLATFORM, 0)) sc_platform(s);
}

static void sc_placed(sim *s)
{
  s->task[s->sc_task].platform = s->sc_platform;
  if (aus_soon(s, AUS_EV_SC_NODE, 0)) sc_node(s);
}

/* HRC: one local storage of each replica's node is taken, given back and looked at. True when the
 * storage is back already. */
static bool sc_look_taken(sim *s)
{
  int32_t d = s->getter[s->n_plats].got;

  aus_storage_put(s, s->disk[d].node, d);
  return aus_soon(s, AUS_EV_SC_LOOKED, 0);
}

static void sc_look_back(sim *s)
{
  int32_t d = s->getter[s->n_plats].got;
  int rc;

  aus_storage_serve(s, s->disk[d].node);
  rc = aus_serverless_look(s, s->sc_task, d, s->err);
  if (rc != AUS_OK) aus_serverless_abort(s, rc);
  s->sc_look++;
}

/* A loop, not a recursion, because there can be hundreds of replicas. */
static void sc_look_next(sim *s)
{
  const aus_function *fn = &s->function[s->task[s->sc_task].function];

  for (; s->sc_look < fn->n_replicas; sc_look_back(s)) {
    int32_t n = s->plat[fn->replica[s->sc_look]].node;

    if (!aus_storage_get(s, n, s->n_plats, AUS_EV_SC_LOOK, AUS_WANT_LOCAL) || !sc_look_taken(s))
      return;
  }
  s->sc_platform = aus_serverless_look_end(s, s->sc_task);
  if (aus_soon(s, AUS_EV_SC_PLACED, 0)) sc_placed(s);
}

static void sc_looked(sim *s)
{
  sc_look_back(s);
  sc_look_next(s);
}

static void sc_look(sim *s)
{
  if (sc_look_taken(s)) sc_looked(s);
}

static void sc_place(sim *s)
{
  int rc;

  if (s->policy.placer == AUS_SERVERLESS_PLACE_HRC) {
    s->sc_look = 0;
    rc = aus_serverless_look_begin(s, s->sc_task, s->err);
    if (rc == AUS_OK) sc_look_next(s);
  } else {
    rc = aus_serverless_place(s, s->sc_task, &s->sc_platform, s->err);
    if (rc == AUS_OK && aus_soon(s, AUS_EV_SC_PLACED, 0)) sc_placed(s);
  }
  if (rc != AUS_OK) aus_serverless_abort(s, rc);
}

static void sc_mutex(sim *s)
{
  aus_task *task = &s->task[s->sc_task];

  if (s->function[task->function].n_replicas > 0) {
    if (aus_start(s, AUS_EV_SC_PLACE, 0)) sc_place(s);
    return;
  }
  task->postponed++;
  pending_add(s, s->sc_task);
  aus_ring_push(s, 1, AUS_EV_SC_POSTPONED, 0);
}

static void sc_postponed(sim *s)
{
  pending_serve(s);
  s->call.by_scheduler = true;
  s->call.function = s->task[s->sc_task].function;
  aus_ring_push(s, 0, AUS_EV_CF_START, 0);
}

static void sc_given_up(sim *s)
{
  aus_mutex_serve(s);
  sc_begin(s);
}

/* ---- all of it ---- */

/* clang-format off */
/* One line per event, a table in the form of a switch so that the compiler can inline. */
static void dispatch(sim *s, aus_ev ev)
{
  switch (ev.kind & AUS_EV_KIND_MASK) {
  case AUS_EV_NOOP: break;
  case AUS_EV_END: s->stop = true; break;
  case AUS_EV_GW_START: gw_wait_arrival(s); break;
  case AUS_EV_GW_ARRIVE: gw_arrive(s); break;
  case AUS_EV_GW_DISPATCHED: gw_dispatched(s, ev.i); break;
  case AUS_EV_GW_PUT: gw_put(s); break;
  case AUS_EV_WF_START: wf_start(s, ev.i); break;
  case AUS_EV_WF_DISPATCHED: wf_dispatched(s, ev.i); break;
  case AUS_EV_WF_PUT: wf_put(s, ev.i); break;
  case AUS_EV_SC_START: sc_begin(s); break;
  case AUS_EV_SC_TASK: sc_task(s); break;
  case AUS_EV_SC_MUTEX: sc_mutex(s); break;
  case AUS_EV_SC_POSTPONED: sc_postponed(s); break;
  case AUS_EV_SC_GIVEN_UP: sc_given_up(s); break;
  case AUS_EV_SC_PLACE: sc_place(s); break;
  case AUS_EV_SC_LOOK: sc_look(s); break;
  case AUS_EV_SC_LOOKED: sc_looked(s); break;
  case AUS_EV_SC_PLACED: sc_placed(s); break;
  case AUS_EV_SC_NODE: sc_node(s); break;
  case AUS_EV_SC_PLATFORM: sc_platform(s); break;
  case AUS_EV_SC_RELEASED: sc_released(s); break;
  case AUS_EV_SC_QUEUED: sc_queued(s); break;
  case AUS_EV_SC_SCHEDULED: sc_scheduled(s); break;
  case AUS_EV_SC_PLATFORM_PUT: sc_platform_put(s); break;
  case AUS_EV_SC_NODE_PUT: sc_node_put(s); break;
  default:
    if ((ev.kind & AUS_EV_KIND_MASK) < AUS_EV_PL_READY)
      aus_serverless_scale_event(s, ev);
    else
      aus_serverless_platform_event(s, ev);
  }
}
/* clang-format on */

int aus_serverless_loop(sim *s, const aus_poll *poll)
{
  int64_t next_look = 0;

  while (!s->stop) {
    if (s->n_events >= next_look) {
      next_look = s->n_events + 4096;
      if (aus_poll_now(poll) != AUS_POLL_CONTINUE)
        aus_serverless_abort(s, aus_fail(s->err, AUS_ECANCEL, AUS_HERE, "simulation cancelled"));
    }
    process_one(s);
  }
  return s->rc;
}
