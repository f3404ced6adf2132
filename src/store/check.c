/* check.c - verification of a published file: the root, the configuration, then everything below.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "store/check_impl.h"
#include "util/alloc.h"
#include "util/json.h"
#include "util/sha256.h"

void aus_check_fault(check *c, const char *path, const char *format, ...)
{
  va_list ap;
  char text[600];

  if (c->count->faults++ >= c->max) return;
  va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  aus_buf_printf(c->lines, "/%s: %s\n", path, text);
}

int aus_check_unread(check *c, const char *path, int rc, aus_err *err)
{
  if (rc == AUS_OK || rc == AUS_ENOMEM) return rc;
  aus_check_fault(c, path, "%s", err->text);
  aus_err_clear(err);
  return AUS_OK;
}

/* ---- attributes of the root ---- */

/* A string of fixed length (aus_free); NULL and a fault when there is none such. */
static int root_text(check *c, const char *name, char **text, aus_err *err)
{
  int rc = AUS_OK;
  hid_t attr = -1, type = -1, space = -1;
  char *s = NULL;

  *text = NULL;
  if (H5Aexists(c->file, name) <= 0) AUS_FAIL(err, AUS_EFORMAT, "no attribute %s", name);
  AUS_H5(attr = H5Aopen(c->file, name, H5P_DEFAULT), err);
  AUS_H5(type = H5Aget_type(attr), err);
  AUS_H5(space = H5Aget_space(attr), err);
  if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) != 0 ||
      H5Sget_simple_extent_npoints(space) != 1)
    AUS_FAIL(err, AUS_EFORMAT, "attribute %s is not one string of fixed length", name);
  AUS_NEW(s, H5Tget_size(type) + 1, err);
  AUS_H5(H5Aread(attr, type, s), err);
  *text = s;
  s = NULL;
done:
  aus_free(s);
  aus_h5_drop(space);
  aus_h5_drop(type);
  aus_h5_drop(attr);
  return aus_check_unread(c, "", rc, err);
}

/* A small unsigned number; 0 and a fault when there is none such. */
static int root_flag(check *c, const char *name, unsigned char *x, aus_err *err)
{
  int rc = AUS_OK;

  *x = 0;
  AUS_TRY(aus_h5_get_attribute(c->file, name, H5T_NATIVE_UCHAR, x, err));
  if (*x > 1) AUS_FAIL(err, AUS_EFORMAT, "attribute %s is %d, need 0 or 1", name, *x);
done:
  return aus_check_unread(c, "", rc, err);
}

/* One seed, or those of all sources (aus_free). */
static int root_seeds(check *c, uint64_t **seed, int64_t *n, aus_err *err)
{
  int rc = AUS_OK;
  hid_t attr = -1, type = -1, space = -1;
  hssize_t there;

  *n = 0;
  *seed = NULL;
  if (H5Aexists(c->file, "seed") <= 0) AUS_FAIL(err, AUS_EFORMAT, "no attribute seed");
  AUS_H5(attr = H5Aopen(c->file, "seed", H5P_DEFAULT), err);
  AUS_H5(type = H5Aget_type(attr), err);
  AUS_H5(space = H5Aget_space(attr), err);
  AUS_H5(there = H5Sget_simple_extent_npoints(space), err);
  if (H5Tequal(type, H5T_STD_U64LE) <= 0 || there != (c->count->sources ? c->count->sources : 1))
    AUS_FAIL(err, AUS_EFORMAT, "attribute seed is not one u64%s",
             c->count->sources ? " for each source" : "");
  AUS_NEW(*seed, there, err);
  AUS_H5(H5Aread(attr, H5T_NATIVE_UINT64, *seed), err);
  *n = there;
done:
  aus_h5_drop(space);
  aus_h5_drop(type);
  aus_h5_drop(attr);
  return aus_check_unread(c, "", rc, err);
}

/* ---- configuration ---- */

/* /config (aus_free); NULL and nothing said when it cannot be read, which is told with all objects. */
static int read_config(check *c, char **text, aus_err *err)
{
  int rc = AUS_OK;
  aus_scan s = {.set = -1, .space = -1, .elem = {.type = -1}};
  uint64_t n;

  *text = NULL;
  if (!aus_check_has(c->file, "config")) {
    aus_check_fault(c, "config", "missing");
    goto done;
  }
  AUS_TRY(aus_scan_open(&s, c->file, "config", err));
  if (s.elem.kind != AUS_ELEM_TEXT || s.n_dims != 0) {
    aus_check_fault(c, "config", "not one string of fixed length");
    goto done;
  }
  AUS_NEW(*text, s.elem.size + 1, err);
  AUS_TRY(aus_scan_next(&s, *text, &n, err));
done:
  aus_scan_close(&s);
  if (rc == AUS_OK || rc == AUS_ENOMEM) return rc;
  aus_free(*text);
  *text = NULL;
  aus_err_clear(err);
  return AUS_OK;
}

static void judge_digest(check *c, const char *config, const char *told)
{
  unsigned char digest[32];
  char hex[65];

  aus_sha256(config, strlen(config), digest);
  aus_sha256_hex(digest, hex);
  if (strcmp(hex, told) != 0)
    aus_check_fault(c, "config", "SHA-256 is %.12s..., attribute config_sha256 %.12s...", hex,
                    told);
}

static void judge_seeds(check *c, aus_json_value *v, const uint64_t *seed, int64_t n)
{
  int64_t i;

  for (i = 0; i < n; i++) {
    double x = aus_json_number(c->count->sources > 0 ? aus_json_at(v, i) : v);

    if (x != (double)seed[i]) {
      aus_check_fault(c, "config", "seed is not the attribute seed, %" PRIu64, seed[i]);
      return;
    }
  }
}

static int judge_config(check *c, const char *config, const char *study, const uint64_t *seed,
                        int64_t n_seeds, aus_err *err)
{
  int rc = AUS_OK;
  aus_json *doc = NULL;
  aus_json_value *root;
  const char *said;

  AUS_TRY(aus_json_parse(&doc, "JSON", config, strlen(config), err));
  if (!c->study) goto done;
  root = aus_json_root(doc);
  said = aus_json_text(aus_json_get(root, "study"));
  if (study && (!said || strcmp(said, study) != 0))
    aus_check_fault(c, "config", "study is not the attribute study, %s", study);
  judge_seeds(c, aus_json_get(root, "seed"), seed, n_seeds);
done:
  aus_json_destroy(doc);
  return aus_check_unread(c, "config", rc, err);
}

static int check_config(check *c, const char *study, const char *digest, aus_err *err)
{
  int rc = AUS_OK;
  char *config = NULL;
  uint64_t *seed = NULL;
  int64_t n = 0;

  AUS_TRY(root_seeds(c, &seed, &n, err));
  AUS_TRY(read_config(c, &config, err));
  if (!config) goto done;
  if (digest) judge_digest(c, config, digest);
  AUS_TRY(judge_config(c, config, study, seed, n, err));
done:
  aus_free(config);
  aus_free(seed);
  return rc;
}

/* ---- the file ---- */

static int check_root(check *c, bool *known, aus_err *err)
{
  int rc = AUS_OK;
  char *format = NULL, *version = NULL, *study = NULL, *digest = NULL;
  unsigned char deterministic, complete = 0;

  *known = false;
  AUS_TRY(root_text(c, "auspex_format", &format, err));
  if (!format) goto done;
  if (strcmp(format, "1.0") != 0) {
    aus_check_fault(c, "", "format %s, expected 1.0", format);
    goto done;
  }
  *known = true;
  AUS_TRY(root_text(c, "auspex_version", &version, err));
  AUS_TRY(root_text(c, "study", &study, err));
  /* One simulation has no configuration of a study, but says how it ended. */
  c->study = H5Aexists(c->file, "status") <= 0;
  if (c->study) AUS_TRY(root_text(c, "config_sha256", &digest, err));
  AUS_TRY(root_flag(c, "deterministic", &deterministic, err));
  AUS_TRY(root_flag(c, "complete", &complete, err));
  c->count->unfinished = complete == 0;
  AUS_TRY(check_config(c, study, digest, err));
done:
  aus_free(format);
  aus_free(version);
  aus_free(study);
  aus_free(digest);
  return rc;
}

static int count_sources(check *c, aus_err *err)
{
  int rc = AUS_OK;
  int64_t *seed = NULL;

  if (!aus_check_has(c->file, "sources")) return AUS_OK;
  rc = aus_check_integers(c, "sources/seed", &seed, &c->count->sources, err);
  aus_free(seed);
  return aus_check_unread(c, "sources/seed", rc, err);
}

static int check_file(check *c, aus_err *err)
{
  int rc = AUS_OK;
  bool known;

  AUS_TRY(count_sources(c, err));
  AUS_TRY(check_root(c, &known, err));
  if (!known) goto done;
  if (!aus_check_has(c->file, "provenance")) aus_check_fault(c, "provenance", "missing");
  if (c->study && !aus_check_has(c->file, "campaigns")) aus_check_fault(c, "campaigns", "missing");
  AUS_TRY(aus_check_trials(c, err));
  AUS_TRY(aus_check_objects(c, err));
  AUS_TRY(aus_check_campaigns(c, err));
  AUS_TRY(aus_check_seen(c, err));
done:
  return rc;
}

int aus_check_result(const char *path, int max, aus_buf *lines, aus_check_count *count,
                     aus_err *err)
{
  int rc = AUS_OK;
  check c = {.file = -1, .count = count, .lines = lines, .max = max};
  struct stat st;

  *count = (aus_check_count){0};
  if (stat(path, &st) != 0) AUS_FAIL(err, AUS_EFORMAT, "%s: %s", path, strerror(errno));
  rc = aus_scan_file(&c.file, path, err);
  if (rc != AUS_OK && rc != AUS_ENOMEM) {
    if (count->faults++ < max) aus_buf_printf(lines, "%s\n", err->text);
    aus_err_clear(err);
    rc = AUS_OK;
    goto done;
  }
  AUS_TRY(rc);
  AUS_TRY(check_file(&c, err));
done:
  aus_h5_drop(c.file);
  aus_free(c.trial);
  aus_read_list_fini(&c.kinds);
  return rc;
}
