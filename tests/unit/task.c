/* task.c - tasks and results as bytes: round trips, every truncation, damaged counts, comparison.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include "engine/task.h"

static double x[] = {0.1, -2.0, 1e300};
static aus_blob_key needs[] = {{1, 2}, {0xffffffffu, 3}};
static char args[] = "a\0b";

static aus_task a_task(void)
{
  return (aus_task){.id = aus_trial_id(7, 9),
                    .job = true,
                    .kind = 3,
                    .attempt = 1,
                    .scenario = -5,
                    .fidelity = 0.25,
                    .soft_s = 8,
                    .hard_s = 10,
                    .n_x = 3,
                    .n_needs = 2,
                    .x = x,
                    .needs = needs,
                    .n_args = 4,
                    .args = args};
}

static double y[] = {1.5, NAN};
static aus_range ranges[] = {{1, 2, 3, 4, 5, 6}, {0xffffffffffffffffu, 1, 2, 1, 0, 0xfedcba98u}};

static aus_result a_result(void)
{
  return (aus_result){.id = aus_trial_id(7, 9),
                      .attempt = 1,
                      .status = AUS_S_PRUNED,
                      .n_y = 2,
                      .n_ranges = 2,
                      .y = y,
                      .ranges = ranges,
                      .cost_s = 0.5,
                      .rss_bytes = 1 << 30,
                      .err = {.rank = -1}};
}

static void task_round_trip(void **state)
{
  aus_task t = a_task(), u;
  aus_buf b;
  aus_err err;

  (void)state;
  aus_buf_init(&b);
  aus_task_encode(&t, &b);
  check_ok(aus_task_decode(&u, b.data, (size_t)b.n, &err), &err);
  assert_true(u.id == t.id && u.job && u.kind == 3 && u.attempt == 1 && u.scenario == -5);
  assert_true(u.fidelity == 0.25 && u.soft_s == 8 && u.hard_s == 10);
  assert_int_equal(u.n_x, 3);
  assert_memory_equal(u.x, x, sizeof x);
  assert_int_equal(u.n_needs, 2);
  assert_memory_equal(u.needs, needs, sizeof needs);
  assert_int_equal(u.n_args, 4);
  assert_memory_equal(u.args, args, 4);
  aus_task_fini(&u);
  check_ok(aus_task_copy(&u, &t, &err), &err);
  assert_true(u.x != t.x && u.id == t.id);
  assert_memory_equal(u.needs, needs, sizeof needs);
  aus_task_fini(&u);
  aus_buf_clear(&b);
  aus_task_encode(&(aus_task){.id = 1}, &b);
  check_ok(aus_task_decode(&u, b.data, (size_t)b.n, &err), &err);
  assert_true(u.id == 1 && !u.job && !u.x && !u.needs && !u.args);
  aus_buf_fini(&b);
}

static void result_round_trip(void **state)
{
  aus_result r = a_result(), s;
  aus_buf b;
  aus_err err;

  (void)state;
  aus_buf_init(&b);
  aus_result_encode(&r, &b);
  check_ok(aus_result_decode(&s, b.data, (size_t)b.n, &err), &err);
  assert_true(s.id == r.id && !s.job && s.attempt == 1 && s.status == AUS_S_PRUNED);
  assert_true(s.cost_s == 0.5 && s.rss_bytes == 1 << 30);
  assert_true(aus_result_same(&r, &s));
  assert_memory_equal(s.ranges, ranges, sizeof *ranges); /* shard and first row, too */
  assert_int_equal(s.err.code, AUS_OK);
  aus_result_fini(&s);
  /* Of blobs only the places travel in it. */
  r.blobs = (aus_blob[]){{.n = 3, .bytes = args}, {.n = 9, .range = ranges[0]}};
  r.n_blobs = 2;
  aus_buf_clear(&b);
  aus_result_encode(&r, &b);
  check_ok(aus_result_decode(&s, b.data, (size_t)b.n, &err), &err);
  assert_true(s.n_blobs == 0 && s.n_blob_ranges == 2 && s.blob_ranges[0].n == 0);
  assert_memory_equal(&s.blob_ranges[1], ranges, sizeof *ranges);
  aus_result_fini(&s);
  r.n_blobs = 0;
  /* A failure carries its error, field by field. */
  r.status = AUS_S_FAIL_SIM;
  (void)aus_fail(&r.err, AUS_EINVAL, "src/x.c:1", "because");
  r.err.rank = 3;
  aus_buf_clear(&b);
  aus_result_encode(&r, &b);
  check_ok(aus_result_decode(&s, b.data, (size_t)b.n, &err), &err);
  assert_int_equal(s.err.code, AUS_EINVAL);
  assert_int_equal(s.err.rank, 3);
  assert_string_equal(s.err.text, "because");
  assert_string_equal(s.err.where, "src/x.c:1");
  aus_result_fini(&s);
  aus_buf_fini(&b);
}

static void digest(void **state)
{
  aus_task t = a_task();
  uint32_t before, after;
  aus_err err;

  (void)state;
  check_ok(aus_task_digest(&t, &before, &err), &err);
  t.attempt = 1;
  t.hard_s = 99;
  check_ok(aus_task_digest(&t, &after, &err), &err);
  assert_int_equal(before, after);
  t.x = (double[]){0.1, -2.0, 1.1e300};
  check_ok(aus_task_digest(&t, &after, &err), &err);
  assert_int_not_equal(before, after);
}

static void truncations(void **state)
{
  aus_task t = a_task(), u;
  aus_result r = a_result(), s;
  aus_buf b, c;
  aus_err err;
  int64_t n;

  (void)state;
  (void)aus_fail(&r.err, AUS_EINVAL, "src/x.c:1", "because");
  aus_buf_init(&b);
  aus_buf_init(&c);
  aus_task_encode(&t, &b);
  aus_result_encode(&r, &c);
  for (n = 0; n < b.n; n++) {
    char *cut = malloc((size_t)n + 1);

    memcpy(cut, b.data, (size_t)n);
    check_fails(aus_task_decode(&u, cut, (size_t)n, &err), AUS_EFORMAT, "task of", &err);
    assert_null(u.x);
    free(cut);
  }
  for (n = 0; n < c.n; n++) {
    char *cut = malloc((size_t)n + 1);

    memcpy(cut, c.data, (size_t)n);
    check_fails(aus_result_decode(&s, cut, (size_t)n, &err), AUS_EFORMAT, "result of", &err);
    assert_null(s.y);
    free(cut);
  }
  aus_buf_u8(&b, 0);
  aus_buf_u8(&c, 0);
  check_fails(aus_task_decode(&u, b.data, (size_t)b.n, &err), AUS_EFORMAT, "task of", &err);
  check_fails(aus_result_decode(&s, c.data, (size_t)c.n, &err), AUS_EFORMAT, "result of", &err);
  aus_buf_fini(&b);
  aus_buf_fini(&c);
}

/* Any byte may be anything: no crash, no huge allocation; accepted bytes encode to the same again. */
static void damaged_bytes(void **state)
{
  aus_task t = a_task(), u;
  aus_result r = a_result(), s;
  aus_buf b, c, again;
  aus_err err;
  int64_t i;

  (void)state;
  (void)aus_fail(&r.err, AUS_EINVAL, "src/x.c:1", "because");
  aus_buf_init(&b);
  aus_buf_init(&c);
  aus_buf_init(&again);
  aus_task_encode(&t, &b);
  aus_result_encode(&r, &c);
  for (i = 0; i < b.n; i++) {
    b.data[i] = (char)~b.data[i];
    aus_buf_clear(&again);
    if (aus_task_decode(&u, b.data, (size_t)b.n, NULL) == AUS_OK) {
      aus_task_encode(&u, &again);
      assert_int_equal(again.n, b.n);
      assert_memory_equal(again.data, b.data, (size_t)b.n);
      aus_task_fini(&u);
    }
    b.data[i] = (char)~b.data[i];
  }
  for (i = 0; i < c.n; i++) {
    c.data[i] = (char)~c.data[i];
    aus_buf_clear(&again);
    if (aus_result_decode(&s, c.data, (size_t)c.n, NULL) == AUS_OK) {
      aus_result_encode(&s, &again);
      assert_int_equal(again.n, c.n);
      assert_memory_equal(again.data, c.data, (size_t)c.n);
      aus_result_fini(&s);
    }
    c.data[i] = (char)~c.data[i];
  }
  /* The job flag, the status and the counts are checked. */
  c.data[8] = 2;
  check_fails(aus_result_decode(&s, c.data, (size_t)c.n, &err), AUS_EFORMAT, "damaged", &err);
  c.data[8] = 0;
  c.data[11] = 10;
  check_fails(aus_result_decode(&s, c.data, (size_t)c.n, &err), AUS_EFORMAT, "damaged", &err);
  b.data[8] = 2;
  check_fails(aus_task_decode(&u, b.data, (size_t)b.n, &err), AUS_EFORMAT, "damaged", &err);
  aus_buf_fini(&b);
  aus_buf_fini(&c);
  aus_buf_fini(&again);
}

static void comparison(void **state)
{
  double y2[] = {1.5, NAN};
  aus_range g2[2];
  char bytes[] = "model", other[] = "modem";
  aus_blob blob = {.key = {1, 2}, .n = 5, .bytes = bytes}, blob2 = blob;
  aus_result a = a_result(), b = a_result();

  (void)state;
  memcpy(g2, ranges, sizeof g2);
  b.y = y2;
  b.ranges = g2;
  assert_true(aus_result_same(&a, &b));
  /* Where and how long does not matter. */
  b.cost_s = 99;
  b.rss_bytes = 1;
  b.attempt = 0;
  g2[0].shard = 77;
  g2[0].first = 1000;
  assert_true(aus_result_same(&a, &b));
  y2[0] = nextafter(1.5, 2);
  assert_false(aus_result_same(&a, &b));
  y2[0] = 1.5;
  g2[1].crc ^= 1;
  assert_false(aus_result_same(&a, &b));
  g2[1].crc ^= 1;
  g2[1].n++;
  assert_false(aus_result_same(&a, &b));
  g2[1].n--;
  b.n_ranges = 1;
  assert_false(aus_result_same(&a, &b));
  b.n_ranges = 2;
  b.status = AUS_S_OK;
  assert_false(aus_result_same(&a, &b));
  b.status = a.status;
  a.n_blobs = b.n_blobs = 1;
  a.blobs = &blob;
  b.blobs = &blob2;
  assert_true(aus_result_same(&a, &b));
  blob2.bytes = other;
  assert_false(aus_result_same(&a, &b));
  blob2.bytes = bytes;
  blob2.key.index = 3;
  assert_false(aus_result_same(&a, &b));
}

static void statuses(void **state)
{
  (void)state;
  assert_string_equal(aus_status_names[AUS_S_OK], "ok");
  assert_string_equal(aus_status_names[AUS_S_TIMEOUT], "timeout");
  assert_string_equal(aus_status_names[AUS_S_INFEASIBLE], "infeasible");
  assert_false(aus_status_failed(AUS_S_OK));
  assert_true(aus_status_failed(AUS_S_CRASHED));
  assert_false(aus_status_failed(AUS_S_PRUNED));
  assert_true(aus_status_machine(AUS_S_FAIL_MEM));
  assert_false(aus_status_machine(AUS_S_FAIL_TRAIN));
  assert_true(aus_status_machine(AUS_S_CANCELLED));
}

static void out_of_memory(void **state)
{
#ifdef NDEBUG
  (void)state;
  skip();
#else
  aus_task t = a_task(), u;
  aus_result r = a_result(), s;
  aus_buf b, c;
  aus_err err;
  int64_t live;
  int n;

  (void)state;
  aus_buf_init(&b);
  aus_buf_init(&c);
  aus_task_encode(&t, &b);
  aus_result_encode(&r, &c);
  live = aus_alloc_live();
  for (n = 0; n < 3; n++) {
    aus_alloc_fail_at(n);
    check_fails(aus_task_decode(&u, b.data, (size_t)b.n, &err), AUS_ENOMEM, "out of memory", &err);
    aus_alloc_fail_at(n);
    check_fails(aus_task_copy(&u, &t, &err), AUS_ENOMEM, "out of memory", &err);
    if (n == 2) break;
    aus_alloc_fail_at(n);
    check_fails(aus_result_decode(&s, c.data, (size_t)c.n, &err), AUS_ENOMEM, "out of memory",
                &err);
  }
  aus_alloc_fail_at(-1);
  assert_int_equal(aus_alloc_live(), live);
  aus_buf_fini(&b);
  aus_buf_fini(&c);
#endif
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(task_round_trip), cmocka_unit_test(result_round_trip),
      cmocka_unit_test(digest),          cmocka_unit_test(truncations),
      cmocka_unit_test(damaged_bytes),   cmocka_unit_test(comparison),
      cmocka_unit_test(statuses),        cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
