/* match/match_study_json.c - JSON files that keys name.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/match_study_json.h"

int aus_match_json(const aus_study_env *env, const char *path, aus_json **doc, aus_err *err)
{
  int rc = AUS_OK;
  const char *bytes;
  size_t n;

  AUS_TRY(aus_files_get(env->files, path, &bytes, &n, err));
  AUS_TRY(aus_json_parse(doc, path, bytes, n, err));
done:
  return rc;
}

int aus_match_json_rules(const aus_study_env *env, const char *path, aus_match_policy **out,
                         aus_err *err)
{
  int rc = AUS_OK;
  aus_json *doc = NULL;

  AUS_TRY(aus_match_json(env, path, &doc, err));
  rc = aus_match_policy_read(out, aus_json_root(doc), err);
  if (rc == AUS_ECONFIG) aus_err_prepend(err, "%s: ", path);
done:
  if (rc == AUS_EFORMAT) rc = err->code = AUS_ECONFIG;
  aus_json_destroy(doc);
  return rc;
}

int aus_match_json_states(const aus_study_env *env, const char *path,
                          int64_t (*row_of)(const void *self, const char *name), const void *self,
                          aus_match_state *state, aus_err *err)
{
  int rc = AUS_OK;
  aus_json *doc = NULL;
  const char *name = NULL;

  AUS_TRY(aus_match_json(env, path, &doc, err));
  if (!aus_json_is_object(aus_json_root(doc)))
    AUS_FAIL(err, AUS_EFORMAT, "%s: the states are no object", path);
  while ((name = aus_json_key_after(aus_json_root(doc), name))) {
    int64_t row = row_of(self, name);

    if (row < 0) AUS_FAIL(err, AUS_EFORMAT, "%s: no cluster \"%s\"", path, name);
    rc = aus_match_state_read(state, row, aus_json_get(aus_json_root(doc), name), name, err);
    if (rc != AUS_OK) aus_err_prepend(err, "%s: ", path);
    if (rc != AUS_OK) goto done;
  }
done:
  aus_json_destroy(doc);
  return rc;
}
