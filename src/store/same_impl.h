/* same_impl.h - the comparison for objects that are open already; private to store/.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef AUS_STORE_SAME_IMPL_H
#define AUS_STORE_SAME_IMPL_H

#include <stdbool.h>

#include "store/h5.h"

/** Are the objects of this path in two open files equal, bit for bit, with all below them?
 * @return AUS_OK; codes of aus_same_files(). Local. */
AUS_CHECKED int aus_same_objects(hid_t a, hid_t b, const char *path, bool *same, aus_err *err);

#endif
