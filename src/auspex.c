/* auspex.c - look up the command, MPI and PETSc up, dispatch, agree, down.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include <stdio.h>

int main(void)
{
  puts(PACKAGE_STRING);
  return 0;
}
