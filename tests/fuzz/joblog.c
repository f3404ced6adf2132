/* joblog.c - fuzz: logs of batch systems, in every format and in that which the first lines tell.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The first byte is the format (0: auto), the rest the log. Jobs that were taken are in range, every row is counted
 * once, and written as SWF they read back the same.
 */
#include <config.h>

#include "fuzz/fuzz.h"
#include "gpuqueue/trace.h"

static void check_jobs(const aus_gpuqueue_trace *t, bool has_limits)
{
  int64_t i, n = t->n;

  for (i = 0; i < AUS_GPUQUEUE_N_SKIPS; i++) {
    n += t->n_skipped[i];
    fuzz_check((t->n_skipped[i] == 0) == (t->first_skipped[i] == 0));
  }
  fuzz_check(n == t->n_read && t->n > 0);
  for (i = 0; i < t->n; i++) {
    const aus_gpuqueue_job *j = &t->job[i];

    fuzz_check(j->nodes >= 1 && j->id >= 0 && j->run_s >= 0);
    fuzz_check(j->limit_min >= (has_limits ? 1 : 0));
    fuzz_check(j->limit_min == 0 || j->run_s <= (int64_t)j->limit_min * 60);
    fuzz_check(j->t_start_s == AUS_GPUQUEUE_NEVER || j->t_start_s >= j->t_submit_s);
    fuzz_check(j->user >= -1 && j->user < t->n_users);
  }
}

static void check_order(aus_gpuqueue_trace *t)
{
  int64_t i;

  aus_gpuqueue_trace_order(t, 60);
  for (i = 1; i < t->n; i++) {
    const aus_gpuqueue_job *a = &t->job[i - 1], *b = &t->job[i];
    int64_t x = a->t_submit_s - (a->t_submit_s % 60 + 60) % 60,
            y = b->t_submit_s - (b->t_submit_s % 60 + 60) % 60;

    fuzz_check(x < y || (x == y && aus_gpuqueue_id_compare(a->id, b->id) <= 0));
  }
}

static bool same(const aus_gpuqueue_job *a, const aus_gpuqueue_job *b)
{
  return a->id == b->id && a->t_submit_s == b->t_submit_s && a->t_start_s == b->t_start_s &&
         a->run_s == b->run_s && a->limit_min == b->limit_min && a->nodes == b->nodes;
}

/* Ids may be there twice where tasks of arrays were read; then the second is not kept. */
static void check_again(const aus_gpuqueue_trace *t)
{
  const aus_gpuqueue_read_conf conf = {
      .format = AUS_GPUQUEUE_SWF, .procs_per_node = 1, .keep_cancelled = true};
  aus_gpuqueue_trace again = {0};
  aus_err err = {0};
  aus_buf b;
  int64_t i;

  aus_buf_init(&b);
  if (fuzz_must(aus_gpuqueue_swf_write(t, 0, 1, &b, &err), &err) &&
      fuzz_must(aus_gpuqueue_trace_read(&again, &conf, "again", b.data, (size_t)b.n, &err), &err)) {
    fuzz_check(again.n_read == t->n);
    fuzz_check(again.n_skipped[AUS_GPUQUEUE_SKIP_TWICE] == t->n - again.n);
    for (i = 0; again.n == t->n && i < t->n; i++)
      fuzz_check(same(&t->job[i], &again.job[i]));
  }
  aus_gpuqueue_trace_fini(&again);
  aus_buf_fini(&b);
}

FUZZ_TARGET(joblog)
{
  fuzz_in in = {data, n};
  uint8_t how = fuzz_byte(&in);
  const aus_gpuqueue_read_conf conf = {.format = (aus_gpuqueue_format)(how % 5),
                                       .procs_per_node = how & 64 ? 4 : 1,
                                       .keep_cancelled = how & 128};
  aus_gpuqueue_trace t = {0};
  aus_err err = {0};
  int64_t peak;
  aus_buf counts;

  aus_buf_init(&counts);
  if (fuzz_took(aus_gpuqueue_trace_read(&t, &conf, "log", (const char *)in.p, in.n, &err), &err,
                AUS_EFORMAT)) {
    bool limits = t.job[0].limit_min > 0;

    check_jobs(&t, limits);
    aus_gpuqueue_trace_counts(&t, &counts);
    (void)fuzz_filled(&counts);
    if (fuzz_must(aus_gpuqueue_trace_peak(&t, &peak, &err), &err)) fuzz_check(peak >= 0);
    if (limits) check_again(&t);
    check_order(&t);
  }
  aus_buf_fini(&counts);
  aus_gpuqueue_trace_fini(&t);
}
