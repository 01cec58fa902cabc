/* editor.c: see editor.h.
 *
 * libedit draws a right prompt wherever the line leaves room for it, and takes it away where it does not; the
 * hint is that. It is drawn anew when the whole line is, so letters are bound to a function that asks for
 * that. Before a line is accepted the hint is taken away: it would stay above the reply.
 */
#include "client/editor.h"

#include <histedit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/recall.h"
#include "client/text.h"

#define ACCEPT    "\x1d" /* ^], which no one types: bound to what ends a line */
#define HINT_MIN  12     /* columns: in less a hint tells nothing */
#define HINT_GAP  3      /* columns between the line and its hint, and beside it */
#define HINT_MOST 512

struct editor {
    const struct editor_guide *guide;
    EditLine *edit;
    History *history;
    bool quiet;     /* no hint: the line is about to be accepted */
    bool cancelled; /* it is about to be thrown away */
    char *line;     /* the last one read */
    char hint[HINT_MOST];
};

static struct editor *editor_of(EditLine *edit)
{
    void *data = NULL;
    el_get(edit, EL_CLIENTDATA, &data);
    return data;
}

static char *prompt(EditLine *edit)
{
    const struct editor_guide *guide = editor_of(edit)->guide;
    /* libedit asks for text it could write to, and does not. */
    return (char *)(uintptr_t)guide->prompt(guide->context);
}

static unsigned terminal_width(void)
{
    struct winsize size = {0};
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* The hint, cut to what the line leaves of the terminal's row. */
static void hint_fit(struct editor *editor, struct slice hint, unsigned taken)
{
    unsigned width = terminal_width();
    unsigned room = width > taken + HINT_GAP ? width - taken - HINT_GAP : 0;
    const char *more = "";
    if (room < HINT_MIN || hint.length == 0)
        return;
    if (text_width(hint) > room) {
        more = MB_CUR_MAX > 1 ? "…" : ">";
        hint = text_cut(hint, room - 1);
    }
    (void)snprintf(editor->hint, sizeof editor->hint, "%.*s%s", (int)hint.length, hint.text, more);
}

/* The right prompt. */
static char *right_prompt(EditLine *edit)
{
    struct editor *editor = editor_of(edit);
    const struct editor_guide *guide = editor->guide;
    const LineInfo *info = el_line(edit);
    size_t length = (size_t)(info->lastchar - info->buffer);
    editor->hint[0] = '\0';
    if (editor->quiet || length == 0 || info->cursor != info->lastchar)
        return editor->hint;
    struct buffer hint = {0};
    guide->hint(guide->context, info->buffer, length, &hint);
    unsigned taken = text_width(slice_of(guide->prompt(guide->context))) +
                     text_width((struct slice){info->buffer, length});
    hint_fit(editor, (struct slice){hint.bytes + hint.start, buffer_length(&hint)}, taken);
    buffer_free(&hint);
    return editor->hint;
}

/* A letter: inserted, and the line drawn anew with its hint. */
static unsigned char key_letter(EditLine *edit, int letter)
{
    const char text[] = {(char)letter, '\0'};
    return el_insertstr(edit, text) == 0 ? CC_REFRESH : CC_ERROR;
}

/* What ends or throws away the line: takes the hint away first. */
static unsigned char leave(EditLine *edit)
{
    const LineInfo *info = el_line(edit);
    editor_of(edit)->quiet = true;
    el_cursor(edit, (int)(info->lastchar - info->cursor));
    el_push(edit, ACCEPT); /* is read after the line was drawn anew */
    return CC_REFRESH;
}

static unsigned char key_enter(EditLine *edit, int letter)
{
    (void)letter;
    return leave(edit);
}

static unsigned char key_cancel(EditLine *edit, int letter)
{
    (void)letter;
    struct editor *editor = editor_of(edit);
    unsigned char status = leave(edit);
    editor->cancelled = true;
    (void)el_insertstr(edit, "^C"); /* to be seen; the line is thrown away */
    return status;
}

static unsigned char key_suspend(EditLine *edit, int letter)
{
    (void)letter;
    el_set(edit, EL_PREP_TERM, 0);
    (void)raise(SIGTSTP);
    el_set(edit, EL_PREP_TERM, 1);
    return CC_REDISPLAY;
}

/* Writes the candidates below the line, in columns. */
static void list_candidates(const struct completion *completion)
{
    unsigned widest = 0;
    for (size_t i = 0; i < completion->count; i++) {
        unsigned width = (unsigned)strlen(completion->texts[i]);
        widest = width > widest ? width : widest;
    }
    unsigned columns = terminal_width() / (widest + 2);
    columns = columns == 0 ? 1 : columns;
    for (size_t i = 0; i < completion->count; i++) {
        bool ends = (i + 1) % columns == 0 || i + 1 == completion->count;
        if (ends)
            printf("%s\n", completion->texts[i]);
        else
            printf("%-*s", (int)widest + 2, completion->texts[i]);
    }
    if (completion->more)
        printf("and more\n");
    (void)fflush(stdout);
}

/* The Tab key: as much as is certain is inserted; if that is nothing, the candidates are listed. */
static unsigned char key_tab(EditLine *edit, int letter)
{
    (void)letter;
    static struct completion completion;
    struct editor *editor = editor_of(edit);
    const LineInfo *info = el_line(edit);
    size_t length = (size_t)(info->cursor - info->buffer);
    size_t replaced = 0;
    editor->guide->complete(editor->guide->context, info->buffer, length, &completion, &replaced);
    size_t common = complete_common(&completion);
    if (completion.count == 0)
        return CC_REFRESH_BEEP;
    char text[NAMES_LENGTH_MAX + 2];
    (void)snprintf(text, sizeof text, "%.*s%s", (int)common, completion.texts[0],
                   completion.count == 1 ? " " : "");
    if (common > replaced || completion.count == 1) {
        el_deletestr(edit, (int)replaced);
        return el_insertstr(edit, text) == 0 ? CC_REFRESH : CC_ERROR;
    }
    (void)fputc('\n', stdout);
    list_candidates(&completion);
    return CC_REDISPLAY;
}

static void bind_keys(EditLine *edit)
{
    el_set(edit, EL_ADDFN, "bursar-letter", "Insert a letter", key_letter);
    el_set(edit, EL_ADDFN, "bursar-enter", "Accept the line", key_enter);
    el_set(edit, EL_ADDFN, "bursar-cancel", "Throw the line away", key_cancel);
    el_set(edit, EL_ADDFN, "bursar-suspend", "Stop the shell", key_suspend);
    el_set(edit, EL_ADDFN, "bursar-complete", "Complete the word", key_tab);
    for (int letter = ' '; letter < 0x7f; letter++) {
        char key[8]; /* in octal: some letters mean something in the notation of bindings */
        (void)snprintf(key, sizeof key, "\\%03o", (unsigned)letter);
        el_set(edit, EL_BIND, key, "bursar-letter", NULL);
    }
    el_set(edit, EL_BIND, "^]", "ed-newline", NULL);
    el_set(edit, EL_BIND, "^M", "bursar-enter", NULL);
    el_set(edit, EL_BIND, "^J", "bursar-enter", NULL);
    el_set(edit, EL_BIND, "^I", "bursar-complete", NULL);
    el_set(edit, EL_BIND, "^C", "bursar-cancel", NULL);
    el_set(edit, EL_BIND, "^Z", "bursar-suspend", NULL);
    el_set(edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_set(edit, EL_SETTY, "-d", "-isig", NULL); /* Ctrl-C is a key while a line is typed */
}

struct editor *editor_open(const struct editor_guide *guide)
{
    struct editor *editor = calloc(1, sizeof *editor);
    HistEvent event;
    if (editor == NULL)
        abort();
    editor->guide = guide;
    editor->edit = el_init("bursar", stdin, stdout, stderr);
    editor->history = history_init();
    if (editor->edit == NULL || editor->history == NULL) {
        editor_close(editor);
        return NULL;
    }
    history(editor->history, &event, H_SETSIZE, (int)RECALL_LINES_MAX);
    el_set(editor->edit, EL_CLIENTDATA, editor);
    el_set(editor->edit, EL_EDITOR, "emacs");
    el_set(editor->edit, EL_SIGNAL, 1);
    el_set(editor->edit, EL_HIST, history, editor->history);
    el_set(editor->edit, EL_PROMPT, prompt);
    el_set(editor->edit, EL_RPROMPT, right_prompt);
    (void)el_source(editor->edit, NULL); /* the user's ~/.editrc */
    bind_keys(editor->edit);
    return editor;
}

enum editor_event editor_read(struct editor *editor, const char **line)
{
    int count = 0;
    editor->quiet = false;
    editor->cancelled = false;
    /* Before the prompt, not after it as libedit does: what is typed at once would be taken by the terminal.
     */
    el_set(editor->edit, EL_PREP_TERM, 1);
    const char *read = el_gets(editor->edit, &count);
    if (read == NULL || count <= 0) {
        (void)fputc('\n', stdout);
        return EDITOR_END;
    }
    free(editor->line);
    editor->line = strndup(read, strcspn(read, "\r\n"));
    if (editor->line == NULL)
        abort();
    *line = editor->line;
    return editor->cancelled ? EDITOR_CANCELLED : EDITOR_LINE;
}

void editor_remember(struct editor *editor, const char *line)
{
    HistEvent event;
    history(editor->history, &event, H_ENTER, line);
}

void editor_close(struct editor *editor)
{
    if (editor->edit != NULL)
        el_end(editor->edit);
    if (editor->history != NULL)
        history_end(editor->history);
    free(editor->line);
    free(editor);
}
