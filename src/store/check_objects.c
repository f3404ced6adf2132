/* check_objects.c - groups and datasets of a published file: order, types, units, lengths, values.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/check_impl.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "util/alloc.h"

enum { MAX_DEPTH = 16 };

/* Columns of the tables that all areas have, with the beginning of the type's name. */
static const struct {
  const char *group; /* * is one name */
  const char *columns;
} known[] = {
    {"space", "name:string kind:string unit:string lower:f64 upper:f64 step:f64 log:u8 group:i32"},
    {"design", "unit:f64 value:f64 trial:u64"},
    {"campaigns", "id:u32 kind:string base_trial:i64 budget:i64 lag:i64 n_committed:i64 "
                  "stop_reason:enum best_trial:i64 best_y:f64"},
    {"trials/*", "id:u64 campaign:u32 index:u32 scenario:i64 origin:enum status:enum x:f64 y:f64 "
                 "feasible:u8"},
    {"bo", "campaign:u32 trial:u64 n_seen:i64 pending_count:i64 n_refit:i64 theta:f64 acq:f64 "
           "incumbent:f64 region_side:f64"},
    {"bo/seen", "offsets:u64 seen_trial:u64"},
    {"traces/*", "trial:u64 offsets:u64"},
    {"datasets/*", "X:f y:f trial:u64 split:enum"},
    {"models", "task:string version:i32 parent:i64 trial:i64 metric:f64 format:string offsets:u64 "
               "bytes:u8"},
    {"provenance/run", "argv:string hosts:string input_path:string input_sha256:string"},
    {"provenance/timeline", "time:f64 busy_workers:i64 queue:i64 manager_load:f64 committed:i64"},
    {"sources", "file:string seed:u64 config_sha256:string"},
};

/* A dataset of the group at hand. */
typedef struct column {
  char *name;
  char type[40]; /* beginning of its name */
  int n_dims;
  uint64_t n;    /* rows */
  bool read;     /* all its values */
  uint64_t last; /* offsets: the last one */
} column;

typedef struct table {
  column *col;
  int64_t n, cap;
} table;

static void table_fini(table *t)
{
  int64_t i;

  for (i = 0; i < t->n; i++)
    aus_free(t->col[i].name);
  aus_free(t->col);
}

static const column *find(const table *t, const char *name)
{
  int64_t i;

  for (i = 0; i < t->n; i++)
    if (strcmp(t->col[i].name, name) == 0) return &t->col[i];
  return NULL;
}

/* ---- what an object is written like ---- */

static int check_times(check *c, hid_t object, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  H5O_info_t info;

  AUS_H5(H5Oget_info2(object, &info, H5O_INFO_TIME), err);
  if (info.atime != 0 || info.mtime != 0 || info.ctime != 0 || info.btime != 0)
    aus_check_fault(c, path, "has a time stamp");
done:
  return rc;
}

static int order_name(char *name, size_t size, hid_t group, hsize_t i, bool *is_group, aus_err *err)
{
  int rc = AUS_OK;
  H5O_info_t info;

  AUS_H5(
      H5Lget_name_by_idx(group, ".", H5_INDEX_CRT_ORDER, H5_ITER_INC, i, name, size, H5P_DEFAULT),
      err);
  AUS_H5(H5Oget_info_by_name2(group, name, &info, H5O_INFO_BASIC, H5P_DEFAULT), err);
  *is_group = info.type == H5O_TYPE_GROUP;
done:
  return rc;
}

/* Groups are made first, then datasets, each sorted; /analysis is added later. */
static int check_order(check *c, hid_t group, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  hid_t plist = -1;
  unsigned flags = 0;
  H5G_info_t info;
  hsize_t i;
  char last[2][256] = {"", ""}, name[256];
  bool is_group = false;

  AUS_H5(plist = H5Gget_create_plist(group), err);
  AUS_H5(H5Pget_link_creation_order(plist, &flags), err);
  if (!(flags & H5P_CRT_ORDER_TRACKED)) {
    aus_check_fault(c, path, "order of creation is not kept");
    goto done;
  }
  AUS_H5(H5Gget_info(group, &info), err);
  for (i = 0; i < info.nlinks; i++) {
    AUS_TRY(order_name(name, sizeof name, group, i, &is_group, err));
    if (path[0] == '\0' && strcmp(name, "analysis") == 0) continue;
    if (strcmp(name, last[is_group]) <= 0) {
      aus_check_fault(c, path, "%s was created after %s", name, last[is_group]);
      break;
    }
    snprintf(last[is_group], sizeof last[0], "%s", name);
  }
done:
  aus_h5_drop(plist);
  return rc;
}

/* Numbers of seven types and enumerations over two, little-endian; strings of fixed length. */
static bool good_type(const char *type)
{
  static const char *const good[] = {"f64", "f32", "i64", "i32", "u64", "u32", "u8"};
  size_t i;

  for (i = 0; i < sizeof good / sizeof good[0]; i++)
    if (strcmp(type, good[i]) == 0) return true;
  return strncmp(type, "enum of u8 (", 12) == 0 || strncmp(type, "enum of i32 (", 13) == 0 ||
         strcmp(type, "enum of u8") == 0 || strcmp(type, "enum of i32") == 0 ||
         (strncmp(type, "string of ", 10) == 0 && strstr(type, " (UTF-8, null-padded)"));
}

static int check_type(check *c, hid_t set, const char *path, column *col, aus_err *err)
{
  int rc = AUS_OK;
  hid_t type = -1;
  aus_buf text;

  aus_buf_init(&text);
  AUS_H5(type = H5Dget_type(set), err);
  aus_scan_type(type, &text);
  AUS_TRY(aus_buf_check(&text, err));
  snprintf(col->type, sizeof col->type, "%s", text.data);
  if (!good_type(text.data)) aus_check_fault(c, path, "type %s is none of the format", text.data);
done:
  aus_buf_fini(&text);
  aus_h5_drop(type);
  return rc;
}

/* ---- attributes of a dataset ---- */

/* Class and number of values; false when there is no such attribute. */
static bool attribute_is(hid_t object, const char *name, H5T_class_t *class, hssize_t *n)
{
  hid_t attr, type, space;

  if (H5Aexists(object, name) <= 0) return false;
  attr = H5Aopen(object, name, H5P_DEFAULT);
  type = attr < 0 ? -1 : H5Aget_type(attr);
  space = attr < 0 ? -1 : H5Aget_space(attr);
  *class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
  *n = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
  aus_h5_drop(space);
  aus_h5_drop(type);
  aus_h5_drop(attr);
  return true;
}

static int check_units(check *c, hid_t set, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  static const char *const names[] = {"unit", "unitSI", "long_name"};
  H5T_class_t class;
  hssize_t n;
  double si;
  int k;

  for (k = 0; k < 3; k++)
    if (!attribute_is(set, names[k], &class, &n))
      aus_check_fault(c, path, "no attribute %s", names[k]);
    else if (n != 1 || class != (k == 1 ? H5T_FLOAT : H5T_STRING))
      aus_check_fault(c, path, "attribute %s is not one %s", names[k], k == 1 ? "real" : "string");
    else if (k == 1) {
      AUS_TRY(aus_h5_get_attribute(set, names[k], H5T_NATIVE_DOUBLE, &si, err));
      if (!isfinite(si) || si <= 0) aus_check_fault(c, path, "attribute unitSI is %g", si);
    }
done:
  return rc;
}

/* Names of the columns of a matrix. */
static void check_names(check *c, const aus_scan *s, const char *path)
{
  static const char *const names[] = {"names", "feature_names", "y_units"};
  uint64_t width = s->n_dims > 1 ? s->dim[s->n_dims - 1] : 1;
  H5T_class_t class;
  hssize_t n;
  int k;

  for (k = 0; k < 3; k++)
    if (attribute_is(s->set, names[k], &class, &n) && (uint64_t)n != width)
      aus_check_fault(c, path, "attribute %s has %" PRId64 " names for %" PRIu64 " columns",
                      names[k], (int64_t)n, width);
}

/* ---- values ---- */

/* What the values of a dataset have to be, piece by piece; the first wrong one is told. */
typedef struct watch {
  check *c;
  const char *path;
  const aus_elem *elem;
  bool offsets, ids, zero, sources;
  bool work;     /* ids of all that was worked on: also trials that their campaign had called off */
  bool strictly; /* ids ascend */
  bool told;
  uint64_t last;   /* integer before */
  uint32_t source; /* of it */
  bool begun;
  bool member[256];  /* small enumerations */
  int64_t low, high; /* others must be without gaps */
} watch;

static void tell(watch *w, uint64_t row, const char *what, int64_t value)
{
  if (!w->told)
    aus_check_fault(w->c, w->path, "row %" PRIu64 ": %" PRIu64 " %s", row, (uint64_t)value, what);
  w->told = true;
}

static int prepare_members(watch *w, aus_err *err)
{
  int rc = AUS_OK, i, n;
  union {
    char bytes[16];
    int64_t align;
  } value = {{0}};

  if (!w->elem->named) goto done;
  AUS_H5(n = H5Tget_nmembers(w->elem->type), err);
  w->low = INT64_MAX;
  w->high = INT64_MIN;
  for (i = 0; i < n; i++) {
    int64_t x;

    AUS_H5(H5Tget_member_value(w->elem->type, (unsigned)i, value.bytes), err);
    x = aus_elem_integer(w->elem, value.bytes);
    if (x >= 0 && x < 256) w->member[x] = true;
    if (x < w->low) w->low = x;
    if (x > w->high) w->high = x;
  }
done:
  return rc;
}

static bool has_trial(const watch *w, uint32_t source, uint64_t id)
{
  return aus_check_has_trial(w->c, source, id) ||
         (w->work && aus_check_has_campaign(w->c, source, (uint32_t)(id >> 32)));
}

static void watch_id(watch *w, uint64_t row, int64_t x, uint32_t source)
{
  bool same = w->begun && source == w->source;

  if (w->strictly && same && (uint64_t)x <= w->last) tell(w, row, "is not above the one before", x);
  if (x != -1 && !(same && (uint64_t)x == w->last) && !has_trial(w, source, (uint64_t)x))
    tell(w, row, "is no trial of the file", x);
  w->source = source;
}

static void watch_value(watch *w, uint64_t row, const char *value, uint32_t source)
{
  int64_t x = aus_elem_integer(w->elem, value);

  if (w->elem->named && (x < w->low || x > w->high || (x >= 0 && x < 256 && !w->member[x])))
    tell(w, row, "is no value of the enumeration", x);
  if (w->offsets && row == 0 && x != 0) tell(w, row, "is not 0", x);
  if (w->offsets && w->begun && (uint64_t)x < w->last) tell(w, row, "is below the one before", x);
  if (w->zero && x != 0) tell(w, row, "results were not reproduced", x);
  if (w->sources && (x >= w->c->count->sources || (w->begun && (uint64_t)x < w->last)))
    tell(w, row, "is no source, or below the one before", x);
  if (w->ids) watch_id(w, row, x, source);
  w->last = (uint64_t)x;
  w->begun = true;
}

/* All pieces, beside those of `source` where the file has several. */
static int read_values(aus_scan *s, aus_scan *source, watch *w, aus_err *err)
{
  int rc = AUS_OK;
  char *piece = NULL, *beside = NULL;
  bool look = w->elem->named || w->offsets || w->ids || w->zero || w->sources;
  uint64_t n, m, i;

  AUS_NEW(piece, aus_scan_bytes(s), err);
  if (source) {
    memcpy(source->block, s->block, sizeof s->block);
    AUS_NEW(beside, aus_scan_bytes(source), err);
  }
  while (s->done < s->n) {
    uint64_t first = s->done;

    AUS_TRY(aus_scan_next(s, piece, &n, err));
    if (source) AUS_TRY(aus_scan_next(source, beside, &m, err));
    for (i = 0; look && i < n; i++)
      watch_value(w, first + i, piece + i * s->elem.size,
                  beside ? (uint32_t)aus_elem_integer(&source->elem, beside + i * source->elem.size)
                         : 0);
    w->c->count->bytes += n * s->elem.size;
  }
done:
  aus_free(piece);
  aus_free(beside);
  return rc;
}

static bool ends_with(const char *s, const char *end)
{
  size_t n = strlen(s), m = strlen(end);

  return n >= m && strcmp(s + n - m, end) == 0;
}

/* A column of trial ids, all of which must be in /trials: not while a study goes on, nor for what it
 * plans, nor in copies of what other files knew of their own. */
static bool has_ids(const check *c, const char *group, const char *name)
{
  if (c->n_trials == 0) return false;
  if (strncmp(group, "provenance", 10) == 0)
    return strcmp(group, "provenance") == 0 && strcmp(name, "trial_id") == 0 &&
           !c->count->unfinished;
  if (strcmp(group, "design") == 0 && c->count->unfinished) return false;
  return strcmp(name, "trial") == 0 || ends_with(name, "_trial");
}

static int watch_values(check *c, hid_t at, const char *group, const char *path, aus_scan *s,
                        column *col, aus_err *err)
{
  int rc = AUS_OK;
  bool whole = s->elem.kind == AUS_ELEM_INT || s->elem.kind == AUS_ELEM_UINT;
  watch w = {.c = c, .path = path, .elem = &s->elem};
  aus_scan source = {.set = -1, .space = -1, .elem = {.type = -1}};

  w.offsets = whole && strcmp(col->name, "offsets") == 0;
  w.ids = whole && s->n_dims == 1 && has_ids(c, group, col->name);
  w.work = strcmp(path, "provenance/trial_id") == 0;
  w.sources = whole && c->count->sources > 0 && strcmp(col->name, "source") == 0;
  w.zero = whole && strcmp(path, "provenance/determinism_violations") == 0;
  w.strictly = strcmp(col->name, "trial") == 0 &&
               (aus_check_has(at, "offsets") && !aus_check_has(at, "bytes"));
  AUS_TRY(prepare_members(&w, err));
  if (w.ids && c->count->sources > 0 && aus_check_has(at, "source")) {
    AUS_TRY(aus_scan_open(&source, at, "source", err));
    if (source.n_dims != 1 || source.n != s->n) w.ids = false;
  }
  AUS_TRY(read_values(s, w.ids && source.set >= 0 ? &source : NULL, &w, err));
  col->last = w.last;
  col->read = true;
done:
  aus_scan_close(&source);
  return rc;
}

static int look_at_set(check *c, hid_t at, const char *group, const char *path, column *col,
                       aus_err *err)
{
  int rc = AUS_OK;
  aus_scan s;

  AUS_TRY(aus_scan_open(&s, at, col->name, err));
  col->n_dims = s.n_dims;
  col->n = s.n_dims > 0 ? s.dim[0] : s.n;
  c->count->datasets++;
  AUS_TRY(check_times(c, s.set, path, err));
  AUS_TRY(check_type(c, s.set, path, col, err));
  if (s.n_dims > AUS_SCAN_TABLE_DIMS) aus_check_fault(c, path, "%d dimensions", s.n_dims);
  if (s.elem.kind != AUS_ELEM_TEXT) AUS_TRY(check_units(c, s.set, path, err));
  check_names(c, &s, path);
  AUS_TRY(watch_values(c, at, group, path, &s, col, err));
done:
  aus_scan_close(&s);
  return rc;
}

/* ---- tables ---- */

static bool matches(const char *pattern, const char *path)
{
  size_t n = strlen(pattern);

  if (pattern[n - 1] != '*') return strcmp(pattern, path) == 0;
  return strncmp(pattern, path, n - 1) == 0 && path[n - 1] && !strchr(path + n - 1, '/');
}

/* The columns that a table of the frame must have, and their types. */
static void check_known(check *c, const char *path, const table *t)
{
  const char *s = NULL;
  char name[40], type[40], where[400];
  size_t i;

  for (i = 0; i < sizeof known / sizeof known[0]; i++)
    if (matches(known[i].group, path)) s = known[i].columns;
  if (!s || (!c->study && strncmp(path, "provenance", 10) != 0)) return;
  for (; s; s = strchr(s, ' '), s = s ? s + 1 : NULL) {
    const column *col;

    if (sscanf(s, "%39[^:]:%39[^ ]", name, type) != 2) return;
    col = find(t, name);
    snprintf(where, sizeof where, "%s/%s", path, name);
    if (!col)
      aus_check_fault(c, where, "missing");
    else if (col->type[0] && strncmp(col->type, type, strlen(type)) != 0)
      aus_check_fault(c, where, "type %s, expected %s", col->type, type);
  }
}

static void check_rows(check *c, const char *path, const column *col, uint64_t want, const char *of)
{
  char where[400];

  if (col->n == want && col->n_dims > 0) return;
  snprintf(where, sizeof where, "%s/%s", path, col->name);
  if (col->n_dims == 0)
    aus_check_fault(c, where, "one value, expected a column");
  else
    aus_check_fault(c, where, "%" PRIu64 " rows, %s %" PRIu64, col->n, of, want);
}

/* Entries [n], offsets [n+1], rows [offsets[n]]; of blobs only `bytes` has rows. */
static void check_ragged(check *c, const char *path, const table *t, const column *offsets)
{
  bool blobs = find(t, "bytes") != NULL;
  char where[400];
  int64_t i;

  snprintf(where, sizeof where, "%s/offsets", path);
  if (offsets->n == 0) {
    aus_check_fault(c, where, "no value");
    return;
  }
  for (i = 0; i < t->n; i++) {
    const column *col = &t->col[i];
    bool entry = blobs ? strcmp(col->name, "bytes") != 0
                       : strcmp(col->name, "trial") == 0 || strcmp(col->name, "source") == 0;

    if (col == offsets) continue;
    if (entry)
      check_rows(c, path, col, offsets->n - 1, "the offsets are for");
    else if (offsets->read)
      check_rows(c, path, col, offsets->last, "the offsets end at");
  }
}

static void check_lengths(check *c, const char *path, const table *t)
{
  const column *offsets = find(t, "offsets"), *first = NULL;
  bool loose = strcmp(path, "provenance") == 0;
  char of[80];
  int64_t i;

  if (path[0] == '\0' || ends_with(path, "/run") || strncmp(path, "provenance/sources", 18) == 0)
    return;
  if (offsets) {
    check_ragged(c, path, t, offsets);
    return;
  }
  for (i = 0; i < t->n; i++) {
    const column *col = &t->col[i];

    if (loose && strncmp(col->name, "trial_", 6) != 0) continue;
    if (!first) {
      first = col;
      snprintf(of, sizeof of, "%.60s has", first->name);
    }
    check_rows(c, path, col, first->n, of);
  }
}

/* ---- the tree ---- */

static int check_group(check *c, hid_t group, const char *path, int depth, aus_err *err);

static int check_child(check *c, hid_t group, const char *parent, const char *name, table *t,
                       int depth, aus_err *err)
{
  int rc = AUS_OK;
  hid_t child = -1;
  H5L_info_t link;
  H5O_info_t info;
  char path[400];

  snprintf(path, sizeof path, "%s%s%s", parent, parent[0] ? "/" : "", name);
  AUS_H5(H5Lget_info(group, name, &link, H5P_DEFAULT), err);
  if (link.type != H5L_TYPE_HARD) {
    aus_check_fault(c, path, "a link, not an object");
    goto done;
  }
  AUS_H5(H5Oget_info_by_name2(group, name, &info, H5O_INFO_BASIC, H5P_DEFAULT), err);
  if (info.type == H5O_TYPE_GROUP) {
    AUS_H5(child = H5Gopen2(group, name, H5P_DEFAULT), err);
    rc = check_group(c, child, path, depth + 1, err);
  } else if (info.type == H5O_TYPE_DATASET) {
    AUS_TRY(aus_grow(&t->col, &t->cap, t->n + 1, sizeof *t->col, err));
    t->col[t->n] = (column){0};
    AUS_DUP(t->col[t->n].name, name, err);
    rc = look_at_set(c, group, parent, path, &t->col[t->n++], err);
  } else {
    aus_check_fault(c, path, "neither a group nor a dataset");
  }
done:
  aus_h5_drop(child);
  return aus_check_unread(c, path, rc, err);
}

static int check_group(check *c, hid_t group, const char *path, int depth, aus_err *err)
{
  int rc = AUS_OK;
  aus_read_list names = {0};
  table t = {0};
  int64_t i;

  if (depth > MAX_DEPTH) AUS_FAIL(err, AUS_EFORMAT, "groups are nested too deeply");
  AUS_TRY(check_times(c, group, path, err));
  AUS_TRY(check_order(c, group, path, err));
  AUS_TRY(aus_scan_links(group, &names, err));
  for (i = 0; i < names.n; i++)
    AUS_TRY(check_child(c, group, path, names.text[i], &t, depth, err));
  check_known(c, path, &t);
  check_lengths(c, path, &t);
done:
  table_fini(&t);
  aus_read_list_fini(&names);
  return rc;
}

int aus_check_objects(check *c, aus_err *err)
{
  int rc = AUS_OK;
  hid_t root = -1;

  AUS_H5(root = H5Gopen2(c->file, "/", H5P_DEFAULT), err);
  rc = check_group(c, root, "", 0, err);
done:
  aus_h5_drop(root);
  return aus_check_unread(c, "", rc, err);
}
