/* match/match_cmd_answer.h - what the commands that place jobs say of one.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_MATCH_MATCH_CMD_ANSWER_H
#define AUS_MATCH_MATCH_CMD_ANSWER_H

#include "match/match_cmd_hall.h"

/* Keys of commands that ask about jobs. */
/* clang-format off */
#define AUS_MATCH_ASK_OPTS \
  AUS_MATCH_DATA_OPTS, \
  {"seed", AUS_T_INT, "1", "0:", "", "seed of all draws"}, \
  {"state", AUS_T_PATH, "", "", "", "JSON: cluster -> its values (nodes_free, cost, ...)"}
/* clang-format on */

/* For the help. */
#define AUS_MATCH_CLUSTERS_TEXT                                                                \
  "Key clusters is a table (every row a cluster of the usual shape, every column a field of\n" \
  "its nodes) or a .json file of graphs: {\"clusters\": {\"NAME\": {\"graph\": JGF, "          \
  "\"subsystems\":\n{\"NAME\": JGF}, \"state\": {...}}}}. "

/** Members job, total, matches, mismatches of the answer to the last question (aus_match_hall_ask()). Local. */
void aus_match_put_counts(aus_match_hall *h, const aus_match_job *job);
/** A member that is a text; NULL: an empty one. Local. */
void aus_match_put_text(aus_match_hall *h, const char *key, const char *text);
/** Members enough_resources, requirements, without, instead. Local. */
void aus_match_put_why(aus_match_hall *h, const aus_match_job *job, const aus_match_why *why);

/** Run a command of rank 0 with an open hall; its answer is printed where it succeeds. Local. */
AUS_CHECKED int aus_match_hall_run(const aus_call *call, const aus_opt *table,
                                   int (*verb)(aus_match_hall *, aus_err *), aus_err *err);

#endif
