/* file.c - whole files in and out.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/file.h"

#include "util/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int aus_file_read(const char *path, char **bytes, size_t *n, aus_err *err)
{
  int rc = AUS_OK, fd = -1;
  struct stat st;
  char *p = NULL;
  size_t size, at = 0;

  *bytes = NULL;
  *n = 0;
  fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    AUS_FAIL(err, errno == ENOENT ? AUS_EFORMAT : AUS_EIO, "%s: %s", path, strerror(errno));
  if (fstat(fd, &st) != 0) AUS_FAIL(err, AUS_EIO, "%s: %s", path, strerror(errno));
  if (!S_ISREG(st.st_mode)) AUS_FAIL(err, AUS_EFORMAT, "%s: not a regular file", path);
  size = (size_t)st.st_size;
  AUS_NEW(p, size + 1, err);
  while (at < size) {
    ssize_t got = read(fd, p + at, size - at);

    if (got < 0 && errno == EINTR) continue;
    if (got < 0) AUS_FAIL(err, AUS_EIO, "%s: %s", path, strerror(errno));
    if (got == 0) break; /* became shorter meanwhile */
    at += (size_t)got;
  }
  *n = at;
  *bytes = p;
  p = NULL;
done:
  if (fd >= 0) close(fd);
  aus_free(p);
  return rc;
}

static int write_all(int fd, const char *p, size_t n)
{
  while (n > 0) {
    ssize_t put = write(fd, p, n);

    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return -1;
    p += put;
    n -= (size_t)put;
  }
  return 0;
}

static int write_whole(const char *path, const void *bytes, size_t n, int sync, aus_err *err)
{
  int rc = AUS_OK, fd = -1;
  size_t n_part = strlen(path) + sizeof ".part";
  char *part = NULL;

  AUS_NEW(part, n_part, err);
  snprintf(part, n_part, "%s.part", path);
  fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) AUS_FAIL(err, AUS_EIO, "%s: %s", part, strerror(errno));
  if (write_all(fd, bytes, n) != 0 || (sync && fsync(fd) != 0))
    AUS_FAIL(err, AUS_EIO, "%s: %s", part, strerror(errno));
  if (close(fd) != 0) {
    fd = -1;
    AUS_FAIL(err, AUS_EIO, "%s: %s", part, strerror(errno));
  }
  fd = -1;
  if (rename(part, path) != 0) AUS_FAIL(err, AUS_EIO, "%s: %s", path, strerror(errno));
done:
  if (fd >= 0) close(fd);
  if (rc != AUS_OK && part) unlink(part);
  aus_free(part);
  return rc;
}

int aus_file_write(const char *path, const void *bytes, size_t n, aus_err *err)
{
  return write_whole(path, bytes, n, 1, err);
}

int aus_file_replace(const char *path, const void *bytes, size_t n, aus_err *err)
{
  return write_whole(path, bytes, n, 0, err);
}

int aus_file_write_in(const char *dir, const char *name, const void *bytes, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  char *path = NULL;

  AUS_TRY(aus_path_join(&path, dir, name, err));
  AUS_TRY(aus_file_write(path, bytes, n, err));
done:
  aus_free(path);
  return rc;
}

int aus_file_check(const char *path, aus_err *err)
{
  int rc = AUS_OK;
  char *dir = NULL;
  struct stat st;

  AUS_TRY(aus_path_dir(&dir, path, err));
  if (path[0] == '\0' || path[strlen(path) - 1] == '/')
    AUS_FAIL(err, AUS_EIO, "\"%s\" is no name for an output file", path);
  if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
    AUS_FAIL(err, AUS_EIO, "%s: cannot write there: it is a directory", path);
  if (access(dir[0] != '\0' ? dir : ".", W_OK | X_OK) != 0)
    AUS_FAIL(err, AUS_EIO, "%s: cannot write there: %s", path, strerror(errno));
done:
  aus_free(dir);
  return rc;
}

int aus_file_same(const char *a, const char *b)
{
  struct stat x, y;

  return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int aus_dir_make(const char *path, aus_err *err)
{
  int rc = AUS_OK;
  char *p = NULL, *s;
  struct stat st;

  AUS_DUP(p, path, err);
  for (s = p + (p[0] == '/'); *s; s++) {
    if (*s != '/') continue;
    *s = '\0';
    if (mkdir(p, 0777) != 0 && errno != EEXIST)
      AUS_FAIL(err, AUS_EIO, "%s: %s", p, strerror(errno));
    *s = '/';
  }
  if (mkdir(p, 0777) != 0 && errno != EEXIST) AUS_FAIL(err, AUS_EIO, "%s: %s", p, strerror(errno));
  if (stat(p, &st) != 0 || !S_ISDIR(st.st_mode)) AUS_FAIL(err, AUS_EIO, "%s: not a directory", p);
done:
  aus_free(p);
  return rc;
}

int aus_path_join(char **out, const char *dir, const char *name, aus_err *err)
{
  int rc = AUS_OK;
  size_t n = strlen(dir) + strlen(name) + 2;

  *out = NULL;
  if (name[0] == '/' || dir[0] == '\0') {
    AUS_DUP(*out, name, err);
  } else {
    AUS_NEW(*out, n, err);
    snprintf(*out, n, "%s%s%s", dir, dir[strlen(dir) - 1] == '/' ? "" : "/", name);
  }
done:
  return rc;
}

int aus_path_dir(char **out, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  const char *slash = strrchr(path, '/');
  size_t n = slash ? (size_t)(slash - path) + (slash == path) : 0;

  AUS_NEW(*out, n + 1, err);
  memcpy(*out, path, n);
done:
  return rc;
}
