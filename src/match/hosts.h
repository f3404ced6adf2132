/* match/hosts.h - sets of hosts and of ranks as Flux writes them.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A host list is "a,node[0-3,7]-ib": names between commas, each with at most one list of numbers in brackets;
 * zeros in front of its first number fill up all of them. A set of ids is "0-3,7", ascending, brackets around it
 * allowed.
 */
#ifndef AUS_MATCH_HOSTS_H
#define AUS_MATCH_HOSTS_H

#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

/** @return AUS_OK; AUS_EFORMAT. Local. Source: Flux RFC 29. */
AUS_CHECKED int aus_match_hosts_check(const char *list, aus_err *err);
/** Is the host in a list that was checked? "" has none. Local. */
bool aus_match_hosts_have(const char *list, const char *host);

/** @param [out] least  the smallest id. @return AUS_OK; AUS_EFORMAT. Local. Source: Flux RFC 22. */
AUS_CHECKED int aus_match_ids_check(const char *set, int64_t *least, aus_err *err);
/** Is the id in a set that was checked? Local. */
bool aus_match_ids_have(const char *set, int64_t id);

#endif
