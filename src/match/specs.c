/* match/specs.c - build results from their table.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/data.h"

#include <string.h>

#include "util/alloc.h"

/* The compiler that is not written down. */
#define USUAL_COMPILER "9.3.1"

typedef struct reader {
  aus_match_specs s;
  const aus_sheet *sheet;
  int64_t row;
  int64_t n_nodes, cap_nodes, n_variants, cap_variants;
} reader;

/* The next word of a list with blanks in between. @return its length, 0 at the end */
static size_t next_word(const char **at)
{
  *at += strspn(*at, " ");
  return strcspn(*at, " ");
}

/* "name@version%compiler" */
static int take_node(reader *r, const char *word, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  const char *at = memchr(word, '@', n), *end = word + n, *percent;
  aus_match_node node;

  percent = at ? memchr(at, '%', (size_t)(end - at)) : NULL;
  if (!percent) percent = end;
  if (!at || at == word || percent == at + 1 || percent + 1 == end) {
    rc = aus_sheet_refuse(r->sheet, r->row, err, "node \"%.*s\", expected name@version", (int)n,
                          word);
    goto done;
  }
  AUS_TRY(aus_match_names_add(&r->s.node_names, word, (size_t)(at - word), &node.name, err));
  AUS_TRY(aus_match_names_add(&r->s.texts, at + 1, (size_t)(percent - at - 1), &node.version, err));
  if (percent < end)
    AUS_TRY(aus_match_names_add(&r->s.texts, percent + 1, (size_t)(end - percent - 1),
                                &node.compiler, err));
  else
    AUS_TRY(aus_match_names_add(&r->s.texts, USUAL_COMPILER, strlen(USUAL_COMPILER), &node.compiler,
                                err));
  AUS_TRY(aus_grow(&r->s.node, &r->cap_nodes, r->n_nodes + 1, sizeof *r->s.node, err));
  r->s.node[r->n_nodes++] = node;
done:
  return rc;
}

/* "name=value" */
static int take_variant(reader *r, const char *word, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  const char *at = memchr(word, '=', n);
  aus_match_variant v;

  if (!at || at == word) {
    rc = aus_sheet_refuse(r->sheet, r->row, err, "variant \"%.*s\", expected name=value", (int)n,
                          word);
    goto done;
  }
  AUS_TRY(aus_match_names_add(&r->s.variant_names, word, (size_t)(at - word), &v.name, err));
  AUS_TRY(aus_match_names_add(&r->s.texts, at + 1, n - (size_t)(at - word) - 1, &v.value, err));
  AUS_TRY(aus_grow(&r->s.variant, &r->cap_variants, r->n_variants + 1, sizeof *r->s.variant, err));
  r->s.variant[r->n_variants++] = v;
done:
  return rc;
}

static int take_lists(reader *r, const char *nodes, const char *variants, aus_err *err)
{
  int rc = AUS_OK;
  size_t n;

  r->s.node_at[r->row] = r->n_nodes;
  r->s.variant_at[r->row] = r->n_variants;
  for (; (n = next_word(&nodes)) > 0; nodes += n)
    AUS_TRY(take_node(r, nodes, n, err));
  for (; (n = next_word(&variants)) > 0; variants += n)
    AUS_TRY(take_variant(r, variants, n, err));
  if (r->n_nodes == r->s.node_at[r->row]) rc = aus_sheet_refuse(r->sheet, r->row, err, "no nodes");
done:
  return rc;
}

static int take_label(reader *r, const char *text, int8_t *label, aus_err *err)
{
  static const char *const known[] = {"0", "1", ""};
  int8_t i;

  for (i = 0; i < 3; i++)
    if (strcmp(text, known[i]) == 0) {
      *label = i < 2 ? i : -1;
      return AUS_OK;
    }
  return aus_sheet_refuse(r->sheet, r->row, err, "success is \"%s\", expected 1, 0 or nothing",
                          text);
}

enum { DIGEST, ROOT, SUCCESS, NODES, VARIANTS, N_COLUMNS };

static int take_row(reader *r, const int64_t *column, aus_err *err)
{
  int rc = AUS_OK;
  const char *cell[N_COLUMNS];
  aus_match_spec *spec = &r->s.spec[r->row];
  int32_t id;
  int i;

  for (i = 0; i < N_COLUMNS; i++)
    cell[i] = aus_sheet_at(r->sheet, r->row, column[i]);
  AUS_TRY(aus_match_names_add(&r->s.digests, cell[DIGEST], strlen(cell[DIGEST]), &id, err));
  if (id != r->row) {
    rc = aus_sheet_refuse(r->sheet, r->row, err, "digest \"%s\" twice", cell[DIGEST]);
    goto done;
  }
  if (!*cell[ROOT]) {
    rc = aus_sheet_refuse(r->sheet, r->row, err, "no package");
    goto done;
  }
  AUS_TRY(aus_match_names_add(&r->s.packages, cell[ROOT], strlen(cell[ROOT]), &spec->package, err));
  AUS_TRY(take_label(r, cell[SUCCESS], &spec->label, err));
  AUS_TRY(take_lists(r, cell[NODES], cell[VARIANTS], err));
done:
  return rc;
}

int aus_match_specs_read(aus_match_specs *out, const aus_sheet *sheet, aus_err *err)
{
  static const char *const name[N_COLUMNS] = {"digest", "package", "success", "nodes", "variants"};
  int rc = AUS_OK;
  reader r = {.sheet = sheet};
  int64_t column[N_COLUMNS];
  int i;

  *out = (aus_match_specs){0};
  for (i = 0; i < N_COLUMNS; i++)
    AUS_TRY(aus_sheet_column(sheet, name[i], &column[i], err));
  AUS_NEW(r.s.spec, sheet->n_rows, err);
  AUS_NEW(r.s.node_at, sheet->n_rows + 1, err);
  AUS_NEW(r.s.variant_at, sheet->n_rows + 1, err);
  for (; r.row < sheet->n_rows; r.row++)
    AUS_TRY(take_row(&r, column, err));
  r.s.n = sheet->n_rows;
  r.s.node_at[r.s.n] = r.n_nodes;
  r.s.variant_at[r.s.n] = r.n_variants;
  *out = r.s;
  r.s = (aus_match_specs){0};
done:
  aus_match_specs_fini(&r.s);
  return rc;
}

void aus_match_specs_fini(aus_match_specs *specs)
{
  aus_match_names_fini(&specs->digests);
  aus_match_names_fini(&specs->packages);
  aus_match_names_fini(&specs->node_names);
  aus_match_names_fini(&specs->variant_names);
  aus_match_names_fini(&specs->texts);
  aus_free(specs->spec);
  aus_free(specs->node_at);
  aus_free(specs->variant_at);
  aus_free(specs->node);
  aus_free(specs->variant);
  *specs = (aus_match_specs){0};
}
