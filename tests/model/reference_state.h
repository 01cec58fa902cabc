/* reference_state.h: what the reference is made of, for its own files. See reference.h. */
#ifndef BURSAR_TESTS_MODEL_REFERENCE_STATE_H
#define BURSAR_TESTS_MODEL_REFERENCE_STATE_H

#include "tests/model/reference.h"

#define REFERENCE_ACCOUNTS_MAX 64
#define REFERENCE_ASSETS_MAX   16

struct reference_asset {
    const char *code;
    unsigned scale;
    bool defined; /* by a client */
};

struct reference_account {
    const char *id;
    unsigned asset; /* its place among the assets */
    bool world;     /* an asset's @world: no limits of any kind */
    bool unlimited;
    bool has_ceiling;
    amount_t overdraft; /* smallest units */
    amount_t ceiling;
    struct total debits; /* an ordinary account's stay within AMOUNT_TOTAL_MAX */
    struct total credits;
    struct stamp opened;
    sequence_t last; /* the newest number that changed it */
};

struct reference_transfer {
    struct call call;
    struct stamp stamp;        /* of the first leg */
    unsigned assets[LEGS_MAX]; /* of each leg */
};

struct reference {
    struct words words;
    unsigned asset_count;
    struct reference_asset assets[REFERENCE_ASSETS_MAX];
    unsigned account_count;
    struct reference_account accounts[REFERENCE_ACCOUNTS_MAX];
    struct reference_account tried[REFERENCE_ACCOUNTS_MAX]; /* as the transfer tried last leaves them */
    unsigned tried_assets[LEGS_MAX];
    struct reference_transfer *transfers;
    size_t transfer_count;
    size_t transfer_room;
    sequence_t last; /* the newest number */
    uint64_t clock;  /* the time of the next */
};

/** The account with this id among `count`; NULL when there is none. */
struct reference_account *reference_find(struct reference_account *accounts, unsigned count, const char *id);

/** The asset with this code; NULL when there is none. */
struct reference_asset *reference_asset(struct reference *reference, const char *code);

/** The transfer that was made with this id; NULL when none was. */
const struct reference_transfer *reference_transfer(const struct reference *reference, const char *id);

/** Answers a TRANSFER, DEPOSIT or WITHDRAW by trying it on a copy of all accounts, `tried`. True: it can be
 * done, and the copy is how it would leave them. */
bool reference_try(struct reference *reference, const struct call *call, struct buffer *reply);

/** Answers a call that only looks. */
void reference_look(struct reference *reference, const struct call *call, struct buffer *reply);

#endif
