/* log.h - one line per event on stderr, with levels per module.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Levels: error (run or sample lost), warn (odd, result still valid), info (a few lines per phase),
 * debug (decisions), trace (events). Rank 0 logs from info on, other ranks from warn on, with the
 * prefix "[rank]". AUSPEX_LOG=info,store:debug changes levels for all or for one module.
 */
#ifndef AUS_UTIL_LOG_H
#define AUS_UTIL_LOG_H

typedef enum aus_log_level {
  AUS_LOG_NONE,
  AUS_LOG_ERROR,
  AUS_LOG_WARN,
  AUS_LOG_INFO,
  AUS_LOG_DEBUG,
  AUS_LOG_TRACE
} aus_log_level;

/** Set the rank, the default level and the per-module levels of `spec` (AUSPEX_LOG; may be NULL).
 * Unknown words in spec are named in a warning and ignored. Local. */
void aus_log_start(int rank, aus_log_level level, const char *spec);

/** True if a line of this level and module would be written. Local. */
int aus_log_on(aus_log_level level, const char *module);

/** Write one line "seconds level module: text". Local. */
void aus_log(aus_log_level level, const char *module, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

enum { AUS_LOG_KEPT = 5 };

/** The last warnings and errors of this rank, the oldest first, as "seconds module: text": also those
 * that the level kept off stderr. @param [out] out  lent until the next one. @return how many. Local. */
int aus_log_warnings(const char *out[AUS_LOG_KEPT]);

/** Tell the log that a progress line stands on the terminal and must be cleared first. Local. */
void aus_log_live(int on);

#define AUS_ERROR(module, ...) aus_log(AUS_LOG_ERROR, module, __VA_ARGS__)
#define AUS_WARN(module, ...)  aus_log(AUS_LOG_WARN, module, __VA_ARGS__)
#define AUS_INFO(module, ...)  aus_log(AUS_LOG_INFO, module, __VA_ARGS__)
#define AUS_DEBUG(module, ...) aus_log(AUS_LOG_DEBUG, module, __VA_ARGS__)
#define AUS_TRACE(module, ...) aus_log(AUS_LOG_TRACE, module, __VA_ARGS__)

#endif
