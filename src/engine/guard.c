/* guard.c - a watchdog thread and handlers of fatal signals.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "engine/guard.h"

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/crash.h"
#include "util/alloc.h"
#include "util/clock.h"

enum { STACK_BYTES = 64 << 10, TICK_MS = 250, STOOD_STILL_MS = 1000 };

static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { N_FATAL = sizeof fatal / sizeof fatal[0] };

/* WATCHING: a task runs. FIRED: the line is being written, this process does nothing else any more. */
enum { RESTING, WATCHING, FIRED };

struct aus_guard {
  char *path;
  atomic_int state;
  /* Written by the worker while RESTING, read by others while WATCHING. */
  uint64_t id;
  bool job;
  int attempt;
  _Atomic uint64_t slack_ns, patience_ns; /* the end of patience includes the slack */
  /* The thread. */
  pthread_t thread;
  uint64_t looked_ns; /* when it last did */
  pthread_mutex_t lock;
  pthread_cond_t wake;
  bool started, stop;
  /* The signals. */
  struct sigaction before[N_FATAL];
  char *stack; /* a stack of their own: the worker's may be what is exhausted */
};

/* What the handlers see. The fourth global that is allowed: a handler has no argument of ours. */
static aus_guard *_Atomic watched;

/* ---- last words ---- */

/* Only calls that a signal handler may make. */
static void write_line(const aus_guard *g, const char *cause)
{
  char line[AUS_CRASH_LINE];
  size_t n = aus_crash_line(line, g->id, g->job, g->attempt, cause);
  int fd = open(g->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

  if (fd < 0) return;
  (void)!write(fd, line, n);
  close(fd);
}

/* True: a task was running, and it is this caller who is to write about it. */
static bool fire(aus_guard *g)
{
  int watching = WATCHING;

  return atomic_compare_exchange_strong(&g->state, &watching, FIRED);
}

static void give_back_signals(aus_guard *g)
{
  int i;

  for (i = 0; i < N_FATAL; i++)
    sigaction(fatal[i], &g->before[i], NULL);
}

/* Afterwards comes whoever handled the signal before: a fault happens again when this returns, a
 * signal that was sent is sent again. */
static void on_fatal(int number, siginfo_t *info, void *context)
{
  aus_guard *g = atomic_load(&watched);

  (void)context;
  if (!g) return;
  if (fire(g)) write_line(g, aus_crash_signal_name(number));
  give_back_signals(g);
  if (info->si_code <= 0) raise(number);
}

static void take_signals(aus_guard *g)
{
  struct sigaction act = {.sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  stack_t mine = {.ss_sp = g->stack, .ss_size = STACK_BYTES}, other;
  int i;

  sigemptyset(&act.sa_mask);
  if (sigaltstack(NULL, &other) == 0 && (other.ss_flags & SS_DISABLE)) sigaltstack(&mine, NULL);
  for (i = 0; i < N_FATAL; i++)
    sigaction(fatal[i], &act, &g->before[i]);
}

static void drop_stack(const aus_guard *g)
{
  stack_t now, none = {.ss_flags = SS_DISABLE};

  if (sigaltstack(NULL, &now) == 0 && now.ss_sp == g->stack) sigaltstack(&none, NULL);
}

/* ---- the thread ---- */

/* False: it is time to stop. */
static bool sleep_a_tick(aus_guard *g)
{
  struct timespec until;
  bool stop;

  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += TICK_MS * 1000000L;
  until.tv_sec += until.tv_nsec / 1000000000L;
  until.tv_nsec %= 1000000000L;
  pthread_mutex_lock(&g->lock);
  if (!g->stop) (void)pthread_cond_timedwait(&g->wake, &g->lock, &until);
  stop = g->stop;
  pthread_mutex_unlock(&g->lock);
  return !stop;
}

static void *watch(void *self)
{
  aus_guard *g = self;
  uint64_t now_ns;

  while (sleep_a_tick(g)) {
    now_ns = aus_clock_ns();
    /* A job that was stopped (SIGSTOP, a debugger) gets the chance to poll when it goes on. */
    if (now_ns - g->looked_ns > (TICK_MS + STOOD_STILL_MS) * UINT64_C(1000000))
      aus_guard_expect(g, 0);
    g->looked_ns = now_ns;
    if (atomic_load(&g->state) == WATCHING && now_ns > atomic_load(&g->patience_ns) && fire(g)) {
      write_line(g, "deadline");
      _exit(AUS_GUARD_EXIT);
    }
  }
  return NULL;
}

/* The thread takes no signals: they are for the worker. */
static int start_thread(aus_guard *g, aus_err *err)
{
  int rc = AUS_OK, failed;
  sigset_t all, before;
  pthread_condattr_t attr;

  pthread_mutex_init(&g->lock, NULL);
  pthread_condattr_init(&attr);
  pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  pthread_cond_init(&g->wake, &attr);
  pthread_condattr_destroy(&attr);
  g->looked_ns = aus_clock_ns();
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  failed = pthread_create(&g->thread, NULL, watch, g);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (failed) AUS_FAIL(err, AUS_EDEP, "cannot start a watchdog thread: %s", strerror(failed));
  g->started = true;
done:
  return rc;
}

static void stop_thread(aus_guard *g)
{
  pthread_mutex_lock(&g->lock);
  g->stop = true;
  pthread_cond_signal(&g->wake);
  pthread_mutex_unlock(&g->lock);
  pthread_join(g->thread, NULL);
}

/* ---- a task ---- */

double aus_guard_slack_s(double hard_s)
{
  return fmax(2, 0.1 * hard_s);
}

/* Patience never gets shorter. It may be prolonged by the thread at the same time. */
static void be_patient(aus_guard *g, uint64_t until_ns)
{
  uint64_t old_ns = atomic_load(&g->patience_ns);

  while (old_ns < until_ns && !atomic_compare_exchange_weak(&g->patience_ns, &old_ns, until_ns))
    continue;
}

void aus_guard_begin(aus_guard *g, uint64_t id, bool job, int attempt, double hard_s)
{
  const double most_s = 1e9;

  g->id = id;
  g->job = job;
  g->attempt = attempt;
  g->slack_ns = (uint64_t)(1e9 * aus_guard_slack_s(fmin(hard_s, most_s)));
  atomic_store(&g->patience_ns, hard_s > 0 && hard_s < most_s
                                    ? aus_clock_ns() + (uint64_t)(1e9 * hard_s) + g->slack_ns
                                    : UINT64_MAX);
  atomic_store(&g->state, WATCHING);
}

void aus_guard_poll(aus_guard *g)
{
  be_patient(g, aus_clock_ns() + g->slack_ns);
}

void aus_guard_expect(aus_guard *g, double seconds)
{
  be_patient(g, aus_clock_ns() + (uint64_t)(1e9 * fmin(fmax(seconds, 0), 1e9)) + g->slack_ns);
}

void aus_guard_end(aus_guard *g)
{
  int watching = WATCHING;

  if (atomic_compare_exchange_strong(&g->state, &watching, RESTING)) return;
  while (atomic_load(&g->state) == FIRED)
    aus_clock_sleep(1);
}

/* ---- life ---- */

int aus_guard_open(aus_guard **out, const char *dir, int rank, aus_err *err)
{
  int rc = AUS_OK;
  aus_guard *g = NULL, *nobody = NULL;

  *out = NULL;
  AUS_NEW(g, 1, err);
  AUS_TRY(aus_crash_path(&g->path, dir, rank, (int)getpid(), err));
  AUS_NEW(g->stack, STACK_BYTES, err);
  AUS_TRY(start_thread(g, err));
  if (!atomic_compare_exchange_strong(&watched, &nobody, g))
    AUS_FAIL(err, AUS_EBUSY, "this process is watched already");
  take_signals(g);
  *out = g;
  g = NULL;
done:
  aus_guard_close(g);
  return rc;
}

void aus_guard_close(aus_guard *g)
{
  aus_guard *me = g;

  if (!g) return;
  if (g->started) stop_thread(g);
  if (atomic_compare_exchange_strong(&watched, &me, NULL)) {
    give_back_signals(g);
    drop_stack(g);
  }
  aus_free(g->stack);
  aus_free(g->path);
  aus_free(g);
}

void aus_guard_leave(aus_guard *g)
{
  int i;

  (void)g;
  atomic_store(&watched, NULL);
  for (i = 0; i < N_FATAL; i++)
    signal(fatal[i], SIG_DFL);
}
