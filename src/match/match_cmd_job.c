/* match/match_cmd_job.c - auspex match satisfy | explain: single jobs on registered clusters.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include <string.h>

#include "match/match_cmd.h"
#include "match/match_cmd_answer.h"

static const aus_opt ask_opts[] = {AUS_MATCH_ASK_OPTS, {0}};

/* ---- satisfy ---- */

static int satisfy(aus_match_hall *h, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_job job = {0};
  int64_t i;

  AUS_TRY(aus_match_hall_register(h, false, err));
  AUS_TRY(aus_match_hall_job(h, 0, &job, err));
  AUS_TRY(aus_match_hall_ask(h, &job, err));
  aus_json_object(&h->json);
  aus_match_put_counts(h, &job);
  aus_json_key(&h->json, "clusters");
  aus_json_array(&h->json);
  for (i = 0; i < h->n; i++)
    aus_json_str(&h->json, aus_match_fleet_name(h->fleet, h->set[i]));
  aus_json_end(&h->json, ']');
  aus_json_end(&h->json, '}');
done:
  aus_match_job_fini(&job);
  return rc;
}

/* ---- explain ---- */

static int explain(aus_match_hall *h, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_job job = {0};
  aus_match_why why = {.replaced = -1};

  AUS_TRY(aus_match_hall_register(h, false, err));
  AUS_TRY(aus_match_hall_job(h, 0, &job, err));
  AUS_TRY(aus_match_hall_ask(h, &job, err));
  AUS_TRY(aus_match_explain(h->fleet, &job, &why, err));
  aus_json_object(&h->json);
  aus_match_put_counts(h, &job);
  aus_match_put_why(h, &job, &why);
  aus_json_end(&h->json, '}');
done:
  aus_match_why_fini(&why);
  aus_match_job_fini(&job);
  return rc;
}

/* ---- the commands ---- */

static int satisfy_here(const aus_call *call, aus_err *err)
{
  return aus_match_hall_run(call, ask_opts, satisfy, err);
}

static int explain_here(const aus_call *call, aus_err *err)
{
  return aus_match_hall_run(call, ask_opts, explain, err);
}

static int satisfy_run(const aus_call *call, aus_err *err)
{
  return aus_call_alone(call, satisfy_here, err);
}

static int explain_run(const aus_call *call, aus_err *err)
{
  return aus_call_alone(call, explain_here, err);
}

static const aus_cli *const clis[] = {aus_common_cli};
static const aus_opt *const opts[] = {ask_opts};

#define VERB(name_, summary_, text_, run_)                                                         \
  {                                                                                                \
    .name = name_, .operands = "JOB", .summary = summary_, .text = text_, .cli = clis, .n_cli = 1, \
    .opts = opts, .n_opts = 1, .min_operands = 1, .max_operands = 1, .run = run_,                  \
  }

const aus_command aus_match_cmd_satisfy =
    VERB("match satisfy", "clusters that hold a job",
         AUS_MATCH_CLUSTERS_TEXT "JOB is a jobspec of the area or Flux's V1.\nPrints JSON.",
         satisfy_run);
const aus_command aus_match_cmd_explain =
    VERB("match explain", "why a job has so few matches, and what would give it one",
         AUS_MATCH_CLUSTERS_TEXT
         "Prints JSON: for every\nrequirement the clusters that meet it alone and those left after "
         "it; the fewest requirements (at\nmost two) without which, and the one value with which "
         "there is a match.",
         explain_run);
