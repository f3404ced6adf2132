/* match/view.c - one level of a ladder: where the jobs are, and where they go.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/assign_impl.h"

#include <math.h>
#include <string.h>

#include "util/alloc.h"
#include "util/stats.h"

const double aus_match_quantile_at[AUS_MATCH_QUANTILES] = {0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0};

int aus_match_view_make(aus_match_view *out, const aus_match_ladder *ladder, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_view v = {0};

  *out = (aus_match_view){0};
  AUS_NEW(v.n, ladder->index->n_clusters, err);
  AUS_NEW(v.score, ladder->index->n_clusters, err);
  AUS_NEW(v.cluster, ladder->jobs->n, err);
  AUS_NEW(v.p, ladder->jobs->n, err);
  *out = v;
  v = (aus_match_view){0};
done:
  aus_match_view_fini(&v);
  return rc;
}

void aus_match_view_fini(aus_match_view *v)
{
  aus_free(v->n);
  aus_free(v->score);
  aus_free(v->cluster);
  aus_free(v->p);
  *v = (aus_match_view){0};
}

/* Level of each feature as if nothing were described after `level`, so that a job ends there. */
static int cut(aus_match_ladder *out, int **level_of, int level, aus_err *err)
{
  int rc = AUS_OK, f;

  AUS_NEW(*level_of, out->index->n_features, err);
  for (f = 0; f < out->index->n_features; f++)
    (*level_of)[f] = out->level_of[f] <= level ? out->level_of[f] : 0;
  out->level_of = *level_of;
done:
  return rc;
}

/* Where the job goes; `set` holds its matches. */
static void place(aus_match_picker *d, const uint64_t *set, int level, aus_match_view *v)
{
  const aus_match_pick *pick = &d->pick;
  int64_t i;

  if (pick->placed && d->how->select == AUS_MATCH_SELECT_RANDOM) {
    aus_match_pick_random(d, level, v);
  } else if (pick->placed && d->how->select == AUS_MATCH_SELECT_EXPECTED) {
    aus_match_picker_list(d, set);
    for (i = 0; i < pick->n; i++)
      aus_match_view_put(v, d->list[i], 1.0 / (double)pick->n, d->p[d->list[i]]);
  } else if (pick->placed) {
    aus_match_view_put(v, pick->cluster, 1.0, pick->p);
  }
  v->cluster[d->job] = (int32_t)pick->cluster;
  v->p[d->job] = pick->placed ? pick->p : (double)NAN;
}

/* `room` is for as many values as there are jobs. */
static void quantiles(aus_match_view *v, int64_t n_jobs, double *room)
{
  int64_t j, n = 0;
  int q;

  for (j = 0; j < n_jobs; j++)
    if (!isnan(v->p[j])) room[n++] = v->p[j];
  aus_stats_sort(room, n);
  for (q = 0; q < AUS_MATCH_QUANTILES; q++)
    v->quantile[q] = aus_stats_quantile(room, n, aus_match_quantile_at[q]);
}

int aus_match_view_level(const aus_match_ladder *ladder, const aus_match_chooser *how, int level,
                         aus_match_work *w, aus_match_view *out, aus_err *err)
{
  int rc = AUS_OK, *level_of = NULL;
  aus_match_ladder l = *ladder;
  aus_match_chooser alone = *how; /* the judge is not asked here */
  double *room = NULL;
  int64_t j;
  aus_match_picker d;

  alone.judge = NULL;
  AUS_TRY(aus_match_picker_open(&d, &l, &alone, err));
  AUS_TRY(cut(&l, &level_of, level, err));
  AUS_NEW(room, l.jobs->n, err);
  memset(out->n, 0, (size_t)l.index->n_clusters * sizeof *out->n);
  memset(out->score, 0, (size_t)l.index->n_clusters * sizeof *out->score);
  for (j = 0; j < l.jobs->n; j++) {
    int n = aus_match_job_steps(&l, j, w, NULL, NULL);

    aus_match_picker_turn(&d, j);
    AUS_TRY(aus_match_pick_step(&d, &w->step[n - 1], w->set, err));
    place(&d, w->set, level, out);
  }
  quantiles(out, l.jobs->n, room);
done:
  aus_match_picker_close(&d);
  aus_free(level_of);
  aus_free(room);
  return rc;
}
