/* store_check_run.c - verification of run directories: journal, shards, who holds it, every allocation
 * failing once. tests/cli/verify.t kills a run and looks at what it leaves.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/check.h"
#include "unit/check.h"

#include <fcntl.h>
#include <sys/file.h>

#include "store/journal.h"
#include "store/shard.h"
#include "unit/tempdir.h"

static char dir[256];
static aus_err err;
static aus_buf lines;
static aus_check_run run;

static const aus_column columns[] = {AUS_COLUMN("x", AUS_F64, "1", 1, "x")};
static const aus_table tables[] = {{.name = "traces/t", .column = columns, .n_columns = 1}};

static void put_file(const char *name, const char *text)
{
  char path[400];
  FILE *to;

  snprintf(path, sizeof path, "%s/%s", dir, name);
  to = fopen(path, "w");
  assert_non_null(to);
  fputs(text, to);
  fclose(to);
}

static void put_journal(uint8_t first)
{
  aus_journal *j;
  aus_journal_head head = {.seed = 5, .config = {first}};
  aus_buf b;
  char path[400];

  snprintf(path, sizeof path, "%s/journal.ausj", dir);
  unlink(path);
  aus_buf_init(&b);
  aus_buf_text(&b, "payload");
  check_ok(aus_journal_create(&j, path, &head, 1, &err), &err);
  check_ok(aus_journal_add(j, AUS_R_NOTE, 0, &b, &err), &err);
  check_ok(aus_journal_add(j, AUS_R_COMMIT, 0, &b, &err), &err);
  check_ok(aus_journal_close(j, &err), &err);
  aus_buf_fini(&b);
}

static void put_shard(uint64_t run_id, uint32_t number)
{
  static const double x[3] = {1, 2, 3};
  const void *values[1] = {x};
  aus_shard *s;
  aus_range range;

  check_ok(aus_shard_create(&s, dir, run_id, number, 1, tables, 1, &err), &err);
  check_ok(aus_shard_append(s, 0, 1, 3, values, &range, &err), &err);
  check_ok(aus_shard_close(s, &err), &err);
}

/* A directory with a journal and one shard. */
static int make(void **state)
{
  (void)state;
  assert_int_equal(tempdir_make(dir), 0);
  put_file("auspex.run", "{}");
  put_journal(7);
  put_shard(7, 0);
  return 0;
}

static int drop(void **state)
{
  (void)state;
  tempdir_remove(dir);
  return 0;
}

static void expect(const char *want)
{
  aus_buf_clear(&lines);
  check_ok(aus_check_rundir(dir, 9, &lines, &run, &err), &err);
  assert_string_equal(lines.n > 0 ? lines.data : "", want);
}

static void right(void **state)
{
  (void)state;
  expect("");
  assert_true(run.seed == 5 && run.records == 2 && run.commits == 1 && run.dropped == 0);
  assert_true(run.shards == 1 && run.set_aside == 0 && run.faults == 0);
  /* x and trial */
  assert_int_equal(run.bytes, 2 * 3 * 8);
}

static void shards(void **state)
{
  (void)state;
  put_shard(8, 2);
  put_file("shards/s000003.h5", "");
  put_file("shards/s000004.h5.bad", "");
  put_file("shards/notes", "");
  expect("shards/s000002.h5: belongs to run 0000000000000008, expected 0000000000000007\n"
         "shards/s000003.h5: not an HDF5 file\n");
  assert_true(run.shards == 3 && run.set_aside == 1 && run.faults == 2);
}

static void journal(void **state)
{
  char path[400];

  (void)state;
  put_file("journal.ausj", "a text that is longer than the header of a journal, sixty-four bytes");
  aus_buf_clear(&lines);
  check_ok(aus_check_rundir(dir, 9, &lines, &run, &err), &err);
  assert_int_equal(run.faults, 1);
  assert_memory_equal(lines.data, "journal.ausj: ", 14);
  snprintf(path, sizeof path, "%s/journal.ausj", dir);
  unlink(path);
  expect("journal.ausj: No such file or directory\n");
  put_journal(9);
  expect("shards/s000000.h5: belongs to run 0000000000000007, expected 0000000000000009\n");
}

static void held(void **state)
{
  char path[400];
  int fd;

  (void)state;
  put_file("lock", "");
  expect("");
  snprintf(path, sizeof path, "%s/lock", dir);
  fd = open(path, O_RDWR);
  assert_true(fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0);
  check_fails(aus_check_rundir(dir, 9, &lines, &run, &err), AUS_EBUSY, ": a run is under way",
              &err);
  close(fd);
  /* Another host, whose heart has just beaten. */
  put_file("lock", "elsewhere:12:34 since=2026-01-01T00:00:00Z");
  check_fails(aus_check_rundir(dir, 9, &lines, &run, &err), AUS_EBUSY, ": a run is under way",
              &err);
}

static void no_directory(void **state)
{
  (void)state;
  check_fails(aus_check_rundir("/nowhere", 9, &lines, &run, &err), AUS_EFORMAT,
              "/nowhere: no run directory", &err);
}

static void out_of_memory(void **state)
{
  int64_t live, i;
  int rc = AUS_OK;

  (void)state;
  put_shard(8, 2);
  aus_buf_fini(&lines);
  live = aus_alloc_live();
  for (i = 0; i < 1000; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_check_rundir(dir, 9, &lines, &run, &err);
    if (rc == AUS_OK) rc = aus_buf_check(&lines, &err);
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    aus_buf_fini(&lines);
    assert_int_equal(aus_alloc_live(), live);
    if (!aus_alloc_failed()) break;
  }
  aus_alloc_fail_at(-1);
  assert_int_equal(rc, AUS_OK);
  assert_int_equal(run.faults, 1);
#ifndef NDEBUG
  assert_true(i > 10);
#endif
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(right, make, drop),
      cmocka_unit_test_setup_teardown(shards, make, drop),
      cmocka_unit_test_setup_teardown(journal, make, drop),
      cmocka_unit_test_setup_teardown(held, make, drop),
      cmocka_unit_test(no_directory),
      cmocka_unit_test_setup_teardown(out_of_memory, make, drop),
  };
  int rc;

  aus_buf_init(&lines);
  rc = cmocka_run_group_tests(tests, NULL, NULL);
  aus_buf_fini(&lines);
  return rc;
}
