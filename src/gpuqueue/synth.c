/* gpuqueue/synth.c - traces of our own.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sessions of users come by an intensity with daily and weekly cycles and better and worse days. A session is a
 * burst of alike jobs: one width, one limit, run times that are often nearly the same.
 */
#include <config.h>

#include "gpuqueue/synth.h"

#include "gpuqueue/sim.h"
#include "util/alloc.h"
#include "util/rng.h"

#include <math.h>
#include <stdlib.h>

enum {
  MINUTE_S = 60,
  HOUR_S = 3600,
  DAY_S = 86400,
  FIRST_ID = 100001,
  MOST_JOBS = 100000000,
  MOST_BURST = 80,
  WIDE = 12, /* nodes; wide jobs are short there */
  MOST_OF_WIDE_MIN = 720
};

/* What a stream of random numbers is for; the number of the day, user or session stands below. */
enum { OF_DAY = 0, OF_USER = 1, OF_SESSION = 2 };

static aus_rng stream(uint64_t seed, uint64_t what, int64_t i)
{
  return aus_rng_open(seed, 0, what << 48 | (uint64_t)i, AUS_RNG_TRACE);
}

/* Shares among the jobs of the ls6 trace, per 10,000. */
typedef struct share {
  int value, weight;
} share;

static const share widths[] = {{1, 7954}, {2, 720}, {3, 341}, {4, 723}, {6, 26}, {8, 71},
                               {12, 33},  {15, 14}, {16, 97}, {32, 10}, {64, 2}};

/* Minutes. */
static const share limits[] = {
    {2880, 2383}, {30, 992}, {60, 840},  {120, 834},  {1440, 659}, {90, 539},  {180, 303},
    {720, 300},   {10, 299}, {240, 299}, {600, 249},  {480, 203},  {300, 197}, {360, 173},
    {1200, 161},  {5, 131},  {15, 120},  {2160, 105}, {150, 102},  {3, 79},    {20, 72},
    {450, 67},    {210, 54}, {1, 49},    {1800, 46},  {4320, 20},  {7200, 5},  {45, 140},
    {40, 80},     {75, 60},  {900, 130}, {1000, 60},  {1080, 49}};

static int draw_share(aus_rng *rng, const share *table, size_t n)
{
  int sum = 0;
  size_t i;
  int64_t at;

  for (i = 0; i < n; i++)
    sum += table[i].weight;
  at = (int64_t)aus_rng_below(rng, (uint64_t)sum);
  for (i = 0; i + 1 < n && at >= table[i].weight; i++)
    at -= table[i].weight;
  return table[i].value;
}

static int draw_width(aus_rng *rng)
{
  return draw_share(rng, widths, sizeof widths / sizeof *widths);
}

static int draw_limit(aus_rng *rng)
{
  return draw_share(rng, limits, sizeof limits / sizeof *limits);
}

/* What a user asks for as a rule. */
typedef struct habit {
  double weight; /* cumulated */
  int width, limit_min;
} habit;

static int64_t n_users_of(int64_t n_jobs)
{
  int64_t n = llround(367 * pow((double)n_jobs / 24777, 0.6));

  return n < 1 ? 1 : n > n_jobs ? n_jobs : n;
}

static int make_users(const aus_gpuqueue_synth *conf, int64_t n, habit **out, aus_err *err)
{
  int rc = AUS_OK;
  double sum = 0, tail = 0.45 * (double)n;
  int64_t i;

  AUS_NEW(*out, n, err);
  for (i = 0; i < n; i++) {
    aus_rng rng = stream(conf->seed, OF_USER, i);

    sum += exp(-(double)i / tail) / ((double)i + 12);
    (*out)[i] = (habit){sum, draw_width(&rng), draw_limit(&rng)};
  }
done:
  return rc;
}

static int64_t find_above(const double *cumulated, size_t stride, int64_t n, double x)
{
  int64_t lo = 0, hi = n - 1;

  while (lo < hi) {
    int64_t mid = (lo + hi) / 2;

    if (*(const double *)((const char *)cumulated + (size_t)mid * stride) > x)
      hi = mid;
    else
      lo = mid + 1;
  }
  return lo;
}

/* Intensity of sessions in each hour, cumulated. */
static int make_hours(const aus_gpuqueue_synth *conf, double **out, int64_t *n, aus_err *err)
{
  /* Share of an hour of the day, and of a day from Monday on, in the ls6 trace; 1 is the mean. */
  static const double of_hour[] = {.71,  .48,  .40,  .34,  .24,  .30,  .32,  .48,
                                   .93,  1.24, 1.46, 1.80, 1.58, 1.68, 1.66, 1.60,
                                   1.62, 1.11, 1.03, 1.03, .81,  1.11, 1.04, 1.03};
  static const double of_weekday[] = {1.19, 1.28, 1.16, .99, .95, .63, .80};
  int rc = AUS_OK;
  int64_t i, first = conf->t_begin_s / HOUR_S;
  double sum = 0, *hour = NULL;

  *n = (int64_t)ceil(conf->days * 24);
  AUS_NEW(hour, *n, err);
  for (i = 0; i < *n; i++) {
    int64_t day = (first + i) / 24;
    aus_rng rng = stream(conf->seed, OF_DAY, day);

    /* 1970-01-01 was a Thursday. */
    sum += of_hour[(first + i) % 24] * of_weekday[(day + 3) % 7] * exp(0.45 * aus_rng_normal(&rng));
    hour[i] = sum;
  }
  *out = hour;
  hour = NULL;
done:
  aus_free(hour);
  return rc;
}

/* Run time as a share of what there is between a minute and the limit, on a logarithmic scale; one job in seven
 * ends at once, more than one in five within a minute, one in seven at its limit. */
static double draw_run(aus_rng *rng, int limit_min)
{
  double limit_s = limit_min * MINUTE_S, which = aus_rng_uniform(rng), x = aus_rng_uniform(rng);

  if (which < 0.134) return 0;
  if (which < 0.354) return fmin(exp(x * log(60)), limit_s);
  if (which > (limit_min <= 120 || limit_min >= 2880 ? 0.78 : 0.91)) return limit_s;
  return MINUTE_S * exp(x * log(limit_s / MINUTE_S));
}

static int64_t burst_of(aus_rng *rng)
{
  double n = floor(pow(aus_rng_uniform(rng), -1 / 1.9));

  return n > MOST_BURST ? MOST_BURST : (int64_t)n;
}

typedef struct world {
  const aus_gpuqueue_synth *conf;
  habit *user;
  double *hour, *run_s; /* run_s: of every job, before it is scaled */
  int64_t n_users, n_hours;
  aus_gpuqueue_trace *t;
} world;

static void add_job(world *w, int64_t user, int width, int limit_min, double t_s, double run_s)
{
  const aus_gpuqueue_synth *conf = w->conf;
  int64_t length_s = (int64_t)(conf->days * DAY_S), at_s = (int64_t)t_s;

  if (at_s >= length_s) at_s = length_s - 1;
  w->run_s[w->t->n] = run_s;
  w->t->job[w->t->n] =
      (aus_gpuqueue_job){.id = w->t->n, /* where its run time stands, until it is numbered */
                         .t_submit_s = conf->t_begin_s + at_s,
                         .t_start_s = AUS_GPUQUEUE_NEVER,
                         .t_end_s = AUS_GPUQUEUE_NEVER,
                         .limit_min = limit_min,
                         .nodes = width,
                         .user = (int32_t)user,
                         .priority = (double)NAN};
  w->t->n++;
}

/* Every user has one session; who has the others goes by the weights. */
static void add_session(world *w, int64_t i)
{
  aus_rng rng = stream(w->conf->seed, OF_SESSION, i);
  double who = aus_rng_uniform(&rng) * w->user[w->n_users - 1].weight;
  double when = aus_rng_uniform(&rng) * w->hour[w->n_hours - 1], t_s, run_s;
  int64_t user =
      i < w->n_users ? i : find_above(&w->user->weight, sizeof *w->user, w->n_users, who);
  int64_t hour = find_above(w->hour, sizeof *w->hour, w->n_hours, when);
  int64_t n = i < w->n_users && w->n_users - i >= w->conf->n_jobs - w->t->n ? 1 : burst_of(&rng), k;
  int width = w->user[user].width, limit_min = w->user[user].limit_min;

  if (aus_rng_uniform(&rng) > 0.6) width = draw_width(&rng);
  if (aus_rng_uniform(&rng) > 0.5) limit_min = draw_limit(&rng);
  if (width >= WIDE && limit_min > MOST_OF_WIDE_MIN) limit_min = MOST_OF_WIDE_MIN;
  if (width > w->conf->n_nodes) width = (int)w->conf->n_nodes;
  t_s = ((double)hour + aus_rng_uniform(&rng)) * HOUR_S;
  run_s = draw_run(&rng, limit_min);
  for (k = 0; k < n && w->t->n < w->conf->n_jobs; k++) {
    add_job(w, user, width, limit_min, t_s, run_s);
    t_s += 20 * aus_rng_exponential(&rng);
    run_s = aus_rng_uniform(&rng) < 0.6 ? run_s * (0.95 + 0.1 * aus_rng_uniform(&rng))
                                        : draw_run(&rng, limit_min);
  }
}

/* Run times are bent first, then stretched: what ends within a minute or at its limit stays there, the others are
 * moved between the two, on a logarithmic scale; a factor on all of them is what is left when that does not do. */
static double scaled(double run_s, double dial, int32_t limit_min)
{
  const double least = 0.5, most = 3;
  double limit_s = (double)limit_min * MINUTE_S, bend = fmax(least, fmin(most, dial));

  if (run_s > MINUTE_S && run_s < limit_s) {
    double whole = log(limit_s / MINUTE_S);

    run_s = MINUTE_S * exp(whole * pow(log(run_s / MINUTE_S) / whole, 1 / bend));
  }
  return fmin(floor(run_s * exp(10 * (dial - bend))), limit_s);
}

static double load_at(const world *w, double dial)
{
  double sum = 0;
  int64_t i;

  for (i = 0; i < w->t->n; i++)
    sum += w->t->job[i].nodes * scaled(w->run_s[i], dial, w->t->job[i].limit_min);
  return sum / ((double)w->conf->n_nodes * w->conf->days * DAY_S);
}

/* Run times that give the wanted load, by bisection. */
static int scale(world *w, aus_err *err)
{
  double lo = -2, hi = 4;
  int k;
  int64_t i;

  if (load_at(w, hi) < w->conf->load)
    return aus_fail(err, AUS_EINVAL, AUS_HERE,
                    "load %g cannot be reached: if all jobs ran to their limits it would be %.3g",
                    w->conf->load, load_at(w, hi));
  for (k = 0; k < 40; k++) {
    double mid = (lo + hi) / 2;

    if (load_at(w, mid) < w->conf->load)
      lo = mid;
    else
      hi = mid;
  }
  for (i = 0; i < w->t->n; i++)
    w->t->job[i].run_s = (int64_t)scaled(w->run_s[i], hi, w->t->job[i].limit_min);
  return AUS_OK;
}

static int by_submit(const void *a, const void *b)
{
  const aus_gpuqueue_job *x = a, *y = b;

  if (x->t_submit_s != y->t_submit_s) return x->t_submit_s < y->t_submit_s ? -1 : 1;
  return (x->id > y->id) - (x->id < y->id);
}

/* Ids in order of submission, users in order of first appearance. */
static int number(world *w, aus_err *err)
{
  int rc = AUS_OK;
  int32_t *number = NULL;
  int64_t i;
  aus_gpuqueue_trace *t = w->t;

  AUS_NEW(number, w->n_users, err);
  qsort(t->job, (size_t)t->n, sizeof *t->job, by_submit);
  for (i = 0; i < t->n; i++) {
    int32_t *user = &number[t->job[i].user];

    if (*user == 0) *user = (int32_t)++t->n_users;
    t->job[i].user = *user - 1;
    t->job[i].id = FIRST_ID + i;
  }
  aus_gpuqueue_trace_order(t, 1);
done:
  aus_free(number);
  return rc;
}

static int check(const aus_gpuqueue_synth *conf, aus_err *err)
{
  if (conf->n_jobs < 1 || conf->n_jobs > MOST_JOBS)
    return aus_fail(err, AUS_EINVAL, AUS_HERE, "a trace of %lld jobs, need 1 to %d",
                    (long long)conf->n_jobs, MOST_JOBS);
  if (!(conf->days > 0 && conf->days <= 36500))
    return aus_fail(err, AUS_EINVAL, AUS_HERE, "a trace of %g days, need 0 to 36500", conf->days);
  if (conf->n_nodes < 1 || conf->n_nodes > INT32_MAX || !(conf->load > 0 && conf->load <= 2))
    return aus_fail(err, AUS_EINVAL, AUS_HERE, "%lld nodes at load %g, need >= 1 and 0 to 2",
                    (long long)conf->n_nodes, conf->load);
  if (conf->t_begin_s < 0) return aus_fail(err, AUS_EINVAL, AUS_HERE, "a trace begins before 1970");
  return AUS_OK;
}

int aus_gpuqueue_synth_draw(aus_gpuqueue_trace *t, const aus_gpuqueue_synth *conf, aus_err *err)
{
  int rc;
  int64_t i;
  world w = {.conf = conf, .t = t};

  *t = (aus_gpuqueue_trace){0};
  AUS_TRY(check(conf, err));
  w.n_users = n_users_of(conf->n_jobs);
  AUS_TRY(make_users(conf, w.n_users, &w.user, err));
  AUS_TRY(make_hours(conf, &w.hour, &w.n_hours, err));
  AUS_NEW(w.run_s, conf->n_jobs, err);
  AUS_TRY(aus_grow(&t->job, &t->cap, conf->n_jobs, sizeof *t->job, err));
  for (i = 0; t->n < conf->n_jobs; i++)
    add_session(&w, i);
  AUS_TRY(scale(&w, err));
  AUS_TRY(number(&w, err));
  t->n_read = t->n;
  t->max_nodes = conf->n_nodes;
done:
  if (rc != AUS_OK) aus_gpuqueue_trace_fini(t);
  aus_free(w.user);
  aus_free(w.hour);
  aus_free(w.run_s);
  return rc;
}

int aus_gpuqueue_synth_run(aus_gpuqueue_trace *t, int64_t n_nodes, aus_err *err)
{
  int rc = AUS_OK;
  aus_gpuqueue_sim_conf conf = aus_gpuqueue_sim_clean();
  aus_gpuqueue_sim *sim = NULL;
  aus_gpuqueue_log log;
  int64_t i;

  conf.n_nodes = n_nodes;
  AUS_TRY(aus_gpuqueue_sim_create(&sim, &conf, err));
  AUS_TRY(
      aus_gpuqueue_sim_load(sim, t, t->job[0].t_submit_s, t->job[t->n - 1].t_submit_s, true, err));
  AUS_TRY(aus_gpuqueue_sim_finish(sim, NULL, err));
  log = aus_gpuqueue_sim_log(sim);
  for (i = 0; i < log.n; i++) {
    aus_gpuqueue_job *j = &t->job[log.done[i].number];

    j->t_start_s = log.done[i].t_start_s;
    j->t_end_s = j->t_start_s + j->run_s;
  }
done:
  aus_gpuqueue_sim_destroy(sim);
  return rc;
}
