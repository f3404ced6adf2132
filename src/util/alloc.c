/* alloc.c - checked allocation with a fail-at-n hook.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>

#ifndef NDEBUG
static int64_t n_live;
static int64_t fail_in = -1; /* allocations left before the one that fails; -1: off */
static int fired;
#endif

static int denied(void)
{
#ifndef NDEBUG
  if (fail_in < 0) return 0;
  if (fail_in-- > 0) return 0;
  fired = 1;
  return 1;
#else
  return 0;
#endif
}

static int total(size_t n, size_t size, size_t *bytes)
{
  if (__builtin_mul_overflow(n, size, bytes)) return 0;
  if (*bytes == 0) *bytes = 1;
  return 1;
}

void *aus_zalloc(size_t n, size_t size)
{
  size_t bytes;
  void *p;

  if (!total(n, size, &bytes) || denied()) return NULL;
  p = calloc(1, bytes);
#ifndef NDEBUG
  if (p) n_live++;
#endif
  return p;
}

void *aus_realloc(void *p, size_t n, size_t size)
{
  size_t bytes;
  void *q;

  if (!p) return aus_zalloc(n, size);
  if (!total(n, size, &bytes) || denied()) return NULL;
  q = realloc(p, bytes);
  return q;
}

void aus_free(void *p)
{
#ifndef NDEBUG
  if (p) n_live--;
#endif
  free(p);
}

char *aus_strdup(const char *s)
{
  size_t n = strlen(s) + 1;
  char *p = aus_zalloc(n, 1);

  if (p) memcpy(p, s, n);
  return p;
}

void aus_alloc_fail_at(int64_t n)
{
#ifndef NDEBUG
  fail_in = n;
  fired = 0;
#else
  (void)n;
#endif
}

int aus_alloc_failed(void)
{
#ifndef NDEBUG
  return fired;
#else
  return 0;
#endif
}

int64_t aus_alloc_live(void)
{
#ifndef NDEBUG
  return n_live;
#else
  return 0;
#endif
}

int aus_grow(void *p, int64_t *cap, int64_t need, size_t size, aus_err *err)
{
  void **block = p;
  int64_t n = *cap > 0 ? *cap : 8;
  void *q;

  if (need <= *cap) return AUS_OK;
  while (n < need)
    n = n > INT64_MAX / 2 ? need : 2 * n;
  q = aus_realloc(*block, (size_t)n, size);
  if (!q)
    return aus_fail(err, AUS_ENOMEM, AUS_HERE, "out of memory (%zu x %zu bytes)", (size_t)n, size);
  *block = q;
  *cap = n;
  return AUS_OK;
}
