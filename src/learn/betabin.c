/* betabin.c - the marginal likelihood in the logarithms of both pseudo-counts, given to TAO.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "learn/betabin.h"

#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sf_psi.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>

#include "learn/blmvm.h"

typedef struct groups {
  int64_t count;
  const int64_t *n, *n_yes;
} groups;

/* Minus the log of the product of B(k + a, n - k + b) / B(a, b); x holds log a and log b. */
static double objective(void *self, int dim, const double *x, double *g)
{
  const groups *s = self;
  const double a = exp(x[0]), b = exp(x[1]);
  double f = 0.0, da = 0.0, db = 0.0;
  int64_t i;

  (void)dim;
  for (i = 0; i < s->count; i++) {
    const double n = (double)s->n[i], k = (double)s->n_yes[i], both = gsl_sf_psi(a + b + n);

    f -= gsl_sf_lnbeta(k + a, n - k + b) - gsl_sf_lnbeta(a, b);
    da -= gsl_sf_psi(k + a) - both - gsl_sf_psi(a) + gsl_sf_psi(a + b);
    db -= gsl_sf_psi(n - k + b) - both - gsl_sf_psi(b) + gsl_sf_psi(a + b);
  }
  g[0] = da * a;
  g[1] = db * b;
  return f;
}

int aus_betabin_fit(int64_t n_groups, const int64_t *n, const int64_t *n_yes, double *yes,
                    double *no, aus_err *err)
{
  int rc = AUS_OK;
  groups s = {n_groups, n, n_yes};
  const double lower[2] = {log(0.01), log(0.01)}, upper[2] = {log(1e4), log(1e4)};
  double x[2] = {0.0, 0.0}, f;
  aus_blmvm *solver = NULL;
  int64_t i;

  *yes = *no = 1.0;
  for (i = 0; i < n_groups; i++)
    if (n_yes[i] < 0 || n_yes[i] > n[i])
      AUS_FAIL(err, AUS_EINVAL, "group %" PRId64 ": %" PRId64 " yes in %" PRId64 " rows", i,
               n_yes[i], n[i]);
  AUS_TRY(aus_blmvm_create(&solver, 2, err));
  AUS_TRY(aus_blmvm_minimise(solver, objective, &s, lower, upper, 200, 1e-8, x, &f, err));
  *yes = exp(x[0]);
  *no = exp(x[1]);
done:
  aus_blmvm_destroy(solver);
  return rc;
}
