/* match/model_judge.c - the two halves of a package's rows.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/model_judge.h"

#include <string.h>

#include "util/alloc.h"

/* The last letter holds the lowest five bits: a = 0, ..., z = 25, 2 = 26, ..., 7 = 31. */
bool aus_match_digest_odd(const char *digest)
{
  const size_t n = strlen(digest);
  const char last = n ? digest[n - 1] : 'a';

  return last >= 'a' && last <= 'z' ? (last - 'a') % 2 == 1 : last % 2 == 1;
}

int aus_match_judge_fit(aus_match_judge *out, const aus_match_model_conf *conf,
                        const aus_match_rows *rows, char *const *digest, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_model_conf trees = *conf;
  int64_t *even = NULL, *odd = NULL, i;

  *out = (aus_match_judge){0};
  trees.kind = AUS_MATCH_TREES;
  AUS_NEW(even, rows->n, err);
  AUS_NEW(odd, rows->n, err);
  for (i = 0; i < rows->n; i++)
    if (aus_match_digest_odd(digest[i]))
      odd[out->n_odd++] = i;
    else
      even[out->n_even++] = i;
  AUS_TRY(aus_match_model_fit(&out->chooser, conf, rows, out->n_even, even, err));
  AUS_TRY(aus_match_model_fit(&out->judge, &trees, rows, out->n_odd, odd, err));
done:
  if (rc != AUS_OK) aus_match_judge_fini(out);
  aus_free(even);
  aus_free(odd);
  return rc;
}

void aus_match_judge_fini(aus_match_judge *j)
{
  aus_match_model_fini(&j->chooser);
  aus_match_model_fini(&j->judge);
  *j = (aus_match_judge){0};
}
