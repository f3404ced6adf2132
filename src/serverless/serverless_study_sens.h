/* serverless/serverless_study_sens.h - sensitivity of the reactive initial runs to the sampled columns.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_SERVERLESS_SERVERLESS_STUDY_SENS_H
#define AUS_SERVERLESS_SERVERLESS_STUDY_SENS_H

#include "serverless/serverless_study_draw.h"
#include "study/sensitivity.h"
#include "study/trials.h"

/** Indices of penalty_frac, average_elapsed, replica_time and energy, in this order; empty when the
 * design is neither morris nor saltelli.
 * @param [in] trials  of one campaign over all samples: sample i is index i of the trial ids
 * @return AUS_OK; codes of aus_serverless_space_params(); AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_sensitivity(aus_sensitivity *s, const aus_serverless_draw_conf *conf,
                                           const aus_serverless_space *space,
                                           const aus_design *design, const aus_trials *trials,
                                           aus_err *err);

#endif
