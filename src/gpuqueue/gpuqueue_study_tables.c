/* gpuqueue/gpuqueue_study_tables.c - what a gpuqueue study writes: tables and their columns.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/gpuqueue_study_tables.h"

#include <stdio.h>
#include <string.h>

static const aus_column probes[] = {
    AUS_COLUMN("window", AUS_I64, "1", 1, "number of the window"),
    AUS_COLUMN("probe", AUS_I32, "1", 1, "number of the probe in its window"),
    AUS_COLUMN("t_submit", AUS_I64, "s", 1, "when the successor is submitted, since 1970 (UTC)"),
    AUS_COLUMN("t_pred_end", AUS_I64, "s", 1, "when the predecessor ends, since 1970 (UTC)"),
    AUS_COLUMN("pred_wait", AUS_I64, "s", 1, "time the predecessor was in the queue"),
    AUS_COLUMN("avg_wait_min", AUS_I64, "min", 60, "mean wait of the last 100 jobs to start"),
    AUS_COLUMN("queue_len", AUS_I64, "1", 1, "jobs in the queue when that was read"),
    AUS_COLUMN("reward_s", AUS_I32, "s", 1,
               "start of the successor - end of the predecessor: > 0 interruption, < 0 overlap"),
    AUS_COLUMN("backfilled", AUS_U8, "1", 1, "1: the successor was started by backfill"),
};

static const aus_column policies[] = {
    AUS_COLUMN("window", AUS_I64, "1", 1, "number of the window"),
    AUS_COLUMN("link", AUS_I32, "1", 1, "0: the first successor"),
    AUS_COLUMN("t_submit", AUS_I64, "s", 1, "when the successor is submitted, since 1970 (UTC)"),
    AUS_COLUMN("t_pred_end", AUS_I64, "s", 1, "when its predecessor ends, since 1970 (UTC)"),
    AUS_COLUMN("reward_s", AUS_I64, "s", 1,
               "start of the successor - end of the predecessor: > 0 interruption, < 0 overlap"),
    AUS_COLUMN("backfilled", AUS_U8, "1", 1, "1: the successor was started by backfill"),
    AUS_COLUMN("failed", AUS_U8, "1", 1,
               "1: submission before the predecessor's (mode compat, D12)"),
    AUS_COLUMN("expected_h", AUS_F64, "h", 3600, "reward that was expected; NaN: not asked"),
    AUS_COLUMN("questions", AUS_I64, "1", 1, "questions before it"),
};

static const aus_column baselines[] = {
    AUS_COLUMN("window", AUS_I64, "1", 1, "number of the window"),
    AUS_COLUMN("t_pred_submit", AUS_I64, "s", 1, "when the predecessor is submitted, since 1970"),
    AUS_COLUMN("reactive_reward_s", AUS_I32, "s", 1, "reward of submitting at its end"),
    AUS_COLUMN("average_t_submit", AUS_I64, "s", 1, "its end - the mean wait, since 1970"),
    AUS_COLUMN("average_reward_s", AUS_I32, "s", 1, "reward of submitting then; 0 when it failed"),
    AUS_COLUMN("average_failed", AUS_U8, "1", 1,
               "1: that is before the predecessor's submission (mode compat, D12)"),
};

static const aus_column models[] = {AUS_COLUMN("bytes", AUS_U8, "1", 1, "a trained model")};

static const char *const split_names[] = {"train", "valid", "test", "left_out"};

static aus_table table_of(const char *name, const aus_column *column, int n_columns, int row_trial)
{
  return (aus_table){
      .name = name, .column = column, .n_columns = n_columns, .row_trial = row_trial};
}

static void dataset_columns(aus_column *c, int n_snapshots, bool f64)
{
  const aus_column all[AUS_GPUQUEUE_N_DATASET] = {
      [AUS_GPUQUEUE_C_X] = AUS_COLUMN_MATRIX("X", AUS_F32, aus_gpuqueue_n_features(), "1", 1,
                                             "features of the state, not scaled"),
      [AUS_GPUQUEUE_C_Y] = AUS_COLUMN("y", AUS_F64, "h", 3600, "reward of submitting now"),
      [AUS_GPUQUEUE_C_SPLIT] = AUS_COLUMN_ENUM(
          "split", AUS_U8, "by time; left_out: shares jobs with the windows of valid", split_names,
          4),
      [AUS_GPUQUEUE_C_STATE] = AUS_COLUMN_CUBE(
          "state", f64 ? AUS_F64 : AUS_F32, n_snapshots, AUS_GPUQUEUE_N_STATE, "1", 1,
          "snapshots of the queue, oldest first; times in s, limits in min (doc/gpuqueue.md)")};

  memcpy(c, all, sizeof all);
}

static void question_columns(aus_column *c, int n_policies, const char *const *policy)
{
  const aus_column all[AUS_GPUQUEUE_N_QUESTIONS] = {
      AUS_COLUMN_ENUM("policy", AUS_U8, "who was asked", policy, n_policies),
      AUS_COLUMN("window", AUS_I64, "1", 1, "number of the window"),
      AUS_COLUMN("t", AUS_I64, "s", 1, "time of the question, since 1970 (UTC)"),
      AUS_COLUMN("expected_h", AUS_F64, "h", 3600, "reward that was expected of submitting then")};

  memcpy(c, all, sizeof all);
}

static void curve_columns(aus_column *c, int n_policies, const char *const *policy)
{
  const aus_column all[AUS_GPUQUEUE_N_CURVE] = {
      AUS_COLUMN_ENUM("policy", AUS_U8, "who was asked", policy, n_policies),
      AUS_COLUMN("window", AUS_I64, "1", 1, "number of the window"),
      AUS_COLUMN("threshold_h", AUS_F64, "h", 3600,
                 "expected reward from which on it would submit"),
      AUS_COLUMN("t_submit", AUS_I64, "s", 1, "when it would submit then, since 1970 (UTC)"),
      AUS_COLUMN("reward_s", AUS_I64, "s", 1, "reward of that, of the first link")};

  memcpy(c, all, sizeof all);
}

void aus_gpuqueue_schema_init(aus_gpuqueue_schema *s, int n_snapshots, bool f64, int n_policies,
                              const char *const *policy)
{
  int m;

  dataset_columns(s->dataset, n_snapshots, f64);
  question_columns(s->questions, n_policies, policy);
  curve_columns(s->curve, n_policies, policy);
  s->table[AUS_GPUQUEUE_T_DATASET] =
      table_of("datasets/gpuqueue", s->dataset, AUS_GPUQUEUE_N_DATASET, 1);
  s->table[AUS_GPUQUEUE_T_PROBES] =
      table_of("rewards/probe", probes, sizeof probes / sizeof probes[0], 1);
  s->table[AUS_GPUQUEUE_T_BASELINES] =
      table_of("gpuqueue/baselines", baselines, sizeof baselines / sizeof baselines[0], 1);
  s->table[AUS_GPUQUEUE_T_QUESTIONS] =
      table_of("gpuqueue/questions", s->questions, AUS_GPUQUEUE_N_QUESTIONS, 1);
  s->table[AUS_GPUQUEUE_T_CURVE] = table_of("gpuqueue/curve", s->curve, AUS_GPUQUEUE_N_CURVE, 1);
  s->table[AUS_GPUQUEUE_T_MODELS] = table_of("gpuqueue/models", models, 1, 0);
  for (m = 0; m < n_policies; m++) {
    snprintf(s->name[m], sizeof s->name[m], "rewards/%s", policy[m]);
    s->table[AUS_GPUQUEUE_T_POLICIES + m] =
        table_of(s->name[m], policies, sizeof policies / sizeof policies[0], 1);
  }
  s->n = AUS_GPUQUEUE_T_POLICIES + n_policies;
}
