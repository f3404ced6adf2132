/* rundir.h - the run directory: made, recognised, cleaned and removed without touching foreign files.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A run directory holds what a run needs while it is under way: shards/s<6 digits>.h5, status.json and
 * the marker auspex.run (JSON: format, version, seed, config_sha256), which says that it is ours. The
 * journal will live here too, as journal.ausj; until then a run over an older run's directory starts
 * anew. Only regular files with our names are ever removed: links, directories and foreign files stay.
 */
#ifndef AUS_STORE_RUNDIR_H
#define AUS_STORE_RUNDIR_H

#include <stdint.h>

#include "util/err.h"

/** Make a run directory, or take over one that an earlier run left.
 *
 * @param [in] path           made with its parents when it is not there; may be empty
 * @param [in] config_sha256  hexadecimal digits
 * @param [out] lock          held until aus_rundir_unlock() or the end of the process; -1 on error
 * @return AUS_OK; AUS_EIO when it cannot be made or written, or holds files but no marker of ours
 *         (then nothing in it is touched); AUS_EBUSY when another run holds it; AUS_EINVAL for a hash that is not hexadecimal; AUS_ENOMEM
 *
 * Local; rank 0 only. Tells by an info line how many files of an earlier run it removed.
 */
AUS_CHECKED int aus_rundir_open(const char *path, uint64_t seed, const char *config_sha256,
                                int *lock, aus_err *err);

/** Give the lock back; -1 is allowed. Local. */
void aus_rundir_unlock(int lock);

/** Remove what is ours after a successful run, and the directory if that leaves it empty.
 *
 * @return AUS_OK, also when foreign files keep the directory; AUS_EIO when it has no marker of ours
 *         (nothing is touched) or a file cannot be removed; AUS_ENOMEM
 *
 * Local; rank 0 only.
 */
AUS_CHECKED int aus_rundir_remove(const char *path, aus_err *err);

#endif
