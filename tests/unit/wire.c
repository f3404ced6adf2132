/* wire.c - payloads of the smaller messages, blobs in chunks, the store of blobs.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include "engine/wire.h"

static aus_err err;

static const aus_wire_hello hello = {.host = "node7",
                                     .pid = 4711,
                                     .started = 815,
                                     .memory_bytes = 1ull << 38,
                                     .n_cores = 48,
                                     .numa = -1,
                                     .build = "v1-2-gabc",
                                     .kinds = "initial,tune"};
static const aus_wire_progress progress = {
    .phase = AUS_PHASE_LONG_CALL, .fraction = 0.5, .n_polls = 1ull << 40, .expect_s = 12.5};
static const aus_wire_stop stop = {.mode = AUS_STOP_LEAVE, .collective = 1, .code = AUS_EIO};

static aus_wire_bye bye(void)
{
  aus_wire_bye b = {.busy_s = 1.5, .idle_s = 2.5, .n_polls = 3, .n_tasks = 4};

  aus_err_clear(&b.err);
  (void)aus_fail(&b.err, AUS_EIO, AUS_HERE, "disk full");
  return b;
}

/* Encode one of the four; decode n bytes of it. */
static void encode(int which, aus_buf *b)
{
  aus_wire_bye last = bye();

  switch (which) {
  case 0:
    aus_wire_hello_encode(&hello, b);
    break;
  case 1:
    aus_wire_progress_encode(&progress, b);
    break;
  case 2:
    aus_wire_stop_encode(&stop, b);
    break;
  default:
    aus_wire_bye_encode(&last, b);
  }
}

static int decode(int which, const void *p, size_t n)
{
  aus_msg m = {.type = AUS_MSG_HELLO, .n = (uint32_t)n, .payload = p};
  aus_wire_hello h;
  aus_wire_progress g;
  aus_wire_stop s;
  aus_wire_bye b;

  aus_err_clear(&err);
  switch (which) {
  case 0:
    return aus_wire_hello_decode(&h, &m, &err);
  case 1:
    return aus_wire_progress_decode(&g, &m, &err);
  case 2:
    return aus_wire_stop_decode(&s, &m, &err);
  default:
    return aus_wire_bye_decode(&b, &m, &err);
  }
}

static void round_trips(void **state)
{
  aus_buf b;
  aus_msg m = {.type = AUS_MSG_HELLO};
  aus_wire_hello h;
  aus_wire_progress g;
  aus_wire_stop s;
  aus_wire_bye l;
  int which;

  (void)state;
  aus_buf_init(&b);
  for (which = 0; which < 4; which++) {
    aus_buf_clear(&b);
    encode(which, &b);
    m.payload = b.data;
    m.n = (uint32_t)b.n;
    if (which == 0) {
      check_ok(aus_wire_hello_decode(&h, &m, &err), &err);
      assert_string_equal(h.host, hello.host);
      assert_string_equal(h.build, hello.build);
      assert_string_equal(h.kinds, hello.kinds);
      assert_true(h.pid == 4711 && h.n_cores == 48 && h.numa == -1 && h.memory_bytes == 1ull << 38);
    } else if (which == 1) {
      check_ok(aus_wire_progress_decode(&g, &m, &err), &err);
      assert_true(g.phase == AUS_PHASE_LONG_CALL && g.fraction == 0.5 && g.n_polls == 1ull << 40 &&
                  g.expect_s == 12.5);
    } else if (which == 2) {
      check_ok(aus_wire_stop_decode(&s, &m, &err), &err);
      assert_true(s.mode == AUS_STOP_LEAVE && s.collective == 1 && s.code == AUS_EIO);
    } else {
      check_ok(aus_wire_bye_decode(&l, &m, &err), &err);
      assert_true(l.busy_s == 1.5 && l.idle_s == 2.5 && l.n_polls == 3 && l.n_tasks == 4);
      assert_int_equal(l.err.code, AUS_EIO);
      assert_string_equal(l.err.text, "disk full");
    }
  }
  aus_buf_fini(&b);
}

static void truncations(void **state)
{
  aus_buf b;
  int which;
  int64_t n;

  (void)state;
  aus_buf_init(&b);
  for (which = 0; which < 4; which++) {
    aus_buf_clear(&b);
    encode(which, &b);
    for (n = 0; n < b.n; n++) {
      char *cut = malloc((size_t)n + 1);

      memcpy(cut, b.data, (size_t)n);
      assert_int_equal(decode(which, cut, (size_t)n), AUS_EFORMAT);
      free(cut);
    }
    assert_int_equal(decode(which, b.data, (size_t)b.n), AUS_OK);
    aus_buf_u8(&b, 0);
    assert_int_equal(decode(which, b.data, (size_t)b.n), AUS_EFORMAT);
  }
  aus_buf_fini(&b);
}

static void bad_values(void **state)
{
  aus_wire_stop s = stop;
  aus_wire_progress g = progress;
  aus_buf b;
  int i;

  (void)state;
  aus_buf_init(&b);
  s.mode = 3;
  aus_wire_stop_encode(&s, &b);
  assert_int_equal(decode(2, b.data, (size_t)b.n), AUS_EFORMAT);
  for (i = 0; i < 2; i++) {
    s = stop;
    s.code = i == 0 ? AUS_OK + 1 : AUS_EDIFF - 1;
    aus_buf_clear(&b);
    aus_wire_stop_encode(&s, &b);
    assert_int_equal(decode(2, b.data, (size_t)b.n), AUS_EFORMAT);
  }
  aus_buf_clear(&b);
  g.phase = AUS_PHASE_LONG_CALL + 1;
  aus_wire_progress_encode(&g, &b);
  assert_int_equal(decode(1, b.data, (size_t)b.n), AUS_EFORMAT);
  aus_buf_clear(&b);
  g = progress;
  g.expect_s = NAN;
  aus_wire_progress_encode(&g, &b);
  assert_int_equal(decode(1, b.data, (size_t)b.n), AUS_EFORMAT);
  aus_buf_fini(&b);
}

/* Lengths around the size of a chunk; the chunks of two blobs may alternate. */
static void chunks(void **state)
{
  static const size_t length[] = {0, 1, (1 << 20) - 9, (1 << 20) - 8, (1 << 20) - 7, 3 << 20};
  aus_comm *boss;
  char *bytes = malloc(3 << 20);
  size_t i, k;

  (void)state;
  for (i = 0; i < 3 << 20; i++)
    bytes[i] = (char)(i * 13 + i / 255);
  check_ok(aus_comm_open_local(&boss, &err), &err);
  for (k = 0; k < sizeof length / sizeof *length; k++) {
    aus_blob blob = {.key = {7, (uint32_t)k}, .n = length[k], .bytes = bytes};
    aus_blobs_entry e = {.blob.key = blob.key};
    aus_msg m;
    bool got = true;

    check_ok(aus_wire_send_blob(boss, 1, &blob, &err), &err);
    while (!e.complete) {
      check_ok(aus_comm_receive(aus_comm_local_worker(boss), true, &m, &got, &err), &err);
      assert_true(got && m.type == AUS_MSG_MODEL && m.n <= AUS_MSG_MAX_PAYLOAD);
      assert_true(aus_wire_key(&m).campaign == 7 && aus_wire_key(&m).index == k);
      check_ok(aus_wire_take_chunk(&e, &m, &err), &err);
    }
    assert_true(e.blob.n == length[k]);
    assert_memory_equal(e.blob.bytes, bytes, length[k]);
    check_ok(aus_comm_receive(aus_comm_local_worker(boss), true, &m, &got, &err), &err);
    assert_false(got);
    aus_free(e.blob.bytes);
  }
  aus_comm_close(boss, false);
  free(bytes);
}

static void bad_chunks(void **state)
{
  unsigned char p[12] = {2, 0, 0, 0, 0, 0, 0, 0, 'a', 'b', 'c'};
  aus_blobs_entry e = {0};
  aus_msg m = {.type = AUS_MSG_MODEL, .flags = AUS_WIRE_FIRST, .n = 11, .payload = p};

  (void)state;
  check_fails(aus_wire_take_chunk(&e, &m, &err), AUS_EFORMAT, "does not fit", &err);
  aus_free(e.blob.bytes);
  e = (aus_blobs_entry){0};
  m.n = 7;
  check_fails(aus_wire_take_chunk(&e, &m, &err), AUS_EFORMAT, "first chunk", &err);
  m.flags = 0; /* a later chunk without a first one */
  check_fails(aus_wire_take_chunk(&e, &m, &err), AUS_EFORMAT, "does not fit", &err);
  p[3] = 4; /* 64 MiB + 2 */
  m.flags = AUS_WIRE_FIRST;
  m.n = 10;
  check_fails(aus_wire_take_chunk(&e, &m, &err), AUS_EFORMAT, "first chunk", &err);
  assert_null(e.blob.bytes);
  p[3] = 0;
  check_ok(aus_wire_take_chunk(&e, &m, &err), &err);
  assert_true(e.complete);
  m.flags = 0; /* one too many */
  check_fails(aus_wire_take_chunk(&e, &m, &err), AUS_EFORMAT, "does not fit", &err);
  aus_free(e.blob.bytes);
}

static void store(void **state)
{
  aus_blobs b;
  uint32_t i;
  char text[16];

  (void)state;
  aus_blobs_init(&b);
  for (i = 0; i < 100; i++) { /* in no order */
    uint32_t k = i * 37 % 100;

    snprintf(text, sizeof text, "blob %u", k);
    check_ok(aus_blobs_put(&b, (aus_blob_key){k / 10, k % 10}, text, strlen(text), &err), &err);
  }
  for (i = 0; i < 100; i++) {
    const aus_blobs_entry *e = aus_blobs_find(&b, (aus_blob_key){i / 10, i % 10});

    snprintf(text, sizeof text, "blob %u", i);
    assert_true(e && e->complete && e->blob.n == strlen(text));
    assert_memory_equal(e->blob.bytes, text, e->blob.n);
  }
  assert_int_equal(b.n_bytes, 10 * 6 + 90 * 7);
  assert_null(aus_blobs_find(&b, (aus_blob_key){10, 0}));
  /* A key keeps its bytes. */
  check_ok(aus_blobs_put(&b, (aus_blob_key){0, 5}, "blob 5", 6, &err), &err);
  check_fails(aus_blobs_put(&b, (aus_blob_key){0, 5}, "blob 6", 6, &err), AUS_EINVAL, "other bytes",
              &err);
  check_fails(aus_blobs_put(&b, (aus_blob_key){0, 5}, "blob", 4, &err), AUS_EINVAL, "other bytes",
              &err);
  check_fails(aus_blobs_put(&b, (aus_blob_key){99, 0}, text, (64u << 20) + 1, &err), AUS_EINVAL,
              "67108865 bytes", &err);
  aus_blobs_drop(&b, (aus_blob_key){0, 5});
  aus_blobs_drop(&b, (aus_blob_key){0, 5});
  assert_null(aus_blobs_find(&b, (aus_blob_key){0, 5}));
  assert_non_null(aus_blobs_find(&b, (aus_blob_key){0, 6}));
  assert_int_equal(b.n_bytes, 9 * 6 + 90 * 7);
  check_ok(aus_blobs_put(&b, (aus_blob_key){0, 5}, "", 0, &err), &err);
  assert_true(aus_blobs_find(&b, (aus_blob_key){0, 5})->complete);
  aus_blobs_fini(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(round_trips), cmocka_unit_test(truncations), cmocka_unit_test(bad_values),
      cmocka_unit_test(chunks),      cmocka_unit_test(bad_chunks),  cmocka_unit_test(store),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
