/* cfg.h - configuration files: JSON or YAML, with the place of every key and value.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One aus_cfg holds any number of parsed documents and the list of problems found in them. Reading is
 * done in three steps: parse; ask for keys with the typed getters, which report a problem and return
 * the default when something is wrong, so that one run lists all mistakes; aus_cfg_unused() and
 * aus_cfg_check() at the end. A document is text in memory: rank 0 reads files and broadcasts bytes.
 *
 * Both formats go through libyaml (JSON is read as YAML flow text, which keeps line and column; key
 * order is kept; every number is read as double, integers beyond 2^53 too). Refused, each as
 * "file:line:column: message": syntax errors, duplicate keys, keys longer than 160 bytes, aliases
 * and anchors, more than one document, wrong types, numbers out of range or not finite, missing required keys (place of the
 * parent), unknown keys (with the nearest known name).
 */
#ifndef AUS_UTIL_CFG_H
#define AUS_UTIL_CFG_H

#include "util/buf.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum aus_cfg_kind { AUS_CFG_NULL, AUS_CFG_SCALAR, AUS_CFG_LIST, AUS_CFG_MAP } aus_cfg_kind;

typedef struct aus_cfg aus_cfg;           /* documents and problems */
typedef struct aus_cfg_node aus_cfg_node; /* lent by the aus_cfg */

enum { AUS_CFG_MAX_PROBLEMS = 20 };

/** An empty configuration. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_cfg_create(aus_cfg **out, aus_err *err);
void aus_cfg_destroy(aus_cfg *cfg);

/** Parse one document.
 *
 * @param [in] name   shown in messages; not opened
 * @param [in] bytes  n bytes of UTF-8, need not outlive the call
 * @param [out] root  the document's root, lent; NULL on error
 * @return AUS_OK (duplicate keys are problems, not errors); AUS_ECONFIG with "name:line:column: ..."
 *         when the text is no document at all, or an empty one; AUS_ENOMEM
 *
 * Local.
 */
AUS_CHECKED int aus_cfg_parse(aus_cfg *cfg, const char *name, const char *bytes, size_t n,
                              aus_cfg_node **root, aus_err *err);

/** Override or add one value: "a.b.c" below root becomes `text`, parsed as a YAML flow value
 * ("3", "abc", "[1, 2]", "{x: 1}"); maps on the way are made. The node's place is "--set a.b.c".
 * Text that starts with no bracket or quote is taken as it stands ("1,2,4", "a: b"); "" is a string.
 * Nodes lent before from below the path are gone.
 *
 * @return AUS_OK; AUS_ECONFIG when text is malformed, the path is empty or runs through a non-map; AUS_ENOMEM
 *
 * Local.
 */
AUS_CHECKED int aus_cfg_set(aus_cfg *cfg, aus_cfg_node *root, const char *path, const char *text,
                            aus_err *err);

aus_cfg_kind aus_cfg_kind_of(const aus_cfg_node *node);
/** Number of entries of a list or map; 0 for others and for NULL. */
int64_t aus_cfg_count(const aus_cfg_node *node);
/** i-th entry's key in file order (maps). */
const char *aus_cfg_key(const aus_cfg_node *map, int64_t i);
/** i-th entry of a list or map; marks it as read. */
aus_cfg_node *aus_cfg_at(aus_cfg_node *node, int64_t i);
/** Entry of a map by name, NULL when it is not there (or map is NULL or no map); marks it as read and
 * remembers (a copy of) the name as a known one for suggestions. */
aus_cfg_node *aus_cfg_get(aus_cfg_node *map, const char *key);
/** Text of a scalar as written (without quotes); "" for others. */
const char *aus_cfg_text(const aus_cfg_node *node);
/** "file:line:column" of a node's value, into out. */
void aus_cfg_place(const aus_cfg_node *node, char *out, size_t n);
/** True when a getter has reported this node as wrong. */
bool aus_cfg_is_wrong(const aus_cfg_node *node);
/** Name of the document a node stands in; NULL for an override. */
const char *aus_cfg_file(const aus_cfg_node *node);
/** Mark a node and everything below as read (when another reader takes it over). */
void aus_cfg_use(aus_cfg_node *node);

/* Typed values of a node. The node may be NULL (a key that is not there): then the default is
 * returned without a problem. On a wrong value they report a problem (one per node) and return the
 * default. The message is "place: NAME is VALUE, need ..."; NAME is `what`, or with `what` NULL (the
 * usual choice) the path of the key from the root, "nodes[3].memory_gb". A value in quotes is text,
 * never a number; a number without quotes is no string, except in an override; true, false, 1 and 0
 * are booleans. A bound that is infinite (INT64_MIN, INT64_MAX) is none. */
double aus_cfg_real(aus_cfg *cfg, aus_cfg_node *node, const char *what, double lo, double hi,
                    double def);
int64_t aus_cfg_int(aus_cfg *cfg, aus_cfg_node *node, const char *what, int64_t lo, int64_t hi,
                    int64_t def);
bool aus_cfg_bool(aus_cfg *cfg, aus_cfg_node *node, const char *what, bool def);
const char *aus_cfg_string(aus_cfg *cfg, aus_cfg_node *node, const char *what, const char *def);
/** Index of the text in the NULL-terminated list `names`; a problem with the nearest name otherwise. */
int aus_cfg_enum(aus_cfg *cfg, aus_cfg_node *node, const char *what, const char *const *names,
                 int def);

/* Children that must be there: a problem at the parent's place when they are not, and NULL (text "",
 * a number within lo..hi). A NULL parent gives the same without a further problem. */
aus_cfg_node *aus_cfg_need(aus_cfg *cfg, aus_cfg_node *map, const char *key);
aus_cfg_node *aus_cfg_need_map(aus_cfg *cfg, aus_cfg_node *map, const char *key);
aus_cfg_node *aus_cfg_need_list(aus_cfg *cfg, aus_cfg_node *map, const char *key);
double aus_cfg_need_real(aus_cfg *cfg, aus_cfg_node *map, const char *key, double lo, double hi);
const char *aus_cfg_need_string(aus_cfg *cfg, aus_cfg_node *map, const char *key);

/** Report a problem at a node ("file:line:column: text"); at most 20 are kept. Local. */
void aus_cfg_problem(aus_cfg *cfg, const aus_cfg_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** Report every key below node that no getter asked for: unknown key "x" in "parent"; did you mean "y"?
 * Also a value that was searched for keys but is no map (null counts as an empty map). */
void aus_cfg_unused(aus_cfg *cfg, aus_cfg_node *node);

int aus_cfg_n_problems(const aus_cfg *cfg);
const char *aus_cfg_problem_text(const aus_cfg *cfg, int i);
/** AUS_OK when there is no problem; else code `code` with the first one's text "(and N more)". */
AUS_CHECKED int aus_cfg_check(const aus_cfg *cfg, int code, aus_err *err);

/** Canonical JSON of a tree: keys sorted, compact, numbers as written when they are JSON numbers. */
void aus_cfg_canonical(const aus_cfg_node *node, aus_buf *out);

/** Of n names the one with the smallest edit distance (swapped neighbours count one) to word, NULL when all are too far (> 1 + length/3). */
const char *aus_cfg_nearest(const char *word, const char *const *names, int64_t n);

#endif
