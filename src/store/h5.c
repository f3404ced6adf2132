/* h5.c - HDF5 start-up, errors, types, attributes.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/h5.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void aus_h5_start(void)
{
  const char *locking = getenv("HDF5_USE_FILE_LOCKING");

  /* Read once, when the library opens; many parallel file systems have no flock(). */
  if (!locking || strcmp(locking, "FALSE") != 0) setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

typedef struct cause {
  hid_t major, minor;
  char text[256];
} cause;

/* The innermost entry says what happened, the outer ones only who called. */
static herr_t take_innermost(unsigned n, const H5E_error2_t *e, void *to)
{
  cause *c = to;
  static const char mark[] = "error message = '";
  const char *from = e->desc ? e->desc : "";
  const char *system = strstr(from, mark);

  (void)n;
  c->major = e->maj_num;
  c->minor = e->min_num;
  if (system) from = system + strlen(mark);
  snprintf(c->text, sizeof c->text, "%s", from);
  if (system) c->text[strcspn(c->text, "'")] = '\0';
  return 1; /* stop */
}

static int code_of(const cause *c)
{
  const hid_t ours[] = {H5E_ARGS, H5E_ATOM, H5E_DATATYPE, H5E_DATASPACE, H5E_PLIST, H5E_FUNC};
  size_t i;

  if (c->major < 0) return AUS_EDEP;
  if (c->major == H5E_RESOURCE && (c->minor == H5E_NOSPACE || c->minor == H5E_CANTALLOC))
    return AUS_ENOMEM;
  for (i = 0; i < sizeof ours / sizeof ours[0]; i++)
    if (c->major == ours[i]) return AUS_EDEP;
  return AUS_EIO;
}

int aus_h5_fail(const char *call, const char *where, aus_err *err)
{
  cause c = {.major = -1, .minor = -1, .text = "no reason given"};
  int n_name;

  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_innermost, &c);
  /* "id = H5Xyz(...)" shows as "H5Xyz". */
  if (strstr(call, "H5")) call = strstr(call, "H5");
  n_name = (int)strcspn(call, "(");
  return aus_fail(err, code_of(&c), where, "%s (%.*s)", c.text, n_name, call);
}

/* Put a file in memory in the place of the one on disk and flush to that. The first flush after one
 * that failed fails as well (the cache believes that it is still flushing). */
static void divert(hid_t file)
{
  void *handle = NULL;
  int fd = -1, tries;

  if (H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) < 0 || !handle) return;
  fd = memfd_create("auspex-dropped", MFD_CLOEXEC);
  if (fd < 0) return;
  dup2(fd, *(const int *)handle);
  close(fd);
  for (tries = 0; tries < 3 && H5Fflush(file, H5F_SCOPE_LOCAL) < 0; tries++)
    continue;
}

int aus_h5_close_file(hid_t file, aus_err *err)
{
  int rc = AUS_OK;

  AUS_H5(H5Fflush(file, H5F_SCOPE_LOCAL), err);
done:
  if (rc != AUS_OK) divert(file);
  if (H5Fclose(file) < 0 && rc == AUS_OK) rc = aus_h5_fail("H5Fclose", AUS_HERE, err);
  return rc;
}

void aus_h5_drop(hid_t id)
{
  if (id >= 0) H5Idec_ref(id);
}

hid_t aus_h5_memory_type(aus_dtype type)
{
  switch (type) {
  case AUS_F64:
    return H5T_NATIVE_DOUBLE;
  case AUS_F32:
    return H5T_NATIVE_FLOAT;
  case AUS_I64:
    return H5T_NATIVE_INT64;
  case AUS_I32:
    return H5T_NATIVE_INT32;
  case AUS_U64:
    return H5T_NATIVE_UINT64;
  case AUS_U32:
    return H5T_NATIVE_UINT32;
  case AUS_U8:
    return H5T_NATIVE_UINT8;
  }
  return -1;
}

hid_t aus_h5_file_type(aus_dtype type)
{
  switch (type) {
  case AUS_F64:
    return H5T_IEEE_F64LE;
  case AUS_F32:
    return H5T_IEEE_F32LE;
  case AUS_I64:
    return H5T_STD_I64LE;
  case AUS_I32:
    return H5T_STD_I32LE;
  case AUS_U64:
    return H5T_STD_U64LE;
  case AUS_U32:
    return H5T_STD_U32LE;
  case AUS_U8:
    return H5T_STD_U8LE;
  }
  return -1;
}

hid_t aus_h5_string_type(size_t n)
{
  hid_t type = H5Tcopy(H5T_C_S1);

  if (type < 0) return -1;
  if (H5Tset_size(type, n > 0 ? n : 1) < 0 || H5Tset_strpad(type, H5T_STR_NULLPAD) < 0 ||
      H5Tset_cset(type, H5T_CSET_UTF8) < 0) {
    H5Tclose(type);
    return -1;
  }
  return type;
}

int aus_h5_attribute(hid_t at, const char *name, hid_t type, int n, const void *value, aus_err *err)
{
  int rc = AUS_OK;
  hsize_t dim = n > 0 ? (hsize_t)n : 0;
  hid_t space = -1, attr = -1;

  if (n < 0)
    AUS_H5(space = H5Screate(H5S_SCALAR), err);
  else
    AUS_H5(space = H5Screate_simple(1, &dim, NULL), err);
  AUS_H5(attr = H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT), err);
  if (n != 0) AUS_H5(H5Awrite(attr, type, value), err);
done:
  aus_h5_drop(attr);
  aus_h5_drop(space);
  if (rc != AUS_OK) aus_err_prepend(err, "attribute %s: ", name);
  return rc;
}

int aus_h5_get_attribute(hid_t at, const char *name, hid_t type, void *value, aus_err *err)
{
  int rc = AUS_OK;
  htri_t is_there;
  hid_t attr = -1, space = -1;

  AUS_H5(is_there = H5Aexists(at, name), err);
  if (!is_there) AUS_FAIL(err, AUS_EIO, "there is none");
  AUS_H5(attr = H5Aopen(at, name, H5P_DEFAULT), err);
  AUS_H5(space = H5Aget_space(attr), err);
  if (H5Sget_simple_extent_npoints(space) != 1) AUS_FAIL(err, AUS_EIO, "not a single value");
  AUS_H5(H5Aread(attr, type, value), err);
done:
  aus_h5_drop(space);
  aus_h5_drop(attr);
  if (rc != AUS_OK) aus_err_prepend(err, "attribute %s: ", name);
  return rc;
}
