/* crash.c - lines of crash files, whole and damaged; files of a run directory.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"
#include "unit/tempdir.h"

#include <signal.h>

#include "engine/crash.h"

static aus_err err;
static char dir[256];

static void parse(aus_crashes *c, const char *text)
{
  check_ok(aus_crash_parse(c, text, strlen(text), &err), &err);
}

static void expect(const aus_crashes *c, int64_t i, uint32_t campaign, uint32_t index, bool job,
                   int n_attempts, const char *cause)
{
  assert_true(i < c->n);
  assert_true(c->task[i].id == ((uint64_t)campaign << 32 | index) && c->task[i].job == job);
  assert_int_equal(c->task[i].n_attempts, n_attempts);
  assert_string_equal(c->task[i].cause, cause);
}

static void writes_lines(void **state)
{
  char line[AUS_CRASH_LINE];

  (void)state;
  assert_int_equal(aus_crash_line(line, 3ull << 32 | 17, false, 0, "deadline"), 22);
  assert_string_equal(line, "trial 3 17 0 deadline\n");
  aus_crash_line(line, UINT64_MAX, true, 9, "SIGSEGV");
  assert_string_equal(line, "job 4294967295 4294967295 9 SIGSEGV\n");
  aus_crash_line(line, 0, true, 0, "abcdefghijklmnopqrstuvwxyz");
  assert_string_equal(line, "job 0 0 0 abcdefghijklmno\n");
  assert_string_equal(aus_crash_signal_name(SIGSEGV), "SIGSEGV");
  assert_string_equal(aus_crash_signal_name(SIGKILL), "SIGKILL");
  assert_string_equal(aus_crash_signal_name(12345), "signal");
}

/* What is written can be read, at the ends of every range. */
static void round_trip(void **state)
{
  static const uint64_t ids[] = {
      0, 1, 10, 1ull << 32, 0xffffffffull, UINT64_MAX, 99ull << 32 | 100};
  char line[AUS_CRASH_LINE];
  size_t i, n;
  int attempt;

  (void)state;
  for (i = 0; i < sizeof ids / sizeof ids[0]; i++)
    for (attempt = 0; attempt < 1000; attempt += 333) {
      aus_crashes c;

      aus_crashes_init(&c);
      n = aus_crash_line(line, ids[i], i % 2, attempt, "SIGBUS");
      check_ok(aus_crash_parse(&c, line, n, &err), &err);
      assert_true(c.n == 1 && c.n_bad == 0 && c.task[0].id == ids[i] && c.task[0].job == i % 2);
      assert_int_equal(c.task[0].n_attempts, attempt + 1);
      aus_crashes_fini(&c);
    }
}

/* The same task counts once, with its largest number, in any order; twice the same file is once. */
static void merges(void **state)
{
  aus_crashes c;
  int i;

  (void)state;
  aus_crashes_init(&c);
  for (i = 0; i < 2; i++)
    parse(&c, "trial 2 5 1 SIGSEGV\n"
              "trial 2 5 0 deadline\n"
              "job 2 5 0 SIGABRT\n"
              "trial 1 9 0 SIGFPE\n"
              "trial 2 4 2 deadline\n");
  assert_int_equal(c.n, 4);
  expect(&c, 0, 1, 9, false, 1, "SIGFPE");
  expect(&c, 1, 2, 4, false, 3, "deadline");
  expect(&c, 2, 2, 5, false, 2, "SIGSEGV");
  expect(&c, 3, 2, 5, true, 1, "SIGABRT");
  assert_int_equal(c.n_bad, 0);
  aus_crashes_fini(&c);
}

static void garbage(void **state)
{
  static const char *const lines[] = {
      "\n",
      "trial\n",
      "trial 1 2 3\n",
      "trial 1 2 3 \n",
      "trial 1 2 0  deadline\n",
      "trial 1 2 0 deadline \n",
      "trial 1 2 0 dead line\n",
      " trial 1 2 0 deadline\n",
      "trial  1 2 0 deadline\n",
      "trial 1\t2 0 deadline\n",
      "tria 1 2 0 deadline\n",
      "trial -1 2 0 deadline\n",
      "trial 1 +2 0 deadline\n",
      "trial 01 2 0 deadline\n",
      "trial 4294967296 2 0 deadline\n",
      "trial 1 99999999999999999999999999 0 deadline\n",
      "trial 1 2 1001 deadline\n",
      "trial 1 2 0 deadline\r\n",
      "trial 1 2 0 abcdefghijklmnop\n",
      "trial 1 2 0 deadline", /* cut */
      "trial 1 2 0 dead",
      "\x7f"
      "ELF\x02\x01\n",
  };
  size_t i;
  char text[500];
  aus_crashes c;

  (void)state;
  for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    aus_crashes_init(&c);
    /* Whole lines around it are still found. */
    snprintf(text, sizeof text, "job 1 1 0 SIGBUS\n%s", lines[i]);
    parse(&c, text);
    if (c.n != 1 || c.n_bad != 1) fail_msg("line %zu: %s", i, lines[i]);
    parse(&c, "job 7 7 0 SIGBUS\n");
    assert_int_equal(c.n, 2);
    aus_crashes_fini(&c);
  }
  aus_crashes_init(&c);
  /* A zero byte, and a line without end. */
  check_ok(aus_crash_parse(&c, "trial 1 2 0 dead\0ine\njob 1 1 0 SIGBUS\n", 38, &err), &err);
  assert_true(c.n == 1 && c.n_bad == 1);
  memset(text, '1', sizeof text);
  check_ok(aus_crash_parse(&c, text, sizeof text, &err), &err);
  text[sizeof text - 1] = '\n';
  check_ok(aus_crash_parse(&c, text, sizeof text, &err), &err);
  assert_true(c.n == 1 && c.n_bad == 3);
  check_ok(aus_crash_parse(&c, NULL, 0, &err), &err);
  aus_crashes_fini(&c);
}

/* Every cut of a file finds its whole lines; every byte but one changed never does harm. */
static void cut_and_flipped(void **state)
{
  const char text[] = "trial 1 0 0 deadline\ntrial 1 1 1 SIGSEGV\njob 4000000000 2 0 SIGABRT\n";
  char copy[sizeof text];
  size_t n, i;
  int bit, n_whole;

  (void)state;
  for (n = 0; n < sizeof text; n++) {
    aus_crashes c;
    char *exact = malloc(n + !n); /* the sanitizer sees a byte too far */

    assert_non_null(exact);
    memcpy(exact, text, n);
    for (i = 0, n_whole = 0; i < n; i++)
      n_whole += text[i] == '\n';
    aus_crashes_init(&c);
    check_ok(aus_crash_parse(&c, exact, n, &err), &err);
    assert_true(c.n == n_whole && c.n_bad == (n > 0 && text[n - 1] != '\n'));
    aus_crashes_fini(&c);
    free(exact);
  }
  for (i = 0; i < sizeof text - 1; i++)
    for (bit = 0; bit < 8; bit++) {
      aus_crashes c;

      memcpy(copy, text, sizeof text);
      copy[i] = (char)(copy[i] ^ 1 << bit);
      aus_crashes_init(&c);
      check_ok(aus_crash_parse(&c, copy, sizeof text - 1, &err), &err);
      assert_true(c.n >= 1 && c.n <= 3);
      aus_crashes_fini(&c);
    }
}

static void put(const char *name, const char *text)
{
  char path[600];
  FILE *f;

  snprintf(path, sizeof path, "%s/%s", dir, name);
  f = fopen(path, "w");
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}

static bool there(const char *name)
{
  char path[600];

  snprintf(path, sizeof path, "%s/%s", dir, name);
  return access(path, F_OK) == 0;
}

static void files(void **state)
{
  static const char *const foreign[] = {"crash-1.txt",  "crash-1-2.txt.part", "crash-1-2-3.txt",
                                        "crash--2.txt", "crash-1-.txt",       "xcrash-1-2.txt",
                                        "crash-a-2.txt"};
  aus_crashes c;
  char *path, link[600];
  size_t i;

  (void)state;
  aus_crashes_init(&c);
  check_ok(aus_crash_read(&c, dir, &err), &err);
  assert_true(c.n == 0 && c.n_files == 0);
  put("crash-0-100.txt", "trial 1 3 0 deadline\n");
  put("crash-2-7.txt", "trial 1 3 1 SIGSEGV\nnonsense\ntrial 1 4 0 SIGBUS\n");
  put("crash-3-8.txt", "");
  for (i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
    put(foreign[i], "trial 9 9 0 SIGBUS\n");
  snprintf(link, sizeof link, "%s/crash-5-5.txt", dir);
  assert_int_equal(symlink(foreign[0], link), 0);
  check_ok(aus_crash_read(&c, dir, &err), &err);
  assert_true(c.n == 2 && c.n_files == 3 && c.n_bad == 1);
  expect(&c, 0, 1, 3, false, 2, "SIGSEGV");
  expect(&c, 1, 1, 4, false, 1, "SIGBUS");
  aus_crashes_fini(&c);
  check_ok(aus_crash_path(&path, "some/run", 12, 345, &err), &err);
  assert_string_equal(path, "some/run/crash-12-345.txt");
  aus_free(path);
  check_ok(aus_crash_remove(dir, &err), &err);
  assert_false(there("crash-0-100.txt") || there("crash-2-7.txt") || there("crash-3-8.txt"));
  for (i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
    assert_true(there(foreign[i]));
  assert_true(there("crash-5-5.txt"));
  check_ok(aus_crash_read(&c, "/no/such/directory", &err), &err);
  check_fails(aus_crash_read(&c, link, &err), AUS_EIO, "Not a directory", &err);
}

static void out_of_memory(void **state)
{
  aus_crashes c;
  int n, rc = AUS_ENOMEM;

  (void)state;
  put("crash-0-100.txt", "trial 1 3 0 deadline\n");
  for (n = 0; rc != AUS_OK; n++) {
    assert_true(n < 100);
    aus_err_clear(&err);
    aus_crashes_init(&c);
    aus_alloc_fail_at(n);
    rc = aus_crash_read(&c, dir, &err);
    if (aus_alloc_failed()) assert_int_equal(rc, AUS_ENOMEM);
    aus_alloc_fail_at(-1);
    aus_crashes_fini(&c);
  }
}

static int make_dir(void **state)
{
  (void)state;
  return tempdir_make(dir);
}

static int remove_dir(void **state)
{
  (void)state;
  tempdir_remove(dir);
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(writes_lines),  cmocka_unit_test(round_trip),      cmocka_unit_test(merges),
      cmocka_unit_test(garbage),       cmocka_unit_test(cut_and_flipped), cmocka_unit_test(files),
      cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
