/* serverless/serverless_study_setup.h - a loaded serverless study: what every rank knows, and what rank 0 learns.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_SERVERLESS_SERVERLESS_STUDY_SETUP_H
#define AUS_SERVERLESS_SERVERLESS_STUDY_SETUP_H

#include "learn/xgb.h"
#include "serverless/dataset.h"
#include "serverless/serverless_study_draw.h"
#include "serverless/serverless_study_inputs.h"
#include "serverless/serverless_study_sens.h"
#include "serverless/serverless_study_tables.h"
#include "serverless/serverless_study_workload.h"
#include "serverless/sim.h"
#include "serverless/space.h"
#include "serverless/tune.h"
#include "study/campaigns.h"
#include "study/study.h"
#include "study/trials.h"

typedef enum aus_serverless_stage {
  AUS_SERVERLESS_ST_SAMPLE,
  AUS_SERVERLESS_ST_INITIAL,
  AUS_SERVERLESS_ST_PROACTIVE,
  AUS_SERVERLESS_ST_OPTIMIZE,
  AUS_SERVERLESS_ST_FINETUNE,
  AUS_SERVERLESS_ST_VALIDATE
} aus_serverless_stage;

/* Task kinds: trials first (they are also the campaigns' kinds), then jobs. */
typedef enum aus_serverless_kind {
  AUS_SERVERLESS_K_INITIAL,
  AUS_SERVERLESS_K_PROACTIVE,
  AUS_SERVERLESS_K_OPTIMIZE,
  AUS_SERVERLESS_K_JUDGE,
  AUS_SERVERLESS_K_VALIDATE, /* reactive, un-tuned, fine-tuned, kpa: four kinds */
  AUS_SERVERLESS_N_TRIAL_KINDS = AUS_SERVERLESS_K_VALIDATE + 4,
  AUS_SERVERLESS_K_TRAIN = AUS_SERVERLESS_N_TRIAL_KINDS,
  AUS_SERVERLESS_K_PROPOSE,
  AUS_SERVERLESS_K_RETRAIN,
  AUS_SERVERLESS_K_KEEP,
  AUS_SERVERLESS_K_FINETUNE,
  AUS_SERVERLESS_N_KINDS
} aus_serverless_kind;

/* What stage validate compares. */
typedef enum aus_serverless_rival {
  AUS_SERVERLESS_REACTIVE,
  AUS_SERVERLESS_UNTUNED,
  AUS_SERVERLESS_TUNED,
  AUS_SERVERLESS_AUTOSCALER, /* kpa */
  AUS_SERVERLESS_N_RIVALS
} aus_serverless_rival;

/* Policies of the stages. */
typedef enum aus_serverless_role {
  AUS_SERVERLESS_P_INITIAL,
  AUS_SERVERLESS_P_PROACTIVE,
  AUS_SERVERLESS_P_OPT_REACTIVE,
  AUS_SERVERLESS_P_OPT_PROACTIVE,
  AUS_SERVERLESS_P_VAL_REACTIVE,
  AUS_SERVERLESS_P_VAL_PROACTIVE,
  AUS_SERVERLESS_P_VAL_KPA,
  AUS_SERVERLESS_N_ROLES
} aus_serverless_role;

/* Metrics of a simulated trial; y[0] is the objective. */
enum { AUS_SERVERLESS_N_METRICS = 27 };
extern const char *const aus_serverless_metric_names[AUS_SERVERLESS_N_METRICS];
extern const char *const aus_serverless_metric_units[AUS_SERVERLESS_N_METRICS];
/* Those of them that are used by number. */
enum {
  AUS_SERVERLESS_Y_PENALTY = 0,
  AUS_SERVERLESS_Y_APPLICATIONS = 2,
  AUS_SERVERLESS_Y_ELAPSED = 4,
  AUS_SERVERLESS_Y_QUEUE = 5,
  AUS_SERVERLESS_Y_COLD_STARTS = 13,
  AUS_SERVERLESS_Y_ENERGY = 21,
  AUS_SERVERLESS_Y_REPLICA_TIME = 23
};

/* Metrics of a training job. */
enum {
  AUS_SERVERLESS_M_RMSE,
  AUS_SERVERLESS_M_TRAIN_ROWS,
  AUS_SERVERLESS_M_TEST_ROWS,
  AUS_SERVERLESS_N_TRAIN_METRICS
};

/* Metrics of a trial of stage optimize. */
enum {
  AUS_SERVERLESS_O_OBJECTIVE,
  AUS_SERVERLESS_O_PENALTY,
  AUS_SERVERLESS_O_JUDGE_PENALTY,
  AUS_SERVERLESS_O_REACTIVE_PENALTY,
  AUS_SERVERLESS_O_REPLICA_TIME,
  AUS_SERVERLESS_O_JUDGE_REPLICA_TIME,
  AUS_SERVERLESS_O_REACTIVE_REPLICA_TIME,
  AUS_SERVERLESS_O_ROWS,
  AUS_SERVERLESS_N_OPTIMIZE_METRICS
};
extern const char *const aus_serverless_optimize_names[AUS_SERVERLESS_N_OPTIMIZE_METRICS];
extern const char *const aus_serverless_optimize_units[AUS_SERVERLESS_N_OPTIMIZE_METRICS];

enum { AUS_SERVERLESS_SELECT_PERCENTILE, AUS_SERVERLESS_SELECT_MAX };
enum { AUS_SERVERLESS_IMPROVE, AUS_SERVERLESS_ADVERSARIAL };
enum { AUS_SERVERLESS_JUDGE_BASE, AUS_SERVERLESS_JUDGE_SELF };
enum { AUS_SERVERLESS_RETAIN_IMPROVED, AUS_SERVERLESS_RETAIN_ALL };
enum { AUS_SERVERLESS_CARRY_BEST, AUS_SERVERLESS_CARRY_ALL, AUS_SERVERLESS_CARRY_NONE };

enum { AUS_SERVERLESS_ROWS_REACTIVE, AUS_SERVERLESS_ROWS_PROACTIVE, AUS_SERVERLESS_ROWS_BOTH };

typedef struct aus_serverless_search_conf {
  int select, objective, judge, retain, carry, rows;
  double percentile;
  double area;             /* INFINITY: the whole space */
  double target_frac;      /* penalty at which a campaign stops */
  double max_replica_frac; /* replica-seconds a better model may take, of the base run's; 0: any */
  aus_bo_conf bo;
} aus_serverless_search_conf;

/** What a penalty is to the surrogate, which minimises. Local. */
static inline double aus_serverless_told(const aus_serverless_search_conf *conf, double penalty)
{
  return conf->objective == AUS_SERVERLESS_ADVERSARIAL ? -penalty : penalty;
}

/* Rows of one function that a worker has read from the closed shards of stage initial. */
typedef struct aus_serverless_base_rows {
  bool loaded;
  aus_serverless_tune_rows train, test;
} aus_serverless_base_rows;

/* A model in the shared file. */
typedef struct aus_serverless_model_row {
  int task;
  int version;    /* 0: base; else generations of fine-tuning since */
  int64_t parent; /* row of the model it continues; -1: none */
  int64_t trial;  /* that made it; -1: trained on a whole stage */
  double metric[AUS_SERVERLESS_N_TRAIN_METRICS];
  aus_range range;
} aus_serverless_model_row;

typedef enum aus_serverless_set {
  AUS_SERVERLESS_C_BASE,
  AUS_SERVERLESS_C_ALL,         /* all continued at the first scale */
  AUS_SERVERLESS_C_ONE,         /* one continued, the others base */
  AUS_SERVERLESS_C_CAMPAIGN,    /* the best of a campaign */
  AUS_SERVERLESS_C_COMBINATION, /* of several continued ones */
  AUS_SERVERLESS_N_SETS
} aus_serverless_set;

/* A set of models that stage finetune tries. */
typedef struct aus_serverless_candidate {
  aus_serverless_set what;
  aus_blob_key *keys; /* n_models */
  int task;           /* ONE: the function; -1 */
  double scale;       /* of its labels */
  uint32_t campaign;  /* CAMPAIGN */
  uint64_t first_trial;
  double penalty, replica_s; /* means over the worlds of the samples; NaN: not judged yet */
} aus_serverless_candidate;

/* One campaign of stage optimize as rank 0 sees it. */
typedef struct aus_serverless_search {
  int64_t sample;
  double base_penalty, base_replica_s; /* of the un-tuned model on the base scenario */
  double best;                         /* smallest judged penalty, base included */
  int64_t best_index;                  /* trial that has it; -1: the base */
  int64_t n, cap, cap_parent;          /* committed trials */
  int64_t *order; /* n trials in the order of their commits; by index unless greedy */
  bool *ok, *kept;
  double *judged; /* penalty that target, retain and carry use; +inf where replica_s is too large */
  int64_t *parent;   /* index of the trial whose models it began with; -1: base models */
  int64_t *chain;    /* carry all, by commit: trial whose rows the models after it have; -1: base */
  int64_t n_chain;   /* entries of chain that are known */
  int64_t n_dropped; /* carry all: models that only entries before this one have are gone */
} aus_serverless_search;

/* A campaign whose trials are known beforehand. */
typedef struct aus_serverless_sampling {
  uint32_t id;
  aus_serverless_kind kind;
  int64_t n; /* trials */
} aus_serverless_sampling;

typedef struct aus_serverless_study {
  /* the same on every rank */
  uint64_t seed;
  uint64_t defects;
  int n_stages;
  aus_opts *opts;
  aus_serverless_inputs inputs;
  aus_serverless_space space;
  aus_serverless_grid *grid;
  aus_serverless_trace base; /* workload before a sample's factors */
  aus_serverless_policy policy[AUS_SERVERLESS_N_ROLES];
  aus_serverless_dataset_conf dataset_conf;
  int64_t train_rows;
  double train_fraction;
  aus_xgb_conf xgb;
  aus_serverless_tune_conf tune;
  aus_serverless_search_conf search;
  bool judged;   /* finetune.choose: judged */
  double *scale; /* finetune.scales */
  int n_scales;
  int64_t n_rounds; /* finetune.rounds */
  bool range_compat;
  aus_serverless_scaling scaling;
  int64_t n_validate;                   /* samples of stage validate */
  aus_serverless_trace *validate_trace; /* further traces for it */
  int n_validate_traces;
  bool keep[AUS_SERVERLESS_N_TRACES], keep_validate[AUS_SERVERLESS_N_TRACES];
  bool *has_rows; /* function gets a dataset and a model */
  aus_serverless_schema tables;

  /* a worker's scratch */
  aus_serverless_sim *sim;
  aus_serverless_infra infra;
  aus_serverless_trace trace;
  aus_serverless_dataset dataset;
  uint8_t *split;
  int64_t *work, n_split;
  aus_serverless_models models;        /* loaded from blobs */
  aus_blob_key *model_key;             /* which blob each was loaded from */
  aus_serverless_models tuned;         /* made by a trial of stage optimize */
  aus_serverless_tune_rows *fresh;     /* rows it is made from, per function */
  aus_serverless_base_rows *base_rows; /* per function */

  /* rank 0 */
  aus_serverless_draw_conf draw; /* of the samples */
  aus_design design;             /* the samples */
  aus_sensitivity sens;
  aus_design validate_design; /* those of stage validate */
  aus_trials trials[AUS_SERVERLESS_N_TRIAL_KINDS];
  int n_begun; /* stages that have begun */
  aus_serverless_sampling *sampling;
  int64_t n_samplings, cap_samplings;
  uint32_t next_campaign;
  aus_ranges ranges; /* rows of trials that are published; who needs an order sorts them */
  aus_serverless_model_row *model;
  int64_t n_model_rows, cap_model_rows;
  int n_models;    /* functions with a base model: the first rows of model[] */
  int *model_task; /* their numbers */
  aus_campaigns campaigns;
  aus_serverless_search *searches; /* campaigns.n */
  aus_ranges *search_ranges; /* rows of the trials of a search until they are kept or dropped */
  uint32_t final_id;         /* campaign of the fine-tuned models */
  /* stage finetune: candidate 0 is the base models */
  double *tuned_metric; /* of model i at scale k: row i n_scales + k */
  aus_serverless_candidate *candidate;
  int64_t cap_candidates;
  int n_candidates, chosen; /* chosen: -1 until that is known */
  aus_blob_key *final_keys; /* n_models */
  int64_t first_final;      /* row of the first of them in model[]; -1: not there yet */
} aus_serverless_study;

extern const aus_opt aus_serverless_study_opts[];
extern const aus_kind aus_serverless_kinds[AUS_SERVERLESS_N_KINDS];

/** Load on any rank (study.h). */
int aus_serverless_study_load(void **self, const aus_study_env *env, aus_err *err);
void aus_serverless_study_destroy(void *self);

/** Metrics of a simulated run, y[AUS_SERVERLESS_N_METRICS]; n_rows: windowed rows it gave. Local. */
void aus_serverless_metrics(const aus_serverless_result *result, int64_t n_rows, double *y);

/* Task handlers (engine/work.h). */
int aus_serverless_run_initial(void *self, aus_work *w, aus_err *err);
int aus_serverless_run_proactive(void *self, aus_work *w, aus_err *err);
int aus_serverless_run_train(void *self, aus_work *w, aus_err *err);
int aus_serverless_prepare_optimize(void *self, aus_work *w, aus_err *err);
int aus_serverless_run_optimize(void *self, aus_work *w, aus_err *err);
int aus_serverless_run_retrain(void *self, aus_work *w, aus_err *err);
int aus_serverless_run_keep(void *self, aus_work *w, aus_err *err);
int aus_serverless_run_judge(void *self, aus_work *w, aus_err *err);
int aus_serverless_run_finetune(void *self, aus_work *w, aus_err *err);
int aus_serverless_run_validate(void *self, aus_work *w, aus_err *err);

/* Campaigns of the first stages; those of stage optimize follow. */
enum { AUS_SERVERLESS_INITIAL_CAMPAIGN = 1, AUS_SERVERLESS_PROACTIVE_CAMPAIGN = 2 };

/* Blobs. Models of trial k of a campaign: index k n + f for function f of n; base models: campaign 1,
 * k = 0; continued models: the campaign of stage finetune, k = the number of the scale. */
enum { AUS_SERVERLESS_RANGES_BIT = 0x20000000, AUS_SERVERLESS_ROWS_BIT = 0x10000000 };

/** Row ranges of a function's dataset after stage initial (campaign 1), or of the kept trials. */
static inline aus_blob_key aus_serverless_ranges_key(uint32_t campaign, int task)
{
  return (aus_blob_key){.campaign = campaign, .index = AUS_SERVERLESS_RANGES_BIT | (uint32_t)task};
}
/** New rows of a trial (carry: all). */
static inline aus_blob_key aus_serverless_rows_key(uint32_t campaign, int64_t k)
{
  return (aus_blob_key){.campaign = campaign, .index = AUS_SERVERLESS_ROWS_BIT | (uint32_t)k};
}
static inline aus_blob_key aus_serverless_model_key(const aus_serverless_study *s,
                                                    uint32_t campaign, int64_t k, int task)
{
  return (aus_blob_key){.campaign = campaign,
                        .index = (uint32_t)(k * s->inputs.types.n_tasks + task)};
}

#endif
