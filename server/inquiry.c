/* inquiry.c: laying out inquiries and their answers. */
#include "server/inquiry.h"

#include <assert.h>
#include <string.h>

/** Appends a zeroed message with `length` bytes of text behind a fixed part of `size` bytes. */
static void *message_append(struct buffer *out, size_t size, size_t length)
{
    size_t whole = (size + length + MESSAGE_ALIGN - 1) & ~(size_t)(MESSAGE_ALIGN - 1);
    struct message *head = (struct message *)(void *)buffer_reserve(out, whole);
    memset(head, 0, whole);
    head->size = (uint32_t)whole;
    head->kind = MESSAGE_INQUIRY;
    out->end += whole;
    return head;
}

struct inquiry *inquiry_compose(struct buffer *draft, const struct sender *sender, enum service_index service,
                                struct slice text)
{
    struct inquiry *inquiry = message_append(draft, sizeof *inquiry, text.length);
    assert(text.length <= UINT8_MAX);
    inquiry->head.origin = sender->origin;
    inquiry->head.ticket = sender->ticket;
    inquiry->service = (uint8_t)service;
    inquiry->text_length = (uint8_t)text.length;
    memcpy(inquiry->text, text.text, text.length);
    return inquiry;
}

void inquiry_answer(struct buffer *batch, const struct message *asked, const struct buffer *reply,
                    sequence_t seen)
{
    size_t length = buffer_length(reply);
    struct inquiry_answer *answer = message_append(batch, sizeof *answer, length);
    answer->head.answered = 1;
    answer->head.origin = asked->origin;
    answer->head.ticket = asked->ticket;
    answer->seen = seen;
    answer->length = (uint32_t)length;
    memcpy(answer->reply, reply->bytes + reply->start, length);
}
