/* sequence.c: number and time in one compare-exchange. */
#include "server/sequence.h"

#include <stdatomic.h>

/* x86-64 and aarch64 both have a 16-byte compare-exchange; libatomic picks it at run time. clang warns that
 * it can't inline it, which does not matter at one claim a batch. */
#ifdef __clang__
#pragma clang diagnostic ignored "-Watomic-alignment"
#endif

void sequence_init(struct sequence *sequence, struct stamp last)
{
    atomic_init(&sequence->last, last);
}

sequence_t sequence_newest(const struct sequence *sequence)
{
    return atomic_load(&sequence->last).number;
}

struct stamp sequence_pass(struct sequence *sequence, uint64_t now_ns)
{
    struct stamp last = atomic_load(&sequence->last);
    while (last.time < now_ns) {
        struct stamp passed = {last.number, now_ns};
        if (atomic_compare_exchange_weak(&sequence->last, &last, passed)) {
            return passed;
        }
    }
    return last;
}

struct stamp sequence_claim(struct sequence *sequence, uint64_t count, uint64_t now_ns)
{
    struct stamp last = atomic_load(&sequence->last);
    struct stamp first;
    struct stamp next;
    do {
        first.number = last.number + 1;
        first.time = now_ns > last.time ? now_ns : last.time + 1;
        if (count == 0) {
            return first;
        }
        next.number = last.number + count;
        next.time = first.time + count - 1;
    } while (!atomic_compare_exchange_weak(&sequence->last, &last, next));
    return first;
}
