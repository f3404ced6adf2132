/* design.h - designs of experiments: n points in the unit cube and their snapped values.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Space-filling: random, lhs, lhs-centered (strata and jitter from streams (seed, campaign, dimension,
 * purposes 1 and 2)), lhs-maximin (an lhs whose points an exchange search moves apart), lhs-oa2 (an lhs
 * that also fills every pair of dimensions evenly), sobol (GSL with a digital shift: XOR of 53-bit
 * words), halton (GSL, shifted modulo 1), grid (the full factorial of the space's own grid).
 * For sensitivity indices (design/sens.h): morris, saltelli. Their rows belong together, so n counts
 * trajectories or base points, and duplicates that snapping makes stay in them.
 */
#ifndef AUS_DESIGN_DESIGN_H
#define AUS_DESIGN_DESIGN_H

#include "design/space.h"

typedef enum aus_design_kind {
  AUS_DESIGN_RANDOM,
  AUS_DESIGN_LHS,
  AUS_DESIGN_LHS_CENTERED,
  AUS_DESIGN_SOBOL,
  AUS_DESIGN_GRID,
  AUS_DESIGN_LHS_MAXIMIN,
  AUS_DESIGN_LHS_OA2,
  AUS_DESIGN_HALTON,
  AUS_DESIGN_MORRIS,
  AUS_DESIGN_SALTELLI,
  AUS_N_DESIGNS
} aus_design_kind;

/** Names in the order of the kinds, NULL at the end; the same as the range of an option. */
extern const char *const aus_design_names[AUS_N_DESIGNS + 1];
#define AUS_DESIGN_RANGE \
  "random,lhs,lhs-centered,sobol,grid,lhs-maximin,lhs-oa2,halton,morris,saltelli"

enum {
  AUS_DESIGN_LEVELS = 4, /* of morris: coordinates 0, 1/3, 2/3, 1; a step goes over two thirds */
  AUS_DESIGN_PROPOSALS = 20000, /* of lhs-maximin, per dimension */
  AUS_DESIGN_MAXIMIN_MAX = 4096 /* points of lhs-maximin: it keeps all distances, 128 MiB then */
};

typedef struct aus_design {
  int64_t
      n; /* rows; for grid, or when the grid has fewer points than asked for: the size of the grid */
  int n_unit, n_value;
  double *unit;    /* n x n_unit */
  double *value;   /* n x n_value, snapped, free of duplicates unless the space has fewer points */
  bool whole_grid; /* fewer points than asked for: the design is the whole grid */
} aus_design;

void aus_design_fini(aus_design *d);

/** True for the designs whose rows belong together: morris, saltelli. Local. */
bool aus_design_is_blocked(aus_design_kind kind);
/** Rows of a design: n; n(d + 1) for morris, n(d + 2) for saltelli; saturated at INT64_MAX. Local. */
int64_t aus_design_rows(aus_design_kind kind, int64_t n, int d);
/** Trajectory or base point that a row belongs to; the row itself for other designs. Rows of one block
 * should see the same random world, so that their differences are the parameters' doing. Local. */
int64_t aus_design_block(aus_design_kind kind, int d, int64_t row);

/** Unit-cube points only.
 *
 * morris: block after block d + 1 rows; each row changes one coordinate of the row before, all of them
 * in random order, by +-2/3. Coordinates 0 and 1 occur.
 * saltelli: block after block A, A_B1 .. A_Bd, B (A_Bi is A with column i of B); A and B are the halves
 * of a sobol design of 2 d columns, of an lhs when that is more than 40.
 *
 * @param [in] n     points, trajectories or base points
 * @param [out] unit  aus_design_rows() x d
 * @return AUS_OK; AUS_EINVAL (n or d negative); AUS_ECONFIG (grid; sobol with d > 40 or halton with
 *         d > 1229; lhs-maximin with more than AUS_DESIGN_MAXIMIN_MAX points; lhs-oa2 where n is not the
 *         square of a prime >= d - 1: names the nearest usable n); AUS_EDEP; AUS_ENOMEM. Local.
 * Source: Morris 1991; Tang 1993 (lhs-oa2, array by Bose 1938); Saltelli et al. 2010. */
AUS_CHECKED int aus_design_unit(aus_design_kind kind, int64_t n, int d, uint64_t seed,
                                uint64_t campaign, double *unit, aus_err *err);

/** Points of a space: decoded, snapped; a duplicate is replaced by the nearest unused grid point
 * (breadth-first by number of steps, ties by dimension order); the unit row is then re-encoded.
 * morris and saltelli keep their rows as they are, duplicates and all, and never become the whole grid.
 * @return AUS_OK; AUS_ECONFIG (as aus_design_unit; grid of a continuous or too large space: above 2^31
 *         points); AUS_EDEP; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_design_make(aus_design *d, aus_design_kind kind, int64_t n,
                                const aus_space *space, uint64_t seed, uint64_t campaign,
                                aus_err *err);

/** Move the points of a Latin hypercube apart: each proposal exchanges one coordinate of two rows and is
 * taken when phi_p falls, or by a chance that a geometrically falling temperature gives. The best
 * design met is kept, so the result is never worse than the start. Cost O(n) per proposal.
 * @param [in,out] unit  n x d
 * @return AUS_OK; AUS_ECONFIG (n above AUS_DESIGN_MAXIMIN_MAX); AUS_ENOMEM. Local.
 * Source: Morris and Mitchell 1995. */
AUS_CHECKED int aus_design_maximin(int64_t n, int d, int64_t proposals, uint64_t seed,
                                   uint64_t campaign, double *unit, aus_err *err);

/** Morris-Mitchell criterion (sum over pairs of distance^-p)^(1/p), Euclidean, p = 15: small where the
 * nearest points are far apart. INFINITY when two rows are equal, 0 for fewer than two. Cost O(n^2 d).
 * Local. */
double aus_design_phi_p(int64_t n, int d, const double *unit);

/** Centered L2 discrepancy (the root; 0 for n = 0). Cost O(n^2 d). Local.
 * Source: Hickernell 1998, equation 5.3. */
double aus_design_discrepancy(int64_t n, int d, const double *unit);

#endif
