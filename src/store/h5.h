/* h5.h - HDF5 for the files of store/ only: one place for start-up, errors, types and attributes.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Private to store/: the only header of ours that shows hid_t. Ids are -1 while nothing is open.
 */
#ifndef AUS_STORE_H5_H
#define AUS_STORE_H5_H

#include "store/table.h"
#include "util/err.h"

#include <hdf5.h>
#include <stddef.h>
#include <stdint.h>

/** Switch file locking and HDF5's own error printing off; call it before any other HDF5 call of a
 * module's entry point. May be called many times. Local. */
void aus_h5_start(void);

/** Fill *err from HDF5's error stack: AUS_ENOMEM, AUS_EDEP for a call that the library refuses, and
 * AUS_EIO for everything that has to do with the file and its content.
 *
 * @param [in] call  text of the failed call, shown up to the bracket
 * @return the code
 * Local.
 */
int aus_h5_fail(const char *call, const char *where, aus_err *err);

/* HDF5 call (negative = failed) -> our code; on error goto done. */
#define AUS_H5(call, err)                     \
  do {                                        \
    if ((call) < 0) {                         \
      rc = aus_h5_fail(#call, AUS_HERE, err); \
      goto done;                              \
    }                                         \
  } while (0)

/** Flush and close a serial file that was written.
 *
 * When the disk refuses, what the library still holds is dropped (into memory) before the close: HDF5
 * 1.10 keeps the id of a file whose close failed and then crashes at exit.
 * @return AUS_OK; AUS_EIO: the file reads up to an earlier flush; AUS_ENOMEM. The file is closed anyway.
 * Local.
 */
AUS_CHECKED int aus_h5_close_file(hid_t file, aus_err *err);

/** Release an id of any kind except a file or dataset that was written; -1 is allowed. Local. */
void aus_h5_drop(hid_t id);

/** The type in memory and in files (little-endian); lent by the library. Local. */
hid_t aus_h5_memory_type(aus_dtype type);
hid_t aus_h5_file_type(aus_dtype type);

/** A new fixed-length UTF-8 string type, null-padded, of max(1, n) bytes; -1 on failure. Local. */
hid_t aus_h5_string_type(size_t n);

/** Write a scalar (n < 0) or list (n >= 0) attribute. Collective when the file is.
 * @return AUS_OK; AUS_EIO; AUS_EDEP */
AUS_CHECKED int aus_h5_attribute(hid_t at, const char *name, hid_t type, int n, const void *value,
                                 aus_err *err);

/** Read a scalar attribute as `type`. @return AUS_OK; AUS_EIO, also when there is none. Local. */
AUS_CHECKED int aus_h5_get_attribute(hid_t at, const char *name, hid_t type, void *value,
                                     aus_err *err);

#endif
