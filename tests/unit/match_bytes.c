/* match_bytes.c - models as bytes and back: the same answers; bytes from strangers.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/model_bytes.h"
#include "unit/match_stand.h"

static aus_err err;

/* ---- invented builds ---- */

typedef struct stand {
  aus_match_specs specs;
  aus_match_tables tables;
  aus_match_space space;
  aus_match_clusters clusters;
  aus_match_rows rows;
} stand;

static const char CLUSTERS[] = "cluster,a-version,b-version,d-version\n"
                               "old,1.9,1,7\n"
                               "middle,2.5,2,7\n"
                               "seen,3.0,1,8\n"
                               "new,develop,3,7\n"
                               "without,absent,absent,absent\n";

/* 80 builds of a package with three version columns, one of them absent at times, and two variants. */
static stand open_stand(void)
{
  static const char *const version[4] = {"1.0", "2.0", "2.9", "3.0"};
  stand s = {0};
  aus_sheet sheet;
  char text[10000];
  int i, n;

  n = snprintf(text, sizeof text, "digest,package,success,nodes,variants\n");
  for (i = 0; i < 80; i++)
    n += snprintf(text + n, sizeof text - (size_t)n, "d%d,p,%d,p@1 a@%s b@%d%s%d,x=%d y=%s\n", i,
                  i % 7 == 0 || i % 4 == 0 || i % 4 == 3, version[i % 4], 1 + i / 4 % 2,
                  i % 3 ? " c@" : " e@", i % 5, i / 8 % 2, i % 9 ? "on" : "off");
  sheet = text_sheet(text);
  check_ok(aus_match_specs_read(&s.specs, &sheet, &err), &err);
  aus_sheet_fini(&sheet);
  check_ok(aus_match_tables_make(&s.tables, &s.specs, false, &err), &err);
  sheet = text_sheet(CLUSTERS);
  check_ok(aus_match_clusters_read(&s.clusters, &s.space, &sheet, &err), &err);
  aus_sheet_fini(&sheet);
  check_ok(aus_match_rows_make(&s.rows, s.tables.table, &err), &err);
  assert_true(s.rows.n_versions >= 4 && s.rows.n_columns == s.rows.n_versions + 2);
  return s;
}

static void close_stand(stand *s)
{
  aus_match_rows_fini(&s->rows);
  aus_match_clusters_fini(&s->clusters);
  aus_match_space_fini(&s->space);
  aus_match_tables_fini(&s->tables);
  aus_match_specs_fini(&s->specs);
}

static aus_match_model_conf quick(aus_match_model_kind kind, bool variants)
{
  aus_match_model_conf conf = aus_match_model_defaults();

  conf.kind = kind;
  conf.variants = variants;
  conf.trees.rounds = 6;
  conf.trees.gamma = 0.0;
  conf.unseen = AUS_MATCH_UNSEEN_SMOOTH;
  conf.alpha = 0.7;
  return conf;
}

static aus_match_model train(const stand *s, aus_match_model_kind kind, bool variants, int64_t n)
{
  const aus_match_model_conf conf = quick(kind, variants);
  aus_match_model m;

  check_ok(aus_match_model_fit(&m, &conf, &s->rows, n, NULL, &err), &err);
  return m;
}

static aus_buf bytes_of(const aus_match_model *m, const aus_match_table *table)
{
  aus_buf b;

  aus_buf_init(&b);
  check_ok(aus_match_model_write(m, table, &b, &err), &err);
  return b;
}

/* ---- the same answers ---- */

static void check_columns(int n, const aus_match_column *a, const aus_match_column *b)
{
  int j, v;

  for (j = 0; j < n; j++) {
    assert_string_equal(a[j].feature, b[j].feature);
    assert_int_equal(a[j].n_cats, b[j].n_cats);
    assert_int_equal(a[j].absent, b[j].absent);
    for (v = 0; v < a[j].n_cats; v++) {
      assert_string_equal(a[j].cat[v], b[j].cat[v]);
      assert_int_equal(a[j].rank[v], b[j].rank[v]);
    }
  }
}

static void check_table(const aus_match_table *a, const aus_match_table *b)
{
  assert_string_equal(a->package, b->package);
  assert_int_equal(b->n_rows, 0);
  assert_null(b->y);
  assert_int_equal(a->n_cols, b->n_cols);
  assert_int_equal(a->n_variants, b->n_variants);
  check_columns(a->n_cols, a->col, b->col);
  check_columns(a->n_variants, a->variant, b->variant);
}

enum { QUESTIONS = 200, MOST_COLUMNS = 64 };

/* Codes of every kind and places between, below and above those of the values. */
static void check_answers(const aus_match_model *a, const aus_match_model *b)
{
  static int32_t code[QUESTIONS * MOST_COLUMNS];
  static float place[QUESTIONS * MOST_COLUMNS];
  double p[QUESTIONS], q[QUESTIONS];
  uint32_t s = 7;
  int i, j, n;

  assert_int_equal(a->n_columns, b->n_columns);
  assert_true(a->n_columns <= MOST_COLUMNS);
  for (i = 0; i < QUESTIONS; i++)
    for (j = 0; j < a->n_columns; j++) {
      n = a->first[j + 1] - a->first[j];
      s = s * 1664525u + 1013904223u;
      code[i * a->n_columns + j] = (int32_t)((s >> 16) % (uint32_t)(n + 2)) - 2;
      s = s * 1664525u + 1013904223u;
      place[i * a->n_columns + j] =
          s >> 28 ? (float)((s >> 16) % (uint32_t)(2 * n + 2)) / 2 - 1 : NAN;
    }
  check_ok(aus_match_model_predict(a, QUESTIONS, code, place, p, &err), &err);
  check_ok(aus_match_model_predict(b, QUESTIONS, code, place, q, &err), &err);
  assert_memory_equal(p, q, sizeof p);
  check_ok(aus_match_model_predict(a, QUESTIONS, code, NULL, p, &err), &err);
  check_ok(aus_match_model_predict(b, QUESTIONS, code, NULL, q, &err), &err);
  assert_memory_equal(p, q, sizeof p);
}

static void check_clusters(const stand *s, const aus_match_model *a, const aus_match_model *b,
                           const aus_match_table *table)
{
  double p[5], q[5];

  assert_int_equal(s->clusters.n, 5);
  check_ok(aus_match_model_clusters(a, s->tables.table, &s->space, &s->clusters, p, &err), &err);
  check_ok(aus_match_model_clusters(b, table, &s->space, &s->clusters, q, &err), &err);
  assert_memory_equal(p, q, sizeof p);
  if (a->kind == AUS_MATCH_BLEND && a->trees) assert_true(p[0] != p[2] && p[2] != p[4]);
}

static void round_trip(const stand *s, const aus_match_model *m)
{
  aus_match_model again;
  aus_match_table table;
  aus_buf b = bytes_of(m, s->tables.table), c;

  check_ok(aus_match_model_read(&again, &table, b.data, (size_t)b.n, &err), &err);
  assert_int_equal(again.kind, m->kind);
  assert_int_equal(again.unseen, m->unseen);
  assert_int_equal(again.n_used, m->n_used);
  assert_int_equal(!again.logistic.weight, !m->logistic.weight);
  assert_int_equal(!again.trees, !m->trees);
  assert_memory_equal(again.nb.n_class, m->nb.n_class, sizeof m->nb.n_class);
  check_table(s->tables.table, &table);
  check_answers(m, &again);
  if (m->n_used == m->n_versions) check_clusters(s, m, &again, &table);
  c = bytes_of(&again, &table);
  assert_int_equal(c.n, b.n);
  assert_memory_equal(c.data, b.data, (size_t)b.n);
  aus_match_model_fini(&again);
  aus_match_columns_fini(&table);
  aus_buf_fini(&b);
  aus_buf_fini(&c);
}

/* Every kind with and without variants; of both classes, of one, of no rows. */
static void every_kind(void **state)
{
  stand s = open_stand();
  const int64_t rows[3] = {80, 1, 0};
  int k, i;

  (void)state;
  for (k = AUS_MATCH_RATE; k <= AUS_MATCH_BLEND; k++)
    for (i = 0; i < 6; i++) {
      aus_match_model m = train(&s, (aus_match_model_kind)k, i % 2, rows[i / 2]);

      if (k == AUS_MATCH_BLEND) assert_int_equal(m.logistic.weight && m.trees, i / 2 == 0);
      round_trip(&s, &m);
      aus_match_model_fini(&m);
    }
  close_stand(&s);
}

/* All stored packages on all stored clusters. */
static void stored(void **state)
{
  aus_match_specs specs = shared_specs();
  aus_sheet sheet = shared_sheet("reliabuild/clusters.csv.gz");
  aus_match_model_conf conf = aus_match_model_defaults();
  aus_match_tables tables;
  aus_match_space space = {0};
  aus_match_clusters clusters;
  double *p, *q;
  int64_t i, n_bytes = 0;

  (void)state;
  conf.variants = false;
  check_ok(aus_match_tables_make(&tables, &specs, true, &err), &err);
  check_ok(aus_match_clusters_read(&clusters, &space, &sheet, &err), &err);
  p = calloc((size_t)clusters.n, sizeof *p);
  q = calloc((size_t)clusters.n, sizeof *q);
  assert_int_equal(tables.n, 49);
  for (i = 0; i < tables.n; i++) {
    aus_match_model m, again;
    aus_match_table table;
    aus_match_rows rows;
    aus_buf b;

    check_ok(aus_match_rows_make(&rows, tables.table + i, &err), &err);
    check_ok(aus_match_model_fit(&m, &conf, &rows, rows.n, NULL, &err), &err);
    b = bytes_of(&m, tables.table + i);
    n_bytes += b.n;
    check_ok(aus_match_model_read(&again, &table, b.data, (size_t)b.n, &err), &err);
    check_table(tables.table + i, &table);
    check_ok(aus_match_model_clusters(&m, tables.table + i, &space, &clusters, p, &err), &err);
    check_ok(aus_match_model_clusters(&again, &table, &space, &clusters, q, &err), &err);
    assert_memory_equal(p, q, (size_t)clusters.n * sizeof *p);
    aus_match_model_fini(&m);
    aus_match_model_fini(&again);
    aus_match_columns_fini(&table);
    aus_match_rows_fini(&rows);
    aus_buf_fini(&b);
  }
  print_message("# 49 models: %d bytes\n", (int)n_bytes);
  free(p);
  free(q);
  aus_match_clusters_fini(&clusters);
  aus_match_space_fini(&space);
  aus_match_tables_fini(&tables);
  aus_match_specs_fini(&specs);
  aus_sheet_fini(&sheet);
}

/* ---- the format ---- */

/* Columns a-version {1.0, absent}; four rows: 1.0 failed, 1.0 worked twice, absent worked. */
static void by_hand(aus_buf *b)
{
  static const int64_t count[4] = {1, 2, 0, 1};
  int i;

  aus_buf_init(b);
  aus_buf_str(b, "auspex-match-1"); /* byte 0 */
  aus_buf_str(b, "p");              /* 18 */
  aus_buf_u32(b, 1);                /* 23: columns */
  aus_buf_str(b, "a-version");      /* 27 */
  aus_buf_u32(b, 2);                /* 40: values */
  aus_buf_str(b, "1.0");            /* 44 */
  aus_buf_u32(b, 1);                /* 51: its place */
  aus_buf_str(b, "absent");         /* 55 */
  aus_buf_u32(b, 0);                /* 65 */
  aus_buf_u32(b, 0);                /* 69: variants */
  aus_buf_u8(b, AUS_MATCH_BAYES);   /* 73 */
  aus_buf_u8(b, AUS_MATCH_UNSEEN_SKIP);
  aus_buf_u8(b, 0);                /* 75: does it see variants */
  aus_buf_f64(b, (3 + 2.0) / 7.0); /* 76: rate */
  aus_buf_f64(b, 0.5);             /* 84: alpha */
  aus_buf_i64(b, 1);               /* 92: failures */
  aus_buf_i64(b, 3);               /* 100: successes */
  for (i = 0; i < 4; i++)
    aus_buf_i64(b, count[i]); /* 108 */
  aus_buf_u8(b, 0);           /* 140: no logistic regression */
  aus_buf_u8(b, 0);           /* 141: no trees */
  for (i = 0; i < 4; i++)
    aus_buf_f64(b, 0.0); /* 142: shares */
  aus_buf_f64(b, 1.0);   /* 174: slope */
  aus_buf_f64(b, 0.0);   /* 182: shift */
  assert_int_equal(b->n, 190);
}

static aus_match_model hand_model(const aus_match_table *table)
{
  const aus_match_model_conf conf = {
      .kind = AUS_MATCH_BAYES, .alpha = 0.5, .yes = 2.0, .no = 1.0, .c = 1.0};
  int32_t code[4] = {0, 0, 0, 1};
  const uint8_t y[4] = {0, 1, 1, 1};
  aus_match_rows rows;
  aus_match_model m;

  check_ok(aus_match_rows_make(&rows, table, &err), &err);
  aus_free(rows.code);
  rows.code = code;
  rows.y = y;
  check_ok(aus_match_model_fit(&m, &conf, &rows, 4, NULL, &err), &err);
  rows.code = NULL;
  aus_match_rows_fini(&rows);
  return m;
}

static void format(void **state)
{
  aus_buf want, got;
  aus_match_table table;
  aus_match_model m;
  const int32_t code[2] = {0, AUS_MATCH_UNTOLD};
  double p[2];

  (void)state;
  by_hand(&want);
  check_ok(aus_match_model_read(&m, &table, want.data, (size_t)want.n, &err), &err);
  assert_string_equal(table.package, "p");
  assert_int_equal(table.col[0].absent, 1);
  check_ok(aus_match_model_predict(&m, 2, code, NULL, p, &err), &err);
  /* 3/4 x 2.5/4 of 1/4 x 1.5/2 more. */
  check_near(p[0], (0.75 * 0.625) / (0.75 * 0.625 + 0.25 * 0.75), 1e-15);
  check_near(p[1], 0.75, 1e-15);
  aus_match_model_fini(&m);
  m = hand_model(&table);
  got = bytes_of(&m, &table);
  assert_int_equal(got.n, want.n);
  assert_memory_equal(got.data, want.data, (size_t)want.n);
  aus_match_model_fini(&m);
  aus_match_columns_fini(&table);
  aus_buf_fini(&want);
  aus_buf_fini(&got);
}

/* ---- bytes from strangers ---- */

static int try_read(const void *bytes, size_t n)
{
  aus_match_model m;
  aus_match_table table;
  void *copy = malloc(n ? n : 1); /* of exactly this size, for the sanitizers */
  int rc;

  if (n) memcpy(copy, bytes, n);
  aus_err_clear(&err);
  rc = aus_match_model_read(&m, &table, copy, n, &err);
  free(copy);
  if (rc == AUS_OK) {
    if (m.n_columns <= MOST_COLUMNS) check_answers(&m, &m);
    aus_match_model_fini(&m);
    aus_match_columns_fini(&table);
  }
  assert_null(m.first);
  assert_null(table.package);
  return rc;
}

static void bad_bytes(void **state)
{
  static const struct {
    int at, n;
    const char *bytes, *text;
  } bad[] = {
      {0, 4, "\377\377\377\377", "model: string field of 4294967295 bytes is damaged"},
      {17, 1, "2", "model: not of the format auspex-match-1"},
      {18, 4, "\377\377\377\177", "model: string field of 2147483647 bytes is damaged"},
      {23, 4, "\377\377\377\377", "model: 4294967295 columns in 163 bytes"},
      {27, 4, "\0\0\0\100",
       "model: columns: number 0: string field of 1073741824 bytes is damaged"},
      {40, 4, "\0\0\0\1", "model: columns: number 0: 16777216 values in 146 bytes"},
      {40, 4, "\0\0\0\0", "model: columns: number 0: no values"},
      {51, 1, "\2", "model: columns: number 0: value 0 has place 2 of 2"},
      {59, 6, "0.9999", "model: columns: number 0: value 1 is not behind value 0 in byte order"},
      {69, 4, "\0\1\0\0", "model: 256 variants in 117 bytes"},
      {73, 1, "\5", "model: the kind is 5, need 0..4"},
      {74, 1, "\3", "model: the rule for unseen values is 3, need 0..2"},
      {75, 1, "\2", "model: the mark of variants is 2, need 0..1"},
      {83, 1, "\100", "model: the rate is"},
      {84, 8, "\0\0\0\0\0\0\0\0", "model: alpha is 0, need "},
      {99, 1, "\200", "model: -9223372036854775807 rows of class 0"},
      {106, 1, "\100", "model: 18014398509481987 rows of class 1"},
      {108, 1, "\0", "model: counts of column 0 are not those of all rows"},
      {116, 1, "\3", "model: counts of column 0 are not those of all rows"},
      {139, 1, "\377", "model: counts of column 0 are not those of all rows"},
      {140, 1, "\2", "model: the mark of a logistic regression is 2, need 0..1"},
      {141, 1, "\2", "model: the mark of trees is 2, need 0..1"},
      {141, 2, "\1\200", "model: 128 bytes of trees in 40"},
      {148, 2, "\0\100", "model: a member's share is 2, need 0..1"},
      {180, 2, "\360\177", "model: the slope is inf, need "},
      {188, 2, "\370\177", "model: the shift is nan, need "},
  };
  aus_match_model m;
  aus_match_table table;
  aus_buf b;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    by_hand(&b);
    memcpy(b.data + bad[i].at, bad[i].bytes, (size_t)bad[i].n);
    check_fails(try_read(b.data, (size_t)b.n), AUS_EFORMAT, bad[i].text, &err);
    aus_buf_fini(&b);
  }
  by_hand(&b);
  aus_buf_u8(&b, 0);
  check_fails(try_read(b.data, (size_t)b.n), AUS_EFORMAT, "model: 1 bytes too many", &err);
  check_fails(try_read(b.data, 110), AUS_EFORMAT, "model: cut short behind byte 108", &err);
  check_fails(aus_match_model_read(&m, &table, "", (size_t)INT32_MAX + 1, &err), AUS_EFORMAT,
              "model: 2147483648 bytes, at most 2147483647", &err);
  aus_buf_fini(&b);
}

/* A whole model cut at every byte, and with every byte changed in two ways: refused or used, never more. */
static void damaged(void **state)
{
  stand s = open_stand();
  aus_match_model m = train(&s, AUS_MATCH_BLEND, true, 80);
  aus_buf b = bytes_of(&m, s.tables.table);
  int64_t i, n_taken = 0;
  int k, rc;

  (void)state;
  print_message("# %d bytes\n", (int)b.n);
  for (i = 0; i < b.n; i++) {
    check_fails(try_read(b.data, (size_t)i), AUS_EFORMAT, "model: ", &err);
    for (k = 0; k < 2; k++) {
      b.data[i] = (char)(b.data[i] ^ (k ? 0xff : 1));
      rc = try_read(b.data, (size_t)b.n);
      b.data[i] = (char)(b.data[i] ^ (k ? 0xff : 1));
      if (rc == AUS_OK) n_taken++;
      if (rc != AUS_OK) assert_int_equal(rc, AUS_EFORMAT);
    }
  }
  assert_int_equal(try_read(b.data, (size_t)b.n), AUS_OK);
  assert_true(n_taken > 0 && n_taken < 2 * b.n);
  aus_match_model_fini(&m);
  aus_buf_fini(&b);
  close_stand(&s);
}

/* Trees of another number of features, or that answer no probabilities. */
static void foreign_trees(void **state)
{
  stand s = open_stand();
  aus_match_model with = train(&s, AUS_MATCH_TREES, true, 80),
                  without = train(&s, AUS_MATCH_TREES, false, 80);
  const float x[4] = {0, 1, 2, 3};
  aus_xgb_conf conf = aus_xgb_defaults();
  aus_xgb *own = with.trees, *plain;
  aus_buf b;
  char text[80];

  (void)state;
  with.trees = without.trees;
  b = bytes_of(&with, s.tables.table);
  snprintf(text, sizeof text, "model: trees of %d features, need %d", with.n_versions,
           with.n_columns);
  check_fails(try_read(b.data, (size_t)b.n), AUS_EFORMAT, text, &err);
  aus_buf_fini(&b);
  conf.rounds = 1;
  check_ok(aus_xgb_train(&plain, &conf, 4, 1, x, x, NULL, &err), &err);
  with.trees = plain;
  b = bytes_of(&with, s.tables.table);
  check_fails(try_read(b.data, (size_t)b.n), AUS_EFORMAT, "model: trees: ", &err);
  with.trees = own;
  aus_xgb_destroy(plain);
  aus_buf_fini(&b);
  aus_match_model_fini(&with);
  aus_match_model_fini(&without);
  close_stand(&s);
}

static void another_table(void **state)
{
  stand s = open_stand();
  aus_match_table *t = s.tables.table;
  aus_match_model m = train(&s, AUS_MATCH_RATE, true, 80);
  aus_buf b;

  (void)state;
  aus_buf_init(&b);
  t->col[0].rank[0]++;
  check_fails(aus_match_model_write(&m, t, &b, &err), AUS_EINVAL,
              "p: the model is of another table", &err);
  t->col[0].rank[0]--;
  t->n_cols--;
  check_fails(aus_match_model_write(&m, t, &b, &err), AUS_EINVAL,
              "p: the model is of another table", &err);
  t->n_cols++;
  check_ok(aus_match_model_write(&m, t, &b, &err), &err);
  aus_match_model_fini(&m);
  aus_buf_fini(&b);
  close_stand(&s);
}

/* ---- memory ---- */

static int both_ways(const stand *s, const aus_match_model *m)
{
  aus_match_model again;
  aus_match_table table;
  aus_buf b;
  int rc;

  aus_buf_init(&b);
  rc = aus_match_model_write(m, s->tables.table, &b, &err);
  if (rc == AUS_OK) {
    rc = aus_match_model_read(&again, &table, b.data, (size_t)b.n, &err);
    aus_match_model_fini(&again);
    aus_match_columns_fini(&table);
  }
  aus_buf_fini(&b);
  return rc;
}

static void out_of_memory(void **state)
{
  stand s = open_stand();
  aus_match_model m = train(&s, AUS_MATCH_BLEND, true, 80);
  int64_t live = aus_alloc_live(), i;
  int rc = AUS_ENOMEM;

  (void)state;
  for (i = 0; rc != AUS_OK && i < 3000; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = both_ways(&s, &m);
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    assert_int_equal(aus_alloc_live(), live);
  }
  aus_alloc_fail_at(-1);
  assert_int_equal(rc, AUS_OK);
#ifndef NDEBUG
  assert_true(i > 30);
#endif
  aus_match_model_fini(&m);
  close_stand(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind),    cmocka_unit_test(format),
      cmocka_unit_test(bad_bytes),     cmocka_unit_test(damaged),
      cmocka_unit_test(foreign_trees), cmocka_unit_test(another_table),
      cmocka_unit_test(out_of_memory), cmocka_unit_test(stored),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
