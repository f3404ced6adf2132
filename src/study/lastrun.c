/* lastrun.c - what trials cost in an earlier run.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/lastrun.h"

#include <math.h>
#include <string.h>

#include "store/read.h"
#include "util/alloc.h"
#include "util/stats.h"

/* The columns it takes. */
typedef struct table {
  int64_t n_trials, n_campaigns;
  uint64_t *trial;
  double *cost_s;
  int64_t *rss_bytes;
  uint32_t *campaign;
  aus_read_list kind; /* of each campaign */
} table;

static void table_fini(table *t)
{
  aus_free(t->trial);
  aus_free(t->cost_s);
  aus_free(t->rss_bytes);
  aus_free(t->campaign);
  aus_read_list_fini(&t->kind);
}

static int read_table(table *t, const aus_read *f, aus_err *err)
{
  int rc = AUS_OK, width;

  AUS_TRY(aus_read_shape(f, "provenance/trial_id", &t->n_trials, &width, err));
  AUS_TRY(aus_read_shape(f, "campaigns/id", &t->n_campaigns, &width, err));
  AUS_NEW(t->trial, t->n_trials, err);
  AUS_NEW(t->cost_s, t->n_trials, err);
  AUS_NEW(t->rss_bytes, t->n_trials, err);
  AUS_NEW(t->campaign, t->n_campaigns, err);
  AUS_TRY(aus_read_column(f, "provenance/trial_id", AUS_U64, t->n_trials, 1, t->trial, err));
  AUS_TRY(aus_read_column(f, "provenance/trial_cost", AUS_F64, t->n_trials, 1, t->cost_s, err));
  AUS_TRY(aus_read_column(f, "provenance/trial_rss", AUS_I64, t->n_trials, 1, t->rss_bytes, err));
  AUS_TRY(aus_read_column(f, "campaigns/id", AUS_U32, t->n_campaigns, 1, t->campaign, err));
  AUS_TRY(aus_read_strings(f, "campaigns/kind", &t->kind, err));
  if (t->kind.n != t->n_campaigns)
    AUS_FAIL(err, AUS_EFORMAT, "/campaigns: %lld kinds of %lld campaigns", (long long)t->kind.n,
             (long long)t->n_campaigns);
done:
  return rc;
}

static const char *kind_of(const table *t, uint64_t trial)
{
  int64_t i;

  for (i = 0; i < t->n_campaigns; i++)
    if (t->campaign[i] == (uint32_t)(trial >> 32)) return t->kind.text[i];
  return "";
}

/* Of the trials of a kind, or with NULL of all; NaN when there are none. */
static double median_of(const table *t, const char *kind, double *room)
{
  int64_t i, n = 0;

  for (i = 0; i < t->n_trials; i++)
    if (isfinite(t->cost_s[i]) && (!kind || strcmp(kind_of(t, t->trial[i]), kind) == 0))
      room[n++] = t->cost_s[i];
  aus_stats_sort(room, n);
  return aus_stats_median(room, n);
}

int aus_lastrun_read(aus_lastrun *r, const char *path, const char *study, const aus_outline *o,
                     aus_err *err)
{
  int rc = AUS_OK;
  aus_read *f = NULL;
  table t = {0};
  double *room = NULL, all_s;
  int64_t i;

  *r = (aus_lastrun){0};
  AUS_TRY(aus_read_open(&f, path, study, err));
  AUS_TRY(read_table(&t, f, err));
  AUS_NEW(room, t.n_trials, err);
  AUS_NEW(r->cost_s, o->n_parts, err);
  all_s = median_of(&t, NULL, room);
  if (isnan(all_s)) AUS_FAIL(err, AUS_EFORMAT, "%s: no trial has a cost", path);
  for (i = 0; i < o->n_parts; i++) {
    r->cost_s[i] = o->part[i].job ? (double)NAN : median_of(&t, o->part[i].kind, room);
    if (!o->part[i].job && isnan(r->cost_s[i])) r->cost_s[i] = all_s;
  }
  for (i = 0; i < t.n_trials; i++)
    r->rss_bytes = fmax(r->rss_bytes, (double)t.rss_bytes[i]);
  r->n_trials = t.n_trials;
done:
  if (rc != AUS_OK) aus_lastrun_fini(r);
  table_fini(&t);
  aus_free(room);
  aus_read_close(f);
  return rc;
}

void aus_lastrun_fini(aus_lastrun *r)
{
  aus_free(r->cost_s);
  *r = (aus_lastrun){0};
}
