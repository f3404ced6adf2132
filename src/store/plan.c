/* plan.c - filling a plan on rank 0, sending it, and the order of the file's objects.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

/* HDF5 keeps an attribute in the object's header. */
enum { CHUNK_BYTES = 1 << 20, MAX_ATTR_BYTES = 64000 };

size_t aus_plan_row_bytes(const aus_plan_set *set)
{
  size_t element = set->string_bytes > 0 ? set->string_bytes : aus_dtype_size(set->type);

  return element * (size_t)set->width;
}

uint64_t aus_plan_chunk_rows(const aus_plan_set *set)
{
  uint64_t rows = CHUNK_BYTES / aus_plan_row_bytes(set);

  if (rows < 1) rows = 1;
  return rows < set->n ? rows : set->n;
}

/* ---- freeing ---- */

static void set_fini(aus_plan_set *s)
{
  int i;

  for (i = 0; s->enumeration && i < s->n_enumeration; i++)
    aus_free(s->enumeration[i]);
  aus_free(s->enumeration);
  aus_free(s->path);
  aus_free(s->unit);
  aus_free(s->long_name);
  aus_free(s->data);
}

static void attr_fini(aus_plan_attr *a)
{
  aus_free(a->path);
  aus_free(a->name);
  aus_free(a->value);
}

static void list_fini(aus_plan_list *l)
{
  aus_free(l->range);
  aus_free(l->start);
}

int aus_pub_create(aus_pub **out, aus_err *err)
{
  int rc = AUS_OK;

  AUS_NEW(*out, 1, err);
done:
  return rc;
}

void aus_pub_destroy(aus_pub *pub)
{
  int64_t i;

  if (!pub) return;
  for (i = 0; i < pub->n_sets; i++)
    set_fini(&pub->set[i]);
  for (i = 0; i < pub->n_attrs; i++)
    attr_fini(&pub->attr[i]);
  for (i = 0; i < pub->n_lists; i++)
    list_fini(&pub->list[i]);
  for (i = 0; i < pub->n_tables; i++)
    aus_free(pub->table[i].path);
  aus_free(pub->set);
  aus_free(pub->attr);
  aus_free(pub->list);
  aus_free(pub->table);
  aus_free(pub);
}

/* ---- adding; each *_give takes ownership also when it fails ---- */

static int give_set(aus_pub *pub, aus_plan_set *s, aus_err *err)
{
  int rc = aus_grow(&pub->set, &pub->cap_sets, pub->n_sets + 1, sizeof *pub->set, err);

  if (rc == AUS_OK)
    pub->set[pub->n_sets++] = *s;
  else
    set_fini(s);
  return rc;
}

static int give_attr(aus_pub *pub, aus_plan_attr *a, aus_err *err)
{
  int rc = aus_grow(&pub->attr, &pub->cap_attrs, pub->n_attrs + 1, sizeof *pub->attr, err);

  if (rc == AUS_OK)
    pub->attr[pub->n_attrs++] = *a;
  else
    attr_fini(a);
  return rc;
}

static int give_list(aus_pub *pub, aus_plan_list *l, aus_err *err)
{
  int rc = aus_grow(&pub->list, &pub->cap_lists, pub->n_lists + 1, sizeof *pub->list, err);

  if (rc == AUS_OK)
    pub->list[pub->n_lists++] = *l;
  else
    list_fini(l);
  return rc;
}

static int give_table(aus_pub *pub, aus_plan_table *t, aus_err *err)
{
  int rc = aus_grow(&pub->table, &pub->cap_tables, pub->n_tables + 1, sizeof *pub->table, err);

  if (rc == AUS_OK)
    pub->table[pub->n_tables++] = *t;
  else
    aus_free(t->path);
  return rc;
}

/* "a/b": no slash at the ends, none doubled; the root is "" where it is allowed. */
static int check_path(const char *path, int root_too, aus_err *err)
{
  size_t n = strlen(path);

  if (n == 0 ? root_too : path[0] != '/' && path[n - 1] != '/' && !strstr(path, "//"))
    return AUS_OK;
  return aus_fail(err, AUS_EINVAL, AUS_HERE, "publication: \"%s\" is no path", path);
}

static int check_new(const aus_pub *pub, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  AUS_TRY(check_path(path, 0, err));
  for (i = 0; i < pub->n_sets; i++)
    if (strcmp(pub->set[i].path, path) == 0)
      AUS_FAIL(err, AUS_EINVAL, "publication: /%s is there already", path);
done:
  return rc;
}

static int join(char **out, const char *path, const char *name, aus_err *err)
{
  int rc = AUS_OK;
  size_t n = strlen(path) + strlen(name) + 2;

  AUS_NEW(*out, n, err);
  snprintf(*out, n, "%s%s%s", path, path[0] ? "/" : "", name);
done:
  return rc;
}

static int copy_bytes(void **out, const void *from, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  char *p = NULL;

  AUS_NEW(p, n, err);
  if (n > 0) memcpy(p, from, n);
  *out = p;
done:
  return rc;
}

static int add_attr(aus_pub *pub, const char *path, const char *name, aus_dtype type,
                    size_t string_bytes, int n, const void *value, size_t n_bytes, aus_err *err)
{
  int rc = AUS_OK;
  aus_plan_attr a = {.type = type, .string_bytes = string_bytes, .n = n, .n_bytes = n_bytes};
  int64_t i;

  AUS_TRY(check_path(path, 1, err));
  for (i = 0; i < pub->n_attrs; i++)
    if (strcmp(pub->attr[i].path, path) == 0 && strcmp(pub->attr[i].name, name) == 0)
      AUS_FAIL(err, AUS_EINVAL, "publication: attribute %s of /%s is there already", name, path);
  if (n_bytes > MAX_ATTR_BYTES)
    AUS_FAIL(err, AUS_EINVAL, "publication: attribute %s of /%s has %zu bytes, at most %d fit",
             name, path, n_bytes, MAX_ATTR_BYTES);
  AUS_DUP(a.path, path, err);
  AUS_DUP(a.name, name, err);
  AUS_TRY(copy_bytes(&a.value, value, n_bytes, err));
  rc = give_attr(pub, &a, err);
  a = (aus_plan_attr){0};
done:
  attr_fini(&a);
  return rc;
}

int aus_pub_attr_str(aus_pub *pub, const char *path, const char *name, const char *value,
                     aus_err *err)
{
  /* A string type has at least one byte: the NUL of "". */
  size_t n = strlen(value) > 0 ? strlen(value) : 1;

  return add_attr(pub, path, name, AUS_U8, n, -1, value, n, err);
}

int aus_pub_attr_u64(aus_pub *pub, const char *path, const char *name, uint64_t value, aus_err *err)
{
  return add_attr(pub, path, name, AUS_U64, 0, -1, &value, sizeof value, err);
}

int aus_pub_attr_u8(aus_pub *pub, const char *path, const char *name, uint8_t value, aus_err *err)
{
  return add_attr(pub, path, name, AUS_U8, 0, -1, &value, sizeof value, err);
}

int aus_pub_attr_f64(aus_pub *pub, const char *path, const char *name, double value, aus_err *err)
{
  return add_attr(pub, path, name, AUS_F64, 0, -1, &value, sizeof value, err);
}

/* Strings of equal length side by side, padded with NUL (aus_free). */
static int pack_strings(char **out, size_t *string_bytes, int64_t n, const char *const *values,
                        aus_err *err)
{
  int rc = AUS_OK;
  size_t longest = 1;
  int64_t i;

  for (i = 0; i < n; i++)
    if (values[i] && strlen(values[i]) > longest) longest = strlen(values[i]);
  *out = aus_zalloc((size_t)n, longest);
  if (!*out) AUS_FAIL(err, AUS_ENOMEM, "out of memory (%" PRId64 " x %zu bytes)", n, longest);
  for (i = 0; i < n; i++)
    if (values[i]) memcpy(*out + (size_t)i * longest, values[i], strlen(values[i]));
  *string_bytes = longest;
done:
  return rc;
}

int aus_pub_attr_strs(aus_pub *pub, const char *path, const char *name, int n,
                      const char *const *values, aus_err *err)
{
  int rc = AUS_OK;
  char *packed = NULL;
  size_t each = 0;

  AUS_TRY(pack_strings(&packed, &each, n, values, err));
  AUS_TRY(add_attr(pub, path, name, AUS_U8, each, n, packed, (size_t)n * each, err));
done:
  aus_free(packed);
  return rc;
}

/* Text and enumeration of a column; the path is s->path already. */
static int describe(aus_plan_set *s, const char *unit, double unit_si, const char *long_name,
                    const char *const *enumeration, int n_enumeration, aus_err *err)
{
  int rc = AUS_OK, i;

  s->unit_si = unit_si;
  AUS_DUP(s->unit, unit, err);
  AUS_DUP(s->long_name, long_name, err);
  if (!enumeration || n_enumeration == 0) goto done;
  if (s->type != AUS_U8 && s->type != AUS_I32)
    AUS_FAIL(err, AUS_EINVAL, "publication: /%s: an enumeration must be u8 or i32", s->path);
  AUS_NEW(s->enumeration, n_enumeration, err);
  s->n_enumeration = n_enumeration;
  for (i = 0; i < n_enumeration; i++)
    AUS_DUP(s->enumeration[i], enumeration[i], err);
done:
  return rc;
}

/* A dataset path/column->name; the caller says where its values come from (*data is taken). */
static int add_set(aus_pub *pub, const char *path, const aus_column *c, aus_plan_set s,
                   aus_err *err)
{
  int rc = AUS_OK;

  s.type = c->type;
  s.width = c->width;
  s.matrix = c->matrix || c->width > 1;
  s.inner = c->inner;
  AUS_TRY(join(&s.path, path, c->name, err));
  AUS_TRY(check_new(pub, s.path, err));
  AUS_TRY(describe(&s, c->unit, c->unit_si, c->long_name, c->enumeration, c->n_enumeration, err));
  rc = give_set(pub, &s, err);
  s = (aus_plan_set){0};
done:
  set_fini(&s);
  return rc;
}

int aus_pub_column(aus_pub *pub, const char *path, const aus_column *column, int64_t n,
                   const void *data, aus_err *err)
{
  int rc = AUS_OK;
  aus_plan_set s = {.n = (uint64_t)n, .from = AUS_FROM_MEMORY};
  size_t bytes = (size_t)n * aus_dtype_size(column->type) * (size_t)column->width;

  AUS_TRY(copy_bytes(&s.data, data, bytes, err));
  AUS_TRY(add_set(pub, path, column, s, err));
done:
  return rc;
}

/* Strings: `packed` is taken. */
static int add_strings(aus_pub *pub, const char *path, int scalar, int64_t n, char *packed,
                       size_t each, const char *long_name, aus_err *err)
{
  int rc = AUS_OK;
  aus_plan_set s = {.n = (uint64_t)n,
                    .scalar = scalar,
                    .width = 1,
                    .type = AUS_U8,
                    .string_bytes = each,
                    .from = AUS_FROM_MEMORY,
                    .data = packed};

  AUS_DUP(s.path, path, err);
  AUS_TRY(check_new(pub, path, err));
  AUS_TRY(describe(&s, "1", 1.0, long_name, NULL, 0, err));
  rc = give_set(pub, &s, err);
  s = (aus_plan_set){0};
done:
  set_fini(&s);
  return rc;
}

int aus_pub_strings(aus_pub *pub, const char *path, int64_t n, const char *const *values,
                    const char *long_name, aus_err *err)
{
  int rc = AUS_OK;
  char *packed = NULL;
  size_t each = 0;

  AUS_TRY(pack_strings(&packed, &each, n, values, err));
  AUS_TRY(add_strings(pub, path, 0, n, packed, each, long_name, err));
done:
  return rc;
}

int aus_pub_text(aus_pub *pub, const char *path, const char *text, const char *long_name,
                 aus_err *err)
{
  int rc = AUS_OK;
  char *packed = NULL;
  size_t each = 0;

  AUS_TRY(pack_strings(&packed, &each, 1, &text, err));
  AUS_TRY(add_strings(pub, path, 1, 1, packed, each, long_name, err));
done:
  return rc;
}

static int fill_starts(aus_plan_list *l, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  AUS_NEW(l->start, l->n + 1, err);
  for (i = 0; i < l->n; i++)
    if (__builtin_add_overflow(l->start[i], l->range[i].n, &l->start[i + 1]))
      AUS_FAIL(err, AUS_EINVAL, "publication: too many rows");
done:
  return rc;
}

/* The ranges of one table become a list. */
static int add_list(aus_pub *pub, int table, int64_t n, const aus_range *ranges, aus_err *err)
{
  int rc = AUS_OK;
  aus_plan_list l = {.table = table};
  int64_t i;

  if (table < 0) AUS_FAIL(err, AUS_EINVAL, "publication: table %d", table);
  AUS_NEW(l.range, n, err);
  for (i = 0; i < n; i++)
    if (ranges[i].table == (uint32_t)table) l.range[l.n++] = ranges[i];
  AUS_TRY(fill_starts(&l, err));
  rc = give_list(pub, &l, err);
  l = (aus_plan_list){0};
done:
  list_fini(&l);
  return rc;
}

int aus_pub_blobs(aus_pub *pub, const char *path, int table, int64_t n, const aus_range *ranges,
                  aus_err *err)
{
  int rc = AUS_OK;
  aus_plan_table t = {.list = (int)pub->n_lists};
  int64_t i;

  AUS_TRY(check_path(path, 1, err));
  for (i = 0; i < n; i++)
    if (ranges[i].table != (uint32_t)table)
      AUS_FAIL(err, AUS_EINVAL,
               "publication: /%s: blob %" PRId64 " is in table %" PRIu32 ", not %d", path, i,
               ranges[i].table, table);
  AUS_DUP(t.path, path, err);
  AUS_TRY(add_list(pub, table, n, ranges, err));
  rc = give_table(pub, &t, err);
  t.path = NULL;
done:
  aus_free(t.path);
  return rc;
}

int aus_pub_table(aus_pub *pub, int table, int64_t n_ranges, const aus_range *ranges, aus_err *err)
{
  int rc = AUS_OK;
  aus_plan_table t = {.list = (int)pub->n_lists};
  int64_t i;

  for (i = 0; i < pub->n_tables; i++)
    if (!pub->table[i].path && pub->list[pub->table[i].list].table == table)
      AUS_FAIL(err, AUS_EINVAL, "publication: table %d is there already", table);
  AUS_TRY(add_list(pub, table, n_ranges, ranges, err));
  AUS_TRY(give_table(pub, &t, err));
done:
  return rc;
}

/* ---- sending ---- */

static void encode_set(const aus_plan_set *s, aus_buf *out)
{
  int i;

  aus_buf_str(out, s->path);
  aus_buf_u8(out, (uint8_t)s->scalar);
  aus_buf_u64(out, s->n);
  aus_buf_u32(out, (uint32_t)s->width);
  aus_buf_u8(out, (uint8_t)s->matrix);
  aus_buf_u32(out, (uint32_t)s->inner);
  aus_buf_u8(out, (uint8_t)s->type);
  aus_buf_u64(out, s->string_bytes);
  aus_buf_str(out, s->unit);
  aus_buf_f64(out, s->unit_si);
  aus_buf_str(out, s->long_name);
  aus_buf_u32(out, (uint32_t)s->n_enumeration);
  for (i = 0; i < s->n_enumeration; i++)
    aus_buf_str(out, s->enumeration[i]);
}

static void encode_attr(const aus_plan_attr *a, aus_buf *out)
{
  aus_buf_str(out, a->path);
  aus_buf_str(out, a->name);
  aus_buf_u8(out, (uint8_t)a->type);
  aus_buf_u64(out, a->string_bytes);
  aus_buf_i64(out, a->n);
  aus_buf_u64(out, a->n_bytes);
  aus_buf_bytes(out, a->value, a->n_bytes);
}

static void encode_list(const aus_plan_list *l, aus_buf *out)
{
  int64_t i;

  aus_buf_u32(out, (uint32_t)l->table);
  aus_buf_i64(out, l->n);
  for (i = 0; i < l->n; i++) {
    aus_buf_u64(out, l->range[i].trial);
    aus_buf_u32(out, l->range[i].shard);
    aus_buf_u64(out, l->range[i].first);
    aus_buf_u64(out, l->range[i].n);
    aus_buf_u32(out, l->range[i].crc);
  }
}

void aus_pub_encode(const aus_pub *pub, aus_buf *out)
{
  int64_t i;

  aus_buf_i64(out, pub->n_sets);
  for (i = 0; i < pub->n_sets; i++)
    encode_set(&pub->set[i], out);
  aus_buf_i64(out, pub->n_attrs);
  for (i = 0; i < pub->n_attrs; i++)
    encode_attr(&pub->attr[i], out);
  aus_buf_i64(out, pub->n_lists);
  for (i = 0; i < pub->n_lists; i++)
    encode_list(&pub->list[i], out);
  aus_buf_i64(out, pub->n_tables);
  for (i = 0; i < pub->n_tables; i++) {
    aus_buf_u32(out, (uint32_t)pub->table[i].list);
    aus_buf_u8(out, pub->table[i].path != NULL);
    if (pub->table[i].path) aus_buf_str(out, pub->table[i].path);
  }
}

static int decode_set(aus_pub *pub, aus_rd *in, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_plan_set s = {.from = AUS_FROM_MEMORY};
  uint32_t n;

  AUS_TRY(aus_rd_str(in, &s.path, err));
  s.scalar = aus_rd_u8(in);
  s.n = aus_rd_u64(in);
  s.width = (int)aus_rd_u32(in);
  s.matrix = aus_rd_u8(in);
  s.inner = (int)aus_rd_u32(in);
  s.type = (aus_dtype)aus_rd_u8(in);
  s.string_bytes = aus_rd_u64(in);
  AUS_TRY(aus_rd_str(in, &s.unit, err));
  s.unit_si = aus_rd_f64(in);
  AUS_TRY(aus_rd_str(in, &s.long_name, err));
  n = aus_rd_u32(in);
  if (n > 0) {
    AUS_NEW(s.enumeration, n, err);
    s.n_enumeration = (int)n;
    for (i = 0; i < s.n_enumeration; i++)
      AUS_TRY(aus_rd_str(in, &s.enumeration[i], err));
  }
  rc = give_set(pub, &s, err);
  s = (aus_plan_set){0};
done:
  set_fini(&s);
  return rc;
}

static int decode_attr(aus_pub *pub, aus_rd *in, aus_err *err)
{
  int rc = AUS_OK;
  aus_plan_attr a = {0};
  const void *value;

  AUS_TRY(aus_rd_str(in, &a.path, err));
  AUS_TRY(aus_rd_str(in, &a.name, err));
  a.type = (aus_dtype)aus_rd_u8(in);
  a.string_bytes = aus_rd_u64(in);
  a.n = (int)aus_rd_i64(in);
  a.n_bytes = aus_rd_u64(in);
  value = aus_rd_bytes(in, a.n_bytes);
  if (!value) AUS_FAIL(err, AUS_EFORMAT, "publication: the plan is cut short");
  AUS_TRY(copy_bytes(&a.value, value, a.n_bytes, err));
  rc = give_attr(pub, &a, err);
  a = (aus_plan_attr){0};
done:
  attr_fini(&a);
  return rc;
}

static int decode_list(aus_pub *pub, aus_rd *in, aus_err *err)
{
  int rc = AUS_OK;
  aus_plan_list l = {0};
  int64_t i;

  l.table = (int)aus_rd_u32(in);
  l.n = aus_rd_i64(in);
  AUS_NEW(l.range, l.n, err);
  for (i = 0; i < l.n; i++) {
    l.range[i].table = (uint32_t)l.table;
    l.range[i].trial = aus_rd_u64(in);
    l.range[i].shard = aus_rd_u32(in);
    l.range[i].first = aus_rd_u64(in);
    l.range[i].n = aus_rd_u64(in);
    l.range[i].crc = aus_rd_u32(in);
  }
  AUS_TRY(fill_starts(&l, err));
  rc = give_list(pub, &l, err);
  l = (aus_plan_list){0};
done:
  list_fini(&l);
  return rc;
}

static int decode_table(aus_pub *pub, aus_rd *in, aus_err *err)
{
  int rc = AUS_OK;
  aus_plan_table t = {.list = (int)aus_rd_u32(in)};

  if (aus_rd_u8(in)) AUS_TRY(aus_rd_str(in, &t.path, err));
  rc = give_table(pub, &t, err);
  t.path = NULL;
done:
  aus_free(t.path);
  return rc;
}

int aus_pub_decode(aus_pub **out, aus_rd *in, aus_err *err)
{
  int rc = AUS_OK;
  aus_pub *pub = NULL;
  int64_t n;

  *out = NULL;
  AUS_TRY(aus_pub_create(&pub, err));
  for (n = aus_rd_i64(in); n > 0; n--)
    AUS_TRY(decode_set(pub, in, err));
  for (n = aus_rd_i64(in); n > 0; n--)
    AUS_TRY(decode_attr(pub, in, err));
  for (n = aus_rd_i64(in); n > 0; n--)
    AUS_TRY(decode_list(pub, in, err));
  for (n = aus_rd_i64(in); n > 0; n--)
    AUS_TRY(decode_table(pub, in, err));
  if (in->bad) AUS_FAIL(err, AUS_EFORMAT, "publication: the plan is cut short");
  *out = pub;
  pub = NULL;
done:
  aus_pub_destroy(pub);
  return rc;
}

/* ---- layout ---- */

static const aus_column trial_of_row = {.name = "trial",
                                        .type = AUS_U64,
                                        .width = 1,
                                        .unit = "1",
                                        .unit_si = 1.0,
                                        .long_name = "trial of the row"};
static const aus_column trial_of_range = {.name = "trial",
                                          .type = AUS_U64,
                                          .width = 1,
                                          .unit = "1",
                                          .unit_si = 1.0,
                                          .long_name = "trial of the entry"};
static const aus_column offset_column = {.name = "offsets",
                                         .type = AUS_U64,
                                         .width = 1,
                                         .unit = "1",
                                         .unit_si = 1.0,
                                         .long_name =
                                             "first row of each entry, and the number of rows"};
static const aus_column bytes_column = {.name = "bytes",
                                        .type = AUS_U8,
                                        .width = 1,
                                        .unit = "1",
                                        .unit_si = 1.0,
                                        .long_name = "bytes of all entries"};

static int expand_trials(aus_pub *extra, const char *path, const aus_plan_list *l, aus_err *err)
{
  int rc = AUS_OK;
  uint64_t *trial = NULL;
  int64_t i;

  AUS_NEW(trial, l->n, err);
  for (i = 0; i < l->n; i++)
    trial[i] = l->range[i].trial;
  AUS_TRY(aus_pub_column(extra, path, &trial_of_range, l->n, trial, err));
done:
  aus_free(trial);
  return rc;
}

static int expand_table(aus_pub *extra, const aus_plan_list *l, int list, const aus_table *d,
                        aus_err *err)
{
  int rc = AUS_OK, i;
  aus_plan_set s = {.n = l->start[l->n], .list = list, .from = AUS_FROM_COLUMN};

  for (i = 0; i < d->n_columns; i++) {
    s.column = i;
    AUS_TRY(add_set(extra, d->name, &d->column[i], s, err));
  }
  if (d->by_trial) {
    AUS_TRY(expand_trials(extra, d->name, l, err));
    AUS_TRY(aus_pub_column(extra, d->name, &offset_column, l->n + 1, l->start, err));
  }
  s.from = AUS_FROM_TRIAL;
  if (d->row_trial) AUS_TRY(add_set(extra, d->name, &trial_of_row, s, err));
done:
  return rc;
}

static int expand_blobs(aus_pub *extra, const char *path, const aus_plan_list *l, int list,
                        const aus_table *d, aus_err *err)
{
  int rc = AUS_OK;
  aus_plan_set s = {.n = l->start[l->n], .list = list, .from = AUS_FROM_COLUMN};

  if (d->n_columns != 1 || d->column[0].type != AUS_U8 || d->column[0].width != 1)
    AUS_FAIL(err, AUS_EINVAL, "publication: /%s: table %s is not one column of bytes", path,
             d->name);
  AUS_TRY(add_set(extra, path, &bytes_column, s, err));
  AUS_TRY(aus_pub_column(extra, path, &offset_column, l->n + 1, l->start, err));
done:
  return rc;
}

static int expand(aus_pub *extra, const aus_pub *pub, const aus_pub_conf *conf, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  for (i = 0; i < pub->n_tables; i++) {
    const aus_plan_table *t = &pub->table[i];
    const aus_plan_list *l = &pub->list[t->list];

    if (l->table >= conf->n_tables)
      AUS_FAIL(err, AUS_EINVAL, "publication: table %d of %d", l->table, conf->n_tables);
    if (t->path)
      AUS_TRY(expand_blobs(extra, t->path, l, t->list, &conf->tables[l->table], err));
    else
      AUS_TRY(expand_table(extra, l, t->list, &conf->tables[l->table], err));
  }
done:
  return rc;
}

static int by_path(const void *a, const void *b)
{
  const aus_plan_set *const *x = a, *const *y = b;

  return strcmp((*x)->path, (*y)->path);
}

static int by_text(const void *a, const void *b)
{
  const char *const *x = a, *const *y = b;

  return strcmp(*x, *y);
}

static int sort_sets(aus_layout *l, const aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  AUS_NEW(l->set, pub->n_sets + l->extra->n_sets, err);
  for (i = 0; i < pub->n_sets; i++)
    l->set[l->n_sets++] = &pub->set[i];
  for (i = 0; i < l->extra->n_sets; i++)
    l->set[l->n_sets++] = &l->extra->set[i];
  qsort(l->set, (size_t)l->n_sets, sizeof *l->set, by_path);
  for (i = 1; i < l->n_sets; i++)
    if (strcmp(l->set[i - 1]->path, l->set[i]->path) == 0)
      AUS_FAIL(err, AUS_EINVAL, "publication: /%s is there twice", l->set[i]->path);
done:
  return rc;
}

static int is_set(const aus_layout *l, const char *path)
{
  int64_t low = 0, high = l->n_sets;

  while (low < high) {
    int64_t mid = low + (high - low) / 2;
    int order = strcmp(l->set[mid]->path, path);

    if (order == 0) return 1;
    if (order < 0)
      low = mid + 1;
    else
      high = mid;
  }
  return 0;
}

/* The first n bytes of path as a group; doubles go later. */
static int add_group(aus_layout *l, const char *path, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  char *name = NULL;

  AUS_TRY(aus_grow(&l->group, &l->cap_groups, l->n_groups + 1, sizeof *l->group, err));
  AUS_NEW(name, n + 1, err);
  memcpy(name, path, n);
  if (is_set(l, name)) AUS_FAIL(err, AUS_EINVAL, "publication: /%s is a dataset and a group", name);
  l->group[l->n_groups++] = name;
  name = NULL;
done:
  aus_free(name);
  return rc;
}

static int add_parents(aus_layout *l, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  const char *slash;

  for (slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
    AUS_TRY(add_group(l, path, (size_t)(slash - path), err));
done:
  return rc;
}

/* A prefix sorts before what it begins, so parents come first. */
static void sort_groups(aus_layout *l)
{
  int64_t i, n = 0;

  if (l->n_groups > 0) qsort(l->group, (size_t)l->n_groups, sizeof *l->group, by_text);
  for (i = 0; i < l->n_groups; i++)
    if (n > 0 && strcmp(l->group[n - 1], l->group[i]) == 0)
      aus_free(l->group[i]);
    else
      l->group[n++] = l->group[i];
  l->n_groups = n;
}

static int find_groups(aus_layout *l, const aus_pub *pub, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  for (i = 0; i < l->n_sets; i++)
    AUS_TRY(add_parents(l, l->set[i]->path, err));
  for (i = 0; i < pub->n_attrs; i++) {
    const char *path = pub->attr[i].path;

    if (path[0] == '\0' || is_set(l, path)) continue;
    AUS_TRY(add_parents(l, path, err));
    AUS_TRY(add_group(l, path, strlen(path), err));
  }
  sort_groups(l);
done:
  return rc;
}

int aus_layout_make(aus_layout *l, const aus_pub *pub, const aus_pub_conf *conf, aus_err *err)
{
  int rc = AUS_OK;

  *l = (aus_layout){0};
  AUS_TRY(aus_pub_create(&l->extra, err));
  AUS_TRY(expand(l->extra, pub, conf, err));
  AUS_TRY(sort_sets(l, pub, err));
  AUS_TRY(find_groups(l, pub, err));
done:
  return rc;
}

void aus_layout_fini(aus_layout *l)
{
  int64_t i;

  for (i = 0; i < l->n_groups; i++)
    aus_free(l->group[i]);
  aus_free(l->group);
  aus_free(l->set);
  aus_pub_destroy(l->extra);
  *l = (aus_layout){0};
}
