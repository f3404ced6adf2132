/* child.c - fork, a shared anonymous file, and how a child ends.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "engine/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/crash.h"
#include "util/alloc.h"
#include "util/clock.h"

/* In front of each record. */
typedef struct head {
  uint64_t type, n;
} head;

struct aus_child {
  int file; /* the records */
  int64_t memory_mb;
  /* The parent's side. */
  pid_t pid; /* 0: none runs */
  int end;   /* of a pipe whose other end closes with the child's life */
  int status;
  int64_t rss_bytes;
  char fate[80];
  char *map; /* the records, after the end */
  size_t n_map;
  uint64_t at; /* where the next record is read; in the child: written */
};

/* ---- life ---- */

static void unmap(aus_child *c)
{
  if (c->map) munmap(c->map, c->n_map);
  c->map = NULL;
  c->n_map = 0;
  c->at = 0;
}

int aus_child_create(aus_child **out, int64_t memory_mb, aus_err *err)
{
  int rc = AUS_OK;
  aus_child *c = NULL;
  struct sigaction act;

  *out = NULL;
  AUS_NEW(c, 1, err);
  c->end = -1;
  c->memory_mb = memory_mb;
  c->file = memfd_create("auspex-child", MFD_CLOEXEC);
  if (c->file < 0) AUS_FAIL(err, AUS_EDEP, "memfd_create: %s", strerror(errno));
  /* A launcher may have left SIGCHLD ignored; then nobody could be waited for. */
  if (sigaction(SIGCHLD, NULL, &act) == 0 && act.sa_handler == SIG_IGN) signal(SIGCHLD, SIG_DFL);
  *out = c;
  c = NULL;
done:
  aus_child_destroy(c);
  return rc;
}

void aus_child_destroy(aus_child *c)
{
  if (!c) return;
  if (c->pid > 0) aus_child_kill(c);
  unmap(c);
  if (c->file >= 0) close(c->file);
  aus_free(c);
}

/* ---- the child ---- */

/* The address space as it is, and so much more. */
static void limit_memory(int64_t mb)
{
  FILE *f = fopen("/proc/self/statm", "r");
  unsigned long long pages = 0;
  struct rlimit limit;

  if (f && fscanf(f, "%llu", &pages) == 1 && getrlimit(RLIMIT_AS, &limit) == 0) {
    rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)mb << 20);

    if (limit.rlim_max == RLIM_INFINITY || most < limit.rlim_max) limit.rlim_cur = most;
    (void)setrlimit(RLIMIT_AS, &limit);
  }
  if (f) fclose(f);
}

/* It dies with its parent. */
static void settle_in(const aus_child *c, pid_t parent)
{
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  if (c->memory_mb > 0) limit_memory(c->memory_mb);
}

static uint64_t padding(uint64_t at)
{
  return (8 - at % 8) % 8;
}

int aus_child_put(aus_child *c, const void *bytes, uint64_t n, aus_err *err)
{
  int rc = AUS_OK;
  const char *p = bytes;

  c->at += n;
  while (n > 0) {
    ssize_t k = write(c->file, p, n);

    if (k < 0 && errno == EINTR) continue;
    if (k <= 0) AUS_FAIL(err, AUS_ENOMEM, "out of memory (%s)", strerror(errno));
    p += k;
    n -= (uint64_t)k;
  }
done:
  return rc;
}

int aus_child_begin(aus_child *c, uint32_t type, uint64_t n, aus_err *err)
{
  int rc = AUS_OK;
  const head h = {.type = type, .n = n};

  AUS_TRY(aus_child_put(c, &(uint64_t){0}, padding(c->at), err));
  AUS_TRY(aus_child_put(c, &h, sizeof h, err));
done:
  return rc;
}

_Noreturn void aus_child_leave(int status)
{
  _exit(status);
}

/* ---- the parent ---- */

int aus_child_start(aus_child *c, bool *inside, aus_err *err)
{
  int rc = AUS_OK, ends[2] = {-1, -1};
  pid_t parent = getpid();

  *inside = false;
  unmap(c);
  c->fate[0] = '\0';
  c->rss_bytes = 0;
  if (ftruncate(c->file, 0) != 0 || lseek(c->file, 0, SEEK_SET) != 0)
    AUS_FAIL(err, AUS_EDEP, "anonymous file: %s", strerror(errno));
  if (pipe2(ends, O_CLOEXEC) != 0) AUS_FAIL(err, AUS_EDEP, "pipe: %s", strerror(errno));
  c->pid = fork();
  if (c->pid == 0) {
    *inside = true;
    close(ends[0]);
    settle_in(c, parent);
    return AUS_OK;
  }
  if (c->pid < 0) {
    c->pid = 0;
    AUS_FAIL(err, AUS_ENOMEM, "no memory for a process: %s", strerror(errno));
  }
  c->end = ends[0];
  ends[0] = -1;
done:
  if (ends[0] >= 0) close(ends[0]);
  if (ends[1] >= 0) close(ends[1]);
  return rc;
}

/* After the last moment: nobody is there any more. */
static void bury(aus_child *c, const struct rusage *used)
{
  close(c->end);
  c->end = -1;
  c->pid = 0;
  c->rss_bytes = (int64_t)used->ru_maxrss * 1024;
  if (WIFSIGNALED(c->status))
    snprintf(c->fate, sizeof c->fate, "%s (%s)", aus_crash_signal_name(WTERMSIG(c->status)),
             strsignal(WTERMSIG(c->status)));
  else if (WEXITSTATUS(c->status) != 0)
    snprintf(c->fate, sizeof c->fate, "exit status %d", WEXITSTATUS(c->status));
}

bool aus_child_wait(aus_child *c, double most_s)
{
  struct pollfd end = {.fd = c->end, .events = POLLIN};
  struct rusage used = {0};
  pid_t got;

  if (c->pid == 0) return true;
  /* Its end of the pipe closes a moment before it can be waited for. */
  if (poll(&end, 1, (int)(most_s * 1e3)) > 0) aus_clock_sleep(20e-6);
  got = wait4(c->pid, &c->status, WNOHANG, &used);
  if (got == 0 || (got < 0 && errno == EINTR)) return false;
  if (got < 0) c->status = 1 << 8; /* somebody else has waited for it */
  bury(c, &used);
  return true;
}

void aus_child_kill(aus_child *c)
{
  struct rusage used = {0};

  if (c->pid == 0) return;
  (void)kill(c->pid, SIGKILL);
  while (wait4(c->pid, &c->status, 0, &used) < 0 && errno == EINTR)
    continue;
  bury(c, &used);
}

const char *aus_child_fate(const aus_child *c)
{
  return c->fate[0] ? c->fate : NULL;
}

int64_t aus_child_rss_bytes(const aus_child *c)
{
  return c->rss_bytes;
}

/* All records at once: they are in memory anyway. */
static int map_records(aus_child *c, aus_err *err)
{
  int rc = AUS_OK;
  struct stat st;
  void *p;

  if (fstat(c->file, &st) != 0) AUS_FAIL(err, AUS_EDEP, "anonymous file: %s", strerror(errno));
  if (st.st_size == 0) goto done;
  p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, c->file, 0);
  if (p == MAP_FAILED) AUS_FAIL(err, AUS_ENOMEM, "out of memory (%s)", strerror(errno));
  c->map = p;
  c->n_map = (size_t)st.st_size;
done:
  return rc;
}

int aus_child_next(aus_child *c, uint32_t *type, const void **bytes, uint64_t *n, aus_err *err)
{
  int rc = AUS_OK;
  head h;

  *bytes = NULL;
  *n = 0;
  if (!c->map) AUS_TRY(map_records(c, err));
  if (c->at >= c->n_map) goto done;
  if (c->n_map - c->at < sizeof h) AUS_FAIL(err, AUS_EFORMAT, "a record of a child was cut");
  memcpy(&h, c->map + c->at, sizeof h);
  if (h.n > c->n_map - c->at - sizeof h) AUS_FAIL(err, AUS_EFORMAT, "a record of a child was cut");
  *type = (uint32_t)h.type;
  *bytes = c->map + c->at + sizeof h;
  *n = h.n;
  c->at += sizeof h + h.n;
  c->at += padding(c->at);
done:
  return rc;
}
