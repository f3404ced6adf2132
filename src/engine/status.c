/* status.c - status.json: where a run stands.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "engine/status.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/median.h"
#include "store/rundir.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/json.h"
#include "util/proc.h"

enum { N_SAMPLES = 64, ERROR_LENGTH = sizeof((aus_err *)0)->text };

static const double sample_interval_s = 1, write_interval_s = 5, rate_window_s = 60,
                    load_window_s = 10;

const char *const aus_run_state_names[AUS_RUN_FINISHED + 1] = {
    "starting", "running", "draining", "publishing", "stopped", "failed", "finished"};

/* ---- text ---- */

static void text_or_null(aus_json_out *j, const char *key, const char *text)
{
  aus_json_key(j, key);
  if (text)
    aus_json_str(j, text);
  else
    aus_json_null(j);
}

/* Bytes of the UTF-8 character at s; 0 when there is none. */
static int utf8_length(const char *s)
{
  const unsigned char *u = (const unsigned char *)s;
  int n = u[0] < 0x80   ? 1
          : u[0] < 0xc2 ? 0
          : u[0] < 0xe0 ? 2
          : u[0] < 0xf0 ? 3
          : u[0] < 0xf5 ? 4
                        : 0;
  int i;

  for (i = 1; i < n; i++)
    if ((u[i] & 0xc0) != 0x80) return 0;
  if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f)) return 0;
  if ((u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f)) return 0;
  return n;
}

/* A message may hold a file name of any bytes, or end inside a character: a reader must still get JSON. */
static void message(aus_json_out *j, const char *text)
{
  char clean[sizeof((aus_err *)0)->text];
  size_t at = 0;
  int i, n;

  for (; *text && at + 4 < sizeof clean; text += n > 0 ? n : 1) {
    n = utf8_length(text);
    if (n == 0) clean[at++] = '?';
    for (i = 0; i < n; i++)
      clean[at++] = text[i];
  }
  clean[at] = '\0';
  aus_json_str(j, clean);
}

static void integer(aus_json_out *j, const char *key, int64_t x)
{
  aus_json_key(j, key);
  aus_json_int(j, x);
}

static void real(aus_json_out *j, const char *key, double x)
{
  aus_json_key(j, key);
  aus_json_real(j, x);
}

static void text_of_tasks(aus_json_out *j, const aus_status_facts *f)
{
  int i;

  aus_json_key(j, "tasks");
  aus_json_object(j);
  integer(j, "total", f->tasks.n_tasks);
  integer(j, "queued", f->tasks.n_queued);
  integer(j, "running", f->tasks.n_running);
  integer(j, "returned", f->tasks.n_returned);
  integer(j, "committed", f->tasks.n_committed);
  integer(j, "failed", f->tasks.n_failed);
  integer(j, "retries", f->tasks.n_retries);
  aus_json_end(j, '}');
  aus_json_key(j, "trials_by_status");
  aus_json_object(j);
  for (i = 0; i < AUS_STATUS_N; i++)
    integer(j, aus_status_names[i], f->by_status[i]);
  aus_json_end(j, '}');
}

static void text_of_kinds(aus_json_out *j, const aus_status_facts *f)
{
  int i;

  aus_json_key(j, "best");
  aus_json_array(j);
  for (i = 0; i < f->n_kinds; i++) {
    const aus_status_kind *k = &f->kind[i];

    if (k->n == 0) continue;
    aus_json_object(j);
    text_or_null(j, "kind", k->name);
    integer(j, "n_trials", k->n);
    real(j, "y", k->y);
    if (!isnan(k->y)) integer(j, "campaign", (int64_t)(k->trial >> 32));
    if (!isnan(k->y)) integer(j, "index", (int64_t)(uint32_t)k->trial);
    aus_json_end(j, '}');
  }
  aus_json_end(j, ']');
}

static void text_of_basis(aus_json_out *j, const aus_status_facts *f)
{
  char basis[96];

  snprintf(basis, sizeof basis, "rate of the last %.0f s, tasks known so far", f->rate_s);
  text_or_null(j, "eta_basis", isnan(f->eta_s) ? NULL : basis);
}

static void text_of_rates(aus_json_out *j, const aus_status_facts *f)
{
  real(j, "trials_per_s", f->trials_per_s);
  real(j, "tasks_per_s", f->tasks_per_s);
  real(j, "events_per_s", f->events_per_s);
  real(j, "rate_window_s", f->rate_s);
  integer(j, "workers", f->tasks.n_workers_live);
  integer(j, "workers_busy", f->tasks.n_workers_busy);
  integer(j, "workers_lost", f->tasks.n_workers_lost);
  real(j, "worker_utilisation", f->worker_utilisation);
  real(j, "manager_load", f->manager_load);
  real(j, "proposal_median_s", f->proposal_median_s);
  real(j, "eta_s", f->eta_s);
  text_of_basis(j, f);
  real(j, "wall_left_s", f->wall_left_s);
}

static void text_of_warnings(aus_json_out *j, const aus_status_facts *f)
{
  int i;

  aus_json_key(j, "warnings");
  aus_json_array(j);
  for (i = 0; i < f->n_warnings; i++)
    message(j, f->warning[i]);
  aus_json_end(j, ']');
}

void aus_status_json(const aus_status_facts *f, aus_buf *out)
{
  aus_json_out j;

  aus_json_begin(&j, out, 2);
  aus_json_object(&j);
  text_or_null(&j, "format", "auspex-status-1");
  text_or_null(&j, "state", aus_run_state_names[f->state]);
  integer(&j, "code", f->code);
  aus_json_key(&j, "error");
  if (f->error)
    message(&j, f->error);
  else
    aus_json_null(&j);
  text_or_null(&j, "study", f->study);
  text_or_null(&j, "stage", f->stage);
  text_or_null(&j, "host", f->host);
  integer(&j, "pid", f->pid);
  integer(&j, "process_start", (int64_t)f->process_start);
  integer(&j, "ranks", f->n_ranks);
  text_or_null(&j, "started", f->started);
  text_or_null(&j, "updated", f->updated);
  text_of_tasks(&j, f);
  text_of_kinds(&j, f);
  text_of_rates(&j, f);
  integer(&j, "resumes", f->n_resumes);
  aus_json_key(&j, "journal_bytes");
  if (f->journal_bytes < 0)
    aus_json_null(&j);
  else
    aus_json_int(&j, f->journal_bytes);
  text_of_warnings(&j, f);
  aus_json_end(&j, '}');
  aus_buf_text(out, "\n");
}

/* ---- board ---- */

/* Sums at a moment, for rates over windows. */
typedef struct sample {
  double t_s, idle_s, n_events;
  int64_t n_trials, n_tasks;
} sample;

struct aus_status_board {
  aus_status_facts facts;
  char *path;
  char error[ERROR_LENGTH];
  aus_status_kind *kind;
  int propose_kind; /* -1: none */
  int *events;      /* number of the metric "events" of each kind; -1: none */
  bool has_events;
  aus_median proposals;
  int64_t n_trials;
  double idle_s, n_events;
  sample ring[N_SAMPLES];
  int64_t n_samples;
  double sampled_s, written_s;
  bool warned;
};

static void write_now(aus_status_board *b, bool sync)
{
  int rc = AUS_OK;
  aus_buf text;
  aus_err why;

  aus_err_clear(&why);
  aus_buf_init(&text);
  aus_clock_utc(b->facts.updated);
  b->facts.n_warnings = aus_log_warnings(b->facts.warning);
  aus_status_json(&b->facts, &text);
  AUS_TRY(aus_buf_check(&text, &why));
  if (sync)
    AUS_TRY(aus_file_write(b->path, text.data, (size_t)text.n, &why));
  else
    AUS_TRY(aus_file_replace(b->path, text.data, (size_t)text.n, &why));
done:
  aus_buf_fini(&text);
  if (rc != AUS_OK && !b->warned) AUS_WARN("engine", "no status file: %s", why.text);
  b->warned = rc != AUS_OK;
}

static int find_metric(const aus_kind *kind, const char *name)
{
  int i;

  for (i = 0; kind->y_names && i < kind->n_y; i++)
    if (strcmp(kind->y_names[i], name) == 0) return i;
  return -1;
}

static int make_kinds(aus_status_board *b, const aus_kind *kinds, int n_kinds, aus_err *err)
{
  int rc = AUS_OK, i;

  b->propose_kind = -1;
  AUS_NEW(b->kind, n_kinds, err);
  AUS_NEW(b->events, n_kinds, err);
  for (i = 0; i < n_kinds; i++) {
    b->kind[i] = (aus_status_kind){.name = kinds[i].name, .y = (double)NAN};
    if (strcmp(kinds[i].name, "propose") == 0) b->propose_kind = i;
    b->events[i] = find_metric(&kinds[i], "events");
    b->has_events |= b->events[i] >= 0;
  }
  b->facts.kind = b->kind;
  b->facts.n_kinds = n_kinds;
done:
  return rc;
}

int aus_status_open(aus_status_board **out, const char *run_dir, const char *study,
                    const aus_kind *kinds, int n_kinds, int n_ranks, aus_err *err)
{
  int rc = AUS_OK;
  const double unknown = (double)NAN;
  aus_status_board *b = NULL;

  *out = NULL;
  AUS_NEW(b, 1, err);
  aus_median_init(&b->proposals);
  b->sampled_s = b->written_s = -INFINITY;
  b->facts = (aus_status_facts){.code = aus_code_exit(AUS_ECANCEL),
                                .study = study,
                                .n_ranks = n_ranks,
                                .pid = getpid(),
                                .process_start = aus_proc_start(getpid()),
                                .rate_s = unknown,
                                .trials_per_s = unknown,
                                .tasks_per_s = unknown,
                                .events_per_s = unknown,
                                .eta_s = unknown,
                                .manager_load = unknown,
                                .worker_utilisation = unknown,
                                .proposal_median_s = unknown,
                                .wall_left_s = unknown,
                                .journal_bytes = -1};
  aus_proc_host(b->facts.host, sizeof b->facts.host);
  aus_clock_utc(b->facts.started);
  AUS_TRY(aus_path_join(&b->path, run_dir, AUS_RUNDIR_STATUS, err));
  AUS_TRY(make_kinds(b, kinds, n_kinds, err));
  write_now(b, false);
  *out = b;
  b = NULL;
done:
  aus_status_close(b);
  return rc;
}

void aus_status_close(aus_status_board *b)
{
  if (!b) return;
  aus_median_fini(&b->proposals);
  aus_free(b->kind);
  aus_free(b->events);
  aus_free(b->path);
  aus_free(b);
}

aus_status_facts *aus_status_facts_of(aus_status_board *b)
{
  return b ? &b->facts : NULL;
}

void aus_status_enter(aus_status_board *b, aus_run_state state)
{
  if (!b || b->facts.state == state) return;
  b->facts.state = state;
  write_now(b, false);
}

void aus_status_write(aus_status_board *b)
{
  if (b) write_now(b, false);
}

void aus_status_end(aus_status_board *b, int rc, const aus_err *why)
{
  if (!b) return;
  b->facts.state = rc == AUS_OK        ? AUS_RUN_FINISHED
                   : rc == AUS_ECANCEL ? AUS_RUN_STOPPED
                                       : AUS_RUN_FAILED;
  b->facts.code = aus_code_exit(rc);
  b->facts.eta_s = (double)NAN;
  if (rc != AUS_OK && why && why->text[0]) {
    snprintf(b->error, sizeof b->error, "%s", why->text);
    b->facts.error = b->error;
  }
  write_now(b, true);
}

/* ---- figures ---- */

static void succeeded(aus_status_board *b, const aus_task *task, const aus_result *result)
{
  aus_status_kind *k = &b->kind[task->kind];
  int events = b->events[task->kind];

  if (events >= 0 && events < result->n_y && isfinite(result->y[events]))
    b->n_events += result->y[events];
  if (result->n_y < 1 || !(isnan(k->y) || result->y[0] < k->y)) return;
  k->y = result->y[0];
  k->trial = task->id;
}

void aus_status_commit(aus_status_board *b, const aus_task *task, const aus_result *result)
{
  if (!b || task->kind >= b->facts.n_kinds) return;
  if (task->job) {
    /* Without memory the median stays as it was. */
    if (task->kind == b->propose_kind &&
        aus_median_add(&b->proposals, result->cost_s, NULL) == AUS_OK)
      b->facts.proposal_median_s = aus_median_get(&b->proposals);
    return;
  }
  b->n_trials++;
  if (result->status < AUS_STATUS_N) b->facts.by_status[result->status]++;
  b->kind[task->kind].n++;
  if (result->status == AUS_S_OK) succeeded(b, task, result);
}

void aus_status_idle(aus_status_board *b, double s)
{
  if (b) b->idle_s += s;
}

bool aus_status_due(const aus_status_board *b, double now_s)
{
  return b &&
         (now_s - b->sampled_s >= sample_interval_s || now_s - b->written_s >= write_interval_s);
}

/* The oldest sample that is no older than that. */
static const sample *since(const aus_status_board *b, double t_s)
{
  int64_t i = b->n_samples > N_SAMPLES ? b->n_samples - N_SAMPLES : 0;

  while (i < b->n_samples - 1 && b->ring[i % N_SAMPLES].t_s < t_s)
    i++;
  return &b->ring[i % N_SAMPLES];
}

static void rates(aus_status_board *b, const sample *now)
{
  aus_status_facts *f = &b->facts;
  const sample *old = since(b, now->t_s - rate_window_s),
               *recent = since(b, now->t_s - load_window_s);
  double left = (double)(f->tasks.n_tasks - f->tasks.n_committed);

  f->rate_s = now->t_s - old->t_s;
  if (!(f->rate_s > 0)) return;
  f->trials_per_s = (double)(now->n_trials - old->n_trials) / f->rate_s;
  f->tasks_per_s = (double)(now->n_tasks - old->n_tasks) / f->rate_s;
  if (b->has_events) f->events_per_s = (now->n_events - old->n_events) / f->rate_s;
  f->eta_s = f->tasks_per_s > 0 ? left / f->tasks_per_s : (double)NAN;
  if (now->t_s > recent->t_s)
    f->manager_load = fmax(0, 1 - (now->idle_s - recent->idle_s) / (now->t_s - recent->t_s));
}

void aus_status_tick(aus_status_board *b, const aus_sched_stats *tasks, double utilisation,
                     double now_s)
{
  sample now;

  if (!b) return;
  b->facts.tasks = *tasks;
  b->facts.worker_utilisation = utilisation;
  now = (sample){.t_s = now_s,
                 .idle_s = b->idle_s,
                 .n_events = b->n_events,
                 .n_trials = b->n_trials,
                 .n_tasks = tasks->n_committed};
  if (b->n_samples > 0) rates(b, &now);
  if (now_s - b->sampled_s >= sample_interval_s) {
    b->ring[b->n_samples++ % N_SAMPLES] = now;
    b->sampled_s = now_s;
  }
  if (now_s - b->written_s < write_interval_s) return;
  b->written_s = now_s;
  write_now(b, false);
}
