/* plan.c: see plan.h. */
#include "client/bench/plan.h"

#include <string.h>

#include "proto/amount.h"

#define GROUP         10 /* accounts that share a tag, with same_shard */
#define NUMBER_DIGITS 9

static char *put(char *at, const char *text, size_t length)
{
    memcpy(at, text, length);
    return at + length;
}

/* `value` with leading zeros: names of one length keep the server's work the same for all. */
static char *put_digits(char *at, uint64_t value, unsigned digits)
{
    for (unsigned i = digits; i-- > 0; value /= 10)
        at[i] = (char)('0' + value % 10);
    return at + digits;
}

/* `value` in as few letters as an id needs: base 64 of the id alphabet, 11 digits for any 64 bits. */
static char *put_letters(char *at, uint64_t value)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.";
    do {
        *at++ = letters[value % 64];
        value /= 64;
    } while (value > 0);
    return at;
}

static char *put_tag(char *at, uint64_t account)
{
    *at++ = '{';
    at = put_digits(at, account / GROUP, NUMBER_DIGITS);
    *at++ = '}';
    return at;
}

unsigned plan_account(const struct plan *plan, uint64_t number, char *out)
{
    char *at = put(out, plan->prefix, strlen(plan->prefix));
    if (plan->same_shard)
        at = put_tag(at, number);
    return (unsigned)(put_digits(at, number, NUMBER_DIGITS) - out);
}

unsigned plan_hot_account(const struct plan *plan, char *out)
{
    return (unsigned)(put(put(out, plan->prefix, strlen(plan->prefix)), "hot", 3) - out);
}

uint64_t plan_roll(uint64_t *state, uint64_t below)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint64_t)(((amount_t)(*state * UINT64_C(2685821657736338717)) * below) >> 64);
}

static char *put_bulk(char *at, const char *text, unsigned length)
{
    *at++ = '$';
    at = put_digits(at, length, length < 10 ? 1 : 2);
    at = put(at, "\r\n", 2);
    at = put(at, text, length);
    return put(at, "\r\n", 2);
}

/* Two different accounts; with same_shard both of one group. */
static void roll_accounts(const struct plan *plan, uint64_t *dice, uint64_t *from, uint64_t *to)
{
    *from = plan_roll(dice, plan->accounts);
    uint64_t first = plan->same_shard ? *from / GROUP * GROUP : 0;
    uint64_t count = plan->same_shard ? GROUP : plan->accounts;
    if (first + count > plan->accounts)
        count = plan->accounts - first;
    *to = first + (*from - first + 1 + plan_roll(dice, count - 1)) % count;
}

void plan_transfer(const struct plan *plan, uint64_t *dice, uint64_t number, struct buffer *out)
{
    uint64_t from;
    uint64_t to;
    char name[IDENT_MAX];
    roll_accounts(plan, dice, &from, &to);
    char *start = buffer_reserve(out, 256);
    char *at = put(start, "*5\r\n$8\r\nTRANSFER\r\n", 18);

    char *end = plan->same_shard ? put_tag(name, from) : name;
    end = put_letters(end, plan->nonce);
    *end++ = '-';
    end = put_letters(end, number);
    at = put_bulk(at, name, (unsigned)(end - name));
    at = put_bulk(at, name, plan_account(plan, from, name));
    bool hot = plan->hot != PLAN_UNIFORM;
    at = put_bulk(at, name, hot ? plan_hot_account(plan, name) : plan_account(plan, to, name));
    unsigned digits = (unsigned)(put_digits(name, 1 + plan_roll(dice, 9), 1) - name);
    at = put_bulk(at, name, digits);
    out->end += (size_t)(at - start);
}
