/* match/match_study_levels.c - what a worker does in stages ladder and single: P, blocks of jobs, levels.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include <math.h>
#include <string.h>

#include "match/match_study_setup.h"
#include "match/model_judge.h"
#include "util/alloc.h"

typedef struct aus_match_study study;

static int look_up(aus_work *w, aus_err *err)
{
  int rc = AUS_OK;

  if (aus_poll_now(aus_work_poll(w)) != AUS_POLL_CONTINUE) AUS_FAIL(err, AUS_ECANCEL, "cancelled");
done:
  return rc;
}

/* ---- P of a package on all clusters ---- */

/* Chooser and judge: of rows that the other one does not see. */
static int judge_rows(study *s, const aus_match_model_conf *conf, const aus_match_rows *rows,
                      const aus_match_table *t, double *chooser, double *judge, aus_work *w,
                      aus_err *err)
{
  int rc = AUS_OK;
  aus_match_judge j = {0};

  AUS_TRY(aus_match_judge_fit(&j, conf, rows, t->digest, err));
  AUS_TRY(aus_match_model_clusters(&j.chooser, t, &s->data.space, &s->data.clusters, chooser, err));
  AUS_TRY(aus_match_model_clusters(&j.judge, t, &s->data.space, &s->data.clusters, judge, err));
  aus_work_metric(w, 0, (double)j.n_even);
  aus_work_metric(w, 1, (double)j.n_odd);
done:
  aus_match_judge_fini(&j);
  return rc;
}

int aus_match_run_p(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK;
  study *s = self;
  int64_t i = (int64_t)(uint32_t)aus_work_task(w)->id, n = s->data.clusters.n, k;
  const aus_match_table *t = &s->data.tables.table[i];
  aus_match_rows rows = {0};
  aus_match_model_conf conf;
  aus_match_model m = {0};
  double *p = NULL;

  AUS_NEW(p, 3 * n, err);
  for (k = n; k < 3 * n; k++)
    p[k] = (double)NAN;
  AUS_TRY(aus_match_conf_of(s, s->climb.p_kind, i, false, &conf, err));
  AUS_TRY(aus_match_rows_make(&rows, t, err));
  aus_work_status(w, AUS_S_FAIL_TRAIN);
  AUS_TRY(aus_match_model_fit(&m, &conf, &rows, rows.n, NULL, err));
  AUS_TRY(aus_match_model_clusters(&m, t, &s->data.space, &s->data.clusters, p, err));
  if (s->climb.judged) AUS_TRY(judge_rows(s, &conf, &rows, t, p + n, p + 2 * n, w, err));
  {
    const void *column[AUS_MATCH_N_LADDER_P] = {p, p + n, p + 2 * n};

    AUS_TRY(aus_work_append(w, AUS_MATCH_T_LADDER_P, 1, column, err));
  }
done:
  if (rc != AUS_OK) aus_err_prepend(err, "package %s: ", t->package);
  aus_match_model_fini(&m);
  aus_match_rows_fini(&rows);
  aus_free(p);
  return rc;
}

/* ---- what the other tasks need of it ---- */

static int room_for_p(study *s, aus_match_p *p, aus_err *err)
{
  int rc = AUS_OK;
  int64_t j;

  p->n_rows = s->data.tables.n;
  p->n_clusters = s->data.clusters.n;
  AUS_NEW(p->p, p->n_rows * p->n_clusters, err);
  AUS_NEW(p->row, s->data.jobs.n, err);
  for (j = 0; j < s->data.jobs.n; j++)
    p->row[j] = s->data.jobs.table[j];
done:
  return rc;
}

/* One column of the rows that the packages' tasks wrote. */
static int read_p(study *s, aus_work *w, const aus_ranges *ranges, int column, aus_match_p *p,
                  aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  AUS_TRY(room_for_p(s, p, err));
  if (ranges->n != p->n_rows)
    AUS_FAIL(err, AUS_EBUG, "P of %d packages, not %d", (int)ranges->n, (int)p->n_rows);
  for (i = 0; i < ranges->n; i++)
    AUS_TRY(aus_work_read(w, &ranges->range[i], column, p->p + i * p->n_clusters, err));
done:
  return rc;
}

static int read_all_p(study *s, aus_work *w, aus_err *err)
{
  int rc = AUS_OK;
  aus_ranges ranges = {0};
  const void *list;
  size_t n;

  AUS_TRY(aus_work_blob(w, aus_match_rows_key(AUS_MATCH_K_P), &list, &n, err));
  AUS_TRY(aus_ranges_decode(&ranges, list, n, err));
  if (s->climb.judged) {
    AUS_TRY(read_p(s, w, &ranges, AUS_MATCH_C_CHOOSER, &s->p_chooser, err));
    AUS_TRY(read_p(s, w, &ranges, AUS_MATCH_C_JUDGE, &s->p_judge, err));
  }
  AUS_TRY(read_p(s, w, &ranges, AUS_MATCH_C_P, &s->p, err));
done:
  aus_ranges_fini(&ranges);
  return rc;
}

/* The first task of a worker makes what all of them look at; a failure leaves nothing half made. */
static int prepare(study *s, aus_work *w, aus_err *err)
{
  int rc = AUS_OK;
  const aus_match_data *d = &s->data;
  const aus_match_p_conf conf = {.unseen = s->model.unseen,
                                 .evidence_job = aus_opt_enum(s->opts, "evidence") == 1,
                                 .own_job = aus_opt_enum(s->opts, "own_version") == 1};
  aus_match_ladder ladder = aus_match_climb_ladder(s, &s->p);

  if (s->work.block) goto done;
  if (s->climb.per_job)
    AUS_TRY(aus_match_p_jobs(&s->p, &d->specs, &d->tables, d->nb, &d->space, &d->clusters, &d->jobs,
                             &conf, err));
  else
    AUS_TRY(read_all_p(s, w, err));
  AUS_TRY(aus_match_work_make(&s->work, &ladder, err));
done:
  if (rc != AUS_OK) {
    aus_match_p_fini(&s->p);
    aus_match_p_fini(&s->p_chooser);
    aus_match_p_fini(&s->p_judge);
  }
  return rc;
}

/* ---- a block of jobs ---- */

typedef struct block {
  aus_match_levels levels;
  aus_match_chosen chosen, best, random;
  int32_t *unmatched_at;
  double *share;
} block;

static void block_fini(block *b)
{
  aus_match_levels_fini(&b->levels);
  aus_match_chosen_fini(&b->chosen);
  aus_match_chosen_fini(&b->best);
  aus_match_chosen_fini(&b->random);
  aus_free(b->unmatched_at);
  aus_free(b->share);
}

static int block_init(block *b, int n_levels, int64_t n_jobs, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_match_levels_make(&b->levels, n_levels, err));
  AUS_TRY(aus_match_chosen_make(&b->chosen, n_levels, err));
  AUS_TRY(aus_match_chosen_make(&b->best, n_levels, err));
  AUS_TRY(aus_match_chosen_make(&b->random, n_levels, err));
  AUS_NEW(b->unmatched_at, n_jobs, err);
  AUS_NEW(b->share, n_jobs, err);
done:
  return rc;
}

/* Choices by a model that has seen half of the builds, in the eyes of one that has seen the others. */
static int judge_block(study *s, int64_t first, int64_t last, block *b, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_ladder ladder = aus_match_climb_ladder(s, &s->p_chooser);
  aus_match_chooser how = {.select = AUS_MATCH_SELECT_BEST_P, .judge = &s->p_judge};

  AUS_TRY(aus_match_choose_block(&ladder, &how, first, last, &s->work, &b->best, err));
  how.select = AUS_MATCH_SELECT_EXPECTED;
  AUS_TRY(aus_match_choose_block(&ladder, &how, first, last, &s->work, &b->random, err));
done:
  return rc;
}

static int run_block(study *s, int64_t first, int64_t last, block *sum, int64_t offset,
                     aus_err *err)
{
  int rc = AUS_OK;
  aus_match_ladder ladder = aus_match_climb_ladder(s, &s->p);
  block b = {.unmatched_at = NULL};

  AUS_TRY(block_init(&b, ladder.n_levels, 0, err));
  aus_match_ladder_block(&ladder, first, last, &s->work, &b.levels, sum->unmatched_at + offset);
  AUS_TRY(aus_match_choose_block(&ladder, &s->climb.how, first, last, &s->work, &b.chosen, err));
  if (s->climb.judged) AUS_TRY(judge_block(s, first, last, &b, err));
  aus_match_levels_add(&sum->levels, &b.levels);
  aus_match_chosen_add(&sum->chosen, &b.chosen);
  aus_match_chosen_add(&sum->best, &b.best);
  aus_match_chosen_add(&sum->random, &b.random);
done:
  block_fini(&b);
  return rc;
}

static void put_levels(aus_work *w, const block *b)
{
  int l, k;

  for (l = 0; l < b->levels.n; l++) {
    const double y[AUS_MATCH_Y_BINS] = {
        [AUS_MATCH_Y_MATCHED] = (double)b->levels.matched[l],
        [AUS_MATCH_Y_TOTAL] = (double)b->levels.total[l],
        [AUS_MATCH_Y_SUM] = b->levels.sum[l],
        [AUS_MATCH_Y_BEST] = b->levels.best[l],
        [AUS_MATCH_Y_PLACED] = (double)b->chosen.placed[l],
        [AUS_MATCH_Y_SELECTED] = b->chosen.sum[l],
        [AUS_MATCH_Y_CLAIMED] = b->best.sum[l],
        [AUS_MATCH_Y_JUDGED_BEST] = b->best.judged[l],
        [AUS_MATCH_Y_JUDGED_RANDOM] = b->random.judged[l],
        [AUS_MATCH_Y_DROPPED] = (double)b->chosen.dropped[l],
    };

    for (k = 0; k < AUS_MATCH_Y_BINS; k++)
      aus_work_metric(w, l * AUS_MATCH_LEVEL_VALUES + k, y[k]);
    for (k = 0; k < AUS_MATCH_BINS; k++)
      aus_work_metric(w, l * AUS_MATCH_LEVEL_VALUES + AUS_MATCH_Y_BINS + k,
                      (double)b->levels.bins[l * AUS_MATCH_BINS + k]);
  }
}

/* Why jobs end without a cluster. */
static int explain(study *s, aus_work *w, int64_t first, int64_t last, const int32_t *unmatched_at,
                   aus_err *err)
{
  int rc = AUS_OK, k, n;
  aus_match_ladder ladder = aus_match_climb_ladder(s, &s->p);
  const int64_t *at = s->data.jobs.first;
  int64_t most = at[last] - at[first], rows = 0, j, *job = NULL, *alone = NULL, *left = NULL;
  int32_t *feature = NULL;
  aus_match_loss *loss = NULL;

  AUS_NEW(loss, most, err);
  AUS_NEW(job, most, err);
  AUS_NEW(feature, most, err);
  AUS_NEW(alone, most, err);
  AUS_NEW(left, most, err);
  for (j = first; j < last; j++) {
    if (unmatched_at[j - first] < 0) continue;
    n = aus_match_job_losses(&ladder, j, &s->work, loss);
    for (k = 0; k < n; k++, rows++) {
      job[rows] = j;
      feature[rows] = loss[k].feature;
      alone[rows] = loss[k].alone;
      left[rows] = loss[k].left;
    }
  }
  {
    const void *column[] = {job, feature, alone, left};

    AUS_TRY(aus_work_append(w, AUS_MATCH_T_EXPLAIN, rows, column, err));
  }
done:
  aus_free(loss);
  aus_free(job);
  aus_free(feature);
  aus_free(alone);
  aus_free(left);
  return rc;
}

int aus_match_run_ladder(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK;
  study *s = self;
  int64_t n = s->data.jobs.n, first = (int64_t)(uint32_t)aus_work_task(w)->id * s->climb.task_jobs,
          last = first + s->climb.task_jobs < n ? first + s->climb.task_jobs : n, j;
  aus_match_ladder ladder = aus_match_climb_ladder(s, &s->p);
  block sum = {.unmatched_at = NULL};

  AUS_TRY(prepare(s, w, err));
  AUS_TRY(block_init(&sum, ladder.n_levels, last - first, err));
  for (j = first; j < last; j += AUS_MATCH_BLOCK) {
    int64_t end = j + AUS_MATCH_BLOCK < last ? j + AUS_MATCH_BLOCK : last;

    AUS_TRY(look_up(w, err));
    AUS_TRY(run_block(s, j, end, &sum, j - first, err));
  }
  for (j = first; j < last; j++)
    sum.share[j - first] = aus_match_share_at(&ladder, j, sum.unmatched_at[j - first]);
  {
    const void *column[] = {sum.unmatched_at, sum.share};

    AUS_TRY(aus_work_append(w, AUS_MATCH_T_LADDER_JOBS, last - first, column, err));
  }
  AUS_TRY(explain(s, w, first, last, sum.unmatched_at, err));
  put_levels(w, &sum);
done:
  block_fini(&sum);
  return rc;
}

/* ---- levels, one by one ---- */

static int append_view(study *s, aus_work *w, int level, const aus_match_view *v, aus_err *err)
{
  int rc = AUS_OK;
  const void *occupancy[] = {v->n, v->score}, *assign[] = {v->cluster, v->p};

  AUS_TRY(aus_work_append(w, AUS_MATCH_T_OCCUPANCY, 1, occupancy, err));
  if (level >= s->climb.first_kept) AUS_TRY(aus_work_append(w, AUS_MATCH_T_ASSIGN, 1, assign, err));
done:
  return rc;
}

int aus_match_run_view(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK, k, q, first = (int)(uint32_t)aus_work_task(w)->id * AUS_MATCH_VIEW_LEVELS;
  study *s = self;
  aus_match_ladder ladder = aus_match_climb_ladder(s, &s->p);
  aus_match_view v = {.n = NULL};

  AUS_TRY(prepare(s, w, err));
  AUS_TRY(aus_match_view_make(&v, &ladder, err));
  for (k = 0; k < AUS_MATCH_VIEW_LEVELS && first + k <= ladder.n_levels; k++) {
    AUS_TRY(look_up(w, err));
    AUS_TRY(aus_match_view_level(&ladder, &s->climb.how, first + k, &s->work, &v, err));
    AUS_TRY(append_view(s, w, first + k, &v, err));
    for (q = 0; q < AUS_MATCH_QUANTILES; q++)
      aus_work_metric(w, k * AUS_MATCH_QUANTILES + q, v.quantile[q]);
  }
done:
  aus_match_view_fini(&v);
  return rc;
}

/* ---- every subsystem alone ---- */

int aus_match_run_single(void *self, aus_work *w, aus_err *err)
{
  int rc = AUS_OK, i;
  study *s = self;
  aus_match_ladder ladder = aus_match_climb_ladder(s, &s->p);
  aus_match_single *single = NULL;

  AUS_TRY(prepare(s, w, err));
  AUS_NEW(single, s->climb.sub.n, err);
  AUS_TRY(aus_match_singles(&ladder, s->climb.sub.of, s->climb.sub.n, single, err));
  for (i = 0; i < s->climb.sub.n; i++) {
    aus_work_metric(w, i * AUS_MATCH_SINGLE_VALUES, (double)single[i].jobs);
    aus_work_metric(w, i * AUS_MATCH_SINGLE_VALUES + 1, (double)single[i].unmatched);
    aus_work_metric(w, i * AUS_MATCH_SINGLE_VALUES + 2, (double)single[i].total);
    aus_work_metric(w, i * AUS_MATCH_SINGLE_VALUES + 3, single[i].sum);
  }
done:
  aus_free(single);
  return rc;
}
