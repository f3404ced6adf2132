/* verb.h - verbs that are rank 0's alone: their keys, and the file they publish.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A verb of some stages of a study is a matter of runcmd.h.
 */
#ifndef AUS_STUDY_VERB_H
#define AUS_STUDY_VERB_H

#include "store/pub.h"
#include "study/command.h"
#include "study/study.h"

/* What a verb has read; {0} before. */
typedef struct aus_verb {
  const aus_call *call;
  const char *area;
  char *dir; /* of its file of keys */
  aus_files *files;
  aus_cfg *conf, *data;
  aus_cfg_node *root;
  aus_opts *opts; /* the keys: those of --set, then those of the file */
  aus_study_env env;
} aus_verb;

/** Read the keys of a verb from its operand, a file, and --set.
 *
 * @param [in] key  the operand is the value of this key, not a file of keys; "": it is neither; NULL: a file
 * @return AUS_OK; AUS_ECONFIG, AUS_EFORMAT, AUS_EIO; AUS_ENOMEM. Local.
 */
AUS_CHECKED int aus_verb_read(aus_verb *v, const aus_call *call, const char *area, const char *key,
                              const aus_opt *table, aus_err *err);

/** The end of a verb with code rc: problems of its files go to the call where it is an error. Local. */
void aus_verb_fini(aus_verb *v, int rc);

/** The plan of the file that a verb publishes, with its attributes and keys.
 * @param [in] done  false: "stalled", not complete. @return codes of aus_pub_column(). Local. */
AUS_CHECKED int aus_verb_plan(const aus_verb *v, bool done, aus_pub **out, aus_err *err);

/** Add /provenance and write the file. @return codes of aus_pub_write(). Local.
 * @param [in] tables  that columns are described by; may be NULL */
AUS_CHECKED int aus_verb_publish(const aus_verb *v, aus_pub *pub, const aus_table *tables,
                                 int n_tables, const char *path, aus_err *err);

#endif
