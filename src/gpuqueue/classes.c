/* classes.c - figures per load class, and a bootstrap over blocks of windows.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/classes.h"

#include "util/alloc.h"
#include "util/rng.h"
#include "util/stats.h"

#include <inttypes.h>
#include <math.h>

const char *const aus_gpuqueue_load_names[AUS_GPUQUEUE_N_LOADS] = {"light", "medium", "heavy",
                                                                   "all"};

aus_gpuqueue_load aus_gpuqueue_load_of(int64_t reactive_reward_s)
{
  if (reactive_reward_s <= 2 * 3600) return AUS_GPUQUEUE_LIGHT;
  return reactive_reward_s <= 12 * 3600 ? AUS_GPUQUEUE_MEDIUM : AUS_GPUQUEUE_HEAVY;
}

/* One model's windows and those it is compared with. */
typedef struct results {
  int64_t n;
  const int64_t *reward_s, *reactive_s, *rival_s;
  const bool *use;
} results;

/* Sums over windows of a class. Seconds are whole, so that no order of summation matters. */
typedef struct sums {
  int64_t n, n_zero;
  int64_t interruption_s, overlap_s, reactive_s, rival_s;
} sums;

static int64_t positive(int64_t x)
{
  return x > 0 ? x : 0;
}

static void add_window(sums *s, const results *r, int64_t i)
{
  s->n++;
  s->n_zero += r->reward_s[i] <= 0;
  s->interruption_s += positive(r->reward_s[i]);
  s->overlap_s += positive(-r->reward_s[i]);
  s->reactive_s += positive(r->reactive_s[i]);
  s->rival_s += positive(r->rival_s[i]);
}

static void add_sums(sums *to, const sums *from)
{
  to->n += from->n;
  to->n_zero += from->n_zero;
  to->interruption_s += from->interruption_s;
  to->overlap_s += from->overlap_s;
  to->reactive_s += from->reactive_s;
  to->rival_s += from->rival_s;
}

static double mean_h(int64_t sum_s, int64_t n)
{
  return n > 0 ? (double)sum_s / (double)n / 3600.0 : (double)NAN;
}

static double reduction(const sums *s)
{
  if (s->reactive_s == 0) return (double)NAN;
  return 1.0 - (double)s->interruption_s / (double)s->reactive_s;
}

/* Sums of each block: AUS_GPUQUEUE_N_LOADS per block. */
static void sum_blocks(const results *r, int64_t n_block, sums *block)
{
  aus_gpuqueue_load load;
  int64_t i;
  sums *of;

  for (i = 0; i < r->n; i++) {
    if (r->use && !r->use[i]) continue;
    load = aus_gpuqueue_load_of(r->reactive_s[i]);
    of = block + i / n_block * AUS_GPUQUEUE_N_LOADS;
    add_window(&of[load], r, i);
    add_window(&of[AUS_GPUQUEUE_ALL_LOADS], r, i);
  }
}

static double median_h(const results *r, aus_gpuqueue_load load, double *x)
{
  int64_t i, n = 0;

  for (i = 0; i < r->n; i++)
    if ((!r->use || r->use[i]) &&
        (load == AUS_GPUQUEUE_ALL_LOADS || load == aus_gpuqueue_load_of(r->reactive_s[i])))
      x[n++] = (double)positive(r->reward_s[i]) / 3600.0;
  aus_stats_sort(x, n);
  return aus_stats_median(x, n);
}

/* What is drawn of each class, n_draws of each; a draw without windows of the class has NaN. */
enum { INTERRUPTION, OVERLAP, REDUCTION, AGAINST, N_DRAWN };

static void set_draw(double *drawn, int64_t n_draws, int64_t draw, const sums *s)
{
  drawn[INTERRUPTION * n_draws + draw] = mean_h(s->interruption_s, s->n);
  drawn[OVERLAP * n_draws + draw] = mean_h(s->overlap_s, s->n);
  drawn[REDUCTION * n_draws + draw] = reduction(s);
  drawn[AGAINST * n_draws + draw] = mean_h(s->interruption_s - s->rival_s, s->n);
}

static void draw_blocks(const aus_gpuqueue_class_conf *conf, const sums *block, int64_t n_blocks,
                        double *drawn)
{
  aus_rng rng = aus_rng_open(conf->seed, 0, 0, AUS_RNG_BOOTSTRAP);
  int64_t draw, b, at;
  int load;

  for (draw = 0; draw < conf->n_draws; draw++) {
    sums s[AUS_GPUQUEUE_N_LOADS] = {{0}};

    for (b = 0; b < n_blocks; b++) {
      at = (int64_t)aus_rng_below(&rng, (uint64_t)n_blocks);
      for (load = 0; load < AUS_GPUQUEUE_N_LOADS; load++)
        add_sums(&s[load], &block[at * AUS_GPUQUEUE_N_LOADS + load]);
    }
    for (load = 0; load < AUS_GPUQUEUE_N_LOADS; load++)
      set_draw(drawn + (int64_t)load * N_DRAWN * conf->n_draws, conf->n_draws, draw, &s[load]);
  }
}

/* The middle 95 % of the draws that have a value. */
static aus_gpuqueue_interval middle(double *x, int64_t n)
{
  int64_t i, n_valid = 0;

  for (i = 0; i < n; i++)
    if (!isnan(x[i])) x[n_valid++] = x[i];
  aus_stats_sort(x, n_valid);
  return (aus_gpuqueue_interval){aus_stats_quantile(x, n_valid, 0.025),
                                 aus_stats_quantile(x, n_valid, 0.975)};
}

static void set_class(aus_gpuqueue_class *c, const sums *s, int64_t n_nodes)
{
  c->n = s->n;
  c->interruption_mean_h = mean_h(s->interruption_s, s->n);
  c->overlap_mean_h = mean_h(s->overlap_s, s->n);
  c->zero_frac = s->n > 0 ? (double)s->n_zero / (double)s->n : (double)NAN;
  c->reduction_frac = reduction(s);
  c->wasted_node_h = c->overlap_mean_h * (double)n_nodes;
}

static void set_intervals(aus_gpuqueue_class *c, double *drawn, int64_t n)
{
  c->interruption = middle(drawn + INTERRUPTION * n, n);
  c->overlap = middle(drawn + OVERLAP * n, n);
  c->reduction = middle(drawn + REDUCTION * n, n);
  c->against = middle(drawn + AGAINST * n, n);
}

static int fill(const aus_gpuqueue_class_conf *conf, const results *r, aus_gpuqueue_class *out,
                aus_err *err)
{
  int rc = AUS_OK, load;
  int64_t n_blocks = (r->n + conf->n_block - 1) / conf->n_block, b;
  sums *block = NULL, whole;
  double *drawn = NULL, *x = NULL;

  AUS_NEW(block, n_blocks * AUS_GPUQUEUE_N_LOADS, err);
  AUS_NEW(drawn, (int64_t)AUS_GPUQUEUE_N_LOADS * N_DRAWN * conf->n_draws, err);
  AUS_NEW(x, r->n, err);
  sum_blocks(r, conf->n_block, block);
  draw_blocks(conf, block, n_blocks, drawn);
  for (load = 0; load < AUS_GPUQUEUE_N_LOADS; load++) {
    whole = (sums){0};
    for (b = 0; b < n_blocks; b++)
      add_sums(&whole, &block[b * AUS_GPUQUEUE_N_LOADS + load]);
    set_class(&out[load], &whole, conf->n_nodes);
    out[load].interruption_median_h = median_h(r, (aus_gpuqueue_load)load, x);
    set_intervals(&out[load], drawn + (int64_t)load * N_DRAWN * conf->n_draws, conf->n_draws);
  }
done:
  aus_free(block);
  aus_free(drawn);
  aus_free(x);
  return rc;
}

int aus_gpuqueue_classes(const aus_gpuqueue_class_conf *conf, int64_t n, const int64_t *reward_s,
                         const int64_t *reactive_s, const int64_t *rival_s, const bool *use,
                         aus_gpuqueue_class *out, aus_err *err)
{
  results r = {n, reward_s, reactive_s, rival_s ? rival_s : reactive_s, use};

  if (n < 1 || conf->n_block < 1 || conf->n_draws < 1 || conf->n_nodes < 1)
    return aus_fail(err, AUS_EINVAL, AUS_HERE,
                    "classes of %" PRId64 " windows, blocks of %" PRId64 ", %d draws, %" PRId64
                    " nodes",
                    n, conf->n_block, conf->n_draws, conf->n_nodes);
  return fill(conf, &r, out, err);
}
