/*
 * gate.c - one who plays, and others who look in between (src/sched/gate.c).
 *
 * What is played is plain memory: a look beside a step is a race, and who is not let
 * in, or not let on, sleeps for ever.
 */
#include "explore.h"

#include "../../src/sched/gate.h"

#define FOREVER UINT64_MAX

static struct gate gate;
static int played; /* steps, of two */
static int seen[2];

static void
set_up(void)
{
    gate_init(&gate);
    played = 0;
    seen[0] = seen[1] = -1;
    explore_name(&gate, sizeof gate, "gate");
    explore_name(&played, sizeof played, "played");
}

static void
play(void)
{
    steal__gate_enter(&gate);
    played++;
    gate_pause(&gate);
    played++;
    steal__gate_leave(&gate);
}

static void
look(unsigned i, uint64_t deadline)
{
    if (!steal__gate_look(&gate, deadline))
        return;
    seen[i] = played;
    steal__gate_done(&gate);
}

static void
play_and_look(unsigned self)
{
    if (self == 0)
        play();
    else
        look(self - 1, FOREVER);
}

/* One of them gives up, perhaps. */
static void
play_and_look_for_a_while(unsigned self)
{
    if (self == 0)
        play();
    else
        look(self - 1, self == 1 ? 1 : FOREVER);
}

static void
all_was_played(void)
{
    explore_assert(played == 2);
    explore_outcome((unsigned)(seen[0] + 1));
}

static void
all_was_seen(void)
{
    explore_assert(seen[0] >= 0 && seen[1] >= 0);
    all_was_played();
}

#define GATE(count, what, end) \
 .threads = count, .setup = set_up, .thread = what, .finish = end

static const struct explore_case cases[] = {
    { .name = "look", GATE(2, play_and_look, all_was_played), .outcomes = 3 },
    { .name = "look_for_a_while",
            GATE(2, play_and_look_for_a_while, all_was_played),
            .outcomes = 4 },
    { .name = "two_look",
            GATE(3, play_and_look, all_was_seen),
            .preemptions = 4,
            .outcomes = 3 },
    { .name = "two_look_for_a_while",
            GATE(3, play_and_look_for_a_while, all_was_played),
            .preemptions = 3,
            .outcomes = 4 },

    { .name = "leave_without_release",
            GATE(2, play_and_look, all_was_played),
            .fault = { EXPLORE_DROP_RELEASE, "steal__gate_leave", NULL,
                    NULL } },
    { .name = "done_without_release",
            GATE(2, play_and_look, all_was_played),
            .fault = { EXPLORE_DROP_RELEASE, "steal__gate_done", NULL, NULL } },
    { .name = "look_without_acquire",
            GATE(2, play_and_look, all_was_played),
            .fault = { EXPLORE_DROP_ACQUIRE, "steal__gate_look", NULL, NULL } },
    { .name = "come_in_without_acquire",
            GATE(2, play_and_look, all_was_played),
            .fault = { EXPLORE_DROP_ACQUIRE, "wait_for_pause", NULL, NULL } },
    { .name = "enter_without_acquire",
            GATE(2, play_and_look, all_was_played),
            .fault = { EXPLORE_DROP_ACQUIRE, "steal__gate_enter", NULL,
                    NULL } },
    { .name = "leave_by_plain_store",
            GATE(2, play_and_look, all_was_played),
            .fault = { EXPLORE_SPLIT_RMW, "steal__gate_leave", NULL, NULL } },
    { .name = "give_up_by_plain_store",
            GATE(2, play_and_look_for_a_while, all_was_played),
            .fault = { EXPLORE_SPLIT_RMW, "wait_for_pause", NULL, "cas" } },
    { .name = "change_without_wake",
            GATE(2, play_and_look, all_was_played),
            .fault = { EXPLORE_SKIP, NULL, NULL, "wake" } },
};

EXPLORE_MAIN(cases)
