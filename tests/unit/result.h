/* result.h - a small result with every kind of table, right or with one thing wrong, with plain HDF5.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_TESTS_UNIT_RESULT_H
#define AUS_TESTS_UNIT_RESULT_H

#include <hdf5.h>
#include <inttypes.h>

#include "unit/check.h"
#include "util/sha256.h"

/* Datasets in the order in which they are made. Types: d f64, f f32, I i64, i i32, U u64, u u32, b u8,
 * e enumeration of u8 (a, b), s string, S a longer one, B u64 big-endian. */
typedef struct column {
  const char *path;
  char type;
  int n, width; /* width 0: one dimension */
  double value[6];
} column;

#define T0 4294967296. /* trial 0 of campaign 1 */
#define T1 4294967297.

static const column columns[] = {
    {"area/p/size", 'd', 2, 0, {1, 2}},
    {"bo/acq", 'd', 2, 0, {NAN, 1}},
    {"bo/campaign", 'u', 2, 0, {1, 1}},
    {"bo/incumbent", 'd', 2, 0, {NAN, 1}},
    {"bo/n_refit", 'I', 2, 0, {0, 1}},
    {"bo/n_seen", 'I', 2, 0, {0, 1}},
    {"bo/pending_count", 'I', 2, 0, {0, 0}},
    {"bo/region_side", 'd', 2, 0, {NAN, NAN}},
    {"bo/seen/offsets", 'U', 3, 0, {0, 0, 1}},
    {"bo/seen/seen_trial", 'U', 1, 0, {T1}},
    {"bo/theta", 'd', 2, 1, {NAN, 1}},
    {"bo/trial", 'U', 2, 0, {T1, T0}},
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
    {"provenance/trial_cost", 'd', 3, 0, {1, 2, 3}},
    {"provenance/trial_id", 'U', 3, 0, {T0, T1, T1 + 1}}, /* one was called off */
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
  CONFIG   /* the configuration is `path` (at 1: the digest is of it) */
} what;

typedef struct spoil {
  what what;
  const char *path;
  double value;
  int at;
  const char *want; /* what is said about it */
} spoil;

static inline hid_t type_of(char code)
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
    H5Tset_size(type, code == 'S' ? 12 : 8);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
  }
}

/* The values as the type wants them; integers above 2^53 do not occur. */
static inline void fill(char *to, const column *c, char code, int n, const spoil *s)
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
      memset(to + (code == 'S' ? 12 : 8) * i, 0, code == 'S' ? 12 : 8);
      memcpy(to + (code == 'S' ? 12 : 8) * i, text, 8);
      if (s->what == VALUE && strcmp(s->path, c->path) == 0) to[8 * i] = 'x';
      break;
    }
  }
}

static inline void attribute(hid_t at, const char *name, hid_t type, int n, const void *value)
{
  hsize_t dim = (hsize_t)n;
  hid_t space = n < 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &dim, NULL);
  hid_t attr = H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT);

  assert_true(attr >= 0 && H5Awrite(attr, type, value) >= 0);
  H5Aclose(attr);
  H5Sclose(space);
}

static inline void text_attribute(hid_t at, const char *name, const char *text)
{
  hid_t type = H5Tcopy(H5T_C_S1);

  H5Tset_size(type, strlen(text));
  attribute(at, name, type, -1, text);
  H5Tclose(type);
}

static inline void describe(hid_t set, const spoil *s, bool mine)
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
static inline void put(hid_t file, const column *c, const spoil *s)
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

static inline void put_config(hid_t file, const char *text)
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

static inline void put_root(hid_t file, uint64_t seed, const spoil *s)
{
  static const struct {
    const char *name, *text;
  } texts[] = {{"auspex_format", "1.0"}, {"auspex_version", "0.1.0"}, {"study", "serverless"}};
  char config[100];
  const char *text = s->what == CONFIG ? s->path : config;
  unsigned char digest[32], one = 1;
  char hex[65];
  size_t i;

  snprintf(config, sizeof config, "{\"seed\":%" PRIu64 ",\"study\":\"serverless\"}", seed);
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

/* A file of that seed with that one thing wrong. */
static inline void make(const char *path, uint64_t seed, const spoil *s)
{
  static const char *const groups[] = {"area",       "area/p",         "bo",         "bo/seen",
                                       "campaigns",  "datasets",       "datasets/a", "models",
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
  put_root(file, seed, s);
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

#endif
