/* ledger_house.h: a few shards driven by hand: a test delivers every message itself, and looks in between. */
#ifndef BURSAR_TESTS_UNIT_LEDGER_HOUSE_H
#define BURSAR_TESTS_UNIT_LEDGER_HOUSE_H

#include "ledger/compose.h"
#include "ledger/shard.h"

#define HOUSE_SHARDS     3 /* of a house that does not say otherwise */
#define HOUSE_SHARDS_MAX 4

struct house {
    unsigned count;
    struct shard *shards[HOUSE_SHARDS_MAX];
    struct outbox out[HOUSE_SHARDS_MAX];
    struct sender sender;
    struct buffer draft;
    sequence_t next;    /* the next number to be claimed */
    uint64_t records;   /* bytes of records written so far */
    bool batching;      /* batches go on: nothing is sealed until this is false again */
    char names[26][16]; /* house_name's */
    char text[1024];    /* house_answer's */
};

struct house *house_build(void);

/** With so many shards, which remember ids for so long. */
struct house *house_build_with(unsigned shards, uint64_t id_window_ns);
void house_free(struct house *house);

/** Lets all messages arrive, expects that nothing is left open or waiting, and frees the house. */
void house_close(struct house *house);

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

/** One command; several, as an EXEC; a change that has no limits. */
void house_operation(struct house *house, uint64_t ticket, const struct operation_text *text);
void house_exec(struct house *house, uint64_t ticket, unsigned count, const struct operation_text *texts);
void house_change(struct house *house, uint64_t ticket, const char *account, enum change_type type);

/** LIMIT account UNLIMITED NOCEILING, or OVERDRAFT 0. */
void house_limit(struct house *house, uint64_t ticket, const char *account, bool unlimited);

/** HOLD id from to cents, with a TTL in seconds (0: none); CAPTURE of an amount (0: all of it), or VOID. */
void house_hold(struct house *house, uint64_t ticket, const char *id, const char *from, const char *to,
                uint64_t cents, uint64_t ttl);
void house_capture(struct house *house, uint64_t ticket, const char *id, const char *hold, uint64_t cents,
                   bool keep);
void house_void(struct house *house, uint64_t ticket, const char *id, const char *hold);

/** LOOKUP. */
void house_lookup(struct house *house, uint64_t ticket, const char *id);

/** From now on requests are composed by a client of this shard's worker, who knows what is spread. */
void house_client_of(struct house *house, unsigned shard);

/** Tells a shard the time, and seals. Number n has the time 1000 + n. */
void house_clock(struct house *house, unsigned shard, uint64_t now);

/** Delivers the oldest message from one shard to another, and seals. Returns its kind; -1 when there is none.
 */
int house_deliver(struct house *house, unsigned from, unsigned to);

/** Delivers everything until nothing is left. */
void house_settle(struct house *house);

/** Takes the answer to the request with this ticket and returns it as text: "NUMBER", "OK", "CODE sentence",
 * the balances, "survey NUMBER", of an EXEC "[NUMBER, BALANCE]", of a LOOKUP "nothing", "posted", "reversed"
 * or "held 5.00", of an ended hold "captured", "voided" or "expired"; "" when there is none yet. Good until
 * the next call. */
const char *house_answer(struct house *house, uint64_t ticket);

/** The newest number that changed an account, as ACCOUNT shows it. Settles. */
sequence_t house_last(struct house *house, const char *account);

/** The sum over all shards. */
struct shard_numbers house_count(const struct house *house);

#endif
