/* sim_scale.c - monitor, autoscaler and the policy calls that create and remove replicas.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Events as in sim_proc.c. They are few, so they always go through the queue.
 */
#include <config.h>

#include "serverless/stores.h"

#include "util/alloc.h"

#include <math.h>

typedef aus_serverless_sim sim;

/* ---- monitor ---- */

static void mo_begin(sim *s)
{
  s->mo_step = floor(s->now - s->mo_window) + 1;
  aus_mutex_get(s, AUS_HOLD_MONITOR);
}

static void mo_start(sim *s)
{
  s->mo_window = s->now;
  mo_begin(s);
}

static void mo_mutex(sim *s)
{
  int rc = aus_serverless_sample(s, s->err);

  if (rc != AUS_OK) aus_serverless_abort(s, rc);
  if (s->mo_step == 7) s->mo_window = s->now;
  s->mutex_free = true;
  aus_ring_push(s, 1, AUS_EV_MO_PUT, 0);
}

static void mo_put(sim *s)
{
  aus_mutex_serve(s);
  if (aus_delay(s, 1.0, AUS_EV_MO_TIMER, 0)) mo_begin(s);
}

/* ---- policy calls: both callers hold the mutex, so there is one at a time ---- */

static void cf_return(sim *s)
{
  if (s->call.by_scheduler) s->steps_waiting++;
  aus_ring_push(s, 1, AUS_EV_CF_END, 0);
}

static void cf_try_next(sim *s)
{
  if (s->call.i_name == s->call.n_names) {
    cf_return(s);
    return;
  }
  s->call.by_first = true;
  s->call.type = s->call.name[s->call.i_name++];
  s->call.count = 1;
  aus_ring_push(s, 0, AUS_EV_SU_START, 0);
}

static void cf_start(sim *s)
{
  aus_serverless_names(s, s->call.function);
  s->call.i_name = 0;
  cf_try_next(s);
}

static void su_return(sim *s, bool failed)
{
  s->call.failed = failed;
  aus_ring_push(s, 1, AUS_EV_SU_END, 0);
}

/* A call that ends without candidates has failed even if it made some replicas. */
static void su_next(sim *s)
{
  if (s->call.made >= s->call.count)
    su_return(s, false);
  else if (!aus_serverless_any_candidate(s, s->call.function, s->call.type))
    su_return(s, true);
  else
    aus_ring_push(s, 0, AUS_EV_CR_START, 0);
}

static void su_start(sim *s)
{
  s->call.made = 0;
  su_next(s);
}

static void cr_start(sim *s)
{
  int rc = aus_serverless_choose_new(s, s->call.function, s->call.type, &s->call.platform, s->err);

  if (rc != AUS_OK) aus_serverless_abort(s, rc);
  aus_ring_push(s, 1, AUS_EV_CR_END, 0);
}

int aus_serverless_init_new(sim *s, int f, int32_t p, int32_t *out)
{
  int rc = AUS_OK;
  int32_t i = s->free_init;

  if (i >= 0) {
    s->free_init = s->init[i].next_free;
  } else {
    i = s->n_inits;
    AUS_TRY(aus_grow(&s->init, &s->cap_inits, i + 1, sizeof *s->init, s->err));
    AUS_TRY(aus_grow(&s->getter, &s->cap_getters, s->n_plats + i + 2, sizeof *s->getter, s->err));
    s->n_inits++;
  }
  s->init[i] = (aus_init){.platform = p, .function = f};
  *out = i;
done:
  return rc;
}

static void cr_end(sim *s)
{
  int rc = AUS_OK, f = s->call.function;
  int32_t p = s->call.platform, init = 0;

  AUS_TRY(aus_serverless_replica_add(s, f, p, s->err));
  AUS_TRY(aus_serverless_init_new(s, f, p, &init));
  if (!aus_defect(s, 5)) s->plat[p].idle_since = INFINITY;
  aus_ring_push(s, 0, AUS_EV_RI_START, init);
  AUS_TRY(aus_serverless_scale_row(s, f, 0, s->err));
  s->call.made++;
  su_next(s);
done:
  if (rc != AUS_OK) aus_serverless_abort(s, rc);
}

/* The list of replicas is made once per scale_down. */
static void sd_start(sim *s)
{
  const aus_function *fn = &s->function[s->call.function];
  int32_t i;
  int rc = aus_grow(&s->call.suitable, &s->call.cap_suitable, fn->n_replicas,
                    sizeof *s->call.suitable, s->err);

  if (rc != AUS_OK) {
    aus_serverless_abort(s, rc);
    return;
  }
  s->call.n_suitable = 0;
  for (i = 0; i < fn->n_replicas; i++)
    if (s->call.type < 0 || s->plat[fn->replica[i]].type == s->call.type)
      s->call.suitable[s->call.n_suitable++] = fn->replica[i];
  s->call.made = 0;
  s->call.i_suitable = 0;
  aus_ring_push(s, 0, AUS_EV_RR_START, 0);
}

static void rr_start(sim *s)
{
  int32_t p = aus_serverless_choose_old(s);

  s->call.platform = p;
  if (p >= 0 && s->policy.scaler < AUS_SERVERLESS_HRO)
    aus_serverless_entry_remove(s, s->call.function, p);
  aus_ring_push(s, 1, AUS_EV_RR_END, 0);
}

static void rr_end(sim *s)
{
  int rc = AUS_OK, f = s->call.function;
  int32_t p = s->call.platform;

  if (p < 0) {
    aus_ring_push(s, 1, AUS_EV_SD_END, 0);
    goto done;
  }
  if (s->plat[p].function == f) {
    aus_serverless_replica_remove(s, f, p);
    s->plat[p].ready++;
    s->plat[p].ready_state = AUS_READY_PENDING;
    AUS_TRY(aus_serverless_scale_row(s, f, 1, s->err));
  }
  s->call.made++;
  aus_ring_push(s, s->call.made < s->call.count ? 0 : 1,
                s->call.made < s->call.count ? AUS_EV_RR_START : AUS_EV_SD_END, 0);
done:
  if (rc != AUS_OK) aus_serverless_abort(s, rc);
}

/* ---- autoscaler ---- */

static void as_begin(sim *s)
{
  aus_mutex_get(s, AUS_HOLD_AUTOSCALER);
}

static void as_function(sim *s)
{
  int rc = AUS_OK, f;

  if (s->as_function < s->n_functions) {
    s->as_force = true;
    aus_ring_push(s, 0, AUS_EV_AS_LEVEL, 0);
    return;
  }
  for (f = 0; f < s->n_functions && rc == AUS_OK; f++)
    rc = aus_serverless_system_row(s, f, s->err);
  if (rc != AUS_OK) aus_serverless_abort(s, rc);
  s->mutex_free = true;
  s->steps_waiting++;
  aus_ring_push(s, 1, AUS_EV_AS_PUT, 0);
}

static void as_mutex(sim *s)
{
  s->as_function = 0;
  as_function(s);
}

static void as_level(sim *s)
{
  int rc = aus_serverless_level(s, s->as_function, s->err);

  if (rc != AUS_OK) aus_serverless_abort(s, rc);
  s->i_diff = 0;
  aus_ring_push(s, 1, AUS_EV_AS_LEVEL_END, 0);
}

static void as_next_function(sim *s)
{
  s->as_function++;
  as_function(s);
}

static void as_diff(sim *s)
{
  for (; s->i_diff < s->n_diff; s->i_diff++) {
    double d = s->diff[s->i_diff];

    s->call.function = s->as_function;
    s->call.type = s->diff_type[s->i_diff];
    s->call.by_first = false;
    s->call.count = fabs(d < 0 ? floor(d) : ceil(d));
    if (d != 0) {
      aus_ring_push(s, 0, d < 0 ? AUS_EV_SD_START : AUS_EV_SU_START, 0);
      return;
    }
    s->as_force = false;
  }
  if (s->as_force && s->now - s->function[s->as_function].last_forced > s->policy.keep_alive_s) {
    s->call.by_scheduler = false;
    s->call.function = s->as_function;
    aus_ring_push(s, 0, AUS_EV_CF_START, 0);
  } else {
    as_next_function(s);
  }
}

static void sd_end(sim *s)
{
  s->as_force = false;
  s->i_diff++;
  as_diff(s);
}

static void su_end(sim *s)
{
  if (!s->call.by_first) {
    if (!s->call.failed) s->as_force = false;
    s->i_diff++;
    as_diff(s);
  } else if (s->call.failed) {
    cf_try_next(s);
  } else {
    cf_return(s);
  }
}

static void cf_end(sim *s)
{
  if (!s->call.by_scheduler) {
    s->function[s->as_function].last_forced = s->now;
    as_next_function(s);
    return;
  }
  s->steps_waiting--;
  aus_serverless_step(s);
  if (s->stop) return;
  s->mutex_free = true;
  aus_ring_push(s, 1, AUS_EV_SC_GIVEN_UP, 0);
}

static void as_put(sim *s)
{
  s->steps_waiting--;
  aus_mutex_serve(s);
  aus_serverless_step(s);
  if (!s->stop && aus_delay(s, s->policy.reconcile_s, AUS_EV_AS_TIMER, 0)) as_begin(s);
}

/* clang-format off */
void aus_serverless_scale_event(sim *s, aus_ev ev)
{
  switch (ev.kind & AUS_EV_KIND_MASK) {
  case AUS_EV_MO_START: mo_start(s); break;
  case AUS_EV_MO_MUTEX: mo_mutex(s); break;
  case AUS_EV_MO_PUT: mo_put(s); break;
  case AUS_EV_MO_TIMER: mo_begin(s); break;
  case AUS_EV_AS_START: as_begin(s); break;
  case AUS_EV_AS_MUTEX: as_mutex(s); break;
  case AUS_EV_AS_LEVEL: as_level(s); break;
  case AUS_EV_AS_LEVEL_END: as_diff(s); break;
  case AUS_EV_AS_PUT: as_put(s); break;
  case AUS_EV_AS_TIMER: as_begin(s); break;
  case AUS_EV_CF_START: cf_start(s); break;
  case AUS_EV_CF_END: cf_end(s); break;
  case AUS_EV_SU_START: su_start(s); break;
  case AUS_EV_SU_END: su_end(s); break;
  case AUS_EV_CR_START: cr_start(s); break;
  case AUS_EV_CR_END: cr_end(s); break;
  case AUS_EV_SD_START: sd_start(s); break;
  case AUS_EV_SD_END: sd_end(s); break;
  case AUS_EV_RR_START: rr_start(s); break;
  case AUS_EV_RR_END: rr_end(s); break;
  default: break;
  }
}
/* clang-format on */
