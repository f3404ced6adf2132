/* gzip.c - fuzz: compressed files.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is taken is within the bound, ends with a NUL, and is the same the second time.
 */
#include <config.h>

#include "fuzz/fuzz.h"
#include "util/gzip.h"

FUZZ_TARGET(gzip)
{
  enum { MOST = 1 << 20 };
  char *out = NULL, *again = NULL;
  size_t n_out, n_again;
  aus_err err = {0};

  if (fuzz_took(aus_gzip_expand(&out, &n_out, "x.gz", data, n, MOST, &err), &err, AUS_EFORMAT)) {
    fuzz_check(aus_gzip_is(data, n));
    fuzz_check(n_out <= MOST && out[n_out] == '\0');
    if (fuzz_must(aus_gzip_expand(&again, &n_again, "x.gz", data, n, n_out, &err), &err))
      fuzz_check(n_again == n_out && memcmp(out, again, n_out) == 0);
  }
  aus_free(out);
  aus_free(again);
}
