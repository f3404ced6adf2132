/* serverless/workload.h - traces of requests: generated, read from public data sets, scaled for a sample.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Three ways to a trace: events from a file (aus_serverless_trace_read() in model.h), counts per
 * minute from a public data set (aus_serverless_minutes_*, then aus_serverless_workload_make() with
 * shape minutes), or rates alone (the other shapes). A trace then becomes the workload of a sample by
 * the sample's factors (aus_serverless_workload_sample()).
 *
 * Streams. Generators: purpose AUS_RNG_TRACE, trial field series << 20 | what << 16 | application type
 * with `what` one of AUS_SERVERLESS_DRAWS_*. Factors: purpose AUS_RNG_ARRIVALS, trial field scenario
 * << 16 | application type (clones), and its private sub-stream (thinning, times of clones). An
 * application's arrivals therefore depend on no other application beside it.
 */
#ifndef AUS_SERVERLESS_WORKLOAD_H
#define AUS_SERVERLESS_WORKLOAD_H

#include "serverless/space.h"

#include <stddef.h>

/* How factors act (serverless.md 3.5); all false is what the reference does. */
typedef struct aus_serverless_scaling {
  bool
      thin; /* a factor below 1 keeps each event with that probability; else it does nothing (D19) */
  bool clone_jitter; /* clones uniform in their second; else at the time of its first event */
} aus_serverless_scaling;

/** The workload of a sample: each application's events of the base trace, thinned below factor 1 and
 * with Poisson(f c - c) clones of a second's first event above (c events in that second).
 *
 * Same scenario, factors f <= g: with `thin`, every event of f is also one of g, as long as the mean
 * f c - c of each second is at most 500 (the Poisson count is the inverse of one uniform, which grows
 * with the mean; above that the mean is split and the count is no longer monotone).
 * Draws: clones of second s use arrivals 64 s and up; event i of an application (in time order) uses
 * draw i of the private sub-stream when thinning; clone j of second s uses draw 2^48 + s 2^18 + j.
 *
 * @param [in] x        n_x values in mapping order
 * @param [in,out] out  replaced, memory kept; empty when nothing is left
 * @return AUS_OK; AUS_EINVAL for a factor that is not in 0..1e6; AUS_ENOMEM
 *
 * Local. Equal times: first the application that stands first in the space file.
 */
AUS_CHECKED int aus_serverless_workload_sample(const aus_serverless_space *space, const double *x,
                                               const aus_serverless_trace *base,
                                               const aus_serverless_scaling *how, uint64_t seed,
                                               int64_t scenario, aus_serverless_trace *out,
                                               aus_err *err);

/* Requests per minute of chosen functions, collected from one file per day. */
typedef struct aus_serverless_minutes {
  int n_functions;
  char **function;  /* as in the files; "#3" (the third one) becomes its name with the first file */
  bool *found;      /* in any file */
  int64_t n, cap;   /* minutes */
  double *count;    /* n x n_functions, >= 0 */
  double *mean_rpm; /* of each function, over all minutes of the files (before a cut) */
  int64_t n_files;
  double t_origin_s; /* start of the first file's first day */
} aus_serverless_minutes;

typedef enum aus_serverless_format {
  AUS_SERVERLESS_JSON, /* events */
  AUS_SERVERLESS_AZURE, /* HashOwner,HashApp,HashFunction,Trigger,1,...,1440: a row per function, a file per day */
  AUS_SERVERLESS_HUAWEI, /* day,time and a column per function: a row per minute (or second) */
  AUS_SERVERLESS_UNKNOWN /* a .csv file without either header */
} aus_serverless_format;

/** What a file is, by its first bytes, and by its name when they do not tell. Local. */
aus_serverless_format aus_serverless_format_of(const char *name, const char *bytes, size_t n);

/** Start collecting. @param [in] function  names (Azure: HashFunction; Huawei: the column, or its part
 * before "---"), or "#i" for the i-th function of the first file, counted from 1; may repeat.
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_serverless_minutes_init(aus_serverless_minutes *m, int n_functions,
                                            const char *const *function, aus_err *err);
void aus_serverless_minutes_fini(aus_serverless_minutes *m);

/** Add one file: rows (Azure) or columns (Huawei) of the same function are summed. An Azure file adds
 * 1440 minutes; in a Huawei file a row's minute is its time less the start of the first file's first
 * day, an empty field counts 0, and rows of one minute are summed.
 *
 * @param [in] name   shown in messages
 * @param [in] bytes  lent for the call
 * @return AUS_OK; AUS_EFORMAT "name:row: ..." for a wrong header, a wrong number of fields, a count that
 *         is no number of 0..1e9, a time outside 0..1e8 s or before the first file, a last line without
 *         an end, "#i" beyond the functions, no rows; AUS_ENOMEM
 *
 * Local. Linear in n; needs memory for the counts of the chosen functions alone.
 */
AUS_CHECKED int aus_serverless_minutes_read(aus_serverless_minutes *m, aus_serverless_format format,
                                            const char *name, const char *bytes, size_t n,
                                            aus_err *err);

/** All files are read: set the means, then keep minutes from..to-1 (to = 0: to the end).
 * @return AUS_OK; AUS_EFORMAT for a function that is in no file, or minutes beyond the last. Local. */
AUS_CHECKED int aus_serverless_minutes_cut(aus_serverless_minutes *m, int64_t from, int64_t to,
                                           const char *name, aus_err *err);

typedef enum aus_serverless_shape {
  AUS_SERVERLESS_POISSON, /* constant rate for duration_s */
  AUS_SERVERLESS_RAMPS, /* poisson-increasing: 4 ramps of 30 s with rate r i/4, then r until duration_s + 120 */
  AUS_SERVERLESS_PEAKS,  /* hours with an intensity, compressed */
  AUS_SERVERLESS_MINUTES /* counts per minute, compressed */
} aus_serverless_shape;

typedef struct aus_serverless_peak {
  double hour, height, width_h; /* 0..24, relative to the base intensity 1, width at half height */
} aus_serverless_peak;

typedef struct aus_serverless_load {
  aus_serverless_shape shape;
  int n_apps;
  const int *app;         /* application types */
  const double *rate_rps; /* mean rate of each; not for minutes */
  double duration_s;      /* poisson, ramps */
  int n_hours, n_peaks;   /* peaks */
  const aus_serverless_peak *peak;
  const aus_serverless_minutes *minutes; /* function i is of application app[i] */
  double
      rescale_mean_rpm; /* minutes: new mean of each function, spread in proportion; 0: as read */
  double compress_min;  /* peaks, minutes: length of the result; 0: as it is */
  bool qos_per_event;   /* a QoS type drawn for each event; else for each application */
  int64_t series;       /* another one, other draws */
} aus_serverless_load;

/* `what` of a generator's stream. */
enum {
  AUS_SERVERLESS_DRAWS_GAPS,   /* draw 0: the application's QoS; then one per gap */
  AUS_SERVERLESS_DRAWS_SPREAD, /* arrival j of cell c: draws c 2^27 + 2 j and the next */
  AUS_SERVERLESS_DRAWS_CHOICE, /* arrival i before compression: draw i */
  AUS_SERVERLESS_DRAWS_QOS     /* event i of the application in time order: draw i */
};

/** A base workload (serverless.md 3.6).
 *
 * peaks: hour h of n_hours has intensity m(h) = max(1, max of height exp(-d^2 / (2 (width/2.355)^2))), d
 * the distance on the clock, scaled to mean 1, and int(3600 rate m(h)) arrivals. minutes: the counts,
 * times rescale_mean_rpm / mean, rounded so that each running total is off by at most 1/2. An arrival of
 * cell c (hour or minute) of n is at clip(c + N(0, 0.25), 0, n - 0.001) + U(0,1) cells. Compression with
 * k = 60 compress_min / (last - first) keeps a random int(n k), at least 1, of an application's n
 * arrivals and multiplies times by k (first and last over all applications); a trace that is shorter
 * already is left as it is.
 *
 * @param [in,out] out  replaced, memory kept; sorted by time, ties by position in app[]
 * @return AUS_OK; AUS_EINVAL (a rate, duration or peak that is negative or not finite, above 1e9 arrivals
 *         or 2^26 in one hour or minute, no QoS type); AUS_ENOMEM
 *
 * Local. Deterministic; every random quantity has draws of its own.
 */
AUS_CHECKED int aus_serverless_workload_make(const aus_serverless_types *types,
                                             const aus_serverless_load *load, uint64_t seed,
                                             aus_serverless_trace *out, aus_err *err);

#endif
