/* table.c - element types of columns.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "store/table.h"

size_t aus_dtype_size(aus_dtype type)
{
  switch (type) {
  case AUS_F64:
  case AUS_I64:
  case AUS_U64:
    return 8;
  case AUS_F32:
  case AUS_I32:
  case AUS_U32:
    return 4;
  case AUS_U8:
    return 1;
  }
  return 0;
}
