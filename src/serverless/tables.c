/* tables.c - results as CSV and JSON text.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/tables.h"

#include <inttypes.h>
#include <math.h>

#include "util/json.h"

typedef const aus_serverless_types types;
typedef const aus_serverless_result result;

/* ---- CSV ---- */

/* One field and the separator in front of it (none in front of the first). */
static void field_int(aus_buf *out, int64_t x, bool first)
{
  aus_buf_printf(out, first ? "%" PRId64 : ",%" PRId64, x);
}

static void field_real(aus_buf *out, double x)
{
  aus_buf_text(out, ",");
  if (!isnan(x)) aus_buf_real(out, x);
}

/* Names come from the user's files: quoted when they would break the line. */
static void field_text(aus_buf *out, const char *s, bool first)
{
  const char *c;
  bool quote = false;

  for (c = s; *c; c++)
    quote |= *c == ',' || *c == '"' || *c == '\n' || *c == '\r';
  if (!first) aus_buf_text(out, ",");
  if (!quote) {
    aus_buf_text(out, s);
    return;
  }
  aus_buf_text(out, "\"");
  for (c = s; *c; c++) {
    if (*c == '"') aus_buf_text(out, "\"");
    aus_buf_bytes(out, c, 1);
  }
  aus_buf_text(out, "\"");
}

static void write_tasks(aus_buf *out, types *t, result *res)
{
  const aus_serverless_task_rows *r = &res->tasks;
  int64_t i;

  aus_buf_text(out,
               "taskId,applicationId,application,task,nodeId,platformId,platform,dispatchedTime,"
               "scheduledTime,arrivedTime,startedTime,doneTime,elapsedTime,waitTime,queueTime,"
               "initializationTime,computeTime,pullTime,coldStartTime,executionTime,"
               "communicationsTime,coldStarted,cacheHit,localDependencies,localCommunications,"
               "energy,postponed\n");
  for (i = 0; i < r->n; i++) {
    const double real[] = {
        r->dispatched[i], r->scheduled[i],  r->arrived[i],   r->started[i],        r->done[i],
        r->elapsed[i],    r->wait[i],       r->queue[i],     r->initialization[i], r->compute[i],
        r->pull[i],       r->cold_start[i], r->execution[i], r->communications[i]};
    const uint8_t flag[] = {r->cold_started[i], r->cache_hit[i], r->local_dependencies[i],
                            r->local_communications[i]};
    size_t k;

    field_int(out, r->task_id[i], true);
    field_int(out, r->application_id[i], false);
    field_text(out, t->app[r->application[i]].name, false);
    field_text(out, t->task[r->task[i]].name, false);
    field_int(out, r->node_id[i], false);
    field_int(out, r->platform_id[i], false);
    field_text(out, r->platform[i] >= 0 ? t->platform[r->platform[i]].name : "", false);
    for (k = 0; k < sizeof real / sizeof *real; k++)
      field_real(out, real[k]);
    for (k = 0; k < sizeof flag; k++)
      field_int(out, flag[k], false);
    field_real(out, r->energy[i]);
    field_int(out, r->postponed[i], false);
    aus_buf_text(out, "\n");
  }
}

static void write_applications(aus_buf *out, types *t, result *res)
{
  const aus_serverless_app_rows *r = &res->applications;
  int64_t i;

  aus_buf_text(out, "applicationId,type,dispatchedTime,elapsedTime,pullTime,coldStartTime,"
                    "executionTime,communicationsTime,penalty\n");
  for (i = 0; i < r->n; i++) {
    field_int(out, r->application_id[i], true);
    field_text(out, t->app[r->type[i]].name, false);
    field_real(out, r->dispatched[i]);
    field_real(out, r->elapsed[i]);
    field_real(out, r->pull[i]);
    field_real(out, r->cold_start[i]);
    field_real(out, r->execution[i]);
    field_real(out, r->communications[i]);
    field_int(out, r->penalty[i], false);
    aus_buf_text(out, "\n");
  }
}

static void write_scale_events(aus_buf *out, types *t, result *res)
{
  const aus_serverless_scale_rows *r = &res->scale_events;
  int64_t i;

  aus_buf_text(out, "name,timestamp,action,count,average_queue_length\n");
  for (i = 0; i < r->n; i++) {
    field_text(out, t->task[r->task[i]].name, true);
    field_real(out, r->timestamp[i]);
    field_text(out, r->action[i] == 0 ? "up" : "down", false);
    field_int(out, r->count[i], false);
    field_real(out, r->average_queue_length[i]);
    aus_buf_text(out, "\n");
  }
}

static void write_system_events(aus_buf *out, types *t, result *res)
{
  const aus_serverless_system_rows *r = &res->system_events;
  int64_t i;
  int h;

  aus_buf_text(out, "name,timestamp,count,average_queue_length");
  for (h = 0; h < t->n_platforms; h++)
    field_text(out, t->platform[h].name, false);
  aus_buf_text(out, "\n");
  for (i = 0; i < r->n; i++) {
    const int32_t *count = r->per_platform + i * t->n_platforms;

    field_text(out, t->task[r->task[i]].name, true);
    field_real(out, r->timestamp[i]);
    field_int(out, r->count[i], false);
    field_real(out, r->average_queue_length[i]);
    for (h = 0; h < t->n_platforms; h++)
      if (count[h] > 0)
        field_int(out, count[h], false);
      else
        aus_buf_text(out, ",");
    aus_buf_text(out, "\n");
  }
}

static void write_platforms(aus_buf *out, types *t, result *res)
{
  const aus_serverless_platform_rows *r = &res->platforms;
  int64_t i;

  aus_buf_text(out, "platformId,nodeId,platform,idleTime,idleProportion,storageTime,energy,"
                    "energyIdle,unused,nodeCacheHits\n");
  for (i = 0; i < r->n; i++) {
    field_int(out, r->platform_id[i], true);
    field_int(out, r->node_id[i], false);
    field_text(out, t->platform[r->platform[i]].name, false);
    field_real(out, r->idle_time[i]);
    field_real(out, r->idle_percent[i]);
    field_real(out, r->storage_time[i]);
    field_real(out, r->energy[i]);
    field_real(out, r->energy_idle[i]);
    field_int(out, r->node_unused[i], false);
    field_int(out, r->node_cache_hits[i], false);
    aus_buf_text(out, "\n");
  }
}

/* ---- JSON ---- */

static void pair_real(aus_json_out *out, const char *key, double x)
{
  aus_json_key(out, key);
  aus_json_real(out, x);
}

static void pair_int(aus_json_out *out, const char *key, int64_t x)
{
  aus_json_key(out, key);
  aus_json_int(out, x);
}

static void list_real(aus_json_out *out, const char *key, const double *x, int n)
{
  int i;

  aus_json_key(out, key);
  aus_json_array(out);
  for (i = 0; i < n; i++)
    aus_json_real(out, x[i]);
  aus_json_end(out, ']');
}

static void write_penalties(aus_json_out *out, const aus_serverless_totals *s)
{
  int64_t i;

  aus_json_key(out, "penaltyDistributionOverTime");
  aus_json_array(out);
  for (i = 0; i < s->n_penalties; i++) {
    aus_json_array(out);
    aus_json_real(out, s->penalty_t_s[i]);
    aus_json_real(out, s->penalty_frac[i]);
    aus_json_end(out, ']');
  }
  aus_json_end(out, ']');
}

static void write_summary(aus_buf *buf, types *t, result *res)
{
  const aus_serverless_totals *s = &res->totals;
  aus_json_out out;

  (void)t;
  aus_json_begin(&out, buf, 1);
  aus_json_object(&out);
  aus_json_key(&out, "status");
  aus_json_str(&out, res->status == AUS_SERVERLESS_DONE ? "done" : "stalled");
  pair_real(&out, "endTime", s->end_time_s);
  pair_real(&out, "unusedPlatforms", s->unused_platforms_percent);
  pair_real(&out, "unusedNodes", s->unused_nodes_percent);
  pair_real(&out, "averageOccupation", s->average_occupation_percent);
  pair_real(&out, "averageElapsedTime", s->average_elapsed_s);
  pair_real(&out, "averagePullTime", s->average_pull_s);
  pair_real(&out, "averageColdStartTime", s->average_cold_start_s);
  pair_real(&out, "averageExecutionTime", s->average_execution_s);
  pair_real(&out, "averageWaitTime", s->average_wait_s);
  pair_real(&out, "averageQueueTime", s->average_queue_s);
  pair_real(&out, "averageInitializationTime", s->average_initialization_s);
  pair_real(&out, "averageComputeTime", s->average_compute_s);
  pair_real(&out, "averageCommunicationsTime", s->average_communications_s);
  pair_real(&out, "penaltyProportion", s->penalty_percent);
  pair_real(&out, "localDependenciesProportion", s->local_dependencies_percent);
  pair_real(&out, "localCommunicationsProportion", s->local_communications_percent);
  pair_real(&out, "nodeCacheHitsProportion", s->node_cache_hits_percent);
  pair_real(&out, "taskCacheHitsProportion", s->task_cache_hits_percent);
  pair_real(&out, "coldStartProportion", s->cold_start_percent);
  list_real(&out, "taskResponseTimeDistribution", s->task_response_s, 99);
  list_real(&out, "applicationResponseTimeDistribution", s->application_response_s, 99);
  write_penalties(&out, s);
  pair_real(&out, "energy", s->energy_kwh);
  pair_real(&out, "reclaimableEnergy", s->reclaimable_energy_kwh);
  pair_real(&out, "statsTime", s->end_time_s);
  pair_real(&out, "replicaSeconds", s->replica_s);
  pair_int(&out, "events", s->n_events);
  pair_int(&out, "evictions", s->n_evictions);
  aus_json_end(&out, '}');
  aus_buf_text(buf, "\n");
}

static void write_storage(aus_json_out *out, types *t, const aus_serverless_storage_rows *r,
                          int64_t i)
{
  int64_t k;

  aus_json_object(out);
  pair_int(out, "storageId", r->storage_id[i]);
  pair_int(out, "nodeId", r->node_id[i]);
  aus_json_key(out, "type");
  aus_json_str(out, t->storage[r->type[i]].name);
  pair_int(out, "used", r->used_bytes[i]);
  pair_int(out, "writes", r->written_bytes[i]);
  pair_int(out, "erases", r->erased_bytes[i]);
  aus_json_key(out, "cache");
  aus_json_array(out);
  for (k = r->cache_begin[i]; k < r->cache_begin[i + 1]; k++) {
    aus_json_array(out);
    aus_json_str(out, t->platform[r->cache_platform[k]].name);
    aus_json_str(out, t->task[r->cache_task[k]].name);
    aus_json_end(out, ']');
  }
  aus_json_end(out, ']');
  pair_int(out, "nData", r->n_data[i]);
  pair_int(out, "nFailed", r->n_failed[i]);
  aus_json_end(out, '}');
}

static void write_storages(aus_buf *buf, types *t, result *res)
{
  aus_json_out out;
  int64_t i;

  aus_json_begin(&out, buf, 1);
  aus_json_array(&out);
  for (i = 0; i < res->storages.n; i++)
    write_storage(&out, t, &res->storages, i);
  aus_json_end(&out, ']');
  aus_buf_text(buf, "\n");
}

const aus_serverless_table aus_serverless_tables[AUS_SERVERLESS_N_TABLES] = {
    {"tasks.csv", write_tasks},
    {"applications.csv", write_applications},
    {"scale_events.csv", write_scale_events},
    {"system_events.csv", write_system_events},
    {"platforms.csv", write_platforms},
    {"summary.json", write_summary},
    {"storages.json", write_storages},
};
