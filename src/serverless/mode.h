/* serverless/mode.h - which of the reference's defects a run has: the keys `mode` and `defects`.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `mode: compat` sets every switch, `mode: clean` none; `defects: [D3, -D6]` then sets D3 and clears
 * D6. Most are switches of the simulator (sim.h), the others of the study around it.
 */
#ifndef AUS_SERVERLESS_MODE_H
#define AUS_SERVERLESS_MODE_H

#include "serverless/sim.h"
#include "util/opt.h"

/* Switches outside the simulator: D19 scaling of workloads, D20 grid and clusters, D22 settings of the
 * stages, D23 rows per run, D24 fine-tuning without replay, D26 functions with a model, D27 bad windows,
 * D29 what the rate is. */
#define AUS_SERVERLESS_STUDY_SWITCHES                                                          \
  (AUS_SERVERLESS_D(19) | AUS_SERVERLESS_D(20) | AUS_SERVERLESS_D(22) | AUS_SERVERLESS_D(23) | \
   AUS_SERVERLESS_D(24) | AUS_SERVERLESS_D(26) | AUS_SERVERLESS_D(27) | AUS_SERVERLESS_D(29))

/* The two keys, for an option table. */
/* clang-format off */
#define AUS_SERVERLESS_MODE_OPTS                                                                                     \
  {"mode", AUS_T_ENUM, "clean", "compat,clean", "", "compat: what the reference does, defects included; clean: without them"}, \
  {"defects", AUS_T_NODE, "", "", "", "list of defects to set (D3) or to clear (-D3) in that mode"}
/* clang-format on */

/** Read the two keys.
 *
 * @param [in] known     switches that mean something to the caller: AUS_SERVERLESS_COMPAT for a simulation
 *                       alone, with AUS_SERVERLESS_STUDY_SWITCHES for a study
 * @param [out] defects  AUS_SERVERLESS_D() bits, a part of known
 *
 * Problems of cfg: no list, an unknown defect (with the nearest one), a defect that is no switch (with
 * what we do instead), a switch of the study where only the simulator is asked, one named twice, and
 * what aus_serverless_defects_check() refuses. Local.
 */
void aus_serverless_mode_read(const aus_opts *opts, aus_cfg *cfg, uint64_t known,
                              uint64_t *defects);

#endif
