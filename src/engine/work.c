/* work.c - a worker: takes tasks, fetches what they need, runs their handlers, replies.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "engine/work.h"

#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/child.h"
#include "engine/guard.h"
#include "engine/hosts.h"
#include "engine/wire.h"
#include "store/shard.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/fault.h"
#include "util/log.h"

enum { N_FORGOTTEN = 64, CACHE_BYTES = 256 << 20 };
/* What a child says: ROWS (table, rows) with one COLUMN per column behind it; at the end RESULT, and BLOBs. */
enum { CHILD_ROWS = 1, CHILD_COLUMN, CHILD_RESULT, CHILD_BLOB };

static const double message_interval_s = 0.05, default_progress_s = 2, child_tick_s = 0.02;

/* A task that is here. */
typedef struct entry {
  aus_task task;
  uint64_t sent_ns;
} entry;

/* A CANCEL that came before its TASK (they have different tags), by the manager's clock. */
typedef struct forgotten {
  uint64_t id, sent_ns;
  bool job;
} forgotten;

/* What a handler holds: the task it works on and the result it makes. */
struct aus_work {
  aus_worker *worker;
  const aus_task *task;
  const aus_kind *kind;
  aus_poll poll;
  aus_result result;
  int64_t cap_ranges, cap_blobs;
  int status; /* of aus_work_status(), -1: none */
  double start_s, look_s,
      progress_s; /* when begun, last looked at messages, last given a sign of life */
  bool told_soft, announced, cancelled, timed_out, halted, stored;
  bool inside;  /* this is a child */
  bool crashed; /* the child did */
};

struct aus_worker {
  aus_comm *comm;
  aus_worker_conf conf;
  aus_table *tables; /* the study's, and the engine's own behind them */
  aus_shard *shard;
  aus_shard_reader *reader; /* of closed shards, made at first use */
  aus_guard *guard;         /* NULL: no run directory */
  aus_child *child;         /* NULL: attempts run here */
  entry *queue;
  int64_t n_queue, cap_queue;
  aus_blobs cache;
  forgotten gone[N_FORGOTTEN];
  int next_gone;
  aus_work work;
  bool running, stop, said_bye;
  aus_orders told; /* what rank 0 knows of the signals to this process */
  uint8_t stop_mode;
  aus_err failure; /* of a shard, or of the connection inside the poll hook */
  double born_s;
  aus_wire_bye sums;
};

/* ---- for handlers ---- */

const aus_task *aus_work_task(const aus_work *w)
{
  return w->task;
}

const aus_poll *aus_work_poll(const aus_work *w)
{
  return &w->poll;
}

void aus_work_metric(aus_work *w, int i, double y)
{
  AUS_ASSERT(i >= 0 && i < w->kind->n_y);
  w->result.y[i] = y;
}

void aus_work_status(aus_work *w, aus_status status)
{
  w->status = status;
}

static uint64_t column_bytes(const aus_column *c, int64_t n_rows)
{
  return (uint64_t)n_rows * (uint64_t)c->width * aus_dtype_size(c->type);
}

/* In a child: the parent will append them. */
static int hand_over_rows(aus_work *w, int table, int64_t n_rows, const void *const *column,
                          aus_err *err)
{
  int rc = AUS_OK, i;
  const aus_table *d = &w->worker->conf.tables[table];
  const int64_t what[2] = {table, n_rows};

  AUS_TRY(aus_child_begin(w->worker->child, CHILD_ROWS, sizeof what, err));
  AUS_TRY(aus_child_put(w->worker->child, what, sizeof what, err));
  for (i = 0; n_rows > 0 && i < d->n_columns; i++) {
    uint64_t n = column_bytes(&d->column[i], n_rows);

    AUS_TRY(aus_child_begin(w->worker->child, CHILD_COLUMN, n, err));
    AUS_TRY(aus_child_put(w->worker->child, column[i], n, err));
  }
done:
  return rc;
}

int aus_work_append(aus_work *w, int table, int64_t n_rows, const void *const *column, aus_err *err)
{
  int rc = AUS_OK;
  aus_err why;

  if (w->inside) return hand_over_rows(w, table, n_rows, column, err);
  aus_err_clear(&why);
  AUS_TRY(aus_grow(&w->result.ranges, &w->cap_ranges, w->result.n_ranges + 1,
                   sizeof *w->result.ranges, err));
  rc = aus_shard_append(w->worker->shard, table, w->task->id, n_rows, column,
                        &w->result.ranges[w->result.n_ranges], &why);
  if (rc != AUS_OK) {
    if (err && err->code == AUS_OK) *err = why;
    /* A disk that does not take rows ends the run, whatever the handler makes of it. */
    if (rc == AUS_EIO && w->worker->failure.code == AUS_OK) w->worker->failure = why;
    goto done;
  }
  w->result.n_ranges++;
done:
  return rc;
}

int aus_work_read(aus_work *w, const aus_range *range, int column, void *to, aus_err *err)
{
  int rc = AUS_OK;
  aus_worker *worker = w->worker;

  if (w->inside) AUS_FAIL(err, AUS_EBUG, "%s reads shards and is no pure kind", w->kind->name);
  if (!worker->reader)
    AUS_TRY(aus_shard_reader_create(&worker->reader, worker->conf.dir, worker->conf.run,
                                    worker->conf.tables, worker->conf.n_tables, err));
  AUS_TRY(aus_shard_read(worker->reader, (int)range->table, column, range->shard, range->first,
                         range->n, to, err));
done:
  return rc;
}

int aus_work_blob(aus_work *w, aus_blob_key key, const void **bytes, size_t *n, aus_err *err)
{
  int rc = AUS_OK, i;
  const aus_blobs_entry *e;

  *bytes = NULL;
  *n = 0;
  for (i = 0; i < w->task->n_needs; i++)
    if (w->task->needs[i].campaign == key.campaign && w->task->needs[i].index == key.index) break;
  if (i == w->task->n_needs)
    AUS_FAIL(err, AUS_EINVAL, "blob %u:%u is not among the needs of the task", key.campaign,
             key.index);
  e = aus_blobs_find(&w->worker->cache, key);
  AUS_ASSERT(e && e->complete);
  *bytes = e->blob.bytes;
  *n = e->blob.n;
done:
  return rc;
}

int aus_work_give_blob(aus_work *w, aus_blob_key key, const void *bytes, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  aus_blob *b;

  if (n > AUS_BLOB_MAX_BYTES)
    AUS_FAIL(err, AUS_EINVAL, "blob %u:%u has %zu bytes, at most %d are allowed", key.campaign,
             key.index, n, AUS_BLOB_MAX_BYTES);
  if (w->result.n_blobs == AUS_WIRE_MAX_BLOBS)
    AUS_FAIL(err, AUS_EINVAL, "a task can make at most %d blobs", AUS_WIRE_MAX_BLOBS);
  AUS_TRY(aus_grow(&w->result.blobs, &w->cap_blobs, w->result.n_blobs + 1, sizeof *b, err));
  b = &w->result.blobs[w->result.n_blobs];
  *b = (aus_blob){.key = key, .n = n};
  AUS_NEW(b->bytes, n, err);
  if (n > 0) memcpy(b->bytes, bytes, n);
  w->result.n_blobs++;
done:
  return rc;
}

/* ---- signs of life ---- */

/* What goes wrong inside the poll hook is remembered: the handler can only be told to stop. */
static void remember(aus_worker *w, int rc, const aus_err *why)
{
  if (rc != AUS_OK && w->failure.code == AUS_OK) w->failure = *why;
}

static void say_progress(aus_work *w, aus_wire_phase phase, double expect_s)
{
  aus_wire_progress p = {.phase = (uint8_t)phase,
                         .fraction = NAN,
                         .n_polls = w->worker->sums.n_polls,
                         .expect_s = expect_s};
  aus_msg m = {.type = AUS_MSG_PROGRESS,
               .id = w->task->id,
               .campaign = (uint32_t)(w->task->id >> 32),
               .attempt = w->task->attempt};
  aus_buf b;
  aus_err why;

  aus_err_clear(&why);
  aus_buf_init(&b);
  aus_wire_progress_encode(&p, &b);
  remember(w->worker, aus_wire_send(w->worker->comm, 0, m, &b, &why), &why);
  aus_buf_fini(&b);
  w->progress_s = aus_clock_s();
  w->announced = phase == AUS_PHASE_LONG_CALL;
}

void aus_work_expect(aus_work *w, double seconds)
{
  if (w->inside) return; /* the parent gives the signs of life */
  if (w->worker->guard) aus_guard_expect(w->worker->guard, 4 * seconds);
  say_progress(w, AUS_PHASE_LONG_CALL, fmax(seconds, 0));
}

/* ---- replies ---- */

static const double settle_s = 2;

static int reply(aus_worker *w, const aus_result *r, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_msg m = {.type = r->job ? AUS_MSG_JOBRES : AUS_MSG_RESULT,
               .id = r->id,
               .campaign = (uint32_t)(r->id >> 32),
               .attempt = r->attempt,
               .flags = (uint16_t)r->n_blobs};
  aus_result excuse = {.id = r->id, .job = r->job, .attempt = r->attempt, .status = AUS_S_FAIL_SIM};
  aus_buf b;

  aus_buf_init(&b);
  aus_result_encode(r, &b);
  if (b.n > AUS_MSG_MAX_PAYLOAD) {
    aus_err_clear(&excuse.err);
    (void)aus_fail(&excuse.err, AUS_EINVAL, AUS_HERE,
                   "its result has %lld bytes, at most %d go into one", (long long)b.n,
                   AUS_MSG_MAX_PAYLOAD);
    aus_buf_clear(&b);
    aus_result_encode(&excuse, &b);
    m.flags = 0;
  }
  for (i = 0; i < m.flags; i++)
    AUS_TRY(aus_wire_send_blob(w->comm, 0, &r->blobs[i], err));
  AUS_TRY(aus_wire_send(w->comm, 0, m, &b, err));
  /* The next task would leave rank 0 waiting for the rest of the blobs. */
  if (m.flags > 0) aus_comm_settle(w->comm, settle_s);
done:
  aus_buf_fini(&b);
  return rc;
}

static int reply_cancelled(aus_worker *w, const aus_task *t, aus_err *err)
{
  aus_result r = {.id = t->id, .job = t->job, .attempt = t->attempt, .status = AUS_S_CANCELLED};

  aus_err_clear(&r.err);
  (void)aus_fail(&r.err, AUS_ECANCEL, AUS_HERE, "cancelled before it began");
  return reply(w, &r, err);
}

/* The last message, with the reason when it is a bad one. */
static int say_bye(aus_worker *w, const aus_err *why, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf b;

  aus_buf_init(&b);
  w->sums.idle_s = aus_clock_s() - w->born_s - w->sums.busy_s;
  w->sums.err = *why;
  aus_wire_bye_encode(&w->sums, &b);
  AUS_TRY(aus_wire_send(w->comm, 0, (aus_msg){.type = AUS_MSG_BYE}, &b, err));
  w->said_bye = true;
done:
  aus_buf_fini(&b);
  return rc;
}

void aus_worker_kinds(const aus_worker_conf *conf, char *out, size_t size)
{
  size_t at = 0;
  int i;

  out[0] = '\0';
  for (i = 0; i < conf->n_kinds && at < size; i++)
    at += (size_t)snprintf(out + at, size - at, "%s%s", i > 0 ? "," : "", conf->kinds[i].name);
}

static void say_cores(const aus_topo *topo, aus_wire_hello *h)
{
  cpu_set_t cores;

  if (topo && topo->n_pus > 0) {
    h->n_cores = (uint32_t)topo->n_pus;
    h->numa = topo->numa;
    return;
  }
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) h->n_cores = (uint32_t)CPU_COUNT(&cores);
}

static int say_hello(aus_worker *w, aus_err *err)
{
  int rc = AUS_OK;
  aus_wire_hello h = {.numa = -1, .build = AUS_GIT_REVISION};
  aus_buf b;

  aus_buf_init(&b);
  aus_hosts_me(&h);
  say_cores(w->conf.topo, &h);
  h.memory_bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
  aus_worker_kinds(&w->conf, h.kinds, sizeof h.kinds);
  aus_wire_hello_encode(&h, &b);
  AUS_TRY(aus_wire_send(w->comm, 0, (aus_msg){.type = AUS_MSG_HELLO}, &b, err));
done:
  aus_buf_fini(&b);
  return rc;
}

/* ---- messages ---- */

static bool needed(const aus_worker *w, aus_blob_key key)
{
  int64_t i;
  int k;

  for (i = 0; i < w->n_queue; i++)
    for (k = 0; k < w->queue[i].task.n_needs; k++)
      if (w->queue[i].task.needs[k].campaign == key.campaign &&
          w->queue[i].task.needs[k].index == key.index)
        return true;
  return false;
}

/* Forgets what was wanted longest ago, until the cache is small enough. */
static void shrink_cache(aus_worker *w)
{
  while (w->cache.n_bytes > CACHE_BYTES) {
    const aus_blobs_entry *oldest = NULL;
    int64_t i;

    for (i = 0; i < w->cache.n; i++) {
      const aus_blobs_entry *e = &w->cache.entry[i];

      if (e->complete && (!oldest || e->used < oldest->used) && !needed(w, e->blob.key)) oldest = e;
    }
    if (!oldest) return;
    aus_blobs_drop(&w->cache, oldest->blob.key);
  }
}

/* Asks for what the task needs and is not here or on the way. */
static int ask_for_blobs(aus_worker *w, const aus_task *t, aus_err *err)
{
  int rc = AUS_OK, i;

  for (i = 0; i < t->n_needs; i++) {
    aus_blobs_entry *e = aus_blobs_find(&w->cache, t->needs[i]);
    aus_msg m = {.type = AUS_MSG_MODEL,
                 .campaign = t->needs[i].campaign,
                 .id = t->needs[i].index,
                 .flags = AUS_WIRE_REQUEST};

    if (e) {
      e->used = ++w->cache.clock;
      continue;
    }
    AUS_TRY(aus_blobs_add(&w->cache, t->needs[i], &e, err));
    AUS_TRY(aus_wire_send(w->comm, 0, m, NULL, err));
  }
done:
  return rc;
}

static int take_chunk(aus_worker *w, const aus_msg *m, aus_err *err)
{
  int rc = AUS_OK;
  aus_blobs_entry *e = aus_blobs_find(&w->cache, aus_wire_key(m));

  if (!e) AUS_FAIL(err, AUS_EFORMAT, "blob %u:%u was not asked for", m->campaign, (unsigned)m->id);
  AUS_TRY(aus_wire_take_chunk(e, m, err));
  if (e->complete) w->cache.n_bytes += e->blob.n;
done:
  return rc;
}

static bool was_cancelled(const aus_worker *w, const aus_task *t, uint64_t sent_ns)
{
  int i;

  for (i = 0; i < N_FORGOTTEN; i++)
    if (w->gone[i].sent_ns > sent_ns && w->gone[i].id == t->id && w->gone[i].job == t->job)
      return true;
  return false;
}

static int take_task(aus_worker *w, const aus_msg *m, aus_err *err)
{
  int rc = AUS_OK;
  aus_task t = {0};

  AUS_TRY(aus_task_decode(&t, m->payload, m->n, err));
  if (t.id != m->id || t.attempt != m->attempt || t.id >> 32 != m->campaign ||
      t.kind >= w->conf.n_kinds || t.job != (m->type == AUS_MSG_JOB))
    AUS_FAIL(err, AUS_EFORMAT, "task %u:%u does not belong to its header", m->campaign,
             (unsigned)m->id);
  if (was_cancelled(w, &t, m->sent_ns)) {
    AUS_TRY(reply_cancelled(w, &t, err));
    goto done;
  }
  AUS_TRY(aus_grow(&w->queue, &w->cap_queue, w->n_queue + 1, sizeof *w->queue, err));
  AUS_TRY(ask_for_blobs(w, &t, err));
  w->queue[w->n_queue++] = (entry){.task = t, .sent_ns = m->sent_ns};
  t = (aus_task){0};
done:
  aus_task_fini(&t);
  return rc;
}

static void drop_entry(aus_worker *w, int64_t i)
{
  aus_task_fini(&w->queue[i].task);
  w->n_queue--;
  memmove(w->queue + i, w->queue + i + 1, (size_t)(w->n_queue - i) * sizeof *w->queue);
}

static int take_cancel(aus_worker *w, const aus_msg *m, aus_err *err)
{
  int rc = AUS_OK;
  bool job = m->flags & AUS_WIRE_JOB;
  int64_t i;

  for (i = 0; i < w->n_queue; i++)
    if (w->queue[i].task.id == m->id && w->queue[i].task.job == job) break;
  if (i == w->n_queue) {
    w->gone[w->next_gone] = (forgotten){.id = m->id, .sent_ns = m->sent_ns, .job = job};
    w->next_gone = (w->next_gone + 1) % N_FORGOTTEN;
  } else if (i == 0 && w->running)
    w->work.cancelled = true;
  else {
    AUS_TRY(reply_cancelled(w, &w->queue[i].task, err));
    drop_entry(w, i);
  }
done:
  return rc;
}

static int take_stop(aus_worker *w, const aus_msg *m, aus_err *err)
{
  int rc = AUS_OK;
  aus_wire_stop s;

  AUS_TRY(aus_wire_stop_decode(&s, m, err));
  w->stop = true;
  w->stop_mode = s.mode;
done:
  return rc;
}

static int roll(aus_worker *w, const aus_msg *m, aus_err *err)
{
  int rc = AUS_OK;
  aus_result r = {.id = m->id, .job = true};
  aus_buf b;

  aus_buf_init(&b);
  aus_err_clear(&r.err);
  if (aus_shard_roll(w->shard, &r.err) != AUS_OK) {
    r.status = AUS_S_FAIL_SIM;
    remember(w, r.err.code, &r.err);
  }
  aus_result_encode(&r, &b);
  AUS_TRY(aus_wire_send(
      w->comm, 0, (aus_msg){.type = AUS_MSG_JOBRES, .id = m->id, .flags = AUS_WIRE_ROLL}, &b, err));
done:
  aus_buf_fini(&b);
  return rc;
}

static int take_message(aus_worker *w, const aus_msg *m, aus_err *err)
{
  switch (m->type) {
  case AUS_MSG_JOB:
  case AUS_MSG_TASK:
    return take_task(w, m, err);
  case AUS_MSG_CANCEL:
    return m->flags & AUS_WIRE_ROLL ? roll(w, m, err) : take_cancel(w, m, err);
  case AUS_MSG_STOP:
    return take_stop(w, m, err);
  case AUS_MSG_MODEL:
    return take_chunk(w, m, err);
  case AUS_MSG_HELLO:
  case AUS_MSG_RESULT:
  case AUS_MSG_PROGRESS:
  case AUS_MSG_BYE:
  case AUS_MSG_NOTICE:
  case AUS_MSG_JOBRES:
    break;
  }
  return aus_fail(err, AUS_EFORMAT, AUS_HERE, "a worker got a message of type %d", m->type);
}

/* A worker does nothing about a signal itself but tells rank 0. */
static int say_orders(aus_worker *w, aus_err *err)
{
  int rc = AUS_OK;
  aus_wire_notice n = {.orders = aus_ctl_seen()};
  aus_buf b;

  aus_buf_init(&b);
  if (n.orders.order <= w->told.order && n.orders.n_publish <= w->told.n_publish &&
      n.orders.abort == w->told.abort)
    goto done;
  aus_wire_notice_encode(&n, &b);
  AUS_TRY(aus_wire_send(w->comm, 0, (aus_msg){.type = AUS_MSG_NOTICE}, &b, err));
  w->told = n.orders;
done:
  aus_buf_fini(&b);
  return rc;
}

/* All messages that are there. */
static int take_messages(aus_worker *w, bool urgent_only, bool *any, aus_err *err)
{
  int rc = AUS_OK;
  aus_msg m;
  bool got = true;

  AUS_TRY(say_orders(w, err));
  while (!w->stop) {
    AUS_TRY(aus_comm_receive(w->comm, urgent_only, &m, &got, err));
    if (!got) break;
    *any = true;
    AUS_TRY(take_message(w, &m, err));
  }
done:
  return rc;
}

/* ---- the poll hook ---- */

static void look_at_messages(aus_work *work)
{
  aus_worker *w = work->worker;
  aus_err why;
  bool any = false;

  aus_err_clear(&why);
  remember(w, take_messages(w, true, &any, &why), &why);
  if (w->conf.on_poll && w->conf.on_poll(w->conf.on_poll_self) == AUS_POLL_STOP)
    work->halted = true;
}

static aus_poll_answer look(void *self)
{
  aus_work *work = self;
  aus_worker *w = work->worker;
  const aus_task *t = work->task;
  double now_s = aus_clock_s(), age_s = now_s - work->start_s;
  double interval_s = w->conf.progress_s > 0 ? w->conf.progress_s : default_progress_s;

  w->sums.n_polls++;
  if (w->guard) aus_guard_poll(w->guard);
  if (now_s - work->look_s >= message_interval_s) {
    look_at_messages(work);
    work->look_s = aus_clock_s();
  }
  if (t->soft_s > 0 && age_s >= t->soft_s && !work->told_soft) {
    work->told_soft = true;
    say_progress(work, AUS_PHASE_OVERTIME, 0);
  } else if (work->announced || now_s - work->progress_s >= interval_s)
    say_progress(work, AUS_PHASE_RUNNING, 0);
  if (t->hard_s > 0 && age_s >= t->hard_s) work->timed_out = true;
  if (work->halted || w->failure.code != AUS_OK || (w->stop && w->stop_mode != AUS_STOP_DRAIN))
    return AUS_POLL_STOP;
  return work->cancelled || work->timed_out ? AUS_POLL_CANCEL : AUS_POLL_CONTINUE;
}

/* ---- running a task ---- */

static uint16_t status_of(const aus_work *w, int rc)
{
  if (w->crashed) return AUS_S_CRASHED;
  switch ((aus_code)rc) {
  case AUS_OK:
    return w->status == AUS_S_PRUNED ? AUS_S_PRUNED : AUS_S_OK;
  case AUS_ENOMEM:
    return AUS_S_FAIL_MEM;
  case AUS_ECANCEL:
    return w->timed_out ? AUS_S_TIMEOUT : AUS_S_CANCELLED;
  case AUS_ENUMERIC:
    return w->status > 0 ? (uint16_t)w->status : AUS_S_FAIL_NUM;
  case AUS_EINVAL:
  case AUS_ECONFIG:
  case AUS_EIO:
  case AUS_EFORMAT:
  case AUS_EMPI:
  case AUS_EDEP:
  case AUS_EBUG:
  case AUS_EBUSY:
  case AUS_ERESUME:
  case AUS_EDIFF:
    break;
  }
  return w->status > 0 ? (uint16_t)w->status : AUS_S_FAIL_SIM;
}

/* ---- attempts in children ---- */

/* Faults on request. */
static void act_up(const aus_task *t)
{
  int number = t->job ? 0 : aus_fault_signal(t->id, t->attempt);

  if (number) raise(number);
  while (!t->job && aus_fault_hangs(t->id, t->attempt))
    aus_clock_sleep(0.1);
}

static int run_here(aus_work *work, aus_err *why)
{
  act_up(work->task);
  return work->kind->run(work->worker->conf.self, work, why);
}

static int say_blob(aus_child *c, const aus_blob *b)
{
  int rc = AUS_OK;

  AUS_TRY(aus_child_begin(c, CHILD_BLOB, sizeof b->key + b->n, NULL));
  AUS_TRY(aus_child_put(c, &b->key, sizeof b->key, NULL));
  AUS_TRY(aus_child_put(c, b->bytes, b->n, NULL));
done:
  return rc;
}

/* How the handler ended, the metrics, and the blobs. */
static int say_result(aus_work *work, int code, const aus_err *why)
{
  int rc = AUS_OK, i;
  aus_child *c = work->worker->child;
  aus_result *r = &work->result;
  aus_buf b;

  aus_buf_init(&b);
  if (code != AUS_OK) r->err = *why;
  aus_buf_i64(&b, code);
  aus_buf_i64(&b, work->status);
  aus_result_encode(r, &b);
  AUS_TRY(aus_buf_check(&b, NULL));
  AUS_TRY(aus_child_begin(c, CHILD_RESULT, (uint64_t)b.n, NULL));
  AUS_TRY(aus_child_put(c, b.data, (uint64_t)b.n, NULL));
  for (i = 0; i < r->n_blobs; i++)
    AUS_TRY(say_blob(c, &r->blobs[i]));
done:
  aus_buf_fini(&b);
  return rc;
}

static _Noreturn void live_as_child(aus_work *work)
{
  int rc;
  aus_err why;

  aus_err_clear(&why);
  work->inside = true;
  work->poll.look = NULL; /* the parent looks, and kills */
  if (work->worker->guard) aus_guard_leave(work->worker->guard);
  rc = run_here(work, &why);
  aus_child_leave(say_result(work, rc, &why) == AUS_OK ? 0 : 1);
}

/* The rows of one append: as many columns as the table has come behind. */
static int replay_rows(aus_work *work, const void *bytes, uint64_t n, aus_err *why)
{
  int rc = AUS_OK, i;
  const aus_worker_conf *conf = &work->worker->conf;
  const aus_table *d;
  const void **column = NULL;
  int64_t what[2] = {-1, -1};
  uint32_t type;
  uint64_t n_bytes;

  if (n == sizeof what) memcpy(what, bytes, sizeof what);
  if (what[0] < 0 || what[0] >= conf->n_tables || what[1] < 0)
    AUS_FAIL(why, AUS_EFORMAT, "rows of a child are damaged");
  d = &conf->tables[what[0]];
  AUS_NEW(column, d->n_columns, why);
  for (i = 0; what[1] > 0 && i < d->n_columns; i++) {
    AUS_TRY(aus_child_next(work->worker->child, &type, &column[i], &n_bytes, why));
    if (!column[i] || type != CHILD_COLUMN || n_bytes != column_bytes(&d->column[i], what[1]))
      AUS_FAIL(why, AUS_EFORMAT, "rows of a child are damaged");
  }
  AUS_TRY(aus_work_append(work, (int)what[0], what[1], column, why));
done:
  aus_free(column);
  return rc;
}

static int replay_result(aus_work *work, const void *bytes, uint64_t n, int *code, aus_err *why)
{
  int rc = AUS_OK;
  aus_rd in = aus_rd_of(bytes, n);
  aus_result r = {0};

  *code = (int)aus_rd_i64(&in);
  work->status = (int)aus_rd_i64(&in);
  if (in.bad) AUS_FAIL(why, AUS_EFORMAT, "the result of a child is damaged");
  AUS_TRY(aus_result_decode(&r, in.p + in.at, in.n - in.at, why));
  if (r.id != work->task->id || r.n_y != work->kind->n_y)
    AUS_FAIL(why, AUS_EFORMAT, "the result of a child is damaged");
  if (r.n_y > 0) memcpy(work->result.y, r.y, (size_t)r.n_y * sizeof *r.y);
  work->result.err = r.err;
done:
  aus_result_fini(&r);
  return rc;
}

static int replay_blob(aus_work *work, const void *bytes, uint64_t n, aus_err *why)
{
  aus_blob_key key;

  if (n < sizeof key) return aus_fail(why, AUS_EFORMAT, AUS_HERE, "a blob of a child is damaged");
  memcpy(&key, bytes, sizeof key);
  return aus_work_give_blob(work, key, (const char *)bytes + sizeof key, n - sizeof key, why);
}

/* What the child said is done in its order, so that the shard looks as if it had run here. */
static int replay(aus_work *work, aus_err *why)
{
  int rc = AUS_OK, code = AUS_EFORMAT;
  const void *bytes;
  uint32_t type;
  uint64_t n;

  for (;;) {
    AUS_TRY(aus_child_next(work->worker->child, &type, &bytes, &n, why));
    if (!bytes) break;
    if (type == CHILD_ROWS)
      AUS_TRY(replay_rows(work, bytes, n, why));
    else if (type == CHILD_RESULT)
      AUS_TRY(replay_result(work, bytes, n, &code, why));
    else
      AUS_TRY(replay_blob(work, bytes, n, why));
  }
  rc = code;
  if (rc == AUS_EFORMAT && work->result.err.code == AUS_OK)
    AUS_FAIL(why, rc, "a child said nothing");
  if (rc != AUS_OK) *why = work->result.err;
done:
  return rc;
}

static int run_in_child(aus_work *work, aus_err *why)
{
  int rc = AUS_OK;
  aus_child *c = work->worker->child;
  bool inside;

  AUS_TRY(aus_child_start(c, &inside, why));
  if (inside) live_as_child(work);
  if (work->worker->guard) aus_guard_end(work->worker->guard);
  while (!aus_child_wait(c, child_tick_s))
    if (look(work) != AUS_POLL_CONTINUE) {
      aus_child_kill(c);
      if (work->timed_out)
        AUS_FAIL(why, AUS_ECANCEL, "killed at its deadline of %g s", work->task->hard_s);
      AUS_FAIL(why, AUS_ECANCEL, "cancelled");
    }
  work->result.rss_bytes = aus_child_rss_bytes(c);
  if (aus_child_fate(c)) {
    work->crashed = true;
    AUS_FAIL(why, AUS_EBUG, "its process ended with %s", aus_child_fate(c));
  }
  AUS_TRY(replay(work, why));
done:
  return rc;
}

/* Rows and blobs count only when the task succeeded. */
static void conclude(aus_work *w, int rc, aus_err *why)
{
  aus_result *r = &w->result;
  int i;

  r->status = status_of(w, rc);
  if (rc == AUS_OK) return;
  if (why->code != rc) {
    aus_err_clear(why);
    (void)aus_fail(why, rc, AUS_HERE, "%s: failed with %s", w->kind->name, aus_code_name(rc));
  }
  r->err = *why;
  r->n_ranges = 0;
  for (i = 0; i < r->n_blobs; i++)
    aus_free(r->blobs[i].bytes);
  r->n_blobs = 0;
}

/* What a resumed run could not make again goes to the shard. */
static int store_blobs(aus_work *work, aus_err *err)
{
  int rc = AUS_OK, i, table = work->worker->conf.n_tables;

  for (i = 0; i < work->result.n_blobs; i++) {
    aus_blob *b = &work->result.blobs[i];
    const void *column[] = {b->bytes};

    if (b->n <= AUS_BLOB_SMALL_BYTES) continue;
    AUS_TRY(aus_shard_append(work->worker->shard, table, work->task->id, (int64_t)b->n, column,
                             &b->range, err));
    work->stored = true;
  }
done:
  return rc;
}

static int run_handler(aus_worker *w, aus_err *why)
{
  int rc = AUS_OK, i;
  aus_work *work = &w->work;
  const aus_task *t = work->task;

  aus_err_clear(why);
  if (w->guard) aus_guard_begin(w->guard, t->id, t->job, t->attempt, t->hard_s);
  work->result.n_y = work->kind->n_y;
  AUS_NEW(work->result.y, work->kind->n_y, why);
  for (i = 0; i < work->kind->n_y; i++)
    work->result.y[i] = NAN;
  if (work->kind->prepare) AUS_TRY(work->kind->prepare(w->conf.self, work, why));
  AUS_TRY(w->child && work->kind->pure ? run_in_child(work, why) : run_here(work, why));
  AUS_TRY(store_blobs(work, why));
  if (work->result.n_ranges > 0 || work->stored) AUS_TRY(aus_shard_flush(w->shard, why));
done:
  if (w->guard) aus_guard_end(w->guard);
  if (rc == AUS_EIO) remember(w, rc, why);
  if (w->failure.code == AUS_EIO && rc != AUS_EIO) { /* the handler took it lightly */
    *why = w->failure;
    rc = AUS_EIO;
  }
  if (!work->result.y) work->result.n_y = 0;
  return rc;
}

static int run_first(aus_worker *w, aus_err *err)
{
  int rc = AUS_OK;
  const aus_task *t = &w->queue[0].task;
  double now_s = aus_clock_s();
  struct rusage usage;
  aus_work *work = &w->work;
  aus_err why;

  *work = (aus_work){.worker = w,
                     .task = t,
                     .kind = &w->conf.kinds[t->kind],
                     .poll = {.self = work, .look = look},
                     .result = {.id = t->id, .job = t->job, .attempt = t->attempt},
                     .status = -1,
                     .start_s = now_s,
                     .look_s = now_s,
                     .progress_s = now_s};
  aus_err_clear(&work->result.err);
  w->running = true;
  rc = run_handler(w, &why);
  w->running = false;
  conclude(work, rc, &why);
  work->result.cost_s = aus_clock_s() - now_s;
  w->sums.busy_s += work->result.cost_s;
  w->sums.n_tasks++;
  if (work->result.rss_bytes == 0 && getrusage(RUSAGE_SELF, &usage) == 0)
    work->result.rss_bytes = (int64_t)usage.ru_maxrss * 1024;
  if (aus_fault_delay_s(t->id) > 0) aus_clock_sleep(aus_fault_delay_s(t->id));
  rc = reply(w, &work->result, err);
  aus_result_fini(&work->result);
  drop_entry(w, 0);
  shrink_cache(w);
  return rc;
}

static bool ready(const aus_worker *w)
{
  const aus_task *t;
  int i;

  if (w->n_queue == 0) return false;
  t = &w->queue[0].task;
  for (i = 0; i < t->n_needs; i++) {
    const aus_blobs_entry *e = aus_blobs_find(&w->cache, t->needs[i]);

    if (!e || !e->complete) return false;
  }
  return true;
}

/* ---- life ---- */

int aus_engine_tables(aus_table **out, const aus_table *tables, int n, aus_err *err)
{
  int rc = AUS_OK;
  static const aus_column bytes = AUS_COLUMN("bytes", AUS_U8, "1", 1, "a blob");

  AUS_NEW(*out, n + 1, err);
  if (n > 0) memcpy(*out, tables, (size_t)n * sizeof **out);
  (*out)[n] = (aus_table){.name = "engine/blobs", .column = &bytes, .n_columns = 1};
done:
  return rc;
}

int aus_worker_create(aus_worker **out, aus_comm *comm, const aus_worker_conf *conf, aus_err *err)
{
  int rc = AUS_OK;
  aus_worker *w = NULL;

  *out = NULL;
  AUS_NEW(w, 1, err);
  w->comm = comm;
  w->conf = *conf;
  w->born_s = aus_clock_s();
  aus_blobs_init(&w->cache);
  aus_err_clear(&w->failure);
  if (conf->dir) AUS_TRY(aus_guard_open(&w->guard, conf->dir, conf->rank, err));
  if (conf->isolate) AUS_TRY(aus_child_create(&w->child, conf->isolate_memory_mb, err));
  AUS_TRY(aus_engine_tables(&w->tables, conf->tables, conf->n_tables, err));
  AUS_TRY(aus_shard_create(&w->shard, conf->dir ? conf->dir : ".", conf->run, conf->first_shard,
                           conf->shard_stride, w->tables, conf->n_tables + 1, err));
  AUS_TRY(say_hello(w, err));
  *out = w;
  w = NULL;
done:
  (void)aus_worker_destroy(w, NULL);
  return rc;
}

int aus_worker_destroy(aus_worker *w, aus_err *err)
{
  int rc;

  if (!w) return AUS_OK;
  aus_guard_close(w->guard);
  aus_child_destroy(w->child);
  rc = aus_shard_close(w->shard, err);
  aus_shard_reader_destroy(w->reader);
  aus_free(w->tables);
  while (w->n_queue > 0)
    drop_entry(w, w->n_queue - 1);
  aus_free(w->queue);
  aus_blobs_fini(&w->cache);
  aus_free(w);
  return rc;
}

/* STOP came: the shard is closed before rank 0 hears that this worker is done. */
static int finish(aus_worker *w, aus_err *err)
{
  int rc = AUS_OK;
  aus_err why;

  aus_err_clear(&why);
  remember(w, aus_shard_roll(w->shard, &why), &why);
  if (!w->said_bye) AUS_TRY(say_bye(w, &w->failure, err));
  rc = w->failure.code;
  if (rc != AUS_OK && err && err->code == AUS_OK) *err = w->failure;
done:
  return rc;
}

int aus_worker_step(aus_worker *w, bool *active, bool *stopped, aus_err *err)
{
  int rc = AUS_OK;
  aus_err why;

  *active = *stopped = false;
  aus_err_clear(&why);
  AUS_TRY(take_messages(w, false, active, &why));
  /* After a failure of its own a worker only waits for STOP. */
  if (!w->stop && w->failure.code == AUS_OK && ready(w)) {
    *active = true;
    AUS_TRY(run_first(w, &why));
    if (w->failure.code != AUS_OK && w->failure.code != AUS_EIO) {
      why = w->failure;
      rc = why.code;
      goto done;
    }
  }
  if (w->stop) {
    *active = *stopped = true;
    AUS_TRY(finish(w, &why));
  }
done:
  if (rc != AUS_OK && !w->said_bye) (void)say_bye(w, &why, NULL);
  if (rc != AUS_OK && err && err->code == AUS_OK) *err = why;
  return rc;
}

int aus_worker_leave(aus_worker *w, const aus_err *why)
{
  return w->said_bye ? AUS_OK : say_bye(w, why, NULL);
}

int aus_worker_loop(aus_worker *w, aus_err *err)
{
  int rc = AUS_OK;
  bool active, stopped = false;

  while (!stopped) {
    AUS_TRY(aus_worker_step(w, &active, &stopped, err));
    if (active)
      aus_comm_busy(w->comm);
    else
      aus_comm_idle(w->comm);
  }
done:
  return rc;
}
