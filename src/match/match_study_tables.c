/* match/match_study_tables.c - what the tasks of a match study write: tables and their columns.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/match_study_tables.h"

#include <string.h>

static const aus_column held_out[AUS_MATCH_N_HELD_OUT] = {
    [AUS_MATCH_C_HELD_TABLE] = AUS_COLUMN("package", AUS_I32, "1", 1, "row of match/packages"),
    [AUS_MATCH_C_HELD_Y] = AUS_COLUMN("y", AUS_U8, "1", 1, "1: the build succeeded"),
    [AUS_MATCH_C_HELD_P] =
        AUS_COLUMN("p", AUS_F64, "1", 1, "P(success) by a model trained without the build's fold"),
};

static const aus_column ladder_jobs[] = {
    AUS_COLUMN("unmatched_at_level", AUS_I32, "1", 1,
               "level at which the last cluster is lost; -1: never"),
    AUS_COLUMN("share_of_own", AUS_F64, "1", 1,
               "share of the job's own subsystems described by then; NaN: never lost"),
};

static const aus_column explain[] = {
    AUS_COLUMN("job", AUS_I64, "1", 1,
               "row of match/jobs: a job that no cluster matches in the end"),
    AUS_COLUMN("feature", AUS_I32, "1", 1, "row of match/features: what it requires, by level"),
    AUS_COLUMN("alone", AUS_I64, "1", 1, "clusters that meet this requirement"),
    AUS_COLUMN("left", AUS_I64, "1", 1, "clusters that meet it and those before it"),
};

static const aus_column range_jobs[] = {
    AUS_COLUMN("n_ranges", AUS_I64, "1", 1, "ranges of the job"),
    AUS_COLUMN("pairs_in_range_inclusive", AUS_I64, "1", 1,
               "pairs (range, cluster) where the version lies in the range, ends included"),
    AUS_COLUMN("clusters_all_inclusive", AUS_I64, "1", 1, "clusters in all ranges, ends included"),
    AUS_COLUMN("pairs_in_range_exclusive", AUS_I64, "1", 1, "the pairs without the ends"),
    AUS_COLUMN("clusters_all_exclusive", AUS_I64, "1", 1, "the clusters without the ends"),
};

static const aus_column models[] = {AUS_COLUMN("bytes", AUS_U8, "1", 1, "a trained model")};

static aus_column wide(const char *name, aus_dtype type, int64_t width, const char *unit,
                       const char *text)
{
  return (aus_column){.name = name,
                      .type = type,
                      .width = width > 0 ? (int)width : 1,
                      .unit = unit,
                      .unit_si = 1,
                      .long_name = text,
                      .matrix = 1};
}

static aus_table table_of(const char *name, const aus_column *column, int n_columns, int row_trial)
{
  return (aus_table){
      .name = name, .column = column, .n_columns = n_columns, .row_trial = row_trial};
}

void aus_match_schema_init(aus_match_schema *s, int64_t n_clusters, int64_t n_jobs,
                           int64_t n_offers)
{
  s->p_table[0] = wide("p", AUS_F64, n_clusters, "1",
                       "P(success) of each package on each cluster, by the trained model");
  s->ladder_p[AUS_MATCH_C_P] =
      wide("p", AUS_F64, n_clusters, "1", "P(success) of each package on each cluster");
  s->ladder_p[AUS_MATCH_C_CHOOSER] = wide("p_chooser", AUS_F64, n_clusters, "1",
                                          "the same, learned from builds with an even digest");
  s->ladder_p[AUS_MATCH_C_JUDGE] =
      wide("p_judge", AUS_F64, n_clusters, "1",
           "the same by boosted trees, learned from builds with an odd digest");
  s->occupancy[0] = wide("n", AUS_F64, n_clusters, "1", "jobs that go to each cluster");
  s->occupancy[1] = wide("score", AUS_F64, n_clusters, "1", "sum of their P(success)");
  s->assign[0] = wide("cluster", AUS_I32, n_jobs, "1",
                      "row of match/clusters of each job; -1: none, or no choice is made");
  s->assign[1] = wide("p", AUS_F64, n_jobs, "1", "P(success) of each job; NaN: no cluster");
  s->durations[0] = wide("duration_s", AUS_F64, n_offers, "s",
                         "predicted duration on each cluster (match/spackbuild_clusters)");
  s->durations[1] = (aus_column)AUS_COLUMN("optimal_duration_s", AUS_F64, "s", 1,
                                           "predicted at the memory of the fastest build");
  s->table[AUS_MATCH_T_HELD_OUT] = table_of("match/held_out", held_out, AUS_MATCH_N_HELD_OUT, 1);
  s->table[AUS_MATCH_T_P_TABLE] = table_of("match/p_table", s->p_table, 1, 0);
  s->table[AUS_MATCH_T_MODELS] = table_of("match/models", models, 1, 0);
  s->table[AUS_MATCH_T_LADDER_P] = table_of("match/ladder_p", s->ladder_p, AUS_MATCH_N_LADDER_P, 0);
  s->table[AUS_MATCH_T_LADDER_JOBS] = table_of("match/jobs", ladder_jobs, 2, 0);
  s->table[AUS_MATCH_T_EXPLAIN] = table_of("match/explain", explain, 4, 0);
  s->table[AUS_MATCH_T_OCCUPANCY] = table_of("match/occupancy", s->occupancy, 2, 0);
  s->table[AUS_MATCH_T_ASSIGN] = table_of("match/assign", s->assign, 2, 0);
  s->table[AUS_MATCH_T_RANGE_JOBS] =
      table_of("match/range", range_jobs, sizeof range_jobs / sizeof range_jobs[0], 0);
  s->table[AUS_MATCH_T_DURATIONS] = table_of("match/spackbuild_durations", s->durations, 2, 0);
}
