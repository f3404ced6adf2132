/* match/match_study_json.h - JSON files that keys name: values of clusters, rules of choice.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_MATCH_MATCH_STUDY_JSON_H
#define AUS_MATCH_MATCH_STUDY_JSON_H

#include "match/select.h"
#include "study/study.h"

/** A file as JSON. @return codes of aus_files_get() and aus_json_parse(). Local. */
AUS_CHECKED int aus_match_json(const aus_study_env *env, const char *path, aus_json **doc,
                               aus_err *err);

/** Rules: they are configuration, whatever is wrong with their file. @return AUS_OK; AUS_ECONFIG; AUS_EIO; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_json_rules(const aus_study_env *env, const char *path,
                                     aus_match_policy **out, aus_err *err);

/** {"NAME": {"nodes_free": 4, ...}, ...} into the rows of a state.
 * @param [in] row_of  row of a name, -1: unknown. @return AUS_OK; AUS_EFORMAT; AUS_EIO; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_match_json_states(const aus_study_env *env, const char *path,
                                      int64_t (*row_of)(const void *self, const char *name),
                                      const void *self, aus_match_state *state, aus_err *err);

#endif
