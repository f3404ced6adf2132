/* bench_match.c - the ladder over the stored builds with choices, and a million jobs on generated clusters.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tables, models and bit sets are made before. Work is counted in jobs, of match_views in levels. The input of
 * match_ladder, match_choose and match_views is $AUSPEX_SHARED/data/match/reliabuild.
 */
#include <config.h>

#include "bench/bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "match/assign.h"
#include "match/counts.h"
#include "match/generate.h"
#include "match/ladder.h"
#include "util/alloc.h"
#include "util/file.h"

typedef struct bed {
  aus_match_specs specs;
  aus_match_tables tables;
  aus_match_space space;
  aus_match_clusters clusters;
  aus_match_jobs jobs;
  aus_match_nb *nb;
  aus_match_index index;
  aus_match_p p;
  int *level_of;
  aus_match_ladder ladder;
  int64_t *n_matches;
  double matches, score, resident_mib;
} bed;

static void bed_fini(bed *b)
{
  aus_free(b->n_matches);
  aus_free(b->level_of);
  aus_match_p_fini(&b->p);
  aus_match_index_fini(&b->index);
  aus_match_nbs_free(b->nb, b->tables.n);
  aus_match_jobs_fini(&b->jobs);
  aus_match_clusters_fini(&b->clusters);
  aus_match_space_fini(&b->space);
  aus_match_tables_fini(&b->tables);
  aus_match_specs_fini(&b->specs);
}

/* A table of the shared data; *there = 0: it is not there. */
static int read_shared(aus_sheet *sheet, const char *file, int *there, aus_err *err)
{
  int rc = AUS_OK;
  const char *dir = getenv("AUSPEX_SHARED");
  char path[1024], *bytes = NULL;
  size_t n;
  FILE *f;

  snprintf(path, sizeof path, "%s/data/match/reliabuild/%s", dir ? dir : "../shared", file);
  f = fopen(path, "rb");
  *there = f != NULL;
  if (!f) return AUS_OK;
  fclose(f);
  AUS_TRY(aus_file_read(path, &bytes, &n, err));
  AUS_TRY(aus_sheet_read(sheet, file, bytes, n, err));
done:
  aus_free(bytes);
  return rc;
}

static int prepare_stored(bed *b, const aus_sheet *specs, const aus_sheet *clusters, aus_err *err)
{
  const aus_match_p_conf conf = {.unseen = AUS_MATCH_UNSEEN_SKIP};
  int rc = AUS_OK, f;
  aus_match_subsystems sub = {0};

  AUS_TRY(aus_match_specs_read(&b->specs, specs, err));
  AUS_TRY(aus_match_tables_make(&b->tables, &b->specs, false, err));
  AUS_TRY(aus_match_clusters_read(&b->clusters, &b->space, clusters, err));
  AUS_TRY(aus_match_jobs_make(&b->jobs, &b->specs, &b->tables, &b->space, err));
  AUS_TRY(aus_match_nbs_fit(&b->nb, &b->tables, 1.0, err));
  AUS_TRY(aus_match_index_make(&b->index, &b->space, &b->clusters, err));
  AUS_TRY(aus_match_p_jobs(&b->p, &b->specs, &b->tables, b->nb, &b->space, &b->clusters, &b->jobs,
                           &conf, err));
  AUS_TRY(aus_match_subsystems_make(&sub, &b->space, AUS_MATCH_BY_PACKAGE, err));
  AUS_NEW(b->level_of, b->space.n, err);
  for (f = 0; f < b->space.n; f++)
    b->level_of[f] = sub.of[f] + 1;
  b->ladder = (aus_match_ladder){&b->index, &b->jobs, &b->p, b->level_of, sub.n};
done:
  aus_match_subsystems_fini(&sub);
  return rc;
}

static int run_ladder(void *self, int64_t *work, aus_err *err)
{
  int rc = AUS_OK;
  bed *b = self;
  aus_match_levels levels = {0};

  AUS_TRY(aus_match_ladder_run(&b->ladder, &levels, NULL, err));
  b->matches = (double)levels.total[levels.n - 1];
  *work = b->jobs.n;
done:
  aus_match_levels_fini(&levels);
  return rc;
}

static const aus_match_chooser expected = {.select = AUS_MATCH_SELECT_EXPECTED};

/* The sum at the last level, block by block. */
static int run_choose(void *self, int64_t *work, aus_err *err)
{
  int rc = AUS_OK;
  bed *b = self;
  aus_match_chosen chosen = {0};
  aus_match_work w = {0};
  int64_t j, n = b->jobs.n;

  AUS_TRY(aus_match_work_make(&w, &b->ladder, err));
  AUS_TRY(aus_match_chosen_make(&chosen, b->ladder.n_levels, err));
  for (j = 0; j < n; j += AUS_MATCH_BLOCK)
    AUS_TRY(aus_match_choose_block(&b->ladder, &expected, j,
                                   j + AUS_MATCH_BLOCK < n ? j + AUS_MATCH_BLOCK : n, &w, &chosen,
                                   err));
  b->score = chosen.sum[chosen.n - 1];
  *work = n;
done:
  aus_match_work_fini(&w);
  aus_match_chosen_fini(&chosen);
  return rc;
}

/* Every level, where the mean over the matches goes. */
static int run_views(void *self, int64_t *work, aus_err *err)
{
  int rc = AUS_OK, level;
  bed *b = self;
  aus_match_view v = {0};
  aus_match_work w = {0};
  int64_t c;

  AUS_TRY(aus_match_work_make(&w, &b->ladder, err));
  AUS_TRY(aus_match_view_make(&v, &b->ladder, err));
  for (level = 0; level <= b->ladder.n_levels; level++)
    AUS_TRY(aus_match_view_level(&b->ladder, &expected, level, &w, &v, err));
  for (b->score = 0.0, c = 0; c < b->clusters.n; c++)
    b->score += v.score[c];
  *work = level;
done:
  aus_match_work_fini(&w);
  aus_match_view_fini(&v);
  return rc;
}

/* A body on the stored builds. */
static int stored(const char *name, bench_body body, const char *what, bool score, aus_err *err)
{
  int rc = AUS_OK, there[2];
  bed b = {0};
  aus_sheet specs = {0}, clusters = {0};
  const bench_field field = {what, score ? &b.score : &b.matches};

  AUS_TRY(read_shared(&specs, "specs.csv.gz", &there[0], err));
  AUS_TRY(read_shared(&clusters, "clusters.csv.gz", &there[1], err));
  if (!there[0] || !there[1]) {
    bench_skip(name, "no builds in AUSPEX_SHARED");
    goto done;
  }
  AUS_TRY(prepare_stored(&b, &specs, &clusters, err));
  AUS_TRY(bench_repeat_fields(name, b.jobs.n, body, &b, 1, &field, err));
done:
  aus_sheet_fini(&specs);
  aus_sheet_fini(&clusters);
  bed_fini(&b);
  return rc;
}

static int ladder(const char *name, aus_err *err)
{
  return stored(name, run_ladder, "matches", false, err);
}

static int choose(const char *name, aus_err *err)
{
  return stored(name, run_choose, "score", true, err);
}

static int views(const char *name, aus_err *err)
{
  return stored(name, run_views, "score", true, err);
}

static int run_million(void *self, int64_t *work, aus_err *err)
{
  int rc = AUS_OK;
  bed *b = self;
  struct rusage use;
  int64_t j;

  AUS_TRY(aus_match_counts(&b->index, &b->jobs, 0, b->jobs.n, b->n_matches, err));
  b->matches = 0;
  for (j = 0; j < b->jobs.n; j++)
    b->matches += (double)b->n_matches[j];
  if (getrusage(RUSAGE_SELF, &use) == 0) b->resident_mib = (double)use.ru_maxrss / 1024.0;
  *work = b->jobs.n;
done:
  return rc;
}

static int million(const char *name, aus_err *err)
{
  const aus_match_size size = {
      .seed = 2024, .packages = 50, .features = 119, .jobs = 1000000, .clusters = 100000};
  int rc = AUS_OK;
  bed b = {0};
  const bench_field field[] = {{"matches", &b.matches}, {"resident_mib", &b.resident_mib}};

  AUS_TRY(aus_match_generate_clusters(&b.space, &b.clusters, &size, err));
  AUS_TRY(aus_match_generate_specs(&b.specs, &size, &b.space, err));
  AUS_TRY(aus_match_jobs_make(&b.jobs, &b.specs, NULL, &b.space, err));
  AUS_TRY(aus_match_index_make(&b.index, &b.space, &b.clusters, err));
  aus_match_specs_fini(&b.specs);
  AUS_NEW(b.n_matches, b.jobs.n, err);
  AUS_TRY(bench_repeat_fields(name, b.jobs.n, run_million, &b, 2, field, err));
done:
  bed_fini(&b);
  return rc;
}

const bench_case bench_match_cases[] = {{"match_ladder", ladder},
                                        {"match_choose", choose},
                                        {"match_views", views},
                                        {"match_million", million},
                                        {0}};
