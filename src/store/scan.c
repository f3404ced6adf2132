/* scan.c - any HDF5 file seen from outside.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/scan.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/alloc.h"

/* ---- files ---- */

static int check_file(const char *path, aus_err *err)
{
  int rc = AUS_OK;
  struct stat st;

  if (stat(path, &st) != 0)
    AUS_FAIL(err, errno == ENOENT ? AUS_EFORMAT : AUS_EIO, "%s: %s", path, strerror(errno));
  if (!S_ISREG(st.st_mode)) AUS_FAIL(err, AUS_EFORMAT, "%s: not a regular file", path);
  if (H5Fis_hdf5(path) <= 0) AUS_FAIL(err, AUS_EFORMAT, "%s: not an HDF5 file", path);
done:
  return rc;
}

/* What HDF5 says about a file that it cannot open concerns its content. */
int aus_scan_file(hid_t *out, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  aus_err why;

  *out = -1;
  aus_err_clear(&why);
  aus_h5_start();
  AUS_TRY(check_file(path, err));
  *out = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (*out >= 0) goto done;
  rc = aus_h5_fail("H5Fopen", AUS_HERE, &why);
  AUS_FAIL(err, rc == AUS_ENOMEM ? rc : AUS_EFORMAT, "%s: %s", path, why.text);
done:
  return rc;
}

int aus_scan_code(int rc, aus_err *err)
{
  if (rc == AUS_OK || rc == AUS_ENOMEM) return rc;
  if (err) err->code = AUS_EFORMAT;
  return AUS_EFORMAT;
}

/* ---- names ---- */

static int link_name(char **out, hid_t group, hsize_t i, aus_err *err)
{
  int rc = AUS_OK;
  ssize_t n;

  AUS_H5(n = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, NULL, 0, H5P_DEFAULT),
         err);
  AUS_NEW(*out, n + 1, err);
  AUS_H5(H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, *out, (size_t)n + 1,
                            H5P_DEFAULT),
         err);
done:
  return rc;
}

int aus_scan_links(hid_t group, aus_read_list *list, aus_err *err)
{
  int rc = AUS_OK;
  H5G_info_t info;
  hsize_t i;

  *list = (aus_read_list){0};
  AUS_H5(H5Gget_info(group, &info), err);
  AUS_NEW(list->text, info.nlinks, err);
  list->n = (int64_t)info.nlinks;
  for (i = 0; i < info.nlinks; i++)
    AUS_TRY(link_name(&list->text[i], group, i, err));
done:
  if (rc != AUS_OK) aus_read_list_fini(list);
  return rc;
}

static int attribute_name(char **out, hid_t object, hsize_t i, aus_err *err)
{
  int rc = AUS_OK;
  ssize_t n;

  AUS_H5(n = H5Aget_name_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, i, NULL, 0, H5P_DEFAULT),
         err);
  AUS_NEW(*out, n + 1, err);
  AUS_H5(H5Aget_name_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, i, *out, (size_t)n + 1,
                            H5P_DEFAULT),
         err);
done:
  return rc;
}

int aus_scan_attributes(hid_t object, aus_read_list *list, aus_err *err)
{
  int rc = AUS_OK;
  H5O_info_t info;
  hsize_t i;

  *list = (aus_read_list){0};
  AUS_H5(H5Oget_info2(object, &info, H5O_INFO_NUM_ATTRS), err);
  AUS_NEW(list->text, info.num_attrs, err);
  list->n = (int64_t)info.num_attrs;
  for (i = 0; i < info.num_attrs; i++)
    AUS_TRY(attribute_name(&list->text[i], object, i, err));
done:
  if (rc != AUS_OK) aus_read_list_fini(list);
  return rc;
}

/* ---- elements ---- */

static aus_elem_kind number_kind(hid_t type)
{
  size_t size = H5Tget_size(type);

  if (H5Tget_class(type) == H5T_FLOAT)
    return size == sizeof(double) || size == sizeof(float) ? AUS_ELEM_REAL : AUS_ELEM_BYTES;
  return H5Tget_sign(type) == H5T_SGN_NONE ? AUS_ELEM_UINT : AUS_ELEM_INT;
}

/* Compounds and arrays are bytes unless there is a pointer in them. */
static int open_other(aus_elem *e, hid_t file_type, aus_err *err)
{
  int rc = AUS_OK;
  htri_t lists, references, text = 0;

  AUS_H5(lists = H5Tdetect_class(file_type, H5T_VLEN), err);
  AUS_H5(references = H5Tdetect_class(file_type, H5T_REFERENCE), err);
  if (H5Tget_class(file_type) != H5T_OPAQUE && H5Tget_class(file_type) != H5T_BITFIELD)
    AUS_H5(text = H5Tdetect_class(file_type, H5T_STRING), err);
  if (lists || references || text)
    AUS_FAIL(err, AUS_EFORMAT, "values of a type that cannot be read here");
  AUS_H5(e->type = H5Tcopy(file_type), err);
  e->kind = AUS_ELEM_BYTES;
done:
  return rc;
}

int aus_elem_open(aus_elem *e, hid_t file_type, aus_err *err)
{
  int rc = AUS_OK;
  H5T_class_t class = H5Tget_class(file_type);
  hid_t base = -1;

  *e = (aus_elem){.type = -1};
  if (class == H5T_STRING) {
    AUS_H5(e->type = H5Tcopy(file_type), err);
    e->kind = H5Tis_variable_str(file_type) > 0 ? AUS_ELEM_VTEXT : AUS_ELEM_TEXT;
  } else if (class == H5T_INTEGER || class == H5T_FLOAT) {
    AUS_H5(e->type = H5Tget_native_type(file_type, H5T_DIR_ASCEND), err);
    e->kind = number_kind(e->type);
  } else if (class == H5T_ENUM) {
    AUS_H5(e->type = H5Tget_native_type(file_type, H5T_DIR_ASCEND), err);
    AUS_H5(base = H5Tget_super(e->type), err);
    e->kind = number_kind(base);
    e->named = true;
  } else {
    AUS_TRY(open_other(e, file_type, err));
  }
  e->size = H5Tget_size(e->type);
  if (e->size == 0) AUS_FAIL(err, AUS_EFORMAT, "elements of no bytes");
done:
  aus_h5_drop(base);
  return rc;
}

void aus_elem_close(aus_elem *e)
{
  aus_h5_drop(e->type);
  e->type = -1;
}

int64_t aus_elem_integer(const aus_elem *e, const void *value)
{
  int8_t i1;
  int16_t i2;
  int32_t i4;
  int64_t i8 = 0;
  bool sign = e->kind == AUS_ELEM_INT;

  if (e->kind != AUS_ELEM_INT && e->kind != AUS_ELEM_UINT) return 0;
  switch (e->size) {
  case 1:
    memcpy(&i1, value, sizeof i1);
    return sign ? i1 : (uint8_t)i1;
  case 2:
    memcpy(&i2, value, sizeof i2);
    return sign ? i2 : (uint16_t)i2;
  case 4:
    memcpy(&i4, value, sizeof i4);
    return sign ? i4 : (int64_t)(uint32_t)i4;
  default:
    memcpy(&i8, value, sizeof i8);
    return i8;
  }
}

static double real_of(const aus_elem *e, const void *value)
{
  double x;
  float f;

  if (e->size == sizeof x) {
    memcpy(&x, value, sizeof x);
    return x;
  }
  memcpy(&f, value, sizeof f);
  return (double)f;
}

double aus_elem_number(const aus_elem *e, const void *value)
{
  if (e->kind == AUS_ELEM_REAL) return real_of(e, value);
  if (e->kind == AUS_ELEM_INT) return (double)aus_elem_integer(e, value);
  if (e->kind == AUS_ELEM_UINT) return (double)(uint64_t)aus_elem_integer(e, value);
  return (double)NAN;
}

const char *aus_elem_text(const aus_elem *e, const void *value, size_t *n)
{
  const char *s = value;

  if (e->kind == AUS_ELEM_VTEXT) {
    memcpy(&s, value, sizeof s);
    *n = s ? strlen(s) : 0;
    return s ? s : "";
  }
  *n = strnlen(s, e->size);
  return s;
}

static void print_real(const aus_elem *e, const void *value, aus_buf *out)
{
  double x = real_of(e, value);
  char s[40];
  int digits;

  if (e->size == sizeof(double) || isnan(x)) {
    aus_buf_real(out, x);
    return;
  }
  for (digits = 6; digits <= 9; digits++) {
    snprintf(s, sizeof s, "%.*g", digits, x);
    if (strtof(s, NULL) == (float)x) break;
  }
  aus_buf_text(out, s);
}

void aus_scan_quote(const char *s, size_t n, aus_buf *out)
{
  size_t i;

  aus_buf_text(out, "\"");
  for (i = 0; i < n; i++)
    if ((unsigned char)s[i] < 0x20)
      aus_buf_printf(out, "\\x%02x", (unsigned char)s[i]);
    else if (s[i] == '"' || s[i] == '\\')
      aus_buf_printf(out, "\\%c", s[i]);
    else
      aus_buf_bytes(out, &s[i], 1);
  aus_buf_text(out, "\"");
}

void aus_elem_print(const aus_elem *e, const void *value, aus_buf *out)
{
  char name[200];
  const char *s;
  size_t n, i;

  if (e->named && H5Tenum_nameof(e->type, value, name, sizeof name) >= 0) {
    aus_buf_text(out, name);
    return;
  }
  switch (e->kind) {
  case AUS_ELEM_REAL:
    print_real(e, value, out);
    break;
  case AUS_ELEM_INT:
    aus_buf_printf(out, "%" PRId64, aus_elem_integer(e, value));
    break;
  case AUS_ELEM_UINT:
    aus_buf_printf(out, "%" PRIu64, (uint64_t)aus_elem_integer(e, value));
    break;
  case AUS_ELEM_TEXT:
  case AUS_ELEM_VTEXT:
    s = aus_elem_text(e, value, &n);
    aus_scan_quote(s, n, out);
    break;
  case AUS_ELEM_BYTES:
    aus_buf_text(out, "0x");
    for (i = 0; i < e->size && i < 16; i++)
      aus_buf_printf(out, "%02x", ((const unsigned char *)value)[i]);
    break;
  }
}

/* ---- types as text ---- */

static void enum_text(hid_t type, aus_buf *out)
{
  int i, n = H5Tget_nmembers(type);
  hid_t base = H5Tget_super(type);

  aus_buf_text(out, "enum of ");
  if (base >= 0) aus_scan_type(base, out);
  for (i = 0; i < n; i++) {
    char *name = H5Tget_member_name(type, (unsigned)i);

    aus_buf_printf(out, "%s%s", i > 0 ? ", " : " (", name ? name : "?");
    H5free_memory(name);
  }
  if (n > 0) aus_buf_text(out, ")");
  aus_h5_drop(base);
}

static void string_text(hid_t type, aus_buf *out)
{
  static const char *const pads[] = {"null-terminated", "null-padded", "space-padded"};
  int pad = (int)H5Tget_strpad(type);

  if (H5Tis_variable_str(type) > 0)
    aus_buf_text(out, "string of any length");
  else
    aus_buf_printf(out, "string of %zu", H5Tget_size(type));
  aus_buf_printf(out, " (%s, %s)", H5Tget_cset(type) == H5T_CSET_UTF8 ? "UTF-8" : "ASCII",
                 pad >= 0 && pad < 3 ? pads[pad] : "?");
}

void aus_scan_type(hid_t type, aus_buf *out)
{
  unsigned bits = (unsigned)(8 * H5Tget_size(type));

  switch (H5Tget_class(type)) {
  case H5T_FLOAT:
    aus_buf_printf(out, "f%u", bits);
    break;
  case H5T_INTEGER:
    aus_buf_printf(out, "%c%u", H5Tget_sign(type) == H5T_SGN_NONE ? 'u' : 'i', bits);
    break;
  case H5T_ENUM:
    enum_text(type, out);
    return;
  case H5T_STRING:
    string_text(type, out);
    return;
  case H5T_COMPOUND:
    aus_buf_printf(out, "compound of %u bytes", bits / 8);
    return;
  case H5T_NO_CLASS:
  case H5T_TIME:
  case H5T_BITFIELD:
  case H5T_OPAQUE:
  case H5T_REFERENCE:
  case H5T_VLEN:
  case H5T_ARRAY:
  case H5T_NCLASSES:
  default:
    aus_buf_printf(out, "another type of %u bytes", bits / 8);
    return;
  }
  if (bits > 8 && H5Tget_order(type) == H5T_ORDER_BE) aus_buf_text(out, " big-endian");
}

/* ---- datasets ---- */

/* A piece holds whole trailing dimensions as far as they fit; along the first, whole chunks, so that
 * none is unpacked twice. */
static void choose_block(aus_scan *s)
{
  hid_t dcpl = H5Dget_create_plist(s->set);
  hsize_t chunk[AUS_SCAN_DIMS], left = AUS_SCAN_PIECE / s->elem.size;
  int k;

  for (k = s->n_dims - 1; k >= 0; k--) {
    s->block[k] = left < 1 ? 1 : left < s->dim[k] ? left : s->dim[k];
    left = s->block[k] < s->dim[k] ? 1 : left / (s->dim[k] > 0 ? s->dim[k] : 1);
  }
  if (dcpl >= 0 && s->n_dims > 0 && H5Pget_layout(dcpl) == H5D_CHUNKED &&
      H5Pget_chunk(dcpl, AUS_SCAN_DIMS, chunk) == s->n_dims && s->block[0] < s->dim[0] &&
      s->block[0] > chunk[0])
    s->block[0] -= s->block[0] % chunk[0];
  aus_h5_drop(dcpl);
}

static int get_shape(aus_scan *s, aus_err *err)
{
  int rc = AUS_OK, k;
  hssize_t n;

  AUS_H5(s->space = H5Dget_space(s->set), err);
  AUS_H5(s->n_dims = H5Sget_simple_extent_ndims(s->space), err);
  AUS_H5(H5Sget_simple_extent_dims(s->space, s->dim, NULL), err);
  AUS_H5(n = H5Sget_simple_extent_npoints(s->space), err);
  s->n = 1;
  for (k = 0; k < s->n_dims; k++)
    if (__builtin_mul_overflow(s->n, (uint64_t)s->dim[k], &s->n))
      AUS_FAIL(err, AUS_EFORMAT, "more elements than can be");
  if (s->n != (uint64_t)n) s->n = 0; /* a space of nothing */
done:
  return rc;
}

int aus_scan_open(aus_scan *s, hid_t at, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  hid_t type = -1;

  *s = (aus_scan){.set = -1, .space = -1, .elem = {.type = -1}};
  AUS_H5(s->set = H5Dopen2(at, path, H5P_DEFAULT), err);
  AUS_H5(type = H5Dget_type(s->set), err);
  AUS_TRY(get_shape(s, err));
  AUS_TRY(aus_elem_open(&s->elem, type, err));
  choose_block(s);
done:
  aus_h5_drop(type);
  return rc;
}

void aus_scan_close(aus_scan *s)
{
  aus_elem_close(&s->elem);
  aus_h5_drop(s->space);
  aus_h5_drop(s->set);
  s->space = s->set = -1;
}

size_t aus_scan_bytes(const aus_scan *s)
{
  size_t bytes = s->elem.size;
  int k;

  for (k = 0; k < s->n_dims; k++)
    bytes *= (size_t)(s->block[k] > 0 ? s->block[k] : 1);
  return bytes;
}

static int read_box(aus_scan *s, const hsize_t *at, const hsize_t *count, void *values,
                    aus_err *err)
{
  int rc = AUS_OK;
  hid_t memory = -1;

  AUS_H5(memory = H5Screate_simple(s->n_dims, count, NULL), err);
  AUS_H5(H5Sselect_hyperslab(s->space, H5S_SELECT_SET, at, NULL, count, NULL), err);
  AUS_H5(H5Dread(s->set, s->elem.type, memory, s->space, H5P_DEFAULT, values), err);
done:
  aus_h5_drop(memory);
  return rc;
}

/* Where element `i` is. */
static void position(int n_dims, const hsize_t *dim, uint64_t i, hsize_t *at)
{
  int k;

  for (k = n_dims - 1; k >= 0; k--) {
    at[k] = i % dim[k];
    i /= dim[k];
  }
}

int aus_scan_next(aus_scan *s, void *values, uint64_t *n, aus_err *err)
{
  int rc = AUS_OK, k;
  hsize_t at[AUS_SCAN_DIMS], count[AUS_SCAN_DIMS];

  *n = 0;
  if (s->done >= s->n) goto done;
  *n = 1;
  if (s->n_dims == 0) {
    AUS_H5(H5Dread(s->set, s->elem.type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), err);
  } else {
    position(s->n_dims, s->dim, s->done, at);
    for (k = 0; k < s->n_dims; k++) {
      count[k] = s->dim[k] - at[k] < s->block[k] ? s->dim[k] - at[k] : s->block[k];
      *n *= count[k];
    }
    AUS_TRY(read_box(s, at, count, values, err));
  }
  s->done += *n;
done:
  return rc;
}

int aus_scan_rows(aus_scan *s, uint64_t first, uint64_t n, void *values, aus_err *err)
{
  int rc = AUS_OK;
  hsize_t at[AUS_SCAN_DIMS] = {first}, count[AUS_SCAN_DIMS] = {n};
  int k;

  if (n == 0 || s->n == 0) goto done;
  for (k = 1; k < s->n_dims; k++)
    count[k] = s->dim[k];
  if (s->n_dims == 0)
    AUS_H5(H5Dread(s->set, s->elem.type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), err);
  else
    AUS_TRY(read_box(s, at, count, values, err));
done:
  return rc;
}

uint64_t aus_scan_width(const aus_scan *s, uint64_t *inner)
{
  *inner = s->n_dims > 2 ? s->dim[2] : 0;
  return s->n_dims > 2 ? s->dim[1] * s->dim[2] : s->n_dims == 2 ? s->dim[1] : 0;
}

void aus_scan_free(const aus_elem *e, void *values, uint64_t n)
{
  hsize_t count = n;
  hid_t space;

  if (e->kind != AUS_ELEM_VTEXT || n == 0) return;
  space = H5Screate_simple(1, &count, NULL);
  if (space >= 0) H5Dvlen_reclaim(e->type, space, H5P_DEFAULT, values);
  aus_h5_drop(space);
}

void aus_scan_index(int n_dims, const hsize_t *dim, uint64_t i, aus_buf *out)
{
  hsize_t at[AUS_SCAN_DIMS];
  int k;

  if (n_dims == 0) return;
  position(n_dims, dim, i, at);
  for (k = 0; k < n_dims; k++)
    aus_buf_printf(out, "%s%" PRIu64, k > 0 ? ", " : "[", (uint64_t)at[k]);
  aus_buf_text(out, "]");
}
