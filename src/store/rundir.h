/* rundir.h - the run directory: entered by one run at a time, resumed, cleaned and removed.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A run directory holds what a run needs while it is under way: journal.ausj, shards/s<6 digits>.h5,
 * status.json, crash-*.txt, the lock file (store/runlock.h) and the marker auspex.run (JSON: format,
 * version, seed, config_sha256 of the run that made it), which says that it is ours. A directory with a
 * journal is resumed: nothing in it is removed. One without starts anew. Only regular files with our
 * names are ever removed: links, directories and foreign files stay.
 *
 * The removal of a directory begins by giving the marker the name auspex.done, and ends with it: a run that
 * is killed in between is known to have finished.
 */
#ifndef AUS_STORE_RUNDIR_H
#define AUS_STORE_RUNDIR_H

#include <stdbool.h>
#include <stdint.h>

#include "util/err.h"

/* Names below the directory. */
#define AUS_RUNDIR_MARKER  "auspex.run"
#define AUS_RUNDIR_DONE    "auspex.done" /* the marker's name once the directory is to be removed */
#define AUS_RUNDIR_LOCK    "lock"
#define AUS_RUNDIR_JOURNAL "journal.ausj"
#define AUS_RUNDIR_STATUS  "status.json"
#define AUS_RUNDIR_SHARDS  "shards"
#define AUS_RUNDIR_CRASH   "crash-" /* + anything + ".txt" */

typedef struct aus_rundir_conf {
  uint64_t seed;             /* of a new marker */
  const char *config_sha256; /* the same; hexadecimal digits */
  bool published;            /* the result of this very run is there */
  bool fresh;                /* start anew; refused where there is a journal */
  bool force;                /* with fresh: then remove it and what belongs to it */
  bool
      break_lock; /* the run that holds it is dead (never believed of a live process of this host) */
} aus_rundir_conf;

typedef struct aus_rundir aus_rundir;

/** Make a run directory, or take over one that an earlier run left.
 *
 * @param [in] path  made with its parents when it is not there; may be empty
 * @return AUS_OK; AUS_EIO when it cannot be made or written, or holds files but no marker of ours;
 *         AUS_EBUSY when another run holds it; AUS_ECONFIG for fresh without force where there is a
 *         journal; AUS_EINVAL for a hash that is not hexadecimal; AUS_ENOMEM. After an error nothing
 *         that was there is touched, unless it is AUS_EIO of the cleaning itself.
 *
 * Local; rank 0 only. Tells by an info line how many files of an earlier run it removed.
 */
AUS_CHECKED int aus_rundir_enter(aus_rundir **out, const char *path, const aus_rundir_conf *conf,
                                 aus_err *err);

/** Has the run finished, so that only the removal of its directory is left? Only with conf.published; nothing
 * was touched then. Local. */
bool aus_rundir_finished(const aus_rundir *d);

/** Is there a journal (with a whole header at least) to go on with? Local. */
bool aus_rundir_resumed(const aus_rundir *d);

/** Sign of life, every few seconds, for runs on other hosts.
 * @return AUS_OK; AUS_EBUSY when another run has taken the directory: nothing may be written any more;
 *         AUS_EIO. Local; rank 0 only. About 6 us on a local disk. */
AUS_CHECKED int aus_rundir_beat(const aus_rundir *d, aus_err *err);

/** The same unless there was one in the last 5 s: for loops. Same codes. Local; rank 0 only. */
AUS_CHECKED int aus_rundir_tend(aus_rundir *d, aus_err *err);

/** Give the lock back, free; everything else stays. NULL is allowed. Local. */
void aus_rundir_leave(aus_rundir *d);

/** Remove what is ours after a successful run (the lock file, too; by its holder only), and the directory if
 * that leaves it empty.
 *
 * @return AUS_OK, also when foreign files keep the directory; AUS_EIO when it has no marker of ours
 *         (nothing is touched) or a file cannot be removed; AUS_ENOMEM
 *
 * Local; rank 0 only.
 */
AUS_CHECKED int aus_rundir_remove(const char *path, aus_err *err);

#endif
