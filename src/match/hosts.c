/* match/hosts.c - sets of hosts and of ranks as Flux writes them.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/hosts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIGITS = 15 };

/* ---- numbers ---- */

typedef struct range {
  int64_t low, high;
  int width; /* of the first number's text when zeros stand in front, else 0 */
} range;

/* Behind a number, NULL: there is none. */
static const char *read_number(const char *at, int64_t *x, int *width)
{
  const char *from = at;

  while (isdigit((unsigned char)*at))
    at++;
  if (at == from || at - from > MAX_DIGITS) return NULL;
  *x = strtoll(from, NULL, 10);
  *width = *from == '0' && at - from > 1 ? (int)(at - from) : 0;
  return at;
}

/* Behind "3" or "3-7", NULL: that is none. */
static const char *read_range(const char *at, range *r)
{
  int width;

  at = read_number(at, &r->low, &r->width);
  if (!at) return NULL;
  r->high = r->low;
  if (*at == '-') at = read_number(at + 1, &r->high, &width);
  return at && r->low <= r->high ? at : NULL;
}

/* Behind a list of ranges, NULL: that is none. @param [out] found  x is in one of them */
static const char *read_ranges(const char *at, int64_t x, bool *found, int *width)
{
  range r;
  bool first;

  *found = false;
  for (first = true;; first = false) {
    at = read_range(at, &r);
    if (!at) return NULL;
    if (first) *width = r.width;
    *found = *found || (x >= r.low && x <= r.high);
    if (*at != ',') return at;
    at++;
  }
}

/* ---- hosts ---- */

/* Behind a name and its brackets, NULL: malformed. @param [out] open  of the brackets, NULL: none */
static const char *read_expression(const char *at, const char **open, const char **close)
{
  bool found;
  int width;

  *open = *close = NULL;
  for (; *at && *at != ','; at++) {
    if (isspace((unsigned char)*at) || *at == ']' || (*at == '[' && *open)) return NULL;
    if (*at != '[') continue;
    *open = at;
    at = read_ranges(at + 1, 0, &found, &width);
    if (!at || *at != ']') return NULL;
    *close = at;
  }
  return at;
}

int aus_match_hosts_check(const char *list, aus_err *err)
{
  const char *at = list, *open, *close;

  for (; *at; at += *at == ',') {
    const char *from = at;

    at = read_expression(at, &open, &close);
    if (!at || at == from || (*at == ',' && !at[1]))
      return aus_fail(err, AUS_EFORMAT, AUS_HERE, "\"%s\" is no list of hosts", list);
  }
  return AUS_OK;
}

/* prefix[ranges]suffix, which ends at `end`. */
static bool is_one(const char *from, const char *open, const char *close, const char *end,
                   const char *host)
{
  size_t n = strlen(host), n_prefix, n_suffix;
  const char *behind;
  int64_t x;
  int width, digits, ignored;
  bool found;

  if (!open) return n == (size_t)(end - from) && strncmp(from, host, n) == 0;
  n_prefix = (size_t)(open - from);
  n_suffix = (size_t)(end - close) - 1;
  if (n <= n_prefix + n_suffix || strncmp(from, host, n_prefix) != 0 ||
      strncmp(close + 1, host + n - n_suffix, n_suffix) != 0)
    return false;
  behind = read_number(host + n_prefix, &x, &ignored);
  if (behind != host + n - n_suffix) return false;
  read_ranges(open + 1, x, &found, &width);
  digits = (int)(behind - (host + n_prefix));
  if (digits > 1 && host[n_prefix] == '0') return found && digits == width;
  return found && digits >= width;
}

bool aus_match_hosts_have(const char *list, const char *host)
{
  const char *at, *open, *close, *from;

  for (from = list; *from; from = at + (*at == ',')) {
    at = read_expression(from, &open, &close);
    if (is_one(from, open, close, at, host)) return true;
  }
  return false;
}

/* ---- ids ---- */

int aus_match_ids_check(const char *set, int64_t *least, aus_err *err)
{
  const char *at = set + (*set == '[');
  int64_t last = -1;
  range r;

  *least = -1;
  do {
    at = read_range(at, &r);
    if (!at || r.low <= last || r.width > 0) goto bad;
    if (*least < 0) *least = r.low;
    last = r.high;
  } while (*at++ == ',');
  at--;
  if (*set == '[' && *at++ != ']') goto bad;
  if (!*at) return AUS_OK;
bad:
  return aus_fail(err, AUS_EFORMAT, AUS_HERE, "\"%s\" is no set of ids", set);
}

bool aus_match_ids_have(const char *set, int64_t id)
{
  bool found;
  int width;

  read_ranges(set + (*set == '['), id, &found, &width);
  return found;
}
