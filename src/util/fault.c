/* fault.c - faults on request.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/fault.h"

#ifdef NDEBUG

int aus_fault_start(const char *spec, aus_err *err)
{
  (void)spec;
  (void)err;
  return AUS_OK;
}

double aus_fault_delay_s(uint64_t id)
{
  (void)id;
  return 0.0;
}

int aus_fault_signal(uint64_t id, int attempt)
{
  (void)id;
  (void)attempt;
  return 0;
}

int aus_fault_hangs(uint64_t id, int attempt)
{
  (void)id;
  (void)attempt;
  return 0;
}

#else

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cfg.h"

typedef struct setting {
  double delay_ms;
  uint64_t seed;
  uint64_t crash_id, hang_id; /* 0: none (campaigns count from 1) */
  uint64_t signal, attempts;  /* 0: the default */
} setting;

static setting now;

typedef enum fault_kind { FAULT_REAL, FAULT_COUNT, FAULT_ID } fault_kind;

static const struct {
  const char *name;
  fault_kind kind;
  size_t offset; /* in setting */
} faults[] = {
    {"delay_ms", FAULT_REAL, offsetof(setting, delay_ms)},
    {"seed", FAULT_COUNT, offsetof(setting, seed)},
    {"crash_id", FAULT_ID, offsetof(setting, crash_id)},
    {"hang_id", FAULT_ID, offsetof(setting, hang_id)},
    {"signal", FAULT_COUNT, offsetof(setting, signal)},
    {"attempts", FAULT_COUNT, offsetof(setting, attempts)},
};

enum { N_FAULTS = sizeof faults / sizeof faults[0] };

static const char *const wanted[] = {"a number >= 0", "an integer >= 0", "CAMPAIGN:INDEX"};

/* Two 32-bit numbers with a colon between them. */
static bool take_id(const char *text, uint64_t *id)
{
  char *end;
  uint64_t campaign = strtoull(text, &end, 10), index;

  if (*end != ':' || !isdigit((unsigned char)end[1])) return false;
  index = strtoull(end + 1, &end, 10);
  *id = campaign << 32 | index;
  return *end == '\0' && errno == 0 && campaign <= UINT32_MAX && index <= UINT32_MAX;
}

static bool take_value(setting *s, int i, const char *text)
{
  char *field = (char *)s + faults[i].offset, *end;
  double x;
  uint64_t u;

  if (!isdigit((unsigned char)text[0])) return false;
  errno = 0;
  if (faults[i].kind == FAULT_REAL) {
    x = strtod(text, &end);
    memcpy(field, &x, sizeof x);
    return *end == '\0' && isfinite(x);
  }
  if (faults[i].kind == FAULT_ID) return take_id(text, (uint64_t *)(void *)field);
  u = strtoull(text, &end, 10);
  memcpy(field, &u, sizeof u);
  return *end == '\0' && errno == 0;
}

static int unknown(const char *name, aus_err *err)
{
  const char *names[N_FAULTS], *near;
  int i;

  for (i = 0; i < N_FAULTS; i++)
    names[i] = faults[i].name;
  near = aus_cfg_nearest(name, names, N_FAULTS);
  if (near)
    return aus_fail(err, AUS_ECONFIG, AUS_HERE,
                    "AUSPEX_FAULT: unknown name \"%s\"; did you mean \"%s\"?", name, near);
  return aus_fail(err, AUS_ECONFIG, AUS_HERE, "AUSPEX_FAULT: unknown name \"%s\"", name);
}

/* One "name=value" of n characters. */
static int take_word(setting *s, const char *word, size_t n, aus_err *err)
{
  char text[80], *value;
  int i;

  snprintf(text, sizeof text, "%.*s", (int)n, word);
  value = strchr(text, '=');
  if (value) *value++ = '\0';
  for (i = 0; i < N_FAULTS && strcmp(faults[i].name, text) != 0; i++)
    continue;
  if (i == N_FAULTS) return unknown(text, err);
  if (n < sizeof text && value && take_value(s, i, value)) return AUS_OK;
  return aus_fail(err, AUS_ECONFIG, AUS_HERE, "AUSPEX_FAULT: %s is %s, need %s", text,
                  value && value[0] ? value : "empty", wanted[faults[i].kind]);
}

int aus_fault_start(const char *spec, aus_err *err)
{
  int rc = AUS_OK;
  setting s = {0};
  size_t n;

  now = s;
  for (; spec && *spec; spec += n + (spec[n] == ',')) {
    n = strcspn(spec, ",");
    AUS_TRY(take_word(&s, spec, n, err));
  }
  now = s;
done:
  return rc;
}

/* The finishing steps of SplitMix64: every bit of the sum reaches every bit of the result.
 * Source: Steele, Lea and Flood 2014, figure 16, with the constants of Stafford's variant 13. */
static uint64_t hash(uint64_t seed, uint64_t id)
{
  uint64_t z = seed * 0xd1342543de82ef95u + (id + 1) * 0x9e3779b97f4a7c15u;

  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static bool is_hit(uint64_t chosen, uint64_t id, int attempt)
{
  return chosen != 0 && chosen == id && (now.attempts == 0 || (uint64_t)attempt < now.attempts);
}

int aus_fault_signal(uint64_t id, int attempt)
{
  const int sigabrt = 6;

  if (!is_hit(now.crash_id, id, attempt)) return 0;
  return now.signal > 0 && now.signal < 65 ? (int)now.signal : sigabrt;
}

int aus_fault_hangs(uint64_t id, int attempt)
{
  return is_hit(now.hang_id, id, attempt);
}

double aus_fault_delay_s(uint64_t id)
{
  return now.delay_ms / 1000.0 * ((double)(hash(now.seed, id) >> 11) * 0x1p-53);
}

#endif
