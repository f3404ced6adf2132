/* acq.c - acquisition functions.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "design/acq.h"

#include <math.h>

enum { TERMS = 30 };

static const double half_log_2pi = 0.918938533204672741780;
static const double far_left = -5.0;

/* For z <= -5: a(t) = phi / Phi - t at t = -z > 0, the continued fraction 1/(t + 2/(t + 3/(t + ...)));
 * with 30 terms its relative error is below 1e-17. Then h = phi a / (t + a): nothing cancels. */
static double excess(double t)
{
  double a = 0.0;
  int i;

  for (i = TERMS; i >= 1; i--)
    a = i / (t + a);
  return a;
}

/* log h, Phi / h and phi / h, which are the slopes of log EI with respect to z and log sd. */
typedef struct shape {
  double log_h, below, density;
} shape;

static shape shape_at(double z)
{
  double phi, Phi, h, a;

  if (z <= far_left) {
    a = excess(-z);
    return (shape){-0.5 * z * z - half_log_2pi + log(a / (a - z)), 1.0 / a, (a - z) / a};
  }
  phi = exp(-0.5 * z * z - half_log_2pi);
  Phi = 0.5 * erfc(-z * M_SQRT1_2);
  h = phi + z * Phi;
  return (shape){log(h), Phi / h, phi / h};
}

double aus_acq_log_h(double z, double *slope)
{
  const shape s = shape_at(z);

  if (slope) *slope = s.below;
  return s.log_h;
}

aus_acq aus_acq_logei(double mu, double sd, double best)
{
  const shape s = shape_at((best - mu) / sd);

  return (aus_acq){log(sd) + s.log_h, -s.below / sd, s.density / sd};
}

aus_acq aus_acq_ucb(double mu, double sd, double kappa)
{
  return (aus_acq){kappa * sd - mu, -1.0, kappa};
}
