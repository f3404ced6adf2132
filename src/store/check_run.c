/* check_run.c - verification of a run directory: journal and shards.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/journal.h"
#include "store/rundir.h"
#include "store/runlock.h"
#include "store/scan.h"
#include "store/shard.h"
#include "util/alloc.h"
#include "util/file.h"
#include "util/proc.h"

typedef struct look {
  const char *dir;
  aus_buf *lines;
  aus_check_run *run;
  int max;
  uint64_t run_id; /* what shards carry: the first bytes of the configuration's digest */
  bool known;      /* the journal was read, so that run_id is */
} look;

/* Errors name their file; a line is below the directory. */
static void fault(look *l, const char *text)
{
  size_t n = strlen(l->dir);

  if (strncmp(text, l->dir, n) == 0 && text[n] == '/') text += n + 1;
  if (l->run->faults++ < l->max) aus_buf_printf(l->lines, "%s\n", text);
}

/* What is wrong with a file is a fault, unless memory is short. */
static int as_fault(look *l, int rc, aus_err *err)
{
  if (rc == AUS_OK || rc == AUS_ENOMEM) return rc;
  fault(l, err->text);
  aus_err_clear(err);
  return AUS_OK;
}

/* ---- is it one, and is it at rest? ---- */

static int check_place(const char *dir, aus_err *err)
{
  int rc = AUS_OK;
  char *marker = NULL;
  struct stat st;

  AUS_TRY(aus_path_join(&marker, dir, AUS_RUNDIR_MARKER, err));
  if (stat(marker, &st) != 0)
    AUS_FAIL(err, AUS_EFORMAT, "%s: no run directory (the marker %s is missing)", dir,
             AUS_RUNDIR_MARKER);
done:
  aus_free(marker);
  return rc;
}

/* Held here, or by another host whose heart beats. Where there is no flock() only the latter counts. */
static bool is_held(int fd)
{
  char line[512] = "", host[256];
  struct stat st;
  aus_runlock_holder holder;

  if (flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK) return true;
  if (read(fd, line, sizeof line - 1) < 0 || fstat(fd, &st) != 0) return false;
  holder = aus_runlock_parse(line);
  aus_proc_host(host, sizeof host);
  return holder.known && strcmp(holder.host, host) != 0 &&
         difftime(time(NULL), st.st_mtime) < AUS_RUNLOCK_STALE_S;
}

static int check_rest(const char *dir, aus_err *err)
{
  int rc = AUS_OK, fd = -1;
  char *lock = NULL;

  AUS_TRY(aus_path_join(&lock, dir, AUS_RUNDIR_LOCK, err));
  fd = open(lock, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd >= 0 && is_held(fd)) AUS_FAIL(err, AUS_EBUSY, "%s: a run is under way", dir);
done:
  if (fd >= 0) close(fd);
  aus_free(lock);
  return rc;
}

/* ---- journal ---- */

static int count_record(void *self, const aus_record *record, aus_err *err)
{
  int rc = AUS_OK;
  look *l = self;

  if (record->type < AUS_R_CAMPAIGN || record->type > AUS_R_NOTE)
    AUS_FAIL(err, AUS_EIO, "record %" PRIu64 " is of type %d", record->sequence, record->type);
  l->run->commits += record->type == AUS_R_COMMIT;
done:
  return rc;
}

static int check_journal(look *l, aus_err *err)
{
  int rc = AUS_OK, i;
  char *path = NULL;
  aus_journal_scan scan;

  AUS_TRY(aus_path_join(&path, l->dir, AUS_RUNDIR_JOURNAL, err));
  AUS_TRY(aus_journal_read(path, count_record, l, &scan, err));
  l->run->records = scan.n_records;
  l->run->dropped = scan.dropped;
  if (scan.end == 0) goto done;
  l->run->seed = scan.head.seed;
  for (i = 0; i < 8; i++)
    l->run_id |= (uint64_t)scan.head.config[i] << (8 * i);
  l->known = true;
done:
  aus_free(path);
  return as_fault(l, rc, err);
}

/* ---- shards ---- */

static int read_set(look *l, hid_t at, const char *name, aus_err *err)
{
  int rc = AUS_OK;
  aus_scan s;
  char *piece = NULL;
  uint64_t n;

  AUS_TRY(aus_scan_open(&s, at, name, err));
  AUS_NEW(piece, aus_scan_bytes(&s), err);
  while (s.done < s.n) {
    AUS_TRY(aus_scan_next(&s, piece, &n, err));
    aus_scan_free(&s.elem, piece, n);
    l->run->bytes += n * s.elem.size;
  }
done:
  aus_free(piece);
  aus_scan_close(&s);
  if (rc != AUS_OK) aus_err_prepend(err, "/%s: ", name);
  return rc;
}

/* Tables lie below the root, some below further groups. */
static int read_group(look *l, hid_t at, int depth, aus_err *err)
{
  int rc = AUS_OK;
  aus_read_list names = {0};
  H5O_info_t info;
  hid_t child = -1;
  int64_t i;

  if (depth > 16) AUS_FAIL(err, AUS_EFORMAT, "groups are nested too deeply");
  AUS_TRY(aus_scan_links(at, &names, err));
  for (i = 0; i < names.n; i++) {
    AUS_H5(H5Oget_info_by_name2(at, names.text[i], &info, H5O_INFO_BASIC, H5P_DEFAULT), err);
    if (info.type == H5O_TYPE_GROUP) {
      AUS_H5(child = H5Gopen2(at, names.text[i], H5P_DEFAULT), err);
      AUS_TRY(read_group(l, child, depth + 1, err));
      aus_h5_drop(child);
      child = -1;
    } else {
      AUS_TRY(read_set(l, at, names.text[i], err));
    }
  }
done:
  aus_h5_drop(child);
  aus_read_list_fini(&names);
  return rc;
}

static int read_shard(look *l, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  hid_t file = -1, root = -1;

  AUS_TRY(aus_scan_file(&file, path, err));
  AUS_H5(root = H5Gopen2(file, "/", H5P_DEFAULT), err);
  rc = read_group(l, root, 0, err);
  if (rc != AUS_OK) aus_err_prepend(err, "%s:", path);
done:
  aus_h5_drop(root);
  aus_h5_drop(file);
  return rc;
}

static int check_shard(look *l, const char *name, aus_err *err)
{
  int rc = AUS_OK;
  char *file = NULL, *path = NULL;
  uint32_t number = (uint32_t)strtoul(name + 1, NULL, 10);

  l->run->shards++;
  AUS_NEW(file, strlen(name) + sizeof AUS_RUNDIR_SHARDS "/", err);
  sprintf(file, "%s/%s", AUS_RUNDIR_SHARDS, name);
  AUS_TRY(aus_path_join(&path, l->dir, file, err));
  if (l->known) AUS_TRY(aus_shard_look(l->dir, l->run_id, number, err));
  AUS_TRY(read_shard(l, path, err));
done:
  aus_free(file);
  aus_free(path);
  return as_fault(l, rc, err);
}

static int by_name(const void *a, const void *b)
{
  const char *const *x = a, *const *y = b;

  return strcmp(*x, *y);
}

static bool is_shard(const char *name, const char *end)
{
  return name[0] == 's' && strspn(name + 1, "0123456789") == 6 && strcmp(name + 7, end) == 0;
}

static int list_shards(look *l, char ***name, int64_t *n, aus_err *err)
{
  int rc = AUS_OK;
  char *path = NULL;
  DIR *d = NULL;
  struct dirent *e;
  int64_t cap = 0;

  AUS_TRY(aus_path_join(&path, l->dir, AUS_RUNDIR_SHARDS, err));
  d = opendir(path);
  if (!d && errno != ENOENT) AUS_FAIL(err, AUS_EIO, "%s: %s", path, strerror(errno));
  while (d && (e = readdir(d))) {
    l->run->set_aside += is_shard(e->d_name, ".h5.bad");
    if (!is_shard(e->d_name, ".h5")) continue;
    AUS_TRY(aus_grow(name, &cap, *n + 1, sizeof **name, err));
    AUS_DUP((*name)[*n], e->d_name, err);
    (*n)++;
  }
  if (*n > 0) qsort(*name, (size_t)*n, sizeof **name, by_name);
done:
  if (d) closedir(d);
  aus_free(path);
  return rc;
}

int aus_check_rundir(const char *dir, int max, aus_buf *lines, aus_check_run *run, aus_err *err)
{
  int rc = AUS_OK;
  look l = {.dir = dir, .lines = lines, .run = run, .max = max};
  char **name = NULL;
  int64_t n = 0, i;

  *run = (aus_check_run){0};
  aus_h5_start();
  AUS_TRY(check_place(dir, err));
  AUS_TRY(check_rest(dir, err));
  AUS_TRY(check_journal(&l, err));
  AUS_TRY(list_shards(&l, &name, &n, err));
  for (i = 0; i < n; i++)
    AUS_TRY(check_shard(&l, name[i], err));
done:
  for (i = 0; name && i < n; i++)
    aus_free(name[i]);
  aus_free(name);
  return rc;
}
