/*
 * tests/passing.c - descriptors through Unix sockets.
 */
#include <steal/net.h>

#include "sockets.h"

static struct steal_runtime *runtime;
static struct steal_fd *end[2];

static void
reset(void)
{
    runtime = runtime_start(2);
    ck_assert_int_eq(steal_socketpair(end, runtime, SOCK_STREAM), 0);
}

static void
close_all(void)
{
    steal_fd_unref(end[0]);
    steal_fd_unref(end[1]);
    runtime_end(runtime);
}

static int
pass_on(const int *numbers, unsigned n)
{
    struct steal_pass pass;

    return steal_block_on(runtime,
            steal_fd_send_fds(&pass, end[0], "x", 1, numbers, n));
}

static int
take(struct steal_pass *pass, int *numbers, unsigned max)
{
    char buffer[8];

    return steal_block_on(runtime, steal_fd_recv_fds(pass, end[1], buffer,
                                           sizeof buffer, numbers, max));
}

START_TEST(descriptor_arrives_and_works)
{
    struct steal_pass pass;
    int pipe_ends[2];
    int number;
    char byte;

    ck_assert_int_eq(pipe(pipe_ends), 0);
    ck_assert_int_eq(pass_on(&pipe_ends[1], 1), 1);
    close(pipe_ends[1]);
    ck_assert_int_eq(take(&pass, &number, 1), 1);
    ck_assert_uint_eq(pass.count, 1);
    ck_assert(!pass.lost);
    ck_assert(fcntl(number, F_GETFD) & FD_CLOEXEC);
    ck_assert_int_eq(write(number, "y", 1), 1);
    close(number);
    ck_assert_int_eq(read(pipe_ends[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'y');
    ck_assert_int_eq(read(pipe_ends[0], &byte, 1), 0);
    close(pipe_ends[0]);
    close_all();
}
END_TEST

START_TEST(as_many_as_a_message_can_hold)
{
    int sent[STEAL_PASS_MAX + 1];
    int received[STEAL_PASS_MAX];
    int before = open_descriptors();
    struct steal_pass pass;

    for (size_t i = 0; i < LENGTH(sent); i++)
        sent[i] = STDIN_FILENO;
    ck_assert_int_eq(pass_on(sent, STEAL_PASS_MAX + 1), -EINVAL);
    ck_assert_int_eq(pass_on(sent, STEAL_PASS_MAX), 1);
    ck_assert_int_eq(take(&pass, received, STEAL_PASS_MAX), 1);
    ck_assert_uint_eq(pass.count, STEAL_PASS_MAX);
    ck_assert(!pass.lost);
    ck_assert_int_eq(open_descriptors(), before + STEAL_PASS_MAX);
    for (size_t i = 0; i < LENGTH(received); i++)
        close(received[i]);
    close_all();
}
END_TEST

START_TEST(too_many_descriptors_are_closed_and_told)
{
    static const int sent[5];
    int before = open_descriptors();
    struct steal_pass pass;
    int received[2];

    ck_assert_int_eq(pass_on(sent, 5), 1);
    ck_assert_int_eq(take(&pass, received, 2), 1);
    ck_assert_uint_eq(pass.count, 2);
    ck_assert(pass.lost);
    ck_assert_int_eq(open_descriptors(), before + 2);
    close(received[0]);
    close(received[1]);

    ck_assert_int_eq(pass_on(sent, 5), 1);
    ck_assert_int_eq(take(&pass, NULL, 0), 1);
    ck_assert(pass.lost);
    ck_assert_int_eq(open_descriptors(), before);
    close_all();
}
END_TEST

START_TEST(process_without_descriptors_is_told_of_the_loss)
{
    static const int sent[3];
    struct steal_pass pass;
    struct rlimit limit;
    int received[3];

    if (may_lower_limits()) {
        ck_assert_int_eq(pass_on(sent, 3), 1);
        limit = refuse_descriptors();
        ck_assert_int_eq(take(&pass, received, 3), 1);
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        ck_assert_uint_eq(pass.count, 0);
        ck_assert(pass.lost);
    }
    close_all();
}
END_TEST

START_TEST(data_comes_without_descriptors_too)
{
    struct steal_pass pass;
    int number;

    ck_assert_int_eq(pass_on(NULL, 0), 1);
    ck_assert_int_eq(take(&pass, &number, 1), 1);
    ck_assert_uint_eq(pass.count, 0);
    ck_assert(!pass.lost);
    ck_assert_int_eq(steal_block_on(runtime, steal_fd_send_fds(&pass, end[0],
                                                     "", 0, &number, 1)),
            -EINVAL);
    ck_assert_int_eq(steal_fd_shutdown(end[0], SHUT_WR), 0);
    ck_assert_int_eq(take(&pass, &number, 1), 0);
    close_all();
}
END_TEST

START_TEST(credentials_are_passed_over)
{
    int number = steal_fd_number(end[1]);
    struct steal_pass pass;
    int on = 1;

    ck_assert_int_eq(setsockopt(number, SOL_SOCKET, SO_PASSCRED, &on,
                             sizeof on),
            0);
    ck_assert_int_eq(pass_on((int[]){ STDIN_FILENO }, 1), 1);
    ck_assert_int_eq(take(&pass, &number, 1), 1);
    ck_assert_uint_eq(pass.count, 1);
    ck_assert(!pass.lost);
    close(number);
    close_all();
}
END_TEST

START_TEST(dropped_receive_leaves_the_descriptor_to_the_next)
{
    int before = open_descriptors();
    struct steal_timeout timeout;
    struct steal_pass pass;
    char buffer[8];
    int number;

    ck_assert_int_eq(steal_block_on(runtime,
                             steal_timeout(&timeout,
                                     steal_fd_recv_fds(&pass, end[1], buffer,
                                             sizeof buffer, &number, 1),
                                     STEAL_MS(2))),
            -ETIMEDOUT);
    ck_assert_int_eq(pass_on((int[]){ STDIN_FILENO }, 1), 1);
    ck_assert_int_eq(take(&pass, &number, 1), 1);
    close(number);
    ck_assert_int_eq(open_descriptors(), before);
    close_all();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        descriptor_arrives_and_works,
        as_many_as_a_message_can_hold,
        too_many_descriptors_are_closed_and_told,
        process_without_descriptors_is_told_of_the_loss,
        data_comes_without_descriptors_too,
        credentials_are_passed_over,
        dropped_receive_leaves_the_descriptor_to_the_next,
    };

    return run_suite_with("passing", reset, tests, LENGTH(tests));
}
