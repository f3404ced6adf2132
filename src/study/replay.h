/* replay.h - go over a run's journal and make its decisions again.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_STUDY_REPLAY_H
#define AUS_STUDY_REPLAY_H

#include "study/command.h"

/** Drive a study with nothing but the results of a journal, compute every proposal of its campaigns again
 * and compare it with the one that was made, bit for bit. Writes nothing; the run may be under way.
 *
 * @param [in] run_dir  of the run; its journal may be unfinished
 * @return AUS_OK: all are the same; AUS_EDIFF: some are not; AUS_ERESUME: not a run of this study; codes of
 *         aus_load_here(), aus_resume_look() and aus_engine_run(). Collective on call->world; rank 0 does it.
 */
AUS_CHECKED int aus_study_replay(const aus_call *call, const char *study_path, const char *run_dir,
                                 aus_err *err);

#endif
