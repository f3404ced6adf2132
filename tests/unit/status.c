/* status.c - status.json: its text, rates over windows, the end of a run, warnings, processes.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include <sys/wait.h>

#include "engine/status.h"
#include "unit/tempdir.h"
#include "util/file.h"
#include "util/json.h"
#include "util/proc.h"

static char dir[256];

static const char *const metrics[] = {"y", "events"};
static const aus_kind kinds[] = {
    {.name = "initial", .y_names = metrics, .n_y = 2}, {.name = "train"}, {.name = "propose"}};

static int set_up(void **state)
{
  *state = NULL;
  aus_log_start(0, AUS_LOG_NONE, NULL);
  return tempdir_make(dir);
}

static int tear_down(void **state)
{
  (void)state;
  tempdir_remove(dir);
  return 0;
}

/* The file as it is now; the caller destroys it. */
static aus_json *file_now(void)
{
  char path[300], *bytes = NULL;
  size_t n = 0;
  aus_json *doc = NULL;
  aus_err err;

  snprintf(path, sizeof path, "%s/status.json", dir);
  check_ok(aus_file_read(path, &bytes, &n, &err), &err);
  check_ok(aus_json_parse(&doc, path, bytes, n, &err), &err);
  aus_free(bytes);
  return doc;
}

static double number(const aus_json *doc, const char *group, const char *key)
{
  aus_json_value *v = aus_json_root(doc);

  if (group) v = aus_json_get(v, group);
  return aus_json_number(aus_json_get(v, key));
}

static const char *text(const aus_json *doc, const char *key)
{
  return aus_json_text(aus_json_get(aus_json_root(doc), key));
}

static aus_status_board *open_board(void)
{
  aus_status_board *b = NULL;
  aus_err err;

  check_ok(aus_status_open(&b, dir, "bsp", kinds, 3, 4, &err), &err);
  return b;
}

/* A trial has 1000 events. */
static void commit(aus_status_board *b, int kind, bool job, uint64_t id, uint16_t status, double y)
{
  double ys[2] = {y, 1000};
  aus_task task = {.id = id, .job = job, .kind = (uint16_t)kind};
  aus_result result = {.id = id, .job = job, .status = status, .n_y = 2, .y = ys, .cost_s = y};

  aus_status_commit(b, &task, &result);
}

static void text_is_fixed(void **state)
{
  static const char want[] =
      "{\n  \"format\": \"auspex-status-1\",\n  \"state\": \"failed\",\n  \"code\": 4,\n"
      "  \"error\": \"d\\\"isk\\n full\",\n  \"study\": \"bsp\",\n  \"stage\": null,\n"
      "  \"host\": \"node1\",\n  \"pid\": 12,\n  \"process_start\": 34,\n  \"ranks\": 2,\n"
      "  \"started\": \"2026-03-01T12:00:00Z\",\n  \"updated\": \"2026-03-01T12:00:05Z\",\n"
      "  \"tasks\": {\n    \"total\": 9,\n    \"queued\": 3,\n    \"running\": 2,\n"
      "    \"returned\": 1,\n    \"committed\": 3,\n    \"failed\": 1,\n    \"retries\": 7\n  },\n"
      "  \"trials_by_status\": {\n    \"ok\": 2,\n    \"fail_sim\": 1,\n    \"fail_num\": 0,\n"
      "    \"fail_train\": 0,\n    \"fail_mem\": 0,\n    \"timeout\": 0,\n    \"crashed\": 0,\n"
      "    \"cancelled\": 0,\n    \"pruned\": 0,\n    \"infeasible\": 0\n  },\n"
      "  \"best\": [\n    {\n      \"kind\": \"initial\",\n      \"n_trials\": 3,\n"
      "      \"y\": 0.25,\n      \"campaign\": 2,\n      \"index\": 5\n    }\n  ],\n"
      "  \"trials_per_s\": 0.5,\n  \"tasks_per_s\": 0.75,\n  \"events_per_s\": 1000000,\n  "
      "\"rate_window_s\": 8,\n"
      "  \"workers\": 1,\n  \"workers_busy\": 1,\n  \"workers_lost\": 0,\n"
      "  \"worker_utilisation\": 0.875,\n  \"manager_load\": 0.125,\n"
      "  \"proposal_median_s\": null,\n  \"eta_s\": 8,\n"
      "  \"eta_basis\": \"rate of the last 8 s, tasks known so far\",\n"
      "  \"wall_left_s\": null,\n  \"resumes\": 1,\n  \"journal_bytes\": 64,\n"
      "  \"warnings\": [\n    \"1.000 engine: odd\"\n  ]\n}\n";
  const aus_status_kind kind[] = {
      {.name = "initial", .n = 3, .trial = (uint64_t)2 << 32 | 5, .y = 0.25}, {.name = "train"}};
  const double unknown = (double)NAN;
  aus_status_facts f = {.state = AUS_RUN_FAILED,
                        .code = 4,
                        .error = "d\"isk\n full",
                        .study = "bsp",
                        .n_ranks = 2,
                        .pid = 12,
                        .process_start = 34,
                        .host = "node1",
                        .started = "2026-03-01T12:00:00Z",
                        .updated = "2026-03-01T12:00:05Z",
                        .tasks = {.n_tasks = 9,
                                  .n_queued = 3,
                                  .n_running = 2,
                                  .n_returned = 1,
                                  .n_committed = 3,
                                  .n_failed = 1,
                                  .n_retries = 7,
                                  .n_workers_busy = 1,
                                  .n_workers_live = 1},
                        .by_status = {2, 1},
                        .n_kinds = 2,
                        .kind = kind,
                        .rate_s = 8,
                        .trials_per_s = 0.5,
                        .tasks_per_s = 0.75,
                        .events_per_s = 1e6,
                        .eta_s = 8,
                        .manager_load = 0.125,
                        .worker_utilisation = 0.875,
                        .proposal_median_s = unknown,
                        .wall_left_s = unknown,
                        .journal_bytes = 64,
                        .n_resumes = 1,
                        .n_warnings = 1,
                        .warning = {"1.000 engine: odd"}};
  aus_buf b;

  (void)state;
  aus_buf_init(&b);
  aus_status_json(&f, &b);
  assert_string_equal(b.data, want);
  aus_buf_fini(&b);
}

/* A file name of any bytes, a text that ends inside a character: still JSON. */
static void text_is_utf8(void **state)
{
  static const char *const in[] = {"na\xc3\xafve", "\xff\xfe", "cut \xe2\x82",
                                   "\xc0\x80 \xed\xa0\x80",
                                   "\xf0\x9f\x98\x80 \xf4\x90\x80\x80 \xe0\x80\x80"};
  static const char *const want[] = {"na\xc3\xafve", "??", "cut ??", "?? ???",
                                     "\xf0\x9f\x98\x80 ???? ???"};
  aus_status_facts f = {.study = "bsp"};
  aus_json *doc;
  aus_buf b;
  aus_err err;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof in / sizeof in[0]; i++) {
    f.error = in[i];
    aus_buf_init(&b);
    aus_status_json(&f, &b);
    check_ok(aus_json_parse(&doc, "status", b.data, (size_t)b.n, &err), &err);
    assert_string_equal(text(doc, "error"), want[i]);
    aus_json_destroy(doc);
    aus_buf_fini(&b);
  }
}

static void starts(void **state)
{
  aus_status_board *b = open_board();
  aus_json *doc = file_now();
  char host[64];

  (void)state;
  assert_string_equal(text(doc, "state"), "starting");
  assert_string_equal(text(doc, "study"), "bsp");
  assert_true(number(doc, NULL, "code") == 75);
  assert_true(number(doc, NULL, "ranks") == 4);
  assert_true(number(doc, NULL, "pid") == (double)getpid());
  aus_proc_host(host, sizeof host);
  assert_string_equal(text(doc, "host"), host);
  assert_true(isnan(number(doc, NULL, "eta_s")));
  assert_true(isnan(number(doc, NULL, "journal_bytes")));
  assert_int_equal(aus_json_count(aus_json_get(aus_json_root(doc), "best")), 0);
  aus_json_destroy(doc);
  aus_status_enter(b, AUS_RUN_RUNNING);
  doc = file_now();
  assert_string_equal(text(doc, "state"), "running");
  aus_json_destroy(doc);
  aus_status_close(b);
}

/* Ten trials a second for 100 s, the manager idle for 0.3 of the first 90 s and 0.8 of the last ten. */
static void rates_are_of_windows(void **state)
{
  aus_status_board *b = open_board();
  aus_sched_stats tasks = {.n_tasks = 5000, .n_workers_live = 3};
  aus_status_facts *f = aus_status_facts_of(b);
  int64_t i, n;

  (void)state;
  assert_true(aus_status_due(b, 50));
  aus_status_tick(b, &tasks, 0.5, 50);
  assert_false(aus_status_due(b, 50.5));
  assert_true(isnan(f->trials_per_s) && isnan(f->eta_s));
  for (i = 1; i <= 100; i++) {
    n = i <= 40 ? 2 : 10; /* trials in this second; jobs do not count as trials */
    while (n-- > 0) {
      commit(b, 0, false, (uint64_t)1 << 32 | (uint64_t)tasks.n_committed, AUS_S_OK, 1);
      tasks.n_committed++;
    }
    commit(b, 1, true, 0, AUS_S_OK, 1);
    tasks.n_committed++;
    aus_status_idle(b, i <= 90 ? 0.3 : 0.8);
    assert_true(aus_status_due(b, 50 + (double)i));
    aus_status_tick(b, &tasks, 0.5, 50 + (double)i);
  }
  check_near(f->rate_s, 60, 1e-12);
  check_near(f->trials_per_s, 10, 1e-12);
  check_near(f->tasks_per_s, 11, 1e-12);
  check_near(f->events_per_s, 10000, 1e-12);
  check_near(f->eta_s, (5000.0 - 780) / 11, 1e-12);
  check_near(f->manager_load, 0.2, 1e-12);
  assert_int_equal(f->by_status[AUS_S_OK], 680);
  aus_status_close(b);
}

static void written_every_five_seconds(void **state)
{
  aus_status_board *b = open_board();
  aus_sched_stats tasks = {.n_tasks = 10};
  aus_json *doc;

  (void)state;
  aus_status_tick(b, &tasks, 0.5, 100);
  tasks.n_tasks = 20;
  aus_status_tick(b, &tasks, 0.5, 104.9);
  doc = file_now();
  assert_true(number(doc, "tasks", "total") == 10);
  aus_json_destroy(doc);
  aus_status_write(b);
  doc = file_now();
  assert_true(number(doc, "tasks", "total") == 20);
  aus_json_destroy(doc);
  tasks.n_tasks = 30;
  aus_status_tick(b, &tasks, 0.5, 105);
  doc = file_now();
  assert_true(number(doc, "tasks", "total") == 30);
  aus_json_destroy(doc);
  aus_status_close(b);
}

static void knows_the_best(void **state)
{
  aus_status_board *b = open_board();
  const aus_status_kind *k = aus_status_facts_of(b)->kind;

  (void)state;
  commit(b, 0, false, 7, AUS_S_FAIL_SIM, -9);
  assert_true(isnan(k[0].y));
  commit(b, 0, false, 8, AUS_S_OK, 3);
  commit(b, 0, false, 9, AUS_S_OK, 2);
  commit(b, 0, false, 10, AUS_S_OK, 2); /* a tie: the first one stays */
  commit(b, 0, false, 11, AUS_S_PRUNED, 1);
  commit(b, 2, true, 0, AUS_S_OK, 0.5);
  commit(b, 2, true, 1, AUS_S_OK, 0.1);
  commit(b, 2, true, 2, AUS_S_OK, 0.2);
  commit(b, 9, false, 12, AUS_S_OK, -5); /* of no kind */
  assert_int_equal(k[0].n, 5);
  assert_int_equal(k[0].trial, 9);
  assert_true(k[0].y == 2);
  assert_int_equal(k[2].n, 0);
  check_near(aus_status_facts_of(b)->proposal_median_s, 0.2, 1e-12);
  assert_int_equal(aus_status_facts_of(b)->by_status[AUS_S_FAIL_SIM], 1);
  assert_int_equal(aus_status_facts_of(b)->by_status[AUS_S_PRUNED], 1);
  aus_status_close(b);
}

static void ends(void **state)
{
  static const struct {
    int rc;
    const char *state;
    double code;
  } ends[] = {{AUS_OK, "finished", 0},     {AUS_ECANCEL, "stopped", 75}, {AUS_EIO, "failed", 4},
              {AUS_ENUMERIC, "failed", 5}, {AUS_ERESUME, "failed", 6},   {AUS_EMPI, "failed", 8},
              {AUS_EBUG, "failed", 70}};
  size_t i;

  (void)state;
  for (i = 0; i < sizeof ends / sizeof ends[0]; i++) {
    aus_status_board *b = open_board();
    aus_err err;
    aus_json *doc;

    aus_err_clear(&err);
    if (ends[i].rc != AUS_OK) aus_fail(&err, ends[i].rc, "x", "because %d", (int)i);
    aus_status_end(b, ends[i].rc, &err);
    doc = file_now();
    assert_string_equal(text(doc, "state"), ends[i].state);
    assert_true(number(doc, NULL, "code") == ends[i].code);
    if (ends[i].rc == AUS_OK)
      assert_null(text(doc, "error"));
    else
      assert_string_equal(text(doc, "error"), err.text);
    aus_json_destroy(doc);
    aus_status_close(b);
  }
}

/* No board at all, a directory that is gone: nothing happens but a warning. */
static void never_fails(void **state)
{
  aus_status_board *b = open_board();
  aus_sched_stats tasks = {0};
  const char *said[AUS_LOG_KEPT];

  (void)state;
  aus_status_enter(NULL, AUS_RUN_RUNNING);
  aus_status_end(NULL, AUS_EIO, NULL);
  aus_status_write(NULL);
  aus_status_idle(NULL, 1);
  commit(NULL, 0, false, 1, AUS_S_OK, 1);
  aus_status_tick(NULL, &tasks, 0, 0);
  aus_status_close(NULL);
  assert_null(aus_status_facts_of(NULL));
  assert_false(aus_status_due(NULL, 0));
  tempdir_remove(dir);
  assert_int_equal(aus_log_warnings(said), 0);
  aus_status_tick(b, &tasks, 0, 10);
  aus_status_tick(b, &tasks, 0, 20);
  assert_int_equal(aus_log_warnings(said), 1); /* said once */
  assert_non_null(strstr(said[0], "no status file"));
  assert_int_equal(mkdir(dir, 0777), 0);
  aus_status_tick(b, &tasks, 0, 30);
  aus_json_destroy(file_now());
  aus_status_close(b);
}

static void memory_runs_out(void **state)
{
  int64_t n;
  int rc = AUS_ENOMEM;
  aus_err err;
  aus_status_board *b;

  (void)state;
  for (n = 0; rc == AUS_ENOMEM; n++) {
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    rc = aus_status_open(&b, dir, "bsp", kinds, 3, 1, &err);
    aus_alloc_fail_at(-1);
    assert_int_equal(b != NULL, rc == AUS_OK);
    aus_status_close(b);
  }
  assert_int_equal(rc, AUS_OK);
  assert_true(n > 3);
  /* Later on the file is left as it is. */
  b = open_board();
  aus_alloc_fail_at(0);
  aus_status_enter(b, AUS_RUN_RUNNING);
  aus_alloc_fail_at(-1);
  aus_status_close(b);
}

static void warnings_are_kept(void **state)
{
  const char *said[AUS_LOG_KEPT];
  char want[40];
  int i;

  (void)state;
  AUS_INFO("test", "no warning");
  assert_int_equal(aus_log_warnings(said), 0);
  for (i = 1; i <= 7; i++)
    AUS_WARN("test", "number %d", i);
  AUS_ERROR("test", "number 8");
  assert_int_equal(aus_log_warnings(said), AUS_LOG_KEPT);
  for (i = 0; i < AUS_LOG_KEPT; i++) {
    snprintf(want, sizeof want, " test: number %d", i + 4);
    assert_non_null(strstr(said[i], want));
  }
}

static void processes(void **state)
{
  uint64_t mine = aus_proc_start(getpid());
  pid_t child = fork();
  siginfo_t ended;
  int status;

  (void)state;
  if (child == 0) _exit(0);
  assert_true(child > 0);
  assert_true(mine > 0);
  assert_int_equal(mine, aus_proc_start(getpid()));
  assert_true(aus_proc_alive(getpid(), mine) && aus_proc_alive(getpid(), 0));
  assert_false(aus_proc_alive(getpid(), mine + 1)); /* the number is used again */
  assert_true(aus_proc_alive(1, 0));
  /* A zombie does nothing any more. */
  assert_int_equal(waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT), 0);
  assert_int_equal(aus_proc_start(child), 0);
  assert_false(aus_proc_alive(child, 0));
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(aus_proc_start(child), 0);
  assert_int_equal(aus_proc_start(0), 0);
  assert_int_equal(aus_proc_start(-1), 0);
  assert_false(aus_proc_alive(child, 0) || aus_proc_alive(0, 0) || aus_proc_alive(-1, 0));
  assert_false(aus_proc_alive((int64_t)1 << 40, 0));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_is_fixed),
      cmocka_unit_test(text_is_utf8),
      cmocka_unit_test_setup_teardown(starts, set_up, tear_down),
      cmocka_unit_test_setup_teardown(rates_are_of_windows, set_up, tear_down),
      cmocka_unit_test_setup_teardown(written_every_five_seconds, set_up, tear_down),
      cmocka_unit_test_setup_teardown(knows_the_best, set_up, tear_down),
      cmocka_unit_test_setup_teardown(ends, set_up, tear_down),
      cmocka_unit_test_setup_teardown(never_fails, set_up, tear_down),
      cmocka_unit_test_setup_teardown(memory_runs_out, set_up, tear_down),
      cmocka_unit_test_setup_teardown(warnings_are_kept, set_up, tear_down),
      cmocka_unit_test(processes),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
