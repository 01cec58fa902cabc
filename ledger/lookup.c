/* lookup.c: a look at a transfer, on the shard that owns its id. */
#include "ledger/state.h"

bool lookup_take(struct shard *shard, struct message *message, bool again, struct outbox *outbox)
{
    const struct lookup_message *lookup = (const struct lookup_message *)(const void *)message;
    const char *id = message_text(lookup, lookup->id.offset);
    struct claim *claim = claims_find(&shard->claims, CLAIM_TRANSFER, id, &lookup->id);
    if (claim != NULL &&
        (claim->contention.writers > 0 || (!again && claim->contention.line.first != NULL))) {
        shard_wait(shard, &claim->contention);
        return false;
    }
    const struct remembered_entry *entry =
        remembered_find(&shard->remembered, id, lookup->id.length, lookup->id.hash);
    size_t size = entry != NULL ? remembered_answer_size(entry) : sizeof(struct lookup_answer);
    struct lookup_answer *answer = outbox_add(outbox, message->origin, size);
    answer->head.kind = MESSAGE_LOOKUP;
    answer->head.answered = 1;
    answer->head.origin = message->origin;
    answer->head.ticket = message->ticket;
    answer->seen = shard->horizon;
    if (entry != NULL)
        remembered_answer(&shard->remembered, entry, answer);
    return true;
}
