/* policy.c - policies by name, from learned bytes to decisions.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/policy.h"

#include "gpuqueue/model.h"
#include "gpuqueue/policy_learn.h"
#include "gpuqueue/rolling.h"
#include "util/alloc.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

const char *const aus_gpuqueue_policy_names[AUS_GPUQUEUE_N_POLICIES] = {
    "reactive", "average", "constant", "quantile", "xgboost", "forest", "rolling", "oracle"};

struct aus_gpuqueue_policy {
  aus_gpuqueue_policy_kind kind;
  aus_gpuqueue_predictor predictor; /* none: the oracle */
  aus_gpuqueue_planned planned;
  aus_gpuqueue_rolling *rolling;
  aus_gpuqueue_model *model;
};

bool aus_gpuqueue_policy_wants_samples(aus_gpuqueue_policy_kind kind)
{
  return kind == AUS_GPUQUEUE_XGBOOST || kind == AUS_GPUQUEUE_FOREST;
}

bool aus_gpuqueue_policy_learns(aus_gpuqueue_policy_kind kind)
{
  return kind == AUS_GPUQUEUE_CONSTANT || kind == AUS_GPUQUEUE_QUANTILE ||
         kind == AUS_GPUQUEUE_ROLLING || aus_gpuqueue_policy_wants_samples(kind);
}

static int damaged(const aus_gpuqueue_policy *p, aus_err *err)
{
  return aus_fail(err, AUS_EFORMAT, AUS_HERE, "%s: not what was learned for this policy",
                  aus_gpuqueue_policy_names[p->kind]);
}

/* The head of learned bytes. */
static int expect_text(aus_rd *r, const aus_gpuqueue_policy *p, const char *want, aus_err *err)
{
  int rc = AUS_OK;
  char *text = NULL;

  AUS_TRY(aus_rd_str(r, &text, err));
  if (strcmp(text, want) != 0) AUS_TRY(damaged(p, err));
done:
  aus_free(text);
  return rc;
}

static int read_lead(aus_rd *r, aus_gpuqueue_policy *p, aus_err *err)
{
  p->planned.lead_h = aus_rd_f64(r);
  if (r->bad || r->at != r->n || !(p->planned.lead_h >= 0.0) || isinf(p->planned.lead_h))
    return damaged(p, err);
  return AUS_OK;
}

static int read_rolling(aus_rd *r, aus_gpuqueue_policy *p, aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_rolling_conf c;

  c.pending_frac = aus_rd_f64(r);
  c.growth = aus_rd_f64(r);
  c.threshold_h = aus_rd_f64(r);
  if (r->bad || r->at != r->n || !isfinite(c.threshold_h)) AUS_TRY(damaged(p, err));
  AUS_TRY(aus_gpuqueue_rolling_create(&p->rolling, &c, err));
  p->predictor = aus_gpuqueue_rolling_predictor(p->rolling);
done:
  return rc;
}

static int read_trees(aus_rd *r, aus_gpuqueue_policy *p, const aus_gpuqueue_geometry *g,
                      aus_err *err)
{
  int rc = AUS_OK;
  const char *name = aus_gpuqueue_policy_names[p->kind];
  size_t n = r->n - r->at;

  AUS_TRY(aus_gpuqueue_model_load(&p->model, name, aus_rd_bytes(r, n), n, err));
  AUS_TRY(aus_gpuqueue_model_predictor(p->model, name, g, &p->predictor, err));
done:
  return rc;
}

static int read_learned(aus_gpuqueue_policy *p, const aus_gpuqueue_geometry *g, const void *model,
                        size_t n, aus_err *err)
{
  int rc = AUS_OK;
  aus_rd r = aus_rd_of(model, n);

  AUS_TRY(expect_text(&r, p, AUS_GPUQUEUE_POLICY_MAGIC, err));
  AUS_TRY(expect_text(&r, p, aus_gpuqueue_policy_names[p->kind], err));
  if (p->kind == AUS_GPUQUEUE_ROLLING)
    AUS_TRY(read_rolling(&r, p, err));
  else if (aus_gpuqueue_policy_wants_samples(p->kind))
    AUS_TRY(read_trees(&r, p, g, err));
  else
    AUS_TRY(read_lead(&r, p, err));
done:
  return rc;
}

int aus_gpuqueue_policy_create(aus_gpuqueue_policy **out, aus_gpuqueue_policy_kind kind,
                               const aus_gpuqueue_sim_conf *sim, const aus_gpuqueue_geometry *g,
                               const void *model, size_t n, double threshold_h, aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_policy *p = NULL;

  *out = NULL;
  if (g->chain_nodes > sim->n_nodes)
    AUS_FAIL(err, AUS_EINVAL, "a chain of %" PRId64 " nodes on a cluster of %" PRId64,
             g->chain_nodes, sim->n_nodes);
  if (kind == AUS_GPUQUEUE_ORACLE && g->chain_length > 2)
    AUS_FAIL(err, AUS_EINVAL, "the oracle knows chains of two jobs, not of %d", g->chain_length);
  AUS_NEW(p, 1, err);
  p->kind = kind;
  p->planned.per_wait = kind == AUS_GPUQUEUE_AVERAGE;
  if (aus_gpuqueue_policy_learns(kind)) AUS_TRY(read_learned(p, g, model, n, err));
  if (!p->predictor.ask)
    p->predictor = aus_gpuqueue_planned_predictor(&p->planned, aus_gpuqueue_policy_names[kind]);
  if (!isnan(threshold_h)) p->predictor.threshold_h = threshold_h;
  *out = p;
  p = NULL;
done:
  aus_gpuqueue_policy_destroy(p);
  return rc;
}

void aus_gpuqueue_policy_destroy(aus_gpuqueue_policy *p)
{
  if (!p) return;
  aus_gpuqueue_rolling_destroy(p->rolling);
  aus_gpuqueue_model_destroy(p->model);
  aus_free(p);
}

int aus_gpuqueue_policy_run(aus_gpuqueue_policy *p, aus_gpuqueue_window *w, aus_gpuqueue_link *link,
                            aus_gpuqueue_trail *trail, const aus_poll *poll, aus_err *err)
{
  if (p->kind != AUS_GPUQUEUE_ORACLE)
    return aus_gpuqueue_follow(w, &p->predictor, link, trail, poll, err);
  *link = (aus_gpuqueue_link){.expected_h = (double)NAN};
  return aus_gpuqueue_window_oracle(w, &link->outcome, poll, err);
}

bool aus_gpuqueue_policy_asks(const aus_gpuqueue_policy *p)
{
  return p->predictor.ask != NULL && p->kind != AUS_GPUQUEUE_ORACLE;
}

int aus_gpuqueue_policy_survey(aus_gpuqueue_policy *p, aus_gpuqueue_window *w,
                               aus_gpuqueue_survey *s, const aus_poll *poll, aus_err *err)
{
  return aus_gpuqueue_survey_add(s, &p->predictor, 1, w, poll, err);
}
