/* study_trials.c - trials and row ranges on rank 0, input files, commands' --set.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include <unistd.h>

#include "study/command.h"
#include "study/files.h"
#include "study/trials.h"

static const char *const y_names[] = {"objective", "other"};
static const aus_kind kind = {.name = "test", .y_names = y_names, .n_y = 2, .run = NULL};

static aus_range range_of(uint64_t trial, uint32_t table, uint64_t first)
{
  return (aus_range){
      .trial = trial, .table = table, .shard = 3, .first = first, .n = 10, .crc = 0xabcd};
}

static void ranges_travel_sorted(void **state)
{
  aus_range list[] = {range_of(9, 1, 0), range_of(2, 1, 50), range_of(2, 0, 7), range_of(2, 1, 40)};
  aus_result result = {.n_ranges = 4, .ranges = list};
  aus_ranges r = {0}, back = {0};
  aus_buf b;
  aus_err err;
  int64_t i;

  (void)state;
  aus_buf_init(&b);
  check_ok(aus_ranges_add(&r, &result, &err), &err);
  aus_ranges_sort(&r);
  assert_int_equal(r.range[0].table, 0);
  assert_int_equal(r.range[1].first, 40);
  assert_int_equal(r.range[2].first, 50);
  assert_int_equal(r.range[3].trial, 9);
  aus_ranges_encode(&r, 1, &b); /* all but the first */
  check_ok(aus_ranges_decode(&back, b.data, (size_t)b.n, &err), &err);
  assert_int_equal(back.n, 3);
  for (i = 0; i < 3; i++) {
    assert_true(back.range[i].trial == r.range[i + 1].trial);
    assert_true(back.range[i].first == r.range[i + 1].first && back.range[i].table == 1);
    assert_true(back.range[i].shard == 3 && back.range[i].n == 10 && back.range[i].crc == 0xabcd);
  }
  for (i = 0; i < b.n; i++)
    check_fails(aus_ranges_decode(&back, b.data, (size_t)i, &err), AUS_EFORMAT, "damaged", &err);
  aus_buf_u8(&b, 0);
  check_fails(aus_ranges_decode(&back, b.data, (size_t)b.n, &err), AUS_EFORMAT, "damaged", &err);
  aus_ranges_fini(&r);
  aus_ranges_fini(&back);
  aus_buf_fini(&b);
}

static void campaigns_find_their_best(void **state)
{
  static const double objective[] = {0.5, 0.25, 0.125, 0.75};
  aus_trials t;
  aus_campaign c;
  aus_err err;
  uint32_t i;

  (void)state;
  aus_trials_init(&t, &kind, 1);
  for (i = 0; i < 4; i++) {
    double x = i, y[2] = {objective[i], 1};
    aus_task task = {.id = aus_trial_id(3, i), .n_x = 1, .x = &x, .scenario = i};
    aus_result result = {
        .id = task.id, .status = i == 2 ? AUS_S_FAIL_SIM : AUS_S_OK, .n_y = 2, .y = y};

    check_ok(aus_trials_add(&t, &task, &result, AUS_BO_DESIGN, &err), &err);
  }
  assert_true(isnan(t.row[2].y[0]));
  c = aus_campaign_of(3, 4, &t);
  assert_int_equal(c.n_committed, 4);
  assert_int_equal(c.budget, 4);
  assert_int_equal(c.stop_reason, AUS_BO_BUDGET);
  assert_true(c.best_y == 0.25);
  assert_true(c.best_trial == (int64_t)aus_trial_id(3, 1));
  c = aus_campaign_of(3, 5, &t);
  assert_int_equal(c.budget, 5);
  assert_int_equal(c.stop_reason, AUS_BO_RUNNING);
  c = aus_campaign_of(4, 5, &t);
  assert_int_equal(c.n_committed, 0);
  assert_int_equal(c.best_trial, -1);
  assert_true(isnan(c.best_y));
  aus_trials_fini(&t);
}

static void wrong_width_is_a_bug(void **state)
{
  aus_trials t;
  aus_task task = {.n_x = 2};
  aus_result result = {0};
  aus_err err;

  (void)state;
  aus_trials_init(&t, &kind, 1);
  check_fails(aus_trials_add(&t, &task, &result, AUS_BO_DESIGN, &err), AUS_EBUG, "2 parameters",
              &err);
  aus_trials_fini(&t);
}

static void files_are_read_once(void **state)
{
  char path[] = "/tmp/auspex-files-XXXXXX";
  int fd = mkstemp(path);
  aus_files *f, *blind;
  const char *bytes, *again;
  size_t n;
  aus_err err;

  (void)state;
  assert_true(fd >= 0);
  assert_int_equal(write(fd, "abc", 3), 3);
  close(fd);
  check_ok(aus_files_create(&f, true, &err), &err);
  assert_true(aus_files_has(f, path));
  check_ok(aus_files_get(f, path, &bytes, &n, &err), &err);
  assert_int_equal(n, 3);
  assert_string_equal(bytes, "abc");
  unlink(path);
  check_ok(aus_files_get(f, path, &again, &n, &err), &err);
  assert_ptr_equal(bytes, again);
  assert_int_equal(aus_files_count(f), 1);
  assert_string_equal(aus_files_digest(f, path),
                      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert_string_equal(aus_files_digest(f, "other"), "");
  check_fails(aus_files_get(f, "/no/such/file", &bytes, &n, &err), AUS_EFORMAT, "/no/such/file",
              &err);
  check_ok(aus_files_create(&blind, false, &err), &err);
  assert_false(aus_files_has(blind, "/"));
  check_fails(aus_files_get(blind, path, &bytes, &n, &err), AUS_EBUG, "rank 0 did not send", &err);
  aus_files_destroy(f);
  aus_files_destroy(blind);
}

static void sets_take_both_forms_of_a_key(void **state)
{
  char *argv[] = {(char *)"x",  (char *)"--set", (char *)"serverless.n=3",
                  (char *)"-s", (char *)"m.k=a", (char *)"--seed",
                  (char *)"9"};
  const aus_cli *tables[] = {aus_common_cli};
  aus_args *args;
  aus_cfg *cfg;
  aus_cfg_node *root;
  aus_err err;

  (void)state;
  check_ok(aus_args_parse(&args, tables, 1, 7, argv, &err), &err);
  check_ok(aus_cfg_create(&cfg, &err), &err);
  check_ok(aus_cfg_parse(cfg, "f", "{n: 1}", 6, &root, &err), &err);
  check_ok(aus_call_sets(args, cfg, root, "serverless", &err), &err);
  assert_string_equal(aus_cfg_text(aus_cfg_get(root, "n")), "3");
  assert_string_equal(aus_cfg_text(aus_cfg_get(aus_cfg_get(root, "m"), "k")), "a");
  assert_string_equal(aus_cfg_text(aus_cfg_get(root, "seed")), "9");
  assert_int_equal(aus_call_verbosity(args), 1);
  aus_args_destroy(args);
  aus_cfg_destroy(cfg);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ranges_travel_sorted),          cmocka_unit_test(campaigns_find_their_best),
      cmocka_unit_test(wrong_width_is_a_bug),          cmocka_unit_test(files_are_read_once),
      cmocka_unit_test(sets_take_both_forms_of_a_key),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
