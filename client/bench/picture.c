/* picture.c: see picture.h. The program is sent to gnuplot through a pipe, data and all. */
#include "client/bench/picture.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Points of the distribution: each halves what lies beyond it, as HdrHistogram's plots do, with some between.
 */
#define HALVINGS     20
#define STEPS_A_HALF 5

/* Starts gnuplot reading from `input` (-1: nothing), with one argument or none. 0: it can't be started. */
static pid_t start(int input, char *argument)
{
    char *const arguments[] = {"gnuplot", argument, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child = 0;
    posix_spawn_file_actions_init(&actions);
    if (input >= 0)
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    else /* it tells its version, which nobody wants to read */
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (posix_spawnp(&child, arguments[0], &actions, NULL, arguments, environ) != 0)
        child = 0;
    posix_spawn_file_actions_destroy(&actions);
    return child;
}

static bool succeeded(pid_t child)
{
    int status;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool picture_possible(void)
{
    return succeeded(start(-1, "--version"));
}

static void send_head(FILE *gnuplot, const struct plan *plan)
{
    char parameters[256];
    report_parameters(plan, parameters, sizeof parameters);
    const char *ending = strrchr(plan->picture_path, '.');
    bool png = ending != NULL && strcmp(ending, ".png") == 0;
    (void)fprintf(gnuplot, "set terminal %s size 1000,1100 font 'sans,11'\nset output '",
                  png ? "pngcairo" : "svg background rgb 'white'");
    for (const char *at = plan->picture_path; *at != '\0'; at++)
        (void)fprintf(gnuplot, *at == '\'' ? "''" : "%c", *at);
    (void)fprintf(
        gnuplot,
        "'\nset multiplot layout 3,1 title \"{/:Bold bursar bench}\\n%s\"\n"
        "set grid linetype 1 linecolor rgb '#dddddd'\nset border linecolor rgb '#888888'\n"
        "set lmargin 12\nset rmargin 14\nset xlabel 'seconds'\nset title offset 0,-0.5 font ',12'\n",
        parameters);
}

static void send_rows(FILE *gnuplot, const struct timeline *timeline)
{
    (void)fputs("$rows << END\n", gnuplot);
    for (size_t row = 0; row < timeline->count; row++) {
        const struct timeline_row *at = &timeline->rows[row];
        (void)fprintf(gnuplot, "%.3f %.1f", at->end_s,
                      at->length_s > 0 ? (double)at->requests / at->length_s : 0.0);
        for (size_t i = 0; i < PERCENTILES; i++)
            (void)fprintf(gnuplot, " %.4f", at->latency_us[i] / 1e3);
        (void)fputc('\n', gnuplot);
    }
    (void)fputs("END\n", gnuplot);
}

static void send_distribution(FILE *gnuplot, const struct histogram *latency)
{
    (void)fputs("$latencies << END\n", gnuplot);
    for (int halving = 0; halving < HALVINGS; halving++) {
        for (unsigned step = 0; step < STEPS_A_HALF; step++) {
            double rest = ldexp(1 - (double)step / (2 * STEPS_A_HALF), -halving);
            if (rest * (double)latency->total < 1)
                break;
            (void)fprintf(gnuplot, "%.9g %.4f\n", 1 / rest,
                          (double)histogram_percentile(latency, 100 * (1 - rest)) / 1e6);
        }
    }
    (void)fprintf(gnuplot, "%.9g %.4f\nEND\n", (double)(latency->total > 0 ? latency->total : 1),
                  (double)latency->largest / 1e6);
}

static void send_panels(FILE *gnuplot)
{
    (void)fputs("set title 'Throughput'\nset ylabel 'requests a second'\nset format y '%.1s%c'\nset yrange "
                "[0:*]\nset xrange "
                "[0:*]\nunset key\n"
                "plot $rows using 1:2 with linespoints linewidth 2 pointtype 7 pointsize 0.4 "
                "linecolor rgb '#1f77b4'\n"
                "set title 'Latency, second by second'\nset ylabel 'milliseconds'\nset format y '%g'\nset "
                "logscale y\nset yrange [*:*]\n"
                "set key outside right top\nplot",
                gnuplot);
    for (size_t i = 0; i < PERCENTILES; i++)
        (void)fprintf(gnuplot, "%s $rows using 1:%zu with lines linewidth 2 title '%s'", i > 0 ? "," : "",
                      i + 3, percentiles[i].name);
    (void)fputs("\nunset key\nset title 'Latency, all requests'\nset xlabel 'percentile'\nset logscale "
                "x\nset xrange [1:*]\n"
                "set xtics ('0' 1, '50' 2, '90' 10, '99' 100, '99.9' 1000, '99.99' 10000, '99.999' 100000, "
                "'99.9999' 1000000)\n"
                "plot $latencies using 1:2 with lines linewidth 2 linecolor rgb '#d62728'\n"
                "unset multiplot\n",
                gnuplot);
}

bool picture_draw(const struct plan *plan, const struct report *report)
{
    int ends[2];
    FILE *gnuplot = NULL;
    pid_t child = 0;
    if (pipe2(ends, O_CLOEXEC) == 0) {
        child = start(ends[0], NULL);
        close(ends[0]);
        gnuplot = fdopen(ends[1], "w");
    }
    if (gnuplot != NULL) {
        (void)signal(SIGPIPE, SIG_IGN); /* it may end early: its status tells */
        send_rows(gnuplot, &report->timeline);
        send_distribution(gnuplot, &report->total.latency);
        send_head(gnuplot, plan);
        send_panels(gnuplot);
        (void)fclose(gnuplot);
    }
    if (succeeded(child))
        return true;
    (void)fprintf(stderr, "bursar bench: gnuplot could not draw '%s'\n", plan->picture_path);
    return false;
}
