/* match/match_study_result.h - the smaller results of a match study, as tables on rank 0.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A listing is a table in memory; the shared file and the text files of --csv are written from the same ones.
 */
#ifndef AUS_MATCH_MATCH_STUDY_RESULT_H
#define AUS_MATCH_MATCH_STUDY_RESULT_H

#include "match/match_study_setup.h"

enum { AUS_MATCH_LISTING_COLUMNS = 32 };

/* A column: numbers of type F64 or I64, or names. */
typedef struct aus_match_listed {
  aus_column about;
  bool text;
  double *real;
  int64_t *whole;
  const char **name; /* lent strings */
} aus_match_listed;

typedef struct aus_match_listing {
  const char *path; /* in the shared file: "match/levels" */
  const char *file; /* text: "levels.csv" */
  int64_t n;
  int n_columns; /* 0: nothing to list (yet) */
  aus_match_listed column[AUS_MATCH_LISTING_COLUMNS];
} aus_match_listing;

void aus_match_listing_fini(aus_match_listing *l);

/** The i-th listing of a study; without columns as long as its stage has not come to its end.
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_listing_make(const aus_match_study *s, int i, aus_match_listing *l,
                                       aus_err *err);
enum {
  AUS_MATCH_L_METRICS,
  AUS_MATCH_L_CALIBRATION,
  AUS_MATCH_L_NB_PARAMS,
  AUS_MATCH_L_LEVELS,
  AUS_MATCH_L_SINGLE,
  AUS_MATCH_L_LAMMPS,
  AUS_MATCH_L_RANGE,
  AUS_MATCH_L_SPACKBUILD,
  AUS_MATCH_L_DURATIONS,
  AUS_MATCH_N_LISTINGS
};

/** Sums over all blocks of the ladder, in their order.
 * @param [out] out  levels x AUS_MATCH_LEVEL_VALUES, zeroed. Local. */
void aus_match_level_sums(const aus_match_study *s, double *out);

/** Have all tasks of a kind been committed (and is there any)? Local. */
static inline bool aus_match_all_done(const aus_match_study *s, aus_match_task kind)
{
  return s->n_tasks[kind] > 0 && s->n_done[kind] == s->n_tasks[kind];
}

#endif
