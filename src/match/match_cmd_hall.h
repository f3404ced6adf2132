/* match/match_cmd_hall.h - registered clusters of a command, and what is asked of them.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_MATCH_MATCH_CMD_HALL_H
#define AUS_MATCH_MATCH_CMD_HALL_H

#include "match/fleet.h"
#include "match/match_study_data.h"
#include "study/verb.h"

typedef struct aus_match_hall {
  aus_verb verb;
  aus_match_data data; /* clusters of a table, and builds, where they are given */
  aus_match_fleet *fleet;
  int64_t *set, n, cap_set; /* clusters that hold the job asked about last */
  double *weight;           /* of the preferences that each of them meets */
  int64_t cap_weight;
  aus_json_out json; /* of the answer */
} aus_match_hall;

/** Read keys; clusters come by aus_match_hall_register(). @return codes of aus_verb_read(). Local. */
AUS_CHECKED int aus_match_hall_open(aus_match_hall *h, const aus_call *call, const aus_opt *table,
                                    aus_err *err);
void aus_match_hall_fini(aus_match_hall *h, int rc);

/** Clusters of key `clusters` (a table, or a .json file of graphs) or `data`, then the values of key `state`.
 * @param [in] later  none yet: they will come
 * @return codes of the readers. Local. */
AUS_CHECKED int aus_match_hall_register(aus_match_hall *h, bool later, aus_err *err);

/** The i-th operand as a job. @return codes of aus_match_job_read(). Local. */
AUS_CHECKED int aus_match_hall_job(aus_match_hall *h, int i, aus_match_job *job, aus_err *err);

/** Clusters that hold a job: h->set, h->n, h->weight. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_hall_ask(aus_match_hall *h, const aus_match_job *job, aus_err *err);

#endif
