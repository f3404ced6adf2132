/* gpuqueue/reward_log.h - results of a validation as the reference's text file reward.log.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_GPUQUEUE_REWARD_LOG_H
#define AUS_GPUQUEUE_REWARD_LOG_H

#include "gpuqueue/trace.h"
#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct aus_gpuqueue_reward_row {
  int64_t index;
  bool failed; /* a line "None" */
  int64_t pred_id, succ_id;
  double expected_h; /* NaN: submitted at the predecessor's end without an answer */
  int64_t reward_s;
  int64_t t_start_s;    /* of the successor */
  int64_t t_backfill_s; /* AUS_GPUQUEUE_NEVER: it was not; written as 2077-01-01 01:00:00 */
  int64_t t_submit_s;
} aus_gpuqueue_reward_row;

/** Append the whole file: rules, header, rows in the order given, no newline at the end. Reals have the fewest digits
 * that read back, whole ones end in ".0". Times are civil times as given (no zone). Local.
 * Source: GitHub zhaozhang/Mirage (its format). */
void aus_gpuqueue_reward_log(int64_t n, const aus_gpuqueue_reward_row *row, aus_buf *out);

#endif
