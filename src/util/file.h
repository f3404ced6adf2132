/* file.h - whole files in and out. Rank 0 only; simulators and algorithms never come here.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_UTIL_FILE_H
#define AUS_UTIL_FILE_H

#include "util/err.h"

#include <stddef.h>

/** Read a whole regular file.
 *
 * @param [out] bytes  content with a NUL behind it (aus_free)
 * @param [out] n      number of bytes
 * @return AUS_OK; AUS_EFORMAT when it does not exist or is no regular file; AUS_EIO; AUS_ENOMEM
 *
 * Local.
 */
AUS_CHECKED int aus_file_read(const char *path, char **bytes, size_t *n, aus_err *err);

/** Write a whole file under its final name by way of "<path>.part", fsync and rename.
 *
 * @return AUS_OK; AUS_EIO, then the old file (if any) is untouched; AUS_ENOMEM
 *
 * Local.
 */
AUS_CHECKED int aus_file_write(const char *path, const void *bytes, size_t n, aus_err *err);

/** The same for a file `name` in the directory `dir` ("": the current one). bytes may be NULL when n is 0. */
AUS_CHECKED int aus_file_write_in(const char *dir, const char *name, const void *bytes, size_t n,
                                  aus_err *err);
/** The same without fsync, for a file that is replaced every few seconds: a reader never sees half of it,
 * but a crash of the machine (not of the program) may lose the last version or leave it empty. Same codes. */
AUS_CHECKED int aus_file_replace(const char *path, const void *bytes, size_t n, aus_err *err);

/** Could a file be written there (before the work whose result it is)? Its directory must be writable, and
 * the name must not be empty or a directory's. @return AUS_OK; AUS_EIO; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_file_check(const char *path, aus_err *err);

/** True if both paths name one existing file. Local. */
int aus_file_same(const char *a, const char *b);

/** Make a directory and its parents; one that exists is fine.
 * @return AUS_OK; AUS_EIO; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_dir_make(const char *path, aus_err *err);

/** "dir/name" when name is relative and dir is not empty, else a copy of name (aus_free).
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_path_join(char **out, const char *dir, const char *name, aus_err *err);

/** The directory part of a path, "" when it has none (aus_free).
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_path_dir(char **out, const char *path, aus_err *err);

#endif
