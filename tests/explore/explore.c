#include "explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine.h"
#include "report.h"
#include "search.h"

#define OUTCOMES     64
#define SECONDS      20
#define EXIT_SKIPPED 77

/* What the executions of one case came to. */
struct tally {
    unsigned long executions;
    unsigned long pruned;
    unsigned long faults;
    bool failed;
    const char *bound; /* what ended the search too early; NULL: nothing */
    const char *cut;   /* what bounded some execution; NULL: nothing */
    uint64_t outcome[OUTCOMES];
    unsigned outcomes;
};

static struct tally tally;

void
explore_outcome(uint64_t what)
{
    for (unsigned i = 0; i < tally.outcomes; i++)
        if (tally.outcome[i] == what)
            return;
    if (tally.outcomes < OUTCOMES)
        tally.outcome[tally.outcomes++] = what;
}

static time_t
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

/* Runs one path; false when no other is worth it. */
static bool
go(const struct explore_case *what, const char *schedule)
{
    enum engine_end end;

    search_restart(schedule);
    end = engine_run(what);
    tally.executions += end != ENGINE_PRUNED;
    tally.pruned += end == ENGINE_PRUNED;
    tally.faults += engine_faults();
    if (engine_bound())
        tally.cut = engine_bound();
    tally.failed = end == ENGINE_FAILED;
    return !tally.failed;
}

static bool
is_out_of_bounds(const struct explore_case *what, time_t end)
{
    unsigned long count = tally.executions + tally.pruned;

    if (what->executions && tally.executions >= what->executions)
        tally.bound = "executions";
    else if (count % 1024 == 0 && now() > end)
        tally.bound = "time";
    return tally.bound;
}

/* A bound of the case, or what the environment wants instead of it. */
static unsigned
bound(unsigned of_case, const char *variable)
{
    const char *wish = getenv(variable);

    return of_case && wish ? (unsigned)atoi(wish) : of_case;
}

static void
walk(const struct explore_case *what)
{
    struct search_bounds bounds = {
        bound(what->preemptions, "EXPLORE_PREEMPTIONS"), what->full
    };
    time_t end = now() + bound(what->seconds ? what->seconds : SECONDS,
                                 "EXPLORE_SECONDS");

    memset(&tally, 0, sizeof tally);
    search_begin(&bounds);
    while (go(what, NULL) && !is_out_of_bounds(what, end))
        if (!search_advance())
            break;
    if (!tally.bound && search_was_cut())
        tally.bound = "preemptions";
    if (!tally.bound)
        tally.bound = tally.cut;
}

static void
print_failure(const struct explore_case *what)
{
    char schedule[2 * SEARCH_STEPS + 2];

    search_print(schedule, sizeof schedule);
    printf("  %s\n", engine_reason());
    report_steps(stdout);
    printf("  repeat it: EXPLORE_REPLAY='%s:%s'\n", what->name, schedule);
}

static bool
is_fault(const struct explore_case *what)
{
    return what->must_fail || what->fault.kind != EXPLORE_NO_FAULT;
}

/* NULL if all is as it must be. */
static const char *
verdict(const struct explore_case *what)
{
    if (what->fault.kind != EXPLORE_NO_FAULT && !tally.faults)
        return "the seeded fault never struck: renamed?";
    if (is_fault(what))
        return tally.failed ? NULL : "the fault was not found";
    if (tally.failed)
        return "failed";
    if (tally.bound && !strcmp(tally.bound, "time"))
        return "out of time";
    if (what->outcomes && tally.outcomes != what->outcomes)
        return "other outcomes than expected";
    return NULL;
}

static void
print_tally(const struct explore_case *what, const char *trouble)
{
    printf("%s %s: ", trouble ? "FAIL" : "ok  ", what->name);
    if (trouble)
        printf("%s, ", trouble);
    if (!trouble && is_fault(what))
        printf("fault found, ");
    printf("explored %lu executions", tally.executions);
    if (tally.pruned)
        printf(" and %lu beginnings", tally.pruned);
    if (what->outcomes)
        printf(", %u outcomes", tally.outcomes);
    if (tally.bound)
        printf(", bounded by %s\n", tally.bound);
    else
        printf(tally.failed ? "\n" : ", complete\n");
}

int
explore_run(const struct explore_case *what)
{
    const char *trouble;

    walk(what);
    trouble = verdict(what);
    print_tally(what, trouble);
    if (tally.failed && (trouble || getenv("EXPLORE_VERBOSE")))
        print_failure(what);
    fflush(stdout);
    return trouble != NULL;
}

/* EXPLORE_REPLAY=name:schedule runs this one path and tells of it. */
static int
replay(const char *wish, const struct explore_case *cases, size_t count)
{
    const char *schedule = strchr(wish, ':');
    struct search_bounds bounds = { 0 };

    for (size_t i = 0; schedule && i < count; i++) {
        const struct explore_case *what = &cases[i];
        size_t length = (size_t)(schedule - wish);

        if (strlen(what->name) != length || memcmp(what->name, wish, length))
            continue;
        memset(&tally, 0, sizeof tally);
        bounds.full = what->full;
        search_begin(&bounds);
        go(what, schedule + 1);
        printf("%s %s\n", tally.failed ? "FAIL" : "ok  ", what->name);
        if (tally.failed)
            print_failure(what);
        else
            report_steps(stdout);
        return tally.failed;
    }
    fprintf(stderr, "explore: no such case\n");
    return 2;
}

static bool
is_wanted(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], name))
            return true;
    return argc < 2;
}

int
explore_main(int argc, char **argv, const struct explore_case *cases,
        size_t count)
{
    const char *wish = getenv("EXPLORE_REPLAY");
    int failures = 0;

    unsetenv("STEAL_DEBUG"); /* the cases say themselves what is looked for */
    engine_init();
    if (wish)
        return replay(wish, cases, count);
    for (size_t i = 0; i < count; i++)
        if (is_wanted(argc, argv, cases[i].name))
            failures += explore_run(&cases[i]);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
