/* match/tables.c - what the model of each package is trained on.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A package's rows are its labelled specs. Every attribute of a node is a candidate: two per node name,
 * version and compiler version; every variant of the root is another. A candidate is collected as one text
 * number per row, so that a column and its categories are made the same way for all.
 */
#include <config.h>

#include "match/data.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "match/version.h"
#include "util/alloc.h"

enum { MISSING = -1, MAX_CATS = 65535 };

/* A column in the making. */
typedef struct draft {
  char *key;
  int32_t *text; /* per row: number in texts, MISSING */
} draft;

typedef struct drafts {
  draft *d;
  int64_t n, cap;
  int32_t *of; /* candidate -> its draft + 1 */
} drafts;

static void drafts_fini(drafts *s)
{
  int64_t i;

  for (i = 0; i < s->n; i++) {
    aus_free(s->d[i].key);
    aus_free(s->d[i].text);
  }
  aus_free(s->d);
  aus_free(s->of);
  *s = (drafts){0};
}

/* The draft of a candidate, a new one with all rows missing when there is none yet. */
static int draft_of(drafts *s, int64_t candidate, const char *name, const char *suffix,
                    int64_t n_rows, draft **out, aus_err *err)
{
  int rc = AUS_OK;
  size_t size = strlen(name) + strlen(suffix) + 1;
  draft *d;
  int64_t i;

  if (s->of[candidate] == 0) {
    AUS_TRY(aus_grow(&s->d, &s->cap, s->n + 1, sizeof *s->d, err));
    d = &s->d[s->n++];
    *d = (draft){0};
    AUS_NEW(d->key, size, err);
    snprintf(d->key, size, "%s%s", name, suffix);
    AUS_NEW(d->text, n_rows, err);
    for (i = 0; i < n_rows; i++)
      d->text[i] = MISSING;
    s->of[candidate] = (int32_t)s->n;
  }
  *out = &s->d[s->of[candidate] - 1];
done:
  return rc;
}

static int collect_nodes(drafts *s, const aus_match_specs *specs, const aus_match_table *t,
                         aus_err *err)
{
  int rc = AUS_OK;
  int64_t row, i;
  draft *d;

  AUS_NEW(s->of, 2 * specs->node_names.n, err);
  for (row = 0; row < t->n_rows; row++)
    for (i = specs->node_at[t->spec[row]]; i < specs->node_at[t->spec[row] + 1]; i++) {
      const aus_match_node *node = &specs->node[i];
      const char *name = specs->node_names.text[node->name];
      int64_t candidate = 2 * (int64_t)node->name;

      AUS_TRY(draft_of(s, candidate, name, "-version", t->n_rows, &d, err));
      d->text[row] = node->version;
      AUS_TRY(draft_of(s, candidate + 1, name, "-compiler_version", t->n_rows, &d, err));
      d->text[row] = node->compiler;
    }
done:
  return rc;
}

static int collect_variants(drafts *s, const aus_match_specs *specs, const aus_match_table *t,
                            aus_err *err)
{
  int rc = AUS_OK;
  int64_t row, i;
  draft *d;

  AUS_NEW(s->of, specs->variant_names.n, err);
  for (row = 0; row < t->n_rows; row++)
    for (i = specs->variant_at[t->spec[row]]; i < specs->variant_at[t->spec[row] + 1]; i++) {
      const aus_match_variant *v = &specs->variant[i];

      AUS_TRY(draft_of(s, v->name, specs->variant_names.text[v->name], "", t->n_rows, &d, err));
      d->text[row] = v->value;
    }
done:
  return rc;
}

static bool ends_with(const char *text, const char *end)
{
  size_t n = strlen(text), m = strlen(end);

  return n >= m && strcmp(text + n - m, end) == 0;
}

/* Two values make a column; so does presence alone when wanted. A compiler is there whenever its node is,
 * and would say the same twice. */
static bool survives(const draft *d, int64_t n_rows, bool keep_presence)
{
  int32_t first = MISSING;
  int64_t row, n_missing = 0;

  for (row = 0; row < n_rows; row++) {
    if (d->text[row] == MISSING)
      n_missing++;
    else if (first == MISSING)
      first = d->text[row];
    else if (d->text[row] != first)
      return true;
  }
  return keep_presence && n_missing > 0 && !ends_with(d->key, "-compiler_version");
}

static int by_key(const void *a, const void *b)
{
  return strcmp(((const draft *)a)->key, ((const draft *)b)->key);
}

static void keep_survivors(drafts *s, int64_t n_rows, bool keep_presence)
{
  int64_t i, n = 0;

  for (i = 0; i < s->n; i++) {
    draft d = s->d[i];

    if (survives(&d, n_rows, keep_presence)) {
      s->d[i] = s->d[n];
      s->d[n++] = d;
    }
  }
  for (i = n; i < s->n; i++) {
    aus_free(s->d[i].key);
    aus_free(s->d[i].text);
  }
  s->n = n;
  if (n > 0) qsort(s->d, (size_t)n, sizeof *s->d, by_key);
}

int aus_match_column_find(const aus_match_column *col, const char *text)
{
  int low = 0, high = col->n_cats;

  while (low < high) {
    int mid = low + (high - low) / 2, order = strcmp(text, col->cat[mid]);

    if (order == 0) return mid;
    if (order < 0)
      high = mid;
    else
      low = mid + 1;
  }
  return -1;
}

/* Texts of the rows, each once, by bytes. */
static int make_cats(aus_match_column *col, const draft *d, const aus_match_names *texts,
                     int64_t n_rows, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_names seen = {0};
  int64_t row, i;
  int32_t id;

  for (row = 0; row < n_rows; row++) {
    const char *text = d->text[row] == MISSING ? AUS_MATCH_ABSENT : texts->text[d->text[row]];

    AUS_TRY(aus_match_names_add(&seen, text, strlen(text), &id, err));
  }
  if (seen.n > MAX_CATS)
    AUS_FAIL(err, AUS_EFORMAT, "%s: %" PRId64 " values, at most %d", col->feature, seen.n,
             MAX_CATS);
  qsort(seen.text, (size_t)seen.n, sizeof *seen.text, aus_match_text_order);
  AUS_NEW(col->cat, seen.n, err);
  for (i = 0; i < seen.n; i++) {
    AUS_DUP(col->cat[i], seen.text[i], err);
    col->n_cats++;
  }
  AUS_NEW(col->rank, seen.n, err);
  AUS_TRY(aus_match_version_ranks(col->cat, seen.n, col->rank, err));
  col->absent = aus_match_column_find(col, AUS_MATCH_ABSENT);
done:
  aus_match_names_fini(&seen);
  return rc;
}

/* Drafts become columns and codes. */
static int make_columns(drafts *s, const aus_match_names *texts, int64_t n_rows, int *n_cols,
                        aus_match_column **cols, uint16_t **code, aus_err *err)
{
  int rc = AUS_OK;
  int64_t j, row, n = s->n;

  AUS_NEW(*cols, n, err);
  AUS_NEW(*code, n_rows * n, err);
  for (j = 0; j < n; j++) {
    aus_match_column *col = &(*cols)[j];

    col->feature = s->d[j].key;
    s->d[j].key = NULL;
    *n_cols = (int)(j + 1);
    AUS_TRY(make_cats(col, &s->d[j], texts, n_rows, err));
    for (row = 0; row < n_rows; row++) {
      int32_t text = s->d[j].text[row];

      (*code)[row * n + j] = (uint16_t)aus_match_column_find(
          col, text == MISSING ? AUS_MATCH_ABSENT : texts->text[text]);
    }
  }
done:
  return rc;
}

static void columns_fini(aus_match_column *col, int n)
{
  int i, j;

  for (i = 0; i < n; i++) {
    for (j = 0; j < col[i].n_cats; j++)
      aus_free(col[i].cat[j]);
    aus_free(col[i].cat);
    aus_free(col[i].rank);
    aus_free(col[i].feature);
  }
  aus_free(col);
}

void aus_match_table_fini(aus_match_table *t)
{
  columns_fini(t->col, t->n_cols);
  columns_fini(t->variant, t->n_variants);
  aus_free(t->package);
  aus_free(t->y);
  aus_free(t->spec);
  aus_free(t->digest);
  aus_free(t->code);
  aus_free(t->variant_code);
  *t = (aus_match_table){0};
}

void aus_match_tables_fini(aus_match_tables *tables)
{
  int64_t i;

  for (i = 0; i < tables->n; i++)
    aus_match_table_fini(&tables->table[i]);
  aus_free(tables->table);
  *tables = (aus_match_tables){0};
}

static int make_table(aus_match_table *t, const aus_match_specs *specs, bool keep_presence,
                      aus_err *err)
{
  int rc = AUS_OK;
  drafts nodes = {0}, variants = {0};

  AUS_TRY(collect_nodes(&nodes, specs, t, err));
  keep_survivors(&nodes, t->n_rows, keep_presence);
  AUS_TRY(make_columns(&nodes, &specs->texts, t->n_rows, &t->n_cols, &t->col, &t->code, err));
  AUS_TRY(collect_variants(&variants, specs, t, err));
  keep_survivors(&variants, t->n_rows, true);
  AUS_TRY(make_columns(&variants, &specs->texts, t->n_rows, &t->n_variants, &t->variant,
                       &t->variant_code, err));
done:
  drafts_fini(&nodes);
  drafts_fini(&variants);
  return rc;
}

/* Labelled specs of every package, in their order. */
static int take_rows(aus_match_table *all, const aus_match_specs *specs, aus_err *err)
{
  int rc = AUS_OK;
  int64_t *n = NULL, i;

  AUS_NEW(n, specs->packages.n, err);
  for (i = 0; i < specs->n; i++)
    if (specs->spec[i].label >= 0) n[specs->spec[i].package]++;
  for (i = 0; i < specs->packages.n; i++) {
    AUS_DUP(all[i].package, specs->packages.text[i], err);
    AUS_NEW(all[i].y, n[i], err);
    AUS_NEW(all[i].spec, n[i], err);
    AUS_NEW(all[i].digest, n[i], err);
  }
  for (i = 0; i < specs->n; i++) {
    const aus_match_spec *spec = &specs->spec[i];
    aus_match_table *t = &all[spec->package];

    if (spec->label < 0) continue;
    t->y[t->n_rows] = (uint8_t)spec->label;
    t->spec[t->n_rows] = i;
    t->digest[t->n_rows++] = specs->digests.text[i];
    t->n_success += spec->label;
  }
done:
  aus_free(n);
  return rc;
}

static int by_package(const void *a, const void *b)
{
  return strcmp(((const aus_match_table *)a)->package, ((const aus_match_table *)b)->package);
}

int aus_match_tables_make(aus_match_tables *out, const aus_match_specs *specs, bool keep_presence,
                          aus_err *err)
{
  int rc = AUS_OK;
  aus_match_tables all = {0};
  int64_t i, n = 0;

  *out = (aus_match_tables){0};
  AUS_NEW(all.table, specs->packages.n, err);
  all.n = specs->packages.n;
  AUS_TRY(take_rows(all.table, specs, err));
  for (i = 0; i < all.n; i++) {
    aus_match_table *t = &all.table[i];

    if (t->n_rows < AUS_MATCH_MIN_ROWS) {
      aus_match_table_fini(t);
      continue;
    }
    AUS_TRY(make_table(t, specs, keep_presence, err));
    if (n < i) {
      all.table[n] = *t;
      *t = (aus_match_table){0};
    }
    n++;
  }
  all.n = n;
  qsort(all.table, (size_t)n, sizeof *all.table, by_package);
  *out = all;
  all = (aus_match_tables){0};
done:
  aus_match_tables_fini(&all);
  return rc;
}

const aus_match_table *aus_match_tables_find(const aus_match_tables *tables, const char *package)
{
  const aus_match_table key = {.package = (char *)(uintptr_t)package};

  return bsearch(&key, tables->table, (size_t)tables->n, sizeof key, by_package);
}
