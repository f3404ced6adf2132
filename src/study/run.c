/* run.c - one study file from the first line to the published HDF5 file.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "par/agree.h"
#include "store/rundir.h"
#include "study/campaigns.h"
#include "study/provenance.h"
#include "util/alloc.h"
#include "util/file.h"
#include "util/json.h"
#include "util/log.h"
#include "util/sha256.h"

const aus_opt aus_study_top_opts[] = {
    {"study", AUS_T_STR, NULL, "", "", "which area the study belongs to"},
    {"seed", AUS_T_INT, "1", "0:", "", "seed of all random streams"},
    {"stages", AUS_T_NODE, "", "", "",
     "list of stages to run, in order; all of the area's by default"},
    {0},
};

const aus_opt aus_engine_opts[] = {
    {"prefetch", AUS_T_INT, "1", "0:64", "", "tasks queued at a worker beyond the running one"},
    {"max_attempts", AUS_T_INT, "2", "1:10", "",
     "attempts at a trial before it is recorded as failed"},
    {"timeout_min_s", AUS_T_REAL, "60", "0.001:", "s", "least hard deadline of a task"},
    {"timeout_first_s", AUS_T_REAL, "3600", "0.001:", "s",
     "hard deadline until 8 costs of its kind are known"},
    {"hang_after_s", AUS_T_REAL, "30", "0.001:", "s",
     "silence after which a busy worker is suspected"},
    {"lost_after_s", AUS_T_REAL, "90", "0.001:", "s", "silence after which a worker is given up"},
    {"manager_works", AUS_T_ENUM, "auto", "auto,no,yes", "",
     "rank 0 takes tasks when the others are busy; auto: up to 3 ranks"},
    {"max_failed", AUS_T_INT, "-1", "-1:2147483647", "",
     "failed trials that end the run; -1: max(100, 20 % of the tasks)"},
    {"store.deflate", AUS_T_INT, "4", "0:9", "",
     "compression level of the published file; 0: none"},
    {0},
};

typedef struct study_run {
  const aus_call *call;
  const char *study_path;
  char *dir; /* of the study file */
  aus_files *files;
  aus_cfg *conf, *data;
  aus_opts *top, *engine_opts, *method; /* method: keys of the engine section that decide results */
  const aus_study_type *type;
  void *self;
  uint64_t seed;
  int n_stages;
  char *config;    /* canonical JSON, what /config shows */
  char digest[65]; /* its SHA-256 */
  uint64_t run_id; /* what our shards carry */
} study_run;

static void run_fini(study_run *r)
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

static const aus_study_type *find_type(study_run *r, aus_cfg_node *root)
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

/* The list must name the area's stages from the first one on, in order: each needs what the one before made. */
static int read_stages(study_run *r)
{
  aus_cfg_node *list = aus_opt_node(r->top, "stages");
  int n = count_stages(r->type);
  int64_t i;

  if (!list) return n;
  if (aus_cfg_kind_of(list) != AUS_CFG_LIST || aus_cfg_count(list) < 1 || aus_cfg_count(list) > n) {
    aus_cfg_problem(r->conf, list, "stages must be a list of 1 to %d stage names", n);
    return 0;
  }
  for (i = 0; i < aus_cfg_count(list); i++)
    if (aus_cfg_kind_of(aus_cfg_at(list, i)) != AUS_CFG_SCALAR) {
      aus_cfg_problem(r->conf, aus_cfg_at(list, i), "stages: need the name of a stage");
      return 0;
    } else if (strcmp(aus_cfg_text(aus_cfg_at(list, i)), r->type->stages[i]) != 0) {
      aus_cfg_problem(r->conf, aus_cfg_at(list, i), "stage %d of study %s is \"%s\", not \"%s\"",
                      (int)i + 1, r->type->name, r->type->stages[i],
                      aus_cfg_text(aus_cfg_at(list, i)));
      return 0;
    }
  return (int)aus_cfg_count(list);
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
static void canonical_inputs(const study_run *r, aus_buf *b)
{
  int64_t i;

  aus_buf_text(b, "[");
  for (i = 1; i < aus_files_count(r->files); i++)
    aus_buf_printf(b, "%s\"%s\"", i > 1 ? "," : "",
                   aus_files_digest(r->files, aus_files_path(r->files, i)));
  aus_buf_text(b, "]");
}

static void canonical_stages(const study_run *r, aus_buf *b)
{
  int i;

  aus_buf_text(b, "[");
  for (i = 0; i < r->n_stages; i++)
    aus_buf_printf(b, "%s\"%s\"", i > 0 ? "," : "", r->type->stages[i]);
  aus_buf_text(b, "]");
}

/* What decides the results, as canonical JSON, and its digest. */
static int canonical(study_run *r, aus_err *err)
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
  r->type->canonical(r->self, &m[5].text);
  qsort(m, (size_t)n, sizeof m[0], by_key);
  for (i = 0; i < n; i++) {
    AUS_TRY(aus_buf_check(&m[i].text, err));
    aus_buf_printf(&b, "%s\"%s\":%s", i > 0 ? "," : "{", m[i].key, m[i].text.data);
  }
  aus_buf_text(&b, "}");
  AUS_TRY(aus_buf_check(&b, err));
  aus_sha256(b.data, (size_t)b.n, digest);
  aus_sha256_hex(digest, r->digest);
  for (i = 0; i < 8; i++)
    r->run_id |= (uint64_t)digest[i] << (8 * i);
  r->config = aus_buf_take(&b);
done:
  for (i = 0; i < n; i++)
    aus_buf_fini(&m[i].text);
  aus_buf_fini(&b);
  return rc;
}

/* The engine section: one table that cannot change a result, one that does. */
static int load_engine(study_run *r, aus_cfg_node *section, aus_err *err)
{
  int rc = AUS_OK;
  const aus_opt *engine = aus_engine_opts, *method = aus_bo_opts;

  AUS_TRY(aus_opts_read(&r->engine_opts, r->conf, section, &engine, 1, err));
  AUS_TRY(aus_opts_read(&r->method, r->conf, section, &method, 1, err));
  if (section) aus_cfg_unused(r->conf, section);
done:
  return rc;
}

/* Every rank, from the same bytes. */
static int load(study_run *r, aus_err *err)
{
  int rc = AUS_OK;
  aus_cfg_node *root, *section;
  const aus_opt *top = aus_study_top_opts;
  aus_study_env env;

  AUS_TRY(aus_cfg_create(&r->conf, err));
  AUS_TRY(aus_cfg_create(&r->data, err));
  AUS_TRY(aus_path_dir(&r->dir, r->study_path, err));
  env = (aus_study_env){.conf = r->conf, .data = r->data, .dir = r->dir, .files = r->files};
  AUS_TRY(aus_study_parse(&env, r->conf, r->study_path, &root, err));
  AUS_TRY(aus_call_sets(r->call->args, r->conf, root, "", err));
  AUS_TRY(aus_opts_read(&r->top, r->conf, root, &top, 1, err));
  r->seed = (uint64_t)aus_opt_int(r->top, "seed");
  AUS_TRY(load_engine(r, aus_cfg_get(root, "engine"), err));
  r->type = find_type(r, root);
  AUS_TRY(aus_cfg_check(r->conf, AUS_ECONFIG, err));
  section = aus_cfg_get(root, r->type->name);
  aus_cfg_use(aus_opt_node(r->top, "stages"));
  r->n_stages = read_stages(r);
  env.seed = r->seed;
  env.n_stages = r->n_stages;
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

/* Rank 0 first, which reads the files; then the others from memory. */
static int load_everywhere(study_run *r, aus_err *err)
{
  int rc = AUS_OK;

  if (r->call->rank == 0) {
    rc = load(r, err);
    if (rc != AUS_OK && r->conf) aus_call_problems(r->call, r->conf);
    if (rc != AUS_OK && r->data) aus_call_problems(r->call, r->data);
  }
  AUS_TRY(aus_agree(r->call->world, rc, err));
  AUS_TRY(aus_files_share(r->files, r->call->world, err));
  if (r->call->rank != 0) rc = load(r, err);
  AUS_TRY(aus_agree(r->call->world, rc, err));
done:
  return rc;
}

static aus_engine_conf engine_conf(const study_run *r, const char *run_dir)
{
  aus_study_parts parts = r->type->parts(r->self);
  const aus_opts *o = r->engine_opts;

  return (aus_engine_conf){
      .sched = {.prefetch = (int)aus_opt_int(o, "prefetch"),
                .max_attempts = (int)aus_opt_int(o, "max_attempts"),
                .timeout_min_s = aus_opt_real(o, "timeout_min_s"),
                .timeout_first_s = aus_opt_real(o, "timeout_first_s"),
                .hang_after_s = aus_opt_real(o, "hang_after_s"),
                .lost_after_s = aus_opt_real(o, "lost_after_s")},
      .manager_works = aus_opt_enum(o, "manager_works") - 1,
      .max_failed = (int)aus_opt_int(o, "max_failed"),
      .progress = aus_call_verbosity(r->call->args),
      .title = r->type->name,
      .worker = {.kinds = parts.kinds,
                 .n_kinds = parts.n_kinds,
                 .self = r->self,
                 .dir = run_dir,
                 .run = r->run_id,
                 .tables = parts.tables,
                 .n_tables = parts.n_tables},
  };
}

/* Rank 0: the plan of the published file. */
static int plan(study_run *r, const aus_engine_log *log, const aus_provenance *who, aus_pub **out,
                aus_err *err)
{
  int rc = AUS_OK;
  aus_buf settings;

  aus_buf_init(&settings);
  aus_opts_canonical(r->engine_opts, &settings);
  AUS_TRY(aus_buf_check(&settings, err));
  AUS_TRY(aus_pub_create(out, err));
  AUS_TRY(aus_pub_attr_str(*out, "", "auspex_format", "1.0", err));
  AUS_TRY(aus_pub_attr_str(*out, "", "auspex_version", PACKAGE_VERSION, err));
  AUS_TRY(aus_pub_attr_str(*out, "", "config_sha256", r->digest, err));
  AUS_TRY(aus_pub_attr_str(*out, "", "study", r->type->name, err));
  AUS_TRY(aus_pub_attr_u64(*out, "", "seed", r->seed, err));
  AUS_TRY(aus_pub_attr_u8(*out, "", "deterministic", !log->machine_dependent, err));
  AUS_TRY(aus_pub_attr_u8(*out, "", "complete", 1, err));
  AUS_TRY(aus_pub_text(*out, "config", r->config, "canonical configuration (JSON)", err));
  AUS_TRY(r->type->publish(r->self, *out, err));
  AUS_TRY(aus_provenance_publish(who, r->call, log, r->files, settings.data, *out, err));
done:
  aus_buf_fini(&settings);
  return rc;
}

/* With a lost worker the others must not be waited for: rank 0 publishes alone. */
static int publish(study_run *r, const aus_pub *pub, bool together, const char *out_path,
                   const char *run_dir, aus_err *err)
{
  aus_study_parts parts = r->type->parts(r->self);
  aus_pub_conf conf = {.dir = run_dir,
                       .run = r->run_id,
                       .tables = parts.tables,
                       .n_tables = parts.n_tables,
                       .deflate = (int)aus_opt_int(r->engine_opts, "store.deflate")};

  if (!together && r->call->rank != 0) return AUS_OK;
  return aus_pub_write(pub, &conf, together ? r->call->world : MPI_COMM_SELF, out_path, err);
}

/* Rank 0: all stages, then the plan of the file. */
static int drive(study_run *r, aus_engine *engine, const aus_provenance *who, aus_pub **pub,
                 aus_err *err)
{
  int rc = AUS_OK;
  aus_engine_log log;

  AUS_TRY(r->type->drive(r->self, engine, err));
  log = aus_engine_report(engine);
  AUS_TRY(plan(r, &log, who, pub, err));
done:
  return rc;
}

static int work(study_run *r, const aus_provenance *who, const char *out_path, const char *run_dir,
                aus_err *err)
{
  int rc = AUS_OK;
  bool together;
  aus_engine_conf conf = engine_conf(r, run_dir);
  aus_engine *engine = NULL;
  aus_pub *pub = NULL;

  AUS_TRY(aus_engine_open(&engine, r->call->world, &conf, err));
  if (r->call->rank == 0)
    rc = drive(r, engine, who, &pub, err);
  else
    rc = aus_engine_serve(engine, err);
  rc = aus_engine_close(engine, rc, &together, err);
  *r->call->apart = !together;
  if (rc != AUS_OK) goto done;
  AUS_TRY(publish(r, pub, together, out_path, run_dir, err));
  if (r->call->rank == 0) r->type->report(r->self, r->call->out);
done:
  aus_pub_destroy(pub);
  return rc;
}

/* Would the result replace the run directory or one of its own inputs? And can it be written at all? */
static int check_places(const study_run *r, const char *out_path, const char *run_dir, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  AUS_TRY(aus_file_check(out_path, err));
  if (strcmp(out_path, run_dir) == 0)
    AUS_FAIL(err, AUS_ECONFIG, "%s: is the output and the run directory; give one with -o or --dir",
             out_path);
  for (i = 0; i < aus_files_count(r->files); i++)
    if (aus_file_same(out_path, aus_files_path(r->files, i)))
      AUS_FAIL(err, AUS_ECONFIG, "%s: the output would replace an input file", out_path);
done:
  return rc;
}

int aus_study_run(const aus_call *call, const char *study_path, const char *out_path,
                  const char *run_dir, aus_err *err)
{
  int rc = AUS_OK;
  int lock = -1;
  study_run r = {.call = call, .study_path = study_path};
  aus_provenance who = {0};

  AUS_TRY(aus_provenance_start(&who, call->world, err));
  AUS_TRY(aus_agree(call->world, aus_files_create(&r.files, call->rank == 0, err), err));
  AUS_TRY(load_everywhere(&r, err));
  if (call->rank == 0) rc = check_places(&r, out_path, run_dir, err);
  AUS_TRY(aus_agree(call->world, rc, err));
  if (call->rank == 0) rc = aus_rundir_open(run_dir, r.seed, r.digest, &lock, err);
  AUS_TRY(aus_agree(call->world, rc, err));
  AUS_TRY(work(&r, &who, out_path, run_dir, err));
  if (call->rank == 0) {
    rc = aus_rundir_remove(run_dir, err);
    aus_buf_printf(call->out, "result    %s\n", out_path);
  }
done:
  aus_rundir_unlock(lock);
  run_fini(&r);
  aus_provenance_fini(&who);
  return rc;
}
