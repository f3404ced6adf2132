/* ctl.c - signals, the wall clock, and what follows from them when.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "engine/ctl.h"

#include <ctype.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/log.h"

/* ---- signals ---- */

enum { SAW_USR2, SAW_USR1, SAW_HUP, SAW_INT, SAW_TERM, N_SAW };

static const int signals[N_SAW] = {SIGUSR2, SIGUSR1, SIGHUP, SIGINT, SIGTERM};

/* The handlers' only way to say anything. */
static volatile sig_atomic_t n_seen[N_SAW];

static void count(int signal)
{
  int i;

  for (i = 0; i < N_SAW; i++)
    if (signals[i] == signal) n_seen[i] = n_seen[i] + 1;
}

static void set_action(int signal, void (*action)(int))
{
  /* Restarted calls: a signal must not look like a failed write. */
  struct sigaction a = {.sa_handler = action, .sa_flags = SA_RESTART};

  sigfillset(&a.sa_mask);
  sigaction(signal, &a, NULL);
}

void aus_ctl_install(void)
{
  int i;

  for (i = 0; i < N_SAW; i++)
    n_seen[i] = 0;
  for (i = 0; i < N_SAW; i++)
    set_action(signals[i], signals[i] == SIGHUP && !isatty(STDIN_FILENO) ? SIG_IGN : count);
  set_action(SIGPIPE, SIG_IGN);
}

void aus_ctl_release(void)
{
  set_action(SIGINT, SIG_DFL);
  set_action(SIGTERM, SIG_DFL);
}

aus_orders aus_ctl_seen(void)
{
  static const aus_order order[N_SAW] = {AUS_ORDER_PUBLISH, AUS_ORDER_DRAIN, AUS_ORDER_STOP,
                                         AUS_ORDER_STOP, AUS_ORDER_STOP};
  aus_orders o = {.n_publish = n_seen[SAW_USR2], .abort = n_seen[SAW_INT] > 1};
  int i;

  for (i = 0; i < N_SAW; i++)
    if (n_seen[i] > 0) {
      o.order = order[i];
      o.signal = signals[i];
    }
  return o;
}

const char *aus_ctl_name(int signal)
{
  static const char *const names[N_SAW] = {"SIGUSR2", "SIGUSR1", "SIGHUP", "SIGINT", "SIGTERM"};
  int i;

  for (i = 0; i < N_SAW; i++)
    if (signals[i] == signal) return names[i];
  return signal == 0 ? "the wall clock" : "a signal";
}

/* ---- the wall clock ---- */

/* A whole number; -1: there is none. */
static double whole(const char **text)
{
  const char *p = *text;
  double x = 0;

  while (isdigit((unsigned char)*p) && p - *text < 9)
    x = 10 * x + (*p++ - '0');
  if (p == *text) return -1;
  *text = p;
  return x;
}

/* One to three whole numbers with colons in between; 0: it is anything else. */
static int parts(const char *p, double part[3])
{
  int n = 0;

  do {
    if (n == 3) return 0;
    part[n] = whole(&p);
    if (part[n] < 0) return 0;
    n++;
  } while (*p == ':' && p++);
  return *p == '\0' ? n : 0;
}

int aus_ctl_walltime(const char *text, double *seconds, aus_err *err)
{
  static const double units[] = {0, 1, 60, 3600};
  int rc = AUS_OK, n, i;
  bool has_days = strchr(text, '-');
  const char *p = text;
  double part[3], unit, days = has_days ? whole(&p) : 0, sum = 86400 * days;

  *seconds = 0;
  n = parts(has_days ? p + 1 : p, part);
  unit = has_days ? 3600 : units[n];
  for (i = 0; i < n; i++, unit /= 60)
    sum += part[i] * unit;
  if (n == 0 || days < 0 || (has_days && p[0] != '-') || !(sum > 0))
    AUS_FAIL(err, AUS_ECONFIG,
             "--walltime %s: need SECONDS, MM:SS, HH:MM:SS, D-HH, D-HH:MM or D-HH:MM:SS", text);
  *seconds = sum;
done:
  return rc;
}

/* End of the job as Unix time from one call of squeue; NaN: not known. */
static double ask_squeue(const char *job)
{
  char command[128], text[64] = "";
  struct tm tm = {.tm_isdst = -1};
  FILE *f;

  if (strspn(job, "0123456789_") != strlen(job) || strlen(job) > 32) return (double)NAN;
  snprintf(command, sizeof command,
           "SLURM_TIME_FORMAT=standard timeout 10 squeue -h -j %s -o %%e 2>/dev/null", job);
  f = popen(command, "r");
  if (!f) return (double)NAN;
  if (!fgets(text, sizeof text, f)) text[0] = '\0';
  pclose(f);
  if (!strptime(text, "%Y-%m-%dT%H:%M:%S", &tm)) return (double)NAN;
  return (double)mktime(&tm);
}

/* The id by which Slurm knows this job alone: that of one task of an array is also that of the whole. */
static void slurm_job(char *id, size_t size)
{
  const char *job = getenv("SLURM_JOB_ID"), *array = getenv("SLURM_ARRAY_JOB_ID"),
             *task = getenv("SLURM_ARRAY_TASK_ID");

  if (array && array[0] && task && task[0])
    snprintf(id, size, "%s_%s", array, task);
  else
    snprintf(id, size, "%s", job ? job : "");
}

/* End of the job as Unix time; NaN: not known. */
static double slurm_end(void)
{
  const char *end = getenv("SLURM_JOB_END_TIME");
  char *rest, job[64];
  double t;

  if (end && end[0]) {
    t = strtod(end, &rest);
    if (*rest == '\0' && t > 0 && isfinite(t)) return t;
    AUS_WARN("ctl", "SLURM_JOB_END_TIME is %s, which is no time", end);
  }
  slurm_job(job, sizeof job);
  return job[0] ? ask_squeue(job) : (double)NAN;
}

int aus_ctl_limit(const char *walltime, double *limit_s, aus_err *err)
{
  int rc = AUS_OK;
  double left_s;
  struct timespec now;

  *limit_s = INFINITY;
  if (walltime)
    AUS_TRY(aus_ctl_walltime(walltime, &left_s, err));
  else {
    clock_gettime(CLOCK_REALTIME, &now);
    left_s = slurm_end() - (double)now.tv_sec - 1e-9 * (double)now.tv_nsec;
  }
  if (!isnan(left_s)) *limit_s = aus_clock_s() + left_s;
done:
  return rc;
}

/* ---- what is to be done ---- */

/* Cancelled tasks get that long before the margin is given up, too; the grace without a wall clock. */
static const double patience_s = 10, default_grace_s = 300;

void aus_ctl_init(aus_ctl *c, const aus_ctl_conf *conf, double now_s)
{
  *c = (aus_ctl){.conf = *conf};
  if (!(conf->limit_s > 0)) c->conf.limit_s = INFINITY;
  aus_ctl_published(c, now_s, now_s);
}

void aus_ctl_published(aus_ctl *c, double begun_s, double now_s)
{
  double every_s = c->conf.publish_every_s;

  /* A run that only publishes would never end. */
  c->publish_s = INFINITY;
  if (every_s > 0) c->publish_s = now_s + fmax(every_s, now_s - begun_s);
}

void aus_ctl_hear(aus_ctl *c, const aus_orders *seen)
{
  if (seen->n_publish > c->n_publish) {
    c->n_publish = seen->n_publish;
    c->publish = true;
  }
  if (seen->order == AUS_ORDER_PUBLISH || seen->order <= c->order) return;
  c->order = seen->order;
  c->signal = seen->signal;
}

static double grace(const aus_ctl *c, double left_s)
{
  if (c->conf.grace_s >= 0) return c->conf.grace_s;
  return isinf(left_s) ? default_grace_s : fmax(0, left_s - 1.5 * c->conf.margin_s);
}

static aus_ctl_do drain(aus_ctl *c, double now_s)
{
  double left_s = c->conf.limit_s - now_s;

  if (c->did < AUS_CTL_FREEZE) {
    c->cancel_s = now_s + grace(c, left_s);
    return c->did = AUS_CTL_FREEZE;
  }
  if (c->did == AUS_CTL_FREEZE && now_s >= c->cancel_s) {
    c->stop_s = now_s + fmax(patience_s, left_s - c->conf.margin_s / 2);
    return c->did = AUS_CTL_CANCEL;
  }
  if (c->did == AUS_CTL_CANCEL && now_s >= c->stop_s) return c->did = AUS_CTL_STOP;
  return AUS_CTL_GO_ON;
}

aus_ctl_do aus_ctl_next(aus_ctl *c, double now_s, double need_s)
{
  if (c->order < AUS_ORDER_DRAIN && c->conf.limit_s - now_s < need_s + c->conf.margin_s) {
    c->order = AUS_ORDER_DRAIN;
    c->signal = 0;
  }
  if (c->order == AUS_ORDER_STOP) {
    if (c->did == AUS_CTL_STOP) return AUS_CTL_GO_ON;
    return c->did = AUS_CTL_STOP;
  }
  if (c->order == AUS_ORDER_DRAIN) return drain(c, now_s);
  if (!c->publish && now_s < c->publish_s) return AUS_CTL_GO_ON;
  c->publish = false;
  c->publish_s = INFINITY; /* until that one is over */
  return AUS_CTL_PUBLISH;
}
