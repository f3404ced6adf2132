/* serverless/serverless_study_sens.c - the metrics of the initial runs as results of a design.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/serverless_study_sens.h"

#include <math.h>
#include <string.h>

#include "util/alloc.h"

enum { N_Y = 4 };
static const aus_sensitivity_y results[N_Y] = {{"penalty_frac", "1", 1, NULL},
                                               {"average_elapsed", "s", 1, NULL},
                                               {"replica_time", "s", 1, NULL},
                                               {"energy", "kWh", 3.6e6, NULL}};

static int find_metric(const aus_kind *kind, const char *name)
{
  int i;

  for (i = 0; i < kind->n_y && strcmp(kind->y_names[i], name) != 0; i++)
    continue;
  AUS_ASSERT(i < kind->n_y);
  return i;
}

/* One metric by sample; NaN where the trial failed or is missing. */
static void place(const aus_trials *t, int metric, int64_t n, double *y)
{
  int64_t i;

  for (i = 0; i < n; i++)
    y[i] = (double)NAN;
  for (i = 0; i < t->n; i++)
    if (t->row[i].status == AUS_S_OK) y[(uint32_t)t->row[i].id] = t->row[i].y[metric];
}

int aus_serverless_sensitivity(aus_sensitivity *s, const aus_serverless_draw_conf *conf,
                               const aus_serverless_space *space, const aus_design *design,
                               const aus_trials *trials, aus_err *err)
{
  int rc = AUS_OK, i;
  const char **name = NULL;
  double *y = NULL;
  aus_sensitivity_y of[N_Y];
  aus_sensitivity_in in = {.kind = conf->kind,
                           .n = conf->n,
                           .d = design->n_unit,
                           .unit = design->unit,
                           .n_y = N_Y,
                           .y = of,
                           .seed = conf->seed};

  *s = (aus_sensitivity){0};
  if (!aus_design_is_blocked(in.kind)) goto done;
  AUS_NEW(name, space->n_x, err);
  AUS_NEW(y, N_Y * design->n, err);
  AUS_TRY(aus_serverless_draw_unit_names(conf->range_compat, space, name, err));
  in.x_name = name;
  for (i = 0; i < N_Y; i++) {
    of[i] = results[i];
    of[i].y = y + i * design->n;
    place(trials, find_metric(trials->kind, of[i].name), design->n, y + i * design->n);
  }
  AUS_TRY(aus_sensitivity_make(s, &in, err));
done:
  aus_free(name);
  aus_free(y);
  return rc;
}
