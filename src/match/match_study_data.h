/* match/match_study_data.h - keys of the area, and the data that they name: builds, clusters, jobs.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Builds and clusters come from files, or are made up (generate.h, invent.h): the same bytes on every rank either way.
 */
#ifndef AUS_MATCH_MATCH_STUDY_DATA_H
#define AUS_MATCH_MATCH_STUDY_DATA_H

#include "match/generate.h"
#include "match/index.h"
#include "match/jobs.h"
#include "match/ptable.h"
#include "study/study.h"

/* clang-format off */
#define AUS_MATCH_BUILDS_OPTS \
  {"mode", AUS_T_ENUM, "clean", "compat,clean", "", "compat: keep_presence = false, values = surviving, range_bounds = exclusive, as in the studied system"}, \
  {"data", AUS_T_PATH, "", "", "", "directory of the stored data, in place of specs and clusters"}, \
  {"specs", AUS_T_PATH, "", "", "", "builds: digest, package, success, nodes, variants (CSV, may be gzip)"}, \
  {"values", AUS_T_ENUM, "all", "all,surviving", "", "values of clusters that match generate draws over given builds: of every build, or of the columns of training tables alone"}, \
  {"keep_presence", AUS_T_BOOL, "true", "", "", "keep columns of a single value that only some builds have"}, \
  {"alpha", AUS_T_REAL, "1", "1e-100:1e100", "", "smoothing of naive Bayes"}
#define AUS_MATCH_DATA_OPTS \
  AUS_MATCH_BUILDS_OPTS, \
  {"clusters", AUS_T_PATH, "", "", "", "clusters: one row each, one column per feature (CSV, may be gzip)"}, \
  {"grouping", AUS_T_ENUM, "package", "package,prefix", "", "subsystem of a feature: its name without -version, or what stands before its first -"}, \
  {"unseen", AUS_T_ENUM, "skip", "skip,smooth,strict", "", "a value that the model has not seen: left out; one category more; P = 0"}, \
  {"evidence", AUS_T_ENUM, "cluster", "cluster,job", "", "features that P looks at: all of the model, or those that the job has, too"}, \
  {"own_version", AUS_T_ENUM, "cluster", "cluster,job", "", "the package's own version is the cluster's or the job's"}, \
  {"range_bounds", AUS_T_ENUM, "inclusive", "inclusive,exclusive", "", "do the ends of a version range belong to it where it is scored"}
/* clang-format on */

typedef struct aus_match_data {
  const aus_study_env *env;   /* lent */
  const aus_opts *opts;       /* lent */
  const aus_match_size *made; /* size of made-up data; NULL: files */
  bool own_tables; /* keys specs and clusters are those of builds, not of an experiment */
  aus_match_specs specs;
  aus_match_tables tables;
  aus_match_space space;
  aus_match_clusters clusters;
  aus_match_jobs jobs;
  aus_match_nb *nb;
  aus_match_index index;
} aus_match_data;

void aus_match_data_fini(aus_match_data *d);

/** A table: the file of key `key` (NULL: none), else `file` (or file.gz) in `part` of the directory `data`, or in it.
 * @return AUS_OK; AUS_ECONFIG: neither is given; codes of aus_files_get() and aus_sheet_read(). Local. */
AUS_CHECKED int aus_match_data_sheet(const aus_match_data *d, const char *key, const char *part,
                                     const char *file, aus_sheet *out, aus_err *err);

/** Keep the rows of clusters that the file `path` names, in their order; names stand in column "cluster", or else in the
 * first. @return AUS_OK; AUS_EFORMAT for a name that no row has, and for none at all; codes of aus_files_get(). Local. */
AUS_CHECKED int aus_match_data_subset(const aus_match_data *d, aus_sheet *sheet, const char *path,
                                      aus_err *err);

/** Builds, training tables and naive Bayes. @return AUS_OK; codes of their readers. Local. */
AUS_CHECKED int aus_match_data_builds(aus_match_data *d, aus_err *err);
/** Clusters, those of the file `subset` of names only (NULL, "": all). Same codes. */
AUS_CHECKED int aus_match_data_clusters(aus_match_data *d, const char *subset, aus_err *err);
/** Jobs and bit sets; builds and clusters before. Same codes. */
AUS_CHECKED int aus_match_data_jobs(aus_match_data *d, aus_err *err);

/* What key or mode say. Local. */
bool aus_match_inclusive(const aus_opts *opts);
bool aus_match_all_values(const aus_opts *opts);
aus_match_unseen aus_match_unseen_of(const aus_opts *opts);

#endif
