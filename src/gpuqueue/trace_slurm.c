/* gpuqueue/trace_slurm.c - rows below a header of sacct's column names: aligned text, TABs, or "|".
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/trace_read.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400 };

typedef enum column {
  JOB_ID,
  JOB_ID_RAW,
  JOB_NAME,
  UID,
  USER,
  SUBMIT,
  START,
  END,
  PRIORITY,
  LIMIT_MIN,
  LIMIT_TEXT,
  EXIT_CODE,
  STATE,
  N_NODES,
  ALLOC_NODES,
  REQ_NODES,
  ALLOC_TRES,
  REQ_TRES,
  N_COLUMNS
} column;

static const struct {
  const char *name;
  column column;
} names[] = {{"JobID", JOB_ID},
             {"JobIDRaw", JOB_ID_RAW},
             {"JobName", JOB_NAME},
             {"UID", UID},
             {"User", USER},
             {"Submit", SUBMIT},
             {"Start", START},
             {"End", END},
             {"Priority", PRIORITY},
             {"TimelimitR", LIMIT_MIN},
             {"TimelimitRaw", LIMIT_MIN},
             {"Timelimit", LIMIT_TEXT},
             {"ExitCode", EXIT_CODE},
             {"State", STATE},
             {"NNodes", N_NODES},
             {"AllocNodes", ALLOC_NODES},
             {"ReqNodes", REQ_NODES},
             {"AllocTRES", ALLOC_TRES},
             {"ReqTRES", REQ_TRES}};

typedef struct layout {
  int n;             /* columns of the header */
  int at[N_COLUMNS]; /* position; -1: not there */
} layout;

static void lay_out(layout *l, const aus_gpuqueue_reader *r, int n)
{
  int i, c;
  size_t k;

  l->n = n;
  for (c = 0; c < N_COLUMNS; c++)
    l->at[c] = -1;
  for (i = 0; i < n; i++)
    for (k = 0; k < sizeof names / sizeof *names; k++)
      if (l->at[names[k].column] < 0 && aus_gpuqueue_span_is(r->field[i], names[k].name))
        l->at[names[k].column] = i;
}

static int need_columns(const aus_gpuqueue_reader *r, const layout *l, aus_err *err)
{
  static const column needed[] = {JOB_ID, SUBMIT, START, END};
  bool limit = l->at[LIMIT_MIN] >= 0 || l->at[LIMIT_TEXT] >= 0;
  bool nodes = l->at[N_NODES] >= 0 || l->at[ALLOC_NODES] >= 0 || l->at[REQ_NODES] >= 0 ||
               l->at[ALLOC_TRES] >= 0 || l->at[REQ_TRES] >= 0;
  size_t i, k;

  for (i = 0; i < sizeof needed / sizeof *needed; i++)
    for (k = 0; l->at[needed[i]] < 0 && k < sizeof names / sizeof *names; k++)
      if (names[k].column == needed[i])
        return aus_gpuqueue_refuse(r, err, "no column \"%s\" in the header", names[k].name);
  if (!limit) return aus_gpuqueue_refuse(r, err, "no column \"TimelimitR\" in the header");
  if (!nodes) return aus_gpuqueue_refuse(r, err, "no column \"NNodes\" in the header");
  return AUS_OK;
}

/* The first line that is no rule and no count is the header. */
static int read_header(aus_gpuqueue_reader *r, layout *l, char sep, aus_err *err)
{
  aus_gpuqueue_span line;
  int64_t count;
  int n;

  while (aus_gpuqueue_next_line(r, &line)) {
    line = aus_gpuqueue_span_trim(line);
    if (aus_gpuqueue_span_is_rule(line) || aus_gpuqueue_number(line, &count)) continue;
    n = aus_gpuqueue_split(r, line, sep);
    if (n > AUS_GPUQUEUE_MAX_FIELDS)
      return aus_gpuqueue_refuse(r, err, "%d columns, at most %d are read", n,
                                 AUS_GPUQUEUE_MAX_FIELDS);
    lay_out(l, r, n);
    return need_columns(r, l, err);
  }
  if (r->line == 0) r->line = 1;
  return aus_gpuqueue_refuse(r, err, "no job: the file has no header");
}

static bool is_exit_code(aus_gpuqueue_span s)
{
  const char *colon = s.n > 0 ? memchr(s.p, ':', s.n) : NULL;
  int64_t x;

  return colon && aus_gpuqueue_number((aus_gpuqueue_span){s.p, (size_t)(colon - s.p)}, &x) &&
         aus_gpuqueue_number((aus_gpuqueue_span){colon + 1, (size_t)(s.p + s.n - colon - 1)}, &x);
}

/* Would the row have its times and its exit code in their columns, if those behind the name were further right? */
static bool fits(const aus_gpuqueue_reader *r, const layout *l, int shift)
{
  static const column times[] = {SUBMIT, START, END};
  int name = l->at[JOB_NAME], k, at = l->at[EXIT_CODE];
  int64_t t_s;
  bool civil;

  if (at >= 0 && !is_exit_code(r->field[at + (at > name ? shift : 0)])) return false;
  for (k = 0; k < 3; k++) {
    at = l->at[times[k]] + (l->at[times[k]] > name ? shift : 0);
    if (r->field[at].n == 0 || !aus_gpuqueue_time(r->field[at], &t_s, &civil)) return false;
  }
  return true;
}

/* Bring a row of n fields to the header's columns: surplus fields are the job's name, which may hold the
 * separator; the columns behind it are counted from the end. Empty ones at the end are nothing. False: the row is
 * too short or cannot be told. */
static bool repair(aus_gpuqueue_reader *r, const layout *l, int n)
{
  int name = l->at[JOB_NAME], surplus = n - l->n;

  if (surplus == 0) return true;
  if (surplus < 0 || n > AUS_GPUQUEUE_MAX_FIELDS) return false;
  if (name >= 0 && fits(r, l, surplus)) {
    memmove(&r->field[name + 1], &r->field[name + 1 + surplus],
            (size_t)(l->n - name - 1) * sizeof *r->field);
    return true;
  }
  while (n > l->n && r->field[n - 1].n == 0)
    n--;
  return n == l->n;
}

static aus_gpuqueue_span cell(const aus_gpuqueue_reader *r, const layout *l, column c)
{
  return l->at[c] < 0 ? (aus_gpuqueue_span){"", 0} : r->field[l->at[c]];
}

/* "D-HH:MM:SS", "D-HH", "HH:MM:SS", "MM:SS", "MM". */
static bool limit_text(aus_gpuqueue_span s, int64_t *limit_s)
{
  const char *dash = s.n > 0 ? memchr(s.p, '-', s.n) : NULL;
  int64_t part[3] = {0}, days = 0;
  int n = 0;

  if (dash) {
    if (!aus_gpuqueue_number((aus_gpuqueue_span){s.p, (size_t)(dash - s.p)}, &days)) return false;
    s = (aus_gpuqueue_span){dash + 1, (size_t)(s.p + s.n - dash - 1)};
  }
  for (;;) {
    const char *colon = s.n > 0 ? memchr(s.p, ':', s.n) : NULL;
    size_t length = colon ? (size_t)(colon - s.p) : s.n;

    if (n == 3 || !aus_gpuqueue_number((aus_gpuqueue_span){s.p, length}, &part[n++])) return false;
    if (!colon) break;
    s = (aus_gpuqueue_span){colon + 1, s.n - length - 1};
  }
  if (dash || n == 3)
    *limit_s = days * DAY_S + part[0] * HOUR_S + part[1] * MINUTE_S + part[2];
  else
    *limit_s = part[0] * MINUTE_S + part[1];
  return days >= 0 && part[0] >= 0 && part[1] >= 0 && part[2] >= 0;
}

/* False: no limit is written there. */
static bool limit_of(const aus_gpuqueue_reader *r, const layout *l, int64_t *limit_s)
{
  aus_gpuqueue_span minutes = cell(r, l, LIMIT_MIN), text = cell(r, l, LIMIT_TEXT), s;

  s = minutes.n > 0 ? minutes : text;
  if (aus_gpuqueue_span_is(s, "UNLIMITED") || aus_gpuqueue_span_is(s, "Partition_Limit")) {
    *limit_s = AUS_GPUQUEUE_LIMIT_LARGEST;
    return true;
  }
  if (minutes.n > 0) {
    if (!aus_gpuqueue_number(s, limit_s)) return false;
    *limit_s *= MINUTE_S;
  } else if (!limit_text(s, limit_s)) {
    return false;
  }
  if (*limit_s > (int64_t)INT32_MAX * MINUTE_S) return false;
  if (*limit_s <= 0) *limit_s = AUS_GPUQUEUE_LIMIT_WRONG;
  return true;
}

/* The value of "key=" in "cpu=8,gres/gpu=4,node=2". */
static bool tres(aus_gpuqueue_span s, const char *key, int64_t *x)
{
  while (s.n > 0) {
    const char *comma = memchr(s.p, ',', s.n);
    aus_gpuqueue_span item = {s.p, comma ? (size_t)(comma - s.p) : s.n};
    size_t n = strlen(key), skip = item.n + (comma != NULL);

    if (aus_gpuqueue_span_begins(item, key))
      return aus_gpuqueue_number((aus_gpuqueue_span){item.p + n, item.n - n}, x);
    s = (aus_gpuqueue_span){s.p + skip, s.n - skip};
  }
  return false;
}

/* The first column that names at least one node; else nodes or GPUs among the resources. */
static bool nodes_of(const aus_gpuqueue_reader *r, const layout *l, int32_t *nodes)
{
  static const column counts[] = {N_NODES, ALLOC_NODES, REQ_NODES};
  int64_t x = 0, gpus, per_node = r->conf->procs_per_node;
  size_t i;
  int c;

  for (i = 0; i < 3 && x < 1; i++) {
    aus_gpuqueue_span s = cell(r, l, counts[i]);

    if (s.n > 0 && !aus_gpuqueue_number(s, &x)) return false;
  }
  for (c = ALLOC_TRES; c <= REQ_TRES && x < 1; c++)
    if (!tres(cell(r, l, (column)c), "node=", &x) &&
        tres(cell(r, l, (column)c), "gres/gpu=", &gpus))
      x = gpus > 0 ? (gpus + per_node - 1) / per_node : 0;
  if (x > INT32_MAX) return false;
  *nodes = x > 0 ? (int32_t)x : 0;
  return true;
}

static double priority_of(aus_gpuqueue_span s)
{
  char text[40], *end;
  double x;

  if (s.n == 0 || s.n >= sizeof text) return NAN;
  memcpy(text, s.p, s.n);
  text[s.n] = '\0';
  x = strtod(text, &end);
  return *end == '\0' && isfinite(x) ? x : (double)NAN;
}

static bool times_of(const aus_gpuqueue_reader *r, const layout *l, aus_gpuqueue_draft *d)
{
  bool submit, start, end;

  if (!aus_gpuqueue_time(cell(r, l, SUBMIT), &d->job.t_submit_s, &submit) ||
      !aus_gpuqueue_time(cell(r, l, START), &d->job.t_start_s, &start) ||
      !aus_gpuqueue_time(cell(r, l, END), &d->job.t_end_s, &end))
    return false;
  d->civil = submit;
  return true;
}

/* A row's values. @return why it cannot be kept; AUS_GPUQUEUE_N_SKIPS: it can */
static aus_gpuqueue_skip draft(const aus_gpuqueue_reader *r, const layout *l, aus_gpuqueue_draft *d)
{
  aus_gpuqueue_span raw = cell(r, l, JOB_ID_RAW), state = cell(r, l, STATE);
  const char *range;

  *d = (aus_gpuqueue_draft){.id = cell(r, l, JOB_ID), .user = cell(r, l, UID)};
  if (d->user.n == 0) d->user = cell(r, l, USER);
  if (aus_gpuqueue_span_has(d->id, '.')) return AUS_GPUQUEUE_SKIP_STEP;
  d->cancelled = aus_gpuqueue_span_begins(state, "CANCELLED");
  /* "123_[4-9]" is what has not started of an array. */
  range = d->id.n > 0 ? memchr(d->id.p, '[', d->id.n) : NULL;
  if (range && range > d->id.p && range[-1] == '_') d->id.n = (size_t)(range - 1 - d->id.p);
  if (!aus_gpuqueue_id(raw.n > 0 ? raw : d->id, &d->job.id)) return AUS_GPUQUEUE_SKIP_NUMBER;
  if (!times_of(r, l, d)) return AUS_GPUQUEUE_SKIP_NUMBER;
  if (d->job.t_submit_s == AUS_GPUQUEUE_NEVER) return AUS_GPUQUEUE_SKIP_TIME;
  d->cancelled = d->cancelled && d->job.t_start_s == AUS_GPUQUEUE_NEVER;
  if (!d->cancelled &&
      (d->job.t_start_s == AUS_GPUQUEUE_NEVER || d->job.t_end_s == AUS_GPUQUEUE_NEVER))
    return AUS_GPUQUEUE_SKIP_TIME;
  if (d->cancelled) d->job.t_end_s = AUS_GPUQUEUE_NEVER;
  if (!limit_of(r, l, &d->limit_s) || !nodes_of(r, l, &d->job.nodes))
    return AUS_GPUQUEUE_SKIP_NUMBER;
  d->job.priority = priority_of(cell(r, l, PRIORITY));
  return AUS_GPUQUEUE_N_SKIPS;
}

/* sep: 0 for a TAB where the line has one, else blanks. */
static int read_rows(aus_gpuqueue_reader *r, char sep, aus_err *err)
{
  int rc;
  layout l = {0};
  aus_gpuqueue_span line;

  AUS_TRY(read_header(r, &l, sep ? sep : ' ', err));
  while (aus_gpuqueue_next_line(r, &line)) {
    aus_gpuqueue_draft d;
    aus_gpuqueue_skip why = AUS_GPUQUEUE_SKIP_FIELDS;
    char by = sep ? sep : aus_gpuqueue_span_has(line, '\t') ? '\t' : ' ';
    int n;

    if (aus_gpuqueue_span_is_rule(line)) continue;
    n = aus_gpuqueue_split(r, line, by);
    if (repair(r, &l, n)) {
      why = draft(r, &l, &d);
      if (n > l.n && why == AUS_GPUQUEUE_SKIP_NUMBER) why = AUS_GPUQUEUE_SKIP_FIELDS;
    }
    if (why == AUS_GPUQUEUE_N_SKIPS)
      AUS_TRY(aus_gpuqueue_row_keep(r, &d, err));
    else
      aus_gpuqueue_row_skip(r, why);
  }
done:
  return rc;
}

int aus_gpuqueue_slurm_read(aus_gpuqueue_reader *r, aus_err *err)
{
  return read_rows(r, 0, err);
}

int aus_gpuqueue_sacct_read(aus_gpuqueue_reader *r, aus_err *err)
{
  return read_rows(r, '|', err);
}

static void write_time(int64_t t_s, aus_buf *out)
{
  if (t_s == AUS_GPUQUEUE_NEVER)
    aus_buf_text(out, "\tUnknown");
  else {
    aus_buf_text(out, "\t");
    aus_civil_print(t_s, 'T', out);
  }
}

int aus_gpuqueue_slurm_write(const aus_gpuqueue_trace *t, aus_buf *out, aus_err *err)
{
  int64_t i;

  aus_buf_text(out,
               "JobID\tJobName\tUID\tStart\tSubmit\tEnd\tPriority\tTimelimitR\tExitCode\tNNodes\n");
  for (i = 0; i < t->n; i++) {
    const aus_gpuqueue_job *j = &t->job[i];

    aus_buf_printf(out, "%" PRId64 "\tjob\t", j->id);
    if (j->user >= 0) aus_buf_printf(out, "%05" PRId32, j->user);
    write_time(j->t_start_s, out);
    write_time(j->t_submit_s, out);
    write_time(j->t_end_s, out);
    aus_buf_text(out, "\t");
    if (isfinite(j->priority)) aus_buf_real(out, j->priority);
    aus_buf_printf(out, "\t%" PRId32 "\t0:0\t%" PRId32 "\n", j->limit_min, j->nodes);
  }
  return aus_buf_check(out, err);
}
