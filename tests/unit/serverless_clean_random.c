/* serverless_clean_random.c - clean mode, and any choice of switches, on random small systems and on the
 * invented scenarios of tests/data: what must hold of every run; failing allocations.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/serverless_random.h"

#include "serverless/kernel.h"

/* Times in order, NaN only from some step on. */
static void check_task(const scenario *sc, const aus_serverless_task_rows *t, int64_t i,
                       uint64_t trial)
{
  const double step[] = {t->dispatched[i], t->scheduled[i], t->arrived[i], t->started[i],
                         t->done[i]};
  int k;

  for (k = 1; k < 5; k++)
    if (isnan(step[k - 1]) ? !isnan(step[k]) : step[k] < step[k - 1])
      fail_msg("trial %d task %d step %d: %g after %g", (int)trial, (int)i, k, step[k],
               step[k - 1]);
  if (isnan(t->done[i])) return;
  assert_true(t->execution[i] == sc->types.task[t->task[i]].exec_s[t->platform[i]]);
  assert_true(t->cold_started[i] == (t->cold_start[i] > 0));
  assert_true(t->pull[i] >= 0 && t->cache_hit[i] == (t->pull[i] == 0));
  check_near(t->compute[i], t->execution[i] + t->communications[i], 1e-9);
}

/* A platform serves its queue in order. */
static void check_fifo(const aus_serverless_task_rows *t, uint64_t trial)
{
  int64_t i, k;

  for (i = 0; i < t->n; i++)
    for (k = 0; k < t->n; k++)
      if (t->platform_id[i] == t->platform_id[k] && t->scheduled[i] < t->scheduled[k] &&
          t->arrived[i] > t->arrived[k])
        fail_msg("trial %d: task %d overtakes %d", (int)trial, (int)k, (int)i);
}

/* A task goes when its predecessors are done, not before and not later. */
static void check_dag(const scenario *sc, const aus_serverless_task_rows *t, uint64_t trial)
{
  int64_t i, first = 0;
  int k, m;

  for (i = 0; i < t->n; i++) {
    const aus_serverless_app_type *app = &sc->types.app[t->application[i]];
    double ready = sc->trace.t_s[t->application_id[i]];

    if (i > 0 && t->application_id[i] != t->application_id[i - 1]) first = i;
    for (k = 0; app->topo[i - first] != k;)
      k++;
    for (m = app->pred_begin[k]; m < app->pred_begin[k + 1]; m++) {
      int position = 0;

      while (app->topo[position] != app->pred[m])
        position++;
      ready = fmax(ready, t->done[first + position]);
    }
    if (!isnan(t->dispatched[i]) && t->dispatched[i] != ready)
      fail_msg("trial %d: task %d is dispatched at %g, ready at %g", (int)trial, (int)i,
               t->dispatched[i], ready);
  }
}

/* Functions with work on a node hold their memory there: at every arrival it is enough. */
static void check_memory(const scenario *sc, const aus_serverless_result *res, uint64_t trial)
{
  const aus_serverless_task_rows *t = &res->tasks;
  double memory[64];
  int64_t i, k;
  int p;

  for (i = 0; i < t->n; i++) {
    double sum = 0;

    memset(memory, 0, sizeof memory);
    for (k = 0; k < t->n && t->platform_id[i] >= 0; k++)
      if (t->node_id[k] == t->node_id[i] && t->scheduled[k] <= t->arrived[i] &&
          !(t->done[k] <= t->arrived[i]) && t->platform_id[k] >= 0)
        memory[t->platform_id[k] % 64] = sc->types.task[t->task[k]].memory_gb[t->platform[k]];
    for (p = 0; p < 64; p++)
      sum += memory[p];
    if (t->platform_id[i] >= 0 && sum > sc->infra.node[t->node_id[i]].memory_gb + 1e-6)
      fail_msg("trial %d: %g GB on node %d at %g s", (int)trial, sum, (int)t->node_id[i],
               t->arrived[i]);
  }
}

/* The integral of the numbers in the scale events. */
static void check_replica_time(const aus_serverless_result *res)
{
  double sum = 0;
  int64_t i;

  for (i = 0; i < res->scale_events.n; i++)
    sum += (res->scale_events.action[i] == 0 ? 1 : -1) *
           (res->totals.end_time_s - res->scale_events.timestamp[i]);
  check_near(res->totals.replica_s, sum, 1e-9);
}

/* With D5 clear a replica lives for keep_alive at least: by the time of a removal, as many replicas were
 * made that long before. */
static void check_ages(const scenario *sc, const aus_serverless_result *res, uint64_t trial)
{
  const aus_serverless_scale_rows *c = &res->scale_events;
  int64_t i, k, down, up;

  for (i = 0; i < c->n; i++) {
    if (c->action[i] == 0) continue;
    for (down = up = 0, k = 0; k <= i; k++) {
      if (c->task[k] != c->task[i]) continue;
      down += c->action[k];
      up += c->action[k] == 0 && c->timestamp[k] + sc->policy.keep_alive_s <= c->timestamp[i];
    }
    if (down > up) fail_msg("trial %d: a replica goes young, event %d", (int)trial, (int)i);
  }
}

static void check_run(const scenario *sc, const aus_serverless_result *res, uint64_t trial)
{
  uint64_t defects = sc->policy.defects;
  int64_t i;

  for (i = 0; i < res->tasks.n; i++) {
    check_task(sc, &res->tasks, i, trial);
    if (res->status == AUS_SERVERLESS_DONE) assert_true(isfinite(res->tasks.done[i]));
  }
  check_platforms(&res->tasks, trial);
  check_fifo(&res->tasks, trial);
  check_scale_events(res, res->platforms.n);
  check_storages(sc, res);
  check_replica_time(res);
  if (!(defects & AUS_SERVERLESS_D(12))) check_dag(sc, &res->tasks, trial);
  if (!(defects & AUS_SERVERLESS_D(8))) check_memory(sc, res, trial);
  if (!(defects & AUS_SERVERLESS_D(5))) check_ages(sc, res, trial);
  if (!(defects & AUS_SERVERLESS_D(11)) && res->status == AUS_SERVERLESS_DONE)
    for (i = 0; i < res->storages.n; i++)
      assert_int_equal(res->storages.n_data[i], 0);
  for (i = 0; i < res->platforms.n; i++)
    assert_true(res->platforms.idle_time[i] >= -1e-9);
}

/* Pulls of one image are one transfer, which ends for all of them at once. Returns how many have joined. */
static int check_pulls(const aus_serverless_sim *s, const aus_node_state *node)
{
  const int32_t head[] = {node->pull_head, node->timed_head};
  int32_t i, k, n_images = 0;
  int list, n_joined = 0;

  for (list = 0; list < 2; list++)
    for (i = head[list]; i >= 0; i = s->init[i].next) {
      const aus_init *a = &s->init[i];
      bool first = true;

      assert_true(a->transferring == (list == 0) &&
                  (a->prefetch || s->plat[a->platform].pull == i));
      assert_true(&s->node[s->plat[a->platform].node] == node);
      if (a->next >= 0 && list == 0) assert_true(a->end_gb <= s->init[a->next].end_gb);
      for (k = head[list]; k != i && first; k = s->init[k].next) {
        const aus_init *b = &s->init[k];

        first = b->function != a->function ||
                s->plat[b->platform].type != s->plat[a->platform].type || aus_defect(s, 17);
        if (!first) assert_true(list == 0 ? a->end_gb == b->end_gb : a->t_end == b->t_end);
      }
      assert_true(a->joined == !first);
      n_joined += a->joined;
      n_images += first && list == 0;
    }
  assert_int_equal(node->n_pulls, n_images);
  return n_joined;
}

/* The shorter queue; of equals the one whose image is there. */
static bool before(const aus_plat *a, const aus_plat *b)
{
  return a->q_len < b->q_len || (a->q_len == b->q_len && a->passed && !b->passed);
}

/* Books of the simulator at the end. */
static void check_books(const aus_serverless_sim *s)
{
  int32_t p, i;
  int f, n;

  for (p = 0; p < s->n_plats; p++) {
    const aus_plat *plat = &s->plat[p];

    if (plat->function >= 0) continue;
    assert_true(plat->q_head < 0 && plat->q_len == 0);
    if (aus_defect(s, 2)) continue;
    assert_true(plat->current < 0 && plat->pull < 0);
    assert_true(plat->ready_state == AUS_READY_PENDING);
    if (!aus_defect(s, 6)) assert_false(plat->passed);
  }
  for (n = 0; n < s->n_nodes; n++) {
    const aus_node_state *node = &s->node[n];

    check_pulls(s, node);
    if (!aus_defect(s, 8)) assert_true(node->free_memory_gb > -1e-8);
  }
  for (f = 0; f < s->n_functions; f++) {
    const aus_function *fn = &s->function[f];
    int32_t best = -1;
    int64_t queued = 0;

    for (i = 0; i < fn->n_replicas; i++) {
      p = fn->replica[i];
      queued += s->plat[p].q_len;
      assert_int_equal(s->plat[p].function, f);
      assert_true(i == 0 || s->plat[p].rank > s->plat[fn->replica[i - 1]].rank);
      assert_true(fn->tree[fn->tree_size + s->plat[p].slot] == aus_tree_value(&s->plat[p]));
      if (best < 0 || before(&s->plat[p], &s->plat[best])) best = p;
    }
    assert_int_equal(fn->queued, queued);
    if (best >= 0) assert_int_equal(aus_shortest(s, fn), best);
    assert_true(fn->waiting.n == 0 || fn->n_replicas == 0);
  }
}

/* Clean, single defects and random choices of them on top; compat less some. */
static uint64_t choose_defects(uint64_t trial)
{
  aus_rng r = aus_rng_open(12, 0, trial, AUS_RNG_TRACE);
  const uint64_t inherent = AUS_SERVERLESS_D(2) | AUS_SERVERLESS_D(6) | AUS_SERVERLESS_D(12) |
                            AUS_SERVERLESS_D(15) | AUS_SERVERLESS_D(17);
  uint64_t some = aus_rng_below(&r, UINT64_C(1) << 40) & AUS_SERVERLESS_COMPAT;

  switch (trial % 4) {
  case 0:
    return 0;
  case 1:
    return AUS_SERVERLESS_D(3 + trial / 4 % 31) & AUS_SERVERLESS_COMPAT;
  case 2:
    return some & ~AUS_SERVERLESS_D(2);
  default:
    return some | inherent;
  }
}

/* Three times: as it is, without shortcuts (reference's kernel), again. */
static void random_systems(void **state)
{
  int64_t n_done = 0, n_evictions = 0, n_down = 0, n_waited = 0, before = aus_alloc_live();
  uint64_t trial;

  (void)state;
  for (trial = 0; trial < 600; trial++) {
    scenario sc;
    aus_serverless_sim *sim;
    const aus_serverless_result *result;
    char *text[3];
    int64_t i;

    random_scenario(&sc, trial);
    sc.policy.defects = choose_defects(trial);
    check_ok(aus_serverless_sim_create(&sim, &sc.types, &err), &err);
    for (i = 0; i < 3; i++) {
      sim->literal = i == 1;
      check_ok(scenario_run(&sc, sim, &result, &err), &err);
      text[i] = text_of(&sc, result);
    }
    check_run(&sc, result, trial);
    check_books(sim);
    n_done += result->status == AUS_SERVERLESS_DONE;
    n_evictions += result->totals.n_evictions;
    for (i = 0; i < result->scale_events.n; i++)
      n_down += result->scale_events.action[i];
    for (i = 0; i < result->tasks.n; i++)
      n_waited += result->tasks.wait[i] > 0;
    if (strcmp(text[0], text[1]) != 0 || strcmp(text[0], text[2]) != 0)
      fail_msg("trial %d: runs differ", (int)trial);
    for (i = 0; i < 3; i++)
      aus_free(text[i]);
    aus_serverless_sim_destroy(sim);
    scenario_fini(&sc);
  }
  assert_int_equal(aus_alloc_live(), before);
  /* the systems do what they are meant to do */
  assert_true(n_done > 450 && n_evictions > 300 && n_down > 1000 && n_waited > 300);
}

/* The same systems cut off in the middle, where pulls are under way. */
static void pulls_under_way(void **state)
{
  int64_t n_transfers = 0, n_joined = 0, n_timed = 0, n_shared = 0;
  uint64_t trial;

  (void)state;
  for (trial = 0; trial < 600; trial++) {
    aus_rng r = aus_rng_open(13, 0, trial, AUS_RNG_TRACE);
    scenario sc;
    aus_serverless_sim *sim;
    const aus_serverless_result *result;
    int n;

    random_scenario(&sc, trial);
    sc.policy.defects = choose_defects(trial) & ~AUS_SERVERLESS_D(2);
    sc.policy.max_time_s = 0.5 + 0.25 * (double)aus_rng_below(&r, 60);
    check_ok(aus_serverless_sim_create(&sim, &sc.types, &err), &err);
    check_ok(scenario_run(&sc, sim, &result, &err), &err);
    for (n = 0; n < sim->n_nodes; n++) {
      const aus_node_state *node = &sim->node[n];

      n_joined += check_pulls(sim, node);
      n_transfers += node->n_pulls;
      n_shared += node->n_pulls > 1;
      n_timed += node->timed_head >= 0;
    }
    aus_serverless_sim_destroy(sim);
    scenario_fini(&sc);
  }
  /* they meet, and are met in both phases */
  assert_true(n_transfers > 500 && n_shared > 150 && n_joined > 50 && n_timed > 150);
}

/* One simulator for one set of types after the other kinds of runs gives what a fresh one gives. */
static void after_other_runs(void **state)
{
  static const uint64_t defects[] = {0, AUS_SERVERLESS_COMPAT, AUS_SERVERLESS_D(6), 0};
  scenario sc;
  aus_serverless_sim *sim;
  const aus_serverless_result *result;
  char *text[4];
  int i;

  (void)state;
  random_scenario(&sc, 7);
  check_ok(aus_serverless_sim_create(&sim, &sc.types, &err), &err);
  for (i = 0; i < 4; i++) {
    sc.policy.defects = defects[i];
    check_ok(scenario_run(&sc, sim, &result, &err), &err);
    text[i] = text_of(&sc, result);
  }
  assert_string_equal(text[0], text[3]);
  assert_string_not_equal(text[0], text[1]);
  for (i = 0; i < 4; i++)
    aus_free(text[i]);
  aus_serverless_sim_destroy(sim);
  scenario_fini(&sc);
}

static void tiny(void **state)
{
  char golden[1100], inputs[1000];
  const char *top = getenv("AUS_TOP_SRCDIR");
  scenario sc;
  aus_serverless_sim *sim;
  const aus_serverless_result *result;

  if (!top) top = "..";
  snprintf(inputs, sizeof inputs, "%s/tests/data/serverless", top);
  snprintf(golden, sizeof golden, "%s/golden/%s", inputs, (const char *)*state);
  check_ok(scenario_load(&sc, golden, inputs, &err), &err);
  sc.policy.defects = 0;
  check_ok(aus_serverless_sim_create(&sim, &sc.types, &err), &err);
  check_ok(scenario_run(&sc, sim, &result, &err), &err);
  assert_int_equal(result->status, AUS_SERVERLESS_DONE);
  check_run(&sc, result, 0);
  aus_serverless_sim_destroy(sim);
  scenario_fini(&sc);
}

/* ---- failing allocations ---- */

static void allocation_failures(void **state)
{
  (void)state;
  check_allocation_failures(2000, 4, true);
}

#define TINY(name)                                  \
  {                                                 \
    name, tiny, NULL, NULL, (void *)(uintptr_t)name \
  }

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_systems),
      cmocka_unit_test(pulls_under_way),
      cmocka_unit_test(after_other_runs),
      TINY("t-kn_kn"),
      TINY("t-kn_bpff"),
      TINY("t-hro_hro"),
      TINY("t-hrc_hrc"),
      TINY("t2-pending-fifo"),
      TINY("t2-memory"),
      TINY("t2-hro"),
      TINY("t2-hrc"),
      cmocka_unit_test(allocation_failures),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
