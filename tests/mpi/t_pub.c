/* t_pub.c - publication: the same bytes at 1, 2, 3 and 5 ranks, right values, and no file after errors.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * t_pub DIR        the checks, in DIR
 * t_pub make DIR   only make DIR/shards, DIR/ranges.txt and DIR/out.h5 for tests/h5
 * t_pub full LEVEL DIR    DIR is on a disk with too little room: publication must say so
 * t_pub bench LEVEL DIR   publish 100 MB of f64 columns and tell the time
 */
#include <config.h>

#include "mpi/check.h"

#include <fcntl.h>
#include <hdf5.h>
#include <inttypes.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/pub.h"
#include "store/shard.h"
#include "util/clock.h"
#include "util/file.h"

enum { RUN = 77, N_TRIALS = 60, WIDE = 40000, INNER = 200, MAX_ROWS = 30000, N_TABLES = 6 };

static const char *const kinds[] = {"cold", "warm", "hot"};
static const aus_column task_columns[] = {
    {"start", AUS_F64, 1, "s", 1.0, "start of the task", NULL, 0, 0, 0},
    {"node", AUS_I32, 1, "1", 1.0, "node", NULL, 0, 0, 0},
    {"use", AUS_F32, 3, "1", 1.0, "use of three resources", NULL, 0, 0, 0},
    {"kind", AUS_U8, 1, "1", 1.0, "kind of start", kinds, 3, 0, 0},
};
static const aus_column event_columns[] = {
    {"at", AUS_I64, 1, "ms", 1e-3, "time of the event", NULL, 0, 0, 0},
    {"code", AUS_U32, 1, "1", 1.0, "code", NULL, 0, 0, 0},
};
static const aus_column blob_columns[] = {{"byte", AUS_U8, 1, "1", 1.0, "bytes", NULL, 0, 0, 0}};
static const aus_column wide_columns[] = {
    {"x", AUS_F64, WIDE, "1", 1.0, "wide rows", NULL, 0, 0, INNER}};
static const aus_column state_columns[] = {{"state", AUS_I32, 1, "1", 1.0, "state", kinds, 3, 0, 0},
                                           {"id", AUS_U64, 1, "1", 1.0, "id", NULL, 0, 0, 0}};
static const aus_table tables[N_TABLES] = {
    {"traces/tasks", task_columns, 4, 1, 0},  {"traces/events", event_columns, 2, 0, 1},
    {"models/raw", blob_columns, 1, 0, 0},    {"datasets/x/wide", wide_columns, 1, 1, 0},
    {"traces/never", state_columns, 2, 1, 0}, {"traces/none", event_columns, 2, 0, 1}};

static aus_range range[N_TRIALS * N_TABLES];
static int64_t n_ranges;

static uint64_t random_bits(uint64_t *state)
{
  uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

/* Values that compress, but not to nothing. */
static void fill(uint64_t *state, const aus_column *c, int64_t n, void *to)
{
  int64_t i, all = n * c->width;
  double *f64 = to;
  float *f32 = to;
  int64_t *i64 = to;
  int32_t *i32 = to;
  uint32_t *u32 = to;
  uint64_t *u64 = to;
  uint8_t *u8 = to;

  for (i = 0; i < all; i++) {
    uint64_t x = random_bits(state);
    uint64_t small = c->n_enumeration > 0 ? x % (uint64_t)c->n_enumeration : x % 1000;

    switch (c->type) {
    case AUS_F64:
      f64[i] = (double)small / 7;
      break;
    case AUS_F32:
      f32[i] = (float)small / 3;
      break;
    case AUS_I64:
      i64[i] = (int64_t)small - 500;
      break;
    case AUS_I32:
      i32[i] = (int32_t)small - (c->n_enumeration > 0 ? 0 : 500);
      break;
    case AUS_U64:
      u64[i] = x;
      break;
    case AUS_U32:
      u32[i] = (uint32_t)small;
      break;
    case AUS_U8:
      u8[i] = (uint8_t)small;
      break;
    }
  }
}

/* Many trials without rows, some with a few, some with many. */
static int64_t draw_rows(uint64_t *state, int table)
{
  uint64_t x = random_bits(state), y = random_bits(state);

  if (table == 3) return (int64_t)(x % 3);
  if (table == 4) return 0;
  if (x % 4 == 0) return 0;
  return (int64_t)(y % (x % 4 == 1 ? 20 : MAX_ROWS));
}

static int append(aus_shard *s, int table, uint64_t trial, int64_t n, uint64_t *state, aus_err *err)
{
  int rc = AUS_OK, i;
  void *column[8] = {0};
  const aus_table *t = &tables[table];

  for (i = 0; i < t->n_columns; i++) {
    column[i] =
        calloc((size_t)n + 1, aus_dtype_size(t->column[i].type) * (size_t)t->column[i].width);
    fill(state, &t->column[i], n, column[i]);
  }
  rc = aus_shard_append(s, table, trial, n, (const void *const *)column, &range[n_ranges++], err);
  for (i = 0; i < t->n_columns; i++)
    free(column[i]);
  return rc;
}

/* Five writers take trials in turn; the ranges are in trial order. Table 5 has no range at all. */
static int make_shards(const char *dir, aus_err *err)
{
  enum { N = 5 };
  int rc = AUS_OK, i, table;
  aus_shard *s[N] = {NULL};
  uint64_t state = 1;

  n_ranges = 0;
  for (i = 0; i < N; i++)
    AUS_TRY(aus_shard_create(&s[i], dir, RUN, (uint32_t)i, N, tables, N_TABLES, err));
  for (i = 0; i < N_TRIALS; i++)
    for (table = 0; table < 5; table++)
      if (random_bits(&state) % 8 > 0)
        AUS_TRY(append(s[random_bits(&state) % N], table, (UINT64_C(3) << 32) + (uint64_t)i,
                       draw_rows(&state, table), &state, err));
done:
  for (i = 0; i < N; i++)
    if (aus_shard_close(s[i], rc == AUS_OK ? err : NULL) != AUS_OK) rc = AUS_EIO;
  return rc;
}

static void tell_ranges(const char *dir)
{
  char path[400];
  FILE *f;
  int64_t i;

  snprintf(path, sizeof path, "%s/ranges.txt", dir);
  f = fopen(path, "w");
  for (i = 0; f && i < n_ranges; i++)
    fprintf(f, "%s %" PRIu64 " %" PRIu32 " %" PRIu64 " %" PRIu64 "\n", tables[range[i].table].name,
            range[i].trial, range[i].shard, range[i].first, range[i].n);
  CHECK(f && fclose(f) == 0);
}

static int add_small(aus_pub *p, aus_err *err)
{
  static const aus_column y = {"y", AUS_F64, 2, "s", 1.0, "metrics", NULL, 0, 0, 0};
  static const aus_column status = {"status", AUS_U8, 1, "1", 1.0, "status", kinds, 3, 0, 0};
  static const aus_column long_one = {"long", AUS_I64, 1, "1", 1.0, "more than one chunk",
                                      NULL,   0,       0, 0};
  static const char *const names[] = {"penalty", "co\xc3\xbbt", ""};
  static const char *const hosts[] = {"a", NULL, "node-17.cluster"};
  static const double y_values[] = {1.5, -0.0, 1e300, 5e-324, 3, 4};
  static const uint8_t status_values[] = {0, 2, 1};
  int64_t *many = calloc(300000, sizeof *many);
  char *config = calloc(100001, 1);
  int rc = AUS_OK, i;

  for (i = 0; i < 300000; i++)
    many[i] = (int64_t)i * i;
  memset(config, 'x', 100000);
  AUS_TRY(aus_pub_attr_str(p, "", "auspex_format", "1.0", err));
  AUS_TRY(aus_pub_attr_u64(p, "", "seed", UINT64_MAX, err));
  AUS_TRY(aus_pub_attr_u8(p, "", "complete", 1, err));
  AUS_TRY(aus_pub_attr_f64(p, "design", "phi_p", 0.25, err));
  AUS_TRY(aus_pub_attr_str(p, "design", "empty", "", err));
  AUS_TRY(aus_pub_attr_strs(p, "trials/initial/y", "names", 3, names, err));
  AUS_TRY(aus_pub_attr_strs(p, "trials/initial", "none", 0, NULL, err));
  AUS_TRY(aus_pub_column(p, "trials/initial", &y, 3, y_values, err));
  AUS_TRY(aus_pub_column(p, "trials/initial", &status, 3, status_values, err));
  AUS_TRY(aus_pub_column(p, "trials/empty", &y, 0, NULL, err));
  AUS_TRY(aus_pub_column(p, "trials/empty", &status, 0, NULL, err));
  AUS_TRY(aus_pub_column(p, "trials", &long_one, 300000, many, err));
  AUS_TRY(aus_pub_strings(p, "provenance/run/hosts", 3, hosts, "hosts", err));
  AUS_TRY(aus_pub_strings(p, "provenance/run/nobody", 0, NULL, "no strings", err));
  AUS_TRY(aus_pub_text(p, "config", config, "configuration", err));
  AUS_TRY(aus_pub_text(p, "nothing", "", "an empty text", err));
done:
  free(config);
  free(many);
  return rc;
}

static int make_plan(aus_pub **out, aus_err *err)
{
  int rc = AUS_OK, table;
  aus_range *blobs = calloc((size_t)n_ranges + 1, sizeof *blobs);
  aus_pub *p = NULL;
  int64_t i, n = 0;

  AUS_TRY(aus_pub_create(&p, err));
  AUS_TRY(add_small(p, err));
  for (table = 0; table < N_TABLES; table++)
    if (table != 2) AUS_TRY(aus_pub_table(p, table, n_ranges, range, err));
  for (i = 0; i < n_ranges; i++)
    if (range[i].table == 2) blobs[n++] = range[i];
  AUS_TRY(aus_pub_blobs(p, "models", 2, n, blobs, err));
  *out = p;
  p = NULL;
done:
  aus_pub_destroy(p);
  free(blobs);
  return rc;
}

static aus_pub_conf conf_of(const char *dir, int deflate)
{
  return (aus_pub_conf){
      .dir = dir, .run = RUN, .tables = tables, .n_tables = N_TABLES, .deflate = deflate};
}

static int there(const char *path)
{
  return access(path, F_OK) == 0;
}

static int same_files(const char *a, const char *b)
{
  char *x = NULL, *y = NULL;
  size_t n_x = 0, n_y = 0;
  aus_err err;
  int same;

  CHECK_OK(aus_file_read(a, &x, &n_x, &err), &err);
  CHECK_OK(aus_file_read(b, &y, &n_y, &err), &err);
  same = x && y && n_x == n_y && memcmp(x, y, n_x) == 0;
  aus_free(x);
  aus_free(y);
  return same;
}

/* ---- right values: every column against the shards ---- */

static void check_column(hid_t file, aus_shard_reader *reader, int table, int column)
{
  const aus_table *t = &tables[table];
  const aus_column *c = &t->column[column];
  size_t bytes = aus_dtype_size(c->type) * (size_t)c->width;
  static const size_t native[] = {8, 4, 8, 4, 8, 4, 1};
  char path[100], *want, *got;
  hid_t set, space, type;
  hssize_t n;
  uint64_t at = 0;
  int64_t i;
  aus_err err;

  snprintf(path, sizeof path, "%s/%s", table == 2 ? "models" : t->name,
           table == 2 ? "bytes" : c->name);
  set = H5Dopen2(file, path, H5P_DEFAULT);
  space = H5Dget_space(set);
  type = H5Dget_type(set);
  n = H5Sget_simple_extent_npoints(space) / c->width;
  CHECK(set >= 0 && n >= 0 && H5Tget_size(type) == native[c->type]);
  if (set < 0) return;
  want = calloc((size_t)n + 1, bytes);
  got = calloc((size_t)n + 1, bytes);
  for (i = 0; i < n_ranges; i++) {
    if (range[i].table != (uint32_t)table) continue;
    if (at + range[i].n > (uint64_t)n) break;
    CHECK_OK(aus_shard_read(reader, table, column, range[i].shard, range[i].first, range[i].n,
                            want + at * bytes, &err),
             &err);
    at += range[i].n;
  }
  CHECK(at == (uint64_t)n && i == n_ranges);
  CHECK(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, got) >= 0);
  CHECK(memcmp(got, want, (size_t)n * bytes) == 0);
  free(got);
  free(want);
  H5Tclose(type);
  H5Sclose(space);
  H5Dclose(set);
}

static void check_values(const char *dir, const char *path)
{
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  aus_shard_reader *reader = NULL;
  aus_err err;
  int t, c;

  CHECK(file >= 0);
  CHECK_OK(aus_shard_reader_create(&reader, dir, RUN, tables, N_TABLES, &err), &err);
  for (t = 0; t < N_TABLES; t++)
    for (c = 0; c < tables[t].n_columns; c++)
      check_column(file, reader, t, c);
  aus_shard_reader_destroy(reader);
  H5Fclose(file);
}

/* ---- the checks ---- */

/* The first k ranks publish; the files of all k are the same bytes. */
static void same_bytes(const char *dir, int deflate)
{
  static const int counts[] = {1, 2, 3, 5};
  char first[400], other[400];
  aus_pub *p = NULL;
  aus_pub_conf conf = conf_of(dir, deflate);
  MPI_Comm part;
  aus_err err;
  int i;

  if (rank == 0) CHECK_OK(make_plan(&p, &err), &err);
  snprintf(first, sizeof first, "%s/out-%d-1.h5", dir, deflate);
  for (i = 0; i < 4 && counts[i] <= size; i++) {
    snprintf(other, sizeof other, "%s/out-%d-%d.h5", dir, deflate, counts[i]);
    MPI_Comm_split(MPI_COMM_WORLD, rank < counts[i] ? 0 : MPI_UNDEFINED, rank, &part);
    if (part != MPI_COMM_NULL) {
      CHECK_OK(aus_pub_write(p, &conf, part, rank == 0 ? other : NULL, &err), &err);
      MPI_Comm_free(&part);
    }
    if (rank == 0 && i == 0) check_values(dir, first);
    if (rank == 0 && i > 0 && !same_files(first, other)) {
      printf("%s and %s differ\n", first, other);
      n_bad++;
    }
    if (rank == 0 && i > 0) unlink(other);
  }
  if (rank == 0) unlink(first);
  aus_pub_destroy(p);
}

/* All ranks get this code and text, the old target is as it was and nothing lies about. */
static void fails(const aus_pub *p, const aus_pub_conf *conf, const char *path, int want,
                  int want_rank, const char *part)
{
  char name[410];
  aus_err err;

  if (rank == 0) {
    FILE *f = fopen(path, "w");

    if (f) fputs("old", f);
    if (f) fclose(f);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  aus_err_clear(&err);
  CHECK(aus_pub_write(p, conf, MPI_COMM_WORLD, rank == 0 ? path : NULL, &err) == want);
  CHECK(err.code == want);
  if (want_rank >= 0) CHECK(err.rank == want_rank);
  CHECK(strstr(err.text, part) != NULL);
  if (!strstr(err.text, part)) printf("[%d] \"%s\" lacks \"%s\"\n", rank, err.text, part);
  MPI_Barrier(MPI_COMM_WORLD);
  if (rank == 0) {
    char *bytes = NULL;
    size_t n = 0;
    aus_err ignored;

    aus_err_clear(&ignored);
    if (aus_file_read(path, &bytes, &n, &ignored) == AUS_OK)
      CHECK(n == 3 && memcmp(bytes, "old", 3) == 0);
    aus_free(bytes);
    snprintf(name, sizeof name, "%s.part", path);
    CHECK(!there(name));
  }
}

static aus_poll_answer count_down(void *self)
{
  return --*(int *)self < 0 ? AUS_POLL_STOP : AUS_POLL_CONTINUE;
}

/* Rank 0 is told to stop before some round. */
static void told_to_stop(const char *dir)
{
  char path[400];
  int n_left, i;
  const aus_poll poll = {.self = &n_left, .look = count_down};
  aus_pub *p = NULL;
  aus_pub_conf conf = conf_of(dir, 1);
  aus_err err;

  conf.poll = &poll;
  snprintf(path, sizeof path, "%s/stopped.h5", dir);
  if (rank == 0) CHECK_OK(make_plan(&p, &err), &err);
  for (i = 0; i < 40; i = 3 * i + 1) {
    n_left = i;
    fails(p, &conf, path, AUS_ECANCEL, 0, "stopped.h5.part: stopped");
  }
  n_left = INT_MAX;
  CHECK_OK(aus_pub_write(p, &conf, MPI_COMM_WORLD, rank == 0 ? path : NULL, &err), &err);
  aus_pub_destroy(p);
}

static void errors(const char *dir)
{
  char path[400], nowhere[400], folder[400];
  aus_pub *p = NULL;
  aus_pub_conf conf = conf_of(dir, 1), other;
  aus_err err;
  int i;

  snprintf(path, sizeof path, "%s/bad.h5", dir);
  snprintf(nowhere, sizeof nowhere, "%s/no/such/out.h5", dir);
  snprintf(folder, sizeof folder, "%s/folder", dir);
  if (rank == 0) CHECK_OK(make_plan(&p, &err), &err);
  /* One rank alone does not find its shards. */
  other = conf;
  if (rank == size - 1) other.dir = nowhere;
  fails(p, &other, path, AUS_EIO, size - 1, "No such file");
  other = conf;
  other.run = RUN + 1;
  fails(p, &other, path, AUS_EIO, 0, "belongs to run");
  other = conf;
  other.n_tables = 3;
  fails(p, &other, path, AUS_EINVAL, 0, "table 3 of 3");
  other = conf;
  other.deflate = 10;
  fails(p, &other, path, AUS_EINVAL, 0, "deflate level 10");
  fails(p, &conf, nowhere, AUS_EIO, 0, "no/such/out.h5.part: No such file");
  if (rank == 0) CHECK(mkdir(folder, 0777) == 0);
  fails(p, &conf, folder, AUS_EIO, 0, "folder: Is a directory");
  aus_pub_destroy(p);
  p = NULL;
  /* Rows that are not what was appended. */
  for (i = 0; rank == 0 && range[i].n == 0; i++)
    continue;
  range[i].crc ^= 1;
  if (rank == 0) CHECK_OK(make_plan(&p, &err), &err);
  fails(p, &conf, path, AUS_EIO, -1, "have CRC");
  range[i].crc ^= 1;
  aus_pub_destroy(p);
  p = NULL;
  /* A table's dataset under a name that is taken; a dataset where a group must be. */
  if (rank == 0) {
    CHECK_OK(make_plan(&p, &err), &err);
    CHECK_OK(aus_pub_text(p, "traces/tasks/start", "x", "x", &err), &err);
  }
  fails(p, &conf, path, AUS_EINVAL, 0, "/traces/tasks/start is there twice");
  aus_pub_destroy(p);
  p = NULL;
  if (rank == 0) {
    CHECK_OK(make_plan(&p, &err), &err);
    CHECK_OK(aus_pub_text(p, "traces", "x", "x", &err), &err);
  }
  fails(p, &conf, path, AUS_EINVAL, 0, "/traces is a dataset and a group");
  aus_pub_destroy(p);
}

/* One rank runs out of memory at each allocation in turn: all leave together. */
static void no_memory(const char *dir, int who)
{
#ifndef NDEBUG
  char path[400];
  aus_pub *p = NULL;
  aus_pub_conf conf = conf_of(dir, 0);
  int64_t live = 0;
  aus_err err;
  int n, rc = AUS_ENOMEM;

  snprintf(path, sizeof path, "%s/memory.h5", dir);
  if (rank == 0) {
    CHECK_OK(aus_pub_create(&p, &err), &err);
    /* Without the big tables: there are as many allocations, and it is quick. */
    CHECK_OK(aus_pub_table(p, 4, n_ranges, range, &err), &err);
    CHECK_OK(aus_pub_table(p, 1, 12, range, &err), &err);
    CHECK_OK(aus_pub_attr_u64(p, "a/b", "c", 1, &err), &err);
    CHECK_OK(aus_pub_text(p, "text", "text", "text", &err), &err);
  }
  live = aus_alloc_live();
  for (n = 0; rc != AUS_OK && n < 1000; n++) {
    aus_err_clear(&err);
    if (rank == who) aus_alloc_fail_at(n);
    rc = aus_pub_write(p, &conf, MPI_COMM_WORLD, rank == 0 ? path : NULL, &err);
    aus_alloc_fail_at(-1);
    CHECK(rc == AUS_OK || (rc == AUS_ENOMEM && err.rank == who));
    CHECK(aus_alloc_live() == live);
    if (rank == 0) CHECK(there(path) == (rc == AUS_OK));
  }
  CHECK(rc == AUS_OK && n > 20);
  if (rank == 0) unlink(path);
  aus_pub_destroy(p);
#else
  (void)dir;
  (void)who;
#endif
}

static void local_errors(void)
{
  static const aus_column c = {"c", AUS_F64, 1, "1", 1.0, "c", kinds, 3, 0, 0};
  static const char *const paths[] = {"", "/a", "a/", "a//b"};
  char *huge = calloc(70000, 1);
  const char *one = huge;
  aus_pub *p = NULL;
  aus_err err;
  int i;

  memset(huge, 'h', 69999);
  CHECK_OK(aus_pub_create(&p, &err), &err);
  for (i = 0; i < 4; i++) {
    aus_err_clear(&err);
    CHECK(aus_pub_text(p, paths[i], "x", "x", &err) == AUS_EINVAL);
  }
  CHECK_OK(aus_pub_text(p, "a", "x", "x", &err), &err);
  CHECK(aus_pub_text(p, "a", "x", "x", &err) == AUS_EINVAL && strstr(err.text, "/a is there"));
  CHECK_OK(aus_pub_attr_u8(p, "a", "b", 1, &err), &err);
  CHECK(aus_pub_attr_u64(p, "a", "b", 1, &err) == AUS_EINVAL && strstr(err.text, "attribute b"));
  aus_err_clear(&err);
  CHECK(aus_pub_attr_str(p, "a", "h", huge, &err) == AUS_EINVAL && strstr(err.text, "69999 bytes"));
  aus_err_clear(&err);
  CHECK(aus_pub_attr_strs(p, "a", "h", 1, &one, &err) == AUS_EINVAL);
  aus_err_clear(&err);
  CHECK(aus_pub_column(p, "x", &c, 0, NULL, &err) == AUS_EINVAL && strstr(err.text, "enumeration"));
  CHECK_OK(aus_pub_table(p, 0, n_ranges, range, &err), &err);
  CHECK(aus_pub_table(p, 0, n_ranges, range, &err) == AUS_EINVAL && strstr(err.text, "table 0"));
  aus_err_clear(&err);
  CHECK(aus_pub_blobs(p, "m", 2, n_ranges, range, &err) == AUS_EINVAL && strstr(err.text, "not 2"));
  aus_pub_destroy(p);
  free(huge);
}

/* Over an older file, with a link in the place of the .part: the link's target stays. */
static void old_file(const char *dir)
{
  char path[400], part[410], foreign[400];
  aus_pub *p = NULL;
  aus_pub_conf conf = conf_of(dir, 4);
  aus_err err;

  snprintf(path, sizeof path, "%s/again.h5", dir);
  snprintf(part, sizeof part, "%s.part", path);
  snprintf(foreign, sizeof foreign, "%s/foreign", dir);
  if (rank == 0) {
    CHECK_OK(aus_file_write(path, "old", 3, &err), &err);
    CHECK_OK(aus_file_write(foreign, "foreign", 7, &err), &err);
    CHECK(symlink(foreign, part) == 0);
    CHECK_OK(make_plan(&p, &err), &err);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  CHECK_OK(aus_pub_write(p, &conf, MPI_COMM_WORLD, rank == 0 ? path : NULL, &err), &err);
  if (rank == 0) {
    char *bytes = NULL;
    size_t n = 0;

    CHECK(H5Fis_hdf5(path) > 0);
    CHECK(!there(part));
    CHECK_OK(aus_file_read(foreign, &bytes, &n, &err), &err);
    CHECK(bytes && n == 7);
    aus_free(bytes);
  }
  aus_pub_destroy(p);
}

static void share_ranges(void)
{
  MPI_Bcast(&n_ranges, 1, MPI_INT64_T, 0, MPI_COMM_WORLD);
  MPI_Bcast(range, sizeof range, MPI_BYTE, 0, MPI_COMM_WORLD);
}

static void make(const char *dir)
{
  char path[400];
  aus_pub *p = NULL;
  aus_pub_conf conf = conf_of(dir, 4);
  aus_err err;

  if (rank == 0) {
    CHECK_OK(make_shards(dir, &err), &err);
    CHECK_OK(make_plan(&p, &err), &err);
    tell_ranges(dir);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  snprintf(path, sizeof path, "%s/out.h5", dir);
  CHECK_OK(aus_pub_write(p, &conf, MPI_COMM_WORLD, rank == 0 ? path : NULL, &err), &err);
  aus_pub_destroy(p);
}

/* Rank 0 notices before anything is written that has no room. */
static void full(const char *dir, int deflate)
{
  char path[400];
  aus_pub *p = NULL;
  aus_pub_conf conf = conf_of(dir, deflate);
  aus_err err;

  if (rank == 0) {
    CHECK_OK(make_shards(dir, &err), &err);
    CHECK_OK(make_plan(&p, &err), &err);
  }
  share_ranges();
  snprintf(path, sizeof path, "%s/full.h5", dir);
  fails(p, &conf, path, AUS_EIO, -1, "full.h5.part: No space left on device");
  aus_pub_destroy(p);
}

static void bench(const char *dir, int deflate)
{
  enum { ROWS = 12500, COLUMNS = 10, TRIALS = 100 };
  static char name[COLUMNS][8];
  static aus_column column[COLUMNS];
  aus_table t = {"traces/bench", column, COLUMNS, 1, 0};
  aus_pub_conf conf = {.dir = dir, .run = RUN, .tables = &t, .n_tables = 1, .deflate = deflate};
  double *x = calloc(ROWS, sizeof *x), t0;
  const void *data[COLUMNS];
  char path[400];
  aus_shard *s = NULL;
  aus_pub *p = NULL;
  uint64_t state = 1;
  aus_err err;
  int i, k;

  for (i = 0; i < COLUMNS; i++) {
    snprintf(name[i], sizeof name[i], "c%d", i);
    column[i] = (aus_column){name[i], AUS_F64, 1, "s", 1.0, "bench", NULL, 0, 0, 0};
    data[i] = x;
  }
  if (rank == 0) {
    CHECK_OK(aus_shard_create(&s, dir, RUN, 0, 1, &t, 1, &err), &err);
    for (i = 0; i < TRIALS; i++) {
      for (k = 0; k < ROWS; k++)
        x[k] = (double)(i * ROWS + k) + (double)(random_bits(&state) % 1000000) / 1e6;
      CHECK_OK(aus_shard_append(s, 0, (uint64_t)i, ROWS, data, &range[i], &err), &err);
      CHECK_OK(aus_shard_flush(s, &err), &err);
    }
    CHECK_OK(aus_shard_close(s, &err), &err);
    CHECK_OK(aus_pub_create(&p, &err), &err);
    CHECK_OK(aus_pub_table(p, 0, TRIALS, range, &err), &err);
  }
  snprintf(path, sizeof path, "%s/bench.h5", dir);
  MPI_Barrier(MPI_COMM_WORLD);
  t0 = aus_clock_s();
  CHECK_OK(aus_pub_write(p, &conf, MPI_COMM_WORLD, rank == 0 ? path : NULL, &err), &err);
  if (rank == 0)
    printf("{\"name\": \"publish\", \"ranks\": %d, \"deflate\": %d, \"mb_per_s\": %.1f}\n", size,
           deflate, ROWS * COLUMNS * TRIALS * 8 / 1e6 / (aus_clock_s() - t0));
  aus_pub_destroy(p);
  free(x);
}

static void all(const char *dir)
{
  aus_err err;

  if (rank == 0) {
    CHECK_OK(make_shards(dir, &err), &err);
    local_errors();
  }
  share_ranges();
  same_bytes(dir, 4);
  same_bytes(dir, 0);
  errors(dir);
  told_to_stop(dir);
  no_memory(dir, 0);
  no_memory(dir, size - 1);
  old_file(dir);
}

int main(int argc, char **argv)
{
  mpi_start(&argc, &argv);
  if (argc == 2)
    all(argv[1]);
  else if (argc == 3 && strcmp(argv[1], "make") == 0)
    make(argv[2]);
  else if (argc == 4 && strcmp(argv[1], "full") == 0)
    full(argv[3], atoi(argv[2]));
  else if (argc == 4 && strcmp(argv[1], "bench") == 0)
    bench(argv[3], atoi(argv[2]));
  else
    CHECK(argc == 2);
  return mpi_finish("pub");
}
