/* gpuqueue/gpuqueue_study_tracefile.h - traces in HDF5: group /trace, one dataset per column.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_GPUQUEUE_GPUQUEUE_STUDY_TRACEFILE_H
#define AUS_GPUQUEUE_GPUQUEUE_STUDY_TRACEFILE_H

#include "gpuqueue/trace.h"
#include "store/pub.h"
#include "study/files.h"

/** Do the bytes begin as an HDF5 file does? Local. */
bool aus_gpuqueue_h5_is(const char *bytes, size_t n);

/** Read /trace of a file. The rank that may read files opens it and keeps the columns among them, so that
 * the others have them after sharing.
 * @return AUS_OK; AUS_EFORMAT: no such group, a column is missing or has another type or length, no job;
 *         AUS_EIO; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_h5_read(aus_gpuqueue_trace *t, aus_files *files, const char *path,
                                     aus_err *err);

/** Put the jobs into a plan. @return codes of aus_pub_column(). Local. */
AUS_CHECKED int aus_gpuqueue_h5_put(const aus_gpuqueue_trace *t, aus_pub *pub, aus_err *err);

#endif
