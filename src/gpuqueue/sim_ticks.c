/* gpuqueue/sim_ticks.c - the clock of the reference: everything happens in ticks.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A tick: arrivals; a backfill pass if the counter is 0, else the head of the queue as far as it fits; time moves;
 * what is left in the queue grows older; jobs end. Ticks in which nothing arrives, fits or ends only move
 * the counter, the time and the debt of ageing, and are passed in one go.
 */
#include <config.h>

#include "gpuqueue/sim_state.h"

static int whole_tick(aus_gpuqueue_sim *s, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_gpuqueue_sim_arrive(s, err));
  if (s->count == 0)
    AUS_TRY(aus_gpuqueue_sim_backfill(s, err));
  else
    AUS_TRY(aus_gpuqueue_sim_fifo(s, err));
  s->count = s->count + 1 < s->conf.bf_interval ? s->count + 1 : 0;
  s->now_s += s->conf.tick_s;
  if (s->n_queued > 0) s->owed++;
  AUS_TRY(aus_gpuqueue_sim_complete(s, s->now_s, err));
done:
  return rc;
}

/* Ticks from now on in which nothing happens, less than up to t. */
static int64_t empty_ticks(const aus_gpuqueue_sim *s, int64_t t_s)
{
  int64_t n, to_pass, u = s->conf.tick_s;

  if (t_s > s->t_arrival_s) t_s = s->t_arrival_s;
  /* a job ends at the end of a tick, which must be a whole one */
  if (s->t_free_s < INT64_MAX && t_s > s->t_free_s - u) t_s = s->t_free_s - u;
  if (t_s <= s->now_s) return 0;
  n = t_s == INT64_MAX ? INT64_MAX : (t_s - s->now_s) / u;
  if (s->n_queued > 0 && s->queued[0].nodes <= s->n_free) return 0;
  if (s->n_queued > 0 && aus_gpuqueue_sim_any_fits(s)) {
    to_pass = s->count == 0 ? 0 : s->conf.bf_interval - s->count;
    if (to_pass < n) n = to_pass;
  }
  return n;
}

int aus_gpuqueue_sim_tick(aus_gpuqueue_sim *s, int64_t t_s, aus_err *err)
{
  int64_t n = empty_ticks(s, t_s);

  if (n == INT64_MAX) return AUS_OK; /* nothing happens any more */
  if (n > 0) {
    s->count = (s->count + n) % s->conf.bf_interval;
    s->now_s += n * s->conf.tick_s;
    if (s->n_queued > 0) s->owed += n;
  }
  return s->now_s < t_s ? whole_tick(s, err) : AUS_OK;
}
