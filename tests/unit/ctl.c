/* ctl.c - forms of a wall clock, signals, and the steps of an early end against an invented clock.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"
#include "unit/tempdir.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/ctl.h"
#include "learn/petsc.h"
#include "util/clock.h"

static aus_err err;

/* ---- the wall clock ---- */

static void walltime(void **state)
{
  static const struct {
    const char *text;
    double s;
  } good[] = {{"1", 1},         {"90", 90},      {"100000", 100000},   {"2:05", 125},
              {"0:01", 1},      {"90:00", 5400}, {"1:00:00", 3600},    {"48:30:15", 174615},
              {"2-12", 216000}, {"0-00:01", 60}, {"1-02:03:04", 93784}};
  static const char *const bad[] = {"",      "0",    "0:00",    "-5",  "-30",       "1.5",
                                    "1:",    ":5",   "1:2:3:4", "1-",  "1-2:3:4:5", "1-2-3",
                                    "1:2-3", "5 ",   " 5",      "5m",  "1::2",      "-",
                                    "x-3",   "1x-3", "+5",      "1-x", "1e3",       "9999999999"};
  size_t i;
  double s;

  (void)state;
  for (i = 0; i < sizeof good / sizeof good[0]; i++) {
    check_ok(aus_ctl_walltime(good[i].text, &s, &err), &err);
    if (s != good[i].s) fail_msg("%s is %g s", good[i].text, s);
  }
  for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    aus_err_clear(&err);
    if (aus_ctl_walltime(bad[i], &s, &err) != AUS_ECONFIG) fail_msg("\"%s\" is %g s", bad[i], s);
  }
  check_fails(aus_ctl_walltime("5m", &s, &err), AUS_ECONFIG,
              "--walltime 5m: need SECONDS, MM:SS, HH:MM:SS, D-HH, D-HH:MM or D-HH:MM:SS", &err);
}

/* A squeue that says `line` when asked for a job, first in PATH. */
static void fake_squeue(const char *dir, const char *job, const char *line)
{
  char path[300];
  FILE *f;

  snprintf(path, sizeof path, "%s/squeue", dir);
  f = fopen(path, "w");
  assert_non_null(f);
  fprintf(f,
          "#!/bin/sh\n[ \"$*\" = '-h -j %s -o %%e' ] && [ \"$SLURM_TIME_FORMAT\" = standard ] && "
          "echo '%s'\n",
          job, line);
  assert_int_equal(fclose(f), 0);
  assert_int_equal(chmod(path, 0755), 0);
}

static double left_s(const char *walltime_text)
{
  double limit_s;

  check_ok(aus_ctl_limit(walltime_text, &limit_s, &err), &err);
  return limit_s - aus_clock_s();
}

static void limit(void **state)
{
  char dir[256], path[4096], text[64], *old = getenv("PATH");
  time_t end = time(NULL) + 5000;
  struct tm tm;

  (void)state;
  assert_int_equal(tempdir_make(dir), 0);
  unsetenv("SLURM_JOB_ID");
  unsetenv("SLURM_JOB_END_TIME");
  assert_true(isinf(left_s(NULL)));
  assert_true(fabs(left_s("10:00") - 600) < 1);
  snprintf(text, sizeof text, "%lld", (long long)end);
  setenv("SLURM_JOB_END_TIME", text, 1);
  assert_true(fabs(left_s(NULL) - 5000) < 3);
  assert_true(fabs(left_s("10:00") - 600) < 1); /* the option wins */
  setenv("SLURM_JOB_END_TIME", "tomorrow", 1);
  assert_true(isinf(left_s(NULL)));
  unsetenv("SLURM_JOB_END_TIME");
  /* Slurm itself is asked only when the variable is missing; nothing it says is an error. */
  old = strdup(old);
  snprintf(path, sizeof path, "%s:%s", dir, old);
  setenv("PATH", path, 1);
  setenv("SLURM_JOB_ID", "7", 1);
  localtime_r(&end, &tm);
  strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
  fake_squeue(dir, "7", text);
  assert_true(fabs(left_s(NULL) - 5000) < 3);
  fake_squeue(dir, "7", "N/A");
  assert_true(isinf(left_s(NULL)));
  fake_squeue(dir, "7", "");
  assert_true(isinf(left_s(NULL)));
  fake_squeue(dir, "7", text);
  setenv("SLURM_JOB_ID", "8", 1);
  assert_true(isinf(left_s(NULL)));
  setenv("SLURM_JOB_ID", "7; echo 7", 1); /* nothing for a shell */
  assert_true(isinf(left_s(NULL)));
  /* A task of an array, whose id may be that of the whole array. */
  setenv("SLURM_JOB_ID", "7", 1);
  setenv("SLURM_ARRAY_JOB_ID", "7", 1);
  setenv("SLURM_ARRAY_TASK_ID", "3", 1);
  assert_true(isinf(left_s(NULL)));
  fake_squeue(dir, "7_3", text);
  assert_true(fabs(left_s(NULL) - 5000) < 3);
  unsetenv("SLURM_ARRAY_JOB_ID");
  unsetenv("SLURM_ARRAY_TASK_ID");
  unsetenv("SLURM_JOB_ID");
  setenv("PATH", old, 1);
  free(old);
  tempdir_remove(dir);
}

/* ---- signals ---- */

static void expect_seen(aus_order order, int signal, int n_publish, bool abort)
{
  aus_orders o = aus_ctl_seen();

  assert_int_equal(o.order, order);
  assert_int_equal(o.signal, signal);
  assert_int_equal(o.n_publish, n_publish);
  assert_int_equal(o.abort, abort);
}

static void escalation(void **state)
{
  (void)state;
  expect_seen(AUS_ORDER_NONE, 0, 0, false);
  aus_ctl_install();
  raise(SIGPIPE); /* ignored */
  expect_seen(AUS_ORDER_NONE, 0, 0, false);
  raise(SIGUSR2);
  raise(SIGUSR2);
  expect_seen(AUS_ORDER_PUBLISH, SIGUSR2, 2, false);
  raise(SIGUSR1);
  raise(SIGUSR2);
  expect_seen(AUS_ORDER_DRAIN, SIGUSR1, 3, false);
  raise(SIGINT);
  expect_seen(AUS_ORDER_STOP, SIGINT, 3, false);
  raise(SIGTERM);
  raise(SIGUSR1);
  expect_seen(AUS_ORDER_STOP, SIGTERM, 3, false);
  raise(SIGINT);
  expect_seen(AUS_ORDER_STOP, SIGTERM, 3, true);
  aus_ctl_install(); /* forgets */
  expect_seen(AUS_ORDER_NONE, 0, 0, false);
  raise(SIGHUP);
  if (isatty(STDIN_FILENO))
    expect_seen(AUS_ORDER_STOP, SIGHUP, 0, false);
  else
    expect_seen(AUS_ORDER_NONE, 0, 0, false);
  assert_string_equal(aus_ctl_name(SIGTERM), "SIGTERM");
  assert_string_equal(aus_ctl_name(SIGUSR1), "SIGUSR1");
  assert_string_equal(aus_ctl_name(0), "the wall clock");
}

/* PETSc starts when it is first needed, after the handlers were installed. */
static void petsc_leaves_them(void **state)
{
  static const int signals[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP, SIGPIPE};
  struct sigaction before[6], after;
  int i;

  (void)state;
  aus_ctl_install();
  for (i = 0; i < 6; i++)
    sigaction(signals[i], NULL, &before[i]);
  check_ok(aus_petsc_start(&err), &err);
  for (i = 0; i < 6; i++) {
    sigaction(signals[i], NULL, &after);
    assert_true(after.sa_handler == before[i].sa_handler);
  }
  raise(SIGTERM);
  expect_seen(AUS_ORDER_STOP, SIGTERM, 0, false);
  aus_ctl_release();
  sigaction(SIGTERM, NULL, &after);
  assert_true(after.sa_handler == SIG_DFL);
  aus_ctl_install();
  expect_seen(AUS_ORDER_NONE, 0, 0, false);
}

/* ---- the steps of an early end ---- */

static const aus_orders usr1 = {.order = AUS_ORDER_DRAIN, .signal = SIGUSR1};
static const aus_orders term = {.order = AUS_ORDER_STOP, .signal = SIGTERM};

static aus_ctl begin(aus_ctl_conf conf, double now_s)
{
  aus_ctl c;

  aus_ctl_init(&c, &conf, now_s);
  return c;
}

static void draining(void **state)
{
  aus_ctl c = begin((aus_ctl_conf){.margin_s = 60, .grace_s = -1}, 100);

  (void)state;
  assert_int_equal(aus_ctl_next(&c, 1e9, 1e9), AUS_CTL_GO_ON); /* no wall clock */
  aus_ctl_hear(&c, &(aus_orders){0});
  assert_int_equal(aus_ctl_next(&c, 1000, 0), AUS_CTL_GO_ON);
  aus_ctl_hear(&c, &usr1);
  aus_ctl_hear(&c, &usr1); /* from another rank */
  assert_int_equal(aus_ctl_next(&c, 1000, 0), AUS_CTL_FREEZE);
  assert_int_equal(c.signal, SIGUSR1);
  aus_ctl_hear(&c, &usr1);
  assert_int_equal(aus_ctl_next(&c, 1000, 0), AUS_CTL_GO_ON);
  assert_int_equal(aus_ctl_next(&c, 1299.9, 0), AUS_CTL_GO_ON);
  assert_int_equal(aus_ctl_next(&c, 1300, 0), AUS_CTL_CANCEL);
  /* Without a wall clock it waits for those that it cancelled. */
  assert_int_equal(aus_ctl_next(&c, 1e9, 0), AUS_CTL_GO_ON);
  aus_ctl_hear(&c, &term);
  assert_int_equal(aus_ctl_next(&c, 1e9, 0), AUS_CTL_STOP);
  assert_int_equal(c.signal, SIGTERM);
  assert_int_equal(aus_ctl_next(&c, 1e9, 0), AUS_CTL_GO_ON);
  aus_ctl_hear(&c, &usr1); /* orders only become stronger */
  assert_int_equal(aus_ctl_next(&c, 1e9, 0), AUS_CTL_GO_ON);
  assert_int_equal(c.order, AUS_ORDER_STOP);
}

static void grace(void **state)
{
  static const struct {
    double limit_s, grace_s, margin_s, want_s;
  } row[] = {{0, -1, 60, 300},    {0, 7, 60, 7},     {INFINITY, 0, 60, 0}, {1300, -1, 60, 210},
             {1300, -1, 10, 285}, {1080, -1, 60, 0}, {1300, 400, 60, 400}};
  size_t i;

  (void)state;
  for (i = 0; i < sizeof row / sizeof row[0]; i++) {
    aus_ctl c = begin((aus_ctl_conf){.limit_s = row[i].limit_s,
                                     .grace_s = row[i].grace_s,
                                     .margin_s = row[i].margin_s},
                      0);

    aus_ctl_hear(&c, &usr1);
    assert_int_equal(aus_ctl_next(&c, 1000, 0), AUS_CTL_FREEZE);
    if (row[i].want_s > 0)
      assert_int_equal(aus_ctl_next(&c, 1000 + row[i].want_s - 0.1, 0), AUS_CTL_GO_ON);
    assert_int_equal(aus_ctl_next(&c, 1000 + row[i].want_s, 0), AUS_CTL_CANCEL);
  }
}

static void wall_clock(void **state)
{
  aus_ctl c = begin((aus_ctl_conf){.limit_s = 1000, .margin_s = 60, .grace_s = -1}, 0);

  (void)state;
  assert_int_equal(aus_ctl_next(&c, 940, 0), AUS_CTL_GO_ON);
  assert_int_equal(aus_ctl_next(&c, 930, 10), AUS_CTL_GO_ON);
  assert_int_equal(aus_ctl_next(&c, 930.1, 10), AUS_CTL_FREEZE);
  assert_int_equal(c.order, AUS_ORDER_DRAIN);
  assert_int_equal(c.signal, 0);
  aus_ctl_hear(&c, &usr1); /* it is under way */
  assert_int_equal(c.signal, 0);
  assert_int_equal(aus_ctl_next(&c, 930.1, 10), AUS_CTL_CANCEL); /* less than 90 s are left */
  assert_int_equal(aus_ctl_next(&c, 969.9, 10), AUS_CTL_GO_ON);
  assert_int_equal(aus_ctl_next(&c, 970, 10), AUS_CTL_STOP); /* half of the margin */
  assert_int_equal(aus_ctl_next(&c, 970, 10), AUS_CTL_GO_ON);
  /* With little left from the beginning there are still some seconds for what was cancelled. */
  c = begin((aus_ctl_conf){.limit_s = 20, .margin_s = 60, .grace_s = -1}, 0);
  assert_int_equal(aus_ctl_next(&c, 1, 0), AUS_CTL_FREEZE);
  assert_int_equal(aus_ctl_next(&c, 1, 0), AUS_CTL_CANCEL);
  assert_int_equal(aus_ctl_next(&c, 10.9, 0), AUS_CTL_GO_ON);
  assert_int_equal(aus_ctl_next(&c, 11, 0), AUS_CTL_STOP);
}

static void publishing(void **state)
{
  aus_ctl c = begin((aus_ctl_conf){.margin_s = 60}, 0);
  aus_orders usr2 = {.order = AUS_ORDER_PUBLISH, .signal = SIGUSR2, .n_publish = 1};

  (void)state;
  assert_int_equal(aus_ctl_next(&c, 1e6, 0), AUS_CTL_GO_ON);
  aus_ctl_hear(&c, &usr2);
  assert_int_equal(aus_ctl_next(&c, 1e6, 0), AUS_CTL_PUBLISH);
  /* The other ranks had the same signal: the news of it may come late. */
  aus_ctl_hear(&c, &usr2);
  aus_ctl_hear(&c, &usr2);
  assert_int_equal(aus_ctl_next(&c, 1e6, 0), AUS_CTL_GO_ON);
  usr2.n_publish = 2;
  aus_ctl_hear(&c, &usr2);
  assert_int_equal(aus_ctl_next(&c, 1e6, 0), AUS_CTL_PUBLISH);
  assert_int_equal(aus_ctl_next(&c, 1e6, 0), AUS_CTL_GO_ON);
  assert_int_equal(c.order, AUS_ORDER_NONE);
  /* From time to time; one on request counts. */
  c = begin((aus_ctl_conf){.publish_every_s = 100}, 1000);
  assert_int_equal(aus_ctl_next(&c, 1099, 0), AUS_CTL_GO_ON);
  assert_int_equal(aus_ctl_next(&c, 1100, 0), AUS_CTL_PUBLISH);
  assert_int_equal(aus_ctl_next(&c, 1250, 0), AUS_CTL_GO_ON); /* it lasts */
  aus_ctl_published(&c, 1245, 1260);
  aus_ctl_hear(&c, &usr2);
  assert_int_equal(aus_ctl_next(&c, 1300, 0), AUS_CTL_PUBLISH);
  aus_ctl_published(&c, 1300, 1310);
  assert_int_equal(aus_ctl_next(&c, 1409, 0), AUS_CTL_GO_ON);
  assert_int_equal(aus_ctl_next(&c, 1410, 0), AUS_CTL_PUBLISH);
  aus_ctl_published(&c, 1410, 1710); /* took longer than that */
  assert_int_equal(aus_ctl_next(&c, 2009, 0), AUS_CTL_GO_ON);
  assert_int_equal(aus_ctl_next(&c, 2010, 0), AUS_CTL_PUBLISH);
  /* An end comes first. */
  usr2.n_publish = 3;
  aus_ctl_hear(&c, &usr2);
  aus_ctl_hear(&c, &usr1);
  assert_int_equal(aus_ctl_next(&c, 3000, 0), AUS_CTL_FREEZE);
  assert_int_equal(aus_ctl_next(&c, 3000, 0), AUS_CTL_CANCEL);
  assert_int_equal(aus_ctl_next(&c, 3000, 0), AUS_CTL_GO_ON);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(walltime),   cmocka_unit_test(limit),
      cmocka_unit_test(escalation), cmocka_unit_test(petsc_leaves_them),
      cmocka_unit_test(draining),   cmocka_unit_test(grace),
      cmocka_unit_test(wall_clock), cmocka_unit_test(publishing),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
