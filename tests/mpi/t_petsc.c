/* t_petsc.c - PETSc runs on some ranks only, leaves signals alone and obeys nobody's environment.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include <petscsys.h>

#include "mpi/check.h"

#include <math.h>
#include <signal.h>

#include "learn/blmvm.h"
#include "learn/petsc.h"

enum { N = 5, SIGNALS = 32 };

static double bowl(void *self, int n, const double *x, double *g)
{
  double f = 0.0;
  int i;

  (void)self;
  for (i = 0; i < n; i++) {
    g[i] = x[i] - 0.1 * i;
    f += 0.5 * g[i] * g[i];
  }
  return f;
}

static void solve(void)
{
  const double lower[N] = {0}, upper[N] = {1, 1, 1, 1, 0.25};
  double x[N] = {0.9, 0.9, 0.9, 0.9, 0.9}, f;
  aus_blmvm *b;
  aus_err err;
  int i;

  CHECK_OK(aus_blmvm_create(&b, N, &err), &err);
  CHECK_OK(aus_blmvm_minimise(b, bowl, NULL, lower, upper, 50, 1e-9, x, &f, &err), &err);
  for (i = 0; i < N; i++)
    CHECK(fabs(x[i] - fmin(0.1 * i, upper[i])) < 1e-7);
  aus_blmvm_destroy(b);
}

/* The function that handles each signal. */
static void handlers(void (**out)(int))
{
  struct sigaction action;
  int i;

  for (i = 1; i < SIGNALS; i++)
    out[i] = sigaction(i, NULL, &action) == 0 ? action.sa_handler : SIG_ERR;
}

/* Only the odd ranks, each another number of times; no rank waits for another one. */
static void apart(void)
{
  void (*before[SIGNALS])(int), (*after[SIGNALS])(int);
  int i;

  handlers(before);
  for (i = 0; rank % 2 == 1 && i < rank; i++)
    solve();
  handlers(after);
  for (i = 1; i < SIGNALS; i++)
    CHECK(before[i] == after[i]);
}

static void options(void)
{
  PetscBool set = PETSC_TRUE;

  CHECK(PetscOptionsHasName(NULL, NULL, "-tao_max_it", &set) == 0 && !set);
  CHECK(PetscOptionsHasName(NULL, NULL, "-no_signal_handler", &set) == 0 && set);
}

static void stopped(void)
{
  aus_err err;

  aus_petsc_stop();
  aus_petsc_stop();
  aus_err_clear(&err);
  CHECK(aus_petsc_start(&err) == AUS_EDEP);
  CHECK(strcmp(err.text, "petsc: stopped already in this process") == 0);
}

int main(int argc, char **argv)
{
  setenv("PETSC_OPTIONS", "-tao_max_it 0 -log_view", 1);
  mpi_start(&argc, &argv);
  apart();
  MPI_Barrier(MPI_COMM_WORLD);
  solve();
  options();
  if (rank > 0) stopped(); /* the others may stop later or never */
  MPI_Barrier(MPI_COMM_WORLD);
  if (rank == 0) {
    solve();
    stopped();
  }
  return mpi_finish("petsc");
}
