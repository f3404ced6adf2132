/* study.h - what an area gives to the stage runner, and what the runner gives to an area.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A study is loaded on every rank from the same bytes (load), which fixes task kinds and tables.
 * Rank 0 then drives it: a plain sequence of "add tasks, run until all are committed" (drive). The
 * other ranks execute its handlers. At the end rank 0 plans the published file (publish).
 */
#ifndef AUS_STUDY_STUDY_H
#define AUS_STUDY_STUDY_H

#include "engine/engine.h"
#include "store/pub.h"
#include "study/files.h"
#include "study/outline.h"
#include "util/opt.h"

typedef struct aus_study_env {
  uint64_t seed;
  int n_stages;           /* the first n_stages of the type's list are run, */
  uint32_t stages;        /* or, where they are independent, those whose bits are set */
  aus_cfg *conf;          /* study file and what belongs to it; problems end with exit 2 */
  aus_cfg *data;          /* input data; problems end with exit 3 */
  aus_cfg_node *section;  /* the area's section; NULL when it is missing */
  const aus_opts *method; /* bo.* and gp.* of the engine section (campaigns.h) */
  const char *dir;        /* directory of the study file, "" if it has none */
  aus_files *files;
} aus_study_env;

typedef struct aus_study_parts {
  const aus_kind *kinds;
  int n_kinds;
  const aus_table *tables;
  int n_tables;
} aus_study_parts;

/* A number of the section that may change where an unfinished run is resumed, and which way; it must be
 * such that a run with the new value makes the trials of the old one first. */
typedef struct aus_study_change {
  const char *key;
  int direction; /* +1: it may grow; -1: it may shrink */
} aus_study_change;

typedef struct aus_study_type {
  const char *name;                /* of the study, its section and its directory */
  const char *summary;             /* one line for the help */
  const aus_opt *opts;             /* keys of the section */
  const char *const *stages;       /* in order, NULL at the end; at most 32 */
  bool independent;                /* a study may have any of them; else the first so many */
  const aus_study_change *changes; /* key NULL at the end; all other keys decide what a run is */

  /** Every rank: read and check everything. Pure but for env->files.
   * @return AUS_OK; AUS_ECONFIG or AUS_EFORMAT (problems stand in conf or data); AUS_EIO; AUS_ENOMEM */
  int (*load)(void **self, const aus_study_env *env, aus_err *err);
  void (*destroy)(void *self); /* NULL is allowed */
  /** Kinds and tables of a loaded study, lent. */
  aus_study_parts (*parts)(void *self);
  /** Rank 0: run all stages. */
  int (*drive)(void *self, aus_engine *engine, aus_err *err);
  /** Rank 0: datasets of the published file. Between any two commits, in the stages or after them: the
   * stages may be unfinished, what is committed is published. Changes nothing that the stages look at. */
  int (*publish)(void *self, aus_pub *pub, aus_err *err);
  /** Rank 0: the result as a table for people. */
  void (*report)(void *self, aus_buf *out);
  /** Rank 0: the tables of the area's verbs as text, from the published file into a directory that is there
   * (--csv). NULL: none. */
  int (*text)(void *self, const char *path, const char *dir, aus_err *err);
  /** Effective values of the section, lent. */
  const aus_opts *(*settings)(const void *self);
  /** Rank 0, instead of driving: what would be done. Pure but for warnings. May be NULL. */
  int (*outline)(void *self, aus_outline *o, aus_err *err);
} aus_study_type;

/* All studies, NULL at the end; defined in registry.c. */
extern const aus_study_type *const aus_studies[];

/** Read the keys of a section; unknown ones become problems at once. A NULL section is all defaults.
 * @return AUS_OK (also with problems); AUS_ENOMEM. Local. */
AUS_CHECKED int aus_study_opts(aus_opts **out, aus_cfg *conf, aus_cfg_node *section,
                               const aus_opt *table, aus_err *err);

/** Parse a file of env->files into a configuration tree.
 * @return AUS_OK; AUS_ECONFIG as aus_cfg_parse (AUS_EFORMAT instead for env->data); codes of aus_files_get. Local. */
AUS_CHECKED int aus_study_parse(const aus_study_env *env, aus_cfg *cfg, const char *path,
                                aus_cfg_node **root, aus_err *err);

#endif
