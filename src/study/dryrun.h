/* dryrun.h - everything about a run but the run.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_STUDY_DRYRUN_H
#define AUS_STUDY_DRYRUN_H

#include "study/load.h"

typedef struct aus_dryrun_conf {
  const char *out_path, *run_dir;
  double cost_s;           /* of a trial; NaN: the medians of out_path when it is there */
  const char *design_path; /* write the points there as CSV; NULL: no */
} aus_dryrun_conf;

/** Read and check a study, and print what running it would mean: space, design, tasks per stage, time,
 * memory, disk, files, ranks, signals.
 *
 * Collective on call->world. Nothing is written but design_path.
 * @return agreed: AUS_OK; codes of aus_load_everywhere(); AUS_ECONFIG, AUS_EIO when the result could not be
 *         written; what the area's outline returns; AUS_EMPI; AUS_ENOMEM
 */
AUS_CHECKED int aus_dryrun(const aus_call *call, const char *study_path, const aus_study_verb *verb,
                           const aus_dryrun_conf *conf, aus_err *err);

#endif
