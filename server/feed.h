/* feed.h: the service that tells followers what was committed: FEED.
 *
 * A follower asks for the records from a number on, and may wait for them. All who wait sleep in one thread,
 * which wakes when the number that one of them waits for is durable, reads the journal once for all of them
 * (feed_source.h) and answers. Each has one question at a time, and its answer is as much as fits a page, so
 * one that is slow holds up nobody.
 */
#ifndef BURSAR_SERVER_FEED_H
#define BURSAR_SERVER_FEED_H

/** The service's thread; `context` is its struct service. */
void *feed_thread(void *context);

#endif
