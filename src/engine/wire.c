/* wire.c - payloads of HELLO, PROGRESS, STOP, BYE, NOTICE and MODEL.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "engine/wire.h"

#include <string.h>

#include "util/alloc.h"

enum { LENGTH_BYTES = 8, CHUNK_BYTES = AUS_MSG_MAX_PAYLOAD - LENGTH_BYTES };

/* A string into an array, cut to fit. */
static void read_text(aus_rd *r, char *out, size_t size)
{
  uint32_t n = aus_rd_u32(r);
  const char *p = aus_rd_bytes(r, n);
  size_t k = n < size - 1 ? n : size - 1;

  out[0] = '\0';
  if (!p) return;
  memcpy(out, p, k);
  out[k] = '\0';
}

/* A payload must have been read to its end, not beyond. */
static int finished(const aus_rd *r, const aus_msg *m, aus_err *err)
{
  if (!r->bad && r->at == r->n) return AUS_OK;
  return aus_fail(err, AUS_EFORMAT, AUS_HERE, "message of type %d: payload of %u bytes is damaged",
                  m->type, m->n);
}

void aus_wire_hello_encode(const aus_wire_hello *h, aus_buf *out)
{
  aus_buf_str(out, h->host);
  aus_buf_u64(out, h->pid);
  aus_buf_u64(out, h->started);
  aus_buf_u32(out, h->n_cores);
  aus_buf_u32(out, (uint32_t)h->numa);
  aus_buf_u64(out, h->memory_bytes);
  aus_buf_str(out, h->build);
  aus_buf_str(out, h->kinds);
}

int aus_wire_hello_decode(aus_wire_hello *h, const aus_msg *m, aus_err *err)
{
  aus_rd r = aus_rd_of(m->payload, m->n);

  read_text(&r, h->host, sizeof h->host);
  h->pid = aus_rd_u64(&r);
  h->started = aus_rd_u64(&r);
  h->n_cores = aus_rd_u32(&r);
  h->numa = (int32_t)aus_rd_u32(&r);
  h->memory_bytes = aus_rd_u64(&r);
  read_text(&r, h->build, sizeof h->build);
  read_text(&r, h->kinds, sizeof h->kinds);
  return finished(&r, m, err);
}

void aus_wire_progress_encode(const aus_wire_progress *p, aus_buf *out)
{
  aus_buf_u8(out, p->phase);
  aus_buf_f64(out, p->fraction);
  aus_buf_u64(out, p->n_polls);
  aus_buf_f64(out, p->expect_s);
}

int aus_wire_progress_decode(aus_wire_progress *p, const aus_msg *m, aus_err *err)
{
  aus_rd r = aus_rd_of(m->payload, m->n);

  p->phase = aus_rd_u8(&r);
  p->fraction = aus_rd_f64(&r);
  p->n_polls = aus_rd_u64(&r);
  p->expect_s = aus_rd_f64(&r);
  if (p->phase > AUS_PHASE_LONG_CALL || !(p->expect_s >= 0)) r.bad = 1;
  return finished(&r, m, err);
}

void aus_wire_stop_encode(const aus_wire_stop *s, aus_buf *out)
{
  aus_buf_u8(out, s->mode);
  aus_buf_u8(out, s->collective);
  aus_buf_u32(out, (uint32_t)s->code);
}

int aus_wire_stop_decode(aus_wire_stop *s, const aus_msg *m, aus_err *err)
{
  aus_rd r = aus_rd_of(m->payload, m->n);

  s->mode = aus_rd_u8(&r);
  s->collective = aus_rd_u8(&r);
  s->code = (int32_t)aus_rd_u32(&r);
  if (s->mode > AUS_STOP_LEAVE || s->collective > 1) r.bad = 1;
  if (s->code > AUS_OK || s->code < AUS_EDIFF) r.bad = 1;
  return finished(&r, m, err);
}

/* Statistics, and the error in the form that results use. */
void aus_wire_bye_encode(const aus_wire_bye *b, aus_buf *out)
{
  aus_buf_f64(out, b->busy_s);
  aus_buf_f64(out, b->idle_s);
  aus_buf_u64(out, b->n_polls);
  aus_buf_u64(out, b->n_tasks);
  aus_result_encode(&(aus_result){.err = b->err}, out);
}

int aus_wire_bye_decode(aus_wire_bye *b, const aus_msg *m, aus_err *err)
{
  int rc = AUS_OK;
  aus_rd r = aus_rd_of(m->payload, m->n);
  aus_result last;

  b->busy_s = aus_rd_f64(&r);
  b->idle_s = aus_rd_f64(&r);
  b->n_polls = aus_rd_u64(&r);
  b->n_tasks = aus_rd_u64(&r);
  if (r.bad) AUS_FAIL(err, AUS_EFORMAT, "BYE of %u bytes is damaged", m->n);
  AUS_TRY(aus_result_decode(&last, r.p + r.at, r.n - r.at, err));
  b->err = last.err;
  aus_result_fini(&last);
done:
  return rc;
}

void aus_wire_notice_encode(const aus_wire_notice *n, aus_buf *out)
{
  aus_buf_u8(out, (uint8_t)n->orders.order);
  aus_buf_u32(out, (uint32_t)n->orders.signal);
  aus_buf_u32(out, (uint32_t)n->orders.n_publish);
  aus_buf_u8(out, n->orders.abort);
  aus_buf_str(out, n->text);
}

int aus_wire_notice_decode(aus_wire_notice *n, const aus_msg *m, aus_err *err)
{
  aus_rd r = aus_rd_of(m->payload, m->n);
  uint8_t order = aus_rd_u8(&r);

  if (order > AUS_ORDER_STOP) r.bad = 1;
  n->orders.order = (aus_order)order;
  n->orders.signal = (int32_t)aus_rd_u32(&r);
  n->orders.n_publish = (int32_t)aus_rd_u32(&r);
  n->orders.abort = aus_rd_u8(&r) == 1;
  read_text(&r, n->text, sizeof n->text);
  return finished(&r, m, err);
}

int aus_wire_send(aus_comm *comm, int peer, aus_msg header, const aus_buf *payload, aus_err *err)
{
  int rc = AUS_OK;

  if (payload) {
    AUS_TRY(aus_buf_check(payload, err));
    header.n = (uint32_t)payload->n;
    header.payload = payload->data;
  }
  AUS_TRY(aus_comm_send(comm, peer, &header, err));
done:
  return rc;
}

int aus_wire_send_blob(aus_comm *comm, int peer, const aus_blob *blob, aus_err *err)
{
  int rc = AUS_OK;
  aus_msg m = {.type = AUS_MSG_MODEL,
               .campaign = blob->key.campaign,
               .id = blob->key.index,
               .flags = AUS_WIRE_FIRST};
  aus_buf b;
  size_t at = 0;

  aus_buf_init(&b);
  do {
    size_t n = blob->n - at < CHUNK_BYTES ? blob->n - at : CHUNK_BYTES;

    aus_buf_clear(&b);
    if (at == 0) aus_buf_u64(&b, blob->n);
    aus_buf_bytes(&b, blob->bytes + at, n);
    AUS_TRY(aus_wire_send(comm, peer, m, &b, err));
    m.flags = 0;
    at += n;
  } while (at < blob->n);
done:
  aus_buf_fini(&b);
  return rc;
}

aus_blob_key aus_wire_key(const aus_msg *m)
{
  return (aus_blob_key){m->campaign, (uint32_t)m->id};
}

int aus_wire_take_chunk(aus_blobs_entry *entry, const aus_msg *m, aus_err *err)
{
  int rc = AUS_OK;
  aus_rd r = aus_rd_of(m->payload, m->n);
  size_t n;

  if (m->flags & AUS_WIRE_FIRST) {
    uint64_t total = aus_rd_u64(&r);

    if (r.bad || entry->blob.bytes || total > AUS_BLOB_MAX_BYTES)
      AUS_FAIL(err, AUS_EFORMAT, "blob %u:%u: its first chunk is damaged", m->campaign,
               (unsigned)m->id);
    AUS_NEW(entry->blob.bytes, total, err);
    entry->blob.n = total;
  }
  n = r.n - r.at;
  if (!entry->blob.bytes || entry->complete || n > entry->blob.n - entry->got)
    AUS_FAIL(err, AUS_EFORMAT, "blob %u:%u: a chunk does not fit", m->campaign, (unsigned)m->id);
  if (n > 0) memcpy(entry->blob.bytes + entry->got, aus_rd_bytes(&r, n), n);
  entry->got += n;
  entry->complete = entry->got == entry->blob.n;
done:
  return rc;
}
