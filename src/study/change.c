/* change.c - configurations as lists of leaves, compared and hashed.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/change.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/sha256.h"

enum { SHOWN = 60 };

/* The leaves of a configuration in order: a list counts as a leaf. */
typedef struct leaves {
  char **path, **text;
  int64_t n, cap_path, cap_text;
} leaves;

static void leaves_fini(leaves *l)
{
  int64_t i;

  for (i = 0; i < l->n; i++) {
    aus_free(l->path[i]);
    aus_free(l->text[i]);
  }
  aus_free(l->path);
  aus_free(l->text);
}

static int add_leaf(leaves *l, aus_cfg_node *node, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf text;

  aus_buf_init(&text);
  aus_cfg_canonical(node, &text);
  AUS_TRY(aus_buf_check(&text, err));
  AUS_TRY(aus_grow(&l->path, &l->cap_path, l->n + 1, sizeof *l->path, err));
  AUS_TRY(aus_grow(&l->text, &l->cap_text, l->n + 1, sizeof *l->text, err));
  AUS_DUP(l->path[l->n], path, err);
  l->text[l->n++] = aus_buf_take(&text);
done:
  aus_buf_fini(&text);
  return rc;
}

static int add_leaves(leaves *l, aus_cfg_node *node, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;
  aus_buf at;

  aus_buf_init(&at);
  if (aus_cfg_kind_of(node) != AUS_CFG_MAP) {
    AUS_TRY(add_leaf(l, node, path, err));
    goto done;
  }
  for (i = 0; i < aus_cfg_count(node); i++) {
    aus_buf_clear(&at);
    aus_buf_printf(&at, "%s%s%s", path, *path ? "." : "", aus_cfg_key(node, i));
    AUS_TRY(aus_buf_check(&at, err));
    AUS_TRY(add_leaves(l, aus_cfg_at(node, i), at.data, err));
  }
done:
  aus_buf_fini(&at);
  return rc;
}

static int leaves_of(leaves *l, const char *config, aus_err *err)
{
  int rc = AUS_OK;
  aus_cfg *cfg = NULL;
  aus_cfg_node *root;

  AUS_TRY(aus_cfg_create(&cfg, err));
  AUS_TRY(aus_cfg_parse(cfg, "configuration of the run", config, strlen(config), &root, err));
  AUS_TRY(add_leaves(l, root, "", err));
done:
  aus_cfg_destroy(cfg);
  if (rc == AUS_ECONFIG) {
    rc = AUS_EFORMAT;
    if (err) err->code = rc;
  }
  return rc;
}

/* Which way a number may change: 0 not at all. */
static int direction(const aus_study_type *type, const char *path)
{
  size_t n = strlen(type->name);
  const aus_study_change *c;

  if (strncmp(path, type->name, n) != 0 || path[n] != '.') return 0;
  for (c = type->changes; c && c->key; c++)
    if (strcmp(c->key, path + n + 1) == 0) return c->direction;
  return 0;
}

int aus_change_digest(const char *config, const aus_study_type *type, unsigned char digest[32],
                      aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;
  leaves l = {0};
  aus_buf b;

  aus_buf_init(&b);
  AUS_TRY(leaves_of(&l, config, err));
  for (i = 0; i < l.n; i++)
    if (direction(type, l.path[i]) == 0) aus_buf_printf(&b, "%s=%s\n", l.path[i], l.text[i]);
  AUS_TRY(aus_buf_check(&b, err));
  aus_sha256(b.data, (size_t)b.n, digest);
done:
  leaves_fini(&l);
  aus_buf_fini(&b);
  return rc;
}

static bool may_change(const aus_study_type *type, const char *path, const char *before,
                       const char *now)
{
  int d = direction(type, path);
  double a = strtod(before, NULL), b = strtod(now, NULL);

  return d > 0 ? b > a : d < 0 ? b < a : false;
}

/* Input files are compared one by one: their digests stand in a list. */
static void tell_inputs(const char *before, const char *now, const aus_files *files, aus_buf *out)
{
  enum { ENTRY = 67 }; /* "64 digits", */
  int64_t i, n = files ? aus_files_count(files) - 1 : 0;

  if (strlen(before) != strlen(now) || (int64_t)strlen(now) != 1 + n * ENTRY) {
    aus_buf_text(out, "  inputs: another number of input files\n");
    return;
  }
  for (i = 0; i < n; i++)
    if (strncmp(before + 1 + i * ENTRY, now + 1 + i * ENTRY, ENTRY - 1) != 0)
      aus_buf_printf(out, "  input file %s: its content differs\n", aus_files_path(files, i + 1));
}

static void tell(const char *path, const char *before, const char *now, const aus_files *files,
                 aus_buf *out)
{
  if (before && now && strcmp(path, "inputs") == 0)
    tell_inputs(before, now, files, out);
  else
    aus_buf_printf(out, "  %s: %.*s then, %.*s now\n", path, SHOWN, before ? before : "not there",
                   SHOWN, now ? now : "not there");
}

int aus_change_compare(const char *before, const char *now, const aus_study_type *type,
                       const aus_files *files, aus_buf *forbidden, bool *changed, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i = 0, k = 0;
  leaves a = {0}, b = {0};

  *changed = false;
  AUS_TRY(leaves_of(&a, before, err));
  AUS_TRY(leaves_of(&b, now, err));
  while (i < a.n || k < b.n) {
    int order = i == a.n ? 1 : k == b.n ? -1 : strcmp(a.path[i], b.path[k]);
    const char *path = order <= 0 ? a.path[i] : b.path[k];
    const char *was = order <= 0 ? a.text[i++] : NULL, *is = order >= 0 ? b.text[k++] : NULL;

    if (was && is && strcmp(was, is) == 0) continue;
    *changed = true;
    if (!was || !is || !may_change(type, path, was, is)) tell(path, was, is, files, forbidden);
  }
  AUS_TRY(aus_buf_check(forbidden, err));
done:
  leaves_fini(&a);
  leaves_fini(&b);
  return rc;
}
