/* same.c - comparing two HDF5 files.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/same.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "store/same_impl.h"
#include "store/scan.h"
#include "util/alloc.h"

enum { MAX_DEPTH = 64 };

typedef struct same {
  const aus_same_conf *conf;
  aus_same_count *count;
  aus_buf *lines;
  const char *name[2]; /* of the files */
  aus_buf path;        /* of the objects at hand; empty at the root */
  int depth;
  int side; /* file that was asked last, for messages */
} same;

/* A call that reads file k. */
#define OF(k, call) (s->side = (k), (call))

static const char *here(const same *s)
{
  return s->path.n > 0 ? s->path.data : "/";
}

__attribute__((format(printf, 2, 3))) static void differ(same *s, const char *format, ...)
{
  va_list ap;
  char text[4000];

  if (s->count->differences++ >= s->conf->max) return;
  va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  aus_buf_printf(s->lines, "%s: %s\n", here(s), text);
}

/* ---- values ---- */

static bool near_enough(double a, double b, double tolerance)
{
  if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
  if (a == b) return true;
  if (isinf(a) || isinf(b)) return false;
  return fabs(a - b) <= tolerance * fmax(fabs(a), fabs(b));
}

static bool equal(const aus_elem *e, const char *a, const char *b, double tolerance)
{
  const char *s, *t;
  size_t n, m;

  if (e->kind == AUS_ELEM_VTEXT) {
    s = aus_elem_text(e, a, &n);
    t = aus_elem_text(e, b, &m);
    return n == m && memcmp(s, t, n) == 0;
  }
  if (e->kind == AUS_ELEM_REAL && tolerance > 0)
    return near_enough(aus_elem_number(e, a), aus_elem_number(e, b), tolerance);
  return memcmp(a, b, e->size) == 0;
}

/* What is known of the differences in one list of values. */
typedef struct tally {
  uint64_t n, first;         /* how many differ; number of the first */
  double absolute, relative; /* largest */
  bool measured;             /* there are two numbers to subtract */
  aus_buf text;              /* the first two values */
} tally;

static void measure(tally *t, const aus_elem *e, const char *a, const char *b)
{
  double x = aus_elem_number(e, a), y = aus_elem_number(e, b), d = fabs(x - y);

  /* Large integers are subtracted before they are rounded. */
  if (e->kind == AUS_ELEM_INT || e->kind == AUS_ELEM_UINT) {
    uint64_t i = (uint64_t)aus_elem_integer(e, a), k = (uint64_t)aus_elem_integer(e, b);

    d = (double)(x > y ? i - k : y > x ? k - i : i > k ? i - k : k - i);
  }
  if (isnan(d)) return;
  t->measured = true;
  if (d > t->absolute) t->absolute = d;
  if (d > 0 && !isinf(d)) d /= fmax(fabs(x), fabs(y));
  if (d > t->relative) t->relative = d;
}

/* Of a long string only what is around byte `at`. */
static void show_part(const char *s, size_t n, size_t at, aus_buf *out)
{
  const size_t around = 24;
  size_t first = at > around ? at - around : 0, last = n - at > around ? at + around : n;

  if (first > 0) aus_buf_text(out, "...");
  aus_scan_quote(s + first, last - first, out);
  if (last < n) aus_buf_text(out, "...");
}

static void show_texts(tally *t, const aus_elem *e, const char *a, const char *b)
{
  size_t n, m, at = 0;
  const char *s = aus_elem_text(e, a, &n), *u = aus_elem_text(e, b, &m);

  while (at < n && at < m && s[at] == u[at])
    at++;
  show_part(s, n, at, &t->text);
  aus_buf_text(&t->text, " and ");
  show_part(u, m, at, &t->text);
  if (n > 60 || m > 60) aus_buf_printf(&t->text, " from byte %zu on", at);
}

/* Values that read the same, such as two NaN, are told by their bits. */
static void show(tally *t, const aus_elem *e, const char *a, const char *b)
{
  aus_elem bytes = {.type = -1, .kind = AUS_ELEM_BYTES, .size = e->size};
  int64_t middle, n;

  aus_elem_print(e, a, &t->text);
  middle = t->text.n;
  aus_buf_text(&t->text, " and ");
  n = t->text.n;
  aus_elem_print(e, b, &t->text);
  if (t->text.failed || t->text.n - n != middle ||
      memcmp(t->text.data, t->text.data + n, (size_t)middle) != 0)
    return;
  aus_buf_text(&t->text, ", bytes ");
  aus_elem_print(&bytes, a, &t->text);
  aus_buf_text(&t->text, " and ");
  aus_elem_print(&bytes, b, &t->text);
}

static void tally_values(tally *t, const aus_elem *e, const char *a, const char *b, uint64_t first,
                         uint64_t n, double tolerance)
{
  uint64_t i;

  if (e->kind != AUS_ELEM_VTEXT && memcmp(a, b, n * e->size) == 0) return;
  for (i = 0; i < n; i++, a += e->size, b += e->size) {
    if (equal(e, a, b, tolerance)) continue;
    if (t->n++ == 0) {
      t->first = first + i;
      if (e->kind == AUS_ELEM_TEXT || e->kind == AUS_ELEM_VTEXT)
        show_texts(t, e, a, b);
      else
        show(t, e, a, b);
    }
    if (!e->named) measure(t, e, a, b);
  }
}

/* The line about a list of values; `what` is "values" or "attribute unit". */
static int report(same *s, tally *t, const char *what, int n_dims, const hsize_t *dim, uint64_t n,
                  aus_err *err)
{
  int rc = AUS_OK;
  aus_buf b;

  aus_buf_init(&b);
  if (t->n == 0) goto done;
  if (n_dims == 0) {
    aus_buf_printf(&b, "%s: %s", what, t->text.data ? t->text.data : "");
  } else {
    aus_buf_printf(&b, "%s: %" PRIu64 " of %" PRIu64 " differ%s, first at ", what, t->n, n,
                   t->n == 1 ? "s" : "");
    aus_scan_index(n_dims, dim, t->first, &b);
    aus_buf_printf(&b, ": %s", t->text.data ? t->text.data : "");
  }
  if (t->measured) {
    aus_buf_text(&b, ", largest difference ");
    aus_buf_printf(&b, "%.3g (relative %.3g)", t->absolute, t->relative);
  }
  AUS_TRY(aus_buf_check(&b, err));
  AUS_TRY(aus_buf_check(&t->text, err));
  differ(s, "%s", b.data);
done:
  aus_buf_fini(&b);
  return rc;
}

/* ---- types and shapes ---- */

/* *same = false after a line about it. */
static int same_type(same *s, const char *what, hid_t a, hid_t b, bool *same_, aus_err *err)
{
  int rc = AUS_OK;
  htri_t is_equal;
  aus_buf x, y;

  aus_buf_init(&x);
  aus_buf_init(&y);
  AUS_H5(is_equal = H5Tequal(a, b), err);
  *same_ = is_equal > 0;
  if (*same_) goto done;
  aus_scan_type(a, &x);
  aus_scan_type(b, &y);
  AUS_TRY(aus_buf_check(&x, err));
  AUS_TRY(aus_buf_check(&y, err));
  if (strcmp(x.data, y.data) == 0)
    differ(s, "%s: two kinds of %s", what, x.data);
  else
    differ(s, "%s: %s and %s", what, x.data, y.data);
done:
  aus_buf_fini(&x);
  aus_buf_fini(&y);
  return rc;
}

/* A space: its class and extent. */
typedef struct extent {
  H5S_class_t class;
  int n;
  hsize_t dim[AUS_SCAN_DIMS];
} extent;

static int get_extent(extent *e, hid_t space, aus_err *err)
{
  int rc = AUS_OK;

  *e = (extent){.class = H5Sget_simple_extent_type(space)};
  AUS_H5(e->n = H5Sget_simple_extent_dims(space, e->dim, NULL), err);
done:
  return rc;
}

static void shape_text(const extent *e, aus_buf *out)
{
  int k;

  if (e->class != H5S_SIMPLE) {
    aus_buf_text(out, e->class == H5S_SCALAR ? "one value" : "no value");
    return;
  }
  for (k = 0; k < e->n; k++)
    aus_buf_printf(out, "%s%" PRIu64, k > 0 ? ", " : "[", (uint64_t)e->dim[k]);
  aus_buf_text(out, "]");
}

static int same_shape(same *s, const char *what, const extent *a, const extent *b, bool *same_,
                      aus_err *err)
{
  int rc = AUS_OK, k;
  aus_buf x, y;

  aus_buf_init(&x);
  aus_buf_init(&y);
  *same_ = a->class == b->class && a->n == b->n;
  for (k = 0; *same_ && k < a->n; k++)
    *same_ = a->dim[k] == b->dim[k];
  if (*same_) goto done;
  shape_text(a, &x);
  shape_text(b, &y);
  AUS_TRY(aus_buf_check(&x, err));
  AUS_TRY(aus_buf_check(&y, err));
  differ(s, "%s: %s and %s", what, x.data, y.data);
done:
  aus_buf_fini(&x);
  aus_buf_fini(&y);
  return rc;
}

/* ---- attributes ---- */

/* An attribute with its values. */
typedef struct attribute {
  hid_t id, type, space;
  extent shape;
  aus_elem elem;
  uint64_t n;
  char *values; /* NULL until they are read */
} attribute;

static int attribute_open(attribute *t, hid_t object, const char *name, aus_err *err)
{
  int rc = AUS_OK, k;

  *t = (attribute){.id = -1, .type = -1, .space = -1, .elem = {.type = -1}};
  AUS_H5(t->id = H5Aopen(object, name, H5P_DEFAULT), err);
  AUS_H5(t->type = H5Aget_type(t->id), err);
  AUS_H5(t->space = H5Aget_space(t->id), err);
  AUS_TRY(get_extent(&t->shape, t->space, err));
  t->n = t->shape.class == H5S_NULL ? 0 : 1;
  for (k = 0; k < t->shape.n; k++)
    t->n *= t->shape.dim[k];
done:
  return rc;
}

static int attribute_read(attribute *t, aus_err *err)
{
  int rc = AUS_OK;
  char *values = NULL;

  AUS_TRY(aus_elem_open(&t->elem, t->type, err));
  if (t->n == 0) goto done;
  if (t->n > (1u << 30) / t->elem.size) AUS_FAIL(err, AUS_EFORMAT, "more values than there can be");
  AUS_NEW(values, t->n * t->elem.size, err);
  AUS_H5(H5Aread(t->id, t->elem.type, values), err);
  t->values = values;
  values = NULL;
done:
  aus_free(values);
  return rc;
}

static void attribute_close(attribute *t)
{
  if (t->values) aus_scan_free(&t->elem, t->values, t->n);
  aus_free(t->values);
  aus_elem_close(&t->elem);
  aus_h5_drop(t->space);
  aus_h5_drop(t->type);
  aus_h5_drop(t->id);
}

static int compare_attributes(same *s, attribute *a, attribute *b, const char *what, aus_err *err)
{
  int rc = AUS_OK;
  bool go_on;
  tally t = {0};
  char text[400];

  aus_buf_init(&t.text);
  snprintf(text, sizeof text, "%s: type", what);
  AUS_TRY(same_type(s, text, a->type, b->type, &go_on, err));
  snprintf(text, sizeof text, "%s: shape", what);
  if (go_on) AUS_TRY(same_shape(s, text, &a->shape, &b->shape, &go_on, err));
  if (!go_on) goto done;
  AUS_TRY(OF(0, attribute_read(a, err)));
  AUS_TRY(OF(1, attribute_read(b, err)));
  if (a->n > 0) tally_values(&t, &a->elem, a->values, b->values, 0, a->n, s->conf->tolerance);
  AUS_TRY(report(s, &t, what, a->shape.n, a->shape.dim, a->n, err));
done:
  aus_buf_fini(&t.text);
  return rc;
}

static int same_attribute(same *s, hid_t x, hid_t y, const char *name, aus_err *err)
{
  int rc = AUS_OK;
  attribute a, b;
  char what[300];

  b = (attribute){.id = -1, .type = -1, .space = -1, .elem = {.type = -1}};
  snprintf(what, sizeof what, "attribute %s", name);
  AUS_TRY(OF(0, attribute_open(&a, x, name, err)));
  AUS_TRY(OF(1, attribute_open(&b, y, name, err)));
  rc = compare_attributes(s, &a, &b, what, err);
done:
  attribute_close(&a);
  attribute_close(&b);
  if (rc != AUS_OK) aus_err_prepend(err, "attribute %s: ", name);
  return rc;
}

/* Two sorted lists side by side: the next name, and in which of them it is. */
typedef struct pairs {
  aus_read_list list[2];
  int64_t at[2];
  const char *name;
  bool in[2];
} pairs;

static bool next_pair(pairs *p)
{
  const char *x = p->at[0] < p->list[0].n ? p->list[0].text[p->at[0]] : NULL;
  const char *y = p->at[1] < p->list[1].n ? p->list[1].text[p->at[1]] : NULL;
  int order = !x ? 1 : !y ? -1 : strcmp(x, y);

  if (!x && !y) return false;
  p->in[0] = order <= 0;
  p->in[1] = order >= 0;
  p->name = p->in[0] ? x : y;
  p->at[0] += p->in[0];
  p->at[1] += p->in[1];
  return true;
}

static void pairs_fini(pairs *p)
{
  aus_read_list_fini(&p->list[0]);
  aus_read_list_fini(&p->list[1]);
}

static int same_attributes(same *s, hid_t a, hid_t b, aus_err *err)
{
  int rc = AUS_OK;
  pairs p = {0};

  AUS_TRY(OF(0, aus_scan_attributes(a, &p.list[0], err)));
  AUS_TRY(OF(1, aus_scan_attributes(b, &p.list[1], err)));
  while (next_pair(&p))
    if (p.in[0] && p.in[1])
      AUS_TRY(same_attribute(s, a, b, p.name, err));
    else
      differ(s, "attribute %s: only in %s", p.name, s->name[p.in[1]]);
done:
  pairs_fini(&p);
  return rc;
}

/* ---- objects ---- */

static int same_values(same *s, aus_scan *a, aus_scan *b, aus_err *err)
{
  int rc = AUS_OK;
  char *x = NULL, *y = NULL;
  uint64_t n, m = 0;
  tally t = {0};

  aus_buf_init(&t.text);
  AUS_NEW(x, aus_scan_bytes(a), err);
  AUS_NEW(y, aus_scan_bytes(b), err);
  /* The same pieces, whatever the chunks are. */
  memcpy(b->block, a->block, sizeof a->block);
  while (a->done < a->n) {
    uint64_t first = a->done;

    AUS_TRY(OF(0, aus_scan_next(a, x, &n, err)));
    rc = OF(1, aus_scan_next(b, y, &m, err));
    if (rc == AUS_OK) tally_values(&t, &a->elem, x, y, first, n, s->conf->tolerance);
    aus_scan_free(&a->elem, x, n);
    if (rc != AUS_OK) goto done;
    aus_scan_free(&b->elem, y, m);
  }
  AUS_TRY(report(s, &t, "values", a->n_dims, a->dim, a->n, err));
done:
  aus_buf_fini(&t.text);
  aus_free(x);
  aus_free(y);
  return rc;
}

/* Type and shape of an open dataset. */
static int get_description(hid_t set, hid_t *type, extent *shape, aus_err *err)
{
  int rc = AUS_OK;
  hid_t space = -1;

  AUS_H5(*type = H5Dget_type(set), err);
  AUS_H5(space = H5Dget_space(set), err);
  AUS_TRY(get_extent(shape, space, err));
done:
  aus_h5_drop(space);
  return rc;
}

static int compare_sets(same *s, hid_t a, hid_t b, aus_err *err)
{
  int rc = AUS_OK;
  hid_t x = -1, y = -1;
  extent e, f;
  bool types, shapes;
  aus_scan p = {.set = -1, .space = -1, .elem = {.type = -1}}, q = p;

  AUS_TRY(OF(0, get_description(a, &x, &e, err)));
  AUS_TRY(OF(1, get_description(b, &y, &f, err)));
  AUS_TRY(same_type(s, "type", x, y, &types, err));
  AUS_TRY(same_shape(s, "shape", &e, &f, &shapes, err));
  if (!types || !shapes) goto done;
  AUS_TRY(OF(0, aus_scan_open(&p, a, ".", err)));
  AUS_TRY(OF(1, aus_scan_open(&q, b, ".", err)));
  AUS_TRY(same_values(s, &p, &q, err));
done:
  aus_scan_close(&p);
  aus_scan_close(&q);
  aus_h5_drop(x);
  aus_h5_drop(y);
  return rc;
}

static const char *kind_of(H5I_type_t type)
{
  return type == H5I_GROUP ? "group" : type == H5I_DATASET ? "dataset" : "named type";
}

static int same_group(same *s, hid_t a, hid_t b, aus_err *err);

static int compare_objects(same *s, hid_t a, hid_t b, aus_err *err)
{
  int rc = AUS_OK;
  H5I_type_t x = H5Iget_type(a), y = H5Iget_type(b);
  int64_t before = s->count->differences;
  bool types;

  if (x != y) {
    differ(s, "object: %s and %s", kind_of(x), kind_of(y));
    goto done;
  }
  AUS_TRY(same_attributes(s, a, b, err));
  if (x == H5I_GROUP) {
    AUS_TRY(same_group(s, a, b, err));
  } else if (x == H5I_DATASET) {
    s->count->datasets++;
    AUS_TRY(compare_sets(s, a, b, err));
    s->count->differ += s->count->differences > before;
  } else {
    AUS_TRY(same_type(s, "type", a, b, &types, err));
  }
done:
  return rc;
}

static int same_object(same *s, hid_t a, hid_t b, const char *name, aus_err *err)
{
  int rc = AUS_OK;
  hid_t x = -1, y = -1;

  AUS_H5(OF(0, x = H5Oopen(a, name, H5P_DEFAULT)), err);
  AUS_H5(OF(1, y = H5Oopen(b, name, H5P_DEFAULT)), err);
  rc = compare_objects(s, x, y, err);
done:
  aus_h5_drop(x);
  aus_h5_drop(y);
  return rc;
}

/* Where a link that is none to an object in the file leads, as text. */
static int link_text(hid_t group, const char *name, H5L_info_t *info, aus_buf *out, aus_err *err)
{
  int rc = AUS_OK;
  char *value = NULL;
  const char *file = "", *path = "";
  unsigned flags;

  AUS_H5(H5Lget_info(group, name, info, H5P_DEFAULT), err);
  if (info->type == H5L_TYPE_HARD) {
    aus_buf_text(out, "hard");
    goto done;
  }
  AUS_NEW(value, info->u.val_size + 1, err);
  AUS_H5(H5Lget_val(group, name, value, info->u.val_size, H5P_DEFAULT), err);
  if (info->type == H5L_TYPE_SOFT) {
    aus_buf_printf(out, "soft to %s", value);
  } else if (info->type == H5L_TYPE_EXTERNAL) {
    AUS_H5(H5Lunpack_elink_val(value, info->u.val_size, &flags, &file, &path), err);
    aus_buf_printf(out, "external to %s:%s", file, path);
  } else {
    aus_buf_printf(out, "of kind %d", (int)info->type);
  }
done:
  aus_free(value);
  return rc;
}

/* Links other than hard ones are compared, not followed. */
static int same_link(same *s, hid_t a, hid_t b, const char *name, aus_err *err)
{
  int rc = AUS_OK;
  H5L_info_t info;
  aus_buf x, y;

  aus_buf_init(&x);
  aus_buf_init(&y);
  AUS_TRY(OF(0, link_text(a, name, &info, &x, err)));
  AUS_TRY(OF(1, link_text(b, name, &info, &y, err)));
  AUS_TRY(aus_buf_check(&x, err));
  AUS_TRY(aus_buf_check(&y, err));
  if (strcmp(x.data, y.data) != 0)
    differ(s, "link: %s and %s", x.data, y.data);
  else if (info.type == H5L_TYPE_HARD)
    AUS_TRY(same_object(s, a, b, name, err));
done:
  aus_buf_fini(&x);
  aus_buf_fini(&y);
  return rc;
}

static int same_entry(same *s, hid_t a, hid_t b, const pairs *p, aus_err *err)
{
  int rc = AUS_OK;
  int64_t n = s->path.n;

  if (n == 0 && !s->conf->all && strcmp(p->name, "provenance") == 0) return AUS_OK;
  aus_buf_printf(&s->path, "/%s", p->name);
  AUS_TRY(aus_buf_check(&s->path, err));
  if (p->in[0] && p->in[1])
    AUS_TRY(same_link(s, a, b, p->name, err));
  else
    differ(s, "object: only in %s", s->name[p->in[1]]);
  s->path.n = n;
  s->path.data[n] = '\0';
done:
  return rc;
}

static int same_group(same *s, hid_t a, hid_t b, aus_err *err)
{
  int rc = AUS_OK;
  pairs p = {0};

  if (++s->depth > MAX_DEPTH) AUS_FAIL(err, AUS_EFORMAT, "groups are nested too deeply");
  AUS_TRY(OF(0, aus_scan_links(a, &p.list[0], err)));
  AUS_TRY(OF(1, aus_scan_links(b, &p.list[1], err)));
  while (next_pair(&p))
    AUS_TRY(same_entry(s, a, b, &p, err));
  s->depth--;
done:
  pairs_fini(&p);
  return rc;
}

int aus_same_files(const char *a, const char *b, const aus_same_conf *conf, aus_buf *lines,
                   aus_same_count *count, aus_err *err)
{
  int rc = AUS_OK;
  hid_t x = -1, y = -1;
  same s = {.conf = conf, .count = count, .lines = lines, .name = {a, b}};

  *count = (aus_same_count){0};
  aus_buf_init(&s.path);
  AUS_TRY(aus_scan_file(&x, a, err));
  AUS_TRY(aus_scan_file(&y, b, err));
  rc = same_object(&s, x, y, "/", err);
  if (rc != AUS_OK) aus_err_prepend(err, "%s:%s: ", s.name[s.side], here(&s));
done:
  aus_h5_drop(x);
  aus_h5_drop(y);
  aus_buf_fini(&s.path);
  return aus_scan_code(rc, err);
}

int aus_same_objects(hid_t a, hid_t b, const char *path, bool *same_, aus_err *err)
{
  int rc = AUS_OK;
  aus_same_conf conf = {.all = true};
  aus_same_count count = {0};
  same s = {.conf = &conf, .count = &count};

  aus_buf_init(&s.path);
  rc = same_object(&s, a, b, path, err);
  *same_ = count.differences == 0;
  aus_buf_fini(&s.path);
  return rc;
}
