/* rundir.c - the run directory.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/rundir.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/journal.h"
#include "store/runlock.h"
#include "util/alloc.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/log.h"

static const double tend_interval_s = 5;
static const char marker_start[] = "{\"format\": \"auspex-run-1\",";

typedef int (*name_test)(const char *name);

/* A run that is killed while it removes its files must not be resumed without its shards. */
static int is_journal(const char *name)
{
  return strcmp(name, AUS_RUNDIR_JOURNAL) == 0;
}

static int is_crash(const char *name)
{
  size_t n = strlen(name), n_start = strlen(AUS_RUNDIR_CRASH);

  return n > n_start + 4 && strncmp(name, AUS_RUNDIR_CRASH, n_start) == 0 &&
         strcmp(name + n - 4, ".txt") == 0;
}

/* The lock and the marker go last, by their own call: without the marker nobody would know the directory
 * again. */
static int is_ours(const char *name)
{
  static const char *const names[] = {AUS_RUNDIR_STATUS, AUS_RUNDIR_STATUS ".part",
                                      AUS_RUNDIR_JOURNAL ".part", AUS_RUNDIR_MARKER ".part"};
  size_t i;

  for (i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcmp(name, names[i]) == 0) return 1;
  return is_crash(name);
}

static int is_lock(const char *name)
{
  return strcmp(name, AUS_RUNDIR_LOCK) == 0;
}

static int is_done(const char *name)
{
  return strcmp(name, AUS_RUNDIR_DONE) == 0;
}

static int is_shard(const char *name)
{
  return strlen(name) >= strlen("s000000.h5") && name[0] == 's' &&
         strspn(name + 1, "0123456789") == 6 &&
         (strcmp(name + 7, ".h5") == 0 || strcmp(name + 7, ".h5.bad") == 0);
}

static int remove_one(int dir, const char *name, int64_t *n_removed, aus_err *err)
{
  int rc = AUS_OK;
  struct stat st;

  if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode)) goto done;
  if (unlinkat(dir, name, 0) != 0) AUS_FAIL(err, AUS_EIO, "%s: %s", name, strerror(errno));
  (*n_removed)++;
done:
  return rc;
}

/* Remove the regular files of a directory that pass the test; no directory is fine. */
static int sweep(const char *path, int flags, name_test test, int64_t *n_removed, aus_err *err)
{
  int rc = AUS_OK, fd;
  DIR *d = NULL;
  struct dirent *e;

  fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
  if (fd < 0 && errno == ENOENT) goto done;
  if (fd < 0) AUS_FAIL(err, AUS_EIO, "%s: %s", path, strerror(errno));
  d = fdopendir(fd);
  if (!d) AUS_FAIL(err, AUS_EIO, "%s: %s", path, strerror(errno));
  while ((e = readdir(d)))
    if (test(e->d_name)) AUS_TRY(remove_one(fd, e->d_name, n_removed, err));
done:
  if (rc != AUS_OK && d) aus_err_prepend(err, "%s/", path);
  if (d)
    closedir(d);
  else if (fd >= 0)
    close(fd);
  return rc;
}

/* What is left after a failure is still a run directory. A link in the place of shards/ is not
 * followed. */
static int clean(const char *path, const char *shards, int64_t *n_removed, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(sweep(path, 0, is_journal, n_removed, err));
  AUS_TRY(sweep(shards, O_NOFOLLOW, is_shard, n_removed, err));
  AUS_TRY(sweep(path, 0, is_ours, n_removed, err));
done:
  return rc;
}

typedef enum state { ABSENT, EMPTY, FOREIGN, OURS, DONE } state;

/* Our marker is a regular file that begins as we write it. */
static int has_marker(const char *path, const char *marker, int *yes, aus_err *err)
{
  int rc = AUS_OK, fd = -1;
  char *name = NULL, start[sizeof marker_start] = "";
  struct stat st;

  AUS_TRY(aus_path_join(&name, path, marker, err));
  *yes = 0;
  fd = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) goto done;
  if (read(fd, start, strlen(marker_start)) < 0) goto done;
  *yes = strcmp(start, marker_start) == 0;
done:
  if (fd >= 0) close(fd);
  aus_free(name);
  return rc;
}

/* What a run that was killed before it wrote its marker leaves: its lock at most. */
static int is_beginning(const char *name)
{
  return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
         strcmp(name, AUS_RUNDIR_MARKER ".part") == 0 || is_lock(name);
}

static int refuse_foreign(const char *path, aus_err *err)
{
  return aus_fail(err, AUS_EIO, AUS_HERE,
                  "%s: not empty and without the marker %s of a run; choose another directory",
                  path, AUS_RUNDIR_MARKER);
}

static int look(const char *path, state *found, aus_err *err)
{
  int rc = AUS_OK, yes = 0;
  DIR *d = NULL;
  struct dirent *e;
  char *lock = NULL;

  *found = ABSENT;
  d = opendir(path);
  if (!d && errno == ENOENT) goto done;
  if (!d) AUS_FAIL(err, AUS_EIO, "%s: %s", path, strerror(errno));
  *found = EMPTY;
  while ((e = readdir(d)))
    if (!is_beginning(e->d_name)) *found = FOREIGN;
  AUS_TRY(aus_path_join(&lock, path, AUS_RUNDIR_LOCK, err));
  if (!aus_runlock_ours(lock)) *found = FOREIGN;
  AUS_TRY(has_marker(path, AUS_RUNDIR_DONE, &yes, err));
  if (yes) *found = DONE;
  AUS_TRY(has_marker(path, AUS_RUNDIR_MARKER, &yes, err));
  if (yes) *found = OURS;
done:
  aus_free(lock);
  if (d) closedir(d);
  return rc;
}

static int mark(const char *path, uint64_t seed, const char *config_sha256, aus_err *err)
{
  int rc = AUS_OK;
  char *name = NULL;
  aus_buf b;

  aus_buf_init(&b);
  aus_buf_printf(&b, "%s \"version\": \"%s\", \"seed\": %" PRIu64 ", \"config_sha256\": \"%s\"}\n",
                 marker_start, PACKAGE_VERSION, seed, config_sha256);
  AUS_TRY(aus_buf_check(&b, err));
  AUS_TRY(aus_path_join(&name, path, AUS_RUNDIR_MARKER, err));
  AUS_TRY(aus_file_write(name, b.data, (size_t)b.n, err));
done:
  aus_free(name);
  aus_buf_fini(&b);
  return rc;
}

static int check_hash(const char *hash, aus_err *err)
{
  const char *c;

  for (c = hash; *c; c++)
    if (!isxdigit((unsigned char)*c))
      return aus_fail(err, AUS_EINVAL, AUS_HERE, "hash \"%s\" is not hexadecimal", hash);
  return AUS_OK;
}

/* One that is shorter than its header has no record to go on with. */
static int has_journal(const char *path, bool *yes, aus_err *err)
{
  int rc = AUS_OK;
  char *name = NULL;
  struct stat st;

  AUS_TRY(aus_path_join(&name, path, AUS_RUNDIR_JOURNAL, err));
  *yes = lstat(name, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= AUS_JOURNAL_HEADER;
done:
  aus_free(name);
  return rc;
}

struct aus_rundir {
  aus_runlock *lock;
  bool resumed, finished;
  double beat_s; /* the last one by aus_rundir_tend() */
};

static int rename_marker(const char *path, const char *from, const char *to, aus_err *err)
{
  int rc = AUS_OK;
  char *old = NULL, *new = NULL;

  AUS_TRY(aus_path_join(&old, path, from, err));
  AUS_TRY(aus_path_join(&new, path, to, err));
  if (rename(old, new) != 0) AUS_FAIL(err, AUS_EIO, "%s: %s", old, strerror(errno));
done:
  aus_free(old);
  aus_free(new);
  return rc;
}

static int start_anew(const char *path, const aus_rundir_conf *conf, aus_err *err)
{
  int rc = AUS_OK;
  char *shards = NULL;
  int64_t n_removed = 0;

  AUS_TRY(aus_path_join(&shards, path, AUS_RUNDIR_SHARDS, err));
  AUS_TRY(clean(path, shards, &n_removed, err));
  if (n_removed > 0)
    AUS_INFO("store", "%s: removed %" PRId64 " files of an earlier run", path, n_removed);
  AUS_TRY(mark(path, conf->seed, conf->config_sha256, err));
done:
  aus_free(shards);
  return rc;
}

/* The directory is ours alone now: go on with what is in it, or clean it. */
static int take_over(aus_rundir *d, const char *path, const aus_rundir_conf *conf, aus_err *err)
{
  int rc = AUS_OK;
  state found = ABSENT;

  AUS_TRY(look(path, &found, err));
  if (found == FOREIGN) AUS_TRY(refuse_foreign(path, err));
  d->finished = found == DONE && conf->published && !conf->fresh;
  if (d->finished) goto done;
  if (found == DONE) AUS_TRY(rename_marker(path, AUS_RUNDIR_DONE, AUS_RUNDIR_MARKER, err));
  AUS_TRY(has_journal(path, &d->resumed, err));
  if (d->resumed && conf->fresh && !conf->force)
    AUS_FAIL(err, AUS_ECONFIG,
             "%s: holds the journal of an unfinished run, which goes on without --fresh; --fresh "
             "--force removes it",
             path);
  if (conf->fresh) d->resumed = false;
  if (!d->resumed) AUS_TRY(start_anew(path, conf, err));
done:
  return rc;
}

int aus_rundir_enter(aus_rundir **out, const char *path, const aus_rundir_conf *conf, aus_err *err)
{
  int rc = AUS_OK;
  state found = ABSENT;
  aus_rundir *d = NULL;

  *out = NULL;
  AUS_TRY(check_hash(conf->config_sha256, err));
  AUS_TRY(look(path, &found, err));
  if (found == FOREIGN) AUS_TRY(refuse_foreign(path, err));
  if (found == ABSENT) AUS_TRY(aus_dir_make(path, err));
  AUS_NEW(d, 1, err);
  AUS_TRY(aus_runlock_take(&d->lock, path, conf->break_lock, err));
  AUS_TRY(take_over(d, path, conf, err));
  *out = d;
  d = NULL;
done:
  aus_rundir_leave(d);
  return rc;
}

bool aus_rundir_finished(const aus_rundir *d)
{
  return d->finished;
}

bool aus_rundir_resumed(const aus_rundir *d)
{
  return d->resumed;
}

int aus_rundir_beat(const aus_rundir *d, aus_err *err)
{
  return aus_runlock_beat(d->lock, err);
}

int aus_rundir_tend(aus_rundir *d, aus_err *err)
{
  int rc = AUS_OK;
  double now_s = aus_clock_s();

  if (d->beat_s > 0 && now_s - d->beat_s < tend_interval_s) goto done;
  AUS_TRY(aus_rundir_beat(d, err));
  d->beat_s = now_s;
done:
  return rc;
}

void aus_rundir_leave(aus_rundir *d)
{
  if (!d) return;
  aus_runlock_drop(d->lock);
  aus_free(d);
}

/* A directory that is not empty stays. */
static int drop_directory(const char *path, aus_err *err)
{
  int rc = AUS_OK;

  if (rmdir(path) == 0 || errno == ENOENT) goto done;
  if (errno == ENOTEMPTY || errno == EEXIST)
    AUS_INFO("store", "%s: stays, it holds files that are not ours", path);
  else
    AUS_FAIL(err, AUS_EIO, "%s: %s", path, strerror(errno));
done:
  return rc;
}

int aus_rundir_remove(const char *path, aus_err *err)
{
  int rc = AUS_OK;
  state found = ABSENT;
  char *shards = NULL;
  int64_t n_removed = 0;

  AUS_TRY(look(path, &found, err));
  if (found != OURS && found != DONE)
    AUS_FAIL(err, AUS_EIO, "%s: no run directory (the marker %s is missing)", path,
             AUS_RUNDIR_MARKER);
  AUS_TRY(aus_path_join(&shards, path, AUS_RUNDIR_SHARDS, err));
  if (found == OURS) AUS_TRY(rename_marker(path, AUS_RUNDIR_MARKER, AUS_RUNDIR_DONE, err));
  AUS_TRY(clean(path, shards, &n_removed, err));
  AUS_TRY(drop_directory(shards, err));
  AUS_TRY(sweep(path, 0, is_lock, &n_removed, err));
  AUS_TRY(sweep(path, 0, is_done, &n_removed, err));
  AUS_TRY(drop_directory(path, err));
done:
  aus_free(shards);
  return rc;
}
