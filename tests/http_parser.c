/*
 * tests/http_parser.c - what the example httpd makes of a request: its head, the
 * end of its body, and the path of a file.
 */
#include "../examples/httpd/body.h"
#include "../examples/httpd/path.h"
#include "../examples/httpd/request.h"

#include <stdio.h>

#include "kit.h"

#define GET  "GET / HTTP/1.1\r\nHost: x\r\n"
#define POST "POST / HTTP/1.1\r\nHost: x\r\n"

static struct http_request request;
static struct http_body body;
static char path[64];

/* All at once. */
static int
parse(const char *head)
{
    http_request_init(&request);
    return http_request_parse(&request, head, strlen(head));
}

/* Byte by byte, and each time at another address, as a buffer that moves. */
static int
parse_slowly(const char *head)
{
    int result = 0;

    http_request_init(&request);
    for (size_t n = 1; n <= strlen(head) && result == 0; n++) {
        char *copy = malloc(n);

        memcpy(copy, head, n);
        result = http_request_parse(&request, copy, n);
        free(copy);
    }
    return result;
}

static void
assert_result(const char *head, int result)
{
    ck_assert_msg(parse(head) == result, "%s", head);
    ck_assert_msg(parse_slowly(head) == result, "slowly: %s", head);
}

static void
assert_span(const char *head, struct http_span span, const char *text)
{
    ck_assert_uint_eq(span.size, strlen(text));
    ck_assert_mem_eq(head + span.at, text, span.size);
}

START_TEST(head_is_parsed_whole_and_byte_by_byte)
{
    const char *head = "GET /a%20b?c HTTP/1.1\r\nHost: example.org:80\r\n"
                       "If-Modified-Since: \t now \r\nX: \"y\"\r\n\r\n";

    for (int slowly = 0; slowly < 2; slowly++) {
        int length = slowly ? parse_slowly(head) : parse(head);

        ck_assert_int_eq(length, (int)strlen(head));
        ck_assert_int_eq(request.method, HTTP_GET);
        ck_assert_int_eq(request.minor, 1);
        ck_assert(request.complete);
        ck_assert(request.keep_alive);
        ck_assert(!request.chunked && !request.expects);
        ck_assert_uint_eq(request.length, 0);
        assert_span(head, request.target, "/a%20b?c");
        assert_span(head, request.since, "now");
    }
}
END_TEST

START_TEST(head_ends_before_what_follows)
{
    const char *two = GET "\r\nGET /next HTTP/1.1\r\n";

    ck_assert_int_eq(parse(two), (int)strlen(GET "\r\n"));
}
END_TEST

START_TEST(incomplete_head_wants_more)
{
    const char *head = "\r\n" GET "Connection: close\r\n\r\n";

    for (size_t n = 0; n < strlen(head); n++) {
        http_request_init(&request);
        ck_assert_int_eq(http_request_parse(&request, head, n), 0);
        ck_assert(!request.complete);
    }
    assert_result(head, (int)strlen(head));
}
END_TEST

START_TEST(connection_stays_open_as_its_version_and_options_say)
{
    static const struct {
        const char *head;
        bool keep_alive;
    } heads[] = {
        { GET "\r\n", true },
        { GET "Connection: close\r\n\r\n", false },
        { GET "connection: foo , CLOSE,bar\r\n\r\n", false },
        { GET "Connection: closed\r\n\r\n", true },
        { GET "Connection: keep-alive\r\nConnection: close\r\n\r\n", false },
        { "GET / HTTP/1.0\r\n\r\n", false },
        { "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true },
        { "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false },
    };

    for (size_t i = 0; i < LENGTH(heads); i++) {
        ck_assert_int_gt(parse(heads[i].head), 0);
        ck_assert_msg(request.keep_alive == heads[i].keep_alive, "%s",
                heads[i].head);
    }
}
END_TEST

START_TEST(methods_are_told_apart)
{
    static const struct {
        const char *name;
        enum http_method method;
    } methods[] = {
        { "GET", HTTP_GET },
        { "HEAD", HTTP_HEAD },
        { "POST", HTTP_OTHER },
        { "CONNECT", HTTP_OTHER },
        { "get", HTTP_FOREIGN },
        { "BREW", HTTP_FOREIGN },
    };

    for (size_t i = 0; i < LENGTH(methods); i++) {
        char head[64];

        snprintf(head, sizeof head, "%s / HTTP/1.0\r\n\r\n", methods[i].name);
        ck_assert_int_gt(parse(head), 0);
        ck_assert_int_eq(request.method, methods[i].method);
    }
}
END_TEST

START_TEST(malformed_heads_are_refused)
{
    static const char *const heads[] = {
        "\n",
        "GET / HTTP/1.1\n",
        "GET / HTTP/1.1\r\nHost: x\n\r\n",
        "GET  / HTTP/1.1\r\n",
        " GET / HTTP/1.1\r\n",
        "GET / HTTP/1.1 \r\n",
        "GET /\r\n",
        "GET / HTTP/1\r\n",
        "GET / HTTP/1.10\r\n",
        "GET / http/1.1\r\n",
        "GET / FTTP/1.1\r\n",
        "G(T / HTTP/1.1\r\n",
        "GET /\x01 HTTP/1.1\r\n",
        "GET /\xff HTTP/1.1\r\n",
        "GET /\r HTTP/1.1\r\n",
        "\x16\x03\x01\x02\r\n",
        "GET / HTTP/1.1\r\n\r\n", /* no host */
        GET "Host: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x y\r\n",
        GET "No colon\r\n",
        GET ": value\r\n",
        GET "Name : value\r\n",
        GET " folded: value\r\n",
        GET "Na\tme: value\r\n",
        GET "Name: a\x01z\r\n",
        GET "Name: a\rz\r\n",
        GET "Name: a\x7fz\r\n",
    };

    for (size_t i = 0; i < LENGTH(heads); i++)
        assert_result(heads[i], -400);
}
END_TEST

START_TEST(null_byte_is_no_end_of_anything)
{
    static const char head[] = GET "Name: a\0b\r\n\r\n";
    static const char target[] = "GET /\0 HTTP/1.1\r\n";

    http_request_init(&request);
    ck_assert_int_eq(http_request_parse(&request, head, sizeof head - 1), -400);
    http_request_init(&request);
    ck_assert_int_eq(http_request_parse(&request, target, sizeof target - 1),
            -400);
}
END_TEST

START_TEST(other_versions_are_refused)
{
    assert_result("GET / HTTP/2.0\r\n", -505);
    assert_result("GET / HTTP/0.9\r\n", -505);
}
END_TEST

START_TEST(ambiguous_lengths_are_refused)
{
    static const struct {
        const char *fields;
        int result;
    } cases[] = {
        { "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", -400 },
        { "Content-Length: 3, 3\r\n\r\n", -400 },
        { "Content-Length: +3\r\n\r\n", -400 },
        { "Content-Length: -3\r\n\r\n", -400 },
        { "Content-Length: 0x3\r\n\r\n", -400 },
        { "Content-Length: 3 3\r\n\r\n", -400 },
        { "Content-Length:\r\n\r\n", -400 },
        { "Content-Length: 9999999999999999999\r\n\r\n", -400 },
        { "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", -400 },
        { "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", -400 },
        { "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                -400 },
        { "Transfer-Encoding: chunked, chunked\r\n\r\n", -501 },
        { "Transfer-Encoding: gzip, chunked\r\n\r\n", -501 },
        { "Transfer-Encoding: xchunked\r\n\r\n", -501 },
        { "Expect: a miracle\r\n\r\n", -417 },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        char head[256];

        snprintf(head, sizeof head, POST "%s", cases[i].fields);
        assert_result(head, cases[i].result);
    }
    assert_result("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n", -400);
}
END_TEST

START_TEST(too_many_lines_are_refused)
{
    size_t size = strlen(GET);
    int result = 0;

    http_request_init(&request);
    for (int lines = 0; lines < 200 && result == 0; lines++) {
        static char head[4096] = GET;

        memcpy(head + size, "N: v\r\n", 6);
        size += 6;
        result = http_request_parse(&request, head, size);
    }
    ck_assert_int_eq(result, -431);
}
END_TEST

START_TEST(too_large_a_head_is_told_from_too_long_a_target)
{
    http_request_init(&request);
    ck_assert_int_eq(http_request_parse(&request, "GET /aaaa", 9), 0);
    ck_assert_int_eq(http_request_too_large(&request), -414);
    ck_assert_int_eq(parse(GET "Name: aaaa"), 0);
    ck_assert_int_eq(http_request_too_large(&request), -431);
}
END_TEST

/*
 * Bodies
 */

static int
begin_body(const char *fields)
{
    char head[256];

    snprintf(head, sizeof head, POST "%s\r\n", fields);
    ck_assert_int_gt(parse(head), 0);
    return http_body_init(&body, &request);
}

/* What http_body_skip() says in all, in pieces of `step` bytes. */
static ssize_t
skip(const char *data, size_t step)
{
    size_t size = strlen(data);
    ssize_t total = 0;

    for (size_t at = 0; at < size && !body.ended; at += step) {
        size_t n = step < size - at ? step : size - at;
        ssize_t taken = http_body_skip(&body, data + at, n);

        if (taken < 0)
            return taken;
        total += taken;
    }
    return total;
}

START_TEST(request_without_a_length_has_no_body)
{
    ck_assert_int_eq(begin_body(""), 0);
    ck_assert(body.ended);
    ck_assert_int_eq(begin_body("Content-Length: 0\r\n"), 0);
    ck_assert(body.ended);
}
END_TEST

START_TEST(body_ends_at_its_length)
{
    for (size_t step = 1; step < 8; step++) {
        ck_assert_int_eq(begin_body("Content-Length: 5\r\n"), 0);
        ck_assert_int_eq(skip("helloGET", step), 5);
        ck_assert(body.ended);
    }
    ck_assert_int_eq(begin_body("Content-Length: 5\r\n"), 0);
    ck_assert_int_eq(skip("hell", 4), 4);
    ck_assert(!body.ended);
}
END_TEST

START_TEST(chunked_body_ends_after_its_last_chunk)
{
    static const char *const bodies[] = {
        "0\r\n\r\n",
        "5\r\nhello\r\n0\r\n\r\n",
        "00a\r\n0123456789\r\n1\r\nx\r\n000\r\n\r\n",
        "A;name=value\r\n0123456789\r\n0;x\r\n\r\n",
        "1\r\n\n\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n",
    };

    for (size_t i = 0; i < LENGTH(bodies); i++) {
        for (size_t step = 1; step < 40; step++) {
            char data[128];

            snprintf(data, sizeof data, "%sGET / ", bodies[i]);
            begin_body("Transfer-Encoding: chunked\r\n");
            ck_assert_int_eq(skip(data, step), (int)strlen(bodies[i]));
            ck_assert(body.ended);
        }
    }
}
END_TEST

START_TEST(malformed_chunks_are_refused)
{
    static const char *const bodies[] = {
        "\r\n",
        "x\r\n",
        "-1\r\n",
        " 5\r\nhello\r\n",
        "5\nhello\r\n",
        "5\r\nhello0\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\rhello\r\n",
        "5;a\nb\r\n",
        "0\r\n\n",
        "0\r\n\rX",
        "0\r\nTrailer\n\r\n",
        "0\r\nTrailer\rx\r\n",
    };

    for (size_t i = 0; i < LENGTH(bodies); i++) {
        for (size_t step = 1; step < 16; step += 14) {
            begin_body("Transfer-Encoding: chunked\r\n");
            ck_assert_msg(skip(bodies[i], step) == -400, "%s", bodies[i]);
        }
    }
}
END_TEST

START_TEST(large_bodies_are_refused)
{
    ck_assert_int_eq(begin_body("Content-Length: 1048576\r\n"), 0);
    ck_assert_int_eq(begin_body("Content-Length: 1048577\r\n"), -413);
    begin_body("Transfer-Encoding: chunked\r\n");
    ck_assert_int_eq(skip("fffffffffffffffff\r\n", 99), -413);
    begin_body("Transfer-Encoding: chunked\r\n");
    ck_assert_int_eq(skip("1\r\nx\r\n100000\r\n", 99), -413);
}
END_TEST

START_TEST(endless_trailer_is_refused)
{
    ssize_t taken = 0;

    begin_body("Transfer-Encoding: chunked\r\n");
    taken = skip("0\r\n", 99);
    for (int i = 0; i < 1000 && taken >= 0; i++)
        taken = skip("Trailer: x\r\n", 99);
    ck_assert_int_eq(taken, -400);
}
END_TEST

/*
 * Paths
 */

static int
path_of(const char *target)
{
    memset(path, 'x', sizeof path);
    return http_path(path, sizeof path, target, strlen(target));
}

START_TEST(target_names_a_file_in_the_folder)
{
    static const char *const paths[][2] = {
        { "/", "index.html" },
        { "/a", "a" },
        { "/a/", "a/index.html" },
        { "/a%20b/%63.txt?x=/..", "a b/c.txt" },
        { "//etc/passwd", "etc/passwd" },
        { "///", "index.html" },
        { "/%2fetc%2Fpasswd", "etc/passwd" },
        { "/a//b", "a/b" },
        { "/a..b/c...", "a..b/c..." },
        { "/?", "index.html" },
        { "http://host/a", "a" },
        { "HTTP://host", "index.html" },
        { "http://host?x", "index.html" },
        { "/\xc3\xa4", "\xc3\xa4" },
    };

    for (size_t i = 0; i < LENGTH(paths); i++) {
        ck_assert_msg(path_of(paths[i][0]) == 0, "%s", paths[i][0]);
        ck_assert_str_eq(path, paths[i][1]);
    }
}
END_TEST

START_TEST(no_target_leads_out_of_the_folder_or_to_what_is_hidden)
{
    static const char *const targets[] = { "/..", "/../etc/passwd", "/a/../b",
        "/%2e%2e/x", "/a/%2e.", "/a%2f..%2fb", "/./a", "/.git/config",
        "/a/.hidden", "//../a" };

    for (size_t i = 0; i < LENGTH(targets); i++)
        ck_assert_msg(path_of(targets[i]) == -404, "%s", targets[i]);
}
END_TEST

START_TEST(malformed_targets_are_refused)
{
    static const char *const targets[] = { "a", "*", "host:80", "/%", "/%1",
        "/%zz", "/%1g", "/a%00b", "ftp://host/" };

    for (size_t i = 0; i < LENGTH(targets); i++)
        ck_assert_msg(path_of(targets[i]) == -400, "%s", targets[i]);
}
END_TEST

START_TEST(path_that_does_not_fit_is_refused)
{
    char target[2 * sizeof path];
    int fits = 0;

    for (size_t n = 1; n < sizeof target; n++) {
        memset(target, 'a', n);
        target[0] = '/';
        fits += http_path(path, sizeof path, target, n) == 0;
        target[n - 1] = '/';
        fits += http_path(path, sizeof path, target, n) == 0;
    }
    ck_assert_int_gt(fits, (int)sizeof path);
    ck_assert_int_lt(fits, 2 * (int)sizeof path);
}
END_TEST

START_TEST(type_is_told_by_the_suffix)
{
    ck_assert_str_eq(http_type("a/b.PNG"), "image/png");
    ck_assert_str_eq(http_type("a.png/b"), "application/octet-stream");
    ck_assert_str_eq(http_type("b"), "application/octet-stream");
    ck_assert_str_eq(http_type("x.tar.css"), "text/css; charset=utf-8");
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        head_is_parsed_whole_and_byte_by_byte,
        head_ends_before_what_follows,
        incomplete_head_wants_more,
        connection_stays_open_as_its_version_and_options_say,
        methods_are_told_apart,
        malformed_heads_are_refused,
        null_byte_is_no_end_of_anything,
        other_versions_are_refused,
        ambiguous_lengths_are_refused,
        too_many_lines_are_refused,
        too_large_a_head_is_told_from_too_long_a_target,
        request_without_a_length_has_no_body,
        body_ends_at_its_length,
        chunked_body_ends_after_its_last_chunk,
        malformed_chunks_are_refused,
        large_bodies_are_refused,
        endless_trailer_is_refused,
        target_names_a_file_in_the_folder,
        no_target_leads_out_of_the_folder_or_to_what_is_hidden,
        malformed_targets_are_refused,
        path_that_does_not_fit_is_refused,
        type_is_told_by_the_suffix,
    };

    return run_suite("http_parser", tests, LENGTH(tests));
}
