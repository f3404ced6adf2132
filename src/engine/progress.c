/* progress.c - one line that tells how far a stage is.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "engine/progress.h"

#include <math.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "util/log.h"

enum { SHORTEST_BAR = 8, LONGEST_BAR = 24, PLAIN_WIDTH = 100 };

static const double live_interval_s = 0.2, plain_interval_s = 30;

void aus_progress_start(aus_progress *p, int level, const char *title, int64_t n_committed,
                        double now_s)
{
  *p = (aus_progress){.level = level,
                      .title = title ? title : "tasks",
                      .terminal = isatty(STDERR_FILENO),
                      .begun_s = now_s,
                      .shown_s = now_s,
                      .begun_at = n_committed};
}

static void text_of_time(aus_buf *out, double s)
{
  int64_t n = (int64_t)fmin(ceil(s), 359999);

  if (n >= 3600)
    aus_buf_printf(out, "%d:%02d:%02d", (int)(n / 3600), (int)(n / 60 % 60), (int)(n % 60));
  else
    aus_buf_printf(out, "%d:%02d", (int)(n / 60), (int)(n % 60));
}

static void text_of_bar(aus_buf *out, double share, int length)
{
  int i, n = (int)(share * length);

  aus_buf_text(out, " [");
  for (i = 0; i < length; i++)
    aus_buf_text(out, i < n ? "#" : "-");
  aus_buf_text(out, "]");
}

static void text_of_figures(const aus_progress *p, const aus_sched_stats *x, double now_s,
                            aus_buf *out)
{
  double age_s = now_s - p->begun_s;
  double rate = age_s > 0 ? (double)(x->n_committed - p->begun_at) / age_s : 0;

  aus_buf_printf(out, " %lld/%lld", (long long)x->n_committed, (long long)x->n_tasks);
  if (x->n_failed > 0) aus_buf_printf(out, ", %lld failed", (long long)x->n_failed);
  aus_buf_printf(out, ", %lld running, %.*f/s", (long long)x->n_running, rate < 10 ? 2 : 0, rate);
  if (x->n_committed == x->n_tasks) {
    aus_buf_text(out, ", took ");
    text_of_time(out, age_s);
  } else if (rate > 0) {
    aus_buf_text(out, ", ");
    text_of_time(out, (double)(x->n_tasks - x->n_committed) / rate);
    aus_buf_text(out, " left");
  }
}

void aus_progress_text(const aus_progress *p, const aus_sched_stats *stats, double now_s, int width,
                       aus_buf *out)
{
  double share = stats->n_tasks > 0 ? (double)stats->n_committed / (double)stats->n_tasks : 1;
  int64_t at = out->n, room;
  aus_buf figures;

  aus_buf_init(&figures);
  text_of_figures(p, stats, now_s, &figures);
  aus_buf_text(out, p->title);
  /* In steps of four, so that the bar does not change with every digit. */
  room = (width - (out->n - at) - figures.n - 3) / 4 * 4;
  if (room >= SHORTEST_BAR) text_of_bar(out, share, room < LONGEST_BAR ? (int)room : LONGEST_BAR);
  aus_buf_bytes(out, figures.data, (size_t)figures.n);
  if (figures.failed) out->failed = 1;
  if (!out->failed && out->n - at > width) {
    out->n = at + width;
    out->data[out->n] = '\0';
  }
  aus_buf_fini(&figures);
}

static int terminal_width(void)
{
  struct winsize size;

  /* One column is left free: a full line would wrap and leave rests behind. */
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1) return size.ws_col - 1;
  return 79;
}

void aus_progress_show(aus_progress *p, const aus_sched_stats *stats, double now_s, bool last)
{
  double interval_s = p->terminal ? live_interval_s : plain_interval_s;
  aus_buf b;

  if (p->level < 1 || (!last && now_s - p->shown_s < interval_s)) return;
  p->shown_s = now_s;
  aus_buf_init(&b);
  aus_progress_text(p, stats, now_s, p->terminal ? terminal_width() : PLAIN_WIDTH, &b);
  if (aus_buf_check(&b, NULL) == AUS_OK) {
    fprintf(stderr, "%s%s%s", p->terminal ? "\r\033[K" : "", b.data,
            p->terminal && !last ? "" : "\n");
    fflush(stderr);
    aus_log_live(p->terminal && !last);
  }
  aus_buf_fini(&b);
}

void aus_progress_commit(aus_progress *p, const aus_task *task, const aus_result *result,
                         int worker)
{
  if (p->level < 2) return;
  fprintf(stderr, "%s%s: %s %u:%u %s, attempt %d, worker %d, %.3f s%s%s\n",
          p->terminal ? "\r\033[K" : "", p->title, task->job ? "job" : "trial",
          (unsigned)(task->id >> 32), (unsigned)task->id, aus_status_names[result->status],
          result->attempt + 1, worker, result->cost_s, result->err.code ? ": " : "",
          result->err.code ? result->err.text : "");
}
