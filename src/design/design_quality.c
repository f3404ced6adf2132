/* design_quality.c - how evenly points fill the unit cube.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "design/design.h"

#include "design/design_fill.h"

#include <math.h>

double aus_design_square_distance(int d, const double *a, const double *b)
{
  double sum = 0.0;
  int k;

  for (k = 0; k < d; k++)
    sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sum;
}

double aus_design_inverse_power(double square)
{
  double cube = square * square * square;

  return 1.0 / (cube * cube * square * sqrt(square));
}

double aus_design_to_phi(double total)
{
  return total > 0.0 ? pow(total, 1.0 / 15.0) : 0.0;
}

double aus_design_phi_p(int64_t n, int d, const double *unit)
{
  double total = 0.0;
  int64_t i, j;

  for (i = 0; i < n; i++)
    for (j = i + 1; j < n; j++)
      total += aus_design_inverse_power(aus_design_square_distance(d, unit + i * d, unit + j * d));
  return aus_design_to_phi(total);
}

double aus_design_discrepancy(int64_t n, int d, const double *unit)
{
  double one = 0.0, two = 0.0, a, b, product;
  int64_t i, j;
  int k;

  for (i = 0; i < n; i++) {
    for (product = 1.0, k = 0; k < d; k++) {
      a = fabs(unit[i * d + k] - 0.5);
      product *= 1.0 + 0.5 * a - 0.5 * a * a;
    }
    one += product;
    for (j = 0; j <= i; j++) {
      for (product = 1.0, k = 0; k < d; k++) {
        a = unit[i * d + k] - 0.5;
        b = unit[j * d + k] - 0.5;
        product *= 1.0 + 0.5 * fabs(a) + 0.5 * fabs(b) - 0.5 * fabs(a - b);
      }
      two += j < i ? 2.0 * product : product;
    }
  }
  if (n == 0) return 0.0;
  a = pow(13.0 / 12.0, d) - 2.0 / (double)n * one + two / ((double)n * (double)n);
  return sqrt(fmax(a, 0.0));
}
