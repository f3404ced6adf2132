/* guard.c - what a watched process does in its last moments: each case in a child of the test.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"
#include "unit/tempdir.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "engine/crash.h"
#include "engine/guard.h"
#include "util/clock.h"

static aus_err err;
static char dir[256];
static volatile sig_atomic_t n_heard;

static void on_signal(int number)
{
  (void)number;
  n_heard++;
  _exit(77);
}

/* ---- ways to die ---- */

/* The watchdog ends the process; a case that outlives it says so. */
static void outlive(double s)
{
  aus_clock_sleep(s);
  _exit(1);
}

static void hangs(aus_guard *g)
{
  aus_guard_begin(g, 3ull << 32 | 17, false, 1, 0.3);
  outlive(10);
}

static void hangs_after_polls(aus_guard *g)
{
  int i;

  aus_guard_begin(g, 4, true, 0, 0.001);
  for (i = 0; i < 20; i++) { /* it lives past the end of patience as long as it polls */
    aus_clock_sleep(0.15);
    aus_guard_poll(g);
  }
  n_heard = 1;
  outlive(10);
}

static void announced(aus_guard *g)
{
  aus_guard_begin(g, 5, true, 0, 0.1);
  aus_guard_expect(g, 5);
  aus_clock_sleep(3); /* deadline and slack are over at 2.1 s */
  _exit(0);
}

static void ends_in_time(aus_guard *g)
{
  aus_guard_begin(g, 5, true, 0, 0.1);
  aus_guard_end(g);
  aus_clock_sleep(3);
  aus_guard_close(g);
  _exit(0);
}

static void no_deadline(aus_guard *g)
{
  aus_guard_begin(g, 5, true, 0, 0);
  aus_clock_sleep(2.6);
  _exit(0);
}

static void faults(aus_guard *g)
{
  volatile char *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  aus_guard_begin(g, 3ull << 32 | 17, false, 0, 100);
  *nowhere = 1;
}

static void aborts(aus_guard *g)
{
  aus_guard_begin(g, 3ull << 32 | 18, false, 0, 100);
  abort();
}

/* The handler has a stack of its own. */
static int recurse(volatile char *before, int depth)
{
  volatile char here[4096];

  here[0] = before ? before[0] : 0;
  return depth == 0 ? 0 : recurse(here, depth - 1) + here[0];
}

static void overflows(aus_guard *g)
{
  struct rlimit small = {.rlim_cur = 1 << 20, .rlim_max = 1 << 20};

  (void)setrlimit(RLIMIT_STACK, &small);
  aus_guard_begin(g, 3ull << 32 | 19, false, 0, 100);
  (void)recurse(NULL, 1 << 20);
}

static void faults_at_rest(aus_guard *g)
{
  aus_guard_begin(g, 3ull << 32 | 17, false, 0, 100);
  aus_guard_end(g);
  raise(SIGSEGV);
}

static void faults_as_child(aus_guard *g)
{
  aus_guard_begin(g, 3ull << 32 | 17, false, 0, 100);
  aus_guard_leave(g);
  raise(SIGSEGV);
}

static void stops_for_a_while(aus_guard *g)
{
  pid_t me = getpid();

  if (fork() == 0) {
    aus_clock_sleep(3);
    kill(me, SIGCONT);
    _exit(0);
  }
  aus_guard_begin(g, 5, true, 0, 1);
  raise(SIGSTOP);
  aus_clock_sleep(1.2); /* longer than until the next tick */
  _exit(0);
}

/* ---- what is left ---- */

/* Begin one case in a child of its own. */
static pid_t begin(void (*die)(aus_guard *), bool handler)
{
  pid_t pid = fork();

  if (pid == 0) {
    const struct rlimit none = {0};
    aus_guard *g;
    int i;
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

    (void)setrlimit(RLIMIT_CORE, &none);
    for (i = 0; i < 5; i++)
      signal(fatal[i], handler ? on_signal : SIG_DFL);
    if (aus_guard_open(&g, dir, 3, &err) != AUS_OK) _exit(2);
    die(g);
    _exit(3);
  }
  assert_true(pid > 0);
  return pid;
}

/* Its wait status. */
static int end(pid_t pid)
{
  int status = 0;

  assert_true(waitpid(pid, &status, 0) == pid);
  return status;
}

static int run(void (*die)(aus_guard *), bool handler)
{
  return end(begin(die, handler));
}

static void expect_crash(uint32_t campaign, uint32_t index, bool job, int n_attempts,
                         const char *cause)
{
  aus_crashes c;

  aus_crashes_init(&c);
  check_ok(aus_crash_read(&c, dir, &err), &err);
  assert_true(c.n == 1 && c.n_files == 1 && c.n_bad == 0);
  assert_true(c.task[0].id == ((uint64_t)campaign << 32 | index) && c.task[0].job == job);
  assert_int_equal(c.task[0].n_attempts, n_attempts);
  assert_string_equal(c.task[0].cause, cause);
  aus_crashes_fini(&c);
  check_ok(aus_crash_remove(dir, &err), &err);
}

static void expect_nothing(void)
{
  aus_crashes c;

  aus_crashes_init(&c);
  check_ok(aus_crash_read(&c, dir, &err), &err);
  assert_int_equal(c.n_files, 0);
  aus_crashes_fini(&c);
}

static void expect_exit(int status, int want)
{
  if (!WIFEXITED(status) || WEXITSTATUS(status) != want)
    fail_msg("wait status %#x, want exit %d", status, want);
}

static void deadline(void **state)
{
  double t0_s = aus_clock_s();

  (void)state;
  expect_exit(run(hangs, false), AUS_GUARD_EXIT);
  assert_true(aus_clock_s() - t0_s >= 2.3);
  expect_crash(3, 17, false, 2, "deadline");
  t0_s = aus_clock_s();
  expect_exit(run(hangs_after_polls, false), AUS_GUARD_EXIT);
  assert_true(aus_clock_s() - t0_s >= 20 * 0.15 + 2);
  expect_crash(0, 4, true, 1, "deadline");
}

static void patience(void **state)
{
  void (*const cases[])(aus_guard *) = {announced, ends_in_time, no_deadline, stops_for_a_while};
  pid_t pid[4];
  int i;

  (void)state;
  for (i = 0; i < 4; i++) /* they only wait: side by side */
    pid[i] = begin(cases[i], false);
  for (i = 0; i < 4; i++)
    expect_exit(end(pid[i]), 0);
  expect_nothing();
  assert_true(aus_guard_slack_s(1) == 2 && aus_guard_slack_s(100) == 10);
}

/* The one who had the signal before has it afterwards. */
static void signals(void **state)
{
  int status = run(aborts, false);

  (void)state;
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
  expect_crash(3, 18, false, 1, "SIGABRT");
  expect_exit(run(aborts, true), 77);
  expect_crash(3, 18, false, 1, "SIGABRT");
  status = run(faults_at_rest, false);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
  expect_exit(run(faults_at_rest, true), 77);
  status = run(faults_as_child, true);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
  expect_nothing();
}

static void real_faults(void **state)
{
  int status = run(faults, false);

  (void)state;
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
  expect_crash(3, 17, false, 1, "SIGSEGV");
  expect_exit(run(faults, true), 77);
  expect_crash(3, 17, false, 1, "SIGSEGV");
  status = run(overflows, false);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
  expect_crash(3, 19, false, 1, "SIGSEGV");
}

static void opens_and_closes(void **state)
{
  aus_guard *g, *other;
  struct sigaction before, now;
  int n, rc = AUS_ENOMEM, i;

  (void)state;
  sigaction(SIGSEGV, NULL, &before);
  for (i = 0; i < 3; i++) {
    check_ok(aus_guard_open(&g, dir, 0, &err), &err);
    check_fails(aus_guard_open(&other, dir, 0, &err), AUS_EBUSY, "watched already", &err);
    assert_null(other);
    sigaction(SIGSEGV, NULL, &now);
    assert_true(now.sa_flags & SA_ONSTACK);
    aus_guard_begin(g, 1, false, 0, 1);
    aus_guard_end(g);
    aus_guard_end(g); /* again is fine */
    aus_guard_close(g);
    sigaction(SIGSEGV, NULL, &now);
    assert_true(now.sa_sigaction == before.sa_sigaction);
  }
  for (n = 0; rc != AUS_OK; n++) {
    assert_true(n < 100);
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    rc = aus_guard_open(&g, dir, 0, &err);
    if (aus_alloc_failed()) assert_int_equal(rc, AUS_ENOMEM);
    aus_alloc_fail_at(-1);
  }
  aus_guard_close(g);
  aus_guard_close(NULL);
  expect_nothing();
}

static int make_dir(void **state)
{
  (void)state;
  return tempdir_make(dir);
}

static int remove_dir(void **state)
{
  (void)state;
  tempdir_remove(dir);
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(opens_and_closes), cmocka_unit_test(deadline),    cmocka_unit_test(patience),
      cmocka_unit_test(signals),          cmocka_unit_test(real_faults),
  };

  return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
