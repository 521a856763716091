/*
 * steal-trace - shows what the workers of a runtime did.
 *
 *     steal-trace [-p | -s] [-t FROM,LENGTH] [-o OUTPUT] FILE
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace.h"

struct wish {
    char what; /* 'j', 'p' or 's' */
    const char *output;
    uint64_t from; /* ns */
    uint64_t length;
};

static _Noreturn void
usage(void)
{
    fputs("usage: steal-trace [-p | -s] [-t FROM,LENGTH] [-o OUTPUT] FILE\n",
            stderr);
    exit(2);
}

/* "1.5,20": milliseconds. */
static bool
read_times(struct wish *wish, const char *text)
{
    char *end;
    double from = strtod(text, &end);
    double length = *end == ',' ? strtod(end + 1, &end) : -1;

    if (*end || !(from >= 0 && from < 1e12) ||
            !(length >= 1e-6 && length < 1e12))
        return false;
    wish->from = (uint64_t)(from * 1e6);
    wish->length = (uint64_t)(length * 1e6);
    return true;
}

static void
read_wish(struct wish *wish, int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "o:pst:")) != -1) {
        switch (option) {
        case 'o':
            wish->output = optarg;
            break;
        case 'p':
        case 's':
            if (wish->what != 'j')
                usage();
            wish->what = (char)option;
            break;
        case 't':
            if (!read_times(wish, optarg))
                usage();
            break;
        default:
            usage();
        }
    }
    if (argc - optind != 1 || (wish->length && wish->what != 'p'))
        usage();
}

static int
fail(const char *what, const char *why)
{
    fprintf(stderr, "steal-trace: %s: %s\n", what, why);
    return 1;
}

static bool
put(const struct trace *trace, const struct wish *wish, FILE *out)
{
    struct spans spans;
    bool done;

    if (!find_spans(&spans, trace))
        return false;
    if (wish->what == 'p')
        done = put_picture(trace, &spans, wish->from, wish->length, out);
    else if (wish->what == 's')
        done = put_summary(trace, &spans, out);
    else
        done = put_json(trace, &spans, out);
    free_spans(&spans);
    return done;
}

static int
show(const struct trace *trace, const struct wish *wish)
{
    const char *name = wish->output ? wish->output : "standard output";
    FILE *out = wish->output ? fopen(wish->output, "w") : stdout;
    bool done;
    bool broken;

    if (!out)
        return fail(name, strerror(errno));
    done = put(trace, wish, out);
    errno = 0;
    broken = ferror(out);
    broken |= fclose(out) != 0;
    if (broken && done)
        return fail(name, errno ? strerror(errno) : "cannot be written");
    return done ? 0 : fail(name, "out of memory");
}

int
main(int argc, char **argv)
{
    struct wish wish = { .what = 'j' };
    const char *why = NULL;
    struct trace *trace;
    FILE *file;
    int status;

    read_wish(&wish, argc, argv);
    file = fopen(argv[optind], "r");
    if (!file)
        return fail(argv[optind], strerror(errno));
    trace = load_trace(file, &why);
    fclose(file);
    if (!trace)
        return fail(argv[optind], why);
    status = show(trace, &wish);
    free_trace(trace);
    return status;
}
