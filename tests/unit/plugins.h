/* plugins.h - for tests that start MPI and stop it again: its plugins stay loaded under the leak checker.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_UNIT_PLUGINS_H
#define AUS_UNIT_PLUGINS_H

#ifdef AUS_SANITIZED
/* The leak checker names blocks by the library that asked for them (tests/lsan.supp). */
int dlclose(void *library);
int dlclose(void *library)
{
  (void)library;
  return 0;
}
#endif

#endif
