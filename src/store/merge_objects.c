/* merge_objects.c - joining results: groups, tables, attributes.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/merge_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/plan.h"
#include "store/same_impl.h"
#include "util/alloc.h"

enum { MAX_DEPTH = 16, DEFLATE = 4 };

/* A group of the new file. */
typedef struct group {
  char *path;
  bool once;           /* the same in all sources */
  bool ragged, blobs;  /* has offsets: of rows, or of bytes */
  bool tables;         /* has datasets */
  bool *in;            /* per source: there is one */
  uint64_t *n_rows;    /* per source: rows, of blobs the bytes */
  uint64_t *n_entries; /* per source: entries of offsets; without them the rows */
} group;

/* All names, sorted. */
typedef struct names {
  char **path;
  int64_t n, cap;
} names;

typedef struct joint {
  merge *m;
  names groups, sets;
  group *group; /* as groups */
} joint;

/* ---- which objects there are ---- */

static int add_name(names *list, const char *path, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_grow(&list->path, &list->cap, list->n + 1, sizeof *list->path, err));
  AUS_DUP(list->path[list->n], path, err);
  list->n++;
done:
  return rc;
}

static int by_text(const void *a, const void *b)
{
  const char *const *x = a, *const *y = b;

  return strcmp(*x, *y);
}

static void sort_names(names *list)
{
  int64_t i, n = 0;

  if (list->n > 0) qsort(list->path, (size_t)list->n, sizeof *list->path, by_text);
  for (i = 0; i < list->n; i++)
    if (n > 0 && strcmp(list->path[n - 1], list->path[i]) == 0)
      aus_free(list->path[i]);
    else
      list->path[n++] = list->path[i];
  list->n = n;
}

static void names_fini(names *list)
{
  int64_t i;

  for (i = 0; i < list->n; i++)
    aus_free(list->path[i]);
  aus_free(list->path);
}

/* What is not joined: what report has computed, and what goes another way. */
static bool is_apart(const char *path)
{
  return strcmp(path, "provenance") == 0 || strcmp(path, "analysis") == 0 ||
         strcmp(path, "config") == 0;
}

static int collect(joint *j, const merge_source *s, const char *path, int depth, aus_err *err)
{
  int rc = AUS_OK;
  hid_t at = -1;
  aus_read_list list = {0};
  H5O_info_t info;
  char child[400];
  int64_t i;

  if (depth > MAX_DEPTH) AUS_FAIL(err, AUS_EFORMAT, "/%s: groups are nested too deeply", path);
  AUS_H5(at = H5Gopen2(s->file, path[0] ? path : "/", H5P_DEFAULT), err);
  AUS_TRY(aus_scan_links(at, &list, err));
  for (i = 0; i < list.n; i++) {
    snprintf(child, sizeof child, "%s%s%s", path, path[0] ? "/" : "", list.text[i]);
    if (is_apart(child)) continue;
    AUS_H5(H5Oget_info_by_name2(at, list.text[i], &info, H5O_INFO_BASIC, H5P_DEFAULT), err);
    if (info.type == H5O_TYPE_GROUP) {
      AUS_TRY(add_name(&j->groups, child, err));
      AUS_TRY(collect(j, s, child, depth + 1, err));
    } else if (path[0] == '\0' || strcmp(list.text[i], "source") == 0) {
      AUS_FAIL(err, AUS_EFORMAT, "/%s: a dataset of this name cannot be joined", child);
    } else {
      AUS_TRY(add_name(&j->sets, child, err));
    }
  }
done:
  aus_read_list_fini(&list);
  aus_h5_drop(at);
  return rc;
}

/* ---- groups ---- */

static bool has(hid_t file, const char *parent, const char *name)
{
  char path[400];

  snprintf(path, sizeof path, "%s/%s", parent, name);
  return H5Lexists(file, parent, H5P_DEFAULT) > 0 && H5Lexists(file, path, H5P_DEFAULT) > 0;
}

/* H5Lexists() wants every group on the way to exist. */
static bool has_path(hid_t file, const char *path)
{
  char part[400];
  size_t i, n = strlen(path);

  for (i = 1; i <= n && i < sizeof part; i++) {
    if (path[i] != '/' && path[i] != '\0') continue;
    memcpy(part, path, i);
    part[i] = '\0';
    if (H5Lexists(file, part, H5P_DEFAULT) <= 0) return false;
  }
  return true;
}

/* Tables of every study that depend on the seed, even where two happen to be equal. */
static bool depends_on_seed(const char *path)
{
  static const char *const frame[] = {"bo",      "campaigns", "datasets",    "design", "models",
                                      "rewards", "traces",    "sensitivity", "trials"};
  size_t i, n;

  for (i = 0; i < sizeof frame / sizeof frame[0]; i++) {
    n = strlen(frame[i]);
    if (strncmp(path, frame[i], n) == 0 && (path[n] == '\0' || path[n] == '/')) return true;
  }
  return false;
}

static int find_once(joint *j, group *g, aus_err *err)
{
  int rc = AUS_OK, k;
  bool same = !depends_on_seed(g->path);

  for (k = 0; k < j->m->n; k++)
    same = same && g->in[k];
  for (k = 1; same && k < j->m->n; k++)
    AUS_TRY(aus_same_objects(j->m->src[0].file, j->m->src[k].file, g->path, &same, err));
  g->once = same;
  if (!same && strcmp(g->path, "space") == 0)
    AUS_FAIL(err, AUS_EFORMAT, "/space is not the same in all files");
done:
  return rc;
}

/* Rows of one dataset; the last value of offsets. */
static int count_rows(const merge_source *s, const char *table, const char *name, uint64_t *n,
                      uint64_t *last, aus_err *err)
{
  int rc = AUS_OK;
  aus_scan scan;
  char path[400];

  snprintf(path, sizeof path, "%s/%s", table, name);
  AUS_TRY(aus_scan_open(&scan, s->file, path, err));
  if (scan.n_dims < 1) AUS_FAIL(err, AUS_EFORMAT, "one value, not a column");
  *n = scan.dim[0];
  if (!last) goto done;
  if (scan.n_dims != 1 || scan.elem.kind != AUS_ELEM_UINT || scan.elem.size != sizeof *last ||
      *n < 1)
    AUS_FAIL(err, AUS_EFORMAT, "not a list of offsets");
  AUS_TRY(aus_scan_rows(&scan, *n - 1, 1, last, err));
done:
  aus_scan_close(&scan);
  if (rc != AUS_OK) aus_err_prepend(err, "%s:/%s: ", s->path, path);
  return rc;
}

/* The first dataset of a group; NULL: it has none. */
static const char *first_set(const joint *j, const group *g)
{
  size_t n = strlen(g->path);
  int64_t i;

  for (i = 0; i < j->sets.n; i++)
    if (strncmp(j->sets.path[i], g->path, n) == 0 && j->sets.path[i][n] == '/' &&
        !strchr(j->sets.path[i] + n + 1, '/'))
      return j->sets.path[i] + n + 1;
  return NULL;
}

static int measure(joint *j, group *g, aus_err *err)
{
  int rc = AUS_OK, k;
  const char *first = first_set(j, g);

  g->tables = first != NULL;
  for (k = 0; k < j->m->n; k++)
    if (g->in[k] && has(j->m->src[k].file, g->path, "offsets")) {
      g->blobs = g->blobs || has(j->m->src[k].file, g->path, "bytes");
      g->ragged = true;
    }
  for (k = 0; g->tables && k < j->m->n; k++) {
    const merge_source *s = &j->m->src[k];

    if (!g->in[k]) continue;
    AUS_TRY(count_rows(s, g->path, g->ragged ? "offsets" : first, &g->n_entries[k],
                       g->ragged ? &g->n_rows[k] : NULL, err));
    if (g->ragged)
      g->n_entries[k]--;
    else
      g->n_rows[k] = g->n_entries[k];
  }
done:
  return rc;
}

static int describe_group(joint *j, group *g, char *path, aus_err *err)
{
  int rc = AUS_OK, k;

  g->path = path;
  AUS_NEW(g->in, j->m->n, err);
  AUS_NEW(g->n_rows, j->m->n, err);
  AUS_NEW(g->n_entries, j->m->n, err);
  for (k = 0; k < j->m->n; k++)
    g->in[k] = has_path(j->m->src[k].file, path);
  AUS_TRY(find_once(j, g, err));
  if (!g->once) AUS_TRY(measure(j, g, err));
done:
  return rc;
}

/* ---- attributes ---- */

/* An attribute of one source. */
typedef struct value {
  hid_t type;
  hssize_t n; /* values; one and no list: scalar */
  bool scalar, text;
  size_t size;
  char *bytes;
} value;

static void value_fini(value *v)
{
  aus_h5_drop(v->type);
  aus_free(v->bytes);
}

static int read_value(value *v, hid_t object, const char *name, aus_err *err)
{
  int rc = AUS_OK;
  hid_t attr = -1, space = -1;

  AUS_H5(attr = H5Aopen(object, name, H5P_DEFAULT), err);
  AUS_H5(v->type = H5Aget_type(attr), err);
  AUS_H5(space = H5Aget_space(attr), err);
  AUS_H5(v->n = H5Sget_simple_extent_npoints(space), err);
  v->scalar = H5Sget_simple_extent_type(space) == H5S_SCALAR;
  v->text = H5Tget_class(v->type) == H5T_STRING;
  v->size = H5Tget_size(v->type);
  if (H5Tis_variable_str(v->type) > 0 || H5Tdetect_class(v->type, H5T_VLEN) > 0)
    AUS_FAIL(err, AUS_EFORMAT, "values of variable length");
  AUS_NEW(v->bytes, (size_t)v->n * v->size, err);
  if (v->n > 0) AUS_H5(H5Aread(attr, v->type, v->bytes), err);
done:
  aus_h5_drop(space);
  aus_h5_drop(attr);
  if (rc != AUS_OK) aus_err_prepend(err, "attribute %s: ", name);
  return rc;
}

static bool same_value(const value *a, const value *b)
{
  return a->n == b->n && a->scalar == b->scalar && a->size == b->size &&
         H5Tequal(a->type, b->type) > 0 && memcmp(a->bytes, b->bytes, (size_t)a->n * a->size) == 0;
}

/* One value per source; strings as wide as the widest. */
static int write_list(hid_t to, const char *name, const value *v, int n, aus_err *err)
{
  int rc = AUS_OK, k;
  size_t size = 0;
  char *all = NULL;
  hid_t type = -1;

  for (k = 0; k < n; k++) {
    if (!v[k].scalar || v[k].text != v[0].text ||
        (!v[k].text && H5Tequal(v[k].type, v[0].type) <= 0))
      AUS_FAIL(err, AUS_EFORMAT, "attribute %s cannot be joined", name);
    if (v[k].size > size) size = v[k].size;
  }
  AUS_H5(type = v[0].text ? aus_h5_string_type(size) : H5Tcopy(v[0].type), err);
  AUS_NEW(all, (size_t)n * size, err);
  for (k = 0; k < n; k++)
    memcpy(all + (size_t)k * size, v[k].bytes, v[k].size);
  AUS_TRY(aus_h5_attribute(to, name, type, n, all, err));
done:
  aus_free(all);
  aus_h5_drop(type);
  return rc;
}

static int join_attribute(hid_t to, const char *name, const hid_t *from, int n, aus_err *err)
{
  int rc = AUS_OK, k;
  value *v = NULL;
  bool same = true;

  AUS_NEW(v, n, err);
  for (k = 0; k < n; k++)
    v[k].type = -1;
  for (k = 0; k < n; k++) {
    if (H5Aexists(from[k], name) <= 0)
      AUS_FAIL(err, AUS_EFORMAT, "attribute %s is not in all files", name);
    AUS_TRY(read_value(&v[k], from[k], name, err));
    same = same && same_value(&v[0], &v[k]);
  }
  if (same)
    AUS_TRY(aus_h5_attribute(to, name, v[0].type, v[0].scalar ? -1 : (int)v[0].n, v[0].bytes, err));
  else
    AUS_TRY(write_list(to, name, v, n, err));
done:
  for (k = 0; v && k < n; k++)
    value_fini(&v[k]);
  aus_free(v);
  return rc;
}

/* Attributes of the objects of one path, of the n sources that have it. */
static int join_attributes(hid_t to, const hid_t *from, int n, aus_err *err)
{
  int rc = AUS_OK;
  aus_read_list list = {0};
  int64_t i;

  if (n == 0) goto done;
  AUS_TRY(aus_scan_attributes(from[0], &list, err));
  for (i = 0; i < list.n; i++)
    AUS_TRY(join_attribute(to, list.text[i], from, n, err));
done:
  aus_read_list_fini(&list);
  return rc;
}

static int attributes_of_path(joint *j, hid_t to, const char *path, aus_err *err)
{
  int rc = AUS_OK, k, n = 0;
  hid_t *from = NULL;

  AUS_NEW(from, j->m->n, err);
  for (k = 0; k < j->m->n; k++)
    if (has_path(j->m->src[k].file, path))
      AUS_H5(from[n++] = H5Oopen(j->m->src[k].file, path, H5P_DEFAULT), err);
  AUS_TRY(join_attributes(to, from, n, err));
done:
  for (k = 0; from && k < n; k++)
    aus_h5_drop(from[k]);
  aus_free(from);
  if (rc != AUS_OK) aus_err_prepend(err, "/%s: ", path);
  return rc;
}

/* ---- datasets of the new file ---- */

/* What a row is: width 0 is one value; inner > 0: in two dimensions. */
typedef struct row_shape {
  uint64_t width, inner;
} row_shape;

static const row_shape one = {0};

/* Dimensions of n rows; returns how many there are. */
static int shape_of(row_shape row, uint64_t n, hsize_t dim[3])
{
  dim[0] = n;
  dim[1] = row.inner > 0 ? row.width / row.inner : row.width;
  dim[2] = row.inner;
  return row.inner > 0 ? 3 : row.width > 0 ? 2 : 1;
}

/* As publication makes them. */
static int create_set(merge *m, const char *path, hid_t type, uint64_t n, row_shape row, hid_t *out,
                      aus_err *err)
{
  int rc = AUS_OK, n_dims;
  aus_plan_set plan = {
      .n = n, .width = (int)(row.width > 0 ? row.width : 1), .string_bytes = H5Tget_size(type)};
  hsize_t dim[3], chunk[3];
  hid_t space = -1, dcpl = -1;

  n_dims = shape_of(row, n, dim);
  (void)shape_of(row, aus_plan_chunk_rows(&plan), chunk);
  AUS_H5(space = H5Screate_simple(n_dims, dim, NULL), err);
  AUS_H5(dcpl = H5Pcreate(H5P_DATASET_CREATE), err);
  AUS_H5(H5Pset_obj_track_times(dcpl, 0), err);
  AUS_H5(H5Pset_fill_time(dcpl, H5D_FILL_TIME_NEVER), err);
  if (n > 0) {
    AUS_H5(H5Pset_chunk(dcpl, n_dims, chunk), err);
    AUS_H5(H5Pset_shuffle(dcpl), err);
    AUS_H5(H5Pset_deflate(dcpl, DEFLATE), err);
    AUS_H5(H5Pset_fletcher32(dcpl), err);
  }
  AUS_H5(*out = H5Dcreate2(m->file, path, type, space, H5P_DEFAULT, dcpl, H5P_DEFAULT), err);
done:
  aus_h5_drop(dcpl);
  aus_h5_drop(space);
  return rc;
}

static int write_rows(hid_t set, hid_t type, uint64_t first, uint64_t n, row_shape row,
                      const void *values, aus_err *err)
{
  int rc = AUS_OK, n_dims;
  hsize_t at[3] = {first, 0, 0}, count[3];
  hid_t space = -1, memory = -1;

  n_dims = shape_of(row, n, count);
  if (n == 0) goto done;
  AUS_H5(space = H5Dget_space(set), err);
  AUS_H5(memory = H5Screate_simple(n_dims, count, NULL), err);
  AUS_H5(H5Sselect_hyperslab(space, H5S_SELECT_SET, at, NULL, count, NULL), err);
  AUS_H5(H5Dwrite(set, type, memory, space, H5P_DEFAULT, values), err);
done:
  aus_h5_drop(memory);
  aus_h5_drop(space);
  return rc;
}

/* unit, unitSI, long_name of a dataset of ours. */
static int describe_set(hid_t set, const char *long_name, aus_err *err)
{
  int rc = AUS_OK;
  hid_t type = -1;
  const double si = 1.0;

  AUS_H5(type = aus_h5_string_type(1), err);
  AUS_TRY(aus_h5_attribute(set, "unit", type, -1, "1", err));
  AUS_TRY(aus_h5_attribute(set, "unitSI", H5T_IEEE_F64LE, -1, &si, err));
  aus_h5_drop(type);
  AUS_H5(type = aus_h5_string_type(strlen(long_name)), err);
  AUS_TRY(aus_h5_attribute(set, "long_name", type, -1, long_name, err));
done:
  aus_h5_drop(type);
  return rc;
}

/* ---- columns ---- */

/* How the values of a column go on from one source to the next. */
typedef enum going {
  AS_THEY_ARE,
  FROM_ROWS /* offsets */,
  FROM_ENTRIES /* rows of parents */
} going;

typedef struct column {
  const char *path, *name;
  const group *g;
  going going;
  hid_t type; /* in the file */
  row_shape row;
  uint64_t n; /* rows in all */
} column;

/* Rows that a column must have in source k. */
static uint64_t rows_in(const column *c, int k)
{
  const group *g = c->g;

  if (!g->in[k]) return 0;
  if (!g->ragged) return g->n_rows[k];
  if (strcmp(c->name, "offsets") == 0) return g->n_entries[k] + 1;
  if (g->blobs) return strcmp(c->name, "bytes") == 0 ? g->n_rows[k] : g->n_entries[k];
  return strcmp(c->name, "trial") == 0 ? g->n_entries[k] : g->n_rows[k];
}

/* Types must be equal, but strings become as wide as the widest. */
static int fit_type(column *c, const aus_scan *s, aus_err *err)
{
  int rc = AUS_OK;
  hid_t type = -1;

  AUS_H5(type = H5Dget_type(s->set), err);
  if (c->type < 0) {
    c->type = type;
    type = -1;
    c->row.width = aus_scan_width(s, &c->row.inner);
  } else if (H5Tequal(type, c->type) > 0) {
    goto done;
  } else if (s->elem.kind == AUS_ELEM_TEXT && H5Tget_class(c->type) == H5T_STRING) {
    if (H5Tget_size(type) > H5Tget_size(c->type))
      AUS_H5(H5Tset_size(c->type, H5Tget_size(type)), err);
  } else {
    AUS_FAIL(err, AUS_EFORMAT, "of another type than in other files");
  }
done:
  aus_h5_drop(type);
  return rc;
}

static int fit(column *c, const merge_source *s, int k, aus_err *err)
{
  int rc = AUS_OK;
  row_shape row;
  aus_scan scan = {.set = -1, .space = -1, .elem = {.type = -1}};

  if (!has_path(s->file, c->path)) AUS_FAIL(err, AUS_EFORMAT, "missing, but not in all files");
  AUS_TRY(aus_scan_open(&scan, s->file, c->path, err));
  if (scan.n_dims < 1 || scan.n_dims > AUS_SCAN_TABLE_DIMS || scan.elem.kind == AUS_ELEM_VTEXT)
    AUS_FAIL(err, AUS_EFORMAT, "not a column");
  AUS_TRY(fit_type(c, &scan, err));
  row.width = aus_scan_width(&scan, &row.inner);
  if (c->row.width != row.width || c->row.inner != row.inner || row.width > INT32_MAX)
    AUS_FAIL(err, AUS_EFORMAT, "%" PRIu64 " columns, in other files %" PRIu64, row.width,
             c->row.width);
  if (scan.dim[0] != rows_in(c, k))
    AUS_FAIL(err, AUS_EFORMAT, "%" PRIu64 " rows, expected %" PRIu64, (uint64_t)scan.dim[0],
             rows_in(c, k));
  c->n += scan.dim[0];
done:
  aus_scan_close(&scan);
  if (rc != AUS_OK) aus_err_prepend(err, "%s:/%s: ", s->path, c->path);
  return aus_scan_code(rc, err);
}

/* Add what came before; -1 stays "none". */
static void go_on(const column *c, char *values, uint64_t n, uint64_t before)
{
  uint64_t i, x;

  for (i = 0; c->going != AS_THEY_ARE && i < n; i++, values += sizeof x) {
    memcpy(&x, values, sizeof x);
    if (c->going == FROM_ENTRIES && (int64_t)x < 0) continue;
    x += before;
    memcpy(values, &x, sizeof x);
  }
}

/* Rows of source k from `skip` on, to row `to` of the new dataset. */
static int copy_rows(const column *c, const merge_source *s, hid_t set, uint64_t skip, uint64_t *to,
                     uint64_t before, aus_err *err)
{
  int rc = AUS_OK;
  aus_scan scan;
  char *values = NULL;
  uint64_t width = c->row.width > 0 ? c->row.width : 1, n, at, rows;

  AUS_TRY(aus_scan_code(aus_scan_open(&scan, s->file, c->path, err), err));
  /* Strings are widened when they are read. */
  if (scan.elem.kind == AUS_ELEM_TEXT) {
    aus_elem_close(&scan.elem);
    AUS_H5(scan.elem.type = H5Tcopy(c->type), err);
    scan.elem.size = H5Tget_size(c->type);
  }
  rows = AUS_SCAN_PIECE / (width * scan.elem.size);
  if (rows < 1) rows = 1;
  AUS_NEW(values, rows * width * scan.elem.size, err);
  for (at = skip; at < scan.dim[0]; at += n) {
    n = scan.dim[0] - at < rows ? scan.dim[0] - at : rows;
    rc = aus_scan_code(aus_scan_rows(&scan, at, n, values, err), err);
    if (rc != AUS_OK) {
      aus_err_prepend(err, "%s:/%s: ", s->path, c->path);
      goto done;
    }
    go_on(c, values, n * width, before);
    AUS_TRY(write_rows(set, scan.elem.type, *to, n, c->row, values, err));
    *to += n;
  }
done:
  aus_free(values);
  aus_scan_close(&scan);
  return rc;
}

static int copy_column(joint *j, column *c, hid_t set, aus_err *err)
{
  int rc = AUS_OK, k, n_before = 0;
  uint64_t to = 0, rows = 0, entries = 0;

  for (k = 0; k < j->m->n; k++) {
    if (!c->g->in[k]) continue;
    /* One 0 at the beginning is enough. */
    AUS_TRY(copy_rows(c, &j->m->src[k], set, c->going == FROM_ROWS && n_before++ > 0, &to,
                      c->going == FROM_ROWS ? rows : entries, err));
    rows += c->g->n_rows[k];
    entries += c->g->n_entries[k];
  }
done:
  return rc;
}

static int check_going(const column *c, aus_err *err)
{
  int rc = AUS_OK;

  if (c->going == FROM_ROWS && (H5Tequal(c->type, H5T_STD_U64LE) <= 0 || c->row.width > 0))
    AUS_FAIL(err, AUS_EFORMAT, "/%s: not offsets", c->path);
  if (c->going == FROM_ENTRIES && (H5Tequal(c->type, H5T_STD_I64LE) <= 0 || c->row.width > 0))
    AUS_FAIL(err, AUS_EFORMAT, "/%s: not rows of parents", c->path);
done:
  return rc;
}

static int join_column(joint *j, const group *g, const char *path, aus_err *err)
{
  int rc = AUS_OK, k, n = 0;
  column c = {.path = path, .name = strrchr(path, '/') + 1, .g = g, .type = -1};
  hid_t set = -1;

  if (g->ragged && strcmp(c.name, "offsets") == 0) c.going = FROM_ROWS;
  if (strcmp(path, "models/parent") == 0) c.going = FROM_ENTRIES;
  for (k = 0; k < j->m->n; k++)
    if (g->in[k]) {
      AUS_TRY(fit(&c, &j->m->src[k], k, err));
      n++;
    }
  if (c.going == FROM_ROWS) c.n -= (uint64_t)n - 1;
  AUS_TRY(check_going(&c, err));
  AUS_TRY(create_set(j->m, path, c.type, c.n, c.row, &set, err));
  AUS_TRY(attributes_of_path(j, set, path, err));
  AUS_TRY(copy_column(j, &c, set, err));
done:
  aus_h5_drop(set);
  aus_h5_drop(c.type);
  return rc;
}

/* The row in /sources of each row, of each entry where there are offsets. */
static int write_source(joint *j, const group *g, const char *path, aus_err *err)
{
  int rc = AUS_OK, k;
  hid_t set = -1;
  uint32_t *values = NULL;
  uint64_t n = 0, most = AUS_SCAN_PIECE / sizeof *values, at, i, to = 0;

  for (k = 0; k < j->m->n; k++)
    n += g->n_entries[k];
  AUS_NEW(values, most, err);
  AUS_TRY(create_set(j->m, path, H5T_STD_U32LE, n, one, &set, err));
  AUS_TRY(describe_set(set, "row in /sources", err));
  for (k = 0; k < j->m->n; k++)
    for (at = 0; at < g->n_entries[k]; at += n, to += n) {
      n = g->n_entries[k] - at < most ? g->n_entries[k] - at : most;
      for (i = 0; i < n; i++)
        values[i] = (uint32_t)k;
      AUS_TRY(write_rows(set, H5T_NATIVE_UINT32, to, n, one, values, err));
    }
done:
  aus_free(values);
  aus_h5_drop(set);
  return rc;
}

/* ---- what only a joined file has ---- */

static int write_texts(joint *j, const char *path, const char *long_name,
                       const char *(*text)(const merge_source *), aus_err *err)
{
  int rc = AUS_OK, k;
  size_t size = 1;
  char *all = NULL;
  hid_t type = -1, set = -1;

  for (k = 0; k < j->m->n; k++)
    if (strlen(text(&j->m->src[k])) > size) size = strlen(text(&j->m->src[k]));
  AUS_NEW(all, size * (size_t)j->m->n, err);
  for (k = 0; k < j->m->n; k++)
    memcpy(all + size * (size_t)k, text(&j->m->src[k]), strlen(text(&j->m->src[k])));
  AUS_H5(type = aus_h5_string_type(size), err);
  AUS_TRY(create_set(j->m, path, type, (uint64_t)j->m->n, one, &set, err));
  AUS_TRY(describe_set(set, long_name, err));
  AUS_TRY(write_rows(set, type, 0, (uint64_t)j->m->n, one, all, err));
done:
  aus_free(all);
  aus_h5_drop(set);
  aus_h5_drop(type);
  return rc;
}

static const char *path_of(const merge_source *s)
{
  return s->path;
}

static const char *digest_of(const merge_source *s)
{
  return s->digest;
}

static int write_seeds(joint *j, aus_err *err)
{
  int rc = AUS_OK, k;
  uint64_t *seed = NULL;
  hid_t set = -1;

  AUS_NEW(seed, j->m->n, err);
  for (k = 0; k < j->m->n; k++)
    seed[k] = j->m->src[k].seed;
  AUS_TRY(create_set(j->m, "sources/seed", H5T_STD_U64LE, (uint64_t)j->m->n, one, &set, err));
  AUS_TRY(describe_set(set, "seed of all random streams", err));
  AUS_TRY(write_rows(set, H5T_NATIVE_UINT64, 0, (uint64_t)j->m->n, one, seed, err));
done:
  aus_free(seed);
  aus_h5_drop(set);
  return rc;
}

static int write_config(merge *m, const char *text, aus_err *err)
{
  int rc = AUS_OK;
  hid_t type = -1, space = -1, dcpl = -1, set = -1;

  AUS_H5(type = aus_h5_string_type(strlen(text)), err);
  AUS_H5(space = H5Screate(H5S_SCALAR), err);
  AUS_H5(dcpl = H5Pcreate(H5P_DATASET_CREATE), err);
  AUS_H5(H5Pset_obj_track_times(dcpl, 0), err);
  AUS_H5(set = H5Dcreate2(m->file, "config", type, space, H5P_DEFAULT, dcpl, H5P_DEFAULT), err);
  AUS_TRY(describe_set(set, "canonical configuration (JSON), seed: of all sources", err));
  AUS_H5(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text), err);
done:
  aus_h5_drop(set);
  aus_h5_drop(dcpl);
  aus_h5_drop(space);
  aus_h5_drop(type);
  return rc;
}

static int copy_provenance(merge *m, aus_err *err)
{
  int rc = AUS_OK, k;
  char path[60];

  for (k = 0; k < m->n; k++) {
    snprintf(path, sizeof path, "provenance/sources/%06d", k);
    if (H5Lexists(m->src[k].file, "provenance", H5P_DEFAULT) > 0)
      AUS_H5(H5Ocopy(m->src[k].file, "provenance", m->file, path, H5P_DEFAULT, H5P_DEFAULT), err);
  }
done:
  return rc;
}

/* ---- all of it ---- */

static int create_group(joint *j, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  hid_t gcpl = -1, at = -1;

  AUS_H5(gcpl = H5Pcreate(H5P_GROUP_CREATE), err);
  AUS_H5(H5Pset_link_creation_order(gcpl, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED), err);
  AUS_H5(H5Pset_obj_track_times(gcpl, 0), err);
  AUS_H5(at = H5Gcreate2(j->m->file, path, H5P_DEFAULT, gcpl, H5P_DEFAULT), err);
  if (strcmp(path, "sources") != 0 && strncmp(path, "provenance", 10) != 0)
    AUS_TRY(attributes_of_path(j, at, path, err));
done:
  aus_h5_drop(at);
  aus_h5_drop(gcpl);
  return rc;
}

/* The group of a dataset; NULL: of those that only a joined file has. */
static const group *group_of(const joint *j, const char *path)
{
  size_t n = (size_t)(strrchr(path, '/') - path);
  int64_t i;

  for (i = 0; i < j->groups.n; i++)
    if (strlen(j->group[i].path) == n && strncmp(j->group[i].path, path, n) == 0)
      return &j->group[i];
  return NULL;
}

static int write_set(joint *j, const char *path, const char *config, aus_err *err)
{
  int rc = AUS_OK;
  const group *g;

  if (strcmp(path, "config") == 0) return write_config(j->m, config, err);
  if (strcmp(path, "sources/config_sha256") == 0)
    return write_texts(j, path, "config_sha256 of the file", digest_of, err);
  if (strcmp(path, "sources/file") == 0)
    return write_texts(j, path, "name of the file when it was joined", path_of, err);
  if (strcmp(path, "sources/seed") == 0) return write_seeds(j, err);
  g = group_of(j, path);
  AUS_ASSERT(g);
  if (g->once)
    AUS_H5(H5Ocopy(j->m->src[0].file, path, j->m->file, path, H5P_DEFAULT, H5P_DEFAULT), err);
  else if (strcmp(strrchr(path, '/'), "/source") == 0)
    AUS_TRY(write_source(j, g, path, err));
  else
    AUS_TRY(join_column(j, g, path, err));
done:
  if (rc == AUS_EIO || rc == AUS_EDEP) aus_err_prepend(err, "/%s: ", path);
  return rc;
}

/* Names of everything in the new file but what is below the sources' provenance. */
static int plan(joint *j, aus_err *err)
{
  static const char *const own_sets[] = {"config", "sources/config_sha256", "sources/file",
                                         "sources/seed"};
  int rc = AUS_OK, k;
  int64_t i;
  char path[400];

  for (k = 0; k < j->m->n; k++) {
    rc = collect(j, &j->m->src[k], "", 0, err);
    if (rc != AUS_OK) aus_err_prepend(err, "%s:", j->m->src[k].path);
    AUS_TRY(aus_scan_code(rc, err));
  }
  sort_names(&j->groups);
  sort_names(&j->sets);
  AUS_NEW(j->group, j->groups.n, err);
  for (i = 0; i < j->groups.n; i++)
    AUS_TRY(aus_scan_code(describe_group(j, &j->group[i], j->groups.path[i], err), err));
  for (i = 0; i < j->groups.n; i++)
    if (j->group[i].tables && !j->group[i].once) {
      snprintf(path, sizeof path, "%s/source", j->group[i].path);
      AUS_TRY(add_name(&j->sets, path, err));
    }
  for (i = 0; i < 4; i++)
    AUS_TRY(add_name(&j->sets, own_sets[i], err));
  sort_names(&j->sets);
done:
  return rc;
}

/* Groups first, as publication does. */
static int make_groups(joint *j, aus_err *err)
{
  static const char *const own[] = {"provenance", "provenance/sources", "sources"};
  int rc = AUS_OK;
  int64_t i;
  names all = {0};

  for (i = 0; i < j->groups.n; i++)
    AUS_TRY(add_name(&all, j->groups.path[i], err));
  for (i = 0; i < 3; i++)
    AUS_TRY(add_name(&all, own[i], err));
  sort_names(&all);
  for (i = 0; i < all.n; i++)
    AUS_TRY(create_group(j, all.path[i], err));
done:
  names_fini(&all);
  return rc;
}

int aus_merge_objects(merge *m, const char *config, aus_err *err)
{
  int rc = AUS_OK;
  joint j = {.m = m};
  int64_t i;

  AUS_TRY(plan(&j, err));
  AUS_TRY(make_groups(&j, err));
  AUS_TRY(copy_provenance(m, err));
  for (i = 0; i < j.sets.n; i++)
    AUS_TRY(write_set(&j, j.sets.path[i], config, err));
done:
  for (i = 0; j.group && i < j.groups.n; i++) {
    aus_free(j.group[i].in);
    aus_free(j.group[i].n_rows);
    aus_free(j.group[i].n_entries);
  }
  aus_free(j.group);
  names_fini(&j.groups);
  names_fini(&j.sets);
  return rc;
}
