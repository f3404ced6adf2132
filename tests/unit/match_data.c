/* match_data.c - tests of match/data: every cell of the stored training tables, columns by hand, bad input.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Golden: reliabuild/features.csv.gz, the tables that the studied system was trained on.
 */
#include <config.h>

#include "match/data.h"

#include "match/version.h"
#include "unit/match_stand.h"

/* Cells of a stored row that are the same in the table. */
static int64_t same_cells(const aus_match_table *t, int64_t row, const char *features)
{
  char *text = strdup(features), *at = text, *cell;
  int64_t n = 0;
  int j = 0;

  while ((cell = strsep(&at, ";"))) {
    char *equal = strchr(cell, '=');

    assert_non_null(equal);
    *equal = '\0';
    assert_true(j < t->n_cols);
    assert_string_equal(cell, t->col[j].feature);
    n += strcmp(equal + 1, t->col[j].cat[t->code[row * t->n_cols + j]]) == 0;
    j++;
  }
  assert_int_equal(j, t->n_cols);
  free(text);
  return n;
}

static void stored_tables(void **state)
{
  aus_err err = {0};
  aus_match_specs specs = shared_specs();
  aus_sheet want = shared_sheet("reliabuild/features.csv.gz");
  aus_match_tables tables;
  const aus_match_table *t = NULL;
  int64_t i, row = 0, n_same = 0, n_rows = 0, n_cols = 0;

  (void)state;
  check_ok(aus_match_tables_make(&tables, &specs, false, &err), &err);
  assert_int_equal(specs.n, 14688);
  assert_int_equal(tables.n, 49);
  for (i = 0; i < want.n_rows; i++) {
    const char *package = aus_sheet_at(&want, i, sheet_column(&want, "package"));

    if (!t || strcmp(t->package, package) != 0) {
      t = aus_match_tables_find(&tables, package);
      assert_non_null(t);
      row = 0;
      n_rows += t->n_rows;
      n_cols += t->n_cols;
    }
    assert_string_equal(t->digest[row], aus_sheet_at(&want, i, sheet_column(&want, "digest")));
    assert_int_equal(t->y[row], (int)sheet_number(&want, i, "success"));
    n_same += same_cells(t, row++, aus_sheet_at(&want, i, sheet_column(&want, "features")));
  }
  assert_int_equal(n_same, 58386);
  assert_int_equal(n_rows, 14675);
  assert_int_equal(n_cols, 222);
  assert_null(aus_match_tables_find(&tables, "loki"));
  aus_match_tables_fini(&tables);
  aus_match_specs_fini(&specs);
  aus_sheet_fini(&want);
}

static const char BUILDS[] = "digest,package,success,nodes,variants\n"
                             "d1,p,1,p@1.0 a@1.9 b@2 c@1,x=on\n"
                             "d2,p,0,p@1.0%8.1 a@1.10 b@2,x=off y=1\n"
                             "d3,p,,p@3.0 z@1 z2@4,\n"
                             "d4,q,1,q@1,\n"
                             "d5,p,1,p@1.0 a@1.9 b@2 c@1,x=on y=1\n"
                             "d6,p,1,p@1.0 a@develop b@2 c@1,x=on\n"
                             "d7,p,0,p@1.0 b@2 c@1,\n";

static void builds(aus_match_specs *specs)
{
  aus_err err = {0};
  aus_sheet s = text_sheet(BUILDS);

  check_ok(aus_match_specs_read(specs, &s, &err), &err);
  aus_sheet_fini(&s);
}

static void columns_by_hand(void **state)
{
  static const char *const cats[] = {"1.10", "1.9", "absent", "develop"};
  static const int rank[] = {2, 1, 0, 3}, code[] = {1, 0, 1, 3, 2};
  aus_err err = {0};
  aus_match_specs specs;
  aus_match_tables tables;
  const aus_match_table *t;
  int i;

  (void)state;
  builds(&specs);
  check_ok(aus_match_tables_make(&tables, &specs, true, &err), &err);
  assert_int_equal(tables.n, 1); /* q has one row */
  t = &tables.table[0];
  assert_int_equal(t->n_rows, 5);
  assert_int_equal(t->n_success, 3);
  assert_string_equal(t->digest[2], "d5");
  assert_int_equal(t->spec[2], 4);
  /* c is there or not; its compiler says nothing more; b never varies */
  assert_int_equal(t->n_cols, 3);
  assert_string_equal(t->col[0].feature, "a-version");
  assert_string_equal(t->col[1].feature, "c-version");
  assert_string_equal(t->col[2].feature, "p-compiler_version");
  assert_int_equal(t->col[0].n_cats, 4);
  for (i = 0; i < 4; i++) {
    assert_string_equal(t->col[0].cat[i], cats[i]);
    assert_int_equal(t->col[0].rank[i], rank[i]);
    assert_int_equal(aus_match_column_find(&t->col[0], cats[i]), i);
  }
  for (i = 0; i < 5; i++)
    assert_int_equal(t->code[3 * i], code[i]);
  assert_int_equal(t->col[0].absent, 2);
  assert_int_equal(t->col[2].absent, -1);
  assert_int_equal(aus_match_column_find(&t->col[0], "1.8"), -1);
  assert_int_equal(t->n_variants, 2);
  assert_string_equal(t->variant[0].feature, "x");
  assert_string_equal(t->variant[1].feature, "y");
  assert_string_equal(t->variant[1].cat[t->variant_code[2 * 1 + 1]], "1");
  aus_match_tables_fini(&tables);
  check_ok(aus_match_tables_make(&tables, &specs, false, &err), &err);
  assert_int_equal(tables.table[0].n_cols, 2);
  aus_match_tables_fini(&tables);
  aus_match_specs_fini(&specs);
}

static void stored_clusters(void **state)
{
  aus_err err = {0};
  aus_sheet s = shared_sheet("reliabuild/clusters.csv.gz");
  aus_match_space space = {0};
  aus_match_clusters c;
  int64_t i, n_values = 0;
  int f;

  (void)state;
  check_ok(aus_match_clusters_read(&c, &space, &s, &err), &err);
  assert_int_equal(c.n, 1000);
  assert_int_equal(space.n, 119);
  for (f = 0; f < space.n; f++)
    n_values += space.feature[f].values.n;
  assert_int_equal(n_values, 1156);
  for (i = 0; i < c.n; i += 37)
    for (f = 0; f < space.n; f++)
      assert_string_equal(space.feature[f].values.text[c.value[i * space.n + f]],
                          aus_sheet_at(&s, i, f + 1));
  aus_match_clusters_fini(&c);
  aus_match_space_fini(&space);
  aus_sheet_fini(&s);
}

static void bad_specs(void **state)
{
  static const struct {
    const char *row, *message;
  } bad[] = {
      {"d1,p,1,p@1,\nd1,p,1,p@1,\n", "t.csv:3: digest \"d1\" twice"},
      {"d1,,1,p@1,\n", "t.csv:2: no package"},
      {"d1,p,2,p@1,\n", "t.csv:2: success is \"2\", expected 1, 0 or nothing"},
      {"d1,p,1,,\n", "t.csv:2: no nodes"},
      {"d1,p,1,p@1 q,\n", "t.csv:2: node \"q\", expected name@version"},
      {"d1,p,1,@1,\n", "t.csv:2: node \"@1\", expected name@version"},
      {"d1,p,1,p@,\n", "t.csv:2: node \"p@\", expected name@version"},
      {"d1,p,1,p@1%,\n", "t.csv:2: node \"p@1%\", expected name@version"},
      {"d1,p,1,p@1,x\n", "t.csv:2: variant \"x\", expected name=value"},
  };
  char text[200];
  aus_err err = {0};
  aus_match_specs specs;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    aus_sheet s;

    snprintf(text, sizeof text, "digest,package,success,nodes,variants\n%s", bad[i].row);
    s = text_sheet(text);
    aus_err_clear(&err);
    assert_int_equal(aus_match_specs_read(&specs, &s, &err), AUS_EFORMAT);
    assert_string_equal(err.text, bad[i].message);
    aus_sheet_fini(&s);
  }
}

static void bad_clusters(void **state)
{
  static const struct {
    const char *text, *message;
  } bad[] = {
      {"cluster\na\n", "t.csv:1: no feature"},
      {"name,x\na,1\n", "t.csv: no column \"cluster\""},
      {"cluster,x\na,1\na,2\n", "t.csv:3: cluster \"a\" twice"},
      {"cluster,x\na,\n", "t.csv:2: no value of x, expected \"absent\""},
  };
  aus_err err = {0};
  size_t i;

  (void)state;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    aus_sheet s = text_sheet(bad[i].text);
    aus_match_space space = {0};
    aus_match_clusters c;

    aus_err_clear(&err);
    assert_int_equal(aus_match_clusters_read(&c, &space, &s, &err), AUS_EFORMAT);
    assert_string_equal(err.text, bad[i].message);
    aus_match_space_fini(&space);
    aus_sheet_fini(&s);
  }
}

static int read_all(const aus_sheet *s, const aus_sheet *sc, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_specs specs = {0};
  aus_match_tables tables = {0};
  aus_match_clusters clusters = {0};
  aus_match_space space = {0};

  AUS_TRY(aus_match_specs_read(&specs, s, err));
  AUS_TRY(aus_match_tables_make(&tables, &specs, true, err));
  AUS_TRY(aus_match_clusters_read(&clusters, &space, sc, err));
done:
  aus_match_tables_fini(&tables);
  aus_match_specs_fini(&specs);
  aus_match_clusters_fini(&clusters);
  aus_match_space_fini(&space);
  return rc;
}

static void no_memory(void **state)
{
  aus_err err = {0};
  aus_sheet s = text_sheet(BUILDS), sc = text_sheet("cluster,x,y\na,1,2\nb,1,absent\n");
  int64_t n, live = aus_alloc_live();
  int rc = AUS_ENOMEM;

  (void)state;
  for (n = 0; rc != AUS_OK; n++) {
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    rc = read_all(&s, &sc, &err);
    assert_true(rc == AUS_OK || rc == AUS_ENOMEM);
    assert_int_equal(aus_alloc_live(), live);
  }
  aus_alloc_fail_at(-1);
  assert_true(n > 50);
  aus_sheet_fini(&s);
  aus_sheet_fini(&sc);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(stored_tables),   cmocka_unit_test(columns_by_hand),
      cmocka_unit_test(stored_clusters), cmocka_unit_test(bad_specs),
      cmocka_unit_test(bad_clusters),    cmocka_unit_test(no_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
