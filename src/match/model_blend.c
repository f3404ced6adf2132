/* match/model_blend.c - expectation and maximisation; Newton in two variables.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/model_blend.h"

#include <math.h>
#include <string.h>

enum { STEPS = 100, MAX_MEMBERS = 16 };

static double given(const double *p, int y)
{
  return y ? *p : 1.0 - *p;
}

/* One step: each row is shared among the members as they explain it. */
static void step(int64_t n, int m, const double *p, const uint8_t *y, double *weight, double *share)
{
  int64_t i;
  int j;

  for (i = 0; i < n; i++, p += m) {
    double all = 0.0;

    for (j = 0; j < m; j++)
      all += weight[j] * given(p + j, y[i]);
    for (j = 0; j < m; j++)
      share[j] += all > 0.0 ? weight[j] * given(p + j, y[i]) / all : weight[j];
  }
}

void aus_match_blend_weights(int64_t n, int m, const double *p, const uint8_t *y,
                             const double *usual, double strength, double *weight)
{
  double share[MAX_MEMBERS];
  int i, j;

  AUS_ASSERT(m <= MAX_MEMBERS);
  memcpy(weight, usual, (size_t)m * sizeof *weight);
  for (i = 0; i < STEPS; i++) {
    for (j = 0; j < m; j++)
      share[j] = strength * usual[j];
    step(n, m, p, y, weight, share);
    for (j = 0; j < m; j++)
      weight[j] = share[j] / ((double)n + strength);
  }
}

static double logit(double p)
{
  p = fmin(fmax(p, 1e-9), 1.0 - 1e-9);
  return log(p / (1.0 - p));
}

double aus_match_calibration_apply(const aus_match_calibration *c, double p)
{
  return 1.0 / (1.0 + exp(-(c->slope * logit(p) + c->shift)));
}

/* The penalised loss, its gradient g and its Hessian h = {aa, ab, bb}. */
static double loss(int64_t n, const double *p, const uint8_t *y, double strength,
                   const aus_match_calibration *c, double *g, double *h)
{
  double f = 0.5 * strength * ((c->slope - 1.0) * (c->slope - 1.0) + c->shift * c->shift);
  int64_t i;

  g[0] = strength * (c->slope - 1.0);
  g[1] = strength * c->shift;
  h[0] = h[2] = strength;
  h[1] = 0.0;
  for (i = 0; i < n; i++) {
    const double x = logit(p[i]), m = c->slope * x + c->shift, q = 1.0 / (1.0 + exp(-m));

    f += fmax(y[i] ? -m : m, 0.0) + log1p(exp(-fabs(m)));
    g[0] += (q - y[i]) * x;
    g[1] += q - y[i];
    h[0] += q * (1.0 - q) * x * x;
    h[1] += q * (1.0 - q) * x;
    h[2] += q * (1.0 - q);
  }
  return f;
}

aus_match_calibration aus_match_calibration_fit(int64_t n, const double *p, const uint8_t *y,
                                                double strength)
{
  aus_match_calibration c = {1.0, 0.0}, next;
  double g[2], h[3], f = loss(n, p, y, strength, &c, g, h), det, size = 1.0;
  int i;

  for (i = 0; i < STEPS && size > 1e-12; i++) {
    det = h[0] * h[2] - h[1] * h[1];
    next.slope = c.slope - size * (h[2] * g[0] - h[1] * g[1]) / det;
    next.shift = c.shift - size * (h[0] * g[1] - h[1] * g[0]) / det;
    if (hypot(next.slope - c.slope, next.shift - c.shift) < 1e-10) break;
    double g2[2], h2[3];
    const double f2 = loss(n, p, y, strength, &next, g2, h2);

    if (f2 > f) {
      size *= 0.5; /* too far */
      continue;
    }
    c = next;
    f = f2;
    size = 1.0;
    memcpy(g, g2, sizeof g);
    memcpy(h, h2, sizeof h);
  }
  return c;
}
