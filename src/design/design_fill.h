/* design_fill.h - the points of single designs, for src/design alone; contracts as aus_design_unit().
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_DESIGN_DESIGN_FILL_H
#define AUS_DESIGN_DESIGN_FILL_H

#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { AUS_DESIGN_SOBOL_MAX_D = 40 };

AUS_CHECKED int aus_design_fill_lhs(bool centered, int64_t n, int d, uint64_t seed,
                                    uint64_t campaign, double *unit, aus_err *err);
AUS_CHECKED int aus_design_fill_oa2(int64_t n, int d, uint64_t seed, uint64_t campaign,
                                    double *unit, aus_err *err);
AUS_CHECKED int aus_design_fill_sobol(int64_t n, int d, uint64_t seed, uint64_t campaign,
                                      double *unit, aus_err *err);
AUS_CHECKED int aus_design_fill_halton(int64_t n, int d, uint64_t seed, uint64_t campaign,
                                       double *unit, aus_err *err);
AUS_CHECKED int aus_design_fill_morris(int64_t n, int d, uint64_t seed, uint64_t campaign,
                                       double *unit, aus_err *err);
AUS_CHECKED int aus_design_fill_saltelli(int64_t n, int d, uint64_t seed, uint64_t campaign,
                                         double *unit, aus_err *err);

/** The point at place u of stratum k of n; the last bits of u near 1 must not carry it into the next
 * stratum. Local. */
double aus_design_in_stratum(int64_t k, double u, int64_t n);

/* What phi_p is made of: squared distance, distance^-15 of it (by multiplication, so that it has the same
 * bits everywhere), and the root of a sum of those. Local. */
double aus_design_square_distance(int d, const double *a, const double *b);
double aus_design_inverse_power(double square);
double aus_design_to_phi(double total);

#endif
