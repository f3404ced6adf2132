/* workload_read.c - requests per minute from public data sets: Azure Functions 2019, Huawei Cloud.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Both have one header line and a file per day. They are scanned once, in place; what is kept is the
 * counts of the chosen functions.
 */
#include <config.h>

#include "serverless/workload.h"

#include "serverless/workload_csv.h"
#include "util/alloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AUS_MAX_COUNT  1e9
#define AUS_MAX_TIME_S 1e8
#define AUS_DAY_S      86400.0

enum { AZURE_IDS = 4, AZURE_FUNCTION = 2, DAY_MINUTES = 1440 };

/* ---- what was asked for ---- */

int aus_serverless_minutes_init(aus_serverless_minutes *m, int n_functions,
                                const char *const *function, aus_err *err)
{
  int rc = AUS_OK, i;

  *m = (aus_serverless_minutes){.n_functions = n_functions};
  AUS_NEW(m->function, n_functions, err);
  AUS_NEW(m->found, n_functions, err);
  AUS_NEW(m->mean_rpm, n_functions, err);
  for (i = 0; i < n_functions; i++)
    AUS_DUP(m->function[i], function[i], err);
done:
  if (rc != AUS_OK) aus_serverless_minutes_fini(m);
  return rc;
}

void aus_serverless_minutes_fini(aus_serverless_minutes *m)
{
  int i;

  for (i = 0; m->function && i < m->n_functions; i++)
    aus_free(m->function[i]);
  aus_free(m->function);
  aus_free(m->found);
  aus_free(m->mean_rpm);
  aus_free(m->count);
  *m = (aus_serverless_minutes){0};
}

/* At least n minutes; new ones have no requests. */
static int extend(aus_serverless_minutes *m, int64_t n, aus_err *err)
{
  int rc = AUS_OK;
  size_t row = sizeof *m->count * (size_t)m->n_functions;

  if (n <= m->n) goto done;
  AUS_TRY(aus_grow(&m->count, &m->cap, n, row, err));
  memset(m->count + m->n * m->n_functions, 0, (size_t)(n - m->n) * row);
  m->n = n;
done:
  return rc;
}

static int name_function(aus_serverless_minutes *m, int i, aus_serverless_span name, aus_err *err)
{
  int rc = AUS_OK;
  char *text = NULL;

  AUS_NEW(text, name.end - name.p + 1, err);
  memcpy(text, name.p, (size_t)(name.end - name.p));
  aus_free(m->function[i]);
  m->function[i] = text;
done:
  return rc;
}

/* In the first file, "#k" becomes the name of its k-th function. */
static int resolve(aus_serverless_minutes *m, int64_t k, aus_serverless_span name, aus_err *err)
{
  int rc = AUS_OK, i;
  char *end;

  for (i = 0; m->n_files == 0 && i < m->n_functions; i++)
    if (m->function[i][0] == '#' && strtoll(m->function[i] + 1, &end, 10) == k && *end == '\0')
      AUS_TRY(name_function(m, i, name, err));
done:
  return rc;
}

/* ---- Azure: a row per function ---- */

static int azure_header(aus_serverless_lines *in, aus_err *err)
{
  int rc = AUS_OK, i;
  static const char *const ids[AZURE_IDS] = {"HashOwner", "HashApp", "HashFunction", "Trigger"};
  aus_serverless_span left = in->line, f;
  char want[16];

  for (i = 0; i < AZURE_IDS + DAY_MINUTES; i++) {
    f = aus_serverless_csv_field(&left);
    snprintf(want, sizeof want, "%d", i - AZURE_IDS + 1);
    if (i < AZURE_IDS) snprintf(want, sizeof want, "%s", ids[i]);
    if (!f.p)
      AUS_FAIL(err, AUS_EFORMAT, "%s:%" PRId64 ": no column \"%s\"", in->name, in->row, want);
    if (!aus_serverless_csv_is(f, want))
      AUS_FAIL(err, AUS_EFORMAT, "%s:%" PRId64 ": column %d is \"%s\", expected \"%s\"", in->name,
               in->row, i + 1, aus_serverless_csv_show(f).text, want);
  }
  AUS_TRY(aus_serverless_csv_check(in, AZURE_IDS + DAY_MINUTES, err));
done:
  return rc;
}

static int azure_counts(aus_serverless_minutes *m, const aus_serverless_lines *in,
                        aus_serverless_span left, int function, aus_err *err)
{
  int rc = AUS_OK, i;
  double *to = m->count + (m->n - DAY_MINUTES) * m->n_functions + function, x = 0.0;

  m->found[function] = true;
  for (i = 0; i < DAY_MINUTES; i++) {
    AUS_TRY(aus_serverless_csv_number(in, aus_serverless_csv_field(&left), AZURE_IDS + i,
                                      AUS_MAX_COUNT, &x, err));
    to[(int64_t)i * m->n_functions] += x;
  }
done:
  return rc;
}

/* The function of a row, and the counts behind it. */
static int azure_function(const aus_serverless_lines *in, aus_serverless_span *function,
                          aus_serverless_span *counts, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_serverless_span id;

  AUS_TRY(aus_serverless_csv_check(in, AZURE_IDS + DAY_MINUTES, err));
  *counts = in->line;
  for (i = 0; i < AZURE_IDS; i++) {
    id = aus_serverless_csv_field(counts);
    if (i == AZURE_FUNCTION) *function = id;
  }
done:
  return rc;
}

static int azure_row(aus_serverless_minutes *m, const aus_serverless_lines *in, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_serverless_span left, f = {0};

  AUS_TRY(azure_function(in, &f, &left, err));
  for (i = 0; i < m->n_functions; i++)
    if (aus_serverless_csv_is(f, m->function[i])) AUS_TRY(azure_counts(m, in, left, i, err));
done:
  return rc;
}

static bool has_numbers(const aus_serverless_minutes *m)
{
  int i = 0;

  while (i < m->n_functions && m->function[i][0] != '#')
    i++;
  return i < m->n_functions;
}

/* A pass of its own, because rows in front of the k-th can be of the same function. */
static int azure_names(aus_serverless_minutes *m, aus_serverless_lines in, aus_err *err)
{
  int rc = AUS_OK;
  bool more = has_numbers(m);
  aus_serverless_span f = {0}, left;

  while (more) {
    AUS_TRY(aus_serverless_csv_next(&in, &more, err));
    if (!more) break;
    AUS_TRY(azure_function(&in, &f, &left, err));
    AUS_TRY(resolve(m, in.row - 1, f, err));
  }
done:
  return rc;
}

static int read_azure(aus_serverless_minutes *m, aus_serverless_lines *in, aus_err *err)
{
  int rc = AUS_OK;
  bool more;

  AUS_TRY(azure_header(in, err));
  AUS_TRY(azure_names(m, *in, err));
  AUS_TRY(extend(m, m->n + DAY_MINUTES, err));
  for (;;) {
    AUS_TRY(aus_serverless_csv_next(in, &more, err));
    if (!more) break;
    AUS_TRY(azure_row(m, in, err));
  }
done:
  return rc;
}

/* ---- Huawei: a column per function ---- */

/* Column `at` counts for a function. */
typedef struct pick {
  int64_t at;
  int function;
} pick;

typedef struct columns {
  int64_t n, day, time; /* -1: not there */
  pick *pick;           /* in order of columns */
  int64_t n_picks, cap;
  double *sum; /* of each function in a row */
} columns;

/* The name itself, or "name---user---pool". */
static bool is_function(aus_serverless_span column, const char *name)
{
  size_t n = strlen(name), len = (size_t)(column.end - column.p);

  if (len < n || memcmp(column.p, name, n) != 0) return false;
  return len == n || (n > 0 && len > n + 3 && memcmp(column.p + n, "---", 3) == 0);
}

static int pick_column(aus_serverless_minutes *m, columns *c, aus_serverless_span name,
                       aus_err *err)
{
  int rc = AUS_OK, i;

  for (i = 0; i < m->n_functions; i++) {
    if (!is_function(name, m->function[i])) continue;
    AUS_TRY(aus_grow(&c->pick, &c->cap, c->n_picks + 1, sizeof *c->pick, err));
    c->pick[c->n_picks++] = (pick){.at = c->n, .function = i};
    m->found[i] = true;
  }
done:
  return rc;
}

static int huawei_header(aus_serverless_minutes *m, columns *c, aus_serverless_lines *in,
                         aus_err *err)
{
  int rc = AUS_OK;
  int64_t functions = 0;
  aus_serverless_span left = in->line, f;

  for (; (f = aus_serverless_csv_field(&left)).p; c->n++)
    if (aus_serverless_csv_is(f, "day") && c->day < 0)
      c->day = c->n;
    else if (aus_serverless_csv_is(f, "time") && c->time < 0)
      c->time = c->n;
    else
      AUS_TRY(resolve(m, ++functions, f, err));
  if (c->day < 0 || c->time < 0)
    AUS_FAIL(err, AUS_EFORMAT, "%s:%" PRId64 ": no column \"%s\"", in->name, in->row,
             c->day < 0 ? "day" : "time");
  /* Names given as "#k" are known now, so columns that they share with others are found, too. */
  left = in->line;
  for (c->n = 0; (f = aus_serverless_csv_field(&left)).p; c->n++)
    if (c->n != c->day && c->n != c->time) AUS_TRY(pick_column(m, c, f, err));
  AUS_NEW(c->sum, m->n_functions, err);
done:
  return rc;
}

static int add_minute(aus_serverless_minutes *m, const columns *c, const aus_serverless_lines *in,
                      double t_s, aus_err *err)
{
  int rc = AUS_OK, i;
  int64_t minute;

  if (m->n_files == 0 && in->row == 2) m->t_origin_s = AUS_DAY_S * floor(t_s / AUS_DAY_S);
  if (t_s < m->t_origin_s)
    AUS_FAIL(err, AUS_EFORMAT,
             "%s:%" PRId64 ": column \"time\" is %.15g, before the start of the first day (%.15g)",
             in->name, in->row, t_s, m->t_origin_s);
  minute = (int64_t)floor((t_s - m->t_origin_s) / 60.0);
  AUS_TRY(extend(m, minute + 1, err));
  for (i = 0; i < m->n_functions; i++)
    m->count[minute * m->n_functions + i] += c->sum[i];
done:
  return rc;
}

static int huawei_row(aus_serverless_minutes *m, columns *c, const aus_serverless_lines *in,
                      aus_err *err)
{
  int rc = AUS_OK, i;
  int64_t at, p = 0;
  double t_s = 0.0, x = 0.0;
  aus_serverless_span left = in->line, f;

  AUS_TRY(aus_serverless_csv_check(in, c->n, err));
  for (i = 0; i < m->n_functions; i++)
    c->sum[i] = 0.0;
  for (at = 0; at < c->n; at++) {
    f = aus_serverless_csv_field(&left);
    if (at == c->day) AUS_TRY(aus_serverless_csv_number(in, f, at, AUS_MAX_TIME_S, &x, err));
    if (at == c->time) AUS_TRY(aus_serverless_csv_number(in, f, at, AUS_MAX_TIME_S, &t_s, err));
    for (; p < c->n_picks && c->pick[p].at == at; p++) {
      if (f.p == f.end) continue; /* nothing was recorded */
      AUS_TRY(aus_serverless_csv_number(in, f, at, AUS_MAX_COUNT, &x, err));
      c->sum[c->pick[p].function] += x;
    }
  }
  AUS_TRY(add_minute(m, c, in, t_s, err));
done:
  return rc;
}

static int read_huawei(aus_serverless_minutes *m, aus_serverless_lines *in, aus_err *err)
{
  int rc = AUS_OK;
  bool more;
  columns c = {.day = -1, .time = -1};

  AUS_TRY(huawei_header(m, &c, in, err));
  for (;;) {
    AUS_TRY(aus_serverless_csv_next(in, &more, err));
    if (!more) break;
    AUS_TRY(huawei_row(m, &c, in, err));
  }
done:
  aus_free(c.pick);
  aus_free(c.sum);
  return rc;
}

/* ---- either ---- */

aus_serverless_format aus_serverless_format_of(const char *name, const char *bytes, size_t n)
{
  aus_serverless_span left = aus_serverless_csv_first(aus_serverless_csv_of(bytes, n)), f;
  size_t len = strlen(name);
  bool day = false, time = false, function = false;

  while ((f = aus_serverless_csv_field(&left)).p) {
    function |= aus_serverless_csv_is(f, "HashFunction");
    day |= aus_serverless_csv_is(f, "day");
    time |= aus_serverless_csv_is(f, "time");
  }
  if (function) return AUS_SERVERLESS_AZURE;
  if (day && time) return AUS_SERVERLESS_HUAWEI;
  return len >= 4 && strcmp(name + len - 4, ".csv") == 0 ? AUS_SERVERLESS_UNKNOWN
                                                         : AUS_SERVERLESS_JSON;
}

int aus_serverless_minutes_read(aus_serverless_minutes *m, aus_serverless_format format,
                                const char *name, const char *bytes, size_t n, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_serverless_lines in = {.name = name, .rest = aus_serverless_csv_of(bytes, n)};
  bool more;

  if (format != AUS_SERVERLESS_AZURE && format != AUS_SERVERLESS_HUAWEI)
    AUS_FAIL(err, AUS_EFORMAT,
             "%s: neither the header of Azure invocation counts (HashOwner,HashApp,HashFunction,"
             "Trigger,1,...,1440) nor of Huawei request counts (day,time,functions)",
             name);
  AUS_TRY(aus_serverless_csv_next(&in, &more, err));
  if (!more) AUS_FAIL(err, AUS_EFORMAT, "%s: the file is empty", name);
  in.header = in.line;
  AUS_TRY(format == AUS_SERVERLESS_AZURE ? read_azure(m, &in, err) : read_huawei(m, &in, err));
  if (in.row < 2) AUS_FAIL(err, AUS_EFORMAT, "%s: no rows below the header", name);
  for (i = 0; m->n_files == 0 && i < m->n_functions; i++)
    if (m->function[i][0] == '#')
      AUS_FAIL(err, AUS_EFORMAT, "%s: no function %s (counted from 1)", name, m->function[i]);
  m->n_files++;
done:
  return rc;
}

int aus_serverless_minutes_cut(aus_serverless_minutes *m, int64_t from, int64_t to,
                               const char *name, aus_err *err)
{
  int rc = AUS_OK, i;
  int64_t k, end = to == 0 ? m->n : to;

  for (i = 0; i < m->n_functions; i++)
    if (!m->found[i])
      AUS_FAIL(err, AUS_EFORMAT, "%s: no function \"%.100s\"", name, m->function[i]);
  if (from < 0 || from >= end || end > m->n)
    AUS_FAIL(err, AUS_EFORMAT,
             "%s: minutes %" PRId64 " to %" PRId64 " are wanted, there are %" PRId64, name, from,
             end, m->n);
  for (i = 0; i < m->n_functions; i++) {
    m->mean_rpm[i] = 0.0;
    for (k = 0; k < m->n; k++)
      m->mean_rpm[i] += m->count[k * m->n_functions + i];
    m->mean_rpm[i] /= (double)m->n;
  }
  m->n = end - from;
  memmove(m->count, m->count + from * m->n_functions,
          (size_t)m->n * sizeof *m->count * (size_t)m->n_functions);
done:
  return rc;
}
