/* proc.c - processes of this machine, from /proc.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/proc.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* State and time of start of a process; '?' and 0 where that cannot be read. /proc/PID/stat is "pid (name)
 * state ppid ...": the name may hold blanks and brackets, so fields are counted from its last bracket.
 * The first one behind it is the state, number 3; the time of start is number 22. */
static uint64_t look(int64_t pid, char *state)
{
  char path[64], text[1024], *p;
  FILE *f;
  size_t n = 0;
  int field;

  *state = '?';
  snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
  f = fopen(path, "re");
  if (f) {
    n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
  }
  text[n] = '\0';
  p = strrchr(text, ')');
  if (p && p[1] == ' ') *state = p[2];
  for (field = 2; p && field < 22; field++)
    p = strchr(p + 1, ' ');
  return p ? strtoull(p, NULL, 10) : 0;
}

static bool has_ended(char state)
{
  return state == 'Z' || state == 'X';
}

uint64_t aus_proc_start(int64_t pid)
{
  char state;
  uint64_t start = pid > 0 ? look(pid, &state) : 0;

  return start > 0 && !has_ended(state) ? start : 0;
}

bool aus_proc_alive(int64_t pid, uint64_t start)
{
  char state;
  uint64_t now;

  if (pid <= 0 || pid > INT_MAX) return false;
  now = look(pid, &state);
  if (has_ended(state) || (kill((pid_t)pid, 0) != 0 && errno != EPERM)) return false;
  return start == 0 || now == 0 || now == start;
}

void aus_proc_host(char *out, size_t n)
{
  char name[256] = "";

  if (gethostname(name, sizeof name - 1) != 0) name[0] = '\0';
  snprintf(out, n, "%s", name);
}
