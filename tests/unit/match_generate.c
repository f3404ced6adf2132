/* match_generate.c - tests of match/generate and counts: known draws, the stated shape, files, plain counting.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Known answers: four hashes and the sizes of the features for seed 2024, computed independently.
 */
#include <config.h>

#include "match/generate.h"

#include "match/counts.h"
#include "unit/match_stand.h"
#include "util/stats.h"

static void known_hashes(void **state)
{
  (void)state;
  assert_true(aus_match_hash(2024, 1, 0, 0) == 7187478740645383019U);
  assert_true(aus_match_hash(2024, 1, 1, 0) == 3391247833489810855U);
  assert_true(aus_match_hash(2024, 2, 0, 3) == 7358925104826226115U);
  assert_true(aus_match_uniform(2024, 1, 0, 0) == 0.38963400326505504);
}

static const aus_match_size SIZE = {
    .seed = 2024, .packages = 50, .features = 119, .jobs = 14675, .clusters = 300};

typedef struct made {
  aus_match_specs specs;
  aus_match_space space;
  aus_match_clusters clusters;
} made;

static void make(made *m, const aus_match_size *size)
{
  aus_err err = {0};

  *m = (made){.specs = {0}};
  check_ok(aus_match_generate_clusters(&m->space, &m->clusters, size, &err), &err);
  check_ok(aus_match_generate_specs(&m->specs, size, &m->space, &err), &err);
}

static void made_fini(made *m)
{
  aus_match_specs_fini(&m->specs);
  aus_match_clusters_fini(&m->clusters);
  aus_match_space_fini(&m->space);
}

static void stated_shape(void **state)
{
  static const int first[] = {5, 3, 11, 9, 9, 2, 6, 16, 10, 8, 3, 5};
  made m;
  aus_err err = {0};
  aus_match_jobs jobs;
  double k[119], sum = 0.0, success = 0.0;
  int64_t i, f;

  (void)state;
  make(&m, &SIZE);
  for (f = 0; f < 119; f++) {
    k[f] = (double)m.space.feature[f].values.n;
    sum += k[f];
    if (f < 12) assert_int_equal(m.space.feature[f].values.n, first[f]);
  }
  aus_stats_sort(k, 119);
  assert_true(sum == 973.0);
  assert_true(k[59] == 7.0 && k[118] == 32.0);
  assert_int_equal(m.specs.n, SIZE.jobs);
  for (i = 0; i < m.specs.n; i++)
    success += m.specs.spec[i].label;
  success /= (double)m.specs.n;
  /* 0.4657; the rule gives 0.48 to 0.64 over seeds 1..5 and 2024, computed independently */
  check_near(success, 0.46569, 1e-5);
  check_ok(aus_match_jobs_make(&jobs, &m.specs, NULL, &m.space, &err), &err);
  assert_int_equal(jobs.n, SIZE.jobs);
  sum = (double)jobs.first[jobs.n] / (double)jobs.n;
  if (!(sum > 7.0 && sum < 10.0)) fail_msg("%g requirements per job", sum);
  aus_match_jobs_fini(&jobs);
  made_fini(&m);
}

/* Every value is dealt equally often, but for one. */
static void clusters_are_balanced(void **state)
{
  made m;
  aus_err err = {0};
  aus_match_index x;
  int64_t f, v;

  (void)state;
  make(&m, &SIZE);
  check_ok(aus_match_index_make(&x, &m.space, &m.clusters, &err), &err);
  for (f = 0; f < 119; f++) {
    int64_t n = m.space.feature[f].values.n;

    for (v = 0; v < n; v++) {
      int64_t count = x.count[x.first[f] + v];

      assert_true(count == 300 / n || count == (300 + n - 1) / n);
    }
  }
  aus_match_index_fini(&x);
  made_fini(&m);
}

/* Written and read again it is the same. */
static void files_read_back(void **state)
{
  const aus_match_size size = {.seed = 5, .packages = 7, .features = 4, .jobs = 60, .clusters = 9};
  made m;
  aus_err err = {0};
  aus_buf text, again;
  aus_sheet sheet;
  aus_match_specs specs;
  aus_match_space space = {0};
  aus_match_clusters clusters;

  (void)state;
  make(&m, &size);
  aus_buf_init(&text);
  aus_buf_init(&again);
  aus_match_specs_write(&m.specs, &text);
  sheet = text_sheet(text.data);
  check_ok(aus_match_specs_read(&specs, &sheet, &err), &err);
  aus_match_specs_write(&specs, &again);
  assert_string_equal(text.data, again.data);
  assert_int_equal(specs.packages.n, 7);
  aus_sheet_fini(&sheet);
  aus_buf_clear(&text);
  aus_buf_clear(&again);
  aus_match_clusters_write(&m.clusters, &m.space, &text);
  sheet = text_sheet(text.data);
  check_ok(aus_match_clusters_read(&clusters, &space, &sheet, &err), &err);
  aus_match_clusters_write(&clusters, &space, &again);
  assert_string_equal(text.data, again.data);
  aus_sheet_fini(&sheet);
  aus_match_specs_fini(&specs);
  aus_match_clusters_fini(&clusters);
  aus_match_space_fini(&space);
  made_fini(&m);
  aus_buf_fini(&text);
  aus_buf_fini(&again);
}

static int64_t count_plainly(const made *m, const aus_match_jobs *jobs, int64_t j)
{
  int64_t c, i, n = 0;

  for (c = 0; c < m->clusters.n; c++) {
    bool all = true;

    for (i = jobs->first[j]; i < jobs->first[j + 1]; i++)
      all = all && m->clusters.value[c * m->space.n + jobs->feature[i]] == jobs->value[i];
    n += all;
  }
  return n;
}

static void counts_are_plain_counts(void **state)
{
  const aus_match_size size = {
      .seed = 9, .packages = 5, .features = 4, .jobs = 400, .clusters = 1500};
  made m;
  aus_err err = {0};
  aus_match_jobs jobs;
  aus_match_index x;
  int64_t n[400], j, some = 0;

  (void)state;
  make(&m, &size);
  check_ok(aus_match_jobs_make(&jobs, &m.specs, NULL, &m.space, &err), &err);
  jobs.value[jobs.first[3]] = AUS_MATCH_NOWHERE;
  check_ok(aus_match_index_make(&x, &m.space, &m.clusters, &err), &err);
  check_ok(aus_match_counts(&x, &jobs, 0, 400, n, &err), &err);
  for (j = 0; j < 400; j++) {
    assert_int_equal(n[j], count_plainly(&m, &jobs, j));
    some += n[j] > 0;
  }
  assert_int_equal(n[3], 0);
  if (some < 30) fail_msg("only %d jobs match anything", (int)some);
  aus_match_index_fini(&x);
  aus_match_jobs_fini(&jobs);
  made_fini(&m);
}

/* The stored list of features and their values, and what drawing over all builds adds. */
static void clusters_over_stored_builds(void **state)
{
  const aus_match_size size = {.seed = 4, .clusters = 200};
  aus_err err = {0};
  aus_sheet want = shared_sheet("reliabuild/feature-values.csv");
  aus_match_specs specs = shared_specs();
  aus_match_tables tables;
  aus_match_space space = {0};
  aus_match_clusters clusters;
  aus_match_jobs jobs;
  int64_t i, k, n_nowhere[2] = {0, 0};
  int all;

  (void)state;
  check_ok(aus_match_tables_make(&tables, &specs, false, &err), &err);
  for (all = 0; all < 2; all++) {
    check_ok(aus_match_draw_clusters(&space, &clusters, &specs, &tables, all == 1, &size, &err),
             &err);
    assert_int_equal(space.n, want.n_rows);
    for (i = 0; all == 0 && i < want.n_rows; i++) {
      const aus_match_names *values = &space.feature[i].values;
      const char *text = aus_sheet_at(&want, i, sheet_column(&want, "values"));

      assert_string_equal(space.feature[i].name, aus_sheet_at(&want, i, 0));
      assert_int_equal(values->n, (int)sheet_number(&want, i, "n_values"));
      for (k = 0; k < values->n; k++) {
        size_t n = strcspn(text, " ");

        assert_int_equal(aus_match_names_find(values, text, n), k);
        text += n + (text[n] == ' ');
      }
    }
    check_ok(aus_match_jobs_make(&jobs, &specs, &tables, &space, &err), &err);
    for (i = 0; i < jobs.first[jobs.n]; i++)
      n_nowhere[all] += jobs.value[i] == AUS_MATCH_NOWHERE;
    aus_match_jobs_fini(&jobs);
    aus_match_clusters_fini(&clusters);
    aus_match_space_fini(&space);
  }
  assert_int_equal(n_nowhere[0], 391);
  assert_int_equal(n_nowhere[1], 0);
  aus_match_tables_fini(&tables);
  aus_match_specs_fini(&specs);
  aus_sheet_fini(&want);
}

static void impossible_sizes(void **state)
{
  aus_match_size size = SIZE;
  aus_err err = {0};
  aus_match_space space = {0};
  aus_match_clusters clusters;

  (void)state;
  size.jobs = 249;
  check_fails(aus_match_generate_clusters(&space, &clusters, &size, &err), AUS_EINVAL,
              "249 jobs (need >= 5 per package)", &err);
}

static int make_all(const aus_match_size *size, aus_err *err)
{
  int rc = AUS_OK;
  made m = {.specs = {0}};
  aus_match_tables tables = {0};
  aus_match_space space = {0};
  aus_match_clusters clusters = {0};

  AUS_TRY(aus_match_generate_clusters(&m.space, &m.clusters, size, err));
  AUS_TRY(aus_match_generate_specs(&m.specs, size, &m.space, err));
  AUS_TRY(aus_match_tables_make(&tables, &m.specs, true, err));
  AUS_TRY(aus_match_draw_clusters(&space, &clusters, &m.specs, &tables, true, size, err));
done:
  aus_match_clusters_fini(&clusters);
  aus_match_space_fini(&space);
  aus_match_tables_fini(&tables);
  made_fini(&m);
  return rc;
}

static void no_memory(void **state)
{
  const aus_match_size size = {.seed = 5, .packages = 3, .features = 2, .jobs = 15, .clusters = 3};
  aus_err err = {0};
  int64_t n, live = aus_alloc_live();
  int rc = AUS_ENOMEM;

  (void)state;
  for (n = 0; rc != AUS_OK; n++) {
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    rc = make_all(&size, &err);
    assert_true(rc == AUS_OK || rc == AUS_ENOMEM);
    assert_int_equal(aus_alloc_live(), live);
  }
  aus_alloc_fail_at(-1);
  assert_true(n > 30);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_hashes),
      cmocka_unit_test(stated_shape),
      cmocka_unit_test(clusters_are_balanced),
      cmocka_unit_test(files_read_back),
      cmocka_unit_test(counts_are_plain_counts),
      cmocka_unit_test(clusters_over_stored_builds),
      cmocka_unit_test(impossible_sizes),
      cmocka_unit_test(no_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
