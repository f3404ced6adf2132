/* gpuqueue_reward_log.c - the reference's file of rewards, byte by byte.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/reward_log.h"
#include "unit/check.h"

static aus_err err;

#define RULE  "------------------------------------------"
#define RULE7 "-------"
#define HEAD                                                                          \
  RULE "Reward Logs" RULE RULE7 "\n"                                                  \
       "pred_job_id,succ_job_id,expected_reward,actual_reward,reward_gen_time,index," \
       "backfill,submission\n"
#define TAIL RULE RULE "---------------"

static void rows(void **state)
{
  const aus_gpuqueue_reward_row row[3] = {{.index = 0,
                                           .pred_id = 1000000,
                                           .succ_id = 1000001,
                                           .expected_h = -0.25,
                                           .reward_s = 7200,
                                           .t_start_s = aus_civil_s(2023, 3, 5, 1, 2, 3),
                                           .t_backfill_s = AUS_GPUQUEUE_NEVER,
                                           .t_submit_s = aus_civil_s(2023, 3, 4, 23, 0, 0)},
                                          {.index = 1, .failed = true},
                                          {.index = 2,
                                           .pred_id = 1000000,
                                           .succ_id = 1000001,
                                           .expected_h = (double)NAN,
                                           .reward_s = -2400,
                                           .t_start_s = aus_civil_s(2023, 3, 5, 0, 0, 0),
                                           .t_backfill_s = aus_civil_s(2023, 3, 5, 0, 0, 0),
                                           .t_submit_s = aus_civil_s(2023, 3, 4, 23, 0, 0)}};
  aus_buf b;

  (void)state;
  aus_buf_init(&b);
  aus_gpuqueue_reward_log(3, row, &b);
  check_ok(aus_buf_check(&b, &err), &err);
  assert_string_equal(b.data,
                      HEAD "1000000,1000001,-0.25,2.0,2023-03-05 01:02:03,0,2077-01-01 01:00:00,"
                           "2023-03-04 23:00:00\n"
                           "None\n"
                           "1000000,1000001,nan,-0.6666666666666666,2023-03-05 00:00:00,2,"
                           "2023-03-05 00:00:00,2023-03-04 23:00:00\n" TAIL);
  aus_buf_fini(&b);
}

static void empty(void **state)
{
  aus_buf b;

  (void)state;
  aus_buf_init(&b);
  aus_gpuqueue_reward_log(0, NULL, &b);
  check_ok(aus_buf_check(&b, &err), &err);
  assert_string_equal(b.data, HEAD TAIL);
  aus_buf_fini(&b);
  aus_alloc_fail_at(0);
  aus_gpuqueue_reward_log(0, NULL, &b);
  check_fails(aus_buf_check(&b, &err), AUS_ENOMEM, "", &err);
  aus_alloc_fail_at(-1);
  aus_buf_fini(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(empty)};

  return cmocka_run_group_tests(tests, NULL, NULL);
}
