/* files.h - input files, read once on rank 0 and known to every rank.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Loading a study asks for files by path. On rank 0 they are read from disk and kept; after
 * aus_files_share() every rank has the same bytes, and loading there finds them in memory: no rank
 * but 0 opens an input file.
 */
#ifndef AUS_STUDY_FILES_H
#define AUS_STUDY_FILES_H

#include "util/err.h"

#include <mpi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct aus_files aus_files;

/** @param [in] may_read  true on the rank that opens files. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_files_create(aus_files **out, bool may_read, aus_err *err);
void aus_files_destroy(aus_files *f);

/** True when aus_files_get() would find the file. Local. */
bool aus_files_has(const aus_files *f, const char *path);

/** Keep a copy of bytes as the content of a file that is not known yet. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_files_put(aus_files *f, const char *path, const void *bytes, size_t n,
                              aus_err *err);

/** Content of a file, lent until destroy, with a NUL behind it.
 * @return AUS_OK; AUS_EFORMAT when it does not exist; AUS_EIO; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_files_get(aus_files *f, const char *path, const char **bytes, size_t *n,
                              aus_err *err);

/** True on the rank that opens files: what is to be told of input is told there, once. Local. */
bool aus_files_may_read(const aus_files *files);

/** Send what rank 0 has read to all others. Collective on comm. @return agreed: AUS_OK; AUS_EMPI; AUS_ENOMEM */
AUS_CHECKED int aus_files_share(aus_files *f, MPI_Comm comm, aus_err *err);

/* The list, in order of first use. */
int64_t aus_files_count(const aus_files *f);
const char *aus_files_path(const aus_files *f, int64_t i);
/** Would a file written there replace one that was read? @return AUS_OK; AUS_ECONFIG. Local, on a rank that
 * opens files. */
AUS_CHECKED int aus_files_spare(const aus_files *f, const char *path, aus_err *err);
/** SHA-256 of the content as 64 hexadecimal digits; "" for a path that was not read. */
const char *aus_files_digest(const aus_files *f, const char *path);

#endif
