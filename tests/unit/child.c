/* child.c - attempts in processes of their own: what comes back, how they end, how they are ended.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include <dirent.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/child.h"
#include "util/clock.h"

static aus_err err;
static aus_child *child;

static void start(int64_t memory_mb)
{
  check_ok(aus_child_create(&child, memory_mb, &err), &err);
}

/* Runs fn in a child and waits for it. */
static const char *run(void (*fn)(void))
{
  bool inside;
  double t0_s = aus_clock_s();

  check_ok(aus_child_start(child, &inside, &err), &err);
  if (inside) {
    fn();
    aus_child_leave(0);
  }
  while (!aus_child_wait(child, 0.02))
    assert_true(aus_clock_s() - t0_s < 20);
  return aus_child_fate(child);
}

static void put(uint32_t type, const void *bytes, uint64_t n)
{
  if (aus_child_begin(child, type, n, NULL) != AUS_OK ||
      aus_child_put(child, bytes, n, NULL) != AUS_OK)
    aus_child_leave(9);
}

static void expect(uint32_t type, const void *bytes, uint64_t n)
{
  uint32_t t;
  const void *p;
  uint64_t k;

  check_ok(aus_child_next(child, &t, &p, &k, &err), &err);
  assert_true(p && t == type && k == n && (uintptr_t)p % 8 == 0);
  assert_memory_equal(p, bytes, n);
}

static void expect_end(void)
{
  uint32_t t;
  const void *p = "";
  uint64_t k;

  check_ok(aus_child_next(child, &t, &p, &k, &err), &err);
  assert_null(p);
}

/* ---- records ---- */

static void say_three(void)
{
  put(1, "a", 1);
  put(2, "", 0);
  put(7, "twelve bytes", 12);
}

static void say_nothing(void) {}

enum { MANY = 3 << 20 };

static void say_much(void)
{
  char *p = malloc(MANY);
  int i;

  for (i = 0; i < MANY; i++)
    p[i] = (char)(i * 7);
  for (i = 0; i < 10; i++)
    put((uint32_t)i, p, MANY);
  free(p);
}

static void records(void **state)
{
  char *p = malloc(MANY);
  int i;

  (void)state;
  start(0);
  assert_null(run(say_three));
  expect(1, "a", 1);
  expect(2, "", 0);
  expect(7, "twelve bytes", 12);
  expect_end();
  expect_end();
  assert_null(run(say_nothing)); /* what the one before said is gone */
  expect_end();
  assert_null(run(say_much));
  assert_non_null(p);
  for (i = 0; i < MANY; i++)
    p[i] = (char)(i * 7);
  for (i = 0; i < 10; i++)
    expect((uint32_t)i, p, MANY);
  expect_end();
  assert_null(run(say_three)); /* and smaller again */
  expect(1, "a", 1);
  assert_true(aus_child_rss_bytes(child) > 1 << 18);
  aus_child_destroy(child);
  free(p);
}

static void say_half(void)
{
  (void)!aus_child_begin(child, 1, 100, NULL);
  (void)!aus_child_put(child, "half", 4, NULL);
}

static void say_half_a_head(void)
{
  (void)!aus_child_put(child, "12345", 5, NULL);
}

static void say_too_much(void)
{
  (void)!aus_child_begin(child, 1, UINT64_MAX, NULL);
}

static void cut(void **state)
{
  static void (*const fn[])(void) = {say_half, say_half_a_head, say_too_much};
  uint32_t t;
  const void *p;
  uint64_t k;
  size_t i;

  (void)state;
  start(0);
  for (i = 0; i < 3; i++) {
    assert_null(run(fn[i]));
    check_fails(aus_child_next(child, &t, &p, &k, &err), AUS_EFORMAT, "was cut", &err);
    assert_null(p);
  }
  aus_child_destroy(child);
}

/* ---- ends ---- */

static void leave_badly(void)
{
  aus_child_leave(7);
}

static void die(void)
{
  raise(SIGKILL);
}

static void fault(void)
{
  signal(SIGSEGV, SIG_DFL);
  raise(SIGSEGV);
}

static void ends(void **state)
{
  (void)state;
  start(0);
  assert_string_equal(run(leave_badly), "exit status 7");
  assert_string_equal(run(die), "SIGKILL (Killed)");
  assert_string_equal(run(fault), "SIGSEGV (Segmentation fault)");
  assert_null(run(say_three));
  aus_child_destroy(child);
  aus_child_destroy(NULL);
}

static void killed(void **state)
{
  bool inside;
  pid_t pid;
  double t0_s;

  (void)state;
  start(0);
  check_ok(aus_child_start(child, &inside, &err), &err);
  if (inside)
    for (;;)
      aus_clock_sleep(1);
  t0_s = aus_clock_s();
  assert_false(aus_child_wait(child, 0.05));
  assert_true(aus_clock_s() - t0_s >= 0.045);
  aus_child_kill(child);
  assert_string_equal(aus_child_fate(child), "SIGKILL (Killed)");
  assert_true(aus_child_wait(child, 0.05));
  aus_child_kill(child); /* nobody */
  /* Destroying ends it, too. */
  check_ok(aus_child_start(child, &inside, &err), &err);
  if (inside)
    for (;;)
      aus_clock_sleep(1);
  aus_child_destroy(child);
  pid = waitpid(-1, NULL, WNOHANG);
  assert_true(pid < 0);
}

/* Waiting ends with the child, not with the tick. */
static void sleep_a_little(void)
{
  aus_clock_sleep(0.05);
}

static void ends_soon(void **state)
{
  bool inside;
  double t0_s = aus_clock_s();

  (void)state;
  start(0);
  check_ok(aus_child_start(child, &inside, &err), &err);
  if (inside) {
    sleep_a_little();
    aus_child_leave(0);
  }
  while (!aus_child_wait(child, 5))
    continue;
  assert_true(aus_clock_s() - t0_s < 3);
  aus_child_destroy(child);
}

/* A child of a parent that dies, dies. */
static void orphan(void **state)
{
  int ends[2], status;
  char byte;
  pid_t parent;

  (void)state;
  assert_int_equal(pipe(ends), 0);
  parent = fork();
  if (parent == 0) {
    bool inside;

    close(ends[0]);
    start(0);
    if (aus_child_start(child, &inside, &err) != AUS_OK) _exit(1);
    if (inside)
      for (;;)
        aus_clock_sleep(1);
    aus_clock_sleep(0.05);
    _exit(0);
  }
  close(ends[1]);
  assert_true(waitpid(parent, &status, 0) == parent && status == 0);
  /* The last writing end closes with the grandchild. */
  assert_int_equal(read(ends[0], &byte, 1), 0);
  close(ends[0]);
}

/* ---- limits ---- */

#ifndef AUS_SANITIZED
static void take_memory(void)
{
  volatile char *p = malloc(200 << 20);

  if (!p) aus_child_leave(5);
  p[0] = 1;
}
#endif

static void memory(void **state)
{
#ifdef AUS_SANITIZED
  (void)state;
  skip();
#else
  (void)state;
  start(0);
  assert_null(run(take_memory));
  aus_child_destroy(child);
  start(300);
  assert_null(run(take_memory));
  aus_child_destroy(child);
  start(100);
  assert_string_equal(run(take_memory), "exit status 5");
  aus_child_destroy(child);
#endif
}

static int count_files(void)
{
  DIR *d = opendir("/proc/self/fd");
  int n = 0;

  assert_non_null(d);
  while (readdir(d))
    n++;
  closedir(d);
  return n;
}

/* A launcher may have left SIGCHLD ignored. Files are given back. */
static void leaves_no_trace(void **state)
{
  int n_files = count_files(), i;

  (void)state;
  signal(SIGCHLD, SIG_IGN);
  start(0);
  for (i = 0; i < 50; i++)
    assert_string_equal(run(leave_badly), "exit status 7");
  aus_child_destroy(child);
  assert_int_equal(count_files(), n_files);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(records),   cmocka_unit_test(cut),
      cmocka_unit_test(ends),      cmocka_unit_test(killed),
      cmocka_unit_test(ends_soon), cmocka_unit_test(orphan),
      cmocka_unit_test(memory),    cmocka_unit_test(leaves_no_trace),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
