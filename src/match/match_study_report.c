/* match/match_study_report.c - the result of a match study for people: tables on the terminal, and text files.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "match/match_study_result.h"
#include "store/read.h"
#include "util/alloc.h"
#include "util/file.h"

typedef struct aus_match_study study;

/* ---- the terminal ---- */

/* Column of a listing by its name; the tables above have all that are asked for here. */
static const aus_match_listed *find(const aus_match_listing *l, const char *name)
{
  int k;

  for (k = 0; k < l->n_columns; k++)
    if (strcmp(l->column[k].about.name, name) == 0) return &l->column[k];
  return NULL;
}

/* One cell, in its width. */
typedef struct cell {
  const char *column, *head;
  int width, digits;
} cell;

static void print_cell(const aus_match_listed *c, int64_t row, const cell *k, aus_buf *out)
{
  if (!c) return;
  if (c->text)
    aus_buf_printf(out, "%-*s", k->width, c->name[row]);
  else if (c->whole)
    aus_buf_printf(out, " %*" PRId64, k->width, c->whole[row]);
  else if (isfinite(c->real[row]))
    aus_buf_printf(out, " %*.*f", k->width, k->digits, c->real[row]);
  else
    aus_buf_printf(out, " %*s", k->width, "-");
}

static void print_head(const aus_match_listing *l, const cell *k, int n, aus_buf *out)
{
  int i;

  for (i = 0; i < n; i++) {
    const aus_match_listed *c = find(l, k[i].column);

    if (c && c->text)
      aus_buf_printf(out, "%-*s", k[i].width, k[i].head);
    else
      aus_buf_printf(out, " %*s", k[i].width, k[i].head);
  }
  aus_buf_text(out, "\n");
}

static void print_row(const aus_match_listing *l, int64_t row, const cell *k, int n, aus_buf *out)
{
  int i;

  for (i = 0; i < n; i++)
    print_cell(find(l, k[i].column), row, &k[i], out);
  aus_buf_text(out, "\n");
}

/* Rows of a long listing: at most `most`, evenly spread, the first and the last among them. */
static void print_rows(const aus_match_listing *l, const cell *k, int n, int64_t most,
                       const char *title, aus_buf *out)
{
  int64_t i, count = l->n < most ? l->n : most, row, last = -1;

  if (l->n_columns == 0 || l->n == 0) return;
  aus_buf_printf(out, "\n%s\n", title);
  print_head(l, k, n, out);
  for (i = 0; i < count; i++) {
    row = count > 1 ? i * (l->n - 1) / (count - 1) : 0;
    if (row != last) print_row(l, row, k, n, out);
    last = row;
  }
}

/* The line of all packages stands last. */
static void print_metrics(const aus_match_listing *l, aus_buf *out)
{
  static const cell k[] = {{"package", "models", 26, 0},    {"model", "", 12, 0},
                           {"rows", "builds", 8, 0},        {"accuracy", "accuracy", 9, 4},
                           {"majority", "majority", 9, 4},  {"log_loss", "log-loss", 9, 4},
                           {"brier", "Brier", 9, 4},        {"auc", "AUC", 9, 4},
                           {"calibration", "calibr.", 9, 4}};
  aus_match_listing all = *l;

  if (l->n_columns == 0) return;
  all.n = l->n;
  aus_buf_text(out, "\nmodels of success, on held-out folds\n");
  print_head(&all, k, 9, out);
  print_row(&all, all.n - 1, k, 9, out);
}

static void print_levels(const aus_match_listing *l, aus_buf *out)
{
  static const cell k[] = {{"level", "level", 6, 0},
                           {"jobs_matched", "matched", 10, 0},
                           {"mean_matches_of_matched", "clusters/job", 13, 1},
                           {"expected_score_sum", "P sum", 12, 2},
                           {"expected_score_mean_of_matched", "P random", 9, 4},
                           {"best_score_mean_of_matched", "P best", 9, 4},
                           {"select_score_mean_of_placed", "P select", 9, 4},
                           {"p_q05", "5 %", 8, 4},
                           {"p_q50", "median", 8, 4},
                           {"judged_best_score_mean_of_matched", "best (j)", 9, 4},
                           {"judged_expected_score_mean_of_matched", "random (j)", 10, 4}};

  print_rows(l, k, 11, 9,
             "ladder: the more is described, the fewer clusters match (j: choices of one model, "
             "judged by another)",
             out);
}

/* Rules that ask for what nobody tells place nothing: say so. */
static void print_dropped(const aus_match_listing *l, aus_buf *out)
{
  const aus_match_listed *c = find(l, "clusters_dropped");

  if (c && l->n > 0 && c->whole[0] > 0)
    aus_buf_printf(out,
                   "rules put out %" PRId64 " of %" PRId64
                   " pairs of job and cluster at level 0, because a value is missing\n",
                   c->whole[0], find(l, "total_matches")->whole[0]);
}

static void print_single(const aus_match_listing *l, aus_buf *out)
{
  static const cell k[] = {{"subsystem", "alone", 26, 0},
                           {"jobs_requiring", "jobs", 8, 0},
                           {"jobs_unmatched", "unmatched", 10, 0},
                           {"total_matches", "matches", 12, 0},
                           {"expected_score_mean_of_matched", "P random", 9, 4}};

  print_rows(l, k, 5, 9, "one subsystem described", out);
}

static void print_small(const aus_match_listing *l, int which, aus_buf *out)
{
  static const cell lammps[] = {{"experiment", "lammps", 34, 0},
                                {"jobs", "jobs", 6, 0},
                                {"unmatched", "unmatched", 10, 0},
                                {"total_matches", "matches", 9, 0},
                                {"expected_accuracy", "accuracy", 9, 4}};
  static const cell range[] = {{"experiment", "ranges", 12, 0},
                               {"asked", "asked", 10, 0},
                               {"unmatched", "unmatched", 10, 0},
                               {"build_success_mean", "success", 9, 5},
                               {"marginal_score_mean", "marginal", 9, 4},
                               {"matched_clusters_per_job_mean", "clusters/job", 13, 2},
                               {"unmatched_at_mean", "unmatched at", 13, 2}};
  static const cell builds[] = {{"experiment", "CI builds", 42, 0},
                                {"jobs", "jobs", 7, 0},
                                {"unmatched", "unmatched", 10, 0},
                                {"matched_clusters_mean", "clusters/job", 13, 3},
                                {"expected_success_minimum_version_rule", "success", 8, 4},
                                {"expected_additional_cost", "cost $", 12, 2},
                                {"cheapest_additional_cost", "cheapest $", 12, 2}};

  if (which == AUS_MATCH_L_LAMMPS) print_rows(l, lammps, 5, 8, "lammps: the truth is known", out);
  if (which == AUS_MATCH_L_RANGE) print_rows(l, range, 7, 3, "version ranges", out);
  if (which == AUS_MATCH_L_SPACKBUILD)
    print_rows(l, builds, 7, AUS_MATCH_BUILDS_ROWS, "CI builds: compatibility, then cost", out);
}

void aus_match_report(void *self, aus_buf *out)
{
  study *s = self;
  aus_match_listing l;
  aus_err err;
  int i;

  aus_err_clear(&err);
  aus_buf_printf(out, "match study, seed %" PRIu64, s->seed);
  if (s->data.tables.n > 0)
    aus_buf_printf(out, ": %" PRId64 " builds of %" PRId64 " packages", s->data.specs.n,
                   s->data.tables.n);
  if (s->data.clusters.n > 0)
    aus_buf_printf(out, ", %" PRId64 " clusters with %d features", s->data.clusters.n,
                   s->data.space.n);
  aus_buf_text(out, "\n");
  for (i = 0; i < AUS_MATCH_N_LISTINGS; i++) {
    if (aus_match_listing_make(s, i, &l, &err) == AUS_OK) {
      if (i == AUS_MATCH_L_METRICS) print_metrics(&l, out);
      if (i == AUS_MATCH_L_LEVELS) {
        print_levels(&l, out);
        print_dropped(&l, out);
      }
      if (i == AUS_MATCH_L_SINGLE) print_single(&l, out);
      print_small(&l, i, out);
    }
    aus_match_listing_fini(&l);
  }
}

/* ---- text files ---- */

/* A comma and a number; nothing behind the comma where there is none. */
static void put(aus_buf *b, double x)
{
  aus_buf_text(b, ",");
  if (isinf(x))
    aus_buf_text(b, x < 0 ? "-inf" : "inf");
  else if (!isnan(x))
    aus_buf_real(b, x);
}

/* A name, behind a comma unless it is the first of its line. */
static void put_name(aus_buf *b, bool first, const char *name)
{
  if (!first) aus_buf_text(b, ",");
  aus_buf_csv(b, name, strlen(name));
}

static void listing_csv(const aus_match_listing *l, aus_buf *out)
{
  int64_t i;
  int k;

  for (k = 0; k < l->n_columns; k++)
    aus_buf_printf(out, "%s%s", k > 0 ? "," : "", l->column[k].about.name);
  aus_buf_text(out, "\n");
  for (i = 0; i < l->n; i++, aus_buf_text(out, "\n"))
    for (k = 0; k < l->n_columns; k++) {
      const aus_match_listed *c = &l->column[k];

      if (c->text)
        put_name(out, k == 0, c->name[i]);
      else if (c->whole)
        aus_buf_printf(out, "%s%" PRId64, k > 0 ? "," : "", c->whole[i]);
      else if (k > 0)
        put(out, c->real[i]);
      else
        aus_buf_real(out, c->real[i]);
    }
}

static int write_text(const char *dir, const char *name, aus_buf *out, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_buf_check(out, err));
  AUS_TRY(aus_file_write_in(dir, name, out->data ? out->data : "", (size_t)out->n, err));
  aus_buf_clear(out);
done:
  return rc;
}

/* Clusters down, packages across. */
static int p_csv(const study *s, aus_read *file, aus_buf *out, aus_err *err)
{
  int rc = AUS_OK;
  int64_t n = s->data.tables.n, m = s->data.clusters.n, i, c;
  double *p = NULL;

  AUS_NEW(p, n * m, err);
  AUS_TRY(aus_read_column(file, "match/p_table/p", AUS_F64, n, (int)m, p, err));
  aus_buf_text(out, "cluster");
  for (i = 0; i < n; i++)
    put_name(out, false, s->data.tables.table[i].package);
  for (c = 0; c < m; c++) {
    aus_buf_text(out, "\n");
    put_name(out, true, s->data.clusters.name[c]);
    for (i = 0; i < n; i++)
      put(out, p[i * m + c]);
  }
  aus_buf_text(out, "\n");
done:
  aus_free(p);
  return rc;
}

static const char *digest_of(const study *s, int64_t job)
{
  return s->data.specs.digests.text[s->data.jobs.spec[job]];
}

static int jobs_csv(const study *s, aus_read *file, aus_buf *out, aus_err *err)
{
  int rc = AUS_OK;
  int64_t n = s->data.jobs.n, j;
  int32_t *level = NULL;
  double *share = NULL;

  AUS_NEW(level, n, err);
  AUS_NEW(share, n, err);
  AUS_TRY(aus_read_column(file, "match/jobs/unmatched_at_level", AUS_I32, n, 1, level, err));
  AUS_TRY(aus_read_column(file, "match/jobs/share_of_own", AUS_F64, n, 1, share, err));
  aus_buf_text(out, "digest,package,unmatched_at_level,share_of_own\n");
  for (j = 0; j < n; j++) {
    put_name(out, true, digest_of(s, j));
    put_name(out, false, s->data.tables.table[s->data.jobs.table[j]].package);
    aus_buf_printf(out, ",%" PRId32, level[j]);
    put(out, share[j]);
    aus_buf_text(out, "\n");
  }
done:
  aus_free(level);
  aus_free(share);
  return rc;
}

static int assign_csv(const study *s, aus_read *file, aus_buf *out, aus_err *err)
{
  int rc = AUS_OK;
  int64_t n = s->data.jobs.n, levels = s->climb.sub.n + 1 - s->climb.first_kept, l, j;
  int32_t *cluster = NULL;
  double *p = NULL;

  AUS_NEW(cluster, levels * n, err);
  AUS_NEW(p, levels * n, err);
  AUS_TRY(aus_read_column(file, "match/assign/cluster", AUS_I32, levels, (int)n, cluster, err));
  AUS_TRY(aus_read_column(file, "match/assign/p", AUS_F64, levels, (int)n, p, err));
  aus_buf_text(out, "level,digest,cluster,p\n");
  for (l = 0; l < levels; l++)
    for (j = 0; j < n; j++) {
      int32_t c = cluster[l * n + j];

      aus_buf_printf(out, "%" PRId64, l + s->climb.first_kept);
      put_name(out, false, digest_of(s, j));
      put_name(out, false, c >= 0 ? s->data.clusters.name[c] : "");
      put(out, p[l * n + j]);
      aus_buf_text(out, "\n");
    }
done:
  aus_free(cluster);
  aus_free(p);
  return rc;
}

static int range_csv(const study *s, aus_read *file, aus_buf *out, aus_err *err)
{
  static const char *const column[] = {"n_ranges", "pairs_in_range_inclusive",
                                       "clusters_all_inclusive", "pairs_in_range_exclusive",
                                       "clusters_all_exclusive"};
  int rc = AUS_OK, k;
  int64_t n = s->ranges.n, j, *x = NULL;
  char path[80];

  AUS_NEW(x, 5 * n, err);
  aus_buf_text(out, "digest,package");
  for (k = 0; k < 5; k++) {
    snprintf(path, sizeof path, "match/range/%s", column[k]);
    AUS_TRY(aus_read_column(file, path, AUS_I64, n, 1, x + k * n, err));
    aus_buf_printf(out, ",%s", column[k]);
  }
  aus_buf_text(out, "\n");
  for (j = 0; j < n; j++) {
    put_name(out, true, s->ranges.digest[j]);
    put_name(out, false, s->ranges.package[j]);
    for (k = 0; k < 5; k++)
      aus_buf_printf(out, ",%" PRId64, x[k * n + j]);
    aus_buf_text(out, "\n");
  }
done:
  aus_free(x);
  return rc;
}

struct named {
  const char *name;
  int64_t at;
};

static int by_name(const void *a, const void *b)
{
  const struct named *x = a, *y = b;

  return strcmp(x->name, y->name);
}

/* Packages by name, clusters across. */
static int durations_csv(const study *s, aus_buf *out, aus_err *err)
{
  int rc = AUS_OK;
  const aus_match_builds *b = &s->builds;
  int64_t n = b->measured.packages.n, p, c;
  struct named *row = NULL;

  AUS_NEW(row, n, err);
  for (p = 0; p < n; p++)
    row[p] = (struct named){b->measured.packages.text[p], p};
  if (n > 0) qsort(row, (size_t)n, sizeof *row, by_name);
  aus_buf_text(out, "package,optimal_duration_s");
  for (c = 0; c < b->n_clusters; c++)
    put_name(out, false, b->clusters.text[c]);
  for (p = 0; p < n; p++) {
    aus_buf_text(out, "\n");
    put_name(out, true, row[p].name);
    put(out, b->optimal_s[row[p].at]);
    for (c = 0; c < b->n_clusters; c++)
      put(out, b->duration_s[row[p].at * b->n_clusters + c]);
  }
  aus_buf_text(out, "\n");
done:
  aus_free(row);
  return rc;
}

static int bulk_text(const study *s, aus_read *file, const char *dir, aus_buf *out, aus_err *err)
{
  int rc = AUS_OK;

  if (s->has_clusters && aus_match_all_done(s, AUS_MATCH_K_FIT)) {
    AUS_TRY(p_csv(s, file, out, err));
    AUS_TRY(write_text(dir, "p_table.csv", out, err));
  }
  if (aus_match_all_done(s, AUS_MATCH_K_LADDER)) {
    AUS_TRY(jobs_csv(s, file, out, err));
    AUS_TRY(write_text(dir, "unmatched_at.csv", out, err));
  }
  if (aus_match_all_done(s, AUS_MATCH_K_VIEW) && s->climb.first_kept <= s->climb.sub.n) {
    AUS_TRY(assign_csv(s, file, out, err));
    AUS_TRY(write_text(dir, "assign.csv", out, err));
  }
  if (aus_match_all_done(s, AUS_MATCH_K_RANGE)) {
    AUS_TRY(range_csv(s, file, out, err));
    AUS_TRY(write_text(dir, "range.csv", out, err));
  }
  if (aus_match_all_done(s, AUS_MATCH_K_SPACKBUILD)) {
    AUS_TRY(durations_csv(s, out, err));
    AUS_TRY(write_text(dir, "spackbuild_durations.csv", out, err));
  }
done:
  return rc;
}

int aus_match_text(void *self, const char *path, const char *dir, aus_err *err)
{
  int rc = AUS_OK, i;
  study *s = self;
  aus_read *file = NULL;
  aus_match_listing l = {.n = 0};
  aus_buf out;

  aus_buf_init(&out);
  AUS_TRY(aus_read_open(&file, path, "match", err));
  for (i = 0; i < AUS_MATCH_N_LISTINGS; i++) {
    aus_match_listing_fini(&l);
    AUS_TRY(aus_match_listing_make(s, i, &l, err));
    if (l.n_columns == 0) continue;
    listing_csv(&l, &out);
    AUS_TRY(write_text(dir, l.file, &out, err));
  }
  AUS_TRY(bulk_text(s, file, dir, &out, err));
done:
  aus_match_listing_fini(&l);
  aus_read_close(file);
  aus_buf_fini(&out);
  return rc;
}
