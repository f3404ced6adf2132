/* runlock.c - one run at a time in a directory, and dead ones' places taken, with and without flock().
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "store/rundir.h"
#include "store/runlock.h"
#include "unit/tempdir.h"
#include "util/file.h"

static char dir[256], run[300], lock[320], here[256];

static int enter(aus_rundir **d, bool break_lock, aus_err *err)
{
  aus_rundir_conf conf = {.config_sha256 = "", .break_lock = break_lock};

  return aus_rundir_enter(d, run, &conf, err);
}

static void put_lock(const char *text)
{
  FILE *f = fopen(lock, "w");

  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}

static void set_age(int age_s)
{
  struct timespec t[2] = {{.tv_sec = time(NULL) - age_s}, {.tv_sec = time(NULL) - age_s}};

  assert_int_equal(utimensat(AT_FDCWD, lock, t, 0), 0);
}

static aus_runlock_holder read_lock(void)
{
  aus_runlock_holder h;
  char *text = NULL;
  size_t n = 0;
  aus_err err;

  check_ok(aus_file_read(lock, &text, &n, &err), &err);
  assert_int_equal(text[n - 1], '\n');
  h = aus_runlock_parse(text);
  aus_free(text);
  return h;
}

static int set_up(void **state)
{
  aus_rundir *d;

  *state = NULL;
  unsetenv("SLURM_JOB_ID");
  unsetenv("SLURM_RESTART_COUNT");
  if (tempdir_make(dir) != 0 || gethostname(here, sizeof here) != 0) return -1;
  snprintf(run, sizeof run, "%s/a.run", dir);
  snprintf(lock, sizeof lock, "%s/lock", run);
  if (enter(&d, false, NULL) != AUS_OK) return -1;
  aus_rundir_leave(d);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  tempdir_remove(dir);
  return 0;
}

/* What a process of a test does; its exit status is 0 when it could enter, else the code negated. */
typedef enum deed { STAY, DIE, LEAVE_A_CHILD } deed;

/* No flock() from here on, as on a file system without it. */
static int forbid_flock(void)
{
  struct sock_filter f[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_flock, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOLCK),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog p = {.len = sizeof f / sizeof f[0], .filter = f};

  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, 2, &p) == 0 ? 0 : -1;
}

enum { NO_SECCOMP = 99 };

/* Enter in a process of its own, which tells through a pipe that it is done, and the number of its child. */
static pid_t other_run(deed what, bool with_flock, pid_t *child)
{
  aus_rundir *d;
  int told[2], rc;
  pid_t pid, grandchild = 0;

  assert_int_equal(pipe(told), 0);
  pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    alarm(60);
    if (!with_flock && forbid_flock() != 0) _exit(NO_SECCOMP);
    rc = enter(&d, false, NULL);
    if (what == LEAVE_A_CHILD) grandchild = fork();
    if (what == LEAVE_A_CHILD && grandchild == 0) {
      close(told[1]);
      alarm(60);
      pause();
      _exit(0);
    }
    if (write(told[1], &grandchild, sizeof grandchild) < 0) _exit(98);
    if (rc == AUS_OK && what == STAY) pause();
    _exit(-rc);
  }
  close(told[1]);
  if (read(told[0], &grandchild, sizeof grandchild) < 0) fail();
  close(told[0]);
  if (child) *child = grandchild;
  return pid;
}

static int status_of(pid_t pid)
{
  int status = 0;

  assert_int_equal(waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void line(void **state)
{
  aus_runlock_holder h;
  aus_rundir *d;
  aus_err err;

  (void)state;
  check_ok(enter(&d, false, &err), &err);
  h = read_lock();
  assert_true(h.known);
  assert_string_equal(h.host, here);
  assert_int_equal(h.pid, getpid());
  assert_true(h.start_ticks > 0);
  assert_int_equal(strlen(h.since), 20);
  assert_string_equal(h.job, "");
  aus_rundir_leave(d);
  assert_int_not_equal(access(lock, F_OK), 0);
  setenv("SLURM_JOB_ID", "4711", 1);
  check_ok(enter(&d, false, &err), &err);
  h = read_lock();
  assert_string_equal(h.job, "4711");
  assert_int_equal(h.n_restarts, 0);
  aus_rundir_leave(d);
  setenv("SLURM_RESTART_COUNT", "3", 1);
  check_ok(enter(&d, false, &err), &err);
  assert_int_equal(read_lock().n_restarts, 3);
  aus_rundir_leave(d);
}

static void lines(void **state)
{
  static const char *const bad[] = {"",
                                    "\n",
                                    "host",
                                    "host:7",
                                    "host:7:9",
                                    "host:x:9 since=now",
                                    "host:0:9 since=now",
                                    "host:-1:9 since=now",
                                    ":7:9 since=now"};
  aus_runlock_holder h;
  char text[2000];
  size_t i;

  (void)state;
  for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
    assert_false(aus_runlock_parse(bad[i]).known);
  memset(text, 'h', sizeof text);
  text[sizeof text - 1] = '\0';
  assert_false(aus_runlock_parse(text).known);
  h = aus_runlock_parse(
      "n1:7:9 since=2026-03-01T12:00:00Z SLURM_JOB_ID=12_3 SLURM_RESTART_COUNT=2\n");
  assert_true(h.known && h.pid == 7 && h.start_ticks == 9 && h.n_restarts == 2);
  assert_string_equal(h.host, "n1");
  assert_string_equal(h.since, "2026-03-01T12:00:00Z");
  assert_string_equal(h.job, "12_3");
}

static void rules(void **state)
{
  static const struct {
    const char *holder;
    int alive, locked, age_s, break_lock, want;
  } cases[] = {
      {"me:1:1 since=x", 1, 0, 9999, 1, 0}, /* lives: never */
      {"me:1:1 since=x", 1, 1, 9999, 1, 0},
      {"me:1:1 since=x", 0, 0, 0, 0, 1}, /* dead, on this host */
      {"me:1:1 since=x", 0, 1, 0, 0, 1},
      {"you:1:1 since=x", 0, 1, 599, 0, 0}, /* on another host */
      {"you:1:1 since=x", 0, 0, 599, 0, 0},
      {"you:1:1 since=x", 0, 0, 600, 0, 1},
      {"you:1:1 since=x", 0, 1, 600, 0, 1},
      {"you:1:1 since=x", 0, 0, 0, 1, 1},
      {"you:1:1 since=x", 0, 0, -50, 0, 0}, /* its clock is ahead */
      {"you:1:1 since=x SLURM_JOB_ID=5 SLURM_RESTART_COUNT=1", 0, 0, 0, 0, 1}, /* requeued */
      {"you:1:1 since=x SLURM_JOB_ID=5 SLURM_RESTART_COUNT=2", 0, 0, 0, 0, 0},
      {"you:1:1 since=x SLURM_JOB_ID=5 SLURM_RESTART_COUNT=3", 0, 0, 0, 0, 0},
      {"you:1:1 since=x SLURM_JOB_ID=6 SLURM_RESTART_COUNT=1", 0, 0, 0, 0, 0},
      {"", 0, 1, 0, 0, 1}, /* nobody, and locked by us */
      {"", 0, 0, 0, 0, 0}, /* somebody is about to write it */
      {"", 0, 0, 600, 0, 1},
      {"", 0, 0, 0, 1, 1},
  };
  aus_runlock_holder me = aus_runlock_parse("me:2:2 since=x SLURM_JOB_ID=5 SLURM_RESTART_COUNT=2"),
                     h;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    h = aus_runlock_parse(cases[i].holder);
    if (aus_runlock_may_take(&h, &me, cases[i].alive, cases[i].locked, cases[i].age_s,
                             cases[i].break_lock) != cases[i].want)
      fail_msg("case %zu: %s", i, cases[i].holder);
  }
  /* Without a job, an empty name is no common one. */
  me = aus_runlock_parse("me:2:2 since=x");
  me.n_restarts = 1;
  h = aus_runlock_parse("you:1:1 since=x");
  assert_false(aus_runlock_may_take(&h, &me, false, false, 0, false));
}

static void one_at_a_time(void **state)
{
  aus_rundir *first, *second;
  char text[400];
  aus_err err;
  pid_t pid;

  (void)state;
  check_ok(enter(&first, false, &err), &err);
  check_fails(enter(&second, false, &err), AUS_EBUSY, "in use by process", &err);
  assert_null(second);
  check_ok(aus_rundir_beat(first, &err), &err);
  aus_rundir_leave(first);
  pid = other_run(STAY, true, NULL);
  snprintf(text, sizeof text, "a.run: in use by process %d on this host (%s) since %s; stop it",
           (int)pid, here, read_lock().since);
  check_fails(enter(&second, false, &err), AUS_EBUSY, text, &err);
  check_fails(enter(&second, true, &err), AUS_EBUSY, text, &err);
  set_age(9999); /* a run that was stopped for a while still lives */
  check_fails(enter(&second, true, &err), AUS_EBUSY, text, &err);
  /* Killed, and even before anybody has waited for it. */
  kill(pid, SIGKILL);
  waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WEXITED | WNOWAIT);
  check_ok(enter(&second, false, &err), &err);
  assert_int_equal(read_lock().pid, getpid());
  aus_rundir_leave(second);
  assert_int_equal(status_of(pid), -1);
}

static void dead_run(void **state)
{
  aus_rundir *d;
  aus_err err;
  pid_t pid = other_run(DIE, true, NULL);

  (void)state;
  assert_int_equal(status_of(pid), 0);
  assert_int_equal(read_lock().pid, pid);
  check_ok(enter(&d, false, &err), &err);
  aus_rundir_leave(d);
}

/* The number of a dead run belongs to another process now. */
static void number_used_again(void **state)
{
  char text[400];
  aus_rundir *d;
  aus_err err;

  (void)state;
  snprintf(text, sizeof text, "%s:%d:1 since=2026-03-01T12:00:00Z\n", here, (int)getpid());
  put_lock(text);
  check_ok(enter(&d, false, &err), &err);
  aus_rundir_leave(d);
}

/* A child of a dead run may still hold its flock(). */
static void orphan(void **state)
{
  aus_rundir *d;
  aus_err err;
  pid_t pid, child = 0;

  (void)state;
  assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  pid = other_run(LEAVE_A_CHILD, true, &child);
  assert_true(child > 0);
  assert_int_equal(status_of(pid), 0);
  check_ok(enter(&d, false, &err), &err);
  check_ok(aus_rundir_beat(d, &err), &err);
  aus_rundir_leave(d);
  assert_int_equal(kill(child, SIGKILL), 0); /* it did live */
  assert_int_equal(status_of(child), -1);
  assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

static void other_host(void **state)
{
  static const char there[] = "far.away:7:9 since=2026-03-01T12:00:00Z\n";
  aus_rundir *d;
  aus_err err;

  (void)state;
  put_lock(there);
  set_age(100);
  check_fails(
      enter(&d, false, &err), AUS_EBUSY,
      "a.run: in use by process 7 on host far.away since 2026-03-01T12:00:00Z, last sign of "
      "life 10",
      &err);
  assert_non_null(strstr(err.text,
                         "wait until that is 10 minutes, or give --break-lock if that run "
                         "is dead"));
  assert_string_equal(read_lock().host, "far.away");
  check_ok(enter(&d, true, &err), &err);
  aus_rundir_leave(d);
  put_lock(there);
  set_age(601);
  check_ok(enter(&d, false, &err), &err);
  aus_rundir_leave(d);
}

static void requeued(void **state)
{
  aus_rundir *d;
  aus_err err;

  (void)state;
  put_lock("far.away:7:9 since=now SLURM_JOB_ID=12 SLURM_RESTART_COUNT=1\n");
  setenv("SLURM_JOB_ID", "12", 1);
  setenv("SLURM_RESTART_COUNT", "1", 1);
  check_fails(enter(&d, false, &err), AUS_EBUSY, "on host far.away", &err);
  setenv("SLURM_RESTART_COUNT", "2", 1);
  check_ok(enter(&d, false, &err), &err);
  aus_rundir_leave(d);
}

static void heartbeat(void **state)
{
  struct stat st;
  aus_rundir *d;
  aus_err err;

  (void)state;
  check_ok(enter(&d, false, &err), &err);
  set_age(500);
  check_ok(aus_rundir_beat(d, &err), &err);
  assert_int_equal(stat(lock, &st), 0);
  assert_true(time(NULL) - st.st_mtime < 60);
  /* Taken by a run elsewhere: ours must stop, and leave the other one's lock alone. */
  assert_int_equal(unlink(lock), 0);
  check_fails(aus_rundir_beat(d, &err), AUS_EBUSY, "a.run/lock: removed or taken by another run",
              &err);
  put_lock("far.away:7:9 since=now\n");
  check_fails(aus_rundir_beat(d, &err), AUS_EBUSY, "a.run/lock: removed or taken by another run",
              &err);
  aus_rundir_leave(d);
  assert_string_equal(read_lock().host, "far.away");
}

/* Where flock() is refused the line decides alone. */
static void without_flock(void **state)
{
  pid_t first, second;
  int status;

  (void)state;
  first = other_run(STAY, false, NULL);
  second = other_run(DIE, false, NULL);
  status = status_of(second);
  kill(first, SIGKILL);
  if (status == NO_SECCOMP) {
    (void)status_of(first);
    skip();
  }
  assert_int_equal(status, -AUS_EBUSY);
  assert_int_equal(status_of(first), -1);
  assert_int_equal(read_lock().pid, first);
  first = other_run(DIE, false, NULL);
  assert_int_equal(status_of(first), 0);
  assert_int_equal(read_lock().pid, first);
  put_lock("");
  assert_int_equal(status_of(other_run(DIE, false, NULL)), -AUS_EBUSY);
  set_age(700);
  assert_int_equal(status_of(other_run(DIE, false, NULL)), 0);
}

/* No file of ours: told, and not touched. */
static void odd_files(void **state)
{
  aus_rundir *d;
  aus_err err;

  (void)state;
  assert_int_equal(symlink("/dev/null", lock), 0);
  check_fails(enter(&d, true, &err), AUS_EIO, "a.run/lock: cannot be written: Too many levels",
              &err);
  assert_int_equal(unlink(lock), 0);
  assert_int_equal(mkdir(lock, 0777), 0);
  check_fails(enter(&d, true, &err), AUS_EIO, "a.run/lock: cannot be written: Is a directory",
              &err);
  assert_int_equal(rmdir(lock), 0);
  assert_int_equal(mkfifo(lock, 0666), 0);
  check_fails(enter(&d, true, &err), AUS_EIO, "a.run/lock: not a regular file", &err);
}

int main(void)
{
#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      IN_DIR(line),     cmocka_unit_test(lines),   cmocka_unit_test(rules), IN_DIR(one_at_a_time),
      IN_DIR(dead_run), IN_DIR(number_used_again), IN_DIR(orphan),          IN_DIR(other_host),
      IN_DIR(requeued), IN_DIR(heartbeat),         IN_DIR(without_flock),   IN_DIR(odd_files),
  };
#undef IN_DIR

  return cmocka_run_group_tests(tests, NULL, NULL);
}
