/* proc.h - is a process of this machine still the one it was?
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_UTIL_PROC_H
#define AUS_UTIL_PROC_H

#include <stddef.h>
#include <stdint.h>

/** When a process of this host was started, in clock ticks since the machine came up: together with its
 * number this names a process, although numbers are used again.
 * @return 0 when there is no such process, it has ended (a zombie), or the system does not say. Local. */
uint64_t aus_proc_start(int64_t pid);

/** Name of this host, cut to n - 1 bytes. Local. */
void aus_proc_host(char *out, size_t n);

#endif
