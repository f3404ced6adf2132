/* match/builds.c - the experiment with CI builds.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/builds.h"

#include <math.h>
#include <string.h>

#include "match/version.h"
#include "util/alloc.h"

enum { SECONDS_PER_HOUR = 3600 };

static int add_text(aus_match_names *names, const char *text, int32_t *id, aus_err *err)
{
  return aus_match_names_add(names, text, strlen(text), id, err);
}

enum { B_NAME, B_ARCH, B_COMPILER, B_VERSION, B_MAX, B_COLUMNS };

static int columns_of(const aus_sheet *s, const char *const *name, int n, int64_t *column,
                      aus_err *err)
{
  int rc = AUS_OK, k;

  for (k = 0; k < n; k++)
    AUS_TRY(aus_sheet_column(s, name[k], &column[k], err));
done:
  return rc;
}

static int read_builds(aus_match_builds *b, const aus_sheet *s, aus_err *err)
{
  static const char *const head[B_COLUMNS] = {"package", "arch", "compiler", "compiler_version",
                                              "mem_max_bytes"};
  int rc = AUS_OK;
  int64_t i, column[B_COLUMNS];

  AUS_TRY(columns_of(s, head, B_COLUMNS, column, err));
  AUS_TRY(aus_match_measured_read(&b->measured, s, err));

  AUS_NEW(b->build, s->n_rows, err);
  b->n = s->n_rows;
  for (i = 0; i < b->n; i++) {
    aus_match_build *x = &b->build[i];

    x->package = aus_match_measured_find(&b->measured, aus_sheet_at(s, i, column[B_NAME]));
    AUS_TRY(add_text(&b->texts, aus_sheet_at(s, i, column[B_ARCH]), &x->arch, err));
    AUS_TRY(add_text(&b->texts, aus_sheet_at(s, i, column[B_COMPILER]), &x->compiler, err));
    AUS_TRY(add_text(&b->texts, aus_sheet_at(s, i, column[B_VERSION]), &x->version, err));
    AUS_TRY(aus_sheet_amount(s, i, column[B_MAX], false, &x->memory_bytes, err));
    x->memory_bytes = floor(x->memory_bytes);
  }
done:
  return rc;
}

static int read_offers(aus_match_builds *b, const aus_sheet *s, aus_err *err)
{
  static const char *const head[] = {"cluster", "memory_bytes", "cost_per_node_hour",
                                     "arch",    "compiler",     "compiler_version"};
  int rc = AUS_OK;
  int64_t i, column[6];
  int32_t id;

  AUS_TRY(columns_of(s, head, 6, column, err));
  AUS_NEW(b->offer, s->n_rows, err);
  for (i = 0; i < s->n_rows; i++) {
    aus_match_offer *x = &b->offer[i];

    AUS_TRY(add_text(&b->clusters, aus_sheet_at(s, i, column[0]), &id, err));
    if (id != i) {
      rc = aus_sheet_refuse(s, i, err, "cluster \"%s\" twice", aus_sheet_at(s, i, column[0]));
      goto done;
    }
    AUS_TRY(aus_sheet_amount(s, i, column[1], false, &x->memory_bytes, err));
    AUS_TRY(aus_sheet_amount(s, i, column[2], true, &x->cost_per_node_hour, err));
    AUS_TRY(add_text(&b->texts, aus_sheet_at(s, i, column[3]), &x->arch, err));
    AUS_TRY(add_text(&b->texts, aus_sheet_at(s, i, column[4]), &x->compiler, err));
    AUS_TRY(add_text(&b->texts, aus_sheet_at(s, i, column[5]), &x->version, err));
  }
  b->n_clusters = s->n_rows;
done:
  return rc;
}

/* Memory of the fastest build of each package. */
static int read_optima(const aus_match_measured *m, const aus_sheet *optima, double *memory_bytes,
                       aus_err *err)
{
  static const char *const head[] = {"package", "memory_global_best_runtime"};
  int rc = AUS_OK;
  int64_t p, i, column[2];

  AUS_TRY(columns_of(optima, head, 2, column, err));
  for (p = 0; p < m->packages.n; p++)
    memory_bytes[p] = NAN;
  for (i = 0; i < optima->n_rows; i++) {
    p = aus_match_measured_find(m, aus_sheet_at(optima, i, column[0]));
    if (p >= 0) AUS_TRY(aus_sheet_amount(optima, i, column[1], false, &memory_bytes[p], err));
  }
  for (p = 0; p < m->packages.n; p++)
    if (isnan(memory_bytes[p]))
      AUS_FAIL(err, AUS_EFORMAT, "%s: no package \"%s\"", optima->name, m->packages.text[p]);
done:
  return rc;
}

/* The same from the builds themselves: of equally fast ones the first. */
static void find_optima(const aus_match_measured *m, double *memory_bytes)
{
  int64_t p, i, best;

  for (p = 0; p < m->packages.n; p++) {
    best = m->first[p];
    for (i = best + 1; i < m->first[p + 1]; i++)
      if (m->duration_s[i] < m->duration_s[best]) best = i;
    memory_bytes[p] = m->memory_bytes[best];
  }
}

/* One package. @param [in] memory_bytes  of the clusters, then of its fastest build */
static int predict(aus_match_builds *b, int64_t p, aus_match_duration_kind kind,
                   const double *memory_bytes, aus_err *err)
{
  int rc = AUS_OK;
  int64_t n = b->n_clusters;
  aus_match_duration *d = NULL;

  AUS_TRY(aus_match_measured_fit(&b->measured, p, kind, &d, err));
  AUS_TRY(aus_match_duration_predict(d, n, memory_bytes, b->duration_s + p * n, err));
  AUS_TRY(aus_match_duration_predict(d, 1, memory_bytes + n, &b->optimal_s[p], err));
done:
  aus_match_duration_destroy(d);
  return rc;
}

static int predict_all(aus_match_builds *b, const aus_sheet *optima, aus_match_duration_kind kind,
                       aus_err *err)
{
  int rc = AUS_OK;
  double *memory = NULL, *best = NULL;
  int64_t n_packages = b->measured.packages.n, p, c;

  AUS_NEW(memory, b->n_clusters + 1, err);
  AUS_NEW(best, n_packages, err);
  AUS_NEW(b->duration_s, n_packages * b->n_clusters, err);
  AUS_NEW(b->optimal_s, n_packages, err);
  if (optima)
    AUS_TRY(read_optima(&b->measured, optima, best, err));
  else
    find_optima(&b->measured, best);
  for (c = 0; c < b->n_clusters; c++)
    memory[c] = b->offer[c].memory_bytes;
  for (p = 0; p < n_packages; p++) {
    memory[b->n_clusters] = best[p];
    AUS_TRY(predict(b, p, kind, memory, err));
  }
done:
  aus_free(memory);
  aus_free(best);
  return rc;
}

int aus_match_builds_read(aus_match_builds *out, const aus_sheet *builds, const aus_sheet *clusters,
                          const aus_sheet *optima, aus_match_duration_kind kind, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_builds b = {0};

  *out = (aus_match_builds){0};
  AUS_TRY(read_builds(&b, builds, err));
  AUS_TRY(read_offers(&b, clusters, err));
  AUS_TRY(predict_all(&b, optima, kind, err));
  *out = b;
  b = (aus_match_builds){0};
done:
  aus_match_builds_fini(&b);
  return rc;
}

void aus_match_builds_fini(aus_match_builds *b)
{
  aus_match_measured_fini(&b->measured);
  aus_match_names_fini(&b->texts);
  aus_match_names_fini(&b->clusters);
  aus_free(b->build);
  aus_free(b->offer);
  aus_free(b->duration_s);
  aus_free(b->optimal_s);
  *b = (aus_match_builds){0};
}

/* What holds between a build and a cluster. */
enum {
  ARCH = 1,
  COMPILER = 2,
  SAME_VERSION = 4, /* of the same compiler */
  MEMORY = 8,
  NOT_OLDER = 16, /* the cluster's version, of the same compiler */
  NOT_NEWER = 32
};

const char *const aus_match_builds_names[AUS_MATCH_BUILDS_ROWS] = {
    "none",
    "arch-subsystem",
    "compiler-subsystem",
    "compiler-version-subsystem",
    "memory-subsystem",
    "arch-compiler",
    "arch-compiler-compiler-version",
    "arch-compiler-compiler-version-memory",
    "constraint-cheapest",
    "arch-compiler-minversion",
    "arch-compiler-minversion-memory"};

typedef struct step {
  int need;
  int after; /* jobs that an earlier row left unmatched are out; -1: all jobs */
} step;

static const step STEP[AUS_MATCH_BUILDS_ROWS] = {{0, -1},
                                                 {ARCH, -1},
                                                 {COMPILER, -1},
                                                 {SAME_VERSION, -1},
                                                 {MEMORY, -1},
                                                 {ARCH | COMPILER, -1},
                                                 {ARCH | COMPILER | SAME_VERSION, -1},
                                                 {ARCH | COMPILER | SAME_VERSION | MEMORY, 6},
                                                 {ARCH | COMPILER | SAME_VERSION | MEMORY, 7},
                                                 {ARCH | COMPILER | NOT_OLDER, -1},
                                                 {ARCH | COMPILER | NOT_OLDER | MEMORY, -1}};

static int holds(const aus_match_build *x, const aus_match_offer *o, const int32_t *rank)
{
  int what = 0;

  if (x->arch == o->arch) what |= ARCH;
  if (o->memory_bytes >= x->memory_bytes) what |= MEMORY;
  if (x->compiler != o->compiler) return what;
  what |= COMPILER;
  if (x->version == o->version) what |= SAME_VERSION;
  if (rank[o->version] >= rank[x->version]) what |= NOT_OLDER;
  if (rank[o->version] <= rank[x->version]) what |= NOT_NEWER;
  return what;
}

static double beyond_s(const aus_match_builds *b, int32_t p, int64_t c)
{
  return b->duration_s[p * b->n_clusters + c] - b->optimal_s[p];
}

static double cost_of(const aus_match_builds *b, int64_t c, double s)
{
  return s / SECONDS_PER_HOUR * b->offer[c].cost_per_node_hour;
}

/* One build in one step. @return is it matched */
static bool add_build(const aus_match_builds *b, int32_t p, const int *what, int need,
                      aus_match_builds_row *row)
{
  int64_t c, n = 0, original = 0, stated = 0, cheapest = -1;
  double runtime = 0.0, cost = 0.0, price, least = INFINITY;

  for (c = 0; c < b->n_clusters; c++) {
    if ((what[c] & need) != need) continue;
    n++;
    original += (what[c] & ARCH) && (what[c] & NOT_NEWER);
    stated += (what[c] & ARCH) && (what[c] & NOT_OLDER);
    runtime += beyond_s(b, p, c);
    cost += cost_of(b, c, beyond_s(b, p, c));
    price = cost_of(b, c, b->duration_s[p * b->n_clusters + c]);
    if (cheapest < 0 || price < least) { /* one of them, also where all are infinite */
      least = price;
      cheapest = c;
    }
  }
  row->jobs++;
  row->matches_mean += (double)n;
  row->matches_sd += (double)n * (double)n;
  row->unmatched += n == 0;
  if (n == 0) return false;
  row->success_original += (double)original / (double)n;
  row->success += (double)stated / (double)n;
  row->runtime_s += runtime / (double)n;
  row->cost += cost / (double)n;
  row->cheapest_runtime_s += beyond_s(b, p, cheapest);
  row->cheapest_cost += cost_of(b, cheapest, beyond_s(b, p, cheapest));
  return true;
}

static void to_means(aus_match_builds_row *row)
{
  double n = (double)row->jobs, matched = (double)(row->jobs - row->unmatched), mean;

  mean = n > 0 ? row->matches_mean / n : (double)NAN;
  row->matches_sd = n > 0 ? sqrt(fmax(0.0, row->matches_sd / n - mean * mean)) : (double)NAN;
  row->matches_mean = mean;
  row->success_original = matched > 0 ? row->success_original / matched : (double)NAN;
  row->success = matched > 0 ? row->success / matched : (double)NAN;
}

int aus_match_builds_run(const aus_match_builds *b, aus_match_builds_row *out, aus_err *err)
{
  int rc = AUS_OK, k, *what = NULL;
  int32_t *rank = NULL; /* of all texts; asked of versions alone */
  int64_t i, c;

  for (k = 0; k < AUS_MATCH_BUILDS_ROWS; k++)
    out[k] = (aus_match_builds_row){0};
  AUS_NEW(rank, b->texts.n, err);
  AUS_TRY(aus_match_version_ranks(b->texts.text, b->texts.n, rank, err));
  AUS_NEW(what, b->n_clusters, err);
  for (i = 0; i < b->n; i++) {
    bool matched[AUS_MATCH_BUILDS_ROWS] = {false};

    for (c = 0; c < b->n_clusters; c++)
      what[c] = holds(&b->build[i], &b->offer[c], rank);
    for (k = 0; k < AUS_MATCH_BUILDS_ROWS; k++)
      if (STEP[k].after < 0 || matched[STEP[k].after])
        matched[k] = add_build(b, b->build[i].package, what, STEP[k].need, &out[k]);
  }
  for (k = 0; k < AUS_MATCH_BUILDS_ROWS; k++)
    to_means(&out[k]);
done:
  aus_free(rank);
  aus_free(what);
  return rc;
}
