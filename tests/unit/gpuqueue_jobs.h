/* gpuqueue_jobs.h - traces for the tests of the simulated queue: the tiny ones of the tree, the shared one.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_TESTS_UNIT_GPUQUEUE_JOBS_H
#define AUS_TESTS_UNIT_GPUQUEUE_JOBS_H

#include "gpuqueue/sim.h"
#include "gpuqueue_ls6.h"
#include "unit/shared.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/gzip.h"

/* A hand-made trace and the nodes it was simulated on. */
typedef struct tiny_case {
  const char *name;
  int64_t n_nodes;
} tiny_case;

static const tiny_case tiny_cases[] = {
    {"t1_fifo", 4},      {"t2_backfill", 88}, {"t3_headblock", 4}, {"t4_age_size", 4},
    {"t5_durations", 8}, {"t6_idtie", 4},     {"t7_tie", 88},      {"t8_longlimit", 4},
    {"t9_early_end", 8}, {"t10_random", 10},
};
enum { N_TINY = sizeof tiny_cases / sizeof *tiny_cases };

/** Text of a file of the tree (aus_free). */
static inline char *tree_text(const char *path)
{
  aus_err err = {0};
  char name[1100], *text;
  const char *dir = getenv("AUS_TOP_SRCDIR");
  size_t n;

  snprintf(name, sizeof name, "%s/%s", dir ? dir : "..", path);
  check_ok(aus_file_read(name, &text, &n, &err), &err);
  return text;
}

/** A shared file, expanded (aus_free); skips the test when it is not there. */
static inline char *shared_expanded(const char *path, size_t *n)
{
  aus_err err = {0};
  size_t n_packed;
  char *text = NULL, *packed = shared_text(path, &n_packed);

  check_ok(aus_gzip_expand(&text, n, path, packed, n_packed, (size_t)1 << 28, &err), &err);
  free(packed);
  return text;
}

/** Read a Slurm log and put it into the order of arrival. */
static inline void read_jobs(aus_gpuqueue_trace *t, const char *name, const char *text,
                             int64_t tick_s)
{
  const aus_gpuqueue_read_conf conf = {.format = AUS_GPUQUEUE_SLURM_TEXT, .procs_per_node = 1};
  aus_err err = {0};

  check_ok(aus_gpuqueue_trace_read(t, &conf, name, text, strlen(text), &err), &err);
  aus_gpuqueue_trace_order(t, tick_s);
}

static inline void tiny_jobs(aus_gpuqueue_trace *t, const tiny_case *c, int64_t tick_s)
{
  char path[200], *text;

  snprintf(path, sizeof path, "tests/data/gpuqueue/tiny/%s.log", c->name);
  text = tree_text(path);
  read_jobs(t, path, text, tick_s);
  aus_free(text);
}

/** The shared log; skips the test when it is not there. */
static inline void shared_jobs(aus_gpuqueue_trace *t, int64_t tick_s)
{
  aus_err err = {0};
  char path[1024];

  if (!ls6_is_there(path, sizeof path)) {
    print_message("# SKIP %s is not there\n", path);
    skip();
  }
  check_ok(ls6_load(path, t, &err), &err);
  aus_gpuqueue_trace_order(t, tick_s);
}

static inline int64_t time_of(const char *text)
{
  int64_t t_s = 0;

  assert_true(aus_civil_parse(text, strlen(text), &t_s));
  return t_s;
}

#endif
