/* serverless/serverless_study_workload.c - from the keys of a workload to a trace.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/serverless_study_workload.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "util/alloc.h"
#include "util/file.h"

/* The application and the function of each entry of `functions`. */
typedef struct chosen {
  int n, *app;
  const char **function; /* lent */
} chosen;

static void chosen_fini(chosen *c)
{
  aus_free(c->app);
  aus_free(c->function);
}

static int problem_application(const aus_study_env *env, aus_cfg_node *map, int64_t i,
                               const aus_serverless_types *types, aus_err *err)
{
  int rc = AUS_OK, k;
  const char **names = NULL, *near;

  AUS_NEW(names, types->n_apps, err);
  for (k = 0; k < types->n_apps; k++)
    names[k] = types->app[k].name;
  near = aus_cfg_nearest(aus_cfg_key(map, i), names, types->n_apps);
  aus_cfg_problem(env->conf, aus_cfg_at(map, i), "functions: unknown application \"%s\"%s%s%s",
                  aus_cfg_key(map, i), near ? "; did you mean \"" : "", near ? near : "",
                  near ? "\"?" : "");
done:
  aus_free(names);
  return rc;
}

static int read_entry(chosen *c, const aus_study_env *env, const aus_serverless_inputs *in,
                      aus_cfg_node *map, int64_t i, aus_err *err)
{
  int rc = AUS_OK, app = aus_serverless_find_app(&in->types, aus_cfg_key(map, i));
  aus_cfg_node *v = aus_cfg_at(map, i);

  if (app < 0) AUS_TRY(problem_application(env, map, i, &in->types, err));
  if (aus_cfg_kind_of(v) != AUS_CFG_SCALAR || aus_cfg_text(v)[0] == '\0')
    aus_cfg_problem(env->conf, v, "functions: need a function's hash, its id, or \"#3\"");
  c->app[c->n] = app;
  c->function[c->n++] = aus_cfg_text(v);
done:
  return rc;
}

static int read_functions(chosen *c, const aus_study_env *env, const aus_serverless_inputs *in,
                          const aus_opts *opts, aus_err *err)
{
  int rc = AUS_OK;
  aus_cfg_node *map = aus_opt_node(opts, "functions");
  int64_t i;

  if (!map || aus_cfg_kind_of(map) != AUS_CFG_MAP || aus_cfg_count(map) == 0)
    aus_cfg_problem(env->conf, map ? map : aus_opt_place(opts, "workload"),
                    "functions must be a map of applications to functions of the data set");
  AUS_TRY(aus_cfg_check(env->conf, AUS_ECONFIG, err));
  AUS_NEW(c->app, aus_cfg_count(map), err);
  AUS_NEW(c->function, aus_cfg_count(map), err);
  for (i = 0; i < aus_cfg_count(map); i++)
    AUS_TRY(read_entry(c, env, in, map, i, err));
  AUS_TRY(aus_cfg_check(env->conf, AUS_ECONFIG, err));
done:
  return rc;
}

/* The file of a day: the first run of # in the name becomes the day's number, as wide as the run. */
static int day_path(char **out, const char *pattern, int64_t day, aus_err *err)
{
  int rc = AUS_OK;
  size_t at = strcspn(pattern, "#"), width = strspn(pattern + at, "#"), room = strlen(pattern) + 32;

  AUS_NEW(*out, room, err);
  if (width == 0)
    snprintf(*out, room, "%s", pattern);
  else
    snprintf(*out, room, "%.*s%0*lld%s", (int)at, pattern, (int)(width < 20 ? width : 20),
             (long long)day, pattern + at + width);
done:
  return rc;
}

/* What is being read: one trace. */
typedef struct source {
  const aus_study_env *env;
  const aus_serverless_inputs *in;
  const aus_opts *opts;
  char *pattern; /* path, perhaps with ## */
  int64_t first, last;
  int64_t series;
} source;

static aus_serverless_format format_of(const source *s, const char *path, const char *bytes,
                                       size_t n)
{
  int given = aus_opt_enum(s->opts, "workload_format");

  return given > 0 ? (aus_serverless_format)(given - 1) : aus_serverless_format_of(path, bytes, n);
}

static int read_days(const source *s, aus_serverless_minutes *m, aus_err *err)
{
  int rc = AUS_OK;
  int64_t day;
  char *path = NULL;
  const char *bytes;
  size_t n;

  for (day = s->first; day <= s->last; day++) {
    AUS_TRY(day_path(&path, s->pattern, day, err));
    AUS_TRY(aus_files_get(s->env->files, path, &bytes, &n, err));
    AUS_TRY(aus_serverless_minutes_read(m, format_of(s, path, bytes, n), path, bytes, n, err));
    aus_free(path);
    path = NULL;
  }
  AUS_TRY(aus_serverless_minutes_cut(m, aus_opt_int(s->opts, "from_minute"),
                                     aus_opt_int(s->opts, "to_minute"), s->pattern, err));
done:
  aus_free(path);
  return rc;
}

static int read_counts(const source *s, aus_serverless_trace *trace, aus_err *err)
{
  int rc = AUS_OK;
  chosen c = {0};
  aus_serverless_minutes m = {0};
  aus_serverless_load load = {.shape = AUS_SERVERLESS_MINUTES, .minutes = &m};

  AUS_TRY(read_functions(&c, s->env, s->in, s->opts, err));
  AUS_TRY(aus_serverless_minutes_init(&m, c.n, c.function, err));
  AUS_TRY(read_days(s, &m, err));
  load.n_apps = c.n;
  load.app = c.app;
  load.rescale_mean_rpm = aus_opt_real(s->opts, "rescale_mean_rpm");
  load.compress_min = aus_opt_real(s->opts, "compress_min");
  load.qos_per_event = aus_opt_enum(s->opts, "qos") == 1;
  load.series = s->series;
  rc = aus_serverless_workload_make(&s->in->types, &load, s->env->seed, trace, err);
  if (rc == AUS_EINVAL) aus_err_prepend(err, "%s: ", s->pattern);
done:
  aus_serverless_minutes_fini(&m);
  chosen_fini(&c);
  return rc;
}

static int check_source(const source *s, aus_err *err)
{
  int rc = AUS_OK;
  bool many = strchr(s->pattern, '#') != NULL;
  int64_t to = aus_opt_int(s->opts, "to_minute");

  if (!many && s->last != 0)
    aus_cfg_problem(s->env->conf, aus_opt_place(s->opts, "last_day"),
                    "last_day: the file's name has no ## for the day");
  if (s->last < s->first)
    aus_cfg_problem(s->env->conf, aus_opt_place(s->opts, "first_day"),
                    "first_day is %lld, behind last_day %lld", (long long)s->first,
                    (long long)s->last);
  if (to != 0 && to <= aus_opt_int(s->opts, "from_minute"))
    aus_cfg_problem(s->env->conf, aus_opt_place(s->opts, "to_minute"),
                    "to_minute must be behind from_minute");
  AUS_TRY(aus_cfg_check(s->env->conf, AUS_ECONFIG, err));
done:
  return rc;
}

/* One trace from its file or files. */
static int read_trace(const aus_study_env *env, const aus_serverless_inputs *in,
                      const aus_opts *opts, const char *file, int64_t series,
                      aus_serverless_trace *trace, aus_err *err)
{
  int rc = AUS_OK;
  source s = {.env = env, .in = in, .opts = opts, .series = series};
  char *path = NULL;
  const char *bytes;
  size_t n;

  s.first = aus_opt_int(opts, "first_day");
  s.last = aus_opt_int(opts, "last_day");
  AUS_TRY(aus_path_join(&s.pattern, in->dir, file, err));
  AUS_TRY(check_source(&s, err));
  AUS_TRY(day_path(&path, s.pattern, s.first, err));
  AUS_TRY(aus_files_get(env->files, path, &bytes, &n, err));
  if (format_of(&s, path, bytes, n) == AUS_SERVERLESS_JSON)
    AUS_TRY(aus_serverless_trace_read(trace, &in->types, path, bytes, n, err));
  else
    AUS_TRY(read_counts(&s, trace, err));
done:
  aus_free(path);
  aus_free(s.pattern);
  return rc;
}

/* [hour, height, width]; one that is not given is 13 h, 3 times the base load, 8 h wide. */
static void read_peak(aus_cfg *conf, aus_cfg_node *v, aus_serverless_peak *peak)
{
  *peak = (aus_serverless_peak){.hour = 13, .height = 3, .width_h = 8};
  if (v && (aus_cfg_kind_of(v) != AUS_CFG_LIST || aus_cfg_count(v) != 3)) {
    aus_cfg_problem(conf, v, "peaks: need [hour, height, width in h]");
  } else if (v) {
    peak->hour = aus_cfg_real(conf, aus_cfg_at(v, 0), NULL, 0, 24, 0);
    peak->height = aus_cfg_real(conf, aus_cfg_at(v, 1), NULL, 0, 1e6, 0);
    peak->width_h = aus_cfg_real(conf, aus_cfg_at(v, 2), NULL, 1e-3, 1e3, 0);
  }
}

static int read_peaks(const aus_study_env *env, const aus_opts *opts, aus_serverless_load *load,
                      aus_serverless_peak **peaks, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_cfg_node *list = aus_opt_node(opts, "peaks");

  if (list && aus_cfg_kind_of(list) != AUS_CFG_LIST)
    aus_cfg_problem(env->conf, list, "peaks must be a list of [hour, height, width in h]");
  load->n_peaks = list ? (int)aus_cfg_count(list) : 1;
  load->n_hours = (int)aus_opt_int(opts, "peak_hours");
  AUS_NEW(*peaks, load->n_peaks, err);
  for (i = 0; i < load->n_peaks; i++)
    read_peak(env->conf, list ? aus_cfg_at(list, i) : NULL, *peaks + i);
  load->peak = *peaks;
  AUS_TRY(aus_cfg_check(env->conf, AUS_ECONFIG, err));
done:
  return rc;
}

static int generate(const aus_study_env *env, const aus_opts *opts, const aus_serverless_inputs *in,
                    const aus_serverless_space *space, aus_serverless_trace *base, aus_err *err)
{
  int rc = AUS_OK, i;
  double *rate = NULL;
  aus_serverless_peak *peaks = NULL;
  aus_serverless_load load = {.n_apps = space->n_apps, .app = space->app};

  AUS_NEW(rate, space->n_apps, err);
  for (i = 0; i < space->n_apps; i++)
    rate[i] = space->app_axis[i].average;
  AUS_TRY(read_peaks(env, opts, &load, &peaks, err));
  load.shape = (aus_serverless_shape)aus_opt_enum(opts, "workload_shape");
  load.rate_rps = rate;
  load.duration_s = aus_opt_real(opts, "workload_duration_s");
  load.compress_min = aus_opt_real(opts, "compress_min");
  load.qos_per_event = aus_opt_enum(opts, "qos") == 1;
  AUS_TRY(aus_serverless_workload_make(&in->types, &load, env->seed, base, err));
done:
  aus_free(rate);
  aus_free(peaks);
  return rc;
}

int aus_serverless_study_base(const aus_study_env *env, const aus_opts *opts,
                              const aus_serverless_inputs *in, const aus_serverless_space *space,
                              aus_serverless_trace *base, aus_err *err)
{
  const char *file = aus_opt_str(opts, "workload");

  if (file[0] == '\0') return generate(env, opts, in, space, base, err);
  return read_trace(env, in, opts, file, 0, base, err);
}

aus_serverless_scaling aus_serverless_study_scaling(const aus_opts *opts, bool d19)
{
  int thin = aus_opt_enum(opts, "thin"), jitter = aus_opt_enum(opts, "clone_jitter");

  return (aus_serverless_scaling){.thin = thin == 2 || (thin == 0 && !d19),
                                  .clone_jitter = jitter == 2 || (jitter == 0 && !d19)};
}

/* clang-format off */
static const aus_opt trace_opts[] = {
  AUS_SERVERLESS_TRACE_OPTS,
  {0},
};
/* clang-format on */

static int read_listed(const aus_study_env *env, const aus_serverless_inputs *in, const char *key,
                       aus_cfg_node *node, int64_t series, aus_serverless_trace *trace,
                       aus_err *err)
{
  int rc = AUS_OK;
  aus_opts *opts = NULL;
  bool plain = aus_cfg_kind_of(node) == AUS_CFG_SCALAR;
  const char *file;

  if (!plain && aus_cfg_kind_of(node) != AUS_CFG_MAP)
    aus_cfg_problem(env->conf, node, "%s: need a file, or a map with the key workload", key);
  AUS_TRY(aus_cfg_check(env->conf, AUS_ECONFIG, err));
  AUS_TRY(aus_study_opts(&opts, env->conf, plain ? NULL : node, trace_opts, err));
  file = plain ? aus_cfg_text(node) : aus_opt_str(opts, "workload");
  if (file[0] == '\0') aus_cfg_problem(env->conf, node, "%s: no file (key workload)", key);
  AUS_TRY(aus_cfg_check(env->conf, AUS_ECONFIG, err));
  AUS_TRY(read_trace(env, in, opts, file, series, trace, err));
done:
  aus_opts_destroy(opts);
  return rc;
}

int aus_serverless_study_traces(const aus_study_env *env, const aus_serverless_inputs *in,
                                const char *key, aus_cfg_node *node, aus_serverless_trace **traces,
                                int *n, aus_err *err)
{
  int rc = AUS_OK, i, count = (int)aus_cfg_count(node);
  aus_serverless_trace *t = NULL;

  *traces = NULL;
  *n = 0;
  if (node && aus_cfg_kind_of(node) != AUS_CFG_LIST)
    aus_cfg_problem(env->conf, node, "%s must be a list of files or maps", key);
  AUS_TRY(aus_cfg_check(env->conf, AUS_ECONFIG, err));
  AUS_NEW(t, count, err);
  for (i = 0; i < count; i++)
    AUS_TRY(read_listed(env, in, key, aus_cfg_at(node, i), i + 1, t + i, err));
  *traces = t;
  *n = count;
  t = NULL;
done:
  aus_serverless_study_traces_free(t, count);
  return rc;
}

void aus_serverless_study_traces_free(aus_serverless_trace *traces, int n)
{
  int i;

  for (i = 0; traces && i < n; i++)
    aus_serverless_trace_fini(traces + i);
  aus_free(traces);
}
