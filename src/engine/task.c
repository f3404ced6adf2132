/* task.c - tasks and results as bytes.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "engine/task.h"

#include <string.h>

#include "util/alloc.h"

const char *const aus_status_names[10] = {"ok",       "fail_sim",  "fail_num", "fail_train",
                                          "fail_mem", "timeout",   "crashed",  "cancelled",
                                          "pruned",   "infeasible"};

bool aus_status_failed(uint16_t status)
{
  return status >= AUS_S_FAIL_SIM && status <= AUS_S_CRASHED;
}

bool aus_status_machine(uint16_t status)
{
  return status >= AUS_S_FAIL_MEM && status <= AUS_S_CANCELLED;
}

void aus_task_fini(aus_task *t)
{
  aus_free(t->x);
  aus_free(t->needs);
  aus_free(t->args);
  *t = (aus_task){0};
}

void aus_result_fini(aus_result *r)
{
  int i;

  for (i = 0; i < r->n_blobs; i++)
    aus_free(r->blobs[i].bytes);
  aus_free(r->blobs);
  aus_free(r->blob_ranges);
  aus_free(r->y);
  aus_free(r->ranges);
  *r = (aus_result){0};
}

/* *to = copy of n elements of `size` bytes; NULL for none. */
static int copy_array(void *to, const void *from, size_t n, size_t size, aus_err *err)
{
  int rc = AUS_OK;
  char *p = NULL;

  if (n > 0) {
    AUS_NEW(p, n * size, err);
    memcpy(p, from, n * size);
  }
  *(void **)to = p;
done:
  return rc;
}

int aus_task_copy(aus_task *to, const aus_task *from, aus_err *err)
{
  int rc = AUS_OK;

  *to = *from;
  to->x = NULL;
  to->needs = NULL;
  to->args = NULL;
  AUS_TRY(copy_array(&to->x, from->x, (size_t)from->n_x, sizeof *to->x, err));
  AUS_TRY(copy_array(&to->needs, from->needs, (size_t)from->n_needs, sizeof *to->needs, err));
  AUS_TRY(copy_array(&to->args, from->args, (size_t)from->n_args, 1, err));
done:
  if (rc != AUS_OK) aus_task_fini(to);
  return rc;
}

void aus_task_encode(const aus_task *t, aus_buf *out)
{
  int i;

  aus_buf_u64(out, t->id);
  aus_buf_u8(out, t->job);
  aus_buf_u16(out, t->kind);
  aus_buf_u16(out, t->attempt);
  aus_buf_i64(out, t->scenario);
  aus_buf_f64(out, t->fidelity);
  aus_buf_f64(out, t->soft_s);
  aus_buf_f64(out, t->hard_s);
  aus_buf_u32(out, (uint32_t)t->n_x);
  aus_buf_u32(out, (uint32_t)t->n_needs);
  aus_buf_u64(out, (uint64_t)t->n_args);
  for (i = 0; i < t->n_x; i++)
    aus_buf_f64(out, t->x[i]);
  for (i = 0; i < t->n_needs; i++) {
    aus_buf_u32(out, t->needs[i].campaign);
    aus_buf_u32(out, t->needs[i].index);
  }
  aus_buf_bytes(out, t->args, (size_t)t->n_args);
}

int aus_task_digest(const aus_task *t, uint32_t *digest, aus_err *err)
{
  int rc = AUS_OK;
  aus_task plain = *t;
  aus_buf b;

  aus_buf_init(&b);
  plain.attempt = 0;
  plain.soft_s = plain.hard_s = 0;
  aus_task_encode(&plain, &b);
  AUS_TRY(aus_buf_check(&b, err));
  *digest = aus_crc32c(0, b.data, (size_t)b.n);
done:
  aus_buf_fini(&b);
  return rc;
}

/* True when n elements of `size` bytes are left in r. */
static bool fits(const aus_rd *r, uint64_t n, size_t size)
{
  return !r->bad && n <= (r->n - r->at) / size;
}

static int read_task_arrays(aus_task *t, aus_rd *r, aus_err *err)
{
  int rc = AUS_OK, i;
  const void *args;

  if (t->n_x > 0) AUS_NEW(t->x, t->n_x, err);
  for (i = 0; i < t->n_x; i++)
    t->x[i] = aus_rd_f64(r);
  if (t->n_needs > 0) AUS_NEW(t->needs, t->n_needs, err);
  for (i = 0; i < t->n_needs; i++) {
    t->needs[i].campaign = aus_rd_u32(r);
    t->needs[i].index = aus_rd_u32(r);
  }
  args = aus_rd_bytes(r, (size_t)t->n_args);
  if (args) AUS_TRY(copy_array(&t->args, args, (size_t)t->n_args, 1, err));
done:
  return rc;
}

int aus_task_decode(aus_task *t, const void *p, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  aus_rd r = aus_rd_of(p, n);
  uint32_t n_x, n_needs;
  uint64_t n_args;
  uint8_t job;

  *t = (aus_task){.id = aus_rd_u64(&r)};
  job = aus_rd_u8(&r);
  t->job = job == 1;
  t->kind = aus_rd_u16(&r);
  t->attempt = aus_rd_u16(&r);
  t->scenario = aus_rd_i64(&r);
  t->fidelity = aus_rd_f64(&r);
  t->soft_s = aus_rd_f64(&r);
  t->hard_s = aus_rd_f64(&r);
  n_x = aus_rd_u32(&r);
  n_needs = aus_rd_u32(&r);
  n_args = aus_rd_u64(&r);
  if (job > 1 || !fits(&r, n_x, 8) || !fits(&r, n_needs, 8) || !fits(&r, n_args, 1) ||
      r.at + 8 * ((size_t)n_x + n_needs) + n_args != n)
    AUS_FAIL(err, AUS_EFORMAT, "task of %zu bytes is damaged", n);
  t->n_x = (int)n_x;
  t->n_needs = (int)n_needs;
  t->n_args = (int64_t)n_args;
  AUS_TRY(read_task_arrays(t, &r, err));
done:
  if (rc != AUS_OK) aus_task_fini(t);
  return rc;
}

static void encode_err(const aus_err *e, aus_buf *out)
{
  aus_buf_u8(out, e->code != AUS_OK);
  if (e->code == AUS_OK) return;
  aus_buf_u32(out, (uint32_t)e->code);
  aus_buf_u32(out, (uint32_t)e->rank);
  aus_buf_bytes(out, e->where, sizeof e->where);
  aus_buf_bytes(out, e->text, sizeof e->text);
}

static bool decode_err(aus_err *e, aus_rd *r)
{
  const char *where, *text;
  uint8_t there = aus_rd_u8(r);

  aus_err_clear(e);
  if (there == 0) return true;
  e->code = (int)aus_rd_u32(r);
  e->rank = (int)aus_rd_u32(r);
  where = aus_rd_bytes(r, sizeof e->where);
  text = aus_rd_bytes(r, sizeof e->text);
  if (there > 1 || !text || e->code >= AUS_OK || e->code < AUS_EDIFF) return false;
  if (where[sizeof e->where - 1] != '\0' || text[sizeof e->text - 1] != '\0') return false;
  memcpy(e->where, where, sizeof e->where);
  memcpy(e->text, text, sizeof e->text);
  return true;
}

void aus_result_encode(const aus_result *r, aus_buf *out)
{
  int i;

  aus_buf_u64(out, r->id);
  aus_buf_u8(out, r->job);
  aus_buf_u16(out, r->attempt);
  aus_buf_u16(out, r->status);
  aus_buf_f64(out, r->cost_s);
  aus_buf_i64(out, r->rss_bytes);
  encode_err(&r->err, out);
  aus_buf_u32(out, (uint32_t)r->n_y);
  aus_buf_u32(out, (uint32_t)r->n_ranges);
  for (i = 0; i < r->n_y; i++)
    aus_buf_f64(out, r->y[i]);
  for (i = 0; i < r->n_ranges; i++)
    aus_range_encode(&r->ranges[i], out);
  aus_buf_u32(out, (uint32_t)r->n_blobs);
  for (i = 0; i < r->n_blobs; i++)
    aus_range_encode(&r->blobs[i].range, out);
}

static int read_ranges(aus_range **out, int *n_out, aus_rd *r, aus_err *err)
{
  int rc = AUS_OK, i, n;
  uint32_t n_read = aus_rd_u32(r);

  if (!fits(r, n_read, AUS_RANGE_BYTES))
    AUS_FAIL(err, AUS_EFORMAT, "result of %zu bytes is damaged", r->n);
  n = (int)n_read;
  if (n > 0) AUS_NEW(*out, n, err);
  for (i = 0; i < n; i++)
    aus_range_decode(&(*out)[i], r);
  *n_out = n;
done:
  return rc;
}

static int read_result_arrays(aus_result *s, aus_rd *r, aus_err *err)
{
  int rc = AUS_OK, i;

  if (s->n_y > 0) AUS_NEW(s->y, s->n_y, err);
  for (i = 0; i < s->n_y; i++)
    s->y[i] = aus_rd_f64(r);
  if (s->n_ranges > 0) AUS_NEW(s->ranges, s->n_ranges, err);
  for (i = 0; i < s->n_ranges; i++)
    aus_range_decode(&s->ranges[i], r);
  AUS_TRY(read_ranges(&s->blob_ranges, &s->n_blob_ranges, r, err));
done:
  return rc;
}

int aus_result_decode(aus_result *s, const void *p, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  aus_rd r = aus_rd_of(p, n);
  uint32_t n_y, n_ranges;
  uint8_t job;
  bool good_err;

  *s = (aus_result){.id = aus_rd_u64(&r)};
  job = aus_rd_u8(&r);
  s->job = job == 1;
  s->attempt = aus_rd_u16(&r);
  s->status = aus_rd_u16(&r);
  s->cost_s = aus_rd_f64(&r);
  s->rss_bytes = aus_rd_i64(&r);
  good_err = decode_err(&s->err, &r);
  n_y = aus_rd_u32(&r);
  n_ranges = aus_rd_u32(&r);
  if (job > 1 || s->status > AUS_S_INFEASIBLE || !good_err || !fits(&r, n_y, 8) ||
      !fits(&r, n_ranges, AUS_RANGE_BYTES))
    AUS_FAIL(err, AUS_EFORMAT, "result of %zu bytes is damaged", n);
  s->n_y = (int)n_y;
  s->n_ranges = (int)n_ranges;
  AUS_TRY(read_result_arrays(s, &r, err));
  if (r.bad || r.at != n) AUS_FAIL(err, AUS_EFORMAT, "result of %zu bytes is damaged", n);
done:
  if (rc != AUS_OK) aus_result_fini(s);
  return rc;
}

static bool same_blob(const aus_blob *a, const aus_blob *b)
{
  return a->key.campaign == b->key.campaign && a->key.index == b->key.index && a->n == b->n &&
         memcmp(a->bytes, b->bytes, a->n) == 0;
}

bool aus_result_same(const aus_result *a, const aus_result *b)
{
  int i;

  if (a->status != b->status || a->n_y != b->n_y || a->n_ranges != b->n_ranges ||
      a->n_blobs != b->n_blobs)
    return false;
  if (a->n_y > 0 && memcmp(a->y, b->y, (size_t)a->n_y * sizeof *a->y) != 0) return false;
  for (i = 0; i < a->n_ranges; i++)
    if (a->ranges[i].table != b->ranges[i].table || a->ranges[i].n != b->ranges[i].n ||
        a->ranges[i].crc != b->ranges[i].crc)
      return false;
  for (i = 0; i < a->n_blobs; i++)
    if (!same_blob(&a->blobs[i], &b->blobs[i])) return false;
  return true;
}
