/* match_experiments.c - tests of match/lammps, intervals, builds: the stored experiments, bad input.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Golden: data/match/golden, exact expectations computed independently; counts exactly, sums within 1e-9.
 */
#include <config.h>

#include "match/builds.h"

#include "match/intervals.h"
#include "match/lammps.h"
#include "unit/match_stand.h"

static void stored_lammps(void **state)
{
  aus_err err = {0};
  aus_sheet jobs = shared_sheet("lammps/jobspecs.csv"), truth = shared_sheet("lammps/truth.csv");
  aus_sheet clusters = shared_sheet("lammps/clusters.csv");
  aus_sheet want = shared_sheet("golden/lammps-expected.csv");
  aus_match_lammps_row row[AUS_MATCH_LAMMPS_STEPS];
  int i;

  (void)state;
  check_ok(aus_match_lammps_run(&jobs, &clusters, &truth, row, &err), &err);
  assert_int_equal(want.n_rows, AUS_MATCH_LAMMPS_STEPS);
  for (i = 0; i < AUS_MATCH_LAMMPS_STEPS; i++) {
    assert_string_equal(aus_match_lammps_steps[i], aus_sheet_at(&want, i, 0));
    assert_int_equal(row[i].jobs, 18);
    assert_int_equal(row[i].unmatched, (int)sheet_number(&want, i, "unmatched"));
    assert_int_equal(row[i].total, (int)sheet_number(&want, i, "total_matches"));
    check_near(row[i].accuracy, sheet_number(&want, i, "expected_accuracy"), 1e-12);
  }
  aus_sheet_fini(&jobs);
  aus_sheet_fini(&truth);
  aus_sheet_fini(&clusters);
  aus_sheet_fini(&want);
}

static void stored_ranges(void **state)
{
  aus_err err = {0};
  aus_sheet sheet = shared_sheet("range/jobspecs.csv.gz"),
            sc = shared_sheet("range/clusters.csv.gz");
  aus_sheet want = shared_sheet("golden/range-matches.csv.gz");
  aus_match_space space = {0};
  aus_match_clusters clusters;
  aus_match_index x;
  aus_match_interval_jobs jobs;
  aus_match_interval_count *n;
  aus_match_interval_row row[AUS_MATCH_INTERVAL_ROWS];
  int64_t i;

  (void)state;
  check_ok(aus_match_clusters_read(&clusters, &space, &sc, &err), &err);
  check_ok(aus_match_index_make(&x, &space, &clusters, &err), &err);
  check_ok(aus_match_intervals_read(&jobs, &space, &sheet, &err), &err);
  assert_int_equal(jobs.n, 1602);
  assert_int_equal(jobs.first[jobs.n], 43021);
  n = calloc((size_t)jobs.n, sizeof *n);
  check_ok(aus_match_intervals_run(&jobs, &space, &x, false, n, row, &err), &err);
  for (i = 0; i < want.n_rows; i++) {
    assert_string_equal(jobs.digest[i], aus_sheet_at(&want, i, 0));
    assert_int_equal(jobs.first[i + 1] - jobs.first[i], (int)sheet_number(&want, i, "n_ranges"));
    assert_int_equal(n[i].pairs[1], (int)sheet_number(&want, i, "pairs_in_range_inclusive"));
    assert_int_equal(n[i].clusters[1], (int)sheet_number(&want, i, "clusters_all_inclusive"));
    assert_int_equal(n[i].pairs[0], (int)sheet_number(&want, i, "pairs_in_range_exclusive"));
    assert_int_equal(n[i].clusters[0], (int)sheet_number(&want, i, "clusters_all_exclusive"));
  }
  assert_int_equal(want.n_rows, 800);
  /* nothing told, computed independently */
  check_near(row[0].success, 0.004076154806491885, 1e-9);
  check_near(row[0].marginal, 0.734985086677085, 1e-9);
  check_ok(aus_match_intervals_run(&jobs, &space, &x, true, n, row, &err), &err);
  check_near(row[0].success, 0.007677902621722846, 1e-9);
  check_near(row[0].marginal, 0.7713579205859037, 1e-9);
  assert_int_equal(row[1].asked, 43021);
  assert_true(row[2].marginal > row[0].marginal);
  free(n);
  aus_match_intervals_fini(&jobs);
  aus_match_index_fini(&x);
  aus_match_clusters_fini(&clusters);
  aus_match_space_fini(&space);
  aus_sheet_fini(&sheet);
  aus_sheet_fini(&sc);
  aus_sheet_fini(&want);
}

/* Two clusters, by hand: a job meets 2 of 3 ranges on one, 1 on the other. */
static void ranges_by_hand(void **state)
{
  aus_err err = {0};
  aus_sheet sc = text_sheet("cluster,a,b-version\nx,1.0,2.0\ny,1.5,absent\n");
  aus_sheet sheet = text_sheet("digest,package,ranges\nd1,p,a@1.0:1.4 b@:3 z@1:2\nd2,p,\n"
                               "d3,q,a@1.0:1.4 b@:3 z@1:2\nd4,q,  \n"); /* d2, d4: nothing asked */
  aus_match_space space = {0};
  aus_match_clusters clusters;
  aus_match_index x;
  aus_match_interval_jobs jobs;
  aus_match_interval_count n;
  aus_match_interval_row row[AUS_MATCH_INTERVAL_ROWS];

  (void)state;
  check_ok(aus_match_clusters_read(&clusters, &space, &sc, &err), &err);
  check_ok(aus_match_index_make(&x, &space, &clusters, &err), &err);
  check_ok(aus_match_intervals_read(&jobs, &space, &sheet, &err), &err);
  assert_int_equal(jobs.n, 1);
  check_ok(aus_match_intervals_run(&jobs, &space, &x, true, &n, row, &err), &err);
  assert_int_equal(n.pairs[1], 2);
  assert_int_equal(n.pairs[0], 1);
  assert_int_equal(n.clusters[1], 0);
  check_near(row[0].marginal, 1.0 / 3, 1e-15);
  assert_int_equal(row[1].asked, 3);
  assert_int_equal(row[1].unmatched, 1);
  check_near(row[1].marginal, 2.0 / 3, 1e-15);
  assert_int_equal(row[2].asked, 3);
  check_near(row[2].unmatched_at, 3.0, 1e-15);
  aus_match_intervals_fini(&jobs);
  aus_match_index_fini(&x);
  aus_sheet_fini(&sheet);
  sheet = text_sheet("digest,package,ranges\nd1,p,a@1.0:1.4\nd2,p,b@2.0:1.10\n");
  check_fails(aus_match_intervals_read(&jobs, &space, &sheet, &err), AUS_EFORMAT,
              "t.csv:3: range \"b@2.0:1.10\" is the wrong way round", &err);
  aus_sheet_fini(&sheet);
  sheet = text_sheet("digest,package,ranges\nd1,p,a@1.0\n");
  check_fails(aus_match_intervals_read(&jobs, &space, &sheet, &err), AUS_EFORMAT,
              "t.csv:2: range \"a@1.0\", expected name@min:max", &err);
  aus_sheet_fini(&sheet);
  aus_sheet_fini(&sc);
  aus_match_clusters_fini(&clusters);
  aus_match_space_fini(&space);
}

static void compare_knn(const aus_match_builds *b)
{
  aus_sheet want = shared_sheet("golden/spackbuild-knn-duration.csv.gz");
  int64_t i, c, p;

  assert_int_equal(want.n_rows, b->measured.packages.n);
  for (i = 0; i < want.n_rows; i++) {
    const char *name = aus_sheet_at(&want, i, 0);

    p = aus_match_names_find(&b->measured.packages, name, strlen(name));
    assert_true(p >= 0);
    check_near(b->optimal_s[p], sheet_number(&want, i, "optimal_duration_s"), 1e-8);
    for (c = 0; c < b->n_clusters; c++)
      check_near(b->duration_s[p * b->n_clusters + c], sheet_number(&want, i, b->clusters.text[c]),
                 1e-8);
  }
  aus_sheet_fini(&want);
}

/* The table of the area's description: jobs without a cluster, mean matches, success by the original's rule and by
 * the stated one. Published draws of the random choice lie within 0.002 (the last row has none). */
static void compare_steps(const aus_match_builds_row *row)
{
  static const struct {
    int step;
    int64_t jobs, unmatched;
    double matches, original, stated, published;
  } told[] = {{0, 31622, 0, 100, 0.0628, 0.0256, 0.0614},
              {1, 31622, 0, 13.1821, 0.4779, 0.2078, 0.4776},
              {5, 31622, 0, 7.8339, 0.7840, 0.3643, 0.7849},
              {6, 31622, 9903, 1.00468, 1, 1, 1},
              {7, 21719, 1532, 1.35052, 1, 1, 1},
              {8, 20187, 0, 1.45301, 1, 1, 1},
              {9, 31622, 4865, 2.5611, 0.4230, 1, NAN}};
  size_t i;

  for (i = 0; i < sizeof told / sizeof told[0]; i++) {
    const aus_match_builds_row *r = &row[told[i].step];

    assert_int_equal(r->jobs, told[i].jobs);
    assert_int_equal(r->unmatched, told[i].unmatched);
    assert_true(fabs(r->matches_mean - told[i].matches) < 5.1e-5);
    assert_true(fabs(r->success_original - told[i].original) < 5.1e-5);
    assert_true(fabs(r->success - told[i].stated) < 5.1e-5);
    assert_false(fabs(r->success_original - told[i].published) >= 0.002);
  }
  assert_true(fabs(row[8].cheapest_cost - 4762.095) < 5.1e-4);
  assert_true(fabs(row[8].cost - 5362.013) < 5.1e-4);
  assert_int_equal(row[9].jobs - row[9].unmatched, 26757);
  assert_int_equal(row[6].jobs - row[6].unmatched, 21719);
}

static void stored_builds(void **state)
{
  aus_err err = {0};
  aus_sheet builds = shared_sheet("spackbuild/builds.csv.gz");
  aus_sheet clusters = shared_sheet("spackbuild/clusters.csv");
  aus_sheet optima = shared_sheet("spackbuild/package-optima.csv");
  aus_sheet want = shared_sheet("golden/spackbuild-expected.csv");
  aus_match_builds b, own;
  aus_match_builds_row row[AUS_MATCH_BUILDS_ROWS];
  int i;

  (void)state;
  check_ok(aus_match_builds_read(&b, &builds, &clusters, &optima, AUS_MATCH_DURATION_KNN, &err),
           &err);
  compare_knn(&b);
  check_ok(aus_match_builds_run(&b, row, &err), &err);
  check_ok(aus_match_builds_read(&own, &builds, &clusters, NULL, AUS_MATCH_DURATION_KNN, &err),
           &err);
  for (i = 0; i < own.measured.packages.n; i++)
    check_near(own.optimal_s[i], b.optimal_s[i], 1e-9);
  aus_match_builds_fini(&own);
  assert_int_equal(want.n_rows, AUS_MATCH_BUILDS_ROWS);
  for (i = 0; i < AUS_MATCH_BUILDS_ROWS; i++) {
    const aus_match_builds_row *r = &row[i];

    assert_string_equal(aus_match_builds_names[i], aus_sheet_at(&want, i, 0));
    assert_int_equal(r->jobs, (int)sheet_number(&want, i, "jobs"));
    assert_int_equal(r->unmatched, (int)sheet_number(&want, i, "unmatched"));
    check_near(r->matches_mean, sheet_number(&want, i, "matched_clusters_mean"), 1e-9);
    check_near(r->matches_sd, sheet_number(&want, i, "matched_clusters_std"), 1e-9);
    check_near(r->success_original, sheet_number(&want, i, "expected_success_original_rule"), 1e-9);
    check_near(r->success, sheet_number(&want, i, "expected_success_minimum_version_rule"), 1e-9);
    check_near(r->runtime_s, sheet_number(&want, i, "expected_additional_runtime_s"), 1e-9);
    check_near(r->cost, sheet_number(&want, i, "expected_additional_cost"), 1e-9);
    check_near(r->cheapest_runtime_s, sheet_number(&want, i, "cheapest_additional_runtime_s"),
               1e-9);
    check_near(r->cheapest_cost, sheet_number(&want, i, "cheapest_additional_cost"), 1e-9);
  }
  compare_steps(row);
  aus_match_builds_fini(&b);
  aus_sheet_fini(&builds);
  aus_sheet_fini(&clusters);
  aus_sheet_fini(&optima);
  aus_sheet_fini(&want);
}

static const char BUILDS[] =
    "package,arch,compiler,compiler_version,mem_max_bytes,mem_mean_bytes,duration_s\n"
    "p,x,gcc,1,10.5,5,100\n";
static const char OFFERS[] =
    "cluster,memory_bytes,cost_per_node_hour,arch,compiler,compiler_version\n"
    "a,10,1,x,gcc,1\nb,9,1,x,gcc,2\n";
static const char OPTIMA[] = "package,memory_global_best_runtime\np,7\n";

static void one_build_by_hand(void **state)
{
  aus_err err = {0};
  aus_sheet b = text_sheet(BUILDS), c = text_sheet(OFFERS), o = text_sheet(OPTIMA);
  aus_match_builds all;
  aus_match_builds_row row[AUS_MATCH_BUILDS_ROWS];

  (void)state;
  check_ok(aus_match_builds_read(&all, &b, &c, &o, AUS_MATCH_DURATION_KNN, &err), &err);
  check_ok(aus_match_builds_run(&all, row, &err), &err);
  check_near(row[0].success_original, 0.5, 1e-15);
  check_near(row[0].success, 1.0, 1e-15);
  check_near(row[4].matches_mean, 1.0, 1e-15); /* 10 bytes are enough for 10.5 */
  check_near(row[9].matches_mean, 2.0, 1e-15);
  aus_match_builds_fini(&all);
  aus_sheet_fini(&o);
  o = text_sheet("package,memory_global_best_runtime\nq,7\n");
  check_fails(aus_match_builds_read(&all, &b, &c, &o, AUS_MATCH_DURATION_KNN, &err), AUS_EFORMAT,
              "t.csv: no package \"p\"", &err);
  aus_sheet_fini(&b);
  aus_sheet_fini(&c);
  aus_sheet_fini(&o);
}

/* What no number can hold: one of the matches is still the cheapest. 4 h at 1e308 dollars are more than that. */
static void prices_without_end(void **state)
{
  aus_err err = {0};
  aus_sheet b =
      text_sheet("package,arch,compiler,compiler_version,mem_max_bytes,mem_mean_bytes,duration_s\n"
                 "p,x,gcc,1,10,5,14400\n");
  aus_sheet c =
      text_sheet("cluster,memory_bytes,cost_per_node_hour,arch,compiler,compiler_version\n"
                 "a,10,1e308,x,gcc,1\nb,10,1e308,x,gcc,1\n");
  aus_sheet o = text_sheet(OPTIMA);
  aus_match_builds all;
  aus_match_builds_row row[AUS_MATCH_BUILDS_ROWS];

  (void)state;
  check_ok(aus_match_builds_read(&all, &b, &c, &o, AUS_MATCH_DURATION_KNN, &err), &err);
  check_ok(aus_match_builds_run(&all, row, &err), &err);
  check_near(row[0].cheapest_runtime_s, 0.0, 1e-15); /* as long as at the optimum */
  check_near(row[0].cheapest_cost, 0.0, 1e-15);
  aus_match_builds_fini(&all);
  aus_sheet_fini(&b);
  aus_sheet_fini(&c);
  aus_sheet_fini(&o);
}

static int run_builds(const aus_sheet *b, const aus_sheet *c, const aus_sheet *o,
                      const aus_sheet *j, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_builds all = {0};
  aus_match_builds_row row[AUS_MATCH_BUILDS_ROWS];
  aus_match_space space = {0};
  aus_match_clusters clusters = {0};
  aus_match_interval_jobs jobs = {0};

  AUS_TRY(aus_match_builds_read(&all, b, c, o, AUS_MATCH_DURATION_KNN, err));
  AUS_TRY(aus_match_builds_run(&all, row, err));
  AUS_TRY(aus_match_clusters_read(&clusters, &space, c, err));
  AUS_TRY(aus_match_intervals_read(&jobs, &space, j, err));
done:
  aus_match_builds_fini(&all);
  aus_match_intervals_fini(&jobs);
  aus_match_clusters_fini(&clusters);
  aus_match_space_fini(&space);
  return rc;
}

static void no_memory(void **state)
{
  aus_err err = {0};
  aus_sheet b = text_sheet(BUILDS), c = text_sheet(OFFERS), o = text_sheet(OPTIMA);
  aus_sheet j = text_sheet("digest,package,ranges\nd,p,arch@1:2 compiler@1:\n");
  int64_t n, live = aus_alloc_live();
  int rc = AUS_ENOMEM;

  (void)state;
  for (n = 0; rc != AUS_OK; n++) {
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    rc = run_builds(&b, &c, &o, &j, &err);
    assert_true(rc == AUS_OK || rc == AUS_ENOMEM);
    assert_int_equal(aus_alloc_live(), live);
  }
  aus_alloc_fail_at(-1);
  assert_true(n > 30);
  aus_sheet_fini(&b);
  aus_sheet_fini(&c);
  aus_sheet_fini(&o);
  aus_sheet_fini(&j);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(stored_lammps),     cmocka_unit_test(stored_ranges),
      cmocka_unit_test(ranges_by_hand),    cmocka_unit_test(stored_builds),
      cmocka_unit_test(one_build_by_hand), cmocka_unit_test(prices_without_end),
      cmocka_unit_test(no_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
