/* match_queue.c - tests of match/queue and match/hosts.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/queue.h"

#include "match/hosts.h"
#include "unit/check.h"

static void push(aus_match_queue *q, int64_t cluster, int64_t id, int64_t want)
{
  aus_err err = {0};
  int64_t position;

  check_ok(aus_match_queue_push(q, cluster, id, &position, &err), &err);
  assert_int_equal(position, want);
}

/* Jobs 1, 3, 4 wait for cluster 0, job 2 for cluster 7. */
static aus_match_queue filled(void)
{
  aus_match_queue q = {0};

  push(&q, 0, 1, 1);
  push(&q, 7, 2, 1);
  push(&q, 0, 3, 2);
  push(&q, 0, 4, 3);
  return q;
}

static void handed_out_until_accepted(void **state)
{
  aus_match_queue q = filled();
  aus_err err = {0};
  int64_t id[4];

  (void)state;
  assert_int_equal(aus_match_queue_receive(&q, 0, 2, id), 2);
  assert_true(id[0] == 1 && id[1] == 3);
  assert_int_equal(aus_match_queue_receive(&q, 0, 2, id), 2);
  assert_true(id[0] == 1 && id[1] == 3);
  check_ok(aus_match_queue_accept(&q, 0, &id[1], 1, &err), &err);
  assert_int_equal(aus_match_queue_receive(&q, 0, 9, id), 2);
  assert_true(id[0] == 1 && id[1] == 4);
  assert_int_equal(aus_match_queue_receive(&q, 7, 9, id), 1);
  assert_int_equal(id[0], 2);
  assert_int_equal(aus_match_queue_receive(&q, 5, 9, id), 0);
  check_ok(aus_match_queue_accept(&q, 0, NULL, 0, &err), &err);
  assert_int_equal(aus_match_queue_count(&q, 0), 2);
  aus_match_queue_fini(&q);
}

static void bad_accepts(void **state)
{
  static const int64_t gone[] = {1, 9}, elsewhere[] = {2}, twice[] = {3, 3};
  aus_match_queue q = filled();
  aus_err err = {0};

  (void)state;
  check_fails(aus_match_queue_accept(&q, 0, gone, 2, &err), AUS_EFORMAT,
              "job 9 does not wait there", &err);
  check_fails(aus_match_queue_accept(&q, 0, elsewhere, 1, &err), AUS_EFORMAT,
              "job 2 does not wait there", &err);
  check_fails(aus_match_queue_accept(&q, 0, twice, 2, &err), AUS_EFORMAT, "job 3 twice", &err);
  assert_int_equal(aus_match_queue_count(&q, 0), 3); /* none of them is taken */
  aus_match_queue_fini(&q);
}

static void dropped(void **state)
{
  aus_match_queue q = filled();
  int64_t id[3];

  (void)state;
  assert_int_equal(aus_match_queue_drop(&q, 0, id), 3);
  assert_true(id[0] == 1 && id[1] == 3 && id[2] == 4);
  assert_int_equal(aus_match_queue_count(&q, 0), 0);
  assert_int_equal(aus_match_queue_count(&q, 7), 1);
  assert_int_equal(aus_match_queue_drop(&q, 0, id), 0);
  aus_match_queue_fini(&q);
}

static void no_memory(void **state)
{
  aus_match_queue q = {0};
  aus_err err = {0};
  int64_t position;

  (void)state;
  aus_alloc_fail_at(0);
  assert_int_equal(aus_match_queue_push(&q, 0, 1, &position, &err), AUS_ENOMEM);
  aus_alloc_fail_at(-1);
  assert_int_equal(aus_match_queue_count(&q, 0), 0);
  aus_match_queue_fini(&q);
}

/* The test vectors of Flux RFC 29, and neighbours that are not in them. */
static void hosts(void **state)
{
  static const struct {
    const char *list, *host;
    bool want;
  } t[] = {
      {"", "", false},
      {"foox,fooy,fooz", "fooy", true},
      {"foox,fooy,fooz", "foo", false},
      {"[1-3,5-6]", "3", true},
      {"[1-3,5-6]", "4", false},
      {"foo[1-5]", "foo5", true},
      {"foo[1-5]", "foo6", false},
      {"foo[1-5]", "foo", false},
      {"foo[1-5]", "foo1-eth2", false},
      {"foo[1-5]", "foo05", false},
      {"foo[0-4]-eth2", "foo3-eth2", true},
      {"foo[0-4]-eth2", "foo3-eth1", false},
      {"foo[0-4]-eth2", "foo3", false},
      {"foo1,foo1,foo1", "foo1", true},
      {"[00-02]", "01", true},
      {"[00-02]", "1", false},
      {"[00-2]", "02", true},
      {"foo[1,1,2,1]", "foo2", true},
      {"foo[005,4,11-13]", "foo004", true},
      {"foo[005,4,11-13]", "foo012", true},
      {"foo[005,4,11-13]", "foo4", false},
      {"foo[9-11]", "foo10", true},
      {"foo[9-11]", "foo010", false},
      {"foo[098-101]", "foo100", true},
      {"a[1-2],b[7]x,c", "b7x", true},
      {"a[1-2],b[7]x,c", "c", true},
      {"a[1-2],b[7]x,c", "b7", false},
  };
  static const char *const bad[] = {"a[1",  "a]",    "a[]",     "a[1-]", "a[3-1]",
                                    "a[x]", "a[1,]", "a[1][2]", "a,,b",  ",a",
                                    "a,",   "a b",   "a[[1]",   "a[-1]", "a[1--2]"};
  aus_err err = {0};
  size_t i;

  (void)state;
  for (i = 0; i < sizeof t / sizeof *t; i++) {
    check_ok(aus_match_hosts_check(t[i].list, &err), &err);
    if (aus_match_hosts_have(t[i].list, t[i].host) != t[i].want)
      fail_msg("%s in %s", t[i].host, t[i].list);
  }
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    aus_err_clear(&err);
    if (aus_match_hosts_check(bad[i], &err) != AUS_EFORMAT) fail_msg("%s is taken", bad[i]);
  }
  assert_string_equal(err.text, "\"a[1--2]\" is no list of hosts");
}

static void ids(void **state)
{
  static const char *const bad[] = {"",
                                    "a",
                                    "1,",
                                    "2,1",
                                    "3-1",
                                    "1-3,3",
                                    "01",
                                    "[1",
                                    "1]",
                                    "[1]2",
                                    "-1",
                                    "1 ,2",
                                    "99999999999999999999"};
  aus_err err = {0};
  int64_t least;
  size_t i;

  (void)state;
  check_ok(aus_match_ids_check("4,9,16", &least, &err), &err);
  assert_int_equal(least, 4);
  check_ok(aus_match_ids_check("[1-3,5-6,42]", &least, &err), &err);
  assert_int_equal(least, 1);
  assert_true(aus_match_ids_have("[1-3,5-6,42]", 42) && aus_match_ids_have("1-3", 2));
  assert_false(aus_match_ids_have("[1-3,5-6,42]", 4) || aus_match_ids_have("1-3", 0));
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    aus_err_clear(&err);
    if (aus_match_ids_check(bad[i], &least, &err) != AUS_EFORMAT) fail_msg("%s is taken", bad[i]);
  }
  assert_string_equal(err.text, "\"99999999999999999999\" is no set of ids");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(handed_out_until_accepted),
      cmocka_unit_test(bad_accepts),
      cmocka_unit_test(dropped),
      cmocka_unit_test(no_memory),
      cmocka_unit_test(hosts),
      cmocka_unit_test(ids),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
