/* match/match_study_climb.c - how the ladder of a match study is climbed: order, selection, what is kept.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "match/match_study_json.h"
#include "match/match_study_setup.h"
#include "match/prices.h"
#include "util/alloc.h"

typedef struct aus_match_study study;

enum { KEEP_NONE, KEEP_LAST, KEEP_ALL };
enum { MOST_TASKS = 256 };

void aus_match_climb_fini(aus_match_climb *c)
{
  aus_match_subsystems_fini(&c->sub);
  aus_match_state_fini(&c->state);
  aus_match_policy_destroy(c->policy);
  aus_free(c->order);
  aus_free(c->level_of);
  aus_free(c->price);
}

/* The order's file lies where the caller is, or beside the study. */
static int read_order_file(study *s, const aus_study_env *env, const char *order, aus_err *err)
{
  int rc = AUS_OK;
  const char *text;
  char beside[1024];
  size_t n;

  snprintf(beside, sizeof beside, "%s/%s", env->dir, order);
  if (*env->dir && *order != '/' && aus_files_has(env->files, beside)) order = beside;
  AUS_TRY(aus_files_get(env->files, order, &text, &n, err));
  AUS_TRY(aus_match_order_read(&s->climb.sub, order, text, s->climb.order, err));
done:
  return rc;
}

static int load_order(study *s, const aus_study_env *env, aus_err *err)
{
  int rc = AUS_OK, i, f;
  aus_match_climb *c = &s->climb;
  const char *order = aus_opt_str(s->opts, "order");

  AUS_TRY(aus_match_subsystems_make(&c->sub, &s->data.space,
                                    (aus_match_grouping)aus_opt_enum(s->opts, "grouping"), err));
  AUS_NEW(c->order, c->sub.n, err);
  AUS_NEW(c->level_of, s->data.space.n, err);
  if (strcmp(order, "alphabetical") == 0)
    aus_match_order_alphabetical(&c->sub, c->order);
  else if (strcmp(order, "seeded") == 0)
    AUS_TRY(aus_match_order_seeded(&c->sub, s->seed, c->order, err));
  else
    AUS_TRY(read_order_file(s, env, order, err));
  for (i = 0; i < c->sub.n; i++)
    for (f = 0; f < s->data.space.n; f++)
      if (c->sub.of[f] == c->order[i]) c->level_of[f] = i + 1;
done:
  return rc;
}

static int64_t cluster_of(const void *names, const char *name)
{
  return aus_match_names_find(names, name, strlen(name));
}

static int load_state(study *s, const aus_study_env *env, aus_err *err)
{
  int rc = AUS_OK;
  const char *path = aus_opt_str(s->opts, "state");
  const aus_match_clusters *clusters = &s->data.clusters;
  aus_match_names names = {0};
  int64_t c;
  int32_t id;

  AUS_TRY(aus_match_state_make(&s->climb.state, clusters->n, err));
  if (!*path) goto done;
  for (c = 0; c < clusters->n; c++)
    AUS_TRY(aus_match_names_add(&names, clusters->name[c], strlen(clusters->name[c]), &id, err));
  AUS_TRY(aus_match_json_states(env, path, cluster_of, &names, &s->climb.state, err));
done:
  aus_match_names_fini(&names);
  return rc;
}

static int load_prices(study *s, const aus_study_env *env, aus_err *err)
{
  int rc = AUS_OK;
  const char *path = aus_opt_str(s->opts, "builds"), *bytes;
  aus_match_measured measured = {0};
  aus_sheet builds = {0};
  size_t n;

  if (*path) {
    AUS_TRY(aus_files_get(env->files, path, &bytes, &n, err));
    AUS_TRY(aus_sheet_read(&builds, path, bytes, n, err));
    AUS_TRY(aus_match_measured_read(&measured, &builds, err));
  }
  rc = aus_match_prices_make(&s->climb.price, &s->data.tables, &s->data.clusters, &s->climb.state,
                             *path ? &measured : NULL,
                             (aus_match_duration_kind)aus_opt_enum(s->opts, "duration_model"), err);
  if (rc == AUS_EFORMAT) aus_err_prepend(err, "%s: ", aus_opt_str(s->opts, "state"));
done:
  aus_match_measured_fini(&measured);
  aus_sheet_fini(&builds);
  return rc;
}

static int load_select(study *s, const aus_study_env *env, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_climb *c = &s->climb;

  c->how = (aus_match_chooser){.select = (aus_match_select)aus_opt_enum(s->opts, "select"),
                               .seed = s->seed,
                               .iterations = (int)aus_opt_int(s->opts, "iterations")};
  AUS_TRY(load_state(s, env, err));
  if (c->how.select == AUS_MATCH_SELECT_CONSTRAINT)
    AUS_TRY(aus_match_json_rules(env, aus_opt_str(s->opts, "constraint"), &c->policy, err));
  if (c->how.select == AUS_MATCH_SELECT_CHEAPEST) AUS_TRY(load_prices(s, env, err));
  c->how.price = c->price;
  c->how.policy = c->policy;
  c->how.state = &c->state;
done:
  return rc;
}

void aus_match_climb_check(study *s, aus_cfg *conf)
{
  const aus_opts *o = s->opts;
  const int select = aus_opt_enum(o, "select");
  const bool ladder = aus_match_has_stage(s, AUS_MATCH_ST_LADDER);

  if (!ladder && !aus_match_has_stage(s, AUS_MATCH_ST_SINGLE)) return;
  s->climb.per_job = aus_opt_enum(o, "evidence") == 1 || aus_opt_enum(o, "own_version") == 1;
  if (s->climb.per_job && s->climb.p_kind != AUS_MATCH_BAYES)
    aus_cfg_problem(conf, aus_opt_place(o, "p_model"),
                    "p_model = %s looks at clusters only: evidence = job and own_version = job are "
                    "naive Bayes'",
                    aus_opt_str(o, "p_model"));
  if (ladder && select == AUS_MATCH_SELECT_CHEAPEST && !*aus_opt_str(o, "state"))
    aus_cfg_problem(conf, aus_opt_place(o, "select"),
                    "select = cheapest needs the file of key state");
  if (ladder && select == AUS_MATCH_SELECT_CONSTRAINT && !*aus_opt_str(o, "constraint"))
    aus_cfg_problem(conf, aus_opt_place(o, "select"),
                    "select = constraint needs the file of key constraint");
}

int aus_match_climb_load(study *s, const aus_study_env *env, aus_err *err)
{
  int rc = AUS_OK, keep = aus_opt_enum(s->opts, "keep");
  aus_match_climb *c = &s->climb;
  int64_t blocks = (s->data.jobs.n + AUS_MATCH_BLOCK - 1) / AUS_MATCH_BLOCK;

  if (!aus_match_has_stage(s, AUS_MATCH_ST_LADDER) && !aus_match_has_stage(s, AUS_MATCH_ST_SINGLE))
    goto done;
  AUS_TRY(load_order(s, env, err));
  c->judged =
      aus_match_has_stage(s, AUS_MATCH_ST_LADDER) && !c->per_job && aus_opt_bool(s->opts, "judge");
  if (aus_match_has_stage(s, AUS_MATCH_ST_LADDER)) AUS_TRY(load_select(s, env, err));
  c->task_jobs = AUS_MATCH_BLOCK * ((blocks + MOST_TASKS - 1) / MOST_TASKS);
  c->n_tasks = c->task_jobs > 0 ? (s->data.jobs.n + c->task_jobs - 1) / c->task_jobs : 0;
  c->first_kept = keep == KEEP_ALL ? 0 : keep == KEEP_LAST ? c->sub.n : c->sub.n + 1;
  c->views = keep != KEEP_NONE || aus_opt_bool(s->opts, "per_cluster");
done:
  return rc;
}

aus_match_ladder aus_match_climb_ladder(const study *s, const aus_match_p *p)
{
  return (aus_match_ladder){&s->data.index, &s->data.jobs, p, s->climb.level_of, s->climb.sub.n};
}
