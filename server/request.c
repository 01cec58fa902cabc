/* request.c: one function for each command. */
#include "server/request.h"

#include <assert.h>
#include <string.h>

#include "ledger/compose.h"
#include "server/arguments.h"
#include "server/flight.h"
#include "server/request_transfer.h"
#include "server/server.h"

/* Listing: as SCAN's. */
#define PAGE_DEFAULT 10

/* Records that FEED tells, and how long it may wait: a hundred years. */
#define FEED_DEFAULT     100
#define FEED_MAX         1000
#define FEED_WAIT_MAX_MS UINT64_C(3153600000000)

/* Entries that HISTORY tells. */
#define HISTORY_DEFAULT 100
#define HISTORY_MAX     1000

/** One command being composed. */
struct composing {
    struct worker *worker;
    const struct command *command;
    const struct slice *args; /* the request's, its name first */
    uint32_t argc;
    struct reply *reply;
    struct slice *text;
};

static bool unexpected(const struct composing *it, struct slice argument)
{
    return argument_misplaced(it->reply, argument, it->command);
}

static void *compose_asset(struct composing *it)
{
    uint64_t scale = 0;
    if (!argument_asset(it->reply, it->args[1]) ||
        !argument_integer(it->reply, it->args[2], "scale", 0, AMOUNT_SCALE_MAX, &scale)) {
        return NULL;
    }
    return compose_define(&it->worker->draft, &it->worker->sender, it->args[1], (unsigned)scale);
}

/** The limits of an account as OPEN and LIMIT take them. */
struct limit_options {
    bool overdraft_given;
    bool unlimited;
    bool ceiling_given;
    bool no_ceiling;
    struct decimal overdraft;
    struct decimal ceiling;
};

/** The options from args[i] on. */
static bool limit_options(const struct composing *it, uint32_t i, struct limit_options *options)
{
    for (; i < it->argc; i++) {
        struct slice word = it->args[i];
        bool limited = options->overdraft_given || options->unlimited;
        bool ceiled = options->ceiling_given || options->no_ceiling;
        bool has_value = i + 1 < it->argc;
        if (argument_is(word, "UNLIMITED") && !limited) {
            options->unlimited = true;
        } else if (argument_is(word, "NOCEILING") && !ceiled && it->command->id == COMMAND_LIMIT) {
            options->no_ceiling = true;
        } else if (argument_is(word, "OVERDRAFT") && !limited && has_value) {
            options->overdraft_given = true;
            if (!argument_amount(it->reply, it->args[++i], &options->overdraft)) {
                return false;
            }
        } else if (argument_is(word, "CEILING") && !ceiled && has_value) {
            options->ceiling_given = true;
            if (!argument_amount(it->reply, it->args[++i], &options->ceiling)) {
                return false;
            }
        } else {
            return unexpected(it, word);
        }
    }
    return true;
}

static void *compose_opening(struct composing *it)
{
    struct limit_options options = {0};
    if (!argument_own_account(it->reply, it->args[1]) || !argument_asset(it->reply, it->args[2]) ||
        !limit_options(it, 3, &options)) {
        return NULL;
    }
    struct open_message *message =
        compose_open(&it->worker->draft, &it->worker->sender, it->args[1], it->args[2]);
    message->overdraft = options.overdraft.mantissa;
    message->overdraft_digits = options.overdraft.digits;
    message->ceiling = options.ceiling.mantissa;
    message->ceiling_digits = options.ceiling.digits;
    message->unlimited = options.unlimited;
    message->has_ceiling = options.ceiling_given;
    return message;
}

static void *compose_limits(struct composing *it)
{
    struct limit_options options = {0};
    if (!argument_own_account(it->reply, it->args[1]) || !limit_options(it, 2, &options)) {
        return NULL;
    }
    if (it->argc == 2) {
        reply_errorf(it->reply, "ERR", "LIMIT needs a limit: OVERDRAFT, UNLIMITED, CEILING or NOCEILING");
        return NULL;
    }
    struct change_message *message =
        compose_change(&it->worker->draft, &it->worker->sender, it->args[1], CHANGE_LIMIT);
    message->overdraft_given = options.overdraft_given;
    message->overdraft = options.overdraft.mantissa;
    message->overdraft_digits = options.overdraft.digits;
    message->unlimited = options.unlimited;
    message->ceiling_given = options.ceiling_given;
    message->ceiling = options.ceiling.mantissa;
    message->ceiling_digits = options.ceiling.digits;
    message->no_ceiling = options.no_ceiling;
    return message;
}

/** FREEZE, THAW and CLOSE. */
static void *compose_state(struct composing *it, enum change_type type)
{
    if (!argument_own_account(it->reply, it->args[1])) {
        return NULL;
    }
    return compose_change(&it->worker->draft, &it->worker->sender, it->args[1], type);
}

/** All that moves or holds money. */
static void *compose_moving(struct composing *it)
{
    struct transaction_text text;
    text.count = text.leg_count = text.condition_count = 0;
    if (!transaction_read(it->worker, it->command, it->args, it->argc, it->reply, &text)) {
        return NULL;
    }
    return compose_transaction(&it->worker->draft, &it->worker->sender, 1, text.operations, false);
}

/** An inquiry to the history about the account args[1], to be completed. NULL: it can't be asked. */
static struct inquiry *history_inquiry(struct composing *it)
{
    if (it->worker->server->config.durability == DURABILITY_NONE) {
        reply_errorf(it->reply, "ERR", "durability is none: nothing is kept, so there is no history");
        return NULL;
    }
    if (!argument_account(it->reply, it->args[1])) {
        return NULL;
    }
    return inquiry_compose(&it->worker->draft, &it->worker->sender, SERVICE_HISTORY, it->args[1]);
}

static void *compose_history(struct composing *it)
{
    struct inquiry *inquiry = history_inquiry(it);
    uint64_t count = 0;
    for (uint32_t i = 2; inquiry && i < it->argc; i++) {
        struct slice word = it->args[i];
        bool has_value = i + 1 < it->argc;
        bool good = false;
        if (argument_is(word, "REV") && !inquiry->reverse) {
            inquiry->reverse = good = true;
        } else if (argument_is(word, "FROM") && has_value && !inquiry->from.given) {
            good = argument_place(it->reply, it->args[++i], &inquiry->from);
        } else if (argument_is(word, "TO") && has_value && !inquiry->to.given) {
            good = argument_place(it->reply, it->args[++i], &inquiry->to);
        } else if (argument_is(word, "COUNT") && has_value && count == 0) {
            good = argument_integer(it->reply, it->args[++i], "COUNT", 1, HISTORY_MAX, &count);
        } else {
            unexpected(it, word);
        }
        if (!good) {
            return NULL;
        }
    }
    if (inquiry) {
        inquiry->count = count ? (uint32_t)count : HISTORY_DEFAULT;
    }
    return inquiry;
}

/** BALANCE account AT place. */
static void *compose_balance_at(struct composing *it)
{
    if (it->argc != 4 || !argument_is(it->args[2], "AT")) {
        unexpected(it, it->args[2]);
        return NULL;
    }
    struct inquiry *inquiry = history_inquiry(it);
    return inquiry && argument_place(it->reply, it->args[3], &inquiry->to) ? inquiry : NULL;
}

/** One option of FEED and its value. Each is given once. */
static bool feed_option(const struct composing *it, uint32_t place, struct inquiry *inquiry)
{
    struct slice word = it->args[place];
    struct slice value = it->args[place + 1];
    uint64_t number = 0;
    if (argument_is(word, "FROM") && !inquiry->from.given) {
        inquiry->from.given = true;
        return argument_integer(it->reply, value, "FROM", 0, INT64_MAX, &inquiry->from.value);
    }
    if (argument_is(word, "COUNT") && inquiry->count == 0) {
        bool good = argument_integer(it->reply, value, "COUNT", 1, FEED_MAX, &number);
        inquiry->count = (uint32_t)number;
        return good;
    }
    if (argument_is(word, "BLOCK") && !inquiry->waits) {
        inquiry->waits = true;
        return argument_integer(it->reply, value, "BLOCK", 0, FEED_WAIT_MAX_MS, &inquiry->wait_ms);
    }
    return unexpected(it, word);
}

static void *compose_feed(struct composing *it)
{
    if (it->worker->server->config.durability == DURABILITY_NONE) {
        reply_errorf(it->reply, "ERR", "durability is none: nothing is kept, so there is nothing to follow");
        return NULL;
    }
    struct inquiry *inquiry =
        inquiry_compose(&it->worker->draft, &it->worker->sender, SERVICE_FEED, (struct slice){"", 0});
    for (uint32_t i = 1; i < it->argc; i += 2) {
        if (i + 1 == it->argc) {
            unexpected(it, it->args[i]);
            return NULL;
        }
        if (!feed_option(it, i, inquiry)) {
            return NULL;
        }
    }
    if (!inquiry->from.given) {
        unexpected(it, it->args[1]);
        return NULL;
    }
    if (inquiry->from.value == 0) {
        inquiry->from.value = 1;
    }
    if (inquiry->count == 0) {
        inquiry->count = FEED_DEFAULT;
    }
    return inquiry;
}

/** BALANCE, BALANCES and ACCOUNT. */
static void *compose_reading(struct composing *it)
{
    if (it->command->id == COMMAND_BALANCE && it->argc > 2) {
        return compose_balance_at(it);
    }
    for (uint32_t i = 1; i < it->argc; i++) {
        if (!argument_account(it->reply, it->args[i])) {
            return NULL;
        }
    }
    return compose_read(&it->worker->draft, &it->worker->sender, it->argc - 1, it->args + 1);
}

static void *compose_looking(struct composing *it)
{
    if (!argument_transfer(it->reply, it->args[1], true)) {
        return NULL;
    }
    *it->text = it->args[1];
    return compose_lookup(&it->worker->draft, &it->worker->sender, it->args[1]);
}

static bool page_pattern(struct composing *it, struct slice pattern)
{
    if (pattern.length > FLIGHT_ASIDE_MAX || memchr(pattern.text, '\0', pattern.length)) {
        reply_errorf(it->reply, "ERR",
                     "the pattern has %zu bytes; it must have at most %d and no NUL among them",
                     pattern.length, FLIGHT_ASIDE_MAX);
        return false;
    }
    *it->text = pattern;
    return true;
}

static void *compose_listing(struct composing *it)
{
    uint64_t after = 0;
    uint64_t count = PAGE_DEFAULT;
    /* MATCH and COUNT come in pairs: an odd argument among them is the cursor, and comes first. */
    uint32_t i = it->argc % 2 == 0 ? 2 : 1;
    if (i == 2 && !argument_integer(it->reply, it->args[1], "cursor", 0, SEQUENCE_PROVISIONAL - 1, &after)) {
        return NULL;
    }
    for (; i < it->argc; i += 2) {
        if (argument_is(it->args[i], "MATCH")) {
            if (!page_pattern(it, it->args[i + 1])) {
                return NULL;
            }
        } else if (argument_is(it->args[i], "COUNT")) {
            if (!argument_integer(it->reply, it->args[i + 1], "COUNT", 1, PAGE_MAX, &count)) {
                return NULL;
            }
        } else {
            unexpected(it, it->args[i]);
            return NULL;
        }
    }
    return compose_page(&it->worker->draft, &it->worker->sender, after, (unsigned)count);
}

/** A snapshot begins with a survey. */
static void *compose_saving(struct composing *it)
{
    if (it->worker->server->config.durability == DURABILITY_NONE) {
        reply_errorf(it->reply, "ERR", "durability is none: nothing is kept, so there is nothing to save to");
        return NULL;
    }
    return compose_survey(&it->worker->draft, &it->worker->sender);
}

static void *compose_command(struct composing *it)
{
    switch (it->command->id) {
    case COMMAND_ASSET: return compose_asset(it);
    case COMMAND_OPEN: return compose_opening(it);
    case COMMAND_LIMIT: return compose_limits(it);
    case COMMAND_FREEZE: return compose_state(it, CHANGE_FREEZE);
    case COMMAND_THAW: return compose_state(it, CHANGE_THAW);
    case COMMAND_CLOSE: return compose_state(it, CHANGE_CLOSE);
    case COMMAND_TRANSFER:
    case COMMAND_DEPOSIT:
    case COMMAND_WITHDRAW:
    case COMMAND_SWEEP:
    case COMMAND_HOLD:
    case COMMAND_CAPTURE:
    case COMMAND_EXTEND:
    case COMMAND_VOID:
    case COMMAND_REVERSE: return compose_moving(it);
    case COMMAND_BALANCE:
    case COMMAND_BALANCES:
    case COMMAND_ACCOUNT: return compose_reading(it);
    case COMMAND_HISTORY: return compose_history(it);
    case COMMAND_FEED: return compose_feed(it);
    case COMMAND_LOOKUP: return compose_looking(it);
    case COMMAND_ACCOUNTS: return compose_listing(it);
    case COMMAND_ASSETS:
    case COMMAND_TRIAL:
    case COMMAND_DBSIZE: return compose_survey(&it->worker->draft, &it->worker->sender);
    case COMMAND_SAVE: return compose_saving(it);
    default: break;
    }
    assert(false && "a command that reads or writes the ledger has a message");
    return NULL;
}

const struct message *request_compose(struct worker *worker, const struct command *command,
                                      const struct request *request, struct reply *reply, struct slice *text)
{
    struct composing it = {.worker = worker,
                           .command = command,
                           .args = request->args,
                           .argc = request->argc,
                           .reply = reply,
                           .text = text};
    return compose_command(&it);
}
