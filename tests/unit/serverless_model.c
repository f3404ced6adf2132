/* serverless_model.c - reading types, infrastructure and traces: what is in them, what is refused.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/serverless_docs.h"

static aus_err err;

/* ---- good input ---- */

static void types_and_infrastructure(void **state)
{
  scenario sc;
  const aus_serverless_task_type *g;

  (void)state;
  check_ok(docs_load(&sc, NULL, &err), &err);
  assert_int_equal(sc.types.n_platforms, 1);
  assert_string_equal(sc.types.platform[0].long_name, "Arm core");
  assert_true(sc.types.platform[0].idle_kwh_per_h == 0.36);
  assert_int_equal(sc.types.n_storages, 2);
  assert_string_equal(sc.types.storage[0].key, "sd");
  assert_string_equal(sc.types.storage[0].name, "SD card");
  assert_false(sc.types.storage[0].remote);
  assert_true(sc.types.storage[1].remote);
  assert_true(sc.types.storage[1].write_latency_s == 0.375);
  assert_true(sc.types.qos[1].max_duration_deviation == 30);
  assert_int_equal(sc.types.app[1].n_tasks, 2);
  assert_int_equal(sc.types.app[1].pred[sc.types.app[1].pred_begin[1]], 0);
  g = &sc.types.task[aus_serverless_find_task(&sc.types, "g")];
  assert_true(g->cold_s[0] == 1 && g->exec_s[0] == 0.25 && g->max_exec_s == 0.25);
  assert_true(isnan(g->input_bytes[0]));
  assert_true(g->input_bytes[1] == 104857600);
  assert_true(sc.infra.bandwidth_mibps == 200);
  assert_int_equal(sc.infra.n_nodes, 1);
  assert_int_equal(sc.infra.node[0].n_platforms, 2);
  assert_int_equal(aus_serverless_find_app(&sc.types, "pair"), 1);
  assert_int_equal(aus_serverless_find_app(&sc.types, "trio"), -1);
  assert_int_equal(aus_serverless_find_platform(&sc.types, "gpu"), -1);
  scenario_fini(&sc);
}

static void node_without_type(void **state)
{
  static const doc_edit edit[] = {{DOC_INFRA, "\"type\": \"pi\", ", ""}, {0}};
  scenario sc;

  (void)state;
  check_ok(docs_load(&sc, edit, &err), &err);
  assert_string_equal(sc.infra.node[0].type, "node");
  scenario_fini(&sc);
}

/* A number that no integer type holds, as the reference system's files have it. */
static void huge_capacity(void **state)
{
  static const doc_edit edit[] = {
      {DOC_STORAGES, "1e6", "99999999999999999999999999999999999999999999999999"}, {0}};
  scenario sc;

  (void)state;
  check_ok(docs_load(&sc, edit, &err), &err);
  check_near(sc.types.storage[1].capacity_gb, 1e50, 1e-15);
  scenario_fini(&sc);
}

/* Level by level, released tasks in key order of the task that names the predecessor. By hand:
 * level 1 = b, d (no predecessors, key order); b releases c, d releases a and e (e needs c, too). */
static void topological_order(void **state)
{
  static const doc_edit edit[] = {
      {DOC_APPS, "{\"f\": []}",
       "{\"e\": [\"d\", \"c\"], \"a\": [\"d\"], \"b\": [], \"c\": [\"b\"], \"d\": []}"},
      {DOC_APPS, "{\"f\": [], \"g\": [\"f\"]}", "{\"a\": []}"},
      {0}};
  static const char *const want[] = {"b", "d", "c", "a", "e"};
  static const char task[] =
      "\"%s\": {\"name\": \"%s\", \"platforms\": [\"arm\"], \"memoryRequirements\": {\"arm\": 1},"
      "\"coldStartDuration\": {\"arm\": 1}, \"executionTime\": {\"arm\": 1}, \"energy\": {\"arm\": "
      "1},"
      "\"imageSize\": {\"arm\": 1}, \"stateSize\": {\"solo\": {\"input\": 1, \"output\": 1},"
      " \"pair\": {\"input\": 1, \"output\": 1}}}%s";
  char *text[N_DOCS], tasks[4000] = "{", one[600];
  size_t size[N_DOCS];
  scenario sc = {0};
  int i;

  (void)state;
  for (i = 0; i < 5; i++) {
    const char name[2] = {(char)('a' + i), '\0'};

    snprintf(one, sizeof one, task, name, name, i < 4 ? "," : "}");
    strcat(tasks, one);
  }
  for (i = 0; i < N_DOCS; i++)
    text[i] = edited(doc_text[i], "{", "{");
  for (i = 0; i < 2; i++) {
    char *old = text[DOC_APPS];

    text[DOC_APPS] = edited(old, edit[i].from, edit[i].to);
    free(old);
  }
  free(text[DOC_TASKS]);
  text[DOC_TASKS] = edited(tasks, "{", "{");
  for (i = 0; i < N_DOCS; i++)
    size[i] = strlen(text[i]);
  check_ok(scenario_documents(&sc, doc_name, text, size, &err), &err);
  for (i = 0; i < 5; i++) {
    const aus_serverless_app_type *app = &sc.types.app[0];

    assert_string_equal(sc.types.task[app->task[app->topo[i]]].name, want[i]);
  }
  for (i = 0; i < N_DOCS; i++)
    free(text[i]);
  scenario_fini(&sc);
}

/* ---- bad input: the exact message ---- */

static const struct {
  doc_edit edit;
  const char *message;
} bad[] = {
    {{DOC_PLATFORMS, "\"shortName\": \"arm\"", "\"shortName\": \"amr\""},
     "platforms.json:1:23: shortName is \"amr\", need its key \"arm\""},
    {{DOC_PLATFORMS, "\"price\": 40", "\"price\": -1"},
     "platforms.json:1:78: arm.price is -1, need >= 0"},
    {{DOC_STORAGES, "\"capacity\": 32", "\"capacity\": 0"},
     "storages.json:1:107: capacity is 0, need > 0"},
    {{DOC_STORAGES, "\"write\": 50", "\"write\": 0"}, "storages.json:2:73: write is 0, need > 0"},
    {{DOC_STORAGES, "\"remote\": false, ", ""},
     "storages.json:1:8: missing key \"remote\" in \"sd\""},
    {{DOC_STORAGES, "\"price\": 9", "\"prize\": 9"},
     "storages.json:1:8: missing key \"price\" in \"sd\""},
    {{DOC_QOS, "\"maxDurationDeviation\": 15", "\"maxDurationDeviation\": .nan"},
     "qos.json:1:49: mid.maxDurationDeviation is .nan, not finite"},
    {{DOC_QOS, "\"maxDurationDeviation\": 15", "\"maxDurationDeviation\": NaN"},
     "qos.json:1:49: mid.maxDurationDeviation is NaN, not finite"},
    {{DOC_APPS, "{\"f\": []}", "{}"}, "apps.json:1:34: application \"solo\" has no tasks"},
    {{DOC_APPS, "{\"f\": []}", "{\"h\": []}"}, "apps.json:1:40: unknown task type \"h\""},
    {{DOC_APPS, "[\"f\"]", "[\"h\"]"}, "apps.json:2:50: unknown predecessor \"h\""},
    {{DOC_APPS, "{\"f\": [], \"g\": [\"f\"]}", "{\"f\": [\"g\"], \"g\": [\"f\"]}"},
     "apps.json:2:34: the tasks of application \"pair\" wait for each other in a circle"},
    {{DOC_APPS, "\"g\": [\"f\"]", "\"g\": 7"}, "apps.json:2:49: need a list of predecessors"},
    {{DOC_TASKS, "\"platforms\": [\"arm\"]", "\"platforms\": [\"gpu\"]"},
     "tasks.json:1:35: unknown platform type \"gpu\""},
    {{DOC_TASKS, "\"platforms\": [\"arm\"]", "\"platforms\": []"},
     "tasks.json:1:34: no platform type"},
    {{DOC_TASKS, "\"platforms\": [\"arm\"]", "\"platforms\": [\"arm\", \"arm\"]"},
     "tasks.json:1:34: a platform type is listed twice in task type \"f\""},
    {{DOC_TASKS, "\"executionTime\": {\"arm\": 0.5}", "\"executionTime\": {}"},
     "tasks.json:2:20: missing key \"arm\" in \"f.executionTime\""},
    {{DOC_TASKS, "\"executionTime\": {\"arm\": 0.5}", "\"executionTime\": {\"arm\": -0.5}"},
     "tasks.json:2:28: f.executionTime.arm is -0.5, need >= 0"},
    {{DOC_TASKS, "\"stateSize\": {\"pair\"", "\"stateSize\": {\"pear\""},
     "tasks.json:6:16: task type \"g\" has no stateSize for application \"pair\", which uses it"},
    {{DOC_INFRA, "\"bandwidth\": 200", "\"bandwidth\": 0"},
     "infra.json:1:27: bandwidth is 0, need > 0"},
    {{DOC_INFRA, "[\"sd\", \"nas\"]", "[\"sd\"]"},
     "infra.json:2:80: a node needs a remote storage"},
    {{DOC_INFRA, "[\"sd\", \"nas\"]", "[\"nas\"]"},
     "infra.json:2:80: a node needs a storage that is not remote"},
    {{DOC_INFRA, "[\"sd\", \"nas\"]", "[]"}, "infra.json:2:80: a node needs a storage"},
    {{DOC_INFRA, "\"nas\"]", "\"nsa\"]"}, "infra.json:2:87: unknown storage type \"nsa\""},
    {{DOC_INFRA, "[\"arm\", \"arm\"]", "[]"}, "infra.json:2:53: a node needs a platform"},
    {{DOC_INFRA, "[\"arm\", \"arm\"]", "[\"gpu\"]"},
     "infra.json:2:54: unknown platform type \"gpu\""},
    {{DOC_INFRA, "\"memory\": 8", "\"memory\": \"big\""},
     "infra.json:2:37: nodes[0].memory is \"big\", need a number"},
    {{DOC_INFRA, "\"memory\": 8", "\"memory\": .inf"},
     "infra.json:2:37: nodes[0].memory is .inf, not finite"},
    {{DOC_INFRA, "\"memory\": 8", "\"memory\": 8, \"storrage\": 1"},
     "infra.json:2:40: unknown key \"storrage\" in \"nodes[0]\"; did you mean \"storage\"?"},
    {{DOC_INFRA, " \"nodes\": [{\"type\"", " \"nodes\": [], \"more\": [{\"type\""},
     "infra.json:2:11: no nodes (and 1 more)"},
};

static void bad_documents(void **state)
{
  scenario sc;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    const doc_edit edit[] = {bad[i].edit, {0}};

    aus_err_clear(&err);
    if (docs_load(&sc, edit, &err) != AUS_ECONFIG)
      fail_msg("%s -> %s is accepted", bad[i].edit.from, bad[i].edit.to);
    assert_string_equal(err.text, bad[i].message);
  }
}

/* ---- traces ---- */

static const char good_trace[] =
    "{\"rps\": 2, \"duration\": 1, \"events\": [[0.25, \"solo\", \"mid\"],\n"
    " {\"timestamp\": 0.25, \"application\": {\"name\": \"pair\", \"dag\": {}}, \"qos\": "
    "{\"name\": \"low\"}},\n"
    " {\"timestamp\": 1, \"application\": \"solo\", \"qos\": \"low\"}]}";

static void trace_forms(void **state)
{
  scenario sc;
  aus_serverless_trace t;

  (void)state;
  check_ok(docs_load(&sc, NULL, &err), &err);
  check_ok(
      aus_serverless_trace_read(&t, &sc.types, "trace.json", good_trace, strlen(good_trace), &err),
      &err);
  assert_int_equal(t.n, 3);
  assert_true(t.rps == 2 && t.duration_s == 1);
  assert_true(t.t_s[0] == 0.25 && t.t_s[1] == 0.25 && t.t_s[2] == 1);
  assert_int_equal(t.app[1], 1);
  assert_int_equal(t.qos[0], 0);
  assert_int_equal(t.qos[2], 1);
  aus_serverless_trace_fini(&t);
  scenario_fini(&sc);
}

static const struct {
  const char *from, *to, *message;
} bad_trace[] = {
    {"\"timestamp\": 1,", "\"timestamp\": 0.125,",
     "t.json: event 3 (counted from 1): timestamp 0.125 is before 0.25 of the event in front"},
    {"[0.25, \"solo\"", "[-0.25, \"solo\"",
     "t.json: event 1 (counted from 1): timestamp is -0.25, need >= 0"},
    {"\"timestamp\": 1,", "\"timestamp\": 1760000000,",
     "t.json: event 3 (counted from 1): timestamp is 1760000000, need seconds since the start of "
     "the "
     "trace (<= 1e+09)"},
    {"[0.25, \"solo\"", "[\"0.25\", \"solo\"",
     "t.json: event 1 (counted from 1): timestamp is no number"},
    {"\"solo\", \"mid\"", "\"duo\", \"mid\"",
     "t.json: event 1 (counted from 1): unknown application \"duo\""},
    {"\"solo\", \"mid\"", "\"solo\", \"high\"",
     "t.json: event 1 (counted from 1): unknown QoS \"high\""},
    {"{\"name\": \"pair\", \"dag\": {}}", "{}", "t.json: event 2 (counted from 1): no application"},
    {"{\"name\": \"low\"}", "[]", "t.json: event 2 (counted from 1): no QoS"},
    {", \"mid\"]", "]",
     "t.json: event 1 (counted from 1): need an object or [timestamp, application, qos]"},
    {"\"events\"", "\"event\"", "t.json: no list \"events\""},
};

static void bad_traces(void **state)
{
  scenario sc;
  aus_serverless_trace t;
  size_t i;

  (void)state;
  check_ok(docs_load(&sc, NULL, &err), &err);
  for (i = 0; i < sizeof bad_trace / sizeof *bad_trace; i++) {
    char *text = edited(good_trace, bad_trace[i].from, bad_trace[i].to);

    aus_err_clear(&err);
    assert_int_equal(aus_serverless_trace_read(&t, &sc.types, "t.json", text, strlen(text), &err),
                     AUS_EFORMAT);
    assert_string_equal(err.text, bad_trace[i].message);
    assert_null(t.t_s);
    free(text);
  }
  check_fails(aus_serverless_trace_read(&t, &sc.types, "t.json", "{\"events\": []}", 14, &err),
              AUS_EFORMAT, "t.json: no events", &err);
  check_fails(aus_serverless_trace_read(&t, &sc.types, "t.json", "{\"events\": [[NaN]]}", 19, &err),
              AUS_EFORMAT, "t.json:1:", &err);
  check_fails(
      aus_serverless_trace_read(&t, &sc.types, "t.json", "{\"events\": [[1e999]]}", 21, &err),
      AUS_EFORMAT, "t.json:1:", &err);
  scenario_fini(&sc);
}

/* Cut short anywhere: refused, and nothing is left behind. */
static void truncated_trace(void **state)
{
  scenario sc;
  aus_serverless_trace t;
  size_t n;
  int64_t before;

  (void)state;
  check_ok(docs_load(&sc, NULL, &err), &err);
  before = aus_alloc_live();
  for (n = 0; n < strlen(good_trace); n++) {
    aus_err_clear(&err);
    assert_int_equal(aus_serverless_trace_read(&t, &sc.types, "t.json", good_trace, n, &err),
                     AUS_EFORMAT);
    assert_non_null(strstr(err.text, "t.json:"));
  }
  assert_int_equal(aus_alloc_live(), before);
  scenario_fini(&sc);
}

static void truncated_documents(void **state)
{
  scenario sc;
  size_t n, k;
  int64_t before = aus_alloc_live();

  (void)state;
  for (k = 0; k < N_DOCS; k++)
    for (n = 1; n < strlen(doc_text[k]); n += 7) {
      char *head = edited(doc_text[k], "{", "{");
      const doc_edit edit[] = {{(int)k, doc_text[k], head}, {0}};

      head[n] = '\0';
      aus_err_clear(&err);
      assert_int_equal(docs_load(&sc, edit, &err), AUS_ECONFIG);
      assert_non_null(strstr(err.text, doc_name[k]));
      free(head);
    }
  assert_int_equal(aus_alloc_live(), before);
}

static void allocation_failures(void **state)
{
#ifdef NDEBUG
  (void)state;
  skip();
#else
  scenario sc;
  aus_serverless_trace t;
  int64_t n, before = aus_alloc_live();
  int rc = AUS_ENOMEM;

  (void)state;
  for (n = 0; rc != AUS_OK; n++) {
    aus_alloc_fail_at(n);
    aus_err_clear(&err);
    rc = docs_load(&sc, NULL, &err);
    if (rc == AUS_OK)
      rc = aus_serverless_trace_read(&t, &sc.types, "t", good_trace, strlen(good_trace), &err);
    aus_alloc_fail_at(-1);
    if (rc != AUS_OK) {
      assert_int_equal(rc, AUS_ENOMEM);
      scenario_fini(&sc);
      assert_int_equal(aus_alloc_live(), before);
    }
  }
  assert_true(n > 50);
  aus_serverless_trace_fini(&t);
  scenario_fini(&sc);
  assert_int_equal(aus_alloc_live(), before);
#endif
}

static void strategies(void **state)
{
  aus_serverless_policy p = {.keep_alive_s = 30};

  (void)state;
  check_ok(aus_serverless_strategy("hrc_bpff", &p, &err), &err);
  assert_int_equal(p.scaler, AUS_SERVERLESS_HRC);
  assert_int_equal(p.placer, AUS_SERVERLESS_PLACE_BPFF);
  check_ok(aus_serverless_strategy("prokn_prokn", &p, &err), &err);
  assert_int_equal(p.scaler, AUS_SERVERLESS_PROKN);
  assert_true(p.keep_alive_s == 30);
  check_fails(aus_serverless_strategy("prokn_kn", &p, &err), AUS_ECONFIG,
              "strategy \"prokn_kn\" is unknown, need one of kn_kn, ", &err);
  check_fails(aus_serverless_strategy("", &p, &err), AUS_ECONFIG, "hrc_bpff", &err);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(types_and_infrastructure),
      cmocka_unit_test(node_without_type),
      cmocka_unit_test(huge_capacity),
      cmocka_unit_test(topological_order),
      cmocka_unit_test(bad_documents),
      cmocka_unit_test(trace_forms),
      cmocka_unit_test(bad_traces),
      cmocka_unit_test(truncated_trace),
      cmocka_unit_test(truncated_documents),
      cmocka_unit_test(allocation_failures),
      cmocka_unit_test(strategies),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
