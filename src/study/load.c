/* load.c - a study file, read and checked.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "par/agree.h"
#include "study/campaigns.h"
#include "study/change.h"
#include "study/run.h"
#include "util/alloc.h"
#include "util/file.h"
#include "util/json.h"
#include "util/sha256.h"

void aus_load_fini(aus_load *r)
{
  if (r->type) r->type->destroy(r->self);
  aus_opts_destroy(r->top);
  aus_opts_destroy(r->engine_opts);
  aus_opts_destroy(r->method);
  aus_cfg_destroy(r->conf);
  aus_cfg_destroy(r->data);
  aus_files_destroy(r->files);
  aus_free(r->dir);
  aus_free(r->config);
}

static const aus_study_type *find_type(aus_load *r, aus_cfg_node *root)
{
  const char *name = aus_opt_str(r->top, "study"), *names[16], *near;
  int i;

  for (i = 0; aus_studies[i]; i++) {
    if (strcmp(aus_studies[i]->name, name) == 0) return aus_studies[i];
    if (i < 16) names[i] = aus_studies[i]->name;
  }
  near = aus_cfg_nearest(name, names, i < 16 ? i : 16);
  if (aus_cfg_n_problems(r->conf) == 0)
    aus_cfg_problem(r->conf, aus_cfg_get(root, "study"), "unknown study \"%s\"%s%s%s", name,
                    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
  return NULL;
}

static int count_stages(const aus_study_type *type)
{
  int n = 0;

  while (type->stages[n])
    n++;
  return n;
}

static int find_stage(const aus_study_type *type, const char *name)
{
  int i;

  for (i = 0; type->stages[i]; i++)
    if (strcmp(type->stages[i], name) == 0) return i;
  return -1;
}

static uint32_t first_stages(int n)
{
  return n > 0 ? UINT32_MAX >> (32 - n) : 0;
}

/* Where each stage needs what the one before made, the list must name them from the first one on; else it may leave
 * some out, but keeps the order. */
static void read_stages(aus_load *r)
{
  aus_cfg_node *list = aus_opt_node(r->top, "stages");
  int n = count_stages(r->type), last = -1;
  int64_t i;

  r->stages = list ? 0 : first_stages(n);
  if (list &&
      (aus_cfg_kind_of(list) != AUS_CFG_LIST || aus_cfg_count(list) < 1 || aus_cfg_count(list) > n))
    aus_cfg_problem(r->conf, list, "stages must be a list of 1 to %d stage names", n);
  for (i = 0; list && aus_cfg_n_problems(r->conf) == 0 && i < aus_cfg_count(list); i++) {
    aus_cfg_node *item = aus_cfg_at(list, i);
    const char *name = aus_cfg_kind_of(item) == AUS_CFG_SCALAR ? aus_cfg_text(item) : NULL;
    int at = name ? find_stage(r->type, name) : -1;

    if (!name)
      aus_cfg_problem(r->conf, item, "stages: need the name of a stage");
    else if (!r->type->independent && at != (int)i)
      aus_cfg_problem(r->conf, item, "stage %d of study %s is \"%s\", not \"%s\"", (int)i + 1,
                      r->type->name, r->type->stages[i], name);
    else if (at < 0)
      aus_cfg_problem(r->conf, item, "study %s has no stage \"%s\"", r->type->name, name);
    else if (at <= last)
      aus_cfg_problem(r->conf, item, "stage \"%s\" comes before \"%s\"", name,
                      r->type->stages[last]);
    else
      r->stages |= (uint32_t)1 << at;
    last = at;
  }
}

/* The stages of a verb. The area's own table of keys finds fault with a name that is none. */
static void verb_stages(aus_load *r, aus_cfg_node *section)
{
  const aus_study_verb *v = r->verb;
  aus_cfg_node *key = v->stage_key && section ? aus_cfg_get(section, v->stage_key) : NULL;
  int at;

  r->stages = first_stages(v->n_stages);
  if (v->n_stages > 0) return;
  at = find_stage(r->type, v->stage);
  if (key && aus_cfg_kind_of(key) == AUS_CFG_SCALAR && find_stage(r->type, aus_cfg_text(key)) >= 0)
    at = find_stage(r->type, aus_cfg_text(key));
  r->stages = (uint32_t)1 << at;
}

/* One member of the canonical configuration. */
typedef struct member {
  const char *key;
  aus_buf text;
} member;

static int by_key(const void *a, const void *b)
{
  return strcmp(((const member *)a)->key, ((const member *)b)->key);
}

/* Content of the input files but the study file itself (which the other members hold). */
static void canonical_inputs(const aus_load *r, aus_buf *b)
{
  int64_t i;

  aus_buf_text(b, "[");
  for (i = 1; i < aus_files_count(r->files); i++)
    aus_buf_printf(b, "%s\"%s\"", i > 1 ? "," : "",
                   aus_files_digest(r->files, aus_files_path(r->files, i)));
  aus_buf_text(b, "]");
}

static void canonical_stages(const aus_load *r, aus_buf *b)
{
  const char *comma = "";
  int i;

  aus_buf_text(b, "[");
  for (i = 0; r->type->stages[i]; i++) {
    if (!(r->stages >> i & 1)) continue;
    aus_buf_printf(b, "%s\"%s\"", comma, r->type->stages[i]);
    comma = ",";
  }
  aus_buf_text(b, "]");
}

/* What decides the results, as canonical JSON, and its digest. */
static int canonical(aus_load *r, aus_err *err)
{
  int rc = AUS_OK, i;
  member m[] = {{.key = "engine"}, {.key = "inputs"}, {.key = "seed"},
                {.key = "stages"}, {.key = "study"},  {.key = r->type->name}};
  const int n = sizeof m / sizeof m[0];
  aus_buf b;
  unsigned char digest[32];

  aus_buf_init(&b);
  aus_opts_canonical(r->method, &m[0].text);
  canonical_inputs(r, &m[1].text);
  aus_buf_printf(&m[2].text, "%" PRIu64, r->seed);
  canonical_stages(r, &m[3].text);
  aus_json_quote(&m[4].text, r->type->name);
  aus_opts_canonical(r->type->settings(r->self), &m[5].text);
  qsort(m, (size_t)n, sizeof m[0], by_key);
  for (i = 0; i < n; i++) {
    AUS_TRY(aus_buf_check(&m[i].text, err));
    aus_buf_printf(&b, "%s\"%s\":%s", i > 0 ? "," : "{", m[i].key, m[i].text.data);
  }
  aus_buf_text(&b, "}");
  AUS_TRY(aus_buf_check(&b, err));
  aus_sha256(b.data, (size_t)b.n, digest);
  aus_sha256_hex(digest, r->digest);
  AUS_TRY(aus_change_digest(b.data, r->type, r->frozen, err));
  for (i = 0; i < 8; i++)
    r->run_id |= (uint64_t)r->frozen[i] << (8 * i);
  r->config = aus_buf_take(&b);
done:
  for (i = 0; i < n; i++)
    aus_buf_fini(&m[i].text);
  aus_buf_fini(&b);
  return rc;
}

int aus_load_effective(const aus_load *r, aus_buf *out, aus_err *err)
{
  const aus_opts *engine[] = {r->engine_opts, r->method}, *area = r->type->settings(r->self);

  aus_buf_text(out, "{\"engine\":");
  aus_opts_effective(engine, 2, out);
  aus_buf_printf(out, ",\"seed\":%" PRIu64, r->seed);
  aus_buf_printf(out, ",\"%s\":", r->type->name);
  aus_opts_effective(&area, 1, out);
  aus_buf_text(out, ",\"stages\":");
  canonical_stages(r, out);
  aus_buf_printf(out, ",\"study\":\"%s\"}", r->type->name);
  return aus_buf_check(out, err);
}

aus_worker_conf aus_load_worker(const aus_load *r, const char *run_dir)
{
  aus_study_parts parts = r->type->parts(r->self);

  return (aus_worker_conf){.kinds = parts.kinds,
                           .n_kinds = parts.n_kinds,
                           .self = r->self,
                           .dir = run_dir,
                           .run = r->run_id,
                           .tables = parts.tables,
                           .n_tables = parts.n_tables};
}

/* The engine section: one table that cannot change a result, one that does. */
static int load_engine(aus_load *r, aus_cfg_node *section, aus_err *err)
{
  int rc = AUS_OK;
  const aus_opt *engine = aus_engine_opts, *method = aus_bo_opts;

  AUS_TRY(aus_opts_read(&r->engine_opts, r->conf, section, &engine, 1, err));
  AUS_TRY(aus_opts_read(&r->method, r->conf, section, &method, 1, err));
  if (section) aus_cfg_unused(r->conf, section);
done:
  return rc;
}

/* What a verb presets and the user has not said. */
static int preset(aus_load *r, aus_cfg_node *section, aus_err *err)
{
  int rc = AUS_OK;
  const char *const *p = r->verb->preset;

  for (; p && *p; p += 2)
    if (!aus_cfg_get(section, p[0])) AUS_TRY(aus_cfg_set(r->conf, section, p[0], p[1], err));
done:
  return rc;
}

/* The file of a verb: a study, in which the section is made when it is missing, or the section itself. */
static int verb_parse(aus_load *r, aus_cfg_node *file, aus_cfg_node **root, aus_err *err)
{
  int rc = AUS_OK;
  const char *area = r->verb->area;
  aus_cfg_node *section = file;
  char text[80];

  snprintf(text, sizeof text, "{study: %s}", area);
  if (aus_cfg_get(file, "study")) {
    *root = file;
    if (!aus_cfg_get(file, area)) AUS_TRY(aus_cfg_set(r->conf, file, area, "{}", err));
    section = aus_cfg_get(file, area);
  } else {
    AUS_TRY(aus_cfg_parse(r->conf, "command line", text, strlen(text), root, err));
    r->section = file;
  }
  AUS_TRY(aus_call_sets_below(r->call->args, r->conf, *root, section, area, err));
  AUS_TRY(preset(r, section, err));
done:
  return rc;
}

static int parse(aus_load *r, const aus_study_env *env, aus_cfg_node **root, aus_err *err)
{
  int rc = AUS_OK;
  aus_cfg_node *file;
  static const char none[] = "no file";

  if (!r->study_path) {
    if (!aus_files_has(r->files, none)) AUS_TRY(aus_files_put(r->files, none, "{}", 2, err));
    r->study_path = none;
  }
  AUS_TRY(aus_study_parse(env, r->conf, r->study_path, &file, err));
  if (r->verb) return verb_parse(r, file, root, err);
  *root = file;
  AUS_TRY(aus_call_sets(r->call->args, r->conf, *root, "", err));
done:
  return rc;
}

int aus_load_here(aus_load *r, aus_err *err)
{
  int rc = AUS_OK;
  aus_cfg_node *root, *section;
  const aus_opt *top = aus_study_top_opts;
  const char *every = aus_args_last(r->call->args, "publish-every");
  aus_study_env env;
  uint32_t stages;

  AUS_TRY(aus_cfg_create(&r->conf, err));
  AUS_TRY(aus_cfg_create(&r->data, err));
  AUS_TRY(aus_path_dir(&r->dir, r->study_path ? r->study_path : "", err));
  env = (aus_study_env){.conf = r->conf, .data = r->data, .dir = r->dir, .files = r->files};
  AUS_TRY(parse(r, &env, &root, err));
  if (every) AUS_TRY(aus_cfg_set(r->conf, root, "engine.publish_every_s", every, err));
  AUS_TRY(aus_opts_read(&r->top, r->conf, root, &top, 1, err));
  r->seed = (uint64_t)aus_opt_int(r->top, "seed");
  AUS_TRY(load_engine(r, aus_cfg_get(root, "engine"), err));
  r->type = find_type(r, root);
  if (r->verb && r->type && strcmp(r->type->name, r->verb->area) != 0)
    aus_cfg_problem(r->conf, aus_cfg_get(root, "study"), "the study is %s, need %s", r->type->name,
                    r->verb->area);
  AUS_TRY(aus_cfg_check(r->conf, AUS_ECONFIG, err));
  section = r->section ? r->section : aus_cfg_get(root, r->type->name);
  aus_cfg_use(aus_opt_node(r->top, "stages"));
  if (r->verb)
    verb_stages(r, section);
  else
    read_stages(r);
  for (stages = r->stages; stages; stages &= stages - 1)
    r->n_stages++;
  env.seed = r->seed;
  env.n_stages = r->n_stages;
  env.stages = r->stages;
  env.section = section;
  env.method = r->method;
  rc = r->type->load(&r->self, &env, err);
  aus_cfg_use(section); /* the area has checked it with its own table */
  if (rc == AUS_OK || aus_cfg_n_problems(r->conf) > 0) aus_cfg_unused(r->conf, root);
  if (rc == AUS_OK) rc = aus_cfg_check(r->conf, AUS_ECONFIG, err);
  if (rc == AUS_OK) rc = aus_cfg_check(r->data, AUS_EFORMAT, err);
  if (rc == AUS_OK) rc = canonical(r, err);
done:
  return rc;
}

int aus_load_everywhere(aus_load *r, aus_err *err)
{
  int rc = AUS_OK;

  if (r->call->rank == 0) {
    rc = aus_load_here(r, err);
    if (rc != AUS_OK && r->conf) aus_call_problems(r->call, r->conf);
    if (rc != AUS_OK && r->data) aus_call_problems(r->call, r->data);
  }
  if (r->call->world == MPI_COMM_NULL) return rc;
  AUS_TRY(aus_agree(r->call->world, rc, err));
  AUS_TRY(aus_files_share(r->files, r->call->world, err));
  if (r->call->rank != 0) rc = aus_load_here(r, err);
  AUS_TRY(aus_agree(r->call->world, rc, err));
done:
  return rc;
}
