/* match_stand.h - the stored data of the area match, for its tests.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_TESTS_UNIT_MATCH_STAND_H
#define AUS_TESTS_UNIT_MATCH_STAND_H

#include "match/data.h"
#include "unit/check.h"
#include "unit/shared.h"
#include "util/sheet.h"

/** A table of data/match; skips the test when it is not there. */
static inline aus_sheet shared_sheet(const char *path)
{
  aus_err err = {0};
  aus_sheet s;
  char name[256];
  size_t n;
  char *text;

  snprintf(name, sizeof name, "match/%s", path);
  text = shared_text(name, &n);
  check_ok(aus_sheet_read(&s, path, text, n, &err), &err);
  free(text);
  return s;
}

/** A table from text. */
static inline aus_sheet text_sheet(const char *text)
{
  aus_err err = {0};
  aus_sheet s;

  check_ok(aus_sheet_read(&s, "t.csv", text, strlen(text), &err), &err);
  return s;
}

/** Column that has to be there. */
static inline int64_t sheet_column(const aus_sheet *s, const char *name)
{
  int64_t j = aus_sheet_find(s, name);

  if (j < 0) fail_msg("%s: no column %s", s->name, name);
  return j;
}

static inline double sheet_number(const aus_sheet *s, int64_t row, const char *column)
{
  aus_err err = {0};
  double x = 0;

  check_ok(aus_sheet_real(s, row, sheet_column(s, column), &x, &err), &err);
  return x;
}

static inline aus_match_specs shared_specs(void)
{
  aus_err err = {0};
  aus_match_specs specs;
  aus_sheet s = shared_sheet("reliabuild/specs.csv.gz");

  check_ok(aus_match_specs_read(&specs, &s, &err), &err);
  aus_sheet_fini(&s);
  return specs;
}

#endif
