/* serverless_study_partial.c - a serverless study is published at any moment, and is not disturbed by it.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One rank without MPI runs the small study. Its handlers are wrapped: each call is a moment between two
 * commits, at which the study is published into a plan in memory, or at which the run is ended.
 */
#include <config.h>

#include "unit/check.h"
#include "unit/plugins.h"
#include "unit/tempdir.h"

#include "learn/petsc.h"
#include "serverless/serverless_study.h"
#include "store/plan.h"
#include "study/campaigns.h"
#include "util/file.h"

static aus_err err;
static char dir[256];

/* ---- a loaded study, and what watches it ---- */

typedef struct fixture {
  aus_files *files;
  aus_cfg *conf, *data;
  aus_opts *method;
  char *study_dir;
  void *study;
  /* Of the wrapped handlers. */
  const aus_kind *kind;
  aus_kind *wrapped;
  int64_t every;                  /* publish at each call whose number this divides; 0: never */
  bool in_trial;                  /* the last call was for a trial */
  int64_t stop_at;                /* end the run at this call; -1: never */
  int64_t n_calls, n_trials;      /* handlers called; trials that were made */
  int64_t n_published, n_running; /* plans; those with a campaign that is still running */
} fixture;

static const aus_study_type *const type = &aus_serverless_study_type;

typedef struct setting {
  const char *key, *value;
} setting;

static void load(fixture *f, const setting *more)
{
  static const setting few[] = {{"serverless.n", "5"},
                                {"serverless.optimize.percentile", "60"},
                                {"serverless.optimize.target", "0"},
                                {"serverless.optimize.budget", "8"},
                                {"serverless.finetune.scales", "[1]"},
                                {"serverless.validate.n", "2"},
                                {NULL, NULL}};
  const aus_opt *keys = aus_bo_opts;
  const setting *list[] = {few, more};
  char path[512];
  aus_cfg_node *root;
  aus_study_env env;
  int i;

  *f = (fixture){.stop_at = -1};
  snprintf(path, sizeof path, "%s/tests/data/serverless/small.json", getenv("AUS_TOP_SRCDIR"));
  check_ok(aus_files_create(&f->files, true, &err), &err);
  check_ok(aus_cfg_create(&f->conf, &err), &err);
  check_ok(aus_cfg_create(&f->data, &err), &err);
  check_ok(aus_path_dir(&f->study_dir, path, &err), &err);
  env = (aus_study_env){
      .seed = 2, .conf = f->conf, .data = f->data, .dir = f->study_dir, .files = f->files};
  check_ok(aus_study_parse(&env, f->conf, path, &root, &err), &err);
  for (i = 0; i < 2; i++)
    for (; list[i]->key; list[i]++)
      check_ok(aus_cfg_set(f->conf, root, list[i]->key, list[i]->value, &err), &err);
  check_ok(aus_opts_read(&f->method, f->conf, aus_cfg_get(root, "engine"), &keys, 1, &err), &err);
  env.section = aus_cfg_get(root, "serverless");
  env.method = f->method;
  while (type->stages[env.n_stages])
    env.n_stages++;
  check_ok(type->load(&f->study, &env, &err), &err);
  check_ok(aus_cfg_check(f->conf, AUS_ECONFIG, &err), &err);
}

static void unload(fixture *f)
{
  type->destroy(f->study);
  aus_free(f->wrapped);
  aus_opts_destroy(f->method);
  aus_cfg_destroy(f->conf);
  aus_cfg_destroy(f->data);
  aus_files_destroy(f->files);
  aus_free(f->study_dir);
}

/* ---- plans ---- */

static aus_pub *publish(fixture *f)
{
  aus_pub *pub;

  check_ok(aus_pub_create(&pub, &err), &err);
  check_ok(type->publish(f->study, pub, &err), &err);
  return pub;
}

static const aus_plan_set *find(const aus_pub *pub, const char *path)
{
  int64_t i;

  for (i = 0; i < pub->n_sets; i++)
    if (strcmp(pub->set[i].path, path) == 0) return &pub->set[i];
  return NULL;
}

static int64_t rows_of(const aus_pub *pub, const char *path)
{
  const aus_plan_set *s = find(pub, path);

  assert_non_null(s);
  return (int64_t)s->n;
}

/* Everything in a plan as bytes, the data in memory included. */
static char *image(const aus_pub *pub, int64_t *n)
{
  aus_buf b;
  int64_t i;

  aus_buf_init(&b);
  aus_pub_encode(pub, &b);
  for (i = 0; i < pub->n_sets; i++) {
    const aus_plan_set *s = &pub->set[i];

    if (s->data) aus_buf_bytes(&b, s->data, aus_plan_row_bytes(s) * (s->scalar ? 1 : (size_t)s->n));
  }
  check_ok(aus_buf_check(&b, &err), &err);
  *n = b.n;
  return aus_buf_take(&b);
}

static char *image_of(fixture *f, int64_t *n)
{
  aus_pub *pub = publish(f);
  char *bytes = image(pub, n);

  aus_pub_destroy(pub);
  return bytes;
}

static int64_t count_trials(const aus_pub *pub)
{
  static const char *const kind[] = {"initial",        "initialproactive",  "optimize",
                                     "finetune",       "validate_reactive", "validate_untuned",
                                     "validate_tuned", "validate_kpa"};
  char path[80];
  int64_t n = 0;
  size_t i;

  for (i = 0; i < sizeof kind / sizeof kind[0]; i++) {
    snprintf(path, sizeof path, "trials/%s/id", kind[i]);
    n += rows_of(pub, path);
  }
  return n;
}

/* Tables of one plan agree; true when a campaign is running. */
static bool check_plan(const aus_pub *pub)
{
  const int64_t *committed = find(pub, "campaigns/n_committed")->data,
                *budget = find(pub, "campaigns/budget")->data;
  const uint32_t *id = find(pub, "campaigns/id")->data;
  const uint8_t *reason = find(pub, "campaigns/stop_reason")->data;
  int64_t i, n = 0;
  bool running = false;

  for (i = 0; i < rows_of(pub, "campaigns/id"); i++) {
    n += committed[i];
    running = running || reason[i] == AUS_BO_RUNNING;
    assert_true(i == 0 || id[i] > id[i - 1]);
    assert_true(committed[i] <= budget[i]);
    assert_true((committed[i] < budget[i]) == (reason[i] == AUS_BO_RUNNING));
  }
  assert_int_equal(n, count_trials(pub));
  assert_int_equal(rows_of(pub, "bo/trial"), rows_of(pub, "trials/optimize/id"));
  assert_int_equal(rows_of(pub, "serverless/searches/trial"), rows_of(pub, "trials/optimize/id"));
  return running;
}

/* All its names make a file. */
static void check_layout(fixture *f, const aus_pub *pub)
{
  aus_study_parts parts = type->parts(f->study);
  aus_pub_conf conf = {.dir = dir, .tables = parts.tables, .n_tables = parts.n_tables};
  aus_layout layout = {0};

  check_ok(aus_layout_make(&layout, pub, &conf, &err), &err);
  assert_true(layout.n_sets > 100);
  aus_layout_fini(&layout);
}

/* ---- runs ---- */

/* Between two commits. The one of the trial that ran last may be yet to come. */
static void look(fixture *f)
{
  aus_pub *pub = publish(f);
  int64_t n = count_trials(pub);

  f->n_running += check_plan(pub);
  check_layout(f, pub);
  f->n_published++;
  assert_true(n == f->n_trials || n == f->n_trials - 1);
  aus_pub_destroy(pub);
}

static int handler(void *self, aus_work *w, aus_err *e)
{
  int rc = AUS_OK;
  fixture *f = self;
  int64_t call = f->n_calls++;

  f->in_trial = !aus_work_task(w)->job;
  if (f->every > 0 && call % f->every == 0) look(f);
  if (call == f->stop_at) AUS_FAIL(e, AUS_EIO, "the run ends here");
  rc = f->kind[aus_work_task(w)->kind].run(f->study, w, e);
  f->n_trials += f->in_trial;
done:
  return rc;
}

static int prepare(void *self, aus_work *w, aus_err *e)
{
  fixture *f = self;

  return f->kind[aus_work_task(w)->kind].prepare(f->study, w, e);
}

/* Drive the study in a directory of its own. */
static int drive(fixture *f, const char *name)
{
  aus_study_parts parts = type->parts(f->study);
  char run_dir[300];
  aus_engine_conf conf = {.sched = {.prefetch = 1,
                                    .max_attempts = 2,
                                    .timeout_min_s = 600,
                                    .timeout_first_s = 3600,
                                    .hang_after_s = 300,
                                    .lost_after_s = 900},
                          .manager_works = -1,
                          .max_failed = -1,
                          .worker = {.n_kinds = parts.n_kinds,
                                     .self = f,
                                     .dir = run_dir,
                                     .run = 7,
                                     .tables = parts.tables,
                                     .n_tables = parts.n_tables}};
  aus_engine *engine;
  int rc = AUS_OK, i;

  f->kind = parts.kinds;
  f->wrapped = aus_zalloc((size_t)parts.n_kinds, sizeof *f->wrapped);
  assert_non_null(f->wrapped);
  for (i = 0; i < parts.n_kinds; i++) {
    f->wrapped[i] = parts.kinds[i];
    f->wrapped[i].run = handler;
    if (parts.kinds[i].prepare) f->wrapped[i].prepare = prepare;
  }
  conf.worker.kinds = f->wrapped;
  snprintf(run_dir, sizeof run_dir, "%s/%s", dir, name);
  check_ok(aus_dir_make(run_dir, &err), &err);
  check_ok(aus_engine_open(&engine, MPI_COMM_NULL, &conf, &err), &err);
  rc = type->drive(f->study, engine, &err);
  return aus_engine_close(engine, rc, NULL, &err);
}

/* The plan of a whole run that nobody looks at. */
static char *undisturbed(const setting *more, int64_t *n, int64_t *n_calls)
{
  fixture f;
  char *bytes;
  aus_pub *pub;

  load(&f, more);
  check_ok(drive(&f, "undisturbed"), &err);
  pub = publish(&f);
  assert_false(check_plan(pub));
  bytes = image(pub, n);
  aus_pub_destroy(pub);
  *n_calls = f.n_calls;
  unload(&f);
  return bytes;
}

/* ---- tests ---- */

static const setting usual[] = {{NULL, NULL}};
/* Indices, models that are carried on in jobs of their own. */
static const setting morris[] = {{"serverless.design", "morris"},
                                 {"serverless.n", "1"},
                                 {"serverless.optimize.percentile", "90"},
                                 {"serverless.optimize.carry", "all"},
                                 {NULL, NULL}};
static const setting compat[] = {{"serverless.mode", "compat"}, {NULL, NULL}};

static void looking_changes_nothing(void **state)
{
  static const setting *const variant[] = {usual, morris, compat};
  int64_t live = aus_alloc_live(), n, n_calls, n_looked;
  char *want, *got;
  fixture f;
  int v;

  (void)state;
  for (v = 0; v < 3; v++) {
    want = undisturbed(variant[v], &n, &n_calls);
    load(&f, variant[v]);
    f.every = v == 0 ? 5 : 19; /* a publication is dear where memory is watched */
    check_ok(drive(&f, "looked"), &err);
    got = image_of(&f, &n_looked);
    assert_int_equal(n_looked, n);
    assert_memory_equal(got, want, (size_t)n);
    assert_int_equal(f.n_calls, n_calls);
    assert_true(f.n_published >= n_calls / f.every);
    assert_true(f.n_running > 0 && (v > 0 || f.n_running < f.n_published));
    aus_free(got);
    aus_free(want);
    unload(&f);
    tempdir_remove(dir);
    assert_int_equal(mkdir(dir, 0700), 0);
  }
  assert_int_equal(aus_alloc_live(), live);
}

/* The report shows what there is: no table of a stage that has not begun. */
static void check_report(fixture *f, bool validated)
{
  aus_buf text;

  aus_buf_init(&text);
  type->report(f->study, &text);
  check_ok(aus_buf_check(&text, &err), &err);
  assert_non_null(strstr(text.data, "serverless study, seed 2"));
  assert_int_equal(strstr(text.data, "validation: mean per run") != NULL, validated);
  aus_buf_fini(&text);
}

static void before_the_first_stage(void **state)
{
  fixture f;
  aus_pub *pub;

  (void)state;
  load(&f, usual);
  pub = publish(&f);
  assert_null(find(pub, "design/unit"));
  assert_int_equal(rows_of(pub, "campaigns/id"), 0);
  assert_int_equal(count_trials(pub), 0);
  assert_int_equal(rows_of(pub, "models/task"), 0);
  aus_pub_destroy(pub);
  check_report(&f, false);
  unload(&f);
}

/* Ended at a call, the study is published with what was committed before. */
static void ended_anywhere(void **state)
{
  /* Trials of initial, a training, samples with models, searches (twice), candidates, the end. */
  static const int64_t at[] = {0, 5, 12, 20, 30, 60, -1};
  enum { N = sizeof at / sizeof at[0] };
  int64_t n, n_calls;
  char *want = undisturbed(usual, &n, &n_calls);
  fixture f;
  int i, n_in_trials = 0;

  (void)state;
  aus_free(want);
  for (i = 0; i < N; i++) {
    load(&f, usual);
    f.stop_at = at[i] < 0 ? n_calls - 1 : at[i];
    check_fails(drive(&f, "ended"), AUS_EIO, "the run ends here", &err);
    assert_int_equal(f.n_calls, f.stop_at + 1);
    look(&f);
    /* Its own campaign is running then. */
    assert_true(f.n_running == 1 || !f.in_trial);
    n_in_trials += f.in_trial;
    check_report(&f, at[i] < 0);
    unload(&f);
    tempdir_remove(dir);
    assert_int_equal(mkdir(dir, 0700), 0);
  }
  assert_true(n_in_trials > N / 2 && n_in_trials < N);
}

/* Publication in the middle with the n-th allocation failing. */
static void allocation_failures(void **state)
{
#ifdef NDEBUG
  (void)state;
  skip();
#else
  fixture f;
  aus_pub *pub;
  int64_t k, live;
  int rc = AUS_ENOMEM;

  (void)state;
  load(&f, morris);
  f.stop_at = 60;
  check_fails(drive(&f, "memory"), AUS_EIO, "the run ends here", &err);
  look(&f);
  live = aus_alloc_live();
  for (k = 0; rc != AUS_OK; k += k < 100 ? 1 : 7) { /* samples of the many strings */
    aus_err_clear(&err);
    pub = NULL;
    aus_alloc_fail_at(k);
    rc = aus_pub_create(&pub, &err);
    if (rc == AUS_OK) rc = type->publish(f.study, pub, &err);
    aus_alloc_fail_at(-1);
    if (rc != AUS_OK) assert_int_equal(rc, AUS_ENOMEM);
    aus_pub_destroy(pub);
  }
  assert_true(k > 300);
  assert_int_equal(aus_alloc_live(), live);
  unload(&f);
#endif
}

static int make(void **state)
{
  (void)state;
  return tempdir_make(dir);
}

static int drop(void **state)
{
  (void)state;
  aus_petsc_stop(); /* it cannot be started again */
  tempdir_remove(dir);
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(before_the_first_stage),
      cmocka_unit_test(looking_changes_nothing),
      cmocka_unit_test(ended_anywhere),
      cmocka_unit_test(allocation_failures),
  };

  return cmocka_run_group_tests(tests, make, drop);
}
