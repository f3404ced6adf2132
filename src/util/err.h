/* err.h - the one error type: a caller-owned struct without pointers, so that it travels by MPI.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A function that can fail returns an aus_code and takes `aus_err *err` last, which may be NULL. The
 * first error wins: filling a set error does nothing. Callers put context in front with
 * aus_err_prepend(). Inside a function that owns something use AUS_TRY, AUS_FAIL and AUS_NEW, which
 * set `rc` and jump to `done`.
 */
#ifndef AUS_UTIL_ERR_H
#define AUS_UTIL_ERR_H

#include <stdarg.h>

#define AUS_CHECKED __attribute__((warn_unused_result))

typedef enum aus_code {
  AUS_OK = 0,
  AUS_ENOMEM = -1,
  AUS_EINVAL = -2,   /* the caller broke the contract */
  AUS_ECONFIG = -3,  /* user's file or option */
  AUS_EIO = -4,      /* journal, shard, publication, files */
  AUS_EFORMAT = -5,  /* bad content of a data file */
  AUS_ENUMERIC = -6, /* no convergence, not finite, too many failed trials */
  AUS_EMPI = -7,     /* MPI failed or workers were lost */
  AUS_EDEP = -8,     /* a third-party library failed */
  AUS_ECANCEL = -9,  /* stopped early, resumable */
  AUS_EBUG = -10,    /* broken invariant */
  AUS_EBUSY = -11,   /* run directory in use */
  AUS_ERESUME = -12, /* configuration or inputs differ from those of the run to resume */
  AUS_EDIFF = -13    /* the answer of a comparing or checking command: differences, faults */
} aus_code;

typedef struct aus_err {
  int code;       /* aus_code, AUS_OK while nothing is wrong */
  int rank;       /* rank that failed; -1 until agreed */
  char where[80]; /* our source file:line, for developers */
  char text[400]; /* for the user, context in front */
} aus_err;

/** Make *err say that nothing is wrong. Local. */
void aus_err_clear(aus_err *err);

/** Fill *err unless it is set already (err may be NULL).
 *
 * @return code, always
 * Local.
 */
int aus_fail(aus_err *err, int code, const char *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
int aus_fail_v(aus_err *err, int code, const char *where, const char *format, va_list ap)
    __attribute__((format(printf, 4, 0)));

/** Put context in front of the text of a set error; nothing if err is NULL or not set. Local. */
void aus_err_prepend(aus_err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Short name of a code, "ENOMEM" for AUS_ENOMEM. Local. */
const char *aus_code_name(int code);

/** Exit status of the program for a code.
 *
 * @return 0 to 8, 70 or 75
 * Local. Source: the table in the manual, section EXIT STATUS.
 */
int aus_code_exit(int code);

#define AUS_STR2_(x) #x
#define AUS_STR_(x)  AUS_STR2_(x)
#define AUS_HERE     __FILE__ ":" AUS_STR_(__LINE__)

/* rc = call; on error goto done. */
#define AUS_TRY(call)                       \
  do {                                      \
    if ((rc = (call)) != AUS_OK) goto done; \
  } while (0)

/* Fill the error, goto done. */
#define AUS_FAIL(err, code, ...)                     \
  do {                                               \
    rc = aus_fail(err, code, AUS_HERE, __VA_ARGS__); \
    goto done;                                       \
  } while (0)

/* For our own mistakes only; off with NDEBUG. */
#ifdef NDEBUG
#define AUS_ASSERT(x) ((void)0)
#else
#include <assert.h>
#define AUS_ASSERT(x) assert(x)
#endif

#endif
