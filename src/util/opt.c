/* opt.c - option tables: values from a configuration tree, checks, canonical text.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/opt.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/file.h"
#include "util/json.h"
#include "util/opt_range.h"

enum { MAX_NAME = 128 };

typedef struct value {
  const aus_opt *opt;
  aus_cfg_node *node; /* lent, NULL: not given */
  int64_t i;          /* BOOL, INT, index of ENUM */
  double x;           /* REAL */
  char *text;         /* STR, PATH, ENUM */
  bool no_default;    /* not giving it means something else than any value */
} value;

struct aus_opts {
  value *v;
  int64_t n, cap;
};

/* ---- ranges ---- */

aus_opt_range aus_opt_range_of(const aus_opt *opt)
{
  aus_opt_range r = {.has_lo = false};
  const char *s = opt->range ? opt->range : "", *colon = strchr(s, ':');

  if (!colon || (opt->type != AUS_T_INT && opt->type != AUS_T_REAL)) return r;
  r.open_lo = s[0] == '(';
  if (r.open_lo || s[0] == '[') s++;
  r.open_hi = colon[strlen(colon) - 1] == ')';
  r.has_lo = s < colon;
  r.has_hi = colon[1] != '\0' && colon[1] != ')' && colon[1] != ']';
  if (r.has_lo) {
    r.lo = strtod(s, NULL);
    r.lo_int = opt->type == AUS_T_INT ? strtoll(s, NULL, 10) : 0;
  }
  if (r.has_hi) {
    r.hi = strtod(colon + 1, NULL);
    r.hi_int = opt->type == AUS_T_INT ? strtoll(colon + 1, NULL, 10) : 0;
  }
  return r;
}

const char *aus_opt_range_text(const aus_opt *opt, char out[AUS_OPT_RANGE_SIZE])
{
  aus_opt_range r = aus_opt_range_of(opt);
  const char *s = opt->range ? opt->range : "", *colon = strchr(s, ':');
  size_t at = 0;

  out[0] = '\0';
  if (!colon) return out;
  s += s[0] == '(' || s[0] == '[';
  if (r.has_lo)
    at = (size_t)snprintf(out, AUS_OPT_RANGE_SIZE, "%s %.*s",
                          r.open_lo ? ">" : ">=", (int)(colon - s), s);
  if (r.has_hi)
    snprintf(out + at, AUS_OPT_RANGE_SIZE - at, "%s%s %.*s", at > 0 ? " and " : "",
             r.open_hi ? "<" : "<=", (int)strcspn(colon + 1, ")]"), colon + 1);
  return out;
}

static bool in_range_real(const aus_opt_range *r, double x)
{
  if (r->has_lo && (r->open_lo ? !(x > r->lo) : !(x >= r->lo))) return false;
  return !r->has_hi || (r->open_hi ? x < r->hi : x <= r->hi);
}

static bool in_range_int(const aus_opt_range *r, int64_t x)
{
  if (r->has_lo && (r->open_lo ? x <= r->lo_int : x < r->lo_int)) return false;
  return !r->has_hi || (r->open_hi ? x < r->hi_int : x <= r->hi_int);
}

static void out_of_range(aus_cfg *cfg, const value *v)
{
  char range[AUS_OPT_RANGE_SIZE];
  const char *unit = v->opt->unit ? v->opt->unit : "";

  aus_cfg_problem(cfg, v->node, "%s is %.60s, need %s%s%s", v->opt->name, aus_cfg_text(v->node),
                  aus_opt_range_text(v->opt, range), unit[0] ? " " : "", unit);
}

/* ---- values of each type ---- */

static bool bool_of_text(const char *s)
{
  AUS_ASSERT(strcmp(s, "true") == 0 || strcmp(s, "false") == 0 || strcmp(s, "1") == 0 ||
             strcmp(s, "0") == 0);
  return s[0] == 't' || s[0] == '1';
}

static void read_int(value *v, aus_cfg *cfg)
{
  aus_opt_range r = aus_opt_range_of(v->opt);
  const char *def = v->opt->def ? v->opt->def : "";
  char *end = NULL;
  int64_t fallback = strtoll(def, &end, 10);

  AUS_ASSERT(*end == '\0' && (def[0] == '\0' || in_range_int(&r, fallback)));
  v->i = aus_cfg_int(cfg, v->node, v->opt->name, INT64_MIN, INT64_MAX, fallback);
  if (!v->node || aus_cfg_is_wrong(v->node) || in_range_int(&r, v->i)) return;
  out_of_range(cfg, v);
  v->i = fallback;
}

static void read_real(value *v, aus_cfg *cfg)
{
  aus_opt_range r = aus_opt_range_of(v->opt);
  const char *def = v->opt->def ? v->opt->def : "";
  char *end = NULL;
  double fallback = strtod(def, &end);

  AUS_ASSERT(*end == '\0');
  if (def[0] == '\0') fallback = (double)NAN;
  AUS_ASSERT(isnan(fallback) || in_range_real(&r, fallback));
  v->x = aus_cfg_real(cfg, v->node, v->opt->name, -HUGE_VAL, HUGE_VAL, fallback);
  if (!v->node || aus_cfg_is_wrong(v->node) || in_range_real(&r, v->x)) return;
  out_of_range(cfg, v);
  v->x = fallback;
}

static int read_text(value *v, aus_cfg *cfg, aus_err *err)
{
  int rc = AUS_OK;
  const char *def = v->opt->def ? v->opt->def : "";
  const bool plain = v->opt->type == AUS_T_STR && v->opt->range &&
                     strcmp(v->opt->range, "number") == 0 &&
                     aus_cfg_kind_of(v->node) == AUS_CFG_SCALAR;
  const char *s = plain ? aus_cfg_text(v->node) : aus_cfg_string(cfg, v->node, v->opt->name, def);
  const char *file = v->node ? aus_cfg_file(v->node) : NULL;
  char *dir = NULL;

  /* The default is the table's own string, what stands in the file is another one. */
  if (v->opt->type == AUS_T_PATH && file && s != def && s[0] != '\0') {
    AUS_TRY(aus_path_dir(&dir, file, err));
    AUS_TRY(aus_path_join(&v->text, dir, s, err));
  } else {
    AUS_DUP(v->text, s, err);
  }
done:
  aus_free(dir);
  return rc;
}

/* The words of "a,b,c" and a NULL; the list is cut in place. */
static int words_of(char *list, const char ***out, int *n, aus_err *err)
{
  int rc = AUS_OK;
  char *s, *comma;

  for (*n = 1, s = list; *s; s++)
    *n += *s == ',';
  AUS_NEW(*out, *n + 1, err);
  for (*n = 0, s = list; s; s = comma) {
    comma = strchr(s, ',');
    if (comma) *comma++ = '\0';
    (*out)[(*n)++] = s;
  }
done:
  return rc;
}

static int read_enum(value *v, aus_cfg *cfg, aus_err *err)
{
  int rc = AUS_OK, n = 0, i, def = 0;
  char *list = NULL;
  const char **word = NULL;

  AUS_DUP(list, v->opt->range, err);
  AUS_TRY(words_of(list, &word, &n, err));
  for (i = 0; v->opt->def && i < n && strcmp(word[i], v->opt->def) != 0; i++)
    continue;
  AUS_ASSERT(i < n);
  if (i < n) def = i;
  v->i = aus_cfg_enum(cfg, v->node, v->opt->name, word, def);
  AUS_DUP(v->text, word[v->i], err);
done:
  aus_free(word);
  aus_free(list);
  return rc;
}

static void read_node(value *v, aus_cfg *cfg)
{
  aus_cfg_kind kind = aus_cfg_kind_of(v->node);
  bool words = strcmp(v->opt->range, "words") == 0;

  if (!v->node || kind == AUS_CFG_LIST || (kind == AUS_CFG_MAP && !words)) return;
  if (words && kind == AUS_CFG_SCALAR) return;
  aus_cfg_problem(cfg, v->node, "%s is %.60s, need %s", v->opt->name, aus_cfg_text(v->node),
                  words ? "a list of words" : "a list or a map");
  v->node = NULL;
}

static int read_value(value *v, aus_cfg *cfg, aus_err *err)
{
  switch (v->opt->type) {
  case AUS_T_BOOL:
    v->i = aus_cfg_bool(cfg, v->node, v->opt->name, v->opt->def && bool_of_text(v->opt->def));
    break;
  case AUS_T_INT:
    read_int(v, cfg);
    break;
  case AUS_T_REAL:
    read_real(v, cfg);
    break;
  case AUS_T_STR:
  case AUS_T_PATH:
    return read_text(v, cfg, err);
  case AUS_T_ENUM:
    return read_enum(v, cfg, err);
  case AUS_T_NODE:
    read_node(v, cfg);
    break;
  }
  return AUS_OK;
}

/* ---- tables ---- */

/* Follow "a.b.c"; *last is the deepest map on the way, *rest the part of the name it lacks. */
static aus_cfg_node *walk(aus_cfg_node *root, const char *name, aus_cfg_node **last,
                          const char **rest)
{
  char part[MAX_NAME];
  aus_cfg_node *node = root;
  size_t n;

  *last = root;
  for (;; name += n + 1) {
    *rest = name;
    n = strcspn(name, ".");
    AUS_ASSERT(n > 0 && n < sizeof part);
    snprintf(part, sizeof part, "%.*s", (int)n, name);
    node = aus_cfg_get(node, part);
    if (!node || name[n] == '\0') break;
    if (aus_cfg_kind_of(node) == AUS_CFG_MAP) *last = node;
  }
  return aus_cfg_kind_of(node) == AUS_CFG_NULL ? NULL : node;
}

/* The section "bsp" of "bsp.gamma", for the message. */
static void report_missing(aus_cfg *cfg, const aus_opt *opt, const aus_cfg_node *map,
                           const char *rest)
{
  int n = (int)(rest - opt->name);

  if (n > 0)
    aus_cfg_problem(cfg, map, "missing key \"%s\" in \"%.*s\"", rest, n - 1, opt->name);
  else
    aus_cfg_problem(cfg, map, "missing key \"%s\"", rest);
}

static value *find(const aus_opts *opts, const char *name)
{
  int64_t i;

  for (i = 0; i < opts->n; i++)
    if (strcmp(opts->v[i].opt->name, name) == 0) return &opts->v[i];
  return NULL;
}

static int add(aus_opts *opts, aus_cfg *cfg, aus_cfg_node *root, const aus_opt *opt, aus_err *err)
{
  int rc = AUS_OK;
  aus_cfg_node *last;
  const char *rest;
  value *v;

  if (find(opts, opt->name)) return AUS_OK; /* in two tables: the first one rules */
  AUS_TRY(aus_grow(&opts->v, &opts->cap, opts->n + 1, sizeof(value), err));
  v = &opts->v[opts->n];
  *v = (value){.opt = opt, .node = walk(root, opt->name, &last, &rest)};
  if (!v->node && !opt->def) report_missing(cfg, opt, last, rest);
  opts->n++;
  AUS_TRY(read_value(v, cfg, err));
done:
  return rc;
}

int aus_opts_read(aus_opts **out, aus_cfg *cfg, aus_cfg_node *root, const aus_opt *const *tables,
                  int n_tables, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_opts *opts = NULL;
  const aus_opt *opt;

  *out = NULL;
  AUS_NEW(opts, 1, err);
  for (i = 0; i < n_tables; i++)
    for (opt = tables[i]; opt->name; opt++)
      AUS_TRY(add(opts, cfg, root, opt, err));
  *out = opts;
  opts = NULL;
done:
  aus_opts_destroy(opts);
  return rc;
}

void aus_opts_destroy(aus_opts *opts)
{
  int64_t i;

  if (!opts) return;
  for (i = 0; i < opts->n; i++)
    aus_free(opts->v[i].text);
  aus_free(opts->v);
  aus_free(opts);
}

/* ---- getters ---- */

/* NULL for a name in no table, or of another type: our own mistake. */
static const value *typed(const aus_opts *opts, const char *name, unsigned types)
{
  const value *v = find(opts, name);
  bool good = v && (types & (1u << v->opt->type));

  AUS_ASSERT(good);
  return good ? v : NULL;
}

enum { ANY_TYPE = (1u << (AUS_T_NODE + 1)) - 1 };

bool aus_opt_bool(const aus_opts *opts, const char *name)
{
  const value *v = typed(opts, name, 1u << AUS_T_BOOL);

  return v && v->i != 0;
}

int64_t aus_opt_int(const aus_opts *opts, const char *name)
{
  const value *v = typed(opts, name, 1u << AUS_T_INT);

  return v ? v->i : 0;
}

double aus_opt_real(const aus_opts *opts, const char *name)
{
  const value *v = typed(opts, name, 1u << AUS_T_REAL);

  return v ? v->x : 0.0;
}

const char *aus_opt_str(const aus_opts *opts, const char *name)
{
  const value *v = typed(opts, name, (1u << AUS_T_STR) | (1u << AUS_T_PATH) | (1u << AUS_T_ENUM));

  return v ? v->text : "";
}

int aus_opt_enum(const aus_opts *opts, const char *name)
{
  const value *v = typed(opts, name, 1u << AUS_T_ENUM);

  return v ? (int)v->i : 0;
}

aus_cfg_node *aus_opt_node(const aus_opts *opts, const char *name)
{
  const value *v = typed(opts, name, 1u << AUS_T_NODE);

  return v ? v->node : NULL;
}

aus_cfg_node *aus_opt_place(const aus_opts *opts, const char *name)
{
  const value *v = typed(opts, name, ANY_TYPE);

  return v ? v->node : NULL;
}

bool aus_opt_given(const aus_opts *opts, const char *name)
{
  return aus_opt_place(opts, name) != NULL;
}

bool aus_opt_has_value(const aus_opts *opts, const char *name)
{
  value *v = find(opts, name);

  AUS_ASSERT(v);
  if (v) v->no_default = true;
  return v && v->node;
}

/* ---- canonical text ---- */

/* By components: the dot sorts before every other character. */
static int by_name(const void *a, const void *b)
{
  const char *x = (*(const value *const *)a)->opt->name;
  const char *y = (*(const value *const *)b)->opt->name;
  int p, q;

  while (*x && *x == *y)
    x++, y++;
  p = *x == '.' ? 1 : (unsigned char)*x;
  q = *y == '.' ? 1 : (unsigned char)*y;
  return p - q;
}

static void canonical_value(const value *v, aus_buf *out)
{
  if (!v->node && (v->no_default || (v->opt->type == AUS_T_PATH && v->text[0] == '\0'))) {
    aus_buf_text(out, "null");
    return;
  }
  switch (v->opt->type) {
  case AUS_T_BOOL:
    aus_buf_text(out, v->i ? "true" : "false");
    break;
  case AUS_T_INT:
    if (!v->node && (!v->opt->def || v->opt->def[0] == '\0'))
      aus_buf_text(out, "null");
    else
      aus_buf_printf(out, "%" PRId64, v->i);
    break;
  case AUS_T_REAL:
    if (isfinite(v->x))
      aus_buf_real(out, v->x);
    else
      aus_buf_text(out, "null");
    break;
  case AUS_T_STR:
  case AUS_T_PATH:
  case AUS_T_ENUM:
    aus_json_quote(out, v->text);
    break;
  case AUS_T_NODE:
    aus_cfg_canonical(v->node, out);
    break;
  }
}

/* Sorted values [i, n), all with the same `skip` first bytes of the name ("a.b."), as one object. */
static void canonical_group(const value *const *v, int64_t n, size_t skip, aus_buf *out)
{
  int64_t i, j;
  size_t len;
  char part[MAX_NAME];
  const char *name;

  aus_buf_text(out, "{");
  for (i = 0; i < n; i = j) {
    name = v[i]->opt->name + skip;
    len = strcspn(name, ".");
    snprintf(part, sizeof part, "%.*s", (int)len, name);
    if (i > 0) aus_buf_text(out, ",");
    aus_json_quote(out, part);
    aus_buf_text(out, ":");
    for (j = i + 1; name[len] == '.' && j < n; j++)
      if (strncmp(v[j]->opt->name + skip, name, len + 1) != 0) break;
    if (name[len] == '.')
      canonical_group(v + i, j - i, skip + len + 1, out);
    else
      canonical_value(v[i], out);
  }
  aus_buf_text(out, "}");
}

static void write_sets(const aus_opts *const *sets, int n_sets, bool paths, aus_buf *out)
{
  const value **sorted = NULL;
  int64_t i, n = 0, most = 0;
  int k;

  for (k = 0; k < n_sets; k++)
    most += sets[k]->n;
  sorted = aus_zalloc((size_t)most, sizeof *sorted);
  if (!sorted) {
    out->failed = 1;
    return;
  }
  for (k = 0; k < n_sets; k++)
    for (i = 0; i < sets[k]->n; i++)
      if (paths || sets[k]->v[i].opt->type != AUS_T_PATH) sorted[n++] = &sets[k]->v[i];
  if (n > 0) qsort(sorted, (size_t)n, sizeof *sorted, by_name);
  canonical_group(sorted, n, 0, out);
  aus_free(sorted);
}

void aus_opts_canonical(const aus_opts *opts, aus_buf *out)
{
  write_sets(&opts, 1, false, out);
}

void aus_opts_effective(const aus_opts *const *sets, int n_sets, aus_buf *out)
{
  write_sets(sets, n_sets, true, out);
}
