/* match/ladder.h - matching level by level: what each further described subsystem does to the matches.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * At level l a job matches the clusters that meet its requirements on the first l subsystems of the order.
 * Its set only shrinks, and only where the job requires something of the subsystem, so a job is a short list
 * of steps. Blocks of jobs add steps up to levels; totals of blocks are added in the order of the blocks, so
 * that sums do not depend on who computed which block.
 */
#ifndef AUS_MATCH_LADDER_H
#define AUS_MATCH_LADDER_H

#include "match/index.h"
#include "match/jobs.h"
#include "match/ptable.h"

enum { AUS_MATCH_BLOCK = 512, AUS_MATCH_BINS = 20 };

typedef struct aus_match_ladder {
  const aus_match_index *index;
  const aus_match_jobs *jobs;
  const aus_match_p *p; /* with rows of the jobs */
  const int *level_of;  /* feature -> level at which it is described, from 1; 0: never */
  int n_levels;         /* without level 0 */
} aus_match_ladder;

/* From `level` on, until the next step. */
typedef struct aus_match_step {
  int level;
  int64_t n;       /* matching clusters */
  double sum;      /* of P over them */
  double best;     /* largest P */
  int64_t best_at; /* its cluster, the lowest of equals; -1 when n = 0 */
} aus_match_step;

typedef struct aus_match_work {
  uint64_t *set; /* what is left of the clusters */
  int32_t *need; /* requirements of the job by level */
  aus_match_step *step;
  const double *p; /* row of P whose level 0 is known: */
  aus_match_step none;
  void *block;
} aus_match_work;

/** Room for one job after the other. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_work_make(aus_match_work *out, const aus_match_ladder *ladder,
                                    aus_err *err);
void aus_match_work_fini(aus_match_work *w);

/** Called at every step of a job with the set of clusters. */
typedef void aus_match_see(void *self, const aus_match_step *step, const uint64_t *set);

/** Steps of job j in w->step, the first at level 0; it ends with the step where nothing is left.
 * @param [in] see  NULL: nobody
 * @return how many. Local. */
int aus_match_job_steps(const aus_match_ladder *ladder, int64_t j, aus_match_work *w,
                        aus_match_see *see, void *self);

/* What one requirement of a job does. */
typedef struct aus_match_loss {
  int32_t feature;
  int64_t alone; /* clusters that meet it */
  int64_t left;  /* that meet it and those before it, in the order of levels */
} aus_match_loss;

/** The requirements of job j that the ladder describes, by level.
 * @param [out] out  one per requirement. @return how many. Local. */
int aus_match_job_losses(const aus_match_ladder *ladder, int64_t j, aus_match_work *w,
                         aus_match_loss *out);

/** Which share of job j's own subsystems was described when its last cluster went.
 * @param [in] unmatched_at  that level; -1: never, then NaN
 * Local. */
double aus_match_share_at(const aus_match_ladder *ladder, int64_t j, int32_t unmatched_at);

/* Sums per level, n_levels + 1 each. */
typedef struct aus_match_levels {
  int n;
  int64_t *matched, *total;
  double
      *sum; /* over jobs of the mean P of their matches: the exact expectation of a random choice */
  double *best;  /* over jobs of the largest P */
  int64_t *bins; /* n x AUS_MATCH_BINS: jobs by that mean, equal widths */
} aus_match_levels;

AUS_CHECKED int aus_match_levels_make(aus_match_levels *out, int n_levels, aus_err *err);
void aus_match_levels_fini(aus_match_levels *l);

/** Add what a block of jobs found. Local. */
void aus_match_levels_add(aus_match_levels *to, const aus_match_levels *block);

/** Totals of the jobs first..last-1 (of one block), into zeroed levels.
 * @param [out] unmatched_at  per job of the block: level at which its last cluster goes, -1: never; may be NULL
 * Local. */
void aus_match_ladder_block(const aus_match_ladder *ladder, int64_t first, int64_t last,
                            aus_match_work *w, aus_match_levels *out, int32_t *unmatched_at);

/** All jobs, block by block. unmatched_at: one per job, may be NULL.
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_ladder_run(const aus_match_ladder *ladder, aus_match_levels *out,
                                     int32_t *unmatched_at, aus_err *err);

/* One subsystem alone. */
typedef struct aus_match_single {
  int64_t jobs;      /* that require something of it */
  int64_t unmatched; /* of them */
  int64_t total;
  double sum; /* of the mean P of the matches */
} aus_match_single;

/** @param [in] of     feature -> subsystem
 * @param [out] out   n_subsystems
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_singles(const aus_match_ladder *ladder, const int *of, int n_subsystems,
                                  aus_match_single *out, aus_err *err);

#endif
