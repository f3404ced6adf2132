/* match_stored.h - the stored experiment of the area match, ready to climb, for its tests.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_TESTS_UNIT_MATCH_STORED_H
#define AUS_TESTS_UNIT_MATCH_STORED_H

#include "match/ladder.h"
#include "unit/match_stand.h"

/* The stored experiment, as the studied system described it. */
typedef struct stand {
  aus_match_specs specs;
  aus_match_tables tables;
  aus_match_space space;
  aus_match_clusters clusters;
  aus_match_jobs jobs;
  aus_match_nb *nb;
  aus_match_index index;
  aus_match_p p;
} stand;

static inline void stand_fini(stand *s)
{
  aus_match_p_fini(&s->p);
  aus_match_index_fini(&s->index);
  aus_match_nbs_free(s->nb, s->tables.n);
  aus_match_jobs_fini(&s->jobs);
  aus_match_clusters_fini(&s->clusters);
  aus_match_space_fini(&s->space);
  aus_match_tables_fini(&s->tables);
  aus_match_specs_fini(&s->specs);
}

static inline void stand_init(stand *s)
{
  const aus_match_p_conf conf = {.unseen = AUS_MATCH_UNSEEN_SKIP};
  aus_err err = {0};
  aus_sheet sheet = shared_sheet("reliabuild/clusters.csv.gz");

  *s = (stand){.specs = shared_specs()};
  check_ok(aus_match_tables_make(&s->tables, &s->specs, false, &err), &err);
  check_ok(aus_match_clusters_read(&s->clusters, &s->space, &sheet, &err), &err);
  check_ok(aus_match_jobs_make(&s->jobs, &s->specs, &s->tables, &s->space, &err), &err);
  check_ok(aus_match_nbs_fit(&s->nb, &s->tables, 1.0, &err), &err);
  check_ok(aus_match_index_make(&s->index, &s->space, &s->clusters, &err), &err);
  check_ok(aus_match_p_jobs(&s->p, &s->specs, &s->tables, s->nb, &s->space, &s->clusters, &s->jobs,
                            &conf, &err),
           &err);
  aus_sheet_fini(&sheet);
}

/** Level of each feature in an order of subsystems (free). */
static inline int *levels_of(const aus_match_subsystems *sub, const aus_match_space *space,
                             const int *order)
{
  int *level = calloc((size_t)space->n, sizeof *level), i, f;

  for (f = 0; f < space->n; f++)
    for (i = 0; i < sub->n; i++)
      if (order[i] == sub->of[f]) level[f] = i + 1;
  return level;
}

#endif
