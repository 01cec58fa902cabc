/* thread_sanitizer.c: runs the Criterion tests under ThreadSanitizer, where Criterion's own runner can't.
 *
 * That runner maps memory at random fixed addresses, which ThreadSanitizer refuses it. So in such a build
 * this main takes its place, and the few functions by which a test talks to the runner: each test is a forked
 * process, and its exit status is the result. Knows the one option that scripts/check uses: --json=FILE.
 */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where Criterion's Test macro leaves a pointer to each test. */
extern struct criterion_test *const __start_cr_tst[];
extern struct criterion_test *const __stop_cr_tst[];
/* And its TestSuite macro one to each suite; weak, since a program may have none. */
extern struct criterion_suite *const __start_cr_sts[] __attribute__((weak));
extern struct criterion_suite *const __stop_cr_sts[] __attribute__((weak));

void criterion_internal_test_setup(void)
{
}

void criterion_internal_test_main(void (*test)(void))
{
    test();
}

void criterion_internal_test_teardown(void)
{
}

void criterion_send_assert(struct criterion_assert_stats *stats)
{
    if (!stats->passed) {
        fprintf(stderr, "%s:%u: %s\n", stats->file, stats->line, stats->message);
    }
}

void criterion_abort_test(void)
{
    _exit(EXIT_FAILURE);
}

void criterion_continue_test(void)
{
    _exit(EXIT_FAILURE);
}

/** What a test's suite says of it; NULL where there is nothing. */
static const struct criterion_test_extra_data *suite_of(const struct criterion_test *test)
{
    for (struct criterion_suite *const *suite = __start_cr_sts; suite < __stop_cr_sts; suite++) {
        if (strcmp((*suite)->name, test->category) == 0) {
            return (*suite)->data;
        }
    }
    return NULL;
}

static void test_run(const struct criterion_test *test)
{
    const struct criterion_test_extra_data *suite = suite_of(test);
    if (suite && suite->init) {
        suite->init();
    }
    test->test();
    if (suite && suite->fini) {
        suite->fini();
    }
}

/** Whether one test passes in a process of its own: it ends well, or by the signal it should end by. */
static bool test_passes(const struct criterion_test *test)
{
    int status = 0;
    fflush(NULL);
    pid_t process = fork();
    if (process == 0) {
        test_run(test);
        exit(EXIT_SUCCESS);
    }
    if (process < 0 || waitpid(process, &status, 0) != process) {
        return false;
    }
    int wanted = test->data->signal;
    return wanted != 0 ? WIFSIGNALED(status) && WTERMSIG(status) == wanted
                       : WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

static void report(const char *path, unsigned passed, unsigned failed)
{
    FILE *file = fopen(path, "we");
    if (file) {
        fprintf(file, "{\"passed\": %u, \"failed\": %u, \"errored\": 0}\n", passed, failed);
        fclose(file);
    }
}

int main(int argc, char **argv)
{
    static const char json[] = "--json=";
    unsigned passed = 0;
    unsigned failed = 0;
    for (struct criterion_test *const *test = __start_cr_tst; test < __stop_cr_tst; test++) {
        bool good = test_passes(*test);
        passed += good;
        failed += !good;
        if (!good) {
            fprintf(stderr, "failed: %s/%s\n", (*test)->category, (*test)->name);
        }
    }
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], json, sizeof json - 1) == 0) {
            report(argv[i] + sizeof json - 1, passed, failed);
        }
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
