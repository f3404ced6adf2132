/* sim_pull.c - image pulls of the clean kernel.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The pulls of a node go to its first local storage and share min(write throughput, bandwidth) by
 * processor sharing: with n of them each gets 1/n. Node-wide, pulled_gb is what each pull has got since
 * the node was last without one, so a pull of x GB that begins at pulled_gb = v ends at v + x, whoever
 * else comes and goes; the node plans the end of the first one and plans anew at every change. The
 * write latency follows and is not shared. D17: every pull has the whole bandwidth.
 */
#include <config.h>

#include "serverless/clean.h"

#include <math.h>

typedef aus_serverless_sim sim;

/* ---- shared bandwidth ---- */

static double rate(const sim *s, const aus_node_state *node)
{
  return s->disk[node->local].pull_gb_per_s;
}

static void move_on(sim *s, aus_node_state *node)
{
  if (node->n_pulls > 0)
    node->pulled_gb += (s->now - node->t_pulled) * rate(s, node) / node->n_pulls;
  else
    node->pulled_gb = 0;
  node->t_pulled = s->now;
}

static void plan(sim *s, int32_t n)
{
  aus_node_state *node = &s->node[n];
  double rest;

  node->pull_plan++;
  if (node->pull_head < 0) return;
  rest = fmax(0, s->init[node->pull_head].end_gb - node->pulled_gb);
  aus_clean_push(s, s->now + rest * node->n_pulls / rate(s, node),
                 aus_clean_order(AUS_CLEAN_TRANSFERRED, s->seq++),
                 (uint64_t)node->pull_plan << 32 | (uint32_t)n);
}

static void share(sim *s, int32_t n, int32_t i, double gb)
{
  aus_node_state *node = &s->node[n];
  aus_init *init = &s->init[i];
  int32_t *link = &node->pull_head;

  move_on(s, node);
  init->end_gb = node->pulled_gb + gb;
  while (*link >= 0 && s->init[*link].end_gb <= init->end_gb)
    link = &s->init[*link].next;
  init->next = *link;
  *link = i;
  node->n_pulls++;
  plan(s, n);
}

static void wait_latency(sim *s, int32_t i, double latency_s)
{
  aus_clean_push(s, s->now + latency_s, aus_clean_order(AUS_CLEAN_PULLED, s->seq++), (uint64_t)i);
}

void aus_clean_transferred(sim *s, uint64_t data)
{
  int32_t n = (int32_t)(uint32_t)data, i;
  aus_node_state *node = &s->node[n];

  if (data >> 32 != node->pull_plan) return;
  move_on(s, node);
  i = node->pull_head;
  node->pulled_gb = s->init[i].end_gb; /* without the rounding of the way there */
  while (i >= 0 && s->init[i].end_gb <= node->pulled_gb) {
    node->pull_head = s->init[i].next;
    node->n_pulls--;
    s->init[i].transferring = false;
    wait_latency(s, i, s->disk[node->local].write_latency_s);
    i = node->pull_head;
  }
  plan(s, n);
}

/* ---- pulls ---- */

static void pull(sim *s, int f, int32_t p, bool prefetch)
{
  aus_plat *plat = &s->plat[p];
  const aus_disk *disk = &s->disk[s->node[plat->node].local];
  double gb = s->image_gb[aus_at(s, f, plat->type)];
  aus_init *init;
  int32_t i = -1;
  int rc = aus_serverless_init_new(s, f, p, &i);

  if (rc != AUS_OK) {
    aus_serverless_abort(s, rc);
    return;
  }
  init = &s->init[i];
  init->t_begin = s->now;
  init->active = true;
  init->prefetch = prefetch;
  if (!prefetch) plat->pull = i;
  init->transferring = !aus_defect(s, 17);
  if (init->transferring)
    share(s, plat->node, i, gb);
  else
    wait_latency(s, i, gb / disk->pull_gb_per_s + disk->write_latency_s);
}

static void release(sim *s, int32_t i)
{
  s->init[i].active = false;
  s->init[i].next_free = s->free_init;
  s->free_init = i;
}

/* What still lies in the heap finds the record without a platform. */
void aus_clean_cancel(sim *s, int32_t p)
{
  aus_plat *plat = &s->plat[p];
  aus_node_state *node = &s->node[plat->node];
  int32_t i = plat->pull, *link = &node->pull_head;

  plat->pull = -1;
  if (!s->init[i].transferring) {
    s->init[i].platform = -1;
    return;
  }
  move_on(s, node);
  while (*link != i)
    link = &s->init[*link].next;
  *link = s->init[i].next;
  node->n_pulls--;
  release(s, i);
  plan(s, plat->node);
}

/* ---- prefetch (HeROcache) ---- */

/* The image comes, is there, or would drive out another one. */
static bool not_worth(const sim *s, const aus_node_state *node, int f, int type)
{
  const aus_disk *disk = &s->disk[node->local];
  int32_t i;

  if (aus_serverless_node_cached(s, node, f, type)) return true;
  for (i = 0; i < s->n_inits; i++) {
    const aus_init *init = &s->init[i];

    if (init->active && init->platform >= 0 && init->function == f &&
        s->plat[init->platform].type == type && &s->node[s->plat[init->platform].node] == node)
      return true;
  }
  return disk->used * 1e-9 + s->image_gb[aus_at(s, f, type)] > disk->capacity_gb;
}

/* The other functions of the applications of f, for the same type of platform, once f's own image is
 * there. */
static void prefetch(sim *s, int f, int32_t p)
{
  const aus_plat *plat = &s->plat[p];
  const aus_node_state *node = &s->node[plat->node];
  int a, i, k;

  for (a = 0; a < s->types->n_apps; a++) {
    const aus_app_tables *app = &s->app[a];

    for (i = 0; i < app->n && app->function[i] != f;)
      i++;
    for (k = 0; i < app->n && k < app->n; k++) {
      int g = app->function[k];

      if (g != f && !isnan(s->exec_s[aus_at(s, g, plat->type)]) &&
          !not_worth(s, node, g, plat->type))
        pull(s, g, p, true);
    }
  }
}

/* ---- new replicas ---- */

static void tell_policy(sim *s, int f, int32_t p)
{
  int32_t e;

  if (s->policy.scaler >= AUS_SERVERLESS_HRO) {
    s->hw_contention[aus_at(s, f, s->plat[p].type)] += 1.0;
  } else if (aus_defect(s, 3)) {
    e = aus_serverless_entry(s, f, p, s->err);
    if (e >= 0)
      s->entry[e].value = 1.0;
    else
      aus_serverless_abort(s, AUS_ENOMEM);
  }
}

static void has_image(sim *s, int f, int32_t p)
{
  aus_clean_ready(s, p);
  if (s->policy.scaler == AUS_SERVERLESS_HRC && !aus_defect(s, 15)) prefetch(s, f, p);
}

void aus_clean_init(sim *s, int f, int32_t p)
{
  aus_plat *plat = &s->plat[p];
  aus_node_state *node = &s->node[plat->node];
  bool cached =
      s->policy.scaler == AUS_SERVERLESS_HRC && aus_serverless_node_cached(s, node, f, plat->type);

  plat->pull_begin = s->now;
  plat->pull_end = INFINITY;
  if (!aus_defect(s, 5)) plat->idle_since = INFINITY;
  tell_policy(s, f, p);
  if (cached) node->cache_hits++;
  if (cached || plat->previous == f)
    has_image(s, f, p);
  else
    pull(s, f, p, false);
}

void aus_clean_pulled(sim *s, int32_t i)
{
  const aus_init init = s->init[i];
  aus_plat *plat;
  int rc;

  release(s, i);
  if (init.platform < 0) return;
  plat = &s->plat[init.platform];
  plat->storage_time += s->now - init.t_begin;
  rc = aus_serverless_image_add(s, &s->disk[s->node[plat->node].local], init.function, plat->type,
                                s->err);
  if (rc != AUS_OK) aus_serverless_abort(s, rc);
  if (init.prefetch) return;
  plat->pull = -1;
  has_image(s, init.function, init.platform);
}
