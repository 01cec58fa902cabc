/* url.c: see url.h. Of RFC 3986 only what a place needs: no user, no query, no fragment. */
#include "client/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool url_port_valid(const char *text)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    long port = strtol(text, &end, 10);
    return *end == '\0' && port >= 1 && port <= 65535;
}

static int hex_value(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *found =
        digit != '\0' ? strchr(digits, digit | ('A' <= digit && digit <= 'F' ? 0x20 : 0)) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

static bool wrong(const char **why, const char *what)
{
    *why = what;
    return false;
}

/* Writes `length` bytes with each %HH as its byte, and a NUL. False for a % that begins none, a NUL within,
 * and more than there is room for. */
static bool unescape(const char *text, size_t length, char *out, size_t room, const char **why)
{
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        int byte = (unsigned char)text[i];
        if (text[i] == '%') {
            int high = length - i > 2 ? hex_value(text[i + 1]) : -1;
            int low = length - i > 2 ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0))
                return wrong(why, "% must be followed by two hexadecimal digits");
            byte = high * 16 + low;
            i += 2;
        }
        if (used + 1 == room)
            return wrong(why, "it is too long");
        out[used++] = (char)byte;
    }
    out[used] = '\0';
    return true;
}

static bool parse_path(const char *path, struct url *url, struct place *place, const char **why)
{
    if (*path != '/' || path[1] == '\0')
        return wrong(why, "the path of a Unix socket begins with a third slash");
    if (strpbrk(path, "?#") != NULL)
        return wrong(why, "nothing may follow the path");
    place->socket = url->socket;
    return unescape(path, strlen(path), url->socket, sizeof url->socket, why);
}

/* What follows the host: nothing, or a colon and a port. */
static bool parse_port(const char *text, size_t length, struct url *url, const char **why)
{
    (void)snprintf(url->port, sizeof url->port, "%s", URL_PORT_DEFAULT);
    if (length == 0)
        return true;
    if (*text == ':' && length - 1 < sizeof url->port) {
        (void)snprintf(url->port, sizeof url->port, "%.*s", (int)length - 1, text + 1);
        if (url_port_valid(url->port))
            return true;
    }
    return wrong(why, "its port is not a whole number from 1 to 65535");
}

static bool parse_authority(const char *text, struct url *url, struct place *place, const char **why)
{
    size_t length = strcspn(text, "/?#");
    const char *end = text + length;
    const char *host = text;
    if (memchr(text, '@', length) != NULL)
        return wrong(why, "there are no users and passwords");
    if (*end != '\0' && strcmp(end, "/") != 0)
        return wrong(why, "nothing may follow host and port");
    const char *host_end = memchr(text, *text == '[' ? ']' : ':', length);
    const char *rest = host_end != NULL ? host_end : end;
    if (*text == '[') {
        if (host_end == NULL)
            return wrong(why, "the bracket before an IPv6 address is not closed");
        host++;
        rest++;
    } else if (host_end == NULL)
        host_end = end;
    if (host_end == host)
        return wrong(why, "it names no host");
    place->host = url->host;
    place->port = url->port;
    place->socket = NULL;
    return unescape(host, (size_t)(host_end - host), url->host, sizeof url->host, why) &&
           parse_port(rest, (size_t)(end - rest), url, why);
}

bool url_parse(const char *text, struct url *url, struct place *place, const char **why)
{
    static const struct {
        const char *scheme;
        bool (*parse)(const char *text, struct url *url, struct place *place, const char **why);
    } schemes[] = {{"bursar://", parse_authority}, {"bursar+unix://", parse_path}, {"unix://", parse_path}};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = strlen(schemes[i].scheme);
        if (strncasecmp(text, schemes[i].scheme, length) == 0)
            return schemes[i].parse(text + length, url, place, why);
    }
    return wrong(why,
                 strstr(text, "://") != NULL ? "it begins with another scheme" : "it begins with no scheme");
}
