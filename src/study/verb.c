/* verb.c - verbs that are rank 0's alone: their keys, and the file they publish.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/verb.h"

#include "study/output.h"
#include "study/provenance.h"
#include "util/alloc.h"
#include "util/file.h"

int aus_verb_read(aus_verb *v, const aus_call *call, const char *area, const char *key,
                  const aus_opt *table, aus_err *err)
{
  int rc = AUS_OK;
  const char *operand = aus_args_operand(call->args, 0), *path = key ? NULL : operand;

  v->call = call;
  v->area = area;
  AUS_TRY(aus_files_create(&v->files, true, err));
  AUS_TRY(aus_cfg_create(&v->conf, err));
  AUS_TRY(aus_cfg_create(&v->data, err));
  AUS_TRY(aus_path_dir(&v->dir, path ? path : "", err));
  v->env = (aus_study_env){.conf = v->conf, .data = v->data, .dir = v->dir, .files = v->files};
  if (path)
    AUS_TRY(aus_study_parse(&v->env, v->conf, path, &v->root, err));
  else
    AUS_TRY(aus_cfg_parse(v->conf, "command line", "{}", 2, &v->root, err));
  if (key && *key && operand) AUS_TRY(aus_cfg_set(v->conf, v->root, key, operand, err));
  AUS_TRY(aus_call_sets(call->args, v->conf, v->root, area, err));
  AUS_TRY(aus_study_opts(&v->opts, v->conf, v->root, table, err));
  AUS_TRY(aus_cfg_check(v->conf, AUS_ECONFIG, err));
done:
  return rc;
}

void aus_verb_fini(aus_verb *v, int rc)
{
  if (rc != AUS_OK && v->conf) aus_call_problems(v->call, v->conf);
  if (rc != AUS_OK && v->data) aus_call_problems(v->call, v->data);
  aus_opts_destroy(v->opts);
  aus_cfg_destroy(v->conf);
  aus_cfg_destroy(v->data);
  aus_files_destroy(v->files);
  aus_free(v->dir);
}

int aus_verb_plan(const aus_verb *v, bool done, aus_pub **out, aus_err *err)
{
  int rc = AUS_OK;
  aus_pub *pub = NULL;
  aus_output_head head = {.study = v->area,
                          .seed = (uint64_t)aus_opt_int(v->opts, "seed"),
                          .deterministic = true,
                          .complete = done};
  aus_buf config;

  *out = NULL;
  aus_buf_init(&config);
  aus_opts_canonical(v->opts, &config);
  AUS_TRY(aus_buf_check(&config, err));
  head.config = config.data;
  AUS_TRY(aus_pub_create(&pub, err));
  AUS_TRY(aus_output_begin(pub, &head, err));
  AUS_TRY(aus_pub_attr_str(pub, "", "status", done ? "done" : "stalled", err));
  *out = pub;
  pub = NULL;
done:
  aus_pub_destroy(pub);
  aus_buf_fini(&config);
  return rc;
}

int aus_verb_publish(const aus_verb *v, aus_pub *pub, const aus_table *tables, int n_tables,
                     const char *path, aus_err *err)
{
  int rc = AUS_OK;
  aus_provenance who = {0};
  const aus_pub_conf conf = {.dir = "", .tables = tables, .n_tables = n_tables, .deflate = 4};

  AUS_TRY(aus_provenance_start(&who, MPI_COMM_SELF, err));
  AUS_TRY(aus_provenance_publish(&who, v->call, NULL, v->files, NULL, pub, err));
  AUS_TRY(aus_pub_write(pub, &conf, MPI_COMM_SELF, path, err));
done:
  aus_provenance_fini(&who);
  return rc;
}
