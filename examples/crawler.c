/*
 * crawler.c - a polite crawler: several pages at a time, but not too many of
 * them in too short a time.
 *
 *     $ examples/crawler
 *
 * The site is made up: a page is a number, its links are computed from that,
 * and fetching it takes a few milliseconds, as if it came from far away.
 *
 *     limit  steal_for_each_concurrent() runs a task for each page of the
 *            frontier, and takes no page before fewer than LIMIT of them run
 *     rate   every fetch uses up a permit of a semaphore, which is filled up to
 *            BURST again at each tick of an interval
 *
 * The frontier is a channel of the pages that were found, as a stream.  Each page
 * enters it once.  It is over when it is empty and no task is left that could find more.
 */
#include <steal.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#define PAGES  300
#define LINKS  4
#define LIMIT  8
#define BURST  10
#define PERIOD STEAL_MS(5)

/* Static, so that it outlives the tasks whatever becomes of the program. */
static struct crawler {
    struct steal_semaphore permits;
    struct steal_channel found; /* pages; each once, so it is never full */
    int slots[PAGES];

    /* Guards the rest; for a few instructions the system's lock will do. */
    pthread_mutex_t lock;
    bool seen[PAGES];
    size_t unfinished; /* pages found and not yet visited */
    int visits[PAGES];
    int now;  /* being visited */
    int most; /* of them at any time */
} crawler = {
    .permits = STEAL_SEMAPHORE_INIT(0),
    .found = STEAL_CHANNEL_INIT(crawler.slots),
    .lock = PTHREAD_MUTEX_INITIALIZER,
};

/* A page was found, perhaps not for the first time. */
static int
add_page(int page)
{
    bool is_new;

    pthread_mutex_lock(&crawler.lock);
    is_new = !crawler.seen[page];
    crawler.seen[page] = true;
    crawler.unfinished += is_new;
    pthread_mutex_unlock(&crawler.lock);
    return is_new ? steal_channel_try_send(&crawler.found, &page) : 0;
}

/* A page was visited, and its links were added before: is it the last? */
static void
finish_page(void)
{
    bool is_last;

    pthread_mutex_lock(&crawler.lock);
    is_last = --crawler.unfinished == 0;
    pthread_mutex_unlock(&crawler.lock);
    if (is_last)
        steal_channel_close(&crawler.found);
}

static void
begin_fetch(int page)
{
    pthread_mutex_lock(&crawler.lock);
    crawler.visits[page]++;
    crawler.now++;
    if (crawler.most < crawler.now)
        crawler.most = crawler.now;
    pthread_mutex_unlock(&crawler.lock);
}

static void
end_fetch(void)
{
    pthread_mutex_lock(&crawler.lock);
    crawler.now--;
    pthread_mutex_unlock(&crawler.lock);
}

/*
 * A visit: fetches a page, and adds what it links to
 */

struct visit {
    struct steal_async async;
    int page;
    struct steal_semaphore_acquire permit;
    struct steal_sleep network;
};

static int
add_links(int page)
{
    int error = 0;

    for (int i = 1; i <= LINKS && error == 0; i++)
        error = add_page((2 * page + i) % PAGES);
    return error;
}

static enum steal_poll
visit_poll(struct steal_future *future, struct steal_context *cx)
{
    struct visit *self = (struct visit *)future;
    int error;

    STEAL_BEGIN(&self->async);
    /* It is not released after use: the ticks bring new ones. */
    STEAL_AWAIT(cx,
            steal_semaphore_acquire(&self->permit, &crawler.permits, 1));
    if (self->permit.future.result < 0)
        STEAL_RETURN(self->permit.future.result);

    begin_fetch(self->page);
    STEAL_AWAIT(cx, steal_sleep(&self->network, STEAL_MS(1 + self->page % 3)));
    end_fetch();
    if (self->network.future.result < 0)
        STEAL_RETURN(self->network.future.result);

    error = add_links(self->page);
    finish_page();
    STEAL_RETURN(error);
    STEAL_END();
}

static const struct steal_future_ops visit_ops = {
    .name = "visit",
    .poll = visit_poll,
};

/* For each page of the frontier, which leaves it where `arg` points to. */
static int
spawn_visit(struct steal_stream *stream, struct steal_group *group, void *arg)
{
    struct visit visit = {
        .async = STEAL_ASYNC(&visit_ops),
        .page = *(int *)arg,
    };

    (void)stream;
    return steal_group_spawn(group, &visit.async.future, sizeof visit);
}

/*
 * The rate: a future that has no end
 */

struct refill {
    struct steal_async async;
    struct steal_interval interval;
};

static enum steal_poll
refill_poll(struct steal_future *future, struct steal_context *cx)
{
    struct refill *self = (struct refill *)future;
    uint32_t left;

    STEAL_BEGIN(&self->async);
    steal_interval_init(&self->interval, PERIOD, steal_now());
    self->interval.late = STEAL_SKIP; /* what was missed is not made up for */
    for (;;) {
        STEAL_AWAIT(cx, steal_interval_next(&self->interval));
        if (self->interval.future.result < 0)
            STEAL_RETURN(self->interval.future.result);
        left = steal_semaphore_available(&crawler.permits);
        steal_semaphore_release(&crawler.permits, BURST - left);
    }
    STEAL_END();
}

static const struct steal_future_ops refill_ops = {
    .name = "refill",
    .poll = refill_poll,
};

/*
 * The program: crawls while the permits are refilled
 */

struct program {
    struct steal_async async;
    struct steal_channel_stream frontier;
    int page; /* the item of the frontier */
    struct refill refill;
    struct steal_for_each_concurrent crawl;
    struct steal_select first;
    uint64_t begun;
    uint64_t took;
};

static enum steal_poll
program_poll(struct steal_future *future, struct steal_context *cx)
{
    struct program *self = (struct program *)future;
    int error;

    STEAL_BEGIN(&self->async);
    error = add_page(0);
    if (error < 0)
        STEAL_RETURN(error);
    self->begun = steal_now();
    steal_channel_stream(&self->frontier, &crawler.found, &self->page);
    steal_for_each_concurrent(&self->crawl, &self->frontier.stream, LIMIT,
            spawn_visit, &self->page);
    STEAL_AWAIT(cx, steal_select2(&self->first, &self->crawl.future,
                            &self->refill.async.future));
    self->took = steal_now() - self->begun;
    STEAL_RETURN(self->first.future.result);
    STEAL_END();
}

static const struct steal_future_ops program_ops = {
    .name = "program",
    .poll = program_poll,
};

/* The first tick brings a burst at once, each one after that takes a period. */
static bool
is_polite(const struct program *program)
{
    return crawler.most <= LIMIT &&
           program->took >= (PAGES / BURST - 1) * PERIOD;
}

static bool
is_complete(void)
{
    for (int page = 0; page < PAGES; page++) {
        if (crawler.visits[page] != 1)
            return false;
    }
    return true;
}

int
main(void)
{
    struct program program = {
        .async = STEAL_ASYNC(&program_ops),
        .refill = { .async = STEAL_ASYNC(&refill_ops) },
    };
    int error = steal_run(NULL, &program.async.future);

    steal_channel_fini(&crawler.found);
    if (error == 0 && !(is_complete() && is_polite(&program)))
        error = -EPROTO;
    if (error < 0) {
        fprintf(stderr, "crawler: error %d\n", error);
        return 1;
    }
    printf("%d pages visited, each of them once\n", PAGES);
    printf("no more than %d at a time, no faster than %d in %d ms\n", LIMIT,
            BURST, (int)(PERIOD / STEAL_MS(1)));
    return 0;
}
