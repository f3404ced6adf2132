/* design_lhs.c - Latin hypercubes: plain, and of strength 2 from orthogonal arrays.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "design/design_fill.h"

#include "util/alloc.h"
#include "util/rng.h"

#include <inttypes.h>
#include <math.h>

double aus_design_in_stratum(int64_t k, double u, int64_t n)
{
  return fmin(((double)k + u) / (double)n, nextafter((double)(k + 1) / (double)n, 0.0));
}

int aus_design_fill_lhs(bool centered, int64_t n, int d, uint64_t seed, uint64_t campaign,
                        double *unit, aus_err *err)
{
  int rc = AUS_OK, j;
  int64_t *stratum = NULL, i;
  aus_rng perm, jitter;

  AUS_NEW(stratum, n, err);
  for (j = 0; j < d; j++) {
    perm = aus_rng_open(seed, campaign, (uint64_t)j, AUS_RNG_DESIGN_PERM);
    jitter = aus_rng_open(seed, campaign, (uint64_t)j, AUS_RNG_DESIGN_JITTER);
    aus_rng_permutation(&perm, n, stratum);
    for (i = 0; i < n; i++)
      unit[i * d + j] =
          aus_design_in_stratum(stratum[i], centered ? 0.5 : aus_rng_uniform(&jitter), n);
  }
done:
  aus_free(stratum);
  return rc;
}

static bool is_prime(int64_t p)
{
  int64_t k;

  for (k = 2; k * k <= p; k++)
    if (p % k == 0) return false;
  return p >= 2;
}

/* The square of a prime >= least that is nearest to n, the smaller one on ties. */
static int64_t nearest_square(int64_t n, int64_t least)
{
  int64_t low = (int64_t)sqrt((double)n), high = low + 1;

  if (high < least) high = least;
  while (!is_prime(high))
    high++;
  while (low >= least && !is_prime(low))
    low--;
  return low >= least && n - low * low <= high * high - n ? low * low : high * high;
}

/* Symbols of column j in random order, then for each symbol the order of its p strata. */
static void shuffle_column(int64_t p, aus_rng *r, int64_t *symbol, int64_t *stratum)
{
  int64_t s;

  aus_rng_permutation(r, p, symbol);
  for (s = 0; s < p; s++)
    aus_rng_permutation(r, p, stratum + s * p);
}

/* Bose's array: row (a, b) of p^2 has a, b, b + a, b + 2a, ... modulo p; each pair of columns has every
 * pair of symbols once. Tang: the p rows with one symbol take the p strata of its part of the range.
 * `next` counts how many of a symbol's strata are given. */
static void fill_columns(int64_t p, int d, uint64_t seed, uint64_t campaign, int64_t *scratch,
                         double *unit)
{
  int64_t *row = scratch, *stratum = row + p * p, *symbol = stratum + p * p, *next = symbol + p;
  int64_t i, a, b, s, n = p * p;
  aus_rng perm = aus_rng_open(seed, campaign, (uint64_t)d, AUS_RNG_DESIGN_PERM), jitter;
  int j;

  aus_rng_permutation(&perm, n, row);
  for (j = 0; j < d; j++) {
    perm = aus_rng_open(seed, campaign, (uint64_t)j, AUS_RNG_DESIGN_PERM);
    jitter = aus_rng_open(seed, campaign, (uint64_t)j, AUS_RNG_DESIGN_JITTER);
    shuffle_column(p, &perm, symbol, stratum);
    for (s = 0; s < p; s++)
      next[s] = 0;
    for (i = 0; i < n; i++) {
      a = row[i] / p;
      b = row[i] % p;
      s = symbol[j == 0 ? a : (b + (j - 1) * a) % p];
      unit[i * d + j] =
          aus_design_in_stratum(s * p + stratum[s * p + next[s]++], aus_rng_uniform(&jitter), n);
    }
  }
}

int aus_design_fill_oa2(int64_t n, int d, uint64_t seed, uint64_t campaign, double *unit,
                        aus_err *err)
{
  int rc = AUS_OK;
  int64_t *scratch = NULL, p = (int64_t)sqrt((double)n),
          nearest = nearest_square(n, d > 3 ? d - 1 : 2);

  if (nearest != n)
    AUS_FAIL(err, AUS_ECONFIG,
             "lhs-oa2 needs n = p^2, p a prime and at least d - 1: n is %" PRId64
             " in %d dimensions, the nearest usable n is %" PRId64,
             n, d, nearest);
  AUS_NEW(scratch, 2 * n + 2 * p, err);
  fill_columns(p, d, seed, campaign, scratch, unit);
done:
  aus_free(scratch);
  return rc;
}
