/* journal.h - the log of decisions of a run: framed, append only, checked, written by rank 0 alone.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * journal.ausj is a 64-byte header and records. Header: magic "AUSJ", u32 version 1, u64 seed, 32 bytes
 * SHA-256 of what decides the results, 12 zero bytes, u32 CRC-32C of the first 60. Record: u32 payload
 * length, u16 type, u16 flags, u64 sequence number (from 0, without gaps), payload, u32 CRC-32C over
 * everything before it. Little-endian. This module knows frames only; what is in a payload is the
 * business of who writes it (engine/recall.h). No MPI.
 *
 * A killed writer leaves at most one cut record at the end. Reading takes records until the first bad
 * one; what follows is one bad region if no good record comes after it or all that come form one
 * stretch, and is cut off. Good records after a second bad region mean a damaged disk: AUS_EIO.
 *
 * A file that begins as ours and is shorter than a header (the disk was full, or it is empty) is no error:
 * end is 0, there is no record, and aus_journal_create() replaces it.
 */
#ifndef AUS_STORE_JOURNAL_H
#define AUS_STORE_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"

typedef enum aus_record_type {
  AUS_R_CAMPAIGN = 1,
  AUS_R_PROPOSE,
  AUS_R_START,
  AUS_R_COMMIT,
  AUS_R_STOPPED,
  AUS_R_SHARD,
  AUS_R_MODEL,
  AUS_R_NOTE
} aus_record_type;

enum {
  AUS_JOURNAL_HEADER = 64,
  AUS_JOURNAL_FRAME = 20,           /* bytes of a record beside its payload */
  AUS_JOURNAL_MAX_PAYLOAD = 4 << 20 /* a longer record is refused, and never believed */
};

typedef struct aus_record {
  uint16_t type, flags; /* aus_record_type; unknown ones are handed on */
  uint64_t sequence;
  uint32_t n;
  const void *payload; /* lent */
} aus_record;

typedef struct aus_journal_head {
  uint64_t seed;
  unsigned char config[32]; /* SHA-256 */
} aus_journal_head;

/* What reading found. */
typedef struct aus_journal_scan {
  aus_journal_head head;
  int64_t n_records;
  uint64_t end; /* bytes of header and good records: where writing goes on; 0: not even a header */
  uint64_t dropped; /* bytes behind them */
} aus_journal_scan;

/** Called once per good record before the first bad one, in order. @return AUS_OK to go on */
typedef int (*aus_record_fn)(void *self, const aus_record *record, aus_err *err);

/** Read a journal from memory.
 *
 * @param [in] on_record  may be NULL
 * @return AUS_OK, also when something was dropped; AUS_EIO: no journal of ours, another version, a
 *         damaged header, more than one bad region; what on_record returned
 *
 * After an error *scan means nothing, and on_record may have been called. Local. Pure. Never reads beyond n, whatever the bytes are.
 */
AUS_CHECKED int aus_journal_parse(const void *bytes, size_t n, aus_record_fn on_record, void *self,
                                  aus_journal_scan *scan, aus_err *err);

/** The same from a file, whose name is put in front of messages.
 * @return the same; AUS_EFORMAT when there is no such regular file; AUS_EIO; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_journal_read(const char *path, aus_record_fn on_record, void *self,
                                 aus_journal_scan *scan, aus_err *err);

/** A frame as bytes, appended to out. Local. */
void aus_record_encode(const aus_record *record, aus_buf *out);
void aus_journal_head_encode(const aus_journal_head *head, aus_buf *out);

/* The writer. */
typedef struct aus_journal aus_journal;

/** Start a journal in a new file: it appears with its header by rename from "<path>.part", and both are on disk
 * when this returns. A file shorter than a header is replaced.
 * @param [in] sync_interval_s  most time between two fdatasync() while records come
 * @return AUS_OK; AUS_EIO, also when there is a journal already; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_journal_create(aus_journal **out, const char *path,
                                   const aus_journal_head *head, double sync_interval_s,
                                   aus_err *err);

/** Go on with a journal that aus_journal_read() has read and whose scan.end is not 0: cuts off what was dropped.
 * @return AUS_OK; AUS_EIO; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_journal_resume(aus_journal **out, const char *path,
                                   const aus_journal_scan *scan, double sync_interval_s,
                                   aus_err *err);

/** Put a record behind the others, in memory; the payload is copied.
 * @return AUS_OK; AUS_EINVAL for a payload that is too long or a buffer that failed; AUS_ENOMEM; AUS_EIO
 *         after a failed write; nothing was added then. Local. */
AUS_CHECKED int aus_journal_add(aus_journal *j, aus_record_type type, uint16_t flags,
                                const aus_buf *payload, aus_err *err);

/** write() what was added, and fdatasync() when it is time: afterwards the records outlive this process.
 * After an error the journal takes nothing any more, so that it never has a hole.
 * @return AUS_OK; AUS_EIO (disk full, ...). Local. About 1 us; a sync some ms. */
AUS_CHECKED int aus_journal_write(aus_journal *j, double now_s, aus_err *err);

/** Write and fdatasync(): afterwards the records outlive the machine. @return AUS_OK; AUS_EIO. Local. */
AUS_CHECKED int aus_journal_sync(aus_journal *j, aus_err *err);

/** Bytes written so far, header included. Local. */
uint64_t aus_journal_size(const aus_journal *j);

/** Sync, close, free; the memory is freed anyway. NULL is allowed. @return AUS_OK; AUS_EIO. Local. */
int aus_journal_close(aus_journal *j, aus_err *err);

#endif
