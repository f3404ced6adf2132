/* fault.c - specifications, and delays that depend on seed and trial only.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"
#include "util/fault.h"

static aus_err err;

#ifdef NDEBUG

static void always_off(void **state)
{
  (void)state;
  check_ok(aus_fault_start("delay_ms=1000", &err), &err);
  assert_true(aus_fault_delay_s(1) == 0);
}

#else

static void off(void **state)
{
  (void)state;
  assert_true(aus_fault_delay_s(1) == 0);
  check_ok(aus_fault_start("delay_ms=20", &err), &err);
  assert_true(aus_fault_delay_s(1) > 0);
  check_ok(aus_fault_start("", &err), &err);
  assert_true(aus_fault_delay_s(1) == 0);
  check_ok(aus_fault_start("delay_ms=20", &err), &err);
  check_ok(aus_fault_start(NULL, &err), &err);
  assert_true(aus_fault_delay_s(1) == 0);
}

/* n = 10000 uniform delays in [0, 20 ms): mean 10 ms with a standard error of 0.058 ms, bound 4 of
 * them; every tenth of the range holds 1000 with a standard deviation of 30, bound 4 of them. */
static void uniform(void **state)
{
  int64_t count[10] = {0}, i;
  double d, sum = 0;

  (void)state;
  check_ok(aus_fault_start("delay_ms=20,seed=3", &err), &err);
  for (i = 0; i < 10000; i++) {
    d = aus_fault_delay_s((uint64_t)i);
    assert_true(d >= 0 && d < 0.020);
    sum += d;
    count[(int)(d / 0.002)]++;
  }
  assert_true(fabs(sum / 10000 - 0.010) < 4 * 0.000058);
  for (i = 0; i < 10; i++)
    assert_true(llabs(count[i] - 1000) < 120);
}

static void seeded(void **state)
{
  double a, b;

  (void)state;
  check_ok(aus_fault_start("delay_ms=20,seed=3", &err), &err);
  a = aus_fault_delay_s(7);
  assert_true(a == aus_fault_delay_s(7));
  assert_true(a != aus_fault_delay_s(8));
  check_ok(aus_fault_start("seed=4,delay_ms=20", &err), &err);
  b = aus_fault_delay_s(7);
  assert_true(a != b);
  check_ok(aus_fault_start("seed=3,delay_ms=40", &err), &err);
  assert_true(aus_fault_delay_s(7) == 2 * a);
}

/* One trial, as often as wanted; nothing else is touched. */
static void chosen(void **state)
{
  const uint64_t id = 3ull << 32 | 17;

  (void)state;
  check_ok(aus_fault_start("crash_id=3:17", &err), &err);
  assert_true(aus_fault_signal(id, 0) == 6 && aus_fault_signal(id, 5) == 6);
  assert_true(aus_fault_signal(id + 1, 0) == 0 && aus_fault_signal(17, 0) == 0);
  assert_false(aus_fault_hangs(id, 0));
  assert_true(aus_fault_delay_s(id) == 0);
  check_ok(
      aus_fault_start("attempts=2,signal=11,crash_id=3:17,hang_id=4294967295:4294967295", &err),
      &err);
  assert_true(aus_fault_signal(id, 0) == 11 && aus_fault_signal(id, 1) == 11);
  assert_int_equal(aus_fault_signal(id, 2), 0);
  assert_true(aus_fault_hangs(UINT64_MAX, 1) && !aus_fault_hangs(UINT64_MAX, 2));
  check_ok(aus_fault_start("", &err), &err);
  assert_true(aus_fault_signal(id, 0) == 0 && !aus_fault_hangs(0, 0));
}

static void refused(void **state)
{
  char spec[200];

  (void)state;
  check_ok(aus_fault_start("delay_ms=20", &err), &err);
  check_fails(aus_fault_start("dely_ms=20", &err), AUS_ECONFIG,
              "AUSPEX_FAULT: unknown name \"dely_ms\"; did you mean \"delay_ms\"?", &err);
  assert_true(aus_fault_delay_s(1) == 0);
  check_fails(aus_fault_start("delay_ms=20,crash", &err), AUS_ECONFIG, "unknown name \"crash\"",
              &err);
  assert_true(aus_fault_delay_s(1) == 0);
  check_fails(aus_fault_start("delay_ms", &err), AUS_ECONFIG,
              "delay_ms is empty, need a number >= 0", &err);
  check_fails(aus_fault_start("delay_ms=", &err), AUS_ECONFIG, "delay_ms is empty", &err);
  check_fails(aus_fault_start("delay_ms=-1", &err), AUS_ECONFIG, "delay_ms is -1, need", &err);
  check_fails(aus_fault_start("delay_ms=1e999", &err), AUS_ECONFIG, "delay_ms is 1e999", &err);
  check_fails(aus_fault_start("delay_ms=nan", &err), AUS_ECONFIG, "delay_ms is nan", &err);
  check_fails(aus_fault_start("delay_ms=2x", &err), AUS_ECONFIG, "delay_ms is 2x", &err);
  check_fails(aus_fault_start("seed=1.5", &err), AUS_ECONFIG, "seed is 1.5, need an integer >= 0",
              &err);
  check_fails(aus_fault_start("seed=99999999999999999999", &err), AUS_ECONFIG, "seed is 999", &err);
  check_fails(aus_fault_start("crash_id=3", &err), AUS_ECONFIG,
              "AUSPEX_FAULT: crash_id is 3, need CAMPAIGN:INDEX", &err);
  check_fails(aus_fault_start("crash_id=3:", &err), AUS_ECONFIG, "crash_id is 3:, need", &err);
  check_fails(aus_fault_start("crash_id=:3", &err), AUS_ECONFIG, "crash_id is :3, need", &err);
  check_fails(aus_fault_start("hang_id=3:-1", &err), AUS_ECONFIG, "hang_id is 3:-1, need", &err);
  check_fails(aus_fault_start("hang_id=3:4x", &err), AUS_ECONFIG, "hang_id is 3:4x, need", &err);
  check_fails(aus_fault_start("hang_id=4294967296:1", &err), AUS_ECONFIG, "hang_id is 42949", &err);
  check_fails(aus_fault_start("signal=x", &err), AUS_ECONFIG, "signal is x, need an integer", &err);
  check_fails(aus_fault_start(",", &err), AUS_ECONFIG, "unknown name \"\"", &err);
  snprintf(spec, sizeof spec, "seed=%0150d", 1);
  check_fails(aus_fault_start(spec, &err), AUS_ECONFIG, "seed is 000", &err);
}

#endif

int main(void)
{
  const struct CMUnitTest tests[] = {
#ifdef NDEBUG
      cmocka_unit_test(always_off),
#else
      cmocka_unit_test(off),    cmocka_unit_test(uniform), cmocka_unit_test(seeded),
      cmocka_unit_test(chosen), cmocka_unit_test(refused),
#endif
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
