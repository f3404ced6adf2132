/* hosts.c - processes of this host, transports of this run.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "engine/hosts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/proc.h"

void aus_hosts_me(aus_wire_hello *h)
{
  aus_proc_host(h->host, sizeof h->host);
  h->pid = (uint64_t)getpid();
  h->started = aus_proc_start(getpid());
}

bool aus_hosts_visible(const aus_wire_hello *h)
{
  aus_wire_hello me = {0};

  aus_hosts_me(&me);
  return h->host[0] && strcmp(h->host, me.host) == 0 && h->pid != me.pid && h->started != 0 &&
         aus_hosts_alive(h);
}

bool aus_hosts_alive(const aus_wire_hello *h)
{
  return aus_proc_alive((int64_t)h->pid, h->started);
}

/* Transports that register memory with a network card, which a child then shares. "^ucx" excludes it. */
static const char *foreign_transport(const char *value)
{
  static const char *const names[] = {"ucx", "openib", "uct", "usnic", "psm", "yalla"};
  size_t i;

  if (!value || value[0] == '^') return NULL;
  for (i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strstr(value, names[i])) return names[i];
  return NULL;
}

int aus_hosts_check_fork(bool one_host, aus_err *err)
{
  int rc = AUS_OK;
  static const char *const variable[] = {"OMPI_MCA_pml", "OMPI_MCA_mtl", "OMPI_MCA_btl",
                                         "OMPI_MCA_osc"};
  size_t i;

  for (i = 0; i < sizeof variable / sizeof variable[0]; i++) {
    const char *value = getenv(variable[i]), *name = foreign_transport(value);

    if (name)
      AUS_FAIL(err, AUS_ECONFIG,
               "engine.isolate=fork: a fork may damage the transport %s (%s=%s); if you know"
               " better, set engine.isolate_force=true",
               name, variable[i], value);
  }
  if (!one_host)
    AUS_FAIL(err, AUS_ECONFIG,
             "engine.isolate=fork on more than one host: a fork may damage the transport between"
             " them; if it is safe, set engine.isolate_force=true");
done:
  return rc;
}
