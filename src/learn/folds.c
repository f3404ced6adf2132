/* folds.c - either class shuffled, then dealt like cards.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "learn/folds.h"

#include <inttypes.h>

#include "util/alloc.h"
#include "util/rng.h"

static int check(int64_t n, const uint8_t *y, int k, aus_err *err)
{
  int64_t i;

  if (k < 2 || n < 0)
    return aus_fail(err, AUS_EINVAL, AUS_HERE, "%" PRId64 " rows in %d folds", n, k);
  for (i = 0; i < n; i++)
    if (y[i] > 1)
      return aus_fail(err, AUS_EINVAL, AUS_HERE, "row %" PRId64 " has class %d, need 0 or 1", i,
                      y[i]);
  return AUS_OK;
}

int aus_folds_make(int *fold, int64_t n, const uint8_t *y, int k, uint64_t seed, uint64_t key,
                   aus_err *err)
{
  int rc = AUS_OK, c;
  aus_rng rng = aus_rng_open(seed, 0, key, AUS_RNG_FOLDS);
  int64_t *order = NULL, i, dealt = 0;

  AUS_TRY(check(n, y, k, err));
  AUS_NEW(order, n, err);
  aus_rng_permutation(&rng, n, order);
  for (c = 0; c < 2; c++) /* the second class begins where the first one ended */
    for (i = 0; i < n; i++)
      if (y[order[i]] == c) fold[order[i]] = (int)(dealt++ % k);
done:
  aus_free(order);
  return rc;
}
