/* match/fleet.h - registered clusters: their graphs, what is known of their vertices, their state.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A cluster is a tree of vertices (cluster, rack, node, socket, core, ...). Fields are known of single vertices,
 * or of every node of a cluster. A job matches when the tree holds its requests, each on vertices of its own,
 * and these meet the requirements; the answer depends on no order. A requirement of a slot is one of what stands
 * directly in it.
 */
#ifndef AUS_MATCH_FLEET_H
#define AUS_MATCH_FLEET_H

#include "match/data.h"
#include "match/jobspec.h"

typedef struct aus_match_fleet aus_match_fleet;

/* What registering a cluster comes to; errors are codes. */
typedef enum aus_match_reply { AUS_MATCH_REPLY_NEW, AUS_MATCH_REPLY_EXISTS } aus_match_reply;

/** @param [in] cap  clusters there is room for at first. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_fleet_create(aus_match_fleet **out, int64_t cap, aus_err *err);
void aus_match_fleet_destroy(aus_match_fleet *f);

/** Numbers given to clusters so far, and clusters that are still there. Local. */
int64_t aus_match_fleet_count(const aus_match_fleet *f);
int64_t aus_match_fleet_present(const aus_match_fleet *f);
const char *aus_match_fleet_name(const aus_match_fleet *f, int64_t cluster);
/** Number of a cluster, -1: it is not registered. Local. */
int64_t aus_match_fleet_find(const aus_match_fleet *f, const char *name);
/** State of the clusters, by number; lent, to be changed. Local. */
aus_match_state *aus_match_fleet_state(aus_match_fleet *f);

/** Register a cluster by its graph (JSON Graph Format v2, the object "graph").
 * @param [out] reply  AUS_MATCH_REPLY_EXISTS: there is one of that name, which stays as it is
 * @return AUS_OK; AUS_EFORMAT (dangling edge, cycle, two parents, no or two roots, more than 1000 levels, no
 *   type); AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_fleet_register(aus_match_fleet *f, const char *name,
                                         aus_json_value *graph, aus_match_reply *reply,
                                         aus_err *err);

/** Register a cluster of the usual shape (1 cluster, 1 rack, 4 nodes, 4 sockets, 8 cores). Same codes. */
AUS_CHECKED int aus_match_fleet_register_usual(aus_match_fleet *f, const char *name,
                                               aus_match_reply *reply, aus_err *err);

/** Attach a subsystem's features, whose graph has "contains" edges from vertices of the cluster.
 * @return AUS_OK; AUS_EFORMAT (unknown cluster, subsystem registered already, dangling edge); AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_fleet_describe(aus_match_fleet *f, const char *cluster,
                                         const char *subsystem, aus_json_value *graph,
                                         aus_err *err);

/** One field of every node of a cluster. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_fleet_field(aus_match_fleet *f, int64_t cluster, const char *subsystem,
                                      const char *field, const char *text, aus_err *err);

/** Forget a subsystem of a cluster. @return AUS_OK; AUS_EFORMAT: there is none. Local. */
AUS_CHECKED int aus_match_fleet_undescribe(aus_match_fleet *f, const char *cluster,
                                           const char *subsystem, aus_err *err);
/** Forget a cluster and its state: it matches nothing any more; the name keeps its number. Same codes. */
AUS_CHECKED int aus_match_fleet_remove(aus_match_fleet *f, const char *cluster, aus_err *err);

/** Clusters that hold the job's requests where its hard requirements hold. Trees are searched once
 * per shape where requirements do not tell their vertices apart. Requests that want vertices of one type are
 * tried in up to 10,000 ways per tree; a job for which that is not enough does not match.
 *
 * @param [in] without  per requirement: it does not count; NULL: all count
 * @param [out] set     room for all clusters; ascending
 * @param [out] n       how many
 * @param [out] weight  per member of set: of the preferences that some vertex meets; NULL: not wanted
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_fleet_satisfy(const aus_match_fleet *f, const aus_match_job *job,
                                        const bool *without, int64_t *set, int64_t *n,
                                        double *weight, aus_err *err);

/* Why a job has no match, or how it comes to its matches. */
typedef struct aus_match_why {
  int64_t resources; /* clusters that hold the requests without any requirement */
  int64_t *alone;    /* per requirement: clusters left with this one alone */
  int64_t *left;     /* with it and all before it */
  int n_removed;     /* 1 or 2: without these there is a match; 0: there is one, or no such set */
  int removed[2];
  int64_t without; /* matches without them */
  int replaced;    /* requirement whose value could be another one, -1: none */
  char *instead;   /* that value: with the most matches, of equals the newest */
  int64_t with_it; /* matches then */
} aus_match_why;

/** @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_explain(const aus_match_fleet *f, const aus_match_job *job,
                                  aus_match_why *out, aus_err *err);
void aus_match_why_fini(aus_match_why *why);

#endif
