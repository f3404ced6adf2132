/* bo.c - fuzz: requests and replies of the optimiser.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * First byte: numbers of values and of hyper-parameters of a reply. The rest as a request and as a reply, as
 * it is and with a frame (magic, version, checksum) that fits. What is taken is written as the same bytes; the
 * trust region and the rows that a surrogate would see come out of every request; a reply for the wrong point
 * is refused by a campaign.
 */
#include <config.h>

#include <math.h>

#include "design/bo_impl.h"
#include "fuzz/fuzz.h"

static void look_at(const aus_bo_ask *ask)
{
  aus_bo_trust trust = aus_bo_trust_of(ask);
  aus_bo_data rows = {0};
  aus_err err = {0};
  int64_t i;

  fuzz_check(trust.turbo ? trust.side > 0 && trust.side <= 1.6 : isnan(trust.side));
  fuzz_check(trust.start >= 0 && trust.start <= ask->n_seen);
  if (!fuzz_must(aus_bo_data_init(&rows, ask, &trust, &err), &err)) return;
  fuzz_check(rows.n >= 0 && rows.n <= ask->n_base + ask->n_seen);
  for (i = 0; i < rows.n; i++)
    fuzz_check(isfinite(rows.z[i]) && rows.row[i] >= 0 && rows.row[i] < ask->n_base + ask->n_seen);
  aus_bo_data_fini(&rows);
}

static void request(const void *bytes, size_t n)
{
  aus_bo_ask ask;
  aus_err err = {0};
  aus_buf b;

  if (!fuzz_took(aus_bo_ask_read(&ask, bytes, n, &err), &err, AUS_EFORMAT)) return;
  aus_buf_init(&b);
  if (fuzz_must(aus_bo_ask_write(&ask, &b, &err), &err)) fuzz_check(fuzz_same(&b, bytes, n));
  look_at(&ask);
  aus_buf_fini(&b);
  aus_bo_ask_fini(&ask);
}

/* A campaign over two reals that waits for its first proposal. */
static bool campaign(aus_bo **bo, int64_t *index)
{
  static const aus_param params[] = {
      {.kind = AUS_P_REAL, .lower = 0, .upper = 1, .group = -1},
      {.kind = AUS_P_INT, .lower = 1, .upper = 9, .step = 1, .group = -1}};
  aus_bo_conf conf = aus_bo_defaults();
  aus_err err = {0};
  aus_bo_what what;
  int64_t i = 0;

  conf.budget = 4;
  conf.n_init = 2;
  conf.lag = 1;
  if (!fuzz_must(aus_bo_create(bo, &conf, 2, params, 1, 1, &err), &err)) return false;
  while ((what = aus_bo_next(*bo, index)) != AUS_BO_NOTHING) {
    if (what == AUS_BO_PROPOSE) return true;
    if (!fuzz_must(aus_bo_commit(*bo, *index, true, 0.5 * (double)i++, false, &err), &err)) break;
  }
  return false;
}

/* As the reply to a campaign's first request, with the right numbers in it. */
static void answer(aus_bo *bo, int64_t index, const uint8_t *bytes, size_t n, aus_buf *b)
{
  aus_err err = {0};
  int rc;

  aus_buf_bytes(b, bytes, 8);
  aus_buf_u32(b, 1);
  aus_buf_i64(b, index);
  aus_buf_bytes(b, bytes + 20, n - 24);
  if (!fuzz_filled(b)) return;
  aus_buf_u32(b, aus_crc32c(0, b->data, (size_t)b->n));
  if (!fuzz_filled(b)) return;
  rc = aus_bo_reply(bo, index, b->data, (size_t)b->n, &err);
  if (fuzz_took(rc, &err, rc == AUS_EINVAL ? AUS_EINVAL : AUS_EFORMAT) &&
      aus_bo_next(bo, &index) == AUS_BO_EVALUATE) {
    const double *value = aus_bo_point_at(bo, index)->value;

    fuzz_check(value[0] >= -1e-9 && value[0] <= 1 + 1e-9);
    fuzz_check(value[1] >= 1 - 1e-9 && value[1] <= 9 + 1e-9);
  }
}

static void give(const uint8_t *bytes, size_t n)
{
  aus_bo *bo = NULL;
  aus_buf b;
  int64_t index = -1;

  aus_buf_init(&b);
  if (campaign(&bo, &index)) answer(bo, index, bytes, n, &b);
  aus_buf_fini(&b);
  aus_bo_destroy(bo);
}

static void reply(const uint8_t *bytes, size_t n, int n_value, int n_theta)
{
  aus_bo_answer a = {0};
  aus_err err = {0};
  aus_buf b;

  aus_buf_init(&b);
  if (fuzz_must(aus_bo_point_create(&a.point, 1, n_value, n_theta, &err), &err) &&
      fuzz_took(aus_bo_answer_read(&a, n_value, n_theta, bytes, n, &err), &err, AUS_EFORMAT)) {
    if (fuzz_must(aus_bo_answer_write(&a, n_value, n_theta, &b, &err), &err))
      fuzz_check(fuzz_same(&b, bytes, n));
    if (n_value == 2 && n_theta == 4) give(bytes, n);
  }
  aus_bo_point_destroy(a.point);
  aus_buf_fini(&b);
}

/* Eight bytes of frame in front and the checksum behind are made to fit. */
static void framed(const char *magic, const uint8_t *data, size_t n, aus_buf *b)
{
  aus_buf_clear(b);
  aus_buf_bytes(b, magic, 4);
  aus_buf_u32(b, 1);
  if (n > 12) aus_buf_bytes(b, data + 8, n - 12);
  if (fuzz_filled(b)) aus_buf_u32(b, aus_crc32c(0, b->data, (size_t)b->n));
}

FUZZ_TARGET(bo)
{
  fuzz_in in = {data, n};
  uint8_t sizes = fuzz_byte(&in);
  int n_value = 1 + sizes % 4, n_theta = 3 + sizes / 4 % 4;
  aus_buf b;

  request(in.p, in.n);
  reply(in.p, in.n, n_value, n_theta);
  aus_buf_init(&b);
  framed("AUBQ", in.p, in.n, &b);
  if (fuzz_filled(&b)) request(b.data, (size_t)b.n);
  framed("AUBR", in.p, in.n, &b);
  if (fuzz_filled(&b)) reply((const uint8_t *)b.data, (size_t)b.n, n_value, n_theta);
  aus_buf_fini(&b);
}
