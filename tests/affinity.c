/*
 * tests/affinity.c - threads that are bound, and what they start.
 */
#include "../src/base/affinity.h"

#include "../src/base/thread.h"
#include "kit.h"

static cpu_set_t whole; /* what the tests may run on */

static void
reset(void)
{
    require(sched_getaffinity(0, sizeof whole, &whole) == 0);
}

/* How many processors the caller may run on. */
static int
processors(void)
{
    cpu_set_t mask;

    require(sched_getaffinity(0, sizeof mask, &mask) == 0);
    return CPU_COUNT(&mask);
}

/* The last of those that there are. */
static unsigned
last_of(const struct affinity *affinity)
{
    unsigned last = AFFINITY_END;
    unsigned next = steal__affinity_next(affinity, 0);

    for (; next != AFFINITY_END;
            next = steal__affinity_next(affinity, next + 1))
        last = next;
    return last;
}

/* Each test binds a thread of its own. */
static void
run_bound(void *(*fn)(void *))
{
    struct affinity before;

    ck_assert_int_eq(steal__affinity_read(&before), 0);
    join_thread(start_thread(fn, &before));
    steal__affinity_fini(&before);
    ck_assert_int_eq(processors(), CPU_COUNT(&whole));
}

START_TEST(read_tells_what_the_kernel_tells)
{
    struct affinity affinity;
    unsigned next = 0;

    ck_assert_int_eq(steal__affinity_read(&affinity), 0);
    for (unsigned i = 0; i < CPU_SETSIZE; i++) {
        if (!CPU_ISSET(i, &whole))
            continue;
        ck_assert_uint_eq(steal__affinity_next(&affinity, next), i);
        next = i + 1;
    }
    ck_assert_uint_eq(steal__affinity_next(&affinity, next), AFFINITY_END);
    ck_assert_uint_eq(steal__affinity_next(&affinity, AFFINITY_END),
            AFFINITY_END);
    steal__affinity_fini(&affinity);
}
END_TEST

static void *
be_bound(void *arg)
{
    const struct affinity *before = arg;
    unsigned own = last_of(before);
    cpu_set_t mask;

    require(steal__affinity_bind(before, own) == 0);
    require(sched_getaffinity(0, sizeof mask, &mask) == 0);
    require(CPU_COUNT(&mask) == 1 && CPU_ISSET(own, &mask));
    return NULL;
}

START_TEST(bound_thread_has_one_processor)
{
    run_bound(be_bound);
}
END_TEST

static void *
be_refused(void *arg)
{
    require(steal__affinity_bind(arg, 1023) < 0);
    require(steal__affinity_bind(arg, 1024) == -EINVAL);
    require(steal__affinity_bind(arg, AFFINITY_END) == -EINVAL);
    require(processors() == CPU_COUNT(&whole));
    steal__affinity_lift();
    steal__affinity_restore();
    require(processors() == CPU_COUNT(&whole));
    return NULL;
}

START_TEST(thread_that_is_refused_stays_as_it_is)
{
    if (CPU_ISSET(1023, &whole))
        return;
    run_bound(be_refused);
}
END_TEST

static void *
be_lifted(void *arg)
{
    const struct affinity *before = arg;

    require(steal__affinity_bind(before, last_of(before)) == 0);
    errno = EDOM;
    steal__affinity_lift();
    require(processors() == CPU_COUNT(&whole));
    steal__affinity_restore();
    require(processors() == 1);
    require(errno == EDOM);
    return NULL;
}

START_TEST(bound_thread_is_lifted_and_restored)
{
    run_bound(be_lifted);
}
END_TEST

static void *
read_bound(void *arg)
{
    const struct affinity *before = arg;
    struct affinity affinity;
    unsigned first = steal__affinity_next(before, 0);

    require(steal__affinity_bind(before, last_of(before)) == 0);
    require(steal__affinity_read(&affinity) == 0);
    require(steal__affinity_next(&affinity, 0) == first);
    require(last_of(&affinity) == last_of(before));
    steal__affinity_fini(&affinity);
    return NULL;
}

START_TEST(bound_thread_reads_what_it_had_before)
{
    run_bound(read_bound);
}
END_TEST

static void *
count_processors(void *arg)
{
    *(int *)arg = processors();
    return NULL;
}

static void *
start_another(void *arg)
{
    const struct affinity *before = arg;
    pthread_t thread;
    int n = 0;

    require(steal__affinity_bind(before, last_of(before)) == 0);
    require(steal__thread_start(&thread, 0, count_processors, &n) == 0);
    join_thread(thread);
    require(n == CPU_COUNT(&whole));
    require(processors() == 1);
    return NULL;
}

START_TEST(what_a_bound_thread_starts_is_not_bound)
{
    run_bound(start_another);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        read_tells_what_the_kernel_tells,
        bound_thread_has_one_processor,
        thread_that_is_refused_stays_as_it_is,
        bound_thread_is_lifted_and_restored,
        bound_thread_reads_what_it_had_before,
        what_a_bound_thread_starts_is_not_bound,
    };

    return run_suite_with("affinity", reset, tests, LENGTH(tests));
}
