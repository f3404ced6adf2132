/* log.c - levelled log on stderr.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/log.h"

#include "util/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_MODULES = 16 };

static const char *const level_names[] = {"none", "error", "warn", "info", "debug", "trace"};

/* The log sink is one of the three allowed globals. */
static struct {
  int rank;
  aus_log_level level;
  int n_modules;
  struct {
    char name[24];
    aus_log_level level;
  } module[MAX_MODULES];
  int live;
  double t0_s;
} sink = {.level = AUS_LOG_WARN};

static int level_of(const char *word, size_t n, aus_log_level *out)
{
  int i;

  for (i = 0; i <= AUS_LOG_TRACE; i++)
    if (strlen(level_names[i]) == n && strncmp(level_names[i], word, n) == 0) {
      *out = (aus_log_level)i;
      return 1;
    }
  return 0;
}

static void take_word(const char *word, size_t n)
{
  const char *colon = memchr(word, ':', n);
  size_t n_name = colon ? (size_t)(colon - word) : 0;
  aus_log_level level;

  if (!colon) {
    if (level_of(word, n, &level))
      sink.level = level;
    else
      AUS_WARN("log", "AUSPEX_LOG: unknown level \"%.*s\"", (int)n, word);
    return;
  }
  if (sink.n_modules == MAX_MODULES || n_name >= sizeof sink.module[0].name ||
      !level_of(colon + 1, n - n_name - 1, &level)) {
    AUS_WARN("log", "AUSPEX_LOG: cannot use \"%.*s\"", (int)n, word);
    return;
  }
  memcpy(sink.module[sink.n_modules].name, word, n_name);
  sink.module[sink.n_modules].name[n_name] = '\0';
  sink.module[sink.n_modules++].level = level;
}

void aus_log_start(int rank, aus_log_level level, const char *spec)
{
  sink.rank = rank;
  sink.level = level;
  sink.n_modules = 0;
  sink.t0_s = aus_clock_s();
  while (spec && *spec) {
    size_t n = strcspn(spec, ",");

    if (n > 0) take_word(spec, n);
    spec += n + (spec[n] == ',');
  }
}

int aus_log_on(aus_log_level level, const char *module)
{
  int i;

  for (i = 0; i < sink.n_modules; i++)
    if (strcmp(sink.module[i].name, module) == 0) return level <= sink.module[i].level;
  return level <= sink.level;
}

void aus_log(aus_log_level level, const char *module, const char *format, ...)
{
  char text[1024], rank[16] = "";
  va_list ap;

  if (!aus_log_on(level, module)) return;
  va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  if (sink.rank > 0) snprintf(rank, sizeof rank, "[%d] ", sink.rank);
  /* One write per line, so that lines of several ranks do not mix. */
  fprintf(stderr, "%s%s%9.3f %-5s %s: %s\n", sink.live ? "\r\033[K" : "", rank,
          aus_clock_s() - sink.t0_s, level_names[level], module, text);
}

void aus_log_live(int on)
{
  sink.live = on;
}
