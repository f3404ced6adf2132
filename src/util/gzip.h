/* gzip.h - compressed input files (zlib inside).
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_UTIL_GZIP_H
#define AUS_UTIL_GZIP_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>

/** Do the bytes begin as a gzip file does? Local. */
bool aus_gzip_is(const void *bytes, size_t n);

/** Expand a gzip file, all its members.
 *
 * @param [in] name   shown in messages
 * @param [out] out   content with a NUL behind it (aus_free)
 * @return AUS_OK; AUS_EFORMAT for a damaged or cut file, or more than max bytes; AUS_ENOMEM. Local.
 */
AUS_CHECKED int aus_gzip_expand(char **out, size_t *n_out, const char *name, const void *bytes,
                                size_t n, size_t max, aus_err *err);

#endif
