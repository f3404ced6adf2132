/* journal.c - the journal survives cuts, flipped bits and full disks, and never tells a wrong record.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/resource.h>

#include "store/journal.h"
#include "unit/tempdir.h"
#include "util/file.h"

enum { N = 9 }; /* records of the journal that most tests use */

static char dir[256], path[300];

static const aus_journal_head head = {.seed = 0x0123456789abcdef, .config = {1, 2, 255}};

/* Record i has 0 to 61 bytes; some of them look like the start of a record. */
static void make_payload(int i, aus_buf *b)
{
  int k;

  aus_buf_clear(b);
  if (i % 3 == 2) aus_buf_bytes(b, "\1\0\0\0\1\0\0\0", 8);
  for (k = 0; k < (i * 37) % 53; k++)
    aus_buf_u8(b, (uint8_t)(i * 91 + k * 7));
}

static int add_one(aus_journal *j, int i, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf b;

  aus_buf_init(&b);
  make_payload(i, &b);
  AUS_TRY(aus_buf_check(&b, err));
  AUS_TRY(aus_journal_add(j, (aus_record_type)(1 + i % 8), (uint16_t)(i * 3), &b, err));
done:
  aus_buf_fini(&b);
  return rc;
}

static void add_records(aus_journal *j, int first, int last)
{
  aus_err err;
  int i;

  for (i = first; i < last; i++) {
    check_ok(add_one(j, i, &err), &err);
    if (i % 2) check_ok(aus_journal_write(j, i, &err), &err);
  }
}

/* Bytes of a journal of n records; ends[i] is where record i ends (ends[-1] is not there). */
static aus_buf journal_bytes(int n, size_t *ends)
{
  aus_buf out, b;
  int i;

  aus_buf_init(&out);
  aus_buf_init(&b);
  aus_journal_head_encode(&head, &out);
  for (i = 0; i < n; i++) {
    make_payload(i, &b);
    aus_record_encode(&(aus_record){.type = (uint16_t)(1 + i % 8),
                                    .flags = (uint16_t)(i * 3),
                                    .sequence = (uint64_t)i,
                                    .n = (uint32_t)b.n,
                                    .payload = b.data},
                      &out);
    if (ends) ends[i] = (size_t)out.n;
  }
  aus_buf_fini(&b);
  return out;
}

static void put_file(const void *bytes, size_t n)
{
  FILE *f = fopen(path, "wb");

  assert_non_null(f);
  assert_int_equal(fwrite(bytes, 1, n, f), n);
  assert_int_equal(fclose(f), 0);
}

static void check_file(const aus_buf *want)
{
  char *p = NULL;
  size_t n = 0;
  aus_err err;

  check_ok(aus_file_read(path, &p, &n, &err), &err);
  assert_int_equal(n, want->n);
  assert_memory_equal(p, want->data, n);
  aus_free(p);
}

/* An aus_record_fn: the records must be those of add_records() from 0 on. */
static int compare(void *self, const aus_record *r, aus_err *err)
{
  int *n = self, i = (*n)++;
  aus_buf b;

  (void)err;
  aus_buf_init(&b);
  make_payload(i, &b);
  assert_int_equal(r->sequence, i);
  assert_int_equal(r->type, 1 + i % 8);
  assert_int_equal(r->flags, i * 3);
  assert_int_equal(r->n, b.n);
  if (b.n > 0) assert_memory_equal(r->payload, b.data, r->n);
  aus_buf_fini(&b);
  return AUS_OK;
}

/* Parse from a block of exactly n bytes, so that a sanitizer sees any byte read beyond them. */
static int parse(const void *bytes, size_t n, int *n_seen, aus_journal_scan *scan, aus_err *err)
{
  char *copy = aus_zalloc(n, 1);
  int rc;

  assert_non_null(copy);
  if (n > 0) memcpy(copy, bytes, n);
  *n_seen = 0;
  aus_err_clear(err);
  rc = aus_journal_parse(copy, n, compare, n_seen, scan, err);
  aus_free(copy);
  return rc;
}

static int set_up(void **state)
{
  *state = NULL;
  if (tempdir_make(dir) != 0) return -1;
  snprintf(path, sizeof path, "%s/journal.ausj", dir);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  tempdir_remove(dir);
  return 0;
}

/* The layout, byte by byte; the two checksums are from an independent bitwise CRC-32C. */
static void layout(void **state)
{
  static const unsigned char want[] = {'A',  'U',  'S',  'J',  1,    0,    0,    0,
                                       0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01, /* */
                                       1,    2,    255,  0,    0,    0,    0,    0,
                                       0,    0,    0,    0,    0,    0,    0,    0, /* config */
                                       0,    0,    0,    0,    0,    0,    0,    0,
                                       0,    0,    0,    0,    0,    0,    0,    0, /* */
                                       0,    0,    0,    0,    0,    0,    0,    0,
                                       0,    0,    0,    0,    0xb9, 0xb5, 0x7c, 0xe0, /* */
                                       3,    0,    0,    0,    4,    0,    0x34, 0x12,
                                       0,    0,    0,    0,    0,    0,    0,    0,
                                       'a',  'b',  'c',  0x9f, 0x64, 0x71, 0x0b};
  aus_record r = {.type = AUS_R_COMMIT, .flags = 0x1234, .n = 3, .payload = "abc"};
  aus_buf b;

  (void)state;
  aus_buf_init(&b);
  aus_journal_head_encode(&head, &b);
  aus_record_encode(&r, &b);
  assert_int_equal(b.n, sizeof want);
  assert_memory_equal(b.data, want, sizeof want);
  aus_buf_fini(&b);
}

static void round_trip(void **state)
{
  aus_buf want = journal_bytes(N, NULL);
  aus_journal *j = NULL;
  aus_journal_scan scan;
  aus_err err;
  int n = 0;

  (void)state;
  check_fails(aus_journal_read(path, NULL, NULL, &scan, &err), AUS_EFORMAT,
              "journal.ausj: No such file", &err);
  check_ok(aus_journal_create(&j, path, &head, 1.0, &err), &err);
  assert_int_equal(aus_journal_size(j), AUS_JOURNAL_HEADER);
  add_records(j, 0, N);
  check_ok(aus_journal_write(j, 20.0, &err), &err);
  assert_int_equal(aus_journal_size(j), want.n);
  /* What was written is there although the writer has not closed it: it may die now. */
  check_file(&want);
  check_ok(aus_journal_read(path, compare, &n, &scan, &err), &err);
  assert_int_equal(n, N);
  assert_int_equal(scan.n_records, N);
  assert_int_equal(scan.end, want.n);
  assert_int_equal(scan.dropped, 0);
  assert_true(scan.head.seed == head.seed);
  assert_memory_equal(scan.head.config, head.config, sizeof head.config);
  check_ok(aus_journal_close(j, &err), &err);
  check_file(&want);
  check_ok(aus_journal_close(NULL, &err), &err);
  check_fails(aus_journal_create(&j, path, &head, 1.0, &err), AUS_EIO,
              "journal.ausj: there is a journal already", &err);
  assert_null(j);
  check_file(&want);
  aus_buf_fini(&want);
}

/* A record that was added and not written is in close(). */
static void close_writes(void **state)
{
  aus_buf want = journal_bytes(1, NULL);
  aus_journal *j = NULL;
  aus_err err;

  (void)state;
  check_ok(aus_journal_create(&j, path, &head, 1e9, &err), &err);
  check_ok(add_one(j, 0, &err), &err);
  assert_int_equal(aus_journal_size(j), AUS_JOURNAL_HEADER);
  check_ok(aus_journal_close(j, &err), &err);
  check_file(&want);
  aus_buf_fini(&want);
}

static void cut_anywhere(void **state)
{
  size_t ends[N], n;
  aus_buf whole = journal_bytes(N, ends);
  aus_journal_scan scan;
  aus_journal *j;
  aus_err err;
  int good, seen;

  (void)state;
  for (n = ends[N - 4]; n <= ends[N - 1]; n++) {
    for (good = N - 4; good < N - 1 && ends[good] <= n && ends[good + 1] <= n;)
      good++;
    good++; /* records, not the index of the last */
    put_file(whole.data, n);
    seen = 0;
    check_ok(aus_journal_read(path, compare, &seen, &scan, &err), &err);
    assert_int_equal(seen, good);
    assert_int_equal(scan.n_records, good);
    assert_int_equal(scan.end, ends[good - 1]);
    assert_int_equal(scan.dropped, n - ends[good - 1]);
    check_ok(aus_journal_resume(&j, path, &scan, 1.0, &err), &err);
    add_records(j, good, N);
    check_ok(aus_journal_close(j, &err), &err);
    check_file(&whole);
  }
  aus_buf_fini(&whole);
}

/* Shorter than a header: nothing of ours can be lost, so the run starts anew. */
static void cut_header(void **state)
{
  aus_buf whole = journal_bytes(0, NULL);
  aus_journal_scan scan;
  aus_journal *j;
  aus_err err;
  size_t n;

  (void)state;
  for (n = 0; n < AUS_JOURNAL_HEADER; n++) {
    put_file(whole.data, n);
    check_ok(aus_journal_read(path, NULL, NULL, &scan, &err), &err);
    assert_int_equal(scan.end, 0);
    assert_int_equal(scan.n_records, 0);
    assert_int_equal(scan.dropped, n);
    check_ok(aus_journal_create(&j, path, &head, 1.0, &err), &err);
    check_ok(aus_journal_close(j, &err), &err);
    check_file(&whole);
  }
  check_ok(aus_journal_read(path, NULL, NULL, &scan, &err), &err);
  assert_int_equal(scan.end, AUS_JOURNAL_HEADER);
  put_file("AUX", 3);
  check_fails(aus_journal_read(path, NULL, NULL, &scan, &err), AUS_EIO,
              "journal.ausj: not a journal of auspex", &err);
  aus_buf_fini(&whole);
}

static void bad_headers(void **state)
{
  aus_buf b = journal_bytes(2, NULL);
  aus_journal_scan scan;
  uint32_t crc;
  aus_err err;
  int n;

  (void)state;
  b.data[20] = 7;
  check_fails(parse(b.data, (size_t)b.n, &n, &scan, &err), AUS_EIO,
              "the header of the journal is damaged", &err);
  b.data[20] = 0;
  b.data[4] = 2;
  crc = aus_crc32c(0, b.data, AUS_JOURNAL_HEADER - 4);
  for (n = 0; n < 4; n++)
    b.data[AUS_JOURNAL_HEADER - 4 + n] = (char)(crc >> (8 * n));
  check_fails(parse(b.data, (size_t)b.n, &n, &scan, &err), AUS_EIO,
              "journal of version 2, this program knows version 1", &err);
  assert_int_equal(n, 0);
  b.data[0] = 'a';
  put_file(b.data, (size_t)b.n);
  check_fails(aus_journal_read(path, NULL, NULL, &scan, &err), AUS_EIO,
              "journal.ausj: not a journal of auspex", &err);
  aus_buf_fini(&b);
}

/* Every single bit: an error, or fewer records and all of them right (compare() asserts that). */
static void flipped_bits(void **state)
{
  size_t ends[N], i, bad;
  aus_buf b = journal_bytes(N, ends);
  aus_journal_scan scan;
  aus_err err;
  int bit, rc, n;

  (void)state;
  for (i = 0; i < (size_t)b.n; i++)
    for (bit = 0; bit < 8; bit++) {
      b.data[i] = (char)(b.data[i] ^ (1 << bit));
      rc = parse(b.data, (size_t)b.n, &n, &scan, &err);
      b.data[i] = (char)(b.data[i] ^ (1 << bit));
      if (i < AUS_JOURNAL_HEADER) {
        assert_int_equal(rc, AUS_EIO);
        continue;
      }
      if (rc != AUS_OK) fail_msg("byte %zu bit %d: %s", i, bit, err.text);
      for (bad = 0; ends[bad] <= i;)
        bad++;
      assert_int_equal(n, bad);
      assert_int_equal(scan.n_records, bad);
      assert_int_equal(scan.end + scan.dropped, b.n);
      assert_int_equal(scan.end, bad == 0 ? AUS_JOURNAL_HEADER : ends[bad - 1]);
    }
  aus_buf_fini(&b);
}

static void two_bad_regions(void **state)
{
  size_t ends[N];
  aus_buf b = journal_bytes(N, ends);
  aus_journal_scan scan;
  char text[200];
  aus_err err;
  int n;

  (void)state;
  b.data[ends[2] - 1] = (char)(b.data[ends[2] - 1] ^ 4);
  check_ok(parse(b.data, (size_t)b.n, &n, &scan, &err), &err);
  assert_int_equal(n, 2);
  assert_int_equal(scan.dropped, (size_t)b.n - ends[1]);
  /* A damaged end, as of a kill, is no second one. */
  check_ok(parse(b.data, (size_t)b.n - 1, &n, &scan, &err), &err);
  assert_int_equal(n, 2);
  b.data[ends[5] - 1] = (char)(b.data[ends[5] - 1] ^ 1);
  snprintf(text, sizeof text, "damaged at byte %zu and again at byte %zu", ends[1], ends[4]);
  check_fails(parse(b.data, (size_t)b.n, &n, &scan, &err), AUS_EIO, text, &err);
  put_file(b.data, (size_t)b.n);
  check_fails(aus_journal_read(path, NULL, NULL, &scan, &err), AUS_EIO,
              "journal.ausj: the journal is damaged", &err);
  aus_buf_fini(&b);
}

/* Damage that is wider than a bit, and what a file system leaves after a power cut. */
static void wide_damage(void **state)
{
  size_t ends[N], i;
  aus_buf b = journal_bytes(N, ends);
  aus_journal_scan scan;
  aus_err err;
  int n;

  (void)state;
  for (i = 0; i < 5000; i++)
    aus_buf_u8(&b, 0);
  check_ok(parse(b.data, (size_t)b.n, &n, &scan, &err), &err);
  assert_int_equal(n, N);
  assert_int_equal(scan.dropped, 5000);
  memset(b.data + AUS_JOURNAL_HEADER, 0, ends[3] - AUS_JOURNAL_HEADER + 5);
  check_ok(parse(b.data, ends[N - 1], &n, &scan, &err), &err);
  assert_int_equal(n, 0);
  /* A record that is gone without a trace, and a frame that is written over by another. */
  aus_buf_fini(&b);
  b = journal_bytes(N, ends);
  memmove(b.data + ends[3], b.data + ends[4], ends[N - 1] - ends[4]);
  check_ok(parse(b.data, ends[N - 1] - (ends[4] - ends[3]), &n, &scan, &err), &err);
  assert_int_equal(n, 4);
  aus_buf_fini(&b);
  b = journal_bytes(N, ends);
  memcpy(b.data + ends[3], b.data + ends[2], 20);
  check_ok(parse(b.data, (size_t)b.n, &n, &scan, &err), &err);
  assert_int_equal(n, 4);
  aus_buf_fini(&b);
}

/* Bytes made to look like frames all over must not take the square of their number (here: the CRC of
 * 150 GB). */
static void hostile_bytes(void **state)
{
  enum { N_FRAMES = 200000 };
  aus_buf b = journal_bytes(1, NULL);
  aus_journal_scan scan;
  aus_err err;
  int i, n;

  (void)state;
  for (i = 0; i < N_FRAMES; i++) {
    aus_buf_u32(&b, 1 << 21);
    aus_buf_u32(&b, 1);
    aus_buf_u64(&b, 1);
  }
  check_fails(parse(b.data, (size_t)b.n, &n, &scan, &err), AUS_EIO,
              "too much of it resembles records", &err);
  assert_int_equal(n, 1);
  aus_buf_fini(&b);
}

static uint64_t next_random(uint64_t *x)
{
  *x ^= *x << 13;
  *x ^= *x >> 7;
  *x ^= *x << 17;
  return *x;
}

/* Whatever the bytes behind the good records are. */
static void random_bytes(void **state)
{
  uint64_t x = 88172645463325252u;
  aus_journal_scan scan;
  aus_err err;
  int i, k, n;

  (void)state;
  for (i = 0; i < 2000; i++) {
    aus_buf b = journal_bytes(2, NULL);
    int64_t good = b.n;

    for (k = (int)(next_random(&x) % 200); k > 0; k--)
      aus_buf_u8(&b, (uint8_t)(next_random(&x) % (i % 2 ? 256 : 3)));
    check_ok(parse(b.data, (size_t)b.n, &n, &scan, &err), &err);
    assert_int_equal(n, 2);
    assert_int_equal(scan.end, good);
    aus_buf_fini(&b);
  }
}

static int refuse_third(void *self, const aus_record *r, aus_err *err)
{
  (void)self;
  if (r->sequence == 2) return aus_fail(err, AUS_EIO, AUS_HERE, "makes no sense");
  return AUS_OK;
}

static void reader_refuses(void **state)
{
  aus_buf b = journal_bytes(N, NULL);
  aus_journal_scan scan;
  aus_err err;

  (void)state;
  put_file(b.data, (size_t)b.n);
  check_fails(aus_journal_read(path, refuse_third, NULL, &scan, &err), AUS_EIO,
              "journal.ausj: record 2: makes no sense", &err);
  aus_buf_fini(&b);
}

static void payload_limits(void **state)
{
  aus_journal *j = NULL;
  aus_journal_scan scan;
  aus_buf b;
  aus_err err;
  int i;

  (void)state;
  aus_buf_init(&b);
  check_ok(aus_journal_create(&j, path, &head, 1.0, &err), &err);
  for (i = 0; i < AUS_JOURNAL_MAX_PAYLOAD; i++)
    aus_buf_u8(&b, (uint8_t)i);
  check_ok(aus_journal_add(j, AUS_R_MODEL, 0, &b, &err), &err);
  aus_buf_u8(&b, 0);
  check_fails(aus_journal_add(j, AUS_R_MODEL, 0, &b, &err), AUS_EINVAL,
              "record of 4194305 bytes, 4194304 at most", &err);
  aus_buf_clear(&b);
  b.failed = 1;
  check_fails(aus_journal_add(j, AUS_R_MODEL, 0, &b, &err), AUS_EINVAL, "buffer that failed", &err);
  check_ok(aus_journal_close(j, &err), &err);
  check_ok(aus_journal_read(path, NULL, NULL, &scan, &err), &err);
  assert_int_equal(scan.n_records, 1);
  assert_int_equal(scan.end, AUS_JOURNAL_HEADER + AUS_JOURNAL_FRAME + AUS_JOURNAL_MAX_PAYLOAD);
  aus_buf_fini(&b);
}

/* The disk is full at every possible place: what is read afterwards is right, and goes on. */
static void full_disk(void **state)
{
  size_t ends[N], limit;
  aus_buf whole = journal_bytes(N, ends);
  struct rlimit old, low;
  aus_journal_scan scan;
  aus_journal *j = NULL;
  aus_err err;
  int n, rc;

  (void)state;
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
  for (limit = AUS_JOURNAL_HEADER; limit < (size_t)whole.n; limit += 3) {
    low = old;
    low.rlim_cur = limit;
    unlink(path);
    check_ok(aus_journal_create(&j, path, &head, 1.0, &err), &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    for (n = 0, rc = AUS_OK; rc == AUS_OK; n++) {
      aus_err_clear(&err);
      check_ok(add_one(j, n, &err), &err);
      rc = aus_journal_write(j, n, &err);
    }
    assert_int_equal(rc, AUS_EIO);
    assert_non_null(strstr(err.text, "journal.ausj: cannot be written: File too large"));
    /* Room again, but this writer takes nothing: there would be a hole. */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    check_fails(add_one(j, n, &err), AUS_EIO, "takes nothing after a failed write", &err);
    check_fails(aus_journal_write(j, n, &err), AUS_EIO, "takes nothing", &err);
    check_fails(aus_journal_sync(j, &err), AUS_EIO, "takes nothing", &err);
    check_fails(aus_journal_close(j, &err), AUS_EIO, "takes nothing", &err);
    n = 0;
    check_ok(aus_journal_read(path, compare, &n, &scan, &err), &err);
    assert_int_equal(scan.end + scan.dropped, limit);
    assert_true(ends[n] > limit);
    check_ok(aus_journal_resume(&j, path, &scan, 1.0, &err), &err);
    add_records(j, n, N);
    check_ok(aus_journal_close(j, &err), &err);
    check_file(&whole);
  }
  /* No room even for a header: no file stays under the name. */
  unlink(path);
  low.rlim_cur = 10;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
  rc = aus_journal_create(&j, path, &head, 1.0, &err);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
  assert_int_equal(rc, AUS_EIO);
  assert_null(j);
  assert_int_not_equal(access(path, F_OK), 0);
  signal(SIGXFSZ, SIG_DFL);
  aus_buf_fini(&whole);
}

static void changed_meanwhile(void **state)
{
  aus_buf b = journal_bytes(N, NULL);
  aus_journal_scan scan;
  aus_journal *j = NULL;
  aus_err err;

  (void)state;
  put_file(b.data, (size_t)b.n);
  check_ok(aus_journal_read(path, NULL, NULL, &scan, &err), &err);
  put_file(b.data, (size_t)b.n - 1);
  check_fails(aus_journal_resume(&j, path, &scan, 1.0, &err), AUS_EIO, "bytes, had", &err);
  assert_null(j);
  unlink(path);
  check_fails(aus_journal_resume(&j, path, &scan, 1.0, &err), AUS_EIO, "No such file", &err);
  assert_int_equal(mkdir(path, 0777), 0);
  check_fails(aus_journal_create(&j, path, &head, 1.0, &err), AUS_EIO, "journal already", &err);
  check_fails(aus_journal_read(path, NULL, NULL, &scan, &err), AUS_EFORMAT, "not a regular file",
              &err);
  aus_buf_fini(&b);
}

#ifndef NDEBUG
/* Create, add, write, close, read, resume, add, close. */
static int whole_life(aus_err *err)
{
  int rc = AUS_OK;
  aus_journal *j = NULL;
  aus_journal_scan scan;

  unlink(path);
  AUS_TRY(aus_journal_create(&j, path, &head, 1.0, err));
  AUS_TRY(add_one(j, 0, err));
  AUS_TRY(add_one(j, 1, err));
  AUS_TRY(aus_journal_write(j, 0.0, err));
  rc = aus_journal_close(j, err);
  j = NULL;
  AUS_TRY(rc);
  AUS_TRY(aus_journal_read(path, NULL, NULL, &scan, err));
  AUS_TRY(aus_journal_resume(&j, path, &scan, 1.0, err));
  AUS_TRY(add_one(j, 2, err));
  AUS_TRY(aus_journal_sync(j, err));
done:
  if (j) assert_int_equal(aus_journal_close(j, NULL), AUS_OK);
  return rc;
}
#endif

static void no_memory(void **state)
{
#ifdef NDEBUG
  (void)state;
  skip();
#else
  int64_t live = aus_alloc_live();
  aus_buf want = journal_bytes(3, NULL);
  aus_err err;
  int n, rc = AUS_ENOMEM;

  (void)state;
  aus_buf_fini(&want);
  for (n = 0; rc != AUS_OK; n++) {
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    rc = whole_life(&err);
    aus_alloc_fail_at(-1);
    assert_true(rc == AUS_OK || rc == AUS_ENOMEM);
    assert_true(aus_alloc_live() == live);
  }
  assert_true(n > 8);
  want = journal_bytes(3, NULL);
  check_file(&want);
  aus_buf_fini(&want);
#endif
}

/* A record that found no memory leaves no trace; the next one takes its number. */
static void goes_on_without_memory(void **state)
{
#ifdef NDEBUG
  (void)state;
  skip();
#else
  aus_buf want = journal_bytes(3, NULL), b;
  aus_journal *j = NULL;
  aus_err err;

  (void)state;
  check_ok(aus_journal_create(&j, path, &head, 1.0, &err), &err);
  add_records(j, 0, 2);
  aus_buf_init(&b);
  while (b.n < 100000)
    aus_buf_u8(&b, 5);
  aus_alloc_fail_at(0);
  check_fails(aus_journal_add(j, AUS_R_NOTE, 0, &b, &err), AUS_ENOMEM, "", &err);
  aus_alloc_fail_at(-1);
  add_records(j, 2, 3);
  check_ok(aus_journal_close(j, &err), &err);
  check_file(&want);
  aus_buf_fini(&b);
  aus_buf_fini(&want);
#endif
}

int main(void)
{
#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(layout),
      IN_DIR(round_trip),
      IN_DIR(close_writes),
      IN_DIR(cut_anywhere),
      IN_DIR(cut_header),
      IN_DIR(bad_headers),
      cmocka_unit_test(flipped_bits),
      IN_DIR(two_bad_regions),
      cmocka_unit_test(wide_damage),
      cmocka_unit_test(hostile_bytes),
      cmocka_unit_test(random_bytes),
      IN_DIR(reader_refuses),
      IN_DIR(payload_limits),
      IN_DIR(full_disk),
      IN_DIR(changed_meanwhile),
      IN_DIR(no_memory),
      IN_DIR(goes_on_without_memory),
  };
#undef IN_DIR

  return cmocka_run_group_tests(tests, NULL, NULL);
}
