/* inline.h: a request as a person types it, cut into arguments. Redis's quoting, so that what works in its
 * shell and over nc works here: "..." with \n \r \t \b \a \xHH \" \\ , and '...' with \' . A quote may open
 * within an argument (a"b c" is ab c) and must close at its end.
 */
#ifndef BURSAR_PROTO_INLINE_H
#define BURSAR_PROTO_INLINE_H

#include "proto/resp.h"

enum inline_status {
    INLINE_OK,
    INLINE_UNBALANCED,   /* a quote in argument request->argc + 1 is not closed, or closed within the argument
                          */
    INLINE_TOO_MANY_ARGS /* more than RESP_ARGS_MAX */
};

/** Cuts `line`, which has no line end, at its spaces, tabs and carriage returns. Any other byte stands for
 * itself. Quoted arguments are unescaped in place; the slices of `request` point into `line`. */
enum inline_status inline_split(char *line, size_t length, struct request *request);

#endif
