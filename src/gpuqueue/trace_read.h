/* gpuqueue/trace_read.h - what the readers of all formats share: lines, fields, numbers, and keeping a job.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Part of trace.h. A reader of a format takes lines, splits them into spans of the lent text and hands each
 * row's values over as a draft; what is kept, counted and numbered is decided here, once.
 */
#ifndef AUS_GPUQUEUE_TRACE_READ_H
#define AUS_GPUQUEUE_TRACE_READ_H

#include "gpuqueue/trace.h"

enum {
  AUS_GPUQUEUE_MAX_FIELDS = 1024,
  AUS_GPUQUEUE_LIMIT_NONE = 0,     /* philly: not known to the format */
  AUS_GPUQUEUE_LIMIT_LARGEST = -1, /* the largest of the trace (UNLIMITED, Partition_Limit) */
  AUS_GPUQUEUE_LIMIT_WRONG = -2    /* no limit at all: not kept */
};

/* Text of the file, not ended by a NUL. */
typedef struct aus_gpuqueue_span {
  const char *p;
  size_t n;
} aus_gpuqueue_span;

/* Texts in order of first appearance. */
typedef struct aus_gpuqueue_names {
  aus_gpuqueue_span *text;
  int64_t n, cap;
  int64_t *slot; /* number + 1; 0: free */
  int64_t n_slots;
} aus_gpuqueue_names;

typedef struct aus_gpuqueue_reader {
  aus_gpuqueue_trace *t;
  const aus_gpuqueue_read_conf *conf;
  const char *name;
  const char *at, *end;
  int64_t line; /* number of the line that was taken last */
  aus_gpuqueue_names users, ids;
  aus_gpuqueue_span field[AUS_GPUQUEUE_MAX_FIELDS];
} aus_gpuqueue_reader;

/** Take the next line without its end (LF, CR LF). @return false behind the last. Local. */
bool aus_gpuqueue_next_line(aus_gpuqueue_reader *r, aus_gpuqueue_span *line);

bool aus_gpuqueue_span_is(aus_gpuqueue_span s, const char *text);
bool aus_gpuqueue_span_begins(aus_gpuqueue_span s, const char *text);
bool aus_gpuqueue_span_has(aus_gpuqueue_span s, char c);
/** Without blanks and TABs at both ends. Local. */
aus_gpuqueue_span aus_gpuqueue_span_trim(aus_gpuqueue_span s);
/** Nothing but blanks, or a rule of dashes. Local. */
bool aus_gpuqueue_span_is_rule(aus_gpuqueue_span s);

/** Fields of a line, trimmed, into r->field.
 * @param [in] sep  ',', '|', TAB; ' ': runs of blanks and TABs
 * @return how many there are; more than AUS_GPUQUEUE_MAX_FIELDS are counted, not kept. Local. */
int aus_gpuqueue_split(aus_gpuqueue_reader *r, aus_gpuqueue_span line, char sep);

/** A whole number of at most 13 digits; a fraction of decimals behind it is cut off. Local. */
bool aus_gpuqueue_number(aus_gpuqueue_span s, int64_t *x);
/** The same for ids: up to 18 digits; "a_b" is a + b - 1, "a+b" is a + b. Local. */
bool aus_gpuqueue_id(aus_gpuqueue_span s, int64_t *x);
/** A civil time as if it were UTC, or seconds since 1970 (*civil false). "Unknown", "None", "N/A" and "" are
 * AUS_GPUQUEUE_NEVER. @return false for anything else. Local. */
bool aus_gpuqueue_time(aus_gpuqueue_span s, int64_t *t_s, bool *civil);

/* A row's values. Times as written; start and end may be AUS_GPUQUEUE_NEVER. */
typedef struct aus_gpuqueue_draft {
  aus_gpuqueue_job job;       /* run_s, user are set when it is kept */
  aus_gpuqueue_span id, user; /* empty: without */
  bool civil;                 /* times are in the zone of conf */
  bool cancelled;             /* never started */
  int64_t limit_s;            /* known to the second; AUS_GPUQUEUE_LIMIT_... for none */
} aus_gpuqueue_draft;

/** Count a row and, when it is not kept, why. Local. */
void aus_gpuqueue_row_skip(aus_gpuqueue_reader *r, aus_gpuqueue_skip why);
/** Count a row and keep its job, or tell why not. run is end - start, or (start unknown) job.run_s.
 * @return AUS_OK; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_row_keep(aus_gpuqueue_reader *r, const aus_gpuqueue_draft *d,
                                      aus_err *err);

/** AUS_EFORMAT "name:line: ..." Local. */
int aus_gpuqueue_refuse(const aus_gpuqueue_reader *r, aus_err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One per format; each reads to the end of the text.
 * @return AUS_OK; AUS_EFORMAT; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_gpuqueue_slurm_read(aus_gpuqueue_reader *r, aus_err *err);
AUS_CHECKED int aus_gpuqueue_sacct_read(aus_gpuqueue_reader *r, aus_err *err);
AUS_CHECKED int aus_gpuqueue_swf_read(aus_gpuqueue_reader *r, aus_err *err);
AUS_CHECKED int aus_gpuqueue_philly_read(aus_gpuqueue_reader *r, aus_err *err);

#endif
