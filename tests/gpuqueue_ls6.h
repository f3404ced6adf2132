/* gpuqueue_ls6.h - the shared Lonestar6 trace and the windows of its golden data, for tests and bench.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_TESTS_GPUQUEUE_LS6_H
#define AUS_TESTS_GPUQUEUE_LS6_H

#include <stdio.h>
#include <stdlib.h>

#include "gpuqueue/window.h"
#include "util/alloc.h"
#include "util/file.h"
#include "util/gzip.h"

/* Midnights, as the golden data has them: times as they stand in the log. */
#define LS6_2022_11_01 INT64_C(1667260800)
#define LS6_2023_01_23 INT64_C(1674432000)
#define LS6_2023_02_08 INT64_C(1675814400)
#define LS6_2023_03_01 INT64_C(1677628800)

enum { LS6_DAY_S = 86400 };

/* False when the shared data is not there. */
static inline bool ls6_is_there(char *path, size_t size)
{
  const char *shared = getenv("AUSPEX_SHARED");
  FILE *f;

  snprintf(path, size, "%s/data/gpuqueue/ls6-a100.log.gz", shared ? shared : "../shared");
  f = fopen(path, "rb");
  if (f) fclose(f);
  return f;
}

/* In order of arrival for ticks of 60 s. */
static inline int ls6_load(const char *path, aus_gpuqueue_trace *t, aus_err *err)
{
  int rc = AUS_OK;
  const aus_gpuqueue_read_conf conf = {.format = AUS_GPUQUEUE_SLURM_TEXT, .procs_per_node = 1};
  char *packed = NULL, *text = NULL;
  size_t n_packed, n;

  AUS_TRY(aus_file_read(path, &packed, &n_packed, err));
  AUS_TRY(aus_gzip_expand(&text, &n, path, packed, n_packed, (size_t)1 << 28, err));
  AUS_TRY(aus_gpuqueue_trace_read(t, &conf, path, text, n, err));
  aus_gpuqueue_trace_order(t, 60);
done:
  aus_free(packed);
  aus_free(text);
  return rc;
}

/* Windows of the reference with its defects. */
static inline aus_gpuqueue_geometry ls6_geometry(int64_t t_start_s, int64_t chain_nodes)
{
  return (aus_gpuqueue_geometry){.t_start_s = t_start_s,
                                 .interval_s = 4 * 3600,
                                 .warmup_s = 2 * LS6_DAY_S,
                                 .workload_s = 5 * LS6_DAY_S,
                                 .sample_s = 600,
                                 .n_snapshots = 144,
                                 .n_probes = 7,
                                 .chain_nodes = chain_nodes,
                                 .chain_limit_min = 2880,
                                 .chain_length = 2,
                                 .infer_s = 600,
                                 .anchor_start = true,
                                 .late_average = true,
                                 .cold = true};
}

static inline aus_gpuqueue_sim_conf ls6_cluster(int64_t n_nodes)
{
  aus_gpuqueue_sim_conf conf = aus_gpuqueue_sim_compat();

  conf.n_nodes = n_nodes;
  return conf;
}

#endif
