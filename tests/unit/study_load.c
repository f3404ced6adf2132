/* study_load.c - which stages a study file or a verb asks for, and what is said of lists that are wrong.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include "study/load.h"
#include "util/alloc.h"

#define MATCH                                                                             \
  "\"match\": {\"source\": \"made-up\", \"packages\": 2, \"features\": 4, \"jobs\": 40, " \
  "\"n_clusters\": 5}"

enum { TRAIN = 1, LADDER = 2, SINGLE = 4, LAMMPS = 8, RANGE = 16, SPACKBUILD = 32, ALL = 63 };

/* One loaded study; the arguments live as long. */
typedef struct stand {
  aus_args *args;
  aus_call call;
  aus_load load;
} stand;

static void stand_fini(stand *s)
{
  aus_load_fini(&s->load);
  aus_args_destroy(s->args);
}

/* @param [in] set  of --set; NULL: none */
static int load(stand *s, const char *text, const aus_study_verb *verb, const char *set,
                aus_err *err)
{
  static const aus_cli *const cli[] = {aus_common_cli};
  char *argv[] = {(char *)(uintptr_t) "auspex", (char *)(uintptr_t) "--set", (char *)(uintptr_t)set,
                  NULL};
  int rc = AUS_OK;

  *s = (stand){.args = NULL};
  AUS_TRY(aus_args_parse(&s->args, cli, 1, set ? 3 : 1, argv, err));
  s->call = (aus_call){.args = s->args, .world = MPI_COMM_NULL, .size = 1};
  s->load = (aus_load){.call = &s->call, .verb = verb, .study_path = text ? "study.json" : NULL};
  AUS_TRY(aus_files_create(&s->load.files, false, err));
  if (text) AUS_TRY(aus_files_put(s->load.files, "study.json", text, strlen(text), err));
  AUS_TRY(aus_load_here(&s->load, err));
done:
  return rc;
}

/* ---- lists ---- */

static void any_stages(void **state)
{
  static const struct {
    const char *list, *want;
    uint32_t stages;
    int n;
  } cases[] = {
      {"", "[\"train\",\"ladder\",\"single\",\"lammps\",\"range\",\"spackbuild\"]", ALL, 6},
      {"\"stages\": [\"train\"], ", "[\"train\"]", TRAIN, 1},
      {"\"stages\": [\"spackbuild\"], ", "[\"spackbuild\"]", SPACKBUILD, 1},
      {"\"stages\": [\"ladder\", \"range\"], ", "[\"ladder\",\"range\"]", LADDER | RANGE, 2},
      {"\"stages\": [\"train\", \"single\", \"lammps\"], ", "[\"train\",\"single\",\"lammps\"]",
       TRAIN | SINGLE | LAMMPS, 3},
      {"\"stages\": [\"train\", \"ladder\", \"single\", \"lammps\", \"range\", \"spackbuild\"], ",
       "[\"train\",\"ladder\",\"single\",\"lammps\",\"range\",\"spackbuild\"]", ALL, 6},
  };
  char text[400], want[200], digest[6][65];
  aus_err err;
  stand s;
  size_t i;

  (void)state;
  for (i = 0; i < 6; i++) {
    snprintf(text, sizeof text, "{\"study\": \"match\", %s%s}", cases[i].list, MATCH);
    check_ok(load(&s, text, NULL, NULL, &err), &err);
    assert_int_equal(s.load.stages, cases[i].stages);
    assert_int_equal(s.load.n_stages, cases[i].n);
    snprintf(want, sizeof want, "\"stages\":%s", cases[i].want);
    assert_non_null(strstr(s.load.config, want));
    memcpy(digest[i], s.load.digest, sizeof digest[i]);
    stand_fini(&s);
  }
  assert_string_equal(digest[0], digest[5]); /* all of them, told or not */
  for (i = 1; i < 5; i++)
    assert_string_not_equal(digest[i], digest[i - 1]);
}

static void only_the_first_ones(void **state)
{
  static const char text[] =
      "{\"study\": \"gpuqueue\", \"stages\": [\"import\", \"generate\"], \"gpuqueue\": "
      "{\"synthetic\": "
      "{\"days\": 9, \"jobs\": 300, \"nodes\": 20, \"load\": 0.5}, \"nodes\": 20, \"train_start\": "
      "\"2024-01-05\", \"train_windows\": 1, \"start\": \"2024-01-07\", \"n_windows\": 1, "
      "\"warmup_d\": 1, \"workload_d\": 3, \"chain_limit_min\": 60, \"chain_length\": 2}}";
  aus_err err;
  stand s;

  (void)state;
  check_ok(load(&s, text, NULL, NULL, &err), &err);
  assert_int_equal(s.load.stages, 3);
  assert_int_equal(s.load.n_stages, 2);
  stand_fini(&s);
}

static void wrong_lists(void **state)
{
  static const struct {
    const char *study, *list, *want;
  } cases[] = {
      {"match", "[\"ladder\", \"train\"]",
       "study.json:1:41: stage \"train\" comes before \"ladder\""},
      {"match", "[\"range\", \"range\"]",
       "study.json:1:40: stage \"range\" comes before \"range\""},
      {"match", "[\"lader\"]", "study.json:1:31: study match has no stage \"lader\""},
      {"match", "[[\"train\"]]", "study.json:1:31: stages: need the name of a stage"},
      {"match", "[]", "study.json:1:30: stages must be a list of 1 to 6 stage names"},
      {"match", "{\"train\": 1}", "study.json:1:30: stages must be a list of 1 to 6 stage names"},
      {"match", "[\"train\", \"train\", \"train\", \"train\", \"train\", \"train\", \"train\"]",
       "study.json:1:30: stages must be a list of 1 to 6 stage names"},
      {"gpuqueue", "[\"train\"]",
       "study.json:1:34: stage 1 of study gpuqueue is \"import\", not \"train\""},
      {"gpuqueue", "[\"import\", \"validate\"]",
       "study.json:1:44: stage 2 of study gpuqueue is \"generate\", not \"validate\""},
  };
  char text[300];
  aus_err err;
  stand s;
  size_t i;
  int k, n;

  (void)state;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    snprintf(text, sizeof text, "{\"study\": \"%s\", \"stages\": %s}", cases[i].study,
             cases[i].list);
    aus_err_clear(&err);
    assert_int_equal(load(&s, text, NULL, NULL, &err), AUS_ECONFIG);
    for (k = 0, n = 0; k < aus_cfg_n_problems(s.load.conf); k++) {
      const char *said = aus_cfg_problem_text(s.load.conf, k);

      if (!strstr(said, "stage")) continue;
      n++;
      assert_string_equal(said, cases[i].want);
    }
    assert_int_equal(n, 1);
    stand_fini(&s);
  }
}

/* ---- verbs ---- */

static void stages_of_verbs(void **state)
{
  static const aus_study_verb train = {.area = "match", .stage = "train"},
                              ladder = {
                                  .area = "match", .stage = "ladder", .stage_key = "experiment"};
  static const char bare[] = "{\"source\": \"made-up\", \"packages\": 2, \"features\": 4, "
                             "\"jobs\": 40, \"n_clusters\": 5, "
                             "\"experiment\": \"lammps\"}";
  static const char study[] = "{\"study\": \"match\", \"stages\": [\"spackbuild\"], " MATCH "}";
  static const struct {
    const char *text;
    const aus_study_verb *verb;
    const char *set;
    uint32_t stages;
  } cases[] = {
      {study, &train, NULL, TRAIN},
      {study, &ladder, NULL, LADDER},
      {study, &ladder, "experiment=single", SINGLE},
      {study, &ladder, "match.experiment=range", RANGE},
      {bare, &ladder, NULL, LAMMPS},
      {bare, &ladder, "experiment=spackbuild", SPACKBUILD},
      {bare, &train, "experiment=range", TRAIN},
      {NULL, &ladder, "source=made-up", LADDER},
  };
  aus_err err;
  stand s;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    check_ok(load(&s, cases[i].text, cases[i].verb, cases[i].set, &err), &err);
    assert_int_equal(s.load.stages, cases[i].stages);
    assert_int_equal(s.load.n_stages, 1);
    stand_fini(&s);
  }
  aus_err_clear(&err);
  assert_int_equal(load(&s, study, &ladder, "experiment=climb", &err), AUS_ECONFIG);
  assert_non_null(strstr(aus_cfg_problem_text(s.load.conf, 0), "experiment is climb, need one of"));
  stand_fini(&s);
}

/* ---- memory ---- */

static void no_memory(void **state)
{
  static const char text[] = "{\"study\": \"match\", \"stages\": [\"single\", \"range\"], "
                             "\"match\": {\"source\": \"made-up\", "
                             "\"packages\": 1, \"features\": 2, \"jobs\": 5, \"n_clusters\": 2}}";
  int64_t live;
  char digest[65];
  aus_err err;
  stand s;
  int rc, n = 0;
  bool failed = true;

  (void)state;
  check_ok(load(&s, text, NULL, NULL, &err), &err);
  memcpy(digest, s.load.digest, sizeof digest);
  stand_fini(&s);
  live = aus_alloc_live();
  for (; failed; n++) {
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    rc = load(&s, text, NULL, NULL, &err);
    failed = aus_alloc_failed();
    /* a key that is not remembered is missing among the suggestions, no more */
    if (rc == AUS_OK)
      assert_string_equal(s.load.digest, digest);
    else
      assert_int_equal(rc, AUS_ENOMEM);
    stand_fini(&s);
    assert_int_equal(aus_alloc_live(), live);
  }
  aus_alloc_fail_at(-1);
  assert_true(n > 500);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_stages),  cmocka_unit_test(only_the_first_ones),
      cmocka_unit_test(wrong_lists), cmocka_unit_test(stages_of_verbs),
      cmocka_unit_test(no_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
