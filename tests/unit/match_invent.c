/* match_invent.c - tests of match/invent: known texts, what holds in them, the experiments on them.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Known answers: SHA-256 of the texts of a small case, made independently (Python) from the formulas of the header.
 */
#include <config.h>

#include "match/invent.h"

#include "match/builds.h"
#include "match/intervals.h"
#include "match/lammps.h"
#include "match/version.h"
#include "unit/match_stand.h"
#include "util/sha256.h"

enum { RANGES, BUILDS, CLUSTERS, OPTIMA, L_JOBS, L_CLUSTERS, L_TRUTH, N_TABLES };

static const aus_match_size SIZE = {
    .seed = 11, .packages = 6, .features = 10, .jobs = 240, .clusters = 30};

/* All there is for one size. */
typedef struct made {
  aus_match_specs specs;
  aus_match_space space;
  aus_match_clusters clusters;
  aus_buf table[N_TABLES];
  aus_sheet sheet[N_TABLES];
} made;

static int make(made *m, const aus_match_size *size, aus_err *err)
{
  int rc = AUS_OK, k;
  aus_buf *t = m->table;

  *m = (made){.specs = {0}};
  AUS_TRY(aus_match_generate_clusters(&m->space, &m->clusters, size, err));
  AUS_TRY(aus_match_generate_specs(&m->specs, size, &m->space, err));
  AUS_TRY(aus_match_invent_ranges(&m->specs, &t[RANGES], err));
  AUS_TRY(aus_match_invent_builds(size, &t[BUILDS], &t[CLUSTERS], &t[OPTIMA], err));
  AUS_TRY(aus_match_invent_lammps(size->seed, &t[L_JOBS], &t[L_CLUSTERS], &t[L_TRUTH], err));
  for (k = 0; k < N_TABLES; k++)
    AUS_TRY(aus_sheet_read(&m->sheet[k], "made", t[k].data, (size_t)t[k].n, err));
done:
  return rc;
}

static void made_fini(made *m)
{
  int k;

  for (k = 0; k < N_TABLES; k++) {
    aus_sheet_fini(&m->sheet[k]);
    aus_buf_fini(&m->table[k]);
  }
  aus_match_specs_fini(&m->specs);
  aus_match_clusters_fini(&m->clusters);
  aus_match_space_fini(&m->space);
}

static void known_texts(void **state)
{
  static const char *const want[N_TABLES] = {
      "6fd6b56279eea79e3ff362e37e8aae5126a01cab02ad7a6501851e4adfcbe499",
      "4cab9ed5cf63ebf08a88e51b29e3f436f1cefc33030a89eb2cae9788a3f44094",
      "864ee527353d522cb74aee2f913bf20a7af8d8d818c5a63d77d207758c387f51",
      "7494327a201b0111b60e8ba284861b4b363e14e79e1ae1534c78d4817f53b8ca",
      "d8a87e07224a2c2e1b4c378953200704cb42de11be67043fb80d9aa50f47164f",
      "71650434211e6865a7da2d126771f96241f267c239afb3c724cb18404ded0ba3",
      "6efbcdfa3500c75c75944a5c7c53daac642b5dda7e4d093dd6646f102a281f6c"};
  made m;
  aus_err err = {0};
  unsigned char digest[32];
  char hex[65];
  int k;

  (void)state;
  check_ok(make(&m, &SIZE, &err), &err);
  for (k = 0; k < N_TABLES; k++) {
    aus_sha256(m.table[k].data, (size_t)m.table[k].n, digest);
    aus_sha256_hex(digest, hex);
    assert_string_equal(hex, want[k]);
  }
  made_fini(&m);
}

/* Six versions of a, so one quarter of five, rounded up, to either side; a failure's version does not count, a build
 * without dependencies is no job, "1.10" is newer than "1.9". */
static void ranges_by_hand(void **state)
{
  static const char specs_text[] =
      "digest,package,version,success,nodes,variants\n"
      "d0,p,1,1,p@1 a@1.1 b@7,\nd1,p,1,1,p@1 a@1.10,\nd2,p,1,1,p@1 a@1.9,\n"
      "d3,p,2,1,p@2 a@develop,\nd4,p,2,1,p@2 a@2.0,\nd5,p,2,1,p@2 a@1.2,\n"
      "d6,p,2,0,p@2 a@0.5 b@6,\nd7,p,2,1,p@2,\nd8,q,2,1,q@2 a@1.9,\nd9,q,2,,q@2 a@1.8,\n";
  aus_err err = {0};
  aus_sheet sheet = text_sheet(specs_text);
  aus_match_specs specs, none = {0};
  aus_buf text;

  (void)state;
  aus_buf_init(&text);
  check_ok(aus_match_specs_read(&specs, &sheet, &err), &err);
  check_ok(aus_match_invent_ranges(&specs, &text, &err), &err);
  assert_string_equal(text.data, "digest,package,ranges\nd0,p,a@1.1:1.9 b@7:7\nd1,p,a@1.2:develop\n"
                                 "d2,p,a@1.1:2.0\nd3,p,a@1.10:develop\nd4,p,a@1.9:develop\n"
                                 "d5,p,a@1.1:1.10\nd8,q,a@1.9:1.9\n");
  aus_buf_clear(&text);
  check_ok(aus_match_invent_ranges(&none, &text, &err), &err);
  assert_string_equal(text.data, "digest,package,ranges\n");
  aus_buf_fini(&text);
  aus_match_specs_fini(&specs);
  aus_sheet_fini(&sheet);
}

/* Ranges are of the build's own dependencies, in their order, and hold its own versions. */
static void ranges_hold_their_own_build(void **state)
{
  made m;
  aus_err err = {0};
  aus_match_interval_jobs jobs;
  int64_t j, i, spec;

  (void)state;
  check_ok(make(&m, &SIZE, &err), &err);
  check_ok(aus_match_intervals_read(&jobs, &m.space, &m.sheet[RANGES], &err), &err);
  assert_true(jobs.n > SIZE.jobs / 4);
  for (j = 0; j < jobs.n; j++) {
    spec = aus_match_names_find(&m.specs.digests, jobs.digest[j], strlen(jobs.digest[j]));
    assert_int_equal(m.specs.spec[spec].label, 1);
    assert_int_equal(jobs.first[j + 1] - jobs.first[j],
                     m.specs.node_at[spec + 1] - m.specs.node_at[spec] - 1);
    for (i = jobs.first[j]; i < jobs.first[j + 1]; i++) {
      const aus_match_interval *need = &jobs.need[i];
      const aus_match_node *node = &m.specs.node[m.specs.node_at[spec] + 1 + i - jobs.first[j]];
      const char *name = m.specs.node_names.text[node->name];
      const char *own = m.specs.texts.text[node->version];

      assert_true(need->feature >= 0);
      assert_memory_equal(m.space.feature[need->feature].name, name, strlen(name));
      assert_true(aus_match_version_compare(need->low, own) <= 0);
      assert_true(aus_match_version_compare(own, need->high) <= 0);
    }
  }
  aus_match_intervals_fini(&jobs);
  made_fini(&m);
}

/* More told, better matches, until for some jobs nothing is left. */
static void ranges_pay(void **state)
{
  made m;
  aus_err err = {0};
  aus_match_interval_jobs jobs;
  aus_match_index x;
  aus_match_interval_count *count;
  aus_match_interval_row row[AUS_MATCH_INTERVAL_ROWS];

  (void)state;
  check_ok(make(&m, &SIZE, &err), &err);
  check_ok(aus_match_intervals_read(&jobs, &m.space, &m.sheet[RANGES], &err), &err);
  check_ok(aus_match_index_make(&x, &m.space, &m.clusters, &err), &err);
  count = calloc((size_t)jobs.n, sizeof *count);
  check_ok(aus_match_intervals_run(&jobs, &m.space, &x, true, count, row, &err), &err);
  assert_int_equal(row[0].unmatched, 0);
  assert_true(row[0].success > 0.0 && row[0].success < row[1].success);
  assert_true(row[1].success < row[2].success && row[2].success < 1.0);
  assert_true(row[0].marginal > 0.4 && row[0].marginal < row[1].marginal);
  assert_true(row[1].marginal < row[2].marginal);
  assert_true(row[2].unmatched > 0 && row[2].unmatched < jobs.n);
  free(count);
  aus_match_index_fini(&x);
  aus_match_intervals_fini(&jobs);
  made_fini(&m);
}

static double at(const aus_sheet *s, int64_t row, const char *column)
{
  return sheet_number(s, row, column);
}

/* Of a package: at least five builds, the memory of the first of the fastest is its optimum. */
static void check_package(const aus_sheet *b, const aus_sheet *optima, int64_t p)
{
  const char *name = aus_sheet_at(optima, p, 0);
  int64_t i, n = 0, best = -1;

  for (i = 0; i < b->n_rows; i++) {
    if (strcmp(aus_sheet_at(b, i, 0), name) != 0) continue;
    n++;
    if (best < 0 || at(b, i, "duration_s") < at(b, best, "duration_s")) best = i;
  }
  assert_true(n >= 5);
  assert_true(at(optima, p, "memory_global_best_runtime") == at(b, best, "mem_mean_bytes"));
}

static void builds_are_sound(void **state)
{
  made m;
  aus_err err = {0};
  const aus_sheet *b = &m.sheet[BUILDS], *c = &m.sheet[CLUSTERS];
  int64_t i, k;

  (void)state;
  check_ok(make(&m, &SIZE, &err), &err);
  assert_int_equal(b->n_rows, SIZE.jobs);
  assert_int_equal(c->n_rows, SIZE.clusters);
  assert_int_equal(m.sheet[OPTIMA].n_rows, SIZE.packages);
  for (i = 0; i < b->n_rows; i++) {
    assert_true(at(b, i, "mem_max_bytes") >= at(b, i, "mem_mean_bytes"));
    assert_true(at(b, i, "mem_mean_bytes") >= 1.0);
    assert_true(at(b, i, "duration_s") >= 1.0);
  }
  for (i = 0; i < SIZE.packages; i++)
    check_package(b, &m.sheet[OPTIMA], i);
  for (i = 0; i < c->n_rows; i++) {
    assert_true(at(c, i, "cost_per_node_hour") > 0.0);
    for (k = 0; k < i; k++)
      assert_int_equal(at(c, i, "memory_bytes") < at(c, k, "memory_bytes"),
                       at(c, i, "cost_per_node_hour") < at(c, k, "cost_per_node_hour"));
  }
  made_fini(&m);
}

/* Little memory takes longer. One package alone, means over its halves by memory. */
static void memory_saves_time(void **state)
{
  const aus_match_size size = {.seed = 3, .packages = 1, .jobs = 1000, .clusters = 1};
  aus_err err = {0};
  aus_buf t[3];
  aus_sheet b;
  double sum[2] = {0.0, 0.0}, memory = 0.0;
  int64_t i, n[2] = {0, 0};
  int k;

  (void)state;
  for (k = 0; k < 3; k++)
    aus_buf_init(&t[k]);
  check_ok(aus_match_invent_builds(&size, &t[0], &t[1], &t[2], &err), &err);
  b = text_sheet(t[0].data);
  for (i = 0; i < b.n_rows; i++)
    memory += at(&b, i, "mem_mean_bytes") / (double)b.n_rows;
  for (i = 0; i < b.n_rows; i++) {
    int half = at(&b, i, "mem_mean_bytes") > memory;

    n[half]++;
    sum[half] += at(&b, i, "duration_s");
  }
  /* 1000 builds, noise of 29 % each: 4 sigma of the ratio are below 0.1 */
  assert_true(sum[0] / (double)n[0] > 1.1 * sum[1] / (double)n[1]);
  aus_sheet_fini(&b);
  for (k = 0; k < 3; k++)
    aus_buf_fini(&t[k]);
}

/* What is asked for rarely is not everywhere. The cheapest match saves money, as a rule and here: it has the least price,
 * and what is summed is the price beyond the optimum's time. */
static void builds_pay(void **state)
{
  made m;
  aus_err err = {0};
  aus_match_builds all;
  aus_match_builds_row row[AUS_MATCH_BUILDS_ROWS];
  int i;

  (void)state;
  check_ok(make(&m, &SIZE, &err), &err);
  check_ok(aus_match_builds_read(&all, &m.sheet[BUILDS], &m.sheet[CLUSTERS], &m.sheet[OPTIMA],
                                 AUS_MATCH_DURATION_KNN, &err),
           &err);
  check_ok(aus_match_builds_run(&all, row, &err), &err);
  for (i = 0; i < AUS_MATCH_BUILDS_ROWS; i++)
    assert_true(row[i].jobs > row[i].unmatched);
  assert_true(row[0].success < row[1].success && row[1].success < row[5].success);
  assert_true(row[5].success < 1.0 && row[6].success == 1.0);
  assert_true(row[6].unmatched > row[9].unmatched && row[9].unmatched > 0);
  assert_true(row[7].unmatched > 0 && row[8].unmatched == 0);
  assert_true(row[0].cheapest_cost < row[0].cost);
  assert_true(row[8].cheapest_cost < row[8].cost);
  aus_match_builds_fini(&all);
  made_fini(&m);
}

static void builds_of_impossible_size(void **state)
{
  aus_match_size size = SIZE;
  aus_err err = {0};
  aus_buf t;

  (void)state;
  aus_buf_init(&t);
  size.packages = 0;
  check_fails(aus_match_invent_builds(&size, &t, &t, &t, &err), AUS_EINVAL,
              "invent 240 builds of 0 packages, 30 clusters, need >= 1", &err);
  assert_int_equal(t.n, 0);
}

/* More clusters than there are stay a hundred. */
static void at_most_a_hundred_clusters(void **state)
{
  aus_match_size size = SIZE;
  made m;
  aus_err err = {0};

  (void)state;
  size.clusters = 101;
  check_ok(make(&m, &size, &err), &err);
  assert_int_equal(m.clusters.n, 101);
  assert_int_equal(m.sheet[CLUSTERS].n_rows, 100);
  made_fini(&m);
}

/* Every job has one perfect cluster and, without a GPU, one compatible. @return jobs of the latter kind */
static int check_truth(const aus_sheet *truth)
{
  int64_t c, j;
  int with_half = 0;

  assert_int_equal(truth->n_rows, 48);
  assert_int_equal(truth->n_cols, 1 + 18);
  for (j = 1; j <= 18; j++) {
    int perfect = 0, half = 0;

    for (c = 0; c < 48; c++) {
      const char *text = aus_sheet_at(truth, c, j);

      perfect += strcmp(text, "1") == 0;
      half += strcmp(text, "0.5") == 0;
      assert_true(strcmp(text, "1") == 0 || strcmp(text, "0.5") == 0 || strcmp(text, "0") == 0);
    }
    assert_int_equal(perfect, 1);
    assert_int_equal(half, strstr(truth->head[j], "-gpu") == NULL);
    with_half += half;
  }
  return with_half;
}

/* With g jobs without a GPU, 18 x 48 pairs are worth 18 + g / 2; every combination being there once, a subsystem of n
 * values multiplies the share by n, and telling the GPU costs the halves. Closed form, any seed. */
static void lammps_as_computed(void **state)
{
  static const double share[AUS_MATCH_LAMMPS_STEPS] = {1, 2, 4, 3, 0, 8, 24, 0};
  static const int total[AUS_MATCH_LAMMPS_STEPS] = {864, 432, 216, 288, 432, 108, 36, 18};
  uint64_t seed;
  int i;

  (void)state;
  for (seed = 0; seed < 20; seed++) {
    aus_match_size size = SIZE;
    aus_err err = {0};
    aus_match_lammps_row row[AUS_MATCH_LAMMPS_STEPS];
    made m;
    double worth;

    size.seed = seed;
    check_ok(make(&m, &size, &err), &err);
    worth = (18.0 + check_truth(&m.sheet[L_TRUTH]) / 2.0) / 864.0;
    check_ok(
        aus_match_lammps_run(&m.sheet[L_JOBS], &m.sheet[L_CLUSTERS], &m.sheet[L_TRUTH], row, &err),
        &err);
    for (i = 0; i < AUS_MATCH_LAMMPS_STEPS; i++) {
      assert_int_equal(row[i].unmatched, 0);
      assert_int_equal(row[i].total, total[i]);
      if (share[i] > 0) check_near(row[i].accuracy, worth * share[i], 1e-12);
    }
    check_near(row[4].accuracy, 1.0 / 24, 1e-12);
    check_near(row[7].accuracy, 1.0, 1e-12);
    made_fini(&m);
  }
}

static void no_memory(void **state)
{
  const aus_match_size size = {.seed = 5, .packages = 2, .features = 2, .jobs = 10, .clusters = 2};
  aus_err err = {0};
  int64_t n, live = aus_alloc_live();
  int rc = AUS_ENOMEM;

  (void)state;
  for (n = 0; rc != AUS_OK; n++) {
    made m;

    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    rc = make(&m, &size, &err);
    made_fini(&m);
    assert_true(rc == AUS_OK || rc == AUS_ENOMEM);
    assert_int_equal(aus_alloc_live(), live);
  }
  aus_alloc_fail_at(-1);
  assert_true(n > 60);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_texts),
      cmocka_unit_test(ranges_by_hand),
      cmocka_unit_test(ranges_hold_their_own_build),
      cmocka_unit_test(ranges_pay),
      cmocka_unit_test(builds_are_sound),
      cmocka_unit_test(memory_saves_time),
      cmocka_unit_test(builds_pay),
      cmocka_unit_test(builds_of_impossible_size),
      cmocka_unit_test(at_most_a_hundred_clusters),
      cmocka_unit_test(lammps_as_computed),
      cmocka_unit_test(no_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
