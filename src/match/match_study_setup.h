/* match/match_study_setup.h - a loaded match study: what every rank knows, and what rank 0 learns.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_MATCH_MATCH_STUDY_SETUP_H
#define AUS_MATCH_MATCH_STUDY_SETUP_H

#include "match/assign.h"
#include "match/builds.h"
#include "match/intervals.h"
#include "match/lammps.h"
#include "match/match_study_data.h"
#include "match/match_study_tables.h"
#include "match/model.h"
#include "match/validation.h"
#include "study/study.h"
#include "study/trials.h"

/* Any of them may be run; none needs another. */
typedef enum aus_match_stage {
  AUS_MATCH_ST_TRAIN,
  AUS_MATCH_ST_LADDER,
  AUS_MATCH_ST_SINGLE,
  AUS_MATCH_ST_LAMMPS,
  AUS_MATCH_ST_RANGE,
  AUS_MATCH_ST_SPACKBUILD,
  AUS_MATCH_N_STAGES
} aus_match_stage;

/* Task kinds: one of trials, then jobs. A kind's campaign has its number + 1. */
typedef enum aus_match_task {
  AUS_MATCH_K_FOLDS,   /* one package, one division into folds */
  AUS_MATCH_K_FIGURES, /* what all those answers are worth */
  AUS_MATCH_K_FIT,     /* one package: its model */
  AUS_MATCH_K_P,       /* one package: P for the ladder */
  AUS_MATCH_K_LADDER,  /* a block of jobs */
  AUS_MATCH_K_VIEW,    /* some levels */
  AUS_MATCH_K_SINGLE,
  AUS_MATCH_K_LAMMPS,
  AUS_MATCH_K_RANGE,
  AUS_MATCH_K_SPACKBUILD,
  AUS_MATCH_K_DURATIONS, /* one kind of prediction, on builds that were held out */
  AUS_MATCH_N_KINDS
} aus_match_task;

enum { AUS_MATCH_FOLD_METRICS = 4 }; /* accuracy, log_loss, brier, auc */

/* Results of a line of figures and of a bin. */
enum { AUS_MATCH_FIGURE_VALUES = 9, AUS_MATCH_BIN_VALUES = 3 };

/* Results of a block of jobs at one level, before the bins. */
enum {
  AUS_MATCH_Y_MATCHED,
  AUS_MATCH_Y_TOTAL,
  AUS_MATCH_Y_SUM,
  AUS_MATCH_Y_BEST,
  AUS_MATCH_Y_PLACED,
  AUS_MATCH_Y_SELECTED,
  AUS_MATCH_Y_CLAIMED,       /* best P of the chooser */
  AUS_MATCH_Y_JUDGED_BEST,   /* the judge's P there */
  AUS_MATCH_Y_JUDGED_RANDOM, /* the judge's P of a random match */
  AUS_MATCH_Y_DROPPED,       /* matches that rules could not look at */
  AUS_MATCH_Y_BINS,
  AUS_MATCH_LEVEL_VALUES = AUS_MATCH_Y_BINS + AUS_MATCH_BINS
};

enum { AUS_MATCH_SINGLE_VALUES = 4, AUS_MATCH_LAMMPS_VALUES = 4, AUS_MATCH_RANGE_VALUES = 6 };
enum { AUS_MATCH_BUILDS_VALUES = 10, AUS_MATCH_DURATION_VALUES = 4 };
enum { AUS_MATCH_VIEW_LEVELS = 4 }; /* of one task */

/* How the ladder is climbed. */
typedef struct aus_match_climb {
  aus_match_subsystems sub;
  int *order, *level_of;
  aus_match_model_kind p_kind; /* whose P is summed up */
  bool per_job;                /* P depends on the job (evidence, own_version) */
  bool judged;
  aus_match_chooser how;
  int64_t task_jobs; /* of one task, whole blocks */
  int64_t n_tasks;
  int first_kept; /* level from which on the cluster of each job is kept */
  bool views;     /* levels are looked at one by one */
  aus_match_state state;
  aus_match_policy *policy;
  double *price;
} aus_match_climb;

typedef struct aus_match_study {
  /* the same on every rank */
  uint64_t seed;
  uint32_t stages; /* as bits */
  aus_opts *opts;
  aus_match_size made; /* of made-up data */
  bool is_made;
  aus_match_data data;
  bool has_clusters;
  aus_match_model_conf model; /* of stage train */
  int folds, n_divisions, duration_folds;
  int64_t n_validated, *validated; /* tables with enough rows of either class */
  aus_match_climb climb;
  aus_sheet lammps[3];     /* jobs, clusters, truth */
  aus_match_data range_at; /* clusters of stage range; unused with made-up data */
  aus_match_interval_jobs ranges;
  aus_match_builds builds;
  aus_kind kind[AUS_MATCH_N_KINDS];
  aus_match_schema tables;

  /* a worker's, made by the first task that needs it */
  aus_match_p p, p_chooser, p_judge;
  aus_match_work work;

  /* rank 0 */
  aus_trials trials;
  aus_ranges ranges_of; /* rows of all tasks */
  int64_t n_tasks[AUS_MATCH_N_KINDS], n_done[AUS_MATCH_N_KINDS];
  double *y[AUS_MATCH_N_KINDS]; /* results of jobs: tasks x n_y */
} aus_match_study;

extern const aus_opt aus_match_study_opts[];
extern const char *const aus_match_stage_names[];

static inline bool aus_match_has_stage(const aus_match_study *s, aus_match_stage stage)
{
  return s->stages >> stage & 1;
}

/** Load on any rank (study.h). */
int aus_match_study_load(void **self, const aus_study_env *env, aus_err *err);
void aus_match_study_destroy(void *self);

/** Keys of the ladder that do not go together become problems. Local. */
void aus_match_climb_check(aus_match_study *s, aus_cfg *conf);
/** Order, selection of the ladder. Local. @return codes of the readers */
int aus_match_climb_load(aus_match_study *s, const aus_study_env *env, aus_err *err);
void aus_match_climb_fini(aus_match_climb *c);
/** The ladder over these P. Local. */
aus_match_ladder aus_match_climb_ladder(const aus_match_study *s, const aus_match_p *p);

/** Where the ranges of stage range are matched. Local. */
static inline const aus_match_data *aus_match_range_data(const aus_match_study *s)
{
  return s->is_made ? &s->data : &s->range_at;
}

/** Prior of package i's rate, from all others; variants are left out where a model is asked about clusters. Local. */
int aus_match_conf_of(const aus_match_study *s, aus_match_model_kind kind, int64_t i, bool variants,
                      aus_match_model_conf *conf, aus_err *err);

/* Task handlers (engine/work.h). */
int aus_match_run_folds(void *self, aus_work *w, aus_err *err);
int aus_match_run_figures(void *self, aus_work *w, aus_err *err);
int aus_match_run_fit(void *self, aus_work *w, aus_err *err);
int aus_match_run_p(void *self, aus_work *w, aus_err *err);
int aus_match_run_ladder(void *self, aus_work *w, aus_err *err);
int aus_match_run_view(void *self, aus_work *w, aus_err *err);
int aus_match_run_single(void *self, aus_work *w, aus_err *err);
int aus_match_run_lammps(void *self, aus_work *w, aus_err *err);
int aus_match_run_range(void *self, aus_work *w, aus_err *err);
int aus_match_run_spackbuild(void *self, aus_work *w, aus_err *err);
int aus_match_run_durations(void *self, aus_work *w, aus_err *err);

/** Rows of a table that tasks of one kind wrote, as a worker finds them (a blob). Local. */
static inline aus_blob_key aus_match_rows_key(aus_match_task kind)
{
  return (aus_blob_key){.campaign = (uint32_t)kind + 1, .index = 0};
}

int aus_match_publish(void *self, aus_pub *pub, aus_err *err);
/** Names of clusters, features and values, and who has which. @param [in] subsystem  of each feature; may be NULL
 * @return codes of aus_pub_column(). Local. */
AUS_CHECKED int aus_match_publish_clusters(const aus_match_space *space,
                                           const aus_match_clusters *clusters, const int *subsystem,
                                           aus_pub *pub, aus_err *err);
void aus_match_report(void *self, aus_buf *out);
int aus_match_text(void *self, const char *path, const char *dir, aus_err *err);
int aus_match_outline(void *self, aus_outline *o, aus_err *err);

#endif
