/* match/validation.c - means over divisions into folds, and bins of P.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/validation.h"

#include <inttypes.h>
#include <math.h>

#include "util/alloc.h"

/* Adds the lines that there will be but for that of all packages. */
static int count_packages(const aus_match_held_out *held, int64_t *n, aus_err *err)
{
  int64_t i;

  if (held->n > 0 && held->n_divisions < 1)
    return aus_fail(err, AUS_EINVAL, AUS_HERE, "%d divisions into folds", held->n_divisions);
  for (i = 0; i < held->n; i++) {
    if (i > 0 && held->table[i] < held->table[i - 1])
      return aus_fail(err, AUS_EINVAL, AUS_HERE,
                      "row %" PRId64 ": package %" PRId32 " behind %" PRId32, i, held->table[i],
                      held->table[i - 1]);
    *n += i == 0 || held->table[i] != held->table[i - 1];
  }
  return AUS_OK;
}

/* Figures of n rows from row `begin` on. */
static int mean_metrics(aus_metrics *out, const aus_match_held_out *held, int64_t begin, int64_t n,
                        aus_err *err)
{
  int rc = AUS_OK, k;
  const double n_divisions = held->n_divisions;
  aus_metrics m;

  *out = (aus_metrics){.n = n};
  for (k = 0; k < held->n_divisions; k++) {
    AUS_TRY(aus_metrics_make(&m, n, held->p + k * held->n + begin, held->y + begin, err));
    out->accuracy += m.accuracy / n_divisions;
    out->log_loss += m.log_loss / n_divisions;
    out->brier += m.brier / n_divisions;
    out->auc += m.auc / n_divisions;
    out->calibration += m.calibration / n_divisions;
    out->majority = m.majority;
    out->n_yes = m.n_yes;
  }
done:
  return rc;
}

/* One line per package; the shares of their commoner classes are added up over the rows. */
static int fill_packages(aus_match_figures *line, const aus_match_held_out *held, double *majority,
                         aus_err *err)
{
  int rc = AUS_OK;
  int64_t begin, end;

  for (begin = 0, *majority = 0.0; begin < held->n; begin = end, line++) {
    for (end = begin; end < held->n && held->table[end] == held->table[begin];)
      end++;
    line->table = held->table[begin];
    rc = mean_metrics(&line->m, held, begin, end - begin, err);
    if (rc != AUS_OK) aus_err_prepend(err, "package %" PRId32 ": ", line->table);
    if (rc != AUS_OK) goto done;
    line->majority = line->m.majority;
    *majority += line->majority * (double)line->m.n;
  }
done:
  return rc;
}

int aus_match_figures_make(const aus_match_held_out *held, aus_match_figures **out, int64_t *n,
                           aus_err *err)
{
  int rc = AUS_OK;
  int64_t n_packages = 0;
  double majority;
  aus_match_figures *line = NULL;

  *out = NULL;
  *n = 0;
  AUS_TRY(count_packages(held, &n_packages, err));
  if (n_packages == 0) goto done;
  AUS_NEW(line, n_packages + 1, err);
  AUS_TRY(fill_packages(line, held, &majority, err));
  line[n_packages].table = -1;
  line[n_packages].majority = majority / (double)held->n;
  AUS_TRY(mean_metrics(&line[n_packages].m, held, 0, held->n, err));
  *out = line;
  *n = n_packages + 1;
  line = NULL;
done:
  aus_free(line);
  return rc;
}

void aus_match_calibration_bins(const aus_match_held_out *held,
                                aus_match_calibration_bin out[AUS_MATCH_CALIBRATION_BINS])
{
  int64_t i;
  int b, k;

  for (b = 0; b < AUS_MATCH_CALIBRATION_BINS; b++)
    out[b] = (aus_match_calibration_bin){0};
  for (k = 0; k < held->n_divisions; k++)
    for (i = 0; i < held->n; i++) {
      const double p = held->p[k * held->n + i];

      b = (int)(p * AUS_MATCH_CALIBRATION_BINS);
      if (b == AUS_MATCH_CALIBRATION_BINS) b--;
      out[b].n++;
      out[b].p += p;
      out[b].success += held->y[i];
    }
  for (b = 0; b < AUS_MATCH_CALIBRATION_BINS; b++) {
    out[b].p /= out[b].n; /* NaN without rows */
    out[b].success /= out[b].n;
    if (out[b].n > 0.0) out[b].n /= held->n_divisions;
  }
}
