/* match/names.c - texts as small numbers, in order of first appearance.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/names.h"

#include <string.h>

#include "util/alloc.h"

enum { FIRST_SLOTS = 64 };

void aus_match_names_fini(aus_match_names *names)
{
  int64_t i;

  for (i = 0; i < names->n; i++)
    aus_free(names->text[i]);
  aus_free(names->text);
  aus_free(names->slot);
  *names = (aus_match_names){0};
}

/* FNV-1a. */
static uint64_t hash_of(const char *s, size_t n)
{
  uint64_t h = 0xcbf29ce484222325U;
  size_t i;

  for (i = 0; i < n; i++)
    h = (h ^ (unsigned char)s[i]) * 0x100000001b3U;
  return h ^ h >> 32;
}

/* The text's slot, or the free one where it belongs; there is always a free one. */
static int64_t slot_of(const aus_match_names *names, const char *s, size_t n)
{
  int64_t at = (int64_t)(hash_of(s, n) & (uint64_t)(names->n_slots - 1));

  while (names->slot[at] > 0) {
    const char *text = names->text[names->slot[at] - 1];

    if (strncmp(text, s, n) == 0 && text[n] == '\0') break;
    at = (at + 1) & (names->n_slots - 1);
  }
  return at;
}

static int more_slots(aus_match_names *names, aus_err *err)
{
  int rc = AUS_OK;
  int32_t *old = names->slot, *fresh = NULL;
  int64_t i, n_slots = names->n_slots > 0 ? 2 * names->n_slots : FIRST_SLOTS;

  AUS_NEW(fresh, n_slots, err);
  names->slot = fresh;
  names->n_slots = n_slots;
  for (i = 0; i < names->n; i++)
    names->slot[slot_of(names, names->text[i], strlen(names->text[i]))] = (int32_t)(i + 1);
  aus_free(old);
done:
  return rc;
}

int aus_match_names_add(aus_match_names *names, const char *s, size_t n, int32_t *id, aus_err *err)
{
  int rc = AUS_OK;
  int64_t at;
  char *text;

  *id = -1;
  if (2 * (names->n + 1) > names->n_slots) AUS_TRY(more_slots(names, err));
  at = slot_of(names, s, n);
  if (names->slot[at] == 0) {
    AUS_TRY(aus_grow(&names->text, &names->cap, names->n + 1, sizeof *names->text, err));
    AUS_NEW(text, n + 1, err);
    memcpy(text, s, n);
    names->text[names->n++] = text;
    names->slot[at] = (int32_t)names->n;
  }
  *id = names->slot[at] - 1;
done:
  return rc;
}

int32_t aus_match_names_find(const aus_match_names *names, const char *s, size_t n)
{
  return names->n_slots > 0 ? names->slot[slot_of(names, s, n)] - 1 : -1;
}

int aus_match_text_order(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}
