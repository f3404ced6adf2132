/* engine.c - the manager: joins scheduler, transport and workers; and how a run starts and ends.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "engine/engine.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "engine/hosts.h"
#include "engine/ledger.h"
#include "engine/memory.h"
#include "engine/progress.h"
#include "engine/wire.h"
#include "par/agree.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/log.h"

enum { MESSAGES_AT_ONCE = 256, ACTIONS_AT_ONCE = 64, TASK_FIXED_BYTES = 64 };

static const double bye_wait_s = 5, bye_wait_stop_s = 0.4, verdict_wait_s = 60, look_for_s = 0.5;
static const double publication_bytes_per_s =
    20e6; /* until one was measured: one rank, deflate 4 */

/* What the manager knows about a worker besides the scheduler's table. */
typedef struct peer {
  aus_wire_hello hello;
  bool told, said_bye, rolled; /* told: STOP was sent */
  bool visible, missed;        /* looked for by its pid; not found at the last look */
  aus_blob *blob;              /* came ahead of the result they belong to */
  int64_t n_blobs, cap_blobs;
  aus_blobs_entry part; /* the one whose chunks are coming */
} peer;

struct aus_engine {
  MPI_Comm world;
  int rank, size, n_peers;
  aus_engine_conf conf;
  aus_comm *comm;
  aus_worker *worker; /* this rank's own, or rank 0's local one */
  bool stopped;       /* the worker has left its loop */
  /* Rank 0. */
  aus_sched *sched;
  aus_blobs blobs;
  peer *peer; /* 1..n_peers */
  aus_commit_fn on_commit;
  void *self;
  aus_progress progress;
  aus_ledger ledger;
  aus_memory memory;
  double unix_s;   /* Unix time minus aus_clock_s() */
  aus_err failure; /* what ends the run, also when found inside the poll hook */
  bool closing, resting;
  double opened_s, first_s, last_s; /* first TASK, last RESULT */
  double busy_s, looked_for_s;
  double meter_first_s, meter_busy_s; /* since the last aus_engine_utilisation() */
  int64_t n_failed, n_trials, n_checked, n_otherwise;
  int n_lost;
  uint64_t roll;
  bool machine_dependent, by_arrival; /* by_arrival: some campaign is */
  /* Orders from outside. */
  aus_ctl ctl;
  bool drained;
  bool publish,
      publishing;         /* asked for; shards are being closed for it, and nothing is committed */
  double publish_until_s; /* for the shards */
  double publication_s;   /* what the last one took */
  double n_bytes;         /* of the rows committed so far */
};

/* ---- figures ---- */

static double utilisation(const aus_engine *e)
{
  double span_s = e->last_s - e->first_s;

  return e->first_s > 0 && span_s > 0 ? e->busy_s / (e->n_peers * span_s) : (double)NAN;
}

/* What the engine alone knows of the status file. */
static void fill_status(const aus_engine *e, double now_s)
{
  aus_status_facts *f = aus_status_facts_of(e->conf.status);

  if (f && !isinf(e->ctl.conf.limit_s)) f->wall_left_s = e->ctl.conf.limit_s - now_s;
  if (f && e->conf.journal) f->journal_bytes = (int64_t)aus_journal_size(e->conf.journal);
}

static void show_status(aus_engine *e, double now_s)
{
  aus_sched_stats x;

  if (!aus_status_due(e->conf.status, now_s)) return;
  x = aus_sched_count(e->sched);
  fill_status(e, now_s);
  aus_status_tick(e->conf.status, &x, utilisation(e), now_s);
}

void aus_engine_stage(aus_engine *e, const char *stage)
{
  if (e->conf.status) aus_status_facts_of(e->conf.status)->stage = stage;
}

/* A sign of life for runs on other hosts; a failure ends the run at the next turn. */
static void beat(aus_engine *e)
{
  aus_err why;

  if (!e->conf.dir) return;
  aus_err_clear(&why);
  if (aus_rundir_tend(e->conf.dir, &why) != AUS_OK && e->failure.code == AUS_OK) e->failure = why;
}

static void tick(aus_engine *e, double now_s)
{
  aus_sched_stats x;
  bool due = aus_ledger_due(&e->ledger, now_s);

  show_status(e, now_s);
  beat(e);
  if (!due && now_s - e->progress.shown_s < 0.2) return;
  x = aus_sched_count(e->sched);
  aus_progress_show(&e->progress, &x, now_s, false);
  if (due) aus_ledger_sample(&e->ledger, &x, now_s);
}

aus_engine_log aus_engine_report(const aus_engine *e)
{
  const aus_ledger *l = &e->ledger;

  return (aus_engine_log){.n = l->n,
                          .n_trials = e->n_trials,
                          .trial = l->trial,
                          .attempts = l->attempts,
                          .cost_s = l->cost_s,
                          .start_s = l->start_s,
                          .worker = l->worker,
                          .rss_bytes = l->rss_bytes,
                          .n_timeline = l->n_samples,
                          .time_s = l->time_s,
                          .manager_load = l->load,
                          .busy_workers = l->busy,
                          .queue = l->queue,
                          .committed = l->committed,
                          .n_violations = aus_sched_count(e->sched).n_violations,
                          .n_checked = e->n_checked,
                          .n_otherwise = e->n_otherwise,
                          .busy_s = e->busy_s,
                          .span_s = e->last_s > e->first_s ? e->last_s - e->first_s : 0,
                          .n_workers = e->n_peers,
                          .n_lost = e->n_lost,
                          .machine_dependent = e->machine_dependent || e->by_arrival};
}

void aus_engine_rest(aus_engine *e, bool rest)
{
  e->resting = rest && e->worker && e->n_peers > 2;
  aus_sched_rest(e->sched, e->resting);
}

double aus_engine_utilisation(aus_engine *e)
{
  double span_s = e->last_s - e->meter_first_s, share = (double)NAN;

  if (e->meter_first_s > 0 && span_s > 0)
    share = e->meter_busy_s / ((e->n_peers - e->resting) * span_s);
  e->meter_first_s = e->meter_busy_s = 0;
  return share;
}

/* A second SIGINT: nobody waits any more. */
static void abort_run(const aus_engine *e)
{
  AUS_WARN("engine", "aborted by a second SIGINT");
  if (e->world != MPI_COMM_NULL) MPI_Abort(e->world, 130);
  _exit(130);
}

/* ---- messages ---- */

static void free_blobs_of(peer *p)
{
  while (p->n_blobs > 0)
    aus_free(p->blob[--p->n_blobs].bytes);
  aus_free(p->blob);
  p->blob = NULL;
  p->cap_blobs = 0;
}

/* A worker must be the same program with the same kinds of tasks. */
static int take_hello(aus_engine *e, const aus_msg *m, aus_err *err)
{
  int rc = AUS_OK;
  peer *p = &e->peer[m->peer];
  char kinds[sizeof p->hello.kinds];

  AUS_TRY(aus_wire_hello_decode(&p->hello, m, err));
  if (strcmp(p->hello.build, AUS_GIT_REVISION) != 0)
    AUS_FAIL(err, AUS_EMPI, "rank %d is build %s, rank 0 is %s", m->peer, p->hello.build,
             AUS_GIT_REVISION);
  aus_worker_kinds(&e->conf.worker, kinds, sizeof kinds);
  if (strcmp(p->hello.kinds, kinds) != 0)
    AUS_FAIL(err, AUS_EMPI, "rank %d knows the tasks %s, rank 0 %s", m->peer, p->hello.kinds,
             kinds);
  AUS_DEBUG("engine", "worker %d: %s pid=%" PRIu64 " cores=%u", m->peer, p->hello.host,
            p->hello.pid, p->hello.n_cores);
  p->visible = aus_hosts_visible(&p->hello);
  p->rolled = true; /* it has no shard yet */
  aus_sched_hello(e->sched, m->peer, aus_comm_is_local(e->comm, m->peer), aus_clock_s());
done:
  return rc;
}

static int send_blob(aus_engine *e, const aus_msg *m, aus_err *err)
{
  int rc = AUS_OK;
  aus_blobs_entry *b = aus_blobs_find(&e->blobs, aus_wire_key(m));

  if (!b)
    AUS_FAIL(err, AUS_EINVAL, "worker %d asks for blob %u:%u, which is not there", m->peer,
             m->campaign, (unsigned)m->id);
  AUS_TRY(aus_memory_fetch(&e->memory, &e->blobs, b, err));
  AUS_TRY(aus_wire_send_blob(e->comm, m->peer, &b->blob, err));
done:
  return rc;
}

/* A chunk of a blob that a task has made; the last one completes it. */
static int take_chunk(aus_engine *e, const aus_msg *m, aus_err *err)
{
  int rc = AUS_OK;
  peer *p = &e->peer[m->peer];

  if (m->flags & AUS_WIRE_FIRST) p->part.blob.key = aus_wire_key(m);
  AUS_TRY(aus_wire_take_chunk(&p->part, m, err));
  if (!p->part.complete) goto done;
  AUS_TRY(aus_grow(&p->blob, &p->cap_blobs, p->n_blobs + 1, sizeof *p->blob, err));
  p->blob[p->n_blobs++] = p->part.blob;
  p->part = (aus_blobs_entry){0};
done:
  return rc;
}

static int take_roll(aus_engine *e, const aus_msg *m, aus_err *err)
{
  int rc = AUS_OK;
  aus_result r;

  AUS_TRY(aus_result_decode(&r, m->payload, m->n, err));
  if (m->id == e->roll) e->peer[m->peer].rolled = true;
  aus_sched_progress(e->sched, m->peer, 0, aus_clock_s());
  if (r.err.code != AUS_OK) {
    *err = r.err;
    aus_err_prepend(err, "rank %d: ", m->peer);
    rc = r.err.code;
  }
  aus_result_fini(&r);
done:
  return rc;
}

static int take_result(aus_engine *e, const aus_msg *m, aus_err *err)
{
  int rc = AUS_OK, rank = aus_comm_is_local(e->comm, m->peer) ? 0 : m->peer, i;
  peer *p = &e->peer[m->peer];
  aus_result r = {0};

  AUS_TRY(aus_result_decode(&r, m->payload, m->n, err));
  if (r.id != m->id || r.attempt != m->attempt || r.job != (m->type == AUS_MSG_JOBRES) ||
      p->n_blobs != m->flags || r.n_blob_ranges != m->flags)
    AUS_FAIL(err, AUS_EFORMAT, "rank %d: result %u:%u does not belong to its header", rank,
             m->campaign, (unsigned)m->id);
  r.blobs = p->blob;
  r.n_blobs = (int)p->n_blobs;
  for (i = 0; i < r.n_blobs; i++)
    r.blobs[i].range = r.blob_ranges[i];
  p->blob = NULL;
  p->n_blobs = p->cap_blobs = 0;
  e->busy_s += r.cost_s;
  e->meter_busy_s += r.cost_s;
  e->last_s = aus_clock_s();
  if (r.err.code != AUS_OK) r.err.rank = rank;
  if (r.err.code == AUS_EIO) {
    *err = r.err;
    aus_err_prepend(err, "rank %d: %s %u:%u: ", rank, r.job ? "job" : "trial", m->campaign,
                    (unsigned)m->id);
    rc = AUS_EIO;
    goto done;
  }
  rc = aus_sched_result(e->sched, m->peer, &r, e->last_s, err);
done:
  aus_result_fini(&r);
  return rc;
}

static int take_progress(aus_engine *e, const aus_msg *m, aus_err *err)
{
  int rc = AUS_OK;
  aus_wire_progress p;

  AUS_TRY(aus_wire_progress_decode(&p, m, err));
  if (p.phase == AUS_PHASE_OVERTIME)
    AUS_WARN("engine", "worker %d: trial %u:%u is past its soft deadline", m->peer, m->campaign,
             (unsigned)m->id);
  aus_sched_progress(e->sched, m->peer, p.expect_s, aus_clock_s());
done:
  return rc;
}

static int take_bye(aus_engine *e, const aus_msg *m, aus_err *err)
{
  int rc = AUS_OK, rank = aus_comm_is_local(e->comm, m->peer) ? 0 : m->peer;
  aus_wire_bye b;

  AUS_TRY(aus_wire_bye_decode(&b, m, err));
  e->peer[m->peer].said_bye = true;
  aus_sched_stopped(e->sched, m->peer, aus_clock_s());
  if (b.err.code != AUS_OK) {
    b.err.rank = rank;
    *err = b.err;
    aus_err_prepend(err, "rank %d: ", rank);
    rc = b.err.code;
  } else if (!e->closing)
    AUS_FAIL(err, AUS_EMPI, "rank %d left the run", rank);
done:
  return rc;
}

/* What a worker heard counts as if it had been heard here. */
static int take_notice(aus_engine *e, const aus_msg *m, aus_err *err)
{
  int rc = AUS_OK;
  aus_wire_notice n;

  AUS_TRY(aus_wire_notice_decode(&n, m, err));
  if (n.text[0]) AUS_WARN("engine", "worker %d: %s", m->peer, n.text);
  aus_ctl_hear(&e->ctl, &n.orders);
  if (n.orders.abort) abort_run(e);
done:
  return rc;
}

static int take_message(aus_engine *e, const aus_msg *m, aus_err *err)
{
  switch (m->type) {
  case AUS_MSG_HELLO:
    return take_hello(e, m, err);
  case AUS_MSG_RESULT:
    return take_result(e, m, err);
  case AUS_MSG_JOBRES:
    return m->flags & AUS_WIRE_ROLL ? take_roll(e, m, err) : take_result(e, m, err);
  case AUS_MSG_PROGRESS:
    return take_progress(e, m, err);
  case AUS_MSG_MODEL:
    return m->flags & AUS_WIRE_REQUEST ? send_blob(e, m, err) : take_chunk(e, m, err);
  case AUS_MSG_BYE:
    return take_bye(e, m, err);
  case AUS_MSG_NOTICE:
    return take_notice(e, m, err);
  case AUS_MSG_TASK:
  case AUS_MSG_CANCEL:
  case AUS_MSG_STOP:
  case AUS_MSG_JOB:
    break;
  }
  return aus_fail(err, AUS_EFORMAT, AUS_HERE, "rank 0 got a message of type %d", m->type);
}

static int take_messages(aus_engine *e, bool *any, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_msg m;
  bool got;

  for (i = 0; i < MESSAGES_AT_ONCE; i++) {
    AUS_TRY(aus_comm_receive(e->comm, false, &m, &got, err));
    if (!got) break;
    *any = true;
    AUS_TRY(take_message(e, &m, err));
  }
done:
  return rc;
}

/* ---- actions ---- */

static int send_task(aus_engine *e, int worker, const aus_task *t, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_msg m = {.type = t->job ? AUS_MSG_JOB : AUS_MSG_TASK,
               .id = t->id,
               .campaign = (uint32_t)(t->id >> 32),
               .attempt = t->attempt};
  aus_buf b;

  aus_buf_init(&b);
  for (i = 0; i < t->n_needs; i++)
    if (!aus_blobs_find(&e->blobs, t->needs[i]))
      AUS_FAIL(err, AUS_EINVAL, "%s %u:%u needs blob %u:%u, which is not there",
               t->job ? "job" : "trial", m.campaign, (unsigned)t->id, t->needs[i].campaign,
               t->needs[i].index);
  aus_task_encode(t, &b);
  AUS_TRY(aus_memory_started(&e->memory, t, worker, e->peer[worker].hello.host, err));
  AUS_TRY(aus_wire_send(e->comm, worker, m, &b, err));
  if (e->first_s == 0) e->first_s = aus_clock_s();
  if (e->meter_first_s == 0) e->meter_first_s = aus_clock_s();
done:
  aus_buf_fini(&b);
  return rc;
}

static int send_cancel(aus_engine *e, int worker, const aus_task *t, aus_err *err)
{
  return aus_wire_send(e->comm, worker,
                       (aus_msg){.type = AUS_MSG_CANCEL,
                                 .id = t->id,
                                 .campaign = (uint32_t)(t->id >> 32),
                                 .flags = t->job ? AUS_WIRE_JOB : 0},
                       NULL, err);
}

static int count_failure(aus_engine *e, const aus_result *r, aus_err *err)
{
  int rc = AUS_OK;
  int64_t n_tasks = aus_sched_count(e->sched).n_tasks, most = e->conf.max_failed;

  if (!aus_status_failed(r->status)) goto done;
  e->n_failed++;
  if (most < 0) most = n_tasks / 5 > 100 ? n_tasks / 5 : 100;
  AUS_DEBUG("engine", "trial %u:%u: %s: %s", (unsigned)(r->id >> 32), (unsigned)r->id,
            aus_status_names[r->status], r->err.text);
  if (e->n_failed > most)
    AUS_FAIL(err, AUS_ENUMERIC,
             "%" PRId64 " of %" PRId64 " tasks failed, at most %" PRId64
             " may; the last: %s %u:%u: %s: %s",
             e->n_failed, n_tasks, most, r->job ? "job" : "trial", (unsigned)(r->id >> 32),
             (unsigned)r->id, aus_status_names[r->status], r->err.text);
done:
  return rc;
}

static void note_machine(aus_engine *e, const aus_result *r)
{
  if (e->machine_dependent || !aus_status_failed(r->status) || !aus_status_machine(r->status))
    return;
  e->machine_dependent = true;
  AUS_WARN("engine",
           "%s %u:%u ended as %s, which depends on the machine: from here on another run may give"
           " other results",
           r->job ? "job" : "trial", (unsigned)(r->id >> 32), (unsigned)r->id,
           aus_status_names[r->status]);
}

/* For the time that a publication will take. */
static void count_bytes(aus_engine *e, const aus_range *g)
{
  const aus_table *t = &e->conf.worker.tables[g->table];
  int i;

  for (i = 0; i < t->n_columns; i++)
    e->n_bytes += (double)g->n * t->column[i].width * (double)aus_dtype_size(t->column[i].type);
}

static int commit(aus_engine *e, const aus_action *a, aus_err *err)
{
  int rc = AUS_OK, worker = aus_comm_is_local(e->comm, a->worker) ? 0 : a->worker, i;
  double start_s = a->worker ? a->start_s + e->unix_s : (double)NAN;
  const aus_result *r = a->result;

  for (i = 0; i < r->n_ranges; i++)
    count_bytes(e, &r->ranges[i]);
  AUS_TRY(aus_memory_commit(&e->memory, a->task, r, &worker, &start_s, &e->blobs, err));
  if (!r->job)
    AUS_TRY(aus_ledger_commit(&e->ledger, r, worker, start_s - e->unix_s - e->opened_s, err));
  note_machine(e, r);
  aus_progress_commit(&e->progress, a->task, r, a->worker);
  aus_status_commit(e->conf.status, a->task, r);
  if (e->on_commit) AUS_TRY(e->on_commit(e->self, a->task, r, err));
  AUS_TRY(count_failure(e, r, err));
done:
  return rc;
}

/* task: what it was working on, which is charged for it; NULL: nothing. */
static int lost(aus_engine *e, int worker, const aus_task *task, aus_err *err)
{
  int rc = AUS_OK;
  const peer *p = &e->peer[worker];

  e->n_lost++;
  if (!p->missed)
    AUS_WARN("engine", "worker %d on %s does not answer any more and is given up", worker,
             p->hello.host[0] ? p->hello.host : "an unknown host");
  if (task)
    AUS_WARN("engine", "worker %d took %s %u:%u along, attempt %d of %d", worker,
             task->job ? "job" : "trial", (unsigned)(task->id >> 32), (unsigned)task->id,
             task->attempt + 1, e->conf.sched.max_attempts);
  if (aus_sched_count(e->sched).n_workers_live == 0)
    AUS_FAIL(err, AUS_EMPI, "no worker is left (%d lost)", e->n_lost);
done:
  return rc;
}

static int act(aus_engine *e, bool *any, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_action a;

  for (i = 0; i < ACTIONS_AT_ONCE; i++) {
    AUS_TRY(aus_sched_next(e->sched, aus_clock_s(), &a, err));
    if (a.type == AUS_ACT_NONE) goto done;
    *any = true;
    switch (a.type) {
    case AUS_ACT_SEND:
      AUS_TRY(send_task(e, a.worker, a.task, err));
      break;
    case AUS_ACT_COMMIT:
      AUS_TRY(commit(e, &a, err));
      break;
    case AUS_ACT_CANCEL:
      AUS_TRY(send_cancel(e, a.worker, a.task, err));
      break;
    case AUS_ACT_LOST:
      if (a.task) AUS_TRY(aus_memory_charged(&e->memory, a.task, err));
      AUS_TRY(lost(e, a.worker, a.task, err));
      break;
    case AUS_ACT_VIOLATION:
      AUS_WARN("engine", "%s %u:%u: worker %d has another result than the first one",
               a.task->job ? "job" : "trial", (unsigned)(a.task->id >> 32), (unsigned)a.task->id,
               a.worker);
      break;
    case AUS_ACT_NONE:
      break;
    }
  }
done:
  return rc;
}

/* ---- the living and the dead ---- */

/* Workers on this host are looked for twice a second; nothing else tells that one has died. Only the second
 * time in vain counts, so that what it said last has come in. */
static void look_for_peers(aus_engine *e, double now_s)
{
  int i;

  if (now_s - e->looked_for_s < look_for_s) return;
  e->looked_for_s = now_s;
  for (i = 1; i <= e->n_peers; i++) {
    peer *p = &e->peer[i];
    bool missed = p->missed;

    if (!p->visible || p->said_bye) continue;
    p->missed = !aus_hosts_alive(&p->hello);
    if (!missed || !p->missed) continue;
    p->visible = false;
    AUS_WARN("engine", "worker %d: process %" PRIu64 " is dead", i, p->hello.pid);
    aus_sched_gone(e->sched, i, now_s);
  }
}

/* ---- turns ---- */

static void remember(aus_engine *e, int rc, const aus_err *why)
{
  if (rc != AUS_OK && e->failure.code == AUS_OK) e->failure = *why;
}

/* ---- closing shards ---- */

static bool is_live(const aus_engine *e, int worker)
{
  aus_worker_state state = aus_sched_worker(e->sched, worker);

  return state == AUS_W_IDLE || state == AUS_W_BUSY || state == AUS_W_SUSPECT;
}

static int first_unrolled(const aus_engine *e)
{
  int i;

  for (i = 1; i <= e->n_peers; i++)
    if (!e->peer[i].rolled && is_live(e, i)) return i;
  return 0;
}

static int ask_to_roll(aus_engine *e, aus_err *err)
{
  int rc = AUS_OK, i;

  e->roll++;
  for (i = 1; i <= e->n_peers; i++) {
    e->peer[i].rolled = false;
    if (is_live(e, i))
      AUS_TRY(aus_wire_send(
          e->comm, i, (aus_msg){.type = AUS_MSG_CANCEL, .id = e->roll, .flags = AUS_WIRE_ROLL},
          NULL, err));
  }
done:
  return rc;
}

/* ---- orders from outside ---- */

static void end_early(const aus_engine *e, aus_err *err)
{
  (void)aus_fail(err, AUS_ECANCEL, AUS_HERE, "stopped by %s", aus_ctl_name(e->ctl.signal));
}

static void note_signal(aus_engine *e)
{
  aus_err why;

  aus_err_clear(&why);
  remember(e, aus_memory_note(e->conf.journal, AUS_NOTE_SIGNAL, aus_ctl_name(e->ctl.signal), &why),
           &why);
}

static void obey(aus_engine *e)
{
  aus_ctl *c = &e->ctl;
  aus_orders seen = aus_ctl_seen();
  double now_s = aus_clock_s();
  double need_s = fmax(e->publication_s, e->n_bytes / publication_bytes_per_s);

  if (seen.abort) abort_run(e);
  aus_ctl_hear(c, &seen);
  aus_sched_until(e->sched, c->conf.limit_s - c->conf.margin_s - need_s);
  if (aus_sched_late(e->sched)) aus_ctl_hear(c, &(aus_orders){.order = AUS_ORDER_DRAIN});
  switch (aus_ctl_next(c, now_s, need_s)) {
  case AUS_CTL_GO_ON:
    break;
  case AUS_CTL_PUBLISH:
    e->publish = e->conf.on_publish;
    break;
  case AUS_CTL_FREEZE:
    AUS_INFO("engine", "%s: no new trials, running ones have %.0f s", aus_ctl_name(c->signal),
             c->cancel_s - now_s);
    aus_status_enter(e->conf.status, AUS_RUN_DRAINING);
    note_signal(e);
    aus_sched_freeze(e->sched, false);
    break;
  case AUS_CTL_CANCEL:
    aus_sched_freeze(e->sched, true);
    break;
  case AUS_CTL_STOP:
    AUS_INFO("engine", "%s: stopping at once", aus_ctl_name(c->signal));
    note_signal(e);
    end_early(e, &e->failure);
    break;
  }
}

static void end_publication(aus_engine *e, double begun_s)
{
  e->publish = e->publishing = false;
  aus_ctl_published(&e->ctl, begun_s, aus_clock_s());
  aus_sched_hold(e->sched, false);
}

/* On request while the workers go on: they close their shards, and until rank 0 has written the file
 * nothing is committed, so that all that is committed lies in closed ones. */
static int publish(aus_engine *e, aus_err *err)
{
  int rc = AUS_OK, i;
  double now_s = aus_clock_s();
  aus_err why;

  if (!e->publish) goto done;
  aus_err_clear(&why);
  if (e->ctl.order >= AUS_ORDER_DRAIN) {
    end_publication(e, now_s); /* a better one follows, or none */
  } else if (!e->publishing) {
    e->publishing = true;
    e->publish_until_s = now_s + e->conf.sched.lost_after_s;
    aus_sched_hold(e->sched, true);
    AUS_TRY(ask_to_roll(e, err));
  } else if ((i = first_unrolled(e)) == 0) {
    AUS_TRY(aus_memory_sync(&e->memory, err));
    aus_status_enter(e->conf.status, AUS_RUN_PUBLISHING);
    if (e->conf.on_publish(e->conf.on_publish_self, &why) != AUS_OK)
      AUS_WARN("engine", "not published, the run goes on: %s", why.text);
    e->publication_s = aus_clock_s() - now_s;
    aus_status_enter(e->conf.status, AUS_RUN_RUNNING);
    end_publication(e, now_s);
  } else if (now_s > e->publish_until_s) {
    AUS_WARN("engine", "not published, the run goes on: worker %d does not close its shard", i);
    end_publication(e, now_s);
  }
done:
  return rc;
}

/* ---- turns ---- */

/* Rank 0 inside a task of its own: messages are taken and tasks sent, but nothing is committed, because
 * the study's data must not change under the handler. */
static aus_poll_answer look(void *self)
{
  aus_engine *e = self;
  aus_err why;
  bool any = false;
  int rc;

  aus_err_clear(&why);
  aus_sched_hold(e->sched, true);
  rc = take_messages(e, &any, &why);
  if (!e->closing) obey(e);
  look_for_peers(e, aus_clock_s());
  if (rc == AUS_OK && !e->closing) rc = act(e, &any, &why);
  if (rc == AUS_OK) rc = aus_memory_flush(&e->memory, aus_clock_s(), &why);
  aus_sched_hold(e->sched, e->publishing);
  remember(e, rc, &why);
  tick(e, aus_clock_s());
  return e->failure.code == AUS_OK ? AUS_POLL_CONTINUE : AUS_POLL_STOP;
}

/* What was found inside the poll hook ends the run now. */
static int failed(const aus_engine *e, aus_err *err)
{
  if (e->failure.code != AUS_OK) *err = e->failure;
  return e->failure.code;
}

static int step_worker(aus_engine *e, bool *any, aus_err *err)
{
  int rc = AUS_OK;
  bool active = false;

  if (!e->worker || e->stopped) goto done;
  AUS_TRY(aus_worker_step(e->worker, &active, &e->stopped, err));
  *any |= active;
  if (!e->closing) AUS_TRY(failed(e, err));
done:
  return rc;
}

static void idle(aus_engine *e)
{
  double before_s = aus_clock_s(), after_s;

  aus_comm_idle(e->comm);
  after_s = aus_clock_s();
  aus_ledger_idle(&e->ledger, after_s - before_s);
  aus_status_idle(e->conf.status, after_s - before_s);
  look_for_peers(e, after_s);
  tick(e, after_s);
}

/* One turn of the manager; acting can be left out when the run is over. */
static int turn(aus_engine *e, bool acting, aus_err *err)
{
  int rc = AUS_OK;
  bool any = false;

  AUS_TRY(take_messages(e, &any, err));
  if (!e->closing) {
    obey(e);
    AUS_TRY(failed(e, err));
  }
  if (acting) AUS_TRY(act(e, &any, err));
  AUS_TRY(aus_memory_flush(&e->memory, aus_clock_s(), err));
  AUS_TRY(step_worker(e, &any, err));
  if (acting) AUS_TRY(publish(e, err));
  if (any) {
    aus_comm_busy(e->comm);
    look_for_peers(e, aus_clock_s());
    tick(e, aus_clock_s());
  } else
    idle(e);
done:
  return rc;
}

int aus_engine_run(aus_engine *e, aus_commit_fn on_commit, void *self, aus_err *err)
{
  int rc = AUS_OK;
  aus_sched_stats x = aus_sched_count(e->sched);
  aus_err why;

  aus_err_clear(&why);
  e->on_commit = on_commit;
  e->self = self;
  aus_progress_start(&e->progress, e->conf.progress, e->conf.title, x.n_committed, aus_clock_s());
  aus_status_enter(e->conf.status, AUS_RUN_RUNNING);
  if (e->failure.code != AUS_OK) {
    why = e->failure;
    rc = why.code;
    goto done;
  }
  while (!aus_sched_done(e->sched)) {
    AUS_TRY(turn(e, true, &why));
    if (aus_sched_done(e->sched) || !aus_sched_still(e->sched)) continue;
    e->drained = true;
    end_early(e, &why);
    rc = why.code;
    goto done;
  }
done:
  e->publishing = false;
  aus_sched_hold(e->sched, false);
  x = aus_sched_count(e->sched);
  aus_progress_show(&e->progress, &x, aus_clock_s(), true);
  fill_status(e, aus_clock_s());
  aus_status_tick(e->conf.status, &x, utilisation(e), aus_clock_s());
  e->on_commit = NULL;
  remember(e, rc, &why);
  if (rc != AUS_OK && err && err->code == AUS_OK) *err = why;
  return rc;
}

int aus_engine_add(aus_engine *e, const aus_task *task, aus_err *err)
{
  int rc = AUS_OK;
  int64_t n = TASK_FIXED_BYTES + 8 * ((int64_t)task->n_x + task->n_needs) + task->n_args;

  if (n > AUS_MSG_MAX_PAYLOAD)
    AUS_FAIL(err, AUS_EINVAL, "%s %u:%u has %" PRId64 " bytes, at most %d go to a worker",
             task->job ? "job" : "trial", (unsigned)(task->id >> 32), (unsigned)task->id, n,
             AUS_MSG_MAX_PAYLOAD);
  if (task->kind >= e->conf.worker.n_kinds)
    AUS_FAIL(err, AUS_EINVAL, "%s %u:%u is of kind %d, there are %d", task->job ? "job" : "trial",
             (unsigned)(task->id >> 32), (unsigned)task->id, task->kind, e->conf.worker.n_kinds);
  AUS_TRY(aus_memory_add(&e->memory, e->sched, task, &e->blobs, err));
  e->n_trials += !task->job;
done:
  return rc;
}

int aus_engine_campaign(aus_engine *e, uint32_t campaign, bool by_arrival, aus_err *err)
{
  e->by_arrival = e->by_arrival || by_arrival;
  return aus_memory_campaign(&e->memory, e->sched, campaign, by_arrival, err);
}

/* A replay comes to the same decisions. */
static void compare_decision(aus_engine *e, aus_record_type type, const aus_buf *payload)
{
  aus_rd rd = aus_rd_of(payload->data, (size_t)payload->n);

  if (aus_recall_is_loose(e->conf.recall) ||
      aus_recall_decision(e->conf.recall, type, payload) != AUS_DECIDED_OTHERWISE)
    return;
  AUS_WARN("engine", "decision of type %d for %llx comes out otherwise", (int)type,
           (unsigned long long)aus_rd_u64(&rd));
  e->n_otherwise++;
}

int aus_engine_decide(aus_engine *e, aus_record_type type, const aus_buf *payload, aus_err *err)
{
  if (e->conf.replay) {
    compare_decision(e, type, payload);
    return aus_buf_check(payload, err);
  }
  return aus_memory_decide(&e->memory, type, payload, err);
}

bool aus_engine_replays(const aus_engine *e)
{
  return e->conf.replay;
}

void aus_engine_checked(aus_engine *e, bool same)
{
  e->n_checked++;
  e->n_otherwise += !same;
}

bool aus_engine_drained(const aus_engine *e)
{
  return e->drained;
}

void aus_engine_call_off(aus_engine *e, uint32_t campaign, bool job, int64_t from)
{
  aus_sched_call_off(e->sched, campaign, job, from);
}

/* ---- shards and blobs ---- */

int aus_engine_roll(aus_engine *e, aus_err *err)
{
  int rc = AUS_OK, i;
  double until_s = aus_clock_s() + e->conf.sched.lost_after_s;

  AUS_TRY(ask_to_roll(e, err));
  while ((i = first_unrolled(e))) {
    AUS_TRY(turn(e, false, err));
    if (aus_clock_s() < until_s) continue;
    aus_sched_lose(e->sched, i, aus_clock_s());
    AUS_TRY(lost(e, i, NULL, err));
  }
done:
  return rc;
}

int aus_engine_put_blob(aus_engine *e, aus_blob_key key, const void *bytes, size_t n, aus_err *err)
{
  return aus_blobs_put(&e->blobs, key, bytes, n, err);
}

int aus_engine_get_blob(aus_engine *e, aus_blob_key key, const void **bytes, size_t *n,
                        aus_err *err)
{
  int rc = AUS_OK;
  aus_blobs_entry *b = aus_blobs_find(&e->blobs, key);

  *bytes = NULL;
  *n = 0;
  if (!b) AUS_FAIL(err, AUS_EINVAL, "blob %u:%u is not there", key.campaign, key.index);
  AUS_TRY(aus_memory_fetch(&e->memory, &e->blobs, b, err));
  *bytes = b->blob.bytes;
  *n = b->blob.n;
done:
  return rc;
}

void aus_engine_drop_blob(aus_engine *e, aus_blob_key key)
{
  aus_blobs_drop(&e->blobs, key);
}

/* ---- opening ---- */

/* Collective when the communicator is to be freed with its other ranks. */
static void engine_free(aus_engine *e, bool collective)
{
  int i;

  if (!e) return;
  for (i = 1; e->peer && i <= e->n_peers; i++) {
    free_blobs_of(&e->peer[i]);
    aus_free(e->peer[i].part.blob.bytes);
  }
  aus_free(e->peer);
  aus_ledger_fini(&e->ledger);
  aus_blobs_fini(&e->blobs);
  aus_memory_fini(&e->memory);
  aus_sched_destroy(e->sched);
  (void)aus_worker_destroy(e->worker, NULL);
  aus_comm_close(e->comm, collective);
  aus_free(e);
}

static int open_manager(aus_engine *e, aus_err *err)
{
  int rc = AUS_OK;

  e->n_peers = aus_comm_n_workers(e->comm);
  AUS_NEW(e->peer, e->n_peers + 1, err);
  AUS_TRY(aus_sched_create(&e->sched, &e->conf.sched, e->n_peers, err));
  AUS_TRY(aus_ledger_init(&e->ledger, e->opened_s, err));
  AUS_TRY(aus_memory_init(&e->memory, e->conf.journal, e->conf.recall, &e->conf.worker, err));
  if (e->conf.replay) aus_sched_freeze(e->sched, false);
  aus_progress_start(&e->progress, 0, e->conf.title, 0, e->opened_s);
  aus_ctl_init(&e->ctl, &e->conf.ctl, e->opened_s);
done:
  return rc;
}

static int open_worker(aus_engine *e, aus_err *err)
{
  int rc = AUS_OK;
  aus_worker_conf conf = e->conf.worker;
  aus_comm *comm = e->rank == 0 ? aus_comm_local_worker(e->comm) : e->comm;

  if (!comm) goto done;
  conf.first_shard += (uint32_t)e->rank;
  conf.shard_stride = (uint32_t)e->size;
  if (!(conf.progress_s > 0)) conf.progress_s = fmin(2, e->conf.sched.hang_after_s / 4);
  conf.rank = e->rank;
  conf.on_poll = e->rank == 0 ? look : NULL;
  conf.on_poll_self = e;
  AUS_TRY(aus_worker_create(&e->worker, comm, &conf, err));
done:
  return rc;
}

static int engine_make(aus_engine **out, MPI_Comm world, const aus_engine_conf *conf, aus_err *err)
{
  int rc = AUS_OK;
  aus_engine *e = NULL;

  *out = NULL;
  AUS_NEW(e, 1, err);
  e->world = world;
  e->conf = *conf;
  e->opened_s = aus_clock_s();
  e->unix_s = aus_clock_unix_s() - e->opened_s;
  aus_blobs_init(&e->blobs);
  aus_err_clear(&e->failure);
  e->size = 1;
  if (world != MPI_COMM_NULL) {
    AUS_MPI(MPI_Comm_rank(world, &e->rank), err);
    AUS_MPI(MPI_Comm_size(world, &e->size), err);
  }
  *out = e;
  e = NULL;
done:
  engine_free(e, false);
  return rc;
}

/* Without MPI there is nobody to agree with. */
static int agree(MPI_Comm world, int rc, aus_err *err)
{
  return world == MPI_COMM_NULL ? rc : aus_agree(world, rc, err);
}

static int connect(aus_engine *e, aus_err *err)
{
  bool works = e->conf.manager_works < 0 ? e->size <= 3 : e->conf.manager_works > 0;

  if (e->world == MPI_COMM_NULL) return aus_comm_open_local(&e->comm, err);
  return aus_comm_open(&e->comm, e->world, works || e->size == 1, err);
}

int aus_engine_open(aus_engine **out, MPI_Comm world, const aus_engine_conf *conf, aus_err *err)
{
  int rc;
  aus_engine *e = NULL;
  aus_err mine;

  aus_err_clear(&mine);
  rc = engine_make(&e, world, conf, &mine);
  rc = agree(world, rc, &mine);
  if (rc == AUS_OK) rc = connect(e, &mine);
  if (rc == AUS_OK) {
    if (conf->worker.isolate && !conf->isolate_force)
      rc = aus_hosts_check_fork(aus_comm_one_host(e->comm), &mine);
    if (rc == AUS_OK && e->rank == 0) rc = open_manager(e, &mine);
    if (rc == AUS_OK) rc = open_worker(e, &mine);
    rc = agree(world, rc, &mine);
  }
  if (rc != AUS_OK) {
    engine_free(e, true);
    e = NULL;
    if (err) *err = mine;
  }
  *out = e;
  return rc;
}

int aus_engine_serve(aus_engine *e, aus_err *err)
{
  return aus_worker_loop(e->worker, err);
}

/* ---- closing ---- */

static int send_stop(aus_engine *e, int worker, aus_wire_mode mode, bool collective, int code,
                     aus_err *err)
{
  int rc = AUS_OK;
  aus_wire_stop s = {.mode = (uint8_t)mode, .collective = collective, .code = code};
  aus_buf b;

  aus_buf_init(&b);
  aus_wire_stop_encode(&s, &b);
  AUS_TRY(aus_wire_send(e->comm, worker, (aus_msg){.type = AUS_MSG_STOP}, &b, err));
done:
  aus_buf_fini(&b);
  return rc;
}

/* Have all said BYE? Those that were given up are expected to, or not. */
static bool all_said_bye(const aus_engine *e, bool lost_ones_too)
{
  int i;

  for (i = 1; i <= e->n_peers; i++)
    if (!e->peer[i].said_bye && (lost_ones_too || aus_sched_worker(e->sched, i) != AUS_W_LOST))
      return false;
  return true;
}

/* STOP to everyone who has not heard it (a send can fail for lack of memory). */
static void say_stop(aus_engine *e, int code)
{
  int i, rc;

  for (i = 1; i <= e->n_peers; i++) {
    aus_err why;

    if (e->peer[i].said_bye || e->peer[i].told) continue;
    aus_err_clear(&why);
    rc = send_stop(e, i, code == AUS_OK ? AUS_STOP_DRAIN : AUS_STOP_NOW, false, code, &why);
    e->peer[i].told = rc == AUS_OK;
    remember(e, rc, &why);
    aus_sched_drain(e->sched, i);
  }
}

/* BYE from everyone. False: somebody did not answer in time. */
static bool stop_workers(aus_engine *e, int code)
{
  double until_s = aus_clock_s() + (e->ctl.did == AUS_CTL_STOP ? bye_wait_stop_s : bye_wait_s);

  e->closing = true;
  say_stop(e, code);
  while (!all_said_bye(e, false) && aus_clock_s() < until_s) {
    aus_err why;

    aus_err_clear(&why);
    remember(e, turn(e, false, &why), &why);
    say_stop(e, code);
  }
  return all_said_bye(e, true);
}

/* Rank 0: everybody stops; the others learn whether there is an agreement to take part in. */
static bool close_manager(aus_engine *e, int code)
{
  bool all = stop_workers(e, code);
  int i;

  if (e->conf.fragile && e->size > 1) all = false;
  for (i = 1; i <= e->n_peers; i++) {
    aus_err why;

    aus_err_clear(&why);
    if (!e->peer[i].said_bye && aus_sched_worker(e->sched, i) != AUS_W_LOST)
      AUS_WARN("engine", "worker %d did not stop in time", i);
    if (!aus_comm_is_local(e->comm, i))
      remember(e, send_stop(e, i, AUS_STOP_LEAVE, all, code, &why), &why);
  }
  return all;
}

/* A worker rank: says BYE unless it has, and waits for the verdict. */
static bool close_worker(aus_engine *e, int code, aus_err *err)
{
  double until_s = aus_clock_s() + verdict_wait_s;
  aus_msg m;
  aus_wire_stop s;
  bool got = true;

  if (code != AUS_OK && err->code != code)
    (void)aus_fail(err, code, AUS_HERE, "failed with %s", aus_code_name(code));
  if (aus_worker_leave(e->worker, err) != AUS_OK) return false;
  while (aus_clock_s() < until_s) {
    if (aus_comm_receive(e->comm, false, &m, &got, NULL) != AUS_OK) return false;
    if (!got) aus_comm_idle(e->comm);
    if (!got || m.type != AUS_MSG_STOP || aus_wire_stop_decode(&s, &m, NULL) != AUS_OK) continue;
    if (s.mode == AUS_STOP_LEAVE) return s.collective;
  }
  return false;
}

int aus_engine_close(aus_engine *e, int rc, bool *together, aus_err *err)
{
  bool all;
  int closed;
  aus_err mine, why;

  if (together) *together = true;
  if (!e) return rc;
  aus_err_clear(&mine);
  aus_err_clear(&why);
  if (rc != AUS_OK && err) mine = *err;
  if (e->rank == 0) {
    all = close_manager(e, rc);
    if (rc == AUS_OK && e->failure.code != AUS_OK) {
      mine = e->failure;
      rc = e->failure.code;
    }
  } else
    all = close_worker(e, rc, &mine);
  closed = aus_worker_destroy(e->worker, &why);
  e->worker = NULL;
  if (rc == AUS_OK && closed != AUS_OK) {
    mine = why;
    rc = closed;
  }
  if (all) rc = agree(e->world, rc, &mine);
  if (together) *together = all;
  engine_free(e, all);
  if (rc != AUS_OK && err) *err = mine;
  return rc;
}
