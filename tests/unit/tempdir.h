/* tempdir.h - a directory of the test's own, removed at the end.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_TESTS_UNIT_TEMPDIR_H
#define AUS_TESTS_UNIT_TEMPDIR_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static inline int tempdir_remove_one(const char *path, const struct stat *st, int flag,
                                     struct FTW *ftw)
{
  (void)st;
  (void)flag;
  (void)ftw;
  return remove(path);
}

/* Symbolic links are removed, never followed. */
static inline void tempdir_remove(const char *path)
{
  nftw(path, tempdir_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* path has room for at least 256 bytes. 0 when it worked. */
static inline int tempdir_make(char *path)
{
  const char *at = getenv("TMPDIR");

  snprintf(path, 256, "%s/auspex-test-XXXXXX", at && at[0] ? at : "/tmp");
  return mkdtemp(path) ? 0 : -1;
}

#endif
