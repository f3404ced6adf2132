/* heap.c - order, ties, growth, and random sequences against qsort.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"
#include "util/heap.h"
#include "util/rng.h"

static aus_err err;

static int by_time_and_order(const void *a, const void *b)
{
  const aus_heap_item *x = a, *y = b;

  if (x->t != y->t) return x->t < y->t ? -1 : 1;
  return (x->order > y->order) - (x->order < y->order);
}

static void empty_and_one(void **state)
{
  aus_heap h;
  aus_heap_item x;

  (void)state;
  aus_heap_init(&h);
  assert_int_equal(h.n, 0);
  check_ok(aus_heap_push(&h, (aus_heap_item){-2.5, 7, 42}, &err), &err);
  assert_int_equal(h.n, 1);
  x = aus_heap_pop(&h);
  assert_true(x.t == -2.5 && x.order == 7 && x.data == 42);
  assert_int_equal(h.n, 0);
  aus_heap_fini(&h);
  aus_heap_fini(&h);
}

/* Equal times come out by `order`, also where it needs all 64 bits. */
static void ties(void **state)
{
  static const uint64_t order[] = {5, UINT64_MAX, 0, UINT64_C(1) << 63, 3, 4};
  static const uint64_t sorted[] = {0, 3, 4, 5, UINT64_C(1) << 63, UINT64_MAX};
  aus_heap h;
  size_t i;

  (void)state;
  aus_heap_init(&h);
  for (i = 0; i < 6; i++)
    check_ok(aus_heap_push(&h, (aus_heap_item){1.5, order[i], i}, &err), &err);
  for (i = 0; i < 6; i++)
    assert_true(aus_heap_pop(&h).order == sorted[i]);
  aus_heap_fini(&h);
}

static void infinite_and_negative_times(void **state)
{
  static const double t[] = {(double)INFINITY, (double)-INFINITY, 0.0, -0.0, -1e300, 5e-324};
  aus_heap h;
  double last = (double)-INFINITY;
  size_t i;

  (void)state;
  aus_heap_init(&h);
  for (i = 0; i < 6; i++)
    check_ok(aus_heap_push(&h, (aus_heap_item){t[i], i, 0}, &err), &err);
  for (i = 0; i < 6; i++) {
    aus_heap_item x = aus_heap_pop(&h);

    assert_true(x.t >= last);
    last = x.t;
  }
  assert_true(isinf(last));
  aus_heap_fini(&h);
}

/* All in, all out, for every number of items up to 70 and some larger ones; many equal times. */
static void sorts(void **state)
{
  aus_rng r = aus_rng_open(3, 0, 1, AUS_RNG_TRACE);
  aus_heap_item *want;
  aus_heap h;
  int n, i;

  (void)state;
  aus_heap_init(&h);
  for (n = 1; n < 3000; n = n < 70 ? n + 1 : n * 2) {
    want = calloc((size_t)n, sizeof *want);
    assert_non_null(want);
    for (i = 0; i < n; i++) {
      want[i] =
          (aus_heap_item){(double)aus_rng_below(&r, (uint64_t)n), (uint64_t)i, (uint64_t)i * 3};
      check_ok(aus_heap_push(&h, want[i], &err), &err);
    }
    qsort(want, (size_t)n, sizeof *want, by_time_and_order);
    for (i = 0; i < n; i++) {
      aus_heap_item x = aus_heap_pop(&h);

      if (x.t != want[i].t || x.order != want[i].order || x.data != want[i].data)
        fail_msg("item %d of %d", i, n);
    }
    assert_int_equal(h.n, 0);
    free(want);
  }
  aus_heap_fini(&h);
}

/* Pushes and pops mixed, against a plain search for the smallest. */
static void mixed(void **state)
{
  enum { N = 300 };
  aus_rng r = aus_rng_open(3, 0, 2, AUS_RNG_TRACE);
  aus_heap_item list[N], x;
  aus_heap h;
  int n = 0, step, i, best;

  (void)state;
  aus_heap_init(&h);
  for (step = 0; step < 20000; step++) {
    if (n < N && (n == 0 || aus_rng_below(&r, 2))) {
      list[n] = (aus_heap_item){(double)aus_rng_below(&r, 50), (uint64_t)step, (uint64_t)step};
      check_ok(aus_heap_push(&h, list[n++], &err), &err);
      continue;
    }
    for (best = 0, i = 1; i < n; i++)
      if (by_time_and_order(&list[i], &list[best]) < 0) best = i;
    x = aus_heap_pop(&h);
    if (x.order != list[best].order) fail_msg("step %d", step);
    list[best] = list[--n];
  }
  aus_heap_fini(&h);
}

/* Replacing the first item does what a pop and a push do. */
static void replace(void **state)
{
  aus_rng r = aus_rng_open(3, 0, 3, AUS_RNG_TRACE);
  aus_heap a, b;
  uint64_t step;
  int n;

  (void)state;
  aus_heap_init(&a);
  aus_heap_init(&b);
  for (n = 1; n < 40; n++) {
    for (step = 0; step < 200; step++) {
      aus_heap_item x = {(double)aus_rng_below(&r, 20), step, step};

      if (step >= (uint64_t)n) {
        bool tied = aus_heap_tied(&a);
        aus_heap_item y = aus_heap_pop(&a);

        assert_true(tied == (a.n > 0 && a.item[0].t == y.t));
        assert_true(b.item[0].t == y.t && b.item[0].order == y.order);
        aus_heap_replace(&b, x);
      } else {
        check_ok(aus_heap_push(&b, x, &err), &err);
      }
      check_ok(aus_heap_push(&a, x, &err), &err);
    }
    assert_int_equal(b.n, n);
    while (a.n > 0)
      assert_true(aus_heap_pop(&a).order == aus_heap_pop(&b).order);
  }
  aus_heap_fini(&a);
  aus_heap_fini(&b);
}

static void memory(void **state)
{
  aus_heap h;
  aus_heap_item *block;
  int64_t i;

  (void)state;
  aus_heap_init(&h);
  check_ok(aus_heap_reserve(&h, 100, &err), &err);
  assert_true(h.cap >= 100);
  block = h.item;
#ifndef NDEBUG
  aus_alloc_fail_at(0);
#endif
  for (i = 0; i < 100; i++)
    check_ok(aus_heap_push(&h, (aus_heap_item){(double)-i, (uint64_t)i, 0}, &err), &err);
  assert_ptr_equal(h.item, block);
#ifndef NDEBUG
  while (h.n < h.cap)
    check_ok(aus_heap_push(&h, (aus_heap_item){0, 1000, 0}, &err), &err);
  i = h.n;
  check_fails(aus_heap_push(&h, (aus_heap_item){0, 0, 0}, &err), AUS_ENOMEM, "out of memory", &err);
  aus_alloc_fail_at(-1);
  assert_int_equal(h.n, i);
#endif
  assert_true(aus_heap_pop(&h).t == -99);
  aus_heap_fini(&h);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(empty_and_one),
      cmocka_unit_test(ties),
      cmocka_unit_test(infinite_and_negative_times),
      cmocka_unit_test(sorts),
      cmocka_unit_test(mixed),
      cmocka_unit_test(replace),
      cmocka_unit_test(memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
