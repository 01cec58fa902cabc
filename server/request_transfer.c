/* request_transfer.c: one function for each kind of command. */
#include "server/request_transfer.h"

#include <assert.h>
#include <string.h>

#include "ledger/asset.h"
#include "server/arguments.h"
#include "server/server.h"

#define MADE_PREFIX "@t/"
static_assert(MADE_ID_MAX == sizeof MADE_PREFIX - 1 + 16 + 2 + 16, "an id made has room");

/** One command being read. */
struct reading {
    struct worker *worker;
    const struct command *command;
    const struct slice *args; /* the request's, its name first */
    uint32_t argc;
    struct reply *reply;
    struct transaction_text *text;
    struct operation_text *operation; /* the one that it becomes */
};

static bool unexpected(const struct reading *it, struct slice argument)
{
    return argument_misplaced(it->reply, argument, it->command);
}

static char *hex_write(char *out, uint64_t value, unsigned digits)
{
    for (unsigned i = digits; i-- > 0; value >>= 4) {
        out[i] = "0123456789abcdef"[value & 15];
    }
    return out + digits;
}

/** The id argument of what is to be made; '*' asks for one. */
static bool read_id(struct reading *it)
{
    struct slice id = it->args[1];
    it->operation->id = id;
    if (id.length != 1 || id.text[0] != '*') {
        return argument_transfer(it->reply, id, false);
    }
    struct worker *worker = it->worker;
    char *made = it->text->made[it->text->count];
    uint64_t count = worker->ids_made++;
    unsigned digits = 6;
    while (digits < 16 && count >> (4 * digits) != 0) {
        digits++;
    }
    memcpy(made, MADE_PREFIX, sizeof MADE_PREFIX - 1);
    char *end = hex_write(made + sizeof MADE_PREFIX - 1, worker->server->started_ns / 1000, 16);
    end = hex_write(end, worker->index, 2);
    end = hex_write(end, count, digits);
    it->operation->id = (struct slice){made, (size_t)(end - made)};
    return true;
}

/** Takes room for legs; NULL, after an error, where there is not enough. */
static struct leg_text *legs_take(struct reading *it, uint32_t count)
{
    struct transaction_text *text = it->text;
    if (count > LEGS_MAX - text->leg_count) {
        const char *what = text->count > 0 ? "transaction" : "transfer";
        reply_errorf(it->reply, "ERR", "a %s of %u legs; at most %d are taken", what, text->leg_count + count,
                     LEGS_MAX);
        return NULL;
    }
    struct leg_text *legs = &text->legs[text->leg_count];
    memset(legs, 0, count * sizeof *legs);
    text->leg_count += count;
    it->operation->legs = legs;
    return legs;
}

/** Takes room for one condition; NULL, after an error, where there is none. */
static struct condition_text *condition_take(struct reading *it)
{
    struct transaction_text *text = it->text;
    struct operation_text *operation = it->operation;
    if (operation->condition_count == OPERATION_CONDITIONS_MAX) {
        reply_errorf(it->reply, "ERR", "a transfer has at most %d conditions", OPERATION_CONDITIONS_MAX);
        return NULL;
    }
    if (text->condition_count == CONDITIONS_MAX) {
        reply_errorf(it->reply, "ERR", "a transaction has at most %d conditions, each BALANCE counted as one",
                     CONDITIONS_MAX);
        return NULL;
    }
    return &text->conditions[text->condition_count++];
}

static bool read_relation(const struct reading *it, struct slice word, enum relation *relation)
{
    static const char *const words[] = {
        [RELATION_AT_LEAST] = "GE", [RELATION_AT_MOST] = "LE", [RELATION_EXACTLY] = "EQ"};
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (argument_is(word, words[i])) {
            *relation = (enum relation)i;
            return true;
        }
    }
    return unexpected(it, word);
}

/** IF account GE|LE|EQ amount: `part` is what follows the IF. */
static bool read_condition(struct reading *it, const struct slice *part)
{
    struct condition_text *condition = condition_take(it);
    if (!condition) {
        return false;
    }
    struct operation_text *operation = it->operation;
    operation->conditions = operation->condition_count++ == 0 ? condition : operation->conditions;
    condition->account = part[0];
    return argument_account(it->reply, part[0]) && read_relation(it, part[1], &condition->relation) &&
           argument_balance(it->reply, part[2], &condition->level, &condition->negative);
}

static bool read_ttl(const struct reading *it, struct slice argument)
{
    return argument_integer(it->reply, argument, "the time to live", 1, TTL_MAX, &it->operation->ttl);
}

/** The options from args[i] on: NOTE of all, IF of TRANSFER, TTL of HOLD; NOTE and TTL once. */
static bool read_options(struct reading *it, uint32_t i)
{
    struct operation_text *operation = it->operation;
    bool noted = false;
    while (i < it->argc) {
        const struct slice *at = &it->args[i];
        uint32_t left = it->argc - i;
        if (argument_is(*at, "NOTE") && left >= 2 && !noted) {
            noted = true;
            operation->note = at[1];
            if (!argument_note(it->reply, at[1])) {
                return false;
            }
            i += 2;
        } else if (argument_is(*at, "IF") && left >= 4 && operation->type == TRANSFER_TRANSFER) {
            if (!read_condition(it, at + 1)) {
                return false;
            }
            i += 4;
        } else if (argument_is(*at, "TTL") && left >= 2 && operation->type == TRANSFER_HOLD &&
                   operation->ttl == 0) {
            if (!read_ttl(it, at[1])) {
                return false;
            }
            i += 2;
        } else {
            return unexpected(it, *at);
        }
    }
    return true;
}

static bool read_leg(const struct reading *it, const struct slice *part, struct leg_text *leg)
{
    leg->from = part[0];
    leg->to = part[1];
    return argument_account(it->reply, part[0]) && argument_account(it->reply, part[1]) &&
           argument_amount(it->reply, part[2], &leg->amount);
}

/** Whether a TRANSFER's legs end at args[i]. An account may be called IF or NOTE: a leg has an amount two
 * arguments later, and there an option has none, or nothing. */
static bool legs_end(const struct reading *it, uint32_t i)
{
    if (it->argc - i < 3) {
        return true;
    }
    struct slice amount = it->args[i + 2];
    bool option = argument_is(it->args[i], "IF") || argument_is(it->args[i], "NOTE");
    return option && !(amount.length > 0 && amount.text[0] >= '0' && amount.text[0] <= '9');
}

static bool read_transfer(struct reading *it)
{
    uint32_t count = 1; /* the first is one, whatever its accounts are called */
    while (!legs_end(it, 2 + 3 * count)) {
        count++;
    }
    struct leg_text *legs = legs_take(it, count);
    if (!legs || !read_id(it) || !read_options(it, 2 + 3 * count)) {
        return false;
    }
    it->operation->leg_count = count;
    for (uint32_t i = 0; i < count; i++) {
        if (!read_leg(it, &it->args[2 + 3 * i], &legs[i])) {
            return false;
        }
    }
    return true;
}

/** DEPOSIT and WITHDRAW: the other side is the @world of the account's asset. */
static bool read_world(struct reading *it)
{
    struct leg_text *leg = legs_take(it, 1);
    if (!leg || !read_id(it) || !argument_own_account(it->reply, it->args[2]) ||
        !argument_amount(it->reply, it->args[3], &leg->amount)) {
        return false;
    }
    const struct slice world = {WORLD_ID, sizeof WORLD_ID - 1};
    bool deposit = it->operation->type == TRANSFER_DEPOSIT;
    leg->from = deposit ? world : it->args[2];
    leg->to = deposit ? it->args[2] : world;
    it->operation->leg_count = 1;
    return read_options(it, 4);
}

static bool read_hold(struct reading *it)
{
    struct leg_text *leg = legs_take(it, 1);
    it->operation->leg_count = 1;
    return leg && read_id(it) && read_leg(it, &it->args[2], leg) && read_options(it, 5);
}

static bool read_sweep(struct reading *it)
{
    struct leg_text *leg = legs_take(it, 1);
    if (!leg || !read_id(it) || !argument_account(it->reply, it->args[2]) ||
        !argument_account(it->reply, it->args[3])) {
        return false;
    }
    leg->from = it->args[2];
    leg->to = it->args[3];
    it->operation->leg_count = 1;
    if (it->argc == 4) {
        return true;
    }
    if (it->argc != 6 || !argument_is(it->args[4], "MAX")) {
        return unexpected(it, it->args[it->argc > 6 && argument_is(it->args[4], "MAX") ? 6 : 4]);
    }
    it->operation->amount_given = true;
    return argument_amount(it->reply, it->args[5], &leg->amount);
}

/** The id, and the hold or transfer that it is about, which the server may have named. */
static bool read_reference(struct reading *it)
{
    it->operation->reference = it->args[2];
    return legs_take(it, 1) && read_id(it) && argument_transfer(it->reply, it->args[2], true);
}

static bool read_capture(struct reading *it)
{
    if (!read_reference(it)) {
        return false;
    }
    struct operation_text *operation = it->operation;
    uint32_t i = 3;
    if (i < it->argc && !argument_is(it->args[i], "KEEP")) {
        struct leg_text *leg = &it->text->legs[it->text->leg_count - 1];
        operation->amount_given = true;
        operation->leg_count = 1;
        if (!argument_amount(it->reply, it->args[i++], &leg->amount)) {
            return false;
        }
    }
    if (i < it->argc && argument_is(it->args[i], "KEEP")) {
        operation->keep = true;
        i++;
    }
    return i == it->argc || unexpected(it, it->args[i]);
}

static bool read_extension(struct reading *it)
{
    return read_reference(it) && read_ttl(it, it->args[3]);
}

/** A look among other commands: its account is kept as a leg's, and becomes a condition that always holds. */
static bool read_balance(struct reading *it)
{
    if (it->argc > 2) {
        reply_errorf(it->reply, "ERR", "BALANCE of another time is not allowed in a transaction");
        return false;
    }
    struct leg_text *leg = legs_take(it, 1);
    if (!leg || !condition_take(it)) {
        return false;
    }
    leg->from = it->args[1];
    return argument_account(it->reply, it->args[1]);
}

/** The type that a command becomes in the ledger. */
static bool operation_type(enum command_id command, enum transfer_type *type)
{
    switch (command) {
    case COMMAND_TRANSFER: *type = TRANSFER_TRANSFER; return true;
    case COMMAND_DEPOSIT: *type = TRANSFER_DEPOSIT; return true;
    case COMMAND_WITHDRAW: *type = TRANSFER_WITHDRAW; return true;
    case COMMAND_SWEEP: *type = TRANSFER_SWEEP; return true;
    case COMMAND_HOLD: *type = TRANSFER_HOLD; return true;
    case COMMAND_CAPTURE: *type = TRANSFER_CAPTURE; return true;
    case COMMAND_EXTEND: *type = TRANSFER_EXTEND; return true;
    case COMMAND_VOID: *type = TRANSFER_VOID; return true;
    case COMMAND_REVERSE: *type = TRANSFER_REVERSE; return true;
    case COMMAND_BALANCE: *type = TRANSFER_BALANCE; return true;
    default: return false;
    }
}

bool transaction_may_have(enum command_id command)
{
    enum transfer_type type;
    return operation_type(command, &type) && type != TRANSFER_SWEEP && type != TRANSFER_EXTEND &&
           type != TRANSFER_REVERSE;
}

static bool read_command(struct reading *it)
{
    switch (it->operation->type) {
    case TRANSFER_TRANSFER: return read_transfer(it);
    case TRANSFER_DEPOSIT:
    case TRANSFER_WITHDRAW: return read_world(it);
    case TRANSFER_SWEEP: return read_sweep(it);
    case TRANSFER_HOLD: return read_hold(it);
    case TRANSFER_CAPTURE: return read_capture(it);
    case TRANSFER_EXTEND: return read_extension(it);
    case TRANSFER_VOID:
    case TRANSFER_REVERSE: return read_reference(it);
    case TRANSFER_BALANCE: return read_balance(it);
    case TRANSFER_EXPIRE: break;
    }
    assert(false && "nobody asks for an expiry");
    return false;
}

bool transaction_read(struct worker *worker, const struct command *command, const struct slice *args,
                      uint32_t argc, struct reply *reply, struct transaction_text *text)
{
    assert(text->count < OPERATIONS_MAX);
    struct reading it = {.worker = worker,
                         .command = command,
                         .args = args,
                         .argc = argc,
                         .reply = reply,
                         .text = text,
                         .operation = &text->operations[text->count]};
    *it.operation = (struct operation_text){0};
    bool known = operation_type(command->id, &it.operation->type);
    assert(known);
    if (!read_command(&it)) {
        return false;
    }
    text->count++;
    return true;
}
