/* script.h: random commands over few accounts, ids and assets, so that everything collides.
 *
 * Retries with the same contents and with others, amounts at the edges of what fits, missing accounts,
 * ceilings and overdrafts that are nearly used up, legs that spend what earlier ones brought in, @world
 * accounts on either side. A seed makes the same script again.
 */
#ifndef BURSAR_TESTS_MODEL_SCRIPT_H
#define BURSAR_TESTS_MODEL_SCRIPT_H

#include "tests/model/call.h"

struct script {
    struct words words; /* owns the calls' names */
    struct call *calls; /* owned */
    size_t count;
    struct script_parts *parts; /* owns the parts of MULTIs */
    uint64_t clock;             /* the time of the newest CLOCK */
};

/** The first calls of a script open accounts and bring money in; what follows is anything. */
#define SCRIPT_OPENING 18

/** Fills `script` with `count` (more than SCRIPT_OPENING) calls; script_free releases it. */
void script_make(struct script *script, uint64_t seed, size_t count);

/** The same with every command that the reference knows: holds, limits, reversals, MULTI; and clocks. */
void script_make_whole(struct script *script, uint64_t seed, size_t count);

/** As script_make_whole, but behind the opening each call is what SCRIPT_CALL_BYTES of the `size` given bytes
 * say, one for each throw of the dice, and then what follows from them. Up to SCRIPT_GIVEN_MAX calls. */
#define SCRIPT_CALL_BYTES 12
#define SCRIPT_GIVEN_MAX  300
void script_make_given(struct script *script, uint64_t seed, const uint8_t *given, size_t size);

void script_free(struct script *script);

/** The accounts that scripts open. */
#define SCRIPT_ACCOUNTS 12
extern const char *const script_accounts[SCRIPT_ACCOUNTS];

/** Appends up to 12 calls that end with `last`, a line each, for reports of failures. */
void script_write(const struct script *script, size_t last, struct buffer *out);

#endif
