/* topo.c - which cores the ranks may use, and whether they get into each other's way.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "par/topo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hwloc.h>

#include "par/agree.h"
#include "util/alloc.h"
#include "util/log.h"
#include "util/proc.h"

enum { NAMED = 8 }; /* ranks that a warning names */

struct aus_topo_machine {
  hwloc_topology_t t;
};

/* ---- the machine ---- */

/* Also what the job may not use: ranks in cgroups of their own then see the same cores. */
static int load(hwloc_topology_t t, const char *synthetic)
{
  if (hwloc_topology_set_flags(t, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) != 0) return -1;
  if (synthetic && hwloc_topology_set_synthetic(t, synthetic) != 0) return -1;
  return hwloc_topology_load(t);
}

int aus_topo_open(aus_topo_machine **out, const char *synthetic, aus_err *err)
{
  int rc = AUS_OK;
  aus_topo_machine *m = NULL;

  *out = NULL;
  AUS_NEW(m, 1, err);
  if (hwloc_topology_init(&m->t) != 0) {
    m->t = NULL;
    AUS_FAIL(err, AUS_ENOMEM, "out of memory (topology)");
  }
  if (load(m->t, synthetic) != 0)
    AUS_FAIL(err, AUS_EDEP, "hwloc cannot read the topology: %s", strerror(errno));
  *out = m;
  m = NULL;
done:
  aus_topo_close(m);
  return rc;
}

void aus_topo_close(aus_topo_machine *m)
{
  if (!m) return;
  if (m->t) hwloc_topology_destroy(m->t);
  aus_free(m);
}

/* The lowest PU of a PU's core; virtual machines may have no cores. */
static int core_of_pu(const aus_topo_machine *m, unsigned pu)
{
  hwloc_obj_t obj = hwloc_get_pu_obj_by_os_index(m->t, pu);
  hwloc_obj_t core = obj ? hwloc_get_ancestor_obj_by_type(m->t, HWLOC_OBJ_CORE, obj) : NULL;

  return core ? hwloc_bitmap_first(core->cpuset) : (int)pu;
}

static int numa_of_pu(const aus_topo_machine *m, unsigned pu)
{
  hwloc_obj_t node = NULL;

  while ((node = hwloc_get_next_obj_by_type(m->t, HWLOC_OBJ_NUMANODE, node)))
    if (hwloc_bitmap_isset(node->cpuset, pu)) return (int)node->os_index;
  return -1;
}

int aus_topo_cores(const aus_topo_machine *m, int **core_of, int *n, aus_err *err)
{
  int rc = AUS_OK, pu;
  hwloc_const_cpuset_t allowed = hwloc_topology_get_allowed_cpuset(m->t);

  *core_of = NULL;
  *n = hwloc_bitmap_last(allowed) + 1;
  AUS_NEW(*core_of, *n, err);
  for (pu = 0; pu < *n; pu++)
    (*core_of)[pu] = hwloc_bitmap_isset(allowed, (unsigned)pu) ? core_of_pu(m, (unsigned)pu) : -1;
done:
  return rc;
}

/* ---- one process ---- */

/* A list as a set of PUs that the machine has and the job may use. */
static int read_list(const aus_topo_machine *m, const char *pus, hwloc_bitmap_t set, aus_err *err)
{
  int rc = AUS_OK;

  if (hwloc_bitmap_list_sscanf(set, pus) != 0) AUS_FAIL(err, AUS_EINVAL, "\"%s\": no PUs", pus);
  hwloc_bitmap_and(set, set, hwloc_topology_get_allowed_cpuset(m->t));
  if (hwloc_bitmap_iszero(set)) AUS_FAIL(err, AUS_EINVAL, "%s: no PU of this machine", pus);
done:
  return rc;
}

static int read_own(const aus_topo_machine *m, hwloc_bitmap_t set, aus_err *err)
{
  int rc = AUS_OK;

  if (hwloc_get_cpubind(m->t, set, HWLOC_CPUBIND_PROCESS) != 0)
    AUS_FAIL(err, AUS_EDEP, "hwloc cannot tell the binding: %s", strerror(errno));
  hwloc_bitmap_and(set, set, hwloc_topology_get_allowed_cpuset(m->t));
  if (hwloc_bitmap_iszero(set)) AUS_FAIL(err, AUS_EDEP, "hwloc knows no PU of this process");
done:
  return rc;
}

static void describe(const aus_topo_machine *m, hwloc_const_bitmap_t set, aus_topo *out)
{
  int pu;

  if (hwloc_bitmap_list_snprintf(out->pus, sizeof out->pus, set) >= (int)sizeof out->pus)
    out->pus[0] = '\0';
  out->n_pus = hwloc_bitmap_weight(set);
  out->n_machine = hwloc_bitmap_weight(hwloc_topology_get_allowed_cpuset(m->t));
  out->bound = out->n_pus < out->n_machine;
  pu = hwloc_bitmap_first(set);
  out->core = core_of_pu(m, (unsigned)pu);
  out->numa = numa_of_pu(m, (unsigned)pu);
  /* A core counts at the first of its PUs in the set. */
  for (; pu >= 0; pu = hwloc_bitmap_next(set, pu)) {
    int earlier = hwloc_bitmap_first(set), core = core_of_pu(m, (unsigned)pu);

    while (earlier < pu && core_of_pu(m, (unsigned)earlier) != core)
      earlier = hwloc_bitmap_next(set, earlier);
    out->n_cores += earlier == pu;
  }
}

static void unknown(aus_topo *out)
{
  *out = (aus_topo){.core = -1, .numa = -1};
  aus_proc_host(out->host, sizeof out->host);
}

int aus_topo_look(const aus_topo_machine *m, const char *pus, aus_topo *out, aus_err *err)
{
  int rc = AUS_OK;
  hwloc_bitmap_t set = hwloc_bitmap_alloc();

  unknown(out);
  if (!set) AUS_FAIL(err, AUS_ENOMEM, "out of memory (PUs)");
  if (pus)
    AUS_TRY(read_list(m, pus, set, err));
  else
    AUS_TRY(read_own(m, set, err));
  describe(m, set, out);
done:
  hwloc_bitmap_free(set);
  return rc;
}

int aus_topo_bind(const aus_topo_machine *m, const char *pus, aus_err *err)
{
  int rc = AUS_OK;
  hwloc_bitmap_t set = hwloc_bitmap_alloc();

  if (!set) AUS_FAIL(err, AUS_ENOMEM, "out of memory (PUs)");
  AUS_TRY(read_list(m, pus, set, err));
  if (hwloc_set_cpubind(m->t, set, HWLOC_CPUBIND_PROCESS) != 0)
    AUS_FAIL(err, AUS_EDEP, "hwloc cannot bind to %s: %s", pus, strerror(errno));
done:
  hwloc_bitmap_free(set);
  return rc;
}

/* ---- the verdict ---- */

static bool on_one_core(const aus_topo *a, const aus_topo *b)
{
  return a->bound && b->bound && a->n_cores == 1 && b->n_cores == 1 && a->core == b->core &&
         strcmp(a->host, b->host) == 0;
}

/* The ranks from `first` on that are on its core: "0, 1, 5". @return how many */
static int name_ranks(const aus_topo *rank, int n, int first, char *out, size_t size)
{
  int i, n_found = 0;
  size_t at = 0;

  out[0] = '\0';
  for (i = first; i < n; i++) {
    if (!on_one_core(&rank[i], &rank[first])) continue;
    n_found++;
    if (n_found > NAMED || at >= size) continue;
    at += (size_t)snprintf(out + at, size - at, n_found > 1 ? ", %d" : "%d", i);
  }
  if (n_found > NAMED && at < size) snprintf(out + at, size - at, " and %d more", n_found - NAMED);
  return n_found;
}

static void find_shared(const aus_topo *rank, int n, aus_topo_verdict *v)
{
  char names[128];
  int i, k;

  for (i = 0; i < n; i++) {
    for (k = 0; k < i && !on_one_core(&rank[k], &rank[i]); k++)
      ;
    if (k < i || name_ranks(rank, n, i, names, sizeof names) < 2) continue;
    if (i == 0) v->manager_shares = true;
    if (v->n_shared++ == 0)
      snprintf(v->shared, sizeof v->shared, "ranks %s on %s are bound to the same core (%.40s)",
               names, rank[i].host, rank[i].pus);
  }
}

/* Mark the cores of a list. @return false for a list that is not known */
static bool mark_busy(const char *pus, const int *core_of, int n_pus, char *busy)
{
  char *end;

  if (!pus[0]) return false;
  for (; *pus; pus = *end ? end + 1 : end) {
    long from = strtol(pus, &end, 10), to = from;

    if (end == pus || from < 0) return false;
    if (*end == '-') to = strtol(end + 1, &end, 10);
    for (; from <= to && from < n_pus; from++)
      if (core_of[from] >= 0) busy[core_of[from]] = 1;
  }
  return true;
}

static void list_core(const int *core_of, int n_pus, int core, char *out, size_t size)
{
  size_t at = 0;
  int pu;

  for (pu = core; pu < n_pus && at < size; pu++)
    if (core_of[pu] == core) at += (size_t)snprintf(out + at, size - at, at > 0 ? ",%d" : "%d", pu);
}

/* The first core of rank 0's node that no rank may use. Where a rank is not known, none is. */
static int find_free(const aus_topo *rank, int n, const int *core_of, int n_pus,
                     aus_topo_verdict *v, aus_err *err)
{
  int rc = AUS_OK, i;
  char *busy = NULL;

  AUS_NEW(busy, n_pus + 1, err);
  for (i = 0; i < n; i++)
    if (strcmp(rank[i].host, rank[0].host) == 0 && !mark_busy(rank[i].pus, core_of, n_pus, busy))
      goto done;
  for (i = 0; i < n_pus; i++)
    if (core_of[i] >= 0 && !busy[core_of[i]]) break;
  if (i < n_pus) list_core(core_of, n_pus, core_of[i], v->free_core, sizeof v->free_core);
done:
  aus_free(busy);
  return rc;
}

int aus_topo_judge(const aus_topo *rank, int n_ranks, const int *core_of, int n_pus,
                   aus_topo_verdict *v, aus_err *err)
{
  *v = (aus_topo_verdict){0};
  find_shared(rank, n_ranks, v);
  return v->manager_shares ? find_free(rank, n_ranks, core_of, n_pus, v, err) : AUS_OK;
}

/* ---- start-up ---- */

/* What cannot be read is no reason not to run. */
static int look_here(aus_topo_machine **m, aus_topo *mine, aus_err *err)
{
  int rc;
  aus_err why;

  aus_err_clear(&why);
  unknown(mine);
  rc = aus_topo_open(m, NULL, &why);
  if (rc == AUS_OK) rc = aus_topo_look(*m, NULL, mine, &why);
  if (rc == AUS_ENOMEM) return aus_fail(err, rc, AUS_HERE, "%s", why.text);
  if (rc != AUS_OK) AUS_WARN("topo", "%s", why.text);
  return AUS_OK;
}

static int move(const aus_topo_machine *m, const char *pus, aus_topo *mine)
{
  int rc;
  aus_err why;

  aus_err_clear(&why);
  rc = aus_topo_bind(m, pus, &why);
  if (rc == AUS_OK) rc = aus_topo_look(m, NULL, mine, &why);
  if (rc != AUS_OK) AUS_WARN("topo", "rank 0 stays where it is: %s", why.text);
  return rc;
}

static void warn(const aus_topo_verdict *v, bool may_move)
{
  if (v->n_shared > 1)
    AUS_WARN("topo", "%s, and so are those of %d more core%s", v->shared, v->n_shared - 1,
             v->n_shared > 2 ? "s" : "");
  else if (v->n_shared == 1)
    AUS_WARN("topo", "%s", v->shared);
  if (v->free_core[0])
    AUS_WARN("topo", "rank 0 shares its only core with a worker while others are free%s%s",
             may_move ? ": it moves to " : "", may_move ? v->free_core : "");
}

/* Rank 0. */
static int put_right(const aus_topo_machine *m, bool may_move, aus_topo *rank, int n, aus_err *err)
{
  int rc = AUS_OK, *core_of = NULL, n_pus = 0;
  aus_topo_verdict v;

  if (m) AUS_TRY(aus_topo_cores(m, &core_of, &n_pus, err));
  AUS_TRY(aus_topo_judge(rank, n, core_of, n_pus, &v, err));
  warn(&v, may_move);
  if (v.free_core[0] && may_move) (void)move(m, v.free_core, &rank[0]);
done:
  aus_free(core_of);
  return rc;
}

int aus_topo_arrange(MPI_Comm world, bool may_move, aus_topo *mine, aus_topo **all, aus_err *err)
{
  int rc = AUS_OK, rank, size;
  aus_topo_machine *m = NULL;
  aus_topo *list = NULL;

  *all = NULL;
  MPI_Comm_rank(world, &rank);
  MPI_Comm_size(world, &size);
  rc = look_here(&m, mine, err);
  if (rank == 0 && rc == AUS_OK) {
    list = aus_zalloc((size_t)size, sizeof *list);
    if (!list) rc = aus_fail(err, AUS_ENOMEM, AUS_HERE, "out of memory (%d ranks)", size);
  }
  AUS_TRY(aus_agree(world, rc, err));
  AUS_MPI(MPI_Gather(mine, sizeof *mine, MPI_BYTE, list, sizeof *mine, MPI_BYTE, 0, world), err);
  if (rank == 0) rc = put_right(m, may_move, list, size, err);
  AUS_TRY(aus_agree(world, rc, err));
  if (rank == 0) *mine = list[0];
  *all = list;
  list = NULL;
done:
  aus_topo_close(m);
  aus_free(list);
  return rc;
}
