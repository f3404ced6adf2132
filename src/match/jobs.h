/* match/jobs.h - what builds need of a cluster, and the order in which it is told.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A job is a spec whose package has a training table. It needs, of every feature that one of its nodes has,
 * that node's value. Features belong to subsystems; an order of subsystems is a ladder: at level l the first
 * l subsystems are described, and only requirements on those count.
 */
#ifndef AUS_MATCH_JOBS_H
#define AUS_MATCH_JOBS_H

#include "match/data.h"

enum { AUS_MATCH_NOWHERE = -1 }; /* value that no cluster has */

typedef struct aus_match_jobs {
  int64_t n;
  int64_t *spec;    /* ascending */
  int32_t *table;   /* number of the package's training table */
  int64_t *first;   /* n + 1: requirements of each job */
  int32_t *feature; /* ascending within a job, each at most once */
  int32_t *value;   /* code, or AUS_MATCH_NOWHERE */
} aus_match_jobs;

/** Jobs of the build results. tables NULL: every labelled spec is one, its table being its package.
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_jobs_make(aus_match_jobs *out, const aus_match_specs *specs,
                                    const aus_match_tables *tables, const aus_match_space *space,
                                    aus_err *err);
void aus_match_jobs_fini(aus_match_jobs *jobs);

typedef enum aus_match_grouping {
  AUS_MATCH_BY_PACKAGE, /* without "-version", "-compiler_version" at the end */
  AUS_MATCH_BY_PREFIX   /* what stands before the first '-', as the studied system has it */
} aus_match_grouping;

typedef struct aus_match_subsystems {
  int n;
  char **name; /* by bytes */
  int *of;     /* feature -> subsystem */
} aus_match_subsystems;

/** Subsystems of a space. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_subsystems_make(aus_match_subsystems *out, const aus_match_space *space,
                                          aus_match_grouping grouping, aus_err *err);
void aus_match_subsystems_fini(aus_match_subsystems *s);
/** Number of a subsystem, -1: there is none of that name. Local. */
int aus_match_subsystem_find(const aus_match_subsystems *s, const char *name);

/* Orders: `order` holds the n subsystems, first described first. */
void aus_match_order_alphabetical(const aus_match_subsystems *s, int *order);
/** A permutation from the stream AUS_RNG_ORDER. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_order_seeded(const aus_match_subsystems *s, uint64_t seed, int *order,
                                       aus_err *err);
/** Names, one a line. @return AUS_OK; AUS_EFORMAT "name:line: ..." for an unknown, a repeated, a missing
 * subsystem; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_order_read(const aus_match_subsystems *s, const char *name,
                                     const char *text, int *order, aus_err *err);

#endif
