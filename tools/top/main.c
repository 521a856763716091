/*
 * main.c - steal-top: a view of a running program.
 *
 *     feed ---- text ----> snapshot ---- two of them ----> screen, or batch
 *
 * Asks now and then, and waits for answers and keys at the same time: a program that
 * does not answer does not keep the keys from working.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "batch.h"
#include "feed.h"
#include "screen.h"

/* How long a script waits for a program that says nothing, ms. */
#define PATIENCE 10000

struct top {
    const char *path;
    uint64_t delay; /* ns */
    long count;     /* of snapshots; -1: no end */
    bool batch;
    struct view view;
    struct feed feed;
    struct snapshot now;
    struct snapshot before;
    bool asked;    /* an answer is owed */
    uint64_t next; /* when to ask again */
};

static uint64_t
clock_now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* The program is not there, or not any more; or what else it is. */
static void
disconnect(struct top *top, int error)
{
    bool closed = error == -EPIPE || error == -ECONNRESET ||
                  error == -ECONNREFUSED || error == -ENOENT;

    feed_close(&top->feed);
    top->asked = false;
    top->view.trouble = closed ? "connection closed" : strerror(-error);
}

/* Where there is no connection it is tried to make one each time. */
static int
ask(struct top *top)
{
    int error = 0;

    top->next = clock_now() + top->delay;
    if (top->asked)
        return 0; /* it is slow */
    if (top->feed.socket < 0)
        error = feed_open(&top->feed, top->path);
    if (!error)
        error = feed_ask(&top->feed);
    if (error)
        disconnect(top, error);
    else
        top->asked = true;
    return error;
}

/* 1: there is a new snapshot; 0: not yet; or an error. */
static int
take(struct top *top)
{
    struct snapshot new;
    char *text;
    int error = feed_take(&top->feed, &text);

    if (error == 1)
        error = snapshot_read(&new, text);
    else if (error == 0)
        return 0;
    if (error)
        return error;
    top->asked = false;
    top->view.trouble = NULL;
    snapshot_free(&top->before);
    top->before = top->now;
    top->now = new;
    snapshot_compare(&top->now, top->before.text ? &top->before : NULL);
    return 1;
}

/* A terminal that is gone, and a file or a pipe at its end, have no more keys. */
static bool
has_keys(int events)
{
    int n;

    if (events & POLLIN)
        return ioctl(STDIN_FILENO, FIONREAD, &n) == 0 && n > 0;
    return !(events & (POLLHUP | POLLERR | POLLNVAL));
}

/* Returns when something has come, or it is time to ask.  False: no key will. */
static bool
wait_for_news(struct top *top, bool keys)
{
    struct pollfd fds[2] = { { .fd = top->feed.socket, .events = POLLIN },
        { .fd = keys ? STDIN_FILENO : -1, .events = POLLIN } };
    uint64_t now = clock_now();
    uint64_t left = top->next > now ? top->next - now : 0;

    poll(fds, 2, (int)(left / 1000000) + 1);
    return keys && has_keys(fds[1].revents);
}

/*
 * For scripts
 */

/* One snapshot: 0 or an error. */
static int
fetch(struct top *top)
{
    int error = ask(top);
    int got = 0;

    while (!error && !got) {
        struct pollfd fd = { .fd = top->feed.socket, .events = POLLIN };

        if (poll(&fd, 1, PATIENCE) == 0)
            got = -ETIMEDOUT;
        else
            got = take(top);
        if (got < 0)
            error = got;
    }
    return error;
}

static int
run_batch(struct top *top)
{
    for (long i = 0; i < top->count; i++) {
        struct timespec pause = { (time_t)(top->delay / 1000000000),
            (long)(top->delay % 1000000000) };
        int error;

        if (i)
            nanosleep(&pause, NULL);
        error = fetch(top);
        if (error) {
            fprintf(stderr, "steal-top: %s: %s\n", top->path, strerror(-error));
            return EXIT_FAILURE;
        }
        if (i)
            putchar('\n');
        batch_print(&top->now, top->view.order, stdout);
        fflush(stdout);
    }
    return EXIT_SUCCESS;
}

/*
 * For people
 */

static void
look_for_answer(struct top *top)
{
    int got = top->feed.socket >= 0 ? take(top) : 0;

    if (got < 0)
        disconnect(top, got);
    if (got > 0 && top->count > 0)
        top->count--;
    if (got)
        screen_draw(&top->view, &top->now);
}

static void
run_screen(struct top *top)
{
    enum screen_wish wish = WISH_ASK;
    bool keys = true;

    while (wish != WISH_QUIT && top->count) {
        if (wish == WISH_ASK || clock_now() >= top->next) {
            ask(top);
            screen_draw(&top->view, &top->now);
        }
        keys = wait_for_news(top, keys);
        look_for_answer(top);
        wish = keys ? screen_keys(&top->view, &top->now) : WISH_NOTHING;
        if (wish == WISH_DRAW)
            screen_draw(&top->view, &top->now);
    }
}

static int
show(struct top *top)
{
    int error = feed_open(&top->feed, top->path);

    if (error) {
        fprintf(stderr, "steal-top: %s: %s\n", top->path, strerror(-error));
        return EXIT_FAILURE;
    }
    if (screen_open() < 0) {
        fprintf(stderr, "steal-top: no terminal; try -b\n");
        return EXIT_FAILURE;
    }
    run_screen(top);
    screen_close();
    return EXIT_SUCCESS;
}

/*
 * The command line
 */

static int
usage(void)
{
    fprintf(stderr, "usage: steal-top [-b] [-d seconds] [-n count] "
                    "[-s cpu|age|longest|idle|id] path\n");
    return 2;
}

static bool
read_delay(struct top *top, const char *word)
{
    char *end;
    double seconds = strtod(word, &end);

    if (end == word || *end || !(seconds >= 0.01 && seconds <= 86400))
        return false;
    top->delay = (uint64_t)(seconds * 1e9);
    return true;
}

static bool
read_count(struct top *top, const char *word)
{
    char *end;

    top->count = strtol(word, &end, 10);
    return end != word && !*end && top->count > 0;
}

static bool
read_options(struct top *top, int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "bd:n:s:")) != -1) {
        bool right = true;

        if (option == 'b')
            top->batch = true;
        else if (option == 'd')
            right = read_delay(top, optarg);
        else if (option == 'n')
            right = read_count(top, optarg);
        else
            right = option == 's' && top_order_of(optarg, &top->view.order);
        if (!right)
            return false;
    }
    if (optind + 1 != argc)
        return false;
    top->path = top->view.path = argv[optind];
    return true;
}

int
main(int argc, char **argv)
{
    struct top top = { .delay = 1000000000,
        .count = -1,
        .view.first = true,
        .feed = FEED_INIT };
    int status;

    if (!read_options(&top, argc, argv))
        return usage();
    if (top.batch && top.count < 0)
        top.count = 1;
    status = top.batch ? run_batch(&top) : show(&top);
    feed_close(&top.feed);
    snapshot_free(&top.now);
    snapshot_free(&top.before);
    return status;
}
