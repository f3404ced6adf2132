/* load.h - a study file, read and checked: all that is known before anything runs.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_STUDY_LOAD_H
#define AUS_STUDY_LOAD_H

#include "study/command.h"
#include "study/study.h"

/* Some stages of a study as a command of their own, `auspex AREA VERB [FILE]`. FILE is a study file, or holds
 * nothing but the area's section; keys of --set are relative to that section, but engine.* and seed. */
typedef struct aus_study_verb {
  const char *area;
  int n_stages;              /* the first so many; 0, where stages are independent: one, */
  const char *stage;         /* this one, unless */
  const char *stage_key;     /* this key of the section names another; may be NULL */
  const char *const *preset; /* key, value, ..., NULL: of keys that are not given; may be NULL */
} aus_study_verb;

/* Callers set call, study_path and files (on rank 0 one that reads); the rest is zero before. */
typedef struct aus_load {
  const aus_call *call;
  const char *study_path;     /* NULL only with a verb */
  const aus_study_verb *verb; /* NULL: a whole study */
  char *dir;                  /* of the study file */
  aus_files *files;
  aus_cfg *conf, *data;
  aus_opts *top, *engine_opts, *method; /* method: keys of the engine section that decide results */
  const aus_study_type *type;
  aus_cfg_node *section; /* of a verb whose file is nothing else; NULL: below the root */
  void *self;
  uint64_t seed;
  int n_stages;
  uint32_t stages;          /* as bits */
  char *config;             /* canonical JSON, what /config shows */
  char digest[65];          /* its SHA-256 */
  unsigned char frozen[32]; /* SHA-256 of what must not change where a run is resumed (change.h) */
  uint64_t run_id;          /* its first bytes: what our shards carry */
} aus_load;

/** Read and check a study file and what it names.
 * @return AUS_OK; AUS_ECONFIG, AUS_EFORMAT (problems stand in conf or data); AUS_EIO; AUS_ENOMEM
 *
 * Local: on rank 0 from the file system, on the others from the bytes that rank 0 shared.
 */
AUS_CHECKED int aus_load_here(aus_load *r, aus_err *err);

/** The same on every rank: rank 0 first, which reads the files, then the others from memory.
 * Collective on call->world (which may be MPI_COMM_NULL); problems are appended to call->problems. @return agreed code */
AUS_CHECKED int aus_load_everywhere(aus_load *r, aus_err *err);

/** The effective configuration as a study file (compact JSON): all keys with their values, null where a key
 * that was not given has no value of its own; paths as the program found them, so relative to the
 * current directory. r->config is its canonical part: what decides results, inputs by content.
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_load_effective(const aus_load *r, aus_buf *out, aus_err *err);

/** What of a worker's settings the study decides; the rest is zero. Lent parts of r. Local. */
aus_worker_conf aus_load_worker(const aus_load *r, const char *run_dir);
void aus_load_fini(aus_load *r);

#endif
