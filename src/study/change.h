/* change.h - what decides a run, and which numbers of it may change where it is resumed.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What decides a run is its canonical configuration without the numbers that the area lets change
 * (aus_study_type.changes). Input files are in it by the digests of their content.
 */
#ifndef AUS_STUDY_CHANGE_H
#define AUS_STUDY_CHANGE_H

#include "study/files.h"
#include "study/study.h"

/** SHA-256 of what decides a run. @param [in] config  canonical JSON. @return AUS_OK; AUS_EFORMAT; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_change_digest(const char *config, const aus_study_type *type,
                                  unsigned char digest[32], aus_err *err);

/** Compare two canonical configurations.
 *
 * @param [in] files      input files of the second, to name one that differs; may be NULL
 * @param [out] forbidden  a line "  key: A then, B now" for each difference that is not allowed
 * @param [out] changed    whether there is any difference
 * @return AUS_OK; AUS_EFORMAT for what is no configuration; AUS_ENOMEM. Local.
 */
AUS_CHECKED int aus_change_compare(const char *before, const char *now, const aus_study_type *type,
                                   const aus_files *files, aus_buf *forbidden, bool *changed,
                                   aus_err *err);

#endif
