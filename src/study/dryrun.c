/* dryrun.c - everything about a run but the run.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/dryrun.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "par/agree.h"
#include "par/topo.h"
#include "study/lastrun.h"
#include "study/run.h"
#include "util/alloc.h"
#include "util/file.h"

/* All pairs of points are compared for phi_p and discrepancy. */
enum { QUALITY_MAX = 10000 };

typedef struct dry {
  const aus_call *call;
  const aus_load *load;
  const aus_dryrun_conf *conf;
  aus_outline outline;
  aus_lastrun last; /* cost_s NULL: not known */
  aus_topo *place;  /* rank 0: of all ranks */
  double rss_bytes; /* rank 0: the most of any rank, with the study loaded */
} dry;

/* ---- ranks ---- */

static int gather_places(dry *d, aus_err *err)
{
  int rc = AUS_OK;
  aus_topo mine;
  struct rusage use;
  double rss = getrusage(RUSAGE_SELF, &use) == 0 ? 1024.0 * (double)use.ru_maxrss : 0;

  AUS_TRY(aus_topo_arrange(d->call->world, false, &mine, &d->place, err));
  AUS_MPI(MPI_Reduce(&rss, &d->rss_bytes, 1, MPI_DOUBLE, MPI_MAX, 0, d->call->world), err);
done:
  return rc;
}

static int n_workers(const dry *d)
{
  int works = aus_opt_enum(d->load->engine_opts, "manager_works") - 1, size = d->call->size;

  return size - 1 + (size == 1 || (works < 0 ? size <= 3 : works));
}

static void tell_place(const aus_topo *p, int n_ranks, aus_buf *b)
{
  aus_buf_printf(b, " on %s, core%s %s", p->host, p->n_pus == 1 ? "" : "s",
                 p->pus[0] ? p->pus : "not known");
  if (p->bound) aus_buf_printf(b, " of %d, NUMA node %d", p->n_machine, p->numa);
  aus_buf_text(b, p->n_pus > 0 && n_ranks > p->n_pus ? ": more ranks than cores\n" : "\n");
}

/* Ranks of one host and one set of cores in a row, as one line. */
static void tell_ranks(const dry *d, aus_buf *b)
{
  const aus_topo *p = d->place;
  int i, first, size = d->call->size;

  for (first = 0; first < size; first = i) {
    for (i = first + 1; i < size; i++)
      if (strcmp(p[i].host, p[first].host) != 0 || strcmp(p[i].pus, p[first].pus) != 0) break;
    aus_buf_printf(b, "%-11s", first == 0 ? "ranks" : "");
    if (i - 1 > first)
      aus_buf_printf(b, "%d to %d", first, i - 1);
    else
      aus_buf_printf(b, "%d", first);
    tell_place(&p[first], i - first, b);
  }
  aus_buf_printf(b, "%11s%d worker%s%s\n", "", n_workers(d), n_workers(d) == 1 ? "" : "s",
                 n_workers(d) == size ? "; rank 0 manages and works, too" : "; rank 0 manages");
}

/* ---- space and design ---- */

static void count_text(int64_t n, aus_buf *b)
{
  if (n < 0)
    aus_buf_text(b, "continuous");
  else if (n == INT64_MAX)
    aus_buf_text(b, "more than 9.2e18 combinations");
  else
    aus_buf_printf(b, "%" PRId64 " combination%s", n, n == 1 ? "" : "s");
}

static const char *kind_text(aus_param_kind kind)
{
  static const char *const names[] = {"real",     "log-real", "stepped", "integer",
                                      "category", "share",    "fixed"};

  return names[kind];
}

static void tell_param(const aus_param *p, int64_t n, aus_buf *b)
{
  aus_buf_printf(b, "  %-27s %-8s %-8s %10.6g %10.6g", p->name, p->unit, kind_text(p->kind),
                 p->lower, p->kind == AUS_P_FIXED ? p->lower : p->upper);
  if (n > 0)
    aus_buf_printf(b, " %10.6g %8" PRId64 "\n", p->step, n);
  else
    aus_buf_printf(b, " %10s %8s\n", "-", "any");
}

static void tell_space(const aus_outline *o, aus_buf *b)
{
  int i;

  if (o->n_params == 0) return;
  aus_buf_printf(b, "%-11s%d parameters, ", "space", o->n_params);
  count_text(o->n_points, b);
  aus_buf_printf(b, "\n  %-27s %-8s %-8s %10s %10s %10s %8s\n", "parameter", "unit", "kind", "from",
                 "to", "step", "values");
  for (i = 0; i < o->n_params; i++)
    tell_param(&o->param[i], o->levels[i], b);
}

static void tell_design(const aus_outline *o, aus_buf *b)
{
  const aus_design *d = &o->design;

  if (d->n == 0) return;
  aus_buf_printf(b, "%-11s%s, %" PRId64 " points in %d coordinates", "design", o->variant, d->n,
                 d->n_unit);
  if (d->whole_grid) aus_buf_text(b, " (the whole space)");
  if (d->n <= QUALITY_MAX)
    aus_buf_printf(b, ", phi_p %.4g (p = 15), discrepancy %.4g",
                   aus_design_phi_p(d->n, d->n_unit, d->unit),
                   aus_design_discrepancy(d->n, d->n_unit, d->unit));
  aus_buf_text(b, "\n");
}

/* ---- stages, time, disk ---- */

static void range_text(char *out, size_t size, int64_t least, int64_t most)
{
  if (least == most)
    snprintf(out, size, "%" PRId64, most);
  else
    snprintf(out, size, "%" PRId64 "..%" PRId64, least, most);
}

static void bytes_text(double n, aus_buf *b)
{
  static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
  int i = 0;

  for (; n >= 999.5 && i < 4; i++)
    n /= 1000;
  aus_buf_printf(b, "%.*f %s", i > 0 && n < 99.95 ? 1 : 0, n, units[i]);
}

static double cost_of(const dry *d, int64_t part)
{
  if (d->outline.part[part].job) return 0;
  if (!isnan(d->conf->cost_s)) return d->conf->cost_s;
  return d->last.cost_s ? d->last.cost_s[part] : (double)NAN;
}

static void tell_stages(const dry *d, aus_buf *b)
{
  const aus_outline *o = &d->outline;
  int64_t i, least[2] = {0, 0}, most[2] = {0, 0};
  char text[2][48];
  int k;

  aus_buf_printf(b, "%-11s%-19s %-19s %16s %16s %10s %10s\n", "tasks", "stage", "kind", "trials",
                 "jobs", "s/trial", "rows");
  for (i = 0; i < o->n_parts; i++) {
    const aus_outline_part *p = &o->part[i];

    range_text(text[0], sizeof text[0], p->least, p->most);
    aus_buf_printf(b, "%11s%-19s %-19s %16s %16s", "", p->stage, p->kind, p->job ? "" : text[0],
                   p->job ? text[0] : "");
    if (!p->job && !isnan(cost_of(d, i)))
      aus_buf_printf(b, " %10.3g", cost_of(d, i));
    else if (p->bytes > 0)
      aus_buf_printf(b, " %10s", "-");
    if (p->bytes > 0) {
      aus_buf_text(b, "    ");
      bytes_text(p->bytes, b);
    }
    aus_buf_text(b, "\n");
    least[p->job] += p->least;
    most[p->job] += p->most;
  }
  for (k = 0; k < 2; k++)
    range_text(text[k], sizeof text[k], least[k], most[k]);
  aus_buf_printf(b, "%11s%-39s %16s %16s\n", "", "all", text[0], text[1]);
}

static void time_text(double s, aus_buf *b)
{
  if (s < 120)
    aus_buf_printf(b, "%.*f s", s < 10 ? 1 : 0, s);
  else if (s < 7200)
    aus_buf_printf(b, "%.0f min", s / 60);
  else
    aus_buf_printf(b, "%.1f h", s / 3600);
}

static void tell_time(const dry *d, aus_buf *b)
{
  double least = 0, most = 0;
  int64_t i;

  aus_buf_printf(b, "%-11s", "time");
  for (i = 0; i < d->outline.n_parts; i++) {
    least += cost_of(d, i) * (double)d->outline.part[i].least / n_workers(d);
    most += cost_of(d, i) * (double)d->outline.part[i].most / n_workers(d);
  }
  if (isnan(most)) {
    aus_buf_text(b, "not known: give the cost of a trial with --cost SECONDS\n");
    return;
  }
  time_text(least, b);
  if (most > least) {
    aus_buf_text(b, " to ");
    time_text(most, b);
  }
  if (!isnan(d->conf->cost_s))
    aus_buf_printf(b, " of trials, at %g s each (--cost)", d->conf->cost_s);
  else
    aus_buf_printf(b, " of trials, at the medians of the %" PRId64 " trials in %s",
                   d->last.n_trials, d->conf->out_path);
  aus_buf_text(b, "; jobs and publication come on top\n");
}

static void tell_memory(const dry *d, aus_buf *b)
{
  aus_buf_printf(b, "%-11s", "memory");
  bytes_text(d->rss_bytes, b);
  aus_buf_text(b, " per rank with the study loaded");
  if (d->last.rss_bytes > 0) {
    aus_buf_text(b, "; at most ");
    bytes_text(d->last.rss_bytes, b);
    aus_buf_printf(b, " in the run of %s", d->conf->out_path);
  }
  aus_buf_text(b, "\n");
}

/* Room on the file system of the first directory above a path that exists. */
static double free_bytes(const char *path)
{
  char dir[4096];
  char *slash;
  struct statvfs v;

  snprintf(dir, sizeof dir, "%s%s", path[0] == '/' ? "" : "./", path);
  while (statvfs(dir, &v) != 0) {
    slash = strrchr(dir, '/');
    if (!slash || slash == dir) return (double)NAN;
    *slash = '\0';
  }
  return (double)v.f_bavail * (double)v.f_frsize;
}

static void tell_disk(const dry *d, aus_buf *b)
{
  double least = 0, most = 0, room = free_bytes(d->conf->run_dir);
  int64_t i;

  for (i = 0; i < d->outline.n_parts; i++) {
    least += d->outline.part[i].bytes * (double)d->outline.part[i].least;
    most += d->outline.part[i].bytes * (double)d->outline.part[i].most;
  }
  aus_buf_printf(b, "%-11sabout ", "disk");
  bytes_text(least, b);
  if (most > least) {
    aus_buf_text(b, " to ");
    bytes_text(most, b);
  }
  aus_buf_text(b, " of trials' rows in the shards, at most the same again in the result");
  if (!isnan(room)) {
    aus_buf_text(b, "; ");
    bytes_text(room, b);
    aus_buf_text(b, " are free");
  }
  aus_buf_text(b, "\n");
}

/* ---- files, signals ---- */

static bool is_there(const char *dir, const char *name, aus_err *err)
{
  char *path = NULL;
  bool yes = aus_path_join(&path, dir, name, err) == AUS_OK && access(path, F_OK) == 0;

  aus_free(path);
  return yes;
}

static void tell_files(const dry *d, aus_buf *b)
{
  const char *dir = d->conf->run_dir;
  int64_t i;

  aus_buf_printf(b, "%-11s%s%s\n", "result", d->conf->out_path,
                 access(d->conf->out_path, F_OK) == 0 ? " (is there and would be replaced)" : "");
  aus_buf_printf(b, "%-11s%s/: auspex.run, status.json, journal.ausj, shards/s<number>.h5\n",
                 "directory", dir);
  if (is_there(dir, "journal.ausj", NULL))
    aus_buf_printf(b, "%11sholds the journal of an earlier run, which would be gone on with\n", "");
  else if (is_there(dir, "auspex.run", NULL))
    aus_buf_printf(b, "%11sholds files of an earlier run\n", "");
  for (i = 0; i < aus_files_count(d->load->files); i++)
    aus_buf_printf(b, "%-11s%s\n", i == 0 ? "inputs" : "", aus_files_path(d->load->files, i));
}

static void tell_signals(aus_buf *b)
{
  const char *end = getenv("SLURM_JOB_END_TIME");

  aus_buf_printf(
      b, "%-11sSIGUSR1: no new trials, running ones finish, publish what there is, exit 75\n",
      "signals");
  aus_buf_printf(b, "%11sSIGUSR2: publish what there is and go on\n", "");
  aus_buf_printf(b, "%11sSIGTERM, SIGINT: stop at once, exit 75; a second SIGINT aborts\n", "");
  if (end)
    aus_buf_printf(b, "%11sthe job ends at %s (SLURM_JOB_END_TIME, seconds of Unix time)\n", "",
                   end);
}

static void tell(const dry *d, aus_buf *b)
{
  const aus_load *r = d->load;

  aus_buf_printf(b, "%-11s%s, seed %" PRIu64 ", %d stage%s, configuration %.12s\n", "dry run",
                 r->type->name, r->seed, r->n_stages, r->n_stages == 1 ? "" : "s", r->digest);
  tell_space(&d->outline, b);
  tell_design(&d->outline, b);
  if (d->outline.n_parts > 0) {
    tell_stages(d, b);
    tell_time(d, b);
  }
  tell_memory(d, b);
  if (d->outline.n_parts > 0) tell_disk(d, b);
  tell_files(d, b);
  tell_ranks(d, b);
  tell_signals(b);
}

/* ---- the whole ---- */

static int write_design(const dry *d, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf text;

  aus_buf_init(&text);
  if (!d->conf->design_path) goto done;
  if (d->outline.design.n == 0)
    AUS_FAIL(err, AUS_ECONFIG, "study %s has no design to write", d->load->type->name);
  aus_outline_csv(&d->outline, &text);
  AUS_TRY(aus_buf_check(&text, err));
  AUS_TRY(aus_file_write(d->conf->design_path, text.data, (size_t)text.n, err));
done:
  aus_buf_fini(&text);
  return rc;
}

/* What is no result of this study tells nothing about its costs. */
static int read_last(dry *d, aus_err *err)
{
  int rc;
  aus_err why;

  if (!isnan(d->conf->cost_s) || access(d->conf->out_path, F_OK) != 0) return AUS_OK;
  aus_err_clear(&why);
  rc = aus_lastrun_read(&d->last, d->conf->out_path, d->load->type->name, &d->outline, &why);
  if (rc == AUS_ENOMEM) return aus_fail(err, rc, AUS_HERE, "%s", why.text);
  return AUS_OK;
}

/* Rank 0. */
static int outline(dry *d, aus_err *err)
{
  int rc = AUS_OK;
  const aus_load *r = d->load;

  AUS_TRY(aus_study_check_places(r, d->conf->out_path, d->conf->run_dir, err));
  if (r->type->outline) AUS_TRY(r->type->outline(r->self, &d->outline, err));
  AUS_TRY(read_last(d, err));
  AUS_TRY(write_design(d, err));
  tell(d, d->call->out);
  AUS_TRY(aus_buf_check(d->call->out, err));
done:
  return rc;
}

int aus_dryrun(const aus_call *call, const char *study_path, const aus_study_verb *verb,
               const aus_dryrun_conf *conf, aus_err *err)
{
  int rc = AUS_OK;
  aus_load r = {.call = call, .study_path = study_path, .verb = verb};
  dry d = {.call = call, .load = &r, .conf = conf};

  AUS_TRY(aus_agree(call->world, aus_files_create(&r.files, call->rank == 0, err), err));
  AUS_TRY(aus_load_everywhere(&r, err));
  AUS_TRY(gather_places(&d, err));
  if (call->rank == 0) rc = outline(&d, err);
  AUS_TRY(aus_agree(call->world, rc, err));
done:
  aus_outline_fini(&d.outline);
  aus_lastrun_fini(&d.last);
  aus_free(d.place);
  aus_load_fini(&r);
  return rc;
}
