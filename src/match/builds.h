/* match/builds.h - the experiment with CI builds: compatibility first, then cost.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A build needs an architecture, a compiler, its version and memory; a cluster has them and a price. Duration
 * on a cluster is predicted from its memory by the builds of the package (durations.h). Random choice is its exact
 * expectation. Source: converged-computing/rainbow-experiments, simulation-spack-build.
 */
#ifndef AUS_MATCH_BUILDS_H
#define AUS_MATCH_BUILDS_H

#include "match/measured.h"
#include "match/names.h"
#include "util/sheet.h"

typedef struct aus_match_build {
  int32_t package, arch, compiler, version; /* numbers in measured.packages, texts */
  double memory_bytes;                      /* largest, whole bytes */
} aus_match_build;

typedef struct aus_match_offer {
  int32_t arch, compiler, version;
  double memory_bytes, cost_per_node_hour;
} aus_match_offer;

typedef struct aus_match_builds {
  int64_t n, n_clusters;
  aus_match_measured measured; /* the same builds: memory and duration by package */
  aus_match_names texts, clusters;
  aus_match_build *build;
  aus_match_offer *offer;
  double *duration_s; /* package x cluster: predicted */
  double *optimal_s;  /* per package: predicted at the memory of its fastest build */
} aus_match_builds;

/** @param [in] builds    package, arch, compiler, compiler_version, mem_max_bytes, mem_mean_bytes, duration_s
 * @param [in] clusters  cluster, memory_bytes, cost_per_node_hour, arch, compiler, compiler_version
 * @param [in] optima    package, memory_global_best_runtime; NULL: mean memory of each package's fastest build
 * @param [in] kind      how durations are predicted; knn is the reference's
 * @return AUS_OK; AUS_EFORMAT; AUS_ENOMEM; AUS_EDEP. Local. */
AUS_CHECKED int aus_match_builds_read(aus_match_builds *out, const aus_sheet *builds,
                                      const aus_sheet *clusters, const aus_sheet *optima,
                                      aus_match_duration_kind kind, aus_err *err);
void aus_match_builds_fini(aus_match_builds *b);

typedef struct aus_match_builds_row {
  int64_t jobs, unmatched;
  double matches_mean, matches_sd; /* over jobs; population */
  double success_original; /* over matched: arch, compiler, version not newer than the job's */
  double success;          /* the same, version not older than the job's */
  double runtime_s, cost;  /* sums over matched: beyond the package's optimum, of a random match */
  double cheapest_runtime_s, cheapest_cost; /* the same of the cheapest match */
} aus_match_builds_row;

enum { AUS_MATCH_BUILDS_ROWS = 11 };

/* What is required in each row. */
extern const char *const aus_match_builds_names[AUS_MATCH_BUILDS_ROWS];

/** @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_builds_run(const aus_match_builds *b, aus_match_builds_row *out,
                                     aus_err *err);

#endif
