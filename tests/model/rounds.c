/* rounds.c: see rounds.h. */
#include "tests/model/rounds.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What the handler of SIGABRT prints: made beforehand, as a handler may do little. */
static char last_words[64];

static void abort_tell(int signal_number)
{
    (void)signal_number;
    ssize_t written = write(STDERR_FILENO, last_words, strlen(last_words));
    (void)written; /* nobody is left to tell */
}

bool rounds_replay(void)
{
    return getenv("BURSAR_SEED") != NULL;
}

unsigned rounds_of(unsigned standard)
{
    if (rounds_replay())
        return 1;
    const char *percent = getenv("BURSAR_ROUNDS");
    unsigned long rounds = percent != NULL ? standard * strtoul(percent, NULL, 10) / 100 : standard;
    return rounds == 0 ? 1 : (unsigned)rounds;
}

uint64_t rounds_seed(unsigned round)
{
    /* Seconds, with room below for the rounds of a day's tests: no two runs share a seed. */
    static uint64_t first;
    const char *text = getenv("BURSAR_SEED");
    if (first == 0)
        first = text != NULL ? strtoull(text, NULL, 10) : (uint64_t)time(NULL) * 100000;
    (void)snprintf(last_words, sizeof last_words, "BURSAR_SEED=%llu\n", (unsigned long long)first + round);
    (void)signal(SIGABRT, abort_tell);
    return first + round;
}
