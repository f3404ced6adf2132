/* dataset.c - windows of a run become rows; rows become training and test rows.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/dataset.h"

#include "util/alloc.h"
#include "util/rng.h"

#include <math.h>

/* Sums over one window of one function. */
typedef struct window {
  int64_t requests, penalties, events;
  double queue, pods;
} window;

/* All windows of one function; windows beyond the last completion do not count. */
typedef struct windows {
  int64_t n, n_seen;
  window *sum;   /* n */
  int64_t *seen; /* n_seen windows in order of first appearance of a completion */
} windows;

void aus_serverless_dataset_fini(aus_serverless_dataset *d)
{
  aus_free(d->task);
  aus_free(d->window_s);
  aus_free(d->x);
  aus_free(d->y);
  aus_free(d->queue);
  aus_free(d->pods);
  aus_free(d->requests);
  aus_free(d->penalties);
  *d = (aus_serverless_dataset){0};
}

/* Grow one column from the capacity that all have. */
#define GROW(d, column, err)                                                     \
  do {                                                                           \
    cap = (d)->cap;                                                              \
    AUS_TRY(aus_grow(&(d)->column, &cap, (d)->n + 1, sizeof *(d)->column, err)); \
  } while (0)

static int reserve(aus_serverless_dataset *d, aus_err *err)
{
  int rc = AUS_OK;
  int64_t cap;

  GROW(d, task, err);
  GROW(d, window_s, err);
  GROW(d, x, err);
  GROW(d, y, err);
  GROW(d, queue, err);
  GROW(d, pods, err);
  GROW(d, requests, err);
  GROW(d, penalties, err);
  d->cap = cap;
done:
  return rc;
}

/* The second in which a request was done; NaN when it never was. */
static double done_second(const aus_serverless_app_rows *a, int64_t i)
{
  return trunc(a->dispatched[i] + a->elapsed[i]);
}

static int64_t window_of(double second, double window_s)
{
  return (int64_t)floor(second / window_s);
}

static bool is_of(const aus_serverless_types *types, int app, int task)
{
  return types->app[app].n_tasks > 0 && types->app[app].task[0] == task;
}

static void count_requests(windows *w, const aus_serverless_types *types,
                           const aus_serverless_app_rows *a, int task, double window_s)
{
  int64_t i, k;

  for (i = 0; i < a->n; i++) {
    if (!is_of(types, a->type[i], task) || isnan(done_second(a, i))) continue;
    k = window_of(done_second(a, i), window_s);
    if (w->sum[k].requests++ == 0) w->seen[w->n_seen++] = k;
    w->sum[k].penalties += a->penalty[i] != 0;
  }
}

static void add_events(windows *w, const aus_serverless_system_rows *e, int task, double window_s)
{
  int64_t i, k;

  for (i = 0; i < e->n; i++) {
    if (e->task[i] != task) continue;
    k = window_of(trunc(e->timestamp[i]), window_s);
    if (k >= w->n) continue;
    w->sum[k].events++;
    w->sum[k].queue += e->average_queue_length[i];
    w->sum[k].pods += e->count[i];
  }
}

static bool kept(const window *w, const aus_serverless_dataset_conf *conf)
{
  if (conf->max_penalty_frac >= 0.0 &&
      (double)w->penalties / (double)w->requests > conf->max_penalty_frac)
    return false;
  if (w->events == 0) return false;
  return !(conf->max_queue_length >= 0.0 && w->queue / (double)w->events > conf->max_queue_length);
}

static int add_row(aus_serverless_dataset *d, int task, int64_t k, const window *w, double window_s,
                   aus_err *err)
{
  int rc = AUS_OK;
  int64_t i = d->n;

  AUS_TRY(reserve(d, err));
  d->task[i] = task;
  d->window_s[i] = (double)k * window_s;
  d->queue[i] = w->queue / (double)w->events;
  d->pods[i] = w->pods / (double)w->events;
  d->requests[i] = w->requests;
  d->penalties[i] = w->penalties;
  d->x[i] = (double)w->requests / window_s;
  d->y[i] = ceil(d->pods[i]);
  d->n++;
done:
  return rc;
}

static int add_rows(aus_serverless_dataset *d, const windows *w, int task,
                    const aus_serverless_dataset_conf *conf, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, k;

  for (i = 0; i < w->n_seen; i++) {
    k = w->seen[i];
    if (conf->until_s > 0.0 && (double)(k + 1) * conf->window_s >= conf->until_s) break;
    if (kept(&w->sum[k], conf)) AUS_TRY(add_row(d, task, k, &w->sum[k], conf->window_s, err));
  }
done:
  return rc;
}

/* True when a function is the first task of an application: only these have rows. */
static bool is_first(const aus_serverless_types *types, int task)
{
  int app;

  for (app = 0; app < types->n_apps; app++)
    if (is_of(types, app, task)) return true;
  return false;
}

static int64_t count_windows(const aus_serverless_app_rows *a, double window_s)
{
  double last = -1.0;
  int64_t i;

  for (i = 0; i < a->n; i++)
    last = fmax(last, done_second(a, i));
  return last < 0.0 ? 0 : window_of(last, window_s) + 1;
}

static void forget(windows *w)
{
  int64_t i;

  w->n_seen = 0;
  for (i = 0; i < w->n; i++)
    w->sum[i] = (window){0};
}

int aus_serverless_dataset_build(aus_serverless_dataset *d, const aus_serverless_types *types,
                                 const aus_serverless_result *result,
                                 const aus_serverless_dataset_conf *conf, aus_err *err)
{
  int rc = AUS_OK, task;
  windows w = {0};

  d->n = 0;
  if (!(conf->window_s > 0.0))
    AUS_FAIL(err, AUS_EINVAL, "dataset: a window of %g s", conf->window_s);
  w.n = count_windows(&result->applications, conf->window_s);
  AUS_NEW(w.sum, w.n, err);
  AUS_NEW(w.seen, w.n, err);
  for (task = 0; task < types->n_tasks; task++) {
    if (!is_first(types, task)) continue;
    forget(&w);
    count_requests(&w, types, &result->applications, task, conf->window_s);
    add_events(&w, &result->system_events, task, conf->window_s);
    AUS_TRY(add_rows(d, &w, task, conf, err));
  }
done:
  aus_free(w.sum);
  aus_free(w.seen);
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
