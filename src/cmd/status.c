/* cmd/status.c - auspex status DIR: where a run stands, for people and job scripts.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "cmd/status.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/status.h"
#include "store/rundir.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/json.h"
#include "util/proc.h"

static const aus_cli status_cli[] = {
    {"watch", 'w', NULL, "repeat until the run ends; on a terminal in place"},
    {"interval", 0, "SECONDS", "time between two looks of --watch (default: 5)"},
    {"exit-code", 'x', NULL,
     "print nothing (with -v the table); exit with the status that the run had"},
    {"json", 0, NULL, "print the status file as it is"},
    {0},
};

static const aus_cli *const status_clis[] = {status_cli, aus_common_cli};

/* On another host a run counts as gone when its file is that old; it is replaced every 5 s. */
static const double stale_after_s = 600;

typedef enum life { ALIVE, GONE, ENDED } life;

typedef struct look {
  char *bytes;
  size_t n;
  aus_json *doc;
  aus_json_value *root;
  life life;
  double age_s; /* of the file */
  int code;     /* exit status of the run, as far as it can be told */
} look;

static void look_fini(look *l)
{
  aus_json_destroy(l->doc);
  aus_free(l->bytes);
  *l = (look){0};
}

static double number(aus_json_value *v, const char *key)
{
  return aus_json_number(aus_json_get(v, key));
}

static const char *text(aus_json_value *v, const char *key)
{
  const char *s = aus_json_text(aus_json_get(v, key));

  return s ? s : "";
}

/* ---- what the file means ---- */

/* Seconds since a time of day in ISO 8601, NaN when it is none. */
static double age_of(const char *iso)
{
  struct tm tm = {0};

  if (sscanf(iso, "%d-%d-%dT%d:%d:%dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
             &tm.tm_min, &tm.tm_sec) != 6)
    return (double)NAN;
  tm.tm_year -= 1900;
  tm.tm_mon -= 1;
  return difftime(time(NULL), timegm(&tm));
}

static life life_of(const look *l)
{
  const char *state = text(l->root, "state");
  double pid = number(l->root, "pid"), start = number(l->root, "process_start");
  char host[64];
  int i;

  for (i = AUS_RUN_STOPPED; i <= AUS_RUN_FINISHED; i++)
    if (strcmp(state, aus_run_state_names[i]) == 0) return ENDED;
  aus_proc_host(host, sizeof host);
  if (strcmp(text(l->root, "host"), host) != 0) return l->age_s > stale_after_s ? GONE : ALIVE;
  return aus_proc_alive((int64_t)pid, start > 0 ? (uint64_t)start : 0) ? ALIVE : GONE;
}

/* Of a run that was killed: with a journal the same command goes on from there. Without one it would begin
 * anew and may well die in the same place, where no rule about resumes could ever end that. */
static int code_of_dead(const char *dir, int *code, aus_err *err)
{
  int rc = AUS_OK;
  char *journal = NULL;

  AUS_TRY(aus_path_join(&journal, dir, AUS_RUNDIR_JOURNAL, err));
  *code = aus_code_exit(access(journal, F_OK) == 0 ? AUS_ECANCEL : AUS_EMPI);
done:
  aus_free(journal);
  return rc;
}

static int check_document(const look *l, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  double code = number(l->root, "code"), pid = number(l->root, "pid");

  if (strcmp(text(l->root, "format"), "auspex-status-1") != 0)
    AUS_FAIL(err, AUS_EFORMAT, "%s: format is \"%s\", expected \"auspex-status-1\"", path,
             text(l->root, "format"));
  if (!(code >= 0 && code <= 255)) AUS_FAIL(err, AUS_EFORMAT, "%s: code is no exit status", path);
  if (!(pid >= 1 && pid < 1e9)) AUS_FAIL(err, AUS_EFORMAT, "%s: pid is no process", path);
done:
  return rc;
}

static int take_look(look *l, const char *dir, aus_err *err)
{
  int rc = AUS_OK;
  char *path = NULL;
  struct stat st;

  *l = (look){0};
  if (stat(dir, &st) != 0) AUS_FAIL(err, AUS_EFORMAT, "%s: %s", dir, strerror(errno));
  if (!S_ISDIR(st.st_mode))
    AUS_FAIL(err, AUS_EFORMAT, "%s: not a directory; need the directory of a run", dir);
  AUS_TRY(aus_path_join(&path, dir, AUS_RUNDIR_STATUS, err));
  AUS_TRY(aus_file_read(path, &l->bytes, &l->n, err));
  AUS_TRY(aus_json_parse(&l->doc, path, l->bytes, l->n, err));
  l->root = aus_json_root(l->doc);
  AUS_TRY(check_document(l, path, err));
  l->age_s = age_of(text(l->root, "updated"));
  l->life = life_of(l);
  l->code = (int)number(l->root, "code");
  if (l->life == GONE) AUS_TRY(code_of_dead(dir, &l->code, err));
done:
  aus_free(path);
  if (rc != AUS_OK) look_fini(l);
  return rc;
}

/* ---- the table ---- */

static void duration(aus_buf *b, double s)
{
  long long n = (long long)fmin(fmax(s, 0), 1e15);

  if (n < 60)
    aus_buf_printf(b, "%lld s", n);
  else if (n < 3600)
    aus_buf_printf(b, "%lld:%02lld min", n / 60, n % 60);
  else
    aus_buf_printf(b, "%lld:%02lld:%02lld h", n / 3600, n / 60 % 60, n % 60);
}

static void heading(aus_buf *b, const char *name)
{
  aus_buf_printf(b, "%-11s", name);
}

static void row_of_state(const look *l, const char *dir, aus_buf *b)
{
  aus_json_value *r = l->root;

  heading(b, "run");
  aus_buf_printf(b, "%s\n", dir);
  heading(b, "study");
  aus_buf_printf(b, "%s%s%s, %.0f ranks\n", text(r, "study"), text(r, "stage")[0] ? ", stage " : "",
                 text(r, "stage"), number(r, "ranks"));
  heading(b, "state");
  if (l->life == ALIVE)
    aus_buf_printf(b, "%s, process %.0f on %s\n", text(r, "state"), number(r, "pid"),
                   text(r, "host"));
  else if (l->life == GONE)
    aus_buf_printf(b, "killed while %s (process %.0f on %s is gone), exit status %d\n",
                   text(r, "state"), number(r, "pid"), text(r, "host"), l->code);
  else
    aus_buf_printf(b, "%s, exit status %d\n", text(r, "state"), l->code);
  if (l->code == aus_code_exit(AUS_ECANCEL) && l->life != ALIVE)
    aus_buf_printf(b, "%11sthe same command goes on from here\n", "");
  if (text(r, "error")[0]) {
    heading(b, "error");
    aus_buf_printf(b, "%s\n", text(r, "error"));
  }
}

static void row_of_time(const look *l, aus_buf *b)
{
  aus_json_value *r = l->root;

  heading(b, "time");
  aus_buf_printf(b, "started %s, updated %s, ", text(r, "started"), text(r, "updated"));
  duration(b, l->age_s);
  aus_buf_text(b, " ago\n");
}

static void row_of_tasks(const look *l, aus_buf *b)
{
  aus_json_value *t = aus_json_get(l->root, "tasks");
  double total = number(t, "total"), done = number(t, "committed");

  heading(b, "tasks");
  aus_buf_printf(b, "%.0f of %.0f committed", done, total);
  if (total > 0) aus_buf_printf(b, " (%.0f %%)", floor(100 * done / total));
  aus_buf_printf(b, ", %.0f running, %.0f waiting, %.0f failed\n", number(t, "running"),
                 number(t, "queued") + number(t, "returned"), number(t, "failed"));
}

/* Only the statuses that occurred. */
static void row_of_statuses(const look *l, aus_buf *b)
{
  aus_json_value *t = aus_json_get(l->root, "trials_by_status");
  const char *comma = "";
  int i;

  heading(b, "trials");
  for (i = 0; i < AUS_STATUS_N; i++) {
    double n = number(t, aus_status_names[i]);

    if (!(n > 0)) continue;
    aus_buf_printf(b, "%s%.0f %s", comma, n, aus_status_names[i]);
    comma = ", ";
  }
  aus_buf_printf(b, "%s\n", comma[0] ? "" : "none committed");
}

static void row_of_rate(const look *l, aus_buf *b)
{
  aus_json_value *r = l->root;
  double rate = number(r, "trials_per_s"), eta = number(r, "eta_s"),
         events = number(r, "events_per_s");

  if (isnan(rate)) return;
  heading(b, "rate");
  aus_buf_printf(b, "%.*f trials/s", rate < 10 ? 2 : 0, rate);
  if (!isnan(events)) aus_buf_printf(b, ", %.3g events/s", events);
  aus_buf_text(b, " over the last ");
  duration(b, number(r, "rate_window_s"));
  if (!isnan(eta) && l->life == ALIVE) {
    aus_buf_text(b, ", ");
    duration(b, eta);
    aus_buf_printf(b, " left (%s)", text(r, "eta_basis"));
  }
  aus_buf_text(b, "\n");
}

static void percent(aus_buf *b, const char *name, double share)
{
  if (!isnan(share)) aus_buf_printf(b, ", %s %.0f %%", name, 100 * share);
}

static void row_of_workers(const look *l, aus_buf *b)
{
  aus_json_value *r = l->root;
  double ms = 1e3 * number(r, "proposal_median_s");

  heading(b, "workers");
  aus_buf_printf(b, "%.0f alive, %.0f busy, %.0f lost", number(r, "workers"),
                 number(r, "workers_busy"), number(r, "workers_lost"));
  percent(b, "utilisation", number(r, "worker_utilisation"));
  percent(b, "manager load", number(r, "manager_load"));
  if (!isnan(ms)) aus_buf_printf(b, ", proposal %.*f ms", ms < 10 ? 1 : 0, ms);
  aus_buf_text(b, "\n");
}

static void row_of_wall(const look *l, aus_buf *b)
{
  double left_s = number(l->root, "wall_left_s");

  if (isnan(left_s)) return;
  heading(b, "wall clock");
  duration(b, left_s - (l->life == ALIVE ? l->age_s : 0));
  aus_buf_text(b, " left\n");
}

static void row_of_journal(const look *l, aus_buf *b)
{
  double n = number(l->root, "journal_bytes");

  if (isnan(n)) return;
  heading(b, "journal");
  if (n < 1e6)
    aus_buf_printf(b, "%.1f kB", 1e-3 * n);
  else
    aus_buf_printf(b, "%.1f MB", 1e-6 * n);
  aus_buf_printf(b, ", resumed %.0f times\n", number(l->root, "resumes"));
}

static void rows_of_best(const look *l, aus_buf *b)
{
  aus_json_value *list = aus_json_get(l->root, "best");
  int64_t i;

  for (i = 0; i < aus_json_count(list); i++) {
    aus_json_value *k = aus_json_at(list, i);

    heading(b, i == 0 ? "best" : "");
    aus_buf_printf(b, "%-17s %7.0f trials", text(k, "kind"), number(k, "n_trials"));
    if (!isnan(number(k, "y")))
      aus_buf_printf(b, "  %-12.6g trial %.0f:%.0f", number(k, "y"), number(k, "campaign"),
                     number(k, "index"));
    aus_buf_text(b, "\n");
  }
}

static void rows_of_warnings(const look *l, aus_buf *b)
{
  aus_json_value *list = aus_json_get(l->root, "warnings");
  int64_t i;

  for (i = 0; i < aus_json_count(list); i++) {
    const char *line = aus_json_text(aus_json_at(list, i));

    heading(b, i == 0 ? "warnings" : "");
    aus_buf_printf(b, "%s\n", line ? line : "");
  }
}

static void table(const look *l, const char *dir, aus_buf *b)
{
  row_of_state(l, dir, b);
  row_of_time(l, b);
  row_of_tasks(l, b);
  row_of_statuses(l, b);
  row_of_rate(l, b);
  row_of_workers(l, b);
  row_of_wall(l, b);
  row_of_journal(l, b);
  rows_of_best(l, b);
  rows_of_warnings(l, b);
}

/* ---- the command ---- */

typedef struct how {
  const char *dir;
  bool watch, code, json, silent;
  double interval_s;
} how;

static int read_how(const aus_args *args, how *h, aus_err *err)
{
  int rc = AUS_OK;
  const char *s = aus_args_value(args, "interval", 0);
  char *end = NULL;

  *h = (how){.dir = aus_args_operand(args, 0),
             .watch = aus_args_given(args, "watch") > 0,
             .code = aus_args_given(args, "exit-code") > 0,
             .json = aus_args_given(args, "json") > 0,
             .interval_s = 5};
  h->silent = h->code && !h->json && aus_call_verbosity(args) < 2;
  if (!s) goto done;
  h->interval_s = strtod(s, &end);
  if (end == s || *end || !(h->interval_s >= 0.1 && h->interval_s <= 86400))
    AUS_FAIL(err, AUS_ECONFIG, "--interval is %s, need 0.1 to 86400 seconds", s);
  if (!h->watch) AUS_FAIL(err, AUS_ECONFIG, "--interval goes with --watch");
done:
  return rc;
}

static void describe(const how *h, const look *l, aus_buf *out)
{
  if (h->silent) return;
  if (h->json)
    aus_buf_bytes(out, l->bytes, l->n);
  else
    table(l, h->dir, out);
}

/* The output of one look of several: at once, in place on a terminal. */
static int show(aus_buf *out, bool first, bool silent, aus_err *err)
{
  int rc = AUS_OK;
  const char *between = isatty(STDOUT_FILENO) ? "\033[H\033[J" : first ? "" : "\n";

  AUS_TRY(aus_buf_check(out, err));
  if (silent) goto done;
  if (fputs(between, stdout) < 0 ||
      fwrite(out->data, 1, (size_t)out->n, stdout) != (size_t)out->n || fflush(stdout) != 0)
    AUS_FAIL(err, AUS_EIO, "cannot write: %s", strerror(errno));
  aus_buf_clear(out);
done:
  return rc;
}

/* A run that succeeds takes its directory away: what was there and is not any more has finished. */
static bool has_vanished(const char *dir)
{
  return access(dir, F_OK) != 0 && errno == ENOENT;
}

static int watch(const how *h, aus_buf *out, int *code, aus_err *err)
{
  int rc = AUS_OK;
  bool first = true;
  look l = {0};

  for (; rc == AUS_OK; first = false) {
    rc = take_look(&l, h->dir, err);
    if (rc != AUS_OK && !first && has_vanished(h->dir)) {
      aus_err_clear(err);
      aus_buf_printf(out, "%-11s%s: finished, its directory is removed\n", "run", h->dir);
      *code = rc = AUS_OK;
      goto done;
    }
    if (rc != AUS_OK) goto done;
    describe(h, &l, out);
    AUS_TRY(show(out, first, h->silent, err));
    *code = l.code;
    if (l.life != ALIVE) goto done;
    look_fini(&l);
    aus_clock_sleep(h->interval_s);
  }
done:
  look_fini(&l);
  return rc;
}

static int status(const aus_call *call, aus_err *err)
{
  int rc = AUS_OK, code = 0;
  how h;
  look l = {0};

  AUS_TRY(read_how(call->args, &h, err));
  if (h.watch) {
    AUS_TRY(watch(&h, call->out, &code, err));
    if (h.silent) aus_buf_clear(call->out);
  } else {
    AUS_TRY(take_look(&l, h.dir, err));
    describe(&h, &l, call->out);
    code = l.code;
  }
  if (h.code) *call->status = code;
done:
  look_fini(&l);
  return rc;
}

static int run(const aus_call *call, aus_err *err)
{
  return aus_call_alone(call, status, err);
}

const aus_command aus_cmd_status = {
    .name = "status",
    .operands = "DIR",
    .summary = "where a run stands, from its run directory",
    .text =
        "DIR is the directory of a run (the output's name with .run unless --dir was given). The\n"
        "figures are those of its file status.json, which the run replaces every 5 seconds; a run\n"
        "that succeeds removes its directory.\n\n"
        "With --exit-code a job script learns how the run ended, also when the launcher's own "
        "exit\n"
        "status says something else (after a signal mpirun returns 1). 75 means that the same\n"
        "command goes on from here. A run whose process is gone without a word (same host: no "
        "such\n"
        "process; another host: no sign of life for 10 minutes) counts as 75 when it left a "
        "journal\n"
        "and as 8 when it did not. Of a run that is alive the status is 75.",
    .cli = status_clis,
    .n_cli = 2,
    .min_operands = 1,
    .max_operands = 1,
    .plain = true,
    .run = run,
};
