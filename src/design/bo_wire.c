/* bo_wire.c - requests and replies as bytes: magic, version, fields, CRC-32C of all before it.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "design/bo_impl.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "util/alloc.h"

static const uint32_t MAGIC_REQUEST = 0x51425541; /* "AUBQ" */
static const uint32_t MAGIC_REPLY = 0x52425541;   /* "AUBR" */
enum { FORMAT = 1, MAX_PARAMS = 100000 };

int aus_bo_ask_init(aus_bo_ask *ask, int n_params, const aus_param *params, aus_err *err)
{
  int rc = AUS_OK;

  *ask = (aus_bo_ask){0};
  AUS_TRY(aus_space_create(&ask->space, n_params, params, err));
  AUS_TRY(aus_bo_map_init(&ask->map, ask->space, err));
  ask->n_value = aus_space_n_value(ask->space);
done:
  return rc;
}

int aus_bo_ask_room(aus_bo_ask *ask, aus_err *err)
{
  int rc = AUS_OK, i;
  int64_t n = ask->n_base + ask->n_seen;

  AUS_NEW(ask->value, (n + ask->n_pending) * ask->n_value, err);
  AUS_NEW(ask->y, n, err);
  AUS_NEW(ask->theta, ask->map.n_x + 2, err);
  for (i = 0; i < ask->map.n_x + 2; i++)
    ask->theta[i] = NAN;
done:
  return rc;
}

void aus_bo_ask_fini(aus_bo_ask *ask)
{
  aus_space_destroy(ask->space);
  aus_bo_map_fini(&ask->map);
  aus_free(ask->value);
  aus_free(ask->y);
  aus_free(ask->theta);
  *ask = (aus_bo_ask){0};
}

static void put_reals(aus_buf *b, const double *x, int64_t n)
{
  int64_t i;

  for (i = 0; i < n; i++)
    aus_buf_f64(b, x[i]);
}

static void get_reals(aus_rd *r, double *x, int64_t n)
{
  int64_t i;

  for (i = 0; i < n; i++)
    x[i] = aus_rd_f64(r);
}

static void put_conf(aus_buf *b, const aus_bo_conf *c)
{
  aus_buf_i64(b, c->budget);
  aus_buf_i64(b, c->lag);
  aus_buf_i64(b, c->n_init);
  aus_buf_f64(b, c->target);
  aus_buf_i64(b, c->patience);
  aus_buf_f64(b, c->acq_stop);
  aus_buf_u8(b, (uint8_t)c->acq);
  aus_buf_u8(b, (uint8_t)c->pending);
  aus_buf_u8(b, (uint8_t)c->warp);
  aus_buf_u8(b, (uint8_t)c->region);
  aus_buf_u8(b, (uint8_t)c->failed);
  aus_buf_i64(b, c->restarts);
  aus_buf_i64(b, c->max_points);
}

static int get_int(aus_rd *r, int low, int high)
{
  int64_t x = aus_rd_i64(r);

  if (x < low || x > high) r->bad = 1;
  return r->bad ? low : (int)x;
}

static uint8_t get_enum(aus_rd *r, int last)
{
  uint8_t x = aus_rd_u8(r);

  if (x > last) r->bad = 1;
  return r->bad ? 0 : x;
}

static void get_conf(aus_rd *r, aus_bo_conf *c)
{
  c->budget = aus_rd_i64(r);
  c->lag = get_int(r, 1, AUS_BO_MAX_LAG);
  c->n_init = get_int(r, 0, INT32_MAX);
  c->target = aus_rd_f64(r);
  c->patience = aus_rd_i64(r);
  c->acq_stop = aus_rd_f64(r);
  c->acq = (aus_bo_acq)get_enum(r, AUS_ACQ_TS);
  c->pending = (aus_bo_pending)get_enum(r, AUS_PENDING_PENALISE);
  c->warp = (aus_bo_warp)get_enum(r, AUS_WARP_RANK);
  c->region = (aus_bo_region)get_enum(r, AUS_REGION_TURBO);
  c->failed = (aus_bo_failed)get_enum(r, AUS_FAILED_FEASIBILITY);
  c->restarts = get_int(r, 0, 1000);
  c->max_points = get_int(r, 2, AUS_BO_MAX_POINTS);
  if (c->budget < 1) r->bad = 1;
}

static void put_params(aus_buf *b, const aus_space *space)
{
  const aus_param *p;
  int i, n = aus_space_n_value(space);

  aus_buf_u32(b, (uint32_t)n);
  for (i = 0; i < n; i++) {
    p = aus_space_param(space, i);
    aus_buf_u8(b, (uint8_t)p->kind);
    aus_buf_f64(b, p->lower);
    aus_buf_f64(b, p->upper);
    aus_buf_f64(b, p->step);
    aus_buf_i64(b, p->group);
  }
}

static void get_param(aus_rd *r, aus_param *p)
{
  *p = (aus_param){.kind = (aus_param_kind)get_enum(r, AUS_P_FIXED)};
  p->lower = aus_rd_f64(r);
  p->upper = aus_rd_f64(r);
  p->step = aus_rd_f64(r);
  p->group = get_int(r, -1, INT32_MAX);
}

static void begin(aus_buf *b, uint32_t magic)
{
  aus_buf_u32(b, magic);
  aus_buf_u32(b, FORMAT);
}

static int end(aus_buf *b, int64_t from, aus_err *err)
{
  if (!b->failed) aus_buf_u32(b, aus_crc32c(0, b->data + from, (size_t)(b->n - from)));
  return aus_buf_check(b, err);
}

/* Check the frame and leave *r behind the version, ending before the CRC. */
static int open_frame(aus_rd *r, uint32_t magic, const char *what, const void *bytes, size_t n,
                      aus_err *err)
{
  aus_rd tail;

  if (n < 12) return aus_fail(err, AUS_EFORMAT, AUS_HERE, "%s: %zu bytes only", what, n);
  tail = aus_rd_of((const unsigned char *)bytes + n - 4, 4);
  if (aus_rd_u32(&tail) != aus_crc32c(0, bytes, n - 4))
    return aus_fail(err, AUS_EFORMAT, AUS_HERE, "%s: the checksum is wrong", what);
  *r = aus_rd_of(bytes, n - 4);
  if (aus_rd_u32(r) != magic || aus_rd_u32(r) != FORMAT)
    return aus_fail(err, AUS_EFORMAT, AUS_HERE, "%s: not one, or of another version", what);
  return AUS_OK;
}

int aus_bo_ask_write(const aus_bo_ask *ask, aus_buf *out, aus_err *err)
{
  int64_t from = out->n, n = ask->n_base + ask->n_seen;

  begin(out, MAGIC_REQUEST);
  put_conf(out, &ask->conf);
  put_params(out, ask->space);
  aus_buf_u64(out, ask->seed);
  aus_buf_u32(out, ask->campaign);
  aus_buf_i64(out, ask->index);
  aus_buf_i64(out, ask->n_init);
  aus_buf_u8(out, (uint8_t)ask->n_base);
  aus_buf_i64(out, ask->n_seen);
  aus_buf_i64(out, ask->n_pending);
  aus_buf_i64(out, ask->n_refit);
  put_reals(out, ask->theta, ask->map.n_x + 2);
  put_reals(out, ask->y, n);
  put_reals(out, ask->value, (n + ask->n_pending) * ask->n_value);
  return end(out, from, err);
}

/* The parameters, and with them the space. */
static int get_space(aus_rd *r, aus_bo_ask *ask, aus_err *err)
{
  int rc = AUS_OK;
  aus_param *param = NULL;
  aus_err why = {0};
  uint32_t n = aus_rd_u32(r), i;

  *ask = (aus_bo_ask){0};
  if (r->bad || n < 1 || n > MAX_PARAMS)
    AUS_FAIL(err, AUS_EFORMAT, "request: %" PRIu32 " parameters", n);
  AUS_NEW(param, n, err);
  for (i = 0; i < n; i++)
    get_param(r, param + i);
  if (r->bad) AUS_FAIL(err, AUS_EFORMAT, "request: damaged parameters");
  rc = aus_bo_ask_init(ask, (int)n, param, &why);
  if (rc == AUS_ENOMEM) AUS_FAIL(err, AUS_ENOMEM, "%s", why.text);
  if (rc != AUS_OK) AUS_FAIL(err, AUS_EFORMAT, "request: %s", why.text);
done:
  aus_free(param);
  return rc;
}

static void get_head(aus_rd *r, aus_bo_ask *ask)
{
  ask->seed = aus_rd_u64(r);
  ask->campaign = aus_rd_u32(r);
  ask->index = aus_rd_i64(r);
  ask->n_init = aus_rd_i64(r);
  ask->n_base = aus_rd_u8(r);
  ask->n_seen = aus_rd_i64(r);
  ask->n_pending = aus_rd_i64(r);
  ask->n_refit = aus_rd_i64(r);
}

/* Counts that belong together and to the bytes that are left, all of them, so that nothing is allocated
 * for what is not there. */
static bool sane(const aus_rd *r, const aus_bo_ask *ask)
{
  int64_t left = (int64_t)((r->n - r->at) / sizeof(double)), n_theta = ask->map.n_x + 2;

  if (r->bad || (r->n - r->at) % sizeof(double) != 0 || ask->n_base > 1) return false;
  if (ask->n_seen < 1 || ask->n_seen > left) return false;
  if (ask->n_pending < 0 || ask->n_pending > left || ask->n_pending >= ask->conf.lag) return false;
  if (ask->n_seen + ask->n_pending != ask->index) return false;
  if (ask->n_init < 1 || ask->n_init > ask->index) return false;
  if (ask->n_refit < 0 || ask->n_refit > ask->n_seen) return false;
  return n_theta + ask->n_base + ask->n_seen + (ask->n_base + ask->index) * ask->n_value == left;
}

static bool rows_finite(const aus_bo_ask *ask)
{
  int64_t i;

  for (i = 0; i < (ask->n_base + ask->index) * ask->n_value; i++)
    if (!isfinite(ask->value[i])) return false;
  for (i = 0; i < ask->n_base + ask->n_seen; i++)
    if (isinf(ask->y[i])) return false;
  for (i = 0; i < ask->map.n_x + 2; i++)
    if (ask->n_refit > 0 && !isfinite(ask->theta[i])) return false;
  return true;
}

int aus_bo_ask_read(aus_bo_ask *ask, const void *bytes, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  aus_bo_conf conf = {0};
  aus_rd r;

  *ask = (aus_bo_ask){0};
  AUS_TRY(open_frame(&r, MAGIC_REQUEST, "request", bytes, n, err));
  get_conf(&r, &conf);
  AUS_TRY(get_space(&r, ask, err));
  ask->conf = conf;
  get_head(&r, ask);
  if (!sane(&r, ask)) AUS_FAIL(err, AUS_EFORMAT, "request: the counts do not fit");
  AUS_TRY(aus_bo_ask_room(ask, err));
  get_reals(&r, ask->theta, ask->map.n_x + 2);
  get_reals(&r, ask->y, ask->n_base + ask->n_seen);
  get_reals(&r, ask->value, (ask->n_base + ask->index) * ask->n_value);
  if (!rows_finite(ask)) AUS_FAIL(err, AUS_EFORMAT, "request: a number is not finite");
done:
  if (rc != AUS_OK) aus_bo_ask_fini(ask);
  return rc;
}

int aus_bo_answer_write(const aus_bo_answer *a, int n_value, int n_theta, aus_buf *out,
                        aus_err *err)
{
  const aus_bo_point *p = a->point;
  int64_t from = out->n;

  begin(out, MAGIC_REPLY);
  aus_buf_u32(out, a->campaign);
  aus_buf_i64(out, a->index);
  aus_buf_u8(out, a->exhausted);
  aus_buf_u8(out, (uint8_t)p->origin);
  aus_buf_i64(out, p->n_seen);
  aus_buf_i64(out, p->n_refit);
  aus_buf_i64(out, p->n_pending);
  aus_buf_f64(out, p->acq);
  aus_buf_f64(out, p->incumbent);
  aus_buf_f64(out, p->region_side);
  put_reals(out, p->theta, n_theta);
  put_reals(out, p->value, n_value);
  return end(out, from, err);
}

int aus_bo_answer_read(aus_bo_answer *a, int n_value, int n_theta, const void *bytes, size_t n,
                       aus_err *err)
{
  int rc = AUS_OK, i;
  aus_bo_point *p = a->point;
  aus_rd r;

  AUS_TRY(open_frame(&r, MAGIC_REPLY, "reply", bytes, n, err));
  a->campaign = aus_rd_u32(&r);
  a->index = aus_rd_i64(&r);
  a->exhausted = get_enum(&r, 1) != 0;
  p->origin = (aus_bo_origin)get_enum(&r, AUS_BO_RESTART);
  p->n_seen = aus_rd_i64(&r);
  p->n_refit = aus_rd_i64(&r);
  p->n_pending = aus_rd_i64(&r);
  p->acq = aus_rd_f64(&r);
  p->incumbent = aus_rd_f64(&r);
  p->region_side = aus_rd_f64(&r);
  get_reals(&r, p->theta, n_theta);
  get_reals(&r, p->value, n_value);
  if (r.bad || r.at != r.n || p->origin == AUS_BO_DESIGN || p->n_refit < 0 ||
      p->n_refit > p->n_seen)
    AUS_FAIL(err, AUS_EFORMAT, "reply: the fields do not fit");
  for (i = 0; i < n_value; i++)
    if (!a->exhausted && !isfinite(p->value[i]))
      AUS_FAIL(err, AUS_EFORMAT, "reply: value %d is not finite", i);
  for (i = 0; i < n_theta; i++)
    if (p->n_refit > 0 && !isfinite(p->theta[i]))
      AUS_FAIL(err, AUS_EFORMAT, "reply: theta %d is not finite", i);
done:
  return rc;
}
