/* serverless_read.c - a published study read back: views of runs, rows, and values that cannot be.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/serverless_study_read.h"
#include "unit/check.h"

#include "unit/h5put.h"
#include "unit/tempdir.h"

static char dir[256], path[300];
static aus_err err;

/* Content of the file, for a test to spoil. Trials 4 (two requests), 7 (failed) and 9 (none). */
typedef struct content {
  uint64_t id[3], by_trial[1], offsets[4][2];
  uint8_t status[3], penalty[2], split[4];
  int32_t chain_app[3], chain_task[3], task[3], platform[3], application[2], event_task[1],
      count[1], per_platform[2], kind[2];
  int64_t application_id[3];
  double execution[4], dispatched[3], done[3], compute[3], cold[3], app_dispatched[2], elapsed[2],
      time[1], queue[1], x[8], y[4], weight[4];
} content;

static content good(void)
{
  return (content){.id = {4, 7, 9},
                   .by_trial = {4},
                   .offsets = {{0, 3}, {0, 2}, {0, 1}, {0, 2}},
                   .status = {0, 1, 0},
                   .penalty = {0, 1},
                   .split = {0, 2, 3, 0},
                   .chain_app = {0, 1, 1},
                   .chain_task = {1, 0, 1},
                   .task = {1, 0, 1},
                   .platform = {1, -1, 0},
                   .application = {0, 1},
                   .event_task = {1},
                   .count = {2},
                   .per_platform = {2, 0},
                   .kind = {0, 1},
                   .application_id = {0, 1, 1},
                   .execution = {0.5, NAN, 0.25, 1},
                   .dispatched = {1, 2, NAN},
                   .done = {3, NAN, NAN},
                   .compute = {0.5, NAN, NAN},
                   .cold = {0.1, NAN, NAN},
                   .app_dispatched = {1, 2},
                   .elapsed = {2, NAN},
                   .time = {5},
                   .queue = {1.5},
                   .x = {1, 10, 2, 20, 3, 30, 4, 40},
                   .y = {5, 6, 7, 8},
                   .weight = {1, 1, 1, 0.5}};
}

static void make_file(const content *c)
{
  static const char *const tables[] = {"tasks", "applications", "system_events", "platforms"};
  hid_t f = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  char name[80];
  int i;

  assert_true(f >= 0);
  h5put_attribute(f, "auspex_format", "1.0");
  h5put_attribute(f, "study", "serverless");
  h5put_text(f, "serverless/applications/name", 2, 4, "soloduet");
  h5put_text(f, "serverless/functions/name", 2, 1, "fg");
  h5put_text(f, "serverless/platforms/name", 2, 3, "armx86");
  h5put(f, "serverless/functions/execution_time", H5T_IEEE_F64LE, 2, 2, 2, c->execution, 0);
  h5put(f, "serverless/application_tasks/application", H5T_STD_I32LE, 1, 3, 1, c->chain_app, 0);
  h5put(f, "serverless/application_tasks/task", H5T_STD_I32LE, 1, 3, 1, c->chain_task, 0);
  h5put(f, "trials/initial/id", H5T_STD_U64LE, 1, 3, 1, c->id, 0);
  h5put(f, "trials/initial/status", H5T_STD_U8LE, 1, 3, 1, c->status, 0);
  for (i = 0; i < 4; i++) {
    snprintf(name, sizeof name, "traces/%s/trial", tables[i]);
    h5put(f, name, H5T_STD_U64LE, 1, 1, 1, c->by_trial, 0);
    snprintf(name, sizeof name, "traces/%s/offsets", tables[i]);
    h5put(f, name, H5T_STD_U64LE, 1, 2, 1, c->offsets[i], 0);
  }
  h5put(f, "traces/tasks/application_id", H5T_STD_I64LE, 1, 3, 1, c->application_id, 0);
  h5put(f, "traces/tasks/task", H5T_STD_I32LE, 1, 3, 1, c->task, 0);
  h5put(f, "traces/tasks/platform", H5T_STD_I32LE, 1, 3, 1, c->platform, 0);
  h5put(f, "traces/tasks/dispatched", H5T_IEEE_F64LE, 1, 3, 1, c->dispatched, 0);
  h5put(f, "traces/tasks/done", H5T_IEEE_F64LE, 1, 3, 1, c->done, 0);
  h5put(f, "traces/tasks/compute", H5T_IEEE_F64LE, 1, 3, 1, c->compute, 0);
  h5put(f, "traces/tasks/cold_start", H5T_IEEE_F64LE, 1, 3, 1, c->cold, 0);
  h5put(f, "traces/applications/application", H5T_STD_I32LE, 1, 2, 1, c->application, 0);
  h5put(f, "traces/applications/dispatched", H5T_IEEE_F64LE, 1, 2, 1, c->app_dispatched, 0);
  h5put(f, "traces/applications/elapsed", H5T_IEEE_F64LE, 1, 2, 1, c->elapsed, 0);
  h5put(f, "traces/applications/penalty", H5T_STD_U8LE, 1, 2, 1, c->penalty, 0);
  h5put(f, "traces/system_events/task", H5T_STD_I32LE, 1, 1, 1, c->event_task, 0);
  h5put(f, "traces/system_events/time", H5T_IEEE_F64LE, 1, 1, 1, c->time, 0);
  h5put(f, "traces/system_events/count", H5T_STD_I32LE, 1, 1, 1, c->count, 0);
  h5put(f, "traces/system_events/average_queue_length", H5T_IEEE_F64LE, 1, 1, 1, c->queue, 0);
  h5put(f, "traces/system_events/per_platform", H5T_STD_I32LE, 2, 1, 2, c->per_platform, 0);
  h5put(f, "traces/platforms/platform", H5T_STD_I32LE, 1, 2, 1, c->kind, 0);
  h5put(f, "datasets/g/X", H5T_IEEE_F64LE, 2, 4, 2, c->x, 0);
  h5put(f, "datasets/g/y", H5T_IEEE_F64LE, 1, 4, 1, c->y, 0);
  h5put(f, "datasets/g/weight", H5T_IEEE_F64LE, 1, 4, 1, c->weight, 0);
  h5put(f, "datasets/g/split", H5T_STD_U8LE, 1, 4, 1, c->split, 0);
  assert_true(H5Fclose(f) >= 0);
}

/* Everything that is read. */
static int read_all(aus_serverless_saved *s, aus_serverless_result *run)
{
  int rc = aus_serverless_saved_open(s, path, &err);

  if (rc == AUS_OK) rc = aus_serverless_saved_runs(s, &err);
  if (rc == AUS_OK) rc = aus_serverless_saved_run(s, 0, run, &err);
  return rc;
}

static void whole(void **state)
{
  content c = good();
  aus_serverless_saved s;
  aus_serverless_result run;
  aus_serverless_tune_rows train = {0}, test = {0};

  (void)state;
  make_file(&c);
  check_ok(read_all(&s, &run), &err);
  assert_true(s.types.n_apps == 2 && s.types.n_tasks == 2 && s.types.n_platforms == 2);
  assert_string_equal(s.types.app[1].name, "duet");
  assert_string_equal(s.types.task[0].name, "f");
  assert_string_equal(s.types.platform[1].name, "x86");
  assert_true(s.types.app[0].n_tasks == 1 && s.types.app[0].task[0] == 1);
  assert_true(s.types.app[1].n_tasks == 2 && s.types.app[1].task[0] == 0);
  assert_true(s.types.task[0].exec_s[0] == 0.5 && isnan(s.types.task[0].exec_s[1]));
  assert_true(s.n_trials == 2 && s.trial[0] == 4 && s.trial[1] == 9); /* 7 failed */
  assert_true(run.tasks.n == 3 && run.applications.n == 2 && run.system_events.n == 1 &&
              run.platforms.n == 2);
  assert_true(run.tasks.task[1] == 0 && run.tasks.platform[1] == -1 && run.tasks.done[0] == 3);
  assert_true(run.applications.penalty[1] == 1 && run.applications.elapsed[0] == 2);
  assert_true(run.system_events.per_platform[0] == 2 && run.platforms.platform[1] == 1);
  check_ok(aus_serverless_saved_run(&s, 1, &run, &err), &err);
  assert_true(run.tasks.n == 0 && run.applications.n == 0 && run.system_events.n == 0);
  check_ok(aus_serverless_saved_rows(&s, "g", &train, &test, &err), &err);
  assert_true(train.n == 2 && train.d == 2 && train.x[3] == 40 && train.y[1] == 8 &&
              train.weight[1] == 0.5f);
  assert_true(test.n == 1 && test.x[0] == 2 && test.y[0] == 6);
  check_fails(aus_serverless_saved_rows(&s, "f", &train, &test, &err), AUS_EFORMAT,
              ":/datasets/f/X: no such dataset", &err);
  aus_serverless_tune_rows_fini(&train);
  aus_serverless_tune_rows_fini(&test);
  aus_serverless_saved_close(&s);
}

static void refuse(const content *c, const char *text)
{
  aus_serverless_saved s;
  aus_serverless_result run;

  make_file(c);
  check_fails(read_all(&s, &run), AUS_EFORMAT, text, &err);
  aus_serverless_saved_close(&s);
}

/* One value after the other is spoilt: whatever a simulator's user would stumble over. */
static void impossible_values(void **state)
{
#define SPOIL(field, value, text) \
  do {                            \
    content c = good();           \
    c.field = (value);            \
    refuse(&c, text);             \
  } while (0)
  (void)state;
  SPOIL(task[2], 2, ":/traces/tasks/task: the value of row 2 is not possible");
  SPOIL(task[0], -1, ":/traces/tasks/task: the value of row 0");
  SPOIL(platform[1], -2, ":/traces/tasks/platform: the value of row 1");
  SPOIL(platform[1], 2, ":/traces/tasks/platform: the value of row 1");
  SPOIL(application_id[0], -1, ":/traces/tasks/application_id: the value of row 0");
  SPOIL(application_id[2], 2, ":/traces/tasks/application_id: trial 4 has no application 2");
  SPOIL(dispatched[1], -0.5, ":/traces/tasks/dispatched: the value of row 1");
  SPOIL(done[0], (double)INFINITY, ":/traces/tasks/done: the value of row 0");
  SPOIL(compute[0], 2e9, ":/traces/tasks/compute: the value of row 0");
  SPOIL(cold[0], -1, ":/traces/tasks/cold_start: the value of row 0");
  SPOIL(application[1], 2, ":/traces/applications/application: the value of row 1");
  SPOIL(app_dispatched[0], (double)NAN, ":/traces/applications/dispatched: the value of row 0");
  SPOIL(elapsed[0], -1, ":/traces/applications/elapsed: the value of row 0");
  SPOIL(event_task[0], 2, ":/traces/system_events/task: the value of row 0");
  SPOIL(time[0], -1, ":/traces/system_events/time: the value of row 0");
  SPOIL(count[0], -1, ":/traces/system_events/count: the value of row 0");
  SPOIL(queue[0], (double)NAN, ":/traces/system_events/average_queue_length: the value of row 0");
  SPOIL(per_platform[1], -1, ":/traces/system_events/per_platform: the value of row 0");
  SPOIL(kind[1], 2, ":/traces/platforms/platform: the value of row 1");
  SPOIL(chain_app[0], 2, ":/serverless/application_tasks: row 0 is no function of an application");
  SPOIL(chain_task[2], 2, ":/serverless/application_tasks: row 2 is no function");
  SPOIL(chain_app[2], 0, ":/serverless/application_tasks: row 2 is no function"); /* comes again */
  SPOIL(offsets[0][1], 2, ":/traces/tasks/application_id: 3 rows, expected 2");
#undef SPOIL
}

static void out_of_memory(void **state)
{
  content c = good();
  int64_t live = aus_alloc_live(), i;
  int rc = AUS_OK;

  (void)state;
  make_file(&c);
  for (i = 0; i < 1000; i++) {
    aus_serverless_saved s;
    aus_serverless_result run;
    aus_serverless_tune_rows train = {0}, test = {0};

    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = read_all(&s, &run);
    if (rc == AUS_OK) rc = aus_serverless_saved_rows(&s, "g", &train, &test, &err);
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    aus_serverless_tune_rows_fini(&train);
    aus_serverless_tune_rows_fini(&test);
    aus_serverless_saved_close(&s);
    assert_int_equal(aus_alloc_live(), live);
    if (!aus_alloc_failed()) break;
  }
  aus_alloc_fail_at(-1);
  assert_int_equal(rc, AUS_OK);
#ifndef NDEBUG
  assert_true(i > 50);
#endif
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whole),
      cmocka_unit_test(impossible_values),
      cmocka_unit_test(out_of_memory),
  };
  int rc;

  if (tempdir_make(dir) != 0) return 99;
  snprintf(path, sizeof path, "%s/run.h5", dir);
  rc = cmocka_run_group_tests(tests, NULL, NULL);
  tempdir_remove(dir);
  return rc;
}
