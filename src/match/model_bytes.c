/* match/model_bytes.c - what training found out, behind the columns that it was trained on.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whatever follows from the columns and the counts (places, switches, logarithms) is made anew when a model is read. No
 * count is believed before the bytes that it promises are there: memory stays below a small multiple of theirs.
 */
#include <config.h>

#include "match/model_bytes.h"

#include <float.h>
#include <inttypes.h>
#include <string.h>

#include "match/version.h"
#include "util/alloc.h"

#define MAGIC "auspex-match-1"

enum { STRING_BYTES = 4, VALUE_BYTES = STRING_BYTES + 4, COLUMN_BYTES = STRING_BYTES + 4 };

static const int64_t MOST_ROWS = (int64_t)1 << 53; /* exact as doubles */

static const aus_match_column *column(const aus_match_table *t, int j)
{
  return j < t->n_cols ? t->col + j : t->variant + (j - t->n_cols);
}

/* ---- writing ---- */

static int check_table(const aus_match_model *m, const aus_match_table *t, aus_err *err)
{
  bool same = m->n_versions == t->n_cols && m->n_columns == t->n_cols + t->n_variants;
  int j, v;

  for (j = 0; same && j < m->n_columns; j++) {
    same = m->first[j + 1] - m->first[j] == column(t, j)->n_cats;
    for (v = 0; same && v < column(t, j)->n_cats; v++)
      same = m->place[m->first[j] + v] == (float)column(t, j)->rank[v];
  }
  if (!same)
    return aus_fail(err, AUS_EINVAL, AUS_HERE, "%s: the model is of another table", t->package);
  return AUS_OK;
}

static void write_columns(aus_buf *out, int n, const aus_match_column *col)
{
  int j, v;

  aus_buf_u32(out, (uint32_t)n);
  for (j = 0; j < n; j++) {
    aus_buf_str(out, col[j].feature);
    aus_buf_u32(out, (uint32_t)col[j].n_cats);
    for (v = 0; v < col[j].n_cats; v++) {
      aus_buf_str(out, col[j].cat[v]);
      aus_buf_u32(out, (uint32_t)col[j].rank[v]);
    }
  }
}

static void write_nb(aus_buf *out, const aus_match_nb *nb, int64_t n_values)
{
  int64_t i;

  aus_buf_f64(out, nb->alpha);
  aus_buf_i64(out, nb->n_class[0]);
  aus_buf_i64(out, nb->n_class[1]);
  for (i = 0; i < 2 * n_values; i++)
    aus_buf_i64(out, nb->count[i]);
}

static void write_logistic(aus_buf *out, const aus_logistic *l)
{
  int i;

  aus_buf_u8(out, l->weight != NULL);
  for (i = 0; l->weight && i <= l->n_switches; i++)
    aus_buf_f64(out, l->weight[i]);
}

static int write_trees(aus_buf *out, const aus_xgb *trees, aus_err *err)
{
  int rc = AUS_OK;
  char *bytes = NULL;
  size_t n = 0;

  aus_buf_u8(out, trees != NULL);
  if (!trees) goto done;
  AUS_TRY(aus_xgb_save(trees, &bytes, &n, err));
  aus_buf_u64(out, n);
  aus_buf_bytes(out, bytes, n);
done:
  aus_free(bytes);
  return rc;
}

static void write_blend(aus_buf *out, const aus_match_model *m)
{
  int k;

  for (k = 0; k < AUS_MATCH_MEMBERS; k++)
    aus_buf_f64(out, m->weight[k]);
  aus_buf_f64(out, m->calibration.slope);
  aus_buf_f64(out, m->calibration.shift);
}

int aus_match_model_write(const aus_match_model *m, const aus_match_table *table, aus_buf *out,
                          aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(check_table(m, table, err));
  aus_buf_str(out, MAGIC);
  aus_buf_str(out, table->package);
  write_columns(out, table->n_cols, table->col);
  write_columns(out, table->n_variants, table->variant);
  aus_buf_u8(out, (uint8_t)m->kind);
  aus_buf_u8(out, (uint8_t)m->unseen);
  aus_buf_u8(out, m->n_used > m->n_versions);
  aus_buf_f64(out, m->rate);
  write_nb(out, &m->nb, m->first[m->n_versions]);
  write_logistic(out, &m->logistic);
  AUS_TRY(write_trees(out, m->trees, err));
  write_blend(out, m);
  AUS_TRY(aus_buf_check(out, err));
done:
  return rc;
}

/* ---- reading ---- */

static size_t left(const aus_rd *r)
{
  return r->n - r->at;
}

static int check_whole(const aus_rd *r, aus_err *err)
{
  if (r->bad) return aus_fail(err, AUS_EFORMAT, AUS_HERE, "cut short behind byte %zu", r->at);
  return AUS_OK;
}

/* How many things of at least `size` bytes follow. */
static int read_count(aus_rd *r, size_t size, const char *what, int *n, aus_err *err)
{
  int rc = AUS_OK;
  const uint32_t count = aus_rd_u32(r);

  AUS_TRY(check_whole(r, err));
  if (count > left(r) / size)
    AUS_FAIL(err, AUS_EFORMAT, "%" PRIu32 " %s in %zu bytes", count, what, left(r));
  *n = (int)count;
done:
  return rc;
}

/* A byte from 0 to `most`. */
static int read_choice(aus_rd *r, int most, const char *what, int *x, aus_err *err)
{
  int rc = AUS_OK;

  *x = aus_rd_u8(r);
  AUS_TRY(check_whole(r, err));
  if (*x > most) AUS_FAIL(err, AUS_EFORMAT, "%s is %d, need 0..%d", what, *x, most);
done:
  return rc;
}

static int read_real(aus_rd *r, double low, double high, const char *what, double *x, aus_err *err)
{
  int rc = AUS_OK;

  *x = aus_rd_f64(r);
  AUS_TRY(check_whole(r, err));
  if (!(*x >= low && *x <= high))
    AUS_FAIL(err, AUS_EFORMAT, "%s is %g, need %g..%g", what, *x, low, high);
done:
  return rc;
}

static int read_magic(aus_rd *r, aus_err *err)
{
  int rc = AUS_OK;
  char *magic = NULL;

  AUS_TRY(aus_rd_str(r, &magic, err));
  if (strcmp(magic, MAGIC) != 0) AUS_FAIL(err, AUS_EFORMAT, "not of the format " MAGIC);
done:
  aus_free(magic);
  return rc;
}

static int read_column(aus_rd *r, aus_match_column *col, aus_err *err)
{
  int rc = AUS_OK, n, v;
  uint32_t rank;

  AUS_TRY(aus_rd_str(r, &col->feature, err));
  AUS_TRY(read_count(r, VALUE_BYTES, "values", &n, err));
  if (n == 0) AUS_FAIL(err, AUS_EFORMAT, "no values");
  AUS_NEW(col->cat, n, err);
  AUS_NEW(col->rank, n, err);
  for (v = 0; v < n; v++) {
    AUS_TRY(aus_rd_str(r, &col->cat[v], err));
    col->n_cats++;
    rank = aus_rd_u32(r);
    AUS_TRY(check_whole(r, err));
    if (rank >= (uint32_t)n)
      AUS_FAIL(err, AUS_EFORMAT, "value %d has place %" PRIu32 " of %d", v, rank, n);
    col->rank[v] = (int32_t)rank;
    if (v > 0 && strcmp(col->cat[v - 1], col->cat[v]) >= 0)
      AUS_FAIL(err, AUS_EFORMAT, "value %d is not behind value %d in byte order", v, v - 1);
  }
  col->absent = aus_match_column_find(col, AUS_MATCH_ABSENT);
done:
  return rc;
}

static int read_columns(aus_rd *r, const char *what, int *n_cols, aus_match_column **cols,
                        aus_err *err)
{
  int rc = AUS_OK, n;

  AUS_TRY(read_count(r, COLUMN_BYTES, what, &n, err));
  AUS_NEW(*cols, n, err);
  while (*n_cols < n) {
    const int j = (*n_cols)++;

    rc = read_column(r, *cols + j, err);
    if (rc != AUS_OK) aus_err_prepend(err, "%s: number %d: ", what, j);
    if (rc != AUS_OK) goto done;
  }
done:
  return rc;
}

/* A model of these columns that has seen no rows. */
static int untrained(aus_match_model *m, const aus_match_table *table, bool variants, double alpha,
                     aus_err *err)
{
  int rc = AUS_OK;
  aus_match_model_conf conf = aus_match_model_defaults();
  aus_match_rows rows = {0};

  conf.kind = AUS_MATCH_RATE;
  conf.variants = variants;
  conf.alpha = alpha;
  AUS_TRY(aus_match_rows_make(&rows, table, err));
  AUS_TRY(aus_match_model_fit(m, &conf, &rows, 0, NULL, err));
done:
  aus_match_rows_fini(&rows);
  return rc;
}

/* Every row has one of the values of a feature. */
static int read_counts(aus_rd *r, aus_match_nb *nb, int feature, aus_err *err)
{
  int rc = AUS_OK, i, n = 2 * nb->n_values[feature];
  int64_t *count = nb->count + 2 * nb->first[feature], rest[2] = {nb->n_class[0], nb->n_class[1]};

  for (i = 0; i < n; i++) {
    count[i] = aus_rd_i64(r);
    if (count[i] < 0 || count[i] > rest[i % 2]) break;
    rest[i % 2] -= count[i];
  }
  AUS_TRY(check_whole(r, err));
  if (i < n || rest[0] != 0 || rest[1] != 0)
    AUS_FAIL(err, AUS_EFORMAT, "counts of column %d are not those of all rows", feature);
done:
  return rc;
}

static int read_nb(aus_rd *r, aus_match_nb *nb, aus_err *err)
{
  int rc = AUS_OK, j, c;

  for (c = 0; c < 2; c++) {
    nb->n_class[c] = aus_rd_i64(r);
    AUS_TRY(check_whole(r, err));
    if (nb->n_class[c] < 0 || nb->n_class[c] > MOST_ROWS)
      AUS_FAIL(err, AUS_EFORMAT, "%" PRId64 " rows of class %d", nb->n_class[c], c);
  }
  for (j = 0; j < nb->n_features; j++)
    AUS_TRY(read_counts(r, nb, j, err));
  aus_match_nb_logs(nb);
done:
  return rc;
}

static int read_logistic(aus_rd *r, aus_logistic *l, int n_switches, aus_err *err)
{
  int rc = AUS_OK, there, i;

  AUS_TRY(read_choice(r, 1, "the mark of a logistic regression", &there, err));
  if (!there) goto done;
  if (left(r) / sizeof *l->weight <= (size_t)n_switches)
    AUS_FAIL(err, AUS_EFORMAT, "%d weights in %zu bytes", n_switches + 1, left(r));
  l->n_switches = n_switches;
  AUS_NEW(l->weight, n_switches + 1, err);
  for (i = 0; i <= n_switches; i++)
    AUS_TRY(read_real(r, -DBL_MAX, DBL_MAX, "a weight", &l->weight[i], err));
done:
  return rc;
}

static int read_trees(aus_rd *r, aus_xgb **trees, int n_used, aus_err *err)
{
  int rc = AUS_OK, there;
  uint64_t n;

  AUS_TRY(read_choice(r, 1, "the mark of trees", &there, err));
  if (!there) goto done;
  n = aus_rd_u64(r);
  AUS_TRY(check_whole(r, err));
  if (n > left(r)) AUS_FAIL(err, AUS_EFORMAT, "%" PRIu64 " bytes of trees in %zu", n, left(r));
  AUS_TRY(aus_xgb_load_logistic(trees, "trees", aus_rd_bytes(r, n), n, err));
  if (aus_xgb_n_features(*trees) != n_used)
    AUS_FAIL(err, AUS_EFORMAT, "trees of %d features, need %d", aus_xgb_n_features(*trees), n_used);
done:
  return rc;
}

static int read_blend(aus_rd *r, aus_match_model *m, aus_err *err)
{
  int rc = AUS_OK, k;

  for (k = 0; k < AUS_MATCH_MEMBERS; k++)
    AUS_TRY(read_real(r, 0.0, 1.0, "a member's share", &m->weight[k], err));
  AUS_TRY(read_real(r, -DBL_MAX, DBL_MAX, "the slope", &m->calibration.slope, err));
  AUS_TRY(read_real(r, -DBL_MAX, DBL_MAX, "the shift", &m->calibration.shift, err));
done:
  return rc;
}

static int read_members(aus_rd *r, aus_match_model *m, const aus_match_table *table, aus_err *err)
{
  int rc = AUS_OK, kind, unseen, variants;
  double rate, alpha;

  AUS_TRY(read_choice(r, AUS_MATCH_BLEND, "the kind", &kind, err));
  AUS_TRY(read_choice(r, AUS_MATCH_UNSEEN_STRICT, "the rule for unseen values", &unseen, err));
  AUS_TRY(read_choice(r, 1, "the mark of variants", &variants, err));
  AUS_TRY(read_real(r, 0.0, 1.0, "the rate", &rate, err));
  AUS_TRY(read_real(r, AUS_MATCH_MIN_ALPHA, AUS_MATCH_MAX_ALPHA, "alpha", &alpha, err));
  AUS_TRY(untrained(m, table, variants, alpha, err));
  m->kind = (aus_match_model_kind)kind;
  m->unseen = (aus_match_unseen)unseen;
  m->rate = rate;
  AUS_TRY(read_nb(r, &m->nb, err));
  AUS_TRY(read_logistic(r, &m->logistic, m->first[m->n_used], err));
  AUS_TRY(read_trees(r, &m->trees, m->n_used, err));
  AUS_TRY(read_blend(r, m, err));
done:
  return rc;
}

int aus_match_model_read(aus_match_model *m, aus_match_table *table, const void *bytes, size_t n,
                         aus_err *err)
{
  int rc = AUS_OK;
  aus_rd r = aus_rd_of(bytes, n);

  *m = (aus_match_model){0};
  *table = (aus_match_table){0};
  if (n > INT32_MAX) AUS_FAIL(err, AUS_EFORMAT, "%zu bytes, at most %d", n, INT32_MAX);
  AUS_TRY(read_magic(&r, err));
  AUS_TRY(aus_rd_str(&r, &table->package, err));
  AUS_TRY(read_columns(&r, "columns", &table->n_cols, &table->col, err));
  AUS_TRY(read_columns(&r, "variants", &table->n_variants, &table->variant, err));
  AUS_TRY(read_members(&r, m, table, err));
  if (left(&r) > 0) AUS_FAIL(err, AUS_EFORMAT, "%zu bytes too many", left(&r));
done:
  if (rc != AUS_OK) {
    aus_err_prepend(err, "model: ");
    aus_match_model_fini(m);
    aus_match_columns_fini(table);
  }
  return rc;
}

void aus_match_columns_fini(aus_match_table *table)
{
  aus_match_table_fini(table);
}
