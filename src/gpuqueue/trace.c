/* gpuqueue/trace.c - jobs of a batch system: counts, filters, order of arrival.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/trace.h"

#include "util/alloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTE_S = 60 };

const char *const aus_gpuqueue_skip_names[AUS_GPUQUEUE_N_SKIPS] = {
    [AUS_GPUQUEUE_SKIP_FIELDS] = "fields",
    [AUS_GPUQUEUE_SKIP_NUMBER] = "number",
    [AUS_GPUQUEUE_SKIP_TIME] = "time unknown",
    [AUS_GPUQUEUE_SKIP_STEP] = "step of a job",
    [AUS_GPUQUEUE_SKIP_STARTED] = "never started",
    [AUS_GPUQUEUE_SKIP_BACKWARDS] = "times go backwards",
    [AUS_GPUQUEUE_SKIP_NODES] = "no node",
    [AUS_GPUQUEUE_SKIP_LIMIT] = "no limit",
    [AUS_GPUQUEUE_SKIP_TWICE] = "id twice",
    [AUS_GPUQUEUE_SKIP_WIDE] = "wider than the cluster",
    [AUS_GPUQUEUE_SKIP_RANGE] = "left out",
    [AUS_GPUQUEUE_SKIP_SHORT] = "short",
    [AUS_GPUQUEUE_SKIP_WINDOW] = "outside from .. to",
};

void aus_gpuqueue_trace_fini(aus_gpuqueue_trace *t)
{
  aus_free(t->job);
  *t = (aus_gpuqueue_trace){0};
}

void aus_gpuqueue_trace_counts(const aus_gpuqueue_trace *t, aus_buf *out)
{
  int64_t n_skipped = 0;
  const char *before = " (";
  int i;

  for (i = 0; i < AUS_GPUQUEUE_N_SKIPS; i++)
    n_skipped += t->n_skipped[i];
  aus_buf_printf(out, "read %" PRId64 ", kept %" PRId64 ", skipped %" PRId64, t->n_read, t->n,
                 n_skipped);
  for (i = 0; i < AUS_GPUQUEUE_N_SKIPS; i++) {
    if (t->n_skipped[i] == 0) continue;
    aus_buf_printf(out, "%s%s: %" PRId64, before, aus_gpuqueue_skip_names[i], t->n_skipped[i]);
    if (t->first_skipped[i] > 0)
      aus_buf_printf(out, " (first in line %" PRId64 ")", t->first_skipped[i]);
    before = ", ";
  }
  if (n_skipped > 0) aus_buf_text(out, ")");
}

int64_t aus_gpuqueue_trace_moved(const aus_gpuqueue_trace *t, const aus_tz *tz, aus_buf *ids)
{
  int64_t i, n = 0;

  for (i = 0; i < t->n; i++) {
    const aus_gpuqueue_job *j = &t->job[i];

    if (j->t_start_s == AUS_GPUQUEUE_NEVER || j->t_end_s == AUS_GPUQUEUE_NEVER ||
        aus_tz_offset(tz, j->t_start_s) == aus_tz_offset(tz, j->t_end_s))
      continue;
    n++;
    if (ids) aus_buf_printf(ids, " %" PRId64, j->id);
  }
  return n;
}

static bool is_dropped(const aus_gpuqueue_filter *f, int64_t t_s)
{
  int i;

  for (i = 0; i < f->n_drop; i++)
    if (t_s >= f->drop[i].from_s && t_s < f->drop[i].to_s) return true;
  return false;
}

/* Why a job does not pass; AUS_GPUQUEUE_N_SKIPS: it does. */
static aus_gpuqueue_skip judge(const aus_gpuqueue_filter *f, const aus_gpuqueue_job *j)
{
  double limit_s = (double)j->limit_min * MINUTE_S;

  if (j->t_submit_s < f->from_s || j->t_submit_s > f->to_s) return AUS_GPUQUEUE_SKIP_WINDOW;
  if (is_dropped(f, j->t_submit_s)) return AUS_GPUQUEUE_SKIP_RANGE;
  if (j->run_s < 0) return AUS_GPUQUEUE_SKIP_BACKWARDS;
  if (j->nodes < 1) return AUS_GPUQUEUE_SKIP_NODES;
  if (j->limit_min <= 0) return AUS_GPUQUEUE_SKIP_LIMIT;
  if (f->n_nodes > 0 && j->nodes > f->n_nodes) return AUS_GPUQUEUE_SKIP_WIDE;
  if (f->pivot > 0 && !((double)j->run_s / limit_s >= f->pivot)) return AUS_GPUQUEUE_SKIP_SHORT;
  return AUS_GPUQUEUE_N_SKIPS;
}

static bool is_clipped(const aus_gpuqueue_job *j)
{
  return j->t_start_s != AUS_GPUQUEUE_NEVER && j->t_end_s != AUS_GPUQUEUE_NEVER &&
         j->t_end_s - j->t_start_s > j->run_s;
}

int aus_gpuqueue_trace_filter(aus_gpuqueue_trace *to, const aus_gpuqueue_trace *from,
                              const aus_gpuqueue_filter *f, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  *to = (aus_gpuqueue_trace){.n_read = from->n,
                             .n_users = from->n_users,
                             .tick_s = from->tick_s,
                             .max_nodes = from->max_nodes};
  AUS_TRY(aus_grow(&to->job, &to->cap, from->n + 1, sizeof *to->job, err));
  for (i = 0; i < from->n; i++) {
    aus_gpuqueue_skip why = judge(f, &from->job[i]);

    if (why == AUS_GPUQUEUE_N_SKIPS) {
      to->job[to->n++] = from->job[i];
      to->n_clipped += is_clipped(&from->job[i]);
    } else {
      to->n_skipped[why]++;
    }
  }
done:
  return rc;
}

typedef struct change {
  int64_t t_s, nodes;
} change;

/* At one time, nodes come back before they are taken. */
static int by_change(const void *a, const void *b)
{
  const change *x = a, *y = b;

  if (x->t_s != y->t_s) return x->t_s < y->t_s ? -1 : 1;
  return (x->nodes > y->nodes) - (x->nodes < y->nodes);
}

int aus_gpuqueue_trace_peak(const aus_gpuqueue_trace *t, int64_t *n_nodes, aus_err *err)
{
  int rc = AUS_OK;
  change *c = NULL;
  int64_t i, n = 0, used = 0;

  *n_nodes = 0;
  AUS_NEW(c, 2 * t->n, err);
  for (i = 0; i < t->n; i++) {
    const aus_gpuqueue_job *j = &t->job[i];

    if (j->t_start_s == AUS_GPUQUEUE_NEVER || j->t_end_s == AUS_GPUQUEUE_NEVER) continue;
    if (j->t_end_s <= j->t_start_s) continue;
    c[n++] = (change){j->t_start_s, j->nodes};
    c[n++] = (change){j->t_end_s, -(int64_t)j->nodes};
  }
  qsort(c, (size_t)n, sizeof *c, by_change);
  for (i = 0; i < n; i++) {
    used += c[i].nodes;
    if (used > *n_nodes) *n_nodes = used;
  }
done:
  aus_free(c);
  return rc;
}

/* The digits of an id, moved to the left of 19 places; fewer digits come first among equals. */
static uint64_t left_of(uint64_t x, int *n_digits)
{
  uint64_t y = x;
  int n = 1;

  while (x >= 10) {
    x /= 10;
    n++;
  }
  *n_digits = n;
  for (; n < 19; n++)
    y *= 10;
  return y;
}

int aus_gpuqueue_id_compare(int64_t a, int64_t b)
{
  int n_a, n_b;
  uint64_t x, y;

  if ((a < 0) != (b < 0)) return a < 0 ? -1 : 1;
  x = left_of(a < 0 ? -(uint64_t)a : (uint64_t)a, &n_a);
  y = left_of(b < 0 ? -(uint64_t)b : (uint64_t)b, &n_b);
  if (x != y) return x < y ? -1 : 1;
  return n_a - n_b;
}

static int order_of(int64_t a, int64_t b)
{
  return (a > b) - (a < b);
}

static int64_t tick_of(int64_t t_s, int64_t tick_s)
{
  return t_s - (t_s % tick_s + tick_s) % tick_s;
}

/* Behind the order of arrival only what makes equal jobs equal, so that sorting need not be stable. */
static int compare(const aus_gpuqueue_job *a, const aus_gpuqueue_job *b, int64_t tick_s)
{
  int c = order_of(tick_of(a->t_submit_s, tick_s), tick_of(b->t_submit_s, tick_s));

  if (c == 0 && a->id != b->id) c = aus_gpuqueue_id_compare(a->id, b->id);
  if (c == 0) c = order_of(a->t_submit_s, b->t_submit_s);
  if (c == 0) c = order_of(a->t_start_s, b->t_start_s);
  if (c == 0) c = order_of(a->t_end_s, b->t_end_s);
  if (c == 0) c = order_of(a->nodes, b->nodes);
  if (c == 0) c = order_of(a->limit_min, b->limit_min);
  if (c == 0) c = order_of(a->run_s, b->run_s);
  if (c == 0) c = order_of(a->user, b->user);
  return c;
}

static int by_second(const void *a, const void *b)
{
  return compare(a, b, 1);
}

static int by_minute(const void *a, const void *b)
{
  return compare(a, b, MINUTE_S);
}

void aus_gpuqueue_trace_order(aus_gpuqueue_trace *t, int64_t tick_s)
{
  int64_t i = 1;

  t->tick_s = tick_s;
  while (i < t->n && compare(&t->job[i - 1], &t->job[i], tick_s) <= 0)
    i++;
  if (i < t->n)
    qsort(t->job, (size_t)t->n, sizeof *t->job, tick_s == MINUTE_S ? by_minute : by_second);
}

int64_t aus_gpuqueue_trace_find(const aus_gpuqueue_trace *t, int64_t t_s)
{
  int64_t lo = 0, hi = t->n, tick_s = t->tick_s > 0 ? t->tick_s : 1;

  while (lo < hi) {
    int64_t mid = (lo + hi) / 2;

    if (tick_of(t->job[mid].t_submit_s, tick_s) < t_s)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}
