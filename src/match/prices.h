/* match/prices.h - what a package's build costs on a cluster, for jobs that go where it is cheapest.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * price = duration / 3600 x cost_per_node_hour, in dollars. The two numbers of a cluster come from its state:
 *   cost_per_node_hour  dollars, >= 0; a cluster without it has no price (NaN)
 *   memory_bytes        > 0; a cluster without it: the package's mean duration
 * The duration is predicted from builds of the package at the cluster's memory. A package without builds (or no
 * builds at all) takes one hour everywhere; then the cheapest cluster is the one with the lowest cost per hour.
 */
#ifndef AUS_MATCH_PRICES_H
#define AUS_MATCH_PRICES_H

#include "match/data.h"
#include "match/measured.h"
#include "match/select.h"

/** @param [out] price    tables->n x clusters->n dollars, row-major (aus_free)
 * @param [in] state     of the clusters, in their order
 * @param [in] measured  builds by package; NULL: none
 * @param [in] kind      how durations are predicted
 * @return AUS_OK; AUS_EINVAL for a state of other clusters; AUS_EFORMAT "cluster "NAME": ..." for a cost or a
 *   memory that is a text or out of range; AUS_EDEP; AUS_ENOMEM. Local. Deterministic. */
AUS_CHECKED int aus_match_prices_make(double **price, const aus_match_tables *tables,
                                      const aus_match_clusters *clusters,
                                      const aus_match_state *state,
                                      const aus_match_measured *measured,
                                      aus_match_duration_kind kind, aus_err *err);

#endif
