/* gpuqueue/gpuqueue_study.h - provisioning chains of jobs as a study.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_GPUQUEUE_GPUQUEUE_STUDY_H
#define AUS_GPUQUEUE_GPUQUEUE_STUDY_H

#include "study/study.h"

extern const aus_study_type aus_gpuqueue_study_type;

#endif
