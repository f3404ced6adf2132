/* match/fleet_satisfy.c - which clusters hold a job.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether a tree holds the requests is the same for all clusters of one shape where every vertex suits: it is
 * searched once per shape. Only where some vertices suit and others do not a cluster has a search of its own.
 */
#include <config.h>

#include "match/fleet_impl.h"
#include "util/alloc.h"

typedef struct asking {
  aus_match_plan plan;
  aus_match_search *search;
  bool *suits;
  int8_t *fits; /* per shape: 1, -1: not, 0: not searched yet */
} asking;

static void asking_fini(asking *a)
{
  aus_match_plan_fini(&a->plan);
  aus_match_search_destroy(a->search);
  aus_free(a->suits);
  aus_free(a->fits);
}

static int asking_make(asking *a, const aus_match_fleet *f, const aus_match_job *job,
                       const bool *without, aus_err *err)
{
  int rc = AUS_OK;
  int64_t c, most = 1;

  for (c = 0; c < f->names.n; c++)
    if (f->member[c].n > most) most = f->member[c].n;
  AUS_TRY(aus_match_plan_make(&a->plan, f, job, without, err));
  AUS_TRY(aus_match_search_create(&a->search, &a->plan, most, err));
  AUS_NEW(a->suits, most * job->n_requests, err);
  AUS_NEW(a->fits, f->shapes.n, err);
done:
  return rc;
}

static bool satisfies(asking *a, const aus_match_member *c)
{
  aus_match_look look = aus_match_plan_look(&a->plan, c, a->suits);
  int8_t *fits = &a->fits[c->shape];

  if (look == AUS_MATCH_NOWHERE) return false;
  if (look == AUS_MATCH_SOMEWHERE) return aus_match_search_run(a->search, c, a->suits);
  if (*fits == 0) *fits = aus_match_search_run(a->search, c, NULL) ? 1 : -1;
  return *fits > 0;
}

int aus_match_fleet_satisfy(const aus_match_fleet *f, const aus_match_job *job, const bool *without,
                            int64_t *set, int64_t *n, double *weight, aus_err *err)
{
  int rc = AUS_OK;
  asking a = {.search = NULL};
  int64_t c;

  *n = 0;
  AUS_TRY(asking_make(&a, f, job, without, err));
  for (c = 0; c < f->names.n; c++) {
    if (f->member[c].n == 0 || !satisfies(&a, &f->member[c])) continue;
    if (weight) weight[*n] = aus_match_plan_weight(&a.plan, &f->member[c]);
    set[(*n)++] = c;
  }
done:
  asking_fini(&a);
  return rc;
}
