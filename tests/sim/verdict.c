/* verdict.c: what a run comes to. See world.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/world.h"

void verdict_conserved(struct world *world)
{
    const struct call trial = call_plain(CALL_TRIAL, NULL);
    const char *text = cluster_call(world->cluster, &trial);
    for (const char *at = strstr(text, "debits "); at != NULL; at = strstr(at + 1, "debits ")) {
        char debits[AMOUNT_TEXT_MAX];
        char credits[AMOUNT_TEXT_MAX];
        if (sscanf(at, "debits %71s credits %71s", debits, credits) != 2 || strcmp(debits, credits) != 0)
            world_fail(world, "money was made or lost: %s", text);
    }
}

static void check_same(struct world *world, struct reference *reference, const struct call *call)
{
    struct buffer expected = {0};
    struct buffer asked = {0};
    reference_call(reference, call, &expected);
    const char *heard = cluster_call(world->cluster, call);
    call_write(call, &asked);
    buffer_append(&asked, "", 1);
    if (strcmp(heard, expected.bytes) != 0)
        world_fail(world, "%s: the ledger says\n  %s\nand its records say\n  %s", asked.bytes, heard,
                   expected.bytes);
    buffer_free(&asked);
    buffer_free(&expected);
}

/* A restart later everything is as the log says. */
static void check_standing(struct world *world, struct reference *reference)
{
    const struct call assets = call_plain(CALL_ASSETS, NULL);
    const struct call trial = call_plain(CALL_TRIAL, NULL);
    const struct call list = {.kind = CALL_ACCOUNTS, .count = PAGE_MAX};
    check_same(world, reference, &assets);
    check_same(world, reference, &trial);
    check_same(world, reference, &list);
    for (unsigned i = 0; i < SCRIPT_ACCOUNTS; i++) {
        const struct call account = call_plain(CALL_ACCOUNT, script_accounts[i]);
        check_same(world, reference, &account);
    }
    for (size_t i = 0; i < world->script.count; i++) {
        const struct call *call = &world->script.calls[i];
        const struct call lookup = call_plain(CALL_LOOKUP, call->name);
        if (call_has_id(call))
            check_same(world, reference, &lookup);
    }
}

void verdict(struct world *world)
{
    struct words words = {0};
    struct buffer complaint = {0};
    struct reference *reference = reference_create();
    const struct testimony testimony = {.records = cluster_records(world->cluster),
                                        .script = &world->script,
                                        .hearings = world->hearings,
                                        .count = world->hearing_count,
                                        .all_told = !world->crashed};
    if (!witness_check(&testimony, reference, &words, &complaint))
        world_fail(world, "%s", complaint.bytes);
    size_t length = buffer_length(testimony.records);
    world->hash = hash_add(world->hash, testimony.records->bytes, length);
    if (dice_below(&world->dice, 2) == 0)
        restart_stop(world);
    else
        restart_crash(world);
    if (buffer_length(cluster_records(world->cluster)) != length)
        world_fail(world, "a restart at rest lost what was there");
    check_standing(world, reference);
    world->tally->records += cluster_claimed(world->cluster);
    buffer_free(&complaint);
    reference_free(reference);
    words_free(&words);
}
