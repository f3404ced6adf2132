/* match/order.c - subsystems and the order in which they are described.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/jobs.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/rng.h"

/* How much of a feature's name is its subsystem's. */
static size_t stem(const char *feature, aus_match_grouping grouping)
{
  static const char *const end[] = {"-compiler_version", "-version"};
  size_t n = strlen(feature), i;

  if (grouping == AUS_MATCH_BY_PREFIX) return strcspn(feature, "-");
  for (i = 0; i < 2; i++) {
    size_t m = strlen(end[i]);

    if (n > m && strcmp(feature + n - m, end[i]) == 0) return n - m;
  }
  return n;
}

int aus_match_subsystem_find(const aus_match_subsystems *s, const char *name)
{
  char **found = bsearch(&name, s->name, (size_t)s->n, sizeof *s->name, aus_match_text_order);

  return found ? (int)(found - s->name) : -1;
}

int aus_match_subsystems_make(aus_match_subsystems *out, const aus_match_space *space,
                              aus_match_grouping grouping, aus_err *err)
{
  int rc = AUS_OK, f;
  aus_match_subsystems s = {0};
  aus_match_names names = {0};
  int32_t *first = NULL;

  *out = (aus_match_subsystems){0};
  AUS_NEW(first, space->n, err);
  AUS_NEW(s.of, space->n, err);
  for (f = 0; f < space->n; f++)
    AUS_TRY(aus_match_names_add(&names, space->feature[f].name,
                                stem(space->feature[f].name, grouping), &first[f], err));
  AUS_NEW(s.name, names.n, err);
  for (; s.n < (int)names.n; s.n++)
    AUS_DUP(s.name[s.n], names.text[s.n], err);
  qsort(s.name, (size_t)s.n, sizeof *s.name, aus_match_text_order);
  for (f = 0; f < space->n; f++)
    s.of[f] = aus_match_subsystem_find(&s, names.text[first[f]]);
  *out = s;
  s = (aus_match_subsystems){0};
done:
  aus_free(first);
  aus_match_names_fini(&names);
  aus_match_subsystems_fini(&s);
  return rc;
}

void aus_match_subsystems_fini(aus_match_subsystems *s)
{
  int i;

  for (i = 0; i < s->n; i++)
    aus_free(s->name[i]);
  aus_free(s->name);
  aus_free(s->of);
  *s = (aus_match_subsystems){0};
}

void aus_match_order_alphabetical(const aus_match_subsystems *s, int *order)
{
  int i;

  for (i = 0; i < s->n; i++)
    order[i] = i;
}

int aus_match_order_seeded(const aus_match_subsystems *s, uint64_t seed, int *order, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_rng r = aus_rng_open(seed, 0, 0, AUS_RNG_ORDER);
  int64_t *p = NULL;

  AUS_NEW(p, s->n, err);
  aus_rng_permutation(&r, s->n, p);
  for (i = 0; i < s->n; i++)
    order[i] = (int)p[i];
done:
  aus_free(p);
  return rc;
}

/* One line of the file. */
static int take_name(const aus_match_subsystems *s, const char *name, int line, const char *text,
                     size_t n, int *order, int *level, bool *seen, aus_err *err)
{
  int i;

  for (i = 0; i < s->n; i++)
    if (strlen(s->name[i]) == n && strncmp(s->name[i], text, n) == 0) break;
  if (i == s->n)
    return aus_fail(err, AUS_EFORMAT, AUS_HERE, "%s:%d: no subsystem \"%.*s\"", name, line, (int)n,
                    text);
  if (seen[i])
    return aus_fail(err, AUS_EFORMAT, AUS_HERE, "%s:%d: subsystem \"%s\" twice", name, line,
                    s->name[i]);
  seen[i] = true;
  order[(*level)++] = i;
  return AUS_OK;
}

int aus_match_order_read(const aus_match_subsystems *s, const char *name, const char *text,
                         int *order, aus_err *err)
{
  int rc = AUS_OK, level = 0, line = 1, i;
  bool *seen = NULL;

  AUS_NEW(seen, s->n, err);
  for (; *text; line++) {
    size_t n = strcspn(text, "\r\n");

    if (n > 0) AUS_TRY(take_name(s, name, line, text, n, order, &level, seen, err));
    text += n;
    if (*text == '\r') text++;
    if (*text == '\n') text++;
  }
  for (i = 0; i < s->n; i++)
    if (!seen[i]) AUS_FAIL(err, AUS_EFORMAT, "%s: subsystem \"%s\" is missing", name, s->name[i]);
done:
  aus_free(seen);
  return rc;
}
