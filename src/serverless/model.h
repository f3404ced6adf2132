/* serverless/model.h - what a serverless simulation is about: types, infrastructure, trace. Plain data.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The five type files, an infrastructure and a trace as arrays with indices instead of names; the
 * order of the files is kept because it decides processing order. Readers take text in memory
 * (rank 0 reads files and broadcasts bytes); their messages carry file:line:column, or file and row
 * for a trace. Units as in the names; vectors per platform type are NaN where a function does not run.
 */
#ifndef AUS_SERVERLESS_MODEL_H
#define AUS_SERVERLESS_MODEL_H

#include "util/cfg.h"
#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct aus_serverless_platform_type {
  char *name; /* short name = key */
  char *long_name, *hardware;
  double price_eur, idle_kwh_per_h;
} aus_serverless_platform_type;

typedef struct aus_serverless_storage_type {
  char *key, *name, *hardware;
  bool remote;
  double price_eur, capacity_gb;
  double read_mibps, write_mibps; /* throughput, 1024*1024 bytes per s */
  double read_latency_s, write_latency_s;
} aus_serverless_storage_type;

typedef struct aus_serverless_qos_type {
  char *name;
  double max_duration_deviation;
} aus_serverless_qos_type;

typedef struct aus_serverless_task_type {
  char *name;
  int n_platforms;
  int *platform; /* indices of platform types, file order */
  /* one value per platform type, NaN where it does not run */
  double *memory_gb, *cold_s, *exec_s, *energy_kwh, *image_gb;
  /* one value per application type, NaN where there is no stateSize */
  double *input_bytes, *output_bytes;
  double max_exec_s; /* largest execution time over its platforms */
} aus_serverless_task_type;

typedef struct aus_serverless_app_type {
  char *name;
  int n_tasks;
  int *task; /* task type of each DAG key, key order */
  int *
      pred_begin; /* n_tasks + 1: predecessors of DAG key i are pred[pred_begin[i] .. pred_begin[i+1]-1] */
  int *pred; /* positions in DAG key order, list order of the file */
  int *topo; /* n_tasks: DAG key positions in topological order (spec 5.2.1) */
} aus_serverless_app_type;

typedef struct aus_serverless_types {
  int n_platforms, n_storages, n_qos, n_apps, n_tasks;
  aus_serverless_platform_type *platform;
  aus_serverless_storage_type *storage;
  aus_serverless_qos_type *qos;
  aus_serverless_app_type *app;
  aus_serverless_task_type *task;
} aus_serverless_types;

typedef struct aus_serverless_node {
  char *type; /* device name, "node" by default */
  double memory_gb;
  int n_platforms, n_storages;
  int *platform, *storage; /* type indices, file order */
} aus_serverless_node;

typedef struct aus_serverless_infra {
  double bandwidth_mibps;
  int n_nodes;
  aus_serverless_node *node;
} aus_serverless_infra;

typedef struct aus_serverless_trace {
  double rps, duration_s; /* informative */
  int64_t n, cap;
  double *t_s; /* non-decreasing */
  int32_t *app, *qos;
} aus_serverless_trace;

void aus_serverless_types_fini(aus_serverless_types *types);
void aus_serverless_infra_fini(aus_serverless_infra *infra);
void aus_serverless_trace_fini(aus_serverless_trace *trace);

/** Read the five type files from parsed documents (in the order they refer to each other).
 *
 * Everything that a simulation would stumble over is a problem of cfg with its place: unknown
 * platforms or predecessors, cycles, missing vectors entries, a missing stateSize for an application
 * that uses the function, negative or not finite numbers, empty lists, key and name that differ.
 *
 * @return AUS_OK (problems: see aus_cfg_check); AUS_ENOMEM
 *
 * Local.
 */
AUS_CHECKED int aus_serverless_types_read(aus_serverless_types *types, aus_cfg *cfg,
                                          aus_cfg_node *platforms, aus_cfg_node *storages,
                                          aus_cfg_node *qos, aus_cfg_node *apps,
                                          aus_cfg_node *tasks, aus_err *err);

/** Read an infrastructure document: network.bandwidth, nodes. A node without a remote or without a
 * local storage, without platforms, or with unknown types is a problem. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_infra_read(aus_serverless_infra *infra,
                                          const aus_serverless_types *types, aus_cfg *cfg,
                                          aus_cfg_node *root, aus_err *err);

/** Read one node-like map {memory, platforms, storage, type?} (also the `specs` of a space file). */
AUS_CHECKED int aus_serverless_node_read(aus_serverless_node *node,
                                         const aus_serverless_types *types, aus_cfg *cfg,
                                         aus_cfg_node *map, aus_err *err);
void aus_serverless_node_fini(aus_serverless_node *node);

/** Read a trace: {rps, duration, events[]} with events as objects or [timestamp, application, qos].
 *
 * @param [in] name  shown in messages
 * @return AUS_OK; AUS_EFORMAT "name: event 12 (counted from 1): ..." for an empty trace, times that are negative,
 *         not finite or going back, unknown applications or QoS, damaged or truncated JSON; AUS_ENOMEM
 *
 * Local.
 */
AUS_CHECKED int aus_serverless_trace_read(aus_serverless_trace *trace,
                                          const aus_serverless_types *types, const char *name,
                                          const char *bytes, size_t n, aus_err *err);

/** Append one event. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_trace_add(aus_serverless_trace *trace, double t_s, int app, int qos,
                                         aus_err *err);

/** Index by name, -1 when there is none. Local. */
int aus_serverless_find_app(const aus_serverless_types *types, const char *name);
int aus_serverless_find_task(const aus_serverless_types *types, const char *name);
int aus_serverless_find_platform(const aus_serverless_types *types, const char *name);

#endif
