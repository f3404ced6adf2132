/* rng.h - counter-based random streams: a draw is a pure function of (seed, who, which draw).
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Philox4x32-10 (Salmon et al. 2011). A stream is (key, trial, purpose); the key belongs to a
 * campaign, campaign 0 being the run itself. Draw n of a stream uses block n/2 with the counter
 * {block_lo, trial_lo, trial_hi, purpose << 16 | block_hi16}. Nothing is stored or sent: whoever
 * knows the names can make the draw. Each random quantity consumes a fixed number of draws.
 */
#ifndef AUS_UTIL_RNG_H
#define AUS_UTIL_RNG_H

#include <stdint.h>

/* Purposes; what the trial field holds stands behind each. 16..127 use the run key. */
enum {
  AUS_RNG_DESIGN_PERM = 1,   /* dimension */
  AUS_RNG_DESIGN_JITTER = 2, /* dimension */
  AUS_RNG_DESIGN_SEARCH = 3, /* iteration */
  AUS_RNG_ARRIVALS = 16,     /* scenario << 16 | application */
  AUS_RNG_SERVICE = 17,      /* scenario */
  AUS_RNG_FAILURES = 18,     /* scenario */
  AUS_RNG_USERS = 19,        /* scenario */
  AUS_RNG_TRACE = 32,        /* trace generator */
  AUS_RNG_SELECTION = 60,    /* job; draw = level + 1000 x iteration */
  AUS_RNG_ORDER = 61,
  AUS_RNG_FOLDS = 62,
  AUS_RNG_POLICY = 64,      /* task */
  AUS_RNG_MODEL_INIT = 128, /* trial id, also of the next five */
  AUS_RNG_BATCH_ORDER = 129,
  AUS_RNG_SUBSAMPLE = 130,
  AUS_RNG_DROPOUT = 131,
  AUS_RNG_TARGET_NOISE = 132,
  AUS_RNG_ACTIONS = 133,
  AUS_RNG_BO_CANDIDATES = 192, /* proposal number, also of the next three */
  AUS_RNG_BO_STARTS = 193,
  AUS_RNG_BO_THOMPSON = 194,
  AUS_RNG_BO_WEIGHTS = 195,
  AUS_RNG_BOOTSTRAP = 224, /* table id */
  AUS_RNG_PRIVATE = 0x8000 /* or-ed to a purpose: its sub-stream for rejection */
};

typedef struct aus_rng {
  uint32_t key[2];
  uint64_t trial;
  uint32_t purpose;
  uint64_t next;         /* number of the next 64-bit draw */
  uint64_t private_next; /* the same on the private sub-stream */
  uint64_t cached;       /* block number + 1 of `block`, 0: none */
  uint64_t block[2];
} aus_rng;

/** Philox4x32 with 10 rounds. Local. Source: Salmon et al., SC'11. */
void aus_rng_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/** Key of a campaign of the run with this seed (campaign 0: the run key). Local. */
void aus_rng_key(uint64_t seed, uint64_t campaign, uint32_t key[2]);

/** Open the stream (seed, campaign, trial, purpose) at draw 0. Local. */
aus_rng aus_rng_open(uint64_t seed, uint64_t campaign, uint64_t trial, uint32_t purpose);

/** Next 64 random bits; aus_rng_at() gives draw n without moving. Local. */
uint64_t aus_rng_u64(aus_rng *r);
uint64_t aus_rng_at(const aus_rng *r, uint64_t n);

/** Uniform in the open interval (0,1): ((x >> 11) + 0.5) * 2^-53, 1 - 2^-53 where that rounds to 1.
 * One draw; aus_rng_unit() is the same of given bits. */
double aus_rng_uniform(aus_rng *r);
double aus_rng_unit(uint64_t bits);
/** Integer in 0..m-1, m >= 1: multiply-and-shift, rejection on the private sub-stream. One draw. */
uint64_t aus_rng_below(aus_rng *r, uint64_t m);
/** Standard normal by inversion. One draw. */
double aus_rng_normal(aus_rng *r);
/** Exponential with mean 1: -log(u). One draw. */
double aus_rng_exponential(aus_rng *r);
/** Poisson count with a finite mean >= 0 by sequential inversion; a mean above 500 is split into
 * equal parts of at most 500, one draw each, so that the number of draws depends on the mean alone.
 * Mean 0 gives 0 and one draw. */
int64_t aus_rng_poisson(aus_rng *r, double mean);
/** Random permutation of 0..n-1 in p (Fisher-Yates from the top, n-1 draws). */
void aus_rng_permutation(aus_rng *r, int64_t n, int64_t *p);

#endif
