/* batch.h: the commands of standard input, one a line, pipelined: many in flight, replies printed in order.
 */
#ifndef BURSAR_CLIENT_BATCH_H
#define BURSAR_CLIENT_BATCH_H

#include "client/call.h"

/** Runs every line of standard input. Lines have Redis's quoting; empty lines and those that start with # are
 * skipped. Errors go to stderr with their line's number. When the connection is lost, connects again and
 * sends again from the first line without an answer, or from the MULTI of its transaction, if all that were
 * sent are safe to send again; else ends and says what is known of the lines in flight. Returns EXIT_REJECTED
 * when any line was rejected or made no sense, EXIT_NO_CONNECTION or EXIT_UNKNOWN when the connection was
 * lost for good. */
enum exit_status batch_run(struct link *link, const struct print_style *style);

#endif
