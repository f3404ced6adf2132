/* guard.h - watches over the process while it works on a task: deadlines that pass unseen, and signals
 * that kill.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A thread of its own looks at the clock four times a second. When the hard deadline of the task has passed
 * and nothing has polled for max(2 s, 10 % of it) since then, or a signal of a fault arrives (SIGSEGV, SIGBUS,
 * SIGFPE, SIGILL, SIGABRT), one line goes to the crash file (engine/crash.h) and the process ends: with
 * _exit(AUS_GUARD_EXIT) after a deadline, by what handled the signal before otherwise. The thread and the
 * handler use neither MPI nor HDF5 nor memory of the heap. One guard watches at a time; a child made by
 * fork() must call aus_guard_leave() first.
 */
#ifndef AUS_ENGINE_GUARD_H
#define AUS_ENGINE_GUARD_H

#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { AUS_GUARD_EXIT = 86 };

typedef struct aus_guard aus_guard;

/** Start the thread and take over the signals (after MPI_Init, so that what MPI does with them comes later).
 * @param [in] dir  run directory; the crash file is made when it is needed
 * @return AUS_OK; AUS_EBUSY while another guard is open in this process; AUS_EDEP without threads; AUS_ENOMEM */
AUS_CHECKED int aus_guard_open(aus_guard **out, const char *dir, int rank, aus_err *err);
/** Give the signals back and end the thread. NULL is allowed. */
void aus_guard_close(aus_guard *g);

/** A task begins. hard_s: its deadline from now on; 0: none. Local; cheap. */
void aus_guard_begin(aus_guard *g, uint64_t id, bool job, int attempt, double hard_s);
/** A sign of life of the running task. Local; cheap. */
void aus_guard_poll(aus_guard *g);
/** The next sign of life may take that long. Local. */
void aus_guard_expect(aus_guard *g, double seconds);
/** The task has ended. Local. */
void aus_guard_end(aus_guard *g);

/** How long after a hard deadline the patience ends: max(2 s, 10 %). Local. */
double aus_guard_slack_s(double hard_s);

/** In a child made by fork(): signals of faults kill it at once and nothing is written. Local. */
void aus_guard_leave(aus_guard *g);

#endif
