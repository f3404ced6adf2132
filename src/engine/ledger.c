/* ledger.c - a line per committed trial, and a time line.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "engine/ledger.h"

#include <math.h>

#include "util/alloc.h"

enum { MAX_SAMPLES = 4096 };

int aus_ledger_init(aus_ledger *l, double now_s, aus_err *err)
{
  int rc = AUS_OK;

  *l = (aus_ledger){.opened_s = now_s, .last_s = now_s, .interval_s = 1};
  AUS_NEW(l->time_s, MAX_SAMPLES, err);
  AUS_NEW(l->load, MAX_SAMPLES, err);
  AUS_NEW(l->busy, MAX_SAMPLES, err);
  AUS_NEW(l->queue, MAX_SAMPLES, err);
  AUS_NEW(l->committed, MAX_SAMPLES, err);
done:
  return rc;
}

void aus_ledger_fini(aus_ledger *l)
{
  aus_free(l->trial);
  aus_free(l->attempts);
  aus_free(l->cost_s);
  aus_free(l->start_s);
  aus_free(l->worker);
  aus_free(l->rss_bytes);
  aus_free(l->time_s);
  aus_free(l->load);
  aus_free(l->busy);
  aus_free(l->queue);
  aus_free(l->committed);
}

int aus_ledger_commit(aus_ledger *l, const aus_result *r, int worker, double start_s, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_grow(&l->trial, &l->cap[0], l->n + 1, sizeof *l->trial, err));
  AUS_TRY(aus_grow(&l->attempts, &l->cap[1], l->n + 1, sizeof *l->attempts, err));
  AUS_TRY(aus_grow(&l->cost_s, &l->cap[2], l->n + 1, sizeof *l->cost_s, err));
  AUS_TRY(aus_grow(&l->start_s, &l->cap[3], l->n + 1, sizeof *l->start_s, err));
  AUS_TRY(aus_grow(&l->worker, &l->cap[4], l->n + 1, sizeof *l->worker, err));
  AUS_TRY(aus_grow(&l->rss_bytes, &l->cap[5], l->n + 1, sizeof *l->rss_bytes, err));
  l->trial[l->n] = r->id;
  l->attempts[l->n] = (uint16_t)(r->attempt + 1);
  l->cost_s[l->n] = r->cost_s;
  l->start_s[l->n] = start_s;
  l->worker[l->n] = worker;
  l->rss_bytes[l->n] = r->rss_bytes;
  l->n++;
done:
  return rc;
}

/* A full time line keeps every second sample and doubles its interval. */
static void thin_out(aus_ledger *l)
{
  int64_t i;

  for (i = 0; i < MAX_SAMPLES / 2; i++) {
    l->time_s[i] = l->time_s[2 * i + 1];
    l->load[i] = (l->load[2 * i] + l->load[2 * i + 1]) / 2;
    l->busy[i] = l->busy[2 * i + 1];
    l->queue[i] = l->queue[2 * i + 1];
    l->committed[i] = l->committed[2 * i + 1];
  }
  l->n_samples = MAX_SAMPLES / 2;
  l->interval_s *= 2;
}

void aus_ledger_idle(aus_ledger *l, double s)
{
  l->idle_s += s;
}

bool aus_ledger_due(const aus_ledger *l, double now_s)
{
  return now_s - l->last_s >= l->interval_s;
}

void aus_ledger_sample(aus_ledger *l, const aus_sched_stats *x, double now_s)
{
  int64_t i;

  if (l->n_samples == MAX_SAMPLES) thin_out(l);
  i = l->n_samples++;
  l->time_s[i] = now_s - l->opened_s;
  l->load[i] = fmax(0, 1 - l->idle_s / (now_s - l->last_s));
  l->busy[i] = x->n_workers_busy;
  l->queue[i] = x->n_queued;
  l->committed[i] = x->n_committed;
  l->last_s = now_s;
  l->idle_s = 0;
}
