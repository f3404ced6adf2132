/* output.c - the published file of a run.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/output.h"

#include <inttypes.h>

#include "engine/memory.h"
#include "par/agree.h"
#include "util/log.h"

int aus_output_begin(aus_pub *pub, const aus_output_head *head, aus_err *err)
{
  int rc = AUS_OK;

  AUS_TRY(aus_pub_attr_str(pub, "", "auspex_format", "1.0", err));
  AUS_TRY(aus_pub_attr_str(pub, "", "auspex_version", PACKAGE_VERSION, err));
  AUS_TRY(aus_pub_attr_str(pub, "", "study", head->study, err));
  AUS_TRY(aus_pub_attr_u64(pub, "", "seed", head->seed, err));
  AUS_TRY(aus_pub_attr_u8(pub, "", "deterministic", head->deterministic, err));
  AUS_TRY(aus_pub_attr_u8(pub, "", "complete", head->complete, err));
  AUS_TRY(aus_pub_text(pub, "config", head->config, "canonical configuration (JSON)", err));
done:
  return rc;
}

int aus_output_plan(const aus_session *s, bool complete, aus_pub **out, aus_err *err)
{
  int rc = AUS_OK;
  const aus_load *r = &s->load;
  aus_engine_log log = aus_engine_report(s->engine);
  const aus_output_head head = {.study = r->type->name,
                                .seed = r->seed,
                                .deterministic = !log.machine_dependent,
                                .complete = complete,
                                .config = r->config};
  aus_pub *pub = NULL;
  aus_buf settings;

  *out = NULL;
  aus_buf_init(&settings);
  aus_opts_canonical(r->engine_opts, &settings);
  AUS_TRY(aus_buf_check(&settings, err));
  AUS_TRY(aus_pub_create(&pub, err));
  AUS_TRY(aus_output_begin(pub, &head, err));
  AUS_TRY(aus_pub_attr_str(pub, "", "config_sha256", r->digest, err));
  AUS_TRY(r->type->publish(r->self, pub, err));
  AUS_TRY(aus_provenance_publish(&s->who, r->call, &log, r->files, settings.data, pub, err));
  AUS_TRY(aus_pub_attr_u64(pub, "provenance/run", "resumes", (uint64_t)s->past.n_resumes, err));
  *out = pub;
  pub = NULL;
done:
  aus_pub_destroy(pub);
  aus_buf_fini(&settings);
  return rc;
}

int aus_output_write(const aus_session *s, const aus_pub *pub, bool together, aus_err *err)
{
  const aus_load *r = &s->load;
  int rc = AUS_OK;
  bool alone = aus_opt_enum(r->engine_opts, "publish") == 1;
  aus_study_parts parts = r->type->parts(r->self);
  const aus_poll poll = aus_resume_vigil(s->dir);
  aus_pub_conf conf = {.dir = s->run_dir,
                       .poll = &poll,
                       .run = r->run_id,
                       .tables = parts.tables,
                       .n_tables = parts.n_tables,
                       .deflate = (int)aus_opt_int(r->engine_opts, "store.deflate")};

  if (together && !alone)
    return aus_resume_lost(s->dir, aus_pub_write(pub, &conf, r->call->world, s->out_path, err),
                           err);
  if (r->call->rank == 0)
    rc = aus_resume_lost(s->dir, aus_pub_write(pub, &conf, MPI_COMM_SELF, s->out_path, err), err);
  return together ? aus_agree(r->call->world, rc, err) : rc;
}

int aus_output_now(void *self, aus_err *err)
{
  int rc = AUS_OK;
  aus_session *s = self;
  aus_engine_log log = aus_engine_report(s->engine);
  aus_pub *pub = NULL;

  AUS_TRY(aus_output_plan(s, false, &pub, err));
  AUS_TRY(aus_output_write(s, pub, false, err));
  AUS_TRY(aus_memory_note(s->past.journal, AUS_NOTE_PUBLISHED, s->out_path, err));
  AUS_INFO("study", "published %s: %" PRId64 " of %" PRId64 " trials so far", s->out_path, log.n,
           log.n_trials);
done:
  aus_pub_destroy(pub);
  return rc;
}
