/* sha256.h - SHA-256, for the identity of configurations and input files.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Source: FIPS 180-4, sections 4.1.2, 5.1.1, 5.3.3 and 6.2. For bytes in memory use aus_sha256(); for
 * several pieces init, update (any number of times) and final give the digest of their concatenation.
 */
#ifndef AUS_UTIL_SHA256_H
#define AUS_UTIL_SHA256_H

#include <stddef.h>
#include <stdint.h>

typedef struct aus_sha256_ctx {
  uint32_t h[8];
  uint64_t n_bytes;        /* so far */
  unsigned char block[64]; /* the last n_bytes % 64 bytes */
} aus_sha256_ctx;

/** Digest of n bytes. Local. */
void aus_sha256(const void *p, size_t n, unsigned char out[32]);

void aus_sha256_init(aus_sha256_ctx *ctx);
void aus_sha256_update(aus_sha256_ctx *ctx, const void *p, size_t n);
/** The context must be initialised again before its next use. Local. */
void aus_sha256_final(aus_sha256_ctx *ctx, unsigned char out[32]);

/** A digest as 64 lower-case hexadecimal digits and a NUL. Local. */
void aus_sha256_hex(const unsigned char digest[32], char out[65]);

#endif
