/* precedence.c: of several things wrong with a transfer the one that docs/protocol.md lists first is
 * reported, wherever its accounts and its id live.
 *
 * Every kind of account there is stands on every shard. A leg is put together from a payer, a receiver and an
 * amount, each of which brings its own faults; which of them come together in it is worked out here from a
 * table and not from the ledger. The sentence is compared with the reference's.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/model/cluster.h"
#include "tests/model/reference.h"
#include "tests/model/rounds.h"

#define SHARDS 3

/* In the order of checks. */
enum fault {
    FAULT_ID,
    FAULT_SAME,
    FAULT_NO_FROM,
    FAULT_NO_TO,
    FAULT_ASSET,
    FAULT_AMOUNT,
    FAULT_OVERFLOW,
    FAULT_INSUFFICIENT,
    FAULT_CEILING,
    FAULTS /* none */
};

static const char *const fault_codes[FAULTS + 1] = {
    "-IDREUSED ", "-SAMEACCOUNT ", "-NOACCOUNT ",    "-NOACCOUNT ", "-ASSET ",
    "-AMOUNT ",   "-OVERFLOW ",    "-INSUFFICIENT ", "-CEILING ",   ":"};

/* What accounts there are on every shard. */
enum role {
    ROLE_RICH,    /* USD, much of it, no limits to what it takes */
    ROLE_POOR,    /* USD, empty */
    ROLE_FULL,    /* USD, empty, with a ceiling of zero: can neither pay nor take */
    ROLE_WORN,    /* USD, empty, but its debits can't grow any more; nor its credits */
    ROLE_BRIM,    /* USD, at a ceiling that is all its credits can ever be */
    ROLE_EURO,    /* EUR, much of it */
    ROLE_MISSING, /* nobody */
    ROLES
};

#define MOST "850705917302346158658436518579420528.63" /* 2^126 - 1 cents */

/* Amounts, and whether they are at fault. The last is fit for any account's digits, and for nobody's total.
 */
static const struct {
    const char *text;
    bool wrong;
    bool huge;
} amounts[] = {
    {"1.00", false, false},
    {"0", true, false},
    {"1.001", true, false},
    {"340282366920938463463374607431768211455", true, false},
    {"3402823669209384634633746074317682114.55", false, true},
};
#define AMOUNTS (sizeof amounts / sizeof amounts[0])

struct stage {
    struct cluster *cluster;
    struct reference *reference;
    struct words words;
    const char *accounts[ROLES][SHARDS];
    const char *spare[SHARDS]; /* the only accounts that money moves between when nothing is wrong */
    const char *used[SHARDS];  /* ids that are taken */
    unsigned names;            /* made so far */
};

/* A name that lives on `shard`, found by trying. */
static const char *name_on(struct stage *stage, const char *word, unsigned shard)
{
    for (;;) {
        const char *name = words_printf(&stage->words, "%s%u", word, stage->names++);
        if (cluster_shard(stage->cluster, name) == shard)
            return name;
    }
}

/* Has both ledgers do it, and expects them to answer the same. Returns the answer. */
static const char *stage_call(struct stage *stage, const struct call *call)
{
    struct buffer expected = {0};
    reference_call(stage->reference, call, &expected);
    const char *heard = cluster_call(stage->cluster, call);
    if (strcmp(heard, expected.bytes) != 0) {
        struct buffer text = {0};
        call_write(call, &text);
        buffer_append(&text, "", 1);
        cr_assert_fail("%s\n  was answered %s\n  and the reference says %s", text.bytes, heard,
                       expected.bytes);
    }
    buffer_free(&expected);
    return heard;
}

static void stage_open(struct stage *stage, enum role role, unsigned shard)
{
    static const char *const words[ROLES] = {"rich", "poor", "full", "worn", "brim", "euro", "none"};
    static const char *const brought[ROLES] = {
        [ROLE_RICH] = "1000000", [ROLE_WORN] = MOST, [ROLE_BRIM] = MOST, [ROLE_EURO] = "1000000"};
    const char *name = stage->accounts[role][shard] = name_on(stage, words[role], shard);
    if (role == ROLE_MISSING)
        return;
    struct call open = call_open(name, role == ROLE_EURO ? "EUR" : "USD");
    open.has_ceiling = role == ROLE_FULL || role == ROLE_BRIM;
    open.ceiling = call_amount(role == ROLE_BRIM ? MOST : "0");
    stage_call(stage, &open);
    if (brought[role] != NULL) {
        struct call deposit = call_deposit(name_on(stage, "in", 0), name, brought[role]);
        stage_call(stage, &deposit);
    }
    if (role == ROLE_WORN) {
        struct call withdraw = call_withdraw(name_on(stage, "out", 0), name, MOST);
        stage_call(stage, &withdraw);
    }
}

static struct stage stage_set(void)
{
    struct stage stage = {.reference = reference_create()};
    stage.cluster =
        cluster_create(&(struct cluster_config){.shards = SHARDS, .seed = rounds_seed(0), .batch_max = 2});
    for (unsigned shard = 0; shard < SHARDS; shard++) {
        for (unsigned role = 0; role < ROLES; role++)
            stage_open(&stage, (enum role)role, shard);
        stage.spare[shard] = stage.accounts[ROLE_RICH][shard];
        stage.used[shard] = name_on(&stage, "used", shard);
        struct call call = call_deposit(stage.used[shard], stage.spare[shard], "3");
        stage_call(&stage, &call);
    }
    return stage;
}

static void stage_clear(struct stage *stage)
{
    cluster_free(stage->cluster);
    reference_free(stage->reference);
    words_free(&stage->words);
}

/* The first fault of a leg, by what its parts bring. `same`: payer and receiver are one. */
static enum fault first_fault(enum role from, enum role to, size_t amount, bool same)
{
    if (same)
        return FAULT_SAME;
    if (from == ROLE_MISSING)
        return FAULT_NO_FROM;
    if (to == ROLE_MISSING)
        return FAULT_NO_TO;
    if ((from == ROLE_EURO) != (to == ROLE_EURO))
        return FAULT_ASSET;
    if (amounts[amount].wrong)
        return FAULT_AMOUNT;
    if (amounts[amount].huge || from == ROLE_WORN || to == ROLE_WORN || to == ROLE_BRIM)
        return FAULT_OVERFLOW;
    if (from == ROLE_POOR || from == ROLE_FULL)
        return FAULT_INSUFFICIENT;
    return to == ROLE_FULL ? FAULT_CEILING : FAULTS;
}

/* Places of a transfer's parts: digits of a number to base SHARDS. */
static unsigned place_of(unsigned placement, unsigned part)
{
    while (part-- > 0)
        placement /= SHARDS;
    return placement % SHARDS;
}

static void expect_fault(struct stage *stage, const struct call *call, enum fault fault, unsigned leg)
{
    struct buffer text = {0};
    call_write(call, &text);
    buffer_append(&text, "", 1);
    const char *heard = stage_call(stage, call);
    cr_assert(strncmp(heard, fault_codes[fault], strlen(fault_codes[fault])) == 0,
              "BURSAR_SEED=%llu: %s\n  was answered %s, not %s", (unsigned long long)rounds_seed(0),
              text.bytes, heard, fault_codes[fault]);
    if (fault != FAULT_ID && fault != FAULTS && call->leg_count > 1) {
        const char *named = heard + strlen(fault_codes[fault]);
        cr_assert(strncmp(named, leg == 0 ? "leg 1: " : "leg 2: ", 7) == 0,
                  "%s\n  was answered %s, not leg %u", text.bytes, heard, leg + 1);
    }
    buffer_free(&text);
}

/* All that may be wrong with one leg, together, with its payer, its receiver and its id on any shards. */
static void try_leg(struct stage *stage, enum role from, enum role to, size_t amount, unsigned placement)
{
    const char *payer = stage->accounts[from][place_of(placement, 0)];
    const char *receiver = stage->accounts[to][place_of(placement, 1)];
    unsigned id_shard = place_of(placement, 2);
    enum fault fault = first_fault(from, to, amount, strcmp(payer, receiver) == 0);
    if (fault == FAULTS)
        return;
    struct call fresh = call_transfer(name_on(stage, "t", id_shard), payer, receiver, amounts[amount].text);
    expect_fault(stage, &fresh, fault, 0);
    struct call reused = call_transfer(stage->used[id_shard], payer, receiver, amounts[amount].text);
    expect_fault(stage, &reused, FAULT_ID, 0);
}

Test(precedence, of_all_that_is_wrong_with_a_leg_reports_the_first)
{
    struct stage stage = stage_set();
    for (unsigned from = 0; from < ROLES; from++) {
        for (unsigned to = 0; to < ROLES; to++) {
            for (size_t amount = 0; amount < AMOUNTS; amount++) {
                for (unsigned placement = 0; placement < SHARDS * SHARDS * SHARDS; placement++)
                    try_leg(&stage, (enum role)from, (enum role)to, amount, placement);
            }
        }
    }
    stage_clear(&stage);
}

/* One leg for each fault, and one that has none. */
static const struct {
    enum role from;
    enum role to;
    size_t amount;
} samples[] = {
    {ROLE_RICH, ROLE_RICH, 0},    /* SAMEACCOUNT where both are on one shard, else none */
    {ROLE_MISSING, ROLE_RICH, 0}, /* NOACCOUNT from */
    {ROLE_RICH, ROLE_MISSING, 0}, /* NOACCOUNT to */
    {ROLE_RICH, ROLE_EURO, 0},    /* ASSET */
    {ROLE_RICH, ROLE_POOR, 2},    /* AMOUNT */
    {ROLE_WORN, ROLE_POOR, 0},    /* OVERFLOW of debits */
    {ROLE_RICH, ROLE_WORN, 0},    /* OVERFLOW of credits */
    {ROLE_FULL, ROLE_RICH, 0},    /* INSUFFICIENT */
    {ROLE_RICH, ROLE_FULL, 0},    /* CEILING */
};
#define SAMPLES (sizeof samples / sizeof samples[0])

/* Two legs with a fault each, and four accounts and an id on any shards. */
static void try_legs(struct stage *stage, size_t first, size_t second, unsigned placement)
{
    const size_t chosen[2] = {first, second};
    struct call call = {.kind = CALL_TRANSFER,
                        .name = name_on(stage, "t", place_of(placement, 4)),
                        .note = "",
                        .leg_count = 2};
    enum fault fault = FAULTS;
    unsigned at_fault = 0;
    for (unsigned leg = 0; leg < 2; leg++) {
        enum role from = samples[chosen[leg]].from;
        enum role to = samples[chosen[leg]].to;
        size_t amount = samples[chosen[leg]].amount;
        const char *payer = stage->accounts[from][place_of(placement, 2 * leg)];
        const char *receiver = stage->accounts[to][place_of(placement, 2 * leg + 1)];
        call.legs[leg] = (struct call_leg){payer, receiver, call_amount(amounts[amount].text)};
        enum fault here = first_fault(from, to, amount, strcmp(payer, receiver) == 0);
        if (fault == FAULTS && here != FAULTS) {
            fault = here;
            at_fault = leg;
        }
    }
    expect_fault(stage, &call, fault, at_fault);
}

Test(precedence, of_two_legs_reports_the_first_that_is_wrong)
{
    struct stage stage = stage_set();
    for (size_t first = 0; first < SAMPLES; first++) {
        for (size_t second = 0; second < SAMPLES; second++) {
            for (unsigned placement = 0; placement < 3 * 3 * 3 * 3 * 3; placement++)
                try_legs(&stage, first, second, placement);
        }
    }
    stage_clear(&stage);
}
