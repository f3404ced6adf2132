/* merge.c - joining results: what may be joined, the root, the file.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/merge.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/check.h"
#include "store/merge_impl.h"
#include "util/alloc.h"
#include "util/cfg.h"
#include "util/file.h"
#include "util/sha256.h"

/* ---- sources ---- */

static int root_text(const merge_source *s, const char *name, char **text, aus_err *err)
{
  int rc = AUS_OK;
  hid_t attr = -1, type = -1, space = -1;

  if (H5Aexists(s->file, name) <= 0)
    AUS_FAIL(err, AUS_EFORMAT, "%s: not a study's result (no attribute %s)", s->path, name);
  AUS_H5(attr = H5Aopen(s->file, name, H5P_DEFAULT), err);
  AUS_H5(type = H5Aget_type(attr), err);
  AUS_H5(space = H5Aget_space(attr), err);
  if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) != 0 ||
      H5Sget_simple_extent_npoints(space) != 1)
    AUS_FAIL(err, AUS_EFORMAT, "%s: attribute %s is not one string", s->path, name);
  AUS_NEW(*text, H5Tget_size(type) + 1, err);
  AUS_H5(H5Aread(attr, type, *text), err);
done:
  aus_h5_drop(space);
  aus_h5_drop(type);
  aus_h5_drop(attr);
  return rc;
}

static int read_config(merge_source *s, aus_err *err)
{
  int rc = AUS_OK;
  aus_scan scan;
  uint64_t n;

  AUS_TRY(aus_scan_open(&scan, s->file, "config", err));
  if (scan.elem.kind != AUS_ELEM_TEXT || scan.n_dims != 0)
    AUS_FAIL(err, AUS_EFORMAT, "not one string");
  AUS_NEW(s->config, scan.elem.size + 1, err);
  AUS_TRY(aus_scan_next(&scan, s->config, &n, err));
done:
  aus_scan_close(&scan);
  if (rc != AUS_OK) aus_err_prepend(err, "%s:/config: ", s->path);
  return rc;
}

static int read_root(merge_source *s, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_h5_get_attribute(s->file, "seed", H5T_NATIVE_UINT64, &s->seed, err));
  AUS_TRY(aus_h5_get_attribute(s->file, "deterministic", H5T_NATIVE_UINT8, &s->deterministic, err));
  AUS_TRY(aus_h5_get_attribute(s->file, "complete", H5T_NATIVE_UINT8, &s->complete, err));
done:
  if (rc != AUS_OK) aus_err_prepend(err, "%s: ", s->path);
  return rc;
}

static int open_source(merge_source *s, aus_err *err)
{
  int rc = AUS_OK;
  char *format = NULL;

  AUS_TRY(aus_scan_file(&s->file, s->path, err));
  AUS_TRY(root_text(s, "auspex_format", &format, err));
  if (strcmp(format, "1.0") != 0)
    AUS_FAIL(err, AUS_EFORMAT, "%s: format %s, expected 1.0", s->path, format);
  if (H5Lexists(s->file, "sources", H5P_DEFAULT) > 0)
    AUS_FAIL(err, AUS_EFORMAT, "%s: a merged result; merge its sources instead", s->path);
  AUS_TRY(root_text(s, "study", &s->study, err));
  AUS_TRY(root_text(s, "config_sha256", &s->digest, err));
  AUS_TRY(read_root(s, err));
  AUS_TRY(read_config(s, err));
done:
  aus_free(format);
  return rc;
}

static int by_seed(const void *a, const void *b)
{
  const merge_source *x = a, *y = b;

  return x->seed < y->seed ? -1 : x->seed > y->seed;
}

static int open_sources(merge *m, int n, const char *const *paths, aus_err *err)
{
  int rc = AUS_OK, i;

  AUS_NEW(m->src, n, err);
  for (m->n = 0; m->n < n; m->n++)
    m->src[m->n] = (merge_source){.path = paths[m->n], .file = -1};
  for (i = 0; i < n; i++)
    AUS_TRY(open_source(&m->src[i], err));
  qsort(m->src, (size_t)n, sizeof *m->src, by_seed);
done:
  return rc;
}

static void close_sources(merge *m)
{
  int i;

  for (i = 0; i < m->n; i++) {
    aus_h5_drop(m->src[i].file);
    aus_free(m->src[i].study);
    aus_free(m->src[i].digest);
    aus_free(m->src[i].config);
  }
  aus_free(m->src);
}

/* ---- what may be joined ---- */

/* What differs between two trees, key by key. */
typedef struct trees {
  aus_buf path, *out;
  int n;
} trees;

static void short_text(const aus_cfg_node *node, aus_buf *out)
{
  aus_buf b;

  aus_buf_init(&b);
  if (node) aus_cfg_canonical(node, &b);
  if (b.n > 40)
    aus_buf_printf(out, "%.37s...", b.data);
  else
    aus_buf_text(out, node ? b.data ? b.data : "" : "nothing");
  aus_buf_fini(&b);
}

static void compare_trees(trees *t, aus_cfg_node *a, aus_cfg_node *b);

static void compare_entry(trees *t, aus_cfg_node *a, aus_cfg_node *b, const char *key, int64_t i)
{
  int64_t n = t->path.n;

  if (key)
    aus_buf_printf(&t->path, "%s%s", n > 0 ? "." : "", key);
  else
    aus_buf_printf(&t->path, "[%" PRId64 "]", i);
  if (t->path.failed) return;
  if (strcmp(t->path.data, "seed") != 0) compare_trees(t, a, b);
  t->path.n = n;
  t->path.data[n] = '\0';
}

static void compare_maps(trees *t, aus_cfg_node *a, aus_cfg_node *b)
{
  int64_t i;

  for (i = 0; i < aus_cfg_count(a); i++)
    compare_entry(t, aus_cfg_at(a, i), aus_cfg_get(b, aus_cfg_key(a, i)), aus_cfg_key(a, i), 0);
  for (i = 0; i < aus_cfg_count(b); i++)
    if (!aus_cfg_get(a, aus_cfg_key(b, i)))
      compare_entry(t, NULL, aus_cfg_at(b, i), aus_cfg_key(b, i), 0);
}

static void compare_trees(trees *t, aus_cfg_node *a, aus_cfg_node *b)
{
  int64_t i;

  if (a && b && aus_cfg_kind_of(a) == AUS_CFG_MAP && aus_cfg_kind_of(b) == AUS_CFG_MAP) {
    compare_maps(t, a, b);
  } else if (a && b && aus_cfg_kind_of(a) == AUS_CFG_LIST && aus_cfg_kind_of(b) == AUS_CFG_LIST &&
             aus_cfg_count(a) == aus_cfg_count(b)) {
    for (i = 0; i < aus_cfg_count(a); i++)
      compare_entry(t, aus_cfg_at(a, i), aus_cfg_at(b, i), NULL, i);
  } else {
    aus_buf x, y;

    aus_buf_init(&x);
    aus_buf_init(&y);
    if (a) aus_cfg_canonical(a, &x);
    if (b) aus_cfg_canonical(b, &y);
    if (x.n != y.n || (x.n > 0 && memcmp(x.data, y.data, (size_t)x.n) != 0)) {
      t->n++;
      aus_buf_printf(t->out, "  %s: ", t->path.data ? t->path.data : "");
      short_text(a, t->out);
      aus_buf_text(t->out, " and ");
      short_text(b, t->out);
      aus_buf_text(t->out, "\n");
    }
    if (x.failed || y.failed) t->out->failed = 1;
    aus_buf_fini(&x);
    aus_buf_fini(&y);
  }
  if (t->path.failed) t->out->failed = 1;
}

static int same_config(const merge_source *a, const merge_source *b, aus_buf *problems,
                       aus_err *err)
{
  int rc = AUS_OK;
  aus_cfg *cfg = NULL;
  aus_cfg_node *x, *y;
  aus_buf lines;
  trees t = {.out = &lines};

  aus_buf_init(&lines);
  aus_buf_init(&t.path);
  AUS_TRY(aus_cfg_create(&cfg, err));
  AUS_TRY(aus_cfg_parse(cfg, "/config", a->config, strlen(a->config), &x, err));
  AUS_TRY(aus_cfg_parse(cfg, "/config", b->config, strlen(b->config), &y, err));
  compare_trees(&t, x, y);
  AUS_TRY(aus_buf_check(&lines, err));
  if (t.n == 0) goto done;
  aus_buf_printf(problems, "auspex: %s and %s differ in their configuration:\n%s", a->path, b->path,
                 lines.data);
  AUS_FAIL(err, AUS_EFORMAT, "%s and %s differ in their configuration", a->path, b->path);
done:
  aus_cfg_destroy(cfg);
  aus_buf_fini(&t.path);
  aus_buf_fini(&lines);
  return rc;
}

static int check_sources(const merge *m, aus_buf *problems, aus_err *err)
{
  int rc = AUS_OK, i;

  for (i = 1; i < m->n; i++) {
    const merge_source *a = &m->src[i - 1], *b = &m->src[i];

    if (strcmp(a->study, b->study) != 0)
      AUS_FAIL(err, AUS_EFORMAT, "%s is of study %s, %s of study %s", a->path, a->study, b->path,
               b->study);
    AUS_TRY(same_config(a, b, problems, err));
    if (a->seed == b->seed)
      AUS_FAIL(err, AUS_EFORMAT, "%s and %s have the same seed, %" PRIu64, a->path, b->path,
               a->seed);
  }
done:
  return rc;
}

/* ---- the new file ---- */

/* The canonical configuration with the list of seeds. */
static int joint_config(const merge *m, aus_buf *out, aus_err *err)
{
  int rc = AUS_OK, i;
  aus_cfg *cfg = NULL;
  aus_cfg_node *root;
  aus_buf seeds;

  aus_buf_init(&seeds);
  for (i = 0; i < m->n; i++)
    aus_buf_printf(&seeds, "%s%" PRIu64, i > 0 ? ", " : "[", m->src[i].seed);
  aus_buf_text(&seeds, "]");
  AUS_TRY(aus_buf_check(&seeds, err));
  AUS_TRY(aus_cfg_create(&cfg, err));
  AUS_TRY(aus_cfg_parse(cfg, "/config", m->src[0].config, strlen(m->src[0].config), &root, err));
  AUS_TRY(aus_cfg_set(cfg, root, "seed", seeds.data, err));
  aus_cfg_canonical(root, out);
  AUS_TRY(aus_buf_check(out, err));
done:
  aus_cfg_destroy(cfg);
  aus_buf_fini(&seeds);
  return rc;
}

static int root_string(merge *m, const char *name, const char *text, aus_err *err)
{
  int rc = AUS_OK;
  hid_t type = -1;

  AUS_H5(type = aus_h5_string_type(strlen(text)), err);
  AUS_TRY(aus_h5_attribute(m->file, name, type, -1, text, err));
done:
  aus_h5_drop(type);
  return rc;
}

static int write_root(merge *m, const char *config, aus_err *err)
{
  int rc = AUS_OK, i;
  unsigned char digest[32];
  char hex[65];
  uint8_t deterministic = 1, complete = 1;
  uint64_t *seed = NULL;

  AUS_NEW(seed, m->n, err);
  for (i = 0; i < m->n; i++) {
    seed[i] = m->src[i].seed;
    deterministic &= m->src[i].deterministic;
    complete &= m->src[i].complete;
  }
  aus_sha256(config, strlen(config), digest);
  aus_sha256_hex(digest, hex);
  AUS_TRY(root_string(m, "auspex_format", "1.0", err));
  AUS_TRY(root_string(m, "auspex_version", PACKAGE_VERSION, err));
  AUS_TRY(root_string(m, "config_sha256", hex, err));
  AUS_TRY(root_string(m, "study", m->src[0].study, err));
  AUS_TRY(aus_h5_attribute(m->file, "seed", H5T_STD_U64LE, m->n, seed, err));
  AUS_TRY(aus_h5_attribute(m->file, "deterministic", H5T_STD_U8LE, -1, &deterministic, err));
  AUS_TRY(aus_h5_attribute(m->file, "complete", H5T_STD_U8LE, -1, &complete, err));
done:
  aus_free(seed);
  return rc;
}

static int create_file(merge *m, const char *part, aus_err *err)
{
  int rc = AUS_OK;
  hid_t fcpl = -1;

  AUS_H5(fcpl = H5Pcreate(H5P_FILE_CREATE), err);
  AUS_H5(H5Pset_link_creation_order(fcpl, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED), err);
  AUS_H5(H5Pset_obj_track_times(fcpl, 0), err);
  AUS_H5(m->file = H5Fcreate(part, H5F_ACC_TRUNC, fcpl, H5P_DEFAULT), err);
done:
  aus_h5_drop(fcpl);
  if (rc != AUS_OK) aus_err_prepend(err, "%s: ", part);
  return rc;
}

static int fill_file(merge *m, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf config;

  aus_buf_init(&config);
  AUS_TRY(joint_config(m, &config, err));
  AUS_TRY(write_root(m, config.data, err));
  AUS_TRY(aus_merge_objects(m, config.data, err));
done:
  aus_buf_fini(&config);
  return rc;
}

/* Nothing that verify would find fault with gets the name. */
static int check_part(const char *part, aus_err *err)
{
  int rc = AUS_OK;
  aus_buf lines;
  aus_check_count count;

  aus_buf_init(&lines);
  AUS_TRY(aus_check_result(part, 1, &lines, &count, err));
  AUS_TRY(aus_buf_check(&lines, err));
  if (count.faults == 0) goto done;
  lines.data[strcspn(lines.data, "\n")] = '\0';
  AUS_FAIL(err, AUS_EFORMAT,
           "the joined file would have %" PRId64 " faults, first %s (verify the inputs)",
           count.faults, lines.data);
done:
  aus_buf_fini(&lines);
  return rc;
}

static int sync_path(const char *path, aus_err *err)
{
  int rc = AUS_OK, fd;

  fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) AUS_FAIL(err, AUS_EIO, "%s: %s", path, strerror(errno));
  /* A file system that cannot sync directories says so by EINVAL. */
  if (fsync(fd) != 0 && errno != EINVAL) AUS_FAIL(err, AUS_EIO, "%s: %s", path, strerror(errno));
done:
  if (fd >= 0) close(fd);
  return rc;
}

static int write_part(merge *m, const char *part, aus_err *err)
{
  int rc = AUS_OK, rc_close;

  AUS_TRY(create_file(m, part, err));
  rc = fill_file(m, err);
  rc_close = aus_h5_close_file(m->file, rc == AUS_OK ? err : NULL);
  if (rc == AUS_OK) rc = rc_close;
  AUS_TRY(rc);
  AUS_TRY(sync_path(part, err));
  AUS_TRY(check_part(part, err));
done:
  return rc;
}

static int check_output(int n, const char *const *paths, const char *out, aus_err *err)
{
  int rc = AUS_OK, i;

  AUS_TRY(aus_file_check(out, err));
  for (i = 0; i < n; i++)
    if (aus_file_same(paths[i], out))
      AUS_FAIL(err, AUS_ECONFIG, "%s: the output would replace an input file", out);
done:
  return rc;
}

int aus_merge(int n, const char *const *paths, const char *out, aus_buf *problems, aus_err *err)
{
  int rc = AUS_OK;
  merge m = {.file = -1};
  char *part = NULL, *dir = NULL;

  aus_h5_start();
  AUS_TRY(check_output(n, paths, out, err));
  rc = open_sources(&m, n, paths, err);
  if (rc == AUS_OK) rc = check_sources(&m, problems, err);
  AUS_TRY(aus_scan_code(rc, err));
  AUS_NEW(part, strlen(out) + sizeof ".part", err);
  sprintf(part, "%s.part", out);
  AUS_TRY(aus_path_dir(&dir, out, err));
  AUS_TRY(write_part(&m, part, err));
  if (rename(part, out) != 0) AUS_FAIL(err, AUS_EIO, "%s: %s", out, strerror(errno));
  AUS_TRY(sync_path(dir[0] ? dir : ".", err));
done:
  if (rc != AUS_OK && part) unlink(part);
  close_sources(&m);
  aus_free(part);
  aus_free(dir);
  return rc;
}
