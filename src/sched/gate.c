#include "gate.h"

#include "../base/futex.h"

void
steal__gate_enter(struct gate *gate)
{
    uint32_t state = GATE_AWAY;

    while (!cas_strong_acquire(&gate->state, &state, GATE_PLAYED)) { /* O2 */
        steal__futex_wait(&gate->state, state, UINT64_MAX);
        state = GATE_AWAY;
    }
}

void
steal__gate_leave(struct gate *gate)
{
    uint32_t state = GATE_PLAYED;

    while (!cas_strong_acq_rel(&gate->state, &state, /* O1 */
            state == GATE_ASKED ? GATE_LOOKED : GATE_AWAY))
        continue; /* somebody has asked, or asks no more */
    if (state == GATE_ASKED)
        steal__futex_wake(&gate->state, INT32_MAX);
}

void
steal__gate_let_in(struct gate *gate)
{
    steal__gate_leave(gate);
    steal__gate_enter(gate);
}

/* It has asked: true once it may look. */
static bool
wait_for_pause(struct gate *gate, uint64_t deadline)
{
    uint32_t state = GATE_ASKED;
    bool in_time = true;

    while (in_time && load_acquire(&gate->state) == GATE_ASKED) /* O1 */
        in_time = steal__futex_wait(&gate->state, GATE_ASKED, deadline);
    if (in_time || !cas_strong_acquire(&gate->state, &state, GATE_PLAYED)) {
        (void)load_acquire(&gate->state); /* O1 */
        return true;
    }
    steal__futex_wake(&gate->state, INT32_MAX); /* others may ask now */
    return false;
}

bool
steal__gate_look(struct gate *gate, uint64_t deadline)
{
    for (;;) {
        uint32_t state = GATE_AWAY;

        if (cas_strong_acquire(&gate->state, &state, GATE_LOOKED)) /* O1 */
            return true;
        if (state == GATE_PLAYED) {
            if (cas_strong_acquire(&gate->state, &state, GATE_ASKED))
                return wait_for_pause(gate, deadline);
        } else if (!steal__futex_wait(&gate->state, state, deadline)) {
            return false;
        }
    }
}

void
steal__gate_done(struct gate *gate)
{
    store_release(&gate->state, GATE_AWAY); /* O2 */
    steal__futex_wake(&gate->state, INT32_MAX);
}
