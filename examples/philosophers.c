/*
 * philosophers.c - the dining philosophers: mutexes held across awaits.
 *
 *     $ examples/philosophers
 *
 * Five philosophers sit round a table, with a fork between every two.  Each
 * eats a number of times and needs both of its forks for that.  If each took
 * the fork on its left and then waited for the other one, all of them could
 * wait for ever.  Two cures are shown here, one dinner each:
 *
 *     order  everybody takes the fork with the lower number first: there is no
 *            circle of which each waits for the next
 *     seats  only four may sit at the table at a time, so that one of them can
 *            get two forks; a semaphore keeps count of the chairs
 *
 * A fork is a mutex, and waiting for it holds up a task but no thread.  Who
 * holds a fork writes its name on it, takes its time, and looks whether the
 * name is still there: a second holder would be noticed.
 */
#include <steal.h>

#include <errno.h>
#include <stdio.h>

#define PHILOSOPHERS 5
#define MEALS        200

enum cure {
    BY_ORDER,
    BY_SEATS
};

struct fork {
    struct steal_mutex mutex;
    /* What follows belongs to whoever holds the mutex. */
    int holder;
    int uses;
};

/* Static, so that it outlives the tasks whatever becomes of the program. */
static struct table {
    enum cure cure;
    struct steal_semaphore seats;
    struct fork forks[PHILOSOPHERS];
} table;

/*
 * One philosopher
 */

struct philosopher {
    struct steal_async async;
    int number;
    int meals; /* output */
    /* What it has now, to be given back whenever it ends. */
    bool is_seated;
    struct fork *held[2];

    struct steal_semaphore_acquire sit;
    struct steal_mutex_lock lock;
    struct steal_yield yield;
};

/* The first fork to take, or the second. */
static struct fork *
choose_fork(const struct philosopher *self, int which)
{
    int left = self->number;
    int right = (self->number + 1) % PHILOSOPHERS;

    if (table.cure == BY_ORDER && left > right)
        which = !which;
    return &table.forks[which == 0 ? left : right];
}

static void
pick_up(struct philosopher *self, int which)
{
    self->held[which] = choose_fork(self, which);
    self->held[which]->holder = self->number;
}

static bool
holds(const struct philosopher *self, int which)
{
    return self->held[which]->holder == self->number;
}

static void
put_down(struct philosopher *self)
{
    for (int which = 0; which < 2; which++) {
        if (self->held[which] == NULL)
            continue;
        steal_mutex_unlock(&self->held[which]->mutex);
        self->held[which] = NULL;
    }
    if (self->is_seated) {
        steal_semaphore_release(&table.seats, 1);
        self->is_seated = false;
    }
}

static enum steal_poll
philosopher_poll(struct steal_future *future, struct steal_context *cx)
{
    struct philosopher *self = (struct philosopher *)future;

    STEAL_BEGIN(&self->async);
    for (self->meals = 0; self->meals < MEALS; self->meals++) {
        if (table.cure == BY_SEATS) {
            STEAL_AWAIT(cx,
                    steal_semaphore_acquire(&self->sit, &table.seats, 1));
            if (self->sit.future.result < 0)
                STEAL_RETURN(self->sit.future.result);
            self->is_seated = true;
        }

        STEAL_AWAIT(cx,
                steal_mutex_lock(&self->lock, &choose_fork(self, 0)->mutex));
        pick_up(self, 0);
        /* Lets the others take a fork: without a cure this is the dead end. */
        STEAL_AWAIT(cx, steal_yield(&self->yield));
        STEAL_AWAIT(cx,
                steal_mutex_lock(&self->lock, &choose_fork(self, 1)->mutex));
        pick_up(self, 1);

        STEAL_AWAIT(cx, steal_yield(&self->yield)); /* eats */
        if (!holds(self, 0) || !holds(self, 1))
            STEAL_RETURN(-EPROTO);
        self->held[0]->uses++;
        self->held[1]->uses++;
        put_down(self);
    }
    STEAL_END();
}

/* Whoever is sent away in the middle of a meal leaves no fork locked. */
static void
philosopher_drop(struct steal_future *future)
{
    put_down((struct philosopher *)future);
}

static const struct steal_future_ops philosopher_ops = {
    .name = "philosopher",
    .poll = philosopher_poll,
    .drop = philosopher_drop,
};

/*
 * One dinner
 */

struct dinner {
    struct steal_async async;
    struct steal_group group;
    struct steal_group_next next;
    int meals[PHILOSOPHERS]; /* output */
};

static int
begin_dinner(struct dinner *self)
{
    int error = steal_group_init(&self->group, NULL, 0);

    for (int i = 0; i < PHILOSOPHERS && error == 0; i++) {
        struct philosopher philosopher = {
            .async = STEAL_ASYNC(&philosopher_ops),
            .number = i,
        };

        error = steal_group_spawn(&self->group, &philosopher.async.future,
                sizeof philosopher);
    }
    return error;
}

static enum steal_poll
dinner_poll(struct steal_future *future, struct steal_context *cx)
{
    struct dinner *self = (struct dinner *)future;
    const struct philosopher *guest;
    int error;

    STEAL_BEGIN(&self->async);
    error = begin_dinner(self);
    if (error < 0)
        STEAL_RETURN(error);
    for (;;) {
        STEAL_AWAIT(cx, steal_group_next(&self->next, &self->group));
        if (self->next.future.result < 0)
            STEAL_RETURN(self->next.future.result);
        if (self->next.task_future == NULL)
            break;
        guest = (const struct philosopher *)self->next.task_future;
        self->meals[guest->number] = guest->meals;
    }
    STEAL_END();
}

static void
dinner_drop(struct steal_future *future)
{
    steal_group_fini(&((struct dinner *)future)->group);
}

static const struct steal_future_ops dinner_ops = {
    .name = "dinner",
    .poll = dinner_poll,
    .drop = dinner_drop,
};

/* Every meal takes two forks, and every fork lies between two philosophers. */
static bool
all_is_well(const struct dinner *dinner)
{
    for (int i = 0; i < PHILOSOPHERS; i++) {
        if (dinner->meals[i] != MEALS || table.forks[i].uses != 2 * MEALS ||
                !steal_mutex_try_lock(&table.forks[i].mutex))
            return false;
        steal_mutex_unlock(&table.forks[i].mutex);
    }
    return steal_semaphore_available(&table.seats) == PHILOSOPHERS - 1;
}

static int
dine(enum cure cure, const char *name)
{
    struct dinner dinner = { .async = STEAL_ASYNC(&dinner_ops) };
    int error;

    table = (struct table){
        .cure = cure,
        .seats = STEAL_SEMAPHORE_INIT(PHILOSOPHERS - 1),
    };
    error = steal_run(NULL, &dinner.async.future);
    if (error < 0)
        return error;
    for (int i = 0; i < PHILOSOPHERS; i++)
        printf("%s: philosopher %d has eaten %d times\n", name, i,
                dinner.meals[i]);
    if (!all_is_well(&dinner))
        return -EPROTO;
    printf("%s: no fork was ever in two hands, all are free\n", name);
    return 0;
}

int
main(void)
{
    int error = dine(BY_ORDER, "order");

    if (error == 0)
        error = dine(BY_SEATS, "seats");
    if (error < 0)
        fprintf(stderr, "philosophers: error %d\n", error);
    return error < 0;
}
