/* match/model_judge.h - a judge of placements that is not the model which chose them.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows with an even digest train the model whose P chooses clusters, rows with an odd one the judge, boosted trees.
 * Neither has seen a row of the other's.
 */
#ifndef AUS_MATCH_MODEL_JUDGE_H
#define AUS_MATCH_MODEL_JUDGE_H

#include "match/model.h"

/** Is the digest, a number in the letters a-z2-7 (0..31), odd? Local. */
bool aus_match_digest_odd(const char *digest);

typedef struct aus_match_judge {
  int64_t n_even, n_odd;
  aus_match_model chooser, judge;
} aus_match_judge;

/** Train both.
 *
 * @param [out] out     filled; empty on error
 * @param [in] conf     of the chooser (naive Bayes for the ladder); the judge is its trees
 * @param [in] digest   rows->n
 * @return the codes of aus_match_model_fit(). Local.
 */
AUS_CHECKED int aus_match_judge_fit(aus_match_judge *out, const aus_match_model_conf *conf,
                                    const aus_match_rows *rows, char *const *digest, aus_err *err);
void aus_match_judge_fini(aus_match_judge *j);

#endif
