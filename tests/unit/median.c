/* median.c - against sorting.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include "engine/median.h"

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

static void equals_sorting(void **state)
{
  enum { N = 500 };
  double sorted[N];
  uint64_t seed = 1;
  int run, n;
  aus_err err;

  (void)state;
  for (run = 0; run < 4; run++) {
    aus_median m;

    aus_median_init(&m);
    assert_true(isnan(aus_median_get(&m)));
    for (n = 0; n < N; n++) {
      double x;

      seed = seed * 6364136223846793005u + 1442695040888963407u;
      x = run == 0   ? n
          : run == 1 ? -n
          : run == 2 ? (double)(seed >> 60)
                     : 1e-3 * (double)(seed >> 33);
      sorted[n] = x;
      check_ok(aus_median_add(&m, x, &err), &err);
      qsort(sorted, (size_t)n + 1, sizeof *sorted, by_value);
      assert_true(aus_median_get(&m) == (sorted[n / 2] + sorted[(n + 1) / 2]) / 2);
    }
    aus_median_fini(&m);
  }
}

/* 95 % and the ends: the numbers around the place (n - 1) frac, in proportion. */
static void other_quantiles(void **state)
{
  enum { N = 300 };
  static const double frac[] = {0, 0.25, 0.95, 1};
  double sorted[N];
  uint64_t seed = 3;
  int k, n;
  aus_err err;

  (void)state;
  for (k = 0; k < 4; k++) {
    aus_median m;

    aus_median_init_at(&m, frac[k]);
    for (n = 0; n < N; n++) {
      double place = n * frac[k], w = place - floor(place), below, above;

      seed = seed * 6364136223846793005u + 1442695040888963407u;
      sorted[n] = (double)(seed >> 56);
      check_ok(aus_median_add(&m, sorted[n], &err), &err);
      qsort(sorted, (size_t)n + 1, sizeof *sorted, by_value);
      below = sorted[(int)place];
      above = w > 0 ? sorted[(int)place + 1] : below;
      check_near(aus_median_get(&m), (1 - w) * below + w * above, 1e-14);
    }
    aus_median_fini(&m);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(equals_sorting),
                                     cmocka_unit_test(other_quantiles)};

  return cmocka_run_group_tests(tests, NULL, NULL);
}
