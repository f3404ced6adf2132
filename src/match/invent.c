/* match/invent.c - made-up inputs of the smaller experiments.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/invent.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "match/version.h"
#include "util/alloc.h"

enum { BUILDS = 6, LAMMPS = 7 }; /* streams */

static double draw(uint64_t seed, int k, int64_t i, int64_t j)
{
  return aus_match_uniform(seed, (uint64_t)k, (uint64_t)i, (uint64_t)j);
}

/* ---- version ranges ---- */

/* A version with which a package's builds succeeded. */
typedef struct seen {
  int32_t package, name;
  const char *version; /* lent by the specs */
} seen;

static int by_place(const void *a, const void *b)
{
  const seen *x = a, *y = b;

  if (x->package != y->package) return x->package < y->package ? -1 : 1;
  if (x->name != y->name) return x->name < y->name ? -1 : 1;
  return x->version == y->version ? 0 : aus_match_version_compare(x->version, y->version);
}

static seen seen_of(const aus_match_specs *s, int64_t spec, int64_t node)
{
  return (seen){.package = s->spec[spec].package,
                .name = s->node[node].name,
                .version = s->texts.text[s->node[node].version]};
}

/* All of them, sorted, each once. @return in *n how many */
static int gather(seen **out, int64_t *n, const aus_match_specs *s, aus_err *err)
{
  int rc = AUS_OK;
  seen *all = NULL;
  int64_t i, k, m = 0;

  AUS_NEW(all, s->n > 0 ? s->node_at[s->n] : 0, err);
  for (i = 0; i < s->n; i++)
    for (k = s->node_at[i] + 1; s->spec[i].label == 1 && k < s->node_at[i + 1]; k++)
      all[m++] = seen_of(s, i, k);
  if (m > 0) qsort(all, (size_t)m, sizeof *all, by_place);
  for (*n = 0, k = 0; k < m; k++)
    if (k == 0 || by_place(&all[*n - 1], &all[k]) != 0) all[(*n)++] = all[k];
  *out = all;
done:
  return rc;
}

/* Up to a quarter of the versions of the package to either side. */
static void write_range(const seen *all, int64_t n, const seen *own, const aus_match_specs *s,
                        aus_buf *out)
{
  const seen *at = bsearch(own, all, (size_t)n, sizeof *all, by_place);
  const seen *low = at, *high = at, *end = all + n - 1;
  int64_t w;

  while (low > all && low[-1].package == own->package && low[-1].name == own->name)
    low--;
  while (high < end && high[1].package == own->package && high[1].name == own->name)
    high++;
  w = (high - low + 3) / 4;
  if (at - low > w) low = at - w;
  if (high - at > w) high = at + w;
  aus_buf_printf(out, "%s@%s:%s", s->node_names.text[own->name], low->version, high->version);
}

int aus_match_invent_ranges(const aus_match_specs *s, aus_buf *jobs, aus_err *err)
{
  int rc = AUS_OK;
  seen *all = NULL, own;
  int64_t n = 0, i, k;

  AUS_TRY(gather(&all, &n, s, err));
  aus_buf_text(jobs, "digest,package,ranges\n");
  for (i = 0; i < s->n; i++) {
    if (s->spec[i].label != 1 || s->node_at[i + 1] - s->node_at[i] < 2) continue;
    aus_buf_printf(jobs, "%s,%s", s->digests.text[i], s->packages.text[s->spec[i].package]);
    for (k = s->node_at[i] + 1; k < s->node_at[i + 1]; k++) {
      own = seen_of(s, i, k);
      aus_buf_text(jobs, k == s->node_at[i] + 1 ? "," : " ");
      write_range(all, n, &own, s, jobs);
    }
    aus_buf_text(jobs, "\n");
  }
  AUS_TRY(aus_buf_check(jobs, err));
done:
  aus_free(all);
  return rc;
}

/* ---- CI builds ---- */

enum {
  N_ARCHS = 5,
  N_TOOLS = 8,
  ROUNDS = 5, /* builds that every package has */
  MOST_CLUSTERS = 100,
  MOST_GIB = 48
};

/* In the order of how much they are asked for. */
static const char *const ARCH[N_ARCHS] = {"debian12-x86_64_v3", "rocky9-x86_64_v3",
                                          "debian12-neoverse_v1", "rocky9-neoverse_n1",
                                          "debian12-x86_64_v4"};

static const struct {
  const char *compiler, *version;
} TOOL[N_TOOLS] = {{"gcc", "11.4.0"},   {"gcc", "9.4.0"},      {"gcc", "12.3.0"},
                   {"clang", "15.0.7"}, {"gcc", "10.5.0"},     {"gcc", "13.2.0"},
                   {"clang", "17.0.6"}, {"oneapi", "2024.0.0"}};

typedef struct package {
  double memory_bytes, duration_s;
  int64_t fastest_s, fastest_bytes; /* 0: no build */
} package;

/* F_n of the header. */
static double spread(uint64_t seed, int64_t i, int64_t j, int n)
{
  double product = 1.0;
  int k;

  for (k = 0; k < n; k++)
    product *= 0.5 + draw(seed, BUILDS, i, j + k);
  return product;
}

/* One of n, the first ones the likelier. */
static int64_t popular(uint64_t seed, int64_t i, int64_t j, int64_t n)
{
  double u = draw(seed, BUILDS, i, j);

  return (int64_t)(u * u * (double)n);
}

static int64_t any_of(uint64_t seed, int64_t i, int64_t j, int64_t n)
{
  return (int64_t)(draw(seed, BUILDS, i, j) * (double)n);
}

static void add_build(const aus_match_size *s, int64_t b, package *of, aus_buf *out)
{
  int64_t p = b < ROUNDS * s->packages ? b % s->packages : popular(s->seed, b, 10, s->packages);
  int64_t arch = popular(s->seed, b, 17, N_ARCHS), tool = popular(s->seed, b, 18, N_TOOLS);
  package *x = &of[p];
  double mean = x->memory_bytes * spread(s->seed, b, 11, 2);
  double most = mean * (1.0 + 1.75 * spread(s->seed, b, 13, 3));
  double duration = x->duration_s * fmax(1.0, x->memory_bytes / mean) * spread(s->seed, b, 16, 1);

  aus_buf_printf(out, "pkg%03" PRId64 ",%s,%s,%s,%" PRId64 ",%" PRId64 ",%" PRId64 "\n", p,
                 ARCH[arch], TOOL[tool].compiler, TOOL[tool].version, (int64_t)most, (int64_t)mean,
                 (int64_t)duration);
  if (x->fastest_s == 0 || (int64_t)duration < x->fastest_s) {
    x->fastest_s = (int64_t)duration;
    x->fastest_bytes = (int64_t)mean;
  }
}

static void write_cluster(const aus_match_size *s, int64_t c, aus_buf *out)
{
  int64_t gib = 1 + any_of(s->seed, c, 20, MOST_GIB), cents = 40 + 8 * gib;
  int64_t arch = any_of(s->seed, c, 21, N_ARCHS), tool = any_of(s->seed, c, 22, N_TOOLS);

  aus_buf_printf(out, "cluster%02" PRId64 ",%" PRId64 ",%" PRId64 ".%02" PRId64 ",%s,%s,%s\n", c,
                 gib << 30, cents / 100, cents % 100, ARCH[arch], TOOL[tool].compiler,
                 TOOL[tool].version);
}

int aus_match_invent_builds(const aus_match_size *size, aus_buf *builds, aus_buf *clusters,
                            aus_buf *optima, aus_err *err)
{
  int rc = AUS_OK;
  package *of = NULL;
  int64_t p, i;

  if (size->packages < 1 || size->jobs < 1 || size->clusters < 1)
    AUS_FAIL(err, AUS_EINVAL,
             "invent %" PRId64 " builds of %" PRId64 " packages, %" PRId64 " clusters, need >= 1",
             size->jobs, size->packages, size->clusters);
  AUS_NEW(of, size->packages, err);
  for (p = 0; p < size->packages; p++)
    of[p] = (package){.memory_bytes = 4e9 * spread(size->seed, p, 0, 4),
                      .duration_s = 500.0 * spread(size->seed, p, 4, 3)};
  aus_buf_text(builds, "package,arch,compiler,compiler_version,mem_max_bytes,mem_mean_bytes,"
                       "duration_s\n");
  for (i = 0; i < size->jobs; i++)
    add_build(size, i, of, builds);
  aus_buf_text(clusters,
               "cluster,memory_bytes,cost_per_node_hour,arch,compiler,compiler_version\n");
  for (i = 0; i < size->clusters && i < MOST_CLUSTERS; i++)
    write_cluster(size, i, clusters);
  aus_buf_text(optima, "package,memory_global_best_runtime\n");
  for (p = 0; p < size->packages; p++)
    if (of[p].fastest_s > 0)
      aus_buf_printf(optima, "pkg%03" PRId64 ",%" PRId64 "\n", p, of[p].fastest_bytes);
  AUS_TRY(aus_buf_check(builds, err));
  AUS_TRY(aus_buf_check(clusters, err));
  AUS_TRY(aus_buf_check(optima, err));
done:
  aus_free(of);
  return rc;
}

/* ---- lammps ---- */

enum { N_AXES = 4, N_COMBINATIONS = 48, N_JOBS = 18 };

static const struct {
  const char *subsystem, *feature;
  int n;
  const char *value[4];
} AXIS[N_AXES] = {
    {"io.archspec", "cpu.target", 2, {"amd64", "arm64"}},
    {"os", "os.full", 4, {"debian11", "debian12", "rocky8", "rocky9"}},
    {"mpi", "mpi.implementation", 3, {"openmpi", "mpich", "mvapich"}},
    {"hardware", "hardware.gpu.available", 2, {"no", "yes"}},
};

/* Which value a combination has on an axis, the last axis running fastest. */
static int value_of(int combination, int axis)
{
  int k;

  for (k = N_AXES - 1; k > axis; k--)
    combination /= AXIS[k].n;
  return combination % AXIS[axis].n;
}

static const char *text_of(int combination, int axis)
{
  return AXIS[axis].value[value_of(combination, axis)];
}

static bool has_gpu(int combination)
{
  return value_of(combination, N_AXES - 1) == 1;
}

static void deal(uint64_t seed, int64_t which, int *card)
{
  int i, at, x;

  for (i = 0; i < N_COMBINATIONS; i++)
    card[i] = i;
  for (i = N_COMBINATIONS - 1; i > 0; i--) {
    at = (int)(draw(seed, LAMMPS, which, i) * (i + 1));
    x = card[i];
    card[i] = card[at];
    card[at] = x;
  }
}

static void write_name(int job, aus_buf *out)
{
  aus_buf_printf(out, "%s-%s-%s%s", text_of(job, 2), text_of(job, 1), text_of(job, 0),
                 has_gpu(job) ? "-gpu" : "");
}

static void write_jobs(const int *job, aus_buf *out)
{
  int j, k;

  aus_buf_text(out, "job,subsystem,feature,value\n");
  for (j = 0; j < N_JOBS; j++)
    for (k = 0; k < N_AXES; k++) {
      write_name(job[j], out);
      aus_buf_printf(out, ",%s,%s,%s\n", AXIS[k].subsystem, AXIS[k].feature, text_of(job[j], k));
    }
}

static void write_offers(const int *cluster, aus_buf *out)
{
  int c, k, v;

  aus_buf_text(out, "cluster");
  for (k = 0; k < N_AXES; k++)
    for (v = 0; v < AXIS[k].n; v++)
      aus_buf_printf(out, ",%s=%s", AXIS[k].feature, AXIS[k].value[v]);
  for (c = 0; c < N_COMBINATIONS; c++) {
    aus_buf_printf(out, "\ncluster%02d", c);
    for (k = 0; k < N_AXES; k++)
      for (v = 0; v < AXIS[k].n; v++)
        aus_buf_printf(out, ",%d", v == value_of(cluster[c], k));
  }
  aus_buf_text(out, "\n");
}

/* The GPU running fastest, the next combination differs in nothing else. */
static const char *truth_of(int job, int cluster)
{
  if (cluster == job) return "1";
  return !has_gpu(job) && cluster == job + 1 ? "0.5" : "0";
}

static void write_truth(const int *job, const int *cluster, aus_buf *out)
{
  int c, j;

  aus_buf_text(out, "cluster");
  for (j = 0; j < N_JOBS; j++) {
    aus_buf_text(out, ",");
    write_name(job[j], out);
  }
  for (c = 0; c < N_COMBINATIONS; c++) {
    aus_buf_printf(out, "\ncluster%02d", c);
    for (j = 0; j < N_JOBS; j++)
      aus_buf_printf(out, ",%s", truth_of(job[j], cluster[c]));
  }
  aus_buf_text(out, "\n");
}

int aus_match_invent_lammps(uint64_t seed, aus_buf *jobs, aus_buf *clusters, aus_buf *truth,
                            aus_err *err)
{
  int rc = AUS_OK, cluster[N_COMBINATIONS], job[N_COMBINATIONS];

  deal(seed, 0, cluster);
  deal(seed, 1, job);
  write_jobs(job, jobs);
  write_offers(cluster, clusters);
  write_truth(job, cluster, truth);
  AUS_TRY(aus_buf_check(jobs, err));
  AUS_TRY(aus_buf_check(clusters, err));
  AUS_TRY(aus_buf_check(truth, err));
done:
  return rc;
}
