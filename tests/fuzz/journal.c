/* journal.c - fuzz: the log of decisions, as it stands, with sums that fit, and written here and then damaged.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is read is a prefix of the bytes, record for record, and nothing but a prefix: encoded again it gives
 * the same bytes. A journal of our own that is cut anywhere reads up to the cut; one with a bit flipped reads up to
 * the bit or is refused, and never hands on a record that was not written.
 */
#include <config.h>

#include "fuzz/fuzz.h"
#include "store/journal.h"

typedef struct reader {
  aus_buf copy; /* header and records encoded again */
  uint64_t n;
} reader;

static int on_record(void *self, const aus_record *record, aus_err *err)
{
  reader *r = self;

  (void)err;
  fuzz_check(record->sequence == r->n && record->n <= AUS_JOURNAL_MAX_PAYLOAD);
  r->n++;
  aus_record_encode(record, &r->copy);
  return AUS_OK;
}

/* The end of what was read; 0: refused, or not even a header. */
static uint64_t parse(const void *bytes, size_t n, aus_journal_scan *scan)
{
  reader r = {.n = 0};
  aus_err err = {0};
  aus_buf head;
  uint64_t end = 0;

  aus_buf_init(&r.copy);
  aus_buf_init(&head);
  if (fuzz_took(aus_journal_parse(bytes, n, on_record, &r, scan, &err), &err, AUS_EIO)) {
    end = scan->end;
    fuzz_check(end + scan->dropped == n && (uint64_t)scan->n_records == r.n);
    fuzz_check(end == 0 ? n < AUS_JOURNAL_HEADER : end >= AUS_JOURNAL_HEADER);
    if (end > 0 && fuzz_filled(&r.copy))
      fuzz_check(fuzz_same(&r.copy, (const char *)bytes + AUS_JOURNAL_HEADER,
                           (size_t)end - AUS_JOURNAL_HEADER));
    aus_journal_head_encode(&scan->head, &head);
    if (end > 0 && fuzz_filled(&head) && ((const char *)bytes)[59] == '\0')
      fuzz_check(memcmp(head.data, bytes, 48) == 0);
  }
  aus_buf_fini(&r.copy);
  aus_buf_fini(&head);
  return end;
}

/* Header and frames of the input with right magic, sequence numbers and sums. */
static void reframe(const uint8_t *data, size_t n, aus_buf *b)
{
  aus_rd r = aus_rd_of(data, n);
  aus_journal_head head = {.seed = aus_rd_u64(&r)};
  aus_record record = {0};

  aus_journal_head_encode(&head, b);
  while (!r.bad && r.at < r.n) {
    record.n = aus_rd_u8(&r);
    record.type = aus_rd_u8(&r);
    record.flags = (uint16_t)(record.type * 257u);
    if (record.type == 0 || record.n > r.n - r.at) break;
    record.payload = aus_rd_bytes(&r, record.n);
    aus_record_encode(&record, b);
    record.sequence++;
  }
}

/* A place that the input chooses. */
static size_t place(const uint8_t *data, size_t n, size_t most)
{
  return most > 0 ? aus_crc32c(0, data, n) / 7 % most : 0;
}

static void damage(const uint8_t *data, size_t n, const aus_buf *b)
{
  aus_journal_scan scan;
  char *copy = fuzz_text((const uint8_t *)b->data, (size_t)b->n);
  size_t at = place(data, n, (size_t)b->n);

  fuzz_check(parse(b->data, (size_t)b->n, &scan) == (uint64_t)b->n);
  fuzz_check(parse(copy, at, &scan) <= at);
  fuzz_check((at < AUS_JOURNAL_HEADER) == (scan.end == 0));
  fuzz_check(scan.n_records == 0 || scan.end <= at);
  copy[at] = (char)(copy[at] ^ (1 << n % 8));
  fuzz_check(parse(copy, (size_t)b->n, &scan) <= at);
  free(copy);
}

FUZZ_TARGET(journal)
{
  aus_journal_scan scan;
  aus_buf b;

  (void)parse(data, n, &scan);
  aus_buf_init(&b);
  reframe(data, n, &b);
  if (fuzz_filled(&b)) damage(data, n, &b);
  aus_buf_fini(&b);
}
