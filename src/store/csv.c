/* csv.c - tables of an HDF5 file as text.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/csv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/scan.h"
#include "util/alloc.h"

enum { WINDOW = 8 << 20, MAX_DEPTH = 16 };

/* A column of a table: a dataset, or the trial (source) of each row made from the entries. */
typedef struct column {
  char *name;
  aus_scan scan;
  int width;
  char **title; /* width */
  char *values; /* rows of the window */
  bool by_entry;
  char *member[256]; /* names of an enumeration's small values */
} column;

typedef struct table {
  char *group, *only; /* only: one dataset of the group; NULL: all */
  hid_t at;
  column *col;
  int64_t n, cap;
  uint64_t n_rows;
  uint64_t *offset; /* rows of entry i: offset[i] to offset[i + 1]; NULL: no entries */
  uint64_t n_entries;
  uint64_t window; /* rows at a time */
} table;

static void column_fini(column *c)
{
  int i;

  for (i = 0; c->title && i < c->width; i++)
    aus_free(c->title[i]);
  for (i = 0; i < 256; i++)
    if (c->member[i]) H5free_memory(c->member[i]);
  aus_scan_close(&c->scan);
  aus_free(c->title);
  aus_free(c->values);
  aus_free(c->name);
}

static void table_fini(table *t)
{
  int64_t i;

  for (i = 0; i < t->n; i++)
    column_fini(&t->col[i]);
  aus_free(t->col);
  aus_free(t->offset);
  aus_free(t->group);
  aus_free(t->only);
  aus_h5_drop(t->at);
}

/* ---- columns ---- */

/* Names of the values of an enumeration, looked up once. */
static void get_members(column *c)
{
  int i, n = c->scan.elem.named ? H5Tget_nmembers(c->scan.elem.type) : 0;
  union {
    char bytes[16];
    int64_t align;
  } value = {{0}};

  for (i = 0; i < n; i++) {
    int64_t x;

    if (H5Tget_member_value(c->scan.elem.type, (unsigned)i, value.bytes) < 0) return;
    x = aus_elem_integer(&c->scan.elem, value.bytes);
    if (x >= 0 && x < 256 && !c->member[x])
      c->member[x] = H5Tget_member_name(c->scan.elem.type, (unsigned)i);
  }
}

/* Strings of a list attribute, one per column; none when it is not there or of another length. */
static int names_attribute(column *c, const char *name, bool *found, aus_err *err)
{
  int rc = AUS_OK;
  hid_t attr = -1, type = -1, space = -1;
  aus_elem e = {.type = -1};
  char *values = NULL;
  int i;

  *found = false;
  if (H5Aexists(c->scan.set, name) <= 0) goto done;
  AUS_H5(attr = H5Aopen(c->scan.set, name, H5P_DEFAULT), err);
  AUS_H5(type = H5Aget_type(attr), err);
  AUS_H5(space = H5Aget_space(attr), err);
  AUS_TRY(aus_elem_open(&e, type, err));
  if (e.kind != AUS_ELEM_TEXT || H5Sget_simple_extent_npoints(space) != c->width) goto done;
  AUS_NEW(values, (size_t)c->width * e.size, err);
  AUS_H5(H5Aread(attr, e.type, values), err);
  for (i = 0; i < c->width; i++) {
    AUS_NEW(c->title[i], e.size + 1, err);
    memcpy(c->title[i], values + (size_t)i * e.size, e.size);
  }
  *found = true;
done:
  aus_free(values);
  aus_elem_close(&e);
  aus_h5_drop(space);
  aus_h5_drop(type);
  aus_h5_drop(attr);
  return rc;
}

static int make_titles(column *c, aus_err *err)
{
  int rc = AUS_OK, i;
  bool found = false;

  AUS_NEW(c->title, c->width, err);
  if (c->scan.n_dims == 2) AUS_TRY(names_attribute(c, "names", &found, err));
  if (c->scan.n_dims == 2 && !found) AUS_TRY(names_attribute(c, "feature_names", &found, err));
  if (found) goto done;
  for (i = 0; i < c->width; i++) {
    AUS_NEW(c->title[i], strlen(c->name) + 16, err);
    sprintf(c->title[i], c->scan.n_dims > 1 ? "%s_%d" : "%s", c->name, i);
  }
done:
  return rc;
}

static int add_column(table *t, const char *name, bool by_entry, aus_err *err)
{
  int rc = AUS_OK;
  column *c;
  uint64_t width, inner;

  AUS_TRY(aus_grow(&t->col, &t->cap, t->n + 1, sizeof *t->col, err));
  c = &t->col[t->n];
  memset(c, 0, sizeof *c);
  c->scan = (aus_scan){.set = -1, .space = -1, .elem = {.type = -1}};
  t->n++;
  c->by_entry = by_entry;
  AUS_DUP(c->name, name, err);
  AUS_TRY(aus_scan_open(&c->scan, t->at, name, err));
  width = aus_scan_width(&c->scan, &inner);
  if (c->scan.n_dims > AUS_SCAN_TABLE_DIMS || width > INT32_MAX / 2)
    AUS_FAIL(err, AUS_EFORMAT, "%s: more dimensions or columns than a table has", name);
  c->width = c->scan.n_dims > 1 ? (int)width : 1;
  get_members(c);
  AUS_TRY(make_titles(c, err));
done:
  return rc;
}

static uint64_t rows_of(const column *c)
{
  return c->scan.n_dims > 0 ? c->scan.dim[0] : c->scan.n;
}

/* ---- tables ---- */

static bool has(const table *t, const char *name)
{
  H5O_info_t info;

  return H5Lexists(t->at, name, H5P_DEFAULT) > 0 &&
         H5Oget_info_by_name2(t->at, name, &info, H5O_INFO_BASIC, H5P_DEFAULT) >= 0 &&
         info.type == H5O_TYPE_DATASET;
}

/* A whole column of u64 (of u32 too). */
static int read_entries(table *t, const char *name, uint64_t **values, uint64_t *n, aus_err *err)
{
  int rc = AUS_OK;
  aus_scan s;
  char *raw = NULL;
  uint64_t i;

  AUS_TRY(aus_scan_open(&s, t->at, name, err));
  if (s.n_dims != 1 || s.elem.kind != AUS_ELEM_UINT || s.n > (UINT64_MAX >> 6))
    AUS_FAIL(err, AUS_EFORMAT, "%s: not a column of unsigned integers", name);
  AUS_NEW(*values, s.n, err);
  AUS_NEW(raw, s.n * s.elem.size, err);
  AUS_TRY(aus_scan_rows(&s, 0, s.n, raw, err));
  for (i = 0; i < s.n; i++)
    (*values)[i] = (uint64_t)aus_elem_integer(&s.elem, raw + i * s.elem.size);
  *n = s.n;
done:
  aus_free(raw);
  aus_scan_close(&s);
  return rc;
}

static int read_offsets(table *t, aus_err *err)
{
  int rc = AUS_OK;
  uint64_t n = 0, i;

  AUS_TRY(read_entries(t, "offsets", &t->offset, &n, err));
  if (n == 0) AUS_FAIL(err, AUS_EFORMAT, "offsets: none");
  t->n_entries = n - 1;
  for (i = 0; i < n; i++)
    if (t->offset[i] < (i > 0 ? t->offset[i - 1] : 0) || t->offset[0] != 0)
      AUS_FAIL(err, AUS_EFORMAT, "offsets: %" PRIu64 " is below the one before", t->offset[i]);
done:
  return rc;
}

static bool is_key(const char *name)
{
  static const char *const keys[] = {"source", "trial", "id", "campaign", "index"};
  size_t i;

  for (i = 0; i < sizeof keys / sizeof keys[0]; i++)
    if (strcmp(name, keys[i]) == 0) return true;
  return false;
}

/* Keys first, then the others by name. A ragged table: columns of rows, entries expanded. */
static int add_all(table *t, bool ragged, bool blobs, aus_err *err)
{
  static const char *const keys[] = {"source", "trial", "id", "campaign", "index"};
  int rc = AUS_OK;
  aus_read_list names = {0};
  int64_t i;
  size_t k;

  for (k = 0; k < sizeof keys / sizeof keys[0]; k++)
    if (has(t, keys[k])) AUS_TRY(add_column(t, keys[k], ragged && k < 2, err));
  AUS_TRY(aus_scan_links(t->at, &names, err));
  for (i = 0; i < names.n; i++) {
    const char *name = names.text[i];

    if (is_key(name) || !has(t, name) || ((ragged || blobs) && strcmp(name, "offsets") == 0) ||
        (blobs && strcmp(name, "bytes") == 0))
      continue;
    AUS_TRY(add_column(t, name, false, err));
  }
done:
  aus_read_list_fini(&names);
  return rc;
}

/* One dataset; of a ragged table with the trial of each row in front. */
static int add_one(table *t, bool ragged, aus_err *err)
{
  int rc = AUS_OK;
  bool of_rows = ragged && strcmp(t->only, "offsets") != 0 && strcmp(t->only, "trial") != 0 &&
                 strcmp(t->only, "source") != 0;

  if (of_rows && has(t, "source")) AUS_TRY(add_column(t, "source", true, err));
  if (of_rows && has(t, "trial")) AUS_TRY(add_column(t, "trial", true, err));
  AUS_TRY(add_column(t, t->only, false, err));
done:
  return rc;
}

static int check_rows(table *t, aus_err *err)
{
  int rc = AUS_OK;
  const column *first = NULL;
  int64_t i;

  for (i = 0; i < t->n; i++) {
    const column *c = &t->col[i];

    if (c->by_entry && rows_of(c) != t->n_entries)
      AUS_FAIL(err, AUS_EFORMAT, "%s: %" PRIu64 " rows, the offsets are for %" PRIu64, c->name,
               rows_of(c), t->n_entries);
    if (c->by_entry) continue;
    if (!first) {
      first = c;
      t->n_rows = rows_of(c);
    }
    if (rows_of(c) != t->n_rows)
      AUS_FAIL(err, AUS_EFORMAT, "no table: %s has %" PRIu64 " rows, %s %" PRIu64, first->name,
               t->n_rows, c->name, rows_of(c));
  }
  if (t->offset && !first) t->n_rows = t->offset[t->n_entries];
  if (t->offset && t->n > 0 && t->col[0].by_entry && t->n_rows != t->offset[t->n_entries])
    AUS_FAIL(err, AUS_EFORMAT, "%" PRIu64 " rows, the offsets end at %" PRIu64, t->n_rows,
             t->offset[t->n_entries]);
done:
  return rc;
}

/* "/a/b/" -> group "a", only "b" when that is a dataset; else group "a/b". */
static int find(table *t, hid_t file, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  H5O_info_t info;
  char *name = NULL, *slash;
  size_t n;

  while (*path == '/')
    path++;
  AUS_DUP(name, path, err);
  for (n = strlen(name); n > 0 && name[n - 1] == '/'; n--)
    name[n - 1] = '\0';
  if (n == 0) AUS_FAIL(err, AUS_EFORMAT, "no table is named");
  if (H5Oget_info_by_name2(file, name, &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0)
    AUS_FAIL(err, AUS_EFORMAT, "no such table; --list shows all");
  if (info.type == H5O_TYPE_DATASET) {
    slash = strrchr(name, '/');
    AUS_DUP(t->only, slash ? slash + 1 : name, err);
    if (slash) *slash = '\0';
    AUS_DUP(t->group, slash ? name : "/", err);
  } else {
    t->group = name;
    name = NULL;
  }
  AUS_H5(t->at = H5Gopen2(file, t->group, H5P_DEFAULT), err);
done:
  aus_free(name);
  return rc;
}

/* plain: without what offsets say */
static int table_open(table *t, hid_t file, const char *path, bool plain, aus_err *err)
{
  int rc = AUS_OK;
  bool ragged, blobs;

  AUS_TRY(find(t, file, path, err));
  blobs = has(t, "offsets") && has(t, "bytes");
  ragged = has(t, "offsets") && !blobs && !plain;
  if (ragged) AUS_TRY(read_offsets(t, err));
  if (t->only)
    AUS_TRY(add_one(t, ragged, err));
  else
    AUS_TRY(add_all(t, ragged, blobs, err));
  if (t->n == 0) AUS_FAIL(err, AUS_EFORMAT, "no table: it has no columns");
  AUS_TRY(check_rows(t, err));
done:
  return rc;
}

/* ---- titles ---- */

typedef struct titled {
  column *c;
  int i;
} titled;

static int by_title(const void *a, const void *b)
{
  const titled *x = a, *y = b;

  return strcmp(x->c->title[x->i], y->c->title[y->i]);
}

/* "energy" of y -> "y.energy" */
static int prefix(titled *x, aus_err *err)
{
  int rc = AUS_OK;
  char *longer = NULL;

  if (x->c->scan.n_dims < 2) goto done;
  AUS_NEW(longer, strlen(x->c->name) + strlen(x->c->title[x->i]) + 2, err);
  sprintf(longer, "%s.%s", x->c->name, x->c->title[x->i]);
  aus_free(x->c->title[x->i]);
  x->c->title[x->i] = longer;
done:
  return rc;
}

static int tell_apart(table *t, aus_err *err)
{
  int rc = AUS_OK;
  titled *all = NULL;
  bool *twice = NULL;
  int64_t n = 0, i, k;

  for (i = 0; i < t->n; i++)
    n += t->col[i].width;
  AUS_NEW(all, n, err);
  AUS_NEW(twice, n, err);
  for (n = 0, i = 0; i < t->n; i++)
    for (k = 0; k < t->col[i].width; k++)
      all[n++] = (titled){.c = &t->col[i], .i = (int)k};
  if (n > 0) qsort(all, (size_t)n, sizeof *all, by_title);
  for (i = 1; i < n; i++)
    if (by_title(&all[i - 1], &all[i]) == 0) twice[i - 1] = twice[i] = true;
  for (i = 0; i < n; i++)
    if (twice[i]) AUS_TRY(prefix(&all[i], err));
done:
  aus_free(all);
  aus_free(twice);
  return rc;
}

/* ---- text ---- */

static void cell(const column *c, const char *value, aus_buf *out)
{
  const aus_elem *e = &c->scan.elem;
  const char *s;
  size_t n;
  int64_t k;

  if (e->kind == AUS_ELEM_TEXT || e->kind == AUS_ELEM_VTEXT) {
    s = aus_elem_text(e, value, &n);
    aus_buf_csv(out, s, n);
    return;
  }
  k = e->named ? aus_elem_integer(e, value) : -1;
  if (k >= 0 && k < 256 && c->member[k])
    aus_buf_csv(out, c->member[k], strlen(c->member[k]));
  else
    aus_elem_print(e, value, out);
}

static int flush(aus_buf *b, FILE *to, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_buf_check(b, err));
  if (b->n > 0 && fwrite(b->data, 1, (size_t)b->n, to) != (size_t)b->n)
    AUS_FAIL(err, AUS_EIO, "%s", strerror(errno));
  aus_buf_clear(b);
done:
  return rc;
}

static void header(const table *t, aus_buf *out)
{
  int64_t i;
  int k, n = 0;

  for (i = 0; i < t->n; i++)
    for (k = 0; k < t->col[i].width; k++) {
      if (n++ > 0) aus_buf_text(out, ",");
      aus_buf_csv(out, t->col[i].title[k], strlen(t->col[i].title[k]));
    }
  aus_buf_text(out, "\n");
}

/* ---- rows ---- */

/* Rows of a window: as many as fit; columns by entry are read whole. */
static int make_windows(table *t, aus_err *err)
{
  int rc = AUS_OK;
  size_t bytes = 1;
  int64_t i;

  for (i = 0; i < t->n; i++)
    if (!t->col[i].by_entry) bytes += t->col[i].scan.elem.size * (size_t)t->col[i].width;
  t->window = WINDOW / bytes > 0 ? WINDOW / bytes : 1;
  for (i = 0; i < t->n; i++) {
    column *c = &t->col[i];
    uint64_t n = c->by_entry ? t->n_entries : t->n_rows < t->window ? t->n_rows : t->window;

    AUS_NEW(c->values, n * (uint64_t)c->width * c->scan.elem.size, err);
    if (c->by_entry) AUS_TRY(aus_scan_rows(&c->scan, 0, n, c->values, err));
  }
done:
  return rc;
}

/* The column by which rows belong to trials; NULL: none does. */
static const column *trial_column(const table *t)
{
  int64_t i;

  for (i = 0; i < t->n; i++)
    if ((strcmp(t->col[i].name, "trial") == 0 || strcmp(t->col[i].name, "id") == 0) &&
        t->col[i].width == 1 &&
        (t->col[i].scan.elem.kind == AUS_ELEM_INT || t->col[i].scan.elem.kind == AUS_ELEM_UINT))
      return &t->col[i];
  return NULL;
}

/* Row `row` of the table, which is row `i` of the window and belongs to `entry`. */
static void one_row(const table *t, uint64_t i, uint64_t entry, aus_buf *out)
{
  int64_t k;
  int j, n = 0;

  for (k = 0; k < t->n; k++) {
    const column *c = &t->col[k];
    const char *value =
        c->values + (c->by_entry ? entry : i) * (uint64_t)c->width * c->scan.elem.size;

    for (j = 0; j < c->width; j++, value += c->scan.elem.size) {
      if (n++ > 0) aus_buf_text(out, ",");
      cell(c, value, out);
    }
  }
  aus_buf_text(out, "\n");
}

/* Rows first .. end - 1, window by window. */
static int write_range(table *t, const aus_csv_conf *conf, uint64_t first, uint64_t end, FILE *to,
                       aus_buf *b, aus_err *err)
{
  int rc = AUS_OK;
  const column *trial = conf->one_trial ? trial_column(t) : NULL;
  uint64_t entry = 0, n, i;
  int64_t k;

  for (; first < end; first += n) {
    n = end - first < t->window ? end - first : t->window;
    for (k = 0; k < t->n; k++)
      if (!t->col[k].by_entry)
        AUS_TRY(aus_scan_rows(&t->col[k].scan, first, n, t->col[k].values, err));
    for (i = 0; i < n; i++) {
      while (t->offset && entry + 1 < t->n_entries && t->offset[entry + 1] <= first + i)
        entry++;
      if (trial && (uint64_t)aus_elem_integer(
                       &trial->scan.elem, trial->values + (trial->by_entry ? entry : i) *
                                                              trial->scan.elem.size) != conf->trial)
        continue;
      one_row(t, i, entry, b);
      if (b->n > WINDOW / 8) AUS_TRY(flush(b, to, err));
    }
    for (k = 0; k < t->n; k++)
      if (!t->col[k].by_entry)
        aus_scan_free(&t->col[k].scan.elem, t->col[k].values, n * (uint64_t)t->col[k].width);
  }
done:
  return rc;
}

/* Of a table by trial only the entries that are asked for are read. */
static int write_rows(table *t, const aus_csv_conf *conf, FILE *to, aus_buf *b, aus_err *err)
{
  int rc = AUS_OK;
  const column *trial = trial_column(t);
  uint64_t i;

  if (conf->one_trial && !trial) AUS_FAIL(err, AUS_EFORMAT, "its rows do not belong to trials");
  if (!conf->one_trial || !trial->by_entry) {
    AUS_TRY(write_range(t, conf, 0, t->n_rows, to, b, err));
    goto done;
  }
  for (i = 0; i < t->n_entries; i++)
    if ((uint64_t)aus_elem_integer(&trial->scan.elem, trial->values + i * trial->scan.elem.size) ==
        conf->trial)
      AUS_TRY(write_range(t, conf, t->offset[i], t->offset[i + 1], to, b, err));
done:
  return rc;
}

int aus_csv_write(const char *path, const aus_csv_conf *conf, FILE *to, aus_err *err)
{
  int rc = AUS_OK;
  hid_t file = -1;
  table t = {.at = -1};
  aus_buf b;
  bool reading = true;

  aus_buf_init(&b);
  AUS_TRY(aus_scan_file(&file, path, err));
  AUS_TRY(table_open(&t, file, conf->table, false, err));
  AUS_TRY(tell_apart(&t, err));
  AUS_TRY(make_windows(&t, err));
  header(&t, &b);
  AUS_TRY(write_rows(&t, conf, to, &b, err));
  reading = false;
  AUS_TRY(flush(&b, to, err));
  if (fflush(to) != 0) AUS_FAIL(err, AUS_EIO, "%s", strerror(errno));
done:
  if (rc != AUS_OK && file >= 0 && !ferror(to))
    aus_err_prepend(err, "%s:%s%s: ", path, conf->table[0] == '/' ? "" : "/", conf->table);
  table_fini(&t);
  aus_h5_drop(file);
  aus_buf_fini(&b);
  return reading && !ferror(to) ? aus_scan_code(rc, err) : rc;
}

/* ---- the list of tables ---- */

static void text_of(hid_t set, const char *name, aus_buf *out)
{
  hid_t attr = H5Aexists(set, name) > 0 ? H5Aopen(set, name, H5P_DEFAULT) : -1;
  hid_t type = attr < 0 ? -1 : H5Aget_type(attr);
  char text[200] = "";

  if (type >= 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 &&
      H5Tget_size(type) < sizeof text && H5Aget_storage_size(attr) < sizeof text)
    if (H5Aread(attr, type, text) < 0) text[0] = '\0';
  aus_buf_text(out, text);
  aus_h5_drop(type);
  aus_h5_drop(attr);
}

static int list_column(const column *c, int width, aus_buf *out, aus_err *err)
{
  int rc = AUS_OK;
  hid_t type = -1;
  aus_buf t, unit;

  aus_buf_init(&t);
  aus_buf_init(&unit);
  AUS_H5(type = H5Dget_type(c->scan.set), err);
  aus_scan_type(type, &t);
  AUS_TRY(aus_buf_check(&t, err));
  t.data[strcspn(t.data, " ")] = '\0'; /* enum, string */
  t.n = (int64_t)strlen(t.data);
  if (c->scan.n_dims > 1) aus_buf_printf(&t, "[%d]", c->width);
  text_of(c->scan.set, "unit", &unit);
  AUS_TRY(aus_buf_check(&t, err));
  AUS_TRY(aus_buf_check(&unit, err));
  aus_buf_printf(out, "  %-*s  %-8s  %-8s  ", width, c->name, t.data, unit.data ? unit.data : "");
  text_of(c->scan.set, "long_name", out);
  aus_buf_text(out, "\n");
done:
  aus_buf_fini(&t);
  aus_buf_fini(&unit);
  aus_h5_drop(type);
  return rc;
}

static int list_table(hid_t file, const char *path, bool plain, int width, aus_buf *out,
                      aus_err *err)
{
  int rc = AUS_OK;
  table t = {.at = -1};
  int64_t i;

  AUS_TRY(table_open(&t, file, path, plain, err));
  aus_buf_printf(out, "%-*s  %" PRIu64 " row%s", width + 2, path, t.n_rows,
                 t.n_rows == 1 ? "" : "s");
  if (t.n > 0 && t.col[0].by_entry) aus_buf_printf(out, " of %" PRIu64 " trials", t.n_entries);
  aus_buf_text(out, "\n");
  for (i = 0; i < t.n; i++)
    AUS_TRY(list_column(&t.col[i], width, out, err));
done:
  table_fini(&t);
  return rc;
}

/* The names below a group: tables among them, groups gone into; datasets that form no table one by one. */
static int list_group(hid_t file, const char *path, int depth, int width, aus_buf *out,
                      aus_err *err)
{
  int rc = AUS_OK;
  table here = {.at = -1};
  aus_read_list names = {0};
  int64_t i;
  bool any = false, whole;
  char child[400];
  int64_t n = out->n;

  if (depth > MAX_DEPTH) AUS_FAIL(err, AUS_EFORMAT, "groups are nested too deeply");
  AUS_H5(here.at = H5Gopen2(file, path[0] ? path : "/", H5P_DEFAULT), err);
  AUS_TRY(aus_scan_links(here.at, &names, err));
  for (i = 0; i < names.n; i++)
    any = any || has(&here, names.text[i]);
  whole = any && path[0] && list_table(file, path, false, width, out, err) == AUS_OK;
  if (any && !whole) {
    if (err->code == AUS_ENOMEM) {
      rc = AUS_ENOMEM;
      goto done;
    }
    aus_err_clear(err);
    if (out->data) out->data[out->n = n] = '\0';
  }
  for (i = 0; i < names.n; i++) {
    snprintf(child, sizeof child, "%s%s%s", path, path[0] ? "/" : "", names.text[i]);
    if (!has(&here, names.text[i]))
      AUS_TRY(list_group(file, child, depth + 1, width, out, err));
    else if (!whole)
      AUS_TRY(list_table(file, child, true, width, out, err));
  }
done:
  aus_read_list_fini(&names);
  table_fini(&here);
  return rc;
}

int aus_csv_list(const char *path, aus_buf *out, aus_err *err)
{
  int rc = AUS_OK;
  hid_t file = -1;
  aus_err own;

  aus_err_clear(&own);
  AUS_TRY(aus_scan_file(&file, path, &own));
  AUS_TRY(list_group(file, "", 0, 26, out, &own));
  AUS_TRY(aus_buf_check(out, &own));
done:
  if (rc != AUS_OK && file >= 0) aus_err_prepend(&own, "%s: ", path);
  aus_h5_drop(file);
  rc = aus_scan_code(rc, &own);
  if (rc != AUS_OK && err && err->code == AUS_OK) *err = own;
  return rc;
}
