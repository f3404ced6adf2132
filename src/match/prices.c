/* match/prices.c - durations times costs.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/prices.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>

#include "util/alloc.h"

static const double SECONDS_PER_HOUR = 3600.0;

/* Clusters as the state tells: their costs, and the memories of those that have one. */
typedef struct offers {
  double *cost;         /* n; NaN: none */
  double *memory_bytes; /* of the n_known clusters that tell it */
  int64_t *known;       /* their numbers */
  double *duration_s;   /* n_known */
  int64_t n_known;
} offers;

/* A number of a cluster, NaN: it has none. */
static int number_of(const aus_match_clusters *clusters, const aus_match_state *state, int64_t c,
                     const char *key, bool zero, double *out, aus_err *err)
{
  aus_match_value v = aus_match_state_get(state, c, key);

  *out = NAN;
  if (v.kind == AUS_MATCH_NONE) return AUS_OK;
  if (v.kind == AUS_MATCH_TEXT)
    return aus_fail(err, AUS_EFORMAT, AUS_HERE,
                    "cluster \"%s\": %s is the text \"%s\", need a number", clusters->name[c], key,
                    v.text);
  if (!isfinite(v.x) || !(v.x > 0.0 || (zero && v.x == 0.0)))
    return aus_fail(err, AUS_EFORMAT, AUS_HERE, "cluster \"%s\": %s is %g, need %s 0",
                    clusters->name[c], key, v.x, zero ? ">=" : ">");
  *out = v.x;
  return AUS_OK;
}

static int read_offers(offers *o, const aus_match_clusters *clusters, const aus_match_state *state,
                       aus_err *err)
{
  int rc = AUS_OK;
  int64_t c;
  double memory;

  AUS_NEW(o->cost, clusters->n, err);
  AUS_NEW(o->memory_bytes, clusters->n, err);
  AUS_NEW(o->known, clusters->n, err);
  AUS_NEW(o->duration_s, clusters->n, err);
  for (c = 0; c < clusters->n; c++) {
    AUS_TRY(number_of(clusters, state, c, "cost_per_node_hour", true, &o->cost[c], err));
    AUS_TRY(number_of(clusters, state, c, "memory_bytes", false, &memory, err));
    if (isnan(memory)) continue;
    o->memory_bytes[o->n_known] = memory;
    o->known[o->n_known++] = c;
  }
done:
  return rc;
}

/* Seconds of one package on every cluster. */
static int durations(offers *o, const aus_match_measured *m, int64_t package, int64_t n_clusters,
                     aus_match_duration_kind kind, double *out_s, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_duration *mean = NULL, *d = NULL;
  int64_t c;
  double mean_s;

  AUS_TRY(aus_match_measured_fit(m, package, AUS_MATCH_DURATION_MEAN, &mean, err));
  AUS_TRY(aus_match_measured_fit(m, package, kind, &d, err));
  AUS_TRY(aus_match_duration_predict(mean, 1, &(double){0.0}, &mean_s, err));
  AUS_TRY(aus_match_duration_predict(d, o->n_known, o->memory_bytes, o->duration_s, err));
  for (c = 0; c < n_clusters; c++)
    out_s[c] = mean_s;
  for (c = 0; c < o->n_known; c++)
    out_s[o->known[c]] = o->duration_s[c];
done:
  aus_match_duration_destroy(mean);
  aus_match_duration_destroy(d);
  return rc;
}

int aus_match_prices_make(double **price, const aus_match_tables *tables,
                          const aus_match_clusters *clusters, const aus_match_state *state,
                          const aus_match_measured *measured, aus_match_duration_kind kind,
                          aus_err *err)
{
  int rc = AUS_OK;
  int64_t n = clusters->n, t, c;
  offers o = {0};
  double *made = NULL;

  *price = NULL;
  if (state->n != n)
    AUS_FAIL(err, AUS_EINVAL, "state of %" PRId64 " clusters, there are %" PRId64, state->n, n);
  AUS_TRY(read_offers(&o, clusters, state, err));
  AUS_NEW(made, tables->n * n, err);
  for (t = 0; t < tables->n; t++) {
    double *row = made + t * n;
    int32_t p = measured ? aus_match_measured_find(measured, tables->table[t].package) : -1;

    for (c = 0; c < n; c++)
      row[c] = SECONDS_PER_HOUR;
    if (p >= 0) AUS_TRY(durations(&o, measured, p, n, kind, row, err));
    for (c = 0; c < n; c++)
      row[c] = row[c] / SECONDS_PER_HOUR * o.cost[c];
  }
  *price = made;
  made = NULL;
done:
  aus_free(o.cost);
  aus_free(o.memory_bytes);
  aus_free(o.known);
  aus_free(o.duration_s);
  aus_free(made);
  return rc;
}
