/* serverless/serverless_study.h - the serverless area as a study: from samples to models.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Stages: sample (points of the space), initial (reactive run of each sample, windowed dataset, one
 * model per function), initialproactive (the same samples with the models).
 */
#ifndef AUS_SERVERLESS_SERVERLESS_STUDY_H
#define AUS_SERVERLESS_SERVERLESS_STUDY_H

#include "study/study.h"

extern const aus_study_type aus_serverless_study_type;

#endif
