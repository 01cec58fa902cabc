/* ledger_house.h: a few shards driven by hand: a test delivers every message itself, and looks in between. */
#ifndef BURSAR_TESTS_UNIT_LEDGER_HOUSE_H
#define BURSAR_TESTS_UNIT_LEDGER_HOUSE_H

#include "ledger/compose.h"
#include "ledger/shard.h"

#define HOUSE_SHARDS 3

struct house {
    struct shard *shards[HOUSE_SHARDS];
    struct outbox out[HOUSE_SHARDS];
    struct sender sender;
    struct buffer draft;
    sequence_t next;    /* the next number to be claimed */
    uint64_t records;   /* bytes of records written so far */
    char names[26][16]; /* house_name's */
    char text[1024];    /* house_answer's */
};

struct house *house_build(void);
void house_free(struct house *house);

/** An id that lives on `shard`: the same for the same letter, 'a' to 'z', and shard, with the letter first.
 */
const char *house_name(struct house *house, char letter, unsigned shard);

/** Gives a composed request (in house->draft) to the first of its shards, under `ticket`, and seals. */
void house_submit(struct house *house, uint64_t ticket);

/** Shorthands: compose and submit. Amounts are in cents. */
void house_open(struct house *house, uint64_t ticket, const char *account);
void house_transfer(struct house *house, uint64_t ticket, const char *id, const char *from, const char *to,
                    uint64_t cents);
void house_deposit(struct house *house, uint64_t ticket, const char *id, const char *account, uint64_t cents);
void house_balances(struct house *house, uint64_t ticket, const char *one, const char *two);

/** Delivers the oldest message from one shard to another, and seals. Returns its kind; -1 when there is none.
 */
int house_deliver(struct house *house, unsigned from, unsigned to);

/** Delivers everything until nothing is left. */
void house_settle(struct house *house);

/** Takes the answer to the request with this ticket and returns it as text: "NUMBER", "OK", "CODE sentence",
 * the balances, "survey NUMBER"; "" when there is none yet. Good until the next call. */
const char *house_answer(struct house *house, uint64_t ticket);

/** The sum over all shards. */
struct shard_numbers house_count(const struct house *house);

#endif
