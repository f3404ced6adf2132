/* serverless_types.h - types of the example space, by hand: names and what sampling looks at.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_TESTS_UNIT_SERVERLESS_TYPES_H
#define AUS_TESTS_UNIT_SERVERLESS_TYPES_H

#include "serverless/model.h"

typedef struct example_types {
  aus_serverless_platform_type platform[5];
  aus_serverless_storage_type storage[3];
  aus_serverless_qos_type qos[3];
  aus_serverless_task_type task[3];
  aus_serverless_app_type app[3];
  char name[20][12];
  int n_names, dnn[1], aux[2], more[2];
  aus_serverless_types types;
} example_types;

static inline char *example_name(example_types *t, const char *name)
{
  char *to = t->name[t->n_names++];

  snprintf(to, sizeof t->name[0], "%s", name);
  return to;
}

/* Functions dnn1, second, third; applications nofs-dnn1 (dnn1), aux (third, second), more (dnn1,
 * third). */
static inline void example_types_make(example_types *t)
{
  static const char *const platforms[] = {"rpiCpu", "xavierCpu", "xavierGpu", "xavierDla",
                                          "pynqFpga"};
  static const char *const storages[] = {"flashCard", "eMMC", "someRemote"};
  int i;

  memset(t, 0, sizeof *t);
  for (i = 0; i < 5; i++)
    t->platform[i].name = example_name(t, platforms[i]);
  for (i = 0; i < 3; i++)
    t->storage[i].name = t->storage[i].key = example_name(t, storages[i]);
  t->storage[2].remote = true;
  t->qos[0].name = example_name(t, "low");
  t->qos[1].name = example_name(t, "mid");
  t->qos[2].name = example_name(t, "high");
  t->task[0].name = example_name(t, "dnn1");
  t->task[1].name = example_name(t, "second");
  t->task[2].name = example_name(t, "third");
  t->aux[0] = 2;
  t->aux[1] = 1;
  t->more[1] = 2;
  t->app[0] =
      (aus_serverless_app_type){.name = example_name(t, "nofs-dnn1"), .n_tasks = 1, .task = t->dnn};
  t->app[1] =
      (aus_serverless_app_type){.name = example_name(t, "aux"), .n_tasks = 2, .task = t->aux};
  t->app[2] =
      (aus_serverless_app_type){.name = example_name(t, "more"), .n_tasks = 2, .task = t->more};
  t->types = (aus_serverless_types){.n_platforms = 5,
                                    .n_storages = 3,
                                    .n_qos = 3,
                                    .n_apps = 3,
                                    .n_tasks = 3,
                                    .platform = t->platform,
                                    .storage = t->storage,
                                    .qos = t->qos,
                                    .app = t->app,
                                    .task = t->task};
}

#endif
