/* predictor.c - chains that follow a predictor, and surveys of its answers.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/predictor.h"

#include "util/alloc.h"

#include <math.h>

/* A job of the chain whose successor is to be submitted. When it starts is known here before it does, and told to
 * nobody. */
typedef struct pred {
  aus_gpuqueue_started times;
  int64_t number, id;
} pred;

typedef struct chase {
  const aus_gpuqueue_geometry *g;
  const aus_gpuqueue_predictor *p;
  aus_gpuqueue_walk *walk;
  aus_gpuqueue_sim *ahead; /* fork in which the next start is looked up */
  aus_gpuqueue_trail *trail;
  const aus_poll *poll;
} chase;

void aus_gpuqueue_trail_fini(aus_gpuqueue_trail *t)
{
  aus_free(t->t_s);
  aus_free(t->expected_h);
  *t = (aus_gpuqueue_trail){0};
}

static int trail_add(aus_gpuqueue_trail *t, int64_t t_s, double expected_h, aus_err *err)
{
  int rc = AUS_OK;

  if (!t) return AUS_OK;
  AUS_TRY(aus_grow(&t->t_s, &t->cap_t, t->n + 1, sizeof *t->t_s, err));
  AUS_TRY(aus_grow(&t->expected_h, &t->cap_h, t->n + 1, sizeof *t->expected_h, err));
  t->t_s[t->n] = t_s;
  t->expected_h[t->n++] = expected_h;
done:
  return rc;
}

static pred first_pred(const aus_gpuqueue_window_facts *f)
{
  return (pred){.times = {.t_submit_s = f->t_submit_s,
                          .t_start_s = f->t_pred_start_s,
                          .t_end_s = f->t_pred_end_s,
                          .avg_wait_min = f->avg_wait_min,
                          .queue_len = f->queue_len},
                .number = f->pred_number,
                .id = AUS_GPUQUEUE_PRED_ID};
}

/* The question at time t, as the queue shows it. */
static aus_gpuqueue_question question(const aus_gpuqueue_geometry *g, const pred *a,
                                      const aus_gpuqueue_walk *walk, int64_t t_s)
{
  const aus_gpuqueue_sim *s = aus_gpuqueue_walk_sim_const(walk);
  int64_t run_s = g->chain_limit_min * 60, t_start_s = aus_gpuqueue_sim_start_s(s, a->number);

  return (aus_gpuqueue_question){
      .walk = walk,
      .pair = {.limit_min = g->chain_limit_min,
               .nodes = g->chain_nodes,
               .t_submit_s = a->times.t_submit_s,
               .t_start_s = t_start_s,
               .run_s = run_s,
               .t_decision_s = t_s},
      .t_pred_end_s = t_start_s == AUS_GPUQUEUE_NEVER ? INT64_MAX : t_start_s + run_s,
      .pred_number = a->number,
      .pred_id = a->id};
}

/* Time of the first question: a whole interval and at least a minute behind the submission. */
static int64_t first_question(const aus_gpuqueue_geometry *g, const pred *a)
{
  int64_t k = (60 + g->infer_s - 1) / g->infer_s;

  return a->times.t_submit_s + k * g->infer_s;
}

static bool can_ask(const aus_gpuqueue_geometry *g, const aus_gpuqueue_walk *walk)
{
  return !g->cold || aus_gpuqueue_walk_n(walk) == g->n_snapshots;
}

/* Ask until the answer is to submit or the predecessor ends. */
static int ask_until(chase *c, const pred *a, aus_gpuqueue_link *l, int64_t *t_s, aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_question q;
  double expected_h;

  for (*t_s = first_question(c->g, a); *t_s < a->times.t_end_s; *t_s += c->g->infer_s) {
    AUS_TRY(aus_gpuqueue_walk_advance(c->walk, *t_s, c->poll, err));
    if (!can_ask(c->g, c->walk)) continue;
    q = question(c->g, a, c->walk, *t_s);
    AUS_TRY(c->p->ask(c->p->self, &q, &expected_h, err));
    AUS_TRY(trail_add(c->trail, *t_s, expected_h, err));
    l->n_asked++;
    l->expected_h = expected_h;
    if (expected_h >= c->p->threshold_h) goto done;
  }
  *t_s = a->times.t_end_s;
  l->expected_h = (double)NAN;
done:
  return rc;
}

static void plan(const chase *c, const pred *a, aus_gpuqueue_link *l, int64_t *t_s)
{
  int64_t first_s = a->times.t_submit_s + 60;

  *t_s = c->p->plan(c->p->self, &a->times);
  if (*t_s < first_s) {
    l->failed = c->g->unclamped;
    *t_s = first_s;
  }
  if (*t_s > a->times.t_end_s) *t_s = a->times.t_end_s;
}

/* When the successor starts, from a fork; it becomes the next predecessor. */
static int look_ahead(chase *c, int64_t number, const pred *a, pred *b, aus_gpuqueue_link *l,
                      aus_err *err)
{
  int rc = AUS_OK;
  const aus_gpuqueue_sim *now = aus_gpuqueue_walk_sim_const(c->walk);

  AUS_TRY(aus_gpuqueue_sim_copy(c->ahead, now, err));
  AUS_TRY(aus_gpuqueue_sim_until_started(c->ahead, number, c->poll, err));
  b->number = number;
  b->id = a->id + 1;
  b->times.t_submit_s = l->outcome.t_decision_s;
  b->times.t_start_s = aus_gpuqueue_sim_start_s(c->ahead, number);
  b->times.t_end_s = b->times.t_start_s + c->g->chain_limit_min * 60;
  b->times.avg_wait_min = (int64_t)(aus_gpuqueue_sim_recent_s(c->ahead) / 60.0);
  b->times.queue_len = aus_gpuqueue_sim_n_pending(c->ahead);
  l->outcome.t_start_s = b->times.t_start_s;
  l->outcome.reward_s = b->times.t_start_s - a->times.t_end_s;
  l->outcome.backfilled = aus_gpuqueue_sim_backfilled(c->ahead, number);
done:
  return rc;
}

static int one_link(chase *c, pred *a, aus_gpuqueue_link *l, aus_err *err)
{
  int rc = AUS_OK;
  int64_t t_s, number;
  aus_gpuqueue_job job;
  pred b = {0};

  *l = (aus_gpuqueue_link){.expected_h = (double)NAN};
  if (c->p->ask)
    AUS_TRY(ask_until(c, a, l, &t_s, err));
  else
    plan(c, a, l, &t_s);
  if (l->failed) goto done;
  AUS_TRY(aus_gpuqueue_walk_advance(c->walk, t_s, c->poll, err));
  job = aus_gpuqueue_chain_job(c->g->chain_limit_min, c->g->chain_nodes, a->id + 1, t_s);
  AUS_TRY(aus_gpuqueue_sim_submit(aus_gpuqueue_walk_sim(c->walk), &job, &number, err));
  l->outcome.t_decision_s = t_s;
  AUS_TRY(look_ahead(c, number, a, &b, l, err));
  *a = b;
done:
  return rc;
}

int aus_gpuqueue_follow(aus_gpuqueue_window *w, const aus_gpuqueue_predictor *p,
                        aus_gpuqueue_link *link, aus_gpuqueue_trail *trail, const aus_poll *poll,
                        aus_err *err)
{
  int rc = AUS_OK, i;
  const aus_gpuqueue_window_facts *f = aus_gpuqueue_window_facts_of(w);
  chase c = {.g = aus_gpuqueue_window_geometry(w), .p = p, .trail = trail, .poll = poll};
  aus_gpuqueue_sim_conf conf = aus_gpuqueue_sim_clean(); /* copies take over that of the window */
  const aus_gpuqueue_walk *from;
  pred a = first_pred(f);

  conf.n_nodes = 1;
  AUS_TRY(aus_gpuqueue_walk_create(&c.walk, &conf, c.g->sample_s, c.g->n_snapshots, err));
  AUS_TRY(aus_gpuqueue_sim_create(&c.ahead, &conf, err));
  AUS_TRY(aus_gpuqueue_window_at(w, f->first_s, true, &from, poll, err));
  AUS_TRY(aus_gpuqueue_walk_copy(c.walk, from, err));
  for (i = 0; i < c.g->chain_length - 1; i++) {
    AUS_TRY(one_link(&c, &a, &link[i], err));
    if (link[i].failed) break;
  }
  for (i++; i < c.g->chain_length - 1; i++)
    link[i] = (aus_gpuqueue_link){.expected_h = (double)NAN, .failed = true};
done:
  aus_gpuqueue_walk_destroy(c.walk);
  aus_gpuqueue_sim_destroy(c.ahead);
  return rc;
}

/* Room for one more question, and the end of its window's list. */
static int survey_grow(aus_gpuqueue_survey *s, aus_err *err)
{
  int rc = AUS_OK;
  int64_t need = s->n_asked + 1;

  AUS_TRY(aus_grow(&s->offset, &s->cap_windows, s->n + 2, sizeof *s->offset, err));
  AUS_TRY(aus_grow(&s->t_s, &s->cap_t, need, sizeof *s->t_s, err));
  AUS_TRY(aus_grow(&s->expected_h, &s->cap_h, need, sizeof *s->expected_h, err));
  AUS_TRY(aus_grow(&s->reward_s, &s->cap_r, need, sizeof *s->reward_s, err));
  if (s->n == 0) s->offset[0] = 0;
done:
  return rc;
}

static int survey_put(aus_gpuqueue_survey *s, int64_t t_s, double expected_h, int64_t reward_s,
                      aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(survey_grow(s, err));
  s->t_s[s->n_asked] = t_s;
  s->expected_h[s->n_asked] = expected_h;
  s->reward_s[s->n_asked++] = reward_s;
done:
  return rc;
}

/* All predictors at one time; at the predecessor's end nobody is asked. */
static int survey_at(aus_gpuqueue_survey *s, const aus_gpuqueue_predictor *p, int n,
                     aus_gpuqueue_window *w, const pred *a, int64_t t_s, const aus_poll *poll,
                     aus_err *err)
{
  int rc = AUS_OK, i;
  const aus_gpuqueue_geometry *g = aus_gpuqueue_window_geometry(w);
  const aus_gpuqueue_walk *walk;
  aus_gpuqueue_outcome o;
  aus_gpuqueue_question q;
  double expected_h = (double)NAN;

  AUS_TRY(aus_gpuqueue_window_decide(w, t_s, false, &o, NULL, poll, err));
  AUS_TRY(aus_gpuqueue_window_at(w, t_s, false, &walk, poll, err));
  if (t_s < a->times.t_end_s && !can_ask(g, walk)) goto done;
  q = question(g, a, walk, t_s);
  for (i = 0; i < n; i++) {
    if (t_s < a->times.t_end_s) AUS_TRY(p[i].ask(p[i].self, &q, &expected_h, err));
    AUS_TRY(survey_put(&s[i], t_s, expected_h, o.reward_s, err));
  }
done:
  return rc;
}

int aus_gpuqueue_survey_add(aus_gpuqueue_survey *s, const aus_gpuqueue_predictor *p, int n,
                            aus_gpuqueue_window *w, const aus_poll *poll, aus_err *err)
{
  int rc = AUS_OK, i;
  const aus_gpuqueue_geometry *g = aus_gpuqueue_window_geometry(w);
  pred a = first_pred(aus_gpuqueue_window_facts_of(w));
  int64_t t_s;

  for (i = 0; i < n; i++)
    if (!p[i].ask) AUS_FAIL(err, AUS_EINVAL, "%s plans and cannot be asked", p[i].name);
  for (t_s = first_question(g, &a); t_s < a.times.t_end_s; t_s += g->infer_s)
    AUS_TRY(survey_at(s, p, n, w, &a, t_s, poll, err));
  AUS_TRY(survey_at(s, p, n, w, &a, a.times.t_end_s, poll, err));
  for (i = 0; i < n; i++)
    s[i].offset[++s[i].n] = s[i].n_asked;
done:
  return rc;
}
