/* petsc.c - start and stop of PETSc on one process.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "learn/petsc.h"

#include <gsl/gsl_errno.h>
#include <petscsys.h>
#include <stdlib.h>

#include "learn/blas.h"

/* PETSc keeps the address: it must outlive the call. */
static char *const arguments[] = {(char *)"auspex", (char *)"-no_signal_handler",
                                  (char *)"-skip_petscrc", NULL};

int aus_petsc_start(aus_err *err)
{
  int rc = AUS_OK, argc = 3, up = 0;
  char **argv = (char **)(uintptr_t)arguments;
  PetscBool runs = PETSC_FALSE, ran = PETSC_FALSE;

  AUS_PETSC(PetscInitialized(&runs), err);
  if (runs) goto done;
  /* A second start of 3.18 succeeds, but no solver is known any more. */
  AUS_PETSC(PetscFinalized(&ran), err);
  if (ran) AUS_FAIL(err, AUS_EDEP, "petsc: stopped already in this process");
  /* Nobody's environment may change a result. */
  unsetenv("PETSC_OPTIONS");
  unsetenv("PETSC_OPTIONS_YAML");
  /* Start and stop are collective on this communicator, which may be set when MPI runs already. */
  MPI_Initialized(&up);
  if (up) PETSC_COMM_WORLD = MPI_COMM_SELF;
  AUS_PETSC(PetscInitialize(&argc, &argv, NULL, NULL), err);
  AUS_PETSC(PetscPushErrorHandler(PetscReturnErrorHandler, NULL), err);
  openblas_set_num_threads(1);
  gsl_set_error_handler_off(); /* its handler ends the process where memory is short */
done:
  return rc;
}

void aus_petsc_stop(void)
{
  PetscBool runs = PETSC_FALSE;

  if (PetscInitialized(&runs) != 0 || !runs) return;
  (void)PetscFinalize();
}

int aus_petsc_fail(aus_err *err, int code, const char *where, const char *call)
{
  const char *text = NULL;

  (void)PetscErrorMessage(code, &text, NULL);
  return aus_fail(err, AUS_EDEP, where, "petsc: %s: error %d (%s)", call, code,
                  text ? text : "unknown");
}
