/* memory.c - records of what happens, answers from what happened.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "engine/memory.h"

#include <stdio.h>

#include "util/alloc.h"
#include "util/clock.h"

int aus_memory_init(aus_memory *m, aus_journal *journal, aus_recall *recall,
                    const aus_worker_conf *worker, aus_err *err)
{
  int rc = AUS_OK;

  *m = (aus_memory){.journal = journal, .recall = recall};
  aus_buf_init(&m->payload);
  if (!recall) goto done;
  AUS_TRY(aus_engine_tables(&m->tables, worker->tables, worker->n_tables, err));
  AUS_TRY(aus_shard_reader_create(&m->shards, worker->dir, worker->run, m->tables,
                                  worker->n_tables + 1, err));
done:
  return rc;
}

void aus_memory_fini(aus_memory *m)
{
  aus_shard_reader_destroy(m->shards);
  aus_free(m->tables);
  aus_free(m->shard_known);
  aus_buf_fini(&m->payload);
  *m = (aus_memory){0};
}

static aus_recalled *recalled(const aus_memory *m, uint64_t id, bool job)
{
  return m->recall ? aus_recall_find(m->recall, id, job) : NULL;
}

/* ---- answers ---- */

int aus_memory_campaign(aus_memory *m, aus_sched *s, uint32_t campaign, bool by_arrival,
                        aus_err *err)
{
  int rc = AUS_OK;
  aus_sched_past *past = NULL;
  int64_t n = 0;

  if (m->recall) AUS_TRY(aus_recall_order(m->recall, campaign, &past, &n, err));
  AUS_TRY(aus_sched_campaign(s, campaign, by_arrival, past, n, err));
done:
  aus_free(past);
  return rc;
}

/* The content of what a task needs; a blob that is not there counts as none. Large ones in shards have the
 * same CRC as their only column. */
static uint32_t digest_needs(const aus_task *task, const aus_blobs *blobs)
{
  uint32_t digest = 0;
  int i;

  for (i = 0; i < task->n_needs; i++) {
    aus_blobs_entry *e = aus_blobs_find(blobs, task->needs[i]);
    uint32_t crc = 0;

    if (e && !e->has_crc) {
      e->crc = e->complete ? aus_crc32c(0, e->blob.bytes, e->blob.n) : e->blob.range.crc;
      e->has_crc = true;
    }
    if (e) crc = e->crc;
    digest = aus_crc32c(digest, &crc, sizeof crc);
  }
  return digest;
}

/* Is what an earlier run found the result of this very task, and still there? */
static int check_answer(const aus_memory *m, const aus_recalled *x, const aus_task *task,
                        const aus_blobs *blobs, bool *answers, aus_err *err)
{
  int rc = AUS_OK;
  uint32_t digest;
  bool loose = aus_recall_is_loose(m->recall);

  *answers = false;
  AUS_TRY(aus_task_digest(task, &digest, err));
  if (digest != x->digest && !loose)
    AUS_FAIL(err, AUS_EBUG,
             "%s %u:%u is not the task that the journal has a result of: the same configuration has"
             " led elsewhere",
             task->job ? "job" : "trial", (unsigned)(task->id >> 32), (unsigned)task->id);
  *answers =
      digest == x->digest && !x->damaged && (!loose || x->needs == digest_needs(task, blobs));
done:
  return rc;
}

int aus_memory_add(aus_memory *m, aus_sched *s, const aus_task *task, const aus_blobs *blobs,
                   aus_err *err)
{
  int rc = AUS_OK, n_charged;
  bool answers = false;
  aus_recalled *x = recalled(m, task->id, task->job);

  if (x && !x->taken) AUS_TRY(check_answer(m, x, task, blobs, &answers, err));
  n_charged = m->recall && !answers ? aus_recall_charged(m->recall, task->id, task->job) : 0;
  if (n_charged > 0) AUS_TRY(aus_sched_charge(s, task->id, task->job, n_charged, err));
  AUS_TRY(aus_sched_add(s, task, err));
  if (!answers) goto done;
  x->taken = true;
  AUS_TRY(aus_sched_recall(s, &x->result, err));
done:
  return rc;
}

/* What it had made lies where it was put. */
static int take_stored(const aus_recalled *x, aus_blobs *blobs, aus_err *err)
{
  int rc = AUS_OK, i;

  for (i = 0; i < x->n_stored; i++) {
    const aus_stored *b = &x->stored[i];
    aus_blobs_entry *e = aus_blobs_find(blobs, b->key);

    if (!b->in_shard) {
      AUS_TRY(aus_blobs_put(blobs, b->key, b->bytes, b->n, err));
      continue;
    }
    if (e) continue; /* made twice with the same bytes */
    AUS_TRY(aus_blobs_add(blobs, b->key, &e, err));
    e->blob.n = b->n;
    e->blob.range = b->range;
  }
done:
  return rc;
}

int aus_memory_fetch(aus_memory *m, aus_blobs *blobs, aus_blobs_entry *e, aus_err *err)
{
  int rc = AUS_OK;
  char *bytes = NULL;
  const aus_range *g = &e->blob.range;

  if (e->complete) goto done;
  AUS_NEW(bytes, e->blob.n, err);
  AUS_TRY(aus_shard_read(m->shards, (int)g->table, 0, g->shard, g->first, g->n, bytes, err));
  e->blob.bytes = bytes;
  e->got = e->blob.n;
  e->complete = true;
  blobs->n_bytes += e->blob.n;
  bytes = NULL;
done:
  aus_free(bytes);
  return rc;
}

/* ---- records ---- */

static int add(aus_memory *m, aus_record_type type, uint16_t flags, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_buf_check(&m->payload, err));
  AUS_TRY(aus_journal_add(m->journal, type, flags, &m->payload, err));
done:
  return rc;
}

int aus_memory_started(aus_memory *m, const aus_task *task, int worker, const char *host,
                       aus_err *err)
{
  if (!m->journal) return AUS_OK;
  aus_buf_clear(&m->payload);
  aus_recall_encode_start(task, worker, host, &m->payload);
  return add(m, AUS_R_START, 0, err);
}

/* The first time that a shard is heard of. */
static int note_shard(aus_memory *m, uint32_t number, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_grow(&m->shard_known, &m->cap_known, (int64_t)number + 1, 1, err));
  while (m->n_known <= (int64_t)number)
    m->shard_known[m->n_known++] = 0;
  if (m->shard_known[number]) goto done;
  m->shard_known[number] = 1;
  aus_buf_clear(&m->payload);
  aus_buf_u32(&m->payload, number);
  aus_buf_printf(&m->payload, "shards/s%06u.h5", number);
  AUS_TRY(add(m, AUS_R_SHARD, 0, err));
done:
  return rc;
}

static int note_shards(aus_memory *m, const aus_result *r, aus_err *err)
{
  int rc = AUS_OK, i;

  for (i = 0; i < r->n_ranges; i++)
    if (r->ranges[i].n > 0) AUS_TRY(note_shard(m, r->ranges[i].shard, err));
  for (i = 0; i < r->n_blobs; i++)
    if (r->blobs[i].range.n > 0) AUS_TRY(note_shard(m, r->blobs[i].range.shard, err));
done:
  return rc;
}

static int note_commit(aus_memory *m, const aus_task *task, const aus_result *r, int worker,
                       double start_s, const aus_blobs *blobs, aus_err *err)
{
  int rc = AUS_OK, i;
  uint32_t digest;

  AUS_TRY(aus_task_digest(task, &digest, err));
  AUS_TRY(note_shards(m, r, err));
  for (i = 0; i < r->n_blobs; i++) {
    aus_buf_clear(&m->payload);
    aus_recall_encode_model(r, &r->blobs[i], &m->payload);
    AUS_TRY(add(m, AUS_R_MODEL, 0, err));
  }
  aus_buf_clear(&m->payload);
  aus_recall_encode_commit(digest, digest_needs(task, blobs), start_s, worker, r, &m->payload);
  AUS_TRY(add(m, AUS_R_COMMIT, 0, err));
  AUS_TRY(aus_journal_write(m->journal, aus_clock_s(), err));
done:
  return rc;
}

/* A trial whose rows were lost: only the place of its rows may differ. */
static int compare(const aus_recalled *x, const aus_result *r, aus_err *err)
{
  int rc = AUS_OK;
  aus_result before = x->result, now = *r;

  before.n_blobs = now.n_blobs = 0; /* the bytes of the earlier ones are gone */
  if (!aus_result_same(&before, &now))
    AUS_FAIL(err, AUS_EBUG,
             "%s %u:%u was done again because its rows were lost, and came out otherwise",
             r->job ? "job" : "trial", (unsigned)(r->id >> 32), (unsigned)r->id);
done:
  return rc;
}

int aus_memory_commit(aus_memory *m, const aus_task *task, const aus_result *r, int *worker,
                      double *start_s, aus_blobs *blobs, aus_err *err)
{
  int rc = AUS_OK, i;
  const aus_recalled *x = recalled(m, task->id, task->job);

  if (x && x->taken) {
    *worker = x->worker;
    *start_s = x->start_s;
    AUS_TRY(take_stored(x, blobs, err));
    goto done;
  }
  if (x && x->damaged && !aus_status_machine(r->status) && !aus_recall_is_loose(m->recall))
    AUS_TRY(compare(x, r, err));
  if (m->journal) AUS_TRY(note_commit(m, task, r, *worker, *start_s, blobs, err));
  for (i = 0; i < r->n_blobs; i++)
    AUS_TRY(aus_blobs_put(blobs, r->blobs[i].key, r->blobs[i].bytes, r->blobs[i].n, err));
done:
  return rc;
}

int aus_memory_charged(aus_memory *m, const aus_task *task, aus_err *err)
{
  int rc = AUS_OK;

  if (!m->journal) goto done;
  aus_buf_clear(&m->payload);
  aus_recall_encode_charged(&(aus_charge){.id = task->id, .job = task->job, .n = task->attempt + 1},
                            &m->payload);
  AUS_TRY(add(m, AUS_R_NOTE, AUS_NOTE_CHARGED, err));
  AUS_TRY(aus_journal_write(m->journal, aus_clock_s(), err));
done:
  return rc;
}

int aus_memory_note(aus_journal *journal, aus_note what, const char *text, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf b;

  aus_buf_init(&b);
  aus_buf_text(&b, text);
  AUS_TRY(aus_buf_check(&b, err));
  if (journal) AUS_TRY(aus_journal_add(journal, AUS_R_NOTE, (uint16_t)what, &b, err));
done:
  aus_buf_fini(&b);
  return rc;
}

int aus_memory_decide(aus_memory *m, aus_record_type type, const aus_buf *payload, aus_err *err)
{
  int rc = AUS_OK;
  aus_decided before;
  aus_rd rd;

  if (!m->journal) goto done;
  AUS_TRY(aus_buf_check(payload, err));
  before = m->recall ? aus_recall_decision(m->recall, type, payload) : AUS_DECIDED_NOT;
  if (before == AUS_DECIDED_SAME) goto done;
  if (before == AUS_DECIDED_OTHERWISE && !aus_recall_is_loose(m->recall)) {
    rd = aus_rd_of(payload->data, (size_t)payload->n);
    AUS_FAIL(err, AUS_EBUG, "the journal has another decision of type %d for %llx", type,
             (unsigned long long)aus_rd_u64(&rd));
  }
  AUS_TRY(aus_journal_add(m->journal, type, 0, payload, err));
done:
  return rc;
}

int aus_memory_flush(aus_memory *m, double now_s, aus_err *err)
{
  return m->journal ? aus_journal_write(m->journal, now_s, err) : AUS_OK;
}

int aus_memory_sync(aus_memory *m, aus_err *err)
{
  return m->journal ? aus_journal_sync(m->journal, err) : AUS_OK;
}
