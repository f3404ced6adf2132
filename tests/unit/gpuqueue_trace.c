/* gpuqueue_trace.c - readers of batch logs: repairs, counted skips, zones, order, filters, writers.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"
#include "unit/shared.h"

#include "gpuqueue/limits.h"
#include "gpuqueue/trace.h"
#include "util/gzip.h"

#define HEADER "JobID JobName UID Start Submit End Priority TimelimitR ExitCode NNodes\n"
#define ROW(id, start, submit, end, limit, nodes)                                    \
#id " n 7 2024-01-01T" start " 2024-01-01T" submit " 2024-01-01T" end " 5 " #limit \
      " 0:0 " #nodes "\n"

static const aus_gpuqueue_read_conf plain = {.procs_per_node = 1};

static int read_text(aus_gpuqueue_trace *t, const aus_gpuqueue_read_conf *conf, const char *text,
                     aus_err *err)
{
  return aus_gpuqueue_trace_read(t, conf, "x.log", text, strlen(text), err);
}

static void must_read(aus_gpuqueue_trace *t, const aus_gpuqueue_read_conf *conf, const char *text)
{
  aus_err err;

  check_ok(read_text(t, conf, text, &err), &err);
}

static void check_counts(const aus_gpuqueue_trace *t, const char *want)
{
  aus_buf b;

  aus_buf_init(&b);
  aus_gpuqueue_trace_counts(t, &b);
  assert_string_equal(b.data, want);
  aus_buf_fini(&b);
}

static int64_t at(const char *text)
{
  int64_t t_s = 0;

  assert_true(aus_civil_parse(text, strlen(text), &t_s));
  return t_s;
}

static void one_row(void **state)
{
  aus_gpuqueue_trace t;
  const aus_gpuqueue_job *j;

  (void)state;
  must_read(&t, &plain, HEADER ROW(9, "00:01:00", "00:00:10", "00:31:00", 20, 4));
  check_counts(&t, "read 1, kept 1, skipped 0");
  j = t.job;
  assert_int_equal(j->id, 9);
  assert_int_equal(j->t_submit_s, at("2024-01-01T00:00:10"));
  assert_int_equal(j->t_start_s, at("2024-01-01T00:01:00"));
  assert_int_equal(j->t_end_s, at("2024-01-01T00:31:00"));
  assert_int_equal(j->run_s, 1200);
  assert_int_equal(t.n_clipped, 1);
  assert_int_equal(j->limit_min, 20);
  assert_int_equal(j->nodes, 4);
  assert_int_equal(j->user, 0);
  assert_int_equal(t.n_users, 1);
  check_near(j->priority, 5, 0);
  aus_gpuqueue_trace_fini(&t);
}

/* A count on top, a line of dashes, blank lines, CR LF, no last newline, columns in another order, unknown ones. */
static void shapes(void **state)
{
  static const char *const text[] = {
      "24\n\n" HEADER "------ ---- -----\n" ROW(9, "00:01:00", "00:00:10", "00:02:00", 20, 4),
      "JobID\tSubmit\tStart\tEnd\tTimelimitR\tNNodes\r\n"
      "9\t2024-01-01T00:00:10\t2024-01-01T00:01:00\t2024-01-01T00:02:00\t20\t4\r\n",
      "NNodes Queue End TimelimitRaw Start Submit JobID\n"
      "4 gpu 2024-01-01T00:02:00 20 2024-01-01T00:01:00 2024-01-01T00:00:10 9",
  };
  aus_gpuqueue_read_conf conf = {.procs_per_node = 1, .format = AUS_GPUQUEUE_SLURM_TEXT};
  aus_gpuqueue_trace t;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof text / sizeof *text; i++) {
    must_read(&t, &conf, text[i]);
    assert_int_equal(t.n_read, 1);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.job[0].id, 9);
    assert_int_equal(t.job[0].nodes, 4);
    assert_int_equal(t.job[0].limit_min, 20);
    assert_int_equal(t.job[0].run_s, 60);
    assert_int_equal(t.job[0].t_submit_s, at("2024-01-01T00:00:10"));
    aus_gpuqueue_trace_fini(&t);
  }
}

/* A job's name may hold the separator: surplus fields are the name's. */
static void repairs(void **state)
{
  aus_gpuqueue_trace t;

  (void)state;
  must_read(&t, &plain,
            HEADER
            "1\ta\tb\t7\t2024-01-01T00:01:00\t2024-01-01T00:00:00\t2024-01-01T00:02:00\t5\t20\t"
            "0:0\t4\n"
            "2 a b c 7 2024-01-01T00:01:00 2024-01-01T00:00:00 2024-01-01T00:02:00 5 20 0:0 4\n"
            "3\ta\t7\t2024-01-01T00:01:00\t2024-01-01T00:00:00\t2024-01-01T00:02:00\t5\t20\t0:0\t"
            "4\t\t\n"
            "4 a 7 2024-01-01T00:01:00 2024-01-01T00:00:00 2024-01-01T00:02:00 5 20 0:0 4 x\n"
            "5 7 2024-01-01T00:01:00 2024-01-01T00:00:00 2024-01-01T00:02:00 5 20 0:0 4\n");
  check_counts(&t, "read 5, kept 3, skipped 2 (fields: 2 (first in line 5))");
  assert_int_equal(t.job[0].nodes, 4);
  assert_int_equal(t.job[1].id, 2);
  assert_int_equal(t.job[1].limit_min, 20);
  assert_int_equal(t.job[2].id, 3);
  aus_gpuqueue_trace_fini(&t);
}

static void skips(void **state)
{
  aus_gpuqueue_trace t;

  (void)state;
  must_read(
      &t, &plain,
      HEADER ROW(1, "00:01:00", "00:00:10", "00:02:00", 20,
                 4) ROW(1, "00:01:00", "00:00:10", "00:02:00", 20,
                        4) ROW(2, "00:03:00", "00:00:10", "00:02:00", 20,
                               4) ROW(3, "00:01:00", "00:01:10", "00:02:00", 20,
                                      4) ROW(4, "00:01:00", "00:00:10", "00:02:00", 20,
                                             0) ROW(5, "00:01:00", "00:00:10", "00:02:00", 0, 4)
          ROW(x, "00:01:00", "00:00:10", "00:02:00", 20,
              4) ROW(7, "00:01:00", "25:00:10", "00:02:00", 20, 4)
              ROW(8.batch, "00:01:00", "00:00:10", "00:02:00", 20,
                  4) "9 n 7 Unknown 2024-01-01T00:00:10 Unknown 5 20 0:0 4\n"
                     "10 n 7 2024-01-01T00:01:00 None 2024-01-01T00:02:00 5 20 0:0 4\n"
                     "11 n 7 2024-01-01T00:01:00 2024-01-01T00:00:10 2024-01-01T00:02:00 5 "
                     "UNLIMITED 0:0 4\n"
                     "12 n 7 2024-01-01T00:01:00 2024-01-01T00:00:10 2024-01-01T00:41:01 5 "
                     "Partition_Limit 0:0 "
                     "4\n"
                     "13 n 7 2024-01-01T00:01:00 2024-01-01T00:00:10 2024-01-01T00:02:00 5 20 0:0 "
                     "99999999999\n");
  check_counts(
      &t, "read 14, kept 3, skipped 11 (number: 3 (first in line 8), time unknown: 2 (first in "
          "line 11), step of a job: 1 (first in line 10), times go backwards: 2 (first in "
          "line 4), no node: 1 (first in line 6), no limit: 1 (first in line 7), id twice: 1 "
          "(first in line 3))");
  /* no limit: the largest of the trace, and at least the run time */
  assert_int_equal(t.job[1].limit_min, 20);
  assert_int_equal(t.job[2].limit_min, 41);
  assert_int_equal(t.job[2].run_s, 2401);
  aus_gpuqueue_trace_fini(&t);
}

static void sacct(void **state)
{
  static const char text[] =
      "JobID|JobName|User|Submit|Start|End|Timelimit|AllocNodes|ReqNodes|State|ReqTRES\n"
      "100|a|b|ann|2024-01-01T00:00:00|2024-01-01T00:00:05|2024-01-01T00:01:00|1-02:03:04|2|3|"
      "COMPLETED|\n"
      "100.batch|a|ann|2024-01-01T00:00:00|2024-01-01T00:00:05|2024-01-01T00:01:00||2|3|COMPLETED|"
      "\n"
      "123_4|a|bob|2024-01-01T00:00:00|2024-01-01T00:00:05|2024-01-01T00:01:00|10:00|0|3|FAILED|\n"
      "130+1|a|ann|2024-01-01T00:00:00|2024-01-01T00:00:05|2024-01-01T00:01:00|30:01|0|0|FAILED|"
      "cpu=8,gres/gpu=9\n"
      "140|a|ann|2024-01-01T00:00:00|Unknown|2024-01-01T00:01:00|01:00:00|0|1|CANCELLED by "
      "7|node=5\n"
      "150_[3-9]|a|ann|2024-01-01T00:00:00|Unknown|Unknown|2-00|0|1|CANCELLED|\n"
      "160|a|ann|2024-01-01T00:00:00|Unknown|Unknown|2-00|0|1|PENDING|\n";
  aus_gpuqueue_read_conf conf = {.procs_per_node = 4};
  aus_gpuqueue_trace t;

  (void)state;
  must_read(&t, &conf, text);
  check_counts(&t, "read 7, kept 3, skipped 4 (time unknown: 1 (first in line 8), step of a job: 1 "
                   "(first in line 3), never started: 2 (first in line 6))");
  assert_int_equal(t.job[0].id, 100);
  assert_int_equal(t.job[0].limit_min, 26 * 60 + 4);
  assert_int_equal(t.job[0].nodes, 2);
  assert_int_equal(t.job[1].id, 126);
  assert_int_equal(t.job[1].nodes, 3);
  assert_int_equal(t.job[1].limit_min, 10);
  assert_int_equal(t.job[1].user, 1);
  assert_int_equal(t.job[2].id, 131);
  assert_int_equal(t.job[2].nodes, 3);
  assert_int_equal(t.job[2].limit_min, 31);
  assert_int_equal(t.job[2].user, 0);
  assert_true(isnan(t.job[2].priority));
  aus_gpuqueue_trace_fini(&t);
  conf.keep_cancelled = true;
  must_read(&t, &conf, text);
  assert_int_equal(t.n, 5);
  assert_int_equal(t.job[3].id, 140);
  assert_int_equal(t.job[3].run_s, 0);
  assert_int_equal(t.job[3].t_start_s, AUS_GPUQUEUE_NEVER);
  assert_int_equal(t.job[4].id, 150);
  assert_int_equal(t.job[4].limit_min, 2880);
  aus_gpuqueue_trace_fini(&t);
}

static void swf(void **state)
{
  static const char text[] = "; Version: 2.2\n; UnixStartTime: 1700000000\n; MaxNodes: 16 (all)\n\n"
                             "1 0 10 60 8 -1 -1 9 120 -1 1 5 -1 -1 -1 -1 -1 -1\n"
                             "2 5 -1 61 8 -1 -1 -1 -1 -1 1 -1 -1 -1 -1 -1 -1 -1\n"
                             "3 5 0 -1 8 -1 -1 -1 -1 -1 0 5 -1 -1 -1 -1 -1 -1\n"
                             "4 6 -1 0 -1 -1 -1 4 600 -1 5 6 -1 -1 -1 -1 -1 -1\n"
                             "5 6 0 10 0 -1 -1 0 600 -1 1 6 -1 -1 -1 -1 -1 -1\n"
                             "6 6 0 10\n"
                             "7 6 0 10.75 4 12.5 -1 4 61 -1 1 6 -1 -1 -1 -1 -1 -1\n";
  aus_gpuqueue_read_conf conf = {.procs_per_node = 4};
  aus_gpuqueue_trace t;

  (void)state;
  must_read(&t, &conf, text);
  check_counts(&t,
               "read 7, kept 3, skipped 4 (fields: 1 (first in line 10), time unknown: 1 (first in "
               "line 7), never started: 1 (first in line 8), no node: 1 (first in line 9))");
  assert_int_equal(t.max_nodes, 16);
  assert_int_equal(t.job[0].t_submit_s, 1700000000);
  assert_int_equal(t.job[0].t_start_s, 1700000010);
  assert_int_equal(t.job[0].t_end_s, 1700000070);
  assert_int_equal(t.job[0].nodes, 3);
  assert_int_equal(t.job[0].limit_min, 2);
  assert_int_equal(t.job[1].limit_min, 2);
  assert_int_equal(t.job[1].t_start_s, AUS_GPUQUEUE_NEVER);
  assert_int_equal(t.job[1].run_s, 61);
  assert_int_equal(t.job[1].user, -1);
  assert_int_equal(t.job[2].run_s, 10);
  assert_int_equal(t.job[2].user, 1);
  aus_gpuqueue_trace_fini(&t);
}

static void philly(void **state)
{
  aus_gpuqueue_read_conf conf = {.procs_per_node = 8};
  aus_gpuqueue_trace t, ref;
  aus_gpuqueue_job job[60];
  aus_err err;
  int i;

  (void)state;
  must_read(&t, &conf,
            "submit,duration,gpus,user\n2017-08-18 00:00:00,3600.5,9,a\n1503014400,10,1,b\n"
            "None,5,1,c\n2017-08-18 00:00:00,x,1,c\n2017-08-18 00:00:00,5,1\n");
  check_counts(&t,
               "read 5, kept 2, skipped 3 (fields: 1 (first in line 6), number: 1 (first in line "
               "5), time unknown: 1 (first in line 4))");
  assert_int_equal(t.job[0].run_s, 3600);
  assert_int_equal(t.job[0].nodes, 2);
  assert_int_equal(t.job[0].limit_min, 0);
  assert_int_equal(t.job[0].id, 1);
  assert_int_equal(t.job[1].t_submit_s, t.job[0].t_submit_s);
  /* short jobs have a limit of 30 min in the reference, long ones 4320, which is cut to 2880 */
  assert_true(aus_gpuqueue_limits_missing(&t));
  for (i = 0; i < 60; i++)
    job[i] = (aus_gpuqueue_job){
        .id = i, .run_s = i < 30 ? i : 3000 + i, .limit_min = i < 30 ? 30 : 4320, .nodes = 1};
  check_ok(aus_gpuqueue_trace_take(&ref, job, 60, &err), &err);
  check_ok(aus_gpuqueue_limits_fill(&t, &ref, &err), &err);
  assert_false(aus_gpuqueue_limits_missing(&t));
  assert_int_equal(t.job[0].limit_min, 2880);
  assert_in_range(t.job[1].limit_min, 30, 600);
  ref.job[0].limit_min = 0;
  ref.n = 1;
  check_fails(aus_gpuqueue_limits_fill(&t, &ref, &err), AUS_EINVAL,
              "no job of the reference trace has a limit", &err);
  aus_gpuqueue_trace_fini(&ref);
  aus_gpuqueue_trace_fini(&t);
}

static void refused(void **state)
{
  static const struct {
    aus_gpuqueue_format format;
    const char *text, *message;
  } bad[] = {
      {AUS_GPUQUEUE_AUTO, "", "x.log:1: no job: the file is empty"},
      {AUS_GPUQUEUE_AUTO, "12\n\n", "x.log:2: no job: the file is empty"},
      {AUS_GPUQUEUE_AUTO, "what is this\n",
       "x.log:1: the format cannot be told from this line; set \"format\""},
      {AUS_GPUQUEUE_AUTO, HEADER, "x.log:1: no job: read 0, kept 0, skipped 0"},
      {AUS_GPUQUEUE_AUTO, HEADER "1 2 3\n",
       "x.log:2: no job: read 1, kept 0, skipped 1 (fields: 1 (first in line 2))"},
      {AUS_GPUQUEUE_SLURM_TEXT, "", "x.log:1: no job: the file has no header"},
      {AUS_GPUQUEUE_SLURM_TEXT, "5\nJobID Start End TimelimitR NNodes\n",
       "x.log:2: no column \"Submit\" in the header"},
      {AUS_GPUQUEUE_SLURM_TEXT, "JobID Start Submit End NNodes\n",
       "x.log:1: no column \"TimelimitR\" in the header"},
      {AUS_GPUQUEUE_SACCT, "JobID|Start|Submit|End|Timelimit\n",
       "x.log:1: no column \"NNodes\" in the header"},
      {AUS_GPUQUEUE_SLURM_TEXT, "1 2 3\n", "x.log:1: no column \"JobID\" in the header"},
      {AUS_GPUQUEUE_SWF, "; nothing\n", "x.log:1: no job: read 0, kept 0, skipped 0"},
      {AUS_GPUQUEUE_PHILLY, "", "x.log:1: no job: the file has no header"},
      {AUS_GPUQUEUE_PHILLY, "duration,gpus\n", "x.log:1: no column \"submit\" in the header"},
      {AUS_GPUQUEUE_PHILLY, "submit,gpus\n", "x.log:1: no column \"duration\" in the header"},
      {AUS_GPUQUEUE_PHILLY, "submit,duration\n", "x.log:1: no column \"gpus\" in the header"},
      {AUS_GPUQUEUE_HDF5, "x", "no text format"},
  };
  aus_gpuqueue_trace t;
  aus_err err;
  size_t i;

  (void)state;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    aus_gpuqueue_read_conf conf = {.procs_per_node = 1, .format = bad[i].format};

    check_fails(read_text(&t, &conf, bad[i].text, &err), AUS_EFORMAT, bad[i].message, &err);
    assert_null(t.job);
  }
}

static void ids(void **state)
{
  static const int64_t sorted[] = {0, 1,  10, 100, 1000000, 1000001, 11,
                                   2, 20, 29, 3,   99,      990,     INT64_MAX};
  const int n = 13;
  int i, k;

  (void)state;
  for (i = 0; i < n; i++)
    for (k = 0; k < n; k++) {
      char a[24], b[24];
      int want, got = aus_gpuqueue_id_compare(sorted[i], sorted[k]);

      snprintf(a, sizeof a, "%lld", (long long)sorted[i]);
      snprintf(b, sizeof b, "%lld", (long long)sorted[k]);
      want = strcmp(a, b);
      assert_int_equal((got > 0) - (got < 0), (want > 0) - (want < 0));
      assert_int_equal((got > 0) - (got < 0), (i > k) - (i < k));
    }
  assert_true(aus_gpuqueue_id_compare(INT64_MAX, 92) > 0);
  assert_true(aus_gpuqueue_id_compare(-5, 4) < 0);
}

static void order(void **state)
{
  aus_gpuqueue_trace t;

  (void)state;
  must_read(&t, &plain,
            HEADER ROW(9, "01:00:00", "00:00:10", "02:00:00", 90, 1)
                ROW(10, "01:00:00", "00:00:50", "02:00:00", 90, 1)
                    ROW(2, "01:00:00", "00:01:00", "02:00:00", 90, 1));
  aus_gpuqueue_trace_order(&t, 60);
  assert_int_equal(t.tick_s, 60);
  assert_int_equal(t.job[0].id, 10);
  assert_int_equal(t.job[1].id, 9);
  assert_int_equal(t.job[2].id, 2);
  assert_int_equal(aus_gpuqueue_trace_find(&t, at("2024-01-01T00:00:00")), 0);
  assert_int_equal(aus_gpuqueue_trace_find(&t, at("2024-01-01T00:00:01")), 2);
  assert_int_equal(aus_gpuqueue_trace_find(&t, at("2024-01-01T00:01:01")), 3);
  aus_gpuqueue_trace_order(&t, 1);
  assert_int_equal(t.job[0].id, 9);
  assert_int_equal(t.job[1].id, 10);
  assert_int_equal(aus_gpuqueue_trace_find(&t, at("2024-01-01T00:00:11")), 1);
  aus_gpuqueue_trace_fini(&t);
}

static void filters(void **state)
{
  const aus_gpuqueue_range drop = {at("2024-01-01T00:02:00"), at("2024-01-01T00:03:00")};
  const aus_gpuqueue_filter f = {.from_s = at("2024-01-01T00:01:00"),
                                 .to_s = at("2024-01-01T00:05:00"),
                                 .drop = &drop,
                                 .n_drop = 1,
                                 .pivot = 0.5,
                                 .n_nodes = 4};
  aus_gpuqueue_trace all, t;
  aus_err err;

  (void)state;
  must_read(&all, &plain,
            HEADER ROW(1, "01:00:00", "00:00:59", "02:00:00", 120, 1)
                ROW(2, "01:00:00", "00:01:00", "02:00:00", 120, 4)
                    ROW(3, "01:00:00", "00:02:00", "02:00:00", 120, 1)
                        ROW(4, "01:00:00", "00:03:00", "02:00:00", 120, 5)
                            ROW(5, "01:00:00", "00:04:00", "01:59:59", 120, 1)
                                ROW(6, "01:00:00", "00:05:00", "02:00:00", 30, 1)
                                    ROW(7, "01:00:00", "00:05:01", "02:00:00", 120, 1));
  check_ok(aus_gpuqueue_trace_filter(&t, &all, &f, &err), &err);
  check_counts(&t, "read 7, kept 2, skipped 5 (wider than the cluster: 1, left out: 1, short: 1, "
                   "outside from .. to: 2)");
  assert_int_equal(t.job[0].id, 2);
  assert_int_equal(t.job[1].id, 6);
  assert_int_equal(t.n_clipped, 1);
  aus_gpuqueue_trace_fini(&t);
  aus_gpuqueue_trace_fini(&all);
}

static void peak(void **state)
{
  aus_gpuqueue_trace t;
  aus_err err;
  int64_t n_nodes;

  (void)state;
  must_read(&t, &plain,
            HEADER ROW(1, "00:01:00", "00:00:00", "00:02:00", 20, 4)
                ROW(2, "00:02:00", "00:00:00", "00:03:00", 20, 5)
                    ROW(3, "00:01:30", "00:00:00", "00:02:30", 20, 2)
                        ROW(4, "00:02:00", "00:00:00", "00:02:00", 20, 9));
  check_ok(aus_gpuqueue_trace_peak(&t, &n_nodes, &err), &err);
  assert_int_equal(n_nodes, 7);
  aus_gpuqueue_trace_fini(&t);
}

static bool same_job(const aus_gpuqueue_job *a, const aus_gpuqueue_job *b)
{
  return a->id == b->id && a->t_submit_s == b->t_submit_s && a->t_start_s == b->t_start_s &&
         a->t_end_s == b->t_end_s && a->run_s == b->run_s && a->limit_min == b->limit_min &&
         a->nodes == b->nodes && a->user == b->user;
}

static void check_same(const aus_gpuqueue_trace *a, const aus_gpuqueue_trace *b)
{
  int64_t i;

  assert_int_equal(a->n, b->n);
  for (i = 0; i < a->n; i++)
    if (!same_job(&a->job[i], &b->job[i])) fail_msg("job %lld differs", (long long)i);
}

/* What is written is read again as the same jobs. */
static void writers(void **state)
{
  aus_gpuqueue_read_conf conf = {.procs_per_node = 4, .keep_cancelled = true};
  aus_gpuqueue_trace t, back;
  aus_err err;
  aus_buf b;

  (void)state;
  must_read(&t, &conf,
            "JobID State"
            " UID Start Submit End Priority TimelimitR NNodes\n"
            "1 COMPLETED 3 2024-01-01T00:01:00 2024-01-01T00:00:00 2024-01-01T00:50:00 5.5 20 4\n"
            "2 CANCELLED 4 Unknown 2024-01-01T00:00:00 2024-01-01T00:50:00 x 20 4\n"
            "3 COMPLETED 3 2024-01-01T00:01:00 2024-01-01T00:00:09 2024-01-01T00:02:00 5 20 1\n");
  aus_buf_init(&b);
  check_ok(aus_gpuqueue_swf_write(&t, 10, 4, &b, &err), &err);
  assert_non_null(strstr(b.data, "; UnixStartTime: 1704067200\n"));
  assert_non_null(strstr(b.data, "; MaxNodes: 10\n; MaxProcs: 40\n"));
  assert_non_null(strstr(b.data, "\n1 0 60 2940 16 -1 -1 16 1200 -1 1 1 -1 -1 -1 -1 -1 -1\n"));
  assert_non_null(strstr(b.data, "\n2 0 -1 0 16 -1 -1 16 1200 -1 5 2 -1 -1 -1 -1 -1 -1\n"));
  check_ok(aus_gpuqueue_trace_read(&back, &conf, "b", b.data, (size_t)b.n, &err), &err);
  check_same(&t, &back);
  assert_int_equal(back.max_nodes, 10);
  aus_gpuqueue_trace_fini(&back);
  aus_buf_clear(&b);
  t.job[1] = t.job[2]; /* that log does not say that a job was cancelled */
  t.job[1].priority = (double)NAN;
  t.job[1].user = -1;
  t.n = 2;
  check_ok(aus_gpuqueue_slurm_write(&t, &b, &err), &err);
  check_ok(aus_gpuqueue_trace_read(&back, &conf, "b", b.data, (size_t)b.n, &err), &err);
  check_same(&t, &back);
  check_near(back.job[0].priority, 5.5, 0);
  assert_true(isnan(back.job[1].priority));
  aus_gpuqueue_trace_fini(&back);
  aus_buf_fini(&b);
  aus_gpuqueue_trace_fini(&t);
}

static void taken(void **state)
{
  const aus_gpuqueue_job good = {.id = 1,
                                 .t_submit_s = 10,
                                 .t_start_s = 20,
                                 .t_end_s = 140,
                                 .run_s = 120,
                                 .limit_min = 1,
                                 .nodes = 2,
                                 .user = 4};
  aus_gpuqueue_job job[6];
  aus_gpuqueue_trace t;
  aus_err err;
  int i;

  (void)state;
  for (i = 0; i < 6; i++)
    job[i] = good;
  job[1].nodes = 0;
  job[2].limit_min = 0;
  job[3].t_start_s = 9;
  job[4].run_s = -1;
  job[5].id = -7;
  check_ok(aus_gpuqueue_trace_take(&t, job, 6, &err), &err);
  check_counts(&t, "read 6, kept 1, skipped 5 (number: 1, times go backwards: 2, no node: 1, no "
                   "limit: 1)");
  assert_int_equal(t.job[0].run_s, 60);
  assert_int_equal(t.n_users, 5);
  aus_gpuqueue_trace_fini(&t);
}

static void out_of_memory(void **state)
{
  static const char *const text[] = {
      HEADER ROW(1, "00:01:00", "00:00:00", "00:02:00", 20, 4)
          ROW(2, "00:02:00", "00:00:00", "00:03:00", 20, 5),
      "submit,duration,gpus,user\n5,5,1,a\n6,6,1,b\n",
      "1 0 10 60 8 -1 -1 9 120 -1 1 5 -1 -1 -1 -1 -1 -1\n",
  };
  size_t i;

  (void)state;
  for (i = 0; i < sizeof text / sizeof *text; i++) {
    aus_gpuqueue_trace t;
    aus_err err;
    int64_t k, before = aus_alloc_live();
    int rc;

    for (k = 0;; k++) {
      aus_err_clear(&err);
      aus_alloc_fail_at(k);
      rc = read_text(&t, &plain, text[i], &err);
      aus_alloc_fail_at(-1);
      if (rc == AUS_OK) break;
      assert_int_equal(rc, AUS_ENOMEM);
      assert_int_equal(aus_alloc_live(), before);
    }
    assert_true(k >= 3);
    aus_gpuqueue_trace_fini(&t);
  }
}

/* The trace as shipped: figures of the description of the data. */
static void read_ls6(aus_gpuqueue_trace *t, const aus_tz *tz)
{
  const aus_gpuqueue_read_conf conf = {.procs_per_node = 1, .tz = tz};
  size_t n;
  char *packed = shared_text("gpuqueue/ls6-a100.log.gz", &n), *text;
  aus_err err;

  check_ok(aus_gzip_expand(&text, &n, "ls6", packed, n, 1 << 30, &err), &err);
  check_ok(aus_gpuqueue_trace_read(t, &conf, "ls6", text, n, &err), &err);
  aus_free(text);
  free(packed);
}

static int64_t n_where(const aus_gpuqueue_trace *t, int nodes, int limit_min)
{
  int64_t i, n = 0;

  for (i = 0; i < t->n; i++)
    n += (nodes == 0 || t->job[i].nodes == nodes) &&
         (limit_min == 0 || t->job[i].limit_min == limit_min);
  return n;
}

static void ls6(void **state)
{
  static const int nodes[][2] = {{1, 19708}, {2, 1785}, {3, 845}, {4, 1792}, {16, 241}, {8, 176}};
  static const int limit[][2] = {{2880, 5905}, {30, 2459}, {60, 2082}, {120, 2067}, {1440, 1633}};
  aus_gpuqueue_trace t;
  aus_err err;
  int64_t n_nodes, i, n_zero = 0, n_minute = 0, n_late = 0;
  double wait_s = 0;
  bool odd = false;

  (void)state;
  read_ls6(&t, NULL);
  check_counts(&t, "read 24777, kept 24777, skipped 0");
  assert_int_equal(t.n_users, 367);
  assert_int_equal(t.n_clipped, 3752);
  check_ok(aus_gpuqueue_trace_peak(&t, &n_nodes, &err), &err);
  assert_int_equal(n_nodes, 80);
  for (i = 0; i < 6; i++)
    assert_int_equal(n_where(&t, nodes[i][0], 0), nodes[i][1]);
  for (i = 0; i < 5; i++)
    assert_int_equal(n_where(&t, 0, limit[i][0]), limit[i][1]);
  for (i = 0; i < t.n; i++) {
    const aus_gpuqueue_job *j = &t.job[i];

    n_zero += j->run_s == 0;
    n_minute += j->run_s < 60;
    n_late += j->t_end_s - j->t_start_s > j->limit_min * 60 + 120;
    wait_s += (double)(j->t_start_s - j->t_submit_s);
    odd = odd || (j->id == 746545 && j->nodes == 4 && j->limit_min == 720 && j->run_s == 0);
  }
  assert_true(odd);
  assert_int_equal(n_zero, 3328);
  assert_int_equal(n_minute, 8879);
  assert_int_equal(n_late, 31);
  check_near(wait_s / (double)t.n / 3600, 4.07, 0.002);
  assert_int_equal(t.job[0].t_submit_s, at("2022-10-05T11:52:48"));
  assert_int_equal(t.job[t.n - 1].t_submit_s, at("2023-03-31T23:54:55"));
  aus_gpuqueue_trace_order(&t, 60);
  for (i = 1; i < t.n; i++)
    assert_true(t.job[i - 1].t_submit_s / 60 <= t.job[i].t_submit_s / 60);
  aus_gpuqueue_trace_fini(&t);
}

static aus_tz *chicago(void)
{
  static char bytes[65536];
  size_t n;
  FILE *f = fopen("/usr/share/zoneinfo/America/Chicago", "rb");
  aus_err err;
  aus_tz *tz = NULL;

  if (!f) {
    print_message("# SKIP the tz database is not there\n");
    skip();
  }
  n = fread(bytes, 1, sizeof bytes, f);
  fclose(f);
  check_ok(aus_tz_parse(&tz, "America/Chicago", bytes, n, &err), &err);
  return tz;
}

/* Jobs that ran while the clocks changed: 43 in March, of which 31 seem to exceed their limits by more than 2 min;
 * 16 in November, of which 11 seem to end an hour before their limits. With the zone none of either does. */
static void ls6_clocks(void **state)
{
  aus_gpuqueue_trace t;
  aus_tz *tz = chicago();
  int64_t i, n_march = 0, n_march_late = 0, n_november = 0, n_november_early = 0;

  (void)state;
  read_ls6(&t, tz);
  assert_int_equal(t.n, 24777);
  assert_int_equal(aus_gpuqueue_trace_moved(&t, tz, NULL), 43 + 16);
  assert_int_equal(aus_gpuqueue_trace_moved(&t, NULL, NULL), 0);
  for (i = 0; i < t.n; i++) {
    const aus_gpuqueue_job *j = &t.job[i];
    int64_t limit_s = j->limit_min * 60, run_s = j->t_end_s - j->t_start_s;
    int64_t shown_s = run_s + aus_tz_offset(tz, j->t_end_s) - aus_tz_offset(tz, j->t_start_s);

    assert_true(run_s <= limit_s + 120);
    n_march += shown_s == run_s + 3600;
    n_march_late += shown_s == run_s + 3600 && shown_s > limit_s + 120;
    n_november += shown_s == run_s - 3600;
    n_november_early += shown_s == run_s - 3600 && llabs(shown_s + 3600 - limit_s) <= 60;
  }
  assert_int_equal(n_march, 43);
  assert_int_equal(n_march_late, 31);
  assert_int_equal(n_november, 16);
  assert_int_equal(n_november_early, 11);
  aus_gpuqueue_trace_fini(&t);
  aus_tz_destroy(tz);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_row), cmocka_unit_test(shapes),     cmocka_unit_test(repairs),
      cmocka_unit_test(skips),   cmocka_unit_test(sacct),      cmocka_unit_test(swf),
      cmocka_unit_test(philly),  cmocka_unit_test(refused),    cmocka_unit_test(ids),
      cmocka_unit_test(order),   cmocka_unit_test(filters),    cmocka_unit_test(peak),
      cmocka_unit_test(writers), cmocka_unit_test(taken),      cmocka_unit_test(out_of_memory),
      cmocka_unit_test(ls6),     cmocka_unit_test(ls6_clocks),
  };

  return cmocka_run_group_tests_name("gpuqueue_trace", tests, NULL, NULL);
}
