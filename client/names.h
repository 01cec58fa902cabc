/* names.h: the names that a session has shown: accounts, assets, transfers. Completion offers them. */
#ifndef BURSAR_CLIENT_NAMES_H
#define BURSAR_CLIENT_NAMES_H

#include "client/reading.h"
#include "proto/commands.h"

enum names_kind { NAMES_ACCOUNT, NAMES_ASSET, NAMES_TRANSFER, NAMES_KINDS };

/** Names of one kind; the oldest is forgotten when there is no room. */
#define NAMES_MAX 500

/** A name is at most this long, as the protocol has it. */
#define NAMES_LENGTH_MAX 64

struct names {
    char texts[NAMES_KINDS][NAMES_MAX][NAMES_LENGTH_MAX + 1];
    size_t counts[NAMES_KINDS];
    size_t next[NAMES_KINDS]; /* where the next one goes */
};

/** Remembers a name, once. What can't be one is passed over. */
void names_add(struct names *names, enum names_kind kind, struct slice name);

/** Remembers what words of a command are names, by its syntax. */
void names_learn_words(struct names *names, const struct slice *words, size_t count);

/** Remembers what a whole reply names: the values of "account", "from", "to", "asset", "id" and the like. */
void names_learn_reply(struct names *names, const char *bytes, size_t length);

#endif
