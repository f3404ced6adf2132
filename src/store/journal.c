/* journal.c - the log of decisions: frames, reading with resynchronisation, the writer.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/file.h"

static const char magic[4] = {'A', 'U', 'S', 'J'};

enum { FORMAT = 1 };

void aus_journal_head_encode(const aus_journal_head *head, aus_buf *out)
{
  static const char zeros[12];
  int64_t at = out->n;

  aus_buf_bytes(out, magic, sizeof magic);
  aus_buf_u32(out, FORMAT);
  aus_buf_u64(out, head->seed);
  aus_buf_bytes(out, head->config, sizeof head->config);
  aus_buf_bytes(out, zeros, sizeof zeros);
  if (!out->failed) aus_buf_u32(out, aus_crc32c(0, out->data + at, (size_t)(out->n - at)));
}

void aus_record_encode(const aus_record *record, aus_buf *out)
{
  int64_t at = out->n;

  aus_buf_u32(out, record->n);
  aus_buf_u16(out, record->type);
  aus_buf_u16(out, record->flags);
  aus_buf_u64(out, record->sequence);
  aus_buf_bytes(out, record->payload, record->n);
  if (!out->failed) aus_buf_u32(out, aus_crc32c(0, out->data + at, (size_t)(out->n - at)));
}

/* Reading. */

typedef struct parser {
  const unsigned char *p;
  size_t n;
  size_t searched; /* bytes whose CRC was taken while looking for a record */
} parser;

static int take_header(const unsigned char *p, size_t n, aus_journal_head *head, aus_err *err)
{
  int rc = AUS_OK;
  aus_rd r = aus_rd_of(p, n);
  uint32_t version;

  if (memcmp(aus_rd_bytes(&r, sizeof magic), magic, sizeof magic) != 0)
    AUS_FAIL(err, AUS_EIO, "not a journal of auspex");
  version = aus_rd_u32(&r);
  head->seed = aus_rd_u64(&r);
  memcpy(head->config, aus_rd_bytes(&r, sizeof head->config), sizeof head->config);
  (void)aus_rd_bytes(&r, 12);
  if (aus_rd_u32(&r) != aus_crc32c(0, p, AUS_JOURNAL_HEADER - 4))
    AUS_FAIL(err, AUS_EIO, "the header of the journal is damaged");
  if (version != FORMAT)
    AUS_FAIL(err, AUS_EIO, "journal of version %" PRIu32 ", this program knows version %d", version,
             FORMAT);
done:
  return rc;
}

/* The frame at a place, unless it cannot be one of ours whatever its CRC is. */
static bool take_frame(const parser *s, size_t at, aus_record *record)
{
  aus_rd r = aus_rd_of(s->p + at, s->n - at);

  record->n = aus_rd_u32(&r);
  record->type = aus_rd_u16(&r);
  record->flags = aus_rd_u16(&r);
  record->sequence = aus_rd_u64(&r);
  if (record->n > AUS_JOURNAL_MAX_PAYLOAD || record->type == 0) return false;
  record->payload = aus_rd_bytes(&r, record->n);
  (void)aus_rd_u32(&r);
  return !r.bad;
}

static size_t frame_size(const aus_record *record)
{
  return (size_t)record->n + AUS_JOURNAL_FRAME;
}

static bool crc_fits(const parser *s, size_t at, const aus_record *record)
{
  size_t n = frame_size(record) - 4;
  aus_rd r = aus_rd_of(s->p + at + n, 4);

  return aus_rd_u32(&r) == aus_crc32c(0, s->p + at, n);
}

static bool take_record(const parser *s, size_t at, uint64_t sequence, aus_record *record)
{
  return take_frame(s, at, record) && record->sequence == sequence && crc_fits(s, at, record);
}

/* The next good record from `at` on that may follow the first `sequence` ones. Its sequence number
 * keeps nearly all other places from having their CRC taken; bytes that were made to look like
 * frames all over are given up, because that would take the square of their number.
 * *at becomes n when there is none. */
static int search(parser *s, size_t *at, uint64_t sequence, aus_record *record, aus_err *err)
{
  int rc = AUS_OK;

  for (; *at < s->n; (*at)++) {
    if (!take_frame(s, *at, record) || record->sequence < sequence ||
        record->sequence - sequence > s->n / AUS_JOURNAL_FRAME)
      continue;
    if (crc_fits(s, *at, record)) break;
    s->searched += frame_size(record);
    if (s->searched / 8 > s->n)
      AUS_FAIL(err, AUS_EIO, "the journal is damaged: too much of it resembles records");
  }
done:
  return rc;
}

/* What follows the first bad record must be one bad region and perhaps one stretch of good records. */
static int check_rest(parser *s, size_t first, uint64_t sequence, aus_err *err)
{
  int rc = AUS_OK;
  size_t at = first, second;
  aus_record record;

  AUS_TRY(search(s, &at, sequence, &record, err));
  if (at == s->n) goto done;
  for (sequence = record.sequence; take_record(s, at, sequence, &record); sequence++)
    at += frame_size(&record);
  second = at;
  AUS_TRY(search(s, &at, sequence, &record, err));
  if (at < s->n)
    AUS_FAIL(err, AUS_EIO,
             "the journal is damaged at byte %zu and again at byte %zu: no cut of a killed run",
             first, second);
done:
  return rc;
}

int aus_journal_parse(const void *bytes, size_t n, aus_record_fn on_record, void *self,
                      aus_journal_scan *scan, aus_err *err)
{
  int rc = AUS_OK;
  parser s = {.p = bytes, .n = n};
  size_t at = AUS_JOURNAL_HEADER;
  uint64_t sequence;
  aus_record record;

  *scan = (aus_journal_scan){.dropped = n};
  if (n < AUS_JOURNAL_HEADER) {
    if (n > 0 && memcmp(bytes, magic, n < sizeof magic ? n : sizeof magic) != 0)
      AUS_FAIL(err, AUS_EIO, "not a journal of auspex");
    goto done;
  }
  AUS_TRY(take_header(bytes, n, &scan->head, err));
  for (sequence = 0; take_record(&s, at, sequence, &record); sequence++) {
    if (on_record) rc = on_record(self, &record, err);
    if (rc != AUS_OK) {
      aus_err_prepend(err, "record %" PRIu64 ": ", sequence);
      goto done;
    }
    at += frame_size(&record);
  }
  AUS_TRY(check_rest(&s, at, sequence, err));
  scan->n_records = (int64_t)sequence;
  scan->end = at;
  scan->dropped = n - at;
done:
  return rc;
}

int aus_journal_read(const char *path, aus_record_fn on_record, void *self, aus_journal_scan *scan,
                     aus_err *err)
{
  int rc = AUS_OK;
  char *bytes = NULL;
  size_t n = 0;

  *scan = (aus_journal_scan){0};
  AUS_TRY(aus_file_read(path, &bytes, &n, err));
  rc = aus_journal_parse(bytes, n, on_record, self, scan, err);
  if (rc != AUS_OK) aus_err_prepend(err, "%s: ", path);
done:
  aus_free(bytes);
  return rc;
}

/* The writer. */

struct aus_journal {
  char *path;
  int fd;
  bool failed;   /* takes nothing any more */
  bool dirty;    /* written, but not synced */
  aus_buf added; /* whole records, not written yet */
  uint64_t size; /* bytes written */
  uint64_t next; /* sequence number */
  double sync_interval_s, t_sync_s;
};

static void destroy(aus_journal *j)
{
  if (!j) return;
  if (j->fd >= 0) close(j->fd);
  aus_buf_fini(&j->added);
  aus_free(j->path);
  aus_free(j);
}

static int open_for_writing(aus_journal **out, const char *path, double sync_interval_s,
                            aus_err *err)
{
  int rc = AUS_OK;
  aus_journal *j = NULL;

  AUS_NEW(j, 1, err);
  j->fd = -1;
  j->sync_interval_s = sync_interval_s;
  j->t_sync_s = -INFINITY;
  aus_buf_init(&j->added);
  AUS_DUP(j->path, path, err);
  j->fd = open(path, O_WRONLY | O_CLOEXEC);
  if (j->fd < 0) AUS_FAIL(err, AUS_EIO, "%s: %s", path, strerror(errno));
  *out = j;
  j = NULL;
done:
  destroy(j);
  return rc;
}

/* A new name outlives the machine only when its directory is on disk; some file systems need no such
 * call and refuse it. */
static int sync_directory_of(const char *path, aus_err *err)
{
  int rc = AUS_OK, fd = -1;
  char *dir = NULL;

  AUS_TRY(aus_path_dir(&dir, path, err));
  fd = open(dir[0] != '\0' ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP))
    AUS_FAIL(err, AUS_EIO, "%s: directory cannot be synced: %s", path, strerror(errno));
done:
  if (fd >= 0) close(fd);
  aus_free(dir);
  return rc;
}

int aus_journal_create(aus_journal **out, const char *path, const aus_journal_head *head,
                       double sync_interval_s, aus_err *err)
{
  int rc = AUS_OK;
  aus_journal *j = NULL;
  aus_buf b;
  struct stat st;

  *out = NULL;
  aus_buf_init(&b);
  aus_journal_head_encode(head, &b);
  AUS_TRY(aus_buf_check(&b, err));
  if (lstat(path, &st) == 0 && (!S_ISREG(st.st_mode) || st.st_size >= AUS_JOURNAL_HEADER))
    AUS_FAIL(err, AUS_EIO, "%s: there is a journal already", path);
  AUS_TRY(aus_file_write(path, b.data, (size_t)b.n, err));
  AUS_TRY(sync_directory_of(path, err));
  AUS_TRY(open_for_writing(&j, path, sync_interval_s, err));
  j->size = AUS_JOURNAL_HEADER;
  *out = j;
  j = NULL;
done:
  destroy(j);
  aus_buf_fini(&b);
  return rc;
}

/* The cut is on disk before anything is written behind it. */
static int cut(const aus_journal *j, uint64_t end, aus_err *err)
{
  if (ftruncate(j->fd, (off_t)end) != 0 || fsync(j->fd) != 0)
    return aus_fail(err, AUS_EIO, AUS_HERE, "%s: cannot be cut to %" PRIu64 " bytes: %s", j->path,
                    end, strerror(errno));
  return AUS_OK;
}

int aus_journal_resume(aus_journal **out, const char *path, const aus_journal_scan *scan,
                       double sync_interval_s, aus_err *err)
{
  int rc = AUS_OK;
  aus_journal *j = NULL;
  struct stat st;

  *out = NULL;
  AUS_ASSERT(scan->end >= AUS_JOURNAL_HEADER);
  AUS_TRY(open_for_writing(&j, path, sync_interval_s, err));
  if (fstat(j->fd, &st) != 0) AUS_FAIL(err, AUS_EIO, "%s: %s", path, strerror(errno));
  if ((uint64_t)st.st_size != scan->end + scan->dropped)
    AUS_FAIL(err, AUS_EIO, "%s: has %" PRId64 " bytes, had %" PRIu64 " when it was read", path,
             (int64_t)st.st_size, scan->end + scan->dropped);
  if (scan->dropped > 0) AUS_TRY(cut(j, scan->end, err));
  j->size = scan->end;
  j->next = (uint64_t)scan->n_records;
  *out = j;
  j = NULL;
done:
  destroy(j);
  return rc;
}

static int check_usable(const aus_journal *j, aus_err *err)
{
  if (j->failed)
    return aus_fail(err, AUS_EIO, AUS_HERE, "%s: takes nothing after a failed write", j->path);
  return AUS_OK;
}

int aus_journal_add(aus_journal *j, aus_record_type type, uint16_t flags, const aus_buf *payload,
                    aus_err *err)
{
  int rc = AUS_OK;
  aus_record record = {.type = (uint16_t)type, .flags = flags, .sequence = j->next};

  AUS_TRY(check_usable(j, err));
  if (payload->failed) AUS_FAIL(err, AUS_EINVAL, "%s: record of a buffer that failed", j->path);
  if (payload->n > AUS_JOURNAL_MAX_PAYLOAD)
    AUS_FAIL(err, AUS_EINVAL, "%s: record of %" PRId64 " bytes, %d at most", j->path, payload->n,
             AUS_JOURNAL_MAX_PAYLOAD);
  record.n = (uint32_t)payload->n;
  record.payload = payload->data;
  /* All at once, so that no half of a record stays when memory is short. */
  AUS_TRY(aus_grow(&j->added.data, &j->added.cap, j->added.n + payload->n + AUS_JOURNAL_FRAME + 1,
                   1, err));
  aus_record_encode(&record, &j->added);
  j->next++;
done:
  return rc;
}

/* 0, or -1 with errno; what was written counts either way. */
static int put_all(aus_journal *j)
{
  size_t at = 0, n = (size_t)j->added.n;

  while (at < n) {
    ssize_t put = pwrite(j->fd, j->added.data + at, n - at, (off_t)j->size);

    if (put < 0 && errno == EINTR) continue;
    if (put == 0) errno = ENOSPC;
    if (put <= 0) return -1;
    at += (size_t)put;
    j->size += (uint64_t)put;
  }
  aus_buf_clear(&j->added);
  return 0;
}

static int write_added(aus_journal *j, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(check_usable(j, err));
  if (j->added.n == 0) goto done;
  j->dirty = true;
  if (put_all(j) != 0) {
    j->failed = true;
    AUS_FAIL(err, AUS_EIO, "%s: cannot be written: %s", j->path, strerror(errno));
  }
done:
  return rc;
}

static int sync_written(aus_journal *j, aus_err *err)
{
  int rc = AUS_OK;

  if (!j->dirty) goto done;
  while (fdatasync(j->fd) != 0) {
    if (errno == EINTR) continue;
    j->failed = true;
    AUS_FAIL(err, AUS_EIO, "%s: cannot be synced: %s", j->path, strerror(errno));
  }
  j->dirty = false;
done:
  return rc;
}

int aus_journal_write(aus_journal *j, double now_s, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(write_added(j, err));
  if (!j->dirty || now_s - j->t_sync_s < j->sync_interval_s) goto done;
  AUS_TRY(sync_written(j, err));
  j->t_sync_s = now_s;
done:
  return rc;
}

int aus_journal_sync(aus_journal *j, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(write_added(j, err));
  AUS_TRY(sync_written(j, err));
done:
  return rc;
}

uint64_t aus_journal_size(const aus_journal *j)
{
  return j->size;
}

int aus_journal_close(aus_journal *j, aus_err *err)
{
  int rc = AUS_OK;

  if (!j) return AUS_OK;
  rc = aus_journal_sync(j, err);
  if (close(j->fd) != 0 && rc == AUS_OK)
    rc = aus_fail(err, AUS_EIO, AUS_HERE, "%s: %s", j->path, strerror(errno));
  j->fd = -1;
  destroy(j);
  return rc;
}
