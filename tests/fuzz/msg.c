/* msg.c - fuzz: framed messages and the payloads of each type.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The bytes as they are, then with a header that fits them, so that payloads are reached. What is taken
 * encodes to the same bytes.
 */
#include <config.h>

#include "engine/wire.h"
#include "fuzz/fuzz.h"
#include "par/comm.h"

static bool decoded(const void *bytes, size_t n, aus_msg *m)
{
  aus_err err = {0};
  aus_buf b;

  if (!fuzz_took(aus_msg_decode(bytes, n, m, &err), &err, AUS_EFORMAT)) return false;
  fuzz_check(m->n == n - AUS_MSG_HEADER);
  aus_buf_init(&b);
  aus_msg_encode(m, &b);
  if (fuzz_filled(&b)) fuzz_check(fuzz_same(&b, bytes, n));
  aus_buf_fini(&b);
  return true;
}

/* Texts are cut to the struct's size, so the second round is compared with the first. */
static void hello(const aus_msg *m)
{
  aus_wire_hello h, again;
  aus_err err = {0};
  aus_msg second = *m;
  aus_buf b;

  if (!fuzz_took(aus_wire_hello_decode(&h, m, &err), &err, AUS_EFORMAT)) return;
  aus_buf_init(&b);
  aus_wire_hello_encode(&h, &b);
  if (fuzz_filled(&b)) {
    second.payload = b.data;
    second.n = (uint32_t)b.n;
    fuzz_check(aus_wire_hello_decode(&again, &second, &err) == AUS_OK);
    fuzz_check(strcmp(h.host, again.host) == 0 && strcmp(h.build, again.build) == 0 &&
               strcmp(h.kinds, again.kinds) == 0 && h.pid == again.pid && h.numa == again.numa);
  }
  aus_buf_fini(&b);
}

static void progress(const aus_msg *m, aus_buf *b)
{
  aus_wire_progress p;
  aus_err err = {0};

  if (!fuzz_took(aus_wire_progress_decode(&p, m, &err), &err, AUS_EFORMAT)) return;
  fuzz_check(p.phase <= AUS_PHASE_LONG_CALL && p.expect_s >= 0);
  aus_wire_progress_encode(&p, b);
  if (fuzz_filled(b)) fuzz_check(fuzz_same(b, m->payload, m->n));
}

static void stop(const aus_msg *m, aus_buf *b)
{
  aus_wire_stop s;
  aus_err err = {0};

  if (!fuzz_took(aus_wire_stop_decode(&s, m, &err), &err, AUS_EFORMAT)) return;
  fuzz_check(s.code <= AUS_OK && s.code >= AUS_EDIFF);
  aus_wire_stop_encode(&s, b);
  if (fuzz_filled(b)) fuzz_check(fuzz_same(b, m->payload, m->n));
}

static void bye(const aus_msg *m)
{
  aus_wire_bye w;
  aus_err err = {0};

  if (!fuzz_took(aus_wire_bye_decode(&w, m, &err), &err, AUS_EFORMAT)) return;
  fuzz_check(w.err.code <= AUS_OK && w.err.code >= AUS_EDIFF);
  fuzz_check(memchr(w.err.text, '\0', sizeof w.err.text));
}

static void task(const aus_msg *m, aus_buf *b)
{
  aus_task t;
  aus_err err = {0};

  if (!fuzz_took(aus_task_decode(&t, m->payload, m->n, &err), &err, AUS_EFORMAT)) return;
  aus_task_encode(&t, b);
  if (fuzz_filled(b)) fuzz_check(fuzz_same(b, m->payload, m->n));
  aus_task_fini(&t);
}

static void result(const aus_msg *m)
{
  aus_result r;
  aus_err err = {0};

  if (!fuzz_took(aus_result_decode(&r, m->payload, m->n, &err), &err, AUS_EFORMAT)) return;
  fuzz_check(r.status <= AUS_S_INFEASIBLE);
  aus_result_fini(&r);
}

/* The payload in two or more chunks. */
static void chunks(aus_msg m)
{
  aus_blobs_entry entry = {0};
  aus_err err = {0};
  const char *p = m.payload;
  uint32_t left = m.n, step = (m.attempt % 64) + 8u;

  m.flags |= AUS_WIRE_FIRST;
  for (;;) {
    m.payload = p;
    m.n = left < step ? left : step;
    if (!fuzz_took(aus_wire_take_chunk(&entry, &m, &err), &err, AUS_EFORMAT)) break;
    fuzz_check(entry.got <= entry.blob.n && entry.complete == (entry.got == entry.blob.n));
    p += m.n;
    left -= m.n;
    m.flags = (uint16_t)(m.flags & ~AUS_WIRE_FIRST);
    if (left == 0) break;
  }
  aus_free(entry.blob.bytes);
}

static void payload(const aus_msg *m)
{
  aus_buf b;

  aus_buf_init(&b);
  if (m->type == AUS_MSG_HELLO) hello(m);
  if (m->type == AUS_MSG_PROGRESS) progress(m, &b);
  if (m->type == AUS_MSG_STOP) stop(m, &b);
  if (m->type == AUS_MSG_BYE) bye(m);
  if (m->type == AUS_MSG_TASK || m->type == AUS_MSG_JOB) task(m, &b);
  if (m->type == AUS_MSG_RESULT || m->type == AUS_MSG_JOBRES) result(m);
  if (m->type == AUS_MSG_MODEL) chunks(*m);
  aus_buf_fini(&b);
}

FUZZ_TARGET(msg)
{
  aus_msg m;
  aus_rd r = aus_rd_of(data, n);
  aus_buf b;

  if (decoded(data, n, &m)) payload(&m);
  (void)aus_rd_bytes(&r, 6);
  m = (aus_msg){.type = (aus_msg_type)(1 + aus_rd_u16(&r) % AUS_MSG_MODEL)};
  m.id = aus_rd_u64(&r);
  m.campaign = aus_rd_u32(&r);
  m.attempt = aus_rd_u16(&r);
  m.flags = aus_rd_u16(&r);
  m.sent_ns = aus_rd_u64(&r);
  (void)aus_rd_bytes(&r, 16);
  if (r.bad) return;
  m.n = (uint32_t)(n - AUS_MSG_HEADER);
  m.payload = data + AUS_MSG_HEADER;
  aus_buf_init(&b);
  aus_msg_encode(&m, &b);
  if (fuzz_filled(&b)) {
    fuzz_check(decoded(b.data, (size_t)b.n, &m));
    payload(&m);
  }
  aus_buf_fini(&b);
}
