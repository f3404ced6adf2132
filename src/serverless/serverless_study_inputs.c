/* serverless/serverless_study_inputs.c - from file names in a configuration to types, traces and models.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/serverless_study_inputs.h"

#include <stdio.h>
#include <string.h>

#include "util/alloc.h"
#include "util/file.h"
#include "util/log.h"

/* Does dir hold the platform types? Then it becomes *out. */
static int try_dir(char **out, char *dir, const aus_study_env *env, const aus_opts *opts,
                   bool *found, aus_err *err)
{
  int rc = AUS_OK;
  char *path = NULL;

  AUS_TRY(aus_path_join(&path, dir, aus_opt_str(opts, "platform_types"), err));
  *found = aus_files_has(env->files, path);
  if (*found) {
    *out = dir;
    dir = NULL;
  }
done:
  aus_free(path);
  aus_free(dir);
  return rc;
}

static int find_dir(char **out, const aus_study_env *env, const aus_opts *opts, aus_err *err)
{
  int rc = AUS_OK;
  const char *inputs = aus_opt_str(opts, "inputs"), *data = aus_opt_str(opts, "data");
  const char *name = strrchr(inputs, '/');
  char *base = NULL, *dir = NULL;
  bool found = false;

  name = name ? name + 1 : inputs;
  *out = NULL;
  if (data[0] != '\0') {
    AUS_TRY(aus_path_join(&base, data, "inputs", err));
    AUS_TRY(aus_path_join(&dir, base, name, err));
    AUS_TRY(try_dir(out, dir, env, opts, &found, err));
  } else {
    if (inputs[0] != '\0')
      AUS_DUP(dir, inputs, err);
    else
      AUS_DUP(dir, env->dir, err);
    AUS_TRY(try_dir(out, dir, env, opts, &found, err));
    if (!found && inputs[0] != '\0') {
      AUS_TRY(aus_path_join(&base, env->dir, "../../inputs", err));
      AUS_TRY(aus_path_join(&dir, base, name, err));
      AUS_TRY(try_dir(out, dir, env, opts, &found, err));
    }
  }
  if (!found)
    AUS_FAIL(err, AUS_EFORMAT, "%s%s%s: no file %s there", data, data[0] ? "/inputs/" : "",
             inputs[0] ? (data[0] ? name : inputs) : env->dir, aus_opt_str(opts, "platform_types"));
  AUS_DEBUG("serverless", "inputs are in %s", *out);
done:
  aus_free(base);
  return rc;
}

int aus_serverless_inputs_read(aus_serverless_inputs *in, const aus_study_env *env,
                               const aus_opts *opts, aus_err *err)
{
  int rc = AUS_OK, i;
  static const char *const keys[] = {"platform_types", "storage_types", "qos_types",
                                     "application_types", "task_types"};
  aus_cfg_node *root[5];
  char *path = NULL;

  AUS_TRY(find_dir(&in->dir, env, opts, err));
  for (i = 0; i < 5; i++) {
    AUS_TRY(aus_path_join(&path, in->dir, aus_opt_str(opts, keys[i]), err));
    AUS_TRY(aus_study_parse(env, env->data, path, &root[i], err));
    aus_free(path);
    path = NULL;
  }
  AUS_TRY(aus_serverless_types_read(&in->types, env->data, root[0], root[1], root[2], root[3],
                                    root[4], err));
  AUS_TRY(aus_cfg_check(env->data, AUS_EFORMAT, err));
done:
  aus_free(path);
  return rc;
}

void aus_serverless_inputs_fini(aus_serverless_inputs *in)
{
  aus_serverless_types_fini(&in->types);
  aus_free(in->dir);
  in->dir = NULL;
}

int aus_serverless_inputs_infra(const aus_serverless_inputs *in, const aus_study_env *env,
                                const char *name, aus_serverless_infra *infra, aus_err *err)
{
  int rc = AUS_OK;
  char *path = NULL;
  aus_cfg_node *root;

  AUS_TRY(aus_path_join(&path, in->dir, name, err));
  AUS_TRY(aus_study_parse(env, env->data, path, &root, err));
  AUS_TRY(aus_serverless_infra_read(infra, &in->types, env->data, root, err));
  AUS_TRY(aus_cfg_check(env->data, AUS_EFORMAT, err));
done:
  aus_free(path);
  return rc;
}

int aus_serverless_inputs_trace(const aus_serverless_inputs *in, const aus_study_env *env,
                                const char *name, aus_serverless_trace *trace, aus_err *err)
{
  int rc = AUS_OK;
  char *path = NULL;
  const char *bytes;
  size_t n;

  AUS_TRY(aus_path_join(&path, in->dir, name, err));
  AUS_TRY(aus_files_get(env->files, path, &bytes, &n, err));
  AUS_TRY(aus_serverless_trace_read(trace, &in->types, path, bytes, n, err));
done:
  aus_free(path);
  return rc;
}

int aus_serverless_models_init(aus_serverless_models *m, int n, aus_err *err)
{
  int rc = AUS_OK;

  m->n = n;
  AUS_NEW(m->model, n, err);
done:
  return rc;
}

void aus_serverless_models_fini(aus_serverless_models *m)
{
  int i;

  for (i = 0; m->model && i < m->n; i++)
    aus_xgb_destroy(m->model[i]);
  aus_free(m->model);
  *m = (aus_serverless_models){0};
}

static int call_model(void *self, int task, int64_t n, int d, const float *x, float *y,
                      aus_err *err)
{
  aus_serverless_models *m = self;

  return aus_xgb_predict(m->model[task], n, d, x, y, err);
}

static int has_model(void *self, int task)
{
  aus_serverless_models *m = self;

  return m->model[task] != NULL;
}

aus_predict aus_serverless_models_predict(aus_serverless_models *m)
{
  return (aus_predict){.self = m, .call = call_model, .has = has_model};
}

static void unknown_function(const aus_study_env *env, const aus_serverless_types *types,
                             aus_cfg_node *map, int64_t i, const char **names)
{
  const char *near;
  int k;

  for (k = 0; k < types->n_tasks; k++)
    names[k] = types->task[k].name;
  near = aus_cfg_nearest(aus_cfg_key(map, i), names, types->n_tasks);
  aus_cfg_problem(env->conf, aus_cfg_at(map, i), "models: unknown function \"%s\"%s%s%s",
                  aus_cfg_key(map, i), near ? "; did you mean \"" : "", near ? near : "",
                  near ? "\"?" : "");
}

static int check_width(const aus_xgb *model, const char *path, const aus_serverless_types *types,
                       int n_features, bool per_platform, aus_err *err)
{
  int rc = AUS_OK, width = n_features + (per_platform ? types->n_platforms : 0);
  char kinds[60] = "";

  if (per_platform) snprintf(kinds, sizeof kinds, ", %d kinds of platform", types->n_platforms);
  if (aus_xgb_n_features(model) != width)
    AUS_FAIL(err, AUS_EFORMAT, "%s: model has %d features, expected %d (requests per second%s%s)",
             path, aus_xgb_n_features(model), width, n_features > 1 ? ", execution time" : "",
             kinds);
done:
  return rc;
}

int aus_serverless_models_read(aus_serverless_models *m, const aus_serverless_inputs *in,
                               const aus_study_env *env, aus_cfg_node *map, int n_features,
                               bool per_platform, aus_err *err)
{
  int rc = AUS_OK;
  char *path = NULL;
  const char **names = NULL;
  int64_t i;

  AUS_NEW(names, in->types.n_tasks, err);
  if (map && aus_cfg_kind_of(map) != AUS_CFG_MAP)
    aus_cfg_problem(env->conf, map, "models must be a map of functions to model files");
  AUS_TRY(aus_cfg_check(env->conf, AUS_ECONFIG, err));
  for (i = 0; i < aus_cfg_count(map); i++) {
    int task = aus_serverless_find_task(&in->types, aus_cfg_key(map, i));
    const char *bytes;
    size_t n;

    if (aus_cfg_kind_of(aus_cfg_at(map, i)) != AUS_CFG_SCALAR) {
      aus_cfg_problem(env->conf, aus_cfg_at(map, i), "models: need the name of a file");
      continue;
    }
    if (task < 0) {
      unknown_function(env, &in->types, map, i, names);
      continue;
    }
    AUS_TRY(aus_path_join(&path, in->dir, aus_cfg_text(aus_cfg_at(map, i)), err));
    AUS_TRY(aus_files_get(env->files, path, &bytes, &n, err));
    AUS_TRY(aus_xgb_load(&m->model[task], path, bytes, n, err));
    AUS_TRY(check_width(m->model[task], path, &in->types, n_features, per_platform, err));
    aus_free(path);
    path = NULL;
  }
  AUS_TRY(aus_cfg_check(env->conf, AUS_ECONFIG, err));
done:
  aus_free(path);
  aus_free(names);
  return rc;
}
