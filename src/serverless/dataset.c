/* dataset.c - windows of a run become rows; rows become training and test rows.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/dataset.h"

#include "util/alloc.h"
#include "util/rng.h"

#include <math.h>
#include <string.h>

/* Sums over one window of one group. */
typedef struct window {
  int64_t requests, penalties, events;
  int64_t arrivals, unfinished; /* of the demand */
  double queue, pods, work_s;
} window;

/* All windows of one group; windows beyond the last request of the run do not count. */
typedef struct windows {
  int64_t n, n_listed;
  window *sum;     /* n */
  int64_t *listed; /* n_listed windows in the order of their rows */
} windows;

/* Whose rows: a function's, on one kind of platform or (-1) on all. */
typedef struct group {
  int task, platform;
  int code; /* place of the platform in the order of the names */
} group;

/* What a build looks at. */
typedef struct builder {
  aus_serverless_dataset *rows;
  const aus_serverless_types *types;
  const aus_serverless_result *run;
  const aus_serverless_dataset_conf *conf;
  int *by_name;          /* with per_platform: platform types in the order of their names */
  int32_t *app_platform; /* with per_platform: of the first task of each application row */
  windows w;
} builder;

aus_serverless_dataset_conf aus_serverless_dataset_defaults(void)
{
  return (aus_serverless_dataset_conf){.window_s = 5,
                                       .max_penalty_frac = 0.2,
                                       .max_queue_length = 20,
                                       .defects = AUS_SERVERLESS_DATASET_COMPAT,
                                       .n_features = 1,
                                       .target_frac = 0.7,
                                       .weight_bad = 1};
}

int aus_serverless_dataset_features(bool per_platform, uint64_t defects)
{
  return per_platform || defects & AUS_SERVERLESS_D(29) ? 1 : 2;
}

aus_serverless_label aus_serverless_dataset_label(int key, uint64_t defects)
{
  if (key > 0) return (aus_serverless_label)(key - 1);
  return defects & AUS_SERVERLESS_D(27) ? AUS_SERVERLESS_REPLICAS : AUS_SERVERLESS_DEMAND;
}

int aus_serverless_dataset_width(const aus_serverless_dataset_conf *conf,
                                 const aus_serverless_types *types)
{
  return conf->n_features + (conf->per_platform ? types->n_platforms : 0);
}

void aus_serverless_dataset_fini(aus_serverless_dataset *d)
{
  aus_free(d->task);
  aus_free(d->window_s);
  aus_free(d->x);
  aus_free(d->y);
  aus_free(d->weight);
  aus_free(d->queue);
  aus_free(d->pods);
  aus_free(d->requests);
  aus_free(d->penalties);
  *d = (aus_serverless_dataset){0};
}

/* Grow one column of elements of k values from the capacity that all have. */
#define GROW(d, column, k, err)                                                        \
  do {                                                                                 \
    cap = (d)->cap;                                                                    \
    AUS_TRY(aus_grow(&(d)->column, &cap, (d)->n + 1, (k) * sizeof *(d)->column, err)); \
  } while (0)

static int reserve(aus_serverless_dataset *d, aus_err *err)
{
  int rc = AUS_OK;
  int64_t cap;

  GROW(d, task, 1, err);
  GROW(d, window_s, 1, err);
  GROW(d, x, (size_t)d->d_cap, err);
  GROW(d, y, 1, err);
  GROW(d, weight, 1, err);
  GROW(d, queue, 1, err);
  GROW(d, pods, 1, err);
  GROW(d, requests, 1, err);
  GROW(d, penalties, 1, err);
  d->cap = cap;
done:
  return rc;
}

/* Forget the rows; wider ones than before need new room. */
static void empty(aus_serverless_dataset *d, int width)
{
  if (width > d->d_cap) {
    aus_serverless_dataset_fini(d);
    d->d_cap = width;
  }
  d->n = 0;
  d->d = width;
}

static bool has(const aus_serverless_dataset_conf *conf, int defect)
{
  return (conf->defects & AUS_SERVERLESS_D(defect)) != 0;
}

/* The second in which a request was done; NaN when it never was. */
static double done_second(const aus_serverless_app_rows *a, int64_t i)
{
  return trunc(a->dispatched[i] + a->elapsed[i]);
}

static int64_t window_of(double t_s, double window_s)
{
  return (int64_t)floor(t_s / window_s);
}

/* Reference: the requests of a function are applications, else its own tasks. */
static bool by_application(const aus_serverless_dataset_conf *conf)
{
  return has(conf, 26) && has(conf, 29);
}

static bool is_first(const aus_serverless_types *types, int app, int task)
{
  return types->app[app].n_tasks > 0 && types->app[app].task[0] == task;
}

/* One more request of a group in window k; 0 <= k < w->n. */
static void count_request(windows *w, int64_t k, bool penalty)
{
  if (w->sum[k].requests++ == 0) w->listed[w->n_listed++] = k;
  w->sum[k].penalties += penalty;
}

/* Reference: completed applications whose first task is the function. */
static void count_applications(builder *b, const group *g)
{
  const aus_serverless_app_rows *a = &b->run->applications;
  int64_t i;

  for (i = 0; i < a->n; i++) {
    double t_s = done_second(a, i);

    if (!is_first(b->types, a->type[i], g->task) || isnan(t_s)) continue;
    if (g->platform >= 0 && b->app_platform[i] != g->platform) continue;
    count_request(&b->w, window_of(t_s, b->conf->window_s), a->penalty[i] != 0);
  }
}

/* When a task counts; NaN when it never does. */
static double task_time(const builder *b, int64_t i)
{
  const aus_serverless_task_rows *t = &b->run->tasks;

  return has(b->conf, 29) ? trunc(t->done[i]) : t->dispatched[i];
}

static bool is_in(const aus_serverless_task_rows *t, int64_t i, const group *g)
{
  return t->task[i] == g->task && (g->platform < 0 || t->platform[i] == g->platform);
}

/* The function's own tasks, with the penalty of their application. */
static void count_tasks(builder *b, const group *g)
{
  const aus_serverless_task_rows *t = &b->run->tasks;
  int64_t i;

  for (i = 0; i < t->n; i++) {
    double t_s = task_time(b, i);

    if (!is_in(t, i, g) || isnan(t_s)) continue;
    count_request(&b->w, window_of(t_s, b->conf->window_s),
                  b->run->applications.penalty[t->application_id[i]] != 0);
  }
}

/* Time that platforms needed for the calls that arrived in each window, whenever they did the work. */
static void add_work(builder *b, const group *g)
{
  const aus_serverless_task_rows *t = &b->run->tasks;
  int64_t i, k;

  for (i = 0; i < t->n; i++) {
    double work_s = t->compute[i] + t->cold_start[i];

    if (!is_in(t, i, g) || isnan(t->dispatched[i])) continue;
    k = window_of(t->dispatched[i], b->conf->window_s);
    if (k >= b->w.n) continue;
    b->w.sum[k].arrivals++;
    if (isnan(work_s))
      b->w.sum[k].unfinished++;
    else
      b->w.sum[k].work_s += work_s;
  }
}

static void add_events(builder *b, const group *g)
{
  const aus_serverless_system_rows *e = &b->run->system_events;
  int64_t i, k;

  for (i = 0; i < e->n; i++) {
    int32_t count = e->count[i];

    if (e->task[i] != g->task) continue;
    if (g->platform >= 0) count = e->per_platform[i * b->types->n_platforms + g->platform];
    if (g->platform >= 0 && count == 0) continue; /* the reference logs no such entry */
    k = window_of(has(b->conf, 29) ? trunc(e->timestamp[i]) : e->timestamp[i], b->conf->window_s);
    if (k >= b->w.n) continue;
    b->w.sum[k].events++;
    b->w.sum[k].queue += e->average_queue_length[i];
    b->w.sum[k].pods += count;
  }
}

/* Windows in time order: those with requests, for the label `demand` all. */
static void list_in_time(builder *b)
{
  windows *w = &b->w;
  int64_t k;
  bool all = b->conf->label == AUS_SERVERLESS_DEMAND && w->n_listed > 0;

  w->n_listed = 0;
  for (k = 0; k < w->n; k++)
    if (all || w->sum[k].requests > 0) w->listed[w->n_listed++] = k;
}

static bool is_bad(const window *w, const aus_serverless_dataset_conf *conf)
{
  double penalty = conf->max_penalty_frac * (conf->per_platform ? 2.0 : 1.0);
  double queue = conf->max_queue_length * (conf->per_platform ? 1.25 : 1.0);

  if (penalty >= 0.0 && w->requests > 0 && (double)w->penalties / (double)w->requests > penalty)
    return true;
  return queue >= 0.0 && w->events > 0 && w->queue / (double)w->events > queue;
}

static bool is_kept(const window *w, const aus_serverless_dataset_conf *conf)
{
  if (has(conf, 27) && (w->events == 0 || is_bad(w, conf))) return false;
  return conf->label == AUS_SERVERLESS_DEMAND ? w->unfinished == 0 : w->events > 0;
}

/* The tolerance is for sums that are a whole number but for rounding. */
static double label_of(const window *w, const aus_serverless_dataset_conf *conf)
{
  if (conf->label == AUS_SERVERLESS_REPLICAS) return ceil(w->pods / (double)w->events);
  if (w->arrivals == 0) return 0.0;
  return fmax(1.0, ceil(w->work_s / (conf->window_s * conf->target_frac) - 1e-9));
}

/* Mean execution time over all platforms of the cluster that the function runs on, in the order of
 * their ids; 0 when there is none, as the predictor is asked. */
static double service_s(const aus_serverless_types *types, const aus_serverless_platform_rows *p,
                        int task)
{
  const aus_serverless_task_type *t = &types->task[task];
  double sum = 0.0;
  int64_t i, n = 0;

  for (i = 0; i < p->n; i++) {
    if (isnan(t->exec_s[p->platform[i]])) continue;
    sum += t->exec_s[p->platform[i]];
    n++;
  }
  return n > 0 ? sum / (double)n : 0.0;
}

static void set_features(const builder *b, const group *g, const window *w, double service,
                         double *x)
{
  int i, n = b->conf->n_features;

  x[0] = (double)w->requests / b->conf->window_s;
  if (n > 1) x[1] = service;
  for (i = n; i < b->rows->d; i++)
    x[i] = i - n == g->code ? 1.0 : 0.0;
}

static int add_row(builder *b, const group *g, int64_t k, double service, aus_err *err)
{
  int rc = AUS_OK;
  aus_serverless_dataset *d = b->rows;
  const window *w = &b->w.sum[k];
  int64_t i = d->n;

  AUS_TRY(reserve(d, err));
  d->task[i] = g->task;
  d->window_s[i] = (double)k * b->conf->window_s;
  d->queue[i] = w->events > 0 ? w->queue / (double)w->events : (double)NAN;
  d->pods[i] = w->events > 0 ? w->pods / (double)w->events : (double)NAN;
  d->requests[i] = w->requests;
  d->penalties[i] = w->penalties;
  d->weight[i] = is_bad(w, b->conf) ? b->conf->weight_bad : 1.0;
  d->y[i] = label_of(w, b->conf);
  set_features(b, g, w, service, d->x + i * d->d);
  d->n++;
done:
  return rc;
}

static int add_rows(builder *b, const group *g, double service, aus_err *err)
{
  int rc = AUS_OK;
  const aus_serverless_dataset_conf *conf = b->conf;
  int64_t i, k;

  for (i = 0; i < b->w.n_listed; i++) {
    k = b->w.listed[i];
    if (conf->until_s > 0.0 && (double)(k + 1) * conf->window_s >= conf->until_s) break;
    if (is_kept(&b->w.sum[k], conf)) AUS_TRY(add_row(b, g, k, service, err));
  }
done:
  return rc;
}

static void forget(windows *w)
{
  w->n_listed = 0;
  memset(w->sum, 0, (size_t)w->n * sizeof *w->sum);
}

static int build_group(builder *b, const group *g, double service, aus_err *err)
{
  forget(&b->w);
  if (by_application(b->conf))
    count_applications(b, g);
  else
    count_tasks(b, g);
  if (!has(b->conf, 29)) list_in_time(b);
  if (b->w.n_listed == 0) return AUS_OK;
  if (b->conf->label == AUS_SERVERLESS_DEMAND) add_work(b, g);
  add_events(b, g);
  return add_rows(b, g, service, err);
}

static int build_function(builder *b, int task, aus_err *err)
{
  int rc = AUS_OK, i;
  double service = b->conf->n_features > 1 ? service_s(b->types, &b->run->platforms, task) : 0.0;
  group g = {.task = task, .platform = -1, .code = -1};

  if (!b->conf->per_platform) return build_group(b, &g, service, err);
  for (i = 0; i < b->types->n_platforms; i++) {
    g.platform = b->by_name[i];
    g.code = i;
    AUS_TRY(build_group(b, &g, service, err));
  }
done:
  return rc;
}

/* Does the function have rows at all? With D26 only when it is the first of an application. */
static bool is_wanted(const builder *b, int task)
{
  int app;

  for (app = 0; has(b->conf, 26) && app < b->types->n_apps; app++)
    if (is_first(b->types, app, task)) return true;
  return !has(b->conf, 26);
}

static int64_t count_windows(const builder *b)
{
  const aus_serverless_app_rows *a = &b->run->applications;
  double last = -1.0;
  int64_t i;

  for (i = 0; by_application(b->conf) && i < a->n; i++)
    last = fmax(last, done_second(a, i));
  for (i = 0; !by_application(b->conf) && i < b->run->tasks.n; i++)
    last = fmax(last, task_time(b, i));
  return last < 0.0 ? 0 : window_of(last, b->conf->window_s) + 1;
}

static int make_windows(windows *w, int64_t n, aus_err *err)
{
  int rc = AUS_OK;

  w->n = n;
  AUS_NEW(w->sum, n, err);
  AUS_NEW(w->listed, n, err);
done:
  return rc;
}

/* What rows per platform need: the order of the names, and where each application's first task ran. */
static int prepare_platforms(builder *b, aus_err *err)
{
  int rc = AUS_OK, i, k;
  const aus_serverless_platform_type *p = b->types->platform;
  const aus_serverless_task_rows *t = &b->run->tasks;
  int64_t j;

  if (!b->conf->per_platform) return AUS_OK;
  AUS_NEW(b->by_name, b->types->n_platforms, err);
  AUS_NEW(b->app_platform, b->run->applications.n, err);
  for (i = 0; i < b->types->n_platforms; i++) {
    for (k = i; k > 0 && strcmp(p[b->by_name[k - 1]].name, p[i].name) > 0; k--)
      b->by_name[k] = b->by_name[k - 1];
    b->by_name[k] = i;
  }
  for (j = t->n - 1; j >= 0; j--) /* the first task is written last */
    b->app_platform[t->application_id[j]] = t->platform[j];
done:
  return rc;
}

static int check_conf(const aus_serverless_dataset_conf *conf, aus_err *err)
{
  int rc = AUS_OK;

  if (!(conf->window_s > 0.0))
    AUS_FAIL(err, AUS_EINVAL, "dataset: a window of %g s", conf->window_s);
  if (conf->n_features != 1 && conf->n_features != 2)
    AUS_FAIL(err, AUS_EINVAL, "dataset: %d features, need 1 or 2", conf->n_features);
  if (conf->label == AUS_SERVERLESS_DEMAND && !(conf->target_frac > 0.0))
    AUS_FAIL(err, AUS_EINVAL, "dataset: a target of %g, need > 0", conf->target_frac);
  if (!(conf->weight_bad >= 0.0) || isinf(conf->weight_bad))
    AUS_FAIL(err, AUS_EINVAL, "dataset: a weight of %g, need >= 0", conf->weight_bad);
done:
  return rc;
}

int aus_serverless_dataset_build(aus_serverless_dataset *d, const aus_serverless_types *types,
                                 const aus_serverless_result *result,
                                 const aus_serverless_dataset_conf *conf, aus_err *err)
{
  int rc = AUS_OK, task;
  builder b = {.rows = d, .types = types, .run = result, .conf = conf};

  d->n = 0;
  AUS_TRY(check_conf(conf, err));
  empty(d, aus_serverless_dataset_width(conf, types));
  AUS_TRY(prepare_platforms(&b, err));
  AUS_TRY(make_windows(&b.w, count_windows(&b), err));
  for (task = 0; task < types->n_tasks; task++)
    if (is_wanted(&b, task)) AUS_TRY(build_function(&b, task, err));
done:
  aus_free(b.by_name);
  aus_free(b.app_platform);
  aus_free(b.w.sum);
  aus_free(b.w.listed);
  return rc;
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
  return x < low ? low : x > high ? high : x;
}

void aus_serverless_split(int64_t n, int64_t train_rows, double train_fraction, uint64_t seed,
                          int64_t scenario, int task, uint8_t *split, int64_t *work)
{
  aus_rng r = aus_rng_open(seed, 0, (uint64_t)scenario << 16 | (uint64_t)task, AUS_RNG_FOLDS);
  int64_t n_train, n_test, i;

  if (train_rows > 0) {
    n_train = clamp(train_rows, 0, n);
    n_test = clamp((int64_t)ceil(0.2 * (double)n), 0, n - n_train);
  } else {
    n_train = clamp((int64_t)floor(train_fraction * (double)n + 1e-9), n > 0 ? 1 : 0, n);
    n_test = n - n_train;
  }
  aus_rng_permutation(&r, n, work);
  for (i = 0; i < n; i++)
    split[work[i]] = i < n_train ? 0 : i < n_train + n_test ? 2 : 3;
}
