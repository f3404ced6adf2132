/* gpuqueue/gpuqueue_study_trace.c - from the keys of a section to the trace a simulator is given.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/gpuqueue_study_trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpuqueue/gpuqueue_study_tracefile.h"
#include "gpuqueue/limits.h"
#include "gpuqueue/synth.h"
#include "util/alloc.h"
#include "util/gzip.h"
#include "util/log.h"

/* A log of 10^7 jobs has about 1 GB. */
#define MAX_EXPANDED ((size_t)4 << 30)

/* Every rank finds the zone under the same name, wherever the database of rank 0 lies. */
static int zone_bytes(aus_files *files, const char *name, const char **bytes, size_t *n,
                      aus_err *err)
{
  int rc = AUS_OK;
  const char *dir = getenv("TZDIR");
  char *key = NULL, *path = NULL;

  AUS_NEW(key, strlen(name) + sizeof "zoneinfo:", err);
  sprintf(key, "zoneinfo:%s", name);
  if (!aus_files_has(files, key)) {
    if (!dir || dir[0] == '\0') dir = "/usr/share/zoneinfo";
    AUS_NEW(path, strlen(dir) + strlen(name) + 2, err);
    sprintf(path, "%s/%s", dir, name);
    rc = aus_files_get(files, path, bytes, n, err);
    if (rc != AUS_OK) aus_err_prepend(err, "unknown time zone \"%s\": ", name);
    if (rc == AUS_OK) rc = aus_files_put(files, key, *bytes, *n, err);
  }
  if (rc == AUS_OK) rc = aus_files_get(files, key, bytes, n, err);
done:
  aus_free(key);
  aus_free(path);
  return rc;
}

int aus_gpuqueue_zone_load(aus_tz **out, const aus_study_env *env, const aus_opts *opts,
                           aus_err *err)
{
  int rc = AUS_OK;
  const char *name = aus_opt_str(opts, "tz"), *bytes;
  size_t n;

  *out = NULL;
  if (strcmp(name, "UTC") == 0) return AUS_OK;
  if (!aus_tz_is_name(name)) {
    aus_cfg_problem(env->conf, aus_opt_place(opts, "tz"),
                    "tz is \"%s\", need a name of the tz database as America/Chicago", name);
    return AUS_OK;
  }
  AUS_TRY(zone_bytes(env->files, name, &bytes, &n, err));
  AUS_TRY(aus_tz_parse(out, name, bytes, n, err));
done:
  return rc;
}

/* Content of a file, expanded if it is compressed: *expanded is the caller's then (aus_free). */
static int get_text(aus_files *files, const char *path, const char **text, size_t *n,
                    char **expanded, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_files_get(files, path, text, n, err));
  if (!aus_gzip_is(*text, *n)) goto done;
  AUS_TRY(aus_gzip_expand(expanded, n, path, *text, *n, MAX_EXPANDED, err));
  *text = *expanded;
done:
  return rc;
}

static int read_file(aus_gpuqueue_trace *t, const aus_study_env *env,
                     const aus_gpuqueue_read_conf *conf, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  const char *text;
  char *expanded = NULL;
  size_t n;

  AUS_TRY(get_text(env->files, path, &text, &n, &expanded, err));
  if (conf->format == AUS_GPUQUEUE_HDF5 || aus_gpuqueue_h5_is(text, n))
    rc = aus_gpuqueue_h5_read(t, env->files, path, err);
  else
    rc = aus_gpuqueue_trace_read(t, conf, path, text, n, err);
done:
  aus_free(expanded);
  return rc;
}

static int log_counts(const aus_gpuqueue_trace *t, const char *name, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf text;

  aus_buf_init(&text);
  aus_gpuqueue_trace_counts(t, &text);
  AUS_TRY(aus_buf_check(&text, err));
  AUS_INFO("gpuqueue", "%s: %s", name, text.data);
done:
  aus_buf_fini(&text);
  return rc;
}

static int log_moved(const aus_gpuqueue_trace *t, const aus_tz *tz, const char *name, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf ids;
  int64_t n;

  aus_buf_init(&ids);
  n = aus_gpuqueue_trace_moved(t, tz, &ids);
  AUS_TRY(aus_buf_check(&ids, err));
  if (n > 0) {
    AUS_INFO("gpuqueue",
             "%s: the clocks changed while %" PRId64 " jobs ran; their run times are corrected",
             name, n);
    AUS_DEBUG("gpuqueue", "%s: these are%s", name, ids.data);
  }
done:
  aus_buf_fini(&ids);
  return rc;
}

/* Limits of a trace that has none, from another one that has. */
static int fill_limits(aus_gpuqueue_trace *t, const aus_study_env *env, const aus_opts *opts,
                       const aus_gpuqueue_read_conf *conf, aus_err *err)
{
  int rc = AUS_OK;
  const char *path = aus_opt_str(opts, "ref_trace");
  aus_gpuqueue_read_conf ref_conf = *conf;
  aus_gpuqueue_trace ref = {0};

  if (!aus_gpuqueue_limits_missing(t)) return AUS_OK;
  if (path[0] == '\0') {
    aus_cfg_problem(env->conf, aus_opt_place(opts, "trace"),
                    "ref_trace is needed: jobs of %s have no time limits",
                    aus_opt_str(opts, "trace"));
    return AUS_OK;
  }
  ref_conf.format = AUS_GPUQUEUE_AUTO;
  AUS_TRY(read_file(&ref, env, &ref_conf, path, err));
  if (aus_gpuqueue_limits_missing(&ref))
    AUS_FAIL(err, AUS_EFORMAT, "%s: a reference trace needs time limits", path);
  AUS_TRY(aus_gpuqueue_limits_fill(t, &ref, err));
done:
  aus_gpuqueue_trace_fini(&ref);
  return rc;
}

/* An option that is a map counts as used whole, so its keys are looked at here. */
static void check_synthetic(aus_cfg *conf, aus_cfg_node *map)
{
  static const char *const known[] = {"begin", "days", "jobs", "nodes", "load", "seed"};
  enum { N = sizeof known / sizeof *known };
  int64_t i;
  int k;

  if (aus_cfg_kind_of(map) != AUS_CFG_MAP)
    aus_cfg_problem(conf, map, "synthetic is no map with keys begin, days, jobs, ...");
  for (i = 0; aus_cfg_key(map, i); i++) {
    const char *key = aus_cfg_key(map, i), *near = aus_cfg_nearest(key, known, N);

    for (k = 0; k < N && strcmp(known[k], key) != 0; k++)
      continue;
    if (k == N)
      aus_cfg_problem(conf, aus_cfg_at(map, i), "unknown key \"%s\" in \"synthetic\"%s%s%s", key,
                      near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
  }
}

/* A trace of our own making. */
static int make_trace(aus_gpuqueue_trace *all, aus_cfg *conf, aus_cfg_node *map, aus_err *err)
{
  int rc = AUS_OK;
  const char *begin =
      aus_cfg_string(conf, aus_cfg_get(map, "begin"), "synthetic.begin", "2024-01-01");
  aus_gpuqueue_synth c = {
      .days = aus_cfg_real(conf, aus_cfg_get(map, "days"), "synthetic.days", 0.01, 36500, 28),
      .n_jobs = aus_cfg_int(conf, aus_cfg_get(map, "jobs"), "synthetic.jobs", 1, 100000000, 4000),
      .n_nodes = aus_cfg_int(conf, aus_cfg_get(map, "nodes"), "synthetic.nodes", 1, 1000000, 80),
      .load = aus_cfg_real(conf, aus_cfg_get(map, "load"), "synthetic.load", 0.01, 0.99, 0.75),
      .seed =
          (uint64_t)aus_cfg_int(conf, aus_cfg_get(map, "seed"), "synthetic.seed", 0, INT64_MAX, 1),
  };

  if (!aus_civil_parse(begin, strlen(begin), &c.t_begin_s) || c.t_begin_s < 0)
    aus_cfg_problem(conf, aus_cfg_get(map, "begin"),
                    "synthetic.begin is \"%s\", need a date as 2024-01-01", begin);
  check_synthetic(conf, map);
  if (aus_cfg_n_problems(conf) > 0) return AUS_OK;
  AUS_TRY(aus_gpuqueue_synth_draw(all, &c, err));
  AUS_TRY(aus_gpuqueue_synth_run(all, c.n_nodes, err));
done:
  return rc;
}

int aus_gpuqueue_trace_load(aus_gpuqueue_trace *all, const aus_study_env *env, const aus_opts *opts,
                            aus_err *err)
{
  int rc = AUS_OK;
  const char *path = aus_opt_str(opts, "trace");
  aus_tz *tz = NULL;
  aus_gpuqueue_read_conf conf = {
      .format = (aus_gpuqueue_format)aus_opt_enum(opts, "format"),
      .procs_per_node = aus_opt_int(opts, "procs_per_node"),
      .keep_cancelled = aus_opt_bool(opts, "keep_cancelled"),
  };

  *all = (aus_gpuqueue_trace){0};
  if (path[0] == '\0' && aus_opt_node(opts, "synthetic"))
    return make_trace(all, env->conf, aus_opt_node(opts, "synthetic"), err);
  if (path[0] == '\0') {
    aus_cfg_problem(env->conf, env->section, "key \"trace\" (or \"synthetic\") is needed");
    return AUS_OK;
  }
  AUS_TRY(aus_gpuqueue_zone_load(&tz, env, opts, err));
  conf.tz = tz;
  AUS_TRY(read_file(all, env, &conf, path, err));
  if (aus_files_may_read(env->files)) AUS_TRY(log_counts(all, path, err));
  if (tz && aus_files_may_read(env->files)) AUS_TRY(log_moved(all, tz, path, err));
  AUS_TRY(fill_limits(all, env, opts, &conf, err));
done:
  if (rc != AUS_OK) aus_gpuqueue_trace_fini(all);
  aus_tz_destroy(tz);
  return rc;
}

static void problem(const aus_study_env *env, const aus_opts *opts, const char *key,
                    const char *need)
{
  aus_cfg_problem(env->conf, aus_opt_place(opts, key), "%s is %s, need %s", key,
                  aus_opt_str(opts, key), need);
}

static int read_nodes(aus_gpuqueue_sim_conf *conf, const aus_study_env *env, const aus_opts *opts,
                      const aus_gpuqueue_trace *all, aus_err *err)
{
  int rc = AUS_OK;
  const char *text = aus_opt_str(opts, "nodes");
  char *end;

  if (strcmp(text, "auto") != 0) {
    conf->n_nodes = text[0] >= '0' && text[0] <= '9' ? strtoll(text, &end, 10) : 0;
    if (conf->n_nodes < 1 || conf->n_nodes > INT32_MAX || *end != '\0') {
      problem(env, opts, "nodes", "auto or a whole number >= 1");
      conf->n_nodes = 1;
    }
    return AUS_OK;
  }
  AUS_TRY(aus_gpuqueue_trace_peak(all, &conf->n_nodes, err));
  if (conf->n_nodes == 0) conf->n_nodes = all->max_nodes;
  if (conf->n_nodes == 0) {
    problem(env, opts, "nodes", "a number: the trace does not tell when jobs started");
    conf->n_nodes = 1;
  }
  if (aus_files_may_read(env->files))
    AUS_WARN("gpuqueue", "nodes = auto: %" PRId64 ", the most in use at one time in the trace",
             conf->n_nodes);
done:
  return rc;
}

/* Keys that the reference's rules know nothing of. */
static void refuse_in_compat(const aus_study_env *env, const aus_opts *opts,
                             const aus_gpuqueue_sim_conf *conf)
{
  const struct {
    const char *key;
    bool used;
  } clean[] = {{"user_max_jobs", conf->user_max_jobs > 0},
               {"user_max_nodes", conf->user_max_nodes > 0},
               {"fairshare_weight", conf->fairshare_weight > 0},
               {"logged_weight", conf->logged_weight > 0}};
  size_t i;

  for (i = 0; i < sizeof clean / sizeof *clean; i++)
    if (clean[i].used)
      aus_cfg_problem(env->conf, aus_opt_place(opts, clean[i].key), "%s is for mode clean only",
                      clean[i].key);
}

int aus_gpuqueue_sim_conf_load(aus_gpuqueue_sim_conf *conf, const aus_study_env *env,
                               const aus_opts *opts, const aus_gpuqueue_trace *all, aus_err *err)
{
  bool compat = strcmp(aus_opt_str(opts, "mode"), "compat") == 0;

  *conf = compat ? aus_gpuqueue_sim_compat() : aus_gpuqueue_sim_clean();
  conf->age_weight = aus_opt_real(opts, "age_weight");
  conf->max_age_days = aus_opt_real(opts, "max_age_days");
  conf->size_weight = aus_opt_real(opts, "size_weight");
  if (aus_opt_has_value(opts, "age_cap")) conf->age_cap = aus_opt_bool(opts, "age_cap");
  if (aus_opt_has_value(opts, "bf_interval")) conf->bf_interval = aus_opt_int(opts, "bf_interval");
  conf->bf_window_min = aus_opt_int(opts, "bf_window_min");
  conf->bf_resolution_s = aus_opt_int(opts, "bf_resolution_s");
  conf->bf_max_jobs = aus_opt_int(opts, "bf_max_jobs");
  conf->user_max_jobs = aus_opt_int(opts, "user_max_jobs");
  conf->user_max_nodes = aus_opt_int(opts, "user_max_nodes");
  conf->fairshare_weight = aus_opt_real(opts, "fairshare_weight");
  conf->fairshare_half_life_days = aus_opt_real(opts, "fairshare_half_life_days");
  conf->logged_weight = aus_opt_real(opts, "logged_weight");
  if (compat) {
    conf->tick_s = aus_opt_int(opts, "tick");
    if (conf->tick_s != 1 && conf->tick_s != 60)
      aus_cfg_problem(env->conf, aus_opt_place(opts, "tick"), "tick is %" PRId64 ", need 60 or 1",
                      conf->tick_s);
    refuse_in_compat(env, opts, conf);
  } else if (aus_opt_given(opts, "tick")) {
    aus_cfg_problem(env->conf, aus_opt_place(opts, "tick"), "tick is for mode compat only");
  }
  return read_nodes(conf, env, opts, all, err);
}

static bool read_time(const aus_tz *tz, const char *text, int64_t *t_s)
{
  if (!aus_civil_parse(text, strlen(text), t_s)) return false;
  *t_s = aus_tz_utc(tz, *t_s);
  return true;
}

int aus_gpuqueue_time_of(int64_t *t_s, const aus_study_env *env, const aus_opts *opts,
                         const char *key, int64_t def, aus_err *err)
{
  int rc = AUS_OK;
  const char *text = aus_opt_str(opts, key);
  aus_tz *tz = NULL;

  *t_s = def;
  if (text[0] == '\0') return AUS_OK;
  AUS_TRY(aus_gpuqueue_zone_load(&tz, env, opts, err));
  if (!read_time(tz, text, t_s)) {
    aus_cfg_problem(env->conf, aus_opt_place(opts, key),
                    "%s is \"%s\", need a time as 2023-03-01 or 2023-03-01T12:00:00", key, text);
    *t_s = def;
  }
done:
  aus_tz_destroy(tz);
  return rc;
}

/* One [from, to) of job_filter. */
static void read_range(const aus_study_env *env, const aus_tz *tz, aus_cfg_node *node,
                       aus_gpuqueue_range *range)
{
  int64_t t_s[2] = {0};
  int k;
  bool ok = aus_cfg_kind_of(node) == AUS_CFG_LIST && aus_cfg_count(node) == 2;

  for (k = 0; ok && k < 2; k++)
    ok = read_time(tz, aus_cfg_text(aus_cfg_at(node, k)), &t_s[k]);
  if (!ok || t_s[0] >= t_s[1])
    aus_cfg_problem(env->conf, node,
                    "job_filter needs pairs [from, to] of times as 2023-03-01, from before to");
  *range = (aus_gpuqueue_range){t_s[0], t_s[1]};
}

static int read_ranges(const aus_study_env *env, const aus_opts *opts, aus_gpuqueue_range **range,
                       int *n, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_cfg_node *list = aus_opt_node(opts, "job_filter");
  aus_tz *tz = NULL;

  *n = 0;
  if (!list) return AUS_OK;
  aus_cfg_use(list);
  if (aus_cfg_kind_of(list) != AUS_CFG_LIST)
    aus_cfg_problem(env->conf, list, "job_filter is no list of pairs [from, to]");
  AUS_TRY(aus_gpuqueue_zone_load(&tz, env, opts, err));
  AUS_NEW(*range, aus_cfg_count(list) + 1, err);
  for (i = 0; aus_cfg_kind_of(list) == AUS_CFG_LIST && i < aus_cfg_count(list); i++)
    read_range(env, tz, aus_cfg_at(list, i), &(*range)[(*n)++]);
done:
  aus_tz_destroy(tz);
  return rc;
}

static int need_jobs(const aus_gpuqueue_trace *t, const char *name, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf text;

  if (t->n > 0) return AUS_OK;
  aus_buf_init(&text);
  aus_gpuqueue_trace_counts(t, &text);
  AUS_TRY(aus_buf_check(&text, err));
  rc = aus_fail(err, AUS_EFORMAT, AUS_HERE, "%s: no job is left: %s", name, text.data);
done:
  aus_buf_fini(&text);
  return rc;
}

int aus_gpuqueue_trace_choose(aus_gpuqueue_trace *to, const aus_gpuqueue_trace *all,
                              const aus_gpuqueue_sim_conf *conf, const aus_study_env *env,
                              const aus_opts *opts, aus_err *err)
{
  int rc = AUS_OK, before = aus_cfg_n_problems(env->conf);
  const char *name = aus_opt_str(opts, "trace");
  aus_gpuqueue_range *range = NULL;
  aus_gpuqueue_filter f = {.pivot = aus_opt_real(opts, "duration_pivot"), .n_nodes = conf->n_nodes};

  *to = (aus_gpuqueue_trace){0};
  AUS_TRY(aus_gpuqueue_time_of(&f.from_s, env, opts, "from", INT64_MIN, err));
  AUS_TRY(aus_gpuqueue_time_of(&f.to_s, env, opts, "to", INT64_MAX, err));
  if (f.from_s > f.to_s)
    aus_cfg_problem(env->conf, aus_opt_place(opts, "from"), "from is \"%s\", behind to, \"%s\"",
                    aus_opt_str(opts, "from"), aus_opt_str(opts, "to"));
  AUS_TRY(read_ranges(env, opts, &range, &f.n_drop, err));
  if (aus_cfg_n_problems(env->conf) > before) goto done;
  f.drop = range;
  AUS_TRY(aus_gpuqueue_trace_filter(to, all, &f, err));
  AUS_TRY(need_jobs(to, name, err));
  if (to->n < all->n && aus_files_may_read(env->files)) AUS_TRY(log_counts(to, "of these", err));
  aus_gpuqueue_trace_order(to, conf->tick_s > 0 ? conf->tick_s : 1);
done:
  if (rc != AUS_OK) aus_gpuqueue_trace_fini(to);
  aus_free(range);
  return rc;
}
