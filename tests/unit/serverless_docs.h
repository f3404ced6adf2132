/* serverless_docs.h - a small serverless system as six documents in memory, and edits of them.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One node with two arm cores, a local disk and a remote one; functions f and g; applications solo (f)
 * and pair (f, then g). All sizes are chosen so that times come out as short decimals.
 */
#ifndef AUS_TESTS_UNIT_SERVERLESS_DOCS_H
#define AUS_TESTS_UNIT_SERVERLESS_DOCS_H

#include "unit/check.h"

#include "scenario.h"

enum { DOC_PLATFORMS, DOC_STORAGES, DOC_QOS, DOC_APPS, DOC_TASKS, DOC_INFRA, N_DOCS };

static const char *const doc_name[N_DOCS] = {"platforms.json", "storages.json", "qos.json",
                                             "apps.json",      "tasks.json",    "infra.json"};

/* clang-format off */
static const char *const doc_text[N_DOCS] = {
  "{\"arm\": {\"shortName\": \"arm\", \"name\": \"Arm core\", \"hardware\": \"cpu\", \"price\": 40, \"idleEnergy\": 0.36}}",

  "{\"sd\": {\"name\": \"SD card\", \"hardware\": \"flash\", \"remote\": false, \"price\": 9, \"idleEnergy\": 0, \"capacity\": 32,\n"
  "  \"iops\": {\"read\": 1, \"write\": 1}, \"throughput\": {\"read\": 100, \"write\": 50}, \"latency\": {\"read\": 0.25, \"write\": 0.5}},\n"
  " \"nas\": {\"name\": \"NAS\", \"hardware\": \"ssd\", \"remote\": true, \"price\": 9, \"idleEnergy\": 0, \"capacity\": 1e6,\n"
  "  \"iops\": {\"read\": 1, \"write\": 1}, \"throughput\": {\"read\": 400, \"write\": 400}, \"latency\": {\"read\": 0.125, \"write\": 0.375}}}",

  "{\"mid\": {\"name\": \"mid\", \"maxDurationDeviation\": 15}, \"low\": {\"name\": \"low\", \"maxDurationDeviation\": 30}}",

  "{\"solo\": {\"name\": \"solo\", \"dag\": {\"f\": []}},\n"
  " \"pair\": {\"name\": \"pair\", \"dag\": {\"f\": [], \"g\": [\"f\"]}}}",

  "{\"f\": {\"name\": \"f\", \"platforms\": [\"arm\"], \"memoryRequirements\": {\"arm\": 1}, \"coldStartDuration\": {\"arm\": 2},\n"
  "  \"executionTime\": {\"arm\": 0.5}, \"energy\": {\"arm\": 0.001}, \"imageSize\": {\"arm\": 0.5},\n"
  "  \"stateSize\": {\"solo\": {\"input\": 209715200, \"output\": 52428800}, \"pair\": {\"input\": 209715200, \"output\": 52428800}}},\n"
  " \"g\": {\"name\": \"g\", \"platforms\": [\"arm\"], \"memoryRequirements\": {\"arm\": 1}, \"coldStartDuration\": {\"arm\": 1},\n"
  "  \"executionTime\": {\"arm\": 0.25}, \"energy\": {\"arm\": 0.002}, \"imageSize\": {\"arm\": 1},\n"
  "  \"stateSize\": {\"pair\": {\"input\": 104857600, \"output\": 26214400}}}}",

  "{\"network\": {\"bandwidth\": 200},\n"
  " \"nodes\": [{\"type\": \"pi\", \"memory\": 8, \"platforms\": [\"arm\", \"arm\"], \"storage\": [\"sd\", \"nas\"]}]}",
};
/* clang-format on */

/* One edit: in document `doc`, replace the first `from` by `to`. */
typedef struct doc_edit {
  int doc;
  const char *from, *to;
} doc_edit;

static inline char *edited(const char *text, const char *from, const char *to)
{
  const char *at = strstr(text, from);
  size_t head, n = strlen(text) + strlen(to) + 1;
  char *out = calloc(n, 1);

  if (!at) fail_msg("no \"%s\" to replace", from);
  assert_non_null(out);
  head = (size_t)(at - text);
  memcpy(out, text, head);
  snprintf(out + head, n - head, "%s%s", to, at + strlen(from));
  return out;
}

/* The documents with edits, which end with {0}; may be NULL. */
static inline int docs_load(scenario *sc, const doc_edit *edit, aus_err *err)
{
  char *text[N_DOCS], *old;
  size_t size[N_DOCS];
  int i, rc;

  *sc = (scenario){0};
  for (i = 0; i < N_DOCS; i++)
    text[i] = edited(doc_text[i], "{", "{");
  for (; edit && edit->from; edit++) {
    old = text[edit->doc];
    text[edit->doc] = edited(old, edit->from, edit->to);
    free(old);
  }
  for (i = 0; i < N_DOCS; i++)
    size[i] = strlen(text[i]);
  rc = scenario_documents(sc, doc_name, text, size, err);
  for (i = 0; i < N_DOCS; i++)
    free(text[i]);
  if (rc != AUS_OK) scenario_fini(sc);
  return rc;
}

#endif
