/* log.h: what the server tells its operator: one line on stderr for each thing worth knowing.
 *
 * A line is "2026-01-31T12:00:00.123Z info text". Lines of several threads never mix: each is one write.
 * Nothing is logged for a single request; what goes wrong with one is told to the client that made it.
 */
#ifndef BURSAR_SERVER_LOG_H
#define BURSAR_SERVER_LOG_H

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/** Lines below `level` are dropped from now on. Any thread. At first: LOG_INFO. */
void log_set_level(enum log_level level);

/** Writes a line, as printf, cut at 1,000 bytes. Any thread. */
__attribute__((format(printf, 2, 3))) void log_write(enum log_level level, const char *format, ...);

#endif
