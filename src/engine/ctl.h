/* ctl.h - orders to a run from outside: signals and the wall clock.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every rank of a run installs the handlers, which only count. Workers tell rank 0 what they saw
 * (NOTICE); rank 0 feeds everything into one aus_ctl, which decides what is to be done when, each step
 * once. It has no clock of its own and calls no MPI, so it is tested against an invented clock.
 *
 *   SIGUSR2          publish what is there and go on
 *   SIGUSR1          drain: nothing new is started, what runs may finish within the grace
 *   SIGTERM, SIGINT  stop: what runs is cancelled; SIGHUP, too, at a terminal
 *
 * Orders only become stronger. The end of the wall clock is a drain.
 */
#ifndef AUS_ENGINE_CTL_H
#define AUS_ENGINE_CTL_H

#include "util/err.h"

#include <stdbool.h>

typedef enum aus_order {
  AUS_ORDER_NONE,
  AUS_ORDER_PUBLISH,
  AUS_ORDER_DRAIN,
  AUS_ORDER_STOP
} aus_order;

/* What the signals to one process say, since aus_ctl_install(). */
typedef struct aus_orders {
  aus_order order; /* the strongest; of PUBLISH alone there may be several, one after the other */
  int signal;      /* that gave it; 0: none */
  int n_publish;   /* SIGUSR2s so far: a launcher sends each to every rank, so the largest counts */
  bool abort;      /* a second SIGINT */
} aus_orders;

/** Install the handlers and forget what was seen before; SIGPIPE is ignored, SIGHUP, too, unless stdin is a
 * terminal. After MPI_Init_thread(). Local. */
void aus_ctl_install(void);
/** SIGINT and SIGTERM end the process again. Local. */
void aus_ctl_release(void);
/** What was seen; nothing if the handlers were never installed. Local. */
aus_orders aus_ctl_seen(void);
/** "SIGUSR1", ...; "the wall clock" for 0. Local. */
const char *aus_ctl_name(int signal);

/** Seconds from SECONDS, MM:SS, HH:MM:SS, D-HH, D-HH:MM or D-HH:MM:SS.
 * @return AUS_OK; AUS_ECONFIG when it is none of these or 0. Local. */
AUS_CHECKED int aus_ctl_walltime(const char *text, double *seconds, aus_err *err);

/** When the run must be over, by aus_clock_s(): `walltime` from now if it is not NULL, else what Slurm says
 * (SLURM_JOB_END_TIME, or one call of squeue, at most 10 s), else INFINITY.
 * @return AUS_OK; AUS_ECONFIG for a bad walltime. Local. */
AUS_CHECKED int aus_ctl_limit(const char *walltime, double *limit_s, aus_err *err);

typedef struct aus_ctl_conf {
  double limit_s;  /* end of the wall clock; 0 or infinite: none */
  double margin_s; /* to be left at the end besides the last trial and the publication: 60 */
  double grace_s;  /* that running trials get in a drain; < 0: what is left - 1.5 x margin_s, or
                             300 s without a wall clock */
  double
      publish_every_s; /* from the end of one to the next, but at least as long as it took; 0: never */
} aus_ctl_conf;

/* What is to be done now. */
typedef enum aus_ctl_do {
  AUS_CTL_GO_ON,
  AUS_CTL_PUBLISH,
  AUS_CTL_FREEZE, /* start nothing any more */
  AUS_CTL_CANCEL, /* cancel what still runs */
  AUS_CTL_STOP    /* leave at once */
} aus_ctl_do;

typedef struct aus_ctl {
  aus_ctl_conf conf;
  aus_order order;  /* NONE, DRAIN or STOP */
  int signal;       /* that gave it; 0: the wall clock */
  aus_ctl_do did;   /* the last step of an end: FREEZE, CANCEL, STOP */
  bool publish;     /* is due */
  int n_publish;    /* heard of */
  double publish_s; /* when the next one is due by itself */
  double cancel_s, stop_s;
} aus_ctl;

void aus_ctl_init(aus_ctl *c, const aus_ctl_conf *conf, double now_s);
/** Take what a process has seen. Local. */
void aus_ctl_hear(aus_ctl *c, const aus_orders *seen);
/** The next step, each once; GO_ON when there is none now.
 * @param [in] need_s  what the next task and the publication are expected to take. Local. */
aus_ctl_do aus_ctl_next(aus_ctl *c, double now_s, double need_s);
/** A publication is over, or was given up. Local. */
void aus_ctl_published(aus_ctl *c, double begun_s, double now_s);

#endif
