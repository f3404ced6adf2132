/* gpuqueue_policy.c - policies learn, decide, and know nothing of what they cannot know.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/policy.h"
#include "unit/gpuqueue_open.h"

static aus_err err;

enum { N_LEARN = 26, N_TRY = 4 };

typedef struct past {
  stand s;
  int64_t n;
  float *feature, *reward_h;
  int64_t *window;
} past;

/* Windows to learn from, with samples of all probes. A busy cluster: 9 of 10 nodes in use. */
static void past_make(past *p, bool cold)
{
  int64_t most, i;
  double *x;
  aus_gpuqueue_outcome o;
  int j;

  *p = (past){.s = stand_make(60, cold)};
  most = (int64_t)N_LEARN * p->s.g.n_probes;
  x = calloc((size_t)p->s.g.n_snapshots * AUS_GPUQUEUE_N_STATE, sizeof *x);
  aus_gpuqueue_trace_fini(&p->s.trace);
  stand_trace(&p->s.trace, 750, STAND_T0_S - 86400, 1600.0, 60, 11);
  p->feature = calloc((size_t)(most * aus_gpuqueue_n_features()), sizeof *p->feature);
  p->reward_h = calloc((size_t)most, sizeof *p->reward_h);
  p->window = calloc((size_t)most, sizeof *p->window);
  assert_true(x && p->feature && p->reward_h && p->window);
  for (i = 0; i < N_LEARN; i++) {
    stand_open(&p->s, i);
    for (j = 0; j < p->s.g.n_probes; j++, p->n++) {
      check_ok(aus_gpuqueue_window_decide(p->s.w, aus_gpuqueue_window_probe_s(p->s.w, j), false, &o,
                                          x, NULL, &err),
               &err);
      aus_gpuqueue_features(&p->s.g, x, o.t_decision_s,
                            p->feature + p->n * aus_gpuqueue_n_features());
      p->reward_h[p->n] = (float)o.reward_s / 3600.0f;
      p->window[p->n] = i;
    }
  }
  free(x);
}

static void past_end(past *p)
{
  free(p->feature);
  free(p->reward_h);
  free(p->window);
  stand_end(&p->s);
}

static aus_gpuqueue_lesson lesson_of(const past *p, const aus_gpuqueue_trace *trace)
{
  return (aus_gpuqueue_lesson){.sim = &p->s.conf,
                               .geometry = &p->s.g,
                               .n_windows = N_LEARN,
                               .trace = trace,
                               .n_samples = p->n,
                               .feature = p->feature,
                               .reward_h = p->reward_h,
                               .window = p->window,
                               .seed = 3};
}

static void learn(const past *p, const aus_gpuqueue_trace *trace, int kind, aus_buf *out)
{
  const aus_gpuqueue_lesson l = lesson_of(p, trace);

  aus_buf_init(out);
  check_ok(aus_gpuqueue_policy_learn((aus_gpuqueue_policy_kind)kind, &l, out, NULL, &err), &err);
  assert_true((out->n > 0) == aus_gpuqueue_policy_learns((aus_gpuqueue_policy_kind)kind));
}

static aus_gpuqueue_policy *make(const past *p, int kind, double threshold_h)
{
  aus_gpuqueue_policy *out;
  aus_buf b;

  learn(p, &p->s.trace, kind, &b);
  check_ok(aus_gpuqueue_policy_create(&out, (aus_gpuqueue_policy_kind)kind, &p->s.conf, &p->s.g,
                                      b.data, (size_t)b.n, threshold_h, &err),
           &err);
  aus_buf_fini(&b);
  return out;
}

/* Mean interruption and overlap (h) in windows behind the training. */
static void run(past *p, int kind, double *interruption_h, double *overlap_h)
{
  enum { FIRST = N_LEARN + 16, N = 12 };
  aus_gpuqueue_policy *policy = make(p, kind, NAN);
  aus_gpuqueue_link l;
  int64_t i;

  *interruption_h = *overlap_h = 0.0;
  for (i = FIRST; i < FIRST + N; i++) {
    stand_open(&p->s, i);
    check_ok(aus_gpuqueue_policy_run(policy, p->s.w, &l, NULL, NULL, &err), &err);
    assert_false(l.failed);
    assert_int_equal(l.outcome.reward_s, l.outcome.t_start_s - p->s.f->t_pred_end_s);
    *interruption_h += fmax(0.0, (double)l.outcome.reward_s) / N / 3600.0;
    *overlap_h += fmax(0.0, -(double)l.outcome.reward_s) / N / 3600.0;
  }
  aus_gpuqueue_policy_destroy(policy);
}

static void all_decide(void **state)
{
  double i_h[AUS_GPUQUEUE_N_POLICIES], o_h[AUS_GPUQUEUE_N_POLICIES];
  int cold, k;

  (void)state;
  for (cold = 0; cold < 2; cold++) {
    past p;

    past_make(&p, cold);
    for (k = 0; k < AUS_GPUQUEUE_N_POLICIES; k++)
      run(&p, k, &i_h[k], &o_h[k]);
    check_near(o_h[AUS_GPUQUEUE_REACTIVE], 0.0, 0.0);
    assert_true(i_h[AUS_GPUQUEUE_REACTIVE] > 0.1);
    for (k = 0; k < AUS_GPUQUEUE_N_POLICIES; k++)
      assert_true(i_h[AUS_GPUQUEUE_ORACLE] <= i_h[k] + 1e-9);
    assert_true(i_h[AUS_GPUQUEUE_ROLLING] < i_h[AUS_GPUQUEUE_REACTIVE]);
    past_end(&p);
  }
}

static bool is_in(const aus_gpuqueue_seen *seen, int64_t n, int64_t number, int64_t *elapsed_s)
{
  int64_t i;

  for (i = 0; i < n; i++)
    if (seen[i].number == number) {
      *elapsed_s = seen[i].elapsed_s;
      return true;
    }
  return false;
}

/* Another future: jobs that have not ended at t take another time, those not submitted before t are other jobs at
 * other times. */
static void scramble(aus_gpuqueue_trace *to, const aus_gpuqueue_trace *from,
                     const aus_gpuqueue_sim *s, int64_t t_s)
{
  static aus_gpuqueue_seen pending[3000], running[3000];
  int64_t n_pending = aus_gpuqueue_sim_n_pending(s), n_running = aus_gpuqueue_sim_n_running(s), i,
          elapsed_s = 0, limit_s;
  aus_rng r = aus_rng_open(99, 0, (uint64_t)t_s, AUS_RNG_TRACE);
  aus_gpuqueue_job *j;

  assert_true(n_pending <= 3000 && n_running <= 3000);
  aus_gpuqueue_sim_pending(s, pending);
  aus_gpuqueue_sim_running(s, running);
  *to = *from;
  to->job = aus_zalloc((size_t)from->n, sizeof *to->job);
  assert_non_null(to->job);
  to->cap = from->n;
  memcpy(to->job, from->job, (size_t)from->n * sizeof *to->job);
  for (i = 0; i < to->n; i++) {
    j = &to->job[i];
    limit_s = j->limit_min * 60;
    if (j->t_submit_s >= t_s) {
      stand_job(j, &r);
      j->t_submit_s += (int64_t)aus_rng_below(&r, 20000);
    } else if (is_in(pending, n_pending, i, &elapsed_s)) {
      j->run_s = (int64_t)(aus_rng_uniform(&r) * (double)limit_s);
    } else if (is_in(running, n_running, i, &elapsed_s)) {
      j->run_s = elapsed_s + 60 + (int64_t)(aus_rng_uniform(&r) * (double)(limit_s - elapsed_s));
      if (j->run_s > limit_s) j->run_s = limit_s;
    }
  }
  aus_gpuqueue_trace_order(to, 60);
}

/* Reads the run time of the first job in the queue: what the test must find. */
static int ask_cheat(void *self, const aus_gpuqueue_question *q, double *reward_h, aus_err *e)
{
  static aus_gpuqueue_seen seen[3000];
  const aus_gpuqueue_sim *s = aus_gpuqueue_walk_sim_const(q->walk);

  (void)self;
  (void)e;
  *reward_h = -1e9;
  if (aus_gpuqueue_sim_n_pending(s) == 0) return AUS_OK;
  aus_gpuqueue_sim_pending(s, seen);
  *reward_h = -(double)aus_gpuqueue_sim_job(s, seen[0].number)->run_s;
  return AUS_OK;
}

/* Who is asked: a policy, or the cheat. Never submits, so that all questions are asked. */
static void questions(past *p, aus_gpuqueue_policy *policy, aus_gpuqueue_trail *trail,
                      aus_gpuqueue_link *l)
{
  const aus_gpuqueue_predictor cheat = {.name = "cheat", .ask = ask_cheat, .threshold_h = 1e9};

  trail->n = 0;
  if (policy)
    check_ok(aus_gpuqueue_policy_run(policy, p->s.w, l, trail, NULL, &err), &err);
  else
    check_ok(aus_gpuqueue_follow(p->s.w, &cheat, l, trail, NULL, &err), &err);
}

/* Answers up to t in the real and in a scrambled future. @return how many differ */
static int64_t differences(past *p, aus_gpuqueue_policy *policy, int64_t index, int64_t t_s,
                           bool *other_world)
{
  aus_gpuqueue_trail a = {0}, b = {0};
  aus_gpuqueue_link la, lb;
  aus_gpuqueue_trace real = p->s.trace, future;
  const aus_gpuqueue_walk *at;
  int64_t i, n = 0;

  stand_open(&p->s, index);
  questions(p, policy, &a, &la);
  check_ok(aus_gpuqueue_window_at(p->s.w, t_s, true, &at, NULL, &err), &err);
  scramble(&future, &real, aus_gpuqueue_walk_sim_const(at), t_s);
  p->s.trace = future;
  stand_open(&p->s, index);
  questions(p, policy, &b, &lb);
  for (i = 0; i < a.n && a.t_s[i] <= t_s; i++) {
    assert_true(i < b.n);
    assert_int_equal(a.t_s[i], b.t_s[i]);
    n += memcmp(&a.expected_h[i], &b.expected_h[i], sizeof a.expected_h[i]) != 0;
  }
  assert_true(i > 0);
  *other_world = *other_world || la.outcome.t_start_s != lb.outcome.t_start_s;
  p->s.trace = real;
  aus_gpuqueue_trace_fini(&future);
  aus_gpuqueue_trail_fini(&a);
  aus_gpuqueue_trail_fini(&b);
  return n;
}

static int64_t leaks(past *p, aus_gpuqueue_policy *policy)
{
  int64_t i, n = 0;
  bool other_world = false;

  for (i = 1; i <= N_TRY; i++) {
    stand_open(&p->s, i * 3);
    n += differences(p, policy, i * 3, p->s.f->t_submit_s + i * 4200, &other_world);
  }
  assert_true(other_world); /* the scrambled future is another one */
  return n;
}

static void no_leak(void **state)
{
  static const int kinds[3] = {AUS_GPUQUEUE_XGBOOST, AUS_GPUQUEUE_FOREST, AUS_GPUQUEUE_ROLLING};
  past p;
  aus_gpuqueue_policy *policy;
  int k;

  (void)state;
  past_make(&p, true);
  for (k = 0; k < 3; k++) {
    policy = make(&p, kinds[k], 1e9);
    assert_int_equal(leaks(&p, policy), 0);
    aus_gpuqueue_policy_destroy(policy);
  }
  assert_true(leaks(&p, NULL) > 0);
  past_end(&p);
}

/* Planned times depend on what is known when the predecessor has started. */
static void no_leak_planned(void **state)
{
  static const int kinds[4] = {AUS_GPUQUEUE_REACTIVE, AUS_GPUQUEUE_AVERAGE, AUS_GPUQUEUE_CONSTANT,
                               AUS_GPUQUEUE_QUANTILE};
  past p;
  aus_gpuqueue_policy *policy;
  const aus_gpuqueue_walk *at;
  aus_gpuqueue_trace real, future;
  aus_gpuqueue_link a, b;
  int64_t i, waits = 0;
  int k;

  (void)state;
  past_make(&p, true);
  real = p.s.trace;
  for (k = 0; k < 4; k++) {
    policy = make(&p, kinds[k], NAN);
    for (i = 0; i < 8; i++) {
      stand_open(&p.s, i);
      waits += p.s.f->avg_wait_min > 0;
      check_ok(aus_gpuqueue_policy_run(policy, p.s.w, &a, NULL, NULL, &err), &err);
      check_ok(aus_gpuqueue_window_at(p.s.w, p.s.f->t_pred_start_s + 60, true, &at, NULL, &err),
               &err);
      scramble(&future, &real, aus_gpuqueue_walk_sim_const(at), p.s.f->t_pred_start_s + 60);
      p.s.trace = future;
      stand_open(&p.s, i);
      check_ok(aus_gpuqueue_policy_run(policy, p.s.w, &b, NULL, NULL, &err), &err);
      assert_int_equal(a.outcome.t_decision_s, b.outcome.t_decision_s);
      p.s.trace = real;
      aus_gpuqueue_trace_fini(&future);
    }
    aus_gpuqueue_policy_destroy(policy);
  }
  assert_true(waits > 4);
  past_end(&p);
}

/* What is submitted behind the last window does not matter to what is learned. */
static void learns_from_the_past(void **state)
{
  int cold, k;
  int64_t i, t_end_s, n_changed;

  (void)state;
  for (cold = 0; cold < 2; cold++) {
    past p;
    aus_gpuqueue_trace other;
    aus_rng r = aus_rng_open(5, 0, 0, AUS_RNG_TRACE);
    aus_buf a, b;

    past_make(&p, cold);
    other = p.s.trace;
    t_end_s = p.s.g.t_start_s + (N_LEARN - 1) * p.s.g.interval_s + p.s.g.workload_s;
    other.job = aus_zalloc((size_t)other.n, sizeof *other.job);
    assert_non_null(other.job);
    memcpy(other.job, p.s.trace.job, (size_t)other.n * sizeof *other.job);
    for (i = n_changed = 0; i < other.n; i++)
      if (other.job[i].t_submit_s > t_end_s) {
        stand_job(&other.job[i], &r);
        n_changed++;
      }
    assert_true(n_changed > 50);
    for (k = 0; k < AUS_GPUQUEUE_N_POLICIES; k++) {
      learn(&p, &p.s.trace, k, &a);
      learn(&p, &other, k, &b);
      assert_int_equal(a.n, b.n);
      if (a.n > 0) assert_memory_equal(a.data, b.data, (size_t)a.n);
      aus_buf_fini(&a);
      aus_buf_fini(&b);
    }
    aus_gpuqueue_trace_fini(&other);
    past_end(&p);
  }
}

static void try_create(const past *p, int kind, const void *bytes, size_t n, int want,
                       const char *part)
{
  aus_gpuqueue_policy *policy;

  check_fails(aus_gpuqueue_policy_create(&policy, (aus_gpuqueue_policy_kind)kind, &p->s.conf,
                                         &p->s.g, bytes, n, NAN, &err),
              want, part, &err);
  assert_null(policy);
}

static void bad_input(void **state)
{
  past p;
  aus_gpuqueue_lesson l;
  aus_gpuqueue_trace none = {.tick_s = 60};
  aus_buf b, nothing;
  int64_t i;

  (void)state;
  past_make(&p, true);
  l = lesson_of(&p, &p.s.trace);
  aus_buf_init(&nothing);
  learn(&p, &p.s.trace, AUS_GPUQUEUE_ROLLING, &b);
  for (i = 0; i < b.n; i++)
    try_create(&p, AUS_GPUQUEUE_ROLLING, b.data, (size_t)i, AUS_EFORMAT, "");
  try_create(&p, AUS_GPUQUEUE_CONSTANT, b.data, (size_t)b.n, AUS_EFORMAT,
             "constant: not what was learned for this policy");
  try_create(&p, AUS_GPUQUEUE_XGBOOST, b.data, (size_t)b.n, AUS_EFORMAT, "xgboost: not what");
  memset(b.data + b.n - 8, 0xff, 8);
  try_create(&p, AUS_GPUQUEUE_ROLLING, b.data, (size_t)b.n, AUS_EFORMAT, "rolling: not what");
  aus_buf_fini(&b);
  p.s.g.chain_length = 3;
  try_create(&p, AUS_GPUQUEUE_ORACLE, NULL, 0, AUS_EINVAL, "chains of two jobs, not of 3");
  p.s.g.chain_length = 2;
  l.n_windows = 0;
  check_fails(aus_gpuqueue_policy_learn(AUS_GPUQUEUE_ROLLING, &l, &nothing, NULL, &err),
              AUS_ENUMERIC, "rolling: no window of the past", &err);
  l.n_windows = 3;
  l.n_samples = 15; /* all within the gap before the tail */
  check_fails(aus_gpuqueue_policy_learn(AUS_GPUQUEUE_FOREST, &l, &nothing, NULL, &err),
              AUS_ENUMERIC, "forest: no sample to learn from lies 60 h before the last fifth",
              &err);
  l.trace = &none;
  check_fails(aus_gpuqueue_policy_learn(AUS_GPUQUEUE_CONSTANT, &l, &nothing, NULL, &err),
              AUS_ENUMERIC, "constant: no window of the past", &err);
  check_fails(aus_gpuqueue_policy_learn(AUS_GPUQUEUE_QUANTILE, &l, &nothing, NULL, &err),
              AUS_ENUMERIC, "quantile: no window of the past", &err);
  aus_buf_fini(&nothing);
  past_end(&p);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_decide),      cmocka_unit_test(no_leak),
      cmocka_unit_test(no_leak_planned), cmocka_unit_test(learns_from_the_past),
      cmocka_unit_test(bad_input),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
