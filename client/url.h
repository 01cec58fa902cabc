/* url.h: a server's place as a URL: bursar://host[:port], bursar+unix:///path or unix:///path. */
#ifndef BURSAR_CLIENT_URL_H
#define BURSAR_CLIENT_URL_H

#include <stdbool.h>

#include "client/link.h"

/** The port where a URL names none, and where none is named at all. */
#define URL_PORT_DEFAULT "7171"

/** What a URL has to look like, for errors. */
#define URL_FORMS "bursar://host[:port], bursar+unix:///path or unix:///path"

/** What a URL says, unescaped, where a place can point at it. */
struct url {
    char host[256];   /* a name of the Internet has at most 253 bytes */
    char port[6];     /* up to 65535 */
    char socket[108]; /* as in struct sockaddr_un */
};

/** Sets host, port and socket of `place` to those of the text, which are kept in `url`; %HH stands for a
 * byte, an IPv6 address is in brackets. False when it is no such URL: then `*why` says in a few words what is
 * wrong with it, and the place is not to be used. */
bool url_parse(const char *text, struct url *url, struct place *place, const char **why);

/** Whether a text is a whole number from 1 to 65535. */
bool url_port_valid(const char *text);

#endif
