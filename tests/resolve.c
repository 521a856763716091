/*
 * tests/resolve.c - names of hosts, and connecting to them.
 */
#include <steal/resolve.h>

#include "sockets.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>

static struct steal_runtime *runtime;

/* What getaddrinfo() is told to do, if not the truth. */
static _Atomic(int) answer;   /* an error */
static _Atomic(bool) hangs;   /* until it is cleared */
static _Atomic(int) asked;    /* how many have begun */
static _Atomic(int) answered; /* and ended */
static const char *const *_Atomic addresses;

static _Atomic(bool) refuse_memory; /* for addresses */

/* What connect() was called with. */
static char attempts[1024];
static _Atomic(bool) records;

static void
reset(void)
{
    store_release(&answer, 0);
    store_release(&hangs, false);
    store_release(&asked, 0);
    store_release(&answered, 0);
    store_release(&addresses, NULL);
    store_release(&records, false);
    store_release(&refuse_memory, false);
    *attempts = '\0';
    runtime = runtime_start(2);
}

/* In place of the real ones (tests/Makefile.inc). */
int __real_getaddrinfo(const char *host, const char *service,
        const struct addrinfo *hints, struct addrinfo **entries);
int __wrap_getaddrinfo(const char *host, const char *service,
        const struct addrinfo *hints, struct addrinfo **entries);
void __real_freeaddrinfo(struct addrinfo *entries);
void __wrap_freeaddrinfo(struct addrinfo *entries);
int __real_connect(int number, const struct sockaddr *address, socklen_t size);
int __wrap_connect(int number, const struct sockaddr *address, socklen_t size);

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

static bool
is_refused(size_t size)
{
    return load_acquire(&refuse_memory) && size == sizeof(struct steal_address);
}

void *
__wrap_malloc(size_t size)
{
    return is_refused(size) ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
    return is_refused(size) ? NULL : __real_calloc(n, size);
}

static struct addrinfo *
entries_of(const char *const *text)
{
    struct addrinfo *entries = NULL;
    struct addrinfo **next = &entries;

    for (; *text; text++) {
        struct steal_address *address = malloc(sizeof *address);

        *next = calloc(1, sizeof **next);
        *address = address_of(*text);
        (*next)->ai_addr = &address->u.any;
        (*next)->ai_addrlen = address->size;
        next = &(*next)->ai_next;
    }
    return entries;
}

int
__wrap_getaddrinfo(const char *host, const char *service,
        const struct addrinfo *hints, struct addrinfo **entries)
{
    int error = load_acquire(&answer);

    add_acq_rel(&asked, 1);
    while (load_acquire(&hangs))
        sched_yield();
    if (load_acquire(&addresses))
        *entries = entries_of(load_acquire(&addresses));
    else if (!error)
        error = __real_getaddrinfo(host, service, hints, entries);
    errno = ENFILE; /* what EAI_SYSTEM refers to */
    add_acq_rel(&answered, 1);
    return error;
}

void
__wrap_freeaddrinfo(struct addrinfo *entries)
{
    if (!load_acquire(&addresses)) {
        __real_freeaddrinfo(entries);
        return;
    }
    while (entries) {
        struct addrinfo *next = entries->ai_next;

        free(entries->ai_addr);
        free(entries);
        entries = next;
    }
}

int
__wrap_connect(int number, const struct sockaddr *address, socklen_t size)
{
    struct steal_address copy = { .size = size };
    size_t length = strlen(attempts);

    if (!load_acquire(&records))
        return __real_connect(number, address, size);
    memcpy(&copy.u, address, size);
    length += (size_t)steal_address_format(&copy, attempts + length,
            sizeof attempts - length);
    strcpy(attempts + length, " ");
    errno = EHOSTUNREACH;
    return -1;
}

/*
 * Looking up
 */

/* The first address, as text, or the error. */
static int
resolve(const char *host, const char *service, int family, char *text)
{
    struct steal_resolve resolve;
    int error = steal_block_on(runtime,
            steal_resolve(&resolve, host, service, family, 0));

    if (error) {
        ck_assert_ptr_null(resolve.address);
        ck_assert_uint_eq(resolve.count, 0);
        return error;
    }
    ck_assert_uint_ge(resolve.count, 1);
    steal_address_format(&resolve.address[0], text, STEAL_ADDRESS_TEXT);
    free(resolve.address);
    return 0;
}

static void
expect_address(const char *host, const char *service, int family,
        const char *expected)
{
    char text[STEAL_ADDRESS_TEXT];

    ck_assert_int_eq(resolve(host, service, family, text), 0);
    ck_assert_str_eq(text, expected);
}

START_TEST(digits_need_nobody)
{
    expect_address("127.0.0.1", "80", AF_UNSPEC, "127.0.0.1:80");
    expect_address("127.0.0.1", "80", AF_INET, "127.0.0.1:80");
    expect_address("127.0.0.1", NULL, AF_UNSPEC, "127.0.0.1:0");
    expect_address("::1", "65535", AF_UNSPEC, "[::1]:65535");
    expect_address("fe80::1%lo", "1", AF_INET6, "[fe80::1%lo]:1");
    ck_assert_int_eq(load_acquire(&asked), 0);
    runtime_end(runtime);
}
END_TEST

START_TEST(local_host_is_known)
{
    char text[STEAL_ADDRESS_TEXT];
    struct steal_resolve any;

    expect_address("localhost", "17", AF_INET, "127.0.0.1:17");
    ck_assert_int_eq(load_acquire(&asked), 1);
    expect_address(NULL, "17", AF_INET, "127.0.0.1:17");
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_resolve(&any, NULL, "17", AF_INET,
                                     STEAL_RESOLVE_PASSIVE)),
            0);
    ck_assert_int_gt(steal_address_format(any.address, text, sizeof text), 0);
    ck_assert_str_eq(text, "0.0.0.0:17");
    free(any.address);
    if (getservbyname("http", "tcp"))
        expect_address("127.0.0.1", "http", AF_UNSPEC, "127.0.0.1:80");
    runtime_end(runtime);
}
END_TEST

START_TEST(unknown_name_is_told)
{
    char text[STEAL_ADDRESS_TEXT];
    int error = resolve("nonexistent.invalid", "80", AF_UNSPEC, text);

    /* Where there is no network nobody answers. */
    ck_assert(error == STEAL_NAME_UNKNOWN || error == STEAL_NAME_AGAIN ||
              error == STEAL_NAME_EMPTY);
    ck_assert_int_lt(resolve("127.0.0.1", "80", AF_INET6, text), 0);
    ck_assert_int_eq(resolve("127.0.0.1", "no-such-service", AF_INET, text),
            STEAL_NAME_SERVICE);
    ck_assert_int_lt(resolve("", "80", AF_UNSPEC, text), 0);
    runtime_end(runtime);
}
END_TEST

START_TEST(every_answer_has_its_code)
{
    static const int code[][2] = {
        { EAI_NONAME, STEAL_NAME_UNKNOWN },
        { EAI_NODATA, STEAL_NAME_EMPTY },
        { EAI_ADDRFAMILY, STEAL_NAME_FAMILY },
        { EAI_SERVICE, STEAL_NAME_SERVICE },
        { EAI_AGAIN, STEAL_NAME_AGAIN },
        { EAI_FAIL, STEAL_NAME_FAILED },
        { EAI_FAMILY, -EAFNOSUPPORT },
        { EAI_MEMORY, -ENOMEM },
        { EAI_SYSTEM, -ENFILE },
        { EAI_BADFLAGS, -EINVAL },
    };
    char text[STEAL_ADDRESS_TEXT];

    for (size_t i = 0; i < LENGTH(code); i++) {
        store_release(&answer, code[i][0]);
        ck_assert_int_eq(resolve("host", "80", AF_UNSPEC, text), code[i][1]);
    }
    runtime_end(runtime);
}
END_TEST

START_TEST(look_up_without_memory_tells_and_leaks_nothing)
{
    char text[STEAL_ADDRESS_TEXT];

    store_release(&refuse_memory, true);
    ck_assert_int_eq(resolve("127.0.0.1", "80", AF_INET, text), -ENOMEM);
    ck_assert_int_eq(resolve("localhost", "80", AF_INET, text), -ENOMEM);
    ck_assert_int_eq(load_acquire(&answered), 1);
    runtime_end(runtime);
}
END_TEST

START_TEST(canceled_look_up_does_not_wait)
{
    store_release(&hangs, true);
    for (int i = 1; i <= 3; i++) {
        struct steal_resolve resolve;
        struct steal_task *task;

        steal_resolve(&resolve, "localhost", "80", AF_UNSPEC, 0);
        ck_assert_int_eq(steal_spawn(runtime, &resolve.future, sizeof resolve,
                                 &task),
                0);
        wait_until(load_acquire(&asked) == i);
        steal_task_abort(task);
        ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
        ck_assert_int_eq(load_acquire(&answered), 0);
    }
    store_release(&hangs, false);
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&answered), 3);
}
END_TEST

START_TEST(addresses_have_names)
{
    struct steal_address address = address_of("127.0.0.1:80");
    struct steal_resolve_name resolve;
    char name[256] = "";
    int error;

    error = steal_block_on(runtime,
            steal_resolve_name(&resolve, &address, name, sizeof name));
    if (!error) { /* /etc/hosts may be empty */
        ck_assert_uint_gt(strlen(name), 0);
        error = steal_block_on(runtime,
                steal_resolve_name(&resolve, &address, name, 1));
        ck_assert_int_eq(error, -EMSGSIZE);
    }
    address = address_of("unix:/a");
    error = steal_block_on(runtime,
            steal_resolve_name(&resolve, &address, name, sizeof name));
    ck_assert_int_eq(error, -EAFNOSUPPORT);
    runtime_end(runtime);
}
END_TEST

/*
 * Dialing
 */

static uint16_t
port_of(const struct steal_address *address)
{
    return ntohs(address->u.ip4.sin_port);
}

START_TEST(dial_finds_the_listener_by_its_name)
{
    struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0", NULL);
    struct steal_address address = local_address(listener);
    struct steal_accept accept;
    struct steal_dial dial;
    char service[8];
    int before = open_descriptors();

    snprintf(service, sizeof service, "%u", port_of(&address));
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_dial(&dial, "localhost", service, NULL)),
            0);
    ck_assert(same_address(&dial.peer, &address));
    ck_assert_int_eq(steal_block_on(runtime, steal_accept(&accept, listener)),
            0);
    write_text(runtime, dial.fd, "hello");
    expect_text(runtime, accept.fd, "hello");
    steal_fd_unref(accept.fd);
    steal_fd_unref(dial.fd);
    ck_assert_int_eq(open_descriptors(), before);
    steal_fd_unref(listener);
    runtime_end(runtime);
}
END_TEST

START_TEST(dial_tells_what_the_name_service_says)
{
    struct steal_dial dial;

    store_release(&answer, EAI_AGAIN);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_dial(&dial, "host", "80", NULL)),
            STEAL_NAME_AGAIN);
    runtime_end(runtime);
}
END_TEST

START_TEST(families_take_turns)
{
    static const char *const mixed[] = { "[::1]:1", "[::2]:1", "[::3]:1",
        "1.0.0.1:1", "[::4]:1", "1.0.0.2:1", NULL };
    static const char *const one[] = { "1.0.0.1:1", "1.0.0.2:1", "1.0.0.3:1",
        NULL };
    struct steal_dial dial;

    store_release(&addresses, mixed);
    store_release(&records, true);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_dial(&dial, "host", "1", NULL)),
            -EHOSTUNREACH);
    ck_assert_str_eq(attempts,
            "[::1]:1 1.0.0.1:1 [::2]:1 1.0.0.2:1 [::3]:1 [::4]:1 ");
    *attempts = '\0';
    store_release(&addresses, one);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_dial(&dial, "host", "1", NULL)),
            -EHOSTUNREACH);
    ck_assert_str_eq(attempts, "1.0.0.1:1 1.0.0.2:1 1.0.0.3:1 ");
    runtime_end(runtime);
}
END_TEST

static struct steal_address
nobody_listens(void)
{
    struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0", NULL);
    struct steal_address address = local_address(listener);

    steal_fd_unref(listener);
    return address;
}

START_TEST(dial_goes_on_after_a_refusal_at_once)
{
    enum {
        REFUSED = 40
    }; /* one every 250 ms would take ten seconds */
    struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0", NULL);
    struct steal_address list[REFUSED + 1];
    int before = open_descriptors();
    struct steal_dial dial;
    uint64_t start;

    list[0] = nobody_listens();
    for (int i = 1; i < REFUSED; i++)
        list[i] = list[0];
    list[REFUSED] = local_address(listener);
    start = steal_now();
    ck_assert_int_eq(steal_block_on(runtime, steal_dial_addresses(&dial, list,
                                                     REFUSED + 1, NULL)),
            0);
    ck_assert_uint_lt(steal_now() - start, STEAL_SECONDS(8));
    ck_assert(same_address(&dial.peer, &list[REFUSED]));
    steal_fd_unref(dial.fd);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_dial_addresses(&dial, list, 4, NULL)),
            -ECONNREFUSED);
    ck_assert_ptr_null(dial.fd);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_dial_addresses(&dial, list, 0, NULL)),
            -EDESTADDRREQ);
    ck_assert_int_eq(open_descriptors(), before);
    steal_fd_unref(listener);
    runtime_end(runtime);
}
END_TEST

START_TEST(dial_does_not_wait_for_the_deaf)
{
    struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0", NULL);
    struct steal_address list[2];
    struct steal_dial dial;
    struct deaf deaf;
    uint64_t start;
    int before;

    deaf_start(&deaf, runtime, "127.0.0.1:0");
    list[0] = deaf.address;
    list[1] = local_address(listener);
    before = open_descriptors();
    start = steal_now();
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_dial_addresses(&dial, list, 2, NULL)),
            0);
    ck_assert_uint_ge(steal_now() - start, STEAL_MS(250));
    ck_assert(same_address(&dial.peer, &list[1]));
    steal_fd_unref(dial.fd);
    ck_assert_int_eq(open_descriptors(), before);
    deaf_end(&deaf);
    steal_fd_unref(listener);
    runtime_end(runtime);
}
END_TEST

START_TEST(many_that_are_deaf_are_given_up)
{
    struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0", NULL);
    struct steal_address list[STEAL_DIAL_ATTEMPTS + 1];
    struct steal_dial dial;
    struct deaf deaf;
    uint64_t start;
    int before;

    deaf_start(&deaf, runtime, "127.0.0.1:0");
    for (int i = 0; i < STEAL_DIAL_ATTEMPTS; i++)
        list[i] = deaf.address;
    list[STEAL_DIAL_ATTEMPTS] = local_address(listener);
    before = open_descriptors();
    start = steal_now();
    ck_assert_int_eq(steal_block_on(runtime, steal_dial_addresses(&dial, list,
                                                     LENGTH(list), NULL)),
            0);
    ck_assert_uint_ge(steal_now() - start, STEAL_SECONDS(2));
    steal_fd_unref(dial.fd);
    ck_assert_int_eq(open_descriptors(), before);
    deaf_end(&deaf);
    steal_fd_unref(listener);
    runtime_end(runtime);
}
END_TEST

START_TEST(dropped_dial_leaks_nothing)
{
    struct steal_address list[2];
    struct steal_timeout timeout;
    struct steal_dial dial;
    struct deaf deaf;
    int before;

    deaf_start(&deaf, runtime, "127.0.0.1:0");
    list[0] = list[1] = deaf.address;
    before = open_descriptors();
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_timeout(&timeout,
                                     steal_dial_addresses(&dial, list, 2, NULL),
                                     STEAL_MS(300))),
            -ETIMEDOUT);
    ck_assert_int_eq(open_descriptors(), before);
    store_release(&hangs, true);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_timeout(&timeout,
                                     steal_dial(&dial, "localhost", "80", NULL),
                                     STEAL_MS(5))),
            -ETIMEDOUT);
    store_release(&hangs, false);
    deaf_end(&deaf);
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        digits_need_nobody,
        local_host_is_known,
        unknown_name_is_told,
        every_answer_has_its_code,
        look_up_without_memory_tells_and_leaks_nothing,
        canceled_look_up_does_not_wait,
        addresses_have_names,
        dial_finds_the_listener_by_its_name,
        dial_tells_what_the_name_service_says,
        families_take_turns,
        dial_goes_on_after_a_refusal_at_once,
        dial_does_not_wait_for_the_deaf,
        many_that_are_deaf_are_given_up,
        dropped_dial_leaks_nothing,
    };

    return run_suite_with("resolve", reset, tests, LENGTH(tests));
}
