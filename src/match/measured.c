/* match/measured.c - builds by package; every build predicted once without itself.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/measured.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "learn/folds.h"
#include "util/alloc.h"
#include "util/stats.h"

/* Packages and how many builds each has. */
static int count(aus_match_measured *m, const aus_sheet *s, int64_t column, int32_t *package,
                 aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, p;

  for (i = 0; i < s->n_rows; i++) {
    const char *name = aus_sheet_at(s, i, column);

    AUS_TRY(aus_match_names_add(&m->packages, name, strlen(name), &package[i], err));
  }
  AUS_NEW(m->first, m->packages.n + 1, err);
  for (i = 0; i < s->n_rows; i++)
    m->first[package[i] + 1]++;
  for (p = 0; p < m->packages.n; p++)
    m->first[p + 1] += m->first[p];
done:
  return rc;
}

int aus_match_measured_read(aus_match_measured *out, const aus_sheet *builds, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_measured m = {.n = builds->n_rows};
  int64_t i, package_at, memory_at, duration_at, *next = NULL;
  int32_t *package = NULL;

  *out = (aus_match_measured){0};
  AUS_TRY(aus_sheet_column(builds, "package", &package_at, err));
  AUS_TRY(aus_sheet_column(builds, "mem_mean_bytes", &memory_at, err));
  AUS_TRY(aus_sheet_column(builds, "duration_s", &duration_at, err));
  AUS_NEW(package, m.n, err);
  AUS_TRY(count(&m, builds, package_at, package, err));
  AUS_NEW(m.memory_bytes, m.n, err);
  AUS_NEW(m.duration_s, m.n, err);
  AUS_NEW(next, m.packages.n, err);
  for (i = 0; i < m.packages.n; i++)
    next[i] = m.first[i];
  for (i = 0; i < m.n; i++) {
    int64_t k = next[package[i]]++;

    AUS_TRY(aus_sheet_amount(builds, i, memory_at, false, &m.memory_bytes[k], err));
    AUS_TRY(aus_sheet_amount(builds, i, duration_at, true, &m.duration_s[k], err));
  }
  *out = m;
  m = (aus_match_measured){0};
done:
  aus_free(package);
  aus_free(next);
  aus_match_measured_fini(&m);
  return rc;
}

void aus_match_measured_fini(aus_match_measured *m)
{
  aus_match_names_fini(&m->packages);
  aus_free(m->first);
  aus_free(m->memory_bytes);
  aus_free(m->duration_s);
  *m = (aus_match_measured){0};
}

int32_t aus_match_measured_find(const aus_match_measured *m, const char *package)
{
  return aus_match_names_find(&m->packages, package, strlen(package));
}

int aus_match_measured_fit(const aus_match_measured *m, int64_t package,
                           aus_match_duration_kind kind, aus_match_duration **out, aus_err *err)
{
  int64_t first = m->first[package];

  return aus_match_duration_fit(out, kind, m->first[package + 1] - first, m->memory_bytes + first,
                                m->duration_s + first, err);
}

/* ---- validation ---- */

/* Rows of one package: those outside a fold first, those in it behind them. */
typedef struct work {
  int *fold;
  uint8_t *y; /* one class */
  double *memory_bytes, *duration_s, *predicted_s;
  double *error_s; /* of all packages */
  int64_t n;       /* errors so far */
  double relative; /* sum */
  int64_t n_relative;
} work;

static int make_work(work *w, const aus_match_measured *m, aus_err *err)
{
  int rc = AUS_OK;
  int64_t p, most = 0;

  for (p = 0; p < m->packages.n; p++)
    if (m->first[p + 1] - m->first[p] > most) most = m->first[p + 1] - m->first[p];
  AUS_NEW(w->fold, most, err);
  AUS_NEW(w->y, most, err);
  AUS_NEW(w->memory_bytes, most, err);
  AUS_NEW(w->duration_s, most, err);
  AUS_NEW(w->predicted_s, most, err);
  AUS_NEW(w->error_s, m->n, err);
done:
  return rc;
}

static void free_work(work *w)
{
  aus_free(w->fold);
  aus_free(w->y);
  aus_free(w->memory_bytes);
  aus_free(w->duration_s);
  aus_free(w->predicted_s);
  aus_free(w->error_s);
}

/* Rows of the package at `first` into w. @return how many are outside the fold */
static int64_t part(work *w, const aus_match_measured *m, int64_t first, int64_t n, int fold)
{
  int64_t i, k = 0, outside = 0;
  int inside;

  for (inside = 0; inside < 2; inside++) {
    for (i = 0; i < n; i++) {
      if ((w->fold[i] == fold) != inside) continue;
      w->memory_bytes[k] = m->memory_bytes[first + i];
      w->duration_s[k++] = m->duration_s[first + i];
    }
    if (!inside) outside = k;
  }
  return outside;
}

static void add_errors(work *w, int64_t from, int64_t to)
{
  int64_t i;

  for (i = from; i < to; i++) {
    double e = fabs(w->predicted_s[i] - w->duration_s[i]);

    w->error_s[w->n++] = e;
    if (!(w->duration_s[i] > 0.0)) continue;
    w->relative += e / w->duration_s[i];
    w->n_relative++;
  }
}

static int hold_out(work *w, const aus_match_measured *m, int64_t p, int fold,
                    aus_match_duration_kind kind, aus_err *err)
{
  int rc = AUS_OK;
  int64_t n = m->first[p + 1] - m->first[p], outside = part(w, m, m->first[p], n, fold);
  aus_match_duration *d = NULL;

  if (outside == 0 || outside == n) goto done;
  AUS_TRY(aus_match_duration_fit(&d, kind, outside, w->memory_bytes, w->duration_s, err));
  AUS_TRY(aus_match_duration_predict(d, n - outside, w->memory_bytes + outside,
                                     w->predicted_s + outside, err));
  add_errors(w, outside, n);
done:
  aus_match_duration_destroy(d);
  return rc;
}

int aus_match_measured_validate(const aus_match_measured *m, aus_match_duration_kind kind,
                                int folds, uint64_t seed, aus_match_duration_row *out, aus_err *err)
{
  int rc = AUS_OK, fold;
  work w = {0};
  int64_t p;

  *out = (aus_match_duration_row){.kind = aus_match_duration_names[kind]};
  AUS_TRY(make_work(&w, m, err));
  for (p = 0; p < m->packages.n; p++) {
    AUS_TRY(
        aus_folds_make(w.fold, m->first[p + 1] - m->first[p], w.y, folds, seed, (uint64_t)p, err));
    for (fold = 0; fold < folds; fold++)
      AUS_TRY(hold_out(&w, m, p, fold, kind, err));
  }
  out->builds = w.n;
  out->mae_s = aus_stats_mean(w.error_s, w.n);
  aus_stats_sort(w.error_s, w.n);
  out->median_ae_s = aus_stats_median(w.error_s, w.n);
  out->relative_frac = w.n_relative > 0 ? w.relative / (double)w.n_relative : (double)NAN;
done:
  free_work(&w);
  return rc;
}
