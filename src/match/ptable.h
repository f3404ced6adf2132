/* match/ptable.h - P(success) of jobs on clusters, from the models of their packages.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One row per distinct question: a package with the cluster's values (evidence = cluster), with those of the
 * features that a job has (evidence = job), with the job's own version instead of the cluster's. Jobs point
 * to rows, so that a million jobs cost no more than the questions they ask.
 */
#ifndef AUS_MATCH_PTABLE_H
#define AUS_MATCH_PTABLE_H

#include "match/jobs.h"
#include "match/model_nb.h"

typedef struct aus_match_p_conf {
  aus_match_unseen unseen;
  bool evidence_job; /* only features that the job itself has count, the others are left out */
  bool own_job;      /* the package's own version is the job's */
} aus_match_p_conf;

typedef struct aus_match_p {
  int64_t n_rows, n_clusters;
  double *p;    /* n_rows x n_clusters, row-major */
  int64_t *row; /* per job */
} aus_match_p;

/** Categorical naive Bayes of every table.
 * @param [out] nb  one per table (aus_match_nbs_free)
 * @return AUS_OK; AUS_EINVAL (alpha); AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_nbs_fit(aus_match_nb **nb, const aus_match_tables *tables, double alpha,
                                  aus_err *err);
void aus_match_nbs_free(aus_match_nb *nb, int64_t n);

/** One row per table, with the clusters' values for every feature; out->row stays empty. A feature that
 * clusters are not described by is left out.
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_p_packages(aus_match_p *out, const aus_match_tables *tables,
                                     const aus_match_nb *nb, const aus_match_space *space,
                                     const aus_match_clusters *clusters, aus_match_unseen unseen,
                                     aus_err *err);

/** Rows for the questions of all jobs. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_p_jobs(aus_match_p *out, const aus_match_specs *specs,
                                 const aus_match_tables *tables, const aus_match_nb *nb,
                                 const aus_match_space *space, const aus_match_clusters *clusters,
                                 const aus_match_jobs *jobs, const aus_match_p_conf *conf,
                                 aus_err *err);

/** The same for one job whose features are told.
 * @param [in] has   per column of the table: the job has that feature
 * @param [in] text  per column: the version it has, NULL: not told
 * @param [out] p    per cluster
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_p_told(const aus_match_table *t, const aus_match_nb *nb,
                                 const aus_match_space *space, const aus_match_clusters *clusters,
                                 const bool *has, const char *const *text,
                                 const aus_match_p_conf *conf, double *p, aus_err *err);
void aus_match_p_fini(aus_match_p *p);

#endif
