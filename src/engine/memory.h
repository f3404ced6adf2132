/* memory.h - rank 0 and the journal: writing what happens, answering from what happened.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Joins recall.h (what the journal tells), journal.h (where it is told) and the scheduler. With neither a
 * journal nor a recall every call does nothing.
 */
#ifndef AUS_ENGINE_MEMORY_H
#define AUS_ENGINE_MEMORY_H

#include "engine/blobs.h"
#include "engine/recall.h"
#include "engine/sched.h"
#include "engine/work.h"

typedef struct aus_memory {
  aus_journal *journal; /* may be NULL */
  aus_recall *recall;   /* may be NULL */
  aus_shard_reader *shards;
  aus_table *tables;
  uint8_t *shard_known; /* by number: its SHARD record is written */
  int64_t n_known, cap_known;
  aus_buf payload;
} aus_memory;

/** @param [in] worker  directory, run and tables of the shards. @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_memory_init(aus_memory *m, aus_journal *journal, aus_recall *recall,
                                const aus_worker_conf *worker, aus_err *err);
void aus_memory_fini(aus_memory *m);

/** Tell a scheduler the order of a campaign, with what earlier runs have committed of it.
 * @return codes of aus_sched_campaign(). Local. */
AUS_CHECKED int aus_memory_campaign(aus_memory *m, aus_sched *s, uint32_t campaign, bool by_arrival,
                                    aus_err *err);

/** Add a task to the scheduler, and answer it if an earlier run has its result; where the configuration was
 * changed since, the blobs it needs must also be what they were. One that is to be done (again) has used up
 * the attempts that took workers along.
 * @return AUS_OK; AUS_EBUG when the earlier one was another task; AUS_EINVAL: out of order; AUS_ENOMEM.
 * Local. */
AUS_CHECKED int aus_memory_add(aus_memory *m, aus_sched *s, const aus_task *task,
                               const aus_blobs *blobs, aus_err *err);

/** A task is sent. @return codes of aus_journal_add(). Local. */
AUS_CHECKED int aus_memory_started(aus_memory *m, const aus_task *task, int worker,
                                   const char *host, aus_err *err);

/** A task is about to be committed. Afterwards the commit outlives this process, and the blobs that the task
 * made are in `blobs`.
 * @param [in,out] worker   who did it; of a recalled one: who did it then
 * @param [in,out] start_s  Unix time, the same
 * @return AUS_OK; AUS_EIO; AUS_EBUG when it was done again and came out otherwise; AUS_EINVAL and AUS_ENOMEM
 *         of aus_blobs_put(). Local. */
AUS_CHECKED int aus_memory_commit(aus_memory *m, const aus_task *task, const aus_result *result,
                                  int *worker, double *start_s, aus_blobs *blobs, aus_err *err);

/** A task (with the attempt) took its worker along. Local. Same codes as aus_journal_write(). */
AUS_CHECKED int aus_memory_charged(aus_memory *m, const aus_task *task, aus_err *err);

/** A note with a text. The journal may be NULL. @return codes of aus_journal_add(). Local. */
AUS_CHECKED int aus_memory_note(aus_journal *journal, aus_note what, const char *text,
                                aus_err *err);

/** See aus_engine_decide(). */
AUS_CHECKED int aus_memory_decide(aus_memory *m, aus_record_type type, const aus_buf *payload,
                                  aus_err *err);

/** Bring the bytes of an entry that are still in a shard. @return AUS_OK; AUS_EIO; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_memory_fetch(aus_memory *m, aus_blobs *blobs, aus_blobs_entry *e, aus_err *err);

/** Hand to the operating system what was noted, and to the disk when it is time. Local. */
AUS_CHECKED int aus_memory_flush(aus_memory *m, double now_s, aus_err *err);

/** To the disk now. @return codes of aus_journal_sync(). Local. */
AUS_CHECKED int aus_memory_sync(aus_memory *m, aus_err *err);

#endif
