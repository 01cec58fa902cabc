/* rejection.h: the sentences that tell people why something was refused. */
#ifndef BURSAR_LEDGER_REJECTION_H
#define BURSAR_LEDGER_REJECTION_H

#include "ledger/message.h"

/** Room for any "CODE sentence". */
#define REJECTION_TEXT_MAX 512

/** The code that starts an error reply: "INSUFFICIENT". */
const char *rejection_code_name(enum rejection_code code);

/** Writes "CODE sentence" for the rejection that a transfer ended with, NUL-terminated, to `out`, which has
 *  REJECTION_TEXT_MAX bytes. Returns its length. With several legs the sentence names the leg, from 1. */
size_t rejection_write(const struct transfer_message *message, char *out);

#endif
