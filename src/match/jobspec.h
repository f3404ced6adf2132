/* match/jobspec.h - one job: the resources it asks for, and what they have to be like.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Two forms are read: that of this area (resources by name, each with replicas, with and requires) and Flux's
 * canonical jobspec V1 (a list of resources with slots; attributes.system.constraints of properties, hostlist,
 * ranks, and, or, not). Both become a tree of requests and a list of needs.
 */
#ifndef AUS_MATCH_JOBSPEC_H
#define AUS_MATCH_JOBSPEC_H

#include "match/select.h"
#include "util/json.h"

typedef enum aus_match_operator {
  AUS_MATCH_EQUALS,  /* one of the texts */
  AUS_MATCH_DIFFERS, /* the field is there, and none of its values is one of the texts */
  AUS_MATCH_WITHIN,  /* low..high */
  AUS_MATCH_EXISTS,
  AUS_MATCH_ANY /* of the parts */
} aus_match_operator;

typedef struct aus_match_require {
  aus_match_operator op;
  char *name, *field; /* subsystem ("": any) and key */
  char **text;
  int n_texts;
  char *low, *high; /* NULL: open */
  bool number;      /* compared as numbers, not as versions */
  struct aus_match_require *part;
  int n_parts;
  bool prefer; /* soft: adds its weight */
  double weight;
  int request; /* whose vertices it is about; -1 in a part */
} aus_match_require;

typedef struct aus_match_request {
  char *type;    /* "node"; "slot": its children together, count times */
  int64_t count; /* replicas x count */
  char *label;   /* of a slot, NULL: none */
  int parent;    /* -1: at the top */
} aus_match_request;

/* Flux constraints. */
typedef enum aus_match_rule {
  AUS_MATCH_RULE_AND, /* of all parts, or there is none */
  AUS_MATCH_RULE_OR,  /* of one part, or there is none */
  AUS_MATCH_RULE_NOT, /* not of all parts */
  AUS_MATCH_RULE_PROPERTY,
  AUS_MATCH_RULE_HOST,
  AUS_MATCH_RULE_RANK
} aus_match_rule;

typedef struct aus_match_constraint {
  aus_match_rule rule;
  char *text; /* a property ("^p": without it), a list of hosts, a set of ranks */
  struct aus_match_constraint *part;
  int n_parts;
} aus_match_constraint;

enum { AUS_MATCH_MAX_REQUESTS = 10000, AUS_MATCH_MAX_REQUIRES = 1000 };

typedef struct aus_match_job {
  char *name, *package;       /* "" when not told */
  aus_match_request *request; /* parents before children */
  int n_requests;             /* at most AUS_MATCH_MAX_REQUESTS */
  aus_match_require *require;
  int n_requires;              /* at most AUS_MATCH_MAX_REQUIRES */
  aus_match_constraint *nodes; /* only nodes for which it holds; NULL: all */
  double duration_s;           /* NaN: not told */
  int64_t n_nodes;             /* nodes of all replicas; 1 when no node is asked for */
  aus_match_state parameter;   /* one row */
} aus_match_job;

/** @param [in] name  shown in messages
 * @return AUS_OK; AUS_EFORMAT "name: where: what"; AUS_ENOMEM. Local.
 * Source: Flux RFC 14, 25, 29 and 31 for the second form. Deviations: types, order and number of resources are
 * not those of V1 alone; tasks may be left out; of a range of counts the smallest is asked for. */
AUS_CHECKED int aus_match_job_read(aus_match_job *out, const char *name, const char *bytes,
                                   size_t n, aus_err *err);
/** The same from a value of a document. Messages have no name. */
AUS_CHECKED int aus_match_job_make(aus_match_job *out, aus_json_value *root, aus_err *err);
void aus_match_job_fini(aus_match_job *job);

#endif
