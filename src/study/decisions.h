/* decisions.h - what the optimiser decides, as records of the journal.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A resumed run comes to the same decisions; the engine compares them with the journal. Payloads,
 * little-endian:
 *   CAMPAIGN: u64 campaign, u32 points of the initial design, u32 n_unit, u32 n_value, u32 n_theta
 *   PROPOSE: u64 trial, u8 origin, i64 commits seen, i64 commits at the last refit, i64 pending points,
 *            f64 acquisition, incumbent, side of the region, n_unit + n_value + n_theta f64;
 *            of a greedy campaign then the trials it saw, u64 each, in the order of their commits
 *   STOPPED: u64 campaign, u8 reason (aus_bo_stop), i64 commits, i64 best index (-1: none), f64 its y
 */
#ifndef AUS_STUDY_DECISIONS_H
#define AUS_STUDY_DECISIONS_H

#include "design/bo.h"
#include "engine/engine.h"

/* All: codes of aus_engine_decide(). Local; rank 0. */
AUS_CHECKED int aus_decide_campaign(aus_engine *engine, uint32_t campaign, const aus_bo *bo,
                                    aus_err *err);
AUS_CHECKED int aus_decide_point(aus_engine *engine, uint32_t campaign, int64_t index,
                                 const aus_bo *bo, aus_err *err);
AUS_CHECKED int aus_decide_stop(aus_engine *engine, uint32_t campaign, const aus_bo *bo,
                                aus_err *err);

#endif
