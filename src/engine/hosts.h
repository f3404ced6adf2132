/* hosts.h - what can be known about processes on this host, and what a fork would meet.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Open MPI (4.1, with --enable-recovery) reports nothing about a dead rank. A worker on another host is given up
 * for its silence; one on rank 0's own host is looked for by its number, which is quicker.
 */
#ifndef AUS_ENGINE_HOSTS_H
#define AUS_ENGINE_HOSTS_H

#include "engine/wire.h"

/** Who this process is: host, pid and start for HELLO. Local. */
void aus_hosts_me(aus_wire_hello *h);

/** Can this process tell by looking whether the sender of a HELLO lives? (The same host, and the number is
 * its own: containers may have numbers of their own.) Local. */
bool aus_hosts_visible(const aus_wire_hello *h);
/** Does it live? Only for visible ones. Local. */
bool aus_hosts_alive(const aus_wire_hello *h);

/** May processes that use MPI fork here?
 * @param [in] one_host  all ranks are on one host
 * @return AUS_OK; AUS_ECONFIG for a transport that a fork may damage, and for several hosts, whose transport
 *         nobody knows: names engine.isolate_force. Local. Reads OMPI_MCA_pml, _mtl, _btl and _osc. */
AUS_CHECKED int aus_hosts_check_fork(bool one_host, aus_err *err);

#endif
