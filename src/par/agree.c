/* agree.c - one verdict for all ranks of a collective phase.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "par/agree.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util/alloc.h"

/* Bytes of one broadcast; MPI counts are int. */
enum { PIECE = 16 << 20 };

int aus_mpi_fail(int mpi_code, const char *call, const char *where, aus_err *err)
{
  char text[MPI_MAX_ERROR_STRING] = "";
  int n = 0;

  if (MPI_Error_string(mpi_code, text, &n) != MPI_SUCCESS)
    snprintf(text, sizeof text, "MPI error %d", mpi_code);
  return aus_fail(err, AUS_EMPI, where, "mpi: %.*s: %s", (int)strcspn(call, "("), call, text);
}

int aus_agree(MPI_Comm comm, int rc, aus_err *err)
{
  struct {
    int code, rank;
  } mine = {rc, 0}, winner = {0, 0};
  aus_err verdict;

  AUS_MPI(MPI_Comm_rank(comm, &mine.rank), err);
  AUS_MPI(MPI_Allreduce(&mine, &winner, 1, MPI_2INT, MPI_MINLOC, comm), err);
  if (winner.code == AUS_OK) {
    aus_err_clear(err);
    rc = AUS_OK;
    goto done;
  }
  verdict = *err;
  if (winner.rank == mine.rank) {
    if (verdict.code != winner.code) {
      aus_err_clear(&verdict);
      (void)aus_fail(&verdict, winner.code, AUS_HERE, "failed with %s", aus_code_name(winner.code));
    }
    verdict.rank = mine.rank;
  }
  AUS_MPI(MPI_Bcast(&verdict, (int)sizeof verdict, MPI_BYTE, winner.rank, comm), err);
  *err = verdict;
  rc = winner.code;
done:
  return rc;
}

static int bcast(MPI_Comm comm, char *p, size_t n, aus_err *err)
{
  int rc = AUS_OK;

  while (n > 0) {
    size_t k = n < PIECE ? n : PIECE;

    AUS_MPI(MPI_Bcast(p, (int)k, MPI_BYTE, 0, comm), err);
    p += k;
    n -= k;
  }
done:
  return rc;
}

int aus_share(MPI_Comm comm, char **bytes, size_t *n, aus_err *err)
{
  int rc = AUS_OK, rank;
  uint64_t size;
  char *p = NULL;

  AUS_MPI(MPI_Comm_rank(comm, &rank), err);
  if (rank != 0) {
    *bytes = NULL;
    *n = 0;
  }
  size = rank == 0 ? (uint64_t)*n : 0;
  AUS_MPI(MPI_Bcast(&size, 1, MPI_UINT64_T, 0, comm), err);
  if (rank != 0) {
    p = aus_zalloc((size_t)size + 1, 1);
    if (!p) rc = aus_fail(err, AUS_ENOMEM, AUS_HERE, "out of memory (%zu bytes)", (size_t)size + 1);
  }
  AUS_TRY(aus_agree(comm, rc, err));
  AUS_TRY(bcast(comm, rank == 0 ? *bytes : p, (size_t)size, err));
  if (rank != 0) {
    *bytes = p;
    *n = (size_t)size;
    p = NULL;
  }
done:
  aus_free(p);
  return rc;
}
