/* match/fleet.c - registered clusters: graphs and fields.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/fleet.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "match/fleet_impl.h"
#include "util/alloc.h"

enum { MAX_DEPTH = 1000, FIRST_CLUSTERS = 8 };

static void cluster_fini(aus_match_member *c)
{
  aus_free(c->vertex);
  aus_free(c->field);
  aus_match_names_fini(&c->ids);
  *c = (aus_match_member){0};
}

void aus_match_fleet_destroy(aus_match_fleet *f)
{
  int64_t i;

  if (!f) return;
  for (i = 0; i < f->names.n; i++)
    cluster_fini(&f->member[i]);
  aus_free(f->member);
  aus_match_names_fini(&f->names);
  aus_match_names_fini(&f->texts);
  aus_match_names_fini(&f->types);
  aus_match_names_fini(&f->hosts);
  aus_match_names_fini(&f->shapes);
  aus_match_state_fini(&f->state);
  aus_free(f);
}

static int add_type(aus_match_fleet *f, const char *type, int32_t *out, aus_err *err)
{
  return aus_match_names_add(&f->types, type, strlen(type), out, err);
}

int aus_match_fleet_create(aus_match_fleet **out, int64_t cap, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_fleet *f = NULL;

  *out = NULL;
  AUS_NEW(f, 1, err);
  f->cap = cap > 0 ? cap : FIRST_CLUSTERS;
  AUS_NEW(f->member, f->cap, err);
  AUS_TRY(aus_match_state_make(&f->state, f->cap, err));
  AUS_TRY(add_type(f, "node", &f->node, err));
  *out = f;
  f = NULL;
done:
  aus_match_fleet_destroy(f);
  return rc;
}

int64_t aus_match_fleet_count(const aus_match_fleet *f)
{
  return f->names.n;
}

int64_t aus_match_fleet_present(const aus_match_fleet *f)
{
  return f->n_present;
}

const char *aus_match_fleet_name(const aus_match_fleet *f, int64_t cluster)
{
  return f->names.text[cluster];
}

aus_match_state *aus_match_fleet_state(aus_match_fleet *f)
{
  return &f->state;
}

int64_t aus_match_fleet_find(const aus_match_fleet *f, const char *name)
{
  int32_t at = aus_match_names_find(&f->names, name, strlen(name));

  return at >= 0 && f->member[at].n > 0 ? at : -1;
}

/* ---- fields ---- */

int64_t aus_match_fleet_field_at(const aus_match_member *c, int32_t field)
{
  int64_t low = 0, high = c->n_fields, mid;

  while (low < high) {
    mid = low + (high - low) / 2;
    if (c->field[mid].field < field)
      low = mid + 1;
    else
      high = mid;
  }
  return low;
}

static int add_field(aus_match_fleet *f, aus_match_member *c, int64_t vertex, const char *subsystem,
                     const char *key, size_t n_key, const char *text, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_known x = {.vertex = vertex};
  int64_t at;

  AUS_TRY(aus_match_names_add(&f->texts, subsystem, strlen(subsystem), &x.subsystem, err));
  AUS_TRY(aus_match_names_add(&f->texts, key, n_key, &x.field, err));
  AUS_TRY(aus_match_names_add(&f->texts, text, strlen(text), &x.text, err));
  AUS_TRY(aus_grow(&c->field, &c->cap_fields, c->n_fields + 1, sizeof *c->field, err));
  at = aus_match_fleet_field_at(c, x.field + 1);
  memmove(c->field + at + 1, c->field + at, (size_t)(c->n_fields - at) * sizeof x);
  c->field[at] = x;
  c->n_fields++;
  c->n_own += vertex != AUS_MATCH_EVERY_NODE;
done:
  return rc;
}

int aus_match_fleet_field(aus_match_fleet *f, int64_t cluster, const char *subsystem,
                          const char *field, const char *text, aus_err *err)
{
  return add_field(f, &f->member[cluster], AUS_MATCH_EVERY_NODE, subsystem, field, strlen(field),
                   text, err);
}

/* Keys of the format itself; all others are fields. */
static bool is_reserved(const char *key)
{
  static const char *const known[] = {"type", "basename",  "name", "id",   "uniq_id",
                                      "rank", "exclusive", "unit", "size", "paths"};
  size_t i;

  for (i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(known[i], key) == 0) return true;
  return false;
}

/* A text or a number as a field; lists give one field per entry, maps one per key. */
static int add_value(aus_match_fleet *f, aus_match_member *c, int64_t vertex, const char *subsystem,
                     const char *key, aus_json_value *v, aus_err *err)
{
  int rc = AUS_OK;
  const char *text = aus_json_text(v), *part = NULL;
  aus_buf b;
  int64_t i;

  aus_buf_init(&b);
  if (aus_json_is_number(v)) {
    aus_buf_real(&b, aus_json_number(v));
    AUS_TRY(aus_buf_check(&b, err));
    text = b.data;
  }
  if (text) AUS_TRY(add_field(f, c, vertex, subsystem, key, strlen(key), text, err));
  for (i = 0; aus_json_is_array(v) && i < aus_json_count(v); i++)
    if (aus_json_text(aus_json_at(v, i)))
      AUS_TRY(add_field(f, c, vertex, subsystem, key, strlen(key), aus_json_text(aus_json_at(v, i)),
                        err));
  while (aus_json_is_object(v) && (part = aus_json_key_after(v, part)))
    AUS_TRY(add_field(f, c, vertex, subsystem, key, strlen(key), part, err));
done:
  aus_buf_fini(&b);
  return rc;
}

static int add_metadata(aus_match_fleet *f, aus_match_member *c, int64_t vertex,
                        const char *subsystem, aus_json_value *metadata, aus_err *err)
{
  int rc = AUS_OK;
  const char *key = NULL;

  while ((key = aus_json_key_after(metadata, key)))
    if (!is_reserved(key))
      AUS_TRY(add_value(f, c, vertex, subsystem, key, aus_json_get(metadata, key), err));
done:
  return rc;
}

/* ---- graphs ---- */

static int add_host(aus_match_fleet *f, const char *name, int32_t *out, aus_err *err)
{
  return aus_match_names_add(&f->hosts, name, strlen(name), out, err);
}

static int read_vertex(aus_match_fleet *f, aus_match_member *c, const char *id, aus_json_value *v,
                       aus_err *err)
{
  int rc = AUS_OK;
  aus_json_value *m = aus_json_get(v, "metadata"), *size = aus_json_get(m, "size");
  const char *type = aus_json_text(aus_json_get(m, "type"));
  const char *name = aus_json_text(aus_json_get(m, "name"));
  aus_match_vertex *x = &c->vertex[c->n];
  double rank = aus_json_number(aus_json_get(m, "rank"));
  int32_t number;

  if (!type) AUS_FAIL(err, AUS_EFORMAT, "vertex \"%s\" has no type", id);
  x->parent = -1;
  x->size = size ? aus_json_number(size) : 1.0;
  if (!(x->size >= 0) || isinf(x->size))
    AUS_FAIL(err, AUS_EFORMAT, "vertex \"%s\": size is no number from 0 on", id);
  c->n++;
  x->rank = rank >= 0 && rank < 1e15 ? (int64_t)rank : -1;
  AUS_TRY(add_type(f, type, &x->type, err));
  AUS_TRY(add_host(f, name ? name : "", &x->name, err));
  AUS_TRY(aus_match_names_add(&c->ids, id, strlen(id), &number, err));
  AUS_TRY(add_metadata(f, c, c->n - 1, "", m, err));
done:
  return rc;
}

/* Ends of an edge that counts. @param [out] source, target  NULL: it does not */
static int read_edge(aus_json_value *e, int64_t i, const char **source, const char **target,
                     aus_err *err)
{
  const char *relation = aus_json_text(aus_json_get(e, "relation"));

  *source = aus_json_text(aus_json_get(e, "source"));
  *target = aus_json_text(aus_json_get(e, "target"));
  if (!*source || !*target)
    return aus_fail(err, AUS_EFORMAT, AUS_HERE, "edge %" PRId64 " has no source or target", i);
  if (!relation) relation = "contains";
  if (strcmp(relation, "contains") != 0 && strcmp(relation, "in") != 0)
    return aus_fail(err, AUS_EFORMAT, AUS_HERE,
                    "edge %" PRId64 ": relation is \"%s\", expected contains or in", i, relation);
  if (strcmp(relation, "in") == 0) *source = *target = NULL;
  return AUS_OK;
}

static int end_of(const aus_match_member *c, const char *id, int64_t i, int32_t *out, aus_err *err)
{
  *out = aus_match_names_find(&c->ids, id, strlen(id));
  if (*out < 0)
    return aus_fail(err, AUS_EFORMAT, AUS_HERE, "edge %" PRId64 ": no vertex \"%s\"", i, id);
  return AUS_OK;
}

static int read_edges(aus_match_member *c, aus_json_value *edges, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;
  const char *source, *target;
  int32_t a, b;

  for (i = 0; i < aus_json_count(edges); i++) {
    AUS_TRY(read_edge(aus_json_at(edges, i), i, &source, &target, err));
    if (!source) continue;
    AUS_TRY(end_of(c, source, i, &a, err));
    AUS_TRY(end_of(c, target, i, &b, err));
    if (c->vertex[b].parent >= 0)
      AUS_FAIL(err, AUS_EFORMAT, "edge %" PRId64 ": vertex \"%s\" has two parents", i, target);
    c->vertex[b].parent = a;
  }
done:
  return rc;
}

/* The first vertex of the cycle on which v lies. */
static int64_t first_on_cycle(const aus_match_member *c, int64_t v)
{
  int64_t u, first = v;

  for (u = c->vertex[v].parent; u != v; u = c->vertex[u].parent)
    first = u < first ? u : first;
  return first;
}

/* Vertices above v, at most `most`. @param [out] top  where that ends, -1: above the root */
static int64_t count_above(const aus_match_member *c, int64_t v, int64_t most, int64_t *top)
{
  int64_t n = 0;

  *top = c->vertex[v].parent;
  for (; *top >= 0 && n < most; n++)
    *top = c->vertex[*top].parent;
  return n;
}

/* One root, and every vertex comes to it before long. */
static int check_tree(const aus_match_member *c, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, top, n_roots = 0;

  for (i = 0; i < c->n; i++) {
    n_roots += c->vertex[i].parent < 0;
    if (count_above(c, i, MAX_DEPTH, &top) < MAX_DEPTH) continue;
    count_above(c, i, c->n, &top);
    if (top >= 0)
      AUS_FAIL(err, AUS_EFORMAT, "vertex \"%s\" lies on a cycle",
               c->ids.text[first_on_cycle(c, top)]);
    AUS_FAIL(err, AUS_EFORMAT, "vertex \"%s\" has %d levels above it or more", c->ids.text[i],
             MAX_DEPTH);
  }
  if (n_roots != 1) AUS_FAIL(err, AUS_EFORMAT, "%" PRId64 " roots, expected 1", n_roots);
done:
  return rc;
}

/* First child and next sibling, in the order of the vertices. */
static void link_children(aus_match_member *c)
{
  int64_t i;

  for (i = 0; i < c->n; i++)
    c->vertex[i].child = c->vertex[i].next = -1;
  for (i = c->n - 1; i >= 0; i--) {
    int64_t parent = c->vertex[i].parent;

    if (parent < 0) {
      c->root = i;
      continue;
    }
    c->vertex[i].next = c->vertex[parent].child;
    c->vertex[parent].child = i;
  }
}

static int read_graph(aus_match_fleet *f, aus_match_member *c, aus_json_value *graph, aus_err *err)
{
  int rc = AUS_OK;
  aus_json_value *nodes = aus_json_get(graph, "nodes");
  const char *id = NULL;

  if (!aus_json_is_object(nodes) || aus_json_count(nodes) == 0)
    AUS_FAIL(err, AUS_EFORMAT, "no \"nodes\"");
  AUS_NEW(c->vertex, aus_json_count(nodes), err);
  while ((id = aus_json_key_after(nodes, id)))
    AUS_TRY(read_vertex(f, c, id, aus_json_get(nodes, id), err));
  AUS_TRY(read_edges(c, aus_json_get(graph, "edges"), err));
  AUS_TRY(check_tree(c, err));
done:
  return rc;
}

/* Trees are of one shape when they are equal in types, sizes and parents. */
static int note_shape(aus_match_fleet *f, aus_match_member *c, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf b;
  int64_t i;

  aus_buf_init(&b);
  for (i = 0; i < c->n; i++)
    aus_buf_printf(&b, "%" PRId32 " %a %" PRId64 ";", c->vertex[i].type, c->vertex[i].size,
                   c->vertex[i].parent);
  AUS_TRY(aus_buf_check(&b, err));
  AUS_TRY(aus_match_names_add(&f->shapes, b.data, (size_t)b.n, &c->shape, err));
done:
  aus_buf_fini(&b);
  return rc;
}

static int more_members(aus_match_fleet *f, aus_err *err)
{
  int rc = AUS_OK;
  int64_t was = f->cap, i;

  AUS_TRY(aus_match_state_grow(&f->state, 2 * was, err));
  AUS_TRY(aus_grow(&f->member, &f->cap, 2 * was, sizeof *f->member, err));
  for (i = was; i < f->cap; i++)
    f->member[i] = (aus_match_member){0};
done:
  return rc;
}

/* Takes what c owns. */
static int give_place(aus_match_fleet *f, const char *name, aus_match_member *c, aus_err *err)
{
  int rc = AUS_OK;
  int32_t at = aus_match_names_find(&f->names, name, strlen(name));

  if (at < 0 && f->names.n == f->cap) AUS_TRY(more_members(f, err));
  if (at < 0) AUS_TRY(aus_match_names_add(&f->names, name, strlen(name), &at, err));
  f->member[at] = *c;
  *c = (aus_match_member){0};
  f->n_present++;
done:
  return rc;
}

/* Register what `read` makes of the graph. */
static int enter(aus_match_fleet *f, const char *name, aus_json_value *graph,
                 int (*read)(aus_match_fleet *, aus_match_member *, aus_json_value *, aus_err *),
                 aus_match_reply *reply, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_member c = {0};

  *reply = AUS_MATCH_REPLY_EXISTS;
  if (aus_match_fleet_find(f, name) >= 0) goto done;
  AUS_TRY(read(f, &c, graph, err));
  link_children(&c);
  AUS_TRY(note_shape(f, &c, err));
  AUS_TRY(give_place(f, name, &c, err));
  *reply = AUS_MATCH_REPLY_NEW;
done:
  cluster_fini(&c);
  if (rc == AUS_EFORMAT) aus_err_prepend(err, "cluster \"%s\": ", name);
  return rc;
}

int aus_match_fleet_register(aus_match_fleet *f, const char *name, aus_json_value *graph,
                             aus_match_reply *reply, aus_err *err)
{
  return enter(f, name, graph, read_graph, reply, err);
}

static int add_usual(aus_match_fleet *f, aus_match_member *c, const char *type, int64_t parent,
                     aus_err *err)
{
  int rc = AUS_OK;
  aus_match_vertex *x = &c->vertex[c->n++];

  *x = (aus_match_vertex){.parent = parent, .size = 1.0, .rank = -1};
  AUS_TRY(add_type(f, type, &x->type, err));
  AUS_TRY(add_host(f, "", &x->name, err));
done:
  return rc;
}

static int make_usual(aus_match_fleet *f, aus_match_member *c, aus_json_value *graph, aus_err *err)
{
  enum { N_VERTICES = 18, N_NODES = 4, N_CORES = 2 };
  int rc = AUS_OK, i, k;

  (void)graph;
  AUS_NEW(c->vertex, N_VERTICES, err);
  AUS_TRY(add_usual(f, c, "cluster", -1, err));
  AUS_TRY(add_usual(f, c, "rack", 0, err));
  for (i = 0; i < N_NODES; i++) {
    AUS_TRY(add_usual(f, c, "node", 1, err));
    AUS_TRY(add_usual(f, c, "socket", c->n - 1, err));
    for (k = 0; k < N_CORES; k++)
      AUS_TRY(add_usual(f, c, "core", c->n - 1 - k, err));
  }
done:
  return rc;
}

int aus_match_fleet_register_usual(aus_match_fleet *f, const char *name, aus_match_reply *reply,
                                   aus_err *err)
{
  return enter(f, name, NULL, make_usual, reply, err);
}

/* ---- subsystems ---- */

static bool knows_subsystem(const aus_match_fleet *f, const aus_match_member *c, const char *name)
{
  int32_t id = aus_match_names_find(&f->texts, name, strlen(name));
  int64_t i;

  for (i = 0; i < c->n_fields; i++)
    if (c->field[i].subsystem == id) return true;
  return false;
}

static void forget_subsystem(const aus_match_fleet *f, aus_match_member *c, const char *name)
{
  int32_t id = aus_match_names_find(&f->texts, name, strlen(name));
  int64_t i, n = 0;

  c->n_own = 0;
  for (i = 0; i < c->n_fields; i++) {
    if (c->field[i].subsystem == id) continue;
    c->n_own += c->field[i].vertex != AUS_MATCH_EVERY_NODE;
    c->field[n++] = c->field[i];
  }
  c->n_fields = n;
}

/* What a feature's vertex says: "key=value" as its type, and its metadata. */
static int attach(aus_match_fleet *f, aus_match_member *c, int64_t vertex, const char *subsystem,
                  aus_json_value *metadata, aus_err *err)
{
  int rc = AUS_OK;
  const char *type = aus_json_text(aus_json_get(metadata, "type"));
  const char *equal = type ? strchr(type, '=') : NULL;

  if (equal)
    AUS_TRY(add_field(f, c, vertex, subsystem, type, (size_t)(equal - type), equal + 1, err));
  AUS_TRY(add_metadata(f, c, vertex, subsystem, metadata, err));
done:
  return rc;
}

static int attach_all(aus_match_fleet *f, aus_match_member *c, const char *subsystem,
                      aus_json_value *graph, aus_err *err)
{
  int rc = AUS_OK;
  aus_json_value *nodes = aus_json_get(graph, "nodes"), *edges = aus_json_get(graph, "edges");
  const char *source, *target;
  int64_t i;
  int32_t at;

  for (i = 0; i < aus_json_count(edges); i++) {
    AUS_TRY(read_edge(aus_json_at(edges, i), i, &source, &target, err));
    if (!source) continue;
    if (!aus_json_get(nodes, target))
      AUS_FAIL(err, AUS_EFORMAT, "edge %" PRId64 ": no vertex \"%s\"", i, target);
    if (aus_json_get(nodes, source)) continue; /* within the subsystem */
    AUS_TRY(end_of(c, source, i, &at, err));
    AUS_TRY(
        attach(f, c, at, subsystem, aus_json_get(aus_json_get(nodes, target), "metadata"), err));
  }
done:
  return rc;
}

int aus_match_fleet_describe(aus_match_fleet *f, const char *cluster, const char *subsystem,
                             aus_json_value *graph, aus_err *err)
{
  int rc = AUS_OK;
  int64_t at = aus_match_fleet_find(f, cluster);

  if (at < 0) AUS_FAIL(err, AUS_EFORMAT, "no cluster \"%s\"", cluster);
  if (!*subsystem) AUS_FAIL(err, AUS_EFORMAT, "a subsystem of cluster \"%s\" has no name", cluster);
  if (knows_subsystem(f, &f->member[at], subsystem))
    AUS_FAIL(err, AUS_EFORMAT, "subsystem \"%s\" of cluster \"%s\" is registered already",
             subsystem, cluster);
  rc = attach_all(f, &f->member[at], subsystem, graph, err);
  if (rc != AUS_OK) forget_subsystem(f, &f->member[at], subsystem);
  if (rc == AUS_EFORMAT)
    aus_err_prepend(err, "subsystem \"%s\" of cluster \"%s\": ", subsystem, cluster);
done:
  return rc;
}

int aus_match_fleet_undescribe(aus_match_fleet *f, const char *cluster, const char *subsystem,
                               aus_err *err)
{
  int rc = AUS_OK;
  int64_t at = aus_match_fleet_find(f, cluster);

  if (at < 0) AUS_FAIL(err, AUS_EFORMAT, "no cluster \"%s\"", cluster);
  if (!knows_subsystem(f, &f->member[at], subsystem))
    AUS_FAIL(err, AUS_EFORMAT, "no subsystem \"%s\" of cluster \"%s\"", subsystem, cluster);
  forget_subsystem(f, &f->member[at], subsystem);
done:
  return rc;
}

int aus_match_fleet_remove(aus_match_fleet *f, const char *cluster, aus_err *err)
{
  int64_t at = aus_match_fleet_find(f, cluster);

  if (at < 0) return aus_fail(err, AUS_EFORMAT, AUS_HERE, "no cluster \"%s\"", cluster);
  cluster_fini(&f->member[at]);
  aus_match_state_clear(&f->state, at);
  f->n_present--;
  return AUS_OK;
}
