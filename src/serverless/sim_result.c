/* sim_result.c - columns of a run.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Times are written by the processes; everything derived from them is computed here in one pass at
 * the end. Sums run left to right in id order.
 */
#include <config.h>

#include "serverless/kernel.h"

#include "util/alloc.h"

#include <math.h>
#include <string.h>

typedef aus_serverless_sim sim;

/* ---- memory ---- */

typedef struct column {
  void *block; /* address of the pointer */
  size_t size; /* of an element */
} column;

#define COLUMN(p)     \
  {                   \
    &(p), sizeof *(p) \
  }

/* Columns of one table share a capacity; one that could not grow leaves it as it was. */
static int columns_grow(const column *c, int n, int64_t *cap, int64_t need, aus_err *err)
{
  int rc = AUS_OK, i;
  int64_t new_cap = *cap;

  if (need <= *cap) goto done;
  for (i = 0; i < n; i++) {
    new_cap = *cap;
    AUS_TRY(aus_grow(c[i].block, &new_cap, need, c[i].size, err));
  }
  *cap = new_cap;
done:
  return rc;
}

static int grow_tasks(sim *s, aus_err *err)
{
  aus_serverless_task_rows *r = &s->result.tasks;
  const column c[] = {COLUMN(r->task_id),
                      COLUMN(r->application_id),
                      COLUMN(r->application),
                      COLUMN(r->task),
                      COLUMN(r->node_id),
                      COLUMN(r->platform_id),
                      COLUMN(r->platform),
                      COLUMN(r->dispatched),
                      COLUMN(r->scheduled),
                      COLUMN(r->arrived),
                      COLUMN(r->started),
                      COLUMN(r->done),
                      COLUMN(r->elapsed),
                      COLUMN(r->wait),
                      COLUMN(r->queue),
                      COLUMN(r->initialization),
                      COLUMN(r->compute),
                      COLUMN(r->pull),
                      COLUMN(r->cold_start),
                      COLUMN(r->execution),
                      COLUMN(r->communications),
                      COLUMN(r->cold_started),
                      COLUMN(r->cache_hit),
                      COLUMN(r->local_dependencies),
                      COLUMN(r->local_communications),
                      COLUMN(r->energy),
                      COLUMN(r->postponed)};

  return columns_grow(c, sizeof c / sizeof *c, &s->cap_task_rows, s->n_tasks, err);
}

static int grow_apps(sim *s, aus_err *err)
{
  aus_serverless_app_rows *r = &s->result.applications;
  const column c[] = {COLUMN(r->application_id), COLUMN(r->type),           COLUMN(r->dispatched),
                      COLUMN(r->elapsed),        COLUMN(r->pull),           COLUMN(r->cold_start),
                      COLUMN(r->execution),      COLUMN(r->communications), COLUMN(r->penalty)};

  return columns_grow(c, sizeof c / sizeof *c, &s->cap_app_rows, s->trace->n, err);
}

static int grow_scale(sim *s, aus_err *err)
{
  aus_serverless_scale_rows *r = &s->result.scale_events;
  const column c[] = {COLUMN(r->task), COLUMN(r->timestamp), COLUMN(r->action), COLUMN(r->count),
                      COLUMN(r->average_queue_length)};

  return columns_grow(c, sizeof c / sizeof *c, &s->cap_scale_rows, r->n + 1, err);
}

static int grow_system(sim *s, aus_err *err)
{
  aus_serverless_system_rows *r = &s->result.system_events;
  const column c[] = {COLUMN(r->task),
                      COLUMN(r->timestamp),
                      COLUMN(r->count),
                      COLUMN(r->average_queue_length),
                      {&r->per_platform, (size_t)s->n_types * sizeof *r->per_platform}};

  return columns_grow(c, sizeof c / sizeof *c, &s->cap_system_rows, r->n + 1, err);
}

static int grow_platforms(sim *s, aus_err *err)
{
  aus_serverless_platform_rows *r = &s->result.platforms;
  const column c[] = {COLUMN(r->platform_id),    COLUMN(r->node_id),      COLUMN(r->platform),
                      COLUMN(r->idle_time),      COLUMN(r->idle_percent), COLUMN(r->storage_time),
                      COLUMN(r->energy),         COLUMN(r->energy_idle),  COLUMN(r->node_unused),
                      COLUMN(r->node_cache_hits)};

  return columns_grow(c, sizeof c / sizeof *c, &s->cap_platform_rows, s->n_plats, err);
}

static int grow_storages(sim *s, aus_err *err)
{
  aus_serverless_storage_rows *r = &s->result.storages;
  const column c[] = {COLUMN(r->storage_id), COLUMN(r->node_id),       COLUMN(r->type),
                      COLUMN(r->used_bytes), COLUMN(r->written_bytes), COLUMN(r->erased_bytes),
                      COLUMN(r->n_data),     COLUMN(r->n_failed),      COLUMN(r->cache_begin)};

  return columns_grow(c, sizeof c / sizeof *c, &s->cap_storage_rows, (int64_t)s->n_disks + 1, err);
}

static int grow_images(sim *s, int64_t n, aus_err *err)
{
  aus_serverless_storage_rows *r = &s->result.storages;
  const column c[] = {COLUMN(r->cache_platform), COLUMN(r->cache_task)};

  return columns_grow(c, sizeof c / sizeof *c, &s->cap_image_rows, n, err);
}

static int grow_penalties(sim *s, aus_err *err)
{
  aus_serverless_totals *t = &s->result.totals;
  const column c[] = {COLUMN(t->penalty_t_s), COLUMN(t->penalty_frac)};

  return columns_grow(c, sizeof c / sizeof *c, &s->cap_penalty_rows, s->trace->n, err);
}

int aus_serverless_rows_reserve(sim *s, aus_err *err)
{
  int rc = AUS_OK;
  int64_t n = s->n_tasks > s->trace->n ? s->n_tasks : s->trace->n;
  const column sort[] = {COLUMN(s->sort[0]), COLUMN(s->sort[1])};

  AUS_TRY(grow_tasks(s, err));
  AUS_TRY(grow_apps(s, err));
  AUS_TRY(grow_platforms(s, err));
  AUS_TRY(grow_storages(s, err));
  AUS_TRY(grow_penalties(s, err));
  AUS_TRY(columns_grow(sort, 2, &s->cap_sort, n, err));
  s->result.tasks.n = s->n_tasks;
  s->result.applications.n = s->trace->n;
  s->result.platforms.n = s->n_plats;
  s->result.storages.n = s->n_disks;
  s->result.scale_events.n = s->result.system_events.n = 0;
  s->result.totals.n_penalties = s->result.totals.n_evictions = 0;
  s->result.totals.replica_s = 0;
done:
  return rc;
}

void aus_serverless_rows_fini(sim *s)
{
  aus_serverless_task_rows *t = &s->result.tasks;
  aus_serverless_app_rows *a = &s->result.applications;
  aus_serverless_scale_rows *c = &s->result.scale_events;
  aus_serverless_system_rows *y = &s->result.system_events;
  aus_serverless_platform_rows *p = &s->result.platforms;
  aus_serverless_storage_rows *d = &s->result.storages;
  void *const block[] = {t->task_id,
                         t->application_id,
                         t->application,
                         t->task,
                         t->node_id,
                         t->platform_id,
                         t->platform,
                         t->dispatched,
                         t->scheduled,
                         t->arrived,
                         t->started,
                         t->done,
                         t->elapsed,
                         t->wait,
                         t->queue,
                         t->initialization,
                         t->compute,
                         t->pull,
                         t->cold_start,
                         t->execution,
                         t->communications,
                         t->cold_started,
                         t->cache_hit,
                         t->local_dependencies,
                         t->local_communications,
                         t->energy,
                         t->postponed,
                         a->application_id,
                         a->type,
                         a->dispatched,
                         a->elapsed,
                         a->pull,
                         a->cold_start,
                         a->execution,
                         a->communications,
                         a->penalty,
                         c->task,
                         c->timestamp,
                         c->action,
                         c->count,
                         c->average_queue_length,
                         y->task,
                         y->timestamp,
                         y->count,
                         y->average_queue_length,
                         y->per_platform,
                         p->platform_id,
                         p->node_id,
                         p->platform,
                         p->idle_time,
                         p->idle_percent,
                         p->storage_time,
                         p->energy,
                         p->energy_idle,
                         p->node_unused,
                         p->node_cache_hits,
                         d->storage_id,
                         d->node_id,
                         d->type,
                         d->used_bytes,
                         d->written_bytes,
                         d->erased_bytes,
                         d->n_data,
                         d->n_failed,
                         d->cache_begin,
                         d->cache_platform,
                         d->cache_task,
                         s->result.totals.penalty_t_s,
                         s->result.totals.penalty_frac,
                         s->sort[0],
                         s->sort[1]};
  size_t i;

  for (i = 0; i < sizeof block / sizeof *block; i++)
    aus_free(block[i]);
}

/* ---- rows written while the run goes on ---- */

int aus_serverless_scale_row(sim *s, int f, int action, aus_err *err)
{
  int rc = AUS_OK;
  aus_serverless_scale_rows *r = &s->result.scale_events;

  AUS_TRY(grow_scale(s, err));
  r->task[r->n] = f;
  r->timestamp[r->n] = s->now;
  r->action[r->n] = (uint8_t)action;
  r->count[r->n] = s->function[f].n_replicas;
  r->average_queue_length[r->n] = aus_serverless_mean_queue(s, f);
  r->n++;
done:
  return rc;
}

int aus_serverless_system_row(sim *s, int f, aus_err *err)
{
  int rc = AUS_OK;
  aus_serverless_system_rows *r = &s->result.system_events;

  AUS_TRY(grow_system(s, err));
  r->task[r->n] = f;
  r->timestamp[r->n] = s->now;
  r->count[r->n] = s->function[f].n_replicas;
  r->average_queue_length[r->n] = aus_serverless_mean_queue(s, f);
  memcpy(r->per_platform + r->n * s->n_types, s->n_by_type + f * s->n_types,
         (size_t)s->n_types * sizeof *r->per_platform);
  r->n++;
done:
  return rc;
}

/* ---- tasks ---- */

/* Requests that never came (a run stopped by its time limit) have rows, too. */
static void make_missing_tasks(sim *s)
{
  int64_t a;
  int32_t t;

  for (a = s->n_arrived; a < s->trace->n; a++)
    for (t = s->first[a]; t < s->first[a + 1]; t++)
      s->task[t] = (aus_task){.app = (int32_t)a,
                              .pos = t - s->first[a],
                              .platform = -1,
                              .storage = -1,
                              .function = s->app[s->trace->app[a]].function[t - s->first[a]]};
}

/* NaN from the first step a task did not reach. Its platform has got as far as its stage says, or a
 * little further, so the columns in between are blanked as well. */
static void blank_task(sim *s, int64_t t)
{
  aus_serverless_task_rows *r = &s->result.tasks;
  int stage = s->task[t].stage;

  if (stage < AUS_STAGE_DISPATCHED) r->dispatched[t] = NAN;
  if (stage < AUS_STAGE_SCHEDULED) r->scheduled[t] = NAN;
  if (stage < AUS_STAGE_ARRIVED) {
    r->arrived[t] = r->pull[t] = NAN;
    r->cache_hit[t] = 0;
  }
  if (stage < AUS_STAGE_STARTED) {
    r->started[t] = r->cold_start[t] = NAN;
    r->local_dependencies[t] = 0;
  }
  if (stage < AUS_STAGE_DONE) {
    r->done[t] = r->execution[t] = r->communications[t] = NAN;
    r->local_communications[t] = 0;
  }
}

static void task_ids(sim *s)
{
  aus_serverless_task_rows *r = &s->result.tasks;
  int64_t t;

  for (t = 0; t < s->n_tasks; t++) {
    const aus_task *task = &s->task[t];
    int32_t p = task->platform;

    r->task_id[t] = t;
    r->application_id[t] = task->app;
    r->application[t] = s->trace->app[task->app];
    r->task[t] = task->function;
    r->platform_id[t] = p;
    r->node_id[t] = p >= 0 ? s->plat[p].node : -1;
    r->platform[t] = p >= 0 ? s->plat[p].type : -1;
    r->cold_started[t] = task->cold_started;
    r->postponed[t] = task->postponed;
    r->energy[t] = task->stage == AUS_STAGE_DONE
                       ? s->energy_kwh[task->function * s->n_types + s->plat[p].type]
                       : (double)NAN;
  }
}

static void task_times(sim *s)
{
  aus_serverless_task_rows *r = &s->result.tasks;
  int64_t t;

  for (t = 0; t < s->n_tasks; t++)
    r->elapsed[t] = r->done[t] - r->dispatched[t];
  for (t = 0; t < s->n_tasks; t++)
    r->wait[t] = r->scheduled[t] - r->dispatched[t];
  for (t = 0; t < s->n_tasks; t++)
    r->queue[t] = r->arrived[t] - r->scheduled[t];
  for (t = 0; t < s->n_tasks; t++)
    r->initialization[t] = r->started[t] - r->arrived[t];
  for (t = 0; t < s->n_tasks; t++)
    r->compute[t] = r->done[t] - r->started[t];
}

static void finish_tasks(sim *s)
{
  int64_t t;

  if (s->stalled) {
    make_missing_tasks(s);
    if (!aus_defect(s, 2)) aus_serverless_clean_stages(s);
    for (t = 0; t < s->n_tasks; t++)
      blank_task(s, t);
  }
  task_ids(s);
  task_times(s);
}

/* ---- applications ---- */

/* NaN when one of them is not done. */
static double last_done(const aus_serverless_task_rows *r, int32_t from, int32_t to)
{
  double last = r->done[from];
  int32_t t;

  for (t = from + 1; t < to; t++)
    if (!(r->done[t] <= last)) last = isnan(last) ? last : r->done[t];
  return last;
}

static void finish_applications(sim *s)
{
  const aus_serverless_task_rows *r = &s->result.tasks;
  aus_serverless_app_rows *a = &s->result.applications;
  int64_t i;
  int32_t t;

  for (i = 0; i < a->n; i++) {
    int32_t from = s->first[i], to = s->first[i + 1];
    double limit = 0;

    for (t = from; t < to; t++)
      limit += aus_task_deadline(s, t);
    a->application_id[i] = i;
    a->type[i] = s->trace->app[i];
    a->dispatched[i] = s->trace->t_s[i];
    a->elapsed[i] = aus_defect(s, 13) ? aus_sum(r->elapsed, from, to)
                                      : last_done(r, from, to) - s->trace->t_s[i];
    a->pull[i] = aus_sum(r->pull, from, to);
    a->cold_start[i] = aus_sum(r->cold_start, from, to);
    a->execution[i] = aus_sum(r->execution, from, to);
    a->communications[i] = aus_sum(r->communications, from, to);
    /* A request that was never answered is late; one that never came is not. */
    a->penalty[i] = a->elapsed[i] > limit || (isnan(a->elapsed[i]) && i < s->n_arrived);
  }
}

/* ---- platforms and storages ---- */

static void finish_platforms(sim *s)
{
  aus_serverless_platform_rows *r = &s->result.platforms;
  double t = s->now;
  int32_t p;

  for (p = 0; p < s->n_plats; p++) {
    const aus_plat *plat = &s->plat[p];
    double idle_kwh_per_h = s->types->platform[plat->type].idle_kwh_per_h;

    r->platform_id[p] = p;
    r->node_id[p] = plat->node;
    r->platform[p] = plat->type;
    r->idle_time[p] = t - plat->load_time;
    r->idle_percent[p] = t > 0 ? (r->idle_time[p] / t) * 100 : 100;
    r->storage_time[p] = plat->storage_time;
    r->energy[p] = idle_kwh_per_h * (t / 3600);
    r->energy_idle[p] = idle_kwh_per_h * (r->idle_time[p] / 3600);
    r->node_unused[p] = s->node[plat->node].unused;
    r->node_cache_hits[p] = s->node[plat->node].cache_hits;
  }
}

static int finish_storages(sim *s, aus_err *err)
{
  int rc = AUS_OK;
  aus_serverless_storage_rows *r = &s->result.storages;
  int64_t n = 0, i;
  int32_t d;

  for (d = 0; d < s->n_disks; d++)
    n += s->disk[d].n_images;
  AUS_TRY(grow_images(s, n, err));
  r->cache_begin[0] = 0;
  for (n = 0, d = 0; d < s->n_disks; d++) {
    const aus_disk *disk = &s->disk[d];

    r->storage_id[d] = d;
    r->node_id[d] = disk->node;
    r->type[d] = disk->type;
    r->used_bytes[d] = (int64_t)disk->used;
    r->written_bytes[d] = (int64_t)disk->written;
    r->erased_bytes[d] = (int64_t)disk->erased;
    r->n_data[d] = disk->n_data;
    r->n_failed[d] = disk->n_failed;
    for (i = 0; i < disk->n_images; i++, n++) {
      r->cache_platform[n] = disk->image[i] % s->n_types;
      r->cache_task[n] = disk->image[i] / s->n_types;
    }
    r->cache_begin[d + 1] = n;
  }
done:
  return rc;
}

/* ---- all of it ---- */

int aus_serverless_finish(sim *s, aus_err *err)
{
  int rc = AUS_OK;

  s->result.status = s->stalled ? AUS_SERVERLESS_STALLED : AUS_SERVERLESS_DONE;
  finish_tasks(s);
  finish_applications(s);
  finish_platforms(s);
  AUS_TRY(finish_storages(s, err));
  aus_serverless_total(s);
done:
  return rc;
}
