/* wire.h - payloads and flags of the messages between manager and workers, other than tasks and results.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * CANCEL: id of the task, flag JOB if it is one. CANCEL with the flag ROLL (it is seen inside a task, too):
 * close the shard; the answer is a JOBRES with the flag and an encoded aus_result whose err tells how it
 * went. RESULT, JOBRES: the flags hold
 * the number of blobs that were sent before it. MODEL: the key is in campaign and id; flag REQUEST and
 * no payload asks for the bytes; they come in chunks, the first with the flag FIRST and the total
 * length (u64) in front.
 */
#ifndef AUS_ENGINE_WIRE_H
#define AUS_ENGINE_WIRE_H

#include "engine/blobs.h"
#include "engine/ctl.h"
#include "par/comm.h"

enum {
  AUS_WIRE_JOB = 1,       /* CANCEL */
  AUS_WIRE_REQUEST = 1,   /* MODEL */
  AUS_WIRE_FIRST = 2,     /* MODEL */
  AUS_WIRE_ROLL = 0x8000, /* CANCEL, JOBRES */
  AUS_WIRE_MAX_BLOBS = 0x7fff
};

typedef struct aus_wire_hello {
  char host[64];
  uint64_t pid, started; /* started: clock ticks since the host did (util/proc.h); 0: not known */
  uint64_t memory_bytes;
  uint32_t n_cores; /* in the cpuset */
  int32_t numa;     /* -1: not known */
  char build[64];
  char kinds[256]; /* names of the task kinds, joined by commas */
} aus_wire_hello;

typedef enum aus_wire_phase {
  AUS_PHASE_RUNNING,
  AUS_PHASE_OVERTIME,
  AUS_PHASE_LONG_CALL
} aus_wire_phase;

typedef struct aus_wire_progress {
  uint8_t phase;   /* aus_wire_phase; OVERTIME: the soft deadline has passed */
  double fraction; /* NaN: not known */
  uint64_t n_polls;
  double expect_s; /* until the next sign of life; 0: as usual */
} aus_wire_progress;

/* DRAIN: finish the running task, NOW: cancel it; then BYE. LEAVE: the verdict after all BYEs. */
typedef enum aus_wire_mode { AUS_STOP_DRAIN, AUS_STOP_NOW, AUS_STOP_LEAVE } aus_wire_mode;

typedef struct aus_wire_stop {
  uint8_t mode;       /* aus_wire_mode */
  uint8_t collective; /* LEAVE: all ranks are there, agree with them */
  int32_t code;       /* outcome so far, aus_code */
} aus_wire_stop;

typedef struct aus_wire_bye {
  double busy_s, idle_s;
  uint64_t n_polls, n_tasks;
  aus_err err; /* why it leaves, if it was not asked to or could not close its shard */
} aus_wire_bye;

/* What the rank was told by signals, or (no signal) a warning. */
typedef struct aus_wire_notice {
  aus_orders orders;
  char text[256];
} aus_wire_notice;

void aus_wire_hello_encode(const aus_wire_hello *h, aus_buf *out);
void aus_wire_progress_encode(const aus_wire_progress *p, aus_buf *out);
void aus_wire_stop_encode(const aus_wire_stop *s, aus_buf *out);
void aus_wire_bye_encode(const aus_wire_bye *b, aus_buf *out);
void aus_wire_notice_encode(const aus_wire_notice *n, aus_buf *out);
/* The reverse, from a message's payload. @return AUS_OK; AUS_EFORMAT. Local. */
AUS_CHECKED int aus_wire_hello_decode(aus_wire_hello *h, const aus_msg *m, aus_err *err);
AUS_CHECKED int aus_wire_progress_decode(aus_wire_progress *p, const aus_msg *m, aus_err *err);
AUS_CHECKED int aus_wire_stop_decode(aus_wire_stop *s, const aus_msg *m, aus_err *err);
AUS_CHECKED int aus_wire_bye_decode(aus_wire_bye *b, const aus_msg *m, aus_err *err);
AUS_CHECKED int aus_wire_notice_decode(aus_wire_notice *n, const aus_msg *m, aus_err *err);

/** Send a message of this type with the bytes of a buffer (which may be NULL) as payload.
 * @return AUS_OK; codes of aus_comm_send; AUS_ENOMEM when the buffer has failed. Local. */
AUS_CHECKED int aus_wire_send(aus_comm *comm, int peer, aus_msg header, const aus_buf *payload,
                              aus_err *err);

/** Send bytes in chunks. @return AUS_OK; codes of aus_comm_send. Local. */
AUS_CHECKED int aus_wire_send_blob(aus_comm *comm, int peer, const aus_blob *blob, aus_err *err);

/** Key of a MODEL message. Local. */
aus_blob_key aus_wire_key(const aus_msg *m);

/** Put a chunk into the entry it belongs to; entry->complete tells when it was the last.
 * @return AUS_OK; AUS_EFORMAT for a chunk that does not fit; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_wire_take_chunk(aus_blobs_entry *entry, const aus_msg *m, aus_err *err);

#endif
