/* check.h - is a published file whole and does it say what doc/file-format.md promises?
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every dataset is read once, in pieces, so that checksums are tested and values seen; memory is needed
 * for one entry per trial. A fault does not end the check.
 */
#ifndef AUS_STORE_CHECK_H
#define AUS_STORE_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"

typedef struct aus_check_count {
  int64_t faults;
  int64_t datasets;
  uint64_t bytes;  /* of values read */
  bool unfinished; /* published before the study's end */
  int64_t sources; /* of a merged file; else 0 */
} aus_check_count;

/** Check a result.
 *
 * @param [in] max     lines at most; further faults are only counted
 * @param [out] lines  one line per fault, appended: "/traces/tasks/done: 8 rows, offsets end at 9"
 * @return AUS_OK, with or without faults (a file that is no HDF5 file is one); AUS_EFORMAT when there is
 *         no such file; AUS_ENOMEM
 *
 * Local.
 */
AUS_CHECKED int aus_check_result(const char *path, int max, aus_buf *lines, aus_check_count *count,
                                 aus_err *err);

typedef struct aus_check_run {
  int64_t faults;
  uint64_t seed;
  int64_t records, commits;
  uint64_t dropped; /* bytes behind the last good record; a resumed run cuts them off */
  int64_t shards, set_aside;
  uint64_t bytes; /* of rows read */
} aus_check_run;

/** Check the directory of a run that is not under way: the journal's header and records, and that each
 * shard opens, belongs to the run and can be read. A cut last record is no fault. Whether rows are those
 * that a result was committed with is seen when the run goes on.
 *
 * @return AUS_OK, with or without faults; AUS_EFORMAT when it is no run directory; AUS_EBUSY when a run
 *         has it; AUS_EIO; AUS_ENOMEM
 *
 * Local. Changes nothing.
 */
AUS_CHECKED int aus_check_rundir(const char *dir, int max, aus_buf *lines, aus_check_run *run,
                                 aus_err *err);

#endif
