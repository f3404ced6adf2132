/* sched.c - queues, worker table, deadlines and retries of rank 0 as a pure state machine.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "engine/sched.h"

#include <math.h>
#include <string.h>

#include "engine/median.h"
#include "util/alloc.h"
#include "util/heap.h"

enum { COSTS_NEEDED = 8 }; /* before the median of a kind is believed */

typedef enum item_state { QUEUED, RUNNING, RETURNED, COMMITTED, N_ITEM_STATES } item_state;

/* One task, from aus_sched_add() to the last answer about it. */
typedef struct item {
  aus_task task;
  aus_result *result; /* from RETURNED on; NULL for a task that was given up with its worker */
  double start_s;
  int worker;       /* RUNNING: where; later: who answered, 0 for nobody */
  int copies;       /* workers that have it on their account */
  uint16_t charged; /* attempts used up */
  uint16_t lost_as; /* status when given up with its worker */
  uint8_t state;    /* item_state */
  bool sent;        /* at least once */
  bool again;       /* has an entry in its line's heap of re-queued ones */
  bool patient;     /* deadline doubled after a TIMEOUT */
  bool unwanted;    /* called off: not sent any more */
} item;

struct course;

/* The jobs or the trials of one campaign, by index. */
typedef struct line {
  uint32_t campaign;
  bool job;
  bool waiting; /* stands in the turns */
  bool ready;   /* stands in the list of lines with something to commit */
  item *item;
  int64_t n, cap;
  int64_t next_new,
      next_commit;       /* commit: so many were; where the order is by index, the next one */
  int64_t n_open;        /* sent, not committed */
  int64_t n_returned;    /* committed ones included */
  struct course *course; /* of a campaign with an order of its own; NULL: by index */
  bool by_arrival;       /* trials */
  int64_t *arrived;      /* trials by arrival: indices, without those of an earlier run */
  int64_t n_arrived, cap_arrived, next_arrived;
  aus_heap again; /* indices of re-queued items; entries whose item is not QUEUED are stale */
  struct line *next_ready;
} line;

/* The order of commits of a campaign: an earlier run's comes first. */
typedef struct course {
  line *trials, *jobs;
  aus_sched_past *past; /* n_past commits of an earlier run in their order, done up to `at` */
  int64_t n_past, at;
  bool *known; /* n_known trials: named in past */
  int64_t n_known;
} course;

/* Lines with something to send, round robin by campaign number: `now` holds those still to come in
 * this round, `next` the others. */
typedef struct turns {
  aus_heap now, next;
  uint64_t after; /* 1 + the campaign served last */
} turns;

/* A task on a worker's account. */
typedef struct copy {
  line *line;
  int64_t index;
  double start_s, hard_s; /* start: valid for the first one */
  uint16_t attempt;
  bool asked;   /* to be given up: CANCEL is due or sent */
  bool due;     /* CANCEL is still to be sent */
  bool overdue; /* because its deadline passed */
  bool charged; /* its worker was given up while working on it */
} copy;

typedef struct member {
  aus_worker_state state;
  bool local;
  bool told_lost; /* false: AUS_ACT_LOST is due */
  bool dead;      /* never revived */
  line *guilty;   /* of the task that was charged when it was given up; NULL: none */
  int64_t guilty_index;
  uint16_t guilty_attempt;
  copy *held; /* in the order of sending */
  int n_held;
  double heard_s, expect_s;
  int level, prev, next; /* list of available workers with n_held == level; -1: in none */
  bool on_due;
  int next_due;
} member;

/* What tasks of a kind have cost. */
typedef struct costs {
  aus_median middle, slow; /* slow: 95 % were not above */
} costs;

/* Attempts used up in earlier runs. */
typedef struct debt {
  uint64_t id;
  bool job;
  int n;
} debt;

/* A second result that differs from the first. */
typedef struct dispute {
  struct dispute *next;
  line *line;
  int64_t index;
  int worker;
  aus_result result;
} dispute;

struct aus_sched {
  aus_sched_conf conf;
  line **line; /* sorted by (campaign, job) */
  int64_t n_lines, cap_lines;
  course **course;
  int64_t n_courses, cap_courses;
  int64_t n_past; /* courses that still follow an earlier run */
  turns jobs, trials;
  line *ready_first, *ready_last;
  member *worker; /* 1..n_workers */
  int n_workers, local;
  int *first, *last; /* lists of available workers by number of tasks held */
  int due_first;
  dispute *dispute_first, *dispute_last;
  costs *costs; /* by kind */
  int64_t n_kinds, cap_kinds;
  debt *debt; /* in order of the calls */
  int64_t n_debts, cap_debts;
  int64_t n_in[N_ITEM_STATES];
  int n_workers_in[AUS_W_STOPPED + 1];
  aus_sched_stats stats;
  bool hold, rest, started, frozen, late;
  double t_check_s; /* nobody can be too silent before this */
  double until_s;
  /* Lent to the caller until the next aus_sched_next(). */
  aus_task lent_task;
  aus_result lent_result; /* of a task given up */
  line *lent_line;
  int64_t lent_index;
  dispute *lent_dispute;
};

/* ---- small parts ---- */

static item *item_of(const line *l, int64_t index)
{
  return &l->item[index];
}

static void set_item(aus_sched *s, item *it, item_state state)
{
  s->n_in[it->state]--;
  it->state = (uint8_t)state;
  s->n_in[state]++;
}

static void set_worker(aus_sched *s, member *w, aus_worker_state state)
{
  s->n_workers_in[w->state]--;
  w->state = state;
  s->n_workers_in[state]++;
}

static void look_at(aus_sched *s, double t_s)
{
  if (t_s < s->t_check_s) s->t_check_s = t_s;
}

/* Frees what a committed task still has, once nobody can answer about it any more. */
static void settle(aus_sched *s, line *l, int64_t index)
{
  item *it = item_of(l, index);

  if (it->state != COMMITTED || it->copies > 0 || (s->lent_line == l && s->lent_index == index))
    return;
  if (it->result) aus_result_fini(it->result);
  aus_free(it->result);
  it->result = NULL;
  aus_free(it->task.x);
  aus_free(it->task.needs);
  aus_free(it->task.args);
  it->task.x = NULL;
  it->task.needs = NULL;
  it->task.args = NULL;
  it->task.n_x = it->task.n_needs = 0;
  it->task.n_args = 0;
}

static void give_back_loans(aus_sched *s)
{
  line *l = s->lent_line;

  s->lent_line = NULL;
  if (l) settle(s, l, s->lent_index);
  if (s->lent_dispute) aus_result_fini(&s->lent_dispute->result);
  aus_free(s->lent_dispute);
  s->lent_dispute = NULL;
}

/* ---- lines ---- */

/* Position of (campaign, job), or where it would be. */
static int64_t line_position(const aus_sched *s, uint32_t campaign, bool job)
{
  uint64_t key = (uint64_t)campaign << 1 | job;
  int64_t lo = 0, hi = s->n_lines;

  while (lo < hi) {
    int64_t mid = lo + (hi - lo) / 2;

    if (((uint64_t)s->line[mid]->campaign << 1 | s->line[mid]->job) < key)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

static line *line_find(const aus_sched *s, uint32_t campaign, bool job)
{
  int64_t i = line_position(s, campaign, job);

  if (i == s->n_lines || s->line[i]->campaign != campaign || s->line[i]->job != job) return NULL;
  return s->line[i];
}

static void line_destroy(line *l)
{
  int64_t i;

  if (!l) return;
  for (i = 0; i < l->n; i++) {
    if (l->item[i].result) aus_result_fini(l->item[i].result);
    aus_free(l->item[i].result);
    aus_task_fini(&l->item[i].task);
  }
  aus_free(l->item);
  aus_free(l->arrived);
  aus_heap_fini(&l->again);
  aus_free(l);
}

static int line_make(aus_sched *s, uint32_t campaign, bool job, line **out, aus_err *err)
{
  int rc = AUS_OK;
  int64_t at = line_position(s, campaign, job);
  turns *r = job ? &s->jobs : &s->trials;
  line *l = NULL;

  AUS_TRY(aus_grow(&s->line, &s->cap_lines, s->n_lines + 1, sizeof *s->line, err));
  AUS_TRY(aus_heap_reserve(&r->now, s->n_lines + 1, err));
  AUS_TRY(aus_heap_reserve(&r->next, s->n_lines + 1, err));
  AUS_NEW(l, 1, err);
  l->campaign = campaign;
  l->job = job;
  aus_heap_init(&l->again);
  memmove(s->line + at + 1, s->line + at, (size_t)(s->n_lines - at) * sizeof *s->line);
  s->line[at] = l;
  s->n_lines++;
  *out = l;
done:
  return rc;
}

/* Index of the first item to send, or -1. */
static int64_t line_first(line *l)
{
  while (l->again.n > 0) {
    int64_t index = (int64_t)l->again.item[0].order;

    /* A re-queued one was sent before, so its index is below next_new. */
    if (item_of(l, index)->state == QUEUED) return index;
    (void)aus_heap_pop(&l->again);
    item_of(l, index)->again = false;
  }
  while (l->next_new < l->n && item_of(l, l->next_new)->state != QUEUED)
    l->next_new++;
  return l->next_new < l->n ? l->next_new : -1;
}

/* ---- whose turn it is ---- */

/* Room was reserved when the line was made. */
static void turns_put(turns *r, line *l)
{
  aus_heap_item x = {.t = 0, .order = l->campaign, .data = (uint64_t)(uintptr_t)l};

  if (l->waiting) return;
  l->waiting = true;
  if (aus_heap_push(l->campaign >= r->after ? &r->now : &r->next, x, NULL) != AUS_OK) AUS_ASSERT(0);
}

static aus_heap *turns_heap(turns *r)
{
  return r->now.n > 0 ? &r->now : &r->next;
}

static void turns_drop(turns *r)
{
  ((line *)(uintptr_t)aus_heap_pop(turns_heap(r)).data)->waiting = false;
}

/* The line whose turn it is, with something to send; NULL if there is none. */
static line *turns_line(turns *r, int64_t *index)
{
  while (turns_heap(r)->n > 0) {
    line *l = (line *)(uintptr_t)turns_heap(r)->item[0].data;

    *index = line_first(l);
    if (*index >= 0) return l;
    turns_drop(r);
  }
  return NULL;
}

/* The line whose turn it was has been served. */
static void turns_serve(turns *r, line *l)
{
  if (r->now.n == 0) { /* a new round begins */
    aus_heap swap = r->now;

    r->now = r->next;
    r->next = swap;
  }
  turns_drop(r);
  r->after = (uint64_t)l->campaign + 1;
  if (line_first(l) >= 0) turns_put(r, l);
}

static void wake(aus_sched *s, line *l)
{
  turns_put(l->job ? &s->jobs : &s->trials, l);
}

/* ---- items ---- */

/* Back to the queue. Room in the heap was reserved when it was sent. */
static void requeue(aus_sched *s, line *l, int64_t index)
{
  item *it = item_of(l, index);

  set_item(s, it, QUEUED);
  if (!it->again) {
    it->again = true;
    if (aus_heap_push(&l->again, (aus_heap_item){.order = (uint64_t)index}, NULL) != AUS_OK)
      AUS_ASSERT(0);
  }
  wake(s, l);
}

static bool follows_past(const course *c)
{
  return c && c->at < c->n_past;
}

/* Index of the item whose turn it is to be committed, or -1 while it has not returned. */
static int64_t line_turn(const line *l)
{
  const course *c = l->course;
  int64_t index = l->next_commit;

  if (follows_past(c) && c->past[c->at].job != l->job) return -1;
  if (l->by_arrival) {
    if (follows_past(c))
      index = c->past[c->at].index;
    else
      index = l->next_arrived < l->n_arrived ? l->arrived[l->next_arrived] : l->n;
  }
  return index < l->n && item_of(l, index)->state == RETURNED ? index : -1;
}

static void now_ready(aus_sched *s, line *l)
{
  if (l->ready || line_turn(l) < 0) return;
  l->ready = true;
  l->next_ready = NULL;
  if (s->ready_last)
    s->ready_last->next_ready = l;
  else
    s->ready_first = l;
  s->ready_last = l;
}

/* Room was made when the item was added: each arrives once. */
static void arrived(line *l, int64_t index)
{
  const course *c = l->course;

  if (l->by_arrival && !(index < c->n_known && c->known[index])) l->arrived[l->n_arrived++] = index;
}

static void returned(aus_sched *s, line *l, int64_t index, int worker)
{
  item *it = item_of(l, index);

  set_item(s, it, RETURNED);
  it->worker = worker;
  l->n_returned++;
  arrived(l, index);
  now_ready(s, l);
}

/* An attempt has failed in a way that may not repeat itself. True: queued again. */
static bool try_again(aus_sched *s, line *l, int64_t index, uint16_t status)
{
  item *it = item_of(l, index);

  if (it->charged + 1 >= s->conf.max_attempts) return false;
  it->charged++;
  if (status == AUS_S_TIMEOUT) it->patient = true;
  s->stats.n_retries++;
  requeue(s, l, index);
  return true;
}

/* The worker that had it is gone, with or without a charge. */
static void orphan(aus_sched *s, line *l, int64_t index, bool charge, uint16_t status)
{
  item *it = item_of(l, index);

  if (it->unwanted)
    returned(s, l, index, 0);
  else if (!charge)
    requeue(s, l, index);
  else if (!try_again(s, l, index, status)) {
    it->lost_as = status;
    returned(s, l, index, 0);
  }
}

/* ---- workers ---- */

static void unlist(aus_sched *s, int i)
{
  member *w = &s->worker[i];

  if (w->level < 0) return;
  if (w->prev)
    s->worker[w->prev].next = w->next;
  else
    s->first[w->level] = w->next;
  if (w->next)
    s->worker[w->next].prev = w->prev;
  else
    s->last[w->level] = w->prev;
  w->level = -1;
}

/* Put a worker at the end of the list where it belongs. */
static void enlist(aus_sched *s, int i)
{
  member *w = &s->worker[i];

  unlist(s, i);
  if (w->local || (w->state != AUS_W_IDLE && w->state != AUS_W_BUSY) ||
      w->n_held > s->conf.prefetch)
    return;
  w->level = w->n_held;
  w->next = 0;
  w->prev = s->last[w->level];
  if (w->prev)
    s->worker[w->prev].next = i;
  else
    s->first[w->level] = i;
  s->last[w->level] = i;
}

static void make_due(aus_sched *s, int i)
{
  member *w = &s->worker[i];

  if (w->on_due) return;
  w->on_due = true;
  w->next_due = s->due_first;
  s->due_first = i;
}

static int find_copy(const member *w, const line *l, int64_t index)
{
  int i;

  for (i = 0; i < w->n_held; i++)
    if (w->held[i].line == l && w->held[i].index == index) return i;
  return -1;
}

static void ask_to_cancel(aus_sched *s, int i, copy *c)
{
  if (c->asked) return;
  c->asked = true;
  c->due = true;
  make_due(s, i);
}

/* The copy whose result would be the wanted one. */
static bool is_current(const copy *c, int i)
{
  const item *it = item_of(c->line, c->index);

  return it->state == RUNNING && it->worker == i;
}

static double hang_after(const aus_sched *s, const member *w)
{
  return fmax(s->conf.hang_after_s, 4 * w->expect_s);
}

/* When is there something to be noticed about this worker? */
static double worker_limit(const aus_sched *s, const member *w)
{
  double patience_s = s->conf.lost_after_s - s->conf.hang_after_s, limit_s;

  if (w->local) return INFINITY;
  if (w->state == AUS_W_ABSENT) return w->heard_s + s->conf.lost_after_s;
  if (w->state == AUS_W_SUSPECT) return w->heard_s + hang_after(s, w) + patience_s;
  if (w->state != AUS_W_BUSY) return INFINITY;
  limit_s = w->heard_s + hang_after(s, w);
  /* The worker keeps its own deadline; asked from here only if that did not work. */
  if (!w->held[0].asked)
    limit_s = fmin(limit_s, w->held[0].start_s + w->held[0].hard_s + s->conf.hang_after_s);
  return limit_s;
}

static void begin_first(aus_sched *s, member *w, double now_s)
{
  if (w->n_held == 0) return;
  w->held[0].start_s = now_s;
  look_at(s, worker_limit(s, w));
}

static void remove_copy(aus_sched *s, member *w, int at, double now_s)
{
  copy c = w->held[at];

  w->n_held--;
  memmove(w->held + at, w->held + at + 1, (size_t)(w->n_held - at) * sizeof *w->held);
  if (at == 0) begin_first(s, w, now_s);
  item_of(c.line, c.index)->copies--;
  settle(s, c.line, c.index);
}

/* A sign of life. */
static void heard(aus_sched *s, int i, double now_s)
{
  member *w = &s->worker[i];
  int k;

  w->heard_s = now_s;
  w->expect_s = 0;
  if (w->state == AUS_W_DRAINING || w->state == AUS_W_STOPPED || w->dead) return;
  if (w->state == AUS_W_LOST) {
    /* It was only slow: it goes on with what nobody else has taken over. */
    for (k = 0; k < w->n_held; k++) {
      item *it = item_of(w->held[k].line, w->held[k].index);

      if (it->state == QUEUED && !w->held[k].asked && !s->frozen) {
        set_item(s, it, RUNNING);
        it->worker = i;
        it->charged = (uint16_t)(it->charged - w->held[k].charged);
        w->held[k].charged = false;
      } else
        ask_to_cancel(s, i, &w->held[k]);
    }
    w->told_lost = true;
    begin_first(s, w, now_s);
  }
  set_worker(s, w, w->n_held > 0 ? AUS_W_BUSY : AUS_W_IDLE);
  look_at(s, worker_limit(s, w));
  enlist(s, i);
}

/* Everything a worker was working on is queued again. */
static void orphan_all(aus_sched *s, int i, bool charge, double now_s)
{
  member *w = &s->worker[i];
  int k;

  for (k = 0; k < w->n_held; k++) {
    copy *c = &w->held[k];
    bool late = now_s > c->start_s + c->hard_s;

    if (is_current(c, i)) {
      c->charged = charge && k == 0;
      if (c->charged) {
        w->guilty = c->line;
        w->guilty_index = c->index;
        w->guilty_attempt = item_of(c->line, c->index)->charged;
      }
      orphan(s, c->line, c->index, c->charged, late ? AUS_S_TIMEOUT : AUS_S_CRASHED);
    }
    c->due = false;
  }
}

static void lose(aus_sched *s, int i, double now_s)
{
  member *w = &s->worker[i];

  w->guilty = NULL;
  orphan_all(s, i, true, now_s);
  set_worker(s, w, AUS_W_LOST);
  w->told_lost = false;
  make_due(s, i);
  enlist(s, i);
}

static void forget_copies(aus_sched *s, int i, double now_s)
{
  member *w = &s->worker[i];

  while (w->n_held > 0)
    remove_copy(s, w, w->n_held - 1, now_s);
}

static void check_worker(aus_sched *s, int i, double now_s)
{
  member *w = &s->worker[i];

  if (now_s < worker_limit(s, w)) return;
  if (w->state == AUS_W_BUSY) {
    if (now_s >= w->heard_s + hang_after(s, w)) {
      set_worker(s, w, AUS_W_SUSPECT);
      enlist(s, i);
    } else {
      w->held[0].overdue = true;
      ask_to_cancel(s, i, &w->held[0]);
    }
  }
  if (w->state != AUS_W_BUSY && now_s >= worker_limit(s, w)) lose(s, i, now_s);
}

static void check_silence(aus_sched *s, double now_s)
{
  int i;

  if (!s->started) {
    s->started = true;
    for (i = 1; i <= s->n_workers; i++)
      if (s->worker[i].state == AUS_W_ABSENT) s->worker[i].heard_s = now_s;
    s->t_check_s = now_s;
  }
  if (now_s < s->t_check_s) return;
  s->t_check_s = INFINITY;
  for (i = 1; i <= s->n_workers; i++) {
    check_worker(s, i, now_s);
    look_at(s, worker_limit(s, &s->worker[i]));
  }
}

/* ---- costs and deadlines ---- */

static int add_cost(aus_sched *s, uint16_t kind, double cost_s, aus_err *err)
{
  int rc = AUS_OK;

  if (!(cost_s >= 0) || isinf(cost_s)) goto done;
  AUS_TRY(aus_grow(&s->costs, &s->cap_kinds, kind + 1, sizeof *s->costs, err));
  for (; s->n_kinds <= kind; s->n_kinds++) {
    aus_median_init(&s->costs[s->n_kinds].middle);
    aus_median_init_at(&s->costs[s->n_kinds].slow, 0.95);
  }
  AUS_TRY(aus_median_add(&s->costs[kind].middle, cost_s, err));
  AUS_TRY(aus_median_add(&s->costs[kind].slow, cost_s, err));
done:
  return rc;
}

/* The hard deadline of a kind that has none of its own. */
static double default_deadline(const aus_sched *s, uint16_t kind)
{
  if (kind >= s->n_kinds || s->costs[kind].middle.n < COSTS_NEEDED) return s->conf.timeout_first_s;
  return fmax(s->conf.timeout_min_s, 20 * aus_median_get(&s->costs[kind].middle));
}

/* What a task of this kind will hardly exceed; 0 when none was done yet. */
static double slow_cost(const aus_sched *s, uint16_t kind)
{
  if (kind >= s->n_kinds || s->costs[kind].slow.n == 0) return 0;
  return aus_median_get(&s->costs[kind].slow);
}

/* ---- results ---- */

static bool retryable(uint16_t status)
{
  return status == AUS_S_FAIL_MEM || status == AUS_S_TIMEOUT || status == AUS_S_CRASHED;
}

/* The first result of a task, perhaps from a worker that had been given up. True: it was kept. */
static bool accept(aus_sched *s, int i, line *l, int64_t index, aus_result *kept, const copy *c)
{
  item *it = item_of(l, index);
  bool current = c && is_current(c, i);

  /* Unasked: an order for an earlier attempt at the same worker came late. */
  if (kept->status == AUS_S_CANCELLED && c && (c->overdue || (!c->asked && !it->unwanted)))
    kept->status = AUS_S_TIMEOUT;
  if (!current && aus_status_machine(kept->status)) return false; /* another attempt is under way */
  if (s->frozen && kept->status == AUS_S_CANCELLED && !it->unwanted) {
    requeue(s, l, index);
    return false;
  }
  if (!it->unwanted && retryable(kept->status) && try_again(s, l, index, kept->status))
    return false;
  if (it->state == RUNNING && !current) {
    member *other = &s->worker[it->worker];
    int at = find_copy(other, l, index);

    if (at >= 0) ask_to_cancel(s, it->worker, &other->held[at]);
  }
  if (!current) s->stats.n_late++;
  it->result = kept;
  if (c) it->start_s = c->start_s;
  returned(s, l, index, i);
  return true;
}

/* A further result: compared with the first while that is still there. True: *d was kept. */
static bool compare(aus_sched *s, const item *it, const aus_result *r, dispute *d)
{
  s->stats.n_duplicates++;
  if (!it->result || aus_status_machine(it->result->status) || aus_status_machine(r->status) ||
      aus_result_same(it->result, r))
    return false;
  s->stats.n_violations++;
  if (s->dispute_last)
    s->dispute_last->next = d;
  else
    s->dispute_first = d;
  s->dispute_last = d;
  return true;
}

int aus_sched_result(aus_sched *s, int worker, aus_result *result, double now_s, aus_err *err)
{
  int rc = AUS_OK, at;
  member *w = &s->worker[worker];
  line *l = line_find(s, (uint32_t)(result->id >> 32), result->job);
  int64_t index = (int64_t)(result->id & 0xffffffffu);
  aus_result *kept = NULL;
  dispute *d = NULL;
  copy c = {0};
  item *it;

  if (!l || index >= l->n || !item_of(l, index)->sent)
    AUS_FAIL(err, AUS_EINVAL, "worker %d: result of %s %u:%u, which was never sent", worker,
             result->job ? "job" : "trial", (unsigned)(result->id >> 32), (unsigned)index);
  it = item_of(l, index);
  at = find_copy(w, l, index);
  if (at >= 0 && w->held[at].attempt != result->attempt) at = -1; /* a stray one */
  if (at >= 0) c = w->held[at];
  if (it->state == QUEUED || it->state == RUNNING) {
    AUS_NEW(kept, 1, err);
    *kept = *result;
    *result = (aus_result){0};
    /* Only after its fate is decided may the copy go: a worker that was lost takes up the rest. */
    if (accept(s, worker, l, index, kept, at >= 0 ? &c : NULL)) kept = NULL;
  } else {
    AUS_NEW(d, 1, err);
    d->line = l;
    d->index = index;
    d->worker = worker;
    if (compare(s, it, result, d)) {
      d->result = *result;
      *result = (aus_result){0};
      d = NULL;
    }
  }
  if (at >= 0) remove_copy(s, w, find_copy(w, l, index), now_s);
  heard(s, worker, now_s);
done:
  aus_result_fini(result);
  if (kept) aus_result_fini(kept);
  aus_free(kept);
  aus_free(d);
  return rc;
}

int aus_sched_recall(aus_sched *s, aus_result *result, aus_err *err)
{
  int rc = AUS_OK;
  line *l = line_find(s, (uint32_t)(result->id >> 32), result->job);
  int64_t index = (int64_t)(result->id & 0xffffffffu);
  aus_result *kept = NULL;
  item *it;

  if (!l || index >= l->n || item_of(l, index)->state != QUEUED || item_of(l, index)->sent)
    AUS_FAIL(err, AUS_EINVAL, "%s %u:%u does not wait for a recalled result",
             result->job ? "job" : "trial", (unsigned)(result->id >> 32), (unsigned)index);
  it = item_of(l, index);
  AUS_NEW(kept, 1, err);
  *kept = *result;
  *result = (aus_result){0};
  it->result = kept;
  it->sent = true;
  l->n_open++;
  returned(s, l, index, 0);
done:
  aus_result_fini(result);
  return rc;
}

/* ---- other events ---- */

void aus_sched_hello(aus_sched *s, int worker, bool local, double now_s)
{
  s->worker[worker].local = local;
  if (local) s->local = worker;
  heard(s, worker, now_s);
}

void aus_sched_progress(aus_sched *s, int worker, double expect_s, double now_s)
{
  heard(s, worker, now_s);
  if (expect_s > 0) s->worker[worker].expect_s = expect_s;
}

void aus_sched_lose(aus_sched *s, int worker, double now_s)
{
  aus_worker_state state = s->worker[worker].state;

  if (state == AUS_W_STOPPED || state == AUS_W_LOST) return;
  lose(s, worker, now_s);
  s->worker[worker].told_lost = true;
}

void aus_sched_gone(aus_sched *s, int worker, double now_s)
{
  member *w = &s->worker[worker];

  if (w->state == AUS_W_STOPPED) return;
  w->dead = true;
  if (w->state != AUS_W_LOST) lose(s, worker, now_s);
  forget_copies(s, worker, now_s);
}

void aus_sched_drain(aus_sched *s, int worker)
{
  aus_worker_state state = s->worker[worker].state;

  if (state == AUS_W_STOPPED || state == AUS_W_LOST) return;
  set_worker(s, &s->worker[worker], AUS_W_DRAINING);
  enlist(s, worker);
}

void aus_sched_stopped(aus_sched *s, int worker, double now_s)
{
  orphan_all(s, worker, false, now_s);
  set_worker(s, &s->worker[worker], AUS_W_STOPPED);
  forget_copies(s, worker, now_s);
  enlist(s, worker);
}

static void call_off(aus_sched *s, line *l, int64_t index)
{
  item *it = item_of(l, index);
  int at;

  if (it->unwanted || it->state == RETURNED || it->state == COMMITTED) return;
  it->unwanted = true;
  it->lost_as = AUS_S_CANCELLED;
  if (it->state == QUEUED) {
    if (!it->sent) l->n_open++;
    it->sent = true;
    returned(s, l, index, 0);
    return;
  }
  at = find_copy(&s->worker[it->worker], l, index);
  if (at >= 0) ask_to_cancel(s, it->worker, &s->worker[it->worker].held[at]);
}

void aus_sched_call_off(aus_sched *s, uint32_t campaign, bool job, int64_t from)
{
  line *l = line_find(s, campaign, job);
  int64_t i;

  for (i = from > 0 ? from : 0; l && i < l->n; i++)
    call_off(s, l, i);
}

void aus_sched_freeze(aus_sched *s, bool running_too)
{
  int i, k;

  s->frozen = true;
  for (i = 1; i <= s->n_workers; i++) {
    member *w = &s->worker[i];

    if (w->state == AUS_W_LOST || w->state == AUS_W_STOPPED) continue;
    for (k = running_too ? 0 : 1; k < w->n_held; k++)
      ask_to_cancel(s, i, &w->held[k]);
  }
}

bool aus_sched_still(const aus_sched *s)
{
  return s->frozen && s->n_in[RUNNING] == 0 && !s->ready_first;
}

void aus_sched_until(aus_sched *s, double t_s)
{
  s->until_s = t_s;
}

bool aus_sched_late(const aus_sched *s)
{
  return s->late;
}

void aus_sched_hold(aus_sched *s, bool hold)
{
  s->hold = hold;
}

void aus_sched_rest(aus_sched *s, bool rest)
{
  s->rest = rest;
}

/* ---- actions ---- */

static bool next_due(aus_sched *s, aus_action *a)
{
  while (s->due_first) {
    int i = s->due_first, k;
    member *w = &s->worker[i];

    a->worker = i;
    if (w->state == AUS_W_LOST && !w->told_lost) {
      w->told_lost = true;
      a->type = AUS_ACT_LOST;
      if (w->guilty) {
        s->lent_task = item_of(w->guilty, w->guilty_index)->task;
        s->lent_task.attempt = w->guilty_attempt;
        a->task = &s->lent_task;
      }
      return true;
    }
    for (k = 0; k < w->n_held; k++)
      if (w->held[k].due) {
        w->held[k].due = false;
        a->type = AUS_ACT_CANCEL;
        s->lent_task = item_of(w->held[k].line, w->held[k].index)->task;
        a->task = &s->lent_task;
        return true;
      }
    w->on_due = false;
    s->due_first = w->next_due;
  }
  return false;
}

static bool next_dispute(aus_sched *s, aus_action *a)
{
  dispute *d = s->dispute_first;

  if (!d) return false;
  s->dispute_first = d->next;
  if (!d->next) s->dispute_last = NULL;
  s->lent_dispute = d;
  s->lent_task = item_of(d->line, d->index)->task;
  *a = (aus_action){
      .type = AUS_ACT_VIOLATION, .worker = d->worker, .task = &s->lent_task, .result = &d->result};
  return true;
}

/* Rank 0's own worker, if it takes tasks: 0 while it rests, unless it is the last one. */
static int local_worker(const aus_sched *s)
{
  int others = s->n_workers - s->n_workers_in[AUS_W_LOST] - s->n_workers_in[AUS_W_STOPPED] - 1;

  if (!s->local || s->worker[s->local].state != AUS_W_IDLE) return 0;
  return s->rest && others > 0 ? 0 : s->local;
}

/* The least burdened worker that may have this task; rank 0's own only when all others are full. */
static int choose_worker(const aus_sched *s, const line *l, int64_t index)
{
  bool elsewhere = item_of(l, index)->copies > 0;
  int level, i;

  for (level = 0; level <= s->conf.prefetch; level++)
    for (i = s->first[level]; i; i = s->worker[i].next)
      if (!elsewhere || find_copy(&s->worker[i], l, index) < 0) return i;
  return local_worker(s);
}

static bool anyone_free(const aus_sched *s)
{
  int level;

  for (level = 0; level <= s->conf.prefetch; level++)
    if (s->first[level]) return true;
  return local_worker(s) > 0;
}

static void hand_over(aus_sched *s, line *l, int64_t index, int i, double now_s)
{
  member *w = &s->worker[i];
  item *it = item_of(l, index);
  aus_task *t = &s->lent_task;

  *t = it->task;
  t->attempt = it->charged;
  if (!(t->hard_s > 0)) t->hard_s = default_deadline(s, t->kind);
  if (!(t->soft_s > 0)) t->soft_s = 0.8 * t->hard_s;
  if (it->patient) {
    t->hard_s *= 2;
    t->soft_s *= 2;
  }
  it->worker = i;
  if (!it->sent) l->n_open++;
  it->sent = true;
  it->copies++;
  set_item(s, it, RUNNING);
  w->held[w->n_held++] =
      (copy){.line = l, .index = index, .hard_s = t->hard_s, .attempt = it->charged};
  if (w->n_held == 1) {
    w->heard_s = now_s; /* an idle worker is silent by right */
    w->expect_s = 0;
  }
  set_worker(s, w, AUS_W_BUSY);
  if (w->n_held == 1) begin_first(s, w, now_s);
  enlist(s, i);
}

/* Will it be done in time? Behind another one it is better not sent than asked back. */
static bool fits(aus_sched *s, const line *l, int64_t index, int i, double now_s)
{
  const member *w = &s->worker[i];
  double done_s = now_s + slow_cost(s, item_of(l, index)->task.kind);
  int k;

  if (isinf(s->until_s)) return true;
  if (done_s > s->until_s) s->late = true;
  for (k = 0; k < w->n_held; k++)
    done_s += slow_cost(s, item_of(w->held[k].line, w->held[k].index)->task.kind);
  return done_s <= s->until_s;
}

static int next_send(aus_sched *s, double now_s, aus_action *a, aus_err *err)
{
  int rc = AUS_OK, i;
  int64_t index;
  turns *r = &s->jobs;
  line *l;

  if (s->frozen || !anyone_free(s)) goto done;
  l = turns_line(r, &index);
  if (!l) {
    r = &s->trials;
    l = turns_line(r, &index);
  }
  if (!l) goto done;
  i = choose_worker(s, l, index);
  if (!i || !fits(s, l, index, i, now_s)) goto done;
  AUS_TRY(aus_heap_reserve(&l->again, l->again.n + l->n_open + 1, err));
  if (index == l->next_new) l->next_new++;
  hand_over(s, l, index, i, now_s);
  turns_serve(r, l);
  *a = (aus_action){.type = AUS_ACT_SEND, .worker = i, .task = &s->lent_task};
done:
  return rc;
}

/* The result that a task gets when nobody will ever answer. */
static void write_off(aus_sched *s, const item *it)
{
  s->lent_result = (aus_result){.id = it->task.id,
                                .job = it->task.job,
                                .attempt = it->charged,
                                .status = it->lost_as,
                                .cost_s = NAN};
  aus_err_clear(&s->lent_result.err);
  if (it->unwanted)
    (void)aus_fail(&s->lent_result.err, AUS_ECANCEL, AUS_HERE, "called off");
  else
    (void)aus_fail(&s->lent_result.err, AUS_EMPI, AUS_HERE,
                   "its worker was lost (attempt %d of %d)", it->charged + 1, s->conf.max_attempts);
}

static void both_ready(aus_sched *s, const course *c)
{
  now_ready(s, c->trials);
  now_ready(s, c->jobs);
}

/* What was committed leaves the order. What the earlier run had called off is not named in it, and goes before
 * the next one that is, where the order is by index. */
static void step(aus_sched *s, line *l, int64_t index)
{
  course *c = l->course;

  l->next_commit++;
  if (!follows_past(c)) {
    if (l->by_arrival) l->next_arrived++;
    now_ready(s, l);
    return;
  }
  if (index >= c->past[c->at].index) c->at++;
  if (!follows_past(c)) s->n_past--;
  both_ready(s, c);
}

/* What the earlier run did next is not there, and nobody is at work that could bring it: the campaign has
 * ended, or goes another way because the configuration was changed. What has come since counts. */
static bool stalled(const course *c)
{
  int64_t n = c->trials->n + c->jobs->n;

  return follows_past(c) && c->trials->n_returned + c->jobs->n_returned == n &&
         c->trials->next_commit + c->jobs->next_commit < n;
}

static void leave_past(aus_sched *s, course *c)
{
  int64_t i, at = c->at;

  c->at = c->n_past;
  c->n_known = 0;
  s->n_past--;
  for (i = at; i < c->n_past; i++)
    if (!c->past[i].job && c->past[i].index < c->trials->n) arrived(c->trials, c->past[i].index);
  both_ready(s, c);
}

static void leave_stalled(aus_sched *s)
{
  int64_t i;

  for (i = 0; s->n_past > 0 && i < s->n_courses; i++)
    if (stalled(s->course[i])) leave_past(s, s->course[i]);
}

static int next_commit(aus_sched *s, aus_action *a, aus_err *err)
{
  int rc = AUS_OK;
  line *l;
  item *it;
  int64_t index;

  if (s->hold) goto done;
  if (!s->ready_first) leave_stalled(s);
  l = s->ready_first;
  if (!l) goto done;
  s->ready_first = l->next_ready;
  if (!s->ready_first) s->ready_last = NULL;
  l->ready = false;
  index = line_turn(l);
  it = item_of(l, index);
  if (!it->result) write_off(s, it);
  if (it->result && it->result->status == AUS_S_OK)
    AUS_TRY(add_cost(s, it->task.kind, it->result->cost_s, err));
  set_item(s, it, COMMITTED);
  s->lent_task = it->task;
  s->lent_line = l;
  s->lent_index = index;
  l->n_open--;
  step(s, l, index);
  *a = (aus_action){.type = AUS_ACT_COMMIT,
                    .worker = it->worker,
                    .start_s = it->start_s,
                    .task = &s->lent_task,
                    .result = it->result ? it->result : &s->lent_result};
  s->stats.n_failed += aus_status_failed(a->result->status);
done:
  return rc;
}

int aus_sched_next(aus_sched *s, double now_s, aus_action *action, aus_err *err)
{
  int rc = AUS_OK;

  *action = (aus_action){0};
  give_back_loans(s);
  check_silence(s, now_s);
  if (next_due(s, action) || next_dispute(s, action)) goto done;
  AUS_TRY(next_send(s, now_s, action, err));
  if (action->type == AUS_ACT_NONE) AUS_TRY(next_commit(s, action, err));
done:
  return rc;
}

/* ---- life and figures ---- */

static void turns_fini(turns *r)
{
  aus_heap_fini(&r->now);
  aus_heap_fini(&r->next);
}

static void course_destroy(course *c)
{
  if (!c) return;
  aus_free(c->past);
  aus_free(c->known);
  aus_free(c);
}

void aus_sched_destroy(aus_sched *s)
{
  int64_t i;

  if (!s) return;
  give_back_loans(s);
  while (s->dispute_first) {
    dispute *d = s->dispute_first;

    s->dispute_first = d->next;
    aus_result_fini(&d->result);
    aus_free(d);
  }
  for (i = 0; i < s->n_lines; i++)
    line_destroy(s->line[i]);
  aus_free(s->line);
  for (i = 0; i < s->n_courses; i++)
    course_destroy(s->course[i]);
  aus_free(s->course);
  for (i = 0; s->worker && i <= s->n_workers; i++)
    aus_free(s->worker[i].held);
  aus_free(s->worker);
  for (i = 0; i < s->n_kinds; i++) {
    aus_median_fini(&s->costs[i].middle);
    aus_median_fini(&s->costs[i].slow);
  }
  aus_free(s->costs);
  aus_free(s->debt);
  aus_free(s->first);
  aus_free(s->last);
  turns_fini(&s->jobs);
  turns_fini(&s->trials);
  aus_free(s);
}

int aus_sched_create(aus_sched **out, const aus_sched_conf *conf, int n_workers, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_sched *s = NULL;

  *out = NULL;
  if (conf->prefetch < 0 || conf->max_attempts < 1 || n_workers < 0 ||
      !(conf->timeout_min_s >= 0) || !(conf->timeout_first_s > 0) || !(conf->hang_after_s > 0) ||
      !(conf->lost_after_s >= conf->hang_after_s))
    AUS_FAIL(err, AUS_EINVAL, "scheduler: a count or time is out of range");
  AUS_NEW(s, 1, err);
  s->conf = *conf;
  s->until_s = INFINITY;
  s->n_workers = n_workers;
  s->n_workers_in[AUS_W_ABSENT] = n_workers;
  aus_heap_init(&s->jobs.now);
  aus_heap_init(&s->jobs.next);
  aus_heap_init(&s->trials.now);
  aus_heap_init(&s->trials.next);
  AUS_NEW(s->first, conf->prefetch + 1, err);
  AUS_NEW(s->last, conf->prefetch + 1, err);
  AUS_NEW(s->worker, n_workers + 1, err);
  for (i = 1; i <= n_workers; i++) {
    s->worker[i].level = -1;
    AUS_NEW(s->worker[i].held, conf->prefetch + 1, err);
  }
  *out = s;
  s = NULL;
done:
  aus_sched_destroy(s);
  return rc;
}

int aus_sched_charge(aus_sched *s, uint64_t id, bool job, int n, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_grow(&s->debt, &s->cap_debts, s->n_debts + 1, sizeof *s->debt, err));
  s->debt[s->n_debts++] = (debt){.id = id, .job = job, .n = n};
done:
  return rc;
}

/* What earlier runs have used up of a new task. There are few of these: each has cost a process. */
static void apply_debts(aus_sched *s, line *l, int64_t index)
{
  item *it = item_of(l, index);
  int64_t i;
  int n = 0;

  for (i = 0; i < s->n_debts; i++)
    if (s->debt[i].id == it->task.id && s->debt[i].job == it->task.job && s->debt[i].n > n)
      n = s->debt[i].n;
  if (n == 0) return;
  it->charged = (uint16_t)(n < s->conf.max_attempts ? n : s->conf.max_attempts - 1);
  it->patient = true;
  if (n < s->conf.max_attempts) return;
  it->lost_as = AUS_S_CRASHED;
  it->sent = true;
  l->n_open++;
  returned(s, l, index, 0);
}

int aus_sched_add(aus_sched *s, const aus_task *task, aus_err *err)
{
  int rc = AUS_OK;
  uint32_t campaign = (uint32_t)(task->id >> 32);
  int64_t index = (int64_t)(task->id & 0xffffffffu);
  line *l = line_find(s, campaign, task->job);
  int64_t n = l ? l->n : 0;

  if (index != n)
    AUS_FAIL(err, AUS_EINVAL, "%s %u:%u is out of order, index %u is next",
             task->job ? "job" : "trial", campaign, (unsigned)index, (unsigned)n);
  if (!l) AUS_TRY(line_make(s, campaign, task->job, &l, err));
  AUS_TRY(aus_grow(&l->item, &l->cap, l->n + 1, sizeof *l->item, err));
  if (l->by_arrival)
    AUS_TRY(aus_grow(&l->arrived, &l->cap_arrived, l->n + 1, sizeof *l->arrived, err));
  l->item[l->n] = (item){.state = QUEUED};
  AUS_TRY(aus_task_copy(&l->item[l->n].task, task, err));
  l->n++;
  s->stats.n_tasks++;
  s->n_in[QUEUED]++;
  apply_debts(s, l, l->n - 1);
  wake(s, l);
done:
  return rc;
}

static int course_make(const aus_sched_past *past, int64_t n_past, course **out, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;
  course *c = NULL;

  AUS_NEW(c, 1, err);
  AUS_NEW(c->past, n_past, err);
  c->n_past = n_past;
  for (i = 0; i < n_past; i++) {
    c->past[i] = past[i];
    if (!past[i].job && past[i].index >= c->n_known) c->n_known = past[i].index + 1;
  }
  AUS_NEW(c->known, c->n_known, err);
  for (i = 0; i < n_past; i++)
    if (!past[i].job) c->known[past[i].index] = true;
  *out = c;
  c = NULL;
done:
  course_destroy(c);
  return rc;
}

int aus_sched_campaign(aus_sched *s, uint32_t campaign, bool by_arrival, const aus_sched_past *past,
                       int64_t n_past, aus_err *err)
{
  int rc = AUS_OK;
  course *c = NULL;

  if (line_find(s, campaign, false) || line_find(s, campaign, true))
    AUS_FAIL(err, AUS_EINVAL, "campaign %u has begun", campaign);
  AUS_TRY(course_make(past, n_past, &c, err));
  AUS_TRY(aus_grow(&s->course, &s->cap_courses, s->n_courses + 1, sizeof(course *), err));
  AUS_TRY(line_make(s, campaign, false, &c->trials, err));
  AUS_TRY(line_make(s, campaign, true, &c->jobs, err));
  c->trials->course = c->jobs->course = c;
  c->trials->by_arrival = by_arrival;
  s->n_past += n_past > 0;
  s->course[s->n_courses++] = c;
  c = NULL;
done:
  course_destroy(c);
  return rc;
}

aus_sched_stats aus_sched_count(const aus_sched *s)
{
  aus_sched_stats x = s->stats;

  x.n_queued = s->n_in[QUEUED];
  x.n_running = s->n_in[RUNNING];
  x.n_returned = s->n_in[RETURNED];
  x.n_committed = s->n_in[COMMITTED];
  x.n_workers_busy = s->n_workers_in[AUS_W_BUSY] + s->n_workers_in[AUS_W_SUSPECT];
  x.n_workers_lost = s->n_workers_in[AUS_W_LOST];
  x.n_workers_live = s->n_workers - x.n_workers_lost - s->n_workers_in[AUS_W_STOPPED];
  return x;
}

bool aus_sched_done(const aus_sched *s)
{
  return s->n_in[COMMITTED] == s->stats.n_tasks;
}

aus_worker_state aus_sched_worker(const aus_sched *s, int worker)
{
  return s->worker[worker].state;
}
