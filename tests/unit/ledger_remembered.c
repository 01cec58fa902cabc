/* ledger_remembered.c: what is remembered, for how long, in how much memory, and what counts as the same
 * request. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/compose.h"
#include "ledger/remembered.h"

#define SEED 7

static struct remembered *remembered;
static struct assets *assets;

static void begin(uint64_t memory)
{
    assets = calloc(1, sizeof *assets);
    remembered = calloc(1, sizeof *remembered);
    cr_assert(assets != NULL && remembered != NULL);
    assets_init(assets);
    remembered_init(remembered, assets, SEED, memory);
}

static void end(void)
{
    remembered_free(remembered);
    free(remembered);
    free(assets);
}

static struct slice id_of(unsigned number, char text[16])
{
    return (struct slice){text, (size_t)snprintf(text, 16, "t%u", number)};
}

/* Adds transfer `number`, whose time is ten times that, of `legs` legs, the longest there are. */
static struct remembered_entry *add(unsigned number, unsigned legs)
{
    static char name[IDENT_MAX];
    memset(name, 'n', sizeof name);
    struct remembered_leg leg[LEGS_MAX];
    for (unsigned i = 0; i < legs; i++)
        leg[i] = (struct remembered_leg){.amount = ~(amount_t)0,
                                         .asset = 2,
                                         .from = {.id = {name, sizeof name}},
                                         .to = {.id = {name, sizeof name}}};
    char text[16];
    struct slice id = id_of(number, text);
    const struct remembered_parts parts = {.id = id,
                                           .hash = ident_hash(id.text, id.length, SEED),
                                           .stamp = {number, 10 * (uint64_t)number},
                                           .leg_count = (uint8_t)legs};
    return remembered_add(remembered, &parts, leg);
}

static struct remembered_entry *find(unsigned number)
{
    char text[16];
    struct slice id = id_of(number, text);
    return remembered_find(remembered, id.text, id.length, ident_hash(id.text, id.length, SEED));
}

/* Of those numbered `first` to `last`, only those from `oldest` on are remembered. */
static void expect_from(unsigned first, unsigned oldest, unsigned last)
{
    for (unsigned number = first; number <= last; number++)
        cr_assert_eq(find(number) != NULL, number >= oldest, "number %u of %u to %u", number, oldest, last);
    cr_assert_eq(remembered->count, last + 1 - oldest);
}

Test(remembered, forgets_what_is_older_a_few_at_a_time)
{
    begin(0);
    for (unsigned number = 1; number <= 100; number++)
        add(number, 1);
    remembered_forget(remembered, 10, 1000); /* the first was made at that time, not before */
    expect_from(1, 1, 100);
    remembered_forget(remembered, 11, 1000);
    expect_from(1, 2, 100);
    remembered_forget(remembered, 500, 7);
    expect_from(1, 9, 100);
    remembered_forget(remembered, 500, 1000);
    expect_from(1, 50, 100);
    remembered_forget(remembered, UINT64_MAX, 51);
    expect_from(1, 101, 100);
    remembered_forget(remembered, UINT64_MAX, 51);
    add(101, 1);
    expect_from(1, 101, 101);
    end();
}

Test(remembered, does_not_forget_what_has_no_real_time_yet)
{
    begin(0);
    struct remembered_entry *entry = add(1, 1);
    entry->stamp = (struct stamp){SEQUENCE_PROVISIONAL, 0};
    remembered_forget(remembered, UINT64_MAX, 10);
    cr_assert_eq(find(1), entry);
    entry->stamp = (struct stamp){1, 10};
    remembered_forget(remembered, UINT64_MAX, 10);
    cr_assert_null(find(1));
    end();
}

Test(remembered, goes_on_after_all_of_a_chunk_was_forgotten)
{
    begin(0);
    unsigned number = 1;
    while (remembered->chunk_count < 2)
        add(number++, LEGS_MAX);
    end();
    begin(0);
    for (unsigned i = 1; i + 1 < number; i++)
        add(i, LEGS_MAX);
    remembered_forget(remembered, UINT64_MAX, number);
    cr_assert_eq(remembered->count, 0);
    add(number, LEGS_MAX); /* does not fit what is left of the chunk */
    cr_assert_eq(remembered->chunk_count, 1, "the one before it is free");
    expect_from(1, number, number);
    remembered_forget(remembered, UINT64_MAX, 1);
    expect_from(1, number + 1, number);
    end();
}

/* Small entries first, which fill their chunks to the last byte, then large ones, which leave gaps. */
static unsigned legs_of(unsigned number)
{
    return number < 30000 ? 1 : LEGS_MAX;
}

Test(remembered, stays_within_its_memory_and_forgets_the_oldest_first)
{
    begin(1); /* the least there can be: three chunks */
    unsigned oldest = 1;
    cr_assert_eq(remembered->chunk_max, 3);
    for (unsigned number = 1; number <= 31000; number++) {
        add(number, legs_of(number));
        cr_assert_leq(remembered->chunk_count, 3, "a chunk is free before the next is needed");
        while (oldest <= number && find(oldest) == NULL)
            oldest++;
        cr_assert_eq(remembered->count, number + 1 - oldest, "those after the oldest are there");
        cr_assert_eq(remembered->early, oldest - 1);
        cr_assert_not_null(find(number));
    }
    expect_from(1, oldest, 31000);
    cr_assert_geq(31000 - oldest, 100, "no more is forgotten than must be: a chunk holds about 108");
    cr_assert_gt(oldest, 30000);
    end();
}

Test(remembered, keeps_what_was_just_made_even_where_memory_is_short)
{
    begin(1);
    /* Nothing can be forgotten while no number is real: it takes more than it may. */
    for (unsigned number = 1; number <= 500; number++)
        add(number, LEGS_MAX)->stamp.number |= SEQUENCE_PROVISIONAL;
    cr_assert_gt(remembered->chunk_count, 3);
    cr_assert_eq(remembered->early, 0);
    for (unsigned number = 1; number <= 500; number++)
        find(number)->stamp.number = number;
    for (unsigned number = 501; number <= 1500; number++)
        add(number, LEGS_MAX);
    cr_assert_leq(remembered->chunk_count, 3);
    cr_assert_null(find(1));
    end();
}

Test(remembered, goes_round_its_ring_of_chunks)
{
    begin(1);
    remembered->oldest = REMEMBERED_CHUNKS_MAX - 2; /* as if as many had come and gone */
    for (unsigned number = 1; number <= 1500; number++)
        add(number, LEGS_MAX);
    cr_assert_lt(remembered->oldest, REMEMBERED_CHUNKS_MAX - 2);
    unsigned oldest = 1501 - (unsigned)remembered->count;
    expect_from(1, oldest, 1500);
    remembered_forget(remembered, UINT64_MAX, 1u << 20);
    expect_from(1, 1501, 1500);
    cr_assert_eq(remembered->chunk_count, 1);
    for (unsigned number = 1501; number <= 1510; number++)
        add(number, 1);
    expect_from(1, 1501, 1510);
    end();
}

Test(remembered, releases_chunks_as_they_are_forgotten)
{
    begin(0);
    for (unsigned number = 1; number <= 1000; number++)
        add(number, LEGS_MAX);
    uint32_t chunks = remembered->chunk_count;
    cr_assert_gt(chunks, 5);
    remembered_forget(remembered, 5000, 1000);
    cr_assert_lt(remembered->chunk_count, chunks / 2 + 2);
    expect_from(1, 500, 1000);
    cr_assert_eq(remembered->early, 0);
    end();
}

Test(remembered, finds_the_newest_of_an_id_that_was_used_again)
{
    begin(0);
    char text[16];
    struct slice id = id_of(1, text);
    struct remembered_parts parts = {.id = id, .hash = ident_hash(id.text, id.length, SEED)};
    static const sequence_t numbers[] = {5, 9, 7};
    for (unsigned i = 0; i < 3; i++) {
        parts.stamp = (struct stamp){numbers[i], 0};
        remembered_add(remembered, &parts, NULL);
    }
    cr_assert_eq(find(1)->stamp.number, 9);
    end();
}

/* Requests, each unlike all the others but those next to it with the same number. */
#define TEXT(of)             \
    {                        \
        (of), sizeof(of) - 1 \
    }
#define LEG(from, to, mantissa, digits) \
    {                                   \
        TEXT(from), TEXT(to),           \
        {                               \
            (mantissa), (digits)        \
        }                               \
    }
static const struct leg_text five[] = {LEG("a", "b", 5, 0), LEG("b", "c", 1, 0)};
static const struct leg_text five_again[] = {LEG("a", "b", 500, 2), LEG("b", "c", 10, 1)};
static const struct leg_text six[] = {LEG("a", "b", 6, 0)};
static const struct leg_text other_to[] = {LEG("a", "c", 5, 0)};
static const struct leg_text other_from[] = {LEG("c", "b", 5, 0)};
static const struct leg_text in[] = {LEG("@world", "b", 5, 0)};
static const struct leg_text out[] = {LEG("b", "@world", 5, 0)};

#define IF(account, mantissa, digits, negative, relation)             \
    {                                                                 \
        TEXT(account), {(mantissa), (digits)}, (negative), (relation) \
    }
static const struct condition_text at_least[] = {IF("a", 5, 0, false, RELATION_AT_LEAST),
                                                 IF("b", 5, 0, false, RELATION_AT_LEAST)};
static const struct condition_text at_least_again[] = {IF("a", 50, 1, false, RELATION_AT_LEAST)};
static const struct condition_text swapped[] = {IF("b", 5, 0, false, RELATION_AT_LEAST),
                                                IF("a", 5, 0, false, RELATION_AT_LEAST)};
static const struct condition_text at_most[] = {IF("a", 5, 0, false, RELATION_AT_MOST)};
static const struct condition_text negative[] = {IF("a", 5, 0, true, RELATION_AT_LEAST)};

#define OF(kind, ...)                        \
    {                                        \
        .type = TRANSFER_##kind, __VA_ARGS__ \
    }
#define ONE(of)    .legs = (of), .leg_count = 1
#define ID(text)   .reference = TEXT(text)
#define AMOUNT(of) .legs = (of), .leg_count = 1, .amount_given = true
static const struct {
    int number;
    struct operation_text text;
} requests[] = {
    {0, OF(TRANSFER, ONE(five))},
    {0, OF(TRANSFER, ONE(five_again))},
    {1, OF(TRANSFER, .legs = five, .leg_count = 2)},
    {1, OF(TRANSFER, .legs = five_again, .leg_count = 2)},
    {2, OF(TRANSFER, ONE(six))},
    {3, OF(TRANSFER, ONE(other_to))},
    {4, OF(TRANSFER, ONE(other_from))},
    {5, OF(TRANSFER, ONE(five), .note = {"x", 1})},
    {6, OF(TRANSFER, ONE(five), .note = {"y", 1})},
    {7, OF(TRANSFER, ONE(five), .conditions = at_least, .condition_count = 1)},
    {7, OF(TRANSFER, ONE(five), .conditions = at_least_again, .condition_count = 1)},
    {8, OF(TRANSFER, ONE(five), .conditions = at_least, .condition_count = 2)},
    {9, OF(TRANSFER, ONE(five), .conditions = swapped, .condition_count = 2)},
    {10, OF(TRANSFER, ONE(five), .conditions = at_most, .condition_count = 1)},
    {11, OF(TRANSFER, ONE(five), .conditions = negative, .condition_count = 1)},
    {12, OF(DEPOSIT, ONE(in))},
    {13, OF(WITHDRAW, ONE(out))},
    {14, OF(SWEEP, ONE(five))},
    {14, OF(SWEEP, ONE(six))}, /* no MAX: how much it was does not matter */
    {15, OF(SWEEP, AMOUNT(five))},
    {15, OF(SWEEP, AMOUNT(five_again))},
    {16, OF(SWEEP, AMOUNT(six))},
    {17, OF(SWEEP, ONE(other_to))},
    {18, OF(CAPTURE, ID("h"))},
    {19, OF(CAPTURE, ID("h"), .keep = true)},
    {20, OF(CAPTURE, ID("h"), AMOUNT(five))},
    {20, OF(CAPTURE, ID("h"), AMOUNT(five_again))},
    {21, OF(CAPTURE, ID("h"), AMOUNT(five), .keep = true)},
    {22, OF(CAPTURE, ID("h"), AMOUNT(six))},
    {23, OF(CAPTURE, ID("g"))},
    {24, OF(CAPTURE, ID("g"), AMOUNT(five))},
    {25, OF(VOID, ID("h"))},
    {26, OF(VOID, ID("g"))},
    {27, OF(EXTEND, ID("h"), .ttl = 5)},
    {28, OF(EXTEND, ID("h"), .ttl = 6)},
    {29, OF(EXTEND, ID("g"), .ttl = 5)},
    {30, OF(REVERSE, ID("h"))},
    {31, OF(REVERSE, ID("hh"))},
};
#define REQUESTS (sizeof requests / sizeof requests[0])

static struct transfer_message *compose(struct buffer *buffer, size_t place)
{
    const struct sender sender = {.seed = SEED, .shards = 3};
    struct operation_text text = requests[place].text;
    text.id = slice_of("t");
    buffer->start = buffer->end = 0;
    return compose_transaction(buffer, &sender, 1, &text, false);
}

/* An entry as the ledger would make it of a request. */
static struct remembered_entry *remember(const struct transfer_message *transfer, size_t place)
{
    const struct operation_text *text = &requests[place].text;
    uint16_t usd = (uint16_t)(assets_find(assets, "USD", 3) - assets->rows);
    struct remembered_leg legs[LEGS_MAX];
    for (unsigned i = 0; i < text->leg_count || i == 0; i++) {
        const struct leg_text *asked = text->legs != NULL ? &text->legs[i] : &five[0];
        amount_t amount;
        cr_assert(decimal_to_amount(asked->amount, 2, &amount));
        legs[i] = (struct remembered_leg){
            .amount = amount, .asset = usd, .from = {.id = asked->from}, .to = {.id = asked->to}};
    }
    const struct remembered_parts parts = {
        .id = slice_of("t"),
        .note = text->note,
        .reference = text->reference,
        .terms = transfer->operations[0].terms,
        .type = (uint8_t)text->type,
        .leg_count = (uint8_t)(text->leg_count > 0 ? text->leg_count : 1),
    };
    return remembered_add(remembered, &parts, legs);
}

Test(remembered, knows_the_same_request_from_any_other)
{
    struct buffer buffer = {0};
    begin(0);
    for (size_t made = 0; made < REQUESTS; made++) {
        const struct remembered_entry *entry = remember(compose(&buffer, made), made);
        for (size_t asked = 0; asked < REQUESTS; asked++) {
            const struct transfer_message *transfer = compose(&buffer, asked);
            cr_expect_eq(remembered_matches(remembered, entry, transfer, &transfer->operations[0]),
                         requests[made].number == requests[asked].number, "request %zu was made, %zu asked",
                         made, asked);
        }
    }
    buffer_free(&buffer);
    end();
}
