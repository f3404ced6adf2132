/* gpuqueue/trace_swf.c - the Standard Workload Format 2.2, both ways.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Source: D. Feitelson and others, "The Standard Workload Format", version 2.2.
 */
#include <config.h>

#include "gpuqueue/trace_read.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { MINUTE_S = 60, N_FIELDS = 18 };

/* Fields by their numbers less one. */
enum {
  JOB = 0,
  SUBMIT = 1,
  WAIT = 2,
  RUN = 3,
  PROCS = 4,
  REQUESTED_PROCS = 7,
  REQUESTED_S = 8,
  STATUS = 10,
  USER = 11
};

enum { STATUS_DONE = 1, STATUS_CANCELLED = 5 };

typedef struct header {
  int64_t start_s, max_nodes, max_procs;
} header;

/* "; UnixStartTime: 1667260800" */
static void read_comment(aus_gpuqueue_span line, header *h)
{
  const struct {
    const char *key;
    int64_t *value;
  } known[] = {
      {"UnixStartTime:", &h->start_s}, {"MaxNodes:", &h->max_nodes}, {"MaxProcs:", &h->max_procs}};
  aus_gpuqueue_span s;
  size_t i;
  int64_t x;

  while (line.n > 0 && line.p[0] == ';')
    line = (aus_gpuqueue_span){line.p + 1, line.n - 1};
  line = aus_gpuqueue_span_trim(line);
  for (i = 0; i < sizeof known / sizeof *known; i++) {
    size_t n = strlen(known[i].key);
    const char *blank;

    if (!aus_gpuqueue_span_begins(line, known[i].key)) continue;
    s = aus_gpuqueue_span_trim((aus_gpuqueue_span){line.p + n, line.n - n});
    blank = s.n > 0 ? memchr(s.p, ' ', s.n) : NULL;
    if (blank) s.n = (size_t)(blank - s.p);
    if (aus_gpuqueue_number(s, &x) && x > 0) *known[i].value = x;
  }
}

static int64_t nodes_of(const int64_t *f, int64_t per_node)
{
  int64_t procs = f[REQUESTED_PROCS] > 0 ? f[REQUESTED_PROCS] : f[PROCS];

  return procs > 0 ? (procs + per_node - 1) / per_node : 0;
}

static int64_t limit_of(const int64_t *f)
{
  if (f[REQUESTED_S] > 0) return f[REQUESTED_S];
  if (f[REQUESTED_S] == 0) return AUS_GPUQUEUE_LIMIT_WRONG;
  return f[RUN] > 0 ? f[RUN] : MINUTE_S;
}

/* A row's values; -1 is unknown. @return why it cannot be kept; AUS_GPUQUEUE_N_SKIPS: it can */
static aus_gpuqueue_skip draft(const aus_gpuqueue_reader *r, const header *h, aus_gpuqueue_draft *d)
{
  int64_t f[N_FIELDS], nodes;
  int i;

  if (!aus_gpuqueue_id(r->field[JOB], &f[JOB])) return AUS_GPUQUEUE_SKIP_NUMBER;
  for (i = JOB + 1; i < N_FIELDS; i++)
    if (!aus_gpuqueue_number(r->field[i], &f[i])) return AUS_GPUQUEUE_SKIP_NUMBER;
  *d = (aus_gpuqueue_draft){.id = r->field[JOB], .limit_s = limit_of(f)};
  if (f[USER] >= 0) d->user = r->field[USER];
  nodes = nodes_of(f, r->conf->procs_per_node);
  if (nodes > INT32_MAX || d->limit_s > (int64_t)INT32_MAX * MINUTE_S)
    return AUS_GPUQUEUE_SKIP_NUMBER;
  d->job = (aus_gpuqueue_job){.id = f[JOB],
                              .t_submit_s = h->start_s + f[SUBMIT],
                              .t_start_s = AUS_GPUQUEUE_NEVER,
                              .t_end_s = AUS_GPUQUEUE_NEVER,
                              .nodes = (int32_t)nodes,
                              .priority = NAN};
  d->cancelled = f[STATUS] == STATUS_CANCELLED && f[RUN] <= 0;
  if (d->cancelled) return AUS_GPUQUEUE_N_SKIPS;
  if (f[RUN] == -1) return AUS_GPUQUEUE_SKIP_TIME;
  d->job.run_s = f[RUN];
  if (f[WAIT] == -1) return AUS_GPUQUEUE_N_SKIPS;
  d->job.t_start_s = d->job.t_submit_s + f[WAIT];
  d->job.t_end_s = d->job.t_start_s + f[RUN];
  return AUS_GPUQUEUE_N_SKIPS;
}

int aus_gpuqueue_swf_read(aus_gpuqueue_reader *r, aus_err *err)
{
  int rc = AUS_OK;
  header h = {0};
  aus_gpuqueue_span line;

  while (aus_gpuqueue_next_line(r, &line)) {
    aus_gpuqueue_draft d;
    aus_gpuqueue_skip why = AUS_GPUQUEUE_SKIP_FIELDS;

    line = aus_gpuqueue_span_trim(line);
    if (line.n == 0) continue;
    if (line.p[0] == ';') {
      read_comment(line, &h);
      continue;
    }
    if (aus_gpuqueue_split(r, line, ' ') == N_FIELDS) why = draft(r, &h, &d);
    if (why == AUS_GPUQUEUE_N_SKIPS)
      AUS_TRY(aus_gpuqueue_row_keep(r, &d, err));
    else
      aus_gpuqueue_row_skip(r, why);
  }
  r->t->max_nodes = h.max_nodes;
  if (h.max_nodes == 0 && h.max_procs > 0)
    r->t->max_nodes = (h.max_procs + r->conf->procs_per_node - 1) / r->conf->procs_per_node;
  if (r->line == 0) r->line = 1;
done:
  return rc;
}

static int64_t first_submit(const aus_gpuqueue_trace *t)
{
  int64_t i, first_s = t->n > 0 ? t->job[0].t_submit_s : 0;

  for (i = 1; i < t->n; i++)
    if (t->job[i].t_submit_s < first_s) first_s = t->job[i].t_submit_s;
  return first_s > 0 ? first_s : 0;
}

static void write_header(const aus_gpuqueue_trace *t, int64_t n_nodes, int64_t per_node,
                         int64_t first_s, aus_buf *out)
{
  aus_buf_printf(out, "; Version: 2.2\n; MaxJobs: %" PRId64 "\n; MaxRecords: %" PRId64 "\n", t->n,
                 t->n);
  aus_buf_printf(out,
                 "; UnixStartTime: %" PRId64 "\n; TimeZoneString: UTC\n; StartTime: ", first_s);
  aus_civil_print(first_s, 'T', out);
  aus_buf_text(out, "\n");
  if (n_nodes > 0)
    aus_buf_printf(out, "; MaxNodes: %" PRId64 "\n; MaxProcs: %" PRId64 "\n", n_nodes,
                   n_nodes * per_node);
  aus_buf_printf(out, "; Note: processors are nodes times %" PRId64 "\n", per_node);
}

static void write_job(const aus_gpuqueue_job *j, int64_t per_node, int64_t first_s, aus_buf *out)
{
  bool started = j->t_start_s != AUS_GPUQUEUE_NEVER;
  bool ended = started && j->t_end_s != AUS_GPUQUEUE_NEVER;
  int64_t procs = j->nodes * per_node, run_s = ended ? j->t_end_s - j->t_start_s : j->run_s;

  aus_buf_printf(out, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, j->id,
                 j->t_submit_s - first_s, started ? j->t_start_s - j->t_submit_s : -1, run_s,
                 procs);
  aus_buf_printf(out, " -1 -1 %" PRId64 " %" PRId64 " -1 %d %d -1 -1 -1 -1 -1 -1\n", procs,
                 (int64_t)j->limit_min * MINUTE_S,
                 started || j->run_s > 0 ? STATUS_DONE : STATUS_CANCELLED,
                 j->user >= 0 ? j->user + 1 : -1);
}

int aus_gpuqueue_swf_write(const aus_gpuqueue_trace *t, int64_t n_nodes, int64_t procs_per_node,
                           aus_buf *out, aus_err *err)
{
  int64_t i, first_s = first_submit(t);

  write_header(t, n_nodes, procs_per_node, first_s, out);
  for (i = 0; i < t->n; i++)
    write_job(&t->job[i], procs_per_node, first_s, out);
  return aus_buf_check(out, err);
}
