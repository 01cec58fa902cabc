/* landmark.h: how far apart an account's landmarks are: places on the chain of its entries, so that the
 * middle of a long history is found without walking there. */
#ifndef BURSAR_SERVER_LANDMARK_H
#define BURSAR_SERVER_LANDMARK_H

#include <stdint.h>

/** Postings from one landmark of an account to the next. */
#define LANDMARK_EVERY 64

/** How many landmarks after the first at or behind an entry there is one at or behind the entry `count` - 1
 *  places later. */
static inline uint32_t landmarks_across(uint32_t count)
{
    return (count - 1 + LANDMARK_EVERY - 1) / LANDMARK_EVERY;
}

#endif
