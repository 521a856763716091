/*
 * tests/wire.c - what the examples kv and dnsq make of what the network sends
 * them: requests of RESP, answers of DNS; and the store behind kv.
 */
#include "../examples/dnsq/dns.h"
#include "../examples/kv/request.h"
#include "../examples/kv/store.h"

#include <stdio.h>

#include "kit.h"

/*
 * RESP
 */

static struct request request;
static const char *error;

static long
parse(const char *data, size_t size)
{
    return request_parse(&request, data, size, &error);
}

static void
assert_words(const char *data, size_t words, const char *const *word)
{
    ck_assert_int_eq(parse(data, strlen(data)), (long)strlen(data));
    ck_assert_uint_eq(request.words, words);
    for (size_t i = 0; i < words; i++) {
        ck_assert_uint_eq(request.word[i].size, strlen(word[i]));
        ck_assert_mem_eq(request.word[i].data, word[i], strlen(word[i]));
    }
}

START_TEST(request_is_an_array_or_a_line)
{
    const char *const set[] = { "SET", "a b", "" };

    assert_words("*3\r\n$3\r\nSET\r\n$3\r\na b\r\n$0\r\n\r\n", 3, set);
    assert_words("SET x\r\n", 2, (const char *const[]){ "SET", "x" });
    assert_words("  SET   x  \n", 2, (const char *const[]){ "SET", "x" });
    assert_words("\r\n", 0, NULL);
    assert_words("*0\r\n", 0, NULL);
}
END_TEST

START_TEST(incomplete_request_wants_more)
{
    const char *data = "*2\r\n$3\r\nGET\r\n$12\r\nhello\r\nworld\r\n";

    for (size_t n = 0; n < strlen(data); n++) {
        char *copy = malloc(n + 1);

        memcpy(copy, data, n);
        ck_assert_int_eq(parse(copy, n), 0);
        free(copy);
    }
    ck_assert_int_eq(parse(data, strlen(data)), (long)strlen(data));
}
END_TEST

START_TEST(malformed_requests_are_refused)
{
    static const char *const requests[] = {
        "*x\r\n",
        "*-1\r\n",
        "*1025\r\n",
        "*99999999999999999999\r\n",
        "*1\r\n+OK\r\n",
        "*1\r\n$-1\r\n",
        "*1\r\n$\r\n",
        "*1\r\n$1048577\r\n",
        "*1\r\n$2\r\nabc\r\n",
        "*1\r\n$2\r\nab\n\n",
    };

    for (size_t i = 0; i < LENGTH(requests); i++) {
        error = NULL;
        ck_assert_msg(parse(requests[i], strlen(requests[i])) == -EPROTO, "%s",
                requests[i]);
        ck_assert(error != NULL && error[0] == '-');
    }
}
END_TEST

START_TEST(endless_line_is_refused)
{
    static char line[128 << 10];

    memset(line, 'a', sizeof line);
    ck_assert_int_eq(parse(line, 1000), 0);
    ck_assert_int_eq(parse(line, sizeof line), -EPROTO);
    line[0] = '*';
    ck_assert_int_eq(parse(line, sizeof line), -EPROTO);
}
END_TEST

START_TEST(line_of_many_words_is_cut_off)
{
    char line[2 * REQUEST_WORDS + 100];

    for (size_t i = 0; i < sizeof line; i += 2)
        memcpy(line + i, "a ", 2);
    line[sizeof line - 1] = '\n';
    ck_assert_int_eq(parse(line, sizeof line), (long)sizeof line);
    ck_assert_uint_eq(request.words, REQUEST_WORDS);
}
END_TEST

/*
 * Replies
 */

START_TEST(replies_are_written_as_resp)
{
    struct buffer buffer = { 0 };

    reply_text(&buffer, "+OK");
    reply_integer(&buffer, -42);
    reply_integer(&buffer, INT64_MIN);
    reply_array(&buffer, 2);
    reply_bulk(&buffer, (struct bytes){ "a\0b", 3 });
    reply_nothing(&buffer);
    ck_assert_uint_eq(buffer.size, 52);
    ck_assert_mem_eq(buffer.data,
            "+OK\r\n:-42\r\n:-9223372036854775808\r\n*2\r\n$3\r\na\0b\r\n$-1\r\n",
            52);
    buffer_free(&buffer);
}
END_TEST

START_TEST(too_large_a_buffer_has_failed)
{
    struct buffer buffer = { 0 };

    ck_assert(!buffer_reserve(&buffer, BUFFER_MAX + 1));
    ck_assert(buffer.failed);
    buffer_put(&buffer, "x", 1);
    ck_assert_uint_eq(buffer.size, 0);
    buffer_free(&buffer);
}
END_TEST

/*
 * The store
 */

static struct store *store;

static struct bytes
bytes_of(const char *text)
{
    return (struct bytes){ text, strlen(text) };
}

/* The number of a key, as its name and as its value. */
static struct bytes
numbered(char text[16], int i)
{
    snprintf(text, 16, "key %d", i);
    return bytes_of(text);
}

static bool
has(const char *key, const char *value, uint64_t now)
{
    struct entry *entry = store_find(store, bytes_of(key), now);

    return entry != NULL && entry->size == strlen(value) &&
           memcmp(entry_value(entry).data, value, entry->size) == 0;
}

START_TEST(store_keeps_many_keys_apart)
{
    const int n = scaled(20000) + 1000;
    char text[16];

    store = store_new();
    for (int i = 0; i < n; i++) {
        struct bytes key = numbered(text, i);

        ck_assert(store_set(store, key, key, STEAL_FOREVER));
    }
    ck_assert_uint_eq(store_count(store), (size_t)n);
    for (int i = 0; i < n; i++)
        ck_assert(has(numbered(text, i).data, text, 0));
    for (int i = 0; i < n; i += 2)
        store_remove(store, numbered(text, i));
    for (int i = 0; i < n; i++)
        ck_assert(has(numbered(text, i).data, text, 0) == (i % 2 != 0));
    store_free(store);
}
END_TEST

START_TEST(value_is_replaced_by_longer_and_shorter_ones)
{
    static const char *const values[] = { "", "x", "xyz", "",
        "a long value, much longer than those before", "y" };

    store = store_new();
    for (size_t i = 0; i < LENGTH(values); i++) {
        ck_assert(store_set(store, bytes_of("key"), bytes_of(values[i]),
                STEAL_FOREVER));
        ck_assert(has("key", values[i], 0));
        ck_assert_uint_eq(store_count(store), 1);
    }
    store_free(store);
}
END_TEST

START_TEST(expired_key_is_gone_and_swept)
{
    store = store_new();
    ck_assert(store_set(store, bytes_of("a"), bytes_of("1"), 100));
    ck_assert(store_set(store, bytes_of("b"), bytes_of("2"), 100));
    ck_assert(store_set(store, bytes_of("c"), bytes_of("3"), 200));
    ck_assert(has("a", "1", 99));
    ck_assert(!has("a", "1", 100));
    ck_assert_uint_eq(store_count(store), 2);
    store_sweep(store, 150);
    ck_assert_uint_eq(store_count(store), 1);
    ck_assert(has("c", "3", 150));
    store_clear(store);
    ck_assert_uint_eq(store_count(store), 0);
    store_free(store);
}
END_TEST

START_TEST(locks_of_many_shards_are_taken_once_each)
{
    uint64_t shards = 0;
    char text[16];

    store = store_new();
    for (int i = 0; i < 1000; i++)
        shards |= store_shard(store, numbered(text, i));
    ck_assert(shards == UINT64_MAX);
    for (int i = 0; i < 2; i++) {
        store_lock(store, shards);
        store_unlock(store, shards);
    }
    store_lock(store, 0);
    store_unlock(store, 0);
    store_free(store);
}
END_TEST

/*
 * DNS
 */

static uint8_t query[DNS_QUERY_MAX];
static size_t query_size;
static uint8_t message[600];
static size_t size;

/* An answer to "a.test" with one record of this data; its name is a pointer. */
static void
make_answer(unsigned type, const char *data, size_t data_size)
{
    query_size = dns_query(query, 7, "a.test", (uint16_t)type);
    memcpy(message, query, query_size);
    memcpy(message + 2, "\x81\x80\0\1\0\1", 6);
    size = query_size;
    memcpy(message + size, "\xc0\x0c\0\0\0\1\0\0\0\1\0\0", 12);
    message[size + 3] = (uint8_t)type;
    message[size + 11] = (uint8_t)data_size;
    memcpy(message + size + 12, data, data_size);
    size += 12 + data_size;
}

/* What is printed of it. */
static const char *
print(int result)
{
    static char text[4096];
    FILE *out = fmemopen(text, sizeof text, "w");

    ck_assert_int_eq(dns_print(out, message, size), result);
    fputc('\0', out);
    fclose(out);
    return text;
}

START_TEST(query_is_written_as_rfc_1035_says)
{
    static const char expected[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0"
                                   "\3www\4test\0\0\17\0\1";

    ck_assert_uint_eq(dns_query(query, 0x1234, "www.test.", dns_type("mx")),
            sizeof expected - 1);
    ck_assert_mem_eq(query, expected, sizeof expected - 1);
    ck_assert_uint_eq(dns_query(query, 1, ".", 2), 17);
    ck_assert_uint_eq(dns_type("TYPE65"), 65);
    ck_assert_uint_eq(dns_type("nonsense"), 0);
}
END_TEST

START_TEST(what_is_no_name_is_refused)
{
    char name[400];

    ck_assert_uint_eq(dns_query(query, 1, "a..b", 1), 0);
    ck_assert_uint_eq(dns_query(query, 1, ".a", 1), 0);
    memset(name, 'a', sizeof name);
    name[64] = '\0';
    ck_assert_uint_eq(dns_query(query, 1, name, 1), 0);
    name[63] = '\0';
    ck_assert_uint_eq(dns_query(query, 1, name, 1), 12 + 65 + 4);
    for (size_t i = 0; i < 300; i++)
        name[i] = i % 2 ? '.' : 'a';
    name[254] = '\0';
    ck_assert_uint_eq(dns_query(query, 1, name, 1), 12 + 255 + 4);
    name[254] = 'a';
    name[256] = '\0';
    ck_assert_uint_eq(dns_query(query, 1, name, 1), 0);
}
END_TEST

START_TEST(records_are_printed)
{
    make_answer(1, "\x7f\0\0\1", 4);
    ck_assert_str_eq(print(1), "a.test. A 127.0.0.1\n");
    make_answer(15, "\0\12\4mail\xc0\x0c", 9);
    ck_assert_str_eq(print(1), "a.test. MX 10 mail.a.test.\n");
    make_answer(16, "\3a\"b\0", 5);
    ck_assert_str_eq(print(1), "a.test. TXT \"a\\\"b\" \"\"\n");
    make_answer(2, "\1\x1b\0", 3);
    ck_assert_str_eq(print(1), "a.test. NS \\027.\n");
    make_answer(99, "\x01\xff", 2);
    ck_assert_str_eq(print(1), "a.test. TYPE99 \\# 2 01FF\n");
}
END_TEST

START_TEST(answers_to_something_else_are_not_taken)
{
    make_answer(1, "\x7f\0\0\1", 4);
    ck_assert(dns_answers(message, size, query, query_size));
    ck_assert(!dns_answers(message, query_size - 1, query, query_size));
    ck_assert(!dns_answers(message, 0, query, query_size));
    for (size_t i = 0; i < query_size; i++) {
        bool matters = i < 2 || (i >= 4 && i < 6) || i >= 12;

        message[i] ^= 1;
        ck_assert(dns_answers(message, size, query, query_size) == !matters);
        message[i] ^= 1;
    }
    message[2] &= 0x7f;
    ck_assert(!dns_answers(message, size, query, query_size));
}
END_TEST

START_TEST(names_that_point_in_circles_come_to_an_end)
{
    make_answer(2, "\xc0\x24", 2); /* to itself: 12 + 12 + 12 */
    ck_assert_uint_eq(size - 2, 0x24);
    print(-EBADMSG);
    make_answer(2, "\1a\xc0\x24", 4);
    print(-EBADMSG);
    make_answer(2, "\xff\xff", 2);
    print(-EBADMSG);
    make_answer(2, "\x40\x40", 2);
    print(-EBADMSG);
}
END_TEST

START_TEST(cut_off_answers_are_malformed)
{
    make_answer(15, "\0\12\4mail\xc0\x0c", 9);
    for (size_t whole = size; size > query_size; size--) {
        uint8_t *copy = malloc(size);
        FILE *out = fopen("/dev/null", "w");

        memcpy(copy, message, size);
        ck_assert_int_eq(dns_print(out, copy, size),
                size == whole ? 1 : -EBADMSG);
        fclose(out);
        free(copy);
    }
}
END_TEST

START_TEST(no_answer_is_read_beyond_its_end)
{
    FILE *out = fopen("/dev/null", "w");
    uint32_t seed = 1;

    for (int i = 0; i < scaled(100000); i++) {
        uint8_t *copy;

        make_answer(i % 2 ? 15 : 16, "\0\12\4mail\xc0\x0c\1a\xc0\x24\0", 14);
        copy = malloc(size);
        memcpy(copy, message, size);
        for (int k = 0; k < 4; k++) {
            seed = seed * 1664525 + 1013904223;
            copy[12 + (seed >> 8) % (size - 12)] = (uint8_t)(seed >> 24);
        }
        ck_assert_int_le(dns_print(out, copy, size), 1);
        free(copy);
    }
    fclose(out);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        request_is_an_array_or_a_line,
        incomplete_request_wants_more,
        malformed_requests_are_refused,
        endless_line_is_refused,
        line_of_many_words_is_cut_off,
        replies_are_written_as_resp,
        too_large_a_buffer_has_failed,
        store_keeps_many_keys_apart,
        value_is_replaced_by_longer_and_shorter_ones,
        expired_key_is_gone_and_swept,
        locks_of_many_shards_are_taken_once_each,
        query_is_written_as_rfc_1035_says,
        what_is_no_name_is_refused,
        records_are_printed,
        answers_to_something_else_are_not_taken,
        names_that_point_in_circles_come_to_an_end,
        cut_off_answers_are_malformed,
        no_answer_is_read_beyond_its_end,
    };

    return run_suite("wire", tests, LENGTH(tests));
}
