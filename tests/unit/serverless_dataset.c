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
  int32_t per_platform[5 * MAX], platform_id_type[8];
  /* tasks */
  int64_t application[MAX];
  int32_t function[MAX], platform[MAX];
  double task_dispatched[MAX], done[MAX], compute[MAX], cold[MAX];
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
                                                         .average_queue_length = r->queue,
                                                         .per_platform = r->per_platform};
  r->result.tasks = (aus_serverless_task_rows){.application_id = r->application,
                                               .task = r->function,
                                               .platform = r->platform,
                                               .dispatched = r->task_dispatched,
                                               .done = r->done,
                                               .compute = r->compute,
                                               .cold_start = r->cold};
  r->result.platforms = (aus_serverless_platform_rows){.platform = r->platform_id_type};
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

/* A call of a function for the last request. */
static void task(run *r, int function, int platform, double dispatched, double done, double compute,
                 double cold)
{
  int64_t i = r->result.tasks.n++;

  assert_true(i < MAX);
  r->application[i] = r->result.applications.n - 1;
  r->function[i] = function;
  r->platform[i] = platform;
  r->task_dispatched[i] = dispatched;
  r->done[i] = done;
  r->compute[i] = compute;
  r->cold[i] = cold;
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
  const aus_serverless_dataset_conf conf = aus_serverless_dataset_defaults();
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
  aus_serverless_dataset_conf conf = aus_serverless_dataset_defaults();
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

/* What a row is expected to be. */
typedef struct expected {
  int task;
  double window_s, x, y, weight;
  int requests, penalties;
} expected;

static void check_rows(const aus_serverless_dataset *d, const expected *w, int n)
{
  int i;

  assert_int_equal(d->n, n);
  for (i = 0; i < n; i++) {
    if (d->task[i] != w[i].task || d->window_s[i] != w[i].window_s || d->x[i * d->d] != w[i].x ||
        d->y[i] != w[i].y || d->weight[i] != w[i].weight || d->requests[i] != w[i].requests ||
        d->penalties[i] != w[i].penalties)
      fail_msg("row %d is function %d, window %g, x %g, y %g, weight %g, requests %d, penalties %d",
               i, d->task[i], d->window_s[i], d->x[i * d->d], d->y[i], d->weight[i],
               (int)d->requests[i], (int)d->penalties[i]);
  }
}

/* Application `aux` (third, then second) and nofs-dnn1; windows of 5 s:
 *   0: two calls of third, one of second, one penalty; 5: one of second, late; 10: one of dnn1. */
static void make_chains(run *r)
{
  example_types_make(&example);
  run_clear(r);
  request(r, 1, 0.5, 4.0, 0);
  task(r, 2, 0, 0.5, 2.5, 1.5, 0.5);
  task(r, 1, 2, 2.5, 4.5, 2.0, 0.0);
  request(r, 1, 4.5, 9.0, 1);
  task(r, 2, 0, 4.5, 7.0, 1.5, 0.0);
  task(r, 1, 0, 7.0, 13.5, 6.0, 0.5);
  request(r, 0, 12.0, 0.5, 0);
  task(r, 0, 4, 12.0, 12.5, 0.4, 0.1);
  event(r, 2, 1.0, 3, 1.0);
  event(r, 2, 6.0, 2, 1.0);
  event(r, 1, 0.5, 1, 4.0);
  event(r, 1, 4.0, 2, 30.0);
  event(r, 1, 6.0, 2, 25.0);
  event(r, 0, 11.0, 1, 0.0);
}

/* Switch after switch, from the reference to clean. */
static void clean_rows(void **state)
{
  static const expected reference[] = {{0, 10, 0.2, 1, 1, 1, 0}, {2, 0, 0.2, 3, 1, 1, 0}};
  static const expected own_done[] = {
      {0, 10, 0.2, 1, 1, 1, 0}, {1, 0, 0.2, 2, 1, 1, 0}, {2, 0, 0.2, 3, 1, 1, 0}};
  static const expected own_arrived[] = {{0, 10, 0.2, 1, 1, 1, 0}, {1, 0, 0.2, 2, 1, 1, 0}};
  static const expected all[] = {{0, 10, 0.2, 1, 1, 1, 0},
                                 {1, 0, 0.2, 2, 1, 1, 0},
                                 {1, 5, 0.2, 2, 0.25, 1, 1},
                                 {2, 0, 0.4, 3, 0.25, 2, 1}};
  /* work / (5 x 0.7): dnn1 0.5, second 2 and 6.5, third 3.5 (exactly one replica) */
  static const expected demand[] = {
      {0, 0, 0, 0, 1, 0, 0},      {0, 5, 0, 0, 1, 0, 0},      {0, 10, 0.2, 1, 1, 1, 0},
      {1, 0, 0.2, 1, 1, 1, 0},    {1, 5, 0.2, 2, 0.25, 1, 1}, {1, 10, 0, 0, 1, 0, 0},
      {2, 0, 0.4, 1, 0.25, 2, 1}, {2, 5, 0, 0, 1, 0, 0},      {2, 10, 0, 0, 1, 0, 0}};
  static run r;
  aus_serverless_dataset d = {0};
  aus_serverless_dataset_conf conf = aus_serverless_dataset_defaults();

  (void)state;
  make_chains(&r);
  conf.weight_bad = 0.25;
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  check_rows(&d, reference, 2); /* aux counts for third when it is done */
  conf.defects &= ~AUS_SERVERLESS_D(26);
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  check_rows(&d, own_done, 3);
  conf.defects &= ~AUS_SERVERLESS_D(29);
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  check_rows(&d, own_arrived, 2);
  conf.defects &= ~AUS_SERVERLESS_D(27);
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  check_rows(&d, all, 4);
  conf.label = AUS_SERVERLESS_DEMAND;
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  check_rows(&d, demand, 9);
  assert_true(isnan(d.queue[0]) && isnan(d.pods[0]) && d.queue[4] == 25 && d.pods[4] == 2);
  conf.until_s = 10.5; /* window 10 ends behind it */
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  assert_int_equal(d.n, 6);
  conf.until_s = 0;
  conf.target_frac = 0.1; /* third: 3.5 s of work in windows that hold 0.5 s */
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  assert_true(d.n == 9 && d.y[6] == 7 && d.y[4] == 13);
  aus_serverless_dataset_fini(&d);
}

/* The label `demand` does not depend on the replicas there were, nor on waiting. */
static void demand_is_open_loop(void **state)
{
  static run r;
  aus_serverless_dataset d = {0};
  aus_serverless_dataset_conf conf = aus_serverless_dataset_defaults();
  double y[9];
  int64_t i;

  (void)state;
  make_chains(&r);
  conf.defects = 0;
  conf.label = AUS_SERVERLESS_DEMAND;
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  assert_int_equal(d.n, 9);
  memcpy(y, d.y, sizeof y);
  for (i = 0; i < r.result.system_events.n; i++)
    r.count[i] = 77;
  for (i = 0; i < r.result.tasks.n; i++)
    r.done[i] += 100;
  for (i = 0; i < r.result.applications.n; i++)
    r.penalty[i] = 1;
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  assert_int_equal(d.n, 9);
  assert_memory_equal(y, d.y, sizeof y);
  r.compute[3] = NAN; /* second's call of window 5 was never done */
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  assert_int_equal(d.n, 8);
  assert_true(d.task[4] == 1 && d.window_s[4] == 10);
  aus_serverless_dataset_fini(&d);
}

/* Mean over the platforms of the cluster; 0 for a function that runs nowhere. */
static void service_times(void **state)
{
  static run r;
  double dnn1[] = {3, NAN, 1, NAN, 8}, second[] = {NAN, NAN, NAN, 1, NAN},
         third[] = {1, 1, 1, 1, 1};
  aus_serverless_dataset d = {0};
  aus_serverless_dataset_conf conf = aus_serverless_dataset_defaults();

  (void)state;
  make_chains(&r);
  example.task[0].exec_s = dnn1;
  example.task[1].exec_s = second;
  example.task[2].exec_s = third;
  r.result.platforms.n = 4; /* types 0, 1, 2, 0 */
  r.platform_id_type[1] = 1;
  r.platform_id_type[2] = 2;
  conf.defects = 0;
  conf.n_features = 2;
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  assert_true(d.d == 2 && d.n == 4);
  assert_true(d.x[0] == 0.2 && d.x[1] == 7.0 / 3.0);
  assert_true(d.x[2] == 0.2 && d.x[3] == 0);
  assert_true(d.x[6] == 0.4 && d.x[7] == 1.0);
  aus_serverless_dataset_fini(&d);
}

/* Rows per kind of platform: names in order are pynqFpga, rpiCpu, xavierCpu, xavierDla, xavierGpu
 * (types 4, 0, 1, 3, 2). */
static void per_platform(void **state)
{
  static const expected clean[] = {{0, 10, 0.2, 1, 1, 1, 0}, {1, 0, 0.2, 2, 1, 1, 0}};
  static run r;
  aus_serverless_dataset d = {0};
  aus_serverless_dataset_conf conf = aus_serverless_dataset_defaults();
  int i;

  (void)state;
  make_chains(&r);
  r.per_platform[5 * 0 + 0] = 3; /* third at 1.0 */
  r.per_platform[5 * 1 + 0] = 2;
  r.per_platform[5 * 2 + 2] = 1; /* second at 0.5: one on xavierGpu */
  r.per_platform[5 * 3 + 2] = 2; /* at 4.0, queue 30 */
  r.per_platform[5 * 4 + 0] = 2; /* at 6.0, queue 25 */
  r.per_platform[5 * 5 + 4] = 1; /* dnn1 */
  conf.per_platform = true;
  conf.defects &= ~(AUS_SERVERLESS_D(26) | AUS_SERVERLESS_D(29));
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  assert_int_equal(d.d, 6);
  check_rows(&d, clean, 2); /* third: 1 of 2 penalised; second on rpiCpu: 1 of 1 */
  for (i = 1; i < 6; i++) {
    assert_true(d.x[i] == (i == 1));     /* pynqFpga */
    assert_true(d.x[6 + i] == (i == 5)); /* xavierGpu */
  }
  r.penalty[1] = 0;
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  assert_int_equal(d.n, 4); /* a queue of 25 is not above 1.25 x 20 */
  assert_true(d.task[1] == 1 && d.window_s[1] == 5 && d.y[1] == 2 && d.x[6 + 2] == 1);
  r.queue[4] = 25.001;
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  assert_int_equal(d.n, 3);
  /* The reference: applications by the platform of their first task. */
  conf.defects = AUS_SERVERLESS_DATASET_COMPAT;
  r.type[0] = r.type[1] = 0;
  r.task[0] = r.task[1] = 0; /* events of dnn1 on rpiCpu in windows 0 and 5 */
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  assert_int_equal(d.n, 2);
  assert_true(d.window_s[0] == 10 && d.x[1] == 1 && d.y[0] == 1);
  assert_true(d.window_s[1] == 0 && d.x[6 + 2] == 1 && d.y[1] == 3 && d.requests[1] == 1);
  aus_serverless_dataset_fini(&d);
}

static void bad_settings(void **state)
{
  static run r;
  aus_serverless_dataset d = {0};
  aus_serverless_dataset_conf conf = aus_serverless_dataset_defaults();

  (void)state;
  make_chains(&r);
  conf.n_features = 3;
  check_fails(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), AUS_EINVAL,
              "dataset: 3 features, need 1 or 2", &err);
  conf.n_features = 1;
  conf.weight_bad = NAN;
  check_fails(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), AUS_EINVAL,
              "a weight of", &err);
  conf.weight_bad = 0;
  conf.target_frac = 0;
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  conf.label = AUS_SERVERLESS_DEMAND;
  check_fails(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), AUS_EINVAL,
              "a target of 0, need > 0", &err);
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
  aus_serverless_dataset_conf conf = aus_serverless_dataset_defaults();
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
    conf.per_platform = i / 2 % 2;
    aus_alloc_fail_at(i);
    aus_err_clear(&err);
    rc = aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err);
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    if (i % 2) aus_serverless_dataset_fini(&d); /* also go on with what a failed call left */
    if (!aus_alloc_failed() && i % 4 == 3) break;
  }
  aus_alloc_fail_at(-1);
  conf.per_platform = false;
  check_ok(aus_serverless_dataset_build(&d, &example.types, &r.result, &conf, &err), &err);
  assert_int_equal(d.n, 40);
  aus_serverless_dataset_fini(&d);
  assert_int_equal(aus_alloc_live(), live);
}

/* What a mode means, and the key that goes before it. */
static void of_the_mode(void **state)
{
  const uint64_t d27 = AUS_SERVERLESS_D(27), d29 = AUS_SERVERLESS_D(29);

  (void)state;
  assert_int_equal(aus_serverless_dataset_features(false, 0), 2);
  assert_int_equal(aus_serverless_dataset_features(false, ~d29), 2);
  assert_int_equal(aus_serverless_dataset_features(false, d29), 1);
  assert_int_equal(aus_serverless_dataset_features(true, 0), 1);
  assert_int_equal(aus_serverless_dataset_label(0, 0), AUS_SERVERLESS_DEMAND);
  assert_int_equal(aus_serverless_dataset_label(0, ~d27), AUS_SERVERLESS_DEMAND);
  assert_int_equal(aus_serverless_dataset_label(0, d27), AUS_SERVERLESS_REPLICAS);
  assert_int_equal(aus_serverless_dataset_label(1, 0), AUS_SERVERLESS_REPLICAS);
  assert_int_equal(aus_serverless_dataset_label(2, d27), AUS_SERVERLESS_DEMAND);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(golden_initial),
      cmocka_unit_test(golden_optim),
      cmocka_unit_test(rules),
      cmocka_unit_test(clean_rows),
      cmocka_unit_test(demand_is_open_loop),
      cmocka_unit_test(service_times),
      cmocka_unit_test(per_platform),
      cmocka_unit_test(bad_settings),
      cmocka_unit_test(splits),
      cmocka_unit_test(of_the_mode),
      cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
