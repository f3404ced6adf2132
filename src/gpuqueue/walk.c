/* walk.c - a simulated queue that is watched: a ring of snapshots.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Percentiles need sorted values. From one snapshot to the next one hardly any job comes or goes, and what is sorted
 * by (limit, time of submission, wait of a job that runs) does not change while a job stays where it is. So the
 * sorted lists are kept and mended: who has gone is dropped in one pass, who is new is put into its place. They are
 * a cache: a fork begins without and sorts once.
 */
#include <config.h>

#include "gpuqueue/walk.h"

#include <inttypes.h>
#include <string.h>

#include "util/alloc.h"

enum { PENDING, RUNNING, N_KINDS };
enum { LIMIT, QUEUE, N_LISTS };
enum { N_HALF = AUS_GPUQUEUE_N_SEEN / 2, N_QUARTERS = 5 };

typedef struct entry {
  int64_t key;
  int64_t number;
} entry;

/* Sorted lists of what was pending or running at the last snapshot. */
typedef struct lists {
  entry *of[N_LISTS];
  int64_t n, cap;
} lists;

struct aus_gpuqueue_walk {
  aus_gpuqueue_sim *sim;
  int64_t unit_s; /* of the clock */
  int64_t period_s, t_due_s;
  int n_kept, n, first; /* ring */
  double *row;          /* n_kept x AUS_GPUQUEUE_N_SEEN */
  int64_t *t_row_s;
  /* From here on the cache, which is no part of a fork. */
  lists kind[N_KINDS];
  int64_t *round; /* by number of a job: 2 x snapshot + kind when it was last seen; 0: never */
  int64_t round_cap, n_rounds;
  aus_gpuqueue_seen *seen;
  int64_t seen_cap;
};

int aus_gpuqueue_walk_create(aus_gpuqueue_walk **out, const aus_gpuqueue_sim_conf *conf,
                             int64_t period_s, int n_kept, aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_walk *w = NULL;

  *out = NULL;
  if (n_kept < 0) AUS_FAIL(err, AUS_EINVAL, "number of snapshots is %d, need >= 0", n_kept);
  if (period_s < 1)
    AUS_FAIL(err, AUS_EINVAL, "time between snapshots is %" PRId64 " s, need >= 1", period_s);
  if (conf->tick_s > 0 && period_s % conf->tick_s)
    AUS_FAIL(err, AUS_EINVAL,
             "time between snapshots is %" PRId64 " s, need a multiple of the tick of %" PRId64
             " s",
             period_s, conf->tick_s);
  AUS_NEW(w, 1, err);
  w->unit_s = conf->tick_s > 0 ? conf->tick_s : 1;
  w->period_s = period_s;
  w->n_kept = n_kept;
  AUS_NEW(w->row, (int64_t)n_kept * AUS_GPUQUEUE_N_SEEN, err);
  AUS_NEW(w->t_row_s, n_kept, err);
  AUS_TRY(aus_gpuqueue_sim_create(&w->sim, conf, err));
  *out = w;
  w = NULL;
done:
  aus_gpuqueue_walk_destroy(w);
  return rc;
}

void aus_gpuqueue_walk_destroy(aus_gpuqueue_walk *w)
{
  int k, l;

  if (!w) return;
  for (k = 0; k < N_KINDS; k++)
    for (l = 0; l < N_LISTS; l++)
      aus_free(w->kind[k].of[l]);
  aus_free(w->round);
  aus_free(w->seen);
  aus_free(w->row);
  aus_free(w->t_row_s);
  aus_gpuqueue_sim_destroy(w->sim);
  aus_free(w);
}

/* Two rounds on, nobody counts as seen at the last one. */
static void forget_lists(aus_gpuqueue_walk *w)
{
  w->n_rounds += 2;
  w->kind[PENDING].n = w->kind[RUNNING].n = 0;
}

int aus_gpuqueue_walk_load(aus_gpuqueue_walk *w, const aus_gpuqueue_trace *trace, int64_t t0_s,
                           int64_t t1_s, aus_err *err)
{
  w->n = w->first = 0;
  w->t_due_s = t0_s;
  forget_lists(w);
  return aus_gpuqueue_sim_load(w->sim, trace, t0_s, t1_s, false, err);
}

int aus_gpuqueue_walk_copy(aus_gpuqueue_walk *to, const aus_gpuqueue_walk *from, aus_err *err)
{
  size_t n_rows = (size_t)from->n_kept;

  if (to->n_kept != from->n_kept || to->period_s != from->period_s)
    return aus_fail(err, AUS_EINVAL, AUS_HERE, "fork of a walk of %d snapshots into one of %d",
                    from->n_kept, to->n_kept);
  to->unit_s = from->unit_s;
  to->t_due_s = from->t_due_s;
  to->n = from->n;
  to->first = from->first;
  if (to->n < to->n_kept) n_rows = (size_t)to->n; /* not yet full: the ring begins at 0 */
  memcpy(to->row, from->row, n_rows * AUS_GPUQUEUE_N_SEEN * sizeof *to->row);
  memcpy(to->t_row_s, from->t_row_s, n_rows * sizeof *to->t_row_s);
  forget_lists(to);
  return aus_gpuqueue_sim_copy(to->sim, from->sim, err);
}

aus_gpuqueue_sim *aus_gpuqueue_walk_sim(aus_gpuqueue_walk *w)
{
  return w->sim;
}

const aus_gpuqueue_sim *aus_gpuqueue_walk_sim_const(const aus_gpuqueue_walk *w)
{
  return w->sim;
}

void aus_gpuqueue_walk_watch(aus_gpuqueue_walk *w, int64_t t0_s, int64_t t_from_s)
{
  int64_t n = t_from_s > t0_s ? (t_from_s - t0_s + w->period_s - 1) / w->period_s : 0;

  w->n = w->first = 0;
  w->t_due_s = t0_s + n * w->period_s;
}

/* ---- sorted lists ---- */

static int grow_lists(aus_gpuqueue_walk *w, lists *l, int64_t n, aus_err *err)
{
  int rc = AUS_OK;
  int64_t cap = 0;
  int i;

  for (i = 0; i < N_LISTS; i++) {
    cap = l->cap;
    AUS_TRY(aus_grow(&l->of[i], &cap, n, sizeof *l->of[i], err));
  }
  l->cap = cap;
  AUS_TRY(aus_grow(&w->seen, &w->seen_cap, n, sizeof *w->seen, err));
done:
  return rc;
}

static int grow_rounds(aus_gpuqueue_walk *w, int64_t number, aus_err *err)
{
  int rc = AUS_OK;
  int64_t before = w->round_cap;

  AUS_TRY(aus_grow(&w->round, &w->round_cap, number + 1, sizeof *w->round, err));
  memset(w->round + before, 0, (size_t)(w->round_cap - before) * sizeof *w->round);
done:
  return rc;
}

static int64_t drop_gone(const aus_gpuqueue_walk *w, entry *e, int64_t n, int64_t now)
{
  int64_t i, kept = 0;

  for (i = 0; i < n; i++) {
    e[kept] = e[i];
    kept += w->round[e[i].number] == now;
  }
  return kept;
}

static void put_sorted(entry *e, int64_t n, entry x)
{
  while (n > 0 && e[n - 1].key > x.key) {
    e[n] = e[n - 1];
    n--;
  }
  e[n] = x;
}

/* Something that does not change while a job waits or runs, ascending as the time in the queue is. */
static int64_t queue_key(int kind, const aus_gpuqueue_seen *s, int64_t t_s)
{
  return kind == PENDING ? s->queue_s - t_s : s->queue_s;
}

/* Make the lists those of the n jobs in w->seen. */
static int mend_lists(aus_gpuqueue_walk *w, int kind, int64_t n, aus_err *err)
{
  int rc = AUS_OK;
  lists *l = &w->kind[kind];
  int64_t now = 2 * w->n_rounds + kind, t_s = aus_gpuqueue_sim_now_s(w->sim), i, n_new = 0, kept;
  aus_gpuqueue_seen *s = w->seen;

  for (i = 0; i < n; i++) {
    if (s[i].number >= w->round_cap) AUS_TRY(grow_rounds(w, s[i].number, err));
    if (w->round[s[i].number] != now - 2) s[n_new++] = s[i];
    w->round[s[i].number] = now;
  }
  kept = n - n_new;
  for (i = 0; i < N_LISTS && l->n > kept; i++)
    drop_gone(w, l->of[i], l->n, now);
  for (i = 0; i < n_new; i++) {
    put_sorted(l->of[LIMIT], kept + i, (entry){s[i].limit_min, s[i].number});
    put_sorted(l->of[QUEUE], kept + i, (entry){queue_key(kind, &s[i], t_s), s[i].number});
  }
  l->n = n;
done:
  return rc;
}

/* ---- snapshots ---- */

/* Value at rank (n - 1) k / 4 of n sorted ones, of which lo and hi are those at and behind it. All of it is exact. */
static double between(int64_t lo, int64_t hi, int64_t rank)
{
  return (double)lo + (double)(hi - lo) * ((double)(rank % 4) / 4.0);
}

static void put_list(const entry *e, int64_t n, int64_t add, double *out)
{
  int64_t k, i, rank;

  for (k = 0; n > 0 && k < N_QUARTERS; k++) {
    rank = (n - 1) * k;
    i = rank / 4;
    out[k] = between(e[i].key + add, e[rank % 4 ? i + 1 : i].key + add, rank);
  }
}

/* In order of start, so the first has run longest. */
static void put_elapsed(const aus_gpuqueue_seen *s, int64_t n, double *out)
{
  int64_t k, i, rank;

  for (k = 0; n > 0 && k < N_QUARTERS; k++) {
    rank = (n - 1) * k;
    i = n - 1 - rank / 4;
    out[k] = between(s[i].elapsed_s, s[rank % 4 ? i - 1 : i].elapsed_s, rank);
  }
}

static int put_half(aus_gpuqueue_walk *w, int kind, double *out, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i,
      nodes = 0, t_s = aus_gpuqueue_sim_now_s(w->sim),
      n = kind == PENDING ? aus_gpuqueue_sim_n_pending(w->sim) : aus_gpuqueue_sim_n_running(w->sim);

  memset(out, 0, N_HALF * sizeof *out);
  if (n > w->kind[kind].cap || n > w->seen_cap) AUS_TRY(grow_lists(w, &w->kind[kind], n, err));
  if (kind == PENDING)
    aus_gpuqueue_sim_pending(w->sim, w->seen);
  else
    aus_gpuqueue_sim_running(w->sim, w->seen);
  for (i = 0; i < n; i++)
    nodes += w->seen[i].nodes;
  out[0] = (double)n;
  out[1] = (double)nodes;
  if (kind == RUNNING) put_elapsed(w->seen, n, out + 12);
  AUS_TRY(mend_lists(w, kind, n, err));
  put_list(w->kind[kind].of[LIMIT], n, 0, out + 2);
  put_list(w->kind[kind].of[QUEUE], n, kind == PENDING ? t_s : 0, out + 7);
done:
  return rc;
}

/* The one that is due now. */
static int take(aus_gpuqueue_walk *w, aus_err *err)
{
  int rc = AUS_OK, i = w->n < w->n_kept ? w->n : w->first;
  double *row = w->row + (int64_t)i * AUS_GPUQUEUE_N_SEEN;

  w->n_rounds++;
  AUS_TRY(put_half(w, PENDING, row, err));
  AUS_TRY(put_half(w, RUNNING, row + N_HALF, err));
  w->t_row_s[i] = w->t_due_s;
  if (w->n < w->n_kept)
    w->n++;
  else
    w->first = (w->first + 1) % w->n_kept;
  w->t_due_s += w->period_s;
done:
  return rc;
}

int aus_gpuqueue_walk_advance(aus_gpuqueue_walk *w, int64_t t_s, const aus_poll *poll, aus_err *err)
{
  int rc = AUS_OK;

  while (w->n_kept > 0 && w->t_due_s <= t_s) {
    AUS_TRY(aus_gpuqueue_sim_advance(w->sim, w->t_due_s, poll, err));
    AUS_TRY(take(w, err));
  }
  AUS_TRY(aus_gpuqueue_sim_advance(w->sim, t_s, poll, err));
done:
  return rc;
}

/* No snapshot is taken any more of what has passed unwatched. */
static void miss(aus_gpuqueue_walk *w)
{
  int64_t late = aus_gpuqueue_sim_now_s(w->sim) - w->t_due_s;

  if (late > 0) w->t_due_s += (late + w->period_s - 1) / w->period_s * w->period_s;
}

int aus_gpuqueue_walk_until_started(aus_gpuqueue_walk *w, int64_t number, bool watch,
                                    const aus_poll *poll, aus_err *err)
{
  int rc = AUS_OK;
  int64_t t_start_s = aus_gpuqueue_sim_start_s(w->sim, number);

  if (!watch || w->n_kept == 0) {
    AUS_TRY(aus_gpuqueue_sim_until_started(w->sim, number, poll, err));
    miss(w);
    goto done;
  }
  while (t_start_s == AUS_GPUQUEUE_NEVER) {
    AUS_TRY(aus_gpuqueue_sim_advance(w->sim, w->t_due_s, poll, err));
    t_start_s = aus_gpuqueue_sim_start_s(w->sim, number);
    if (t_start_s == AUS_GPUQUEUE_NEVER || w->t_due_s <= t_start_s + w->unit_s)
      AUS_TRY(take(w, err));
  }
done:
  return rc;
}

int aus_gpuqueue_walk_n(const aus_gpuqueue_walk *w)
{
  return w->n;
}

const double *aus_gpuqueue_walk_row(const aus_gpuqueue_walk *w, int i, int64_t *t_s)
{
  int at = (w->first + i) % w->n_kept;

  if (t_s) *t_s = w->t_row_s[at];
  return w->row + (int64_t)at * AUS_GPUQUEUE_N_SEEN;
}

static void put_pair(const aus_gpuqueue_pair *p, double *out)
{
  bool started = p->t_start_s != AUS_GPUQUEUE_NEVER && p->t_start_s <= p->t_decision_s;
  int64_t elapsed_s = started ? p->t_decision_s - p->t_start_s : 0;

  if (elapsed_s > p->run_s) elapsed_s = p->run_s;
  out[0] = out[4] = (double)p->limit_min;
  out[1] = out[5] = (double)p->nodes;
  out[2] = (double)((started ? p->t_start_s : p->t_decision_s) - p->t_submit_s);
  out[3] = (double)elapsed_s;
  out[6] = out[7] = 0.0;
}

void aus_gpuqueue_walk_state(const aus_gpuqueue_walk *w, const aus_gpuqueue_pair *pair, double *x)
{
  int i, missing = w->n_kept - w->n;

  for (i = 0; i < w->n_kept; i++, x += AUS_GPUQUEUE_N_STATE) {
    if (i < missing)
      memset(x, 0, AUS_GPUQUEUE_N_SEEN * sizeof *x);
    else
      memcpy(x, aus_gpuqueue_walk_row(w, i - missing, NULL), AUS_GPUQUEUE_N_SEEN * sizeof *x);
    put_pair(pair, x + AUS_GPUQUEUE_N_SEEN);
  }
}
