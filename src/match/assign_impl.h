/* match/assign_impl.h - how one job is decided: shared by assign.c (all levels) and view.c (one level).
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_MATCH_ASSIGN_IMPL_H
#define AUS_MATCH_ASSIGN_IMPL_H

#include "match/assign.h"

/* What a job has from one of its steps on. */
typedef struct aus_match_pick {
  int level;
  int64_t n; /* matches */
  bool placed;
  int64_t cluster;   /* -1: none, or no choice */
  int64_t n_dropped; /* matches that the rules could not look at */
  double p, judged;  /* of random: at the level that was drawn last */
} aus_match_pick;

/* Where one job after the other is decided. */
typedef struct aus_match_picker {
  const aus_match_ladder *l;
  const aus_match_chooser *how;
  aus_match_state word; /* what a job says to the rules: nothing */
  int64_t *list;        /* members of a set */
  uint64_t *set;        /* of random: matches of the pick */
  int64_t job;
  const double *p, *judge, *price; /* rows of the job; NULL: there is none */
  aus_rng rng;
  aus_match_pick pick;
} aus_match_picker;

/** @return AUS_OK; AUS_ENOMEM (it still wants to be closed). Local. */
AUS_CHECKED int aus_match_picker_open(aus_match_picker *d, const aus_match_ladder *l,
                                      const aus_match_chooser *how, aus_err *err);
void aus_match_picker_close(aus_match_picker *d);

/** The next job. Local. */
void aus_match_picker_turn(aus_match_picker *d, int64_t job);

/** Members of a set in d->list, ascending. Local. */
void aus_match_picker_list(aus_match_picker *d, const uint64_t *set);

/** d->pick from a step on; what random picks is drawn level by level.
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_pick_step(aus_match_picker *d, const aus_match_step *s,
                                    const uint64_t *set, aus_err *err);

/** What random picks at one level: the cluster of its first draw, means over all of them.
 * @param [in,out] v  takes every draw; NULL: nobody
 * Local. */
void aus_match_pick_random(aus_match_picker *d, int level, aus_match_view *v);

static inline void aus_match_view_put(aus_match_view *v, int64_t c, double weight, double p)
{
  v->n[c] += weight;
  v->score[c] += weight * p;
}

#endif
