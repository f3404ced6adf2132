/* serverless/serverless_study_validate.c - stage validate as rank 0 sees it.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reactive policy, the proactive one with un-tuned and with fine-tuned models, and kpa run in the same
 * worlds: new samples of the space, and the traces of validate.workloads on their clusters.
 */
#include <config.h>

#include <string.h>

#include "serverless/serverless_study_stages.h"
#include "util/alloc.h"

typedef struct aus_serverless_study study;

/* Streams of the new points; no campaign has this number, so however many there were the points are the
 * same. */
static const uint32_t streams = UINT32_MAX;

/* New points of the space: a Latin hypercube. */
static int draw_points(study *s, aus_err *err)
{
  aus_serverless_draw_conf conf = {
      .kind = AUS_DESIGN_LHS,
      .n = s->n_validate,
      .range_compat = s->range_compat,
      .seed = s->seed,
      .campaign = streams,
  };

  return aus_serverless_draw(&conf, &s->space, s->grid, &s->validate_design, err);
}

/* Worlds: each point with its own workload, then each trace of the list on the points' clusters. */
static int make_worlds(study *s, int64_t *n, double **value, int64_t **scenario, int64_t **trace,
                       aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, k, n_x = s->space.n_x, m = s->validate_design.n;

  *n = m * (1 + s->n_validate_traces);
  AUS_NEW(*value, *n * n_x, err);
  AUS_NEW(*scenario, *n, err);
  AUS_NEW(*trace, *n, err);
  for (k = 0; k <= s->n_validate_traces; k++)
    for (i = 0; i < m; i++) {
      memcpy(*value + (k * m + i) * n_x, s->validate_design.value + i * n_x,
             (size_t)n_x * sizeof **value);
      (*scenario)[k * m + i] = s->design.n + i;
      (*trace)[k * m + i] = k - 1;
    }
done:
  return rc;
}

int aus_serverless_validate(aus_serverless_study *s, aus_engine *engine, aus_err *err)
{
  int rc = AUS_OK, rival;
  int64_t n, *scenario = NULL, *trace = NULL;
  double *value = NULL;
  aus_blob_key *needs = NULL;

  AUS_NEW(needs, s->n_models, err);
  AUS_TRY(draw_points(s, err));
  AUS_TRY(make_worlds(s, &n, &value, &scenario, &trace, err));
  for (rival = 0; rival < AUS_SERVERLESS_N_RIVALS; rival++) {
    bool asks = rival == AUS_SERVERLESS_UNTUNED || rival == AUS_SERVERLESS_TUNED;

    if (rival == AUS_SERVERLESS_TUNED)
      memcpy(needs, s->final_keys, (size_t)s->n_models * sizeof *needs);
    else
      aus_serverless_model_keys(s, AUS_SERVERLESS_INITIAL_CAMPAIGN, 0, needs);
    AUS_TRY(aus_serverless_run_campaign(
        s, engine, (aus_serverless_kind)(AUS_SERVERLESS_K_VALIDATE + rival), n, value, scenario,
        trace, needs, asks ? s->n_models : 0, err));
  }
done:
  aus_free(needs);
  aus_free(value);
  aus_free(scenario);
  aus_free(trace);
  return rc;
}
