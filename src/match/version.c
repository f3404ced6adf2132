/* match/version.c - the order of versions, any text being one.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/version.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

/* Kinds of tokens in their order. */
typedef enum kind { ABSENT, EARLY, END, WORD, NUMBER, BRANCH } kind;

typedef struct token {
  kind kind;
  int place; /* among words of the same list */
  const char *p;
  size_t n;
} token;

static const char *const EARLY_WORD[] = {"dev", "alpha", "beta", "pre", "rc"};
static const char *const BRANCH_WORD[] = {"stable", "trunk", "head", "master", "main", "develop"};

static int place_in(const char *const *list, size_t n, const token *t)
{
  size_t i;

  for (i = 0; i < n; i++)
    if (strlen(list[i]) == t->n && strncmp(list[i], t->p, t->n) == 0) return (int)i;
  return -1;
}

static bool is_digit(char c)
{
  return isdigit((unsigned char)c) != 0;
}
static bool is_letter(char c)
{
  return isalpha((unsigned char)c) != 0;
}

static token next_number(const char **at)
{
  token t = {.kind = NUMBER};

  while (**at == '0' && is_digit((*at)[1]))
    (*at)++;
  t.p = *at;
  while (is_digit(**at))
    (*at)++;
  t.n = (size_t)(*at - t.p);
  return t;
}

static token next_word(const char **at)
{
  token t = {.kind = WORD, .p = *at};
  int place;

  while (is_letter(**at))
    (*at)++;
  t.n = (size_t)(*at - t.p);
  place = place_in(EARLY_WORD, sizeof EARLY_WORD / sizeof *EARLY_WORD, &t);
  if (place >= 0) {
    t.kind = EARLY;
    t.place = place;
  }
  place = place_in(BRANCH_WORD, sizeof BRANCH_WORD / sizeof *BRANCH_WORD, &t);
  if (place >= 0) {
    t.kind = BRANCH;
    t.place = place;
  }
  return t;
}

static token next_token(const char **at)
{
  while (**at && !is_digit(**at) && !is_letter(**at))
    (*at)++;
  if (is_digit(**at)) return next_number(at);
  if (is_letter(**at)) return next_word(at);
  return (token){.kind = END};
}

static int sign(int64_t a, int64_t b)
{
  return (a > b) - (a < b);
}

static int compare_tokens(const token *a, const token *b)
{
  int by_bytes;

  if (a->kind != b->kind) return sign((int64_t)a->kind, (int64_t)b->kind);
  if (a->place != b->place) return sign(a->place, b->place);
  if (a->kind == NUMBER && a->n != b->n) return sign((int64_t)a->n, (int64_t)b->n);
  by_bytes = a->n > 0 && b->n > 0 ? memcmp(a->p, b->p, a->n < b->n ? a->n : b->n) : 0;
  return by_bytes ? by_bytes : sign((int64_t)a->n, (int64_t)b->n);
}

bool aus_match_absent(const char *version)
{
  return strcmp(version, AUS_MATCH_ABSENT) == 0;
}

int aus_match_version_compare(const char *a, const char *b)
{
  token x, y;
  int order;

  if (aus_match_absent(a) || aus_match_absent(b)) return aus_match_absent(b) - aus_match_absent(a);
  do {
    x = next_token(&a);
    y = next_token(&b);
    order = compare_tokens(&x, &y);
  } while (order == 0 && x.kind != END);
  return order;
}

typedef struct placed {
  const char *text;
  int64_t at;
} placed;

static int by_version(const void *a, const void *b)
{
  return aus_match_version_compare(((const placed *)a)->text, ((const placed *)b)->text);
}

int aus_match_version_ranks(char *const *text, int64_t n, int32_t *rank, aus_err *err)
{
  int rc = AUS_OK;
  placed *p = NULL;
  int64_t i;
  int32_t next = 0;

  AUS_NEW(p, n, err);
  for (i = 0; i < n; i++)
    p[i] = (placed){.text = text[i], .at = i};
  qsort(p, (size_t)n, sizeof *p, by_version);
  for (i = 0; i < n; i++) {
    if (i > 0 && by_version(&p[i - 1], &p[i]) != 0) next++;
    rank[p[i].at] = next;
  }
done:
  aus_free(p);
  return rc;
}
