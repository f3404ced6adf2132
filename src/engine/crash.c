/* crash.c - lines of crash files: written without memory, read without trust.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "engine/crash.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/file.h"

enum { MAX_ATTEMPT = 1000 };

void aus_crashes_init(aus_crashes *c)
{
  *c = (aus_crashes){0};
}

void aus_crashes_fini(aus_crashes *c)
{
  aus_free(c->task);
  *c = (aus_crashes){0};
}

/* ---- out ---- */

static size_t put_text(char *out, const char *text, size_t most)
{
  size_t n = 0;

  for (; n < most && text[n]; n++)
    out[n] = text[n];
  return n;
}

/* Digits and a blank; printf is not for signal handlers. */
static size_t put_number(char *out, uint32_t x)
{
  char digit[10];
  size_t n = 0, i;

  do
    digit[n++] = (char)('0' + x % 10);
  while ((x /= 10) > 0);
  for (i = 0; i < n; i++)
    out[i] = digit[n - 1 - i];
  out[n] = ' ';
  return n + 1;
}

size_t aus_crash_line(char out[AUS_CRASH_LINE], uint64_t id, bool job, int attempt,
                      const char *cause)
{
  size_t n = put_text(out, job ? "job " : "trial ", 6);

  n += put_number(out + n, (uint32_t)(id >> 32));
  n += put_number(out + n, (uint32_t)id);
  n += put_number(out + n, (uint32_t)attempt);
  n += put_text(out + n, cause, sizeof((aus_crash *)NULL)->cause - 1);
  out[n++] = '\n';
  out[n] = '\0';
  return n;
}

const char *aus_crash_signal_name(int number)
{
  switch (number) {
  case SIGSEGV:
    return "SIGSEGV";
  case SIGBUS:
    return "SIGBUS";
  case SIGFPE:
    return "SIGFPE";
  case SIGILL:
    return "SIGILL";
  case SIGABRT:
    return "SIGABRT";
  case SIGKILL:
    return "SIGKILL";
  case SIGTERM:
    return "SIGTERM";
  case SIGXCPU:
    return "SIGXCPU";
  case SIGSYS:
    return "SIGSYS";
  default:
    return "signal";
  }
}

int aus_crash_path(char **out, const char *dir, int rank, int pid, aus_err *err)
{
  char name[64];

  snprintf(name, sizeof name, "crash-%d-%d.txt", rank, pid);
  return aus_path_join(out, dir, name, err);
}

/* ---- in ---- */

/* Where a task stands, or would stand. */
static int64_t position(const aus_crashes *c, uint64_t id, bool job)
{
  int64_t lo = 0, hi = c->n;

  while (lo < hi) {
    int64_t mid = lo + (hi - lo) / 2;
    const aus_crash *x = &c->task[mid];

    if (x->id < id || (x->id == id && x->job < job))
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

static int add(aus_crashes *c, const aus_crash *x, aus_err *err)
{
  int rc = AUS_OK;
  int64_t at = position(c, x->id, x->job);

  if (at < c->n && c->task[at].id == x->id && c->task[at].job == x->job) {
    if (x->n_attempts > c->task[at].n_attempts) c->task[at] = *x;
    goto done;
  }
  AUS_TRY(aus_grow(&c->task, &c->cap, c->n + 1, sizeof *c->task, err));
  memmove(c->task + at + 1, c->task + at, (size_t)(c->n - at) * sizeof *c->task);
  c->task[at] = *x;
  c->n++;
done:
  return rc;
}

/* Digits and one blank; the number is at most `most`. */
static bool take_number(const char **at, uint64_t most, uint64_t *out)
{
  const char *p = *at;

  *out = 0;
  if (*p == '0' && p[1] != ' ') return false;
  for (; *p >= '0' && *p <= '9'; p++) {
    *out = *out * 10 + (uint64_t)(*p - '0');
    if (*out > most) return false;
  }
  if (p == *at || *p != ' ') return false;
  *at = p + 1;
  return true;
}

static bool take_cause(const char *p, char *out, size_t size)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  size_t n = strspn(p, letters);

  if (n == 0 || n >= size || p[n] != '\0') return false;
  memcpy(out, p, n + 1);
  return true;
}

/* A whole line without its end, closed by a zero byte. */
static bool take_line(const char *p, aus_crash *x)
{
  uint64_t campaign, index, attempt;

  *x = (aus_crash){.job = strncmp(p, "job ", 4) == 0};
  if (!x->job && strncmp(p, "trial ", 6) != 0) return false;
  p += x->job ? 4 : 6;
  if (!take_number(&p, UINT32_MAX, &campaign) || !take_number(&p, UINT32_MAX, &index) ||
      !take_number(&p, MAX_ATTEMPT, &attempt) || !take_cause(p, x->cause, sizeof x->cause))
    return false;
  x->id = campaign << 32 | index;
  x->n_attempts = (int)attempt + 1;
  return true;
}

int aus_crash_parse(aus_crashes *c, const char *text, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  const char *end;
  char line[AUS_CRASH_LINE];
  aus_crash x;

  for (; n > 0; n -= (size_t)(end - text) + 1, text = end + 1) {
    end = memchr(text, '\n', n);
    if (!end || end - text >= AUS_CRASH_LINE || memchr(text, '\0', (size_t)(end - text))) {
      c->n_bad++;
      if (!end) break;
      continue;
    }
    memcpy(line, text, (size_t)(end - text));
    line[end - text] = '\0';
    if (take_line(line, &x))
      AUS_TRY(add(c, &x, err));
    else
      c->n_bad++;
  }
done:
  return rc;
}

/* ---- files ---- */

/* crash-<digits>-<digits>.txt */
static bool is_crash_file(const char *name)
{
  static const char digits[] = "0123456789";
  size_t n;

  if (strncmp(name, "crash-", 6) != 0) return false;
  name += 6;
  n = strspn(name, digits);
  if (n == 0 || name[n] != '-') return false;
  name += n + 1;
  n = strspn(name, digits);
  return n > 0 && strcmp(name + n, ".txt") == 0;
}

/* Call fn with the path of each crash file that is a regular file; their order does not matter. */
static int each_file(const char *dir, int (*fn)(void *self, const char *path, aus_err *err),
                     void *self, aus_err *err)
{
  int rc = AUS_OK;
  DIR *d = opendir(dir);
  struct dirent *e;
  struct stat st;
  char *path = NULL;

  if (!d && errno == ENOENT) goto done;
  if (!d) AUS_FAIL(err, AUS_EIO, "%s: %s", dir, strerror(errno));
  while ((e = readdir(d))) {
    if (!is_crash_file(e->d_name)) continue;
    AUS_TRY(aus_path_join(&path, dir, e->d_name, err));
    if (lstat(path, &st) == 0 && S_ISREG(st.st_mode)) AUS_TRY(fn(self, path, err));
    aus_free(path);
    path = NULL;
  }
done:
  aus_free(path);
  if (d) closedir(d);
  return rc;
}

static int read_one(void *self, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  aus_crashes *c = self;
  char *text = NULL;
  size_t n;

  AUS_TRY(aus_file_read(path, &text, &n, err));
  AUS_TRY(aus_crash_parse(c, text, n, err));
  c->n_files++;
done:
  aus_free(text);
  return rc;
}

int aus_crash_read(aus_crashes *c, const char *dir, aus_err *err)
{
  return each_file(dir, read_one, c, err);
}

static int remove_one(void *self, const char *path, aus_err *err)
{
  (void)self;
  if (unlink(path) == 0) return AUS_OK;
  return aus_fail(err, AUS_EIO, AUS_HERE, "%s: %s", path, strerror(errno));
}

int aus_crash_remove(const char *dir, aus_err *err)
{
  return each_file(dir, remove_one, NULL, err);
}
