/* alloc.h - allocation that reports AUS_ENOMEM, checks count x size, and can be made to fail.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * All memory of the library comes from here. Builds without NDEBUG count live blocks, and
 * aus_alloc_fail_at() makes one chosen allocation fail, which is how the tests walk through every
 * out-of-memory path.
 */
#ifndef AUS_UTIL_ALLOC_H
#define AUS_UTIL_ALLOC_H

#include "util/err.h"

#include <stddef.h>
#include <stdint.h>

/** n x size zeroed bytes; NULL when memory is short or the product overflows.
 * n = 0 gives a valid block. Local. */
void *aus_zalloc(size_t n, size_t size);

/** Resize to n x size bytes (new bytes are not cleared); NULL leaves the old block as it was. Local. */
void *aus_realloc(void *p, size_t n, size_t size);

/** Give a block back; NULL is allowed. Local. */
void aus_free(void *p);

/** Copy of a string; NULL when memory is short. Local. */
char *aus_strdup(const char *s);

/** Make the n-th allocation from now on fail (0 = the next one); -1 switches the hook off.
 * Has no effect with NDEBUG. Local. */
void aus_alloc_fail_at(int64_t n);

/** True when the hook has fired since it was set. Local. */
int aus_alloc_failed(void);

/** Number of live blocks (0 with NDEBUG). Local. */
int64_t aus_alloc_live(void);

/** Grow *p (elements of `size` bytes, *cap of them) to hold at least `need`, doubling.
 *
 * @return AUS_OK; AUS_ENOMEM, then *p and *cap are as before
 * Local.
 */
AUS_CHECKED int aus_grow(void *p, int64_t *cap, int64_t need, size_t size, aus_err *err);

/* p = n zeroed elements of its own type, or fail with AUS_ENOMEM. */
#define AUS_NEW(p, n, err)                                                                     \
  do {                                                                                         \
    (p) = aus_zalloc((size_t)(n), sizeof *(p));                                                \
    if (!(p)) {                                                                                \
      rc = aus_fail(err, AUS_ENOMEM, AUS_HERE, "out of memory (%zu x %zu bytes)", (size_t)(n), \
                    sizeof *(p));                                                              \
      goto done;                                                                               \
    }                                                                                          \
  } while (0)

/* p = copy of the string s, or fail with AUS_ENOMEM. */
#define AUS_DUP(p, s, err)                                                \
  do {                                                                    \
    (p) = aus_strdup(s);                                                  \
    if (!(p)) {                                                           \
      rc = aus_fail(err, AUS_ENOMEM, AUS_HERE, "out of memory (string)"); \
      goto done;                                                          \
    }                                                                     \
  } while (0)

#endif
