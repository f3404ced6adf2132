/* match/select.h - one of the matching clusters: by order, by chance, by P(success), by stated rules.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Clusters have a state of named values. A policy of rules is a list of priorities; each is a list of steps
 * over the clusters that are still in: filter, calc, sort, select. The first priority that ends with a cluster
 * wins. Nothing of a decision stays behind, but for what aus_match_consume() takes.
 */
#ifndef AUS_MATCH_SELECT_H
#define AUS_MATCH_SELECT_H

#include "match/expr.h"
#include "match/names.h"
#include "util/json.h"
#include "util/rng.h"

/* Named values of things: of clusters, or (one row) of a job. */
typedef struct aus_match_state {
  int64_t n;            /* rows */
  aus_match_names keys; /* columns, at most cap */
  int64_t cap;
  aus_match_value *value; /* n x cap; NONE: not set */
  aus_match_names texts;  /* owns the texts */
} aus_match_state;

/** No values for n rows. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_state_make(aus_match_state *out, int64_t n, aus_err *err);
void aus_match_state_fini(aus_match_state *s);
/** Make it n rows; those that are there stay. @return AUS_OK; AUS_ENOMEM, then nothing has changed. Local. */
AUS_CHECKED int aus_match_state_grow(aus_match_state *s, int64_t n, aus_err *err);
/** Forget all values of a row. Local. */
void aus_match_state_clear(aus_match_state *s, int64_t row);
/** Set one value (text NULL: the number). @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_state_set(aus_match_state *s, int64_t row, const char *key, double x,
                                    const char *text, aus_err *err);
/** A value; kind NONE when it is not set. Local. */
aus_match_value aus_match_state_get(const aus_match_state *s, int64_t row, const char *key);
/** Numbers and texts of a JSON object. @return AUS_OK; AUS_EFORMAT; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_state_read(aus_match_state *s, int64_t row, aus_json_value *object,
                                     const char *what, aus_err *err);

typedef struct aus_match_policy aus_match_policy;

/** [{"priority": 1, "steps": [{"filter": "nodes_free > 0"}, {"calc": "cost=2*price"},
 * {"sort_ascending": "cost"}, {"select": "first"}]}]
 * @return AUS_OK; AUS_ECONFIG; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_policy_read(aus_match_policy **out, aus_json_value *list, aus_err *err);
void aus_match_policy_destroy(aus_match_policy *p);

typedef struct aus_match_choice {
  int64_t cluster;   /* -1: none is left */
  int64_t n_dropped; /* clusters out because an expression had no value for them */
  const char *why;   /* of the last of them */
} aus_match_choice;

/** @param [in] set      matched clusters, ascending
 * @param [in] state    of all clusters; one without any value is not considered
 * @param [in] job      one row: what the job says; a cluster's value of the same name goes before it
 * @param [in] p        P(success) per cluster, NULL: unknown
 * @param [in,out] rng  for "select: random"
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_policy_select(const aus_match_policy *policy, const int64_t *set,
                                        int64_t n, const aus_match_state *state,
                                        const aus_match_state *job, const double *p, aus_rng *rng,
                                        aus_match_choice *out, aus_err *err);

/** Lower a number of a cluster's state. @return false: it has no such number, or too little; then it stays.
 * Local. */
bool aus_match_consume(aus_match_state *state, int64_t cluster, const char *key, double amount);

#endif
