/* replay.c - the driver against the journal.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/replay.h"

#include <inttypes.h>

#include "engine/engine.h"
#include "par/agree.h"
#include "study/load.h"
#include "study/resume.h"

static int tell(const aus_call *call, const aus_engine_log *log, bool finished, aus_err *err)
{
  int rc = AUS_OK;

  aus_buf_printf(call->out,
                 "%s run: %" PRId64 " trials, %" PRId64 " proposals made again, %" PRId64
                 " came out otherwise\n",
                 finished ? "finished" : "unfinished", log->n, log->n_checked, log->n_otherwise);
  AUS_TRY(aus_buf_check(call->out, err));
  if (log->n_otherwise > 0)
    AUS_FAIL(err, AUS_EDIFF, "%" PRId64 " proposals came out otherwise", log->n_otherwise);
done:
  return rc;
}

static int drive(const aus_load *r, const aus_resume *past, const char *run_dir, aus_err *err)
{
  int rc = AUS_OK, closed;
  bool finished = false;
  aus_engine_conf conf = {
      .sched = {.max_attempts = (int)aus_opt_int(r->engine_opts, "max_attempts"),
                .timeout_min_s = 1,
                .timeout_first_s = 1,
                .hang_after_s = 1,
                .lost_after_s = 1},
      .max_failed = (int)aus_opt_int(r->engine_opts, "max_failed"),
      .worker = aus_load_worker(r, run_dir),
      .recall = past->recall,
      .replay = true};
  aus_engine *engine = NULL;
  aus_engine_log log;
  aus_err why;

  aus_err_clear(&why);
  AUS_TRY(aus_engine_open(&engine, MPI_COMM_NULL, &conf, err));
  rc = r->type->drive(r->self, engine, err);
  finished = rc == AUS_OK;
  if (rc == AUS_ECANCEL) { /* the end of the journal */
    aus_err_clear(err);
    rc = AUS_OK;
  }
  log = aus_engine_report(engine);
  if (rc == AUS_OK) rc = tell(r->call, &log, finished, err);
done:
  closed = aus_engine_close(engine, AUS_OK, NULL, &why);
  if (rc == AUS_OK && closed != AUS_OK && closed != AUS_ECANCEL) {
    *err = why;
    rc = closed;
  }
  return rc;
}

int aus_study_replay(const aus_call *call, const char *study_path, const char *run_dir,
                     aus_err *err)
{
  int rc = AUS_OK;
  aus_load r = {.call = call, .study_path = study_path};
  aus_resume past = {0};

  AUS_TRY(aus_agree(call->world, aus_files_create(&r.files, call->rank == 0, err), err));
  AUS_TRY(aus_load_everywhere(&r, err));
  if (call->rank == 0) {
    rc = aus_resume_look(&past, &r, run_dir, call->problems, err);
    if (rc == AUS_OK) rc = drive(&r, &past, run_dir, err);
  }
  rc = aus_agree(call->world, rc, err);
done:
  (void)aus_resume_close(&past, NULL);
  aus_load_fini(&r);
  return rc;
}
