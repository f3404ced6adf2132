/* pub.h - publication: one HDF5 file, written by all ranks together and renamed when it is whole.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rank 0 makes a plan: groups, attributes, small datasets from memory, and tables whose rows lie in
 * shards. aus_pub_write() broadcasts the plan and writes in rounds: in each round rank r owns chunk
 * round * size + r, the others select nothing. Chunk shapes, filters and the order of creation
 * depend on the plan alone, so the file's datasets are the same for any number of ranks.
 * Names are created sorted by path. Missing parent groups are made. The same plan gives the same bytes.
 * Before the file is begun all ranges are read once and compared with their CRC, and before each round
 * rank 0 has the file system set room aside, so that neither damage nor a full disk meets the ranks
 * inside a collective call.
 */
#ifndef AUS_STORE_PUB_H
#define AUS_STORE_PUB_H

#include "store/table.h"
#include "util/err.h"
#include "util/poll.h"

#include <mpi.h>

typedef struct aus_pub aus_pub;

typedef struct aus_pub_conf {
  const char *dir; /* run directory with shards/ */
  uint64_t run;    /* what the shards must carry */
  const aus_table *tables;
  int n_tables;
  int deflate; /* 1..9: shuffle, deflate of this level and a checksum; 0: no filter */
  const aus_poll
      *poll; /* rank 0, before each round: anything but CONTINUE ends it with AUS_ECANCEL */
} aus_pub_conf;

/** An empty plan (rank 0 only). @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_pub_create(aus_pub **out, aus_err *err);
void aus_pub_destroy(aus_pub *pub);

/* All of these copy what they are given and are Local; AUS_OK, AUS_EINVAL for a path used twice, AUS_ENOMEM.
 * Attributes go to the object at `path` ("" is the root), which may be added later. */
AUS_CHECKED int aus_pub_attr_str(aus_pub *pub, const char *path, const char *name,
                                 const char *value, aus_err *err);
AUS_CHECKED int aus_pub_attr_u64(aus_pub *pub, const char *path, const char *name, uint64_t value,
                                 aus_err *err);
AUS_CHECKED int aus_pub_attr_u8(aus_pub *pub, const char *path, const char *name, uint8_t value,
                                aus_err *err);
AUS_CHECKED int aus_pub_attr_f64(aus_pub *pub, const char *path, const char *name, double value,
                                 aus_err *err);
/** An attribute that is a list of strings (at most 64 KiB). */
AUS_CHECKED int aus_pub_attr_strs(aus_pub *pub, const char *path, const char *name, int n,
                                  const char *const *values, aus_err *err);

/** Dataset path/column->name with n rows from memory (data is copied). n = 0 gives an empty dataset. */
AUS_CHECKED int aus_pub_column(aus_pub *pub, const char *path, const aus_column *column, int64_t n,
                               const void *data, aus_err *err);
/** Dataset of n fixed-length UTF-8 strings, null-padded; NULL entries are empty. */
AUS_CHECKED int aus_pub_strings(aus_pub *pub, const char *path, int64_t n,
                                const char *const *values, const char *long_name, aus_err *err);
/** Scalar dataset: one fixed-length UTF-8 string of any length. */
AUS_CHECKED int aus_pub_text(aus_pub *pub, const char *path, const char *text,
                             const char *long_name, aus_err *err);
/** Ragged bytes: path/offsets [n+1] and path/bytes from one shard range per entry (rows of a u8 table). */
AUS_CHECKED int aus_pub_blobs(aus_pub *pub, const char *path, int table, int64_t n,
                              const aus_range *ranges, aus_err *err);
/** A table of the conf, its rows taken from the ranges in the given order (trial order); other
 * tables' ranges among them are ignored. Adds trial/offsets as the table's description says. */
AUS_CHECKED int aus_pub_table(aus_pub *pub, int table, int64_t n_ranges, const aus_range *ranges,
                              aus_err *err);

/** Write the file.
 *
 * Collective on comm; `conf` must be equal on all ranks (dir must be a shared directory when ranks
 * are on several nodes), pub and path are read on rank 0 only (NULL elsewhere).
 * Writes path.part, flushes, closes, fsyncs, reads the row counts back, renames.
 *
 * @return the same code on all ranks: AUS_OK; AUS_EIO (disk full, shard damaged, ...); AUS_ECANCEL; AUS_EINVAL (a
 *         table that is not in conf, a path used twice, blobs of a table that is not one u8 column);
 *         AUS_EDEP; AUS_ENOMEM; AUS_EMPI. After an error the target is untouched and the .part file
 *         removed.
 */
AUS_CHECKED int aus_pub_write(const aus_pub *pub, const aus_pub_conf *conf, MPI_Comm comm,
                              const char *path, aus_err *err);

/** Version of the HDF5 library. Local. */
const char *aus_pub_library(void);

#endif
