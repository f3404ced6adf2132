/* sim_clean.c - the clean kernel: its loop, requests, placement and platforms.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/clean.h"

#include <math.h>
#include <string.h>

typedef aus_serverless_sim sim;

/* ---- platforms ---- */

/* Platform p takes task t; room for the output is reserved now, so everything about the task is known.
 * Returns the time of its end. */
static double take(sim *s, int32_t p, int32_t t)
{
  aus_serverless_task_rows *r = &s->result.tasks;
  aus_task *task = &s->task[t];
  aus_plat *plat = &s->plat[p];
  const aus_node_state *node = &s->node[plat->node];
  int k = aus_at(s, task->function, plat->type);
  int32_t in;

  plat->taking = plat->current = t;
  task->stage = AUS_STAGE_ARRIVED;
  plat->cold = plat->previous == task->function ? 0 : s->cold_s[k];
  task->cold_started = plat->cold > 0;
  in = aus_serverless_find_input(s, plat, t);
  plat->in = in >= 0 ? in : node->remote;
  plat->out = aus_serverless_data_add(s, plat->local ? node->local : node->remote, t,
                                      aus_output_bytes(s, t));
  plat->t_in = aus_input_s(s, t, &s->disk[plat->in]);
  plat->t_out = aus_output_s(s, t, &s->disk[plat->in], &s->disk[plat->out]);
  aus_pull_time(s, plat);
  r->arrived[t] = s->now;
  r->started[t] = s->now + plat->cold;
  r->cold_start[t] = plat->cold;
  r->execution[t] = s->exec_s[k];
  r->communications[t] = plat->t_in + plat->t_out;
  r->local_dependencies[t] = plat->local;
  r->local_communications[t] = !s->disk[plat->in].remote && !s->disk[plat->out].remote;
  return r->done[t] = r->started[t] + plat->t_in + s->exec_s[k] + plat->t_out;
}

static inline void begin(sim *s, int32_t p, int32_t t)
{
  double end = take(s, p, t);

  aus_clean_push(s, end, aus_clean_order(AUS_CLEAN_DONE, (uint64_t)p), 0);
}

void aus_clean_ready(sim *s, int32_t p)
{
  aus_plat *plat = &s->plat[p];

  plat->ready_state = AUS_READY_PROCESSED;
  plat->pull_end = s->now;
  if (!aus_defect(s, 5)) plat->idle_since = s->now;
  if (plat->passed || plat->current >= 0) return;
  plat->passed = true;
  aus_count_queued(s, plat, 0); /* it precedes equals without an image */
  plat->t1 = s->now;
  if (plat->q_head >= 0) begin(s, p, aus_queue_take(s, p));
}

/* ---- placement ---- */

/* HeROcache looks at the first local storage of each replica's node. */
static int place_hrc(sim *s, int32_t t, int32_t *out, aus_err *err)
{
  int rc = AUS_OK;
  const aus_function *fn = &s->function[s->task[t].function];

  AUS_TRY(aus_serverless_look_begin(s, t, err));
  for (s->sc_look = 0; s->sc_look < fn->n_replicas; s->sc_look++) {
    const aus_plat *plat = &s->plat[fn->replica[s->sc_look]];

    AUS_TRY(aus_serverless_look(s, t, s->node[plat->node].local, err));
  }
  *out = aus_serverless_look_end(s, t);
done:
  return rc;
}

/* A platform that may take a task and is idle has an empty queue. */
static void place(sim *s, int32_t t)
{
  int32_t p = 0;
  aus_plat *plat;
  int rc = s->policy.placer == AUS_SERVERLESS_PLACE_HRC ? place_hrc(s, t, &p, s->err)
                                                        : aus_serverless_place(s, t, &p, s->err);

  if (rc != AUS_OK) {
    aus_serverless_abort(s, rc);
    return;
  }
  plat = &s->plat[p];
  s->task[t].platform = p;
  s->task[t].stage = AUS_STAGE_SCHEDULED;
  s->result.tasks.scheduled[t] = s->now;
  s->t_progress = s->now;
  s->node[plat->node].unused = false;
  if (plat->passed && plat->current < 0) {
    if (!aus_defect(s, 33)) aus_count_queued(s, plat, 1);
    begin(s, p, t);
  } else {
    aus_queue_append(s, p, t);
  }
}

/* ---- tasks that wait for a replica ---- */

static bool in_list_order(const sim *s)
{
  return s->policy.priority == AUS_SERVERLESS_LEAST_PENALTY && aus_defect(s, 14);
}

static void wait_for_replica(sim *s, int32_t t)
{
  aus_function *fn = &s->function[s->task[t].function];
  aus_heap_item x = {aus_pending_key(s, t), s->seq++, (uint64_t)t};
  int rc = aus_heap_reserve(&fn->waiting, fn->waiting.n + 1, s->err);

  if (rc == AUS_OK && !in_list_order(s))
    rc = aus_heap_push(&fn->waiting, x, s->err);
  else if (rc == AUS_OK)
    fn->waiting.item[fn->waiting.n++] = x;
  if (rc != AUS_OK) aus_serverless_abort(s, rc);
}

static int32_t take_waiting(sim *s, aus_heap *h)
{
  int64_t i, best = 0;
  int32_t t;

  if (!in_list_order(s)) return (int32_t)aus_heap_pop(h).data;
  for (i = 1; i < h->n; i++)
    if (aus_least_penalty_before(s, (int32_t)h->item[i].data, (int32_t)h->item[best].data))
      best = i;
  t = (int32_t)h->item[best].data;
  h->n--;
  memmove(h->item + best, h->item + best + 1, (size_t)(h->n - best) * sizeof *h->item);
  return t;
}

void aus_clean_place_waiting(sim *s, int f)
{
  aus_function *fn = &s->function[f];

  while (fn->waiting.n > 0 && !s->stop)
    place(s, take_waiting(s, &fn->waiting));
}

/* ---- requests ---- */

static void dispatch(sim *s, int32_t t)
{
  aus_task *task = &s->task[t];

  task->stage = AUS_STAGE_DISPATCHED;
  aus_traffic(s, task->function, 1);
  s->result.tasks.dispatched[t] = s->now;
  if (aus_defect(s, 11) && aus_is_last(s, t)) aus_serverless_data_forget(s, s->first[task->app], t);
  if (s->function[task->function].n_replicas > 0) {
    place(s, t);
  } else {
    task->postponed++;
    wait_for_replica(s, t);
    aus_clean_create_first(s, task->function);
  }
}

static void arrive(sim *s)
{
  int32_t app = (int32_t)s->n_arrived, t = s->first[app], i;
  const aus_app_tables *type = &s->app[s->trace->app[app]];

  for (i = 0; i < type->n; i++)
    s->task[t + i] = (aus_task){.app = app,
                                .function = type->function[i],
                                .pos = i,
                                .platform = -1,
                                .storage = -1,
                                .next = -1,
                                .missing = type->dep_begin[i + 1] - type->dep_begin[i]};
  s->task[t].left = type->n;
  s->n_arrived++;
  s->i_event = s->n_arrived < s->trace->n ? s->n_arrived + 1 : s->n_arrived;
  if (s->n_arrived == s->trace->n) s->drain = 0;
  s->t_progress = s->now;
  if (type->n == 1 || aus_defect(s, 12)) {
    dispatch(s, t);
    return;
  }
  for (i = 0; i < type->n; i++)
    if (s->task[t + i].missing == 0) dispatch(s, t + i);
}

/* ---- ends ---- */

/* What can go on now that task t is done: with D12 the next one in topological order, else the ones
 * for which it was the last predecessor. */
static void dispatch_next(sim *s, int32_t t)
{
  const aus_task *task = &s->task[t];
  const aus_app_tables *type = &s->app[s->trace->app[task->app]];
  int32_t first = t - task->pos;
  int i;

  if (aus_defect(s, 12)) {
    if (!aus_is_last(s, t)) dispatch(s, t + 1);
    return;
  }
  for (i = type->succ_begin[task->pos]; i < type->succ_begin[task->pos + 1]; i++)
    if (--s->task[first + type->succ[i]].missing == 0) dispatch(s, first + type->succ[i]);
}

/* The end of a task is the first item of the heap: the next task's end takes its place. */
static void done(sim *s, int32_t p)
{
  aus_plat *plat = &s->plat[p];
  int32_t t = plat->taking, first = t - s->task[t].pos;

  plat->previous = s->task[t].function;
  plat->current = -1;
  plat->idle_since = s->now;
  plat->load_time += plat->cold + s->result.tasks.execution[t];
  plat->storage_time += plat->t_in + plat->t_out;
  plat->t0 = s->now;
  plat->passed = plat->ready_state == AUS_READY_PROCESSED;
  if (plat->passed) plat->t1 = s->now;
  s->task[t].stage = AUS_STAGE_DONE;
  aus_traffic(s, s->task[t].function, -1);
  s->t_progress = s->now;
  s->n_done++;
  aus_count_queued(s, plat,
                   aus_defect(s, 33) ? 0 : -1); /* D6: it may have to wait for an image now */
  if (plat->passed && plat->q_head >= 0) {
    double end = take(s, p, aus_queue_take(s, p));

    aus_heap_replace(&s->heap,
                     (aus_heap_item){end, aus_clean_order(AUS_CLEAN_DONE, (uint64_t)p), 0});
  } else {
    (void)aus_heap_pop(&s->heap);
  }
  if (--s->task[first].left == 0) {
    if (!aus_defect(s, 11)) aus_serverless_data_forget(s, first, s->first[s->task[t].app + 1]);
  } else {
    dispatch_next(s, t);
  }
}

void aus_serverless_clean_stages(sim *s)
{
  int64_t t;

  for (t = 0; t < s->n_tasks; t++)
    if (s->task[t].stage == AUS_STAGE_ARRIVED && s->result.tasks.started[t] <= s->now)
      s->task[t].stage = AUS_STAGE_STARTED;
}

/* ---- the loop ---- */

static void tick(sim *s, double t_s, aus_clean_kind kind, uint64_t k)
{
  aus_heap_replace(&s->heap, (aus_heap_item){t_s, aus_clean_order(kind, k), 0});
}

static void process(sim *s, aus_heap_item x)
{
  uint64_t number = x.order & ((UINT64_C(1) << AUS_CLEAN_SHIFT) - 1), k = number + 1;

  switch ((aus_clean_kind)(x.order >> AUS_CLEAN_SHIFT)) {
  case AUS_CLEAN_DONE:
    done(s, (int32_t)number);
    break;
  case AUS_CLEAN_TRANSFERRED:
    (void)aus_heap_pop(&s->heap);
    aus_clean_transferred(s, x.data);
    break;
  case AUS_CLEAN_PULLED:
    (void)aus_heap_pop(&s->heap);
    aus_clean_pulled(s, (int32_t)x.data);
    break;
  case AUS_CLEAN_MONITOR:
    tick(s, (double)k, AUS_CLEAN_MONITOR, k);
    aus_clean_monitor(s, number);
    break;
  case AUS_CLEAN_AUTOSCALER:
    tick(s, (double)k * s->policy.reconcile_s, AUS_CLEAN_AUTOSCALER, k);
    aus_clean_autoscale(s);
    break;
  case AUS_CLEAN_ARRIVAL:
    break; /* is not in the heap */
  }
}

/* The next event: a request, or the heap's first item (which stays there). */
static void next(sim *s)
{
  aus_heap_item x = s->heap.item[0];
  bool arrival = false;

  if (s->n_arrived < s->trace->n) {
    double t = s->trace->t_s[s->n_arrived];

    arrival = t < x.t || (t == x.t && aus_clean_order(AUS_CLEAN_ARRIVAL, 0) < x.order);
    if (arrival) x.t = t;
  }
  if (x.t > s->policy.max_time_s ||
      (s->drain >= 0 && x.t > s->t_progress + s->policy.stall_after_s)) {
    aus_serverless_stall(s);
    return;
  }
  s->now = x.t;
  s->n_events++;
  if (arrival)
    arrive(s);
  else
    process(s, x);
}

int aus_serverless_clean_loop(sim *s, const aus_poll *poll)
{
  int64_t next_look = 0;

  s->i_event = s->trace->n > 0 ? 1 : 0;
  aus_clean_push(s, 0, aus_clean_order(AUS_CLEAN_MONITOR, 0), 0);
  aus_clean_push(s, 0, aus_clean_order(AUS_CLEAN_AUTOSCALER, 0), 0);
  while (s->n_done < s->n_tasks && !s->stop) {
    if (s->n_events >= next_look) {
      next_look = s->n_events + 4096;
      if (aus_poll_now(poll) != AUS_POLL_CONTINUE)
        aus_serverless_abort(s, aus_fail(s->err, AUS_ECANCEL, AUS_HERE, "simulation cancelled"));
    }
    next(s);
  }
  return s->rc;
}
