/* child.h - one attempt in a process of its own (isolate = fork).
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The child writes records to an anonymous file that both share (it grows as needed and counts for no limit of
 * the child's address space); the parent reads them when the child has ended well. So what a child that
 * went mad leaves is either whole or nothing. The child makes no MPI and no HDF5 call and never returns from
 * aus_child_leave(). The parent must wait until the child has ended before it starts the next one.
 */
#ifndef AUS_ENGINE_CHILD_H
#define AUS_ENGINE_CHILD_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct aus_child aus_child;

/** @param [in] memory_mb  what a child may take beyond what the parent has, MiB; 0: no limit
 * @return AUS_OK; AUS_EDEP when the system has no such file; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_child_create(aus_child **out, int64_t memory_mb, aus_err *err);
/** Kills a child that still runs. NULL is allowed. Local. */
void aus_child_destroy(aus_child *c);

/** fork(). @param [out] inside  true in the child. @return AUS_OK; AUS_EDEP; AUS_ENOMEM (no room for a process) */
AUS_CHECKED int aus_child_start(aus_child *c, bool *inside, aus_err *err);

/* The child. */

/** Begin a record that will have n bytes; aus_child_put() follows until it has them.
 * @return AUS_OK; AUS_ENOMEM when the file can take no more. Local. */
AUS_CHECKED int aus_child_begin(aus_child *c, uint32_t type, uint64_t n, aus_err *err);
AUS_CHECKED int aus_child_put(aus_child *c, const void *bytes, uint64_t n, aus_err *err);
/** End without any clean-up. */
_Noreturn void aus_child_leave(int status);

/* The parent. */

/** True when the child has ended; waits for that at most so many seconds. Local. */
bool aus_child_wait(aus_child *c, double most_s);
void aus_child_kill(aus_child *c);
/** How it ended: NULL well, else words ("SIGSEGV (Segmentation fault)"), lent. Local. */
const char *aus_child_fate(const aus_child *c);
/** Most memory it had, bytes. Local. */
int64_t aus_child_rss_bytes(const aus_child *c);

/** The next of its records, lent until the next start; payloads begin at multiples of 8.
 * @param [out] bytes  NULL after the last one
 * @return AUS_OK; AUS_EFORMAT for a cut one; AUS_ENOMEM. Local. */
AUS_CHECKED int aus_child_next(aus_child *c, uint32_t *type, const void **bytes, uint64_t *n,
                               aus_err *err);

#endif
