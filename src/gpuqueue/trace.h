/* gpuqueue/trace.h - jobs of a batch system: readers of its logs, filters, and the order of arrival.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A trace is read from bytes (the caller opens and expands files), filtered to what a simulated cluster is
 * given, and put into the order in which its jobs arrive. All times are whole seconds since 1970; a civil time
 * without a zone is taken in the configured zone (NULL: as if it were UTC, which is what the reference does).
 */
#ifndef AUS_GPUQUEUE_TRACE_H
#define AUS_GPUQUEUE_TRACE_H

#include "util/buf.h"
#include "util/err.h"
#include "util/tz.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A time that is not known. */
#define AUS_GPUQUEUE_NEVER INT64_MIN

typedef struct aus_gpuqueue_job {
  int64_t id;
  int64_t t_submit_s;
  int64_t t_start_s, t_end_s; /* in the real system; AUS_GPUQUEUE_NEVER: unknown */
  int64_t run_s;              /* what it takes here: end - start, at most its limit */
  int32_t limit_min;
  int32_t nodes;
  int32_t user;    /* number in order of first appearance; -1: unknown */
  double priority; /* as logged; NaN: unknown */
} aus_gpuqueue_job;

/* Why a row or job is not kept. */
typedef enum aus_gpuqueue_skip {
  AUS_GPUQUEUE_SKIP_FIELDS,    /* too few or surplus fields that cannot be repaired */
  AUS_GPUQUEUE_SKIP_NUMBER,    /* a field that is no number, time or limit */
  AUS_GPUQUEUE_SKIP_TIME,      /* Unknown or None */
  AUS_GPUQUEUE_SKIP_STEP,      /* a step of a job */
  AUS_GPUQUEUE_SKIP_STARTED,   /* never started */
  AUS_GPUQUEUE_SKIP_BACKWARDS, /* ends before it starts, starts before it is submitted */
  AUS_GPUQUEUE_SKIP_NODES,     /* no node */
  AUS_GPUQUEUE_SKIP_LIMIT,     /* no time limit */
  AUS_GPUQUEUE_SKIP_TWICE,     /* an id that was there before */
  AUS_GPUQUEUE_SKIP_WIDE,      /* more nodes than the cluster has */
  AUS_GPUQUEUE_SKIP_RANGE,     /* submitted in a range that is to be left out */
  AUS_GPUQUEUE_SKIP_SHORT,     /* run time below the pivot's share of the limit */
  AUS_GPUQUEUE_SKIP_WINDOW,    /* submitted outside from .. to */
  AUS_GPUQUEUE_N_SKIPS
} aus_gpuqueue_skip;

/** What is printed of each: "fields", "number", ... */
extern const char *const aus_gpuqueue_skip_names[AUS_GPUQUEUE_N_SKIPS];

typedef struct aus_gpuqueue_trace {
  aus_gpuqueue_job *job;
  int64_t n, cap;
  int64_t n_read; /* rows (readers), jobs (filter) */
  int64_t n_skipped[AUS_GPUQUEUE_N_SKIPS];
  int64_t
      first_skipped[AUS_GPUQUEUE_N_SKIPS]; /* line of the first of each; 0: none or not of a file */
  int64_t n_users;
  int64_t n_clipped; /* jobs whose run time was cut to their limit */
  int64_t tick_s;    /* order of arrival that holds (below); 0: none yet */
  int64_t max_nodes; /* of the cluster, from a header; 0: unknown */
} aus_gpuqueue_trace;

void aus_gpuqueue_trace_fini(aus_gpuqueue_trace *t);

typedef enum aus_gpuqueue_format {
  AUS_GPUQUEUE_AUTO, /* by the first lines */
  AUS_GPUQUEUE_SLURM_TEXT,
  AUS_GPUQUEUE_SACCT,
  AUS_GPUQUEUE_SWF,
  AUS_GPUQUEUE_PHILLY,
  AUS_GPUQUEUE_HDF5 /* not from bytes: gpuqueue_study_trace.h */
} aus_gpuqueue_format;

#define AUS_GPUQUEUE_FORMATS "auto,slurm-text,sacct-p2,swf,philly,hdf5"

typedef struct aus_gpuqueue_read_conf {
  aus_gpuqueue_format format;
  const aus_tz *tz;       /* of civil times; NULL: UTC */
  int64_t procs_per_node; /* swf, and GPUs of philly; at least 1 */
  bool keep_cancelled;    /* jobs that never started stay as requests of no run time */
} aus_gpuqueue_read_conf;

/** Read a trace.
 *
 * @param [out] t    jobs in the order of the file; run times clipped to their limits (n_clipped). Philly has no
 *                   limits: limit_min is 0 there until aus_gpuqueue_limits_fill() (limits.h)
 * @param [in] name  shown in messages
 * @return AUS_OK (skipped rows are counted); AUS_EFORMAT "name:line: ..." when a needed column is missing, the
 *         format cannot be told or there is no job at all; AUS_ENOMEM
 *
 * Local. Cost O(n).
 */
AUS_CHECKED int aus_gpuqueue_trace_read(aus_gpuqueue_trace *t, const aus_gpuqueue_read_conf *conf,
                                        const char *name, const char *bytes, size_t n,
                                        aus_err *err);

/** The same from n jobs with all their values (run times included): what cannot be a job is counted and left out,
 * run times are clipped. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_trace_take(aus_gpuqueue_trace *t, const aus_gpuqueue_job *job,
                                        int64_t n, aus_err *err);

/** Jobs whose time from start to end is another one than that of their civil times taken as UTC, because the
 * clocks changed while they ran (D22). @param [out] ids  appended, " id id ..."; may be NULL. Local. */
int64_t aus_gpuqueue_trace_moved(const aus_gpuqueue_trace *t, const aus_tz *tz, aus_buf *ids);

/** "read N, kept M, skipped K (reason: count (first in line L), ...)". Local. */
void aus_gpuqueue_trace_counts(const aus_gpuqueue_trace *t, aus_buf *out);

typedef struct aus_gpuqueue_range {
  int64_t from_s, to_s;
} aus_gpuqueue_range;

typedef struct aus_gpuqueue_filter {
  int64_t from_s, to_s; /* submitted between, both ends included; INT64_MIN, INT64_MAX: all */
  const aus_gpuqueue_range
      *drop; /* half-open ranges [from, to) of the time of submission to leave out */
  int n_drop;
  double pivot;    /* smallest run time as a fraction of the limit; 0: none */
  int64_t n_nodes; /* of the cluster; 0: any */
} aus_gpuqueue_filter;

/** The jobs that pass, as a trace of its own; tick_s is kept (a subset has the same order).
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_trace_filter(aus_gpuqueue_trace *to, const aus_gpuqueue_trace *from,
                                          const aus_gpuqueue_filter *f, aus_err *err);

/** Largest number of nodes in use at one time in the real system. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_trace_peak(const aus_gpuqueue_trace *t, int64_t *n_nodes,
                                        aus_err *err);

/** Put the jobs into the order of arrival: by the time of submission, rounded down to the tick, then by the id
 * as text ("10" before "9"), then by the exact time. tick_s: 60 or 1. Local. Cost O(n log n). */
void aus_gpuqueue_trace_order(aus_gpuqueue_trace *t, int64_t tick_s);

/** Compare two ids as text: negative, 0, positive. Local. */
int aus_gpuqueue_id_compare(int64_t a, int64_t b);

/** First position whose (rounded) time of submission is not before t, in an ordered trace. Local. */
int64_t aus_gpuqueue_trace_find(const aus_gpuqueue_trace *t, int64_t t_s);

/** The text of a Slurm log (slurm-text), times in UTC; what is not known is left empty, starts and ends "Unknown".
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_slurm_write(const aus_gpuqueue_trace *t, aus_buf *out, aus_err *err);

/** Standard Workload Format 2.2 with header comments: submit relative to the first job.
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_swf_write(const aus_gpuqueue_trace *t, int64_t n_nodes,
                                       int64_t procs_per_node, aus_buf *out, aus_err *err);

#endif
