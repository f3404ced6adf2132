/* read.c - reading a published file with serial HDF5.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/read.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/scan.h"
#include "util/alloc.h"

static const char format_version[] = "1.0";

struct aus_read {
  hid_t file;
  char *name; /* for messages */
};

/* ---- open and close ---- */

/* A fixed-length string attribute of the root; "" when there is none such, or a longer one. */
static int root_text(const aus_read *f, const char *name, char *text, size_t n_text, aus_err *err)
{
  int rc = AUS_OK;
  hid_t attr = -1, type = -1;
  htri_t is_there;

  text[0] = '\0';
  AUS_H5(is_there = H5Aexists(f->file, name), err);
  if (!is_there) goto done;
  AUS_H5(attr = H5Aopen(f->file, name, H5P_DEFAULT), err);
  AUS_H5(type = H5Aget_type(attr), err);
  if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) != 0) goto done;
  if (H5Aget_storage_size(attr) >= n_text) goto done;
  memset(text, 0, n_text);
  AUS_H5(H5Aread(attr, type, text), err);
done:
  aus_h5_drop(type);
  aus_h5_drop(attr);
  if (rc != AUS_OK) aus_err_prepend(err, "%s: attribute %s: ", f->name, name);
  return rc;
}

static int check_root(const aus_read *f, const char *study, aus_err *err)
{
  int rc = AUS_OK;
  char text[40];

  AUS_TRY(root_text(f, "auspex_format", text, sizeof text, err));
  if (text[0] == '\0')
    AUS_FAIL(err, AUS_EFORMAT, "%s: not a result of auspex (no attribute auspex_format)", f->name);
  if (strcmp(text, format_version) != 0)
    AUS_FAIL(err, AUS_EFORMAT, "%s: format %s, expected %s", f->name, text, format_version);
  AUS_TRY(root_text(f, "study", text, sizeof text, err));
  if (study && strcmp(text, study) != 0)
    AUS_FAIL(err, AUS_EFORMAT, "%s: a result of study \"%s\", expected \"%s\"", f->name, text,
             study);
  if (study && H5Lexists(f->file, "sources", H5P_DEFAULT) > 0)
    AUS_FAIL(err, AUS_EFORMAT, "%s: a merged result; give one of its sources", f->name);
done:
  return rc;
}

int aus_read_open(aus_read **out, const char *path, const char *study, aus_err *err)
{
  int rc = AUS_OK;
  aus_read *f = NULL;

  *out = NULL;
  AUS_NEW(f, 1, err);
  f->file = -1;
  AUS_DUP(f->name, path, err);
  AUS_TRY(aus_scan_file(&f->file, path, err));
  AUS_TRY(check_root(f, study, err));
  *out = f;
  f = NULL;
done:
  aus_read_close(f);
  return rc;
}

void aus_read_close(aus_read *f)
{
  if (!f) return;
  if (f->file >= 0) H5Fclose(f->file);
  aus_free(f->name);
  aus_free(f);
}

bool aus_read_is_result(const char *path, const char *config_sha256)
{
  aus_read *f = NULL;
  char text[80];
  uint8_t complete = 0;
  bool is = aus_read_open(&f, path, NULL, NULL) == AUS_OK &&
            root_text(f, "config_sha256", text, sizeof text, NULL) == AUS_OK &&
            strcmp(text, config_sha256) == 0 &&
            aus_h5_get_attribute(f->file, "complete", H5T_NATIVE_UINT8, &complete, NULL) == AUS_OK;

  aus_read_close(f);
  return is && complete == 1;
}

/* ---- objects ---- */

/* H5Lexists() wants every group on the way to exist, H5Oexists_by_name() the link. */
bool aus_read_has(const aus_read *f, const char *path)
{
  char part[256];
  size_t i, n = strlen(path);

  if (n == 0 || n >= sizeof part) return false;
  for (i = 1; i <= n; i++) {
    if (path[i] != '/' && path[i] != '\0') continue;
    memcpy(part, path, i);
    part[i] = '\0';
    if (H5Lexists(f->file, part, H5P_DEFAULT) <= 0) return false;
    if (H5Oexists_by_name(f->file, part, H5P_DEFAULT) <= 0) return false;
  }
  return true;
}

/* An open dataset with its type and shape. */
typedef struct set {
  hid_t id, type;
  int n_dims; /* 0: one value */
  int64_t n;
  int width;
} set;

static void set_close(set *s)
{
  aus_h5_drop(s->type);
  aus_h5_drop(s->id);
}

static int get_shape(set *s, aus_err *err)
{
  int rc = AUS_OK;
  hid_t space = -1;
  hsize_t dim[3] = {1, 1, 1};

  AUS_H5(space = H5Dget_space(s->id), err);
  AUS_H5(s->n_dims = H5Sget_simple_extent_ndims(space), err);
  if (s->n_dims > 3) AUS_FAIL(err, AUS_EFORMAT, "%d dimensions, expected 1 to 3", s->n_dims);
  AUS_H5(H5Sget_simple_extent_dims(space, dim, NULL), err);
  if (dim[0] > INT64_MAX / 8 || dim[1] > INT32_MAX || dim[2] > INT32_MAX / (dim[1] + 1))
    AUS_FAIL(err, AUS_EFORMAT, "%" PRIu64 " x %" PRIu64 " x %" PRIu64 " values", (uint64_t)dim[0],
             (uint64_t)dim[1], (uint64_t)dim[2]);
  s->n = (int64_t)dim[0];
  s->width = (int)(dim[1] * dim[2]);
done:
  aus_h5_drop(space);
  return rc;
}

static int set_open(set *s, const aus_read *f, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  H5O_info_t info;

  *s = (set){.id = -1, .type = -1};
  if (!aus_read_has(f, path)) AUS_FAIL(err, AUS_EFORMAT, "no such dataset");
  AUS_H5(H5Oget_info_by_name2(f->file, path, &info, H5O_INFO_BASIC, H5P_DEFAULT), err);
  if (info.type != H5O_TYPE_DATASET) AUS_FAIL(err, AUS_EFORMAT, "not a dataset");
  AUS_H5(s->id = H5Dopen2(f->file, path, H5P_DEFAULT), err);
  AUS_H5(s->type = H5Dget_type(s->id), err);
  AUS_TRY(get_shape(s, err));
done:
  return rc;
}

int aus_read_shape(const aus_read *f, const char *path, int64_t *n, int *width, aus_err *err)
{
  int rc = AUS_OK;
  set s;

  *n = 0;
  *width = 0;
  AUS_TRY(set_open(&s, f, path, err));
  *n = s.n;
  *width = s.width;
done:
  set_close(&s);
  if (rc != AUS_OK) aus_err_prepend(err, "%s:/%s: ", f->name, path);
  return rc;
}

/* ---- columns ---- */

/* Numbers must be stored as publication stores this type; an enumeration counts as its numbers. */
static int check_type(const set *s, aus_dtype type, aus_err *err)
{
  static const char *const names[] = {
      [AUS_F64] = "f64", [AUS_F32] = "f32", [AUS_I64] = "i64", [AUS_I32] = "i32",
      [AUS_U64] = "u64", [AUS_U32] = "u32", [AUS_U8] = "u8"};
  int rc = AUS_OK;
  htri_t equal;
  hid_t base = -1;

  AUS_H5(base = H5Tget_class(s->type) == H5T_ENUM ? H5Tget_super(s->type) : H5Tcopy(s->type), err);
  AUS_H5(equal = H5Tequal(base, aus_h5_file_type(type)), err);
  if (!equal) AUS_FAIL(err, AUS_EFORMAT, "values of another type, expected %s", names[type]);
done:
  aus_h5_drop(base);
  return rc;
}

static int check_shape(const set *s, int64_t n, int width, aus_err *err)
{
  int rc = AUS_OK;

  if (s->n_dims == 0) AUS_FAIL(err, AUS_EFORMAT, "one value, expected a column");
  if (s->width != width) AUS_FAIL(err, AUS_EFORMAT, "%d columns, expected %d", s->width, width);
  if (s->n != n) AUS_FAIL(err, AUS_EFORMAT, "%" PRId64 " rows, expected %" PRId64, s->n, n);
done:
  return rc;
}

int aus_read_column(const aus_read *f, const char *path, aus_dtype type, int64_t n, int width,
                    void *values, aus_err *err)
{
  int rc = AUS_OK;
  set s;
  hid_t memory = -1;

  AUS_TRY(set_open(&s, f, path, err));
  AUS_TRY(check_type(&s, type, err));
  AUS_TRY(check_shape(&s, n, width, err));
  AUS_H5(memory = H5Tget_native_type(s.type, H5T_DIR_DEFAULT), err);
  if (n > 0) AUS_H5(H5Dread(s.id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), err);
done:
  aus_h5_drop(memory);
  set_close(&s);
  if (rc != AUS_OK) aus_err_prepend(err, "%s:/%s: ", f->name, path);
  return rc;
}

/* ---- strings ---- */

void aus_read_list_fini(aus_read_list *list)
{
  int64_t i;

  for (i = 0; list->text && i < list->n; i++)
    aus_free(list->text[i]);
  aus_free(list->text);
  *list = (aus_read_list){0};
}

/* One string of each `size` bytes, which need not end with a NUL. */
static int split_strings(aus_read_list *list, const char *bytes, size_t size, int64_t n,
                         aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  AUS_NEW(list->text, n, err);
  list->n = n;
  for (i = 0; i < n; i++) {
    AUS_NEW(list->text[i], size + 1, err);
    memcpy(list->text[i], bytes + (size_t)i * size, size);
  }
done:
  return rc;
}

int aus_read_strings(const aus_read *f, const char *path, aus_read_list *list, aus_err *err)
{
  int rc = AUS_OK;
  set s;
  char *bytes = NULL;
  size_t size;

  *list = (aus_read_list){0};
  AUS_TRY(set_open(&s, f, path, err));
  if (H5Tget_class(s.type) != H5T_STRING || H5Tis_variable_str(s.type) != 0)
    AUS_FAIL(err, AUS_EFORMAT, "values of another type, expected strings of fixed length");
  if (s.width != 1) AUS_FAIL(err, AUS_EFORMAT, "%d columns, expected 1", s.width);
  size = H5Tget_size(s.type);
  if (size > (1u << 30) || s.n > INT64_MAX >> 30)
    AUS_FAIL(err, AUS_EFORMAT, "%" PRId64 " strings of %zu bytes", s.n, size);
  AUS_NEW(bytes, s.n * (int64_t)size, err);
  if (s.n > 0) AUS_H5(H5Dread(s.id, s.type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes), err);
  AUS_TRY(split_strings(list, bytes, size, s.n, err));
done:
  aus_free(bytes);
  set_close(&s);
  if (rc != AUS_OK) {
    aus_err_prepend(err, "%s:/%s: ", f->name, path);
    aus_read_list_fini(list);
  }
  return rc;
}

int aus_read_names(const aus_read *f, const char *path, aus_read_list *list, aus_err *err)
{
  int rc = AUS_OK;
  hid_t group = -1;
  H5O_info_t object;

  *list = (aus_read_list){0};
  if (!aus_read_has(f, path)) AUS_FAIL(err, AUS_EFORMAT, "no such group");
  AUS_H5(H5Oget_info_by_name2(f->file, path, &object, H5O_INFO_BASIC, H5P_DEFAULT), err);
  if (object.type != H5O_TYPE_GROUP) AUS_FAIL(err, AUS_EFORMAT, "not a group");
  AUS_H5(group = H5Gopen2(f->file, path, H5P_DEFAULT), err);
  AUS_TRY(aus_scan_links(group, list, err));
done:
  aus_h5_drop(group);
  if (rc != AUS_OK) {
    aus_err_prepend(err, "%s:/%s: ", f->name, path);
    aus_read_list_fini(list);
  }
  return rc;
}

/* ---- rows of trials ---- */

void aus_read_index_fini(aus_read_index *index)
{
  aus_free(index->trial);
  aus_free(index->offset);
  *index = (aus_read_index){0};
}

/* "<table>/<column>" */
static int join(char **out, const char *table, const char *column, aus_err *err)
{
  int rc = AUS_OK;
  size_t n = strlen(table) + strlen(column) + 2;

  AUS_NEW(*out, n, err);
  snprintf(*out, n, "%s/%s", table, column);
done:
  return rc;
}

static int check_index(const aus_read_index *index, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  if (index->offset[0] != 0) AUS_FAIL(err, AUS_EFORMAT, "the offsets do not begin with 0");
  for (i = 0; i < index->n; i++) {
    if (index->offset[i + 1] < index->offset[i] || index->offset[i + 1] > INT64_MAX)
      AUS_FAIL(err, AUS_EFORMAT, "offset %" PRId64 " is below the one before", i + 1);
    if (i > 0 && index->trial[i] <= index->trial[i - 1])
      AUS_FAIL(err, AUS_EFORMAT, "trial %" PRId64 " is not above the one before", i);
  }
done:
  return rc;
}

int aus_read_trials(const aus_read *f, const char *table, aus_read_index *index, aus_err *err)
{
  int rc = AUS_OK, width;
  char *trial = NULL, *offsets = NULL;

  *index = (aus_read_index){0};
  AUS_TRY(join(&trial, table, "trial", err));
  AUS_TRY(join(&offsets, table, "offsets", err));
  AUS_TRY(aus_read_shape(f, trial, &index->n, &width, err));
  AUS_NEW(index->trial, index->n, err);
  AUS_NEW(index->offset, index->n + 1, err);
  AUS_TRY(aus_read_column(f, trial, AUS_U64, index->n, 1, index->trial, err));
  AUS_TRY(aus_read_column(f, offsets, AUS_U64, index->n + 1, 1, index->offset, err));
  rc = check_index(index, err);
  if (rc != AUS_OK) aus_err_prepend(err, "%s:/%s: ", f->name, table);
done:
  aus_free(trial);
  aus_free(offsets);
  if (rc != AUS_OK) aus_read_index_fini(index);
  return rc;
}

int64_t aus_read_find(const aus_read_index *index, uint64_t trial, int64_t *first)
{
  int64_t low = 0, high = index->n, mid;

  *first = 0;
  while (low < high) {
    mid = low + (high - low) / 2;
    if (index->trial[mid] < trial)
      low = mid + 1;
    else
      high = mid;
  }
  if (low == index->n || index->trial[low] != trial) return 0;
  *first = (int64_t)index->offset[low];
  return (int64_t)(index->offset[low + 1] - index->offset[low]);
}
