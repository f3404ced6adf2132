/* study_resume.c - the hook of long work outside the engine: signs of life, signals, a lost directory.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include <fcntl.h>
#include <signal.h>

#include "engine/ctl.h"
#include "study/resume.h"
#include "unit/tempdir.h"

static char dir[256], run[300], lock[320];

static aus_rundir *enter(void)
{
  static const aus_rundir_conf conf = {.config_sha256 = ""};
  aus_rundir *d;
  aus_err err;

  check_ok(aus_rundir_enter(&d, run, &conf, &err), &err);
  return d;
}

static int set_up(void **state)
{
  *state = NULL;
  if (tempdir_make(dir) != 0) return -1;
  snprintf(run, sizeof run, "%s/a.run", dir);
  snprintf(lock, sizeof lock, "%s/lock", run);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  tempdir_remove(dir);
  return 0;
}

static void keeps_alive(void **state)
{
  const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
  aus_rundir *d = enter();
  const aus_poll poll = aus_resume_vigil(d), nobody = aus_resume_vigil(NULL);
  struct stat st;

  (void)state;
  assert_int_equal(aus_poll_now(&nobody), AUS_POLL_CONTINUE);
  assert_int_equal(utimensat(AT_FDCWD, lock, old, 0), 0);
  assert_int_equal(aus_poll_now(&poll), AUS_POLL_CONTINUE);
  assert_int_equal(stat(lock, &st), 0);
  assert_true(st.st_mtime > 1000);
  assert_int_equal(aus_resume_lost(d, AUS_ECANCEL, NULL), AUS_ECANCEL);
  aus_rundir_leave(d);
}

static void knows_that_it_is_lost(void **state)
{
  aus_rundir *d = enter();
  const aus_poll poll = aus_resume_vigil(d);
  aus_err err;

  (void)state;
  assert_int_equal(unlink(lock), 0);
  assert_int_equal(aus_poll_now(&poll), AUS_POLL_STOP);
  aus_err_clear(&err);
  assert_int_equal(aus_resume_lost(d, AUS_OK, &err), AUS_OK);
  assert_int_equal(aus_resume_lost(d, AUS_EIO, &err), AUS_EIO);
  assert_int_equal(aus_resume_lost(NULL, AUS_ECANCEL, &err), AUS_ECANCEL);
  check_fails(aus_resume_lost(d, AUS_ECANCEL, &err), AUS_EBUSY, "taken by another run", &err);
  aus_rundir_leave(d);
}

static void hears_signals(void **state)
{
  const aus_poll poll = aus_resume_vigil(NULL);

  (void)state;
  aus_ctl_install();
  raise(SIGUSR1);
  assert_int_equal(aus_poll_now(&poll), AUS_POLL_CONTINUE); /* there is time for this */
  raise(SIGTERM);
  assert_int_equal(aus_poll_now(&poll), AUS_POLL_STOP);
  aus_ctl_release();
}

int main(void)
{
#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {IN_DIR(keeps_alive), IN_DIR(knows_that_it_is_lost),
                                     IN_DIR(hears_signals)};
#undef IN_DIR

  return cmocka_run_group_tests(tests, NULL, NULL);
}
