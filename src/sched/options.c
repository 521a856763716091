#include "options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <steal/debug.h>
#include <steal/time.h>

#include "simulate.h"

/*
 * The environment
 */

/* What follows the name and the sign in "name=value", "" if it is the name alone, NULL
 * if it is something else. */
static const char *
value_of(const char *word, const char *name)
{
    size_t n = strlen(name);

    if (strncmp(word, name, n) != 0)
        return NULL;
    if (!word[n])
        return word + n;
    return word[n] == '=' ? word + n + 1 : NULL;
}

static bool
read_policy(unsigned *policy, const char *value)
{
    static const char *const names[] = { "", "report", "abort", "stop" };

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(value, names[i]) == 0) {
            *policy = i ? i : STEAL_STUCK_REPORT;
            return true;
        }
    }
    return false;
}

/* In milliseconds. */
static bool
read_time(uint64_t *time, const char *value)
{
    unsigned long long n;
    char *end;

    errno = 0;
    n = strtoull(value, &end, 10);
    if (*value < '0' || *value > '9' || *end || errno || !n ||
            n > UINT64_MAX / STEAL_MS(1))
        return false;
    *time = STEAL_MS(n);
    return true;
}

static bool
read_path(const char **path, const char *value)
{
    if (*value)
        *path = value;
    return *value;
}

/* False if nobody knows what that is. */
static bool
obey(struct steal_options *to, const char *word)
{
    const char *value;

    if ((value = value_of(word, "lostwake")))
        return read_policy(&to->detect_lost_wakes, value);
    if ((value = value_of(word, "long_poll")))
        return read_time(&to->long_poll, value);
    if ((value = value_of(word, "trace")))
        return read_path(&to->trace_file, value);
    if ((value = value_of(word, "top")))
        return read_path(&to->top, value);
    if (strcmp(word, "times") != 0)
        return false;
    to->time_polls = true;
    return true;
}

/* What the program has said itself stands. */
static void
add(struct steal_options *to, const struct steal_options *words)
{
    if (!to->detect_lost_wakes)
        to->detect_lost_wakes = words->detect_lost_wakes;
    if (!to->long_poll)
        to->long_poll = words->long_poll;
    if (!to->trace_file)
        to->trace_file = words->trace_file;
    if (!to->top)
        to->top = words->top;
    to->time_polls |= words->time_polls;
}

static int
read_debug(struct steal_options *to, char **copy)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    const char *words = secure_getenv("STEAL_DEBUG");
    char *rest;

    *copy = NULL;
    if (!words)
        return 0;
    *copy = malloc(strlen(words) + 1);
    if (!*copy)
        return -ENOMEM;
    strcpy(*copy, words);
    for (char *word = strtok_r(*copy, ", ", &rest); word;
            word = strtok_r(NULL, ", ", &rest)) {
        if (!obey(&options, word))
            fprintf(stderr, "libsteal: STEAL_DEBUG: this makes no sense: %s\n",
                    word);
    }
    add(to, &options);
    return 0;
}

/*
 * The program's
 */

static bool
flags_make_sense(unsigned flags)
{
    const unsigned both = STEAL_ON_CALLER | STEAL_PIN_WORKERS;

    return !(flags & ~both) && (flags & both) != both;
}

static int
copy(struct steal_options *to, const struct steal_options *from)
{
    static const struct steal_options defaults = STEAL_OPTIONS_INIT;

    *to = defaults;
    if (!from)
        return 0;
    if (from->size < offsetof(struct steal_options, name))
        return -EINVAL;
    memcpy(to, from, from->size < sizeof *to ? from->size : sizeof *to);
    return 0;
}

static bool
make_sense(const struct steal_options *options)
{
    if (!options->allocator.allocate != !options->allocator.release)
        return false;
    if (options->workers > STEAL_WORKERS_MAX ||
            !flags_make_sense(options->flags))
        return false;
    if (options->flags & STEAL_ON_CALLER && options->workers > 1)
        return false;
    return options->detect_lost_wakes <= STEAL_STUCK_STOP;
}

static void
fill_in(struct steal_options *to)
{
    if (to->flags & STEAL_ON_CALLER && !to->deterministic)
        to->workers = 1;
    if (!to->workers)
        to->workers = steal_default_workers();
    if (!to->compute_workers)
        to->compute_workers = to->workers;
    if (!to->blocking_threads)
        to->blocking_threads = 512;
    if (!to->blocking_keep)
        to->blocking_keep = STEAL_SECONDS(10);
    if (!to->seed)
        to->seed = steal_now();
}

int
steal__options_read(struct steal_options *to, const struct steal_options *from,
        char **words)
{
    int error = copy(to, from);

    if (error)
        return error;
    if (!make_sense(to))
        return -EINVAL;
    error = steal__simulation_options(to);
    if (error)
        return error;
    fill_in(to);
    return read_debug(to, words);
}
