/* witness.c: see witness.h. */
#include "tests/model/witness.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/reenact.h"

#define AT_MOST "at most "

/* What is known of one call while the log is replayed. */
struct finding {
    bool in_time; /* the reference gave this answer at a prefix between submission and answer */
    bool durable; /* and at the prefix that the answer depends on */
    char *other;  /* what the reference answered instead, at the last prefix looked at; owned */
};

/* The number of smallest units at the start of `text`, written with the asset's digits. Returns its end. */
static const char *units_read(const char *text, balance_t *units)
{
    bool negative = *text == '-';
    *units = 0;
    for (text += negative; (*text >= '0' && *text <= '9') || *text == '.'; text++) {
        if (*text != '.')
            *units = *units * 10 + (*text - '0');
    }
    if (negative)
        *units = -*units;
    return text;
}

bool witness_agrees(const char *heard, const char *reference)
{
    if (strcmp(heard, reference) == 0)
        return true;
    const char *bound = strstr(heard, AT_MOST);
    if (bound == NULL || strncmp(heard, reference, (size_t)(bound - heard)) != 0)
        return false;
    balance_t most;
    balance_t has;
    balance_t needed;
    const char *rest = units_read(bound + strlen(AT_MOST), &most);
    const char *reference_rest = units_read(reference + (bound - heard), &has);
    const char *comma = strchr(rest, ',');
    if (comma == NULL || strcmp(rest, reference_rest) != 0)
        return false;
    (void)units_read(comma + 2, &needed);
    return has <= most && most < needed;
}

/* Looks at all calls that may have happened at this prefix. */
static void prefix_check(const struct testimony *testimony, struct reference *reference,
                         struct finding *findings, struct buffer *reply)
{
    sequence_t last = reference_last(reference);
    for (size_t i = 0; i < testimony->count; i++) {
        const struct call *call = testimony->hearings[i].call;
        const struct cluster_answer *answer = &testimony->hearings[i].answer;
        struct finding *finding = &findings[i];
        bool in_time = answer->submitted <= last && last <= answer->answered && !finding->in_time;
        bool durable = answer->seen == last;
        if (!in_time && !durable)
            continue;
        reference_ask(reference, call, reply);
        if (witness_agrees(answer->text, reply->bytes)) {
            finding->in_time |= in_time;
            finding->durable |= durable;
            /* A balance in the midst of an EXEC is seen only before it: at a number that it depends on. */
            if (call->kind == CALL_MULTI)
                finding->durable |= in_time && last <= answer->seen;
        } else {
            free(finding->other);
            finding->other = strdup(reply->bytes);
        }
    }
}

static bool is_change(const struct call *call)
{
    return call->kind == CALL_LIMIT || call->kind == CALL_FREEZE || call->kind == CALL_THAW ||
           call->kind == CALL_CLOSE;
}

/* Whether a call is of the kind that leaves a record. */
static bool is_kind(const struct call *call, const struct record *record)
{
    switch ((enum record_kind)record->kind) {
    case RECORD_OPEN: return call->kind == CALL_OPEN;
    case RECORD_DEFINE: return call->kind == CALL_ASSET;
    case RECORD_CHANGE: return is_change(call);
    case RECORD_TRANSFER: break;
    }
    return call_has_id(call) || call->kind == CALL_MULTI;
}

/* Whether somebody was told of the record. */
static bool record_told(const struct testimony *testimony, const struct record *record)
{
    char number[32] = "+OK";
    if (record->kind == RECORD_TRANSFER && record->type == TRANSFER_EXPIRE)
        return true; /* nobody asked for it */
    if (record->kind != RECORD_DEFINE && record->kind != RECORD_CHANGE)
        (void)snprintf(number, sizeof number, ":%llu", (unsigned long long)record->stamp.number);
    for (size_t i = 0; i < testimony->count; i++) {
        const struct hearing *hearing = &testimony->hearings[i];
        const char *told = is_kind(hearing->call, record) ? hearing->answer.text : "";
        const char *found = strstr(told, number);
        if (found != NULL && (found[strlen(number)] < '0' || found[strlen(number)] > '9'))
            return true;
    }
    return false;
}

static bool log_check(const struct testimony *testimony, struct reference *reference, struct words *words,
                      struct finding *findings, struct buffer *complaint)
{
    const struct buffer *records = testimony->records;
    struct buffer reply = {0};
    bool right = true;
    prefix_check(testimony, reference, findings, &reply);
    const struct record *record = (const struct record *)(const void *)(records->bytes + records->start);
    while (right && (const char *)record < records->bytes + records->end) {
        const struct record *next =
            reenact_transaction(reference, words, testimony->script, record, complaint);
        right = next != NULL;
        if (right && testimony->all_told && !record_told(testimony, record)) {
            buffer_printf(complaint, "nobody was told of record %llu",
                          (unsigned long long)record->stamp.number);
            buffer_append(complaint, "", 1);
            right = false;
        }
        prefix_check(testimony, reference, findings, &reply);
        record = next;
    }
    buffer_free(&reply);
    return right;
}

static void complain(const struct testimony *testimony, size_t place, const struct finding *finding,
                     struct buffer *complaint)
{
    const struct cluster_answer *answer = &testimony->hearings[place].answer;
    buffer_printf(complaint, "%zu: ", place);
    call_write(testimony->hearings[place].call, complaint);
    buffer_printf(complaint,
                  "\n  was answered %s\n  the reference does not say so %s; it says %s\n"
                  "  submitted after number %llu, answered after %llu, depends on %llu",
                  answer->text,
                  finding->in_time ? "at the number it depends on" : "between submission and answer",
                  finding->other == NULL ? "nothing" : finding->other, (unsigned long long)answer->submitted,
                  (unsigned long long)answer->answered, (unsigned long long)answer->seen);
    buffer_append(complaint, "", 1);
}

bool witness_check(const struct testimony *testimony, struct reference *reference, struct words *words,
                   struct buffer *complaint)
{
    struct finding *findings = calloc(testimony->count, sizeof *findings);
    assert(findings != NULL);
    bool right = log_check(testimony, reference, words, findings, complaint);
    for (size_t i = 0; i < testimony->count; i++) {
        if (right && !(findings[i].in_time && findings[i].durable)) {
            complain(testimony, i, &findings[i], complaint);
            right = false;
        }
        free(findings[i].other);
    }
    free(findings);
    return right;
}

bool witness_check_script(const struct cluster *cluster, const struct script *script,
                          struct reference *reference, struct words *words, struct buffer *complaint)
{
    struct hearing *hearings = calloc(script->count, sizeof *hearings);
    assert(hearings != NULL);
    for (size_t i = 0; i < script->count; i++)
        hearings[i] = (struct hearing){&script->calls[i], *cluster_answer(cluster, i)};
    bool right = witness_check(&(struct testimony){.records = cluster_records(cluster),
                                                   .script = script,
                                                   .hearings = hearings,
                                                   .count = script->count,
                                                   .all_told = true},
                               reference, words, complaint);
    free(hearings);
    return right;
}
