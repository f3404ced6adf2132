/* gpuqueue/trace_philly.c - CSV with little more than the time of submission, the duration and the GPUs of a job.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Limits are not known there (limits.h). When a job started is not known either.
 */
#include <config.h>

#include "gpuqueue/trace_read.h"

#include <math.h>

typedef enum column { SUBMIT, DURATION, GPUS, NODES, JOB, USER, N_COLUMNS } column;

static const struct {
  const char *name;
  column column;
} names[] = {{"submit", SUBMIT},
             {"submit_time", SUBMIT},
             {"submitted_time", SUBMIT},
             {"t_submit_s", SUBMIT},
             {"duration", DURATION},
             {"duration_s", DURATION},
             {"run_s", DURATION},
             {"gpus", GPUS},
             {"gpu_num", GPUS},
             {"n_gpus", GPUS},
             {"nodes", NODES},
             {"job_id", JOB},
             {"jobid", JOB},
             {"id", JOB},
             {"user", USER}};

static int read_header(aus_gpuqueue_reader *r, int at[N_COLUMNS], int *n_columns, aus_err *err)
{
  aus_gpuqueue_span line;
  int i, c;
  size_t k;

  do {
    if (!aus_gpuqueue_next_line(r, &line)) {
      if (r->line == 0) r->line = 1;
      return aus_gpuqueue_refuse(r, err, "no job: the file has no header");
    }
  } while (aus_gpuqueue_span_trim(line).n == 0);
  *n_columns = aus_gpuqueue_split(r, line, ',');
  if (*n_columns > AUS_GPUQUEUE_MAX_FIELDS)
    return aus_gpuqueue_refuse(r, err, "%d columns, at most %d are read", *n_columns,
                               AUS_GPUQUEUE_MAX_FIELDS);
  for (c = 0; c < N_COLUMNS; c++)
    at[c] = -1;
  for (i = 0; i < *n_columns; i++)
    for (k = 0; k < sizeof names / sizeof *names; k++)
      if (at[names[k].column] < 0 && aus_gpuqueue_span_is(r->field[i], names[k].name))
        at[names[k].column] = i;
  if (at[SUBMIT] < 0) return aus_gpuqueue_refuse(r, err, "no column \"submit\" in the header");
  if (at[DURATION] < 0) return aus_gpuqueue_refuse(r, err, "no column \"duration\" in the header");
  if (at[GPUS] < 0 && at[NODES] < 0)
    return aus_gpuqueue_refuse(r, err, "no column \"gpus\" in the header");
  return AUS_OK;
}

static bool nodes_of(const aus_gpuqueue_reader *r, const int at[N_COLUMNS], int32_t *nodes)
{
  int64_t x, per_node = at[NODES] >= 0 ? 1 : r->conf->procs_per_node;

  if (!aus_gpuqueue_number(r->field[at[NODES] >= 0 ? at[NODES] : at[GPUS]], &x)) return false;
  x = x > 0 ? (x + per_node - 1) / per_node : 0;
  *nodes = (int32_t)x;
  return x <= INT32_MAX;
}

/* A row's values. @return why it cannot be kept; AUS_GPUQUEUE_N_SKIPS: it can */
static aus_gpuqueue_skip draft(const aus_gpuqueue_reader *r, const int at[N_COLUMNS],
                               aus_gpuqueue_draft *d)
{
  aus_gpuqueue_span id = at[JOB] >= 0 ? r->field[at[JOB]] : (aus_gpuqueue_span){"", 0};

  *d = (aus_gpuqueue_draft){.id = id, .limit_s = AUS_GPUQUEUE_LIMIT_NONE};
  d->job = (aus_gpuqueue_job){.id = r->t->n_read + 1,
                              .t_start_s = AUS_GPUQUEUE_NEVER,
                              .t_end_s = AUS_GPUQUEUE_NEVER,
                              .priority = NAN};
  if (at[USER] >= 0) d->user = r->field[at[USER]];
  /* Ids need not be numbers here; then the number of the row is the id. */
  if (id.n > 0 && !aus_gpuqueue_id(id, &d->job.id)) d->job.id = r->t->n_read + 1;
  if (!aus_gpuqueue_time(r->field[at[SUBMIT]], &d->job.t_submit_s, &d->civil) ||
      !nodes_of(r, at, &d->job.nodes))
    return AUS_GPUQUEUE_SKIP_NUMBER;
  if (d->job.t_submit_s == AUS_GPUQUEUE_NEVER || r->field[at[DURATION]].n == 0 ||
      aus_gpuqueue_span_is(r->field[at[DURATION]], "None"))
    return AUS_GPUQUEUE_SKIP_TIME;
  if (!aus_gpuqueue_number(r->field[at[DURATION]], &d->job.run_s)) return AUS_GPUQUEUE_SKIP_NUMBER;
  return AUS_GPUQUEUE_N_SKIPS;
}

int aus_gpuqueue_philly_read(aus_gpuqueue_reader *r, aus_err *err)
{
  int rc, at[N_COLUMNS], n_columns = 0;
  aus_gpuqueue_span line;

  AUS_TRY(read_header(r, at, &n_columns, err));
  while (aus_gpuqueue_next_line(r, &line)) {
    aus_gpuqueue_draft d;
    aus_gpuqueue_skip why = AUS_GPUQUEUE_SKIP_FIELDS;

    if (aus_gpuqueue_span_trim(line).n == 0) continue;
    if (aus_gpuqueue_split(r, line, ',') == n_columns) why = draft(r, at, &d);
    if (why == AUS_GPUQUEUE_N_SKIPS)
      AUS_TRY(aus_gpuqueue_row_keep(r, &d, err));
    else
      aus_gpuqueue_row_skip(r, why);
  }
done:
  return rc;
}
