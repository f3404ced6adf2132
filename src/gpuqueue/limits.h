/* gpuqueue/limits.h - time limits for a trace that has none.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A random forest learns on a reference trace which limit users give to jobs of a run time.
 * Source: GitHub zhaozhang/Mirage (depth 12, 100 trees, seed 100, cut to whole minutes, at most 2880).
 */
#ifndef AUS_GPUQUEUE_LIMITS_H
#define AUS_GPUQUEUE_LIMITS_H

#include "gpuqueue/trace.h"

enum { AUS_GPUQUEUE_LIMIT_MOST_MIN = 2880 };

/** True when a job has no limit. Local. */
bool aus_gpuqueue_limits_missing(const aus_gpuqueue_trace *t);

/** Give every job without a limit the one that the reference's jobs lead to expect, 1 to 2880 min; clip run times.
 * @return AUS_OK; AUS_EINVAL when the reference has no job with a limit; AUS_EDEP; AUS_ENOMEM. Local.
 * Deterministic. */
AUS_CHECKED int aus_gpuqueue_limits_fill(aus_gpuqueue_trace *t, const aus_gpuqueue_trace *ref,
                                         aus_err *err);

#endif
