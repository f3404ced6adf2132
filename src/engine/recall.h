/* recall.h - what the journal tells: the records of the engine as bytes, and what earlier runs decided.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A run is resumed by driving the study again from its beginning. The driver is a function of the
 * configuration and of results, so it adds the same tasks; a task that the journal has a COMMIT of is
 * answered from there instead of being sent to a worker. So nothing but results has to be restored,
 * and every study can be resumed. A COMMIT carries a digest of its task: one that does not fit any
 * more is a broken promise (AUS_EBUG), or to be expected where the budget was raised.
 *
 * Payloads, little-endian. START: u64 id, u8 job, u16 attempt, i32 worker, u32 CRC-32C of the host's name.
 * MODEL (before the COMMIT of its maker): u64 id, u8 job, key (u32, u32), then u8 1 and the range in a
 * shard, or u8 0 and the bytes. COMMIT: u32 digest of the task, u32 digest of the
 * blobs it needed, f64 start (Unix time), i32 worker, an
 * encoded aus_result. CAMPAIGN, PROPOSE, STOPPED: u64 key, the rest is the writer's. SHARD: u32 number,
 * its path. NOTE: the flags of the record tell what (aus_note).
 */
#ifndef AUS_ENGINE_RECALL_H
#define AUS_ENGINE_RECALL_H

#include "engine/sched.h"
#include "store/journal.h"
#include "store/shard.h"
#include "util/poll.h"

typedef enum aus_note {
  AUS_NOTE_RUN =
      1, /* the canonical configuration as JSON: at the start, and where it was changed */
  AUS_NOTE_RESUMED,   /* a run is resumed: how, as text */
  AUS_NOTE_SIGNAL,    /* a signal, or the wall clock, ends the run: text */
  AUS_NOTE_PUBLISHED, /* a file was published: its path */
  AUS_NOTE_CHARGED    /* u64 id, u8 job, u32 attempts used up: this task took its worker along */
} aus_note;

/* A blob that an earlier run made. */
typedef struct aus_stored {
  aus_blob_key key;
  bool in_shard;
  aus_range range; /* in_shard: where */
  char *bytes;     /* else: n of them */
  size_t n;
} aus_stored;

/* A result that an earlier run committed. */
typedef struct aus_recalled {
  uint32_t digest; /* of its task */
  uint32_t needs;  /* of the bytes of the blobs it needed */
  double start_s;  /* Unix time; NaN: not known */
  int32_t worker;
  aus_result result;
  int n_stored;
  aus_stored *stored; /* blobs it made */
  bool damaged;       /* rows of it are gone: do it again and compare */
  bool taken;         /* it has answered a task of this run; the result has moved there */
} aus_recalled;

typedef struct aus_recall aus_recall;

AUS_CHECKED int aus_recall_create(aus_recall **out, aus_err *err);
void aus_recall_destroy(aus_recall *r);

/** An aus_record_fn; self is the aus_recall. Later records replace earlier ones of the same task or key.
 * @return AUS_OK; AUS_EIO for a record that is whole but makes no sense; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_recall_record(void *self, const aus_record *record, aus_err *err);

/** Read all rows that commits name and compare them with their CRC. What is missing or damaged sends its
 * trial back; a shard that cannot be opened is set aside.
 * @param [in] poll      asked before each commit; may be NULL
 * @param [in] dir       of the shards
 * @param [in] n_tables  that there may be
 * @param [out] n_bad    commits that were sent back. @return AUS_OK; AUS_ECANCEL: told to stop; AUS_EIO; AUS_ENOMEM.
 * Local. */
AUS_CHECKED int aus_recall_check_rows(aus_recall *r, const char *dir, aus_shard_reader *shards,
                                      int n_tables, const aus_poll *poll, int64_t *n_bad,
                                      aus_err *err);

/** The result of a task, lent; NULL when there is none. Local. O(1). */
aus_recalled *aus_recall_find(const aus_recall *r, uint64_t id, bool job);

/** The commits of a campaign, trials and jobs mixed, in the order in which they first happened.
 * @param [out] out  n of them (aus_free). @return AUS_OK; AUS_ENOMEM. Local. O(n). */
AUS_CHECKED int aus_recall_order(const aus_recall *r, uint32_t campaign, aus_sched_past **out,
                                 int64_t *n, aus_err *err);

typedef enum aus_decided { AUS_DECIDED_NOT, AUS_DECIDED_SAME, AUS_DECIDED_OTHERWISE } aus_decided;

/** Was this decided before? The payload begins with its u64 key. Local. O(1). */
aus_decided aus_recall_decision(const aus_recall *r, aus_record_type type, const aus_buf *payload);

/** Another configuration than the last one may lead to other tasks and decisions. Local. */
void aus_recall_loosen(aus_recall *r);
bool aus_recall_is_loose(const aus_recall *r);

/* A task that took its worker along: that many of its attempts are used up. */
typedef struct aus_charge {
  uint64_t id;
  bool job;
  int n;
} aus_charge;
/** Attempts that a task has used up so since its last commit (if there is one). Local. O(1). */
int aus_recall_charged(const aus_recall *r, uint64_t id, bool job);

/** A task that was under way at that many resumes in a row, this one included, without any commit in
 * between: the one with the most. 0: none. Local. */
int aus_recall_stuck(const aus_recall *r, uint64_t *id, bool *job);

/* Figures. Local. */
int64_t aus_recall_n_commits(const aus_recall *r);
int64_t aus_recall_n_resumes(const aus_recall *r);  /* that were noted */
const char *aus_recall_config(const aus_recall *r); /* of the last NOTE_RUN; NULL: none */

/* Payloads. Local. */
void aus_recall_encode_start(const aus_task *t, int worker, const char *host, aus_buf *out);
void aus_recall_encode_model(const aus_result *r, const aus_blob *blob, aus_buf *out);
void aus_recall_encode_commit(uint32_t digest, uint32_t needs, double start_s, int worker,
                              const aus_result *r, aus_buf *out);
void aus_recall_encode_charged(const aus_charge *charge, aus_buf *out);

#endif
