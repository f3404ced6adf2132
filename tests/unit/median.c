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

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(equals_sorting)};

  return cmocka_run_group_tests(tests, NULL, NULL);
}
