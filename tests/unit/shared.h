/* shared.h - files of the shared data directory, which is not ours to publish: absent means skip.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The directory is $AUSPEX_SHARED. Numbers are found by the text of a key, so that a test of a
 * lower layer needs no JSON reader.
 */
#ifndef AUS_TESTS_UNIT_SHARED_H
#define AUS_TESTS_UNIT_SHARED_H

#include "unit/check.h"

/** Text of a file below $AUSPEX_SHARED (free), a NUL behind it; skips the test when it is not
 * there. */
static inline char *shared_text(const char *path, size_t *n)
{
  char name[1024];
  const char *dir = getenv("AUSPEX_SHARED");
  FILE *f;
  long size;
  char *text;

  snprintf(name, sizeof name, "%s/data/%s", dir ? dir : "../shared", path);
  f = fopen(name, "rb");
  if (!f) {
    print_message("# SKIP %s is not there\n", name);
    skip();
  }
  assert_int_equal(fseek(f, 0, SEEK_END), 0);
  size = ftell(f);
  assert_true(size >= 0);
  rewind(f);
  text = calloc(1, (size_t)size + 1);
  assert_non_null(text);
  assert_int_equal(fread(text, 1, (size_t)size, f), (size_t)size);
  fclose(f);
  if (n) *n = (size_t)size;
  return text;
}

/** All numbers in the (nested) list behind the first `key` in text. @return how many, at most
 * max */
static inline int64_t shared_numbers(const char *text, const char *key, double *out, int64_t max)
{
  const char *s = strstr(text, key);
  char *end;
  int64_t n = 0;
  int depth = 0;

  if (!s) fail_msg("no %s", key);
  s = strchr(s, '[');
  if (!s) fail_msg("no list behind %s", key);
  do {
    if (*s == '[') depth++;
    if (*s == ']') depth--;
    if (strchr("-0123456789", *s) && n < max) {
      out[n++] = strtod(s, &end);
      s = end;
    } else {
      s++;
    }
  } while (depth > 0);
  return n;
}

#endif
