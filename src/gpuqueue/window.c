/* window.c - provisioning windows: one shared prefix, a fork for every decision.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/window.h"

#include <inttypes.h>
#include <math.h>

#include "util/alloc.h"

enum { MINUTE_S = 60 };

struct aus_gpuqueue_window {
  aus_gpuqueue_sim_conf conf;
  aus_gpuqueue_geometry g;
  aus_gpuqueue_window_facts facts;
  aus_gpuqueue_walk *kept;  /* at first_s */
  aus_gpuqueue_walk *front; /* at t_front_s, of the last call */
  aus_gpuqueue_walk *side;  /* of a call that does not count */
  aus_gpuqueue_walk *fork;  /* has the successor */
  int64_t t_front_s;        /* AUS_GPUQUEUE_NEVER: nowhere yet */
};

struct aus_gpuqueue_warm {
  aus_gpuqueue_geometry g;
  const aus_gpuqueue_trace *trace;
  aus_gpuqueue_walk *walk;
  int64_t t_first_s, index;
  bool loaded;
};

/* ---- geometry ---- */

static int check_least(const char *name, int64_t value, int64_t least, aus_err *err)
{
  if (value >= least) return AUS_OK;
  return aus_fail(err, AUS_EINVAL, AUS_HERE, "%s is %" PRId64 ", need >= %" PRId64, name, value,
                  least);
}

static int check_ticks(const char *name, int64_t value, int64_t tick_s, aus_err *err)
{
  if (tick_s <= 0 || value % tick_s == 0) return AUS_OK;
  return aus_fail(err, AUS_EINVAL, AUS_HERE,
                  "%s is %" PRId64 ", need a multiple of the tick of %" PRId64 " s", name, value,
                  tick_s);
}

static int check_geometry(const aus_gpuqueue_sim_conf *conf, const aus_gpuqueue_geometry *g,
                          aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(check_least("interval_s", g->interval_s, 1, err));
  AUS_TRY(check_least("warmup_s", g->warmup_s, 0, err));
  AUS_TRY(check_least("workload_s", g->workload_s, 1, err));
  AUS_TRY(check_least("n_probes", g->n_probes, 1, err));
  AUS_TRY(check_least("chain_length", g->chain_length, 2, err));
  AUS_TRY(check_least("chain_nodes", g->chain_nodes, 1, err));
  AUS_TRY(check_least("chain_limit_min", g->chain_limit_min, 1, err));
  AUS_TRY(check_least("infer_s", g->infer_s, 1, err));
  AUS_TRY(check_ticks("t_start_s", g->t_start_s, conf->tick_s, err));
  AUS_TRY(check_ticks("interval_s", g->interval_s, conf->tick_s, err));
  AUS_TRY(check_ticks("warmup_s", g->warmup_s, conf->tick_s, err));
  AUS_TRY(check_ticks("infer_s", g->infer_s, conf->tick_s, err));
  if (g->chain_limit_min > INT32_MAX)
    AUS_FAIL(err, AUS_EINVAL, "chain_limit_min is %" PRId64 ", need <= %d", g->chain_limit_min,
             INT32_MAX);
  if (g->chain_nodes > conf->n_nodes)
    AUS_FAIL(err, AUS_EINVAL,
             "a job of the chain wants %" PRId64 " nodes, the cluster has %" PRId64, g->chain_nodes,
             conf->n_nodes);
done:
  return rc;
}

static int new_walk(aus_gpuqueue_walk **out, const aus_gpuqueue_sim_conf *conf,
                    const aus_gpuqueue_geometry *g, aus_err *err)
{
  return aus_gpuqueue_walk_create(out, conf, g->sample_s, g->n_snapshots, err);
}

int aus_gpuqueue_window_create(aus_gpuqueue_window **out, const aus_gpuqueue_sim_conf *conf,
                               const aus_gpuqueue_geometry *g, aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_window *w = NULL;

  *out = NULL;
  AUS_TRY(check_geometry(conf, g, err));
  AUS_NEW(w, 1, err);
  w->conf = *conf;
  w->g = *g;
  AUS_TRY(new_walk(&w->kept, conf, g, err));
  AUS_TRY(new_walk(&w->front, conf, g, err));
  AUS_TRY(new_walk(&w->side, conf, g, err));
  AUS_TRY(new_walk(&w->fork, conf, g, err));
  *out = w;
  w = NULL;
done:
  aus_gpuqueue_window_destroy(w);
  return rc;
}

void aus_gpuqueue_window_destroy(aus_gpuqueue_window *w)
{
  if (!w) return;
  aus_gpuqueue_walk_destroy(w->kept);
  aus_gpuqueue_walk_destroy(w->front);
  aus_gpuqueue_walk_destroy(w->side);
  aus_gpuqueue_walk_destroy(w->fork);
  aus_free(w);
}

/* ---- up to the predecessor's start ---- */

static int64_t begin_of(const aus_gpuqueue_geometry *g, int64_t index)
{
  return g->t_start_s + index * g->interval_s;
}

aus_gpuqueue_job aus_gpuqueue_chain_job(int64_t limit_min, int64_t nodes, int64_t id,
                                        int64_t t_submit_s)
{
  return (aus_gpuqueue_job){.id = id,
                            .t_submit_s = t_submit_s,
                            .t_start_s = AUS_GPUQUEUE_NEVER,
                            .t_end_s = AUS_GPUQUEUE_NEVER,
                            .run_s = limit_min * 60,
                            .limit_min = (int32_t)limit_min,
                            .nodes = (int32_t)nodes,
                            .user = -1,
                            .priority = NAN};
}

static aus_gpuqueue_job chain_job(const aus_gpuqueue_geometry *g, int64_t id, int64_t t_submit_s)
{
  return aus_gpuqueue_chain_job(g->chain_limit_min, g->chain_nodes, id, t_submit_s);
}

/* In an ordered trace jobs of one tick may be in any order of exact times. */
static bool has_job(const aus_gpuqueue_trace *t, int64_t from_s, int64_t to_s)
{
  int64_t i;

  for (i = aus_gpuqueue_trace_find(t, from_s); i < t->n; i++) {
    if (t->job[i].t_submit_s >= from_s && t->job[i].t_submit_s <= to_s) return true;
    if (t->job[i].t_submit_s >= to_s + MINUTE_S) return false;
  }
  return false;
}

/* The queue at t_begin_s, cold or warm; no state goes back further than the first decision's. */
static int begin(aus_gpuqueue_window *w, const aus_gpuqueue_trace *trace,
                 const aus_gpuqueue_walk *warm, aus_err *err)
{
  int rc = AUS_OK;
  const aus_gpuqueue_window_facts *f = &w->facts;
  int64_t t_last_s = f->t_begin_s + w->g.workload_s;

  if (w->g.cold != !warm)
    AUS_FAIL(err, AUS_EINVAL, "a %s window was given %s long simulation",
             w->g.cold ? "cold" : "warm", warm ? "a" : "no");
  if (!has_job(trace, f->t_begin_s, t_last_s))
    AUS_FAIL(err, AUS_EINVAL, "window %" PRId64 ": no job of the trace is submitted in it",
             f->index);
  if (warm && aus_gpuqueue_sim_now_s(aus_gpuqueue_walk_sim_const(warm)) != f->t_begin_s)
    AUS_FAIL(err, AUS_EINVAL, "window %" PRId64 ": the long simulation is at another time",
             f->index);
  if (warm)
    AUS_TRY(aus_gpuqueue_walk_copy(w->kept, warm, err));
  else
    AUS_TRY(aus_gpuqueue_walk_load(w->kept, trace, f->t_begin_s, t_last_s, err));
  aus_gpuqueue_walk_watch(w->kept, f->t_begin_s,
                          f->first_s - (int64_t)w->g.n_snapshots * w->g.sample_s);
done:
  return rc;
}

/* The average wait is read when the predecessor has started; in the reference when the next job has arrived. */
static int read_average(aus_gpuqueue_window *w, aus_gpuqueue_sim *s, const aus_poll *poll,
                        aus_err *err)
{
  int rc = AUS_OK;
  int64_t t_next_s = aus_gpuqueue_sim_next_arrival_s(s);

  if (w->g.late_average && t_next_s != INT64_MAX) {
    AUS_TRY(aus_gpuqueue_sim_advance(s, t_next_s, poll, err));
    AUS_TRY(aus_gpuqueue_sim_arrive(s, err));
  }
  w->facts.avg_wait_min = (int64_t)(aus_gpuqueue_sim_recent_s(s) / 60.0);
  w->facts.queue_len = aus_gpuqueue_sim_n_pending(s);
done:
  return rc;
}

int aus_gpuqueue_window_open(aus_gpuqueue_window *w, const aus_gpuqueue_trace *trace, int64_t index,
                             const aus_gpuqueue_walk *warm, const aus_poll *poll, aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_window_facts *f = &w->facts;
  aus_gpuqueue_sim *ahead = aus_gpuqueue_walk_sim(w->fork);
  aus_gpuqueue_job pred;

  w->t_front_s = AUS_GPUQUEUE_NEVER;
  f->index = index;
  f->t_begin_s = begin_of(&w->g, index);
  f->t_submit_s = f->t_begin_s + w->g.warmup_s;
  f->first_s = f->t_submit_s + MINUTE_S;
  pred = chain_job(&w->g, AUS_GPUQUEUE_PRED_ID, f->t_submit_s);
  AUS_TRY(begin(w, trace, warm, err));
  AUS_TRY(aus_gpuqueue_sim_plan(aus_gpuqueue_walk_sim(w->kept), &pred, &f->pred_number, err));
  AUS_TRY(aus_gpuqueue_walk_advance(w->kept, f->first_s, poll, err));
  AUS_TRY(aus_gpuqueue_sim_copy(ahead, aus_gpuqueue_walk_sim_const(w->kept), err));
  AUS_TRY(aus_gpuqueue_sim_until_started(ahead, f->pred_number, poll, err));
  f->t_pred_start_s = aus_gpuqueue_sim_start_s(ahead, f->pred_number);
  f->t_pred_end_s = f->t_pred_start_s + pred.run_s;
  AUS_TRY(read_average(w, ahead, poll, err));
done:
  return rc;
}

const aus_gpuqueue_window_facts *aus_gpuqueue_window_facts_of(const aus_gpuqueue_window *w)
{
  return &w->facts;
}

const aus_gpuqueue_geometry *aus_gpuqueue_window_geometry(const aus_gpuqueue_window *w)
{
  return &w->g;
}

/* ---- decisions ---- */

static int check_time(const aus_gpuqueue_window *w, int64_t t_s, aus_err *err)
{
  const aus_gpuqueue_window_facts *f = &w->facts;

  if (t_s >= f->first_s && t_s <= f->t_pred_end_s) return AUS_OK;
  return aus_fail(err, AUS_EINVAL, AUS_HERE,
                  "window %" PRId64 ": decision %" PRId64 " s after the predecessor's submission, "
                  "need %d to %" PRId64,
                  f->index, t_s - f->t_submit_s, MINUTE_S, f->t_pred_end_s - f->t_submit_s);
}

static int go_to(aus_gpuqueue_window *w, int64_t t_s, const aus_poll *poll, aus_err *err)
{
  int rc = AUS_OK;

  if (w->t_front_s == AUS_GPUQUEUE_NEVER || t_s < w->t_front_s)
    AUS_TRY(aus_gpuqueue_walk_copy(w->front, w->kept, err));
  w->t_front_s = AUS_GPUQUEUE_NEVER; /* nowhere unless the next line succeeds */
  AUS_TRY(aus_gpuqueue_walk_advance(w->front, t_s, poll, err));
  w->t_front_s = t_s;
done:
  return rc;
}

static int side_to(aus_gpuqueue_window *w, int64_t t_s, const aus_poll *poll, aus_err *err)
{
  int rc = AUS_OK;
  bool ahead = w->t_front_s != AUS_GPUQUEUE_NEVER && t_s >= w->t_front_s;

  AUS_TRY(aus_gpuqueue_walk_copy(w->side, ahead ? w->front : w->kept, err));
  AUS_TRY(aus_gpuqueue_walk_advance(w->side, t_s, poll, err));
done:
  return rc;
}

int aus_gpuqueue_window_at(aus_gpuqueue_window *w, int64_t t_s, bool again,
                           const aus_gpuqueue_walk **walk, const aus_poll *poll, aus_err *err)
{
  int rc = AUS_OK;

  *walk = NULL;
  AUS_TRY(check_time(w, t_s, err));
  if (again)
    AUS_TRY(side_to(w, t_s, poll, err));
  else
    AUS_TRY(go_to(w, t_s, poll, err));
  *walk = again ? w->side : w->front;
done:
  return rc;
}

static aus_gpuqueue_pair pair_at(const aus_gpuqueue_window *w, int64_t t_s)
{
  return (aus_gpuqueue_pair){.limit_min = w->g.chain_limit_min,
                             .nodes = w->g.chain_nodes,
                             .t_submit_s = w->facts.t_submit_s,
                             .t_start_s = w->facts.t_pred_start_s,
                             .run_s = w->g.chain_limit_min * 60,
                             .t_decision_s = t_s};
}

/* Fork with the successor in the queue. Snapshots go with it only when a state will be made of them. */
static int submit_at(aus_gpuqueue_window *w, const aus_gpuqueue_walk *at, int64_t t_s, bool watch,
                     int64_t *number, aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_sim *s = aus_gpuqueue_walk_sim(w->fork);
  aus_gpuqueue_job succ = chain_job(&w->g, AUS_GPUQUEUE_SUCC_ID, t_s);

  if (watch)
    AUS_TRY(aus_gpuqueue_walk_copy(w->fork, at, err));
  else
    AUS_TRY(aus_gpuqueue_sim_copy(s, aus_gpuqueue_walk_sim_const(at), err));
  AUS_TRY(aus_gpuqueue_sim_submit(s, &succ, number, err));
done:
  return rc;
}

static void put_outcome(const aus_gpuqueue_window *w, int64_t t_s, int64_t number,
                        aus_gpuqueue_outcome *out)
{
  const aus_gpuqueue_sim *s = aus_gpuqueue_walk_sim_const(w->fork);

  out->t_decision_s = t_s;
  out->t_start_s = aus_gpuqueue_sim_start_s(s, number);
  out->reward_s = out->t_start_s - w->facts.t_pred_end_s;
  out->backfilled = aus_gpuqueue_sim_backfilled(s, number);
}

int aus_gpuqueue_window_decide(aus_gpuqueue_window *w, int64_t t_s, bool again,
                               aus_gpuqueue_outcome *out, double *x, const aus_poll *poll,
                               aus_err *err)
{
  int rc = AUS_OK;
  const aus_gpuqueue_walk *at = NULL;
  bool late_state = x && w->g.anchor_start;
  aus_gpuqueue_pair pair;
  int64_t number;

  if (t_s < w->facts.first_s && !w->g.unclamped) t_s = w->facts.first_s;
  pair = pair_at(w, t_s);
  AUS_TRY(aus_gpuqueue_window_at(w, t_s, again, &at, poll, err));
  if (x && !late_state) aus_gpuqueue_walk_state(at, &pair, x);
  AUS_TRY(submit_at(w, at, t_s, late_state, &number, err));
  if (late_state) {
    AUS_TRY(aus_gpuqueue_walk_until_started(w->fork, number, true, poll, err));
    aus_gpuqueue_walk_state(w->fork, &pair, x);
  } else {
    AUS_TRY(aus_gpuqueue_sim_until_started(aus_gpuqueue_walk_sim(w->fork), number, poll, err));
  }
  put_outcome(w, t_s, number, out);
done:
  return rc;
}

int64_t aus_gpuqueue_window_probe_s(const aus_gpuqueue_window *w, int j)
{
  const aus_gpuqueue_window_facts *f = &w->facts;
  int64_t t_s;

  if (w->g.n_probes == 1) return f->first_s;
  t_s = f->first_s + (f->t_pred_end_s - f->first_s) * j / (w->g.n_probes - 1);
  return w->conf.tick_s == MINUTE_S ? t_s - t_s % MINUTE_S : t_s;
}

/* a in the place of b: no interruption before any, then the smaller distance. */
static bool as_good(const aus_gpuqueue_outcome *a, const aus_gpuqueue_outcome *b)
{
  if ((a->reward_s <= 0) != (b->reward_s <= 0)) return a->reward_s <= 0;
  return a->reward_s <= 0 ? a->reward_s >= b->reward_s : a->reward_s <= b->reward_s;
}

int aus_gpuqueue_window_oracle(aus_gpuqueue_window *w, aus_gpuqueue_outcome *out,
                               const aus_poll *poll, aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_outcome o;
  int64_t t_s = w->facts.first_s;

  AUS_TRY(aus_gpuqueue_window_decide(w, w->facts.t_pred_end_s, true, out, NULL, poll, err));
  if (out->reward_s == 0) goto done; /* nothing is better, and no time is later */
  AUS_TRY(aus_gpuqueue_window_decide(w, t_s, false, out, NULL, poll, err));
  for (t_s += MINUTE_S; t_s <= w->facts.t_pred_end_s; t_s += MINUTE_S) {
    if (aus_poll_now(poll) != AUS_POLL_CONTINUE) AUS_FAIL(err, AUS_ECANCEL, "cancelled");
    AUS_TRY(aus_gpuqueue_window_decide(w, t_s, false, &o, NULL, poll, err));
    if (as_good(&o, out)) *out = o;
  }
done:
  return rc;
}

/* ---- the long simulation ---- */

int aus_gpuqueue_warm_create(aus_gpuqueue_warm **out, const aus_gpuqueue_sim_conf *conf,
                             const aus_gpuqueue_geometry *g, const aus_gpuqueue_trace *trace,
                             aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_warm *w = NULL;
  int64_t i;

  *out = NULL;
  AUS_TRY(check_geometry(conf, g, err));
  AUS_NEW(w, 1, err);
  w->g = *g;
  w->trace = trace;
  w->t_first_s = g->t_start_s;
  for (i = 0; i < trace->n; i++)
    while (trace->job[i].t_submit_s < w->t_first_s)
      w->t_first_s -= g->interval_s;
  AUS_TRY(new_walk(&w->walk, conf, g, err));
  *out = w;
  w = NULL;
done:
  aus_gpuqueue_warm_destroy(w);
  return rc;
}

void aus_gpuqueue_warm_destroy(aus_gpuqueue_warm *w)
{
  if (!w) return;
  aus_gpuqueue_walk_destroy(w->walk);
  aus_free(w);
}

int aus_gpuqueue_warm_at(aus_gpuqueue_warm *w, int64_t index, const aus_gpuqueue_walk **walk,
                         const aus_poll *poll, aus_err *err)
{
  int rc = AUS_OK;
  int64_t t_s = begin_of(&w->g, index);

  *walk = NULL;
  if (t_s < w->t_first_s)
    AUS_FAIL(err, AUS_EINVAL, "window %" PRId64 " begins before the long simulation", index);
  if (!w->loaded || index < w->index)
    AUS_TRY(aus_gpuqueue_walk_load(w->walk, w->trace, w->t_first_s, INT64_MAX, err));
  w->loaded = false; /* unless the next line succeeds */
  AUS_TRY(aus_gpuqueue_sim_advance(aus_gpuqueue_walk_sim(w->walk), t_s, poll, err));
  w->loaded = true;
  w->index = index;
  *walk = w->walk;
done:
  return rc;
}
