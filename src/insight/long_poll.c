/* long_poll.c - the report of the watchdog, as text. */
#include <steal/debug.h>

#include <inttypes.h>

#include <steal/runtime.h>
#include <steal/time.h>

#include "../sched/runtime.h"
#include "awaits.h"
#include "frames.h"

void
steal_long_poll_print(const struct steal_long_poll *poll, FILE *file)
{
    flockfile(file);
    fprintf(file,
            "%s: worker %" PRIu32 " has been in a poll of %s for %" PRIu64
            " ms\n",
            poll->runtime->name, poll->worker, poll->name,
            poll->time / STEAL_MS(1));
    if (poll->task)
        fprintf(file, "  task %" PRIu64 "\n", poll->task);
    for (size_t i = 0; i < poll->nawaits; i++)
        steal__await_print(&poll->awaits[i], file);
    if (poll->nframes)
        fputs("  stack\n", file);
    steal__frames_print(poll->frames, poll->nframes, file);
    funlockfile(file);
}
