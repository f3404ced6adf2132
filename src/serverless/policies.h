/* serverless/policies.h - private: what the policies remember between two decisions of a run.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Counts of requests stand at marks in the trace, which only move forward; so a forecast costs the
 * requests its marks pass, each of them once per run.
 */
#ifndef AUS_SERVERLESS_POLICIES_H
#define AUS_SERVERLESS_POLICIES_H

#include "serverless/sim.h"

/* In front of which requests a mark stands; h = horizon, p = season. */
typedef enum aus_mark {
  AUS_MARK_GATEWAY,      /* not yet taken by the gateway (D28) */
  AUS_MARK_WITHIN,       /* after now + h (D28) */
  AUS_MARK_SOON,         /* now + h or later */
  AUS_MARK_ARRIVED,      /* not yet arrived; this one and those below know nothing of the future */
  AUS_MARK_RECENT,       /* now - h or later */
  AUS_MARK_BIN,          /* the second that has not passed yet */
  AUS_MARK_SEASON_LEVEL, /* now - p - h or later */
  AUS_MARK_SEASON,       /* now - p or later */
  AUS_MARK_SEASON_END,   /* now - p + h or later */
  AUS_N_MARKS
} aus_mark;

typedef struct aus_forecaster {
  int64_t at[AUS_N_MARKS];
  int64_t *passed; /* function x mark: requests behind the mark that use the function */
  /* ewma, per function: the sum of the weights of all its requests, as seen from second `bin` */
  double *weight, *bin;
} aus_forecaster;

enum { AUS_KPA_WINDOW = 60 }; /* samples in the stable window, one per s */

typedef struct aus_kpa { /* of one function */
  int64_t sample[AUS_KPA_WINDOW];
  int64_t n_samples; /* since the beginning */
  double t_panic;    /* last time the panic threshold was reached */
  bool panics;
} aus_kpa;

typedef struct aus_het {
  int64_t *free;      /* per platform type, persistent: as the reference counts (D28) */
  int *place;         /* of a platform type in the one-hot part */
  int *type;          /* platform types in question, by what they carry */
  double *need, *got; /* per platform type: replicas for the whole load; per cent of it there are */
  float *x, *y;
} aus_het;

/* sim_forecast.c */

/** Room for all functions and types. @return AUS_OK; AUS_ENOMEM. */
AUS_CHECKED int aus_serverless_policies_create(aus_serverless_sim *s, aus_err *err);
void aus_serverless_policies_destroy(aus_serverless_sim *s);
/** Forget the last run (after the layout of this one). */
void aus_serverless_policies_reset(aus_serverless_sim *s);
/** Put defaults where values are 0. @return AUS_OK; AUS_ECONFIG for values no forecast can use. */
AUS_CHECKED int aus_serverless_forecast_check(aus_serverless_policy *policy, aus_err *err);
/** Requests per s that function f will get in the next horizon_s, by policy.forecast.
 * @return false when nothing is known (D28 and no request comes within the horizon) */
bool aus_serverless_forecast_rps(aus_serverless_sim *s, int f, double *rps);
/** Features of one row: n_features of them. */
void aus_serverless_features(const aus_serverless_sim *s, int f, double rps, float *x);
static inline bool aus_has_model(const aus_predict *predict, int f)
{
  return predict && predict->has(predict->self, f);
}
/** Ask the model of f n rows of d features, the first of which is the rate, the same in all. Without
 * D28 a rate of 0 needs no replica and no model.
 * @return AUS_OK; AUS_ENUMERIC for an answer not finite or beyond a million; what the model returns */
AUS_CHECKED int aus_serverless_ask(const aus_serverless_sim *s, int f, int64_t n, int d,
                                   const float *x, float *y, aus_err *err);

/* sim_kpa.c */

void aus_serverless_kpa_sample(aus_serverless_sim *s);
/** Replicas that function f should have more (or fewer). */
double aus_serverless_kpa_level(aus_serverless_sim *s, int f);

/* sim_het.c: differences per platform type, through aus_serverless_diff(). */
AUS_CHECKED int aus_serverless_het_level(aus_serverless_sim *s, int f, aus_err *err);

#endif
