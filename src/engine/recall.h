/* recall.h - what the journal tells: the records of the engine as bytes, and what earlier runs decided.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A run is resumed by driving the study again from its beginning. The driver is a function of the
 * configuration and of results, so it adds the same tasks; a task that the journal has a COMMIT of is
 * answered from there instead of being sent to a worker. So nothing but results has to be restored, and
 * every study can be resumed. A COMMIT carries a digest of its task: one that does not fit any more
 * is a broken promise (AUS_EBUG), or expected where the budget was raised.
 *
 * Payloads: COMMIT: u32 digest of the task, f64 start (Unix time, s), i32 worker, u64 length and an
 * encoded aus_result. MODEL (before the COMMIT of its maker): key, then u8 0 and the bytes, or u8 1 and the
 * range in a shard. START: u64 id, u8 job, u16 attempt, i32 worker, u32 digest of the host's name.
 * NOTE: flags tell what (aus_note), text.
 */
#ifndef AUS_ENGINE_RECALL_H
#define AUS_ENGINE_RECALL_H

#include "engine/task.h"
#include "store/journal.h"
#include "store/shard.h"

typedef enum aus_note {
  AUS_NOTE_RUN = 1,   /* a run began: canonical configuration as JSON */
  AUS_NOTE_RESUMED,   /* a run was resumed: argv, ranks, build */
  AUS_NOTE_SIGNAL,    /* a signal, or the wall clock, ends the run */
  AUS_NOTE_PUBLISHED, /* a file was published */
  AUS_NOTE_CHARGED    /* u64 id, u8 job: an attempt was charged because it took its worker along */
} aus_note;

/* Where the bytes of a blob are. */
typedef struct aus_stored {
  aus_blob_key key;
  bool in_shard;
  aus_range range; /* in_shard */
  char *bytes;     /* else: n of them */
  size_t n;
} aus_stored;

/* A result that an earlier run committed. */
typedef struct aus_recalled {
  uint32_t digest; /* of its task */
  double start_s;  /* Unix time; NaN: not known */
  int32_t worker;
  aus_result result;
} aus_recalled;

typedef struct aus_recall aus_recall;

/** CRC-32C of an encoded task without attempt and deadlines. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_task_digest(const aus_task *t, uint32_t *digest, aus_err *err);

AUS_CHECKED int aus_recall_create(aus_recall **out, aus_err *err);
void aus_recall_destroy(aus_recall *r);

/** An aus_record_fn: self is the aus_recall. Later records replace earlier ones of the same key.
 * @return AUS_OK; AUS_EIO for a record that is whole but makes no sense; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_recall_record(void *self, const aus_record *record, aus_err *err);

/** Read every row that a commit or model names and compare it with its CRC: what is missing or damaged
 * sends its trial back (its result is kept for comparison).
 * @param [out] n_bad  commits that were sent back. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_recall_check_rows(aus_recall *r, aus_shard_reader *shards, int64_t *n_bad,
                                      aus_err *err);

/** Figures. Local. */
int64_t aus_recall_n_commits(const aus_recall *r);
int64_t aus_recall_n_resumes(const aus_recall *r);
uint32_t aus_recall_next_shard(const aus_recall *r); /* first number that no earlier run has used */
const char *aus_recall_config(const aus_recall *r);  /* of the first NOTE_RUN; NULL: none */

#endif
