/* workload.c - a base workload, thinned and thickened for a sample.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/workload.h"

#include "serverless/workload_parts.h"
#include "util/alloc.h"
#include "util/rng.h"
#include "util/stats.h"

#include <math.h>

/* One application on its way from the base trace to its part of the result. */
typedef struct scaler {
  double factor;
  aus_serverless_scaling how;
  aus_rng clones, events; /* the stream and its private sub-stream */
  aus_serverless_part *from, *to;
  double *t_s; /* clones of one second */
  int64_t cap;
} scaler;

/* Its arrivals of the base trace. Each has a uniform of its own, and stays while that is below the
 * factor: what a factor keeps, a larger one keeps, too. */
static int extract(scaler *s, const aus_serverless_trace *base, aus_err *err)
{
  int rc = AUS_OK;
  bool all = !s->how.thin || s->factor >= 1.0;
  int64_t i;

  AUS_TRY(aus_serverless_part_reserve(s->from, base->n, err));
  for (i = 0; i < base->n; i++)
    if (base->app[i] == s->from->app && (all || aus_rng_uniform(&s->events) < s->factor))
      aus_serverless_part_put(s->from, base->t_s[i], base->qos[i]);
done:
  return rc;
}

/* Times of the clones of a second in order. Without jitter all are at the second's first event. */
static int clone_times(scaler *s, int64_t first, int64_t extra, aus_err *err)
{
  int rc = AUS_OK;
  double second = trunc(s->from->t_s[first]), beyond = nextafter(second + 1.0, second);
  int64_t k;

  AUS_TRY(aus_grow(&s->t_s, &s->cap, extra, sizeof *s->t_s, err));
  s->events.next = (UINT64_C(1) << 48) + ((uint64_t)second << 18);
  for (k = 0; k < extra; k++)
    s->t_s[k] = s->how.clone_jitter ? fmin(second + aus_rng_uniform(&s->events), beyond)
                                    : s->from->t_s[first];
  if (s->how.clone_jitter) aus_stats_sort(s->t_s, extra);
done:
  return rc;
}

/* The arrivals first..last-1 of one second with `extra` clones of the first one. Among equal times
 * the clones stand last: that is where a stable sort by time leaves what is appended to the second. */
static int copy_second(scaler *s, int64_t first, int64_t last, int64_t extra, aus_err *err)
{
  int rc = AUS_OK;
  const aus_serverless_part *from = s->from;
  int64_t i = first, k = 0;

  AUS_TRY(aus_serverless_part_reserve(s->to, last - first + extra, err));
  if (extra > 0) AUS_TRY(clone_times(s, first, extra, err));
  while (i < last || k < extra)
    if (k == extra || (i < last && from->t_s[i] <= s->t_s[k])) {
      aus_serverless_part_put(s->to, from->t_s[i], from->qos[i]);
      i++;
    } else {
      aus_serverless_part_put(s->to, s->t_s[k++], from->qos[first]);
    }
done:
  return rc;
}

/* Second s of the trace has draws of its own (64, for counts up to 32,000), so that a change of the
 * factor or of one second leaves the others' draws where they are. */
static int thicken(scaler *s, aus_err *err)
{
  int rc = AUS_OK;
  const aus_serverless_part *from = s->from;
  int64_t first, last, extra;
  double c, second;

  for (first = 0; first < from->n; first = last) {
    second = trunc(from->t_s[first]);
    for (last = first; last < from->n && trunc(from->t_s[last]) == second;)
      last++;
    c = (double)(last - first);
    s->clones.next = 64 * (uint64_t)second;
    extra = s->factor * c > c ? aus_rng_poisson(&s->clones, s->factor * c - c) : 0;
    AUS_TRY(copy_second(s, first, last, extra, err));
  }
done:
  return rc;
}

static int scale_app(scaler *s, const aus_serverless_trace *base, aus_err *err)
{
  int rc = AUS_OK;

  AUS_NEW(s->from, 1, err);
  s->from->app = s->to->app;
  AUS_TRY(extract(s, base, err));
  AUS_TRY(thicken(s, err));
done:
  aus_serverless_parts_free(s->from, 1);
  aus_free(s->t_s);
  return rc;
}

int aus_serverless_workload_sample(const aus_serverless_space *space, const double *x,
                                   const aus_serverless_trace *base,
                                   const aus_serverless_scaling *how, uint64_t seed,
                                   int64_t scenario, aus_serverless_trace *out, aus_err *err)
{
  int rc = AUS_OK, i, app;
  aus_serverless_part *p = NULL;
  uint64_t trial;
  scaler s;

  AUS_NEW(p, space->n_apps, err);
  for (i = 0; i < space->n_apps; i++) {
    app = space->app_sorted[i];
    p[app].app = space->app[app];
    s = (scaler){.factor = x[2 + space->n_devices + i], .how = *how, .to = p + app};
    if (!(s.factor >= 0.0 && s.factor <= 1e6))
      AUS_FAIL(err, AUS_EINVAL, "sample: workload factor of %s is %g", space->app_name[app],
               s.factor);
    trial = (uint64_t)scenario << 16 | (uint64_t)p[app].app;
    s.clones = aus_rng_open(seed, 0, trial, AUS_RNG_ARRIVALS);
    s.events = aus_rng_open(seed, 0, trial, AUS_RNG_ARRIVALS | AUS_RNG_PRIVATE);
    AUS_TRY(scale_app(&s, base, err));
  }
  AUS_TRY(aus_serverless_parts_merge(p, space->n_apps, out, err));
done:
  aus_serverless_parts_free(p, space->n_apps);
  return rc;
}

int aus_serverless_space_workload(const aus_serverless_space *space, const double *x,
                                  const aus_serverless_trace *base, uint64_t seed, int64_t scenario,
                                  aus_serverless_trace *out, aus_err *err)
{
  const aus_serverless_scaling as_reference = {0};

  return aus_serverless_workload_sample(space, x, base, &as_reference, seed, scenario, out, err);
}
