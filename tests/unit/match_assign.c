/* match_assign.c - tests of match/assign: by hand, against plain loops, and the stored sums.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Golden: data/match/golden/ladder-shuffled.csv, computed independently; counts exactly, sums within 1e-9
 * relative. Elsewhere sums have at most 700 terms below 1: 1e-12 relative.
 */
#include <config.h>

#include "match/assign.h"

#include "match/generate.h"
#include "unit/match_stored.h"

static const double TOL = 1e-12;

static aus_match_policy *policy_of(const char *text)
{
  aus_err err = {0};
  aus_json *doc;
  aus_match_policy *policy;

  check_ok(aus_json_parse(&doc, "rules", text, strlen(text), &err), &err);
  check_ok(aus_match_policy_read(&policy, aus_json_root(doc), &err), &err);
  aus_json_destroy(doc);
  return policy;
}

/* All jobs, block by block. */
static aus_match_chosen choose(const aus_match_ladder *l, const aus_match_chooser *how)
{
  aus_err err = {0};
  aus_match_chosen all, block;
  aus_match_work w;
  int64_t j, n = l->jobs->n;

  check_ok(aus_match_chosen_make(&all, l->n_levels, &err), &err);
  check_ok(aus_match_work_make(&w, l, &err), &err);
  for (j = 0; j < n; j += AUS_MATCH_BLOCK) {
    check_ok(aus_match_chosen_make(&block, l->n_levels, &err), &err);
    check_ok(aus_match_choose_block(l, how, j, j + AUS_MATCH_BLOCK < n ? j + AUS_MATCH_BLOCK : n,
                                    &w, &block, &err),
             &err);
    aus_match_chosen_add(&all, &block);
    aus_match_chosen_fini(&block);
  }
  aus_match_work_fini(&w);
  return all;
}

/* ---- four clusters, five jobs ---- */

/* What the jobs match at level 1: a b; c d; nothing; a b c d; c d. */
static int32_t hand_table[] = {0, 0, 0, 1, 1}, hand_feature[4],
               hand_value[] = {0, 1, AUS_MATCH_NOWHERE, 1};
static int64_t hand_first[] = {0, 1, 2, 3, 3, 4}, hand_row[] = {0, 0, 0, 1, 1};
static double hand_p[] = {0.1, 0.3, 0.5, 0.7, 0.2, 0.2, 0.9, 0.9};
static double hand_price[] = {NAN, NAN, 3, 2, 4, 1, 1, NAN};
static const int hand_level[] = {1};
static const aus_match_jobs hand_jobs = {
    .n = 5, .table = hand_table, .first = hand_first, .feature = hand_feature, .value = hand_value};
static const aus_match_p hand_ps = {.n_rows = 2, .n_clusters = 4, .p = hand_p, .row = hand_row};

typedef struct hand {
  aus_match_space space;
  aus_match_clusters clusters;
  aus_match_index index;
  aus_match_ladder ladder;
  aus_match_state state; /* b has none */
  aus_match_policy *policy;
} hand;

static void hand_init(hand *h)
{
  aus_err err = {0};
  aus_sheet sheet = text_sheet("cluster,v\na,1\nb,1\nc,2\nd,2\n");

  *h = (hand){.policy = NULL};
  check_ok(aus_match_clusters_read(&h->clusters, &h->space, &sheet, &err), &err);
  check_ok(aus_match_index_make(&h->index, &h->space, &h->clusters, &err), &err);
  h->ladder = (aus_match_ladder){&h->index, &hand_jobs, &hand_ps, hand_level, 1};
  check_ok(aus_match_state_make(&h->state, 4, &err), &err);
  check_ok(aus_match_state_set(&h->state, 0, "cost", 5, NULL, &err), &err);
  check_ok(aus_match_state_set(&h->state, 2, "cost", 2, NULL, &err), &err);
  check_ok(aus_match_state_set(&h->state, 3, "cost", 1, NULL, &err), &err);
  h->policy = policy_of("[{\"priority\": 1, \"steps\": [{\"filter\": \"cost < 5\"}, "
                        "{\"sort_ascending\": \"cost\"}, {\"select\": \"first\"}]}]");
  aus_sheet_fini(&sheet);
}

static void hand_fini(hand *h)
{
  aus_match_policy_destroy(h->policy);
  aus_match_state_fini(&h->state);
  aus_match_index_fini(&h->index);
  aus_match_clusters_fini(&h->clusters);
  aus_match_space_fini(&h->space);
}

/* Where the jobs go at level 1, and the sums at both levels. */
static void chosen_by_hand(void **state)
{
  static const struct {
    aus_match_select select;
    int cluster[5];
    int placed[2];
    double sum[2];
  } want[] = {
      {AUS_MATCH_SELECT_EXPECTED, {-1, -1, -1, -1, -1}, {5, 4}, {3 * 0.4 + 2 * 0.55, 2.25}},
      {AUS_MATCH_SELECT_BEST_P, {1, 3, -1, 2, 2}, {5, 4}, {3 * 0.7 + 2 * 0.9, 2.8}},
      {AUS_MATCH_SELECT_FIRST, {0, 2, -1, 0, 2}, {5, 4}, {3 * 0.1 + 2 * 0.2, 1.7}},
      {AUS_MATCH_SELECT_LAST, {1, 3, -1, 3, 3}, {5, 4}, {3 * 0.7 + 2 * 0.9, 2.8}},
      {AUS_MATCH_SELECT_CHEAPEST, {-1, 3, -1, 1, 2}, {5, 3}, {3 * 0.7 + 2 * 0.2, 1.8}},
      {AUS_MATCH_SELECT_CONSTRAINT, {-1, 3, -1, 3, 3}, {5, 3}, {3 * 0.7 + 2 * 0.9, 2.5}},
  };
  aus_err err = {0};
  aus_match_work w;
  aus_match_view v;
  hand h;
  size_t i;
  int j;

  (void)state;
  hand_init(&h);
  check_ok(aus_match_work_make(&w, &h.ladder, &err), &err);
  check_ok(aus_match_view_make(&v, &h.ladder, &err), &err);
  for (i = 0; i < sizeof want / sizeof *want; i++) {
    const aus_match_chooser how = {
        .select = want[i].select, .price = hand_price, .policy = h.policy, .state = &h.state};
    aus_match_chosen c = choose(&h.ladder, &how);

    assert_int_equal(c.n, 2);
    for (j = 0; j < 2; j++) {
      assert_int_equal(c.placed[j], want[i].placed[j]);
      check_near(c.sum[j], want[i].sum[j], TOL);
      assert_true(c.judged[j] == 0.0);
    }
    check_ok(aus_match_view_level(&h.ladder, &how, 1, &w, &v, &err), &err);
    for (j = 0; j < 5; j++)
      assert_int_equal(v.cluster[j], want[i].cluster[j]);
    aus_match_chosen_fini(&c);
  }
  aus_match_view_fini(&v);
  aus_match_work_fini(&w);
  hand_fini(&h);
}

static void view_by_hand(void **state)
{
  static const double n[] = {0.75, 0.75, 1.25, 1.25}, score[] = {0.1, 0.2, 0.925, 1.025},
                      p[] = {0.2, 0.6, NAN, 0.55, 0.9},
                      quantile[] = {0.2, 0.2525, 0.4625, 0.575, 0.675, 0.855, 0.9};
  static const double at[] = {0, 0.05, 0.25, 0.5, 0.75, 0.95, 1};
  aus_match_chooser how = {.select = AUS_MATCH_SELECT_EXPECTED};
  aus_err err = {0};
  aus_match_work w;
  aus_match_view v;
  hand h;
  int i;

  (void)state;
  hand_init(&h);
  check_ok(aus_match_work_make(&w, &h.ladder, &err), &err);
  check_ok(aus_match_view_make(&v, &h.ladder, &err), &err);
  check_ok(aus_match_view_level(&h.ladder, &how, 0, &w, &v, &err), &err);
  for (i = 0; i < 4; i++)
    check_near(v.n[i], 1.25, TOL);
  check_ok(aus_match_view_level(&h.ladder, &how, 1, &w, &v, &err), &err);
  for (i = 0; i < 4; i++) {
    check_near(v.n[i], n[i], TOL);
    check_near(v.score[i], score[i], TOL);
  }
  for (i = 0; i < 5; i++) {
    assert_int_equal(v.cluster[i], -1);
    assert_int_equal(isnan(v.p[i]) != 0, i == 2);
    if (i != 2) check_near(v.p[i], p[i], TOL);
  }
  for (i = 0; i < AUS_MATCH_QUANTILES; i++) {
    assert_true(aus_match_quantile_at[i] == at[i]);
    check_near(v.quantile[i], quantile[i], TOL);
  }
  aus_match_policy_destroy(h.policy);
  h.policy = policy_of("[{\"priority\": 1, \"steps\": [{\"filter\": \"cost > 9\"}, "
                       "{\"select\": \"first\"}]}]");
  how = (aus_match_chooser){
      .select = AUS_MATCH_SELECT_CONSTRAINT, .policy = h.policy, .state = &h.state};
  check_ok(aus_match_view_level(&h.ladder, &how, 1, &w, &v, &err), &err);
  for (i = 0; i < AUS_MATCH_QUANTILES; i++)
    assert_true(isnan(v.quantile[i]));
  for (i = 0; i < 4; i++)
    assert_true(v.n[i] == 0.0 && v.score[i] == 0.0);
  aus_match_view_fini(&v);
  aus_match_work_fini(&w);
  hand_fini(&h);
}

/* ---- a generated world and plain loops ---- */

enum { JOBS = 700, CLUSTERS = 400, FEATURES = 4, LEVELS = FEATURES };

typedef struct world {
  aus_match_space space;
  aus_match_clusters clusters;
  aus_match_specs specs;
  aus_match_tables tables;
  aus_match_jobs jobs;
  aus_match_nb *nb;
  aus_match_index index;
  aus_match_p p, judge;
  int level_of[FEATURES];
  aus_match_ladder ladder;
  double *price;
  aus_match_state state;
  aus_match_policy *policy, *chance;
} world;

static void world_prices(world *w)
{
  int64_t i;

  w->price = calloc((size_t)(w->tables.n * CLUSTERS), sizeof *w->price);
  for (i = 0; i < w->tables.n * CLUSTERS; i++)
    w->price[i] = i % 4 == 0 ? (double)NAN : (double)(i * 7919 % 13);
}

/* Every tenth cluster has no state, every third is full; costs repeat. */
static void world_rules(world *w)
{
  aus_err err = {0};
  int64_t c;

  check_ok(aus_match_state_make(&w->state, CLUSTERS, &err), &err);
  for (c = 0; c < CLUSTERS; c++) {
    if (c % 10 == 0) continue;
    check_ok(aus_match_state_set(&w->state, c, "free", (double)(c % 3), NULL, &err), &err);
    check_ok(aus_match_state_set(&w->state, c, "cost", (double)(c * 37 % 20), NULL, &err), &err);
  }
  w->policy = policy_of("[{\"priority\": 1, \"steps\": [{\"filter\": \"free > 0\"}, "
                        "{\"sort_ascending\": \"cost\"}, {\"select\": \"first\"}]}]");
  w->chance = policy_of("[{\"priority\": 1, \"steps\": [{\"filter\": \"free >= 0\"}, "
                        "{\"select\": \"random\"}]}]");
}

static void world_init(world *w)
{
  const aus_match_size size = {
      .seed = 3, .packages = 5, .features = FEATURES, .jobs = JOBS, .clusters = CLUSTERS};
  aus_match_p_conf conf = {.unseen = AUS_MATCH_UNSEEN_SKIP};
  aus_err err = {0};
  int f;

  *w = (world){.price = NULL};
  check_ok(aus_match_generate_clusters(&w->space, &w->clusters, &size, &err), &err);
  check_ok(aus_match_generate_specs(&w->specs, &size, &w->space, &err), &err);
  check_ok(aus_match_tables_make(&w->tables, &w->specs, false, &err), &err);
  check_ok(aus_match_jobs_make(&w->jobs, &w->specs, &w->tables, &w->space, &err), &err);
  assert_int_equal(w->jobs.n, JOBS);
  w->jobs.value[w->jobs.first[5]] = AUS_MATCH_NOWHERE;
  check_ok(aus_match_index_make(&w->index, &w->space, &w->clusters, &err), &err);
  check_ok(aus_match_nbs_fit(&w->nb, &w->tables, 1.0, &err), &err);
  check_ok(aus_match_p_jobs(&w->p, &w->specs, &w->tables, w->nb, &w->space, &w->clusters, &w->jobs,
                            &conf, &err),
           &err);
  aus_match_nbs_free(w->nb, w->tables.n);
  check_ok(aus_match_nbs_fit(&w->nb, &w->tables, 20.0, &err), &err);
  check_ok(aus_match_p_jobs(&w->judge, &w->specs, &w->tables, w->nb, &w->space, &w->clusters,
                            &w->jobs, &conf, &err),
           &err);
  for (f = 0; f < FEATURES; f++)
    w->level_of[f] = 1 + (f * 3 + 2) % FEATURES;
  w->ladder = (aus_match_ladder){&w->index, &w->jobs, &w->p, w->level_of, LEVELS};
  world_prices(w);
  world_rules(w);
}

static void world_fini(world *w)
{
  free(w->price);
  aus_match_policy_destroy(w->policy);
  aus_match_policy_destroy(w->chance);
  aus_match_state_fini(&w->state);
  aus_match_p_fini(&w->p);
  aus_match_p_fini(&w->judge);
  aus_match_index_fini(&w->index);
  aus_match_nbs_free(w->nb, w->tables.n);
  aus_match_jobs_fini(&w->jobs);
  aus_match_tables_fini(&w->tables);
  aus_match_specs_fini(&w->specs);
  aus_match_clusters_fini(&w->clusters);
  aus_match_space_fini(&w->space);
}

/* Clusters that meet what job j requires up to a level. */
static int64_t plain_matches(const world *w, int64_t j, int level, int64_t *match)
{
  int64_t c, i, n = 0;

  for (c = 0; c < CLUSTERS; c++) {
    bool all = true;

    for (i = w->jobs.first[j]; i < w->jobs.first[j + 1]; i++) {
      int f = w->jobs.feature[i];

      if (w->level_of[f] <= level)
        all = all && w->clusters.value[c * w->space.n + f] == w->jobs.value[i];
    }
    if (all) match[n++] = c;
  }
  return n;
}

static double state_of(const world *w, int64_t c, const char *key)
{
  return aus_match_state_get(&w->state, c, key).x;
}

/* The level at which the matches of level `level` were found. */
static int plain_change(const world *w, int64_t j, int level)
{
  int64_t match[CLUSTERS], n = plain_matches(w, j, level, match);

  while (level > 0 && plain_matches(w, j, level - 1, match) == n)
    level--;
  return level;
}

/* Is cluster a before b? */
static bool better(const world *w, const aus_match_chooser *how, int64_t j, int64_t a, int64_t b)
{
  const double *p = w->p.p + w->p.row[j] * CLUSTERS,
               *price = w->price + w->jobs.table[j] * CLUSTERS;

  if (how->select == AUS_MATCH_SELECT_BEST_P) return p[a] > p[b];
  if (how->select == AUS_MATCH_SELECT_LAST) return a > b;
  if (how->select == AUS_MATCH_SELECT_CHEAPEST) return price[a] < price[b];
  if (how->select == AUS_MATCH_SELECT_CONSTRAINT)
    return state_of(w, a, "cost") < state_of(w, b, "cost");
  return a < b;
}

static bool eligible(const world *w, const aus_match_chooser *how, int64_t j, int64_t c)
{
  if (how->select == AUS_MATCH_SELECT_CHEAPEST)
    return !isnan(w->price[w->jobs.table[j] * CLUSTERS + c]);
  if (how->select != AUS_MATCH_SELECT_CONSTRAINT) return true;
  return how->policy == w->chance ? c % 10 != 0 : c % 10 != 0 && c % 3 != 0;
}

/* Weight of each cluster for job j. @return the cluster of the view */
static int64_t plain_weights(const world *w, const aus_match_chooser *how, int64_t j, int level,
                             double *weight)
{
  int64_t match[CLUSTERS], n = plain_matches(w, j, level, match), kept = 0, best = -1, i;
  aus_rng rng = aus_rng_open(how->seed, 0, (uint64_t)j, AUS_RNG_SELECTION);

  memset(weight, 0, CLUSTERS * sizeof *weight);
  for (i = 0; i < n; i++)
    if (eligible(w, how, j, match[i])) match[kept++] = match[i];
  if (kept == 0) return -1;
  for (i = 0; i < kept && how->select == AUS_MATCH_SELECT_EXPECTED; i++)
    weight[match[i]] = 1.0 / (double)n;
  for (i = how->iterations - 1; i >= 0 && how->select == AUS_MATCH_SELECT_RANDOM; i--) {
    long double u = ldexpl((long double)aus_rng_at(&rng, (uint64_t)(level + 1000 * i)), -64);

    best = match[(int64_t)(u * (long double)n)];
    weight[best] += 1.0 / how->iterations;
  }
  if (how->select == AUS_MATCH_SELECT_EXPECTED || how->select == AUS_MATCH_SELECT_RANDOM)
    return best;
  for (i = 0; i < kept; i++)
    if (best < 0 || better(w, how, j, match[i], best)) best = match[i];
  if (how->select == AUS_MATCH_SELECT_CONSTRAINT && how->policy == w->chance) {
    rng.next = (uint64_t)plain_change(w, j, level);
    best = match[aus_rng_below(&rng, (uint64_t)kept)];
  }
  weight[best] = 1.0;
  return best;
}

/* One level of the sums and its view. */
static void compare_level(const world *w, const aus_match_chooser *how, int level,
                          const aus_match_chosen *c, const aus_match_view *v)
{
  double n[CLUSTERS] = {0}, score[CLUSTERS] = {0}, sum = 0.0, judged = 0.0;
  int64_t placed = 0, j, k;

  for (j = 0; j < JOBS; j++) {
    const double *p = w->p.p + w->p.row[j] * CLUSTERS, *q = w->judge.p + w->p.row[j] * CLUSTERS;
    double weight[CLUSTERS], all = 0.0, mean = 0.0;

    assert_int_equal(v->cluster[j], plain_weights(w, how, j, level, weight));
    for (k = 0; k < CLUSTERS; k++) {
      n[k] += weight[k];
      score[k] += weight[k] * p[k];
      all += weight[k];
      mean += weight[k] * p[k];
      judged += weight[k] * q[k];
    }
    placed += all > 0.5;
    sum += mean;
    assert_int_equal(isnan(v->p[j]) != 0, all < 0.5);
    if (all > 0.5) check_near(v->p[j], mean, TOL);
  }
  assert_int_equal(c->placed[level], placed);
  check_near(c->sum[level], sum, TOL);
  check_near(c->judged[level], judged, TOL);
  for (k = 0; k < CLUSTERS; k++) {
    check_near(v->n[k], n[k], TOL);
    check_near(v->score[k], score[k], TOL);
  }
}

static aus_match_chooser world_chooser(const world *w, int select)
{
  return (aus_match_chooser){.select = (aus_match_select)select,
                             .seed = 11,
                             .iterations = 3,
                             .price = w->price,
                             .policy = w->policy,
                             .state = &w->state,
                             .judge = &w->judge};
}

enum { WAYS = AUS_MATCH_SELECT_CONSTRAINT + 2 }; /* the last: rules that draw */

static void plain_loops(void **state)
{
  aus_err err = {0};
  aus_match_work work;
  aus_match_view v;
  world w;
  int way, level;

  (void)state;
  world_init(&w);
  check_ok(aus_match_work_make(&work, &w.ladder, &err), &err);
  check_ok(aus_match_view_make(&v, &w.ladder, &err), &err);
  for (way = 0; way < WAYS; way++) {
    aus_match_chooser how = world_chooser(&w, way == WAYS - 1 ? AUS_MATCH_SELECT_CONSTRAINT : way);
    aus_match_chosen c;

    if (way == WAYS - 1) how.policy = w.chance;
    c = choose(&w.ladder, &how);
    for (level = 0; level <= LEVELS; level++) {
      check_ok(aus_match_view_level(&w.ladder, &how, level, &work, &v, &err), &err);
      compare_level(&w, &how, level, &c, &v);
    }
    assert_int_equal(c.placed[0], JOBS);
    if (c.placed[LEVELS] < 50 || c.placed[LEVELS] > 650)
      fail_msg("way %d: %d jobs at the end", way, (int)c.placed[LEVELS]);
    aus_match_chosen_fini(&c);
  }
  aus_match_view_fini(&v);
  aus_match_work_fini(&work);
  world_fini(&w);
}

/* Who is judged by the model that chose gets what it was promised, to the last bit. */
static void judged_by_itself(void **state)
{
  world w;
  int select, level;

  (void)state;
  world_init(&w);
  for (select = 0; select <= AUS_MATCH_SELECT_CONSTRAINT; select++) {
    aus_match_chooser how = world_chooser(&w, select);
    aus_match_chosen c;

    how.judge = &w.p;
    c = choose(&w.ladder, &how);
    for (level = 0; level <= LEVELS; level++)
      assert_true(c.judged[level] == c.sum[level] && c.sum[level] > 0.0);
    aus_match_chosen_fini(&c);
  }
  world_fini(&w);
}

static void same_seed_same_draws(void **state)
{
  world w;
  aus_match_chooser how;
  aus_match_chosen a, b, other;
  int level, differ = 0;

  (void)state;
  world_init(&w);
  how = world_chooser(&w, AUS_MATCH_SELECT_RANDOM);
  a = choose(&w.ladder, &how);
  b = choose(&w.ladder, &how);
  how.seed = 12;
  other = choose(&w.ladder, &how);
  for (level = 0; level <= LEVELS; level++) {
    assert_true(a.sum[level] == b.sum[level] && a.judged[level] == b.judged[level]);
    differ += a.sum[level] != other.sum[level];
  }
  assert_int_equal(differ, LEVELS + 1);
  aus_match_chosen_fini(&a);
  aus_match_chosen_fini(&b);
  aus_match_chosen_fini(&other);
  world_fini(&w);
}

/* Of the sum over jobs of the mean of one draw each. */
static double plain_variance(const world *w, int level)
{
  double all = 0.0;
  int64_t match[CLUSTERS], j, i;

  for (j = 0; j < JOBS; j++) {
    const double *p = w->p.p + w->p.row[j] * CLUSTERS;
    int64_t n = plain_matches(w, j, level, match);
    double x = 0.0, xx = 0.0;

    for (i = 0; i < n; i++) {
      x += p[match[i]];
      xx += p[match[i]] * p[match[i]];
    }
    if (n > 0) all += xx / (double)n - x / (double)n * (x / (double)n);
  }
  return all;
}

/* 2000 draws of 700 jobs at each of 5 levels: within 4 standard deviations of the expectation. */
static void random_is_expected_on_average(void **state)
{
  world w;
  aus_match_chooser how;
  aus_match_chosen random, expected;
  int level;

  (void)state;
  world_init(&w);
  how = world_chooser(&w, AUS_MATCH_SELECT_EXPECTED);
  expected = choose(&w.ladder, &how);
  how.select = AUS_MATCH_SELECT_RANDOM;
  how.iterations = 2000;
  random = choose(&w.ladder, &how);
  for (level = 0; level <= LEVELS; level++) {
    double sd = sqrt(plain_variance(&w, level) / how.iterations);

    if (!(fabs(random.sum[level] - expected.sum[level]) < 4 * sd))
      fail_msg("level %d: %g, expected %g +- %g", level, random.sum[level], expected.sum[level],
               sd);
    assert_true(sd > 0.0);
    assert_int_equal(random.placed[level], expected.placed[level]);
  }
  aus_match_chosen_fini(&random);
  aus_match_chosen_fini(&expected);
  world_fini(&w);
}

/* ---- the stored sums ---- */

static void compare_stored(const aus_match_ladder *l, aus_match_select select,
                           const aus_sheet *want, const char *column)
{
  const aus_match_chooser how = {.select = select};
  aus_match_chosen c = choose(l, &how);
  int i;

  assert_int_equal(want->n_rows, c.n);
  for (i = 0; i < c.n; i++) {
    assert_int_equal(c.placed[i], (int64_t)sheet_number(want, i, "jobs_matched"));
    check_near(c.sum[i], sheet_number(want, i, column), 1e-9);
  }
  aus_match_chosen_fini(&c);
}

static void compare_stored_views(const aus_match_ladder *l, const aus_sheet *want)
{
  static const int levels[] = {0, 60, 118};
  const aus_match_chooser how = {.select = AUS_MATCH_SELECT_EXPECTED};
  aus_err err = {0};
  aus_match_work w;
  aus_match_view v;
  int64_t c;
  int i;

  check_ok(aus_match_work_make(&w, l, &err), &err);
  check_ok(aus_match_view_make(&v, l, &err), &err);
  for (i = 0; i < 3; i++) {
    double n = 0.0, score = 0.0;

    check_ok(aus_match_view_level(l, &how, levels[i], &w, &v, &err), &err);
    for (c = 0; c < l->index->n_clusters; c++) {
      n += v.n[c];
      score += v.score[c];
    }
    check_near(n, sheet_number(want, levels[i], "jobs_matched"), 1e-9);
    check_near(score, sheet_number(want, levels[i], "expected_score_sum"), 1e-9);
  }
  aus_match_work_fini(&w);
  aus_match_view_fini(&v);
}

static void stored_sums(void **state)
{
  aus_err err = {0};
  aus_sheet want = shared_sheet("golden/ladder-shuffled.csv");
  char *text = shared_text("match/golden/order-shuffled.txt", NULL);
  aus_match_subsystems sub;
  aus_match_ladder l;
  stand s;
  int order[119], *level_of;

  (void)state;
  stand_init(&s);
  check_ok(aus_match_subsystems_make(&sub, &s.space, AUS_MATCH_BY_PACKAGE, &err), &err);
  check_ok(aus_match_order_read(&sub, "order", text, order, &err), &err);
  level_of = levels_of(&sub, &s.space, order);
  l = (aus_match_ladder){&s.index, &s.jobs, &s.p, level_of, sub.n};
  compare_stored(&l, AUS_MATCH_SELECT_EXPECTED, &want, "expected_score_sum");
  compare_stored(&l, AUS_MATCH_SELECT_BEST_P, &want, "best_score_sum");
  compare_stored_views(&l, &want);
  aus_match_subsystems_fini(&sub);
  stand_fini(&s);
  aus_sheet_fini(&want);
  free(text);
  free(level_of);
}

/* ---- memory ---- */

static int all_of_it(const hand *h, aus_match_select select, aus_err *err)
{
  const aus_match_chooser how = {.select = select,
                                 .iterations = 2,
                                 .price = hand_price,
                                 .policy = h->policy,
                                 .state = &h->state,
                                 .judge = &hand_ps};
  int rc = AUS_OK;
  aus_match_work w = {0};
  aus_match_chosen c = {0};
  aus_match_view v = {0};

  AUS_TRY(aus_match_work_make(&w, &h->ladder, err));
  AUS_TRY(aus_match_chosen_make(&c, 1, err));
  AUS_TRY(aus_match_choose_block(&h->ladder, &how, 0, 5, &w, &c, err));
  AUS_TRY(aus_match_view_make(&v, &h->ladder, err));
  AUS_TRY(aus_match_view_level(&h->ladder, &how, 1, &w, &v, err));
done:
  aus_match_view_fini(&v);
  aus_match_chosen_fini(&c);
  aus_match_work_fini(&w);
  return rc;
}

static void no_memory(void **state)
{
  aus_err err = {0};
  int64_t n, live;
  int rc, select;
  hand h;

  (void)state;
  hand_init(&h);
  live = aus_alloc_live();
  for (select = 0; select <= AUS_MATCH_SELECT_CONSTRAINT; select++) {
    for (n = 0, rc = AUS_ENOMEM; rc != AUS_OK; n++) {
      aus_err_clear(&err);
      aus_alloc_fail_at(n);
      rc = all_of_it(&h, (aus_match_select)select, &err);
      assert_true(rc == AUS_OK || rc == AUS_ENOMEM);
      assert_int_equal(err.code, rc);
      assert_int_equal(aus_alloc_live(), live);
    }
    assert_true(n > (select == AUS_MATCH_SELECT_CONSTRAINT ? 40 : 15));
  }
  aus_alloc_fail_at(-1);
  hand_fini(&h);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(chosen_by_hand),       cmocka_unit_test(view_by_hand),
      cmocka_unit_test(plain_loops),          cmocka_unit_test(judged_by_itself),
      cmocka_unit_test(same_seed_same_draws), cmocka_unit_test(random_is_expected_on_average),
      cmocka_unit_test(stored_sums),          cmocka_unit_test(no_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
