/* match_durations.c - tests of match/durations, measured, prices: closed forms, few builds, the stored builds.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/durations.h"

#include "match/measured.h"
#include "match/prices.h"
#include "unit/match_stand.h"

enum { MANY = 40 };

static const double GB = 1e9;

static aus_err err;

static double ask(aus_match_duration_kind kind, int64_t n, const double *memory,
                  const double *duration, double at)
{
  aus_match_duration *d;
  double s = 0;

  check_ok(aus_match_duration_fit(&d, kind, n, memory, duration, &err), &err);
  check_ok(aus_match_duration_predict(d, 1, &at, &s, &err), &err);
  aus_match_duration_destroy(d);
  return s;
}

/* Duration 10 + x at x = 1 .. 40 GB, rows out of order. */
static void a_straight_line(void **state)
{
  double memory[MANY], duration[MANY], low = 0, high = 0;
  int i;

  (void)state;
  for (i = 0; i < MANY; i++) {
    memory[i] = (1 + 7 * i % MANY) * GB;
    duration[i] = 10 + 1 + 7 * i % MANY;
  }
  check_near(ask(AUS_MATCH_DURATION_KNN, MANY, memory, duration, 20 * GB), 30, 1e-14);
  check_near(ask(AUS_MATCH_DURATION_KNN, MANY, memory, duration, GB / 2), 13, 1e-14);
  for (i = 1; i <= MANY; i += 3)
    check_near(ask(AUS_MATCH_DURATION_SPLINE, MANY, memory, duration, i * GB), 10 + i, 1e-13);
  check_near(ask(AUS_MATCH_DURATION_SPLINE, MANY, memory, duration, 7.25 * GB), 17.25, 1e-13);
  check_near(ask(AUS_MATCH_DURATION_SPLINE, MANY, memory, duration, 1e15), 50, 1e-13);
  check_near(ask(AUS_MATCH_DURATION_MEAN, MANY, memory, duration, GB), 30.5, 1e-14);
  for (i = 0; i < MANY; i++) {
    low += ask(AUS_MATCH_DURATION_TREES, MANY, memory, duration, (1 + i % 5) * GB);
    high += ask(AUS_MATCH_DURATION_TREES, MANY, memory, duration, (36 + i % 5) * GB);
  }
  assert_in_range(low / MANY, 11, 15);
  assert_in_range(high / MANY, 46, 50);
}

/* Boosting in closed form: two levels of 20 builds; a round of rate 0.1 with lambda 1 leaves 1 - 0.1 x 20/21. */
static void trees_of_two_levels(void **state)
{
  double memory[MANY], duration[MANY], left = 100 * pow(1 - 0.1 * 20 / 21, 50);
  int i;

  (void)state;
  for (i = 0; i < MANY; i++) {
    memory[i] = (i < 20 ? 1 : 2) * GB;
    duration[i] = i < 20 ? 100 : 300;
  }
  check_near(ask(AUS_MATCH_DURATION_TREES, MANY, memory, duration, 0.3 * GB), 100 + left, 1e-5);
  check_near(ask(AUS_MATCH_DURATION_TREES, MANY, memory, duration, 7 * GB), 300 - left, 1e-5);
  assert_true(ask(AUS_MATCH_DURATION_TREES, MANY, memory, duration, GB) ==
              ask(AUS_MATCH_DURATION_TREES, MANY, memory, duration, GB));
}

/* A spike of three builds shares its leaf with neighbours that take no time. */
static void never_negative(void **state)
{
  double memory[MANY], duration[MANY] = {0};
  int i, n_zero = 0;

  (void)state;
  for (i = 0; i < MANY; i++)
    memory[i] = (i + 1) * GB;
  duration[10] = duration[11] = duration[12] = 1000;
  for (i = 0; i < MANY; i++) {
    double s = ask(AUS_MATCH_DURATION_TREES, MANY, memory, duration, memory[i]);

    assert_true(s >= 0);
    n_zero += s == 0.0;
  }
  assert_true(n_zero > 0);
}

static void few_builds(void **state)
{
  const double memory[] = {3 * GB, 1 * GB, 9 * GB, 2 * GB, 5 * GB}, s[] = {30, 20, 60, 10, 40};
  const double at[] = {1, GB, 2.5 * GB, 9 * GB, 1e13};
  int n, j, k;

  (void)state;
  for (n = 1; n <= 5; n++)
    for (j = 0; j < 5; j++) {
      double sum = 0, least = INFINITY, most = 0;

      for (k = 0; k < n; k++) {
        sum += s[k];
        least = fmin(least, s[k]);
        most = fmax(most, s[k]);
      }
      check_near(ask(AUS_MATCH_DURATION_KNN, n, memory, s, at[j]), sum / n, 1e-14);
      check_near(ask(AUS_MATCH_DURATION_MEAN, n, memory, s, at[j]), sum / n, 1e-14);
      /* too few for a leaf beside another */
      check_near(ask(AUS_MATCH_DURATION_TREES, n, memory, s, at[j]), sum / n, 1e-6);
      assert_true(ask(AUS_MATCH_DURATION_SPLINE, n, memory, s, at[j]) >= least - 1e-12);
      assert_true(ask(AUS_MATCH_DURATION_SPLINE, n, memory, s, at[j]) <= most + 1e-12);
    }
  for (k = 0; k < AUS_MATCH_DURATION_KINDS; k++)
    assert_true(ask((aus_match_duration_kind)k, 1, memory, s, 77) == 30.0);
  /* the spline of all five: 20 and 10 are pooled at 1.5 GB, the rest rises */
  check_near(ask(AUS_MATCH_DURATION_SPLINE, 5, memory, s, 1.5 * GB), 15, 1e-13);
  check_near(ask(AUS_MATCH_DURATION_SPLINE, 5, memory, s, 3 * GB), 30, 1e-13);
}

/* Nothing to learn from memory: all kinds say the mean, knn that of the first five. */
static void equal_memories(void **state)
{
  const double memory[] = {GB, GB, GB, GB, GB, GB, GB}, s[] = {10, 20, 30, 40, 50, 600, 700};
  const double at[] = {1, GB, 5 * GB};
  int j;

  (void)state;
  for (j = 0; j < 3; j++) {
    check_near(ask(AUS_MATCH_DURATION_KNN, 7, memory, s, at[j]), 30, 1e-14);
    check_near(ask(AUS_MATCH_DURATION_TREES, 7, memory, s, at[j]), 1450.0 / 7, 1e-6);
    check_near(ask(AUS_MATCH_DURATION_SPLINE, 7, memory, s, at[j]), 1450.0 / 7, 1e-14);
    check_near(ask(AUS_MATCH_DURATION_MEAN, 7, memory, s, at[j]), 1450.0 / 7, 1e-14);
  }
}

static void nearest_by_hand(void **state)
{
  const double x[] = {1, 5, 3, 3, 9, 4}, y[] = {10, 20, 30, 40, 50, 60};

  (void)state;
  check_near(aus_match_nearest(x, y, 6, 1, 3.5), 30, 1e-15); /* 3, 3 and 4 are as near */
  check_near(aus_match_nearest(x, y, 6, 2, 3.5), 35, 1e-15);
  check_near(aus_match_nearest(x, y, 6, 5, 100), (50 + 20 + 60 + 30 + 40) / 5.0, 1e-15);
  check_near(aus_match_nearest(x, y, 2, 5, 0), 15, 1e-15);
  assert_true(isnan(aus_match_nearest(x, y, 0, 5, 0)));
}

static void bad_builds(void **state)
{
  const double good[] = {1, 2}, zero[] = {1, 0}, minus[] = {1, -2}, none[] = {NAN, 1};
  aus_match_duration *d;
  int k;

  (void)state;
  for (k = 0; k < AUS_MATCH_DURATION_KINDS; k++) {
    aus_match_duration_kind kind = (aus_match_duration_kind)k;

    check_fails(aus_match_duration_fit(&d, kind, 0, good, good, &err), AUS_EINVAL,
                "duration from 0 builds", &err);
    assert_null(d);
    check_fails(aus_match_duration_fit(&d, kind, 2, zero, good, &err), AUS_ENUMERIC,
                "build 1 took 2 s with 0 bytes, need >= 0 and > 0", &err);
    check_fails(aus_match_duration_fit(&d, kind, 2, good, minus, &err), AUS_ENUMERIC,
                "build 1 took -2 s with 2 bytes, need >= 0 and > 0", &err);
    check_fails(aus_match_duration_fit(&d, kind, 2, good, none, &err), AUS_ENUMERIC,
                "build 0 took nan s", &err);
  }
}

/* ---- measured ---- */

static aus_match_measured measured_of(const char *text)
{
  aus_sheet s = text_sheet(text);
  aus_match_measured m;

  check_ok(aus_match_measured_read(&m, &s, &err), &err);
  aus_sheet_fini(&s);
  return m;
}

static void measured_by_hand(void **state)
{
  aus_match_measured m = measured_of("duration_s,package,x,mem_mean_bytes\n"
                                     "5,p,a,50\n6,q,b,60\n7,p,c,70\n");
  aus_match_duration *d;
  double s;

  (void)state;
  assert_int_equal(m.n, 3);
  assert_int_equal(m.packages.n, 2);
  assert_int_equal(aus_match_measured_find(&m, "q"), 1);
  assert_int_equal(aus_match_measured_find(&m, "r"), -1);
  assert_int_equal(m.first[1], 2);
  assert_int_equal(m.first[2], 3);
  check_near(m.memory_bytes[1], 70, 1e-15);
  check_near(m.duration_s[1], 7, 1e-15);
  check_near(m.duration_s[2], 6, 1e-15);
  check_ok(aus_match_measured_fit(&m, 0, AUS_MATCH_DURATION_MEAN, &d, &err), &err);
  check_ok(aus_match_duration_predict(d, 1, &(double){1.0}, &s, &err), &err);
  check_near(s, 6, 1e-15);
  aus_match_duration_destroy(d);
  aus_match_measured_fini(&m);
}

static void measured_refuses(void **state)
{
  static const struct {
    const char *text, *says;
  } bad[] = {
      {"package,mem_mean_bytes,duration_s\np,1,1\np,0,1\n",
       "t.csv:3: mem_mean_bytes is 0, need > 0"},
      {"package,mem_mean_bytes,duration_s\np,1,-1\n", "t.csv:2: duration_s is -1, need >= 0"},
      {"package,mem_mean_bytes,duration_s\np,1,x\n", "t.csv:2: "},
      {"package,duration_s\np,1\n", "mem_mean_bytes"},
  };
  aus_match_measured m;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    aus_sheet s = text_sheet(bad[i].text);

    check_fails(aus_match_measured_read(&m, &s, &err), AUS_EFORMAT, bad[i].says, &err);
    assert_null(m.first);
    aus_sheet_fini(&s);
  }
}

/* Two builds predict each other, a single one nobody. */
static void validate_by_hand(void **state)
{
  aus_match_measured m = measured_of("package,mem_mean_bytes,duration_s\n"
                                     "p,1,10\nq,1,99\np,2,30\nr,1,0\nr,5,3\n");
  aus_match_duration_row row;
  int k;

  (void)state;
  for (k = 0; k < AUS_MATCH_DURATION_KINDS; k++) {
    check_ok(aus_match_measured_validate(&m, (aus_match_duration_kind)k, 3, 7, &row, &err), &err);
    assert_string_equal(row.kind, aus_match_duration_names[k]);
    assert_int_equal(row.builds, 4);
    check_near(row.mae_s, (20 + 20 + 3 + 3) / 4.0, 1e-14);
    check_near(row.median_ae_s, 11.5, 1e-14);
    check_near(row.relative_frac, (20 / 10.0 + 20 / 30.0 + 3 / 3.0) / 3, 1e-14);
  }
  check_fails(aus_match_measured_validate(&m, AUS_MATCH_DURATION_KNN, 1, 7, &row, &err), AUS_EINVAL,
              "in 1 folds", &err);
  aus_match_measured_fini(&m);
  m = measured_of("package,mem_mean_bytes,duration_s\n");
  check_ok(aus_match_measured_validate(&m, AUS_MATCH_DURATION_KNN, 3, 7, &row, &err), &err);
  assert_int_equal(row.builds, 0);
  assert_true(isnan(row.mae_s) && isnan(row.median_ae_s) && isnan(row.relative_frac));
  aus_match_measured_fini(&m);
}

/* The figures of doc/match.md, measured: ten folds, seed 1. Another version of XGBoost may move the trees. */
static void stored_validation(void **state)
{
  static const struct {
    aus_match_duration_kind kind;
    double mae_s, median_ae_s, relative_frac, tolerance;
  } want[] = {{AUS_MATCH_DURATION_KNN, 262.7054, 161.9836, 0.42476, 1e-6},
              {AUS_MATCH_DURATION_TREES, 249.4025, 155.8893, 0.40975, 1e-3},
              {AUS_MATCH_DURATION_SPLINE, 254.6236, 159.7606, 0.41470, 1e-6},
              {AUS_MATCH_DURATION_MEAN, 291.7414, 168.5682, 0.43859, 1e-6}};
  aus_sheet s = shared_sheet("spackbuild/builds.csv.gz");
  aus_match_measured m;
  aus_match_duration_row row;
  size_t i;

  (void)state;
  check_ok(aus_match_measured_read(&m, &s, &err), &err);
  assert_int_equal(m.packages.n, 171);
  for (i = 0; i < sizeof want / sizeof want[0]; i++) {
    check_ok(aus_match_measured_validate(&m, want[i].kind, 10, 1, &row, &err), &err);
    assert_int_equal(row.builds, 31622);
    check_near(row.mae_s, want[i].mae_s, want[i].tolerance);
    check_near(row.median_ae_s, want[i].median_ae_s, want[i].tolerance);
    check_near(row.relative_frac, want[i].relative_frac, fmax(want[i].tolerance, 1e-5));
  }
  aus_match_measured_fini(&m);
  aus_sheet_fini(&s);
}

/* ---- prices ---- */

/* Packages p (with builds) and q; clusters a (2 dollars, 10 bytes), b (3 dollars), c (20 bytes), d (free, 20 bytes). */
typedef struct desk {
  char letter[6][2];
  aus_match_table table[2];
  aus_match_tables tables;
  char *name[4];
  aus_match_clusters clusters;
  aus_match_state state;
  aus_match_measured measured;
} desk;

static void set(desk *d, int64_t c, const char *key, double x, const char *text)
{
  check_ok(aus_match_state_set(&d->state, c, key, x, text, &err), &err);
}

static void open_desk(desk *d)
{
  int i;

  *d = (desk){.letter = {"p", "q", "a", "b", "c", "d"}};
  for (i = 0; i < 2; i++)
    d->table[i].package = d->letter[i];
  for (i = 0; i < 4; i++)
    d->name[i] = d->letter[2 + i];
  d->tables = (aus_match_tables){.n = 2, .table = d->table};
  d->clusters = (aus_match_clusters){.n = 4, .name = d->name};
  check_ok(aus_match_state_make(&d->state, 4, &err), &err);
  set(d, 0, "cost_per_node_hour", 2, NULL);
  set(d, 0, "memory_bytes", 10, NULL);
  set(d, 1, "cost_per_node_hour", 3, NULL);
  set(d, 2, "memory_bytes", 20, NULL);
  set(d, 3, "memory_bytes", 20, NULL);
  set(d, 3, "cost_per_node_hour", 0, NULL);
  d->measured = measured_of("package,mem_mean_bytes,duration_s\n"
                            "x,1,5\np,10,7200\np,20,3600\np,30,1800\n");
}

static void close_desk(desk *d)
{
  aus_match_state_fini(&d->state);
  aus_match_measured_fini(&d->measured);
}

static void expect_prices(const desk *d, const aus_match_measured *m, aus_match_duration_kind kind,
                          double a, double b)
{
  double *price;

  check_ok(aus_match_prices_make(&price, &d->tables, &d->clusters, &d->state, m, kind, &err), &err);
  check_near(price[0], a, 1e-13);
  check_near(price[1], b, 1e-13);
  assert_true(isnan(price[2]));
  assert_true(price[3] == 0.0);
  /* q has no builds: an hour */
  check_near(price[4], 2, 1e-15);
  check_near(price[5], 3, 1e-15);
  assert_true(isnan(price[6]));
  assert_true(price[7] == 0.0);
  aus_free(price);
}

static void prices_by_hand(void **state)
{
  const double mean_h = (2 + 1 + 0.5) / 3;
  desk d;

  (void)state;
  open_desk(&d);
  expect_prices(&d, &d.measured, AUS_MATCH_DURATION_SPLINE, 2 * 2, 3 * mean_h);
  expect_prices(&d, &d.measured, AUS_MATCH_DURATION_KNN, 2 * mean_h, 3 * mean_h);
  expect_prices(&d, NULL, AUS_MATCH_DURATION_SPLINE, 2, 3);
  close_desk(&d);
}

static void prices_refuse(void **state)
{
  desk d;
  double *price;

  (void)state;
  open_desk(&d);
#define REFUSED(code, says)                                                           \
  do {                                                                                \
    check_fails(aus_match_prices_make(&price, &d.tables, &d.clusters, &d.state, NULL, \
                                      AUS_MATCH_DURATION_KNN, &err),                  \
                code, says, &err);                                                    \
    assert_null(price);                                                               \
  } while (0)
  set(&d, 1, "memory_bytes", 0, NULL);
  REFUSED(AUS_EFORMAT, "cluster \"b\": memory_bytes is 0, need > 0");
  set(&d, 1, "cost_per_node_hour", -1, NULL);
  REFUSED(AUS_EFORMAT, "cluster \"b\": cost_per_node_hour is -1, need >= 0");
  set(&d, 0, "cost_per_node_hour", INFINITY, NULL);
  REFUSED(AUS_EFORMAT, "cluster \"a\": cost_per_node_hour is inf, need >= 0");
  set(&d, 0, "cost_per_node_hour", 0, "dear");
  REFUSED(AUS_EFORMAT, "cluster \"a\": cost_per_node_hour is the text \"dear\", need a number");
  d.clusters.n = 3;
  REFUSED(AUS_EINVAL, "state of 4 clusters, there are 3");
#undef REFUSED
  close_desk(&d);
}

/* ---- memory ---- */

static int everything(const aus_sheet *s, const desk *d, aus_match_duration_kind kind)
{
  int rc = AUS_OK;
  aus_match_measured m = {0};
  aus_match_duration_row row;
  double *price = NULL;

  AUS_TRY(aus_match_measured_read(&m, s, &err));
  AUS_TRY(aus_match_measured_validate(&m, kind, 2, 1, &row, &err));
  AUS_TRY(aus_match_prices_make(&price, &d->tables, &d->clusters, &d->state, &m, kind, &err));
done:
  aus_free(price);
  aus_match_measured_fini(&m);
  return rc;
}

static void no_memory(void **state)
{
  aus_sheet s = text_sheet("package,mem_mean_bytes,duration_s\np,1,10\np,2,30\np,3,20\nr,1,1\n");
  desk d;
  int64_t n, live;
  int k;

  (void)state;
  open_desk(&d);
  live = aus_alloc_live();
  for (k = 0; k < AUS_MATCH_DURATION_KINDS; k++) {
    int rc = AUS_ENOMEM;

    for (n = 0; rc != AUS_OK; n++) {
      aus_err_clear(&err);
      aus_alloc_fail_at(n);
      rc = everything(&s, &d, (aus_match_duration_kind)k);
      assert_true(rc == AUS_OK || rc == AUS_ENOMEM);
      assert_int_equal(aus_alloc_live(), live);
    }
    aus_alloc_fail_at(-1);
    assert_true(n > 20);
  }
  close_desk(&d);
  aus_sheet_fini(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_straight_line),   cmocka_unit_test(trees_of_two_levels),
      cmocka_unit_test(never_negative),    cmocka_unit_test(few_builds),
      cmocka_unit_test(equal_memories),    cmocka_unit_test(nearest_by_hand),
      cmocka_unit_test(bad_builds),        cmocka_unit_test(measured_by_hand),
      cmocka_unit_test(measured_refuses),  cmocka_unit_test(validate_by_hand),
      cmocka_unit_test(stored_validation), cmocka_unit_test(prices_by_hand),
      cmocka_unit_test(prices_refuse),     cmocka_unit_test(no_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
