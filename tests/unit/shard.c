/* shard.c - shards: append, roll, read back; damaged, foreign and missing files; a killed writer; a
 * full disk; every allocation failing once.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "store/shard.h"
#include "unit/tempdir.h"

enum { RUN = 0x1234, MAX_ROWS = 20000 };

static const aus_column task_columns[] = {
    {"start", AUS_F64, 1, "s", 1.0, "start of the task", NULL, 0, 0, 0},
    {"node", AUS_I32, 1, "1", 1.0, "node", NULL, 0, 0, 0},
    {"use", AUS_F32, 3, "1", 1.0, "use of three resources", NULL, 0, 0, 0},
};
static const aus_column byte_columns[] = {{"byte", AUS_U8, 1, "1", 1.0, "bytes", NULL, 0, 0, 0}};
static const aus_table tables[] = {
    {"traces/tasks", task_columns, 3, 1, 0},
    {"traces/bytes", byte_columns, 1, 1, 0},
};

static char dir[256];

/* Values are functions of the trial and the row, so that a wrong row shows. */
typedef struct rows {
  double start[MAX_ROWS];
  int32_t node[MAX_ROWS];
  float use[3 * MAX_ROWS];
  uint8_t byte[MAX_ROWS];
} rows;

static void fill(rows *r, uint64_t trial, int64_t n)
{
  int64_t i;

  for (i = 0; i < n; i++) {
    r->start[i] = (double)trial * 1e6 + (double)i;
    r->node[i] = (int32_t)(trial * 31 + (uint64_t)i);
    r->use[3 * i] = (float)trial;
    r->use[3 * i + 1] = (float)i;
    r->use[3 * i + 2] = -1.0F;
    r->byte[i] = (uint8_t)(trial * 7 + (uint64_t)i);
  }
}

static int append(aus_shard *s, rows *r, int table, uint64_t trial, int64_t n, aus_range *range,
                  aus_err *err)
{
  const void *tasks[] = {r->start, r->node, r->use}, *bytes[] = {r->byte};

  fill(r, trial, n);
  return aus_shard_append(s, table, trial, n, table == 0 ? tasks : bytes, range, err);
}

static int read_table(aus_shard_reader *reader, rows *got, const aus_range *g, aus_err *err)
{
  int rc = AUS_OK;
  void *tasks[] = {got->start, got->node, got->use}, *bytes[] = {got->byte};
  void **to = g->table == 0 ? tasks : bytes;
  int i;

  for (i = 0; i < tables[g->table].n_columns; i++)
    AUS_TRY(aus_shard_read(reader, (int)g->table, i, g->shard, g->first, g->n, to[i], err));
done:
  return rc;
}

static void read_back(aus_shard_reader *reader, const aus_range *g)
{
  rows *got = test_malloc(sizeof *got), *want = test_malloc(sizeof *want);
  aus_err err;

  memset(got, 0xee, sizeof *got);
  fill(want, g->trial, (int64_t)g->n);
  check_ok(read_table(reader, got, g, &err), &err);
  check_ok(aus_shard_check(reader, g, &err), &err);
  if (g->table == 0) {
    assert_memory_equal(got->start, want->start, g->n * sizeof got->start[0]);
    assert_memory_equal(got->node, want->node, g->n * sizeof got->node[0]);
    assert_memory_equal(got->use, want->use, g->n * 3 * sizeof got->use[0]);
  } else {
    assert_memory_equal(got->byte, want->byte, g->n);
  }
  test_free(got);
  test_free(want);
}

static void shard_path(char *path, uint32_t number)
{
  snprintf(path, 300, "%s/shards/s%06" PRIu32 ".h5", dir, number);
}

static int exists(uint32_t number)
{
  char path[300];

  shard_path(path, number);
  return access(path, F_OK) == 0;
}

static int set_up(void **state)
{
  *state = NULL;
  return tempdir_make(dir);
}

static int tear_down(void **state)
{
  (void)state;
  tempdir_remove(dir);
  return 0;
}

/* One closed shard number 3 with two appends to table 0. */
static void make_one(aus_range range[2])
{
  rows *r = test_malloc(sizeof *r);
  aus_shard *s = NULL;
  aus_err err;

  check_ok(aus_shard_create(&s, dir, RUN, 3, 2, tables, 2, &err), &err);
  check_ok(append(s, r, 0, 1, 1000, &range[0], &err), &err);
  check_ok(append(s, r, 0, 2, 10, &range[1], &err), &err);
  check_ok(aus_shard_close(s, &err), &err);
  test_free(r);
}

static void round_trip(void **state)
{
  /* Around the 64 KiB of a chunk: 8,192 doubles, 5,461 triples of floats. */
  static const int64_t n_rows[] = {1, 5461, 0, 8192, 8193, 20000, 7, 0, 5462, 3};
  enum { N = sizeof n_rows / sizeof n_rows[0] };
  rows *r = test_malloc(sizeof *r);
  aus_range range[2 * N];
  aus_shard *s = NULL;
  aus_shard_reader *reader = NULL;
  uint64_t total = 0;
  aus_err err;
  int i;

  (void)state;
  check_ok(aus_shard_create(&s, dir, RUN, 3, 2, tables, 2, &err), &err);
  for (i = 0; i < N; i++) {
    check_ok(append(s, r, 0, 100 + (uint64_t)i, n_rows[i], &range[2 * i], &err), &err);
    check_ok(append(s, r, 1, 100 + (uint64_t)i, n_rows[N - 1 - i], &range[2 * i + 1], &err), &err);
    check_ok(aus_shard_flush(s, &err), &err);
    assert_true(range[2 * i].n == (uint64_t)n_rows[i]);
    if (n_rows[i] > 0) assert_true(range[2 * i].first == total);
    assert_int_equal(range[2 * i].shard, 3);
    assert_true(range[2 * i].trial == 100 + (uint64_t)i);
    total += (uint64_t)n_rows[i];
  }
  check_ok(aus_shard_close(s, &err), &err);
  check_ok(aus_shard_reader_create(&reader, dir, RUN, tables, 2, &err), &err);
  for (i = 2 * N - 1; i >= 0; i--)
    read_back(reader, &range[i]);
  aus_shard_reader_destroy(reader);
  test_free(r);
}

static void no_rows_no_file(void **state)
{
  rows *r = test_malloc(sizeof *r);
  char path[300];
  aus_range range;
  aus_shard *s = NULL;
  aus_shard_reader *reader = NULL;
  aus_err err;

  (void)state;
  check_ok(aus_shard_create(&s, dir, RUN, 0, 1, tables, 2, &err), &err);
  check_ok(append(s, r, 1, 5, 0, &range, &err), &err);
  check_ok(aus_shard_flush(s, &err), &err);
  check_ok(aus_shard_roll(s, &err), &err);
  check_ok(aus_shard_close(s, &err), &err);
  assert_int_equal(aus_shard_close(NULL, NULL), AUS_OK);
  snprintf(path, sizeof path, "%s/shards", dir);
  assert_int_not_equal(access(path, F_OK), 0);
  check_ok(aus_shard_reader_create(&reader, dir, RUN, tables, 2, &err), &err);
  read_back(reader, &range);
  aus_shard_reader_destroy(reader);
  test_free(r);
}

/* 219 files, more than the reader keeps open, read in an order that jumps between them. */
static void rolls(void **state)
{
  enum { N = 1000 };
  rows *r = test_malloc(sizeof *r);
  aus_range range[2 * N];
  aus_shard *s = NULL;
  aus_shard_reader *reader = NULL;
  aus_err err;
  int i;

  (void)state;
  check_ok(aus_shard_create(&s, dir, RUN, 5, 3, tables, 2, &err), &err);
  aus_shard_limit(s, 1);
  for (i = 0; i < 2 * N; i++) {
    /* By size in the first half, by order in the second. */
    if (i == N) aus_shard_limit(s, UINT64_MAX);
    if (i > N) check_ok(aus_shard_roll(s, &err), &err);
    check_ok(append(s, r, 0, (uint64_t)i, 1 + i, &range[i], &err), &err);
    assert_int_equal(range[i].shard, i < N ? 5 + 3 * i : 5 + 3 * (i - 1));
    assert_true(range[i].first == (i == N ? N : 0));
  }
  check_ok(aus_shard_close(s, &err), &err);
  assert_false(exists(6));
  check_ok(aus_shard_reader_create(&reader, dir, RUN, tables, 2, &err), &err);
  for (i = 0; i < 2 * N; i++)
    read_back(reader, &range[(i * 37) % (2 * N)]);
  aus_shard_reader_destroy(reader);
  test_free(r);
}

/* Everything up to the last flush outlives SIGKILL. */
static void killed_writer(void **state)
{
  rows *r = test_malloc(sizeof *r);
  /* Shared with the child, which tells where the rows went. */
  aus_range *range =
      mmap(NULL, 16 * sizeof *range, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  aus_shard_reader *reader = NULL;
  aus_err err;
  int status, i;
  pid_t pid;

  (void)state;
  assert_true(range != MAP_FAILED);
  pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    aus_shard *s = NULL;

    if (aus_shard_create(&s, dir, RUN, 0, 1, tables, 2, NULL) != AUS_OK) _exit(1);
    for (i = 0; i < 5; i++) {
      if (append(s, r, 0, (uint64_t)i, 3000 + i, &range[2 * i], NULL) != AUS_OK) _exit(1);
      if (append(s, r, 1, (uint64_t)i, 20 + i, &range[2 * i + 1], NULL) != AUS_OK) _exit(1);
      if (i < 4 && aus_shard_flush(s, NULL) != AUS_OK) _exit(1);
    }
    raise(SIGKILL);
  }
  assert_true(waitpid(pid, &status, 0) == pid);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  check_ok(aus_shard_reader_create(&reader, dir, RUN, tables, 2, &err), &err);
  for (i = 0; i < 8; i++)
    read_back(reader, &range[i]);
  check_fails(aus_shard_check(reader, &range[8], &err), AUS_EIO, "s000000.h5:/traces/tasks", &err);
  aus_shard_reader_destroy(reader);
  munmap(range, 16 * sizeof *range);
  test_free(r);
}

static void missing_and_foreign(void **state)
{
  rows *got = test_malloc(sizeof *got);
  char from[300], to[300];
  aus_range range[2], beyond;
  aus_shard_reader *reader = NULL;
  aus_err err;
  FILE *f;

  (void)state;
  make_one(range);
  check_ok(aus_shard_reader_create(&reader, dir, RUN, tables, 2, &err), &err);
  beyond = range[1];
  beyond.shard = 4;
  check_fails(read_table(reader, got, &beyond, &err), AUS_EIO, "s000004.h5: No such file", &err);
  check_fails(aus_shard_check(reader, &beyond, &err), AUS_EIO, "s000004.h5: No such file", &err);
  /* Fewer rows than wanted; a first row near the end of the numbers must not wrap. */
  beyond = range[1];
  beyond.n = 11;
  check_fails(read_table(reader, got, &beyond, &err), AUS_EIO,
              "s000003.h5:/traces/tasks/start: has 1010 rows, expected 1011 or more", &err);
  beyond.first = UINT64_MAX - 5;
  check_fails(read_table(reader, got, &beyond, &err), AUS_EIO, "has 1010 rows", &err);
  /* No rows of that table at all. */
  beyond = range[0];
  beyond.table = 1;
  check_fails(read_table(reader, got, &beyond, &err), AUS_EIO, "s000003.h5:/traces/bytes/byte",
              &err);
  /* Right rows, wrong CRC. */
  beyond = range[0];
  beyond.crc ^= 1;
  check_fails(aus_shard_check(reader, &beyond, &err), AUS_EIO, "have CRC", &err);
  /* Another shard's file under this name; something that is no HDF5 file; an empty one. */
  shard_path(from, 3);
  shard_path(to, 4);
  assert_int_equal(link(from, to), 0);
  beyond = range[0];
  beyond.shard = 4;
  check_fails(read_table(reader, got, &beyond, &err), AUS_EIO, "s000004.h5: has number 3", &err);
  unlink(to);
  f = fopen(to, "w");
  fputs("these are not the rows you are looking for", f);
  fclose(f);
  check_fails(read_table(reader, got, &beyond, &err), AUS_EIO, "s000004.h5: ", &err);
  assert_int_equal(truncate(to, 0), 0);
  check_fails(read_table(reader, got, &beyond, &err), AUS_EIO, "s000004.h5: ", &err);
  /* The good one still reads. */
  read_back(reader, &range[1]);
  aus_shard_reader_destroy(reader);
  check_ok(aus_shard_reader_create(&reader, dir, RUN + 1, tables, 2, &err), &err);
  check_fails(read_table(reader, got, &range[0], &err), AUS_EIO, "belongs to run 0000000000001234",
              &err);
  aus_shard_reader_destroy(reader);
  test_free(got);
}

static void other_columns(void **state)
{
  static const aus_column wide[] = {{"use", AUS_F32, 4, "1", 1.0, "", NULL, 0, 0, 0},
                                    {"use", AUS_F64, 3, "1", 1.0, "", NULL, 0, 0, 0},
                                    {"node", AUS_I32, 2, "1", 1.0, "", NULL, 0, 0, 0},
                                    {"none", AUS_I32, 1, "1", 1.0, "", NULL, 0, 0, 0}};
  static const aus_table other[] = {{"traces/tasks", wide, 4, 1, 0}};
  static const char *const want[] = {"use: 3 values a row, expected 4", "use: another type",
                                     "node: 1 dimensions", "/traces/tasks/none: "};
  aus_shard_reader *reader = NULL;
  aus_range range[2];
  double to[80];
  aus_err err;
  int i;

  (void)state;
  make_one(range);
  check_ok(aus_shard_reader_create(&reader, dir, RUN, other, 1, &err), &err);
  for (i = 0; i < 4; i++)
    check_fails(aus_shard_read(reader, 0, i, 3, 1000, 10, to, &err), AUS_EIO, want[i], &err);
  aus_shard_reader_destroy(reader);
}

/* HDF5 itself loses memory over damaged files, which must not hide a leak of ours: these tests run in
 * a child that skips the search for leaks. 0 when all is well, 77 to skip. */
static void in_child(int (*f)(void), int leave_by_exit)
{
  int status;
  pid_t pid = fork();

  assert_true(pid >= 0);
  if (pid == 0) {
    int rc;

    /* cmocka's handlers would go on with the other tests here. */
    signal(SIGSEGV, SIG_DFL);
    signal(SIGABRT, SIG_DFL);
    rc = f();
    if (leave_by_exit) exit(rc); /* through HDF5's own exit handler */
    _exit(rc);
  }
  assert_true(waitpid(pid, &status, 0) == pid);
  assert_true(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) skip();
  assert_int_equal(WEXITSTATUS(status), 0);
}

/* Reads the first range of make_one(): 0 right, 1 refused as it should be, -1 wrong. */
static int try_to_read(rows *got, const rows *want, const aus_range *g)
{
  aus_shard_reader *reader = NULL;
  int64_t live = aus_alloc_live();
  int bad;
  aus_err err;

  aus_err_clear(&err);
  if (aus_shard_reader_create(&reader, dir, RUN, tables, 2, &err) != AUS_OK) return -1;
  bad = aus_shard_check(reader, g, &err) != AUS_OK;
  if (!bad && read_table(reader, got, g, &err) != AUS_OK) bad = -1;
  aus_shard_reader_destroy(reader);
  if (aus_alloc_live() != live) return -1;
  if (bad) return err.code == AUS_EIO && strstr(err.text, "s000003.h5") ? 1 : -1;
  return memcmp(got->start, want->start, 1000 * sizeof got->start[0]) == 0 &&
                 memcmp(got->use, want->use, 3000 * sizeof got->use[0]) == 0
             ? 0
             : -1;
}

/* Every cut of the file gives an error or the right rows. */
static int cut(void)
{
  rows *got = calloc(1, sizeof *got), *want = calloc(1, sizeof *want);
  char path[300];
  aus_range range[2];
  struct stat st;
  off_t size;
  int n_bad = 0;

  fill(want, 1, 1000);
  make_one(range);
  shard_path(path, 3);
  if (stat(path, &st) != 0) return 1;
  for (size = st.st_size - 1; size > 0; size -= size > 4000 ? 2999 : 97) {
    int bad = truncate(path, size) == 0 ? try_to_read(got, want, &range[0]) : -1;

    if (bad < 0) return 2;
    n_bad += bad;
  }
  free(got);
  free(want);
  return n_bad > 10 ? 0 : 3;
}

/* A flipped bit anywhere is an error or does no harm. */
static int flip(void)
{
  rows *got = calloc(1, sizeof *got), *want = calloc(1, sizeof *want);
  char path[300];
  aus_range range[2];
  struct stat st;
  int fd, n_bad = 0;
  off_t at;

  fill(want, 1, 1000);
  make_one(range);
  shard_path(path, 3);
  fd = open(path, O_RDWR);
  if (fd < 0 || fstat(fd, &st) != 0) return 1;
  for (at = 0; at < st.st_size; at += at < 8192 ? 13 : 1777) {
    unsigned char good, flipped;
    int bad;

    if (pread(fd, &good, 1, at) != 1) return 2;
    flipped = good ^ 0x10;
    if (pwrite(fd, &flipped, 1, at) != 1) return 2;
    bad = try_to_read(got, want, &range[0]);
    if (bad < 0) return 3;
    n_bad += bad;
    if (pwrite(fd, &good, 1, at) != 1) return 2;
  }
  close(fd);
  free(got);
  free(want);
  return n_bad > 10 ? 0 : 4;
}

static void truncated(void **state)
{
  (void)state;
  in_child(cut, 0);
}

static void flipped_bits(void **state)
{
  (void)state;
  in_child(flip, 0);
}

static void never_over_a_file(void **state)
{
  rows *r = test_malloc(sizeof *r);
  aus_shard *s = NULL;
  aus_shard_reader *reader = NULL;
  aus_range range[2], more;
  char path[300];
  aus_err err;
  FILE *f;

  (void)state;
  make_one(range);
  check_ok(aus_shard_create(&s, dir, RUN, 3, 2, tables, 2, &err), &err);
  check_fails(append(s, r, 0, 9, 10, &more, &err), AUS_EIO, "s000003.h5: ", &err);
  check_ok(aus_shard_close(s, &err), &err);
  check_ok(aus_shard_reader_create(&reader, dir, RUN, tables, 2, &err), &err);
  read_back(reader, &range[1]);
  aus_shard_reader_destroy(reader);
  /* `shards` is a file; the number is too big. */
  snprintf(path, sizeof path, "%s/deep", dir);
  mkdir(path, 0777);
  snprintf(path, sizeof path, "%s/deep/shards", dir);
  f = fopen(path, "w");
  fclose(f);
  snprintf(path, sizeof path, "%s/deep", dir);
  check_ok(aus_shard_create(&s, path, RUN, 1, 1, tables, 2, &err), &err);
  check_fails(append(s, r, 0, 9, 10, &more, &err), AUS_EIO, "deep/shards: not a directory", &err);
  check_ok(aus_shard_close(s, &err), &err);
  check_ok(aus_shard_create(&s, dir, RUN, 1000000, 1, tables, 2, &err), &err);
  check_fails(append(s, r, 0, 9, 10, &more, &err), AUS_EIO, "number 1000000", &err);
  check_ok(aus_shard_close(s, &err), &err);
  test_free(r);
}

/* In a child: a disk of 1 MiB gets full under an open shard. 77: not allowed to mount one. */
static int on_small_disk(void)
{
  enum { N = 5 };
  rows *r = calloc(1, sizeof *r);
  aus_shard *s = NULL;
  aus_shard_reader *reader = NULL;
  aus_range range[N], lost;
  char path[300];
  int rc = AUS_OK, i, fd;
  aus_err err;

  if (unshare(CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER)) != 0 ||
      mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
      mount("none", dir, "tmpfs", 0, "size=1m") != 0)
    return 77;
  aus_err_clear(&err);
  if (aus_shard_create(&s, dir, RUN, 0, 1, tables, 2, &err) != AUS_OK) return 1;
  for (i = 0; i < N && rc == AUS_OK; i++)
    rc = append(s, r, 0, (uint64_t)i, 2000, &range[i], &err);
  if (rc != AUS_OK || aus_shard_flush(s, &err) != AUS_OK) return 2;
  snprintf(path, sizeof path, "%s/filler", dir);
  fd = open(path, O_WRONLY | O_CREAT, 0666);
  while (write(fd, r, 512) > 0)
    continue;
  close(fd);
  /* A new table: neither its rows nor its description find room. */
  rc = append(s, r, 1, 9, 10000, &lost, &err);
  if (rc == AUS_OK) rc = aus_shard_flush(s, &err);
  if (rc != AUS_EIO || !strstr(err.text, "s000000.h5: ")) return 3;
  if (!strstr(err.text, "No space left on device")) return 4;
  if (aus_shard_close(s, NULL) != AUS_EIO) return 5;
  /* What was flushed before is there. */
  if (aus_shard_reader_create(&reader, dir, RUN, tables, 2, NULL) != AUS_OK) return 6;
  for (i = 0; i < N; i++)
    if (aus_shard_check(reader, &range[i], NULL) != AUS_OK) return 7;
  aus_shard_reader_destroy(reader);
  free(r);
  return aus_alloc_live() == 0 ? 0 : 8;
}

static void full_disk(void **state)
{
  (void)state;
  in_child(on_small_disk, 1);
}

static int everything(rows *r, aus_err *err)
{
  int rc = AUS_OK;
  aus_shard *s = NULL;
  aus_shard_reader *reader = NULL;
  aus_range range[2];

  AUS_TRY(aus_shard_create(&s, dir, RUN, 0, 1, tables, 2, err));
  AUS_TRY(append(s, r, 0, 1, 100, &range[0], err));
  AUS_TRY(append(s, r, 1, 1, 100, &range[1], err));
  AUS_TRY(aus_shard_flush(s, err));
  AUS_TRY(aus_shard_roll(s, err));
  AUS_TRY(append(s, r, 1, 1, 100, &range[1], err));
  AUS_TRY(aus_shard_roll(s, err));
  AUS_TRY(aus_shard_reader_create(&reader, dir, RUN, tables, 2, err));
  AUS_TRY(read_table(reader, r, &range[1], err));
  AUS_TRY(aus_shard_check(reader, &range[0], err));
done:
  aus_shard_reader_destroy(reader);
  rc = rc == AUS_OK ? aus_shard_close(s, err) : (aus_shard_close(s, NULL), rc);
  return rc;
}

static void no_memory(void **state)
{
#ifdef NDEBUG
  (void)state;
  skip();
#else
  rows *r = test_malloc(sizeof *r);
  int64_t live = aus_alloc_live();
  char path[300];
  aus_err err;
  int n;

  (void)state;
  snprintf(path, sizeof path, "%s/shards", dir);
  for (n = 0;; n++) {
    tempdir_remove(path);
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    if (everything(r, &err) == AUS_OK) break;
    aus_alloc_fail_at(-1);
    assert_int_equal(err.code, AUS_ENOMEM);
    assert_true(aus_alloc_live() == live);
  }
  aus_alloc_fail_at(-1);
  assert_true(n > 10);
  assert_true(aus_alloc_live() == live);
  test_free(r);
#endif
}

/* After a failed append the writer goes on, and the rows that follow are whole. */
static void goes_on_after_no_memory(void **state)
{
#ifdef NDEBUG
  (void)state;
  skip();
#else
  rows *r = test_malloc(sizeof *r);
  aus_shard *s = NULL;
  aus_shard_reader *reader = NULL;
  aus_range range[2];
  aus_err err;
  int n = 0;

  (void)state;
  check_ok(aus_shard_create(&s, dir, RUN, 0, 1, tables, 2, &err), &err);
  for (;; n++) {
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    if (append(s, r, 0, 7, 50, &range[0], &err) == AUS_OK) break;
    aus_alloc_fail_at(-1);
    assert_int_equal(err.code, AUS_ENOMEM);
  }
  aus_alloc_fail_at(-1);
  assert_true(n > 3);
  check_ok(append(s, r, 0, 8, 60, &range[1], &err), &err);
  check_ok(aus_shard_close(s, &err), &err);
  check_ok(aus_shard_reader_create(&reader, dir, RUN, tables, 2, &err), &err);
  read_back(reader, &range[0]);
  read_back(reader, &range[1]);
  aus_shard_reader_destroy(reader);
  test_free(r);
#endif
}

static void sizes(void **state)
{
  static const size_t want[] = {8, 4, 8, 4, 8, 4, 1};
  int i;

  (void)state;
  for (i = AUS_F64; i <= AUS_U8; i++)
    assert_int_equal(aus_dtype_size((aus_dtype)i), want[i]);
}

int main(void)
{
#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sizes),
      IN_DIR(full_disk), /* first: it forks before HDF5 has anything open */
      IN_DIR(killed_writer),
      IN_DIR(round_trip),
      IN_DIR(no_rows_no_file),
      IN_DIR(rolls),
      IN_DIR(missing_and_foreign),
      IN_DIR(other_columns),
      IN_DIR(truncated),
      IN_DIR(flipped_bits),
      IN_DIR(never_over_a_file),
      IN_DIR(no_memory),
      IN_DIR(goes_on_after_no_memory),
  };
#undef IN_DIR

  return cmocka_run_group_tests(tests, NULL, NULL);
}
