/* make_corpus.c - the binary part of the fuzz corpus, made by our own encoders.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 *   make tests/fuzz/make_corpus && tests/fuzz/make_corpus tests/fuzz/corpus
 *
 * A program of the developers: its output is in the repository.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "design/bo_impl.h"
#include "engine/recall.h"
#include "engine/wire.h"
#include "learn/xgb.h"
#include "match/model_bytes.h"
#include "store/journal.h"
#include "study/trials.h"
#include "util/alloc.h"
#include "util/file.h"

static const char *top;
static aus_err err;

static void must(int rc)
{
  if (rc == AUS_OK) return;
  fprintf(stderr, "%s\n", err.text);
  exit(1);
}

static void put(const char *target, const char *name, const void *p, size_t n)
{
  char path[400];

  snprintf(path, sizeof path, "%s/%s", top, target);
  must(aus_dir_make(path, &err));
  snprintf(path, sizeof path, "%s/%s/%s", top, target, name);
  must(aus_file_write(path, p, n, &err));
}

static void put_buf(const char *target, const char *name, aus_buf *b)
{
  must(aus_buf_check(b, &err));
  put(target, name, b->data, (size_t)b->n);
  aus_buf_clear(b);
}

static void message(aus_msg_type type, const char *name, const aus_buf *payload, uint16_t flags)
{
  aus_msg m = {.type = type,
               .id = 0x100000002,
               .campaign = 1,
               .attempt = 1,
               .flags = flags,
               .sent_ns = 12345678,
               .n = (uint32_t)payload->n,
               .payload = payload->data};
  aus_buf b;

  aus_buf_init(&b);
  aus_msg_encode(&m, &b);
  put_buf("msg", name, &b);
  aus_buf_fini(&b);
}

static void tasks(aus_buf *b)
{
  double x[3] = {0.5, 12, -1e-3};
  aus_blob_key needs[2] = {{1, 0}, {2, 7}};
  char args[] = "more";
  aus_task t = {.id = aus_trial_id(1, 2),
                .kind = 3,
                .attempt = 1,
                .scenario = 5,
                .fidelity = 1,
                .soft_s = 30,
                .hard_s = 60,
                .n_x = 3,
                .x = x,
                .n_needs = 2,
                .needs = needs,
                .n_args = 5,
                .args = args};

  aus_task_encode(&t, b);
  message(AUS_MSG_TASK, "task", b, 0);
  put_buf("task", "task", b);
  t = (aus_task){.id = 1, .job = true};
  aus_task_encode(&t, b);
  message(AUS_MSG_JOB, "job", b, 0);
  put_buf("task", "job", b);
}

static void results(aus_buf *b)
{
  double y[2] = {0.25, 1e9};
  char bytes[] = "abc";
  aus_range range[2] = {{.trial = aus_trial_id(1, 2), .table = 1, .shard = 3, .n = 10, .crc = 99},
                        {.trial = aus_trial_id(1, 3), .table = 1, .first = 10, .n = 1}};
  aus_blob blob = {.key = {1, 2}, .n = 3, .bytes = bytes, .range = {.trial = 1, .n = 3}};
  aus_result r = {.id = aus_trial_id(1, 2),
                  .n_y = 2,
                  .y = y,
                  .n_ranges = 2,
                  .ranges = range,
                  .n_blobs = 1,
                  .blobs = &blob};
  aus_ranges list = {.range = range, .n = 2};

  aus_result_encode(&r, b);
  message(AUS_MSG_RESULT, "result", b, 1);
  put_buf("task", "result", b);
  r = (aus_result){.id = 7, .job = true, .status = AUS_S_FAIL_TRAIN};
  (void)aus_fail(&r.err, AUS_ENUMERIC, AUS_HERE, "it does not converge");
  memset(r.err.where, 0, sizeof r.err.where);
  aus_result_encode(&r, b);
  message(AUS_MSG_JOBRES, "failed", b, 0);
  put_buf("task", "failed", b);
  aus_ranges_encode(&list, 1, b);
  put_buf("task", "ranges", b);
}

static void others(aus_buf *b)
{
  aus_wire_hello h = {.host = "node7",
                      .pid = 4711,
                      .memory_bytes = 1u << 30,
                      .n_cores = 2,
                      .numa = -1,
                      .build = "0.1.0",
                      .kinds = "initial,train"};
  aus_wire_bye bye = {.busy_s = 12.5, .idle_s = 0.25, .n_polls = 100, .n_tasks = 9};

  aus_wire_hello_encode(&h, b);
  message(AUS_MSG_HELLO, "hello", b, 0);
  aus_buf_clear(b);
  aus_wire_progress_encode(&(aus_wire_progress){.phase = 1, .fraction = 0.5, .n_polls = 8}, b);
  message(AUS_MSG_PROGRESS, "progress", b, 0);
  aus_buf_clear(b);
  aus_wire_stop_encode(&(aus_wire_stop){.mode = AUS_STOP_LEAVE, .collective = 1, .code = AUS_EIO},
                       b);
  message(AUS_MSG_STOP, "stop", b, 0);
  aus_buf_clear(b);
  aus_wire_bye_encode(&bye, b);
  message(AUS_MSG_BYE, "bye", b, 0);
  aus_buf_clear(b);
  aus_buf_u64(b, 40);
  aus_buf_text(b, "forty bytes of a model in several chunks");
  message(AUS_MSG_MODEL, "model", b, AUS_WIRE_FIRST);
  aus_buf_clear(b);
  message(AUS_MSG_CANCEL, "cancel", b, AUS_WIRE_JOB);
}

/* The request for proposal `last` of a campaign whose every fifth trial fails. */
static void campaign(const char *name, const aus_param *params, int n_params, aus_bo_conf conf,
                     int64_t last)
{
  aus_bo *bo;
  int64_t index = -1, k = 0;
  aus_bo_what what;
  aus_buf b, answer;
  char file[64];

  aus_buf_init(&b);
  aus_buf_init(&answer);
  must(aus_bo_create(&bo, &conf, n_params, params, 11, 2, &err));
  for (;;) {
    what = aus_bo_next(bo, &index);
    aus_buf_clear(&b);
    aus_buf_u8(&b, 0);
    if (what == AUS_BO_PROPOSE) must(aus_bo_request(bo, index, &b, &err));
    if (what == AUS_BO_PROPOSE && index == last) break;
    aus_buf_clear(&answer);
    if (what == AUS_BO_PROPOSE) must(aus_bo_propose(b.data + 1, (size_t)b.n - 1, &answer, &err));
    if (what == AUS_BO_PROPOSE) must(aus_bo_reply(bo, index, answer.data, (size_t)answer.n, &err));
    if (what == AUS_BO_NOTHING) {
      must(aus_bo_commit(bo, k, k % 5 != 4, 1.0 / (double)(k + 1), false, &err));
      k++;
    }
  }
  snprintf(file, sizeof file, "request-%s", name);
  put("propose", file, b.data + 1, (size_t)b.n - 1);
  put_buf("bo", file, &b);
  aus_buf_fini(&b);
  aus_buf_fini(&answer);
  aus_bo_destroy(bo);
}

static void reply(aus_buf *b)
{
  aus_bo_answer a = {.campaign = 1, .index = 2};

  must(aus_bo_point_create(&a.point, 2, 2, 4, &err));
  a.point->origin = AUS_BO_ACQUISITION;
  a.point->n_seen = 2;
  a.point->value[0] = 0.5;
  a.point->value[1] = 3;
  aus_buf_u8(b, 5);
  must(aus_bo_answer_write(&a, 2, 4, b, &err));
  put_buf("bo", "reply", b);
  aus_bo_point_destroy(a.point);
}

static void optimiser(aus_buf *b)
{
  static const aus_param plain[] = {
      {.kind = AUS_P_REAL, .lower = 0, .upper = 1, .group = -1},
      {.kind = AUS_P_INT, .lower = 1, .upper = 9, .step = 1, .group = -1}};
  static const aus_param mixed[] = {
      {.kind = AUS_P_LOG, .lower = 0.1, .upper = 10, .group = -1},
      {.kind = AUS_P_CATEGORY, .lower = 0, .upper = 2, .group = -1},
      {.kind = AUS_P_SHARE, .lower = 0.1, .upper = 0.9, .step = 0.1, .group = 0},
      {.kind = AUS_P_SHARE, .lower = 0.1, .upper = 0.9, .step = 0.1, .group = 0},
      {.kind = AUS_P_FIXED, .lower = 2, .upper = 2, .group = -1},
      {.kind = AUS_P_STEP, .lower = 0, .upper = 3, .step = 0.5, .group = -1}};
  aus_bo_conf conf = aus_bo_defaults();

  conf.n_init = 4;
  conf.lag = 1;
  campaign("plain", plain, 2, conf, 6);
  conf.region = AUS_REGION_TURBO;
  conf.warp = AUS_WARP_LOG;
  conf.failed = AUS_FAILED_FEASIBILITY;
  campaign("turbo", plain, 2, conf, 12);
  conf.warp = AUS_WARP_RANK;
  conf.lag = 3;
  conf.max_points = 5;
  campaign("mixed", mixed, 6, conf, 8);
  reply(b);
}

static void journal(aus_buf *b)
{
  static const char *const texts[] = {"first", "", "a longer record"};
  aus_journal_head head = {.seed = 7, .config = {1, 2, 3}};
  aus_record record = {0};
  unsigned i;

  aus_journal_head_encode(&head, b);
  for (i = 0; i < 3; i++) {
    record = (aus_record){.type = (uint16_t)(i + 1),
                          .flags = (uint16_t)i,
                          .sequence = i,
                          .n = (uint32_t)strlen(texts[i]),
                          .payload = texts[i]};
    aus_record_encode(&record, b);
  }
  put("journal", "whole", b->data, (size_t)b->n);
  put("journal", "cut", b->data, (size_t)b->n - 7);
  b->data[70] ^= 1;
  put("journal", "flipped", b->data, (size_t)b->n);
  aus_buf_clear(b);
  aus_buf_u64(b, 9);
  for (i = 0; i < 3; i++) {
    aus_buf_u8(b, (uint8_t)strlen(texts[i]));
    aus_buf_u8(b, (uint8_t)(i + 4));
    aus_buf_text(b, texts[i]);
  }
  put_buf("journal", "script", b);
}

static void record(aus_buf *b, aus_record_type type, uint8_t flags, const aus_buf *payload)
{
  aus_buf_u8(b, (uint8_t)(type - 1));
  aus_buf_u8(b, flags);
  aus_buf_u16(b, (uint16_t)payload->n);
  aus_buf_bytes(b, payload->data, (size_t)payload->n);
}

/* A run that was resumed: a decision, a trial that failed, one that made a blob, one that was under way. */
static void recall(aus_buf *b)
{
  aus_task t = {.id = aus_trial_id(1, 0)};
  double y = 0.5;
  aus_result r = {.id = aus_trial_id(1, 0), .n_y = 1, .y = &y};
  aus_blob blob = {.key = {1, 2}, .n = 5, .bytes = (char[]){"bytes"}};
  aus_charge charge = {.id = aus_trial_id(1, 3), .n = 1};
  aus_buf p;

  aus_buf_init(&p);
  aus_buf_text(&p, "{\"study\":\"x\"}");
  record(b, AUS_R_NOTE, AUS_NOTE_RUN, &p);
  aus_buf_clear(&p);
  aus_buf_u64(&p, 1);
  aus_buf_text(&p, "campaign");
  record(b, AUS_R_CAMPAIGN, 0, &p);
  aus_buf_clear(&p);
  aus_recall_encode_start(&t, 1, "host", &p);
  record(b, AUS_R_START, 0, &p);
  aus_buf_clear(&p);
  aus_recall_encode_model(&r, &blob, &p);
  record(b, AUS_R_MODEL, 0, &p);
  aus_buf_clear(&p);
  aus_recall_encode_commit(99, 7, 1e9, 1, &r, &p);
  record(b, AUS_R_COMMIT, 0, &p);
  aus_buf_clear(&p);
  t.id = charge.id;
  aus_recall_encode_start(&t, 2, "host", &p);
  record(b, AUS_R_START, 0, &p);
  aus_buf_clear(&p);
  record(b, AUS_R_NOTE, AUS_NOTE_RESUMED, &p);
  aus_recall_encode_charged(&charge, &p);
  record(b, AUS_R_NOTE, AUS_NOTE_CHARGED, &p);
  put_buf("recall", "resumed", b);
  aus_buf_fini(&p);
}

static void model(const char *name, int rounds, int depth)
{
  enum { N = 12, D = 2 };
  float x[N * D], y[N];
  aus_xgb_conf conf = aus_xgb_defaults();
  aus_xgb *m;
  char *bytes, file[64];
  size_t n;
  int i;

  for (i = 0; i < N; i++) {
    x[D * i] = (float)i;
    x[D * i + 1] = (float)(i * i % 7);
    y[i] = (float)(i % 5);
  }
  conf.rounds = rounds;
  conf.max_depth = depth;
  must(aus_xgb_train(&m, &conf, N, D, x, y, NULL, &err));
  must(aus_xgb_save(m, &bytes, &n, &err));
  snprintf(file, sizeof file, "%s.ubj", name);
  put("model", file, bytes, n);
  aus_free(bytes);
  must(aus_xgb_save_json(m, &bytes, &n, &err));
  snprintf(file, sizeof file, "%s.json", name);
  put("model", file, bytes, n);
  put("ubj", file, bytes, n);
  aus_free(bytes);
  aus_xgb_destroy(m);
}

/* Twelve builds with a version, which is absent at times, and a variant. */
static void match_model(aus_buf *b, const char *name, aus_match_kind kind, bool variants)
{
  enum { N = 12 };
  char *versions[] = {(char[]){"1.0"}, (char[]){"2.0"}, (char[]){"absent"}},
       *choices[] = {(char[]){"off"}, (char[]){"on"}};
  int32_t ranks[] = {1, 2, 0}, places[] = {0, 1};
  aus_match_column version = {(char[]){"a-version"}, 3, versions, ranks, 2},
                   variant = {(char[]){"x"}, 2, choices, places, -1};
  uint16_t code[N], choice[N];
  uint8_t y[N];
  aus_match_table t = {.package = (char[]){"p"},
                       .n_rows = N,
                       .y = y,
                       .n_cols = 1,
                       .col = &version,
                       .code = code,
                       .n_variants = 1,
                       .variant = &variant,
                       .variant_code = choice};
  aus_match_model_conf conf = aus_match_model_defaults();
  aus_match_rows rows;
  aus_match_model m;
  int i;

  for (i = 0; i < N; i++) {
    code[i] = (uint16_t)(i % 3);
    choice[i] = (uint16_t)(i / 3 % 2);
    y[i] = i % 3 == 1 || i == 0;
  }
  conf.kind = kind;
  conf.variants = variants;
  conf.trees.rounds = 1;
  conf.trees.gamma = conf.trees.min_child_weight = 0.0;
  must(aus_match_rows_make(&rows, &t, &err));
  must(aus_match_model_fit(&m, &conf, &rows, N, NULL, &err));
  must(aus_match_model_write(&m, &t, b, &err));
  put_buf("match_model", name, b);
  aus_match_model_fini(&m);
  aus_match_rows_fini(&rows);
}

/* The first byte is the format: 2 auto, 3 slurm-text, 4 sacct, 5 swf, 6 philly (joblog.c). */
static void logs(void)
{
  static const struct {
    const char *name, *text;
  } log[] = {
      {"slurm",
       "22\n JobID JobName UID Start Submit End Priority TimelimitR ExitCode NNodes\n----- ---\n"
       "1 a 7 2024-01-01T00:01:00 2024-01-01T00:00:10 2024-01-01T00:31:00 5 20 0:0 4\n"
       "2\ta\tb\t8\t2024-01-01T00:01:00\t2024-01-01T00:00:10\t2024-01-01T00:02:00\t5\t20\t0:"
       "0\t4\r\n"
       "3 a 7 Unknown 2024-01-01T00:00:10 None 5 UNLIMITED 0:0 1\n"},
      {"slurm-set", "3JobID Start Submit End TimelimitRaw NNodes\n1 90 80 200 3 2"},
      {"sacct",
       "4JobID|JobIDRaw|User|Submit|Start|End|Timelimit|AllocNodes|ReqNodes|State|ReqTRES\n"
       "5_2|9|ann|2024-01-01T00:00:00|2024-01-01T00:00:05|2024-01-01T00:01:00|1-02:03:04|2|3|"
       "FAILED|\n"
       "5.0||ann|2024-01-01T00:00:00|2024-01-01T00:00:05|2024-01-01T00:01:00||2|3|FAILED|\n"
       "7_[1-3]||ann|2024-01-01T00:00:00|Unknown|Unknown|10:00|0|0|CANCELLED by "
       "7|gres/gpu=4,node=2\n"
       "8+1||bob|2024-01-01T00:00:00|2024-01-01T00:00:05|2024-01-01T00:01:00|Partition_Limit|0|3|"
       "OK|\n"},
      {"swf", "5; UnixStartTime: 1700000000\n; MaxNodes: 16\n"
              "1 0 10 60 8 -1 -1 9 120 -1 1 5 -1 -1 -1 -1 -1 -1\n"
              "2 5 -1 61 8 -1 -1 -1 -1 -1 1 -1 -1 -1 -1 -1 -1 -1\n"
              "3 5 0 -1 8 -1 -1 -1 -1 -1 5 5 -1 -1 -1 -1 -1 -1\n"},
      {"philly", "6submit,duration,gpus,user\n2017-08-18 00:00:00,3600.5,9,a\n1503014400,50,1,b\n"},
  };
  size_t i;

  for (i = 0; i < sizeof log / sizeof *log; i++)
    put("joblog", log[i].name, log[i].text, strlen(log[i].text));
}

static void number(aus_buf *b, int64_t x, int width)
{
  while (width-- > 0)
    aus_buf_u8(b, (uint8_t)((uint64_t)x >> (8 * width)));
}

/* Two changes between two offsets, with times of `width` bytes. */
static void zone_block(aus_buf *b, char version, int width)
{
  static const int counts[] = {0, 0, 0, 2, 2, 4};
  int i;

  aus_buf_text(b, "TZif");
  aus_buf_u8(b, (uint8_t)version);
  for (i = 0; i < 15; i++)
    aus_buf_u8(b, 0);
  for (i = 0; i < 6; i++)
    number(b, counts[i], 4);
  number(b, 1667718000, width);
  number(b, 1678608000, width);
  aus_buf_bytes(b, "\1\0", 2);
  number(b, -18000, 4);
  aus_buf_bytes(b, "\1\0", 2);
  number(b, -21600, 4);
  aus_buf_bytes(b, "\0\0ABC", 6);
}

static void zones(aus_buf *b)
{
  static const char *const rule[] = {"CST6CDT,M3.2.0,M11.1.0", "<-03>3<-02>,M3.5.0/-2,J300/0:30",
                                     "EST5EDT4:30:15,0/0,365/167", ""};
  char name[8];
  size_t i;

  zone_block(b, 0, 4);
  put_buf("tz", "one", b);
  for (i = 0; i < sizeof rule / sizeof *rule; i++) {
    zone_block(b, '2', 4);
    zone_block(b, '2', 8);
    aus_buf_printf(b, "\n%s\n", rule[i]);
    snprintf(name, sizeof name, "two-%zu", i);
    put_buf("tz", name, b);
  }
}

/* Twenty lines by gzip -n, and twice the same. */
static void compressed(aus_buf *b)
{
  static const unsigned char packed[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
                                         0x03, 0xf3, 0xca, 0x4f, 0xf2, 0x74, 0x51, 0x08, 0x2e,
                                         0x49, 0x2c, 0x2a, 0xe1, 0xf2, 0x1a, 0x01, 0x6c, 0x00,
                                         0x90, 0x32, 0x19, 0xaa, 0xf0, 0x00, 0x00, 0x00};

  put("gzip", "one", packed, sizeof packed);
  aus_buf_bytes(b, packed, sizeof packed);
  aus_buf_bytes(b, packed, sizeof packed);
  put_buf("gzip", "two", b);
}

int main(int argc, char **argv)
{
  aus_buf b;

  if (argc != 2) return 1;
  top = argv[1];
  aus_buf_init(&b);
  tasks(&b);
  results(&b);
  others(&b);
  optimiser(&b);
  journal(&b);
  recall(&b);
  model("leaf", 1, 1);
  model("two", 2, 3);
  match_model(&b, "rate", AUS_MATCH_RATE, true);
  match_model(&b, "logistic", AUS_MATCH_LOGISTIC, false);
  match_model(&b, "blend", AUS_MATCH_BLEND, false);
  match_model(&b, "variants", AUS_MATCH_BLEND, true);
  logs();
  zones(&b);
  compressed(&b);
  aus_buf_fini(&b);
  return 0;
}
