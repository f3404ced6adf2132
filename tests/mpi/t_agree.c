/* t_agree.c - one verdict for all ranks; bytes from rank 0 to everyone.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "mpi/check.h"

#include "par/agree.h"

static int fail_here(int code, aus_err *err)
{
  return aus_fail(err, code, AUS_HERE, "rank %d is unwell", rank);
}

static void all_well(void)
{
  aus_err err;

  aus_err_clear(&err);
  CHECK(aus_agree(MPI_COMM_WORLD, AUS_OK, &err) == AUS_OK);
  CHECK(err.code == AUS_OK && err.rank == -1);
}

/* Each rank in turn is the only one that fails. */
static void one_fails(void)
{
  int bad, rc;
  aus_err err;
  char want[40];

  for (bad = 0; bad < size; bad++) {
    aus_err_clear(&err);
    rc = rank == bad ? fail_here(AUS_EIO, &err) : AUS_OK;
    rc = aus_agree(MPI_COMM_WORLD, rc, &err);
    snprintf(want, sizeof want, "rank %d is unwell", bad);
    CHECK(rc == AUS_EIO);
    CHECK(err.code == AUS_EIO && err.rank == bad);
    CHECK(strcmp(err.text, want) == 0);
    CHECK(strncmp(err.where, "mpi/t_agree.c", 13) == 0 || strstr(err.where, "t_agree.c:") != NULL);
  }
}

/* The smallest code wins, then the lowest rank; the losers' errors are replaced. */
static void all_fail(void)
{
  aus_err err;
  int rc;

  aus_err_clear(&err);
  rc = fail_here(rank % 2 ? AUS_EDEP : AUS_EIO, &err);
  rc = aus_agree(MPI_COMM_WORLD, rc, &err);
  CHECK(rc == (size > 1 ? AUS_EDEP : AUS_EIO));
  CHECK(err.rank == (size > 1 ? 1 : 0));
  CHECK(strcmp(err.text, size > 1 ? "rank 1 is unwell" : "rank 0 is unwell") == 0);
}

/* A code without a filled error still gets a text. */
static void code_only(void)
{
  aus_err err;

  aus_err_clear(&err);
  CHECK(aus_agree(MPI_COMM_WORLD, rank == size - 1 ? AUS_ENOMEM : AUS_OK, &err) == AUS_ENOMEM);
  CHECK(err.code == AUS_ENOMEM && err.rank == size - 1 && strstr(err.text, "ENOMEM"));
}

static void share(size_t want)
{
  char *p = NULL;
  size_t i, n = 0, n_wrong = 0;
  aus_err err;

  aus_err_clear(&err);
  if (rank == 0) {
    n = want;
    p = aus_zalloc(n + 1, 1);
    for (i = 0; i < n; i++)
      p[i] = (char)(i * 7 + i / 251);
  }
  CHECK_OK(aus_share(MPI_COMM_WORLD, &p, &n, &err), &err);
  CHECK(n == want && p && p[n] == '\0');
  for (i = 0; p && i < n; i++)
    n_wrong += p[i] != (char)(i * 7 + i / 251);
  CHECK(n_wrong == 0);
  aus_free(p);
}

/* A rank that has no memory takes the others along. */
static void share_without_memory(void)
{
#ifndef NDEBUG
  char *p = NULL;
  size_t n = 0;
  aus_err err;

  aus_err_clear(&err);
  if (rank == 0) {
    n = 100;
    p = aus_zalloc(n + 1, 1);
  }
  if (rank == size - 1 && rank > 0) aus_alloc_fail_at(0);
  CHECK(aus_share(MPI_COMM_WORLD, &p, &n, &err) == (size > 1 ? AUS_ENOMEM : AUS_OK));
  aus_alloc_fail_at(-1);
  if (size > 1) CHECK(err.rank == size - 1);
  CHECK(rank == 0 || (!p && n == 0));
  aus_free(p);
#endif
}

/* A call that MPI refuses becomes AUS_EMPI with MPI's own words. */
static int refused(aus_err *err)
{
  int rc = AUS_OK, x = 0;
  MPI_Comm mine = MPI_COMM_NULL;

  AUS_MPI(MPI_Comm_dup(MPI_COMM_SELF, &mine), err);
  AUS_MPI(MPI_Comm_set_errhandler(mine, MPI_ERRORS_RETURN), err);
  AUS_MPI(MPI_Send(&x, 1, MPI_INT, 7, 0, mine), err);
done:
  MPI_Comm_free(&mine);
  return rc;
}

static void mpi_error(void)
{
  aus_err err;

  aus_err_clear(&err);
  CHECK(refused(&err) == AUS_EMPI);
  CHECK(err.code == AUS_EMPI && strstr(err.text, "MPI_Send: ") && strstr(err.text, "RANK"));
}

int main(int argc, char **argv)
{
  mpi_start(&argc, &argv);
  all_well();
  one_fails();
  all_fail();
  code_only();
  share(0);
  share(1000);
  share((16 << 20) + 1); /* more than one piece */
  share_without_memory();
  mpi_error();
  return mpi_finish("agree");
}
