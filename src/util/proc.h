/* proc.h - is a process of this machine still the one it was?
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_UTIL_PROC_H
#define AUS_UTIL_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** When a process of this host was started, in clock ticks since the machine came up: together with its
 * number this names a process, although numbers are used again.
 * @return 0 when there is no such process, it has ended (a zombie), or the system does not say. Local. */
uint64_t aus_proc_start(int64_t pid);

/** Is the process of this host that had this number and was started then still there? A zombie is not.
 * Where a start is not known (0, or the system does not say), the number has to do. Local. */
bool aus_proc_alive(int64_t pid, uint64_t start);

/** Name of this host, cut to n - 1 bytes. Local. */
void aus_proc_host(char *out, size_t n);

#endif
