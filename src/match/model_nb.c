/* match/model_nb.c - counts, their logarithms, and sums of those.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/model_nb.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "util/alloc.h"

static int make_room(aus_match_nb *m, const int32_t *n_values, aus_err *err)
{
  int rc = AUS_OK, j;
  int64_t n = 0;

  AUS_NEW(m->n_values, m->n_features, err);
  AUS_NEW(m->first, m->n_features, err);
  for (j = 0; j < m->n_features; j++) {
    if (n_values[j] < 1)
      AUS_FAIL(err, AUS_EINVAL, "feature %d has %" PRId32 " values, need >= 1", j, n_values[j]);
    m->n_values[j] = n_values[j];
    m->first[j] = n;
    n += n_values[j];
  }
  AUS_NEW(m->count, 2 * n, err);
  AUS_NEW(m->log_p, 2 * n, err);
done:
  return rc;
}

static int count_row(aus_match_nb *m, const int32_t *code, int y, aus_err *err)
{
  int rc = AUS_OK, j;

  if (y > 1) AUS_FAIL(err, AUS_EINVAL, "class %d, need 0 or 1", y);
  m->n_class[y]++;
  for (j = 0; j < m->n_features; j++) {
    if (code[j] < 0 || code[j] >= m->n_values[j])
      AUS_FAIL(err, AUS_EINVAL, "feature %d has value %" PRId32 " of %" PRId32, j, code[j],
               m->n_values[j]);
    m->count[2 * (m->first[j] + code[j]) + y]++;
  }
done:
  return rc;
}

void aus_match_nb_logs(aus_match_nb *m)
{
  int c, j, v;

  for (c = 0; c < 2; c++) {
    const double n = (double)m->n_class[c], all = (double)(m->n_class[0] + m->n_class[1]);

    m->log_prior[c] = log(n / all);
    for (j = 0; j < m->n_features; j++)
      for (v = 0; v < m->n_values[j]; v++) {
        const int64_t at = 2 * (m->first[j] + v) + c;

        m->log_p[at] = log(((double)m->count[at] + m->alpha) / (n + m->alpha * m->n_values[j]));
      }
  }
}

int aus_match_nb_fit(aus_match_nb *out, int64_t n, int n_features, int stride, const int32_t *code,
                     const int32_t *n_values, const uint8_t *y, const int64_t *row, double alpha,
                     aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, r;

  *out = (aus_match_nb){.n_features = n_features, .alpha = alpha};
  if (n < 0 || n_features < 0 || stride < n_features || !(alpha >= AUS_MATCH_MIN_ALPHA) ||
      alpha > AUS_MATCH_MAX_ALPHA)
    AUS_FAIL(err, AUS_EINVAL, "naive Bayes of %" PRId64 " rows, %d features, alpha %g", n,
             n_features, alpha);
  AUS_TRY(make_room(out, n_values, err));
  for (i = 0; i < n; i++) {
    r = row ? row[i] : i;
    rc = count_row(out, code + r * stride, y[r], err);
    if (rc != AUS_OK) aus_err_prepend(err, "row %" PRId64 ": ", r);
    if (rc != AUS_OK) goto done;
  }
  aus_match_nb_logs(out);
done:
  if (rc != AUS_OK) aus_match_nb_fini(out);
  return rc;
}

void aus_match_nb_fini(aus_match_nb *m)
{
  aus_free(m->n_values);
  aus_free(m->first);
  aus_free(m->count);
  aus_free(m->log_p);
  *m = (aus_match_nb){0};
}

double aus_match_nb_log_p(const aus_match_nb *m, int feature, int32_t value, int class)
{
  return m->log_p[2 * (m->first[feature] + value) + class];
}

/* log of the factor of a value that has no category. */
static double unseen(const aus_match_nb *m, int feature, int class)
{
  return log(m->alpha /
             ((double)m->n_class[class] + m->alpha * ((double)m->n_values[feature] + 1.0)));
}

static bool answers_alone(const aus_match_nb *m, double *p)
{
  if (m->n_class[0] > 0 && m->n_class[1] > 0) return false;
  *p = m->n_class[0] == m->n_class[1] ? 0.5 : m->n_class[0] == 0 ? 1.0 : 0.0;
  return true;
}

double aus_match_nb_predict(const aus_match_nb *m, const int32_t *code, aus_match_unseen rule)
{
  double s[2] = {m->log_prior[0], m->log_prior[1]}, p;
  int j, c;

  if (answers_alone(m, &p)) return p;
  for (j = 0; j < m->n_features; j++) {
    const bool known = code[j] >= 0 && code[j] < m->n_values[j];

    if (code[j] == AUS_MATCH_UNTOLD || (!known && rule == AUS_MATCH_UNSEEN_SKIP)) continue;
    if (!known && rule == AUS_MATCH_UNSEEN_STRICT) return 0.0;
    for (c = 0; c < 2; c++)
      s[c] += known ? aus_match_nb_log_p(m, j, code[j], c) : unseen(m, j, c);
  }
  return 1.0 / (1.0 + exp(s[0] - s[1]));
}
