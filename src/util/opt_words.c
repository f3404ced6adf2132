/* opt_words.c - keys whose value is a choice of several words.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "util/opt.h"

/* A choice as it grows. */
typedef struct choice {
  aus_cfg *cfg;
  const char *key;
  int n_words, n;
  bool wrong; /* something was not one of them: that is told */
  const char *const *words;
  int *chosen;
} choice;

static void add(choice *c, aus_cfg_node *place, const char *text, size_t n)
{
  char word[64];
  const char *near;
  int k, i;

  snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word - 1), text);
  for (k = 0; k < c->n_words && strcmp(c->words[k], word) != 0; k++)
    continue;
  if (k == c->n_words) {
    c->wrong = true;
    near = aus_cfg_nearest(word, c->words, c->n_words);
    aus_cfg_problem(c->cfg, place, "%s: unknown \"%s\"%s%s%s", c->key, word,
                    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    return;
  }
  for (i = 0; i < c->n; i++)
    if (c->chosen[i] == k) {
      aus_cfg_problem(c->cfg, place, "%s: \"%s\" stands there twice", c->key, word);
      return;
    }
  c->chosen[c->n++] = k;
}

int aus_opt_words(const aus_opts *opts, aus_cfg *cfg, const char *name, int n,
                  const char *const *words, int *chosen)
{
  choice c = {.cfg = cfg, .key = name, .n_words = n, .words = words, .chosen = chosen};
  aus_cfg_node *node = aus_opt_node(opts, name);
  const char *at;
  int64_t i;

  if (!node) return -1;
  if (aus_cfg_kind_of(node) == AUS_CFG_LIST)
    for (i = 0; i < aus_cfg_count(node); i++)
      add(&c, aus_cfg_at(node, i), aus_cfg_text(aus_cfg_at(node, i)),
          strlen(aus_cfg_text(aus_cfg_at(node, i))));
  else
    for (at = aus_cfg_text(node); *at; at += strcspn(at, ","), at += *at == ',')
      add(&c, node, at, strcspn(at, ","));
  if (c.n == 0 && !c.wrong) aus_cfg_problem(cfg, node, "%s: need at least one word", name);
  return c.n;
}
