/* check.h - start, checks and verdict of the programs that run under mpirun.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every rank counts its failed checks; mpi_finish() adds them up, rank 0 says "ok" or "not ok", and
 * every rank returns the same exit status.
 */
#ifndef AUS_TESTS_MPI_CHECK_H
#define AUS_TESTS_MPI_CHECK_H

#include <mpi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/err.h"

#ifdef AUS_SANITIZED
#include <sanitizer/lsan_interface.h>
#endif

static int n_bad, rank, size;

/* Up to ten failures are shown per rank. */
#define CHECK(cond)                                                         \
  do {                                                                      \
    if (!(cond) && n_bad++ < 10)                                            \
      fprintf(stderr, "[%d] %s:%d: %s\n", rank, __FILE__, __LINE__, #cond); \
  } while (0)

#define CHECK_OK(call, err)                                                                      \
  do {                                                                                           \
    aus_err_clear(err);                                                                          \
    if ((call) != AUS_OK && n_bad++ < 10)                                                        \
      fprintf(stderr, "[%d] %s:%d: %s: %s (%s)\n", rank, __FILE__, __LINE__, #call, (err)->text, \
              (err)->where);                                                                     \
  } while (0)

/* What MPI itself keeps is not a leak of ours. */
static inline void mpi_start(int *argc, char ***argv)
{
  int provided;

#ifdef AUS_SANITIZED
  __lsan_disable();
#endif
  MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided);
#ifdef AUS_SANITIZED
  __lsan_enable();
#endif
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
}

static inline int mpi_finish(const char *name)
{
  int all_bad = 0;

  if (aus_alloc_live() != 0) {
    fprintf(stderr, "[%d] %ld blocks are still allocated\n", rank, (long)aus_alloc_live());
    n_bad++;
  }
  MPI_Allreduce(&n_bad, &all_bad, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  if (rank == 0) printf("%s - %s at %d ranks\n", all_bad ? "not ok" : "ok", name, size);
  fflush(stdout);
#ifdef AUS_SANITIZED
  /* MPI_Finalize unloads the plugins by which the suppressions know MPI's own blocks. */
  __lsan_do_leak_check();
#endif
  MPI_Finalize();
  return all_bad ? 1 : 0;
}

#endif
