/*
 * mandelbrot.c - a picture that all workers compute, while the task that waits for
 * it tells how far it is.
 *
 *     $ examples/mandelbrot picture.ppm 1600 1200
 *
 * The task awaits the computation as it would await a timer.  Beside it there is a
 * future that prints a line ten times a second, if there is a terminal to print it
 * to.  In the end the file is written, in the same way: no step of the program has
 * a thread of its own.
 *
 * Some pixels take a hundred times as long as others.  The loop copes with that:
 * whoever is done early gets half of what somebody else has left.
 */
#include <steal.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MOST_STEPS 500
#define MOST_SIDE  16384

/* Numbers have 28 bits behind the point: in floating point, machines would differ
 * in the last digit, and so would the pictures. */
#define ONE (INT64_C(1) << 28)

/* A PPM file: a line or two of text, then three bytes for each pixel. */
struct picture {
    size_t width;
    size_t height;
    size_t header; /* bytes of text */
    size_t size;
    unsigned char *file;
    atomic_size_t done; /* pixels */
};

static int
picture_init(struct picture *picture, size_t width, size_t height)
{
    char header[64];
    int length = snprintf(header, sizeof header, "P6\n%zu %zu\n255\n", width,
            height);

    *picture = (struct picture){ .width = width, .height = height };
    picture->header = (size_t)length;
    picture->size = picture->header + 3 * width * height;
    picture->file = malloc(picture->size);
    if (!picture->file)
        return -ENOMEM;
    for (size_t i = 0; i < picture->header; i++)
        picture->file[i] = (unsigned char)header[i];
    return 0;
}

static uint32_t
picture_checksum(const struct picture *picture)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < picture->size; i++)
        sum = sum * 31 + picture->file[i];
    return sum;
}

/*
 * The computation
 */

static int64_t
times(int64_t a, int64_t b)
{
    return a * b / ONE;
}

/* How many steps z*z + c takes to come out of the circle of radius 2. */
static int
count_steps(int64_t re, int64_t im)
{
    int64_t x = 0;
    int64_t y = 0;
    int steps = 0;

    while (steps < MOST_STEPS && times(x, x) + times(y, y) <= 4 * ONE) {
        int64_t next = times(x, x) - times(y, y) + re;

        y = 2 * times(x, y) + im;
        x = next;
        steps++;
    }
    return steps;
}

/* Three tones that rise and fall, each at its own pace; black if it never came
 * out. */
static void
paint(unsigned char *pixel, int steps)
{
    for (int i = 0; i < 3; i++) {
        int tone = steps * (4 + 3 * i) % 512;

        if (steps == MOST_STEPS)
            tone = 0;
        pixel[i] = (unsigned char)(tone < 256 ? tone : 511 - tone);
    }
}

static void
render_line(const struct picture *picture, size_t row, size_t begin, size_t end)
{
    unsigned char *pixel = picture->file + picture->header;
    int64_t side = 3 * ONE / (int64_t)picture->width; /* of a pixel */
    int64_t im = ((int64_t)row * 2 - (int64_t)picture->height) * side / 2;

    pixel += 3 * (row * picture->width + begin);
    for (size_t column = begin; column < end; column++, pixel += 3)
        paint(pixel, count_steps((int64_t)column * side - 9 * ONE / 4, im));
}

/* The body of the loop: on any worker, on several at once, each with its tile. */
static int
render_tile(const struct steal_tile *tile, void *data)
{
    struct picture *picture = data;
    size_t columns = tile->column_end - tile->column_begin;

    for (size_t row = tile->row_begin; row < tile->row_end; row++) {
        render_line(picture, row, tile->column_begin, tile->column_end);
        atomic_fetch_add_explicit(&picture->done, columns,
                memory_order_relaxed);
    }
    return 0;
}

static int
render(void *data)
{
    struct picture *picture = data;
    struct steal_tile all = { 0, picture->height, 0, picture->width };

    return steal_for_2d(&all, render_tile, picture, NULL);
}

/*
 * The future that tells how far it is
 */

struct progress {
    struct steal_async async;
    struct steal_interval interval;
    struct picture *picture;
};

static void
print_progress(struct picture *picture, const char *end)
{
    size_t done = atomic_load_explicit(&picture->done, memory_order_relaxed);
    size_t all = picture->width * picture->height;

    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%3zu %%%s", 100 * done / all, end);
}

/* It has no end of its own. */
static enum steal_poll
progress_poll(struct steal_future *future, struct steal_context *cx)
{
    struct progress *self = (struct progress *)future;

    STEAL_BEGIN(&self->async);
    steal_interval_init(&self->interval, STEAL_MS(100), steal_now());
    self->interval.late = STEAL_SKIP;
    for (;;) {
        STEAL_AWAIT(cx, steal_interval_next(&self->interval));
        if (self->interval.future.result < 0)
            STEAL_RETURN(self->interval.future.result);
        print_progress(self->picture, "");
    }
    STEAL_END();
}

static const struct steal_future_ops progress_ops = {
    .name = "progress",
    .poll = progress_poll,
};

/*
 * The program
 */

struct program {
    struct steal_async async;
    struct picture *picture;
    struct progress progress;
    struct steal_compute compute;
    struct steal_select first;
    const char *path; /* or NULL */
    struct steal_file_io save;
};

static enum steal_poll
program_poll(struct steal_future *future, struct steal_context *cx)
{
    struct program *self = (struct program *)future;

    STEAL_BEGIN(&self->async);
    self->progress.picture = self->picture;
    STEAL_AWAIT(cx,
            steal_select2(&self->first,
                    steal_compute(&self->compute, render, self->picture),
                    &self->progress.async.future));
    if (self->first.future.result < 0)
        STEAL_RETURN(self->first.future.result);
    print_progress(self->picture, "\n");
    if (!self->path)
        STEAL_RETURN(0);
    STEAL_AWAIT(cx, steal_file_save(&self->save, self->path,
                            self->picture->file, self->picture->size, 0644));
    STEAL_RETURN(self->save.future.result < 0 ? self->save.future.result : 0);
    STEAL_END();
}

static const struct steal_future_ops program_ops = {
    .name = "program",
    .poll = program_poll,
};

static int
run(struct picture *picture, const char *path)
{
    struct program program = {
        .async = STEAL_ASYNC(&program_ops),
        .progress = { .async = STEAL_ASYNC(&progress_ops) },
        .picture = picture,
        .path = path,
    };

    return steal_run(NULL, &program.async.future);
}

int
main(int argc, char **argv)
{
    size_t width = argc > 3 ? strtoul(argv[2], NULL, 10) : 320;
    size_t height = argc > 3 ? strtoul(argv[3], NULL, 10) : 240;
    struct picture picture;
    int error;

    if (width < 1 || width > MOST_SIDE || height < 1 || height > MOST_SIDE) {
        fprintf(stderr, "usage: mandelbrot [FILE [WIDTH HEIGHT]]\n");
        return 2;
    }
    error = picture_init(&picture, width, height);
    if (error == 0)
        error = run(&picture, argc > 1 ? argv[1] : NULL);
    if (error == 0)
        printf("%zu by %zu pixels, checksum %08x\n", width, height,
                picture_checksum(&picture));
    else
        fprintf(stderr, "mandelbrot: error %d\n", error);
    free(picture.file);
    return error < 0;
}
