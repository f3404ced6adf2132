/* workload.c - base workloads, and their thickening for a sample.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each application has a stream of its own, and its arrivals are made in a part of their own; the
 * parts are merged by time at the end.
 */
#include <config.h>

#include "serverless/space.h"

#include "util/alloc.h"
#include "util/rng.h"

#include <math.h>

/* Arrivals of one application in order of time. */
typedef struct part {
  int app;
  int64_t n, cap, next;
  double *t_s;
  int32_t *qos;
} part;

static void parts_free(part *p, int n)
{
  int i;

  for (i = 0; p && i < n; i++) {
    aus_free(p[i].t_s);
    aus_free(p[i].qos);
  }
  aus_free(p);
}

/* Room for n more. The arrays share a capacity, which is raised when both have it. */
static int reserve(part *p, int64_t n, aus_err *err)
{
  int rc = AUS_OK;
  int64_t cap = p->cap;

  AUS_TRY(aus_grow(&p->t_s, &cap, p->n + n, sizeof *p->t_s, err));
  cap = p->cap;
  AUS_TRY(aus_grow(&p->qos, &cap, p->n + n, sizeof *p->qos, err));
  p->cap = cap;
done:
  return rc;
}

static void put(part *p, double t_s, int32_t qos)
{
  p->t_s[p->n] = t_s;
  p->qos[p->n++] = qos;
}

static int resize(aus_serverless_trace *trace, int64_t n, aus_err *err)
{
  int rc = AUS_OK;
  int64_t cap = trace->cap;

  AUS_TRY(aus_grow(&trace->t_s, &cap, n, sizeof *trace->t_s, err));
  cap = trace->cap;
  AUS_TRY(aus_grow(&trace->app, &cap, n, sizeof *trace->app, err));
  cap = trace->cap;
  AUS_TRY(aus_grow(&trace->qos, &cap, n, sizeof *trace->qos, err));
  trace->cap = cap;
done:
  return rc;
}

/* The earliest of the parts' next arrivals, the first part's among equal ones; NULL at the end. */
static part *earliest(part *p, int n)
{
  part *best = NULL;
  int i;

  for (i = 0; i < n; i++)
    if (p[i].next < p[i].n && (!best || p[i].t_s[p[i].next] < best->t_s[best->next])) best = p + i;
  return best;
}

static int merge(part *p, int n, aus_serverless_trace *out, aus_err *err)
{
  int rc = AUS_OK, i;
  int64_t total = 0, k;
  part *from;

  for (i = 0; i < n; i++)
    total += p[i].n;
  out->n = 0;
  AUS_TRY(resize(out, total, err));
  for (k = 0; k < total; k++) {
    from = earliest(p, n);
    out->t_s[k] = from->t_s[from->next];
    out->qos[k] = from->qos[from->next++];
    out->app[k] = from->app;
  }
  out->n = total;
done:
  return rc;
}

/* One application's arrivals of the base trace. */
static int extract(const aus_serverless_trace *base, part *p, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  AUS_TRY(reserve(p, base->n, err));
  for (i = 0; i < base->n; i++)
    if (base->app[i] == p->app) put(p, base->t_s[i], base->qos[i]);
done:
  return rc;
}

/* The arrivals first..last-1 of one second, with `extra` clones of the first one behind those that
 * arrive at the same time: that is where a stable sort by time leaves what is appended to the
 * second. */
static int copy_second(const part *from, int64_t first, int64_t last, int64_t extra, part *to,
                       aus_err *err)
{
  int rc = AUS_OK;
  int64_t i = first, k;

  AUS_TRY(reserve(to, last - first + extra, err));
  for (; i < last && from->t_s[i] == from->t_s[first]; i++)
    put(to, from->t_s[i], from->qos[i]);
  for (k = 0; k < extra; k++)
    put(to, from->t_s[first], from->qos[first]);
  for (; i < last; i++)
    put(to, from->t_s[i], from->qos[i]);
done:
  return rc;
}

/* Second s of the trace has draws of its own (64, for counts up to 32,000), so that a change of the
 * factor or of one second leaves the others' draws where they are. */
static int thicken(const part *from, double factor, aus_rng r, part *to, aus_err *err)
{
  int rc = AUS_OK;
  int64_t first, last, extra;
  double c, second;

  for (first = 0; first < from->n; first = last) {
    second = trunc(from->t_s[first]);
    for (last = first; last < from->n && trunc(from->t_s[last]) == second;)
      last++;
    c = (double)(last - first);
    r.next = 64 * (uint64_t)second;
    extra = factor * c > c ? aus_rng_poisson(&r, factor * c - c) : 0;
    AUS_TRY(copy_second(from, first, last, extra, to, err));
  }
done:
  return rc;
}

static int thicken_app(const aus_serverless_trace *base, double factor, aus_rng r, part *p,
                       aus_err *err)
{
  int rc = AUS_OK;
  part *from = NULL;

  AUS_NEW(from, 1, err);
  from->app = p->app;
  AUS_TRY(extract(base, from, err));
  AUS_TRY(thicken(from, factor, r, p, err));
done:
  parts_free(from, 1);
  return rc;
}

static void describe(aus_serverless_trace *t)
{
  t->duration_s = t->n ? trunc(t->t_s[t->n - 1]) - trunc(t->t_s[0]) + 1.0 : 0.0;
  t->rps = t->n ? (double)t->n / t->duration_s : 0.0;
}

int aus_serverless_space_workload(const aus_serverless_space *space, const double *x,
                                  const aus_serverless_trace *base, uint64_t seed, int64_t scenario,
                                  aus_serverless_trace *out, aus_err *err)
{
  int rc = AUS_OK, i, app;
  part *p = NULL;
  double factor;
  aus_rng r;

  AUS_NEW(p, space->n_apps, err);
  for (i = 0; i < space->n_apps; i++) {
    factor = x[2 + space->n_devices + i];
    app = space->app_sorted[i];
    p[app].app = space->app[app];
    if (!(factor >= 0.0 && factor <= 1e6))
      AUS_FAIL(err, AUS_EINVAL, "sample: workload factor of %s is %g", space->app_name[app],
               factor);
    r = aus_rng_open(seed, 0, (uint64_t)scenario << 16 | (uint64_t)p[app].app, AUS_RNG_ARRIVALS);
    AUS_TRY(thicken_app(base, factor, r, p + app, err));
  }
  AUS_TRY(merge(p, space->n_apps, out, err));
  describe(out);
done:
  parts_free(p, space->n_apps);
  return rc;
}

/* Arrivals at a constant rate from t to end. @return the time of the one that is too late */
static double arrive(part *p, aus_rng *r, double t, double end, double rate, int32_t qos, int *rc,
                     aus_err *err)
{
  while (*rc == AUS_OK) {
    t += aus_rng_exponential(r) / rate;
    if (!(t < end)) break;
    *rc = reserve(p, 1, err);
    if (*rc == AUS_OK) put(p, t, qos);
  }
  return t;
}

/* Ramps of 30 s count from the time that the ramp before has overshot to. */
static int generate(part *p, int shape, double rate, double duration_s, int32_t qos, aus_rng *r,
                    aus_err *err)
{
  int rc = AUS_OK, i;
  double t = 0.0;

  for (i = 1; shape == 1 && i <= 4; i++)
    t = arrive(p, r, t, t + 30.0, rate * i / 4.0, qos, &rc, err);
  arrive(p, r, t, shape == 1 ? duration_s + 120.0 : duration_s, rate, qos, &rc, err);
  return rc;
}

static int check_wishes(const aus_serverless_types *types, int shape, int n_apps,
                        const double *rate_rps, double duration_s, aus_err *err)
{
  int i;

  if (shape < 0 || shape > 1 || n_apps < 0 || types->n_qos < 1)
    return aus_fail(err, AUS_EINVAL, AUS_HERE, "workload: shape %d, %d applications, %d QoS types",
                    shape, n_apps, types->n_qos);
  if (!(duration_s >= 0.0 && duration_s <= 1e9))
    return aus_fail(err, AUS_EINVAL, AUS_HERE, "workload: duration is %g s", duration_s);
  for (i = 0; i < n_apps; i++)
    if (!(rate_rps[i] >= 0.0 && rate_rps[i] * (duration_s + 120.0) <= 1e9))
      return aus_fail(err, AUS_EINVAL, AUS_HERE, "workload: %g requests/s for %g s", rate_rps[i],
                      duration_s);
  return AUS_OK;
}

int aus_serverless_workload_make(const aus_serverless_types *types, int shape, int n_apps,
                                 const int *app, const double *rate_rps, double duration_s,
                                 uint64_t seed, aus_serverless_trace *out, aus_err *err)
{
  int rc = AUS_OK, i;
  part *p = NULL;
  int32_t qos;
  aus_rng r;

  AUS_TRY(check_wishes(types, shape, n_apps, rate_rps, duration_s, err));
  AUS_NEW(p, n_apps, err);
  for (i = 0; i < n_apps; i++) {
    p[i].app = app[i];
    r = aus_rng_open(seed, 0, (uint64_t)app[i], AUS_RNG_TRACE);
    qos = (int32_t)aus_rng_below(&r, (uint64_t)types->n_qos);
    if (rate_rps[i] > 0.0) AUS_TRY(generate(p + i, shape, rate_rps[i], duration_s, qos, &r, err));
  }
  AUS_TRY(merge(p, n_apps, out, err));
  describe(out);
done:
  parts_free(p, n_apps);
  return rc;
}
