/* gpuqueue/gpuqueue_study_tracefile.c - traces in HDF5.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "gpuqueue/gpuqueue_study_tracefile.h"

#include <stdio.h>
#include <string.h>

#include "store/read.h"
#include "util/alloc.h"

enum { N_COLUMNS = 9, FIELD_BYTES = 8 };

/* clang-format off */
static const aus_column columns[N_COLUMNS] = {
  AUS_COLUMN("job_id", AUS_I64, "1", 1, "number of the job"),
  AUS_COLUMN("t_submit_s", AUS_I64, "s", 1, "submitted, since 1970-01-01 UTC"),
  AUS_COLUMN("t_start_s", AUS_I64, "s", 1, "started, since 1970-01-01 UTC; smallest integer: not known"),
  AUS_COLUMN("t_end_s", AUS_I64, "s", 1, "ended, since 1970-01-01 UTC; smallest integer: not known"),
  AUS_COLUMN("run_s", AUS_I64, "s", 1, "run time, at most the limit"),
  AUS_COLUMN("limit_min", AUS_I64, "min", 60, "time limit"),
  AUS_COLUMN("nodes", AUS_I64, "1", 1, "nodes of the job"),
  AUS_COLUMN("user", AUS_I64, "1", 1, "number of the user in order of first appearance; -1: not known"),
  AUS_COLUMN("priority", AUS_F64, "1", 1, "as logged; NaN: not known"),
};
/* clang-format on */

static const char signature[] = "\211HDF\r\n\032\n";

bool aus_gpuqueue_h5_is(const char *bytes, size_t n)
{
  return n >= sizeof signature - 1 && memcmp(bytes, signature, sizeof signature - 1) == 0;
}

static double real_of(int64_t bits)
{
  double x;

  memcpy(&x, &bits, sizeof x);
  return x;
}

/* All columns as 64-bit words, one column after the other. */
static void pack(const aus_gpuqueue_trace *t, int64_t *word)
{
  int64_t i, n = t->n;

  for (i = 0; i < n; i++) {
    const aus_gpuqueue_job *j = &t->job[i];

    word[i] = j->id;
    word[n + i] = j->t_submit_s;
    word[2 * n + i] = j->t_start_s;
    word[3 * n + i] = j->t_end_s;
    word[4 * n + i] = j->run_s;
    word[5 * n + i] = j->limit_min;
    word[6 * n + i] = j->nodes;
    word[7 * n + i] = j->user;
    memcpy(&word[8 * n + i], &j->priority, sizeof j->priority);
  }
}

static int32_t narrow(int64_t x)
{
  return x < -1 || x > INT32_MAX ? -1 : (int32_t)x;
}

static int64_t far(int64_t t_s)
{
  const int64_t most = INT64_C(1000000000000);

  return t_s >= -most && t_s <= most ? t_s : AUS_GPUQUEUE_NEVER;
}

static void unpack(const int64_t *word, int64_t n, aus_gpuqueue_job *job)
{
  int64_t i;

  for (i = 0; i < n; i++)
    job[i] = (aus_gpuqueue_job){.id = word[i],
                                .t_submit_s = far(word[n + i]),
                                .t_start_s = far(word[2 * n + i]),
                                .t_end_s = far(word[3 * n + i]),
                                .run_s = word[4 * n + i],
                                .limit_min = narrow(word[5 * n + i]),
                                .nodes = narrow(word[6 * n + i]),
                                .user = narrow(word[7 * n + i]),
                                .priority = real_of(word[8 * n + i])};
}

static int read_words(const char *path, aus_files *files, const char *key, aus_err *err)
{
  int rc = AUS_OK, width, k;
  aus_read *f = NULL;
  int64_t *word = NULL, n;
  char name[64];

  AUS_TRY(aus_read_open(&f, path, "gpuqueue", err));
  AUS_TRY(aus_read_shape(f, "trace/job_id", &n, &width, err));
  AUS_NEW(word, n * N_COLUMNS + 1, err);
  for (k = 0; k < N_COLUMNS; k++) {
    snprintf(name, sizeof name, "trace/%s", columns[k].name);
    AUS_TRY(aus_read_column(f, name, columns[k].type, n, 1, word + k * n, err));
  }
  AUS_TRY(aus_files_put(files, key, word, (size_t)(n * N_COLUMNS * FIELD_BYTES), err));
done:
  aus_read_close(f);
  aus_free(word);
  return rc;
}

int aus_gpuqueue_h5_read(aus_gpuqueue_trace *t, aus_files *files, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  const char *bytes;
  char *key = NULL;
  int64_t *word = NULL, n;
  aus_gpuqueue_job *job = NULL;
  size_t n_bytes;

  *t = (aus_gpuqueue_trace){0};
  AUS_NEW(key, strlen(path) + sizeof ":/trace", err);
  sprintf(key, "%s:/trace", path);
  if (!aus_files_has(files, key)) AUS_TRY(read_words(path, files, key, err));
  AUS_TRY(aus_files_get(files, key, &bytes, &n_bytes, err));
  n = (int64_t)(n_bytes / (N_COLUMNS * FIELD_BYTES));
  if (n == 0) AUS_FAIL(err, AUS_EFORMAT, "%s: no job", key);
  AUS_NEW(word, n * N_COLUMNS, err);
  AUS_NEW(job, n, err);
  memcpy(word, bytes, (size_t)(n * N_COLUMNS * FIELD_BYTES));
  unpack(word, n, job);
  AUS_TRY(aus_gpuqueue_trace_take(t, job, n, err));
  if (t->n == 0) AUS_FAIL(err, AUS_EFORMAT, "%s: no job that can be kept", key);
done:
  if (rc != AUS_OK) aus_gpuqueue_trace_fini(t);
  aus_free(key);
  aus_free(word);
  aus_free(job);
  return rc;
}

int aus_gpuqueue_h5_put(const aus_gpuqueue_trace *t, aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK, k;
  int64_t *word = NULL;

  AUS_NEW(word, t->n * N_COLUMNS + 1, err);
  pack(t, word);
  for (k = 0; k < N_COLUMNS; k++)
    AUS_TRY(aus_pub_column(pub, "trace", &columns[k], t->n, word + k * t->n, err));
done:
  aus_free(word);
  return rc;
}
