/* precedence_refer.c: of several things wrong with a command that refers to a hold or a transfer, and of
 * several commands of an EXEC, the first is reported, wherever everything lives.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/model/stage.h"

/* What a command may find under the id that it refers to. */
enum found {
    FOUND_NOTHING,
    FOUND_OTHER, /* a deposit */
    FOUND_CAPTURED,
    FOUND_VOIDED,
    FOUND_EXPIRED,
    FOUND_OPEN,
    FOUNDS
};
static const char *const found_codes[FOUNDS] = {"-NOHOLD ", "-NOHOLD ",  "-CAPTURED ",
                                                "-VOIDED ", "-EXPIRED ", ""};

/* What a CAPTURE may ask of a hold of 5.00. */
static const struct {
    const char *amount; /* NULL: all of it */
    const char *answer; /* NULL: it may have it */
} asked[] = {
    {NULL, NULL},
    {"5", NULL},
    {"0", "-AMOUNT the amount is zero"},
    {"1.001", "-AMOUNT 1.001 has 3 fraction digits"},
    {"340282366920938463463374607431768211455", "-AMOUNT 340282366920938463463374607431768211455 has more"},
    {"5.01", "-AMOUNT hold "},
};
#define ASKED (sizeof asked / sizeof asked[0])

/* Holds in each state, and their accounts. */
struct scene {
    struct stage *stage;
    const char *from;
    const char *to;
    const char *holds[FOUNDS];
    unsigned id_shard;
    bool frozen[2];
};

static void change(const struct scene *scene, enum call_kind kind, const char *account)
{
    struct call call = call_plain(kind, account);
    stage_expect(scene->stage, &call, "+OK");
}

static struct scene scene_set(struct stage *stage, unsigned placement)
{
    struct scene scene = {.stage = stage, .id_shard = stage_place(placement, 3)};
    unsigned hold_shard = stage_place(placement, 2);
    scene.from = stage_name(stage, "from", stage_place(placement, 0));
    scene.to = stage_name(stage, "to", stage_place(placement, 1));
    struct call open = call_open(scene.from, "USD");
    stage_call(stage, &open);
    open = call_open(scene.to, "USD");
    stage_call(stage, &open);
    struct call deposit = call_deposit(stage_name(stage, "in", 0), scene.from, "100");
    stage_expect(stage, &deposit, ":");
    scene.holds[FOUND_NOTHING] = stage_name(stage, "none", hold_shard);
    scene.holds[FOUND_OTHER] = stage->used[hold_shard];
    for (unsigned found = FOUND_CAPTURED; found < FOUNDS; found++) {
        scene.holds[found] = stage_name(stage, "h", hold_shard);
        struct call hold =
            call_hold(scene.holds[found], scene.from, scene.to, "5", found == FOUND_EXPIRED ? 1 : 0);
        stage_expect(stage, &hold, ":");
    }
    struct call capture = call_capture(stage_name(stage, "c", 0), scene.holds[FOUND_CAPTURED], NULL);
    stage_expect(stage, &capture, ":");
    struct call undo = call_undo(CALL_VOID, stage_name(stage, "v", 0), scene.holds[FOUND_VOIDED]);
    stage_expect(stage, &undo, ":");
    stage_wait(stage);
    return scene;
}

/* A CAPTURE, if something is wrong with it; and the same with an id that is taken. */
static void try_capture(const struct scene *scene, enum found found, size_t ask, bool keep)
{
    const char *answer = found_codes[found];
    struct call call =
        call_capture(stage_name(scene->stage, "t", scene->id_shard), scene->holds[found], asked[ask].amount);
    call.keep = keep;
    if (found == FOUND_OPEN && asked[ask].answer != NULL)
        answer = asked[ask].answer;
    else if (found == FOUND_OPEN && (scene->frozen[0] || scene->frozen[1]))
        answer = scene->frozen[0] ? "-FROZEN from" : "-FROZEN to";
    if (answer[0] == '\0')
        return;
    stage_expect(scene->stage, &call, answer);
    call.name = scene->stage->used[scene->id_shard];
    stage_expect(scene->stage, &call, "-IDREUSED ");
}

/* The others don't mind who is frozen. */
static void try_others(const struct scene *scene, enum found found)
{
    struct call calls[] = {call_extend(NULL, scene->holds[found], 7),
                           call_undo(CALL_VOID, NULL, scene->holds[found])};
    for (unsigned i = 0; i < 2 && found != FOUND_OPEN; i++) {
        calls[i].name = stage_name(scene->stage, "t", scene->id_shard);
        stage_expect(scene->stage, &calls[i], found_codes[found]);
        calls[i].name = scene->stage->used[scene->id_shard];
        stage_expect(scene->stage, &calls[i], "-IDREUSED ");
    }
}

Test(precedence, of_all_that_is_wrong_about_a_hold_reports_the_first)
{
    for (unsigned placement = 0; placement < 3 * 3 * 3 * 3; placement++) {
        struct stage stage = stage_set();
        struct scene scene = scene_set(&stage, placement);
        for (unsigned frozen = 0; frozen < 4; frozen++) {
            scene.frozen[0] = (frozen & 1) != 0;
            scene.frozen[1] = (frozen & 2) != 0;
            change(&scene, scene.frozen[0] ? CALL_FREEZE : CALL_THAW, scene.from);
            change(&scene, scene.frozen[1] ? CALL_FREEZE : CALL_THAW, scene.to);
            for (unsigned found = 0; found < FOUNDS; found++) {
                for (size_t ask = 0; ask < ASKED; ask++)
                    try_capture(&scene, (enum found)found, ask, ask % 2 == frozen % 2);
                try_others(&scene, (enum found)found);
            }
        }
        /* Frozen or not, the open one can be extended and voided. */
        struct call extend = call_extend(stage_name(&stage, "x", 1), scene.holds[FOUND_OPEN], 7);
        stage_expect(&stage, &extend, ":");
        struct call undo =
            call_undo(CALL_VOID, stage_name(&stage, "v", scene.id_shard), scene.holds[FOUND_OPEN]);
        stage_expect(&stage, &undo, ":");
        stage_clear(&stage);
    }
}

/* A reversal of money that is gone, to an account that has no room any more, between accounts that are
 * frozen, or closed; of a hold; of what was reversed. */
static void try_reversals(struct stage *stage, unsigned placement)
{
    struct scene scene = scene_set(stage, placement);
    const char *t = stage_name(stage, "t", stage_place(placement, 2));
    struct call call = call_transfer(t, scene.from, scene.to, "20");
    stage_expect(stage, &call, ":");
    struct call reversal = call_undo(CALL_REVERSE, stage_name(stage, "r", scene.id_shard), t);
    struct call limit = call_plain(CALL_LIMIT, scene.from);
    limit.has_ceiling = true;
    stage_expect(stage, &limit, "+OK");
    stage_expect(stage, &reversal, "-CEILING from");
    struct call undo = call_undo(CALL_VOID, stage_name(stage, "v", 1), scene.holds[FOUND_OPEN]);
    stage_expect(stage, &undo, ":");
    call = call_sweep(stage_name(stage, "s", 0), scene.to, stage->accounts[ROLE_RICH][0], NULL);
    stage_expect(stage, &call, ":");
    stage_expect(stage, &reversal, "-INSUFFICIENT to");
    change(&scene, CALL_FREEZE, scene.from);
    stage_expect(stage, &reversal, "-FROZEN from");
    change(&scene, CALL_CLOSE, scene.to);
    stage_expect(stage, &reversal, "-CLOSED to");
    call = call_undo(CALL_REVERSE, stage->used[scene.id_shard], t);
    stage_expect(stage, &call, "-IDREUSED ");

    static const enum found none[] = {FOUND_NOTHING, FOUND_CAPTURED, FOUND_OPEN};
    for (unsigned i = 0; i < 3; i++) {
        call = call_undo(CALL_REVERSE, stage_name(stage, "r", scene.id_shard), scene.holds[none[i]]);
        stage_expect(stage, &call, "-NOTRANSFER ");
        call.name = stage->used[scene.id_shard];
        stage_expect(stage, &call, "-IDREUSED ");
    }
    const char *d = stage_name(stage, "d", stage_place(placement, 2));
    call = call_deposit(d, stage->accounts[ROLE_POOR][stage_place(placement, 0)], "1");
    stage_expect(stage, &call, ":");
    call = call_undo(CALL_REVERSE, stage_name(stage, "r", scene.id_shard), d);
    stage_expect(stage, &call, ":");
    call.name = stage_name(stage, "r", scene.id_shard);
    stage_expect(stage, &call, "-REVERSED ");
    call.name = stage->used[scene.id_shard];
    stage_expect(stage, &call, "-IDREUSED ");
}

Test(precedence, of_all_that_is_wrong_about_a_reversal_reports_the_first)
{
    for (unsigned placement = 0; placement < 3 * 3 * 3 * 3; placement++) {
        struct stage stage = stage_set();
        try_reversals(&stage, placement);
        stage_clear(&stage);
    }
}

/* A command of an EXEC with one fault, or none. Parts are placed from the digit `part` on. */
#define FAULTY 14
static struct call faulty(const struct scene *scene, unsigned which, unsigned placement, unsigned part,
                          const char **code)
{
    static const char *const codes[FAULTY] = {
        "",           "NOACCOUNT ",    "CLOSED ",  "FROZEN ", "ASSET ",    "AMOUNT ", "OVERFLOW ",
        "CONDITION ", "INSUFFICIENT ", "CEILING ", "NOHOLD ", "CAPTURED ", "AMOUNT ", "NOACCOUNT "};
    static const enum role from[FAULTY] = {[1] = ROLE_MISSING, [6] = ROLE_WORN, [8] = ROLE_POOR};
    static const enum role to[FAULTY] = {
        [0] = ROLE_POOR, [1] = ROLE_POOR, [2] = ROLE_CLOSED, [3] = ROLE_FROZEN, [4] = ROLE_EURO,
        [5] = ROLE_POOR, [6] = ROLE_POOR, [7] = ROLE_POOR,   [9] = ROLE_FULL};
    struct stage *stage = scene->stage;
    const char *id = stage_name(stage, "t", stage_place(placement, part));
    unsigned one = stage_place(placement, part + 1);
    *code = codes[which];
    if (which == 13)
        return call_balance(stage->accounts[ROLE_MISSING][one]);
    if (which >= 10)
        return call_capture(id,
                            scene->holds[which == 10   ? FOUND_NOTHING
                                         : which == 11 ? FOUND_CAPTURED
                                                       : FOUND_OPEN],
                            which == 12 ? "9" : NULL);
    const char *payer = stage->accounts[from[which]][one];
    const char *receiver = stage->accounts[to[which]][(one + 1) % STAGE_SHARDS];
    const char *amount = which == 5 ? "0" : "1";
    if (which % 2 == 0)
        return call_hold(id, payer, receiver, amount, 0);
    struct call call = call_transfer(id, payer, receiver, amount);
    if (which == 7)
        call_add_condition(&call, stage->accounts[ROLE_EURO][one], CALL_AT_MOST, "0");
    return call;
}

static void try_exec(const struct scene *scene, unsigned first, unsigned second, unsigned placement)
{
    static const char *const words[] = {[CALL_TRANSFER] = "TRANSFER",
                                        [CALL_HOLD] = "HOLD",
                                        [CALL_CAPTURE] = "CAPTURE",
                                        [CALL_BALANCES] = "BALANCE"};
    struct call parts[2];
    const char *codes[2];
    parts[0] = faulty(scene, first, placement, 0, &codes[0]);
    parts[1] = faulty(scene, second, placement, 2, &codes[1]);
    unsigned at = codes[0][0] != '\0' ? 0 : 1;
    if (codes[at][0] == '\0')
        return;
    char begin[64];
    (void)snprintf(begin, sizeof begin, "-EXECABORT command %u, %s: %s", at + 1, words[parts[at].kind],
                   codes[at]);
    struct call call = call_multi(parts, 2);
    stage_expect(scene->stage, &call, begin);
}

Test(precedence, of_two_commands_of_an_exec_reports_the_first_that_is_wrong)
{
    struct stage stage = stage_set();
    struct scene scene = {0};
    for (unsigned placement = 0; placement < 3 * 3 * 3 * 3; placement++) {
        if (placement % 9 == 0)
            scene = scene_set(&stage, placement);
        for (unsigned pair = 0; pair < FAULTY * FAULTY; pair++)
            try_exec(&scene, pair / FAULTY, pair % FAULTY, placement);
    }
    stage_clear(&stage);
}
