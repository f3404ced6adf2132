/* output.h - the published file of a run: what is in it, and writing it.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_STUDY_OUTPUT_H
#define AUS_STUDY_OUTPUT_H

#include "study/session.h"

/* What every file says of itself. */
typedef struct aus_output_head {
  const char *study;
  uint64_t seed;
  bool deterministic, complete;
  const char *config; /* canonical JSON */
} aus_output_head;

/** Root attributes and /config. @return codes of aus_pub_column(). Local. */
AUS_CHECKED int aus_output_begin(aus_pub *pub, const aus_output_head *head, aus_err *err);

/** What is committed as the plan of a file. Rank 0, between two commits.
 * @param [in] complete  all stages are done. @return codes of aus_pub_column(). Local. */
AUS_CHECKED int aus_output_plan(const aus_session *s, bool complete, aus_pub **out, aus_err *err);

/** Write the file.
 * @param [in] together  by all ranks, collective on the world; else rank 0 alone does it, the others nothing
 * @return codes of aus_pub_write() */
AUS_CHECKED int aus_output_write(const aus_session *s, const aus_pub *pub, bool together,
                                 aus_err *err);

/** In the middle of a run: rank 0 alone publishes what is committed, all of whose rows lie in closed shards.
 * `self` is the aus_session. @return the same codes. Local. */
int aus_output_now(void *self, aus_err *err);

#endif
