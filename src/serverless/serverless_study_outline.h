/* serverless/serverless_study_outline.h - what a serverless study is going to do.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_SERVERLESS_SERVERLESS_STUDY_OUTLINE_H
#define AUS_SERVERLESS_SERVERLESS_STUDY_OUTLINE_H

#include "study/outline.h"

/** As study.h. */
int aus_serverless_outline(void *self, aus_outline *o, aus_err *err);

#endif
