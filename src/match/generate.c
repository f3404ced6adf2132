/* match/generate.c - build results and clusters of any size, the same for everybody.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/generate.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "match/version.h"
#include "util/alloc.h"

enum {
  SIZES = 1, /* streams */
  VALUES = 2,
  OUTCOMES = 3,
  CLUSTERS = 4,
  MOST_VALUES = 100,
  MOST_FEATURES = 12, /* of a model */
  FIRST_DRAW = 10,
  N_COMMON = 9,
  MIN_SPECS = 5,
  TEXT = 32
};

/* Dependencies that nearly every build has: the share of the builds. */
static const double COMMON[N_COMMON] = {0.97, 0.95, 0.80, 0.61, 0.60, 0.46, 0.38, 0.33, 0.30};

static const double ABSENT_SHARE = 19.0 / 119.0;

static uint64_t mix(uint64_t z)
{
  z ^= z >> 30;
  z *= 0xBF58476D1CE4E5B9U;
  z ^= z >> 27;
  z *= 0x94D049BB133111EBU;
  return z ^ z >> 31;
}

uint64_t aus_match_hash(uint64_t seed, uint64_t k, uint64_t i, uint64_t j)
{
  const uint64_t g = 0x9E3779B97F4A7C15U;

  return mix(mix(mix(seed + g * (k + 1)) + g * (i + 1)) + g * (j + 1));
}

double aus_match_uniform(uint64_t seed, uint64_t k, uint64_t i, uint64_t j)
{
  return (double)(aus_match_hash(seed, k, i, j) >> 11) * 0x1p-53;
}

static double draw(const aus_match_size *s, int k, int64_t i, int64_t j)
{
  return aus_match_uniform(s->seed, (uint64_t)k, (uint64_t)i, (uint64_t)j);
}

/* Exponential with mean 1. */
static double spread(double u)
{
  return -log(1.0 - u);
}

static int check(const aus_match_size *s, aus_err *err)
{
  if (s->packages < 1 || s->features < 1 || s->clusters < 1 || s->jobs < MIN_SPECS * s->packages)
    return aus_fail(err, AUS_EINVAL, AUS_HERE,
                    "generate %" PRId64 " packages, %" PRId64 " features, %" PRId64
                    " clusters (need >= 1), %" PRId64 " jobs (need >= 5 per package)",
                    s->packages, s->features, s->clusters, s->jobs);
  return AUS_OK;
}

/* ---- features and clusters ---- */

static int make_feature(aus_match_feature *f, const aus_match_size *s, int64_t i, aus_err *err)
{
  int rc = AUS_OK;
  int k = (int)fmin(MOST_VALUES, 2.0 + floor(7.7 * spread(draw(s, SIZES, i, 0)))), v;
  bool absent = draw(s, SIZES, i, 1) < ABSENT_SHARE;
  char text[TEXT];
  int32_t id;

  snprintf(text, sizeof text, "dep%03" PRId64 "-version", i);
  AUS_DUP(f->name, text, err);
  for (v = 0; v < k; v++) {
    snprintf(text, sizeof text, "%d.%d.0", 1 + v / 10, v % 10);
    if (v == 0 && absent) snprintf(text, sizeof text, AUS_MATCH_ABSENT);
    AUS_TRY(aus_match_names_add(&f->values, text, strlen(text), &id, err));
  }
done:
  return rc;
}

static int make_space(aus_match_space *space, const aus_match_size *s, aus_err *err)
{
  int rc = AUS_OK;
  int32_t id;

  AUS_NEW(space->feature, s->features, err);
  while (space->n < s->features) {
    aus_match_feature *f = &space->feature[space->n++]; /* counted first: it goes with the space */

    AUS_TRY(make_feature(f, s, space->n - 1, err));
    AUS_TRY(aus_match_names_add(&space->names, f->name, strlen(f->name), &id, err));
  }
done:
  return rc;
}

/* Values of a feature in shuffled rounds: every round deals each value once. */
static int deal(const aus_match_size *s, int64_t f, int64_t k, int64_t stride, int32_t *value,
                aus_err *err)
{
  int rc = AUS_OK;
  int32_t *card = NULL;
  int64_t c, i;

  AUS_NEW(card, k, err);
  for (c = 0; c < s->clusters; c++) {
    if (c % k == 0) {
      for (i = 0; i < k; i++)
        card[i] = (int32_t)i;
      for (i = k - 1; i > 0; i--) {
        int64_t at = (int64_t)(draw(s, CLUSTERS, f, c + i) * (double)(i + 1));
        int32_t x = card[i];

        card[i] = card[at];
        card[at] = x;
      }
    }
    value[c * stride] = card[c % k];
  }
done:
  aus_free(card);
  return rc;
}

static int deal_clusters(const aus_match_space *space, aus_match_clusters *out,
                         const aus_match_size *size, aus_err *err)
{
  int rc = AUS_OK, f;
  aus_match_clusters c = {0};
  char text[TEXT];

  AUS_NEW(c.name, size->clusters, err);
  AUS_NEW(c.value, size->clusters * space->n, err);
  for (; c.n < size->clusters; c.n++) {
    snprintf(text, sizeof text, "cluster%06" PRId64, c.n);
    AUS_DUP(c.name[c.n], text, err);
  }
  for (f = 0; f < space->n; f++)
    AUS_TRY(deal(size, f, space->feature[f].values.n, space->n, c.value + f, err));
  *out = c;
  c = (aus_match_clusters){0};
done:
  aus_match_clusters_fini(&c);
  return rc;
}

int aus_match_generate_clusters(aus_match_space *space, aus_match_clusters *out,
                                const aus_match_size *size, aus_err *err)
{
  int rc = AUS_OK;

  *out = (aus_match_clusters){0};
  AUS_TRY(check(size, err));
  AUS_TRY(make_space(space, size, err));
  AUS_TRY(deal_clusters(space, out, size, err));
done:
  return rc;
}

/* ---- clusters over given builds ---- */

/* The version or the compiler of a feature's node, by the suffix of its name. @return length of the node's name */
static size_t node_of(const char *feature, bool *compiler)
{
  static const char *const end[] = {"-version", "-compiler_version"};
  size_t n = strlen(feature), m = strlen(end[1]);

  *compiler = n > m && strcmp(feature + n - m, end[1]) == 0;
  return n - (*compiler ? m : strlen(end[0]));
}

static int add_values(aus_match_names *values, const aus_match_specs *specs, const char *feature,
                      aus_err *err)
{
  int rc = AUS_OK;
  bool compiler;
  size_t n = node_of(feature, &compiler);
  int32_t name = aus_match_names_find(&specs->node_names, feature, n), id;
  int64_t i;

  for (i = 0; name >= 0 && i < specs->node_at[specs->n]; i++) {
    const aus_match_node *node = &specs->node[i];
    const char *text = specs->texts.text[compiler ? node->compiler : node->version];

    if (node->name == name) AUS_TRY(aus_match_names_add(values, text, strlen(text), &id, err));
  }
done:
  return rc;
}

/* Names of all columns, each once, by bytes. */
static int columns_of(aus_match_names *names, const aus_match_tables *tables, aus_err *err)
{
  int rc = AUS_OK, j;
  int64_t t;
  int32_t id;

  for (t = 0; t < tables->n; t++)
    for (j = 0; j < tables->table[t].n_cols; j++)
      AUS_TRY(aus_match_names_add(names, tables->table[t].col[j].feature,
                                  strlen(tables->table[t].col[j].feature), &id, err));
  if (names->n > 0) qsort(names->text, (size_t)names->n, sizeof *names->text, aus_match_text_order);
done:
  return rc;
}

/* Values of one feature: categories of all tables that have it, and what else there is. */
static int gather_values(aus_match_feature *f, const aus_match_specs *specs,
                         const aus_match_tables *tables, bool all, aus_err *err)
{
  int rc = AUS_OK, j, v;
  aus_match_names found = {0};
  int64_t t, i;
  int32_t id;

  for (t = 0; t < tables->n; t++)
    for (j = 0; j < tables->table[t].n_cols; j++) {
      const aus_match_column *col = &tables->table[t].col[j];

      for (v = 0; strcmp(col->feature, f->name) == 0 && v < col->n_cats; v++)
        AUS_TRY(aus_match_names_add(&found, col->cat[v], strlen(col->cat[v]), &id, err));
    }
  if (all) AUS_TRY(add_values(&found, specs, f->name, err));
  qsort(found.text, (size_t)found.n, sizeof *found.text, aus_match_text_order);
  for (i = 0; i < found.n; i++)
    AUS_TRY(aus_match_names_add(&f->values, found.text[i], strlen(found.text[i]), &id, err));
done:
  aus_match_names_fini(&found);
  return rc;
}

int aus_match_draw_clusters(aus_match_space *space, aus_match_clusters *out,
                            const aus_match_specs *specs, const aus_match_tables *tables, bool all,
                            const aus_match_size *size, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_names names = {0};
  int32_t id;

  *out = (aus_match_clusters){0};
  if (size->clusters < 1) AUS_FAIL(err, AUS_EINVAL, "%" PRId64 " clusters", size->clusters);
  AUS_TRY(columns_of(&names, tables, err));
  AUS_NEW(space->feature, names.n, err);
  while (space->n < names.n) {
    aus_match_feature *f = &space->feature[space->n++];

    AUS_DUP(f->name, names.text[space->n - 1], err);
    AUS_TRY(aus_match_names_add(&space->names, f->name, strlen(f->name), &id, err));
    AUS_TRY(gather_values(f, specs, tables, all, err));
  }
  AUS_TRY(deal_clusters(space, out, size, err));
done:
  aus_match_names_fini(&names);
  return rc;
}

/* ---- packages ---- */

/* What decides whether builds of a package succeed. */
typedef struct rule {
  int n;
  int feature[MOST_FEATURES];
  double weight[MOST_FEATURES]; /* with its sign */
  int threshold[MOST_FEATURES];
} rule;

/* A feature that is not taken yet, drawn with weight 1 / (number + 1). */
static int next_feature(const aus_match_size *s, int64_t p, int k, const bool *taken)
{
  double all = 0.0, at;
  int f, last = -1;

  for (f = 0; f < s->features; f++)
    if (!taken[f]) all += 1.0 / (f + 1);
  at = draw(s, SIZES, p, FIRST_DRAW + k) * all;
  for (f = 0; f < s->features; f++) {
    if (taken[f]) continue;
    last = f;
    at -= 1.0 / (f + 1);
    if (at < 0.0) break;
  }
  return last;
}

static void make_rule(rule *r, const aus_match_size *s, const aus_match_space *space, int64_t p,
                      bool *taken)
{
  double n = fmin(MOST_FEATURES, 1.0 + floor(3.5 * spread(draw(s, SIZES, p, 2))));
  int k;

  r->n = (int)fmin(n, (double)s->features);
  memset(taken, 0, (size_t)s->features * sizeof *taken);
  for (k = 0; k < r->n; k++) {
    int f = k == 0 ? (int)(p % s->features) : next_feature(s, p, k - 1, taken);
    int64_t at = p * s->features + f;

    taken[f] = true;
    r->feature[k] = f;
    r->weight[k] =
        1.2 * spread(draw(s, OUTCOMES, at, 0)) * (draw(s, OUTCOMES, at, 1) < 0.5 ? -1 : 1);
    r->threshold[k] = (int)((double)space->feature[f].values.n * draw(s, OUTCOMES, at, 2));
  }
}

static bool succeeds(const rule *r, const aus_match_size *s, int64_t spec, const int32_t *value)
{
  double logit = 1.2;
  int k;

  for (k = 0; k < r->n; k++)
    logit += value[r->feature[k]] >= r->threshold[k] ? r->weight[k] : -r->weight[k];
  if (r->n >= 2 && value[r->feature[0]] >= r->threshold[0] &&
      value[r->feature[1]] < r->threshold[1])
    logit -= 2.5;
  return draw(s, OUTCOMES, ((int64_t)1 << 40) + spec, 0) < 1.0 / (1.0 + exp(-logit));
}

typedef struct share {
  double rest;
  int64_t p;
} share;

static int by_rest(const void *a, const void *b)
{
  const share *x = a, *y = b;

  if (x->rest != y->rest) return x->rest < y->rest ? 1 : -1;
  return x->p < y->p ? -1 : 1;
}

/* Specs per package: five, and shares of the others by largest remainders. */
static int share_out(int64_t *n, const aus_match_size *s, aus_err *err)
{
  int rc = AUS_OK;
  share *part = NULL;
  int64_t p, left = s->jobs - MIN_SPECS * s->packages, given = 0;
  double all = 0.0;

  AUS_NEW(part, s->packages, err);
  for (p = 0; p < s->packages; p++)
    all += spread(draw(s, SIZES, p, 3));
  for (p = 0; p < s->packages; p++) {
    double want = all > 0.0 ? (double)left * spread(draw(s, SIZES, p, 3)) / all : 0.0;

    n[p] = MIN_SPECS + (int64_t)want;
    given += (int64_t)want;
    part[p] = (share){.rest = want - floor(want), .p = p};
  }
  qsort(part, (size_t)s->packages, sizeof *part, by_rest);
  for (p = 0; given < left; p++, given++)
    n[part[p % s->packages].p]++;
done:
  aus_free(part);
  return rc;
}

/* ---- build results ---- */

typedef struct maker {
  const aus_match_size *size;
  const aus_match_space *space;
  aus_match_specs s;
  int64_t n_nodes, cap_nodes;
  int32_t *value;     /* of the current spec, per feature */
  int32_t *node_name; /* per feature */
  int32_t **text;     /* per feature: value -> number in texts */
  int32_t one, usual; /* texts of a root without a feature and of the compiler */
} maker;

/* A value, the lower the likelier: weights 1 / (1 + 0.15 v). */
static int32_t draw_value(double u, int64_t k)
{
  double all = 0.0;
  int32_t v;

  for (v = 0; v < k; v++)
    all += 1.0 / (1.0 + 0.15 * v);
  u *= all;
  for (v = 0; v < k - 1; v++) {
    u -= 1.0 / (1.0 + 0.15 * v);
    if (u < 0.0) break;
  }
  return v;
}

static int add_node(maker *m, int32_t name, int32_t version, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_grow(&m->s.node, &m->cap_nodes, m->n_nodes + 1, sizeof *m->s.node, err));
  m->s.node[m->n_nodes++] =
      (aus_match_node){.name = name, .version = version, .compiler = m->usual};
done:
  return rc;
}

/* A dependency; what is absent is no node, but the root always is one. */
static int add_feature(maker *m, int64_t spec, int f, bool root, aus_err *err)
{
  int64_t k = m->space->feature[f].values.n;
  int32_t v = draw_value(draw(m->size, VALUES, spec, f), k);

  m->value[f] = v;
  if (!root && aus_match_absent(m->space->feature[f].values.text[v])) return AUS_OK;
  return add_node(m, m->node_name[f], m->text[f][v], err);
}

static int add_spec(maker *m, int64_t p, int32_t root, const rule *r, const bool *taken,
                    aus_err *err)
{
  int rc = AUS_OK, k;
  int64_t i = m->s.n;
  bool own = p < m->size->features; /* the package is a dependency of others */
  char text[TEXT];
  int32_t id;

  snprintf(text, sizeof text, "build%09" PRId64, i);
  AUS_TRY(aus_match_names_add(&m->s.digests, text, strlen(text), &id, err));
  if (!own) AUS_TRY(add_node(m, root, m->one, err));
  for (k = 0; k < r->n; k++)
    AUS_TRY(add_feature(m, i, r->feature[k], own && k == 0, err));
  for (k = 0; k < N_COMMON && k < m->size->features; k++)
    if (!taken[k] && draw(m->size, VALUES, i, m->size->features + k) < COMMON[k])
      AUS_TRY(add_feature(m, i, k, false, err));
  m->s.spec[i].package = (int32_t)p;
  m->s.spec[i].label = succeeds(r, m->size, i, m->value);
  m->s.node_at[++m->s.n] = m->n_nodes;
done:
  return rc;
}

static int make_names(maker *m, aus_err *err)
{
  int rc = AUS_OK, f;
  int64_t v;

  for (f = 0; f < m->space->n; f++) {
    const aus_match_feature *x = &m->space->feature[f];

    AUS_TRY(aus_match_names_add(&m->s.node_names, x->name, strlen(x->name) - strlen("-version"),
                                &m->node_name[f], err));
    AUS_NEW(m->text[f], x->values.n, err);
    for (v = 0; v < x->values.n; v++)
      AUS_TRY(aus_match_names_add(&m->s.texts, x->values.text[v], strlen(x->values.text[v]),
                                  &m->text[f][v], err));
  }
  AUS_TRY(aus_match_names_add(&m->s.texts, "1.0.0", 5, &m->one, err));
  AUS_TRY(aus_match_names_add(&m->s.texts, "9.3.1", 5, &m->usual, err));
done:
  return rc;
}

static int add_package(maker *m, int64_t p, int64_t n, bool *taken, aus_err *err)
{
  int rc = AUS_OK;
  rule r;
  char text[TEXT];
  int32_t id, root = -1;

  snprintf(text, sizeof text, p < m->size->features ? "dep%03" PRId64 : "app%03" PRId64, p);
  AUS_TRY(aus_match_names_add(&m->s.packages, text, strlen(text), &id, err));
  if (p >= m->size->features)
    AUS_TRY(aus_match_names_add(&m->s.node_names, text, strlen(text), &root, err));
  make_rule(&r, m->size, m->space, p, taken);
  for (; n > 0; n--)
    AUS_TRY(add_spec(m, p, root, &r, taken, err));
done:
  return rc;
}

int aus_match_generate_specs(aus_match_specs *out, const aus_match_size *size,
                             const aus_match_space *space, aus_err *err)
{
  int rc = AUS_OK, f;
  maker m = {.size = size, .space = space};
  int64_t *n = NULL, p;
  bool *taken = NULL;

  *out = (aus_match_specs){0};
  AUS_TRY(check(size, err));
  AUS_NEW(n, size->packages, err);
  AUS_NEW(taken, size->features, err);
  AUS_NEW(m.value, size->features, err);
  AUS_NEW(m.node_name, size->features, err);
  AUS_NEW(m.text, size->features, err);
  AUS_NEW(m.s.spec, size->jobs, err);
  AUS_NEW(m.s.node_at, size->jobs + 1, err);
  AUS_NEW(m.s.variant_at, size->jobs + 1, err);
  AUS_TRY(make_names(&m, err));
  AUS_TRY(share_out(n, size, err));
  for (p = 0; p < size->packages; p++)
    AUS_TRY(add_package(&m, p, n[p], taken, err));
  *out = m.s;
  m.s = (aus_match_specs){0};
done:
  for (f = 0; m.text && f < space->n; f++)
    aus_free(m.text[f]);
  aus_free(m.text);
  aus_free(m.node_name);
  aus_free(m.value);
  aus_free(taken);
  aus_free(n);
  aus_match_specs_fini(&m.s);
  return rc;
}

/* ---- as files ---- */

static void write_node(const aus_match_specs *s, const aus_match_node *node, aus_buf *out)
{
  const char *compiler = s->texts.text[node->compiler];

  aus_buf_printf(out, "%s@%s", s->node_names.text[node->name], s->texts.text[node->version]);
  if (strcmp(compiler, "9.3.1") != 0) aus_buf_printf(out, "%%%s", compiler);
}

void aus_match_specs_write(const aus_match_specs *s, aus_buf *out)
{
  int64_t i, k;

  aus_buf_text(out, "digest,package,version,success,nodes,variants\n");
  for (i = 0; i < s->n; i++) {
    aus_buf_printf(out, "%s,%s,%s,", s->digests.text[i], s->packages.text[s->spec[i].package],
                   s->texts.text[s->node[s->node_at[i]].version]);
    if (s->spec[i].label >= 0) aus_buf_printf(out, "%d", s->spec[i].label);
    for (k = s->node_at[i]; k < s->node_at[i + 1]; k++) {
      aus_buf_text(out, k > s->node_at[i] ? " " : ",");
      write_node(s, &s->node[k], out);
    }
    for (k = s->variant_at[i]; k < s->variant_at[i + 1]; k++)
      aus_buf_printf(out, "%s%s=%s", k > s->variant_at[i] ? " " : ",",
                     s->variant_names.text[s->variant[k].name], s->texts.text[s->variant[k].value]);
    aus_buf_text(out, s->variant_at[i] == s->variant_at[i + 1] ? ",\n" : "\n");
  }
}

/* Over given builds names and versions are theirs. */
static void write_cell(const char *text, aus_buf *out)
{
  aus_buf_text(out, ",");
  aus_buf_csv(out, text, strlen(text));
}

void aus_match_clusters_write(const aus_match_clusters *c, const aus_match_space *space,
                              aus_buf *out)
{
  int64_t i;
  int f;

  aus_buf_text(out, "cluster");
  for (f = 0; f < space->n; f++)
    write_cell(space->feature[f].name, out);
  for (i = 0; i < c->n; i++) {
    aus_buf_printf(out, "\n%s", c->name[i]);
    for (f = 0; f < space->n; f++)
      write_cell(space->feature[f].values.text[c->value[i * space->n + f]], out);
  }
  aus_buf_text(out, "\n");
}
