/* fault.h - faults on request (AUSPEX_FAULT), so that tests can show that they do not change results.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A specification is a list "name=value,name=value":
 *
 *   delay_ms  a task sleeps a pseudo-random time in [0, delay_ms) before it starts
 *   seed      chooses the pseudo-random numbers [0]
 *   crash_id  CAMPAIGN:INDEX of a trial that sends its own process a signal before it starts
 *   signal    which one [6, SIGABRT]
 *   hang_id   CAMPAIGN:INDEX of a trial that never starts, never ends, and never polls
 *   attempts  only the first so many attempts at these two do so [all]
 *
 * They come from a small hash of (seed, id), never from the streams that results are made of. With
 * NDEBUG everything here is off. The setting is one of the few allowed globals; the caller (not
 * this module) sleeps, and reads the environment.
 */
#ifndef AUS_UTIL_FAULT_H
#define AUS_UTIL_FAULT_H

#include "util/err.h"

#include <stdint.h>

/** Switch faults on as `spec` says; NULL or "" switches all off.
 *
 * @return AUS_OK (always with NDEBUG); AUS_ECONFIG for an unknown name or a value that is no finite
 *         number >= 0 (seed, signal, attempts: no whole number; ids: not two of them), then all is off
 *
 * Local.
 */
AUS_CHECKED int aus_fault_start(const char *spec, aus_err *err);

/** Number of the signal that this attempt at a trial is to send itself; 0: none. Local. */
int aus_fault_signal(uint64_t id, int attempt);
/** Is this attempt at a trial to hang? Local. */
int aus_fault_hangs(uint64_t id, int attempt);

/** Seconds by which the trial `id` is to be delayed, in [0, delay_ms / 1000); 0 when off. Local. */
double aus_fault_delay_s(uint64_t id);

#endif
