/* gpuqueue_open.h - windows on random traces, opened one after the other.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_TESTS_UNIT_GPUQUEUE_OPEN_H
#define AUS_TESTS_UNIT_GPUQUEUE_OPEN_H

#include "unit/gpuqueue_stand.h"

/* An open window on a random trace. */
typedef struct stand {
  aus_gpuqueue_trace trace;
  aus_gpuqueue_sim_conf conf;
  aus_gpuqueue_geometry g;
  aus_gpuqueue_window *w;
  aus_gpuqueue_warm *warm;
  const aus_gpuqueue_window_facts *f;
} stand;

static inline void stand_open(stand *s, int64_t index)
{
  aus_err err;
  const aus_gpuqueue_walk *at = NULL;

  if (!s->w) check_ok(aus_gpuqueue_window_create(&s->w, &s->conf, &s->g, &err), &err);
  if (!s->g.cold && !s->warm)
    check_ok(aus_gpuqueue_warm_create(&s->warm, &s->conf, &s->g, &s->trace, &err), &err);
  if (s->warm) check_ok(aus_gpuqueue_warm_at(s->warm, index, &at, NULL, &err), &err);
  check_ok(aus_gpuqueue_window_open(s->w, &s->trace, index, at, NULL, &err), &err);
  s->f = aus_gpuqueue_window_facts_of(s->w);
}

static inline stand stand_make(int64_t tick_s, bool cold)
{
  stand s = {.conf = stand_cluster(tick_s), .g = stand_geometry()};

  s.g.cold = cold;
  stand_trace(&s.trace, 900, STAND_T0_S - 86400, 400.0, tick_s, 11);
  return s;
}

static inline void stand_end(stand *s)
{
  aus_gpuqueue_window_destroy(s->w);
  aus_gpuqueue_warm_destroy(s->warm);
  aus_gpuqueue_trace_fini(&s->trace);
}

#endif
