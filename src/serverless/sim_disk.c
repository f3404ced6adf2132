/* sim_disk.c - storages: processes that wait for one, function images, task outputs.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bytes are doubles that hold whole numbers; an image counts trunc(size x 1e9) bytes. Evicted images
 * lower `used` only. The original loops for ever when nothing is left to evict (D10): here an image
 * is then not cached and data goes to the node's remote storage, and the failure is counted.
 */
#include <config.h>

#include "serverless/stores.h"

#include "util/alloc.h"

#include <math.h>
#include <string.h>

static double image_bytes(const aus_serverless_sim *s, int32_t image)
{
  return trunc(s->image_gb[image] * 1e9);
}

bool aus_serverless_cached(const aus_serverless_sim *s, const aus_disk *d, int f, int type)
{
  int32_t image = f * s->n_types + type;
  int64_t i;

  for (i = 0; i < d->n_images; i++)
    if (d->image[i] == image) return true;
  return false;
}

bool aus_serverless_node_cached(const aus_serverless_sim *s, const aus_node_state *node, int f,
                                int type)
{
  int32_t i;

  for (i = 0; i < node->n_present; i++)
    if (aus_serverless_cached(s, &s->disk[s->present[node->s_first + i]], f, type)) return true;
  return false;
}

static bool evict(aus_serverless_sim *s, aus_disk *d)
{
  if (d->n_images == 0) return false;
  d->used -= image_bytes(s, d->image[0]);
  d->n_images--;
  memmove(d->image, d->image + 1, (size_t)d->n_images * sizeof *d->image);
  s->result.totals.n_evictions++;
  return true;
}

int aus_serverless_image_add(aus_serverless_sim *s, aus_disk *d, int f, int type, aus_err *err)
{
  int rc = AUS_OK;
  int32_t image = f * s->n_types + type;

  if (aus_serverless_cached(s, d, f, type)) goto done;
  AUS_TRY(aus_grow(&d->image, &d->cap_images, d->n_images + 1, sizeof *d->image, err));
  while (d->used * 1e-9 + s->image_gb[image] > d->capacity_gb)
    if (!evict(s, d)) {
      d->n_failed++;
      goto done;
    }
  d->image[d->n_images++] = image;
  d->used += image_bytes(s, image);
  d->written += image_bytes(s, image);
done:
  return rc;
}

static bool data_fits(aus_serverless_sim *s, aus_disk *d, double bytes)
{
  while ((d->used + bytes) * 1e-9 > d->capacity_gb)
    if (!evict(s, d)) {
      d->n_failed++;
      return false;
    }
  return true;
}

int32_t aus_serverless_data_add(aus_serverless_sim *s, int32_t d, int32_t t, double bytes)
{
  int32_t remote = s->node[s->disk[d].node].remote;

  if (!data_fits(s, &s->disk[d], bytes)) {
    if (d == remote || !data_fits(s, &s->disk[remote], bytes)) return remote;
    d = remote;
  }
  s->disk[d].used += bytes;
  s->disk[d].written += bytes;
  s->disk[d].n_data++;
  s->task[t].storage = d;
  return d;
}

/* task.storage stays: with D11 the last task still asks where its input was written. */
void aus_serverless_data_forget(aus_serverless_sim *s, int32_t from, int32_t to)
{
  int32_t t;

  for (t = from; t < to; t++)
    if (s->task[t].storage >= 0) {
      aus_disk *d = &s->disk[s->task[t].storage];
      double bytes = aus_output_bytes(s, t);

      d->used -= bytes;
      d->erased += bytes;
      d->n_data--;
    }
}

/* Every waiting process in order; the ones without a match do not block the others. */
void aus_serverless_storage_serve_all(aus_serverless_sim *s, aus_node_state *node)
{
  int32_t who = node->wait_head, before = -1, next;

  for (; who >= 0; who = next) {
    aus_getter *g = &s->getter[who];

    next = g->next;
    g->got = aus_storage_take(s, node, g->want);
    if (g->got < 0) {
      before = who;
      continue;
    }
    if (before < 0)
      node->wait_head = next;
    else
      s->getter[before].next = next;
    if (next < 0) node->wait_tail = before;
    aus_ring_push(s, 1, g->kind, aus_getter_index(s, who));
  }
}
