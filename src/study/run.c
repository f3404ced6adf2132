/* run.c - one study file from the first line to the published HDF5 file.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "par/agree.h"
#include "store/rundir.h"
#include "study/load.h"
#include "study/provenance.h"
#include "study/resume.h"
#include "util/alloc.h"
#include "util/file.h"
#include "util/log.h"

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
    {"sync_interval_s", AUS_T_REAL, "1", "0:", "s", "most time between two syncs of the journal"},
    {"lost_after_s", AUS_T_REAL, "90", "0.001:", "s", "silence after which a worker is given up"},
    {"manager_works", AUS_T_ENUM, "auto", "auto,no,yes", "",
     "rank 0 takes tasks when the others are busy; auto: up to 3 ranks"},
    {"max_failed", AUS_T_INT, "-1", "-1:2147483647", "",
     "failed trials that end the run; -1: max(100, 20 % of the tasks)"},
    {"store.deflate", AUS_T_INT, "4", "0:9", "",
     "compression level of the published file; 0: none"},
    {0},
};

typedef aus_load study_run; /* a run is a loaded study that is driven */

static aus_engine_conf engine_conf(const study_run *r, const aus_resume *past, const char *run_dir,
                                   aus_status_board *status)
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
      .status = status,
      .worker = {.kinds = parts.kinds,
                 .n_kinds = parts.n_kinds,
                 .self = r->self,
                 .dir = run_dir,
                 .run = r->run_id,
                 .first_shard = past->first_shard,
                 .tables = parts.tables,
                 .n_tables = parts.n_tables},
      .journal = past->journal,
      .recall = past->recall,
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

static int work(study_run *r, const aus_resume *past, const aus_provenance *who,
                const char *out_path, const char *run_dir, aus_status_board *status, aus_err *err)
{
  int rc = AUS_OK;
  bool together;
  aus_engine_conf conf = engine_conf(r, past, run_dir, status);
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
  aus_status_enter(status, AUS_RUN_PUBLISHING);
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

/* Rank 0 opens what an earlier run left; all learn where the numbers of new shards begin. */
static int open_past(study_run *r, aus_resume *past, const char *run_dir, aus_err *err)
{
  int rc = AUS_OK;
  const aus_call *call = r->call;

  if (call->rank == 0)
    rc = aus_resume_open(past, r, run_dir, aus_opt_real(r->engine_opts, "sync_interval_s"),
                         call->problems, err);
  AUS_TRY(aus_agree(call->world, rc, err));
  AUS_MPI(MPI_Bcast(&past->first_shard, 1, MPI_UINT32_T, 0, call->world), err);
done:
  return rc;
}

static int open_status(const study_run *r, const char *run_dir, aus_status_board **status,
                       aus_err *err)
{
  aus_study_parts parts = r->type->parts(r->self);

  return aus_status_open(status, run_dir, r->type->name, parts.kinds, parts.n_kinds, r->call->size,
                         err);
}

int aus_study_run(const aus_call *call, const char *study_path, const char *out_path,
                  const char *run_dir, aus_err *err)
{
  int rc = AUS_OK;
  int lock = -1;
  study_run r = {.call = call, .study_path = study_path};
  aus_status_board *status = NULL;
  aus_provenance who = {0};
  aus_resume past = {0};

  AUS_TRY(aus_provenance_start(&who, call->world, err));
  AUS_TRY(aus_agree(call->world, aus_files_create(&r.files, call->rank == 0, err), err));
  AUS_TRY(aus_load_everywhere(&r, err));
  if (call->rank == 0) rc = check_places(&r, out_path, run_dir, err);
  AUS_TRY(aus_agree(call->world, rc, err));
  if (call->rank == 0) rc = aus_rundir_open(run_dir, r.seed, r.digest, &lock, err);
  AUS_TRY(aus_agree(call->world, rc, err));
  AUS_TRY(open_past(&r, &past, run_dir, err));
  if (call->rank == 0) rc = open_status(&r, run_dir, &status, err);
  AUS_TRY(aus_agree(call->world, rc, err));
  AUS_TRY(work(&r, &past, &who, out_path, run_dir, status, err));
  if (call->rank == 0) AUS_TRY(aus_resume_close(&past, err));
  if (call->rank == 0) {
    aus_status_end(status, AUS_OK, NULL);
    rc = aus_rundir_remove(run_dir, err);
    aus_buf_printf(call->out, "result    %s\n", out_path);
  }
done:
  if (aus_resume_close(&past, NULL) != AUS_OK)
    AUS_WARN("study", "%s: the journal could not be written to its end", run_dir);
  if (rc != AUS_OK) aus_status_end(status, rc, err);
  aus_status_close(status);
  aus_rundir_unlock(lock);
  aus_load_fini(&r);
  aus_provenance_fini(&who);
  return rc;
}
