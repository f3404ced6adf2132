/* match_model.c - fuzz: stored models of success of the area match.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A model that is taken answers any codes and places, clusters too; its bytes read back to the same answers and, from
 * then on, to the same bytes.
 */
#include <config.h>

#include <math.h>

#include "fuzz/fuzz.h"
#include "match/model_bytes.h"

enum { ROWS = 6, MOST_COLUMNS = 32 };

typedef struct stored {
  aus_match_model m;
  aus_match_table table;
} stored;

static bool load(stored *s, const void *bytes, size_t n, int refusal)
{
  aus_err err = {0};
  const bool took =
      fuzz_took(aus_match_model_read(&s->m, &s->table, bytes, n, &err), &err, refusal);

  if (!took) fuzz_check(!s->m.first && !s->m.trees && !s->table.col && !s->table.package);
  return took;
}

static void drop(stored *s)
{
  aus_match_model_fini(&s->m);
  aus_match_columns_fini(&s->table);
}

static void check_columns(const aus_match_table *t)
{
  int j, v;

  for (j = 0; j < t->n_cols + t->n_variants; j++) {
    const aus_match_column *c = j < t->n_cols ? t->col + j : t->variant + (j - t->n_cols);

    for (v = 0; v < c->n_cats; v++) {
      fuzz_check(aus_match_column_find(c, c->cat[v]) == v);
      fuzz_check(c->rank[v] >= 0 && c->rank[v] < c->n_cats);
    }
  }
}

/* Rows of unseen, untold, the first and the last values, in turns; NULL places and places around the values. */
static bool predict(const aus_match_model *m, double p[2 * ROWS])
{
  int32_t code[ROWS * MOST_COLUMNS];
  float place[ROWS * MOST_COLUMNS];
  aus_err err = {0};
  int i, j;

  for (i = 0; i < ROWS; i++)
    for (j = 0; j < m->n_columns; j++) {
      const int32_t n = m->first[j + 1] - m->first[j];
      const int32_t codes[4] = {AUS_MATCH_UNSEEN, AUS_MATCH_UNTOLD, 0, n - 1};

      code[i * m->n_columns + j] = codes[(i + j) % 4];
      place[i * m->n_columns + j] = (i + j) % 5 ? (float)((i + j) % 3) - 0.5f : NAN;
    }
  return fuzz_must(aus_match_model_predict(m, ROWS, code, NULL, p, &err), &err) &&
         fuzz_must(aus_match_model_predict(m, ROWS, code, place, p + ROWS, &err), &err);
}

/* One cluster with a version of the first column. */
static bool on_cluster(const stored *s, double *p)
{
  char name[] = "c", version[] = "1.5";
  char *names[] = {name}, *versions[] = {version};
  int32_t value = 0;
  aus_match_feature feature = {.name = s->table.col[0].feature,
                               .values = {.text = versions, .n = 1}};
  aus_match_space space = {.n = 1, .feature = &feature};
  aus_match_clusters clusters = {.n = 1, .name = names, .value = &value};
  aus_err err = {0};
  bool done;

  done =
      fuzz_must(aus_match_names_add(&space.names, feature.name, strlen(feature.name), &value, &err),
                &err) &&
      fuzz_must(aus_match_model_clusters(&s->m, &s->table, &space, &clusters, p, &err), &err);
  aus_match_names_fini(&space.names);
  return done;
}

/* Everything that the model says. */
static bool ask(const stored *s, double p[2 * ROWS + 1])
{
  p[2 * ROWS] = 0.0;
  if (s->m.n_columns > MOST_COLUMNS) return false;
  if (!predict(&s->m, p)) return false;
  return s->m.n_used > s->m.n_versions || s->table.n_cols == 0 || on_cluster(s, p + 2 * ROWS);
}

static bool save(const stored *s, aus_buf *b)
{
  aus_err err = {0};

  aus_buf_clear(b);
  return fuzz_must(aus_match_model_write(&s->m, &s->table, b, &err), &err);
}

static void check_same(const stored *s, const aus_buf *b)
{
  double p[2 * ROWS + 1], q[2 * ROWS + 1];
  stored again;
  aus_buf c;

  if (!load(&again, b->data, (size_t)b->n, AUS_OK)) return;
  aus_buf_init(&c);
  if (save(&again, &c)) fuzz_check(fuzz_same(&c, b->data, (size_t)b->n));
  if (ask(s, p) && ask(&again, q)) fuzz_check(memcmp(p, q, sizeof p) == 0);
  aus_buf_fini(&c);
  drop(&again);
}

FUZZ_TARGET(match_model)
{
  stored s;
  aus_buf b;

  if (!load(&s, data, n, AUS_EFORMAT)) return;
  check_columns(&s.table);
  aus_buf_init(&b);
  if (save(&s, &b)) check_same(&s, &b);
  aus_buf_fini(&b);
  drop(&s);
}
