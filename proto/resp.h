/* resp.h: from bytes to requests. RESP arrays of bulk strings, and inline commands as a person types them.
 *
 * The parser keeps no state: it looks at the bytes of one request from its first byte, and either finds it
 * whole or says how many bytes it needs at least, so that a caller who waits for that many never parses a
 * large argument twice. Arguments point into the caller's bytes; nothing is allocated. Format:
 * https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
#ifndef BURSAR_PROTO_RESP_H
#define BURSAR_PROTO_RESP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RESP_ARGS_MAX    1024    /* arguments of one request, its command included */
#define RESP_LINE_MAX    65536   /* bytes of an inline request or a header line, without its line end */
#define RESP_BULK_MAX    65536   /* bytes of one argument */
#define RESP_REQUEST_MAX 1048576 /* bytes of one whole request: what a connection must be able to buffer */

/** A run of bytes that somebody else owns. Not NUL-terminated. */
struct slice {
    const char *text;
    size_t length;
};

/** A NUL-terminated text as a slice. */
static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, strlen(text)};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

/** One request: args[0] is the command's name. */
struct request {
    uint32_t argc;
    struct slice args[RESP_ARGS_MAX];
};

enum resp_status {
    RESP_REQUEST, /* a request is whole; argc may be 0 (an empty line, an empty array): nothing to answer */
    RESP_MORE,    /* bytes are missing */
    RESP_ERROR    /* the framing is broken; the connection can't be read any further */
};

struct resp_result {
    enum resp_status status;
    size_t size; /* RESP_REQUEST: bytes it took. RESP_MORE: the least length worth another try, > length */
    char error[128]; /* RESP_ERROR: a sentence "Protocol error: ..." naming what was wrong, with the value */
};

/** Parses the first request in `length` bytes at `bytes`. Inline arguments with quotes are unescaped in
 * place, which is why `bytes` is writable; bytes beyond the first request are not touched. On RESP_REQUEST
 * `request` is filled and its slices point into `bytes`. Inline requests use Redis's quoting: "..." with \n
 * \r \t \b \a \xHH \" \\ , and '...' with \' ; a line ends with LF or CRLF. */
void resp_parse(char *bytes, size_t length, struct request *request, struct resp_result *result);

#endif
