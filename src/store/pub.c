/* pub.c - writing the published file, all ranks together.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every step that can fail on one rank alone (memory, reading shards, room on the disk) is followed by
 * an agreement before the next collective HDF5 call: a rank that fails inside a collective write
 * leaves the others waiting for ever (HDF5 1.10; measured with a full disk). So rank 0 has the file
 * system set the room for a round aside before it is written.
 */
#include <config.h>

#include "store/pub.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "par/agree.h"
#include "store/h5.h"
#include "store/plan.h"
#include "store/shard.h"
#include "util/alloc.h"
#include "util/buf.h"
#include "util/file.h"

enum { SPARE_BYTES = 1 << 20 };

typedef struct writer {
  MPI_Comm comm;
  int rank, size;
  const aus_pub_conf *conf;
  char *path, *part;  /* path and path.part */
  const aus_pub *pub; /* the caller's on rank 0 */
  aus_pub *mine;      /* decoded, other ranks */
  aus_layout layout;
  aus_shard_reader *reader;
  char *chunk; /* of the biggest dataset that comes from shards */
  hid_t file, collective;
  int fd;             /* of the part, rank 0 */
  uint64_t set_aside; /* bytes from the start of the file that have room on the disk */
} writer;

/* ---- preparing ---- */

static int check_conf(const aus_pub_conf *conf, aus_err *err)
{
  int rc = AUS_OK;

  if (conf->deflate < 0 || conf->deflate > 9)
    AUS_FAIL(err, AUS_EINVAL, "publication: deflate level %d, need 0..9", conf->deflate);
done:
  return rc;
}

/* Rank 0: name and plan as bytes. */
static int encode(const aus_pub *pub, const aus_pub_conf *conf, const char *path, char **bytes,
                  size_t *n, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf b;

  aus_buf_init(&b);
  AUS_TRY(check_conf(conf, err));
  aus_buf_str(&b, path);
  aus_pub_encode(pub, &b);
  AUS_TRY(aus_buf_check(&b, err));
  *n = (size_t)b.n;
  *bytes = aus_buf_take(&b);
done:
  aus_buf_fini(&b);
  return rc;
}

static int decode(writer *w, const char *bytes, size_t n, aus_err *err)
{
  int rc = AUS_OK;
  aus_rd in = aus_rd_of(bytes, n);
  size_t n_part;

  AUS_TRY(aus_rd_str(&in, &w->path, err));
  n_part = strlen(w->path) + sizeof ".part";
  AUS_NEW(w->part, n_part, err);
  snprintf(w->part, n_part, "%s.part", w->path);
  if (w->rank != 0) {
    AUS_TRY(aus_pub_decode(&w->mine, &in, err));
    w->pub = w->mine;
  }
done:
  return rc;
}

/* Collective: after it every rank has the same plan and path. */
static int share(writer *w, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  char *bytes = NULL;
  size_t n = 0;

  if (w->rank == 0) rc = encode(w->pub, w->conf, path, &bytes, &n, err);
  AUS_TRY(aus_agree(w->comm, rc, err));
  AUS_TRY(aus_share(w->comm, &bytes, &n, err));
  rc = decode(w, bytes, n, err);
  AUS_TRY(aus_agree(w->comm, rc, err));
done:
  aus_free(bytes);
  return rc;
}

/* Layout, reader, buffer. */
static int get_ready(writer *w, aus_err *err)
{
  int rc = AUS_OK;
  const aus_pub_conf *c = w->conf;
  size_t most = 1;
  int64_t i;

  AUS_TRY(aus_layout_make(&w->layout, w->pub, c, err));
  for (i = 0; i < w->layout.n_sets; i++) {
    const aus_plan_set *s = w->layout.set[i];
    size_t bytes = aus_plan_row_bytes(s) * (size_t)aus_plan_chunk_rows(s);

    if (s->from != AUS_FROM_MEMORY && bytes > most) most = bytes;
  }
  AUS_NEW(w->chunk, most, err);
  if (w->pub->n_lists > 0)
    AUS_TRY(aus_shard_reader_create(&w->reader, c->dir, c->run, c->tables, c->n_tables, err));
done:
  return rc;
}

/* Every range is read once and compared with its CRC, shared out over the ranks: damage shows before
 * there is a file. */
static int check_ranges(writer *w, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i, k, turn = 0;

  for (i = 0; i < w->pub->n_lists; i++)
    for (k = 0; k < w->pub->list[i].n; k++)
      if (turn++ % w->size == w->rank)
        AUS_TRY(aus_shard_check(w->reader, &w->pub->list[i].range[k], err));
done:
  return rc;
}

/* Rank 0: a plain "cannot write here" before MPI-IO says it in its way. */
static int try_to_create(writer *w, aus_err *err)
{
  int rc = AUS_OK;

  unlink(w->part);
  w->fd = open(w->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (w->fd < 0) AUS_FAIL(err, AUS_EIO, "%s: %s", w->part, strerror(errno));
done:
  return rc;
}

/* Rank 0, if it is still wanted: room for `bytes` behind what all ranks have written, and for what HDF5 still keeps to
 * itself. The size of the file stays. */
static int set_aside(writer *w, uint64_t bytes, aus_err *err)
{
  int rc = AUS_OK;
  struct stat st;
  uint64_t end;

  if (aus_poll_now(w->conf->poll) != AUS_POLL_CONTINUE)
    AUS_FAIL(err, AUS_ECANCEL, "%s: stopped", w->part);
  if (fstat(w->fd, &st) != 0) AUS_FAIL(err, AUS_EIO, "%s: %s", w->part, strerror(errno));
  end = (uint64_t)st.st_size + bytes + SPARE_BYTES;
  if (end <= w->set_aside) goto done;
  /* File systems that cannot do it have to be trusted. */
  if (fallocate(w->fd, FALLOC_FL_KEEP_SIZE, (off_t)w->set_aside, (off_t)(end - w->set_aside)) !=
          0 &&
      (errno == ENOSPC || errno == EDQUOT || errno == EFBIG || errno == EIO))
    AUS_FAIL(err, AUS_EIO, "%s: %s", w->part, strerror(errno));
  w->set_aside = end;
done:
  return rc;
}

static uint64_t count_chunks(const aus_plan_set *s)
{
  return s->n == 0 ? 0 : (s->n - 1) / aus_plan_chunk_rows(s) + 1;
}

/* What creating the dataset takes: without filters the place of every chunk; with them every chunk is
 * written once as zeros, of which deflate leaves a thousandth. */
static uint64_t bytes_of_new(const writer *w, const aus_plan_set *s)
{
  uint64_t chunk = aus_plan_chunk_rows(s) * aus_plan_row_bytes(s);

  return count_chunks(s) * (w->conf->deflate == 0 || s->scalar ? chunk : chunk / 500 + 64);
}

/* ---- the file and its objects (collective) ---- */

static int track_links(hid_t plist, aus_err *err)
{
  int rc = AUS_OK;

  AUS_H5(H5Pset_link_creation_order(plist, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED), err);
  AUS_H5(H5Pset_obj_track_times(plist, 0), err);
done:
  return rc;
}

/* MPI-IO layers that gather a collective write (ROMIO with collective buffering, OMPIO) fill gaps between
 * chunks by reading first, and beyond the end of the file write what their buffers held before:
 * measured, files of the same plan then differ from run to run. So each rank writes its chunk by itself, and
 * small chunks get no block of their own with an unused rest. */
static int plain_writes(MPI_Info *info, aus_err *err)
{
  int rc = AUS_OK;

  AUS_MPI(MPI_Info_create(info), err);
  AUS_MPI(MPI_Info_set(*info, "romio_cb_write", "disable"), err);
  AUS_MPI(MPI_Info_set(*info, "romio_ds_write", "disable"), err);
done:
  return rc;
}

static int create_file(writer *w, aus_err *err)
{
  int rc = AUS_OK;
  hid_t fcpl = -1, fapl = -1;
  MPI_Info info = MPI_INFO_NULL;

  AUS_TRY(plain_writes(&info, err));
  AUS_H5(fcpl = H5Pcreate(H5P_FILE_CREATE), err);
  AUS_TRY(track_links(fcpl, err));
  AUS_H5(fapl = H5Pcreate(H5P_FILE_ACCESS), err);
  AUS_H5(H5Pset_fapl_mpio(fapl, w->comm, info), err);
  AUS_H5(H5Pset_small_data_block_size(fapl, 0), err);
  AUS_H5(w->collective = H5Pcreate(H5P_DATASET_XFER), err);
  AUS_H5(H5Pset_dxpl_mpio(w->collective, H5FD_MPIO_COLLECTIVE), err);
  AUS_H5(w->file = H5Fcreate(w->part, H5F_ACC_TRUNC, fcpl, fapl), err);
done:
  if (info != MPI_INFO_NULL) MPI_Info_free(&info);
  aus_h5_drop(fapl);
  aus_h5_drop(fcpl);
  if (rc != AUS_OK) aus_err_prepend(err, "%s: ", w->part);
  return rc;
}

static int create_group(writer *w, const char *path, aus_err *err)
{
  int rc = AUS_OK;
  hid_t gcpl = -1, group = -1;

  AUS_H5(gcpl = H5Pcreate(H5P_GROUP_CREATE), err);
  AUS_TRY(track_links(gcpl, err));
  AUS_H5(group = H5Gcreate2(w->file, path, H5P_DEFAULT, gcpl, H5P_DEFAULT), err);
done:
  aus_h5_drop(group);
  aus_h5_drop(gcpl);
  if (rc != AUS_OK) aus_err_prepend(err, "%s: /%s: ", w->part, path);
  return rc;
}

/* A copy of the type of an element or attribute. */
static hid_t element_type(aus_dtype type, size_t string_bytes, int in_memory)
{
  if (string_bytes > 0) return aus_h5_string_type(string_bytes);
  return H5Tcopy(in_memory ? aus_h5_memory_type(type) : aus_h5_file_type(type));
}

static int enum_type(hid_t *out, const aus_plan_set *s, hid_t base, aus_err *err)
{
  int rc = AUS_OK, i;
  hid_t type = -1;

  AUS_H5(type = H5Tenum_create(base), err);
  for (i = 0; i < s->n_enumeration; i++) {
    int32_t wide = i;
    uint8_t narrow = (uint8_t)i;

    AUS_H5(H5Tenum_insert(type, s->enumeration[i], s->type == AUS_U8 ? (void *)&narrow : &wide),
           err);
  }
  *out = type;
  type = -1;
done:
  aus_h5_drop(type);
  return rc;
}

static int set_type(hid_t *out, const aus_plan_set *s, int in_memory, aus_err *err)
{
  int rc = AUS_OK;
  hid_t type = -1;

  AUS_H5(type = element_type(s->type, s->string_bytes, in_memory), err);
  if (s->n_enumeration > 0) {
    AUS_TRY(enum_type(out, s, type, err));
  } else {
    *out = type;
    type = -1;
  }
done:
  aus_h5_drop(type);
  return rc;
}

/* The shape of n rows; returns the number of dimensions. */
static int shape_of(const aus_plan_set *s, uint64_t n, hsize_t dim[3])
{
  dim[0] = n;
  dim[1] = (hsize_t)(s->inner > 0 ? s->width / s->inner : s->width);
  dim[2] = (hsize_t)s->inner;
  return s->inner > 0 ? 3 : s->matrix ? 2 : 1;
}

static int set_space(hid_t *out, const aus_plan_set *s, uint64_t n, aus_err *err)
{
  int rc = AUS_OK, n_dims;
  hsize_t dim[3];

  n_dims = shape_of(s, n, dim);

  if (s->scalar)
    AUS_H5(*out = H5Screate(H5S_SCALAR), err);
  else
    AUS_H5(*out = H5Screate_simple(n_dims, dim, NULL), err);
done:
  return rc;
}

static int filters(hid_t dcpl, int deflate, aus_err *err)
{
  int rc = AUS_OK;

  if (deflate == 0) goto done;
  AUS_H5(H5Pset_shuffle(dcpl), err);
  AUS_H5(H5Pset_deflate(dcpl, (unsigned)deflate), err);
  AUS_H5(H5Pset_fletcher32(dcpl), err);
done:
  return rc;
}

static int text_attribute(hid_t at, const char *name, const char *text, aus_err *err)
{
  int rc = AUS_OK;
  hid_t type = -1;

  AUS_H5(type = aus_h5_string_type(strlen(text)), err);
  AUS_TRY(aus_h5_attribute(at, name, type, -1, text, err));
done:
  aus_h5_drop(type);
  return rc;
}

static int create_set(writer *w, const aus_plan_set *s, hid_t *out, aus_err *err)
{
  int rc = AUS_OK;
  hsize_t chunk[3];
  int n_dims = shape_of(s, aus_plan_chunk_rows(s), chunk);
  hid_t type = -1, space = -1, dcpl = -1, set = -1;

  AUS_TRY(set_type(&type, s, 0, err));
  AUS_TRY(set_space(&space, s, s->n, err));
  AUS_H5(dcpl = H5Pcreate(H5P_DATASET_CREATE), err);
  AUS_H5(H5Pset_obj_track_times(dcpl, 0), err);
  AUS_H5(H5Pset_fill_time(dcpl, H5D_FILL_TIME_NEVER), err);
  if (!s->scalar && s->n > 0) {
    AUS_H5(H5Pset_chunk(dcpl, n_dims, chunk), err);
    AUS_TRY(filters(dcpl, w->conf->deflate, err));
  }
  AUS_H5(set = H5Dcreate2(w->file, s->path, type, space, H5P_DEFAULT, dcpl, H5P_DEFAULT), err);
  AUS_TRY(text_attribute(set, "unit", s->unit, err));
  AUS_TRY(aus_h5_attribute(set, "unitSI", H5T_IEEE_F64LE, -1, &s->unit_si, err));
  AUS_TRY(text_attribute(set, "long_name", s->long_name, err));
  *out = set;
  set = -1;
done:
  aus_h5_drop(set);
  aus_h5_drop(dcpl);
  aus_h5_drop(space);
  aus_h5_drop(type);
  return rc;
}

static int create_attr(writer *w, const aus_plan_attr *a, aus_err *err)
{
  int rc = AUS_OK;
  hid_t at = -1, type = -1;

  AUS_H5(at = H5Oopen(w->file, a->path[0] ? a->path : "/", H5P_DEFAULT), err);
  AUS_H5(type = element_type(a->type, a->string_bytes, 0), err);
  AUS_TRY(aus_h5_attribute(at, a->name, type, a->n, a->value, err));
done:
  aus_h5_drop(type);
  aus_h5_drop(at);
  if (rc != AUS_OK) aus_err_prepend(err, "/%s: ", a->path);
  return rc;
}

/* ---- values ---- */

/* The range that has row `row` of the list. */
static int64_t find_range(const aus_plan_list *l, uint64_t row)
{
  int64_t low = 0, high = l->n;

  while (high - low > 1) {
    int64_t mid = low + (high - low) / 2;

    if (l->start[mid] <= row)
      low = mid;
    else
      high = mid;
  }
  return low;
}

/* Rows first .. first + n - 1 of a dataset from shards, into w->chunk. */
static int fill_chunk(writer *w, const aus_plan_set *s, uint64_t first, uint64_t n, aus_err *err)
{
  int rc = AUS_OK;
  const aus_plan_list *l = &w->pub->list[s->list];
  size_t bytes = aus_plan_row_bytes(s);
  char *to = w->chunk;
  uint64_t row = first, end = first + n, k;
  int64_t i;

  for (i = find_range(l, first); row < end; i++) {
    const aus_range *g = &l->range[i];
    uint64_t skip = row - l->start[i], here = g->n - skip;

    if (here > end - row) here = end - row;
    if (s->from == AUS_FROM_TRIAL)
      for (k = 0; k < here; k++)
        memcpy(to + k * bytes, &g->trial, bytes);
    else
      AUS_TRY(
          aus_shard_read(w->reader, l->table, s->column, g->shard, g->first + skip, here, to, err));
    to += here * bytes;
    row += here;
  }
done:
  return rc;
}

/* One collective write of n rows from `first` on, or of nothing (values NULL). */
static int write_rows(writer *w, const aus_plan_set *s, hid_t set, hid_t type, uint64_t first,
                      uint64_t n, const void *values, aus_err *err)
{
  int rc = AUS_OK;
  hsize_t at[3] = {first, 0, 0}, count[3];
  hid_t file_space = -1, space = -1;
  char nothing = 0;

  (void)shape_of(s, n, count);
  AUS_TRY(set_space(&file_space, s, s->n, err));
  AUS_TRY(set_space(&space, s, values ? n : 1, err));
  if (!values) {
    AUS_H5(H5Sselect_none(file_space), err);
    AUS_H5(H5Sselect_none(space), err);
  } else if (!s->scalar) {
    AUS_H5(H5Sselect_hyperslab(file_space, H5S_SELECT_SET, at, NULL, count, NULL), err);
  }
  AUS_H5(H5Dwrite(set, type, space, file_space, w->collective, values ? values : &nothing), err);
done:
  aus_h5_drop(space);
  aus_h5_drop(file_space);
  if (rc != AUS_OK) aus_err_prepend(err, "%s: /%s: ", w->part, s->path);
  return rc;
}

/* What one rank writes in one round. */
typedef struct piece {
  uint64_t first, n;
  const void *values; /* NULL: nothing */
} piece;

/* Local: values of chunk k in *p. */
static int get_piece(writer *w, const aus_plan_set *s, uint64_t k, piece *p, aus_err *err)
{
  int rc = AUS_OK;
  uint64_t per_chunk = aus_plan_chunk_rows(s);

  *p = (piece){.first = k * per_chunk};
  if (p->first >= s->n) goto done;
  p->n = s->n - p->first < per_chunk ? s->n - p->first : per_chunk;
  if (s->from == AUS_FROM_MEMORY) {
    p->values = (const char *)s->data + p->first * aus_plan_row_bytes(s);
  } else {
    AUS_TRY(fill_chunk(w, s, p->first, p->n, err));
    p->values = w->chunk;
  }
done:
  return rc;
}

/* In rounds of at most one chunk per rank; values in memory are rank 0's. The last round's outcome is
 * not agreed yet. */
static int write_values(writer *w, const aus_plan_set *s, hid_t set, hid_t type, aus_err *err)
{
  int rc = AUS_OK;
  int in_memory = s->from == AUS_FROM_MEMORY;
  uint64_t per_chunk = aus_plan_chunk_rows(s), n_at_once = in_memory ? 1 : (uint64_t)w->size;
  uint64_t n_chunks = count_chunks(s), round;
  uint64_t round_bytes = n_at_once * per_chunk * aus_plan_row_bytes(s);

  for (round = 0; round * n_at_once < n_chunks; round++) {
    uint64_t k = round * n_at_once + (in_memory ? 0 : (uint64_t)w->rank);
    piece p = {0};

    if (rc == AUS_OK && (!in_memory || w->rank == 0)) rc = get_piece(w, s, k, &p, err);
    if (rc == AUS_OK && w->rank == 0) rc = set_aside(w, round_bytes, err);
    AUS_TRY(aus_agree(w->comm, rc, err));
    rc = write_rows(w, s, set, type, p.first, p.n, p.values, err);
  }
done:
  return rc;
}

/* Collective; the verdict is agreed. */
static int write_set(writer *w, const aus_plan_set *s, aus_err *err)
{
  int rc = AUS_OK;
  hid_t set = -1, type = -1;

  if (w->rank == 0) rc = set_aside(w, bytes_of_new(w, s), err);
  AUS_TRY(aus_agree(w->comm, rc, err));
  rc = create_set(w, s, &set, err);
  if (rc == AUS_OK) rc = set_type(&type, s, 1, err);
  if (rc != AUS_OK) aus_err_prepend(err, "%s: /%s: ", w->part, s->path);
  AUS_TRY(aus_agree(w->comm, rc, err));
  rc = write_values(w, s, set, type, err);
  AUS_TRY(aus_agree(w->comm, rc, err));
done:
  aus_h5_drop(type);
  aus_h5_drop(set);
  return rc;
}

/* Collective; agreed. Groups and datasets in one order, by path. */
static int write_objects(writer *w, aus_err *err)
{
  int rc = AUS_OK;
  const aus_layout *l = &w->layout;
  int64_t g = 0, s = 0;

  while (g < l->n_groups || s < l->n_sets)
    if (s == l->n_sets || (g < l->n_groups && strcmp(l->group[g], l->set[s]->path) < 0))
      AUS_TRY(aus_agree(w->comm, create_group(w, l->group[g++], err), err));
    else
      AUS_TRY(write_set(w, l->set[s++], err));
done:
  return rc;
}

/* Collective; agreed. */
static int write_all(writer *w, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;

  if (w->rank == 0) rc = set_aside(w, 0, err);
  AUS_TRY(aus_agree(w->comm, rc, err));
  AUS_TRY(write_objects(w, err));
  for (i = 0; i < w->pub->n_attrs && rc == AUS_OK; i++)
    rc = create_attr(w, &w->pub->attr[i], err);
  AUS_TRY(aus_agree(w->comm, rc, err));
  rc = H5Fflush(w->file, H5F_SCOPE_GLOBAL) < 0 ? aus_h5_fail("H5Fflush", AUS_HERE, err) : AUS_OK;
  if (rc != AUS_OK) aus_err_prepend(err, "%s: ", w->part);
  AUS_TRY(aus_agree(w->comm, rc, err));
done:
  return rc;
}

/* Collective. A file that failed loses its content first: HDF5 1.10 crashes at exit over a file whose
 * close failed, and what it still wants to write finds room then. The first flush after one that failed
 * fails as well. */
static int close_file(writer *w, int rc_before, aus_err *err)
{
  int rc = AUS_OK, tries;
  hid_t file = w->file;

  w->file = -1;
  if (rc_before != AUS_OK) {
    if (w->rank == 0 && ftruncate(w->fd, 0) != 0) unlink(w->part);
    MPI_Barrier(w->comm);
    for (tries = 0; tries < 2; tries++)
      H5Fflush(file, H5F_SCOPE_GLOBAL);
  }
  AUS_H5(H5Fclose(file), err);
done:
  if (rc != AUS_OK) aus_err_prepend(err, "%s: ", w->part);
  return rc;
}

/* ---- after closing: rank 0 alone ---- */

static int check_set(hid_t file, const aus_plan_set *s, aus_err *err)
{
  int rc = AUS_OK;
  hsize_t dim[2] = {1, 1}, n_chunks = 0;
  hid_t set = -1, space = -1;

  AUS_H5(set = H5Dopen2(file, s->path, H5P_DEFAULT), err);
  AUS_H5(space = H5Dget_space(set), err);
  AUS_H5(H5Sget_simple_extent_dims(space, dim, NULL), err);
  if (dim[0] != s->n)
    AUS_FAIL(err, AUS_EIO, "%" PRIu64 " rows, expected %" PRIu64, (uint64_t)dim[0], s->n);
  if (s->scalar || s->n == 0) goto done;
  AUS_H5(H5Dget_num_chunks(set, space, &n_chunks), err);
  if (n_chunks != count_chunks(s))
    AUS_FAIL(err, AUS_EIO, "%" PRIu64 " chunks, expected %" PRIu64, (uint64_t)n_chunks,
             count_chunks(s));
done:
  aus_h5_drop(space);
  aus_h5_drop(set);
  if (rc != AUS_OK) aus_err_prepend(err, "%s: ", s->path);
  return rc;
}

static int verify(const writer *w, aus_err *err)
{
  int rc = AUS_OK;
  int64_t i;
  hid_t file = -1;

  AUS_H5(file = H5Fopen(w->part, H5F_ACC_RDONLY, H5P_DEFAULT), err);
  for (i = 0; i < w->layout.n_sets; i++)
    AUS_TRY(check_set(file, w->layout.set[i], err));
done:
  if (file >= 0) H5Fclose(file);
  if (rc != AUS_OK) aus_err_prepend(err, "%s: /", w->part);
  return rc;
}

/* Give back what was set aside too much, and wait for the disk. */
static int settle(const writer *w, aus_err *err)
{
  int rc = AUS_OK;
  struct stat st;

  if (fstat(w->fd, &st) != 0 || ftruncate(w->fd, st.st_size) != 0 || fsync(w->fd) != 0)
    AUS_FAIL(err, AUS_EIO, "%s: %s", w->part, strerror(errno));
done:
  return rc;
}

/* So that the new name outlives a crash of the machine. */
static int sync_directory(const char *path, aus_err *err)
{
  int rc = AUS_OK, fd;

  fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) AUS_FAIL(err, AUS_EIO, "%s: %s", path, strerror(errno));
  /* A file system that cannot sync directories says so by EINVAL. */
  if (fsync(fd) != 0 && errno != EINVAL)
    rc = aus_fail(err, AUS_EIO, AUS_HERE, "%s: %s", path, strerror(errno));
  close(fd);
done:
  return rc;
}

static int finish(const writer *w, aus_err *err)
{
  int rc = AUS_OK;
  char *dir = NULL;

  AUS_TRY(aus_path_dir(&dir, w->path, err));
  AUS_TRY(settle(w, err));
  AUS_TRY(verify(w, err));
  if (rename(w->part, w->path) != 0) AUS_FAIL(err, AUS_EIO, "%s: %s", w->path, strerror(errno));
  AUS_TRY(sync_directory(dir[0] ? dir : ".", err));
done:
  aus_free(dir);
  return rc;
}

/* ---- together ---- */

/* Collective; agreed. Leaves no open file behind. */
static int make_file(writer *w, aus_err *err)
{
  int rc = AUS_OK, rc_close = AUS_OK;

  if (w->rank == 0) rc = try_to_create(w, err);
  AUS_TRY(aus_agree(w->comm, rc, err));
  AUS_TRY(aus_agree(w->comm, create_file(w, err), err));
  AUS_TRY(write_all(w, err));
done:
  if (w->file >= 0) {
    rc_close = close_file(w, rc, err);
    if (rc == AUS_OK) rc = aus_agree(w->comm, rc_close, err);
  }
  return rc;
}

static int publish(writer *w, const char *path, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(share(w, path, err));
  AUS_TRY(aus_agree(w->comm, get_ready(w, err), err));
  AUS_TRY(aus_agree(w->comm, check_ranges(w, err), err));
  AUS_TRY(make_file(w, err));
  if (w->rank == 0) rc = finish(w, err);
  AUS_TRY(aus_agree(w->comm, rc, err));
done:
  if (rc != AUS_OK && w->rank == 0 && w->part) unlink(w->part);
  return rc;
}

int aus_pub_write(const aus_pub *pub, const aus_pub_conf *conf, MPI_Comm comm, const char *path,
                  aus_err *err)
{
  int rc = AUS_OK;
  writer w = {.comm = comm, .conf = conf, .pub = pub, .file = -1, .collective = -1, .fd = -1};
  aus_err own;

  /* An agreement needs somewhere to put the text. */
  aus_err_clear(&own);
  aus_h5_start();
  AUS_MPI(MPI_Comm_rank(comm, &w.rank), &own);
  AUS_MPI(MPI_Comm_size(comm, &w.size), &own);
  AUS_TRY(publish(&w, path, &own));
done:
  if (w.fd >= 0) close(w.fd);
  aus_h5_drop(w.collective);
  aus_shard_reader_destroy(w.reader);
  aus_layout_fini(&w.layout);
  aus_pub_destroy(w.mine);
  aus_free(w.chunk);
  aus_free(w.part);
  aus_free(w.path);
  if (rc != AUS_OK && err && err->code == AUS_OK) *err = own;
  return rc;
}

const char *aus_pub_library(void)
{
  return AUS_STR_(H5_VERS_MAJOR) "." AUS_STR_(H5_VERS_MINOR) "." AUS_STR_(H5_VERS_RELEASE);
}
