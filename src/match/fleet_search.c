/* match/fleet_search.c - does a tree hold a job's requests?
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Depth-first: a request takes vertices of its type, and its children theirs below them. What is taken is noted
 * in a copy of the sizes, which is put back where a vertex turns out not to hold all of the request. The first
 * vertex that fits is the right one as long as no two requests want vertices of one type; where they do and that
 * failed, vertices are given back and others tried, for a limited number of steps.
 */
#include <config.h>

#include <string.h>

#include "match/fleet_impl.h"
#include "util/alloc.h"

enum {
  MAX_STEPS = 10000,
  WHOLE = -1 /* the scope of what stands at the top: the tree with its root */
};

struct aus_match_search {
  const aus_match_job *job;
  const int32_t *type;
  bool compete; /* two requests want vertices of one type */
  const aus_match_member *c;
  const bool *suits;
  double *left;  /* per vertex: what of its size is not taken */
  double *saved; /* depth x vertices */
  int depth, steps;
};

static bool is_slot(const aus_match_search *s, int request)
{
  return s->type[request] == -1;
}

static bool has_children(const aus_match_search *s, int request)
{
  return request + 1 < s->job->n_requests && s->job->request[request + 1].parent == request;
}

/* Has it something left? All of it, where the request wants the vertex itself with others below it. */
static bool may_serve(const aus_match_search *s, int64_t v, int request)
{
  const aus_match_vertex *x = &s->c->vertex[v];

  if (x->type != s->type[request] || !(s->left[v] > 0.0)) return false;
  if (has_children(s, request) && s->left[v] < x->size) return false;
  return !s->suits || s->suits[request * s->c->n + v];
}

static int64_t first_below(const aus_match_search *s, int64_t scope)
{
  return scope == WHOLE ? s->c->root : s->c->vertex[scope].child;
}

/* ---- the first that fits ---- */

static double take_below(aus_match_search *s, int64_t scope, int request, double want);

/* All children of a request within a scope, `times` times. @return how often */
static int64_t take_children(aus_match_search *s, int64_t scope, int request, int64_t times)
{
  const aus_match_job *j = s->job;
  size_t size = (size_t)s->c->n * sizeof *s->left;
  double *saved = s->saved + s->depth * s->c->n;
  int64_t done;
  int i;

  s->depth++;
  for (done = 0; done < times; done++) {
    memcpy(saved, s->left, size);
    for (i = request + 1; i < j->n_requests; i++)
      if (j->request[i].parent == request &&
          take_below(s, scope, i, (double)j->request[i].count) < (double)j->request[i].count)
        break;
    if (i < j->n_requests) {
      memcpy(s->left, saved, size);
      break;
    }
  }
  s->depth--;
  return done;
}

/* What the vertex itself gives: its size, or itself with all below it that is asked for. */
static double take_here(aus_match_search *s, int64_t v, int request, double want)
{
  double got = s->left[v] < want ? s->left[v] : want;

  if (!may_serve(s, v, request)) return 0.0;
  if (!has_children(s, request)) {
    s->left[v] -= got;
    return got;
  }
  if (take_children(s, v, request, 1) == 0) return 0.0;
  s->left[v] = 0.0;
  return 1.0;
}

/* @return how much of `want` there is in the scope */
static double take_below(aus_match_search *s, int64_t scope, int request, double want)
{
  double got = 0.0, below;
  int64_t v;

  if (is_slot(s, request)) return (double)take_children(s, scope, request, (int64_t)want);
  for (v = first_below(s, scope); v >= 0 && got < want; v = s->c->vertex[v].next) {
    below = take_below(s, v, request, want - got);
    got += below;
    /* a vertex around others of its type gives one at most, those below it one at least */
    if (got < want && (below <= 0.0 || !has_children(s, request)))
      got += take_here(s, v, request, want - got);
  }
  return got;
}

/* ---- others than the first ---- */

/* What is still to be found, and behind it the rest. */
typedef struct demand {
  int request;
  int64_t scope, at; /* next vertex to look at, -1: none is left */
  double want;
  const struct demand *next;
} demand;

/* The vertex that comes next in the scope, all below v left out; -1: none. */
static int64_t beside(const aus_match_search *s, int64_t scope, int64_t v)
{
  while (v != scope && v >= 0 && s->c->vertex[v].next < 0)
    v = s->c->vertex[v].parent;
  return v == scope || v < 0 ? -1 : s->c->vertex[v].next;
}

static int64_t behind(const aus_match_search *s, int64_t scope, int64_t v)
{
  return s->c->vertex[v].child >= 0 ? s->c->vertex[v].child : beside(s, scope, v);
}

static bool find(aus_match_search *s, const demand *d);

/* The children of a request (-1: what stands at the top) from the i-th request on, then `next`. */
static bool find_children(aus_match_search *s, int request, int i, double times, int64_t scope,
                          const demand *next)
{
  demand x = {.scope = scope, .at = first_below(s, scope), .next = next};

  while (i < s->job->n_requests && s->job->request[i].parent != request)
    i++;
  if (i == s->job->n_requests) return find(s, next);
  x.request = i;
  x.want = times * (double)s->job->request[i].count;
  return find_children(s, request, i + 1, times, scope, &x);
}

/* With vertex v, as far as it goes. */
static bool find_with(aus_match_search *s, const demand *d, int64_t v)
{
  double was = s->left[v], got = was < d->want ? was : d->want;
  demand rest = *d;
  bool found;

  if (has_children(s, d->request)) {
    rest.at = beside(s, d->scope, v);
    rest.want -= 1.0;
    s->left[v] = 0.0;
    found = find_children(s, d->request, d->request + 1, 1.0, v, &rest);
  } else {
    rest.at = behind(s, d->scope, v);
    rest.want -= got;
    s->left[v] -= got;
    found = find(s, &rest);
  }
  s->left[v] = was;
  return found;
}

static bool find(aus_match_search *s, const demand *d)
{
  int64_t v;

  if (!d) return true;
  if (s->steps-- <= 0) return false;
  if (d->want <= 0.0) return find(s, d->next);
  if (is_slot(s, d->request))
    return find_children(s, d->request, d->request + 1, d->want, d->scope, d->next);
  for (v = d->at; v >= 0 && s->steps > 0; v = behind(s, d->scope, v))
    if (may_serve(s, v, d->request) && find_with(s, d, v)) return true;
  return false;
}

/* ---- the whole ---- */

static void restore(aus_match_search *s)
{
  int64_t v;

  for (v = 0; v < s->c->n; v++)
    s->left[v] = s->c->vertex[v].size;
  s->depth = 0;
}

bool aus_match_search_run(aus_match_search *s, const aus_match_member *c, const bool *suits)
{
  const aus_match_job *j = s->job;
  int i;

  s->c = c;
  s->suits = suits;
  restore(s);
  for (i = 0; i < j->n_requests; i++)
    if (j->request[i].parent < 0 &&
        take_below(s, WHOLE, i, (double)j->request[i].count) < (double)j->request[i].count)
      break;
  if (i == j->n_requests || !s->compete) return i == j->n_requests;
  restore(s);
  s->steps = MAX_STEPS;
  return find_children(s, -1, 0, 1.0, WHOLE, NULL);
}

static int depth_of(const aus_match_job *j)
{
  int i, k, depth, most = 0;

  for (i = 0; i < j->n_requests; i++) {
    for (k = i, depth = 0; k >= 0; k = j->request[k].parent)
      depth++;
    most = depth > most ? depth : most;
  }
  return most;
}

static bool compete(const aus_match_job *j, const int32_t *type)
{
  int i, k;

  for (i = 0; i < j->n_requests; i++)
    for (k = 0; k < i && type[i] >= 0; k++)
      if (type[k] == type[i]) return true;
  return false;
}

int aus_match_search_create(aus_match_search **out, const aus_match_plan *plan, int64_t most,
                            aus_err *err)
{
  int rc = AUS_OK;
  aus_match_search *s = NULL;

  *out = NULL;
  AUS_NEW(s, 1, err);
  s->job = plan->job;
  s->type = plan->type;
  s->compete = compete(plan->job, plan->type);
  AUS_NEW(s->left, most, err);
  AUS_NEW(s->saved, most * depth_of(plan->job), err);
  *out = s;
  s = NULL;
done:
  aus_match_search_destroy(s);
  return rc;
}

void aus_match_search_destroy(aus_match_search *s)
{
  if (!s) return;
  aus_free(s->left);
  aus_free(s->saved);
  aus_free(s);
}
