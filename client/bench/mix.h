/* mix.h: what requests a run is made of. Text is compiled once to templates in which bytes are patched, so
 * that composing a request costs next to nothing.
 *
 * A mix is lines of "WEIGHT COMMAND WORD...", quoted as in redis-cli. A line whose weight is "+" belongs to
 * the line before it: the two follow each other on one connection. Placeholders, anywhere in a word, stand
 * for what differs from request to request; docs/loadtest.md lists them. Commands are not looked up: whatever
 * speaks the protocol can be loaded.
 */
#ifndef BURSAR_CLIENT_BENCH_MIX_H
#define BURSAR_CLIENT_BENCH_MIX_H

#include "client/bench/pick.h"
#include "proto/buffer.h"

#define MIX_LINES_MAX  64
#define MIX_LABEL_MAX  40      /* bytes, with the NUL */
#define MIX_WEIGHT_MAX 1000000 /* of one line */
#define MIX_ERROR_MAX  256

enum mix_value {
    MIX_ID,            /* a new id */
    MIX_ID_AGAIN,      /* that of an earlier request */
    MIX_ACCOUNT,       /* a random account */
    MIX_ACCOUNT_AGAIN, /* the same once more */
    MIX_OTHER,         /* another one */
    MIX_AMOUNT,
    MIX_HOT,    /* the hot account */
    MIX_NUMBER, /* the request's */
    MIX_TEXT    /* none: what stands before it is the end of a word */
};

/** Text, and then a value, which is `at` bytes from the step's start where all before it is of fixed length.
 */
struct mix_part {
    size_t at;     /* in mix->text of a fixed step: from its start; of a word: where its text is */
    size_t length; /* of a word's text before the value */
    enum mix_value value;
};

/** A run of bytes of fixed length with values patched in, or one whole word whose length varies. */
struct mix_step {
    size_t text;   /* fixed: where in mix->text it starts */
    size_t length; /* fixed: its bytes */
    size_t part;   /* the first of its parts, and how many */
    size_t parts;
    bool varies; /* a word: framed when it is composed */
};

/** One line. */
struct mix_line {
    uint64_t weight_end; /* of it and all before it; of a line with "+" the same as the line before */
    size_t step;         /* the first of its steps, and how many */
    size_t steps;
    unsigned kind;     /* of its requests: lines with one command are of one */
    size_t room;       /* bytes that a request needs at most */
    unsigned number;   /* of the line in its file */
    bool follows;      /* "+": it comes right after the line before */
    bool has_accounts; /* its id has the tag of its first account; without any, that of <id-again> */
    bool has_id;
};

/** Compiled; borrowed by all threads, which only read it. */
struct mix {
    const struct plan *plan; /* borrowed */
    struct pick pick;
    struct mix_line lines[MIX_LINES_MAX];
    unsigned count;
    uint64_t weight;                           /* of all */
    char labels[MIX_LINES_MAX][MIX_LABEL_MAX]; /* by kind: the command */
    unsigned kinds;
    struct buffer text;
    struct buffer parts; /* of struct mix_part */
    struct buffer steps; /* of struct mix_step */
    unsigned id_length;
    unsigned account_length;
    unsigned amount_length; /* 0: it varies */
    bool uses_hot;
    bool uses_accounts;
};

/** Compiles `text` (it is changed): the lines of a file. False when one is wrong: then `error` of
 * MIX_ERROR_MAX says which and why. */
bool mix_compile(struct mix *mix, const struct plan *plan, char *text, char *error);

/** Compiles what the plan asks for: the file it names, or transfers, holds and reads as it says. False as
 * above. */
bool mix_prepare(struct mix *mix, const struct plan *plan, char *error);

/** Appends the lines of transfers, holds and reads that the plan asks for. */
void mix_usual(const struct plan *plan, struct buffer *text);

void mix_free(struct mix *mix);

#endif
