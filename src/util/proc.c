/* proc.c - processes of this machine, from /proc.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/proc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* /proc/PID/stat is "pid (name) state ppid ...": the name may hold blanks and brackets, so fields are
 * counted from its last bracket. Field 22 is the start time; the state is the first behind the name. */
static uint64_t start_of(const char *stat)
{
  const char *p = strrchr(stat, ')');
  int field;

  if (!p || p[1] != ' ' || p[2] == 'Z' || p[2] == 'X') return 0;
  for (p += 2, field = 3; field < 22; field++) {
    p = strchr(p, ' ');
    if (!p) return 0;
    p++;
  }
  return strtoull(p, NULL, 10);
}

uint64_t aus_proc_start(int64_t pid)
{
  char path[64], text[1024];
  FILE *f;
  size_t n;

  if (pid <= 0) return 0;
  snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
  f = fopen(path, "re");
  if (!f) return 0;
  n = fread(text, 1, sizeof text - 1, f);
  fclose(f);
  text[n] = '\0';
  return start_of(text);
}

void aus_proc_host(char *out, size_t n)
{
  char name[256] = "";

  if (gethostname(name, sizeof name - 1) != 0) name[0] = '\0';
  snprintf(out, n, "%s", name);
}
