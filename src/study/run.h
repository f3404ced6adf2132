/* run.h - one study file from the first line to the published HDF5 file.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_STUDY_RUN_H
#define AUS_STUDY_RUN_H

#include "study/load.h"

/* Keys at the top of every study file, and of its section "engine" (which never change results). */
extern const aus_opt aus_study_top_opts[];
extern const aus_opt aus_engine_opts[];

/** Run a study file.
 *
 * Collective on call->world: rank 0 reads the files and drives, the others work.
 *
 * @param [in] study_path  the study file; NULL: none, with a verb
 * @param [in] verb        some stages of it; NULL: all
 * @param [in] out_path    the HDF5 file to publish
 * @param [in] run_dir     run directory
 * @return agreed: AUS_OK; AUS_ECANCEL ended early by a signal or the wall clock, the run directory stays;
 *         AUS_ECONFIG, AUS_EFORMAT (problems in call->problems); AUS_EIO; AUS_ENUMERIC
 *         too many failed trials; AUS_EMPI; AUS_EDEP; AUS_ENOMEM
 */
AUS_CHECKED int aus_study_run(const aus_call *call, const char *study_path,
                              const aus_study_verb *verb, const char *out_path, const char *run_dir,
                              aus_err *err);

/** Would the result replace the run directory or one of its own inputs? And can it be written at all?
 * @return AUS_OK; AUS_ECONFIG; AUS_EIO; AUS_ENOMEM. Local, rank 0. */
AUS_CHECKED int aus_study_check_places(const aus_load *r, const char *out_path, const char *run_dir,
                                       aus_err *err);

#endif
