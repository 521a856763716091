/*
 * tests/reader.c - taking a stream apart through a buffer.
 */
#include <steal/reader.h>

#include "sockets.h"

static struct steal_runtime *runtime;
static struct steal_fd *end[2]; /* reads from [0] */
static struct steal_reader reader;
static struct steal_read piece;
static char buffer[64];

static void
reset(void)
{
    runtime = runtime_start(2);
    ck_assert_int_eq(steal_pipe(end, runtime), 0);
    memset(buffer, '?', sizeof buffer);
}

static void
finish(void)
{
    steal_fd_unref(end[0]);
    if (end[1])
        steal_fd_unref(end[1]);
    runtime_end(runtime);
}

static void
use_buffer(size_t size)
{
    ck_assert_uint_le(size, sizeof buffer);
    steal_reader_init(&reader, end[0], buffer, size);
}

static void
feed(const char *text)
{
    write_text(runtime, end[1], text);
}

static void
feed_end(void)
{
    steal_fd_unref(end[1]);
    end[1] = NULL;
}

static int
await(struct steal_future *future)
{
    return steal_block_on(runtime, future);
}

static void
expect_line(const char *text)
{
    ck_assert_int_eq(await(steal_reader_line(&piece, &reader)),
            (int)strlen(text));
    ck_assert_str_eq(piece.data, text);
}

static void
expect_until(char delimiter, const char *text)
{
    ck_assert_int_eq(await(steal_reader_until(&piece, &reader, delimiter)),
            (int)strlen(text));
    ck_assert_mem_eq(piece.data, text, strlen(text));
}

START_TEST(lines_come_without_their_ends)
{
    use_buffer(64);
    feed("one\ntwo\r\n\n\r\nth\rree\n");
    expect_line("one");
    expect_line("two");
    expect_line("");
    expect_line("");
    expect_line("th\rree");
    feed("last");
    feed_end();
    expect_line("last");
    ck_assert_int_eq(await(steal_reader_line(&piece, &reader)), STEAL_EOF);
    ck_assert_int_eq(await(steal_reader_line(&piece, &reader)), STEAL_EOF);
    finish();
}
END_TEST

START_TEST(until_gives_the_delimiter_too)
{
    use_buffer(64);
    feed("a;;bc;rest");
    feed_end();
    expect_until(';', "a;");
    expect_until(';', ";");
    expect_until(';', "bc;");
    expect_until(';', "rest");
    ck_assert_int_eq(await(steal_reader_until(&piece, &reader, ';')),
            STEAL_EOF);
    finish();
}
END_TEST

START_TEST(empty_stream_has_no_line)
{
    use_buffer(1);
    feed_end();
    ck_assert_int_eq(await(steal_reader_line(&piece, &reader)), STEAL_EOF);
    finish();
}
END_TEST

START_TEST(delimiter_fits_at_the_very_end_of_the_buffer)
{
    use_buffer(4);
    feed("abc\n");
    expect_line("abc");
    feed("de\nxyz\n");
    expect_line("de");
    expect_line("xyz");
    feed("\n\n\n\n\n");
    for (int i = 0; i < 5; i++)
        expect_line("");
    finish();
}
END_TEST

START_TEST(piece_that_does_not_fit_is_told_and_stays)
{
    size_t n;

    use_buffer(4);
    feed("abcde\n");
    ck_assert_int_eq(await(steal_reader_line(&piece, &reader)), -EMSGSIZE);
    ck_assert_int_eq(await(steal_reader_line(&piece, &reader)), -EMSGSIZE);
    ck_assert_mem_eq(steal_reader_data(&reader, &n), "abcd", 4);
    ck_assert_uint_eq(n, 4);
    steal_reader_consume(&reader, 3);
    expect_line("de");
    finish();
}
END_TEST

/* The rest fills the buffer but for the byte that found the end. */
START_TEST(rest_of_the_stream_is_a_string_too)
{
    use_buffer(4);
    feed("abc");
    feed_end();
    expect_line("abc");
    ck_assert_int_eq(buffer[3], '\0');
    ck_assert_int_eq(buffer[4], '?');
    finish();
}
END_TEST

/* Writes one byte, lets the others run, and so on. */
struct trickle {
    struct steal_async async;
    struct steal_io io;
    struct steal_fd *fd;
    const char *text;
};

static enum steal_poll
trickle_poll(struct steal_future *future, struct steal_context *cx)
{
    struct trickle *self = (struct trickle *)future;

    STEAL_BEGIN(&self->async);
    while (*self->text) {
        STEAL_AWAIT(cx, steal_fd_write_all(&self->io, self->fd, self->text, 1));
        self->text++;
        STEAL_YIELD(cx);
    }
    STEAL_END();
}

static void
trickle_drop(struct steal_future *future)
{
    steal_fd_unref(((struct trickle *)future)->fd);
}

static const struct steal_future_ops trickle_ops = { .name = "trickle",
    .poll = trickle_poll,
    .drop = trickle_drop };

static void
feed_slowly(const char *text)
{
    struct trickle trickle = { .async = STEAL_ASYNC(&trickle_ops),
        .fd = end[1],
        .text = text };

    end[1] = NULL;
    ck_assert_int_eq(steal_spawn(runtime, &trickle.async.future, sizeof trickle,
                             NULL),
            0);
}

START_TEST(byte_at_a_time_is_the_same)
{
    char into[8] = "";

    use_buffer(5);
    feed_slowly("one\r\ntwo\n\nabcdefgh;rest");
    expect_line("one");
    expect_line("two");
    expect_line("");
    ck_assert_int_eq(await(steal_reader_exact(&piece, &reader, into, 6)), 6);
    ck_assert_mem_eq(into, "abcdef", 6);
    expect_until(';', "gh;");
    expect_line("rest");
    ck_assert_int_eq(await(steal_reader_line(&piece, &reader)), STEAL_EOF);
    finish();
}
END_TEST

START_TEST(read_takes_the_buffer_first_and_then_the_stream)
{
    char into[64];

    use_buffer(8);
    feed("line\nab");
    expect_line("line");
    ck_assert_int_eq(await(steal_reader_read(&piece, &reader, into, 64)), 2);
    ck_assert_mem_eq(into, "ab", 2);
    feed("0123456789abcdef");
    /* Past the buffer, which is smaller. */
    ck_assert_int_eq(await(steal_reader_read(&piece, &reader, into, 64)), 16);
    ck_assert_mem_eq(into, "0123456789abcdef", 16);
    feed("xyz");
    ck_assert_int_eq(await(steal_reader_read(&piece, &reader, into, 1)), 1);
    ck_assert_int_eq(await(steal_reader_read(&piece, &reader, into, 0)), 0);
    feed_end();
    ck_assert_int_eq(await(steal_reader_read(&piece, &reader, into, 64)), 2);
    ck_assert_int_eq(await(steal_reader_read(&piece, &reader, into, 64)), 0);
    ck_assert_int_eq(await(steal_reader_read(&piece, &reader, into, 1)), 0);
    finish();
}
END_TEST

START_TEST(exact_read_tells_the_end)
{
    char into[64];

    use_buffer(8);
    feed("line\nab0123456789abcdefxy");
    feed_end();
    expect_line("line");
    ck_assert_int_eq(await(steal_reader_exact(&piece, &reader, into, 18)), 18);
    ck_assert_mem_eq(into, "ab0123456789abcdef", 18);
    ck_assert_int_eq(await(steal_reader_exact(&piece, &reader, into, 0)), 0);
    ck_assert_int_eq(await(steal_reader_exact(&piece, &reader, into, 3)),
            STEAL_EOF);
    ck_assert_uint_eq(piece.done, 2);
    ck_assert_mem_eq(into, "xy", 2);
    finish();
}
END_TEST

START_TEST(parser_fills_looks_and_consumes)
{
    size_t n;

    use_buffer(8);
    ck_assert_ptr_nonnull(steal_reader_data(&reader, &n));
    ck_assert_uint_eq(n, 0);
    feed("abcde");
    ck_assert_int_eq(await(steal_reader_fill(&piece, &reader, 2)), 5);
    ck_assert_mem_eq(piece.data, "abcde", 5);
    steal_reader_consume(&reader, 4);
    feed("fghijklm");
    ck_assert_int_eq(await(steal_reader_fill(&piece, &reader, 8)), 8);
    ck_assert_mem_eq(steal_reader_data(&reader, &n), "efghijkl", 8);
    ck_assert_uint_eq(n, 8);
    ck_assert_int_eq(await(steal_reader_fill(&piece, &reader, 9)), -EMSGSIZE);
    steal_reader_consume(&reader, 8);
    feed_end();
    ck_assert_int_eq(await(steal_reader_fill(&piece, &reader, 2)), STEAL_EOF);
    ck_assert_mem_eq(steal_reader_data(&reader, &n), "m", 1);
    ck_assert_uint_eq(n, 1);
    ck_assert_int_eq(await(steal_reader_fill(&piece, &reader, 1)), 1);
    ck_assert_int_eq(await(steal_reader_fill(&piece, &reader, 0)), 1);
    finish();
}
END_TEST

START_TEST(dropped_read_loses_nothing)
{
    struct steal_timeout timeout;

    use_buffer(64);
    feed("half a ");
    ck_assert_int_eq(await(steal_timeout(&timeout,
                             steal_reader_line(&piece, &reader), STEAL_MS(2))),
            -ETIMEDOUT);
    feed("line\n");
    expect_line("half a line");
    finish();
}
END_TEST

START_TEST(error_of_the_descriptor_is_passed_on)
{
    use_buffer(8);
    steal_fd_ref(end[0]);
    steal_fd_close(end[0]);
    ck_assert_int_eq(await(steal_reader_line(&piece, &reader)), -ECANCELED);
    finish();
}
END_TEST

static void
consume_too_much(void *arg)
{
    (void)arg;
    steal_reader_consume(&reader, 1);
}

START_TEST(consuming_what_is_not_there_is_misuse)
{
    use_buffer(8);
    ck_assert(aborts(consume_too_much, NULL));
    finish();
}
END_TEST

/* All sizes of buffer, all kinds of pieces: what goes in comes out. */
START_TEST(random_pieces_come_out_as_they_went_in)
{
    enum {
        LINES = 400
    };
    static char text[LINES * 16];
    static const char *line[LINES];
    unsigned seed = 17;

    for (size_t size = 12; size < 40; size += 9) {
        char *next = text;

        for (int i = 0; i < LINES; i++) {
            int n = (int)(rand_r(&seed) % 11);

            line[i] = next;
            for (int j = 0; j < n; j++)
                *next++ = (char)('a' + rand_r(&seed) % 26);
            *next++ = '\n';
        }
        *next = '\0';
        use_buffer(size);
        feed(text);
        for (int i = 0; i < LINES; i++) {
            size_t n = (size_t)(strchr(line[i], '\n') - line[i]);

            ck_assert_int_eq(await(steal_reader_line(&piece, &reader)), (int)n);
            ck_assert_int_eq(memcmp(piece.data, line[i], n), 0);
        }
    }
    finish();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        lines_come_without_their_ends,
        until_gives_the_delimiter_too,
        empty_stream_has_no_line,
        delimiter_fits_at_the_very_end_of_the_buffer,
        piece_that_does_not_fit_is_told_and_stays,
        rest_of_the_stream_is_a_string_too,
        byte_at_a_time_is_the_same,
        read_takes_the_buffer_first_and_then_the_stream,
        exact_read_tells_the_end,
        parser_fills_looks_and_consumes,
        dropped_read_loses_nothing,
        error_of_the_descriptor_is_passed_on,
        consuming_what_is_not_there_is_misuse,
        random_pieces_come_out_as_they_went_in,
    };

    return run_suite_with("reader", reset, tests, LENGTH(tests));
}
