/* matern.c - a kernel row with its own exponential, which the compiler can vectorise.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Compiled with further flags, see local.mk. Versions for several instruction sets give the same bits,
 * as there is no contraction.
 */
#include <config.h>

#include "learn/matern.h"

#include <math.h>
#include <string.h>

#if defined __x86_64__ && defined __GNUC__ && !defined __clang__
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CLONES
#endif

/* exp(-r) for 0 <= r <= 700: r = y + m log 2 with |y| <= log(2)/2, Taylor's series to y^13 (remainder
 * 5e-18), 2^m into the exponent. Adding 3 * 2^51 rounds to an integer and leaves it in the low bits. */
static inline double decay(double r)
{
  static const double log2_high = 6.93147180369123816490e-01, log2_low = 1.90821492927058770002e-10;
  static const double shift = 6755399441055744.0;
  const double shifted = shift - r * 1.44269504088896340736, m = shifted - shift;
  const double y = (-r - m * log2_high) - m * log2_low;
  double p = 1.0 / 6227020800.0;
  uint64_t bits, power;

  p = p * y + 1.0 / 479001600.0;
  p = p * y + 1.0 / 39916800.0;
  p = p * y + 1.0 / 3628800.0;
  p = p * y + 1.0 / 362880.0;
  p = p * y + 1.0 / 40320.0;
  p = p * y + 1.0 / 5040.0;
  p = p * y + 1.0 / 720.0;
  p = p * y + 1.0 / 120.0;
  p = p * y + 1.0 / 24.0;
  p = p * y + 1.0 / 6.0;
  p = p * y + 0.5;
  p = p * y + 1.0;
  p = p * y + 1.0;
  memcpy(&power, &shifted, sizeof power);
  memcpy(&bits, &p, sizeof bits);
  bits += power << 52;
  memcpy(&p, &bits, sizeof p);
  return p;
}

CLONES void aus_matern(int d, double s2, const double *u, int64_t n, const double *v, int64_t ld,
                       double *restrict k, double *restrict slope)
{
  int64_t j;
  int i;

  for (j = 0; j < n; j++)
    k[j] = 0.0;
  for (i = 0; i < d; i++, v += ld)
    for (j = 0; j < n; j++)
      k[j] += (u[i] - v[j]) * (u[i] - v[j]);
  for (j = 0; j < n; j++) {
    const double far = sqrt(5.0 * k[j]), r = far < 700.0 ? far : 700.0;
    const double e = far < 700.0 ? s2 * decay(r) : 0.0;

    k[j] = (1.0 + r + 1.0 / 3.0 * r * r) * e;
    slope[j] = 5.0 / 3.0 * (1.0 + r) * e;
  }
}

CLONES void aus_matern_add(int d, const double *u, int64_t n, const double *v, int64_t ld,
                           const double *w, double *restrict sum)
{
  int64_t j;
  int i;

  for (i = 0; i < d; i++, v += ld, sum += ld)
    for (j = 0; j < n; j++)
      sum[j] += w[j] * (u[i] - v[j]) * (u[i] - v[j]);
}
