/* bo_model.c - the surrogate of a proposal: when to fit, the incumbent, pending points.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "design/bo_impl.h"

#include <math.h>
#include <string.h>

#include "util/alloc.h"
#include "util/rng.h"

static const int64_t REFIT_ALWAYS = 30; /* below that many points */
static const double REFIT_GROWTH = 1.1, REFIT_RESIDUAL = 3.0;
static const double NOISE_FREE = 1e-6; /* variance of z */
static const double KAPPA_MEAN = 1.96;
enum { LIPSCHITZ_POINTS = 64 };

void aus_bo_model_destroy(aus_bo_model *m)
{
  if (!m) return;
  aus_gp_destroy(m->gp);
  aus_gp_destroy(m->status);
  aus_free(m->theta);
  aus_free(m->pending_x);
  aus_free(m->pending_mu);
  aus_free(m->pending_sd);
  aus_free(m->d_mu);
  aus_free(m->d_sd);
  aus_free(m);
}

/* A point that came after the last refit is more than 3 standard deviations off. Leaves the factor of
 * the first n_old points. */
static int surprised(aus_bo_model *m, bool *yes, aus_err *err)
{
  const aus_bo_data *data = m->data;
  int rc = AUS_OK, n_x = m->ask->map.n_x;
  int64_t i, n = data->n - data->n_old;
  double *mu = NULL, *sd = NULL, noise = exp(m->theta[n_x + 1]);

  *yes = false;
  AUS_TRY(aus_gp_factor(m->gp, data->n_old, data->x, data->z, m->theta, err));
  AUS_NEW(mu, n, err);
  AUS_NEW(sd, n, err);
  aus_gp_predict(m->gp, n, data->x + data->n_old * n_x, mu, sd);
  for (i = 0; i < n; i++)
    *yes |= fabs(data->z[data->n_old + i] - mu[i]) > REFIT_RESIDUAL * sqrt(sd[i] * sd[i] + noise);
done:
  aus_free(mu);
  aus_free(sd);
  return rc;
}

/* Last theta, prior mean, draws from the prior. */
static int refit(aus_bo_model *m, aus_err *err)
{
  const aus_bo_ask *ask = m->ask;
  int rc = AUS_OK, n_x = ask->map.n_x, n_theta = n_x + 2, n_starts = 0, i, k;
  aus_rng r = aus_rng_open(ask->seed, ask->campaign, (uint64_t)ask->index, AUS_RNG_BO_STARTS);
  double *start = NULL, *prior, *at;

  AUS_NEW(start, (ask->conf.restarts + 2) * n_theta, err);
  if (ask->n_refit > 0)
    memcpy(start + n_theta * n_starts++, ask->theta, (size_t)n_theta * sizeof *start);
  prior = start + n_theta * n_starts++;
  aus_gp_prior(n_x, prior);
  for (i = 0; i < ask->conf.restarts; i++) {
    at = start + n_theta * n_starts++;
    for (k = 0; k < n_theta; k++)
      at[k] = prior[k] + (k == n_x + 1 ? 2.0 : 1.0) * aus_rng_normal(&r);
  }
  AUS_TRY(aus_gp_fit(m->gp, m->data->n, m->data->x, m->data->z, n_starts, start, m->theta, err));
  AUS_TRY(aus_gp_factor(m->gp, m->data->n, m->data->x, m->data->z, m->theta, err));
  m->n_refit = ask->n_seen;
done:
  aus_free(start);
  return rc;
}

/* The factor of the last refit, and a row for each point since. Above max_points the choice of points
 * changes, and everything is made anew. */
static int reuse(aus_bo_model *m, aus_err *err)
{
  const aus_bo_data *data = m->data;
  int rc = AUS_OK;
  int64_t i;

  if (data->n < data->n_all)
    AUS_TRY(aus_gp_factor(m->gp, data->n, data->x, data->z, m->theta, err));
  for (i = aus_gp_n(m->gp); i < data->n; i++)
    AUS_TRY(aus_gp_append(m->gp, data->x + i * m->ask->map.n_x, data->z[i], err));
done:
  return rc;
}

static int fit(aus_bo_model *m, aus_err *err)
{
  const aus_bo_data *data = m->data;
  int rc = AUS_OK;
  bool again = data->n_old == 0 || data->n_all < REFIT_ALWAYS ||
               (double)data->n_all >= REFIT_GROWTH * (double)data->n_old;

  memcpy(m->theta, m->ask->theta, (size_t)(m->ask->map.n_x + 2) * sizeof *m->theta);
  m->n_refit = m->ask->n_refit;
  if (!again && data->n == data->n_all && data->n > data->n_old)
    AUS_TRY(surprised(m, &again, err));
  else if (!again && data->n == data->n_all)
    AUS_TRY(aus_gp_factor(m->gp, data->n, data->x, data->z, m->theta, err));
  AUS_TRY(again ? refit(m, err) : reuse(m, err));
done:
  return rc;
}

/* With noise the smallest posterior mean is a better guess of what is reached than a lucky value. */
static int find_best(aus_bo_model *m, aus_err *err)
{
  const aus_bo_data *data = m->data;
  int rc = AUS_OK;
  double *mu = NULL, *sd = NULL;
  int64_t i;

  m->i_best = data->best;
  m->best = data->z[data->best];
  if (exp(m->theta[m->ask->map.n_x + 1]) <= NOISE_FREE) goto done;
  AUS_NEW(mu, data->n, err);
  AUS_NEW(sd, data->n, err);
  aus_gp_predict(m->gp, data->n, data->x, mu, sd);
  for (m->i_best = -1, i = 0; i < data->n; i++)
    if (aus_bo_data_ok(data, m->ask, i) && (m->i_best < 0 || mu[i] < m->best)) {
      m->i_best = i;
      m->best = mu[i];
    }
done:
  aus_free(mu);
  aus_free(sd);
  return rc;
}

/* Pending points that belong to the region. */
static int list_pending(aus_bo_model *m, const aus_bo_trust *trust, aus_err *err)
{
  const aus_bo_ask *ask = m->ask;
  int rc = AUS_OK;
  int64_t i;
  double *unit = NULL;

  AUS_NEW(unit, ask->map.n_unit, err);
  AUS_NEW(m->pending_x, ask->n_pending * ask->map.n_x, err);
  for (i = ask->n_seen; i < ask->index; i++) {
    if (i < trust->start) continue;
    aus_space_encode(ask->space, ask->value + (ask->n_base + i) * ask->n_value, unit);
    aus_bo_map_x(&ask->map, unit, m->pending_x + m->n_pending++ * ask->map.n_x);
  }
done:
  aus_free(unit);
  return rc;
}

static double lie(const aus_bo_model *m, double mu)
{
  const double *z = m->data->z;
  double low = z[0], high = z[0], sum = 0.0;
  int64_t i;

  for (i = 0; i < m->data->n; i++) {
    low = fmin(low, z[i]);
    high = fmax(high, z[i]);
    sum += z[i];
  }
  switch (m->ask->conf.pending) {
  case AUS_PENDING_LIAR_MIN:
    return low;
  case AUS_PENDING_LIAR_MEAN:
    return sum / (double)m->data->n;
  case AUS_PENDING_LIAR_MAX:
    return high;
  case AUS_PENDING_BELIEVER:
  case AUS_PENDING_PENALISE:
    break;
  }
  return mu;
}

/* Pending points become data; theta stays. What is believed of them has to be improved on, too: otherwise
 * the next point would be put beside the most promising one. */
static int append_pending(aus_bo_model *m, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;
  double mu, sd;
  const double *x;

  for (i = 0; i < m->n_pending; i++) {
    x = m->pending_x + i * m->ask->map.n_x;
    aus_gp_predict(m->gp, 1, x, &mu, &sd);
    mu = lie(m, mu);
    m->aim = fmin(m->aim, mu);
    AUS_TRY(aus_gp_append(m->gp, x, mu, err));
  }
done:
  return rc;
}

/* Local penalisation (Gonzalez et al. 2016): mean and deviation at the pending points, and the largest
 * slope of the mean over some points of the cube. */
static int prepare_penalties(aus_bo_model *m, aus_err *err)
{
  const aus_bo_ask *ask = m->ask;
  int rc = AUS_OK, i, k, n_x = ask->map.n_x;
  double *unit = NULL, *x = NULL, mu, sd, slope;

  AUS_NEW(m->pending_mu, m->n_pending, err);
  AUS_NEW(m->pending_sd, m->n_pending, err);
  AUS_NEW(unit, LIPSCHITZ_POINTS * ask->map.n_unit, err);
  AUS_NEW(x, n_x, err);
  aus_gp_predict(m->gp, m->n_pending, m->pending_x, m->pending_mu, m->pending_sd);
  AUS_TRY(aus_bo_spread(ask, ask->index, LIPSCHITZ_POINTS, unit, err));
  for (i = 0; i < LIPSCHITZ_POINTS; i++) {
    aus_bo_map_x(&ask->map, unit + i * ask->map.n_unit, x);
    aus_gp_predict_gradient(m->gp, x, &mu, &sd, m->d_mu, m->d_sd);
    for (slope = 0.0, k = 0; k < n_x; k++)
      slope += m->d_mu[k] * m->d_mu[k];
    m->lipschitz = fmax(m->lipschitz, sqrt(slope));
  }
  if (m->lipschitz < 1e-7) m->lipschitz = 10.0;
done:
  aus_free(unit);
  aus_free(x);
  return rc;
}

static int treat_pending(aus_bo_model *m, const aus_bo_trust *trust, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(list_pending(m, trust, err));
  if (m->n_pending == 0) goto done;
  if (m->ask->conf.pending == AUS_PENDING_PENALISE)
    AUS_TRY(prepare_penalties(m, err));
  else
    AUS_TRY(append_pending(m, err));
done:
  return rc;
}

/* Feasibility: a second process on the status, +1 and -1, at the prior mean of theta. */
static int fit_status(aus_bo_model *m, aus_err *err)
{
  const aus_bo_data *data = m->data;
  int rc = AUS_OK, n_x = m->ask->map.n_x;
  double *theta = NULL;

  if (data->n_status == 0) goto done;
  AUS_NEW(theta, n_x + 2, err);
  aus_gp_prior(n_x, theta);
  AUS_TRY(aus_gp_create(&m->status, n_x, data->n_status, err));
  AUS_TRY(aus_gp_factor(m->status, data->n_status, data->status_x, data->status, theta, err));
done:
  aus_free(theta);
  return rc;
}

/* UCB: beta_t = 0.2 d log 2t (Kandasamy et al. 2015); qUCB: drawn per proposal. */
static double choose_kappa(const aus_bo_ask *ask)
{
  aus_rng r = aus_rng_open(ask->seed, ask->campaign, (uint64_t)ask->index, AUS_RNG_BO_WEIGHTS);

  if (ask->conf.acq == AUS_ACQ_QUCB) return KAPPA_MEAN * aus_rng_exponential(&r);
  return sqrt(0.2 * ask->map.n_unit * log(2.0 * (double)ask->n_seen));
}

int aus_bo_model_create(aus_bo_model **out, const aus_bo_ask *ask, const aus_bo_trust *trust,
                        const aus_bo_data *data, aus_err *err)
{
  int rc = AUS_OK, n_x = ask->map.n_x;
  aus_bo_model *m = NULL;

  *out = NULL;
  AUS_NEW(m, 1, err);
  m->ask = ask;
  m->data = data;
  m->kappa = choose_kappa(ask);
  AUS_NEW(m->theta, n_x + 2, err);
  AUS_NEW(m->d_mu, n_x, err);
  AUS_NEW(m->d_sd, n_x, err);
  AUS_TRY(aus_gp_create(&m->gp, n_x, data->n + ask->n_pending, err));
  AUS_TRY(fit(m, err));
  AUS_TRY(find_best(m, err));
  m->aim = m->best;
  AUS_TRY(treat_pending(m, trust, err));
  AUS_TRY(fit_status(m, err));
  m->multiplied = m->status || m->pending_mu;
  *out = m;
  m = NULL;
done:
  aus_bo_model_destroy(m);
  return rc;
}
