/* sim_state.c - replicas, their queues and contention entries; laying out a run's state.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/kernel.h"

#include "util/alloc.h"

#include <math.h>
#include <string.h>

typedef aus_serverless_sim sim;

/* ---- replicas ---- */

/* The winner tree keeps aus_tree_value() of the shortest queue at its root, so the first one in
 * canonical order wins a tie; its leaves are in no order. */
static void tree_build(aus_function *fn)
{
  int32_t i;

  for (i = fn->tree_size - 1; i > 0; i--)
    fn->tree[i] = fn->tree[2 * i] < fn->tree[2 * i + 1] ? fn->tree[2 * i] : fn->tree[2 * i + 1];
}

static int tree_grow(aus_function *fn, aus_err *err)
{
  int rc = AUS_OK;
  int32_t n = fn->tree_size, size = n > 0 ? 2 * n : 1, i;

  AUS_TRY(aus_grow(&fn->tree, &fn->cap_tree, 2 * (int64_t)size, sizeof *fn->tree, err));
  memmove(fn->tree + size, fn->tree + n, (size_t)n * sizeof *fn->tree);
  for (i = n; i < size; i++)
    fn->tree[size + i] = UINT64_MAX;
  fn->tree_size = size;
  tree_build(fn);
done:
  return rc;
}

static void tree_add(aus_function *fn, aus_plat *plat)
{
  plat->slot = fn->n_replicas;
  aus_tree_set(fn, plat->slot, aus_tree_value(plat));
}

/* The last leaf moves to the free one. */
static void tree_remove(sim *s, aus_function *fn, const aus_plat *plat)
{
  int32_t last = fn->n_replicas - 1;
  uint64_t moved = fn->tree[fn->tree_size + last];

  aus_tree_set(fn, last, UINT64_MAX);
  if (last == plat->slot) return;
  s->plat[s->by_rank[(uint32_t)moved]].slot = plat->slot;
  aus_tree_set(fn, plat->slot, moved);
}

static void count_replica_time(sim *s)
{
  s->result.totals.replica_s += (double)s->n_replicas * (s->now - s->t_replicas);
  s->t_replicas = s->now;
}

/* What a replica takes from its node and counters (sign 1) and gives back (sign -1). */
static void account(sim *s, int f, aus_plat *plat, int sign)
{
  aus_node_state *node = &s->node[plat->node];
  double memory = s->memory_gb[f * s->n_types + plat->type];

  count_replica_time(s);
  node->available -= sign;
  node->free_memory_gb += sign > 0 ? -memory : memory;
  s->n_free[plat->type] -= sign;
  s->n_by_type[f * s->n_types + plat->type] += sign;
  s->function[f].queued += sign * plat->q_len;
  s->n_replicas += sign;
  plat->function = sign > 0 ? f : -1;
  plat->n_given = 0;
}

/* Where a platform of this rank is, or would be, among the function's replicas. */
static int32_t place_of(const sim *s, const aus_function *fn, int32_t rank)
{
  int32_t lo = 0, hi = fn->n_replicas, mid;

  while (lo < hi) {
    mid = lo + (hi - lo) / 2;
    if (s->plat[fn->replica[mid]].rank < rank)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

int aus_serverless_replica_add(sim *s, int f, int32_t p, aus_err *err)
{
  int rc = AUS_OK;
  aus_function *fn = &s->function[f];
  aus_plat *plat = &s->plat[p];
  int32_t i = place_of(s, fn, plat->rank);

  AUS_TRY(aus_grow(&fn->replica, &fn->cap, fn->n_replicas + 1, sizeof *fn->replica, err));
  if (fn->n_replicas == fn->tree_size) AUS_TRY(tree_grow(fn, err));
  memmove(fn->replica + i + 1, fn->replica + i, (size_t)(fn->n_replicas - i) * sizeof *fn->replica);
  fn->replica[i] = p;
  tree_add(fn, plat);
  fn->n_replicas++;
  account(s, f, plat, 1);
done:
  return rc;
}

void aus_serverless_replica_remove(sim *s, int f, int32_t p)
{
  aus_function *fn = &s->function[f];
  aus_plat *plat = &s->plat[p];
  int32_t i = place_of(s, fn, plat->rank);

  tree_remove(s, fn, plat);
  fn->n_replicas--;
  memmove(fn->replica + i, fn->replica + i + 1, (size_t)(fn->n_replicas - i) * sizeof *fn->replica);
  account(s, f, plat, -1);
}

double aus_serverless_mean_queue(const sim *s, int f)
{
  const aus_function *fn = &s->function[f];

  return fn->n_replicas > 0 ? (double)fn->queued / (double)fn->n_replicas : 0;
}

/* ---- contention entries: an ordered map per function ---- */

static int32_t entry_find(const sim *s, int f, int32_t p)
{
  int32_t e = s->plat[p].entry;

  while (e >= 0 && s->entry[e].function != f)
    e = s->entry[e].chain;
  return e;
}

static int32_t entry_new(sim *s, aus_err *err)
{
  int32_t e = s->free_entry;

  if (e >= 0) {
    s->free_entry = s->entry[e].chain;
    return e;
  }
  if (aus_grow(&s->entry, &s->cap_entries, s->n_entries + 1, sizeof *s->entry, err) != AUS_OK)
    return -1;
  return s->n_entries++;
}

int32_t aus_serverless_entry(sim *s, int f, int32_t p, aus_err *err)
{
  aus_function *fn = &s->function[f];
  int32_t e = entry_find(s, f, p);

  if (e >= 0 || (e = entry_new(s, err)) < 0) return e;
  s->entry[e] = (aus_entry){.function = f,
                            .platform = p,
                            .previous = fn->entry_tail,
                            .next = -1,
                            .chain = s->plat[p].entry};
  s->plat[p].entry = e;
  if (fn->entry_tail >= 0)
    s->entry[fn->entry_tail].next = e;
  else
    fn->entry_head = e;
  fn->entry_tail = e;
  return e;
}

void aus_serverless_entry_remove(sim *s, int f, int32_t p)
{
  aus_function *fn = &s->function[f];
  int32_t e = entry_find(s, f, p), *link = &s->plat[p].entry;
  aus_entry *x;

  if (e < 0) return;
  x = &s->entry[e];
  while (*link != e)
    link = &s->entry[*link].chain;
  *link = x->chain;
  *(x->previous >= 0 ? &s->entry[x->previous].next : &fn->entry_head) = x->next;
  *(x->next >= 0 ? &s->entry[x->next].previous : &fn->entry_tail) = x->previous;
  x->chain = s->free_entry;
  s->free_entry = e;
}

/* ---- layout of a run ---- */

static void count_layout(sim *s)
{
  int i;

  s->n_nodes = s->infra->n_nodes;
  s->n_plats = 0;
  s->n_disks = 0;
  for (i = 0; i < s->n_nodes; i++) {
    s->n_plats += s->infra->node[i].n_platforms;
    s->n_disks += s->infra->node[i].n_storages;
  }
}

/* Blocks of images of storages belong to the simulator and survive the run. */
static int reserve_disks(sim *s, aus_err *err)
{
  int64_t before = s->cap_disks;
  int rc = aus_grow(&s->disk, &s->cap_disks, s->n_disks, sizeof *s->disk, err);

  if (rc == AUS_OK && s->cap_disks > before)
    memset(s->disk + before, 0, (size_t)(s->cap_disks - before) * sizeof *s->disk);
  return rc;
}

static int reserve(sim *s, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, n = s->trace->n, tasks = 0;

  AUS_TRY(aus_grow(&s->first, &s->cap_first, n + 1, sizeof *s->first, err));
  for (i = 0; i < n; i++) {
    s->first[i] = (int32_t)tasks;
    tasks += s->app[s->trace->app[i]].n;
    if (tasks > INT32_MAX - 1)
      AUS_FAIL(err, AUS_ECONFIG, "more than %d tasks in a trace", INT32_MAX - 1);
  }
  s->first[n] = (int32_t)tasks;
  s->n_tasks = tasks;
  AUS_TRY(aus_grow(&s->task, &s->cap_tasks, tasks, sizeof *s->task, err));
  AUS_TRY(aus_grow(&s->plat, &s->cap_plats, s->n_plats, sizeof *s->plat, err));
  AUS_TRY(aus_grow(&s->rank_count, &s->cap_rank_count, (int64_t)s->n_plats * s->n_ranks,
                   sizeof *s->rank_count, err));
  AUS_TRY(aus_grow(&s->node, &s->cap_nodes, s->n_nodes, sizeof *s->node, err));
  AUS_TRY(reserve_disks(s, err));
  AUS_TRY(aus_grow(&s->present, &s->cap_present, s->n_disks, sizeof *s->present, err));
  AUS_TRY(aus_grow(&s->getter, &s->cap_getters, s->n_plats + 1, sizeof *s->getter, err));
  AUS_TRY(aus_heap_reserve(&s->heap, s->n_plats + 8, err));
done:
  return rc;
}

static void lay_disk(sim *s, int32_t d, int32_t n, int type)
{
  const aus_serverless_storage_type *t = &s->types->storage[type];
  aus_disk *disk = &s->disk[d];
  double net = s->infra->bandwidth_mibps;

  *disk = (aus_disk){.node = n,
                     .type = type,
                     .remote = t->remote,
                     .present = true,
                     .image = disk->image,
                     .cap_images = disk->cap_images};
  disk->read_bps = t->read_mibps * 1048576;
  disk->write_bps = t->write_mibps * 1048576;
  disk->net_read_bps = fmin(t->read_mibps, net) * 1048576;
  disk->net_write_bps = fmin(t->write_mibps, net) * 1048576;
  disk->read_latency_s = t->read_latency_s;
  disk->write_latency_s = t->write_latency_s;
  disk->pull_gb_per_s = fmin(t->write_mibps, net) / 1024;
  disk->capacity_gb = t->capacity_gb;
  s->present[d] = d;
}

static int lay_node(sim *s, int32_t n, int32_t *p, int32_t *d, aus_err *err)
{
  int rc = AUS_OK, i;
  const aus_serverless_node *from = &s->infra->node[n];
  aus_node_state *node = &s->node[n];

  *node = (aus_node_state){.first = *p,
                           .n = from->n_platforms,
                           .s_first = *d,
                           .s_n = from->n_storages,
                           .n_present = from->n_storages,
                           .wait_head = -1,
                           .wait_tail = -1,
                           .available = from->n_platforms,
                           .remote = -1,
                           .local = -1,
                           .pull_head = -1,
                           .timed_head = -1,
                           .memory_gb = from->memory_gb,
                           .free_memory_gb = from->memory_gb,
                           .unused = true};
  for (i = 0; i < from->n_platforms; i++, ++*p) {
    s->plat[*p] = (aus_plat){.node = n,
                             .type = from->platform[i],
                             .function = -1,
                             .q_head = -1,
                             .q_tail = -1,
                             .taking = -1,
                             .current = -1,
                             .previous = -1,
                             .waits_ready = true,
                             .pull = -1,
                             .entry = -1,
                             .idle_since = INFINITY};
    s->n_free[from->platform[i]]++;
  }
  for (i = 0; i < from->n_storages; i++, ++*d) {
    lay_disk(s, *d, n, from->storage[i]);
    if (!s->disk[*d].remote && node->local < 0) node->local = *d;
    if (s->disk[*d].remote && node->remote < 0) node->remote = *d;
  }
  if (node->local < 0 || node->remote < 0)
    AUS_FAIL(err, AUS_EINVAL, "node %d needs a remote and a local storage", (int)n);
done:
  return rc;
}

static void reset_functions(sim *s)
{
  int64_t n = (int64_t)s->n_functions * s->n_types;
  int f;

  for (f = 0; f < s->n_functions; f++) {
    aus_function *fn = &s->function[f];

    *fn = (aus_function){.replica = fn->replica,
                         .cap = fn->cap,
                         .tree = fn->tree,
                         .cap_tree = fn->cap_tree,
                         .waiting = {fn->waiting.item, 0, fn->waiting.cap},
                         .n_freed = -1,
                         .entry_head = -1,
                         .entry_tail = -1};
  }
  memset(s->n_by_type, 0, (size_t)n * sizeof *s->n_by_type);
  memset(s->hw_contention, 0, (size_t)n * sizeof *s->hw_contention);
  memset(s->n_free, 0, (size_t)s->n_types * sizeof *s->n_free);
}

static void reset_clock(sim *s)
{
  s->now = s->t_progress = s->t_replicas = 0;
  s->ring[0].head = s->ring[0].tail = s->ring[1].head = s->ring[1].tail = 0;
  s->heap.n = s->pending.n = 0;
  s->seq = 0;
  s->n_events = 0;
  s->stepping = s->steps_waiting = s->literal;
  s->stop = s->stalled = s->spent = false;
  s->rc = AUS_OK;
  s->mutex_free = true;
  s->n_waiting = 0;
  s->n_pending = 0;
  s->scheduler_waits = false;
  s->n_inits = s->n_entries = 0;
  s->free_init = s->free_entry = -1;
  s->i_event = s->n_arrived = s->n_done = s->n_freed = s->n_samples = 0;
  s->drain = -1;
  s->n_replicas = 0;
}

int aus_serverless_state_reset(sim *s, aus_err *err)
{
  int rc = AUS_OK;
  int32_t n, p = 0, d = 0;

  count_layout(s);
  AUS_TRY(reserve(s, err));
  reset_clock(s);
  reset_functions(s);
  s->counts_ranks =
      s->policy.placer == AUS_SERVERLESS_PLACE_HRO || s->policy.placer == AUS_SERVERLESS_PLACE_HRC;
  memset(s->rank_count, 0, (size_t)s->n_plats * (size_t)s->n_ranks * sizeof *s->rank_count);
  for (n = 0; n < s->n_nodes; n++)
    AUS_TRY(lay_node(s, n, &p, &d, err));
  aus_serverless_policies_reset(s);
done:
  return rc;
}
