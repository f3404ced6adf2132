/* runlock.h - the lock file of a run directory: one run at a time, and when a dead one's place is taken.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The file `lock` holds one line
 *
 *   HOST:PID:START since=UTC [SLURM_JOB_ID=ID SLURM_RESTART_COUNT=N]
 *
 * (START: when the process started, in clock ticks since the machine did, so that a number used again
 * is no sign of life) and is flock()ed while its run lives. Its time of modification is the heartbeat.
 * flock() alone does not reach all hosts everywhere, so the line counts, too: the directory of a
 * process that exists on this host is never taken; that of one on another host when its heart
 * stopped for ten minutes, when the user says so, or when the line is of the same Slurm job before it
 * was requeued. Where there is no flock() the line alone decides. For rundir.c and its test.
 */
#ifndef AUS_STORE_RUNLOCK_H
#define AUS_STORE_RUNLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "util/err.h"

#define AUS_RUNLOCK_STALE_S 600.0

/* What a line says. */
typedef struct aus_runlock_holder {
  bool known; /* the line could be read */
  char host[256];
  long pid;
  uint64_t start_ticks; /* 0: not known */
  char since[24];
  char job[64]; /* "": none */
  long n_restarts;
} aus_runlock_holder;

typedef struct aus_runlock aus_runlock;

/** Read a line; what cannot be read gives known = false. Local. Pure. */
aus_runlock_holder aus_runlock_parse(const char *line);

/** May `me` take the place of a holder?
 *
 * @param [in] alive   a process on this host is that holder
 * @param [in] locked  flock() said that nobody else holds it
 * @param [in] age_s   since the last heartbeat
 *
 * Local. Pure.
 */
bool aus_runlock_may_take(const aus_runlock_holder *holder, const aus_runlock_holder *me,
                          bool alive, bool locked, double age_s, bool break_lock);

/** Could the file of this name be one of ours: not there, empty, or with a line that can be read? Local. */
bool aus_runlock_ours(const char *path);

/** Take the lock file in a directory. @return AUS_OK; AUS_EBUSY, naming the holder; AUS_EIO; AUS_ENOMEM.
 * Local. Waits up to half a second for a holder that is just coming or going. */
AUS_CHECKED int aus_runlock_take(aus_runlock **out, const char *dir, bool break_lock, aus_err *err);

/** The heartbeat. @return AUS_OK; AUS_EBUSY when the file is no longer this run's; AUS_EIO. Local. */
AUS_CHECKED int aus_runlock_beat(const aus_runlock *l, aus_err *err);

/** Remove the file if it is still this run's, unlock, free. NULL is allowed. Local. */
void aus_runlock_drop(aus_runlock *l);

#endif
