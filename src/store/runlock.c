/* runlock.c - the lock file of a run directory.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/runlock.h"

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

#include "store/rundir.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/log.h"
#include "util/proc.h"

enum { LINE = 512, N_TRIES = 10 };

struct aus_runlock {
  char *path;
  int fd;
  char line[LINE];
};

/* What flock() said. */
typedef enum grip { GRIP_MINE, GRIP_OTHER, GRIP_UNKNOWN } grip;

/* What was found under the name. */
typedef struct found {
  int fd;
  bool created; /* by us, just now */
  grip grip;
  double age_s; /* of the heartbeat */
  aus_runlock_holder holder;
} found;

aus_runlock_holder aus_runlock_parse(const char *line)
{
  aus_runlock_holder h = {0};
  int n = sscanf(line,
                 "%255[^: \n]:%ld:%" SCNu64 " since=%23s SLURM_JOB_ID=%63s SLURM_RESTART_COUNT=%ld",
                 h.host, &h.pid, &h.start_ticks, h.since, h.job, &h.n_restarts);

  h.known = n >= 4 && h.pid > 0;
  return h;
}

bool aus_runlock_may_take(const aus_runlock_holder *holder, const aus_runlock_holder *me,
                          bool alive, bool locked, double age_s, bool break_lock)
{
  if (alive) return false;
  if (break_lock) return true;
  if (!holder->known && locked) return true;
  if (holder->known && strcmp(holder->host, me->host) == 0) return true;
  if (me->job[0] != '\0' && strcmp(holder->job, me->job) == 0 &&
      me->n_restarts > holder->n_restarts)
    return true;
  return age_s >= AUS_RUNLOCK_STALE_S;
}

static bool lives_here(const aus_runlock_holder *h, const aus_runlock_holder *me)
{
  return h->known && strcmp(h->host, me->host) == 0 && aus_proc_alive(h->pid, h->start_ticks);
}

static void write_line(char line[LINE])
{
  char host[256], since[24];
  const char *job = getenv("SLURM_JOB_ID"), *restarts = getenv("SLURM_RESTART_COUNT");
  int n;

  aus_proc_host(host, sizeof host);
  if (host[0] == '\0') strcpy(host, "unknown");
  aus_clock_utc(since);
  n = snprintf(line, LINE, "%s:%ld:%" PRIu64 " since=%s", host, (long)getpid(),
               aus_proc_start(getpid()), since);
  if (job && job[0] != '\0')
    n += snprintf(line + n, (size_t)(LINE - n), " SLURM_JOB_ID=%.63s SLURM_RESTART_COUNT=%.19s",
                  job, restarts && restarts[0] != '\0' ? restarts : "0");
  snprintf(line + n, (size_t)(LINE - n), "\n");
}

static void read_line(int fd, char line[LINE])
{
  ssize_t n = pread(fd, line, LINE - 1, 0);

  line[n > 0 ? n : 0] = '\0';
}

/* The line of the file that has the name now; false when there is none. */
static bool line_of(const char *path, char line[LINE])
{
  int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

  if (fd < 0) return false;
  read_line(fd, line);
  close(fd);
  return true;
}

static bool still_mine(const aus_runlock *l)
{
  char line[LINE];

  return line_of(l->path, line) && strcmp(line, l->line) == 0;
}

bool aus_runlock_ours(const char *path)
{
  char line[LINE];

  return !line_of(path, line) || line[0] == '\0' || aus_runlock_parse(line).known;
}

static bool same_file(int fd, const char *path)
{
  struct stat a, b;

  return fstat(fd, &a) == 0 && lstat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int open_file(const char *path, found *f, aus_err *err)
{
  int rc = AUS_OK;
  struct stat st;

  f->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  f->created = f->fd >= 0;
  if (f->fd < 0 && errno == EEXIST)
    f->fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
  if (f->fd < 0) AUS_FAIL(err, AUS_EIO, "%s: cannot be written: %s", path, strerror(errno));
  if (fstat(f->fd, &st) != 0) AUS_FAIL(err, AUS_EIO, "%s: %s", path, strerror(errno));
  if (!S_ISREG(st.st_mode)) AUS_FAIL(err, AUS_EIO, "%s: not a regular file", path);
  f->age_s = difftime(time(NULL), st.st_mtime);
done:
  return rc;
}

static int find(const char *path, found *f, aus_err *err)
{
  int rc = AUS_OK;
  char line[LINE];

  AUS_TRY(open_file(path, f, err));
  f->grip = GRIP_MINE;
  if (flock(f->fd, LOCK_EX | LOCK_NB) != 0)
    f->grip = errno == EWOULDBLOCK ? GRIP_OTHER : GRIP_UNKNOWN;
  read_line(f->fd, line);
  f->holder = aus_runlock_parse(line);
done:
  return rc;
}

static int put_line(const aus_runlock *l, aus_err *err)
{
  int rc = AUS_OK;
  size_t n = strlen(l->line);

  if (ftruncate(l->fd, 0) != 0 || pwrite(l->fd, l->line, n, 0) != (ssize_t)n)
    AUS_FAIL(err, AUS_EIO, "%s: cannot be written: %s", l->path, strerror(errno));
  if (!still_mine(l)) AUS_FAIL(err, AUS_EBUSY, "%s: another run was faster", l->path);
done:
  return rc;
}

/* A file that is not locked by us is replaced, never overwritten: its owner may still read it. */
static int replace(aus_runlock *l, found *f, aus_err *err)
{
  int rc = AUS_OK;

  if (f->grip == GRIP_MINE || f->created) goto done;
  if (!same_file(f->fd, l->path) || unlink(l->path) != 0)
    AUS_FAIL(err, AUS_EBUSY, "%s: another run was faster", l->path);
  close(f->fd);
  f->fd = open(l->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (f->fd < 0 || (flock(f->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK))
    AUS_FAIL(err, AUS_EBUSY, "%s: another run was faster", l->path);
done:
  return rc;
}

static void tell(const aus_runlock *l, const found *f, const aus_runlock_holder *me)
{
  if (!f->holder.known) return;
  if (strcmp(f->holder.host, me->host) == 0)
    AUS_INFO("store", "%s: left by process %ld, which does not run any more", l->path,
             f->holder.pid);
  else
    AUS_WARN("store", "%s: taken from process %ld on host %s, last sign of life %.0f s ago",
             l->path, f->holder.pid, f->holder.host, f->age_s);
}

static int refuse(const char *dir, const found *f, bool alive, aus_err *err)
{
  const aus_runlock_holder *h = &f->holder;

  if (alive)
    return aus_fail(
        err, AUS_EBUSY, AUS_HERE,
        "%s: in use by process %ld on this host (%s) since %s; stop it, or choose another "
        "directory with --dir",
        dir, h->pid, h->host, h->since);
  if (!h->known)
    return aus_fail(err, AUS_EBUSY, AUS_HERE,
                    "%s: in use by another run; choose another directory with --dir, or give "
                    "--break-lock if that run is dead",
                    dir);
  return aus_fail(
      err, AUS_EBUSY, AUS_HERE,
      "%s: in use by process %ld on host %s since %s, last sign of life %.0f s ago; wait "
      "until that is %.0f minutes, or give --break-lock if that run is dead",
      dir, h->pid, h->host, h->since, f->age_s, AUS_RUNLOCK_STALE_S / 60);
}

/* One try. Not taken without an error: somebody is just leaving it, or just taking it. */
static int try_take(aus_runlock *l, const char *dir, bool break_lock, bool last, bool *taken,
                    aus_err *err)
{
  int rc = AUS_OK;
  aus_runlock_holder me = aus_runlock_parse(l->line);
  found f = {.fd = -1};
  bool alive, locked;

  AUS_TRY(find(l->path, &f, err));
  locked = f.grip == GRIP_MINE || (f.grip == GRIP_UNKNOWN && f.created);
  alive = lives_here(&f.holder, &me);
  if (!last && (!same_file(f.fd, l->path) || (f.grip == GRIP_OTHER && !alive))) goto done;
  if (!aus_runlock_may_take(&f.holder, &me, alive, locked, f.age_s, break_lock)) {
    rc = refuse(dir, &f, alive, err);
    goto done;
  }
  AUS_TRY(replace(l, &f, err));
  l->fd = f.fd;
  f.fd = -1;
  AUS_TRY(put_line(l, err));
  tell(l, &f, &me);
  *taken = true;
done:
  if (f.fd >= 0) close(f.fd);
  return rc;
}

static void destroy(aus_runlock *l)
{
  if (!l) return;
  if (l->fd >= 0) close(l->fd);
  aus_free(l->path);
  aus_free(l);
}

int aus_runlock_take(aus_runlock **out, const char *dir, bool break_lock, aus_err *err)
{
  int rc = AUS_OK, i;
  bool taken = false;
  aus_runlock *l = NULL;

  *out = NULL;
  AUS_NEW(l, 1, err);
  l->fd = -1;
  AUS_TRY(aus_path_join(&l->path, dir, AUS_RUNDIR_LOCK, err));
  write_line(l->line);
  for (i = 1; !taken; i++) {
    AUS_TRY(try_take(l, dir, break_lock, i == N_TRIES, &taken, err));
    if (!taken) aus_clock_sleep(0.05);
  }
  *out = l;
  l = NULL;
done:
  destroy(l);
  return rc;
}

int aus_runlock_beat(const aus_runlock *l, aus_err *err)
{
  int rc = AUS_OK;

  if (!still_mine(l))
    AUS_FAIL(err, AUS_EBUSY, "%s: removed or taken by another run; this one must not go on",
             l->path);
  if (futimens(l->fd, NULL) != 0) AUS_FAIL(err, AUS_EIO, "%s: %s", l->path, strerror(errno));
done:
  return rc;
}

void aus_runlock_drop(aus_runlock *l)
{
  if (l && still_mine(l)) unlink(l->path);
  destroy(l);
}
