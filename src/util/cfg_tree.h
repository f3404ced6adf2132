/* cfg_tree.h - what cfg.c (getters, problems) and cfg_read.c (libyaml) share. Private to the two.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_UTIL_CFG_TREE_H
#define AUS_UTIL_CFG_TREE_H

#include "util/cfg.h"

enum {
  AUS_CFG_MAX_DEPTH = 64,
  AUS_CFG_MAX_KEY = 160 /* bytes: libyaml takes 1024 characters, and one may be written as six */
};

struct aus_cfg_node {
  aus_cfg_kind kind;
  bool quoted;          /* a scalar that was written in quotes: text, never a number */
  bool used;            /* a getter asked for it */
  bool wrong;           /* its value was reported already */
  bool asked_as_map;    /* aus_cfg_get was called on it */
  char *text;           /* scalars */
  char *key;            /* entries of a map */
  const char *file;     /* lent by the aus_cfg: document name, or "--set a.b.c" */
  int64_t line, column; /* of the value, from 1; line 0: the file name is the whole place */
  int64_t key_line, key_column;
  aus_cfg_node *parent; /* NULL at the root */
  int64_t index;        /* among the parent's entries as written */
  aus_cfg_node **item;
  int64_t n, cap;
  char **known; /* names asked for in this map */
  int64_t n_known, cap_known;
};

struct aus_cfg {
  aus_cfg_node **root;
  int64_t n_roots, cap_roots;
  char **name; /* documents and overrides */
  int64_t n_names, cap_names;
  int64_t n_reported; /* problems, kept or not */
  char problem[AUS_CFG_MAX_PROBLEMS][sizeof((aus_err *)0)->text];
};

/* Append an empty entry. */
AUS_CHECKED int aus_cfg_node_add(aus_cfg_node *parent, aus_cfg_node **out, aus_err *err);
void aus_cfg_node_destroy(aus_cfg_node *node);

/* Report a problem at a place that is not a value's. */
void aus_cfg_problem_at(aus_cfg *cfg, const char *file, int64_t line, int64_t column,
                        const char *format, ...) __attribute__((format(printf, 5, 6)));

/* " in \"a.b\"" for messages about an entry of this map, "" at the root. */
enum { AUS_CFG_IN_SIZE = 160 };
const char *aus_cfg_in(const aus_cfg_node *map, char out[AUS_CFG_IN_SIZE]);

/* Fill an empty node from text. `placed`: nodes get line and column; else `file` is their place. */
AUS_CHECKED int aus_cfg_read(aus_cfg *cfg, aus_cfg_node *node, const char *file, bool placed,
                             const char *bytes, size_t n, aus_err *err);

#endif
