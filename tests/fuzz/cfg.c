/* cfg.c - fuzz: configuration documents, and option tables read from them.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Canonical text of what was taken reads back to the same canonical text; effective options do, too.
 */
#include <config.h>

#include "fuzz/fuzz.h"
#include "study/campaigns.h"
#include "study/run.h"
#include "study/study.h"
#include "util/cfg.h"
#include "util/opt.h"

/* One of each type, with bounds of each sort. */
static const aus_opt every_type[] = {
    {"yes", AUS_T_BOOL, "false", "", "", ""},
    {"n", AUS_T_INT, "3", "1:9", "", ""},
    {"id", AUS_T_INT, "0", "", "", ""},
    {"x", AUS_T_REAL, "0.5", "(0:1)", "s", ""},
    {"any", AUS_T_REAL, "", "", "", ""},
    {"a.text", AUS_T_STR, "t", "", "", ""},
    {"a.number", AUS_T_STR, "", "number", "", ""},
    {"a.b.word", AUS_T_ENUM, "one", "one,two,three", "", ""},
    {"a.path", AUS_T_PATH, "", "", "", ""},
    {"must", AUS_T_STR, NULL, "", "", ""},
    {0},
};

static bool parse(aus_cfg *cfg, const char *bytes, size_t n, int refusal, aus_cfg_node **root)
{
  aus_err err = {0};

  return fuzz_took(aus_cfg_parse(cfg, "file", bytes, n, root, &err), &err, refusal);
}

/* Canonical text of a document without problems is a fixed point. */
static void check_canonical(aus_cfg *cfg, const aus_cfg_node *root)
{
  aus_buf first, second;
  aus_cfg_node *again;

  aus_buf_init(&first);
  aus_buf_init(&second);
  aus_cfg_canonical(root, &first);
  if (fuzz_filled(&first)) {
    if (parse(cfg, first.data, (size_t)first.n, AUS_OK, &again)) {
      fuzz_check(aus_cfg_n_problems(cfg) == 0);
      aus_cfg_canonical(again, &second);
      if (fuzz_filled(&second)) fuzz_check(fuzz_same(&second, first.data, (size_t)first.n));
    }
  }
  aus_buf_fini(&first);
  aus_buf_fini(&second);
}

static bool read_table(aus_cfg *cfg, aus_cfg_node *root, const aus_opt *table, aus_buf *out)
{
  aus_opts *opts = NULL;
  aus_err err = {0};
  bool took = fuzz_must(aus_opts_read(&opts, cfg, root, &table, 1, &err), &err);
  const aus_opt *o;

  if (took) aus_opts_canonical(opts, out);
  for (o = table; took && o->name; o++)
    if (o->type == AUS_T_NODE) aus_cfg_use(aus_opt_node(opts, o->name)); /* read by the area */
  aus_opts_destroy(opts);
  return took && fuzz_filled(out);
}

/* Paths are no part of effective values, so a required one is missing when they are fed back. */
static int n_paths_needed(const aus_opt *table)
{
  int n = 0;

  for (; table->name; table++)
    n += table->type == AUS_T_PATH && !table->def;
  return n;
}

/* Effective values, fed back, are the same effective values. Problems of other tables do not matter. */
static void check_table(aus_cfg *cfg, aus_cfg_node *root, const aus_opt *table)
{
  aus_cfg *fresh = NULL;
  aus_buf first, second;
  aus_cfg_node *again;
  aus_err err = {0};
  int before = aus_cfg_n_problems(cfg);

  aus_buf_init(&first);
  aus_buf_init(&second);
  if (root && before < AUS_CFG_MAX_PROBLEMS && read_table(cfg, root, table, &first) &&
      aus_cfg_n_problems(cfg) == before && fuzz_must(aus_cfg_create(&fresh, &err), &err) &&
      parse(fresh, first.data, (size_t)first.n, AUS_OK, &again) &&
      read_table(fresh, again, table, &second)) {
    aus_cfg_unused(fresh, again);
    fuzz_check(aus_cfg_n_problems(fresh) == n_paths_needed(table));
    fuzz_check(fuzz_same(&second, first.data, (size_t)first.n));
  }
  aus_cfg_destroy(fresh);
  aus_buf_fini(&first);
  aus_buf_fini(&second);
}

static void check_problems(aus_cfg *cfg)
{
  aus_err err = {0};
  int i;

  for (i = 0; i < aus_cfg_n_problems(cfg); i++)
    fuzz_check(aus_cfg_problem_text(cfg, i)[0] != '\0');
  fuzz_check(fuzz_took(aus_cfg_check(cfg, AUS_ECONFIG, &err), &err, AUS_ECONFIG) ==
             (aus_cfg_n_problems(cfg) == 0));
}

FUZZ_TARGET(cfg)
{
  aus_cfg *cfg = NULL;
  aus_cfg_node *root = NULL;
  aus_err err = {0};
  int i;

  if (!fuzz_must(aus_cfg_create(&cfg, &err), &err)) return;
  if (parse(cfg, (const char *)data, n, AUS_ECONFIG, &root)) {
    if (aus_cfg_n_problems(cfg) == 0) check_canonical(cfg, root);
    check_table(cfg, root, every_type);
    check_table(cfg, root, aus_study_top_opts);
    check_table(cfg, aus_cfg_get(root, "engine"), aus_engine_opts);
    check_table(cfg, aus_cfg_get(root, "engine"), aus_bo_opts);
    for (i = 0; aus_studies[i]; i++)
      check_table(cfg, aus_cfg_get(root, aus_studies[i]->name), aus_studies[i]->opts);
    aus_cfg_unused(cfg, root);
  }
  check_problems(cfg);
  aus_cfg_destroy(cfg);
}
