/* recall.c - records of the journal into results, decisions and evidence.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "engine/recall.h"

#include <string.h>

#include "util/alloc.h"
#include "util/log.h"

/* What a key stands for: tasks, a campaign, or decisions of a record type. */
enum { TRIAL = 0, JOB = 1, CAMPAIGN = 2, DECISION = 16 };

typedef struct entry {
  uint64_t id;
  uint32_t what;
  uint32_t crc; /* of a decision */
  aus_recalled *commit;
  aus_stored *made; /* MODEL records whose COMMIT has not come yet */
  int64_t n_made, cap_made;
  int n_charged, n_stuck;
  bool in_flight; /* START without COMMIT since the last resume */
  int64_t
      n_done; /* of a campaign: its commits, the first and the last as entries; each has the next */
  int64_t first, last, next;
} entry;

struct aus_recall {
  entry *entry;
  int64_t n, cap;
  int64_t *slot; /* open addressing, -1: empty; a power of two of them */
  int64_t n_slots;
  int64_t n_commits, n_resumes, n_since; /* since: commits since the last resume */
  char *config;
  bool loose;
};

/* ---- the table ---- */

static uint64_t mix(uint64_t id, uint32_t what)
{
  uint64_t x = id + 0x9e3779b97f4a7c15u * (what + 1);

  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

static int64_t *slot_of(const aus_recall *r, uint64_t id, uint32_t what)
{
  uint64_t at = mix(id, what) & (uint64_t)(r->n_slots - 1);

  while (r->slot[at] >= 0 && (r->entry[r->slot[at]].id != id || r->entry[r->slot[at]].what != what))
    at = (at + 1) & (uint64_t)(r->n_slots - 1);
  return &r->slot[at];
}

static int make_room(aus_recall *r, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, n = r->n_slots > 0 ? 2 * r->n_slots : 1024;
  int64_t *old = r->slot;

  if (2 * (r->n + 1) <= r->n_slots) goto done;
  r->slot = NULL;
  AUS_NEW(r->slot, n, err);
  memset(r->slot, 0xff, (size_t)n * sizeof *r->slot);
  r->n_slots = n;
  for (i = 0; i < r->n; i++)
    *slot_of(r, r->entry[i].id, r->entry[i].what) = i;
  aus_free(old);
  old = NULL;
done:
  if (rc != AUS_OK) r->slot = old;
  return rc;
}

static entry *find(const aus_recall *r, uint64_t id, uint32_t what)
{
  int64_t i = r->n_slots > 0 ? *slot_of(r, id, what) : -1;

  return i >= 0 ? &r->entry[i] : NULL;
}

static int find_or_make(aus_recall *r, uint64_t id, uint32_t what, entry **out, aus_err *err)
{
  int rc = AUS_OK;

  *out = find(r, id, what);
  if (*out) goto done;
  AUS_TRY(make_room(r, err));
  AUS_TRY(aus_grow(&r->entry, &r->cap, r->n + 1, sizeof *r->entry, err));
  *slot_of(r, id, what) = r->n;
  *out = &r->entry[r->n++];
  **out = (entry){.id = id, .what = what};
done:
  return rc;
}

static void free_stored(aus_stored *list, int64_t n)
{
  int64_t i;

  for (i = 0; i < n; i++)
    aus_free(list[i].bytes);
  aus_free(list);
}

static void free_recalled(aus_recalled *x)
{
  if (!x) return;
  aus_result_fini(&x->result);
  free_stored(x->stored, x->n_stored);
  aus_free(x);
}

int aus_recall_create(aus_recall **out, aus_err *err)
{
  int rc = AUS_OK;

  AUS_NEW(*out, 1, err);
done:
  return rc;
}

void aus_recall_destroy(aus_recall *r)
{
  int64_t i;

  if (!r) return;
  for (i = 0; i < r->n; i++) {
    free_recalled(r->entry[i].commit);
    free_stored(r->entry[i].made, r->entry[i].n_made);
  }
  aus_free(r->entry);
  aus_free(r->slot);
  aus_free(r->config);
  aus_free(r);
}

/* ---- payloads ---- */

void aus_recall_encode_start(const aus_task *t, int worker, const char *host, aus_buf *out)
{
  aus_buf_u64(out, t->id);
  aus_buf_u8(out, t->job);
  aus_buf_u16(out, t->attempt);
  aus_buf_u32(out, (uint32_t)worker);
  aus_buf_u32(out, aus_crc32c(0, host, strlen(host)));
}

void aus_recall_encode_model(const aus_result *r, const aus_blob *blob, aus_buf *out)
{
  aus_buf_u64(out, r->id);
  aus_buf_u8(out, r->job);
  aus_buf_u32(out, blob->key.campaign);
  aus_buf_u32(out, blob->key.index);
  aus_buf_u8(out, blob->range.n > 0);
  if (blob->range.n > 0)
    aus_range_encode(&blob->range, out);
  else
    aus_buf_bytes(out, blob->bytes, blob->n);
}

void aus_recall_encode_commit(uint32_t digest, uint32_t needs, double start_s, int worker,
                              const aus_result *r, aus_buf *out)
{
  aus_buf_u32(out, digest);
  aus_buf_u32(out, needs);
  aus_buf_f64(out, start_s);
  aus_buf_u32(out, (uint32_t)worker);
  aus_result_encode(r, out);
}

void aus_recall_encode_charged(const aus_charge *charge, aus_buf *out)
{
  aus_buf_u64(out, charge->id);
  aus_buf_u8(out, charge->job);
  aus_buf_u32(out, (uint32_t)charge->n);
}

/* ---- records ---- */

static int senseless(const aus_record *record, aus_err *err)
{
  return aus_fail(err, AUS_EIO, AUS_HERE, "record %llu of type %u makes no sense",
                  (unsigned long long)record->sequence, record->type);
}

static int take_start(aus_recall *r, const aus_record *record, aus_rd *rd, aus_err *err)
{
  int rc = AUS_OK;
  uint64_t id = aus_rd_u64(rd);
  uint8_t job = aus_rd_u8(rd);
  entry *e;

  if (rd->bad || job > 1) return senseless(record, err);
  AUS_TRY(find_or_make(r, id, job, &e, err));
  e->in_flight = true;
done:
  return rc;
}

static int take_model(aus_recall *r, const aus_record *record, aus_rd *rd, aus_err *err)
{
  int rc = AUS_OK;
  uint64_t id = aus_rd_u64(rd);
  uint8_t job = aus_rd_u8(rd), in_shard;
  aus_stored s = {.key.campaign = aus_rd_u32(rd), .key.index = aus_rd_u32(rd)};
  const void *bytes;
  entry *e;

  in_shard = aus_rd_u8(rd);
  if (rd->bad || job > 1 || in_shard > 1) return senseless(record, err);
  s.in_shard = in_shard == 1;
  if (s.in_shard) {
    aus_range_decode(&s.range, rd);
    s.n = (size_t)s.range.n;
    if (rd->bad || rd->at != rd->n || s.n > AUS_BLOB_MAX_BYTES) return senseless(record, err);
  } else {
    s.n = rd->n - rd->at;
    bytes = aus_rd_bytes(rd, s.n);
    AUS_NEW(s.bytes, s.n, err);
    if (s.n > 0) memcpy(s.bytes, bytes, s.n);
  }
  AUS_TRY(find_or_make(r, id, job, &e, err));
  AUS_TRY(aus_grow(&e->made, &e->cap_made, e->n_made + 1, sizeof *e->made, err));
  e->made[e->n_made++] = s;
  s.bytes = NULL;
done:
  aus_free(s.bytes);
  return rc;
}

/* The order of a campaign's commits. One that was done again keeps its place. */
static int append(aus_recall *r, uint64_t id, uint32_t what, aus_err *err)
{
  int rc = AUS_OK;
  int64_t at = *slot_of(r, id, what);
  entry *e;

  AUS_TRY(find_or_make(r, id >> 32, CAMPAIGN, &e, err));
  if (e->n_done++ > 0)
    r->entry[e->last].next = at;
  else
    e->first = at;
  e->last = at;
done:
  return rc;
}

/* One that was called off will be called off again, or not. */
static int take_commit(aus_recall *r, const aus_record *record, aus_rd *rd, aus_err *err)
{
  int rc = AUS_OK;
  entry *e;
  aus_recalled *x = NULL;
  bool again;

  AUS_NEW(x, 1, err);
  x->digest = aus_rd_u32(rd);
  x->needs = aus_rd_u32(rd);
  x->start_s = aus_rd_f64(rd);
  x->worker = (int32_t)aus_rd_u32(rd);
  if (rd->bad || aus_result_decode(&x->result, rd->p + rd->at, rd->n - rd->at, NULL) != AUS_OK) {
    rc = senseless(record, err);
    goto done;
  }
  AUS_TRY(find_or_make(r, x->result.id, x->result.job, &e, err));
  x->stored = e->made;
  x->n_stored = (int)e->n_made;
  e->made = NULL;
  e->n_made = e->cap_made = 0;
  e->in_flight = false;
  e->n_charged = e->n_stuck = 0;
  r->n_since++;
  if (x->result.status == AUS_S_CANCELLED) goto done;
  again = e->commit != NULL;
  r->n_commits += !again;
  free_recalled(e->commit);
  e->commit = x;
  x = NULL;
  if (!again) AUS_TRY(append(r, e->id, e->what, err)); /* moves the entries */
done:
  free_recalled(x);
  return rc;
}

static int take_decision(aus_recall *r, const aus_record *record, aus_rd *rd, aus_err *err)
{
  int rc = AUS_OK;
  uint64_t key = aus_rd_u64(rd);
  entry *e;

  if (rd->bad) return senseless(record, err);
  AUS_TRY(find_or_make(r, key, DECISION + record->type, &e, err));
  e->crc = aus_crc32c(0, record->payload, record->n);
done:
  return rc;
}

/* Who was under way when a run ended, and nothing was committed in it, comes nearer to being stuck. */
static void end_of_run(entry *e, int64_t n_since)
{
  if (e->what > JOB) return;
  e->n_stuck = e->in_flight && n_since == 0 ? e->n_stuck + 1 : e->in_flight;
  e->in_flight = false;
}

static void take_resumed(aus_recall *r)
{
  int64_t i;

  for (i = 0; i < r->n; i++)
    end_of_run(&r->entry[i], r->n_since);
  r->n_resumes++;
  r->n_since = 0;
}

static int take_charged(aus_recall *r, const aus_record *record, aus_rd *rd, aus_err *err)
{
  int rc = AUS_OK;
  uint64_t id = aus_rd_u64(rd);
  uint8_t job = aus_rd_u8(rd);
  uint32_t n = aus_rd_u32(rd);
  entry *e;

  if (rd->bad || job > 1 || n > UINT16_MAX) return senseless(record, err);
  AUS_TRY(find_or_make(r, id, job, &e, err));
  if ((int)n > e->n_charged) e->n_charged = (int)n;
done:
  return rc;
}

static int take_note(aus_recall *r, const aus_record *record, aus_rd *rd, aus_err *err)
{
  int rc = AUS_OK;

  switch (record->flags) {
  case AUS_NOTE_RUN:
    if (r->config) r->loose = true; /* what was decided before may be decided otherwise */
    aus_free(r->config);
    AUS_NEW(r->config, record->n + 1, err);
    memcpy(r->config, record->payload, record->n);
    break;
  case AUS_NOTE_RESUMED:
    take_resumed(r);
    break;
  case AUS_NOTE_CHARGED:
    rc = take_charged(r, record, rd, err);
    break;
  default: /* for people */
    break;
  }
done:
  return rc;
}

int aus_recall_record(void *self, const aus_record *record, aus_err *err)
{
  aus_recall *r = self;
  aus_rd rd = aus_rd_of(record->payload, record->n);

  switch (record->type) {
  case AUS_R_START:
    return take_start(r, record, &rd, err);
  case AUS_R_MODEL:
    return take_model(r, record, &rd, err);
  case AUS_R_COMMIT:
    return take_commit(r, record, &rd, err);
  case AUS_R_CAMPAIGN:
  case AUS_R_PROPOSE:
  case AUS_R_STOPPED:
    return take_decision(r, record, &rd, err);
  case AUS_R_NOTE:
    return take_note(r, record, &rd, err);
  default: /* SHARD is for people and `verify` */
    return AUS_OK;
  }
}

/* ---- rows ---- */

/* Which shards open, found out once each. */
typedef struct shards {
  const char *dir;
  aus_shard_reader *reader;
  int n_tables;
  signed char *state; /* by number: 0 not tried, 1 opens, -1 does not */
  int64_t n, cap;
} shards;

static int try_shard(shards *s, uint32_t number, bool *opens, aus_err *err)
{
  int rc = AUS_OK;
  aus_err why;

  AUS_TRY(aus_grow(&s->state, &s->cap, (int64_t)number + 1, 1, err));
  while (s->n <= (int64_t)number)
    s->state[s->n++] = 0;
  if (s->state[number] == 0) {
    aus_err_clear(&why);
    rc = aus_shard_opens(s->reader, number, &why);
    if (rc == AUS_EIO) {
      AUS_WARN("engine", "%s: what it held is done again", why.text);
      rc = aus_shard_set_aside(s->dir, number, err);
      s->state[number] = -1;
    } else if (rc == AUS_OK)
      s->state[number] = 1;
    else if (err)
      *err = why;
    if (rc != AUS_OK) goto done;
  }
  *opens = s->state[number] > 0;
done:
  return rc;
}

static int check_range(shards *s, const aus_range *range, bool *good, aus_err *err)
{
  int rc = AUS_OK;
  aus_err why;

  if (range->n == 0 || !*good) goto done;
  if (range->table >= (uint32_t)s->n_tables) {
    *good = false;
    goto done;
  }
  AUS_TRY(try_shard(s, range->shard, good, err));
  if (!*good) goto done;
  aus_err_clear(&why);
  rc = aus_shard_check(s->reader, range, &why);
  if (rc == AUS_EIO) {
    AUS_WARN("engine", "%s: done again", why.text);
    *good = false;
    rc = AUS_OK;
  } else if (rc != AUS_OK && err)
    *err = why;
done:
  return rc;
}

static int check_commit(shards *s, aus_recalled *x, aus_err *err)
{
  int rc = AUS_OK, i;
  bool good = true;

  for (i = 0; i < x->result.n_ranges; i++)
    AUS_TRY(check_range(s, &x->result.ranges[i], &good, err));
  for (i = 0; i < x->n_stored; i++)
    if (x->stored[i].in_shard) AUS_TRY(check_range(s, &x->stored[i].range, &good, err));
  x->damaged = !good;
done:
  return rc;
}

int aus_recall_check_rows(aus_recall *r, const char *dir, aus_shard_reader *reader, int n_tables,
                          const aus_poll *poll, int64_t *n_bad, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;
  shards s = {.dir = dir, .reader = reader, .n_tables = n_tables};

  *n_bad = 0;
  for (i = 0; i < r->n; i++) {
    aus_recalled *x = r->entry[i].commit;

    if (!x) continue;
    if (aus_poll_now(poll) != AUS_POLL_CONTINUE)
      AUS_FAIL(err, AUS_ECANCEL, "%s: stopped before all rows were read", dir);
    AUS_TRY(check_commit(&s, x, err));
    *n_bad += x->damaged;
  }
done:
  aus_free(s.state);
  return rc;
}

/* ---- questions ---- */

aus_recalled *aus_recall_find(const aus_recall *r, uint64_t id, bool job)
{
  const entry *e = find(r, id, job ? JOB : TRIAL);

  return e ? e->commit : NULL;
}

int aus_recall_order(const aus_recall *r, uint32_t campaign, aus_sched_past **out, int64_t *n,
                     aus_err *err)
{
  int rc = AUS_OK;
  const entry *c = find(r, campaign, CAMPAIGN), *e;
  int64_t i, at;

  *out = NULL;
  *n = c ? c->n_done : 0;
  AUS_NEW(*out, *n, err);
  for (i = 0, at = c ? c->first : 0; i < *n; i++, at = e->next) {
    e = &r->entry[at];
    (*out)[i] = (aus_sched_past){.job = e->what == JOB, .index = (int64_t)(uint32_t)e->id};
  }
done:
  return rc;
}

aus_decided aus_recall_decision(const aus_recall *r, aus_record_type type, const aus_buf *payload)
{
  aus_rd rd = aus_rd_of(payload->data, (size_t)payload->n);
  const entry *e = find(r, aus_rd_u64(&rd), DECISION + (uint32_t)type);

  if (!e) return AUS_DECIDED_NOT;
  return e->crc == aus_crc32c(0, payload->data, (size_t)payload->n) ? AUS_DECIDED_SAME
                                                                    : AUS_DECIDED_OTHERWISE;
}

void aus_recall_loosen(aus_recall *r)
{
  r->loose = true;
}

bool aus_recall_is_loose(const aus_recall *r)
{
  return r->loose;
}

int aus_recall_charged(const aus_recall *r, uint64_t id, bool job)
{
  const entry *e = find(r, id, job ? JOB : TRIAL);

  return e ? e->n_charged : 0;
}

int aus_recall_stuck(const aus_recall *r, uint64_t *id, bool *job)
{
  int most = 0;
  int64_t i;

  *id = 0;
  *job = false;
  for (i = 0; i < r->n; i++) {
    entry e = r->entry[i];

    end_of_run(&e, r->n_since);
    if (e.what > JOB || e.n_stuck <= most) continue;
    if (e.commit && !e.commit->damaged && !r->loose) continue;
    most = e.n_stuck;
    *id = e.id;
    *job = e.what == JOB;
  }
  return most;
}

int64_t aus_recall_n_commits(const aus_recall *r)
{
  return r->n_commits;
}

int64_t aus_recall_n_resumes(const aus_recall *r)
{
  return r->n_resumes;
}

const char *aus_recall_config(const aus_recall *r)
{
  return r->config;
}
