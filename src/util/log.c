/* log.c - levelled log on stderr.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/log.h"

#include "util/clock.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MAX_MODULES = 16, KEPT_LENGTH = 240 };

static const char *const level_names[] = {"none", "error", "warn", "info", "debug", "trace"};

/* The log sink is one of the few allowed globals. */
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
  int64_t n_warnings; /* warnings and errors so far; the last few are kept, in a ring */
  char warning[AUS_LOG_KEPT][KEPT_LENGTH];
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
  sink.n_warnings = 0;
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

/* Also what -q does not show. */
static void keep(const char *module, const char *text)
{
  snprintf(sink.warning[sink.n_warnings % AUS_LOG_KEPT], KEPT_LENGTH, "%.3f %.24s: %.200s",
           aus_clock_s() - sink.t0_s, module, text);
  sink.n_warnings++;
}

int aus_log_warnings(const char *out[AUS_LOG_KEPT])
{
  int64_t n = sink.n_warnings < AUS_LOG_KEPT ? sink.n_warnings : AUS_LOG_KEPT, i;

  for (i = 0; i < n; i++)
    out[i] = sink.warning[(sink.n_warnings - n + i) % AUS_LOG_KEPT];
  return (int)n;
}

void aus_log(aus_log_level level, const char *module, const char *format, ...)
{
  char text[1024], rank[16] = "";
  va_list ap;

  if (level > AUS_LOG_WARN && !aus_log_on(level, module)) return;
  va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  if (level <= AUS_LOG_WARN) keep(module, text);
  if (!aus_log_on(level, module)) return;
  if (sink.rank > 0) snprintf(rank, sizeof rank, "[%d] ", sink.rank);
  /* One write per line, so that lines of several ranks do not mix. */
  fprintf(stderr, "%s%s%9.3f %-5s %s: %s\n", sink.live ? "\r\033[K" : "", rank,
          aus_clock_s() - sink.t0_s, level_names[level], module, text);
}

void aus_log_live(int on)
{
  sink.live = on;
}
