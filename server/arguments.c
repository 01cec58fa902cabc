/* arguments.c: one check a function, one sentence an error. */
#include "server/arguments.h"

#include <string.h>
#include <strings.h>

#include "ledger/compose.h"
#include "ledger/message.h"
#include "proto/ident.h"
#include "server/moment.h"

/* How much of an argument an error quotes. */
#define QUOTE_MAX 80

/* Bytes of a command's syntax in an error. */
#define SYNTAX_MAX 512

static int quote_length(struct slice argument)
{
    return argument.length > QUOTE_MAX ? QUOTE_MAX : (int)argument.length;
}

bool argument_is(struct slice argument, const char *word)
{
    return argument.length == strlen(word) && strncasecmp(argument.text, word, argument.length) == 0;
}

bool argument_amount(struct reply *reply, struct slice argument, struct decimal *amount)
{
    switch (decimal_parse(argument.text, argument.length, amount)) {
    case DECIMAL_OK: return true;
    case DECIMAL_MALFORMED:
        reply_errorf(reply, "ERR",
                     "'%.*s' is not an amount; it must be a decimal number such as 12.34, without sign",
                     quote_length(argument), argument.text);
        return false;
    case DECIMAL_TOO_LARGE:
        reply_errorf(reply, "ERR", "amount '%.*s' is too large: its digits must fit 128 bits",
                     quote_length(argument), argument.text);
        return false;
    }
    return false;
}

bool argument_balance(struct reply *reply, struct slice argument, struct decimal *balance, bool *negative)
{
    struct slice digits = argument;
    bool sign = argument.length > 0 && argument.text[0] == '-';
    digits.text += sign;
    digits.length -= sign;
    switch (decimal_parse(digits.text, digits.length, balance)) {
    case DECIMAL_OK: *negative = sign && balance->mantissa != 0; return true;
    case DECIMAL_MALFORMED:
        reply_errorf(reply, "ERR", "'%.*s' is not a balance; it must be a decimal number such as 12.34 or -5",
                     quote_length(argument), argument.text);
        return false;
    case DECIMAL_TOO_LARGE:
        reply_errorf(reply, "ERR", "balance '%.*s' is too large: its digits must fit 128 bits",
                     quote_length(argument), argument.text);
        return false;
    }
    return false;
}

/** Reads digits alone; false where there is something else or too much. */
static bool integer_parse(struct slice argument, uint64_t *number)
{
    uint64_t value = 0;
    for (size_t i = 0; i < argument.length; i++) {
        unsigned digit = (unsigned char)argument.text[i] - (unsigned)'0';
        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value)) {
            return false;
        }
    }
    *number = value;
    return argument.length > 0;
}

bool argument_integer(struct reply *reply, struct slice argument, const char *what, uint64_t min,
                      uint64_t max, uint64_t *number)
{
    if (integer_parse(argument, number) && *number >= min && *number <= max) {
        return true;
    }
    reply_errorf(reply, "ERR", "%s is '%.*s'; it must be a whole number from %lu to %lu", what,
                 quote_length(argument), argument.text, min, max);
    return false;
}

bool argument_place(struct reply *reply, struct slice argument, struct inquiry_place *place)
{
    *place = (struct inquiry_place){.given = true};
    if (integer_parse(argument, &place->value) && place->value < SEQUENCE_PROVISIONAL) {
        return true;
    }
    place->is_time = moment_parse(argument, &place->value);
    if (!place->is_time) {
        reply_errorf(reply, "ERR",
                     "'%.*s' is neither a number nor a time; a time is in UTC, such as 2026-05-01T09:30:00Z",
                     quote_length(argument), argument.text);
    }
    return place->is_time;
}

static bool ident_check(struct reply *reply, struct slice argument, const char *what)
{
    if (ident_valid(argument.text, argument.length)) {
        return true;
    }
    reply_errorf(reply, "ERR", "'%.*s' is not %s id; an id is 1 to %d bytes of A-Z a-z 0-9 _ . : @ / { } -",
                 quote_length(argument), argument.text, what, IDENT_MAX);
    return false;
}

bool argument_own_account(struct reply *reply, struct slice argument)
{
    if (!ident_check(reply, argument, "an account")) {
        return false;
    }
    if (argument.text[0] != '@') {
        return true;
    }
    reply_errorf(reply, "ERR", "account id '%.*s' begins with @; such ids are the server's own",
                 quote_length(argument), argument.text);
    return false;
}

bool argument_account(struct reply *reply, struct slice argument)
{
    if (!ident_check(reply, argument, "an account")) {
        return false;
    }
    if (argument.text[0] != '@' || compose_is_world(argument)) {
        return true;
    }
    reply_errorf(reply, "ERR",
                 "account id '%.*s' begins with @; of those a client may name only @world/ASSET",
                 quote_length(argument), argument.text);
    return false;
}

bool argument_transfer(struct reply *reply, struct slice argument, bool made)
{
    if (!ident_check(reply, argument, "a transfer")) {
        return false;
    }
    if (made || argument.text[0] != '@') {
        return true;
    }
    reply_errorf(reply, "ERR", "transfer id '%.*s' begins with @; such ids are the server's own",
                 quote_length(argument), argument.text);
    return false;
}

bool argument_asset(struct reply *reply, struct slice argument)
{
    if (ident_asset_code_valid(argument.text, argument.length)) {
        return true;
    }
    reply_errorf(reply, "ERR", "'%.*s' is not an asset code; a code is 1 to %d bytes of A-Z a-z 0-9 _ . -",
                 quote_length(argument), argument.text, ASSET_CODE_MAX);
    return false;
}

bool argument_note(struct reply *reply, struct slice argument)
{
    if (argument.length <= NOTE_MAX) {
        return true;
    }
    reply_errorf(reply, "ERR", "the note has %zu bytes; at most %d are kept", argument.length, NOTE_MAX);
    return false;
}

bool argument_unexpected(struct reply *reply, struct slice argument, const char *syntax)
{
    reply_errorf(reply, "ERR", "syntax error at '%.*s'; it is %s", quote_length(argument), argument.text,
                 syntax);
    return false;
}

bool argument_misplaced(struct reply *reply, struct slice argument, const struct command *command)
{
    char syntax[SYNTAX_MAX];
    command_syntax(command, syntax, sizeof syntax);
    return argument_unexpected(reply, argument, syntax);
}
