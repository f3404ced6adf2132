/* tz.c - the content of a zone's file, and the offset it gives for a time.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/tz.h"

#include "util/alloc.h"
#include "util/tz_rule.h"

#include <inttypes.h>
#include <string.h>

enum { HEADER_BYTES = 44, DAY_S = 86400 };

struct aus_tz {
  int64_t n; /* changes */
  int64_t *at_s;
  int32_t *offset_s; /* from each change on */
  int32_t first_s;   /* before the first */
  aus_tz_rule rule;  /* behind the last */
};

void aus_tz_destroy(aus_tz *tz)
{
  if (!tz) return;
  aus_free(tz->at_s);
  aus_free(tz->offset_s);
  aus_free(tz);
}

bool aus_tz_is_name(const char *name)
{
  const char *p;

  if (name[0] == '\0' || name[0] == '/' || strstr(name, "..")) return false;
  for (p = name; *p; p++)
    if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
          strchr("/_+-", *p)))
      return false;
  return true;
}

/* The file as it is read: big-endian fields, and the place for messages. */
typedef struct reader {
  const char *name;
  const unsigned char *p;
  size_t n, at;
} reader;

typedef struct counts {
  uint32_t utc, standard, leaps, times, types, chars;
} counts;

static int refuse(const reader *r, const char *what, aus_err *err)
{
  return aus_fail(err, AUS_EFORMAT, AUS_HERE, "%s: byte %zu: %s", r->name, r->at, what);
}

/* A signed big-endian number of `width` bytes; the caller has checked that they are there. */
static int64_t number_at(const unsigned char *p, int width)
{
  uint64_t x = p[0] & 0x80 ? UINT64_MAX : 0;
  int i;

  for (i = 0; i < width; i++)
    x = x << 8 | p[i];
  return (int64_t)x;
}

static uint32_t count_of(reader *r)
{
  uint32_t x = (uint32_t)number_at(r->p + r->at, 4);

  r->at += 4;
  return x;
}

static int read_header(reader *r, int *version, counts *c, aus_err *err)
{
  const unsigned char *p = r->p + r->at;

  if (r->n - r->at < HEADER_BYTES || memcmp(p, "TZif", 4) != 0)
    return refuse(r, "no zone file (TZif)", err);
  *version = p[4] == 0 ? 1 : p[4] - '0';
  if (*version < 1 || *version > 4) return refuse(r, "unknown version of TZif", err);
  r->at += 20;
  c->utc = count_of(r);
  c->standard = count_of(r);
  c->leaps = count_of(r);
  c->times = count_of(r);
  c->types = count_of(r);
  c->chars = count_of(r);
  return AUS_OK;
}

static uint64_t block_bytes(const counts *c, unsigned width)
{
  return (uint64_t)c->times * (width + 1) + (uint64_t)c->types * 6 + c->chars +
         (uint64_t)c->leaps * (width + 4) + c->standard + c->utc;
}

static int offset_of(reader *r, size_t types_at, unsigned type, int32_t *offset_s, aus_err *err)
{
  int64_t x;

  r->at = types_at + 6 * (size_t)type;
  x = number_at(r->p + r->at, 4);
  if (x < -AUS_TZ_MAX_OFFSET_S || x > AUS_TZ_MAX_OFFSET_S)
    return refuse(r, "offset of more than 26 hours", err);
  *offset_s = (int32_t)x;
  return AUS_OK;
}

/* Changes and offsets of one block, which lies within the file. */
static int read_block(aus_tz *tz, reader *r, const counts *c, int width, aus_err *err)
{
  int rc = AUS_OK;
  size_t begin = r->at, index_at = begin + (size_t)c->times * (size_t)width;
  size_t types_at = index_at + c->times;
  int64_t i;

  if (c->types == 0) AUS_TRY(refuse(r, "no type of local time", err));
  if (c->leaps > 0) AUS_TRY(refuse(r, "leap seconds are not counted here", err));
  tz->n = c->times;
  AUS_NEW(tz->at_s, tz->n, err);
  AUS_NEW(tz->offset_s, tz->n, err);
  AUS_TRY(offset_of(r, types_at, 0, &tz->first_s, err));
  for (i = 0; i < tz->n; i++) {
    unsigned type = r->p[index_at + (size_t)i];

    r->at = begin + (size_t)i * (size_t)width;
    tz->at_s[i] = number_at(r->p + r->at, width);
    if (i > 0 && tz->at_s[i] <= tz->at_s[i - 1]) AUS_TRY(refuse(r, "times go backwards", err));
    r->at = index_at + (size_t)i;
    if (type >= c->types) AUS_TRY(refuse(r, "no such type of local time", err));
    AUS_TRY(offset_of(r, types_at, type, &tz->offset_s[i], err));
  }
  r->at = begin + (size_t)block_bytes(c, (unsigned)width);
done:
  return rc;
}

/* "\nRULE\n", RULE may be empty. */
static int read_footer(aus_tz *tz, reader *r, aus_err *err)
{
  const char *text = (const char *)r->p + r->at + 1, *end;

  if (r->at == r->n || r->p[r->at] != '\n') return refuse(r, "no footer", err);
  r->at++;
  end = memchr(text, '\n', r->n - r->at);
  if (!end) return refuse(r, "the footer is cut short", err);
  if (!aus_tz_rule_parse(&tz->rule, text, (size_t)(end - text)))
    return refuse(r, "the footer is no rule for local time", err);
  return AUS_OK;
}

static int need_block(const reader *r, const counts *c, unsigned width, aus_err *err)
{
  if (block_bytes(c, width) > r->n - r->at) return refuse(r, "the file is cut short", err);
  return AUS_OK;
}

int aus_tz_parse(aus_tz **out, const char *name, const void *bytes, size_t n, aus_err *err)
{
  int rc = AUS_OK, version, width = 4;
  reader r = {.name = name, .p = bytes, .n = n};
  counts c;
  aus_tz *tz = NULL;

  *out = NULL;
  AUS_TRY(read_header(&r, &version, &c, err));
  AUS_TRY(need_block(&r, &c, 4, err));
  if (version >= 2) {
    /* The first block is for old readers; the same follows with wide times and a rule. */
    r.at += (size_t)block_bytes(&c, 4);
    width = 8;
    AUS_TRY(read_header(&r, &version, &c, err));
    AUS_TRY(need_block(&r, &c, 8, err));
  }
  AUS_NEW(tz, 1, err);
  AUS_TRY(read_block(tz, &r, &c, width, err));
  if (width == 8) AUS_TRY(read_footer(tz, &r, err));
  *out = tz;
  tz = NULL;
done:
  aus_tz_destroy(tz);
  return rc;
}

/* Far outside any calendar; keeps the sums below from overflowing. */
static int64_t within(int64_t t_s)
{
  const int64_t far = INT64_C(1) << 55;

  return t_s < -far ? -far : t_s > far ? far : t_s;
}

int64_t aus_tz_offset(const aus_tz *tz, int64_t t_utc_s)
{
  int64_t lo = 0, hi, t_s = within(t_utc_s);

  if (!tz) return 0;
  hi = tz->n;
  while (lo < hi) {
    int64_t mid = (lo + hi) / 2;

    if (tz->at_s[mid] <= t_s)
      lo = mid + 1;
    else
      hi = mid;
  }
  if (lo == tz->n && tz->rule.given) return aus_tz_rule_offset(&tz->rule, t_s);
  return lo == 0 ? tz->first_s : tz->offset_s[lo - 1];
}

int64_t aus_tz_utc(const aus_tz *tz, int64_t t_civil_s)
{
  int64_t t_s = within(t_civil_s), before_s, after_s;

  if (!tz) return t_civil_s;
  before_s = t_s - aus_tz_offset(tz, t_s - 2 * DAY_S);
  after_s = t_s - aus_tz_offset(tz, t_s + 2 * DAY_S);
  /* Clocks that go back: the time before the change comes first. Forward: it is the one that is taken. */
  if (before_s + aus_tz_offset(tz, before_s) == t_s) return before_s;
  return after_s + aus_tz_offset(tz, after_s) == t_s ? after_s : before_s;
}

int64_t aus_tz_utc_from(const aus_tz *tz, int64_t t_civil_s, int64_t t_least_s)
{
  int64_t t_s = aus_tz_utc(tz, t_civil_s), later_s;

  if (!tz || t_s >= t_least_s) return t_s;
  later_s = within(t_civil_s) - aus_tz_offset(tz, within(t_civil_s) + 2 * DAY_S);
  return later_s > t_s && later_s + aus_tz_offset(tz, later_s) == t_civil_s ? later_s : t_s;
}
