/* topo.h - which cores the ranks may use, and whether they get into each other's way.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A run calls aus_topo_arrange() once at start-up, before the engine; the rest is its parts, which tests use
 * with machines that do not exist. Ranks that the launcher has bound are left alone, with one exception: rank
 * 0 on the only core of a worker while other cores do nothing. Memory is not placed: who touches it first
 * has it near, and no worker has threads.
 *
 * A PU is what the system calls a CPU: a core, or a hardware thread of one. Lists of PUs are text, "0-3,8".
 */
#ifndef AUS_PAR_TOPO_H
#define AUS_PAR_TOPO_H

#include "util/err.h"

#include <mpi.h>
#include <stdbool.h>

enum { AUS_TOPO_LIST = 512, AUS_TOPO_TEXT = 320 };

/* Where one rank is; all zero but host, core and numa: not known. Plain bytes. */
typedef struct aus_topo {
  char host[64];
  char pus[AUS_TOPO_LIST]; /* where it may run; "": not known, or a list that is too long */
  int n_pus;
  int n_machine; /* PUs of the machine that the job may use (cgroup) */
  int n_cores;   /* cores that pus belong to */
  int core;      /* lowest PU of the first of these; -1: not known */
  int numa;      /* NUMA node of the first PU; -1: not known */
  bool bound;    /* n_pus < n_machine */
} aus_topo;

typedef struct aus_topo_machine aus_topo_machine;

/** Load a topology: of this machine, or one described in hwloc's words ("pack:2 [numa] core:28 pu:2").
 * @param [in] synthetic  NULL: this machine
 * @return AUS_OK; AUS_EDEP; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_topo_open(aus_topo_machine **out, const char *synthetic, aus_err *err);
void aus_topo_close(aus_topo_machine *m);

/** Where a process that is bound to a list of PUs is on this machine.
 * @param [in] pus  NULL: the calling process, as it is bound
 * @return AUS_OK; AUS_EDEP; AUS_EINVAL for what is no list, or a list without a PU of the machine; AUS_ENOMEM.
 *         *out has host at least. Local. */
AUS_CHECKED int aus_topo_look(const aus_topo_machine *m, const char *pus, aus_topo *out,
                              aus_err *err);

/** The machine as a table: core_of[pu] is the lowest PU of its core, -1 for what the job may not use.
 * @param [out] core_of  n entries (aus_free). @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_topo_cores(const aus_topo_machine *m, int **core_of, int *n, aus_err *err);

typedef struct aus_topo_verdict {
  int n_shared;               /* cores that more than one rank is bound to and has nothing else */
  char shared[AUS_TOPO_TEXT]; /* the first of them, "ranks 0, 1 on node7 are bound ..." */
  bool manager_shares;        /* rank 0 is on one of them */
  char free_core[AUS_TOPO_LIST]; /* then PUs of a core of its node that no rank may use; "": none */
} aus_topo_verdict;

/** Judge where the ranks are.
 * @param [in] rank     of each rank
 * @param [in] core_of  machine of rank 0, of aus_topo_cores()
 * @return AUS_OK; AUS_ENOMEM. Local, pure. */
AUS_CHECKED int aus_topo_judge(const aus_topo *rank, int n_ranks, const int *core_of, int n_pus,
                               aus_topo_verdict *v, aus_err *err);

/** Bind the calling process to a list of PUs. @return AUS_OK; AUS_EINVAL; AUS_EDEP; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_topo_bind(const aus_topo_machine *m, const char *pus, aus_err *err);

/** See where all ranks are, warn of ranks on one core, and move rank 0 off a worker's core.
 *
 * Collective on world; takes milliseconds. A rank whose topology cannot be read warns, and is not known.
 *
 * @param [in] may_move  rank 0 may be bound to a free core (else it only warns)
 * @param [out] mine     this rank, after a move
 * @param [out] all      rank 0: of all ranks (aus_free); NULL on the others
 * @return agreed: AUS_OK; AUS_ENOMEM; AUS_EMPI
 */
AUS_CHECKED int aus_topo_arrange(MPI_Comm world, bool may_move, aus_topo *mine, aus_topo **all,
                                 aus_err *err);

#endif
