/* match/invent.h - made-up inputs of the smaller experiments, so that a study needs no files.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each function appends tables as CSV text, in the form that the reader of the experiment takes. Draws are those of
 * generate.h, u(k, i, j) = aus_match_uniform(seed, k, i, j), on streams of their own: 6 builds, 7 lammps; a choice among
 * n is floor(n u). Nothing but products, quotients and whole parts is computed, no function of libm, so that
 * the texts are the same on every machine. Spread like a log-normal number of mean 1 is a product of n
 * factors, F_n(i, j) = (1/2 + u(k, i, j)) (1/2 + u(k, i, j + 1)) ... from left to right.
 */
#ifndef AUS_MATCH_INVENT_H
#define AUS_MATCH_INVENT_H

#include "match/generate.h"

/** Version ranges (for match/intervals.h): a job per successful build with dependencies, a range per dependency.
 * Without draws: of the r + 1 different versions, oldest first, with which builds of the package succeeded, the
 * job's own at place i, the range goes from place i - w to i + w, w = ceil(r / 4), inside 0..r. Clusters are those
 * of the space.
 *
 * @param [out] jobs  digest, package, ranges; in the order of the builds and of their nodes, the root left out
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_invent_ranges(const aus_match_specs *specs, aus_buf *jobs, aus_err *err);

/** CI builds, clusters with memory and price, memory of each package's fastest build (for match/builds.h).
 *
 * Package p typically uses M = 4e9 F_4(p, 0) bytes and takes T = 500 F_3(p, 4) seconds.
 * Build b < 5 packages is of package b mod packages, any other of floor(packages u^2), u = u(6, b, 10). It uses
 * m = M F_2(b, 11) bytes on average, m (1 + 1.75 F_3(b, 13)) at most, takes T max(1, M / m) F_1(b, 16) seconds;
 * architecture and compiler are number floor(n u^2) of their lists (invent.c), u = u(6, b, 17) and u(6, b, 18).
 * Cluster c < min(clusters, 100) has g = 1 + floor(48 u(6, c, 20)) GiB for 40 + 8 g cents an hour, architecture and
 * compiler floor(n u(6, c, 21)) and floor(n u(6, c, 22)). Bytes and seconds are cut to whole numbers.
 *
 * @param [in] size     seed, packages, jobs (as many builds), clusters
 * @param [out] optima  packages that have builds; of equally fast builds the first
 * @return AUS_OK; AUS_EINVAL (a size below 1); AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_invent_builds(const aus_match_size *size, aus_buf *builds,
                                        aus_buf *clusters, aus_buf *optima, aus_err *err);

/** The small experiment with a known truth (for match/lammps.h): 18 jobs, 48 clusters, truth.
 *
 * Clusters are all 2 x 4 x 3 x 2 combinations of processor, system, MPI and GPU, numbered with the GPU running
 * fastest, dealt by i = 47..1: exchange card i and card floor((i + 1) u(7, 0, i)). The jobs are the first 18 cards
 * of a second deal, u(7, 1, i). Truth: 1 for the same combination, 0.5 when only the cluster has a GPU, 0 otherwise
 * (the rule that the stored truth of the studied system follows).
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_invent_lammps(uint64_t seed, aus_buf *jobs, aus_buf *clusters,
                                        aus_buf *truth, aus_err *err);

#endif
