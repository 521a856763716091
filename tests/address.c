/*
 * tests/address.c - addresses as text.
 */
#include <steal/net.h>

#include "kit.h"

#include <arpa/inet.h>
#include <stdio.h>

static void
expect_round_trip(const char *text, const char *expected)
{
    char again[STEAL_ADDRESS_TEXT];
    struct steal_address address;

    ck_assert_int_eq(steal_address_parse(&address, text), 0);
    ck_assert_int_eq(steal_address_format(&address, again, sizeof again),
            (int)strlen(expected));
    ck_assert_str_eq(again, expected);
}

START_TEST(text_becomes_an_address_and_text_again)
{
    static const char *const same[] = {
        "127.0.0.1:80",
        "0.0.0.0:0",
        "255.255.255.255:65535",
        "[::1]:80",
        "[2001:db8::17]:8080",
        "[::ffff:10.0.0.1]:1",
        "[fe80::1%lo]:7000",
        "[fe80::1%4000000000]:7000",
        "unix:/tmp/a",
        "unix:relative",
        "unix:/with:colons:7",
        "unix:@abstract",
        "unix:@",
        "unix:",
    };

    for (size_t i = 0; i < LENGTH(same); i++)
        expect_round_trip(same[i], same[i]);
    expect_round_trip(":80", "[::]:80");
    expect_round_trip("[0:0:0:0:0:0:0:1]:007", "[::1]:7");
}
END_TEST

START_TEST(parts_of_an_address_are_where_sockets_want_them)
{
    struct steal_address address;

    ck_assert_int_eq(steal_address_parse(&address, "1.2.3.4:258"), 0);
    ck_assert_int_eq(address.u.any.sa_family, AF_INET);
    ck_assert_int_eq(address.u.ip4.sin_port, htons(258));
    ck_assert_uint_eq(address.u.ip4.sin_addr.s_addr, htonl(0x01020304));
    ck_assert_uint_eq(address.size, sizeof(struct sockaddr_in));

    ck_assert_int_eq(steal_address_parse(&address, "unix:@ab"), 0);
    ck_assert_int_eq(memcmp(address.u.local.sun_path, "\0ab", 3), 0);
    ck_assert_uint_eq(address.size, offsetof(struct sockaddr_un, sun_path) + 3);

    ck_assert_int_eq(steal_address_parse(&address, "unix:ab"), 0);
    ck_assert_uint_eq(address.size, offsetof(struct sockaddr_un, sun_path) + 3);
}
END_TEST

START_TEST(what_is_no_address_is_refused)
{
    static const char *const bad[] = {
        "",
        ":",
        "80",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:999999999999",
        "127.0.0.1:-1",
        "127.0.0.1:+1",
        "127.0.0.1: 1",
        "127.0.0.1:1 ",
        "127.0.0.1:http",
        "127.0.0:80",
        "256.0.0.1:80",
        "::1:80",
        "[::1]",
        "[::1]80",
        "[::1:80",
        "[127.0.0.1]:80",
        "[]:80",
        "[::1%]:80",
        "[::1%no-such-interface]:80",
        "[::1%1x]:80",
        "[::1%9999999999]:80",
        "localhost:80",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:8",
    };
    struct steal_address address;

    for (size_t i = 0; i < LENGTH(bad); i++)
        ck_assert_msg(steal_address_parse(&address, bad[i]) == -EINVAL, "%s",
                bad[i]);
}
END_TEST

START_TEST(path_is_as_long_as_the_system_allows)
{
    size_t most = sizeof((struct sockaddr_un *)0)->sun_path - 1;
    struct steal_address address;
    char text[256] = "unix:";

    memset(text + 5, 'p', most);
    expect_round_trip(text, text);
    text[5 + most] = 'p';
    ck_assert_int_eq(steal_address_parse(&address, text), -ENAMETOOLONG);
}
END_TEST

START_TEST(path_that_looks_abstract_is_told_apart)
{
    struct steal_address address;
    char text[STEAL_ADDRESS_TEXT];

    ck_assert_int_eq(steal_address_parse(&address, "unix:.x"), 0);
    address.u.local.sun_path[0] = '@';
    ck_assert_int_gt(steal_address_format(&address, text, sizeof text), 0);
    ck_assert_str_eq(text, "unix:./@x");
}
END_TEST

START_TEST(format_cuts_off_and_tells_the_length)
{
    struct steal_address address;
    char text[6];

    ck_assert_int_eq(steal_address_parse(&address, "127.0.0.1:80"), 0);
    ck_assert_int_eq(steal_address_format(&address, text, sizeof text), 12);
    ck_assert_str_eq(text, "127.0");
    ck_assert_int_eq(steal_address_format(&address, NULL, 0), 12);
    address.u.any.sa_family = AF_UNSPEC;
    ck_assert_int_eq(steal_address_format(&address, text, sizeof text),
            -EAFNOSUPPORT);
}
END_TEST

/* getsockname() does not end a path of full length with a NUL. */
START_TEST(path_without_nul_is_read_to_its_end)
{
    struct steal_address address = { .size = sizeof address.u.local };
    char text[STEAL_ADDRESS_TEXT];

    address.u.local.sun_family = AF_UNIX;
    memset(address.u.local.sun_path, 'p', sizeof address.u.local.sun_path);
    ck_assert_int_eq(steal_address_format(&address, text, sizeof text),
            5 + (int)sizeof address.u.local.sun_path);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        text_becomes_an_address_and_text_again,
        parts_of_an_address_are_where_sockets_want_them,
        what_is_no_address_is_refused,
        path_is_as_long_as_the_system_allows,
        path_that_looks_abstract_is_told_apart,
        format_cuts_off_and_tells_the_length,
        path_without_nul_is_read_to_its_end,
    };

    return run_suite("address", tests, LENGTH(tests));
}
