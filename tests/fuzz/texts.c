/* texts.c - fuzz: short texts that a run leaves for the next one, or finds around it.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * First byte: lock line, crash file, wall time, two configurations to compare (divided by a byte 0), JSON to
 * be laid out. Layout changes blanks only, so it does nothing the second time; two equal configurations have no
 * difference.
 */
#include <config.h>

#include <math.h>

#include "engine/crash.h"
#include "engine/ctl.h"
#include "fuzz/fuzz.h"
#include "store/runlock.h"
#include "study/change.h"
#include "util/json.h"

static void lock_line(const char *text)
{
  aus_runlock_holder h = aus_runlock_parse(text);

  fuzz_check(memchr(h.host, '\0', sizeof h.host) && memchr(h.since, '\0', sizeof h.since));
  fuzz_check(memchr(h.job, '\0', sizeof h.job));
  (void)aus_runlock_may_take(&h, &h, false, true, 0, false);
}

static void crash_file(const char *text, size_t n)
{
  aus_crashes c;
  aus_err err = {0};
  int64_t i;

  aus_crashes_init(&c);
  if (fuzz_must(aus_crash_parse(&c, text, n, &err), &err))
    for (i = 0; i < c.n; i++) {
      fuzz_check(c.task[i].n_attempts > 0);
      fuzz_check(memchr(c.task[i].cause, '\0', sizeof c.task[i].cause));
      fuzz_check(i == 0 || c.task[i - 1].id < c.task[i].id ||
                 (c.task[i - 1].id == c.task[i].id && c.task[i - 1].job < c.task[i].job));
    }
  aus_crashes_fini(&c);
}

static void wall_time(const char *text)
{
  double s = 0;
  aus_err err = {0};

  if (fuzz_took(aus_ctl_walltime(text, &s, &err), &err, AUS_ECONFIG))
    fuzz_check(s > 0 && isfinite(s));
}

static void compare(const char *before, const char *now)
{
  aus_buf forbidden;
  aus_err err = {0};
  bool changed = false;
  unsigned char digest[32];

  aus_buf_init(&forbidden);
  if (fuzz_took(aus_change_compare(before, now, aus_studies[0], NULL, &forbidden, &changed, &err),
                &err, AUS_EFORMAT)) {
    fuzz_check(changed || forbidden.n == 0);
    fuzz_check(!changed || strcmp(before, now) != 0);
  }
  aus_err_clear(&err);
  (void)fuzz_took(aus_change_digest(now, aus_studies[0], digest, &err), &err, AUS_EFORMAT);
  aus_buf_fini(&forbidden);
}

/* A byte order mark is no JSON, although our reader passes over it. */
static void layout(const char *text, size_t n)
{
  aus_buf first, second;
  aus_json *doc = NULL;
  aus_err err = {0};

  aus_buf_init(&first);
  aus_buf_init(&second);
  if (fuzz_took(aus_json_parse(&doc, "text", text, n, &err), &err, AUS_EFORMAT)) {
    aus_json_destroy(doc);
    aus_json_pretty(text, &first);
    if (fuzz_filled(&first)) {
      if (fuzz_must(aus_json_parse(&doc, "text", first.data, (size_t)first.n, &err), &err))
        aus_json_destroy(doc);
      aus_json_pretty(first.data, &second);
      if (fuzz_filled(&second)) fuzz_check(fuzz_same(&second, first.data, (size_t)first.n));
    }
  }
  aus_buf_fini(&first);
  aus_buf_fini(&second);
}

FUZZ_TARGET(texts)
{
  fuzz_in in = {data, n};
  uint8_t what = fuzz_byte(&in) % 5;
  size_t len = in.n, half;
  char *text = fuzz_text(in.p, in.n);

  half = strlen(text);
  if (what == 0) lock_line(text);
  if (what == 1) crash_file(text, len);
  if (what == 2) wall_time(text);
  if (what == 3) compare(text, half < len ? text + half + 1 : text);
  if (what == 4 && half == len && text[0] != '\xef') layout(text, len);
  free(text);
}
