/* workload_make.c - base workloads from rates, daily peaks, or counts per minute.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/workload.h"

#include "serverless/workload_parts.h"
#include "util/alloc.h"
#include "util/rng.h"
#include "util/stats.h"

#include <inttypes.h>
#include <math.h>

#define AUS_MAX_ARRIVALS 1e9
#define AUS_MAX_IN_CELL  0x1p26 /* half the draws between two cells */
#define AUS_MAX_CELLS    (INT64_C(1) << 22)

/* Far behind what 0.25 N can reach: the inverse at the smallest uniform is -8.3. */
#define AUS_REACH 2.5

static aus_rng open_stream(const aus_serverless_load *load, uint64_t seed, int app, int what)
{
  uint64_t trial = (uint64_t)load->series << 20 | (uint64_t)what << 16 | (uint64_t)app;

  return aus_rng_open(seed, 0, trial, AUS_RNG_TRACE);
}

/* Arrivals at a constant rate from t to end. @return the time of the one that is too late */
static double arrive(aus_serverless_part *p, aus_rng *r, double t, double end, double rate, int *rc,
                     aus_err *err)
{
  while (*rc == AUS_OK) {
    t += aus_rng_exponential(r) / rate;
    if (!(t < end)) break;
    *rc = aus_serverless_part_reserve(p, 1, err);
    if (*rc == AUS_OK) aus_serverless_part_put(p, t, 0);
  }
  return t;
}

/* Ramps of 30 s count from the time that the ramp before has overshot to. */
static int by_gaps(aus_serverless_part *p, const aus_serverless_load *load, double rate, aus_rng *r,
                   aus_err *err)
{
  int rc = AUS_OK, i;
  bool ramps = load->shape == AUS_SERVERLESS_RAMPS;
  double t = 0.0;

  for (i = 1; ramps && i <= 4; i++)
    t = arrive(p, r, t, t + 30.0, rate * i / 4.0, &rc, err);
  arrive(p, r, t, ramps ? load->duration_s + 120.0 : load->duration_s, rate, &rc, err);
  return rc;
}

/* Arrivals of one application per hour or minute. */
typedef struct cells {
  int64_t n;
  double cell_s;
  int64_t *count, total;
  aus_rng spread;
} cells;

static double intensity(const aus_serverless_load *load, double hour)
{
  double most = 1.0, d, w;
  int i;

  for (i = 0; i < load->n_peaks; i++) {
    d = fabs(hour - load->peak[i].hour);
    d = fmin(d, 24.0 - d);
    w = load->peak[i].width_h / 2.355;
    most = fmax(most, load->peak[i].height * exp(-d * d / (2.0 * w * w)));
  }
  return most;
}

static int put_count(cells *c, int64_t i, double count, aus_err *err)
{
  int rc = AUS_OK;

  if (!(count <= AUS_MAX_IN_CELL))
    AUS_FAIL(err, AUS_EINVAL,
             "workload: %.17g arrivals in %s %" PRId64 ", at most %.0f can be drawn", count,
             c->cell_s > 60.0 ? "hour" : "minute", i, AUS_MAX_IN_CELL);
  c->count[i] = (int64_t)count;
  c->total += c->count[i];
done:
  return rc;
}

static int count_hours(cells *c, const aus_serverless_load *load, double rate, aus_err *err)
{
  int rc = AUS_OK;
  int64_t h;
  double sum = 0.0;

  for (h = 0; h < c->n; h++)
    sum += intensity(load, (double)(h % 24));
  for (h = 0; h < c->n; h++)
    AUS_TRY(put_count(
        c, h, trunc(3600.0 * rate * (intensity(load, (double)(h % 24)) * (double)c->n / sum)),
        err));
done:
  return rc;
}

/* A series with mean a and spread s, standardised and brought to mean b and spread s b / a, is the
 * series times b / a. Running totals are rounded, not counts, so that small counts do not vanish. */
static int count_minutes(cells *c, const aus_serverless_load *load, int function, aus_err *err)
{
  int rc = AUS_OK;
  const aus_serverless_minutes *m = load->minutes;
  bool rescale = load->rescale_mean_rpm > 0.0 && m->mean_rpm[function] > 0.0;
  double by = rescale ? load->rescale_mean_rpm / m->mean_rpm[function] : 1.0;
  double sum = 0.0, before = 0.0;
  int64_t i;

  for (i = 0; i < c->n; i++) {
    sum += by * m->count[i * m->n_functions + function];
    AUS_TRY(put_count(c, i, floor(sum + 0.5) - before, err));
    before = floor(sum + 0.5);
  }
done:
  return rc;
}

static int count_cells(cells *c, const aus_serverless_load *load, int i, aus_err *err)
{
  int rc = AUS_OK;
  bool peaks = load->shape == AUS_SERVERLESS_PEAKS;

  c->n = peaks ? load->n_hours : load->minutes->n;
  c->cell_s = peaks ? 3600.0 : 60.0;
  AUS_NEW(c->count, c->n, err);
  AUS_TRY(peaks ? count_hours(c, load, load->rate_rps[i], err) : count_minutes(c, load, i, err));
done:
  return rc;
}

static double time_of(cells *c, int64_t cell, int64_t arrival)
{
  double at;

  c->spread.next = ((uint64_t)cell << 27) + 2 * (uint64_t)arrival;
  at = (double)cell + 0.25 * aus_rng_normal(&c->spread);
  at = fmax(0.0, fmin(at, (double)c->n - 0.001));
  return (at + aus_rng_uniform(&c->spread)) * c->cell_s;
}

/* The earliest time (sign 1), or the latest one negated (sign -1), of a cell; infinite if it is empty. */
static double extreme(cells *c, int64_t cell, int sign)
{
  double best = INFINITY;
  int64_t j;

  for (j = 0; j < c->count[cell]; j++)
    best = fmin(best, sign * time_of(c, cell, j));
  return best;
}

/* First and last arrival. Only the cells near an end can hold it. */
static void find_ends(cells *c, double *first_s, double *last_s)
{
  double first = INFINITY, last = INFINITY;
  int64_t i;

  for (i = 0; i < c->n && ((double)i - AUS_REACH) * c->cell_s < first; i++)
    first = fmin(first, extreme(c, i, 1));
  for (i = c->n - 1; i >= 0 && -((double)i + 1.0 + AUS_REACH) * c->cell_s < last; i--)
    last = fmin(last, extreme(c, i, -1));
  *first_s = fmin(*first_s, first);
  *last_s = fmax(*last_s, -last);
}

/* Keep `want` of the arrivals (selection sampling: exactly that many, each subset equally likely). */
static int spread(cells *c, int64_t want, double by, aus_rng *choice, aus_serverless_part *p,
                  aus_err *err)
{
  int rc = AUS_OK;
  int64_t cell, j, left = c->total;

  AUS_TRY(aus_serverless_part_reserve(p, want, err));
  for (cell = 0; cell < c->n; cell++)
    for (j = 0; j < c->count[cell]; j++, left--)
      if (want - p->n == left || aus_rng_uniform(choice) * (double)left < (double)(want - p->n))
        aus_serverless_part_put(p, time_of(c, cell, j) * by, 0);
  if (p->n > 0) aus_stats_sort(p->t_s, p->n);
done:
  return rc;
}

/* Factor of the compression, 1 for none. */
static double compression(const aus_serverless_load *load, cells *c)
{
  double first = INFINITY, last = -INFINITY, by;
  int i;

  if (!(load->compress_min > 0.0)) return 1.0;
  for (i = 0; i < load->n_apps; i++)
    find_ends(c + i, &first, &last);
  by = last > first ? 60.0 * load->compress_min / (last - first) : 1.0;
  return fmin(by, 1.0);
}

static int by_cells(aus_serverless_part *p, const aus_serverless_load *load, uint64_t seed,
                    aus_err *err)
{
  int rc = AUS_OK, i;
  cells *c = NULL;
  double by, total = 0.0;
  int64_t want;
  aus_rng choice;

  AUS_NEW(c, load->n_apps, err);
  for (i = 0; i < load->n_apps; i++) {
    c[i].spread = open_stream(load, seed, load->app[i], AUS_SERVERLESS_DRAWS_SPREAD);
    AUS_TRY(count_cells(c + i, load, i, err));
    total += (double)c[i].total;
  }
  if (total > AUS_MAX_ARRIVALS)
    AUS_FAIL(err, AUS_EINVAL, "workload: %.0f arrivals, at most %.0f", total, AUS_MAX_ARRIVALS);
  by = compression(load, c);
  for (i = 0; i < load->n_apps; i++) {
    want = (int64_t)((double)c[i].total * by);
    if (want == 0 && c[i].total > 0) want = 1;
    choice = open_stream(load, seed, load->app[i], AUS_SERVERLESS_DRAWS_CHOICE);
    AUS_TRY(spread(c + i, want, by, &choice, p + i, err));
  }
done:
  for (i = 0; c && i < load->n_apps; i++)
    aus_free(c[i].count);
  aus_free(c);
  return rc;
}

static bool within(double x, double lo, double hi)
{
  return x >= lo && x <= hi;
}

static int check_peaks(const aus_serverless_load *load, aus_err *err)
{
  int i;
  const aus_serverless_peak *k;

  if (load->n_hours < 1 || load->n_peaks < 0)
    return aus_fail(err, AUS_EINVAL, AUS_HERE, "workload: %d hours, %d peaks", load->n_hours,
                    load->n_peaks);
  for (i = 0; i < load->n_peaks; i++) {
    k = load->peak + i;
    if (!within(k->hour, 0, 24) || !within(k->height, 0, 1e6) || !within(k->width_h, 1e-3, 1e3))
      return aus_fail(err, AUS_EINVAL, AUS_HERE, "workload: peak at hour %g, %g high, %g h wide",
                      k->hour, k->height, k->width_h);
  }
  return AUS_OK;
}

static int check_rates(const aus_serverless_load *load, aus_err *err)
{
  double span =
      load->shape == AUS_SERVERLESS_PEAKS ? 3600.0 * load->n_hours : load->duration_s + 120.0;
  int i;

  if (!within(span, 0, 1e9 + 120.0))
    return aus_fail(err, AUS_EINVAL, AUS_HERE, "workload: duration is %g s", load->duration_s);
  for (i = 0; i < load->n_apps; i++)
    if (!within(load->rate_rps[i] * span, 0, AUS_MAX_ARRIVALS))
      return aus_fail(err, AUS_EINVAL, AUS_HERE, "workload: %g requests/s for %g s",
                      load->rate_rps[i], span);
  return AUS_OK;
}

static int check_wishes(const aus_serverless_types *types, const aus_serverless_load *load,
                        aus_err *err)
{
  int rc = AUS_OK;
  bool minutes = load->shape == AUS_SERVERLESS_MINUTES;

  if (load->shape < 0 || load->shape > AUS_SERVERLESS_MINUTES || load->n_apps < 0 ||
      types->n_qos < 1)
    AUS_FAIL(err, AUS_EINVAL, "workload: shape %d, %d applications, %d QoS types", (int)load->shape,
             load->n_apps, types->n_qos);
  if (!within(load->compress_min, 0, 1e7) || !within(load->rescale_mean_rpm, 0, AUS_MAX_IN_CELL))
    AUS_FAIL(err, AUS_EINVAL, "workload: %g minutes, mean of %g requests/minute",
             load->compress_min, load->rescale_mean_rpm);
  if (minutes && (load->minutes->n_functions != load->n_apps || load->minutes->n > AUS_MAX_CELLS))
    AUS_FAIL(err, AUS_EINVAL, "workload: %d functions, %d applications, %" PRId64 " minutes",
             load->minutes->n_functions, load->n_apps, load->minutes->n);
  if (load->shape == AUS_SERVERLESS_PEAKS) AUS_TRY(check_peaks(load, err));
  if (!minutes) AUS_TRY(check_rates(load, err));
done:
  return rc;
}

/* One QoS type for all arrivals, or one for each. */
static void draw_qos(aus_serverless_part *p, const aus_serverless_load *load, int32_t of_app,
                     aus_rng r, int n_qos)
{
  int64_t i;

  for (i = 0; i < p->n; i++)
    p->qos[i] = load->qos_per_event ? (int32_t)aus_rng_below(&r, (uint64_t)n_qos) : of_app;
}

int aus_serverless_workload_make(const aus_serverless_types *types, const aus_serverless_load *load,
                                 uint64_t seed, aus_serverless_trace *out, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_serverless_part *p = NULL;
  bool gaps = load->shape == AUS_SERVERLESS_POISSON || load->shape == AUS_SERVERLESS_RAMPS;
  int32_t qos;
  aus_rng r;

  AUS_TRY(check_wishes(types, load, err));
  AUS_NEW(p, load->n_apps, err);
  if (!gaps) AUS_TRY(by_cells(p, load, seed, err));
  for (i = 0; i < load->n_apps; i++) {
    p[i].app = load->app[i];
    r = open_stream(load, seed, load->app[i], AUS_SERVERLESS_DRAWS_GAPS);
    qos = (int32_t)aus_rng_below(&r, (uint64_t)types->n_qos);
    if (gaps && load->rate_rps[i] > 0.0) AUS_TRY(by_gaps(p + i, load, load->rate_rps[i], &r, err));
    r = open_stream(load, seed, load->app[i], AUS_SERVERLESS_DRAWS_QOS);
    draw_qos(p + i, load, qos, r, types->n_qos);
  }
  AUS_TRY(aus_serverless_parts_merge(p, load->n_apps, out, err));
done:
  aus_serverless_parts_free(p, load->n_apps);
  return rc;
}
