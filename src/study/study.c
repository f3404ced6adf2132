/* study.c - helpers for loading a study.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/study.h"

int aus_study_opts(aus_opts **out, aus_cfg *conf, aus_cfg_node *section, const aus_opt *table,
                   aus_err *err)
{
  int rc = AUS_OK;
  const aus_opt *o;

  AUS_TRY(aus_opts_read(out, conf, section, &table, 1, err));
  /* Lists and maps have readers of their own, which know their keys. */
  for (o = table; o->name; o++)
    if (o->type == AUS_T_NODE && aus_opt_given(*out, o->name))
      aus_cfg_use(aus_opt_node(*out, o->name));
  if (section) aus_cfg_unused(conf, section);
done:
  return rc;
}

int aus_study_parse(const aus_study_env *env, aus_cfg *cfg, const char *path, aus_cfg_node **root,
                    aus_err *err)
{
  int rc = AUS_OK;
  const char *bytes;
  size_t n;

  *root = NULL;
  AUS_TRY(aus_files_get(env->files, path, &bytes, &n, err));
  rc = aus_cfg_parse(cfg, path, bytes, n, root, err);
  if (rc == AUS_ECONFIG && cfg == env->data) {
    rc = AUS_EFORMAT;
    if (err) err->code = rc;
  }
done:
  return rc;
}
