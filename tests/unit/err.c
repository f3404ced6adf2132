/* err.c - the error object: first wins, context in front, exit codes.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

static void first_error_wins(void **state)
{
  aus_err err;

  (void)state;
  aus_err_clear(&err);
  assert_int_equal(aus_fail(&err, AUS_EIO, "a/src/util/x.c:7", "disk %d", 3), AUS_EIO);
  assert_int_equal(aus_fail(&err, AUS_EBUG, AUS_HERE, "later"), AUS_EBUG);
  assert_int_equal(err.code, AUS_EIO);
  assert_string_equal(err.text, "disk 3");
  assert_string_equal(err.where, "src/util/x.c:7");
  assert_int_equal(err.rank, -1);
}

static void context_goes_in_front(void **state)
{
  aus_err err;
  char longer[500];

  (void)state;
  aus_err_clear(&err);
  aus_err_prepend(&err, "nothing happens: ");
  assert_string_equal(err.text, "");
  (void)aus_fail(&err, AUS_EIO, AUS_HERE, "no space");
  aus_err_prepend(&err, "sample %d: ", 12);
  assert_string_equal(err.text, "sample 12: no space");
  memset(longer, 'x', sizeof longer - 1);
  longer[sizeof longer - 1] = '\0';
  aus_err_prepend(&err, "%s", longer);
  assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static void null_is_allowed(void **state)
{
  (void)state;
  assert_int_equal(aus_fail(NULL, AUS_EIO, AUS_HERE, "x"), AUS_EIO);
  aus_err_prepend(NULL, "x");
}

static void exit_codes(void **state)
{
  (void)state;
  assert_int_equal(aus_code_exit(AUS_OK), 0);
  assert_int_equal(aus_code_exit(AUS_ECONFIG), 2);
  assert_int_equal(aus_code_exit(AUS_EINVAL), 2);
  assert_int_equal(aus_code_exit(AUS_EFORMAT), 3);
  assert_int_equal(aus_code_exit(AUS_EIO), 4);
  assert_int_equal(aus_code_exit(AUS_ENUMERIC), 5);
  assert_int_equal(aus_code_exit(AUS_EBUSY), 7);
  assert_int_equal(aus_code_exit(AUS_ERESUME), 6);
  assert_int_equal(aus_code_exit(AUS_EDIFF), 1);
  assert_int_equal(aus_code_exit(AUS_EMPI), 8);
  assert_int_equal(aus_code_exit(AUS_EBUG), 70);
  assert_int_equal(aus_code_exit(AUS_ENOMEM), 70);
  assert_int_equal(aus_code_exit(AUS_EDEP), 70);
  assert_int_equal(aus_code_exit(AUS_ECANCEL), 75);
  assert_string_equal(aus_code_name(AUS_EDEP), "EDEP");
  assert_string_equal(aus_code_name(AUS_EBUSY), "EBUSY");
  assert_string_equal(aus_code_name(AUS_EDIFF), "EDIFF");
  assert_string_equal(aus_code_name(AUS_EDIFF - 1), "unknown");
  assert_string_equal(aus_code_name(5), "unknown");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(first_error_wins),
      cmocka_unit_test(context_goes_in_front),
      cmocka_unit_test(null_is_allowed),
      cmocka_unit_test(exit_codes),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
