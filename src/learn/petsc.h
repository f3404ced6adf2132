/* petsc.h - start and stop of PETSc, whose optimisers (TAO) the models and the acquisition use.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * PETSc runs on PETSC_COMM_SELF: nothing here is collective. Everything that needs it starts it; only
 * the program's end stops it.
 */
#ifndef AUS_LEARN_PETSC_H
#define AUS_LEARN_PETSC_H

#include "util/err.h"

/** Start PETSc once per process, without its signal handlers; errors are returned, not printed. Needs
 * MPI to be up, or brings it up itself. @return AUS_OK (also when it runs already); AUS_EDEP (also
 * after aus_petsc_stop()). Local. */
AUS_CHECKED int aus_petsc_start(aus_err *err);

/** Stop it if it runs, before MPI_Finalize. Local. */
void aus_petsc_stop(void);

/** Fill *err with PETSc's text for one of its error codes. @return AUS_EDEP. Local. */
int aus_petsc_fail(aus_err *err, int code, const char *where, const char *call);

/* A PETSc call; on error AUS_EDEP and goto done. */
#define AUS_PETSC(call, err)                            \
  do {                                                  \
    const int code_ = (int)(call);                      \
    if (code_ != 0) {                                   \
      rc = aus_petsc_fail(err, code_, AUS_HERE, #call); \
      goto done;                                        \
    }                                                   \
  } while (0)

#endif
