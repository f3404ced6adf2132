/* sim_pull.c - image pulls of the clean kernel.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The pulls of a node go to its first local storage and share min(write throughput, bandwidth) by
 * processor sharing: with n of them each gets 1/n. Node-wide, pulled_gb is what each pull has got since
 * the node was last without one, so a pull of x GB that begins at pulled_gb = v ends at v + x, whoever
 * else comes and goes; the node plans the end of the first one and plans anew at every change. The
 * write latency follows and is not shared; from then on the end is known. A node fetches an image once:
 * a pull of one that is on its way joins it, ends with it, and costs nothing. When the pull that others
 * have joined is given up, the first of these takes its place. D17: every pull has the whole bandwidth,
 * and none joins another.
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

static void insert(sim *s, int32_t *link, int32_t i)
{
  s->init[i].next = *link;
  *link = i;
}

static void take_out(sim *s, int32_t *link, int32_t i)
{
  while (*link != i)
    link = &s->init[*link].next;
  *link = s->init[i].next;
}

/* Into the list of those that share the bandwidth, behind equals. */
static void share(sim *s, aus_node_state *node, int32_t i, double end_gb)
{
  int32_t *link = &node->pull_head;

  while (*link >= 0 && s->init[*link].end_gb <= end_gb)
    link = &s->init[*link].next;
  insert(s, link, i);
  s->init[i].end_gb = end_gb;
  s->init[i].transferring = true;
}

static void transfer(sim *s, int32_t n, int32_t i, double gb)
{
  aus_node_state *node = &s->node[n];

  move_on(s, node);
  share(s, node, i, node->pulled_gb + gb);
  node->n_pulls++;
  plan(s, n);
}

static void end_at(sim *s, aus_node_state *node, int32_t i, double t_s)
{
  int32_t *link = &node->timed_head;

  while (*link >= 0)
    link = &s->init[*link].next;
  insert(s, link, i);
  s->init[i].transferring = false;
  s->init[i].t_end = t_s;
  aus_clean_push(s, t_s, aus_clean_order(AUS_CLEAN_PULLED, s->seq++), (uint64_t)i);
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
    node->n_pulls -= !s->init[i].joined;
    end_at(s, node, i, s->now + s->disk[node->local].write_latency_s);
    i = node->pull_head;
  }
  plan(s, n);
}

/* ---- pulls of one image ---- */

/* From k on, the first pull of the image that has (not) joined another one; -1: none. */
static int32_t find(const sim *s, int32_t k, int f, int type, bool joined)
{
  for (; k >= 0; k = s->init[k].next) {
    const aus_init *init = &s->init[k];

    if (init->joined == joined && init->function == f && s->plat[init->platform].type == type)
      break;
  }
  return k;
}

static int32_t on_its_way(const sim *s, const aus_node_state *node, int f, int type)
{
  int32_t k = find(s, node->pull_head, f, type, false);

  return k >= 0 ? k : find(s, node->timed_head, f, type, false);
}

static void join(sim *s, aus_node_state *node, int32_t i, int32_t first)
{
  s->init[i].joined = true;
  if (s->init[first].transferring)
    share(s, node, i, s->init[first].end_gb);
  else
    end_at(s, node, i, s->init[first].t_end);
}

/* False when nobody has joined the pull. */
static bool hand_over(sim *s, const aus_node_state *node, const aus_init *gone)
{
  int32_t k = find(s, gone->transferring ? node->pull_head : node->timed_head, gone->function,
                   s->plat[gone->platform].type, true);

  if (k >= 0) s->init[k].joined = false;
  return k >= 0;
}

/* ---- pulls ---- */

static void pull(sim *s, int f, int32_t p, bool prefetch)
{
  aus_plat *plat = &s->plat[p];
  aus_node_state *node = &s->node[plat->node];
  const aus_disk *disk = &s->disk[node->local];
  double gb = s->image_gb[aus_at(s, f, plat->type)];
  int32_t i = -1, first = aus_defect(s, 17) ? -1 : on_its_way(s, node, f, plat->type);
  int rc = aus_serverless_init_new(s, f, p, &i);

  if (rc != AUS_OK) {
    aus_serverless_abort(s, rc);
    return;
  }
  s->init[i].t_begin = s->now;
  s->init[i].prefetch = prefetch;
  if (!prefetch) plat->pull = i;
  if (first >= 0)
    join(s, node, i, first);
  else if (aus_defect(s, 17))
    end_at(s, node, i, s->now + (gb / disk->pull_gb_per_s + disk->write_latency_s));
  else
    transfer(s, plat->node, i, gb);
}

static void release(sim *s, int32_t i)
{
  s->init[i].next_free = s->free_init;
  s->free_init = i;
}

/* The end of a pull that is known lies in the heap and finds the record without a platform. */
void aus_clean_cancel(sim *s, int32_t p)
{
  aus_plat *plat = &s->plat[p];
  aus_node_state *node = &s->node[plat->node];
  int32_t i = plat->pull;
  aus_init *init = &s->init[i];
  bool goes_on = init->joined || hand_over(s, node, init);

  plat->pull = -1;
  take_out(s, init->transferring ? &node->pull_head : &node->timed_head, i);
  if (!init->transferring) {
    init->platform = -1;
    return;
  }
  release(s, i);
  if (goes_on) return;
  move_on(s, node);
  node->n_pulls--;
  plan(s, plat->node);
}

/* ---- prefetch (HeROcache) ---- */

/* The image comes, is there, or would drive out another one. */
static bool not_worth(const sim *s, const aus_node_state *node, int f, int type)
{
  const aus_disk *disk = &s->disk[node->local];

  if (aus_serverless_node_cached(s, node, f, type) || on_its_way(s, node, f, type) >= 0)
    return true;
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
  int rc = AUS_OK;
  const aus_init init = s->init[i];
  aus_node_state *node;
  aus_plat *plat;

  release(s, i);
  if (init.platform < 0) return;
  plat = &s->plat[init.platform];
  node = &s->node[plat->node];
  take_out(s, &node->timed_head, i);
  plat->storage_time += s->now - init.t_begin;
  if (!init.joined)
    rc = aus_serverless_image_add(s, &s->disk[node->local], init.function, plat->type, s->err);
  if (rc != AUS_OK) aus_serverless_abort(s, rc);
  if (init.prefetch) return;
  plat->pull = -1;
  has_image(s, init.function, init.platform);
}
