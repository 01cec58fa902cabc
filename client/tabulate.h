/* tabulate.h: which replies are tables, and what their columns are called. */
#ifndef BURSAR_CLIENT_TABULATE_H
#define BURSAR_CLIENT_TABULATE_H

#include "client/reading.h"
#include "client/table.h"

/** Whether the list whose head was just read is one of maps, of at least one. */
bool tabulate_is_records(struct reading ahead, const struct answer *head);

/** Adds a record for each map of the list whose head was just read. */
void tabulate_records(struct table *table, struct reading *reading, size_t count);

/** Adds one record, the map whose head was just read. */
void tabulate_map(struct table *table, struct reading *reading, size_t count);

/** Adds the `count` balances that follow, each beside its account. `nil`: what stands for an account that
 * does not exist. */
void tabulate_balances(struct table *table, struct reading *reading, size_t count,
                       const struct slice *accounts);

/** Adds the `count` pairs of a map whose keys are data and no names, under these two headings. */
void tabulate_pairs(struct table *table, struct reading *reading, size_t count, const char *key,
                    const char *value);

/** Adds the entries of SLOWLOG GET, which have no names in the protocol. For people times are dates. */
void tabulate_slowlog(struct table *table, struct reading *reading, size_t count, bool people);

/** Adds the lines of CLIENT LIST, of "name=value" words. People are shown the fields that tell something. */
void tabulate_clients(struct table *table, struct slice text, bool people);

#endif
