/* t_comm.c - messages over MPI: every worker answers; floods of large messages in both directions;
 * urgent ones overtake; the local worker of rank 0 beside MPI.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "mpi/check.h"

#include "par/agree.h"
#include "par/comm.h"
#include "util/clock.h"

enum { MIB = 1 << 20, FLOOD = 12 };

static aus_comm *comm;
static char *big;

static void post(aus_comm *c, int peer, aus_msg_type type, uint64_t id, uint32_t n)
{
  aus_msg m = {.type = type, .id = id, .campaign = (uint32_t)peer, .n = n, .payload = big};
  aus_err err;

  CHECK_OK(aus_comm_send(c, peer, &m, &err), &err);
}

/* The next message, waited for. */
static aus_msg fetch(aus_comm *c, bool urgent)
{
  aus_msg m = {0};
  aus_err err;
  bool got = false;
  double until_s = aus_clock_s() + 30;

  while (!got && aus_clock_s() < until_s && n_bad == 0) {
    CHECK_OK(aus_comm_receive(c, urgent, &m, &got, &err), &err);
    if (got)
      aus_comm_busy(c);
    else
      aus_comm_idle(c);
  }
  CHECK(got);
  CHECK(m.n == 0 || memcmp(m.payload, big, m.n) == 0);
  return m;
}

/* What a worker does, the local one, too: echo tasks until told to stop. */
static bool echo(aus_comm *c)
{
  aus_msg m = fetch(c, false);

  if (m.type == AUS_MSG_STOP) {
    post(c, 0, AUS_MSG_BYE, 0, 0);
    return false;
  }
  CHECK(m.peer == 0 && m.type == AUS_MSG_TASK);
  post(c, 0, AUS_MSG_RESULT, m.id, m.n);
  return m.type == AUS_MSG_TASK;
}

static void manager(int n_workers)
{
  aus_comm *local = aus_comm_local_worker(comm);
  uint64_t *next;
  int w, i, n_byes = 0;

  CHECK(aus_comm_n_workers(comm) == n_workers);
  next = aus_zalloc((size_t)n_workers + 1, sizeof *next);
  for (i = 0; i < FLOOD; i++) /* all are sent before anything is received: a send must not block */
    for (w = 1; w <= n_workers; w++)
      post(comm, w, AUS_MSG_TASK, (uint64_t)i, i % 2 ? 100 : MIB);
  for (w = 1; w <= n_workers; w++)
    post(comm, w, AUS_MSG_STOP, 0, 0);
  while (local && echo(local))
    continue;
  while (n_byes < n_workers && n_bad == 0) {
    aus_msg m = fetch(comm, false);

    CHECK(m.peer >= 1 && m.peer <= n_workers);
    if (m.type == AUS_MSG_BYE) {
      CHECK(next[m.peer] == FLOOD);
      n_byes++;
    } else {
      CHECK(m.type == AUS_MSG_RESULT && m.id == next[m.peer]);
      CHECK(m.n == (m.id % 2 ? 100 : MIB));
      next[m.peer]++;
    }
  }
  aus_free(next);
}

static void flood(bool local)
{
  aus_err err;

  CHECK_OK(aus_comm_open(&comm, MPI_COMM_WORLD, local, &err), &err);
  if (rank == 0)
    manager(size - 1 + (local ? 1 : 0));
  else {
    CHECK(aus_comm_local_worker(comm) == NULL);
    while (n_bad == 0 && echo(comm))
      continue;
  }
  aus_comm_close(comm, true);
}

/* A busy worker takes STOP, CANCEL and MODEL and leaves tasks where they are, in their order. */
static void urgent(void)
{
  aus_err err;
  aus_msg m;
  bool got;
  uint64_t i;

  CHECK_OK(aus_comm_open(&comm, MPI_COMM_WORLD, false, &err), &err);
  if (rank == 0) {
    for (i = 1; i < (uint64_t)size; i++) {
      post(comm, (int)i, AUS_MSG_TASK, 1, 10);
      post(comm, (int)i, AUS_MSG_JOB, 2, 10);
      post(comm, (int)i, AUS_MSG_CANCEL, 3, 0);
    }
    for (i = 1; i < (uint64_t)size; i++)
      CHECK(fetch(comm, false).type == AUS_MSG_PROGRESS);
  } else {
    m = fetch(comm, true);
    CHECK(m.type == AUS_MSG_CANCEL && m.id == 3);
    CHECK_OK(aus_comm_receive(comm, true, &m, &got, &err), &err);
    CHECK(!got);
    m = fetch(comm, false);
    CHECK(m.type == AUS_MSG_TASK && m.id == 1);
    m = fetch(comm, false);
    CHECK(m.type == AUS_MSG_JOB && m.id == 2);
    post(comm, 0, AUS_MSG_PROGRESS, 0, 0);
  }
  aus_comm_close(comm, true);
}

/* Workers pass a token to each other through rank 0: latency of the idle waiting, no deadlock. */
static void ring(void)
{
  enum { ROUNDS = 50 };
  aus_err err;
  int i, n_workers = size - 1;

  CHECK_OK(aus_comm_open(&comm, MPI_COMM_WORLD, false, &err), &err);
  if (rank == 0 && n_workers > 0) {
    for (i = 0; i < ROUNDS * n_workers; i++) {
      aus_msg m;

      post(comm, 1 + i % n_workers, AUS_MSG_TASK, (uint64_t)i, 8);
      m = fetch(comm, false);
      CHECK(m.id == (uint64_t)i && m.peer == 1 + i % n_workers);
    }
    for (i = 1; i <= n_workers; i++)
      post(comm, i, AUS_MSG_STOP, 0, 0);
    for (i = 1; i <= n_workers; i++)
      CHECK(fetch(comm, false).type == AUS_MSG_BYE);
  } else if (rank > 0)
    while (n_bad == 0 && echo(comm))
      continue;
  aus_comm_close(comm, true);
}

/* Out of memory on one rank is the verdict of all. */
static void no_memory(void)
{
  aus_err err;
  aus_comm *c = NULL;

  aus_err_clear(&err);
#ifndef NDEBUG
  if (rank == size - 1) aus_alloc_fail_at(0);
  CHECK(aus_comm_open(&c, MPI_COMM_WORLD, true, &err) == AUS_ENOMEM);
  aus_alloc_fail_at(-1);
  CHECK(err.rank == size - 1 && !c);
#else
  (void)c;
#endif
}

int main(int argc, char **argv)
{
  int i;

  mpi_start(&argc, &argv);
  big = aus_zalloc(MIB, 1);
  for (i = 0; i < MIB; i++)
    big[i] = (char)(i * 31 + i / 256);
  flood(false);
  flood(true);
  urgent();
  ring();
  no_memory();
  aus_free(big);
  return mpi_finish("comm");
}
