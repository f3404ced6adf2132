/* trees.c - a bounds-checked reader of XGBoost's UBJSON and a flat tree walk.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "learn/trees.h"

#include "util/alloc.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* UBJSON as XGBoost writes it: objects without a count, keys and strings with an 'L' length, arrays
 * "[#L<n>" of values or "[$t#L<n>" of one type, big-endian numbers. What XGBoost does not write is
 * refused, because its reader may take it for something else than we do. */
typedef struct ubj {
  const unsigned char *p;
  size_t n, at;
  const char *wrong; /* first thing that is wrong, NULL: nothing */
} ubj;

typedef struct span {
  const unsigned char *p;
  int64_t n;
} span;

enum { MAX_DEPTH = 16 };

static void bad(ubj *u, const char *what)
{
  if (!u->wrong) u->wrong = what;
}

static const unsigned char *take(ubj *u, int64_t n)
{
  const unsigned char *p = u->p + u->at;

  if (u->wrong) return NULL;
  if (n < 0 || (uint64_t)n > u->n - u->at) {
    bad(u, "a length runs beyond the end");
    return NULL;
  }
  u->at += (size_t)n;
  return p;
}

static int take_char(ubj *u)
{
  const unsigned char *p = take(u, 1);

  return p ? *p : -1;
}

static int peek_char(const ubj *u)
{
  return u->wrong || u->at >= u->n ? -1 : u->p[u->at];
}

static void expect(ubj *u, char c)
{
  if (take_char(u) != c) bad(u, "unexpected marker");
}

static uint64_t big_endian(const unsigned char *p, int n)
{
  uint64_t x = 0;
  int i;

  for (i = 0; i < n; i++)
    x = x << 8 | p[i];
  return x;
}

static int64_t take_length(ubj *u)
{
  const unsigned char *p;

  expect(u, 'L');
  p = take(u, 8);
  return p ? (int64_t)big_endian(p, 8) : 0;
}

static span take_string(ubj *u)
{
  span s = {.n = take_length(u)};

  s.p = take(u, s.n);
  return s;
}

/* Bytes of one number of a type, 0 when it is no such type. */
static int width(int type)
{
  switch (type) {
  case 'i':
  case 'U':
    return 1;
  case 'I':
    return 2;
  case 'l':
  case 'd':
    return 4;
  case 'L':
  case 'D':
    return 8;
  default:
    return 0;
  }
}

/* The head of an array behind its '[': *type is 0 for an array of values. */
static int64_t take_array(ubj *u, int *type)
{
  *type = 0;
  if (peek_char(u) == '$') {
    take_char(u);
    *type = take_char(u);
    if (!width(*type)) bad(u, "unknown element type");
  }
  expect(u, '#');
  return take_length(u);
}

static void skip(ubj *u, int depth);

static void skip_array(ubj *u, int depth)
{
  int type;
  int64_t i, n = take_array(u, &type);

  if (n < 0 || (uint64_t)n > u->n - u->at)
    bad(u, "an array runs beyond the end");
  else if (type)
    take(u, n * width(type));
  else
    for (i = 0; i < n && !u->wrong; i++)
      skip(u, depth + 1);
}

static void skip(ubj *u, int depth)
{
  int type = take_char(u);

  if (depth > MAX_DEPTH) bad(u, "nested too deeply");
  if (u->wrong) return;
  if (type == '{') {
    while (peek_char(u) == 'L') {
      take_string(u);
      skip(u, depth + 1);
    }
    expect(u, '}');
  } else if (type == '[') {
    skip_array(u, depth);
  } else if (type == 'S') {
    take_string(u);
  } else if (width(type)) {
    take(u, width(type));
  } else {
    bad(u, "unknown value");
  }
}

static bool is_key(span s, const char *key)
{
  return s.p && (size_t)s.n == strlen(key) && memcmp(s.p, key, (size_t)s.n) == 0;
}

/* A reader at the value of `key` in the object at which `u` stands. */
static ubj find(ubj u, const char *key)
{
  span s;

  expect(&u, '{');
  while (peek_char(&u) == 'L') {
    s = take_string(&u);
    if (is_key(s, key)) return u;
    skip(&u, 0);
  }
  bad(&u, "an entry is missing");
  return u;
}

static double number_text(ubj u)
{
  char text[40], *end;
  span s;
  double x;

  expect(&u, 'S');
  s = take_string(&u);
  if (!s.p || s.n < 1 || s.n >= (int64_t)sizeof text) return (double)NAN;
  memcpy(text, s.p, (size_t)s.n);
  text[s.n] = '\0';
  x = strtod(text, &end);
  return *end ? (double)NAN : x;
}

static int64_t integer(ubj u)
{
  int bytes = width(take_char(&u));
  const unsigned char *p = take(&u, bytes);

  if (!p || bytes == 0) return -1;
  return (int64_t)(big_endian(p, bytes) << (64 - 8 * bytes)) >> (64 - 8 * bytes);
}

static bool string_is(ubj u, const char *want)
{
  expect(&u, 'S');
  return is_key(take_string(&u), want);
}

/* Columns of one tree, as stored; those behind N_PER_NODE belong to categorical splits and are
 * empty. */
enum {
  LEFT,
  RIGHT,
  PARENTS,
  DEFAULT_LEFT,
  CONDITIONS,
  INDICES,
  TYPES,
  WEIGHTS,
  LOSS,
  HESSIAN,
  N_PER_NODE,
  CATEGORIES = N_PER_NODE,
  CATEGORIES_NODES,
  CATEGORIES_SEGMENTS,
  CATEGORIES_SIZES,
  N_COLUMNS
};

static const struct {
  const char *key;
  char type;
} columns[N_COLUMNS] = {
    [LEFT] = {"left_children", 'l'},
    [RIGHT] = {"right_children", 'l'},
    [PARENTS] = {"parents", 'l'},
    [DEFAULT_LEFT] = {"default_left", 'U'},
    [CONDITIONS] = {"split_conditions", 'd'},
    [INDICES] = {"split_indices", 'l'},
    [TYPES] = {"split_type", 'U'},
    [WEIGHTS] = {"base_weights", 'd'},
    [LOSS] = {"loss_changes", 'd'},
    [HESSIAN] = {"sum_hessian", 'd'},
    [CATEGORIES] = {"categories", 'l'},
    [CATEGORIES_NODES] = {"categories_nodes", 'l'},
    [CATEGORIES_SEGMENTS] = {"categories_segments", 'L'},
    [CATEGORIES_SIZES] = {"categories_sizes", 'L'},
};

typedef struct tree {
  span column[N_COLUMNS];
  int32_t n; /* nodes */
} tree;

static int column_of(span key)
{
  int i;

  for (i = 0; i < N_COLUMNS && !is_key(key, columns[i].key); i++)
    continue;
  return i;
}

static void take_column(ubj *u, tree *t, int i)
{
  int type;

  if (t->column[i].p) bad(u, "a tree's array comes twice");
  expect(u, '[');
  t->column[i].n = take_array(u, &type);
  if (type != columns[i].type) bad(u, "a tree's array has another type");
  t->column[i].p = take(u, t->column[i].n * width(columns[i].type));
}

/* Tree `id` of the list; `u` moves behind it. XGBoost places trees by their id. */
static void take_tree(ubj *u, tree *t, int64_t id)
{
  ubj param = find(*u, "tree_param");
  double n = number_text(find(param, "num_nodes"));
  span key;
  int i;

  *t = (tree){0};
  if (!(n >= 1 && n <= INT32_MAX)) bad(u, "a tree without nodes");
  if (integer(find(*u, "id")) != id) bad(u, "a tree's id is not its position");
  expect(u, '{');
  while (peek_char(u) == 'L') {
    key = take_string(u);
    i = column_of(key);
    if (i < N_COLUMNS)
      take_column(u, t, i);
    else
      skip(u, 0);
  }
  expect(u, '}');
  t->n = u->wrong ? 0 : (int32_t)n;
  for (i = 0; i < N_COLUMNS; i++)
    if (!t->column[i].p || t->column[i].n != (i < N_PER_NODE ? t->n : 0))
      bad(u, "a tree's array is missing or has another length");
}

static int32_t int_at(const tree *t, int column, int32_t i)
{
  return (int32_t)(uint32_t)big_endian(t->column[column].p + 4 * (size_t)i, 4);
}

static float real_at(const tree *t, int column, int32_t i)
{
  uint32_t bits = (uint32_t)big_endian(t->column[column].p + 4 * (size_t)i, 4);
  float x;

  memcpy(&x, &bits, sizeof x);
  return x;
}

/* Pruned nodes stay in the arrays; XGBoost marks them by the largest index. */
static bool deleted(const tree *t, int32_t i)
{
  return i > 0 && int_at(t, INDICES, i) == INT32_MAX;
}

static bool child_ok(const tree *t, int32_t parent, int32_t child)
{
  return child > 0 && child < t->n && !deleted(t, child) && int_at(t, PARENTS, child) == parent;
}

/* A node has one parent entry, its children point back to it and the root is nobody's child, so no
 * walk from the root can come to a node twice. XGBoost follows the parents of pruned nodes, too. */
static const char *node_wrong(const tree *t, int32_t i, int n_features)
{
  int32_t left = int_at(t, LEFT, i), right = int_at(t, RIGHT, i), parent = int_at(t, PARENTS, i);
  int32_t feature = int_at(t, INDICES, i);

  if (i > 0 && (parent < 0 || parent >= t->n)) return "a node without a parent";
  if (deleted(t, i)) return NULL;
  if (t->column[DEFAULT_LEFT].p[i] > 1) return "a default side that is neither 0 nor 1";
  if (isnan(real_at(t, CONDITIONS, i))) return "a node's value is not a number";
  if (left == -1 && right == -1) return NULL;
  if (!child_ok(t, i, left) || !child_ok(t, i, right) || left == right)
    return "children and parents disagree";
  if (feature < 0 || feature >= n_features) return "a split on an unknown feature";
  return t->column[TYPES].p[i] == 0 ? NULL : "a categorical split";
}

static aus_trees_node node_of(const tree *t, int32_t i, int32_t base)
{
  aus_trees_node v = {.value = real_at(t, CONDITIONS, i), .feature = -1};

  if (deleted(t, i) || int_at(t, LEFT, i) == -1) return v;
  v.feature = int_at(t, INDICES, i);
  v.left = base + int_at(t, LEFT, i);
  v.right = base + int_at(t, RIGHT, i);
  v.missing = t->column[DEFAULT_LEFT].p[i] ? v.left : v.right;
  return v;
}

static int add_tree(aus_trees *out, ubj *u, aus_err *err)
{
  int rc = AUS_OK;
  tree t;
  int32_t i;
  const char *wrong;

  take_tree(u, &t, out->n_trees);
  if (out->n_nodes + t.n > INT32_MAX) bad(u, "too many nodes");
  if (u->wrong) goto done;
  AUS_TRY(aus_grow(&out->root, &out->cap_trees, out->n_trees + 1, sizeof *out->root, err));
  AUS_TRY(aus_grow(&out->node, &out->cap_nodes, out->n_nodes + t.n, sizeof *out->node, err));
  for (i = 0; i < t.n; i++) {
    wrong = node_wrong(&t, i, out->n_features);
    if (wrong) bad(u, wrong);
    if (wrong) goto done;
    out->node[out->n_nodes + i] = node_of(&t, i, (int32_t)out->n_nodes);
  }
  out->root[out->n_trees++] = (int32_t)out->n_nodes;
  out->n_nodes += t.n;
done:
  return rc;
}

/* `info` has one output index, 0, per tree. */
static void check_info(ubj *u, ubj info, double n_trees)
{
  int type;
  int64_t i, n;

  expect(&info, '[');
  n = take_array(&info, &type);
  if (type || info.wrong || (double)n != n_trees) bad(u, "tree_info has another length");
  for (i = 0; i < n && !u->wrong; i++) {
    if (integer(info) != 0) bad(u, "a tree of another output");
    skip(&info, 0);
  }
}

/* Trees of one round each, or all of them of one round. */
static bool forest_ok(double n_parallel, double n_trees)
{
  return n_parallel == 1 || (n_parallel > 1 && n_parallel <= INT32_MAX && n_parallel == n_trees);
}

/* The margin of a probability, in XGBoost's floats. */
static float logit(float p)
{
  return -logf(1.0f / p - 1.0f);
}

/* What the model is, apart from its trees. */
static ubj check_kind(aus_trees *out, ubj u, int64_t *n_trees)
{
  ubj learner = find(u, "learner"), param = find(learner, "learner_model_param");
  ubj booster = find(learner, "gradient_booster"), model = find(booster, "model");
  ubj count = find(model, "gbtree_model_param"), trees = find(model, "trees");
  double n = number_text(find(count, "num_trees"));
  double parallel = number_text(find(count, "num_parallel_tree"));
  double features = number_text(find(param, "num_feature"));
  double base = number_text(find(param, "base_score"));
  ubj objective = find(find(learner, "objective"), "name");
  bool logistic = string_is(objective, "binary:logistic");

  if (!logistic && !string_is(objective, "reg:squarederror"))
    bad(&trees, "the objective is not reg:squarederror or binary:logistic");
  if (logistic && !(base > 0 && base < 1)) bad(&trees, "a base score that is no probability");
  if (!string_is(find(booster, "name"), "gbtree")) bad(&trees, "the booster is not gbtree");
  if (number_text(find(param, "num_class")) > 0) bad(&trees, "more than one output");
  if (!forest_ok(parallel, n)) bad(&trees, "trees and rounds disagree");
  if (!(features >= 1 && features <= INT32_MAX)) bad(&trees, "no number of features");
  if (!(fabs(base) <= 3e38)) bad(&trees, "no base score");
  if (!(n >= 0 && n <= INT32_MAX)) bad(&trees, "no number of trees");
  check_info(&trees, find(model, "tree_info"), n);
  *n_trees = trees.wrong ? 0 : (int64_t)n;
  out->n_features = trees.wrong ? 0 : (int)features;
  out->n_parallel = trees.wrong ? 1 : (int)parallel;
  out->logistic = logistic;
  out->base = trees.wrong ? 0.0f : logistic ? logit((float)base) : (float)base;
  return trees;
}

static int read_trees(aus_trees *out, ubj *u, int64_t n_wanted, aus_err *err)
{
  int rc = AUS_OK, type;
  int64_t i, n;

  expect(u, '[');
  n = take_array(u, &type);
  if (type || n != n_wanted) bad(u, "not the list of trees that was announced");
  for (i = 0; i < n && !u->wrong; i++)
    AUS_TRY(add_tree(out, u, err));
done:
  return rc;
}

int aus_trees_read(aus_trees *t, const char *name, const void *bytes, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  int64_t n_trees = 0;
  ubj whole = {.p = bytes, .n = n}, u = whole;

  *t = (aus_trees){0};
  skip(&u, 0);
  if (u.at != n) bad(&u, "bytes behind the end");
  if (!u.wrong) u = check_kind(t, whole, &n_trees);
  if (!u.wrong) AUS_TRY(read_trees(t, &u, n_trees, err));
  if (u.wrong)
    AUS_FAIL(err, AUS_EFORMAT, "%s: byte %zu: %s in a model of %zu bytes", name, u.at, u.wrong, n);
done:
  if (rc != AUS_OK) aus_trees_fini(t);
  return rc;
}

void aus_trees_fini(aus_trees *t)
{
  aus_free(t->root);
  aus_free(t->node);
  *t = (aus_trees){0};
}

static float leaf(const aus_trees_node *node, int32_t at, const float *x)
{
  const aus_trees_node *v = node + at;
  float f;

  while (v->feature >= 0) {
    f = x[v->feature];
    v = node + (isnan(f) ? v->missing : f < v->value ? v->left : v->right);
  }
  return v->value;
}

/* In XGBoost's floats, so that the bits are equal. */
static float sigmoid(float x)
{
  return 1.0f / (expf(fminf(-x, 88.7f)) + 1.0f + 1e-16f);
}

/* Tree by tree over a block of rows, so that a tree stays in the cache; a row's sum still runs over
 * the trees in their order. */
void aus_trees_predict(const aus_trees *t, int64_t n, const float *x, float *y)
{
  int64_t from, to, i, k;

  for (from = 0; from < n; from = to) {
    to = n - from > 256 ? from + 256 : n;
    for (i = from; i < to; i++)
      y[i] = t->base;
    for (k = 0; k < t->n_trees; k++)
      for (i = from; i < to; i++)
        y[i] += leaf(t->node, t->root[k], x + i * t->n_features);
    for (i = from; t->logistic && i < to; i++)
      y[i] = sigmoid(y[i]);
  }
}
