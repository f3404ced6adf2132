/* sensitivity.h - what the results of a morris or saltelli design say about the parameters, published.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * /sensitivity/<y>/ has one dataset of length d per index (design/sens.h): S1, ST, S1_conf, ST_conf of a
 * saltelli design, mu, mu_star, sigma, mu_conf, mu_star_conf of a morris design; attributes names (of
 * the d coordinates), n_used, n_dropped. Other designs give nothing.
 */
#ifndef AUS_STUDY_SENSITIVITY_H
#define AUS_STUDY_SENSITIVITY_H

#include "design/design.h"
#include "design/sens.h"
#include "store/pub.h"
#include "util/buf.h"

typedef struct aus_sensitivity_y {
  const char *name, *unit;
  double unit_si;
  const double *y; /* aus_design_rows(): result of each row, NaN: failed */
} aus_sensitivity_y;

typedef struct aus_sensitivity_in {
  aus_design_kind kind;
  int64_t n; /* trajectories or base points */
  int d;
  const char *const *x_name; /* d */
  const double *unit;        /* aus_design_rows() x d */
  int n_y;
  const aus_sensitivity_y *y; /* n_y; number i names the stream of its intervals */
  uint64_t seed, campaign;
} aus_sensitivity_in;

typedef struct aus_sensitivity {
  aus_design_kind kind;
  int d, n_y;
  char **x_name;         /* d */
  aus_sensitivity_y *of; /* n_y: names and units lent, y is NULL */
  aus_sens *sens;        /* n_y */
} aus_sensitivity;

/** Compute the indices; for a design without them *s stays empty (n_y 0).
 * @param [out] s  made; y_names and units stay lent, coordinate names are copied
 * @return AUS_OK; AUS_EINVAL (unit is no such design); AUS_ENOMEM. Local. */
AUS_CHECKED int aus_sensitivity_make(aus_sensitivity *s, const aus_sensitivity_in *in,
                                     aus_err *err);
void aus_sensitivity_fini(aus_sensitivity *s);

/** Plan /sensitivity. @return codes of aus_pub_column. Local. */
AUS_CHECKED int aus_sensitivity_publish(const aus_sensitivity *s, aus_pub *pub, aus_err *err);

/** Table of result number y for people, a blank line in front; nothing when there is none. Local. */
void aus_sensitivity_report(const aus_sensitivity *s, int y, aus_buf *out);

#endif
