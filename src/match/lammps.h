/* match/lammps.h - the small experiment whose truth is known: 18 jobs on 48 clusters, four subsystems.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Source: converged-computing/rainbow-experiments, simulation-lammps; the score of a random choice is its exact
 * expectation here.
 */
#ifndef AUS_MATCH_LAMMPS_H
#define AUS_MATCH_LAMMPS_H

#include "util/sheet.h"

enum { AUS_MATCH_LAMMPS_STEPS = 8 };

/* Subsystems that are described: "none", "os", "io.archspec+os", ... */
extern const char *const aus_match_lammps_steps[AUS_MATCH_LAMMPS_STEPS];

typedef struct aus_match_lammps_row {
  int64_t jobs, unmatched, total;
  double accuracy; /* mean truth of a random match; an unmatched job counts 0 */
} aus_match_lammps_row;

/** @param [in] jobs      columns job, subsystem, feature, value: one requirement a row
 * @param [in] clusters  first column: name; column "feature=value": 1 or 0
 * @param [in] truth     first column: cluster; one column per job: 1 perfect, 0.5 compatible, 0 not
 * @param [out] out      per step: nothing described, each subsystem alone, then one more each time
 * @return AUS_OK; AUS_EFORMAT; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_lammps_run(const aus_sheet *jobs, const aus_sheet *clusters,
                                     const aus_sheet *truth, aus_match_lammps_row *out,
                                     aus_err *err);

#endif
