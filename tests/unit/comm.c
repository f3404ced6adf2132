/* comm.c - message framing with every field damaged and every truncation, and the loop-back pair.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include "par/comm.h"
#include "util/clock.h"

static const char payload[] = "0123456789";

static aus_msg sample(void)
{
  return (aus_msg){.type = AUS_MSG_RESULT,
                   .id = 0x0102030405060708u,
                   .campaign = 0x0a0b0c0du,
                   .attempt = 0x1112,
                   .flags = 0x2122,
                   .sent_ns = 0x3132333435363738u,
                   .n = 10,
                   .payload = payload};
}

static void layout(void **state)
{
  static const unsigned char want[44] = {
      0x41, 0x55, 0x53, 0x4d, 1,    0,    3,    0,    8,    7,    6,    5,    4,    3,    2,
      1,    0x0d, 0x0c, 0x0b, 0x0a, 0x12, 0x11, 0x22, 0x21, 0x38, 0x37, 0x36, 0x35, 0x34, 0x33,
      0x32, 0x31, 10,   0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0};
  aus_msg m = sample();
  aus_buf b;
  aus_err err;
  uint32_t crc = aus_crc32c(0, payload, 10);
  int i;

  (void)state;
  aus_buf_init(&b);
  aus_msg_encode(&m, &b);
  check_ok(aus_buf_check(&b, &err), &err);
  assert_int_equal(b.n, AUS_MSG_HEADER + 10);
  assert_memory_equal(b.data, want, 36);
  for (i = 0; i < 4; i++)
    assert_int_equal((unsigned char)b.data[36 + i], (crc >> (8 * i)) & 255);
  assert_memory_equal(b.data + 40, want + 36, 8);
  assert_memory_equal(b.data + 48, payload, 10);
  aus_buf_fini(&b);
}

static void round_trip(void **state)
{
  aus_msg m = sample(), r;
  aus_buf b;
  aus_err err;

  (void)state;
  aus_buf_init(&b);
  aus_msg_encode(&m, &b);
  check_ok(aus_msg_decode(b.data, (size_t)b.n, &r, &err), &err);
  assert_int_equal(r.type, m.type);
  assert_true(r.id == m.id && r.campaign == m.campaign && r.attempt == m.attempt);
  assert_true(r.flags == m.flags && r.sent_ns == m.sent_ns && r.n == m.n);
  assert_memory_equal(r.payload, payload, 10);
  aus_buf_clear(&b);
  m.n = 0;
  m.payload = NULL;
  aus_msg_encode(&m, &b);
  check_ok(aus_msg_decode(b.data, (size_t)b.n, &r, &err), &err);
  assert_int_equal(r.n, 0);
  aus_buf_fini(&b);
}

static void every_truncation(void **state)
{
  aus_msg m = sample(), r;
  aus_buf b;
  aus_err err;
  int64_t n;

  (void)state;
  aus_buf_init(&b);
  aus_msg_encode(&m, &b);
  for (n = 0; n < b.n; n++) {
    char *cut = malloc((size_t)n + 1); /* of its own, so that the sanitizer sees a read beyond it */

    memcpy(cut, b.data, (size_t)n);
    check_fails(aus_msg_decode(cut, (size_t)n, &r, &err), AUS_EFORMAT, "message of", &err);
    free(cut);
  }
  aus_buf_u8(&b, 0);
  check_fails(aus_msg_decode(b.data, (size_t)b.n, &r, &err), AUS_EFORMAT, "bytes of payload", &err);
  aus_buf_fini(&b);
}

/* Every single bit: what the header itself guards is refused; the rest arrives as another value. */
static void every_bit(void **state)
{
  aus_msg m = sample(), r;
  aus_buf b;
  aus_err err;
  int64_t bit;

  (void)state;
  aus_buf_init(&b);
  aus_msg_encode(&m, &b);
  for (bit = 0; bit < 8 * b.n; bit++) {
    int64_t at = bit / 8;
    int free_field = at >= 8 && at < 32, type = at >= 6 && at < 8, rc;

    b.data[at] = (char)(b.data[at] ^ 1 << bit % 8);
    aus_err_clear(&err);
    rc = aus_msg_decode(b.data, (size_t)b.n, &r, &err);
    if (free_field) {
      assert_int_equal(rc, AUS_OK);
      assert_true(r.id != m.id || r.campaign != m.campaign || r.attempt != m.attempt ||
                  r.flags != m.flags || r.sent_ns != m.sent_ns);
    } else if (type && rc == AUS_OK)
      assert_true(r.type != m.type && r.type >= AUS_MSG_HELLO && r.type <= AUS_MSG_MODEL);
    else
      assert_int_equal(rc, AUS_EFORMAT);
    b.data[at] = (char)(b.data[at] ^ 1 << bit % 8);
  }
  aus_buf_fini(&b);
}

static void put(aus_comm *c, int peer, aus_msg_type type, uint64_t id)
{
  aus_msg m = {.type = type, .id = id, .n = 10, .payload = payload};
  aus_err err;

  check_ok(aus_comm_send(c, peer, &m, &err), &err);
}

static uint64_t take(aus_comm *c, bool urgent, int peer)
{
  aus_msg m;
  aus_err err;
  bool got;

  check_ok(aus_comm_receive(c, urgent, &m, &got, &err), &err);
  if (!got) return 0;
  assert_int_equal(m.peer, peer);
  assert_int_equal(m.n, 10);
  assert_memory_equal(m.payload, payload, 10);
  return m.id;
}

static void loop_back(void **state)
{
  aus_comm *boss, *worker;
  aus_err err;
  int64_t live = aus_alloc_live();

  (void)state;
  check_ok(aus_comm_open_local(&boss, &err), &err);
  worker = aus_comm_local_worker(boss);
  assert_int_equal(aus_comm_n_workers(boss), 1);
  assert_true(aus_comm_is_local(boss, 1));
  assert_false(aus_comm_is_local(boss, 0));
  assert_null(aus_comm_local_worker(worker));
  assert_true(take(boss, false, 1) == 0);
  put(boss, 1, AUS_MSG_TASK, 1);
  put(boss, 1, AUS_MSG_CANCEL, 2);
  put(boss, 1, AUS_MSG_TASK, 3);
  put(boss, 1, AUS_MSG_MODEL, 4);
  put(worker, 0, AUS_MSG_RESULT, 5);
  /* A busy worker sees what is urgent, in order; the rest stays in order. */
  assert_true(take(worker, true, 0) == 2);
  assert_true(take(worker, true, 0) == 4);
  assert_true(take(worker, true, 0) == 0);
  assert_true(take(worker, false, 0) == 1);
  put(boss, 1, AUS_MSG_STOP, 6);
  assert_true(take(worker, true, 0) == 6);
  put(boss, 1, AUS_MSG_TASK, 7);
  assert_true(take(worker, false, 0) == 3);
  assert_true(take(worker, false, 0) == 7);
  assert_true(take(boss, false, 1) == 5);
  /* Messages left in the queue are freed with it. */
  put(boss, 1, AUS_MSG_TASK, 8);
  put(worker, 0, AUS_MSG_RESULT, 9);
  aus_comm_close(boss, false);
  assert_int_equal(aus_alloc_live(), live);
  aus_comm_close(NULL, true);
}

static void size_limit(void **state)
{
  aus_comm *boss;
  aus_err err;
  bool got;
  char *big = calloc(1, AUS_MSG_MAX_PAYLOAD + 1);
  aus_msg m = {.type = AUS_MSG_TASK, .n = AUS_MSG_MAX_PAYLOAD, .payload = big}, r;

  (void)state;
  big[AUS_MSG_MAX_PAYLOAD - 1] = 'x';
  check_ok(aus_comm_open_local(&boss, &err), &err);
  check_ok(aus_comm_send(boss, 1, &m, &err), &err);
  check_ok(aus_comm_receive(aus_comm_local_worker(boss), false, &r, &got, &err), &err);
  assert_true(got && r.n == AUS_MSG_MAX_PAYLOAD);
  assert_memory_equal(r.payload, big, AUS_MSG_MAX_PAYLOAD);
  m.n++;
  check_fails(aus_comm_send(boss, 1, &m, &err), AUS_EINVAL, "1048577 bytes", &err);
  aus_comm_close(boss, false);
  free(big);
}

static void out_of_memory(void **state)
{
#ifdef NDEBUG
  (void)state;
  skip();
#else
  aus_comm *boss;
  aus_err err;
  int64_t live = aus_alloc_live();
  int n, rc = AUS_ENOMEM;

  (void)state;
  for (n = 0; rc != AUS_OK; n++) {
    aus_msg m = {.type = AUS_MSG_TASK, .id = 1, .n = 10, .payload = payload};

    assert_true(n < 20);
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    rc = aus_comm_open_local(&boss, &err);
    if (rc == AUS_OK) rc = aus_comm_send(boss, 1, &m, &err);
    aus_alloc_fail_at(-1);
    assert_true(rc == AUS_OK || (rc == AUS_ENOMEM && err.code == AUS_ENOMEM));
    aus_comm_close(boss, false);
    assert_int_equal(aus_alloc_live(), live);
  }
  assert_true(n >= 4);
#endif
}

/* Waiting gets longer, up to 1 ms for a manager, and starts again after something came. */
static void waiting(void **state)
{
  aus_comm *boss;
  aus_err err;
  double t0_s, quick_s, slow_s;
  int i;

  (void)state;
  check_ok(aus_comm_open_local(&boss, &err), &err);
  aus_comm_idle(boss); /* the spinning time begins */
  for (t0_s = aus_clock_s(); aus_clock_s() < t0_s + 1e-3;)
    aus_comm_idle(boss);
  for (i = 0; i < 10; i++)
    aus_comm_idle(boss);
  t0_s = aus_clock_s();
  for (i = 0; i < 20; i++)
    aus_comm_idle(boss);
  slow_s = aus_clock_s() - t0_s;
  assert_true(slow_s >= 0.020);
  aus_comm_busy(boss);
  quick_s = 1;
  for (i = 0; i < 50; i++) { /* the best of many: the machine may be loaded */
    aus_comm_busy(boss);
    t0_s = aus_clock_s();
    aus_comm_idle(boss);
    quick_s = fmin(quick_s, aus_clock_s() - t0_s);
  }
  assert_true(quick_s < 50e-6);
  aus_comm_close(boss, false);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(layout),           cmocka_unit_test(round_trip),
      cmocka_unit_test(every_truncation), cmocka_unit_test(every_bit),
      cmocka_unit_test(loop_back),        cmocka_unit_test(size_limit),
      cmocka_unit_test(waiting),          cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
