/* task.h - what is sent to a worker, what comes back, and how both look as bytes.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A trial is one point of a campaign to evaluate; its id is campaign << 32 | index, so it depends on
 * nothing that happened at run time. A task is one attempt at a trial, or an engine job (training,
 * later proposals). Rows go to shards; only metrics and ranges come back.
 */
#ifndef AUS_ENGINE_TASK_H
#define AUS_ENGINE_TASK_H

#include "store/table.h"
#include "util/buf.h"
#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum aus_status {
  AUS_S_OK = 0,
  AUS_S_FAIL_SIM = 1,
  AUS_S_FAIL_NUM = 2,
  AUS_S_FAIL_TRAIN = 3,
  AUS_S_FAIL_MEM = 4,
  AUS_S_TIMEOUT = 5,
  AUS_S_CRASHED = 6,
  AUS_S_CANCELLED = 7,
  AUS_S_PRUNED = 8,
  AUS_S_INFEASIBLE = 9
} aus_status;

/** "ok", "fail_sim", ...: the names of the HDF5 enum. Local. */
extern const char *const aus_status_names[10];

/* Bytes that rank 0 keeps and lends to workers: a model, a list of ranges. Named by campaign and index. */
typedef struct aus_blob_key {
  uint32_t campaign;
  uint32_t index;
} aus_blob_key;

typedef struct aus_blob {
  aus_blob_key key;
  size_t n;
  char *bytes;
  aus_range range; /* rows of the engine's own table in its maker's shard; no rows: it is small */
} aus_blob;

/* Above the second size the maker also keeps the bytes in its shard, so that a resumed run finds them
 * there; smaller ones go into the journal. */
enum { AUS_BLOB_MAX_BYTES = 64 << 20, AUS_BLOB_SMALL_BYTES = 16 << 10 };

static inline uint64_t aus_trial_id(uint32_t campaign, uint32_t index)
{
  return (uint64_t)campaign << 32 | index;
}

typedef struct aus_task {
  uint64_t id;
  bool job;              /* JOB/JOBRES instead of TASK/RESULT; not published as a trial */
  uint16_t kind;         /* index in the study's list of kinds */
  uint16_t attempt;      /* from 0 */
  int64_t scenario;      /* keys the simulated world */
  double fidelity;       /* 1: full */
  double soft_s, hard_s; /* deadlines, relative to the start; 0: none */
  int n_x, n_needs;
  double *x;           /* decoded parameters */
  aus_blob_key *needs; /* blobs that must be there before it starts */
  int64_t n_args;
  char *args; /* further bytes for a job */
} aus_task;

typedef struct aus_result {
  uint64_t id;
  bool job;
  uint16_t attempt;
  uint16_t status; /* aus_status */
  int n_y, n_ranges;
  double *y;         /* metrics, named by the kind */
  aus_range *ranges; /* rows written, in order of appending */
  double cost_s;     /* wall clock of the attempt, for /provenance */
  int64_t rss_bytes;
  aus_err err; /* of a failure */
  int n_blobs;
  aus_blob
      *blobs; /* made by the task; travel ahead as MODEL messages: of an encoded result only the
                    * ranges are part */
  int n_blob_ranges;
  aus_range *blob_ranges; /* after decoding: those of the blobs, in order */
} aus_result;

/** True for the statuses that count as failed trials: FAIL_*, TIMEOUT and CRASHED. Local. */
bool aus_status_failed(uint16_t status);
/** True for the statuses that depend on the machine: FAIL_MEM, TIMEOUT, CRASHED and CANCELLED. Local. */
bool aus_status_machine(uint16_t status);

void aus_task_fini(aus_task *t);     /* frees x, needs, args */
void aus_result_fini(aus_result *r); /* frees y, ranges, blobs and their ranges */
AUS_CHECKED int aus_task_copy(aus_task *to, const aus_task *from, aus_err *err);

/** CRC-32C of an encoded task without attempt and deadlines. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_task_digest(const aus_task *t, uint32_t *digest, aus_err *err);

void aus_task_encode(const aus_task *t, aus_buf *out);
/** @return AUS_OK; AUS_EFORMAT; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_task_decode(aus_task *t, const void *p, size_t n, aus_err *err);
void aus_result_encode(const aus_result *r, aus_buf *out);
/** n_blobs is 0 afterwards. @return AUS_OK; AUS_EFORMAT; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_result_decode(aus_result *r, const void *p, size_t n, aus_err *err);

/** True if two results of one trial agree bit for bit in what must not depend on the machine:
 * status, metrics, per range table, rows and CRC, and blobs. Local. */
bool aus_result_same(const aus_result *a, const aus_result *b);

#endif
