/* comm.h - messages between the manager (rank 0) and its workers, over MPI or inside one process.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A message is a 48-byte header and a payload of at most 1 MiB, CRC-32C over the payload. Peers are
 * numbered: 0 is the manager, w >= 1 are workers. Under MPI peer = rank; when rank 0 works itself, its
 * local worker is peer `size` and its messages go through a loop-back queue in memory, the same
 * framing. Sending never blocks: buffers are kept until MPI has completed them.
 */
#ifndef AUS_PAR_COMM_H
#define AUS_PAR_COMM_H

#include "util/buf.h"
#include "util/err.h"

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum aus_msg_type {
  AUS_MSG_HELLO = 1,
  AUS_MSG_TASK,
  AUS_MSG_RESULT,
  AUS_MSG_PROGRESS,
  AUS_MSG_CANCEL,
  AUS_MSG_STOP,
  AUS_MSG_BYE,
  AUS_MSG_NOTICE,
  AUS_MSG_JOB,
  AUS_MSG_JOBRES,
  AUS_MSG_MODEL
} aus_msg_type;

enum { AUS_MSG_HEADER = 48, AUS_MSG_MAX_PAYLOAD = 1 << 20, AUS_MSG_VERSION = 1 };

typedef struct aus_msg {
  aus_msg_type type;
  uint64_t id; /* trial, or serial of a job */
  uint32_t campaign;
  uint16_t attempt;
  uint16_t flags;
  uint64_t sent_ns;    /* sender's monotonic clock */
  int peer;            /* of a received message: who sent it */
  uint32_t n;          /* payload bytes */
  const void *payload; /* sending: lent by the caller; received: valid until the next receive */
} aus_msg;

/** Header and payload as bytes, appended to out. Local. */
void aus_msg_encode(const aus_msg *m, aus_buf *out);
/** The reverse; m->payload points into `bytes`.
 * @return AUS_OK; AUS_EFORMAT for a wrong magic, version, type, length or CRC. Local. */
AUS_CHECKED int aus_msg_decode(const void *bytes, size_t n, aus_msg *m, aus_err *err);

typedef struct aus_comm aus_comm;

/** The manager's side (rank 0) or a worker's side (other ranks) of the MPI transport.
 *
 * Collective on world: duplicates it (comm_ctl) with MPI_ERRORS_RETURN.
 *
 * @param [in] local_worker  rank 0 only: also make the loop-back pair for a worker in this process
 * @return agreed: AUS_OK; AUS_EMPI; AUS_ENOMEM
 */
AUS_CHECKED int aus_comm_open(aus_comm **out, MPI_Comm world, bool local_worker, aus_err *err);

/** A manager's side without MPI whose only peer is its local worker (one rank; unit tests).
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_comm_open_local(aus_comm **out, aus_err *err);

/** The worker's end of the loop-back pair, lent by the manager's side; NULL if there is none. */
aus_comm *aus_comm_local_worker(aus_comm *manager);

/** Waits for sends under way (at most a second) and frees. NULL is allowed. Not collective.
 * The duplicated communicator is freed only when `collective` (no rank was lost). */
void aus_comm_close(aus_comm *comm, bool collective);

/** Number of workers, and their peer numbers 1..n_peers (a local worker is the last). */
int aus_comm_n_workers(const aus_comm *comm);
/** Are all ranks on one host? */
bool aus_comm_one_host(const aus_comm *comm);
/** True for the peer that is the local worker. */
bool aus_comm_is_local(const aus_comm *comm, int peer);

/** Queue a message for a peer; the payload is copied.
 * @return AUS_OK; AUS_EINVAL for a payload above 1 MiB; AUS_EMPI; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_comm_send(aus_comm *comm, int peer, const aus_msg *m, aus_err *err);

/** The next message, if there is one; also completes pending sends.
 *
 * @param [out] got  true when *m was filled
 * @param [in] urgent_only  worker: only CANCEL, STOP and MODEL (inside the poll hook)
 * @return AUS_OK; AUS_EMPI; AUS_EFORMAT for a damaged message; AUS_ENOMEM
 *
 * Local. Messages of one peer and tag arrive in order.
 */
AUS_CHECKED int aus_comm_receive(aus_comm *comm, bool urgent_only, aus_msg *m, bool *got,
                                 aus_err *err);

/** Idle waiting: spin 200 us, then sleep for an eighth of the time waited so far, from 20 us to 1 ms
 * (manager) or 5 ms (worker); with more ranks than cores start at 1 ms. Call once per fruitless look,
 * aus_comm_busy() after a fruitful one. */
void aus_comm_idle(aus_comm *comm);
/** Wait until all that was sent has left, at most that long. Who is about to compute for long does it after
 * large messages: they move on only while both sides look, and the other one may block in receiving them. */
void aus_comm_settle(aus_comm *comm, double most_s);
void aus_comm_busy(aus_comm *comm);

#endif
