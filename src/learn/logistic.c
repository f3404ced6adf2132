/* logistic.c - the penalised log-loss and its gradient, given to TAO.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "learn/logistic.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "learn/blmvm.h"
#include "util/alloc.h"

typedef struct problem {
  int64_t n;
  int n_entries, n_switches;
  const int32_t *on;
  const uint8_t *y;
  double c;
} problem;

static int check(const problem *p, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, n_yes = 0;

  if (p->n_entries < 1 || p->n_switches < 1 || !(p->c > 0.0) || !isfinite(p->c))
    AUS_FAIL(err, AUS_EINVAL, "logistic: %d entries of %d switches, c = %g", p->n_entries,
             p->n_switches, p->c);
  for (i = 0; i < p->n * p->n_entries; i++)
    if (p->on[i] < -1 || p->on[i] >= p->n_switches)
      AUS_FAIL(err, AUS_EINVAL, "logistic: row %" PRId64 " has switch %" PRId32 " of %d",
               i / p->n_entries, p->on[i], p->n_switches);
  for (i = 0; i < p->n; i++) {
    if (p->y[i] > 1)
      AUS_FAIL(err, AUS_EINVAL, "logistic: row %" PRId64 " has class %d", i, p->y[i]);
    n_yes += p->y[i];
  }
  if (n_yes == 0 || n_yes == p->n)
    AUS_FAIL(err, AUS_EINVAL, "logistic: %" PRId64 " yes in %" PRId64 " rows, need both classes",
             n_yes, p->n);
done:
  return rc;
}

static double margin(const double *w, int n_switches, int n_entries, const int32_t *on)
{
  double m = w[n_switches];
  int j;

  for (j = 0; j < n_entries; j++)
    if (on[j] >= 0) m += w[on[j]];
  return m;
}

static double objective(void *self, int n, const double *w, double *g)
{
  problem *p = self;
  double f = 0.0, m, e, slope;
  const int32_t *on = p->on;
  int64_t i;
  int j;

  memset(g, 0, (size_t)n * sizeof *g);
  for (i = 0; i < p->n; i++, on += p->n_entries) {
    m = margin(w, p->n_switches, p->n_entries, on);
    if (p->y[i]) m = -m;
    e = exp(-fabs(m)); /* the loss is log(1 + exp(m)), its slope 1 / (1 + exp(-m)) */
    f += fmax(m, 0.0) + log1p(e);
    slope = p->c * (m > 0.0 ? 1.0 : e) / (1.0 + e) * (p->y[i] ? -1.0 : 1.0);
    for (j = 0; j < p->n_entries; j++)
      if (on[j] >= 0) g[on[j]] += slope;
    g[p->n_switches] += slope;
  }
  f *= p->c;
  for (j = 0; j < p->n_switches; j++) {
    f += 0.5 * w[j] * w[j];
    g[j] += w[j];
  }
  return f;
}

/* No weight can leave the box: at the start the objective is c n log 2, so |w|^2 <= 2 c n log 2. */
static int minimise(problem *p, double *w, aus_err *err)
{
  int rc = AUS_OK, n = p->n_switches + 1, j;
  const double far = 10.0 + 2.0 * sqrt(p->c * (double)p->n) * sqrt((double)n), enough = 1e-4;
  aus_blmvm *solver = NULL;
  double *box = NULL, f, norm = 0.0;

  AUS_NEW(box, 3 * n, err);
  for (j = 0; j < n; j++) {
    box[j] = -far;
    box[n + j] = far;
  }
  AUS_TRY(aus_blmvm_create(&solver, n, err));
  AUS_TRY(aus_blmvm_minimise(solver, objective, p, box, box + n, 1000, enough, w, &f, err));
  objective(p, n, w, box + 2 * n);
  for (j = 0; j < n; j++)
    norm += box[2 * n + j] * box[2 * n + j];
  if (!(sqrt(norm) <= 10.0 * enough * fmax(1.0, p->c)))
    AUS_FAIL(err, AUS_ENUMERIC, "logistic: no minimum after 1000 steps, slope %g", sqrt(norm));
done:
  aus_blmvm_destroy(solver);
  aus_free(box);
  return rc;
}

int aus_logistic_fit(aus_logistic *out, int64_t n, int n_entries, const int32_t *on, int n_switches,
                     const uint8_t *y, double c, aus_err *err)
{
  int rc = AUS_OK;
  problem p = {.n = n, .n_entries = n_entries, .n_switches = n_switches, .on = on, .y = y, .c = c};

  *out = (aus_logistic){0};
  AUS_TRY(check(&p, err));
  AUS_NEW(out->weight, n_switches + 1, err);
  out->n_switches = n_switches;
  AUS_TRY(minimise(&p, out->weight, err));
done:
  if (rc != AUS_OK) aus_logistic_fini(out);
  return rc;
}

void aus_logistic_fini(aus_logistic *m)
{
  aus_free(m->weight);
  *m = (aus_logistic){0};
}

double aus_logistic_predict(const aus_logistic *m, int n_entries, const int32_t *on)
{
  return 1.0 / (1.0 + exp(-margin(m->weight, m->n_switches, n_entries, on)));
}
