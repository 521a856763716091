/*
 * tests/histogram.c - how long polls take, and how long tasks wait for them.
 */
#include <stdio.h>

#include <steal/metrics.h>

#include "../src/insight/histogram.h"

#include "kit.h"

static struct steal_runtime *runtime;
static struct record record;
static struct steal_histogram histogram;

static void
reset(void)
{
    record = (struct record)RECORD_INIT;
    histogram = (struct steal_histogram){ 0 };
}

static void
start(unsigned workers)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.workers = workers;
    options.time_polls = true;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
}

static const struct steal_histogram *
look(enum steal_histogram_kind kind)
{
    ck_assert_int_eq(steal_metrics_histogram(runtime, STEAL_ALL_WORKERS, kind,
                             &histogram),
            0);
    return &histogram;
}

static uint64_t
polls(void)
{
    struct steal_worker_metrics all;

    steal_metrics_worker(runtime, STEAL_ALL_WORKERS, &all, sizeof all);
    return all.polls;
}

/*
 * Buckets
 */

START_TEST(every_time_is_in_the_bucket_that_says_so)
{
    for (unsigned i = 0; i < STEAL_HISTOGRAM_BUCKETS; i++) {
        uint64_t least = steal_histogram_least(i);
        uint64_t most = steal_histogram_least(i + 1) - 1;

        if (i + 1 == STEAL_HISTOGRAM_BUCKETS)
            most = UINT64_MAX;
        ck_assert_uint_le(least, most);
        ck_assert_uint_eq(histogram_bucket(least), i);
        ck_assert_uint_eq(histogram_bucket(most), i);
        ck_assert_uint_le(most - least, least / 16);
    }
    ck_assert_uint_eq(steal_histogram_least(STEAL_HISTOGRAM_BUCKETS),
            UINT64_MAX);
}
END_TEST

START_TEST(percentiles_are_those_of_what_was_added)
{
    struct histograms *all = steal__histograms_new(1);

    ck_assert_ptr_nonnull(all);
    ck_assert_uint_eq(steal_histogram_percentile(&histogram, 50), 0);
    for (uint64_t i = 1; i <= 1000; i++)
        histogram_add(&all->of[0], i * 1000);
    for (unsigned i = 0; i < STEAL_HISTOGRAM_BUCKETS; i++) {
        histogram.bucket[i] = counter_read(&all->of[0].bucket[i]);
        histogram.count += histogram.bucket[i];
    }
    ck_assert_uint_eq(histogram.count, 1000);
    ck_assert_uint_eq(counter_read(&all->of[0].sum), 500500000);
    for (unsigned percent = 1; percent <= 100; percent++) {
        uint64_t time = steal_histogram_percentile(&histogram, percent);

        ck_assert_uint_ge(time, percent * 10000);
        ck_assert_uint_le(time, percent * 10000 + percent * 10000 / 16 + 1000);
    }
    ck_assert_uint_ge(steal_histogram_percentile(&histogram, 0), 1000);
    ck_assert_uint_le(steal_histogram_percentile(&histogram, 0), 1063);
    free(all);
}
END_TEST

/*
 * Polls
 */

START_TEST(each_poll_is_counted_once_and_so_is_each_wait)
{
    start(2);
    for (int i = 0; i < 100; i++)
        steal_task_detach(spawn_probe(runtime, &record, 9, 0));
    wait_until(polls() == 1000);
    wait_until(look(STEAL_POLL_TIMES)->count == 1000);
    ck_assert_uint_eq(look(STEAL_QUEUE_TIMES)->count, 1000);
    runtime_end(runtime);
}
END_TEST

static int
work(void *arg)
{
    uint64_t end = steal_now() + *(uint64_t *)arg;

    while (steal_now() < end)
        cpu_relax();
    return 0;
}

START_TEST(long_poll_is_counted_as_long)
{
    uint64_t time = STEAL_MS(20);

    start(1);
    ck_assert_int_eq(call_inside(runtime, work, &time), 0);
    wait_until(look(STEAL_POLL_TIMES)->count == 1);
    ck_assert_uint_ge(histogram.sum, time);
    ck_assert_uint_ge(steal_histogram_percentile(&histogram, 50), time);
    runtime_end(runtime);
}
END_TEST

/* While one is in a long poll, the next waits for its first one; then the first
 * wakes it again, and works on. */
static struct steal_task *waiter;

static int
wake_and_work(void *arg)
{
    record_open(&record);
    return work(arg);
}

START_TEST(wait_from_a_wake_to_the_poll_is_counted)
{
    uint64_t time = STEAL_MS(20);

    start(1);
    waiter = spawn_probe(runtime, &record, PROBE_WAITS, 0);
    wait_until(record_polls(&record) == 1);
    ck_assert_int_eq(call_inside(runtime, wake_and_work, &time), 0);
    ck_assert_int_eq(join_task(runtime, waiter), 0);
    ck_assert_uint_ge(look(STEAL_QUEUE_TIMES)->sum, time);
    ck_assert_uint_ge(steal_histogram_percentile(&histogram, 100), time);
    runtime_end(runtime);
}
END_TEST

START_TEST(all_is_the_sum_of_the_workers)
{
    uint64_t sum[2] = { 0, 0 };

    start(2);
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(join_task(runtime,
                                 spawn_probe(runtime, &record, 3, 0)),
                0);
    steal_runtime_begin_stop(runtime);
    for (uint32_t i = 0; i <= steal_runtime_workers(runtime); i++) {
        ck_assert_int_eq(steal_metrics_histogram(runtime, i, STEAL_POLL_TIMES,
                                 &histogram),
                0);
        sum[0] += histogram.count;
        sum[1] += histogram.sum;
    }
    ck_assert_uint_ge(sum[0], 200);
    ck_assert_uint_ge(look(STEAL_POLL_TIMES)->count, sum[0]);
    ck_assert_uint_ge(histogram.sum, sum[1]);
    runtime_end(runtime);
}
END_TEST

START_TEST(what_is_not_there_is_refused)
{
    histogram.count = 1;
    start(1);
    ck_assert_int_eq(steal_metrics_histogram(runtime, 2, STEAL_POLL_TIMES,
                             &histogram),
            -EINVAL);
    ck_assert_uint_eq(histogram.count, 0);
    ck_assert_int_eq(steal_metrics_histogram(runtime, 0, STEAL_HISTOGRAMS,
                             &histogram),
            -EINVAL);
    runtime_end(runtime);
    runtime = runtime_start(1);
    histogram.count = 1;
    ck_assert_int_eq(steal_metrics_histogram(runtime, 0, STEAL_POLL_TIMES,
                             &histogram),
            -ENOTSUP);
    ck_assert_uint_eq(histogram.count, 0);
    runtime_end(runtime);
}
END_TEST

/*
 * Text
 */

static char text[65536];

/* The value of the sample that begins so. */
static double
value_of(const char *sample)
{
    const char *at = strstr(text, sample);

    ck_assert_msg(at != NULL, "no %s", sample);
    return strtod(strchr(at, ' '), NULL);
}

START_TEST(text_has_buckets_that_add_up)
{
    double last = 0;
    int buckets = 0;

    start(1);
    for (int i = 0; i < 10; i++)
        steal_task_detach(spawn_probe(runtime, &record, 9, 0));
    wait_until(look(STEAL_POLL_TIMES)->count == 100);
    ck_assert_uint_lt(steal_metrics_text(runtime, text, sizeof text),
            sizeof text);
    for (const char *at = text; (at = strstr(at, "steal_poll_seconds_bucket{"));
            at++) {
        double n = strtod(strchr(at, ' '), NULL);

        ck_assert_double_ge(n, last);
        last = n;
        buckets++;
    }
    ck_assert_int_eq(buckets, 15);
    ck_assert_double_eq(last, 100);
    ck_assert_double_eq(value_of("steal_poll_seconds_count{"), 100);
    ck_assert_double_gt(value_of("steal_poll_seconds_sum{"), 0);
    ck_assert_double_eq(value_of("steal_queue_seconds_count{"), 100);
    value_of("steal_poll_seconds_bucket{runtime=\"steal\",le=\"0.000000256\"}");
    ck_assert_double_eq(value_of("steal_poll_seconds_bucket{runtime=\"steal\","
                                 "le=\"17.179869184\"}"),
            100);
    value_of("steal_poll_seconds_bucket{runtime=\"steal\",le=\"+Inf\"} 100");
    ck_assert_ptr_nonnull(strstr(text, "# TYPE steal_poll_seconds histogram"));
    runtime_end(runtime);
}
END_TEST

START_TEST(text_without_times_has_no_histograms)
{
    runtime = runtime_start(1);
    steal_metrics_text(runtime, text, sizeof text);
    ck_assert_ptr_null(strstr(text, "histogram"));
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        every_time_is_in_the_bucket_that_says_so,
        percentiles_are_those_of_what_was_added,
        each_poll_is_counted_once_and_so_is_each_wait,
        long_poll_is_counted_as_long,
        wait_from_a_wake_to_the_poll_is_counted,
        all_is_the_sum_of_the_workers,
        what_is_not_there_is_refused,
        text_has_buckets_that_add_up,
        text_without_times_has_no_histograms,
    };

    return run_suite_with("histogram", reset, tests, LENGTH(tests));
}
