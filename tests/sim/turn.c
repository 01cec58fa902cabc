/* turn.c: see turn.h. The functions of the log's thread are nobody else's, so its file is taken in whole. */
#include "tests/sim/turn.h"

#include <setjmp.h>

#include "server/commitlog.c" /* NOLINT(bugprone-suspicious-include) */

/* Where an end of the process leads to. */
static jmp_buf ended;

/* As the linker names it. */
_Noreturn void __wrap__exit(int status);

_Noreturn void __wrap__exit(int status)
{
    assert(status == EXIT_FAILURE);
    longjmp(ended, 1);
}

/* What the server tells its operator is that it ends, and why: the simulator sees that. */
void log_write(enum log_level level, const char *format, ...)
{
    assert(level == LOG_ERROR && format != NULL);
}

void turn_open(struct commitlog *log, unsigned workers)
{
    bool good = commitlog_open(log, DURABILITY_SYNC, workers, 0, 0);
    assert(good);
}

void turn_begin(struct commitlog *log, sequence_t newest)
{
    atomic_store(&log->durable, newest);
}

enum turn turn_take(struct commitlog *log)
{
    sequence_t next = atomic_load(&log->durable) + 1;
    if (setjmp(ended) != 0)
        return TURN_FAILED;
    if (!log_gather(log, &next))
        return TURN_IDLE;
    log_commit(log, next - 1);
    return TURN_DONE;
}

bool turn_stop(struct commitlog *log)
{
    char error[JOURNAL_ERROR_MAX];
    return journal_append(&log->journal, true, error) == APPEND_OK;
}

void turn_close(struct commitlog *log)
{
    journal_close(&log->journal);
    for (unsigned i = 0; i < log->workers; i++)
        buffer_free(&log->lanes[i]);
    memset(log->lanes, 0, log->workers * sizeof *log->lanes);
    commitlog_close(log);
}
