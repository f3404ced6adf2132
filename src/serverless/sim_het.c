/* sim_het.c - prohetkn: how many replicas of each kind of platform carry the load that is coming.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Source: GitHub nikolalukic167/gnn-herosim at 492d2f6 (heterogeneous proactive Knative). The model of
 * a function is asked once per platform type with the rate and the type as a one-hot vector over all
 * types by name, and answers with the replicas that carry the whole load on that type alone. D28
 * stands for the reference: it asks for types the function does not run on, too, and counts free
 * platforms itself, without ever giving one back.
 */
#include <config.h>

#include "serverless/kernel.h"

#include <math.h>

typedef aus_serverless_sim sim;

static bool is_asked(const sim *s, int f, int h)
{
  return aus_defect(s, 28) || !isnan(s->exec_s[aus_at(s, f, h)]);
}

/* Sets het.need. */
static int ask_all(sim *s, int f, double rps, aus_err *err)
{
  int rc = AUS_OK, h, k, n = 0, d = s->policy.n_features + s->n_types;
  aus_het *het = &s->het;

  for (h = 0; h < s->n_types; h++) {
    float *x = het->x + (ptrdiff_t)n * d;

    if (!is_asked(s, f, h)) continue;
    aus_serverless_features(s, f, rps, x);
    for (k = 0; k < s->n_types; k++)
      x[s->policy.n_features + k] = k == het->place[h];
    n++;
  }
  AUS_TRY(aus_serverless_ask(s, f, n, d, het->x, het->y, err));
  for (h = 0, n = 0; h < s->n_types; h++)
    if (is_asked(s, f, h)) het->need[h] = ceil((double)het->y[n++]);
done:
  return rc;
}

/* Which part of the load a type carries with the platforms that are free. */
static double carried(sim *s, int f, int h)
{
  aus_het *het = &s->het;
  double running = s->n_by_type[aus_at(s, f, h)], got = fmax(0, het->need[h] - running);

  got = fmin(got, aus_defect(s, 28) ? (double)het->free[h] : s->n_free[h]);
  if (aus_defect(s, 28)) het->free[h] -= (int64_t)got;
  return het->need[h] > 0 ? (running + got) / het->need[h] * 100 : 0;
}

/* Types by what they carry, equals in the order of the file. */
static int sort_types(sim *s, int f)
{
  aus_het *het = &s->het;
  int h, i, n = 0;

  for (h = 0; h < s->n_types; h++) {
    if (!is_asked(s, f, h)) continue;
    het->got[h] = carried(s, f, h);
    for (i = n++; i > 0 && het->got[het->type[i - 1]] < het->got[h]; i--)
      het->type[i] = het->type[i - 1];
    het->type[i] = h;
  }
  return n;
}

/* Until the whole load is carried: these get what they need. */
static void select_types(sim *s, int f)
{
  aus_het *het = &s->het;
  double total = 0;
  int h, i, n = sort_types(s, f);

  for (i = 0; i < n && total < 100; i++) {
    h = het->type[i];
    total += het->got[h];
    aus_serverless_diff(s, h, het->need[h] - s->n_by_type[aus_at(s, f, h)]);
  }
}

/* Running types that were not selected go, in the order of their first replicas. */
static void drop_others(sim *s, int f)
{
  const aus_function *fn = &s->function[f];
  int32_t r;
  int i, h;

  for (r = 0; r < fn->n_replicas; r++) {
    h = s->plat[fn->replica[r]].type;
    for (i = 0; i < s->n_diff && s->diff_type[i] != h;)
      i++;
    if (i == s->n_diff) aus_serverless_diff(s, h, -s->n_by_type[aus_at(s, f, h)]);
  }
}

int aus_serverless_het_level(sim *s, int f, aus_err *err)
{
  int rc = AUS_OK;
  double rps;

  if (!aus_has_model(s->predict, f) || !aus_serverless_forecast_rps(s, f, &rps)) {
    aus_serverless_diff(s, -1, 0);
    goto done;
  }
  AUS_TRY(ask_all(s, f, rps, err));
  select_types(s, f);
  drop_others(s, f);
done:
  return rc;
}
