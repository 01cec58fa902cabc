/* clients.h: the command CLIENT: what a connection tells and asks about itself, and about all the others.
 */
#ifndef BURSAR_SERVER_CLIENTS_H
#define BURSAR_SERVER_CLIENTS_H

#include "server/asking.h"
#include "server/errand.h"

/** Room for an address: a Unix socket's path and ":0", or a host and its port. */
#define CLIENT_ADDRESS_MAX 128

/** Writes the address of a connection's client, or with `local` the one that it connected to: "host:port", or
 * "path:0" on a Unix socket. `out` has CLIENT_ADDRESS_MAX bytes. Its worker's thread. */
void client_address(const struct connection *connection, bool local, char *out);

/** Keeps a name that a client gives, which must be printable and have no space, as CLIENT LIST shows it
 * between others: `out` has SESSION_NAME_MAX + 1 bytes. False when it is no name: the error is answered. */
bool client_name(const struct asking *it, struct slice name, char *out);

/** Answers CLIENT, or returns the errand that will bring the answer. */
struct errand *client_answer(const struct asking *it);

#endif
