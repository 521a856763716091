/*
 * looking.h - what the tests of ops.awaited and ops.waits share: a future that polls
 * its child once, which waits, and looks at the chain.
 */
#ifndef STEAL_TESTS_LOOKING_H
#define STEAL_TESTS_LOOKING_H

#include <steal/debug.h>

#include "../src/insight/awaits.h"
#include "kit.h"

static struct steal_runtime *home;

static inline void
start(void)
{
    home = runtime_start(2);
}

static inline void
end(void)
{
    runtime_end(home);
}

struct looking {
    struct steal_future future;
    struct steal_future *child;
    size_t n;
    struct steal_await awaits[STEAL_AWAITS_MOST];
};

static struct looking looking;

static inline enum steal_poll
looking_poll(struct steal_future *future, struct steal_context *cx)
{
    enum steal_poll poll = steal_future_poll(looking.child, cx);

    (void)future;
    require(poll == STEAL_PENDING);
    looking.n = steal__awaits_of(cx->task, looking.awaits, STEAL_AWAITS_MOST);
    steal_future_drop(looking.child);
    return STEAL_READY;
}

static inline struct steal_future *
looking_awaited(struct steal_future *future, size_t i)
{
    (void)future;
    return i ? NULL : looking.child;
}

static const struct steal_future_ops looking_ops = { .name = "looking",
    .poll = looking_poll,
    .awaited = looking_awaited };

#define BEFORE 2 /* block_on(), and the future above */

/* The chain of a future that waits, from that on. */
static inline const struct steal_await *
look(struct steal_future *child, size_t *n)
{
    looking = (struct looking){ .future = STEAL_FUTURE(&looking_ops),
        .child = child };
    ck_assert_int_eq(steal_block_on(home, &looking.future), 0);
    ck_assert_uint_gt(looking.n, BEFORE);
    ck_assert_str_eq(looking.awaits[0].name, "block_on");
    ck_assert_str_eq(looking.awaits[1].name, "looking");
    *n = looking.n - BEFORE;
    return looking.awaits + BEFORE;
}

/* A wait that never ends, for tasks that are waited for. */

static struct steal_event never;
static struct steal_event_wait never_wait;

static inline struct steal_future *
wait_for_ever(void)
{
    return steal_event_wait(&never_wait, &never);
}

/*
 * Chains that are told of in a table
 */

/* What the last of the chain is to say, and what it needs. */
struct wanted {
    const char *thing;
    const void *object;
    int64_t number;
    uint64_t deadline;
    uint64_t task;
    struct steal_future *future;
    void (*undo)(void);
};

/* The names are those of the futures, one after another. */
struct leaf {
    void (*make)(struct wanted *want);
    const char *names[5];
};

static inline void
check_chain(const struct leaf *leaf, const struct wanted *want)
{
    const struct steal_await *awaits;
    size_t n;

    awaits = look(want->future, &n);
    for (size_t i = 0; i < n; i++) {
        ck_assert_ptr_nonnull(leaf->names[i]);
        ck_assert_str_eq(awaits[i].name, leaf->names[i]);
        ck_assert_uint_eq(awaits[i].depth, i + BEFORE);
        if (i < n - 1)
            ck_assert_ptr_null(awaits[i].thing);
    }
    ck_assert_ptr_null(leaf->names[n]);
    ck_assert_ptr_nonnull(awaits[n - 1].thing);
    ck_assert_str_eq(awaits[n - 1].thing, want->thing);
    ck_assert_ptr_eq(awaits[n - 1].object, want->object);
    ck_assert_int_eq(awaits[n - 1].number, want->number);
    ck_assert_uint_eq(awaits[n - 1].deadline, want->deadline);
    ck_assert_uint_eq(awaits[n - 1].task, want->task);
}

static inline void
check_leaf(const struct leaf *leaf)
{
    struct wanted want = { .number = -1 };

    start();
    leaf->make(&want);
    check_chain(leaf, &want);
    if (want.undo)
        want.undo();
    end();
}

/* One test for each leaf. */
static inline int
run_leaves(const char *name, const TTest *test, size_t n)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test, 0, (int)n);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
