/* serverless_dataset.c - windows of golden runs, every rule by hand, splits.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "serverless/dataset.h"
#include "unit/shared.h"

#include "unit/serverless_types.h"

enum { MAX = 6000 };

static aus_err err;
static example_types example;

/* Columns of a run that a test fills. */
typedef struct run {
  double dispatched[MAX], elapsed[MAX], timestamp[MAX], queue[MAX];
  int32_t type[MAX], task[MAX], count[MAX];
  uint8_t penalty[MAX];
  aus_serverless_result result;
} run;

static void run_clear(run *r)
{
  memset(r, 0, sizeof *r);
  r->result.applications = (aus_serverless_app_rows){
      .type = r->type, .dispatched = r->dispatched, .elapsed = r->elapsed, .penalty = r->penalty};
  r->result.system_events = (aus_serverless_system_rows){.task = r->task,
                                                         .timestamp = r->timestamp,
                                                         .count = r->count,
                                                         .average_queue_length = r->queue};
}

static void request(run *r, int app, double dispatched, double elapsed, int penalty)
{
  int64_t i = r->result.applications.n++;

  assert_true(i < MAX);
  r->type[i] = app;
  r->dispatched[i] = dispatched;
  r->elapsed[i] = elapsed;
  r->penalty[i] = (uint8_t)penalty;
}

static void event(run *r, int task, double timestamp, int count, double queue)
{
  int64_t i = r->result.system_events.n++;

  assert_true(i < MAX);
  r->task[i] = task;
  r->timestamp[i] = timestamp;
  r->count[i] = count;
  r->queue[i] = queue;
}

/* Rows of a packed CSV file of the shared data, without its header. */
static FILE *open_csv(const char *path)
{
  char command[1200], *text = shared_text(path, NULL), line[400];
  FILE *f;

  free(text); /* it is there */
  snprintf(command, sizeof command, "gzip -dc '%s/data/%s'",
           getenv("AUSPEX_SHARED") ? getenv("AUSPEX_SHARED") : "../shared", path);
  f = popen(command, "r");
  assert_non_null(f);
  assert_non_null(fgets(line, sizeof line, f));
  return f;
}

static void read_run(run *r, const char *scenario)
{
  char path[200], line[400], name[40];
  double a, b;
  int n, penalty;
  FILE *f;

  run_clear(r);
  snprintf(path, sizeof path, "serverless/golden/%s/applications.csv.gz", scenario);
  f = open_csv(path);
  while (fgets(line, sizeof line, f)) {
    assert_int_equal(sscanf(line, "%*d,%*[^,],%lf,%lf,%*f,%*f,%*f,%*f,%d", &a, &b, &penalty), 3);
    request(r, 0, a, b, penalty);
  }
  assert_int_equal(pclose(f), 0);
  snprintf(path, sizeof path, "serverless/golden/%s/system_events.csv.gz", scenario);
  f = open_csv(path);
  while (fgets(line, sizeof line, f)) {
    assert_int_equal(sscanf(line, "%39[^,],%lf,%d,%lf", name, &a, &n, &b), 4);
    assert_string_equal(name, "dnn1");
    event(r, 0, a, n, b);
  }
  assert_int_equal(pclose(f), 0);
  assert_int_equal(r->result.applications.n, 4085);
}

static void check_golden(const char *scenario, const char *key)
{
  static const aus_serverless_dataset_conf conf = {5.0, 0.0, 0.2, 20.0};
  char *text = shared_text("serverless/golden/dataset-c.json", NULL), *at = strstr(text, key);
  double x[64], y[64], w[64 * 7];
  aus_serverless_dataset d = {0};
  static run r;
  int64_t i, n, repeat;

  assert_non_null(at);
  example_types_make(&example);
  read_run(&r, scenario);
  n = shared_numbers(at, "\"X\"", x, 64);
  assert_int_equal(shared_numbers(at, "\"y\"", y, 64), n);
  assert_int_equal(shared_numbers(at, "\"windows\"", w, 64 * 7), 7 * n);
  for (repeat = 0; repeat < 2; repeat++) {
    check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
    assert_int_equal(d.n, n);
    for (i = 0; i < n; i++) {
      assert_true(d.x[i] == x[i] && d.y[i] == y[i]);
      assert_true(d.window_s[i] == w[7 * i] && d.x[i] == w[7 * i + 2]);
      check_near(d.queue[i], w[7 * i + 3], 1e-14);
      check_near(d.pods[i], w[7 * i + 4], 1e-14);
      assert_true((double)d.requests[i] == w[7 * i + 5]);
      check_near((double)d.penalties[i] / (double)d.requests[i], w[7 * i + 6], 1e-14);
      assert_int_equal(d.task[i], 0);
    }
  }
  aus_serverless_dataset_fini(&d);
  free(text);
}

static void golden_initial(void **state)
{
  (void)state;
  check_golden("c-kn_kn-initial", "\"kn_kn-initial\"");
}

static void golden_optim(void **state)
{
  (void)state;
  check_golden("c-kn_kn-optim", "\"kn_kn-optim\"");
}

/* Functions: dnn1 is first in applications 0 and 2, third in application 1, second nowhere. */
static void rules(void **state)
{
  static run r;
  aus_serverless_dataset_conf conf = {5.0, 0.0, 0.2, 20.0};
  aus_serverless_dataset d = {0};
  int i;

  (void)state;
  example_types_make(&example);
  run_clear(&r);
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  assert_int_equal(d.n, 0);
  request(&r, 0, 9.5, 1.0, 0);  /* window 10, appears first */
  request(&r, 2, 2.0, 2.99, 0); /* window 0: 4.99 is second 4 */
  request(&r, 0, 2.0, 3.0, 0);  /* window 5: exactly 5 */
  for (i = 0; i < 4; i++)
    request(&r, 0, 15.0, 0.5, i == 0); /* window 15: 1 of 4 penalised */
  for (i = 0; i < 5; i++)
    request(&r, 0, 20.0, 0.5, i == 0); /* window 20: 1 of 5, just kept */
  request(&r, 1, 11.0, 1.0, 0);        /* of function third */
  request(&r, 0, 25.0, 1.0, 0);        /* window 25: no event */
  request(&r, 0, 30.0, NAN, 0);        /* never done */
  event(&r, 0, 4.999, 2, 1.0);
  event(&r, 0, 0.0, 3, 2.0);
  event(&r, 0, 5.0, 1, 40.0); /* window 5: mean queue 20.5 */
  event(&r, 0, 9.9, 1, 1.0);
  event(&r, 0, 10.0, 4, 20.0); /* window 10: exactly 20 */
  event(&r, 0, 15.0, 1, 0.0);
  event(&r, 0, 20.0, 1, 0.0);
  event(&r, 0, 99.0, 1, 0.0); /* behind the last completion */
  event(&r, 1, 11.0, 9, 0.0); /* second: nobody's first function */
  event(&r, 2, 11.0, 6, 0.0);
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  assert_int_equal(d.n, 4);
  assert_true(d.window_s[0] == 10 && d.window_s[1] == 0 && d.window_s[2] == 20 &&
              d.window_s[3] == 10);
  assert_true(d.x[0] == 0.2 && d.y[0] == 4 && d.queue[0] == 20);
  assert_true(d.x[1] == 0.2 && d.y[1] == 3 && d.pods[1] == 2.5 && d.queue[1] == 1.5);
  assert_true(d.x[2] == 1.0 && d.penalties[2] == 1 && d.requests[2] == 5);
  assert_int_equal(d.task[2], 0);
  assert_int_equal(d.task[3], 2);
  assert_true(d.y[3] == 6);
  conf.max_penalty_frac = -1;
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  assert_int_equal(d.n, 5);
  conf.max_queue_length = -1;
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  assert_int_equal(d.n, 6);
  conf.until_s = 15; /* window 10 comes first and ends there */
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  assert_int_equal(d.n, 0);
  conf.until_s = 15.5; /* windows 10, 0 and 5 of dnn1, 10 of third */
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  assert_int_equal(d.n, 4);
  conf.window_s = 0;
  check_fails(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), AUS_EINVAL,
              "window of 0 s", &err);
  aus_serverless_dataset_fini(&d);
}

static int64_t count(const uint8_t *split, int64_t n, int what)
{
  int64_t i, k = 0;

  for (i = 0; i < n; i++)
    k += split[i] == what;
  return k;
}

static void splits(void **state)
{
  /* n, train_rows, train_fraction -> train, test, unused */
  static const struct {
    int64_t n, rows;
    double fraction;
    int64_t train, test, unused;
  } want[] = {
      {14, 1, 0, 1, 3, 10},         {2, 1, 0, 1, 1, 0},     {1, 1, 0, 1, 0, 0},
      {0, 1, 0, 0, 0, 0},           {10, 9, 0, 9, 1, 0},    {10, 0, 0.8, 8, 2, 0},
      {14, 0, 0.8, 11, 3, 0},       {1, 0, 0.8, 1, 0, 0},   {3, 0, 0.1, 1, 2, 0},
      {0, 0, 0.8, 0, 0, 0},         {100, 0, 1, 100, 0, 0}, {100, 0, 0, 1, 99, 0},
      {1000, 0, 0.29, 290, 710, 0},
  };
  uint8_t a[1000], b[1000];
  int64_t work[1000];
  size_t i;

  (void)state;
  for (i = 0; i < sizeof want / sizeof want[0]; i++) {
    aus_serverless_split(want[i].n, want[i].rows, want[i].fraction, 1, 2, 3, a, work);
    assert_int_equal(count(a, want[i].n, 0), want[i].train);
    assert_int_equal(count(a, want[i].n, 2), want[i].test);
    assert_int_equal(count(a, want[i].n, 3), want[i].unused);
  }
  aus_serverless_split(1000, 0, 0.5, 1, 2, 3, a, work);
  aus_serverless_split(1000, 0, 0.5, 1, 2, 3, b, work);
  assert_memory_equal(a, b, 1000);
  assert_true(count(a, 500, 0) > 200 && count(a, 500, 0) < 300); /* shuffled */
  aus_serverless_split(1000, 0, 0.5, 1, 2, 4, b, work);
  assert_true(memcmp(a, b, 1000) != 0);
  aus_serverless_split(1000, 0, 0.5, 1, 3, 3, b, work);
  assert_true(memcmp(a, b, 1000) != 0);
  aus_serverless_split(1000, 0, 0.5, 2, 2, 3, b, work);
  assert_true(memcmp(a, b, 1000) != 0);
}

static void out_of_memory(void **state)
{
  static const aus_serverless_dataset_conf conf = {5.0, 0.0, 0.2, 20.0};
  static run r;
  int64_t live = aus_alloc_live(), i;
  aus_serverless_dataset d = {0};
  int rc;

  (void)state;
  example_types_make(&example);
  run_clear(&r);
  for (i = 0; i < 40; i++) {
    request(&r, 0, 5.0 * (double)i, 0.5, 0);
    event(&r, 0, 5.0 * (double)i, 1, 0);
  }
  for (i = 0; i < 1000; i++) {
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err);
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    if (i % 2) aus_serverless_dataset_fini(&d); /* also go on with what a failed call left */
    if (!aus_alloc_failed() && i % 2) break;
  }
  aus_alloc_fail_at(-1);
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  assert_int_equal(d.n, 40);
  aus_serverless_dataset_fini(&d);
  assert_int_equal(aus_alloc_live(), live);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(golden_initial), cmocka_unit_test(golden_optim),  cmocka_unit_test(rules),
      cmocka_unit_test(splits),         cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
