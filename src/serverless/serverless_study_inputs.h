/* serverless/serverless_study_inputs.h - from file names in a configuration to types, traces and models.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Shared by the study and the verbs. Names of type files, infrastructure and traces are relative to
 * the directory `inputs`. That one is looked for relative to the configuration file, then (the
 * layout of HeROsim-style scenario collections) as ../../inputs/<inputs> from there; with `data` set
 * it is <data>/inputs/<inputs>. The directory used is the first with the platform types in it.
 */
#ifndef AUS_SERVERLESS_SERVERLESS_STUDY_INPUTS_H
#define AUS_SERVERLESS_SERVERLESS_STUDY_INPUTS_H

#include "learn/xgb.h"
#include "serverless/model.h"
#include "study/study.h"
#include "util/predict.h"

/* The keys that name input files, to be put into option tables. */
/* clang-format off */
#define AUS_SERVERLESS_INPUT_OPTS                                                                                \
  {"data", AUS_T_PATH, "", "", "", "directory of scenario collections: inputs are below its inputs/"},             \
  {"inputs", AUS_T_PATH, "", "", "", "directory of the files named next"},                                         \
  {"platform_types", AUS_T_STR, "platform-types.json", "", "", "hardware platforms"},                              \
  {"storage_types", AUS_T_STR, "storage-types.json", "", "", "storages"},                                          \
  {"qos_types", AUS_T_STR, "qos-types.json", "", "", "quality-of-service levels"},                                 \
  {"application_types", AUS_T_STR, "application-types.json", "", "", "applications: DAGs of functions"},           \
  {"task_types", AUS_T_STR, "task-types.json", "", "", "functions"}
/* clang-format on */

typedef struct aus_serverless_inputs {
  char *dir;
  aus_serverless_types types;
} aus_serverless_inputs;

/** Find the directory and read the five type files.
 * @return AUS_OK; AUS_EFORMAT (problems in env->data); AUS_EIO; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_inputs_read(aus_serverless_inputs *in, const aus_study_env *env,
                                           const aus_opts *opts, aus_err *err);
void aus_serverless_inputs_fini(aus_serverless_inputs *in);

/** Read an infrastructure or a trace by its name below the directory. Same codes. */
AUS_CHECKED int aus_serverless_inputs_infra(const aus_serverless_inputs *in,
                                            const aus_study_env *env, const char *name,
                                            aus_serverless_infra *infra, aus_err *err);
AUS_CHECKED int aus_serverless_inputs_trace(const aus_serverless_inputs *in,
                                            const aus_study_env *env, const char *name,
                                            aus_serverless_trace *trace, aus_err *err);

/* One model per function, plugged into the simulator. */
typedef struct aus_serverless_models {
  int n;           /* functions */
  aus_xgb **model; /* NULL: none */
} aus_serverless_models;

AUS_CHECKED int aus_serverless_models_init(aus_serverless_models *m, int n, aus_err *err);
void aus_serverless_models_fini(aus_serverless_models *m);
/** The predictor that asks these models (borrowed). Local. */
aus_predict aus_serverless_models_predict(aus_serverless_models *m);
/** Load {function: file} of a configuration; files are relative to the inputs directory.
 * @param [in] n_features    of the policy that asks them
 * @param [in] per_platform  they have a feature more for each kind of platform (prohetkn)
 * @return AUS_OK; AUS_ECONFIG for an unknown function; AUS_EFORMAT for a file that is no model of XGBoost,
 *         or one of another number of features; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_models_read(aus_serverless_models *m,
                                           const aus_serverless_inputs *in,
                                           const aus_study_env *env, aus_cfg_node *map,
                                           int n_features, bool per_platform, aus_err *err);

#endif
