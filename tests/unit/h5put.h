/* h5put.h - datasets and attributes of a test file, with plain serial HDF5.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_TESTS_UNIT_H5PUT_H
#define AUS_TESTS_UNIT_H5PUT_H

#include <hdf5.h>
#include <string.h>

#include "unit/check.h"

/* A dataset of 0 (one value), 1 or 2 dimensions; packed: in one chunk with a checksum. */
static inline void h5put(hid_t file, const char *name, hid_t type, int n_dims, hsize_t n,
                         hsize_t width, const void *values, int packed)
{
  hsize_t dim[2] = {n, width};
  hid_t space = n_dims == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(n_dims, dim, NULL);
  hid_t link = H5Pcreate(H5P_LINK_CREATE), create = H5Pcreate(H5P_DATASET_CREATE), set;

  H5Pset_create_intermediate_group(link, 1);
  if (packed) {
    H5Pset_chunk(create, n_dims, dim);
    H5Pset_fletcher32(create);
  }
  set = H5Dcreate2(file, name, type, space, link, create, H5P_DEFAULT);
  assert_true(set >= 0);
  assert_true(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
  H5Dclose(set);
  H5Pclose(create);
  H5Pclose(link);
  H5Sclose(space);
}

/* A list of n strings of `size` bytes, padded with zeros; n = 0: one string, no list. */
static inline void h5put_text(hid_t file, const char *name, hsize_t n, size_t size,
                              const char *values)
{
  hid_t type = H5Tcopy(H5T_C_S1);

  H5Tset_size(type, size);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  h5put(file, name, type, n > 0, n, 1, values, 0);
  H5Tclose(type);
}

/* An attribute of the root. */
static inline void h5put_attribute(hid_t file, const char *name, const char *text)
{
  hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR), attr;

  H5Tset_size(type, strlen(text));
  attr = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  assert_true(H5Awrite(attr, type, text) >= 0);
  H5Aclose(attr);
  H5Sclose(space);
  H5Tclose(type);
}

#endif
