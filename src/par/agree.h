/* agree.h - how ranks leave a collective phase together, with one verdict.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_PAR_AGREE_H
#define AUS_PAR_AGREE_H

#include "util/err.h"

#include <mpi.h>
#include <stddef.h>

/** Agree on the outcome of a phase: the rank with the smallest code (the lowest rank on ties) wins.
 *
 * Collective on comm. err must not be NULL; on return *err is the winner's on every rank, with its rank.
 *
 * @param [in] rc  this rank's code
 * @return the agreed code, the same on all ranks; AUS_EMPI if MPI itself fails
 */
AUS_CHECKED int aus_agree(MPI_Comm comm, int rc, aus_err *err);

/** Broadcast n bytes from rank 0: *bytes is made (aus_free) on the other ranks, with a NUL behind.
 *
 * Collective on comm. Any size (sent in pieces below 1 GiB).
 * @return agreed: AUS_OK; AUS_ENOMEM; AUS_EMPI
 */
AUS_CHECKED int aus_share(MPI_Comm comm, char **bytes, size_t *n, aus_err *err);

/* MPI call -> our code. */
#define AUS_MPI(call, err)                              \
  do {                                                  \
    int mpi_rc_ = (call);                               \
    if (mpi_rc_ != MPI_SUCCESS) {                       \
      rc = aus_mpi_fail(mpi_rc_, #call, AUS_HERE, err); \
      goto done;                                        \
    }                                                   \
  } while (0)

int aus_mpi_fail(int mpi_code, const char *call, const char *where, aus_err *err);

#endif
