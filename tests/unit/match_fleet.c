/* match_fleet.c - tests of match/fleet and jobspec: graphs, requests, requirements, reasons, bad input.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "match/fleet.h"

#include "unit/check.h"
#include "util/buf.h"

/* c: 2 nodes of 1 socket with 2 cores; n0 has 1.60.0 of boost, n1 1.70.0 and a gpu of size 2. */
static const char GRAPH[] =
    "{\"graph\": {\"directed\": true, \"nodes\": {"
    "\"0\": {\"metadata\": {\"type\": \"cluster\"}},"
    "\"1\": {\"metadata\": {\"type\": \"node\", \"name\": \"n0\", \"rank\": 0, \"memory_bytes\": "
    "100}},"
    "\"2\": {\"metadata\": {\"type\": \"node\", \"name\": \"n1\", \"rank\": 1, \"memory_bytes\": "
    "\"2000\","
    "        \"properties\": {\"fast\": \"\"}}},"
    "\"3\": {\"metadata\": {\"type\": \"core\", \"size\": 2}},"
    "\"4\": {\"metadata\": {\"type\": \"core\"}}, \"5\": {\"metadata\": {\"type\": \"core\"}},"
    "\"6\": {\"metadata\": {\"type\": \"gpu\", \"size\": 2}}},"
    "\"edges\": ["
    "{\"source\": \"0\", \"target\": \"1\", \"relation\": \"contains\"},"
    "{\"source\": \"1\", \"target\": \"0\", \"relation\": \"in\"},"
    "{\"source\": \"0\", \"target\": \"2\"}, {\"source\": \"1\", \"target\": \"3\"},"
    "{\"source\": \"2\", \"target\": \"4\"}, {\"source\": \"2\", \"target\": \"5\"},"
    "{\"source\": \"2\", \"target\": \"6\"}]}}";

static const char BOOST[] =
    "{\"graph\": {\"nodes\": {"
    "\"boost0\": {\"metadata\": {\"type\": \"boost\"}},"
    "\"boost1\": {\"metadata\": {\"type\": \"boost-version=1.60.0\"}},"
    "\"boost2\": {\"metadata\": {\"type\": \"feature\", \"boost-version\": \"1.70.0\"}}},"
    "\"edges\": [{\"source\": \"boost0\", \"target\": \"boost1\"},"
    "{\"source\": \"1\", \"target\": \"boost1\"}, {\"source\": \"2\", \"target\": \"boost2\"}]}}";

static aus_json *parse(const char *text)
{
  aus_err err = {0};
  aus_json *doc;

  check_ok(aus_json_parse(&doc, "t", text, strlen(text), &err), &err);
  return doc;
}

static int add_graph(aus_match_fleet *f, const char *name, const char *text, aus_err *err)
{
  aus_json *doc = parse(text);
  aus_match_reply reply;
  int rc =
      aus_match_fleet_register(f, name, aus_json_get(aus_json_root(doc), "graph"), &reply, err);

  aus_json_destroy(doc);
  return rc;
}

static int add_subsystem(aus_match_fleet *f, const char *name, const char *text, aus_err *err)
{
  aus_json *doc = parse(text);
  int rc =
      aus_match_fleet_describe(f, name, "boost", aus_json_get(aus_json_root(doc), "graph"), err);

  aus_json_destroy(doc);
  return rc;
}

/* Cluster c of the graph; cluster usual, all of whose nodes have boost 1.65.1 and no hwloc. */
static aus_match_fleet *fleet(void)
{
  aus_err err = {0};
  aus_match_fleet *f;
  aus_match_reply reply;

  check_ok(aus_match_fleet_create(&f, 3, &err), &err);
  check_ok(add_graph(f, "c", GRAPH, &err), &err);
  check_ok(add_subsystem(f, "c", BOOST, &err), &err);
  check_ok(aus_match_fleet_register_usual(f, "usual", &reply, &err), &err);
  check_ok(aus_match_fleet_field(f, 1, "boost", "boost-version", "1.65.1", &err), &err);
  check_ok(aus_match_fleet_field(f, 1, "hwloc", "hwloc-version", "absent", &err), &err);
  return f;
}

/* Clusters that match, as bits. */
static int matches(const aus_match_fleet *f, const char *text)
{
  aus_err err = {0};
  aus_match_job job;
  int64_t set[3], n, i;
  int bits = 0;

  check_ok(aus_match_job_read(&job, "job", text, strlen(text), &err), &err);
  check_ok(aus_match_fleet_satisfy(f, &job, NULL, set, &n, NULL, &err), &err);
  for (i = 0; i < n; i++)
    bits |= 1 << set[i];
  aus_match_job_fini(&job);
  return bits;
}

#define OWN(resource)  "{\"version\": 1, \"resources\": {\"r\": " resource "}}"
#define NODE(requires) OWN("{\"type\": \"node\", \"requires\": [" requires "]}")

static void requests(void **state)
{
  static const struct {
    const char *resource;
    int want;
  } t[] = {
      {OWN("{\"type\": \"node\", \"replicas\": 2}"), 3},
      {OWN("{\"type\": \"node\", \"replicas\": 3}"), 2},
      {OWN("{\"type\": \"node\", \"replicas\": 5}"), 0},
      {OWN("{\"type\": \"core\", \"replicas\": 4}"), 3},
      {OWN("{\"type\": \"core\", \"replicas\": 5}"), 2},
      {OWN("{\"type\": \"core\", \"replicas\": 9}"), 0},
      /* replicas x count: two nodes with two cores each, not three */
      {OWN("{\"type\": \"node\", \"replicas\": 2, \"with\": [{\"type\": \"core\", \"count\": 2}]}"),
       3},
      {OWN("{\"type\": \"node\", \"replicas\": 2, \"with\": [{\"type\": \"core\", \"count\": 3}]}"),
       0},
      {OWN("{\"type\": \"node\", \"with\": [{\"type\": \"gpu\", \"count\": 2}]}"), 1},
      {OWN("{\"type\": \"node\", \"with\": [{\"type\": \"gpu\", \"count\": 3}]}"), 0},
      {OWN("{\"type\": \"node\", \"with\": [{\"type\": \"core\", \"count\": 1}, {\"type\": "
           "\"core\", "
           "\"count\": 2}]}"),
       0},
      {OWN("{\"type\": \"rack\", \"with\": [{\"type\": \"node\", \"count\": 4}]}"), 2},
      {OWN("{\"type\": \"tape\"}"), 0},
  };
  aus_match_fleet *f = fleet();
  size_t i;

  (void)state;
  for (i = 0; i < sizeof t / sizeof *t; i++)
    if (matches(f, t[i].resource) != t[i].want)
      fail_msg("%s: %d", t[i].resource, matches(f, t[i].resource));
  aus_match_fleet_destroy(f);
}

static void requirements(void **state)
{
#define BOOST_IS "{\"name\": \"boost\", \"field\": \"boost-version\", "
  static const struct {
    const char *job;
    int want;
  } t[] = {
      {NODE(BOOST_IS "\"match\": \"1.60.0\"}"), 1},
      {NODE(BOOST_IS "\"match\": \"1.65.1\"}"), 2},
      {NODE(BOOST_IS "\"match\": \"1.6\"}"), 0},
      {NODE(BOOST_IS "\"in\": [\"1.65.1\", \"1.70.0\"]}"), 3},
      {NODE(BOOST_IS "\"min\": \"1.65.1\", \"max\": \"1.65.1\"}"), 2},
      {NODE(BOOST_IS "\"min\": \"1.66\"}"), 1},
      {NODE(BOOST_IS "\"max\": \"1.66\"}"), 3},
      {NODE(BOOST_IS "\"max\": \"1.5\"}"), 0},
      {NODE(BOOST_IS "\"not\": \"1.65.1\"}"), 1},
      {NODE(BOOST_IS "\"exists\": true}"), 3},
      {NODE("{\"name\": \"hwloc\", \"field\": \"hwloc-version\", \"exists\": true}"), 0},
      {NODE("{\"name\": \"hwloc\", \"field\": \"hwloc-version\", \"match\": \"absent\"}"), 2},
      {NODE("{\"name\": \"hwloc\", \"field\": \"hwloc-version\", \"max\": \"9\"}"), 0},
      {NODE("{\"name\": \"mpi\", \"field\": \"boost-version\", \"exists\": true}"), 0},
      {NODE("{\"field\": \"boost-version\", \"exists\": true}"), 3},
      /* numbers, not versions */
      {NODE("{\"name\": \"memory\", \"field\": \"memory_bytes\", \"min\": \"999\", \"as\": "
            "\"number\"}"),
       1},
      {NODE("{\"field\": \"memory_bytes\", \"min\": \"2001\", \"as\": \"number\"}"), 0},
      {NODE("{\"field\": \"memory_bytes\", \"min\": 2000, \"max\": 2e3, \"as\": \"number\"}"), 1},
      {NODE("{\"field\": \"memory_bytes\", \"min\": 2000.5, \"as\": \"number\"}"), 0},
      /* all on the same vertex, in any order */
      {NODE(BOOST_IS "\"match\": \"1.60.0\"}, {\"field\": \"memory_bytes\", \"match\": \"100\"}"),
       1},
      {NODE("{\"field\": \"memory_bytes\", \"match\": \"100\"}, " BOOST_IS
            "\"match\": \"1.60.0\"}"),
       1},
      {NODE(BOOST_IS "\"match\": \"1.60.0\"}, {\"field\": \"memory_bytes\", \"match\": \"2000\"}"),
       0},
      {NODE("{\"any\": [" BOOST_IS
            "\"match\": \"1.65.1\"}, {\"field\": \"memory_bytes\", \"match\": "
            "\"100\"}]}"),
       3},
      {NODE(BOOST_IS "\"match\": \"9\", \"prefer\": true}"), 3},
      /* two nodes: both must meet it */
      {OWN("{\"type\": \"node\", \"replicas\": 2, \"requires\": [" BOOST_IS "\"exists\": true}]}"),
       3},
      {OWN("{\"type\": \"node\", \"replicas\": 2, \"requires\": [" BOOST_IS
           "\"match\": \"1.60.0\"}]}"),
       0},
      /* above the slot */
      {OWN("{\"type\": \"node\", \"requires\": [" BOOST_IS "\"match\": \"1.60.0\"}], \"with\": "
           "[{\"type\": \"slot\", \"count\": 1, \"with\": [{\"type\": \"gpu\"}]}]}"),
       0},
      {OWN("{\"type\": \"node\", \"requires\": [" BOOST_IS "\"match\": \"1.70.0\"}], \"with\": "
           "[{\"type\": \"slot\", \"count\": 2, \"with\": [{\"type\": \"gpu\"}]}]}"),
       1},
  };
  aus_match_fleet *f = fleet();
  size_t i;

  (void)state;
  for (i = 0; i < sizeof t / sizeof *t; i++)
    if (matches(f, t[i].job) != t[i].want) fail_msg("%s: %d", t[i].job, matches(f, t[i].job));
  aus_match_fleet_destroy(f);
}

#define FLUX(count, constraint)                                                                  \
  "{\"version\": 1, \"resources\": [{\"type\": \"node\", \"count\": " count                      \
  ", \"with\": [{\"type\": \"slot\", \"label\": \"task\", \"count\": 2, \"with\": [{\"type\": "  \
  "\"core\", \"count\": 1}]}]}], \"tasks\": [{\"command\": [\"hostname\"], \"slot\": \"task\", " \
  "\"count\": {\"per_slot\": 1}}], \"attributes\": {\"system\": {\"duration\": 3600" constraint  \
  "}}}"
#define CONSTRAINT(x) ", \"constraints\": " x

static void flux(void **state)
{
  static const struct {
    const char *job;
    int want;
  } t[] = {
      {FLUX("2", ""), 3},
      {FLUX("3", ""), 2},
      {FLUX("{\"min\": 2, \"max\": 9}", ""), 3},
      {FLUX("1", CONSTRAINT("{\"properties\": [\"fast\"]}")), 1},
      {FLUX("2", CONSTRAINT("{\"properties\": [\"fast\"]}")), 0},
      {FLUX("1", CONSTRAINT("{\"properties\": [\"^fast\"]}")), 3},
      {FLUX("1", CONSTRAINT("{\"properties\": [\"fast\", \"^fast\"]}")), 0},
      {FLUX("1", CONSTRAINT("{\"hostlist\": [\"n0\", \"n7\"]}")), 1},
      {FLUX("2", CONSTRAINT("{\"hostlist\": [\"n[0-1,5]\"]}")), 1},
      {FLUX("1", CONSTRAINT("{\"hostlist\": [\"n[2-9]\"]}")), 0},
      {FLUX("1", CONSTRAINT("{\"not\": [{\"properties\": [\"fast\"]}]}")), 3},
      {FLUX("1", CONSTRAINT("{\"and\": [{\"hostlist\": [\"n1\"]}, {\"properties\": [\"fast\"]}]}")),
       1},
      {FLUX("2", CONSTRAINT("{\"or\": [{\"hostlist\": [\"n0\"]}, {\"properties\": [\"fast\"]}]}")),
       1},
      {FLUX("2", CONSTRAINT("{\"hostlist\": [\"n0,m[1-3]\", \"n[1]\"]}")), 1},
      {FLUX("1", CONSTRAINT("{\"hostlist\": [\"n[00-01]\"]}")), 0},
      {FLUX("1", CONSTRAINT("{\"ranks\": [\"1\"]}")), 1},
      {FLUX("2", CONSTRAINT("{\"ranks\": [\"0-1\"]}")), 1},
      {FLUX("2", CONSTRAINT("{\"ranks\": [\"0\", \"[1,3]\"]}")), 1},
      {FLUX("1", CONSTRAINT("{\"ranks\": [\"2-9\"]}")), 0},
      {FLUX("1", CONSTRAINT("{\"not\": [{\"ranks\": [\"0-9\"]}]}")), 2},
      /* of nothing: and, or and properties hold everywhere, not, hostlist and ranks nowhere */
      {FLUX("1", CONSTRAINT("{\"and\": []}")), 3},
      {FLUX("1", CONSTRAINT("{\"or\": []}")), 3},
      {FLUX("1", CONSTRAINT("{\"properties\": []}")), 3},
      {FLUX("1", CONSTRAINT("{\"not\": []}")), 0},
      {FLUX("1", CONSTRAINT("{\"hostlist\": []}")), 0},
      {FLUX("1", CONSTRAINT("{\"hostlist\": [\"\"]}")), 0},
      {FLUX("1", CONSTRAINT("{\"ranks\": []}")), 0},
      {FLUX("1", CONSTRAINT("{\"not\": [{\"hostlist\": []}]}")), 3},
      {FLUX("1", CONSTRAINT("{\"not\": [{\"properties\": [\"fast\", \"slow\"]}]}")), 3},
      /* ranges and sets of counts: the smallest is enough */
      {FLUX("\"2-9\"", ""), 3},
      {FLUX("\"4,9,16\"", ""), 2},
      {FLUX("{\"min\": 3}", ""), 2},
  };
  aus_match_fleet *f = fleet();
  aus_err err = {0};
  aus_match_job job;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof t / sizeof *t; i++)
    if (matches(f, t[i].job) != t[i].want) fail_msg("%s: %d", t[i].job, matches(f, t[i].job));
  check_ok(aus_match_job_read(&job, "job", FLUX("2", ""), strlen(FLUX("2", "")), &err), &err);
  assert_true(job.duration_s == 3600);
  assert_int_equal(job.n_nodes, 2);
  assert_string_equal(job.name, "");
  aus_match_job_fini(&job);
  aus_match_fleet_destroy(f);
}

static void preferences(void **state)
{
  static const char text[] =
      NODE(BOOST_IS "\"match\": \"1.65.1\", \"prefer\": true, \"weight\": 2.5}, "
                    "{\"field\": \"memory_bytes\", \"exists\": true, \"prefer\": true}");
  aus_match_fleet *f = fleet();
  aus_err err = {0};
  aus_match_job job;
  int64_t set[3], n;
  double weight[3];

  (void)state;
  check_ok(aus_match_job_read(&job, "job", text, strlen(text), &err), &err);
  check_ok(aus_match_fleet_satisfy(f, &job, NULL, set, &n, weight, &err), &err);
  assert_int_equal(n, 2);
  assert_true(weight[0] == 1.0 && weight[1] == 2.5);
  aus_match_job_fini(&job);
  aus_match_fleet_destroy(f);
}

static aus_match_why why(const aus_match_fleet *f, const char *text)
{
  aus_err err = {0};
  aus_match_job job;
  aus_match_why w;

  check_ok(aus_match_job_read(&job, "job", text, strlen(text), &err), &err);
  check_ok(aus_match_explain(f, &job, &w, &err), &err);
  aus_match_job_fini(&job);
  return w;
}

static void reasons(void **state)
{
  aus_match_fleet *f = fleet();
  aus_match_why w;

  (void)state;
  w = why(f, NODE(BOOST_IS
                  "\"exists\": true}, {\"field\": \"memory_bytes\", \"match\": \"100\"}, " BOOST_IS
                  "\"match\": \"1.70.0\"}"));
  assert_int_equal(w.resources, 2);
  assert_int_equal(w.alone[0], 2);
  assert_int_equal(w.alone[1], 1);
  assert_int_equal(w.left[1], 1);
  assert_int_equal(w.left[2], 0);
  assert_int_equal(w.n_removed, 1);
  assert_int_equal(w.removed[0], 1);
  assert_int_equal(w.without, 1);
  assert_int_equal(w.replaced, 1);
  assert_string_equal(w.instead, "2000");
  assert_int_equal(w.with_it, 1);
  aus_match_why_fini(&w);
  /* two have to go */
  w = why(f, NODE("{\"field\": \"a\", \"match\": \"1\"}, " BOOST_IS
                  "\"exists\": true}, {\"field\": \"b\", \"match\": \"1\"}"));
  assert_int_equal(w.n_removed, 2);
  assert_int_equal(w.removed[0], 0);
  assert_int_equal(w.removed[1], 2);
  assert_int_equal(w.without, 2);
  assert_int_equal(w.replaced, -1);
  aus_match_why_fini(&w);
  /* resources are the reason */
  w = why(f, OWN("{\"type\": \"node\", \"replicas\": 9}"));
  assert_int_equal(w.resources, 0);
  assert_int_equal(w.n_removed, 0);
  aus_match_why_fini(&w);
  aus_match_fleet_destroy(f);
}

/* A job of n requirements "fK is v", the first `n_bad` of them and the last one met by nobody. */
static void write_many(int n, int n_bad, aus_buf *b)
{
  int i;

  aus_buf_clear(b);
  aus_buf_text(b, "{\"version\": 1, \"resources\": {\"r\": {\"type\": \"node\", \"requires\": [");
  for (i = 0; i < n; i++)
    aus_buf_printf(b, "%s{\"field\": \"f%d\", \"match\": \"%s\"}", i ? ", " : "", i,
                   i < n_bad || i == n - 1 ? "new" : "v");
  aus_buf_text(b, "]}}}");
}

/* More of them than a word has bits. */
static void many_requirements(void **state)
{
  enum { MANY = 119 };
  aus_match_fleet *f;
  aus_match_reply reply;
  aus_match_job job;
  aus_match_why w;
  aus_err err = {0};
  aus_buf b;
  char name[16];
  int i;

  (void)state;
  aus_buf_init(&b);
  check_ok(aus_match_fleet_create(&f, 2, &err), &err);
  check_ok(aus_match_fleet_register_usual(f, "u", &reply, &err), &err);
  check_ok(aus_match_fleet_register_usual(f, "w", &reply, &err), &err);
  for (i = 0; i < MANY; i++) {
    snprintf(name, sizeof name, "f%d", i);
    check_ok(aus_match_fleet_field(f, 0, "", name, "v", &err), &err);
    check_ok(aus_match_fleet_field(f, 1, "", name, i == 70 ? "absent" : "v", &err), &err);
  }
  write_many(MANY, 0, &b);
  assert_int_equal(matches(f, b.data), 0);
  w = why(f, b.data);
  assert_int_equal(w.left[69], 2);
  assert_int_equal(w.left[70], 1);
  assert_int_equal(w.left[MANY - 1], 0);
  assert_int_equal(w.alone[MANY - 1], 0);
  assert_int_equal(w.n_removed, 1);
  assert_int_equal(w.removed[0], MANY - 1);
  assert_int_equal(w.without, 1);
  assert_int_equal(w.replaced, MANY - 1);
  assert_string_equal(w.instead, "v");
  aus_match_why_fini(&w);
  write_many(MANY, 1, &b);
  w = why(f, b.data);
  assert_int_equal(w.n_removed, 2);
  assert_int_equal(w.removed[0], 0);
  assert_int_equal(w.removed[1], MANY - 1);
  assert_int_equal(w.replaced, -1);
  aus_match_why_fini(&w);
  write_many(MANY, 2, &b); /* three would have to go */
  w = why(f, b.data);
  assert_int_equal(w.n_removed, 0);
  aus_match_why_fini(&w);
  /* that a feature is absent is no version to ask for */
  w = why(f,
          NODE("{\"field\": \"f70\", \"match\": \"new\"}, {\"field\": \"f0\", \"match\": \"w\"}"));
  assert_int_equal(w.n_removed, 2);
  aus_match_why_fini(&w);
  check_ok(aus_match_fleet_remove(f, "u", &err), &err);
  w = why(f, NODE("{\"field\": \"f70\", \"match\": \"v\"}"));
  assert_int_equal(w.n_removed, 1);
  assert_int_equal(w.replaced, -1);
  aus_match_why_fini(&w);
  /* there is an end to it */
  write_many(AUS_MATCH_MAX_REQUIRES + 1, 0, &b);
  check_fails(aus_match_job_read(&job, "job", b.data, (size_t)b.n, &err), AUS_EFORMAT,
              "job: resources.r: requires[1000]: more than 1000 requirements", &err);
  aus_match_fleet_destroy(f);
  aus_buf_fini(&b);
}

static void many_resources(void **state)
{
  aus_match_job job;
  aus_err err = {0};
  aus_buf b;
  int i;

  (void)state;
  aus_buf_init(&b);
  aus_buf_text(&b, "{\"version\": 1, \"resources\": [{\"type\": \"node\"}");
  for (i = 0; i < AUS_MATCH_MAX_REQUESTS; i++)
    aus_buf_text(&b, ", {\"type\": \"node\"}");
  aus_buf_text(&b, "]}");
  check_fails(aus_match_job_read(&job, "job", b.data, (size_t)b.n, &err), AUS_EFORMAT,
              "job: resources[10000]: more than 10000 resources", &err);
  aus_buf_fini(&b);
}

static void life_cycle(void **state)
{
  static const char job[] = NODE(BOOST_IS "\"exists\": true}");
  aus_match_fleet *f = fleet();
  aus_match_state *s = aus_match_fleet_state(f);
  aus_match_reply reply;
  aus_err err = {0};

  (void)state;
  assert_int_equal(aus_match_fleet_count(f), 2);
  assert_string_equal(aus_match_fleet_name(f, 1), "usual");
  /* new, exists (whatever the graph is; nothing changes), error */
  check_ok(aus_match_fleet_register(f, "c", NULL, &reply, &err), &err);
  assert_int_equal(reply, AUS_MATCH_REPLY_EXISTS);
  check_ok(aus_match_fleet_register_usual(f, "c", &reply, &err), &err);
  assert_int_equal(reply, AUS_MATCH_REPLY_EXISTS);
  assert_int_equal(matches(f, job), 3);
  check_fails(aus_match_fleet_register(f, "d", NULL, &reply, &err), AUS_EFORMAT,
              "cluster \"d\": no \"nodes\"", &err);
  assert_int_equal(aus_match_fleet_present(f), 2);
  check_fails(add_subsystem(f, "c", BOOST, &err), AUS_EFORMAT,
              "subsystem \"boost\" of cluster \"c\" is registered already", &err);
  check_fails(add_subsystem(f, "d", BOOST, &err), AUS_EFORMAT, "no cluster \"d\"", &err);
  check_ok(aus_match_fleet_undescribe(f, "c", "boost", &err), &err);
  assert_int_equal(matches(f, job), 2);
  check_fails(aus_match_fleet_undescribe(f, "c", "boost", &err), AUS_EFORMAT,
              "no subsystem \"boost\" of cluster \"c\"", &err);
  check_ok(add_subsystem(f, "c", BOOST, &err), &err);
  assert_int_equal(matches(f, job), 3);
  check_ok(aus_match_state_set(s, 0, "cost", 3, NULL, &err), &err);
  check_ok(aus_match_state_set(s, 1, "cost", 4, NULL, &err), &err);
  check_ok(aus_match_fleet_remove(f, "c", &err), &err);
  assert_int_equal(matches(f, job), 2);
  assert_int_equal(aus_match_fleet_present(f), 1);
  assert_int_equal(aus_match_state_get(s, 0, "cost").kind, AUS_MATCH_NONE);
  assert_true(aus_match_state_get(s, 1, "cost").x == 4);
  check_fails(aus_match_fleet_remove(f, "c", &err), AUS_EFORMAT, "no cluster \"c\"", &err);
  check_ok(add_graph(f, "c", GRAPH, &err), &err);
  assert_int_equal(aus_match_fleet_find(f, "c"), 0);
  check_ok(aus_match_fleet_register_usual(f, "third", &reply, &err), &err);
  assert_int_equal(reply, AUS_MATCH_REPLY_NEW);
  /* more than there was room for */
  check_ok(aus_match_fleet_register_usual(f, "fourth", &reply, &err), &err);
  assert_int_equal(aus_match_fleet_find(f, "fourth"), 3);
  assert_int_equal(aus_match_fleet_present(f), 4);
  assert_true(aus_match_state_get(s, 1, "cost").x == 4);
  assert_int_equal(aus_match_state_get(s, 3, "cost").kind, AUS_MATCH_NONE);
  aus_match_fleet_destroy(f);
}

#define V(id, type)     "\"" id "\": {\"metadata\": {\"type\": \"" type "\"}}"
#define E(a, b)         "{\"source\": \"" a "\", \"target\": \"" b "\"}"
#define G(nodes, edges) "{\"graph\": {\"nodes\": {" nodes "}, \"edges\": [" edges "]}}"

/* n vertices, each in the one before. */
static int add_chain(aus_match_fleet *f, int n, aus_err *err)
{
  aus_buf b;
  int i, rc;

  aus_buf_init(&b);
  aus_buf_text(&b, "{\"graph\": {\"nodes\": {");
  for (i = 0; i < n; i++)
    aus_buf_printf(&b, "%s\"%d\": {\"metadata\": {\"type\": \"a\"}}", i ? "," : "", i);
  aus_buf_text(&b, "}, \"edges\": [");
  for (i = 1; i < n; i++)
    aus_buf_printf(&b, "%s{\"source\": \"%d\", \"target\": \"%d\"}", i > 1 ? "," : "", i - 1, i);
  aus_buf_text(&b, "]}}");
  rc = add_graph(f, "chain", b.data, err);
  aus_buf_fini(&b);
  return rc;
}

static void bad_graphs(void **state)
{
  static const struct {
    const char *graph, *message;
  } bad[] = {
      {G("", ""), "cluster \"x\": no \"nodes\""},
      {G("\"0\": {}", ""), "cluster \"x\": vertex \"0\" has no type"},
      {G(V("0", "a"), E("0", "1")), "cluster \"x\": edge 0: no vertex \"1\""},
      {G(V("0", "a"), E("7", "0")), "cluster \"x\": edge 0: no vertex \"7\""},
      {G(V("0", "a"), "{\"source\": \"0\"}"), "cluster \"x\": edge 0 has no source or target"},
      {G(V("0", "a") "," V("1", "b"), ""), "cluster \"x\": 2 roots, expected 1"},
      {G(V("0", "a") "," V("1", "b"), E("0", "1") "," E("1", "0")),
       "cluster \"x\": vertex \"0\" lies on a cycle"},
      {G(V("0", "a"), E("0", "0")), "cluster \"x\": vertex \"0\" lies on a cycle"},
      {G(V("0", "a") "," V("1", "b") "," V("2", "b"), E("1", "2") "," E("2", "1")),
       "cluster \"x\": vertex \"1\" lies on a cycle"},
      {G(V("0", "a") "," V("1", "b"), E("0", "1") "," E("0", "1")),
       "cluster \"x\": edge 1: vertex \"1\" has two parents"},
      {G(V("0", "a"), "{\"source\": \"0\", \"target\": \"0\", \"relation\": \"eats\"}"),
       "cluster \"x\": edge 0: relation is \"eats\", expected contains or in"},
      {G("\"0\": {\"metadata\": {\"type\": \"a\", \"size\": -1}}", ""),
       "cluster \"x\": vertex \"0\": size is no number from 0 on"},
  };
  aus_err err = {0};
  aus_match_fleet *f;
  size_t i;

  (void)state;
  check_ok(aus_match_fleet_create(&f, 1, &err), &err);
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    aus_err_clear(&err);
    assert_int_equal(add_graph(f, "x", bad[i].graph, &err), AUS_EFORMAT);
    assert_string_equal(err.text, bad[i].message);
    assert_int_equal(aus_match_fleet_find(f, "x"), -1);
  }
  check_fails(add_chain(f, 1001, &err), AUS_EFORMAT,
              "cluster \"chain\": vertex \"1000\" has 1000 levels above it or more", &err);
  check_ok(add_chain(f, 1000, &err), &err);
  check_ok(add_graph(f, "x", G(V("0", "a"), ""), &err), &err);
  check_fails(aus_match_fleet_describe(f, "x", "", NULL, &err), AUS_EFORMAT,
              "a subsystem of cluster \"x\" has no name", &err);
  check_fails(add_subsystem(f, "x", G(V("s", "a"), E("9", "s")), &err), AUS_EFORMAT,
              "subsystem \"boost\" of cluster \"x\": edge 0: no vertex \"9\"", &err);
  check_fails(add_subsystem(f, "x", G(V("s", "a"), E("0", "t")), &err), AUS_EFORMAT,
              "edge 0: no vertex \"t\"", &err);
  aus_match_fleet_destroy(f);
}

static void bad_jobs(void **state)
{
  static const struct {
    const char *job, *message;
  } bad[] = {
      {"[]", "job: the job is no object"},
      {"{}", "job: \"version\" is not 1"},
      {"{\"version\": 1}", "job: no \"resources\""},
      {"{\"version\": 1, \"resources\": {}}", "job: no \"resources\""},
      {"{\"version\": 1, \"resources\": []}", "job: no \"resources\""},
      {OWN("{\"count\": 1}"), "job: resources.r: a resource has no \"type\""},
      {OWN("{\"type\": \"node\", \"replicas\": 0}"),
       "job: resources.r: \"replicas\" is not a whole number from 1 to 1e+09"},
      {OWN("{\"type\": \"slot\"}"), "job: resources.r: a slot of nothing"},
      {NODE("{\"field\": \"a\"}"),
       "job: resources.r: requires[0]: none of match, min, max, in, not, exists, any"},
      {NODE("{\"match\": \"a\"}"), "job: resources.r: requires[0]: no \"field\""},
      {NODE("{\"field\": \"a\", \"match\": \"a\", \"min\": \"1\"}"),
       "job: resources.r: requires[0]: \"min\" beside \"match\""},
      {NODE("{\"field\": \"a\", \"match\": 1}"),
       "job: resources.r: requires[0]: \"match\" is no text"},
      {NODE("{\"field\": \"a\", \"min\": \"1.10\", \"max\": \"1.9\"}"),
       "job: resources.r: requires[0]: range 1.10..1.9 is the wrong way round"},
      {NODE("{\"field\": \"a\", \"min\": \"x\", \"as\": \"number\"}"),
       "job: resources.r: requires[0]: an end of the range is no number"},
      {NODE("{\"field\": \"a\", \"min\": \"1\", \"as\": \"date\"}"),
       "job: resources.r: requires[0]: \"as\" is \"date\", expected \"number\""},
      {NODE("{\"any\": []}"), "job: resources.r: requires[0]: \"any\" is no list"},
      {FLUX("1", CONSTRAINT("{\"xor\": []}")), "job: constraints: no operator \"xor\""},
      {FLUX("1", CONSTRAINT("{}")), "job: constraints: expected one operator"},
      {FLUX("1", CONSTRAINT("{\"properties\": [1]}")),
       "job: constraints: a property, host or rank is no text"},
      {FLUX("1", CONSTRAINT("{\"properties\": [\"^\"]}")),
       "job: constraints: \"^\" is no property"},
      {FLUX("1", CONSTRAINT("{\"properties\": [\"^^a\"]}")),
       "job: constraints: \"^^a\" is no property"},
      {FLUX("1", CONSTRAINT("{\"hostlist\": [\"n[3-1]\"]}")),
       "job: constraints: \"n[3-1]\" is no list of hosts"},
      {FLUX("1", CONSTRAINT("{\"ranks\": [\"3,1\"]}")),
       "job: constraints: \"3,1\" is no set of ids"},
      {FLUX("1", CONSTRAINT("{\"and\": {}}")), "job: constraints: \"and\" is no list"},
      {FLUX("{\"min\": 3, \"max\": 2}", ""),
       "job: resources[0]: \"count\": range 3..2 is the wrong way round"},
      {FLUX("{\"max\": 2}", ""),
       "job: resources[0]: \"count\": range nan..2 is the wrong way round"},
      {FLUX("\"9,4\"", ""), "job: resources[0]: \"9,4\" is no set of ids"},
      {FLUX("1.5", ""), "job: resources[0]: \"count\" is not a whole number from 1 to 1e+09"},
      {"{\"version\": 1, \"resources\": [{\"type\": \"slot\", \"with\": [{\"type\": \"core\"}]}]}",
       "job: a slot has no \"label\""},
      {"{\"version\": 1, \"resources\": [{\"type\": \"slot\", \"label\": \"s\", \"with\": "
       "[{\"type\": "
       "\"core\"}]}], \"tasks\": [{\"slot\": \"t\"}]}",
       "job: tasks[0]: no slot \"t\""},
      {"{\"version\": 1, \"resources\": {\"r\": {\"type\": \"node\"}}, \"tasks\": [{\"resources\": "
       "\"q\"}]}",
       "job: tasks[0]: no resources \"q\""},
      {"{\"version\": 1, \"resources\": [{\"type\": \"node\"}], \"attributes\": {\"system\": "
       "{\"duration\": -1}}}",
       "job: attributes.system.duration is no number from 0 on"},
      {OWN("{\"type\": \"node\", \"replicas\": 100000, \"count\": 100000}"),
       "job: resources.r: \"replicas\" x \"count\" is more than 1e+09"},
      {OWN("{\"type\": \"rack\", \"count\": 1000000000, \"with\": [{\"type\": \"node\", \"count\": "
           "2}]}"),
       "job: more than 1e+09 nodes"},
      {"{\"version\": 1, \"resources\": [{\"type\": \"node\"}], \"attributes\": 5}",
       "job: \"attributes\" is no object"},
      {NODE("{\"field\": \"a\", \"min\": \"1\", \"mx\": \"2\"}"),
       "job: resources.r: requires[0]: unknown key \"mx\""},
      {NODE("{\"field\": \"a\", \"any\": [{\"field\": \"a\", \"min\": 1}]}"),
       "job: resources.r: requires[0]: \"min\" is no text"},
      {NODE("{\"field\": \"a\", \"exists\": false}"),
       "job: resources.r: requires[0]: \"exists\" is not true"},
  };
  aus_err err = {0};
  aus_match_job job;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    aus_err_clear(&err);
    assert_int_equal(aus_match_job_read(&job, "job", bad[i].job, strlen(bad[i].job), &err),
                     AUS_EFORMAT);
    assert_string_equal(err.text, bad[i].message);
  }
  check_fails(aus_match_job_read(&job, "job", "{", 1, &err), AUS_EFORMAT, "job:1:", &err);
}

static int whole(aus_json *graph, aus_json *boost, aus_err *err)
{
  static const char text[] =
      FLUX("1", CONSTRAINT("{\"or\": [{\"properties\": [\"fast\"]}, {\"ranks\": [\"1\"]}]}"));
  static const char own[] = NODE(BOOST_IS "\"in\": [\"1\", \"2\"]}, {\"any\": [{\"field\": \"a\", "
                                          "\"min\": \"1\", \"max\": \"2\"}]}");
  int rc = AUS_OK;
  aus_match_fleet *f = NULL;
  aus_match_reply reply;
  aus_match_job job = {0}, mine = {0};
  aus_match_why w = {0};

  AUS_TRY(aus_match_fleet_create(&f, 1, err)); /* grows */
  AUS_TRY(
      aus_match_fleet_register(f, "c", aus_json_get(aus_json_root(graph), "graph"), &reply, err));
  AUS_TRY(
      aus_match_fleet_describe(f, "c", "boost", aus_json_get(aus_json_root(boost), "graph"), err));
  AUS_TRY(aus_match_fleet_register_usual(f, "u", &reply, err));
  AUS_TRY(aus_match_job_read(&job, "job", text, strlen(text), err));
  AUS_TRY(aus_match_job_read(&mine, "job", own, strlen(own), err));
  AUS_TRY(aus_match_explain(f, &mine, &w, err));
done:
  aus_match_why_fini(&w);
  aus_match_job_fini(&job);
  aus_match_job_fini(&mine);
  aus_match_fleet_destroy(f);
  return rc;
}

static void no_memory(void **state)
{
  aus_err err = {0};
  aus_json *graph = parse(GRAPH), *boost = parse(BOOST);
  int64_t n, live = aus_alloc_live();
  int rc = AUS_ENOMEM;

  (void)state;
  for (n = 0; rc != AUS_OK; n++) {
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    rc = whole(graph, boost, &err);
    assert_true(rc == AUS_OK || rc == AUS_ENOMEM);
    assert_int_equal(aus_alloc_live(), live);
  }
  aus_alloc_fail_at(-1);
  assert_true(n > 100);
  aus_json_destroy(graph);
  aus_json_destroy(boost);
}

/* What the studied system got wrong, by the numbers of the list of its defects; those of selection (1, 2, 3)
 * are in match_select.c. */
static void defects(void **state)
{
  static const struct {
    int number;
    const char *job;
    int want;
  } t[] = {
      /* 4: what a slot needs is used up for the first only; further ones counted as found */
      {4, OWN("{\"type\": \"slot\", \"count\": 4, \"with\": [{\"type\": \"core\", \"count\": 1}]}"),
       3},
      {4, OWN("{\"type\": \"slot\", \"count\": 5, \"with\": [{\"type\": \"core\", \"count\": 1}]}"),
       2},
      {4, OWN("{\"type\": \"slot\", \"count\": 9, \"with\": [{\"type\": \"core\", \"count\": 1}]}"),
       0},
      /* 5: a vertex with several attributes was refused at the first that is not wanted */
      {5,
       NODE("{\"field\": \"properties\", \"match\": \"fast\"}, " BOOST_IS "\"match\": \"1.70.0\"}"),
       1},
      {5, NODE(BOOST_IS "\"match\": \"1.70.0\"}, {\"field\": \"properties\", \"match\": \"fast\"}"),
       1},
      /* 6: requirements above the slot were ignored */
      {6,
       OWN("{\"type\": \"node\", \"requires\": [" BOOST_IS
           "\"match\": \"9\"}], \"with\": [{\"type\": "
           "\"slot\", \"with\": [{\"type\": \"core\"}]}]}"),
       0},
      {6,
       OWN("{\"type\": \"slot\", \"requires\": [" BOOST_IS "\"match\": \"1.65.1\"}], \"with\": "
           "[{\"type\": \"node\"}]}"),
       2},
      /* 7: versions that are no semantic versions never matched a range */
      {7, NODE(BOOST_IS "\"min\": \"1.59p1\", \"max\": \"1.60.0rc1\"}"), 0},
      {7, NODE(BOOST_IS "\"min\": \"1.60.0rc1\", \"max\": \"1.60.0.1\"}"), 1},
      {7, NODE(BOOST_IS "\"max\": \"develop\"}"), 3},
      /* 8: the quick check did not multiply by the count inside */
      {8,
       OWN("{\"type\": \"socket\", \"replicas\": 4, \"with\": [{\"type\": \"core\", \"count\": "
           "2}]}"),
       2},
      {8,
       OWN("{\"type\": \"socket\", \"replicas\": 4, \"with\": [{\"type\": \"core\", \"count\": "
           "3}]}"),
       0},
      {8, OWN("{\"type\": \"node\", \"replicas\": 2, \"count\": 2}"), 2},
      /* 9: requirements were packed into texts split at || */
      {9, NODE("{\"field\": \"note\", \"match\": \"a||b=c\"}"), 2},
      {9, NODE("{\"field\": \"note\", \"match\": \"a\"}"), 0},
      /* 18: a job that needs every node */
      {18,
       OWN("{\"type\": \"node\", \"replicas\": 4, \"requires\": [" BOOST_IS "\"exists\": true}]}"),
       2},
  };
  aus_match_fleet *f = fleet();
  aus_err err = {0};
  size_t i;

  (void)state;
  check_ok(aus_match_fleet_field(f, 1, "", "note", "a||b=c", &err), &err);
  for (i = 0; i < sizeof t / sizeof *t; i++)
    if (matches(f, t[i].job) != t[i].want)
      fail_msg("%d: %s: %d", t[i].number, t[i].job, matches(f, t[i].job));
  aus_match_fleet_destroy(f);
}

/* 10: one schema. The lists of the studied system's documents are no requirement, and no silent one either. */
static void lists_of_documents(void **state)
{
  static const char text[] =
      OWN("{\"type\": \"node\", \"requires\": {\"boost\": {\"match\": []}}}");
  aus_err err = {0};
  aus_match_job job;

  (void)state;
  check_fails(aus_match_job_read(&job, "job", text, strlen(text), &err), AUS_EFORMAT,
              "job: resources.r: \"requires\" is no list", &err);
}

/* A vertex around others of its type is one of them, or they are. */
static void nested_types(void **state)
{
  static const char graph[] =
      G(V("0", "a") "," V("1", "a") "," V("2", "a") "," V("3", "core") "," V("4", "core"),
        E("0", "1") "," E("0", "2") "," E("1", "3") "," E("2", "4"));
  aus_match_fleet *f;
  aus_err err = {0};

  (void)state;
  check_ok(aus_match_fleet_create(&f, 1, &err), &err);
  check_ok(add_graph(f, "x", graph, &err), &err);
#define AROUND(n, cores)                                                                           \
  OWN("{\"type\": \"a\", \"count\": " n ", \"with\": [{\"type\": \"core\", \"count\": " cores "}]" \
      "}")
  assert_int_equal(matches(f, AROUND("1", "2")), 1);
  assert_int_equal(matches(f, AROUND("2", "1")), 1);
  assert_int_equal(matches(f, AROUND("3", "1")), 0);
  aus_match_fleet_destroy(f);
}

/* A vertex with others below it is wanted as a whole; one of size 2 of which a unit is taken is none. */
static void whole_vertices(void **state)
{
  static const char graph[] = "{\"graph\": {\"nodes\": {\"0\": {\"metadata\": {\"type\": \"a\"}},"
                              "\"1\": {\"metadata\": {\"type\": \"socket\", \"size\": 2}},"
                              "\"2\": {\"metadata\": {\"type\": \"core\"}}},"
                              "\"edges\": [{\"source\": \"0\", \"target\": \"1\"}, {\"source\": "
                              "\"1\", \"target\": \"2\"}]}}";
  aus_match_fleet *f;
  aus_err err = {0};

  (void)state;
  check_ok(aus_match_fleet_create(&f, 1, &err), &err);
  check_ok(add_graph(f, "x", graph, &err), &err);
#define UNIT    "{\"type\": \"socket\"}"
#define WHOLE   "{\"type\": \"socket\", \"with\": [{\"type\": \"core\"}]}"
#define LIST(a) "{\"version\": 1, \"resources\": [" a "]}"
  assert_int_equal(matches(f, LIST(WHOLE)), 1);
  assert_int_equal(matches(f, LIST(UNIT "," UNIT)), 1);
  assert_int_equal(matches(f, LIST(UNIT "," WHOLE)), 0);
  assert_int_equal(matches(f, LIST(WHOLE "," UNIT)), 0);
  aus_match_fleet_destroy(f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whole_vertices),     cmocka_unit_test(requests),
      cmocka_unit_test(requirements),       cmocka_unit_test(flux),
      cmocka_unit_test(preferences),        cmocka_unit_test(reasons),
      cmocka_unit_test(many_requirements),  cmocka_unit_test(many_resources),
      cmocka_unit_test(life_cycle),         cmocka_unit_test(defects),
      cmocka_unit_test(lists_of_documents), cmocka_unit_test(nested_types),
      cmocka_unit_test(bad_graphs),         cmocka_unit_test(bad_jobs),
      cmocka_unit_test(no_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
