/* sim_clean_scale.c - monitor and autoscaler of the clean kernel.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The steps are those of sim_scale.c without the processes; the decisions are the same functions.
 */
#include <config.h>

#include "serverless/clean.h"

#include "util/alloc.h"

#include <math.h>

typedef aus_serverless_sim sim;

/* The rolling means of D3 and of the HeROs begin again every six samples. */
void aus_clean_monitor(sim *s, uint64_t k)
{
  int rc;

  if (k == 0) s->mo_window = s->now;
  s->mo_step = floor(s->now - s->mo_window) + 1;
  rc = aus_serverless_sample(s, s->err);
  if (rc != AUS_OK) aus_serverless_abort(s, rc);
  if (s->mo_step == 7) s->mo_window = s->now;
}

/* ---- up ---- */

static void create(sim *s, int f, int type)
{
  int rc = AUS_OK;
  int32_t p = -1;

  AUS_TRY(aus_serverless_choose_new(s, f, type, &p, s->err));
  AUS_TRY(aus_serverless_replica_add(s, f, p, s->err));
  AUS_TRY(aus_serverless_scale_row(s, f, 0, s->err));
  aus_clean_init(s, f, p);
done:
  if (rc != AUS_OK) aus_serverless_abort(s, rc);
}

/* False when candidates ran out, even if some replicas were made. */
static bool scale_up(sim *s, int f, int type, double count)
{
  double made;

  for (made = 0; made < count && !s->stop; made++) {
    if (!aus_serverless_any_candidate(s, f, type)) break;
    create(s, f, type);
  }
  if (made > 0) aus_clean_place_waiting(s, f);
  return made >= count;
}

void aus_clean_create_first(sim *s, int f)
{
  aus_function *fn = &s->function[f];
  int i;

  if (fn->n_freed == s->n_freed) return;
  aus_serverless_names(s, f);
  for (i = 0; i < s->call.n_names; i++)
    if (scale_up(s, f, s->call.name[i], 1)) return;
  fn->n_freed = s->n_freed;
}

/* ---- down ---- */

static int list_replicas(sim *s, int f, int type)
{
  int rc = AUS_OK;
  const aus_function *fn = &s->function[f];
  int32_t i;

  AUS_TRY(aus_grow(&s->call.suitable, &s->call.cap_suitable, fn->n_replicas,
                   sizeof *s->call.suitable, s->err));
  s->call.n_suitable = s->call.i_suitable = 0;
  for (i = 0; i < fn->n_replicas; i++)
    if (type < 0 || s->plat[fn->replica[i]].type == type)
      s->call.suitable[s->call.n_suitable++] = fn->replica[i];
done:
  return rc;
}

static int remove_replica(sim *s, int f, int32_t p)
{
  int rc = AUS_OK;
  aus_plat *plat = &s->plat[p];

  aus_serverless_entry_remove(s, f, p);
  if (plat->pull >= 0) aus_clean_cancel(s, p);
  plat->ready_state = AUS_READY_PENDING;
  if (!aus_defect(s, 6)) plat->passed = false;
  aus_serverless_replica_remove(s, f, p);
  AUS_TRY(aus_serverless_scale_row(s, f, 1, s->err));
  s->n_freed++;
done:
  return rc;
}

/* The function with the most urgent waiting task among those not tried since the last removal. */
static int next_waiting(const sim *s)
{
  int f, best = -1;

  for (f = 0; f < s->n_functions; f++) {
    const aus_function *fn = &s->function[f];
    const aus_heap_item *x = fn->waiting.item, *y;

    if (fn->waiting.n == 0 || fn->n_freed == s->n_freed) continue;
    y = best >= 0 ? s->function[best].waiting.item : NULL;
    if (!y || x->t < y->t || (x->t == y->t && x->order < y->order)) best = f;
  }
  return best;
}

static void retry_waiting(sim *s)
{
  int f;

  while (!s->stop && (f = next_waiting(s)) >= 0)
    aus_clean_create_first(s, f);
}

/* D4: a call removes one replica at most. */
static void scale_down(sim *s, int f, int type, double count)
{
  int rc = AUS_OK;
  double made;
  int32_t p;

  AUS_TRY(list_replicas(s, f, type));
  for (made = 0; made < (aus_defect(s, 4) ? 1 : count); made++) {
    p = aus_serverless_choose_old(s);
    if (p < 0) break;
    AUS_TRY(remove_replica(s, f, p));
  }
  if (made > 0) retry_waiting(s);
done:
  if (rc != AUS_OK) aus_serverless_abort(s, rc);
}

/* ---- a pass ---- */

static void scale(sim *s, int f)
{
  aus_function *fn = &s->function[f];
  bool force = true;
  int i;

  for (i = 0; i < s->n_diff && !s->stop; i++) {
    double d = s->diff[i];
    int type = s->diff_type[i];

    if (d < 0) scale_down(s, f, type, fabs(floor(d)));
    if (d <= 0 || scale_up(s, f, type, ceil(d))) force = false;
  }
  if (force && s->now - fn->last_forced > s->policy.keep_alive_s) {
    aus_clean_create_first(s, f);
    fn->last_forced = s->now;
  }
}

void aus_clean_autoscale(sim *s)
{
  int rc = AUS_OK, f;

  for (f = 0; f < s->n_functions && !s->stop; f++) {
    AUS_TRY(aus_serverless_level(s, f, s->err));
    scale(s, f);
  }
  for (f = 0; f < s->n_functions; f++)
    AUS_TRY(aus_serverless_system_row(s, f, s->err));
done:
  if (rc != AUS_OK) aus_serverless_abort(s, rc);
}
