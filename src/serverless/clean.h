/* serverless/clean.h - private: the clean kernel.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A plain discrete-event simulation of the same system without the reference's event loop, mutex and
 * stores (D2): a request is placed the moment it comes, and when a platform takes a task, the time of
 * its end is known. So a task costs one event beside its arrival. Events are ordered by (time, kind,
 * number); platforms end first, decisions come last.
 *
 * sim_clean.c has requests, placement and platforms, sim_clean_scale.c the autoscaler and the monitor,
 * sim_pull.c image pulls.
 */
#ifndef AUS_SERVERLESS_CLEAN_H
#define AUS_SERVERLESS_CLEAN_H

#include "serverless/kernel.h"

/* In order of simultaneous events. */
typedef enum aus_clean_kind {
  AUS_CLEAN_DONE,        /* number = platform */
  AUS_CLEAN_TRANSFERRED, /* sequence number; data = plan << 32 | node */
  AUS_CLEAN_PULLED,      /* sequence number; data = initialisation */
  AUS_CLEAN_ARRIVAL,     /* not in the heap */
  AUS_CLEAN_MONITOR,     /* number of the tick */
  AUS_CLEAN_AUTOSCALER
} aus_clean_kind;

enum { AUS_CLEAN_SHIFT = 56 };

static inline uint64_t aus_clean_order(aus_clean_kind kind, uint64_t number)
{
  return (uint64_t)kind << AUS_CLEAN_SHIFT | number;
}

static inline void aus_clean_push(aus_serverless_sim *s, double t_s, uint64_t order, uint64_t data)
{
  int rc = aus_heap_push(&s->heap, (aus_heap_item){t_s, order, data}, s->err);

  if (rc != AUS_OK) aus_serverless_abort(s, rc);
}

/* Requests and platforms (sim_clean.c). */

/** The image of platform p is there: it may take tasks. */
void aus_clean_ready(aus_serverless_sim *s, int32_t p);
/** Place the tasks of f that wait for a replica, in the order of the priority. */
void aus_clean_place_waiting(aus_serverless_sim *s, int f);

/* Autoscaler (sim_clean_scale.c). */

/** Make a first replica of f and place what waits for it, unless nothing was freed since that failed. */
void aus_clean_create_first(aus_serverless_sim *s, int f);
/** One sample of the concurrency at tick k. */
void aus_clean_monitor(aus_serverless_sim *s, uint64_t k);
/** One pass over all functions. */
void aus_clean_autoscale(aus_serverless_sim *s);

/* Image pulls (sim_pull.c). */

/** A new replica of f on platform p: pull its image unless that can be saved. */
void aus_clean_init(aus_serverless_sim *s, int f, int32_t p);
/** The replica on p is removed while its image is being pulled. */
void aus_clean_cancel(aus_serverless_sim *s, int32_t p);
/** The pull that a node's plan was about is through the network. */
void aus_clean_transferred(aus_serverless_sim *s, uint64_t data);
/** Image i is on the disk. */
void aus_clean_pulled(aus_serverless_sim *s, int32_t i);

#endif
