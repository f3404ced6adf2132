/* match/fleet_impl.h - what a fleet is made of. Private to fleet*.c.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_MATCH_FLEET_IMPL_H
#define AUS_MATCH_FLEET_IMPL_H

#include "match/fleet.h"

enum { AUS_MATCH_EVERY_NODE = -1 };

typedef struct aus_match_vertex {
  int32_t type, name; /* numbers in the fleet's types and hosts */
  int64_t rank;       /* -1: none */
  double size;
  int64_t parent, child, next; /* -1: none */
} aus_match_vertex;

typedef struct aus_match_known {
  int64_t vertex;                 /* or AUS_MATCH_EVERY_NODE */
  int32_t subsystem, field, text; /* numbers in the fleet's texts */
} aus_match_known;

typedef struct aus_match_member {
  int64_t n, root; /* n = 0: not there */
  aus_match_vertex *vertex;
  int32_t shape; /* equal numbers: equal trees of types and sizes */
  aus_match_names ids;
  aus_match_known *field; /* ascending numbers of the field */
  int64_t n_fields, cap_fields;
  int64_t n_own; /* of them about a single vertex */
} aus_match_member;

struct aus_match_fleet {
  aus_match_names names; /* clusters */
  aus_match_member *member;
  int64_t cap, n_present;
  aus_match_names texts, types, hosts, shapes;
  int32_t node; /* the type "node" */
  aus_match_state state;
};

/** First field of a cluster with that number or a larger one. Local. O(log n). */
int64_t aus_match_fleet_field_at(const aus_match_member *c, int32_t field);

/* ---- what a job requires of vertices (fleet_probe.c) ---- */

/* A requirement in a fleet: names as numbers, texts judged once. */
typedef struct aus_match_probe {
  const aus_match_require *require;
  int32_t field, name; /* -1: nothing of that name */
  uint8_t *verdict;    /* per text: what is known of it */
  int64_t part;        /* first of its parts among the probes */
} aus_match_probe;

typedef struct aus_match_plan {
  const aus_match_fleet *f;
  const aus_match_job *job;
  const bool *without;    /* per requirement: it does not count; NULL: all do */
  aus_match_probe *probe; /* those of the job's list first */
  int64_t n_probes;
  uint8_t *verdict;
  int32_t *type; /* per request; -1: a slot, -2: no vertex is of that type */
} aus_match_plan;

typedef enum aus_match_look {
  AUS_MATCH_NOWHERE,
  AUS_MATCH_SOMEWHERE,
  AUS_MATCH_EVERYWHERE
} aus_match_look;

AUS_CHECKED int aus_match_plan_make(aus_match_plan *plan, const aus_match_fleet *f,
                                    const aus_match_job *job, const bool *without, aus_err *err);
void aus_match_plan_fini(aus_match_plan *plan);

/** Where in a cluster the requests may lie.
 * @param [out] suits  requests x vertices: may this vertex serve this request; filled for AUS_MATCH_SOMEWHERE
 * @return AUS_MATCH_EVERYWHERE: on every vertex of their types; AUS_MATCH_NOWHERE: a request on no vertex */
aus_match_look aus_match_plan_look(const aus_match_plan *plan, const aus_match_member *c,
                                   bool *suits);
/** Weight of the preferences that hold at some vertex of their request's type. */
double aus_match_plan_weight(const aus_match_plan *plan, const aus_match_member *c);

/* ---- is there room (fleet_search.c) ---- */

typedef struct aus_match_search aus_match_search;

/** For trees of at most `most` vertices. @return AUS_OK; AUS_ENOMEM. */
AUS_CHECKED int aus_match_search_create(aus_match_search **out, const aus_match_plan *plan,
                                        int64_t most, aus_err *err);
void aus_match_search_destroy(aus_match_search *s);
/** Does the tree hold the requests, each on vertices of its own?
 * @param [in] suits  as of aus_match_plan_look(); NULL: every vertex of its type */
bool aus_match_search_run(aus_match_search *s, const aus_match_member *c, const bool *suits);

#endif
