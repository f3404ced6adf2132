/* runcmd.h - commands that run a study or some of its stages: their options, and where results go.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_STUDY_RUNCMD_H
#define AUS_STUDY_RUNCMD_H

#include "study/load.h"

extern const aus_cli aus_run_cli[];  /* -o, --dir, --walltime, --fresh, --dry-run, ... */
extern const aus_cli aus_verb_cli[]; /* --csv, of verbs */

/** Run what the command line says; its operand is the study file.
 *
 * @param [in] verb  some stages of a study, whose command has the options of aus_verb_cli, too; NULL: `run`
 * @param [in] name  what the output is named after; NULL: the study file
 * @return agreed: codes of aus_study_run() and aus_dryrun(); AUS_ECONFIG
 *
 * Collective on call->world.
 */
AUS_CHECKED int aus_study_command(const aus_call *call, const aus_study_verb *verb,
                                  const char *name, aus_err *err);

#endif
