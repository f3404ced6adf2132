/* bo_value.c - the acquisition on top of the surrogate, with its gradient.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Values are maximised. LogEI is a logarithm already; where a factor has to be multiplied in
 * (feasibility, local penalisation) the others become log(softplus(value)).
 */
#include <config.h>

#include "design/bo_impl.h"

#include <math.h>

#include <gsl/gsl_sf_erf.h>

#include "design/acq.h"
#include "util/alloc.h"
#include "util/rng.h"

/* The acquisition from mean and deviation, with its slopes. */
static aus_acq base_value(const aus_bo_model *m, double mu, double sd)
{
  if (m->ask->conf.acq == AUS_ACQ_LOGEI) return aus_acq_logei(mu, sd, m->aim);
  return aus_acq_ucb(mu, sd, m->kappa);
}

/* log(softplus(v)); *slope is multiplied by its derivative. */
static double log_softplus(double v, double *slope)
{
  double s = v > 30.0 ? v : log1p(exp(v));

  if (v < -30.0) return v;
  *slope *= 1.0 / ((1.0 + exp(-v)) * s);
  return log(s);
}

/* log Phi(t) and its slope phi(t) / Phi(t). GSL is exact in the lower tail, and raises an underflow in
 * the upper one. */
static double log_normal_cdf(double t)
{
  return t > 0.0 ? log1p(-0.5 * erfc(t * M_SQRT1_2)) : gsl_sf_log_erfc(-t * M_SQRT1_2) - M_LN2;
}

static double normal_ratio(double t)
{
  if (t <= 0.0) return gsl_sf_hazard(-t);
  return exp(-0.5 * t * t) * M_SQRT1_2 * 0.5 * M_2_SQRTPI / (1.0 - 0.5 * erfc(t * M_SQRT1_2));
}

/* log P(the trial is OK), from mean and deviation of the status. */
static double feasible_t(double mu, double sd)
{
  return mu / fmax(sd, 1e-3);
}

static double distance(int n, const double *a, const double *b)
{
  double r2 = 0.0;
  int k;

  for (k = 0; k < n; k++)
    r2 += (a[k] - b[k]) * (a[k] - b[k]);
  return sqrt(r2);
}

/* Logarithm of all local penalties at x; adds the gradient if it is wanted. */
static double log_penalty(const aus_bo_model *m, const double *x, double *grad)
{
  int n_x = m->ask->map.n_x, k;
  double sum = 0.0, r, t, sd, slope;
  const double *at;
  int64_t i;

  for (i = 0; m->pending_mu && i < m->n_pending; i++) {
    at = m->pending_x + i * n_x;
    sd = fmax(m->pending_sd[i], 1e-6);
    r = distance(n_x, x, at);
    t = (m->lipschitz * r + m->best - m->pending_mu[i]) / sd;
    sum += log_normal_cdf(t);
    if (!grad || r == 0.0) continue;
    slope = normal_ratio(t) * m->lipschitz / (r * sd);
    for (k = 0; k < n_x; k++)
      grad[k] += slope * (x[k] - at[k]);
  }
  return sum;
}

/* Value from what is known without gradients: mu, sd of the objective at x. */
static double finish_value(const aus_bo_model *m, double value, const double *x, double status_mu,
                           double status_sd)
{
  double unused = 1.0;

  if (!m->multiplied) return value;
  if (m->ask->conf.acq != AUS_ACQ_LOGEI) value = log_softplus(value, &unused);
  if (m->status) value += log_normal_cdf(feasible_t(status_mu, status_sd));
  return value + log_penalty(m, x, NULL);
}

/* Minus a joint sample of the posterior. */
static int thompson(aus_bo_model *m, int64_t n, const double *x, double *value, aus_err *err)
{
  const aus_bo_ask *ask = m->ask;
  int rc = AUS_OK;
  aus_rng r = aus_rng_open(ask->seed, ask->campaign, (uint64_t)ask->index, AUS_RNG_BO_THOMPSON);
  double *normal = NULL;
  int64_t i;

  AUS_NEW(normal, n, err);
  for (i = 0; i < n; i++)
    normal[i] = aus_rng_normal(&r);
  AUS_TRY(aus_gp_sample(m->gp, n, x, normal, value, err));
  for (i = 0; i < n; i++)
    value[i] = -value[i];
done:
  aus_free(normal);
  return rc;
}

int aus_bo_model_values(aus_bo_model *m, int64_t n, const double *x, double *value, aus_err *err)
{
  int rc = AUS_OK, n_x = m->ask->map.n_x;
  double *mu = NULL, *sd = NULL;
  int64_t i;

  AUS_NEW(mu, n, err);
  AUS_NEW(sd, n, err);
  if (m->ask->conf.acq == AUS_ACQ_TS) {
    AUS_TRY(thompson(m, n, x, value, err));
  } else {
    aus_gp_predict(m->gp, n, x, mu, sd);
    for (i = 0; i < n; i++)
      value[i] = base_value(m, mu[i], sd[i]).value;
  }
  if (m->status) aus_gp_predict(m->status, n, x, mu, sd);
  for (i = 0; i < n; i++)
    value[i] = finish_value(m, value[i], x + i * n_x, mu[i], sd[i]);
done:
  aus_free(mu);
  aus_free(sd);
  return rc;
}

/* Adds log P(OK) and its gradient. */
static double add_feasible(aus_bo_model *m, const double *x, double *grad)
{
  double mu, sd, t, ratio;
  int k;

  aus_gp_predict_gradient(m->status, x, &mu, &sd, m->d_mu, m->d_sd);
  t = feasible_t(mu, sd);
  ratio = normal_ratio(t);
  for (k = 0; k < m->ask->map.n_x; k++)
    grad[k] += ratio * (sd > 1e-3 ? (m->d_mu[k] - t * m->d_sd[k]) / sd : m->d_mu[k] / 1e-3);
  return log_normal_cdf(t);
}

double aus_bo_model_gradient(aus_bo_model *m, const double *x, double *grad)
{
  double mu, sd, value, slope = 1.0;
  aus_acq a;
  int k;

  aus_gp_predict_gradient(m->gp, x, &mu, &sd, m->d_mu, m->d_sd);
  a = base_value(m, mu, sd);
  value = a.value;
  if (m->multiplied && m->ask->conf.acq != AUS_ACQ_LOGEI) value = log_softplus(value, &slope);
  for (k = 0; k < m->ask->map.n_x; k++)
    grad[k] = slope * (a.d_mu * m->d_mu[k] + a.d_sd * m->d_sd[k]);
  if (m->status) value += add_feasible(m, x, grad);
  if (m->pending_mu) value += log_penalty(m, x, grad);
  return value;
}
