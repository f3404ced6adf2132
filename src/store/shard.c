/* shard.c - a worker's own bulk data files, and reading them.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Datasets have no chunk cache: rows go straight to the file and come straight from it. With a cache
 * every flush would write the last, partly filled chunk of every column again.
 */
#include <config.h>

#include "store/shard.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/scan.h"
#include "util/alloc.h"
#include "util/buf.h"
#include "util/file.h"

/* An open file takes 0.5 MB, and 30 kB more for each column that was read (measured). */
enum { CHUNK_BYTES = 64 << 10, MAX_OPEN = 64, CHECK_BYTES = 1 << 20, MAX_NUMBER = 999999 };

static const char format_version[] = "1.0";

/* Datasets of one table in one open file; column[n_columns] is `trial`. */
typedef struct open_table {
  hid_t *column; /* NULL: not in use yet */
  int n_columns;
  uint64_t rows;
} open_table;

static void table_drop(open_table *t)
{
  int i;

  if (!t->column) return;
  for (i = 0; i <= t->n_columns; i++)
    aus_h5_drop(t->column[i]);
  aus_free(t->column);
  *t = (open_table){0};
}

static int table_alloc(open_table *t, int n_columns, aus_err *err)
{
  int rc = AUS_OK, i;

  AUS_NEW(t->column, n_columns + 1, err);
  t->n_columns = n_columns;
  t->rows = 0;
  for (i = 0; i <= n_columns; i++)
    t->column[i] = -1;
done:
  return rc;
}

static int path_of(char **out, const char *dir, uint32_t number, aus_err *err)
{
  int rc = AUS_OK;
  size_t n = strlen(dir) + sizeof "/shards/s0123456789.h5";

  AUS_NEW(*out, n, err);
  snprintf(*out, n, "%s/shards/s%06" PRIu32 ".h5", dir, number);
done:
  return rc;
}

static size_t row_bytes(const aus_column *c)
{
  return aus_dtype_size(c->type) * (size_t)c->width;
}

static const aus_column trial_column = {.name = "trial", .type = AUS_U64, .width = 1};

/* No sieve buffer either: it would read what is about to be written over. */
static int file_access(hid_t *out, aus_err *err)
{
  int rc = AUS_OK;
  hid_t fapl = -1;

  AUS_H5(fapl = H5Pcreate(H5P_FILE_ACCESS), err);
  AUS_H5(H5Pset_sieve_buf_size(fapl, 0), err);
  *out = fapl;
  fapl = -1;
done:
  aus_h5_drop(fapl);
  return rc;
}

/* ---- writing ---- */

struct aus_shard {
  char *dir;
  uint64_t run, limit_bytes;
  uint32_t number, stride;
  const aus_table *table;
  int n_tables;
  hid_t file;
  char *path;       /* of the open file */
  open_table *open; /* n_tables */
  uint64_t *trial;
  int64_t cap_trial;
};

int aus_shard_create(aus_shard **out, const char *dir, uint64_t run, uint32_t first,
                     uint32_t stride, const aus_table *tables, int n_tables, aus_err *err)
{
  int rc = AUS_OK;
  aus_shard *s = NULL;

  *out = NULL;
  aus_h5_start();
  AUS_NEW(s, 1, err);
  s->file = -1;
  s->run = run;
  s->limit_bytes = UINT64_C(4) << 30;
  s->number = first;
  s->stride = stride;
  s->table = tables;
  s->n_tables = n_tables;
  AUS_DUP(s->dir, dir, err);
  AUS_NEW(s->open, n_tables, err);
  *out = s;
  s = NULL;
done:
  aus_shard_close(s, NULL);
  return rc;
}

void aus_shard_limit(aus_shard *s, uint64_t bytes)
{
  s->limit_bytes = bytes;
}

static int mark_file(hid_t file, uint64_t run, uint32_t number, aus_err *err)
{
  int rc = AUS_OK;
  hid_t text = -1;

  AUS_H5(text = aus_h5_string_type(strlen(format_version)), err);
  AUS_TRY(aus_h5_attribute(file, "auspex_shard", text, -1, format_version, err));
  AUS_TRY(aus_h5_attribute(file, "run", H5T_STD_U64LE, -1, &run, err));
  AUS_TRY(aus_h5_attribute(file, "number", H5T_STD_U32LE, -1, &number, err));
done:
  aus_h5_drop(text);
  return rc;
}

static int make_file(aus_shard *s, aus_err *err)
{
  int rc = AUS_OK;
  hid_t fcpl = -1, fapl = -1, file = -1;
  char *dir = NULL, *path = NULL;

  if (s->number > MAX_NUMBER)
    AUS_FAIL(err, AUS_EIO, "%s/shards: number %" PRIu32 " is above %d", s->dir, s->number,
             MAX_NUMBER);
  AUS_TRY(aus_path_join(&dir, s->dir, "shards", err));
  AUS_TRY(aus_dir_make(dir, err));
  AUS_TRY(path_of(&path, s->dir, s->number, err));
  AUS_TRY(file_access(&fapl, err));
  AUS_H5(fcpl = H5Pcreate(H5P_FILE_CREATE), err);
  AUS_H5(H5Pset_obj_track_times(fcpl, 0), err);
  /* Never over a file that is there: its rows may be somebody's results. */
  AUS_H5(file = H5Fcreate(path, H5F_ACC_EXCL, fcpl, fapl), err);
  AUS_TRY(mark_file(file, s->run, s->number, err));
  s->file = file;
  file = -1;
  s->path = path;
  path = NULL;
done:
  if (file >= 0) {
    (void)!aus_h5_close_file(file, NULL);
    unlink(path);
  }
  aus_h5_drop(fcpl);
  aus_h5_drop(fapl);
  if (rc != AUS_OK && path) aus_err_prepend(err, "%s: ", path);
  aus_free(path);
  aus_free(dir);
  return rc;
}

static int make_column(hid_t *out, hid_t group, const aus_column *c, aus_err *err)
{
  int rc = AUS_OK, rank = c->width > 1 ? 2 : 1;
  size_t per_chunk = CHUNK_BYTES / row_bytes(c);
  hsize_t none[2] = {0, (hsize_t)c->width}, most[2] = {H5S_UNLIMITED, (hsize_t)c->width};
  hsize_t chunk[2] = {per_chunk > 0 ? per_chunk : 1, (hsize_t)c->width};
  hid_t space = -1, dcpl = -1, dapl = -1;

  AUS_H5(space = H5Screate_simple(rank, none, most), err);
  AUS_H5(dcpl = H5Pcreate(H5P_DATASET_CREATE), err);
  AUS_H5(H5Pset_chunk(dcpl, rank, chunk), err);
  AUS_H5(H5Pset_fill_time(dcpl, H5D_FILL_TIME_NEVER), err);
  AUS_H5(H5Pset_obj_track_times(dcpl, 0), err);
  AUS_H5(dapl = H5Pcreate(H5P_DATASET_ACCESS), err);
  AUS_H5(H5Pset_chunk_cache(dapl, 0, 0, 1.0), err);
  AUS_H5(*out =
             H5Dcreate2(group, c->name, aus_h5_file_type(c->type), space, H5P_DEFAULT, dcpl, dapl),
         err);
done:
  aus_h5_drop(dapl);
  aus_h5_drop(dcpl);
  aus_h5_drop(space);
  if (rc != AUS_OK) aus_err_prepend(err, "%s: ", c->name);
  return rc;
}

/* A table appears in the file with its first rows. */
static int make_table(aus_shard *s, int table, aus_err *err)
{
  int rc = AUS_OK, i;
  const aus_table *d = &s->table[table];
  open_table *t = &s->open[table];
  hid_t lcpl = -1, gcpl = -1, group = -1;

  AUS_TRY(table_alloc(t, d->n_columns, err));
  AUS_H5(lcpl = H5Pcreate(H5P_LINK_CREATE), err);
  AUS_H5(H5Pset_create_intermediate_group(lcpl, 1), err);
  AUS_H5(gcpl = H5Pcreate(H5P_GROUP_CREATE), err);
  AUS_H5(H5Pset_obj_track_times(gcpl, 0), err);
  AUS_H5(group = H5Gcreate2(s->file, d->name, lcpl, gcpl, H5P_DEFAULT), err);
  for (i = 0; i < d->n_columns; i++)
    AUS_TRY(make_column(&t->column[i], group, &d->column[i], err));
  AUS_TRY(make_column(&t->column[i], group, &trial_column, err));
done:
  aus_h5_drop(group);
  aus_h5_drop(gcpl);
  aus_h5_drop(lcpl);
  if (rc != AUS_OK) table_drop(t);
  return rc;
}

static int append_column(hid_t set, const aus_column *c, uint64_t at, int64_t n, const void *value,
                         aus_err *err)
{
  int rc = AUS_OK, rank = c->width > 1 ? 2 : 1;
  hsize_t first[2] = {at, 0}, count[2] = {(hsize_t)n, (hsize_t)c->width};
  hsize_t size[2] = {at + (uint64_t)n, (hsize_t)c->width};
  hid_t file_space = -1, space = -1;

  AUS_H5(H5Dset_extent(set, size), err);
  AUS_H5(file_space = H5Screate_simple(rank, size, NULL), err);
  AUS_H5(H5Sselect_hyperslab(file_space, H5S_SELECT_SET, first, NULL, count, NULL), err);
  AUS_H5(space = H5Screate_simple(rank, count, NULL), err);
  AUS_H5(H5Dwrite(set, aus_h5_memory_type(c->type), space, file_space, H5P_DEFAULT, value), err);
done:
  aus_h5_drop(space);
  aus_h5_drop(file_space);
  if (rc != AUS_OK) aus_err_prepend(err, "%s: ", c->name);
  return rc;
}

static int fill_trials(aus_shard *s, uint64_t trial, int64_t n, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  AUS_TRY(aus_grow(&s->trial, &s->cap_trial, n, sizeof *s->trial, err));
  for (i = 0; i < n; i++)
    s->trial[i] = trial;
done:
  return rc;
}

/* Rolls when the open file is long enough, and makes one when none is open. */
static int ready(aus_shard *s, aus_err *err)
{
  int rc = AUS_OK;
  hsize_t size = 0;

  if (s->file >= 0) {
    AUS_H5(H5Fget_filesize(s->file, &size), err);
    if (size >= s->limit_bytes) AUS_TRY(aus_shard_roll(s, err));
  }
  if (s->file < 0) AUS_TRY(make_file(s, err));
done:
  return rc;
}

int aus_shard_append(aus_shard *s, int table, uint64_t trial, int64_t n_rows,
                     const void *const *column, aus_range *range, aus_err *err)
{
  int rc = AUS_OK, i;
  const aus_table *d = &s->table[table];
  open_table *t = &s->open[table];

  *range = (aus_range){.trial = trial, .table = (uint32_t)table, .shard = s->number};
  if (n_rows == 0) goto done;
  AUS_TRY(fill_trials(s, trial, n_rows, err));
  AUS_TRY(ready(s, err));
  if (!t->column) AUS_TRY(make_table(s, table, err));
  for (i = 0; i < d->n_columns; i++) {
    AUS_TRY(append_column(t->column[i], &d->column[i], t->rows, n_rows, column[i], err));
    range->crc = aus_crc32c(range->crc, column[i], (size_t)n_rows * row_bytes(&d->column[i]));
  }
  AUS_TRY(append_column(t->column[i], &trial_column, t->rows, n_rows, s->trial, err));
  range->shard = s->number;
  range->first = t->rows;
  range->n = (uint64_t)n_rows;
  /* Only now: rows of an append that failed half-way are overwritten by the next one. */
  t->rows += (uint64_t)n_rows;
done:
  if (rc != AUS_OK && s->path) aus_err_prepend(err, "%s: %s: ", s->path, d->name);
  return rc;
}

int aus_shard_flush(aus_shard *s, aus_err *err)
{
  int rc = AUS_OK;

  if (s->file >= 0) AUS_H5(H5Fflush(s->file, H5F_SCOPE_LOCAL), err);
done:
  if (rc != AUS_OK) aus_err_prepend(err, "%s: ", s->path);
  return rc;
}

int aus_shard_roll(aus_shard *s, aus_err *err)
{
  int rc = AUS_OK, i;
  hid_t file = s->file;

  if (file < 0) return AUS_OK;
  for (i = 0; i < s->n_tables; i++)
    table_drop(&s->open[i]);
  s->file = -1;
  s->number += s->stride;
  rc = aus_h5_close_file(file, err);
  if (rc != AUS_OK) aus_err_prepend(err, "%s: ", s->path);
  aus_free(s->path);
  s->path = NULL;
  return rc;
}

int aus_shard_close(aus_shard *s, aus_err *err)
{
  int rc = AUS_OK;

  if (!s) return AUS_OK;
  rc = aus_shard_roll(s, err);
  aus_free(s->trial);
  aus_free(s->open);
  aus_free(s->dir);
  aus_free(s);
  return rc;
}

/* ---- the directory ---- */

int aus_shard_next_number(const char *dir, uint32_t *next, aus_err *err)
{
  int rc = AUS_OK;
  char *path = NULL;
  DIR *d = NULL;
  struct dirent *e;

  *next = 0;
  AUS_TRY(aus_path_join(&path, dir, "shards", err));
  d = opendir(path);
  if (!d && errno != ENOENT) AUS_FAIL(err, AUS_EIO, "%s: %s", path, strerror(errno));
  while (d && (e = readdir(d))) {
    uint32_t number;

    if (e->d_name[0] != 's' || strspn(e->d_name + 1, "0123456789") < 6) continue;
    number = (uint32_t)strtoul(e->d_name + 1, NULL, 10);
    if (number >= *next) *next = number + 1;
  }
done:
  if (d) closedir(d);
  aus_free(path);
  return rc;
}

int aus_shard_set_aside(const char *dir, uint32_t number, aus_err *err)
{
  int rc = AUS_OK;
  char *path = NULL;
  aus_buf aside;

  aus_buf_init(&aside);
  AUS_TRY(path_of(&path, dir, number, err));
  aus_buf_printf(&aside, "%s.bad", path);
  AUS_TRY(aus_buf_check(&aside, err));
  if (rename(path, aside.data) != 0 && errno != ENOENT)
    AUS_FAIL(err, AUS_EIO, "%s: %s", path, strerror(errno));
done:
  aus_buf_fini(&aside);
  aus_free(path);
  return rc;
}

/* ---- reading ---- */

typedef struct open_file {
  hid_t file;
  uint32_t number;
  uint64_t used; /* tick of the last use */
  char *path;
  open_table *table; /* n_tables */
} open_file;

struct aus_shard_reader {
  char *dir;
  uint64_t run, tick;
  const aus_table *table;
  int n_tables, n_files;
  open_file file[MAX_OPEN];
  unsigned char *check; /* CHECK_BYTES, made at the first check */
};

static void file_drop(open_file *f, int n_tables)
{
  int i;

  for (i = 0; f->table && i < n_tables; i++)
    table_drop(&f->table[i]);
  if (f->file >= 0) H5Fclose(f->file);
  aus_free(f->table);
  aus_free(f->path);
  *f = (open_file){.file = -1};
}

int aus_shard_reader_create(aus_shard_reader **out, const char *dir, uint64_t run,
                            const aus_table *tables, int n_tables, aus_err *err)
{
  int rc = AUS_OK;
  aus_shard_reader *r = NULL;

  *out = NULL;
  aus_h5_start();
  AUS_NEW(r, 1, err);
  r->run = run;
  r->table = tables;
  r->n_tables = n_tables;
  AUS_DUP(r->dir, dir, err);
  *out = r;
  r = NULL;
done:
  aus_shard_reader_destroy(r);
  return rc;
}

void aus_shard_reader_destroy(aus_shard_reader *r)
{
  int i;

  if (!r) return;
  for (i = 0; i < r->n_files; i++)
    file_drop(&r->file[i], r->n_tables);
  aus_free(r->check);
  aus_free(r->dir);
  aus_free(r);
}

static int check_file(hid_t file, uint64_t run, uint32_t number, aus_err *err)
{
  int rc = AUS_OK;
  char version[sizeof format_version] = "";
  uint64_t found_run = 0;
  uint32_t found_number = 0;
  hid_t text = -1;

  AUS_H5(text = aus_h5_string_type(sizeof version), err);
  AUS_TRY(aus_h5_get_attribute(file, "auspex_shard", text, version, err));
  if (strncmp(version, format_version, sizeof version) != 0)
    AUS_FAIL(err, AUS_EIO, "shard format %.3s, expected %s", version, format_version);
  AUS_TRY(aus_h5_get_attribute(file, "run", H5T_NATIVE_UINT64, &found_run, err));
  if (found_run != run)
    AUS_FAIL(err, AUS_EIO, "belongs to run %016" PRIx64 ", expected %016" PRIx64, found_run, run);
  AUS_TRY(aus_h5_get_attribute(file, "number", H5T_NATIVE_UINT32, &found_number, err));
  if (found_number != number) AUS_FAIL(err, AUS_EIO, "has number %" PRIu32 " inside", found_number);
done:
  aus_h5_drop(text);
  return rc;
}

int aus_shard_look(const char *dir, uint64_t run, uint32_t number, aus_err *err)
{
  int rc = AUS_OK;
  char *path = NULL;
  hid_t file = -1;

  AUS_TRY(path_of(&path, dir, number, err));
  AUS_TRY(aus_scan_file(&file, path, err));
  rc = check_file(file, run, number, err);
  if (rc != AUS_OK) aus_err_prepend(err, "%s: ", path);
done:
  aus_h5_drop(file);
  aus_free(path);
  return rc;
}

static int file_open(aus_shard_reader *r, open_file *f, uint32_t number, aus_err *err)
{
  int rc = AUS_OK;
  hid_t fapl = -1;

  AUS_TRY(path_of(&f->path, r->dir, number, err));
  AUS_NEW(f->table, r->n_tables, err);
  AUS_TRY(file_access(&fapl, err));
  AUS_H5(f->file = H5Fopen(f->path, H5F_ACC_RDONLY, fapl), err);
  AUS_TRY(check_file(f->file, r->run, number, err));
  f->number = number;
done:
  aus_h5_drop(fapl);
  if (rc != AUS_OK) {
    if (f->path) aus_err_prepend(err, "%s: ", f->path);
    file_drop(f, r->n_tables);
  }
  return rc;
}

/* The open file with this number; the one longest unused makes room for it. */
static int find_file(aus_shard_reader *r, uint32_t number, open_file **out, aus_err *err)
{
  int rc = AUS_OK, i;
  open_file *f = NULL;

  for (i = 0; i < r->n_files && !f; i++)
    if (r->file[i].file >= 0 && r->file[i].number == number) f = &r->file[i];
  if (!f) {
    f = &r->file[0];
    if (r->n_files < MAX_OPEN)
      f = &r->file[r->n_files++];
    else
      for (i = 1; i < MAX_OPEN; i++)
        if (r->file[i].used < f->used) f = &r->file[i];
    if (f->path) file_drop(f, r->n_tables);
    f->file = -1;
    AUS_TRY(file_open(r, f, number, err));
  }
  f->used = ++r->tick;
  *out = f;
done:
  return rc;
}

static int open_column(hid_t *out, hid_t file, const aus_table *d, const aus_column *c,
                       aus_err *err)
{
  int rc = AUS_OK;
  hid_t group = -1, dapl = -1, set = -1, space = -1;
  hsize_t dim[2] = {0, 1};
  hid_t type = -1;
  int rank;

  AUS_H5(group = H5Gopen2(file, d->name, H5P_DEFAULT), err);
  AUS_H5(dapl = H5Pcreate(H5P_DATASET_ACCESS), err);
  AUS_H5(H5Pset_chunk_cache(dapl, 0, 0, 1.0), err);
  AUS_H5(set = H5Dopen2(group, c->name, dapl), err);
  AUS_H5(space = H5Dget_space(set), err);
  AUS_H5(type = H5Dget_type(set), err);
  rank = H5Sget_simple_extent_ndims(space);
  if (rank != (c->width > 1 ? 2 : 1)) AUS_FAIL(err, AUS_EIO, "%d dimensions", rank);
  AUS_H5(H5Sget_simple_extent_dims(space, dim, NULL), err);
  if (dim[1] != (hsize_t)c->width)
    AUS_FAIL(err, AUS_EIO, "%d values a row, expected %d", (int)dim[1], c->width);
  if (H5Tequal(type, aus_h5_file_type(c->type)) <= 0) AUS_FAIL(err, AUS_EIO, "another type");
  *out = set;
  set = -1;
done:
  aus_h5_drop(type);
  aus_h5_drop(space);
  aus_h5_drop(set);
  aus_h5_drop(dapl);
  aus_h5_drop(group);
  return rc;
}

static int read_column(hid_t set, const aus_column *c, uint64_t first, uint64_t n, void *to,
                       aus_err *err)
{
  int rc = AUS_OK;
  hsize_t at[2] = {first, 0}, count[2] = {n, (hsize_t)c->width}, dim[2] = {0, 0};
  hid_t file_space = -1, space = -1;

  AUS_H5(file_space = H5Dget_space(set), err);
  AUS_H5(H5Sget_simple_extent_dims(file_space, dim, NULL), err);
  if (first > dim[0] || n > dim[0] - first)
    AUS_FAIL(err, AUS_EIO, "has %" PRIu64 " rows, expected %" PRIu64 " or more", (uint64_t)dim[0],
             first + n);
  AUS_H5(H5Sselect_hyperslab(file_space, H5S_SELECT_SET, at, NULL, count, NULL), err);
  AUS_H5(space = H5Screate_simple(c->width > 1 ? 2 : 1, count, NULL), err);
  AUS_H5(H5Dread(set, aus_h5_memory_type(c->type), space, file_space, H5P_DEFAULT, to), err);
done:
  aus_h5_drop(space);
  aus_h5_drop(file_space);
  return rc;
}

/* Whatever HDF5 dislikes while it reads, the file is to blame. */
static int blame_file(int rc, aus_err *err)
{
  if (rc != AUS_EDEP) return rc;
  if (err) err->code = AUS_EIO;
  return AUS_EIO;
}

int aus_shard_read(aus_shard_reader *r, int table, int column, uint32_t shard, uint64_t first,
                   uint64_t n, void *to, aus_err *err)
{
  int rc = AUS_OK;
  const aus_table *d = &r->table[table];
  const aus_column *c = &d->column[column];
  open_file *f = NULL;
  open_table *t;

  if (n == 0) return AUS_OK;
  AUS_TRY(find_file(r, shard, &f, err));
  t = &f->table[table];
  if (!t->column) AUS_TRY(table_alloc(t, d->n_columns, err));
  if (t->column[column] < 0) AUS_TRY(open_column(&t->column[column], f->file, d, c, err));
  AUS_TRY(read_column(t->column[column], c, first, n, to, err));
done:
  if (rc != AUS_OK && f) aus_err_prepend(err, "%s:/%s/%s: ", f->path, d->name, c->name);
  return blame_file(rc, err);
}

int aus_shard_opens(aus_shard_reader *r, uint32_t shard, aus_err *err)
{
  open_file *f = NULL;

  return blame_file(find_file(r, shard, &f, err), err);
}

static int check_column(aus_shard_reader *r, const aus_range *range, int column, uint32_t *crc,
                        aus_err *err)
{
  int rc = AUS_OK;
  size_t bytes = row_bytes(&r->table[range->table].column[column]);
  uint64_t step = bytes < CHECK_BYTES ? CHECK_BYTES / bytes : 1, at, n;

  for (at = 0; at < range->n; at += n) {
    n = range->n - at < step ? range->n - at : step;
    AUS_TRY(aus_shard_read(r, (int)range->table, column, range->shard, range->first + at, n,
                           r->check, err));
    *crc = aus_crc32c(*crc, r->check, (size_t)n * bytes);
  }
done:
  return rc;
}

static int make_check_buffer(aus_shard_reader *r, aus_err *err)
{
  int rc = AUS_OK, i, k;
  size_t bytes = CHECK_BYTES;

  if (r->check) return AUS_OK;
  for (i = 0; i < r->n_tables; i++)
    for (k = 0; k < r->table[i].n_columns; k++)
      if (row_bytes(&r->table[i].column[k]) > bytes) bytes = row_bytes(&r->table[i].column[k]);
  AUS_NEW(r->check, bytes, err);
done:
  return rc;
}

int aus_shard_check(aus_shard_reader *r, const aus_range *range, aus_err *err)
{
  int rc = AUS_OK, i;
  uint32_t crc = 0;
  const aus_table *d = &r->table[range->table];

  AUS_TRY(make_check_buffer(r, err));
  for (i = 0; i < d->n_columns; i++)
    AUS_TRY(check_column(r, range, i, &crc, err));
  if (crc != range->crc)
    AUS_FAIL(err, AUS_EIO,
             "%s/shards/s%06" PRIu32 ".h5: %s: rows %" PRIu64 "..%" PRIu64
             " have CRC %08x, expected %08x",
             r->dir, range->shard, d->name, range->first, range->first + range->n, crc, range->crc);
done:
  return rc;
}
