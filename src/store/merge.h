/* merge.h - results of one study that differ in nothing but the seed, joined into one file.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The result has the layout of a single one (doc/file-format.md) with these differences: /sources has one
 * row per joined file, in order of their seeds; every table whose content depends on the seed is the
 * concatenation of theirs and has a column `source`, the row in /sources (of a table by trial and of
 * /models one value per entry); offsets and /models/parent count on; tables that are the same in all
 * files are there once; an attribute that differs is a list with one value per source, so are `seed` of
 * the root and of /config; /provenance/sources/<row> is what was /provenance. The order of the arguments
 * does not matter.
 */
#ifndef AUS_STORE_MERGE_H
#define AUS_STORE_MERGE_H

#include "util/buf.h"
#include "util/err.h"

/** Join n >= 2 results into a new file, by way of <out>.part, checked by aus_check_result() before it gets
 * its name.
 *
 * @param [out] problems  keys of the configurations that differ, one line each, when that is the reason
 * @return AUS_OK; AUS_EFORMAT: a file cannot be read, is no study's result or a merged one, is of another
 *         study, format or configuration, has a seed that another one has; AUS_EIO; AUS_ENOMEM; then
 *         `out` is as it was
 *
 * Local. Datasets are copied in pieces.
 */
AUS_CHECKED int aus_merge(int n, const char *const *paths, const char *out, aus_buf *problems,
                          aus_err *err);

#endif
