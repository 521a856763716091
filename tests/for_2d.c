/*
 * tests/for_2d.c - loops over a rectangle.
 */
#include <steal/loop.h>

#include "loops.h"

/* The cells of a table of so many columns are marks. */
struct table {
    struct steal_tile all;
    size_t columns;
    size_t grain; /* the least cells in a tile */
    _Atomic(int) tiles;
};

static int
mark_tile(const struct steal_tile *tile, void *data)
{
    struct table *table = data;
    size_t rows = tile->row_end - tile->row_begin;
    size_t columns = tile->column_end - tile->column_begin;

    require(tile->row_begin < tile->row_end);
    require(tile->column_begin < tile->column_end);
    require(rows * columns >= table->grain);
    add_relaxed(&table->tiles, 1); /* a sum */
    for (size_t row = tile->row_begin; row < tile->row_end; row++) {
        size_t first = (row - table->all.row_begin) * table->columns;

        marks_add(first + tile->column_begin - table->all.column_begin,
                first + tile->column_end - table->all.column_begin);
    }
    return 0;
}

static const size_t shapes[][2] = { { 0, 5 }, { 5, 0 }, { 1, 1 }, { 1, 2 },
    { 2, 1 }, { 3, 3 }, { 5, 7 }, { 1, MARKS }, { MARKS, 1 }, { 317, 315 },
    { 256, 256 }, { 3, 30001 } };

static struct table
table_of(size_t rows, size_t columns, size_t offset)
{
    return (struct table){ { offset, offset + rows, offset, offset + columns },
        columns, 1, 0 };
}

static void
mark_all_shapes(const struct steal_loop_options *options)
{
    for (size_t i = 0; i < LENGTH(shapes); i++) {
        size_t rows = shapes[i][0];
        size_t columns = shapes[i][1];
        struct table table = table_of(rows, columns, i % 2 ? SIZE_MAX / 2 : 0);

        marks_clear();
        for (unsigned times = 1; times <= 5; times++) {
            require(steal_for_2d(&table.all, mark_tile, &table, options) == 0);
            marks_check(rows * columns, times);
        }
    }
}

START_TEST(each_cell_is_met_once)
{
    everywhere(mark_all_shapes);
    loops_end();
}
END_TEST

static void
mark_in_grains(const struct steal_loop_options *given)
{
    static const size_t grains[] = { 1, 2, 3, 50, 1000, 317 * 315 };
    struct steal_loop_options options = *given;

    for (size_t i = 0; i < LENGTH(grains); i++) {
        struct table table = table_of(317, 315, 3);

        table.grain = grains[i];
        options.grain = grains[i];
        marks_clear();
        for (unsigned times = 1; times <= 3; times++) {
            require(steal_for_2d(&table.all, mark_tile, &table, &options) == 0);
            marks_check(317 * 315, times);
        }
    }
}

START_TEST(no_tile_is_below_the_grain)
{
    everywhere(mark_in_grains);
    loops_end();
}
END_TEST

START_TEST(what_is_less_than_two_grains_is_one_tile)
{
    struct table table = table_of(100, 100, 0);
    struct steal_loop_options options = { .grain = 5001 };

    marks_clear();
    ck_assert_int_eq(steal_for_2d(&table.all, mark_tile, &table, &options), 0);
    ck_assert_int_eq(load_relaxed(&table.tiles), 1);
    options.grain = SIZE_MAX;
    ck_assert_int_eq(steal_for_2d(&table.all, mark_tile, &table, &options), 0);
    ck_assert_int_eq(load_relaxed(&table.tiles), 2);
    marks_check(10000, 2);
    loops_end();
}
END_TEST

/* No side is more than twice as long as the other, of a square's tiles, and
 * rounding adds one. */
static int
look_at_shape(const struct steal_tile *tile, void *data)
{
    size_t rows = tile->row_end - tile->row_begin;
    size_t columns = tile->column_end - tile->column_begin;

    (void)data;
    require(rows <= 2 * columns + 1 && columns <= 2 * rows + 1);
    return 0;
}

static void
look_at_shapes(const struct steal_loop_options *options)
{
    const struct steal_tile all = { 10, 1010, 0, 1000 };

    for (int i = 0; i < 20; i++)
        require(steal_for_2d(&all, look_at_shape, NULL, options) == 0);
}

START_TEST(tiles_of_a_square_are_about_square)
{
    everywhere(look_at_shapes);
    loops_end();
}
END_TEST

/* More cells than can be counted. */
static int
look_at_vast(const struct steal_tile *tile, void *data)
{
    (void)tile;
    add_relaxed((_Atomic(int) *)data, 1); /* a sum */
    return 0;
}

static void
go_vast(const struct steal_loop_options *options)
{
    const struct steal_tile all = { 0, SIZE_MAX, 1, SIZE_MAX };
    _Atomic(int) tiles = 0;

    require(steal_for_2d(&all, look_at_vast, &tiles, options) == 0);
    require(load_relaxed(&tiles) > 0);
}

START_TEST(there_may_be_more_cells_than_can_be_counted)
{
    everywhere(go_vast);
    loops_end();
}
END_TEST

static int
fail_at(const struct steal_tile *tile, void *data)
{
    const size_t *bad = data;

    return tile->row_begin <= bad[0] && bad[0] < tile->row_end &&
                           tile->column_begin <= bad[1] &&
                           bad[1] < tile->column_end
                   ? -EIO
                   : 0;
}

static void
fail_anywhere(const struct steal_loop_options *options)
{
    const struct steal_tile all = { 0, 100, 0, 200 };

    for (size_t i = 0; i < 100; i += 7) {
        size_t bad[2] = { i, 199 - i };

        require(steal_for_2d(&all, fail_at, bad, options) == -EIO);
    }
}

START_TEST(an_error_is_returned)
{
    everywhere(fail_anywhere);
    loops_end();
}
END_TEST

static int
wait_for_company(const struct steal_tile *tile, void *data)
{
    (void)tile;
    (void)data;
    company_wait();
    return 0;
}

static void
meet(const struct steal_loop_options *options)
{
    const struct steal_tile square = { 0, 2, 0, 2 };
    const struct steal_tile row = { 0, 1, 0, 3 };

    company_expect(4);
    require(steal_for_2d(&square, wait_for_company, NULL, options) == 0);
    company_expect(3);
    require(steal_for_2d(&row, wait_for_company, NULL, options) == 0);
}

START_TEST(few_cells_are_shared_one_by_one)
{
    in_computation(meet);
    loops_end();
}
END_TEST

static int
ask_to_cancel(const struct steal_tile *tile, void *data)
{
    (void)tile;
    steal_cancel_request(data);
    return 0;
}

static void
cancel(const struct steal_loop_options *given)
{
    const struct steal_tile all = { 0, SIZE_MAX, 0, SIZE_MAX };
    struct steal_loop_options options = *given;
    struct steal_cancel token = STEAL_CANCEL_INIT;

    options.cancel = &token;
    require(steal_for_2d(&all, ask_to_cancel, &token, &options) == -ECANCELED);
}

START_TEST(a_token_ends_the_loop)
{
    everywhere(cancel);
    loops_end();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        each_cell_is_met_once,
        no_tile_is_below_the_grain,
        what_is_less_than_two_grains_is_one_tile,
        tiles_of_a_square_are_about_square,
        there_may_be_more_cells_than_can_be_counted,
        an_error_is_returned,
        few_cells_are_shared_one_by_one,
        a_token_ends_the_loop,
    };

    return run_suite_with("for_2d", loops_reset, tests, LENGTH(tests));
}
