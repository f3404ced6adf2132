/* comm.c - framed messages over MPI and through a loop-back queue.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "par/comm.h"

#include <sched.h>
#include <string.h>

#include "par/agree.h"
#include "util/alloc.h"
#include "util/clock.h"

enum {
  MAGIC = 0x4D535541,    /* "AUSM" */
  KEEP_BYTES = 64 << 10, /* send buffers above this are freed after use */
  KEEP_BUFFERS = 256
};

/* Tags let a busy worker look for some messages only. */
enum { SMALL_BYTES = 2048, SEEN_AT_ONCE = 64 }; /* small: comes at once when it comes */

enum { TAG_HELLO = 10, TAG_TASK, TAG_RESULT, TAG_PROGRESS, TAG_STOP, TAG_MODEL };

static const int tag_of[] = {
    [AUS_MSG_HELLO] = TAG_HELLO,   [AUS_MSG_TASK] = TAG_TASK,
    [AUS_MSG_RESULT] = TAG_RESULT, [AUS_MSG_PROGRESS] = TAG_PROGRESS,
    [AUS_MSG_CANCEL] = TAG_STOP,   [AUS_MSG_STOP] = TAG_STOP,
    [AUS_MSG_BYE] = TAG_RESULT,    [AUS_MSG_NOTICE] = TAG_PROGRESS,
    [AUS_MSG_JOB] = TAG_TASK,      [AUS_MSG_JOBRES] = TAG_RESULT,
    [AUS_MSG_MODEL] = TAG_MODEL,
};

/* A message in a loop-back queue. */
typedef struct parcel {
  struct parcel *next;
  int tag;
  size_t n;
  char bytes[];
} parcel;

typedef struct queue {
  parcel *first, *last;
} queue;

/* A large message on its way in: nobody waits for it, because its sender may die over it. */
typedef struct arrival {
  struct arrival *next;
  MPI_Request request;
  int source, tag, n, done;
  char bytes[];
} arrival;

struct aus_comm {
  MPI_Comm ctl; /* MPI_COMM_NULL: loop-back only */
  int rank, size;
  /* Sends under way: request i belongs to buffer i. */
  MPI_Request *request;
  aus_buf *sending;
  int *finished; /* workspace of MPI_Testsome */
  int64_t n_sends, cap_requests, cap_sends, cap_finished;
  aus_buf spare[KEEP_BUFFERS];
  int n_spare;
  char *in; /* the message received last, if it was small */
  int64_t cap_in;
  arrival *first, *last; /* in the order in which they were seen */
  arrival *taken;        /* the message received last, if it was large */
  /* Loop-back: `local` is the worker's end (owned by the manager's), `boss` the manager's. */
  aus_comm *local, *boss;
  queue box;   /* what the other end sent here */
  parcel *got; /* the message received last, when it came from the box */
  /* Idle waiting. */
  bool crowded, one_host;
  double idle_since_s; /* 0: busy */
};

/* ---- framing ---- */

void aus_msg_encode(const aus_msg *m, aus_buf *out)
{
  aus_buf_u32(out, MAGIC);
  aus_buf_u16(out, AUS_MSG_VERSION);
  aus_buf_u16(out, (uint16_t)m->type);
  aus_buf_u64(out, m->id);
  aus_buf_u32(out, m->campaign);
  aus_buf_u16(out, m->attempt);
  aus_buf_u16(out, m->flags);
  aus_buf_u64(out, m->sent_ns);
  aus_buf_u32(out, m->n);
  aus_buf_u32(out, aus_crc32c(0, m->payload, m->n));
  aus_buf_u64(out, 0);
  aus_buf_bytes(out, m->payload, m->n);
}

int aus_msg_decode(const void *bytes, size_t n, aus_msg *m, aus_err *err)
{
  int rc = AUS_OK;
  aus_rd r = aus_rd_of(bytes, n);
  uint32_t magic = aus_rd_u32(&r), crc;
  uint16_t version = aus_rd_u16(&r), type = aus_rd_u16(&r);
  uint64_t reserved;

  *m = (aus_msg){.type = (aus_msg_type)type};
  m->id = aus_rd_u64(&r);
  m->campaign = aus_rd_u32(&r);
  m->attempt = aus_rd_u16(&r);
  m->flags = aus_rd_u16(&r);
  m->sent_ns = aus_rd_u64(&r);
  m->n = aus_rd_u32(&r);
  crc = aus_rd_u32(&r);
  reserved = aus_rd_u64(&r);
  if (r.bad) AUS_FAIL(err, AUS_EFORMAT, "message of %zu bytes, need >= %d", n, AUS_MSG_HEADER);
  if (magic != MAGIC) AUS_FAIL(err, AUS_EFORMAT, "message with magic %#x", magic);
  if (version != AUS_MSG_VERSION)
    AUS_FAIL(err, AUS_EFORMAT, "message of version %d, expected %d", version, AUS_MSG_VERSION);
  if (type < AUS_MSG_HELLO || type > AUS_MSG_MODEL)
    AUS_FAIL(err, AUS_EFORMAT, "message of unknown type %d", type);
  if (reserved != 0) AUS_FAIL(err, AUS_EFORMAT, "message with reserved bytes in use");
  if (m->n > AUS_MSG_MAX_PAYLOAD || m->n != n - AUS_MSG_HEADER)
    AUS_FAIL(err, AUS_EFORMAT, "message of %zu bytes says %u bytes of payload", n, m->n);
  m->payload = aus_rd_bytes(&r, m->n);
  if (crc != aus_crc32c(0, m->payload, m->n))
    AUS_FAIL(err, AUS_EFORMAT, "message of type %d: payload is damaged (CRC)", type);
done:
  return rc;
}

/* ---- loop-back ---- */

static int box_put(queue *q, const aus_msg *m, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf b;
  parcel *p = NULL;

  aus_buf_init(&b);
  aus_msg_encode(m, &b);
  AUS_TRY(aus_buf_check(&b, err));
  p = aus_zalloc(1, sizeof *p + (size_t)b.n);
  if (!p) AUS_FAIL(err, AUS_ENOMEM, "out of memory (message of %u bytes)", m->n);
  p->tag = tag_of[m->type];
  p->n = (size_t)b.n;
  memcpy(p->bytes, b.data, p->n);
  if (q->last)
    q->last->next = p;
  else
    q->first = p;
  q->last = p;
done:
  aus_buf_fini(&b);
  return rc;
}

static bool is_urgent(int tag)
{
  return tag == TAG_STOP || tag == TAG_MODEL;
}

static parcel *box_take(queue *q, bool urgent_only)
{
  parcel *before = NULL, *p = q->first;

  while (p && urgent_only && !is_urgent(p->tag)) {
    before = p;
    p = p->next;
  }
  if (!p) return NULL;
  if (before)
    before->next = p->next;
  else
    q->first = p->next;
  if (q->last == p) q->last = before;
  return p;
}

static void box_clear(queue *q)
{
  parcel *p;

  while ((p = box_take(q, false)))
    aus_free(p);
}

/* ---- opening ---- */

static int open_one(aus_comm **out, aus_err *err)
{
  int rc = AUS_OK;
  aus_comm *c = NULL;

  AUS_NEW(c, 1, err);
  c->ctl = MPI_COMM_NULL;
  c->size = 1;
  *out = c;
done:
  return rc;
}

static int add_local(aus_comm *c, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(open_one(&c->local, err));
  c->local->rank = c->size;
  c->local->size = c->size;
  c->local->boss = c;
done:
  return rc;
}

/* More ranks on this node than cores that any of them may use? Ranks can be bound to different cores, so
 * the union of their masks counts. Collective on world. */
static int look_around(MPI_Comm world, bool *crowded, bool *one_host, aus_err *err)
{
  int rc = AUS_OK, n_ranks = 0, n_all = 0;
  MPI_Comm node = MPI_COMM_NULL;
  cpu_set_t mine, all;

  CPU_ZERO(&mine);
  CPU_ZERO(&all);
  (void)sched_getaffinity(0, sizeof mine, &mine);
  AUS_MPI(MPI_Comm_split_type(world, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node), err);
  AUS_MPI(MPI_Comm_size(node, &n_ranks), err);
  AUS_MPI(MPI_Allreduce(&mine, &all, (int)sizeof all, MPI_BYTE, MPI_BOR, node), err);
  AUS_MPI(MPI_Comm_size(world, &n_all), err);
  *one_host = n_ranks == n_all;
  *crowded = n_ranks > CPU_COUNT(&all);
done:
  if (node != MPI_COMM_NULL) MPI_Comm_free(&node);
  return rc;
}

int aus_comm_open(aus_comm **out, MPI_Comm world, bool local_worker, aus_err *err)
{
  int rc = AUS_OK;
  aus_comm *c = NULL;
  aus_err mine;

  *out = NULL;
  aus_err_clear(&mine);
  rc = open_one(&c, &mine);
  rc = aus_agree(world, rc, &mine);
  if (rc != AUS_OK) goto done;
  AUS_MPI(MPI_Comm_dup(world, &c->ctl), &mine);
  AUS_MPI(MPI_Comm_set_errhandler(c->ctl, MPI_ERRORS_RETURN), &mine);
  AUS_MPI(MPI_Comm_rank(c->ctl, &c->rank), &mine);
  AUS_MPI(MPI_Comm_size(c->ctl, &c->size), &mine);
  AUS_TRY(look_around(c->ctl, &c->crowded, &c->one_host, &mine));
  if (c->rank == 0 && local_worker) rc = add_local(c, &mine);
  rc = aus_agree(c->ctl, rc, &mine);
  if (rc != AUS_OK) goto done;
  *out = c;
  c = NULL;
done:
  if (rc != AUS_OK && err) *err = mine;
  aus_comm_close(c, true);
  return rc;
}

int aus_comm_open_local(aus_comm **out, aus_err *err)
{
  int rc = AUS_OK;
  aus_comm *c = NULL;

  *out = NULL;
  AUS_TRY(open_one(&c, err));
  c->one_host = true;
  AUS_TRY(add_local(c, err));
  *out = c;
  c = NULL;
done:
  aus_comm_close(c, false);
  return rc;
}

aus_comm *aus_comm_local_worker(aus_comm *manager)
{
  return manager->local;
}

int aus_comm_n_workers(const aus_comm *comm)
{
  return comm->size - 1 + (comm->local != NULL);
}

bool aus_comm_one_host(const aus_comm *comm)
{
  return comm->one_host;
}

bool aus_comm_is_local(const aus_comm *comm, int peer)
{
  return comm->local && peer == comm->size;
}

/* ---- sending ---- */

/* A buffer whose send is over goes back to the spare ones, unless it is large. */
static void retire(aus_comm *c, aus_buf *b)
{
  if (c->n_spare < KEEP_BUFFERS && b->cap <= KEEP_BYTES)
    c->spare[c->n_spare++] = *b;
  else
    aus_buf_fini(b);
  aus_buf_init(b);
}

static int complete_sends(aus_comm *c, aus_err *err)
{
  int rc = AUS_OK, n_done = 0;
  int64_t i, kept = 0;

  if (c->n_sends == 0) goto done;
  AUS_MPI(MPI_Testsome((int)c->n_sends, c->request, &n_done, c->finished, MPI_STATUSES_IGNORE),
          err);
  if (n_done == 0 || n_done == MPI_UNDEFINED) goto done;
  for (i = 0; i < c->n_sends; i++) {
    if (c->request[i] == MPI_REQUEST_NULL) {
      retire(c, &c->sending[i]);
      continue;
    }
    c->request[kept] = c->request[i];
    c->sending[kept++] = c->sending[i];
  }
  c->n_sends = kept;
done:
  return rc;
}

static int send_mpi(aus_comm *c, int peer, const aus_msg *m, aus_err *err)
{
  int rc = AUS_OK, sent = 0;
  aus_buf b;
  MPI_Request request = MPI_REQUEST_NULL;

  aus_buf_init(&b);
  AUS_TRY(aus_grow(&c->request, &c->cap_requests, c->n_sends + 1, sizeof *c->request, err));
  AUS_TRY(aus_grow(&c->sending, &c->cap_sends, c->n_sends + 1, sizeof *c->sending, err));
  AUS_TRY(aus_grow(&c->finished, &c->cap_finished, c->n_sends + 1, sizeof *c->finished, err));
  if (c->n_spare > 0) b = c->spare[--c->n_spare];
  aus_buf_clear(&b);
  aus_msg_encode(m, &b);
  AUS_TRY(aus_buf_check(&b, err));
  AUS_MPI(MPI_Isend(b.data, (int)b.n, MPI_BYTE, peer, tag_of[m->type], c->ctl, &request), err);
  AUS_MPI(MPI_Test(&request, &sent, MPI_STATUS_IGNORE), err);
  if (!sent) {
    c->request[c->n_sends] = request;
    c->sending[c->n_sends++] = b;
    aus_buf_init(&b);
  }
done:
  retire(c, &b);
  return rc;
}

int aus_comm_send(aus_comm *comm, int peer, const aus_msg *m, aus_err *err)
{
  int rc = AUS_OK;
  aus_msg out = *m;

  if (m->n > AUS_MSG_MAX_PAYLOAD)
    AUS_FAIL(err, AUS_EINVAL, "message of type %d has %u bytes, at most %d go into one", m->type,
             m->n, AUS_MSG_MAX_PAYLOAD);
  out.sent_ns = aus_clock_ns();
  if (comm->boss)
    rc = box_put(&comm->boss->box, &out, err);
  else if (aus_comm_is_local(comm, peer))
    rc = box_put(&comm->local->box, &out, err);
  else
    rc = send_mpi(comm, peer, &out, err);
done:
  return rc;
}

/* ---- receiving ---- */

static int probe(aus_comm *c, int tag, bool *got, MPI_Message *message, MPI_Status *status,
                 aus_err *err)
{
  int rc = AUS_OK, flag = 0;

  AUS_MPI(MPI_Improbe(MPI_ANY_SOURCE, tag, c->ctl, &flag, message, status), err);
  *got = flag;
done:
  return rc;
}

static int hand_out(const char *bytes, int n, int source, aus_msg *m, bool *got, aus_err *err)
{
  int rc = aus_msg_decode(bytes, (size_t)n, m, err);

  if (rc != AUS_OK) aus_err_prepend(err, "from rank %d: ", source);
  m->peer = source;
  *got = rc == AUS_OK;
  return rc;
}

/* Is an older message of this sender still on its way? Order is kept, but urgent ones overtake the others
 * for a receiver that looks for nothing else. */
static bool overtakes(const aus_comm *c, const arrival *than, int source, bool urgent_only)
{
  const arrival *a;

  for (a = c->first; a && a != than; a = a->next)
    if (a->source == source && (!urgent_only || is_urgent(a->tag))) return true;
  return false;
}

static void unlink_arrival(aus_comm *c, arrival *a)
{
  arrival **at = &c->first, *before = NULL;

  while (*at != a) {
    before = *at;
    at = &(*at)->next;
  }
  *at = a->next;
  if (c->last == a) c->last = before;
}

/* The first of the large ones that is here. */
static int take_arrival(aus_comm *c, bool urgent_only, aus_msg *m, bool *got, aus_err *err)
{
  int rc = AUS_OK;
  arrival *a;

  for (a = c->first; a; a = a->next) {
    if (!a->done) AUS_MPI(MPI_Test(&a->request, &a->done, MPI_STATUS_IGNORE), err);
    if (!a->done || (urgent_only && !is_urgent(a->tag)) || overtakes(c, a, a->source, urgent_only))
      continue;
    unlink_arrival(c, a);
    c->taken = a;
    rc = hand_out(a->bytes, a->n, a->source, m, got, err);
    break;
  }
done:
  return rc;
}

static int begin_arrival(aus_comm *c, int n, MPI_Message *message, const MPI_Status *status,
                         aus_err *err)
{
  int rc = AUS_OK;
  arrival *a = aus_zalloc(1, sizeof *a + (size_t)n);

  if (!a) AUS_FAIL(err, AUS_ENOMEM, "out of memory (%d bytes)", n);
  *a = (arrival){.source = status->MPI_SOURCE, .tag = status->MPI_TAG, .n = n};
  AUS_MPI(MPI_Imrecv(a->bytes, n, MPI_BYTE, message, &a->request), err);
  if (c->last)
    c->last->next = a;
  else
    c->first = a;
  c->last = a;
  a = NULL;
done:
  aus_free(a);
  return rc;
}

/* The next message that MPI has seen: a small one is taken, a large one begins to arrive. */
static int see_one(aus_comm *c, bool urgent_only, aus_msg *m, bool *seen, bool *got, aus_err *err)
{
  int rc = AUS_OK, n = 0;
  MPI_Message message;
  MPI_Status status;

  if (urgent_only) {
    AUS_TRY(probe(c, TAG_STOP, seen, &message, &status, err));
    if (!*seen) AUS_TRY(probe(c, TAG_MODEL, seen, &message, &status, err));
  } else
    AUS_TRY(probe(c, MPI_ANY_TAG, seen, &message, &status, err));
  if (!*seen) goto done;
  AUS_MPI(MPI_Get_count(&status, MPI_BYTE, &n), err);
  if (n > SMALL_BYTES || overtakes(c, NULL, status.MPI_SOURCE, urgent_only)) {
    rc = begin_arrival(c, n, &message, &status, err);
    goto done;
  }
  AUS_TRY(aus_grow(&c->in, &c->cap_in, n + 1, 1, err));
  AUS_MPI(MPI_Mrecv(c->in, n, MPI_BYTE, &message, &status), err);
  rc = hand_out(c->in, n, status.MPI_SOURCE, m, got, err);
done:
  return rc;
}

static int receive_mpi(aus_comm *c, bool urgent_only, aus_msg *m, bool *got, aus_err *err)
{
  int rc = AUS_OK, i;
  bool seen = true;

  aus_free(c->taken);
  c->taken = NULL;
  for (i = 0; i < SEEN_AT_ONCE && seen && !*got; i++) {
    if (c->first) AUS_TRY(take_arrival(c, urgent_only, m, got, err));
    if (!*got) AUS_TRY(see_one(c, urgent_only, m, &seen, got, err));
  }
done:
  return rc;
}

static int receive_box(aus_comm *c, bool urgent_only, aus_msg *m, bool *got, aus_err *err)
{
  int rc = AUS_OK;

  aus_free(c->got);
  c->got = box_take(&c->box, urgent_only);
  if (!c->got) goto done;
  AUS_TRY(aus_msg_decode(c->got->bytes, c->got->n, m, err));
  m->peer = c->boss ? 0 : c->size;
  *got = true;
done:
  return rc;
}

int aus_comm_receive(aus_comm *comm, bool urgent_only, aus_msg *m, bool *got, aus_err *err)
{
  int rc = AUS_OK;

  *got = false;
  AUS_TRY(receive_box(comm, urgent_only, m, got, err));
  if (*got || comm->ctl == MPI_COMM_NULL) goto done;
  AUS_TRY(complete_sends(comm, err));
  AUS_TRY(receive_mpi(comm, urgent_only, m, got, err));
done:
  return rc;
}

/* ---- waiting ---- */

void aus_comm_busy(aus_comm *comm)
{
  comm->idle_since_s = 0;
}

/* Spinning must outlast a short sleep of the other side (20 us are 100 us in practice), or two ranks that
 * talk to each other never come back to full speed. A sleep is a small part of the time waited so far:
 * doubling on both sides of a conversation feeds upon itself, because each waits up to twice as long as
 * the other made it wait, until both are at their limit. */
void aus_comm_idle(aus_comm *comm)
{
  const double spin_s = 200e-6, first_s = comm->crowded ? 1e-3 : 20e-6;
  const double most_s = comm->rank == 0 ? 1e-3 : 5e-3;
  const double sending_s = 50e-6; /* a large message moves on only while both sides look */
  double now_s = aus_clock_s(), sleep_s;

  if (comm->n_sends > 0) {
    aus_clock_sleep(sending_s);
    return;
  }
  if (comm->idle_since_s == 0) comm->idle_since_s = now_s;
  if (!comm->crowded && now_s - comm->idle_since_s < spin_s) return;
  sleep_s = (now_s - comm->idle_since_s) / 8;
  if (sleep_s < first_s) sleep_s = first_s;
  if (sleep_s > most_s) sleep_s = most_s;
  aus_clock_sleep(sleep_s);
}

void aus_comm_settle(aus_comm *comm, double most_s)
{
  double until_s = aus_clock_s() + most_s;

  while (comm->n_sends > 0 && aus_clock_s() < until_s) {
    if (complete_sends(comm, NULL) != AUS_OK) return;
    if (comm->n_sends > 0) aus_clock_sleep(20e-6);
  }
}

/* ---- closing ---- */

/* Buffers that MPI still reads (a lost rank never takes its messages) are left to it. */
static void free_buffers(aus_comm *c)
{
  int64_t i;

  for (i = 0; i < c->n_sends; i++) {
    MPI_Request_free(&c->request[i]);
    aus_buf_init(&c->sending[i]);
  }
  while (c->first) {
    arrival *a = c->first;

    c->first = a->next;
    if (a->done)
      aus_free(a);
    else
      MPI_Request_free(&a->request);
  }
  aus_free(c->taken);
  while (c->n_spare > 0)
    aus_buf_fini(&c->spare[--c->n_spare]);
  aus_free(c->request);
  aus_free(c->sending);
  aus_free(c->finished);
  aus_free(c->in);
}

void aus_comm_close(aus_comm *comm, bool collective)
{
  if (!comm) return;
  aus_comm_close(comm->local, false);
  if (comm->ctl != MPI_COMM_NULL) {
    aus_comm_settle(comm, 1.0);
    if (collective) MPI_Comm_free(&comm->ctl);
  }
  free_buffers(comm);
  box_clear(&comm->box);
  aus_free(comm->got);
  aus_free(comm);
}
