/* design_maximin.c - the exchange search that moves the points of a Latin hypercube apart.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "design/design.h"

#include "design/design_fill.h"
#include "util/alloc.h"
#include "util/rng.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* The state of the exchange search. `total` is the sum of the inverse powers. It is updated by
 * differences, and their rounding errors are of the size of the largest total since it was last summed
 * afresh (`peak`): after n exchanges, or when it has fallen far below the peak, it is summed again. */
typedef struct search {
  int64_t n;
  int d;
  double *unit;         /* n x d, the caller's */
  double *square;       /* n x n squared distances */
  double *first, *best; /* n x d: the start, the best so far */
  double total, peak, best_total;
  int64_t n_taken; /* exchanges since `total` was summed */
} search;

static void sum_afresh(search *s)
{
  int64_t i, j;

  s->total = 0.0;
  for (i = 0; i < s->n; i++)
    for (j = i + 1; j < s->n; j++)
      s->total += aus_design_inverse_power(s->square[i * s->n + j]);
  s->peak = s->total;
  s->n_taken = 0;
}

static void start(search *s)
{
  int64_t i, j, n = s->n;

  for (i = 0; i < n; i++)
    for (j = 0; j < n; j++)
      s->square[i * n + j] =
          aus_design_square_distance(s->d, s->unit + i * s->d, s->unit + j * s->d);
  sum_afresh(s);
  memcpy(s->first, s->unit, (size_t)(n * s->d) * sizeof *s->first);
  memcpy(s->best, s->unit, (size_t)(n * s->d) * sizeof *s->best);
  s->best_total = s->total;
}

/* What rows a and b give to each other's distance from row j when they exchange coordinate k. */
static double change(const search *s, int k, int64_t a, int64_t b, int64_t j)
{
  double x = s->unit[j * s->d + k], to_a = s->unit[a * s->d + k] - x,
         to_b = s->unit[b * s->d + k] - x;

  return to_b * to_b - to_a * to_a;
}

/* The total after the exchange. Squares are kept above 0 against rounding. */
static double try_exchange(const search *s, int k, int64_t a, int64_t b)
{
  const double *from_a = s->square + a * s->n, *from_b = s->square + b * s->n;
  double sum = s->total, c;
  int64_t j;

  for (j = 0; j < s->n; j++) {
    if (j == a || j == b) continue;
    c = change(s, k, a, b, j);
    sum +=
        aus_design_inverse_power(fmax(from_a[j] + c, 1e-30)) - aus_design_inverse_power(from_a[j]) +
        aus_design_inverse_power(fmax(from_b[j] - c, 1e-30)) - aus_design_inverse_power(from_b[j]);
  }
  return sum;
}

/* Distances are computed from the points again: adding differences would let them drift. */
static void exchange(search *s, int k, int64_t a, int64_t b)
{
  double *u = s->unit + k, v = u[a * s->d];
  int64_t i, j, n = s->n;

  u[a * s->d] = u[b * s->d];
  u[b * s->d] = v;
  for (i = a;; i = b) {
    for (j = 0; j < n; j++)
      s->square[i * n + j] = s->square[j * n + i] =
          aus_design_square_distance(s->d, s->unit + i * s->d, s->unit + j * s->d);
    if (i == b) break;
  }
}

static void take(search *s, double total)
{
  s->total = total;
  s->peak = fmax(s->peak, total);
  if (++s->n_taken >= s->n || !(s->total > 1e-3 * s->peak)) sum_afresh(s);
  if (!(s->total < s->best_total)) return;
  s->best_total = s->total;
  memcpy(s->best, s->unit, (size_t)(s->n * s->d) * sizeof *s->best);
}

/* One proposal; the temperature is relative to phi. */
static void propose(search *s, aus_rng *r, double temperature)
{
  int k = (int)aus_rng_below(r, (uint64_t)s->d);
  int64_t a = (int64_t)aus_rng_below(r, (uint64_t)s->n);
  int64_t b = (int64_t)aus_rng_below(r, (uint64_t)s->n - 1);
  double chance = aus_rng_uniform(r), total;

  b += b >= a;
  total = try_exchange(s, k, a, b);
  if (!(total < s->total) &&
      !(chance <
        exp(-(aus_design_to_phi(total) / aus_design_to_phi(s->total) - 1.0) / temperature)))
    return;
  exchange(s, k, a, b);
  take(s, total);
}

int aus_design_maximin(int64_t n, int d, int64_t proposals, uint64_t seed, uint64_t campaign,
                       double *unit, aus_err *err)
{
  static const double hot = 1e-2, cold = 1e-5;
  int rc = AUS_OK;
  search s = {.n = n, .d = d, .unit = unit};
  double temperature, cooling;
  int64_t i;
  bool worse;
  aus_rng r;

  if (n > AUS_DESIGN_MAXIMIN_MAX)
    AUS_FAIL(err, AUS_ECONFIG, "lhs-maximin has at most %d points, not %" PRId64 ": use lhs",
             AUS_DESIGN_MAXIMIN_MAX, n);
  if (n < 3 || d < 2) goto done; /* every exchange gives the same distances */
  AUS_NEW(s.square, n * n, err);
  AUS_NEW(s.first, n * d, err);
  AUS_NEW(s.best, n * d, err);
  start(&s);
  cooling = pow(cold / hot, 1.0 / (double)(proposals > 1 ? proposals - 1 : 1));
  for (i = 0, temperature = hot; i < proposals; i++, temperature *= cooling) {
    r = aus_rng_open(seed, campaign, (uint64_t)i, AUS_RNG_DESIGN_SEARCH);
    propose(&s, &r, temperature);
  }
  /* Totals have rounding errors; the promise is about the design itself. */
  worse = aus_design_phi_p(n, d, s.best) > aus_design_phi_p(n, d, s.first);
  memcpy(unit, worse ? s.first : s.best, (size_t)(n * d) * sizeof *unit);
done:
  aus_free(s.first);
  aus_free(s.square);
  aus_free(s.best);
  return rc;
}
