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

void aus_range_encode(const aus_range *g, aus_buf *out)
{
  aus_buf_u64(out, g->trial);
  aus_buf_u32(out, g->table);
  aus_buf_u32(out, g->shard);
  aus_buf_u64(out, g->first);
  aus_buf_u64(out, g->n);
  aus_buf_u32(out, g->crc);
}

void aus_range_decode(aus_range *g, aus_rd *r)
{
  g->trial = aus_rd_u64(r);
  g->table = aus_rd_u32(r);
  g->shard = aus_rd_u32(r);
  g->first = aus_rd_u64(r);
  g->n = aus_rd_u64(r);
  g->crc = aus_rd_u32(r);
}
