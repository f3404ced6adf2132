/* design_blocks.c - designs whose rows belong together: morris and saltelli.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "design/design.h"

#include "design/design_fill.h"
#include "util/alloc.h"
#include "util/rng.h"

#include <string.h>

/* A trajectory: a random start, then each coordinate in random order goes over half of the levels, up
 * from the lower half and down from the upper one. That is the same as Morris's matrix with a start in
 * the lower half and random signs. */
static void walk(int d, aus_rng *r, int64_t *order, double *row)
{
  const int half = AUS_DESIGN_LEVELS / 2, top = AUS_DESIGN_LEVELS - 1;
  int level, k, j;

  for (j = 0; j < d; j++)
    row[j] = (double)aus_rng_below(r, AUS_DESIGN_LEVELS) / top;
  aus_rng_permutation(r, d, order);
  for (k = 0; k < d; k++, row += d) {
    memcpy(row + d, row, (size_t)d * sizeof *row);
    level = (int)(row[order[k]] * top + 0.5);
    row[d + order[k]] = (double)(level < half ? level + half : level - half) / top;
  }
}

int aus_design_fill_morris(int64_t n, int d, uint64_t seed, uint64_t campaign, double *unit,
                           aus_err *err)
{
  int rc = AUS_OK;
  int64_t *order = NULL, t;
  aus_rng r;

  AUS_NEW(order, d, err);
  for (t = 0; t < n; t++) {
    r = aus_rng_open(seed, campaign, (uint64_t)t, AUS_RNG_DESIGN_SEARCH);
    walk(d, &r, order, unit + t * (d + 1) * d);
  }
done:
  aus_free(order);
  return rc;
}

int aus_design_fill_saltelli(int64_t n, int d, uint64_t seed, uint64_t campaign, double *unit,
                             aus_err *err)
{
  int rc = AUS_OK, i;
  aus_design_kind base =
      2 * (int64_t)d <= AUS_DESIGN_SOBOL_MAX_D ? AUS_DESIGN_SOBOL : AUS_DESIGN_LHS;
  double *ab = NULL, *a, *row = unit;
  int64_t t;

  AUS_NEW(ab, 2 * n * d, err);
  AUS_TRY(aus_design_unit(base, n, 2 * d, seed, campaign, ab, err));
  for (t = 0; t < n; t++) {
    a = ab + t * 2 * d;
    for (i = -1; i <= d; i++, row += d) { /* A, A_B0 .., B */
      memcpy(row, i < d ? a : a + d, (size_t)d * sizeof *row);
      if (i >= 0 && i < d) row[i] = a[d + i];
    }
  }
done:
  aus_free(ab);
  return rc;
}
