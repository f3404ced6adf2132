/* serverless/serverless_study_policy.h - the policy of each stage from the keys of a study.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Clean: one set of keep-alive, queue length and period for all stages (D22). Compat: the constants of the
 * reference's stages. A stage's own keys go before both.
 */
#ifndef AUS_SERVERLESS_SERVERLESS_STUDY_POLICY_H
#define AUS_SERVERLESS_SERVERLESS_STUDY_POLICY_H

#include "serverless/serverless_study_setup.h"

/** Fill s->policy; wrong strategies become problems of conf. s->defects must be known. Local. */
void aus_serverless_study_policies(aus_serverless_study *s, aus_cfg *conf);

/** A key whose -1 stands for another value; what lies between (also 0, unless zero) becomes a problem. Local. */
double aus_serverless_study_or(const aus_opts *opts, aus_cfg *conf, const char *key, bool zero,
                               double otherwise);

/* Keys of the policies. */
/* clang-format off */
#define AUS_SERVERLESS_POLICY_OPTS                                                                                     \
  {"priority", AUS_T_ENUM, "fifo", "fifo,least_penalty,naive_least_penalty", "", "order of waiting tasks"},             \
  {"keep_alive", AUS_T_REAL, "30", "0:", "s", "idle time before a replica may go (compat: 30 in all stages)"},          \
  {"queue_length", AUS_T_REAL, "20", "(0:", "", "target concurrency of a replica (compat: 100 in the initial stages, then 20)"}, \
  {"reconcile_interval", AUS_T_REAL, "5", "(0:", "s", "period of the autoscaler (compat: 1 in the initial stages, then 5 reactive and 15 proactive)"}, \
  {"forecast", AUS_T_ENUM, "auto", "auto,oracle,last,ewma,seasonal", "", "where a proactive policy has the coming rate from; auto: oracle in compat, else ewma"}, \
  {"horizon", AUS_T_REAL, "0", "0:1e6", "s", "what a forecast looks ahead; 0: 60 in compat, else 15"},                  \
  {"half_life", AUS_T_REAL, "15", "(0:1e6", "s", "of the weights of forecast ewma"},                                    \
  {"season", AUS_T_REAL, "86400", "(0:1e9", "s", "period of forecast seasonal"},                                        \
  {"initial.strategy", AUS_T_STR, "kn_kn", "", "", "reactive autoscaler and scheduler, of all stages"},                 \
  {"initial.keep_alive", AUS_T_REAL, "-1", "-1:", "s", "the same for stage initial; -1: as above"},                     \
  {"initial.queue_length", AUS_T_REAL, "-1", "-1:", "", "the same for stage initial; -1: as above"},                    \
  {"initial.reconcile_interval", AUS_T_REAL, "-1", "-1:", "s", "the same for stage initial; -1: as above"},             \
  {"initialproactive.strategy", AUS_T_STR, "prokn_prokn", "", "", "proactive autoscaler and scheduler, of all stages"}, \
  {"initialproactive.keep_alive", AUS_T_REAL, "-1", "-1:", "s", "the same for stage initialproactive; -1: as above"},   \
  {"initialproactive.queue_length", AUS_T_REAL, "-1", "-1:", "", "the same for stage initialproactive; -1: as above"},  \
  {"initialproactive.reconcile_interval", AUS_T_REAL, "-1", "-1:", "s", "the same for stage initialproactive; -1: as above"}, \
  {"max_time", AUS_T_REAL, "0", "0:", "s", "simulated time at which a run counts as stalled; 0: none"}
/* clang-format on */

#endif
