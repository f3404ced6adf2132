/* match_version.c - tests of match/version: the order by hand, its laws on odd texts, ranks.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/version.h"

#include "unit/check.h"

/* From old to new; each newer than all before it. */
static const char *const ladder[] = {"absent",
                                     "rc1",
                                     "",
                                     "a",
                                     "0.9-dev",
                                     "0.9-alpha",
                                     "0.9-beta",
                                     "0.9pre1",
                                     "0.9rc1",
                                     "0.9rc2",
                                     "0.9",
                                     "0.9p1",
                                     "0.9.0.1",
                                     "1.0",
                                     "1.1.1",
                                     "1.1.1k",
                                     "1.1.1l",
                                     "1.1.2",
                                     "1.9.9",
                                     "1.10",
                                     "8.3p1",
                                     "8.3.1",
                                     "2021.05.02",
                                     "2021.10",
                                     "99999999999999999999",
                                     "100000000000000000000",
                                     "stable",
                                     "trunk",
                                     "head",
                                     "master",
                                     "main",
                                     "develop"};

enum { N = sizeof ladder / sizeof *ladder };

static void order_by_hand(void **state)
{
  int i, j;

  (void)state;
  for (i = 0; i < N; i++)
    for (j = 0; j < N; j++) {
      int order = aus_match_version_compare(ladder[i], ladder[j]);

      if ((order > 0) - (order < 0) != (i > j) - (i < j))
        fail_msg("\"%s\" against \"%s\": %d", ladder[i], ladder[j], order);
    }
}

static void separators_and_zeros_do_not_count(void **state)
{
  (void)state;
  assert_int_equal(aus_match_version_compare("1.0-2", "1_0.2"), 0);
  assert_int_equal(aus_match_version_compare("01.002", "1.2"), 0);
  assert_int_equal(aus_match_version_compare("1.2p3", "1.2-p-3"), 0);
  assert_int_equal(aus_match_version_compare("..1..", "1"), 0);
  assert_int_equal(aus_match_version_compare("0", "000"), 0);
  assert_true(aus_match_version_compare("1.0", "1.0.0") < 0);
  assert_true(aus_match_version_compare("\xff\x01", "1") < 0);
}

/* Texts of a few characters, all of them: antisymmetric and transitive. */
static void order_is_an_order(void **state)
{
  static const char *const part[] = {"", "1", "02", "a", "rc", ".", "main", "-b"};
  enum { P = 8, ALL = P * P };
  char text[ALL][16];
  int i, j, k;

  (void)state;
  for (i = 0; i < ALL; i++)
    snprintf(text[i], sizeof text[i], "%s%s", part[i / P], part[i % P]);
  for (i = 0; i < ALL; i++)
    for (j = 0; j < ALL; j++) {
      int ij = aus_match_version_compare(text[i], text[j]);

      assert_true((ij > 0) == (aus_match_version_compare(text[j], text[i]) < 0));
      for (k = 0; k < ALL; k++)
        if (ij <= 0 && aus_match_version_compare(text[j], text[k]) <= 0)
          assert_true(aus_match_version_compare(text[i], text[k]) <= 0);
    }
}

static void ranks_share_places(void **state)
{
  char version[5][8] = {"1.10", "absent", "1.9", "1-9", "develop"};
  char *const text[] = {version[0], version[1], version[2], version[3], version[4]};
  const int32_t want[] = {2, 0, 1, 1, 3};
  int32_t rank[5];
  aus_err err = {0};
  int i;

  (void)state;
  check_ok(aus_match_version_ranks(text, 5, rank, &err), &err);
  for (i = 0; i < 5; i++)
    assert_int_equal(rank[i], want[i]);
  check_ok(aus_match_version_ranks(text, 0, rank, &err), &err);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(order_by_hand),
      cmocka_unit_test(separators_and_zeros_do_not_count),
      cmocka_unit_test(order_is_an_order),
      cmocka_unit_test(ranks_share_places),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
