/* gpuqueue/trace_read.c - lines, fields, numbers; which format; keeping a job.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/trace_read.h"

#include "util/alloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What a limit in minutes can hold. */
#define LONGEST_S ((int64_t)INT32_MAX * MINUTE_S)
#define LAST_S    INT64_C(1000000000000)

/* A scheduler ends jobs up to about two minutes behind their limits. */
enum { MINUTE_S = 60, LATE_S = 120, FIRST_SLOTS = 1024 };

bool aus_gpuqueue_next_line(aus_gpuqueue_reader *r, aus_gpuqueue_span *line)
{
  const char *end;

  if (r->at == r->end) return false;
  end = memchr(r->at, '\n', (size_t)(r->end - r->at));
  if (!end) end = r->end;
  *line = (aus_gpuqueue_span){r->at, (size_t)(end - r->at)};
  if (line->n > 0 && line->p[line->n - 1] == '\r') line->n--;
  r->at = end < r->end ? end + 1 : end;
  r->line++;
  return true;
}

bool aus_gpuqueue_span_is(aus_gpuqueue_span s, const char *text)
{
  return s.n == strlen(text) && memcmp(s.p, text, s.n) == 0;
}

bool aus_gpuqueue_span_begins(aus_gpuqueue_span s, const char *text)
{
  size_t n = strlen(text);

  return s.n >= n && memcmp(s.p, text, n) == 0;
}

bool aus_gpuqueue_span_has(aus_gpuqueue_span s, char c)
{
  return s.n > 0 && memchr(s.p, c, s.n);
}

static bool is_blank(char c)
{
  return c == ' ' || c == '\t';
}

aus_gpuqueue_span aus_gpuqueue_span_trim(aus_gpuqueue_span s)
{
  while (s.n > 0 && is_blank(s.p[0])) {
    s.p++;
    s.n--;
  }
  while (s.n > 0 && is_blank(s.p[s.n - 1]))
    s.n--;
  return s;
}

bool aus_gpuqueue_span_is_rule(aus_gpuqueue_span s)
{
  size_t i;

  for (i = 0; i < s.n; i++)
    if (!is_blank(s.p[i]) && s.p[i] != '-') return false;
  return true;
}

static int split_blanks(aus_gpuqueue_reader *r, aus_gpuqueue_span line)
{
  const char *p = line.p, *end = line.p + line.n;
  int n = 0;

  for (;;) {
    const char *begin;

    while (p < end && is_blank(*p))
      p++;
    if (p == end) return n;
    begin = p;
    while (p < end && !is_blank(*p))
      p++;
    if (n < AUS_GPUQUEUE_MAX_FIELDS) r->field[n] = (aus_gpuqueue_span){begin, (size_t)(p - begin)};
    n++;
  }
}

int aus_gpuqueue_split(aus_gpuqueue_reader *r, aus_gpuqueue_span line, char sep)
{
  const char *p = line.p, *end = line.p + line.n;
  int n = 0;

  if (sep == ' ') return split_blanks(r, line);
  for (;;) {
    const char *stop = p < end ? memchr(p, sep, (size_t)(end - p)) : NULL;
    aus_gpuqueue_span s = {p, (size_t)((stop ? stop : end) - p)};

    if (n < AUS_GPUQUEUE_MAX_FIELDS) r->field[n] = aus_gpuqueue_span_trim(s);
    n++;
    if (!stop) return n;
    p = stop + 1;
  }
}

/* Digits at the front of s, at most `most`. */
static bool digits(aus_gpuqueue_span *s, size_t most, int64_t *x)
{
  size_t i;

  *x = 0;
  for (i = 0; i < s->n && s->p[i] >= '0' && s->p[i] <= '9'; i++) {
    if (i == most) return false;
    *x = 10 * *x + (s->p[i] - '0');
  }
  s->p += i;
  s->n -= i;
  return i > 0;
}

bool aus_gpuqueue_number(aus_gpuqueue_span s, int64_t *x)
{
  bool minus = s.n > 0 && s.p[0] == '-';
  int64_t fraction;

  if (minus) s = (aus_gpuqueue_span){s.p + 1, s.n - 1};
  if (!digits(&s, 13, x)) return false;
  if (minus) *x = -*x;
  if (s.n == 0) return true;
  if (s.p[0] != '.') return false;
  s = (aus_gpuqueue_span){s.p + 1, s.n - 1};
  return s.n == 0 || (digits(&s, 18, &fraction) && s.n == 0);
}

bool aus_gpuqueue_id(aus_gpuqueue_span s, int64_t *x)
{
  int64_t part = 0;
  char c;

  if (!digits(&s, 18, x)) return false;
  if (s.n == 0) return true;
  c = s.p[0];
  s = (aus_gpuqueue_span){s.p + 1, s.n - 1};
  if (!digits(&s, 18, &part) || s.n > 0) return false;
  *x += c == '_' ? part - 1 : part;
  return (c == '_' || c == '+') && *x >= 0 && *x < INT64_C(1000000000000000000);
}

bool aus_gpuqueue_time(aus_gpuqueue_span s, int64_t *t_s, bool *civil)
{
  *civil = false;
  *t_s = AUS_GPUQUEUE_NEVER;
  if (s.n == 0 || aus_gpuqueue_span_is(s, "Unknown") || aus_gpuqueue_span_is(s, "None") ||
      aus_gpuqueue_span_is(s, "N/A"))
    return true;
  *civil = aus_civil_parse(s.p, s.n, t_s);
  return *civil || aus_gpuqueue_number(s, t_s);
}

/* FNV-1a, 64 bits. */
static uint64_t hash_of(aus_gpuqueue_span s)
{
  uint64_t h = UINT64_C(0xcbf29ce484222325);
  size_t i;

  for (i = 0; i < s.n; i++)
    h = (h ^ (unsigned char)s.p[i]) * UINT64_C(0x100000001b3);
  return h ^ h >> 32;
}

/* Slot of a text, or the free one where it belongs. */
static int64_t *slot_of(const aus_gpuqueue_names *names, aus_gpuqueue_span s)
{
  uint64_t mask = (uint64_t)names->n_slots - 1, i = hash_of(s) & mask;

  while (names->slot[i]) {
    aus_gpuqueue_span other = names->text[names->slot[i] - 1];

    if (other.n == s.n && memcmp(other.p, s.p, s.n) == 0) break;
    i = (i + 1) & mask;
  }
  return &names->slot[i];
}

static int widen(aus_gpuqueue_names *names, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, n_slots = names->n_slots ? 2 * names->n_slots : FIRST_SLOTS;
  int64_t *slot = NULL;

  AUS_NEW(slot, n_slots, err);
  aus_free(names->slot);
  names->slot = slot;
  names->n_slots = n_slots;
  for (i = 0; i < names->n; i++)
    *slot_of(names, names->text[i]) = i + 1;
done:
  return rc;
}

/* Number of a text; *fresh: it was not there before. */
static int number_of(aus_gpuqueue_names *names, aus_gpuqueue_span s, int64_t *number, bool *fresh,
                     aus_err *err)
{
  int rc = AUS_OK;
  int64_t *slot;

  if (2 * (names->n + 1) > names->n_slots) AUS_TRY(widen(names, err));
  slot = slot_of(names, s);
  *fresh = *slot == 0;
  if (*fresh) {
    AUS_TRY(aus_grow(&names->text, &names->cap, names->n + 1, sizeof *names->text, err));
    names->text[names->n++] = s;
    *slot = names->n;
  }
  *number = *slot - 1;
done:
  return rc;
}

static void names_fini(aus_gpuqueue_names *names)
{
  aus_free(names->text);
  aus_free(names->slot);
}

static void count_skip(aus_gpuqueue_reader *r, aus_gpuqueue_skip why)
{
  if (r->t->n_skipped[why]++ == 0) r->t->first_skipped[why] = r->line;
}

void aus_gpuqueue_row_skip(aus_gpuqueue_reader *r, aus_gpuqueue_skip why)
{
  r->t->n_read++;
  count_skip(r, why);
}

/* Civil times to UTC. In the hour that exists twice a time is the first that is possible; but a job that would
 * have run far beyond its limit started in the second one, and one that would then have run just up to its
 * limit, where the scheduler ended it, ended in the second one. */
static void to_utc(const aus_tz *tz, int64_t limit_s, aus_gpuqueue_job *j)
{
  int64_t start_s = j->t_start_s, end_s = j->t_end_s, second_s;

  j->t_submit_s = aus_tz_utc(tz, j->t_submit_s);
  if (start_s == AUS_GPUQUEUE_NEVER) return;
  j->t_start_s = aus_tz_utc_from(tz, start_s, j->t_submit_s);
  if (end_s == AUS_GPUQUEUE_NEVER) return;
  j->t_end_s = aus_tz_utc_from(tz, end_s, j->t_start_s);
  if (limit_s <= 0) return;
  if (j->t_end_s - j->t_start_s > limit_s + LATE_S) {
    second_s = aus_tz_utc_from(tz, start_s, j->t_start_s + 1);
    if (second_s <= j->t_end_s) j->t_start_s = second_s;
  }
  second_s = aus_tz_utc_from(tz, end_s, j->t_end_s + 1);
  if (llabs(second_s - j->t_start_s - limit_s) <= LATE_S) j->t_end_s = second_s;
}

/* Within 30,000 years. */
static bool is_near(int64_t t_s)
{
  return t_s >= -LAST_S && t_s <= LAST_S;
}

/* Set the run time. @return why the job cannot be kept; AUS_GPUQUEUE_N_SKIPS: it can */
static aus_gpuqueue_skip judge(aus_gpuqueue_job *j, int64_t limit_s)
{
  bool started = j->t_start_s != AUS_GPUQUEUE_NEVER;

  if (started && j->t_end_s != AUS_GPUQUEUE_NEVER) j->run_s = j->t_end_s - j->t_start_s;
  if (j->run_s < 0 || (started && j->t_start_s < j->t_submit_s)) return AUS_GPUQUEUE_SKIP_BACKWARDS;
  if (j->run_s > LONGEST_S || !is_near(j->t_submit_s) || (started && !is_near(j->t_start_s)))
    return AUS_GPUQUEUE_SKIP_NUMBER;
  if (j->nodes < 1) return AUS_GPUQUEUE_SKIP_NODES;
  if (limit_s == AUS_GPUQUEUE_LIMIT_WRONG) return AUS_GPUQUEUE_SKIP_LIMIT;
  return AUS_GPUQUEUE_N_SKIPS;
}

static void clip(aus_gpuqueue_trace *t, aus_gpuqueue_job *j)
{
  if (j->run_s <= (int64_t)j->limit_min * MINUTE_S) return;
  j->run_s = (int64_t)j->limit_min * MINUTE_S;
  t->n_clipped++;
}

static int user_of(aus_gpuqueue_reader *r, aus_gpuqueue_span text, int32_t *user, aus_err *err)
{
  int rc = AUS_OK;
  int64_t number;
  bool fresh;

  *user = -1;
  if (text.n == 0) return AUS_OK;
  AUS_TRY(number_of(&r->users, text, &number, &fresh, err));
  if (number > INT32_MAX) AUS_FAIL(err, AUS_EFORMAT, "%s: too many users", r->name);
  *user = (int32_t)number;
done:
  return rc;
}

int aus_gpuqueue_row_keep(aus_gpuqueue_reader *r, const aus_gpuqueue_draft *d, aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_trace *t = r->t;
  aus_gpuqueue_job j = d->job;
  aus_gpuqueue_skip why;
  int64_t number;
  bool fresh = true;

  t->n_read++;
  if (d->civil) to_utc(r->conf->tz, d->limit_s, &j);
  why = judge(&j, d->limit_s);
  if (why == AUS_GPUQUEUE_N_SKIPS && d->cancelled && !r->conf->keep_cancelled)
    why = AUS_GPUQUEUE_SKIP_STARTED;
  if (why == AUS_GPUQUEUE_N_SKIPS && d->id.n > 0) {
    AUS_TRY(number_of(&r->ids, d->id, &number, &fresh, err));
    if (!fresh) why = AUS_GPUQUEUE_SKIP_TWICE;
  }
  if (why != AUS_GPUQUEUE_N_SKIPS) {
    count_skip(r, why);
    return AUS_OK;
  }
  j.limit_min = (int32_t)(d->limit_s > 0 ? (d->limit_s + MINUTE_S - 1) / MINUTE_S : d->limit_s);
  if (j.limit_min > 0) clip(t, &j);
  AUS_TRY(user_of(r, d->user, &j.user, err));
  AUS_TRY(aus_grow(&t->job, &t->cap, t->n + 1, sizeof *t->job, err));
  t->job[t->n++] = j;
done:
  return rc;
}

int aus_gpuqueue_refuse(const aus_gpuqueue_reader *r, aus_err *err, const char *format, ...)
{
  va_list ap;
  int rc;

  va_start(ap, format);
  rc = aus_fail_v(err, AUS_EFORMAT, AUS_HERE, format, ap);
  va_end(ap);
  aus_err_prepend(err, "%s:%" PRId64 ": ", r->name, r->line);
  return rc;
}

/* The format by the first line that says anything. The reader begins again behind this. */
static int guess(aus_gpuqueue_reader *r, aus_gpuqueue_format *format, aus_err *err)
{
  aus_gpuqueue_span line;
  int64_t number;

  while (aus_gpuqueue_next_line(r, &line)) {
    line = aus_gpuqueue_span_trim(line);
    if (aus_gpuqueue_span_is_rule(line) || aus_gpuqueue_number(line, &number)) continue;
    if (line.p[0] == ';' || aus_gpuqueue_split(r, line, ' ') == 18)
      *format = AUS_GPUQUEUE_SWF;
    else if (aus_gpuqueue_span_has(line, '|'))
      *format = AUS_GPUQUEUE_SACCT;
    else if (aus_gpuqueue_span_has(line, ','))
      *format = AUS_GPUQUEUE_PHILLY;
    else if (aus_gpuqueue_span_begins(line, "JobID"))
      *format = AUS_GPUQUEUE_SLURM_TEXT;
    else
      return aus_gpuqueue_refuse(r, err,
                                 "the format cannot be told from this line; set \"format\"");
    return AUS_OK;
  }
  if (r->line == 0) r->line = 1;
  return aus_gpuqueue_refuse(r, err, "no job: the file is empty");
}

/* A limit that is only known as "the largest": that of the others, and at least what the job took. */
static void set_largest(aus_gpuqueue_trace *t)
{
  int64_t i;
  int32_t largest = 0;

  for (i = 0; i < t->n; i++)
    if (t->job[i].limit_min > largest) largest = t->job[i].limit_min;
  for (i = 0; i < t->n; i++) {
    aus_gpuqueue_job *j = &t->job[i];
    int64_t taken = (j->run_s + MINUTE_S - 1) / MINUTE_S;

    if (j->limit_min != AUS_GPUQUEUE_LIMIT_LARGEST) continue;
    if (taken < 1) taken = 1;
    j->limit_min = taken > largest ? (int32_t)taken : largest;
  }
}

static int read_as(aus_gpuqueue_reader *r, aus_gpuqueue_format format, aus_err *err)
{
  switch (format) {
  case AUS_GPUQUEUE_SLURM_TEXT:
    return aus_gpuqueue_slurm_read(r, err);
  case AUS_GPUQUEUE_SACCT:
    return aus_gpuqueue_sacct_read(r, err);
  case AUS_GPUQUEUE_SWF:
    return aus_gpuqueue_swf_read(r, err);
  case AUS_GPUQUEUE_PHILLY:
    return aus_gpuqueue_philly_read(r, err);
  case AUS_GPUQUEUE_AUTO:
  case AUS_GPUQUEUE_HDF5:
    break;
  }
  return aus_gpuqueue_refuse(r, err, "no text format");
}

static int need_jobs(const aus_gpuqueue_reader *r, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf text;

  if (r->t->n > 0) return AUS_OK;
  aus_buf_init(&text);
  aus_gpuqueue_trace_counts(r->t, &text);
  AUS_TRY(aus_buf_check(&text, err));
  rc = aus_gpuqueue_refuse(r, err, "no job: %s", text.data);
done:
  aus_buf_fini(&text);
  return rc;
}

int aus_gpuqueue_trace_read(aus_gpuqueue_trace *t, const aus_gpuqueue_read_conf *conf,
                            const char *name, const char *bytes, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_format format = conf->format;
  aus_gpuqueue_reader *r = NULL;

  *t = (aus_gpuqueue_trace){0};
  AUS_NEW(r, 1, err);
  r->t = t;
  r->conf = conf;
  r->name = name;
  r->end = bytes + n;
  r->at = bytes;
  if (format == AUS_GPUQUEUE_AUTO) AUS_TRY(guess(r, &format, err));
  r->at = bytes;
  r->line = 0;
  AUS_TRY(read_as(r, format, err));
  AUS_TRY(need_jobs(r, err));
  set_largest(t);
  t->n_users = r->users.n;
done:
  if (r) {
    names_fini(&r->users);
    names_fini(&r->ids);
  }
  aus_free(r);
  if (rc != AUS_OK) aus_gpuqueue_trace_fini(t);
  return rc;
}

int aus_gpuqueue_trace_take(aus_gpuqueue_trace *t, const aus_gpuqueue_job *job, int64_t n,
                            aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  *t = (aus_gpuqueue_trace){.n_read = n};
  AUS_TRY(aus_grow(&t->job, &t->cap, n + 1, sizeof *t->job, err));
  for (i = 0; i < n; i++) {
    aus_gpuqueue_job j = job[i];
    aus_gpuqueue_skip why = judge(&j, j.limit_min > 0 ? j.limit_min : AUS_GPUQUEUE_LIMIT_WRONG);

    j.run_s = job[i].run_s;
    if (j.run_s < 0) why = AUS_GPUQUEUE_SKIP_BACKWARDS;
    if (j.id < 0) why = AUS_GPUQUEUE_SKIP_NUMBER;
    if (why != AUS_GPUQUEUE_N_SKIPS) {
      t->n_skipped[why]++;
      continue;
    }
    clip(t, &j);
    if (j.user < 0) j.user = -1;
    if (j.user >= t->n_users) t->n_users = (int64_t)j.user + 1;
    t->job[t->n++] = j;
  }
done:
  return rc;
}
