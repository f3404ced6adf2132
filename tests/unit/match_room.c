/* match_room.c - property tests of match/fleet: random trees and jobs against a search through all ways.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/fleet.h"

#include <inttypes.h>

#include "unit/check.h"
#include "util/buf.h"
#include "util/rng.h"

enum { MAX_VERTICES = 10, MAX_REQUESTS = 5, N_TREES = 24, N_JOBS = 600 };

static const char *const TYPE[] = {"cluster", "rack", "node", "core", "gpu", "slot"};
enum { CLUSTER, RACK, NODE, CORE, GPU, SLOT };

typedef struct tree {
  int n, type[MAX_VERTICES], parent[MAX_VERTICES], size[MAX_VERTICES];
  int x[MAX_VERTICES]; /* field x of each vertex, -1: it has none */
} tree;

typedef struct job {
  int n, type[MAX_REQUESTS], parent[MAX_REQUESTS], count[MAX_REQUESTS];
  int x[MAX_REQUESTS]; /* wanted, -1: any */
} want;

static int below(aus_rng *rng, int n)
{
  return (int)aus_rng_below(rng, (uint64_t)n);
}

/* ---- random trees and jobs ---- */

/* What may lie in what: nothing in its own type. */
static int random_type(aus_rng *rng, int in)
{
  int first = in + 1 > CORE ? CORE : in + 1;

  return first + below(rng, GPU - first + 1);
}

static tree random_tree(aus_rng *rng)
{
  tree t = {.n = 1, .type = {CLUSTER}, .parent = {-1}, .size = {1}, .x = {-1}};
  int n = 3 + below(rng, MAX_VERTICES - 3), own = below(rng, 3);

  while (t.n < n) {
    int in = below(rng, t.n);

    if (t.type[in] >= CORE) continue;
    t.parent[t.n] = in;
    t.type[t.n] = random_type(rng, t.type[in]);
    t.size[t.n] = t.type[t.n] >= CORE ? 1 + below(rng, 2) : 1;
    t.x[t.n] = own > 0 ? below(rng, 3) - 1 : -1;
    t.n++;
  }
  return t;
}

static want random_job(aus_rng *rng)
{
  want j = {.n = 0};
  int n = 1 + below(rng, MAX_REQUESTS - 1), i;
  bool closed[MAX_REQUESTS] = {false};

  while (j.n < n) {
    int in = below(rng, 2) ? j.n - 1 : -1; /* parents before children, in depth-first order */

    while (in >= 0 && closed[in])
      in = j.parent[in];
    j.parent[j.n] = in;
    j.type[j.n] = RACK + below(rng, 4);
    if (below(rng, 6) == 0 && j.n + 1 < MAX_REQUESTS) j.type[j.n] = SLOT;
    closed[j.n] = j.type[j.n] == CORE || j.type[j.n] == GPU;
    j.count[j.n] = 1 + below(rng, 2);
    j.x[j.n] = below(rng, 2) ? -1 : below(rng, 2);
    j.n++;
  }
  for (i = 0; i < j.n; i++) /* a slot of nothing is none */
    if (j.type[i] == SLOT && (i + 1 == j.n || j.parent[i + 1] != i)) j.type[i] = CORE;
  return j;
}

/* ---- as documents ---- */

static void write_tree(const tree *t, bool backwards, aus_buf *b)
{
  int i;

  aus_buf_clear(b);
  aus_buf_text(b, "{\"nodes\": {");
  for (i = 0; i < t->n; i++) {
    int v = backwards ? t->n - 1 - i : i;

    aus_buf_printf(b, "%s\"%d\": {\"metadata\": {\"type\": \"%s\", \"size\": %d", i ? ", " : "", v,
                   TYPE[t->type[v]], t->size[v]);
    if (t->x[v] >= 0) aus_buf_printf(b, ", \"x\": \"%d\"", t->x[v]);
    aus_buf_text(b, "}}");
  }
  aus_buf_text(b, "}, \"edges\": [");
  for (i = 1; i < t->n; i++)
    aus_buf_printf(b, "%s{\"source\": \"%d\", \"target\": \"%d\"}", i > 1 ? ", " : "", t->parent[i],
                   i);
  aus_buf_text(b, "]}");
}

static void write_requests(const want *j, int parent, bool backwards, aus_buf *b)
{
  const char *comma = "";
  int k;

  for (k = 0; k < j->n; k++) {
    int i = backwards ? j->n - 1 - k : k;

    if (j->parent[i] != parent) continue;
    aus_buf_printf(b, "%s{\"type\": \"%s\", \"count\": %d, \"label\": \"s\", \"requires\": [",
                   comma, TYPE[j->type[i]], j->count[i]);
    if (j->x[i] >= 0) aus_buf_printf(b, "{\"field\": \"x\", \"match\": \"%d\"}", j->x[i]);
    aus_buf_text(b, "], \"with\": [");
    write_requests(j, i, backwards, b);
    aus_buf_text(b, "]}");
    comma = ", ";
  }
}

static aus_match_job read_job(const want *j, bool backwards, aus_buf *b)
{
  aus_err err = {0};
  aus_match_job out;

  aus_buf_clear(b);
  aus_buf_text(b, "{\"version\": 1, \"resources\": [");
  write_requests(j, -1, backwards, b);
  aus_buf_text(b, "]}");
  check_ok(aus_match_job_read(&out, "job", b->data, (size_t)b->n, &err), &err);
  return out;
}

static void add_tree(aus_match_fleet *f, const tree *t, int number, int every, bool backwards,
                     aus_buf *b)
{
  aus_err err = {0};
  aus_json *doc;
  aus_match_reply reply;
  char name[16], text[16];

  write_tree(t, backwards, b);
  snprintf(name, sizeof name, "c%d", number);
  check_ok(aus_json_parse(&doc, "t", b->data, (size_t)b->n, &err), &err);
  check_ok(aus_match_fleet_register(f, name, aus_json_root(doc), &reply, &err), &err);
  snprintf(text, sizeof text, "%d", every);
  if (every >= 0)
    check_ok(aus_match_fleet_field(f, aus_match_fleet_find(f, name), "", "x", text, &err), &err);
  aus_json_destroy(doc);
}

/* ---- all ways ---- */

typedef struct ways {
  const tree *t;
  const want *j;
  int every; /* field x of every node, -1: none */
  int left[MAX_VERTICES];
} ways;

/* Units that are still to be placed. */
typedef struct unit {
  int request, scope; /* -1: the whole tree */
  const struct unit *next;
} unit;

static bool place(ways *w, const unit *u);

static bool lies_in(const tree *t, int v, int scope)
{
  if (scope < 0) return true;
  for (v = t->parent[v]; v >= 0; v = t->parent[v])
    if (v == scope) return true;
  return false;
}

static bool has_x(const ways *w, int v, int x)
{
  return x < 0 || w->t->x[v] == x || (w->t->type[v] == NODE && w->every == x);
}

/* The request's own wish, and those of the slots around it. */
static bool suits(const ways *w, int v, int request)
{
  if (w->t->type[v] != w->j->type[request]) return false;
  if (!has_x(w, v, w->j->x[request])) return false;
  for (request = w->j->parent[request]; request >= 0 && w->j->type[request] == SLOT;
       request = w->j->parent[request])
    if (!has_x(w, v, w->j->x[request])) return false;
  return true;
}

static bool is_leaf(const want *j, int request)
{
  return request + 1 == j->n || j->parent[request + 1] != request;
}

/* The k-th unit and all others of the children of a request, each by itself. */
static bool place_children(ways *w, int parent, int from, int k, int scope, const unit *next)
{
  unit u = {.scope = scope, .next = next};

  while (from < w->j->n && (w->j->parent[from] != parent || k >= w->j->count[from])) {
    from++;
    k = 0;
  }
  if (from == w->j->n) return place(w, next);
  u.request = from;
  return place_children(w, parent, from, k + 1, scope, &u);
}

static bool place(ways *w, const unit *u)
{
  int v, was;
  bool leaf;

  if (!u) return true;
  if (w->j->type[u->request] == SLOT)
    return place_children(w, u->request, u->request + 1, 0, u->scope, u->next);
  leaf = is_leaf(w->j, u->request);
  for (v = 0; v < w->t->n; v++) {
    bool found;

    was = w->left[v];
    if (was < 1 || !suits(w, v, u->request) || !lies_in(w->t, v, u->scope)) continue;
    w->left[v] = leaf ? was - 1 : 0;
    found = leaf ? place(w, u->next) : place_children(w, u->request, u->request + 1, 0, v, u->next);
    w->left[v] = was;
    if (found) return true;
  }
  return false;
}

static bool fits(const tree *t, int every, const want *j)
{
  ways w = {.t = t, .j = j, .every = every};

  memcpy(w.left, t->size, sizeof w.left);
  return place_children(&w, -1, 0, 0, -1, NULL);
}

/* ---- the tests ---- */

static uint64_t satisfied(const aus_match_fleet *f, const aus_match_job *job)
{
  aus_err err = {0};
  int64_t set[N_TREES], n, i;
  uint64_t bits = 0;

  check_ok(aus_match_fleet_satisfy(f, job, NULL, set, &n, NULL, &err), &err);
  for (i = 0; i < n; i++)
    bits |= (uint64_t)1 << set[i];
  return bits;
}

/* A third of the trees have the tree of an earlier one, with other sizes or with other fields. */
static void make_trees(aus_rng *rng, tree *t, int *every)
{
  int i, v;

  for (i = 0; i < N_TREES; i++) {
    t[i] = i % 3 == 2 ? t[below(rng, i)] : random_tree(rng);
    for (v = 0; i % 6 == 5 && v < t[i].n; v++)
      t[i].x[v] = below(rng, 3) - 1;
    for (v = 0; i % 6 == 2 && v < t[i].n; v++)
      t[i].size[v] = t[i].type[v] >= CORE ? 3 - t[i].size[v] : 1;
    every[i] = below(rng, 3) - 1;
  }
}

static void against_all_ways(void **state)
{
  aus_err err = {0};
  aus_rng rng = aus_rng_open(1, 0, 0, AUS_RNG_SELECTION);
  tree t[N_TREES];
  int every[N_TREES], i, k, n_yes = 0;
  aus_match_fleet *f, *turned, *alone[N_TREES];
  char text[1000];
  aus_buf b;

  (void)state;
  aus_buf_init(&b);
  make_trees(&rng, t, every);
  check_ok(aus_match_fleet_create(&f, 4, &err), &err);
  check_ok(aus_match_fleet_create(&turned, 4, &err), &err);
  for (i = 0; i < N_TREES; i++) {
    check_ok(aus_match_fleet_create(&alone[i], 1, &err), &err);
    add_tree(f, &t[i], i, every[i], false, &b);
    add_tree(turned, &t[i], i, every[i], true, &b);
    add_tree(alone[i], &t[i], i, every[i], false, &b);
  }
  for (k = 0; k < N_JOBS; k++) {
    want j = random_job(&rng);
    aus_match_job back = read_job(&j, true, &b), forth = read_job(&j, false, &b);
    uint64_t got = satisfied(f, &forth);

    snprintf(text, sizeof text, "%s", b.data);
    for (i = 0; i < N_TREES; i++) {
      bool yes = fits(&t[i], every[i], &j), is = got >> i & 1;

      n_yes += yes;
      write_tree(&t[i], false, &b);
      if (is != yes) fail_msg("%s, x %d of nodes, %s: %d", b.data, every[i], text, is);
      if (is != satisfied(alone[i], &forth)) fail_msg("job %d, tree %d: alone it is %d", k, i, !is);
    }
    /* in whatever order */
    if (satisfied(f, &back) != got) fail_msg("job %d: other with its resources turned round", k);
    if (satisfied(turned, &forth) != got) fail_msg("job %d: other with the trees turned round", k);
    aus_match_job_fini(&forth);
    aus_match_job_fini(&back);
  }
  assert_in_range(n_yes, N_JOBS, N_JOBS * N_TREES * 9 / 10);
  for (i = 0; i < N_TREES; i++)
    aus_match_fleet_destroy(alone[i]);
  aus_match_fleet_destroy(turned);
  aus_match_fleet_destroy(f);
  aus_buf_fini(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(against_all_ways),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
