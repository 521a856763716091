/*
 * tests/notify.c - telling tasks that something has changed.
 */
#include <steal/notify.h>

#include "../src/base/rand.h"
#include "waits.h"

static struct steal_notify notify;
static struct steal_notified waiting[MANY];

static void
reset(void)
{
    steal_notify_init(&notify);
    for (size_t i = 0; i < MANY; i++)
        wait_for(i, steal_notified(&waiting[i], &notify));
}

/* Makes the first `n` wait. */
static void
begin(size_t n)
{
    for (size_t i = 0; i < n; i++)
        require(!is_ready(i));
}

/* Takes the permit, if there is one. */
static bool
take_permit(void)
{
    struct meter unused = { 0 };
    struct steal_notified now;
    bool ready = poll_is_ready(steal_notified(&now, &notify), &unused);

    steal_future_drop(&now.future);
    require(meter_refs(&unused) == 0);
    return ready;
}

/*
 * One
 */

START_TEST(notify_one_ends_the_longest_wait)
{
    begin(3);
    for (size_t i = 0; i < 3; i++) {
        steal_notify_one(&notify);
        ck_assert_int_eq(woken(i), 1);
        ck_assert(i == 2 || woken(i + 1) == 0);
        ck_assert(is_ready(i));
        ck_assert_int_eq(waiting[i].future.result, 0);
        drop(i);
    }
    ck_assert(!take_permit());
}
END_TEST

START_TEST(notify_one_leaves_one_permit_at_the_most)
{
    ck_assert(!take_permit());
    steal_notify_one(&notify);
    ck_assert(take_permit());
    ck_assert(!take_permit());
    steal_notify_one(&notify);
    steal_notify_one(&notify);
    ck_assert(is_ready(0));
    ck_assert(!is_ready(1));
    ck_assert_int_eq(meter_refs(&meter[0]), 0);
    drop(0);
    drop(1);
}
END_TEST

START_TEST(notify_that_is_zero_is_valid)
{
    static struct steal_notify zero;
    struct steal_notified one;

    steal_notified(&one, &zero);
    ck_assert(!poll_is_ready(&one.future, &meter[0]));
    steal_notify_one(&zero);
    ck_assert(poll_is_ready(&one.future, &meter[0]));
    steal_future_drop(&one.future);
}
END_TEST

/*
 * All
 */

START_TEST(notify_all_ends_all_waits_and_leaves_no_permit)
{
    begin(3);
    steal_notify_all(&notify);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(woken(i), 1);
        ck_assert(is_ready(i));
        drop(i);
    }
    ck_assert(!take_permit());
    steal_notify_all(&notify);
    ck_assert(!take_permit());
}
END_TEST

START_TEST(wait_begins_for_notify_all_when_it_is_made)
{
    steal_notify_all(&notify);
    ck_assert(is_ready(0)); /* made before the call, polled after it */
    steal_notified(&waiting[1], &notify);
    ck_assert(!is_ready(1));
    steal_notified(&waiting[2], &notify);
    steal_notify_all(&notify); /* while somebody waits */
    ck_assert(is_ready(2));
    ck_assert(is_ready(1));
    drop(0);
    drop(1);
    drop(2);
}
END_TEST

START_TEST(permit_outlives_notify_all)
{
    steal_notify_one(&notify);
    steal_notify_all(&notify);
    ck_assert(is_ready(0)); /* by the call: the permit is not needed */
    drop(0);
    ck_assert(take_permit());
    ck_assert(!take_permit());
}
END_TEST

/*
 * Dropping
 */

START_TEST(wait_that_was_never_polled_is_nobodys)
{
    drop(0);
    steal_notify_one(&notify);
    ck_assert(take_permit());
}
END_TEST

START_TEST(dropped_wait_leaves_the_queue)
{
    begin(3);
    drop(0);
    drop(1);
    steal_notify_one(&notify);
    ck_assert_int_eq(woken(0) + woken(1), 0);
    ck_assert(is_ready(2));
    drop(2);
}
END_TEST

START_TEST(last_that_leaves_makes_room_for_the_permit)
{
    begin(2);
    drop(1);
    drop(0);
    steal_notify_one(&notify);
    ck_assert(take_permit());
    ck_assert(!take_permit());
}
END_TEST

START_TEST(notification_that_was_not_seen_is_passed_on)
{
    begin(3);
    steal_notify_one(&notify);
    drop(0);
    ck_assert_int_eq(woken(1), 1);
    drop(1);
    ck_assert_int_eq(woken(2), 1);
    drop(2); /* to nobody */
    ck_assert(take_permit());
    ck_assert(!take_permit());
}
END_TEST

START_TEST(notification_that_was_seen_is_not_passed_on)
{
    begin(2);
    steal_notify_one(&notify);
    ck_assert(is_ready(0));
    drop(0);
    ck_assert_int_eq(woken(1), 0);
    drop(1);
    ck_assert(!take_permit());
}
END_TEST

START_TEST(notification_for_all_is_not_passed_on)
{
    begin(1);
    steal_notify_all(&notify);
    steal_notified(&waiting[1], &notify);
    ck_assert(!is_ready(1));
    drop(0);
    ck_assert_int_eq(woken(1), 0);
    drop(1);
    ck_assert(!take_permit());
}
END_TEST

/*
 * Foreign executors
 */

START_TEST(wait_goes_with_the_waker_of_the_last_poll)
{
    begin(1);
    ck_assert(!is_ready(0)); /* the same again */
    ck_assert_int_eq(meter_refs(&meter[0]), 1);
    ck_assert(!poll_is_ready(&waiting[0].future, &meter[1]));
    ck_assert_int_eq(meter_refs(&meter[0]), 0);
    ck_assert_int_eq(meter_refs(&meter[1]), 1);
    steal_notify_one(&notify);
    ck_assert_int_eq(woken(0), 0);
    ck_assert_int_eq(woken(1), 1);
    ck_assert(is_ready(0));
    drop(0);
}
END_TEST

START_TEST(many_foreign_wakers_are_woken_once_each)
{
    begin(MANY);
    steal_notify_all(&notify);
    for (size_t i = 0; i < MANY; i++) {
        ck_assert_int_eq(woken(i), 1);
        ck_assert_int_eq(meter_refs(&meter[i]), 0);
        ck_assert(is_ready(i));
        drop(i);
    }
}
END_TEST

/* A waker that does to the others what it likes, inside the notification. */
static void
meddle(void *data)
{
    (void)data;
    for (size_t i = 10; i < 20; i++)
        drop(i);
    for (size_t i = 20; i < MANY; i++)
        require(is_ready(i));
}

static struct steal_waker clone_meddler(void *data);

static void
forget(void *data)
{
    (void)data;
}

static const struct steal_waker_vtable meddler = { .clone = clone_meddler,
    .wake = meddle,
    .wake_by_ref = meddle,
    .drop = forget };

static struct steal_waker
clone_meddler(void *data)
{
    return (struct steal_waker){ &meddler, data };
}

START_TEST(waits_that_were_put_aside_may_be_polled_and_dropped)
{
    struct steal_waker waker = { &meddler, NULL };
    struct steal_context cx;

    steal_context_init(&cx, &waker);
    ck_assert_int_eq(steal_future_poll(&waiting[0].future, &cx), STEAL_PENDING);
    for (size_t i = 1; i < MANY; i++)
        ck_assert(!is_ready(i));
    steal_notify_all(&notify);
    for (size_t i = 1; i < 10; i++) {
        ck_assert_int_eq(woken(i), 1);
        ck_assert(is_ready(i));
        drop(i);
    }
    for (size_t i = 10; i < MANY; i++) {
        ck_assert_int_eq(woken(i), 0); /* its owner knew already */
        ck_assert_int_eq(meter_refs(&meter[i]), 0);
        drop(i);
    }
    steal_future_drop(&waiting[0].future);
}
END_TEST

/*
 * Tasks
 */

static _Atomic(int) ended;
static _Atomic(bool) over;

/* Notifies itself, for ever. */
struct selfish {
    struct steal_async async;
    struct steal_notified wait;
};

static enum steal_poll
selfish_poll(struct steal_future *future, struct steal_context *cx)
{
    struct selfish *self = (struct selfish *)future;

    STEAL_BEGIN(&self->async);
    while (!load_acquire(&over)) {
        steal_notify_one(&notify);
        STEAL_AWAIT(cx, steal_notified(&self->wait, &notify));
    }
    STEAL_END();
}

static const struct steal_future_ops selfish_ops = { .name = "selfish",
    .poll = selfish_poll };

static int
end_it(void *arg)
{
    (void)arg;
    store_release(&over, true);
    return 0;
}

START_TEST(task_that_never_waits_lets_others_run)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct selfish selfish = { .async = STEAL_ASYNC(&selfish_ops) };
    struct steal_task *task;

    store_release(&over, false);
    ck_assert_int_eq(steal_spawn(runtime, &selfish.async.future, sizeof selfish,
                             &task),
            0);
    call_inside(runtime, end_it, NULL);
    ck_assert_int_eq(join_task(runtime, task), 0);
    runtime_end(runtime);
}
END_TEST

struct waiter {
    struct steal_async async;
    struct steal_notified wait;
};

static enum steal_poll
waiter_poll(struct steal_future *future, struct steal_context *cx)
{
    struct waiter *self = (struct waiter *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, &self->wait.future);
    add_acq_rel(&ended, 1);
    STEAL_END();
}

static const struct steal_future_ops waiter_ops = { .name = "waiter",
    .poll = waiter_poll };

static void
spawn_waiter(struct steal_runtime *runtime)
{
    struct waiter waiter = { .async = STEAL_ASYNC(&waiter_ops) };

    steal_notified(&waiter.wait, &notify);
    require(steal_spawn(runtime, &waiter.async.future, sizeof waiter, NULL) ==
            0);
}

START_TEST(tasks_of_two_runtimes_are_notified_at_once)
{
    struct steal_runtime *runtime[2] = { runtime_start(1), runtime_start(1) };

    store_release(&ended, 0);
    for (int i = 0; i < 2 * MANY; i++)
        spawn_waiter(runtime[i % 2]);
    steal_notify_all(&notify); /* made before, polled or not */
    wait_until(load_acquire(&ended) == 2 * MANY);
    runtime_end(runtime[0]);
    runtime_end(runtime[1]);
}
END_TEST

START_TEST(stop_drops_those_who_wait)
{
    struct steal_runtime *runtime = runtime_start(2);

    for (int i = 0; i < MANY; i++)
        spawn_waiter(runtime);
    runtime_end(runtime);
    steal_notify_one(&notify);
    ck_assert(take_permit());
}
END_TEST

/*
 * Nothing is lost: items go to tasks that wait for them, among others which wait,
 * too, for a while, and want none.
 */

#define TAKERS  4
#define FICKLES 8

static _Atomic(int) items;
static _Atomic(int) taken;
static _Atomic(int) to_come; /* items that takers bring, one for each taken */

struct taker {
    struct steal_async async;
    struct steal_notified wait;
};

static bool
take_item(void)
{
    int n = load_acquire(&items);

    while (n > 0) {
        if (cas_weak_acq_rel(&items, &n, n - 1))
            return true;
    }
    return false;
}

static void
bring_item(void)
{
    add_acq_rel(&items, 1);
    steal_notify_one(&notify);
}

static void
take_note(void)
{
    add_acq_rel(&taken, 1);
    if (load_acquire(&to_come) > 0 && sub_acq_rel(&to_come, 1) > 0)
        bring_item();
}

static enum steal_poll
taker_poll(struct steal_future *future, struct steal_context *cx)
{
    struct taker *self = (struct taker *)future;

    STEAL_BEGIN(&self->async);
    while (!load_acquire(&over)) {
        STEAL_AWAIT(cx, steal_notified(&self->wait, &notify));
        while (take_item())
            take_note();
    }
    STEAL_END();
}

static const struct steal_future_ops taker_ops = { .name = "taker",
    .poll = taker_poll };

struct idler {
    struct steal_async async;
    struct steal_notified wait;
    struct fickle fickle;
    struct rng rng;
};

static enum steal_poll
idler_poll(struct steal_future *future, struct steal_context *cx)
{
    struct idler *self = (struct idler *)future;

    STEAL_BEGIN(&self->async);
    while (!load_acquire(&over)) {
        STEAL_AWAIT(cx,
                fickle_make(&self->fickle, steal_notified(&self->wait, &notify),
                        1 + rng_below(&self->rng, 20)));
        if (self->fickle.future.result == 0)
            steal_notify_one(&notify); /* not for me */
    }
    STEAL_END();
}

static const struct steal_future_ops idler_ops = { .name = "idler",
    .poll = idler_poll };

static void
spawn_crowd(struct steal_runtime *runtime)
{
    struct taker taker = { .async = STEAL_ASYNC(&taker_ops) };
    struct idler idler = { .async = STEAL_ASYNC(&idler_ops) };

    for (int i = 0; i < TAKERS; i++)
        require(steal_spawn(runtime, &taker.async.future, sizeof taker, NULL) ==
                0);
    for (int i = 0; i < FICKLES; i++) {
        rng_init(&idler.rng, (uint64_t)i);
        require(steal_spawn(runtime, &idler.async.future, sizeof idler, NULL) ==
                0);
    }
}

static struct steal_runtime *
start_crowd(int n)
{
    struct steal_runtime *runtime = runtime_start(2);

    store_release(&over, false);
    store_release(&items, 0);
    store_release(&taken, 0);
    store_release(&to_come, n);
    spawn_crowd(runtime);
    return runtime;
}

/* There is one item at a time: a lost notification is the end of it. */
START_TEST(no_notification_is_lost_on_those_who_go_away)
{
    int n = scaled(100000);
    struct steal_runtime *runtime = start_crowd(n);

    bring_item();
    wait_until(load_acquire(&taken) == n + 1);
    runtime_end(runtime);
}
END_TEST

static void *
bring_many(void *arg)
{
    int n = scaled(100000);

    (void)arg;
    for (int i = 0; i < n; i++) {
        bring_item();
        if (i % 7 == 0)
            steal_notify_all(&notify);
    }
    return NULL;
}

START_TEST(threads_notify_tasks_that_come_and_go)
{
    struct steal_runtime *runtime = start_crowd(0);
    pthread_t thread[3];

    for (size_t i = 0; i < LENGTH(thread); i++)
        thread[i] = start_thread(bring_many, NULL);
    for (size_t i = 0; i < LENGTH(thread); i++)
        join_thread(thread[i]);
    wait_until(load_acquire(&taken) == 3 * scaled(100000));
    ck_assert_int_eq(load_acquire(&items), 0);
    runtime_end(runtime);
}
END_TEST

/*
 * Who was notified frees the notify.
 */

static _Atomic(struct steal_notify *) offered;

static void *
notify_offered(void *arg)
{
    int n = *(int *)arg;

    for (int i = 0; i < n; i++) {
        struct steal_notify *it;

        wait_until((it = swap_acquire(&offered, NULL)) != NULL);
        if (i % 2)
            steal_notify_one(it);
        else
            steal_notify_all(it);
    }
    return NULL;
}

struct owner {
    struct steal_async async;
    struct steal_notify *notify;
    struct steal_notified wait;
    int n;
};

static enum steal_poll
owner_poll(struct steal_future *future, struct steal_context *cx)
{
    struct owner *self = (struct owner *)future;

    STEAL_BEGIN(&self->async);
    while (self->n-- > 0) {
        self->notify = malloc(sizeof *self->notify);
        require(self->notify);
        steal_notify_init(self->notify);
        steal_notified(&self->wait, self->notify);
        store_release(&offered, self->notify);
        STEAL_AWAIT(cx, &self->wait.future);
        memset(self->notify, 0xff, sizeof *self->notify);
        free(self->notify);
    }
    STEAL_END();
}

static const struct steal_future_ops owner_ops = { .name = "owner",
    .poll = owner_poll };

START_TEST(notify_may_be_freed_by_who_was_notified)
{
    struct steal_runtime *runtime = runtime_start(1);
    int n = scaled(20000);
    struct owner owner = { .async = STEAL_ASYNC(&owner_ops), .n = n };
    pthread_t thread = start_thread(notify_offered, &n);

    ck_assert_int_eq(steal_block_on(runtime, &owner.async.future), 0);
    join_thread(thread);
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        notify_one_ends_the_longest_wait,
        notify_one_leaves_one_permit_at_the_most,
        notify_that_is_zero_is_valid,
        notify_all_ends_all_waits_and_leaves_no_permit,
        wait_begins_for_notify_all_when_it_is_made,
        permit_outlives_notify_all,
        wait_that_was_never_polled_is_nobodys,
        dropped_wait_leaves_the_queue,
        last_that_leaves_makes_room_for_the_permit,
        notification_that_was_not_seen_is_passed_on,
        notification_that_was_seen_is_not_passed_on,
        notification_for_all_is_not_passed_on,
        wait_goes_with_the_waker_of_the_last_poll,
        many_foreign_wakers_are_woken_once_each,
        waits_that_were_put_aside_may_be_polled_and_dropped,
        task_that_never_waits_lets_others_run,
        tasks_of_two_runtimes_are_notified_at_once,
        stop_drops_those_who_wait,
        no_notification_is_lost_on_those_who_go_away,
        threads_notify_tasks_that_come_and_go,
        notify_may_be_freed_by_who_was_notified,
    };

    return run_suite_with("notify", reset, tests, LENGTH(tests));
}
