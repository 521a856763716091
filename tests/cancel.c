/*
 * tests/cancel.c - tokens, their tree, and who waits for them.
 */
#include <steal/cancel.h>

#include "../src/base/rand.h"
#include "waits.h"

static struct steal_cancel token;
static struct steal_cancel child[MANY];
static struct steal_canceled waiting[MANY];

static void
reset(void)
{
    steal_cancel_init(&token, NULL);
    for (size_t i = 0; i < MANY; i++)
        wait_for(i, steal_canceled(&waiting[i], &token));
}

/*
 * One token
 */

START_TEST(request_ends_all_waits)
{
    for (size_t i = 0; i < MANY; i++)
        ck_assert(!is_ready(i));
    ck_assert(!steal_cancel_is_requested(&token));
    steal_cancel_request(&token);
    ck_assert(steal_cancel_is_requested(&token));
    for (size_t i = 0; i < MANY; i++) {
        ck_assert_int_eq(woken(i), 1);
        ck_assert(is_ready(i));
        ck_assert_int_eq(waiting[i].future.result, 0);
        drop(i);
    }
    steal_cancel_request(&token);
    steal_cancel_fini(&token);
}
END_TEST

START_TEST(wait_for_what_is_canceled_is_over_at_once)
{
    steal_cancel_request(&token);
    ck_assert(is_ready(0));
    drop(0);
}
END_TEST

START_TEST(wait_that_is_dropped_is_not_woken)
{
    ck_assert(!is_ready(0));
    ck_assert(!is_ready(1));
    drop(0);
    steal_cancel_request(&token);
    ck_assert_int_eq(woken(0), 0);
    drop(1); /* woken, and not polled since */
    drop(2); /* never polled */
}
END_TEST

START_TEST(token_that_is_zero_is_valid)
{
    static struct steal_cancel zero;

    ck_assert(!steal_cancel_is_requested(&zero));
    steal_cancel_init(&child[0], &zero);
    steal_cancel_request(&zero);
    ck_assert(steal_cancel_is_requested(&child[0]));
    steal_cancel_fini(&child[0]);
    steal_cancel_fini(&zero);
}
END_TEST

START_TEST(fini_of_a_token_of_zeros_is_harmless)
{
    static struct steal_cancel zero;

    steal_cancel_fini(&zero);
    steal_cancel_fini(&zero);
    ck_assert(!steal_cancel_is_requested(&zero));
    steal_cancel_init(&child[0], &zero);
    steal_cancel_fini(&child[0]);
    steal_cancel_fini(&child[0]); /* again */
    steal_cancel_request(&zero);
    ck_assert(!steal_cancel_is_requested(&child[0]));
    steal_cancel_fini(&zero);
}
END_TEST

static void
fini_token(void *arg)
{
    steal_cancel_fini(arg);
}

START_TEST(fini_of_a_token_that_is_waited_for_is_refused)
{
    ck_assert(!is_ready(0));
    ck_assert(aborts(fini_token, &token));
    drop(0);
    steal_cancel_fini(&token);
}
END_TEST

/*
 * The tree
 */

/*      token
 *      /   \
 *     0     1
 *    / \     \
 *   2   3     4     */
static void
make_tree(void)
{
    steal_cancel_init(&child[0], &token);
    steal_cancel_init(&child[1], &token);
    steal_cancel_init(&child[2], &child[0]);
    steal_cancel_init(&child[3], &child[0]);
    steal_cancel_init(&child[4], &child[1]);
}

/* Which of the five are canceled, a bit each. */
static unsigned
canceled(void)
{
    unsigned bits = 0;

    for (unsigned i = 0; i < 5; i++)
        bits |= (unsigned)steal_cancel_is_requested(&child[i]) << i;
    return bits;
}

START_TEST(request_cancels_what_is_below_and_no_more)
{
    make_tree();
    steal_cancel_request(&child[3]);
    ck_assert_uint_eq(canceled(), 0x08);
    steal_cancel_request(&child[1]);
    ck_assert_uint_eq(canceled(), 0x1a);
    ck_assert(!steal_cancel_is_requested(&token));
    steal_cancel_request(&token);
    ck_assert_uint_eq(canceled(), 0x1f);
    for (int i = 0; i < 5; i++)
        steal_cancel_fini(&child[i]);
    steal_cancel_fini(&token);
}
END_TEST

START_TEST(waits_for_children_end_with_the_request)
{
    make_tree();
    for (size_t i = 0; i < MANY; i++)
        ck_assert(!poll_is_ready(steal_canceled(&waiting[i], &child[i % 5]),
                &meter[i]));
    steal_cancel_request(&token);
    for (size_t i = 0; i < MANY; i++) {
        ck_assert_int_eq(woken(i), 1);
        ck_assert(is_ready(i));
        drop(i);
    }
}
END_TEST

START_TEST(children_of_one_that_goes_are_its_parents)
{
    make_tree();
    steal_cancel_fini(&child[0]);
    memset(&child[0], 0xff, sizeof child[0]);
    steal_cancel_fini(&child[3]);
    steal_cancel_request(&token);
    ck_assert(steal_cancel_is_requested(&child[2]));
    ck_assert(!steal_cancel_is_requested(&child[3])); /* it had gone */
    steal_cancel_fini(&token);
    memset(&token, 0xff, sizeof token);
    steal_cancel_fini(&child[2]);
    steal_cancel_fini(&child[4]);
    steal_cancel_fini(&child[1]);
}
END_TEST

START_TEST(children_of_a_root_that_goes_are_roots)
{
    make_tree();
    steal_cancel_fini(&token);
    memset(&token, 0xff, sizeof token);
    steal_cancel_request(&child[0]);
    ck_assert_uint_eq(canceled(), 0x0d);
    for (int i = 4; i >= 0; i--)
        steal_cancel_fini(&child[i]);
}
END_TEST

START_TEST(child_of_a_canceled_token_is_canceled)
{
    steal_cancel_request(&token);
    make_tree();
    ck_assert_uint_eq(canceled(), 0x1f);
    steal_cancel_fini(&token); /* they are in no tree */
    memset(&token, 0xff, sizeof token);
    for (int i = 0; i < 5; i++)
        steal_cancel_fini(&child[i]);
}
END_TEST

START_TEST(depth_of_a_tree_does_not_matter)
{
    size_t n = (size_t)scaled(1000000);
    struct steal_cancel *chain = calloc(n, sizeof *chain);

    ck_assert_ptr_nonnull(chain);
    for (size_t i = 0; i < n; i++)
        steal_cancel_init(&chain[i], i ? &chain[i - 1] : NULL);
    steal_cancel_request(&chain[0]);
    for (size_t i = 0; i < n; i++)
        require(steal_cancel_is_requested(&chain[i]));
    for (size_t i = 0; i < n; i++)
        steal_cancel_fini(&chain[i]);
    free(chain);
}
END_TEST

/*
 * struct steal_unless_canceled
 */

static struct record record;
static struct probe probe;
static struct steal_unless_canceled unless;

static struct steal_future *
make_unless(int turns)
{
    record = (struct record)RECORD_INIT;
    probe = probe_make(&record, turns, 5);
    return steal_unless_canceled(&unless, &token, &probe.future);
}

START_TEST(unless_has_the_result_of_its_child)
{
    ck_assert(!poll_is_ready(make_unless(PROBE_WAITS), &meter[0]));
    record_open(&record);
    ck_assert(poll_is_ready(&unless.future, &meter[0]));
    ck_assert_int_eq(unless.future.result, 5);
    steal_future_drop(&unless.future);
    ck_assert_int_eq(record_drops(&record), 1);
    ck_assert_int_eq(meter_refs(&meter[0]), 0);
    steal_cancel_fini(&token); /* nobody waits */
}
END_TEST

START_TEST(unless_drops_its_child_when_the_token_is_canceled)
{
    ck_assert(!poll_is_ready(make_unless(PROBE_WAITS), &meter[0]));
    steal_cancel_request(&token);
    ck_assert_int_eq(woken(0), 1);
    record_open(&record); /* the token wins */
    ck_assert(poll_is_ready(&unless.future, &meter[0]));
    ck_assert_int_eq(unless.future.result, -ECANCELED);
    ck_assert_int_eq(record_drops(&record), 1);
    steal_future_drop(&unless.future);
    ck_assert_int_eq(record_drops(&record), 1);
    ck_assert_int_eq(meter_refs(&meter[0]), 0);
}
END_TEST

START_TEST(unless_does_not_begin_what_is_canceled)
{
    steal_cancel_request(&token);
    ck_assert(poll_is_ready(make_unless(0), &meter[0]));
    ck_assert_int_eq(unless.future.result, -ECANCELED);
    steal_future_drop(&unless.future);
    ck_assert_int_eq(record_polls(&record), 0);
    ck_assert_int_eq(record_drops(&record), 0);
}
END_TEST

START_TEST(unless_that_is_dropped_drops_its_child)
{
    ck_assert(!poll_is_ready(make_unless(PROBE_WAITS), &meter[0]));
    steal_future_drop(&unless.future);
    ck_assert_int_eq(record_drops(&record), 1);
    ck_assert_int_eq(meter_refs(&meter[0]), 0);
    steal_cancel_request(&token);
    ck_assert_int_eq(woken(0), 0);
}
END_TEST

/*
 * Tasks
 */

#define TASKS 20

struct worker {
    struct steal_async async;
    struct steal_cancel token;
    struct steal_cancel *parent;
    struct steal_unless_canceled unless;
    struct fickle fickle;
    struct steal_canceled never;
    struct steal_cancel other;
    struct rng rng;
    int rounds;
};

static _Atomic(int) told;

static struct steal_future *
work(struct worker *self)
{
    struct steal_future *wait;

    steal_cancel_init(&self->token, self->parent);
    steal_cancel_init(&self->other, &self->token);
    wait = steal_canceled(&self->never, &self->other);
    return steal_unless_canceled(&self->unless, &self->token,
            fickle_make(&self->fickle, wait, 1 + rng_below(&self->rng, 6)));
}

/* Makes a token, and one below it; waits for a while; and takes them out again,
 * in either order. */
static enum steal_poll
worker_poll(struct steal_future *future, struct steal_context *cx)
{
    struct worker *self = (struct worker *)future;

    STEAL_BEGIN(&self->async);
    do {
        STEAL_AWAIT(cx, work(self));
        if (self->rounds++ % 2) {
            steal_cancel_fini(&self->token);
            memset(&self->token, 0xff, sizeof self->token);
            steal_cancel_fini(&self->other);
        } else {
            steal_cancel_fini(&self->other);
            memset(&self->other, 0xff, sizeof self->other);
            steal_cancel_fini(&self->token);
        }
    } while (self->unless.future.result != -ECANCELED);
    add_acq_rel(&told, 1);
    STEAL_END();
}

static const struct steal_future_ops worker_ops = { .name = "worker",
    .poll = worker_poll };

/* Middle tokens that threads take out of the tree and put into it again. */
struct middle {
    struct steal_cancel *root;
    struct steal_cancel token;
    _Atomic(bool) over;
};

static void *
come_and_go(void *arg)
{
    struct middle *middle = arg;

    while (!load_acquire(&middle->over)) {
        struct steal_cancel below;

        steal_cancel_init(&middle->token, middle->root);
        steal_cancel_init(&below, &middle->token);
        steal_cancel_fini(&middle->token);
        if (steal_cancel_is_requested(&below))
            store_release(&middle->over, true);
        steal_cancel_fini(&below);
    }
    return NULL;
}

static void
cancel_a_busy_tree(struct steal_runtime *runtime, uint64_t seed)
{
    struct worker worker = { .async = STEAL_ASYNC(&worker_ops) };
    struct steal_cancel group[2];
    struct middle middle = { .root = &token };
    struct steal_task *task[TASKS];
    pthread_t thread = start_thread(come_and_go, &middle);

    steal_cancel_init(&group[0], &token);
    steal_cancel_init(&group[1], &group[0]);
    for (unsigned i = 0; i < TASKS; i++) {
        worker.parent = i % 3 ? &group[i % 2] : &token;
        rng_init(&worker.rng, seed * TASKS + i);
        require(steal_spawn(runtime, &worker.async.future, sizeof worker,
                        &task[i]) == 0);
    }
    steal_cancel_request(&group[1]);
    require(!steal_cancel_is_requested(&token));
    require(!steal_cancel_is_requested(&group[0]));
    steal_cancel_request(&token);
    for (int i = 0; i < TASKS; i++)
        require(join_task(runtime, task[i]) == 0);
    join_thread(thread);
    steal_cancel_fini(&token);
    steal_cancel_fini(&group[0]);
    steal_cancel_fini(&group[1]);
}

START_TEST(tree_changes_while_it_is_canceled)
{
    struct steal_runtime *runtime = runtime_start(2);
    int n = scaled(1000);

    store_release(&told, 0);
    for (int i = 0; i < n; i++) {
        steal_cancel_init(&token, NULL);
        cancel_a_busy_tree(runtime, (uint64_t)i);
    }
    ck_assert_int_eq(load_acquire(&told), n * TASKS);
    runtime_end(runtime);
}
END_TEST

/* Several threads cancel the same tree, from below and from above. */
static void *
request_it(void *arg)
{
    steal_cancel_request(arg);
    return NULL;
}

START_TEST(tree_is_canceled_by_many_at_once)
{
    for (int i = 0; i < scaled(300); i++) {
        pthread_t thread[3];

        steal_cancel_init(&token, NULL);
        make_tree();
        for (int j = 5; j < MANY; j++)
            steal_cancel_init(&child[j], &child[j - 5]);
        thread[0] = start_thread(request_it, &child[0]);
        thread[1] = start_thread(request_it, &token);
        thread[2] = start_thread(request_it, &token);
        for (size_t j = 0; j < LENGTH(thread); j++)
            join_thread(thread[j]);
        for (int j = 0; j < MANY; j++) {
            require(steal_cancel_is_requested(&child[j]));
            steal_cancel_fini(&child[j]);
        }
        steal_cancel_fini(&token);
    }
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        request_ends_all_waits,
        wait_for_what_is_canceled_is_over_at_once,
        wait_that_is_dropped_is_not_woken,
        token_that_is_zero_is_valid,
        fini_of_a_token_of_zeros_is_harmless,
        fini_of_a_token_that_is_waited_for_is_refused,
        request_cancels_what_is_below_and_no_more,
        waits_for_children_end_with_the_request,
        children_of_one_that_goes_are_its_parents,
        children_of_a_root_that_goes_are_roots,
        child_of_a_canceled_token_is_canceled,
        depth_of_a_tree_does_not_matter,
        unless_has_the_result_of_its_child,
        unless_drops_its_child_when_the_token_is_canceled,
        unless_does_not_begin_what_is_canceled,
        unless_that_is_dropped_drops_its_child,
        tree_changes_while_it_is_canceled,
        tree_is_canceled_by_many_at_once,
    };

    return run_suite_with("cancel", reset, tests, LENGTH(tests));
}
