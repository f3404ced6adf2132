/* cfg.c - configuration trees: lookup, typed values, problems, overrides, canonical text.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/cfg.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/alloc.h"
#include "util/buf.h"
#include "util/cfg_tree.h"
#include "util/json.h"

enum { PATH_SIZE = 120, SHOW_SIZE = 64, MAX_WORD = 63 };

/* ---- nodes ---- */

static void node_clear(aus_cfg_node *node)
{
  int64_t i;

  for (i = 0; i < node->n; i++)
    aus_cfg_node_destroy(node->item[i]);
  for (i = 0; i < node->n_known; i++)
    aus_free(node->known[i]);
  aus_free(node->item);
  aus_free(node->known);
  aus_free(node->text);
  node->item = NULL;
  node->known = NULL;
  node->text = NULL;
  node->n = node->cap = node->n_known = node->cap_known = 0;
}

void aus_cfg_node_destroy(aus_cfg_node *node)
{
  if (!node) return;
  node_clear(node);
  aus_free(node->key);
  aus_free(node);
}

int aus_cfg_node_add(aus_cfg_node *parent, aus_cfg_node **out, aus_err *err)
{
  int rc = AUS_OK;

  *out = NULL;
  AUS_TRY(aus_grow(&parent->item, &parent->cap, parent->n + 1, sizeof(aus_cfg_node *), err));
  AUS_NEW(*out, 1, err);
  (*out)->parent = parent;
  (*out)->index = parent->n;
  parent->item[parent->n++] = *out;
done:
  return rc;
}

static aus_cfg_node *find(const aus_cfg_node *map, const char *key)
{
  int64_t i;

  if (!map || map->kind != AUS_CFG_MAP) return NULL;
  for (i = 0; i < map->n; i++)
    if (strcmp(map->item[i]->key, key) == 0) return map->item[i];
  return NULL;
}

/* "a.b[2].c", "" for the root; cut off when it is too long. */
static size_t path_write(const aus_cfg_node *node, char *out, size_t n)
{
  size_t at = 0;
  int more;

  out[0] = '\0';
  if (!node || !node->parent) return 0;
  at = path_write(node->parent, out, n);
  if (node->key)
    more = snprintf(out + at, n - at, "%s%s", at > 0 ? "." : "", node->key);
  else
    more = snprintf(out + at, n - at, "[%" PRId64 "]", node->index);
  at += more > 0 ? (size_t)more : 0;
  return at < n ? at : n - 1;
}

const char *aus_cfg_in(const aus_cfg_node *map, char out[AUS_CFG_IN_SIZE])
{
  char path[PATH_SIZE];

  out[0] = '\0';
  if (path_write(map, path, sizeof path) > 0) snprintf(out, AUS_CFG_IN_SIZE, " in \"%s\"", path);
  return out;
}

/* ---- documents ---- */

int aus_cfg_create(aus_cfg **out, aus_err *err)
{
  int rc = AUS_OK;

  AUS_NEW(*out, 1, err);
done:
  return rc;
}

void aus_cfg_destroy(aus_cfg *cfg)
{
  int64_t i;

  if (!cfg) return;
  for (i = 0; i < cfg->n_roots; i++)
    aus_cfg_node_destroy(cfg->root[i]);
  for (i = 0; i < cfg->n_names; i++)
    aus_free(cfg->name[i]);
  aus_free(cfg->root);
  aus_free(cfg->name);
  aus_free(cfg);
}

/* Keep a name as long as cfg lives. */
static int name_keep(aus_cfg *cfg, const char *prefix, const char *name, const char **out,
                     aus_err *err)
{
  int rc = AUS_OK;
  size_t n = strlen(prefix) + strlen(name) + 1;
  char *s;

  *out = NULL;
  AUS_TRY(aus_grow(&cfg->name, &cfg->cap_names, cfg->n_names + 1, sizeof(char *), err));
  AUS_NEW(s, n, err);
  snprintf(s, n, "%s%s", prefix, name);
  cfg->name[cfg->n_names++] = s;
  *out = s;
done:
  return rc;
}

int aus_cfg_parse(aus_cfg *cfg, const char *name, const char *bytes, size_t n, aus_cfg_node **root,
                  aus_err *err)
{
  int rc = AUS_OK;
  aus_cfg_node *node = NULL;
  const char *file;

  *root = NULL;
  AUS_TRY(name_keep(cfg, "", name, &file, err));
  AUS_TRY(aus_grow(&cfg->root, &cfg->cap_roots, cfg->n_roots + 1, sizeof(aus_cfg_node *), err));
  AUS_NEW(node, 1, err);
  AUS_TRY(aus_cfg_read(cfg, node, file, true, bytes, n, err));
  cfg->root[cfg->n_roots++] = node;
  *root = node;
  node = NULL;
done:
  aus_cfg_node_destroy(node);
  return rc;
}

/* ---- overrides ---- */

/* Entry `key` (n bytes) of a map, made when it is not there. A null on the way becomes a map. */
static int step_into(aus_cfg_node *map, const char *file, const char *key, size_t n,
                     aus_cfg_node **out, aus_err *err)
{
  int rc = AUS_OK;
  char *copy = NULL;
  char in[PATH_SIZE];

  path_write(map, in, sizeof in);
  if (n == 0) AUS_FAIL(err, AUS_ECONFIG, "%s: the name of a key is empty", file);
  if (n > AUS_CFG_MAX_KEY)
    AUS_FAIL(err, AUS_ECONFIG, "%.80s...: key longer than %d bytes", file, AUS_CFG_MAX_KEY);
  if (map->kind != AUS_CFG_NULL && map->kind != AUS_CFG_MAP)
    AUS_FAIL(err, AUS_ECONFIG, "%s: %s is no map", file, in[0] ? in : "the document");
  AUS_NEW(copy, n + 1, err);
  memcpy(copy, key, n);
  map->kind = AUS_CFG_MAP;
  if ((*out = find(map, copy))) goto done;
  AUS_TRY(aus_cfg_node_add(map, out, err));
  (*out)->file = file;
  (*out)->key = copy;
  copy = NULL;
done:
  aus_free(copy);
  return rc;
}

/* Give `node` the value of `value`, which is left empty. */
static void move_value(aus_cfg_node *node, aus_cfg_node *value)
{
  int64_t i;

  node_clear(node);
  node->kind = value->kind;
  node->quoted = value->quoted;
  node->file = value->file;
  node->line = node->key_line = 0;
  node->used = node->wrong = node->asked_as_map = false;
  node->text = value->text;
  node->item = value->item;
  node->n = value->n;
  node->cap = value->cap;
  for (i = 0; i < node->n; i++)
    node->item[i]->parent = node;
  value->text = NULL;
  value->item = NULL;
  value->n = value->cap = 0;
}

/* Lists and maps inside each other. */
static int depth_of(const aus_cfg_node *node)
{
  int most = 0, depth;
  int64_t i;

  for (i = 0; i < node->n; i++) {
    depth = depth_of(node->item[i]);
    most = depth > most ? depth : most;
  }
  return most + (node->kind == AUS_CFG_LIST || node->kind == AUS_CFG_MAP);
}

/* Only brackets and quotes mean something on a command line; all else is text as it stands. */
static int read_override(aus_cfg *cfg, aus_cfg_node *node, const char *file, const char *text,
                         aus_err *err)
{
  static const char *const nulls[] = {"null", "~"};
  int rc = AUS_OK;

  if (text[0] != '\0' && strchr("[{\"'", text[0]))
    return aus_cfg_read(cfg, node, file, false, text, strlen(text), err);
  node->file = file;
  node->kind =
      strcmp(text, nulls[0]) == 0 || strcmp(text, nulls[1]) == 0 ? AUS_CFG_NULL : AUS_CFG_SCALAR;
  node->quoted = text[0] == '\0';
  AUS_DUP(node->text, text, err);
done:
  return rc;
}

int aus_cfg_set(aus_cfg *cfg, aus_cfg_node *root, const char *path, const char *text, aus_err *err)
{
  int rc = AUS_OK, depth;
  aus_cfg_node *node = root, *value = NULL;
  const char *file;
  size_t n;

  AUS_TRY(name_keep(cfg, "--set ", path, &file, err));
  AUS_NEW(value, 1, err);
  /* A document is checked by libyaml; words of a command line may have any bytes. */
  if (!aus_buf_is_utf8(path) || !aus_buf_is_utf8(text))
    AUS_FAIL(err, AUS_ECONFIG, "%s: not UTF-8", file);
  AUS_TRY(read_override(cfg, value, file, text, err));
  for (depth = depth_of(value);; path += n + 1) {
    n = strcspn(path, ".");
    if (++depth > AUS_CFG_MAX_DEPTH)
      AUS_FAIL(err, AUS_ECONFIG, "%s: nested deeper than %d levels", file, AUS_CFG_MAX_DEPTH);
    AUS_TRY(step_into(node, file, path, n, &node, err));
    if (path[n] == '\0') break;
  }
  move_value(node, value);
done:
  aus_cfg_node_destroy(value);
  return rc;
}

/* ---- lookup ---- */

aus_cfg_kind aus_cfg_kind_of(const aus_cfg_node *node)
{
  return node ? node->kind : AUS_CFG_NULL;
}

int64_t aus_cfg_count(const aus_cfg_node *node)
{
  return node ? node->n : 0;
}

const char *aus_cfg_key(const aus_cfg_node *map, int64_t i)
{
  return map && map->kind == AUS_CFG_MAP && i >= 0 && i < map->n ? map->item[i]->key : NULL;
}

aus_cfg_node *aus_cfg_at(aus_cfg_node *node, int64_t i)
{
  if (!node || i < 0 || i >= node->n) return NULL;
  node->item[i]->used = true;
  return node->item[i];
}

/* Short of memory a name is not remembered: that costs a suggestion, nothing else. */
static void know(aus_cfg_node *map, const char *key)
{
  char *copy;
  int64_t i;

  for (i = 0; i < map->n_known; i++)
    if (strcmp(map->known[i], key) == 0) return;
  if (aus_grow(&map->known, &map->cap_known, map->n_known + 1, sizeof(char *), NULL) != AUS_OK)
    return;
  copy = aus_strdup(key);
  if (copy) map->known[map->n_known++] = copy;
}

aus_cfg_node *aus_cfg_get(aus_cfg_node *map, const char *key)
{
  aus_cfg_node *node;

  if (!map) return NULL;
  map->asked_as_map = true;
  if (map->kind != AUS_CFG_MAP) return NULL;
  know(map, key);
  node = find(map, key);
  if (node) node->used = true;
  return node;
}

const char *aus_cfg_text(const aus_cfg_node *node)
{
  return node && node->kind == AUS_CFG_SCALAR ? node->text : "";
}

static void place_write(const char *file, int64_t line, int64_t column, char *out, size_t n)
{
  if (line > 0)
    snprintf(out, n, "%s:%" PRId64 ":%" PRId64, file, line, column);
  else
    snprintf(out, n, "%s", file);
}

void aus_cfg_place(const aus_cfg_node *node, char *out, size_t n)
{
  place_write(node->file, node->line, node->column, out, n);
}

bool aus_cfg_is_wrong(const aus_cfg_node *node)
{
  return node->wrong;
}

const char *aus_cfg_file(const aus_cfg_node *node)
{
  return node->line > 0 ? node->file : NULL;
}

void aus_cfg_use(aus_cfg_node *node)
{
  int64_t i;

  if (!node) return;
  node->used = true;
  for (i = 0; i < node->n; i++)
    aus_cfg_use(node->item[i]);
}

/* ---- problems ---- */

static void problem_v(aus_cfg *cfg, const char *place, const char *format, va_list ap)
{
  char *text;
  const size_t size = sizeof cfg->problem[0];
  int at;

  if (cfg->n_reported++ >= AUS_CFG_MAX_PROBLEMS) return;
  text = cfg->problem[cfg->n_reported - 1];
  at = place[0] ? snprintf(text, size, "%s: ", place) : 0;
  if (at >= 0 && (size_t)at < size) vsnprintf(text + at, size - (size_t)at, format, ap);
}

void aus_cfg_problem_at(aus_cfg *cfg, const char *file, int64_t line, int64_t column,
                        const char *format, ...)
{
  char place[300];
  va_list ap;

  place_write(file, line, column, place, sizeof place);
  va_start(ap, format);
  problem_v(cfg, place, format, ap);
  va_end(ap);
}

void aus_cfg_problem(aus_cfg *cfg, const aus_cfg_node *node, const char *format, ...)
{
  char place[300] = "";
  va_list ap;

  if (node) aus_cfg_place(node, place, sizeof place);
  va_start(ap, format);
  problem_v(cfg, place, format, ap);
  va_end(ap);
}

int aus_cfg_n_problems(const aus_cfg *cfg)
{
  return (int)(cfg->n_reported < AUS_CFG_MAX_PROBLEMS ? cfg->n_reported : AUS_CFG_MAX_PROBLEMS);
}

const char *aus_cfg_problem_text(const aus_cfg *cfg, int i)
{
  return i >= 0 && i < aus_cfg_n_problems(cfg) ? cfg->problem[i] : "";
}

int aus_cfg_check(const aus_cfg *cfg, int code, aus_err *err)
{
  if (cfg->n_reported == 0) return AUS_OK;
  if (cfg->n_reported == 1) return aus_fail(err, code, AUS_HERE, "%s", cfg->problem[0]);
  return aus_fail(err, code, AUS_HERE, "%.340s (and %" PRId64 " more)", cfg->problem[0],
                  cfg->n_reported - 1);
}

/* What stands there, in one line and not too long. */
static const char *show(const aus_cfg_node *node, char out[SHOW_SIZE])
{
  const char *quote = node->quoted ? "\"" : "";
  size_t i;

  if (node->kind == AUS_CFG_SCALAR)
    snprintf(out, SHOW_SIZE, "%s%.50s%s%s", quote, node->text, strlen(node->text) > 50 ? "..." : "",
             quote);
  else
    snprintf(out, SHOW_SIZE, "%s",
             node->kind == AUS_CFG_NULL   ? "null"
             : node->kind == AUS_CFG_LIST ? "a list"
                                          : "a map");
  for (i = 0; out[i]; i++)
    if (iscntrl((unsigned char)out[i])) out[i] = ' ';
  return out;
}

/* "<path> is <value>, <rest>", once per node. */
static void wrong(aus_cfg *cfg, aus_cfg_node *node, const char *what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void wrong(aus_cfg *cfg, aus_cfg_node *node, const char *what, const char *format, ...)
{
  char path[PATH_SIZE], value[SHOW_SIZE], rest[300];
  va_list ap;

  if (node->wrong) return;
  node->wrong = true;
  va_start(ap, format);
  vsnprintf(rest, sizeof rest, format, ap);
  va_end(ap);
  if (path_write(node, path, sizeof path) == 0) snprintf(path, sizeof path, "the document");
  aus_cfg_problem(cfg, node, "%s is %s, %s", what && what[0] ? what : path, show(node, value),
                  rest);
}

/* ---- scalars as numbers ---- */

static const char *digits(const char *s)
{
  while (isdigit((unsigned char)*s))
    s++;
  return s;
}

/* The number grammar of JSON; `loose` adds a leading plus and a point without digits on one side. A
 * leading zero is refused in both: 010 means eight to some readers. */
static bool is_number(const char *s, bool loose)
{
  const char *whole, *end;
  size_t n_frac = 0;

  if (*s == '-' || (loose && *s == '+')) s++;
  whole = s;
  s = digits(s);
  if (s - whole > 1 && whole[0] == '0') return false;
  end = s;
  if (*s == '.') {
    end = digits(s + 1);
    n_frac = (size_t)(end - s - 1);
    if (!loose && n_frac == 0) return false;
  }
  if (s == whole && (!loose || n_frac == 0)) return false;
  if (*end == 'e' || *end == 'E') {
    s = end + 1;
    if (*s == '+' || *s == '-') s++;
    end = digits(s);
    if (end == s) return false;
  }
  return *end == '\0';
}

static bool is_not_finite(const char *s)
{
  static const char *const names[] = {".inf", ".nan", "inf", "infinity", "nan"};
  size_t i;

  if (*s == '-' || *s == '+') s++;
  for (i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcasecmp(s, names[i]) == 0) return true;
  return false;
}

static bool is_bool(const char *s)
{
  return strcmp(s, "true") == 0 || strcmp(s, "false") == 0;
}

static bool number_of(aus_cfg *cfg, aus_cfg_node *node, const char *what, const char *want,
                      double *out)
{
  const char *text = aus_cfg_text(node);

  if (node->kind != AUS_CFG_SCALAR || node->quoted ||
      (!is_number(text, true) && !is_not_finite(text))) {
    wrong(cfg, node, what, "need %s", want);
    return false;
  }
  *out = is_not_finite(text) ? HUGE_VAL : strtod(text, NULL);
  if (!isfinite(*out)) wrong(cfg, node, what, "not finite");
  return isfinite(*out);
}

double aus_cfg_real(aus_cfg *cfg, aus_cfg_node *node, const char *what, double lo, double hi,
                    double def)
{
  double x;

  if (!node || !number_of(cfg, node, what, "a number", &x)) return def;
  if (x >= lo && x <= hi) return x;
  if (isfinite(lo) && isfinite(hi))
    wrong(cfg, node, what, "need >= %.15g and <= %.15g", lo, hi);
  else if (isfinite(lo))
    wrong(cfg, node, what, "need >= %.15g", lo);
  else
    wrong(cfg, node, what, "need <= %.15g", hi);
  return def;
}

/* Exact where a double is not: digits alone go by strtoll. */
static bool integer_of(aus_cfg *cfg, aus_cfg_node *node, const char *what, int64_t *out)
{
  const char *text;
  double x;

  if (!number_of(cfg, node, what, "an integer", &x)) return false;
  text = node->text + (node->text[0] == '-' || node->text[0] == '+');
  errno = 0;
  if (*digits(text) == '\0')
    *out = strtoll(node->text, NULL, 10);
  else if (floor(x) != x)
    wrong(cfg, node, what, "need an integer");
  else if (x >= -0x1p63 && x < 0x1p63)
    *out = (int64_t)x;
  else
    errno = ERANGE;
  if (errno == ERANGE) wrong(cfg, node, what, "does not fit in 64 bits");
  return !node->wrong;
}

int64_t aus_cfg_int(aus_cfg *cfg, aus_cfg_node *node, const char *what, int64_t lo, int64_t hi,
                    int64_t def)
{
  int64_t x = 0;

  if (!node || !integer_of(cfg, node, what, &x)) return def;
  if (x >= lo && x <= hi) return x;
  if (lo > INT64_MIN && hi < INT64_MAX)
    wrong(cfg, node, what, "need >= %" PRId64 " and <= %" PRId64, lo, hi);
  else if (lo > INT64_MIN)
    wrong(cfg, node, what, "need >= %" PRId64, lo);
  else
    wrong(cfg, node, what, "need <= %" PRId64, hi);
  return def;
}

/* ---- other typed values ---- */

bool aus_cfg_bool(aus_cfg *cfg, aus_cfg_node *node, const char *what, bool def)
{
  const char *text = aus_cfg_text(node);

  if (!node) return def;
  if (!node->quoted && (is_bool(text) || strcmp(text, "0") == 0 || strcmp(text, "1") == 0))
    return text[0] == 't' || text[0] == '1';
  wrong(cfg, node, what, "need true or false");
  return def;
}

const char *aus_cfg_string(aus_cfg *cfg, aus_cfg_node *node, const char *what, const char *def)
{
  if (!node) return def;
  if (node->kind == AUS_CFG_SCALAR &&
      (node->quoted || node->line == 0 || !(is_number(node->text, true) || is_bool(node->text))))
    return node->text;
  wrong(cfg, node, what, "need a string");
  return def;
}

int aus_cfg_enum(aus_cfg *cfg, aus_cfg_node *node, const char *what, const char *const *names,
                 int def)
{
  char list[200] = "";
  const char *near;
  size_t at = 0;
  int i;

  if (!node) return def;
  for (i = 0; names[i]; i++) {
    if (node->kind == AUS_CFG_SCALAR && strcmp(node->text, names[i]) == 0) return i;
    if (at < sizeof list)
      at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i > 0 ? ", " : "", names[i]);
  }
  near = aus_cfg_nearest(aus_cfg_text(node), names, i);
  if (near)
    wrong(cfg, node, what, "need one of %.150s; did you mean \"%.60s\"?", list, near);
  else
    wrong(cfg, node, what, "need one of %s", list);
  return def;
}

/* ---- what must be there ---- */

aus_cfg_node *aus_cfg_need(aus_cfg *cfg, aus_cfg_node *map, const char *key)
{
  aus_cfg_node *node = aus_cfg_get(map, key);
  char in[AUS_CFG_IN_SIZE];

  if (!map || node) return node;
  if (map->kind != AUS_CFG_MAP)
    wrong(cfg, map, NULL, "need a map");
  else
    aus_cfg_problem(cfg, map, "missing key \"%.80s\"%s", key, aus_cfg_in(map, in));
  return NULL;
}

static aus_cfg_node *need_kind(aus_cfg *cfg, aus_cfg_node *map, const char *key, aus_cfg_kind kind,
                               const char *want)
{
  aus_cfg_node *node = aus_cfg_need(cfg, map, key);

  if (!node || node->kind == kind) return node;
  wrong(cfg, node, NULL, "need %s", want);
  return NULL;
}

aus_cfg_node *aus_cfg_need_map(aus_cfg *cfg, aus_cfg_node *map, const char *key)
{
  return need_kind(cfg, map, key, AUS_CFG_MAP, "a map");
}

aus_cfg_node *aus_cfg_need_list(aus_cfg *cfg, aus_cfg_node *map, const char *key)
{
  return need_kind(cfg, map, key, AUS_CFG_LIST, "a list");
}

double aus_cfg_need_real(aus_cfg *cfg, aus_cfg_node *map, const char *key, double lo, double hi)
{
  double def = isfinite(lo) ? lo : isfinite(hi) ? hi : 0.0;

  return aus_cfg_real(cfg, aus_cfg_need(cfg, map, key), NULL, lo, hi, def);
}

const char *aus_cfg_need_string(aus_cfg *cfg, aus_cfg_node *map, const char *key)
{
  return aus_cfg_string(cfg, aus_cfg_need(cfg, map, key), NULL, "");
}

/* ---- what must not be there ---- */

static void report_unknown(aus_cfg *cfg, const aus_cfg_node *map, const aus_cfg_node *node)
{
  char in[AUS_CFG_IN_SIZE];
  const char *near = aus_cfg_nearest(node->key, (const char *const *)map->known, map->n_known);

  aus_cfg_in(map, in);
  if (near)
    aus_cfg_problem_at(cfg, node->file, node->key_line, node->key_column,
                       "unknown key \"%.80s\"%s; did you mean \"%.60s\"?", node->key, in, near);
  else
    aus_cfg_problem_at(cfg, node->file, node->key_line, node->key_column, "unknown key \"%.80s\"%s",
                       node->key, in);
}

void aus_cfg_unused(aus_cfg *cfg, aus_cfg_node *node)
{
  int64_t i;

  if (!node) return;
  if (node->asked_as_map && (node->kind == AUS_CFG_SCALAR || node->kind == AUS_CFG_LIST))
    wrong(cfg, node, NULL, "need a map");
  for (i = 0; i < node->n; i++) {
    if (node->kind == AUS_CFG_MAP && !node->item[i]->used)
      report_unknown(cfg, node, node->item[i]);
    else
      aus_cfg_unused(cfg, node->item[i]);
  }
}

/* ---- canonical text ---- */

static int by_key(const void *a, const void *b)
{
  return strcmp((*(aus_cfg_node *const *)a)->key, (*(aus_cfg_node *const *)b)->key);
}

static void canonical_scalar(const aus_cfg_node *node, aus_buf *out)
{
  if (!node->quoted && (is_bool(node->text) || is_number(node->text, false)))
    aus_buf_text(out, node->text);
  else if (!node->quoted && is_number(node->text, true) && isfinite(strtod(node->text, NULL)))
    aus_buf_real(out, strtod(node->text, NULL));
  else
    aus_json_quote(out, node->text);
}

static void canonical_entries(const aus_cfg_node *node, aus_cfg_node *const *item, aus_buf *out)
{
  int64_t i;

  for (i = 0; i < node->n; i++) {
    if (i > 0) aus_buf_text(out, ",");
    if (node->kind == AUS_CFG_MAP) {
      aus_json_quote(out, item[i]->key);
      aus_buf_text(out, ":");
    }
    aus_cfg_canonical(item[i], out);
  }
}

static void canonical_map(const aus_cfg_node *map, aus_buf *out)
{
  aus_cfg_node **sorted = aus_zalloc((size_t)map->n, sizeof *sorted);

  if (!sorted) {
    out->failed = 1;
    return;
  }
  if (map->n > 0) {
    memcpy(sorted, map->item, (size_t)map->n * sizeof *sorted);
    qsort(sorted, (size_t)map->n, sizeof *sorted, by_key);
  }
  aus_buf_text(out, "{");
  canonical_entries(map, sorted, out);
  aus_buf_text(out, "}");
  aus_free(sorted);
}

void aus_cfg_canonical(const aus_cfg_node *node, aus_buf *out)
{
  switch (aus_cfg_kind_of(node)) {
  case AUS_CFG_NULL:
    aus_buf_text(out, "null");
    break;
  case AUS_CFG_SCALAR:
    canonical_scalar(node, out);
    break;
  case AUS_CFG_LIST:
    aus_buf_text(out, "[");
    canonical_entries(node, node->item, out);
    aus_buf_text(out, "]");
    break;
  case AUS_CFG_MAP:
    canonical_map(node, out);
    break;
  }
}

/* ---- suggestions ---- */

static int least(int a, int b)
{
  return a < b ? a : b;
}

/* Edits that lead from a to b: a character more, less, another, or two neighbours swapped. Both words
 * have at most MAX_WORD bytes. */
static int distance(const char *a, const char *b)
{
  int rows[3][MAX_WORD + 1], i, j, n = (int)strlen(b);
  int *row = rows[0], *up = rows[1], *up2 = rows[2], *spare;

  for (j = 0; j <= n; j++)
    row[j] = j;
  for (i = 1; a[i - 1]; i++) {
    spare = up2;
    up2 = up;
    up = row;
    row = spare;
    row[0] = i;
    for (j = 1; j <= n; j++) {
      row[j] = least(least(up[j], row[j - 1]) + 1, up[j - 1] + (a[i - 1] != b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = least(row[j], up2[j - 2] + 1);
    }
  }
  return row[n];
}

const char *aus_cfg_nearest(const char *word, const char *const *names, int64_t n)
{
  const char *best = NULL;
  int d, d_best = 1 + (int)(strlen(word) / 3) + 1;
  int64_t i;

  if (word[0] == '\0' || strlen(word) > MAX_WORD) return NULL;
  for (i = 0; i < n; i++) {
    if (strlen(names[i]) > MAX_WORD) continue;
    d = distance(word, names[i]);
    if (d >= d_best) continue;
    d_best = d;
    best = names[i];
  }
  return best;
}
