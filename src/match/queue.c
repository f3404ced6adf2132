/* match/queue.c - jobs that wait for their clusters to take them.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/queue.h"

#include <inttypes.h>
#include <stdbool.h>

#include "util/alloc.h"

void aus_match_queue_fini(aus_match_queue *q)
{
  aus_free(q->job);
  *q = (aus_match_queue){0};
}

int aus_match_queue_push(aus_match_queue *q, int64_t cluster, int64_t id, int64_t *position,
                         aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_grow(&q->job, &q->cap, q->n + 1, sizeof *q->job, err));
  q->job[q->n++] = (aus_match_waiting){.id = id, .cluster = cluster};
  *position = aus_match_queue_count(q, cluster);
done:
  return rc;
}

int64_t aus_match_queue_count(const aus_match_queue *q, int64_t cluster)
{
  int64_t i, n = 0;

  for (i = 0; i < q->n; i++)
    n += q->job[i].cluster == cluster;
  return n;
}

int64_t aus_match_queue_receive(const aus_match_queue *q, int64_t cluster, int64_t max, int64_t *id)
{
  int64_t i, n = 0;

  for (i = 0; i < q->n && n < max; i++)
    if (q->job[i].cluster == cluster) id[n++] = q->job[i].id;
  return n;
}

static bool waits(const aus_match_queue *q, int64_t cluster, int64_t id)
{
  int64_t i;

  for (i = 0; i < q->n; i++)
    if (q->job[i].cluster == cluster && q->job[i].id == id) return true;
  return false;
}

static bool is_among(const int64_t *id, int64_t n, int64_t x)
{
  int64_t i;

  for (i = 0; i < n; i++)
    if (id[i] == x) return true;
  return false;
}

int aus_match_queue_accept(aus_match_queue *q, int64_t cluster, const int64_t *id, int64_t n,
                           aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, kept = 0;

  for (i = 0; i < n; i++) {
    if (!waits(q, cluster, id[i]))
      AUS_FAIL(err, AUS_EFORMAT, "job %" PRId64 " does not wait there", id[i]);
    if (is_among(id, i, id[i])) AUS_FAIL(err, AUS_EFORMAT, "job %" PRId64 " twice", id[i]);
  }
  for (i = 0; i < q->n; i++)
    if (q->job[i].cluster != cluster || !is_among(id, n, q->job[i].id)) q->job[kept++] = q->job[i];
  q->n = kept;
done:
  return rc;
}

int64_t aus_match_queue_drop(aus_match_queue *q, int64_t cluster, int64_t *id)
{
  int64_t i, n = 0, kept = 0;

  for (i = 0; i < q->n; i++)
    if (q->job[i].cluster == cluster)
      id[n++] = q->job[i].id;
    else
      q->job[kept++] = q->job[i];
  q->n = kept;
  return n;
}
