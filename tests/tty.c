/*
 * tests/tty.c - terminals, with the master side of a pseudo-terminal as the user.
 */
#include <steal/tty.h>

#include "kit.h"

#include <pty.h>
#include <termios.h>

static struct steal_runtime *runtime;
static int master;
static int slave;

static void
reset(void)
{
    const struct winsize size = { .ws_col = 100, .ws_row = 30 };

    runtime = runtime_start(2);
    ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, &size), 0);
}

static struct steal_tty *
open_tty(void)
{
    struct steal_tty *tty;

    ck_assert_int_eq(steal_tty_new(&tty, runtime, slave), 0);
    return tty;
}

static void
finish(struct steal_tty *tty)
{
    steal_tty_free(tty);
    runtime_end(runtime);
    close(slave);
    close(master);
}

/* The user types, and reads what is on the screen. */
static void
type(const char *keys)
{
    ck_assert_int_eq(write(master, keys, strlen(keys)), strlen(keys));
}

static void
expect_on_screen(const char *expected)
{
    size_t done = 0;
    char text[64];

    while (done < strlen(expected)) {
        ssize_t n = read(master, text + done, strlen(expected) - done);

        ck_assert_int_gt(n, 0);
        done += (size_t)n;
    }
    ck_assert(memcmp(text, expected, done) == 0);
}

static void
expect_read(struct steal_tty *tty, const char *expected)
{
    char text[64];
    struct steal_io io;
    int n = steal_block_on(runtime,
            steal_fd_read(&io, steal_tty_fd(tty), text, sizeof text));

    ck_assert_int_eq(n, strlen(expected));
    ck_assert(memcmp(text, expected, (size_t)n) == 0);
}

static struct termios
attributes(void)
{
    struct termios now;

    ck_assert_int_eq(tcgetattr(slave, &now), 0);
    return now;
}

START_TEST(terminal_is_read_and_written)
{
    struct steal_tty *tty = open_tty();
    struct steal_io io;

    type("hello\n");
    expect_read(tty, "hello\n");
    expect_on_screen("hello\r\n");
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_fd_write_all(&io, steal_tty_fd(tty), "you\n",
                                     4)),
            4);
    expect_on_screen("you\r\n");
    finish(tty);
}
END_TEST

START_TEST(other_users_of_the_terminal_go_on_blocking)
{
    struct steal_tty *tty = open_tty();

    ck_assert(!(fcntl(slave, F_GETFL) & O_NONBLOCK));
    ck_assert_int_ne(steal_fd_number(steal_tty_fd(tty)), slave);
    ck_assert(fcntl(steal_fd_number(steal_tty_fd(tty)), F_GETFL) & O_NONBLOCK);
    finish(tty);
}
END_TEST

START_TEST(raw_mode_gives_each_key_and_no_echo)
{
    struct steal_tty *tty = open_tty();

    ck_assert_int_eq(steal_tty_set_mode(tty, STEAL_TTY_RAW), 0);
    ck_assert_int_eq(steal_tty_set_mode(tty, STEAL_TTY_RAW), 0);
    type("x");
    expect_read(tty, "x");
    type("\003\r"); /* no signal, no line feed */
    expect_read(tty, "\003\r");
    ck_assert_int_eq(steal_tty_set_mode(tty, STEAL_TTY_NORMAL), 0);
    type("y\n");
    expect_read(tty, "y\n");
    expect_on_screen("y\r\n"); /* the first echo */
    ck_assert_int_eq(steal_tty_set_mode(tty, 2), -EINVAL);
    finish(tty);
}
END_TEST

START_TEST(free_restores_the_mode)
{
    struct steal_tty *tty = open_tty();

    ck_assert_int_eq(steal_tty_set_mode(tty, STEAL_TTY_RAW), 0);
    ck_assert(!(attributes().c_lflag & (ECHO | ICANON)));
    steal_tty_free(tty);
    ck_assert(attributes().c_lflag & ECHO);
    ck_assert(attributes().c_lflag & ICANON);
    finish(open_tty());
}
END_TEST

START_TEST(reset_restores_the_first_terminal_in_raw_mode)
{
    struct steal_tty *tty = open_tty();

    ck_assert_int_eq(steal_tty_reset(), 0);
    ck_assert_int_eq(steal_tty_set_mode(tty, STEAL_TTY_RAW), 0);
    ck_assert_int_eq(steal_tty_reset(), 0);
    ck_assert(attributes().c_lflag & ECHO);
    steal_tty_free(tty);
    tty = open_tty();
    ck_assert_int_eq(steal_tty_set_mode(tty, STEAL_TTY_RAW), 0);
    ck_assert(!(attributes().c_lflag & ECHO));
    ck_assert_int_eq(steal_tty_reset(), 0);
    ck_assert(attributes().c_lflag & ECHO);
    finish(tty);
}
END_TEST

START_TEST(size_is_that_of_the_terminal)
{
    const struct winsize size = { .ws_col = 132, .ws_row = 43 };
    struct steal_tty *tty = open_tty();
    unsigned columns;
    unsigned rows;

    ck_assert_int_eq(steal_tty_size(tty, &columns, &rows), 0);
    ck_assert_uint_eq(columns, 100);
    ck_assert_uint_eq(rows, 30);
    ck_assert_int_eq(ioctl(master, TIOCSWINSZ, &size), 0);
    ck_assert_int_eq(steal_tty_size(tty, &columns, &rows), 0);
    ck_assert_uint_eq(columns, 132);
    ck_assert_uint_eq(rows, 43);
    finish(tty);
}
END_TEST

START_TEST(what_is_no_terminal_is_refused)
{
    struct steal_tty *tty;
    int end[2];

    ck_assert_int_eq(pipe(end), 0);
    ck_assert_int_eq(steal_tty_new(&tty, runtime, end[0]), -ENOTTY);
    ck_assert_int_eq(steal_tty_new(&tty, runtime, master), -ENOTTY);
    ck_assert_int_eq(steal_tty_new(&tty, runtime, -1), -EBADF);
    ck_assert_int_eq(steal_tty_new(&tty, NULL, slave), -EINVAL);
    close(end[0]);
    close(end[1]);
    finish(open_tty());
}
END_TEST

/* The user hangs up. */
START_TEST(terminal_that_hangs_up_ends_a_read)
{
    struct steal_tty *tty = open_tty();
    struct steal_io io;
    char text[8];
    int n;

    ck_assert_int_eq(steal_tty_set_mode(tty, STEAL_TTY_RAW), 0);
    close(master);
    n = steal_block_on(runtime,
            steal_fd_read(&io, steal_tty_fd(tty), text, sizeof text));
    ck_assert(n == 0 || n == -EIO);
    steal_tty_free(tty);
    ck_assert_int_eq(steal_tty_reset(), 0); /* there is none any more */
    runtime_end(runtime);
    close(slave);
}
END_TEST

START_TEST(terminal_outlives_its_runtime)
{
    struct steal_tty *tty = open_tty();

    ck_assert_int_eq(steal_tty_set_mode(tty, STEAL_TTY_RAW), 0);
    runtime_end(runtime);
    steal_tty_free(tty);
    ck_assert(attributes().c_lflag & ECHO);
    close(slave);
    close(master);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        terminal_is_read_and_written,
        other_users_of_the_terminal_go_on_blocking,
        raw_mode_gives_each_key_and_no_echo,
        free_restores_the_mode,
        reset_restores_the_first_terminal_in_raw_mode,
        size_is_that_of_the_terminal,
        what_is_no_terminal_is_refused,
        terminal_that_hangs_up_ends_a_read,
        terminal_outlives_its_runtime,
    };

    return run_suite_with("tty", reset, tests, LENGTH(tests));
}
