/* shard.h - a worker's own bulk data files: serial HDF5, appended to while the run goes on.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * shards/s<number, 6 digits>.h5 below the run directory; one writer per process. A writer's numbers
 * are first, first + stride, first + 2 stride, ...: with first = base + rank and stride = ranks they
 * are unique without asking anybody. Default library-version bounds, no SWMR, no compression. A
 * worker appends what a trial made and calls aus_shard_flush() once before it reports the trial: a
 * killed writer's file reads up to its last flush. The root of each file has the attributes
 * auspex_shard = "1.0", run (u64: identifies the run) and number (u32); every table is a group with
 * one extensible dataset per column and `trial` (u64), made at the first append to it.
 * A file that its writer holds open must not be read by others: roll first.
 */
#ifndef AUS_STORE_SHARD_H
#define AUS_STORE_SHARD_H

#include "store/table.h"
#include "util/err.h"

typedef struct aus_shard aus_shard;

/** A writer; no file is made before the first append.
 *
 * @param [in] dir     run directory; dir/shards is made when needed
 * @param [in] run     identifies the run in every shard
 * @param [in] tables  lent, n_tables
 * @return AUS_OK; AUS_ENOMEM
 *
 * Local. Switches HDF5's file locking off for the process (HDF5_USE_FILE_LOCKING).
 */
AUS_CHECKED int aus_shard_create(aus_shard **out, const char *dir, uint64_t run, uint32_t first,
                                 uint32_t stride, const aus_table *tables, int n_tables,
                                 aus_err *err);

/** Append n_rows rows to a table; they are safe after the next aus_shard_flush().
 *
 * @param [in] column  one pointer per column: n_rows x width values of its type, row-major; not read
 *                     when n_rows = 0
 * @param [out] range  where they went, with the CRC; 0 rows is a range of no rows and touches no file
 * @return AUS_OK; AUS_EIO (also of a full disk; fatal for the run); AUS_EDEP; AUS_ENOMEM: nothing was
 *         appended, the writer can go on
 *
 * Local. Rolls to the next file by itself beyond 4 GiB.
 */
AUS_CHECKED int aus_shard_append(aus_shard *s, int table, uint64_t trial, int64_t n_rows,
                                 const void *const *column, aus_range *range, aus_err *err);

/** Hand everything appended so far to the operating system, so that it outlives this process.
 * @return AUS_OK; AUS_EIO (fatal for the run). Local. One call per trial. */
AUS_CHECKED int aus_shard_flush(aus_shard *s, aus_err *err);

/** Another limit than 4 GiB, for tests of rolling. Local. */
void aus_shard_limit(aus_shard *s, uint64_t bytes);

/** Close the current file (if any), so that others can read it; the next append starts a new one.
 * @return AUS_OK; AUS_EIO. Local. */
AUS_CHECKED int aus_shard_roll(aus_shard *s, aus_err *err);

/** Close and free; the error of a close shows in *err and the return value, the memory is freed anyway.
 * NULL is allowed. Local. */
int aus_shard_close(aus_shard *s, aus_err *err);

/** The first number above those of all files in dir/shards; 0 when there is none.
 * @return AUS_OK; AUS_EIO; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_shard_next_number(const char *dir, uint32_t *next, aus_err *err);
/** Rename a shard that cannot be read to s<number>.h5.bad; one that is not there is fine.
 * @return AUS_OK; AUS_EIO; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_shard_set_aside(const char *dir, uint32_t number, aus_err *err);

/** Does a closed shard open, and is it of this run and number? @return AUS_OK; AUS_EIO, naming the file;
 * AUS_EFORMAT when there is none or it is no HDF5 file; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_shard_look(const char *dir, uint64_t run, uint32_t number, aus_err *err);

/* Reading closed shards; keeps a few files open. */
typedef struct aus_shard_reader aus_shard_reader;

AUS_CHECKED int aus_shard_reader_create(aus_shard_reader **out, const char *dir, uint64_t run,
                                        const aus_table *tables, int n_tables, aus_err *err);
void aus_shard_reader_destroy(aus_shard_reader *r);

/** Read rows first..first+n-1 (file rows) of one column of one shard.
 *
 * @param [out] to  n x width values of the column's type
 * @return AUS_OK; AUS_EIO, naming the file, when it is missing, damaged, of another run, or shorter;
 *         AUS_ENOMEM
 *
 * Local. n = 0 touches no file.
 */
AUS_CHECKED int aus_shard_read(aus_shard_reader *r, int table, int column, uint32_t shard,
                               uint64_t first, uint64_t n, void *to, aus_err *err);

/** Can this shard be read? @return AUS_OK; AUS_EIO, naming the file, when it is missing, damaged or of
 * another run; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_shard_opens(aus_shard_reader *r, uint32_t shard, aus_err *err);

/** Read the rows of a range, all columns, and compare with its CRC.
 * @return AUS_OK; AUS_EIO, naming the file, also when the rows are not the ones that were appended;
 *         AUS_ENOMEM. Local. */
AUS_CHECKED int aus_shard_check(aus_shard_reader *r, const aus_range *range, aus_err *err);

#endif
