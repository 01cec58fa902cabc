/* call_read.c: calls from text, so that a test made by hand reads as a session. See call.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/call.h"

/* The words of a command that were not read yet. */
struct reader {
    struct words *words;
    const char *rest;
};

/* The next word; NULL at the end. */
static const char *word_next(struct reader *reader)
{
    if (*reader->rest == '\0')
        return NULL;
    size_t length = strcspn(reader->rest, " ");
    const char *word = words_keep(reader->words, reader->rest, length);
    reader->rest += length;
    reader->rest += *reader->rest == ' ';
    return word;
}

/* Takes the next word if it is this one. */
static bool word_is(struct reader *reader, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(reader->rest, word, length) != 0 ||
        (reader->rest[length] != ' ' && reader->rest[length] != '\0'))
        return false;
    (void)word_next(reader);
    return true;
}

static struct decimal amount_next(struct reader *reader)
{
    return call_amount(word_next(reader));
}

static uint64_t number_next(struct reader *reader)
{
    return strtoull(word_next(reader), NULL, 10);
}

static enum call_kind kind_next(struct reader *reader)
{
    if (word_is(reader, "BALANCE"))
        return CALL_BALANCES;
    for (int kind = CALL_ASSET; kind <= CALL_EXPIRE; kind++) {
        struct call call = {.kind = (enum call_kind)kind};
        if (word_is(reader, call_word(&call)))
            return call.kind;
    }
    assert(false && "no such command");
    return CALL_ASSET;
}

/* What OPEN and LIMIT may end with. */
static void read_options(struct reader *reader, struct call *call)
{
    if (word_is(reader, "OVERDRAFT")) {
        call->has_overdraft = true;
        call->overdraft = amount_next(reader);
    }
    call->unlimited = word_is(reader, "UNLIMITED");
    call->no_ceiling = word_is(reader, "NOCEILING");
    call->has_ceiling = word_is(reader, "CEILING");
    if (call->has_ceiling)
        call->ceiling = amount_next(reader);
}

static bool at_legs_end(const struct reader *reader)
{
    return *reader->rest == '\0' || strncmp(reader->rest, "IF ", 3) == 0 ||
           strncmp(reader->rest, "NOTE ", 5) == 0 || strncmp(reader->rest, "TTL ", 4) == 0 ||
           strncmp(reader->rest, "MAX ", 4) == 0;
}

static void read_legs(struct reader *reader, struct call *call)
{
    while (!at_legs_end(reader)) {
        struct call_leg *leg = &call->legs[call->leg_count++];
        leg->from = call->kind == CALL_DEPOSIT ? "@world" : word_next(reader);
        leg->to = call->kind == CALL_WITHDRAW ? "@world" : word_next(reader);
        if (call->kind != CALL_SWEEP)
            leg->amount = amount_next(reader);
    }
    while (word_is(reader, "IF")) {
        const char *account = word_next(reader);
        const char *relation = word_next(reader);
        call_add_condition(call, account,
                           strcmp(relation, "GE") == 0   ? CALL_AT_LEAST
                           : strcmp(relation, "LE") == 0 ? CALL_AT_MOST
                                                         : CALL_EXACTLY,
                           word_next(reader));
    }
    if (word_is(reader, "TTL"))
        call->seconds = number_next(reader);
    if (call->kind != CALL_SWEEP)
        call->note = word_is(reader, "NOTE") ? word_next(reader) : "";
    call->has_amount = word_is(reader, "MAX");
    if (call->has_amount)
        call->amount = amount_next(reader);
}

/* What follows the id of CAPTURE, EXTEND, VOID and REVERSE. */
static void read_target(struct reader *reader, struct call *call)
{
    call->target = word_next(reader);
    if (call->kind == CALL_EXTEND)
        call->seconds = number_next(reader);
    if (call->kind != CALL_CAPTURE)
        return;
    call->has_amount = *reader->rest != '\0' && *reader->rest != 'K';
    if (call->has_amount)
        call->amount = amount_next(reader);
    call->keep = word_is(reader, "KEEP");
}

static struct call read_one(struct words *words, const char *text)
{
    struct reader reader = {words, text};
    struct call call = {.kind = kind_next(&reader)};
    if (call.kind == CALL_BALANCES) {
        while (*reader.rest != '\0')
            call.accounts[call.account_count++] = word_next(&reader);
    } else if (call.kind == CALL_CLOCK)
        call.time = number_next(&reader);
    else
        call.name = word_next(&reader);
    if (call.kind == CALL_ASSET)
        call.scale = (unsigned)number_next(&reader);
    if (call.kind == CALL_OPEN)
        call.asset = word_next(&reader);
    if (call.kind == CALL_OPEN || call.kind == CALL_LIMIT)
        read_options(&reader, &call);
    else if (call_moves_money(&call) || call.kind == CALL_HOLD || call.kind == CALL_SWEEP)
        read_legs(&reader, &call);
    else if (call_has_id(&call))
        read_target(&reader, &call);
    assert(*reader.rest == '\0');
    return call;
}

struct call call_read(struct words *words, const char *text, struct call *parts)
{
    if (strncmp(text, "MULTI", 5) != 0)
        return read_one(words, text);
    unsigned count = 0;
    for (text += 5; *text != '\0'; count++) {
        text += strspn(text, "; ");
        size_t length = strcspn(text, ";");
        parts[count] = read_one(words, words_keep(words, text, length));
        text += length;
    }
    return call_multi(parts, count);
}
