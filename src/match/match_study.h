/* match/match_study.h - matching builds to clusters as a study.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_MATCH_MATCH_STUDY_H
#define AUS_MATCH_MATCH_STUDY_H

#include "study/study.h"

extern const aus_study_type aus_match_study_type;

#endif
