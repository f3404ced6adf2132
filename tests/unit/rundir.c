/* rundir.c - run directories: made, taken over, refused, removed; links and foreign files stay.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <time.h>

#include "store/rundir.h"
#include "unit/tempdir.h"
#include "util/file.h"
#include "util/log.h"

static char dir[256], run[300];

/* Enter and leave at once. */
static int open_run(const char *path, uint64_t seed, const char *hash, aus_err *err)
{
  aus_rundir_conf conf = {.seed = seed, .config_sha256 = hash};
  aus_rundir *d;
  int rc = aus_rundir_enter(&d, path, &conf, err);

  assert_int_equal(d != NULL, rc == AUS_OK);
  aus_rundir_leave(d);
  return rc;
}

static const char *in_run(const char *name)
{
  static char path[600];

  snprintf(path, sizeof path, "%s/%s", run, name);
  return path;
}

static void put(const char *name, const char *text)
{
  FILE *f = fopen(in_run(name), "w");

  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}

static int there(const char *name)
{
  struct stat st;

  return lstat(in_run(name), &st) == 0;
}

static int count_entries(void)
{
  DIR *d = opendir(run);
  int n = -2;

  assert_non_null(d);
  while (readdir(d))
    n++;
  closedir(d);
  return n;
}

static void check_text(const char *name, const char *want)
{
  char *p = NULL;
  size_t n = 0;
  aus_err err;

  check_ok(aus_file_read(in_run(name), &p, &n, &err), &err);
  assert_string_equal(p, want);
  aus_free(p);
}

/* Something of each kind that a run leaves. */
static void leave_a_run(void)
{
  aus_err err;

  check_ok(open_run(run, 7, "00ff", &err), &err);
  if (!there("shards")) assert_int_equal(mkdir(in_run("shards"), 0777), 0);
  put("shards/s000000.h5", "rows");
  put("shards/s000123.h5", "rows");
  put("status.json", "{}");
  put("status.json.part", "{");
  put("auspex.run.part", "{");
  put("journal.ausj.part", "AUS");
  put("crash-3-17.txt", "signal 11");
}

/* Names that look like ours but are not, and links with our names. */
static void leave_foreign(void)
{
  put("shards/s00000.h5", "foreign");
  put("shards/s0000000.h5", "foreign");
  put("shards/s00000x.h5", "foreign");
  put("shards/s000001.h5.old", "foreign");
  put("status.json.bak", "foreign");
  put("crash-.txt", "foreign");
  put("crash-1.txt.gz", "foreign");
  put("notes", "foreign");
  assert_int_equal(mkdir(in_run("shards/s000009.h5"), 0777), 0);
  assert_int_equal(symlink("../notes", in_run("shards/s000005.h5")), 0);
}

static void check_foreign(void)
{
  check_text("shards/s00000.h5", "foreign");
  check_text("shards/s0000000.h5", "foreign");
  check_text("shards/s00000x.h5", "foreign");
  check_text("shards/s000001.h5.old", "foreign");
  check_text("status.json.bak", "foreign");
  check_text("crash-.txt", "foreign");
  check_text("crash-1.txt.gz", "foreign");
  check_text("notes", "foreign");
  assert_true(there("shards/s000009.h5"));
  assert_true(there("shards/s000005.h5"));
}

static int set_up(void **state)
{
  *state = NULL;
  if (tempdir_make(dir) != 0) return -1;
  snprintf(run, sizeof run, "%s/a/b.run", dir);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  tempdir_remove(dir);
  return 0;
}

static void makes(void **state)
{
  aus_err err;

  (void)state;
  check_ok(open_run(run, UINT64_MAX, "00ff", &err), &err);
  check_text("auspex.run", "{\"format\": \"auspex-run-1\", \"version\": \"" PACKAGE_VERSION
                           "\", \"seed\": 18446744073709551615, \"config_sha256\": \"00ff\"}\n");
  assert_int_equal(count_entries(), 1);
  /* An empty directory will do, too. */
  unlink(in_run("auspex.run"));
  check_ok(open_run(run, 1, "", &err), &err);
  check_fails(open_run(run, 1, "\"}", &err), AUS_EINVAL, "not hexadecimal", &err);
}

static void takes_over(void **state)
{
  char log[300], *text = NULL;
  size_t n = 0;
  aus_err err;
  int old, fd, rc;

  (void)state;
  leave_a_run();
  leave_foreign();
  snprintf(log, sizeof log, "%s/log", dir);
  fd = open(log, O_WRONLY | O_CREAT, 0666);
  old = dup(2);
  dup2(fd, 2);
  aus_log_start(0, AUS_LOG_INFO, NULL);
  aus_err_clear(&err);
  rc = open_run(run, 8, "ab", &err);
  dup2(old, 2);
  close(old);
  close(fd);
  assert_int_equal(rc, AUS_OK);
  check_ok(aus_file_read(log, &text, &n, &err), &err);
  assert_non_null(strstr(text, "removed 7 files of an earlier run"));
  aus_free(text);
  assert_false(there("shards/s000000.h5"));
  assert_false(there("shards/s000123.h5"));
  assert_false(there("status.json"));
  assert_false(there("status.json.part"));
  assert_false(there("auspex.run.part"));
  assert_false(there("journal.ausj.part"));
  assert_false(there("crash-3-17.txt"));
  check_foreign();
  check_text("auspex.run", "{\"format\": \"auspex-run-1\", \"version\": \"" PACKAGE_VERSION
                           "\", \"seed\": 8, \"config_sha256\": \"ab\"}\n");
}

/* Nothing is touched without the marker, whatever the names. */
static void refuses(void **state)
{
  static const char *const fakes[] = {"", "{", "{\"format\": \"other\"}", "not at all"};
  size_t i;
  aus_err err;

  (void)state;
  leave_a_run();
  leave_foreign();
  unlink(in_run("auspex.run"));
  for (i = 0; i <= sizeof fakes / sizeof fakes[0]; i++) {
    check_fails(open_run(run, 8, "ab", &err), AUS_EIO, "without the marker auspex.run", &err);
    check_fails(aus_rundir_remove(run, &err), AUS_EIO, "auspex.run is missing", &err);
    check_text("shards/s000000.h5", "rows");
    check_text("status.json", "{}");
    check_foreign();
    if (i < sizeof fakes / sizeof fakes[0]) put("auspex.run", fakes[i]);
  }
  /* A marker that is a link to a real one, or a directory, is not ours. */
  unlink(in_run("auspex.run"));
  put("real", "{\"format\": \"auspex-run-1\", \"version\": \"0\"}");
  assert_int_equal(symlink("real", in_run("auspex.run")), 0);
  check_fails(open_run(run, 8, "ab", &err), AUS_EIO, "without the marker", &err);
  unlink(in_run("auspex.run"));
  assert_int_equal(mkdir(in_run("auspex.run"), 0777), 0);
  check_fails(open_run(run, 8, "ab", &err), AUS_EIO, "without the marker", &err);
  check_text("shards/s000000.h5", "rows");
}

/* A lock alone is left by a run that was killed at once, unless it is somebody else's. */
static void lock_alone(void **state)
{
  aus_err err;

  (void)state;
  check_ok(open_run(run, 1, "", &err), &err);
  assert_int_equal(unlink(in_run("auspex.run")), 0);
  put("lock", "dpkg 17");
  check_fails(open_run(run, 1, "", &err), AUS_EIO, "without the marker", &err);
  check_text("lock", "dpkg 17");
  put("lock", "");
  put("auspex.run.part", "{");
  check_ok(open_run(run, 1, "", &err), &err);
  assert_true(there("auspex.run"));
}

static void not_a_directory(void **state)
{
  char path[300];
  aus_err err;
  FILE *f;

  (void)state;
  snprintf(path, sizeof path, "%s/file", dir);
  f = fopen(path, "w");
  fclose(f);
  check_fails(open_run(path, 1, "", &err), AUS_EIO, "file: Not a directory", &err);
  check_fails(aus_rundir_remove(path, &err), AUS_EIO, "file: Not a directory", &err);
  snprintf(path, sizeof path, "%s/file/below", dir);
  check_fails(open_run(path, 1, "", &err), AUS_EIO, "Not a directory", &err);
  check_fails(aus_rundir_remove(run, &err), AUS_EIO, "is missing", &err);
}

/* shards/ is a link to somebody's directory: its files stay, and the run is refused. */
static void linked_shards(void **state)
{
  char path[300];
  aus_err err;
  FILE *f;

  (void)state;
  check_ok(open_run(run, 1, "", &err), &err);
  snprintf(path, sizeof path, "%s/other", dir);
  assert_int_equal(mkdir(path, 0777), 0);
  assert_int_equal(symlink(path, in_run("shards")), 0);
  snprintf(path, sizeof path, "%s/other/s000000.h5", dir);
  f = fopen(path, "w");
  fclose(f);
  check_fails(open_run(run, 1, "", &err), AUS_EIO, "shards: ", &err);
  check_fails(aus_rundir_remove(run, &err), AUS_EIO, "shards: ", &err);
  assert_int_equal(access(path, F_OK), 0);
}

/* The user may reach the run directory itself through a link. */
static void linked_run(void **state)
{
  char path[300];
  aus_err err;

  (void)state;
  leave_a_run();
  snprintf(path, sizeof path, "%s/link", dir);
  assert_int_equal(symlink(run, path), 0);
  check_ok(open_run(path, 2, "", &err), &err);
  assert_false(there("shards/s000000.h5"));
}

static void removes(void **state)
{
  aus_err err;

  (void)state;
  leave_a_run();
  put("journal.ausj", "AUSJ");
  put("lock", "");
  check_ok(aus_rundir_remove(run, &err), &err);
  assert_int_not_equal(access(run, F_OK), 0);
  /* Foreign files keep the directory; the marker goes. */
  leave_a_run();
  leave_foreign();
  check_ok(aus_rundir_remove(run, &err), &err);
  assert_false(there("auspex.run"));
  assert_false(there("shards/s000000.h5"));
  check_foreign();
  check_fails(aus_rundir_remove(run, &err), AUS_EIO, "is missing", &err);
}

static void no_memory(void **state)
{
#ifdef NDEBUG
  (void)state;
  skip();
#else
  int64_t live = aus_alloc_live();
  aus_err err;
  int n, rc = AUS_ENOMEM;

  (void)state;
  for (n = 0; rc != AUS_OK; n++) {
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    rc = open_run(run, 1, "", &err);
    aus_alloc_fail_at(-1);
    assert_true(rc == AUS_OK || rc == AUS_ENOMEM);
    assert_true(aus_alloc_live() == live);
  }
  assert_true(n > 4);
  for (n = 0, rc = AUS_ENOMEM; rc != AUS_OK; n++) {
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    rc = aus_rundir_remove(run, &err);
    aus_alloc_fail_at(-1);
    assert_true(rc == AUS_OK || rc == AUS_ENOMEM);
    assert_true(aus_alloc_live() == live);
  }
  assert_true(n > 1);
#endif
}

static void resumes(void **state)
{
  static const aus_rundir_conf conf = {.seed = 8, .config_sha256 = "ab"};
  char journal[65] = "AUSJ";
  aus_rundir *d;
  aus_err err;

  (void)state;
  memset(journal + 4, 'x', 60);
  leave_a_run();
  put("journal.ausj", journal);
  check_ok(aus_rundir_enter(&d, run, &conf, &err), &err);
  assert_true(aus_rundir_resumed(d));
  aus_rundir_leave(d);
  check_text("journal.ausj", journal);
  check_text("shards/s000123.h5", "rows");
  check_text("status.json", "{}");
  check_text("crash-3-17.txt", "signal 11");
  check_text("auspex.run", "{\"format\": \"auspex-run-1\", \"version\": \"" PACKAGE_VERSION
                           "\", \"seed\": 7, \"config_sha256\": \"00ff\"}\n");
  /* Killed while the file was made: there is no record to go on with. */
  journal[63] = '\0';
  put("journal.ausj", journal);
  check_ok(aus_rundir_enter(&d, run, &conf, &err), &err);
  assert_false(aus_rundir_resumed(d));
  aus_rundir_leave(d);
  assert_false(there("journal.ausj"));
  assert_false(there("shards/s000123.h5"));
}

static void mark_done(void)
{
  char done[400];

  snprintf(done, sizeof done, "%s/auspex.done", run);
  assert_int_equal(rename(in_run("auspex.run"), done), 0);
}

/* Killed while a finished run removed its directory, at any point: with its result there it stays finished, else
 * it goes on or begins anew. */
static void finishes(void **state)
{
  static const char *const left[] = {"journal.ausj", "shards/s000000.h5", "status.json", ""};
  aus_rundir_conf conf = {.seed = 8, .config_sha256 = "ab"};
  char journal[65] = "";
  aus_rundir *d;
  size_t i, k;
  aus_err err;

  (void)state;
  memset(journal, 'x', 64);
  for (i = 0; i < sizeof left / sizeof left[0]; i++) {
    leave_a_run();
    put("journal.ausj", journal);
    mark_done();
    for (k = 0; k < i; k++)
      assert_int_equal(unlink(in_run(left[k])), 0);
    conf.published = true;
    check_ok(aus_rundir_enter(&d, run, &conf, &err), &err);
    assert_true(aus_rundir_finished(d) && !aus_rundir_resumed(d));
    assert_true(there("shards/s000123.h5") && there("auspex.done"));
    aus_rundir_leave(d);
    conf.published = false;
    check_ok(aus_rundir_enter(&d, run, &conf, &err), &err);
    assert_false(aus_rundir_finished(d));
    assert_int_equal(aus_rundir_resumed(d), i == 0);
    assert_true(there("auspex.run") && !there("auspex.done"));
    assert_int_equal(there("shards/s000123.h5"), i == 0);
    aus_rundir_leave(d);
    check_ok(aus_rundir_remove(run, &err), &err);
    assert_int_not_equal(access(run, F_OK), 0);
  }
  /* --fresh is obeyed, and a removal goes on where it stopped. */
  leave_a_run();
  mark_done();
  conf.published = conf.fresh = true;
  check_ok(aus_rundir_enter(&d, run, &conf, &err), &err);
  assert_false(aus_rundir_finished(d));
  aus_rundir_leave(d);
  leave_a_run();
  mark_done();
  check_ok(aus_rundir_remove(run, &err), &err);
  assert_int_not_equal(access(run, F_OK), 0);
}

static double age_of_lock(void)
{
  struct stat st;

  assert_int_equal(stat(in_run("lock"), &st), 0);
  return difftime(time(NULL), st.st_mtime);
}

/* Signs of life in a loop: the first one at once, then not too many. */
static void tends(void **state)
{
  static const aus_rundir_conf conf = {.config_sha256 = ""};
  const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
  aus_rundir *d, *other;
  aus_err err;

  (void)state;
  check_ok(aus_rundir_enter(&d, run, &conf, &err), &err);
  assert_int_equal(utimensat(AT_FDCWD, in_run("lock"), old, 0), 0);
  check_ok(aus_rundir_tend(d, &err), &err);
  assert_true(age_of_lock() < 1000);
  assert_int_equal(utimensat(AT_FDCWD, in_run("lock"), old, 0), 0);
  check_ok(aus_rundir_tend(d, &err), &err);
  assert_true(age_of_lock() > 1e6);
  aus_rundir_leave(d);
  check_ok(aus_rundir_enter(&other, run, &conf, &err), &err);
  assert_int_equal(unlink(in_run("lock")), 0);
  check_fails(aus_rundir_tend(other, &err), AUS_EBUSY, "removed or taken by another run", &err);
  check_fails(aus_rundir_tend(other, &err), AUS_EBUSY, "removed or taken by another run", &err);
  aus_rundir_leave(other);
}

static void starts_afresh(void **state)
{
  aus_rundir_conf conf = {.seed = 8, .config_sha256 = "ab", .fresh = true};
  char journal[65] = "";
  aus_rundir *d;
  aus_err err;

  (void)state;
  memset(journal, 'x', 64);
  leave_a_run();
  check_ok(aus_rundir_enter(&d, run, &conf, &err), &err);
  assert_false(aus_rundir_resumed(d));
  aus_rundir_leave(d);
  leave_a_run();
  put("journal.ausj", journal);
  check_fails(
      aus_rundir_enter(&d, run, &conf, &err), AUS_ECONFIG,
      "b.run: holds the journal of an unfinished run, which goes on without --fresh; --fresh "
      "--force removes it",
      &err);
  assert_null(d);
  check_text("journal.ausj", journal);
  check_text("shards/s000000.h5", "rows");
  assert_false(there("lock"));
  conf.force = true;
  check_ok(aus_rundir_enter(&d, run, &conf, &err), &err);
  assert_false(aus_rundir_resumed(d));
  aus_rundir_leave(d);
  assert_false(there("journal.ausj"));
  assert_false(there("shards/s000000.h5"));
}

/* Permissions say nothing to the superuser, so the test becomes somebody else for a moment. */
static void read_only(void **state)
{
  uid_t me = geteuid();
  aus_err err;
  int rc;

  (void)state;
  check_ok(open_run(run, 7, "", &err), &err);
  assert_int_equal(chmod(dir, 0755), 0);
  assert_int_equal(chmod(run, 0555), 0);
  if (me == 0) assert_int_equal(seteuid(65534), 0);
  aus_err_clear(&err);
  rc = open_run(run, 7, "", &err);
  if (me == 0) assert_int_equal(seteuid(0), 0);
  assert_int_equal(chmod(run, 0755), 0);
  assert_int_equal(rc, AUS_EIO);
  if (!strstr(err.text, "b.run/lock: cannot be written: Permission denied"))
    fail_msg("%s", err.text);
}

int main(void)
{
#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      IN_DIR(makes),         IN_DIR(takes_over), IN_DIR(refuses),       IN_DIR(not_a_directory),
      IN_DIR(linked_shards), IN_DIR(linked_run), IN_DIR(lock_alone),    IN_DIR(removes),
      IN_DIR(no_memory),     IN_DIR(resumes),    IN_DIR(starts_afresh), IN_DIR(read_only),
      IN_DIR(finishes),      IN_DIR(tends),
  };
#undef IN_DIR

  return cmocka_run_group_tests(tests, NULL, NULL);
}
