/* serverless/serverless_study_workload.h - keys of the workload, and the traces they stand for.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every rank makes its traces from the same files and the same seed.
 */
#ifndef AUS_SERVERLESS_SERVERLESS_STUDY_WORKLOAD_H
#define AUS_SERVERLESS_SERVERLESS_STUDY_WORKLOAD_H

#include "serverless/serverless_study_inputs.h"
#include "serverless/workload.h"

/* Keys of one trace that is read from files; also of an entry of a list of traces. */
/* clang-format off */
#define AUS_SERVERLESS_TRACE_OPTS                                                                                   \
  {"workload", AUS_T_STR, "", "", "", "base trace, a file of inputs; ## stands for the day, one file each; none: generated"}, \
  {"workload_format", AUS_T_ENUM, "auto", "auto,json,azure,huawei", "", "of the file: events, or requests per minute of a public data set"}, \
  {"functions", AUS_T_NODE, "", "", "", "map application: function of the data set (its hash, its id, or \"#3\" for the third)"}, \
  {"first_day", AUS_T_INT, "0", "0:99999", "", "first file, where the name has ##"},                                \
  {"last_day", AUS_T_INT, "0", "0:99999", "", "last file, where the name has ##"},                                  \
  {"from_minute", AUS_T_INT, "0", "0:10000000", "min", "start of the part that is used, from the first file's first day on"}, \
  {"to_minute", AUS_T_INT, "0", "0:10000000", "min", "its end; 0: all"},                                            \
  {"rescale_mean_rpm", AUS_T_REAL, "0", "0:6e7", "1/min", "mean of each function over all files becomes this, its spread in proportion; 0: as read"}, \
  {"compress_min", AUS_T_REAL, "20", "0:1e7", "min", "requests per minute and peaks are sampled and compressed to this length at the same mean rate; 0: not"}, \
  {"qos", AUS_T_ENUM, "per-application", "per-application,per-event", "", "for what a QoS level is drawn, where the file names none"}

/* All keys of a study's workload. */
#define AUS_SERVERLESS_WORKLOAD_OPTS                                                                                \
  AUS_SERVERLESS_TRACE_OPTS,                                                                                        \
  {"workload_shape", AUS_T_ENUM, "poisson-increasing", "poisson,poisson-increasing,peaks", "", "of the generated base trace, at the space's average rates"}, \
  {"workload_duration_s", AUS_T_REAL, "350", "(0:1e7", "s", "of a generated base trace; poisson-increasing adds 120 s of ramps; peaks: see peak_hours"}, \
  {"peaks", AUS_T_NODE, "", "", "", "list of [hour of the day, height over the base load 1, width in h]; by default [[13, 3, 8]]"}, \
  {"peak_hours", AUS_T_INT, "24", "1:8784", "h", "length of a trace with peaks before it is compressed"},           \
  {"thin", AUS_T_ENUM, "by-mode", "by-mode,off,on", "", "load factors below 1 thin the trace; by-mode: on in clean, off in compat (D19)"}, \
  {"clone_jitter", AUS_T_ENUM, "by-mode", "by-mode,off,on", "", "copies for load factors above 1 spread over their second; by-mode: on in clean, off in compat (D19)"}
/* clang-format on */

/** The base trace of a study, from its file or generated.
 * @param [in] opts      has AUS_SERVERLESS_WORKLOAD_OPTS
 * @param [in,out] base  replaced
 * @return AUS_OK; AUS_ECONFIG (problems in env->conf); AUS_EFORMAT; AUS_EIO; AUS_EINVAL for a load that is
 *         too large; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_study_base(const aus_study_env *env, const aus_opts *opts,
                                          const aus_serverless_inputs *in,
                                          const aus_serverless_space *space,
                                          aus_serverless_trace *base, aus_err *err);

/** How a sample's factors act. @param [in] d19  by-mode is what the reference does. Local. */
aus_serverless_scaling aus_serverless_study_scaling(const aus_opts *opts, bool d19);

/** A list of further traces. An entry is the name of a file of events, or a map of the keys
 * AUS_SERVERLESS_TRACE_OPTS; entry i draws from series i + 1.
 * @param [in] key      for messages
 * @param [in] node     its value; NULL: no traces
 * @param [out] traces  *n of them (aus_serverless_study_traces_free)
 * @return codes of aus_serverless_study_base(). Local. */
AUS_CHECKED int aus_serverless_study_traces(const aus_study_env *env,
                                            const aus_serverless_inputs *in, const char *key,
                                            aus_cfg_node *node, aus_serverless_trace **traces,
                                            int *n, aus_err *err);
void aus_serverless_study_traces_free(aus_serverless_trace *traces, int n);

#endif
