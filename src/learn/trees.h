/* trees.h - regression trees of a stored XGBoost model, checked and laid out flat for prediction.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * XGBoost's own readers trust their input: a damaged model makes them read beyond the buffer or
 * walk to nodes that do not exist. So stored bytes are decoded here first, every length and index
 * is checked, and prediction runs on the result: the same sums in the same order as XGBoost's CPU
 * predictor (equal bits, tested), without its fixed cost per call, which is what single rows of a
 * simulator need. Only what auspex trains is accepted: gbtree, numerical splits, reg:squarederror
 * or binary:logistic, one output.
 */
#ifndef AUS_LEARN_TREES_H
#define AUS_LEARN_TREES_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct aus_trees_node {
  float value;                  /* inner node: rows with x < value go left; leaf: its weight */
  int32_t feature;              /* -1: leaf */
  int32_t left, right, missing; /* positions in `node` */
} aus_trees_node;

typedef struct aus_trees {
  int n_features;
  int n_parallel; /* trees of a round; more than 1: a forest */
  bool logistic;  /* the answer is 1/(1+exp(-sum)), in XGBoost's floats */
  float base;     /* margin before the first tree */
  int64_t n_trees, n_nodes, cap_trees, cap_nodes;
  int32_t *root; /* n_trees */
  aus_trees_node *node;
} aus_trees;

void aus_trees_fini(aus_trees *t);

/** Decode a UBJSON model as XGBoost 1.7 writes it.
 *
 * @param [out] t    made; empty on error
 * @param [in] name  shown in messages
 * @return AUS_OK; AUS_EFORMAT "name: byte N: ..." for anything else than a whole, consistent model;
 *         AUS_ENOMEM
 *
 * Local. Cost O(n).
 */
AUS_CHECKED int aus_trees_read(aus_trees *t, const char *name, const void *bytes, size_t n,
                               aus_err *err);

/** Predict n rows. @param [in] x  n x t->n_features, NaN = missing. @param [out] y  n. Local. */
void aus_trees_predict(const aus_trees *t, int64_t n, const float *x, float *y);

#endif
