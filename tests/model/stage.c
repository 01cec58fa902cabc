/* stage.c: see stage.h. */
#include "tests/model/stage.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/model/rounds.h"

#define MOST "850705917302346158658436518579420528.63" /* 2^126 - 1 cents */

const char *stage_name(struct stage *stage, const char *word, unsigned shard)
{
    for (;;) {
        const char *name = words_printf(&stage->words, "%s%u", word, stage->names++);
        if (cluster_shard(stage->cluster, name) == shard)
            return name;
    }
}

const char *stage_call(struct stage *stage, const struct call *call)
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

void stage_expect(struct stage *stage, const struct call *call, const char *begin)
{
    const char *heard = stage_call(stage, call);
    if (strncmp(heard, begin, strlen(begin)) == 0)
        return;
    struct buffer text = {0};
    call_write(call, &text);
    buffer_append(&text, "", 1);
    cr_assert_fail("BURSAR_SEED=%llu: %s\n  was answered %s, not %s", (unsigned long long)rounds_seed(0),
                   text.bytes, heard, begin);
}

void stage_wait(struct stage *stage)
{
    stage->clock += UINT64_C(120000000000);
    struct call clock = call_clock(stage->clock);
    stage_call(stage, &clock);
}

static void stage_change(struct stage *stage, enum call_kind kind, const char *account)
{
    struct call call = call_plain(kind, account);
    stage_expect(stage, &call, "+OK");
}

static void stage_open(struct stage *stage, enum role role, unsigned shard)
{
    static const char *const words[ROLES] = {"rich", "poor",   "full",   "worn", "brim",
                                             "euro", "frozen", "closed", "none"};
    static const char *const brought[ROLES] = {
        [ROLE_RICH] = "1000000", [ROLE_WORN] = MOST, [ROLE_BRIM] = MOST, [ROLE_EURO] = "1000000"};
    const char *name = stage->accounts[role][shard] = stage_name(stage, words[role], shard);
    if (role == ROLE_MISSING)
        return;
    struct call open = call_open(name, role == ROLE_EURO || role == ROLE_CLOSED ? "EUR" : "USD");
    open.has_ceiling = role == ROLE_FULL || role == ROLE_BRIM;
    open.ceiling = call_amount(role == ROLE_BRIM ? MOST : "0");
    stage_call(stage, &open);
    if (brought[role] != NULL) {
        struct call deposit = call_deposit(stage_name(stage, "in", 0), name, brought[role]);
        stage_call(stage, &deposit);
    }
    if (role == ROLE_WORN) {
        struct call withdraw = call_withdraw(stage_name(stage, "out", 0), name, MOST);
        stage_call(stage, &withdraw);
    }
    if (role == ROLE_FROZEN || role == ROLE_CLOSED)
        stage_change(stage, CALL_FREEZE, name);
    if (role == ROLE_CLOSED)
        stage_change(stage, CALL_CLOSE, name);
}

struct stage stage_set(void)
{
    struct stage stage = {.reference = reference_create()};
    stage.cluster = cluster_create(
        &(struct cluster_config){.shards = STAGE_SHARDS, .seed = rounds_seed(0), .batch_max = 2});
    for (unsigned shard = 0; shard < STAGE_SHARDS; shard++) {
        for (unsigned role = 0; role < ROLES; role++)
            stage_open(&stage, (enum role)role, shard);
        stage.used[shard] = stage_name(&stage, "used", shard);
        struct call call = call_deposit(stage.used[shard], stage.accounts[ROLE_RICH][shard], "3");
        stage_call(&stage, &call);
    }
    return stage;
}

void stage_clear(struct stage *stage)
{
    cluster_free(stage->cluster);
    reference_free(stage->reference);
    words_free(&stage->words);
}

unsigned stage_place(unsigned placement, unsigned part)
{
    while (part-- > 0)
        placement /= STAGE_SHARDS;
    return placement % STAGE_SHARDS;
}
