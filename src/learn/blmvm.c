/* blmvm.c - a box-constrained minimiser on top of TAO.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "learn/blmvm.h"

#include <math.h>
#include <petsctao.h>
#include <stdbool.h>
#include <string.h>

#include "learn/petsc.h"
#include "util/alloc.h"

struct aus_blmvm {
  int n;
  Tao tao;
  Vec x, lower, upper;
  aus_blmvm_fn fn; /* the problem of the moment */
  void *self;
  double *best, best_f;
};

static const double nothing = 1e20;

static bool all_finite(int n, const double *x)
{
  int i;

  for (i = 0; i < n; i++)
    if (!isfinite(x[i])) return false;
  return true;
}

/* TAO takes a value that is not finite for an error of ours; its end point need not be the best one. */
static double ask(aus_blmvm *b, const double *x, double *g)
{
  double f = b->fn(b->self, b->n, x, g);

  if (!isfinite(f) || !all_finite(b->n, g)) {
    f = nothing;
    memset(g, 0, (size_t)b->n * sizeof *g);
  }
  if (f < b->best_f) {
    b->best_f = f;
    memcpy(b->best, x, (size_t)b->n * sizeof *x);
  }
  return f;
}

static PetscErrorCode evaluate(Tao tao, Vec x, PetscReal *f, Vec g, void *self)
{
  aus_blmvm *b = self;
  const PetscScalar *at;
  PetscScalar *slope;

  (void)tao;
  PetscCall(VecGetArrayRead(x, &at));
  PetscCall(VecGetArrayWrite(g, &slope));
  *f = ask(b, at, slope);
  PetscCall(VecRestoreArrayWrite(g, &slope));
  PetscCall(VecRestoreArrayRead(x, &at));
  return 0;
}

static int vectors(aus_blmvm *b, aus_err *err)
{
  int rc = AUS_OK;

  AUS_PETSC(VecCreateSeq(PETSC_COMM_SELF, b->n, &b->x), err);
  AUS_PETSC(VecDuplicate(b->x, &b->lower), err);
  AUS_PETSC(VecDuplicate(b->x, &b->upper), err);
done:
  return rc;
}

int aus_blmvm_create(aus_blmvm **out, int n, aus_err *err)
{
  int rc = AUS_OK;
  aus_blmvm *b = NULL;

  *out = NULL;
  if (n < 1) AUS_FAIL(err, AUS_EINVAL, "blmvm: %d variables, need >= 1", n);
  AUS_TRY(aus_petsc_start(err));
  AUS_NEW(b, 1, err);
  b->n = n;
  AUS_NEW(b->best, n, err);
  AUS_TRY(vectors(b, err));
  AUS_PETSC(TaoCreate(PETSC_COMM_SELF, &b->tao), err);
  AUS_PETSC(TaoSetType(b->tao, TAOBLMVM), err);
  AUS_PETSC(TaoSetSolution(b->tao, b->x), err);
  AUS_PETSC(TaoSetVariableBounds(b->tao, b->lower, b->upper), err);
  AUS_PETSC(TaoSetObjectiveAndGradient(b->tao, NULL, evaluate, b), err);
  *out = b;
  b = NULL;
done:
  aus_blmvm_destroy(b);
  return rc;
}

void aus_blmvm_destroy(aus_blmvm *b)
{
  if (!b) return;
  (void)TaoDestroy(&b->tao);
  (void)VecDestroy(&b->x);
  (void)VecDestroy(&b->lower);
  (void)VecDestroy(&b->upper);
  aus_free(b->best);
  aus_free(b);
}

static int set(Vec v, int n, const double *x, aus_err *err)
{
  int rc = AUS_OK;
  PetscScalar *p;

  AUS_PETSC(VecGetArrayWrite(v, &p), err);
  memcpy(p, x, (size_t)n * sizeof *x);
  AUS_PETSC(VecRestoreArrayWrite(v, &p), err);
done:
  return rc;
}

static int check(int n, const double *lower, const double *upper, const double *x, aus_err *err)
{
  int rc = AUS_OK, i;

  for (i = 0; i < n; i++) {
    if (!isfinite(lower[i]) || !isfinite(upper[i]) || !isfinite(x[i]))
      AUS_FAIL(err, AUS_EINVAL, "blmvm: variable %d: start or bound is not finite", i);
    if (lower[i] > upper[i])
      AUS_FAIL(err, AUS_EINVAL, "blmvm: variable %d: bounds %g > %g", i, lower[i], upper[i]);
  }
done:
  return rc;
}

int aus_blmvm_minimise(aus_blmvm *b, aus_blmvm_fn fn, void *self, const double *lower,
                       const double *upper, int max_iterations, double gatol, double *x, double *f,
                       aus_err *err)
{
  int rc = AUS_OK, i;

  AUS_TRY(check(b->n, lower, upper, x, err));
  for (i = 0; i < b->n; i++)
    x[i] = fmin(fmax(x[i], lower[i]), upper[i]);
  b->fn = fn;
  b->self = self;
  b->best_f = INFINITY;
  AUS_TRY(set(b->lower, b->n, lower, err));
  AUS_TRY(set(b->upper, b->n, upper, err));
  AUS_TRY(set(b->x, b->n, x, err));
  AUS_PETSC(TaoSetTolerances(b->tao, gatol, 0.0, 0.0), err);
  AUS_PETSC(TaoSetMaximumIterations(b->tao, max_iterations), err);
  AUS_PETSC(TaoSolve(b->tao), err);
  memcpy(x, b->best, (size_t)b->n * sizeof *x);
  *f = b->best_f;
done:
  return rc;
}
