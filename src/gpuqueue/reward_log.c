/* reward_log.c - the reference's text file of rewards.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/reward_log.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* 2077-01-01 01:00:00: a time of backfill that never was. */
static const int64_t no_backfill_s = 3376688400;

static void dashes(aus_buf *out, int n)
{
  while (n-- > 0)
    aus_buf_text(out, "-");
}

static void real(aus_buf *out, double x)
{
  int64_t from = out->n;

  aus_buf_real(out, x);
  if (isfinite(x) && !out->failed && !strpbrk(out->data + from, ".e")) aus_buf_text(out, ".0");
}

static void time_of(aus_buf *out, int64_t t_s)
{
  aus_civil_print(t_s, ' ', out);
  aus_buf_text(out, ",");
}

static void add_row(aus_buf *out, const aus_gpuqueue_reward_row *r)
{
  aus_buf_printf(out, "%" PRId64 ",%" PRId64 ",", r->pred_id, r->succ_id);
  real(out, r->expected_h);
  aus_buf_text(out, ",");
  real(out, (double)r->reward_s / 3600.0);
  aus_buf_text(out, ",");
  time_of(out, r->t_start_s);
  aus_buf_printf(out, "%" PRId64 ",", r->index);
  time_of(out, r->t_backfill_s == AUS_GPUQUEUE_NEVER ? no_backfill_s : r->t_backfill_s);
  aus_civil_print(r->t_submit_s, ' ', out);
  aus_buf_text(out, "\n");
}

void aus_gpuqueue_reward_log(int64_t n, const aus_gpuqueue_reward_row *row, aus_buf *out)
{
  int64_t i;

  dashes(out, 42);
  aus_buf_text(out, "Reward Logs");
  dashes(out, 49);
  aus_buf_text(out, "\npred_job_id,succ_job_id,expected_reward,actual_reward,reward_gen_time,"
                    "index,backfill,submission\n");
  for (i = 0; i < n; i++)
    if (row[i].failed)
      aus_buf_text(out, "None\n");
    else
      add_row(out, &row[i]);
  dashes(out, 99);
}
