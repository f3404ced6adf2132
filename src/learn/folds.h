/* folds.h - stratified k-fold: who is held out when.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_LEARN_FOLDS_H
#define AUS_LEARN_FOLDS_H

#include "util/err.h"

#include <stdint.h>

/** Deal n rows to k folds at random: each fold has its share of either class and of all rows, up to one row.
 *
 * @param [out] fold  n, 0..k-1
 * @param [in] y      n, 0 or 1
 * @param [in] seed   of the run
 * @param [in] key    names the draw (which package, which outer fold); other keys, other draws
 * @return AUS_OK; AUS_EINVAL for k < 2, n < 0 and a y that is neither 0 nor 1; AUS_ENOMEM
 *
 * Local. A pure function of its arguments. Folds may be empty when n < k.
 */
AUS_CHECKED int aus_folds_make(int *fold, int64_t n, const uint8_t *y, int k, uint64_t seed,
                               uint64_t key, aus_err *err);

#endif
