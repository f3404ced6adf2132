/* sim_totals.c - totals of a run: means, shares, cut points, energy.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sums run left to right in id order.
 */
#include <config.h>

#include "serverless/kernel.h"

#include <math.h>
#include <string.h>

typedef aus_serverless_sim sim;

enum { AUS_N_MEANS = 9 };

/* Plain means of several columns in one pass: one sum after the other would wait for its last addition
 * each time. */
static void means(const double *const *column, int64_t n, double *const *mean)
{
  double sum[AUS_N_MEANS] = {0};
  int64_t i;
  int k;

  for (i = 0; i < n; i++)
    for (k = 0; k < AUS_N_MEANS; k++)
      sum[k] += column[k][i];
  for (k = 0; k < AUS_N_MEANS; k++)
    *mean[k] = n > 0 ? sum[k] / (double)n : (double)NAN;
}

/* Of a stalled run: over the tasks that have the value. */
static double mean_of_known(const double *column, int64_t n)
{
  double sum = 0;
  int64_t have = 0, i;

  for (i = 0; i < n; i++)
    if (!isnan(column[i])) {
      sum += column[i];
      have++;
    }
  return have > 0 ? sum / (double)have : (double)NAN;
}

static double percent(double part, double all)
{
  return all > 0 ? part / all * 100 : 0;
}

static double percent_of_flags(const uint8_t *v, int64_t n)
{
  int64_t i, k = 0;

  for (i = 0; i < n; i++)
    k += v[i];
  return percent((double)k, (double)n);
}

enum { AUS_DIGIT_BITS = 11, AUS_DIGITS = 1 << AUS_DIGIT_BITS, AUS_PASSES = 6 };

/* Doubles as integers in the same order. */
static uint64_t sortable(double x)
{
  uint64_t u;

  memcpy(&u, &x, sizeof u);
  return u >> 63 ? ~u : u | UINT64_C(1) << 63;
}

static double from_sortable(uint64_t u)
{
  double x;

  u = u >> 63 ? u & ~(UINT64_C(1) << 63) : ~u;
  memcpy(&x, &u, sizeof x);
  return x;
}

/* Radix sort of the values that are not NaN into sort[0]; comparison sorts cost a tenth of a run. */
static int64_t sort_values(sim *s, const double *v, int64_t n)
{
  int64_t i, m = 0, begin[AUS_DIGITS], sum, count;
  uint64_t all = ~UINT64_C(0), any = 0, *swap;
  int pass, k;

  for (i = 0; i < n; i++)
    if (!isnan(v[i])) {
      uint64_t u = sortable(v[i]);

      s->sort[0][m++] = u;
      all &= u;
      any |= u;
    }
  for (pass = 0; pass < AUS_PASSES; pass++) {
    int shift = pass * AUS_DIGIT_BITS;

    if (((all ^ any) >> shift & (AUS_DIGITS - 1)) == 0) continue; /* the same digit everywhere */
    memset(begin, 0, sizeof begin);
    for (i = 0; i < m; i++)
      begin[s->sort[0][i] >> shift & (AUS_DIGITS - 1)]++;
    for (k = 0, sum = 0; k < AUS_DIGITS; k++) {
      count = begin[k];
      begin[k] = sum;
      sum += count;
    }
    for (i = 0; i < m; i++)
      s->sort[1][begin[s->sort[0][i] >> shift & (AUS_DIGITS - 1)]++] = s->sort[0][i];
    swap = s->sort[0];
    s->sort[0] = s->sort[1];
    s->sort[1] = swap;
  }
  return m;
}

/* 99 cut points by linear interpolation at i (m + 1) / 100, "exclusive". */
static void cut_points(sim *s, const double *v, int64_t n, double *cut)
{
  int64_t m = sort_values(s, v, n), i, j;
  double delta;

  for (i = 1; i <= 99; i++) {
    if (m < 2) {
      cut[i - 1] = NAN;
      continue;
    }
    j = i * (m + 1) / 100;
    j = j < 1 ? 1 : j > m - 1 ? m - 1 : j;
    delta = (double)(i * (m + 1) - 100 * j);
    cut[i - 1] =
        (from_sortable(s->sort[0][j - 1]) * (100 - delta) + from_sortable(s->sort[0][j]) * delta) /
        100;
  }
}

static void total_means(sim *s)
{
  aus_serverless_totals *t = &s->result.totals;
  const aus_serverless_task_rows *r = &s->result.tasks;
  const double *const column[] = {r->elapsed,        r->pull,    r->cold_start,
                                  r->execution,      r->wait,    r->queue,
                                  r->initialization, r->compute, r->communications};
  double *const mean[] = {
      &t->average_elapsed_s,        &t->average_pull_s,    &t->average_cold_start_s,
      &t->average_execution_s,      &t->average_wait_s,    &t->average_queue_s,
      &t->average_initialization_s, &t->average_compute_s, &t->average_communications_s};
  int k;

  if (!s->stalled) means(column, r->n, mean);
  for (k = 0; s->stalled && k < AUS_N_MEANS; k++)
    *mean[k] = mean_of_known(column[k], r->n);
  t->local_dependencies_percent = percent_of_flags(r->local_dependencies, r->n);
  t->local_communications_percent = percent_of_flags(r->local_communications, r->n);
  t->task_cache_hits_percent = percent_of_flags(r->cache_hit, r->n);
  t->cold_start_percent = percent_of_flags(r->cold_started, r->n);
}

static void total_penalties(sim *s)
{
  aus_serverless_totals *t = &s->result.totals;
  const aus_serverless_app_rows *a = &s->result.applications;
  int64_t i, k = 0;

  for (i = 0; i < a->n; i++) {
    if (!a->penalty[i]) continue;
    t->penalty_t_s[k] = a->dispatched[i];
    k++;
    t->penalty_frac[k - 1] = (double)k / (double)(i + 1);
  }
  t->n_penalties = k;
  t->penalty_percent = percent((double)k, (double)a->n);
}

/* The reclaimable part is summed per node first, as the original does. */
static void total_energy(sim *s)
{
  aus_serverless_totals *t = &s->result.totals;
  const double *idle_kwh = s->result.platforms.energy_idle;
  double task_kwh = 0;
  int64_t i;
  int32_t n;

  t->reclaimable_energy_kwh = 0;
  for (n = 0; n < s->n_nodes; n++) {
    const aus_node_state *node = &s->node[n];

    if (node->unused)
      t->reclaimable_energy_kwh += aus_sum(idle_kwh, node->first, node->first + node->n);
  }
  for (i = 0; i < s->n_tasks; i++)
    if (!isnan(s->result.tasks.energy[i])) task_kwh += s->result.tasks.energy[i];
  t->energy_kwh = task_kwh + aus_sum(idle_kwh, 0, s->n_plats);
}

static void total_platforms(sim *s)
{
  aus_serverless_totals *t = &s->result.totals;
  const aus_serverless_platform_rows *p = &s->result.platforms;
  double occupied = 0;
  int64_t i, unused = 0, unused_nodes = 0, hits = 0;

  for (i = 0; i < p->n; i++) {
    occupied += 100 - p->idle_percent[i];
    unused += p->idle_percent[i] == 100;
  }
  for (i = 0; i < s->n_nodes; i++) {
    unused_nodes += s->node[i].unused;
    hits += s->node[i].cache_hits;
  }
  t->unused_platforms_percent = percent((double)unused, (double)p->n);
  t->unused_nodes_percent = percent((double)unused_nodes, (double)s->n_nodes);
  t->average_occupation_percent = p->n > 0 ? occupied / (double)p->n : 0;
  t->node_cache_hits_percent = percent((double)hits, (double)s->n_tasks);
}

void aus_serverless_total(sim *s)
{
  aus_serverless_totals *t = &s->result.totals;

  t->end_time_s = s->now;
  t->n_events = s->n_events;
  t->replica_s += (double)s->n_replicas * (s->now - s->t_replicas);
  total_means(s);
  total_penalties(s);
  total_platforms(s);
  total_energy(s);
  cut_points(s, s->result.tasks.elapsed, s->n_tasks, t->task_response_s);
  /* with one task each, applications take as long as their tasks */
  if (s->n_tasks == s->trace->n)
    memcpy(t->application_response_s, t->task_response_s, sizeof t->task_response_s);
  else
    cut_points(s, s->result.applications.elapsed, s->trace->n, t->application_response_s);
}
