/* rng.c - Philox4x32-10, streams of it, and the distributions that results are drawn from.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/rng.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

static const uint32_t M0 = 0xD2511F53u, M1 = 0xCD9E8D57u, W0 = 0x9E3779B9u, W1 = 0xBB67AE85u;

void aus_rng_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
  uint32_t a = counter[0], b = counter[1], c = counter[2], d = counter[3], k0 = key[0], k1 = key[1];
  uint64_t p, q;
  int round;

  for (round = 0; round < 10; round++) {
    p = (uint64_t)M0 * a;
    q = (uint64_t)M1 * c;
    a = (uint32_t)(q >> 32) ^ b ^ k0;
    b = (uint32_t)q;
    c = (uint32_t)(p >> 32) ^ d ^ k1;
    d = (uint32_t)p;
    k0 += W0;
    k1 += W1;
  }
  out[0] = a;
  out[1] = b;
  out[2] = c;
  out[3] = d;
}

void aus_rng_key(uint64_t seed, uint64_t campaign, uint32_t key[2])
{
  const uint32_t counter[4] = {(uint32_t)campaign, (uint32_t)(campaign >> 32), 0x61757331u, 0};
  const uint32_t from[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  uint32_t out[4];

  aus_rng_philox(counter, from, out);
  key[0] = out[0];
  key[1] = out[1];
}

aus_rng aus_rng_open(uint64_t seed, uint64_t campaign, uint64_t trial, uint32_t purpose)
{
  aus_rng r = {.trial = trial, .purpose = purpose};

  aus_rng_key(seed, campaign, r.key);
  return r;
}

static void make_block(const aus_rng *r, uint32_t purpose, uint64_t n, uint64_t value[2])
{
  const uint32_t counter[4] = {(uint32_t)n, (uint32_t)r->trial, (uint32_t)(r->trial >> 32),
                               purpose << 16 | (uint32_t)(n >> 32 & 0xffff)};
  uint32_t w[4];

  aus_rng_philox(counter, r->key, w);
  value[0] = w[0] | (uint64_t)w[1] << 32;
  value[1] = w[2] | (uint64_t)w[3] << 32;
}

uint64_t aus_rng_at(const aus_rng *r, uint64_t n)
{
  uint64_t value[2];

  make_block(r, r->purpose, n / 2, value);
  return value[n % 2];
}

uint64_t aus_rng_u64(aus_rng *r)
{
  uint64_t n = r->next++, block = n / 2;

  if (r->cached != block + 1) {
    make_block(r, r->purpose, block, r->block);
    r->cached = block + 1;
  }
  return r->block[n % 2];
}

/* The largest 53 bits plus one half round up to 2^53: that one value goes to the double below 1. */
double aus_rng_unit(uint64_t bits)
{
  double u = ((double)(bits >> 11) + 0.5) * 0x1p-53;

  return u < 1.0 ? u : 1.0 - 0x1p-53;
}

double aus_rng_uniform(aus_rng *r)
{
  return aus_rng_unit(aus_rng_u64(r));
}

static uint64_t private_u64(aus_rng *r)
{
  uint64_t value[2], n = r->private_next++;

  make_block(r, r->purpose | AUS_RNG_PRIVATE, n / 2, value);
  return value[n % 2];
}

/* Lemire: the high half of x m is uniform once the 2^64 mod m lowest low halves are left out. */
uint64_t aus_rng_below(aus_rng *r, uint64_t m)
{
  __extension__ typedef unsigned __int128 wide;
  uint64_t reject;
  wide p = (wide)aus_rng_u64(r) * m;

  if ((uint64_t)p >= m) return (uint64_t)(p >> 64);
  reject = -m % m;
  while ((uint64_t)p < reject)
    p = (wide)private_u64(r) * m;
  return (uint64_t)(p >> 64);
}

double aus_rng_normal(aus_rng *r)
{
  return gsl_cdf_ugaussian_Pinv(aus_rng_uniform(r));
}

double aus_rng_exponential(aus_rng *r)
{
  return -log(aus_rng_uniform(r));
}

/* Sequential inversion: the smallest k with u < sum of the first k + 1 probabilities. exp(-500) is
 * still a normal double. The sum may end a little below u; probabilities that no longer add stop
 * it. */
static int64_t poisson_part(double u, double mean)
{
  double p = exp(-mean), sum = p;
  int64_t k = 0;

  while (u >= sum && (p > 0x1p-60 * sum || (double)k < mean)) {
    k++;
    p *= mean / (double)k;
    sum += p;
  }
  return k;
}

int64_t aus_rng_poisson(aus_rng *r, double mean)
{
  double parts = mean > 500.0 ? ceil(mean / 500.0) : 1.0, i;
  int64_t k = 0;

  for (i = 0; i < parts; i++)
    k += poisson_part(aus_rng_uniform(r), mean / parts);
  return k;
}

void aus_rng_permutation(aus_rng *r, int64_t n, int64_t *p)
{
  int64_t i, k, swap;

  for (i = 0; i < n; i++)
    p[i] = i;
  for (i = n - 1; i > 0; i--) {
    k = (int64_t)aus_rng_below(r, (uint64_t)i + 1);
    swap = p[i];
    p[i] = p[k];
    p[k] = swap;
  }
}
