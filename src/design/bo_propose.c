/* bo_propose.c - a proposal from its request: region, data, model, search.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "design/bo_impl.h"

#include <math.h>
#include <string.h>

#include "util/alloc.h"

enum { SPARE = 64 }; /* points tried where one of a design is used already */

/* A point of the fresh design of a region: the next of its sequence that is unused. */
static int fresh_point(const aus_bo_ask *ask, const aus_bo_trust *trust, aus_bo_answer *a,
                       aus_err *err)
{
  int rc = AUS_OK, d = ask->map.n_unit;
  /* Greedy, a restart may be seen by a proposal with fewer points pending than there may be. */
  int64_t first = ask->index > trust->start ? ask->index - trust->start : 0, i, n = first + SPARE;
  double *unit = NULL;
  bool found = false;

  AUS_NEW(unit, n * d, err);
  AUS_TRY(aus_bo_spread(ask, trust->start, n, unit, err));
  for (i = first; i < n && !found; i++) {
    aus_space_decode(ask->space, unit + i * d, a->point->value);
    found = !aus_bo_used(ask, a->point->value);
  }
  if (!found) AUS_TRY(aus_bo_first_unused(ask, a->point->value, &found, err));
  a->point->origin = AUS_BO_RESTART;
  a->exhausted = !found;
done:
  aus_free(unit);
  return rc;
}

static int model_point(const aus_bo_ask *ask, const aus_bo_trust *trust, const aus_bo_data *data,
                       aus_bo_answer *a, aus_err *err)
{
  int rc = AUS_OK;
  aus_bo_model *model = NULL;
  aus_bo_point *p = a->point;
  bool found;

  AUS_TRY(aus_bo_model_create(&model, ask, trust, data, err));
  AUS_TRY(aus_bo_search(ask, trust, data, model, p->value, &p->acq, &found, err));
  p->origin = AUS_BO_ACQUISITION;
  p->n_refit = model->n_refit;
  p->incumbent = aus_bo_data_unscale(data, ask, model->best);
  memcpy(p->theta, model->theta, (size_t)(ask->map.n_x + 2) * sizeof *p->theta);
  a->exhausted = !found;
done:
  aus_bo_model_destroy(model);
  return rc;
}

int aus_bo_propose(const void *request, size_t n, aus_buf *reply, aus_err *err)
{
  int rc = AUS_OK;
  aus_bo_ask ask = {0};
  aus_bo_data data = {0};
  aus_bo_trust trust;
  aus_bo_answer a = {0};

  AUS_TRY(aus_bo_ask_read(&ask, request, n, err));
  a.campaign = ask.campaign;
  a.index = ask.index;
  AUS_TRY(aus_bo_point_create(&a.point, ask.map.n_unit, ask.n_value, ask.map.n_x + 2, err));
  trust = aus_bo_trust_of(&ask);
  AUS_TRY(aus_bo_data_init(&data, &ask, &trust, err));
  if (data.n == 0 || (trust.start > 0 && ask.index < trust.start + ask.n_init))
    AUS_TRY(fresh_point(&ask, &trust, &a, err));
  else
    AUS_TRY(model_point(&ask, &trust, &data, &a, err));
  a.point->n_seen = ask.n_seen;
  a.point->n_pending = ask.n_pending;
  a.point->region_side = trust.side;
  AUS_TRY(aus_bo_answer_write(&a, ask.n_value, ask.map.n_x + 2, reply, err));
done:
  aus_bo_point_destroy(a.point);
  aus_bo_data_fini(&data);
  aus_bo_ask_fini(&ask);
  return rc;
}
