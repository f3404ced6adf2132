/* files.c - input files, read once on rank 0 and known to every rank.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/files.h"

#include <string.h>
#include <unistd.h>

#include "par/agree.h"
#include "util/alloc.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/sha256.h"

typedef struct entry {
  char *path, *bytes;
  size_t n;
  char digest[65];
} entry;

struct aus_files {
  bool may_read;
  entry *file;
  int64_t n, cap;
};

int aus_files_create(aus_files **out, bool may_read, aus_err *err)
{
  int rc = AUS_OK;

  AUS_NEW(*out, 1, err);
  (*out)->may_read = may_read;
done:
  return rc;
}

bool aus_files_may_read(const aus_files *files)
{
  return files->may_read;
}

void aus_files_destroy(aus_files *f)
{
  int64_t i;

  if (!f) return;
  for (i = 0; i < f->n; i++) {
    aus_free(f->file[i].path);
    aus_free(f->file[i].bytes);
  }
  aus_free(f->file);
  aus_free(f);
}

static entry *find(const aus_files *f, const char *path)
{
  int64_t i;

  for (i = 0; i < f->n; i++)
    if (strcmp(f->file[i].path, path) == 0) return &f->file[i];
  return NULL;
}

bool aus_files_has(const aus_files *f, const char *path)
{
  return find(f, path) || (f->may_read && access(path, R_OK) == 0);
}

/* Takes ownership of bytes, also on failure. */
static int keep(aus_files *f, const char *path, char *bytes, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  char *name = NULL;
  unsigned char digest[32];

  AUS_DUP(name, path, err);
  AUS_TRY(aus_grow(&f->file, &f->cap, f->n + 1, sizeof *f->file, err));
  f->file[f->n] = (entry){.path = name, .bytes = bytes, .n = n};
  aus_sha256(bytes, n, digest);
  aus_sha256_hex(digest, f->file[f->n].digest);
  f->n++;
  return AUS_OK;
done:
  aus_free(name);
  aus_free(bytes);
  return rc;
}

int aus_files_get(aus_files *f, const char *path, const char **bytes, size_t *n, aus_err *err)
{
  int rc = AUS_OK;
  entry *e = find(f, path);

  if (!e) {
    char *read = NULL;
    size_t size = 0;

    if (!f->may_read) AUS_FAIL(err, AUS_EBUG, "%s: rank 0 did not send this file", path);
    AUS_TRY(aus_file_read(path, &read, &size, err));
    AUS_TRY(keep(f, path, read, size, err));
    e = &f->file[f->n - 1];
  }
  *bytes = e->bytes;
  *n = e->n;
done:
  return rc;
}

int aus_files_put(aus_files *f, const char *path, const void *bytes, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  char *copy = NULL;

  AUS_NEW(copy, n + 1, err);
  if (n > 0) memcpy(copy, bytes, n);
  rc = keep(f, path, copy, n, err);
done:
  return rc;
}

static int unpack(aus_files *f, const char *bytes, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  aus_rd r = aus_rd_of(bytes, n);
  uint64_t i, count = aus_rd_u64(&r);
  char *path = NULL;

  for (i = 0; i < count; i++) {
    uint64_t size;
    const void *p;

    AUS_TRY(aus_rd_str(&r, &path, err));
    size = aus_rd_u64(&r);
    p = aus_rd_bytes(&r, size);
    if (!p) AUS_FAIL(err, AUS_EBUG, "%s: cut short on its way from rank 0", path);
    AUS_TRY(aus_files_put(f, path, p, size, err));
    aus_free(path);
    path = NULL;
  }
done:
  aus_free(path);
  return rc;
}

int aus_files_share(aus_files *f, MPI_Comm comm, aus_err *err)
{
  int rc = AUS_OK, rank;
  aus_buf b;
  char *bytes = NULL;
  size_t n = 0;
  int64_t i;

  aus_buf_init(&b);
  MPI_Comm_rank(comm, &rank);
  if (rank == 0) {
    aus_buf_u64(&b, (uint64_t)f->n);
    for (i = 0; i < f->n; i++) {
      aus_buf_str(&b, f->file[i].path);
      aus_buf_u64(&b, f->file[i].n);
      aus_buf_bytes(&b, f->file[i].bytes, f->file[i].n);
    }
    rc = aus_buf_check(&b, err);
    n = (size_t)b.n;
    bytes = aus_buf_take(&b);
  }
  rc = aus_agree(comm, rc, err);
  if (rc == AUS_OK) rc = aus_share(comm, &bytes, &n, err);
  if (rc == AUS_OK) {
    if (rank != 0) rc = unpack(f, bytes, n, err);
    rc = aus_agree(comm, rc, err);
  }
  aus_free(bytes);
  aus_buf_fini(&b);
  return rc;
}

int64_t aus_files_count(const aus_files *f)
{
  return f->n;
}

const char *aus_files_path(const aus_files *f, int64_t i)
{
  return f->file[i].path;
}

int aus_files_spare(const aus_files *f, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  for (i = 0; i < aus_files_count(f); i++)
    if (aus_file_same(path, aus_files_path(f, i)))
      AUS_FAIL(err, AUS_ECONFIG, "%s: the output would replace an input file", path);
done:
  return rc;
}

const char *aus_files_digest(const aus_files *f, const char *path)
{
  const entry *e = find(f, path);

  return e ? e->digest : "";
}
