/* resume.c - journal, recall and shards of an unfinished run opened.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/resume.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "engine/crash.h"
#include "engine/ctl.h"
#include "engine/memory.h"
#include "study/change.h"
#include "util/alloc.h"
#include "util/file.h"
#include "util/log.h"

enum { MOST_STUCK = 5 };

static int refuse(const char *run_dir, aus_buf *problems, const aus_buf *lines, aus_err *err)
{
  int rc = AUS_OK;

  aus_buf_printf(problems,
                 "auspex: %s holds an unfinished run of another configuration or other inputs:\n"
                 "%s"
                 "auspex: choose another directory with --dir, or discard that run with --fresh "
                 "--force\n",
                 run_dir, lines->n > 0 ? lines->data : "");
  AUS_TRY(aus_buf_check(problems, err));
  AUS_FAIL(err, AUS_ERESUME, "%s: an unfinished run of another configuration", run_dir);
done:
  return rc;
}

/* May the run go on? A configuration that changed as it may loosens what is recalled. */
static int admit(aus_resume *r, const aus_load *load, const aus_journal_scan *scan,
                 const char *run_dir, aus_buf *problems, aus_err *err)
{
  int rc = AUS_OK;
  const char *before = aus_recall_config(r->recall);
  bool changed = false, same = memcmp(scan->head.config, load->frozen, 32) == 0;
  aus_buf lines;

  aus_buf_init(&lines);
  if (before)
    AUS_TRY(
        aus_change_compare(before, load->config, load->type, load->files, &lines, &changed, err));
  if (!same || lines.n > 0) AUS_TRY(refuse(run_dir, problems, &lines, err));
  if (changed) aus_recall_loosen(r->recall);
done:
  aus_buf_fini(&lines);
  return rc;
}

static aus_poll_answer still_wanted(void *self)
{
  aus_rundir *dir = self;

  if (dir && aus_rundir_tend(dir, NULL) != AUS_OK) return AUS_POLL_STOP;
  return aus_ctl_seen().order < AUS_ORDER_STOP ? AUS_POLL_CONTINUE : AUS_POLL_STOP;
}

aus_poll aus_resume_vigil(aus_rundir *dir)
{
  return (aus_poll){.self = dir, .look = still_wanted};
}

int aus_resume_lost(const aus_rundir *dir, int rc, aus_err *err)
{
  aus_err why;

  aus_err_clear(&why);
  if (rc != AUS_ECANCEL || !dir || aus_rundir_beat(dir, &why) == AUS_OK) return rc;
  if (err) *err = why;
  return why.code;
}

static int check_rows(aus_resume *r, const aus_load *load, const char *run_dir, aus_rundir *dir,
                      aus_err *err)
{
  int rc = AUS_OK;
  int64_t n_bad = 0;
  aus_study_parts parts = load->type->parts(load->self);
  aus_table *tables = NULL;
  aus_shard_reader *reader = NULL;
  const aus_poll poll = aus_resume_vigil(dir);

  AUS_TRY(aus_engine_tables(&tables, parts.tables, parts.n_tables, err));
  AUS_TRY(aus_shard_reader_create(&reader, run_dir, load->run_id, tables, parts.n_tables + 1, err));
  AUS_TRY(
      aus_recall_check_rows(r->recall, run_dir, reader, parts.n_tables + 1, &poll, &n_bad, err));
  if (n_bad > 0)
    AUS_WARN("study", "%s: rows of %" PRId64 " committed tasks are lost; they are done again",
             run_dir, n_bad);
done:
  aus_shard_reader_destroy(reader);
  aus_free(tables);
  return aus_resume_lost(dir, rc, err);
}

static int check_stuck(const aus_recall *recall, const char *run_dir, aus_err *err)
{
  int rc = AUS_OK;
  uint64_t id;
  bool job;
  int n = aus_recall_stuck(recall, &id, &job);

  if (n >= MOST_STUCK)
    AUS_FAIL(err, AUS_EMPI,
             "%s: %s %u:%u was under way when the run ended, %d times in a row and without any "
             "other result in between; it seems to take the run along",
             run_dir, job ? "job" : "trial", (unsigned)(id >> 32), (unsigned)id, n);
done:
  return rc;
}

/* What dying workers have left behind becomes part of the journal. */
static int take_crashes(aus_resume *r, const char *run_dir, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;
  aus_crashes c;
  aus_buf b;
  aus_record record = {.type = AUS_R_NOTE, .flags = AUS_NOTE_CHARGED};

  aus_buf_init(&b);
  aus_crashes_init(&c);
  AUS_TRY(aus_crash_read(&c, run_dir, err));
  for (i = 0; i < c.n; i++) {
    const aus_crash *t = &c.task[i];

    AUS_WARN("study", "%s %u:%u took its worker along (%s)", t->job ? "job" : "trial",
             (unsigned)(t->id >> 32), (unsigned)t->id, t->cause);
    aus_buf_clear(&b);
    aus_recall_encode_charged(&(aus_charge){.id = t->id, .job = t->job, .n = t->n_attempts}, &b);
    AUS_TRY(aus_journal_add(r->journal, AUS_R_NOTE, AUS_NOTE_CHARGED, &b, err));
    record.payload = b.data;
    record.n = (uint32_t)b.n;
    AUS_TRY(aus_recall_record(r->recall, &record, err));
  }
  AUS_TRY(aus_journal_sync(r->journal, err));
  AUS_TRY(aus_crash_remove(run_dir, err));
done:
  aus_crashes_fini(&c);
  aus_buf_fini(&b);
  return rc;
}

static int go_on(aus_resume *r, const aus_load *load, const char *run_dir, const char *path,
                 aus_rundir *dir, const aus_journal_scan *scan, double sync_interval_s,
                 aus_buf *problems, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(admit(r, load, scan, run_dir, problems, err));
  AUS_TRY(check_stuck(r->recall, run_dir, err));
  AUS_TRY(check_rows(r, load, run_dir, dir, err));
  AUS_TRY(aus_journal_resume(&r->journal, path, scan, sync_interval_s, err));
  AUS_TRY(take_crashes(r, run_dir, err));
  r->n_resumes = aus_recall_n_resumes(r->recall) + 1;
  AUS_TRY(aus_memory_note(r->journal, AUS_NOTE_RESUMED, "build " AUS_GIT_REVISION, err));
  if (!aus_recall_config(r->recall) || aus_recall_is_loose(r->recall))
    AUS_TRY(aus_memory_note(r->journal, AUS_NOTE_RUN, load->config, err));
  if (scan->dropped > 0)
    AUS_WARN("study", "%s: dropped %" PRIu64 " bytes behind the last whole record", path,
             scan->dropped);
  AUS_INFO("study", "%s: resumes a run with %" PRId64 " results", run_dir,
           aus_recall_n_commits(r->recall));
done:
  return rc;
}

static int begin(aus_resume *r, const aus_load *load, const char *path, double sync_interval_s,
                 aus_err *err)
{
  int rc = AUS_OK;
  aus_journal_head head = {.seed = load->seed};

  memcpy(head.config, load->frozen, sizeof head.config);
  AUS_TRY(aus_journal_create(&r->journal, path, &head, sync_interval_s, err));
  AUS_TRY(aus_memory_note(r->journal, AUS_NOTE_RUN, load->config, err));
done:
  return rc;
}

int aus_resume_open(aus_resume *r, const aus_load *load, const char *run_dir, aus_rundir *dir,
                    double sync_interval_s, aus_buf *problems, aus_err *err)
{
  int rc = AUS_OK;
  char *path = NULL;
  aus_journal_scan scan = {0};

  *r = (aus_resume){0};
  AUS_TRY(aus_path_join(&path, run_dir, AUS_RUNDIR_JOURNAL, err));
  if (access(path, F_OK) == 0) {
    AUS_TRY(aus_recall_create(&r->recall, err));
    AUS_TRY(aus_journal_read(path, aus_recall_record, r->recall, &scan, err));
  }
  AUS_TRY(aus_shard_next_number(run_dir, &r->first_shard, err));
  if (scan.end > 0)
    AUS_TRY(go_on(r, load, run_dir, path, dir, &scan, sync_interval_s, problems, err));
  else {
    if (r->recall && unlink(path) != 0) AUS_FAIL(err, AUS_EIO, "%s: cannot be removed", path);
    aus_recall_destroy(r->recall);
    r->recall = NULL;
    AUS_TRY(begin(r, load, path, sync_interval_s, err));
  }
  AUS_TRY(aus_journal_sync(r->journal, err));
done:
  aus_free(path);
  return rc;
}

int aus_resume_look(aus_resume *r, const aus_load *load, const char *run_dir, aus_buf *problems,
                    aus_err *err)
{
  int rc = AUS_OK;
  char *path = NULL;
  aus_journal_scan scan = {0};

  *r = (aus_resume){0};
  AUS_TRY(aus_path_join(&path, run_dir, AUS_RUNDIR_JOURNAL, err));
  AUS_TRY(aus_recall_create(&r->recall, err));
  AUS_TRY(aus_journal_read(path, aus_recall_record, r->recall, &scan, err));
  if (scan.end == 0) AUS_FAIL(err, AUS_EFORMAT, "%s: nothing is in it", path);
  AUS_TRY(admit(r, load, &scan, run_dir, problems, err));
done:
  aus_free(path);
  return rc;
}

int aus_resume_close(aus_resume *r, aus_err *err)
{
  int rc = aus_journal_close(r->journal, err);

  aus_recall_destroy(r->recall);
  *r = (aus_resume){0};
  return rc;
}
