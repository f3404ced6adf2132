/* provenance.c - who, where, when and with what.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/provenance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "learn/xgb.h"
#include "par/agree.h"
#include "util/alloc.h"
#include "util/clock.h"

int aus_provenance_start(aus_provenance *p, MPI_Comm world, aus_err *err)
{
  int rc = AUS_OK, rank, size, n;
  char name[MPI_MAX_PROCESSOR_NAME] = "";

  *p = (aus_provenance){0};
  aus_clock_utc(p->start);
  MPI_Comm_rank(world, &rank);
  MPI_Comm_size(world, &size);
  if (rank == 0) {
    p->n_hosts = size;
    p->hosts = aus_zalloc((size_t)size, MPI_MAX_PROCESSOR_NAME);
    if (!p->hosts) rc = aus_fail(err, AUS_ENOMEM, AUS_HERE, "out of memory (host names)");
  }
  AUS_TRY(aus_agree(world, rc, err));
  MPI_Get_processor_name(name, &n);
  AUS_MPI(MPI_Gather(name, MPI_MAX_PROCESSOR_NAME, MPI_CHAR, p->hosts, MPI_MAX_PROCESSOR_NAME,
                     MPI_CHAR, 0, world),
          err);
done:
  return rc;
}

void aus_provenance_fini(aus_provenance *p)
{
  aus_free(p->hosts);
  aus_free(p->places);
  *p = (aus_provenance){0};
}

static int versions(const aus_provenance *p, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, n;
  char mpi[MPI_MAX_LIBRARY_VERSION_STRING], end[24], xgboost[32];
  const char *const run = "provenance/run", *user = getenv("USER");
  static const char *const slurm[] = {
      "SLURM_JOB_ID", "SLURM_JOB_NAME",      "SLURM_JOB_PARTITION", "SLURM_JOB_NUM_NODES",
      "SLURM_NTASKS", "SLURM_RESTART_COUNT", "SLURM_CLUSTER_NAME"};
  static const char *const slurm_attr[] = {
      "slurm_job_id", "slurm_job_name",      "slurm_partition", "slurm_num_nodes",
      "slurm_ntasks", "slurm_restart_count", "slurm_cluster"};
  size_t i;

  MPI_Get_library_version(mpi, &n);
  mpi[strcspn(mpi, ",\n")] = '\0';
  aus_clock_utc(end);
  aus_xgb_library(xgboost);
  AUS_TRY(aus_pub_attr_str(pub, run, "user", user ? user : "", err));
  AUS_TRY(aus_pub_attr_u64(pub, run, "ranks", (uint64_t)p->n_hosts, err));
  AUS_TRY(aus_pub_attr_str(pub, run, "mpi", mpi, err));
  AUS_TRY(aus_pub_attr_str(pub, run, "hdf5", aus_pub_library(), err));
  AUS_TRY(aus_pub_attr_str(pub, run, "xgboost", xgboost, err));
  AUS_TRY(aus_pub_attr_str(pub, run, "compiler", AUS_COMPILER, err));
  AUS_TRY(aus_pub_attr_str(pub, run, "compiler_flags", AUS_COMPILER_FLAGS, err));
  AUS_TRY(aus_pub_attr_str(pub, run, "git", AUS_GIT_REVISION, err));
  AUS_TRY(aus_pub_attr_str(pub, run, "start", p->start, err));
  AUS_TRY(aus_pub_attr_str(pub, run, "end", end, err));
  for (i = 0; i < sizeof slurm / sizeof slurm[0]; i++)
    if (getenv(slurm[i])) AUS_TRY(aus_pub_attr_str(pub, run, slurm_attr[i], getenv(slurm[i]), err));
done:
  return rc;
}

static int lists(const aus_provenance *p, const aus_call *call, const aus_files *files,
                 aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, i;
  int64_t k, n = aus_files_count(files);
  const char **text = NULL;

  AUS_NEW(text, (p->n_hosts > n ? p->n_hosts : n) + 1, err);
  for (i = 0; i < p->n_hosts; i++)
    text[i] = p->hosts + (size_t)i * MPI_MAX_PROCESSOR_NAME;
  AUS_TRY(aus_pub_strings(pub, "provenance/run/hosts", p->n_hosts, text, "host of each rank", err));
  AUS_TRY(aus_pub_strings(pub, "provenance/run/argv", call->argc, (const char *const *)call->argv,
                          "command line", err));
  for (k = 0; k < n; k++)
    text[k] = aus_files_path(files, k);
  AUS_TRY(aus_pub_strings(pub, "provenance/run/input_path", n, text, "input files", err));
  for (k = 0; k < n; k++)
    text[k] = aus_files_digest(files, aus_files_path(files, k));
  AUS_TRY(aus_pub_strings(pub, "provenance/run/input_sha256", n, text, "SHA-256 of their content",
                          err));
done:
  aus_free(text);
  return rc;
}

/* Where each rank was bound, and its NUMA node. */
static int binding(const aus_provenance *p, aus_pub *pub, aus_err *err)
{
  enum { LINE = sizeof(p->places->host) + AUS_TOPO_LIST };
  int rc = AUS_OK, i;
  const char **text = NULL;
  char *lines = NULL;
  aus_buf numa;

  aus_buf_init(&numa);
  AUS_NEW(text, p->n_hosts, err);
  AUS_NEW(lines, (size_t)p->n_hosts * LINE, err);
  for (i = 0; i < p->n_hosts; i++) {
    const aus_topo *t = &p->places[i];

    snprintf(lines + (size_t)i * LINE, LINE, "%s %s", t->host, t->pus[0] ? t->pus : "?");
    text[i] = lines + (size_t)i * LINE;
    aus_buf_printf(&numa, i > 0 ? ",%d" : "%d", t->numa);
  }
  AUS_TRY(aus_buf_check(&numa, err));
  AUS_TRY(aus_pub_strings(pub, "provenance/run/binding", p->n_hosts, text,
                          "host and CPUs of each rank", err));
  AUS_TRY(aus_pub_attr_str(pub, "provenance/run", "numa", numa.data, err));
done:
  aus_buf_fini(&numa);
  aus_free(lines);
  aus_free(text);
  return rc;
}

static int engine_log(const aus_engine_log *log, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;
  size_t i;
  const char *const at = "provenance", *const line = "provenance/timeline";
  const struct {
    aus_column column;
    const void *data;
  } per_trial[] =
      {
          {AUS_COLUMN("trial_id", AUS_U64, "1", 1, "trial of the next five"), log->trial},
          {AUS_COLUMN("trial_cost", AUS_F64, "s", 1, "wall clock of the attempt that counts"),
           log->cost_s},
          {AUS_COLUMN("trial_wall_start", AUS_F64, "s", 1, "start since the engine opened"),
           log->start_s},
          {AUS_COLUMN("trial_worker", AUS_I32, "1", 1, "worker that did it"), log->worker},
          {AUS_COLUMN("trial_rss", AUS_I64, "byte", 1, "peak resident memory of its worker"),
           log->rss_bytes},
      },
    timeline[] = {
        {AUS_COLUMN("time", AUS_F64, "s", 1, "since the engine opened"), log->time_s},
        {AUS_COLUMN("manager_load", AUS_F64, "1", 1, "busy share of rank 0"), log->manager_load},
        {AUS_COLUMN("busy_workers", AUS_I64, "1", 1, "workers with a task"), log->busy_workers},
        {AUS_COLUMN("queue", AUS_I64, "1", 1, "tasks waiting"), log->queue},
        {AUS_COLUMN("committed", AUS_I64, "1", 1, "tasks committed"), log->committed},
    };
  const aus_column attempts =
      AUS_COLUMN("trial_attempts", AUS_I32, "1", 1, "attempts that were made");
  const aus_column violations =
      AUS_COLUMN("determinism_violations", AUS_I64, "1", 1, "trials whose two results differed");
  int32_t *n_attempts = NULL;
  int64_t k;

  AUS_NEW(n_attempts, log->n, err);
  for (k = 0; k < log->n; k++)
    n_attempts[k] = log->attempts[k];
  AUS_TRY(aus_pub_column(pub, at, &attempts, log->n, n_attempts, err));
  for (i = 0; i < sizeof per_trial / sizeof per_trial[0]; i++)
    AUS_TRY(aus_pub_column(pub, at, &per_trial[i].column, log->n, per_trial[i].data, err));
  for (i = 0; i < sizeof timeline / sizeof timeline[0]; i++)
    AUS_TRY(aus_pub_column(pub, line, &timeline[i].column, log->n_timeline, timeline[i].data, err));
  AUS_TRY(aus_pub_column(pub, at, &violations, 1, &log->n_violations, err));
  AUS_TRY(aus_pub_attr_f64(pub, "provenance/run", "worker_busy_s", log->busy_s, err));
  AUS_TRY(aus_pub_attr_f64(pub, "provenance/run", "span_s", log->span_s, err));
  AUS_TRY(aus_pub_attr_f64(pub, "provenance/run", "worker_utilisation",
                           log->span_s > 0 ? log->busy_s / (log->n_workers * log->span_s) : 0.0,
                           err));
done:
  aus_free(n_attempts);
  return rc;
}

int aus_provenance_publish(const aus_provenance *p, const aus_call *call, const aus_engine_log *log,
                           const aus_files *files, const char *engine_settings, aus_pub *pub,
                           aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(versions(p, pub, err));
  AUS_TRY(lists(p, call, files, pub, err));
  if (p->places) AUS_TRY(binding(p, pub, err));
  if (engine_settings)
    AUS_TRY(aus_pub_attr_str(pub, "provenance/run", "engine", engine_settings, err));
  if (log) AUS_TRY(engine_log(log, pub, err));
done:
  return rc;
}
