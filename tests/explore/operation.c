#include "operation.h"

#include <errno.h>

#include "explore.h"
#include "files.h"
#include "toy.h"

struct steal_fd *source;
struct operation operation[OPERATIONS];
int number;

static void
set_up_source(int file)
{
    number = file;
    explore_assert(!steal__source_new(&source, &toy, number, 0));
    explore_name(source, sizeof *source, "source");
    for (unsigned i = 0; i < OPERATIONS; i++) {
        operation[i] = (struct operation){ .events = STEAL_READABLE };
        operation[i].wait = explore_alloc(sizeof(struct wait));
        wait_init(operation[i].wait, STEAL_READABLE);
        explore_name(operation[i].wait, sizeof(struct wait),
                i ? "wait 1" : "wait 0");
    }
    explore_name(operation, sizeof operation, "operation");
}

void
op_set_up(void)
{
    toy_begin();
    set_up_source(files_open());
}

void
op_set_up_consumed(void)
{
    op_set_up();
    store_relaxed(&source->word, 0);
}

void
op_set_up_shared(void)
{
    op_set_up_consumed();
    steal_fd_ref(source);
}

void
op_set_up_regular(void)
{
    toy_begin();
    set_up_source(files_open_regular());
}

static void
set_events(unsigned i, unsigned events)
{
    operation[i].events = events;
    operation[i].wait->events = (unsigned short)events;
}

void
op_set_up_directions(void)
{
    op_set_up_consumed();
    set_events(1, STEAL_WRITABLE);
    files_make_ready(number, STEAL_READABLE | STEAL_WRITABLE);
}

static void
free_waits(void)
{
    for (unsigned i = 0; i < OPERATIONS; i++)
        if (!explore_is_freed(operation[i].wait))
            explore_free(operation[i].wait);
}

void
op_nothing_is_left(void)
{
    explore_assert(!files_is_open(number));
    free_waits();
    explore_assert(toy_is_clean());
}

void
op_all_went_well(void)
{
    for (unsigned i = 0; i < OPERATIONS; i++)
        explore_assert(operation[i].result == 0);
    steal_fd_unref(source);
    op_nothing_is_left();
}

/*
 * Operations
 */

static bool
try(const struct operation *op)
{
    return op->takes ? files_take(number, op->events)
                     : files_is_ready(number, op->events);
}

static int
attempt(const struct operation *op)
{
    uint64_t seen;
    bool done;

    if (!steal__source_enter(source, &seen))
        return -ECANCELED;
    done = try(op);
    steal__source_leave(source, seen, done ? 0 : op->events);
    return done ? 0 : -EAGAIN;
}

static bool
finish(struct operation *op, int result)
{
    steal__source_done(source, op->wait);
    op->result = result;
    return true;
}

static bool
go_on(struct operation *op, struct steal_context *cx)
{
    int answer;

    do {
        answer = -EAGAIN;
        if (steal__source_is_worth_trying(source, op->events))
            answer = attempt(op);
        if (answer != -EAGAIN)
            break;
        answer = steal__source_wait(source, op->wait, cx);
        op->begun = answer == 0;
        if (op->begun)
            return false;
    } while (answer > 0);
    return finish(op, answer);
}

bool
op_poll(void *arg, struct steal_context *cx)
{
    struct operation *op = arg;

    if (op->begun) {
        if (!steal__source_has_ended(source, op->wait, cx))
            return false;
        op->begun = false;
        if (op->wait->status)
            return finish(op, op->wait->status);
        if (op->careless)
            steal__source_done(source, op->wait);
    }
    return go_on(op, cx);
}

void
op_run(unsigned i)
{
    toy_run(i, op_poll, &operation[i]);
}

bool
op_poll_as(unsigned task, unsigned i)
{
    struct steal_context cx = toy_context(task);

    return op_poll(&operation[i], &cx);
}
