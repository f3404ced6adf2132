/* match/queue.h - jobs that wait for their clusters to take them.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A job is pushed to the queue of the cluster that was selected for it. A cluster receives the first jobs of its
 * queue as often as it asks; they leave the queue when it accepts them. Jobs of a cluster that goes away are
 * given back.
 */
#ifndef AUS_MATCH_QUEUE_H
#define AUS_MATCH_QUEUE_H

#include "util/err.h"

#include <stdint.h>

typedef struct aus_match_waiting {
  int64_t id, cluster;
} aus_match_waiting;

/* Zeroed is empty. */
typedef struct aus_match_queue {
  aus_match_waiting *job; /* of all clusters, in order of arrival */
  int64_t n, cap;
} aus_match_queue;

void aus_match_queue_fini(aus_match_queue *q);

/** @param [in] id         new in the queue
 * @param [out] position  in the cluster's queue, from 1
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_queue_push(aus_match_queue *q, int64_t cluster, int64_t id,
                                     int64_t *position, aus_err *err);

/** Jobs that wait for a cluster. Local. */
int64_t aus_match_queue_count(const aus_match_queue *q, int64_t cluster);

/** The first jobs of a cluster, at most `max`; they stay in the queue.
 * @param [out] id  room for max
 * @return how many. Local. */
int64_t aus_match_queue_receive(const aus_match_queue *q, int64_t cluster, int64_t max,
                                int64_t *id);

/** Take jobs out of a cluster's queue; all of them or, on error, none.
 * @return AUS_OK; AUS_EFORMAT: one does not wait there, or is named twice. Local. */
AUS_CHECKED int aus_match_queue_accept(aus_match_queue *q, int64_t cluster, const int64_t *id,
                                       int64_t n, aus_err *err);

/** Take out what waits for a cluster that is no more: unplaced again.
 * @param [out] id  room for aus_match_queue_count()
 * @return how many. Local. */
int64_t aus_match_queue_drop(aus_match_queue *q, int64_t cluster, int64_t *id);

#endif
