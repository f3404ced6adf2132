/* sim_platform.c - platforms that serve tasks, and the initialisation of their replicas.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Events as in sim_proc.c.
 */
#include <config.h>

#include "serverless/stores.h"

#include <math.h>

typedef aus_serverless_sim sim;

static void ri_storage(sim *s, int32_t i);
static void ri_wait_pull(sim *s, int32_t i);

/* ---- replica initialisation ---- */

static void ri_start(sim *s, int32_t i)
{
  const aus_init *init = &s->init[i];
  const aus_plat *plat = &s->plat[init->platform];
  aus_node_state *node = &s->node[plat->node];
  bool cached = s->policy.scaler == AUS_SERVERLESS_HRC &&
                aus_serverless_node_cached(s, node, init->function, plat->type);

  if (cached) node->cache_hits++;
  if (cached || plat->previous == init->function)
    ri_wait_pull(s, i);
  else if (aus_storage_get(s, plat->node, s->n_plats + 1 + i, AUS_EV_RI_STORAGE, AUS_WANT_LOCAL))
    ri_storage(s, i);
}

static void ri_storage(sim *s, int32_t i)
{
  aus_init *init = &s->init[i];
  const aus_plat *plat = &s->plat[init->platform];
  int32_t d = s->getter[s->n_plats + 1 + i].got;
  aus_disk *disk = &s->disk[d];
  int rc;

  init->dur = s->image_gb[init->function * s->n_types + plat->type] / disk->pull_gb_per_s +
              disk->write_latency_s;
  rc = aus_serverless_image_add(s, disk, init->function, plat->type, s->err);
  if (rc != AUS_OK) aus_serverless_abort(s, rc);
  aus_storage_put(s, plat->node, d);
  aus_ring_push(s, 1, AUS_EV_RI_STORAGE_PUT, i);
}

static void ri_storage_put(sim *s, int32_t i)
{
  aus_storage_serve(s, s->plat[s->init[i].platform].node);
  ri_wait_pull(s, i);
}

static void ri_pulled(sim *s, int32_t i)
{
  aus_init *init = &s->init[i];
  aus_plat *plat = &s->plat[init->platform];
  uint32_t kind;

  plat->storage_time += init->dur;
  plat->pull_end = s->now;
  if (!aus_defect(s, 5)) plat->idle_since = s->now;
  if (plat->ready_state == AUS_READY_PENDING) {
    plat->ready_state = AUS_READY_TRIGGERED;
    kind = AUS_EV_PL_READY | plat->ready << AUS_EV_READY_SHIFT;
    if (plat->waits_ready && plat->wait_ready == plat->ready) kind |= AUS_EV_READY_BEFORE;
    aus_ring_push(s, 1, kind, init->platform);
  } else {
    aus_noop(s);
  }
  init->next_free = s->free_init;
  s->free_init = i;
}

/* The policy's view of the new replica, then the time of the pull. */
static void ri_wait_pull(sim *s, int32_t i)
{
  aus_init *init = &s->init[i];
  aus_plat *plat = &s->plat[init->platform];
  int32_t e;

  plat->pull_begin = s->now;
  plat->pull_end = INFINITY;
  if (s->policy.scaler < AUS_SERVERLESS_HRO && aus_defect(s, 3)) {
    e = aus_serverless_entry(s, init->function, init->platform, s->err);
    if (e >= 0)
      s->entry[e].value = 1.0;
    else
      aus_serverless_abort(s, AUS_ENOMEM);
  } else if (s->policy.scaler >= AUS_SERVERLESS_HRO) {
    s->hw_contention[init->function * s->n_types + plat->type] += 1.0;
  }
  if (aus_delay(s, init->dur, AUS_EV_RI_PULLED, i)) ri_pulled(s, i);
}

/* ---- platforms ---- */

static inline void queue_take(sim *s, int32_t p)
{
  s->plat[p].taking = aus_queue_take(s, p);
  aus_ring_push(s, 1, AUS_EV_PL_TASK, p);
}

void aus_serverless_queue_serve(sim *s, int32_t p)
{
  aus_plat *plat = &s->plat[p];

  if (!plat->waits_task || plat->q_head < 0) return;
  plat->waits_task = false;
  queue_take(s, p);
}

static void pl_want_task(sim *s, int32_t p)
{
  aus_plat *plat = &s->plat[p];

  plat->t1 = s->now;
  if (plat->q_head >= 0)
    queue_take(s, p);
  else
    plat->waits_task = true;
}

static void pl_begin(sim *s, int32_t p)
{
  aus_plat *plat = &s->plat[p];

  plat->t0 = s->now;
  if (plat->ready_state == AUS_READY_PROCESSED) {
    pl_want_task(s, p);
  } else {
    plat->waits_ready = true;
    plat->wait_ready = plat->ready;
  }
}

/* Listeners in order of registration: the platform, when it waited before the event was triggered,
 * then the initialisation that triggered it and now ends, then a platform that came later. */
static void pl_ready(sim *s, int32_t p, uint32_t bits)
{
  aus_plat *plat = &s->plat[p];
  const uint32_t mask = UINT32_MAX >> AUS_EV_READY_SHIFT, number = bits >> AUS_EV_READY_SHIFT;
  bool resumes = plat->waits_ready && (plat->wait_ready & mask) == number;

  if ((plat->ready & mask) == number) plat->ready_state = AUS_READY_PROCESSED;
  if (!(bits & AUS_EV_READY_BEFORE)) aus_noop(s);
  if (resumes) {
    plat->waits_ready = false;
    pl_want_task(s, p);
  }
  if (bits & AUS_EV_READY_BEFORE) aus_noop(s);
}

static void pl_done(sim *s, int32_t p)
{
  aus_plat *plat = &s->plat[p];
  int32_t t = plat->taking;

  s->task[t].stage = AUS_STAGE_DONE;
  aus_traffic(s, s->task[t].function, -1);
  s->result.tasks.done[t] = s->now;
  s->t_progress = s->now;
  if (!aus_is_last(s, t))
    aus_ring_push(s, 1, AUS_EV_WF_DISPATCHED, t + 1);
  else if (!aus_defect(s, 11))
    aus_serverless_data_forget(s, s->first[s->task[t].app], t + 1);
  aus_noop(s); /* the end of the recorder */
  if (t == s->drain) aus_serverless_drain(s);
  pl_begin(s, p);
}

static void pl_written(sim *s, int32_t p)
{
  aus_plat *plat = &s->plat[p];
  int32_t t = plat->taking, f = s->task[t].function;

  plat->previous = f;
  plat->current = -1;
  if (!aus_defect(s, 33)) aus_count_queued(s, plat, -1);
  plat->idle_since = s->now;
  plat->load_time += plat->cold + s->exec_s[f * s->n_types + plat->type];
  plat->storage_time += plat->t_in + plat->t_out;
  s->result.tasks.communications[t] = plat->t_in + plat->t_out;
  s->result.tasks.local_communications[t] = !s->disk[plat->in].remote && !s->disk[plat->out].remote;
  if (aus_soon(s, AUS_EV_PL_DONE, p)) pl_done(s, p);
}

static void pl_output_put(sim *s, int32_t p)
{
  aus_plat *plat = &s->plat[p];

  aus_storage_serve(s, plat->node);
  plat->t_out = aus_output_s(s, plat->taking, &s->disk[plat->in], &s->disk[plat->out]);
  if (aus_delay(s, plat->t_out, AUS_EV_PL_WRITTEN, p)) pl_written(s, p);
}

static void pl_output(sim *s, int32_t p)
{
  aus_plat *plat = &s->plat[p];
  int32_t d = s->getter[p].got;

  plat->out = aus_serverless_data_add(s, d, plat->taking, aus_output_bytes(s, plat->taking));
  aus_storage_put(s, plat->node, d);
  if (aus_soon(s, AUS_EV_PL_OUTPUT_PUT, p)) pl_output_put(s, p);
}

static void pl_computed(sim *s, int32_t p)
{
  const aus_plat *plat = &s->plat[p];
  int32_t t = plat->taking;

  s->result.tasks.execution[t] = s->exec_s[s->task[t].function * s->n_types + plat->type];
  if (aus_storage_get(s, plat->node, p, AUS_EV_PL_OUTPUT,
                      plat->local ? AUS_WANT_LOCAL : AUS_WANT_REMOTE))
    pl_output(s, p);
}

static void pl_read(sim *s, int32_t p)
{
  const aus_plat *plat = &s->plat[p];
  double exec = s->exec_s[s->task[plat->taking].function * s->n_types + plat->type];

  if (aus_delay(s, exec, AUS_EV_PL_COMPUTED, p)) pl_computed(s, p);
}

static void pl_started(sim *s, int32_t p)
{
  const aus_plat *plat = &s->plat[p];

  s->task[plat->taking].stage = AUS_STAGE_STARTED;
  s->result.tasks.started[plat->taking] = s->now;
  if (aus_delay(s, plat->t_in, AUS_EV_PL_READ, p)) pl_read(s, p);
}

static void pl_input_put(sim *s, int32_t p)
{
  aus_plat *plat = &s->plat[p];

  aus_storage_serve(s, plat->node);
  plat->t_in = aus_input_s(s, plat->taking, &s->disk[plat->in]);
  if (aus_soon(s, AUS_EV_PL_STARTED, p)) pl_started(s, p);
}

static void pl_input(sim *s, int32_t p)
{
  aus_plat *plat = &s->plat[p];

  plat->in = s->getter[p].got;
  aus_storage_put(s, plat->node, plat->in);
  if (aus_soon(s, AUS_EV_PL_INPUT_PUT, p)) pl_input_put(s, p);
}

/* The storage to read from: the last dependency's output when the outputs of all dependencies are in
 * the node's list of storages at this moment; the first remote one otherwise. */
int32_t aus_serverless_find_input(sim *s, aus_plat *plat, int32_t t)
{
  const aus_task *task = &s->task[t];
  const aus_app_tables *app = &s->app[s->trace->app[task->app]];
  int32_t d = AUS_WANT_REMOTE;
  int i;

  plat->local = true;
  for (i = app->dep_begin[task->pos]; i < app->dep_begin[task->pos + 1]; i++) {
    d = s->task[t - task->pos + app->dep[i]].storage;
    if (d < 0 || s->disk[d].node != plat->node || !s->disk[d].present) {
      plat->local = false;
      return AUS_WANT_REMOTE;
    }
  }
  return d;
}

static void pl_warm(sim *s, int32_t p)
{
  aus_plat *plat = &s->plat[p];
  int32_t t = plat->taking, want;

  s->result.tasks.cold_start[t] = plat->cold;
  want = aus_serverless_find_input(s, plat, t);
  s->result.tasks.local_dependencies[t] = plat->local;
  if (aus_storage_get(s, plat->node, p, AUS_EV_PL_INPUT, want)) pl_input(s, p);
}

static void pl_arrived(sim *s, int32_t p)
{
  aus_plat *plat = &s->plat[p];
  int32_t t = plat->taking;
  aus_task *task = &s->task[t];

  task->stage = AUS_STAGE_ARRIVED;
  s->result.tasks.arrived[t] = s->now;
  aus_pull_time(s, plat);
  plat->current = t;
  plat->cold =
      plat->previous == task->function ? 0 : s->cold_s[task->function * s->n_types + plat->type];
  task->cold_started = plat->cold > 0;
  if (aus_delay(s, plat->cold, AUS_EV_PL_WARM, p)) pl_warm(s, p);
}

static void pl_task(sim *s, int32_t p)
{
  if (aus_soon(s, AUS_EV_PL_ARRIVED, p)) pl_arrived(s, p);
}

/* clang-format off */
void aus_serverless_platform_event(sim *s, aus_ev ev)
{
  switch (ev.kind & AUS_EV_KIND_MASK) {
  case AUS_EV_PL_READY: pl_ready(s, ev.i, ev.kind); break;
  case AUS_EV_PL_TASK: pl_task(s, ev.i); break;
  case AUS_EV_PL_ARRIVED: pl_arrived(s, ev.i); break;
  case AUS_EV_PL_WARM: pl_warm(s, ev.i); break;
  case AUS_EV_PL_INPUT: pl_input(s, ev.i); break;
  case AUS_EV_PL_INPUT_PUT: pl_input_put(s, ev.i); break;
  case AUS_EV_PL_STARTED: pl_started(s, ev.i); break;
  case AUS_EV_PL_READ: pl_read(s, ev.i); break;
  case AUS_EV_PL_COMPUTED: pl_computed(s, ev.i); break;
  case AUS_EV_PL_OUTPUT: pl_output(s, ev.i); break;
  case AUS_EV_PL_OUTPUT_PUT: pl_output_put(s, ev.i); break;
  case AUS_EV_PL_WRITTEN: pl_written(s, ev.i); break;
  case AUS_EV_PL_DONE: pl_done(s, ev.i); break;
  case AUS_EV_RI_START: ri_start(s, ev.i); break;
  case AUS_EV_RI_STORAGE: ri_storage(s, ev.i); break;
  case AUS_EV_RI_STORAGE_PUT: ri_storage_put(s, ev.i); break;
  case AUS_EV_RI_PULLED: ri_pulled(s, ev.i); break;
  default: break;
  }
}
/* clang-format on */
