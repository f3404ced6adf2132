/* serverless/stores.h - private: mutex and storages, what several processes wait for.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A put is visible at once; the waiting ones are served only when the put's event is processed (the
 * caller does that with the _serve functions), or at the next get. A get that is served at once still
 * costs an event.
 */
#ifndef AUS_SERVERLESS_STORES_H
#define AUS_SERVERLESS_STORES_H

#include "serverless/kernel.h"

/* ---- mutex: a store that holds one thing ---- */

static inline void aus_mutex_serve(aus_serverless_sim *s)
{
  static const uint32_t event[] = {AUS_EV_MO_MUTEX, AUS_EV_AS_MUTEX, AUS_EV_SC_MUTEX};
  int i;

  if (!s->mutex_free || s->n_waiting == 0) return;
  s->mutex_free = false;
  aus_ring_push(s, 1, event[s->waiting[0]], 0);
  s->n_waiting--;
  for (i = 0; i < s->n_waiting; i++)
    s->waiting[i] = s->waiting[i + 1];
}

static inline void aus_mutex_get(aus_serverless_sim *s, aus_holder who)
{
  s->waiting[s->n_waiting++] = who;
  aus_mutex_serve(s);
}

/* ---- storages of a node: a filter store ---- */

static inline bool aus_wanted(const aus_serverless_sim *s, int32_t d, int32_t want)
{
  return want >= 0 ? d == want : s->disk[d].remote == (want == AUS_WANT_REMOTE);
}

/* Take the first storage that fits out of the node's list, -1 if there is none. */
static inline int32_t aus_storage_take(aus_serverless_sim *s, aus_node_state *node, int32_t want)
{
  int32_t *list = s->present + node->s_first, i, d;

  for (i = 0; i < node->n_present; i++) {
    d = list[i];
    if (!aus_wanted(s, d, want)) continue;
    node->n_present--;
    for (; i < node->n_present; i++)
      list[i] = list[i + 1];
    s->disk[d].present = false;
    return d;
  }
  return -1;
}

static inline int32_t aus_getter_index(const aus_serverless_sim *s, int32_t who)
{
  return who < s->n_plats ? who : who - s->n_plats - 1;
}

static inline void aus_storage_serve(aus_serverless_sim *s, int32_t node)
{
  if (s->node[node].wait_head >= 0) aus_serverless_storage_serve_all(s, &s->node[node]);
}

/* True when `who` has its storage (in getter.got) and goes on at once. */
static inline bool aus_storage_get(aus_serverless_sim *s, int32_t n, int32_t who, uint32_t kind,
                                   int32_t want)
{
  aus_node_state *node = &s->node[n];
  aus_getter *g = &s->getter[who];

  g->want = want;
  g->kind = kind;
  if (node->wait_head < 0) {
    g->got = aus_storage_take(s, node, want);
    if (g->got >= 0) return aus_soon(s, kind, aus_getter_index(s, who));
  }
  g->next = -1;
  if (node->wait_head < 0)
    node->wait_head = who;
  else
    s->getter[node->wait_tail].next = who;
  node->wait_tail = who;
  aus_serverless_storage_serve_all(s, node);
  return false;
}

static inline void aus_storage_put(aus_serverless_sim *s, int32_t n, int32_t d)
{
  aus_node_state *node = &s->node[n];

  s->present[node->s_first + node->n_present++] = d;
  s->disk[d].present = true;
}

#endif
