/* sim_order.c - in which order equals are looked at.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The original keeps replicas and free platforms in hash sets, so its ties depend on memory addresses
 * (D1). Here ties go by ascending ids, or by one random permutation each of platform ids, node ids
 * and platform types, drawn once per run: the way to compare with the spread of the original.
 */
#include <config.h>

#include "serverless/kernel.h"

#include "util/alloc.h"
#include "util/rng.h"

typedef aus_serverless_sim sim;

/* 0 .. n-1 as it is, or shuffled. */
static void permutation(sim *s, aus_rng *r, int64_t n)
{
  int64_t i;

  if (s->policy.tie_random)
    aus_rng_permutation(r, n, s->permutation);
  else
    for (i = 0; i < n; i++)
      s->permutation[i] = i;
}

/* The platforms of a node behind those of the nodes before it, in order of their ranks. */
static void lay_candidates(sim *s, const aus_node_state *node, int32_t at)
{
  int32_t p, i;

  for (p = node->first; p < node->first + node->n; p++) {
    for (i = at + p - node->first; i > at && s->plat[s->candidate[i - 1]].rank > s->plat[p].rank;
         i--)
      s->candidate[i] = s->candidate[i - 1];
    s->candidate[i] = p;
  }
}

int aus_serverless_order(sim *s, aus_err *err)
{
  int rc = AUS_OK;
  aus_rng r = aus_rng_open(s->policy.tie_seed, 0, 0, AUS_RNG_SERVICE);
  int32_t i, at = 0;
  int64_t most = s->n_plats > s->n_nodes ? s->n_plats : s->n_nodes;

  AUS_TRY(aus_grow(&s->permutation, &s->cap_permutation, most > s->n_types ? most : s->n_types,
                   sizeof *s->permutation, err));
  AUS_TRY(aus_grow(&s->candidate, &s->cap_candidates, s->n_plats, sizeof *s->candidate, err));
  AUS_TRY(aus_grow(&s->node_order, &s->cap_node_order, s->n_nodes, sizeof *s->node_order, err));
  permutation(s, &r, s->n_plats);
  for (i = 0; i < s->n_plats; i++)
    s->plat[i].rank = (int32_t)s->permutation[i];
  permutation(s, &r, s->n_nodes);
  for (i = 0; i < s->n_nodes; i++)
    s->node_order[i] = (int32_t)s->permutation[i];
  permutation(s, &r, s->n_types);
  for (i = 0; i < s->n_types; i++)
    s->type_rank[i] = (int)s->permutation[i];
  for (i = 0; i < s->n_nodes; at += s->node[s->node_order[i]].n, i++)
    lay_candidates(s, &s->node[s->node_order[i]], at);
done:
  return rc;
}
