/* learn_folds.c - shares of the classes, keys, bad input.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "learn/folds.h"
#include "unit/check.h"

enum { N = 103, MAX_K = 10 };

static aus_err err;

static void classes(uint8_t *y, int n_yes)
{
  int i;

  for (i = 0; i < N; i++)
    y[i] = i % 3 == 0 && n_yes-- > 0;
}

/* Every fold has n/k rows and n_yes/k yes, up to one. */
static void shares(void **state)
{
  int fold[N], i, k, n_yes;
  uint8_t y[N];

  (void)state;
  for (k = 2; k <= MAX_K; k++)
    for (n_yes = 0; n_yes <= 33; n_yes += 11) {
      int rows[MAX_K] = {0}, yes[MAX_K] = {0};

      classes(y, n_yes);
      check_ok(aus_folds_make(fold, N, y, k, 7, 1, &err), &err);
      for (i = 0; i < N; i++) {
        assert_in_range(fold[i], 0, k - 1);
        rows[fold[i]]++;
        yes[fold[i]] += y[i];
      }
      for (i = 0; i < k; i++) {
        assert_in_range(rows[i], N / k, (N + k - 1) / k);
        assert_in_range(yes[i], n_yes / k, (n_yes + k - 1) / k);
      }
    }
}

static void keys(void **state)
{
  int a[N], b[N];
  uint8_t y[N];

  (void)state;
  classes(y, 20);
  check_ok(aus_folds_make(a, N, y, 5, 7, 1, &err), &err);
  check_ok(aus_folds_make(b, N, y, 5, 7, 1, &err), &err);
  assert_memory_equal(a, b, sizeof a);
  check_ok(aus_folds_make(b, N, y, 5, 7, 2, &err), &err);
  assert_memory_not_equal(a, b, sizeof a);
  check_ok(aus_folds_make(b, N, y, 5, 8, 1, &err), &err);
  assert_memory_not_equal(a, b, sizeof a);
}

/* Nothing about the draw hangs on the row's number: over many keys a row is in each fold equally often. */
static void fair(void **state)
{
  enum { KEYS = 4000, K = 4 };
  int fold[N], i, key, count[N][K] = {{0}}, k;
  uint8_t y[N];

  (void)state;
  classes(y, 32);
  for (key = 0; key < KEYS; key++) {
    check_ok(aus_folds_make(fold, N, y, K, 3, (uint64_t)key, &err), &err);
    for (i = 0; i < N; i++)
      count[i][fold[i]]++;
  }
  for (i = 0; i < N; i++)
    for (k = 0; k < K;
         k++) /* binomial, p within 1/71 + of 1/4: 1000 +- 5 x 27 and the unevenness of 71 and 32 */
      assert_in_range(count[i][k], 1000 - 160, 1000 + 160);
}

static void bad_input(void **state)
{
  uint8_t y[3] = {0, 1, 2};
  int fold[3];

  (void)state;
  check_ok(aus_folds_make(fold, 0, y, 2, 1, 1, &err), &err);
  check_ok(aus_folds_make(fold, 2, y, 10, 1, 1, &err), &err);
  check_fails(aus_folds_make(fold, 2, y, 1, 1, 1, &err), AUS_EINVAL, "2 rows in 1 folds", &err);
  check_fails(aus_folds_make(fold, -1, y, 2, 1, 1, &err), AUS_EINVAL, "-1 rows in 2 folds", &err);
  check_fails(aus_folds_make(fold, 3, y, 2, 1, 1, &err), AUS_EINVAL,
              "row 2 has class 2, need 0 or 1", &err);
#ifndef NDEBUG
  aus_alloc_fail_at(0);
  check_fails(aus_folds_make(fold, 2, y, 2, 1, 1, &err), AUS_ENOMEM, "out of memory", &err);
  aus_alloc_fail_at(-1);
#endif
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shares),
      cmocka_unit_test(keys),
      cmocka_unit_test(fair),
      cmocka_unit_test(bad_input),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
