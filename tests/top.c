/*
 * tests/top.c - the socket at which a runtime tells of itself.
 */
#include "dumps.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static struct steal_runtime *runtime;
static struct record record;
static char path[80];

static void
reset(void)
{
    static int n;

    memset(&record, 0, sizeof record);
    pthread_mutex_init(&record.mutex, NULL);
    snprintf(path, sizeof path, "/tmp/steal-top-test.%d.%d", (int)getpid(),
            n++);
}

static void
start(void)
{
    runtime = runtime_start(2);
    ck_assert_int_eq(steal_top_open(runtime, path), 0);
}

/* The address of the socket. */
static struct sockaddr_un
address_of(const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    strcpy(address.sun_path, name);
    return address;
}

static int
visit(void)
{
    struct sockaddr_un address = address_of(path);
    int client = socket(AF_UNIX, SOCK_STREAM, 0);

    ck_assert_int_ge(client, 0);
    ck_assert_int_eq(connect(client, (struct sockaddr *)&address,
                             sizeof address),
            0);
    return client;
}

static void
say(int client, const char *line)
{
    ck_assert_int_eq(send(client, line, strlen(line), MSG_NOSIGNAL),
            (int)strlen(line));
}

/* Until `end` has come, or the connection ends.  To be freed. */
static char *
hear(int client, const char *end)
{
    size_t room = 1 << 20;
    char *text = calloc(1, room);
    size_t n = 0;
    ssize_t got = 1;

    ck_assert_ptr_nonnull(text);
    while (got > 0 && !(end && strstr(text, end))) {
        ck_assert_uint_lt(n + 1, room);
        got = recv(client, text + n, room - n - 1, 0);
        n += got > 0 ? (size_t)got : 0;
    }
    return text;
}

static bool
is_sent_away(int client)
{
    char *text = hear(client, NULL);
    bool is = !*text;

    free(text);
    close(client);
    return is;
}

START_TEST(client_gets_one_snapshot_after_the_other)
{
    struct steal_task *task;
    int client;

    start();
    task = spawn_probe(runtime, &record, PROBE_WAITS, 0);
    wait_until(record_polls(&record) == 1);
    client = visit();
    for (int i = 0; i < 3; i++) {
        char *text;

        say(client, "snapshot\n");
        text = hear(client, "\nend\n");
        ck_assert_int_eq(strncmp(text, "steal\t1\tsteal\t", 14), 0);
        ck_assert_int_eq(count_in(text, "\nworker\t"), 3);
        ck_assert_int_eq(count_in(text, "\ntask\t"), 1);
        ck_assert_int_eq(count_in(text,
                                 "\tprobe\nawait\t0\t-1\t-1\t0\t-1\tprobe\t"),
                1);
        free(text);
    }
    close(client);
    record_open(&record);
    ck_assert_int_eq(join_task(runtime, task), 0);
    runtime_end(runtime);
}
END_TEST

START_TEST(client_may_ask_for_text_and_json)
{
    char *text;
    int client;

    start();
    client = visit();
    say(client, "text\n");
    text = hear(client, NULL);
    ck_assert_int_eq(strncmp(text, "steal: 0 tasks, ", 16), 0);
    free(text);
    close(client);
    client = visit();
    say(client, "js");
    say(client, "on\n");
    text = hear(client, NULL);
    ck_assert(is_json(text));
    free(text);
    close(client);
    runtime_end(runtime);
}
END_TEST

START_TEST(who_asks_for_something_else_is_sent_away)
{
    int client;

    start();
    client = visit();
    say(client, "hello\n");
    ck_assert(is_sent_away(client));
    client = visit();
    say(client, "a line without an end and too long");
    ck_assert(is_sent_away(client));
    client = visit();
    say(client, "text\ntext\n");
    ck_assert(is_sent_away(client));
    runtime_end(runtime);
}
END_TEST

static bool
is_answered(void)
{
    int client = visit();
    bool is;
    char *text;

    send(client, "text\n", 5, MSG_NOSIGNAL); /* it may be closed by now */
    text = hear(client, NULL);
    is = *text;
    free(text);
    close(client);
    return is;
}

START_TEST(ninth_client_is_sent_away_until_another_has_left)
{
    int client[9];

    start();
    for (int i = 0; i < 8; i++) {
        client[i] = visit();
        say(client[i], "snapshot\n");
        free(hear(client[i], "\nend\n"));
    }
    client[8] = visit();
    ck_assert(is_sent_away(client[8]));
    close(client[0]);
    wait_until(is_answered());
    for (int i = 1; i < 8; i++)
        close(client[i]);
    runtime_end(runtime);
}
END_TEST

/* More than the kernel keeps for one that does not read. */
#define MANY 5000

START_TEST(client_that_does_not_read_keeps_nobody)
{
    static struct steal_task *task[MANY];
    int sleepy;
    int client;

    start();
    for (int i = 0; i < MANY; i++)
        task[i] = spawn_probe(runtime, &record, PROBE_WAITS, 0);
    wait_until(record_polls(&record) == MANY);
    sleepy = visit();
    say(sleepy, "snapshot\n");
    client = visit();
    say(client, "snapshot\n");
    free(hear(client, "\nend\n"));
    close(client);
    for (int i = 0; i < MANY; i++) {
        steal_task_abort(task[i]);
        ck_assert_int_eq(join_task(runtime, task[i]), -ECANCELED);
    }
    runtime_end(runtime);
    close(sleepy);
}
END_TEST

START_TEST(socket_is_the_users_and_goes_with_the_runtime)
{
    struct stat info;
    mode_t before = umask(0);

    start();
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert(S_ISSOCK(info.st_mode));
    ck_assert_int_eq(info.st_mode & 0777, 0600);
    runtime_end(runtime);
    ck_assert_int_ne(stat(path, &info), 0);
    umask(before);
}
END_TEST

START_TEST(socket_that_nobody_listens_to_is_replaced)
{
    struct sockaddr_un address = address_of(path);
    int stale = socket(AF_UNIX, SOCK_STREAM, 0);

    ck_assert_int_eq(bind(stale, (struct sockaddr *)&address, sizeof address),
            0);
    close(stale);
    start();
    close(visit());
    runtime_end(runtime);
}
END_TEST

START_TEST(path_that_is_taken_is_refused)
{
    struct steal_runtime *other;
    char longer[200];
    int file;

    start();
    other = runtime_start(1);
    ck_assert_int_eq(steal_top_open(other, path), -EADDRINUSE);
    close(visit());
    runtime_end(runtime);
    file = open(path, O_CREAT | O_WRONLY, 0600);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(steal_top_open(other, path), -EADDRINUSE);
    close(file);
    ck_assert_int_eq(unlink(path), 0);
    memset(longer, 'a', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    ck_assert_int_eq(steal_top_open(other, longer), -ENAMETOOLONG);
    ck_assert_int_eq(steal_top_open(other, "/nowhere/at/all"), -ENOENT);
    steal_runtime_begin_stop(other);
    ck_assert_int_eq(steal_top_open(other, path), -ECANCELED);
    runtime_end(other);
}
END_TEST

START_TEST(runtime_with_the_option_is_found_and_measures)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_task *task;
    int client;
    char *text;

    options.workers = 1;
    options.top = path;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    task = spawn_probe(runtime, &record, PROBE_WAITS, 0);
    wait_until(record_polls(&record) == 1);
    client = visit();
    say(client, "text\n");
    text = hear(client, NULL);
    ck_assert(part_has(text, steal_task_id(task), " old, "));
    free(text);
    close(client);
    record_open(&record);
    ck_assert_int_eq(join_task(runtime, task), 0);
    runtime_end(runtime);
}
END_TEST

START_TEST(child_of_a_fork_does_not_keep_the_stop)
{
    int ends[2];
    pid_t child;

    ck_assert_int_eq(pipe(ends), 0);
    start();
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        char byte;

        close(ends[1]);
        _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
    }
    runtime_end(runtime);
    close(ends[0]);
    close(ends[1]);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        client_gets_one_snapshot_after_the_other,
        client_may_ask_for_text_and_json,
        who_asks_for_something_else_is_sent_away,
        ninth_client_is_sent_away_until_another_has_left,
        client_that_does_not_read_keeps_nobody,
        socket_is_the_users_and_goes_with_the_runtime,
        socket_that_nobody_listens_to_is_replaced,
        path_that_is_taken_is_refused,
        runtime_with_the_option_is_found_and_measures,
        child_of_a_fork_does_not_keep_the_stop,
    };

    unsetenv("STEAL_DEBUG"); /* what is stuck is told there */
    return run_suite_with("top", reset, tests, LENGTH(tests));
}
