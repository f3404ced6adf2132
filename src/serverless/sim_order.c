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

/* ---- least_penalty as an order ---- */

static bool is_first(const sim *s, int32_t a, int32_t b)
{
  const double *dispatched = s->result.tasks.dispatched;
  double x = aus_task_deadline(s, a), y = aus_task_deadline(s, b);

  if (x != y) return x < y;
  if (dispatched[a] != dispatched[b]) return dispatched[a] < dispatched[b];
  return a < b;
}

void aus_serverless_pending_rise(sim *s)
{
  int32_t *list = s->pending_list, t;
  int64_t i = s->n_pending - 1;

  for (t = list[i]; i > 0 && is_first(s, t, list[(i - 1) / 2]); i = (i - 1) / 2)
    list[i] = list[(i - 1) / 2];
  list[i] = t;
}

int32_t aus_serverless_pending_pop(sim *s)
{
  int32_t *list = s->pending_list, first = list[0], t = list[--s->n_pending];
  int64_t i = 0, k;

  while ((k = 2 * i + 1) < s->n_pending) {
    if (k + 1 < s->n_pending && is_first(s, list[k + 1], list[k])) k++;
    if (!is_first(s, list[k], t)) break;
    list[i] = list[k];
    i = k;
  }
  list[i] = t;
  return first;
}

/* ---- ties ---- */

int aus_serverless_order(sim *s, aus_err *err)
{
  int rc = AUS_OK;
  aus_rng r = aus_rng_open(s->policy.tie_seed, 0, 0, AUS_RNG_SERVICE);
  int32_t i, at = 0;
  int64_t most = s->n_plats > s->n_nodes ? s->n_plats : s->n_nodes;

  AUS_TRY(aus_grow(&s->permutation, &s->cap_permutation, most > s->n_types ? most : s->n_types,
                   sizeof *s->permutation, err));
  AUS_TRY(aus_grow(&s->by_rank, &s->cap_by_rank, s->n_plats, sizeof *s->by_rank, err));
  AUS_TRY(aus_grow(&s->candidate, &s->cap_candidates, s->n_plats, sizeof *s->candidate, err));
  AUS_TRY(aus_grow(&s->node_order, &s->cap_node_order, s->n_nodes, sizeof *s->node_order, err));
  permutation(s, &r, s->n_plats);
  for (i = 0; i < s->n_plats; i++) {
    s->plat[i].rank = (int32_t)s->permutation[i];
    s->by_rank[s->plat[i].rank] = i;
  }
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
