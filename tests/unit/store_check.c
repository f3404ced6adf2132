/* store_check.c - verification: a small file that is right, and the same with one thing wrong each time;
 * damaged bytes; every allocation failing once.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/check.h"
#include "unit/check.h"

#include <hdf5.h>
#include <inttypes.h>

#include "unit/tempdir.h"
#include "util/sha256.h"

static char dir[256], path[300];
static aus_err err;
static aus_buf lines;
static aus_check_count count;

/* Datasets in the order in which they are made. Types: d f64, f f32, I i64, i i32, U u64, u u32, b u8,
 * e enumeration of u8 (a, b), s string. */
typedef struct column {
  const char *path;
  char type;
  int n, width; /* width 0: one dimension */
  double value[6];
} column;

#define T0 4294967296. /* trial 0 of campaign 1 */
#define T1 4294967297.

static const column columns[] = {
    {"campaigns/base_trial", 'I', 1, 0, {-1}},
    {"campaigns/best_trial", 'I', 1, 0, {T1}},
    {"campaigns/best_y", 'd', 1, 0, {0.5}},
    {"campaigns/budget", 'I', 1, 0, {2}},
    {"campaigns/id", 'u', 1, 0, {1}},
    {"campaigns/kind", 's', 1, 0, {0}},
    {"campaigns/lag", 'I', 1, 0, {0}},
    {"campaigns/n_committed", 'I', 1, 0, {2}},
    {"campaigns/stop_reason", 'e', 1, 0, {1}},
    {"datasets/a/X", 'd', 3, 2, {1, 2, 3, 4, 5, 6}},
    {"datasets/a/split", 'e', 3, 0, {0, 1, 0}},
    {"datasets/a/trial", 'U', 3, 0, {T1, T1, T0}},
    {"datasets/a/y", 'f', 3, 0, {1, 2, 3}},
    {"models/bytes", 'b', 5, 0, {1, 2, 3, 4, 5}},
    {"models/format", 's', 2, 0, {0}},
    {"models/metric", 'd', 2, 0, {NAN, 1}},
    {"models/offsets", 'U', 3, 0, {0, 2, 5}},
    {"models/parent", 'I', 2, 0, {-1, 0}},
    {"models/task", 's', 2, 0, {0}},
    {"models/trial", 'I', 2, 0, {-1, T1}},
    {"models/version", 'i', 2, 0, {0, 1}},
    {"provenance/determinism_violations", 'I', 1, 0, {0}},
    {"provenance/run/argv", 's', 3, 0, {0}},
    {"provenance/run/hosts", 's', 1, 0, {0}},
    {"provenance/run/input_path", 's', 2, 0, {0}},
    {"provenance/run/input_sha256", 's', 2, 0, {0}},
    {"provenance/trial_cost", 'd', 2, 0, {1, 2}},
    {"provenance/trial_id", 'U', 2, 0, {T0, T1}},
    {"traces/t/offsets", 'U', 3, 0, {0, 0, 3}},
    {"traces/t/state", 'e', 3, 0, {0, 1, 1}},
    {"traces/t/trial", 'U', 2, 0, {T0, T1}},
    {"traces/t/wide", 'd', 3, 2, {1, 2, 3, 4, 5, 6}},
    {"trials/initial/campaign", 'u', 2, 0, {1, 1}},
    {"trials/initial/feasible", 'b', 2, 0, {1, 1}},
    {"trials/initial/id", 'U', 2, 0, {T0, T1}},
    {"trials/initial/index", 'u', 2, 0, {0, 1}},
    {"trials/initial/origin", 'e', 2, 0, {0, 0}},
    {"trials/initial/scenario", 'I', 2, 0, {0, 1}},
    {"trials/initial/status", 'e', 2, 0, {0, 0}},
    {"trials/initial/x", 'd', 2, 1, {7, 8}},
    {"trials/initial/y", 'd', 2, 2, {1, 0.5, 0.5, 0.25}},
};

/* One thing that is wrong. */
typedef enum what {
  NOTHING,
  VALUE,   /* element `at` is `value` */
  MISSING, /* the dataset, or the root's attribute */
  SHORTER, /* one row less */
  RETYPE,  /* type is `at` */
  NO_UNIT, /* no attribute unit */
  SI,      /* unitSI is `value` */
  NAMES,   /* an attribute `names` of `at` names */
  LATE,    /* created after all others */
  TIMES,   /* with time stamps */
  LINK,    /* a soft link beside it */
  ROOT,    /* attribute of the root is `value` */
  CONFIG   /* the configuration has another text than the digest is of */
} what;

typedef struct spoil {
  what what;
  const char *path;
  double value;
  int at;
  const char *want;
} spoil;

static hid_t type_of(char code)
{
  hid_t type = -1;
  uint8_t k = 0;

  switch (code) {
  case 'd':
    return H5Tcopy(H5T_IEEE_F64LE);
  case 'f':
    return H5Tcopy(H5T_IEEE_F32LE);
  case 'I':
    return H5Tcopy(H5T_STD_I64LE);
  case 'i':
    return H5Tcopy(H5T_STD_I32LE);
  case 'U':
    return H5Tcopy(H5T_STD_U64LE);
  case 'u':
    return H5Tcopy(H5T_STD_U32LE);
  case 'B':
    return H5Tcopy(H5T_STD_U64BE);
  case 'b':
    return H5Tcopy(H5T_STD_U8LE);
  case 'e':
    type = H5Tenum_create(H5T_STD_U8LE);
    H5Tenum_insert(type, "a", &k);
    k = 1;
    H5Tenum_insert(type, "b", &k);
    return type;
  default:
    type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, 8);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
  }
}

/* The values as the type wants them; integers above 2^53 do not occur. */
static void fill(char *to, const column *c, char code, int n, const spoil *s)
{
  static const char text[] = "initial";
  int i;

  for (i = 0; i < n; i++) {
    double v =
        s->what == VALUE && strcmp(s->path, c->path) == 0 && s->at == i ? s->value : c->value[i];
    int64_t k = isfinite(v) ? (int64_t)v : 0;
    float f = (float)v;

    switch (code) {
    case 'd':
      memcpy(to + 8 * i, &v, 8);
      break;
    case 'f':
      memcpy(to + 4 * i, &f, 4);
      break;
    case 'I':
    case 'U':
    case 'B':
      memcpy(to + 8 * i, &k, 8);
      break;
    case 'i':
    case 'u':
      memcpy(to + 4 * i, &k, 4);
      break;
    case 'b':
    case 'e':
      memcpy(to + i, &k, 1);
      break;
    default:
      memcpy(to + 8 * i, text, 8);
      if (s->what == VALUE && strcmp(s->path, c->path) == 0) to[8 * i] = 'x';
      break;
    }
  }
}

static void attribute(hid_t at, const char *name, hid_t type, int n, const void *value)
{
  hsize_t dim = (hsize_t)n;
  hid_t space = n < 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &dim, NULL);
  hid_t attr = H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT);

  assert_true(attr >= 0 && H5Awrite(attr, type, value) >= 0);
  H5Aclose(attr);
  H5Sclose(space);
}

static void text_attribute(hid_t at, const char *name, const char *text)
{
  hid_t type = H5Tcopy(H5T_C_S1);

  H5Tset_size(type, strlen(text));
  attribute(at, name, type, -1, text);
  H5Tclose(type);
}

static void describe(hid_t set, const spoil *s, bool mine)
{
  double si = mine && s->what == SI ? s->value : 1;
  static const char names[] = "abcdefghi";
  hid_t type = H5Tcopy(H5T_C_S1);

  if (!mine || s->what != NO_UNIT) text_attribute(set, "unit", "1");
  attribute(set, "unitSI", H5T_IEEE_F64LE, -1, &si);
  text_attribute(set, "long_name", "a column");
  if (mine && s->what == NAMES) attribute(set, "names", type, s->at, names);
  H5Tclose(type);
}

/* A dataset, unless this is the one that is missing. */
static void put(hid_t file, const column *c, const spoil *s)
{
  bool mine = s->path && strcmp(s->path, c->path) == 0;
  int n = c->n - (mine && s->what == SHORTER), width = c->width ? c->width : 1;
  char code = mine && s->what == RETYPE ? (char)s->at : c->type, values[100];
  hsize_t dim[2] = {(hsize_t)n, (hsize_t)width};
  int n_dims = c->width ? 2 : 1;
  hid_t type = type_of(code), space = H5Screate_simple(n_dims, dim, NULL),
        create = H5Pcreate(H5P_DATASET_CREATE), set;

  if (mine && s->what == MISSING) goto done;
  H5Pset_obj_track_times(create, mine && s->what == TIMES);
  if (n > 0) {
    H5Pset_chunk(create, n_dims, dim);
    H5Pset_fletcher32(create);
  }
  fill(values, c, code, n * width, s);
  set = H5Dcreate2(file, c->path, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
  assert_true(set >= 0);
  if (n > 0) assert_true(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
  describe(set, s, mine);
  H5Dclose(set);
done:
  H5Pclose(create);
  H5Sclose(space);
  H5Tclose(type);
}

static void put_config(hid_t file, const char *text)
{
  hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR),
        create = H5Pcreate(H5P_DATASET_CREATE), set;

  H5Tset_size(type, strlen(text));
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  H5Tset_cset(type, H5T_CSET_UTF8);
  H5Pset_obj_track_times(create, 0);
  set = H5Dcreate2(file, "config", type, space, H5P_DEFAULT, create, H5P_DEFAULT);
  assert_true(set >= 0 && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) >= 0);
  H5Dclose(set);
  H5Pclose(create);
  H5Sclose(space);
  H5Tclose(type);
}

static void put_root(hid_t file, const spoil *s)
{
  static const struct {
    const char *name, *text;
  } texts[] = {{"auspex_format", "1.0"}, {"auspex_version", "0.1.0"}, {"study", "serverless"}};
  static const char config[] = "{\"seed\":3,\"study\":\"serverless\"}";
  const char *text = s->what == CONFIG ? s->path : config;
  unsigned char digest[32], one = 1;
  uint64_t seed = 3;
  char hex[65];
  size_t i;

  aus_sha256(s->at ? text : config, strlen(s->at ? text : config), digest);
  aus_sha256_hex(digest, hex);
  for (i = 0; i < 3; i++)
    if (s->what != MISSING || strcmp(s->path, texts[i].name) != 0)
      text_attribute(file, texts[i].name,
                     s->what == ROOT && strcmp(s->path, texts[i].name) == 0 ? "9.9"
                                                                            : texts[i].text);
  if (s->what != MISSING || strcmp(s->path, "config_sha256") != 0)
    text_attribute(file, "config_sha256", hex);
  if (s->what == ROOT && strcmp(s->path, "seed") == 0) seed = (uint64_t)s->value;
  attribute(file, "seed", H5T_STD_U64LE, -1, &seed);
  attribute(file, "deterministic", H5T_STD_U8LE, -1, &one);
  if (s->what == ROOT && strcmp(s->path, "complete") == 0) one = (unsigned char)s->value;
  if (s->what != MISSING || strcmp(s->path, "complete") != 0)
    attribute(file, "complete", H5T_STD_U8LE, -1, &one);
  put_config(file, text);
}

static void make(const spoil *s)
{
  static const char *const groups[] = {"campaigns",  "datasets",       "datasets/a", "models",
                                       "provenance", "provenance/run", "traces",     "traces/t",
                                       "trials",     "trials/initial"};
  const unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
  hid_t fcpl = H5Pcreate(H5P_FILE_CREATE), gcpl = H5Pcreate(H5P_GROUP_CREATE), file;
  size_t i;
  const column *late = NULL;

  H5Pset_link_creation_order(fcpl, order);
  H5Pset_obj_track_times(fcpl, 0);
  H5Pset_link_creation_order(gcpl, order);
  H5Pset_obj_track_times(gcpl, 0);
  file = H5Fcreate(path, H5F_ACC_TRUNC, fcpl, H5P_DEFAULT);
  assert_true(file >= 0);
  for (i = 0; i < sizeof groups / sizeof groups[0]; i++)
    H5Gclose(H5Gcreate2(file, groups[i], H5P_DEFAULT, gcpl, H5P_DEFAULT));
  put_root(file, s);
  for (i = 0; i < sizeof columns / sizeof columns[0]; i++)
    if (s->what == LATE && strcmp(s->path, columns[i].path) == 0)
      late = &columns[i];
    else
      put(file, &columns[i], s);
  if (late) put(file, late, s);
  if (s->what == LINK) H5Lcreate_soft("/config", file, s->path, H5P_DEFAULT, H5P_DEFAULT);
  H5Pclose(gcpl);
  H5Pclose(fcpl);
  assert_true(H5Fclose(file) >= 0);
}

static void expect(const char *want)
{
  aus_buf_clear(&lines);
  check_ok(aus_check_result(path, 99, &lines, &count, &err), &err);
  assert_string_equal(lines.n > 0 ? lines.data : "", want);
}

static void right(void **state)
{
  static const spoil none = {0};

  (void)state;
  make(&none);
  expect("");
  assert_int_equal(count.faults, 0);
  assert_int_equal(count.datasets, sizeof columns / sizeof columns[0] + 1);
  assert_false(count.unfinished);
}

static const spoil spoils[] = {
    {MISSING, "auspex_format", 0, 0, "/: no attribute auspex_format\n"},
    {ROOT, "auspex_format", 0, 0, "/: format 9.9, expected 1.0\n"},
    {MISSING, "auspex_version", 0, 0, "/: no attribute auspex_version\n"},
    {MISSING, "config_sha256", 0, 0, "/: no attribute config_sha256\n"},
    {MISSING, "complete", 0, 0, "/: attribute complete: there is none\n"},
    {ROOT, "complete", 2, 0, "/: attribute complete is 2, need 0 or 1\n"},
    {ROOT, "seed", 4, 0, "/config: seed is not the attribute seed, 4\n"},
    {ROOT, "study", 0, 0, "/config: study is not the attribute study, 9.9\n"},
    {CONFIG, "{\"seed\":3,\"study\":\"serverless\" }", 0, 0,
     "/config: SHA-256 is 351e36d2726b..., attribute config_sha256 c12fffe1066a...\n"},
    {CONFIG, "{\"seed\":3,", 0, 1, "/config: JSON:1:10: string or '}' expected near end of file\n"},
    {MISSING, "models/format", 0, 0, "/models/format: missing\n"},
    {MISSING, "campaigns/n_committed", 0, 0, "/campaigns/n_committed: missing\n"},
    {MISSING, "traces/t/offsets", 0, 0,
     "/traces/t/offsets: missing\n/traces/t/trial: 2 rows, state has 3\n"},
    {MISSING, "provenance/run/hosts", 0, 0, "/provenance/run/hosts: missing\n"},
    {SHORTER, "trials/initial/feasible", 0, 0,
     "/trials/initial/feasible: 1 rows, campaign has 2\n"},
    {SHORTER, "traces/t/wide", 0, 0, "/traces/t/wide: 2 rows, the offsets end at 3\n"},
    {SHORTER, "traces/t/trial", 0, 0, "/traces/t/trial: 1 rows, the offsets are for 2\n"},
    {SHORTER, "models/bytes", 0, 0, "/models/bytes: 4 rows, the offsets end at 5\n"},
    {SHORTER, "models/task", 0, 0, "/models/task: 1 rows, the offsets are for 2\n"},
    {SHORTER, "provenance/trial_cost", 0, 0, "/provenance/trial_id: 2 rows, trial_cost has 1\n"},
    {VALUE, "traces/t/offsets", 4, 1, "/traces/t/offsets: row 2: 3 is below the one before\n"},
    {VALUE, "traces/t/offsets", 1, 0, "/traces/t/offsets: row 0: 1 is not 0\n"},
    {VALUE, "models/offsets", 4, 2, "/models/bytes: 5 rows, the offsets end at 4\n"},
    {VALUE, "traces/t/state", 2, 1, "/traces/t/state: row 1: 2 is no value of the enumeration\n"},
    {VALUE, "traces/t/trial", T0, 1,
     "/traces/t/trial: row 1: 4294967296 is not above the one before\n"},
    {VALUE, "traces/t/trial", 7, 0, "/traces/t/trial: row 0: 7 is no trial of the file\n"},
    {VALUE, "datasets/a/trial", 5, 2, "/datasets/a/trial: row 2: 5 is no trial of the file\n"},
    {VALUE, "models/trial", 9, 1, "/models/trial: row 1: 9 is no trial of the file\n"},
    {VALUE, "campaigns/best_trial", 8, 0,
     "/campaigns/best_trial: row 0: 8 is no trial of the file\n"},
    {VALUE, "provenance/trial_id", 6, 0,
     "/provenance/trial_id: row 0: 6 is no trial of the file\n"},
    {VALUE, "provenance/determinism_violations", 2, 0,
     "/provenance/determinism_violations: row 0: 2 results were not reproduced\n"},
    {VALUE, "trials/initial/index", 5, 1,
     "/trials/initial/id: row 1: 4294967297 is not campaign 1, index 5\n"},
    {VALUE, "campaigns/n_committed", 3, 0,
     "/campaigns/n_committed: row 0: campaign 1 has 3, /trials 2\n"},
    {VALUE, "campaigns/id", 2, 0,
     "/campaigns/n_committed: row 0: campaign 2 has 2, /trials 0\n"
     "/campaigns/id: campaign 1 of trial 4294967296 is missing\n"},
    {VALUE, "campaigns/kind", 0, 0,
     "/campaigns/kind: row 0: campaign 1 is of kind xnitial, 2 of its trials are not\n"},
    {RETYPE, "models/metric", 0, 'f', "/models/metric: type f32, expected f64\n"},
    {RETYPE, "trials/initial/scenario", 0, 'B',
     "/trials/initial/scenario: type u64 big-endian is none of the format\n"
     "/trials/initial/scenario: type u64 big-endian, expected i64\n"},
    {NO_UNIT, "traces/t/wide", 0, 0, "/traces/t/wide: no attribute unit\n"},
    {NO_UNIT, "traces/t/state", 0, 0, "/traces/t/state: no attribute unit\n"},
    {SI, "traces/t/wide", 0, 0, "/traces/t/wide: attribute unitSI is 0\n"},
    {NAMES, "traces/t/wide", 0, 3, "/traces/t/wide: attribute names has 3 names for 2 columns\n"},
    {LATE, "traces/t/state", 0, 0, "/traces/t: state was created after wide\n"},
    {TIMES, "traces/t/state", 0, 0, "/traces/t/state: has a time stamp\n"},
    {LINK, "traces/zz", 0, 0, "/traces/zz: a link, not an object\n"},
};

static void wrong(void **state)
{
  size_t i;

  (void)state;
  for (i = 0; i < sizeof spoils / sizeof spoils[0]; i++) {
    make(&spoils[i]);
    expect(spoils[i].want);
  }
}

/* Lines are limited, faults are counted. */
static void limit(void **state)
{
  static const spoil s = {VALUE, "campaigns/id", 2, 0, NULL};

  (void)state;
  make(&s);
  aus_buf_clear(&lines);
  check_ok(aus_check_result(path, 1, &lines, &count, &err), &err);
  assert_string_equal(lines.data, "/campaigns/n_committed: row 0: campaign 2 has 2, /trials 0\n");
  assert_int_equal(count.faults, 2);
}

/* A study that goes on may plan trials that are not there yet. */
static void unfinished(void **state)
{
  static const spoil s = {ROOT, "complete", 0, 0, ""};

  (void)state;
  make(&s);
  expect("");
  assert_true(count.unfinished);
}

/* Every byte of the values of a column with a checksum. */
static void damaged(void **state)
{
  static const spoil none = {0};
  static char bytes[1 << 20];
  const double mark[2] = {0.5, 0.25};
  size_t n, i, k;
  FILE *io;

  (void)state;
  make(&none);
  io = fopen(path, "r+b");
  assert_non_null(io);
  n = fread(bytes, 1, sizeof bytes, io);
  for (i = 0; i + sizeof mark <= n && memcmp(bytes + i, mark, sizeof mark) != 0; i++)
    continue;
  assert_true(i + sizeof mark <= n);
  for (k = 0; k < sizeof mark; k++) {
    fseek(io, (long)(i + k), SEEK_SET);
    fputc(bytes[i + k] ^ 4, io);
    fflush(io);
    aus_buf_clear(&lines);
    check_ok(aus_check_result(path, 9, &lines, &count, &err), &err);
    assert_int_equal(count.faults, 1);
    assert_non_null(strstr(lines.data, "/trials/initial/y: "));
    fseek(io, (long)(i + k), SEEK_SET);
    fputc(bytes[i + k], io);
    fflush(io);
  }
  expect("");
  fclose(io);
}

static void no_file(void **state)
{
  FILE *to;
  char want[400];

  (void)state;
  check_fails(aus_check_result("/nowhere/x.h5", 9, &lines, &count, &err), AUS_EFORMAT,
              "/nowhere/x.h5: No such file", &err);
  to = fopen(path, "w");
  assert_non_null(to);
  fputs("hello\n", to);
  fclose(to);
  snprintf(want, sizeof want, "%s: not an HDF5 file\n", path);
  expect(want);
  assert_int_equal(count.faults, 1);
}

static void out_of_memory(void **state)
{
  static const spoil s = {VALUE, "campaigns/id", 2, 0, NULL};
  int64_t live, i;
  int rc = AUS_OK;

  (void)state;
  make(&s);
  aus_buf_fini(&lines);
  live = aus_alloc_live();
  for (i = 0; i < 3000; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_check_result(path, 9, &lines, &count, &err);
    if (rc == AUS_OK) rc = aus_buf_check(&lines, &err);
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    aus_buf_fini(&lines);
    assert_int_equal(aus_alloc_live(), live);
    if (!aus_alloc_failed()) break;
  }
  aus_alloc_fail_at(-1);
  assert_int_equal(rc, AUS_OK);
  assert_int_equal(count.faults, 2);
#ifndef NDEBUG
  assert_true(i > 100);
#endif
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(right),         cmocka_unit_test(wrong),   cmocka_unit_test(limit),
      cmocka_unit_test(unfinished),    cmocka_unit_test(damaged), cmocka_unit_test(no_file),
      cmocka_unit_test(out_of_memory),
  };
  int rc;

  if (tempdir_make(dir) != 0) return 99;
  snprintf(path, sizeof path, "%s/run.h5", dir);
  aus_buf_init(&lines);
  rc = cmocka_run_group_tests(tests, NULL, NULL);
  aus_buf_fini(&lines);
  tempdir_remove(dir);
  return rc;
}
