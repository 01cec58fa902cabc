/* cluster.c: see cluster.h. */
#include "tests/model/cluster.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/record.h"
#include "ledger/replay.h"
#include "tests/model/reference.h"
#include "tests/model/render.h"
#include "tests/unit/proto_dice.h"

/* Lanes that clients submit into, for each shard: requests in different ones may overtake each other. */
#define CLIENTS 4

/* The clock moves on by less than this between batches, when it jumps. */
#define JUMP_MAX 1000

struct worker {
    struct shard *shard;
    struct outbox outbox;
    bool unsealed;                             /* in the middle of a batch */
    struct buffer lanes[SHARDS_MAX + CLIENTS]; /* to it, by sender */
};

struct ticket {
    const struct call *call;
    struct cluster_answer answer;
    uint64_t submitted_at; /* in scheduler steps */
};

struct cluster {
    struct cluster_config config;
    struct dice dice;
    struct worker *workers;
    struct ticket *tickets;
    size_t ticket_count;
    size_t ticket_room;
    struct buffer records;
    struct stamp next; /* what will be claimed next */
    struct stamp last; /* the last leg of the newest record */
    uint64_t steps;
    uint64_t parkings;
};

static void workers_start(struct cluster *cluster)
{
    const struct cluster_config *config = &cluster->config;
    cluster->workers = calloc(config->shards, sizeof *cluster->workers);
    assert(cluster->workers != NULL);
    for (unsigned i = 0; i < config->shards; i++)
        cluster->workers[i].shard =
            shard_create(&(struct shard_config){.index = i, .count = config->shards, .seed = config->seed});
}

static void worker_free(struct worker *worker)
{
    shard_free(worker->shard);
    for (unsigned i = 0; i < SHARDS_MAX + CLIENTS; i++)
        buffer_free(&worker->lanes[i]);
    for (unsigned i = 0; i < SHARDS_MAX; i++)
        buffer_free(&worker->outbox.to[i]);
    buffer_free(&worker->outbox.records);
}

static void workers_end(struct cluster *cluster)
{
    for (unsigned i = 0; i < cluster->config.shards; i++)
        worker_free(&cluster->workers[i]);
    free(cluster->workers);
}

struct cluster *cluster_create(const struct cluster_config *config)
{
    struct cluster *cluster = calloc(1, sizeof *cluster);
    assert(cluster != NULL);
    cluster->config = *config;
    cluster->dice = dice_of(config->seed);
    cluster->next = (struct stamp){1, REFERENCE_EPOCH};
    workers_start(cluster);
    return cluster;
}

/* The first record behind `record`. */
static const struct record *record_after(const struct record *record)
{
    return (const struct record *)(const void *)((const char *)record + record->size);
}

/* The log is these records. What comes next is later than anybody's clock was. */
static void log_replace(struct cluster *cluster, const struct buffer *records)
{
    cluster->records.start = cluster->records.end = 0;
    cluster->last = (struct stamp){0};
    if (buffer_length(records) > 0)
        buffer_append(&cluster->records, records->bytes + records->start, buffer_length(records));
    const struct record *record = (const struct record *)(const void *)cluster->records.bytes;
    for (; (const char *)record < cluster->records.bytes + cluster->records.end;
         record = record_after(record))
        cluster->last = (struct stamp){record->stamp.number + record->leg_count - 1U,
                                       record->stamp.time + record->leg_count - 1U};
    cluster->next.number = cluster->last.number + 1;
}

/* Empty shards, filled from the log. */
static bool workers_replay(struct cluster *cluster, unsigned shards, char *error)
{
    struct shard *all[SHARDS_MAX];
    workers_end(cluster);
    cluster->config.shards = shards;
    cluster->config.seed++; /* a server that starts throws new dice for its hash */
    workers_start(cluster);
    for (unsigned i = 0; i < shards; i++)
        all[i] = cluster->workers[i].shard;
    struct replay *replay = replay_create(all, shards, cluster->config.seed);
    bool good = replay_records(replay, cluster->records.bytes, buffer_length(&cluster->records), error) &&
                replay_finish(replay, error);
    replay_free(replay);
    return good;
}

bool cluster_recover(struct cluster *cluster, unsigned shards, const struct buffer *records, char *error)
{
    log_replace(cluster, records);
    return workers_replay(cluster, shards, error);
}

void cluster_restart(struct cluster *cluster, unsigned shards)
{
    char error[REPLAY_ERROR_MAX];
    bool good = workers_replay(cluster, shards, error);
    if (!good)
        (void)fprintf(stderr, "%s\n", error);
    assert(good);
}

void cluster_free(struct cluster *cluster)
{
    workers_end(cluster);
    for (size_t i = 0; i < cluster->ticket_count; i++)
        free(cluster->tickets[i].answer.text);
    buffer_free(&cluster->records);
    free(cluster->tickets);
    free(cluster);
}

/* It is `now`, as far as what is due is concerned. */
static void clock_send(struct cluster *cluster, unsigned shard, uint64_t now)
{
    const struct clock_message clock = {.head = {.size = sizeof clock, .kind = MESSAGE_CLOCK}, .now = now};
    buffer_append(&cluster->workers[shard].lanes[SHARDS_MAX], &clock, sizeof clock);
}

static void clock_advance(struct cluster *cluster, uint64_t now)
{
    if (cluster->next.time < now)
        cluster->next.time = now;
}

/* All shards hear the time; holds expire in any order. */
static void clock_tell(struct cluster *cluster, uint64_t now)
{
    clock_advance(cluster, now);
    for (unsigned i = 0; i < cluster->config.shards; i++)
        clock_send(cluster, i, now);
}

/* The shard with the earliest deadline up to `now`; the number of shards when nothing is due. */
static unsigned clock_due(const struct cluster *cluster, uint64_t now, uint64_t *deadline)
{
    unsigned due = cluster->config.shards;
    *deadline = now;
    for (unsigned i = 0; i < cluster->config.shards; i++) {
        uint64_t next = shard_next_deadline(cluster->workers[i].shard);
        if (next <= *deadline && (due == cluster->config.shards || next < *deadline)) {
            due = i;
            *deadline = next;
        }
    }
    return due;
}

/* One hold after another expires, in the order of their deadlines. */
static const char *clock_run(struct cluster *cluster, uint64_t now)
{
    uint64_t deadline;
    unsigned due;
    clock_advance(cluster, now);
    while ((due = clock_due(cluster, now, &deadline)) < cluster->config.shards) {
        clock_send(cluster, due, deadline);
        while (cluster_step(cluster))
            continue;
    }
    return "+OK";
}

/* An answer that no shard is asked for. */
static size_t answer_at_once(struct cluster *cluster, size_t ticket, const char *text)
{
    struct cluster_answer *answer = &cluster->tickets[ticket].answer;
    answer->text = strdup(text);
    answer->answered = answer->submitted;
    answer->seen = answer->submitted;
    return ticket;
}

size_t cluster_submit(struct cluster *cluster, const struct call *call)
{
    if (cluster->ticket_count == cluster->ticket_room) {
        cluster->ticket_room = cluster->ticket_room == 0 ? 64 : cluster->ticket_room * 2;
        cluster->tickets = realloc(cluster->tickets, cluster->ticket_room * sizeof *cluster->tickets);
        assert(cluster->tickets != NULL);
    }
    size_t ticket = cluster->ticket_count++;
    cluster->tickets[ticket] = (struct ticket){
        .call = call, .answer = {.submitted = cluster_claimed(cluster)}, .submitted_at = cluster->steps};

    if (call->kind == CALL_CLOCK) {
        clock_tell(cluster, call->time);
        return answer_at_once(cluster, ticket, "+OK");
    }
    if (call->kind == CALL_MULTI && call->part_count == 0) { /* never comes to the ledger */
        return answer_at_once(cluster, ticket, "[]");
    }
    unsigned origin = dice_below(&cluster->dice, cluster->config.shards);
    struct sender sender = {.ticket = ticket,
                            .seed = cluster->config.seed,
                            .stripes = shard_stripes(cluster->workers[origin].shard),
                            .shards = cluster->config.shards,
                            .origin = (uint8_t)origin};
    struct buffer message = {0};
    unsigned first = render_request(call, &sender, &message);
    struct buffer *lane = &cluster->workers[first].lanes[SHARDS_MAX + dice_below(&cluster->dice, CLIENTS)];
    buffer_append(lane, message.bytes, message.end);
    buffer_free(&message);
    return ticket;
}

const struct cluster_answer *cluster_answer(const struct cluster *cluster, size_t ticket)
{
    assert(ticket < cluster->ticket_count);
    return &cluster->tickets[ticket].answer;
}

static void take_answer(struct cluster *cluster, const struct message *message)
{
    assert(message->ticket < cluster->ticket_count);
    struct ticket *ticket = &cluster->tickets[message->ticket];
    assert(ticket->answer.text == NULL); /* nobody is answered twice */
    struct buffer text = {0};
    ticket->answer.seen = render_reply(ticket->call, message, &text);
    ticket->answer.text = text.bytes;
    ticket->answer.answered = cluster_claimed(cluster);
    ticket->answer.steps = cluster->steps - ticket->submitted_at;
}

static void lane_deliver(struct cluster *cluster, struct worker *worker, struct buffer *lane)
{
    unsigned count = 1 + dice_below(&cluster->dice, cluster->config.batch_max);
    while (count-- > 0 && buffer_length(lane) > 0) {
        struct message *message = (struct message *)(void *)(lane->bytes + lane->start);
        uint32_t size = message->size;
        if (message->answered)
            take_answer(cluster, message);
        else {
            shard_step(worker->shard, message, &worker->outbox);
            worker->unsealed = true;
        }
        buffer_consume(lane, size);
    }
}

/* Checks the order of a sealed batch's records and appends them to the log. */
static void records_take(struct cluster *cluster, unsigned worker, struct buffer *records)
{
    for (size_t at = records->start; at < records->end;) {
        const struct record *record = (const struct record *)(const void *)(records->bytes + at);
        assert(record->stamp.number == cluster->last.number + 1);
        assert(record->stamp.time > cluster->last.time);
        cluster->last.number = record->stamp.number + record->leg_count - 1U;
        cluster->last.time = record->stamp.time + record->leg_count - 1U;
        at += record->size;
    }
    if (buffer_length(records) > 0) {
        buffer_append(&cluster->records, records->bytes + records->start, buffer_length(records));
        if (cluster->config.sealed != NULL)
            cluster->config.sealed(cluster->config.context, worker, records);
    }
    records->start = records->end = 0;
}

static void worker_seal(struct cluster *cluster, unsigned index)
{
    struct worker *worker = &cluster->workers[index];
    uint64_t used = shard_numbers_used(worker->shard);
    shard_seal(worker->shard, &worker->outbox, cluster->next);
    cluster->next.number += used;
    cluster->next.time += used;
    if (cluster->config.clock_jumps)
        cluster->next.time += dice_below(&cluster->dice, JUMP_MAX);
    records_take(cluster, index, &worker->outbox.records);
    assert(cluster->last.number == cluster_claimed(cluster));

    for (unsigned i = 0; i < cluster->config.shards; i++) {
        struct buffer *messages = &worker->outbox.to[i];
        if (buffer_length(messages) > 0)
            buffer_append(&cluster->workers[i].lanes[index], messages->bytes + messages->start,
                          buffer_length(messages));
        messages->start = messages->end = 0;
    }
    worker->unsealed = false;
    cluster->parkings += shard_count(worker->shard).parked;
}

/* Lanes by number: those of worker 0 first, each worker's by sender. */
static struct buffer *lane_at(struct cluster *cluster, unsigned number)
{
    unsigned senders = cluster->config.shards + CLIENTS;
    unsigned sender = number % senders;
    if (sender >= cluster->config.shards)
        sender += SHARDS_MAX - cluster->config.shards;
    return &cluster->workers[number / senders].lanes[sender];
}

/* A random lane with something in it; the number of lanes when there is none. */
static unsigned lane_pick(struct cluster *cluster)
{
    unsigned lanes = cluster->config.shards * (cluster->config.shards + CLIENTS);
    unsigned full = 0;
    for (unsigned i = 0; i < lanes; i++)
        full += buffer_length(lane_at(cluster, i)) > 0;
    if (full == 0)
        return lanes;
    unsigned chosen = dice_below(&cluster->dice, full);
    for (unsigned i = 0;; i++) {
        if (buffer_length(lane_at(cluster, i)) > 0 && chosen-- == 0)
            return i;
    }
}

/* A random worker that is in the middle of a batch; the number of workers when none is. */
static unsigned worker_pick(struct cluster *cluster)
{
    unsigned unsealed = 0;
    for (unsigned i = 0; i < cluster->config.shards; i++)
        unsealed += cluster->workers[i].unsealed;
    if (unsealed == 0)
        return cluster->config.shards;
    unsigned chosen = dice_below(&cluster->dice, unsealed);
    for (unsigned i = 0;; i++) {
        if (cluster->workers[i].unsealed && chosen-- == 0)
            return i;
    }
}

bool cluster_step(struct cluster *cluster)
{
    unsigned lanes = cluster->config.shards * (cluster->config.shards + CLIENTS);
    unsigned lane = lane_pick(cluster);
    unsigned unsealed = worker_pick(cluster);
    cluster->steps++;
    if (lane < lanes && (unsealed == cluster->config.shards || dice_below(&cluster->dice, 2) == 0)) {
        unsigned receiver = lane / (cluster->config.shards + CLIENTS);
        lane_deliver(cluster, &cluster->workers[receiver], lane_at(cluster, lane));
        return true;
    }
    if (unsealed == cluster->config.shards)
        return false;
    worker_seal(cluster, unsealed);
    return true;
}

const char *cluster_call(struct cluster *cluster, const struct call *call)
{
    if (call->kind == CALL_CLOCK)
        return clock_run(cluster, call->time);
    size_t ticket = cluster_submit(cluster, call);
    while (cluster_step(cluster))
        continue;
    const char *text = cluster->tickets[ticket].answer.text;
    assert(text != NULL); /* everybody is answered */
    return text;
}

const struct buffer *cluster_records(const struct cluster *cluster)
{
    return &cluster->records;
}

sequence_t cluster_claimed(const struct cluster *cluster)
{
    return cluster->next.number - 1;
}

struct shard_numbers cluster_count(const struct cluster *cluster)
{
    struct shard_numbers all = {0};
    for (unsigned i = 0; i < cluster->config.shards; i++) {
        struct shard_numbers one = shard_count(cluster->workers[i].shard);
        all.accounts += one.accounts;
        all.remembered += one.remembered;
        all.prepared += one.prepared;
        all.parked += one.parked;
        all.steps += one.steps;
        all.commits += one.commits;
        all.rejections += one.rejections;
    }
    return all;
}

uint64_t cluster_parkings(const struct cluster *cluster)
{
    return cluster->parkings;
}

unsigned cluster_shard(const struct cluster *cluster, const char *id)
{
    uint64_t seed = cluster->config.seed;
    size_t length = strlen(id);
    return ident_shard(id, length, ident_hash(id, length, seed), seed, cluster->config.shards);
}
