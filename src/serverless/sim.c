/* sim.c - the simulator object: tables of the types, one run.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/sim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "serverless/kernel.h"
#include "util/alloc.h"

typedef aus_serverless_sim sim;

/* ---- strategies ---- */

static const struct {
  const char *name;
  aus_serverless_scaler scaler;
  aus_serverless_placer placer;
} strategies[] = {
    {"kn_kn", AUS_SERVERLESS_KN, AUS_SERVERLESS_PLACE_KN},
    {"kn_hro", AUS_SERVERLESS_KN, AUS_SERVERLESS_PLACE_HRO},
    {"kn_hrc", AUS_SERVERLESS_KN, AUS_SERVERLESS_PLACE_HRC},
    {"kn_rp", AUS_SERVERLESS_KN, AUS_SERVERLESS_PLACE_RP},
    {"kn_rr", AUS_SERVERLESS_KN, AUS_SERVERLESS_PLACE_RR},
    {"kn_bpff", AUS_SERVERLESS_KN, AUS_SERVERLESS_PLACE_BPFF},
    {"kpa_kn", AUS_SERVERLESS_KPA, AUS_SERVERLESS_PLACE_KN},
    {"prokn_prokn", AUS_SERVERLESS_PROKN, AUS_SERVERLESS_PLACE_KN},
    {"prohetkn_prohetkn", AUS_SERVERLESS_PROHETKN, AUS_SERVERLESS_PLACE_KN},
    {"hro_hro", AUS_SERVERLESS_HRO, AUS_SERVERLESS_PLACE_HRO},
    {"hro_hrc", AUS_SERVERLESS_HRO, AUS_SERVERLESS_PLACE_HRC},
    {"hro_kn", AUS_SERVERLESS_HRO, AUS_SERVERLESS_PLACE_KN},
    {"hro_rp", AUS_SERVERLESS_HRO, AUS_SERVERLESS_PLACE_RP},
    {"hro_bpff", AUS_SERVERLESS_HRO, AUS_SERVERLESS_PLACE_BPFF},
    {"hrc_hrc", AUS_SERVERLESS_HRC, AUS_SERVERLESS_PLACE_HRC},
    {"hrc_hro", AUS_SERVERLESS_HRC, AUS_SERVERLESS_PLACE_HRO},
    {"hrc_kn", AUS_SERVERLESS_HRC, AUS_SERVERLESS_PLACE_KN},
    {"hrc_rp", AUS_SERVERLESS_HRC, AUS_SERVERLESS_PLACE_RP},
    {"hrc_bpff", AUS_SERVERLESS_HRC, AUS_SERVERLESS_PLACE_BPFF},
};

enum { N_STRATEGIES = sizeof strategies / sizeof *strategies };

int aus_serverless_strategy(const char *text, aus_serverless_policy *policy, aus_err *err)
{
  int rc = AUS_OK, i;
  char list[300] = "";

  for (i = 0; i < N_STRATEGIES; i++) {
    if (strcmp(text, strategies[i].name) == 0) {
      policy->scaler = strategies[i].scaler;
      policy->placer = strategies[i].placer;
      goto done;
    }
    strcat(list, i > 0 ? ", " : "");
    strcat(list, strategies[i].name);
  }
  AUS_FAIL(err, AUS_ECONFIG, "strategy \"%s\" is unknown, need one of %s", text, list);
done:
  return rc;
}

/* ---- tables of the types ---- */

static int make_successors(aus_app_tables *out, aus_err *err)
{
  int rc = AUS_OK, i, k, m, n = 0;

  AUS_NEW(out->succ_begin, out->n + 1, err);
  AUS_NEW(out->succ, out->dep_begin[out->n], err);
  for (i = 0; i < out->n; i++) {
    for (k = i + 1; k < out->n; k++)
      for (m = out->dep_begin[k]; m < out->dep_begin[k + 1]; m++)
        if (out->dep[m] == i) out->succ[n++] = k;
    out->succ_begin[i + 1] = n;
  }
done:
  return rc;
}

static int make_app(aus_app_tables *out, const aus_serverless_app_type *type, aus_err *err)
{
  int rc = AUS_OK, i, k, n = 0;
  int *position = NULL; /* of a DAG key in topological order */

  out->n = type->n_tasks;
  AUS_NEW(position, type->n_tasks, err);
  AUS_NEW(out->function, type->n_tasks, err);
  AUS_NEW(out->dep_begin, type->n_tasks + 1, err);
  AUS_NEW(out->dep, type->pred_begin[type->n_tasks], err);
  for (i = 0; i < type->n_tasks; i++)
    position[type->topo[i]] = i;
  for (i = 0; i < type->n_tasks; i++) {
    int key = type->topo[i];

    out->function[i] = type->task[key];
    for (k = type->pred_begin[key]; k < type->pred_begin[key + 1]; k++)
      out->dep[n++] = position[type->pred[k]];
    out->dep_begin[i + 1] = n;
  }
  AUS_TRY(make_successors(out, err));
done:
  aus_free(position);
  return rc;
}

/* Equal deviations share a rank; more is less urgent. */
static int make_ranks(sim *s, aus_err *err)
{
  int rc = AUS_OK, i, k;
  const aus_serverless_qos_type *qos = s->types->qos;

  AUS_NEW(s->rank, s->types->n_qos, err);
  for (i = 0; i < s->types->n_qos; i++) {
    for (k = 0; k < s->types->n_qos; k++) {
      double d = qos[k].max_duration_deviation;
      int j = 0;

      if (!(d < qos[i].max_duration_deviation)) continue;
      while (qos[j].max_duration_deviation != d)
        j++;
      s->rank[i] += j == k; /* the first of its kind counts */
    }
    if (s->rank[i] >= s->n_ranks) s->n_ranks = s->rank[i] + 1;
  }
done:
  return rc;
}

static int make_matrix(double **out, const sim *s, size_t offset, aus_err *err)
{
  int rc = AUS_OK, f;
  size_t n = (size_t)s->n_types;

  AUS_NEW(*out, (size_t)s->n_functions * n, err);
  for (f = 0; f < s->n_functions; f++) {
    const double *from;

    memcpy(&from, (const char *)&s->types->task[f] + offset, sizeof from);
    memcpy(*out + (size_t)f * n, from, n * sizeof *from);
  }
done:
  return rc;
}

static int make_tables(sim *s, aus_err *err)
{
  int rc = AUS_OK, i;
  size_t n = (size_t)s->n_functions * (size_t)s->n_types;

  AUS_NEW(s->app, s->types->n_apps, err);
  for (i = 0; i < s->types->n_apps; i++)
    AUS_TRY(make_app(&s->app[i], &s->types->app[i], err));
  AUS_TRY(make_ranks(s, err));
  AUS_TRY(make_matrix(&s->exec_s, s, offsetof(aus_serverless_task_type, exec_s), err));
  AUS_TRY(make_matrix(&s->cold_s, s, offsetof(aus_serverless_task_type, cold_s), err));
  AUS_TRY(make_matrix(&s->image_gb, s, offsetof(aus_serverless_task_type, image_gb), err));
  AUS_TRY(make_matrix(&s->energy_kwh, s, offsetof(aus_serverless_task_type, energy_kwh), err));
  AUS_TRY(make_matrix(&s->memory_gb, s, offsetof(aus_serverless_task_type, memory_gb), err));
  AUS_NEW(s->target, n, err);
  AUS_NEW(s->exec_sums, n, err);
  AUS_NEW(s->n_by_type, n, err);
  AUS_NEW(s->hw_contention, n, err);
  AUS_NEW(s->n_free, s->n_types, err);
  AUS_NEW(s->function, s->n_functions, err);
  AUS_NEW(s->type_rank, s->n_types, err);
  AUS_NEW(s->diff_type, s->n_types, err);
  AUS_NEW(s->diff, s->n_types, err);
  AUS_NEW(s->call.name, s->n_types, err);
  AUS_TRY(aus_serverless_policies_create(s, err));
done:
  return rc;
}

static int make_rings(sim *s, aus_err *err)
{
  int rc = AUS_OK, i;

  for (i = 0; i < 2; i++) {
    s->ring[i].mask = 255;
    AUS_NEW(s->ring[i].ev, 256, err);
  }
  aus_heap_init(&s->heap);
  aus_heap_init(&s->pending);
done:
  return rc;
}

int aus_serverless_sim_create(sim **out, const aus_serverless_types *types, aus_err *err)
{
  int rc = AUS_OK;
  sim *s = NULL;

  *out = NULL;
  AUS_NEW(s, 1, err);
  s->types = types;
  s->n_functions = types->n_tasks;
  s->n_types = types->n_platforms;
  AUS_TRY(make_rings(s, err));
  AUS_TRY(make_tables(s, err));
  *out = s;
  s = NULL;
done:
  aus_serverless_sim_destroy(s);
  return rc;
}

static void destroy_tables(sim *s)
{
  void *const block[] = {s->rank,      s->exec_s,   s->cold_s,    s->image_gb,  s->energy_kwh,
                         s->memory_gb, s->target,   s->exec_sums, s->n_by_type, s->hw_contention,
                         s->n_free,    s->function, s->diff_type, s->diff,      s->call.name,
                         s->app,       s->type_rank};
  int i;
  size_t k;

  aus_serverless_policies_destroy(s);
  for (i = 0; s->app && i < s->types->n_apps; i++) {
    aus_free(s->app[i].function);
    aus_free(s->app[i].dep_begin);
    aus_free(s->app[i].dep);
    aus_free(s->app[i].succ_begin);
    aus_free(s->app[i].succ);
  }
  for (i = 0; s->exec_sums && i < s->n_functions * s->n_types; i++)
    aus_free(s->exec_sums[i].v);
  for (i = 0; s->function && i < s->n_functions; i++) {
    aus_free(s->function[i].replica);
    aus_free(s->function[i].tree);
    aus_heap_fini(&s->function[i].waiting);
  }
  for (k = 0; k < sizeof block / sizeof *block; k++)
    aus_free(block[k]);
}

void aus_serverless_sim_destroy(sim *s)
{
  int64_t i;

  if (!s) return;
  for (i = 0; i < s->cap_disks; i++)
    aus_free(s->disk[i].image);
  {
    void *const block[] = {
        s->by_rank,     s->ring[0].ev,   s->ring[1].ev,    s->task,     s->first,     s->plat,
        s->rank_count,  s->node,         s->disk,          s->present,  s->getter,    s->init,
        s->entry,       s->pending_list, s->call.suitable, s->choice,   s->candidate, s->node_order,
        s->permutation, s->score[0],     s->score[1],      s->score[2], s->score[3]};
    size_t k;

    for (k = 0; k < sizeof block / sizeof *block; k++)
      aus_free(block[k]);
  }
  aus_heap_fini(&s->heap);
  aus_heap_fini(&s->pending);
  destroy_tables(s);
  aus_serverless_rows_fini(s);
  aus_free(s);
}

/* ---- a run ---- */

int aus_serverless_defects_check(uint64_t defects, aus_err *err)
{
  static const int inherent[] = {6, 12, 15, 17};
  int rc = AUS_OK;
  size_t i;

  for (i = 0; defects & AUS_SERVERLESS_D(2) && i < sizeof inherent / sizeof *inherent; i++)
    if (!(defects & AUS_SERVERLESS_D(inherent[i])))
      AUS_FAIL(err, AUS_ECONFIG, "D%d cannot be cleared while D2 is set", inherent[i]);
done:
  return rc;
}

static int take_policy(sim *s, const aus_serverless_policy *policy, aus_err *err)
{
  int rc = AUS_OK;
  aus_serverless_policy *p = &s->policy;

  *p = *policy;
  if (!(p->reconcile_s > 0) || isinf(p->reconcile_s))
    AUS_FAIL(err, AUS_ECONFIG, "reconcile_interval is %g, need > 0", p->reconcile_s);
  if (!(p->queue_length > 0) || isinf(p->queue_length))
    AUS_FAIL(err, AUS_ECONFIG, "queue_length is %g, need > 0", p->queue_length);
  if (!(p->keep_alive_s >= 0) || isinf(p->keep_alive_s))
    AUS_FAIL(err, AUS_ECONFIG, "keep_alive is %g, need >= 0", p->keep_alive_s);
  if (!(p->stall_after_s >= 0))
    AUS_FAIL(err, AUS_ECONFIG, "stall_after is %g, need >= 0", p->stall_after_s);
  if (!(p->max_time_s >= 0)) AUS_FAIL(err, AUS_ECONFIG, "max_time is %g, need >= 0", p->max_time_s);
  AUS_TRY(aus_serverless_forecast_check(p, err));
  AUS_TRY(aus_serverless_defects_check(p->defects, err));
  if (p->stall_after_s == 0) p->stall_after_s = 10 * p->keep_alive_s + 600;
  if (p->max_time_s == 0) p->max_time_s = INFINITY;
done:
  return rc;
}

/* What the start-up of the original leaves behind: platforms that wait for a replica, the mutex with
 * the system's state in it, and four processes about to begin. */
static void begin(sim *s)
{
  static const uint32_t first[] = {AUS_EV_GW_START, AUS_EV_MO_START, AUS_EV_AS_START,
                                   AUS_EV_SC_START};
  int i;

  s->n_events = 2 * (int64_t)s->n_plats + s->n_nodes + s->n_disks + 3;
  for (i = 0; i < 4; i++)
    aus_ring_push(s, 0, first[i], 0);
}

int aus_serverless_sim_run(sim *s, const aus_serverless_infra *infra,
                           const aus_serverless_trace *trace, const aus_serverless_policy *policy,
                           const aus_predict *predict, const aus_poll *poll,
                           const aus_serverless_result **result, aus_err *err)
{
  int rc = AUS_OK;

  *result = NULL;
  s->infra = infra;
  s->trace = trace;
  s->predict = predict;
  s->err = err;
  AUS_TRY(take_policy(s, policy, err));
  AUS_TRY(aus_serverless_state_reset(s, err));
  AUS_TRY(aus_serverless_order(s, err));
  AUS_TRY(aus_serverless_targets(s, err));
  AUS_TRY(aus_serverless_rows_reserve(s, err));
  if (aus_defect(s, 2)) {
    begin(s);
    AUS_TRY(aus_serverless_loop(s, poll));
  } else {
    AUS_TRY(aus_serverless_clean_loop(s, poll));
  }
  AUS_TRY(aus_serverless_finish(s, err));
  *result = &s->result;
done:
  s->err = NULL;
  return rc;
}
