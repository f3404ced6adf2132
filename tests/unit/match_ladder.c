/* match_ladder.c - tests of match/ptable, jobs, order, index, ladder: the stored experiment, and by hand.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Golden: data/match/golden, computed independently (numpy, scikit-learn). Counts are compared exactly, sums
 * within 1e-9 relative, probabilities (12 digits stored) within 1e-10.
 */
#include <config.h>

#include "match/ladder.h"

#include "match/version.h"
#include "unit/match_stored.h"

static void p_tables(void **state)
{
  static const struct {
    const char *path;
    aus_match_unseen unseen;
    double mean;
  } rule[] = {{"golden/p-success-skip.csv.gz", AUS_MATCH_UNSEEN_SKIP, 0.7065},
              {"golden/p-success-smooth.csv.gz", AUS_MATCH_UNSEEN_SMOOTH, 0.6496},
              {"golden/p-success-strict.csv.gz", AUS_MATCH_UNSEEN_STRICT, 0.4172}};
  aus_err err = {0};
  stand s;
  int r;

  (void)state;
  stand_init(&s);
  for (r = 0; r < 3; r++) {
    aus_sheet want = shared_sheet(rule[r].path);
    aus_match_p p;
    double sum = 0.0;
    int64_t i, c;

    check_ok(aus_match_p_packages(&p, &s.tables, s.nb, &s.space, &s.clusters, rule[r].unseen, &err),
             &err);
    assert_int_equal(want.n_rows, s.clusters.n);
    for (c = 0; c < s.clusters.n; c++) {
      assert_string_equal(aus_sheet_at(&want, c, 0), s.clusters.name[c]);
      for (i = 0; i < s.tables.n; i++) {
        double x = p.p[i * p.n_clusters + c];

        sum += x;
        check_near(x, sheet_number(&want, c, s.tables.table[i].package), 1e-10);
      }
    }
    assert_true(fabs(sum / 49000 - rule[r].mean) < 5e-5);
    aus_match_p_fini(&p);
    aus_sheet_fini(&want);
  }
  stand_fini(&s);
}

static int64_t text_at(char *const *list, int64_t n, const char *text)
{
  int64_t i;

  for (i = 0; i < n; i++)
    if (strcmp(list[i], text) == 0) return i;
  fail_msg("no %s", text);
  return -1;
}

static int64_t job_of(const stand *s, const char *digest)
{
  int64_t j, spec = aus_match_names_find(&s->specs.digests, digest, strlen(digest));

  for (j = 0; j < s->jobs.n; j++)
    if (s->jobs.spec[j] == spec) return j;
  fail_msg("no job %s", digest);
  return -1;
}

static void evidence_of_the_job(void **state)
{
  const aus_match_p_conf conf = {.unseen = AUS_MATCH_UNSEEN_SKIP, .evidence_job = true};
  aus_err err = {0};
  aus_sheet want = shared_sheet("golden/p-evidence-job.csv");
  stand s;
  aus_match_p p;
  int64_t i;

  (void)state;
  stand_init(&s);
  check_ok(
      aus_match_p_jobs(&p, &s.specs, &s.tables, s.nb, &s.space, &s.clusters, &s.jobs, &conf, &err),
      &err);
  assert_int_equal(want.n_rows, 100);
  for (i = 0; i < want.n_rows; i++) {
    int64_t j = job_of(&s, aus_sheet_at(&want, i, 0));
    int64_t c = text_at(s.clusters.name, s.clusters.n, aus_sheet_at(&want, i, 2));

    check_near(p.p[p.row[j] * p.n_clusters + c], sheet_number(&want, i, "p_evidence_job"), 1e-10);
    check_near(s.p.p[s.p.row[j] * p.n_clusters + c], sheet_number(&want, i, "p_evidence_cluster"),
               1e-10);
  }
  assert_int_equal(s.p.n_rows, 49);
  aus_match_p_fini(&p);
  stand_fini(&s);
  aus_sheet_fini(&want);
}

static void compare_levels(const aus_match_levels *l, const aus_sheet *want,
                           const aus_match_subsystems *sub, const int *order)
{
  int i;

  assert_int_equal(want->n_rows, l->n);
  for (i = 0; i < l->n; i++) {
    if (i > 0)
      assert_string_equal(aus_sheet_at(want, i, sheet_column(want, "subsystem_added")),
                          sub->name[order[i - 1]]);
    assert_int_equal(l->matched[i], (int64_t)sheet_number(want, i, "jobs_matched"));
    assert_int_equal(l->total[i], (int64_t)sheet_number(want, i, "total_matches"));
    check_near(l->sum[i], sheet_number(want, i, "expected_score_sum"), 1e-9);
    check_near(l->best[i], sheet_number(want, i, "best_score_sum"), 1e-9);
  }
}

static void compare_unmatched(const stand *s, const int32_t *at)
{
  aus_sheet want = shared_sheet("golden/ladder-alphabetical-unmatched-at.csv.gz");
  int64_t j;

  assert_int_equal(want.n_rows, s->jobs.n);
  for (j = 0; j < s->jobs.n; j++) {
    assert_string_equal(aus_sheet_at(&want, j, 0), s->specs.digests.text[s->jobs.spec[j]]);
    assert_int_equal(at[j], (int)sheet_number(&want, j, "unmatched_at_level"));
  }
  aus_sheet_fini(&want);
}

static void stored_ladders(void **state)
{
  static const struct {
    const char *path, *order;
    aus_match_grouping grouping;
    int n;
  } ladder[] = {
      {"golden/ladder-alphabetical.csv", NULL, AUS_MATCH_BY_PACKAGE, 118},
      {"golden/ladder-shuffled.csv", "match/golden/order-shuffled.txt", AUS_MATCH_BY_PACKAGE, 118},
      {"golden/ladder-prefix-grouping.csv", NULL, AUS_MATCH_BY_PREFIX, 112}};
  aus_err err = {0};
  stand s;
  int i, order[119];

  (void)state;
  stand_init(&s);
  assert_int_equal(s.jobs.n, 14675);
  assert_int_equal(s.jobs.first[s.jobs.n], 126655);
  for (i = 0; i < 3; i++) {
    aus_sheet want = shared_sheet(ladder[i].path);
    aus_match_subsystems sub;
    aus_match_levels levels;
    int32_t *at = calloc((size_t)s.jobs.n, sizeof *at);
    int *level_of;

    check_ok(aus_match_subsystems_make(&sub, &s.space, ladder[i].grouping, &err), &err);
    assert_int_equal(sub.n, ladder[i].n);
    aus_match_order_alphabetical(&sub, order);
    if (ladder[i].order) {
      char *text = shared_text(ladder[i].order, NULL);

      check_ok(aus_match_order_read(&sub, "order", text, order, &err), &err);
      free(text);
    }
    level_of = levels_of(&sub, &s.space, order);
    {
      const aus_match_ladder l = {&s.index, &s.jobs, &s.p, level_of, sub.n};

      check_ok(aus_match_ladder_run(&l, &levels, at, &err), &err);
    }
    compare_levels(&levels, &want, &sub, order);
    if (i == 0) compare_unmatched(&s, at);
    aus_match_levels_fini(&levels);
    aus_match_subsystems_fini(&sub);
    aus_sheet_fini(&want);
    free(level_of);
    free(at);
  }
  stand_fini(&s);
}

static void stored_singles(void **state)
{
  aus_err err = {0};
  aus_sheet want = shared_sheet("golden/single-subsystem.csv");
  aus_match_subsystems sub;
  aus_match_single single[118];
  stand s;
  int64_t i;

  (void)state;
  stand_init(&s);
  check_ok(aus_match_subsystems_make(&sub, &s.space, AUS_MATCH_BY_PACKAGE, &err), &err);
  {
    const aus_match_ladder l = {&s.index, &s.jobs, &s.p, NULL, 0};

    check_ok(aus_match_singles(&l, sub.of, sub.n, single, &err), &err);
  }
  for (i = 0; i < want.n_rows; i++) {
    int k = aus_match_subsystem_find(&sub, aus_sheet_at(&want, i, 0));

    assert_true(k >= 0);
    assert_int_equal(single[k].jobs, (int64_t)sheet_number(&want, i, "jobs_requiring"));
    assert_int_equal(single[k].unmatched, (int64_t)sheet_number(&want, i, "jobs_unmatched"));
    assert_int_equal(single[k].total, (int64_t)sheet_number(&want, i, "total_matches"));
    check_near(single[k].sum, sheet_number(&want, i, "expected_score_sum"), 1e-9);
  }
  aus_match_subsystems_fini(&sub);
  stand_fini(&s);
  aus_sheet_fini(&want);
}

static void orders(void **state)
{
  aus_err err = {0};
  aus_sheet sheet =
      text_sheet("cluster,b-x-version,b-compiler_version,a-version,plain\nc,1,1,1,1\n");
  aus_match_space space = {0};
  aus_match_clusters clusters;
  aus_match_subsystems sub;
  int order[4], again[4], i, seen = 0;

  (void)state;
  check_ok(aus_match_clusters_read(&clusters, &space, &sheet, &err), &err);
  check_ok(aus_match_subsystems_make(&sub, &space, AUS_MATCH_BY_PREFIX, &err), &err);
  assert_int_equal(sub.n, 3);
  assert_string_equal(sub.name[1], "b");
  assert_int_equal(sub.of[0], 1);
  assert_int_equal(sub.of[1], 1);
  aus_match_subsystems_fini(&sub);
  check_ok(aus_match_subsystems_make(&sub, &space, AUS_MATCH_BY_PACKAGE, &err), &err);
  assert_int_equal(sub.n, 4);
  assert_string_equal(sub.name[2], "b-x");
  assert_string_equal(sub.name[3], "plain");
  check_ok(aus_match_order_seeded(&sub, 7, order, &err), &err);
  check_ok(aus_match_order_seeded(&sub, 7, again, &err), &err);
  for (i = 0; i < 4; i++) {
    assert_int_equal(order[i], again[i]);
    seen |= 1 << order[i];
  }
  assert_int_equal(seen, 15);
  check_ok(aus_match_order_read(&sub, "o", "plain\r\nb-x\n\na\nb", order, &err), &err);
  assert_int_equal(order[0], 3);
  assert_int_equal(order[3], 1);
  check_fails(aus_match_order_read(&sub, "o", "a\nc\n", order, &err), AUS_EFORMAT,
              "o:2: no subsystem \"c\"", &err);
  check_fails(aus_match_order_read(&sub, "o", "a\na\n", order, &err), AUS_EFORMAT,
              "o:2: subsystem \"a\" twice", &err);
  check_fails(aus_match_order_read(&sub, "o", "a\nb\nplain\n", order, &err), AUS_EFORMAT,
              "o: subsystem \"b-x\" is missing", &err);
  aus_match_subsystems_fini(&sub);
  aus_match_clusters_fini(&clusters);
  aus_match_space_fini(&space);
  aus_sheet_fini(&sheet);
}

static void ranges_by_hand(void **state)
{
  static const struct {
    const char *low, *high;
    bool inclusive;
    uint64_t want;
  } range[] = {
      {"1.9", "2.0", true, 0x0d}, {"1.9", "2.0", false, 0x01}, {NULL, "1.10", true, 0x05},
      {"1.10", NULL, true, 0x19}, {"1.10", NULL, false, 0x18}, {NULL, NULL, true, 0x1d},
      {"2.0", "1.9", true, 0},    {"0.1", "0.2", true, 0},     {"1.9-0", "3", true, 0x09},
  };
  aus_err err = {0};
  aus_sheet sheet = text_sheet("cluster,v\na,1.10\nb,absent\nc,1.9\nd,2.0\ne,develop\n");
  aus_match_space space = {0};
  aus_match_clusters clusters;
  aus_match_index x;
  aus_match_ranges r;
  uint64_t set[8];
  size_t i;

  (void)state;
  check_ok(aus_match_clusters_read(&clusters, &space, &sheet, &err), &err);
  check_ok(aus_match_index_make(&x, &space, &clusters, &err), &err);
  check_ok(aus_match_ranges_make(&r, &x, &space, 0, &err), &err);
  assert_int_equal(x.n_words, 8);
  assert_int_equal((uintptr_t)x.set % 64, 0);
  for (i = 0; i < sizeof range / sizeof *range; i++) {
    aus_match_ranges_between(&r, &x, range[i].low, range[i].high, range[i].inclusive, set);
    if (set[0] != range[i].want)
      fail_msg("range %zu: %#lx, want %#lx", i, (unsigned long)set[0],
               (unsigned long)range[i].want);
  }
  assert_int_equal(aus_match_set_count(x.all, 8), 5);
  assert_int_equal(aus_match_set_at(x.all, 8, 4), 4);
  assert_int_equal(aus_match_set_at(x.all, 8, 5), -1);
  aus_match_ranges_fini(&r);
  aus_match_index_fini(&x);
  aus_match_clusters_fini(&clusters);
  aus_match_space_fini(&space);
  aus_sheet_fini(&sheet);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(p_tables),       cmocka_unit_test(evidence_of_the_job),
      cmocka_unit_test(stored_ladders), cmocka_unit_test(stored_singles),
      cmocka_unit_test(orders),         cmocka_unit_test(ranges_by_hand),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
