/* serverless/sim.h - discrete-event simulation of a heterogeneous serverless platform.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A pure function of (types, infrastructure, trace, policy, predictor). Compat mode reproduces
 * HeROsim (GitHub b-com/HeROsim, and nikolalukic167/gnn-herosim at 492d2f6) event by event in
 * canonical order; clean mode is the same system without the reference's defects, each of which is a
 * switch. An aus_serverless_sim keeps its memory between runs; results are columns, lent
 * until the next run.
 */
#ifndef AUS_SERVERLESS_SIM_H
#define AUS_SERVERLESS_SIM_H

#include "serverless/model.h"
#include "util/poll.h"
#include "util/predict.h"

typedef enum aus_serverless_scaler {
  AUS_SERVERLESS_KN,
  AUS_SERVERLESS_PROKN,
  AUS_SERVERLESS_PROHETKN,
  AUS_SERVERLESS_KPA,
  AUS_SERVERLESS_HRO, /* from here on: concurrency per hardware */
  AUS_SERVERLESS_HRC
} aus_serverless_scaler;

typedef enum aus_serverless_placer {
  AUS_SERVERLESS_PLACE_KN,
  AUS_SERVERLESS_PLACE_HRO,
  AUS_SERVERLESS_PLACE_HRC,
  AUS_SERVERLESS_PLACE_BPFF,
  AUS_SERVERLESS_PLACE_RP, /* uniformly random replica */
  AUS_SERVERLESS_PLACE_RR  /* the replica that was given fewest tasks */
} aus_serverless_placer;

/* Where a proactive policy has the arrival rate of the next horizon from. */
typedef enum aus_serverless_forecast {
  AUS_SERVERLESS_ORACLE,  /* the trace itself (D28) */
  AUS_SERVERLESS_LAST,    /* the rate of the last horizon */
  AUS_SERVERLESS_EWMA,    /* exponentially weighted mean of the past */
  AUS_SERVERLESS_SEASONAL /* the last period's rate at this phase, scaled by this period's level */
} aus_serverless_forecast;

/* Defects of the reference system (serverless.md 10) as switches: set = as the reference does. */
#define AUS_SERVERLESS_D(number) (UINT64_C(1) << (number))
/* All that concern the simulator: what mode compat sets. */
#define AUS_SERVERLESS_COMPAT                                                                  \
  (AUS_SERVERLESS_D(2) | AUS_SERVERLESS_D(3) | AUS_SERVERLESS_D(4) | AUS_SERVERLESS_D(5) |     \
   AUS_SERVERLESS_D(6) | AUS_SERVERLESS_D(7) | AUS_SERVERLESS_D(8) | AUS_SERVERLESS_D(9) |     \
   AUS_SERVERLESS_D(11) | AUS_SERVERLESS_D(12) | AUS_SERVERLESS_D(13) | AUS_SERVERLESS_D(14) | \
   AUS_SERVERLESS_D(15) | AUS_SERVERLESS_D(16) | AUS_SERVERLESS_D(17) | AUS_SERVERLESS_D(28) | \
   AUS_SERVERLESS_D(33))

typedef enum aus_serverless_priority {
  AUS_SERVERLESS_FIFO,
  AUS_SERVERLESS_LEAST_PENALTY,
  AUS_SERVERLESS_NAIVE_LEAST_PENALTY
} aus_serverless_priority;

typedef enum aus_serverless_status {
  AUS_SERVERLESS_DONE,
  AUS_SERVERLESS_STALLED
} aus_serverless_status;

typedef struct aus_serverless_policy {
  aus_serverless_scaler scaler;
  aus_serverless_placer placer;
  aus_serverless_priority priority;
  double keep_alive_s, queue_length, reconcile_s;
  uint64_t defects; /* AUS_SERVERLESS_D() bits; AUS_SERVERLESS_COMPAT: as the reference, 0: clean */
  aus_serverless_forecast forecast;
  double horizon_s;   /* what a forecast looks ahead; 0: 60 */
  double half_life_s; /* of the weights of ewma; 0: 30 */
  double season_s;    /* period of seasonal; 0: 86400 */
  int n_features;     /* of a model's input: 1 requests per s; 2 and aus_serverless_service_s() */
  uint64_t seed;      /* of the policy's own draws (rp) */
  double
      stall_after_s; /* no task scheduled or done for this long after the last arrival: stalled; 0: 10 keep_alive + 600 */
  double max_time_s; /* simulated time at which a run is stalled anyway; 0: none */
  bool tie_random;   /* equals in a random order instead of ascending ids ... */
  uint64_t tie_seed; /* ... drawn once per run from this seed */
} aus_serverless_policy;

/** Parse "kn_kn", "prokn_prokn", "hro_hrc", ...: registered pairs only (spec 6).
 * @return AUS_OK; AUS_ECONFIG with the list of pairs. Local. */
AUS_CHECKED int aus_serverless_strategy(const char *text, aus_serverless_policy *policy,
                                        aus_err *err);

/** What the reference's event loop does by its very structure: D6, D12, D15, D17 cannot be cleared
 * while D2 is set. @return AUS_OK; AUS_ECONFIG. Local. */
AUS_CHECKED int aus_serverless_defects_check(uint64_t defects, aus_err *err);

/* Results, one array per column; times in s, energies in kWh. Indices refer to types and infrastructure. */
typedef struct aus_serverless_task_rows {
  int64_t n;
  int64_t *task_id, *application_id;
  int32_t *application, *task, *node_id, *platform_id,
      *platform; /* type index, type index, id, id, type index */
  double *dispatched, *scheduled, *arrived, *started, *done;
  double *elapsed, *wait, *queue, *initialization, *compute, *pull, *cold_start, *execution,
      *communications;
  uint8_t *cold_started, *cache_hit, *local_dependencies, *local_communications;
  double *energy;
  int32_t *postponed;
} aus_serverless_task_rows;

typedef struct aus_serverless_app_rows {
  int64_t n;
  int64_t *application_id;
  int32_t *type;
  double *dispatched, *elapsed, *pull, *cold_start, *execution, *communications;
  uint8_t *penalty;
} aus_serverless_app_rows;

typedef struct aus_serverless_scale_rows {
  int64_t n;
  int32_t *task; /* function */
  double *timestamp;
  uint8_t *action; /* 0 up, 1 down */
  int32_t *count;
  double *average_queue_length;
} aus_serverless_scale_rows;

typedef struct aus_serverless_system_rows {
  int64_t n;
  int32_t *task;
  double *timestamp;
  int32_t *count;
  double *average_queue_length;
  int32_t *per_platform; /* n x n_platform_types, 0 where it holds no replica */
} aus_serverless_system_rows;

typedef struct aus_serverless_platform_rows {
  int64_t n;
  int32_t *platform_id, *node_id, *platform;
  double *idle_time, *idle_percent, *storage_time, *energy, *energy_idle;
  uint8_t *node_unused;
  int64_t *node_cache_hits;
} aus_serverless_platform_rows;

typedef struct aus_serverless_storage_rows {
  int64_t n;
  int32_t *storage_id, *node_id, *type;
  int64_t *used_bytes, *written_bytes, *erased_bytes, *n_data,
      *n_failed;                        /* n_failed: data or images without room */
  int64_t *cache_begin;                 /* n + 1 into the next two */
  int32_t *cache_platform, *cache_task; /* cached images in order */
} aus_serverless_storage_rows;

typedef struct aus_serverless_totals {
  double end_time_s;
  double unused_platforms_percent, unused_nodes_percent, average_occupation_percent;
  double average_elapsed_s, average_pull_s, average_cold_start_s, average_execution_s,
      average_wait_s, average_queue_s, average_initialization_s, average_compute_s,
      average_communications_s;
  double penalty_percent, local_dependencies_percent, local_communications_percent,
      node_cache_hits_percent, task_cache_hits_percent, cold_start_percent;
  double energy_kwh, reclaimable_energy_kwh;
  double task_response_s[99], application_response_s[99]; /* cut points; NaN with fewer than two */
  int64_t n_penalties;                                    /* of the next two */
  double *penalty_t_s, *penalty_frac; /* per penalised application in dispatch order */
  double replica_s;                   /* integral of the number of replicas over time */
  int64_t n_events;                   /* processed by the kernel */
  int64_t n_evictions;
} aus_serverless_totals;

typedef struct aus_serverless_result {
  aus_serverless_status status;
  aus_serverless_task_rows tasks;
  aus_serverless_app_rows applications;
  aus_serverless_scale_rows scale_events;
  aus_serverless_system_rows system_events;
  aus_serverless_platform_rows platforms;
  aus_serverless_storage_rows storages;
  aus_serverless_totals totals;
} aus_serverless_result;

typedef struct aus_serverless_sim aus_serverless_sim;

/** Mean execution time of a function over all platforms of the cluster that can run it, 0 when there
 * are none: the second feature of models (n_features 2). Local. */
double aus_serverless_service_s(const aus_serverless_types *types,
                                const aus_serverless_infra *infra, int task);

/** @param [in] types  lent for the life of the simulator. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_sim_create(aus_serverless_sim **out,
                                          const aus_serverless_types *types, aus_err *err);
void aus_serverless_sim_destroy(aus_serverless_sim *sim);

/** Simulate one trace.
 *
 * @param [in] trace    may be empty (no request, no penalty)
 * @param [in] predict  for prokn and prohetkn: task = index of the task type; d = n_features, and for
 *                      prohetkn one more per platform type (1 at its place in the order of names, else
 *                      0), a row for each type asked about; NULL otherwise
 * @param [in] poll     may be NULL
 * @param [out] result  lent until the next run or destroy; complete also when the status is STALLED:
 *                      the clock then stands at the limit, unfinished tasks have NaN times from the
 *                      first step they did not reach, means are over the tasks that have the value,
 *                      and an application that came and was not answered is penalised
 * @return AUS_OK (also when stalled); AUS_ECONFIG for policy values that mean an endless run
 *         (reconcile_s or queue_length not above 0, keep_alive_s below 0), for values no forecast can
 *         use (horizon_s, half_life_s, season_s below horizon_s, n_features), for defects that cannot be
 *         combined, and for traces of more than 2^31 - 2 tasks; AUS_EINVAL for a node without a local or
 *         a remote storage; AUS_ECANCEL from the hook; AUS_ENUMERIC when a prediction is not finite or
 *         beyond a million replicas; what the predictor returns; AUS_ENOMEM. The simulator can be used
 *         again after any of them.
 *
 * Local. Deterministic.
 */
AUS_CHECKED int aus_serverless_sim_run(aus_serverless_sim *sim, const aus_serverless_infra *infra,
                                       const aus_serverless_trace *trace,
                                       const aus_serverless_policy *policy,
                                       const aus_predict *predict, const aus_poll *poll,
                                       const aus_serverless_result **result, aus_err *err);

#endif
