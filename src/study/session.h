/* session.h - one `auspex run` on one rank: everything that its parts share.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_STUDY_SESSION_H
#define AUS_STUDY_SESSION_H

#include "engine/engine.h"
#include "engine/status.h"
#include "par/topo.h"
#include "store/rundir.h"
#include "study/load.h"
#include "study/provenance.h"
#include "study/resume.h"

typedef struct aus_session {
  aus_load load;
  const char *out_path, *run_dir;
  aus_resume past; /* rank 0, but first_shard */
  aus_provenance who;
  aus_topo topo;
  aus_engine *engine;
  /* rank 0 */
  aus_rundir *dir;
  aus_status_board *status;
  int64_t n_done, n_trials; /* committed, and known, when the engine was closed */
  double limit_s;           /* end of the wall clock by aus_clock_s() */
} aus_session;

#endif
