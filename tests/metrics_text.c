/*
 * tests/metrics_text.c - the metrics as text, read as Prometheus reads it.
 */
#include <steal/metrics.h>

#include <inttypes.h>
#include <stdio.h>

#include "kit.h"

static struct steal_runtime *
named_runtime(const char *name, unsigned workers, unsigned flags)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_runtime *runtime = NULL;

    options.name = name;
    options.workers = workers;
    options.flags = flags;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    return runtime;
}

/* All of the text, to be freed. */
static char *
text_of(struct steal_runtime *runtime)
{
    char *text = NULL;
    size_t room = 0;
    size_t size;

    while ((size = steal_metrics_text(runtime, text, room)) >= room) {
        free(text);
        room = size + 64;
        text = malloc(room);
        ck_assert_ptr_nonnull(text);
    }
    ck_assert_uint_eq(strlen(text), size);
    return text;
}

/* The line that begins with `start`, or NULL. */
static const char *
line_of(const char *text, const char *start)
{
    const char *line = text;

    while (line != NULL && *line != '\0') {
        if (strncmp(line, start, strlen(start)) == 0)
            return line;
        line = strchr(line, '\n');
        line += line != NULL;
    }
    return NULL;
}

/* What follows `start` in its line. */
static double
value_of(const char *text, const char *start)
{
    const char *line = line_of(text, start);

    ck_assert_msg(line != NULL, "no %s", start);
    return strtod(line + strlen(start), NULL);
}

/*
 * The form
 */

/* What the text has been up to now. */
struct reading {
    char family[64];
    char kind[16];
    int families;
    int samples; /* of this family */
};

static void
read_help(struct reading *reading, const char *line)
{
    char help[8];

    if (reading->families > 0)
        ck_assert_int_gt(reading->samples, 0);
    ck_assert_int_eq(sscanf(line, "# HELP %63s %7s", reading->family, help), 2);
    ck_assert_int_eq(strncmp(reading->family, "steal_", 6), 0);
    reading->kind[0] = '\0';
    reading->samples = 0;
    reading->families++;
}

static bool
ends_with(const char *text, const char *end)
{
    size_t n = strlen(end);

    return strlen(text) >= n && strcmp(text + strlen(text) - n, end) == 0;
}

static void
read_type(struct reading *reading, const char *line)
{
    char name[64];

    ck_assert_str_eq(reading->kind, "");
    ck_assert_int_eq(sscanf(line, "# TYPE %63s %15s", name, reading->kind), 2);
    ck_assert_str_eq(name, reading->family);
    ck_assert_str_eq(reading->kind,
            ends_with(name, "_total") ? "counter" : "gauge");
}

static void
read_sample(struct reading *reading, const char *line)
{
    size_t name = strcspn(line, "{");
    const char *value = strrchr(line, ' ');
    char *end;

    ck_assert_str_ne(reading->kind, "");
    ck_assert_uint_eq(name, strlen(reading->family));
    ck_assert_int_eq(strncmp(line, reading->family, name), 0);
    ck_assert_ptr_nonnull(strstr(line, "runtime=\""));
    ck_assert_ptr_nonnull(value);
    ck_assert_int_eq(value[-1], '}');
    ck_assert(strtod(value, &end) >= 0);
    ck_assert(end > value + 1 && *end == '\0');
    reading->samples++;
}

static void
read_line(struct reading *reading, const char *line)
{
    if (strncmp(line, "# HELP ", 7) == 0)
        read_help(reading, line);
    else if (strncmp(line, "# TYPE ", 7) == 0)
        read_type(reading, line);
    else
        read_sample(reading, line);
}

START_TEST(every_family_has_help_and_type_before_its_samples)
{
    struct steal_runtime *runtime = runtime_start(3);
    struct reading reading = { .families = 0 };
    char *text = text_of(runtime);
    char *rest = text;
    char *line;

    ck_assert(ends_with(text, "\n"));
    while ((line = strsep(&rest, "\n")) != NULL && rest != NULL)
        read_line(&reading, line);
    ck_assert_int_gt(reading.samples, 0);
    ck_assert_uint_eq((size_t)reading.families,
            (sizeof(struct steal_metrics) +
                    sizeof(struct steal_worker_metrics)) /
                    sizeof(uint64_t));
    free(text);
    runtime_end(runtime);
}
END_TEST

START_TEST(no_family_comes_twice)
{
    struct steal_runtime *runtime = runtime_start(1);
    char *text = text_of(runtime);
    const char *line = text;

    while ((line = strstr(line, "# HELP ")) != NULL) {
        char start[80];

        ck_assert_int_eq(sscanf(line, "%79[^\n]", start), 1);
        line++;
        start[strcspn(start + 7, " ") + 8] = '\0';
        ck_assert_ptr_null(strstr(line, start));
    }
    free(text);
    runtime_end(runtime);
}
END_TEST

/*
 * The samples
 */

static bool
has_worker(const char *text, const char *worker)
{
    char start[96];

    snprintf(start, sizeof start,
            "steal_worker_parks_total{runtime=\"steal\",worker=\"%s\"} ",
            worker);
    return line_of(text, start) != NULL;
}

static int
count(const char *text, const char *what)
{
    int n = 0;

    for (; (text = strstr(text, what)) != NULL; text++)
        n++;
    return n;
}

START_TEST(all_workers_have_samples_and_the_relief_too)
{
    struct steal_runtime *runtime = runtime_start(2);
    char *text = text_of(runtime);
    int families = sizeof(struct steal_worker_metrics) / sizeof(uint64_t);

    ck_assert(has_worker(text, "0"));
    ck_assert(has_worker(text, "1"));
    ck_assert(has_worker(text, "relief"));
    ck_assert(!has_worker(text, "2"));
    ck_assert_int_eq(count(text, ",worker=\"0\"} "), families);
    ck_assert_int_eq(count(text, ",worker=\"1\"} "), families);
    ck_assert_int_eq(count(text, ",worker="), 3 * families);
    free(text);
    runtime_end(runtime);
}
END_TEST

START_TEST(text_says_what_the_functions_say)
{
    struct steal_runtime *runtime = runtime_start(2);
    struct steal_metrics before;
    struct steal_metrics after;
    uint64_t seconds;
    uint64_t rest;
    char *text;

    steal_metrics(runtime, &before, sizeof before);
    text = text_of(runtime);
    steal_metrics(runtime, &after, sizeof after);
    ck_assert(value_of(text, "steal_workers{runtime=\"steal\"} ") == 2);
    ck_assert(value_of(text, "steal_live{runtime=\"steal\"} ") == 0);
    ck_assert_int_eq(sscanf(line_of(text, "steal_age_seconds{"),
                             "steal_age_seconds{runtime=\"steal\"} %" SCNu64
                             ".%9" SCNu64 "\n",
                             &seconds, &rest),
            2);
    ck_assert_uint_ge(STEAL_SECONDS(seconds) + rest, before.age);
    ck_assert_uint_le(STEAL_SECONDS(seconds) + rest, after.age);
    free(text);
    runtime_end(runtime);
}
END_TEST

/* Of both workers and the relief. */
static double
sum_of(struct steal_runtime *runtime, const char *family)
{
    static const char *const workers[] = { "0", "1", "relief" };
    char *text = text_of(runtime);
    double sum = 0;

    for (size_t i = 0; i < LENGTH(workers); i++) {
        char start[96];

        snprintf(start, sizeof start, "%s{runtime=\"steal\",worker=\"%s\"} ",
                family, workers[i]);
        sum += value_of(text, start);
    }
    free(text);
    return sum;
}

START_TEST(counts_grow_as_tasks_run)
{
    struct steal_runtime *runtime = runtime_start(2);
    double polls = sum_of(runtime, "steal_worker_polls_total");
    double ended = sum_of(runtime, "steal_worker_ended_total");
    double busy = sum_of(runtime, "steal_worker_busy_seconds_total");
    struct record record = RECORD_INIT;

    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(join_task(runtime,
                                 spawn_probe(runtime, &record, 9, i)),
                i);

    wait_until(sum_of(runtime, "steal_worker_polls_total") >= polls + 100);
    wait_until(sum_of(runtime, "steal_worker_ended_total") >= ended + 10);
    wait_until(sum_of(runtime, "steal_worker_busy_seconds_total") > busy);
    runtime_end(runtime);
}
END_TEST

/*
 * The room
 */

/* Where nobody runs, nothing changes but the age. */
static void
hide_digits(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text >= '0' && *text <= '9')
            *text = '0';
    }
}

static void
check_cut(struct steal_runtime *runtime, const char *all, size_t size)
{
    size_t length = strlen(all);
    size_t kept = size <= length ? size - 1 : length;
    char *text = malloc(size + 1);

    require(text != NULL);
    text[size] = 'x';
    require(steal_metrics_text(runtime, text, size) == length);
    require(text[size] == 'x');
    require(strlen(text) == kept);
    hide_digits(text);
    require(memcmp(text, all, kept) == 0);
    free(text);
}

START_TEST(what_has_no_room_is_cut_and_counted)
{
    struct steal_runtime *runtime = named_runtime("name", 1, STEAL_ON_CALLER);
    char *all = text_of(runtime);
    size_t length = strlen(all);

    hide_digits(all);
    ck_assert_uint_eq(steal_metrics_text(runtime, NULL, 0), length);
    for (size_t size = 1; size < length; size += size < 300 ? 1 : 41)
        check_cut(runtime, all, size);
    for (size_t size = length - 2; size < length + 3; size++)
        check_cut(runtime, all, size);
    free(all);
    runtime_end(runtime);
}
END_TEST

/*
 * The name
 */

static void
check_name(const char *name, const char *label)
{
    struct steal_runtime *runtime = named_runtime(name, 1, STEAL_ON_CALLER);
    char *text = text_of(runtime);
    char start[96];

    snprintf(start, sizeof start, "steal_workers{runtime=\"%s\"} 1\n", label);
    ck_assert_msg(line_of(text, start) != NULL, "no %s", start);
    snprintf(start, sizeof start,
            "steal_worker_queued{runtime=\"%s\",worker=\"0\"} 0\n", label);
    ck_assert_msg(line_of(text, start) != NULL, "no %s", start);
    free(text);
    runtime_end(runtime);
}

START_TEST(name_is_escaped)
{
    check_name("plain", "plain");
    check_name("a\"b\nc\\d", "a\\\"b\\nc\\\\d");
    check_name("\"\"\"\"", "\\\"\\\"\\\"\\\"");
}
END_TEST

START_TEST(name_that_is_no_utf_8_is_mended)
{
    check_name("\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9");
    check_name("\xe2\x82\xac \xf0\x9f\x98\x80",
            "\xe2\x82\xac \xf0\x9f\x98\x80");
    check_name("0123456789\xc3\xa9", "0123456789?"); /* cut */
    check_name("\xff|\x80", "?|?");
    check_name("\xc0\xaf|\xe0\x80\xaf", "??|???"); /* longer than need be */
    check_name("\xed\xa0\x80", "???");             /* a surrogate */
    check_name("\xf4\x90\x80\x80", "????");        /* beyond the last one */
    check_name("\xe2\x82", "??");
    check_name("\xe2\x82\"", "??\\\"");
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        every_family_has_help_and_type_before_its_samples,
        no_family_comes_twice,
        all_workers_have_samples_and_the_relief_too,
        text_says_what_the_functions_say,
        counts_grow_as_tasks_run,
        what_has_no_room_is_cut_and_counted,
        name_is_escaped,
        name_that_is_no_utf_8_is_mended,
    };

    return run_suite("metrics_text", tests, LENGTH(tests));
}
