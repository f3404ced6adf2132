/* bench_gp.c - the Gaussian process alone: one value and gradient of the posterior of theta.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "bench/bench.h"

#include <math.h>

#include "learn/gp.h"
#include "util/alloc.h"
#include "util/rng.h"

enum { N = 200, D = 6, CALLS = 20 };

typedef struct input {
  aus_gp *gp;
  double x[N * D], y[N], theta[D + 2], grad[D + 2];
} input;

static int map(void *self, int64_t *work, aus_err *err)
{
  input *in = self;
  int rc = AUS_OK, i;
  double f;

  for (i = 0; i < CALLS; i++) {
    in->theta[0] = -0.5 + 0.01 * i;
    AUS_TRY(aus_gp_map(in->gp, N, in->x, in->y, in->theta, &f, in->grad, err));
  }
  *work = CALLS;
done:
  return rc;
}

static int gp_map(const char *name, aus_err *err)
{
  aus_rng r = aus_rng_open(1, 0, 0, AUS_RNG_TRACE);
  input *in = NULL;
  int rc = AUS_OK, i, k;

  AUS_NEW(in, 1, err);
  for (i = 0; i < N; i++)
    for (k = 0; k < D; k++) {
      in->x[i * D + k] = aus_rng_uniform(&r);
      in->y[i] += sin(4.0 * in->x[i * D + k] + k) / sqrt(D);
    }
  aus_gp_prior(D, in->theta);
  AUS_TRY(aus_gp_create(&in->gp, D, N, err));
  AUS_TRY(bench_repeat(name, N, map, in, err));
done:
  if (in) aus_gp_destroy(in->gp);
  aus_free(in);
  return rc;
}

const bench_case bench_gp_cases[] = {{"gp_map", gp_map}, {0}};
