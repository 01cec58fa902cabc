/* history.c: questions, answered together, and the service's loop. */
#include "server/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/commands.h"
#include "server/history_state.h"
#include "server/memory.h"
#include "server/server.h"
#include "server/service.h"

/* How often the snapshot may move on while the journal behind it is being read. */
#define TRIES_MAX 10

struct history *history_new(const char *dir, struct ledger_id ledger)
{
    struct history *history = memory_zeroed(1, sizeof *history);
    history->dir = strdup(dir);
    history->ledger = ledger;
    history->reader.fd = -1;
    if (!history->dir) {
        abort();
    }
    return history;
}

void history_free(struct history *history)
{
    for (int i = 0; i < HISTORY_STATEMENTS; i++) {
        sqlite3_finalize(history->statements[i]);
    }
    sqlite3_close(history->db);
    journal_reader_close(&history->reader);
    buffer_free(&history->records);
    buffer_free(&history->newcomers);
    for (unsigned part = 0; part < RUN_PARTS; part++) {
        buffer_free(&history->recent.parts[part]);
    }
    free(history->dir);
    free(history);
}

struct entry *entries_push(struct entries *entries)
{
    if (entries->capacity == 0) {
        return NULL;
    }
    struct entry *entry = &entries->slots[entries->pushed++ % entries->capacity];
    memset(entry, 0, sizeof *entry);
    return entry;
}

uint32_t entries_count(const struct entries *entries)
{
    return entries->pushed < entries->capacity ? (uint32_t)entries->pushed : entries->capacity;
}

const struct entry *entries_at(const struct entries *entries, uint32_t i)
{
    return &entries->slots[(entries->pushed - entries_count(entries) + i) % entries->capacity];
}

size_t entry_text(char *field, size_t size, struct slice text)
{
    size_t length = text.length < size ? text.length : size;
    memcpy(field, text.text, length);
    return length;
}

void standing_move(struct standing *standing, amount_t amount, bool debit, bool forward)
{
    total_add(debit == forward ? &standing->minus : &standing->plus, amount);
}

static struct range range_of(const struct inquiry *inquiry)
{
    struct range range = {.to = UINT64_MAX, .to_ns = UINT64_MAX};
    if (inquiry->from.given) {
        *(inquiry->from.is_time ? &range.from_ns : &range.from) = inquiry->from.value;
    }
    if (inquiry->to.given) {
        *(inquiry->to.is_time ? &range.to_ns : &range.to) = inquiry->to.value;
    }
    return range;
}

/** Answers at once what asks for a balance that nobody knows yet. */
static void future_refuse(struct search *search, sequence_t durable, uint64_t now_ns)
{
    const struct inquiry_place *place = &search->question->inquiry->to;
    if (search->question->inquiry->command != COMMAND_BALANCE) {
        return;
    }
    if (!place->is_time && place->value > durable) {
        reply_errorf(&search->reply, "ERR", "number %lu is in the future; the newest one is %lu",
                     place->value, durable);
        search->failed = true;
    } else if (place->is_time && place->value > now_ns) {
        reply_errorf(&search->reply, "ERR", "that time is in the future");
        search->failed = true;
    }
}

static void search_begin(struct search *search, struct question *question)
{
    const struct inquiry *inquiry = question->inquiry;
    *search = (struct search){.question = question,
                              .reply = {.out = &question->reply, .version = inquiry->version},
                              .range = range_of(inquiry)};
    if (inquiry->command == COMMAND_LOOKUP) {
        search->past = memory_zeroed(1, sizeof *search->past);
    }
    uint32_t count = inquiry->command == COMMAND_HISTORY ? inquiry->count : 0;
    if (count > 0) {
        search->old = (struct entries){memory_zeroed(count, sizeof(struct entry)), count, 0};
        search->young = (struct entries){memory_zeroed(count, sizeof(struct entry)), count, 0};
    }
}

static void search_end(struct search *search)
{
    free(search->old.slots);
    free(search->young.slots);
    free(search->past);
}

/** Forgets what was found: the search begins anew. */
static void search_reset(struct search *search)
{
    search->found = false;
    search->wants_tail = false;
    search->standing = (struct standing){0};
    search->old.pushed = 0;
    search->young.pushed = 0;
}

/** Finds everything in one read transaction and the journal behind it. */
static bool searches_try(struct history *history, struct search *searches, unsigned count, sequence_t durable)
{
    bool tail = false;
    bool good = snapshot_begin(history);
    for (unsigned i = 0; good && i < count; i++) {
        search_reset(&searches[i]);
        if (!searches[i].failed) {
            good = searches[i].past ? lookup_search(history, &searches[i])
                                    : snapshot_search(history, &searches[i]);
            tail = tail || searches[i].wants_tail;
        }
    }
    if (good && tail && history->snapshot.number < durable) {
        good = tail_search(history, searches, count, durable);
    }
    snapshot_end(history);
    return good;
}

void history_answer(struct history *history, struct question *questions, unsigned count, sequence_t durable,
                    uint64_t now_ns)
{
    struct search searches[QUESTIONS_MAX];
    for (unsigned i = 0; i < count; i++) {
        search_begin(&searches[i], &questions[i]);
        future_refuse(&searches[i], durable, now_ns);
    }
    /* A failure that a snapshot moving on explains does not come again, one of the disk does. */
    bool good = searches_try(history, searches, count, durable);
    for (unsigned tries = 1; !good && tries < TRIES_MAX; tries++) {
        sequence_t before = history->snapshot.number;
        good = searches_try(history, searches, count, durable);
        if (history->snapshot.number == before) {
            break;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        if (!good && !searches[i].failed) {
            reply_errorf(&searches[i].reply, "ERR", "the history can't be read: %s", history->error);
        } else if (searches[i].past) {
            lookup_reply(&searches[i]);
        } else if (!searches[i].failed) {
            search_reply(&searches[i]);
        }
        search_end(&searches[i]);
    }
}

/** Takes up to QUESTIONS_MAX inquiries from the start of `batch`. Returns how many; and, in `seen`, what they
 * must know of, and until when nothing more can happen that they ask for. */
static unsigned questions_take(struct sequence *sequence, struct buffer *batch, struct question *questions,
                               struct stamp *seen)
{
    unsigned count = 0;
    bool timed = false;
    *seen = (struct stamp){0};
    while (buffer_length(batch) > 0 && count < QUESTIONS_MAX) {
        const struct inquiry *inquiry = (const struct inquiry *)(const void *)(batch->bytes + batch->start);
        questions[count++] = (struct question){.inquiry = inquiry};
        seen->number = inquiry->seen > seen->number ? inquiry->seen : seen->number;
        timed |= inquiry->to.is_time;
        batch->start += inquiry->head.size;
    }
    if (timed) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        /* What an answer says of a time is said for ever: whatever has that time is waited for. */
        *seen = sequence_pass(sequence, (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
    }
    return count;
}

/** Answers the inquiries of a batch, in groups. */
static void batch_answer(struct service *service, struct history *history, struct buffer *batch)
{
    struct question questions[QUESTIONS_MAX];
    while (buffer_length(batch) > 0) {
        struct stamp seen;
        unsigned count = questions_take(&service->server->sequence, batch, questions, &seen);
        sequence_t durable = service_await(service, seen.number);
        if (durable < seen.number) {
            return; /* the server ends */
        }
        history_answer(history, questions, count, durable, seen.time);
        for (unsigned i = 0; i < count; i++) {
            service_answer(service, &questions[i].inquiry->head, &questions[i].reply, durable);
            buffer_free(&questions[i].reply);
        }
    }
}

void *history_thread(void *context)
{
    struct service *service = context;
    struct server *server = service->server;
    pthread_setname_np(pthread_self(), "history");
    struct history *history = history_new(server->config.dir, archive_ledger(server->archiver.archive));
    while (!service_stopping(service)) {
        if (!service_receive(service) && buffer_length(&service->waiting) == 0) {
            service_rest(service, UINT64_MAX - 1, -1);
            continue;
        }
        struct buffer batch = service->waiting;
        service->waiting = (struct buffer){0};
        batch_answer(service, history, &batch);
        buffer_free(&batch);
    }
    history_free(history);
    return NULL;
}
