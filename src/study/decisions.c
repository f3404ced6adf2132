/* decisions.c - campaigns, points and stops into the journal.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/decisions.h"

#include <math.h>

int aus_decide_campaign(aus_engine *engine, uint32_t campaign, const aus_bo *bo, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf b;

  aus_buf_init(&b);
  aus_buf_u64(&b, campaign);
  aus_buf_u32(&b, (uint32_t)aus_bo_n_init(bo));
  aus_buf_u32(&b, (uint32_t)aus_space_n_unit(aus_bo_space(bo)));
  aus_buf_u32(&b, (uint32_t)aus_space_n_value(aus_bo_space(bo)));
  aus_buf_u32(&b, (uint32_t)aus_bo_n_theta(bo));
  AUS_TRY(aus_engine_decide(engine, AUS_R_CAMPAIGN, &b, err));
done:
  aus_buf_fini(&b);
  return rc;
}

static void put_reals(aus_buf *b, const double *x, int n)
{
  int i;

  for (i = 0; i < n; i++)
    aus_buf_f64(b, x ? x[i] : (double)NAN);
}

/* What the proposal saw; otherwise that follows from the index. */
static void put_seen(aus_buf *b, uint32_t campaign, const aus_bo_point *p, const aus_bo *bo)
{
  int64_t i;

  if (!aus_bo_is_greedy(bo)) return;
  for (i = 0; i < p->n_seen; i++)
    aus_buf_u64(b, aus_trial_id(campaign, (uint32_t)aus_bo_arrivals(bo)[i]));
}

int aus_decide_point(aus_engine *engine, uint32_t campaign, int64_t index, const aus_bo *bo,
                     aus_err *err)
{
  int rc = AUS_OK;
  const aus_bo_point *p = aus_bo_point_at(bo, index);
  aus_buf b;

  aus_buf_init(&b);
  aus_buf_u64(&b, aus_trial_id(campaign, (uint32_t)index));
  aus_buf_u8(&b, (uint8_t)p->origin);
  aus_buf_i64(&b, p->n_seen);
  aus_buf_i64(&b, p->n_refit);
  aus_buf_i64(&b, p->n_pending);
  aus_buf_f64(&b, p->acq);
  aus_buf_f64(&b, p->incumbent);
  aus_buf_f64(&b, p->region_side);
  put_reals(&b, p->unit, aus_space_n_unit(aus_bo_space(bo)));
  put_reals(&b, p->value, aus_space_n_value(aus_bo_space(bo)));
  put_reals(&b, p->theta, aus_bo_n_theta(bo));
  put_seen(&b, campaign, p, bo);
  AUS_TRY(aus_engine_decide(engine, AUS_R_PROPOSE, &b, err));
done:
  aus_buf_fini(&b);
  return rc;
}

int aus_decide_stop(aus_engine *engine, uint32_t campaign, const aus_bo *bo, aus_err *err)
{
  int rc = AUS_OK;
  int64_t best = aus_bo_best(bo);
  aus_buf b;

  aus_buf_init(&b);
  aus_buf_u64(&b, campaign);
  aus_buf_u8(&b, (uint8_t)aus_bo_stopped(bo));
  aus_buf_i64(&b, aus_bo_n_committed(bo));
  aus_buf_i64(&b, best);
  aus_buf_f64(&b, best < 0 ? (double)NAN : aus_bo_point_at(bo, best)->y);
  AUS_TRY(aus_engine_decide(engine, AUS_R_STOPPED, &b, err));
done:
  aus_buf_fini(&b);
  return rc;
}
