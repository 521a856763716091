/*
 * tests/wheel.c - the timer wheel, turned by hand.
 */
#include "../src/driver/wheel.h"

#include "kit.h"

#define TICKS(n) ((uint64_t)(n)*WHEEL_TICK)

static struct wheel wheel;
static struct steal_sleep sleeper[200];
static struct meter meter[LENGTH(sleeper)];

static struct timer *
timer(int i)
{
    return (struct timer *)(void *)&sleeper[i].timer;
}

static void
setup(uint64_t now)
{
    memset(meter, 0, sizeof meter);
    steal__wheel_init(&wheel, now);
}

/* As the first poll of a sleep does. */
static bool
insert(int i, uint64_t deadline, bool *earlier)
{
    struct steal_context cx = meter_context(&meter[i]);

    steal_sleep_until(&sleeper[i], deadline);
    return steal__wheel_insert(&wheel, timer(i), deadline, &cx, earlier);
}

static void
add(int i, uint64_t deadline)
{
    bool earlier;

    require(insert(i, deadline, &earlier));
}

static void
expire(uint64_t now)
{
    struct wakeups wakeups;

    wakeups_init(&wakeups);
    steal__wheel_expire(&wheel, now, &wakeups);
    require(wakeups.tasks.n == 0 && wakeups.nforeign == 0);
}

static bool
fired(int i)
{
    return load_acquire(&meter[i].wakes) == 1;
}

START_TEST(empty_wheel_waits_for_ever)
{
    setup(TICKS(1000));
    ck_assert_uint_eq(steal__wheel_next(&wheel), WHEEL_NEVER);
    expire(TICKS(5000));
    ck_assert_uint_eq(steal__wheel_next(&wheel), WHEEL_NEVER);
}
END_TEST

START_TEST(past_deadline_is_refused)
{
    bool earlier;

    setup(TICKS(1000));
    ck_assert(!insert(0, TICKS(1000), &earlier));
    ck_assert(!insert(0, 0, &earlier));
    ck_assert_int_eq(load_acquire(&meter[0].refs), 0);
}
END_TEST

START_TEST(timer_fires_at_its_tick_and_not_before)
{
    setup(TICKS(1000));
    add(0, TICKS(1005));
    expire(TICKS(1005) - 1);
    ck_assert(!fired(0));
    expire(TICKS(1005));
    ck_assert(fired(0));
    ck_assert_int_eq(load_acquire(&meter[0].refs), 0);
    ck_assert_uint_eq(steal__wheel_next(&wheel), WHEEL_NEVER);
}
END_TEST

START_TEST(deadline_within_a_tick_is_rounded_up)
{
    setup(TICKS(1000));
    add(0, TICKS(1004) + 1);
    expire(TICKS(1004) + 2);
    ck_assert(!fired(0));
    expire(TICKS(1005));
    ck_assert(fired(0));
}
END_TEST

START_TEST(timer_fires_once)
{
    setup(0);
    add(0, TICKS(1));
    expire(TICKS(1));
    expire(TICKS(2));
    expire(TICKS(70));
    ck_assert_int_eq(load_acquire(&meter[0].wakes), 1);
}
END_TEST

START_TEST(earlier_is_told_of_a_new_first)
{
    bool earlier;

    setup(0);
    ck_assert(insert(0, TICKS(50), &earlier));
    ck_assert(earlier);
    ck_assert(insert(1, TICKS(60), &earlier));
    ck_assert(!earlier);
    ck_assert(insert(2, TICKS(40), &earlier));
    ck_assert(earlier);
    ck_assert_uint_le(steal__wheel_next(&wheel), TICKS(40));
}
END_TEST

START_TEST(canceled_timer_does_not_fire)
{
    setup(0);
    add(0, TICKS(5));
    add(1, TICKS(5));
    steal__wheel_cancel(timer(0));
    ck_assert_int_eq(load_acquire(&meter[0].refs), 0);
    steal__wheel_cancel(timer(0)); /* harmless */
    expire(TICKS(10));
    ck_assert(!fired(0));
    ck_assert(fired(1));
    steal__wheel_cancel(timer(1)); /* as harmless after it fired */
}
END_TEST

START_TEST(waiting_timer_takes_the_waker_of_the_last_poll)
{
    struct meter other = { 0 };
    struct steal_context cx = meter_context(&other);

    setup(0);
    add(0, TICKS(5));
    ck_assert(steal__wheel_waits(timer(0), &cx));
    ck_assert_int_eq(load_acquire(&meter[0].refs), 0);
    ck_assert_int_eq(load_acquire(&other.refs), 1);
    expire(TICKS(5));
    ck_assert(!fired(0));
    ck_assert_int_eq(load_acquire(&other.wakes), 1);
    ck_assert(!steal__wheel_waits(timer(0), &cx));
    ck_assert_int_eq(load_acquire(&other.refs), 0);
}
END_TEST

/* What lies on, before and behind the border of each level. */
START_TEST(timers_of_all_levels_fire_in_time)
{
    uint64_t start = TICKS(123456789);
    uint64_t span = 1;
    int n = 0;

    setup(start);
    for (int level = 0; level <= WHEEL_LEVELS; level++) {
        add(n++, start + TICKS(span));
        add(n++, start + TICKS(span + 1));
        span *= WHEEL_SLOTS;
    }
    while (steal__wheel_next(&wheel) != WHEEL_NEVER) {
        uint64_t now = steal__wheel_next(&wheel);

        for (int i = 0; i < n; i++)
            require(fired(i) || sleeper[i].deadline >= now);
        expire(now);
        for (int i = 0; i < n; i++)
            require(fired(i) == (sleeper[i].deadline <= now));
    }
    for (int i = 0; i < n; i++)
        ck_assert(fired(i));
}
END_TEST

START_TEST(timer_for_ever_never_fires)
{
    setup(TICKS(7));
    add(0, STEAL_FOREVER);
    add(1, STEAL_FOREVER - 5);
    for (int i = 1; i < 100; i++)
        expire(TICKS(i) * 1000000);
    ck_assert(!fired(0));
    ck_assert(!fired(1));
    steal__wheel_cancel(timer(0));
    steal__wheel_cancel(timer(1));
    ck_assert_int_eq(load_acquire(&meter[0].refs), 0);
}
END_TEST

START_TEST(many_of_one_slot_fire_together)
{
    setup(0);
    for (size_t i = 0; i < LENGTH(sleeper); i++)
        add((int)i, TICKS(5));
    expire(TICKS(5));
    for (size_t i = 0; i < LENGTH(sleeper); i++)
        ck_assert(fired((int)i));
}
END_TEST

/* A slot of a higher level is opened in several batches, and all of what it
 * holds is put where it belongs before time goes on. */
START_TEST(large_slot_is_opened_to_its_end)
{
    int n = (int)LENGTH(sleeper);

    setup(TICKS(10));
    add(0, TICKS(64 + 50));
    for (int i = 1; i < n; i++)
        add(i, TICKS(64 + i % 3));
    expire(TICKS(64 + 3));
    for (int i = 1; i < n; i++)
        ck_assert(fired(i));
    ck_assert(!fired(0));
    expire(TICKS(64 + 50));
    ck_assert(fired(0));
}
END_TEST

static uint64_t
random_deadline(uint64_t now)
{
    int bits = rand() % 45;

    return now + WHEEL_TICK +
           ((uint64_t)rand() * (uint64_t)rand() & ((UINT64_C(1) << bits) - 1));
}

/* One step of a random life: some timers are set anew, some canceled, and time
 * goes on, at most to a bit beyond the next deadline. */
static uint64_t
step(uint64_t now, bool *armed)
{
    int i = rand() % (int)LENGTH(sleeper);
    uint64_t next;

    if (armed[i]) {
        steal__wheel_cancel(timer(i));
        armed[i] = false;
    } else {
        add(i, random_deadline(now));
        armed[i] = true;
    }
    if (rand() % 4)
        return now;
    next = steal__wheel_next(&wheel);
    if (next == WHEEL_NEVER || next < now)
        next = now;
    return next + (uint64_t)(rand() % 3) * WHEEL_TICK * 10;
}

START_TEST(random_timers_fire_when_they_are_due)
{
    static bool armed[LENGTH(sleeper)];
    uint64_t now = TICKS(1) << 20;

    srand(1);
    setup(now);
    memset(armed, 0, sizeof armed);
    for (int round = 0; round < scaled(20000); round++) {
        now = step(now, armed);
        expire(now);
        for (size_t i = 0; i < LENGTH(sleeper); i++) {
            bool due = sleeper[i].deadline + WHEEL_TICK <= now;
            bool early = sleeper[i].deadline > now;

            require(!(armed[i] && due) || fired((int)i));
            require(!(armed[i] && early) || !fired((int)i));
            if (fired((int)i)) {
                armed[i] = false;
                store_release(&meter[i].wakes, 0);
            }
        }
    }
    for (size_t i = 0; i < LENGTH(sleeper); i++) {
        if (armed[i])
            steal__wheel_cancel(timer((int)i));
        ck_assert_int_eq(load_acquire(&meter[i].refs), 0);
    }
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        empty_wheel_waits_for_ever,
        past_deadline_is_refused,
        timer_fires_at_its_tick_and_not_before,
        deadline_within_a_tick_is_rounded_up,
        timer_fires_once,
        earlier_is_told_of_a_new_first,
        canceled_timer_does_not_fire,
        waiting_timer_takes_the_waker_of_the_last_poll,
        timers_of_all_levels_fire_in_time,
        timer_for_ever_never_fires,
        many_of_one_slot_fire_together,
        large_slot_is_opened_to_its_end,
        random_timers_fire_when_they_are_due,
    };

    return run_suite("wheel", tests, LENGTH(tests));
}
