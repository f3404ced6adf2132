/* run.c - one study file from the first line to the published HDF5 file.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/memory.h"
#include "par/agree.h"
#include "store/read.h"
#include "study/output.h"
#include "study/session.h"
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
    {"isolate", AUS_T_ENUM, "none", "none,fork", "",
     "fork: every simulation runs in a process of its own, so that a crash costs one attempt"},
    {"isolate_force", AUS_T_BOOL, "false", "", "",
     "isolate also where a fork may damage MPI's transport (UCX, several hosts)"},
    {"isolate_memory_mb", AUS_T_INT, "0", "0:", "MiB",
     "what such a process may take beyond its worker's memory; 0: no limit"},
    {"lost_after_s", AUS_T_REAL, "90", "0.001:", "s", "silence after which a worker is given up"},
    {"manager_works", AUS_T_ENUM, "auto", "auto,no,yes", "",
     "rank 0 takes tasks when the others are busy; auto: up to 3 ranks"},
    {"max_failed", AUS_T_INT, "-1", "-1:2147483647", "",
     "failed trials that end the run; -1: max(100, 20 % of the tasks)"},
    {"grace_s", AUS_T_REAL, "-1", "-1:", "s",
     "time that running trials get after SIGUSR1 or at the end of the wall clock; -1: what is left "
     "of it - 1.5 x margin_s, or 300 without one"},
    {"margin_s", AUS_T_REAL, "60", "0:", "s",
     "wall clock to be left when the last trial and the publication are done"},
    {"publish", AUS_T_ENUM, "auto", "auto,serial", "",
     "who writes the result: all ranks together unless one was lost, or rank 0 alone"},
    {"publish_every_s", AUS_T_REAL, "0", "0:", "s",
     "publish what is there so often while the run goes on, as after SIGUSR2; 0: never"},
    {"topo.manager_core", AUS_T_ENUM, "auto", "auto,keep", "",
     "auto: rank 0 moves to a free core when the launcher put it on the only core of a worker"},
    {"store.deflate", AUS_T_INT, "4", "0:9", "",
     "compression level of the published file; 0: none"},
    {0},
};

static aus_engine_conf engine_conf(aus_session *s)
{
  const aus_load *r = &s->load;
  const aus_opts *o = r->engine_opts;
  const char *recovery = getenv("OMPI_MCA_orte_enable_recovery");
  aus_worker_conf worker = aus_load_worker(r, s->run_dir);

  worker.isolate = aus_opt_enum(o, "isolate") == 1;
  worker.isolate_memory_mb = aus_opt_int(o, "isolate_memory_mb");
  worker.first_shard = s->past.first_shard;
  worker.topo = &s->topo;
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
      .status = s->status,
      .ctl = {.limit_s = s->limit_s,
              .margin_s = aus_opt_real(o, "margin_s"),
              .grace_s = aus_opt_real(o, "grace_s"),
              .publish_every_s = aus_opt_real(o, "publish_every_s")},
      .on_publish = aus_output_now,
      .on_publish_self = s,
      .isolate_force = aus_opt_bool(o, "isolate_force"),
      .worker = worker,
      .journal = s->past.journal,
      .recall = s->past.recall,
      .dir = s->dir,
      .fragile = recovery && strcmp(recovery, "1") == 0,
  };
}

/* Rank 0: all stages, then the plan of the file, also after an early end that left time for one. */
static int drive(aus_session *s, aus_pub **pub, aus_err *err)
{
  int rc = s->load.type->drive(s->load.self, s->engine, err);
  aus_engine_log log = aus_engine_report(s->engine);
  aus_err why;

  s->n_done = log.n;
  s->n_trials = log.n_trials;
  if (rc == AUS_OK) return aus_output_plan(s, true, pub, err);
  if (rc != AUS_ECANCEL || !aus_engine_drained(s->engine)) return rc;
  aus_err_clear(&why);
  if (aus_output_plan(s, false, pub, &why) != AUS_OK)
    AUS_WARN("study", "nothing is published: %s", why.text);
  return rc;
}

/* Rank 0: the result for people, and as text where a verb was asked for it. */
static int tell(aus_session *s, aus_err *err)
{
  int rc = AUS_OK;
  const aus_load *r = &s->load;
  const char *csv = r->verb ? aus_args_last(r->call->args, "csv") : NULL;

  if (csv) {
    AUS_TRY(aus_dir_make(csv, err));
    AUS_TRY(r->type->text(r->self, s->out_path, csv, err));
  }
  r->type->report(r->self, r->call->out);
done:
  return rc;
}

/* After the last stage, or after an early end. Collective unless ranks are apart: only rank 0 knows whether
 * there is something to publish.
 * @return what the run ends with: of one that ended early a failed publication is only a warning */
static int publish(aus_session *s, const aus_pub *pub, bool together, int rc, aus_err *err)
{
  const aus_call *call = s->load.call;
  int yes = pub && (rc == AUS_OK || rc == AUS_ECANCEL), published;
  aus_err why;

  aus_err_clear(&why);
  if (together) MPI_Bcast(&yes, 1, MPI_INT, 0, call->world);
  if (!yes) return rc;
  aus_status_enter(s->status, AUS_RUN_PUBLISHING);
  published = aus_output_write(s, pub, together, &why);
  if (published == AUS_OK && call->rank == 0) published = aus_rundir_beat(s->dir, &why);
  if (published == AUS_OK && call->rank == 0)
    published = aus_memory_note(s->past.journal, AUS_NOTE_PUBLISHED, s->out_path, &why);
  if (rc == AUS_OK) {
    *err = why;
    if (published == AUS_OK && call->rank == 0) published = tell(s, err);
    return published;
  }
  if (published == AUS_OK)
    aus_buf_printf(call->out, "unfinished %s\n", s->out_path);
  else
    AUS_WARN("study", "not published: %s", why.text);
  return rc;
}

static int work(aus_session *s, aus_err *err)
{
  int rc = AUS_OK;
  bool together;
  const aus_call *call = s->load.call;
  aus_engine_conf conf = engine_conf(s);
  aus_pub *pub = NULL;

  AUS_TRY(aus_engine_open(&s->engine, call->world, &conf, err));
  if (call->rank == 0)
    rc = drive(s, &pub, err);
  else
    rc = aus_engine_serve(s->engine, err);
  rc = aus_engine_close(s->engine, rc, &together, err);
  s->engine = NULL;
  *call->apart = !together;
  rc = publish(s, pub, together, rc, err);
  if (rc == AUS_ECANCEL) {
    aus_err_clear(err);
    AUS_FAIL(err, AUS_ECANCEL,
             "stopped early: %" PRId64 " of %" PRId64
             " trials; run the same command again to go on",
             s->n_done, s->n_trials);
  }
done:
  aus_pub_destroy(pub);
  return rc;
}

int aus_study_check_places(const aus_load *r, const char *out_path, const char *run_dir,
                           aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_file_check(out_path, err));
  if (strcmp(out_path, run_dir) == 0)
    AUS_FAIL(err, AUS_ECONFIG, "%s: is the output and the run directory; give one with -o or --dir",
             out_path);
  AUS_TRY(aus_files_spare(r->files, out_path, err));
done:
  return rc;
}

/* Rank 0: the run directory with everything in it that an earlier run left. */
static int enter(aus_session *s, aus_err *err)
{
  int rc = AUS_OK;
  aus_load *r = &s->load;
  const aus_args *args = r->call->args;
  aus_study_parts parts = r->type->parts(r->self);
  aus_rundir_conf conf = {.seed = r->seed,
                          .config_sha256 = r->digest,
                          .published = aus_read_is_result(s->out_path, r->digest),
                          .fresh = aus_args_given(args, "fresh") > 0,
                          .force = aus_args_given(args, "force") > 0,
                          .break_lock = aus_args_given(args, "break-lock") > 0};

  AUS_TRY(aus_study_check_places(r, s->out_path, s->run_dir, err));
  AUS_TRY(aus_rundir_enter(&s->dir, s->run_dir, &conf, err));
  if (aus_rundir_finished(s->dir)) goto done;
  AUS_TRY(aus_resume_open(&s->past, r, s->run_dir, s->dir,
                          aus_opt_real(r->engine_opts, "sync_interval_s"), r->call->problems, err));
  AUS_TRY(aus_status_open(&s->status, s->run_dir, r->type->name, parts.kinds, parts.n_kinds,
                          r->call->size, err));
  aus_status_facts_of(s->status)->n_resumes = s->past.n_resumes;
done:
  return rc;
}

/* What rank 0 has found there and the others need. Collective. */
static int share_past(aus_session *s, bool *finished, aus_err *err)
{
  int rc = AUS_OK;
  uint32_t past[2] = {s->past.first_shard, s->dir && aus_rundir_finished(s->dir)};

  AUS_MPI(MPI_Bcast(past, 2, MPI_UINT32_T, 0, s->load.call->world), err);
  s->past.first_shard = past[0];
  *finished = past[1];
done:
  return rc;
}

/* An earlier run was killed when nothing was left to do but this. */
static int clear_away(const aus_session *s, aus_err *err)
{
  int rc = AUS_OK;
  const aus_call *call = s->load.call;

  if (call->rank != 0) goto done;
  AUS_INFO("study", "%s: the run had finished; the rest of its directory is removed", s->run_dir);
  AUS_TRY(aus_rundir_remove(s->run_dir, err));
  aus_buf_printf(call->out, "result    %s\n", s->out_path);
done:
  return rc;
}

/* The status file tells the journal's last size. */
static int close_journal(aus_session *s, aus_err *err)
{
  aus_status_facts *f = aus_status_facts_of(s->status);
  int rc = s->past.journal ? aus_journal_sync(s->past.journal, err) : AUS_OK, closed;

  if (f && s->past.journal) f->journal_bytes = (int64_t)aus_journal_size(s->past.journal);
  closed = aus_resume_close(&s->past, rc == AUS_OK ? err : NULL);
  return rc == AUS_OK ? closed : rc;
}

static int leave(aus_session *s, aus_err *err)
{
  int rc = AUS_OK;
  const aus_call *call = s->load.call;

  if (call->rank != 0) goto done;
  AUS_TRY(aus_rundir_beat(s->dir, err)); /* nothing of another run is removed */
  AUS_TRY(close_journal(s, err));
  aus_status_end(s->status, AUS_OK, NULL);
  if (aus_args_given(call->args, "keep") == 0) AUS_TRY(aus_rundir_remove(s->run_dir, err));
  aus_buf_printf(call->out, "result    %s\n", s->out_path);
done:
  return rc;
}

/* 75 promises that the run can go on: not without its journal. */
static int close_past(aus_session *s, int rc, aus_err *err)
{
  aus_err why;
  int closed;

  aus_err_clear(&why);
  closed = close_journal(s, &why);
  if (closed == AUS_OK) return rc;
  if (rc != AUS_OK && rc != AUS_ECANCEL) {
    AUS_WARN("study", "%s", why.text);
    return rc;
  }
  *err = why;
  return closed;
}

int aus_study_run(const aus_call *call, const char *study_path, const aus_study_verb *verb,
                  const char *out_path, const char *run_dir, aus_err *err)
{
  int rc = AUS_OK;
  bool finished = false;
  aus_session s = {.load = {.call = call, .study_path = study_path, .verb = verb},
                   .out_path = out_path,
                   .run_dir = run_dir};

  aus_ctl_install();
  if (call->rank == 0) rc = aus_ctl_limit(aus_args_last(call->args, "walltime"), &s.limit_s, err);
  AUS_TRY(aus_agree(call->world, rc, err));
  AUS_TRY(aus_provenance_start(&s.who, call->world, err));
  AUS_TRY(aus_agree(call->world, aus_files_create(&s.load.files, call->rank == 0, err), err));
  AUS_TRY(aus_load_everywhere(&s.load, err));
  AUS_TRY(aus_topo_arrange(call->world, aus_opt_enum(s.load.engine_opts, "topo.manager_core") == 0,
                           &s.topo, &s.who.places, err));
  if (call->rank == 0) rc = enter(&s, err);
  AUS_TRY(aus_agree(call->world, rc, err));
  AUS_TRY(share_past(&s, &finished, err));
  if (finished) {
    AUS_TRY(clear_away(&s, err));
    goto done;
  }
  AUS_TRY(work(&s, err));
  AUS_TRY(leave(&s, err));
done:
  rc = close_past(&s, rc, err);
  if (rc != AUS_OK) aus_status_end(s.status, rc, err);
  aus_status_close(s.status);
  aus_rundir_leave(s.dir);
  aus_ctl_release();
  aus_load_fini(&s.load);
  aus_provenance_fini(&s.who);
  return rc;
}
