/*
 * tests/seeds.c - the examples, each in many orders: deterministic runs, with one
 * seed after the other, that must end well and print what they print in real runs.
 *
 *     tests/seeds [name of an example]
 *
 * STEAL_SEEDS=<n> tries so many seeds, STEAL_FIRST_SEED=<n> begins there.  Who fails
 * is told with the line that has the same run again.
 */
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <steal/time.h>

#include "../src/base/clock.h"
#include "../src/base/compiler.h"

/* A run that takes longer hangs, in seconds of this machine's time. */
#define LIMIT 60

/* The largest output of an example. */
#define MOST 65536

/* The makefile gives their main functions these names. */
int countdown_main(void);
int crawler_main(void);
int files_main(void);
int group_main(void);
int local_main(void);
int philosophers_main(void);
int pipe_main(void);
int pipeline_main(void);
int rooms_main(void);
int shutdown_main(int argc, char **argv);
int tasks_main(void);
int ticker_main(void);
int waiting_main(void);

static int
shutdown_alone(void)
{
    char name[] = "shutdown";
    char *argv[] = { name, NULL };

    return shutdown_main(1, argv);
}

static const struct example {
    const char *name;
    int (*main)(void);
    unsigned share; /* one in so many of the seeds */
} examples[] = {
    { "countdown", countdown_main, 1 },
    { "crawler", crawler_main, 1 },
    { "files", files_main, 20 }, /* waits for a real disk */
    { "group", group_main, 1 },
    { "local", local_main, 1 },
    { "philosophers", philosophers_main, 1 },
    { "pipe", pipe_main, 1 },
    { "pipeline", pipeline_main, 1 },
    { "rooms", rooms_main, 1 },
    { "shutdown", shutdown_alone, 1 },
    { "tasks", tasks_main, 1 },
    { "ticker", ticker_main, 1 },
    { "waiting", waiting_main, 1 },
};

static char expected[MOST + 1];
static char printed[MOST + 1];
static int output; /* where a run prints to */

static void
fail(const char *what)
{
    perror(what);
    exit(99);
}

static unsigned long
number_from(const char *variable, unsigned long otherwise)
{
    const char *text = getenv(variable);

    return text && *text ? strtoul(text, NULL, 0) : otherwise;
}

static void
read_expected(const struct example *example)
{
    const char *srcdir = getenv("srcdir");
    char path[PATH_MAX];
    FILE *file;
    size_t n;

    snprintf(path, sizeof path, "%s/examples/%s.expected",
            srcdir ? srcdir : ".", example->name);
    file = fopen(path, "r");
    if (!file)
        fail(path);
    n = fread(expected, 1, MOST, file);
    expected[n] = '\0';
    fclose(file);
}

static void
read_printed(void)
{
    ssize_t n = pread(output, printed, MOST, 0);

    if (n < 0)
        fail("pread");
    printed[n] = '\0';
}

/* In a process of its own. */
static void
run(const struct example *example, unsigned long seed)
{
    char text[32];
    int status;

    snprintf(text, sizeof text, "%lu", seed);
    if (setenv("STEAL_SEED", text, 1) || dup2(output, STDOUT_FILENO) < 0)
        fail("setenv");
    alarm(LIMIT);
    status = example->main();
    if (fflush(stdout))
        status = 98;
    exit(status);
}

static int
run_apart(const struct example *example, unsigned long seed)
{
    int status;
    pid_t child;

    if (ftruncate(output, 0) || lseek(output, 0, SEEK_SET))
        fail("ftruncate");
    child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0)
        run(example, seed);
    if (waitpid(child, &status, 0) != child)
        fail("waitpid");
    return status;
}

/* False, and told, if it went wrong. */
static bool
try_seed(const struct example *example, unsigned long seed)
{
    int status = run_apart(example, seed);

    read_printed();
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        printf("FAIL: %s hangs", example->name);
    else if (WIFSIGNALED(status))
        printf("FAIL: %s ended by signal %d", example->name, WTERMSIG(status));
    else if (WEXITSTATUS(status))
        printf("FAIL: %s ended with status %d", example->name,
                WEXITSTATUS(status));
    else if (strcmp(printed, expected) != 0)
        printf("FAIL: %s printed something else", example->name);
    else
        return true;
    printf(", seed %lu, and printed:\n%s\nhad again by\n", seed, printed);
    printf("    STEAL_SEED=%lu examples/%s\n", seed, example->name);
    return false;
}

static bool
try_all(const struct example *example, unsigned long first, unsigned long n)
{
    uint64_t begin = steal__clock_real();

    read_expected(example);
    for (unsigned long seed = first; seed < first + n; seed++) {
        if (!try_seed(example, seed))
            return false;
        fflush(stdout); /* or children would have what is left to print */
    }
    printf("ok: %s, %lu seeds, %.1f s\n", example->name, n,
            (double)(steal__clock_real() - begin) / 1e9);
    fflush(stdout);
    return true;
}

int
main(int argc, char **argv)
{
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
    unsigned long n = number_from("STEAL_SEEDS", 20);
#else
    unsigned long n = number_from("STEAL_SEEDS", 1000);
#endif
    unsigned long first = number_from("STEAL_FIRST_SEED", 1);
    bool well = true;

    output = memfd_create("output", MFD_CLOEXEC);
    if (output < 0)
        fail("memfd_create");
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        if (argc < 2 || strcmp(argv[1], examples[i].name) == 0)
            well = try_all(&examples[i], first,
                           1 + (n - 1) / examples[i].share) &&
                   well;
    }
    return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
