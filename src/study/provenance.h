/* provenance.h - who, where, when and with what: the part of a file that may differ between runs.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_STUDY_PROVENANCE_H
#define AUS_STUDY_PROVENANCE_H

#include "engine/engine.h"
#include "par/topo.h"
#include "store/pub.h"
#include "study/command.h"
#include "study/files.h"

typedef struct aus_provenance {
  char start[24]; /* ISO 8601 UTC */
  int n_hosts;
  char *hosts; /* n_hosts x MPI_MAX_PROCESSOR_NAME, by rank; NULL but on rank 0 */
  aus_topo
      *places; /* n_hosts, the caller sets it; aus_provenance_fini() frees it; NULL: not known */
} aus_provenance;

/** Note the start and gather host names. Collective on world. @return agreed: AUS_OK; AUS_EMPI; AUS_ENOMEM */
AUS_CHECKED int aus_provenance_start(aus_provenance *p, MPI_Comm world, aus_err *err);
void aus_provenance_fini(aus_provenance *p);

/** Publish /provenance. Rank 0; log may be NULL (no engine). @return codes of aus_pub_column. Local. */
AUS_CHECKED int aus_provenance_publish(const aus_provenance *p, const aus_call *call,
                                       const aus_engine_log *log, const aus_files *files,
                                       const char *engine_settings, aus_pub *pub, aus_err *err);

#endif
