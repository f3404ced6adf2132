/* workload_parts.c - arrivals of one application each, merged into a trace.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/workload_parts.h"

#include "util/alloc.h"

#include <math.h>

void aus_serverless_parts_free(aus_serverless_part *p, int n)
{
  int i;

  for (i = 0; p && i < n; i++) {
    aus_free(p[i].t_s);
    aus_free(p[i].qos);
  }
  aus_free(p);
}

/* The arrays share a capacity, which is raised when both have it. */
int aus_serverless_part_reserve(aus_serverless_part *p, int64_t n, aus_err *err)
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
static aus_serverless_part *earliest(aus_serverless_part *p, int n)
{
  aus_serverless_part *best = NULL;
  int i;

  for (i = 0; i < n; i++)
    if (p[i].next < p[i].n && (!best || p[i].t_s[p[i].next] < best->t_s[best->next])) best = p + i;
  return best;
}

static void describe(aus_serverless_trace *t)
{
  t->duration_s = t->n ? trunc(t->t_s[t->n - 1]) - trunc(t->t_s[0]) + 1.0 : 0.0;
  t->rps = t->n ? (double)t->n / t->duration_s : 0.0;
}

int aus_serverless_parts_merge(aus_serverless_part *p, int n, aus_serverless_trace *out,
                               aus_err *err)
{
  int rc = AUS_OK, i;
  int64_t total = 0, k;
  aus_serverless_part *from;

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
  describe(out);
done:
  return rc;
}
