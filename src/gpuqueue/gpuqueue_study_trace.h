/* gpuqueue/gpuqueue_study_trace.h - from the keys of a section to the trace a simulator is given.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_GPUQUEUE_GPUQUEUE_STUDY_TRACE_H
#define AUS_GPUQUEUE_GPUQUEUE_STUDY_TRACE_H

#include "gpuqueue/sim.h"
#include "gpuqueue/trace.h"
#include "study/study.h"

/* clang-format off */
/* Keys of every verb and of the study that say which jobs there are. */
#define AUS_GPUQUEUE_TRACE_OPTS \
  {"trace", AUS_T_PATH, "", "", "", "log of a batch system, may be compressed by gzip"}, \
  {"synthetic", AUS_T_NODE, "", "", "", "instead of trace, one of our own making: map with begin [2024-01-01], days [28], jobs [4000], nodes [80], load [0.75], seed [1]"}, \
  {"format", AUS_T_ENUM, "auto", AUS_GPUQUEUE_FORMATS, "", "of the trace; auto: by its first lines"}, \
  {"tz", AUS_T_STR, "UTC", "", "", "zone of times without one, as America/Chicago; UTC: as they stand"}, \
  {"keep_cancelled", AUS_T_BOOL, "false", "", "", "jobs that never started stay as requests of no run time"}, \
  {"procs_per_node", AUS_T_INT, "1", "1:1000000", "", "processors (swf) or GPUs (philly) of a node"}, \
  {"ref_trace", AUS_T_PATH, "", "", "", "trace with limits, from which those of a trace without any are learned"}, \
  {"from", AUS_T_STR, "", "", "", "first time of submission; default: that of the first job"}, \
  {"to", AUS_T_STR, "", "", "", "last time of submission, itself included; default: that of the last job"}, \
  {"job_filter", AUS_T_NODE, "", "", "", "list of [from, to) times of submission to leave out"}, \
  {"duration_pivot", AUS_T_REAL, "0", "0:1", "", "smallest run time, as a share of the limit"}

/* Keys of the simulated cluster. */
#define AUS_GPUQUEUE_SIM_OPTS \
  {"mode", AUS_T_ENUM, "clean", "clean,compat", "", "compat: what the reference does, defects included"}, \
  {"nodes", AUS_T_STR, NULL, "number", "", "of the cluster; auto: most that were in use at one time"}, \
  {"tick", AUS_T_INT, "60", "1:60", "s", "of the clock in mode compat: 60 or 1"}, \
  {"age_weight", AUS_T_REAL, "7000", "0:1e9", "", "of the time in the queue in a priority"}, \
  {"max_age_days", AUS_T_REAL, "7", "(0:1e6", "days", "time in the queue that counts as 1"}, \
  {"age_cap", AUS_T_BOOL, "true", "", "", "no more than 1 (D6); in mode compat false unless given"}, \
  {"size_weight", AUS_T_REAL, "100", "0:1e9", "", "of a job's share of the nodes in its priority"}, \
  {"bf_interval", AUS_T_INT, "30", "1:86400", "", "between backfill passes: seconds, in mode compat ticks and 10 unless given (D5)"}, \
  {"bf_window_min", AUS_T_INT, "2880", "1:1000000", "min", "how far backfill looks ahead"}, \
  {"bf_resolution_s", AUS_T_INT, "600", "1:86400", "s", "of backfill's plan"}, \
  {"bf_max_jobs", AUS_T_INT, "3000", "1:1000000", "", "jobs that backfill looks at"}, \
  {"user_max_jobs", AUS_T_INT, "0", "0:", "", "running at once per user, mode clean; 0: any"}, \
  {"user_max_nodes", AUS_T_INT, "0", "0:", "", "nodes at once per user, mode clean; 0: any"}, \
  {"fairshare_weight", AUS_T_REAL, "0", "0:1e9", "", "of a user's past use in a priority, mode clean"}, \
  {"fairshare_half_life_days", AUS_T_REAL, "7", "(0:1e6", "days", "of past use"}, \
  {"logged_weight", AUS_T_REAL, "0", "0:1e9", "", "of the trace's own priority, mode clean"}
/* clang-format on */

/** The zone of key tz, from its file below $TZDIR or /usr/share/zoneinfo; NULL for UTC.
 * A name that cannot be one is a problem. @return AUS_OK; AUS_EFORMAT; AUS_EIO; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_zone_load(aus_tz **out, const aus_study_env *env, const aus_opts *opts,
                                       aus_err *err);

/** Read the trace named by the keys: every rank from the same bytes (env->files; also the zone's file).
 *
 * Problems of keys go to env->conf, those of files to *err with the file's name and line.
 * @param [out] all  everything that was kept, in the order of the file
 * @return AUS_OK (also with problems); AUS_EFORMAT; AUS_EIO; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_trace_load(aus_gpuqueue_trace *all, const aus_study_env *env,
                                        const aus_opts *opts, aus_err *err);

/** The cluster of the keys; nodes = auto needs the trace and warns.
 * @return AUS_OK (also with problems in env->conf); AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_sim_conf_load(aus_gpuqueue_sim_conf *conf, const aus_study_env *env,
                                           const aus_opts *opts, const aus_gpuqueue_trace *all,
                                           aus_err *err);

/** What the simulator is given: the jobs of `all` that pass from, to, job_filter, duration_pivot and the number of
 * nodes, in order of arrival for conf->tick_s. from and to are read in the zone of the keys.
 * @return AUS_OK (also with problems in env->conf); AUS_EFORMAT: no job is left; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_trace_choose(aus_gpuqueue_trace *to, const aus_gpuqueue_trace *all,
                                          const aus_gpuqueue_sim_conf *conf,
                                          const aus_study_env *env, const aus_opts *opts,
                                          aus_err *err);

/** A time of a key, "2023-03-01" or "2023-03-01T12:00:00", in the zone of key tz. def when the key is empty.
 * A wrong one is a problem. Local. */
AUS_CHECKED int aus_gpuqueue_time_of(int64_t *t_s, const aus_study_env *env, const aus_opts *opts,
                                     const char *key, int64_t def, aus_err *err);

#endif
