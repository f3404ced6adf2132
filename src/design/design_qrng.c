/* design_qrng.c - quasi-random designs: sobol and halton of GSL, shifted.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A shift keeps the structure of the points and gives each campaign its own ones.
 */
#include <config.h>

#include "design/design_fill.h"

#include "util/rng.h"

#include <inttypes.h>
#include <math.h>

#include <gsl/gsl_errno.h>
#include <gsl/gsl_qrng.h>

static const int64_t SOBOL_MAX_N = (INT64_C(1) << 30) - 1;

/* n points of GSL's sequence, which leaves out the zero point. */
static int fill_gsl(const gsl_qrng_type *type, int64_t n, int d, int64_t max_n, double *unit,
                    aus_err *err)
{
  int rc = AUS_OK;
  gsl_qrng *q = NULL;
  int64_t i;

  if (d > (int)type->max_dimension)
    AUS_FAIL(err, AUS_ECONFIG, "%s has at most %u dimensions, the space has %d: use lhs",
             type->name, type->max_dimension, d);
  if (n > max_n)
    AUS_FAIL(err, AUS_ECONFIG, "%s has at most %" PRId64 " points, not %" PRId64, type->name, max_n,
             n);
  q = gsl_qrng_alloc(type, (unsigned)d);
  if (!q) AUS_FAIL(err, AUS_ENOMEM, "out of memory (%s, %d dimensions)", type->name, d);
  for (i = 0; i < n; i++)
    if (gsl_qrng_get(q, unit + i * d) != GSL_SUCCESS)
      AUS_FAIL(err, AUS_EDEP, "gsl: %s point %" PRId64, type->name, i);
done:
  if (q) gsl_qrng_free(q);
  return rc;
}

int aus_design_fill_sobol(int64_t n, int d, uint64_t seed, uint64_t campaign, double *unit,
                          aus_err *err)
{
  int rc = AUS_OK, j;
  int64_t i;
  uint64_t word;
  aus_rng r;

  if (d == 0 || n == 0) goto done;
  AUS_TRY(fill_gsl(gsl_qrng_sobol, n, d, SOBOL_MAX_N, unit, err));
  for (j = 0; j < d; j++) {
    r = aus_rng_open(seed, campaign, (uint64_t)j, AUS_RNG_DESIGN_JITTER);
    for (i = 0; i < n; i++) {
      word = (uint64_t)(unit[i * d + j] * 0x1p53) ^ aus_rng_at(&r, 0) >> 11;
      unit[i * d + j] = aus_rng_unit(word << 11);
    }
  }
done:
  return rc;
}

int aus_design_fill_halton(int64_t n, int d, uint64_t seed, uint64_t campaign, double *unit,
                           aus_err *err)
{
  int rc = AUS_OK, j;
  int64_t i;
  double shift, u;
  aus_rng r;

  if (d == 0 || n == 0) goto done;
  AUS_TRY(fill_gsl(gsl_qrng_halton, n, d, INT32_MAX, unit, err));
  for (j = 0; j < d; j++) {
    r = aus_rng_open(seed, campaign, (uint64_t)j, AUS_RNG_DESIGN_JITTER);
    shift = aus_rng_uniform(&r);
    for (i = 0; i < n; i++) {
      u = unit[i * d + j] + shift;
      unit[i * d + j] = fmax(u - floor(u), 0x1p-54); /* in the open interval */
    }
  }
done:
  return rc;
}
