/* match/match_study_publish.c - what a match study puts into the shared file.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include <math.h>
#include <stdio.h>

#include "match/match_study_result.h"
#include "study/models.h"
#include "util/alloc.h"

typedef struct aus_match_study study;

static int publish_trials(study *s, aus_pub *pub, aus_err *err)
{
  static const char *const x_names[] = {"package", "division"};
  static const char *const units[AUS_MATCH_FOLD_METRICS] = {"1", "1", "1", "1"};
  int rc = AUS_OK;
  aus_campaign line =
      aus_campaign_of(AUS_MATCH_K_FOLDS + 1, s->n_tasks[AUS_MATCH_K_FOLDS], &s->trials);

  if (aus_match_has_stage(s, AUS_MATCH_ST_TRAIN))
    AUS_TRY(aus_trials_publish(&s->trials, pub, x_names, units, err));
  AUS_TRY(aus_campaigns_publish(&line, s->trials.n > 0, pub, err));
done:
  return rc;
}

/* ---- what rows and columns mean ---- */

/* A column of 32-bit numbers of this path's table. */
static int put_numbers(aus_pub *pub, const char *path, const char *name, const char *text,
                       int64_t n, const int32_t *values, aus_err *err)
{
  const aus_column c = AUS_COLUMN(name, AUS_I32, "1", 1, text);

  return aus_pub_column(pub, path, &c, n, values, err);
}

static int publish_packages(const study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;
  const aus_match_tables *t = &s->data.tables;
  const char **name = NULL;
  int32_t *rows = NULL, *successes = NULL;
  int64_t i;

  AUS_NEW(name, t->n, err);
  AUS_NEW(rows, t->n, err);
  AUS_NEW(successes, t->n, err);
  for (i = 0; i < t->n; i++) {
    name[i] = t->table[i].package;
    rows[i] = (int32_t)t->table[i].n_rows;
    successes[i] = (int32_t)t->table[i].n_success;
  }
  AUS_TRY(aus_pub_strings(pub, "match/packages/name", t->n, name, "package", err));
  AUS_TRY(put_numbers(pub, "match/packages", "rows", "labelled builds", t->n, rows, err));
  AUS_TRY(put_numbers(pub, "match/packages", "successes", "of them, how many succeeded", t->n,
                      successes, err));
done:
  aus_free(name);
  aus_free(rows);
  aus_free(successes);
  return rc;
}

static int publish_features(const aus_match_space *space, const int *subsystem, aus_pub *pub,
                            aus_err *err)
{
  int rc = AUS_OK, f;
  const char **text = NULL;
  int32_t *of = NULL, v;
  int64_t n = 0;

  for (f = 0; f < space->n; f++)
    n += space->feature[f].values.n;
  AUS_NEW(text, n, err);
  AUS_NEW(of, n, err);
  for (n = 0, f = 0; f < space->n; f++)
    for (v = 0; v < space->feature[f].values.n; v++, n++) {
      text[n] = space->feature[f].values.text[v];
      of[n] = f;
    }
  AUS_TRY(aus_pub_strings(pub, "match/features/name", space->n,
                          (const char *const *)space->names.text, "feature", err));
  if (subsystem)
    AUS_TRY(put_numbers(pub, "match/features", "subsystem", "row of match/subsystems", space->n,
                        subsystem, err));
  AUS_TRY(aus_pub_strings(pub, "match/values/value", n, text,
                          "values of each feature, the first one has code 0", err));
  AUS_TRY(put_numbers(pub, "match/values", "feature", "row of match/features", n, of, err));
done:
  aus_free(text);
  aus_free(of);
  return rc;
}

int aus_match_publish_clusters(const aus_match_space *space, const aus_match_clusters *clusters,
                               const int *subsystem, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;
  const aus_column codes =
      AUS_COLUMN_MATRIX("value", AUS_I32, space->n, "1", 1, "code of the value of each feature");

  AUS_TRY(aus_pub_strings(pub, "match/clusters/name", clusters->n,
                          (const char *const *)clusters->name, "cluster", err));
  AUS_TRY(aus_pub_column(pub, "match/clusters", &codes, clusters->n, clusters->value, err));
  AUS_TRY(publish_features(space, subsystem, pub, err));
done:
  return rc;
}

/* What is known of the clusters' state: one row per value, a number or a text. */
static int publish_state(const study *s, aus_pub *pub, aus_err *err)
{
  static const aus_column numbers =
      AUS_COLUMN("number", AUS_F64, "1", 1, "the value, where it is a number");
  int rc = AUS_OK;
  const aus_match_state *state = &s->climb.state;
  int64_t most = state->n * state->keys.n, n = 0, k, c;
  double *x = NULL;
  int32_t *cluster = NULL;
  const char **text = NULL, **key = NULL;

  AUS_NEW(x, most, err);
  AUS_NEW(cluster, most, err);
  AUS_NEW(text, most, err);
  AUS_NEW(key, most, err);
  for (c = 0; c < state->n; c++)
    for (k = 0; k < state->keys.n; k++) {
      aus_match_value v = state->value[c * state->cap + k];

      if (v.kind == AUS_MATCH_NONE) continue;
      cluster[n] = (int32_t)c;
      key[n] = state->keys.text[k];
      x[n] = v.kind == AUS_MATCH_NUMBER ? v.x : (double)NAN;
      text[n++] = v.kind == AUS_MATCH_TEXT ? v.text : "";
    }
  AUS_TRY(
      put_numbers(pub, "match/cluster_state", "cluster", "row of match/clusters", n, cluster, err));
  AUS_TRY(aus_pub_strings(pub, "match/cluster_state/key", n, key, "what is known", err));
  AUS_TRY(aus_pub_column(pub, "match/cluster_state", &numbers, n, x, err));
  AUS_TRY(aus_pub_strings(pub, "match/cluster_state/text", n, text, "the value, where it is a text",
                          err));
done:
  aus_free(x);
  aus_free(cluster);
  aus_free(text);
  aus_free(key);
  return rc;
}

static int publish_order(const study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;
  const aus_match_climb *c = &s->climb;

  AUS_TRY(aus_pub_strings(pub, "match/subsystems/name", c->sub.n, (const char *const *)c->sub.name,
                          "subsystem", err));
  AUS_TRY(put_numbers(pub, "match/order", "subsystem",
                      "row of match/subsystems: the one that each level adds", c->sub.n, c->order,
                      err));
done:
  return rc;
}

static int publish_jobs(const study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;
  const aus_match_jobs *j = &s->data.jobs;
  const aus_column first = AUS_COLUMN("first_requirement", AUS_I64, "1", 1,
                                      "row of match/requirements of each job's first requirement");
  const char **digest = NULL;
  int32_t *n_needs = NULL;
  int64_t i;

  AUS_NEW(digest, j->n, err);
  AUS_NEW(n_needs, j->n, err);
  for (i = 0; i < j->n; i++) {
    digest[i] = s->data.specs.digests.text[j->spec[i]];
    n_needs[i] = (int32_t)(j->first[i + 1] - j->first[i]);
  }
  AUS_TRY(aus_pub_strings(pub, "match/jobs/digest", j->n, digest, "digest of the build", err));
  AUS_TRY(put_numbers(pub, "match/jobs", "package", "row of match/packages", j->n, j->table, err));
  AUS_TRY(put_numbers(pub, "match/jobs", "n_requirements", "how many it has", j->n, n_needs, err));
  AUS_TRY(aus_pub_column(pub, "match/jobs", &first, j->n, j->first, err));
  AUS_TRY(put_numbers(pub, "match/requirements", "feature", "row of match/features", j->first[j->n],
                      j->feature, err));
  AUS_TRY(put_numbers(pub, "match/requirements", "value",
                      "code of the value; -1: no cluster has it", j->first[j->n], j->value, err));
done:
  aus_free(digest);
  aus_free(n_needs);
  return rc;
}

static int publish_range(const study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_pub_strings(pub, "match/range/digest", s->ranges.n,
                          (const char *const *)s->ranges.digest, "digest of the build", err));
  AUS_TRY(aus_pub_strings(pub, "match/range/package", s->ranges.n,
                          (const char *const *)s->ranges.package, "its package", err));
done:
  return rc;
}

static int publish_spackbuild(const study *s, aus_pub *pub, aus_err *err)
{
  static const aus_column memory = AUS_COLUMN("memory_bytes", AUS_F64, "bytes", 1, "memory"),
                          cost = AUS_COLUMN("cost_per_node_hour", AUS_F64, "1", 1, "dollars");
  int rc = AUS_OK;
  const aus_match_builds *b = &s->builds;
  double *x = NULL;
  int64_t c;

  AUS_NEW(x, 2 * b->n_clusters, err);
  for (c = 0; c < b->n_clusters; c++) {
    x[c] = b->offer[c].memory_bytes;
    x[b->n_clusters + c] = b->offer[c].cost_per_node_hour;
  }
  AUS_TRY(aus_pub_strings(pub, "match/spackbuild_durations/package", b->measured.packages.n,
                          (const char *const *)b->measured.packages.text, "package", err));
  AUS_TRY(aus_pub_strings(pub, "match/spackbuild_clusters/name", b->n_clusters,
                          (const char *const *)b->clusters.text, "cluster", err));
  AUS_TRY(aus_pub_column(pub, "match/spackbuild_clusters", &memory, b->n_clusters, x, err));
  AUS_TRY(aus_pub_column(pub, "match/spackbuild_clusters", &cost, b->n_clusters, x + b->n_clusters,
                         err));
done:
  aus_free(x);
  return rc;
}

/* ---- results ---- */

/* A table that tasks of one kind wrote, when all of them have. */
static int publish_rows(study *s, aus_pub *pub, int table, aus_match_task kind, aus_err *err)
{
  if (!aus_match_all_done(s, kind)) return AUS_OK;
  return aus_pub_table(pub, table, s->ranges_of.n, s->ranges_of.range, err);
}

static int publish_tables(study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;

  aus_ranges_sort(&s->ranges_of);
  AUS_TRY(publish_rows(s, pub, AUS_MATCH_T_HELD_OUT, AUS_MATCH_K_FOLDS, err));
  if (s->has_clusters) AUS_TRY(publish_rows(s, pub, AUS_MATCH_T_P_TABLE, AUS_MATCH_K_FIT, err));
  AUS_TRY(publish_rows(s, pub, AUS_MATCH_T_LADDER_P, AUS_MATCH_K_P, err));
  AUS_TRY(publish_rows(s, pub, AUS_MATCH_T_LADDER_JOBS, AUS_MATCH_K_LADDER, err));
  AUS_TRY(publish_rows(s, pub, AUS_MATCH_T_EXPLAIN, AUS_MATCH_K_LADDER, err));
  AUS_TRY(publish_rows(s, pub, AUS_MATCH_T_OCCUPANCY, AUS_MATCH_K_VIEW, err));
  if (s->climb.first_kept <= s->climb.sub.n)
    AUS_TRY(publish_rows(s, pub, AUS_MATCH_T_ASSIGN, AUS_MATCH_K_VIEW, err));
  AUS_TRY(publish_rows(s, pub, AUS_MATCH_T_RANGE_JOBS, AUS_MATCH_K_RANGE, err));
  AUS_TRY(publish_rows(s, pub, AUS_MATCH_T_DURATIONS, AUS_MATCH_K_SPACKBUILD, err));
done:
  return rc;
}

/* How the P of placed jobs are spread at each level. */
static int publish_bins(const study *s, aus_pub *pub, aus_err *err)
{
  static const aus_column about =
      AUS_COLUMN_MATRIX("hist_p", AUS_I64, AUS_MATCH_BINS, "1", 1,
                        "matched jobs by the mean P of their matches, in bins of equal width");
  int rc = AUS_OK, l, k, n = s->climb.sub.n + 1;
  double *y = NULL;
  int64_t *bins = NULL;

  if (!aus_match_all_done(s, AUS_MATCH_K_LADDER)) goto done;
  AUS_NEW(y, s->kind[AUS_MATCH_K_LADDER].n_y, err);
  AUS_NEW(bins, (int64_t)n * AUS_MATCH_BINS, err);
  aus_match_level_sums(s, y);
  for (l = 0; l < n; l++)
    for (k = 0; k < AUS_MATCH_BINS; k++)
      bins[l * AUS_MATCH_BINS + k] = (int64_t)y[l * AUS_MATCH_LEVEL_VALUES + AUS_MATCH_Y_BINS + k];
  AUS_TRY(aus_pub_column(pub, "match/levels_p", &about, n, bins, err));
done:
  aus_free(y);
  aus_free(bins);
  return rc;
}

static int publish_listing(const aus_match_listing *l, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, k;
  char path[120];

  for (k = 0; k < l->n_columns; k++) {
    const aus_match_listed *c = &l->column[k];
    const void *values = c->whole ? (const void *)c->whole : c->real;

    snprintf(path, sizeof path, "%s/%s", l->path, c->about.name);
    if (c->text)
      AUS_TRY(aus_pub_strings(pub, path, l->n, c->name, c->about.long_name, err));
    else
      AUS_TRY(aus_pub_column(pub, l->path, &c->about, l->n, values, err));
  }
done:
  return rc;
}

static int publish_models(const study *s, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;
  aus_model_line *line = NULL;
  int64_t i, n = 0;

  if (!aus_match_all_done(s, AUS_MATCH_K_FIT)) goto done;
  AUS_NEW(line, s->data.tables.n, err);
  for (i = 0; i < s->ranges_of.n; i++) {
    if (s->ranges_of.range[i].table != AUS_MATCH_T_MODELS) continue;
    line[n] = (aus_model_line){.task = s->data.tables.table[n].package,
                               .format = "auspex-match-1",
                               .parent = -1,
                               .trial = -1,
                               .train_rows = s->data.tables.table[n].n_rows,
                               .metric = (double)NAN,
                               .range = s->ranges_of.range[i]};
    n++;
  }
  AUS_TRY(aus_models_publish(line, n, AUS_MATCH_T_MODELS, pub, err));
done:
  aus_free(line);
  return rc;
}

int aus_match_publish(void *self, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, i;
  study *s = self;
  aus_match_listing l = {.n = 0};

  AUS_TRY(publish_trials(s, pub, err));
  if (s->data.tables.n > 0) AUS_TRY(publish_packages(s, pub, err));
  if (s->data.clusters.n > 0)
    AUS_TRY(
        aus_match_publish_clusters(&s->data.space, &s->data.clusters, s->climb.sub.of, pub, err));
  if (s->climb.state.keys.n > 0) AUS_TRY(publish_state(s, pub, err));
  if (s->climb.order) AUS_TRY(publish_order(s, pub, err));
  if (s->data.jobs.n > 0) AUS_TRY(publish_jobs(s, pub, err));
  if (aus_match_all_done(s, AUS_MATCH_K_RANGE)) AUS_TRY(publish_range(s, pub, err));
  if (aus_match_all_done(s, AUS_MATCH_K_SPACKBUILD)) AUS_TRY(publish_spackbuild(s, pub, err));
  AUS_TRY(publish_tables(s, pub, err));
  AUS_TRY(publish_bins(s, pub, err));
  AUS_TRY(publish_models(s, pub, err));
  for (i = 0; i < AUS_MATCH_N_LISTINGS; i++) {
    aus_match_listing_fini(&l);
    AUS_TRY(aus_match_listing_make(s, i, &l, err));
    AUS_TRY(publish_listing(&l, pub, err));
  }
done:
  aus_match_listing_fini(&l);
  return rc;
}
